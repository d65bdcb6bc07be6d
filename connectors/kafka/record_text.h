/* record_text.h: what the files of records share. They write to where there is room for hr_kafka_record_bound, and
 * return what comes behind. */
#ifndef HR_CONNECTORS_KAFKA_RECORD_TEXT_H
#define HR_CONNECTORS_KAFKA_RECORD_TEXT_H

#include "connectors/kafka/record.h"

/* record.c */
uint8_t *hr_record_put(uint8_t *out, const void *data, size_t size);
uint8_t *hr_record_text(uint8_t *out, const char *text);
uint8_t *hr_record_base64(uint8_t *out, const uint8_t *data, size_t size);
/* The value of a column beside the value, as plain text; *null: there is none. *text: it is text, not a number or an
 * object. */
uint8_t *hr_record_meta(uint8_t *out, const hr_kafka_shape *shape, hr_kafka_meta meta, const hr_kafka_message *message,
                        bool *text, bool *null);
/* Bytes of all of them at most. */
size_t hr_record_meta_bound(const hr_kafka_shape *shape, const hr_kafka_message *message);

/* record_json.c */
/* What stands between the quotes of a string of JSON. Bytes that are not UTF-8 pass: the reader rejects the record. */
uint8_t *hr_record_escaped(uint8_t *out, const uint8_t *data, size_t size);
bool hr_record_is_utf8(const uint8_t *data, size_t size);
/* {"name":"value","other":null,"twice":["a","b"],"binary":{"base64":"..."}} */
uint8_t *hr_record_headers(uint8_t *out, const hr_kafka_message *message);
/* The name of metadata that is the name of a member of the value as well, or NULL. */
const char *hr_record_own_member(const hr_kafka_shape *shape, const hr_kafka_message *message);
uint8_t *hr_record_ndjson(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message, bool *altered);
uint8_t *hr_record_wrapped(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message);

/* record_csv.c */
uint8_t *hr_record_csv(uint8_t *out, const hr_kafka_shape *shape, const hr_kafka_message *message, bool *altered);
/* Why the value cannot stand between others, or NULL. */
const char *hr_record_csv_fault(const hr_kafka_shape *shape, const hr_kafka_message *message);
/* `meta` as hr_record_meta_bound says. */
size_t hr_record_csv_bound(const hr_kafka_shape *shape, const hr_kafka_message *message, size_t meta);

#endif
