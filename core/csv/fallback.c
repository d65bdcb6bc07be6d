/* fallback.c: rows of another encoding in a UTF-8 input. One such record is decoded into a chunk of its own, where it must
 * again be one record; it becomes a batch of one row. */
#include <stdio.h>

#include "core/csv/reader_state.h"

/* A byte of a fallback encoding becomes at most this many of UTF-8. */
#define GROWTH 4u

static hr_status decode_record(hr_reader *reader, const uint8_t *data, size_t size, hr_chunk **out, size_t *out_size, hr_error *err)
{
    if (!reader->fallback) {
        hr_status status = hr_decoder_new(reader->config.encoding_fallback, &reader->fallback, err);
        if (status != HR_OK)
            return status;
    }
    hr_chunk *chunk = hr_chunk_new(size * GROWTH + 16);
    if (!chunk)
        return hr_fail_memory(err, "decoding a row");
    hr_decoder_reset(reader->fallback);
    size_t used = 0;
    hr_decoder_run(reader->fallback, data, size, true, &used, chunk->bytes, chunk->capacity, out_size);
    *out = chunk;
    return HR_OK;
}

/* The decoded text as exactly one record in body->begins; false when it is not. */
static hr_status lex_decoded(hr_reader *reader, hr_batch_body *body, const hr_chunk *chunk, size_t size, bool *one, hr_error *err)
{
    hr_csv_scan *scan = &reader->scan;
    *one = false;
    if (size > HR_WINDOW_MAX)
        return HR_OK;
    hr_status status = hr_scan_window(scan, reader->config.kernels, &reader->syntax, chunk->bytes, size, true, body->begins, err);
    if (status != HR_OK)
        return status;
    hr_csv_index *index = &scan->index;
    if (index->row_count == 0 && scan->state != HR_CSV_QUOTED && scan->state != HR_CSV_ESCAPE_QUOTED) {
        index->begins[index->begin_count] = (uint16_t)(size + 1);
        index->row_ends[index->row_count++] = (uint16_t)index->begin_count++;
    }
    *one = index->row_count == 1 && index->row_ends[0] + 1u == index->begin_count &&
           index->begins[index->begin_count - 1] >= size;
    return HR_OK;
}

static size_t marked(const hr_csv_scan *scan, hr_csv_mark_kind kind)
{
    for (size_t i = 0; i < scan->mark_count; i++)
        if (scan->marks[i].kind == kind)
            return scan->marks[i].offset;
    return SIZE_MAX;
}

hr_status hr_fallback_row(hr_reader *reader, size_t size, hr_batch_body **out, hr_error *err)
{
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    const hr_kernels *kernels = reader->config.kernels;
    hr_chunk *chunk = NULL;
    hr_batch_body *body = NULL;
    size_t text = 0;
    bool one = false;
    hr_status status = hr_batch_body_new(reader->pool, &body, err);
    if (status == HR_OK)
        status = decode_record(reader, data, size, &chunk, &text, err);
    if (status == HR_OK)
        status = lex_decoded(reader, body, chunk, text, &one, err);
    if (status != HR_OK)
        goto out;
    size_t bad = one ? kernels->utf8_valid(chunk->bytes, text) : 0;
    size_t fields = one ? reader->scan.index.row_ends[0] : reader->columns;
    hr_csv_verdict verdict;
    hr_rows_judge(reader, fields, bad < text ? kernels->utf8_valid(data, size) : SIZE_MAX,
                  marked(&reader->scan, HR_MARK_AFTER_QUOTE), marked(&reader->scan, HR_MARK_STRAY_QUOTE), &verdict);
    if (verdict.kind && verdict.kind != HR_REJECT_ENCODING)
        verdict.at = SIZE_MAX; /* an offset in the decoded text says nothing about the input */
    uint64_t lines = kernels->newlines(data, size);
    if (verdict.kind) {
        uint64_t column = verdict.kind == HR_REJECT_FIELDS ? (fields < reader->columns ? fields : reader->columns) + 1 : HR_UNKNOWN;
        status = hr_rows_reject(reader, body, &verdict, 0, size, column, reader->row, reader->line, err);
    } else {
        body->batch.rows = 1;
        body->row_first[0] = 0;
        body->batch.data = chunk->bytes;
        body->chunk = chunk;
        chunk = NULL;
        body->batch.flags = HR_BATCH_MAY_HAVE_CR;
        reader->fallback_rows++;
        if (!hr_batch_want_offsets(body) || !hr_batch_want(&body->row_fields)) {
            status = hr_fail_memory(err, "decoding a row");
            goto out;
        }
        body->row_offset[0] = reader->raw;
        body->batch.row_offset = body->row_offset;
        body->row_fields[0] = (uint32_t)fields;
        body->batch.row_fields = fields == reader->columns ? NULL : body->row_fields;
    }
    if (status == HR_OK)
        status = hr_rows_finish(reader, body, size, 1, lines, err);
out:
    hr_chunk_release(chunk);
    if (status == HR_OK)
        *out = body;
    else if (body)
        hr_batch_release(&body->batch);
    return status;
}
