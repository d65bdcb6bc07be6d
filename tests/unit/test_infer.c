/* test_infer.c: the types that are inferred hold every value, are the narrowest, and do not depend on how rows were
 * read. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/reader/infer.h"
#include "core/reader/reader.h"
#include "core/rows/value_fast.h"
#include "tests/unit/support.h"

/* ---- reading from memory ------------------------------------------------------------------------------------- */

typedef struct source {
    const char *data;
    size_t size, at, step; /* bytes a read gives at most */
} source;

static hr_status source_read(void *state, uint8_t *room, size_t size, size_t *got, hr_error *err)
{
    source *s = state;
    (void)err;
    size_t left = s->size - s->at, give = left < size ? left : size;
    if (give > s->step)
        give = s->step;
    if (!give)
        return HR_END;
    memcpy(room, s->data + s->at, give);
    s->at += give;
    *got = give;
    return HR_OK;
}

static void source_close(void *state)
{
    free(state);
}

typedef struct how {
    size_t step;
    const char *threads, *kernel, *nulls, *format;
} how;

static hr_reader *open_text(const char *text, size_t size, how h)
{
    source *s = calloc(1, sizeof *s);
    *s = (source){text, size, 0, h.step ? h.step : size + 1};
    hr_stream stream = {.state = s, .read = source_read, .close = source_close};
    const char *const given[][2] = {{"header", "yes"},
                                    {"delimiter", ","},
                                    {"quote", "\""},
                                    {"encoding", "utf-8"},
                                    {"escape", "none"},
                                    {"comment", "none"},
                                    {"skip_lines", "0"},
                                    {"threads", h.threads},
                                    {"kernel", h.kernel},
                                    {"null", h.nulls},
                                    {"format", h.format ? h.format : "csv"}};
    hr_options *options = reader_options(given, HR_COUNT(given));
    hr_reader *reader;
    hr_error err;
    cr_assert_eq(hr_reader_open_stream(&stream, options, false, &reader, &err), HR_OK, "%s", err.text);
    hr_options_free(options);
    return reader;
}

static char *infer_text(const char *text, size_t size, how h)
{
    hr_error err;
    hr_schema *schema;
    char *out;
    hr_reader *reader = open_text(text, size, h);
    if (h.threads && strcmp(h.threads, "1"))
        hr_reader_block(reader, 64 + rnd(4000));
    cr_assert_eq(hr_reader_infer(reader, &schema, &err), HR_OK, "%s", err.text);
    hr_reader_close(reader);
    cr_assert_eq(hr_schema_write(schema, &out, &err), HR_OK);
    hr_schema_free(schema);
    return out;
}

/* The type of the only column of these values, one a line, as "decimal(4,2)". */
static const char *type_of(const char *values, how h)
{
    static char said[64];
    char *text = NULL;
    hr_error err;
    hr_schema *schema;
    size_t count;
    cr_assert(asprintf(&text, "other,v\n%s", values) > 0);
    hr_reader *reader = open_text(text, strlen(text), h);
    cr_assert_eq(hr_reader_infer(reader, &schema, &err), HR_OK, "%s", err.text);
    const hr_column *column = &hr_schema_columns(schema, &count)[1];
    cr_assert_eq(count, 2);
    int used = snprintf(said, sizeof said, "%s", hr_type_name(column->type));
    if (column->type == HR_TYPE_DECIMAL)
        used += snprintf(said + used, 64 - (size_t)used, "(%u,%u)", column->precision, column->scale);
    snprintf(said + used, 64 - (size_t)used, "%s%s", column->zoned ? " zoned" : "",
             column->required ? " required" : "");
    hr_schema_free(schema);
    hr_reader_close(reader);
    free(text);
    return said;
}

static void expect(const char *type, const char *values)
{
    char *text = malloc(strlen(values) * 4 + 16), *to = text;
    for (const char *p = values; *p;) { /* "a|b" -> a row each, of an id and the value */
        size_t size = strcspn(p, "|");
        to += sprintf(to, "1,%.*s\n", (int)size, p);
        p += size + (p[size] == '|');
    }
    cr_expect_str_eq(type_of(text, (how){0}), type, "%s: %s, not %s", values, type_of(text, (how){0}), type);
    free(text);
}

/* ---- types ---------------------------------------------------------------------------------------------------- */

Test(infer, whole_numbers)
{
    expect("int64 required", "0|1|0|1");
    expect("int64 required", "1|-2|9223372036854775807|-9223372036854775808");
    expect("decimal(19,0) required", "1|9223372036854775808");
    expect("decimal(20,0) required", "12345678901234567890|1");
    expect("decimal(38,0) required", "99999999999999999999999999999999999999");
    expect("text required", "999999999999999999999999999999999999999");
    expect("text required", "007|123");
    expect("text required", "0049|1");
    expect("text required", "+5|3");
    expect("text required", "-0");
    expect("text required", "5 |3");
    expect("text required", "1_000");
}

Test(infer, fractions_are_decimals)
{
    expect("decimal(3,2) required", "1.10|2.5|3");
    expect("decimal(5,2) required", "1.10|100");
    expect("decimal(2,2) required", "0.50|0.05");
    expect("decimal(1,1) required", "0.5|0.0");
    expect("decimal(18,17) required", "1.12345678901234567|1");
    expect("text required", ".5|1");
    expect("text required", "5.|1");
    expect("text required", "01.5|1");
    expect("text required", "1.234;56");
    expect("decimal(38,19) required", "1234567890123456789.0123456789012345678");
    expect("text required", "12345678901234567890.0123456789012345678");
}

Test(infer, exponents_and_words_are_floats)
{
    expect("float64 required", "1e5|2");
    expect("float64 required", "1.5E-3|2.25|NaN");
    expect("float64 required", "Infinity|-Infinity");
    expect("text required", "1e5|12345678901234567890");
    expect("text required", "1e5|9007199254740993");
    expect("float64 required", "1e5|9007199254740992");
    expect("text required", "1e5|0.123456789012345678");
    expect("text required", "1e999");
    expect("text required", "nan|1");
    expect("text required", "1e|2");
}

Test(infer, truth_values)
{
    expect("bool required", "true|false");
    expect("bool required", "TRUE");
    expect("bool required", "yes|no|NO");
    expect("bool required", "t|f");
    expect("bool required", "y|0|N|1");
    expect("text required", "f|f");
    expect("text required", "no");
    expect("text required", "on");
    expect("text required", "yes|2");
    expect("text required", "yes|maybe");
}

Test(infer, days_and_times)
{
    expect("date required", "2024-02-29|1999-12-31");
    expect("text required", "2024-02-30");
    expect("text required", "2023-02-29|2023-01-01");
    expect("timestamp required", "2024-02-29 10:00:00|2024-02-29T10:00:00.5|2024-02-29 10:00");
    expect("timestamp zoned required", "2024-02-29 10:00:00Z|2024-02-29T10:00:00.123456+02:00");
    expect("text required", "2024-02-29 10:00:00Z|2024-02-29 10:00:00");
    expect("text required", "2024-02-29|2024-02-29 10:00:00");
    expect("text required", "2024-02-29 24:00:00");
    expect("text required", "0001-01-01 00:00:00+01:00");
    expect("text required", "20240229x|1");
}

Test(infer, uuids_json_and_texts)
{
    expect("uuid required", "123e4567-e89b-12d3-a456-426614174000|123E4567-E89B-12D3-A456-426614174000");
    expect("text required", "123e4567-e89b-12d3-a456-42661417400");
    expect("json required", "{}|\"[1,2]\"|\"{\"\"a\"\":1}\"");
    expect("text required", "{}|{a}");
    expect("text required", "[1|[1]");
    expect("text required", "\"\"|1");
    expect("text", "||");
    expect("int64", "1||2");
    expect("text required", "\"a\nb\"|c");
    expect("int64 required", "\"1\"|\"2\"");
}

Test(infer, null_spellings_are_no_values)
{
    cr_expect_str_eq(type_of("1,5\n1,NA\n", (how){.nulls = "NA"}), "int64");
    cr_expect_str_eq(type_of("1,5\n1,NA\n", (how){0}), "text required");
}

Test(infer, members_say_what_they_are)
{
    static const char text[] =
        "{\"a\":1,\"b\":\"1\",\"c\":1.50,\"d\":true,\"e\":{\"x\":1},\"f\":\"2024-01-01\",\"g\":null}\n"
        "{\"a\":2,\"b\":\"2\",\"c\":2,\"d\":false,\"e\":[],\"f\":\"2024-01-02\",\"g\":null}\n";
    char *got = infer_text(text, sizeof text - 1, (how){.format = "ndjson"});
    cr_expect_str_eq(got,
                     "{\"columns\": [\n"
                     "  {\"name\": \"a\", \"type\": \"int64\", \"required\": true},\n"
                     "  {\"name\": \"b\", \"type\": \"text\", \"required\": true},\n"
                     "  {\"name\": \"c\", \"type\": \"decimal\", \"precision\": 3, \"scale\": 2, \"required\": true},\n"
                     "  {\"name\": \"d\", \"type\": \"bool\", \"required\": true},\n"
                     "  {\"name\": \"e\", \"type\": \"json\", \"required\": true},\n"
                     "  {\"name\": \"f\", \"type\": \"date\", \"required\": true},\n"
                     "  {\"name\": \"g\", \"type\": \"text\"}\n"
                     "]}\n");
    hr_text_free(got);
}

/* ---- what is told --------------------------------------------------------------------------------------------- */

Test(infer, the_rows_in_the_way_are_named)
{
    static const char text[] = "id,v,w\n1,5,a\n2,6,b\n3,\"x\ny\",c\n4,7,d\n5,n/a,e\n6,8,f\n7,9,g\n";
    hr_error err;
    const hr_infer *infer;
    hr_infer_account account = {0};
    hr_reader *reader = open_text(text, sizeof text - 1, (how){0});
    cr_assert_eq(hr_reader_gather(reader, &infer, &account, &err), HR_OK);
    size_t count;
    const hr_infer_column *columns = hr_infer_columns(infer, &count);
    hr_infer_doubt doubt;
    cr_assert_eq(account.rows, 7);
    cr_assert(hr_infer_doubtful(&columns[1], &doubt));
    cr_expect_eq(doubt.would.type, HR_TYPE_INT64);
    cr_expect_eq(doubt.values, 2);
    cr_expect_eq(doubt.first->row, 3);
    cr_expect_eq(doubt.first->line, 4);
    cr_expect_eq(doubt.first->size, 3);
    cr_expect_arr_eq(doubt.first->text, "x\ny", 3);
    cr_expect_not(hr_infer_doubtful(&columns[0], &doubt));
    cr_expect_not(hr_infer_doubtful(&columns[2], &doubt));
    hr_reader_close(reader);
}

Test(infer, several_files_make_one_schema)
{
    static const char *const texts[] = {"a,b\n1,x\n", "b,a,c\ny,2.5,2024-01-01\n"};
    hr_infer *all = NULL;
    hr_error err;
    hr_schema *schema;
    char *text;
    for (uint32_t i = 0; i < 2; i++) {
        const hr_infer *one;
        hr_reader *reader = open_text(texts[i], strlen(texts[i]), (how){0});
        cr_assert_eq(hr_reader_gather(reader, &one, NULL, &err), HR_OK);
        cr_assert_eq(hr_infer_merge(&all, one, i, &err), HR_OK);
        hr_reader_close(reader);
    }
    cr_assert_eq(hr_infer_schema(all, &schema, &err), HR_OK);
    cr_assert_eq(hr_schema_write(schema, &text, &err), HR_OK);
    cr_expect_str_eq(text,
                     "{\"columns\": [\n"
                     "  {\"name\": \"a\", \"type\": \"decimal\", \"precision\": 2, \"scale\": 1, \"required\": true},\n"
                     "  {\"name\": \"b\", \"type\": \"text\", \"required\": true},\n"
                     "  {\"name\": \"c\", \"type\": \"date\"}\n"
                     "]}\n");
    hr_text_free(text);
    hr_schema_free(schema);
    hr_infer_free(all);
}

/* ---- properties ------------------------------------------------------------------------------------------------ */

#define COLUMNS 12u

/* A value of some kind, near the borders between kinds. */
static void put_value(char *out, uint32_t kind)
{
    static const char *const odd[] = {"007",
                                      "-0",
                                      "+5",
                                      ".5",
                                      "5.",
                                      "1e5",
                                      "NaN",
                                      "Infinity",
                                      "n/a",
                                      "nan",
                                      "0",
                                      "1",
                                      "-1",
                                      "00",
                                      "true",
                                      "f",
                                      "No",
                                      "on",
                                      "2024-02-29",
                                      "2024-02-30",
                                      "2024-02-29 10:00:00",
                                      "2024-02-29T10:00Z",
                                      "2024-02-29 10:00:00+0200",
                                      "0.0",
                                      "-0.0",
                                      "1E-300",
                                      "1e300",
                                      "9223372036854775808",
                                      "-9223372036854775808",
                                      "9223372036854775807",
                                      "{",
                                      "{}",
                                      "[]",
                                      "123e4567-e89b-12d3-a456-426614174000",
                                      "\"\"",
                                      "\"a,b\"",
                                      "\"x\"\"y\"",
                                      "\"{\"\"k\"\": [1, \"\"\xC3\xA9\"\"]}\"",
                                      "\xC3\xA4\xC3\xB6",
                                      "a longer text of several words; no",
                                      "123456789.123456789",
                                      "99999999.99",
                                      "0.00000001",
                                      "12345678901234567890.5",
                                      "-",
                                      "--",
                                      "1-2",
                                      "2024-1-1",
                                      "\"5\"",
                                      "\"2.50\"",
                                      "\"2024-01-01\"",
                                      "9007199254740993",
                                      "1.5e",
                                      "1..2"};
    switch (kind) {
    case 0: sprintf(out, "%d", (int)rnd(2000000) - 1000000); break;
    case 1: sprintf(out, "%u.%02u", rnd(rnd(9) ? 300 : 100000000), rnd(100)); break;
    case 2: sprintf(out, "%s%u.%0*u", rnd(2) ? "-" : "", rnd(100), (int)rnd(6) + 1, rnd(9)); break;
    case 3: sprintf(out, "%04u-%02u-%02u", 1 + rnd(9999), 1 + rnd(12), 1 + rnd(rnd(9) ? 28 : 31)); break;
    case 4:
        sprintf(out, "%04u-%02u-%02u %02u:%02u:%02u%s", 1990 + rnd(60), 1 + rnd(12), 1 + rnd(28), rnd(24), rnd(60),
                rnd(60), rnd(3) ? "" : ".25");
        break;
    case 5:
        sprintf(out, "%04u-%02u-%02uT%02u:%02u:%02u%s", 1990 + rnd(60), 1 + rnd(12), 1 + rnd(28), rnd(24), rnd(60),
                rnd(60), rnd(3) ? "Z" : "-11:30");
        break;
    case 6: sprintf(out, "%s", rnd(2) ? "yes" : "no"); break;
    case 7:
        sprintf(out, "%08x-%04x-4%03x-8%03x-%012x", rnd(1u << 31), rnd(65536), rnd(4096), rnd(4096), rnd(1u << 31));
        break;
    case 8:
        sprintf(out, "%c%s", 'a' + (int)rnd(26),
                rnd(2) ? "pple"
                       : "n\xC3\xBC"
                         "sse");
        break;
    case 9: sprintf(out, "\"%u\"", rnd(1000)); break;
    case 10: sprintf(out, "%ue%d", 1 + rnd(9), (int)rnd(20) - 10); break;
    default: strcpy(out, odd[rnd(HR_COUNT(odd))]); break;
    }
}

/* Columns of one kind with now and then a value of another; `strange` of 1000. */
static char *make_csv(uint32_t rows, uint32_t strange, size_t *size)
{
    char *text = malloc((size_t)rows * COLUMNS * 64 + 4096), *to = text;
    uint32_t kinds[COLUMNS], nulls = rnd(2), crlf = rnd(2);
    for (uint32_t c = 0; c < COLUMNS; c++) {
        kinds[c] = rnd(12);
        to += sprintf(to, "%sc%u", c ? "," : "", c);
    }
    to += sprintf(to, "\n");
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < COLUMNS; c++) {
            char value[128] = "";
            if (!nulls || rnd(10))
                put_value(value, rnd(1000) < strange ? 11 : kinds[c]);
            to += sprintf(to, "%s%s%s", c ? "," : "", value, c + 1 < COLUMNS ? "" : crlf ? "\r\n" : "\n");
        }
    *size = (size_t)(to - text);
    return text;
}

Test(infer, every_row_keeps_to_the_schema_inferred_from_all)
{
    static const uint32_t strange[] = {0, 0, 1, 20, 1000};
    for (uint32_t round = 0; round < 300; round++) {
        size_t size;
        char *text = make_csv(1 + rnd(rnd(2) ? 20 : 1500), strange[rnd(5)], &size);
        hr_error err;
        hr_schema *schema;
        hr_batch *batch;
        uint64_t rows = 0;
        hr_reader *reader = open_text(text, size, (how){0});
        cr_assert_eq(hr_reader_infer(reader, &schema, &err), HR_OK, "%s", err.text);
        hr_reader_close(reader);
        reader = open_text(text, size, (how){0});
        cr_assert_eq(hr_reader_schema(reader, schema, rnd(2), &err), HR_OK);
        hr_status status;
        while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
            rows += batch->rows;
            cr_assert_eq(batch->rejected, 0, "round %u: row %" PRIu64 " column %" PRIu64 ": %s", round,
                         batch->rejects[0].row, batch->rejects[0].column, batch->rejects[0].message);
            hr_batch_release(batch);
        }
        cr_assert_eq(status, HR_END, "%s", err.text);
        cr_assert(rows > 0);
        hr_reader_close(reader);
        hr_schema_free(schema);
        free(text);
    }
}

/* A JSON value of some kind, near the borders between kinds. */
static void put_member(char *out, uint32_t kind)
{
    static const char *const odd[] = {"null",
                                      "-0",
                                      "1e5",
                                      "1E-3",
                                      "0.10",
                                      "9223372036854775808",
                                      "{}",
                                      "[1,2]",
                                      "\"007\"",
                                      "\"\"",
                                      "\"2024-02-30\"",
                                      "true",
                                      "\"true\"",
                                      "1e400",
                                      "-1.5",
                                      "\"a\\u00e9\\n\"",
                                      "\"2024-02-29 10:00:00Z\"",
                                      "{\"a\": [\"x\"]}",
                                      "12345678901234567890.5"};
    char value[128];
    if (kind < 3 || kind == 10) {
        put_value(out, kind == 2 ? 1 : kind);
        if (out[0] == '0' && out[1] != '.' && out[1])
            strcpy(out, "0");
    } else if (kind < 9) {
        put_value(value, kind);
        sprintf(out, "\"%s\"", value);
    } else if (kind == 9) {
        strcpy(out, rnd(2) ? "true" : "false");
    } else {
        strcpy(out, odd[rnd(HR_COUNT(odd))]);
    }
}

Test(infer, records_keep_to_the_schema_inferred_from_all)
{
    for (uint32_t round = 0; round < 150; round++) {
        uint32_t rows = 1 + rnd(300), strange = rnd(3) ? rnd(60) : 0, kinds[6];
        char *text = malloc((size_t)rows * 6 * 100), *to = text;
        for (uint32_t c = 0; c < 6; c++)
            kinds[c] = rnd(12);
        for (uint32_t r = 0; r < rows; r++) {
            for (uint32_t c = 0; c < 6; c++) {
                char value[160];
                put_member(value, rnd(1000) < strange ? 11 : kinds[c]);
                to += sprintf(to, "%s\"c%u\":%s", c ? "," : "{", c, value);
            }
            to += sprintf(to, "}\n");
        }
        hr_error err;
        hr_schema *schema;
        hr_batch *batch;
        hr_status status;
        hr_reader *reader =
            open_text(text, (size_t)(to - text), (how){.format = "ndjson", .threads = rnd(2) ? "2" : "1"});
        cr_assert_eq(hr_reader_infer(reader, &schema, &err), HR_OK, "%s", err.text);
        hr_reader_close(reader);
        reader = open_text(text, (size_t)(to - text), (how){.format = "ndjson"});
        cr_assert_eq(hr_reader_schema(reader, schema, rnd(2), &err), HR_OK);
        while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
            cr_assert_eq(batch->rejected, 0, "round %u: row %" PRIu64 " column %" PRIu64 ": %s", round,
                         batch->rejects[0].row, batch->rejects[0].column, batch->rejects[0].message);
            hr_batch_release(batch);
        }
        cr_assert_eq(status, HR_END, "%s", err.text);
        hr_reader_close(reader);
        hr_schema_free(schema);
        free(text);
    }
}

static void expect_same_facts(const hr_infer_facts *a, const hr_infer_facts *b, uint32_t round, size_t column)
{
    for (size_t kind = 0; kind < HR_CLASSES; kind++)
        cr_assert_eq(a->counts[kind], b->counts[kind], "round %u column %zu class %zu", round, column, kind);
    cr_assert(a->int_min == b->int_min && a->int_max == b->int_max, "round %u column %zu", round, column);
    cr_assert(a->day_min == b->day_min && a->day_max == b->day_max, "round %u column %zu", round, column);
    cr_assert(a->time_min == b->time_min && a->time_max == b->time_max, "round %u column %zu", round, column);
    cr_assert(a->before == b->before && a->behind == b->behind, "round %u column %zu", round, column);
    cr_assert(a->beyond == b->beyond && a->inexact == b->inexact, "round %u column %zu", round, column);
    cr_assert_eq(a->words, b->words);
    cr_assert(a->size_min == b->size_min && a->size_max == b->size_max,
              "round %u column %zu: %" PRIu64 "..%" PRIu64 ", %" PRIu64 "..%" PRIu64, round, column, a->size_min,
              a->size_max, b->size_min, b->size_max);
    cr_assert_eq(a->measured, b->measured);
    __extension__ typedef __int128 wide;
    if (a->measured) {
        cr_assert((wide)a->least * (wide)hr_powers_of_ten[b->least_at] ==
                  (wide)b->least * (wide)hr_powers_of_ten[a->least_at]);
        cr_assert((wide)a->most * (wide)hr_powers_of_ten[b->most_at] ==
                  (wide)b->most * (wide)hr_powers_of_ten[a->most_at]);
    }
}

/* Declared nulls, never met, keep columns from being taken by strides: the plain way is the oracle of the fast one. */
Test(infer, facts_do_not_depend_on_how_the_rows_were_read)
{
    static const uint32_t strange[] = {0, 3, 100, 1000};
    static const how ways[] = {
        {.nulls = "no such value"}, {.step = 7}, {.threads = "2"}, {.threads = "3", .step = 999}, {.kernel = "scalar"}};
    for (uint32_t round = 0; round < 120; round++) {
        size_t size, count, other_count;
        char *text = make_csv(1 + rnd(rnd(2) ? 30 : 2500), strange[rnd(4)], &size);
        hr_error err;
        const hr_infer *plain, *other;
        hr_reader *reader = open_text(text, size, (how){0});
        cr_assert_eq(hr_reader_gather(reader, &plain, NULL, &err), HR_OK, "%s", err.text);
        const hr_infer_column *columns = hr_infer_columns(plain, &count);
        for (size_t way = 0; way < HR_COUNT(ways); way++) {
            hr_reader *again = open_text(text, size, ways[way]);
            if (ways[way].threads)
                hr_reader_block(again, 100 + rnd(20000));
            cr_assert_eq(hr_reader_gather(again, &other, NULL, &err), HR_OK, "%s", err.text);
            const hr_infer_column *others = hr_infer_columns(other, &other_count);
            cr_assert_eq(count, other_count);
            for (size_t i = 0; i < count; i++) {
                expect_same_facts(&columns[i].facts, &others[i].facts, round, i);
                for (size_t kind = 0; kind < HR_CLASSES; kind++) {
                    const hr_infer_example *x = &columns[i].examples[kind], *y = &others[i].examples[kind];
                    cr_assert(x->row == y->row && x->line == y->line && x->size == y->size &&
                                  !memcmp(x->text, y->text, x->size),
                              "round %u way %zu column %zu class %zu: line %" PRIu64 ", not %" PRIu64, round, way, i,
                              kind, y->line, x->line);
                }
            }
            hr_reader_close(again);
        }
        hr_reader_close(reader);
        free(text);
    }
}

/* What the facts say of least and greatest is what the values are. */
Test(infer, bounds_are_those_of_the_values)
{
    for (uint32_t round = 0; round < 50; round++) {
        char *text = malloc(1 << 16), *to = text + sprintf(text, "i,f\n");
        int64_t least = INT64_MAX, most = INT64_MIN;
        double low = 1e300, high = -1e300;
        for (uint32_t r = 0; r < 1 + rnd(400); r++) {
            char f[64];
            int64_t i = (int64_t)rnd(1u << (1 + rnd(30))) * (rnd(9) ? 1 : -1);
            put_value(f, 1 + rnd(2));
            double value = strtod(f, NULL);
            to += sprintf(to, "%" PRId64 ",%s\n", i, f);
            least = i < least ? i : least;
            most = i > most ? i : most;
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        hr_error err;
        const hr_infer *infer;
        size_t count;
        hr_reader *reader = open_text(text, (size_t)(to - text), (how){0});
        cr_assert_eq(hr_reader_gather(reader, &infer, NULL, &err), HR_OK);
        const hr_infer_facts *i = &hr_infer_columns(infer, &count)[0].facts,
                             *f = &hr_infer_columns(infer, &count)[1].facts;
        cr_assert(i->int_min == least && i->int_max == most);
        cr_assert_float_eq((double)f->least / (double)hr_powers_of_ten[f->least_at], low, 1e-9);
        cr_assert_float_eq((double)f->most / (double)hr_powers_of_ten[f->most_at], high, 1e-9);
        hr_reader_close(reader);
        free(text);
    }
}

Test(infer, bounds_hold_where_a_common_scale_does_not_fit)
{
    static const char text[] = "a,f\n1,0.0001\n1,923456789012345.6\n1,-923456789012345.6\n1,1.5\n";
    hr_error err;
    const hr_infer *infer;
    size_t count;
    hr_reader *reader = open_text(text, sizeof text - 1, (how){0});
    cr_assert_eq(hr_reader_gather(reader, &infer, NULL, &err), HR_OK);
    const hr_infer_facts *f = &hr_infer_columns(infer, &count)[1].facts;
    cr_expect(f->most == 9234567890123456 && f->most_at == 1);
    cr_expect(f->least == -9234567890123456 && f->least_at == 1);
    cr_expect(f->before == 15 && f->behind == 4);
    hr_reader_close(reader);
}

Test(infer, a_pushed_reader_goes_on_where_it_was)
{
    hr_reader *reader;
    hr_schema *schema;
    hr_error err;
    size_t count;
    cr_assert_eq(hr_reader_new(NULL, &reader, &err), HR_OK);
    cr_assert_eq(hr_reader_feed(reader, "a,b\n1,", 6, &err), HR_OK);
    cr_assert_eq(hr_reader_infer(reader, &schema, &err), HR_AGAIN);
    cr_assert_eq(hr_reader_feed(reader, "x\n2.5,y\n", 8, &err), HR_OK);
    cr_assert_eq(hr_reader_finish(reader, &err), HR_OK);
    cr_assert_eq(hr_reader_infer(reader, &schema, &err), HR_OK, "%s", err.text);
    cr_expect_eq(hr_schema_columns(schema, &count)[0].type, HR_TYPE_DECIMAL);
    hr_schema_free(schema);
    hr_reader_close(reader);
}

#ifdef HR_FAULTS
extern long hr_fault_allocations;

/* Every allocation fails once: an error comes, nothing leaks, nothing crashes. */
Test(infer, running_out_of_memory_is_an_error_at_every_step)
{
    size_t size;
    char *text = make_csv(300, 100, &size);
    for (int threads = 1; threads <= 2; threads++) {
        bool finished = false;
        for (long n = 0; !finished; n++) {
            hr_error err;
            hr_schema *schema = NULL;
            hr_infer *all = NULL;
            const hr_infer *infer;
            hr_reader *reader = open_text(text, size, (how){.threads = threads == 1 ? "1" : "2"});
            cr_assert_lt(n, 5000);
            hr_fault_allocations = n;
            hr_status status = hr_reader_gather(reader, &infer, NULL, &err);
            if (status == HR_OK)
                status = hr_infer_merge(&all, infer, 0, &err);
            if (status == HR_OK)
                status = hr_infer_merge(&all, infer, 1, &err);
            if (status == HR_OK)
                status = hr_infer_schema(all, &schema, &err);
            finished = __atomic_load_n(&hr_fault_allocations, __ATOMIC_RELAXED) >= 0;
            __atomic_store_n(&hr_fault_allocations, -1, __ATOMIC_RELAXED);
            cr_assert(status == HR_OK || status == HR_E_MEMORY, "allocation %ld: %s", n, err.text);
            cr_assert(!finished || status == HR_OK);
            hr_schema_free(schema);
            hr_infer_free(all);
            hr_reader_close(reader);
        }
    }
    free(text);
}
#endif
