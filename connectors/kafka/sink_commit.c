/* sink_commit.c: the end of a transaction, and what became of one whose end nobody saw. */
#include <stdio.h>

#include "connectors/kafka/sink.h"

#define COMMIT_MS 60000

void hr_kafka_sink_abort(hr_kafka_sink_state *sink)
{
    if (!sink->open)
        return;
    rd_kafka_error_destroy(rd_kafka_abort_transaction(sink->client->rk, HR_KAFKA_REQUEST_MS));
    for (size_t i = 0; i < sink->stand_count; i++) {
        hr_free(sink->stands[i].next);
        sink->stands[i].next = NULL;
    }
    sink->open = sink->flushed = false;
}

/* An interrupt does not end this: a commit under way is worth the wait. */
hr_status hr_kafka_sink_commit(hr_kafka_sink_state *sink, hr_error *err)
{
    int64_t until = hr_clock_steady_ns() + (int64_t)COMMIT_MS * 1000000;
    for (;;) {
        rd_kafka_error_t *error = rd_kafka_commit_transaction(sink->client->rk, 5000);
        if (!error) {
            sink->open = sink->flushed = false;
            return HR_OK;
        }
        if (rd_kafka_error_txn_requires_abort(error)) {
            hr_status status =
                hr_fail(err, HR_E_LOST, "the transaction was not committed: %.300s", rd_kafka_error_string(error));
            rd_kafka_error_destroy(error);
            hr_kafka_sink_abort(sink);
            return status;
        }
        if (rd_kafka_error_is_retriable(error) && hr_clock_steady_ns() < until) {
            rd_kafka_error_destroy(error);
            continue;
        }
        /* Committed or not: whoever opens the sink again finds out. */
        hr_status status = hr_kafka_sink_fail_error(sink, err, error, "committing a transaction");
        if (err)
            err->retryable = true;
        sink->failed = true;
        return status;
    }
}

/* ---- preparing --------------------------------------------------------------------------------------------------- */

static hr_status check_before(const hr_kafka_sink_state *sink, const hr_checkpoint *checkpoint, hr_error *err)
{
    for (size_t i = 0; i < checkpoint->count; i++) {
        const hr_kafka_stand *stand = hr_kafka_stand_find(sink, checkpoint->before[i].name);
        const char *at = stand ? stand->at : "";
        if (strcmp(at, checkpoint->before[i].at) != 0)
            return hr_fail(
                err, HR_E_FENCED,
                "the destination has this source at \"%.100s\", and this run thinks it is at \"%.100s\": another "
                "run has moved it",
                at, checkpoint->before[i].at);
    }
    return HR_OK;
}

static hr_status note_next(hr_kafka_sink_state *sink, const hr_checkpoint *checkpoint, hr_error *err)
{
    for (size_t i = 0; i < checkpoint->count; i++) {
        const hr_part *after = &checkpoint->after[i];
        hr_status status =
            hr_kafka_stand_find(sink, after->name) ? HR_OK : hr_kafka_stand_set(sink, after->name, "", err);
        if (status != HR_OK)
            return status;
        hr_kafka_stand *stand = hr_kafka_stand_find(sink, after->name);
        hr_free(stand->next);
        stand->next = hr_strdup(after->at);
        if (!stand->next)
            return hr_fail_memory(err, "preparing a checkpoint");
    }
    return HR_OK;
}

static hr_status prepare(hr_kafka_sink_state *sink, const hr_checkpoint *checkpoint, hr_error *err)
{
    hr_status status = hr_kafka_sink_begin(sink, err);
    if (status == HR_OK)
        status = check_before(sink, checkpoint, err);
    if (status == HR_OK)
        status = hr_kafka_sink_flush(sink, err);
    HR_FAULT_POINT("kafka.flushed");
    if (status == HR_OK)
        status = note_next(sink, checkpoint, err);
    if (status == HR_OK)
        status = hr_kafka_checkpoint_send(sink, checkpoint->after, checkpoint->count, err);
    if (status == HR_OK)
        status = hr_kafka_group_move(sink, checkpoint, err);
    HR_FAULT_POINT("kafka.positioned");
    if (status == HR_OK)
        status = hr_kafka_sink_flush(sink, err);
    if (status == HR_OK && sink->checkpoint_anew)
        status = hr_fail(err, HR_E_STATE,
                         "the checkpoint topic \"%s\" was made anew meanwhile, and does not know any more what was "
                         "committed: this feed cannot go on without it",
                         sink->checkpoint);
    return status;
}

hr_status hr_kafka_sink_prepare(void *state, const hr_checkpoint *checkpoint, hr_outcome *out, hr_error *err)
{
    hr_kafka_sink_state *sink = state;
    if (sink->failed || sink->flushed)
        return hr_fail(err, HR_E_STATE, "this destination has failed before, or waits to be published");
    if (!sink->open && !checkpoint->count && !sink->refusal_count) {
        *out = (hr_outcome){0};
        return HR_OK;
    }
    hr_receipt receipt;
    hr_status status = prepare(sink, checkpoint, err);
    int size = status == HR_OK ? snprintf(receipt.bytes, sizeof receipt.bytes, "%s\n%s\n%s]\n%s", sink->token,
                                          sink->transactional_id, sink->key_begin, sink->head.token)
                               : 0;
    if (size < 0 || (size_t)size >= sizeof receipt.bytes)
        status = hr_fail(err, HR_E_LIMIT, "the name of the source is too long for a receipt");
    if (status != HR_OK) {
        sink->failed = true;
        hr_error_origin(err, sink->plan.uri);
        return status;
    }
    sink->flushed = true;
    *out = (hr_outcome){.refusals = sink->refusals, .refusal_count = sink->refusal_count};
    out->receipt.size = (uint32_t)size;
    memcpy(out->receipt.bytes, receipt.bytes, (size_t)size);
    return HR_OK;
}

/* ---- publishing -------------------------------------------------------------------------------------------------- */

/* What a receipt says. */
typedef struct noted {
    const char *token, *id, *key;
    const char *before; /* token of the transaction before it, or "" */
} noted;

/* A receipt of another process, or of an instance that was closed: nobody can commit under its transactional id any
 * more once that is ours, and then the head says which transaction was the last: this one or the one before it. Where
 * it names neither, it is not the topic that it was. */
static hr_status resolve(hr_kafka_sink_state *sink, const noted *receipt, hr_error *err)
{
    hr_kafka_head head;
    hr_kafka_client *heir = NULL;
    hr_status status = HR_OK;
    if (!sink->client || strcmp(receipt->id, sink->transactional_id) != 0) {
        status = hr_kafka_sink_producer(sink, receipt->id, &heir, err);
        hr_kafka_client_close(heir);
    }
    if (status == HR_OK)
        status = hr_kafka_checkpoint_read(sink, receipt->key, false, &head, err);
    if (status != HR_OK)
        return status;
    if (head.found && !strcmp(head.token, receipt->token))
        return HR_OK;
    if (!head.found || (receipt->before[0] && strcmp(head.token, receipt->before) != 0))
        return hr_fail(err, HR_E_STATE,
                       "the checkpoint topic \"%s\" has lost what it knew of this feed, so nobody can tell whether its "
                       "last transaction was committed: look whether the rows are in the topic, and load what is not "
                       "there under another name of the feed",
                       sink->checkpoint);
    return hr_fail(err, HR_E_LOST, "the transaction was never committed");
}

static hr_status publish_own(hr_kafka_sink_state *sink, hr_error *err)
{
    HR_FAULT_POINT("kafka.commit");
    hr_status status = hr_kafka_sink_commit(sink, err);
    HR_FAULT_POINT("kafka.committed");
    if (status == HR_OK)
        memcpy(sink->head.token, sink->token, sizeof sink->token);
    for (size_t i = 0; i < sink->stand_count && status == HR_OK; i++) {
        hr_kafka_stand *stand = &sink->stands[i];
        if (stand->next) {
            hr_free(stand->at);
            stand->at = stand->next;
            stand->next = NULL;
        }
    }
    if (status == HR_OK || status == HR_E_LOST)
        hr_kafka_refusals_clear(sink);
    return status;
}

hr_status hr_kafka_sink_publish(void *state, const hr_receipt *receipt, hr_error *err)
{
    hr_kafka_sink_state *sink = state;
    char text[HR_RECEIPT_MAX + 1];
    memcpy(text, receipt->bytes, receipt->size);
    text[receipt->size] = '\0';
    char *id = strchr(text, '\n'), *key = id ? strchr(id + 1, '\n') : NULL;
    if (!key)
        return hr_fail(err, HR_E_CORRUPT, "a receipt of the ledger is none of a destination of Kafka");
    *id++ = *key++ = '\0';
    char *before = strchr(key, '\n');
    if (before)
        *before++ = '\0';
    hr_status status;
    if (sink->flushed && !strcmp(text, sink->token))
        status = publish_own(sink, err);
    else if (sink->client && !strcmp(text, sink->head.token))
        status = HR_OK; /* it came twice */
    else
        status = resolve(sink, &(noted){text, id, key, before ? before : ""}, err);
    if (status != HR_OK)
        hr_error_origin(err, sink->plan.uri);
    return status;
}
