/* source_end.c: the ends of partitions: how far behind them the source is, and whether until=end is reached. */
#include <inttypes.h>
#include <stdio.h>

#include "connectors/kafka/source.h"

#define LOOK_NS ((int64_t)500 * 1000000)   /* between looks at what others have read */
#define REST_NS ((int64_t)30 * 1000000000) /* how long they may read nothing */

/* ---- lag --------------------------------------------------------------------------------------------------------- */

bool hr_kafka_lag(const hr_kafka_source_state *source, size_t partition, int64_t next, uint64_t *lag)
{
    int64_t low = -1, high = -1;
    if (next < 0 || rd_kafka_get_watermark_offsets(source->client->rk, source->address.topic, (int32_t)partition, &low,
                                                   &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    if (high < next) /* not heard of since */
        return false;
    *lag = (uint64_t)(high - next);
    return true;
}

hr_status hr_kafka_tell_lag(hr_kafka_source_state *source, hr_error *err)
{
    hr_buffer detail = {0};
    const hr_source_plan *plan = source->plan;
    bool first = true;
    if (!plan->tell)
        return HR_OK;
    bool ok = hr_buffer_printf(&detail,
                               "{\"topic\":\"%s\",\"messages\":%" PRIu64 ",\"tombstones\":%" PRIu64
                               ",\"empty\":%" PRIu64 ",\"lag\":{",
                               source->address.topic, source->messages, source->tombstones, source->empty);
    for (size_t i = 0; i < source->part_count && ok; i++) {
        const hr_kafka_part *part = &source->parts[i];
        uint64_t lag;
        if (!part->assigned || !hr_kafka_lag(source, i, part->next, &lag))
            continue;
        ok = hr_buffer_printf(&detail, "%s\"%zu\":%" PRIu64, first ? "" : ",", i, lag);
        first = false;
    }
    ok = ok && hr_buffer_add(&detail, "}}", 3);
    hr_status status = ok ? plan->tell(plan->runner, "SourceLag", (const char *)detail.data, err)
                          : hr_fail_memory(err, "telling the lag");
    hr_buffer_free(&detail);
    return status;
}

/* ---- until=end --------------------------------------------------------------------------------------------------- */

hr_status hr_kafka_find_ends(hr_kafka_source_state *source, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)source->leader_count);
    rd_kafka_topic_partition_list_add_range(list, source->address.topic, 0, (int32_t)source->leader_count - 1);
    hr_status status = hr_kafka_offsets(source->client, list, RD_KAFKA_OFFSET_END, err);
    for (int i = 0; i < list->cnt && status == HR_OK; i++)
        source->parts[list->elems[i].partition].end = list->elems[i].offset;
    if (status == HR_OK)
        status = hr_kafka_offsets(source->client, list, RD_KAFKA_OFFSET_BEGINNING, err);
    for (int i = 0; i < list->cnt && status == HR_OK; i++)
        if (list->elems[i].offset >= source->parts[list->elems[i].partition].end) /* there is nothing in it */
            source->parts[list->elems[i].partition].end = 0;
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

/* What members of this feed have not read yet of the partitions that others hold: the group's offsets say it, if they
 * are ours. *read grows as they read on. */
static hr_status ask_others(hr_kafka_source_state *source, rd_kafka_topic_partition_list_t *list, size_t *open,
                            uint64_t *read, hr_error *err)
{
    hr_status status = hr_kafka_committed(source, list, err);
    *open = 0;
    *read = 0;
    for (int i = 0; i < list->cnt && status == HR_OK; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        bool ours = one->offset >= 0 && hr_kafka_is_ours(source, one);
        *read += ours ? (uint64_t)one->offset : 0;
        if (!ours || one->offset < source->parts[one->partition].end)
            ++*open;
    }
    return status;
}

static hr_status tell_held(hr_kafka_source_state *source, size_t open, hr_error *err)
{
    char detail[HR_KAFKA_TOPIC_MAX + 64];
    source->others_told = true;
    (void)snprintf(detail, sizeof detail, "{\"topic\":\"%s\",\"partitions\":%zu}", source->address.topic, open);
    hr_status status =
        source->plan->tell ? source->plan->tell(source->plan->runner, "WaitingForMembers", detail, err) : HR_OK;
    return status == HR_OK ? HR_AGAIN : status;
}

static hr_status fail_held(const hr_kafka_source_state *source, size_t open, hr_error *err)
{
    return hr_fail(
        err, HR_E_BUSY,
        "%zu of the partitions of %s are held by other members of the group \"%s\", and this feed reads nothing "
        "of them: what they held when this began is not all read; give a group of its own, or run it again when "
        "the others are gone",
        open, source->address.topic, source->group);
}

/* All that we hold is read. Partitions that others hold come to us when those are gone, unless they are of this feed
 * and read them to their ends. */
static hr_status await_others(hr_kafka_source_state *source, hr_error *err)
{
    int64_t now = hr_clock_steady_ns();
    size_t open = 0;
    uint64_t read = 0;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    for (size_t i = 0; i < source->part_count; i++)
        if (!source->parts[i].assigned && source->parts[i].end > 0)
            rd_kafka_topic_partition_list_add(list, source->address.topic, (int32_t)i);
    hr_status status = HR_OK;
    bool look = list->cnt && now - source->others_ns >= LOOK_NS;
    if (look)
        status = ask_others(source, list, &open, &read, err);
    bool none = !list->cnt || (look && !open);
    rd_kafka_topic_partition_list_destroy(list);
    if (status != HR_OK || none)
        return status == HR_OK ? HR_END : status;
    if (!look)
        return HR_AGAIN;
    source->others_ns = now;
    if (read != source->others_read || !source->others_since_ns) {
        source->others_read = read;
        source->others_since_ns = now;
    }
    if (now - source->others_since_ns > REST_NS)
        return fail_held(source, open, err);
    return source->others_told ? HR_AGAIN : tell_held(source, open, err);
}

hr_status hr_kafka_ended(hr_kafka_source_state *source, hr_error *err)
{
    if (!source->until_end || !source->started || source->rebalance_count)
        return HR_AGAIN;
    for (size_t i = 0; i < source->part_count; i++)
        if (source->parts[i].assigned && !source->parts[i].done) {
            source->others_since_ns = 0;
            return HR_AGAIN;
        }
    return await_others(source, err);
}
