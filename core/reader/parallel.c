/* parallel.c: several threads make batches of one input: who cuts, who makes, and the order in which batches are given
 * out. */
#include "core/reader/parallel.h"

#include <pthread.h>
#include <signal.h>

#include "core/reader/block.h"

/* Beside one block for each thread, so that there is always one to be taken up. */
#define BLOCKS_MORE 2u

typedef struct worker {
    hr_parallel *parallel;
    pthread_t thread;
    hr_reader *view;
} worker;

struct hr_parallel {
    hr_reader *reader;
    pthread_mutex_t lock; /* guards states, next_cut, stopping */
    pthread_cond_t work, done;
    bool locks_made, stopping;
    size_t block_count;
    hr_block *blocks; /* [block_count], a ring */
    uint64_t head;    /* ordinal of the next block to be given out */
    uint64_t taken;   /* ordinal of the next block to be taken up by a thread */
    uint64_t tail;    /* ordinal of the next block to be cut */
    size_t worker_count, started;
    worker *workers;    /* [worker_count]; the first is the reader's own thread */
    uint64_t line, row; /* where the block at the head begins */
    bool serial;        /* no more can be cut until the serial reader has taken a step */
};

static hr_block *block_at(const hr_parallel *parallel, uint64_t ordinal)
{
    return &parallel->blocks[ordinal % parallel->block_count];
}

/* ---- the threads -------------------------------------------------------------------------------------------- */

/* Takes up the next block that was cut, if there is one. Called, and comes back, with the lock held. */
static bool take_block(hr_parallel *parallel, hr_reader *view)
{
    if (parallel->taken == parallel->tail)
        return false;
    hr_block *b = block_at(parallel, parallel->taken++);
    hr_chunk *chunk = b->chunk;
    pthread_mutex_unlock(&parallel->lock);
    hr_block_make(view, &parallel->reader->work, b);
    hr_chunk_release(chunk);
    pthread_mutex_lock(&parallel->lock);
    b->state = HR_BLOCK_MADE;
    pthread_cond_signal(&parallel->done);
    return true;
}

static void *run_worker(void *argument)
{
    worker *w = argument;
    hr_parallel *parallel = w->parallel;
    pthread_mutex_lock(&parallel->lock);
    while (!parallel->stopping) {
        if (!take_block(parallel, w->view))
            pthread_cond_wait(&parallel->work, &parallel->lock);
    }
    pthread_mutex_unlock(&parallel->lock);
    return NULL;
}

/* ---- life -------------------------------------------------------------------------------------------------- */

void hr_parallel_free(hr_parallel *parallel)
{
    if (!parallel)
        return;
    if (parallel->locks_made) {
        pthread_mutex_lock(&parallel->lock);
        parallel->stopping = true;
        pthread_cond_broadcast(&parallel->work);
        pthread_mutex_unlock(&parallel->lock);
    }
    for (size_t i = 0; i < parallel->started; i++)
        pthread_join(parallel->workers[1 + i].thread, NULL);
    for (size_t i = 0; parallel->blocks && i < parallel->block_count; i++)
        hr_block_clear(&parallel->blocks[i], &parallel->reader->work);
    for (size_t i = 0; parallel->workers && i < parallel->worker_count; i++)
        hr_view_free(parallel->workers[i].view);
    if (parallel->locks_made) {
        pthread_cond_destroy(&parallel->work);
        pthread_cond_destroy(&parallel->done);
        pthread_mutex_destroy(&parallel->lock);
    }
    hr_free(parallel->workers);
    hr_free(parallel->blocks);
    hr_free(parallel);
}

static bool make_locks(hr_parallel *parallel)
{
    if (pthread_mutex_init(&parallel->lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&parallel->work, NULL) != 0) {
        pthread_mutex_destroy(&parallel->lock);
        return false;
    }
    if (pthread_cond_init(&parallel->done, NULL) != 0) {
        pthread_cond_destroy(&parallel->work);
        pthread_mutex_destroy(&parallel->lock);
        return false;
    }
    parallel->locks_made = true;
    return true;
}

/* Signals are for the program's own threads. */
static hr_status start_threads(hr_parallel *parallel, hr_error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    hr_status status = HR_OK;
    for (size_t i = 1; status == HR_OK && i < parallel->worker_count; i++) {
        int failure = pthread_create(&parallel->workers[i].thread, NULL, run_worker, &parallel->workers[i]);
        if (failure != 0)
            status = hr_fail_errno(err, failure, "starting a thread (option threads says how many)");
        else
            parallel->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

hr_status hr_parallel_new(hr_reader *reader, hr_parallel **out, hr_error *err)
{
    size_t threads = reader->config.threads;
    hr_parallel *parallel = hr_calloc(1, sizeof *parallel);
    hr_status status = HR_OK;
    if (!parallel)
        return hr_fail_memory(err, "starting the threads of a reader");
    parallel->reader = reader;
    parallel->block_count = threads + BLOCKS_MORE;
    parallel->blocks = hr_calloc(parallel->block_count, sizeof *parallel->blocks);
    parallel->workers = hr_calloc(threads, sizeof *parallel->workers);
    if (!parallel->blocks || !parallel->workers || !make_locks(parallel))
        status = hr_fail_memory(err, "starting the threads of a reader");
    for (size_t i = 0; status == HR_OK && i < threads; i++) {
        parallel->workers[i].parallel = parallel;
        status = hr_view_new(reader, &parallel->workers[i].view, err);
        parallel->worker_count += status == HR_OK;
    }
    if (status == HR_OK)
        status = start_threads(parallel, err);
    if (status != HR_OK) {
        hr_parallel_free(parallel);
        return status;
    }
    *out = parallel;
    return HR_OK;
}

/* ---- the reader's own thread: cutting, helping, giving out ------------------------------------------------------ */

/* Text until the chunk holds a block of it, or no more comes now. Whatever stops it comes again to the serial reader.
 */
static void gather(hr_reader *reader)
{
    hr_error unheard;
    size_t before;
    do {
        before = reader->end - reader->begin;
    } while (before < reader->block && !reader->eof && hr_reader_fill(reader, &unheard) == HR_OK &&
             reader->end - reader->begin > before);
}

/* Cuts one block off the text and lets it be taken up. False: the serial reader must go on here. */
static bool cut_block(hr_parallel *parallel)
{
    hr_reader *reader = parallel->reader;
    gather(reader);
    size_t available = reader->end - reader->begin;
    if (!available || !hr_reader_identity(reader))
        return false;
    size_t size = reader->language->split(reader, available < reader->block ? available : reader->block);
    if (!size)
        return false;
    hr_block *b = block_at(parallel, parallel->tail);
    b->chunk = hr_chunk_retain(reader->chunk);
    b->begin = reader->begin;
    b->end = reader->begin + size;
    b->text = reader->text;
    b->raw = reader->raw;
    b->made_count = b->given = 0;
    hr_error unheard;
    if (hr_reader_advance(reader, size, 0, 0, &unheard) != HR_OK) {
        hr_chunk_release(b->chunk);
        b->chunk = NULL;
        return false;
    }
    pthread_mutex_lock(&parallel->lock);
    b->state = HR_BLOCK_CUT;
    parallel->tail++;
    pthread_cond_signal(&parallel->work);
    pthread_mutex_unlock(&parallel->lock);
    return true;
}

/* The batch knows where it stands within its block; now it is known where the block stands. */
static void place(const hr_parallel *parallel, hr_batch_body *body)
{
    uint64_t rows = parallel->row - 1, lines = parallel->line - 1;
    hr_batch *batch = &body->batch;
    batch->first_row += rows;
    batch->end_row += rows;
    batch->end_line += lines;
    batch->first_line += lines;
    for (size_t i = 0; i < body->reject_count; i++) {
        body->reject_list[i].row += rows;
        body->reject_list[i].line += lines;
    }
}

/* The next batch of the block at the head, which is made. HR_AGAIN: it has no more. */
static hr_status give_made(hr_parallel *parallel, hr_block *b, hr_batch_body **out, void **result, hr_error *err)
{
    hr_reader *reader = parallel->reader;
    if (b->given < b->made_count) {
        hr_made_batch *made = &b->made[b->given++];
        place(parallel, made->body);
        *out = made->body;
        *result = made->result;
        const hr_batch *batch = &made->body->batch;
        reader->given =
            (hr_csv_place){batch->end_offset, batch->end_offset - (b->raw - b->text), batch->end_row, batch->end_line};
        return HR_OK;
    }
    if (b->status != HR_END) {
        *err = b->err;
        return b->status;
    }
    parallel->row += b->rows;
    parallel->line += b->lines;
    b->state = HR_BLOCK_FREE;
    parallel->head++;
    return HR_AGAIN;
}

/* Until the block at the head is made, this thread cuts further ones, makes one itself, or waits. */
static void wait_for_head(hr_parallel *parallel)
{
    pthread_mutex_lock(&parallel->lock);
    while (block_at(parallel, parallel->head)->state != HR_BLOCK_MADE) {
        if (!parallel->serial && parallel->tail - parallel->head < parallel->block_count) {
            pthread_mutex_unlock(&parallel->lock);
            parallel->serial = !cut_block(parallel);
            pthread_mutex_lock(&parallel->lock);
        } else if (!take_block(parallel, parallel->workers[0].view)) {
            pthread_cond_wait(&parallel->done, &parallel->lock);
        }
    }
    pthread_mutex_unlock(&parallel->lock);
}

hr_status hr_parallel_next(hr_parallel *parallel, hr_batch_body **out, void **result, hr_error *err)
{
    hr_reader *reader = parallel->reader;
    for (;;) {
        if (parallel->head == parallel->tail) {
            bool own = reader->skipping || reader->record.open || reader->force_long || reader->skipped;
            parallel->row = reader->row;
            parallel->line = reader->line;
            parallel->serial = false;
            if (own || !cut_block(parallel))
                return HR_AGAIN;
        }
        wait_for_head(parallel);
        hr_status status = give_made(parallel, block_at(parallel, parallel->head), out, result, err);
        if (status != HR_AGAIN)
            return status;
        if (parallel->head == parallel->tail) { /* the reader's numbers are right again */
            reader->row = parallel->row;
            reader->line = parallel->line;
        }
    }
}

void hr_reader_block(hr_reader *reader, size_t size)
{
    reader->block = reader->piece = size;
}
