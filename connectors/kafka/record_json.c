/* record_json.c: records of NDJSON: a message's value as one line, with what stands beside it as members. */
#include <stdlib.h>

#include "connectors/kafka/record_text.h"

#define REFUSED "this message has a member that is named as one of its metadata"

/* ---- strings ----------------------------------------------------------------------------------------------------- */

/* What stands between the quotes of a string of JSON. Bytes that are not UTF-8 pass: the reader rejects the record. */
uint8_t *hr_record_escaped(uint8_t *out, const uint8_t *data, size_t size)
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
            out = hr_record_put(out, "\\u00", 4);
            *out++ = (uint8_t)hex[byte >> 4];
            *out++ = (uint8_t)hex[byte & 15];
        }
    }
    return out;
}

bool hr_record_is_utf8(const uint8_t *data, size_t size)
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

/* ---- headers ----------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const hr_kafka_header *one = *(hr_kafka_header *const *)a, *other = *(hr_kafka_header *const *)b;
    int order = strcmp(one->name, other->name);
    return order ? order : one < other ? -1 : 1;
}

void hr_kafka_headers_link(hr_kafka_header *headers, size_t count, hr_kafka_header **room)
{
    for (size_t i = 0; i < count; i++) {
        headers[i].next = NULL;
        headers[i].again = false;
        room[i] = &headers[i];
    }
    qsort(room, count, sizeof *room, by_name);
    for (size_t i = 1; i < count; i++)
        if (!strcmp(room[i - 1]->name, room[i]->name)) {
            room[i - 1]->next = room[i];
            room[i]->again = true;
        }
}

static uint8_t *put_header(uint8_t *out, const hr_kafka_header *header)
{
    if (!header->value)
        return hr_record_text(out, "null");
    if (!hr_record_is_utf8(header->value, header->size)) {
        out = hr_record_text(out, "{\"base64\":\"");
        out = hr_record_base64(out, header->value, header->size);
        return hr_record_text(out, "\"}");
    }
    *out++ = '"';
    out = hr_record_escaped(out, header->value, header->size);
    *out++ = '"';
    return out;
}

uint8_t *hr_record_headers(uint8_t *out, const hr_kafka_message *message)
{
    bool first = true;
    *out++ = '{';
    for (size_t i = 0; i < message->header_count; i++) {
        const hr_kafka_header *header = &message->headers[i];
        if (header->again) /* stands with the first one of its name */
            continue;
        out = hr_record_text(out, first ? "\"" : ",\"");
        first = false;
        out = hr_record_escaped(out, (const uint8_t *)header->name, strlen(header->name));
        out = hr_record_text(out, header->next ? "\":[" : "\":");
        out = put_header(out, header);
        for (const hr_kafka_header *more = header->next; more; more = more->next) {
            *out++ = ',';
            out = put_header(out, more);
        }
        if (header->next)
            *out++ = ']';
    }
    *out++ = '}';
    return out;
}

/* ---- members ----------------------------------------------------------------------------------------------------- */

/* `"_key":"...","_offset":12` */
static uint8_t *put_members(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message)
{
    for (size_t i = 0; i < shape->meta_count; i++) {
        bool text, null;
        out = hr_record_text(out, i ? ",\"" : "\"");
        out = hr_record_text(out, shape->columns[i]);
        out = hr_record_text(out, "\":");
        if (shape->meta[i] == HR_KAFKA_META_KEY && message->key) { /* may need escapes */
            *out++ = '"';
            out = hr_record_escaped(out, message->key, message->key_size);
            *out++ = '"';
            continue;
        }
        uint8_t *begin = out;
        out = hr_record_meta(out + 1, shape, shape->meta[i], message, &text, &null);
        if (null) {
            out = hr_record_text(begin, "null");
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

/* Behind the string that begins at `at`; `size` when it does not end. */
static size_t skip_string(const uint8_t *data, size_t at, size_t size)
{
    for (at++; at < size && data[at] != '"'; at++)
        at += data[at] == '\\';
    return at < size ? at + 1 : size;
}

static int hex_of(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Whether the string [at, end) with its quotes says `name`, which is ASCII without quotes and backslashes. */
static bool says(const uint8_t *data, size_t at, size_t end, const char *name)
{
    for (at++, end--; at < end; name++) {
        int byte = data[at++];
        if (byte == '\\' && at + 5 <= end && data[at] == 'u') {
            byte = 0;
            for (int i = 1; i <= 4; i++)
                byte = byte << 4 | (hex_of(data[at + (size_t)i]) & 15);
            at += 5;
        }
        if (!*name || byte != (uint8_t)*name)
            return false;
    }
    return !*name;
}

/* The members of the object that begins at `at`, as far as it is one. */
static const char *find_member(const hr_kafka_shape *shape, const uint8_t *data, size_t at, size_t size)
{
    size_t depth = 0;
    bool key = false;
    while (at < size) {
        uint8_t byte = data[at];
        if (byte == '"') {
            size_t end = skip_string(data, at, size);
            for (size_t i = 0; key && depth == 1 && i < shape->meta_count; i++)
                if (says(data, at, end, shape->columns[i]))
                    return shape->columns[i];
            key = false;
            at = end;
            continue;
        }
        if (byte == '{' || byte == '[')
            depth++;
        else if ((byte == '}' || byte == ']') && --depth == 0)
            return NULL;
        key = depth == 1 && (byte == '{' || byte == ',');
        at++;
        if (key)
            at = skip_white(data, at, size);
    }
    return NULL;
}

const char *hr_record_own_member(const hr_kafka_shape *shape, const hr_kafka_message *message)
{
    const uint8_t *value = message->value;
    size_t size = message->value_size, begin = skip_white(value, 0, size), prefix = strlen(shape->prefix);
    char quoted[HR_KAFKA_PREFIX_MAX + 2] = "\"";
    if (!shape->meta_count || begin == size || value[begin] != '{')
        return NULL;
    memcpy(quoted + 1, shape->prefix, prefix);
    if (!memmem(value, size, quoted, prefix + 1) && !memmem(value, size, "\\u", 2)) /* nearly always */
        return NULL;
    return find_member(shape, value, begin, size);
}

/* Whether [at, size) is one value that is no object, as far as that can be seen from its brackets and quotes: text that
 * is not JSON must not become JSON by what is put around it. */
static bool is_single(const uint8_t *data, size_t at, size_t size)
{
    size_t depth = 0;
    while (size > at &&
           (data[size - 1] == ' ' || data[size - 1] == '\t' || data[size - 1] == '\n' || data[size - 1] == '\r'))
        size--;
    if (at == size)
        return false;
    if (data[at] == '"')
        return skip_string(data, at, size) == size && data[size - 1] == '"' && size - at > 1;
    if (data[at] != '[') {
        for (; at < size; at++)
            if (!(data[at] >= '0' && data[at] <= '9') && !((data[at] | 0x20) >= 'a' && (data[at] | 0x20) <= 'z') &&
                data[at] != '+' && data[at] != '-' && data[at] != '.')
                return false;
        return true;
    }
    while (at < size) {
        uint8_t byte = data[at];
        if (byte == '"') {
            at = skip_string(data, at, size);
            continue;
        }
        at++;
        if (byte == '{' || byte == '[')
            depth++;
        else if ((byte == '}' || byte == ']') && --depth == 0)
            return at == size;
    }
    return false;
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

uint8_t *hr_record_ndjson(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message, bool *altered)
{
    const uint8_t *value = message->value;
    size_t size = message->value_size, from = 0;
    bool wrapped = false;
    size -= value[size - 1] == '\n';
    size_t begin = shape->meta_count ? skip_white(value, 0, size) : size;
    if (begin < size && value[begin] == '{') {
        *altered = true;
        if (hr_record_own_member(shape, message))
            return hr_record_put(out, REFUSED, sizeof REFUSED - 1);
        *out++ = '{';
        out = put_members(out, shape, message);
        from = begin + 1;
        size_t next = skip_white(value, from, size);
        if (next < size && value[next] != '}')
            *out++ = ',';
    } else if (begin < size && is_single(value, begin, size)) {
        wrapped = *altered = true;
        *out++ = '{';
        out = put_members(out, shape, message);
        out = hr_record_text(out, ",\"value\":");
    }
    uint8_t *text = out;
    out = hr_record_put(out, value + from, size - from);
    for (uint8_t *at = text; (at = memchr(at, '\n', (size_t)(out - at))); at++) {
        *at = '\r';
        *altered = true;
    }
    if (wrapped)
        *out++ = '}';
    return out;
}

uint8_t *hr_record_wrapped(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message)
{
    *out++ = '{';
    out = put_members(out, shape, message);
    out = hr_record_text(out, shape->meta_count ? ",\"value\":\"" : "\"value\":\"");
    if (shape->value == HR_KAFKA_RAW)
        out = hr_record_escaped(out, message->value, message->value_size);
    else
        out = hr_record_base64(out, message->value, message->value_size);
    return hr_record_text(out, "\"}");
}
