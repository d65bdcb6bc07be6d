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
    counts->loaded -= less;
    counts->duplicate += outcome->duplicates;
    counts->rejected += outcome->refusal_count;
    return HR_OK;
}
