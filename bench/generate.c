/* generate.c: writes data of a given shape and size to standard output, always the same bytes for the same arguments.
 *
 *     generate cities|taxi|quoted|wide|longtext|events|orders|tweets|sales|messages BYTES [stray]
 *
 * With `stray` one record in 5,000 of a CSV gets a quote at the end of an unquoted field (as in 12"), and is otherwise
 * the same. */
#include "bench/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Marsaglia's xorshift64*: small, and the same everywhere. */
uint64_t hr_maker_bits(hr_maker *maker)
{
    maker->seed ^= maker->seed >> 12;
    maker->seed ^= maker->seed << 25;
    maker->seed ^= maker->seed >> 27;
    return maker->seed * UINT64_C(2685821657736338717);
}

uint64_t hr_maker_below(hr_maker *maker, uint64_t end)
{
    return (hr_maker_bits(maker) >> 16) % end;
}

void hr_put_byte(hr_maker *maker, char byte)
{
    maker->line[maker->size++] = byte;
}

void hr_put_text(hr_maker *maker, const char *text)
{
    size_t size = strlen(text);
    memcpy(maker->line + maker->size, text, size);
    maker->size += size;
}

void hr_put_digits(hr_maker *maker, uint64_t number, int digits)
{
    for (int i = digits; i > 0; i--) {
        maker->line[maker->size + (size_t)i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    maker->size += (size_t)digits;
}

void hr_put_number(hr_maker *maker, uint64_t number)
{
    int digits = 1;
    for (uint64_t left = number; left >= 10; left /= 10)
        digits++;
    hr_put_digits(maker, number, digits);
}

void hr_put_hundredths(hr_maker *maker, uint64_t number)
{
    hr_put_number(maker, number / 100);
    hr_put_byte(maker, '.');
    hr_put_digits(maker, number % 100, 2);
}

/* The civil calendar in eras of 400 years, which begin on March 1st. */
void hr_put_date(hr_maker *maker, uint64_t seconds)
{
    uint64_t days = seconds / 86400 + 719468;
    uint64_t era = days / 146097, of_era = days % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * of_year + 2) / 153;
    hr_put_digits(maker, year + era * 400 + (month >= 10), 4);
    hr_put_byte(maker, '-');
    hr_put_digits(maker, month < 10 ? month + 3 : month - 9, 2);
    hr_put_byte(maker, '-');
    hr_put_digits(maker, of_year - (153 * month + 2) / 5 + 1, 2);
}

void hr_put_time(hr_maker *maker, uint64_t seconds, char gap)
{
    hr_put_date(maker, seconds);
    hr_put_byte(maker, gap);
    hr_put_digits(maker, seconds / 3600 % 24, 2);
    hr_put_byte(maker, ':');
    hr_put_digits(maker, seconds / 60 % 60, 2);
    hr_put_byte(maker, ':');
    hr_put_digits(maker, seconds % 60, 2);
}

void hr_put_word(hr_maker *maker)
{
    static const char *const words[64] = {
        "the", "of",      "and",    "to",    "in",      "water", "house",    "that",    "was",    "his",   "river",
        "he",  "it",      "with",   "is",    "for",     "as",    "evening",  "had",     "you",    "not",   "be",
        "her", "on",      "at",     "by",    "which",   "have",  "mountain", "from",    "this",   "or",    "him",
        "but", "all",     "she",    "they",  "were",    "my",    "are",      "me",      "one",    "their", "so",
        "an",  "said",    "them",   "we",    "who",     "would", "been",     "will",    "no",     "when",  "there",
        "if",  "morning", "market", "small", "harbour", "light", "between",  "nothing", "quarter"};
    hr_put_text(maker, words[hr_maker_bits(maker) >> 58]);
}

static const hr_shape *find_in(const hr_shape *shapes, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(shapes[i].name, name) == 0)
            return &shapes[i];
    return NULL;
}

static const hr_shape *find(const char *name)
{
    const hr_shape *shape = find_in(hr_shapes_csv, sizeof hr_shapes_csv / sizeof *hr_shapes_csv, name);
    if (!shape)
        shape = find_in(hr_shapes_ndjson, sizeof hr_shapes_ndjson / sizeof *hr_shapes_ndjson, name);
    return shape ? shape : find_in(hr_shapes_sales, sizeof hr_shapes_sales / sizeof *hr_shapes_sales, name);
}

/* A quote behind the last byte of the record's first unquoted field. */
static void stray(hr_maker *maker)
{
    char *end = memchr(maker->line, ',', maker->size);
    if (end == NULL)
        return;
    memmove(end + 1, end, maker->size - (size_t)(end - maker->line));
    *end = '"';
    maker->size++;
}

static bool flush(const hr_maker *maker, uint64_t *written)
{
    *written += maker->size;
    return fwrite(maker->line, 1, maker->size, stdout) == maker->size;
}

int main(int argc, char **argv)
{
    const hr_shape *shape = argc == 3 || argc == 4 ? find(argv[1]) : NULL;
    uint64_t wanted = shape ? strtoull(argv[2], NULL, 10) : 0, written = 0;
    bool strays = argc == 4 && strcmp(argv[3], "stray") == 0;
    if (wanted == 0 || (argc == 4 && !strays)) {
        fprintf(stderr,
                "usage: generate cities|taxi|quoted|wide|longtext|events|orders|tweets|sales|messages BYTES [stray]\n");
        return 2;
    }
    static hr_maker maker = {.seed = UINT64_C(88172645463325252)};
    static char room[1 << 18];
    setvbuf(stdout, room, _IOFBF, sizeof room);
    if (shape->header)
        shape->header(&maker);
    if (!flush(&maker, &written))
        return 1;
    while (written < wanted) {
        maker.row++;
        maker.size = 0;
        shape->record(&maker);
        if (strays && maker.row % 5000 == 0)
            stray(&maker);
        if (!flush(&maker, &written))
            return 1;
    }
    return fflush(stdout) != 0;
}
