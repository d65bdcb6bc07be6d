/* documents.c: random documents and options. */
#include "tests/property/documents.h"

#include <stdlib.h>
#include <string.h>

static const char *const utf8_letters[] = {"a", "b", "c", "0", "9", " ", "-", "é", "ß", "€", "表", "😀", NULL};
static const char *const utf8_bad[] = {
    "\xFF", "\x80", "\xC3", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xF0\x9F\x98", "\xF4\x90\x80\x80", NULL};
const ink utf8_ink = {utf8_letters, utf8_bad, true};

static bool one_in(uint64_t *seed, size_t n)
{
    return random_below(seed, n) == 0;
}

static void put(hr_buffer *out, const void *data, size_t size)
{
    REQUIRE(hr_buffer_add(out, data, size));
}

static void put_byte(hr_buffer *out, int byte)
{
    uint8_t one = (uint8_t)byte;
    if (byte >= 0)
        put(out, &one, 1);
}

static void put_any(uint64_t *seed, const char *const *among, hr_buffer *out)
{
    size_t count = 0;
    while (among[count])
        count++;
    const char *text = among[random_below(seed, count)];
    put(out, text, strlen(text));
}

static void put_letters(uint64_t *seed, const ink *with, size_t count, hr_buffer *out)
{
    while (count--)
        put_any(seed, with->letters, out);
}

/* ---- options ---------------------------------------------------------------------------------------------------- */

setup random_setup(uint64_t *seed, bool small)
{
    static const int delimiters[] = {',', ',', ';', '\t', '|', 0x1F, ' '};
    static const size_t limits[] = {2, 3, 7, 20, 50, 63, 64, 65, 100, 200, 1000};
    setup s = {.encoding = "utf-8", .offsets = one_in(seed, 2)};
    reference_options *csv = &s.csv;
    csv->delimiter = delimiters[random_below(seed, HR_COUNT(delimiters))];
    csv->quote = one_in(seed, 6) ? -1 : one_in(seed, 5) ? '\'' : '"';
    csv->escape = one_in(seed, 4) ? '\\' : one_in(seed, 12) ? csv->quote : -1;
    csv->comment = one_in(seed, 4) ? '#' : -1;
    csv->header = one_in(seed, 2);
    csv->preamble = one_in(seed, 5) ? random_below(seed, 3) : 0;
    csv->pad = one_in(seed, 2);
    csv->truncate = one_in(seed, 2);
    csv->strict = one_in(seed, 4);
    csv->lenient = !csv->strict && one_in(seed, 3);
    csv->null = one_in(seed, 4) ? "\\N" : one_in(seed, 4) ? "ab" : NULL;
    csv->row_bytes = small ? limits[random_below(seed, HR_COUNT(limits))] : one_in(seed, 3) ? 70000 : 16u << 20;
    csv->column_limit = one_in(seed, 5) ? 1 + random_below(seed, 6) : one_in(seed, 2) ? 50 : 131072;
    s.sample = one_in(seed, 3) ? "4096" : "64";
    return s;
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

static void put_newline(uint64_t *seed, int style, hr_buffer *out)
{
    static const char *const newlines[] = {"\n", "\r\n", "\r"};
    const char *text = newlines[style == 3 ? random_below(seed, 3) : (size_t)style];
    put(out, text, strlen(text));
}

/* What may stand anywhere: damage, mostly. */
static void put_oddity(uint64_t *seed, const setup *s, const ink *with, hr_buffer *out)
{
    const reference_options *csv = &s->csv;
    switch (random_below(seed, 10)) {
    case 0: put_byte(out, csv->quote); break;
    case 1: put_byte(out, csv->escape); break;
    case 2: put_byte(out, csv->comment); break;
    case 3: put_byte(out, with->nul ? 0 : 'x'); break;
    case 4: put_any(seed, with->bad, out); break;
    case 5: put(out, "\r", 1); break;
    case 6: put(out, "\n", 1); break;
    case 7: put(out, "\r\n", 2); break;
    case 8: put_byte(out, csv->delimiter); break;
    default: put(out, "\\N", 2); break;
    }
}

static size_t field_size(uint64_t *seed)
{
    if (one_in(seed, 60))
        return random_below(seed, 400);
    return random_below(seed, one_in(seed, 4) ? 30 : 5);
}

static void put_quoted(uint64_t *seed, const setup *s, const ink *with, size_t odd, hr_buffer *out)
{
    const reference_options *csv = &s->csv;
    put_byte(out, csv->quote);
    for (size_t i = field_size(seed); i > 0; i--) {
        if (!one_in(seed, 4)) {
            put_letters(seed, with, 1, out);
        } else if (one_in(seed, 2)) {
            put_byte(out, csv->quote);
            put_byte(out, csv->quote);
        } else if (one_in(seed, 2)) {
            put_byte(out, csv->delimiter);
        } else if (one_in(seed, 2)) {
            put_newline(seed, 3, out);
        } else if (csv->escape >= 0) {
            put_byte(out, csv->escape);
            put_byte(out, csv->quote);
        }
    }
    if (!one_in(seed, odd * 4))
        put_byte(out, csv->quote);
    if (one_in(seed, odd * 2))
        put_oddity(seed, s, with, out);
}

static void put_field(uint64_t *seed, const setup *s, const ink *with, size_t odd, hr_buffer *out)
{
    if (s->csv.quote >= 0 && one_in(seed, 3)) {
        put_quoted(seed, s, with, odd, out);
        return;
    }
    for (size_t i = field_size(seed); i > 0; i--) {
        if (one_in(seed, odd * 6))
            put_oddity(seed, s, with, out);
        else
            put_letters(seed, with, 1, out);
    }
}

/* Tokens in no order. */
static void put_chaos(uint64_t *seed, const setup *s, const ink *with, size_t size, hr_buffer *out)
{
    size_t calm = 1 + random_below(seed, 6), end = out->size + size;
    while (out->size < end) {
        if (one_in(seed, calm))
            put_oddity(seed, s, with, out);
        else
            put_letters(seed, with, 1, out);
    }
}

void random_document(uint64_t *seed, const setup *s, const ink *with, size_t size, hr_buffer *out)
{
    size_t end = out->size + size, columns = 1 + random_below(seed, 6);
    int newline = (int)random_below(seed, 4);
    size_t odd = 1 + random_below(seed, 40); /* the greater the rarer is damage */
    if (one_in(seed, 5)) {
        put_chaos(seed, s, with, size, out);
        return;
    }
    while (out->size < end) {
        size_t fields = one_in(seed, odd) ? random_below(seed, 9) : columns;
        if (one_in(seed, 200))
            fields = random_below(seed, 90);
        if (one_in(seed, odd * 2) && s->csv.comment >= 0)
            put_byte(out, s->csv.comment);
        for (size_t i = 0; i < fields; i++) {
            if (i)
                put_byte(out, s->csv.delimiter);
            put_field(seed, s, with, odd, out);
        }
        if (out->size < end || one_in(seed, 2))
            put_newline(seed, newline, out);
    }
}
