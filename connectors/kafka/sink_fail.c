/* sink_fail.c: what an error of the transactional producer means for the rows that were not committed. */
#include <inttypes.h>

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
                         " s) has the broker end it before that (%s)%s",
                         doing, open_ms(sink) / 1000, sink->timeout_ms / 1000, why,
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

/* After an error that came by itself there is nothing but the state that it left, and what was said. */
static hr_status fail_state(const hr_kafka_sink_state *sink, hr_error *err, const char *doing)
{
    (void)rd_kafka_poll(sink->client->rk, 0);
    return fail_ended(sink, err, sink->client->reason[0] ? sink->client->reason : "it has failed before", doing);
}

hr_status hr_kafka_sink_fail(const hr_kafka_sink_state *sink, hr_error *err, rd_kafka_resp_err_t code,
                             const char *doing)
{
    char ignored[8];
    rd_kafka_resp_err_t fatal = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__STATE)
        fatal = rd_kafka_fatal_error(sink->client->rk, ignored, sizeof ignored);
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR)
        code = fatal;
    else if (code == RD_KAFKA_RESP_ERR__STATE)
        return fail_state(sink, err, doing);
    bool ended = is_forgotten(code) || (is_late(sink) && hr_kafka_retryable(code));
    return ended ? fail_ended(sink, err, rd_kafka_err2name(code), doing)
                 : hr_kafka_fail(sink->client, err, code, "%s", doing);
}

hr_status hr_kafka_sink_fail_error(const hr_kafka_sink_state *sink, hr_error *err, rd_kafka_error_t *error,
                                   const char *doing)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    if (!is_forgotten(code) && !(is_late(sink) && hr_kafka_retryable(code)))
        return hr_kafka_fail_error(sink->client, err, error, doing);
    rd_kafka_error_destroy(error);
    return fail_ended(sink, err, rd_kafka_err2name(code), doing);
}
