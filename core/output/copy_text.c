/* copy_text.c: rows of batches as lines of COPY's text format.
 *
 * Most text has nothing to be escaped: the kernels look for the next byte that might be, and all rows before it are
 * copied field by field without looking at them again. */
#include "core/output/copy_text.h"

#include <stdio.h>

#include "core/output/writer.h"
#include "core/rows/batch.h"

struct hr_copy_text {
    const hr_kernels *kernels;
    size_t count;
    size_t row_most; /* bytes of a row beside its fields, at most */
    hr_copy_column columns[];
};

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
    hr_free(copy);
}

/* ---- values ------------------------------------------------------------------------------------------------ */

/* The letter behind the backslash, 0: the byte stands for itself, 1: PostgreSQL has no such byte. */
static inline uint8_t escape_code(uint8_t c)
{
    switch (c) {
    case '\t': return 't';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\\': return '\\';
    case '\0': return 1;
    default: return 0;
    }
}

static inline bool put_byte(hr_out *out, uint8_t c)
{
    uint8_t code = escape_code(c);
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

static void put_virtual(hr_out *out, const hr_copy_column *column, const hr_parcel *parcel, size_t ordinal,
                        uint64_t first)
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
            put_virtual(out, column, parcel, ordinal, first);
        else if (!put_field(out, column, batch, simple, row, flaw))
            return false;
        *out->at++ = '\t';
    }
    out->at[-1] = '\n'; /* there is at least one column */
    return true;
}

/* Copies up to 32 bytes by blocks where that many may be read. */
static inline void put_plain(hr_out *out, const uint8_t *data, size_t size, const uint8_t *limit)
{
    if (HR_LIKELY(size <= 32 && data + 32 <= limit)) {
        memcpy(out->at, data, 16);
        if (size > 16)
            memcpy(out->at + 16, data + 16, 16);
    } else {
        memcpy(out->at, data, size);
    }
    out->at += size;
}

/* What is not simply copied. False: the row cannot be sent. */
static bool put_special(hr_out *out, const hr_copy_column *column, const hr_parcel *parcel, size_t ordinal,
                        uint64_t first, const uint8_t *text, size_t size, hr_copy_flaw *flaw)
{
    if (column->what == HR_COPY_ABSENT)
        return !size || flaw_of(flaw, column->column, "has no column in the table", text, size);
    if (column->what != HR_COPY_FIELD) {
        put_virtual(out, column, parcel, ordinal, first);
    } else if (!size) {
        put_null(out);
    } else {
        const char *why = hr_copy_loss(column->guards, column->digits, text, size);
        if (why)
            return flaw_of(flaw, column->column, why, text, size);
        hr_out_bytes(out, text, size);
    }
    *out->at++ = '\t';
    return true;
}

/* A row of CSV of which no byte is special, 16-bit offsets, all its columns there. */
static inline bool put_clean_row(const hr_copy_text *copy, const hr_parcel *parcel, size_t row, size_t ordinal,
                                 uint64_t first, const uint8_t *limit, hr_out *out, hr_copy_flaw *flaw)
{
    const hr_batch *batch = parcel->batch;
    const uint16_t *begins = (const uint16_t *)batch->begins + batch->row_first[row];
    uint32_t last = batch->columns - 1;
    bool cr = batch->flags & HR_BATCH_MAY_HAVE_CR;
    for (size_t i = 0; i < copy->count; i++) {
        const hr_copy_column *column = &copy->columns[i];
        size_t begin = begins[column->column], end = begins[column->column + 1] - (size_t)1;
        if (cr && column->column == last && end > begin && batch->data[end - 1] == '\r')
            end--;
        if (HR_UNLIKELY(column->what != HR_COPY_FIELD || column->guards)) {
            if (!put_special(out, column, parcel, ordinal, first, batch->data + begin, end - begin, flaw))
                return false;
            continue;
        }
        if (HR_LIKELY(end > begin))
            put_plain(out, batch->data + begin, end - begin, limit);
        else
            put_null(out);
        *out->at++ = '\t';
    }
    out->at[-1] = '\n';
    return true;
}

/* A walk over the rows of a parcel. */
typedef struct copy_walk {
    const hr_batch *batch;
    bool simple;           /* hr_writer_simple */
    bool quick;            /* rows may be clean */
    size_t end;            /* of the text of the rows: quick */
    size_t clean;          /* from the last row looked at up to here there is no special byte: quick */
    uint8_t delimiter_tab; /* what is looked for in place of a tab where tabs delimit */
} copy_walk;

static copy_walk walk_of(const hr_batch *batch)
{
    copy_walk made = {.batch = batch};
    made.simple = !(batch->flags & HR_BATCH_NDJSON) && hr_writer_simple(batch);
    made.quick = made.simple && batch->offset_bytes == 2 && batch->rows;
    made.delimiter_tab = batch->dialect->delimiter == '\t' ? '\\' : '\t';
    if (made.quick)
        made.end = hr_writer_begin(batch, batch->row_first[batch->rows - 1] + batch->columns);
    return made;
}

static inline bool is_clean(copy_walk *walk, const hr_copy_text *copy, size_t begin, size_t end)
{
    if (walk->clean < begin) {
        int quote = walk->batch->dialect->quote;
        walk->clean =
            begin + copy->kernels->find4(walk->batch->data + begin, walk->end - begin, '\\',
                                         quote == HR_NO_BYTE ? '\\' : (uint8_t)quote, '\0', walk->delimiter_tab);
    }
    return walk->clean >= end;
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

hr_status hr_copy_text_rows(const hr_copy_text *copy, const hr_parcel *parcel, uint64_t first, size_t *at, size_t to,
                            size_t enough, hr_buffer *buffer, hr_copy_flaw *flaw, hr_error *err)
{
    const hr_batch *batch = parcel->batch;
    copy_walk walk = walk_of(batch);
    hr_out out = {.buffer = buffer};
    hr_status status = HR_OK;
    size_t ordinal = *at, start = buffer->size;
    while (ordinal < to && start < enough) {
        const uint8_t *text;
        size_t size, row = hr_parcel_row(parcel, ordinal);
        hr_batch_row(batch, row, &text, &size);
        if (!hr_out_room(&out, 4 * values_size(batch, row, size) + copy->row_most)) {
            status = hr_fail(err, HR_E_LIMIT, "a row of %zu bytes does not fit into what can be sent", size);
            break;
        }
        size_t begin = (size_t)(text - batch->data);
        uint8_t *line = out.at;
        bool fine = walk.quick && is_clean(&walk, copy, begin, begin + size)
                        ? put_clean_row(copy, parcel, row, ordinal, first, batch->data + walk.end, &out, flaw)
                        : put_row(copy, parcel, walk.simple, first, ordinal, &out, flaw);
        if (!fine) {
            out.at = line;
            status = HR_AGAIN;
            break;
        }
        start = (size_t)(out.at - buffer->data);
        ordinal++;
    }
    if (out.at)
        buffer->size = (size_t)(out.at - buffer->data);
    *at = ordinal;
    return status;
}
