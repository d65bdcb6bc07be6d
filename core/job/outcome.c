/* outcome.c: rows that the destination refused become rejects, and rows that gave way to others duplicates. */
#include <stdio.h>

#include "core/job/work.h"
#include "core/rows/batch.h"
#include "simd/simd.h"

/* The newline behind a row. All memory may end behind the last row of a batch, so that one is taken to end like the row
 * before it. */
static const char *newline_of(const hr_batch *batch, uint32_t row)
{
    const uint8_t *text;
    size_t size;
    if (!(batch->flags & HR_BATCH_MAY_HAVE_CR) || (batch->flags & HR_BATCH_NDJSON) || batch->rows < 2)
        return "\n";
    hr_batch_row(batch, row + 1 == batch->rows ? row - 1 : row, &text, &size);
    return text[size] != '\r' ? "\n" : text[size + 1] == '\n' ? "\r\n" : "\r";
}

/* The row as it stood in the input, or, where its encoding has no way back, as text. */
static hr_status make_raw(const hr_refusal *refusal, const char *encoding, hr_buffer *text, hr_buffer *raw,
                          const hr_buffer **out, hr_error *err)
{
    const uint8_t *row;
    size_t size;
    bool exact = false;
    hr_batch_row(refusal->batch, refusal->row, &row, &size);
    text->size = 0;
    if (!hr_buffer_add(text, row, size) || !hr_buffer_text(text, newline_of(refusal->batch, refusal->row)))
        return hr_fail_memory(err, "keeping a refused row");
    hr_status status = hr_encode(encoding, text->data, text->size, raw, &exact, err);
    *out = exact ? raw : text;
    return status;
}

/* The column that the destination names, and what stands in it; `value` is the room. */
static hr_status blame(const hr_refusal *refusal, const hr_reader_facts *facts, hr_buffer *value, hr_reject *reject,
                       hr_error *err)
{
    const hr_batch *batch = refusal->batch;
    uint32_t column = refusal->column;
    if (column == UINT32_MAX)
        return HR_OK;
    reject->column = (uint64_t)column + 1;
    reject->column_name = column < facts->column_count ? facts->columns[column] : NULL;
    if (column >= batch->columns || ((batch->flags & HR_BATCH_NDJSON) && !batch->cells))
        return HR_OK;
    hr_field field = hr_batch_field(batch, refusal->row, column);
    if ((batch->flags & HR_BATCH_NDJSON) && (field.flags & HR_FIELD_NULL))
        return HR_OK;
    value->size = 0;
    uint8_t *room = hr_buffer_room(value, field.size + 1);
    if (!room)
        return hr_fail_memory(err, "keeping a refused row");
    size_t size = hr_field_copy(field, batch->dialect, room);
    reject->value = room;
    reject->value_size = hr_reject_excerpt(room, size);
    reject->value_cut = reject->value_size < size;
    return HR_OK;
}

/* The reject of a row that was accepted once. */
static hr_status keep_refusal(hr_work *work, const hr_refusal *refusal, const hr_reader_facts *facts,
                              const hr_buffer *raw, hr_buffer *value, hr_error *err)
{
    const hr_batch *batch = refusal->batch;
    const uint8_t *text;
    size_t size;
    hr_batch_row(batch, refusal->row, &text, &size);
    hr_reject reject = {
        .kind = HR_REJECT_SINK,
        .row = hr_batch_row_number(batch, refusal->row),
        .line = batch->first_line +
                hr_batch_lines(batch, hr_kernels_get("scalar"), batch->data, (size_t)(text - batch->data)),
        .offset = batch->row_offset ? batch->row_offset[refusal->row] : HR_UNKNOWN,
        .at = HR_UNKNOWN,
        .column = HR_UNKNOWN,
        .raw = raw->data,
        .raw_size = raw->size,
        .message = refusal->message,
    };
    hr_status status = blame(refusal, facts, value, &reject, err);
    return status == HR_OK ? hr_work_reject(work, &reject, err) : status;
}

static hr_status keep_refusals(hr_work *work, const hr_outcome *outcome, hr_error *err)
{
    hr_reader_facts facts;
    hr_buffer text = {.ceiling = SIZE_MAX / 4}, encoded = text, value = text; /* a row is in memory already */
    const hr_buffer *raw = NULL;
    hr_status status = outcome->refusal_count ? hr_reader_describe(work->reader, &facts, err) : HR_OK;
    for (size_t i = 0; status == HR_OK && i < outcome->refusal_count; i++) {
        status = make_raw(&outcome->refusals[i], facts.encoding->name, &text, &encoded, &raw, err);
        if (status == HR_OK)
            status = keep_refusal(work, &outcome->refusals[i], &facts, raw, &value, err);
    }
    hr_buffer_free(&text);
    hr_buffer_free(&encoded);
    hr_buffer_free(&value);
    return status;
}

/* Behind these keys, too, the log has fewer. */
static hr_status take_back(hr_work *work, const uint8_t *keys, size_t count, hr_error *err)
{
    hr_keyset *set = work->run->keys;
    uint64_t before = hr_keyset_mark(set);
    hr_status status = hr_keyset_forget(set, keys, count, err);
    uint64_t fewer = before - hr_keyset_mark(set);
    for (size_t i = 0; i < work->sealed_count; i++)
        work->sealed[i].keys -= fewer;
    if (work->key_mark)
        *work->key_mark -= fewer;
    return status;
}

/* The keys of refused rows are given back, so that the mended rows are taken. A row that came behind a refused one with
 * the same key was counted as its duplicate, and stays one: which of the two should have gone on, whoever mends the
 * reject decides. */
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
        status = take_back(work, keys, count, err);
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
    hr_status status = keep_refusals(work, outcome, err);
    if (status == HR_OK)
        status = forget_keys(work, outcome, err);
    if (status != HR_OK)
        return status;
    counts->loaded -= less;
    counts->duplicate += outcome->duplicates;
    counts->rejected += outcome->refusal_count;
    return HR_OK;
}
