/* commit.c: the order of the commit, written once.
 *
 *  A process may end between any two of these steps, or the power may fail:
 *    before 2   the ledger has the old position; the hidden segment is swept away; its rows are read again
 *    before 3   the ledger has the new position and the receipt; recovery publishes the segment. Where the destination
 *               keeps the position with the rows, the ledger has all of it as an intent, and recovery asks the
 *               destination: the transaction was committed, and the intent is applied, or never will be (HR_E_LOST),
 *               and it is withdrawn
 *    before 4   recovery finds the segment published; the source is told again
 *  so a reader of the destination never sees a row that will be read again.
 */
#include "core/job/pull.h"

/* Where the segment's parts stand before and after it, for a destination that keeps this with its rows. */
typedef struct places {
    hr_part before, after;
    char texts[2][HR_POSITION_MAX + 1];
    hr_checkpoint checkpoint;
    bool moved;
} places;

static const char *text_of(const hr_position *position, char room[HR_POSITION_MAX + 1])
{
    memcpy(room, position->bytes, position->size);
    room[position->size] = '\0';
    return room;
}

static void find_places(const hr_work *work, const hr_position *after, places *out)
{
    const hr_pull *pull = work->pull;
    out->checkpoint.loaded = work->counts.loaded;
    if (pull) {
        out->checkpoint.before = pull->moves.before;
        out->checkpoint.after = pull->moves.after;
        out->checkpoint.count = pull->moves.count;
        out->moved = pull->moves.count > 0;
        return;
    }
    if (work->retry_from) { /* without rows there is nothing to be decided */
        out->before = (hr_part){.name = "", .at = work->retry_before};
        out->after = (hr_part){.name = "", .at = work->retry_after};
    } else {
        out->before = (hr_part){.name = "", .at = text_of(&work->committed, out->texts[0])};
        out->after = (hr_part){.name = "", .at = text_of(after, out->texts[1])};
    }
    out->moved = !work->retry_from && strcmp(out->before.at, out->after.at) != 0;
    out->checkpoint.before = &out->before;
    out->checkpoint.after = &out->after;
    out->checkpoint.count = 1;
}

/* The sink prepares the segment, and says which rows it does not take. */
static hr_status prepare(hr_work *work, const hr_position *after, bool transactional, hr_outcome *outcome,
                         hr_error *err)
{
    places where = {0};
    hr_pull *pull = work->pull;
    hr_status status = HR_OK;
    find_places(work, after, &where);
    if (!work->segment_open && !(transactional && where.moved))
        return HR_OK;
    if (transactional && where.moved && pull && pull->type->origin)
        status = pull->type->origin(pull->state, &where.checkpoint.origin, err);
    if (status == HR_OK)
        status = work->sink->prepare(work->sink_state, &where.checkpoint, outcome, err);
    work->again |= status != HR_OK;
    return status == HR_OK ? hr_work_outcome(work, outcome, err) : status;
}

static hr_status tell_refused(hr_work *work, hr_error *err)
{
    const hr_pull *pull = work->pull;
    hr_pending *pending = &work->pending;
    hr_status status = HR_OK;
    if (!pull || !pending->count)
        return HR_OK;
    if (pull->type->refused)
        status = pull->type->refused(pull->state, pending->list, pending->count, err);
    work->again |= status != HR_OK;
    for (size_t i = 0; status == HR_OK && i < pending->count; i++) /* only the source knows what they count */
        pending->list[i].offset = pending->list[i].at = HR_UNKNOWN;
    return status;
}

/* The commit stands: what was on its way is done with. */
static void settle(hr_work *work, const hr_position *after)
{
    work->committed = *after;
    work->job.position = *after;
    work->job.counts = work->counts;
    work->segment_open = false;
    work->again_since_ns = 0;
    work->attempts = 0;
    hr_pending_clear(&work->pending);
}

/* 1. The sink prepares: durable, not yet visible. The keys of the segment likewise. */
static hr_status make_durable(hr_work *work, hr_commit *commit, const hr_position *after, bool transactional,
                              hr_outcome *outcome, hr_error *err)
{
    hr_run *run = work->run;
    commit->keys = HR_UNKNOWN;
    hr_status status = prepare(work, after, transactional, outcome, err);
    HR_FAULT_POINT("commit.segment");
    if (status == HR_OK)
        status = tell_refused(work, err);
    if (status == HR_OK && run->keys && !run->keys_volatile) {
        uint64_t mark = work->key_mark ? *work->key_mark : hr_keyset_mark(run->keys);
        status = hr_keyset_prepare_to(run->keys, mark, err);
        commit->keys = mark;
    }
    if (status == HR_OK)
        HR_FAULT_POINT("commit.prepared");
    return status;
}

/* 2. The ledger records position, counts, rejects, keys, and what step 3 will publish, in one transaction. Where the
 * destination's own transaction decides, all this is kept as an intent until it has. */
static hr_status record(hr_work *work, hr_commit *commit, const hr_position *after, bool transactional,
                        const hr_outcome *outcome, uint64_t *receipt_id, hr_error *err)
{
    hr_run *run = work->run;
    const hr_pull *pull = work->pull;
    commit->feed = run->feed;
    commit->generation = run->generation;
    commit->job = work->job.id;
    commit->before = &work->committed;
    commit->after = after;
    commit->counts = work->counts;
    if (work->prepared)
        work->prepared(work, commit);
    if (commit->status == HR_JOB_COMPLETED && work->counts.rejected)
        commit->status = HR_JOB_PARTIALLY_COMPLETED;
    commit->rejects = work->pending.list;
    commit->reject_count = work->pending.count;
    commit->receipt = outcome->receipt.size ? &outcome->receipt : NULL;
    commit->intent = transactional && outcome->receipt.size;
    if (pull) {
        commit->part_feed = run->base;
        commit->source = pull->id;
        commit->parts_before = pull->moves.before;
        commit->parts_after = pull->moves.after;
        commit->part_count = pull->moves.count;
    }
    hr_status status = hr_ledger_commit(run->ledger, commit, receipt_id, err);
    work->again |= status == HR_E_STATE && pull && run->config.member; /* another member has moved a part */
    if (status == HR_OK)
        HR_FAULT_POINT("commit.recorded");
    return status;
}

/* 3. The sink publishes. Recovery repeats this when it fails. */
static hr_status publish(hr_work *work, bool intent, const hr_receipt *receipt, uint64_t receipt_id, hr_error *err)
{
    hr_ledger *ledger = work->run->ledger;
    hr_status status = work->sink->publish(work->sink_state, receipt, err);
    work->again |= status != HR_OK;
    HR_FAULT_POINT("commit.published");
    if (status == HR_E_LOST && intent) {
        hr_error reason = *err;
        status = hr_ledger_withdraw(ledger, receipt_id, err);
        if (status == HR_OK)
            *err = reason;
        return status == HR_OK ? HR_E_LOST : status;
    }
    return status == HR_OK ? hr_ledger_published(ledger, receipt_id, err) : status;
}

hr_status hr_commit_work(hr_work *work, hr_commit *commit, const hr_position *after, hr_error *err)
{
    hr_outcome outcome = {0};
    uint64_t receipt_id = 0;
    bool transactional = work->sink && (work->sink->capabilities & HR_SINK_TRANSACTIONAL);
    hr_status status = make_durable(work, commit, after, transactional, &outcome, err);
    if (status == HR_OK)
        status = record(work, commit, after, transactional, &outcome, &receipt_id, err);
    if (status != HR_OK)
        return status;
    if (!commit->intent)
        settle(work, after);
    if (outcome.receipt.size)
        status = publish(work, commit->intent, &outcome.receipt, receipt_id, err);
    if (status != HR_OK)
        return status;
    if (commit->intent)
        settle(work, after);

    /* 4. The source is acknowledged. Files stay where they are: the manifest entry was part of step 2. */
    if (work->pull) {
        status = hr_pull_acknowledge(work->pull, err);
        work->again |= status != HR_OK;
    }
    HR_FAULT_POINT("commit.acknowledged");
    return status;
}
