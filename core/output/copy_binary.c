/* copy_binary.c: rows of batches as tuples of COPY's binary format. */
#include "core/output/copy_binary.h"

#include "core/output/copy_binary_value.h"
#include "core/rows/value_fast.h"

const uint8_t hr_binary_header[HR_BINARY_HEADER_SIZE] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xFF, '\r', '\n'};
const uint8_t hr_binary_trailer[HR_BINARY_TRAILER_SIZE] = {0xFF, 0xFF};

struct hr_copy_binary {
    size_t count, fields;
    size_t row_most; /* bytes of a tuple beside the texts of its row, at most */
    bool vectors;    /* some column needs them */
    hr_binary_column columns[];
};

/* ---- making ------------------------------------------------------------------------------------------------ */

static bool is_of_vectors(hr_binary_kind kind)
{
    return kind >= HR_BINARY_BOOL && kind <= HR_BINARY_VIEW_JSONB;
}

hr_status hr_copy_binary_new(const hr_binary_column *columns, size_t count, hr_copy_binary **out, hr_error *err)
{
    hr_copy_binary *copy = hr_calloc(1, sizeof *copy + count * sizeof copy->columns[0]);
    bool ok = copy;
    if (ok) {
        copy->count = count;
        copy->row_most = 64;
        memcpy(copy->columns, columns, count * sizeof copy->columns[0]);
    }
    for (size_t i = 0; copy && i < count; i++) {
        hr_binary_column *column = &copy->columns[i];
        copy->fields += column->kind != HR_BINARY_ABSENT;
        copy->vectors = copy->vectors || is_of_vectors(column->kind);
        /* A size, and the longest of what is no text: a numeric's header and its incomplete groups. */
        copy->row_most += 40 + (column->kind >= HR_BINARY_FIXED ? column->size + 128 : 0);
        column->bytes = NULL;
        column->as_text.text = NULL;
        if (columns[i].bytes) {
            uint8_t *bytes = hr_malloc(column->size + 1);
            ok = ok && bytes;
            column->bytes = bytes ? memcpy(bytes, columns[i].bytes, column->size) : NULL;
        }
    }
    if (!ok) {
        hr_copy_binary_free(copy);
        return hr_fail_memory(err, "writing rows for COPY");
    }
    *out = copy;
    return HR_OK;
}

void hr_copy_binary_free(hr_copy_binary *copy)
{
    for (size_t i = 0; copy && i < copy->count; i++)
        hr_free((uint8_t *)copy->columns[i].bytes);
    hr_free(copy);
}

/* ---- numbers ----------------------------------------------------------------------------------------------- */

static bool put_int(hr_out *out, hr_binary_kind kind, int64_t value)
{
    if (kind == HR_BINARY_INT8) {
        hr_binary_put_int8(out, value);
    } else if (kind == HR_BINARY_INT4) {
        if (value < INT32_MIN || value > INT32_MAX)
            return false;
        hr_binary_put4(out, 4);
        hr_binary_put4(out, (uint32_t)value);
    } else {
        if (value < INT16_MIN || value > INT16_MAX)
            return false;
        hr_binary_put4(out, 2);
        hr_binary_put2(out, (uint16_t)value);
    }
    return true;
}

static void put_double(hr_out *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    hr_binary_put4(out, 8);
    hr_binary_put8(out, value != value ? UINT64_C(0x7FF8000000000000) : bits); /* there is one NaN */
}

/* ---- texts ------------------------------------------------------------------------------------------------- */

/* Room for 16 bytes more than `size` is there. */
static inline void put_bytes(hr_out *out, const uint8_t *data, size_t size)
{
    if (size > 32 || size < 8) {
        memcpy(out->at, data, size);
    } else if (size > 16) {
        memcpy(out->at, data, 16);
        memcpy(out->at + size - 16, data + size - 16, 16);
    } else {
        memcpy(out->at, data, 8);
        memcpy(out->at + size - 8, data + size - 8, 8);
    }
    out->at += size;
}

static bool is_kept(const hr_copy_column *column, const uint8_t *text, size_t size)
{
    return !column->guards || size <= column->digits || !hr_copy_loss(column->guards, column->digits, text, size);
}

static bool put_view(hr_out *out, const hr_binary_column *column, const hr_vector *vector, size_t row)
{
    const hr_text_view *view = (const hr_text_view *)vector->values + row;
    bool jsonb = column->kind == HR_BINARY_VIEW_JSONB;
    hr_binary_put4(out, view->size + jsonb);
    if (jsonb)
        *out->at++ = 1; /* version */
    if (view->size <= sizeof view->in.text) {
        if (column->as_text.guards && !is_kept(&column->as_text, (const uint8_t *)view->in.text, view->size))
            return false;
        memcpy(out->at, view->in.text, sizeof view->in.text);
        out->at += view->size;
        return true;
    }
    const uint8_t *text = vector->data + view->in.far.offset;
    if (column->as_text.guards && !is_kept(&column->as_text, text, view->size))
        return false;
    put_bytes(out, text, view->size);
    return true;
}

/* ---- values ------------------------------------------------------------------------------------------------ */

/* A tuple on its way. */
typedef struct binary_walk {
    const hr_batch *batch;
    const hr_parcel *parcel;
    bool simple; /* hr_writer_simple */
    size_t row, ordinal;
    uint64_t first;
    const uint8_t *readable; /* of fields that begin below, HR_FAST_READ bytes are there */
} binary_walk;

static inline hr_field field_of(const binary_walk *walk, const hr_binary_column *column)
{
    return hr_writer_field(walk->batch, walk->simple, walk->row, column->as_text.column);
}

static bool put_field(const binary_walk *walk, const hr_binary_column *column, hr_out *out)
{
    const hr_batch *batch = walk->batch;
    hr_field field = field_of(walk, column);
    if (field.flags & HR_FIELD_NULL) {
        hr_binary_put_null(out);
        return true;
    }
    if (HR_UNLIKELY(column->as_text.json && batch->cells)) {
        hr_span cell = batch->cells[walk->row * batch->columns + column->as_text.column];
        field = (hr_field){batch->data + cell.begin, cell.size, 0};
    }
    uint8_t *head = out->at;
    out->at += 4;
    if (column->kind == HR_BINARY_FIELD_JSONB)
        *out->at++ = 1;
    uint8_t *text = out->at;
    if (field.flags & HR_FIELD_ESCAPED)
        out->at += hr_field_copy(field, batch->dialect, text);
    else
        put_bytes(out, field.data, field.size);
    hr_out header = {.at = head};
    hr_binary_put4(&header, (uint32_t)(out->at - head) - 4);
    return is_kept(&column->as_text, text, (size_t)(out->at - text));
}

/* The text of a number or time, in `room` where it has escapes; false: it is too long. */
static inline bool short_text(const binary_walk *walk, hr_field *field, uint8_t room[HR_BINARY_NUMBER_ROOM])
{
    if (HR_LIKELY(!(field->flags & HR_FIELD_ESCAPED)))
        return true;
    if (field->size > HR_BINARY_NUMBER_ROOM)
        return false;
    field->size = hr_field_copy(*field, walk->batch->dialect, room);
    field->data = room;
    return true;
}

static bool put_number(const binary_walk *walk, const hr_binary_column *column, hr_out *out)
{
    uint8_t room[HR_BINARY_NUMBER_ROOM];
    double value;
    hr_field field = field_of(walk, column);
    if (field.flags & HR_FIELD_NULL) {
        hr_binary_put_null(out);
        return true;
    }
    if (!short_text(walk, &field, room))
        return false;
    if (column->kind == HR_BINARY_NUMERIC)
        return hr_binary_numeric(out, &column->as_text, field.data, field.size);
    if (hr_value_float64(field.data, field.size, &value))
        return false;
    put_double(out, value); /* decimals are too short for one that vanishes */
    return true;
}

static inline bool put_read(const binary_walk *walk, const hr_binary_column *column, hr_out *out)
{
    uint8_t room[HR_BINARY_NUMBER_ROOM + HR_FAST_READ];
    hr_field field = field_of(walk, column);
    if (field.flags & HR_FIELD_NULL) {
        hr_binary_put_null(out);
        return true;
    }
    if (HR_UNLIKELY(field.size > HR_BINARY_NUMBER_ROOM))
        return false;
    if (HR_UNLIKELY(field.data >= walk->readable || field.flags & HR_FIELD_ESCAPED)) {
        memset(room, 0, sizeof room);
        field.size = hr_field_copy(field, walk->batch->dialect, room);
        field.data = room;
    }
    return hr_binary_read(out, column, field.data, field.size);
}

static bool put_float(const binary_walk *walk, const hr_binary_column *column, double value, hr_out *out)
{
    uint8_t room[HR_BINARY_NUMBER_ROOM];
    put_double(out, value);
    if (HR_LIKELY(value != 0))
        return true;
    hr_field field = field_of(walk, column);
    return short_text(walk, &field, room) && !hr_binary_is_tiny(field.data, field.size);
}

static bool put_moment(const binary_walk *walk, const hr_binary_column *column, int64_t value, hr_out *out)
{
    uint8_t room[HR_BINARY_NUMBER_ROOM];
    hr_field field = field_of(walk, column);
    return short_text(walk, &field, room) && !hr_binary_is_far(field.data, field.size) &&
           hr_binary_time(out, &column->as_text, value);
}

static inline bool bit_of(const uint8_t *bits, size_t at)
{
    return bits[at / 8] >> (at % 8) & 1;
}

static inline int64_t int64_of(const hr_vector *vector, size_t row)
{
    return ((const int64_t *)vector->values)[row];
}

static bool put_typed(const binary_walk *walk, const hr_binary_column *column, hr_out *out)
{
    const hr_vector *vector = &walk->batch->vectors[column->vector];
    size_t row = walk->row;
    if (vector->validity && !bit_of(vector->validity, row)) {
        hr_binary_put_null(out);
        return true;
    }
    switch (column->kind) {
    case HR_BINARY_BOOL:
        hr_binary_put4(out, 1);
        *out->at++ = bit_of(vector->values, row);
        return true;
    case HR_BINARY_INT2:
    case HR_BINARY_INT4:
    case HR_BINARY_INT8: return put_int(out, column->kind, int64_of(vector, row));
    case HR_BINARY_FLOAT8: return put_float(walk, column, ((const double *)vector->values)[row], out);
    case HR_BINARY_DATE:
        hr_binary_put4(out, 4);
        hr_binary_put4(out, (uint32_t)(((const int32_t *)vector->values)[row] - HR_BINARY_EPOCH_DAYS));
        return true;
    case HR_BINARY_MIDNIGHT:
        hr_binary_put_int8(out, (((const int32_t *)vector->values)[row] - HR_BINARY_EPOCH_DAYS) * HR_DAY_MICROSECONDS);
        return true;
    case HR_BINARY_TIMESTAMP: return hr_binary_time(out, &column->as_text, int64_of(vector, row));
    case HR_BINARY_MOMENT: return put_moment(walk, column, int64_of(vector, row), out);
    case HR_BINARY_UUID:
        hr_binary_put4(out, 16);
        hr_out_bytes(out, (const uint8_t *)vector->values + row * 16, 16);
        return true;
    default: return put_view(out, column, vector, row);
    }
}

static inline bool is_read(hr_binary_kind kind)
{
    return kind >= HR_BINARY_READ_BOOL && kind <= HR_BINARY_READ_UUID;
}

static bool put_row(const hr_copy_binary *copy, const binary_walk *walk, hr_out *out)
{
    hr_binary_put2(out, (uint16_t)copy->fields);
    for (size_t i = 0; i < copy->count; i++) {
        const hr_binary_column *column = &copy->columns[i];
        bool fine;
        if (is_read(column->kind))
            fine = put_read(walk, column, out);
        else if (is_of_vectors(column->kind))
            fine = put_typed(walk, column, out);
        else if (column->kind == HR_BINARY_NUMERIC || column->kind == HR_BINARY_DOUBLE)
            fine = put_number(walk, column, out);
        else if (column->kind == HR_BINARY_FIELD || column->kind == HR_BINARY_FIELD_JSONB)
            fine = put_field(walk, column, out);
        else
            fine = hr_binary_made(out, column, walk->parcel, walk->ordinal, walk->first);
        if (HR_UNLIKELY(!fine))
            return false;
    }
    return true;
}

/* Where the fields end of which HR_FAST_READ bytes can be read. */
static const uint8_t *readable_of(const hr_batch *batch)
{
    const uint8_t *text;
    size_t size;
    if (!batch->rows)
        return batch->data;
    hr_batch_row(batch, batch->rows - 1, &text, &size);
    return (size_t)(text + size - batch->data) > HR_FAST_READ ? text + size - HR_FAST_READ : batch->data;
}

/* The bytes of the row's values: columns of NDJSON may lie within each other. */
static inline size_t values_size(const hr_batch *batch, bool simple, size_t row)
{
    size_t size = 0, first = batch->row_first[row];
    const uint8_t *text;
    if (HR_LIKELY(simple))
        return hr_writer_begin(batch, first + batch->columns) - hr_writer_begin(batch, first);
    if (!(batch->flags & HR_BATCH_NDJSON)) {
        hr_batch_row(batch, row, &text, &size);
        return size;
    }
    for (size_t c = 0; c < batch->columns; c++)
        size += batch->cells[row * batch->columns + c].size;
    return size;
}

hr_status hr_copy_binary_rows(const hr_copy_binary *copy, const hr_parcel *parcel, uint64_t first, size_t *at,
                              size_t to, size_t enough, hr_buffer *buffer, hr_error *err)
{
    const hr_batch *batch = parcel->batch;
    binary_walk walk = {.batch = batch, .parcel = parcel, .first = first};
    walk.simple = !(batch->flags & HR_BATCH_NDJSON) && hr_writer_simple(batch);
    walk.readable = readable_of(batch);
    if (*at < to && copy->vectors && !batch->vectors)
        return HR_AGAIN;
    hr_out out = {.buffer = buffer};
    hr_status status = HR_OK;
    size_t written = buffer->size;
    for (; *at < to && written < enough; ++*at) {
        walk.ordinal = *at;
        walk.row = hr_parcel_row(parcel, *at);
        size_t size = values_size(batch, walk.simple, walk.row);
        if (!hr_out_room(&out, size + copy->row_most)) {
            status = hr_fail(err, HR_E_LIMIT, "a row of %zu bytes does not fit into what can be sent", size);
            break;
        }
        uint8_t *tuple = out.at;
        if (HR_UNLIKELY(!put_row(copy, &walk, &out))) {
            out.at = tuple;
            status = HR_AGAIN;
            break;
        }
        written = (size_t)(out.at - buffer->data);
    }
    if (out.at)
        buffer->size = (size_t)(out.at - buffer->data);
    return status;
}
