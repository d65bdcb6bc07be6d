/* field.c: from the offsets of a batch to fields and their values. */
#include "core/json/text.h"
#include "core/rows/nulls.h"

static inline size_t begin_of(const hr_batch *batch, size_t field)
{
    return batch->offset_bytes == 2 ? ((const uint16_t *)batch->begins)[field]
                                    : ((const uint32_t *)batch->begins)[field];
}

static inline size_t fields_of(const hr_batch *batch, size_t row)
{
    return batch->row_fields ? batch->row_fields[row] : batch->columns;
}

/* The byte at `at` is data because an escape byte stands before it: of a run of them every second one is data itself,
 * and a run begins unescaped, for what stands before it is no escape byte or ends another field. */
static bool is_escaped(const hr_batch *batch, size_t begin, size_t at)
{
    size_t run = 0;
    while (at - run > begin && batch->data[at - run - 1] == batch->dialect->escape)
        run++;
    return run % 2;
}

/* End of the record's last field: before its newline, which is one byte or CRLF. Outside quotes a CR is part of a
 * newline unless it is escaped. */
static inline size_t without_cr(const hr_batch *batch, size_t begin, size_t end)
{
    bool cr = (batch->flags & HR_BATCH_MAY_HAVE_CR) && end > begin && batch->data[end - 1] == '\r';
    if (cr && HR_UNLIKELY(batch->dialect->escape != HR_NO_BYTE) && is_escaped(batch, begin, end - 1))
        return end;
    return cr ? end - 1 : end;
}

static hr_field quoted_field(const hr_batch *batch, size_t begin, size_t end)
{
    const hr_dialect *dialect = batch->dialect;
    const uint8_t *inner = batch->data + begin + 1;
    size_t size = end - begin - 1;
    bool closed = size > 0 && inner[size - 1] == dialect->quote;
    size_t between = closed ? size - 1 : size;
    if (closed && !memchr(inner, dialect->quote, between) &&
        (dialect->escape == HR_NO_BYTE || !memchr(inner, dialect->escape, between)))
        return (hr_field){inner, between, HR_FIELD_QUOTED};
    return (hr_field){inner, size, HR_FIELD_QUOTED | HR_FIELD_ESCAPED};
}

/* Of NDJSON. A value that begins with 'n' is null. */
static hr_field json_field(const hr_batch *batch, size_t row, size_t column)
{
    hr_span cell = batch->cells[row * batch->columns + column];
    const uint8_t *data = batch->data + cell.begin;
    if (!cell.size || *data == 'n')
        return (hr_field){(const uint8_t *)"", 0, HR_FIELD_NULL | HR_FIELD_JSON};
    if (*data != '"')
        return (hr_field){data, cell.size, HR_FIELD_JSON};
    uint32_t escaped = memchr(data + 1, '\\', cell.size - 2) ? HR_FIELD_ESCAPED : 0;
    return (hr_field){data + 1, cell.size - 2, HR_FIELD_QUOTED | HR_FIELD_JSON | escaped};
}

hr_field hr_batch_field(const hr_batch *batch, size_t row, size_t column)
{
    if (batch->flags & HR_BATCH_NDJSON)
        return json_field(batch, row, column);
    size_t fields = fields_of(batch, row);
    if (HR_UNLIKELY(column >= fields)) /* a padded row */
        return (hr_field){(const uint8_t *)"", 0, HR_FIELD_NULL};
    size_t field = batch->row_first[row] + column;
    size_t begin = begin_of(batch, field), end = begin_of(batch, field + 1) - 1;
    if (column + 1 == fields)
        end = without_cr(batch, begin, end);
    const uint8_t *data = batch->data + begin;
    if (begin == end)
        return (hr_field){data, 0, HR_FIELD_NULL};
    if (*data == batch->dialect->quote && batch->dialect->quote != HR_NO_BYTE)
        return quoted_field(batch, begin, end);
    uint32_t flags = 0;
    if (batch->nulls && hr_nulls_match(hr_batch_nulls(batch), data, end - begin))
        flags |= HR_FIELD_NULL;
    if (batch->dialect->escape != HR_NO_BYTE && memchr(data, batch->dialect->escape, end - begin))
        flags |= HR_FIELD_ESCAPED;
    return (hr_field){data, end - begin, flags};
}

/* The lexer's states again, for the inside of one field (simd.h): `quoted` until the closing quote, data behind it. */
size_t hr_field_copy(hr_field field, const hr_dialect *dialect, uint8_t *room)
{
    if (!(field.flags & HR_FIELD_ESCAPED)) {
        if (field.size) /* an empty field needs no room: NULL will do */
            memcpy(room, field.data, field.size);
        return field.size;
    }
    if (field.flags & HR_FIELD_JSON)
        return hr_json_text_copy(field.data, field.size, room);
    bool quoted = field.flags & HR_FIELD_QUOTED;
    size_t out = 0;
    for (size_t i = 0; i < field.size; i++) {
        uint8_t c = field.data[i];
        if (c == dialect->escape && dialect->escape != HR_NO_BYTE) {
            if (++i < field.size)
                room[out++] = field.data[i];
            else
                room[out++] = c; /* the input ended behind an escape byte: it escapes nothing */
        } else if (quoted && c == dialect->quote) {
            if (i + 1 < field.size && field.data[i + 1] == dialect->quote)
                room[out++] = field.data[++i];
            else
                quoted = false;
        } else {
            room[out++] = c;
        }
    }
    return out;
}

void hr_batch_row(const hr_batch *batch, size_t row, const uint8_t **data, size_t *size)
{
    if (batch->flags & HR_BATCH_NDJSON) {
        *data = batch->data + batch->row_first[row];
        *size = batch->row_size[row];
        return;
    }
    size_t fields = fields_of(batch, row);
    /* A truncated row still ends where its last field in the input does. */
    size_t begin = begin_of(batch, batch->row_first[row]), end = begin_of(batch, batch->row_first[row] + fields) - 1;
    *data = batch->data + begin;
    *size = without_cr(batch, begin, end) - begin;
}

uint64_t hr_batch_row_number(const hr_batch *batch, size_t row)
{
    return batch->first_row + (batch->row_number ? batch->row_number[row] : row);
}
