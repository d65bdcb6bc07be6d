/* sink_checkpoint.c: the compacted topic that says where the parts of sources stand at the destination. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/kafka/sink.h"

#define OPEN_MS 30000 /* how long a transaction of another feed is waited for at a time */

/* ---- the topic --------------------------------------------------------------------------------------------------- */

/* Waits for the answer of an administrative request, which is an event of that type. */
static hr_status wait_event(hr_kafka_client *client, rd_kafka_queue_t *queue, rd_kafka_event_t **out, const char *doing,
                            hr_error *err)
{
    int64_t until = hr_clock_steady_ns() + (int64_t)HR_KAFKA_REQUEST_MS * 2000000;
    while (hr_clock_steady_ns() < until) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, HR_KAFKA_WAIT_MS);
        (void)rd_kafka_poll(client->rk, 0);
        hr_status status = event ? HR_OK : hr_kafka_check(client, err);
        if (status != HR_OK)
            return status;
        if (!event)
            continue;
        if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            status = hr_kafka_fail(client, err, rd_kafka_event_error(event), "%s", doing);
            rd_kafka_event_destroy(event);
            return status;
        }
        *out = event;
        return HR_OK;
    }
    return hr_kafka_fail(client, err, RD_KAFKA_RESP_ERR__TIMED_OUT, "%s", doing);
}

static void find_setting(const rd_kafka_ConfigResource_t *resource, const char *name, char out[64])
{
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (!strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) && value)
            (void)snprintf(out, 64, "%s", value);
    }
}

hr_status hr_kafka_topic_setting(hr_kafka_client *client, const char *topic, const char *name, char out[64],
                                 hr_error *err)
{
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->rk);
    rd_kafka_event_t *event = NULL;
    size_t count = 0;
    out[0] = '\0';
    rd_kafka_DescribeConfigs(client->rk, &resource, 1, NULL, queue);
    hr_status status = wait_event(client, queue, &event, "asking for the settings of a topic", err);
    if (status == HR_OK) {
        const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
        const rd_kafka_ConfigResource_t **list = rd_kafka_DescribeConfigs_result_resources(result, &count);
        if (count == 1 && rd_kafka_ConfigResource_error(list[0]) == RD_KAFKA_RESP_ERR_NO_ERROR)
            find_setting(list[0], name, out);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
    return status;
}

static hr_status create(hr_kafka_sink_state *sink, hr_error *err)
{
    char why[256] = "";
    rd_kafka_event_t *event = NULL;
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(sink->checkpoint, 1, -1, why, sizeof why);
    if (!topic)
        return hr_fail(err, HR_E_INVALID, "the checkpoint topic \"%s\" cannot be made: %s", sink->checkpoint, why);
    /* Small segments, for the last one is never compacted, and all of it is read at the start. */
    (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
    (void)rd_kafka_NewTopic_set_config(topic, "segment.bytes", "16777216");
    (void)rd_kafka_NewTopic_set_config(topic, "min.cleanable.dirty.ratio", "0.1");
    rd_kafka_queue_t *queue = rd_kafka_queue_new(sink->client->rk);
    rd_kafka_CreateTopics(sink->client->rk, &topic, 1, NULL, queue);
    hr_status status = wait_event(sink->client, queue, &event, "making the checkpoint topic", err);
    if (status == HR_OK) {
        size_t count = 0;
        const rd_kafka_topic_result_t **list =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
        rd_kafka_resp_err_t code = count == 1 ? rd_kafka_topic_result_error(list[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            status = hr_kafka_fail(sink->client, err, code,
                                   "making the topic \"%s\", which keeps the positions of sources (one partition, "
                                   "cleanup.policy=compact; somebody else may make it, and option checkpoint names "
                                   "another)",
                                   sink->checkpoint);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    return status;
}

hr_status hr_kafka_checkpoint_ensure(hr_kafka_sink_state *sink, hr_error *err)
{
    int32_t *leaders = NULL;
    size_t count = 0;
    char policy[64];
    hr_error missing;
    hr_status status = hr_kafka_topic_leaders(sink->client, sink->checkpoint, &leaders, &count, &missing);
    if (status == HR_E_NOT_FOUND) {
        status = create(sink, err);
        for (int tries = 0; status == HR_OK && !count && tries < 50; tries++)
            if (hr_kafka_topic_leaders(sink->client, sink->checkpoint, &leaders, &count, &missing) != HR_OK)
                (void)rd_kafka_poll(sink->client->rk, HR_KAFKA_WAIT_MS);
    }
    hr_free(leaders);
    if (status != HR_OK || !count) {
        if (err && (status == missing.status || !count))
            *err = missing;
        return status == HR_OK ? missing.status : status;
    }
    if (count != 1)
        return hr_fail(err, HR_E_INVALID, "the checkpoint topic \"%s\" has %zu partitions, where it needs exactly one",
                       sink->checkpoint, count);
    status = hr_kafka_topic_setting(sink->client, sink->checkpoint, "cleanup.policy", policy, err);
    if (status == HR_OK && policy[0] && strcmp(policy, "compact") != 0)
        return hr_fail(
            err, HR_E_INVALID,
            "the checkpoint topic \"%s\" has cleanup.policy=%s, and would forget positions: it must be compact",
            sink->checkpoint, policy);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

hr_kafka_stand *hr_kafka_stand_find(const hr_kafka_sink_state *sink, const char *name)
{
    for (size_t i = 0; i < sink->stand_count; i++)
        if (!strcmp(sink->stands[i].name, name))
            return &sink->stands[i];
    return NULL;
}

hr_status hr_kafka_stand_set(hr_kafka_sink_state *sink, const char *name, const char *at, hr_error *err)
{
    hr_kafka_stand *stand = hr_kafka_stand_find(sink, name);
    char *copy = hr_strdup(at);
    if (copy && !stand) {
        hr_kafka_stand *stands = hr_realloc(sink->stands, (sink->stand_count + 1) * sizeof *stands);
        char *own = stands ? hr_strdup(name) : NULL;
        if (stands)
            sink->stands = stands;
        if (own) {
            stand = &stands[sink->stand_count++];
            *stand = (hr_kafka_stand){.name = own};
        }
    }
    if (!copy || !stand) {
        hr_free(copy);
        return hr_fail_memory(err, "reading the checkpoint topic");
    }
    hr_free(stand->at);
    stand->at = copy;
    return HR_OK;
}

/* A header as text; false: there is none. */
static bool header_text(const rd_kafka_message_t *message, const char *name, char *out, size_t capacity)
{
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t size = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR || !value ||
        size >= capacity)
        return false;
    memcpy(out, value, size);
    out[size] = '\0';
    return true;
}

static hr_status take_record(hr_kafka_sink_state *sink, const rd_kafka_message_t *message, const char *head_key,
                             bool stands, hr_kafka_head *head, hr_error *err)
{
    char text[HR_POSITION_MAX], name[HR_PART_NAME_MAX];
    size_t size = strlen(head_key);
    const char *key = message->key;
    if (!key || message->key_len < size || memcmp(key, head_key, size - 1) != 0)
        return HR_OK;
    if (message->key_len == size && key[size - 1] == ']') {
        *head = (hr_kafka_head){.found = header_text(message, "commit", head->token, sizeof head->token)};
        (void)header_text(message, "commit", head->token, sizeof head->token);
        (void)header_text(message, "ledger", head->ledger, sizeof head->ledger);
        if (header_text(message, "generation", text, sizeof text))
            head->generation = strtoull(text, NULL, 10);
        return HR_OK;
    }
    if (!stands || key[size - 1] != ',' || !header_text(message, "part", name, sizeof name) ||
        !header_text(message, "position", text, sizeof text))
        return HR_OK;
    return hr_kafka_stand_set(sink, name, text, err);
}

/* What a read of the topic is for: positions, or whether there are records of ours at all. */
typedef struct reading {
    const char *head_key;
    hr_kafka_head *head; /* NULL: only *ours is wanted */
    bool stands, ours;
} reading;

static bool is_ours(const rd_kafka_message_t *message, const char *head_key)
{
    size_t size = strlen(head_key);
    return message->key && message->key_len >= size && !memcmp(message->key, head_key, size - 1);
}

static hr_status read_range(hr_kafka_sink_state *sink, hr_kafka_client *reader, int64_t from, int64_t end,
                            reading *wanted, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, sink->checkpoint, 0)->offset = from;
    (void)rd_kafka_assign(reader->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    hr_status status = HR_OK;
    for (bool more = end > 0 && from < end; more;) {
        status = hr_kafka_check(reader, err);
        rd_kafka_message_t *message = status == HR_OK ? rd_kafka_consumer_poll(reader->rk, HR_KAFKA_WAIT_MS) : NULL;
        if (message && message->err && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
            status = hr_kafka_fail(reader, err, message->err, "reading the checkpoint topic \"%s\"", sink->checkpoint);
        else if (message && !message->err && !wanted->head)
            wanted->ours |= is_ours(message, wanted->head_key);
        else if (message && !message->err)
            status = take_record(sink, message, wanted->head_key, wanted->stands, wanted->head, err);
        more = status == HR_OK && !(message && message->offset >= (message->err ? end : end - 1));
        if (message)
            rd_kafka_message_destroy(message);
    }
    return status;
}

static hr_status ask_end(hr_kafka_sink_state *sink, hr_kafka_client *reader, int64_t *end, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, sink->checkpoint, 0);
    hr_status status = hr_kafka_offsets(reader, list, RD_KAFKA_OFFSET_END, err);
    *end = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static hr_status start_reader(hr_kafka_sink_state *sink, const char *isolation, hr_kafka_client **out, hr_error *err)
{
    /* It joins no group, but cannot be made without one. */
    const hr_kafka_setting fixed[] = {
        {"group.id", "headrace-checkpoint"}, {"enable.auto.commit", "false"},        {"auto.offset.reset", "error"},
        {"isolation.level", isolation},      {"enable.partition.eof", "true"},       {"fetch.wait.max.ms", "10"},
        {"fetch.error.backoff.ms", "10"},    {"queued.max.messages.kbytes", "8192"}, {NULL, NULL}};
    rd_kafka_conf_t *conf;
    hr_kafka_address plain = sink->address; /* the settings of the address are the producer's */
    plain.settings = 0;
    hr_status status = hr_kafka_configure(&plain, sink->options, fixed, &conf, err);
    return status == HR_OK
               ? hr_kafka_client_new(RD_KAFKA_CONSUMER, conf, &sink->address, NULL, &sink->interrupted, out, err)
               : status;
}

/* Nobody is shown what was committed behind the beginning of a transaction that is still open, also when that is
 * another feed's whose process is gone. When something of ours is there, *end is worth waiting for: without it a
 * commit that was made would look like one that never was, and its rows would be sent again. */
static hr_status stable_end(hr_kafka_sink_state *sink, hr_kafka_client *reader, const char *head_key, int64_t *end,
                            hr_error *err)
{
    hr_kafka_client *whole = NULL;
    reading any = {.head_key = head_key};
    int64_t last = 0, until = hr_clock_steady_ns() + (int64_t)OPEN_MS * 1000000;
    hr_status status = start_reader(sink, "read_uncommitted", &whole, err);
    if (status == HR_OK)
        status = ask_end(sink, whole, &last, err);
    if (status == HR_OK)
        status = ask_end(sink, reader, end, err);
    if (status == HR_OK && *end < last)
        status = read_range(sink, whole, *end, last, &any, err);
    while (status == HR_OK && any.ours && *end < last) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(whole->rk, HR_KAFKA_WAIT_MS);
        if (message)
            rd_kafka_message_destroy(message);
        if (hr_clock_steady_ns() >= until) {
            status = hr_fail(err, HR_E_IO,
                             "a transaction of another feed is open on the checkpoint topic \"%s\", and hides what was "
                             "committed since: run that feed again, which ends it, or wait for its transaction-timeout",
                             sink->checkpoint);
            if (err)
                err->retryable = true;
        } else {
            status = ask_end(sink, reader, end, err);
        }
    }
    hr_kafka_client_close(whole);
    return status;
}

hr_status hr_kafka_checkpoint_read(hr_kafka_sink_state *sink, const char *head_key, bool stands, hr_kafka_head *head,
                                   hr_error *err)
{
    hr_kafka_client *reader = NULL;
    reading wanted = {.head_key = head_key, .head = head, .stands = stands};
    int64_t end = 0;
    *head = (hr_kafka_head){0};
    hr_status status = start_reader(sink, "read_committed", &reader, err);
    if (status == HR_OK)
        status = stable_end(sink, reader, head_key, &end, err);
    if (status == HR_OK)
        status = read_range(sink, reader, RD_KAFKA_OFFSET_BEGINNING, end, &wanted, err);
    hr_kafka_client_close(reader);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* What people see: {"part":...,"position":...,"ledger":...,"generation":...,"job":...} */
static bool make_value(const hr_kafka_sink_state *sink, const hr_part *part, const char *generation, hr_buffer *out)
{
    const hr_sink_plan *plan = &sink->plan;
    bool ok = hr_buffer_text(out, "{");
    if (part)
        ok = ok && hr_buffer_text(out, "\"part\":") && hr_buffer_json(out, part->name, strlen(part->name)) &&
             hr_buffer_text(out, ",\"position\":") && hr_buffer_json(out, part->at, strlen(part->at)) &&
             hr_buffer_text(out, ",");
    return ok && hr_buffer_text(out, "\"ledger\":") && hr_buffer_json(out, plan->ledger, strlen(plan->ledger)) &&
           hr_buffer_printf(out, ",\"generation\":%s,\"job\":", generation) &&
           hr_buffer_json(out, plan->job, strlen(plan->job)) && hr_buffer_text(out, "}");
}

static hr_status send_record(hr_kafka_sink_state *sink, const hr_part *part, hr_error *err)
{
    char generation[24];
    hr_buffer key = {0}, value = {0};
    rd_kafka_headers_t *headers = rd_kafka_headers_new(5);
    (void)snprintf(generation, sizeof generation, "%" PRIu64, sink->plan.generation);
    bool ok = headers && hr_buffer_text(&key, sink->key_begin) &&
              (!part || (hr_buffer_text(&key, ",") && hr_buffer_json(&key, part->name, strlen(part->name)))) &&
              hr_buffer_text(&key, "]") && make_value(sink, part, generation, &value) &&
              hr_kafka_header_add(headers, "commit", sink->token) &&
              hr_kafka_header_add(headers, "ledger", sink->plan.ledger) &&
              hr_kafka_header_add(headers, "generation", generation) &&
              (!part || (hr_kafka_header_add(headers, "part", part->name) &&
                         hr_kafka_header_add(headers, "position", part->at)));
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__QUEUE_FULL;
    hr_status status = ok ? HR_OK : hr_fail_memory(err, "writing a checkpoint");
    while (status == HR_OK && code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        code = hr_kafka_produce(sink->client->rk, sink->checkpoint, 0, (hr_kafka_bytes){key.data, key.size},
                                (hr_kafka_bytes){value.data, value.size}, headers);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            (void)rd_kafka_poll(sink->client->rk, HR_KAFKA_WAIT_MS);
            status = hr_kafka_check(sink->client, err);
        }
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && headers)
        rd_kafka_headers_destroy(headers);
    if (status == HR_OK && code != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = hr_kafka_sink_fail(sink, err, code, "writing a checkpoint");
    hr_buffer_free(&key);
    hr_buffer_free(&value);
    return status;
}

hr_status hr_kafka_checkpoint_send(hr_kafka_sink_state *sink, const hr_part *parts, size_t count, hr_error *err)
{
    hr_status status = HR_OK;
    for (size_t i = 0; i < count && status == HR_OK; i++)
        status = send_record(sink, &parts[i], err);
    return status == HR_OK ? send_record(sink, NULL, err) : status;
}
