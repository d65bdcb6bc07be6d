/* sink_binary.c: whether rows go in COPY's binary format, which costs the server less than parsing texts, and what
 * becomes of rows that cannot.
 *
 * It is decided once for all segments, before the first row: COPY has one format for all columns. With a schema values
 * have been parsed, and binary costs little more on this side. Without one their texts are read as the columns read
 * them, which costs us more than sending them: worth it where several writers share the server. A row with a value
 * that has to go as text is rendered so, to see whether copy_guard.c refuses it; what is for the server to judge takes
 * its whole segment with it, as does any row that the server refuses: salvage is always in text. So the rows that land,
 * and what is said of the others, are the same in both formats. */
#include <stdio.h>

#include "connectors/postgres/sink.h"

/* Segments that may fail before binary is not tried any more: see lose_trust. */
#define TRUST_FIRST 8
#define TRUST_MOST 12
#define TRUST_LOST_EARLY 2
#define TRUST_LOST_LATE 6

typedef enum copy_format { COPY_AUTO = 0, COPY_TEXT, COPY_BINARY } copy_format;

static copy_format wanted_format(const hr_pg_sink *sink)
{
    const char *given = hr_options_get(sink->options, "copy");
    return !given || !strcmp(given, "auto") ? COPY_AUTO : !strcmp(given, "text") ? COPY_TEXT : COPY_BINARY;
}

/* ---- the decision ------------------------------------------------------------------------------------------ */

/* Which vector of a batch has the column; NULL: none. */
static const hr_column *declared_as(const hr_schema *schema, const char *name, uint32_t *at)
{
    size_t count;
    const hr_column *columns = hr_schema_columns(schema, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(columns[i].name, name)) {
            *at = (uint32_t)i;
            return &columns[i];
        }
    return NULL;
}

typedef struct binary_plan {
    hr_binary_column *columns;
    uint8_t (*rooms)[8];
    int gain;
    const hr_pg_given *in_the_way;
    const hr_column *declared; /* of that */
} binary_plan;

static void say_pair(hr_pg_sink *sink, const binary_plan *plan)
{
    const hr_pg_given *given = plan->in_the_way;
    const hr_column *declared = plan->declared;
    const char *to = sink->target.columns[given->at].type;
    if (!declared && given->what == HR_COPY_FIELD) {
        snprintf(sink->why, sizeof sink->why, "values of column \"%.63s\" go into %.70s only as text", given->name, to);
        return;
    }
    const char *type = declared ? hr_type_name(declared->type) : "made for it";
    const char *zone = !declared || declared->type != HR_TYPE_TIMESTAMP ? ""
                       : declared->zoned                                ? " with zone"
                                                                        : " without zone";
    snprintf(sink->why, sizeof sink->why, "values of column \"%.63s\" are %s%s, and go into %.70s only as text",
             given->name, type, zone, to);
}

static void plan_column(hr_pg_sink *sink, binary_plan *plan, const hr_copy_column *as_text, size_t i)
{
    hr_binary_column *column = &plan->columns[i];
    const hr_pg_given *given = i < sink->given_count ? &sink->given[i] : NULL;
    hr_binary_place place = {0};
    *column = (hr_binary_column){.as_text = *as_text};
    if (given && given->at != SIZE_MAX) {
        const hr_pg_column *to = &sink->target.columns[given->at];
        place.base = to->enumerated ? HR_BINARY_TEXT_OID : to->base;
    }
    if (given && given->what == HR_COPY_FIELD && sink->plan.schema)
        place.declared = declared_as(sink->plan.schema, given->name, &column->vector);
    hr_binary_choose(&place, column, plan->rooms[i]);
    plan->gain += hr_binary_gain(column->kind);
    if (column->kind == HR_BINARY_NONE && !plan->in_the_way) {
        plan->in_the_way = given;
        plan->declared = place.declared;
    }
}

static hr_status settle_plan(hr_pg_sink *sink, const binary_plan *plan, size_t count, hr_error *err)
{
    bool must = wanted_format(sink) == COPY_BINARY;
    if (plan->in_the_way) {
        say_pair(sink, plan);
        return must ? hr_fail(err, HR_E_INVALID, "option copy=binary: %s; choose copy=auto, or another type", sink->why)
                    : HR_OK;
    }
    if (plan->gain <= 0 && !must) {
        snprintf(sink->why, sizeof sink->why, "nearly all columns are texts, which cost less so");
        return HR_OK;
    }
    if (!sink->plan.schema)
        snprintf(sink->why, sizeof sink->why, "%s, and the columns of the table say how values are read",
                 must ? "option copy says so" : "several writers share the server");
    sink->trust = TRUST_FIRST;
    return hr_copy_binary_new(plan->columns, count, &sink->binary, err);
}

hr_status hr_pg_binary_plan(hr_pg_sink *sink, const hr_copy_column *columns, size_t count, hr_error *err)
{
    copy_format wanted = wanted_format(sink);
    hr_copy_binary_free(sink->binary);
    sink->binary = NULL;
    sink->why[0] = '\0';
    if (wanted == COPY_TEXT)
        snprintf(sink->why, sizeof sink->why, "option copy says so");
    else if (wanted == COPY_AUTO && !sink->plan.schema && sink->writers < 2)
        snprintf(sink->why, sizeof sink->why,
                 "there is no schema, and with one writer text is less work on this side of the connection");
    if (sink->why[0])
        return HR_OK;
    binary_plan plan = {hr_calloc(count, sizeof *plan.columns), hr_calloc(count, sizeof *plan.rooms), 0, NULL, NULL};
    hr_status status = plan.columns && plan.rooms ? HR_OK : hr_fail_memory(err, "finding the columns of the rows");
    for (size_t i = 0; status == HR_OK && i < count; i++)
        plan_column(sink, &plan, &columns[i], i);
    if (status == HR_OK)
        status = settle_plan(sink, &plan, count, err);
    hr_free(plan.columns);
    hr_free(plan.rooms);
    return status;
}

hr_status hr_pg_binary_statement(hr_pg_sink *sink, hr_error *err)
{
    hr_free(sink->begin_binary_sql);
    sink->begin_binary_sql = sink->binary ? hr_asprintf("%s WITH (FORMAT binary)", sink->begin_sql) : NULL;
    return sink->binary && !sink->begin_binary_sql ? hr_fail_memory(err, "writing statements for the database") : HR_OK;
}

const char *hr_pg_binary_evidence(void *state)
{
    hr_pg_sink *sink = state;
    hr_buffer *out = &sink->evidence;
    if (!sink->ready)
        return NULL;
    out->size = 0;
    bool ok = hr_buffer_printf(out, "{\"copy\":\"%s\"", sink->binary ? "binary" : "text");
    if (sink->why[0])
        ok = ok && hr_buffer_text(out, ",\"why\":") && hr_buffer_json_text(out, sink->why);
    if (sink->plain_count)
        ok = ok && hr_buffer_printf(out, ",\"segments_as_text\":%llu", (unsigned long long)sink->plain_count);
    if (sink->binary && sink->trust <= 0)
        ok = ok && hr_buffer_text(out, ",\"given_up\":\"binary, for so many segments had to go as text after all\"");
    return ok && hr_buffer_add(out, "}", 2) ? (const char *)out->data : NULL;
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

/* HR_AGAIN: the row cannot be sent at all. HR_END: it can, as text. */
static hr_status judge_as_text(const hr_pg_sink *sink, const hr_parcel *parcel, uint64_t first, size_t row,
                               hr_copy_flaw *flaw, hr_error *err)
{
    hr_buffer line = {0};
    hr_status status = hr_copy_text_rows(sink->copy, parcel, first, &row, row + 1, 1, &line, flaw, err);
    hr_buffer_free(&line);
    return status == HR_OK ? HR_END : status;
}

hr_status hr_pg_binary_rows(const hr_pg_sink *sink, const hr_parcel *parcel, uint64_t first, size_t *at, size_t to,
                            size_t enough, hr_buffer *out, hr_copy_flaw *flaw, hr_error *err)
{
    hr_status status = hr_copy_binary_rows(sink->binary, parcel, first, at, to, enough, out, err);
    return status == HR_AGAIN ? judge_as_text(sink, parcel, first, *at, flaw, err) : status;
}

/* A segment that goes as text from its beginning costs next to nothing, one that began in binary up to twice its time;
 * others gain about a third of theirs. */
static void lose_trust(hr_pg_sink *sink, int by)
{
    sink->plain_count++;
    sink->trust = sink->trust > by ? sink->trust - by : 0;
}

hr_status hr_pg_binary_begin(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    lane->binary = sink->binary && !lane->plain && sink->trust > 0;
    if (sink->binary && sink->trust <= 0)
        sink->plain_count++;
    if (!lane->binary)
        return HR_OK;
    lane->out.size = lane->out_at = 0;
    if (!hr_buffer_add(&lane->out, hr_binary_header, sizeof hr_binary_header))
        return hr_fail_memory(err, "sending rows to the database");
    hr_status status = hr_pg_render(sink, lane, &lane->sent, lane->rows, HR_PG_PUT, err);
    if (status == HR_OK)
        sink->trust += sink->trust < TRUST_MOST;
    if (status != HR_END)
        return status;
    lane->plain = true;
    lane->binary = false;
    lane->sent = lane->out.size = 0;
    lose_trust(sink, TRUST_LOST_EARLY);
    return HR_OK;
}

bool hr_pg_binary_end(hr_pg_lane *lane)
{
    return !lane->binary ||
           PQputCopyData(lane->pg.conn, (const char *)hr_binary_trailer, sizeof hr_binary_trailer) == 1;
}

bool hr_pg_binary_give_up(hr_pg_lane *lane)
{
    lane->plain = true;
    lane->out.size = lane->out_at = 0;
    lane->step = HR_PG_STEP_ENDED;
    return PQputCopyEnd(lane->pg.conn, "headrace sends these rows once more, as text") == 1;
}

bool hr_pg_binary_failed(hr_pg_sink *sink, hr_pg_lane *lane)
{
    bool given_up = lane->plain && !strcmp(hr_pg_state(&lane->pg), "57014");
    if (!lane->binary || !(given_up || hr_pg_row_failure(&lane->pg)))
        return false;
    PQclear(lane->pg.failure);
    lane->pg.failure = NULL;
    lose_trust(sink, TRUST_LOST_LATE);
    return true;
}
