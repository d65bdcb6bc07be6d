/* source_lookup.c: single messages, fetched once more by a client of their own, which never joins the group: those that
 * marks are of, and rejected ones that are not kept. */
#include <inttypes.h>

#include "connectors/kafka/source.h"

#define NEAR 500      /* messages that are cheaper to read than to leap over */
#define WAIT_MS 30000 /* for one message */
#define LAST_MS 5000  /* for each look of the last commit, after an interrupt */
#define POLL_MS 10

hr_status hr_kafka_lookup_open(hr_kafka_source_state *source, hr_error *err)
{
    const hr_kafka_setting fixed[] = {{"group.id", source->group},
                                      {"enable.auto.commit", "false"},
                                      {"enable.auto.offset.store", "false"},
                                      {"auto.offset.reset", "error"},
                                      {"isolation.level", "read_committed"},
                                      {"fetch.wait.max.ms", "10"},
                                      {"fetch.error.backoff.ms", "10"},
                                      {"queued.min.messages", "1000"},
                                      {"queued.max.messages.kbytes", "4096"},
                                      {"max.partition.fetch.bytes", "262144"},
                                      {"enable.partition.eof", "true"},
                                      {NULL, NULL}};
    rd_kafka_conf_t *conf;
    if (source->lookup.client)
        return HR_OK;
    hr_status status = hr_kafka_configure(&source->address, source->options, fixed, &conf, err);
    if (status != HR_OK)
        return status;
    source->lookup.partition = -1;
    /* An interrupt leaves time for the last commit: see hr_kafka_wait_on. */
    return hr_kafka_client_new(RD_KAFKA_CONSUMER, conf, &source->address, NULL, NULL, &source->lookup.client, err);
}

hr_status hr_kafka_wait_on(const hr_kafka_source_state *source, hr_kafka_client *client, int64_t began, hr_error *err)
{
    if (atomic_load(&source->interrupted) && hr_clock_steady_ns() - began > (int64_t)LAST_MS * 1000000)
        return hr_fail(err, HR_E_INTERRUPTED, "interrupted while waiting for Kafka");
    return hr_kafka_check(client, err);
}

/* The next message, or NULL. A queue that was full is not filled again for a second by librdkafka before 2.2.0, unless
 * it is given something else to do. */
static rd_kafka_message_t *poll_one(hr_kafka_source_state *source, int32_t partition)
{
    rd_kafka_t *rk = source->lookup.client->rk;
    rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, POLL_MS);
    if (message || rd_kafka_version() >= 0x020200ff)
        return message;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, source->address.topic, partition)->offset = RD_KAFKA_OFFSET_END;
    (void)rd_kafka_offsets_for_times(rk, list, 0);
    rd_kafka_topic_partition_list_destroy(list);
    return rd_kafka_consumer_poll(rk, HR_KAFKA_WAIT_MS);
}

/* ---- marks ----------------------------------------------------------------------------------------------------- */

static hr_kafka_sought *sought_of(hr_kafka_sought *list, size_t count, int32_t partition)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].partition == partition)
            return &list[i];
    return NULL;
}

static hr_status note(hr_kafka_source_state *source, hr_kafka_sought *list, size_t count,
                      const rd_kafka_message_t *message, hr_error *err)
{
    hr_kafka_sought *sought = sought_of(list, count, message->partition);
    hr_kafka_message taken;
    if (message->err && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF &&
        message->err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        if (hr_kafka_retryable(message->err))
            return HR_OK;
        hr_status status =
            hr_kafka_fail(source->lookup.client, err, message->err, "reading %s once more", source->address.topic);
        if (err && message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            err->retryable = true;
        return status;
    }
    if (!sought || sought->done)
        return HR_OK;
    if (message->err || message->offset >= sought->until) {
        sought->done = true;
        return HR_OK;
    }
    hr_kafka_message_of(message, &taken);
    sought->found = true;
    sought->at = message->offset;
    sought->mark = hr_kafka_mark(taken.timestamp, taken.value, taken.value_size);
    sought->done = message->offset == sought->until - 1;
    return HR_OK;
}

static hr_status assign(hr_kafka_source_state *source, const hr_kafka_sought *list, size_t count, hr_error *err)
{
    rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(partitions, source->address.topic, list[i].partition)->offset = list[i].from;
    rd_kafka_resp_err_t code = rd_kafka_assign(source->lookup.client->rk, partitions);
    rd_kafka_topic_partition_list_destroy(partitions);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? HR_OK
               : hr_kafka_fail(source->lookup.client, err, code, "reading %s once more", source->address.topic);
}

/* A partition that has answered would be read on and on, while the others wait for their turn behind its messages. */
static void hold(hr_kafka_source_state *source, int32_t partition, bool held)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, source->address.topic, partition);
    if (held)
        (void)rd_kafka_pause_partitions(source->lookup.client->rk, list);
    else
        (void)rd_kafka_resume_partitions(source->lookup.client->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

hr_status hr_kafka_lookup_marks(hr_kafka_source_state *source, hr_kafka_sought *list, size_t count, int64_t ms,
                                hr_error *err)
{
    int64_t began = hr_clock_steady_ns();
    size_t open = 0;
    hr_status status = hr_kafka_lookup_open(source, err);
    if (status != HR_OK)
        return status;
    status = assign(source, list, count, err);
    while (status == HR_OK) {
        while (open < count && list[open].done)
            open++;
        if (open == count || hr_clock_steady_ns() - began > ms * 1000000)
            break;
        status = hr_kafka_wait_on(source, source->lookup.client, began, err);
        rd_kafka_message_t *message = status == HR_OK ? poll_one(source, list[open].partition) : NULL;
        if (!message)
            continue;
        hr_kafka_sought *sought = sought_of(list, count, message->partition);
        bool waited = sought && !sought->done;
        status = note(source, list, count, message, err);
        rd_kafka_message_destroy(message);
        if (waited && sought->done)
            hold(source, sought->partition, true);
    }
    for (size_t i = 0; i < count; i++)
        if (list[i].done)
            hold(source, list[i].partition, false);
    (void)rd_kafka_assign(source->lookup.client->rk, NULL);
    source->lookup.partition = -1;
    return status;
}

/* ---- one message ------------------------------------------------------------------------------------------------- */

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
    int64_t began = hr_clock_steady_ns();
    while (hr_clock_steady_ns() - began < (int64_t)WAIT_MS * 1000000) {
        hr_status status = hr_kafka_wait_on(source, source->lookup.client, began, err);
        if (status != HR_OK)
            return status;
        rd_kafka_message_t *message = poll_one(source, lookup->partition);
        if (!message)
            continue;
        bool passed = message->err
                          ? !hr_kafka_retryable(message->err) || message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET
                          : message->offset > offset;
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
    hr_status status = hr_fail(err, HR_E_IO, "%s[%" PRId32 "]@%" PRId64 " was asked for once more, and does not come",
                               source->address.topic, lookup->partition, offset);
    if (err)
        err->retryable = true;
    return status;
}

hr_status hr_kafka_lookup_find(hr_kafka_source_state *source, int32_t partition, int64_t offset,
                               const rd_kafka_message_t **out, hr_error *err)
{
    hr_kafka_lookup *lookup = &source->lookup;
    *out = NULL;
    if (!lookup->message || lookup->message->partition != partition || lookup->message->offset != offset) {
        hr_status status = hr_kafka_lookup_open(source, err);
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
