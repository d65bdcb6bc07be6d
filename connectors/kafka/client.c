/* client.c: the life of a client of librdkafka: its beginning, what it says of brokers, its end. */
#include "connectors/kafka/kafka.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CLOSE_SECONDS 15
#define OWN_CERTIFICATE (-1) /* hr_kafka_client.certificate: it is ours that is refused */

/* ---- what librdkafka says ---------------------------------------------------------------------------------------- */

/* With TLS 1.3 a broker refuses a certificate of ours only after the handshake, and that shows as a connection that
 * broke. These are the alerts of RFC 8446, 6.2, that another try would meet again. */
static bool is_refusal(const char *reason, bool *of_certificate)
{
    static const int alerts[] = {40, 42, 43, 44, 45, 46, 48, 49, 70, 71, 116};
    static const char sign[] = "SSL alert number ";
    const char *at = strstr(reason, sign);
    int alert = at ? atoi(at + sizeof sign - 1) : 0;
    *of_certificate = alert > 40 && alert != 70 && alert != 71;
    for (size_t i = 0; i < HR_COUNT(alerts); i++)
        if (alert == alerts[i])
            return true;
    return false;
}

/* Comes from threads of librdkafka, for each certificate of a chain; 0 refuses it. librdkafka itself says no more than
 * that it could not be verified. */
static int on_certificate(rd_kafka_t *rk, const char *broker, int32_t id, int *error, int depth, const char *data,
                          size_t size, char *why, size_t capacity, void *opaque)
{
    hr_kafka_client *client = opaque;
    (void)rk, (void)broker, (void)id, (void)depth, (void)data, (void)size;
    if (!*error)
        return 1;
    atomic_store(&client->certificate, *error);
    (void)snprintf(why, capacity, "error %d of X.509", *error);
    return 0;
}

/* Errors of X.509 by their numbers in OpenSSL's x509_vfy.h, which are part of its ABI. */
static const char *certificate_fault(int error)
{
    switch (error) {
    case 0: return "";
    case OWN_CERTIFICATE: return "; it wants a certificate of this client, or another one: options cert and cert-key";
    case 9: return "; its certificate is not valid yet";
    case 10: return "; its certificate has expired";
    case 18:
    case 19:
    case 20:
    case 21: return "; nobody that is trusted vouches for its certificate: option ca names who does";
    case 62:
    case 64: return "; its certificate is of another name";
    default: return "; its certificate was not accepted";
    }
}

/* Comes from functions that poll. */
static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    hr_kafka_client *client = opaque;
    char text[sizeof client->reason];
    rd_kafka_resp_err_t error = (rd_kafka_resp_err_t)code;
    if (error == RD_KAFKA_RESP_ERR__FATAL)
        error = rd_kafka_fatal_error(rk, text, sizeof text);
    else
        (void)snprintf(text, sizeof text, "%s", reason ? reason : rd_kafka_err2str(error));
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) { /* says less than what came before it */
        if (!client->down_ns)
            client->down_ns = hr_clock_steady_ns();
        return;
    }
    bool own, refused = is_refusal(text, &own);
    if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION || error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED ||
        error == RD_KAFKA_RESP_ERR__SSL || refused)
        client->denied = error;
    if (refused && own)
        atomic_store(&client->certificate, OWN_CERTIFICATE);
    memcpy(client->reason, text, sizeof text);
}

hr_status hr_kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, const hr_kafka_address *address, void *owner,
                              const atomic_bool *interrupted, hr_kafka_client **out, hr_error *err)
{
    char why[512] = "";
    hr_kafka_client *client = hr_calloc(1, sizeof *client);
    if (!client) {
        rd_kafka_conf_destroy(conf);
        return hr_fail_memory(err, "starting a client of Kafka");
    }
    client->owner = owner;
    client->interrupted = interrupted;
    client->consumer = type == RD_KAFKA_CONSUMER;
    (void)snprintf(client->brokers, sizeof client->brokers, "%s", address->brokers);
    rd_kafka_conf_set_opaque(conf, client);
    rd_kafka_conf_set_error_cb(conf, on_error);
    (void)rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate); /* where it was built with TLS */
    rd_kafka_conf_set_log_cb(conf, NULL);                             /* what matters comes to on_error as well */
    char mechanism[32] = "";
    size_t size = sizeof mechanism;
    (void)rd_kafka_conf_get(conf, "sasl.mechanisms", mechanism, &size);
    client->rk = rd_kafka_new(type, conf, why, sizeof why);
    if (!client->rk) {
        rd_kafka_conf_destroy(conf);
        hr_free(client);
        return hr_fail(err, HR_E_INVALID, "librdkafka does not start a client of %.200s: %s", address->brokers, why);
    }
    if (!strcmp(mechanism, "OAUTHBEARER"))
        rd_kafka_error_destroy(rd_kafka_sasl_background_callbacks_enable(client->rk));
    if (client->consumer)
        (void)rd_kafka_poll_set_consumer(client->rk);
    *out = client;
    return HR_OK;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void end(hr_kafka_client *client)
{
    if (client->consumer)
        (void)rd_kafka_consumer_close(client->rk);
    rd_kafka_destroy(client->rk);
    hr_free(client);
}

static void *end_thread(void *argument)
{
    end(argument);
    return NULL;
}

void hr_kafka_client_close(hr_kafka_client *client)
{
    pthread_t thread;
    struct timespec until;
    if (!client)
        return;
    client->owner = NULL;
    if (pthread_create(&thread, NULL, end_thread, client) != 0) {
        end(client);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_SECONDS;
    if (pthread_timedjoin_np(thread, NULL, &until) != 0)
        pthread_detach(thread);
}

/* ---- brokers ----------------------------------------------------------------------------------------------------- */

/* Nobody says when a broker can be reached again. */
static bool is_down(hr_kafka_client *client)
{
    const rd_kafka_metadata_t *metadata = NULL;
    if (!client->down_ns || hr_clock_steady_ns() - client->down_ns < (int64_t)HR_KAFKA_DOWN_MS * 1000000)
        return false;
    if (rd_kafka_metadata(client->rk, 0, NULL, &metadata, 5000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    rd_kafka_metadata_destroy(metadata);
    client->down_ns = 0;
    client->reason[0] = '\0';
    return false;
}

hr_status hr_kafka_check(hr_kafka_client *client, hr_error *err)
{
    if (client->interrupted && atomic_load_explicit(client->interrupted, memory_order_relaxed))
        return hr_fail(err, HR_E_INTERRUPTED, "interrupted while waiting for Kafka");
    if (client->denied)
        return hr_fail(err, HR_E_PERMISSION, "Kafka at %s does not let us in: %.400s%s", client->brokers,
                       client->reason, certificate_fault(atomic_load(&client->certificate)));
    if (is_down(client)) {
        hr_status status = hr_fail(err, HR_E_IO, "no broker of %s can be reached%s%.400s", client->brokers,
                                   client->reason[0] ? ": " : "", client->reason);
        if (err)
            err->retryable = true;
        return status;
    }
    return HR_OK;
}

/* Callbacks come while one polls, and messages of a consumer only once it is subscribed. */
static void serve(hr_kafka_client *client)
{
    if (!client->consumer) {
        (void)rd_kafka_poll(client->rk, 0);
        return;
    }
    rd_kafka_message_t *message = rd_kafka_consumer_poll(client->rk, 0);
    if (message)
        rd_kafka_message_destroy(message);
}

static hr_status copy_leaders(const hr_kafka_client *client, const rd_kafka_metadata_t *metadata, const char *topic,
                              int32_t **leaders, size_t *count, hr_error *err)
{
    const rd_kafka_metadata_topic_t *found = metadata->topic_cnt == 1 ? &metadata->topics[0] : NULL;
    if (found && found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return hr_fail(err, HR_E_NOT_FOUND,
                       "looking for the topic \"%s\" at %s: there is none of that name; create it (headrace makes no "
                       "topics for data), or mend the name",
                       topic, client->brokers);
    if (!found || found->err || found->partition_cnt < 1)
        return hr_kafka_fail(client, err, found && found->err ? found->err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                             "looking for the topic \"%s\" at %s", topic, client->brokers);
    int32_t *list = hr_malloc((size_t)found->partition_cnt * sizeof *list);
    if (!list)
        return hr_fail_memory(err, "reading the partitions of a topic");
    for (int i = 0; i < found->partition_cnt; i++)
        list[i] = -1;
    for (int i = 0; i < found->partition_cnt; i++)
        if (found->partitions[i].id >= 0 && found->partitions[i].id < found->partition_cnt)
            list[found->partitions[i].id] = found->partitions[i].leader;
    *leaders = list;
    *count = (size_t)found->partition_cnt;
    return HR_OK;
}

/* A broker that was just started, or a topic that was just made, may answer this at first. */
static bool is_early(const rd_kafka_metadata_t *metadata)
{
    rd_kafka_resp_err_t error = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_NO_ERROR;
    return error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

hr_status hr_kafka_topic_leaders(hr_kafka_client *client, const char *topic, int32_t **leaders, size_t *count,
                                 hr_error *err)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client->rk, topic, NULL);
    int64_t until = hr_clock_steady_ns() + (int64_t)HR_KAFKA_REQUEST_MS * 1000000;
    if (!handle)
        return hr_kafka_fail(client, err, rd_kafka_last_error(), "looking for the topic \"%s\"", topic);
    hr_status status;
    for (;;) {
        const rd_kafka_metadata_t *metadata = NULL;
        rd_kafka_resp_err_t code = rd_kafka_metadata(client->rk, 0, handle, &metadata, 1000);
        serve(client);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            bool again = is_early(metadata) && hr_clock_steady_ns() < until;
            status = again ? HR_AGAIN : copy_leaders(client, metadata, topic, leaders, count, err);
            rd_kafka_metadata_destroy(metadata);
            if (status != HR_AGAIN)
                break;
            (void)usleep(100000);
            continue;
        }
        status = hr_kafka_check(client, err);
        if (status == HR_OK && (!hr_kafka_retryable(code) || hr_clock_steady_ns() >= until))
            status = hr_kafka_fail(client, err, code, "asking %s for the topic \"%s\"", client->brokers, topic);
        if (status != HR_OK)
            break;
    }
    rd_kafka_topic_destroy(handle);
    return status;
}

hr_status hr_kafka_offsets(hr_kafka_client *client, rd_kafka_topic_partition_list_t *list, int64_t which, hr_error *err)
{
    int64_t until = hr_clock_steady_ns() + (int64_t)HR_KAFKA_REQUEST_MS * 1000000;
    for (;;) {
        for (int i = 0; i < list->cnt; i++)
            list->elems[i].offset = which;
        rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(client->rk, list, 2000);
        for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
            code = list->elems[i].err;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return HR_OK;
        hr_status status = hr_kafka_check(client, err);
        if (status == HR_OK && (!hr_kafka_retryable(code) || hr_clock_steady_ns() >= until))
            status = hr_kafka_fail(client, err, code, "asking %s for the offsets of the topic \"%s\"", client->brokers,
                                   list->elems[0].topic);
        if (status != HR_OK)
            return status;
        if (code != RD_KAFKA_RESP_ERR__TIMED_OUT)
            (void)usleep(100000);
    }
}

/* ---- messages -------------------------------------------------------------------------------------------------- */

rd_kafka_resp_err_t hr_kafka_produce(rd_kafka_t *rk, const char *topic, int32_t partition, hr_kafka_bytes key,
                                     hr_kafka_bytes value, rd_kafka_headers_t *headers)
{
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)key.data, key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)value.data, value.size}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(rk, parts, headers ? HR_COUNT(parts) : HR_COUNT(parts) - 1);
    rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_error_destroy(error);
    return code;
}

bool hr_kafka_header_add(rd_kafka_headers_t *headers, const char *name, const char *value)
{
    return rd_kafka_header_add(headers, name, -1, value, (ssize_t)strlen(value)) == RD_KAFKA_RESP_ERR_NO_ERROR;
}
