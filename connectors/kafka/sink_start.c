/* sink_start.c: how the sink begins: a transactional id, the checkpoint topic, what is known of the source. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/kafka/sink.h"

#define INIT_MS 60000
#define QUEUE_MOST (32u << 20)   /* bytes of messages on their way; more only for a single one that is larger */
#define TIMEOUT_MS 60000u        /* of a transaction, unless the option says otherwise */
#define WHOLE_TIMEOUT_MS 900000u /* of one that holds all of a source: the most that brokers allow, as they come */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    const hr_kafka_client *client = opaque;
    hr_kafka_sink_state *sink = client->owner;
    if (!sink)
        return;
    if (message->err && sink->delivery == RD_KAFKA_RESP_ERR_NO_ERROR) {
        sink->delivery = message->err;
        sink->delivery_checkpoint = message->_private != NULL;
    }
    if (!message->err && message->_private) {
        sink->checkpoint_anew |= message->offset < sink->checkpoint_end;
        sink->checkpoint_end = message->offset + 1;
    }
}

static hr_status init_transactions(const hr_kafka_sink_state *sink, hr_kafka_client *client, hr_error *err)
{
    int64_t until = hr_clock_steady_ns() + (int64_t)INIT_MS * 1000000;
    for (;;) {
        rd_kafka_error_t *error = rd_kafka_init_transactions(client->rk, 2000);
        if (!error)
            return HR_OK;
        (void)rd_kafka_poll(client->rk, 0);
        hr_status status = hr_kafka_check(client, err);
        if (status == HR_OK && rd_kafka_error_is_retriable(error) && hr_clock_steady_ns() < until) {
            rd_kafka_error_destroy(error);
            continue;
        }
        if (status == HR_OK && rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT)
            status = hr_fail(err, HR_E_INVALID,
                             "the brokers do not let a transaction take as long as option transaction-timeout says: "
                             "give less, or raise their setting transaction.max.timeout.ms");
        else if (status == HR_OK)
            return hr_kafka_sink_fail_error(sink, err, error, "preparing transactions");
        rd_kafka_error_destroy(error);
        return status;
    }
}

static hr_status start_producer(hr_kafka_sink_state *sink, const char *id, hr_kafka_client **out, hr_error *err)
{
    char timeout[24], largest[24], queue[24];
    uint64_t message_max = sink->message_max ? sink->message_max : 1000000;
    (void)snprintf(timeout, sizeof timeout, "%" PRIu64, sink->timeout_ms);
    (void)snprintf(largest, sizeof largest, "%" PRIu64, message_max < 1000000000 ? message_max : 1000000000);
    (void)snprintf(queue, sizeof queue, "%" PRIu64,
                   message_max < QUEUE_MOST ? QUEUE_MOST / 1024 : message_max / 1024 + 1024);
    const hr_kafka_setting fixed[] = {{"enable.idempotence", "true"},
                                      {"acks", "all"},
                                      {"transactional.id", id},
                                      {"transaction.timeout.ms", timeout},
                                      {"compression.codec", hr_options_get(sink->options, "codec")},
                                      {"linger.ms", "20"},
                                      {"batch.size", "1000000"},
                                      {"partitioner", "murmur2_random"},
                                      {"queue.buffering.max.kbytes", queue},
                                      {"topic.metadata.propagation.max.ms", "5000"}, /* topics are known, or gone */
                                      {"message.max.bytes", largest},
                                      {NULL, NULL}};
    rd_kafka_conf_t *conf;
    hr_kafka_client *client = NULL;
    hr_status status = hr_kafka_configure(&sink->address, sink->options, fixed, &conf, err);
    if (status != HR_OK)
        return status;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    status = hr_kafka_client_new(RD_KAFKA_PRODUCER, conf, &sink->address, sink, &sink->interrupted, &client, err);
    if (status == HR_OK)
        status = init_transactions(sink, client, err);
    if (status != HR_OK) {
        hr_kafka_client_close(client);
        return status;
    }
    *out = client;
    return HR_OK;
}

hr_status hr_kafka_sink_producer(hr_kafka_sink_state *sink, const char *id, hr_kafka_client **out, hr_error *err)
{
    hr_error first;
    bool given = hr_options_get(sink->options, "transaction-timeout") != NULL;
    err = err ? err : &first;
    if (!sink->timeout_ms)
        sink->timeout_ms =
            hr_options_count(sink->options, "transaction-timeout", sink->plan.whole ? WHOLE_TIMEOUT_MS : TIMEOUT_MS);
    hr_status status = start_producer(sink, id, out, err);
    if (status == HR_E_INVALID && !given && sink->timeout_ms > TIMEOUT_MS) { /* these brokers allow less */
        sink->timeout_ms = TIMEOUT_MS;
        status = start_producer(sink, id, out, err);
    }
    return status;
}

/* What the topic takes, and less when the user says so; of a topic that may not be asked, what the user says. */
static uint64_t find_most(const hr_kafka_sink_state *sink)
{
    const hr_kafka_address *address = &sink->address;
    uint64_t said = 0;
    for (size_t i = 0; i < address->settings; i++)
        if (!strcmp(address->names[i], "message.max.bytes"))
            said = strtoull(address->values[i], NULL, 10);
    if (!sink->topic_max)
        return said ? said : 1000000;
    return said && said < sink->topic_max ? said : sink->topic_max;
}

/* Asks before anything is sent: a message that is too large would end its whole transaction. */
static hr_status ask_topic(hr_kafka_sink_state *sink, hr_error *err)
{
    static const hr_kafka_setting fixed[] = {{NULL, NULL}};
    char text[64];
    int32_t *leaders = NULL;
    size_t count = 0;
    rd_kafka_conf_t *conf;
    hr_kafka_address plain = sink->address;
    plain.settings = 0;
    hr_status status = hr_kafka_configure(&plain, sink->options, fixed, &conf, err);
    if (status == HR_OK)
        status =
            hr_kafka_client_new(RD_KAFKA_PRODUCER, conf, &sink->address, NULL, &sink->interrupted, &sink->client, err);
    if (status == HR_OK)
        status = hr_kafka_topic_leaders(sink->client, sink->address.topic, &leaders, &count, err);
    hr_free(leaders);
    if (status == HR_OK)
        status = hr_kafka_topic_setting(sink->client, sink->address.topic, "max.message.bytes", text, err);
    if (status == HR_OK) {
        sink->topic_max = strtoull(text, NULL, 10);
        sink->message_max = find_most(sink);
    }
    if (status == HR_OK)
        status = hr_kafka_checkpoint_ensure(sink, err);
    hr_kafka_client_close(sink->client);
    sink->client = NULL;
    return status;
}

/* From here on a holder with a lower generation is refused, even one that learns of us late. */
static hr_status raise_generation(hr_kafka_sink_state *sink, hr_error *err)
{
    const hr_sink_plan *plan = &sink->plan;
    if (sink->head.found && strcmp(sink->head.ledger, plan->ledger) != 0)
        return hr_fail(err, HR_E_FENCED,
                       "the positions of this feed and source at the destination belong to another ledger (%s, this is "
                       "%s): use that one, or another name of the feed",
                       sink->head.ledger, plan->ledger);
    if (sink->head.found && sink->head.generation > plan->generation)
        return hr_fail(err, HR_E_FENCED, "a later run has taken over this feed");
    if (sink->head.found && sink->head.generation == plan->generation)
        return HR_OK;
    char token[HR_KAFKA_TOKEN];
    memcpy(token, sink->head.token, sizeof token);
    hr_status status = hr_kafka_sink_begin(sink, err);
    if (status == HR_OK && sink->head.found)
        memcpy(sink->token, token, sizeof token); /* of the last transaction that landed rows */
    if (status == HR_OK)
        status = hr_kafka_checkpoint_send(sink, NULL, 0, err);
    if (status == HR_OK)
        status = hr_kafka_sink_flush(sink, err);
    if (status == HR_OK)
        status = hr_kafka_sink_commit(sink, err);
    if (status == HR_OK)
        memcpy(sink->head.token, sink->token, sizeof token);
    if (status == HR_E_LOST && err)
        err->retryable = true;
    return status;
}

/* The leaders are known before anything is sent: else librdkafka looks for them up to a second later. */
static hr_status warm_up(hr_kafka_sink_state *sink, hr_error *err)
{
    const char *const topics[] = {sink->checkpoint, sink->address.topic};
    hr_status status = HR_OK;
    for (size_t i = 0; i < HR_COUNT(topics) && status == HR_OK; i++) {
        int32_t *leaders = NULL;
        size_t count = 0;
        status = hr_kafka_topic_leaders(sink->client, topics[i], &leaders, &count, err);
        hr_free(leaders);
    }
    return status;
}

hr_status hr_kafka_sink_start(hr_kafka_sink_state *sink, hr_error *err)
{
    char *head_key = hr_asprintf("%s]", sink->key_begin);
    hr_status status = head_key ? ask_topic(sink, err) : hr_fail_memory(err, "opening a topic of Kafka");
    if (status == HR_OK)
        status = hr_kafka_sink_producer(sink, sink->transactional_id, &sink->client, err);
    if (status == HR_OK)
        status = warm_up(sink, err);
    if (status == HR_OK)
        status = hr_kafka_checkpoint_read(sink, head_key, true, &sink->head, err);
    if (status == HR_OK) {
        sink->topic = rd_kafka_topic_new(sink->client->rk, sink->address.topic, NULL);
        if (!sink->topic)
            status = hr_kafka_fail(sink->client, err, rd_kafka_last_error(), "opening \"%s\"", sink->address.topic);
    }
    if (status == HR_OK)
        status = raise_generation(sink, err);
    hr_free(head_key);
    return status;
}
