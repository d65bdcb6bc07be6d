/* record.h: one message to one record of text: NDJSON or CSV, with columns of what stands beside the value. Knows no
 * library. */
#ifndef HR_CONNECTORS_KAFKA_RECORD_H
#define HR_CONNECTORS_KAFKA_RECORD_H

#include "core/base/base.h"

typedef enum hr_kafka_value {
    HR_KAFKA_NDJSON, /* an object of JSON; newlines between its tokens are fine */
    HR_KAFKA_CSV,    /* a record of CSV, perhaps several */
    HR_KAFKA_RAW,    /* {"value": text} */
    HR_KAFKA_BASE64, /* {"value": base64} */
} hr_kafka_value;

/* What stands beside the value. */
typedef enum hr_kafka_meta {
    HR_KAFKA_META_KEY,
    HR_KAFKA_META_KEY64,
    HR_KAFKA_META_PARTITION,
    HR_KAFKA_META_OFFSET,
    HR_KAFKA_META_TIMESTAMP,
    HR_KAFKA_META_HEADERS,
    HR_KAFKA_META_TOPIC,
    HR_KAFKA_META_COUNT
} hr_kafka_meta;

#define HR_KAFKA_PREFIX_MAX 40u

typedef struct hr_kafka_shape {
    hr_kafka_value value;
    hr_kafka_meta meta[HR_KAFKA_META_COUNT]; /* [meta_count] columns in front of those of the value */
    char columns[HR_KAFKA_META_COUNT][HR_KAFKA_PREFIX_MAX + 16]; /* [meta_count] their names: "_key" ... */
    char prefix[HR_KAFKA_PREFIX_MAX + 1];
    size_t meta_count;
    char delimiter; /* of CSV; the quote is " */
    const char *topic;
} hr_kafka_shape;
/* Adds the columns of a list such as "key,offset", their names with a prefix; HR_E_INVALID names what is none. */
hr_status hr_kafka_shape_meta(hr_kafka_shape *shape, const char *list, const char *prefix, hr_error *err) HR_MUST_CHECK;
bool hr_kafka_shape_headers(const hr_kafka_shape *shape); /* it wants headers */
/* A number of the shape: shapes that make different records of the same message have different numbers. */
uint16_t hr_kafka_shape_hash(const hr_kafka_shape *shape);

typedef struct hr_kafka_header {
    const char *name;
    const uint8_t *value; /* NULL: null */
    size_t size;
    const struct hr_kafka_header *next; /* of the same name, NULL: none */
    bool again;                         /* one of the same name comes before it */
} hr_kafka_header;
/* Sets `next` and `again`, by means of `room` for as many. */
void hr_kafka_headers_link(hr_kafka_header *headers, size_t count, hr_kafka_header **room);

typedef struct hr_kafka_message {
    const uint8_t *value, *key; /* NULL: null; a message without value is a tombstone */
    size_t value_size, key_size;
    int64_t offset, timestamp; /* ms since 1970, -1: none */
    int32_t partition;
    const hr_kafka_header *headers; /* [header_count] */
    size_t header_count;
} hr_kafka_message;

/* How many bytes the record needs at most. */
size_t hr_kafka_record_bound(const hr_kafka_shape *shape, const hr_kafka_message *message);
/* Writes the record and its newline to `out`, which has room for hr_kafka_record_bound, and returns its size. *altered:
 * it is more or less than the value and a newline. What has no value, or an empty one, is an empty line, which readers
 * count as skipped.
 *
 * A value of NDJSON stays one line: a newline in it becomes a carriage return, which is white space between tokens as
 * well, and within a string as forbidden as the newline was: so the record is valid exactly when the value is. Metadata
 * becomes members in front of those of an object, and what is no object a member "value" behind them. An object with a
 * member of such a name would hide the metadata or be hidden by it. A value of CSV may hold several records, each of
 * which gets the columns; one whose quotes do not close, or close in front of other bytes, would take the next messages
 * with it. In the place of such values stands a record that is surely rejected. */
size_t hr_kafka_record_render(const hr_kafka_shape *shape, const hr_kafka_message *message, uint8_t *out,
                              bool *altered);
/* Whether it was written as one that is rejected, and why, for people. */
bool hr_kafka_record_fault(const hr_kafka_shape *shape, const hr_kafka_message *message, char *out, size_t capacity);

#endif
