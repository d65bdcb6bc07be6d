/* bench_touch.c: reads CSV or NDJSON from memory and touches the first byte and the length of every field through the
 * public interface; prints the best rate of some rounds, then records, fields and the sum of the first bytes.
 *
 *     bench_touch FILE [visit|spans|field [ROUNDS [COLUMN,...]]]
 *
 * COLUMN: of NDJSON, what is taken, as in option columns; all is validated in any case.
 * `visit` (the way meant for this): hr_batch_visit; `spans`: hr_batch_spans; `field`: hr_batch_field for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "headrace/headrace.h"

#define SPANS ((size_t)4096)

typedef struct seen {
    uint64_t records, fields, first, bytes;
} seen;

static void touch_fields(const hr_batch *batch, seen *into)
{
    for (size_t row = 0; row < batch->rows; row++)
        for (size_t column = 0; column < batch->columns; column++) {
            hr_field field = hr_batch_field(batch, row, column);
            into->bytes += field.size;
            into->first += field.size > 0 ? field.data[0] : 0;
        }
}

/* Without a branch on what is empty, which would be guesswork. */
static inline void touch_one(void *context, size_t row, size_t column, const uint8_t *text, size_t size)
{
    seen *into = context;
    (void)row, (void)column;
    into->bytes += size;
    into->first += *text & -(uint64_t)(size != 0);
}

/* The sums in a struct of its own, which the compiler keeps in registers. */
static void touch_visited(const hr_batch *batch, seen *into)
{
    seen sum = {0};
    hr_batch_visit(batch, touch_one, &sum);
    into->bytes += sum.bytes;
    into->first += sum.first;
}

/* Some rows at a time, so that the spans stay in the cache. */
static void touch_spans(const hr_batch *batch, seen *into)
{
    static hr_span room[SPANS];
    size_t at_once = batch->columns < SPANS ? SPANS / batch->columns : 0;
    if (at_once == 0) {
        touch_fields(batch, into);
        return;
    }
    const uint8_t *data = batch->data;
    uint64_t first = 0, bytes = 0;
    for (size_t row = 0; row < batch->rows; row += at_once) {
        size_t rows = batch->rows - row < at_once ? batch->rows - row : at_once;
        const hr_span *spans = room;
        if (batch->cells)
            spans = batch->cells + row * batch->columns;
        else
            hr_batch_spans(batch, row, rows, room);
        for (size_t i = 0; i < rows * batch->columns; i++) {
            /* There is a byte also for an empty field; a mask, for a branch on what is empty would be guesswork. */
            bytes += spans[i].size;
            first += data[spans[i].begin] & -(uint64_t)(spans[i].size != 0);
        }
    }
    into->bytes += bytes;
    into->first += first;
}

typedef void (*touching)(const hr_batch *batch, seen *into);

static hr_status take(hr_reader *reader, touching touch, seen *into, hr_error *err)
{
    hr_batch *batch;
    hr_status status;
    while ((status = hr_reader_next(reader, &batch, err)) == HR_OK) {
        touch(batch, into);
        into->records += batch->rows;
        into->fields += (uint64_t)batch->rows * batch->columns;
        hr_batch_release(batch);
    }
    return status;
}

static hr_status read_all(const char *data, size_t size, const hr_options *options, touching touch, seen *into,
                          hr_error *err)
{
    hr_reader *reader;
    hr_status status = hr_reader_open_memory(data, size, options, &reader, err);
    if (status != HR_OK)
        return status;
    status = take(reader, touch, into, err);
    hr_reader_close(reader);
    return status;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static char *load(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *data = malloc(*size + 1);
    if (data && fread(data, 1, *size, file) != *size) {
        free(data);
        data = NULL;
    }
    fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    size_t size = 0;
    char *data = argc > 1 ? load(argv[1], &size) : NULL;
    if (!data) {
        fprintf(stderr, "usage: bench_touch FILE [visit|spans|field [ROUNDS [COLUMN,...]]]\n");
        return 2;
    }
    touching touch = argc > 2 && strcmp(argv[2], "field") == 0   ? touch_fields
                     : argc > 2 && strcmp(argv[2], "spans") == 0 ? touch_spans
                                                                 : touch_visited;
    int rounds = argc > 3 ? atoi(argv[3]) : 5;
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    hr_options *options = NULL;
    if (argc > 4 && (hr_options_new(table, count, &options, NULL) != HR_OK ||
                     hr_options_set(options, "columns", argv[4], NULL) != HR_OK))
        return 2;
    double best = 0;
    seen total = {0};
    for (int round = 0; round < rounds; round++) {
        total = (seen){0};
        hr_error err;
        double begin = now();
        if (read_all(data, size, options, touch, &total, &err) != HR_END) {
            fprintf(stderr, "bench_touch: %s\n", err.text);
            return 1;
        }
        double rate = (double)size / (now() - begin) / 1e9;
        best = rate > best ? rate : best;
    }
    free(data);
    hr_options_free(options);
    printf("%.3f GB/s\n%llu records, %llu fields, first bytes %llu\n", best, (unsigned long long)total.records,
           (unsigned long long)total.fields, (unsigned long long)total.first);
    fprintf(stderr, "%llu bytes\n", (unsigned long long)total.bytes);
    return 0;
}
