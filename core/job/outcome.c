/* outcome.c: rows that the destination refused become rejects, and rows that gave way to others duplicates. */
#include <stdio.h>

#include "core/job/run.h"
#include "core/rows/batch.h"
#include "simd/simd.h"

/* The reject of a row that was accepted once; it has the row's text with a newline, as a line of the input has. */
static hr_status keep_refusal(hr_work *work, const hr_refusal *refusal, hr_error *err)
{
    const hr_batch *batch = refusal->batch;
    const uint8_t *text;
    size_t size;
    hr_batch_row(batch, refusal->row, &text, &size);
    uint8_t *raw = hr_malloc(size + 1);
    if (!raw)
        return hr_fail_memory(err, "keeping a refused row");
    memcpy(raw, text, size);
    raw[size] = '\n';
    hr_reject reject = {
        .kind = HR_REJECT_SINK,
        .row = hr_batch_row_number(batch, refusal->row),
        .line = batch->first_line +
                hr_batch_lines(batch, hr_kernels_get("scalar"), batch->data, (size_t)(text - batch->data)),
        .offset = batch->row_offset ? batch->row_offset[refusal->row] : HR_UNKNOWN,
        .at = HR_UNKNOWN,
        .column = refusal->column == UINT32_MAX ? HR_UNKNOWN : (uint64_t)refusal->column + 1,
        .raw = raw,
        .raw_size = size + 1,
        .message = refusal->message,
    };
    hr_status status = hr_work_reject(work, &reject, err);
    hr_free(raw);
    return status;
}

/* The keys of refused rows are given back, so that the mended rows are taken. A row that came behind such a one with
 * the same key was counted as its duplicate, and stays one: which of the two should have gone on is for those to say
 * who mend the reject. */
static hr_status forget_keys(hr_work *work, const hr_outcome *outcome, hr_error *err)
{
    size_t size = work->hasher ? hr_hasher_size(work->hasher) : 0, count = outcome->refusal_count;
    uint8_t *hashes = NULL, *keys = size && count ? hr_malloc(count * size) : NULL;
    const hr_batch *hashed = NULL;
    if (!size || !count)
        return HR_OK;
    hr_status status = keys ? HR_OK : hr_fail_memory(err, "taking back the keys of refused rows");
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        const hr_refusal *refusal = &outcome->refusals[i];
        if (refusal->batch != hashed) {
            hr_free(hashes);
            hashes = hr_malloc(refusal->batch->rows * size);
            hashed = refusal->batch;
            status = hashes ? hr_hasher_run(work->hasher, hashed, hashes, err)
                            : hr_fail_memory(err, "taking back the keys of refused rows");
        }
        if (status == HR_OK)
            memcpy(keys + i * size, hashes + refusal->row * size, size);
    }
    if (status == HR_OK)
        status = hr_keyset_forget(work->run->keys, keys, count, err);
    hr_free(hashes);
    hr_free(keys);
    return status;
}

hr_status hr_work_outcome(hr_work *work, const hr_outcome *outcome, hr_error *err)
{
    hr_counts *counts = &work->counts;
    uint64_t less = outcome->refusal_count + outcome->duplicates;
    if (less > work->segment_rows)
        return hr_fail(err, HR_E_ACCOUNT,
                       "the destination speaks of more rows than it was given: this is a defect of headrace, please "
                       "report it");
    for (size_t i = 0; i < outcome->refusal_count; i++) {
        hr_status status = keep_refusal(work, &outcome->refusals[i], err);
        if (status != HR_OK)
            return status;
    }
    hr_status status = forget_keys(work, outcome, err);
    if (status != HR_OK)
        return status;
    counts->loaded -= less;
    counts->duplicate += outcome->duplicates;
    counts->rejected += outcome->refusal_count;
    return HR_OK;
}
