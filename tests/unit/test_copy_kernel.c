/* test_copy_kernel.c: lines of COPY by every table of kernels against those that a plain walk over the fields gives, on
 * random and hostile rows: the same bytes, and the same rows told as those that cannot be sent. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/output/copy_parts.h"
#include "core/rows/batch.h"
#include "tests/kernels/support.h"

enum { COLUMNS_MOST = 12, ROUNDS = 1500 };

typedef struct shape {
    char delimiter, quote;
    bool quoting, crlf, wild, calm;
    size_t columns, rows;
} shape;

/* ---- input ------------------------------------------------------------------------------------------------------- */

static const char *pick(uint64_t *seed, const char *const *from, size_t count)
{
    return from[random_below(seed, count)];
}

/* Numbers and times, and what is nearly one. */
static void add_value(hr_buffer *out, uint64_t *seed)
{
    static const char *const values[] = {"1",
                                         "12.50",
                                         "-0.1255",
                                         "1e-3",
                                         "5071.2200",
                                         "NaN",
                                         "2024-01-31",
                                         "2024-01-31 10:00:00",
                                         "2024-01-31 10:00:00Z",
                                         "2024-01-31T10:00:00.123",
                                         "2024-01-31T10:00:00.1234567+02",
                                         "20240131 100000-08",
                                         "2024-01-31 00:00",
                                         "now",
                                         " today",
                                         "infinity",
                                         "Jan 1 2024 10:00 PM",
                                         "31.1.2024",
                                         "ab   ",
                                         "abc",
                                         "2024-01-31 UTC",
                                         "2024-01-31+02:00",
                                         "2024-01-31 -05",
                                         "20240131T100000-05:30",
                                         "+02 2024-01-31",
                                         "\ntoday",
                                         "10:00now",
                                         "10:00:00.25",
                                         "{1.5,2.25}",
                                         "0000000000000000000000000000000000000000000000000000000000000000001.255"};
    hr_buffer_text(out, pick(seed, values, HR_COUNT(values)));
}

static void add_field(hr_buffer *out, const shape *s, uint64_t *seed)
{
    static const char *const pieces[] = {"a",    "bc", "word ", "\t", "\\",       "\\N",   "\x01", "\x7F",
                                         "\xC3", ".",  ":",     "e",  "\xC3\xA9", "1.255", "+",    "\\."};
    char quote[3] = {s->quote, s->quote, 0}, delimiter[2] = {s->delimiter, 0};
    bool quoted = s->quoting && random_below(seed, 3) == 0;
    size_t many = random_below(seed, 20) == 0 ? 40 + random_below(seed, 150) : random_below(seed, 7);
    if (quoted)
        hr_buffer_add(out, quote, 1);
    if (random_below(seed, 3) == 0) {
        add_value(out, seed);
        many = 0;
    }
    for (size_t i = 0; i < many; i++) {
        const char *piece = pick(seed, pieces, s->calm || random_below(seed, 3) ? 3 : HR_COUNT(pieces));
        if (piece[0] == '\xC3' && !piece[1]) /* NUL: no text in PostgreSQL */
            hr_buffer_add(out, "\0", random_below(seed, 10) == 0);
        else if (quoted || (piece[0] != s->delimiter && piece[0] != s->quote))
            hr_buffer_text(out, piece);
        if (quoted && !s->calm && random_below(seed, 5) == 0)
            hr_buffer_text(out, random_below(seed, 2) ? quote : random_below(seed, 2) ? delimiter : "\r\n");
        if (!quoted && s->wild && i && random_below(seed, 20) == 0)
            hr_buffer_add(out, quote, 1);
    }
    if (quoted)
        hr_buffer_add(out, quote, 1);
}

static void make_input(hr_buffer *out, shape *s, uint64_t *seed)
{
    *s = (shape){.delimiter = ",;\t|"[random_below(seed, 4)],
                 .quote = "\"\"'~"[random_below(seed, 4)],
                 .quoting = random_below(seed, 5) != 0,
                 .crlf = random_below(seed, 3) == 0,
                 .wild = random_below(seed, 3) == 0,
                 .calm = random_below(seed, 2),
                 .columns = 1 + random_below(seed, COLUMNS_MOST),
                 .rows = random_below(seed, 60)};
    for (size_t row = 0; row < s->rows; row++) {
        for (size_t i = 0; i < s->columns; i++) {
            if (i)
                hr_buffer_add(out, &s->delimiter, 1);
            if (random_below(seed, 5) || s->columns == 1)
                add_field(out, s, seed);
        }
        hr_buffer_text(out, s->crlf ? "\r\n" : "\n");
    }
    if (out->size && random_below(seed, 2))
        out->size--;
}

static hr_options *options_of(const shape *s)
{
    size_t count;
    hr_error err;
    hr_options *options;
    const hr_option *table = hr_reader_options(&count);
    char delimiter[8], quote[8];
    snprintf(delimiter, sizeof delimiter, "0x%02X", (unsigned char)s->delimiter);
    snprintf(quote, sizeof quote, "0x%02X", (unsigned char)s->quote);
    cr_assert_eq(hr_options_new(table, count, &options, &err), HR_OK);
    const char *const pairs[][2] = {{"format", "csv"},
                                    {"header", "no"},
                                    {"encoding", "utf-8"},
                                    {"skip_lines", "0"},
                                    {"escape", "none"},
                                    {"comment", "none"},
                                    {"delimiter", delimiter},
                                    {"lenient", s->wild ? "yes" : "no"},
                                    {"quote", s->quoting ? quote : "none"}};
    for (size_t i = 0; i < HR_COUNT(pairs); i++)
        cr_assert_eq(hr_options_set(options, pairs[i][0], pairs[i][1], &err), HR_OK, "%s", err.text);
    return options;
}

/* ---- what is written --------------------------------------------------------------------------------------------- */

/* Some of the columns in any order, or all in theirs; then some that are made. */
static size_t make_columns(hr_copy_column *columns, const hr_batch *batch, uint64_t *seed)
{
    static const hr_copy_column made[] = {{.what = HR_COPY_ORDINAL},
                                          {.what = HR_COPY_FIXED, .text = "a\tb"},
                                          {.what = HR_COPY_ROW},
                                          {.what = HR_COPY_FIXED}};
    bool all = random_below(seed, 3) != 0, guards = random_below(seed, 2);
    size_t count = 0;
    for (uint32_t i = 0; i < batch->columns && i < COLUMNS_MOST; i++) {
        if (!all && i && random_below(seed, 4) == 0)
            continue;
        size_t place = all ? count : random_below(seed, count + 1);
        memmove(columns + place + 1, columns + place, (count++ - place) * sizeof *columns);
        hr_copy_column *column = &columns[place];
        *column = (hr_copy_column){.column = i};
        if (guards && random_below(seed, 3) == 0) {
            column->guards = 1u << random_below(seed, 7);
            if (column->guards < HR_COPY_LETTERS)
                column->guards |= 1u << random_below(seed, 5) | (random_below(seed, 9) ? 0 : HR_COPY_MEMBERS);
            column->digits = (unsigned)random_below(seed, 8);
        }
        if (random_below(seed, 40) == 0)
            column->what = HR_COPY_ABSENT;
    }
    for (size_t i = random_below(seed, 3); i > 0 && random_below(seed, 2); i--)
        columns[count++] = made[random_below(seed, HR_COUNT(made))];
    return count;
}

static bool add_plain_value(hr_buffer *out, const hr_copy_column *column, const hr_batch *batch, size_t row)
{
    hr_field field = hr_batch_field(batch, row, column->column);
    uint8_t text[16384];
    if (column->what == HR_COPY_ABSENT)
        return field.flags & HR_FIELD_NULL;
    if (field.flags & HR_FIELD_NULL)
        return hr_buffer_text(out, "\\N");
    cr_assert_lt(field.size, sizeof text);
    size_t size = hr_field_copy(field, batch->dialect, text);
    if (column->guards && hr_copy_loss(column->guards, column->digits, text, size))
        return false;
    for (size_t i = 0; i < size; i++) {
        static const char from[] = "\t\n\r\\", to[] = "tnr\\";
        const char *found = text[i] ? strchr(from, text[i]) : NULL;
        if (!text[i])
            return false;
        hr_buffer_add(out, "\\", found != NULL);
        hr_buffer_add(out, found ? &to[found - from] : (const char *)&text[i], 1);
    }
    return true;
}

/* The row as a walk over its fields gives it; false: it cannot be sent. */
static bool add_plain_row(hr_buffer *out, const hr_copy_column *columns, size_t count, const hr_parcel *parcel,
                          size_t ordinal)
{
    size_t row = hr_parcel_row(parcel, ordinal), before = out->size;
    bool some = false;
    for (size_t i = 0; i < count; i++) {
        const hr_copy_column *column = &columns[i];
        hr_buffer_text(out, some && column->what != HR_COPY_ABSENT ? "\t" : "");
        some = some || column->what != HR_COPY_ABSENT;
        if (column->what == HR_COPY_ORDINAL || column->what == HR_COPY_ROW)
            hr_buffer_printf(out, "%llu",
                             (unsigned long long)(column->what == HR_COPY_ROW ? hr_batch_row_number(parcel->batch, row)
                                                                              : 700 + ordinal));
        else if (column->what == HR_COPY_FIXED)
            hr_buffer_text(out, column->text ? "a\\tb" : "\\N");
        else if (!add_plain_value(out, column, parcel->batch, row)) {
            out->size = before;
            return false;
        }
    }
    hr_buffer_text(out, "\n");
    return true;
}

/* ---- both, compared ---------------------------------------------------------------------------------------------- */

static void compare(const hr_kernels *kernels, const hr_copy_column *columns, size_t count, const hr_parcel *parcel,
                    size_t enough, const char *about)
{
    hr_copy_text *copy;
    hr_copy_flaw flaw;
    hr_error err;
    hr_buffer is = {0}, should = {0};
    size_t rows = hr_parcel_rows(parcel), at = 0;
    cr_assert_eq(hr_copy_text_new(columns, count, &copy, &err), HR_OK);
    copy->kernels = kernels;
    while (at < rows) {
        size_t before = at;
        hr_status status = hr_copy_text_rows(copy, parcel, 700, &at, rows, is.size + enough, &is, &flaw, &err);
        for (size_t i = before; i < at; i++)
            cr_assert(add_plain_row(&should, columns, count, parcel, i), "%s %s: row %zu was sent", kernels->name,
                      about, i);
        if (status == HR_AGAIN) {
            cr_assert(!add_plain_row(&should, columns, count, parcel, at), "%s %s: row %zu was told: %s", kernels->name,
                      about, at, flaw.message);
            at++;
        } else {
            cr_assert_eq(status, HR_OK);
            cr_assert_gt(at, before);
        }
        size_t same = 0;
        while (same < is.size && same < should.size && is.data[same] == should.data[same])
            same++;
        cr_assert(same == is.size && same == should.size, "%s %s: byte %zu of %zu (%zu): %s", kernels->name, about,
                  same, is.size, should.size, shown(is.data + (same > 30 ? same - 30 : 0), same < is.size ? 60 : 0));
    }
    hr_buffer_free(&is);
    hr_buffer_free(&should);
    hr_copy_text_free(copy);
}

static void compare_batch(const hr_batch *batch, uint64_t *seed, const char *about)
{
    hr_copy_column columns[COLUMNS_MOST + 4];
    size_t tables, count = make_columns(columns, batch, seed), enough = 1 + random_below(seed, 3000);
    const hr_kernels *const *all = hr_kernels_all(&tables);
    uint32_t *rows = malloc((batch->rows + 1) * sizeof *rows);
    hr_parcel parcel = {.batch = batch};
    bool nothing = true;
    for (size_t i = 0; i < count; i++)
        nothing = nothing && columns[i].what == HR_COPY_ABSENT;
    if (random_below(seed, 2)) {
        for (uint32_t i = 0; i < batch->rows; i++)
            if (random_below(seed, 3))
                rows[parcel.row_count++] = i;
        parcel.rows = rows;
    }
    for (size_t i = 0; !nothing && i < tables; i++)
        if (hr_kernels_usable(all[i]))
            compare(all[i], columns, count, &parcel, enough, about);
    free(rows);
}

Test(copy_kernel, every_table_writes_what_a_walk_over_the_fields_writes)
{
    uint64_t seed = 11;
    for (size_t round = 0; round < ROUNDS; round++) {
        hr_buffer input = {0};
        shape s;
        hr_reader *reader;
        hr_batch *batch;
        hr_error err;
        char about[100];
        make_input(&input, &s, &seed);
        if (!input.size)
            continue;
        snprintf(about, sizeof about, "round %zu, delimiter 0x%02X, quote 0x%02X", round, (unsigned)s.delimiter,
                 s.quoting ? (unsigned)s.quote : 0u);
        hr_options *options = options_of(&s);
        cr_assert_eq(hr_reader_open_memory(input.data, input.size, options, &reader, &err), HR_OK, "%s", err.text);
        while (hr_reader_next(reader, &batch, &err) == HR_OK) {
            compare_batch(batch, &seed, about);
            hr_batch_release(batch);
        }
        hr_reader_close(reader);
        hr_options_free(options);
        hr_buffer_free(&input);
    }
}
