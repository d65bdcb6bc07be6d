/* test_spans.c: hr_batch_spans gives for every field what hr_batch_field does. */
#include <criterion/criterion.h>

#include "core/base/base.h"

/* Lines that are unlike each other, in a random order. */
static void make_text(hr_buffer *text, uint64_t *seed, const char *newline, size_t lines)
{
    static const char *const rows[] = {"a,bb,ccc",
                                       ",,",
                                       "\"q\",\"\",\"a\"\"b\"",
                                       "x,\"1,2\n3\",\"\"\"\"",
                                       "1,2",
                                       "1,2,3,4",
                                       "\"open, 2,3",
                                       "7,8,\"\"",
                                       "caf\xC3\xA9,,z",
                                       "6\",5\",4\"",
                                       "esc\\,aped,2,3\\",
                                       "e,f,"};
    cr_assert(hr_buffer_add(text, "one,two,three", 13));
    for (size_t i = 0; i < lines; i++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        const char *row = rows[(*seed >> 33) % (sizeof rows / sizeof *rows)];
        cr_assert(hr_buffer_add(text, newline, strlen(newline)));
        cr_assert(hr_buffer_add(text, row, strlen(row)));
    }
}

/* A span of a field with escapes leaves out the closing quote that hr_field keeps. */
static void compare_field(const hr_batch *batch, hr_field field, hr_span span)
{
    if (batch->flags & HR_BATCH_NDJSON) {
        size_t quotes = (field.flags & HR_FIELD_QUOTED) ? 2 : 0;
        cr_assert(span.size == field.size + quotes || (field.flags & HR_FIELD_NULL), "%.*s", (int)span.size,
                  (const char *)batch->data + span.begin);
        return;
    }
    if (field.size == 0) {
        cr_assert_eq(span.size, 0);
        return;
    }
    bool open = (field.flags & HR_FIELD_QUOTED) && (field.flags & HR_FIELD_ESCAPED);
    size_t size = field.size - (open && field.data[field.size - 1] == batch->dialect->quote);
    cr_assert_eq(span.size, size, "%.*s", (int)field.size, (const char *)field.data);
    cr_assert(size == 0 || batch->data + span.begin == field.data);
}

typedef struct visited {
    const hr_batch *batch;
    const hr_span *spans;
    size_t next;
    unsigned bytes; /* of each, so that all are read */
} visited;

static inline void compare_visit(void *context, size_t row, size_t column, const uint8_t *text, size_t size)
{
    visited *seen = context;
    cr_assert_eq(row * seen->batch->columns + column, seen->next);
    hr_span span = seen->spans[seen->next++];
    cr_assert_eq(size, span.size);
    cr_assert(size == 0 || text == seen->batch->data + span.begin);
    seen->bytes += *text;
}

static uint64_t compare_batch(const hr_batch *batch)
{
    size_t columns = batch->columns;
    hr_span *spans = malloc((batch->rows * columns + 1) * sizeof *spans), *some = malloc(3 * columns * sizeof *some);
    hr_batch_spans(batch, 0, batch->rows, spans);
    volatile uint8_t byte;
    for (size_t row = 0; row < batch->rows; row++)
        for (size_t column = 0; column < columns; column++) {
            compare_field(batch, hr_batch_field(batch, row, column), spans[row * columns + column]);
            byte = batch->data[spans[row * columns + column].begin];
        }
    (void)byte;
    visited seen = {.batch = batch, .spans = spans};
    hr_batch_visit(batch, compare_visit, &seen);
    cr_assert_eq(seen.next, batch->rows * columns);
    for (size_t row = 0; row + 3 <= batch->rows; row++) {
        hr_batch_spans(batch, row, 3, some);
        for (size_t i = 0; i < 3 * columns; i++)
            cr_assert_eq(some[i].size, spans[row * columns + i].size);
    }
    free(spans);
    free(some);
    return batch->rows;
}

static uint64_t compare_all(const hr_buffer *text, const char *const *pairs, size_t fed)
{
    size_t count;
    hr_options *options;
    hr_reader *reader;
    hr_batch *batch;
    hr_error err;
    const hr_option *table = hr_reader_options(&count);
    cr_assert_eq(hr_options_new(table, count, &options, &err), HR_OK);
    for (; pairs[0]; pairs += 2)
        cr_assert_eq(hr_options_set(options, pairs[0], pairs[1], &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_reader_new(options, &reader, &err), HR_OK);
    uint64_t rows = 0;
    hr_status status = HR_AGAIN;
    for (size_t at = 0; at <= text->size; at += fed) {
        size_t size = text->size - at < fed ? text->size - at : fed;
        cr_assert_eq(hr_reader_feed(reader, text->data + at, size, &err), HR_OK);
        if (at + fed > text->size)
            cr_assert_eq(hr_reader_finish(reader, &err), HR_OK);
        while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
            rows += compare_batch(batch);
            hr_batch_release(batch);
        }
    }
    cr_assert_eq(status, HR_END, "%s", err.text);
    hr_reader_close(reader);
    hr_options_free(options);
    return rows;
}

#define BASE "header", "yes", "delimiter", ",", "quote", "\""

Test(spans, are_those_of_every_field)
{
    const char *const plain[] = {BASE, NULL}, *const padded[] = {BASE, "ragged", "both", NULL};
    const char *const escaped[] = {BASE, "escape", "\\", "ragged", "both", NULL};
    const char *const unquoted[] = {"header", "yes", "delimiter", ",", "quote", "none", "ragged", "both", NULL};
    const char *const lenient[] = {BASE, "lenient", "yes", "ragged", "both", NULL};
    const char *const *sets[] = {plain, padded, escaped, unquoted, lenient};
    const char *const newlines[] = {"\n", "\r\n", "\r"};
    uint64_t seed = 1;
    for (size_t n = 0; n < 3; n++)
        for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
            for (size_t round = 0; round < 20; round++) {
                hr_buffer text = {0};
                make_text(&text, &seed, newlines[n], 5 + round * 20);
                cr_assert_gt(compare_all(&text, sets[i], round % 2 ? 7 : 4096), 0);
                hr_buffer_free(&text);
            }
}

Test(spans, of_a_record_longer_than_a_window)
{
    const char *const plain[] = {BASE, NULL};
    hr_buffer text = {0};
    cr_assert(hr_buffer_add(&text, "one,two,three\n1,\"", 17));
    for (size_t i = 0; i < 20000; i++)
        cr_assert(hr_buffer_add(&text, "long \"\"text\"\"\n", 14));
    cr_assert(hr_buffer_add(&text, "\",\n", 3));
    cr_assert_eq(compare_all(&text, plain, 100000), 1);
    hr_buffer_free(&text);
}

Test(spans, of_ndjson_are_its_cells)
{
    const char *const two[] = {"format", "ndjson", "columns", "a,/b/c", NULL};
    hr_buffer text = {0};
    cr_assert(hr_buffer_text(&text, "{\"a\":\"x\",\"b\":{\"c\":[1]}}\n{\"b\":{}}\n{\"a\":null}\n{\"a\":\"\\n\"}"));
    cr_assert_eq(compare_all(&text, two, 1000), 4);
    hr_buffer_free(&text);
}
