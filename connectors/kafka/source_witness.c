/* source_witness.c: is the topic still the one that was read? A topic that is deleted and made anew begins again at
 * offset 0, and whoever asks for offset 1000 of it is answered, once it holds so many: brokers tell clients of
 * librdkafka 2.0 nothing else. So a message that was seen is kept in mind (an anchor) for each partition, and before a
 * commit it is read once more. That every commit looks for what the commit before it was read from makes a chain:
 * messages of two topics are never taken for those of one. */
#include <inttypes.h>

#include "connectors/kafka/source.h"

#define FRONT_FAR 100 /* offsets to look through for a message in front: marks of transactions and aborted messages */
#define FRONT_MS 10000
#define PROVE_MS 30000

/* ---- anchors --------------------------------------------------------------------------------------------------- */

static hr_status look_in_front(hr_kafka_source_state *source, hr_kafka_sought *list, size_t count, hr_error *err)
{
    hr_status status = count ? hr_kafka_lookup_marks(source, list, count, FRONT_MS, err) : HR_OK;
    for (size_t i = 0; i < count && status == HR_OK; i++) {
        hr_kafka_part *part = &source->parts[list[i].partition];
        if (!list[i].found)
            continue;
        part->marked.marked = true;
        part->marked.mark = list[i].mark;
        part->marked.back = (uint32_t)(part->marked.offset - 1 - list[i].at);
        part->anchor = part->marked;
        part->begins = 0;
    }
    return status;
}

hr_status hr_kafka_mark_fronts(hr_kafka_source_state *source, const rd_kafka_topic_partition_list_t *list,
                               const hr_kafka_known *known, hr_error *err)
{
    hr_kafka_sought *sought = hr_calloc((size_t)list->cnt + 1, sizeof *sought);
    hr_status status = sought ? HR_OK : hr_fail_memory(err, "reading partitions");
    for (int64_t far = 1; far <= FRONT_FAR && status == HR_OK; far *= FRONT_FAR) { /* most have one just in front */
        size_t count = 0;
        for (int i = 0; i < list->cnt; i++) {
            hr_kafka_part *part = &source->parts[list->elems[i].partition];
            int64_t next = part->next, low = known[i].low;
            if (part->marked.marked || part->marked.offset != next || part->marked.taken) /* or it rests */
                continue;
            part->marked.begins = part->begins = low;
            if (next > low)
                sought[count++] = (hr_kafka_sought){
                    .partition = list->elems[i].partition, .from = next - far > low ? next - far : low, .until = next};
        }
        status = look_in_front(source, sought, count, err);
    }
    for (int i = 0; i < list->cnt; i++) {
        hr_kafka_part *part = &source->parts[list->elems[i].partition];
        part->start = part->marked;
    }
    hr_free(sought);
    return status;
}

/* ---- the look before a commit ---------------------------------------------------------------------------------- */

/* The next start sees it by the position that it begins at, tells it and does what on-lost says. Where nothing was
 * committed yet, that position is our claim, which the broker forgets together with the topic. */
static hr_status leave_a_claim(hr_kafka_source_state *source, hr_kafka_part *part, hr_error *err)
{
    hr_status status = HR_OK;
    part->committed = -1;
    if (part->start.marked || part->start.begins)
        status = hr_kafka_commit(source, true, err);
    if (status == HR_OK && part->committed < 0) /* it was read from the very beginning, or the broker is busy */
        status = hr_kafka_lost(source, (int32_t)(part - source->parts), part->anchor.offset, -1, -1,
                               HR_KAFKA_LOSS_RECREATED, err);
    return status;
}

static hr_status fail_made_anew(hr_kafka_source_state *source, int32_t partition, hr_error *err)
{
    hr_kafka_part *part = &source->parts[partition];
    bool known = part->acked.marked || part->acked.begins;
    hr_status status = known ? HR_OK : leave_a_claim(source, part, err);
    if (status != HR_OK)
        return status;
    status =
        hr_fail(err, HR_E_IO,
                "the topic %s was made anew while it was read ([%" PRId32 "]): what was read since the last commit "
                "is forgotten",
                source->address.topic, partition);
    if (err)
        err->retryable = true;
    return status;
}

/* Where there was no message when reading began, the log began later than a new one does. */
static hr_status prove_beginnings(hr_kafka_source_state *source, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    hr_status status = HR_OK;
    for (size_t i = 0; i < source->part_count; i++) {
        const hr_kafka_part *part = &source->parts[i];
        if (part->assigned && part->begins && !hr_kafka_position_equal(&part->marked, &part->proved))
            rd_kafka_topic_partition_list_add(list, source->address.topic, (int32_t)i);
    }
    if (list->cnt)
        status = hr_kafka_offsets(source->client, list, RD_KAFKA_OFFSET_BEGINNING, err);
    for (int i = 0; i < list->cnt && status == HR_OK; i++)
        if (list->elems[i].offset < source->parts[list->elems[i].partition].begins)
            status = fail_made_anew(source, list->elems[i].partition, err);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static hr_status prove_anchors(hr_kafka_source_state *source, hr_kafka_sought *list, size_t count, hr_error *err)
{
    hr_status status = count ? hr_kafka_lookup_marks(source, list, count, PROVE_MS, err) : HR_OK;
    for (size_t i = 0; i < count && status == HR_OK; i++) {
        /* One that is not found was deleted or compacted away, and cannot be compared. */
        if (list[i].found && list[i].mark != source->parts[list[i].partition].anchor.mark)
            status = fail_made_anew(source, list[i].partition, err);
        else if (!list[i].done)
            status = hr_fail(err, HR_E_IO, "%s[%" PRId32 "] does not answer: a message was asked for once more",
                             source->address.topic, list[i].partition);
        if (status == HR_E_IO && err)
            err->retryable = true;
    }
    return status;
}

hr_status hr_kafka_prove(hr_kafka_source_state *source, hr_error *err)
{
    hr_kafka_sought *list = hr_calloc(source->part_count + 1, sizeof *list);
    if (!list)
        return hr_fail_memory(err, "looking whether a topic is the same");
    size_t count = 0;
    for (size_t i = 0; i < source->part_count; i++) {
        const hr_kafka_part *part = &source->parts[i];
        int64_t at = hr_kafka_position_marked(&part->anchor);
        if (part->assigned && part->anchor.marked && !hr_kafka_position_equal(&part->marked, &part->proved))
            list[count++] = (hr_kafka_sought){.partition = (int32_t)i, .from = at, .until = at + 1};
    }
    hr_status status = prove_anchors(source, list, count, err);
    if (status == HR_OK)
        status = prove_beginnings(source, err);
    for (size_t i = 0; i < source->part_count && status == HR_OK; i++) {
        hr_kafka_part *part = &source->parts[i];
        part->proved = part->marked;
        if (part->marked.marked) {
            part->anchor = part->marked;
            part->begins = 0;
        }
    }
    hr_free(list);
    return status;
}
