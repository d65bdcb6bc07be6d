/* source_report.c: what a pull says of itself: the evidence of what was decided, and events. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/source.h"

hr_status hr_pg_source_tell(hr_pg_source *source, const char *kind, const char *format, ...)
{
    char detail[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    return source->tell ? source->tell(source->runner, kind, detail, NULL) : HR_OK;
}

static hr_status tell(hr_pg_source *source, const char *kind, const char *says, const char *what, hr_error *err)
{
    hr_buffer detail = {0};
    if (!source->tell)
        return HR_OK;
    bool ok = hr_buffer_text(&detail, "{\"says\": ") && hr_buffer_json_text(&detail, says);
    if (what)
        ok = ok && hr_buffer_text(&detail, ", \"what\": ") && hr_buffer_json_text(&detail, what);
    ok = ok && hr_buffer_text(&detail, "}") && hr_buffer_add(&detail, "", 1);
    hr_status status = ok ? source->tell(source->runner, kind, (const char *)detail.data, err)
                          : hr_fail_memory(err, "reporting on the database");
    hr_buffer_free(&detail);
    return status;
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

/* Whether the oldest open transaction holds the bound back for more than ten minutes. */
static bool is_held(hr_pg_source *source)
{
    const hr_pg_server *server = &source->server;
    hr_buffer sql = {0};
    PGresult *result;
    if (!source->run.exact || !server->oldest)
        return false;
    bool ok = hr_buffer_text(&sql, "SELECT ") && hr_pg_literal(&sql, server->oldest, "timestamptz") &&
              hr_buffer_text(&sql, " < now() - interval '10 min'") && hr_buffer_add(&sql, "", 1);
    ok = ok && hr_pg_run(&source->lanes[0].pg, (const char *)sql.data, &result, "comparing times", NULL) == HR_OK;
    hr_buffer_free(&sql);
    if (!ok)
        return false;
    ok = *PQgetvalue(result, 0, 0) == 't';
    PQclear(result);
    return ok;
}

/* What was read, as a list for people. */
static hr_status tell_altered(hr_pg_source *source, hr_error *err)
{
    const hr_pg_shape *shape = &source->shape;
    const hr_pg_position *standing = &source->standing;
    bool watermark = source->reading.watermark != NULL;
    if (standing->table && strcmp(standing->table, shape->table) != 0 && (watermark || standing->after[0]))
        return tell(
            source, "TableMadeAnew",
            "the table is another one than that of the last run: it was dropped and made anew, and its rows below "
            "where that run ended are not read; under another name (--name) all of them are",
            source->pull.from, err);
    if (!standing->shape || !strcmp(standing->shape, shape->shape))
        return HR_OK;
    hr_buffer list = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < shape->column_count; i++)
        ok = hr_buffer_printf(&list, "%s%s %s", i ? ", " : "", shape->columns[i], shape->natives[i]);
    ok = ok && hr_buffer_add(&list, "", 1);
    hr_status status = ok ? tell(source, "TableAltered", "columns, or their types, are not those of the last run",
                                 (const char *)list.data, err)
                          : hr_fail_memory(err, "reporting on the database");
    hr_buffer_free(&list);
    return status;
}

static hr_status tell_all(hr_pg_source *source, bool standby_asked, hr_error *err)
{
    const hr_pg_run_plan *run = &source->run;
    hr_status status = HR_OK;
    bool timed = run->clock != HR_PG_CLOCK_NONE && run->clock != HR_PG_CLOCK_XID;
    if (standby_asked && !source->server.recovery)
        status = tell(source, "ReadsFromPrimary",
                      "a standby was asked for, and none was found: this reads from the primary", NULL, err);
    if (status == HR_OK)
        status = tell_altered(source, err);
    if (status == HR_OK && source->pull.visible && source->shape.secured)
        status = tell(source, "RowsHidden",
                      "policies of row level security hide rows from this user, or may: what it may see is read alone",
                      NULL, err);
    if (status == HR_OK && timed && !run->exact && !run->lookback)
        status = tell(source, "PullMayMiss",
                      "it cannot be known what is still to be committed, and there is no lookback: a record that is "
                      "committed later, and below where this run ends, is not read",
                      run->why, err);
    if (status == HR_OK && timed && !run->exact && run->lookback)
        status = tell(source, "PullOverlaps",
                      "the runs overlap by the lookback, for it cannot be known what is still to be committed; records "
                      "that come again are told apart by watermark and key",
                      run->why, err);
    if (status == HR_OK && timed && is_held(source))
        status =
            tell(source, "BoundHeld",
                 "an open transaction may still write below where it began, and so nothing behind that is read yet",
                 source->server.holder, err);
    if (status == HR_OK && timed && run->exact && source->server.prepared)
        status =
            tell(source, "PreparedTransaction",
                 "a prepared transaction is not committed, and the bound stays 15 minutes behind where it was prepared",
                 source->server.prepared, err);
    if (status == HR_OK && run->clock != HR_PG_CLOCK_NONE && !run->high)
        status = tell(source, "NoWatermark", "no record has a watermark yet, and so nothing is read",
                      source->reading.watermark, err);
    if (status == HR_OK && run->behind)
        status =
            tell(source, "BoundBehind",
                 "the bound is below where the last run ended: the clock was set back, or this is a server that is "
                 "behind the one before; what is written until it is there again is read only by a run with a lookback "
                 "that goes back so far",
                 source->standing.high, err);
    return status;
}

/* ---- evidence -------------------------------------------------------------------------------------------------- */

static bool put_text(hr_buffer *out, const char *key, const char *value)
{
    return !value || (hr_buffer_printf(out, ", \"%s\": ", key) && hr_buffer_json_text(out, value));
}

static bool put_names(hr_buffer *out, const char *key, const char *const *names, size_t count)
{
    bool ok = !count || hr_buffer_printf(out, ", \"%s\": [", key);
    for (size_t i = 0; ok && i < count; i++)
        ok = (!i || hr_buffer_text(out, ", ")) && hr_buffer_json_text(out, names[i]);
    return ok && (!count || hr_buffer_text(out, "]"));
}

static bool put_bounds(hr_buffer *out, const hr_pg_source *source)
{
    const hr_pg_run_plan *run = &source->run;
    if (run->clock == HR_PG_CLOCK_NONE)
        return true;
    bool ok = put_text(out, "watermark", source->reading.watermark) &&
              put_text(out, "watermark_type", source->reading.watermark_type) && put_text(out, "from", run->low) &&
              put_text(out, "up_to", run->high) && put_text(out, "bound", run->exact ? "exact" : "overlap");
    if (!run->exact)
        ok = ok && put_text(out, "why", run->why);
    if (run->lookback)
        ok = ok && hr_buffer_printf(out, ", \"lookback%s\": %" PRIu64, run->clock == HR_PG_CLOCK_VALUE ? "" : "_ms",
                                    run->lookback);
    if (run->exact && source->server.oldest)
        ok = ok && put_text(out, "oldest_transaction", source->server.oldest);
    if (!run->low && !source->shape.watermark_not_null)
        ok = ok && put_text(out, "without_watermark", "read by the first run, and by no other");
    return ok;
}

static bool put_evidence(hr_buffer *out, const hr_pg_source *source)
{
    const hr_pg_run_plan *run = &source->run;
    char where[400];
    hr_pg_where(&source->lanes[0].pg, where, sizeof where);
    bool ok = hr_buffer_text(out, "{\"reads\": ") && hr_buffer_json_text(out, source->pull.from) &&
              put_text(out, "server", where) &&
              put_text(out, "role", source->server.recovery ? "standby" : "primary") &&
              hr_buffer_printf(out, ", \"version\": %d", source->server.version) &&
              put_text(out, "server_encoding", source->server.encoding) && put_bounds(out, source) &&
              put_names(out, "key", source->reading.keys, source->reading.key_count) &&
              put_text(out, "order",
                       !run->ordered                    ? "none: the position moves when the run ends"
                       : run->clock == HR_PG_CLOCK_NONE ? "by key: the position moves with every record"
                                                        : "by watermark and key: the position moves with every record");
    if (source->lane_count > 1)
        ok = ok && hr_buffer_printf(out, ", \"readers\": %zu, \"pieces\": %zu", source->lane_count, run->piece_count);
    return ok && hr_buffer_text(out, "}") && hr_buffer_add(out, "", 1);
}

hr_status hr_pg_source_report(hr_pg_source *source, bool standby_asked, hr_error *err)
{
    if (!put_evidence(&source->evidence, source))
        return hr_fail_memory(err, "reporting on the database");
    return tell_all(source, standby_asked, err);
}
