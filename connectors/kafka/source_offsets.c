/* source_offsets.c: the group's offsets at the broker, and what is said when messages are gone. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "connectors/kafka/source.h"

#define OWNER_PREFIX "headrace ledger="
#define CLAIM " position="
#define AFTER " after="

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

/* ---- whose the group is -------------------------------------------------------------------------------------- */

/* What the broker has of the group: offsets, and whose they are. */
hr_status hr_kafka_committed(hr_kafka_source_state *source, rd_kafka_topic_partition_list_t *list, hr_error *err)
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

bool hr_kafka_is_ours(const hr_kafka_source_state *source, const rd_kafka_topic_partition_t *one)
{
    size_t size = strlen(source->owner), mark = strlen(CLAIM);
    const char *metadata = one->metadata;
    return metadata && one->metadata_size >= size && !memcmp(metadata, source->owner, size) &&
           (one->metadata_size == size || (one->metadata_size > size + mark && !memcmp(metadata + size, CLAIM, mark)));
}

void hr_kafka_claimed(const hr_kafka_source_state *source, const rd_kafka_topic_partition_t *one,
                      const hr_kafka_position *at, hr_kafka_position *out)
{
    char text[2 * HR_KAFKA_POSITION_TEXT + sizeof CLAIM + sizeof AFTER], last[HR_KAFKA_POSITION_TEXT];
    size_t from = strlen(source->owner) + strlen(CLAIM);
    hr_kafka_position position;
    *out = *at;
    if (!hr_kafka_is_ours(source, one) || one->metadata_size <= from || one->metadata_size - from >= sizeof text)
        return;
    memcpy(text, (const char *)one->metadata + from, one->metadata_size - from);
    text[one->metadata_size - from] = '\0';
    char *after = strstr(text, AFTER);
    if (after) {
        *after = '\0';
        after += strlen(AFTER);
    }
    hr_kafka_position_print(at, last);
    if (!strcmp(last, after ? after : "") && hr_kafka_position_parse(text, &position) && position.offset == one->offset)
        *out = position;
}

/* Two ledgers, or two feeds, that share a group would each see a part of the messages. */
hr_status hr_kafka_check_owner(const hr_kafka_source_state *source, const rd_kafka_topic_partition_t *one,
                               hr_error *err)
{
    size_t size = strlen(OWNER_PREFIX);
    if (source->adopt || !one->metadata || one->metadata_size < size ||
        memcmp(one->metadata, OWNER_PREFIX, size) != 0 || hr_kafka_is_ours(source, one))
        return HR_OK;
    return hr_fail(err, HR_E_INVALID,
                   "the group \"%s\" is read by another ledger or feed (\"%.*s\"; this is \"%s\"): give another group, "
                   "or adopt=yes when that one will not read on",
                   source->group, one->metadata_size < 150 ? (int)one->metadata_size : 150, (const char *)one->metadata,
                   source->owner);
}

hr_status hr_kafka_check_copy(const hr_kafka_source_state *source, int32_t partition, const hr_kafka_known *known,
                              hr_error *err)
{
    int64_t stands = source->parts[partition].acked.offset;
    if (source->adopt || !known->told || stands < 0 || known->committed <= stands || known->committed > known->high)
        return HR_OK;
    return hr_fail(
        err, HR_E_STATE,
        "%s[%" PRId32 "] stands at %" PRId64 " in the ledger, and this ledger itself has told the group \"%s\" that it "
        "was at %" PRId64 ": the ledger is an older copy, and what is between was landed before; use the newest "
        "one, or adopt=yes to land those messages once more",
        source->address.topic, partition, stands, source->group, known->committed);
}

/* ---- commits at the broker --------------------------------------------------------------------------------------- */

/* The group is in between, or the broker is busy: the next commit says it again. */
static bool is_passing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__NO_OFFSET || hr_kafka_retryable(code);
}

/* Whose the offset is; for one that the ledger does not know yet, also the whole position, and after which one it
 * comes. */
static char *make_metadata(const hr_kafka_source_state *source, const hr_kafka_part *part, bool claim)
{
    char text[HR_KAFKA_POSITION_TEXT], after[HR_KAFKA_POSITION_TEXT];
    if (!claim)
        return hr_strdup(source->owner);
    hr_kafka_position_print(&part->start, text);
    hr_kafka_position_print(&part->acked, after);
    return hr_asprintf("%s" CLAIM "%s%s%s", source->owner, text, *after ? AFTER : "", after);
}

hr_status hr_kafka_commit(hr_kafka_source_state *source, bool claim, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    hr_status status = HR_OK;
    for (size_t i = 0; i < source->part_count && status == HR_OK; i++) {
        const hr_kafka_part *part = &source->parts[i];
        bool claims = part->acked.offset < 0 || part->jumped; /* nothing of it is acknowledged */
        int64_t offset = claims ? part->start.offset : part->acked.offset;
        if (!part->assigned || offset < 0 || (claims ? !claim : offset == part->committed))
            continue;
        rd_kafka_topic_partition_t *one = rd_kafka_topic_partition_list_add(list, source->address.topic, (int32_t)i);
        one->offset = offset;
        one->metadata = make_metadata(source, part, claims); /* librdkafka frees it */
        one->metadata_size = one->metadata ? strlen(one->metadata) : 0;
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
