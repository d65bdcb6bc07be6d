/* generate.c: writes CSV of a given shape and size to standard output, always the same bytes for the same arguments.
 *
 *     generate cities|quoted MEGABYTES
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Marsaglia's xorshift64*: small, and the same everywhere. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static int cities_row(char *room, size_t size, uint64_t row, uint64_t *seed)
{
    static const char *const names[] = {"Springfield", "Lyon",   "Osaka",  "Cochabamba",
                                        "Ulm",         "Tromso", "Zinder", "Novosibirsk"};
    static const char *const countries[] = {"us", "fr", "jp", "bo", "de", "no", "ne", "ru"};
    uint64_t r = next(seed);
    return snprintf(room, size, "%s,%s,%c%c,%u,%u.%05u,%u.%05u,%llu\n", countries[r & 7], names[r & 7],
                    (char)('A' + (r >> 8) % 26), (char)('A' + (r >> 16) % 26), (unsigned)(r >> 20) % 1000000,
                    (unsigned)(r >> 24) % 90, (unsigned)(r >> 30) % 100000, (unsigned)(r >> 36) % 180,
                    (unsigned)(r >> 40) % 100000, (unsigned long long)row);
}

static int quoted_row(char *room, size_t size, uint64_t row, uint64_t *seed)
{
    uint64_t r = next(seed);
    return snprintf(room, size, "%llu,\"Item %u, large\",%u,\"he said \"\"%c\"\" and\nleft\",%u,\"%u\"\n",
                    (unsigned long long)row, (unsigned)r % 10000, (unsigned)(r >> 20) % 1000,
                    (char)('a' + (r >> 30) % 26), (unsigned)(r >> 36) % 100000, (unsigned)(r >> 50) % 100);
}

int main(int argc, char **argv)
{
    if (argc != 3 || (strcmp(argv[1], "cities") && strcmp(argv[1], "quoted"))) {
        fprintf(stderr, "usage: generate cities|quoted MEGABYTES\n");
        return 2;
    }
    int quoted = !strcmp(argv[1], "quoted");
    uint64_t wanted = strtoull(argv[2], NULL, 10) * 1000000, written = 0, seed = 88172645463325252;
    fputs(quoted ? "id,item,count,said,price,code\n" : "country,city,region,population,latitude,longitude,id\n",
          stdout);
    for (uint64_t row = 1; written < wanted; row++) {
        char line[256];
        int size = (quoted ? quoted_row : cities_row)(line, sizeof line, row, &seed);
        if (fwrite(line, 1, (size_t)size, stdout) != (size_t)size)
            return 1;
        written += (uint64_t)size;
    }
    return fflush(stdout) != 0;
}
