/* test_arrow.c: an Arrow stream has the rows of its reader, in the layouts that Arrow fixes, and owns what it points
 * to. */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/base.h"
#include "core/reader/reader.h"
#include "headrace/arrow.h"
#include "tests/unit/support.h"
#include "tests/unit/text.h"

static const hr_column columns[] = {
    {.name = "n", .type = HR_TYPE_INT64, .required = true},
    {.name = "amount", .type = HR_TYPE_DECIMAL, .precision = 12, .scale = 2},
    {.name = "ratio", .type = HR_TYPE_FLOAT64},
    {.name = "day", .type = HR_TYPE_DATE},
    {.name = "at", .type = HR_TYPE_TIMESTAMP},
    {.name = "zoned", .type = HR_TYPE_TIMESTAMP, .zoned = true},
    {.name = "flag", .type = HR_TYPE_BOOL},
    {.name = "key", .type = HR_TYPE_UUID},
    {.name = "note", .type = HR_TYPE_TEXT},
    {.name = "extra", .type = HR_TYPE_JSON},
    {.name = "absent", .type = HR_TYPE_TEXT},
};
#define COLUMNS HR_COUNT(columns)

/* Row r, the way it is written: nulls at different distances, long texts, escaped ones, now and then a fault. */
static void put_row(text *out, size_t r, bool fault)
{
    putf(out, "%s%zu,", fault ? "x" : "", r);
    putf(out, r % 5 ? "%zu.%02zu," : ",", r * 7, r % 100);
    putf(out, r % 7 ? "%zu.5," : ",", r);
    putf(out, r % 3 ? "2024-%02zu-%02zu," : ",", r % 12 + 1, r % 28 + 1);
    putf(out, "2024-01-01 %02zu:%02zu:00,", r % 24, r % 60);
    putf(out, r % 2 ? "2024-01-01T00:00:00.000001Z," : ",");
    putf(out, r % 11 ? "%s," : ",", r % 3 ? "true" : "false");
    putf(out, r % 4 ? "00000000-0000-0000-0000-%012zx," : ",", r);
    if (r % 13 == 0)
        putf(out, "\"a \"\"quoted\"\" text of row %zu\",", r);
    else if (r % 6 == 0)
        putf(out, "a text of row %zu that does not fit a view,", r);
    else
        putf(out, r % 9 ? "short %zu," : ",", r % 1000);
    putf(out, r % 8 ? "{},\n" : "\"{\"\"row\"\": %zu}\",\n", r);
}

static text make_input(size_t rows, size_t faults)
{
    text out = {0};
    putf(&out, "n,amount,ratio,day,at,zoned,flag,key,note,extra,more\n");
    for (size_t r = 0; r < rows; r++)
        put_row(&out, r, faults && r % faults == faults - 1);
    return out;
}

static hr_reader *open_reader(const text *input, bool typed, const char *threads)
{
    const char *const pairs[][2] = {{"threads", threads}, {"header", "yes"}, {"delimiter", ","}};
    hr_reader *reader = reader_with(pairs, HR_COUNT(pairs));
    hr_schema *schema;
    hr_error err;
    if (typed) {
        cr_assert_eq(hr_schema_new(columns, COLUMNS, &schema, &err), HR_OK);
        cr_assert_eq(hr_reader_schema(reader, schema, false, &err), HR_OK);
        hr_schema_free(schema);
    }
    feed_all(reader, input->data, input->size);
    return reader;
}

static bool bit(const void *bits, size_t at)
{
    return ((const uint8_t *)bits)[at / 8] >> (at % 8) & 1;
}

/* ---- reading an array as a consumer does ----------------------------------------------------------------------- */

static void put_text_at(text *out, const struct ArrowArray *a, bool view, size_t r)
{
    if (!view) {
        const int32_t *offsets = a->buffers[1];
        cr_assert_leq(offsets[r], offsets[r + 1]);
        putf(out, "%.*s", offsets[r + 1] - offsets[r], (const char *)a->buffers[2] + offsets[r]);
        return;
    }
    const int32_t *v = (const int32_t *)a->buffers[1] + r * 4;
    if (v[0] <= 12) {
        putf(out, "%.*s", v[0], (const char *)(v + 1));
        return;
    }
    int64_t variadic = a->n_buffers - 3;
    const int64_t *sizes = a->buffers[a->n_buffers - 1];
    cr_assert(v[2] >= 0 && v[2] < variadic && v[3] >= 0 && v[3] + (int64_t)v[0] <= sizes[v[2]]);
    const char *far = (const char *)a->buffers[2 + v[2]] + v[3];
    cr_assert(!memcmp(far, v + 1, 4), "prefix");
    putf(out, "%.*s", v[0], far);
}

static void put_at(text *out, const struct ArrowSchema *type, const struct ArrowArray *a, size_t r)
{
    if (a->buffers[0] && !bit(a->buffers[0], r)) {
        putf(out, "-|");
        return;
    }
    const uint8_t *values = a->buffers[1];
    const char *format = type->format;
    if (!strcmp(format, "b"))
        putf(out, "%d", bit(values, r));
    else if (!strcmp(format, "tdD"))
        putf(out, "%d", ((const int32_t *)a->buffers[1])[r]);
    else if (!strcmp(format, "l") || !strncmp(format, "tsu:", 4))
        putf(out, "%" PRId64, ((const int64_t *)a->buffers[1])[r]);
    else if (!strcmp(format, "g"))
        putf(out, "%.17g", ((const double *)a->buffers[1])[r]);
    else if (!strcmp(format, "d:12,2"))
        putf(out, "%" PRId64, ((const int64_t *)a->buffers[1])[r * 2]);
    else if (!strcmp(format, "w:16"))
        putf(out, "%02x%02x%02x", values[r * 16], values[r * 16 + 14], values[r * 16 + 15]);
    else
        put_text_at(out, a, !strcmp(format, "vu"), r);
    putf(out, "|");
}

static void check_array(const struct ArrowSchema *schema, const struct ArrowArray *array)
{
    cr_assert_eq(array->n_children, schema->n_children);
    cr_assert_eq(array->n_buffers, 1);
    cr_assert_null(array->buffers[0]);
    cr_assert_eq(array->null_count, 0);
    cr_assert_gt(array->length, 0);
    for (int64_t c = 0; c < array->n_children; c++) {
        const struct ArrowArray *a = array->children[c];
        int64_t nulls = 0;
        cr_assert_eq(a->length, array->length);
        cr_assert_eq(a->offset, 0);
        for (int64_t r = 0; a->buffers[0] && r < a->length; r++)
            nulls += !bit(a->buffers[0], (size_t)r);
        cr_assert_eq(nulls, a->null_count, "column %" PRId64, c);
        cr_assert_eq((uintptr_t)a->buffers[1] % 64, 0);
        cr_assert_eq((uintptr_t)a->buffers[0] % 64, 0);
        for (int64_t b = 1; b < a->n_buffers; b++)
            cr_assert(a->buffers[b]);
    }
}

typedef struct told {
    size_t count;
    uint64_t last;
} told;

static void hear(void *context, const hr_reject *reject)
{
    told *t = context;
    cr_assert_gt(reject->row, t->last);
    t->last = reject->row;
    t->count++;
}

/* All rows as text, one a line; arrays are released in the end, after the stream. */
static text read_stream(struct ArrowArrayStream *stream, size_t *arrays, size_t *least)
{
    struct ArrowSchema schema;
    struct ArrowArray list[400];
    text out = {0};
    size_t count = 0;
    putf(&out, "%s", "");
    cr_assert_eq(stream->get_schema(stream, &schema), 0, "%s", stream->get_last_error(stream));
    for (;; count++) {
        cr_assert_lt(count, HR_COUNT(list));
        cr_assert_eq(stream->get_next(stream, &list[count]), 0, "%s", stream->get_last_error(stream));
        if (!list[count].release)
            break;
        check_array(&schema, &list[count]);
        if (count && least && (size_t)list[count - 1].length < *least)
            *least = (size_t)list[count - 1].length;
    }
    stream->release(stream);
    cr_assert_null(stream->release);
    for (size_t i = 0; i < count; i++) {
        for (int64_t r = 0; r < list[i].length; r++) {
            for (int64_t c = 0; c < list[i].n_children; c++)
                put_at(&out, schema.children[c], list[i].children[c], (size_t)r);
            putf(&out, "\n");
        }
        list[i].release(&list[i]);
        cr_assert_null(list[i].release);
    }
    schema.release(&schema);
    cr_assert_null(schema.release);
    *arrays = count;
    return out;
}

static text expected_rows(size_t rows, size_t faults)
{
    text out = {0};
    for (size_t r = 0; r < rows; r++) {
        if (faults && r % faults == faults - 1)
            continue;
        putf(&out, "%zu|", r);
        r % 5 ? putf(&out, "%zu|", r * 700 + r % 100) : putf(&out, "-|");
        r % 7 ? putf(&out, "%.17g|", (double)r + 0.5) : putf(&out, "-|");
        static const int days[] = {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335};
        r % 3 ? putf(&out, "%d|", 19723 + days[r % 12] + (int)(r % 28)) : putf(&out, "-|");
        putf(&out, "%" PRId64 "|", (INT64_C(1704067200) + (int64_t)(r % 24) * 3600 + (int64_t)(r % 60) * 60) * 1000000);
        putf(&out, r % 2 ? "1704067200000001|" : "-|");
        putf(&out, r % 11 ? "%d|" : "-|", r % 3 ? 1 : 0);
        putf(&out, r % 4 ? "00%02zx%02zx|" : "-|", r >> 8 & 0xFF, r & 0xFF);
        if (r % 13 == 0)
            putf(&out, "a \"quoted\" text of row %zu|", r);
        else if (r % 6 == 0)
            putf(&out, "a text of row %zu that does not fit a view|", r);
        else
            putf(&out, r % 9 ? "short %zu|" : "-|", r % 1000);
        putf(&out, r % 8 ? "{}|" : "{\"row\": %zu}|", r);
        putf(&out, "-|\n");
    }
    return out;
}

Test(arrow, streams_have_the_rows_of_the_reader)
{
    const struct {
        size_t rows, faults;
        hr_arrow_text text;
        uint32_t most;
        const char *threads;
    } cases[] = {{1, 0, HR_ARROW_VIEW, 0, "1"},          {3000, 0, HR_ARROW_VIEW, 0, "1"},
                 {3000, 7, HR_ARROW_VIEW, 0, "1"},       {3000, 7, HR_ARROW_STRING, 0, "1"},
                 {20000, 100, HR_ARROW_VIEW, 1000, "1"}, {20000, 100, HR_ARROW_STRING, 1000, "1"},
                 {20000, 100, HR_ARROW_VIEW, 5, "3"},    {20000, 3, HR_ARROW_STRING, 3000, "2"},
                 {30, 2, HR_ARROW_VIEW, 1, "1"}};
    for (size_t i = 0; i < HR_COUNT(cases); i++) {
        text input = make_input(cases[i].rows, cases[i].faults),
             expected = expected_rows(cases[i].rows, cases[i].faults);
        told heard = {0};
        const hr_arrow_options options = {
            .text = cases[i].text, .rows = cases[i].most, .reject = hear, .context = &heard};
        struct ArrowArrayStream stream;
        hr_error err;
        size_t arrays, least = SIZE_MAX;
        cr_assert_eq(hr_arrow_stream(open_reader(&input, true, cases[i].threads), &options, &stream, &err), HR_OK);
        text got = read_stream(&stream, &arrays, &least);
        cr_assert(!strcmp(got.data, expected.data ? expected.data : ""), "case %zu", i);
        cr_assert_eq(heard.count, cases[i].faults ? cases[i].rows / cases[i].faults : 0);
        cr_assert(arrays > 1 || cases[i].most == 0 || cases[i].rows < 1000);
        cr_assert_geq(least, cases[i].most);
        free(input.data);
        free(expected.data);
        free(got.data);
    }
}

Test(arrow, a_schema_is_what_arrow_calls_it)
{
    static const char *const formats[2][COLUMNS] = {
        {"l", "d:12,2", "g", "tdD", "tsu:", "tsu:UTC", "b", "w:16", "vu", "vu", "vu"},
        {"l", "d:12,2", "g", "tdD", "tsu:", "tsu:UTC", "b", "w:16", "u", "u", "u"}};
    text input = make_input(1, 0);
    for (int kind = 0; kind < 2; kind++) {
        const hr_arrow_options options = {.text = (hr_arrow_text)kind};
        struct ArrowArrayStream stream;
        struct ArrowSchema schema, moved;
        hr_error err;
        cr_assert_eq(hr_arrow_stream(open_reader(&input, true, "1"), &options, &stream, &err), HR_OK);
        cr_assert_eq(stream.get_schema(&stream, &schema), 0);
        stream.release(&stream); /* the schema does not need it */
        cr_assert_str_eq(schema.format, "+s");
        cr_assert_eq(schema.n_children, COLUMNS);
        for (size_t c = 0; c < COLUMNS; c++) {
            const struct ArrowSchema *child = schema.children[c];
            cr_assert_str_eq(child->format, formats[kind][c]);
            cr_assert_str_eq(child->name, columns[c].name);
            cr_assert_eq(child->flags, columns[c].required ? 0 : ARROW_FLAG_NULLABLE);
            const char *extension = columns[c].type == HR_TYPE_UUID   ? "arrow.uuid"
                                    : columns[c].type == HR_TYPE_JSON ? "arrow.json"
                                                                      : NULL;
            cr_assert_eq(extension == NULL, child->metadata == NULL);
            if (extension) {
                int32_t pairs, size;
                memcpy(&pairs, child->metadata, 4);
                memcpy(&size, child->metadata + 4, 4);
                cr_assert_eq(pairs, 2);
                cr_assert(size == 20 && !memcmp(child->metadata + 8, "ARROW:extension:name", 20));
                memcpy(&size, child->metadata + 28, 4);
                cr_assert(size == 10 && !memcmp(child->metadata + 32, extension, 10));
                memcpy(&size, child->metadata + 42, 4);
                cr_assert(size == 24 && !memcmp(child->metadata + 46, "ARROW:extension:metadata", 24));
                memcpy(&size, child->metadata + 70, 4);
                cr_assert_eq(size, 0);
            }
        }
        moved = *schema.children[2]; /* a child may be moved out */
        schema.children[2]->release = NULL;
        schema.release(&schema);
        cr_assert_str_eq(moved.name, "ratio");
        moved.release(&moved);
    }
    free(input.data);
}

Test(arrow, a_column_outlives_its_array_and_the_stream)
{
    text input = make_input(2000, 0), got = {0};
    struct ArrowArrayStream stream;
    struct ArrowArray array, note;
    hr_error err;
    cr_assert_eq(hr_arrow_stream(open_reader(&input, true, "1"), NULL, &stream, &err), HR_OK);
    cr_assert_eq(stream.get_next(&stream, &array), 0); /* before any get_schema */
    free(input.data);
    note = *array.children[8];
    array.children[8]->release = NULL;
    array.release(&array);
    stream.release(&stream);
    put_text_at(&got, &note, true, 6);
    cr_assert_str_eq(got.data, "a text of row 6 that does not fit a view");
    note.release(&note);
    free(got.data);
}

Test(arrow, without_a_schema_all_columns_are_texts)
{
    text input = {0};
    putf(&input, "a,b\n1,\"x \"\"y\"\"\"\n,\"\"\n3,\"a longer text, which is quoted\"\n");
    struct ArrowArrayStream stream;
    hr_error err;
    size_t arrays;
    cr_assert_eq(hr_arrow_stream(open_reader(&input, false, "1"), NULL, &stream, &err), HR_OK);
    text got = read_stream(&stream, &arrays, NULL);
    cr_assert_str_eq(got.data, "1|x \"y\"|\n-||\n3|a longer text, which is quoted|\n");
    free(got.data);
    free(input.data);
}

Test(arrow, no_rows_are_no_arrays)
{
    text input = {0};
    putf(&input, "n,amount\n");
    struct ArrowArrayStream stream;
    hr_error err;
    size_t arrays;
    cr_assert_eq(hr_arrow_stream(open_reader(&input, false, "1"), NULL, &stream, &err), HR_OK);
    text got = read_stream(&stream, &arrays, NULL);
    cr_assert_eq(arrays, 0);
    free(got.data);
    free(input.data);
}

Test(arrow, a_reject_that_nobody_hears_of_ends_the_stream)
{
    text input = make_input(5000, 4000);
    const hr_arrow_options options = {.rows = 100};
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    hr_error err;
    int64_t rows = 0;
    int code;
    cr_assert_eq(hr_arrow_stream(open_reader(&input, true, "1"), &options, &stream, &err), HR_OK);
    while ((code = stream.get_next(&stream, &array)) == 0) {
        cr_assert(array.release, "the stream ended as if nothing had been");
        rows += array.length;
        array.release(&array);
    }
    cr_assert_eq(code, EINVAL);
    cr_assert_lt(rows, 4000);
    cr_assert_gt(rows, 2000, "what comes before the batch is given: %" PRId64, rows);
    cr_assert(strstr(stream.get_last_error(&stream), "row 4000") && strstr(stream.get_last_error(&stream), "E_TYPE"),
              "%s", stream.get_last_error(&stream));
    cr_assert_eq(stream.get_next(&stream, &array), EINVAL, "an error stays");
    stream.release(&stream);
    free(input.data);
}

Test(arrow, errors_of_the_reader_come_with_their_text)
{
    const hr_column missing[] = {{.name = "nowhere", .type = HR_TYPE_INT64, .required = true}};
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    hr_schema *types;
    hr_reader *reader;
    hr_error err;
    cr_assert_eq(hr_reader_new(NULL, &reader, &err), HR_OK);
    cr_assert_eq(hr_schema_new(missing, 1, &types, &err), HR_OK);
    cr_assert_eq(hr_reader_schema(reader, types, true, &err), HR_OK);
    hr_schema_free(types);
    cr_assert_eq(hr_reader_feed(reader, "a,b\n1,2\n", 8, &err), HR_OK);
    cr_assert_eq(hr_reader_finish(reader, &err), HR_OK);
    cr_assert_eq(hr_arrow_stream(reader, NULL, &stream, &err), HR_OK);
    cr_assert_neq(stream.get_schema(&stream, &schema), 0);
    cr_assert(strstr(stream.get_last_error(&stream), "nowhere"), "%s", stream.get_last_error(&stream));
    stream.release(&stream);

    cr_assert_eq(hr_reader_new(NULL, &reader, &err), HR_OK); /* fed, and not finished */
    cr_assert_eq(hr_arrow_stream(reader, NULL, &stream, &err), HR_OK);
    cr_assert_eq(stream.get_schema(&stream, &schema), EAGAIN);
    cr_assert(strstr(stream.get_last_error(&stream), "fed"), "%s", stream.get_last_error(&stream));
    stream.release(&stream);
}

#ifdef HR_FAULTS
extern long hr_fault_allocations;

/* Every allocation fails once: an error comes, nothing leaks, nothing crashes. */
Test(arrow, running_out_of_memory_is_an_error_at_every_step)
{
    text input = make_input(800, 5);
    for (int kind = 0; kind < 2; kind++) {
        bool finished = false;
        for (long n = 0; !finished; n++) {
            told heard = {0};
            const hr_arrow_options options = {
                .text = (hr_arrow_text)kind, .rows = 100, .reject = hear, .context = &heard};
            struct ArrowArrayStream stream = {.release = NULL};
            struct ArrowArray array;
            struct ArrowSchema schema;
            hr_error err;
            int64_t rows = 0;
            hr_reader *reader = open_reader(&input, true, "1");
            cr_assert_lt(n, 5000);
            hr_fault_allocations = n;
            hr_status status = hr_arrow_stream(reader, &options, &stream, &err);
            int code = status == HR_OK ? stream.get_schema(&stream, &schema) : ENOMEM;
            if (code == 0)
                schema.release(&schema);
            while (code == 0 && (code = stream.get_next(&stream, &array)) == 0 && array.release) {
                rows += array.length;
                array.release(&array);
            }
            finished = hr_fault_allocations >= 0;
            hr_fault_allocations = -1;
            cr_assert(code == ENOMEM || (code == 0 && rows == 640), "allocation %ld: %d", n, code);
            cr_assert(!finished || code == 0);
            if (stream.release)
                stream.release(&stream);
        }
    }
    free(input.data);
}

Test(arrow, schemas_without_memory_are_errors)
{
    static const char *const list[] = {"1", "2"};
    const hr_column all[] = {
        {.name = "a", .type = HR_TYPE_INT64, .min = "0", .max = "5", .one_of = list, .one_of_count = 2},
        {.name = "b", .type = HR_TYPE_TEXT, .pattern = "x", .one_of = list, .one_of_count = 2}};
    bool finished = false;
    for (long n = 0; !finished; n++) {
        hr_schema *schema = NULL;
        hr_error err;
        hr_fault_allocations = n;
        hr_status status = hr_schema_new(all, 2, &schema, &err);
        finished = hr_fault_allocations >= 0;
        hr_fault_allocations = -1;
        cr_assert_eq(status, finished ? HR_OK : HR_E_MEMORY);
        hr_schema_free(schema);
    }
}
#endif
