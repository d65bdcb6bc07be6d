/* sink_salvage.c: finding the rows that the server refuses, so that the others are loaded.
 *
 * One COPY of all rows is tried first, and costs nothing more. When it fails, the transaction is made anew in chunks,
 * each behind a savepoint. Where the server says on which line a chunk failed, that row is refused and the chunk sent
 * again without it; else the chunk is halved until one row is left. Chunks shrink where rows are bad and grow where
 * they are not, so that many bad rows cost a few statements each, and few of them about a second COPY. */
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/sink.h"

#define CHUNK_FIRST 1024u
#define CHUNK_MOST 4096u
#define CHUNK_NAMED 32u /* the least where the server names the line */

/* Of the server, which raised the failure. */
static const char *function_of(const hr_pg *pg)
{
    const char *name = pg->failure ? PQresultErrorField(pg->failure, PG_DIAG_SOURCE_FUNCTION) : NULL;
    return name ? name : "";
}

bool hr_pg_row_failure(const hr_pg *pg)
{
    /* Classes of what is wrong with the statement, the session, rights or the server itself. All others are about
     * values; a trigger may raise any. */
    static const char others[][3] = {"08", "0A", "0B", "0Z", "25", "26", "28", "2D", "34", "3B", "3D",
                                     "3F", "42", "72", "F0", "HV", "40", "53", "55", "57", "58", "XX"};
    enum { OF_THE_SERVER = 6 }; /* the last ones: worth another try, or nothing to do with rows at all */
    const char *state = hr_pg_state(pg);
    if (strlen(state) != 5)
        return false;
    const char *function = function_of(pg);
    if (!strcmp(state, "42501") && !strcmp(function, "ExecWithCheckOptions")) /* a policy, and no missing right */
        return true;
    bool raised = !strcmp(function, "exec_stmt_raise"); /* by code of the user's own, with a code of its choice */
    for (size_t i = 0; i < HR_COUNT(others); i++)
        if (!strncmp(state, others[i], 2))
            return raised && i < HR_COUNT(others) - OF_THE_SERVER;
    return true;
}

/* ---- what the server says about the row ---------------------------------------------------------------------- */

static uint32_t column_named(const hr_pg_sink *sink, const char *name, size_t size)
{
    for (size_t i = 0; i < sink->given_count; i++) {
        const hr_pg_given *given = &sink->given[i];
        if (given->at == SIZE_MAX || given->what != HR_COPY_FIELD)
            continue;
        const char *own = sink->target.columns[given->at].name;
        if (strlen(own) == size && !memcmp(own, name, size))
            return given->column;
    }
    return UINT32_MAX;
}

/* "COPY orders, line 3, column total: "abc"": the word is in the server's language. *rest: behind the number. */
static bool copy_line(const char *context, const char *table, uint64_t *line, const char **rest)
{
    for (const char *at = context; (at = strstr(at, "COPY ")) != NULL; at++) {
        const char *p = at + 5;
        if ((at != context && at[-1] != '\n') || strncmp(p, table, strlen(table)) != 0)
            continue;
        p += strlen(table);
        p += strcspn(p, "0123456789\n");
        if (*p < '1' || *p > '9')
            continue;
        char *stop;
        *line = strtoull(p, &stop, 10);
        *rest = stop;
        return true;
    }
    return false;
}

/* ", column total: ..." or ", column total". */
static uint32_t column_behind(const hr_pg_sink *sink, const char *rest)
{
    if (strncmp(rest, ", ", 2) != 0)
        return UINT32_MAX;
    const char *name = strchr(rest + 2, ' ');
    if (!name)
        return UINT32_MAX;
    name++;
    for (size_t size = strcspn(name, "\n"); size; size--)
        if (name[size] == ':' || name[size] == '\n' || name[size] == '\0') {
            uint32_t found = column_named(sink, name, size);
            if (found != UINT32_MAX)
                return found;
        }
    return UINT32_MAX;
}

static uint32_t column_field(const hr_pg_sink *sink, const hr_pg *pg)
{
    const char *name = pg->failure ? PQresultErrorField(pg->failure, PG_DIAG_COLUMN_NAME) : NULL;
    return name ? column_named(sink, name, strlen(name)) : UINT32_MAX;
}

/* The row and column that the server names, if it does, for rows sent from ordinal `from` on. */
static bool failed_row(const hr_pg_sink *sink, const hr_pg_lane *lane, uint64_t from, uint64_t *ordinal,
                       uint32_t *column)
{
    const char *context = lane->pg.failure ? PQresultErrorField(lane->pg.failure, PG_DIAG_CONTEXT) : NULL;
    const char *rest, *table = hr_pg_is_staged(sink)         ? HR_PG_STAGE_TABLE
                               : sink->mode == HR_PG_REPLACE ? sink->fresh_table
                                                             : sink->target.table;
    uint64_t line;
    if (!context || !copy_line(context, table, &line, &rest) || !hr_pg_row_of_line(lane, from, line, ordinal))
        return false;
    *column = column_behind(sink, rest);
    if (*column == UINT32_MAX)
        *column = column_field(sink, &lane->pg);
    return true;
}

static hr_status refuse_as(hr_pg_lane *lane, uint64_t ordinal, uint32_t column, hr_error *err)
{
    char text[700];
    const PGresult *failure = lane->pg.failure;
    const char *primary = PQresultErrorField(failure, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(failure, PG_DIAG_MESSAGE_DETAIL);
    snprintf(text, sizeof text, "%.300s (SQLSTATE %s)%s%.300s", primary ? primary : "refused by the database",
             hr_pg_state(&lane->pg), detail ? "; " : "", detail ? detail : "");
    for (char *p = text; *p; p++)
        *p = *p == '\n' || *p == '\r' ? ' ' : *p;
    return hr_pg_refuse(lane, ordinal, column, text, err);
}

hr_status hr_pg_refuse_failed(const hr_pg_sink *sink, hr_pg_lane *lane, uint64_t ordinal, hr_error *err)
{
    return refuse_as(lane, ordinal, column_field(sink, &lane->pg), err);
}

/* ---- chunks ------------------------------------------------------------------------------------------------- */

static const char go_back[] = "ROLLBACK TO SAVEPOINT headrace",
                  go_on[] = "RELEASE SAVEPOINT headrace; SAVEPOINT headrace";

/* `before` and the COPY of the rows [from, to) that are not refused, behind the savepoint. */
static hr_status copy_rows(hr_pg_sink *sink, hr_pg_lane *lane, const char *before, uint64_t from, uint64_t to,
                           hr_error *err)
{
    static const char doing[] = "sending rows to the database again";
    char *sql = hr_asprintf("%s; %s", before, sink->copy_sql);
    hr_status status = sql ? hr_pg_lane_run(sink, lane, sql, NULL, doing, err) : hr_fail_memory(err, doing);
    hr_free(sql);
    while (status == HR_OK && from < to) {
        lane->out.size = 0;
        status = hr_pg_render(sink, lane, &from, to, HR_PG_PUT, err);
        if (status == HR_OK && lane->out.size &&
            PQputCopyData(lane->pg.conn, (const char *)lane->out.data, (int)lane->out.size) != 1)
            status = hr_pg_fail(&lane->pg, NULL, doing, err);
        if (status == HR_OK && from < to)
            status = hr_pg_lane_flush(sink, lane, err);
    }
    lane->out.size = lane->out_at = 0;
    if (status == HR_OK && PQputCopyEnd(lane->pg.conn, NULL) != 1)
        status = hr_pg_fail(&lane->pg, NULL, doing, err);
    PGresult *result = NULL;
    if (status == HR_OK)
        status = hr_pg_lane_result(sink, lane, &result, doing, err);
    if (status == HR_OK)
        lane->taken += strtoull(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return status;
}

static uint64_t rows_left(const hr_pg_lane *lane, uint64_t from, uint64_t to)
{
    uint64_t left = 0;
    for (; from < to; from++)
        left += !hr_pg_is_refused(lane, from);
    return left;
}

/* The chunk [from, from + *size) failed: refuses a row of it, or makes the next one smaller. */
static hr_status after_failure(hr_pg_sink *sink, hr_pg_lane *lane, uint64_t from, uint64_t *size, hr_error *err)
{
    uint64_t ordinal;
    uint32_t column;
    hr_status status = HR_OK;
    if (failed_row(sink, lane, from, &ordinal, &column)) {
        status = refuse_as(lane, ordinal, column, err);
        *size = *size / 2 > CHUNK_NAMED ? *size / 2 : CHUNK_NAMED;
    } else if (rows_left(lane, from, from + *size) <= 1) {
        for (ordinal = from; hr_pg_is_refused(lane, ordinal);)
            ordinal++;
        status = hr_pg_refuse_failed(sink, lane, ordinal, err);
    } else {
        *size = (*size + 1) / 2;
    }
    return status == HR_OK
               ? hr_pg_run(&lane->pg, "ROLLBACK TO SAVEPOINT headrace", NULL, "going back to good rows", err)
               : status;
}

hr_status hr_pg_salvage(hr_pg_sink *sink, hr_pg_lane *lane, bool immediate, hr_error *err)
{
    uint64_t from = 0, size = CHUNK_FIRST, ordinal;
    uint32_t column;
    hr_status status = HR_OK;
    lane->taken = 0;
    lane->binary = false; /* what it says of rows is what the server says of their texts */
    if (lane->pg.failure && failed_row(sink, lane, 0, &ordinal, &column))
        status = refuse_as(lane, ordinal, column, err);
    if (status == HR_OK)
        status = hr_pg_run(&lane->pg,
                           immediate ? "ROLLBACK; BEGIN; SET CONSTRAINTS ALL IMMEDIATE; SAVEPOINT headrace"
                                     : "ROLLBACK; BEGIN; SAVEPOINT headrace",
                           NULL, "beginning anew without refused rows", err);
    const char *before = go_on;
    while (status == HR_OK && from < lane->rows) {
        uint64_t left = lane->rows - from, now = size < left ? size : left;
        status = copy_rows(sink, lane, before, from, from + now, err);
        if (status == HR_OK) {
            from += now;
            size = size * 2 < CHUNK_MOST ? size * 2 : CHUNK_MOST;
            before = go_on;
        } else if (hr_pg_row_failure(&lane->pg)) {
            status = after_failure(sink, lane, from, &now, err);
            size = now;
            before = go_back;
        }
    }
    return status == HR_OK ? hr_pg_run(&lane->pg, before == go_on ? go_on : go_back, NULL, "keeping good rows", err)
                           : status;
}

/* ---- what it keeps back ------------------------------------------------------------------------------------- */

/* A trigger may keep rows from the table, or put them elsewhere: they went where the server was told to put them, and
 * whoever compares counts must know. */
hr_status hr_pg_tell_kept_back(const hr_pg_sink *sink, const hr_pg_lane *lane, hr_error *err)
{
    uint64_t sent = lane->rows - lane->refusal_count;
    if (!lane->rows || hr_pg_is_keyed(sink) || lane->taken >= sent || !sink->plan.tell)
        return HR_OK;
    hr_buffer detail = {0};
    bool ok = hr_buffer_text(&detail, "{\"table\":") && hr_buffer_json_text(&detail, sink->target.name) &&
              hr_buffer_printf(&detail, ",\"rows\":%llu,\"of\":%llu}", (unsigned long long)(sent - lane->taken),
                               (unsigned long long)sent) &&
              hr_buffer_add(&detail, "", 1);
    hr_status status = ok ? sink->plan.tell(sink->plan.runner, "RowsKeptBack", (const char *)detail.data, err)
                          : hr_fail_memory(err, "telling of rows that a trigger kept back");
    hr_buffer_free(&detail);
    return status;
}
