/* chunk.c: reference-counted stretches of text. */
#include "core/rows/batch.h"

static hr_chunk *make(size_t room, size_t capacity)
{
    hr_chunk *chunk = hr_malloc(sizeof *chunk + room);
    if (!chunk)
        return NULL;
    atomic_init(&chunk->references, 1);
    chunk->lent = false;
    chunk->capacity = capacity;
    chunk->bytes = chunk->own;
    return chunk;
}

hr_chunk *hr_chunk_new(size_t capacity)
{
    return make(capacity, capacity);
}

hr_chunk *hr_chunk_lend(const uint8_t *bytes, size_t size)
{
    hr_chunk *chunk = make(0, size);
    if (!chunk)
        return NULL;
    chunk->lent = true;
    chunk->bytes = (uint8_t *)bytes;
    return chunk;
}

hr_chunk *hr_chunk_retain(hr_chunk *chunk)
{
    atomic_fetch_add_explicit(&chunk->references, 1, memory_order_relaxed);
    return chunk;
}

void hr_chunk_release(hr_chunk *chunk)
{
    if (chunk && atomic_fetch_sub_explicit(&chunk->references, 1, memory_order_acq_rel) == 1)
        hr_free(chunk);
}

/* Acquire: what other holders did with the bytes has happened before the caller reuses them. */
bool hr_chunk_sole(const hr_chunk *chunk)
{
    return atomic_load_explicit(&chunk->references, memory_order_acquire) == 1;
}
