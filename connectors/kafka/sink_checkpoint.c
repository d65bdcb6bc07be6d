/* sink_checkpoint.c: the compacted topic that says where the parts of sources stand at the destination. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/kafka/position.h"
#include "connectors/kafka/sink.h"

#define OPEN_MS 30000 /* how long a transaction of another feed is waited for at a time */

/* ---- reading ----------------------------------------------------------------------------------------------------- */

hr_kafka_stand *hr_kafka_stand_find(const hr_kafka_sink_state *sink, const char *name)
{
    for (size_t i = 0; i < sink->stand_count; i++)
        if (!strcmp(sink->stands[i].name, name))
            return &sink->stands[i];
    return NULL;
}

hr_status hr_kafka_stand_set(hr_kafka_sink_state *sink, const char *name, const char *at, hr_error *err)
{
    hr_kafka_stand *stand = hr_kafka_stand_find(sink, name);
    char *copy = hr_strdup(at);
    if (copy && !stand) {
        hr_kafka_stand *stands = hr_realloc(sink->stands, (sink->stand_count + 1) * sizeof *stands);
        char *own = stands ? hr_strdup(name) : NULL;
        if (stands)
            sink->stands = stands;
        if (own) {
            stand = &stands[sink->stand_count++];
            *stand = (hr_kafka_stand){.name = own};
        }
    }
    if (!copy || !stand) {
        hr_free(copy);
        return hr_fail_memory(err, "reading the checkpoint topic");
    }
    hr_free(stand->at);
    stand->at = copy;
    return HR_OK;
}

/* A header as text; false: there is none. */
static bool header_text(const rd_kafka_message_t *message, const char *name, char *out, size_t capacity)
{
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t size = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR || !value ||
        size >= capacity)
        return false;
    memcpy(out, value, size);
    out[size] = '\0';
    return true;
}

static hr_status take_record(hr_kafka_sink_state *sink, const rd_kafka_message_t *message, const char *head_key,
                             bool stands, hr_kafka_head *head, hr_error *err)
{
    char text[HR_POSITION_MAX], name[HR_PART_NAME_MAX];
    size_t size = strlen(head_key);
    const char *key = message->key;
    if (!key || message->key_len < size || memcmp(key, head_key, size - 1) != 0)
        return HR_OK;
    if (message->key_len == size && key[size - 1] == ']') {
        *head = (hr_kafka_head){.found = header_text(message, "commit", head->token, sizeof head->token)};
        (void)header_text(message, "commit", head->token, sizeof head->token);
        (void)header_text(message, "ledger", head->ledger, sizeof head->ledger);
        if (header_text(message, "generation", text, sizeof text))
            head->generation = strtoull(text, NULL, 10);
        return HR_OK;
    }
    if (!stands || key[size - 1] != ',' || !header_text(message, "part", name, sizeof name) ||
        !header_text(message, "position", text, sizeof text))
        return HR_OK;
    return hr_kafka_stand_set(sink, name, text, err);
}

/* A partition, and how much of it is to be read. */
typedef struct span {
    int64_t from, end; /* RD_KAFKA_OFFSET_BEGINNING is a `from`, too */
    bool ours;         /* there are records of this source */
    bool done;
} span;

/* What a read of the topic is for: positions, or whether there are records of ours at all. */
typedef struct reading {
    hr_kafka_client *client;
    const char *head_key;
    hr_kafka_head *head; /* NULL: only `ours` is wanted */
    bool stands;
    span *spans; /* [count] */
    size_t count;
} reading;

static bool is_ours(const rd_kafka_message_t *message, const char *head_key)
{
    size_t size = strlen(head_key);
    return message->key && message->key_len >= size && !memcmp(message->key, head_key, size - 1);
}

/* False: there is nothing to be read. */
static bool assign_spans(const hr_kafka_sink_state *sink, const reading *what)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (size_t i = 0; i < what->count; i++) {
        span *one = &what->spans[i];
        one->done = one->end <= 0 || one->from >= one->end;
        if (!one->done)
            rd_kafka_topic_partition_list_add(list, sink->checkpoint, (int32_t)i)->offset = one->from;
    }
    bool some = list->cnt > 0;
    (void)rd_kafka_assign(what->client->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return some;
}

static hr_status take(hr_kafka_sink_state *sink, const rd_kafka_message_t *message, reading *what, hr_error *err)
{
    bool at_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (message->err && !at_end)
        return hr_kafka_fail(what->client, err, message->err, "reading the checkpoint topic \"%s\"", sink->checkpoint);
    if (message->partition < 0 || (size_t)message->partition >= what->count)
        return HR_OK;
    span *one = &what->spans[message->partition];
    hr_status status = HR_OK;
    if (!at_end && is_ours(message, what->head_key)) {
        one->ours = true;
        if (what->head)
            status = take_record(sink, message, what->head_key, what->stands, what->head, err);
    }
    one->done |= message->offset >= (at_end ? one->end : one->end - 1);
    return status;
}

static hr_status read_spans(hr_kafka_sink_state *sink, reading *what, hr_error *err)
{
    hr_status status = HR_OK;
    for (bool more = assign_spans(sink, what); more && status == HR_OK;) {
        status = hr_kafka_check(what->client, err);
        rd_kafka_message_t *message =
            status == HR_OK ? rd_kafka_consumer_poll(what->client->rk, HR_KAFKA_WAIT_MS) : NULL;
        if (message) {
            status = take(sink, message, what, err);
            rd_kafka_message_destroy(message);
        }
        more = false;
        for (size_t i = 0; i < what->count; i++)
            more |= !what->spans[i].done;
    }
    return status;
}

static hr_status ask_ends(hr_kafka_sink_state *sink, reading *what, hr_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)what->count);
    for (size_t i = 0; i < what->count; i++)
        rd_kafka_topic_partition_list_add(list, sink->checkpoint, (int32_t)i);
    hr_status status = hr_kafka_offsets(what->client, list, RD_KAFKA_OFFSET_END, err);
    for (size_t i = 0; i < what->count && status == HR_OK; i++)
        what->spans[i].end = list->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static hr_status start_reader(hr_kafka_sink_state *sink, const char *isolation, reading *what, hr_error *err)
{
    /* It joins no group, but cannot be made without one. */
    const hr_kafka_setting fixed[] = {
        {"group.id", "headrace-checkpoint"}, {"enable.auto.commit", "false"},        {"auto.offset.reset", "error"},
        {"isolation.level", isolation},      {"enable.partition.eof", "true"},       {"fetch.wait.max.ms", "10"},
        {"fetch.error.backoff.ms", "10"},    {"queued.max.messages.kbytes", "8192"}, {NULL, NULL}};
    rd_kafka_conf_t *conf;
    int32_t *leaders = NULL;
    hr_kafka_address plain = sink->address; /* the settings of the address are the producer's */
    plain.settings = 0;
    hr_status status = hr_kafka_configure(&plain, sink->options, fixed, &conf, err);
    if (status == HR_OK)
        status =
            hr_kafka_client_new(RD_KAFKA_CONSUMER, conf, &sink->address, NULL, &sink->interrupted, &what->client, err);
    if (status == HR_OK)
        status = hr_kafka_topic_leaders(what->client, sink->checkpoint, &leaders, &what->count, err);
    hr_free(leaders);
    if (status == HR_E_NOT_FOUND)
        status = hr_fail(err, HR_E_NOT_FOUND,
                         "the checkpoint topic \"%s\" is gone, which says what was committed: without it this feed "
                         "cannot go on",
                         sink->checkpoint);
    if (status == HR_OK && !(what->spans = hr_calloc(what->count, sizeof *what->spans)))
        status = hr_fail_memory(err, "reading the checkpoint topic");
    for (size_t i = 0; i < what->count && status == HR_OK; i++)
        what->spans[i].from = RD_KAFKA_OFFSET_BEGINNING;
    return status;
}

static void end_reader(reading *what)
{
    hr_kafka_client_close(what->client);
    hr_free(what->spans);
}

/* What of ours the reader of committed records is not shown. */
static bool is_hidden(const reading *shown, const reading *all)
{
    for (size_t i = 0; i < all->count && i < shown->count; i++)
        if (all->spans[i].ours && shown->spans[i].end < all->spans[i].end)
            return true;
    return false;
}

static hr_status fail_hidden(const hr_kafka_sink_state *sink, hr_error *err)
{
    hr_status status =
        hr_fail(err, HR_E_IO,
                "a transaction of another feed is open on the checkpoint topic \"%s\", and hides what was committed "
                "since: run that feed again, which ends it, or wait for its transaction-timeout",
                sink->checkpoint);
    if (err)
        err->retryable = true;
    return status;
}

/* Nobody is shown what was committed behind the beginning of a transaction that is still open, also when that is
 * another feed's whose process is gone. When something of ours is there, the end that is shown is worth waiting for:
 * without it a commit that was made would look like one that never was, and its rows would be sent again. */
static hr_status wait_for_ends(hr_kafka_sink_state *sink, reading *shown, hr_error *err)
{
    reading all = {.head_key = shown->head_key};
    int64_t until = hr_clock_steady_ns() + (int64_t)OPEN_MS * 1000000;
    hr_status status = start_reader(sink, "read_uncommitted", &all, err);
    if (status == HR_OK)
        status = ask_ends(sink, &all, err);
    if (status == HR_OK)
        status = ask_ends(sink, shown, err);
    for (size_t i = 0; i < all.count && status == HR_OK; i++)
        all.spans[i].from = i < shown->count ? shown->spans[i].end : all.spans[i].end;
    if (status == HR_OK)
        status = read_spans(sink, &all, err);
    while (status == HR_OK && is_hidden(shown, &all)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(all.client->rk, HR_KAFKA_WAIT_MS);
        if (message)
            rd_kafka_message_destroy(message);
        status = hr_clock_steady_ns() < until ? ask_ends(sink, shown, err) : fail_hidden(sink, err);
    }
    end_reader(&all);
    return status;
}

/* The partition that has records of this source keeps them, also when the topic was given more partitions since. */
static void choose_partition(hr_kafka_sink_state *sink, const reading *what)
{
    sink->checkpoint_part = (int32_t)(hr_kafka_hash(sink->key_begin) % what->count);
    for (size_t i = 0; i < what->count; i++)
        if (what->spans[i].ours)
            sink->checkpoint_part = (int32_t)i;
    int64_t end = what->spans[sink->checkpoint_part].end;
    sink->checkpoint_end = end > sink->checkpoint_end ? end : sink->checkpoint_end;
}

hr_status hr_kafka_checkpoint_read(hr_kafka_sink_state *sink, const char *head_key, bool stands, hr_kafka_head *head,
                                   hr_error *err)
{
    reading what = {.head_key = head_key, .head = head, .stands = stands};
    *head = (hr_kafka_head){0};
    hr_status status = start_reader(sink, "read_committed", &what, err);
    if (status == HR_OK)
        status = wait_for_ends(sink, &what, err);
    if (status == HR_OK)
        status = read_spans(sink, &what, err);
    if (status == HR_OK && stands)
        choose_partition(sink, &what);
    end_reader(&what);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* What people see: {"part":...,"position":...,"ledger":...,"generation":...,"job":...} */
static bool make_value(const hr_kafka_sink_state *sink, const hr_part *part, const char *generation, hr_buffer *out)
{
    const hr_sink_plan *plan = &sink->plan;
    bool ok = hr_buffer_text(out, "{");
    if (part)
        ok = ok && hr_buffer_text(out, "\"part\":") && hr_buffer_json_text(out, part->name) &&
             hr_buffer_text(out, ",\"position\":") && hr_buffer_json_text(out, part->at) && hr_buffer_text(out, ",");
    return ok && hr_buffer_text(out, "\"ledger\":") && hr_buffer_json_text(out, plan->ledger) &&
           hr_buffer_printf(out, ",\"generation\":%s,\"job\":", generation) && hr_buffer_json_text(out, plan->job) &&
           hr_buffer_text(out, "}");
}

/* What is said of its delivery is told from that of rows by the opaque. */
static rd_kafka_resp_err_t produce(hr_kafka_sink_state *sink, const hr_buffer *key, const hr_buffer *value,
                                   rd_kafka_headers_t *headers)
{
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = sink->checkpoint},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = sink->checkpoint_part},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {key->data, key->size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {value->data, value->size}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = sink},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(sink->client->rk, parts, HR_COUNT(parts));
    rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_error_destroy(error);
    return code;
}

static hr_status send_record(hr_kafka_sink_state *sink, const hr_part *part, hr_error *err)
{
    char generation[24];
    hr_buffer key = {0}, value = {0};
    rd_kafka_headers_t *headers = rd_kafka_headers_new(5);
    (void)snprintf(generation, sizeof generation, "%" PRIu64, sink->plan.generation);
    bool ok =
        headers && hr_buffer_text(&key, sink->key_begin) &&
        (!part || (hr_buffer_text(&key, ",") && hr_buffer_json_text(&key, part->name))) && hr_buffer_text(&key, "]") &&
        make_value(sink, part, generation, &value) && hr_kafka_header_add(headers, "commit", sink->token) &&
        hr_kafka_header_add(headers, "ledger", sink->plan.ledger) &&
        hr_kafka_header_add(headers, "generation", generation) &&
        (!part ||
         (hr_kafka_header_add(headers, "part", part->name) && hr_kafka_header_add(headers, "position", part->at)));
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__QUEUE_FULL;
    hr_status status = ok ? HR_OK : hr_fail_memory(err, "writing a checkpoint");
    while (status == HR_OK && code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        code = produce(sink, &key, &value, headers);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            (void)rd_kafka_poll(sink->client->rk, HR_KAFKA_WAIT_MS);
            status = hr_kafka_check(sink->client, err);
        }
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && headers)
        rd_kafka_headers_destroy(headers);
    if (status == HR_OK && code != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = hr_kafka_sink_fail(sink, err, code, "writing a checkpoint");
    hr_buffer_free(&key);
    hr_buffer_free(&value);
    return status;
}

hr_status hr_kafka_checkpoint_send(hr_kafka_sink_state *sink, const hr_part *parts, size_t count, hr_error *err)
{
    hr_status status = HR_OK;
    for (size_t i = 0; i < count && status == HR_OK; i++)
        status = send_record(sink, &parts[i], err);
    return status == HR_OK ? send_record(sink, NULL, err) : status;
}
