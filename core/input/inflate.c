/* inflate.c: decompression as one stream: frames one after the other, padding, cuts and damage. Owns no format. */
#include <inttypes.h>

#include "core/input/inflate_parts.h"

typedef enum place {
    AT_START, /* no byte has come */
    IN_FRAME,
    BETWEEN,   /* behind a complete frame */
    IN_PADDING /* zero bytes behind the last frame */
} place;

struct hr_inflate {
    const hr_unpacker *unpacker; /* NULL: bytes are copied */
    void *state;
    place at;
    uint64_t stored, raw; /* bytes consumed and given out */
    hr_error failure;     /* status HR_OK: none */
};

/* The bytes of one call of hr_inflate_run. */
typedef struct span {
    const uint8_t *in;
    size_t in_size, used;
    uint8_t *out;
    size_t capacity, got;
} span;

const char *hr_compression_name(hr_compression compression)
{
    switch (compression) {
    case HR_COMPRESSION_NONE: return "none";
    case HR_COMPRESSION_GZIP: return "gzip";
    case HR_COMPRESSION_ZSTD: return "zstd";
    }
    return "unknown";
}

hr_compression hr_compression_detect(const uint8_t *data, size_t size)
{
    static const uint8_t frame[4] = {0x28, 0xB5, 0x2F, 0xFD}, skippable[3] = {0x2A, 0x4D, 0x18};
    /* RFC 1952, 2.3.1: ID1, ID2; deflate is the only method there is. */
    if (size >= 3 && data[0] == 0x1F && data[1] == 0x8B && data[2] == 8)
        return HR_COMPRESSION_GZIP;
    /* RFC 8878, 3.1.1 and 3.1.2. */
    if (size >= 4 && !memcmp(data, frame, 4))
        return HR_COMPRESSION_ZSTD;
    if (size >= 4 && (data[0] & 0xF0) == 0x50 && !memcmp(data + 1, skippable, 3))
        return HR_COMPRESSION_ZSTD;
    return HR_COMPRESSION_NONE;
}

hr_status hr_inflate_new(hr_compression compression, hr_inflate **out, hr_error *err)
{
    hr_inflate *inflate = hr_calloc(1, sizeof *inflate);
    if (!inflate)
        return hr_fail_memory(err, "preparing to decompress");
    inflate->unpacker = compression == HR_COMPRESSION_GZIP   ? &hr_unpacker_gzip
                        : compression == HR_COMPRESSION_ZSTD ? &hr_unpacker_zstd
                                                             : NULL;
    if (inflate->unpacker) {
        hr_status status = inflate->unpacker->open(&inflate->state, err);
        if (status != HR_OK) {
            hr_free(inflate);
            return status;
        }
    }
    *out = inflate;
    return HR_OK;
}

void hr_inflate_free(hr_inflate *inflate)
{
    if (!inflate)
        return;
    if (inflate->unpacker)
        inflate->unpacker->close(inflate->state);
    hr_free(inflate);
}

static hr_status damaged(hr_inflate *inflate, const span *bytes, const char *why)
{
    return hr_fail(&inflate->failure, HR_E_CORRUPT,
                   "decompressing %s data: damaged near stored byte %" PRIu64
                   " (%s): get an undamaged copy of the file",
                   inflate->unpacker->name, inflate->stored + bytes->used, why);
}

static hr_status cut_off(hr_inflate *inflate, const span *bytes)
{
    return hr_fail(&inflate->failure, HR_E_CORRUPT,
                   "decompressing %s data: cut off at stored byte %" PRIu64
                   ": the file is incomplete; wait until its upload has ended, or get it again",
                   inflate->unpacker->name, inflate->stored + bytes->used);
}

/* Takes zero bytes, and one more look at what is none. */
static hr_status skip_padding(hr_inflate *inflate, span *bytes)
{
    while (bytes->used < bytes->in_size && !bytes->in[bytes->used])
        bytes->used++;
    if (bytes->used == bytes->in_size)
        return HR_OK;
    return damaged(inflate, bytes, "something follows the padding behind the end of the data");
}

static hr_status unpack(hr_inflate *inflate, span *bytes)
{
    size_t used = 0, got = 0;
    hr_error reason;
    hr_error_clear(&reason);
    hr_status status =
        inflate->unpacker->step(inflate->state, bytes->in + bytes->used, bytes->in_size - bytes->used, &used,
                                bytes->out + bytes->got, bytes->capacity - bytes->got, &got, &reason);
    bytes->used += used;
    bytes->got += got;
    if (status == HR_END) {
        inflate->at = BETWEEN;
        return HR_OK;
    }
    if (status == HR_E_CORRUPT)
        return damaged(inflate, bytes, reason.text);
    if (status != HR_OK)
        inflate->failure = reason;
    return status;
}

/* One step; an error is in inflate->failure. */
static hr_status advance(hr_inflate *inflate, span *bytes)
{
    if ((inflate->at == AT_START || inflate->at == BETWEEN) && bytes->used < bytes->in_size) {
        uint8_t next = bytes->in[bytes->used];
        if (inflate->unpacker->begins(next))
            inflate->at = IN_FRAME;
        else if (inflate->at == AT_START)
            return damaged(inflate, bytes, "it does not begin as such data do");
        else if (next)
            return damaged(inflate, bytes, "something that is not compressed follows the end of the data");
        else
            inflate->at = IN_PADDING;
    }
    if (inflate->at == IN_PADDING)
        return skip_padding(inflate, bytes);
    return inflate->at == IN_FRAME ? unpack(inflate, bytes) : HR_OK;
}

static hr_status copy(span *bytes, bool last)
{
    size_t size = bytes->in_size < bytes->capacity ? bytes->in_size : bytes->capacity;
    if (size)
        memcpy(bytes->out, bytes->in, size);
    bytes->used = bytes->got = size;
    return last && !bytes->in_size ? HR_END : HR_OK;
}

static hr_status run(hr_inflate *inflate, span *bytes, bool last)
{
    if (!inflate->unpacker)
        return copy(bytes, last);
    while (bytes->got < bytes->capacity) {
        size_t used = bytes->used, got = bytes->got;
        hr_status status = advance(inflate, bytes);
        if (status != HR_OK)
            return status;
        if (bytes->used == used && bytes->got == got)
            break;
    }
    if (!last || bytes->got || !bytes->capacity || (bytes->used && bytes->used < bytes->in_size))
        return HR_OK;
    if (inflate->at == BETWEEN || inflate->at == IN_PADDING)
        return HR_END;
    if (inflate->at == IN_FRAME && inflate->unpacker->cut) {
        hr_status status =
            inflate->unpacker->cut(inflate->state, bytes->out, bytes->capacity, &bytes->got, &inflate->failure);
        if (status != HR_OK || bytes->got)
            return status;
    }
    return cut_off(inflate, bytes);
}

hr_status hr_inflate_run(hr_inflate *inflate, const uint8_t *in, size_t in_size, bool last, size_t *in_used,
                         uint8_t *out, size_t capacity, size_t *got, hr_error *err)
{
    span bytes = {in, in_size, 0, out, capacity, 0};
    hr_status status = inflate->failure.status;
    if (status == HR_OK) {
        status = run(inflate, &bytes, last);
        inflate->stored += bytes.used;
        inflate->raw += bytes.got;
        if (status > HR_AGAIN)
            inflate->failure.offset = inflate->raw;
    }
    if (bytes.got)
        status = HR_OK; /* the error, kept, comes with the next call */
    if (status > HR_AGAIN) {
        if (err)
            *err = inflate->failure;
        return status;
    }
    *in_used = bytes.used;
    *got = bytes.got;
    return status;
}
