/* reader.c: the life of a reader: opening, feeding, filling chunks, handing out batches, positions. */
#include <inttypes.h>
#include <stdio.h>

#include "core/reader/parallel.h"

/* Below this much room a chunk is not read into any more. */
#define ROOM_LEAST ((size_t)64 << 10)
#define LINE_LEAST ((size_t)64)
#define CACHE_LINE 64u
#define PAGE ((size_t)4096)

hr_status hr_reader_open_stream(hr_stream *stream, const hr_options *options, bool hash, hr_reader **out, hr_error *err)
{
    hr_reader *reader = hr_calloc(1, sizeof *reader);
    hr_status status = reader ? HR_OK : hr_fail_memory(err, "making a reader");
    if (status == HR_OK)
        status = hr_csv_config_set(&reader->config, options, err);
    if (status == HR_OK)
        status = hr_scan_init(&reader->scan, err);
    if (status != HR_OK) {
        if (stream)
            stream->close(stream->state);
        if (reader) {
            hr_scan_clear(&reader->scan);
            hr_csv_config_clear(&reader->config);
        }
        hr_free(reader);
        return status;
    }
    if (stream) {
        reader->stream = *stream;
        reader->has_stream = true;
    }
    reader->hash = hash;
    reader->row = reader->line = 1;
    reader->block = HR_CHUNK_SIZE - HR_WINDOW_MAX;
    hr_reader_settle(reader);
    hr_error_clear(&reader->sticky);
    *out = reader;
    return HR_OK;
}

hr_status hr_reader_new(const hr_options *options, hr_reader **out, hr_error *err)
{
    return hr_reader_open_stream(NULL, options, false, out, err);
}

/* The input is made late, so that hr_reader_resume can still say where it begins. */
static hr_status make_input(hr_reader *reader, hr_error *err)
{
    if (reader->input)
        return HR_OK;
    bool resumed = reader->resume_at.size > 0 && reader->raw > 0;
    hr_input_options options = {.encoding = reader->config.encoding,
                                .start_raw = resumed ? reader->raw : 0,
                                .start_text = resumed ? reader->text : 0,
                                .start_encoding = resumed ? reader->resume_encoding : NULL,
                                .sample = reader->config.sample,
                                .hash = reader->hash,
                                .records = reader->records};
    bool has_stream = reader->has_stream;
    reader->has_stream = false; /* the input closes it from here on */
    hr_input *input;
    hr_status status = hr_input_new(has_stream ? &reader->stream : NULL, &options, &input, err);
    if (status != HR_OK)
        return status;
    atomic_store(&reader->input, input);
    if (atomic_load(&reader->interrupted)) /* it may have come when there was no input to be told */
        hr_input_interrupt(input);
    return HR_OK;
}

void hr_reader_records(hr_reader *reader)
{
    reader->records = true;
}

hr_status hr_reader_feed(hr_reader *reader, const void *data, size_t size, hr_error *err)
{
    if (reader->has_stream || reader->finished)
        return hr_fail(err, HR_E_STATE, "feeding a reader that reads by itself or was finished");
    hr_status status = make_input(reader, err);
    return status == HR_OK ? hr_input_feed(reader->input, data, size, err) : status;
}

hr_status hr_reader_finish(hr_reader *reader, hr_error *err)
{
    if (reader->has_stream)
        return hr_fail(err, HR_E_STATE, "finishing a reader that reads by itself");
    if (reader->finished)
        return HR_OK;
    hr_status status = make_input(reader, err);
    if (status == HR_OK)
        status = hr_input_finish(reader->input, err);
    reader->finished = status == HR_OK;
    return status;
}

void hr_reader_interrupt(hr_reader *reader)
{
    atomic_store(&reader->interrupted, true);
    hr_input *input = atomic_load(&reader->input);
    if (input)
        hr_input_interrupt(input);
}

static void drop_result(hr_reader *reader)
{
    if (reader->result && reader->work.drop)
        reader->work.drop(reader->work.context, reader->result);
    reader->result = NULL;
}

void hr_reader_close(hr_reader *reader)
{
    if (!reader)
        return;
    drop_result(reader);
    hr_parallel_free(reader->parallel);
    if (reader->has_stream)
        reader->stream.close(reader->stream.state);
    hr_input_close(reader->input);
    if (reader->skipping)
        hr_batch_release(&reader->skipping->batch);
    hr_batch_pool_release(reader->pool);
    hr_chunk_release(reader->chunk);
    hr_scan_clear(&reader->scan);
    hr_free(reader->cuts);
    hr_free(reader->record.begins);
    for (size_t i = 0; reader->names && i < reader->columns; i++)
        hr_free(reader->names[i]);
    hr_free(reader->names);
    hr_decoder_free(reader->fallback);
    if (reader->language && reader->language->clear)
        reader->language->clear(reader);
    hr_reader_unbind(reader);
    hr_infer_free(reader->infer);
    hr_csv_config_clear(&reader->config);
    hr_free(reader);
}

/* ---- text -------------------------------------------------------------------------------------------------- */

size_t hr_csv_window_size(const uint8_t *data, size_t available, size_t most, bool final)
{
    size_t size = available < most ? available : most;
    if (size && data[size - 1] == '\r' && (size < available ? data[size] == '\n' : !final))
        size--;
    return size;
}

/* Looks at a little of the text first, and then at more and more: a line is short, and what stands behind it may hold
 * no newline of the other kind for long. */
size_t hr_csv_line_end(const uint8_t *data, size_t from, size_t size, bool final)
{
    for (size_t at = from, stretch = LINE_LEAST; at < size; at += stretch, stretch *= 2) {
        size_t most = size - at < stretch ? size - at : stretch;
        const uint8_t *lf = memchr(data + at, '\n', most);
        const uint8_t *cr = memchr(data + at, '\r', lf ? (size_t)(lf - data) - at : most);
        if (!cr && lf)
            return (size_t)(lf - data) + 1;
        if (!cr)
            continue;
        size_t behind = (size_t)(cr - data) + 1;
        if (behind == size)
            return final ? behind : SIZE_MAX;
        return data[behind] == '\n' ? behind + 1 : behind;
    }
    return SIZE_MAX;
}

/* What is read behind a tail at this place begins on a line of the cache: the system copies a fifth faster to there. */
static size_t padding(const hr_chunk *chunk, size_t tail)
{
    return (size_t)(-(uintptr_t)(chunk->bytes + tail)) % CACHE_LINE;
}

/* Makes room behind `end`: in place when no batch holds the chunk, else in a new one to which what is not yet given out
 * is copied (less than a record, or a record that is still growing: then the room doubles). */
static hr_status make_room(hr_reader *reader, hr_error *err)
{
    size_t tail = reader->end - reader->begin, pad;
    bool own = reader->chunk && !reader->chunk->lent;
    if (own && reader->chunk->capacity - reader->end >= ROOM_LEAST)
        return HR_OK;
    if (own && hr_chunk_sole(reader->chunk) && reader->chunk->capacity - tail >= reader->chunk->capacity / 2) {
        pad = padding(reader->chunk, tail);
        memmove(reader->chunk->bytes + pad, reader->chunk->bytes + reader->begin, tail);
    } else {
        size_t capacity = (tail * 2 > HR_CHUNK_SIZE ? tail * 2 : HR_CHUNK_SIZE) + CACHE_LINE;
        hr_chunk *chunk = hr_chunk_new(capacity);
        if (!chunk)
            return hr_fail_memory(err, "reading (limits.row_bytes bounds the longest record)");
        pad = padding(chunk, tail);
        if (tail)
            memcpy(chunk->bytes + pad, reader->chunk->bytes + reader->begin, tail);
        hr_chunk_release(reader->chunk);
        reader->chunk = chunk;
    }
    reader->begin = pad;
    reader->end = pad + tail;
    return HR_OK;
}

hr_status hr_reader_fill(hr_reader *reader, hr_error *err)
{
    if (reader->eof)
        return HR_OK;
    hr_status status = make_input(reader, err);
    bool borrowed = false;
    if (status == HR_OK && reader->memory)
        status = hr_reader_borrow(reader, &borrowed, err);
    if (status == HR_OK && !borrowed)
        status = make_room(reader, err);
    if (status != HR_OK || borrowed)
        return status;
    size_t got = 0, room = reader->chunk->capacity - reader->end;
    if (room > ROOM_LEAST)
        room -= room % PAGE; /* so that the next read begins with a page of the file, too */
    room = hr_reader_sip(reader, room);
    status = hr_input_read(reader->input, reader->chunk->bytes + reader->end, room, &got, err);
    if (status == HR_OK) {
        reader->end += got;
    } else if (status == HR_END) {
        reader->eof = true;
        status = HR_OK;
    }
    return status;
}

hr_status hr_reader_raw(hr_reader *reader, size_t ahead, uint64_t *raw, hr_error *err)
{
    if (hr_reader_identity(reader)) {
        *raw = reader->raw + ahead;
        return HR_OK;
    }
    return hr_input_locate(reader->input, reader->text + ahead, raw, err);
}

hr_status hr_reader_advance(hr_reader *reader, size_t size, uint64_t rows, uint64_t lines, hr_error *err)
{
    uint64_t raw;
    hr_status status = hr_reader_raw(reader, size, &raw, err);
    if (status != HR_OK)
        return status;
    reader->begin += size;
    reader->text += size;
    reader->raw = raw;
    reader->row += rows;
    reader->line += lines;
    if (reader->input)
        hr_input_release(reader->input, reader->text);
    return HR_OK;
}

void hr_reader_settle(hr_reader *reader)
{
    reader->given = (hr_csv_place){reader->raw, reader->text, reader->row, reader->line};
}

/* ---- batches ----------------------------------------------------------------------------------------------- */

void hr_reader_work(hr_reader *reader, const hr_batch_work *work)
{
    reader->work = *work;
}

void *hr_reader_result(hr_reader *reader)
{
    void *result = reader->result;
    reader->result = NULL;
    return result;
}

static hr_status give(hr_reader *reader, hr_batch_body *body, hr_batch **out, hr_error *err)
{
    drop_result(reader);
    if (reader->work.run) {
        hr_status status = reader->work.run(reader->work.context, &body->batch, &reader->result, err);
        if (status != HR_OK) {
            hr_batch_release(&body->batch);
            return status;
        }
    }
    *out = &body->batch;
    hr_reader_settle(reader);
    return HR_OK;
}

/* The next batch of the threads; HR_AGAIN: the next step is to be taken without them. */
static hr_status next_of_threads(hr_reader *reader, hr_batch **out, hr_error *err)
{
    if (reader->config.threads < 2 || !reader->language->split)
        return HR_AGAIN;
    hr_status status = reader->parallel ? HR_OK : hr_parallel_new(reader, &reader->parallel, err);
    hr_batch_body *body = NULL;
    void *result = NULL;
    if (status == HR_OK)
        status = hr_parallel_next(reader->parallel, &body, &result, err);
    if (status != HR_OK)
        return status;
    drop_result(reader);
    reader->result = result;
    *out = &body->batch;
    return HR_OK;
}

static hr_status next_batch(hr_reader *reader, hr_batch **out, hr_error *err)
{
    hr_status status = hr_reader_start(reader, err);
    while (status == HR_OK) {
        if (atomic_load_explicit(&reader->interrupted, memory_order_relaxed))
            return hr_fail(err, HR_E_INTERRUPTED, "reading was interrupted");
        status = next_of_threads(reader, out, err);
        if (status != HR_AGAIN)
            return status;
        hr_batch_body *body = NULL;
        status = reader->language->next(reader, &body, err);
        if (status == HR_OK && body)
            return give(reader, body, out, err);
        if (status == HR_OK)
            status = hr_reader_fill(reader, err);
    }
    return status;
}

static hr_status keep_error(hr_reader *reader, hr_status status, hr_error *err)
{
    if (status >= HR_E_INVALID && status != HR_E_STATE && status != HR_E_INTERRUPTED) {
        reader->sticky = *err;
        reader->sticky.status = status;
    }
    return status;
}

hr_status hr_reader_next(hr_reader *reader, hr_batch **out, hr_error *err)
{
    hr_error unasked;
    err = err ? err : &unasked;
    if (reader->sticky.status != HR_OK) {
        *err = reader->sticky;
        return reader->sticky.status;
    }
    reader->moved = true;
    hr_status status = next_batch(reader, out, err);
    if (status == HR_OK && reader->typing)
        hr_reader_see(reader, *out);
    return keep_error(reader, status, err);
}

hr_status hr_reader_columns(hr_reader *reader, const char *const **names, size_t *count, hr_error *err)
{
    hr_error unasked;
    err = err ? err : &unasked;
    if (reader->sticky.status != HR_OK && !reader->started) {
        *err = reader->sticky;
        return reader->sticky.status;
    }
    hr_status status = keep_error(reader, hr_reader_start(reader, err), err);
    if (status != HR_OK)
        return status;
    *names = (const char *const *)reader->names;
    *count = reader->columns;
    return HR_OK;
}

/* ---- what was decided, and where we stand ------------------------------------------------------------------- */

hr_input *hr_reader_input(hr_reader *reader)
{
    return reader->input;
}

hr_status hr_reader_describe(hr_reader *reader, hr_reader_facts *out, hr_error *err)
{
    if (!reader->started)
        return hr_fail(err, HR_E_STATE, "describing a reader that has not begun");
    *out = (hr_reader_facts){.format = reader->language->name,
                             .dialect = reader->dialect,
                             .encoding = hr_input_encoding(reader->input),
                             .compression = hr_input_compression(reader->input),
                             .columns = (const char *const *)reader->names,
                             .column_count = reader->columns,
                             .fallback_rows = reader->fallback_rows,
                             .absent_count = hr_reader_absentees(reader),
                             .absent = reader->absent,
                             .typed_rows = reader->typed_rows};
    return HR_OK;
}

/* Not where the reader stands: within the line of a rejected record it may be further on. */
void hr_reader_position(const hr_reader *reader, hr_position *out)
{
    const hr_csv_place *at = &reader->given;
    const char *encoding = reader->input ? hr_input_encoding(reader->input)->name : reader->resume_encoding;
    int size = snprintf(out->bytes, sizeof out->bytes,
                        "%s:raw=%" PRIu64 ",text=%" PRIu64 ",row=%" PRIu64 ",line=%" PRIu64 ",encoding=%s",
                        reader->language ? reader->language->position : hr_language_csv.position, at->raw, at->text,
                        at->row, at->line, encoding[0] ? encoding : "ascii");
    out->size = (uint32_t)size;
}

static bool parse_position(hr_reader *reader, const hr_position *from)
{
    char text[HR_POSITION_MAX + 1], encoding[32];
    if (from->size >= sizeof text)
        return false;
    memcpy(text, from->bytes, from->size);
    text[from->size] = '\0';
    const hr_language *language = strncmp(text, "ndjson1:", 8) == 0 ? &hr_language_ndjson : &hr_language_csv;
    uint64_t raw, decoded, row, line;
    int used = 0;
    size_t prefix = strlen(language->position);
    if (strncmp(text, language->position, prefix) != 0 ||
        sscanf(text + prefix,
               ":raw=%" SCNu64 ",text=%" SCNu64 ",row=%" SCNu64 ",line=%" SCNu64 ",encoding=%31[a-z0-9_-]%n", &raw,
               &decoded, &row, &line, encoding, &used) != 5 ||
        prefix + (size_t)used != from->size || row == 0 || line == 0)
        return false;
    if (strcmp(encoding, "ascii") && !hr_encoding_canonical(encoding))
        return false;
    reader->language = language;
    reader->raw = raw;
    reader->text = decoded;
    reader->row = row;
    reader->line = line;
    memcpy(reader->resume_encoding, encoding, sizeof encoding);
    hr_reader_settle(reader);
    return true;
}

hr_status hr_reader_resume(hr_reader *reader, const hr_position *from, const hr_dialect_guess *dialect,
                           const char *const *columns, size_t column_count, hr_error *err)
{
    if (reader->input || reader->started)
        return hr_fail(err, HR_E_STATE, "resuming a reader that has begun");
    if (!parse_position(reader, from))
        return hr_fail(err, HR_E_INVALID, "the position '%.*s' is not one of a reader",
                       (int)(from->size > 200 ? 200 : from->size), from->bytes);
    char **names = hr_calloc(column_count, sizeof *names);
    bool ok = names;
    for (size_t i = 0; ok && i < column_count; i++)
        ok = (names[i] = hr_strdup(columns[i])) != NULL;
    if (!ok) {
        for (size_t i = 0; names && i < column_count; i++)
            hr_free(names[i]);
        hr_free(names);
        return hr_fail_memory(err, "resuming a reader");
    }
    reader->names = names;
    reader->columns = column_count;
    reader->resume_at = *from;
    reader->dialect = *dialect;
    reader->detected = true;
    return HR_OK;
}
