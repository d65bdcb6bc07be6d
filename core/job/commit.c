/* commit.c: the order of the commit (design §1), written once, and what recovery makes of a commit that was cut short.
 */
#include "core/job/pull.h"
#include "core/job/run.h"

#define LEASE_NS ((int64_t)60 * 1000000000)

/*  A process may end between any two of these steps, or the power may fail:
 *    before 2   the ledger has the old position; the hidden segment is swept away; its rows are read again
 *    before 3   the ledger has the new position and the receipt; recovery publishes the segment. Where the destination
 *               keeps the position with the rows, the ledger has all of it as an intent, and recovery asks the
 *               destination: the transaction was committed, and the intent is applied, or never will be (HR_E_LOST),
 *               and it is withdrawn
 *    before 4   recovery finds the segment published; the source is told again
 *  so a reader of the destination never sees a row that will be read again. */
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

/* 1. The sink prepares, and says which rows it does not take; whoever waits for rejects gets them. */
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

hr_status hr_commit_work(hr_work *work, hr_commit *commit, const hr_position *after, hr_error *err)
{
    hr_run *run = work->run;
    hr_pull *pull = work->pull;
    hr_outcome outcome = {0};
    uint64_t receipt_id = 0;
    bool transactional = work->sink && (work->sink->capabilities & HR_SINK_TRANSACTIONAL);

    /* 1. The sink prepares: durable, not yet visible. The keys of the segment likewise. */
    commit->keys = HR_UNKNOWN;
    hr_status status = prepare(work, after, transactional, &outcome, err);
    HR_FAULT_POINT("commit.segment");
    if (status == HR_OK)
        status = tell_refused(work, err);
    if (status == HR_OK && run->keys && !run->keys_volatile)
        status = hr_keyset_prepare(run->keys, &commit->keys, err);
    if (status != HR_OK)
        return status;
    HR_FAULT_POINT("commit.prepared");

    /* 2. The ledger records position, counts, rejects, keys, and what step 3 will publish, in one transaction. Where
     * the destination's own transaction decides, all this is kept as an intent until it has. */
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
    commit->receipt = outcome.receipt.size ? &outcome.receipt : NULL;
    commit->intent = transactional && outcome.receipt.size;
    if (pull) {
        commit->part_feed = run->base;
        commit->source = pull->id;
        commit->parts_before = pull->moves.before;
        commit->parts_after = pull->moves.after;
        commit->part_count = pull->moves.count;
    }
    status = hr_ledger_commit(run->ledger, commit, &receipt_id, err);
    work->again |= status == HR_E_STATE && pull && run->config.member; /* another member has moved a part */
    if (status != HR_OK)
        return status;
    HR_FAULT_POINT("commit.recorded");
    if (!commit->intent)
        settle(work, after);

    /* 3. The sink publishes. Recovery repeats this when it fails. */
    if (outcome.receipt.size) {
        status = work->sink->publish(work->sink_state, &outcome.receipt, err);
        work->again |= status != HR_OK;
        HR_FAULT_POINT("commit.published");
        if (status == HR_E_LOST && commit->intent) {
            hr_error reason = *err;
            status = hr_ledger_withdraw(run->ledger, receipt_id, err);
            if (status == HR_OK)
                *err = reason;
            return status == HR_OK ? HR_E_LOST : status;
        }
        if (status == HR_OK)
            status = hr_ledger_published(run->ledger, receipt_id, err);
        if (status != HR_OK)
            return status;
        if (commit->intent)
            settle(work, after);
    }

    /* 4. The source is acknowledged. Files stay where they are: the manifest entry was part of step 2. */
    if (pull) {
        status = hr_pull_acknowledge(pull, err);
        work->again |= status != HR_OK;
    }
    HR_FAULT_POINT("commit.acknowledged");
    return status;
}

/* ---- recovery ---------------------------------------------------------------------------------------------- */

typedef struct receipts {
    hr_receipt_record *list;
    size_t count, capacity;
} receipts;

static hr_status keep_receipt(void *context, const hr_receipt_record *record, hr_error *err)
{
    receipts *all = context;
    hr_receipt_record *list = hr_array_room(all->list, all->count, &all->capacity, 4, sizeof *list);
    if (!list)
        return hr_fail_memory(err, "recovering");
    all->list = list;
    all->list[all->count++] = *record;
    return HR_OK;
}

/* What the ledger cannot tell is left alone. */
static bool owns(void *owner, const char *id)
{
    const hr_run *run = owner;
    hr_job job = {0};
    hr_error ignored;
    bool ours = hr_ledger_job(run->ledger, id, &job, &ignored) == HR_OK && !strcmp(job.feed, run->feed);
    hr_job_clear(&job);
    return ours;
}

static hr_status open_for(hr_run *run, const char *recorded, const char *job, const char *source,
                          const hr_sink_type **type, void **state, hr_error *err)
{
    char *destination;
    hr_status status = hr_run_destination(run, recorded, &destination, err);
    if (status != HR_OK)
        return status;
    hr_sink_plan plan = {.uri = destination,
                         .feed = run->base,
                         .title = run->title,
                         .job = job,
                         .file = "",
                         .source = source,
                         .settling = true,
                         .ledger = run->ledger_id,
                         .generation = run->config.member ? 0 : run->generation,
                         .segments = 1,
                         .format = run->config.format,
                         .compression = run->config.compression,
                         .started_ns = hr_clock_wall_ns(),
                         .owns = owns,
                         .owner = run};
    status = hr_open_sink(run, &plan, type, state, err);
    hr_free(destination);
    return status;
}

/* One segment that the ledger recorded, at the destination of its job. */
static hr_status publish_one(hr_run *run, const hr_receipt_record *record, hr_error *err)
{
    hr_job job = {0};
    const hr_sink_type *type = NULL;
    void *state = NULL;
    hr_status status = hr_ledger_job(run->ledger, record->job, &job, err);
    if (status == HR_OK)
        status = open_for(run, job.destination, job.id, "", &type, &state, err);
    if (status == HR_OK)
        status = type->publish(state, &record->receipt, err);
    if (status == HR_E_LOST && record->intent)
        status = hr_ledger_withdraw(run->ledger, record->id, err);
    else if (status == HR_OK)
        status = hr_ledger_published(run->ledger, record->id, err);
    hr_close_sink(type, state);
    hr_job_clear(&job);
    return status;
}

hr_status hr_recover_feed(hr_run *run, hr_error *err)
{
    receipts pending = {0};
    const hr_sink_type *type = NULL;
    void *state = NULL;
    hr_status status = hr_ledger_receipts(run->ledger, run->feed, NULL, true, keep_receipt, &pending, err);
    for (size_t i = 0; status == HR_OK && i < pending.count; i++)
        status = publish_one(run, &pending.list[i], err);
    HR_FAULT_POINT("recover.published");
    if (status == HR_OK && run->config.to)
        status = open_for(run, run->config.to, "recovery", "", &type, &state, err);
    if (status == HR_OK && state)
        status = type->sweep(state, NULL, 0, err);
    HR_FAULT_POINT("recover.swept");
    hr_close_sink(type, state);
    hr_free(pending.list);
    return status;
}

hr_status hr_sweep_origin(hr_run *run, const hr_source_type *from, const char *source, const char *destination,
                          hr_error *err)
{
    hr_error ignored;
    const hr_sink_type *type = run->connectors->sink(destination, &ignored);
    void *state = NULL;
    if (!from->origin || !type || strcmp(type->scheme, from->scheme) != 0 || run->config.member)
        return HR_OK;
    hr_status status = open_for(run, destination, "recovery", source, &type, &state, err);
    if (status == HR_OK)
        status = type->sweep(state, NULL, 0, err);
    hr_close_sink(type, state);
    return status;
}

/* ---- other members of the feed ------------------------------------------------------------------------------- */

typedef struct siblings {
    const hr_run *run;
    char **feeds;
    size_t count;
} siblings;

/* The feeds "base@..." that have something to be published, but our own. */
static hr_status see_sibling(void *context, const hr_receipt_record *record, hr_error *err)
{
    siblings *all = context;
    const hr_run *run = all->run;
    size_t size = strlen(run->base);
    hr_job job = {0};
    hr_status status = hr_ledger_job(run->ledger, record->job, &job, err);
    bool sibling = status == HR_OK && !strncmp(job.feed, run->base, size) && job.feed[size] == '@' &&
                   strcmp(job.feed, run->feed) != 0;
    for (size_t i = 0; sibling && i < all->count; i++)
        sibling = strcmp(all->feeds[i], job.feed) != 0;
    if (sibling) {
        char **feeds = hr_realloc(all->feeds, (all->count + 1) * sizeof *feeds);
        all->feeds = feeds ? feeds : all->feeds;
        char *feed = feeds ? hr_strdup(job.feed) : NULL;
        if (feed)
            all->feeds[all->count++] = feed;
        else
            status = hr_fail_memory(err, "recovering");
    }
    hr_job_clear(&job);
    return status;
}

/* As the sibling itself would, under its lease, which a handle of its own holds. */
static hr_status recover_sibling(hr_run *run, char *feed, hr_error *err)
{
    hr_ledger *own = run->ledger, *theirs;
    char *own_feed = run->feed;
    uint64_t ours = run->generation;
    hr_status status = hr_ledger_open(run->config.ledger, &theirs, err);
    if (status != HR_OK)
        return status;
    run->ledger = theirs;
    run->feed = feed;
    status = hr_ledger_lease(theirs, feed, LEASE_NS, &run->generation, err);
    if (status == HR_OK)
        status = hr_recover_feed(run, err);
    else if (status == HR_E_BUSY)
        status = HR_OK; /* it lives, and will publish by itself */
    run->ledger = own;
    run->feed = own_feed;
    run->generation = ours;
    hr_ledger_close(theirs);
    return status;
}

hr_status hr_recover_siblings(hr_run *run, hr_error *err)
{
    siblings all = {.run = run};
    hr_status status =
        run->config.member ? hr_ledger_receipts(run->ledger, NULL, NULL, true, see_sibling, &all, err) : HR_OK;
    for (size_t i = 0; i < all.count; i++) {
        if (status == HR_OK)
            status = recover_sibling(run, all.feeds[i], err);
        hr_free(all.feeds[i]);
    }
    hr_free(all.feeds);
    return status;
}
