/* failure.c: what an error of librdkafka is for us, whether it may pass, and its text. */
#include <stdio.h>

#include "connectors/kafka/kafka.h"

bool hr_kafka_retryable(rd_kafka_resp_err_t code)
{
    static const rd_kafka_resp_err_t codes[] = {RD_KAFKA_RESP_ERR__TRANSPORT,
                                                RD_KAFKA_RESP_ERR__TIMED_OUT,
                                                RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
                                                RD_KAFKA_RESP_ERR__RESOLVE,
                                                RD_KAFKA_RESP_ERR__WAIT_COORD,
                                                RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED,
                                                RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
                                                RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
                                                RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
                                                RD_KAFKA_RESP_ERR__RETRY,
                                                RD_KAFKA_RESP_ERR__WAIT_CACHE,
                                                RD_KAFKA_RESP_ERR__PURGE_QUEUE,
                                                RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,
                                                RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                                                RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                                RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                                                RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
                                                RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
                                                RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
                                                RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                                                RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                                RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
                                                RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                                RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                                                RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
                                                RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
                                                RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
                                                RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
                                                RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
                                                RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,
                                                RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
                                                RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
                                                RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
                                                RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE,
                                                RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
                                                RD_KAFKA_RESP_ERR_NOT_CONTROLLER};
    for (size_t i = 0; i < HR_COUNT(codes); i++)
        if (code == codes[i])
            return true;
    return false;
}

static hr_status class_of(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED: return HR_E_PERMISSION;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return HR_E_NOT_FOUND;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH: return HR_E_FENCED;
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID: return HR_E_BUSY;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: return HR_E_LIMIT;
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG: return HR_E_CORRUPT;
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED: return HR_E_UNSUPPORTED;
    default: return HR_E_IO;
    }
}

/* A member can also fence itself: a broker that restarts has let it join, and the answer was lost; when it joins again,
 * what it was before is refused. Then it helps to begin anew. */
static bool helps_anew(rd_kafka_resp_err_t code)
{
    return hr_kafka_retryable(code) || code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

hr_status hr_kafka_fail(const hr_kafka_client *client, hr_error *err, rd_kafka_resp_err_t code, const char *format, ...)
{
    char doing[400], fatal[8];
    va_list args;
    if (code == RD_KAFKA_RESP_ERR__FATAL && client)
        code = rd_kafka_fatal_error(client->rk, fatal, sizeof fatal);
    va_start(args, format);
    (void)vsnprintf(doing, sizeof doing, format, args);
    va_end(args);
    bool told = client && client->reason[0] && hr_kafka_retryable(code);
    hr_status status = hr_fail(err, class_of(code), "%s: %s (%s)%s%.200s", doing, rd_kafka_err2str(code),
                               rd_kafka_err2name(code), told ? "; " : "", told ? client->reason : "");
    if (err)
        err->retryable = helps_anew(code);
    return status;
}
