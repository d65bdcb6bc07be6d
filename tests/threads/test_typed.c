/* test_typed.c: batches typed by several threads are those of one, and arrays of Arrow are released by others. For the
 * thread sanitizer: its own main. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reader/reader.h"
#include "headrace/arrow.h"
#include "tests/threads/require.h"

enum { ROWS = 100000 };

static const hr_column columns[] = {
    {.name = "id", .type = HR_TYPE_INT64, .required = true, .min = "0"},
    {.name = "amount", .type = HR_TYPE_DECIMAL, .precision = 10, .scale = 2},
    {.name = "at", .type = HR_TYPE_TIMESTAMP},
    {.name = "note", .type = HR_TYPE_TEXT, .pattern = "^a"},
    {.name = "extra", .type = HR_TYPE_JSON},
};

static hr_reader *make_reader(const char *threads)
{
    const hr_option *table;
    size_t count;
    hr_options *options;
    hr_reader *reader;
    hr_schema *schema;
    table = hr_reader_options(&count);
    REQUIRE(hr_options_new(table, count, &options, NULL) == HR_OK);
    REQUIRE(hr_options_set(options, "threads", threads, NULL) == HR_OK);
    REQUIRE(hr_reader_new(options, &reader, NULL) == HR_OK);
    hr_options_free(options);
    hr_reader_block(reader, 4000);
    REQUIRE(hr_schema_new(columns, sizeof columns / sizeof *columns, &schema, NULL) == HR_OK);
    REQUIRE(hr_reader_schema(reader, schema, true, NULL) == HR_OK);
    hr_schema_free(schema);
    REQUIRE(hr_reader_feed(reader, "id,amount,at,note,extra\n", 24, NULL) == HR_OK);
    for (unsigned row = 0; row < ROWS; row++) {
        char line[160];
        int size = snprintf(line, sizeof line, "%s%u,%u.%02u,2024-01-%02u %02u:00:00,\"a %s note\",{}\n",
                            row % 1000 == 999 ? "x" : "", row, row, row % 100, row % 28 + 1, row % 24,
                            row % 3 ? "short" : "\"\"longer\"\" and more quoted");
        REQUIRE(hr_reader_feed(reader, line, (size_t)size, NULL) == HR_OK);
    }
    REQUIRE(hr_reader_finish(reader, NULL) == HR_OK);
    return reader;
}

typedef struct sums {
    uint64_t rows, rejected, checksum, told;
} sums;

static sums read_batches(const char *threads)
{
    sums sum = {0};
    hr_batch *batch;
    hr_status status;
    hr_reader *reader = make_reader(threads);
    while ((status = hr_reader_next(reader, &batch, NULL)) == HR_OK) {
        for (size_t r = 0; r < batch->rows; r++) {
            const int64_t *ids = batch->vectors[0].values, *amounts = batch->vectors[1].values;
            const int64_t *times = batch->vectors[2].values;
            const hr_text_view *notes = batch->vectors[3].values;
            sum.checksum = sum.checksum * 31 + (uint64_t)(ids[r] + amounts[r * 2] + times[r]) + notes[r].size;
        }
        for (size_t i = 0; i < batch->rejected; i++)
            sum.told = sum.told * 31 + batch->rejects[i].row + batch->rejects[i].line + batch->rejects[i].raw[0];
        sum.rows += batch->rows;
        sum.rejected += batch->rejected;
        hr_batch_release(batch);
    }
    REQUIRE(status == HR_END);
    hr_reader_close(reader);
    return sum;
}

static void many_threads_type_as_one_does(void)
{
    sums one = read_batches("1"), many = read_batches("4");
    REQUIRE(one.rows == ROWS - ROWS / 1000 && one.rejected == ROWS / 1000);
    REQUIRE(memcmp(&one, &many, sizeof one) == 0);
}

static void *release(void *context)
{
    struct ArrowArray *array = context;
    REQUIRE(array->n_children == 5);
    array->release(array);
    free(array);
    return NULL;
}

static void hear(void *context, const hr_reject *reject)
{
    *(uint64_t *)context += reject->row > 0;
}

static void arrays_are_released_by_other_threads(void)
{
    uint64_t rejected = 0, rows = 0;
    size_t count = 0;
    const hr_arrow_options options = {.rows = 2000, .reject = hear, .context = &rejected};
    struct ArrowArrayStream stream;
    pthread_t threads[200];
    REQUIRE(hr_arrow_stream(make_reader("3"), &options, &stream, NULL) == HR_OK);
    for (;;) {
        struct ArrowArray *array = malloc(sizeof *array);
        REQUIRE(array && stream.get_next(&stream, array) == 0);
        if (!array->release) {
            free(array);
            break;
        }
        rows += (uint64_t)array->length;
        REQUIRE(count < 200 && pthread_create(&threads[count++], NULL, release, array) == 0);
    }
    stream.release(&stream);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    REQUIRE(rows == ROWS - ROWS / 1000 && rejected == ROWS / 1000);
}

int main(void)
{
    many_threads_type_as_one_does();
    arrays_are_released_by_other_threads();
    puts("2 passed, 0 failed");
    return 0;
}
