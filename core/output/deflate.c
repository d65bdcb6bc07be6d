/* deflate.c: bytes to a file descriptor, compressed or not, through a bounded buffer. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zstd.h>

#include "core/output/gzip.h"
#include "core/output/output.h"

#define OUT_SIZE ((size_t)256 * 1024)
#define ZSTD_LEVEL 3
#define DIRECT_LEAST ((size_t)32 * 1024) /* what is not worth being copied to be written with more */
#define PAGE ((size_t)4096)
#define HELD_BACK 131072u
#define JOB_SIZE (2 << 20) /* what one of several threads compresses at a time */
#define WAIT_MS 100        /* how long an interrupt may go unseen */

typedef enum coder_kind { CODER_NONE, CODER_GZIP, CODER_ZSTD } coder_kind;

struct hr_deflate {
    coder_kind coder;
    int fd;
    bool asks;   /* the system can say that a write would wait */
    bool full;   /* the last write could not take all */
    bool waits;  /* a pipe, a socket or a terminal: a write may wait for its reader */
    bool open;   /* a frame was begun and not ended */
    bool ever;   /* some frame was ended */
    bool broken; /* an error was given; what the file holds is not known */
    bool helped; /* threads of zstd's own may compress */
    bool begun;  /* zstd has taken something of this frame, and so has all that it needs */
    atomic_bool interrupted;
    ZSTD_CCtx *zstd;
    hr_gzip *gzip;
    uint64_t held_back; /* most of the input that a compressor has not yet written */
    uint64_t taken;     /* bytes given to us since the last finish */
    uint64_t written;
    size_t filled;
    uint8_t out[OUT_SIZE];
};

static hr_status coder_of(const char *name, coder_kind *out, hr_error *err)
{
    static const char *const names[] = {"none", "gzip", "zstd"};
    for (size_t i = 0; i < HR_COUNT(names); i++)
        if (name && !strcmp(name, names[i])) {
            *out = (coder_kind)i;
            return HR_OK;
        }
    return hr_fail(err, HR_E_INVALID, "unknown compression \"%s\": none, gzip and zstd can be written",
                   name ? name : "");
}

static bool compressor_new(hr_deflate *stream)
{
    if (stream->coder == CODER_ZSTD) {
        stream->zstd = ZSTD_createCCtx();
        return stream->zstd &&
               !ZSTD_isError(ZSTD_CCtx_setParameter(stream->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
               !ZSTD_isError(ZSTD_CCtx_setParameter(stream->zstd, ZSTD_c_checksumFlag, 1));
    }
    if (stream->coder == CODER_GZIP) {
        stream->gzip = hr_gzip_new();
        return stream->gzip;
    }
    return true;
}

hr_status hr_deflate_new(const char *compression, int fd, hr_deflate **out, hr_error *err)
{
    coder_kind coder = CODER_NONE;
    hr_status status = coder_of(compression, &coder, err);
    if (status != HR_OK)
        return status;
    hr_deflate *stream = hr_malloc(sizeof *stream);
    if (!stream)
        return hr_fail_memory(err, "preparing to write");
    memset(stream, 0, offsetof(hr_deflate, out));
    stream->coder = coder;
    stream->held_back = HELD_BACK;
    stream->fd = fd;
#ifdef RWF_NOWAIT
    stream->asks = true;
#endif
    struct stat st;
    stream->waits = fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(fd));
    atomic_init(&stream->interrupted, false);
    if (!compressor_new(stream)) {
        hr_deflate_free(stream);
        return hr_fail_memory(err, "preparing to compress");
    }
    *out = stream;
    return HR_OK;
}

/* Without threads: neither call can fail between frames. */
static void zstd_alone(hr_deflate *stream)
{
    ZSTD_CCtx_reset(stream->zstd, ZSTD_reset_session_only);
    ZSTD_CCtx_setParameter(stream->zstd, ZSTD_c_nbWorkers, 0);
    stream->helped = false;
    stream->held_back = HELD_BACK;
}

/* A library that was built without threads goes on without. Where the system gives no threads, zstd says so only when
 * a frame begins, and calls it a lack of memory: see run_zstd. */
void hr_deflate_threads(hr_deflate *stream, unsigned threads)
{
    if (stream->coder != CODER_ZSTD || threads < 2)
        return;
    stream->helped = true;
    stream->held_back = (uint64_t)(threads + 1) * JOB_SIZE;
    if (ZSTD_isError(ZSTD_CCtx_setParameter(stream->zstd, ZSTD_c_nbWorkers, (int)threads)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(stream->zstd, ZSTD_c_jobSize, JOB_SIZE)))
        zstd_alone(stream);
}

/* Waits until the reader takes bytes. */
static hr_status wait_writable(hr_deflate *stream, hr_error *err)
{
    struct pollfd waiting = {.fd = stream->fd, .events = POLLOUT};
    for (;;) {
        int ready = poll(&waiting, 1, WAIT_MS);
        if (ready > 0)
            return HR_OK;
        if (ready < 0 && errno != EINTR)
            return hr_fail_errno(err, errno, "waiting for the reader of the output");
        if (atomic_load(&stream->interrupted))
            return hr_fail(err, HR_E_INTERRUPTED, "stopped while waiting for the reader of the output");
    }
}

static hr_status write_failed(int code, hr_error *err)
{
    if (code == EPIPE)
        return hr_fail(err, HR_E_IO, "the reader of the output went away");
    return hr_fail_errno(err, code, "writing %s",
                         code == ENOSPC || code == EDQUOT ? "(make room, then run again)" : "output");
}

/* Writes what the reader takes now; -1 with EAGAIN when that is nothing. Where the system cannot be asked for that, a
 * wait must come first: what is ready takes a page without waiting. */
static ssize_t write_some(hr_deflate *stream, const uint8_t *data, size_t size)
{
#ifdef RWF_NOWAIT
    if (stream->asks) {
        struct iovec part = {(void *)(uintptr_t)data, size};
        ssize_t done = pwritev2(stream->fd, &part, 1, -1, RWF_NOWAIT);
        if (done >= 0 || (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS && errno != ESPIPE))
            return done;
        stream->asks = false;
        errno = EAGAIN;
        return -1;
    }
#endif
    return write(stream->fd, data, size < PAGE ? size : PAGE);
}

static hr_status write_all(hr_deflate *stream, const uint8_t *data, size_t size, hr_error *err)
{
    while (size) {
        if (stream->waits && (stream->full || !stream->asks)) {
            hr_status status = wait_writable(stream, err);
            if (status != HR_OK)
                return status;
        }
        ssize_t done = stream->waits ? write_some(stream, data, size) : write(stream->fd, data, size);
        stream->full = done < 0 || (size_t)done < size;
        if (done < 0 && errno == EAGAIN && !stream->waits) {
            stream->waits = true;
            continue;
        }
        if (done < 0 && errno != EINTR && errno != EAGAIN)
            return write_failed(errno, err);
        if (done > 0) {
            stream->written += (uint64_t)done;
            data += done;
            size -= (size_t)done;
        }
    }
    return HR_OK;
}

static hr_status flush_out(hr_deflate *stream, hr_error *err)
{
    hr_status status = write_all(stream, stream->out, stream->filled, err);
    stream->filled = 0;
    return status;
}

static hr_status store(hr_deflate *stream, const uint8_t *data, size_t size, hr_error *err)
{
    if (size > OUT_SIZE - stream->filled) {
        hr_status status = flush_out(stream, err);
        if (status != HR_OK)
            return status;
    }
    if (size >= DIRECT_LEAST) {
        hr_status status = flush_out(stream, err);
        return status == HR_OK ? write_all(stream, data, size, err) : status;
    }
    memcpy(stream->out + stream->filled, data, size);
    stream->filled += size;
    return HR_OK;
}

static hr_status run_zstd(hr_deflate *stream, const uint8_t *data, size_t size, bool end, hr_error *err)
{
    ZSTD_inBuffer in = {data, size, 0};
    for (;;) {
        if (stream->filled == OUT_SIZE) {
            hr_status status = flush_out(stream, err);
            if (status != HR_OK)
                return status;
        }
        ZSTD_outBuffer out = {stream->out, OUT_SIZE, stream->filled};
        size_t left = ZSTD_compressStream2(stream->zstd, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left) && stream->helped && !stream->begun) {
            zstd_alone(stream); /* nothing was taken and nothing written: the frame can begin again */
            continue;
        }
        if (ZSTD_isError(left))
            return hr_fail(err, HR_E_IO, "compressing with zstd: %s", ZSTD_getErrorName(left));
        stream->filled = out.pos;
        stream->begun = true;
        if (end ? left == 0 : in.pos == in.size)
            return HR_OK;
    }
}

static hr_status run_gzip(hr_deflate *stream, const uint8_t *data, size_t size, bool end, hr_error *err)
{
    bool ended = false;
    while (size || (end && !ended)) {
        if (stream->filled == OUT_SIZE) {
            hr_status status = flush_out(stream, err);
            if (status != HR_OK)
                return status;
        }
        size_t got = 0;
        if (!hr_gzip_run(stream->gzip, &data, &size, end, stream->out + stream->filled, OUT_SIZE - stream->filled, &got,
                         &ended))
            return hr_fail(err, HR_E_IO, "compressing with gzip: the compressor is in a state that cannot be");
        stream->filled += got;
    }
    return HR_OK;
}

static hr_status run(hr_deflate *stream, const void *data, size_t size, bool end, hr_error *err)
{
    if (stream->broken)
        return hr_fail(err, HR_E_STATE, "the output has failed before; it can only be closed");
    hr_status status = stream->coder == CODER_ZSTD   ? run_zstd(stream, data, size, end, err)
                       : stream->coder == CODER_GZIP ? run_gzip(stream, data, size, end, err)
                                                     : store(stream, data, size, err);
    stream->broken = status != HR_OK;
    return status;
}

hr_status hr_deflate_write(hr_deflate *stream, const void *data, size_t size, hr_error *err)
{
    if (!size)
        return HR_OK;
    stream->open = true;
    stream->taken += size;
    return run(stream, data, size, false, err);
}

/* An output to which nothing was written is still a valid frame of nothing. */
hr_status hr_deflate_finish(hr_deflate *stream, hr_error *err)
{
    hr_status status = HR_OK;
    if (stream->open || !stream->ever)
        status = run(stream, "", 0, true, err);
    if (status == HR_OK) {
        status = flush_out(stream, err);
        stream->broken = status != HR_OK;
    }
    if (status == HR_OK) {
        stream->open = false;
        stream->begun = false;
        stream->taken = 0;
        stream->ever = true;
    }
    return status;
}

uint64_t hr_deflate_written(const hr_deflate *stream)
{
    return stream->written;
}

/* A compressor holds back up to about a block of its input, with threads one block each and one more; text shrinks to
 * something like a quarter. */
uint64_t hr_deflate_estimate(const hr_deflate *stream)
{
    uint64_t waiting = stream->coder == CODER_NONE         ? 0
                       : stream->taken < stream->held_back ? stream->taken
                                                           : stream->held_back;
    return stream->written + stream->filled + waiting / 4;
}

void hr_deflate_interrupt(hr_deflate *stream)
{
    atomic_store(&stream->interrupted, true);
}

void hr_deflate_free(hr_deflate *stream)
{
    if (!stream)
        return;
    ZSTD_freeCCtx(stream->zstd);
    hr_gzip_free(stream->gzip);
    hr_free(stream);
}

const char *hr_output_suffix(const char *format, const char *compression)
{
    static const char *const suffixes[2][3] = {{".csv", ".csv.gz", ".csv.zst"},
                                               {".ndjson", ".ndjson.gz", ".ndjson.zst"}};
    coder_kind coder = CODER_NONE;
    if (coder_of(compression, &coder, NULL) != HR_OK)
        coder = CODER_NONE;
    return suffixes[format && !strcmp(format, "ndjson")][coder];
}
