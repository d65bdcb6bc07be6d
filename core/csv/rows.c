/* rows.c: from the index of a window to accepted rows, rejects and counts. */
#include <stdio.h>

#include "core/reader/reader_state.h"

void hr_rows_judge(const hr_reader *reader, size_t fields, size_t bad_utf8, size_t after_quote, size_t stray_quote,
                   hr_csv_verdict *verdict)
{
    const hr_csv_config *config = &reader->config;
    size_t columns = reader->columns;
    bool few = fields < columns && config->ragged != HR_RAGGED_PAD && config->ragged != HR_RAGGED_BOTH;
    bool many = fields > columns && config->ragged != HR_RAGGED_TRUNCATE && config->ragged != HR_RAGGED_BOTH;
    verdict->kind = 0; /* each for itself: this is done for every row, and the message is long */
    verdict->at = SIZE_MAX;
    verdict->message[0] = '\0';
    verdict->value = verdict->name = NULL;
    verdict->value_size = verdict->name_size = 0;
    if (bad_utf8 != SIZE_MAX) {
        verdict->kind = HR_REJECT_ENCODING;
        verdict->at = bad_utf8;
        const char *name = reader->input ? hr_input_encoding(reader->input)->name : "utf-8";
        snprintf(verdict->message, sizeof verdict->message,
                 "a byte that is not %s; options encoding and encoding_fallback can say what it is",
                 strcmp(name, "ascii") ? name : "utf-8");
    } else if (fields > config->column_limit) {
        verdict->kind = HR_REJECT_COLUMNS;
        snprintf(verdict->message, sizeof verdict->message, "%zu fields, more than option limits.columns allows (%zu)",
                 fields, config->column_limit);
    } else if (after_quote != SIZE_MAX && !config->lenient) {
        verdict->kind = HR_REJECT_QUOTE;
        verdict->at = after_quote;
        snprintf(verdict->message, sizeof verdict->message, "bytes between a closing quote and the next delimiter");
    } else if (stray_quote != SIZE_MAX && config->strict) {
        verdict->kind = HR_REJECT_STRICT;
        verdict->at = stray_quote;
        snprintf(verdict->message, sizeof verdict->message, "a quote inside an unquoted field");
    } else if (few || many) {
        verdict->kind = HR_REJECT_FIELDS;
        snprintf(verdict->message, sizeof verdict->message, "%zu field%s where the %s %zu", fields,
                 fields == 1 ? "" : "s", reader->dialect.header ? "header has" : "input has", columns);
    }
}

/* The walk over the records of one window. */
typedef struct walk {
    hr_reader *reader;
    hr_batch_body *body;
    const uint8_t *data;
    size_t total;       /* end of the last record */
    size_t bad;         /* next byte that is not UTF-8, or total */
    size_t mark;        /* next mark of the scan */
    uint64_t records;   /* numbered ones so far */
    size_t line_offset; /* up to here newlines are counted ... */
    uint64_t line;      /* ... and this is the line */
    bool offsets;       /* rows get offsets */
} walk;

typedef struct record {
    size_t ordinal, begin, end, fields, after_quote, stray_quote;
    bool comment;
} record;

static bool is_blank(const walk *w, const record *r)
{
    const uint8_t *p = w->data + r->begin;
    return r->fields == 1 && (r->begin == w->total || *p == '\n' || *p == '\r');
}

/* Takes the marks of the record; they are in the order of the records. */
static void take_marks(walk *w, record *r)
{
    const hr_csv_scan *scan = &w->reader->scan;
    for (; w->mark < scan->mark_count && scan->marks[w->mark].row <= r->ordinal; w->mark++) {
        const hr_csv_mark *mark = &scan->marks[w->mark];
        if (mark->row < r->ordinal)
            continue;
        if (mark->kind == HR_MARK_AFTER_QUOTE && r->after_quote == SIZE_MAX)
            r->after_quote = mark->offset;
        else if (mark->kind == HR_MARK_STRAY_QUOTE && r->stray_quote == SIZE_MAX)
            r->stray_quote = mark->offset;
        else if (mark->kind == HR_MARK_COMMENT)
            r->comment = true;
    }
}

static uint64_t line_of(walk *w, size_t offset)
{
    w->line += w->reader->config.kernels->newlines(w->data + w->line_offset, offset - w->line_offset);
    w->line_offset = offset;
    return w->line;
}

static uint64_t column_of(const walk *w, const record *r, const hr_csv_verdict *verdict)
{
    if (verdict->kind == HR_REJECT_FIELDS)
        return (r->fields < w->reader->columns ? r->fields : w->reader->columns) + 1;
    if (verdict->at == SIZE_MAX)
        return HR_UNKNOWN;
    const uint16_t *begins = w->reader->scan.index.begins;
    size_t first = r->ordinal ? w->reader->scan.row_ends[r->ordinal - 1] : 0, column = 0;
    while (column + 1 < r->fields && begins[first + column + 1] <= verdict->at)
        column++;
    return column + 1;
}

static hr_status blame(const walk *w, const record *r, uint64_t column, hr_csv_verdict *verdict, hr_error *err)
{
    const uint16_t *begins = w->reader->scan.index.begins;
    if (column == HR_UNKNOWN || column > r->fields)
        return HR_OK;
    size_t first = (r->ordinal ? w->reader->scan.row_ends[r->ordinal - 1] : 0) + (size_t)column - 1;
    bool last = column == r->fields;
    size_t begin = begins[first], end = last ? r->end : begins[first + 1] - 1u;
    return hr_csv_blame(w->reader, w->body, w->data + begin, end - begin, last, verdict, err);
}

static hr_status reject_record(walk *w, const record *r, hr_csv_verdict *verdict, hr_error *err)
{
    hr_batch_body *body = w->body;
    uint64_t column = column_of(w, r, verdict);
    hr_status status = body->batch.rows ? hr_batch_number(body, err) : HR_OK;
    if (status == HR_OK)
        status = blame(w, r, column, verdict, err);
    if (status != HR_OK)
        return status;
    status = hr_rows_reject(w->reader, body, verdict, r->begin, r->end, column, w->reader->row + w->records,
                            line_of(w, r->begin), err);
    w->records += status == HR_OK;
    return status;
}

static hr_status accept_record(walk *w, const record *r, size_t first, hr_error *err)
{
    hr_batch_body *body = w->body;
    hr_batch *batch = &body->batch;
    size_t columns = w->reader->columns;
    if (r->fields != columns && !batch->row_fields) {
        if (!hr_batch_want(&body->row_fields))
            return hr_fail_memory(err, "padding rows");
        for (uint32_t i = 0; i < batch->rows; i++)
            body->row_fields[i] = (uint32_t)columns;
        batch->row_fields = body->row_fields;
    }
    if (body->reject_count && !batch->row_number) {
        if (!hr_batch_want(&body->row_number))
            return hr_fail_memory(err, "numbering rows");
        batch->row_number = body->row_number;
    }
    if (batch->row_number)
        body->row_number[batch->rows] = (uint32_t)w->records;
    if (batch->row_fields)
        body->row_fields[batch->rows] = (uint32_t)r->fields;
    if (w->offsets) {
        hr_status status = hr_reader_raw(w->reader, r->begin, &body->row_offset[batch->rows], err);
        if (status != HR_OK)
            return status;
    }
    body->row_first[batch->rows++] = (uint32_t)first;
    w->records++;
    return HR_OK;
}

/* The field with bytes behind its closing quote goes over a newline: long.c deals with it, see find_broken there. */
static bool is_broken(const walk *w, const record *r, size_t first)
{
    if (r->after_quote == SIZE_MAX || w->reader->config.lenient)
        return false;
    const uint16_t *begins = w->reader->scan.index.begins;
    size_t field = first;
    while (field + 1 < first + r->fields && begins[field + 1] <= r->after_quote)
        field++;
    return hr_csv_line_end(w->data, begins[field], r->after_quote, true) != SIZE_MAX;
}

/* One record: skipped, rejected or accepted. *stop: it is not for this batch. */
static hr_status take_record(walk *w, record *r, size_t first, bool *stop, size_t *fallback, hr_error *err)
{
    hr_reader *reader = w->reader;
    if (r->end - r->begin > reader->config.row_limit) {
        reader->force_long = true;
        *stop = true;
        return HR_OK;
    }
    take_marks(w, r);
    if (is_broken(w, r, first)) {
        reader->force_long = true;
        *stop = true;
        return HR_OK;
    }
    bool bad = w->bad < r->end && w->bad < w->total;
    if (is_blank(w, r) || r->comment) {
        w->body->batch.skipped++;
        goto next_bad;
    }
    if (bad && reader->config.encoding_fallback && hr_reader_identity(reader)) {
        *stop = true;
        *fallback = r->begin == 0 ? (r->end < w->total ? r->end : w->total) : 0;
        return HR_OK;
    }
    hr_csv_verdict verdict;
    hr_rows_judge(reader, r->fields, bad ? w->bad : SIZE_MAX, r->after_quote, r->stray_quote, &verdict);
    if (r->end > w->total)
        r->end = w->total;
    hr_status status = verdict.kind ? reject_record(w, r, &verdict, err) : accept_record(w, r, first, err);
    if (status != HR_OK)
        return status;
next_bad:
    if (bad && r->end < w->total)
        w->bad = r->end + reader->config.kernels->utf8_valid(w->data + r->end, w->total - r->end);
    return HR_OK;
}

hr_status hr_rows_note_offsets(hr_reader *reader, hr_batch_body *body, hr_error *err)
{
    if (!hr_batch_want_offsets(body))
        return hr_fail_memory(err, "noting offsets");
    const uint32_t rows = body->batch.rows, *first = body->row_first;
    hr_status status = HR_OK;
    bool same = hr_reader_identity(reader);
    for (uint32_t i = 0; same && i < rows; i++)
        body->row_offset[i] = reader->raw + body->begins[first[i]];
    for (uint32_t i = 0; !same && status == HR_OK && i < rows; i++)
        status = hr_reader_raw(reader, body->begins[first[i]], &body->row_offset[i], err);
    body->batch.row_offset = body->row_offset;
    return status;
}

/* Rows in which nothing can be wrong but their number of fields: no marks, all UTF-8, none longer than the limit.
 * Returns how many records were taken. */
static size_t take_plain(walk *w, const hr_csv_index *index)
{
    uint32_t rows = 0, *row_first = w->body->row_first;
    uint32_t columns = (uint32_t)w->reader->columns;
    uint32_t first = 0;
    for (; rows < index->row_count; rows++) {
        uint32_t last = index->row_ends[rows];
        if (last - first != columns)
            break;
        row_first[rows] = first;
        first = last;
    }
    w->body->batch.rows = rows;
    w->records = rows;
    return rows;
}

/* How many newlines stand in the records of a window that have an end. Where no CR is, each LF ended one or was kept,
 * and those behind the last record were kept. */
static uint64_t lines_of(const walk *w, const hr_csv_scan *scan)
{
    const hr_kernels *kernels = w->reader->config.kernels;
    const hr_csv_index *index = &scan->index;
    if (!index->kept_newlines)
        return index->row_count;
    if (index->seen_cr)
        return kernels->newlines(w->data, w->total);
    return index->row_count + index->kept_newlines - kernels->newlines(w->data + w->total, scan->size - w->total);
}

hr_status hr_rows_collect(hr_reader *reader, hr_batch_body *body, bool final, size_t *fallback, hr_error *err)
{
    hr_csv_scan *scan = &reader->scan;
    const hr_csv_index *index = &scan->index;
    size_t available = reader->end - reader->begin;
    size_t behind = index->begins[index->row_ends[index->row_count - 1]];
    walk w = {.reader = reader, .body = body, .data = reader->chunk->bytes + reader->begin, .line = reader->line};
    w.total = behind < available ? behind : available;
    w.bad = reader->config.kernels->utf8_valid(w.data, w.total);
    w.offsets = reader->config.offsets;
    if (w.offsets && !hr_batch_want_offsets(body))
        return hr_fail_memory(err, "noting offsets");
    size_t i = 0, used = w.total;
    if (scan->mark_count == 0 && w.bad == w.total && reader->columns > 1 &&
        reader->config.row_limit >= HR_WINDOW_MAX + 1)
        i = take_plain(&w, index);
    if (i && w.offsets) {
        hr_status status = hr_rows_note_offsets(reader, body, err);
        if (status != HR_OK)
            return status;
    }
    for (bool stop = false; i < index->row_count; i++) {
        size_t first = i ? index->row_ends[i - 1] : 0, last = index->row_ends[i];
        record r = {.ordinal = i,
                    .begin = index->begins[first],
                    .end = index->begins[last],
                    .fields = last - first,
                    .after_quote = SIZE_MAX,
                    .stray_quote = SIZE_MAX};
        hr_status status = take_record(&w, &r, first, &stop, fallback, err);
        if (status != HR_OK)
            return status;
        if (stop) {
            used = r.begin;
            break;
        }
    }
    if (used == 0)
        return HR_OK;
    body->batch.row_offset = w.offsets ? body->row_offset : NULL;
    body->batch.flags = index->seen_cr ? HR_BATCH_MAY_HAVE_CR : 0;
    uint64_t lines = final || used != w.total ? reader->config.kernels->newlines(w.data, used) : lines_of(&w, scan);
    return hr_rows_finish(reader, body, used, w.records, lines, err);
}
