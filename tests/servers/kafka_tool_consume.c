/* kafka_tool_consume.c: everything that a topic holds, printed or counted, for tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/servers/kafka_tool.h"

static void print_text(const void *bytes, size_t size)
{
    if (bytes)
        fwrite(bytes, 1, size, stdout);
    else
        fputs("\\N", stdout);
}

static void print_headers(const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t size;
    putchar('\t');
    if (rd_kafka_message_headers(message, &headers))
        return;
    for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++) {
        printf("%s%s=", i ? ";" : "", name);
        print_text(value, size);
    }
}

static void print_message(const tool_options *options, const rd_kafka_message_t *message)
{
    if (!options->only_values) {
        printf("%d\t%lld\t", message->partition, (long long)message->offset);
        print_text(message->key, message->key_len);
        putchar('\t');
    }
    print_text(message->payload, message->len);
    if (options->with_timestamp)
        printf("\t%lld", (long long)rd_kafka_message_timestamp(message, NULL));
    if (options->with_headers)
        print_headers(message);
    putchar('\n');
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Assigns all partitions from their first message on; how many there are. */
static int assign_all(const tool_options *options, rd_kafka_t *client, const char *topic)
{
    int partitions = hr_tool_partitions(options, client, topic);
    if (!partitions)
        hr_tool_fail("there is no topic %s", topic);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t code = rd_kafka_assign(client, list);
    if (code)
        hr_tool_fail("reading topic %s: %s", topic, rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(list);
    return partitions;
}

int hr_tool_consume(const tool_options *options, int count, char **words)
{
    (void)count;
    const char *more[] = {"group.id",
                          "kafka_tool",
                          "isolation.level",
                          "read_uncommitted",
                          "enable.auto.commit",
                          "false",
                          "enable.partition.eof",
                          "true",
                          "queued.min.messages",
                          "1000000",
                          "queued.max.messages.kbytes",
                          "262144",
                          "fetch.message.max.bytes",
                          "4194304",
                          "fetch.wait.max.ms",
                          "100",
                          NULL};
    rd_kafka_t *client = hr_tool_client(options, RD_KAFKA_CONSUMER, more, NULL, NULL);
    rd_kafka_poll_set_consumer(client);
    int partitions = assign_all(options, client, words[0]), open = partitions;
    bool *ended = calloc((size_t)partitions, sizeof *ended); /* a partition may end again, when more was written */
    if (!ended)
        hr_tool_fail("out of memory");
    uint64_t messages = 0, bytes = 0;
    double start = seconds();
    while (open) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 30000);
        if (!message)
            hr_tool_fail("topic %s gave nothing for 30 s", words[0]);
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            open -= !ended[message->partition];
            ended[message->partition] = true;
        } else if (message->err) {
            hr_tool_fail("reading topic %s: %s", words[0], rd_kafka_message_errstr(message));
        } else {
            messages++;
            bytes += message->len;
            if (!options->only_count)
                print_message(options, message);
        }
        rd_kafka_message_destroy(message);
    }
    free(ended);
    double took = seconds() - start;
    if (options->only_count)
        printf("%llu messages, %llu bytes, %.3f s, %.0f messages/s\n", (unsigned long long)messages,
               (unsigned long long)bytes, took, (double)messages / took);
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return fflush(stdout) ? 1 : 0;
}
