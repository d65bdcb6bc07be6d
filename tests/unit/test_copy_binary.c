/* test_copy_binary.c: rows in COPY's binary format, taken apart again by a decoder of the documented format: they hold
 * the values of the input, and those that the server would have changed, or refused, as texts are told. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/output/copy_binary.h"
#include "core/rows/batch.h"

#define DECODED(holds) cr_assert(holds)
#include "tests/reference/copy_decoder.h"

/* "a|b|NULL\n" of all tuples. */
static char *say_all(const hr_buffer *tuples, const unsigned *oids, size_t count)
{
    tape all = {tuples->data, tuples->data + tuples->size};
    hr_buffer out = {0};
    while (all.at < all.end) {
        cr_assert_eq(take(&all, 2), count);
        for (size_t i = 0; i < count; i++) {
            int32_t size = (int32_t)take(&all, 4);
            char *text = size < 0 ? strdup("NULL") : NULL;
            cr_assert(size >= -1 && size <= all.end - all.at);
            if (size >= 0) {
                text = say(oids[i], (tape){all.at, all.at + size});
                all.at += size;
            }
            cr_assert(hr_buffer_text(&out, text) && hr_buffer_text(&out, i + 1 < count ? "|" : "\n"));
            free(text);
        }
    }
    cr_assert(hr_buffer_add(&out, "", 1));
    return (char *)out.data;
}

/* ---- rendering ----------------------------------------------------------------------------------------------- */

typedef struct place {
    hr_column declared; /* name NULL: not declared */
    unsigned oid;
    uint32_t guards;
    unsigned digits;
} place;

static hr_copy_binary *plan(const place *places, size_t count)
{
    hr_binary_column columns[32] = {0};
    hr_copy_binary *copy;
    hr_error err = {0};
    uint32_t vectors = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t room[8];
        columns[i].as_text =
            (hr_copy_column){.column = (uint32_t)i, .guards = places[i].guards, .digits = places[i].digits};
        columns[i].vector = places[i].declared.name ? vectors++ : 99;
        hr_binary_choose(&(hr_binary_place){places[i].oid, places[i].declared.name ? &places[i].declared : NULL},
                         &columns[i], room);
        cr_assert_neq(columns[i].kind, HR_BINARY_NONE, "column %zu", i);
    }
    cr_assert_eq(hr_copy_binary_new(columns, count, &copy, &err), HR_OK);
    return copy;
}

typedef struct made {
    char *text; /* of the tuples */
    size_t told;
} made;

static made render(const char *input, const place *places, size_t count, size_t enough)
{
    hr_error err = {0};
    hr_column declared[32];
    unsigned oids[32];
    size_t schema_count = 0;
    for (size_t i = 0; i < count; i++) {
        oids[i] = places[i].oid;
        if (places[i].declared.name)
            declared[schema_count++] = places[i].declared;
    }
    hr_schema *schema;
    hr_reader *reader;
    hr_batch *batch;
    hr_buffer tuples = {0};
    made out = {0};
    cr_assert_eq(hr_schema_new(declared, schema_count, &schema, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_reader_open_memory(input, strlen(input), NULL, &reader, &err), HR_OK);
    cr_assert_eq(hr_reader_schema(reader, schema, true, &err), HR_OK);
    hr_copy_binary *copy = plan(places, count);
    hr_status status;
    while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        cr_assert_eq(batch->rejected, 0u, "%s", batch->rejected ? batch->rejects[0].message : "");
        for (size_t at = 0; at < batch->rows;) {
            size_t before = at, size = tuples.size;
            status = hr_copy_binary_rows(copy, &(hr_parcel){.batch = batch}, 0, &at, batch->rows, size + enough,
                                         &tuples, &err);
            if (status == HR_AGAIN) {
                out.told++;
                at++;
            } else {
                cr_assert_eq(status, HR_OK);
                cr_assert_gt(at, before);
            }
        }
        hr_batch_release(batch);
    }
    cr_assert_eq(status, HR_END, "%s", err.text);
    out.text = say_all(&tuples, oids, count);
    hr_buffer_free(&tuples);
    hr_copy_binary_free(copy);
    hr_reader_close(reader);
    hr_schema_free(schema);
    return out;
}

static void gives(const char *input, const place *places, size_t count, const char *expected, size_t told)
{
    for (size_t enough = 1; enough < 5000; enough = enough * 3 + 1) {
        made out = render(input, places, count, enough);
        cr_assert_str_eq(out.text, expected, "%s", out.text);
        cr_assert_eq(out.told, told);
        free(out.text);
    }
}
#define GIVES(input, expected, told, ...) \
    gives(input, (const place[]){__VA_ARGS__}, sizeof((const place[]){__VA_ARGS__}) / sizeof(place), expected, told)
#define AS(type_, oid_, ...)                                                 \
    {                                                                        \
        .declared = {.name = "x", .type = type_, ##__VA_ARGS__}, .oid = oid_ \
    }
/* One column of that name in the input. */
static const char *one(const char *lines)
{
    static char text[100000];
    snprintf(text, sizeof text, "x,y\n");
    for (const char *p = lines; *p; p += strcspn(p, "\n") + 1)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s,1\n", (int)strcspn(p, "\n"), p);
    return text;
}

/* ---- whole numbers and truth ----------------------------------------------------------------------------------- */

Test(copy_binary, whole_numbers_of_every_width)
{
    static const place y = {.oid = TEXT};
    GIVES(one("-9223372036854775808\n9223372036854775807\n+5\n-0\n\n"),
          "-9223372036854775808|1\n9223372036854775807|1\n5|1\n0|1\nNULL|1\n", 0, AS(HR_TYPE_INT64, INT8), y);
    GIVES(one("-2147483648\n2147483647\n2147483648\n-2147483649\n"), "-2147483648|1\n2147483647|1\n", 2,
          AS(HR_TYPE_INT64, INT4), y);
    GIVES(one("-32768\n32767\n32768\n-32769\n0\n"), "-32768|1\n32767|1\n0|1\n", 2, AS(HR_TYPE_INT64, INT2), y);
    GIVES(one("true\nNo\n1\n0\nON\n\n"), "t|1\nf|1\nt|1\nf|1\nt|1\nNULL|1\n", 0, AS(HR_TYPE_BOOL, BOOL), y);
}

/* ---- decimals --------------------------------------------------------------------------------------------------- */

Test(copy_binary, decimals_keep_every_digit_and_the_zeros_that_are_written)
{
    static const place y = {.oid = TEXT};
    GIVES(
        one("0\n-0\n0.00\n-0.0\n.5\n5.\n+1.50\n-12345678.9\n10000\n100000000\n0.0001\n0.00001\n12340000.0000\n\n"),
        "0|1\n0|1\n0.00|1\n0.0|1\n0.5|1\n5|1\n1.50|1\n-12345678.9|1\n10000|1\n100000000|1\n0.0001|1\n0.00001|1\n12340000.0000|1\nNULL|1\n",
        0, AS(HR_TYPE_DECIMAL, NUMERIC, .precision = 38, .scale = 10), y);
    GIVES(one("99999999999999999999999999999999999999\n-12345678901234567890123456789012345678\n"),
          "99999999999999999999999999999999999999|1\n-12345678901234567890123456789012345678|1\n", 0,
          AS(HR_TYPE_DECIMAL, NUMERIC, .precision = 38), y);
    GIVES(one("12345\n-9223372036854775808\n+7\n"), "12345|1\n-9223372036854775808|1\n7|1\n", 0,
          AS(HR_TYPE_INT64, NUMERIC), y);
}

Test(copy_binary, decimals_of_every_length_before_and_behind_the_point)
{
    static const char digits[] = "98706050403020100010203040506070809001";
    static const place y = {.oid = TEXT};
    for (int whole = 0; whole <= 38; whole++)
        for (int fraction = 0; whole + fraction <= 38; fraction++) {
            char text[64], expected[64];
            if (!whole && !fraction)
                continue;
            snprintf(text, sizeof text, "-%.*s.%.*s\n", whole, digits, fraction, digits + whole);
            snprintf(expected, sizeof expected, "-%s%.*s%s%.*s|1\n", whole ? "" : "0", whole, digits,
                     fraction ? "." : "", fraction, digits + whole);
            GIVES(one(text), expected, 0, AS(HR_TYPE_DECIMAL, NUMERIC, .precision = 38, .scale = (uint8_t)fraction), y);
        }
}

Test(copy_binary, what_a_numeric_would_round_is_told)
{
    const place places[] = {{.declared = {.name = "x", .type = HR_TYPE_DECIMAL, .precision = 20, .scale = 6},
                             .oid = NUMERIC,
                             .guards = HR_COPY_SCALE,
                             .digits = 2},
                            {.oid = TEXT}};
    gives(one("1.5\n1.555\n1.500\n1.50001\n-7\n0.000\n"), places, 2, "1.5|1\n1.500|1\n-7|1\n0.000|1\n", 2);
}

Test(copy_binary, more_zeros_behind_the_point_than_a_numeric_shows_are_told)
{
    static const place y = {.oid = TEXT};
    char text[20100] = "1.", expected[20100];
    memset(text + 2, '0', 16384);
    strcat(text, "\n2.0\n");
    GIVES(one(text), "2.0|1\n", 1, AS(HR_TYPE_DECIMAL, NUMERIC, .precision = 5, .scale = 2), y);
    text[2 + 16383] = '\n';
    strcpy(text + 2 + 16384, "2.0\n");
    snprintf(expected, sizeof expected, "%.*s|1\n2.0|1\n", 2 + 16383, text);
    GIVES(one(text), expected, 0, AS(HR_TYPE_DECIMAL, NUMERIC, .precision = 5, .scale = 2), y);
}

/* ---- floats ----------------------------------------------------------------------------------------------------- */

Test(copy_binary, floats_are_the_nearest_and_what_vanishes_is_told)
{
    static const place y = {.oid = TEXT};
    GIVES(
        one("0.1\n-0\n0e5\n1e308\n5e-324\n1e-400\n-2e-324\n9007199254740993\nNaN\nInfinity\n-Infinity\n0.0e-999\n\n"),
        "0.10000000000000001|1\n-0|1\n0|1\n1e+308|1\n4.9406564584124654e-324|1\n9007199254740992|1\nnan|1\ninf|1\n-inf|1\n0|1\nNULL|1\n",
        2, AS(HR_TYPE_FLOAT64, FLOAT8), y);
    GIVES(one("9007199254740993\n-0\n12\n"), "9007199254740992|1\n-0|1\n12|1\n", 0, AS(HR_TYPE_INT64, FLOAT8), y);
    GIVES(one("0.1\n.5\n-0.00\n"), "0.10000000000000001|1\n0.5|1\n-0|1\n", 0,
          AS(HR_TYPE_DECIMAL, FLOAT8, .precision = 20, .scale = 10), y);
}

/* ---- times ------------------------------------------------------------------------------------------------------ */

Test(copy_binary, days_and_moments_from_year_1_to_9999)
{
    static const place y = {.oid = TEXT};
    static const char days[] =
        "0001-01-01|1\n9999-12-31|1\n1999-12-31|1\n2000-01-01|1\n2000-02-29|1\n1900-02-28|1\nNULL|1\n";
    GIVES(one("0001-01-01\n9999-12-31\n1999-12-31\n2000-01-01\n2000-02-29\n1900-02-28\n\n"), days, 0,
          AS(HR_TYPE_DATE, DATE), y);
    GIVES(one("0001-01-01\n9999-12-31\n"), "0001-01-01 00:00:00.000000|1\n9999-12-31 00:00:00.000000|1\n", 0,
          AS(HR_TYPE_DATE, TIMESTAMP), y);
    GIVES(one("0001-01-01 00:00\n9999-12-31T23:59:59.999999\n1999-12-31 23:59:59.5\n"),
          "0001-01-01 00:00:00.000000|1\n9999-12-31 23:59:59.999999|1\n1999-12-31 23:59:59.500000|1\n", 0,
          AS(HR_TYPE_TIMESTAMP, TIMESTAMP), y);
    GIVES(
        one("2024-06-01T10:00:00Z\n2024-06-01 10:00:00.25+0230\n2024-06-01 10:00-08\n2024-06-01 10:00z\n2024-06-01 10:00+15:59\n2024-06-01 10:00-15\n"),
        "2024-06-01 10:00:00.000000|1\n2024-06-01 07:30:00.250000|1\n2024-06-01 18:00:00.000000|1\n2024-06-01 10:00:00.000000|1\n2024-05-31 18:01:00.000000|1\n2024-06-02 01:00:00.000000|1\n",
        0, AS(HR_TYPE_TIMESTAMP, TIMESTAMPTZ, .zoned = true), y);
    GIVES(one("2024-06-01 10:00:00+16:00\n2024-06-01 10:00:00-16\n2024-06-01 10:00:00+2359\n2024-06-01 10:00:00Z\n"),
          "2024-06-01 10:00:00.000000|1\n", 3, AS(HR_TYPE_TIMESTAMP, TIMESTAMPTZ, .zoned = true), y);
}

Test(copy_binary, fractions_that_a_column_would_round_are_told)
{
    for (unsigned digits = 0; digits <= 6; digits++) {
        const place places[] = {{.declared = {.name = "x", .type = HR_TYPE_TIMESTAMP},
                                 .oid = TIMESTAMP,
                                 .guards = HR_COPY_FRACTION,
                                 .digits = digits},
                                {.oid = TEXT}};
        char expected[400] = "";
        size_t told = 0;
        for (unsigned shown = 0; shown <= 6; shown++) {
            told += shown > digits;
            if (shown <= digits)
                snprintf(expected + strlen(expected), sizeof expected - strlen(expected),
                         "1969-12-31 23:59:58.%.*s%.*s|1\n", (int)shown, "123456", (int)(6 - shown), "000000");
        }
        gives(one("1969-12-31 23:59:58\n1969-12-31 23:59:58.1\n1969-12-31 23:59:58.12\n1969-12-31 23:59:58.123\n"
                  "1969-12-31 23:59:58.1234\n1969-12-31 23:59:58.12345\n1969-12-31 23:59:58.123456\n"),
              places, 2, expected, told);
    }
}

Test(copy_binary, identifiers_are_their_bytes)
{
    static const place y = {.oid = TEXT};
    GIVES(one("00000000-0000-0000-0000-000000000000\nFEDCBA98-7654-3210-0123-456789abcdef\n\n"),
          "00000000-0000-0000-0000-000000000000|1\nfedcba98-7654-3210-0123-456789abcdef|1\nNULL|1\n", 0,
          AS(HR_TYPE_UUID, UUID), y);
}

/* ---- texts ------------------------------------------------------------------------------------------------------ */

Test(copy_binary, texts_of_every_length_declared_or_not_plain_quoted_and_escaped)
{
    hr_buffer input = {0}, expected = {0};
    hr_buffer_text(&input, "x,y\n");
    for (int size = 1; size <= 100; size++) {
        char plain[128], escaped[256];
        for (int i = 0; i < size; i++)
            plain[i] = (char)('a' + (i * 7 + size) % 26);
        plain[size] = '\0';
        snprintf(escaped, sizeof escaped, "%.*s\"\"%s", size / 2, plain, plain + size / 2);
        hr_buffer_printf(&input, "%s,%s\n\"%s\",\"%s,\"\n\"%s\",\"%s\"\n", plain, plain, plain, plain, escaped,
                         escaped);
        hr_buffer_printf(&expected, "%s|%s\n%s|%s,\n%.*s\"%s|%.*s\"%s\n", plain, plain, plain, plain, size / 2, plain,
                         plain + size / 2, size / 2, plain, plain + size / 2);
    }
    hr_buffer_text(&input, "\"\",\n,\"\"\n");
    hr_buffer_text(&expected, "|NULL\nNULL|\n");
    hr_buffer_add(&input, "", 1);
    hr_buffer_add(&expected, "", 1);
    for (int turn = 0; turn < 3; turn++) {
        const place places[] = {AS(HR_TYPE_TEXT, turn == 0   ? TEXT
                                                 : turn == 1 ? VARCHAR
                                                             : JSONB),
                                {.oid = turn == 2 ? JSON : BPCHAR}};
        gives((const char *)input.data, places, 2, (const char *)expected.data, 0);
    }
    hr_buffer_free(&input);
    hr_buffer_free(&expected);
}

Test(copy_binary, blanks_that_a_varchar_would_cut_off_are_told)
{
    const place places[] = {
        {.declared = {.name = "x", .type = HR_TYPE_TEXT}, .oid = VARCHAR, .guards = HR_COPY_LETTERS, .digits = 4},
        {.oid = VARCHAR, .guards = HR_COPY_LETTERS, .digits = 2}};
    gives(
        "x,y\nabcd,ab\nabcd ,ab\nabc ,a \nabcde,ab\nabcd,ab \n\xc3\xa4\xc3\xb6\xc3\xbc ,\xe2\x82\xac \n\"abcdefghijklmnop \",a\n",
        places, 2, "abcd|ab\nabc |a \nabcde|ab\n\xc3\xa4\xc3\xb6\xc3\xbc |\xe2\x82\xac \n", 3);
}

Test(copy_binary, json_of_ndjson_is_as_it_is_written_and_texts_lose_their_escapes)
{
    const place places[] = {AS(HR_TYPE_JSON, JSONB),
                            {.declared = {.name = "y", .type = HR_TYPE_TEXT}, .oid = TEXT},
                            {.declared = {.name = "z", .type = HR_TYPE_JSON}, .oid = TEXT},
                            {.declared = {.name = "w", .type = HR_TYPE_JSON}, .oid = JSON}};
    gives(
        "{\"x\":\"s\\n\",\"y\":\"s\\n\\u00e9 and what is far longer than a view\",\"z\":\"s\",\"w\":\"s\\t\"}\n{\"x\":{\"a\": [1, null]},\"y\":12.50,\"z\":[1]}\n"
        "{\"x\":null,\"y\":null}\n{\"x\":true,\"y\":\"\",\"z\":1e5}\n",
        places, 4,
        "\"s\\n\"|s\n\xc3\xa9 and what is far longer than a view|s|\"s\\t\"\n{\"a\": [1, null]}|12.50|[1]|NULL\nNULL|NULL|NULL|NULL\ntrue||1e5|NULL\n",
        0);
}

/* ---- what is made ----------------------------------------------------------------------------------------------- */

Test(copy_binary, columns_that_are_made_and_rows_that_are_chosen)
{
    static const char input[] = "x,y\n1,\n2,gone\n3,\n4,\n";
    static const uint8_t keys[] = {0xAB, 0xCD, 0x01, 0x02, 0xFF, 0x00};
    static const unsigned oids[] = {INT8, TEXT, INT8, INT8, TEXT, BYTEA, TIMESTAMPTZ};
    const hr_copy_what whats[] = {HR_COPY_ORDINAL, HR_COPY_FIXED,     HR_COPY_ROW,   HR_COPY_OFFSET,
                                  HR_COPY_KEY,     HR_COPY_KEY_BYTES, HR_COPY_FIXED, HR_COPY_ABSENT};
    hr_binary_column columns[8] = {0};
    uint8_t rooms[8][8];
    for (size_t i = 0; i < 8; i++) {
        columns[i].as_text = (hr_copy_column){
            .what = whats[i], .column = 1, .text = i == 1 ? "fixed\ttext" : "2024-06-01T10:00:00.123Z"};
        hr_binary_choose(&(hr_binary_place){.base = i < 7 ? oids[i] : 0}, &columns[i], rooms[i]);
    }
    hr_error err = {0};
    hr_reader *reader;
    hr_batch *batch;
    hr_copy_binary *copy;
    hr_buffer out = {0};
    const uint32_t rows[] = {0, 1, 3};
    size_t at = 0;
    cr_assert_eq(hr_copy_binary_new(columns, 8, &copy, &err), HR_OK);
    memset(rooms, 0, sizeof rooms);
    cr_assert_eq(hr_reader_open_memory(input, sizeof input - 1, NULL, &reader, &err), HR_OK);
    cr_assert_eq(hr_reader_next(reader, &batch, &err), HR_OK);
    const hr_parcel parcel = {batch, rows, 3, keys, 2};
    cr_assert_eq(hr_copy_binary_rows(copy, &parcel, 100, &at, 3, 1000, &out, &err), HR_AGAIN);
    cr_assert_eq(at, 1u);
    at++;
    cr_assert_eq(hr_copy_binary_rows(copy, &parcel, 100, &at, 3, 1000, &out, &err), HR_OK);
    char *text = say_all(&out, oids, 7);
    cr_assert_str_eq(text,
                     "100|fixed\ttext|1|NULL|abcd|\\xabcd|2024-06-01 10:00:00.123000\n"
                     "102|fixed\ttext|4|NULL|ff00|\\xff00|2024-06-01 10:00:00.123000\n",
                     "%s", text);
    free(text);
    hr_buffer_free(&out);
    hr_copy_binary_free(copy);
    hr_batch_release(batch);
    hr_reader_close(reader);
}

Test(copy_binary, batches_without_values_are_told)
{
    hr_binary_column column = {.kind = HR_BINARY_INT8};
    hr_copy_binary *copy;
    hr_error err = {0};
    hr_reader *reader;
    hr_batch *batch;
    hr_buffer out = {0};
    size_t at = 0;
    cr_assert_eq(hr_copy_binary_new(&column, 1, &copy, &err), HR_OK);
    cr_assert_eq(hr_reader_open_memory("x,y\n1,2\n", 8, NULL, &reader, &err), HR_OK);
    cr_assert_eq(hr_reader_next(reader, &batch, &err), HR_OK);
    cr_assert_eq(hr_copy_binary_rows(copy, &(hr_parcel){.batch = batch}, 0, &at, 1, 1000, &out, &err), HR_AGAIN);
    cr_assert(!at && !out.size);
    hr_copy_binary_free(copy);
    hr_batch_release(batch);
    hr_reader_close(reader);
}

/* ---- the choice ---------------------------------------------------------------------------------------------------
 */

Test(copy_binary, only_pairs_that_are_exact_in_every_session_are_chosen)
{
    static const unsigned oids[] = {BOOL,        BYTEA,   INT8,   INT2,    INT4, TEXT, JSON,
                                    FLOAT4,      FLOAT8,  BPCHAR, VARCHAR, DATE, TIME, TIMESTAMP,
                                    TIMESTAMPTZ, NUMERIC, UUID,   JSONB,   1009, 1186, 17000};
    static const struct {
        hr_column declared;
        const char *places; /* one letter for each oid */
    } pairs[] = {
        {{.type = HR_TYPE_TEXT}, ".....xx..xx......x..."},
        {{.type = HR_TYPE_BOOL}, "x....xx..xx......x..."},
        {{.type = HR_TYPE_INT64}, "..xxxxx.xxx....x.x..."},
        {{.type = HR_TYPE_DECIMAL}, ".....xx.xxx....x.x..."},
        {{.type = HR_TYPE_FLOAT64}, ".....xx.xxx......x..."},
        {{.type = HR_TYPE_DATE}, ".....xx..xxx.x...x..."},
        {{.type = HR_TYPE_TIMESTAMP}, ".....xx..xx..x...x..."},
        {{.type = HR_TYPE_TIMESTAMP, .zoned = true}, ".....xx..xx...x..x..."},
        {{.type = HR_TYPE_UUID}, ".....xx..xx.....xx..."},
        {{.type = HR_TYPE_JSON}, ".....xx..xx......x..."},
    };
    static const char read[] = "x.xxxxxxxxxxxxxxxx...";
    uint8_t room[8];
    for (size_t i = 0; i < HR_COUNT(oids); i++) {
        hr_binary_column column = {.as_text.what = HR_COPY_FIELD};
        hr_binary_choose(&(hr_binary_place){oids[i], NULL}, &column, room);
        cr_assert_eq(column.kind == HR_BINARY_NONE, read[i] == '.', "%u", oids[i]);
    }
    for (size_t p = 0; p < HR_COUNT(pairs); p++) {
        char found[HR_COUNT(oids) + 1] = "";
        for (size_t i = 0; i < HR_COUNT(oids); i++) {
            hr_binary_column column = {.as_text.what = HR_COPY_FIELD};
            hr_binary_choose(&(hr_binary_place){oids[i], &pairs[p].declared}, &column, room);
            found[i] = column.kind == HR_BINARY_NONE ? '.' : 'x';
        }
        cr_assert_str_eq(found, pairs[p].places, "%s: %s", hr_type_name(pairs[p].declared.type), found);
    }
}

/* ---- memory -------------------------------------------------------------------------------------------------------
 */

#ifdef HR_FAULTS
extern long hr_fault_allocations;

/* Every allocation fails once: an error comes, nothing leaks, and what was written before is still there. */
Test(copy_binary, running_out_of_memory_is_an_error_at_every_step)
{
    static char text[20000] = "x,y\n";
    for (int i = 0; i < 400; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d,\"a text \"\"%d\"\" of some length\"\n", i, i);
    hr_error err = {0};
    hr_reader *reader;
    hr_batch *batch;
    cr_assert_eq(hr_reader_open_memory(text, strlen(text), NULL, &reader, &err), HR_OK);
    cr_assert_eq(hr_reader_next(reader, &batch, &err), HR_OK);
    bool finished = false;
    for (long n = 0; !finished; n++) {
        hr_binary_column columns[2] = {0};
        hr_copy_binary *copy = NULL;
        hr_buffer out = {0};
        size_t at = 0;
        columns[0].kind = HR_BINARY_FIXED;
        columns[0].bytes = (const uint8_t *)"fixed";
        columns[0].size = 5;
        columns[1] = (hr_binary_column){.kind = HR_BINARY_FIELD, .as_text.column = 1};
        hr_fault_allocations = n;
        hr_status status = hr_copy_binary_new(columns, 2, &copy, &err);
        if (status == HR_OK)
            status = hr_copy_binary_rows(copy, &(hr_parcel){.batch = batch}, 0, &at, batch->rows, SIZE_MAX, &out, &err);
        finished = hr_fault_allocations >= 0;
        hr_fault_allocations = -1;
        cr_assert(status == HR_OK ? at == 400 : status == HR_E_MEMORY || status == HR_E_LIMIT, "allocation %ld", n);
        cr_assert(!finished || status == HR_OK);
        static const unsigned oids[] = {TEXT, TEXT};
        char *said = say_all(&out, oids, 2);
        size_t lines = 0;
        for (const char *p = said; *p; p++)
            lines += *p == '\n';
        cr_assert_eq(lines, at);
        free(said);
        hr_buffer_free(&out);
        hr_copy_binary_free(copy);
    }
    hr_batch_release(batch);
    hr_reader_close(reader);
}
#endif
