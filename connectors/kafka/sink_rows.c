/* sink_rows.c: rows to messages. */
#include <inttypes.h>
#include <stdio.h>

#include "connectors/kafka/sink.h"

#define LOOK_MS 3000                      /* how long messages may be on their way before their topics are looked for */
#define REFUSED_MOST ((uint64_t)16 << 20) /* bytes of refused rows that end a segment */

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

void hr_kafka_refusals_clear(hr_kafka_sink_state *sink)
{
    for (size_t i = 0; i < sink->refusal_count; i++)
        hr_batch_release((hr_batch *)(uintptr_t)sink->refusals[i].batch);
    sink->refusal_count = 0;
    sink->refused = 0;
}

static hr_status refuse(hr_kafka_sink_state *sink, const hr_batch *batch, size_t row, size_t size, const char *why,
                        hr_error *err)
{
    if (sink->refusal_count == sink->refusal_capacity) {
        size_t capacity = sink->refusal_capacity ? sink->refusal_capacity * 2 : 16;
        hr_refusal *refusals = hr_realloc(sink->refusals, capacity * sizeof *refusals);
        if (refusals)
            sink->refusals = refusals;
        void *messages = refusals ? hr_realloc(sink->messages, capacity * sizeof *sink->messages) : NULL;
        if (!messages)
            return hr_fail_memory(err, "keeping refused rows");
        sink->messages = messages;
        sink->refusal_capacity = capacity;
        for (size_t i = 0; i < sink->refusal_count; i++)
            sink->refusals[i].message = sink->messages[i];
    }
    char *message = sink->messages[sink->refusal_count];
    (void)snprintf(message, sizeof *sink->messages, "a message of %zu bytes, and %s", size, why);
    sink->refused += size;
    sink->refusals[sink->refusal_count++] =
        (hr_refusal){hr_batch_retain((hr_batch *)(uintptr_t)batch), (uint32_t)row, UINT32_MAX, message};
    return HR_OK;
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static bool add_value(hr_buffer *out, const hr_batch *batch, hr_field field)
{
    uint8_t *room = hr_buffer_room(out, field.size + 1);
    if (!room)
        return false;
    out->size += hr_field_copy(field, batch->dialect, room);
    return true;
}

/* The key of a row into sink->key: the value of its column, or of several a JSON array of texts. *null: no value. */
static bool make_key(hr_kafka_sink_state *sink, const hr_batch *batch, size_t row, bool *null)
{
    hr_buffer *out = &sink->key;
    out->size = 0;
    *null = false;
    if (sink->key_count == 1) {
        hr_field field = hr_batch_field(batch, row, sink->key_columns[0]);
        *null = (field.flags & HR_FIELD_NULL) != 0;
        return *null || add_value(out, batch, field);
    }
    hr_buffer value = {0};
    bool ok = true;
    for (size_t i = 0; i < sink->key_count && ok; i++) {
        hr_field field = hr_batch_field(batch, row, sink->key_columns[i]);
        value.size = 0;
        ok = hr_buffer_text(out, i ? "," : "[");
        if (field.flags & HR_FIELD_NULL)
            ok = ok && hr_buffer_text(out, "null");
        else
            ok = ok && add_value(&value, batch, field) && hr_buffer_json(out, (const char *)value.data, value.size);
    }
    hr_buffer_free(&value);
    return ok && hr_buffer_text(out, "]");
}

/* ---- producing --------------------------------------------------------------------------------------------------- */

hr_status hr_kafka_sink_begin(hr_kafka_sink_state *sink, hr_error *err)
{
    if (sink->open)
        return HR_OK;
    hr_status status = sink->client ? HR_OK : hr_kafka_sink_start(sink, err);
    if (status == HR_OK)
        status = hr_uuid_new(sink->token, err);
    if (status != HR_OK)
        return status;
    rd_kafka_error_t *error = rd_kafka_begin_transaction(sink->client->rk);
    if (error)
        return hr_kafka_sink_fail_error(sink, err, error, "beginning a transaction");
    sink->open = true;
    sink->begun_ns = hr_clock_steady_ns();
    sink->bytes = 0;
    sink->delivery = RD_KAFKA_RESP_ERR_NO_ERROR;
    return HR_OK;
}

static rd_kafka_headers_t *make_lineage(const hr_kafka_sink_state *sink, const hr_batch *batch, size_t row)
{
    char number[24];
    rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
    (void)snprintf(number, sizeof number, "%" PRIu64, hr_batch_row_number(batch, row));
    if (headers && hr_kafka_header_add(headers, "headrace-feed", sink->plan.feed) &&
        hr_kafka_header_add(headers, "headrace-job", sink->plan.job) &&
        hr_kafka_header_add(headers, "headrace-file", sink->plan.file) &&
        hr_kafka_header_add(headers, "headrace-row", number))
        return headers;
    if (headers)
        rd_kafka_headers_destroy(headers);
    return NULL;
}

static rd_kafka_resp_err_t produce(hr_kafka_sink_state *sink, const uint8_t *value, size_t size, const uint8_t *key,
                                   size_t key_size, rd_kafka_headers_t *headers)
{
    void *data = (void *)(uintptr_t)value;
    if (!headers)
        return rd_kafka_produce(sink->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, data, size, key, key_size,
                                NULL) == 0
                   ? RD_KAFKA_RESP_ERR_NO_ERROR
                   : rd_kafka_last_error();
    return hr_kafka_produce(sink->client->rk, sink->address.topic, RD_KAFKA_PARTITION_UA,
                            (hr_kafka_bytes){key, key_size}, (hr_kafka_bytes){value, size}, headers);
}

static hr_status check_delivery(hr_kafka_sink_state *sink, hr_error *err)
{
    rd_kafka_resp_err_t code = sink->delivery;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return hr_kafka_check(sink->client, err);
    char doing[HR_KAFKA_TOPIC_MAX + 40];
    (void)snprintf(doing, sizeof doing, "sending messages to \"%s\"",
                   sink->delivery_checkpoint ? sink->checkpoint : sink->address.topic);
    hr_status status = hr_kafka_sink_fail(sink, err, code, doing);
    /* Whether it is really gone is seen, and said, when it is opened anew. */
    if (status == HR_E_NOT_FOUND && err)
        err->retryable = !sink->delivery_checkpoint;
    return status;
}

/* What the brokers add to a message, and what its headers take. */
static size_t overhead(const hr_kafka_sink_state *sink)
{
    const hr_sink_plan *plan = &sink->plan;
    return 512 + (sink->lineage ? strlen(plan->feed) + strlen(plan->job) + strlen(plan->file) : 0);
}

static hr_status refuse_large(hr_kafka_sink_state *sink, const hr_batch *batch, size_t row, size_t size, hr_error *err)
{
    char why[120];
    (void)snprintf(why, sizeof why, "the topic takes at most %" PRIu64 " (max.message.bytes)", sink->message_max);
    return refuse(sink, batch, row, size, why, err);
}

/* Waits for room, when there is something to wait for. HR_END: there is not, and never will be. */
static hr_status wait_for_room(hr_kafka_sink_state *sink, hr_error *err)
{
    if (!rd_kafka_outq_len(sink->client->rk))
        return HR_END;
    (void)rd_kafka_poll(sink->client->rk, HR_KAFKA_WAIT_MS);
    return check_delivery(sink, err);
}

/* HR_END: the row is none for this topic, or for its settings. */
static hr_status send_message(hr_kafka_sink_state *sink, const uint8_t *value, size_t size, const uint8_t *key,
                              size_t key_size, rd_kafka_headers_t *headers, rd_kafka_resp_err_t *code, hr_error *err)
{
    for (;;) {
        *code = produce(sink, value, size, key, key_size, headers);
        if (*code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return HR_OK;
        hr_status status = HR_END;
        if (*code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            status = wait_for_room(sink, err);
        else if (*code != RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
            status = hr_kafka_sink_fail(sink, err, *code, "sending a message");
        if (status != HR_OK) {
            if (headers)
                rd_kafka_headers_destroy(headers);
            return status;
        }
    }
}

static hr_status send_row(hr_kafka_sink_state *sink, const hr_batch *batch, size_t row, const uint8_t *value,
                          size_t size, hr_error *err)
{
    bool null = true;
    rd_kafka_headers_t *headers = NULL;
    rd_kafka_resp_err_t code;
    if (sink->key_count && !make_key(sink, batch, row, &null))
        return hr_fail_memory(err, "making the key of a message");
    size_t key_size = null ? 0 : sink->key.size;
    if (size + key_size + overhead(sink) > sink->message_max)
        return refuse_large(sink, batch, row, size + key_size, err);
    if (sink->lineage && !(headers = make_lineage(sink, batch, row)))
        return hr_fail_memory(err, "making the headers of a message");
    const uint8_t *key = null ? NULL : sink->key.size ? sink->key.data : (const uint8_t *)"";
    hr_status status = send_message(sink, value, size, key, key_size, headers, &code, err);
    if (status == HR_END)
        return code == RD_KAFKA_RESP_ERR__QUEUE_FULL
                   ? refuse(sink, batch, row, size + key_size,
                            "the queue of librdkafka has no room for it (queue.buffering.max.kbytes)", err)
                   : refuse_large(sink, batch, row, size + key_size, err);
    if (status == HR_OK)
        sink->bytes += size + key_size;
    return status;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static hr_status make_writer(hr_kafka_sink_state *sink, hr_error *err)
{
    hr_writer_options options = hr_writer_options_of(&sink->plan);
    options.format = sink->format;
    return sink->writer ? HR_OK : hr_writer_new(&options, &sink->writer, err);
}

/* Lines of JSON are as many as the rows: a newline never stands within one. */
static hr_status send_lines(hr_kafka_sink_state *sink, const hr_parcel *parcel, size_t rows, hr_error *err)
{
    sink->rows.size = 0;
    hr_status status = hr_writer_rows(sink->writer, parcel, &sink->rows, err);
    const uint8_t *at = sink->rows.data, *end = at + sink->rows.size;
    for (size_t i = 0; i < rows && status == HR_OK; i++) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline)
            return hr_fail(err, HR_E_ACCOUNT, "fewer lines were written than there are rows");
        status = send_row(sink, parcel->batch, parcel->rows ? parcel->rows[i] : i, at, (size_t)(newline - at), err);
        at = newline + 1;
    }
    return status;
}

/* A record of CSV may hold newlines: one at a time. */
static hr_status send_records(hr_kafka_sink_state *sink, const hr_parcel *parcel, size_t rows, hr_error *err)
{
    hr_status status = HR_OK;
    for (size_t i = 0; i < rows && status == HR_OK; i++) {
        uint32_t row = parcel->rows ? parcel->rows[i] : (uint32_t)i;
        hr_parcel one = {parcel->batch, &row, 1, parcel->keys ? parcel->keys + i * parcel->key_size : NULL,
                         parcel->key_size};
        sink->rows.size = 0;
        status = hr_writer_rows(sink->writer, &one, &sink->rows, err);
        if (status == HR_OK)
            status = send_row(sink, parcel->batch, row, sink->rows.data, sink->rows.size - 1, err);
    }
    return status;
}

hr_status hr_kafka_sink_write(void *state, const hr_parcel *parcel, const char *start, uint64_t *segment_bytes,
                              hr_error *err)
{
    hr_kafka_sink_state *sink = state;
    size_t rows = parcel->rows ? parcel->row_count : parcel->batch->rows;
    (void)start;
    if (sink->failed || sink->flushed)
        return hr_fail(err, HR_E_STATE, "this destination has failed before, or waits to be published");
    hr_status status = rows ? hr_kafka_sink_begin(sink, err) : HR_OK;
    if (status == HR_OK && rows)
        status = make_writer(sink, err);
    if (status == HR_OK && rows)
        status = sink->format == HR_FORMAT_NDJSON ? send_lines(sink, parcel, rows, err)
                                                  : send_records(sink, parcel, rows, err);
    if (status == HR_OK && rows) {
        (void)rd_kafka_poll(sink->client->rk, 0);
        status = check_delivery(sink, err);
    }
    if (status != HR_OK) {
        sink->failed = true;
        hr_error_origin(err, sink->plan.uri);
        return status;
    }
    /* Refused rows are kept with their batches until the segment ends. */
    *segment_bytes = sink->refused < REFUSED_MOST ? sink->bytes : UINT64_MAX;
    return HR_OK;
}

/* librdkafka tells that a topic is gone a minute later. One answer alone may be that of a broker that has just begun.
 */
static hr_status look_for_topics(hr_kafka_sink_state *sink, unsigned *missing, hr_error *err)
{
    const char *const topics[] = {sink->address.topic, sink->checkpoint};
    for (size_t i = 0; i < HR_COUNT(topics); i++) {
        int32_t *leaders = NULL;
        size_t count = 0;
        hr_status status = hr_kafka_topic_leaders(sink->client, topics[i], &leaders, &count, err);
        hr_free(leaders);
        if (status != HR_E_NOT_FOUND)
            continue; /* what else is wrong, the messages tell */
        if (++*missing < 2)
            return HR_OK;
        return i ? hr_fail(err, HR_E_NOT_FOUND,
                           "the checkpoint topic \"%s\" is gone, which says what was committed: without it this feed "
                           "cannot go on",
                           sink->checkpoint)
                 : status;
    }
    *missing = 0;
    return HR_OK;
}

hr_status hr_kafka_sink_flush(hr_kafka_sink_state *sink, hr_error *err)
{
    int64_t look_ns = hr_clock_steady_ns() + (int64_t)LOOK_MS * 1000000;
    unsigned missing = 0;
    while (rd_kafka_outq_len(sink->client->rk) > 0) {
        (void)rd_kafka_flush(sink->client->rk, HR_KAFKA_WAIT_MS);
        hr_status status = check_delivery(sink, err);
        if (status == HR_OK && hr_clock_steady_ns() >= look_ns) {
            status = look_for_topics(sink, &missing, err);
            look_ns = hr_clock_steady_ns() + (int64_t)LOOK_MS * 1000000;
        }
        if (status != HR_OK)
            return status;
    }
    return check_delivery(sink, err);
}
