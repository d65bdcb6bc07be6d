/* sink_lane.c: several connections that take rows at the same time, fed by one thread: whatever a socket takes without
 * waiting is sent, and where something must be waited for, all of them are waited for together. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/sink.h"

/* How long the oldest segment may wait for an answer before it is asked who is in its way. */
#define PATIENCE_MS 1000

/* ---- the pump ---------------------------------------------------------------------------------------------- */

static const char sending[] = "sending rows to the database";

static hr_status begin(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    hr_status status = hr_pg_lane_connect(sink, lane, err);
    if (status == HR_OK)
        status = hr_pg_binary_begin(sink, lane, err);
    if (status == HR_OK)
        status = hr_pg_send(&lane->pg, lane->binary ? sink->begin_binary_sql : sink->begin_sql, sending, err);
    if (status == HR_OK)
        lane->step = HR_PG_STEP_BEGUN;
    return status;
}

/* The answers to BEGIN and COPY, as far as they are there. */
static hr_status look_for_copy(hr_pg_lane *lane, hr_error *err)
{
    hr_status status = HR_OK;
    while (status == HR_OK && lane->step == HR_PG_STEP_BEGUN && !PQisBusy(lane->pg.conn)) {
        PGresult *result = PQgetResult(lane->pg.conn);
        ExecStatusType kind = PQresultStatus(result);
        if (kind == PGRES_COPY_IN) {
            lane->step = HR_PG_STEP_COPY;
        } else if (!result || kind != PGRES_COMMAND_OK) {
            status = hr_pg_fail(&lane->pg, result, sending, err);
        }
        PQclear(result);
    }
    return status;
}

/* 64 KiB at once, or what is left of a sealed segment; *put: something was given to libpq. */
static hr_status put_rows(hr_pg_sink *sink, hr_pg_lane *lane, bool *put, hr_error *err)
{
    *put = false;
    if (lane->out_at) {
        memmove(lane->out.data, lane->out.data + lane->out_at, lane->out.size - lane->out_at);
        lane->out.size -= lane->out_at;
        lane->out_at = 0;
    }
    if (lane->out.size < HR_PG_PUT && lane->sent < lane->rows) {
        hr_status status = hr_pg_render(sink, lane, &lane->sent, lane->rows, HR_PG_PUT, err);
        if (status == HR_END)
            return hr_pg_binary_give_up(lane) ? HR_OK : hr_pg_fail(&lane->pg, NULL, sending, err);
        if (status != HR_OK)
            return status;
    }
    size_t size = lane->out.size < HR_PG_PUT ? lane->out.size : HR_PG_PUT;
    if (!size || (size < HR_PG_PUT && lane->state == HR_PG_OPEN))
        return HR_OK;
    if (PQputCopyData(lane->pg.conn, (const char *)lane->out.data, (int)size) != 1)
        return hr_pg_fail(&lane->pg, NULL, sending, err);
    lane->out_at = size;
    *put = true;
    return HR_OK;
}

/* Whether the server is still taking the lane's rows, as far as is known. */
static bool is_loading(const hr_pg_lane *lane)
{
    if (lane->step == HR_PG_STEP_ENDED)
        return PQisBusy(lane->pg.conn);
    return lane->turn && (lane->step == HR_PG_STEP_BEGUN || lane->step == HR_PG_STEP_COPY);
}

/* As many lanes load at a time as there are writers. The segment behind them waits with its rows for the moment when
 * one of them is through, so that the server goes on while that one is recorded and committed. The oldest never waits:
 * the others may be waiting for it. */
static bool has_turn(const hr_pg_sink *sink, const hr_pg_lane *lane)
{
    size_t loading = 0;
    for (size_t i = 0; i < sink->lane_count; i++)
        loading += is_loading(&sink->lanes[i]);
    return loading < sink->writers || lane == &sink->lanes[sink->oldest];
}

/* A transaction and its COPY are begun before the lane has its turn, so that its rows can follow those of another at
 * once; but not where the time of statements is limited. */
static bool may_begin(const hr_pg_sink *sink, const hr_pg_lane *lane)
{
    /* No transaction stands open for the first rows of a source that gives few. */
    bool some = lane->rows && (lane->state == HR_PG_SEALED || lane->bytes >= HR_PG_PUT);
    return some && lane->step == HR_PG_STEP_NONE && !lane->held &&
           (lane->turn || !sink->lanes[sink->oldest].pg.limited);
}

/* Sends what the socket takes; *blocked: it takes no more now. */
static hr_status push(hr_pg_sink *sink, hr_pg_lane *lane, bool *blocked, hr_error *err)
{
    hr_status status = HR_OK;
    *blocked = false;
    lane->turn = (lane->turn && lane->step != HR_PG_STEP_NONE) || has_turn(sink, lane);
    if (may_begin(sink, lane))
        status = begin(sink, lane, err);
    if (status == HR_AGAIN) /* there is no connection for it now */
        return HR_OK;
    while (status == HR_OK && lane->pg.conn) {
        int left = PQflush(lane->pg.conn);
        if (left < 0)
            return hr_pg_fail(&lane->pg, NULL, sending, err);
        *blocked = left > 0;
        if (*blocked)
            return HR_OK;
        status = look_for_copy(lane, err);
        if (lane->step != HR_PG_STEP_COPY || status != HR_OK || !lane->turn)
            return status;
        bool put;
        status = put_rows(sink, lane, &put, err);
        if (status != HR_OK || put || lane->step == HR_PG_STEP_ENDED)
            continue;
        if (lane->state == HR_PG_OPEN)
            return HR_OK;
        if (!hr_pg_binary_end(lane) || PQputCopyEnd(lane->pg.conn, NULL) != 1)
            return hr_pg_fail(&lane->pg, NULL, sending, err);
        lane->step = HR_PG_STEP_ENDED;
    }
    return status;
}

static hr_pg_lane *segment(hr_pg_sink *sink, size_t i)
{
    return &sink->lanes[(sink->oldest + i) % sink->lane_count];
}

static bool takes_part(const hr_pg_lane *lane)
{
    return lane->pg.conn && lane->step != HR_PG_STEP_NONE && (lane->state == HR_PG_OPEN || lane->state == HR_PG_SEALED);
}

hr_status hr_pg_pump(hr_pg_sink *sink, hr_error *err)
{
    hr_status status = HR_OK;
    bool blocked;
    for (size_t i = 0; status == HR_OK && i < sink->open_count; i++) {
        hr_pg_lane *lane = segment(sink, i);
        if (lane->state != HR_PG_OPEN && lane->state != HR_PG_SEALED)
            continue;
        bool answers = lane->step == HR_PG_STEP_BEGUN || (lane->step == HR_PG_STEP_ENDED && is_loading(lane));
        if (answers && !PQconsumeInput(lane->pg.conn))
            return hr_pg_fail(&lane->pg, NULL, sending, err);
        status = push(sink, lane, &blocked, err);
    }
    return status;
}

/* ---- waiting ----------------------------------------------------------------------------------------------- */

#define LANES_MOST 64u

/* Waits until some lane can go on: HR_AGAIN when none could for `timeout_ms`. */
static hr_status wait_any(hr_pg_sink *sink, hr_pg_lane *first, bool writing, int timeout_ms, hr_error *err)
{
    struct pollfd fds[LANES_MOST + 2] = {{.fd = sink->wake.fd, .events = POLLIN}};
    hr_pg_lane *lanes[LANES_MOST + 2];
    nfds_t count = 1;
    lanes[count] = first;
    fds[count++] = (struct pollfd){.fd = PQsocket(first->pg.conn), .events = (short)(POLLIN | (writing ? POLLOUT : 0))};
    for (size_t i = 0; i < sink->open_count && count < HR_COUNT(fds); i++) {
        hr_pg_lane *lane = segment(sink, i);
        bool blocked;
        if (lane == first || (lane->state != HR_PG_OPEN && lane->state != HR_PG_SEALED))
            continue;
        hr_status status = push(sink, lane, &blocked, err);
        if (status != HR_OK)
            return status;
        if (!takes_part(lane) || (!blocked && !is_loading(lane)))
            continue;
        lanes[count] = lane;
        fds[count++] =
            (struct pollfd){.fd = PQsocket(lane->pg.conn), .events = (short)(POLLIN | (blocked ? POLLOUT : 0))};
    }
    int ready = poll(fds, count, timeout_ms);
    if (ready < 0 && errno != EINTR)
        return hr_fail_errno(err, errno, "waiting for the database");
    if (fds[0].revents)
        return hr_fail(err, HR_E_INTERRUPTED, "interrupted while waiting for the database");
    bool other = false;
    for (nfds_t i = 1; ready > 0 && i < count; i++) {
        other = other || (i == 1 && fds[i].revents);
        if ((fds[i].revents & (POLLIN | POLLERR | POLLHUP)) && !PQconsumeInput(lanes[i]->pg.conn))
            return hr_pg_fail(&lanes[i]->pg, NULL, sending, err);
    }
    return other || ready < 0 ? HR_OK : HR_AGAIN;
}

/* A newer segment may hold a lock that the oldest waits for, and would be committed only after it: it is begun anew
 * behind it. */
static hr_status clear_the_way(hr_pg_sink *sink, const hr_pg_lane *first, hr_error *err)
{
    const char *values[] = {first->pg.backend};
    PGresult *result = NULL;
    hr_pg *pg;
    hr_status status = hr_pg_ask_or_give_way(sink, &pg, err);
    if (status == HR_OK)
        status = hr_pg_run_with(pg, "SELECT unnest(pg_blocking_pids($1::int))", values, 1, &result,
                                "asking what a segment waits for", err);
    for (int row = 0; status == HR_OK && row < PQntuples(result); row++)
        for (size_t i = 0; i < sink->open_count; i++) {
            hr_pg_lane *lane = segment(sink, i);
            if (lane == first || !lane->pg.conn || strcmp(lane->pg.backend, PQgetvalue(result, row, 0)) != 0)
                continue;
            hr_pg_lane_close(lane);
            lane->held = true;
        }
    PQclear(result);
    if (status == HR_OK || status == HR_E_INTERRUPTED)
        return status;
    hr_pg_asked_in_vain(sink, pg);
    return HR_OK;
}

static hr_status wait_for(hr_pg_sink *sink, hr_pg_lane *lane, bool writing, int64_t *asked, hr_error *err)
{
    hr_status status = wait_any(sink, lane, writing, PATIENCE_MS, err);
    if (status != HR_AGAIN)
        return status;
    int64_t now = hr_clock_steady_ns();
    if (sink->open_count < 2 || now - *asked < PATIENCE_MS * INT64_C(1000000))
        return HR_OK;
    *asked = now;
    return clear_the_way(sink, lane, err);
}

hr_status hr_pg_lane_flush(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    int64_t asked = hr_clock_steady_ns();
    int left;
    while ((left = PQflush(lane->pg.conn)) > 0) {
        hr_status status = wait_for(sink, lane, true, &asked, err);
        if (status != HR_OK)
            return status;
    }
    return left < 0 ? hr_pg_fail(&lane->pg, NULL, sending, err) : HR_OK;
}

hr_status hr_pg_lane_result(hr_pg_sink *sink, hr_pg_lane *lane, PGresult **out, const char *doing, hr_error *err)
{
    int64_t asked = hr_clock_steady_ns();
    hr_status status = hr_pg_lane_flush(sink, lane, err);
    while (status == HR_OK && PQisBusy(lane->pg.conn))
        status = wait_for(sink, lane, false, &asked, err);
    return status == HR_OK ? hr_pg_result(&lane->pg, out, doing, err) : status;
}

static hr_status send_all(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    int64_t asked = hr_clock_steady_ns();
    hr_status status = HR_OK;
    while (status == HR_OK && lane->step != HR_PG_STEP_ENDED) {
        bool blocked;
        status = push(sink, lane, &blocked, err);
        if (status == HR_OK && lane->step != HR_PG_STEP_ENDED)
            status = wait_for(sink, lane, blocked, &asked, err);
    }
    PGresult *result = NULL;
    if (status == HR_OK)
        status = hr_pg_lane_result(sink, lane, &result, sending, err);
    lane->taken = status == HR_OK ? strtoull(PQcmdTuples(result), NULL, 10) : 0;
    PQclear(result);
    return status;
}

hr_status hr_pg_finish_copy(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    lane->held = false;
    lane->state = HR_PG_SEALED;
    return send_all(sink, lane, err);
}

hr_status hr_pg_go_alone(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    for (size_t i = 1; i < sink->open_count; i++) {
        hr_pg_lane_close(segment(sink, i));
        segment(sink, i)->held = true;
    }
    lane->step = HR_PG_STEP_NONE;
    lane->sent = 0;
    lane->out.size = lane->out_at = 0;
    return hr_pg_run(&lane->pg, "ROLLBACK", NULL, "ending a failed transaction", err);
}

hr_status hr_pg_lane_run(hr_pg_sink *sink, hr_pg_lane *lane, const char *sql, PGresult **out, const char *doing,
                         hr_error *err)
{
    hr_status status = hr_pg_send(&lane->pg, sql, doing, err);
    HR_FAULT_POINT(!strcmp(sql, "COMMIT") ? "postgres.sent" : "postgres.asked");
    return status == HR_OK ? hr_pg_lane_result(sink, lane, out, doing, err) : status;
}
