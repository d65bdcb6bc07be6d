/* test_batches.c: batches retained and released by other threads, also after their reader is gone; batches made by
 * several threads, and a reader that is interrupted or closed meanwhile. For the thread sanitizer: its own main. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reader/reader.h"
#include "tests/threads/require.h"

enum { ROWS = 200000, QUEUE = 16, WORKERS = 3 };

typedef struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    hr_batch *batches[QUEUE];
    size_t count;
    bool ended;
    uint64_t rows, sum;
} queue;

static void put(queue *q, hr_batch *batch)
{
    pthread_mutex_lock(&q->lock);
    while (q->count == QUEUE)
        pthread_cond_wait(&q->changed, &q->lock);
    q->batches[q->count++] = batch;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

static hr_batch *take(queue *q)
{
    pthread_mutex_lock(&q->lock);
    while (q->count == 0 && !q->ended)
        pthread_cond_wait(&q->changed, &q->lock);
    hr_batch *batch = q->count ? q->batches[--q->count] : NULL;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    return batch;
}

static uint64_t number(hr_field field)
{
    uint64_t value = 0;
    for (size_t i = 0; i < field.size; i++)
        value = value * 10 + (uint64_t)(field.data[i] - '0');
    return value;
}

static void *work(void *context)
{
    queue *q = context;
    uint64_t rows = 0, sum = 0;
    for (hr_batch *batch; (batch = take(q)) != NULL;) {
        hr_batch *again = hr_batch_retain(batch);
        hr_batch_release(batch);
        for (size_t row = 0; row < again->rows; row++)
            sum += number(hr_batch_field(again, row, 0));
        rows += again->rows;
        hr_batch_release(again);
    }
    pthread_mutex_lock(&q->lock);
    q->rows += rows;
    q->sum += sum;
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static hr_reader *new_reader(void)
{
    hr_reader *reader;
    REQUIRE(hr_reader_new(NULL, &reader, NULL) == HR_OK);
    return reader;
}

static void batches_outlive_their_reader_on_other_threads(void)
{
    static queue q = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    pthread_t workers[WORKERS];
    for (size_t i = 0; i < WORKERS; i++)
        REQUIRE(pthread_create(&workers[i], NULL, work, &q) == 0);
    hr_reader *reader = new_reader();
    REQUIRE(hr_reader_feed(reader, "id,text\n", 8, NULL) == HR_OK);
    uint64_t expected = 0;
    for (uint64_t row = 0; row <= ROWS; row++) {
        char line[64];
        int size = snprintf(line, sizeof line, "%llu,\"a \"\"b\"\" c\"\n", (unsigned long long)row);
        expected += row < ROWS ? row : 0;
        REQUIRE(row == ROWS ? hr_reader_finish(reader, NULL) == HR_OK
                            : hr_reader_feed(reader, line, (size_t)size, NULL) == HR_OK);
        hr_batch *batch;
        while (row % 1000 == 0 && hr_reader_next(reader, &batch, NULL) == HR_OK)
            put(&q, batch);
    }
    hr_reader_close(reader);
    pthread_mutex_lock(&q.lock);
    q.ended = true;
    pthread_cond_broadcast(&q.changed);
    pthread_mutex_unlock(&q.lock);
    for (size_t i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    REQUIRE(q.rows == ROWS);
    REQUIRE(q.sum == expected);
}

/* ---- a reader of several threads ------------------------------------------------------------------------------- */

static hr_status count_quotes(void *context, const hr_batch *batch, void **result, hr_error *err)
{
    (void)context, (void)err;
    uint64_t *sum = malloc(sizeof *sum);
    REQUIRE(sum);
    *sum = 0;
    for (size_t row = 0; row < batch->rows; row++)
        *sum += number(hr_batch_field(batch, row, 0));
    *result = sum;
    return HR_OK;
}

static void drop_sum(void *context, void *result)
{
    (void)context;
    free(result);
}

static hr_reader *new_many(unsigned threads)
{
    const hr_option *table;
    size_t count;
    table = hr_reader_options(&count);
    hr_options *options;
    hr_reader *reader;
    char text[16];
    snprintf(text, sizeof text, "%u", threads);
    REQUIRE(hr_options_new(table, count, &options, NULL) == HR_OK);
    REQUIRE(hr_options_set(options, "threads", text, NULL) == HR_OK);
    REQUIRE(hr_reader_new(options, &reader, NULL) == HR_OK);
    hr_options_free(options);
    hr_reader_block(reader, 4000);
    hr_reader_work(reader, &(hr_batch_work){count_quotes, drop_sum, NULL});
    return reader;
}

/* Rows with a sound quoted field, a stray quote here, a damaged record there. */
static uint64_t feed_rows(hr_reader *reader)
{
    uint64_t expected = 0;
    REQUIRE(hr_reader_feed(reader, "id,text\n", 8, NULL) == HR_OK);
    for (uint64_t row = 0; row < ROWS; row++) {
        char line[64];
        const char *text = row % 5000 == 17 ? "\"a\" b" : row % 700 == 3 ? "12\" pipe" : "\"a \"\"b\"\"\n c\"";
        int size = snprintf(line, sizeof line, "%llu,%s\n", (unsigned long long)row, text);
        expected += row % 5000 == 17 ? 0 : row;
        REQUIRE(hr_reader_feed(reader, line, (size_t)size, NULL) == HR_OK);
    }
    REQUIRE(hr_reader_finish(reader, NULL) == HR_OK);
    return expected;
}

static void many_threads_give_what_one_gives_in_its_order(void)
{
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        hr_reader *reader = new_many(threads);
        uint64_t expected = feed_rows(reader), sum = 0, rows = 0, next_row = 1;
        hr_batch *batch;
        hr_status status;
        while ((status = hr_reader_next(reader, &batch, NULL)) == HR_OK) {
            uint64_t *part = hr_reader_result(reader);
            REQUIRE(part && !hr_reader_result(reader));
            REQUIRE(batch->first_row == next_row);
            next_row = batch->end_row;
            sum += *part;
            rows += batch->rows + batch->rejected;
            free(part);
            hr_batch_release(batch);
        }
        REQUIRE(status == HR_END);
        REQUIRE(rows == ROWS);
        REQUIRE(sum == expected);
        hr_reader_close(reader);
    }
}

static void closing_early_drops_what_was_made(void)
{
    hr_reader *reader = new_many(3);
    hr_batch *batch;
    feed_rows(reader);
    for (size_t i = 0; i < 5; i++) {
        REQUIRE(hr_reader_next(reader, &batch, NULL) == HR_OK);
        hr_batch_release(batch);
    }
    hr_reader_interrupt(reader);
    REQUIRE(hr_reader_next(reader, &batch, NULL) == HR_E_INTERRUPTED);
    hr_reader_close(reader);
}

static void *interrupt(void *reader)
{
    hr_reader_interrupt(reader);
    return NULL;
}

static void an_interrupt_from_another_thread_ends_reading(void)
{
    hr_reader *reader = new_reader();
    hr_batch *batch;
    REQUIRE(hr_reader_feed(reader, "a,b\n1,2\n", 8, NULL) == HR_OK);
    pthread_t other;
    REQUIRE(pthread_create(&other, NULL, interrupt, reader) == 0);
    pthread_join(other, NULL);
    REQUIRE(hr_reader_finish(reader, NULL) == HR_OK);
    REQUIRE(hr_reader_next(reader, &batch, NULL) == HR_E_INTERRUPTED);
    hr_reader_close(reader);
}

int main(void)
{
    batches_outlive_their_reader_on_other_threads();
    an_interrupt_from_another_thread_ends_reading();
    many_threads_give_what_one_gives_in_its_order();
    closing_early_drops_what_was_made();
    puts("4 passed, 0 failed");
    return 0;
}
