/* sink.c: a topic of Kafka as a destination: its options, its beginning and its end. */
#include "connectors/kafka/sink.h"

#include <inttypes.h>
#include <stdio.h>

#include "connectors/kafka/position.h"
#include "core/base/words.h"

#define FEED_SHOWN 80

static const hr_option options_table[] = {
    {"value", HR_OPTION_CHOICE, NULL, "ndjson|csv", "What the values of messages are. Unset: as option write says.",
     false},
    {"key", HR_OPTION_TEXT, NULL, "NAMES",
     "Columns whose value becomes the key of a message; of several, a JSON array of texts.", false},
    {"codec", HR_OPTION_CHOICE, "lz4", "none|gzip|snappy|lz4|zstd", "Compression of batches of messages.", false},
    {"headers", HR_OPTION_CHOICE, "none", "none|lineage",
     "lineage: headers headrace-feed, headrace-job, headrace-file and headrace-row.", false},
    {"checkpoint", HR_OPTION_TEXT, "headrace-checkpoint", "TOPIC",
     "Compacted topic that keeps the positions of sources; made when it is not there.", false},
    {"transaction-timeout", HR_OPTION_TIME, NULL, "TIME",
     "How long readers wait for a transaction whose writer is gone; the broker sets an upper bound. Segments are closed "
     "when they are half as old. Unset: 1m, and 15m where one transaction holds all of a source.",
     false},
    {"group-offsets", HR_OPTION_CHOICE, "together", "together|apart",
     "Of rows from a topic of the same cluster: the offsets of the consumer group move in the transaction, or after it.",
     false},
    HR_KAFKA_CONNECTION_OPTIONS};

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static hr_status find_keys(hr_kafka_sink_state *sink, hr_error *err)
{
    const char *list = hr_options_get(sink->options, "key");
    const hr_sink_plan *plan = &sink->plan;
    if (!list || !*list || !plan->columns)
        return HR_OK;
    char *room = hr_malloc(strlen(list) + 1);
    hr_status status = room ? HR_OK : hr_fail_memory(err, "finding the columns of the key");
    while (status == HR_OK && list && *list) {
        uint32_t column = 0;
        list = hr_list_next(list, room);
        while (column < plan->column_count && strcmp(plan->columns[column], room) != 0)
            column++;
        if (column == plan->column_count)
            status = hr_fail(err, HR_E_INVALID, "option key names \"%.100s\", which is no column of the rows", room);
        else if (sink->key_count == HR_KAFKA_KEY_COLUMNS)
            status = hr_fail(err, HR_E_LIMIT, "option key takes at most %u columns", HR_KAFKA_KEY_COLUMNS);
        else
            sink->key_columns[sink->key_count++] = column;
    }
    hr_free(room);
    return status;
}

/* What belongs to feed, source and topic: the transactional id and the keys on the checkpoint topic. The topic is part
 * of the source's name there, so that two destinations do not share positions. */
static hr_status name_things(hr_kafka_sink_state *sink, hr_error *err)
{
    const hr_sink_plan *plan = &sink->plan;
    hr_buffer key = {0};
    bool ok = hr_buffer_text(&key, "[") && hr_buffer_json_text(&key, plan->feed) && hr_buffer_text(&key, ",") &&
              hr_buffer_json_text(&key, sink->address.topic) && hr_buffer_text(&key, ",") &&
              hr_buffer_json_text(&key, plan->source) && hr_buffer_add(&key, "", 1);
    if (ok)
        sink->transactional_id =
            hr_asprintf("headrace-%.*s-%016" PRIx64, FEED_SHOWN, plan->feed, hr_kafka_hash((const char *)key.data));
    if (!ok || !sink->transactional_id) {
        hr_buffer_free(&key);
        return hr_fail_memory(err, "opening a topic of Kafka");
    }
    sink->key_begin = (char *)key.data;
    return HR_OK;
}

static hr_status read_options(hr_kafka_sink_state *sink, hr_error *err)
{
    const hr_options *options = sink->options;
    const char *value = hr_options_get(options, "value");
    value = value ? value : sink->plan.format;
    sink->format = value && !strcmp(value, "csv") ? HR_FORMAT_CSV : HR_FORMAT_NDJSON;
    sink->lineage = !strcmp(hr_options_get(options, "headers"), "lineage");
    sink->checkpoint = hr_options_get(options, "checkpoint");
    sink->moves_group = !strcmp(hr_options_get(options, "group-offsets"), "together");
    if (!hr_kafka_topic_legal(sink->checkpoint) || !strcmp(sink->checkpoint, sink->address.topic))
        return hr_fail(err, HR_E_INVALID, "\"%.80s\" is no name of another topic, for option checkpoint",
                       sink->checkpoint);
    return find_keys(sink, err);
}

static void sink_close(void *state);

static hr_status sink_open(void *state, const hr_sink_plan *plan, const hr_options *options, hr_error *err)
{
    hr_kafka_sink_state *sink = state;
    sink->plan = *plan;
    sink->options = options;
    hr_status status = hr_kafka_address_parse(plan->uri, options_table, HR_COUNT(options_table), &sink->address, err);
    if (status == HR_OK)
        status = read_options(sink, err);
    if (status == HR_OK)
        status = name_things(sink, err);
    /* Members would take the transactional id from each other, and the head describes only one transaction. */
    if (status == HR_OK && plan->source[0] && !plan->generation)
        status =
            hr_fail(err, HR_E_UNSUPPORTED,
                    "a topic is written by one run of a feed at a time, for its transactions are the feed's: leave "
                    "--member out, or let the members write to a zone or a table");
    if (status == HR_OK && plan->source[0] && !plan->settling)
        status = hr_kafka_sink_start(sink, err);
    if (status != HR_OK) {
        hr_error_origin(err, plan->uri);
        sink_close(state);
    }
    return status;
}

static hr_status sink_standing(void *state, const char *name, char at[HR_POSITION_MAX], hr_error *err)
{
    const hr_kafka_sink_state *sink = state;
    const hr_kafka_stand *stand = hr_kafka_stand_find(sink, name);
    if (stand && strlen(stand->at) >= HR_POSITION_MAX)
        return hr_fail(err, HR_E_CORRUPT, "the checkpoint topic has a position that is too long");
    (void)snprintf(at, HR_POSITION_MAX, "%s", stand ? stand->at : "");
    return HR_OK;
}

/* Whoever opens a transactional id ends what was left open under it, and after its timeout the broker does. There is
 * one for each source. */
static hr_status sink_sweep(void *state, const hr_receipt *keep, size_t count, hr_error *err)
{
    hr_kafka_sink_state *sink = state;
    hr_kafka_client *heir = NULL;
    (void)keep;
    (void)count;
    if (!sink->plan.source[0] || sink->client)
        return HR_OK;
    hr_status status = hr_kafka_sink_producer(sink, sink->transactional_id, &heir, err);
    hr_kafka_client_close(heir);
    if (status != HR_OK)
        hr_error_origin(err, sink->plan.uri);
    return status;
}

/* What is left of the timeout is for the end: messages that are on their way, the positions, the commit. */
static uint64_t sink_segment_age(const void *state)
{
    const hr_kafka_sink_state *sink = state;
    return sink->timeout_ms / 2;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void sink_interrupt(void *state)
{
    hr_kafka_sink_state *sink = state;
    atomic_store(&sink->interrupted, true);
}

static void sink_close(void *state)
{
    hr_kafka_sink_state *sink = state;
    hr_kafka_sink_abort(sink);
    hr_kafka_refusals_clear(sink);
    if (sink->topic)
        rd_kafka_topic_destroy(sink->topic);
    if (sink->cluster)
        rd_kafka_mem_free(sink->client->rk, sink->cluster);
    hr_kafka_client_close(sink->client);
    hr_kafka_address_free(&sink->address);
    hr_writer_free(sink->writer);
    hr_buffer_free(&sink->rows);
    hr_buffer_free(&sink->key);
    for (size_t i = 0; i < sink->stand_count; i++) {
        hr_free(sink->stands[i].name);
        hr_free(sink->stands[i].at);
        hr_free(sink->stands[i].next);
    }
    hr_free(sink->stands);
    hr_free(sink->refusals);
    hr_free(sink->messages);
    hr_free(sink->transactional_id);
    hr_free(sink->key_begin);
    memset(sink, 0, sizeof *sink);
}

const hr_sink_type hr_kafka_sink = {
    .version = HR_CONNECTOR_VERSION,
    .state_size = sizeof(hr_kafka_sink_state),
    .scheme = "kafka",
    .options = options_table,
    .option_count = HR_COUNT(options_table),
    .capabilities = HR_SINK_TRANSACTIONAL | HR_SINK_REFUSES,
    .open = sink_open,
    .write = hr_kafka_sink_write,
    .prepare = hr_kafka_sink_prepare,
    .publish = hr_kafka_sink_publish,
    .sweep = sink_sweep,
    .standing = sink_standing,
    .segment_age = sink_segment_age,
    .interrupt = sink_interrupt,
    .close = sink_close,
};
