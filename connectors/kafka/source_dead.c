/* source_dead.c: the dead-letter topic: messages of which something was rejected are copied to it before the commit
 * that records it, with all they had, and headers that say why. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/kafka/source.h"

#define MESSAGE_MAX 1000 /* bytes of a reject's text in a header */
#define OVERHEAD 512     /* of a batch of one message */

/* ---- the producer ------------------------------------------------------------------------------------------------ */

/* A message is told as too large by the broker only when its settings were changed meanwhile, or may not be read. */
static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    const hr_kafka_client *client = opaque;
    hr_kafka_source_state *source = client->owner;
    if (message->err && source && !source->dead_error)
        source->dead_error = message->err;
}

static hr_status start(hr_kafka_source_state *source, uint64_t most, hr_error *err)
{
    char largest[24], batch[24];
    most = most > 1000000000 ? 1000000000 : most < 1000 + OVERHEAD ? 1000 + OVERHEAD : most;
    (void)snprintf(largest, sizeof largest, "%" PRIu64, most - OVERHEAD);
    (void)snprintf(batch, sizeof batch, "%" PRIu64, most - OVERHEAD < 1000000 ? most - OVERHEAD : 1000000);
    const hr_kafka_setting fixed[] = {{"enable.idempotence", "true"},
                                      {"acks", "all"},
                                      {"compression.codec", "lz4"},
                                      {"linger.ms", "20"},
                                      {"message.max.bytes", largest},
                                      {"batch.size", batch},
                                      {NULL, NULL}};
    rd_kafka_conf_t *conf;
    hr_status status = hr_kafka_configure(&source->address, source->options, fixed, &conf, err);
    if (status != HR_OK)
        return status;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return hr_kafka_client_new(RD_KAFKA_PRODUCER, conf, &source->address, source, &source->interrupted, &source->dead,
                               err);
}

/* At the start rather than when the first message is to be copied to it. */
hr_status hr_kafka_dead_open(hr_kafka_source_state *source, hr_error *err)
{
    const char *topic = hr_options_get(source->options, "dead-letter");
    int32_t *leaders = NULL;
    size_t count = 0;
    char most[64] = "";
    if (!topic)
        return HR_OK;
    hr_status status = start(source, 1000000, err);
    if (status == HR_OK)
        status = hr_kafka_topic_leaders(source->dead, topic, &leaders, &count, err);
    hr_free(leaders);
    if (status == HR_OK)
        status = hr_kafka_topic_setting(source->dead, topic, "max.message.bytes", most, err);
    if (status == HR_OK && *most && strtoull(most, NULL, 10) != 1000000 + OVERHEAD) {
        hr_kafka_client_close(source->dead);
        source->dead = NULL;
        status = start(source, strtoull(most, NULL, 10), err);
    }
    if (source->dead)
        source->dead->interrupted = NULL; /* from here on see hr_kafka_wait_on */
    return status;
}

/* ---- copies ------------------------------------------------------------------------------------------------------ */

/* What a copy leaves out for being too large. The ledger has all of it. */
typedef enum left_out { NOTHING, VALUE, ALL_BUT_REASON, LEVELS } left_out;

static bool copy_headers(rd_kafka_headers_t *headers, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *own = NULL;
    const char *name;
    const void *value;
    size_t size;
    if (!message || rd_kafka_message_headers(message, &own) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    for (size_t i = 0; rd_kafka_header_get_all(own, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        if (rd_kafka_header_add(headers, name, -1, value, (ssize_t)size) != RD_KAFKA_RESP_ERR_NO_ERROR)
            return false;
    return true;
}

static rd_kafka_headers_t *make_headers(const hr_kafka_source_state *source, const hr_reject *reject,
                                        const hr_trail_place *place, const rd_kafka_message_t *message, left_out level)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(16);
    char partition[16], offset[24], text[MESSAGE_MAX + 1];
    (void)snprintf(partition, sizeof partition, "%" PRId32, place->partition);
    (void)snprintf(offset, sizeof offset, "%" PRId64, place->offset);
    (void)snprintf(text, sizeof text, "%s", reject->message ? reject->message : "");
    bool ok = headers && (level == ALL_BUT_REASON || copy_headers(headers, message)) &&
              hr_kafka_header_add(headers, "headrace-topic", source->address.topic) &&
              hr_kafka_header_add(headers, "headrace-partition", partition) &&
              hr_kafka_header_add(headers, "headrace-offset", offset) &&
              hr_kafka_header_add(headers, "headrace-error", hr_reject_kind_name(reject->kind)) &&
              hr_kafka_header_add(headers, "headrace-message", text) &&
              (!reject->column_name || hr_kafka_header_add(headers, "headrace-column", reject->column_name)) &&
              hr_kafka_header_add(headers, "headrace-feed", source->plan->feed) &&
              hr_kafka_header_add(headers, "headrace-job", source->plan->job) &&
              (level == NOTHING ||
               hr_kafka_header_add(headers, "headrace-left-out", level == VALUE ? "value" : "value, key, headers"));
    if (!ok && headers)
        rd_kafka_headers_destroy(headers);
    return ok ? headers : NULL;
}

/* One try: what librdkafka answers. */
static rd_kafka_resp_err_t produce(hr_kafka_source_state *source, const char *topic, const hr_reject *reject,
                                   const hr_trail_place *place, const rd_kafka_message_t *message, left_out level)
{
    rd_kafka_headers_t *headers = make_headers(source, reject, place, message, level);
    /* What is no longer there stands in the reject, with the newline that ended the record. */
    size_t raw_size = reject->raw_size - (reject->raw_size && reject->raw[reject->raw_size - 1] == '\n');
    hr_kafka_bytes value = {message ? message->payload : reject->raw, message ? message->len : raw_size};
    hr_kafka_bytes key = {message ? message->key : NULL, message ? message->key_len : 0};
    if (!headers)
        return RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    if (level != NOTHING)
        value = (hr_kafka_bytes){"", 0};
    if (level == ALL_BUT_REASON)
        key = (hr_kafka_bytes){NULL, 0};
    rd_kafka_resp_err_t code = hr_kafka_produce(source->dead->rk, topic, RD_KAFKA_PARTITION_UA, key, value, headers);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_headers_destroy(headers);
    return code;
}

static hr_status fail_copy(hr_kafka_source_state *source, hr_error *err, rd_kafka_resp_err_t code)
{
    const char *topic = hr_options_get(source->options, "dead-letter");
    if (code == RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE)
        return hr_fail_memory(err, "sending a message to the dead-letter topic");
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        return hr_fail(err, HR_E_LIMIT,
                       "the dead-letter topic \"%s\" does not take a message for its size: raise its max.message.bytes "
                       "(or give the user the right DescribeConfigs, so that what is too large is left out)",
                       topic);
    if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        return hr_fail(
            err, HR_E_PERMISSION,
            "the user may not write to the dead-letter topic \"%s\", and nothing is committed before what was "
            "rejected is there: give it that right",
            topic);
    return hr_kafka_fail(source->dead, err, code, "sending to the dead-letter topic \"%s\"", topic);
}

static hr_status copy_to(hr_kafka_source_state *source, const char *topic, const hr_reject *reject,
                         const hr_trail_place *place, const rd_kafka_message_t *message, hr_error *err)
{
    int64_t began = hr_clock_steady_ns();
    for (left_out level = NOTHING;;) {
        rd_kafka_resp_err_t code = produce(source, topic, reject, place, message, level);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return HR_OK;
        if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && level + 1 < LEVELS) {
            level++;
            continue;
        }
        (void)rd_kafka_poll(source->dead->rk, HR_KAFKA_WAIT_MS);
        hr_status status = hr_kafka_wait_on(source, source->dead, began, err);
        if (status == HR_OK && code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            status = fail_copy(source, err, code);
        if (status != HR_OK)
            return status;
    }
}

static hr_status finish(hr_kafka_source_state *source, hr_error *err)
{
    int64_t began = hr_clock_steady_ns();
    while (rd_kafka_outq_len(source->dead->rk) > 0) {
        (void)rd_kafka_flush(source->dead->rk, HR_KAFKA_WAIT_MS);
        hr_status status = hr_kafka_wait_on(source, source->dead, began, err);
        if (status != HR_OK)
            return status;
    }
    if (!source->dead_error)
        return HR_OK;
    hr_status status = fail_copy(source, err, source->dead_error);
    source->dead_error = RD_KAFKA_RESP_ERR_NO_ERROR;
    return status;
}

hr_status hr_kafka_refused(void *state, const hr_reject *rejects, size_t count, hr_error *err)
{
    hr_kafka_source_state *source = state;
    const char *topic = hr_options_get(source->options, "dead-letter");
    hr_trail_place place, last = {.partition = -1};
    hr_status status = HR_OK;
    if (!topic || !count)
        return HR_OK;
    for (size_t i = 0; i < count && status == HR_OK; i++) {
        const rd_kafka_message_t *message = NULL;
        if (!hr_trail_find(&source->trail, rejects[i].offset, &place))
            place = (hr_trail_place){.partition = -1, .offset = -1};
        if (place.partition >= 0 && place.partition == last.partition && place.offset == last.offset)
            continue; /* another record of the same message */
        last = place;
        if (place.partition >= 0)
            status = hr_kafka_rejected_message(source, &place, &message, err);
        if (status == HR_OK)
            status = copy_to(source, topic, &rejects[i], &place, message, err);
    }
    if (status == HR_OK)
        status = finish(source, err);
    hr_kafka_kept_clear(&source->rejected);
    return status;
}
