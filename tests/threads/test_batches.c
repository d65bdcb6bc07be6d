/* test_batches.c: batches retained and released by other threads, also after their reader is gone, and a reader that is
 * interrupted from another thread. For the thread sanitizer: its own main. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "headrace/headrace.h"

#define REQUIRE(holds)                                                          \
    do {                                                                        \
        if (!(holds)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds); \
            exit(1);                                                            \
        }                                                                       \
    } while (0)

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
    puts("2 passed, 0 failed");
    return 0;
}
