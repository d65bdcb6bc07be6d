/* source_assign.c: partitions come and go: where to begin in those that come, and letting go of those that leave. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "connectors/kafka/source.h"

#define OWNER_PREFIX "headrace ledger="

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
        parts[i] = (hr_kafka_part){
            .marked.offset = -1, .acked.offset = -1, .next = -1, .committed = -1, .end = -1, .look = -1, .skip_at = -1};
        (void)snprintf(parts[i].name, sizeof parts[i].name, "%" PRIu32, (uint32_t)i);
    }
    source->part_count = count;
    return HR_OK;
}

/* ---- messages that are gone -------------------------------------------------------------------------------------- */

static const char *policy_name(hr_kafka_on_lost policy)
{
    static const char *const names[] = {"fail", "pause", "earliest", "latest"};
    return names[policy];
}

static hr_status tell_lost(hr_kafka_source_state *source, int32_t partition, int64_t wanted, int64_t low, int64_t high,
                           hr_kafka_loss loss, hr_error *err)
{
    hr_buffer detail = {0};
    const hr_source_plan *plan = source->plan;
    char gone[24] = "null";
    if (loss == HR_KAFKA_LOSS_RETENTION)
        (void)snprintf(gone, sizeof gone, "%" PRId64, low - wanted);
    bool ok = hr_buffer_printf(&detail,
                               "{\"topic\":\"%s\",\"partition\":%" PRId32 ",\"reason\":\"%s\",\"position\":%" PRId64
                               ",\"begins\":%" PRId64 ",\"ends\":%" PRId64 ",\"gone\":%s,\"on-lost\":\"%s\"}",
                               source->address.topic, partition, hr_kafka_loss_name(loss), wanted, low, high, gone,
                               policy_name(source->on_lost)) &&
              hr_buffer_add(&detail, "", 1);
    hr_status status = HR_OK;
    if (!ok)
        status = hr_fail_memory(err, "telling that messages are gone");
    else if (plan->tell)
        status = plan->tell(plan->runner, "OffsetsLost", (const char *)detail.data, err);
    hr_buffer_free(&detail);
    return status;
}

hr_status hr_kafka_lost(hr_kafka_source_state *source, int32_t partition, int64_t wanted, int64_t low, int64_t high,
                        hr_kafka_loss loss, hr_error *err)
{
    static const char advice[] = "on-lost=earliest goes on with the first message that is there, on-lost=latest with "
                                 "those to come, on-lost=pause with the other partitions";
    hr_status status = tell_lost(source, partition, wanted, low, high, loss, err);
    if (status != HR_OK || source->on_lost != HR_ON_LOST_FAIL)
        return status;
    const char *topic = source->address.topic;
    if (loss == HR_KAFKA_LOSS_RETENTION)
        return hr_fail(err, HR_E_CHANGED,
                       "%" PRId64 " messages of %s[%" PRId32 "] are gone before they were read: %" PRId64
                       " comes next, and the first one there is %" PRId64 "; %s",
                       low - wanted, topic, partition, wanted, low, advice);
    if (loss == HR_KAFKA_LOSS_TRUNCATED)
        return hr_fail(err, HR_E_CHANGED,
                       "%s[%" PRId32 "] ends at %" PRId64 ", and was read up to %" PRId64
                       ": the topic was made anew, or the log was cut; %s",
                       topic, partition, high, wanted, advice);
    return hr_fail(err, HR_E_CHANGED,
                   "the message %" PRId64 " of %s[%" PRId32
                   "] is another one than the one that was read: the topic was "
                   "made anew; %s",
                   wanted - 1, topic, partition, advice);
}

/* ---- where to begin ---------------------------------------------------------------------------------------------- */

/* What the broker has of the group: offsets, and whose they are. */
static hr_status read_committed(hr_kafka_source_state *source, rd_kafka_topic_partition_list_t *list, hr_error *err)
{
    int64_t until = hr_clock_steady_ns() + (int64_t)HR_KAFKA_REQUEST_MS * 2000000;
    for (;;) {
        rd_kafka_resp_err_t code = rd_kafka_committed(source->client->rk, list, 2000);
        for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
            code = list->elems[i].err;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return HR_OK;
        hr_status status = hr_kafka_check(source->client, err);
        if (status == HR_OK && (!hr_kafka_retryable(code) || hr_clock_steady_ns() >= until))
            status =
                hr_kafka_fail(source->client, err, code, "asking for the offsets of the group \"%s\"", source->group);
        if (status != HR_OK)
            return status;
        if (code != RD_KAFKA_RESP_ERR__TIMED_OUT)
            (void)usleep(100000);
    }
}

static bool is_ours(const hr_kafka_source_state *source, const rd_kafka_topic_partition_t *one)
{
    return one->metadata && one->metadata_size == strlen(source->owner) &&
           !memcmp(one->metadata, source->owner, one->metadata_size);
}

/* Two ledgers, or two feeds, that share a group would each see a part of the messages. */
static hr_status check_owner(const hr_kafka_source_state *source, const rd_kafka_topic_partition_t *one, hr_error *err)
{
    size_t size = strlen(OWNER_PREFIX);
    if (source->adopt || !one->metadata || one->metadata_size < size ||
        memcmp(one->metadata, OWNER_PREFIX, size) != 0 || is_ours(source, one))
        return HR_OK;
    return hr_fail(err, HR_E_BUSY,
                   "the group \"%s\" is read by another ledger or feed (\"%.*s\"; this is \"%s\"): give another group, "
                   "or adopt=yes when that one will not read on",
                   source->group, one->metadata_size < 150 ? (int)one->metadata_size : 150, (const char *)one->metadata,
                   source->owner);
}

/* The first start. A partition that was added to a topic that is read already is new, and so are all of its messages.
 */
static hr_status first_start(hr_kafka_source_state *source, int32_t partition, const hr_kafka_known *known,
                             int64_t *start, hr_error *err)
{
    const char *from = source->from;
    int64_t ms;
    if (!source->plan->first || (from && !strcmp(from, "earliest"))) {
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
    part->look = part->skip_at = -1;
    part->skip = 0;
    part->done = false;
    part->acked = standing;
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
    part->next = *start = begin;
    part->marked = (hr_kafka_position){.offset = begin};
    if (standing.offset == begin) {
        part->marked = standing;
        part->skip = standing.taken;
        part->skip_at = standing.taken ? begin : -1;
        if (standing.marked && begin > known->low) {
            *start = part->look = begin - 1;
            part->look_mark = standing.mark;
        }
    }
    if (part->done) { /* paused: it stays where it was */
        part->marked = part->acked;
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
    hr_status status = read_committed(source, copy, err);
    for (int i = 0; i < copy->cnt && status == HR_OK; i++) {
        hr_kafka_part *part = &source->parts[copy->elems[i].partition];
        known[i] = (hr_kafka_known){.committed = copy->elems[i].offset >= 0 ? copy->elems[i].offset : -1};
        part->committed = is_ours(source, &copy->elems[i]) ? known[i].committed : -1;
        at[0] = '\0';
        status = check_owner(source, &copy->elems[i], err);
        if (status == HR_OK && source->plan->standing)
            status = source->plan->standing(source->plan->runner, part->name, at, err);
        if (status == HR_OK && !hr_kafka_position_parse(at, &known[i].standing))
            status = hr_fail(err, HR_E_CORRUPT, "\"%.100s\" is no position of a partition of Kafka", at);
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

/* ---- commits at the broker --------------------------------------------------------------------------------------- */

/* The group is in between, or the broker is busy: the next commit says it again. */
static bool is_passing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__NO_OFFSET || hr_kafka_retryable(code);
}

/* `claim`: where nothing was acknowledged, that reading begins. */
static hr_status commit(hr_kafka_source_state *source, bool claim, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    hr_status status = HR_OK;
    for (size_t i = 0; i < source->part_count && status == HR_OK; i++) {
        const hr_kafka_part *part = &source->parts[i];
        int64_t offset = part->acked.offset < 0 && claim ? part->next : part->acked.offset;
        if (!part->assigned || offset < 0 || offset == part->committed)
            continue;
        rd_kafka_topic_partition_t *one = rd_kafka_topic_partition_list_add(list, source->address.topic, (int32_t)i);
        one->offset = offset;
        one->metadata = hr_strdup(source->owner); /* librdkafka frees it */
        one->metadata_size = one->metadata ? strlen(source->owner) : 0;
        if (!one->metadata)
            status = hr_fail_memory(err, "committing offsets");
    }
    if (status == HR_OK && list->cnt)
        code = rd_kafka_commit(source->client->rk, list, 0);
    for (int i = 0; i < list->cnt && status == HR_OK && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        if (list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
            source->parts[list->elems[i].partition].committed = list->elems[i].offset;
        else
            code = list->elems[i].err;
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (status == HR_OK && code != RD_KAFKA_RESP_ERR_NO_ERROR && !is_passing(code))
        status = hr_kafka_fail(source->client, err, code, "committing offsets of the group \"%s\"", source->group);
    return status;
}

hr_status hr_kafka_commit_acked(hr_kafka_source_state *source, hr_error *err)
{
    return commit(source, false, err);
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
    hr_status status = lost ? HR_OK : hr_kafka_commit_acked(source, err);
    (void)rd_kafka_assign(source->client->rk, NULL);
    release_parts(source);
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
        status = begin_part(source, one->partition, &known[i], &start, err);
        one->offset = start == RD_KAFKA_OFFSET_INVALID ? known[i].high : start;
        if (start == RD_KAFKA_OFFSET_INVALID)
            rd_kafka_topic_partition_list_add(resting, one->topic, one->partition);
        source->parts[one->partition].assigned = status == HR_OK;
    }
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
    return status == HR_OK ? commit(source, true, err) : status;
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
    part->next = source->on_lost == HR_ON_LOST_LATEST ? high : low;
    part->marked = (hr_kafka_position){.offset = part->next};
    part->done = part->end >= 0 && part->next >= part->end;
    return assign_again(source, err);
}

static hr_status assign(hr_kafka_source_state *source, rd_kafka_topic_partition_list_t *list, hr_error *err)
{
    hr_status status = HR_OK;
    release_parts(source);
    for (int i = 0; i < list->cnt && status == HR_OK; i++)
        status = hr_kafka_parts_grow(source, (size_t)list->elems[i].partition + 1, err);
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
