/* gzip.c: a gzip compressor: ISA-L where the build has it, else zlib. */
#include "core/output/gzip.h"

#define PIECE ((size_t)1 << 30) /* both libraries count in 32 bits */

#ifdef HR_HAVE_ISAL
#include <isa-l/igzip_lib.h>

#define LEVEL 2 /* of 0 to 3 */

struct hr_gzip {
    struct isal_zstream stream;
    uint8_t work[ISAL_DEF_LVL2_DEFAULT];
};

static void begin_member(hr_gzip *gzip)
{
    isal_deflate_init(&gzip->stream);
    gzip->stream.gzip_flag = IGZIP_GZIP;
    gzip->stream.level = LEVEL;
    gzip->stream.level_buf = gzip->work;
    gzip->stream.level_buf_size = sizeof gzip->work;
    gzip->stream.flush = NO_FLUSH;
}

hr_gzip *hr_gzip_new(void)
{
    hr_gzip *gzip = hr_malloc(sizeof *gzip);
    if (gzip)
        begin_member(gzip);
    return gzip;
}

bool hr_gzip_run(hr_gzip *gzip, const uint8_t **data, size_t *size, bool end, uint8_t *room, size_t capacity,
                 size_t *got, bool *ended)
{
    struct isal_zstream *stream = &gzip->stream;
    size_t piece = *size > PIECE ? PIECE : *size;
    stream->next_in = (uint8_t *)(uintptr_t)*data;
    stream->avail_in = (uint32_t)piece;
    stream->next_out = room;
    stream->avail_out = (uint32_t)capacity;
    stream->end_of_stream = end && piece == *size;
    bool ok = isal_deflate(stream) == COMP_OK;
    *data += piece - stream->avail_in;
    *size -= piece - stream->avail_in;
    *got = capacity - stream->avail_out;
    *ended = stream->internal_state.state == ZSTATE_END;
    if (*ended)
        begin_member(gzip);
    return ok;
}

void hr_gzip_free(hr_gzip *gzip)
{
    hr_free(gzip);
}

#else
#include <zlib.h>

#define LEVEL 6
#define WRAPPER 16 /* a gzip header and trailer around the deflate data */

struct hr_gzip {
    z_stream stream;
};

static voidpf zlib_alloc(voidpf opaque, uInt count, uInt size)
{
    (void)opaque;
    return hr_calloc(count, size);
}

static void zlib_free(voidpf opaque, voidpf memory)
{
    (void)opaque;
    hr_free(memory);
}

hr_gzip *hr_gzip_new(void)
{
    hr_gzip *gzip = hr_calloc(1, sizeof *gzip);
    if (!gzip)
        return NULL;
    gzip->stream.zalloc = zlib_alloc;
    gzip->stream.zfree = zlib_free;
    if (deflateInit2(&gzip->stream, LEVEL, Z_DEFLATED, MAX_WBITS + WRAPPER, 8, Z_DEFAULT_STRATEGY) == Z_OK)
        return gzip;
    hr_free(gzip);
    return NULL;
}

bool hr_gzip_run(hr_gzip *gzip, const uint8_t **data, size_t *size, bool end, uint8_t *room, size_t capacity,
                 size_t *got, bool *ended)
{
    z_stream *stream = &gzip->stream;
    size_t piece = *size > PIECE ? PIECE : *size;
    stream->next_in = (Bytef *)(uintptr_t)*data;
    stream->avail_in = (uInt)piece;
    stream->next_out = room;
    stream->avail_out = (uInt)capacity;
    int code = deflate(stream, end && piece == *size ? Z_FINISH : Z_NO_FLUSH);
    *data += piece - stream->avail_in;
    *size -= piece - stream->avail_in;
    *got = capacity - stream->avail_out;
    *ended = code == Z_STREAM_END;
    return code != Z_STREAM_ERROR && (!*ended || deflateReset(stream) == Z_OK);
}

void hr_gzip_free(hr_gzip *gzip)
{
    if (!gzip)
        return;
    deflateEnd(&gzip->stream);
    hr_free(gzip);
}
#endif
