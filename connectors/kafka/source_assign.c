/* source_assign.c: partitions come and go: where to begin in those that come, and letting go of those that leave. */
#include <inttypes.h>
#include <stdio.h>

#include "connectors/kafka/source.h"

/* ---- what librdkafka asks for ------------------------------------------------------------------------------------ */

/* librdkafka waits for rd_kafka_assign, from wherever it is called; it has no other answer to give meanwhile. A later
 * rebalance may come before the answer, when metadata changed, so they are kept in order. */
void hr_kafka_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                           void *opaque)
{
    const hr_kafka_client *client = opaque;
    hr_kafka_source_state *source = client->owner;
    bool assign = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    if (!source) { /* closing */
        (void)rd_kafka_assign(rk, NULL);
        return;
    }
    if (source->rebalance_count == HR_KAFKA_REBALANCES) {
        source->rebalance_overflow = true;
        return;
    }
    source->rebalances[source->rebalance_count++] = (hr_kafka_rebalance){
        assign ? rd_kafka_topic_partition_list_copy(list) : NULL, !assign && rd_kafka_assignment_lost(rk)};
    rd_kafka_yield(rk);
}

void hr_kafka_rebalance_forget(hr_kafka_source_state *source)
{
    for (size_t i = 0; i < source->rebalance_count; i++)
        if (source->rebalances[i].partitions)
            rd_kafka_topic_partition_list_destroy(source->rebalances[i].partitions);
    source->rebalance_count = 0;
}

/* Forgets what was known of the partition: `offset` comes next. */
static void begin_at(hr_kafka_part *part, int64_t offset)
{
    part->next = offset;
    part->marked = part->anchor = part->start = (hr_kafka_position){.offset = offset};
    part->proved = (hr_kafka_position){.offset = -1};
    part->begins = 0;
    part->look = part->skip_at = -1;
    part->skip = 0;
}

hr_status hr_kafka_parts_grow(hr_kafka_source_state *source, size_t count, hr_error *err)
{
    if (count <= source->part_count)
        return HR_OK;
    hr_kafka_part *parts = hr_realloc(source->parts, count * sizeof *parts);
    if (parts)
        source->parts = parts;
    hr_part *told = parts ? hr_realloc(source->told, count * sizeof *told) : NULL;
    if (!told)
        return hr_fail_memory(err, "keeping partitions");
    source->told = told;
    for (size_t i = source->part_count; i < count; i++) {
        /* A partition that was added after the topic was opened held nothing then. */
        parts[i] = (hr_kafka_part){
            .acked.offset = -1, .committed = -1, .end = source->until_end && i >= source->leader_count ? 0 : -1};
        begin_at(&parts[i], -1);
        (void)snprintf(parts[i].name, sizeof parts[i].name, "%" PRIu32, (uint32_t)i);
    }
    source->part_count = count;
    return HR_OK;
}

/* ---- where to begin ---------------------------------------------------------------------------------------------- */

/* The first start. A partition that was added to a topic that is read already is new, and so are all of its messages.
 */
static hr_status first_start(hr_kafka_source_state *source, int32_t partition, const hr_kafka_known *known,
                             int64_t *start, hr_error *err)
{
    const char *from = source->from;
    int64_t ms;
    bool added = source->begun || (size_t)partition >= source->leader_count;
    if (!source->plan->first || added || (from && !strcmp(from, "earliest"))) {
        *start = known->low;
        return HR_OK;
    }
    if (!from)
        return hr_fail(
            err, HR_E_INVALID,
            "%s was never read by this feed, and the group \"%s\" has no offsets of it: say where to begin, by "
            "option from (--from): earliest, latest, or a time such as 2026-11-22T08:00:00Z",
            source->address.topic, source->group);
    if (!strcmp(from, "latest")) {
        *start = known->high;
        return HR_OK;
    }
    if (!hr_kafka_time_parse(from, &ms))
        return hr_fail(err, HR_E_INVALID, "option from is earliest, latest, or a time such as 2026-11-22T08:00:00Z");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, source->address.topic, partition);
    hr_status status = hr_kafka_offsets(source->client, list, ms, err);
    if (status == HR_OK)
        *start = list->elems[0].offset < 0 ? known->high : list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

/* Sets part and *start, the offset to fetch from; RD_KAFKA_OFFSET_INVALID: the partition rests. */
static hr_status begin_part(hr_kafka_source_state *source, int32_t partition, const hr_kafka_known *known,
                            int64_t *start, hr_error *err)
{
    hr_kafka_part *part = &source->parts[partition];
    hr_kafka_loss loss;
    int64_t begin = hr_kafka_begin(known, &loss);
    hr_kafka_position standing = known->standing;
    hr_status status = HR_OK;
    part->done = false;
    if (loss != HR_KAFKA_LOSS_NONE) {
        status = hr_kafka_lost(source, partition, begin, known->low, known->high, loss, err);
        part->done = source->on_lost == HR_ON_LOST_PAUSE;
        begin = source->on_lost == HR_ON_LOST_LATEST ? known->high : known->low;
        standing.offset = -1;
    } else if (begin < 0) {
        status = first_start(source, partition, known, &begin, err);
    }
    if (status != HR_OK)
        return status;
    begin_at(part, begin);
    part->jumped = !part->done && part->acked.offset >= 0 && !hr_kafka_position_equal(&standing, &part->acked);
    *start = begin;
    if (standing.offset == begin) {
        part->marked = part->anchor = standing;
        part->begins = standing.begins;
        part->skip = standing.taken;
        part->skip_shape = standing.shape;
        part->skip_at = standing.taken ? begin : -1;
        if (standing.marked && hr_kafka_position_marked(&standing) >= known->low) {
            *start = part->look = hr_kafka_position_marked(&standing);
            part->look_mark = standing.mark;
        }
    }
    if (part->done) { /* paused: it stays where it was */
        part->marked = part->start = part->acked;
        *start = RD_KAFKA_OFFSET_INVALID;
    }
    part->done = part->done || (part->end >= 0 && begin >= part->end);
    return HR_OK;
}

/* What is known of all partitions of the list: three requests. */
static hr_status gather(hr_kafka_source_state *source, const rd_kafka_topic_partition_list_t *list,
                        hr_kafka_known *known, hr_error *err)
{
    rd_kafka_topic_partition_list_t *copy = rd_kafka_topic_partition_list_copy(list);
    char at[HR_POSITION_MAX];
    hr_status status = hr_kafka_committed(source, copy, err);
    for (int i = 0; i < copy->cnt && status == HR_OK; i++) {
        hr_kafka_part *part = &source->parts[copy->elems[i].partition];
        known[i] = (hr_kafka_known){.committed = copy->elems[i].offset >= 0 ? copy->elems[i].offset : -1};
        part->committed = hr_kafka_is_ours(source, &copy->elems[i]) ? known[i].committed : -1;
        known[i].told = part->committed >= 0 && copy->elems[i].metadata_size == strlen(source->owner);
        source->begun |= part->committed >= 0;
        at[0] = '\0';
        status = hr_kafka_check_owner(source, &copy->elems[i], err);
        if (status == HR_OK && source->plan->standing)
            status = source->plan->standing(source->plan->runner, part->name, at, err);
        if (status == HR_OK && !hr_kafka_position_parse(at, &part->acked))
            status = hr_fail(err, HR_E_CORRUPT, "\"%.100s\" is no position of a partition of Kafka", at);
        hr_kafka_claimed(source, &copy->elems[i], &part->acked, &known[i].standing);
    }
    if (status == HR_OK)
        status = hr_kafka_offsets(source->client, copy, RD_KAFKA_OFFSET_BEGINNING, err);
    for (int i = 0; i < copy->cnt && status == HR_OK; i++)
        known[i].low = copy->elems[i].offset;
    if (status == HR_OK)
        status = hr_kafka_offsets(source->client, copy, RD_KAFKA_OFFSET_END, err);
    for (int i = 0; i < copy->cnt && status == HR_OK; i++)
        known[i].high = copy->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(copy);
    return status;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void release_parts(hr_kafka_source_state *source)
{
    for (size_t i = 0; i < source->part_count; i++) {
        source->parts[i].assigned = false;
        source->parts[i].look = -1;
    }
}

static hr_status let_go(hr_kafka_source_state *source, bool lost, hr_error *err)
{
    if (!lost && !hr_kafka_is_acknowledged(source))
        return HR_FLUSH;
    hr_status status = lost ? HR_OK : hr_kafka_commit(source, false, err);
    (void)rd_kafka_assign(source->client->rk, NULL);
    release_parts(source);
    source->started = false;
    if (status != HR_OK || !lost)
        return status;
    status = hr_fail(err, HR_E_IO,
                     "the partitions of %s were given to others of the group \"%s\" before all of it was committed",
                     source->address.topic, source->group);
    if (err)
        err->retryable = true;
    return status;
}

static hr_status begin_parts(hr_kafka_source_state *source, rd_kafka_topic_partition_list_t *list,
                             hr_kafka_known *known, hr_error *err)
{
    rd_kafka_topic_partition_list_t *resting = rd_kafka_topic_partition_list_new(1);
    hr_status status = list->cnt ? gather(source, list, known, err) : HR_OK;
    for (int i = 0; i < list->cnt && status == HR_OK; i++) {
        rd_kafka_topic_partition_t *one = &list->elems[i];
        int64_t start = 0;
        status = hr_kafka_check_copy(source, one->partition, &known[i], err);
        if (status == HR_OK)
            status = begin_part(source, one->partition, &known[i], &start, err);
        one->offset = start == RD_KAFKA_OFFSET_INVALID ? known[i].high : start;
        if (start == RD_KAFKA_OFFSET_INVALID)
            rd_kafka_topic_partition_list_add(resting, one->topic, one->partition);
        source->parts[one->partition].assigned = status == HR_OK;
    }
    if (status == HR_OK)
        status = hr_kafka_mark_fronts(source, list, known, err);
    if (status == HR_OK) {
        rd_kafka_resp_err_t code = rd_kafka_assign(source->client->rk, list);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR && resting->cnt)
            code = rd_kafka_pause_partitions(source->client->rk, resting);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            status = hr_kafka_fail(source->client, err, code, "beginning to read %s", source->address.topic);
    }
    rd_kafka_topic_partition_list_destroy(resting);
    /* Before anything is read: a second ledger sees whose the partitions are, and a restart before the first commit
     * begins where `from` led to. */
    return status == HR_OK ? hr_kafka_commit(source, true, err) : status;
}

/* Reads the assigned partitions from their next messages on; what is queued is thrown away and fetched again. */
static hr_status assign_again(hr_kafka_source_state *source, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    for (size_t i = 0; i < source->part_count; i++)
        if (source->parts[i].assigned)
            rd_kafka_topic_partition_list_add(list, source->address.topic, (int32_t)i)->offset =
                source->parts[i].look >= 0 ? source->parts[i].look : source->parts[i].next;
    rd_kafka_resp_err_t code = rd_kafka_assign(source->client->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? HR_OK
               : hr_kafka_fail(source->client, err, code, "beginning to read %s", source->address.topic);
}

hr_status hr_kafka_recreated(hr_kafka_source_state *source, int32_t partition, hr_error *err)
{
    hr_kafka_part *part = &source->parts[partition];
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, source->address.topic, partition);
    int64_t low = -1, high = -1;
    hr_status status = hr_kafka_offsets(source->client, list, RD_KAFKA_OFFSET_BEGINNING, err);
    low = list->elems[0].offset;
    if (status == HR_OK)
        status = hr_kafka_offsets(source->client, list, RD_KAFKA_OFFSET_END, err);
    high = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (status == HR_OK)
        status = hr_kafka_lost(source, partition, part->next, low, high, HR_KAFKA_LOSS_RECREATED, err);
    if (status != HR_OK)
        return status;
    part->done = source->on_lost == HR_ON_LOST_PAUSE;
    part->skip_at = -1;
    if (part->done)
        return HR_OK;
    begin_at(part, source->on_lost == HR_ON_LOST_LATEST ? high : low);
    part->jumped = part->acked.offset >= 0;
    part->done = part->end >= 0 && part->next >= part->end;
    list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, source->address.topic, partition);
    status = hr_kafka_mark_fronts(source, list, &(hr_kafka_known){.low = low, .high = high}, err);
    rd_kafka_topic_partition_list_destroy(list);
    if (status == HR_OK)
        status = assign_again(source, err);
    return status == HR_OK ? hr_kafka_commit(source, true, err) : status;
}

static hr_status assign(hr_kafka_source_state *source, rd_kafka_topic_partition_list_t *list, hr_error *err)
{
    hr_status status = HR_OK;
    release_parts(source);
    for (int i = 0; i < list->cnt && status == HR_OK; i++)
        status = strcmp(list->elems[i].topic, source->address.topic) != 0
                     ? hr_fail(err, HR_E_BUSY, "the group \"%s\" was given partitions of another topic, \"%s\"",
                               source->group, list->elems[i].topic)
                     : hr_kafka_parts_grow(source, (size_t)list->elems[i].partition + 1, err);
    hr_kafka_known *known = hr_calloc((size_t)list->cnt + 1, sizeof *known);
    if (status == HR_OK && !known)
        status = hr_fail_memory(err, "reading partitions");
    if (status == HR_OK)
        status = begin_parts(source, list, known, err);
    source->started = status == HR_OK;
    hr_free(known);
    return status;
}

hr_status hr_kafka_rebalance_now(hr_kafka_source_state *source, hr_error *err)
{
    if (source->rebalance_overflow) {
        hr_status status =
            hr_fail(err, HR_E_IO, "the group \"%s\" changes faster than it can be followed", source->group);
        if (err)
            err->retryable = true;
        return status;
    }
    hr_kafka_rebalance *next = &source->rebalances[0];
    if (!next->partitions && !next->lost && !hr_kafka_is_acknowledged(source))
        return HR_FLUSH;
    hr_kafka_rebalance now = *next;
    memmove(next, next + 1, --source->rebalance_count * sizeof *next);
    if (!now.partitions)
        return let_go(source, now.lost, err);
    hr_status status = assign(source, now.partitions, err);
    rd_kafka_topic_partition_list_destroy(now.partitions);
    return status;
}
