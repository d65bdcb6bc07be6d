/* record.c: one message to one record of text: NDJSON or CSV, with columns of what stands beside the value. */
#include "connectors/kafka/record.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/words.h"

#define NUMBER_ROOM 32u
/* E_QUOTE by every dialect of CSV that has this quote. */
#define REFUSED "\"the quotes of this message do not close\"!\n"

const char *const hr_kafka_meta_columns[] = {"_key",       "_key",     "_partition", "_offset",
                                             "_timestamp", "_headers", "_topic"};
static const char *const meta_names[] = {"key", "key64", "partition", "offset", "timestamp", "headers", "topic"};

hr_status hr_kafka_shape_meta(hr_kafka_shape *shape, const char *list, hr_error *err)
{
    char room[256];
    if (strlen(list) >= sizeof room)
        return hr_fail(err, HR_E_INVALID, "metadata is a list of: key, partition, offset, timestamp, headers, topic");
    while (list && *list) {
        size_t found = 0;
        list = hr_list_next(list, room);
        while (found < HR_KAFKA_META_COUNT && strcmp(room, meta_names[found]) != 0)
            found++;
        if (found == HR_KAFKA_META_COUNT)
            return hr_fail(err, HR_E_INVALID,
                           "metadata has \"%s\"; there are key, key64, partition, offset, timestamp, headers, topic",
                           room);
        for (size_t i = 0; i < shape->meta_count; i++)
            if (!strcmp(hr_kafka_meta_columns[shape->meta[i]], hr_kafka_meta_columns[found]))
                return hr_fail(err, HR_E_INVALID, "metadata would make the column %s twice",
                               hr_kafka_meta_columns[found]);
        shape->meta[shape->meta_count++] = (hr_kafka_meta)found;
    }
    return HR_OK;
}

bool hr_kafka_shape_headers(const hr_kafka_shape *shape)
{
    for (size_t i = 0; i < shape->meta_count; i++)
        if (shape->meta[i] == HR_KAFKA_META_HEADERS)
            return true;
    return false;
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

static uint8_t *put(uint8_t *out, const void *data, size_t size)
{
    if (size)
        memcpy(out, data, size);
    return out + size;
}

static uint8_t *put_text(uint8_t *out, const char *text)
{
    return put(out, text, strlen(text));
}

/* What stands between the quotes of a string of JSON. Bytes that are not UTF-8 pass: the reader rejects the record. */
static uint8_t *put_escaped(uint8_t *out, const uint8_t *data, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = data[i];
        if (byte == '"' || byte == '\\') {
            *out++ = '\\';
            *out++ = byte;
        } else if (byte >= 0x20) {
            *out++ = byte;
        } else if (byte == '\n' || byte == '\t' || byte == '\r') {
            *out++ = '\\';
            *out++ = byte == '\n' ? 'n' : byte == '\t' ? 't' : 'r';
        } else {
            out = put(out, "\\u00", 4);
            *out++ = (uint8_t)hex[byte >> 4];
            *out++ = (uint8_t)hex[byte & 15];
        }
    }
    return out;
}

static uint8_t *put_base64(uint8_t *out, const uint8_t *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; size; data += 3, size -= size < 3 ? size : 3) {
        uint32_t bits = (uint32_t)data[0] << 16 | (size > 1 ? (uint32_t)data[1] << 8 : 0) | (size > 2 ? data[2] : 0u);
        *out++ = (uint8_t)digits[bits >> 18];
        *out++ = (uint8_t)digits[bits >> 12 & 63];
        *out++ = size > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=';
        *out++ = size > 2 ? (uint8_t)digits[bits & 63] : '=';
    }
    return out;
}

static bool is_utf8(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size;) {
        uint8_t lead = data[i];
        size_t more = lead < 0x80 ? 0 : lead >= 0xC2 && lead < 0xE0 ? 1 : lead >= 0xE0 && lead < 0xF0 ? 2 : 3;
        if (lead >= 0x80 && (lead < 0xC2 || lead > 0xF4 || size - i <= more))
            return false;
        for (size_t k = 1; k <= more; k++)
            if ((data[i + k] & 0xC0) != 0x80)
                return false;
        uint8_t next = more ? data[i + 1] : 0;
        if ((lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F) || (lead == 0xF0 && next < 0x90) ||
            (lead == 0xF4 && next > 0x8F))
            return false;
        i += more + 1;
    }
    return true;
}

/* {"name":"value","other":null,"binary":{"base64":"..."}} */
static uint8_t *put_headers(uint8_t *out, const hr_kafka_message *message)
{
    *out++ = '{';
    for (size_t i = 0; i < message->header_count; i++) {
        const hr_kafka_header *header = &message->headers[i];
        out = put_text(out, i ? ",\"" : "\"");
        out = put_escaped(out, (const uint8_t *)header->name, strlen(header->name));
        out = put_text(out, "\":");
        if (!header->value) {
            out = put_text(out, "null");
        } else if (is_utf8(header->value, header->size)) {
            *out++ = '"';
            out = put_escaped(out, header->value, header->size);
            *out++ = '"';
        } else {
            out = put_text(out, "{\"base64\":\"");
            out = put_base64(out, header->value, header->size);
            out = put_text(out, "\"}");
        }
    }
    *out++ = '}';
    return out;
}

/* The value of a column beside the value, as plain text; *null: there is none. *text: it is text, not a number or an
 * object. */
static uint8_t *put_meta(uint8_t *out, const hr_kafka_shape *shape, hr_kafka_meta meta, const hr_kafka_message *message,
                         bool *text, bool *null)
{
    char number[NUMBER_ROOM];
    *text = true;
    *null = false;
    switch (meta) {
    case HR_KAFKA_META_KEY: *null = !message->key; return *null ? out : put(out, message->key, message->key_size);
    case HR_KAFKA_META_KEY64:
        *null = !message->key;
        return *null ? out : put_base64(out, message->key, message->key_size);
    case HR_KAFKA_META_TIMESTAMP:
        *null = message->timestamp < 0;
        if (!*null)
            hr_time_text(message->timestamp * 1000000, number);
        return *null ? out : put_text(out, number);
    case HR_KAFKA_META_TOPIC: return put_text(out, shape->topic);
    case HR_KAFKA_META_HEADERS: *text = false; return put_headers(out, message);
    case HR_KAFKA_META_PARTITION:
        *text = false;
        (void)snprintf(number, sizeof number, "%" PRId32, message->partition);
        return put_text(out, number);
    default:
        *text = false;
        (void)snprintf(number, sizeof number, "%" PRId64, message->offset);
        return put_text(out, number);
    }
}

static size_t meta_bound(const hr_kafka_shape *shape, const hr_kafka_message *message)
{
    size_t size = 0;
    for (size_t i = 0; i < shape->meta_count; i++) {
        size += NUMBER_ROOM + 32;
        if (shape->meta[i] == HR_KAFKA_META_KEY || shape->meta[i] == HR_KAFKA_META_KEY64)
            size += message->key_size * 7; /* escaped, and once as it is */
        if (shape->meta[i] == HR_KAFKA_META_TOPIC)
            size += strlen(shape->topic) * 7;
        if (shape->meta[i] != HR_KAFKA_META_HEADERS)
            continue;
        for (size_t k = 0; k < message->header_count; k++) /* in CSV its quotes are doubled */
            size += (message->headers[k].size + strlen(message->headers[k].name)) * 13 + 64;
    }
    return size;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

/* `"_key":"...","_offset":12` */
static uint8_t *put_members(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message)
{
    for (size_t i = 0; i < shape->meta_count; i++) {
        bool text, null;
        out = put_text(out, i ? ",\"" : "\"");
        out = put_text(out, hr_kafka_meta_columns[shape->meta[i]]);
        out = put_text(out, "\":");
        if (shape->meta[i] == HR_KAFKA_META_KEY && message->key) { /* may need escapes */
            *out++ = '"';
            out = put_escaped(out, message->key, message->key_size);
            *out++ = '"';
            continue;
        }
        uint8_t *begin = out;
        out = put_meta(out + 1, shape, shape->meta[i], message, &text, &null);
        if (null) {
            out = put_text(begin, "null");
        } else if (text) {
            *begin = '"';
            *out++ = '"';
        } else {
            memmove(begin, begin + 1, (size_t)(out - begin - 1));
            out--;
        }
    }
    return out;
}

static size_t skip_white(const uint8_t *data, size_t at, size_t size)
{
    while (at < size && (data[at] == ' ' || data[at] == '\t' || data[at] == '\n' || data[at] == '\r'))
        at++;
    return at;
}

static uint8_t *put_ndjson(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message, bool *altered)
{
    const uint8_t *value = message->value;
    size_t size = message->value_size, from = 0;
    size -= value[size - 1] == '\n';
    if (shape->meta_count) {
        size_t brace = skip_white(value, 0, size);
        if (brace < size && value[brace] == '{') {
            *altered = true;
            *out++ = '{';
            out = put_members(out, shape, message);
            from = brace + 1;
            size_t next = skip_white(value, from, size);
            if (next < size && value[next] != '}')
                *out++ = ',';
        }
    }
    uint8_t *begin = out;
    out = put(out, value + from, size - from);
    for (uint8_t *at = begin; (at = memchr(at, '\n', (size_t)(out - at))); at++) {
        *at = '\r';
        *altered = true;
    }
    return out;
}

static uint8_t *put_wrapped(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message)
{
    *out++ = '{';
    out = put_members(out, shape, message);
    out = put_text(out, shape->meta_count ? ",\"value\":\"" : "\"value\":\"");
    if (shape->value == HR_KAFKA_RAW)
        out = put_escaped(out, message->value, message->value_size);
    else
        out = put_base64(out, message->value, message->value_size);
    return put_text(out, "\"}");
}

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

/* Whether every quote that opens a field closes it, so that the record ends where the value does. */
static bool is_closed(const uint8_t *data, size_t size, char delimiter)
{
    enum { BEGIN, PLAIN, QUOTED, CLOSED } state = BEGIN;
    if (!memchr(data, '"', size))
        return true;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = data[i];
        bool quote = byte == '"', ends = byte == (uint8_t)delimiter || byte == '\n' || byte == '\r';
        if (state == QUOTED)
            state = quote ? CLOSED : QUOTED;
        else if (state == CLOSED && !ends && !quote)
            return false;
        else if (ends)
            state = BEGIN;
        else if (quote && state != PLAIN)
            state = QUOTED; /* opens, or is the second of two */
        else
            state = PLAIN;
    }
    return state != QUOTED;
}

/* A field of CSV around [begin, out), where there is room before it for one byte. */
static uint8_t *quote_field(uint8_t *begin, uint8_t *out, char delimiter)
{
    size_t size = (size_t)(out - begin), quotes = 0;
    bool plain = size > 0;
    for (size_t i = 0; i < size; i++) {
        quotes += begin[i] == '"';
        plain = plain && begin[i] != '"' && begin[i] != '\n' && begin[i] != '\r' && begin[i] != (uint8_t)delimiter;
    }
    if (plain)
        return out;
    uint8_t *to = begin + size + quotes + 1, *end = to + 1;
    *to = '"';
    for (size_t i = size; i--;) {
        *--to = begin[i];
        if (begin[i] == '"')
            *--to = '"';
    }
    *begin = '"';
    return end;
}

static uint8_t *put_csv(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message, bool *altered)
{
    size_t size = message->value_size;
    size -= message->value[size - 1] == '\n';
    if (!is_closed(message->value, size, shape->delimiter)) {
        *altered = true;
        return put(out, REFUSED, sizeof REFUSED - 2); /* the newline comes */
    }
    for (size_t i = 0; i < shape->meta_count; i++) {
        bool text, null;
        uint8_t *begin = out;
        *altered = true;
        out = put_meta(begin, shape, shape->meta[i], message, &text, &null);
        if (!null)
            out = quote_field(begin, out, shape->delimiter);
        *out++ = (uint8_t)shape->delimiter;
    }
    return put(out, message->value, size);
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

size_t hr_kafka_record_bound(const hr_kafka_shape *shape, const hr_kafka_message *message)
{
    size_t size = message->value_size, growth = 0;
    if (shape->value == HR_KAFKA_BASE64)
        growth = size / 3 + 4;
    if (shape->value == HR_KAFKA_RAW)
        for (size_t i = 0; i < size; i++)
            growth += message->value[i] < 0x20 ? 5 : message->value[i] == '"' || message->value[i] == '\\';
    return size + growth + 64 + (shape->meta_count ? meta_bound(shape, message) : 0);
}

size_t hr_kafka_record_render(const hr_kafka_shape *shape, const hr_kafka_message *message, uint8_t *out, bool *altered)
{
    uint8_t *end = out;
    *altered = false;
    if (message->value && message->value_size) {
        switch (shape->value) {
        case HR_KAFKA_NDJSON: end = put_ndjson(out, shape, message, altered); break;
        case HR_KAFKA_CSV: end = put_csv(out, shape, message, altered); break;
        default: end = put_wrapped(out, shape, message); *altered = true;
        }
    }
    *end++ = '\n';
    return (size_t)(end - out);
}
