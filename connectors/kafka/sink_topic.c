/* sink_topic.c: the topic that keeps positions is made and looked at; settings of topics. */
#include <stdio.h>

#include "connectors/kafka/sink.h"

/* An open transaction hides what other feeds commit to the same partition. */
#define PARTITIONS 16

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
    if (status == HR_E_UNSUPPORTED) /* brokers before 0.11 */
        status = HR_OK;
    if (status == HR_OK && event) {
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
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(sink->checkpoint, PARTITIONS, -1, why, sizeof why);
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
                                   "making the topic \"%s\", which keeps the positions of sources ("
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
    status = hr_kafka_topic_setting(sink->client, sink->checkpoint, "cleanup.policy", policy, err);
    if (status == HR_OK && policy[0] && strcmp(policy, "compact") != 0)
        return hr_fail(
            err, HR_E_INVALID,
            "the checkpoint topic \"%s\" has cleanup.policy=%s, and would forget positions: it must be compact",
            sink->checkpoint, policy);
    return status;
}
