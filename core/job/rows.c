/* rows.c: what becomes of the rows of a batch: fresh ones to the destination, known ones and damaged ones into the
 * account. */
#include "core/job/pull.h"

static hr_status row_room(hr_work *work, size_t rows, hr_error *err)
{
    if (rows <= work->row_capacity)
        return HR_OK;
    size_t capacity = rows < 4096 ? 4096 : rows;
    void *fresh = hr_realloc(work->fresh, capacity);
    work->fresh = fresh ? fresh : work->fresh;
    void *list = fresh ? hr_realloc(work->rows, capacity * sizeof *work->rows) : NULL;
    work->rows = list ? list : work->rows;
    if (!list)
        return hr_fail_memory(err, "deduplicating");
    work->row_capacity = capacity;
    return HR_OK;
}

/* The rows of the batch that are not known yet, and their keys, moved together. */
static hr_status pick_fresh(hr_work *work, const hr_batch *batch, uint32_t skip, hr_parcel *parcel, hr_error *err)
{
    size_t size = hr_hash_size(work->run->config.hash), kept = 0;
    hr_status status = row_room(work, batch->rows, err);
    hr_free(work->hashes);
    uint8_t *hashes = work->hashes = hr_reader_result(work->reader);
    if (status == HR_OK)
        status = hr_keyset_add(work->run->keys, hashes + skip * size, batch->rows - skip, work->fresh + skip, err);
    if (status != HR_OK)
        return status;
    for (uint32_t i = skip; i < batch->rows; i++) {
        if (!work->fresh[i])
            continue;
        memmove(hashes + kept * size, hashes + i * size, size);
        work->rows[kept++] = i;
    }
    *parcel = (hr_parcel){batch, work->rows, kept, hashes, size};
    return HR_OK;
}

/* A key that is misspelt would leave one record. */
static hr_status look_for_key(hr_work *work, const hr_batch *batch, hr_error *err)
{
    const char *const *names;
    size_t count;
    if (!work->key_count || !batch->rows)
        return HR_OK;
    work->keyed.settled |= work->committed.size > 0 || work->retry_from;
    hr_status status = hr_reader_columns(work->reader, &names, &count, err);
    if (status == HR_OK)
        status = hr_json_keyed_look(&work->keyed, batch, names, work->key, work->key_count, err);
    return status;
}

hr_status hr_work_reject(hr_work *work, const hr_reject *reject, hr_error *err)
{
    hr_reject placed;
    char *room;
    if (!work->pull)
        return hr_pending_add(&work->pending, reject, err);
    hr_status status = hr_pull_reject(work->pull, reject, &placed, &room, err);
    if (status == HR_OK)
        status = hr_pending_add(&work->pending, &placed, err);
    hr_free(room);
    return status;
}

hr_status hr_work_write(hr_work *work, const hr_batch *batch, uint32_t skip, hr_error *err)
{
    hr_parcel parcel = {.batch = batch, .row_count = batch->rows};
    hr_status status = look_for_key(work, batch, err);
    if (status != HR_OK)
        return status;
    if (work->hasher && batch->rows > skip) {
        status = pick_fresh(work, batch, skip, &parcel, err);
    } else if (skip) {
        status = row_room(work, batch->rows, err);
        for (uint32_t i = skip; status == HR_OK && i < batch->rows; i++)
            work->rows[i - skip] = i;
        parcel.rows = work->rows;
        parcel.row_count = batch->rows - skip;
    }
    if (status == HR_OK && parcel.row_count) {
        status = work->sink->write(work->sink_state, &parcel, work->segment_start, &work->segment_bytes, err);
        work->again |= status != HR_OK;
        work->segment_open = true;
    }
    if (status != HR_OK)
        return status;
    work->segment_rows += parcel.row_count;
    work->counts.loaded += parcel.row_count;
    work->counts.duplicate += batch->rows - skip - parcel.row_count;
    work->counts.read += batch->read - skip;
    work->counts.rejected += batch->rejected;
    work->counts.skipped += batch->skipped;
    for (size_t i = 0; status == HR_OK && i < batch->rejected; i++)
        status = hr_work_reject(work, &batch->rejects[i], err);
    return status;
}
