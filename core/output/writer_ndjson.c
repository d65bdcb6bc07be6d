/* writer_ndjson.c: rows to JSON, one object a line (RFC 8259): keys in the order of the columns, values strings or
 * null. Row number and offset of the lineage are numbers. */
#include "core/output/writer.h"

/* What stands behind the backslash for a byte: 0: the byte passes, 'u': \u00XX. */
/* clang-format off */
static const uint8_t escapes[256] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
    ['"'] = '"', ['\\'] = '\\',
};
/* clang-format on */

static inline uint64_t marked(uint64_t word)
{
    return hr_word_less(word, 0x20) | hr_word_equal(word, HR_WORD_ONES * '"') |
           hr_word_equal(word, HR_WORD_ONES * '\\');
}

static uint8_t *escape_bytes(uint8_t *room, const uint8_t *data, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        uint8_t c = data[i], escape = escapes[c];
        if (!escape) {
            *room++ = c;
            continue;
        }
        *room++ = '\\';
        *room++ = escape;
        if (escape == 'u') {
            *room++ = '0';
            *room++ = '0';
            *room++ = (uint8_t)hex[c >> 4];
            *room++ = (uint8_t)hex[c & 15];
        }
    }
    return room;
}

/* Writes `data` escaped and returns the end of it; `room` holds what that takes and 8 bytes more. */
static inline uint8_t *escape_value(uint8_t *room, const uint8_t *data, size_t size)
{
    for (; size >= 8; size -= 8, data += 8) {
        uint64_t word = hr_word_load(data);
        if (HR_UNLIKELY(marked(word))) {
            room = escape_bytes(room, data, 8);
            continue;
        }
        hr_word_store(room, word);
        room += 8;
    }
    if (!size)
        return room;
    uint64_t word = hr_word_tail(data, size, HR_WORD_ONES * ' ');
    if (HR_UNLIKELY(marked(word)))
        return escape_bytes(room, data, size);
    hr_word_store(room, word);
    return room + size;
}

static size_t escaped_size(const uint8_t *data, size_t size)
{
    size_t total = size;
    for (size_t i = 0; i < size; i++)
        total += escapes[data[i]] ? escapes[data[i]] == 'u' ? 5 : 1 : 0;
    return total;
}

static bool put_string(hr_out *out, const uint8_t *data, size_t size)
{
    if (!hr_out_room(out, (size <= 1024 ? 6 * size : escaped_size(data, size)) + 16))
        return false;
    *out->at++ = '"';
    out->at = escape_value(out->at, data, size);
    *out->at++ = '"';
    return true;
}

/* The value of a field with escapes is made at the end of room that its escaped form cannot reach. */
static bool put_escaped(hr_out *out, hr_field field, const hr_dialect *input)
{
    size_t room = 6 * field.size + 16;
    if (!hr_out_room(out, room + field.size))
        return false;
    uint8_t *value = out->at + room;
    size_t size = hr_field_copy(field, input, value);
    *out->at++ = '"';
    out->at = escape_value(out->at, value, size);
    *out->at++ = '"';
    return true;
}

static inline bool is_bare(const hr_writer *writer, size_t column)
{
    return writer->types && hr_typed_form(writer->types[column]) != HR_ROWS_STRING;
}

/* A value that JSON has no notation for is a string. */
static bool put_typed(hr_out *out, hr_field field, const hr_dialect *input, hr_type type)
{
    size_t room = field.size + 8;
    if (!hr_out_room(out, room + field.size))
        return false;
    if (!(field.flags & HR_FIELD_ESCAPED))
        return hr_typed_put(out, type, field.data, field.size) || put_string(out, field.data, field.size);
    uint8_t *value = out->at + room;
    size_t size = hr_field_copy(field, input, value);
    return hr_typed_put(out, type, value, size) || put_escaped(out, field, input);
}

static bool put_null(hr_out *out)
{
    if (!hr_out_room(out, 4))
        return false;
    hr_out_bytes(out, "null", 4);
    return true;
}

static bool put_key(const hr_writer *writer, hr_out *out, size_t name)
{
    hr_fixed key = writer->keys[name];
    if (!hr_out_room(out, key.end - key.begin))
        return false;
    hr_out_fixed(out, writer, key);
    return true;
}

static bool put_lineage(const hr_writer *writer, const hr_parcel *parcel, size_t ordinal, hr_out *out)
{
    const uint8_t *key = hr_parcel_key(parcel, ordinal);
    if (!hr_out_room(out, writer->fixed.size + 2 * parcel->key_size + 64))
        return false;
    size_t row = hr_parcel_row(parcel, ordinal);
    hr_out_fixed(out, writer, writer->where);
    hr_out_number(out, hr_batch_row_number(parcel->batch, row));
    hr_out_fixed(out, writer, writer->keys[writer->select_count + 3]);
    if (parcel->batch->row_offset)
        hr_out_number(out, parcel->batch->row_offset[row]);
    else
        hr_out_bytes(out, "null", 4);
    hr_out_fixed(out, writer, writer->when);
    if (!key) {
        hr_out_bytes(out, "null", 4);
        return true;
    }
    *out->at++ = '"';
    hr_out_hex(out, key, parcel->key_size);
    *out->at++ = '"';
    return true;
}

static bool put_end(hr_out *out)
{
    if (!hr_out_room(out, 2))
        return false;
    hr_out_bytes(out, "}\n", 2);
    return true;
}

/* A value of NDJSON as it is written, quotes and all. */
static bool put_json(hr_out *out, hr_field field)
{
    size_t quotes = field.flags & HR_FIELD_QUOTED ? 1 : 0;
    if (!hr_out_room(out, field.size + 2 * quotes))
        return false;
    hr_out_bytes(out, field.data - quotes, field.size + 2 * quotes);
    return true;
}

/* A record of NDJSON as it is written. Its lineage stands behind the members of an object; any other value becomes the
 * member _record of one. */
static bool put_record(const hr_writer *writer, const hr_parcel *parcel, size_t ordinal, hr_out *out)
{
    static const char member[] = "{\"_record\":";
    const uint8_t *data;
    size_t size;
    hr_batch_row(parcel->batch, hr_parcel_row(parcel, ordinal), &data, &size);
    if (!hr_out_room(out, size + sizeof member + 1))
        return false;
    if (!writer->lineage) {
        hr_out_bytes(out, data, size);
        *out->at++ = '\n';
        return true;
    }
    bool object = data[0] == '{';
    if (!object)
        hr_out_bytes(out, member, sizeof member - 1);
    hr_out_bytes(out, data, object ? size - 1 : size);
    while (object && (out->at[-1] == ' ' || out->at[-1] == '\t' || out->at[-1] == '\r'))
        out->at--;
    bool empty = object && out->at[-1] == '{'; /* the only place where it can stand in front of a '}' */
    size_t at = (size_t)(out->at - out->buffer->data);
    if (!put_lineage(writer, parcel, ordinal, out) || !put_end(out))
        return false;
    out->buffer->data[at] = empty ? ' ' : ',';
    return true;
}

static bool put_row(const hr_writer *writer, const hr_parcel *parcel, size_t ordinal, bool simple, hr_out *out)
{
    const hr_batch *batch = parcel->batch;
    size_t row = hr_parcel_row(parcel, ordinal);
    const uint32_t *select = hr_writer_select(writer, batch);
    for (size_t i = 0; i < writer->select_count; i++) {
        hr_field field = hr_writer_field(batch, simple, row, select[i]);
        if (!put_key(writer, out, i))
            return false;
        bool done = field.flags & HR_FIELD_NULL      ? put_null(out)
                    : field.flags & HR_FIELD_JSON    ? put_json(out, field)
                    : is_bare(writer, i)             ? put_typed(out, field, batch->dialect, writer->types[i])
                    : field.flags & HR_FIELD_ESCAPED ? put_escaped(out, field, batch->dialect)
                                                     : put_string(out, field.data, field.size);
        if (!done)
            return false;
    }
    return (!writer->lineage || put_lineage(writer, parcel, ordinal, out)) && put_end(out);
}

bool hr_ndjson_rows(const hr_writer *writer, const hr_parcel *parcel, hr_out *out)
{
    bool simple = hr_writer_simple(parcel->batch);
    size_t rows = hr_parcel_rows(parcel);
    hr_rows job;
    if ((parcel->batch->flags & HR_BATCH_RECORDS) && writer->whole) {
        for (size_t i = 0; i < rows; i++)
            if (!put_record(writer, parcel, i, out))
                return false;
        return true;
    }
    bool fast = hr_kernel_job(writer, parcel, &job);
    for (size_t i = 0; i < rows;) {
        size_t done = fast ? hr_kernel_render(writer, &job, i, writer->lineage ? i + 1 : rows, out) : i;
        if (done == i) {
            if (!put_row(writer, parcel, i++, simple, out))
                return false;
            continue;
        }
        if (writer->lineage && !(put_lineage(writer, parcel, i, out) && put_end(out)))
            return false;
        i = done;
    }
    return true;
}

/* The last joint ends the row, or stands before its lineage. The kernels read a block behind where each begins. */
static bool set_joints(hr_writer *writer)
{
    size_t count = writer->select_count, used = 0;
    if (!count) /* records of NDJSON */
        return true;
    size_t size = writer->keys[count - 1].end + 2 * count + 4;
    writer->joints = hr_calloc(size + HR_ROWS_SLACK, 1);
    writer->joint_keys = hr_calloc(count + 1, sizeof *writer->joint_keys);
    if (!writer->joints || !writer->joint_keys)
        return false;
    for (size_t i = 0; i <= count; i++) {
        hr_rows_key *key = &writer->joint_keys[i];
        uint8_t *text = writer->joints + used;
        *key = (hr_rows_key){.text = text, .form = HR_ROWS_STRING};
        if (i < count && writer->types)
            key->form = hr_typed_form(writer->types[i]);
        if (i && key[-1].form == HR_ROWS_STRING)
            text[key->size++] = '"';
        if (i < count) {
            size_t part = writer->keys[i].end - writer->keys[i].begin;
            memcpy(text + key->size, writer->fixed.data + writer->keys[i].begin, part);
            key->size += (uint32_t)part;
            if (key->form == HR_ROWS_STRING)
                text[key->size++] = '"';
        } else if (!writer->lineage) {
            memcpy(text + key->size, "}\n", 2);
            key->size += 2;
        }
        used += key->size;
    }
    writer->row_most = used + 4 * count;
    return true;
}

bool hr_ndjson_prepare(hr_writer *writer, const hr_writer_options *options)
{
    hr_buffer *fixed = &writer->fixed;
    for (size_t i = 0; i < writer->name_count; i++) {
        writer->keys[i].begin = fixed->size;
        if (!hr_buffer_text(fixed, i ? "," : "{") || !hr_buffer_json_text(fixed, writer->names[i]) ||
            !hr_buffer_text(fixed, ":"))
            return false;
        writer->keys[i].end = fixed->size;
        if (writer->lineage && i >= writer->select_count) {
            size_t which = i - writer->select_count;
            char time[32];
            hr_time_text(options->ingested_ns, time);
            if ((which == 0 && !hr_buffer_json_text(fixed, options->source)) ||
                (which == 1 && !hr_buffer_json_text(fixed, options->file)) ||
                (which == 4 && !hr_buffer_json_text(fixed, time)))
                return false;
        }
    }
    if (writer->lineage) { /* the keys of two neighbours lie next to each other, with their constant values between */
        const hr_fixed *keys = writer->keys + writer->select_count;
        writer->where = (hr_fixed){keys[0].begin, keys[2].end};
        writer->when = (hr_fixed){keys[4].begin, keys[5].end};
    }
    return set_joints(writer);
}
