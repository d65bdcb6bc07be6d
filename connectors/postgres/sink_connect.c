/* sink_connect.c: which connection a segment gets. One that is free is taken before another is made, and where the
 * server has no room for another (limits of role, database or server), the newer segments wait with their rows for the
 * oldest one's: one connection is enough for everything, two for speed. */
#include <stdio.h>
#include <time.h>

#include "connectors/postgres/sink.h"

/* How long after a refusal none of the newer segments asks for another connection. */
#define CROWDED_NS (INT64_C(10) * 1000000000)
/* A server may take a moment to be done with a connection that was closed. */
#define TRIES 20
#define TRY_NS 50000000

hr_status hr_pg_connect(const hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    /* A client that vanished must not hold the row of its position for hours. What a statement is to see was committed
     * before it, whatever the role has for its own transactions (sink_altered.c). */
    hr_pg_settings settings = {.uri = sink->plan.uri,
                               .options = sink->options,
                               .feed = sink->plan.feed,
                               .session = "read-write",
                               .setup = "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET "
                                        "tcp_keepalives_count = 4; SET row_security = on; SET "
                                        "default_transaction_isolation = 'read committed'",
                               .wake = &sink->wake};
    return hr_pg_open(pg, &settings, err);
}

hr_status hr_pg_connect_soon(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    hr_status status = hr_pg_connect(sink, pg, err);
    for (int i = 0; status == HR_E_BUSY && i < TRIES && !hr_pg_wake_raised(&sink->wake); i++) {
        const struct timespec time = {.tv_nsec = TRY_NS};
        nanosleep(&time, NULL);
        status = hr_pg_connect(sink, pg, err);
    }
    return status;
}

/* ---- sharing ------------------------------------------------------------------------------------------------- */

static bool is_idle(const hr_pg_lane *lane)
{
    return lane->pg.conn && lane->step == HR_PG_STEP_NONE && PQstatus(lane->pg.conn) == CONNECTION_OK &&
           PQtransactionStatus(lane->pg.conn) == PQTRANS_IDLE;
}

static bool take_free(hr_pg_sink *sink, hr_pg_lane *lane)
{
    for (size_t i = 0; i < sink->lane_count; i++) {
        hr_pg_lane *other = &sink->lanes[i];
        if (other == lane || other->state != HR_PG_FREE || !is_idle(other))
            continue;
        lane->pg = other->pg;
        lane->staged = other->staged;
        other->pg = (hr_pg){0};
        other->staged = false;
        return true;
    }
    return false;
}

static hr_status tell_crowded(hr_pg_sink *sink, const hr_error *reason, hr_error *err)
{
    size_t connections = 0;
    for (size_t i = 0; i < sink->lane_count; i++)
        connections += sink->lanes[i].pg.conn != NULL;
    if (sink->crowded_ns || !sink->plan.tell)
        return HR_OK;
    const char *why = reason ? reason->text : "";
    hr_buffer detail = {0};
    bool ok =
        hr_buffer_printf(&detail, "{\"connections\":%zu,\"wanted\":%zu,\"error\":", connections, sink->lane_count) &&
        hr_buffer_json_text(&detail, why) && hr_buffer_add(&detail, "}", 2);
    hr_status status = ok ? sink->plan.tell(sink->plan.runner, "FewerConnections", (const char *)detail.data, err)
                          : hr_fail_memory(err, "connecting to the database");
    hr_buffer_free(&detail);
    return status;
}

/* A newer segment does without when there is no room: HR_AGAIN. */
static hr_status connect_newer(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    int64_t now = hr_clock_steady_ns();
    hr_error reason;
    if (sink->crowded_ns && now - sink->crowded_ns < CROWDED_NS)
        return HR_AGAIN;
    hr_status status = hr_pg_connect(sink, &lane->pg, &reason);
    if (status == HR_OK)
        return HR_OK;
    if (status != HR_E_BUSY) {
        if (err)
            *err = reason;
        return status;
    }
    status = tell_crowded(sink, &reason, err);
    sink->crowded_ns = now;
    return status == HR_OK ? HR_AGAIN : status;
}

/* The newest segment that has a connection loses it, and is loaded when it is the oldest. */
static bool give_way(hr_pg_sink *sink)
{
    for (size_t i = sink->open_count; i-- > 1;) {
        hr_pg_lane *lane = &sink->lanes[(sink->oldest + i) % sink->lane_count];
        if (!lane->pg.conn)
            continue;
        hr_pg_lane_close(lane);
        lane->held = true;
        return true;
    }
    return false;
}

/* The oldest segment cannot do without. */
static hr_status connect_oldest(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    hr_status status = hr_pg_connect(sink, pg, err);
    if (status != HR_E_BUSY)
        return status;
    (void)give_way(sink);
    return hr_pg_connect_soon(sink, pg, err);
}

hr_status hr_pg_lane_connect(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    bool oldest = lane == &sink->lanes[sink->oldest];
    hr_status status = HR_OK;
    if (!lane->pg.conn && !take_free(sink, lane))
        status = oldest ? connect_oldest(sink, &lane->pg, err) : connect_newer(sink, lane, err);
    if (status == HR_OK && sink->stage_sql && !lane->staged) {
        status = hr_pg_run(&lane->pg, sink->stage_sql, NULL, "making a temporary table for rows", err);
        if (!strcmp(hr_pg_state(&lane->pg), "42P07")) /* it is another session than before */
            status = hr_pg_check_session(&lane->pg, "", err);
        lane->staged = status == HR_OK;
        if (status != HR_OK) { /* no row is at fault, whatever the server calls it */
            PQclear(lane->pg.failure);
            lane->pg.failure = NULL;
        }
    }
    return status;
}

void hr_pg_lane_close(hr_pg_lane *lane)
{
    hr_pg_close(&lane->pg);
    lane->staged = false;
    lane->step = HR_PG_STEP_NONE;
    lane->sent = 0;
    lane->out.size = lane->out_at = 0;
}

hr_status hr_pg_asking(hr_pg_sink *sink, hr_pg **out, hr_error *err)
{
    *out = &sink->control;
    if (sink->control.conn)
        return HR_OK;
    for (size_t i = 0; i < sink->lane_count; i++)
        if (is_idle(&sink->lanes[i])) {
            *out = &sink->lanes[i].pg;
            return HR_OK;
        }
    return hr_pg_connect(sink, &sink->control, err);
}

hr_status hr_pg_ask_or_give_way(hr_pg_sink *sink, hr_pg **out, hr_error *err)
{
    hr_status status = hr_pg_asking(sink, out, err);
    return status == HR_E_BUSY && give_way(sink) ? HR_AGAIN : status;
}

void hr_pg_asked_in_vain(hr_pg_sink *sink, hr_pg *pg)
{
    for (size_t i = 0; i < sink->lane_count; i++)
        if (pg == &sink->lanes[i].pg)
            hr_pg_lane_close(&sink->lanes[i]);
    if (pg == &sink->control)
        hr_pg_close(pg);
}
