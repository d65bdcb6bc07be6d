/* source.c: PostgreSQL as a source: opening, describing, positions. */
#include "connectors/postgres/source.h"

#include <stdio.h>

#include "connectors/postgres/copy_text.h"
#include "connectors/postgres/postgres.h"

static const hr_option table[] = {
    {"table", HR_OPTION_TEXT, NULL, "SCHEMA.TABLE", "The table, or view, that is read.", false},
    {"query", HR_OPTION_TEXT, NULL, "SELECT", "Instead of a table: a query whose records are read.", false},
    {"label", HR_OPTION_TEXT, NULL, "NAME",
     "What the positions of a query belong to, so that its text may be changed (default: its text).", false},
    {"columns", HR_OPTION_TEXT, NULL, "COLUMN,...", "Columns to be read (default: all).", false},
    {"watermark", HR_OPTION_TEXT, NULL, "COLUMN",
     "A column that grows with every change: a run reads what is above where the last one ended. A time that the "
     "database sets by now(), or an xid8 set by pg_current_xact_id(), misses nothing.",
     false},
    {"key", HR_OPTION_TEXT, NULL, "COLUMN,...",
     "Columns that tell records apart (default, with a watermark: the primary key). Reads are ordered by them where an "
     "index is there for it, so that a run that was cut off goes on where it was.",
     false},
    {"order", HR_OPTION_CHOICE, "auto", "auto|yes|no",
     "Read in the order of watermark and key, with checkpoints on the way, or as it comes, with one at the end.",
     false},
    {"bound", HR_OPTION_CHOICE, "auto", "auto|exact|overlap",
     "What a run reads up to: the begin of the oldest open transaction (exact), or the clock, with a lookback for what "
     "is committed late (overlap); auto: exact where the server lets us see it.",
     false},
    {"lookback", HR_OPTION_TEXT, NULL, "TIME|N",
     "How far each run goes back behind the last one, for times that are not set by the database's own clock (default: "
     "15m, or 1000 of a number, where the bound is not exact, else nothing).",
     false},
    {"lag", HR_OPTION_TIME, "1s", "TIME", "How far behind the clock of the database a run ends at least.", false},
    {"zone", HR_OPTION_TEXT, NULL, "ZONE",
     "Time zone in which a watermark without one is written (default: that of the database).", false},
    {"readers", HR_OPTION_COUNT, "1", "N", "Connections that read a table in parallel, as of one moment; not in order.",
     false},
    {"row-security", HR_OPTION_CHOICE, "whole", "whole|visible",
     "Where policies of row level security would hide rows from this user: the read fails, or takes what is visible.",
     false},
    HR_PG_OPTIONS,
};

static void source_close(void *state)
{
    hr_pg_source *source = state;
    for (size_t i = 0; i < source->lane_count; i++)
        hr_pg_close(&source->lanes[i].pg);
    hr_free(source->lanes);
    hr_pg_pull_clear(&source->pull);
    hr_pg_server_clear(&source->server);
    hr_pg_shape_clear(&source->shape);
    hr_pg_position_clear(&source->standing);
    for (size_t i = 0; i < HR_PG_KEYS_MAX; i++) {
        hr_free(source->key_types[i]);
        hr_free(source->page_after[i]);
    }
    hr_free(source->watermark_type);
    hr_free(source->page_at);
    hr_free(source->run.high);
    hr_free(source->run.low);
    hr_free(source->run.sure);
    hr_free(source->run.pieces);
    hr_buffer_free(&source->pending);
    hr_buffer_free(&source->key);
    hr_buffer_free(&source->evidence);
    hr_buffer_free(&source->record_key);
    hr_pg_trail_clear(&source->trail);
    if (atomic_exchange(&source->wakeable, false))
        hr_pg_wake_close(&source->wake);
    *source = (hr_pg_source){0};
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static hr_status take_standing(hr_pg_source *source, const hr_source_plan *plan, hr_error *err)
{
    hr_status status = plan->standing ? plan->standing(plan->runner, "", source->committed, err) : HR_OK;
    if (status == HR_OK && *source->committed)
        status = hr_pg_position_read(source->committed, &source->standing, err);
    return status;
}

/* In this order: what is open is looked at before the snapshot is taken (source_bound.c). */
static hr_status prepare(hr_pg_source *source, const hr_source_plan *plan, const hr_options *options, hr_error *err)
{
    bool several, standby;
    hr_status status = hr_pg_source_connect(source, plan, options, err);
    if (status == HR_OK && source->pull.watermark)
        status = hr_pg_source_look(source, err);
    if (status == HR_OK)
        status = hr_pg_source_begin(source, &source->lanes[0], NULL, err);
    if (status == HR_OK)
        status = hr_pg_source_shape(source, err);
    if (status == HR_OK)
        status = hr_pg_source_plan(source, err);
    if (status == HR_OK)
        status = hr_pg_source_lanes(source, plan, options, err);
    if (status == HR_OK)
        status = hr_pg_uri_hosts(plan->uri, &several, &standby, err);
    return status == HR_OK ? hr_pg_source_report(source, standby, err) : status;
}

static hr_status source_open(void *state, const hr_source_plan *plan, const hr_options *options, hr_error *err)
{
    hr_pg_source *source = state;
    source->runner = plan->runner;
    source->tell = plan->tell;
    snprintf(source->job, sizeof source->job, "%s", plan->job ? plan->job : "");
    hr_status status = hr_pg_wake_open(&source->wake, err);
    if (status != HR_OK)
        return status;
    atomic_store(&source->wakeable, true);
    status = hr_pg_pull_read(options, &source->pull, err);
    if (status == HR_OK)
        status = take_standing(source, plan, err);
    if (status == HR_OK)
        status = prepare(source, plan, options, err);
    if (status != HR_OK) {
        hr_error_origin(err, plan->uri);
        source_close(source);
    }
    return status;
}

static bool put_list(hr_buffer *out, const char *name)
{
    return (!out->size || hr_buffer_text(out, ",")) && hr_pg_quote_name(out, name);
}

/* A record is the same as another when key and watermark are; where there is no key, when all of it is. */
static hr_status name_key(hr_pg_source *source, hr_error *err)
{
    const hr_pg_reading *reading = &source->reading;
    hr_buffer *out = &source->record_key;
    if (out->size || !reading->watermark)
        return HR_OK;
    bool ok = reading->key_count || hr_buffer_text(out, "*");
    for (size_t i = 0; ok && i < reading->key_count; i++)
        ok = put_list(out, reading->keys[i]);
    if (reading->key_count)
        ok = ok && put_list(out, reading->watermark);
    return ok && hr_buffer_add(out, "", 1) ? HR_OK : hr_fail_memory(err, "describing the source");
}

static hr_status source_describe(void *state, hr_source_facts *out, hr_error *err)
{
    hr_pg_source *source = state;
    const hr_pg_shape *shape = &source->shape;
    hr_status status = name_key(source, err);
    if (status != HR_OK)
        return status;
    *out = (hr_source_facts){
        .format = "csv",
        .dialect = {HR_PG_DELIMITER, HR_PG_QUOTE, HR_NO_BYTE, HR_NO_BYTE},
        .columns = (const char *const *)shape->columns,
        .column_count = shape->column_count,
        .types = shape->types,
        .natives = (const char *const *)shape->natives,
        .evidence = (const char *)source->evidence.data,
        .total = HR_UNKNOWN,
        .null = shape->column_count == 1 ? "\\N" : NULL,
        .key = (const char *)source->record_key.data,
        .again = source->run.again,
        .whole = !source->run.ordered,
    };
    return HR_OK;
}

/* ---- positions ------------------------------------------------------------------------------------------------- */

/* Field `i` of the key that the trail stands at, as a heap string; *null: it is NULL. */
static char *head_value(const hr_pg_source *source, size_t i, bool *null)
{
    const hr_buffer *head = &source->trail.head;
    const uint8_t *field;
    size_t size;
    *null = false;
    if (!hr_pg_copy_field(head->data, head->size, i, &field, &size))
        return NULL;
    char *out = hr_malloc(size + 1);
    if (!out)
        return NULL;
    size = hr_pg_copy_value(field, size, (uint8_t *)out);
    if (size != SIZE_MAX) {
        out[size] = '\0';
        return out;
    }
    hr_free(out);
    *null = true;
    return NULL;
}

/* Behind the record that ends at `bytes`. */
static hr_status position_within(hr_pg_source *source, uint64_t bytes, hr_pg_position *out, hr_error *err)
{
    hr_status status = hr_pg_trail_seek(&source->trail, bytes, err);
    size_t first = source->reading.watermark != NULL;
    bool null;
    if (status != HR_OK)
        return status;
    if (first) {
        out->at = head_value(source, 0, &null);
        if (!out->at && !null)
            return hr_fail_memory(err, "making a position");
        out->nulls = null;
        out->high = null ? NULL : hr_strdup(source->run.high);
        if (!null && !out->high)
            return hr_fail_memory(err, "making a position");
    }
    for (size_t i = 0; i < source->reading.key_count; i++) {
        out->after[i] = head_value(source, first + i, &null);
        out->keys[i] = hr_strdup(source->reading.keys[i]);
        if (!out->after[i] || !out->keys[i])
            return hr_fail_memory(err, "making a position");
    }
    out->key_count = source->reading.key_count;
    return HR_OK;
}

static hr_status make_position(hr_pg_source *source, uint64_t bytes, hr_pg_position *out, hr_error *err)
{
    const hr_pg_reading *reading = &source->reading;
    bool end = source->ended && bytes == source->given;
    out->full = !reading->watermark;
    if (reading->watermark &&
        (!(out->watermark = hr_strdup(reading->watermark)) || !(out->type = hr_strdup(reading->watermark_type))))
        return hr_fail_memory(err, "making a position");
    out->loose = reading->watermark && !source->run.exact;
    if (!(out->table = hr_strdup(source->shape.table)) || !(out->shape = hr_strdup(source->shape.shape)))
        return hr_fail_memory(err, "making a position");
    if (source->run.sure && !(out->sure = hr_strdup(source->run.sure)))
        return hr_fail_memory(err, "making a position");
    if (!end)
        return position_within(source, bytes, out, err);
    char **last = out->full ? &out->done : &out->high;
    *last = hr_strdup(out->full ? source->job : source->run.high);
    return *last ? HR_OK : hr_fail_memory(err, "making a position");
}

static hr_status source_position(void *state, uint64_t bytes, const hr_part **parts, size_t *count, hr_error *err)
{
    hr_pg_source *source = state;
    bool end = source->ended && bytes == source->given;
    source->part = (hr_part){.name = "", .at = source->at};
    *parts = &source->part;
    *count = 0;
    if (!end && (!source->run.ordered || !bytes))
        return HR_OK;
    if (end && source->reading.watermark && !source->run.high)
        return HR_OK;
    hr_pg_position position = {0};
    char text[HR_POSITION_MAX];
    hr_status status = make_position(source, bytes, &position, err);
    if (status == HR_OK)
        status = hr_pg_position_write(&position, text, err);
    hr_pg_position_clear(&position);
    if (status != HR_OK)
        return status;
    memcpy(source->at, text, sizeof text);
    *count = strcmp(source->at, source->committed) != 0;
    return HR_OK;
}

static hr_status source_acknowledge(void *state, const hr_part *parts, size_t count, hr_error *err)
{
    hr_pg_source *source = state;
    (void)err;
    for (size_t i = 0; i < count; i++)
        if (!*parts[i].name)
            snprintf(source->committed, sizeof source->committed, "%s", parts[i].at);
    return HR_OK;
}

static void source_interrupt(void *state)
{
    hr_pg_source *source = state;
    if (atomic_load(&source->wakeable))
        hr_pg_wake_raise(&source->wake);
}

const hr_source_type hr_postgres_source = {
    .version = HR_CONNECTOR_VERSION,
    .state_size = sizeof(hr_pg_source),
    .scheme = "postgres",
    .options = table,
    .option_count = HR_COUNT(table),
    .identify = hr_pg_identify,
    .open = source_open,
    .describe = source_describe,
    .read = hr_pg_source_read,
    .position = source_position,
    .acknowledge = source_acknowledge,
    .interrupt = source_interrupt,
    .close = source_close,
    .windows = hr_pg_source_windows,
};
