/* inflate_zstd.c: zstd frames (RFC 8878) through libzstd. */
#include <zstd.h>
#include <zstd_errors.h>

#include "core/input/inflate_parts.h"

/* A frame says how much memory its decoder needs. 64 MiB is enough for all levels of zstd but --ultra -22 and --long.
 */
#define WINDOW_LOG_MAX 26
/* Size of a block's header. */
#define BLOCK_HEADER 3u

typedef struct zstd_state {
    ZSTD_DCtx *context;
    size_t ask;   /* most bytes to give to the next call */
    bool pending; /* the last call filled its room: there may be more without new input */
} zstd_state;

/* Enough to learn how long the frame's header is. */
#define ASK_FIRST 5u

static hr_status zstd_open(void **state, hr_error *err)
{
    zstd_state *self = hr_calloc(1, sizeof *self);
    ZSTD_DCtx *context = self ? ZSTD_createDCtx() : NULL;
    if (!context) {
        hr_free(self);
        return hr_fail_memory(err, "preparing to decompress zstd data");
    }
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    self->context = context;
    self->ask = ASK_FIRST;
    *state = self;
    return HR_OK;
}

static hr_status fail_zstd(size_t code, hr_error *err)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation: return hr_fail_memory(err, "decompressing zstd data");
    case ZSTD_error_frameParameter_windowTooLarge:
        return hr_fail(err, HR_E_LIMIT,
                       "decompressing zstd data: it needs a window of more than %u MiB of memory: compress "
                       "the file again without --long and --ultra, or pipe it through zstd -dc --long=31",
                       1u << (WINDOW_LOG_MAX - 20));
    case ZSTD_error_dictionary_wrong:
    case ZSTD_error_dictionary_corrupted:
        return hr_fail(err, HR_E_UNSUPPORTED,
                       "decompressing zstd data: it was compressed with a dictionary: decompress the "
                       "file with zstd -dc -D DICTIONARY and pipe the result");
    default: return hr_fail(err, HR_E_CORRUPT, "%s", ZSTD_getErrorName(code));
    }
}

/* A failing ZSTD_decompressStream does not say what it has written, so no call may both write and come to something
 * that can fail behind that. What is left of the last block is written by a call without input. The hint that is
 * returned is the rest of the block plus the header of the next one; less that header, a call ends with the block. */
static hr_status zstd_step(void *state, const uint8_t *in, size_t in_size, size_t *in_used, uint8_t *out,
                           size_t capacity, size_t *got, hr_error *err)
{
    zstd_state *self = state;
    size_t given = self->pending ? 0 : in_size < self->ask ? in_size : self->ask;
    if (!given && !self->pending)
        return HR_OK; /* libzstd takes many calls without progress for an error */
    ZSTD_inBuffer input = {in, given, 0};
    ZSTD_outBuffer output = {out, capacity, 0};
    size_t hint = ZSTD_decompressStream(self->context, &output, &input);
    if (ZSTD_isError(hint))
        return fail_zstd(hint, err);
    *in_used = input.pos;
    *got = output.pos;
    self->ask = !hint ? ASK_FIRST : hint > BLOCK_HEADER ? hint - BLOCK_HEADER : hint;
    bool wrote_all = self->pending && !output.pos;
    self->pending = output.pos == capacity;
    return !hint ? HR_END : wrote_all ? zstd_step(state, in, in_size, in_used, out, capacity, got, err) : HR_OK;
}

/* Frames and skippable frames. Those of the versions before 0.8 are left out: libzstd reads them by other rules. */
static bool zstd_begins(uint8_t byte)
{
    return byte == 0x28 || (byte & 0xF0) == 0x50;
}

static void zstd_close(void *state)
{
    zstd_state *self = state;
    ZSTD_freeDCtx(self->context);
    hr_free(self);
}

const hr_unpacker hr_unpacker_zstd = {"zstd", zstd_open, zstd_step, NULL, zstd_begins, zstd_close};
