/* test_writer.c: the quick ways of the writers against the plain one, on batches as readers make them: the same bytes
 * whatever the kernels, the offsets, the options. Typed values. CSV to NDJSON and back. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/output/output.h"
#include "core/reader/reader.h"
#include "core/rows/batch.h"
#include "tests/unit/support.h"

/* ---- texts ------------------------------------------------------------------------------------------------------- */

/* A field as a file may have it, now and then longer than a block, seldom longer than a window. */
static void put_field(hr_buffer *text, char delimiter, char quote, bool plain)
{
    static const char *const pieces[] = {
        "a", "bc", "1",  "-2.5",        " ", "\xC3\xA9", "\xE2\x82\xAC", "\x01", "\x7f", "\\", "some text of words",
        "'", ";",  "\t", "\xEF\xBB\xBF"};
    uint32_t kind = plain ? 0 : rnd(6), many = rnd(60) == 0 ? 40 : rnd(6);
    if (rnd(4000) == 0)
        many = 9000;
    if (kind < 3) {
        for (uint32_t i = 0; i < many; i++) {
            const char *piece = plain && rnd(80) == 0 ? "\t" : pieces[rnd(plain ? 7 : HR_COUNT(pieces))];
            if (piece[0] != delimiter && piece[0] != quote)
                hr_buffer_text(text, piece);
        }
        if (kind == 2 && many && rnd(4) == 0)
            hr_buffer_add(text, &(char){'x'}, 1), hr_buffer_add(text, &quote, 1); /* a stray quote */
        return;
    }
    hr_buffer_add(text, &quote, 1);
    for (uint32_t i = 0; i < many; i++) {
        uint32_t which = rnd(HR_COUNT(pieces) + 4);
        if (which < HR_COUNT(pieces) && pieces[which][0] != quote)
            hr_buffer_text(text, pieces[which]);
        else if (which % 3 == 0)
            hr_buffer_add(text, &delimiter, 1);
        else if (which % 3 == 1)
            hr_buffer_text(text, rnd(2) ? "\n" : "\r\n");
        else
            hr_buffer_add(text, &quote, 1), hr_buffer_add(text, &quote, 1);
        if (rnd(50) == 0)
            hr_buffer_add(text, "\0", 1);
    }
    hr_buffer_add(text, &quote, 1);
}

typedef struct shape {
    char delimiter, quote;
    uint32_t columns, rows;
    bool plain, crlf, ragged, nulls;
} shape;

static hr_buffer make_text(const shape *s)
{
    hr_buffer text = {0};
    for (uint32_t c = 0; c < s->columns; c++)
        hr_buffer_printf(&text, "%.*sname %u", c ? 1 : 0, &s->delimiter, c);
    hr_buffer_text(&text, "\n");
    for (uint32_t r = 0; r < s->rows; r++) {
        uint32_t fields = s->ragged && rnd(5) == 0 ? 1 + rnd(s->columns) : s->columns;
        for (uint32_t c = 0; c < fields; c++) {
            if (c)
                hr_buffer_add(&text, &s->delimiter, 1);
            if (rnd(6))
                put_field(&text, s->delimiter, s->quote, s->plain);
        }
        hr_buffer_text(&text, s->crlf ? "\r\n" : "\n");
    }
    return text;
}

static hr_reader *reader_of(const hr_buffer *text, const char *format, const char *columns, const shape *s)
{
    const char delimiter[] = {s ? s->delimiter : 0, 0}, quote[] = {s ? s->quote : 0, 0};
    const char *const pairs[][2] = {{"format", format},
                                    {"encoding", "utf-8"},
                                    {"columns", columns},
                                    {"delimiter", !s                     ? NULL
                                                  : s->delimiter == '\t' ? "tab"
                                                                         : delimiter},
                                    {"quote", s ? quote : NULL},
                                    {"header", s ? "yes" : NULL},
                                    {"ragged", s && s->ragged ? "pad" : NULL},
                                    {"null", s && s->nulls ? "a" : NULL}};
    hr_reader *reader = reader_with(pairs, HR_COUNT(pairs));
    feed_all(reader, text->data, text->size);
    return reader;
}

static hr_writer *writer_of(const hr_writer_options *options)
{
    hr_writer *writer = NULL;
    hr_error err;
    cr_assert_eq(hr_writer_new(options, &writer, &err), HR_OK, "%s", err.text);
    return writer;
}

static void write_rows(const hr_writer *writer, const hr_parcel *parcel, hr_buffer *out)
{
    hr_error err;
    cr_assert_eq(hr_writer_rows(writer, parcel, out, &err), HR_OK, "%s", err.text);
}

/* ---- quick and plain --------------------------------------------------------------------------------------------- */

/* The same batch with offsets of 32 bits, which the kernels do not take. */
static hr_batch_body *widened(const hr_batch *batch)
{
    hr_batch_body *body = malloc(sizeof *body);
    memcpy(body, batch, sizeof *body);
    uint32_t last = batch->row_first[batch->rows - 1];
    size_t count = last + (batch->row_fields ? batch->row_fields[batch->rows - 1] : batch->columns) + 1;
    uint32_t *begins = malloc(count * sizeof *begins);
    for (size_t i = 0; i < count; i++)
        begins[i] =
            batch->offset_bytes == 2 ? ((const uint16_t *)batch->begins)[i] : ((const uint32_t *)batch->begins)[i];
    body->batch.begins = begins;
    body->batch.offset_bytes = 4;
    return body;
}

static void compare(const hr_batch *batch, hr_writer_options *options, const uint32_t *rows, size_t count)
{
    static const uint8_t keys[65536] = {1, 2, 3};
    hr_batch_body *wide = widened(batch);
    hr_parcel parcel = {.batch = &wide->batch, .rows = rows, .row_count = count};
    if (options->lineage && rnd(2))
        parcel.keys = keys, parcel.key_size = 1;
    hr_buffer plain = {0};
    options->kernels = hr_kernels_get("scalar");
    hr_writer *writer = writer_of(options);
    write_rows(writer, &parcel, &plain);
    hr_writer_free(writer);
    free((void *)(uintptr_t)wide->batch.begins);
    free(wide);
    size_t tables;
    const hr_kernels *const *all = hr_kernels_all(&tables);
    for (size_t i = 0; i < tables; i++) {
        if (!hr_kernels_usable(all[i]))
            continue;
        options->kernels = all[i];
        writer = writer_of(options);
        hr_buffer quick = {0};
        parcel.batch = batch;
        write_rows(writer, &parcel, &quick);
        size_t at = 0;
        while (at < quick.size && at < plain.size && quick.data[at] == plain.data[at])
            at++;
        cr_assert(at == quick.size && at == plain.size, "%s differs at %zu of %zu, %zu: %.60s", all[i]->name, at,
                  quick.size, plain.size, (const char *)plain.data + (at > 30 ? at - 30 : 0));
        hr_buffer_free(&quick);
        hr_writer_free(writer);
    }
    hr_buffer_free(&plain);
}

static void compare_batch(const hr_batch *batch, const char *const *names, size_t columns)
{
    static const hr_dialect dialects[] = {{',', '"', -1, -1}, {';', '"', -1, -1}, {'\t', '\'', -1, -1}};
    uint32_t select[12], *rows = malloc(batch->rows * sizeof *rows);
    hr_type types[16];
    hr_writer_options options = {.format = (hr_format)rnd(2),
                                 .dialect = dialects[rnd(3)],
                                 .header = rnd(2),
                                 .columns = names,
                                 .column_count = columns,
                                 .lineage = rnd(4) == 0,
                                 .source = "s",
                                 .file = "f"};
    if (rnd(3)) {
        options.select_count = 1 + rnd(12);
        for (size_t i = 0; i < options.select_count; i++)
            select[i] = rnd((uint32_t)columns);
        options.select = select;
    }
    for (size_t i = 0; i < columns; i++)
        types[i] = (hr_type[]){HR_TYPE_TEXT, HR_TYPE_DECIMAL, HR_TYPE_BOOL, HR_TYPE_UUID}[rnd(4)];
    options.types = rnd(3) ? NULL : types;
    size_t some = 0;
    for (uint32_t r = 0; r < batch->rows; r++)
        if (rnd(4))
            rows[some++] = r;
    if (rnd(2))
        compare(batch, &options, NULL, batch->rows);
    else
        compare(batch, &options, rows, some);
    free(rows);
}

Test(writers, write_the_same_bytes_quickly_and_plainly)
{
    for (int round = 0; round < 150; round++) {
        shape s = {.delimiter = ",;\t"[rnd(3)],
                   .quote = rnd(5) ? '"' : '\'',
                   .columns = 2 + rnd(9),
                   .rows = 1 + rnd(rnd(8) ? 60 : 4000),
                   .plain = rnd(4) == 0,
                   .crlf = rnd(4) == 0,
                   .ragged = rnd(6) == 0,
                   .nulls = rnd(8) == 0};
        hr_buffer text = make_text(&s);
        hr_reader *reader = reader_of(&text, "csv", NULL, &s);
        const char *const *names;
        size_t columns;
        hr_batch *batch;
        cr_assert_eq(hr_reader_columns(reader, &names, &columns, NULL), HR_OK);
        uint64_t rows = 0;
        while (hr_reader_next(reader, &batch, NULL) == HR_OK) {
            rows += batch->rows;
            if (batch->rows)
                compare_batch(batch, names, columns);
            hr_batch_release(batch);
        }
        cr_assert_gt(rows, 0);
        hr_reader_close(reader);
        hr_buffer_free(&text);
    }
}

/* ---- whole inputs ------------------------------------------------------------------------------------------------ */

static hr_buffer convert(hr_reader *reader, hr_format format, const hr_type *types)
{
    const char *const *names;
    size_t columns;
    hr_batch *batch;
    hr_error err;
    hr_buffer out = {0};
    cr_assert_eq(hr_reader_columns(reader, &names, &columns, &err), HR_OK, "%s", err.text);
    hr_writer_options options = {.format = format,
                                 .dialect = {',', '"', -1, -1},
                                 .header = true,
                                 .columns = names,
                                 .column_count = columns,
                                 .types = types};
    hr_writer *writer = writer_of(&options);
    cr_assert_eq(hr_writer_header(writer, &out, &err), HR_OK);
    hr_status status;
    while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        cr_assert_eq(batch->rejected, 0, "%s", batch->rejected ? batch->rejects[0].message : "");
        if (batch->rows)
            write_rows(writer, &(hr_parcel){.batch = batch, .row_count = batch->rows}, &out);
        hr_batch_release(batch);
    }
    cr_assert_eq(status, HR_END, "%s", err.text);
    hr_writer_free(writer);
    hr_reader_close(reader);
    return out;
}

static void assert_same(const hr_buffer *a, const hr_buffer *b)
{
    size_t at = 0;
    while (at < a->size && at < b->size && a->data[at] == b->data[at])
        at++;
    cr_assert(at == a->size && at == b->size, "differs at %zu of %zu, %zu: %.60s", at, a->size, b->size,
              (const char *)a->data + (at > 30 ? at - 30 : 0));
}

Test(writers, csv_through_ndjson_is_the_same_csv)
{
    for (int round = 0; round < 60; round++) {
        shape s = {.delimiter = ',', .quote = '"', .columns = 2 + rnd(5), .rows = 1 + rnd(rnd(6) ? 100 : 3000)};
        hr_buffer text = make_text(&s), columns = {0};
        for (uint32_t c = 0; c < s.columns; c++)
            hr_buffer_printf(&columns, "%sname %u", c ? "," : "", c);
        hr_buffer_add(&columns, "", 1);
        hr_buffer straight = convert(reader_of(&text, "csv", NULL, &s), HR_FORMAT_CSV, NULL);
        hr_buffer json = convert(reader_of(&text, "csv", NULL, &s), HR_FORMAT_NDJSON, NULL);
        hr_buffer back = convert(reader_of(&json, "ndjson", (const char *)columns.data, NULL), HR_FORMAT_CSV, NULL);
        assert_same(&back, &straight);
        hr_buffer again = convert(reader_of(&json, "ndjson", (const char *)columns.data, NULL), HR_FORMAT_NDJSON, NULL);
        assert_same(&again, &json);
        hr_buffer_free(&text), hr_buffer_free(&columns), hr_buffer_free(&straight);
        hr_buffer_free(&json), hr_buffer_free(&back), hr_buffer_free(&again);
    }
}

static void expect(const char *format, const char *columns, const char *text, hr_format to, const hr_type *types,
                   const char *expected)
{
    static const shape plain = {.delimiter = ',', .quote = '"'};
    hr_buffer in = {.data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    hr_buffer out = convert(reader_of(&in, format, columns, strcmp(format, "csv") ? NULL : &plain), to, types);
    cr_expect(out.size == strlen(expected) && !memcmp(out.data, expected, out.size), "wrote:\n%.*s\nexpected:\n%s",
              (int)out.size, (const char *)out.data, expected);
    hr_buffer_free(&out);
}

Test(typed, numbers_stand_as_they_are_written)
{
    static const hr_type types[] = {HR_TYPE_INT64, HR_TYPE_DECIMAL, HR_TYPE_FLOAT64};
    expect("csv", NULL,
           "i,d,f\n9007199254740993,1.10,1e5\n-5,-0.50,-1.5E-3\n+7,+00.5,NaN\n,,-Infinity\n\"12\",.5,5.\n007,0,0.0\n",
           HR_FORMAT_NDJSON, types,
           "{\"i\":9007199254740993,\"d\":1.10,\"f\":1e5}\n{\"i\":-5,\"d\":-0.50,\"f\":-1.5E-3}\n"
           "{\"i\":7,\"d\":0.5,\"f\":\"NaN\"}\n{\"i\":null,\"d\":null,\"f\":\"-Infinity\"}\n"
           "{\"i\":12,\"d\":0.5,\"f\":5}\n{\"i\":7,\"d\":0,\"f\":0.0}\n");
}

Test(typed, what_is_no_number_stays_a_string)
{
    static const hr_type types[] = {HR_TYPE_DECIMAL, HR_TYPE_DECIMAL};
    expect("csv", NULL, "a,b\n-,.\n1.2.3,1e\n+,--1\n\"1\"\"\",1 \n", HR_FORMAT_NDJSON, types,
           "{\"a\":\"-\",\"b\":\".\"}\n{\"a\":\"1.2.3\",\"b\":\"1e\"}\n{\"a\":\"+\",\"b\":\"--1\"}\n"
           "{\"a\":\"1\\\"\",\"b\":\"1 \"}\n");
}

Test(typed, truth_json_and_the_others)
{
    static const hr_type types[] = {HR_TYPE_BOOL, HR_TYPE_JSON, HR_TYPE_TEXT, HR_TYPE_DATE};
    expect("csv", NULL,
           "b,j,t,d\n"
           "true,\"{\"\"a\"\":\n [1]}\",1,2024-02-29\nNo,null,true,\n1,\"\"\"x\"\"\",,2000-01-01\nmaybe,1,2,3\n",
           HR_FORMAT_NDJSON, types,
           "{\"b\":true,\"j\":{\"a\":  [1]},\"t\":\"1\",\"d\":\"2024-02-29\"}\n"
           "{\"b\":false,\"j\":null,\"t\":\"true\",\"d\":null}\n"
           "{\"b\":true,\"j\":\"x\",\"t\":null,\"d\":\"2000-01-01\"}\n"
           "{\"b\":\"maybe\",\"j\":1,\"t\":\"2\",\"d\":\"3\"}\n");
}

Test(records, values_stand_as_they_are_written)
{
    const char *text = "{\"a\": 1.10, \"b\": {\"c\": [1, 2]}, \"z\": 0}\n{\"b\":{\"c\":\"x\\u00e9\\n\"}}\n"
                       "{\"a\":9007199254740993,\"b\":null}\n";
    expect("ndjson", "a,/b/c", text, HR_FORMAT_NDJSON, NULL,
           "{\"a\":1.10,\"/b/c\":[1, 2]}\n{\"a\":null,\"/b/c\":\"x\\u00e9\\n\"}\n"
           "{\"a\":9007199254740993,\"/b/c\":null}\n");
    expect("ndjson", "a,/b/c", text, HR_FORMAT_CSV, NULL,
           "a,/b/c\n1.10,\"[1, 2]\"\n,\"x\xC3\xA9\n\"\n9007199254740993,\n");
    expect("ndjson", "b", text, HR_FORMAT_CSV, NULL,
           "b\n\"{\"\"c\"\": [1, 2]}\"\n\"{\"\"c\"\":\"\"x\\u00e9\\n\"\"}\"\n\"\"\n");
}
