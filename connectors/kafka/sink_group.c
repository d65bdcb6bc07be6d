/* sink_group.c: the offsets of the group that rows were read by, moved in the transaction that lands them. */
#include <stdio.h>
#include <stdlib.h>

#include "connectors/kafka/position.h"
#include "connectors/kafka/sink.h"

#define MOVE_MS 30000

/* A copy of a cluster has its id, and a group of that name perhaps, but not the member that we are. Where nobody may
 * ask, it is taken to know us. */
static bool knows_group(const hr_kafka_sink_state *sink, const hr_kafka_origin *origin)
{
    const struct rd_kafka_group_list *list = NULL;
    rd_kafka_resp_err_t code = rd_kafka_list_groups(sink->client->rk, origin->group_name, &list, HR_KAFKA_REQUEST_MS);
    bool told = code == RD_KAFKA_RESP_ERR_NO_ERROR && (!list->group_cnt || !list->groups[0].err);
    bool known = !told || (list->group_cnt && list->groups[0].member_cnt);
    if (list)
        rd_kafka_group_list_destroy(list);
    return known;
}

/* Whether it is the cluster that is written to. Where that cannot be found out, the source moves its offsets itself. */
static bool is_near(hr_kafka_sink_state *sink, const hr_kafka_origin *origin)
{
    if (sink->cluster)
        return sink->near;
    sink->cluster = rd_kafka_clusterid(sink->client->rk, HR_KAFKA_REQUEST_MS);
    sink->near = sink->cluster && !strcmp(sink->cluster, origin->cluster) && knows_group(sink, origin);
    return sink->near;
}

static hr_status list_offsets(const hr_kafka_origin *origin, const hr_checkpoint *checkpoint,
                              rd_kafka_topic_partition_list_t *list, hr_error *err)
{
    for (size_t i = 0; i < checkpoint->count; i++) {
        hr_kafka_position at;
        char *end;
        unsigned long number = strtoul(checkpoint->after[i].name, &end, 10);
        if (*end || number > INT32_MAX || !hr_kafka_position_parse(checkpoint->after[i].at, &at) || at.offset < 0)
            continue;
        rd_kafka_topic_partition_t *one = rd_kafka_topic_partition_list_add(list, origin->topic, (int32_t)number);
        one->offset = at.offset;
        one->metadata = hr_strdup(origin->owner); /* librdkafka frees it */
        one->metadata_size = one->metadata ? strlen(origin->owner) : 0;
        if (!one->metadata)
            return hr_fail_memory(err, "committing offsets");
    }
    return HR_OK;
}

static hr_status fail_move(const hr_kafka_sink_state *sink, const hr_kafka_origin *origin, rd_kafka_error_t *error,
                           hr_error *err)
{
    char doing[400];
    hr_status status;
    if (rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
        status =
            hr_fail(err, HR_E_PERMISSION,
                    "the user of the destination may not move the offsets of the group \"%s\": give it the right to "
                    "read the group, or say group-offsets=apart",
                    origin->group_name);
        rd_kafka_error_destroy(error);
        return status;
    }
    (void)snprintf(doing, sizeof doing,
                   "moving the offsets of the group \"%.200s\" with the rows (group-offsets=apart does so after them)",
                   origin->group_name);
    return hr_kafka_sink_fail_error(sink, err, error, doing);
}

static hr_status move(hr_kafka_sink_state *sink, const hr_kafka_origin *origin,
                      const rd_kafka_topic_partition_list_t *list, hr_error *err)
{
    int64_t until = hr_clock_steady_ns() + (int64_t)MOVE_MS * 1000000;
    for (;;) {
        rd_kafka_error_t *error = rd_kafka_send_offsets_to_transaction(sink->client->rk, list, origin->group, 2000);
        if (!error)
            return HR_OK;
        hr_status status = hr_kafka_check(sink->client, err);
        if (status == HR_OK && rd_kafka_error_is_retriable(error) && hr_clock_steady_ns() < until) {
            rd_kafka_error_destroy(error);
            continue;
        }
        if (status == HR_OK)
            return fail_move(sink, origin, error, err);
        rd_kafka_error_destroy(error);
        return status;
    }
}

hr_status hr_kafka_group_move(hr_kafka_sink_state *sink, const hr_checkpoint *checkpoint, hr_error *err)
{
    hr_origin *told = checkpoint->origin;
    if (!told || strcmp(told->scheme, "kafka") != 0)
        return HR_OK;
    const hr_kafka_origin *origin = told->data;
    bool same = !strcmp(origin->topic, sink->address.topic);
    if ((!sink->moves_group && !same) || !is_near(sink, origin))
        return HR_OK;
    if (same) /* by another address: what the URIs say is compared before */
        return hr_fail(err, HR_E_INVALID,
                       "\"%s\" is the topic that is read, too: what lands would be read again, for ever",
                       origin->topic);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)checkpoint->count);
    hr_status status = list_offsets(origin, checkpoint, list, err);
    if (status == HR_OK && list->cnt)
        status = move(sink, origin, list, err);
    told->moved = status == HR_OK && list->cnt;
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}
