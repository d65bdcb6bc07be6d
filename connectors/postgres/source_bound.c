/* source_bound.c: the bounds of a run that reads what is new: what nothing can be written below any more, and how far
 * it goes back behind the last one.
 *
 * Why nothing is lost below the upper bound of a watermark that is the begin of a transaction (now()): a transaction
 * that the snapshot does not show was open when the sessions were looked at, before the snapshot was taken, and then
 * the bound is at or below its begin; or it began after that, and then its begin is behind the clock as it was then,
 * which is behind the bound. (Looking within the snapshot, as is often advised, misses what ends between the snapshot
 * and the look; and counting only those that have an xid misses those that have not written yet.) */
#include <stdio.h>

#include "connectors/postgres/source.h"

#define OVERLAP_MS (15u * 60u * 1000u)
#define OVERLAP_NUMBERS 1000u

static hr_status fail_memory(hr_error *err)
{
    return hr_fail_memory(err, "looking for the bounds of a run");
}

hr_pg_clock hr_pg_source_clock(const hr_pg_source *source)
{
    if (!source->reading.watermark)
        return HR_PG_CLOCK_NONE;
    switch (source->shape.oids[source->shape.watermark_at]) {
    case 1184: return HR_PG_CLOCK_ZONED;
    case 1114: return HR_PG_CLOCK_LOCAL;
    case 1082: return HR_PG_CLOCK_DATE;
    case 5069: return HR_PG_CLOCK_XID;
    default: return HR_PG_CLOCK_VALUE;
    }
}

static bool is_time(hr_pg_clock clock)
{
    return clock == HR_PG_CLOCK_ZONED || clock == HR_PG_CLOCK_LOCAL || clock == HR_PG_CLOCK_DATE;
}

static const char *zone_of(const hr_pg_source *source)
{
    return source->pull.zone ? source->pull.zone : source->server.zone;
}

/* Why the bound cannot be exact, or NULL. */
static const char *inexact(hr_pg_source *source)
{
    hr_pg_run_plan *run = &source->run;
    const hr_pg_server *server = &source->server;
    if (run->clock == HR_PG_CLOCK_NONE || run->clock == HR_PG_CLOCK_XID)
        return NULL;
    if (run->clock == HR_PG_CLOCK_VALUE)
        return "the watermark is no time that the database sets, and a number can be committed after a higher one";
    if (source->pull.bound == HR_PG_NO)
        return "bound=overlap was asked for";
    if (server->recovery)
        return "this is a standby, and does not see the open transactions of its primary";
    if (source->shape.subscribed)
        return "the table's rows come from another server by logical replication, with times of that server";
    /* Not what can be seen now decides, but what could be, so that a feed does not change from run to run. */
    if (server->privileged ? !server->hidden : !server->hidden && source->pull.bound == HR_PG_YES)
        return NULL;
    if (server->privileged)
        return "a session has track_activities switched off";
    return "sessions of others cannot be seen: GRANT pg_read_all_stats TO the user makes the bound exact";
}

static hr_status decide_bound(hr_pg_source *source, hr_error *err)
{
    hr_pg_run_plan *run = &source->run;
    const char *why = inexact(source), *given = source->pull.lookback;
    bool time = is_time(run->clock);
    run->exact = !why;
    if (why)
        snprintf(run->why, sizeof run->why, "%s", why);
    if (why && source->pull.bound == HR_PG_YES)
        return hr_fail(err, HR_E_UNSUPPORTED, "bound=exact cannot be had: %s", run->why);
    if ((run->clock == HR_PG_CLOCK_LOCAL || run->clock == HR_PG_CLOCK_DATE) && !*zone_of(source))
        return hr_fail(err, HR_E_INVALID,
                       "the watermark \"%s\" has no time zone: say by option zone in which it is written",
                       source->reading.watermark);
    if (source->pull.zone && run->clock != HR_PG_CLOCK_LOCAL && run->clock != HR_PG_CLOCK_DATE)
        return hr_fail(err, HR_E_INVALID,
                       "option zone is for a watermark that has none (timestamp, date), and this is of type %s",
                       source->reading.watermark_type);
    if (source->pull.lag_given && !time)
        return hr_fail(err, HR_E_INVALID, "option lag is for a watermark that is a time, and this is of type %s",
                       source->reading.watermark_type);
    Oid oid = source->reading.watermark ? source->shape.oids[source->shape.watermark_at] : 0;
    bool number = oid == 20 || oid == 21 || oid == 23 || oid == 700 || oid == 701 || oid == 1700;
    if (given && !hr_option_parse(time ? HR_OPTION_TIME : HR_OPTION_COUNT, NULL, given, &run->lookback))
        return hr_fail(err, HR_E_INVALID, "option lookback is %s for this watermark, not '%.60s'",
                       time ? "a time such as 15m or 2h" : "a number", given);
    if (given && run->lookback && !time && !number)
        return hr_fail(err, HR_E_INVALID, "there is no lookback for a watermark of type %s",
                       source->reading.watermark_type);
    bool alone = source->reading.key_count == 1 && !strcmp(source->reading.keys[0], source->reading.watermark);
    if (!given && (why || source->standing.loose))
        run->lookback = time ? OVERLAP_MS : number ? OVERLAP_NUMBERS : 0;
    run->again = run->lookback || (run->clock == HR_PG_CLOCK_VALUE && !alone);
    return HR_OK;
}

/* A prepared transaction is no session's any more, and when it began is not told, only when it was prepared: the bound
 * goes back from there by the usual lookback, which is right for all that were prepared within that time of their
 * begin. */
static const char *upper_of(const hr_pg_source *source)
{
    const hr_pg_server *server = &source->server;
    if (source->pull.bound == HR_PG_NO || (server->recovery && !server->replayed))
        return server->clock;
    if (server->recovery)
        return server->replayed;
    return server->oldest ? server->oldest : server->clock;
}

/* least(clock, oldest, prepared - 15 min) as one expression's text, evaluated by the server. */
static hr_status upper_text(hr_pg_source *source, char **out, hr_error *err)
{
    hr_buffer sql = {0};
    PGresult *result;
    const char *upper = upper_of(source);
    bool ok = hr_buffer_text(&sql, "SELECT least(") && hr_pg_literal(&sql, source->server.clock, "timestamptz") &&
              hr_buffer_text(&sql, ", ") && hr_pg_literal(&sql, upper, "timestamptz");
    if (source->server.prepared && source->pull.bound != HR_PG_NO)
        ok = ok && hr_buffer_text(&sql, ", ") && hr_pg_literal(&sql, source->server.prepared, "timestamptz") &&
             hr_buffer_printf(&sql, " - %u * interval '1 ms'", OVERLAP_MS);
    ok = ok && hr_buffer_text(&sql, ")::text") && hr_buffer_add(&sql, "", 1);
    hr_status status = ok ? hr_pg_run(&source->lanes[0].pg, (const char *)sql.data, &result,
                                      "asking for the moment to read up to", err)
                          : fail_memory(err);
    hr_buffer_free(&sql);
    if (status != HR_OK)
        return status;
    *out = hr_strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    return *out ? HR_OK : fail_memory(err);
}

/* What an exact run before this one has left behind it for good. */
static hr_status keep_sure(hr_pg_source *source, hr_error *err)
{
    const hr_pg_position *standing = &source->standing;
    hr_pg_run_plan *run = &source->run;
    const char *sure = standing->loose ? standing->sure : standing->at ? standing->at : standing->high;
    if (run->exact || run->clock == HR_PG_CLOCK_VALUE || !sure || (run->sure = hr_strdup(sure)))
        return HR_OK;
    return fail_memory(err);
}

static hr_status keep_bounds(hr_pg_source *source, const PGresult *result, hr_pg_run_bounds *out, hr_error *err)
{
    hr_pg_run_plan *run = &source->run;
    const char *raw = hr_pg_cell(result, 0, 0), *high = hr_pg_cell(result, 0, 1), *lower = hr_pg_cell(result, 0, 2);
    const char *below = hr_pg_cell(result, 0, 3), *behind = hr_pg_cell(result, 0, 4);
    out->at_below = below && *below == 't';
    run->behind = behind && *behind == 't';
    if ((high && !(run->high = hr_strdup(high))) || (lower && !(out->lower = hr_strdup(lower))))
        return fail_memory(err);
    if (run->behind && run->clock == HR_PG_CLOCK_XID && !source->server.recovery)
        return hr_fail(
            err, HR_E_CHANGED,
            "the last run went up to transaction %s, and this server is at %s: it is another one, or was set "
            "back; give the feed another name, which begins anew",
            source->standing.high, raw ? raw : "none");
    return HR_OK;
}

/* Nothing is ever above what stands above all numbers. */
static hr_status check_highest(const hr_pg_source *source, hr_error *err)
{
    const char *high = source->run.high;
    Oid oid = source->shape.oids[source->shape.watermark_at];
    bool number = oid == 700 || oid == 701 || oid == 1700;
    if (!high || !number || (strcmp(high, "NaN") != 0 && strcmp(high, "Infinity") != 0))
        return HR_OK;
    return hr_fail(
        err, HR_E_INVALID,
        "the watermark \"%s\" is %s in a record, and no record to come could be above that: correct it, or read "
        "a view or a query (option query) without such records",
        source->reading.watermark, high);
}

static hr_status fail_bounds(const hr_pg_source *source, hr_status failure, hr_error *err)
{
    if (strcmp(hr_pg_state(&source->lanes[0].pg), "42883") != 0)
        return failure;
    return hr_fail(err, HR_E_INVALID, "the column \"%s\" cannot be a watermark: values of type %s have no order",
                   source->reading.watermark, source->reading.watermark_type);
}

static hr_status find_bounds(hr_pg_source *source, hr_pg_run_bounds *out, hr_error *err)
{
    hr_buffer sql = {0};
    char *upper = NULL;
    PGresult *result;
    hr_pg_run_plan *run = &source->run;
    hr_status status = keep_sure(source, err);
    if (status == HR_OK && is_time(run->clock))
        status = upper_text(source, &upper, err);
    if (status != HR_OK)
        return status;
    hr_pg_bounds what = {.clock = run->clock,
                         .upper = upper,
                         .zone = zone_of(source),
                         .low = source->standing.high,
                         .at = source->standing.at,
                         .sure = source->pull.lookback ? NULL
                                 : run->exact          ? source->standing.sure
                                                       : run->sure,
                         .lookback = run->lookback};
    status = hr_pg_bounds_sql(&source->reading, &what, &sql) ? hr_pg_run(&source->lanes[0].pg, (const char *)sql.data,
                                                                         &result, "finding the bounds of the run", err)
                                                             : fail_memory(err);
    hr_buffer_free(&sql);
    hr_free(upper);
    if (status != HR_OK)
        return fail_bounds(source, status, err);
    status = keep_bounds(source, result, out, err);
    PQclear(result);
    return status == HR_OK ? check_highest(source, err) : status;
}

hr_status hr_pg_source_bound(hr_pg_source *source, hr_pg_run_bounds *out, hr_error *err)
{
    hr_status status = decide_bound(source, err);
    return status == HR_OK ? find_bounds(source, out, err) : status;
}
