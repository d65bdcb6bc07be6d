/* copy_text.c: rows of batches as lines of COPY's text format: by the kernels of simd, and one by one where these have
 * doubts or do not know the rows. */
#include <stdio.h>

#include "core/output/copy_parts.h"
#include "core/rows/batch.h"

/* ---- making ------------------------------------------------------------------------------------------------ */

/* The text of a fixed column, escaped; a heap string, NULL: no memory. */
static char *escape_fixed(const char *text)
{
    hr_buffer made = {0};
    bool ok = true;
    for (; ok && *text; text++) {
        char code = *text == '\t' ? 't' : *text == '\n' ? 'n' : *text == '\r' ? 'r' : *text == '\\' ? '\\' : '\0';
        ok = code ? hr_buffer_add(&made, "\\", 1) && hr_buffer_add(&made, &code, 1) : hr_buffer_add(&made, text, 1);
    }
    if (ok && hr_buffer_add(&made, "", 1))
        return (char *)made.data;
    hr_buffer_free(&made);
    return NULL;
}

hr_status hr_copy_text_new(const hr_copy_column *columns, size_t count, hr_copy_text **out, hr_error *err)
{
    hr_copy_text *copy = hr_calloc(1, sizeof *copy + count * sizeof copy->columns[0]);
    if (!copy)
        return hr_fail_memory(err, "writing rows for COPY");
    copy->kernels = hr_kernels_get(NULL);
    copy->count = count;
    memcpy(copy->columns, columns, count * sizeof copy->columns[0]);
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        copy->columns[i].text = NULL;
    for (size_t i = 0; i < count; i++) {
        hr_copy_column *column = &copy->columns[i];
        if (columns[i].text)
            ok = (column->text = escape_fixed(columns[i].text)) && ok;
        copy->row_most += 3 + (column->text ? strlen(column->text) : 0) + (column->what == HR_COPY_FIELD ? 0 : 160);
    }
    copy->row_most += 64;
    ok = ok && hr_copy_kernel_choose(copy);
    if (!ok) {
        hr_copy_text_free(copy);
        return hr_fail_memory(err, "writing rows for COPY");
    }
    *out = copy;
    return HR_OK;
}

void hr_copy_text_free(hr_copy_text *copy)
{
    for (size_t i = 0; copy && i < copy->count; i++)
        hr_free((char *)copy->columns[i].text);
    if (copy) {
        hr_free(copy->select);
        hr_free(copy->guards);
    }
    hr_free(copy);
}

/* ---- values ------------------------------------------------------------------------------------------------ */

static inline bool put_byte(hr_out *out, uint8_t c)
{
    uint8_t code = hr_copy_letter(c);
    if (HR_LIKELY(!code)) {
        *out->at++ = c;
        return true;
    }
    *out->at++ = '\\';
    *out->at++ = code;
    return code != 1;
}

/* Eight bytes at once where none of them is special. Room for 2 * size + 8 is there. False: a NUL byte. */
static bool put_escaped(hr_out *out, const uint8_t *data, size_t size)
{
    bool fine = true;
    size_t i = 0;
    while (i + 8 <= size) {
        uint64_t word = hr_word_load(data + i);
        if (HR_LIKELY(!(hr_word_less(word, 0x20) | hr_word_equal(word, HR_WORD_ONES * '\\')))) {
            hr_word_store(out->at, word);
            out->at += 8;
            i += 8;
            continue;
        }
        for (size_t stop = i + 8; i < stop; i++)
            fine = put_byte(out, data[i]) && fine;
    }
    for (; i < size; i++)
        fine = put_byte(out, data[i]) && fine;
    return fine;
}

static inline void put_null(hr_out *out)
{
    memcpy(out->at, "\\N", 2);
    out->at += 2;
}

/* The value of a field whose quotes or escapes must be undone: behind the room for its escaped form. */
static bool put_undone(hr_out *out, const hr_batch *batch, hr_field field)
{
    uint8_t *room = out->at + 2 * field.size + 16;
    size_t size = hr_field_copy(field, batch->dialect, room);
    return put_escaped(out, room, size);
}

static bool flaw_of(hr_copy_flaw *flaw, uint32_t column, const char *why, const uint8_t *text, size_t size)
{
    flaw->column = column;
    snprintf(flaw->message, sizeof flaw->message, "'%.*s' %s", (int)(size < 60 ? size : 60),
             text ? (const char *)text : "", why);
    return false;
}

/* Texts may be long; those that have escapes are undone where they may be too long. */
static bool check_long(const hr_copy_column *column, const hr_batch *batch, hr_field field, hr_copy_flaw *flaw)
{
    if (field.size <= column->digits)
        return true;
    const uint8_t *text = field.data;
    size_t size = field.size;
    uint8_t *own = NULL;
    if (field.flags & HR_FIELD_ESCAPED) {
        own = hr_malloc(field.size + 1);
        if (!own)
            return flaw_of(flaw, column->column, "is too long for the memory there is", NULL, 0);
        size = hr_field_copy(field, batch->dialect, own);
        text = own;
    }
    const char *why = hr_copy_loss(column->guards, column->digits, text, size);
    if (why)
        (void)flaw_of(flaw, column->column, why, text, size);
    hr_free(own);
    return !why;
}

static bool check_guards(const hr_copy_column *column, const hr_batch *batch, hr_field field, hr_copy_flaw *flaw)
{
    uint8_t text[128];
    if (field.size > sizeof text)
        return check_long(column, batch, field, flaw);
    size_t size = hr_field_copy(field, batch->dialect, text);
    const char *why = hr_copy_loss(column->guards, column->digits, text, size);
    return !why || flaw_of(flaw, column->column, why, text, size);
}

static bool put_field(hr_out *out, const hr_copy_column *column, const hr_batch *batch, bool simple, size_t row,
                      hr_copy_flaw *flaw)
{
    hr_field field = hr_writer_field(batch, simple, row, column->column);
    if (field.flags & HR_FIELD_NULL) {
        put_null(out);
        return true;
    }
    if (column->json && batch->cells) {
        hr_span cell = batch->cells[row * batch->columns + column->column];
        field = (hr_field){batch->data + cell.begin, cell.size, 0};
    }
    if (column->guards && !check_guards(column, batch, field, flaw))
        return false;
    bool fine =
        field.flags & HR_FIELD_ESCAPED ? put_undone(out, batch, field) : put_escaped(out, field.data, field.size);
    if (fine)
        return true;
    flaw->column = column->column;
    snprintf(flaw->message, sizeof flaw->message, "the value has a NUL byte, and text in PostgreSQL has none");
    return false;
}

static void put_key(hr_out *out, const hr_parcel *parcel, size_t ordinal, bool bytes)
{
    const uint8_t *key = hr_parcel_key(parcel, ordinal);
    if (!key) {
        put_null(out);
        return;
    }
    if (bytes) {
        memcpy(out->at, "\\\\x", 3);
        out->at += 3;
    }
    hr_out_hex(out, key, parcel->key_size < 64 ? parcel->key_size : 64);
}

void hr_copy_made(hr_out *out, const hr_copy_column *column, const hr_parcel *parcel, size_t ordinal, uint64_t first)
{
    const hr_batch *batch = parcel->batch;
    size_t row = hr_parcel_row(parcel, ordinal);
    switch (column->what) {
    case HR_COPY_FIXED:
        if (column->text)
            hr_out_bytes(out, column->text, strlen(column->text));
        else
            put_null(out);
        break;
    case HR_COPY_ORDINAL: hr_out_number(out, first + ordinal); break;
    case HR_COPY_ROW: hr_out_number(out, hr_batch_row_number(batch, row)); break;
    case HR_COPY_OFFSET:
        if (batch->row_offset)
            hr_out_number(out, batch->row_offset[row]);
        else
            put_null(out);
        break;
    case HR_COPY_KEY: put_key(out, parcel, ordinal, false); break;
    case HR_COPY_KEY_BYTES: put_key(out, parcel, ordinal, true); break;
    case HR_COPY_FIELD:
    case HR_COPY_ABSENT: break;
    }
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

/* Any row. Room for it is there. False: it cannot be sent. */
static bool put_row(const hr_copy_text *copy, const hr_parcel *parcel, bool simple, uint64_t first, size_t ordinal,
                    hr_out *out, hr_copy_flaw *flaw)
{
    const hr_batch *batch = parcel->batch;
    size_t row = hr_parcel_row(parcel, ordinal);
    for (size_t i = 0; i < copy->count; i++) {
        const hr_copy_column *column = &copy->columns[i];
        if (column->what == HR_COPY_ABSENT) {
            hr_field field = hr_batch_field(batch, row, column->column);
            if (!(field.flags & HR_FIELD_NULL))
                return flaw_of(flaw, column->column, "has no column in the table", field.data, field.size);
            continue;
        }
        if (column->what != HR_COPY_FIELD)
            hr_copy_made(out, column, parcel, ordinal, first);
        else if (!put_field(out, column, batch, simple, row, flaw))
            return false;
        *out->at++ = '\t';
    }
    out->at[-1] = '\n'; /* there is at least one column */
    return true;
}

/* The bytes of the row's values: columns of NDJSON may lie within each other. */
static size_t values_size(const hr_batch *batch, size_t row, size_t row_size)
{
    size_t size = 0;
    if (!(batch->flags & HR_BATCH_NDJSON))
        return row_size;
    for (size_t c = 0; c < batch->columns; c++)
        size += batch->cells[row * batch->columns + c].size;
    return size;
}

static hr_status put_plainly(const hr_copy_text *copy, const hr_parcel *parcel, uint64_t first, size_t ordinal,
                             hr_out *out, hr_copy_flaw *flaw, hr_error *err)
{
    const hr_batch *batch = parcel->batch;
    const uint8_t *text;
    size_t size, row = hr_parcel_row(parcel, ordinal);
    bool simple = !(batch->flags & HR_BATCH_NDJSON) && hr_writer_simple(batch);
    hr_batch_row(batch, row, &text, &size);
    if (!hr_out_room(out, 4 * values_size(batch, row, size) + copy->row_most))
        return hr_fail(err, HR_E_LIMIT, "a row of %zu bytes does not fit into what can be sent", size);
    uint8_t *line = out->at;
    if (put_row(copy, parcel, simple, first, ordinal, out, flaw))
        return HR_OK;
    out->at = line;
    return HR_AGAIN;
}

#define STOPS_MOST 64u /* rows that are written one by one, at most, before the kernels are asked again */

hr_status hr_copy_text_rows(const hr_copy_text *copy, const hr_parcel *parcel, uint64_t first, size_t *at, size_t to,
                            size_t enough, hr_buffer *buffer, hr_copy_flaw *flaw, hr_error *err)
{
    hr_out out = {.buffer = buffer};
    hr_rows job;
    hr_status status = HR_OK;
    bool quick = hr_copy_kernel_job(copy, parcel, &job);
    size_t ordinal = *at, start = buffer->size, plain = 0, stops = 0;
    while (status == HR_OK && ordinal < to && start < enough) {
        if (!quick || plain) {
            status = put_plainly(copy, parcel, first, ordinal, &out, flaw, err);
            ordinal += status == HR_OK;
            plain -= plain > 0;
        } else {
            bool stopped = false;
            size_t before = ordinal;
            quick = hr_copy_kernel_rows(copy, parcel, &job, first, &ordinal, to, enough - start, &out, &stopped);
            stops = !stopped ? 0 : ordinal > before ? 1 : 2 * stops + 1;
            plain = stops < STOPS_MOST ? stops : STOPS_MOST;
        }
        if (out.at)
            start = (size_t)(out.at - buffer->data);
    }
    if (out.at)
        buffer->size = start;
    *at = ordinal;
    return status;
}
