/* ledger_sqlite_part.c: where the parts of sources stand, and commits that wait for the destination's transaction. */
#include <inttypes.h>

#include "core/ledger/intent.h"
#include "core/ledger/ledger_sqlite.h"

/* ---- parts -------------------------------------------------------------------------------------------------- */

hr_status hr_sqlite_part(void *state, const char *feed, const char *source, const char *name, char at[HR_POSITION_MAX],
                         hr_error *err)
{
    hr_sqlite *ledger = state;
    char found[HR_POSITION_MAX] = "";
    hr_status status = HR_OK;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_PART_GET);
    hr_sqlite_bind_text(&call, feed);
    hr_sqlite_bind_text(&call, source);
    hr_sqlite_bind_text(&call, name);
    if (hr_sqlite_step(&call) == SQLITE_ROW)
        hr_sqlite_text_room(&call, 0, found, sizeof found);
    else if (call.rc != SQLITE_DONE)
        status = hr_sqlite_fail(ledger, call.rc, err, "looking where a source stands", source);
    hr_sqlite_close_call(&call);
    if (status == HR_OK)
        memcpy(at, found, sizeof found);
    return status;
}

hr_status hr_sqlite_parts(void *state, const char *feed, hr_part_each each, void *context, hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_status status = HR_OK;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_PARTS);
    hr_sqlite_bind_text(&call, feed);
    while (status == HR_OK && hr_sqlite_step(&call) == SQLITE_ROW) {
        hr_part_record record = {.feed = hr_sqlite_text(&call, 0),
                                 .source = hr_sqlite_text(&call, 1),
                                 .name = hr_sqlite_text(&call, 2),
                                 .at = hr_sqlite_text(&call, 3),
                                 .job = hr_sqlite_text(&call, 4),
                                 .changed_ns = hr_sqlite_int(&call, 5),
                                 .lag = hr_sqlite_count(&call, 6)};
        ledger->reading++;
        status = each(context, &record, err);
        ledger->reading--;
    }
    if (status == HR_OK && call.rc != SQLITE_DONE)
        status = hr_sqlite_fail(ledger, call.rc, err, "listing where sources stand", NULL);
    hr_sqlite_close_call(&call);
    return status;
}

static const char *feed_of(const hr_commit *commit)
{
    return commit->part_feed ? commit->part_feed : commit->feed;
}

static hr_status moved(const hr_commit *commit, size_t i, hr_error *err)
{
    return hr_fail(err, HR_E_STATE,
                   "committing job %s: '%.100s' of source '%.100s' no longer stands at '%.100s' in the ledger; another "
                   "run has moved it, start again from there",
                   commit->job, commit->parts_after[i].name, commit->source, commit->parts_before[i].at);
}

hr_status hr_sqlite_check_parts(hr_sqlite *ledger, const hr_commit *commit, hr_error *err)
{
    char at[HR_POSITION_MAX];
    for (size_t i = 0; i < commit->part_count; i++) {
        hr_status status =
            hr_sqlite_part(ledger, feed_of(commit), commit->source, commit->parts_before[i].name, at, err);
        if (status == HR_OK && strcmp(at, commit->parts_before[i].at) != 0)
            status = moved(commit, i, err);
        if (status != HR_OK)
            return status;
    }
    return HR_OK;
}

/* Compare and swap: whoever else moved the part since we looked has read on from there. */
static hr_status move_part(hr_sqlite *ledger, const hr_commit *commit, size_t i, hr_error *err)
{
    const hr_part *before = &commit->parts_before[i], *after = &commit->parts_after[i];
    bool fresh = before->at[0] == '\0';
    hr_sqlite_call call = hr_sqlite_open_call(ledger, fresh ? HR_SQL_PART_ADD : HR_SQL_PART_MOVE);
    hr_sqlite_bind_text(&call, feed_of(commit));
    hr_sqlite_bind_text(&call, commit->source);
    hr_sqlite_bind_text(&call, after->name);
    hr_sqlite_bind_text(&call, after->at);
    hr_sqlite_bind_text(&call, commit->job);
    hr_sqlite_bind_int(&call, hr_clock_wall_ns());
    hr_sqlite_bind_count(&call, after->lag_known ? after->lag : HR_UNKNOWN);
    if (!fresh)
        hr_sqlite_bind_text(&call, before->at);
    hr_status status = hr_sqlite_run(&call, err, "moving a source in job", commit->job);
    if (status == HR_OK && sqlite3_changes(ledger->db) == 0)
        status = moved(commit, i, err);
    return status;
}

hr_status hr_sqlite_move_parts(hr_sqlite *ledger, const hr_commit *commit, hr_error *err)
{
    hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < commit->part_count; i++)
        status = move_part(ledger, commit, i, err);
    return status;
}

hr_status hr_sqlite_id(void *state, char out[33], hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_status status = HR_OK;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_SETTING);
    hr_sqlite_bind_text(&call, "id");
    if (hr_sqlite_step(&call) == SQLITE_ROW)
        hr_sqlite_text_room(&call, 0, out, 33);
    else if (call.rc == SQLITE_DONE)
        status = hr_fail(err, HR_E_CORRUPT, "the ledger has lost its identity");
    else
        status = hr_sqlite_fail(ledger, call.rc, err, "looking for the identity of the ledger", NULL);
    hr_sqlite_close_call(&call);
    return status;
}

/* ---- receipts and intents ----------------------------------------------------------------------------------- */

/* The commit that waits beside the receipt; *waits is false when there is none. */
static hr_status find_intent(hr_sqlite *ledger, uint64_t receipt_id, hr_intent *out, bool *waits, hr_error *err)
{
    hr_status status = HR_OK;
    *waits = false;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_RECEIPT_INTENT);
    hr_sqlite_bind_count(&call, receipt_id);
    if (hr_sqlite_step(&call) == SQLITE_ROW && sqlite3_column_type(call.statement, 0) == SQLITE_BLOB) {
        const void *bytes = sqlite3_column_blob(call.statement, 0);
        status = bytes ? hr_intent_read(bytes, (size_t)sqlite3_column_bytes(call.statement, 0), out, err)
                       : hr_fail_memory(err, "reading a commit that was begun");
        *waits = status == HR_OK;
    } else if (call.rc != SQLITE_ROW && call.rc != SQLITE_DONE) {
        status = hr_sqlite_fail(ledger, call.rc, err, "reading a commit that was begun", NULL);
    }
    hr_sqlite_close_call(&call);
    return status;
}

static hr_status publish_locked(hr_sqlite *ledger, uint64_t receipt_id, hr_error *err)
{
    hr_intent intent;
    bool waits;
    int64_t number;
    hr_status status = find_intent(ledger, receipt_id, &intent, &waits, err);
    if (status == HR_OK && waits) {
        status = hr_sqlite_check_own(ledger, intent.commit.feed, err);
        if (status == HR_OK)
            status = hr_sqlite_apply(ledger, &intent.commit, &number, err);
        hr_intent_clear(&intent);
    }
    if (status != HR_OK)
        return status;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_RECEIPT_PUBLISHED);
    hr_sqlite_bind_count(&call, receipt_id);
    hr_sqlite_bind_int(&call, hr_clock_wall_ns());
    status = hr_sqlite_run(&call, err, "marking a receipt as published", NULL);
    if (status == HR_OK && sqlite3_changes(ledger->db) == 0)
        status = hr_fail(err, HR_E_NOT_FOUND, "marking a receipt as published: the ledger has no receipt %" PRIu64,
                         receipt_id);
    return status;
}

hr_status hr_sqlite_published(void *state, uint64_t receipt_id, hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_status status = hr_sqlite_begin(ledger, err, "marking a receipt as published", NULL);
    if (status != HR_OK)
        return status;
    status = publish_locked(ledger, receipt_id, err);
    return hr_sqlite_end(ledger, status, err, "marking a receipt as published", NULL);
}

hr_status hr_sqlite_withdraw(void *state, uint64_t receipt_id, hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_intent intent;
    bool waits;
    hr_status status = hr_sqlite_begin(ledger, err, "forgetting a commit that was rolled back", NULL);
    if (status != HR_OK)
        return status;
    status = find_intent(ledger, receipt_id, &intent, &waits, err);
    if (status == HR_OK && !waits)
        status = hr_fail(err, HR_E_STATE, "receipt %" PRIu64 " does not wait for a transaction", receipt_id);
    if (status == HR_OK) {
        status = hr_sqlite_check_own(ledger, intent.commit.feed, err);
        hr_intent_clear(&intent);
    }
    if (status == HR_OK) {
        hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_RECEIPT_WITHDRAW);
        hr_sqlite_bind_count(&call, receipt_id);
        status = hr_sqlite_run(&call, err, "forgetting a commit that was rolled back", NULL);
    }
    return hr_sqlite_end(ledger, status, err, "forgetting a commit that was rolled back", NULL);
}
