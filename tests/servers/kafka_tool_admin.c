/* kafka_tool_admin.c: topics, deleted records and committed offsets, for tests. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/servers/kafka_tool.h"

#define PATIENCE_MS 20000

static void pause_ms(unsigned ms)
{
    usleep(ms * 1000);
}

/* Waits for the answer to a request; its event belongs to the caller. */
static rd_kafka_event_t *answer(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, PATIENCE_MS);
    if (!event)
        hr_tool_fail("the broker did not answer");
    if (rd_kafka_event_error(event))
        hr_tool_fail("%s", rd_kafka_event_error_string(event));
    return event;
}

static rd_kafka_resp_err_t create_once(rd_kafka_t *client, const char *topic, int partitions, int count, char **words)
{
    char text[512], name[256];
    rd_kafka_NewTopic_t *request = rd_kafka_NewTopic_new(topic, partitions, 1, text, sizeof text);
    if (!request)
        hr_tool_fail("%s", text);
    for (int i = 0; i < count; i++) {
        size_t size = strcspn(words[i], "=");
        if (!words[i][size] || size >= sizeof name)
            hr_tool_fail("settings of a topic are NAME=VALUE");
        memcpy(name, words[i], size);
        name[size] = '\0';
        rd_kafka_NewTopic_set_config(request, name, words[i] + size + 1);
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_CreateTopics(client, &request, 1, NULL, queue);
    rd_kafka_event_t *event = answer(queue);
    size_t results;
    const rd_kafka_topic_result_t *const *list =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &results);
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(list[0]);
    if (code && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        hr_tool_fail("creating topic %s: %s", topic, rd_kafka_topic_result_error_string(list[0]));
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(request);
    return code;
}

int hr_tool_create(const tool_options *options, int count, char **words)
{
    rd_kafka_t *client = hr_tool_client(options, RD_KAFKA_PRODUCER, NULL, NULL, NULL);
    int partitions = count > 1 ? (int)hr_tool_number(words[1]) : 1;
    int settings = count > 2 ? count - 2 : 0;
    rd_kafka_resp_err_t code = create_once(client, words[0], partitions, settings, words + 2);
    if (code)
        hr_tool_fail("creating topic %s: %s", words[0], rd_kafka_err2str(code));
    for (int waited = 0; hr_tool_partitions(options, client, words[0]) != partitions; waited += 20, pause_ms(20))
        if (waited > PATIENCE_MS)
            hr_tool_fail("topic %s has no leaders", words[0]);
    rd_kafka_destroy(client);
    return 0;
}

int hr_tool_grow(const tool_options *options, int count, char **words)
{
    char text[512];
    (void)count;
    rd_kafka_t *client = hr_tool_client(options, RD_KAFKA_PRODUCER, NULL, NULL, NULL);
    int partitions = (int)hr_tool_number(words[1]);
    rd_kafka_NewPartitions_t *request = rd_kafka_NewPartitions_new(words[0], (size_t)partitions, text, sizeof text);
    if (!request)
        hr_tool_fail("%s", text);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_CreatePartitions(client, &request, 1, NULL, queue);
    rd_kafka_event_t *event = answer(queue);
    size_t results;
    const rd_kafka_topic_result_t *const *list =
        rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &results);
    if (rd_kafka_topic_result_error(list[0]))
        hr_tool_fail("adding partitions to %s: %s", words[0], rd_kafka_topic_result_error_string(list[0]));
    for (int waited = 0; hr_tool_partitions(options, client, words[0]) != partitions; waited += 20, pause_ms(20))
        if (waited > PATIENCE_MS)
            hr_tool_fail("topic %s has no leaders", words[0]);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewPartitions_destroy(request);
    rd_kafka_destroy(client);
    return 0;
}

int hr_tool_delete(const tool_options *options, int count, char **words)
{
    (void)count;
    rd_kafka_t *client = hr_tool_client(options, RD_KAFKA_PRODUCER, NULL, NULL, NULL);
    rd_kafka_DeleteTopic_t *request = rd_kafka_DeleteTopic_new(words[0]);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_DeleteTopics(client, &request, 1, NULL, queue);
    rd_kafka_event_t *event = answer(queue);
    size_t results;
    const rd_kafka_topic_result_t *const *list =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &results);
    if (rd_kafka_topic_result_error(list[0]))
        hr_tool_fail("deleting topic %s: %s", words[0], rd_kafka_topic_result_error_string(list[0]));
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteTopic_destroy(request);
    for (int waited = 0; hr_tool_partitions(options, client, words[0]); waited += 20, pause_ms(20))
        if (waited > PATIENCE_MS)
            hr_tool_fail("topic %s does not go away", words[0]);
    rd_kafka_destroy(client);
    return 0;
}

int hr_tool_delete_records(const tool_options *options, int count, char **words)
{
    (void)count;
    rd_kafka_t *client = hr_tool_client(options, RD_KAFKA_PRODUCER, NULL, NULL, NULL);
    rd_kafka_topic_partition_list_t *before = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(before, words[0], (int32_t)hr_tool_number(words[1]))->offset =
        hr_tool_number(words[2]);
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(before);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_DeleteRecords(client, &request, 1, NULL, queue);
    rd_kafka_event_t *event = answer(queue);
    const rd_kafka_topic_partition_list_t *result =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
    if (result->cnt != 1 || result->elems[0].err)
        hr_tool_fail("deleting records of %s: %s", words[0],
                     result->cnt ? rd_kafka_err2str(result->elems[0].err) : "no answer");
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(before);
    rd_kafka_destroy(client);
    return 0;
}

int hr_tool_watermarks(const tool_options *options, int count, char **words)
{
    (void)count;
    rd_kafka_t *client = hr_tool_client(options, RD_KAFKA_PRODUCER, NULL, NULL, NULL);
    int partitions = hr_tool_partitions(options, client, words[0]);
    if (!partitions)
        hr_tool_fail("there is no topic %s", words[0]);
    for (int32_t i = 0; i < partitions; i++) {
        int64_t low, high;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(client, words[0], i, &low, &high, PATIENCE_MS);
        if (code)
            hr_tool_fail("%s", rd_kafka_err2str(code));
        printf("%d\t%lld\t%lld\n", i, (long long)low, (long long)high);
    }
    rd_kafka_destroy(client);
    return 0;
}

static rd_kafka_t *group_client(const tool_options *options, const char *group)
{
    const char *more[] = {"group.id", group, "enable.auto.commit", "false", NULL};
    return hr_tool_client(options, RD_KAFKA_CONSUMER, more, NULL, NULL);
}

int hr_tool_offsets(const tool_options *options, int count, char **words)
{
    (void)count;
    rd_kafka_t *client = group_client(options, words[0]);
    int partitions = hr_tool_partitions(options, client, words[1]);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, words[1], i);
    rd_kafka_resp_err_t code = rd_kafka_committed(client, list, PATIENCE_MS);
    if (code)
        hr_tool_fail("asking for offsets of group %s: %s", words[0], rd_kafka_err2str(code));
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *each = &list->elems[i];
        if (each->offset < 0)
            printf("%d\t-\t\n", each->partition);
        else
            printf("%d\t%lld\t%.*s\n", each->partition, (long long)each->offset, (int)each->metadata_size,
                   each->metadata ? (const char *)each->metadata : "");
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(client);
    return 0;
}

int hr_tool_commit(const tool_options *options, int count, char **words)
{
    rd_kafka_t *client = group_client(options, words[0]);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *one =
        rd_kafka_topic_partition_list_add(list, words[1], (int32_t)hr_tool_number(words[2]));
    one->offset = hr_tool_number(words[3]);
    if (count > 4) {
        one->metadata = strdup(words[4]); /* freed with the list */
        one->metadata_size = strlen(words[4]);
    }
    rd_kafka_resp_err_t code = rd_kafka_commit(client, list, 0);
    if (code)
        hr_tool_fail("committing for group %s: %s", words[0], rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(client);
    return 0;
}
