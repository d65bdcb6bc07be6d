/* test_kafka_faults.c: what brokers can answer at each step of a transaction, by the mock cluster of librdkafka, which
 * gives the answers that a real one cannot be asked for. It keeps no transactions: what was aborted can be read there,
 * and so nothing is said here of what readers see (tests/kafka, tests/matrix), but of what the destination makes of the
 * answer: it goes on, or says that another try is worth it and succeeds then, or says why there is none. */
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
/* */
#include <librdkafka/rdkafka_mock.h>

#include "connectors/kafka/sink.h"
#include "core/base/uri.h"
#include "tests/unit/support.h"

#define ROWS 200u

enum {
    MOVE = -1,
    PRODUCE = 0,
    INIT_PRODUCER_ID = 22,
    ADD_PARTITIONS = 24,
    END_TXN = 26,
    FIND_COORDINATOR = 10,
    METADATA = 3
};

static rd_kafka_t *owner;
static rd_kafka_mock_cluster_t *cluster;
static hr_options *options;
static char *uri, input[64];
static hr_reader *reader;
static hr_batch *batch;
static const char *const *columns;
static size_t column_count;
static hr_kafka_sink_state sink;
static hr_error err;
static uint64_t generation;
static char id[200]; /* transactional */

/* The mock cluster has no settings of topics, and no controller to say so; a broker does. Stands before the library's.
 */
void rd_kafka_DescribeConfigs(rd_kafka_t *rk, rd_kafka_ConfigResource_t **configs, size_t count,
                              const rd_kafka_AdminOptions_t *given, rd_kafka_queue_t *queue)
{
    void (*real)(rd_kafka_t *, rd_kafka_ConfigResource_t **, size_t, const rd_kafka_AdminOptions_t *,
                 rd_kafka_queue_t *);
    void *found = dlsym(RTLD_NEXT, "rd_kafka_DescribeConfigs");
    memcpy(&real, &found, sizeof real);
    rd_kafka_AdminOptions_t *admin = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    (void)given;
    cr_assert_eq(rd_kafka_AdminOptions_set_broker(admin, 1, NULL, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    real(rk, configs, count, admin, queue);
    rd_kafka_AdminOptions_destroy(admin);
}

static void begin(void)
{
    char text[400], why[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    hr_options *reading;
    size_t count;
    owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    cluster = rd_kafka_mock_cluster_new(owner, 3);
    cr_assert_not_null(cluster);
    cr_assert_eq(rd_kafka_mock_topic_create(cluster, "rows", 2, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(rd_kafka_mock_topic_create(cluster, "at", 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    snprintf(text, sizeof text, "kafka://%s/rows?checkpoint=at", rd_kafka_mock_cluster_bootstraps(cluster));
    cr_assert_eq(hr_options_new(hr_kafka_sink.options, hr_kafka_sink.option_count, &options, &err), HR_OK, "%s",
                 err.text);
    cr_assert_eq(hr_uri_options(text, hr_kafka_sink.options, hr_kafka_sink.option_count, options, &uri, &err), HR_OK,
                 "%s", err.text);
    snprintf(input, sizeof input, "/tmp/test-kafka-faults-%d.csv", (int)getpid());
    FILE *file = fopen(input, "w");
    cr_assert_not_null(file);
    fputs("a,b\n", file);
    for (unsigned i = 0; i < ROWS; i++)
        fprintf(file, "%u,text\n", i);
    fclose(file);
    const hr_option *table = hr_reader_options(&count);
    cr_assert_eq(hr_options_new(table, count, &reading, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_reader_open(input, reading, &reader, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_reader_columns(reader, &columns, &column_count, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_reader_next(reader, &batch, &err), HR_OK, "%s", err.text);
    cr_assert_eq(batch->rows, ROWS);
    hr_options_free(reading);
}

static void end(void)
{
    hr_batch_release(batch);
    hr_reader_close(reader);
    unlink(input);
    hr_options_free(options);
    hr_free(uri);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(owner);
}

TestSuite(kafka_faults, .init = begin, .fini = end, .timeout = 120);

/* ---- one try ----------------------------------------------------------------------------------------------------- */

typedef enum step { OPENING, WRITING, PREPARING, PUBLISHING } step;

/* What is pushed before a step. */
typedef struct fault {
    step before;
    int16_t api;
    rd_kafka_resp_err_t code;
    size_t times;
} fault;

static void arm(const fault *it, step now)
{
    rd_kafka_resp_err_t codes[16];
    if (!it || it->before != now)
        return;
    if (it->api == MOVE) { /* the coordinator goes away, and the next one is another */
        rd_kafka_mock_coordinator_set(cluster, "transaction", id, 2);
        rd_kafka_mock_broker_set_down(cluster, 1);
        return;
    }
    cr_assert_leq(it->times, HR_COUNT(codes));
    for (size_t i = 0; i < it->times; i++)
        codes[i] = it->code;
    rd_kafka_mock_push_request_errors_array(cluster, it->api, it->times, codes);
}

static hr_status land(const fault *it, const char *to)
{
    char at[HR_POSITION_MAX];
    uint64_t bytes;
    hr_outcome outcome;
    hr_part before = {.name = "", .at = at}, after = {.name = "", .at = to};
    hr_checkpoint checkpoint = {.before = &before, .after = &after, .count = 1};
    hr_parcel parcel = {.batch = batch};
    hr_sink_plan plan = {.uri = uri,
                         .feed = "feed",
                         .job = "0199f2a4-0000-7000-8000-000000000001",
                         .file = "file",
                         .source = "source",
                         .ledger = "ledger",
                         .generation = ++generation,
                         .columns = columns,
                         .column_count = column_count,
                         .format = "csv",
                         .compression = "none",
                         .segments = 1};
    sink = (hr_kafka_sink_state){0};
    arm(it, OPENING);
    hr_status status = hr_kafka_sink.open(&sink, &plan, options, &err);
    if (status != HR_OK)
        return status;
    snprintf(id, sizeof id, "%s", sink.transactional_id);
    status = hr_kafka_sink.standing(&sink, "", at, &err);
    arm(it, WRITING);
    if (status == HR_OK)
        status = hr_kafka_sink.write(&sink, &parcel, "0", &bytes, &err);
    arm(it, PREPARING);
    if (status == HR_OK)
        status = hr_kafka_sink.prepare(&sink, &checkpoint, &outcome, &err);
    arm(it, PUBLISHING);
    if (status == HR_OK)
        status = hr_kafka_sink.publish(&sink, &outcome.receipt, &err);
    hr_kafka_sink.close(&sink);
    return status;
}

/* ---- the answers ------------------------------------------------------------------------------------------------- */

/* GOES_ON: nobody notices. AGAIN: worth another try, which succeeds. STOPS: with this status. */
typedef enum verdict { GOES_ON, AGAIN, STOPS } verdict;

static void expect(const fault *it, verdict wanted, hr_status stops)
{
    const char *name = rd_kafka_err2name(it->code);
    hr_status status = land(it, "1");
    if (wanted == GOES_ON)
        cr_assert_eq(status, HR_OK, "api %d, %s before step %d: %s: %s", it->api, name, it->before,
                     hr_status_name(status), err.text);
    if (wanted == STOPS)
        cr_assert(status == stops && !err.retryable, "api %d, %s: %s%s: %s", it->api, name, hr_status_name(status),
                  err.retryable ? " (retryable)" : "", status == HR_OK ? "" : err.text);
    if (wanted == AGAIN)
        cr_assert(status == HR_E_LOST || (status == HR_E_IO && err.retryable), "api %d, %s: %s%s: %s", it->api, name,
                  hr_status_name(status), err.retryable ? " (retryable)" : "", status == HR_OK ? "" : err.text);
    rd_kafka_mock_clear_request_errors(cluster, it->api);
    status = land(NULL, "2");
    cr_assert_eq(status, HR_OK, "after api %d, %s: %s: %s", it->api, name, hr_status_name(status), err.text);
}

#define EACH(api, step, times, verdict, stops, ...)                         \
    do {                                                                    \
        static const rd_kafka_resp_err_t codes_[] = {__VA_ARGS__};          \
        for (size_t i_ = 0; i_ < HR_COUNT(codes_); i_++)                    \
            expect(&(fault){step, api, codes_[i_], times}, verdict, stops); \
    } while (0)

Test(kafka_faults, messages_that_a_broker_cannot_take_now_are_sent_again)
{
    EACH(PRODUCE, WRITING, 2, GOES_ON, HR_OK, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
         RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
         RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
}

Test(kafka_faults, transactions_that_are_gone_at_the_broker_are_begun_anew)
{
    EACH(PRODUCE, WRITING, 1, AGAIN, HR_OK, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
         RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
         RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID);
    EACH(ADD_PARTITIONS, WRITING, 1, AGAIN, HR_OK, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
         RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING);
    EACH(END_TXN, PUBLISHING, 1, AGAIN, HR_OK, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
         RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
         RD_KAFKA_RESP_ERR_INVALID_TXN_STATE);
}

Test(kafka_faults, coordinators_that_move_or_load_are_waited_for)
{
    EACH(INIT_PRODUCER_ID, OPENING, 2, GOES_ON, HR_OK, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
         RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
         RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS);
    EACH(ADD_PARTITIONS, WRITING, 2, GOES_ON, HR_OK, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
         RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
         RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS);
    EACH(END_TXN, PUBLISHING, 2, GOES_ON, HR_OK, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
         RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
         RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS);
}

Test(kafka_faults, rights_that_are_missing_are_final)
{
    EACH(INIT_PRODUCER_ID, OPENING, 1, STOPS, HR_E_PERMISSION, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
         RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
    EACH(ADD_PARTITIONS, WRITING, 1, STOPS, HR_E_PERMISSION, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
         RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    EACH(PRODUCE, WRITING, 1, STOPS, HR_E_PERMISSION, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    EACH(INIT_PRODUCER_ID, OPENING, 1, STOPS, HR_E_INVALID, RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT);
}

Test(kafka_faults, a_coordinator_that_goes_away_is_followed)
{
    static const step steps[] = {WRITING, PREPARING, PUBLISHING};
    cr_assert_eq(land(NULL, "1"), HR_OK, "%s", err.text);
    for (int32_t partition = 0; partition < 2; partition++)
        rd_kafka_mock_partition_set_leader(cluster, "rows", partition, 3);
    rd_kafka_mock_partition_set_leader(cluster, "at", 0, 3);
    for (size_t i = 0; i < HR_COUNT(steps); i++) {
        fault move = {steps[i], MOVE, RD_KAFKA_RESP_ERR_NO_ERROR, 0};
        rd_kafka_mock_coordinator_set(cluster, "transaction", id, 1);
        hr_status status = land(&move, "2");
        cr_assert(status == HR_OK || status == HR_E_LOST || (status == HR_E_IO && err.retryable), "step %d: %s: %s",
                  steps[i], hr_status_name(status), err.text);
        rd_kafka_mock_broker_set_up(cluster, 1);
        cr_assert_eq(land(NULL, "3"), HR_OK, "%s", err.text);
    }
}

Test(kafka_faults, slow_answers_are_waited_for)
{
    cr_assert_eq(land(NULL, "1"), HR_OK, "%s", err.text);
    for (int32_t broker = 1; broker <= 3; broker++)
        rd_kafka_mock_broker_set_rtt(cluster, broker, 400);
    cr_assert_eq(land(NULL, "2"), HR_OK, "%s", err.text);
}
