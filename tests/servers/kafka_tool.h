/* kafka_tool.h: what the files of kafka_tool share: a program that asks things of a Kafka broker on behalf of tests.
 *
 *   kafka_tool.c          commands and options
 *   kafka_tool_admin.c    topics, deleted records, committed offsets
 *   kafka_tool_produce.c  messages of a pattern, or lines
 *   kafka_tool_consume.c  everything that a topic holds
 *   kafka_tool_join.c     members of groups
 */
#ifndef HR_TESTS_SERVERS_KAFKA_TOOL_H
#define HR_TESTS_SERVERS_KAFKA_TOOL_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#define TOOL_HEADERS_MAX 16

typedef struct tool_options {
    const char *brokers;
    const char *properties[64]; /* "name=value" for librdkafka */
    int property_count;
    int patience_ms; /* for answers about topics */
    /* produce */
    int64_t first;           /* number of the first message */
    int size;                /* bytes of a value, at least what its fields need; 0: no padding */
    int64_t keys;            /* so many different keys; 0: none */
    int partition;           /* -1: one after the other */
    const char *transaction; /* transactional.id, or NULL */
    int64_t batch;           /* messages of a transaction; 0: all */
    bool abort_last;         /* the last transaction is aborted */
    int64_t timestamp;       /* ms since 1970 of all; 0: now */
    const char *headers[TOOL_HEADERS_MAX];
    int header_count;
    bool keyed; /* lines are KEY<TAB>VALUE, value \N is a tombstone */
    /* consume */
    bool only_count, only_values, with_headers, with_timestamp;
} tool_options;

/* A client with the options' properties and `more` ("name", "value", ..., NULL). Does not return when it fails. */
rd_kafka_t *hr_tool_client(const tool_options *options, rd_kafka_type_t type, const char *const *more,
                           void (*delivered)(rd_kafka_t *, const rd_kafka_message_t *, void *), void *context);
/* Prints and ends with 1. */
void hr_tool_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* The number of partitions, 0 when there is no such topic. */
int hr_tool_partitions(const tool_options *options, rd_kafka_t *client, const char *topic);
int64_t hr_tool_number(const char *text);

int hr_tool_create(const tool_options *options, int count, char **words);
int hr_tool_grow(const tool_options *options, int count, char **words);
int hr_tool_delete(const tool_options *options, int count, char **words);
int hr_tool_delete_records(const tool_options *options, int count, char **words);
int hr_tool_offsets(const tool_options *options, int count, char **words);
int hr_tool_commit(const tool_options *options, int count, char **words);
int hr_tool_watermarks(const tool_options *options, int count, char **words);
int hr_tool_produce(const tool_options *options, int count, char **words);
int hr_tool_lines(const tool_options *options, int count, char **words);
int hr_tool_message(const tool_options *options, int count, char **words);
int hr_tool_consume(const tool_options *options, int count, char **words);
int hr_tool_join(const tool_options *options, int count, char **words);

#endif
