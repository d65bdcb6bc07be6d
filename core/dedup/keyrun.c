/* keyrun.c: runs of keys on disk. */
#include "core/dedup/keyrun.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

#include "core/dedup/keyio.h"

/* A block ends with the count of its keys, its number, and a checksum of all before it. */
#define TRAILER 16u

static size_t block_keys(const hr_keyform *form)
{
    return (HR_RUN_BLOCK - TRAILER) / form->key_size;
}

static uint64_t checksum_of(const hr_keyform *form, const uint8_t *block)
{
    return XXH3_64bits_withSeed(block, HR_RUN_BLOCK - 8, form->seed->word[0]);
}

static hr_status fail_at(const hr_keyform *form, int code, const char *doing, hr_error *err)
{
    hr_status status = hr_fail_errno(err, code, "%s, as option dedup-memory has no room for more", doing);
    hr_error_origin(err, form->folder);
    return status;
}

void hr_keyrun_free(hr_keyrun *run)
{
    if (run->fences)
        close(run->fd);
    hr_free(run->fences);
    *run = (hr_keyrun){.fd = -1};
}

/* ---- writing ------------------------------------------------------------------------------------------------- */

/* A file without a name: it is gone when the process is, however that ends. */
static int open_nameless(const char *folder, int *fd)
{
    *fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return 0;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
        return errno;
    char *path = hr_asprintf("%s/.headrace-keys-XXXXXX", folder); /* a file system without them */
    if (!path)
        return ENOMEM;
    *fd = mkostemp(path, O_CLOEXEC);
    int code = *fd < 0 || unlink(path) != 0 ? errno : 0;
    if (code != 0 && *fd >= 0)
        close(*fd);
    hr_free(path);
    return code;
}

hr_status hr_keyrun_begin(hr_keyrun_writer *writer, const hr_keyform *form, uint64_t keys, hr_error *err)
{
    hr_keyrun run = {.fd = -1, .step = 1};
    uint64_t blocks = keys / block_keys(form) + 1;
    while (blocks / run.step >= form->fence_most)
        run.step *= 2;
    *writer = (hr_keyrun_writer){.form = form};
    run.fences = hr_malloc((blocks / run.step + 1) * sizeof *run.fences);
    uint8_t *buffer = run.fences ? hr_malloc(HR_RUN_BUFFER) : NULL;
    hr_status status = HR_OK;
    if (!buffer) {
        status = hr_fail_memory(err, "putting keys on disk");
    } else {
        int code = open_nameless(form->folder, &run.fd);
        if (code != 0)
            status = fail_at(form, code, "making a file for keys", err);
    }
    if (status == HR_OK) {
        writer->run = run;
        writer->buffer = buffer;
    } else {
        hr_free(run.fences);
        hr_free(buffer);
    }
    return status;
}

static hr_status write_buffer(hr_keyrun_writer *writer, hr_error *err)
{
    int code = hr_key_write(writer->run.fd, writer->buffer, writer->filled, writer->offset);
    if (code != 0)
        return fail_at(writer->form, code, "putting keys on disk", err);
    writer->offset += writer->filled;
    writer->filled = 0;
    return HR_OK;
}

static hr_status end_block(hr_keyrun_writer *writer, hr_error *err)
{
    uint8_t *block = writer->buffer + writer->filled;
    size_t used = writer->count * writer->form->key_size;
    uint32_t number = (uint32_t)writer->run.blocks;
    memset(block + used, 0, HR_RUN_BLOCK - used);
    memcpy(block + HR_RUN_BLOCK - 16, &writer->count, 4);
    memcpy(block + HR_RUN_BLOCK - 12, &number, 4);
    uint64_t sum = checksum_of(writer->form, block);
    memcpy(block + HR_RUN_BLOCK - 8, &sum, 8);
    writer->run.blocks++;
    writer->count = 0;
    writer->filled += HR_RUN_BLOCK;
    return writer->filled == HR_RUN_BUFFER ? write_buffer(writer, err) : HR_OK;
}

hr_status hr_keyrun_put(hr_keyrun_writer *writer, const uint8_t *key, uint64_t hash, hr_error *err)
{
    size_t key_size = writer->form->key_size;
    hr_keyrun *run = &writer->run;
    if (writer->count == 0 && run->blocks % run->step == 0)
        run->fences[run->blocks / run->step] = hash;
    hr_key_copy(writer->buffer + writer->filled + writer->count * key_size, key, key_size);
    run->keys++;
    return ++writer->count == block_keys(writer->form) ? end_block(writer, err) : HR_OK;
}

hr_status hr_keyrun_finish(hr_keyrun_writer *writer, hr_keyrun *out, hr_error *err)
{
    hr_status status = writer->count > 0 ? end_block(writer, err) : HR_OK;
    if (status == HR_OK)
        status = write_buffer(writer, err);
    if (status != HR_OK)
        return status;
    *out = writer->run;
    writer->run = (hr_keyrun){.fd = -1};
    return HR_OK;
}

void hr_keyrun_abandon(hr_keyrun_writer *writer)
{
    hr_free(writer->buffer);
    hr_keyrun_free(&writer->run);
    *writer = (hr_keyrun_writer){0};
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

/* Whether the block is the one of that number, as it was written. */
static hr_status check_block(const hr_keyform *form, const uint8_t *block, uint64_t number, uint32_t *count,
                             hr_error *err)
{
    uint32_t there;
    uint64_t sum;
    memcpy(count, block + HR_RUN_BLOCK - 16, 4);
    memcpy(&there, block + HR_RUN_BLOCK - 12, 4);
    memcpy(&sum, block + HR_RUN_BLOCK - 8, 8);
    if (there == (uint32_t)number && sum == checksum_of(form, block) && *count > 0 && *count <= block_keys(form))
        return HR_OK;
    hr_status status = hr_fail(err, HR_E_IO,
                               "reading keys that were put on disk: the device gives back other bytes than were "
                               "written; look after it, then begin again from the last commit");
    hr_error_origin(err, form->folder);
    return status;
}

static hr_status read_block(const hr_keyrun *run, const hr_keyform *form, uint64_t number, uint8_t *block,
                            uint32_t *count, hr_error *err)
{
    int code = hr_key_read(run->fd, block, HR_RUN_BLOCK, number * HR_RUN_BLOCK);
    return code == 0 ? check_block(form, block, number, count, err)
                     : fail_at(form, code, "reading keys that were put on disk", err);
}

hr_status hr_keyrun_open(hr_keyrun_reader *reader, const hr_keyform *form, const hr_keyrun *run, hr_error *err)
{
    *reader = (hr_keyrun_reader){.form = form, .run = run, .buffer = hr_malloc(HR_RUN_BUFFER)};
    return reader->buffer ? hr_keyrun_next(reader, err) : hr_fail_memory(err, "merging keys on disk");
}

void hr_keyrun_close(hr_keyrun_reader *reader)
{
    hr_free(reader->buffer);
    *reader = (hr_keyrun_reader){0};
}

/* Makes the next block the current one; HR_END. */
static hr_status next_block(hr_keyrun_reader *reader, hr_error *err)
{
    const hr_keyrun *run = reader->run;
    if (++reader->at >= reader->have) {
        if (reader->block == run->blocks)
            return HR_END;
        uint64_t left = run->blocks - reader->block;
        reader->have = left < HR_RUN_BUFFER / HR_RUN_BLOCK ? (size_t)left : HR_RUN_BUFFER / HR_RUN_BLOCK;
        int code = hr_key_read(run->fd, reader->buffer, reader->have * HR_RUN_BLOCK, reader->block * HR_RUN_BLOCK);
        if (code != 0)
            return fail_at(reader->form, code, "reading keys that were put on disk", err);
        reader->block += reader->have;
        reader->at = 0;
    }
    reader->given = 0;
    return check_block(reader->form, reader->buffer + reader->at * HR_RUN_BLOCK,
                       reader->block - reader->have + reader->at, &reader->count, err);
}

hr_status hr_keyrun_next(hr_keyrun_reader *reader, hr_error *err)
{
    if (reader->given == reader->count) {
        hr_status status = next_block(reader, err);
        if (status == HR_END)
            reader->key = NULL;
        if (status != HR_OK)
            return status == HR_END ? HR_OK : status;
    }
    reader->key = reader->buffer + reader->at * HR_RUN_BLOCK + reader->given++ * reader->form->key_size;
    reader->hash = hr_key_hash(reader->form->seed, reader->key);
    return HR_OK;
}

/* ---- look-up ------------------------------------------------------------------------------------------------- */

/* The block that was read last. */
typedef struct run_place {
    const hr_keyrun *run;
    const hr_keyform *form;
    uint8_t *block;
    uint64_t number; /* UINT64_MAX: none yet */
    uint32_t count;
} run_place;

static hr_status go_to(run_place *place, uint64_t number, hr_error *err)
{
    if (place->number == number)
        return HR_OK;
    place->number = UINT64_MAX;
    hr_status status = read_block(place->run, place->form, number, place->block, &place->count, err);
    if (status == HR_OK)
        place->number = number;
    return status;
}

static uint64_t hash_at(const run_place *place, uint32_t index)
{
    return hr_key_hash(place->form->seed, place->block + index * place->form->key_size);
}

/* How many of the fences are below `hash`. */
static uint64_t fences_below(const hr_keyrun *run, uint64_t hash)
{
    uint64_t low = 0, high = (run->blocks + run->step - 1) / run->step;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (run->fences[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Goes to the last block whose first key is below `hash`, or the first one. */
static hr_status go_before(run_place *place, uint64_t hash, hr_error *err)
{
    uint64_t below = fences_below(place->run, hash);
    uint64_t low = below > 0 ? (below - 1) * place->run->step : 0, high = below * place->run->step;
    if (high > place->run->blocks)
        high = place->run->blocks;
    while (low + 1 < high) { /* fences for some blocks only */
        uint64_t middle = low + (high - low) / 2;
        hr_status status = go_to(place, middle, err);
        if (status != HR_OK)
            return status;
        if (hash_at(place, 0) < hash)
            low = middle;
        else
            high = middle;
    }
    return go_to(place, low, err);
}

/* Looks in the current block. *beyond: equal hashes may go on in the next one. */
static bool in_block(const run_place *place, const uint8_t *key, uint64_t hash, bool *beyond)
{
    uint32_t low = 0, high = place->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (hash_at(place, middle) < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < place->count; low++) {
        if (hr_key_same(place->block + low * place->form->key_size, key, place->form->key_size))
            return true;
        if (hash_at(place, low) != hash) {
            *beyond = false;
            return false;
        }
    }
    *beyond = place->number + 1 < place->run->blocks;
    return false;
}

hr_status hr_keyrun_find(const hr_keyrun *run, const hr_keyform *form, const uint8_t *keys, hr_keywish *wishes,
                         size_t count, uint8_t *block, hr_error *err)
{
    run_place place = {.run = run, .form = form, .block = block, .number = UINT64_MAX};
    for (size_t i = 0; i < count; i++) {
        if (wishes[i].found)
            continue;
        const uint8_t *key = keys + wishes[i].index * form->key_size;
        bool beyond = false;
        hr_status status = go_before(&place, wishes[i].hash, err);
        while (status == HR_OK) {
            wishes[i].found = in_block(&place, key, wishes[i].hash, &beyond);
            if (wishes[i].found || !beyond)
                break;
            status = go_to(&place, place.number + 1, err);
        }
        if (status != HR_OK)
            return status;
    }
    return HR_OK;
}
