/* sink_publish.c: the commit, and, where its answer was lost, whether it happened. */
#include <stdio.h>
#include <time.h>

#include "connectors/postgres/sink.h"

/* ---- the receipt ----------------------------------------------------------------------------------------------- */

enum { AT_MARK, AT_XID, AT_FEED, AT_SOURCE, AT_PART, AT_BEFORE, AT_AFTER, RECEIPT_LINES };

/* The lines of the receipt as texts within `room`. */
static bool read_receipt(const hr_receipt *receipt, char room[HR_RECEIPT_MAX + 1], const char *lines[RECEIPT_LINES])
{
    memcpy(room, receipt->bytes, receipt->size);
    room[receipt->size] = '\0';
    char *at = room;
    for (size_t i = 0; i < RECEIPT_LINES; i++) {
        char *end = strchr(at, '\n');
        if (!end)
            return false;
        *end = '\0';
        lines[i] = at;
        at = end + 1;
    }
    return !*at && !strcmp(lines[AT_MARK], "pg1");
}

/* ---- settling -------------------------------------------------------------------------------------------------- */

typedef struct standing {
    bool running; /* the transaction is not over */
    char fate;    /* 'c' committed, 'a' aborted, 0: the server does not know any more */
    bool there;   /* there is a row for the part */
    char at[HR_POSITION_MAX];
} standing;

/* The row is locked first: a transaction that has moved it is waited for. A standby that has to acknowledge commits is
 * not, for here nothing is written. */
static hr_status look(hr_pg_sink *sink, hr_pg *pg, const char *const *lines, standing *out, hr_error *err)
{
    static const char doing[] = "asking whether rows were committed";
    PGresult *result = NULL;
    *out = (standing){0};
    const char *values[] = {lines[AT_FEED], lines[AT_SOURCE], lines[AT_PART]};
    hr_status status = HR_OK;
    if (*lines[AT_SOURCE]) {
        char *sql =
            hr_asprintf("SELECT position, set_config('synchronous_commit', 'off', true) FROM %s WHERE feed = $1 "
                        "AND source = $2 AND part = $3 FOR UPDATE",
                        sink->checkpoint);
        status = sql ? hr_pg_run_with(pg, sql, values, 3, &result, doing, err) : hr_fail_memory(err, doing);
        hr_free(sql);
        out->there = status == HR_OK && PQntuples(result);
        if (out->there)
            snprintf(out->at, sizeof out->at, "%s", PQgetvalue(result, 0, 0));
        PQclear(result);
        result = NULL;
    }
    if (status == HR_OK)
        status = hr_pg_run_with(pg, "SELECT pg_xact_status($1::text::xid8)", &lines[AT_XID], 1, &result, doing, err);
    if (status == HR_OK) {
        const char *text = PQgetvalue(result, 0, 0);
        out->running = text[0] == 'i';
        out->fate = text[0] == 'c' || text[0] == 'a' ? text[0] : '\0';
    } else if (!strcmp(hr_pg_state(pg), "22023")) {
        status = HR_OK; /* an id of the future: the server was set back, and has not come to this transaction */
    }
    PQclear(result);
    return status;
}

static hr_status lost(hr_error *err)
{
    (void)!hr_fail(err, HR_E_LOST, "the database rolled the transaction back: its rows are read again");
    if (err)
        err->retryable = true;
    return HR_E_LOST;
}

/* What the position says counts more than the transaction's id: a standby that was promoted may use it anew. */
static hr_status judge(const char *const *lines, const standing *now, hr_error *err)
{
    bool positioned = *lines[AT_SOURCE] && strcmp(lines[AT_BEFORE], lines[AT_AFTER]) != 0;
    const char *at = now->there ? now->at : "";
    if (positioned && now->there && !strcmp(at, lines[AT_AFTER]))
        return HR_OK;
    if (positioned && !strcmp(at, lines[AT_BEFORE]))
        return lost(err);
    if (now->fate == 'c')
        return HR_OK;
    if (now->fate == 'a')
        return lost(err);
    return hr_fail(err, HR_E_STATE,
                   "the database does not know any more whether transaction %s was committed, and the position of the "
                   "feed stands elsewhere: compare the table with the ledger",
                   lines[AT_XID]);
}

static hr_status pause_a_little(hr_pg_sink *sink, hr_error *err)
{
    const struct timespec time = {.tv_nsec = 50000000};
    nanosleep(&time, NULL);
    return hr_pg_wake_raised(&sink->wake) ? hr_fail(err, HR_E_INTERRUPTED, "interrupted while waiting for the database")
                                          : HR_OK;
}

hr_status hr_pg_settle(hr_pg_sink *sink, const hr_receipt *receipt, hr_error *err)
{
    char room[HR_RECEIPT_MAX + 1];
    const char *lines[RECEIPT_LINES];
    standing now = {.running = true};
    if (!read_receipt(receipt, room, lines))
        return hr_fail(err, HR_E_CORRUPT, "the receipt of a segment in the ledger is none of this destination");
    hr_pg_close(&sink->control); /* it may have been cut with the other one */
    hr_status status = hr_pg_connect_soon(sink, &sink->control, err);
    while (status == HR_OK && now.running) {
        status = look(sink, &sink->control, lines, &now, err);
        if (status == HR_OK && now.running)
            status = pause_a_little(sink, err);
    }
    /* It ended between the two questions, or is of another server's past: ask once more. */
    if (status == HR_OK)
        status = look(sink, &sink->control, lines, &now, err);
    if (status != HR_OK) {
        hr_pg_close(&sink->control);
        return status;
    }
    return judge(lines, &now, err);
}

/* ---- committing ------------------------------------------------------------------------------------------------ */

/* The server has answered, and rolled back: for a reason that will come again, or not. */
static hr_status refused(hr_error *err)
{
    if (!err)
        return HR_E_LOST;
    hr_error reason = *err;
    (void)!hr_fail(err, HR_E_LOST, "%s", reason.text);
    err->retryable = reason.retryable;
    return HR_E_LOST;
}

hr_status hr_pg_commit(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    PGresult *result = NULL;
    HR_FAULT_POINT("postgres.commit");
    hr_status status = hr_pg_lane_run(sink, lane, "COMMIT", &result, "committing rows", err);
    bool done = status == HR_OK && !strcmp(PQcmdStatus(result), "COMMIT"); /* a failed one answers ROLLBACK */
    PQclear(result);
    HR_FAULT_POINT("postgres.committed");
    if (done)
        return HR_OK;
    if (status == HR_E_INTERRUPTED)
        return status;
    if (status != HR_OK && *hr_pg_state(&lane->pg) && PQtransactionStatus(lane->pg.conn) == PQTRANS_IDLE)
        return refused(err);
    hr_pg_lane_close(lane);
    return hr_pg_settle(sink, &lane->receipt, err);
}
