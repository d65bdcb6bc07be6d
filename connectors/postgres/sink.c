/* sink.c: postgres:// as a destination: rows by COPY, with their position in the same transaction. */
#include "connectors/postgres/sink.h"
#include "connectors/postgres/postgres.h"

#include "core/output/writer.h"

static const hr_option options_table[] = {
    {"table", HR_OPTION_TEXT, NULL, "TABLE", "Table that rows go to, or SCHEMA.TABLE; unset: the name of the feed.",
     false},
    {"mode", HR_OPTION_CHOICE, "append", "append|insert-ignore|merge|replace",
     "What becomes of rows whose key is there already: nobody looks, they stay, they are updated; or all rows are replaced.",
     false},
    {"key", HR_OPTION_TEXT, NULL, "COLUMNS",
     "Columns that tell rows apart, for modes insert-ignore and merge; unset: the table's primary key.", false},
    {"copy", HR_OPTION_CHOICE, "auto", "auto|text|binary",
     "How rows are sent: as text, in COPY's binary format, or in what suits them and costs less.", false},
    {"writers", HR_OPTION_COUNT, "1", "N", "Connections that load rows at the same time, 64 at most.", false},
    {"create", HR_OPTION_BOOL, "yes", NULL, "Make the table when there is none.", false},
    {"drift", HR_OPTION_CHOICE, "freeze", "evolve|freeze|reject-row",
     "What becomes of columns that the table lacks: they are added, the job fails, or rows with a value there are rejected.",
     false},
    {"allow-empty", HR_OPTION_BOOL, "no", NULL, "Let mode replace leave an empty table.", false},
    {"key-column", HR_OPTION_TEXT, NULL, "NAME", "Column that receives the hash of each row's key.", false},
    {"checkpoint-schema", HR_OPTION_TEXT, "headrace", "SCHEMA", "Schema of the table that positions are kept in.",
     false},
    HR_PG_OPTIONS,
};

static const char *const modes[] = {"append", "insert-ignore", "merge", "replace"};
static const char *const drifts[] = {"freeze", "evolve", "reject-row"};

static unsigned choice(const hr_options *options, const char *key, const char *const *words, unsigned count)
{
    const char *given = hr_options_get(options, key);
    for (unsigned i = 0; given && i < count; i++)
        if (!strcmp(given, words[i]))
            return i;
    return 0;
}

static hr_pg_lane *oldest(hr_pg_sink *sink)
{
    return &sink->lanes[sink->oldest];
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static void sink_close(void *state)
{
    hr_pg_sink *sink = state;
    for (size_t i = 0; sink->lanes && i < sink->lane_count; i++) {
        hr_pg_lane *lane = &sink->lanes[i];
        hr_pg_close(&lane->pg); /* the server rolls back */
        hr_pg_drop_rows(lane);
        hr_free(lane->pieces);
        hr_free(lane->refusals);
        hr_free(lane->refused);
        hr_buffer_free(&lane->out);
    }
    hr_pg_close(&sink->control);
    hr_free(sink->lanes);
    for (size_t i = 0; i < sink->given_count; i++)
        hr_free(sink->given[i].own);
    hr_free(sink->given);
    hr_copy_text_free(sink->copy);
    hr_copy_binary_free(sink->binary);
    hr_free(sink->begin_binary_sql);
    hr_buffer_free(&sink->evidence);
    hr_pg_target_free(&sink->target);
    hr_free(sink->begin_sql);
    hr_free(sink->copy_sql);
    hr_free(sink->stage_sql);
    hr_free(sink->insert_sql);
    hr_free(sink->checkpoint);
    hr_free(sink->fresh);
    hr_free(sink->outcome);
    atomic_store(&sink->wakeable, false);
    hr_pg_wake_close(&sink->wake);
    *sink = (hr_pg_sink){.wake.fd = -1};
}

/* An option that would do nothing may be one that somebody relies on. */
static hr_status check_options(const hr_pg_sink *sink, hr_error *err)
{
    if (hr_options_get(sink->options, "key") && !hr_pg_is_keyed(sink))
        return hr_fail(
            err, HR_E_INVALID,
            "option key is for modes insert-ignore and merge, and mode %s compares no keys: leave it out, or "
            "choose one of these",
            modes[sink->mode]);
    if (sink->allow_empty && sink->mode != HR_PG_REPLACE)
        return hr_fail(err, HR_E_INVALID, "option allow-empty says something of mode replace, and the mode is %s",
                       modes[sink->mode]);
    return HR_OK;
}

static hr_status read_options(hr_pg_sink *sink, hr_error *err)
{
    const char *table = hr_options_get(sink->options, "table");
    sink->mode = (hr_pg_mode)choice(sink->options, "mode", modes, HR_COUNT(modes));
    sink->drift = (hr_pg_drift)choice(sink->options, "drift", drifts, HR_COUNT(drifts));
    sink->create = hr_options_bool(sink->options, "create", true);
    sink->allow_empty = hr_options_bool(sink->options, "allow-empty", false);
    uint64_t writers = hr_options_count(sink->options, "writers", 1);
    if (writers < 1 || writers > 64)
        return hr_fail(err, HR_E_INVALID, "option writers is a number from 1 to 64");
    sink->lane_count = sink->plan.segments ? sink->plan.segments : 1;
    sink->writers = (size_t)writers;
    hr_status status = check_options(sink, err);
    if (status != HR_OK)
        return status;
    if (table && *table)
        return hr_pg_split_name(table, &sink->target.schema, &sink->target.table, err);
    const char *name = sink->plan.title ? sink->plan.title : sink->plan.feed;
    if (!name || !*name)
        return hr_fail(err, HR_E_INVALID, "a database needs to know the table: give option table");
    if (strlen(name) > HR_PG_NAME_MAX)
        return hr_fail(err, HR_E_INVALID, "the name of the feed is too long for a table: give option table");
    sink->target.table = hr_strdup(name);
    return sink->target.table ? HR_OK : hr_fail_memory(err, "opening a database");
}

static hr_status open_position(hr_pg_sink *sink, hr_error *err)
{
    hr_status status = hr_pg_position_open(sink, &oldest(sink)->pg, err);
    if (status != HR_E_PERMISSION || !err)
        return status;
    hr_error reason = *err;
    const char *schema = hr_options_get(sink->options, "checkpoint-schema");
    return hr_fail(
        err, status,
        "%.500s; positions are committed with the rows: let this user have USAGE on schema %.63s and SELECT, "
        "INSERT, UPDATE on %.63s.checkpoint (docs/postgres.md says how to make it), or name a schema of its "
        "own by option checkpoint-schema",
        reason.text, schema, schema);
}

static hr_status sink_open(void *state, const hr_sink_plan *plan, const hr_options *options, hr_error *err)
{
    hr_pg_sink *sink = state;
    sink->plan = *plan;
    sink->options = options;
    sink->wake.fd = -1;
    hr_status status = hr_pg_wake_open(&sink->wake, err);
    atomic_store(&sink->wakeable, status == HR_OK);
    if (status == HR_OK)
        status = read_options(sink, err);
    if (status == HR_OK)
        status = hr_pg_position_name(sink, err);
    if (status == HR_OK && !(sink->lanes = hr_calloc(sink->lane_count, sizeof *sink->lanes)))
        status = hr_fail_memory(err, "opening a database");
    if (status == HR_OK)
        status = hr_pg_lane_connect(sink, oldest(sink), err);
    if (status == HR_OK)
        status = open_position(sink, err);
    if (status == HR_OK && plan->column_count) /* a sink that only publishes knows no columns */
        status = hr_pg_make_ready(sink, err);
    if (status != HR_OK) {
        hr_error_origin(err, plan->uri);
        sink_close(state);
    }
    return status;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static hr_status done(hr_pg_sink *sink, hr_status status, hr_error *err)
{
    if (status != HR_OK) {
        sink->failed = true;
        hr_error_origin(err, sink->plan.uri);
    }
    return status;
}

static hr_status check_usable(const hr_pg_sink *sink, hr_error *err)
{
    return sink->failed ? hr_fail(err, HR_E_STATE, "the destination has failed before and can only be closed") : HR_OK;
}

/* The segment that is written to; begun when there is none. */
static hr_status open_lane(hr_pg_sink *sink, hr_pg_lane **out, hr_error *err)
{
    size_t last = (sink->oldest + sink->open_count + sink->lane_count - 1) % sink->lane_count;
    if (!sink->open_count || sink->lanes[last].state != HR_PG_OPEN) {
        if (sink->open_count == sink->lane_count)
            return hr_fail(err, HR_E_STATE, "more segments are open than the destination has writers");
        last = (sink->oldest + sink->open_count++) % sink->lane_count;
        sink->lanes[last].state = HR_PG_OPEN;
    }
    *out = &sink->lanes[last];
    return HR_OK;
}

static hr_status sink_write(void *state, const hr_parcel *parcel, const char *start, uint64_t *segment_bytes,
                            hr_error *err)
{
    (void)start;
    hr_pg_sink *sink = state;
    hr_pg_lane *lane = NULL;
    hr_status status = check_usable(sink, err);
    if (status != HR_OK)
        return status;
    status = hr_pg_make_ready(sink, err);
    if (status == HR_OK)
        status = open_lane(sink, &lane, err);
    if (status == HR_OK && hr_parcel_rows(parcel))
        status = hr_pg_check_keys(sink, parcel, err);
    if (status == HR_OK && hr_parcel_rows(parcel))
        status = hr_pg_keep(lane, parcel, err);
    if (status == HR_OK)
        status = hr_pg_pump(sink, err);
    if (status == HR_OK)
        *segment_bytes = lane->bytes;
    return done(sink, status, err);
}

static hr_status sink_seal(void *state, hr_error *err)
{
    hr_pg_sink *sink = state;
    hr_pg_lane *lane = NULL;
    hr_status status = check_usable(sink, err);
    if (status == HR_OK)
        status = open_lane(sink, &lane, err);
    if (status == HR_OK) {
        lane->state = HR_PG_SEALED;
        status = hr_pg_pump(sink, err);
    }
    return done(sink, status, err);
}

/* ---- committing, and the rest ----------------------------------------------------------------------------------- */

static hr_status sink_prepare(void *state, const hr_checkpoint *checkpoint, hr_outcome *out, hr_error *err)
{
    hr_pg_sink *sink = state;
    hr_status status = check_usable(sink, err);
    if (status != HR_OK)
        return status;
    bool positioned = sink->plan.source && *sink->plan.source && checkpoint && checkpoint->count;
    if (!sink->open_count && !positioned) {
        *out = (hr_outcome){0};
        return HR_OK;
    }
    if (!sink->open_count)
        sink->open_count = 1;
    if (oldest(sink)->state == HR_PG_PREPARED)
        return hr_fail(err, HR_E_STATE, "the segment before must be published first");
    return done(sink, hr_pg_prepare(sink, oldest(sink), checkpoint, out, err), err);
}

static bool is_ours(const hr_pg_lane *lane, const hr_receipt *receipt)
{
    return lane->state == HR_PG_PREPARED && lane->receipt.size == receipt->size &&
           !memcmp(lane->receipt.bytes, receipt->bytes, receipt->size);
}

static hr_status sink_publish(void *state, const hr_receipt *receipt, hr_error *err)
{
    hr_pg_sink *sink = state;
    hr_pg_lane *lane = oldest(sink);
    if (!receipt->size)
        return HR_OK;
    if (!sink->open_count || !is_ours(lane, receipt)) {
        hr_status status = hr_pg_settle(sink, receipt, err);
        if (status != HR_OK)
            hr_error_origin(err, sink->plan.uri);
        return status;
    }
    hr_status status = hr_pg_commit(sink, lane, err);
    if (status != HR_OK)
        return done(sink, status, err);
    hr_pg_drop_rows(lane);
    lane->state = HR_PG_FREE;
    lane->step = HR_PG_STEP_NONE;
    sink->oldest = (sink->oldest + 1) % sink->lane_count;
    sink->open_count--;
    return HR_OK;
}

/* What was not committed the server has rolled back by itself; the new table of a job that was given up may be gone on
 * with. */
static hr_status sink_sweep(void *state, const hr_receipt *keep, size_t count, hr_error *err)
{
    (void)state;
    (void)keep;
    (void)count;
    (void)err;
    return HR_OK;
}

static hr_status sink_standing(void *state, const char *name, char at[HR_POSITION_MAX], hr_error *err)
{
    hr_pg_sink *sink = state;
    hr_pg *pg;
    hr_status status = hr_pg_asking(sink, &pg, err);
    if (status == HR_OK)
        status = hr_pg_position_get(sink, pg, name, at, err);
    if (status != HR_OK)
        hr_error_origin(err, sink->plan.uri);
    return status;
}

static hr_status sink_finish(void *state, bool complete, hr_error *err)
{
    hr_pg_sink *sink = state;
    if (sink->mode != HR_PG_REPLACE || !complete || !sink->ready)
        return HR_OK;
    hr_pg *pg;
    hr_status status = hr_pg_asking(sink, &pg, err);
    if (status == HR_OK)
        status = hr_pg_swap(sink, pg, err);
    if (status != HR_OK)
        hr_error_origin(err, sink->plan.uri);
    return status;
}

static void sink_interrupt(void *state)
{
    hr_pg_sink *sink = state;
    if (atomic_load(&sink->wakeable))
        hr_pg_wake_raise(&sink->wake);
}

const hr_sink_type hr_postgres_sink = {
    .version = HR_CONNECTOR_VERSION,
    .state_size = sizeof(hr_pg_sink),
    .scheme = "postgres",
    .options = options_table,
    .option_count = HR_COUNT(options_table),
    .capabilities = HR_SINK_TRANSACTIONAL | HR_SINK_REFUSES | HR_SINK_TABLE | HR_SINK_VALUES,
    .open = sink_open,
    .write = sink_write,
    .seal = sink_seal,
    .prepare = sink_prepare,
    .publish = sink_publish,
    .sweep = sink_sweep,
    .standing = sink_standing,
    .finish = sink_finish,
    .interrupt = sink_interrupt,
    .close = sink_close,
    .evidence = hr_pg_binary_evidence,
    .windows = hr_pg_sink_windows,
};
