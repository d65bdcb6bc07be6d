/* chunk.c: reference-counted stretches of text. */
#include "core/rows/batch.h"

hr_chunk *hr_chunk_new(size_t capacity)
{
    hr_chunk *chunk = hr_malloc(sizeof *chunk + capacity);
    if (!chunk)
        return NULL;
    atomic_init(&chunk->references, 1);
    chunk->capacity = capacity;
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
