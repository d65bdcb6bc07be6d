/* input_samples.h: what the tests of core/input share: bytes that grow, packed bytes, streams over memory. */
#ifndef HR_TESTS_INPUT_SAMPLES_H
#define HR_TESTS_INPUT_SAMPLES_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "core/input/input.h"

typedef struct bytes {
    uint8_t *data;
    size_t size;
} bytes;

/* Memory that lives until the test ends: `.fini = scratch_free` in its TestSuite. */
typedef struct scratch_block {
    struct scratch_block *next;
    max_align_t memory[];
} scratch_block;
static scratch_block *scratch_blocks;

static inline void *scratch(size_t size)
{
    scratch_block *block = malloc(sizeof *block + size);
    cr_assert(block);
    block->next = scratch_blocks;
    scratch_blocks = block;
    return block->memory;
}

static inline void scratch_free(void)
{
    while (scratch_blocks) {
        scratch_block *next = scratch_blocks->next;
        free(scratch_blocks);
        scratch_blocks = next;
    }
}

static inline bytes join(bytes a, const void *data, size_t size)
{
    bytes out = {scratch(a.size + size + 1), a.size + size};
    if (a.size)
        memcpy(out.data, a.data, a.size);
    if (size)
        memcpy(out.data + a.size, data, size);
    return out;
}

static inline bytes text_bytes(const char *text)
{
    return join((bytes){NULL, 0}, text, strlen(text));
}

static inline bool same(bytes a, bytes b)
{
    return a.size == b.size && !memcmp(a.data, b.data, a.size);
}

/* Rows that compress, but not to nothing. */
static inline bytes some_rows(size_t rows)
{
    bytes out = {scratch(rows * 40 + 1), 0};
    uint32_t random = 1;
    for (size_t i = 0; i < rows; i++) {
        random = random * 1664525u + 1013904223u;
        out.size += (size_t)snprintf((char *)out.data + out.size, 40, "%zu,%u,name %u\n", i, random >> 8, random >> 28);
    }
    return out;
}

/* Bytes without any pattern. */
static inline bytes some_noise(size_t size)
{
    bytes out = {scratch(size + 1), size};
    uint64_t random = 88172645463325252u;
    for (size_t i = 0; i < size; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        out.data[i] = (uint8_t)(random >> 32);
    }
    return out;
}

static inline bytes gzip(const void *data, size_t size, int level, int strategy, bool long_header)
{
    z_stream stream = {0};
    gz_header header = {.text = 1,
                        .time = 1700000000,
                        .os = 3,
                        .hcrc = 1,
                        .extra = (Bytef *)"ab\2\0xy",
                        .extra_len = 6,
                        .name = (Bytef *)"orders.csv",
                        .comment = (Bytef *)"a comment"};
    cr_assert_eq(deflateInit2(&stream, level, Z_DEFLATED, 31, 8, strategy), Z_OK);
    if (long_header)
        deflateSetHeader(&stream, &header);
    bytes out = {scratch(size + size / 100 + 1000), 0};
    stream.next_in = (Bytef *)data;
    stream.avail_in = (uInt)size;
    stream.next_out = out.data;
    stream.avail_out = (uInt)(size + size / 100 + 1000);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.size = stream.total_out;
    deflateEnd(&stream);
    return out;
}

/* Blocks end every `block` bytes of input; the size of the content is not in the header when there are blocks. */
static inline bytes zstd(const void *data, size_t size, size_t block, int window_log)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    if (window_log || block) /* without a size, the default window is of megabytes, and each decoder allocates it */
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log ? window_log : 12);
    size_t capacity = ZSTD_compressBound(size) + 100 + (block ? size / block * 16 : 0);
    bytes out = {scratch(capacity), 0};
    ZSTD_outBuffer output = {out.data, capacity, 0};
    for (size_t at = 0; block && at + block < size; at += block) {
        ZSTD_inBuffer input = {(const uint8_t *)data + at, block, 0};
        cr_assert_eq(ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush), 0);
    }
    size_t done = block && size > block ? (size - 1) / block * block : 0;
    ZSTD_inBuffer input = {(const uint8_t *)data + done, size - done, 0};
    cr_assert_eq(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end), 0);
    out.size = output.pos;
    ZSTD_freeCCtx(context);
    return out;
}

/* ---- a stream over memory ---------------------------------------------------------------------------------- */

/* Gives data up to `split`, then the rest, never more than `most` at once; then fails with `failure` if that is set. */
typedef struct memory_stream {
    bytes data;
    size_t at, split, most;
    hr_status failure;
    int interrupted, closed, reads;
} memory_stream;

static inline hr_status memory_read(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    memory_stream *self = state;
    self->reads++;
    if (self->at == self->data.size)
        return self->failure ? hr_fail(err, self->failure, "the stream broke") : HR_END;
    size_t end = self->at < self->split && self->split < self->data.size ? self->split : self->data.size;
    size_t size = end - self->at < capacity ? end - self->at : capacity;
    if (self->most && size > self->most)
        size = self->most;
    memcpy(room, self->data.data + self->at, size);
    self->at += size;
    *got = size;
    return HR_OK;
}

static inline void memory_interrupt(void *state)
{
    ((memory_stream *)state)->interrupted++;
}

static inline void memory_close(void *state)
{
    ((memory_stream *)state)->closed++;
}

static inline hr_stream stream_over(memory_stream *state)
{
    return (hr_stream){.read = memory_read, .interrupt = memory_interrupt, .close = memory_close, .state = state};
}

#endif
