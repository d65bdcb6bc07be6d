/* rejects.c: rejected records with their raw bytes, and the completion of a batch: what all languages share. */
#include "core/reader/reader_state.h"

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

size_t hr_reject_excerpt(const uint8_t *value, size_t size)
{
    size_t kept = size < HR_REJECT_VALUE_MAX ? size : HR_REJECT_VALUE_MAX;
    for (size_t back = 1; kept < size && (value[kept] & 0xC0) == 0x80 && back < CHARACTER_MAX && kept > 0; back++)
        kept--;
    return kept;
}

/* A name or a value that ends with a NUL and lives as long as the batch. */
static const uint8_t *keep_text(hr_batch_body *body, const uint8_t *text, size_t size)
{
    uint8_t *copy = hr_batch_keep(body, size + 1);
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

static hr_status keep_blame(const hr_reader *reader, hr_batch_body *body, const hr_csv_verdict *verdict,
                            hr_reject *reject, hr_error *err)
{
    uint64_t column = reject->column;
    const uint8_t *name = verdict->name;
    size_t size = verdict->name_size;
    if (!name && reader->names && column > 0 && column <= reader->columns) {
        name = (const uint8_t *)reader->names[column - 1];
        size = strlen(reader->names[column - 1]);
    }
    if (name && !(reject->column_name = (const char *)keep_text(body, name, size)))
        return hr_fail_memory(err, "keeping a rejected row");
    if (!verdict->value)
        return HR_OK;
    reject->value_size = hr_reject_excerpt(verdict->value, verdict->value_size);
    reject->value_cut = reject->value_size < verdict->value_size;
    reject->value = keep_text(body, verdict->value, reject->value_size);
    return reject->value ? HR_OK : hr_fail_memory(err, "keeping a rejected row");
}

hr_status hr_csv_blame(const hr_reader *reader, hr_batch_body *body, const uint8_t *text, size_t size, bool last,
                       hr_csv_verdict *verdict, hr_error *err)
{
    /* Two bytes of a field are one of its value at least: what is decoded beyond is cut. */
    const size_t enough = 2 * HR_REJECT_VALUE_MAX + 2;
    const hr_dialect *dialect = &reader->dialect.dialect;
    bool as_written = verdict->kind != HR_REJECT_ENCODING && verdict->kind != HR_REJECT_FIELDS;
    size -= last && size && text[size - 1] == '\n';
    size -= last && size && text[size - 1] == '\r';
    verdict->value = text;
    verdict->value_size = size;
    bool quoted = size && dialect->quote != HR_NO_BYTE && text[0] == dialect->quote;
    bool escaped = size && dialect->escape != HR_NO_BYTE && memchr(text, dialect->escape, size);
    if (as_written || (!quoted && !escaped))
        return HR_OK;
    hr_field field = {text + quoted, size - quoted, HR_FIELD_ESCAPED | (quoted ? HR_FIELD_QUOTED : 0)};
    field.size = field.size < enough ? field.size : enough;
    uint8_t *room = hr_batch_keep(body, field.size + 1);
    if (!room)
        return hr_fail_memory(err, "keeping a rejected row");
    verdict->value = room;
    verdict->value_size = hr_field_copy(field, dialect, room);
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
    if (status == HR_OK)
        status = keep_blame(reader, body, verdict, &made, err);
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
    batch->first_line = reader->line;
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
