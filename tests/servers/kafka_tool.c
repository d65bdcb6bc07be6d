/* kafka_tool.c: commands and options of a program that asks things of a Kafka broker on behalf of tests. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/servers/kafka_tool.h"

static const char usage_text[] =
    "kafka_tool BROKERS [OPTION...] COMMAND...\n"
    "  create TOPIC [PARTITIONS [NAME=VALUE...]]   and waits until it has leaders; a topic of that name that is being\n"
    "                                              deleted is waited for\n"
    "  grow TOPIC PARTITIONS                       so that it has so many, and waits until they have leaders\n"
    "  delete TOPIC                                and waits until it is gone\n"
    "  delete-records TOPIC PARTITION OFFSET       all below the offset; all: -- TOPIC PARTITION -1\n"
    "  watermarks TOPIC                            partition, first offset, offset behind the last\n"
    "  offsets GROUP TOPIC                         partition, committed offset (- when none), metadata\n"
    "  commit GROUP TOPIC PARTITION OFFSET [METADATA]\n"
    "  produce TOPIC COUNT                         messages {\"n\":NUMBER,\"text\":\"...\"}, one partition after the other\n"
    "    --first N  --size BYTES  --keys N  --partition P  --timestamp MS  --header NAME=VALUE  --codec NAME\n"
    "    --transaction ID [--batch N] [--abort]    in transactions of N messages, the last of them aborted\n"
    "  lines TOPIC [--keyed]                       one message a line of standard input; KEY<TAB>VALUE, \\N is null\n"
    "  message TOPIC                               one message: all of standard input\n"
    "  consume TOPIC                               partition, offset, key, value of all that is there now\n"
    "    --values  --count  --headers  --timestamps  --committed\n"
    "  join GROUP TOPIC MS                         is a member of the group for so long, and commits nothing\n"
    "  -X NAME=VALUE                               a property of librdkafka\n"
    "  --patience MS                               how long the broker may take to answer\n";

void hr_tool_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "kafka_tool: ");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

int64_t hr_tool_number(const char *text)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        hr_tool_fail("'%s' is not a number", text);
    return number;
}

static void set_property(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[512];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK)
        hr_tool_fail("%s", text);
}

rd_kafka_t *hr_tool_client(const tool_options *options, rd_kafka_type_t type, const char *const *more,
                           void (*delivered)(rd_kafka_t *, const rd_kafka_message_t *, void *), void *context)
{
    char name[256], text[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set_property(conf, "bootstrap.servers", options->brokers);
    set_property(conf, "log_level", "4");
    for (; more && more[0]; more += 2)
        set_property(conf, more[0], more[1]);
    for (int i = 0; i < options->property_count; i++) {
        size_t size = strcspn(options->properties[i], "=");
        if (!options->properties[i][size] || size >= sizeof name)
            hr_tool_fail("-X takes NAME=VALUE");
        memcpy(name, options->properties[i], size);
        name[size] = '\0';
        set_property(conf, name, options->properties[i] + size + 1);
    }
    if (delivered)
        rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_conf_set_opaque(conf, context);
    rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof text);
    if (!client)
        hr_tool_fail("%s", text);
    return client;
}

int hr_tool_partitions(const tool_options *options, rd_kafka_t *client, const char *topic)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    if (!handle)
        hr_tool_fail("topic %s: %s", topic, rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, handle, &metadata, options->patience_ms);
    rd_kafka_topic_destroy(handle);
    if (code)
        hr_tool_fail("asking for topic %s: %s", topic, rd_kafka_err2str(code));
    int count = metadata->topic_cnt == 1 && !metadata->topics[0].err ? metadata->topics[0].partition_cnt : 0;
    for (int i = 0; i < count; i++)
        if (metadata->topics[0].partitions[i].leader < 0)
            count = 0;
    rd_kafka_metadata_destroy(metadata);
    return count;
}

enum {
    FIRST = 256,
    SIZE,
    KEYS,
    PARTITION,
    TIMESTAMP,
    HEADER,
    CODEC,
    TRANSACTION,
    BATCH,
    ABORT,
    KEYED,
    VALUES,
    COUNT,
    HEADERS,
    TIMESTAMPS,
    COMMITTED,
    PATIENCE
};

static const struct option long_options[] = {{"first", required_argument, NULL, FIRST},
                                             {"size", required_argument, NULL, SIZE},
                                             {"keys", required_argument, NULL, KEYS},
                                             {"partition", required_argument, NULL, PARTITION},
                                             {"timestamp", required_argument, NULL, TIMESTAMP},
                                             {"header", required_argument, NULL, HEADER},
                                             {"codec", required_argument, NULL, CODEC},
                                             {"transaction", required_argument, NULL, TRANSACTION},
                                             {"batch", required_argument, NULL, BATCH},
                                             {"abort", no_argument, NULL, ABORT},
                                             {"keyed", no_argument, NULL, KEYED},
                                             {"values", no_argument, NULL, VALUES},
                                             {"count", no_argument, NULL, COUNT},
                                             {"headers", no_argument, NULL, HEADERS},
                                             {"timestamps", no_argument, NULL, TIMESTAMPS},
                                             {"committed", no_argument, NULL, COMMITTED},
                                             {"patience", required_argument, NULL, PATIENCE},
                                             {NULL, 0, NULL, 0}};

static void add_property(tool_options *options, const char *property)
{
    if (options->property_count == 64)
        hr_tool_fail("too many properties");
    options->properties[options->property_count++] = property;
}

static void take_option(tool_options *options, int option, char *value)
{
    static char codec[64];
    switch (option) {
    case 'X': add_property(options, value); break;
    case FIRST: options->first = hr_tool_number(value); break;
    case SIZE: options->size = (int)hr_tool_number(value); break;
    case KEYS: options->keys = hr_tool_number(value); break;
    case PARTITION: options->partition = (int)hr_tool_number(value); break;
    case TIMESTAMP: options->timestamp = hr_tool_number(value); break;
    case HEADER:
        if (options->header_count == TOOL_HEADERS_MAX)
            hr_tool_fail("too many headers");
        options->headers[options->header_count++] = value;
        break;
    case CODEC:
        snprintf(codec, sizeof codec, "compression.codec=%s", value);
        add_property(options, codec);
        break;
    case TRANSACTION: options->transaction = value; break;
    case BATCH: options->batch = hr_tool_number(value); break;
    case ABORT: options->abort_last = true; break;
    case KEYED: options->keyed = true; break;
    case VALUES: options->only_values = true; break;
    case COUNT: options->only_count = true; break;
    case HEADERS: options->with_headers = true; break;
    case TIMESTAMPS: options->with_timestamp = true; break;
    case PATIENCE: options->patience_ms = (int)hr_tool_number(value); break;
    case COMMITTED: add_property(options, "isolation.level=read_committed"); break;
    default: fputs(usage_text, stderr); exit(2);
    }
}

static const struct command {
    const char *name;
    int least, most; /* words behind it */
    int (*run)(const tool_options *options, int count, char **words);
} commands[] = {
    {"create", 1, 64, hr_tool_create},        {"grow", 2, 2, hr_tool_grow},
    {"delete", 1, 1, hr_tool_delete},         {"delete-records", 3, 3, hr_tool_delete_records},
    {"watermarks", 1, 1, hr_tool_watermarks}, {"offsets", 2, 2, hr_tool_offsets},
    {"commit", 4, 5, hr_tool_commit},         {"produce", 2, 2, hr_tool_produce},
    {"lines", 1, 1, hr_tool_lines},           {"message", 1, 1, hr_tool_message},
    {"consume", 1, 1, hr_tool_consume},       {"join", 3, 3, hr_tool_join},
};

int main(int count, char **words)
{
    tool_options options = {.partition = -1, .patience_ms = 15000};
    int option;
    while ((option = getopt_long(count, words, "X:", long_options, NULL)) != -1)
        take_option(&options, option, optarg);
    count -= optind;
    words += optind;
    for (size_t i = 0; count >= 2 && i < sizeof commands / sizeof commands[0]; i++)
        if (!strcmp(words[1], commands[i].name) && count - 2 >= commands[i].least && count - 2 <= commands[i].most) {
            options.brokers = words[0];
            return commands[i].run(&options, count - 2, words + 2);
        }
    fputs(usage_text, stderr);
    return 2;
}
