/* kafka_tool_produce.c: messages of a pattern, or lines, into a topic, for tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/servers/kafka_tool.h"

typedef struct producer {
    const tool_options *options;
    rd_kafka_t *client;
    const char *topic;
    int partitions;
    int64_t count; /* messages so far */
    int64_t open;  /* of them in the open transaction */
    int64_t failed;
} producer;

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *context)
{
    producer *self = context;
    (void)client;
    if (message->err && !(self->options->abort_last && message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE) &&
        !self->failed++)
        fprintf(stderr, "kafka_tool: a message was not delivered: %s\n", rd_kafka_err2str(message->err));
}

static void check(const char *doing, rd_kafka_error_t *error)
{
    if (error)
        hr_tool_fail("%s: %s", doing, rd_kafka_error_string(error));
}

static void begin(producer *self, const tool_options *options, const char *topic)
{
    const char *plain[] = {"linger.ms", "20", "batch.size", "1000000", "queue.buffering.max.messages", "1000000", NULL};
    const char *transactional[] = {"linger.ms", "20", "transactional.id", options->transaction, NULL};
    *self = (producer){.options = options, .topic = topic};
    self->client =
        hr_tool_client(options, RD_KAFKA_PRODUCER, options->transaction ? transactional : plain, delivered, self);
    self->partitions = hr_tool_partitions(options, self->client, topic);
    if (!self->partitions)
        hr_tool_fail("there is no topic %s", topic);
    if (options->transaction)
        check("preparing transactions", rd_kafka_init_transactions(self->client, 30000));
}

static void end_transaction(producer *self, bool last)
{
    if (!self->open)
        return;
    self->open = 0;
    if (last && self->options->abort_last) {
        /* What is aborted is to be in the log all the same. */
        (void)rd_kafka_flush(self->client, 30000);
        check("aborting a transaction", rd_kafka_abort_transaction(self->client, 30000));
    } else {
        check("committing a transaction", rd_kafka_commit_transaction(self->client, 30000));
    }
}

static rd_kafka_headers_t *make_headers(const tool_options *options)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new((size_t)options->header_count);
    for (int i = 0; i < options->header_count; i++) {
        size_t size = strcspn(options->headers[i], "=");
        const char *value = options->headers[i][size] ? options->headers[i] + size + 1 : NULL;
        rd_kafka_header_add(headers, options->headers[i], (ssize_t)size, value, value ? (ssize_t)strlen(value) : 0);
    }
    return headers;
}

static void send_one(producer *self, const char *key, size_t key_size, const char *value, size_t size)
{
    const tool_options *options = self->options;
    if (options->transaction && options->batch && self->open == options->batch)
        end_transaction(self, false); /* not before, for the last one may have to be aborted */
    if (options->transaction && !self->open)
        check("beginning a transaction", rd_kafka_begin_transaction(self->client));
    int32_t partition =
        options->partition >= 0 ? options->partition : (int32_t)((options->first + self->count) % self->partitions);
    rd_kafka_resp_err_t code;
    for (;;) {
        rd_kafka_headers_t *headers = options->header_count ? make_headers(options) : NULL;
        code = rd_kafka_producev(self->client, RD_KAFKA_V_TOPIC(self->topic), RD_KAFKA_V_PARTITION(partition),
                                 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
                                 RD_KAFKA_V_VALUE((void *)(uintptr_t)value, size),
                                 RD_KAFKA_V_TIMESTAMP(options->timestamp), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
        if (code && headers)
            rd_kafka_headers_destroy(headers);
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            break;
        rd_kafka_poll(self->client, 100);
    }
    if (code)
        hr_tool_fail("sending a message: %s", rd_kafka_err2str(code));
    self->count++;
    self->open++;
    if (self->count % 1000 == 0)
        rd_kafka_poll(self->client, 0);
}

static int finish(producer *self)
{
    if (self->options->transaction)
        end_transaction(self, true);
    rd_kafka_resp_err_t code = rd_kafka_flush(self->client, 60000);
    if (code)
        hr_tool_fail("sending messages: %s", rd_kafka_err2str(code));
    rd_kafka_destroy(self->client);
    return self->failed ? 1 : 0;
}

int hr_tool_produce(const tool_options *options, int count, char **words)
{
    (void)count;
    producer self;
    int64_t wanted = hr_tool_number(words[1]);
    size_t room = (size_t)options->size + 128;
    char *value = malloc(room), key[32];
    if (!value)
        hr_tool_fail("out of memory");
    begin(&self, options, words[0]);
    for (int64_t i = 0; i < wanted; i++) {
        long long number = (long long)(options->first + i);
        int size = snprintf(value, room, "{\"n\":%lld,\"text\":\"", number);
        for (; size + 2 < options->size; size++)
            value[size] = (char)('a' + (number + size) % 26);
        memcpy(value + size, "\"}", 2);
        int key_size = options->keys ? snprintf(key, sizeof key, "k%lld", number % (long long)options->keys) : 0;
        send_one(&self, options->keys ? key : NULL, (size_t)key_size, value, (size_t)size + 2);
    }
    free(value);
    return finish(&self);
}

int hr_tool_message(const tool_options *options, int count, char **words)
{
    (void)count;
    producer self;
    size_t size = 0, room = 1 << 16, got;
    char *value = malloc(room);
    while (value && (got = fread(value + size, 1, room - size, stdin)) > 0) {
        size += got;
        if (size == room)
            value = realloc(value, room *= 2);
    }
    if (!value)
        hr_tool_fail("out of memory");
    begin(&self, options, words[0]);
    send_one(&self, NULL, 0, value, size);
    free(value);
    return finish(&self);
}

int hr_tool_lines(const tool_options *options, int count, char **words)
{
    (void)count;
    producer self;
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    begin(&self, options, words[0]);
    while ((size = getline(&line, &room, stdin)) > 0) {
        if (line[size - 1] == '\n')
            size--;
        line[size] = '\0';
        char *tab = options->keyed ? memchr(line, '\t', (size_t)size) : NULL;
        const char *value = tab ? tab + 1 : line;
        size_t value_size = (size_t)(line + size - value);
        if (options->keyed && !strcmp(value, "\\N"))
            value = NULL, value_size = 0;
        send_one(&self, tab ? line : NULL, tab ? (size_t)(tab - line) : 0, value, value_size);
    }
    free(line);
    return finish(&self);
}
