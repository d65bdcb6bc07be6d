/* record.c: one message to one record of text: what the value is, and the columns of what stands beside it. */
#include "connectors/kafka/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "connectors/kafka/position.h"
#include "connectors/kafka/record_text.h"
#include "core/base/words.h"

#define NUMBER_ROOM 80u
#define RENDERED_AS 2u /* another number when records are written in another way: positions within them count bytes */
#define NS_MS_MAX (INT64_MAX / 1000000)

static const char *const meta_names[] = {"key", "key64", "partition", "offset", "timestamp", "headers", "topic"};

static bool is_prefix(const char *prefix)
{
    size_t size = strspn(prefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return !prefix[size] && size <= HR_KAFKA_PREFIX_MAX;
}

static void add_meta(hr_kafka_shape *shape, size_t found)
{
    const char *name = found == HR_KAFKA_META_KEY64 ? "key" : meta_names[found];
    (void)snprintf(shape->columns[shape->meta_count], sizeof shape->columns[0], "%s%s", shape->prefix, name);
    shape->meta[shape->meta_count++] = (hr_kafka_meta)found;
}

hr_status hr_kafka_shape_meta(hr_kafka_shape *shape, const char *list, const char *prefix, hr_error *err)
{
    char room[256];
    if (!is_prefix(prefix))
        return hr_fail(err, HR_E_INVALID,
                       "option metadata-prefix takes up to %u letters, digits, dots, underscores and hyphens",
                       HR_KAFKA_PREFIX_MAX);
    (void)snprintf(shape->prefix, sizeof shape->prefix, "%s", prefix);
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
        if (shape->meta_count == HR_KAFKA_META_COUNT)
            return hr_fail(err, HR_E_INVALID, "metadata names something twice");
        add_meta(shape, found);
        for (size_t i = 0; i + 1 < shape->meta_count; i++)
            if (!strcmp(shape->columns[i], shape->columns[shape->meta_count - 1]))
                return hr_fail(err, HR_E_INVALID, "metadata would make the column %s twice", shape->columns[i]);
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

uint16_t hr_kafka_shape_hash(const hr_kafka_shape *shape)
{
    char text[64 + sizeof shape->columns + HR_KAFKA_META_COUNT];
    int size = snprintf(text, sizeof text, "%u %d %d", RENDERED_AS, (int)shape->value, shape->delimiter);
    for (size_t i = 0; i < shape->meta_count; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, " %d", (int)shape->meta[i]);
    return (uint16_t)hr_kafka_hash(text);
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

uint8_t *hr_record_put(uint8_t *out, const void *data, size_t size)
{
    if (size)
        memcpy(out, data, size);
    return out + size;
}

uint8_t *hr_record_text(uint8_t *out, const char *text)
{
    return hr_record_put(out, text, strlen(text));
}

uint8_t *hr_record_base64(uint8_t *out, const uint8_t *data, size_t size)
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

/* Milliseconds since 1970. Some producers send micro- or nanoseconds as such: years of more than four digits, as ISO
 * 8601 writes them. */
static void print_time(int64_t ms, char out[NUMBER_ROOM])
{
    struct tm tm;
    time_t seconds = (time_t)(ms / 1000);
    if (ms <= NS_MS_MAX) {
        hr_time_text(ms * 1000000, out);
        return;
    }
    if (!gmtime_r(&seconds, &tm)) /* no year that an int holds */
        (void)snprintf(out, NUMBER_ROOM, "%" PRId64 " ms", ms);
    else
        (void)snprintf(out, NUMBER_ROOM, "%s%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%03dZ",
                       tm.tm_year > 9999 - 1900 ? "+" : "", (int64_t)tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                       tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms % 1000));
}

uint8_t *hr_record_meta(uint8_t *out, const hr_kafka_shape *shape, hr_kafka_meta meta, const hr_kafka_message *message,
                        bool *text, bool *null)
{
    char number[NUMBER_ROOM];
    *text = true;
    *null = false;
    switch (meta) {
    case HR_KAFKA_META_KEY:
        *null = !message->key;
        return *null ? out : hr_record_put(out, message->key, message->key_size);
    case HR_KAFKA_META_KEY64:
        *null = !message->key;
        return *null ? out : hr_record_base64(out, message->key, message->key_size);
    case HR_KAFKA_META_TIMESTAMP:
        *null = message->timestamp < 0;
        if (!*null)
            print_time(message->timestamp, number);
        return *null ? out : hr_record_text(out, number);
    case HR_KAFKA_META_TOPIC: return hr_record_text(out, shape->topic);
    case HR_KAFKA_META_HEADERS: *text = false; return hr_record_headers(out, message);
    case HR_KAFKA_META_PARTITION:
        *text = false;
        (void)snprintf(number, sizeof number, "%" PRId32, message->partition);
        return hr_record_text(out, number);
    default:
        *text = false;
        (void)snprintf(number, sizeof number, "%" PRId64, message->offset);
        return hr_record_text(out, number);
    }
}

size_t hr_record_meta_bound(const hr_kafka_shape *shape, const hr_kafka_message *message)
{
    size_t size = 0;
    for (size_t i = 0; i < shape->meta_count; i++) {
        size += NUMBER_ROOM + sizeof shape->columns[i] + 16;
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

/* ---- records ----------------------------------------------------------------------------------------------------- */

size_t hr_kafka_record_bound(const hr_kafka_shape *shape, const hr_kafka_message *message)
{
    size_t size = message->value_size, growth = 0, meta = shape->meta_count ? hr_record_meta_bound(shape, message) : 0;
    if (shape->value == HR_KAFKA_CSV)
        return hr_record_csv_bound(shape, message, meta);
    if (shape->value == HR_KAFKA_BASE64)
        growth = size / 3 + 4;
    if (shape->value == HR_KAFKA_RAW)
        for (size_t i = 0; i < size; i++)
            growth += message->value[i] < 0x20 ? 5 : message->value[i] == '"' || message->value[i] == '\\';
    return size + growth + 128 + meta;
}

size_t hr_kafka_record_render(const hr_kafka_shape *shape, const hr_kafka_message *message, uint8_t *out, bool *altered)
{
    uint8_t *end = out;
    *altered = false;
    if (message->value && message->value_size) {
        switch (shape->value) {
        case HR_KAFKA_NDJSON: end = hr_record_ndjson(out, shape, message, altered); break;
        case HR_KAFKA_CSV: end = hr_record_csv(out, shape, message, altered); break;
        default: end = hr_record_wrapped(out, shape, message); *altered = true;
        }
    }
    *end++ = '\n';
    return (size_t)(end - out);
}

bool hr_kafka_record_fault(const hr_kafka_shape *shape, const hr_kafka_message *message, char *out, size_t capacity)
{
    const char *fault = NULL, *member = NULL;
    if (!message->value || !message->value_size)
        return false;
    if (shape->value == HR_KAFKA_NDJSON)
        member = hr_record_own_member(shape, message);
    if (shape->value == HR_KAFKA_CSV)
        fault = hr_record_csv_fault(shape, message);
    for (size_t i = 0; i < shape->meta_count && !fault && !member; i++)
        if (shape->meta[i] == HR_KAFKA_META_KEY && message->key && !hr_record_is_utf8(message->key, message->key_size))
            fault = "its key is no UTF-8, metadata=key64 takes such keys";
    if (member)
        (void)snprintf(out, capacity, "it has a member %s itself, metadata-prefix=NAME names the metadata otherwise",
                       member);
    else if (fault)
        (void)snprintf(out, capacity, "%s", fault);
    return member || fault;
}
