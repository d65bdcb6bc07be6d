/* batch.c: the life of batches: bodies are taken from a pool, counted, and given back. */
#include <pthread.h>

#include "core/rows/typing.h"

#define SPARE_MAX 256
#define BLOCK_SIZE ((size_t)16 * 1024)

struct hr_batch_pool {
    atomic_uint references; /* the maker's, and one for each batch that is out */
    pthread_mutex_t lock;   /* guards spare and spare_count */
    hr_batch_body *spare;
    size_t spare_count;
    hr_dialect dialect;
    hr_nulls nulls;
};

hr_status hr_batch_pool_new(const hr_dialect *dialect, const char *const *nulls, size_t count, hr_batch_pool **out,
                            hr_error *err)
{
    hr_batch_pool *pool = hr_calloc(1, sizeof *pool);
    if (!pool)
        return hr_fail_memory(err, "making a reader");
    atomic_init(&pool->references, 1);
    pool->dialect = *dialect;
    if (pthread_mutex_init(&pool->lock, NULL) != 0 || !hr_nulls_set(&pool->nulls, nulls, count)) {
        hr_free(pool);
        return hr_fail_memory(err, "making a reader");
    }
    *out = pool;
    return HR_OK;
}

static void drop_blocks(hr_batch_body *body)
{
    for (hr_batch_block *block = body->blocks, *next; block; block = next) {
        next = block->next;
        hr_free(block);
    }
    body->blocks = NULL;
}

static void body_free(hr_batch_body *body)
{
    drop_blocks(body);
    hr_free(body->reject_list);
    hr_free(body->row_fields);
    hr_free(body->row_number);
    hr_free(body->row_size);
    hr_free(body->row_offset);
    hr_free(body->wide);
    hr_typed_free(body->typed);
    hr_free(body->cells);
    hr_free(body);
}

void hr_batch_pool_release(hr_batch_pool *pool)
{
    if (!pool || atomic_fetch_sub_explicit(&pool->references, 1, memory_order_acq_rel) != 1)
        return;
    for (hr_batch_body *body = pool->spare, *next; body; body = next) {
        next = body->spare;
        body_free(body);
    }
    hr_nulls_clear(&pool->nulls);
    pthread_mutex_destroy(&pool->lock);
    hr_free(pool);
}

static hr_batch_body *take_spare(hr_batch_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    hr_batch_body *body = pool->spare;
    if (body) {
        pool->spare = body->spare;
        pool->spare_count--;
    }
    pthread_mutex_unlock(&pool->lock);
    return body;
}

hr_status hr_batch_body_new(hr_batch_pool *pool, hr_batch_body **out, hr_error *err)
{
    hr_batch_body *body = take_spare(pool);
    if (!body) {
        body = hr_malloc(sizeof *body);
        if (!body)
            return hr_fail_memory(err, "making a batch");
        memset(body, 0, offsetof(hr_batch_body, begins));
    }
    body->batch = (hr_batch){.begins = body->begins,
                             .offset_bytes = 2,
                             .row_first = body->row_first,
                             .dialect = &pool->dialect,
                             .nulls = (uint32_t)pool->nulls.count};
    atomic_init(&body->references, 1);
    atomic_fetch_add_explicit(&pool->references, 1, memory_order_relaxed);
    body->pool = pool;
    body->spare = NULL;
    body->chunk = NULL;
    body->reject_count = 0;
    *out = body;
    return HR_OK;
}

hr_batch *hr_batch_retain(hr_batch *batch)
{
    hr_batch_body *body = (hr_batch_body *)batch;
    atomic_fetch_add_explicit(&body->references, 1, memory_order_relaxed);
    return batch;
}

void hr_batch_release(hr_batch *batch)
{
    hr_batch_body *body = (hr_batch_body *)batch;
    if (!body || atomic_fetch_sub_explicit(&body->references, 1, memory_order_acq_rel) != 1)
        return;
    hr_batch_pool *pool = body->pool;
    hr_chunk_release(body->chunk);
    drop_blocks(body);
    pthread_mutex_lock(&pool->lock);
    bool keep = pool->spare_count < SPARE_MAX;
    if (keep) {
        body->spare = pool->spare;
        pool->spare = body;
        pool->spare_count++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!keep)
        body_free(body);
    hr_batch_pool_release(pool);
}

void *hr_batch_keep(hr_batch_body *body, size_t size)
{
    hr_batch_block *block = body->blocks;
    size = (size + 15) & ~(size_t)15;
    if (!block || block->capacity - block->used < size) {
        size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = hr_malloc(sizeof *block + capacity);
        if (!block)
            return NULL;
        *block = (hr_batch_block){.next = body->blocks, .capacity = capacity};
        body->blocks = block;
    }
    void *memory = block->bytes + block->used;
    block->used += size;
    return memory;
}

hr_reject *hr_batch_reject(hr_batch_body *body)
{
    hr_reject *list = hr_array_room(body->reject_list, body->reject_count, &body->reject_capacity, 16, sizeof *list);
    if (!list)
        return NULL;
    body->reject_list = list;
    hr_reject *reject = &body->reject_list[body->reject_count++];
    *reject = (hr_reject){.at = HR_UNKNOWN, .column = HR_UNKNOWN};
    return reject;
}

bool hr_batch_want(uint32_t **array)
{
    if (!*array)
        *array = hr_malloc(HR_BEGINS_ROOM * sizeof **array);
    return *array;
}

hr_status hr_batch_number(hr_batch_body *body, hr_error *err)
{
    hr_batch *batch = &body->batch;
    if (batch->row_number)
        return HR_OK;
    if (!hr_batch_want(&body->row_number))
        return hr_fail_memory(err, "numbering rows");
    for (uint32_t i = 0; i < batch->rows; i++)
        body->row_number[i] = i;
    batch->row_number = body->row_number;
    return HR_OK;
}

bool hr_batch_want_offsets(hr_batch_body *body)
{
    if (!body->row_offset)
        body->row_offset = hr_malloc(HR_BEGINS_ROOM * sizeof *body->row_offset);
    return body->row_offset;
}

bool hr_batch_want_cells(hr_batch_body *body, size_t count)
{
    if (count <= body->cell_capacity)
        return true;
    hr_free(body->cells);
    size_t capacity = count + count / 4;
    body->cells = hr_malloc(capacity * sizeof *body->cells);
    body->cell_capacity = body->cells ? capacity : 0;
    return body->cells;
}

const hr_nulls *hr_batch_nulls(const hr_batch *batch)
{
    return &((const hr_batch_body *)batch)->pool->nulls;
}

uint64_t hr_batch_lines(const hr_batch *batch, const hr_kernels *kernels, const uint8_t *data, size_t size)
{
    uint64_t lines = 0;
    if (!(batch->flags & HR_BATCH_NDJSON))
        return kernels->newlines(data, size);
    for (const uint8_t *at = data, *end = data + size; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        lines++;
    return lines;
}
