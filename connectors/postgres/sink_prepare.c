/* sink_prepare.c: the oldest segment made ready for its commit: all rows that the server takes are in the transaction,
 * and so is the new position. */
#include "connectors/postgres/sink.h"

/* All rows that the server takes are in the transaction, in the table or the temporary one. */
static hr_status load_once(hr_pg_sink *sink, hr_pg_lane *lane, bool immediate, hr_error *err)
{
    if (immediate)
        return hr_pg_salvage(sink, lane, true, err);
    hr_status status = hr_pg_finish_copy(sink, lane, err);
    if (status != HR_OK && (hr_pg_binary_failed(sink, lane) || hr_pg_row_failure(&lane->pg)))
        status = hr_pg_salvage(sink, lane, false, err);
    return status;
}

static hr_status load_rows(hr_pg_sink *sink, hr_pg_lane *lane, bool immediate, hr_error *err)
{
    hr_status status = load_once(sink, lane, immediate, err);
    if (status == HR_OK || sink->open_count < 2 || strcmp(hr_pg_state(&lane->pg), "40P01") != 0)
        return status;
    status = hr_pg_go_alone(sink, lane, err);
    return status == HR_OK ? load_once(sink, lane, immediate, err) : status;
}

/* And all of them in the table. `immediate`: deferred constraints are checked with each statement. */
static hr_status prepare_rows(hr_pg_sink *sink, hr_pg_lane *lane, bool immediate, uint64_t *duplicates, hr_error *err)
{
    uint64_t landed = 0;
    *duplicates = 0;
    hr_status status = load_rows(sink, lane, immediate, err);
    if (status == HR_OK)
        lane->step = HR_PG_STEP_DONE; /* the next one has its turn */
    if (status == HR_OK && hr_pg_is_staged(sink)) {
        status = hr_pg_insert(sink, lane, &landed, err);
        uint64_t staged = lane->rows - lane->refusal_count;
        *duplicates = hr_pg_is_keyed(sink) && landed < staged ? staged - landed : 0;
    }
    return status;
}

/* What the commit would find is found before. A failure of deferred constraints names no row, so they are checked again
 * as if they were not deferred. */
static hr_status prepare_checked(hr_pg_sink *sink, hr_pg_lane *lane, uint64_t *duplicates, hr_error *err)
{
    hr_status status = prepare_rows(sink, lane, false, duplicates, err);
    if (status != HR_OK || !sink->target.deferrable)
        return status;
    status = hr_pg_lane_run(sink, lane, "SET CONSTRAINTS ALL IMMEDIATE", NULL, "checking deferred constraints", err);
    if (status == HR_OK || !hr_pg_row_failure(&lane->pg))
        return status;
    PQclear(lane->pg.failure);
    lane->pg.failure = NULL;
    return prepare_rows(sink, lane, true, duplicates, err);
}

static hr_status begin_empty(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    hr_status status = hr_pg_lane_connect(sink, lane, err);
    lane->state = HR_PG_SEALED;
    lane->step = HR_PG_STEP_DONE;
    return status == HR_OK ? hr_pg_run(&lane->pg, "BEGIN", NULL, "beginning a transaction", err) : status;
}

hr_status hr_pg_prepare(hr_pg_sink *sink, hr_pg_lane *lane, const hr_checkpoint *checkpoint, hr_outcome *out,
                        hr_error *err)
{
    uint64_t duplicates = 0;
    hr_status status = lane->rows ? prepare_checked(sink, lane, &duplicates, err) : begin_empty(sink, lane, err);
    if (status == HR_OK && lane->rows)
        status = hr_pg_check_altered(sink, lane, err);
    HR_FAULT_POINT("postgres.loaded");
    /* The next segment is sent before and after this one's position, so that the server has rows while the ledger is
     * written. */
    if (status == HR_OK)
        status = hr_pg_pump(sink, err);
    if (status == HR_OK)
        status = hr_pg_position_move(sink, lane, checkpoint, err);
    if (status == HR_OK)
        status = hr_pg_tell_kept_back(sink, lane, err);
    if (status == HR_OK)
        status = hr_pg_pump(sink, err);
    if (status != HR_OK)
        return status;
    hr_free(sink->outcome);
    sink->outcome = NULL;
    status = hr_pg_refusals(lane, &sink->outcome, err);
    if (status != HR_OK)
        return status;
    lane->state = HR_PG_PREPARED;
    *out = (hr_outcome){.receipt = lane->receipt,
                        .refusals = sink->outcome,
                        .refusal_count = lane->refusal_count,
                        .duplicates = duplicates};
    return HR_OK;
}
