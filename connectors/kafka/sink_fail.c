/* sink_fail.c: what an error of the transactional producer means for the rows that were not committed. */
#include <inttypes.h>
#include <stdlib.h>

#include "connectors/kafka/sink.h"

/* The broker does not know the transaction, or this producer, any more: another one has begun under the same
 * transactional id, the transaction outlived its timeout, or what the broker remembers of the producer is gone. Whoever
 * opens the destination anew finds out: a run that has taken over has the lease, or has moved the position. */
static bool is_forgotten(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING:
    case RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID:
    case RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER:
    case RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER:
    case RD_KAFKA_RESP_ERR_INVALID_TXN_STATE:
    case RD_KAFKA_RESP_ERR__INCONSISTENT:
    case RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE: return true;
    default: return false;
    }
}

static uint64_t open_ms(const hr_kafka_sink_state *sink)
{
    return sink->open ? (uint64_t)(hr_clock_steady_ns() - sink->begun_ns) / 1000000 : 0;
}

/* What times out then has that reason, whatever else it says. */
static bool is_late(const hr_kafka_sink_state *sink)
{
    return sink->timeout_ms && open_ms(sink) >= sink->timeout_ms;
}

static hr_status fail_ended(const hr_kafka_sink_state *sink, hr_error *err, const char *why, const char *doing)
{
    hr_status status;
    if (is_late(sink))
        status = hr_fail(err, HR_E_IO,
                         "%s: the transaction was open for %" PRIu64 " s, and option transaction-timeout (%" PRIu64
                         " s) has the broker end it before that (%s%s%.200s)%s",
                         doing, open_ms(sink) / 1000, sink->timeout_ms / 1000, why, sink->client->down_ns ? "; " : "",
                         sink->client->down_ns ? sink->client->reason : "",
                         sink->plan.whole ? "; all of this source is one transaction: give more time" : "");
    else
        status = hr_fail(err, HR_E_IO,
                         "%s: the broker has ended the transaction (%s): another run writes as this feed, or it was "
                         "open for longer than option transaction-timeout",
                         doing, why);
    if (err)
        err->retryable = true;
    return status;
}

/* The rights are not said by the error, and the topic that it is about is not certain either. */
static hr_status fail_denied(const hr_kafka_sink_state *sink, hr_error *err, const char *why, const char *doing)
{
    return hr_fail(
        err, HR_E_PERMISSION,
        "%s: %.200s; the user needs the rights to write and describe \"%s\", \"%s\" and the transactional id "
        "\"%s\", and to read \"%s\"",
        doing, why, sink->address.topic, sink->checkpoint, sink->transactional_id, sink->checkpoint);
}

static bool is_denied(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED ||
           code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

/* The topic was asked before anything was sent: it has changed since, or it may not be asked. */
static hr_status fail_size(const hr_kafka_sink_state *sink, hr_error *err)
{
    const char *topic = sink->delivery_checkpoint ? sink->checkpoint : sink->address.topic;
    char text[64];
    hr_status status = hr_kafka_topic_setting(sink->client, topic, "max.message.bytes", text, err);
    if (status != HR_OK)
        return status;
    uint64_t now = strtoull(text, NULL, 10);
    status =
        hr_fail(err, HR_E_LIMIT, "\"%s\" takes messages, and batches of them, of %s%s bytes only (max.message.bytes)%s",
                topic, now ? "" : "fewer than ", now ? text : "a million",
                now ? "" : ": give the user the right DescribeConfigs, or say rdkafka.message.max.bytes=BYTES");
    if (err)
        err->retryable = now && now != sink->topic_max && !sink->delivery_checkpoint;
    return status;
}

static hr_status judge(const hr_kafka_sink_state *sink, hr_error *err, rd_kafka_resp_err_t code, const char *why,
                       const char *doing)
{
    if (is_forgotten(code) || (is_late(sink) && hr_kafka_retryable(code)))
        return fail_ended(sink, err, rd_kafka_err2name(code), doing);
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE)
        return fail_size(sink, err);
    if (is_denied(code))
        return fail_denied(sink, err, why ? why : rd_kafka_err2str(code), doing);
    return why ? hr_kafka_fail(sink->client, err, code, "%s: %.300s", doing, why)
               : hr_kafka_fail(sink->client, err, code, "%s", doing);
}

/* What fails after the transaction has, fails for no reason of its own. In a transaction, another one is not begun, and
 * the answer says why the one that is open has failed; when it has not, that it is open. */
hr_status hr_kafka_sink_fail(const hr_kafka_sink_state *sink, hr_error *err, rd_kafka_resp_err_t code,
                             const char *doing)
{
    (void)rd_kafka_poll(sink->client->rk, 0);
    rd_kafka_error_t *error = sink->open ? rd_kafka_begin_transaction(sink->client->rk) : NULL;
    if (error && rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__STATE)
        return hr_kafka_sink_fail_error(sink, err, error, doing);
    rd_kafka_error_destroy(error);
    return judge(sink, err, code, NULL, doing);
}

hr_status hr_kafka_sink_fail_error(const hr_kafka_sink_state *sink, hr_error *err, rd_kafka_error_t *error,
                                   const char *doing)
{
    bool again = rd_kafka_error_is_retriable(error) || rd_kafka_error_txn_requires_abort(error);
    hr_status status = judge(sink, err, rd_kafka_error_code(error), rd_kafka_error_string(error), doing);
    if (err && again && (status == HR_E_IO || status == HR_E_NOT_FOUND))
        err->retryable = true;
    rd_kafka_error_destroy(error);
    return status;
}
