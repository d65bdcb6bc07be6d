/* normal.c: what an output says, whatever its spelling, so that the answers of different programs can be compared.
 *
 *     normal csv|ndjson|text FILE [dump|rows]
 *
 * Prints the number of records and a hash of all values in their order; with a fourth argument first every value, a
 * line each, to find where two answers part. Of CSV (RFC 4180, the header is a record) a value is what stands in a
 * field; of NDJSON (one flat object a line) the names and the values, strings unescaped, numbers as written. Empty
 * strings and null are the same: programs differ in what an empty field is. `text` trims the ends of lines and hashes
 * the rest.
 *
 * It is written to be read, byte by byte, and shares nothing with the programs that it judges. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct normal {
    FILE *file;
    bool dump;
    uint64_t hash, records, values;
} normal;

/* FNV-1a, 64 bits. */
static void add(normal *into, int byte)
{
    into->hash = (into->hash ^ (uint64_t)byte) * UINT64_C(1099511628211);
    if (into->dump && byte < 256)
        putchar(byte == '\n' ? ' ' : byte);
}

/* Marks that cannot be mistaken for a byte of data. */
static void end_value(normal *into)
{
    add(into, 256);
    into->values++;
    if (into->dump)
        putchar('\n');
}

static void end_record(normal *into)
{
    add(into, 257);
    into->records++;
}

static int next(normal *into)
{
    return getc_unlocked(into->file);
}

/* A field, whose first byte is `c`. Returns the delimiter or newline behind it, or EOF. */
static int csv_field(normal *into, int c)
{
    if (c == '"') {
        for (;;) {
            c = next(into);
            if (c == '"' && (c = next(into)) != '"')
                break;
            if (c == EOF)
                return EOF;
            add(into, c);
        }
    }
    while (c != ',' && c != '\n' && c != '\r' && c != EOF) {
        add(into, c);
        c = next(into);
    }
    return c == '\r' ? next(into) : c;
}

static void csv(normal *into, bool rows)
{
    uint64_t fresh = into->hash;
    for (int c = next(into); c != EOF; c = next(into)) {
        while ((c = csv_field(into, c)) == ',') {
            end_value(into);
            c = next(into);
        }
        end_value(into);
        end_record(into);
        if (rows && into->records == 1)
            into->hash = fresh;
    }
}

static void add_character(normal *into, uint32_t code)
{
    if (code < 0x80) {
        add(into, (int)code);
    } else if (code < 0x800) {
        add(into, (int)(0xC0 | code >> 6));
        add(into, (int)(0x80 | (code & 63)));
    } else {
        if (code < 0x10000) {
            add(into, (int)(0xE0 | code >> 12));
        } else {
            add(into, (int)(0xF0 | code >> 18));
            add(into, (int)(0x80 | (code >> 12 & 63)));
        }
        add(into, (int)(0x80 | (code >> 6 & 63)));
        add(into, (int)(0x80 | (code & 63)));
    }
}

static uint32_t hex4(normal *into)
{
    char digits[5] = {0};
    for (int i = 0; i < 4; i++)
        digits[i] = (char)next(into);
    return (uint32_t)strtoul(digits, NULL, 16);
}

/* Behind the opening quote. */
static bool json_string(normal *into)
{
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    for (int c = next(into); c != '"'; c = next(into)) {
        if (c == EOF || c == '\n')
            return false;
        if (c != '\\') {
            add(into, c);
            continue;
        }
        c = next(into);
        if (c == 'u') {
            uint32_t code = hex4(into);
            if (code >= 0xD800 && code < 0xDC00) {
                if (next(into) != '\\' || next(into) != 'u')
                    return false;
                code = 0x10000 + ((code - 0xD800) << 10) + (hex4(into) - 0xDC00);
            }
            add_character(into, code);
            continue;
        }
        const char *pair = c != 0 && c != EOF ? strchr(escapes, c) : NULL;
        if (pair == NULL)
            return false;
        add(into, (unsigned char)pair[1]);
    }
    return true;
}

static int skip_blanks(normal *into)
{
    int c;
    do
        c = next(into);
    while (c == ' ' || c == '\t' || c == '\r');
    return c;
}

/* A name, a colon, a value. Returns the comma or brace behind it, EOF when there is something else. */
static int json_member(normal *into)
{
    if (!json_string(into) || skip_blanks(into) != ':')
        return EOF;
    end_value(into);
    int c = skip_blanks(into);
    if (c == '"') {
        if (!json_string(into))
            return EOF;
        c = skip_blanks(into);
    } else if (c == 'n') {
        for (int i = 0; i < 3; i++)
            next(into);
        c = skip_blanks(into);
    } else {
        for (; c != ',' && c != '}' && c != ' ' && c != '\n' && c != EOF; c = next(into))
            add(into, c);
        if (c == ' ')
            c = skip_blanks(into);
    }
    end_value(into);
    return c;
}

static bool ndjson(normal *into)
{
    for (int c = skip_blanks(into); c != EOF; c = skip_blanks(into)) {
        if (c == '\n')
            continue;
        if (c != '{')
            return false;
        do {
            if (skip_blanks(into) != '"')
                return false;
            c = json_member(into);
        } while (c == ',');
        if (c != '}')
            return false;
        end_record(into);
    }
    return true;
}

static void text(normal *into)
{
    int blanks = 0;
    for (int c = next(into); c != EOF; c = next(into)) {
        if (c == ' ' || c == '\r' || c == '\n') {
            blanks = c == '\n' ? 257 : 256;
            into->records += c == '\n';
            continue;
        }
        if (blanks)
            add(into, blanks);
        blanks = 0;
        add(into, c);
    }
}

int main(int argc, char **argv)
{
    normal into = {.file = argc == 3 || argc == 4 ? fopen(argv[2], "rb") : NULL,
                   .dump = argc == 4 && strcmp(argv[3], "dump") == 0,
                   .hash = UINT64_C(14695981039346656037)};
    if (into.file == NULL) {
        fprintf(stderr, "usage: normal csv|ndjson|text FILE [dump|rows]\n");
        return 2;
    }
    static char room[1 << 18];
    setvbuf(into.file, room, _IOFBF, sizeof room);
    bool fine = true;
    if (strcmp(argv[1], "csv") == 0)
        csv(&into, argc == 4 && strcmp(argv[3], "rows") == 0);
    else if (strcmp(argv[1], "ndjson") == 0)
        fine = ndjson(&into);
    else
        text(&into);
    if (!fine || ferror(into.file)) {
        printf("damaged behind record %llu\n", (unsigned long long)into.records);
        return 1;
    }
    printf("%llu records, %llu values, %016llx\n", (unsigned long long)into.records, (unsigned long long)into.values,
           (unsigned long long)into.hash);
    return 0;
}
