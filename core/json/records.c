/* records.c: a window of NDJSON lines as a batch: accepted records, rejects, blank lines. */
#include <stdio.h>

#include "core/json/rows.h"

/* Behind a record for the fallback encoding the next may be: windows begin with 256 bytes, and double. */
#define NARROW 8u
/* A byte of a fallback encoding becomes at most this many of UTF-8. */
#define GROWTH 4u

/* ---- rejects ------------------------------------------------------------------------------------------------- */

static hr_reject_kind kind_of(hr_json_fault fault)
{
    switch (fault) {
    case HR_JSON_UTF8: return HR_REJECT_ENCODING;
    case HR_JSON_TOO_DEEP: return HR_REJECT_DEPTH;
    case HR_JSON_NO_OBJECT:
    case HR_JSON_STRANGER: return HR_REJECT_MEMBERS;
    case HR_JSON_SOUND:
    case HR_JSON_SYNTAX:
    case HR_JSON_CONTROL:
    case HR_JSON_ESCAPE:
    case HR_JSON_UNCLOSED:
    case HR_JSON_TRAILING: break;
    }
    return HR_REJECT_JSON;
}

static const char *advice_of(hr_json_fault fault)
{
    switch (fault) {
    case HR_JSON_UTF8: return "; options encoding and encoding_fallback can say what it is";
    case HR_JSON_TOO_DEEP: return "; option limits.depth allows more";
    case HR_JSON_STRANGER: return "; option columns can name it, and option members=ignore leaves it out";
    case HR_JSON_SOUND:
    case HR_JSON_SYNTAX:
    case HR_JSON_CONTROL:
    case HR_JSON_ESCAPE:
    case HR_JSON_UNCLOSED:
    case HR_JSON_TRAILING:
    case HR_JSON_NO_OBJECT: break;
    }
    return "";
}

/* What the raw offset of `at` is asked for must be the beginning of a character, where text was decoded. */
static size_t character_at(const hr_reader *reader, const uint8_t *data, size_t at, size_t size)
{
    if (!hr_reader_identity(reader))
        while (at > 0 && at < size && (data[at] & 0xC0) == 0x80)
            at--;
    return at;
}

static void judge(const hr_json_line *line, size_t at, hr_csv_verdict *verdict)
{
    *verdict = (hr_csv_verdict){.kind = kind_of(line->fault), .at = at};
    snprintf(verdict->message, sizeof verdict->message, "%s%s", hr_json_fault_text(line->fault),
             advice_of(line->fault));
}

/* The name of the member that is no column, as it is written: the line is sound but for that. */
static void name_stranger(const uint8_t *data, size_t end, const hr_json_line *line, hr_csv_verdict *verdict)
{
    size_t begin = line->at + 1u, at = begin;
    if (line->fault != HR_JSON_STRANGER || line->at >= end || data[line->at] != '"')
        return;
    while (at < end && data[at] != '"')
        at += data[at] == '\\' ? 2 : 1;
    verdict->name = data + begin;
    verdict->name_size = (at < end ? at : end) - begin;
}

/* ---- the walk ------------------------------------------------------------------------------------------------ */

typedef struct walk {
    hr_reader *reader;
    hr_batch_body *body;
    const uint8_t *data;
    const hr_json_lines *lines;
    size_t size;
    uint64_t records; /* numbered ones so far */
} walk;

static hr_status reject_line(walk *w, size_t ordinal, size_t begin, hr_error *err)
{
    const hr_json_line *line = &w->lines->lines[ordinal];
    hr_csv_verdict verdict;
    judge(line, character_at(w->reader, w->data, line->at, w->size), &verdict);
    name_stranger(w->data, line->end, line, &verdict);
    hr_status status = hr_batch_number(w->body, err);
    if (status == HR_OK)
        status = hr_rows_reject(w->reader, w->body, &verdict, begin, line->end, HR_UNKNOWN, w->reader->row + w->records,
                                w->reader->line + ordinal, err);
    w->records += status == HR_OK;
    return status;
}

static hr_status accept_line(walk *w, size_t ordinal, size_t begin, hr_error *err)
{
    const hr_json_line *line = &w->lines->lines[ordinal];
    hr_batch_body *body = w->body;
    size_t columns = w->reader->columns;
    uint32_t row = body->batch.rows;
    if (w->reader->config.offsets) {
        hr_status status = hr_reader_raw(w->reader, begin, &body->row_offset[row], err);
        if (status != HR_OK)
            return status;
    }
    body->row_first[row] = line->begin;
    body->row_size[row] = line->size;
    if (body->batch.row_number)
        body->row_number[row] = (uint32_t)w->records;
    if (columns)
        memcpy(body->cells + row * columns, w->lines->cells + ordinal * columns, columns * sizeof *body->cells);
    body->batch.rows++;
    w->records++;
    return HR_OK;
}

static hr_status walk_lines(walk *w, hr_error *err)
{
    hr_status status = HR_OK;
    for (size_t i = 0, begin = 0; status == HR_OK && i < w->lines->count; i++) {
        const hr_json_line *line = &w->lines->lines[i];
        if (line->fault != HR_JSON_SOUND)
            status = reject_line(w, i, begin, err);
        else if (line->size)
            status = accept_line(w, i, begin, err);
        else
            w->body->batch.skipped++;
        begin = line->end;
    }
    return status;
}

/* All lines are records. */
static void take_sound(walk *w)
{
    const hr_json_lines *lines = w->lines;
    hr_batch_body *body = w->body;
    for (size_t i = 0; i < lines->count; i++) {
        body->row_first[i] = lines->lines[i].begin;
        body->row_size[i] = lines->lines[i].size;
    }
    if (w->reader->columns)
        memcpy(body->cells, lines->cells, lines->count * w->reader->columns * sizeof *body->cells);
    body->batch.rows = (uint32_t)lines->count;
    w->records = lines->count;
}

static hr_status make_rooms(const walk *w, hr_error *err)
{
    bool offsets = w->reader->config.offsets;
    if (!hr_batch_want(&w->body->row_size) || !hr_batch_want_cells(w->body, w->lines->count * w->reader->columns) ||
        (offsets && !hr_batch_want_offsets(w->body)))
        return hr_fail_memory(err, "reading NDJSON");
    hr_batch *batch = &w->body->batch;
    batch->flags = w->reader->json->flags;
    batch->begins = NULL;
    batch->offset_bytes = 4;
    batch->row_size = w->body->row_size;
    batch->cells = w->body->cells;
    batch->row_offset = offsets ? w->body->row_offset : NULL;
    return HR_OK;
}

/* ---- the fallback encoding ----------------------------------------------------------------------------------- */

static hr_status decode_line(hr_reader *reader, size_t size, hr_chunk **out, size_t *out_size, hr_error *err)
{
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    hr_status status = HR_OK;
    if (!reader->fallback)
        status = hr_decoder_new(reader->config.encoding_fallback, &reader->fallback, err);
    if (status != HR_OK)
        return status;
    hr_chunk *chunk = hr_chunk_new(size * GROWTH + 16);
    if (!chunk)
        return hr_fail_memory(err, "decoding a row");
    size_t used = 0;
    hr_decoder_reset(reader->fallback);
    hr_decoder_run(reader->fallback, data, size, true, &used, chunk->bytes, chunk->capacity, out_size);
    *out = chunk;
    return HR_OK;
}

/* How much of the lines data[0, size) stands before the first one that is not UTF-8. */
static size_t plain_lines(const hr_reader *reader, const uint8_t *data, size_t size)
{
    size_t bad = reader->config.kernels->utf8_valid(data, size);
    const uint8_t *lf = bad < size && bad ? memrchr(data, '\n', bad) : NULL;
    return bad == size ? size : lf ? (size_t)(lf - data) + 1 : 0;
}

/* The line at `begin`, of `size` bytes, which are not UTF-8, read by the fallback encoding: one row or one reject. */
static hr_status fallback_line(hr_reader *reader, hr_batch_body *body, size_t size, hr_error *err)
{
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    bool newline = data[size - 1] == '\n';
    size_t bad = reader->config.kernels->utf8_valid(data, size), text = 0;
    hr_chunk *chunk = NULL;
    hr_json_lines lines;
    hr_status status = decode_line(reader, size, &chunk, &text, err);
    if (status != HR_OK)
        return status;
    status = hr_json_scan_run(reader->json->scan, chunk->bytes, text, &lines, err);
    walk w = {.reader = reader, .body = body, .data = chunk->bytes, .lines = &lines, .size = text};
    if (status == HR_OK)
        status = make_rooms(&w, err);
    bool one = status == HR_OK && lines.count == 1 && lines.lines[0].size;
    if (one && lines.lines[0].fault == HR_JSON_SOUND) {
        status = accept_line(&w, 0, 0, err);
        body->batch.data = chunk->bytes;
        body->batch.repeated = lines.repeated;
        body->chunk = hr_chunk_retain(chunk);
        reader->fallback_rows++;
    } else if (status == HR_OK) {
        hr_json_line line = {.fault = one ? lines.lines[0].fault : HR_JSON_UTF8};
        hr_csv_verdict verdict;
        /* An offset in the decoded text says nothing about the input. */
        judge(&line, line.fault == HR_JSON_UTF8 ? bad : SIZE_MAX, &verdict);
        status = hr_rows_reject(reader, body, &verdict, 0, size, HR_UNKNOWN, reader->row, reader->line, err);
    }
    hr_chunk_release(chunk);
    reader->narrow = NARROW;
    return status == HR_OK ? hr_rows_finish(reader, body, size, 1, newline, err) : status;
}

/* ---- a batch ------------------------------------------------------------------------------------------------- */

static hr_status take_lines(hr_reader *reader, hr_batch_body *body, size_t size, hr_error *err)
{
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    hr_json_lines lines;
    if (reader->config.encoding_fallback && hr_reader_identity(reader)) {
        size_t plain = plain_lines(reader, data, size);
        const uint8_t *lf = plain ? NULL : memchr(data, '\n', size);
        if (!plain)
            return fallback_line(reader, body, lf ? (size_t)(lf - data) + 1 : size, err);
        size = plain;
    }
    hr_json_scan_ahead(reader->json->scan, reader->chunk->lent ? reader->piece : 0);
    hr_status status = hr_json_scan_run(reader->json->scan, data, size, &lines, err);
    if (status != HR_OK)
        return status;
    walk w = {.reader = reader, .body = body, .data = data, .lines = &lines, .size = lines.consumed};
    status = make_rooms(&w, err);
    if (status == HR_OK && lines.all_sound && !reader->config.offsets)
        take_sound(&w);
    else if (status == HR_OK)
        status = walk_lines(&w, err);
    if (status != HR_OK)
        return status;
    body->batch.repeated = lines.repeated;
    uint64_t newlines = lines.count - (data[w.size - 1] != '\n');
    return hr_rows_finish(reader, body, w.size, w.records, newlines, err);
}

hr_status hr_json_take_batch(hr_reader *reader, size_t size, hr_batch_body **out, hr_error *err)
{
    hr_batch_body *body;
    hr_status status = hr_batch_body_new(reader->pool, &body, err);
    if (status == HR_OK) {
        status = take_lines(reader, body, size, err);
        if (status == HR_OK)
            *out = body;
        else
            hr_batch_release(&body->batch);
    }
    return status;
}
