/* source.c: a topic of Kafka as a source: its options, its beginning and its end. */
#include "connectors/kafka/source.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/words.h"

static const hr_option options_table[] = {
    {"group", HR_OPTION_TEXT, NULL, "NAME", "Consumer group; unset: headrace- and the name of the feed.", false},
    {"member", HR_OPTION_TEXT, NULL, "NAME",
     "Name of this member (group.instance.id, with a mark of topic and partitions): a restart within 15 s, also after a "
     "crash, goes on at once. Unset: one made of ledger and feed; none: the group is left at the end, and a crash is "
     "noticed after 15 s.",
     false},
    {"from", HR_OPTION_TEXT, NULL, "earliest|latest|TIME",
     "Where the first start of a feed begins; TIME as 2026-11-22T08:00:00Z. Later starts go on where they were.",
     false},
    {"until", HR_OPTION_CHOICE, "never", "never|end",
     "end: stop at what the partitions held when the source was opened.", false},
    {"value", HR_OPTION_CHOICE, "ndjson", "ndjson|csv|raw|base64",
     "What values are: an object of JSON, a record of CSV, text, or bytes.", false},
    {"columns", HR_OPTION_TEXT, NULL, "NAMES", "Columns of value=csv.", false},
    {"delimiter", HR_OPTION_BYTE, ",", "BYTE", "Delimiter of value=csv.", false},
    {"metadata", HR_OPTION_TEXT, NULL, "NAMES",
     "Columns _key and so on in front of those of the value: key, key64 (base64), partition, offset, timestamp, headers, "
     "topic.",
     false},
    {"metadata-prefix", HR_OPTION_TEXT, "_", "TEXT",
     "What the names of those columns begin with; a value that has a member of such a name itself is rejected.", false},
    {"dead-letter", HR_OPTION_TEXT, NULL, "TOPIC", "Topic that messages which are rejected are copied to.", false},
    {"on-lost", HR_OPTION_CHOICE, "fail", "fail|pause|earliest|latest",
     "What to do when messages that come next are gone (retention, a topic made anew).", false},
    {"adopt", HR_OPTION_BOOL, "no", NULL, "Takes over a group that another ledger or feed has read.", false},
    {"memory", HR_OPTION_SIZE, "64Mi", "SIZE", "Memory for messages that were fetched ahead.", false},
    HR_KAFKA_CONNECTION_OPTIONS};

static hr_status source_identify(const char *uri, const hr_options *options, char *out, size_t capacity, hr_error *err)
{
    hr_kafka_address address;
    (void)options;
    hr_status status = hr_kafka_address_parse(uri, options_table, HR_COUNT(options_table), &address, err);
    if (status != HR_OK)
        return status;
    if ((size_t)snprintf(out, capacity, "kafka:%s", address.topic) >= capacity)
        status = hr_fail(err, HR_E_INVALID, "the name of the topic is too long");
    hr_kafka_address_free(&address);
    return status;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* Options that mean nothing without another one would be passed over. */
static hr_status check_given(const hr_options *options, const hr_kafka_shape *shape, hr_error *err)
{
    static const char *const of_csv[] = {"columns", "delimiter"};
    for (size_t i = 0; i < HR_COUNT(of_csv) && shape->value != HR_KAFKA_CSV; i++)
        if (hr_options_given(options, of_csv[i]))
            return hr_fail(err, HR_E_INVALID, "option %s is for values of CSV: add value=csv", of_csv[i]);
    if (hr_options_given(options, "metadata-prefix") && !hr_options_get(options, "metadata"))
        return hr_fail(err, HR_E_INVALID,
                       "option metadata-prefix is for the names of metadata: add metadata=key,offset,...");
    return HR_OK;
}

static hr_status read_shape(hr_kafka_source_state *source, hr_error *err)
{
    const hr_options *options = source->options;
    const char *value = hr_options_get(options, "value"), *metadata = hr_options_get(options, "metadata");
    hr_kafka_shape *shape = &source->shape;
    shape->value = !strcmp(value, "csv")      ? HR_KAFKA_CSV
                   : !strcmp(value, "raw")    ? HR_KAFKA_RAW
                   : !strcmp(value, "base64") ? HR_KAFKA_BASE64
                                              : HR_KAFKA_NDJSON;
    hr_status status = check_given(options, shape, err);
    if (status != HR_OK)
        return status;
    shape->topic = source->address.topic;
    shape->delimiter = (char)hr_options_byte(options, "delimiter", ',');
    if (shape->value == HR_KAFKA_CSV &&
        (shape->delimiter == '"' || shape->delimiter == '\n' || shape->delimiter == '\r'))
        return hr_fail(err, HR_E_INVALID, "option delimiter cannot be a quote or a newline");
    const char *columns = hr_options_get(options, "columns");
    if (shape->value == HR_KAFKA_CSV && (!columns || !*columns))
        return hr_fail(err, HR_E_INVALID, "value=csv needs the names of the columns: columns=a,b,c");
    return metadata ? hr_kafka_shape_meta(shape, metadata, hr_options_get(options, "metadata-prefix"), err) : HR_OK;
}

static hr_status read_options(hr_kafka_source_state *source, hr_error *err)
{
    const hr_options *options = source->options;
    const char *group = hr_options_get(options, "group"), *lost = hr_options_get(options, "on-lost");
    const char *dead = hr_options_get(options, "dead-letter"), *member = hr_options_get(options, "member");
    int64_t ms;
    source->from = hr_options_get(options, "from");
    source->until_end = !strcmp(hr_options_get(options, "until"), "end");
    source->adopt = hr_options_bool(options, "adopt", false);
    source->on_lost = !strcmp(lost, "pause")      ? HR_ON_LOST_PAUSE
                      : !strcmp(lost, "earliest") ? HR_ON_LOST_EARLIEST
                      : !strcmp(lost, "latest")   ? HR_ON_LOST_LATEST
                                                  : HR_ON_LOST_FAIL;
    if (source->from && strcmp(source->from, "earliest") != 0 && strcmp(source->from, "latest") != 0 &&
        !hr_kafka_time_parse(source->from, &ms))
        return hr_fail(err, HR_E_INVALID,
                       "\"%.80s\" is no place to begin: option from is earliest, latest, or a time such as "
                       "2026-11-22T08:00:00Z",
                       source->from);
    if (dead && (!hr_kafka_topic_legal(dead) || !strcmp(dead, source->address.topic)))
        return hr_fail(err, HR_E_INVALID, "\"%.80s\" is no name of another topic, for dead-letter", dead);
    if ((group && !*group) || (member && !*member))
        return hr_fail(err, HR_E_INVALID, "option %s is empty", group && !*group ? "group" : "member");
    source->group = group ? hr_strdup(group) : hr_asprintf("headrace-%s", source->plan->feed);
    source->owner = hr_asprintf("headrace ledger=%s feed=%s", source->plan->ledger, source->plan->feed);
    return source->group && source->owner ? read_shape(source, err) : hr_fail_memory(err, "opening a topic of Kafka");
}

/* A static member that is back within its session is given what it had, and nobody is asked again: that must be of this
 * topic, and of all of its partitions. */
static hr_status name_member(hr_kafka_source_state *source, hr_error *err)
{
    const char *member = hr_options_get(source->options, "member");
    if (member && !strcmp(member, "none"))
        return HR_OK;
    char *of = hr_asprintf("%s topic=%s partitions=%zu", source->owner, source->address.topic, source->leader_count);
    uint64_t mark = of ? hr_kafka_hash(of) : 0;
    if (of)
        source->member =
            member ? hr_asprintf("%s-%08" PRIx32, member, (uint32_t)mark) : hr_asprintf("headrace-%016" PRIx64, mark);
    hr_free(of);
    return source->member ? HR_OK : hr_fail_memory(err, "opening a topic of Kafka");
}

/* Asked before the group is joined. */
static hr_status find_leaders(hr_kafka_source_state *source, hr_error *err)
{
    hr_status status = hr_kafka_lookup_open(source, err);
    if (status != HR_OK)
        return status;
    hr_kafka_client *client = source->lookup.client;
    client->interrupted = &source->interrupted;
    status = hr_kafka_topic_leaders(client, source->address.topic, &source->leaders, &source->leader_count, err);
    client->interrupted = NULL;
    return status == HR_OK ? name_member(source, err) : status;
}

/* What is fetched ahead is bounded by bytes of messages, and by their number for what librdkafka needs beside them. */
static hr_status start_client(hr_kafka_source_state *source, hr_error *err)
{
    uint64_t memory = hr_options_count(source->options, "memory", 64u << 20);
    memory = memory < 8u << 20 ? 8u << 20 : memory > 8ull << 30 ? 8ull << 30 : memory;
    char queue[24], messages[24], fetch[24], part[24];
    uint64_t fetch_max = memory / 16 < 64u << 20 ? memory / 16 : 64u << 20; /* as it comes, compressed */
    fetch_max = fetch_max < 1u << 20 ? 1u << 20 : fetch_max;                /* librdkafka wants a million */
    (void)snprintf(queue, sizeof queue, "%" PRIu64, memory / 4 / 1024 < 2097151 ? memory / 4 / 1024 : 2097151);
    (void)snprintf(messages, sizeof messages, "%" PRIu64, memory / 1024 < 10000000 ? memory / 1024 : 10000000);
    (void)snprintf(fetch, sizeof fetch, "%" PRIu64, fetch_max);
    (void)snprintf(part, sizeof part, "%" PRIu64, fetch_max / 8);
    const hr_kafka_setting fixed[] = {{"group.id", source->group},
                                      {"enable.auto.commit", "false"},
                                      {"enable.auto.offset.store", "false"},
                                      {"auto.offset.reset", "error"}, /* never a silent jump */
                                      {"isolation.level", "read_committed"},
                                      {"partition.assignment.strategy", "range,roundrobin"},
                                      {"check.crcs", "true"},
                                      {"session.timeout.ms", "15000"},
                                      {"max.poll.interval.ms", "600000"},
                                      {"fetch.wait.max.ms", "100"},
                                      {"fetch.min.bytes", "65536"},
                                      {"queued.max.messages.kbytes", queue},
                                      {"queued.min.messages", messages},
                                      {"fetch.max.bytes", fetch},
                                      {"max.partition.fetch.bytes", part},
                                      {"enable.partition.eof", "true"}, /* what aborted transactions take is passed */
                                      {source->member ? "group.instance.id" : NULL, source->member},
                                      {NULL, NULL}};
    rd_kafka_conf_t *conf;
    hr_status status = hr_kafka_configure(&source->address, source->options, fixed, &conf, err);
    if (status != HR_OK)
        return status;
    rd_kafka_conf_set_rebalance_cb(conf, hr_kafka_on_rebalance);
    if (rd_kafka_version() < 0x020200ff)
        source->queue_low = memory / 1024 / 2;
    else
        (void)rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "5", NULL, 0);
    source->trail.ceiling = (size_t)(memory / 4);
    source->recent.budget = source->rejected.budget = (size_t)(memory / 8);
    status = hr_kafka_client_new(RD_KAFKA_CONSUMER, conf, &source->address, source, &source->interrupted,
                                 &source->client, err);
    if (status == HR_OK)
        source->queue = rd_kafka_queue_get_consumer(source->client->rk);
    return status;
}

static hr_status subscribe(hr_kafka_source_state *source, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, source->address.topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(source->client->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? HR_OK
               : hr_kafka_fail(source->client, err, code, "joining the group \"%s\"", source->group);
}

static hr_status make_evidence(hr_kafka_source_state *source, hr_error *err)
{
    hr_buffer text = {0};
    bool ok = hr_buffer_printf(&text, "{\"topic\":\"%s\",\"partitions\":%zu,\"group\":", source->address.topic,
                               source->leader_count) &&
              hr_buffer_json_text(&text, source->group) && hr_buffer_text(&text, ",\"brokers\":") &&
              hr_buffer_json_text(&text, source->address.brokers) &&
              hr_buffer_printf(&text, ",\"value\":\"%s\",\"until\":\"%s\",\"librdkafka\":\"%s\"}",
                               hr_options_get(source->options, "value"), source->until_end ? "end" : "never",
                               rd_kafka_version_str()) &&
              hr_buffer_add(&text, "", 1);
    if (!ok) {
        hr_buffer_free(&text);
        return hr_fail_memory(err, "opening a topic of Kafka");
    }
    source->evidence = (char *)text.data;
    return HR_OK;
}

static void source_close(void *state);

static hr_status add_column(hr_kafka_source_state *source, const char *name, hr_error *err)
{
    char **columns = hr_realloc(source->columns, (source->column_count + 1) * sizeof *columns);
    char *copy = columns ? hr_strdup(name) : NULL;
    if (columns)
        source->columns = columns;
    if (!copy)
        return hr_fail_memory(err, "naming columns");
    columns[source->column_count++] = copy;
    return HR_OK;
}

static hr_status name_columns(hr_kafka_source_state *source, hr_error *err)
{
    hr_status status = HR_OK;
    for (size_t i = 0; i < source->shape.meta_count && status == HR_OK; i++)
        status = add_column(source, source->shape.columns[i], err);
    if (status != HR_OK || source->shape.value != HR_KAFKA_CSV)
        return status == HR_OK ? add_column(source, "value", err) : status;
    const char *list = hr_options_get(source->options, "columns");
    char *room = hr_malloc(strlen(list) + 1);
    if (!room)
        return hr_fail_memory(err, "naming columns");
    while (list && *list && status == HR_OK) {
        list = hr_list_next(list, room);
        if (!*room)
            status = hr_fail(err, HR_E_INVALID, "option columns names a column that has no name: \"%.100s\"",
                             hr_options_get(source->options, "columns"));
        for (size_t i = 0; i < source->column_count && status == HR_OK; i++)
            if (!strcmp(source->columns[i], room))
                status = hr_fail(err, HR_E_INVALID, "option columns would make the column %.100s twice", room);
        if (status == HR_OK)
            status = add_column(source, room, err);
    }
    hr_free(room);
    return status;
}

static hr_status source_open(void *state, const hr_source_plan *plan, const hr_options *options, hr_error *err)
{
    hr_kafka_source_state *source = state;
    source->told_plan = *plan;
    source->plan = &source->told_plan;
    source->options = options;
    hr_status status = hr_kafka_address_parse(plan->uri, options_table, HR_COUNT(options_table), &source->address, err);
    if (status == HR_OK)
        status = read_options(source, err);
    if (status == HR_OK && source->shape.value != HR_KAFKA_NDJSON)
        status = name_columns(source, err);
    if (status == HR_OK)
        status = find_leaders(source, err);
    if (status == HR_OK)
        status = start_client(source, err);
    if (status == HR_OK)
        status = hr_kafka_dead_open(source, err);
    if (status == HR_OK)
        status = hr_kafka_parts_grow(source, source->leader_count, err);
    if (status == HR_OK && source->until_end)
        status = hr_kafka_find_ends(source, err);
    if (status == HR_OK)
        status = make_evidence(source, err);
    if (status == HR_OK)
        status = subscribe(source, err);
    if (status != HR_OK) {
        hr_error_origin(err, plan->uri);
        source_close(state);
    }
    return status;
}

/* ---- facts ------------------------------------------------------------------------------------------------------- */

static hr_status source_describe(void *state, hr_source_facts *out, hr_error *err)
{
    hr_kafka_source_state *source = state;
    (void)err;
    bool csv = source->shape.value == HR_KAFKA_CSV;
    *out = (hr_source_facts){.format = csv ? "csv" : "ndjson",
                             .dialect = {source->shape.delimiter, '"', HR_NO_BYTE, HR_NO_BYTE},
                             .columns = (const char *const *)source->columns,
                             .column_count = source->column_count,
                             .evidence = source->evidence,
                             .total = HR_UNKNOWN};
    return HR_OK;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void source_interrupt(void *state)
{
    hr_kafka_source_state *source = state;
    atomic_store(&source->interrupted, true);
}

/* What was acknowledged is at the broker before the partitions go to others. */
static void source_close(void *state)
{
    hr_kafka_source_state *source = state;
    if (source->client) {
        hr_status ignored = hr_kafka_commit(source, false, NULL); /* the ledger has it */
        (void)ignored;
        if (source->rebalance_count)
            (void)rd_kafka_assign(source->client->rk, NULL);
    }
    hr_kafka_rebalance_forget(source);
    hr_kafka_lookup_close(&source->lookup);
    hr_kafka_kept_free(&source->recent);
    hr_kafka_kept_free(&source->rejected);
    hr_kafka_origin_clear(&source->origin);
    if (source->queue)
        rd_kafka_queue_destroy(source->queue);
    hr_kafka_client_close(source->dead);
    hr_kafka_client_close(source->client);
    hr_kafka_address_free(&source->address);
    hr_trail_free(&source->trail);
    hr_buffer_free(&source->pending);
    for (size_t i = 0; i < source->column_count; i++)
        hr_free(source->columns[i]);
    hr_free(source->columns);
    hr_free(source->group);
    hr_free(source->owner);
    hr_free(source->member);
    hr_free(source->parts);
    hr_free(source->told);
    hr_free(source->leaders);
    hr_free(source->headers);
    hr_free(source->header_order);
    hr_free(source->evidence);
    memset(source, 0, sizeof *source);
}

const hr_source_type hr_kafka_source = {
    .version = HR_CONNECTOR_VERSION,
    .state_size = sizeof(hr_kafka_source_state),
    .scheme = "kafka",
    .options = options_table,
    .option_count = HR_COUNT(options_table),
    .capabilities = HR_SOURCE_ENDLESS | HR_SOURCE_PARTS,
    .identify = source_identify,
    .open = source_open,
    .describe = source_describe,
    .read = hr_kafka_read,
    .position = hr_kafka_position_of,
    .acknowledge = hr_kafka_acknowledge,
    .origin = hr_kafka_origin_of,
    .place = hr_kafka_place,
    .refused = hr_kafka_refused,
    .interrupt = source_interrupt,
    .close = source_close,
};
