/* test_postgres_copy_text.c: rows of COPY's text format reach the reader cell by cell as the server had them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/copy_text.h"

typedef struct cell {
    bool null;
    size_t size;
    uint8_t bytes[80];
} cell;

/* As the server writes a value (CopyAttributeOutText). */
static size_t escape(const cell *value, uint8_t *out)
{
    static const char letters[] = "bfnrtv\\", codes[] = "\b\f\n\r\t\v\\";
    size_t to = 0;
    if (value->null)
        return (size_t)((uint8_t *)mempcpy(out, "\\N", 2) - out);
    for (size_t i = 0; i < value->size; i++) {
        const char *found = value->bytes[i] ? strchr(codes, value->bytes[i]) : NULL;
        if (found)
            out[to++] = '\\';
        out[to++] = found ? (uint8_t)letters[found - codes] : value->bytes[i];
    }
    return to;
}

static uint64_t state = 88172645463325252u;
static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* UTF-8 of every kind, and all that means something to either format. */
static void make_cell(cell *out)
{
    static const char *const texts[] = {
        "",  "\\",         "\"",   "\t",   "\n", "\r",   "\\N", "\\.", ",", "a",  "\r\n", "\"\"", "\xEF\xBB\xBF",
        "é", "\U0001F30A", "\x01", "\x7F", " ",  "\\\\", "N",   "#",   "'", "\b", "\f\v", "0",    "plain text"};
    out->size = 0;
    out->null = next_random() % 5 == 0;
    uint64_t kind = next_random() % 4;
    size_t parts = kind == 0 ? 0 : next_random() % (kind == 1 ? 2 : 5);
    for (size_t i = 0; !out->null && i < parts; i++) {
        const char *text = texts[next_random() % HR_COUNT(texts)];
        char one[2] = {(char)(1 + next_random() % 127), 0};
        if (next_random() % 4 == 0)
            text = one;
        memcpy(out->bytes + out->size, text, strlen(text));
        out->size += strlen(text);
    }
    if (!out->null && kind == 3 && next_random() % 2)
        for (; out->size < 60; out->size++)
            out->bytes[out->size] = 'x';
}

static hr_reader *open_text(const hr_buffer *text, size_t columns)
{
    static const char *const pinned[][2] = {{"format", "csv"},   {"delimiter", "tab"}, {"quote", "\""},
                                            {"escape", "none"},  {"comment", "none"},  {"header", "no"},
                                            {"skip_lines", "0"}, {"encoding", "utf-8"}};
    size_t count;
    hr_options *options;
    hr_reader *reader;
    const hr_option *table = hr_reader_options(&count);
    cr_assert_eq(hr_options_new(table, count, &options, NULL), HR_OK);
    for (size_t i = 0; i < HR_COUNT(pinned); i++)
        cr_assert_eq(hr_options_set(options, pinned[i][0], pinned[i][1], NULL), HR_OK, "%s", pinned[i][0]);
    if (columns == 1)
        cr_assert_eq(hr_options_set(options, "null", "\\N", NULL), HR_OK);
    cr_assert_eq(hr_reader_open_memory(text->data, text->size, options, &reader, NULL), HR_OK);
    hr_options_free(options);
    return reader;
}

static void compare(const hr_buffer *text, const cell *cells, size_t rows, size_t columns)
{
    hr_error err;
    hr_batch *batch;
    size_t row = 0;
    hr_reader *reader = open_text(text, columns);
    hr_status status;
    while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        cr_assert_eq(batch->rejected + batch->skipped, 0, "columns %zu: rejected %zu skipped %zu: %s", columns,
                     (size_t)batch->rejected, (size_t)batch->skipped, batch->rejected ? batch->rejects[0].message : "");
        for (size_t r = 0; r < batch->rows; r++, row++)
            for (size_t c = 0; c < columns; c++) {
                const cell *want = &cells[row * columns + c];
                hr_field field = hr_batch_field(batch, r, c);
                uint8_t value[200];
                cr_assert_eq((field.flags & HR_FIELD_NULL) != 0, want->null, "row %zu column %zu", row, c);
                if (want->null)
                    continue;
                size_t size = hr_field_copy(field, batch->dialect, value);
                cr_assert(size == want->size && !memcmp(value, want->bytes, size), "row %zu column %zu", row, c);
            }
        hr_batch_release(batch);
    }
    cr_assert_eq(status, HR_END, "%s", err.text);
    cr_assert_eq(row, rows);
    hr_reader_close(reader);
}

static void round_trip(size_t rows, size_t columns)
{
    cell *cells = calloc(rows * columns, sizeof *cells);
    hr_buffer text = {0};
    for (size_t r = 0; r < rows; r++) {
        uint8_t line[4096], csv[16384];
        size_t size = 0;
        for (size_t c = 0; c < columns; c++) {
            make_cell(&cells[r * columns + c]);
            if (c)
                line[size++] = '\t';
            size_t wrote = escape(&cells[r * columns + c], line + size);
            uint8_t value[200];
            const uint8_t *field;
            size_t field_size;
            cr_assert_eq(hr_pg_copy_value(line + size, wrote, value),
                         cells[r * columns + c].null ? SIZE_MAX : cells[r * columns + c].size);
            size += wrote;
            cr_assert(hr_pg_copy_field(line, size, c, &field, &field_size));
            cr_assert_eq(field_size, wrote);
        }
        line[size++] = '\n';
        size_t made = hr_pg_csv_row(line, size, columns == 1, r == 0, csv);
        cr_assert_leq(made, hr_pg_csv_room(size, columns));
        cr_assert(hr_buffer_add(&text, csv, made));
    }
    compare(&text, cells, rows, columns);
    hr_buffer_free(&text);
    free(cells);
}

Test(postgres_copy_text, every_cell_arrives_as_it_was)
{
    for (unsigned i = 0; i < 400; i++)
        round_trip(1 + next_random() % 60, 2 + next_random() % 6);
}

Test(postgres_copy_text, rows_of_one_column_are_never_blank_lines)
{
    for (unsigned i = 0; i < 400; i++)
        round_trip(1 + next_random() % 60, 1);
}

static void expect(const char *row, bool only, bool begins, const char *csv)
{
    uint8_t out[400];
    size_t size = hr_pg_csv_row((const uint8_t *)row, strlen(row), only, begins, out);
    cr_assert(size == strlen(csv) && !memcmp(out, csv, size), "%.*s", (int)size, out);
}

Test(postgres_copy_text, null_and_the_empty_string_differ)
{
    expect("\\N\t\tb\n", false, false, "\t\"\"\tb\n");
    expect("a\t\\\\N\t\\\\.\n", false, false, "a\t\\N\t\\.\n");
    expect("\\N\n", true, false, "\\N\n");
    expect("\\\\N\n", true, false, "\"\\N\"\n");
    expect("\n", true, false, "\"\"\n");
}

Test(postgres_copy_text, plain_rows_are_copied_and_empty_fields_at_their_edges_found)
{
    expect("0123456789\tabcdefghij\tklm\n", false, false, "0123456789\tabcdefghij\tklm\n");
    expect("\t0123456789abcdefghij\tklm\n", false, false, "\"\"\t0123456789abcdefghij\tklm\n");
    expect("0123456789abcdefghij\tklm\t\n", false, false, "0123456789abcdefghij\tklm\t\"\"\n");
    for (size_t gap = 1; gap < 60; gap++) {
        char row[100], csv[110];
        memset(row, 'x', 64);
        strcpy(row + 64, "\n");
        row[gap] = row[gap + 1] = '\t';
        snprintf(csv, sizeof csv, "%.*s\t\"\"\t%s", (int)gap, row, row + gap + 2);
        expect(row, false, false, csv);
    }
}

Test(postgres_copy_text, a_byte_order_mark_in_the_first_field_is_data)
{
    expect("\xEF\xBB\xBFname\tb\n", false, true, "\"\xEF\xBB\xBFname\"\tb\n");
    expect("\xEF\xBB\xBFna\\tme\tb\n", false, true, "\"\xEF\xBB\xBFna\tme\"\tb\n");
    expect("\xEF\xBB\xBF\n", true, true, "\"\xEF\xBB\xBF\"\n");
}
