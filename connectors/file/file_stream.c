/* file_stream.c: the bytes of one file, pipe or standard input, in order. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/file/file.h"

#define WAIT_MS 100 /* how long an interrupt may go unseen */
/* What a pipe should hold: with the 64 KiB that it has at first, writer and reader mostly wait for each other. */
#define PIPE_SIZE (256 << 10)

typedef struct file_stream {
    int fd;
    bool own;   /* fd is closed with the stream: all but standard input */
    bool waits; /* a read may wait for a writer: whatever is no regular file */
    atomic_bool interrupted;
    uint64_t from; /* offset at which the stream begins */
    uint64_t at;   /* offset of the next byte */
    uint64_t size; /* that the object had when it was listed, or HR_UNKNOWN */
    char path[];
} file_stream;

static hr_status stream_ready(void *state, hr_error *err)
{
    file_stream *stream = state;
    struct pollfd waiting = {.fd = stream->fd, .events = POLLIN};
    if (atomic_load(&stream->interrupted))
        return hr_fail(err, HR_E_INTERRUPTED, "stopped while reading \"" HR_PATH_SHOWN "\"", stream->path);
    int ready = stream->waits ? poll(&waiting, 1, WAIT_MS) : 1;
    if (ready < 0 && errno != EINTR)
        return hr_fail_errno(err, errno, "waiting for \"" HR_PATH_SHOWN "\"", stream->path);
    return ready > 0 ? HR_OK : HR_AGAIN;
}

/* No byte stands at offset `at`. */
static hr_status ended_at(const file_stream *stream, uint64_t at, hr_error *err)
{
    if (stream->size != HR_UNKNOWN && at < stream->size)
        return hr_fail(err, HR_E_CHANGED,
                       "\"" HR_PATH_SHOWN "\" was cut to %llu bytes while it was being read; it had %llu", stream->path,
                       (unsigned long long)at, (unsigned long long)stream->size);
    return HR_END;
}

static hr_status stream_read(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    file_stream *stream = state;
    for (;;) {
        hr_status status = stream_ready(stream, err);
        if (status == HR_AGAIN)
            continue;
        if (status != HR_OK)
            return status;
        ssize_t size = read(stream->fd, room, capacity);
        if (size > 0) {
            stream->at += (uint64_t)size;
            *got = (size_t)size;
            return HR_OK;
        }
        if (size == 0)
            break;
        if (errno == EAGAIN)
            stream->waits = true;
        else if (errno != EINTR)
            return hr_fail_errno(err, errno, "reading \"" HR_PATH_SHOWN "\"", stream->path);
    }
    return ended_at(stream, stream->at, err);
}

/* Regular files only. */
static hr_status stream_read_at(void *state, uint64_t at, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    file_stream *stream = state;
    size_t size = 0;
    at += stream->from;
    while (size < capacity) {
        if (atomic_load(&stream->interrupted))
            return hr_fail(err, HR_E_INTERRUPTED, "stopped while reading \"" HR_PATH_SHOWN "\"", stream->path);
        ssize_t more = pread(stream->fd, room + size, capacity - size, (off_t)(at + size));
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return hr_fail_errno(err, errno, "reading \"" HR_PATH_SHOWN "\"", stream->path);
        if (more == 0)
            break;
        size += (size_t)more;
    }
    if (!size)
        return ended_at(stream, at, err);
    *got = size;
    return HR_OK;
}

static void stream_interrupt(void *state)
{
    file_stream *stream = state;
    atomic_store(&stream->interrupted, true);
}

static void stream_close(void *state)
{
    file_stream *stream = state;
    if (stream->own)
        close(stream->fd);
    hr_free(stream);
}

/* A hint: where the system refuses, the pipe is as good as it was. */
static void widen_pipe(int fd)
{
#ifdef F_SETPIPE_SZ
    int size = fcntl(fd, F_GETPIPE_SZ);
    if (size >= 0 && size < PIPE_SIZE)
        (void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#else
    (void)fd;
#endif
}

/* Whether what was opened is the object, and can be read from `from`. */
static hr_status check_opened(const hr_object *object, const struct stat *st, uint64_t from, hr_error *err)
{
    if (S_ISDIR(st->st_mode))
        return hr_fail(err, HR_E_INVALID, "\"" HR_PATH_SHOWN "\" is a folder where a file is needed", object->uri);
    if (!hr_object_is(object, st))
        return hr_fail(err, HR_E_CHANGED,
                       "\"" HR_PATH_SHOWN "\" is not the file that was listed: it was replaced or cut since",
                       object->uri);
    if (from && !S_ISREG(st->st_mode))
        return hr_fail(err, HR_E_UNSUPPORTED,
                       "\"" HR_PATH_SHOWN "\" is a pipe: it cannot be continued in the middle, give all of it again",
                       object->uri);
    if (from && (uint64_t)st->st_size < from)
        return hr_fail(err, HR_E_CHANGED,
                       "\"" HR_PATH_SHOWN "\" has %llu bytes and was read up to byte %llu before: it is not that file",
                       object->uri, (unsigned long long)st->st_size, (unsigned long long)from);
    return HR_OK;
}

/* O_NONBLOCK keeps the opening of a pipe without a writer from waiting where no interrupt is seen; regular files ignore
 * it. */
static hr_status open_object(const hr_object *object, int *fd, bool *own, hr_error *err)
{
    *own = strcmp(object->uri, "-") != 0;
    if (!*own) {
        *fd = STDIN_FILENO;
        return HR_OK;
    }
    char *path;
    hr_status status = hr_path_of_uri(object->uri, &path, err);
    if (status != HR_OK)
        return status;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        status = hr_fail_errno(err, errno, "opening \"" HR_PATH_SHOWN "\"", path);
    hr_free(path);
    return status;
}

hr_status hr_file_open_range(void *state, const hr_object *object, uint64_t from, hr_stream *out, hr_error *err)
{
    (void)state;
    int fd = -1;
    bool own = false;
    size_t name_size = strlen(object->uri) + 1;
    file_stream *stream = NULL;
    hr_status status = open_object(object, &fd, &own, err);
    if (status != HR_OK)
        goto out;
    struct stat st;
    if (fstat(fd, &st) != 0) {
        status = hr_fail_errno(err, errno, "looking at \"" HR_PATH_SHOWN "\"", object->uri);
        goto out;
    }
    if ((status = check_opened(object, &st, from, err)) != HR_OK)
        goto out;
    bool regular = S_ISREG(st.st_mode);
    if (from && lseek(fd, (off_t)from, SEEK_SET) < 0) {
        status = hr_fail_errno(err, errno, "going to byte %llu of \"" HR_PATH_SHOWN "\"", (unsigned long long)from,
                               object->uri);
        goto out;
    }
    if (regular)
        posix_fadvise(fd, (off_t)from, 0, POSIX_FADV_SEQUENTIAL); /* a hint */
    else if (S_ISFIFO(st.st_mode))
        widen_pipe(fd);
    stream = hr_malloc(sizeof *stream + name_size);
    if (!stream) {
        status = hr_fail_memory(err, "opening a file");
        goto out;
    }
    *stream = (file_stream){
        .fd = fd, .own = own, .waits = !regular, .from = from, .at = from, .size = own ? object->size : HR_UNKNOWN};
    atomic_init(&stream->interrupted, false);
    memcpy(stream->path, object->uri, name_size);
    *out = (hr_stream){.read = stream_read,
                       .interrupt = stream_interrupt,
                       .close = stream_close,
                       .state = stream,
                       .read_at = regular && own ? stream_read_at : NULL,
                       .ready = regular ? NULL : stream_ready};
    return HR_OK;
out:
    if (fd >= 0 && own)
        close(fd);
    hr_error_origin(err, object->uri);
    return status;
}
