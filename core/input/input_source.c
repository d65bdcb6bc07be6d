/* input_source.c: takes stored bytes from a stream or from what was fed, hashes them, and gives raw bytes. */
#include "core/input/input_parts.h"

/* Stored bytes of a compressed stream are taken by as many at a time. */
#define STORED_ROOM ((size_t)256 << 10)
/* Compression shows in as many bytes. */
#define MAGIC_SIZE 10 /* of the longest one that is looked for */

void hr_intake_open(hr_intake *intake, hr_stream *stream, bool hash)
{
    if (stream)
        intake->stream = *stream;
    atomic_init(&intake->interrupted, false);
    intake->hashed = hash;
    if (hash)
        hr_sha256_begin(&intake->hash);
}

void hr_intake_close(hr_intake *intake)
{
    if (intake->stream.close)
        intake->stream.close(intake->stream.state);
    hr_inflate_free(intake->inflate);
    hr_buffer_free(&intake->stored);
}

static void account(hr_intake *intake, const void *data, size_t size)
{
    intake->taken += size;
    if (intake->hashed)
        hr_sha256_add(&intake->hash, data, size);
}

hr_status hr_intake_feed(hr_intake *intake, const void *data, size_t size, hr_error *err)
{
    if (intake->stream.read || intake->ended)
        return hr_fail(err, HR_E_STATE, "feeding an input that %s",
                       intake->stream.read ? "reads a stream" : "was finished");
    hr_buffer *stored = &intake->stored;
    size_t left = stored->size - intake->head;
    if (intake->head >= left) { /* as many bytes were used since the last move: each moves once */
        if (left)
            memmove(stored->data, stored->data + intake->head, left);
        stored->size = left;
        intake->head = 0;
    }
    if (!hr_buffer_add(stored, data, size)) {
        if (stored->size + size < ((size_t)1 << 30))
            return hr_fail_memory(err, "taking fed bytes");
        return hr_fail(err, HR_E_LIMIT,
                       "feeding an input: more than 1 GiB is waiting to be read: read before feeding more");
    }
    account(intake, data, size);
    return HR_OK;
}

/* Reads from the stream, which has not ended. */
static hr_status take(hr_intake *intake, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    if (atomic_load_explicit(&intake->interrupted, memory_order_relaxed))
        return hr_fail(err, HR_E_INTERRUPTED, "reading the input: asked to stop");
    size_t size = 0;
    const hr_stream *stream = &intake->stream;
    hr_status ready = intake->restless && stream->ready ? stream->ready(stream->state, err) : HR_OK;
    if (ready != HR_OK)
        return ready;
    hr_status status = intake->jumped ? stream->read_at(stream->state, intake->taken, room, capacity, &size, err)
                                      : stream->read(stream->state, room, capacity, &size, err);
    if (status == HR_OK && !size)
        return hr_fail(err, HR_E_STATE, "reading the input: its source gave neither bytes nor an end");
    if (status == HR_OK) {
        account(intake, room, size);
        *got = size;
    }
    intake->ended = status == HR_END;
    return status;
}

/* Appends to `stored` what one read gives. HR_OK also at the end, which sets `ended`. */
static hr_status refill(hr_intake *intake, hr_error *err)
{
    if (intake->ended)
        return HR_OK;
    if (!intake->stream.read)
        return HR_AGAIN;
    if (intake->head == intake->stored.size)
        intake->head = intake->stored.size = 0;
    uint8_t *room = hr_buffer_room(&intake->stored, STORED_ROOM);
    if (!room)
        return hr_fail_memory(err, "reading the input");
    size_t got = 0;
    hr_status status = take(intake, room, STORED_ROOM, &got, err);
    intake->stored.size += got;
    return status == HR_END ? HR_OK : status;
}

/* Archives and compressions that are not read here are said by name: as text they would be rows of nonsense. */
static hr_status refuse_others(const uint8_t *data, size_t size, hr_error *err)
{
    static const struct {
        const char *magic, *name, *command;
        size_t size;
    } others[] = {{"PK\x03\x04", "a zip archive", "unzip -p", 4},
                  {"\xFD"
                   "7zXZ\0",
                   "xz data", "xz -dc", 6},
                  {"7z\xBC\xAF\x27\x1C", "a 7z archive", "7z x -so", 6}};
    for (size_t i = 0; i < HR_COUNT(others); i++)
        if (size >= others[i].size && !memcmp(data, others[i].magic, others[i].size))
            return hr_fail(err, HR_E_UNSUPPORTED,
                           "this is %s, which is not read here: unpack it first, as by %s FILE | headrace ... -",
                           others[i].name, others[i].command);
    if (size >= 10 && !memcmp(data, "BZh", 3) && !memcmp(data + 4, "1AY&SY", 6))
        return hr_fail(
            err, HR_E_UNSUPPORTED,
            "this is bzip2 data, which is not read here: unpack it first, as by bzip2 -dc FILE | headrace ... -");
    return HR_OK;
}

static hr_status detect(hr_intake *intake, hr_error *err)
{
    while (!intake->ended && intake->stored.size - intake->head < MAGIC_SIZE) {
        hr_status status = refill(intake, err);
        if (status != HR_OK)
            return status;
    }
    size_t size = intake->stored.size - intake->head;
    hr_status known = size ? refuse_others(intake->stored.data + intake->head, size, err) : HR_OK;
    if (known != HR_OK)
        return known;
    hr_compression found = size ? hr_compression_detect(intake->stored.data + intake->head, size) : HR_COMPRESSION_NONE;
    if (found != HR_COMPRESSION_NONE) {
        hr_status status = hr_inflate_new(found, &intake->inflate, err);
        if (status != HR_OK)
            return status;
    }
    intake->compression = found;
    intake->detected = true;
    return HR_OK;
}

static hr_status read_plain(hr_intake *intake, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    size_t left = intake->stored.size - intake->head;
    if (!left) {
        if (intake->stream.read)
            hr_buffer_free(&intake->stored);
        intake->head = intake->stored.size = 0;
        if (intake->ended)
            return HR_END;
        return intake->stream.read ? take(intake, room, capacity, got, err) : HR_AGAIN;
    }
    size_t size = left < capacity ? left : capacity;
    memcpy(room, intake->stored.data + intake->head, size);
    intake->head += size;
    *got = size;
    return HR_OK;
}

static hr_status read_compressed(hr_intake *intake, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    for (;;) {
        size_t used = 0, size = 0, left = intake->stored.size - intake->head;
        const uint8_t *in = left ? intake->stored.data + intake->head : (const uint8_t *)"";
        hr_status status = hr_inflate_run(intake->inflate, in, left, intake->ended, &used, room, capacity, &size, err);
        if (status > HR_AGAIN)
            intake->damaged = true;
        if (status > HR_END)
            return status;
        intake->head += used;
        if (size) {
            *got = size;
            return HR_OK;
        }
        if (status == HR_END)
            return HR_END;
        if (intake->head == intake->stored.size || !used)
            status = refill(intake, err);
        if (status != HR_OK)
            return status;
    }
}

hr_status hr_intake_read(hr_intake *intake, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    if (atomic_load_explicit(&intake->interrupted, memory_order_relaxed))
        return hr_fail(err, HR_E_INTERRUPTED, "reading the input: asked to stop");
    if (!intake->detected) {
        hr_status status = detect(intake, err);
        if (status != HR_OK)
            return status;
    }
    return intake->inflate ? read_compressed(intake, room, capacity, got, err)
                           : read_plain(intake, room, capacity, got, err);
}

bool hr_intake_can_jump(const hr_intake *intake)
{
    return intake->stream.read_at && intake->detected && !intake->inflate && !intake->hashed;
}

void hr_intake_jump(hr_intake *intake, uint64_t to)
{
    hr_buffer_free(&intake->stored);
    intake->head = 0;
    intake->taken = to;
    intake->jumped = true;
    intake->ended = false;
}

hr_status hr_intake_digest(hr_intake *intake, uint8_t out[32], uint64_t *stored, hr_error *err)
{
    if (!intake->hashed)
        return hr_fail(err, HR_E_STATE, "asking for the SHA-256 of an input that was opened without it");
    hr_sha256 so_far = intake->hash; /* more may come */
    hr_sha256_end(&so_far, out);
    if (stored)
        *stored = intake->taken;
    return HR_OK;
}
