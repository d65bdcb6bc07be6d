/* source_lookup.c: single messages, fetched once more. A rejected message is wanted with its key, its headers and its
 * own bytes, and to keep those of all messages until they are committed would take as much memory as the messages. */
#include "connectors/kafka/source.h"

#define NEAR 500      /* messages that are cheaper to read than to leap over */
#define WAIT_MS 10000 /* for one message */

static hr_status start(hr_kafka_source_state *source, hr_error *err)
{
    /* It never joins the group. */
    const hr_kafka_setting fixed[] = {{"group.id", source->group},
                                      {"enable.auto.commit", "false"},
                                      {"enable.auto.offset.store", "false"},
                                      {"auto.offset.reset", "error"},
                                      {"isolation.level", "read_committed"},
                                      {"fetch.wait.max.ms", "10"},
                                      {"fetch.error.backoff.ms", "10"},
                                      {"queued.min.messages", "1000"},
                                      {"queued.max.messages.kbytes", "4096"},
                                      {"enable.partition.eof", "true"},
                                      {NULL, NULL}};
    rd_kafka_conf_t *conf;
    hr_status status = hr_kafka_configure(&source->address, source->options, fixed, &conf, err);
    if (status != HR_OK)
        return status;
    source->lookup.partition = -1;
    return hr_kafka_client_new(RD_KAFKA_CONSUMER, conf, &source->address, NULL, &source->interrupted,
                               &source->lookup.client, err);
}

static void go_to(hr_kafka_source_state *source, int32_t partition, int64_t offset)
{
    hr_kafka_lookup *lookup = &source->lookup;
    if (lookup->partition == partition && offset >= lookup->next && offset - lookup->next < NEAR)
        return;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, source->address.topic, partition)->offset = offset;
    (void)rd_kafka_assign(lookup->client->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    lookup->partition = partition;
    lookup->next = offset;
}

/* Reads on until the message comes, or one behind it. */
static hr_status read_to(hr_kafka_source_state *source, int64_t offset, hr_error *err)
{
    hr_kafka_lookup *lookup = &source->lookup;
    int64_t until = hr_clock_steady_ns() + (int64_t)WAIT_MS * 1000000;
    while (hr_clock_steady_ns() < until) {
        hr_status status = hr_kafka_check(lookup->client, err);
        if (status != HR_OK)
            return status;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(lookup->client->rk, HR_KAFKA_WAIT_MS);
        if (!message)
            continue;
        bool passed = message->err || message->offset > offset;
        if (!message->err && message->offset == offset) {
            lookup->message = message;
            lookup->next = offset + 1;
            return HR_OK;
        }
        if (!message->err)
            lookup->next = message->offset + 1;
        rd_kafka_message_destroy(message);
        if (passed)
            return HR_OK;
    }
    lookup->broken = true;
    return HR_OK;
}

hr_status hr_kafka_lookup_find(hr_kafka_source_state *source, int32_t partition, int64_t offset,
                               const rd_kafka_message_t **out, hr_error *err)
{
    hr_kafka_lookup *lookup = &source->lookup;
    *out = NULL;
    if (lookup->broken)
        return HR_OK;
    if (!lookup->message || lookup->message->partition != partition || lookup->message->offset != offset) {
        hr_status status = lookup->client ? HR_OK : start(source, err);
        if (lookup->message)
            rd_kafka_message_destroy(lookup->message);
        lookup->message = NULL;
        if (status != HR_OK)
            return status;
        go_to(source, partition, offset);
        status = read_to(source, offset, err);
        if (status != HR_OK)
            return status;
        if (!lookup->message)
            lookup->partition = -1;
    }
    *out = lookup->message;
    return HR_OK;
}

void hr_kafka_lookup_close(hr_kafka_lookup *lookup)
{
    if (lookup->message)
        rd_kafka_message_destroy(lookup->message);
    hr_kafka_client_close(lookup->client);
    *lookup = (hr_kafka_lookup){.partition = -1};
}
