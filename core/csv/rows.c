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
    *verdict = (hr_csv_verdict){.at = SIZE_MAX};
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

/* No character of any encoding is more bytes of text. */
#define CHARACTER_MAX 4u

/* The raw offset that belongs to *end, which moves back to the beginning of a character where it is none. */
static hr_status locate_cut(hr_reader *reader, size_t begin, size_t *end, uint64_t *raw, hr_error *err)
{
    size_t at = *end;
    hr_status status = hr_reader_raw(reader, at, raw, err);
    for (size_t back = 1; status == HR_E_INVALID && back < CHARACTER_MAX && at > begin; back++)
        status = hr_reader_raw(reader, --at, raw, err);
    *end = at;
    return status;
}

/* Raw bytes of [begin, end): the text itself, unless it was transcoded. Those of at most limits.row_bytes of text are
 * kept. */
static hr_status keep_raw(hr_reader *reader, hr_batch_body *body, hr_reject *reject, size_t begin, size_t end,
                          hr_error *err)
{
    size_t limit = reader->config.row_limit;
    const uint8_t *text = reader->chunk->bytes + reader->begin;
    if (end - begin > limit)
        end = begin + limit;
    if (hr_reader_identity(reader)) {
        reject->raw = text + begin;
        reject->raw_size = end - begin;
        return HR_OK;
    }
    uint64_t to, from = reject->offset, turn = hr_input_turn(reader->input);
    const uint8_t *raw = NULL;
    hr_status status = locate_cut(reader, begin, &end, &to, err);
    /* What was passed through as ASCII, before the encoding showed, is not kept but in the text. */
    size_t plain = from >= turn ? 0 : to < turn ? (size_t)(to - from) : (size_t)(turn - from);
    if (status == HR_OK && from + plain < to)
        status = hr_input_raw(reader->input, from + plain, to, &raw, err);
    if (status != HR_OK)
        return status;
    size_t size = (size_t)(to - from);
    uint8_t *copy = hr_batch_keep(body, size);
    if (!copy)
        return hr_fail_memory(err, "keeping a rejected row");
    memcpy(copy, text + begin, plain);
    if (raw)
        memcpy(copy + plain, raw, size - plain);
    reject->raw = copy;
    reject->raw_size = size;
    return HR_OK;
}

hr_status hr_rows_reject(hr_reader *reader, hr_batch_body *body, const hr_csv_verdict *verdict, size_t begin,
                         size_t end, uint64_t column, uint64_t row, uint64_t line, hr_error *err)
{
    size_t size = strlen(verdict->message) + 1;
    hr_reject made = {.kind = verdict->kind, .row = row, .line = line, .column = column, .at = HR_UNKNOWN};
    char *message = hr_batch_keep(body, size);
    if (!message)
        return hr_fail_memory(err, "keeping a rejected row");
    memcpy(message, verdict->message, size);
    made.message = message;
    hr_status status = hr_reader_raw(reader, begin, &made.offset, err);
    if (status == HR_OK && verdict->at != SIZE_MAX)
        status = hr_reader_raw(reader, verdict->at, &made.at, err);
    if (status == HR_OK)
        status = keep_raw(reader, body, &made, begin, end, err);
    if (status != HR_OK)
        return status;
    hr_reject *reject = hr_batch_reject(body);
    if (!reject)
        return hr_fail_memory(err, "keeping a rejected row");
    *reject = made;
    return HR_OK;
}

hr_status hr_rows_finish(hr_reader *reader, hr_batch_body *body, size_t used, uint64_t records, uint64_t lines,
                         hr_error *err)
{
    hr_batch *batch = &body->batch;
    if (!body->chunk && reader->chunk) {
        batch->data = reader->chunk->bytes + reader->begin;
        body->chunk = hr_chunk_retain(reader->chunk);
    }
    batch->first_row = reader->row;
    batch->columns = (uint32_t)reader->columns;
    hr_status status = reader->typing ? hr_reader_type(reader, body, used, err) : HR_OK;
    if (status == HR_OK)
        status = hr_reader_advance(reader, used, records, lines, err);
    if (status != HR_OK)
        return status;
    batch->rejects = body->reject_list;
    batch->rejected = body->reject_count;
    batch->skipped += reader->skipped;
    reader->skipped = 0;
    batch->read = batch->rows + batch->rejected + batch->skipped;
    batch->end_offset = reader->raw;
    batch->end_row = reader->row;
    batch->end_line = reader->line;
    return HR_OK;
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

static hr_status reject_record(walk *w, const record *r, const hr_csv_verdict *verdict, hr_error *err)
{
    hr_batch_body *body = w->body;
    if (body->batch.rows && !body->batch.row_number) {
        if (!hr_batch_want(&body->row_number))
            return hr_fail_memory(err, "numbering rows");
        for (uint32_t i = 0; i < body->batch.rows; i++)
            body->row_number[i] = i;
        body->batch.row_number = body->row_number;
    }
    hr_status status = hr_rows_reject(w->reader, body, verdict, r->begin, r->end, column_of(w, r, verdict),
                                      w->reader->row + w->records, line_of(w, r->begin), err);
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
    if (scan->mark_count == 0 && w.bad == w.total && reader->columns > 1 && !w.offsets &&
        reader->config.row_limit >= HR_WINDOW_MAX + 1)
        i = take_plain(&w, index);
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
    uint64_t lines = index->seen_quoted_newline || final ? reader->config.kernels->newlines(w.data, used) : i;
    return hr_rows_finish(reader, body, used, w.records, lines, err);
}
