/* hasher.c: hashes of rows' keys: the canonical form of keyset.h, through XXH3-128 or SHA-256. */
#include "core/base/sha256.h"
#include "core/dedup/keyset.h"

/* Keys are short: a call costs as much as the hash. */
#define XXH_INLINE_ALL
#include <xxhash.h>

/* Nothing in it changes after it was made: threads share it. */
struct hr_hasher {
    hr_hash hash;
    uint32_t *columns; /* [count], or NULL: all */
    size_t count;
};

/* What one run over a batch needs. */
typedef struct hasher_run {
    const hr_hasher *hasher;
    const hr_batch *batch;
    hr_buffer scratch; /* the canonical form of a row that has no room in a small one */
    size_t readable;   /* bytes at batch->data, at least */
} hasher_run;

/* Canonical forms up to this size, of a thousand short values, are made on the stack. */
#define SMALL 16384u
/* What is copied of a short value, whatever its size. */
#define COPIED 32u

size_t hr_hash_size(hr_hash hash)
{
    return hash == HR_HASH_SHA256 ? 32 : 16;
}

const char *hr_hash_name(hr_hash hash)
{
    return hash == HR_HASH_SHA256 ? "sha256" : "xxh3";
}

hr_status hr_hasher_new(hr_hash hash, const uint32_t *columns, size_t count, hr_hasher **out, hr_error *err)
{
    if (hash != HR_HASH_XXH3 && hash != HR_HASH_SHA256)
        return hr_fail(err, HR_E_INVALID, "preparing key hashes: there is no hash %d", (int)hash);
    if (columns && count == 0)
        return hr_fail(err, HR_E_INVALID, "preparing key hashes: no column was named (option key)");
    hr_hasher *hasher = hr_calloc(1, sizeof *hasher);
    if (!hasher)
        return hr_fail_memory(err, "preparing key hashes");
    hasher->hash = hash;
    if (columns) {
        hasher->columns = hr_malloc(count * sizeof *columns);
        if (!hasher->columns) {
            hr_hasher_free(hasher);
            return hr_fail_memory(err, "preparing key hashes");
        }
        memcpy(hasher->columns, columns, count * sizeof *columns);
        hasher->count = count;
    }
    *out = hasher;
    return HR_OK;
}

size_t hr_hasher_size(const hr_hasher *hasher)
{
    return hr_hash_size(hasher->hash);
}

void hr_hasher_free(hr_hasher *hasher)
{
    if (!hasher)
        return;
    hr_free(hasher->columns);
    hr_free(hasher);
}

/* ---- the canonical form -------------------------------------------------------------------------------------- */

static void put_size(uint8_t *room, uint8_t kind, uint64_t size)
{
    room[0] = kind;
    for (int i = 0; i < 8; i++)
        room[1 + i] = (uint8_t)(size >> (8 * i));
}

/* Appends one value. False when there is no memory. */
static bool add_value(hasher_run *run, size_t row, uint32_t column)
{
    hr_buffer *scratch = &run->scratch;
    hr_field field = hr_batch_field(run->batch, row, column);
    uint8_t *room = hr_buffer_room(scratch, 9 + field.size);
    if (HR_UNLIKELY(!room))
        return false;
    if (field.flags & HR_FIELD_NULL) {
        room[0] = 0;
        scratch->size += 1;
        return true;
    }
    uint64_t size = field.size;
    if (HR_UNLIKELY(field.flags & HR_FIELD_ESCAPED))
        size = hr_field_copy(field, run->batch->dialect, room + 9);
    else if (size > 0)
        memcpy(room + 9, field.data, size);
    bool bare_json = (field.flags & (HR_FIELD_JSON | HR_FIELD_QUOTED)) == HR_FIELD_JSON;
    put_size(room, bare_json ? 2 : 1, size);
    scratch->size += 9 + size;
    return true;
}

/* All of a record of NDJSON is what is written, not the columns that were found in others. */
static bool add_record(hasher_run *run, size_t row)
{
    const uint8_t *data;
    size_t size;
    hr_batch_row(run->batch, row, &data, &size);
    uint8_t *room = hr_buffer_room(&run->scratch, 9 + size);
    if (HR_UNLIKELY(!room))
        return false;
    put_size(room, 3, size);
    memcpy(room + 9, data, size);
    run->scratch.size += 9 + size;
    return true;
}

/* The form of any row, in run->scratch. */
static bool form_row(hasher_run *run, size_t row)
{
    const hr_hasher *hasher = run->hasher;
    size_t count = hasher->columns ? hasher->count : run->batch->columns;
    run->scratch.size = 0;
    if (!hasher->columns && (run->batch->flags & HR_BATCH_RECORDS))
        return add_record(run, row);
    for (size_t i = 0; i < count; i++)
        if (!add_value(run, row, hasher->columns ? hasher->columns[i] : (uint32_t)i))
            return false;
    return true;
}

/* Whether short_form knows the batch: CSV with 16-bit offsets, nothing escaped but by doubled quotes, no spelling of
 * null but the empty field, and all columns in each row. */
static bool is_plain(const hr_batch *batch)
{
    return batch->begins && batch->offset_bytes == 2 && !batch->row_fields && !batch->nulls &&
           batch->dialect->escape == HR_NO_BYTE;
}

/* The form of a row of a plain batch in `room` (of SMALL bytes), and its size; 0 when it does not fit. */
static inline size_t short_form(const hasher_run *run, size_t row, uint8_t *room)
{
    const hr_hasher *hasher = run->hasher;
    const hr_batch *batch = run->batch;
    const uint16_t *begins = (const uint16_t *)batch->begins + batch->row_first[row];
    size_t count = hasher->columns ? hasher->count : batch->columns, used = 0;
    for (size_t i = 0; i < count; i++) {
        size_t column = hasher->columns ? hasher->columns[i] : i;
        size_t begin = begins[column], size = (size_t)begins[column + 1] - 1 - begin;
        const uint8_t *data = batch->data + begin;
        if (column + 1 == batch->columns && (batch->flags & HR_BATCH_MAY_HAVE_CR) && size && data[size - 1] == '\r')
            size--;
        if (size == 0) {
            if (used == SMALL)
                return 0;
            room[used++] = 0;
            continue;
        }
        if (used + 9 + COPIED > SMALL || used + 9 + size > SMALL)
            return 0;
        hr_field field = {data, size, 0};
        if (HR_UNLIKELY(*data == batch->dialect->quote))
            field = hr_batch_field(batch, row, column);
        size = field.size;
        if (HR_UNLIKELY(field.flags & HR_FIELD_ESCAPED))
            size = hr_field_copy(field, batch->dialect, room + used + 9);
        else if (HR_LIKELY(size <= COPIED && (size_t)(field.data - batch->data) + COPIED <= run->readable))
            memcpy(room + used + 9, field.data, COPIED);
        else
            memcpy(room + used + 9, field.data, size);
        put_size(room + used, 1, size);
        used += 9 + size;
    }
    return used;
}

/* ---- digests ------------------------------------------------------------------------------------------------- */

static inline void digest(const hasher_run *run, const uint8_t *form, size_t size, uint8_t *out)
{
    if (run->hasher->hash == HR_HASH_XXH3) {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits(form, size));
        memcpy(out, canonical.digest, sizeof canonical.digest);
    } else {
        hr_sha256 hash;
        hr_sha256_begin(&hash);
        hr_sha256_add(&hash, form, size);
        hr_sha256_end(&hash, out);
    }
}

static hr_status digest_rows(hasher_run *run, uint8_t *out, hr_error *err)
{
    size_t key_size = hr_hash_size(run->hasher->hash);
    bool plain = is_plain(run->batch);
    uint8_t room[SMALL];
    for (size_t row = 0; row < run->batch->rows; row++, out += key_size) {
        size_t size = plain ? short_form(run, row, room) : 0;
        if (HR_LIKELY(size)) {
            digest(run, room, size, out);
        } else {
            if (!form_row(run, row))
                return hr_fail_memory(err, "hashing keys");
            digest(run, run->scratch.data, run->scratch.size, out);
        }
    }
    return HR_OK;
}

hr_status hr_hasher_run(const hr_hasher *hasher, const hr_batch *batch, uint8_t *out, hr_error *err)
{
    for (size_t i = 0; hasher->columns && i < hasher->count; i++) {
        if (hasher->columns[i] >= batch->columns) {
            return hr_fail(err, HR_E_INVALID, "hashing keys: column %lu is asked for, and the input has %lu",
                           (unsigned long)hasher->columns[i] + 1, (unsigned long)batch->columns);
        }
    }
    if (batch->rows == 0)
        return HR_OK;
    /* A row is in memory already, whatever its size; its canonical form is little longer. */
    hasher_run run = {.hasher = hasher, .batch = batch, .scratch = {.ceiling = SIZE_MAX / 4}};
    if (is_plain(batch)) {
        const uint16_t *begins = batch->begins;
        run.readable = (size_t)begins[batch->row_first[batch->rows - 1] + batch->columns] - 1;
    }
    hr_status status = digest_rows(&run, out, err);
    hr_buffer_free(&run.scratch);
    return status;
}
