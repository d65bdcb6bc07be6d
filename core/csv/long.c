/* long.c: records that do not end within a window: long ones, those whose quote never closes, those over the limit.
 * They are lexed window by window into 32-bit offsets. A record that never ends costs its physical line, not the file.
 */
#include <stdio.h>

#include "core/reader/reader_state.h"

/* Behind a record that was broken the next may be: windows begin with 256 bytes, and double. */
#define NARROW 8u
#define FIRST_WINDOW ((size_t)256)

void hr_long_reset(hr_csv_long *record)
{
    uint32_t *begins = record->begins;
    size_t capacity = record->begin_capacity;
    *record = (hr_csv_long){.begins = begins,
                            .begin_capacity = capacity,
                            .after_quote = SIZE_MAX,
                            .broken = SIZE_MAX,
                            .stray_quote = SIZE_MAX};
}

/* Fields beyond the limit are counted, not kept: the record will be rejected. */
static hr_status add_begin(hr_reader *reader, size_t begin, hr_error *err)
{
    hr_csv_long *record = &reader->record;
    record->last_begin = begin;
    if (record->begin_count > reader->config.column_limit + 1)
        return HR_OK;
    uint32_t *begins =
        hr_array_room(record->begins, record->begin_count, &record->begin_capacity, 1024, sizeof *begins);
    if (!begins)
        return hr_fail_memory(err, "reading a long record (limits.row_bytes and limits.columns bound it)");
    record->begins = begins;
    record->begins[record->begin_count++] = (uint32_t)begin;
    return HR_OK;
}

static void take_marks(hr_csv_long *record, const hr_csv_scan *scan)
{
    for (size_t i = 0; i < scan->mark_count && scan->marks[i].row == 0; i++) {
        size_t at = record->scanned + scan->marks[i].offset;
        if (scan->marks[i].kind == HR_MARK_AFTER_QUOTE && record->after_quote == SIZE_MAX)
            record->after_quote = at;
        else if (scan->marks[i].kind == HR_MARK_STRAY_QUOTE && record->stray_quote == SIZE_MAX)
            record->stray_quote = at;
        else if (scan->marks[i].kind == HR_MARK_COMMENT)
            record->comment = true;
    }
}

/* A quoted field that goes over a newline and closes in front of other bytes was most likely never closed: its quote
 * met the opening one of a later row. Notes the field as broken, so that only the line on which it opened is lost. */
static void find_broken(hr_reader *reader, const uint8_t *data, const uint16_t *begins, size_t count, bool fresh)
{
    hr_csv_long *record = &reader->record;
    if (record->after_quote == SIZE_MAX || record->after_quote < record->scanned || reader->config.lenient)
        return;
    size_t begin = record->last_begin, field = record->fields;
    for (size_t i = 0; i < count && record->scanned + begins[i] <= record->after_quote; i++) {
        begin = record->scanned + begins[i];
        field = record->fields + i + (fresh ? 0 : 1);
    }
    if (hr_csv_line_end(data, begin, record->after_quote, true) == SIZE_MAX)
        return;
    record->broken = begin;
    record->broken_field = field;
}

/* The next window of the record. *ended: its size is known (*size). */
static hr_status lex_window(hr_reader *reader, const uint8_t *data, size_t window, bool *ended, size_t *size,
                            hr_error *err)
{
    hr_csv_long *record = &reader->record;
    hr_csv_scan *scan = &reader->scan;
    hr_batch_body *body; /* for its room for offsets */
    hr_status status = hr_batch_body_new(reader->pool, &body, err);
    if (status != HR_OK)
        return status;
    bool fresh = record->scanned == 0;
    scan->state = record->state;
    status = hr_scan_window(scan, reader->config.kernels, &reader->syntax, data + record->scanned, window, fresh,
                            body->begins, err);
    if (status == HR_OK)
        take_marks(record, scan);
    size_t count = scan->index.row_count ? scan->row_ends[0] + 1u : scan->index.begin_count;
    if (status == HR_OK)
        find_broken(reader, data, body->begins, count, fresh);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = add_begin(reader, record->scanned + body->begins[i], err);
    record->fields += count - (fresh && count > 0);
    record->cr |= scan->index.seen_cr;
    record->state = scan->state;
    *ended = scan->index.row_count > 0;
    *size = record->last_begin;
    if (!*ended)
        record->scanned += window;
    hr_batch_release(&body->batch);
    return status;
}

hr_status hr_long_lex(hr_reader *reader, hr_long_outcome *outcome, size_t *size, hr_error *err)
{
    hr_csv_long *record = &reader->record;
    size_t limit = reader->config.row_limit;
    if (record->scanned == 0)
        hr_long_reset(record);
    for (;;) {
        const uint8_t *data = reader->chunk ? reader->chunk->bytes + reader->begin : NULL;
        size_t available = reader->end - reader->begin;
        size_t most = record->scanned > FIRST_WINDOW ? record->scanned : FIRST_WINDOW;
        most = most < HR_WINDOW_MAX ? most : HR_WINDOW_MAX;
        most = limit - record->scanned < most ? limit - record->scanned : most;
        size_t window = record->scanned < available
                            ? hr_csv_window_size(data + record->scanned, available - record->scanned, most, reader->eof)
                            : 0;
        if (window) {
            bool ended;
            hr_status status = lex_window(reader, data, window, &ended, size, err);
            if (status != HR_OK)
                return status;
            if (reader->record.broken != SIZE_MAX) {
                *outcome = HR_LONG_UNCLOSED;
                return HR_OK;
            }
            if (ended) {
                *outcome = HR_LONG_WHOLE;
                return HR_OK;
            }
            continue;
        }
        bool at_limit = data && available > record->scanned && (most == 0 || available - record->scanned > 1);
        bool doubled = at_limit && record->state == HR_CSV_QUOTE_SEEN && data[record->scanned] == reader->syntax.quote;
        bool quoted = record->state == HR_CSV_QUOTED || record->state == HR_CSV_ESCAPE_QUOTED || doubled;
        if (at_limit) {
            *outcome = quoted ? HR_LONG_UNCLOSED : HR_LONG_OVERSIZE;
        } else if (reader->eof && quoted) {
            *outcome = HR_LONG_UNCLOSED;
        } else if (reader->eof) {
            *size = record->scanned;
            *outcome = HR_LONG_WHOLE;
            record->fields++;
            return add_begin(reader, record->scanned + 1, err);
        } else {
            *outcome = HR_LONG_MORE;
        }
        return HR_OK;
    }
}

/* How many fields begin in data[from, to), a part of one record that begins with a field. */
static hr_status count_fields(hr_reader *reader, size_t from, size_t to, uint64_t *count, hr_error *err)
{
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    hr_csv_scan *scan = &reader->scan;
    hr_batch_body *body; /* for its room for offsets */
    hr_status status = hr_batch_body_new(reader->pool, &body, err);
    if (status != HR_OK)
        return status;
    uint64_t fields = 1;
    scan->state = HR_CSV_FIELD_START;
    scan->record_marks = 0;
    while (status == HR_OK && from < to) {
        size_t size = hr_csv_window_size(data + from, to - from, HR_WINDOW_MAX, true);
        status =
            hr_scan_window(scan, reader->config.kernels, &reader->syntax, data + from, size, false, body->begins, err);
        fields += scan->index.begin_count;
        from += size;
    }
    hr_batch_release(&body->batch);
    if (status == HR_OK)
        *count = fields;
    return status;
}

/* The field in which offset `at` of the record lies, from 1. */
static hr_status column_of(hr_reader *reader, size_t at, uint64_t *column, hr_error *err)
{
    const hr_csv_long *record = &reader->record;
    size_t low = 0, high = record->begin_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (record->begins[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    uint64_t fields = 1;
    if (low + 1 == record->begin_count && record->fields > reader->config.column_limit) { /* the others were not kept */
        hr_status status = count_fields(reader, record->begins[low], at, &fields, err);
        if (status != HR_OK)
            return status;
    }
    *column = low + fields;
    return HR_OK;
}

/* The field in `column`; of those beyond the limit only where the first one begins is known. */
static hr_status blame(hr_reader *reader, hr_batch_body *body, uint64_t column, size_t size, hr_csv_verdict *verdict,
                       hr_error *err)
{
    const hr_csv_long *record = &reader->record;
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    if (column == HR_UNKNOWN || column > record->fields || column >= record->begin_count)
        return HR_OK;
    bool last = column == record->fields;
    size_t begin = record->begins[column - 1], end = last ? size : record->begins[column] - 1u;
    return hr_csv_blame(reader, body, data + begin, end - begin, last, verdict, err);
}

/* The whole record of `size` bytes becomes a reject. */
static hr_status reject_whole(hr_reader *reader, hr_batch_body *body, hr_csv_verdict *verdict, size_t size,
                              hr_error *err)
{
    hr_csv_long *record = &reader->record;
    uint64_t column = HR_UNKNOWN;
    hr_status status = HR_OK;
    if (verdict->kind == HR_REJECT_FIELDS)
        column = (record->fields < reader->columns ? record->fields : reader->columns) + 1;
    else if (verdict->at != SIZE_MAX)
        status = column_of(reader, verdict->at, &column, err);
    if (status == HR_OK)
        status = blame(reader, body, column, size, verdict, err);
    return status == HR_OK ? hr_rows_reject(reader, body, verdict, 0, size, column, reader->row, reader->line, err)
                           : status;
}

/* A whole record of `size` bytes becomes a batch of one row, or of one reject, or of one skipped line. */
static hr_status whole_record(hr_reader *reader, hr_batch_body *body, size_t size, hr_error *err)
{
    hr_csv_long *record = &reader->record;
    const hr_kernels *kernels = reader->config.kernels;
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    uint64_t lines = kernels->newlines(data, size);
    if (record->comment) {
        body->batch.skipped++;
        return hr_rows_finish(reader, body, size, 0, lines, err);
    }
    size_t bad = kernels->utf8_valid(data, size);
    hr_csv_verdict verdict;
    hr_rows_judge(reader, record->fields, bad < size ? bad : SIZE_MAX, record->after_quote, record->stray_quote,
                  &verdict);
    if (verdict.kind) {
        hr_status status = reject_whole(reader, body, &verdict, size, err);
        return status == HR_OK ? hr_rows_finish(reader, body, size, 1, lines, err) : status;
    }
    uint32_t *begins = record->begins;
    size_t capacity = record->begin_capacity;
    record->begins = body->wide;
    record->begin_capacity = body->wide_capacity;
    body->wide = begins;
    body->wide_capacity = capacity;
    body->batch.begins = begins;
    body->batch.offset_bytes = 4;
    body->batch.flags = record->cr ? HR_BATCH_MAY_HAVE_CR : 0;
    body->batch.rows = 1;
    body->row_first[0] = 0;
    if (record->fields != reader->columns) {
        if (!hr_batch_want(&body->row_fields))
            return hr_fail_memory(err, "padding rows");
        body->row_fields[0] = (uint32_t)record->fields;
        body->batch.row_fields = body->row_fields;
    }
    if (reader->config.offsets) {
        if (!hr_batch_want_offsets(body))
            return hr_fail_memory(err, "noting offsets");
        body->row_offset[0] = reader->raw;
        body->batch.row_offset = body->row_offset;
    }
    return hr_rows_finish(reader, body, size, 1, lines, err);
}

/* The record never ends, or not within the limit, or is broken: it is rejected up to the end of the physical line on
 * which its quote opened, or on which the limit was reached. When that line goes on beyond the text at hand, `skipping`
 * remembers. */
static hr_status endless_record(hr_reader *reader, hr_batch_body *body, hr_long_outcome outcome, bool *done,
                                hr_error *err)
{
    hr_csv_long *record = &reader->record;
    size_t limit = reader->config.row_limit, available = reader->end - reader->begin;
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    hr_csv_verdict verdict = {.at = SIZE_MAX};
    bool broken = record->broken != SIZE_MAX;
    size_t from = broken ? record->broken : outcome == HR_LONG_UNCLOSED ? record->last_begin : record->scanned;
    if (outcome == HR_LONG_UNCLOSED) {
        verdict.kind = HR_REJECT_UNCLOSED;
        verdict.at = from;
        bool limited = record->scanned >= limit - 1 && available > record->scanned;
        snprintf(verdict.message, sizeof verdict.message, "a quote that does not close %s",
                 broken    ? "before other bytes follow on a later line"
                 : limited ? "within option limits.row_bytes"
                           : "before the end of the input");
    } else {
        verdict.kind = HR_REJECT_SIZE;
        snprintf(verdict.message, sizeof verdict.message, "longer than option limits.row_bytes allows (%zu bytes)",
                 limit);
    }
    size_t size = hr_csv_line_end(data, from, available, reader->eof);
    *done = size != SIZE_MAX || reader->eof;
    if (size == SIZE_MAX) {
        /* A last CR may be half of a CRLF: it stays. */
        size = available - (!reader->eof && data[available - 1] == '\r');
    }
    uint64_t lines = reader->config.kernels->newlines(data, size), row = reader->row;
    hr_status status = HR_OK;
    if (outcome == HR_LONG_UNCLOSED && !record->comment)
        status = hr_csv_blame(reader, body, data + from, size - from, true, &verdict, err);
    if (record->comment)
        body->batch.skipped++;
    else if (status == HR_OK)
        status =
            hr_rows_reject(reader, body, &verdict, 0, size,
                           verdict.at == SIZE_MAX ? HR_UNKNOWN : (broken ? record->broken_field : record->fields) + 1,
                           row, reader->line, err);
    if (status != HR_OK)
        return status;
    uint64_t records = record->comment ? 0 : 1;
    hr_long_reset(record);
    reader->force_long = false;
    reader->narrow = NARROW;
    if (*done)
        return hr_rows_finish(reader, body, size, records, lines, err);
    body->batch.data = data;
    body->chunk = hr_chunk_retain(reader->chunk);
    body->batch.first_row = row;
    reader->skipping = body;
    return hr_reader_advance(reader, size, records, lines, err);
}

/* The rest of the physical line of a record that was rejected. */
static hr_status skip_on(hr_reader *reader, hr_batch_body **out, hr_error *err)
{
    size_t available = reader->end - reader->begin;
    if (available == 0 && !reader->eof)
        return HR_OK;
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    size_t size = available ? hr_csv_line_end(data, 0, available, reader->eof) : SIZE_MAX;
    bool done = size != SIZE_MAX || reader->eof;
    if (!done) {
        size = available - (data[available - 1] == '\r');
        return hr_reader_advance(reader, size, 0, 0, err);
    }
    hr_batch_body *body = reader->skipping;
    uint64_t first_row = body->batch.first_row;
    hr_status status = hr_rows_finish(reader, body, size == SIZE_MAX ? available : size, 0, size != SIZE_MAX, err);
    body->batch.first_row = first_row;
    if (status == HR_OK) {
        reader->skipping = NULL;
        *out = body;
    }
    return status;
}

/* The whole record of `size` bytes is for the fallback encoding. */
static bool for_fallback(const hr_reader *reader, size_t size)
{
    return reader->config.encoding_fallback && hr_reader_identity(reader) && !reader->record.comment &&
           reader->config.kernels->utf8_valid(reader->chunk->bytes + reader->begin, size) < size;
}

hr_status hr_long_run(hr_reader *reader, hr_batch_body **out, hr_error *err)
{
    if (reader->skipping)
        return skip_on(reader, out, err);
    hr_long_outcome outcome;
    size_t size = 0;
    hr_status status = hr_long_lex(reader, &outcome, &size, err);
    if (status != HR_OK || outcome == HR_LONG_MORE) {
        reader->record.open = true;
        return status;
    }
    if (outcome == HR_LONG_WHOLE && for_fallback(reader, size)) {
        hr_long_reset(&reader->record);
        reader->force_long = false;
        return hr_fallback_row(reader, size, out, err);
    }
    hr_batch_body *body;
    status = hr_batch_body_new(reader->pool, &body, err);
    if (status != HR_OK)
        return status;
    bool done = true;
    if (outcome == HR_LONG_WHOLE) {
        status = whole_record(reader, body, size, err);
        hr_long_reset(&reader->record);
        reader->force_long = false;
    } else {
        status = endless_record(reader, body, outcome, &done, err);
    }
    if (status == HR_OK && done)
        *out = body;
    else if (status != HR_OK && reader->skipping != body)
        hr_batch_release(&body->batch);
    return status;
}
