/* source_refuse.c: what the source knows of a record that was rejected, and the dead-letter topic. */
#include <inttypes.h>
#include <stdio.h>

#include "connectors/kafka/source.h"

hr_status hr_kafka_place(void *state, uint64_t at, hr_place *out, hr_error *err)
{
    hr_kafka_source_state *source = state;
    const rd_kafka_message_t *message = NULL;
    hr_trail_place place;
    hr_kafka_message taken;
    char fault[200];
    *out = (hr_place){0};
    if (!hr_trail_find(&source->trail, at, &place))
        return HR_OK;
    (void)snprintf(out->text, sizeof out->text, "%.150s[%" PRId32 "]@%" PRId64, source->address.topic, place.partition,
                   place.offset);
    if (!place.altered)
        return HR_OK;
    hr_status status = hr_kafka_lookup_find(source, place.partition, place.offset, &message, err);
    if (status == HR_OK && message) {
        out->raw = message->payload;
        out->raw_size = message->len;
        hr_kafka_message_of(message, &taken);
        size_t used = strlen(out->text);
        if (hr_kafka_record_fault(&source->shape, &taken, fault, sizeof fault))
            (void)snprintf(out->text + used, sizeof out->text - used, ": %s", fault);
    }
    return status;
}

/* ---- the dead-letter topic --------------------------------------------------------------------------------------- */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    const hr_kafka_client *client = opaque;
    hr_kafka_source_state *source = client->owner;
    if (message->err && source && !source->dead_error)
        source->dead_error = message->err;
}

static hr_status start(hr_kafka_source_state *source, hr_error *err)
{
    static const hr_kafka_setting fixed[] = {{"enable.idempotence", "true"},    {"acks", "all"},
                                             {"compression.codec", "lz4"},      {"linger.ms", "20"},
                                             {"message.max.bytes", "10000000"}, {NULL, NULL}};
    rd_kafka_conf_t *conf;
    hr_kafka_address plain = source->address; /* the settings of the address are the consumer's */
    plain.settings = 0;
    hr_status status = hr_kafka_configure(&plain, source->options, fixed, &conf, err);
    if (status != HR_OK)
        return status;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return hr_kafka_client_new(RD_KAFKA_PRODUCER, conf, &source->address, source, &source->interrupted, &source->dead,
                               err);
}

static rd_kafka_headers_t *make_headers(const hr_kafka_source_state *source, const hr_reject *reject,
                                        const hr_trail_place *place)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
    char partition[16], offset[24];
    (void)snprintf(partition, sizeof partition, "%" PRId32, place->partition);
    (void)snprintf(offset, sizeof offset, "%" PRId64, place->offset);
    bool ok = headers && hr_kafka_header_add(headers, "headrace-topic", source->address.topic) &&
              hr_kafka_header_add(headers, "headrace-partition", partition) &&
              hr_kafka_header_add(headers, "headrace-offset", offset) &&
              hr_kafka_header_add(headers, "headrace-error", hr_reject_kind_name(reject->kind)) &&
              hr_kafka_header_add(headers, "headrace-message", reject->message ? reject->message : "") &&
              (!reject->column_name || hr_kafka_header_add(headers, "headrace-column", reject->column_name)) &&
              hr_kafka_header_add(headers, "headrace-feed", source->plan->feed) &&
              hr_kafka_header_add(headers, "headrace-job", source->plan->job);
    if (!ok && headers)
        rd_kafka_headers_destroy(headers);
    return ok ? headers : NULL;
}

static hr_status copy_to(hr_kafka_source_state *source, const char *topic, const hr_reject *reject,
                         const hr_trail_place *place, const rd_kafka_message_t *message, hr_error *err)
{
    rd_kafka_headers_t *headers = make_headers(source, reject, place);
    if (!headers)
        return hr_fail_memory(err, "sending a message to the dead-letter topic");
    const void *value = message ? message->payload : reject->raw, *key = message ? message->key : NULL;
    size_t size = message ? message->len : reject->raw_size, key_size = message ? message->key_len : 0;
    for (;;) {
        rd_kafka_resp_err_t code =
            hr_kafka_produce(source->dead->rk, topic, RD_KAFKA_PARTITION_UA, (hr_kafka_bytes){key, key_size},
                             (hr_kafka_bytes){value, size}, headers);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return HR_OK;
        (void)rd_kafka_poll(source->dead->rk, HR_KAFKA_WAIT_MS);
        hr_status status = hr_kafka_check(source->dead, err);
        if (status == HR_OK && code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            status = hr_kafka_fail(source->dead, err, code, "sending to the dead-letter topic \"%s\"", topic);
        if (status != HR_OK) {
            rd_kafka_headers_destroy(headers);
            return status;
        }
    }
}

static hr_status finish(hr_kafka_source_state *source, const char *topic, hr_error *err)
{
    while (rd_kafka_outq_len(source->dead->rk) > 0) {
        (void)rd_kafka_flush(source->dead->rk, HR_KAFKA_WAIT_MS);
        hr_status status = hr_kafka_check(source->dead, err);
        if (status != HR_OK)
            return status;
    }
    if (!source->dead_error)
        return HR_OK;
    hr_status status =
        hr_kafka_fail(source->dead, err, source->dead_error, "sending to the dead-letter topic \"%s\"", topic);
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
    if (!source->dead)
        status = start(source, err);
    for (size_t i = 0; i < count && status == HR_OK; i++) {
        const rd_kafka_message_t *message = NULL;
        if (hr_trail_find(&source->trail, rejects[i].offset, &place))
            status = hr_kafka_lookup_find(source, place.partition, place.offset, &message, err);
        else
            place = (hr_trail_place){.partition = -1, .offset = -1};
        if (place.partition >= 0 && place.partition == last.partition && place.offset == last.offset)
            continue; /* another record of the same message */
        last = place;
        if (status == HR_OK)
            status = copy_to(source, topic, &rejects[i], &place, message, err);
    }
    return status == HR_OK ? finish(source, topic, err) : status;
}
