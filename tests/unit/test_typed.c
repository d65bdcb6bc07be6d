/* test_typed.c: a reader with a schema gives the values that value by value reading gives, and rejects the other rows,
 * whole and in their place; however the input comes. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/json/json.h"
#include "core/rows/value.h"
#include "headrace/schema.h"
#include "tests/unit/readings.h"

/* ---- what is read -------------------------------------------------------------------------------------------- */

static const char *const states[] = {"new", "paid", "sent"};
static const hr_column columns[] = {
    {.name = "id", .type = HR_TYPE_INT64, .required = true, .min = "-50000000"},
    {.name = "amount", .type = HR_TYPE_DECIMAL, .precision = 12, .scale = 2, .max = "9999999.99"},
    {.name = "huge", .type = HR_TYPE_DECIMAL, .precision = 38, .scale = 10},
    {.name = "ratio", .type = HR_TYPE_FLOAT64},
    {.name = "day", .type = HR_TYPE_DATE},
    {.name = "at", .type = HR_TYPE_TIMESTAMP},
    {.name = "zoned", .type = HR_TYPE_TIMESTAMP, .zoned = true},
    {.name = "flag", .type = HR_TYPE_BOOL},
    {.name = "key", .type = HR_TYPE_UUID},
    {.name = "note", .type = HR_TYPE_TEXT, .max = "5000"},
    {.name = "state", .type = HR_TYPE_TEXT, .one_of = states, .one_of_count = 3, .pattern = "^[a-z]+$"},
    {.name = "extra", .type = HR_TYPE_JSON},
    {.name = "absent", .type = HR_TYPE_INT64},
};
#define COLUMNS HR_COUNT(columns)
#define INPUTS (COLUMNS - 1) /* the last one is not in the input */

/* Mostly a value of the column, sometimes nearly one, sometimes none. */
static void put_value(text *out, const hr_column *column, uint32_t faults)
{
    static const char *const wrong[] = {"x",
                                        " 1",
                                        "1 ",
                                        "-",
                                        ".",
                                        "NULL",
                                        "01",
                                        "2024-02-30",
                                        "1e5",
                                        "{",
                                        "\xC3\xA9\xC3\xA9",
                                        "a,b",
                                        "a\nb",
                                        "say \"so\"",
                                        "99999999999999999999",
                                        "2024-01-01",
                                        "null",
                                        "t"};
    if (rnd(1000) < faults) {
        const char *value = wrong[rnd(HR_COUNT(wrong))];
        put(out, value, strlen(value));
        return;
    }
    if (rnd(12) == 0)
        return;
    static const char *const flags[] = {"true", "FALSE", "1", "0", "t", "n", "Yes", "off"};
    static const char *const extras[] = {
        "1", "{\"a\":[1,2,{\"b\":null}]}", "\"text with \\u00e9 and more\"", "[1,\n2]", " true ", "\"x\""};
    switch (column->type) {
    case HR_TYPE_INT64: putf(out, "%s%u", rnd(3) ? "" : "-", rnd(2) ? rnd(300) : rnd(100000000)); break;
    case HR_TYPE_DECIMAL:
        putf(out, "%s%u", rnd(5) ? "" : "-", rnd(rnd(3) ? 100 : 100000000));
        if (rnd(10))
            putf(out, ".%0*u", 2, rnd(100));
        break;
    case HR_TYPE_FLOAT64: putf(out, rnd(4) ? "%u.%u" : "%u%ue-%u", rnd(1000), rnd(100000), rnd(20)); break;
    case HR_TYPE_DATE: putf(out, "%04u-%02u-%02u", 1 + rnd(9999), 1 + rnd(12), 1 + rnd(28)); break;
    case HR_TYPE_TIMESTAMP:
        putf(out, "%04u-%02u-%02u%c%02u:%02u:%02u", 1900 + rnd(200), 1 + rnd(12), 1 + rnd(28), " T"[rnd(2)], rnd(24),
             rnd(60), rnd(60));
        if (rnd(3) == 0)
            putf(out, ".%u", rnd(1000000));
        if (column->zoned)
            putf(out, "%s", rnd(2) ? "Z" : "+05:30");
        break;
    case HR_TYPE_BOOL: putf(out, "%s", flags[rnd(8)]); break;
    case HR_TYPE_UUID:
        putf(out, "%08x-%04x-%04x-%04X-%06x%06x", rnd(1u << 31), rnd(65536), rnd(65536), rnd(65536), rnd(1u << 24),
             rnd(1u << 24));
        break;
    case HR_TYPE_JSON: putf(out, "%s", extras[rnd(6)]); break;
    case HR_TYPE_TEXT:
        if (column->one_of) {
            putf(out, "%s", states[rnd(3)]);
            break;
        }
        for (uint32_t n = rnd(4) ? rnd(4) : rnd(rnd(50) ? 30 : 1500); n; n--) {
            const char *piece = ((const char *const[]){"word ", "\xC3\xBC", "\"", ",", "abc", "7", "\n",
                                                       "long enough for a view "})[rnd(8)];
            put(out, piece, strlen(piece));
        }
        break;
    }
}

static void put_csv(text *out, const char *value, size_t size, bool newlines)
{
    bool needed = memchr(value, '"', size) || memchr(value, ',', size) || memchr(value, '\n', size);
    if (!needed && rnd(8)) {
        put(out, value, size);
        return;
    }
    put(out, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        if (value[i] == '\n' && !newlines)
            continue;
        if (value[i] == '"')
            put(out, "\"", 1);
        put(out, value + i, 1);
    }
    put(out, "\"", 1);
}

static text make_csv(size_t rows, uint32_t faults, const char *newline)
{
    text out = {0}, value = {0};
    for (size_t c = 0; c < INPUTS; c++)
        putf(&out, "%s%s", c ? "," : "", columns[c].name);
    put(&out, newline, strlen(newline));
    for (size_t r = 0; r < rows; r++) {
        if (faults && rnd(40) == 0) {
            putf(&out, "a broken row%s%s", rnd(2) ? ",\"x\"y" : "", newline);
            continue;
        }
        if (rnd(50) == 0)
            put(&out, newline, strlen(newline));
        for (size_t c = 0; c < INPUTS; c++) {
            value.size = 0;
            put_value(&value, &columns[c], faults);
            if (c)
                put(&out, ",", 1);
            put_csv(&out, value.data ? value.data : "", value.size, strcmp(newline, "\r\n") != 0);
        }
        if (r + 1 < rows || rnd(2))
            put(&out, newline, strlen(newline));
    }
    free(value.data);
    return out;
}

static text make_ndjson(size_t rows, uint32_t faults)
{
    text out = {0}, value = {0};
    for (size_t r = 0; r < rows; r++) {
        if (faults && rnd(40) == 0)
            putf(&out, "{\"id\": \n");
        put(&out, "{", 1);
        bool any = false;
        for (size_t c = 0; c < INPUTS; c++) {
            if (rnd(15) == 0)
                continue;
            putf(&out, "%s%s\"%s\":%s", any ? "," : "", rnd(20) ? "" : " ", columns[c].name, rnd(20) ? "" : " ");
            any = true;
            value.size = 0;
            put_value(&value, &columns[c], faults);
            hr_json_document *parsed = NULL;
            bool bare = value.size && rnd(2) && !memchr(value.data, '\n', value.size) &&
                        hr_json_parse(value.data, value.size, NULL, &parsed, NULL) == HR_OK;
            if (bare) {
                put(&out, value.data, value.size);
            } else if (!value.size && rnd(2)) {
                put(&out, "null", 4);
            } else {
                hr_buffer string = {0};
                hr_buffer_json(&string, value.data ? value.data : "", value.size);
                put(&out, (const char *)string.data, string.size);
                hr_buffer_free(&string);
            }
            hr_json_free(parsed);
        }
        put(&out, rnd(30) ? "}\n" : "}  \n", rnd(30) ? 2 : 2);
        if (out.data[out.size - 1] != '\n')
            put(&out, "\n", 1);
    }
    free(value.data);
    return out;
}

/* ---- readings ------------------------------------------------------------------------------------------------ */

/* A line for each record: its number, and either its values or how it was rejected. */
typedef struct account {
    text lines;
    const text *input;
    char **records; /* [count] by number - 1 */
    size_t count, capacity, rejected;
    uint64_t read;
} account;

static void note(account *a, uint64_t row, text *line)
{
    if (row > a->capacity) {
        a->records = realloc(a->records, (size_t)row * 2 * sizeof *a->records);
        memset(a->records + a->capacity, 0, ((size_t)row * 2 - a->capacity) * sizeof *a->records);
        a->capacity = (size_t)row * 2;
    }
    cr_assert_null(a->records[row - 1], "row %" PRIu64 " came twice", row);
    a->records[row - 1] = line->data;
    a->count = row > a->count ? (size_t)row : a->count;
    *line = (text){0};
}

static void put_reject(account *a, hr_reject_kind kind, uint64_t row, uint64_t line, uint64_t offset, uint64_t column)
{
    text made = {0};
    putf(&made, "%s line %" PRIu64 " offset %" PRIu64 " column %" PRId64, hr_reject_kind_name(kind), line, offset,
         (int64_t)column);
    note(a, row, &made);
    a->rejected++;
}

static void put_text_value(text *line, const void *data, size_t size)
{
    putf(line, "|%zu:", size);
    put(line, data, size);
}

static void put_fixed(text *line, hr_type type, const void *value)
{
    static const size_t sizes[] = {
        [HR_TYPE_BOOL] = 1, [HR_TYPE_INT64] = 8,     [HR_TYPE_DECIMAL] = 16, [HR_TYPE_FLOAT64] = 8,
        [HR_TYPE_DATE] = 4, [HR_TYPE_TIMESTAMP] = 8, [HR_TYPE_UUID] = 16};
    put(line, "|", 1);
    for (size_t i = 0; i < sizes[type]; i++)
        putf(line, "%02x", ((const uint8_t *)value)[i]);
}

/* ---- value by value: from a reader without a schema ----------------------------------------------------------- */

static bool json_is_sound(const uint8_t *data, size_t size)
{
    hr_json_document *document = NULL;
    bool sound = hr_json_parse(data, size, NULL, &document, NULL) == HR_OK;
    hr_json_free(document);
    return sound;
}

/* 0: fine. */
static hr_reject_kind check_value(const hr_column *column, const uint8_t *data, size_t size, text *line)
{
    union {
        bool truth;
        int64_t int64;
        int32_t date;
        double float64;
        hr_int128 decimal;
        uint8_t uuid[16];
    } v;
    const char *why = NULL;
    bool in_rule = true;
    memset(&v, 0, sizeof v);
    switch (column->type) {
    case HR_TYPE_INT64:
        why = hr_value_int64(data, size, &v.int64);
        in_rule = v.int64 >= -50000000;
        break;
    case HR_TYPE_DECIMAL:
        why = hr_value_decimal(data, size, column->precision, column->scale, &v.decimal);
        in_rule = !column->max || v.decimal <= 999999999;
        break;
    case HR_TYPE_FLOAT64: why = hr_value_float64(data, size, &v.float64); break;
    case HR_TYPE_DATE: why = hr_value_date(data, size, &v.date); break;
    case HR_TYPE_TIMESTAMP: why = hr_value_timestamp(data, size, column->zoned, &v.int64); break;
    case HR_TYPE_BOOL: why = hr_value_bool(data, size, &v.truth); break;
    case HR_TYPE_UUID: why = hr_value_uuid(data, size, v.uuid); break;
    case HR_TYPE_JSON: why = json_is_sound(data, size) ? NULL : "no"; break;
    case HR_TYPE_TEXT:
        if (column->one_of)
            in_rule = (size == 3 && !memcmp(data, "new", 3)) ||
                      (size == 4 && (!memcmp(data, "paid", 4) || !memcmp(data, "sent", 4)));
        else {
            size_t characters = 0;
            for (size_t i = 0; i < size; i++)
                characters += (data[i] & 0xC0) != 0x80;
            in_rule = characters <= 5000;
        }
        break;
    }
    if (column->type == HR_TYPE_TEXT || column->type == HR_TYPE_JSON)
        put_text_value(line, data, size);
    else
        put_fixed(line, column->type, &v);
    return why ? HR_REJECT_TYPE : in_rule ? 0 : HR_REJECT_CHECK;
}

static uint64_t line_at(const text *input, uint64_t offset, const char *encoding)
{
    uint64_t line = 1;
    size_t step = encoding && strstr(encoding, "utf-16") ? 2 : 1;
    for (size_t i = 0; i + step <= offset && i < input->size; i += step)
        line += input->data[i] == '\n' && (step == 1 || input->data[i + 1] == 0);
    return line;
}

typedef struct slow_context {
    account *account;
    const reading *how;
} slow_context;

static void take_slowly(void *context, hr_batch *batch)
{
    slow_context *slow = context;
    account *a = slow->account;
    cr_assert_null(batch->vectors);
    a->read += batch->read;
    for (size_t r = 0; r < batch->rows; r++) {
        text line = {0};
        hr_reject_kind kind = 0;
        uint64_t wrong = HR_UNKNOWN;
        for (size_t c = 0; c < INPUTS && !kind; c++) {
            size_t at = c; /* of NDJSON the columns are found in the order of the sample */
            if (batch->cells)
                at = c;
            hr_field field = hr_batch_field(batch, r, at);
            if (field.flags & HR_FIELD_NULL) {
                put(&line, "|-", 2);
                kind = columns[c].required ? HR_REJECT_CHECK : 0;
            } else {
                uint8_t *value = malloc(field.size + 1);
                size_t size = hr_field_copy(field, batch->dialect, value);
                if (batch->cells && columns[c].type == HR_TYPE_JSON) {
                    hr_span cell = batch->cells[r * batch->columns + at];
                    size = cell.size;
                    value = realloc(value, size + 1);
                    memcpy(value, batch->data + cell.begin, size);
                }
                kind = check_value(&columns[c], value, size, &line);
                free(value);
            }
            if (kind)
                wrong = at + 1;
        }
        uint64_t row = hr_batch_row_number(batch, r), offset = batch->row_offset[r];
        if (kind) {
            free(line.data);
            put_reject(a, kind, row, line_at(a->input, offset, slow->how->encoding), offset, wrong);
        } else {
            put(&line, "|-", 2);
            note(a, row, &line);
        }
    }
    for (size_t i = 0; i < batch->rejected; i++)
        put_reject(a, batch->rejects[i].kind, batch->rejects[i].row, batch->rejects[i].line, batch->rejects[i].offset,
                   batch->rejects[i].column);
}

/* ---- column by column: with the schema ------------------------------------------------------------------------ */

static void put_vector(text *line, const hr_vector *vector, size_t r)
{
    if (vector->validity && !(vector->validity[r / 8] >> (r % 8) & 1)) {
        put(line, "|-", 2);
        return;
    }
    static const size_t widths[] = {[HR_TYPE_INT64] = 8, [HR_TYPE_DECIMAL] = 16,  [HR_TYPE_FLOAT64] = 8,
                                    [HR_TYPE_DATE] = 4,  [HR_TYPE_TIMESTAMP] = 8, [HR_TYPE_UUID] = 16};
    const uint8_t *values = vector->values;
    if (vector->type == HR_TYPE_BOOL) {
        uint8_t bit = values[r / 8] >> (r % 8) & 1;
        put_fixed(line, HR_TYPE_BOOL, &bit);
    } else if (vector->type == HR_TYPE_TEXT || vector->type == HR_TYPE_JSON) {
        const hr_text_view *view = (const hr_text_view *)values + r;
        if (view->size > 12) {
            cr_assert_eq(view->in.far.buffer, 0);
            cr_assert_leq((size_t)view->in.far.offset + view->size, vector->data_size);
            cr_assert(!memcmp(view->in.far.prefix, vector->data + view->in.far.offset, 4));
        } else {
            for (size_t i = view->size; i < 12; i++)
                cr_assert_eq(view->in.text[i], 0, "the rest of a short view is zeros");
        }
        put_text_value(line, view->size > 12 ? (const void *)(vector->data + view->in.far.offset) : view->in.text,
                       view->size);
    } else {
        put_fixed(line, vector->type, values + r * widths[vector->type]);
    }
}

static void take_typed(void *context, hr_batch *batch)
{
    account *a = context;
    a->read += batch->read;
    cr_assert_eq(batch->read, batch->rows + batch->rejected + batch->skipped);
    for (size_t c = 0; c < COLUMNS; c++) {
        const hr_vector *vector = &batch->vectors[c];
        uint32_t nulls = 0;
        cr_assert_eq(vector->type, columns[c].type);
        cr_assert_eq((uintptr_t)vector->values % 64, 0);
        for (size_t r = 0; vector->validity && r < batch->rows; r++)
            nulls += !(vector->validity[r / 8] >> (r % 8) & 1);
        cr_assert_eq(nulls, vector->nulls);
        cr_assert_eq(vector->nulls == 0, vector->validity == NULL);
    }
    uint64_t before = 0;
    for (size_t r = 0; r < batch->rows; r++) {
        text line = {0};
        for (size_t c = 0; c < COLUMNS; c++)
            put_vector(&line, &batch->vectors[c], r);
        cr_assert_gt(hr_batch_row_number(batch, r), before);
        before = hr_batch_row_number(batch, r);
        note(a, before, &line);
    }
    for (size_t i = 0; i < batch->rejected; i++) {
        const hr_reject *reject = &batch->rejects[i];
        cr_assert(i == 0 || reject[-1].row < reject->row, "rejects are in the order of the rows");
        cr_assert_leq(reject->offset + reject->raw_size, a->input->size);
        cr_assert(!memcmp(reject->raw, a->input->data + reject->offset, reject->raw_size),
                  "raw is not what stood in the input");
        cr_assert(reject->raw_size > 0);
        if (reject->kind == HR_REJECT_TYPE || reject->kind == HR_REJECT_CHECK) {
            cr_assert_str_eq(reject->column_name, columns[reject->column - 1].name);
            cr_assert(reject->value != NULL || a->input->data[0] == '{');
            cr_assert_leq(reject->value_size, HR_REJECT_VALUE_MAX);
            cr_assert(reject->at == HR_UNKNOWN ||
                      (reject->at >= reject->offset && reject->at <= reject->offset + reject->raw_size));
            uint8_t last = reject->raw[reject->raw_size - 1],
                    last_but_one = reject->raw_size > 1 ? reject->raw[reject->raw_size - 2] : 0;
            cr_assert(last == '\n' || (last == 0 && last_but_one == '\n') ||
                          reject->offset + reject->raw_size == a->input->size,
                      "raw is not whole");
        }
        put_reject(a, reject->kind, reject->row, reject->line, reject->offset, reject->column);
    }
}

static void free_account(account *a)
{
    for (size_t i = 0; i < a->count; i++)
        free(a->records[i]);
    free(a->records);
}

static account read_slowly(const reading *how, const text *input)
{
    account a = {.input = input};
    hr_reader *reader = make_reader(how);
    slow_context context = {&a, how};
    read_all(reader, how, input, take_slowly, &context);
    hr_reader_close(reader);
    return a;
}

static account read_typed(const reading *how, const text *input)
{
    account a = {.input = input};
    hr_schema *schema;
    hr_error err;
    hr_reader *reader = make_reader(how);
    cr_assert_eq(hr_schema_new(columns, COLUMNS, &schema, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_reader_schema(reader, schema, true, &err), HR_OK, "%s", err.text);
    hr_schema_free(schema);
    read_all(reader, how, input, take_typed, &a);
    hr_reader_close(reader);
    return a;
}

static void compare(const account *expected, const account *got, const char *which)
{
    cr_assert_eq(expected->count, got->count, "%s: %zu rows, not %zu", which, got->count, expected->count);
    cr_assert_eq(expected->read, got->read, "%s", which);
    for (size_t i = 0; i < expected->count; i++)
        cr_assert(expected->records[i] && got->records[i] && !strcmp(expected->records[i], got->records[i]),
                  "%s: row %zu is\n  %.300s\nnot\n  %.300s", which, i + 1, got->records[i], expected->records[i]);
}

static void try_all_ways(text *input, const reading *base, bool threads)
{
    account expected = read_slowly(base, input);
    const size_t pieces[] = {0, 1, 7, 100, 4096, 70000};
    for (size_t i = 0; i < HR_COUNT(pieces); i++) {
        if (pieces[i] == 1 && input->size > 20000)
            continue;
        for (int t = 1; t <= (threads ? 3 : 1); t++) {
            char number[12], which[64];
            reading how = *base;
            snprintf(number, sizeof number, "%d", t);
            how.threads = number;
            how.piece = pieces[i];
            how.block = t == 3 ? 3000 : 0;
            snprintf(which, sizeof which, "pieces of %zu, %d threads", pieces[i], t);
            account got = read_typed(&how, input);
            compare(&expected, &got, which);
            free_account(&got);
        }
    }
    cr_log_info("%zu rows, %zu rejected", expected.count, expected.rejected);
    free_account(&expected);
    free(input->data);
}

Test(typed, csv_gives_what_value_by_value_reading_gives)
{
    for (int n = 0; n < 12; n++) {
        text input = make_csv(n < 6 ? 20 : 1500, n % 3 ? 30 : 0, n % 4 == 3 ? "\r\n" : "\n");
        const reading how = {.format = "csv", .null = n % 2 ? "NULL,-" : NULL};
        try_all_ways(&input, &how, true);
    }
}

Test(typed, a_file_of_faults_is_all_rejects)
{
    text input = make_csv(600, 900, "\n");
    const reading how = {.format = "csv"};
    try_all_ways(&input, &how, true);
}

Test(typed, short_rows_have_nulls_where_they_are_padded)
{
    text input = make_csv(300, 20, "\n");
    const reading how = {.format = "csv", .ragged = "pad"};
    try_all_ways(&input, &how, true);
}

Test(typed, ndjson_gives_what_value_by_value_reading_gives)
{
    for (int n = 0; n < 8; n++) {
        text input = make_ndjson(n < 4 ? 20 : 1200, n % 3 ? 30 : 0), whole = {0};
        for (size_t c = 0; c < INPUTS; c++) /* so that the sample shows the columns in this order */
            putf(&whole, "%s\"%s\":%s", c ? "," : "{", columns[c].name, c == 0 ? "1" : "null");
        put(&whole, "}\n", 2);
        put(&whole, input.data, input.size);
        free(input.data);
        const reading how = {.format = "ndjson"};
        try_all_ways(&whole, &how, true);
    }
}

Test(typed, rejects_of_another_encoding_have_the_bytes_of_the_input)
{
    for (int n = 0; n < 4; n++) {
        text made = make_csv(n < 2 ? 40 : 1200, 30, "\n"), wide = {0};
        for (size_t i = 0; i < made.size; i++) {
            uint8_t c = (uint8_t)made.data[i];
            unsigned code = c;
            if (c >= 0xC3) {
                code = (c & 0x1Fu) << 6 | ((uint8_t)made.data[++i] & 0x3Fu);
            }
            char unit[2] = {(char)code, (char)(code >> 8)};
            put(&wide, unit, 2);
        }
        free(made.data);
        const reading how = {.format = "csv", .encoding = "utf-16le"};
        try_all_ways(&wide, &how, false);
    }
}
