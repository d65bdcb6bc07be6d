/* source_server.c: the server of a pull: what it is, who else writes there, and the snapshot that is read. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/source.h"

/* How values are written is pinned, whatever the server, the database or the role has set. */
#define SETUP                                                                                                         \
    "SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET extra_float_digits = 3; SET bytea_output = "     \
    "'hex'; SET lc_monetary = 'C'; SET standard_conforming_strings = on; SET application_name = 'headrace reading'; " \
    "SET row_security = "

/* With row_security off the server raises an error rather than leave rows out that a policy hides. */
static const char *setup_of(const hr_pg_source *source)
{
    return source->pull.visible ? SETUP "on" : SETUP "off";
}

static hr_status fail_memory(hr_error *err)
{
    return hr_fail_memory(err, "preparing to read from the database");
}

static hr_status keep(char **out, const char *text, hr_error *err)
{
    return !text || (*out = hr_strdup(text)) ? HR_OK : fail_memory(err);
}

/* ---- what it is ---------------------------------------------------------------------------------------------- */

/* A TimeZone that our own environment (PGTZ) has set says nothing of how others write. */
static hr_status probe(hr_pg_source *source, hr_error *err)
{
    PGresult *result;
    hr_pg_server *server = &source->server;
    hr_status status = hr_pg_run(
        &source->lanes[0].pg,
        "SELECT current_setting('server_version_num'), pg_is_in_recovery(), current_setting('server_encoding'), "
        "(SELECT setting FROM pg_settings WHERE name = 'TimeZone' AND source <> 'client'), "
        "pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')",
        &result, "asking the database what it is", err);
    if (status != HR_OK)
        return status;
    const char *zone = hr_pg_cell(result, 0, 3);
    server->version = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
    server->recovery = *PQgetvalue(result, 0, 1) == 't';
    snprintf(server->encoding, sizeof server->encoding, "%s", PQgetvalue(result, 0, 2));
    snprintf(server->zone, sizeof server->zone, "%s", zone ? zone : "");
    server->privileged = *PQgetvalue(result, 0, 4) == 't';
    PQclear(result);
    return hr_pg_run(&source->lanes[0].pg, "SET TimeZone = 'UTC'", NULL, "setting up the connection", err);
}

hr_status hr_pg_source_connect(hr_pg_source *source, const hr_source_plan *plan, const hr_options *options,
                               hr_error *err)
{
    bool several, standby;
    hr_status status = hr_pg_uri_hosts(plan->uri, &several, &standby, err);
    if (status != HR_OK)
        return status;
    source->lanes = hr_calloc(source->pull.readers, sizeof *source->lanes);
    if (!source->lanes)
        return fail_memory(err);
    source->lane_count = 1;
    hr_pg_settings settings = {.uri = plan->uri,
                               .options = options,
                               .feed = plan->feed,
                               .session = several && PQlibVersion() >= 140000 ? "prefer-standby" : NULL,
                               .setup = setup_of(source),
                               .reads = true,
                               .wake = &source->wake};
    status = hr_pg_open(&source->lanes[0].pg, &settings, err);
    return status == HR_OK ? probe(source, err) : status;
}

/* ---- who else writes ------------------------------------------------------------------------------------------- */

/* Every open transaction counts, also one that has written nothing yet: its now() is when it began. Those that cannot
 * write rows of tables don't: our own reads, dumps, the workers of vacuum and of parallel queries, senders of the log.
 */
static const char activity[] =
    "SELECT (now() - %" PRIu64 " * interval '1 ms')::text, min(a.xact_start)::text, count(*) FILTER (WHERE a.hidden), "
    "(array_agg('process ' || a.pid || coalesce(' (' || nullif(a.application_name, '') || ')', '') || ', ' || a.state || "
    "' since ' || a.state_change::text ORDER BY a.xact_start) FILTER (WHERE a.xact_start IS NOT NULL))[1], "
    "pg_last_xact_replay_timestamp()::text "
    "FROM (SELECT s.*, s.state IS NULL AND s.query = '<insufficient privilege>' OR s.state = 'disabled' AS hidden "
    "FROM pg_stat_activity AS s WHERE s.datid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND "
    "s.pid <> pg_backend_pid() AND s.backend_type IS DISTINCT FROM 'autovacuum worker' AND s.backend_type IS DISTINCT FROM "
    "'parallel worker' AND s.backend_type IS DISTINCT FROM 'walsender') AS a "
    "WHERE a.backend_xid IS NOT NULL OR coalesce(a.application_name, '') NOT IN ('headrace reading', 'pg_dump')";

/* One that was prepared is no longer among the sessions, and so is asked for after these. */
static hr_status look_prepared(hr_pg_source *source, hr_error *err)
{
    PGresult *result;
    hr_status status = hr_pg_run(
        &source->lanes[0].pg, "SELECT min(prepared)::text FROM pg_prepared_xacts WHERE database = current_database()",
        &result, "looking for prepared transactions", err);
    if (status != HR_OK)
        return status;
    status = keep(&source->server.prepared, hr_pg_cell(result, 0, 0), err);
    PQclear(result);
    return status;
}

hr_status hr_pg_source_look(hr_pg_source *source, hr_error *err)
{
    char sql[2048];
    PGresult *result;
    hr_pg_server *server = &source->server;
    snprintf(sql, sizeof sql, activity, source->pull.lag_ms);
    hr_status status = hr_pg_run(&source->lanes[0].pg, sql, &result, "looking for open transactions", err);
    if (status != HR_OK)
        return status;
    status = keep(&server->clock, hr_pg_cell(result, 0, 0), err);
    if (status == HR_OK)
        status = keep(&server->oldest, hr_pg_cell(result, 0, 1), err);
    if (status == HR_OK)
        status = keep(&server->holder, hr_pg_cell(result, 0, 3), err);
    if (status == HR_OK)
        status = keep(&server->replayed, hr_pg_cell(result, 0, 4), err);
    server->hidden = strtoull(PQgetvalue(result, 0, 2), NULL, 10);
    PQclear(result);
    return status == HR_OK ? look_prepared(source, err) : status;
}

/* ---- the snapshot ------------------------------------------------------------------------------------------------ */

hr_status hr_pg_source_begin(hr_pg_source *source, hr_pg_lane *lane, const char *snapshot, hr_error *err)
{
    hr_buffer sql = {0};
    (void)source;
    bool ok = hr_buffer_text(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (snapshot)
        ok = ok && hr_buffer_text(&sql, "; SET TRANSACTION SNAPSHOT ") && hr_pg_quote_text(&sql, snapshot);
    ok = ok && hr_buffer_text(&sql, "; SELECT pg_backend_pid()") && hr_buffer_add(&sql, "", 1);
    PGresult *result = NULL;
    hr_status status =
        ok ? hr_pg_run(&lane->pg, (const char *)sql.data, &result, "beginning to read", err) : fail_memory(err);
    if (status == HR_OK)
        status = hr_pg_check_session(&lane->pg, PQgetvalue(result, 0, 0), err);
    PQclear(result);
    hr_buffer_free(&sql);
    return status;
}

static bool put_encoded(hr_buffer *out, const char *text)
{
    bool ok = true;
    for (; ok && *text; text++)
        ok = hr_buffer_printf(out, "%%%02X", (unsigned)(uint8_t)*text);
    return ok;
}

/* The URI with the one host that the first lane has come to: a snapshot lives on one server. */
static char *same_host(const char *uri, PGconn *conn)
{
    bool several, standby;
    if (hr_pg_uri_hosts(uri, &several, &standby, NULL) != HR_OK)
        return NULL;
    if (!several)
        return hr_strdup(uri);
    hr_buffer out = {0};
    bool ok = hr_buffer_text(&out, uri) && hr_buffer_text(&out, strchr(uri, '?') ? "&host=" : "?host=") &&
              put_encoded(&out, PQhost(conn)) && hr_buffer_text(&out, "&port=") && put_encoded(&out, PQport(conn)) &&
              hr_buffer_text(&out, "&target_session_attrs=any") && hr_buffer_add(&out, "", 1);
    if (ok)
        return (char *)out.data;
    hr_buffer_free(&out);
    return NULL;
}

static hr_status export_snapshot(hr_pg_source *source, char out[80], hr_error *err)
{
    PGresult *result;
    hr_status status = hr_pg_run(&source->lanes[0].pg, "SELECT pg_export_snapshot()", &result,
                                 "exporting the snapshot for further readers", err);
    if (status != HR_OK)
        return status;
    snprintf(out, 80, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return HR_OK;
}

static hr_status tell_fewer(const hr_pg_source *source, size_t wanted, hr_error *err)
{
    char detail[120];
    snprintf(detail, sizeof detail, "{\"connections\":%zu,\"wanted\":%zu}", source->lane_count, wanted);
    return source->tell ? source->tell(source->runner, "FewerConnections", detail, err) : HR_OK;
}

hr_status hr_pg_source_lanes(hr_pg_source *source, const hr_source_plan *plan, const hr_options *options, hr_error *err)
{
    size_t wanted = source->pull.readers < source->run.piece_count ? source->pull.readers : source->run.piece_count;
    char snapshot[80];
    if (wanted <= 1)
        return HR_OK;
    hr_status status = export_snapshot(source, snapshot, err);
    char *uri = status == HR_OK ? same_host(plan->uri, source->lanes[0].pg.conn) : NULL;
    if (status == HR_OK && !uri)
        status = fail_memory(err);
    hr_pg_settings settings = {.uri = uri,
                               .options = options,
                               .feed = plan->feed,
                               .setup = setup_of(source),
                               .reads = true,
                               .wake = &source->wake};
    while (status == HR_OK && source->lane_count < wanted) {
        hr_pg_lane *lane = &source->lanes[source->lane_count];
        status = hr_pg_open(&lane->pg, &settings, err);
        if (status == HR_E_BUSY) { /* the server has no room for more, and those that there are read all pieces */
            status = tell_fewer(source, wanted, err);
            break;
        }
        if (status != HR_OK)
            break;
        source->lane_count++;
        status = hr_pg_run(&lane->pg, "SET TimeZone = 'UTC'", NULL, "setting up the connection", err);
        if (status == HR_OK)
            status = hr_pg_source_begin(source, lane, snapshot, err);
    }
    if (uri)
        explicit_bzero(uri, strlen(uri));
    hr_free(uri);
    return status;
}

void hr_pg_server_clear(hr_pg_server *server)
{
    hr_free(server->clock);
    hr_free(server->oldest);
    hr_free(server->holder);
    hr_free(server->prepared);
    hr_free(server->replayed);
    *server = (hr_pg_server){0};
}
