/* prefix.c: proof that an input is the one that was read before: a hash over the stored bytes that had been taken when
 * a checkpoint was made. */
#include <inttypes.h>
#include <stdio.h>

#include "core/base/sha256.h"
#include "core/job/work.h"

void hr_digest_hex(const uint8_t digest[32], char out[65])
{
    for (int i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void hr_place_write(const hr_position *reader, uint64_t stored, const uint8_t digest[32], hr_position *out)
{
    char hex[65];
    hr_digest_hex(digest, hex);
    hr_position made;
    int size = snprintf(made.bytes, sizeof made.bytes, "%.*s;stored=%" PRIu64 ";sha256=%s", (int)reader->size,
                        reader->bytes, stored, hex);
    made.size = (uint32_t)size;
    *out = made;
}

static bool unhex(const char *hex, uint8_t digest[32])
{
    for (int i = 0; i < 32; i++)
        if (sscanf(hex + 2 * i, "%2hhx", &digest[i]) != 1)
            return false;
    return true;
}

bool hr_place_read(const hr_position *place, hr_position *reader, uint64_t *stored, uint8_t digest[32])
{
    char text[HR_POSITION_MAX + 1], hex[65] = "";
    if (place->size > HR_POSITION_MAX)
        return false;
    memcpy(text, place->bytes, place->size);
    text[place->size] = '\0';
    const char *tail = strchr(text, ';');
    if (!tail || sscanf(tail, ";stored=%" SCNu64 ";sha256=%64[0-9a-f]", stored, hex) != 2 || strlen(hex) != 64 ||
        !unhex(hex, digest))
        return false;
    reader->size = (uint32_t)(tail - text);
    memcpy(reader->bytes, text, reader->size);
    return true;
}

/* ---- streams ----------------------------------------------------------------------------------------------- */

struct hr_prefix {
    hr_work *work;
    hr_stream inner;
    hr_sha256 hash;
    uint64_t size; /* of the prefix */
    uint64_t left; /* bytes still to be hashed */
    bool proved;   /* all were, and they are those that were read before */
    uint8_t expected[32];
};

static hr_status changed(hr_error *err)
{
    return hr_fail(err, HR_E_CHANGED,
                   "the input is not the one that was read before the checkpoint: its first bytes differ");
}

static hr_status prefix_read(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    hr_prefix *prefix = state;
    if (prefix->proved)
        return prefix->inner.read(prefix->inner.state, room, capacity, got, err);
    if (prefix->left == 0) /* they were others, and that has been said before */
        return changed(err);
    size_t most = prefix->left < capacity ? (size_t)prefix->left : capacity;
    hr_status status = hr_run_hold(prefix->work->run, err); /* no batch comes before the checkpoint is reached */
    if (status == HR_OK)
        status = prefix->inner.read(prefix->inner.state, room, most, got, err);
    if (status == HR_END)
        return changed(err);
    if (status != HR_OK)
        return status;
    hr_sha256_add(&prefix->hash, room, *got);
    prefix->left -= *got;
    hr_work_tell_progress(prefix->work, prefix->size - prefix->left);
    if (prefix->left == 0) {
        uint8_t digest[32];
        hr_sha256_end(&prefix->hash, digest);
        if (memcmp(digest, prefix->expected, sizeof digest) != 0)
            return changed(err);
        prefix->proved = true;
    }
    return HR_OK;
}

static hr_status prefix_ready(void *state, hr_error *err)
{
    hr_prefix *prefix = state;
    return prefix->inner.ready(prefix->inner.state, err);
}

static void prefix_interrupt(void *state)
{
    hr_prefix *prefix = state;
    prefix->inner.interrupt(prefix->inner.state);
}

static void prefix_close(void *state)
{
    hr_prefix *prefix = state;
    prefix->inner.close(prefix->inner.state);
    hr_free(prefix);
}

hr_status hr_prefix_wrap(hr_work *work, hr_stream *inner, uint64_t stored, const uint8_t digest[32], hr_stream *out,
                         hr_prefix **made, hr_error *err)
{
    hr_prefix *prefix = hr_calloc(1, sizeof *prefix);
    if (!prefix) {
        inner->close(inner->state);
        return hr_fail_memory(err, "resuming a job");
    }
    *prefix = (hr_prefix){.work = work, .inner = *inner, .size = stored, .left = stored, .proved = stored == 0};
    hr_sha256_begin(&prefix->hash);
    memcpy(prefix->expected, digest, sizeof prefix->expected);
    *out = (hr_stream){.read = prefix_read,
                       .interrupt = prefix_interrupt,
                       .close = prefix_close,
                       .state = prefix,
                       .ready = inner->ready ? prefix_ready : NULL};
    *made = prefix;
    return HR_OK;
}

bool hr_prefix_proved(const hr_prefix *prefix)
{
    return prefix->proved;
}

hr_status hr_stream_digest(hr_run *run, hr_stream *stream, uint8_t out[32], hr_error *err)
{
    enum { ROOM = 1 << 18 };
    uint8_t *room = hr_malloc(ROOM);
    hr_status status = room ? HR_OK : hr_fail_memory(err, "hashing an object");
    hr_sha256 hash;
    hr_sha256_begin(&hash);
    while (status == HR_OK) {
        size_t got = 0;
        status = atomic_load(&run->interrupted)
                     ? hr_fail(err, HR_E_INTERRUPTED, "stopped; the same command goes on from here")
                     : hr_run_hold(run, err);
        if (status == HR_OK)
            status = stream->read(stream->state, room, ROOM, &got, err);
        if (status == HR_OK)
            hr_sha256_add(&hash, room, got);
    }
    if (status == HR_END) {
        hr_sha256_end(&hash, out);
        status = HR_OK;
    }
    stream->close(stream->state);
    hr_free(room);
    return status;
}
