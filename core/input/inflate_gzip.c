/* inflate_gzip.c: gzip members (RFC 1952) through zlib, where ISA-L is not there. */
#ifndef HR_HAVE_ISAL
#define ZLIB_CONST
#include <zlib.h>

#include "core/input/inflate_parts.h"

static voidpf allocate(voidpf opaque, uInt items, uInt size)
{
    (void)opaque;
    return hr_calloc(items, size);
}

static void release(voidpf opaque, voidpf memory)
{
    (void)opaque;
    hr_free(memory);
}

static hr_status gzip_open(void **state, hr_error *err)
{
    z_stream *stream = hr_calloc(1, sizeof *stream);
    if (!stream)
        return hr_fail_memory(err, "preparing to decompress gzip data");
    stream->zalloc = allocate;
    stream->zfree = release;
    int code = inflateInit2(stream, 16 + MAX_WBITS); /* 16: a gzip header and trailer, nothing else */
    if (code != Z_OK) {
        hr_free(stream);
        return code == Z_MEM_ERROR ? hr_fail_memory(err, "preparing to decompress gzip data")
                                   : hr_fail(err, HR_E_UNSUPPORTED,
                                             "preparing to decompress gzip data: zlib %s cannot be "
                                             "used where %s was compiled in: install a matching zlib",
                                             zlibVersion(), ZLIB_VERSION);
    }
    *state = stream;
    return HR_OK;
}

static hr_status gzip_step(void *state, const uint8_t *in, size_t in_size, size_t *in_used, uint8_t *out,
                           size_t capacity, size_t *got, hr_error *err)
{
    z_stream *stream = state;
    uInt in_room = in_size > UINT32_MAX ? UINT32_MAX : (uInt)in_size;
    uInt out_room = capacity > UINT32_MAX ? UINT32_MAX : (uInt)capacity;
    stream->next_in = in;
    stream->avail_in = in_room;
    stream->next_out = out;
    stream->avail_out = out_room;
    int code = inflate(stream, Z_NO_FLUSH);
    *in_used = in_room - stream->avail_in;
    *got = out_room - stream->avail_out;
    switch (code) {
    case Z_OK:
    case Z_BUF_ERROR: return HR_OK;
    case Z_STREAM_END: inflateReset(stream); return HR_END;
    case Z_MEM_ERROR: return hr_fail_memory(err, "decompressing gzip data");
    default: return hr_fail(err, HR_E_CORRUPT, "%s", stream->msg ? stream->msg : "not gzip data");
    }
}

static bool gzip_begins(uint8_t byte)
{
    return byte == 0x1F;
}

static void gzip_close(void *state)
{
    inflateEnd(state);
    hr_free(state);
}

const hr_unpacker hr_unpacker_gzip = {"gzip", gzip_open, gzip_step, NULL, gzip_begins, gzip_close};
#else
typedef int hr_isal_is_there;
#endif
