/* record_csv.c: records of CSV: a message's value as it is, with what stands beside it as columns in front. */
#include "connectors/kafka/record_text.h"

/* E_QUOTE by every dialect of CSV that has this quote. */
#define REFUSED "\"the quotes of this message do not close\"!"
#define GROWN_MAX ((size_t)64 << 20) /* bytes of a record: a long key in front of each of many short lines */

typedef enum lexed { BEGIN, PLAIN, QUOTED, CLOSED, WRONG } lexed; /* where in a field */

static lexed step(lexed at, uint8_t byte, char delimiter)
{
    bool quote = byte == '"', ends = byte == (uint8_t)delimiter || byte == '\n' || byte == '\r';
    if (at == QUOTED)
        return quote ? CLOSED : QUOTED;
    if (at == CLOSED && !ends && !quote)
        return WRONG;
    if (ends)
        return BEGIN;
    return quote && at != PLAIN ? QUOTED : PLAIN; /* opens, or is the second of two */
}

/* Whether every quote that opens a field closes it, so that the record ends where the value does. */
static bool is_closed(const uint8_t *data, size_t size, char delimiter)
{
    lexed at = BEGIN;
    if (!memchr(data, '"', size))
        return true;
    for (size_t i = 0; i < size && at != WRONG; i++)
        at = step(at, data[i], delimiter);
    return at != QUOTED && at != WRONG;
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

/* Records that the value may hold: they end at LF, CRLF or CR, as in files. */
static size_t count_lines(const hr_kafka_message *message)
{
    size_t count = 1;
    const uint8_t *at = message->value, *end = at + message->value_size;
    for (; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        count++;
    for (at = message->value; (at = memchr(at, '\r', (size_t)(end - at))); at++)
        count += at + 1 == end || at[1] != '\n';
    return count;
}

size_t hr_record_csv_bound(const hr_kafka_shape *shape, const hr_kafka_message *message, size_t meta)
{
    size_t lines = shape->meta_count && message->value_size ? count_lines(message) : 1;
    size_t bound = message->value_size + sizeof REFUSED + 64;
    return meta && lines > 1 && lines > GROWN_MAX / meta ? bound : bound + lines * meta;
}

const char *hr_record_csv_fault(const hr_kafka_shape *shape, const hr_kafka_message *message)
{
    size_t meta = shape->meta_count ? hr_record_meta_bound(shape, message) : 0;
    size_t size = message->value_size - (message->value[message->value_size - 1] == '\n');
    if (!is_closed(message->value, size, shape->delimiter))
        return "its quotes do not close";
    if (meta && count_lines(message) > 1 && count_lines(message) > GROWN_MAX / meta)
        return "it holds too many records for metadata of that size";
    return NULL;
}

static uint8_t *put_columns(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message)
{
    for (size_t i = 0; i < shape->meta_count; i++) {
        bool text, null;
        uint8_t *begin = out;
        out = hr_record_meta(begin, shape, shape->meta[i], message, &text, &null);
        if (!null)
            out = quote_field(begin, out, shape->delimiter);
        *out++ = (uint8_t)shape->delimiter;
    }
    return out;
}

/* Behind the newline that ends the record at `at`, or the end. */
static size_t skip_record(const uint8_t *data, size_t at, size_t size, char delimiter)
{
    for (lexed now = BEGIN; at < size; at++) {
        if ((data[at] == '\n' || data[at] == '\r') && now != QUOTED)
            return at + 1 + (data[at] == '\r' && at + 1 < size && data[at + 1] == '\n');
        now = step(now, data[at], delimiter);
    }
    return size;
}

uint8_t *hr_record_csv(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message, bool *altered)
{
    const uint8_t *value = message->value;
    size_t size = message->value_size;
    size -= value[size - 1] == '\n';
    if (hr_record_csv_fault(shape, message)) {
        *altered = true;
        return hr_record_put(out, REFUSED, sizeof REFUSED - 1);
    }
    if (!shape->meta_count)
        return hr_record_put(out, value, size);
    *altered = true;
    for (size_t at = 0, next; at < size; at = next) {
        next = skip_record(value, at, size, shape->delimiter);
        if (value[at] != '\n' && value[at] != '\r') /* blank ones stay so */
            out = put_columns(out, shape, message);
        out = hr_record_put(out, value + at, next - at);
    }
    return out;
}
