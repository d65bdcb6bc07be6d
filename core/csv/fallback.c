/* fallback.c: rows of another encoding in a UTF-8 input. One such record is decoded into a chunk of its own, where it
 * must again be one record; it becomes a batch of one row. */
#include <stdio.h>

#include "core/reader/reader_state.h"

/* A byte of a fallback encoding becomes at most this many of UTF-8. */
#define GROWTH 4u

static hr_status decode_record(hr_reader *reader, const uint8_t *data, size_t size, hr_chunk **out, size_t *out_size,
                               hr_error *err)
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

/* What the lexer saw in the decoded text. */
typedef struct decoded {
    bool one; /* exactly one record */
    size_t fields;
    size_t after_quote, stray_quote; /* SIZE_MAX: none; no offsets of the input */
} decoded;

static bool add_begins(hr_batch_body *body, const hr_csv_index *index, size_t from, size_t *count)
{
    size_t need = *count + index->begin_count + 1; /* one more for the end of the input */
    if (need > body->wide_capacity) {
        uint32_t *wide = hr_realloc(body->wide, need * 2 * sizeof *wide);
        if (!wide)
            return false;
        body->wide = wide;
        body->wide_capacity = need * 2;
    }
    for (size_t i = 0; i < index->begin_count; i++)
        body->wide[(*count)++] = (uint32_t)(from + index->begins[i]);
    return true;
}

static void take_marks(decoded *seen, const hr_csv_scan *scan)
{
    for (size_t i = 0; i < scan->mark_count; i++) {
        if (scan->marks[i].kind == HR_MARK_AFTER_QUOTE)
            seen->after_quote = 0;
        else if (scan->marks[i].kind == HR_MARK_STRAY_QUOTE)
            seen->stray_quote = 0;
    }
}

/* Lexes the decoded text, window by window, into body->wide. */
static hr_status lex_decoded(hr_reader *reader, hr_batch_body *body, const uint8_t *data, size_t size, decoded *out,
                             hr_error *err)
{
    hr_csv_scan *scan = &reader->scan;
    decoded seen = {.after_quote = SIZE_MAX, .stray_quote = SIZE_MAX};
    size_t count = 0;
    bool ended = false;
    for (size_t at = 0, window; at < size && !ended; at += window) {
        window = hr_csv_window_size(data + at, size - at, HR_WINDOW_MAX, true);
        hr_status status = hr_scan_window(scan, reader->config.kernels, &reader->syntax, data + at, window, at == 0,
                                          body->begins, err);
        if (status != HR_OK)
            return status;
        if (!add_begins(body, &scan->index, at, &count))
            return hr_fail_memory(err, "decoding a row (limits.row_bytes bounds it)");
        take_marks(&seen, scan);
        ended = scan->index.row_count > 0;
    }
    seen.one = ended ? scan->index.row_count == 1 && body->wide[count - 1] == size
                     : scan->state != HR_CSV_QUOTED && scan->state != HR_CSV_ESCAPE_QUOTED;
    if (seen.one && !ended)
        body->wide[count++] = (uint32_t)(size + 1);
    seen.fields = count ? count - 1 : 0;
    *out = seen;
    return HR_OK;
}

hr_status hr_fallback_row(hr_reader *reader, size_t size, hr_batch_body **out, hr_error *err)
{
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    const hr_kernels *kernels = reader->config.kernels;
    hr_chunk *chunk = NULL;
    hr_batch_body *body = NULL;
    size_t text = 0;
    decoded seen = {0};
    hr_status status = hr_batch_body_new(reader->pool, &body, err);
    if (status == HR_OK)
        status = decode_record(reader, data, size, &chunk, &text, err);
    if (status == HR_OK)
        status = lex_decoded(reader, body, chunk->bytes, text, &seen, err);
    if (status != HR_OK)
        goto out;
    size_t bad = seen.one ? kernels->utf8_valid(chunk->bytes, text) : 0;
    size_t fields = seen.one ? seen.fields : reader->columns;
    hr_csv_verdict verdict;
    hr_rows_judge(reader, fields, bad < text ? kernels->utf8_valid(data, size) : SIZE_MAX, seen.after_quote,
                  seen.stray_quote, &verdict);
    if (verdict.kind && verdict.kind != HR_REJECT_ENCODING)
        verdict.at = SIZE_MAX; /* an offset in the decoded text says nothing about the input */
    uint64_t lines = kernels->newlines(data, size);
    if (verdict.kind) {
        uint64_t column =
            verdict.kind == HR_REJECT_FIELDS ? (fields < reader->columns ? fields : reader->columns) + 1 : HR_UNKNOWN;
        status = hr_rows_reject(reader, body, &verdict, 0, size, column, reader->row, reader->line, err);
    } else {
        body->batch.rows = 1;
        body->row_first[0] = 0;
        body->batch.begins = body->wide;
        body->batch.offset_bytes = 4;
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
