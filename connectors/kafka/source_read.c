/* source_read.c: messages to bytes: the loop that everything else serves. */
#include <inttypes.h>
#include <stdio.h>

#include "connectors/kafka/source.h"

#define QUEUE_LOOK_EVERY 512u /* messages between looks at the queue's length */
#define WAKE_EVERY_NS 1000000 /* at most so often */
#define PASSED_NS ((int64_t)10 * 1000000000)

/* ---- fetching ---------------------------------------------------------------------------------------------------- */

/* When its queue is full, librdkafka before 2.2.0 stops fetching and looks again a second later, unless its thread for
 * the broker has something else to do. So it is given something: a question for an offset whose answer nobody awaits.
 */
static void wake_fetching(hr_kafka_source_state *source)
{
    if (source->messages == source->woken_messages || rd_kafka_queue_length(source->queue) >= source->queue_low)
        return;
    int64_t now = hr_clock_steady_ns();
    if (now - source->woken_ns < WAKE_EVERY_NS)
        return;
    source->woken_ns = now;
    source->woken_messages = source->messages;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    for (size_t i = 0; i < source->part_count; i++) { /* one partition of each leader */
        bool seen = !source->parts[i].assigned;
        for (int k = 0; k < list->cnt && !seen && i < source->leader_count; k++)
            seen = source->leaders[list->elems[k].partition] == source->leaders[i];
        if (!seen && i < source->leader_count)
            rd_kafka_topic_partition_list_add(list, source->address.topic, (int32_t)i)->offset = RD_KAFKA_OFFSET_END;
    }
    if (list->cnt)
        (void)rd_kafka_offsets_for_times(source->client->rk, list, 0);
    rd_kafka_topic_partition_list_destroy(list);
}

/* ---- one message ------------------------------------------------------------------------------------------------- */

static hr_status headers_room(hr_kafka_source_state *source, size_t count, hr_error *err)
{
    if (count <= source->header_capacity)
        return HR_OK;
    hr_kafka_header *headers = hr_realloc(source->headers, count * sizeof *headers);
    source->headers = headers ? headers : source->headers;
    hr_kafka_header **order = headers ? hr_realloc(source->header_order, count * sizeof *order) : NULL;
    if (!order)
        return hr_fail_memory(err, "reading the headers of a message");
    source->header_order = order;
    source->header_capacity = count;
    return HR_OK;
}

static hr_status take_headers(hr_kafka_source_state *source, const rd_kafka_message_t *from, hr_kafka_message *out,
                              hr_error *err)
{
    rd_kafka_headers_t *headers = NULL;
    rd_kafka_resp_err_t code = rd_kafka_message_headers(from, &headers);
    if (code == RD_KAFKA_RESP_ERR__NOENT)
        return HR_OK;
    size_t count = code == RD_KAFKA_RESP_ERR_NO_ERROR ? rd_kafka_header_cnt(headers) : 0;
    hr_status status = headers_room(source, count, err);
    for (size_t i = 0; i < count && status == HR_OK && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        const void *value = NULL;
        hr_kafka_header *header = &source->headers[i];
        *header = (hr_kafka_header){0};
        code = rd_kafka_header_get_all(headers, i, &header->name, &value, &header->size);
        header->value = value;
    }
    if (status == HR_OK && code != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = hr_kafka_fail(source->client, err, code, "reading the headers of %s[%" PRId32 "]@%" PRId64,
                               source->address.topic, from->partition, from->offset);
    if (status != HR_OK)
        return status;
    if (count > 1)
        hr_kafka_headers_link(source->headers, count, source->header_order);
    out->headers = source->headers;
    out->header_count = count;
    return HR_OK;
}

void hr_kafka_message_of(const rd_kafka_message_t *from, hr_kafka_message *out)
{
    *out = (hr_kafka_message){.value = from->payload,
                              .key = from->key,
                              .value_size = from->len,
                              .key_size = from->key_len,
                              .offset = from->offset,
                              .timestamp = -1,
                              .partition = from->partition};
    rd_kafka_timestamp_type_t type;
    int64_t timestamp = rd_kafka_message_timestamp(from, &type);
    if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
        out->timestamp = timestamp;
}

/* The message in front of the position shows whether the topic is still the one that was read. */
static hr_status look_again(hr_kafka_source_state *source, hr_kafka_part *part, const hr_kafka_message *message,
                            bool *is_same, hr_error *err)
{
    bool same = message->offset != part->look ||
                hr_kafka_mark(message->timestamp, message->value, message->value_size) == part->look_mark;
    part->look = -1;
    *is_same = same;
    if (same) /* or it was compacted away */
        return HR_OK;
    return hr_kafka_recreated(source, message->partition, err);
}

/* Whether the message is one that is to be given. */
static hr_status judge(hr_kafka_source_state *source, const hr_kafka_message *message, bool *wanted, hr_error *err)
{
    *wanted = false;
    if (message->partition < 0 || (size_t)message->partition >= source->part_count)
        return HR_OK;
    hr_kafka_part *part = &source->parts[message->partition];
    if (!part->assigned || part->done)
        return HR_OK;
    if (part->look >= 0) {
        bool same = true;
        hr_status status = look_again(source, part, message, &same, err);
        if (status != HR_OK || !same)
            return status;
    }
    if (part->end >= 0 && message->offset >= part->end) {
        part->done = true;
        return HR_OK;
    }
    *wanted = message->offset >= part->next;
    return HR_OK;
}

/* Drops what was taken of the record before. */
static hr_status skip_taken(const hr_kafka_source_state *source, const hr_kafka_message *message, uint8_t *record,
                            size_t *size, hr_error *err)
{
    const hr_kafka_part *part = &source->parts[message->partition];
    if (part->skip_at != message->offset)
        return HR_OK;
    if (part->skip >= *size || part->skip_shape != hr_kafka_shape_hash(&source->shape))
        return hr_fail(
            err, HR_E_STATE,
            "the last run stopped within the message %s[%" PRId32 "]@%" PRId64 ", which holds several records, and "
            "made its records in another way: give the options value, delimiter and metadata as they were then, "
            "until it is read",
            source->address.topic, message->partition, message->offset);
    memmove(record, record + part->skip, *size - part->skip);
    *size -= part->skip;
    return HR_OK;
}

/* *kept: the message is kept, and not the caller's any more. */
static hr_status take(hr_kafka_source_state *source, rd_kafka_message_t *from, uint8_t *room, size_t capacity,
                      size_t *got, bool *kept, hr_error *err)
{
    hr_kafka_message message;
    bool wanted, altered;
    hr_kafka_message_of(from, &message);
    hr_status status = judge(source, &message, &wanted, err);
    if (status == HR_OK && wanted && hr_kafka_shape_headers(&source->shape))
        status = take_headers(source, from, &message, err);
    if (status != HR_OK || !wanted)
        return status;
    hr_kafka_part *part = &source->parts[message.partition];
    size_t bound = hr_kafka_record_bound(&source->shape, &message);
    bool fits = bound <= capacity - *got;
    uint8_t *out = room + *got;
    if (!fits) {
        source->pending.size = source->pending_given = 0;
        out = hr_buffer_room(&source->pending, bound);
        if (!out)
            return hr_fail_memory(err, "reading a large message");
    }
    size_t size = hr_kafka_record_render(&source->shape, &message, out, &altered);
    status = skip_taken(source, &message, out, &size, err);
    if (status != HR_OK)
        return status;
    if (size > HR_TRAIL_SIZE_MAX ||
        !hr_trail_add(&source->trail, message.partition, message.offset, (uint32_t)size, altered,
                      hr_kafka_mark(message.timestamp, message.value, message.value_size)))
        return hr_fail_memory(err, "keeping the offsets of messages");
    if (fits)
        *got += size;
    else
        source->pending.size = size;
    if (!part->anchor.marked)
        part->anchor = (hr_kafka_position){.offset = message.offset + 1,
                                           .marked = true,
                                           .mark = hr_kafka_mark(message.timestamp, message.value, message.value_size)};
    part->next = message.offset + 1;
    part->done = part->end >= 0 && part->next >= part->end; /* the broker says so only after fetch.wait.max.ms */
    source->messages++;
    source->tombstones += !message.value;
    source->empty += message.value && !message.value_size;
    if (altered || source->dead)
        *kept = hr_kafka_keep_recent(source, source->trail.dropped + source->trail.message_count - 1, from);
    return HR_OK;
}

/* ---- what is no message ------------------------------------------------------------------------------------------ */

/* All below the offset was seen: what was not given is no message. */
static hr_status take_eof(hr_kafka_source_state *source, const rd_kafka_message_t *message, hr_error *err)
{
    if (message->partition < 0 || (size_t)message->partition >= source->part_count)
        return HR_OK;
    hr_kafka_part *part = &source->parts[message->partition];
    if (!part->assigned || part->done)
        return HR_OK;
    part->done = part->end >= 0 && message->offset >= part->end;
    if (message->offset <= part->next)
        return HR_OK;
    part->look = -1; /* it was compacted away, and nothing came behind it */
    if (!hr_trail_gap(&source->trail, message->partition, message->offset))
        return hr_fail_memory(err, "keeping the offsets of messages");
    part->next = message->offset;
    if (!source->passed_ns)
        source->passed_ns = hr_clock_steady_ns();
    return HR_OK;
}

static hr_status take_error(hr_kafka_source_state *source, const rd_kafka_message_t *message, hr_error *err)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        return take_eof(source, message, err);
    }
    hr_status status = hr_kafka_fail(source->client, err, message->err, "reading %s[%" PRId32 "]: %.200s",
                                     source->address.topic, message->partition, rd_kafka_message_errstr(message));
    if (message->err == RD_KAFKA_RESP_ERR__BAD_COMPRESSION)
        status = hr_fail(err, HR_E_CORRUPT,
                         "reading %s[%" PRId32
                         "]: %.200s; when the batch is not damaged, but holds more than librdkafka takes "
                         "(100 MB), rdkafka.receive.message.max.bytes=1000000000 raises that",
                         source->address.topic, message->partition, rd_kafka_message_errstr(message));
    /* The source is opened again: that tells a topic that is gone from one that was just made. */
    if (err && message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        err->retryable = true;
    return status;
}

/* The rest of a record that did not fit. */
static void give_pending(hr_kafka_source_state *source, uint8_t *room, size_t capacity, size_t *got)
{
    size_t size = source->pending.size - source->pending_given;
    size = size < capacity ? size : capacity;
    if (size)
        memcpy(room, source->pending.data + source->pending_given, size);
    source->pending_given += size;
    *got = size;
    if (source->pending_given == source->pending.size)
        source->pending.size = source->pending_given = 0;
}

/* Before a message is taken: HR_OK: go on; else what read answers. */
static hr_status before(hr_kafka_source_state *source, size_t given, hr_error *err)
{
    hr_status status = hr_kafka_check(source->client, err);
    if (status != HR_OK)
        return given ? HR_AGAIN : status; /* what there is goes first */
    bool waits = source->rebalance_count || source->rebalance_overflow;
    if (given && (waits || hr_trail_full(&source->trail)))
        return HR_AGAIN;
    if (waits)
        return hr_kafka_rebalance_now(source, err);
    return hr_trail_full(&source->trail) && source->trail.message_count ? HR_FLUSH : HR_OK;
}

/* No record comes to make a commit, and the position is behind what may be deleted soon. */
static bool passed_enough(hr_kafka_source_state *source)
{
    return source->passed_ns && source->messages && hr_clock_steady_ns() - source->passed_ns > PASSED_NS;
}

static hr_status fill(hr_kafka_source_state *source, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    give_pending(source, room, capacity, got);
    while (!source->pending.size && *got < capacity) {
        hr_status status = before(source, *got, err);
        if (status != HR_OK)
            return status;
        status = *got ? HR_AGAIN : hr_kafka_ended(source, err);
        if (status != HR_AGAIN)
            return status;
        if (source->rebalance_count)
            continue;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(source->client->rk, *got ? 0 : HR_KAFKA_WAIT_MS);
        if (!message) {
            wake_fetching(source);
            if (source->rebalance_count)
                continue;
            return !*got && passed_enough(source) ? HR_FLUSH : HR_AGAIN;
        }
        source->client->down_ns = 0;
        bool kept = false;
        status =
            message->err ? take_error(source, message, err) : take(source, message, room, capacity, got, &kept, err);
        if (!kept)
            rd_kafka_message_destroy(message);
        if (status != HR_OK)
            return status;
        if (source->queue_low && ++source->queue_look % QUEUE_LOOK_EVERY == 0)
            wake_fetching(source);
    }
    return HR_OK;
}

hr_status hr_kafka_read(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    hr_kafka_source_state *source = state;
    size_t filled = 0;
    if (source->failed)
        return hr_fail(err, HR_E_STATE, "this source has failed before and can only be closed");
    hr_status status = fill(source, room, capacity, &filled, err);
    if (status >= HR_E_INVALID && status != HR_E_INTERRUPTED) {
        source->failed = true;
        hr_error_origin(err, source->plan->uri);
        return status;
    }
    if (filled) {
        *got = filled;
        return HR_OK;
    }
    if ((status == HR_END || status == HR_E_INTERRUPTED) && !source->told_end) {
        source->told_end = true;
        hr_status told = hr_kafka_tell_lag(source, err);
        status = told == HR_OK ? status : told;
    }
    return status;
}
