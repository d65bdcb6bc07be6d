/* commit.c: the order of the commit (design §1), written once, and what recovery makes of a commit that was cut short.
 */
#include "core/job/run.h"

/*  A process may end between any two of these steps, or the power may fail:
 *    before 2   the ledger has the old position; the hidden segment is swept away; its rows are read again
 *    before 3   the ledger has the new position and the receipt; recovery publishes the segment
 *    before 4   recovery finds the segment published; the source is told again
 *  so a reader of the destination never sees a row that will be read again. */
hr_status hr_commit_work(hr_work *work, hr_commit *commit, const hr_position *after, hr_error *err)
{
    hr_run *run = work->run;
    hr_outcome outcome = {0};
    uint64_t receipt_id = 0;
    hr_status status = HR_OK;

    /* 1. The sink prepares: durable, not yet visible. The keys of the segment likewise. */
    commit->keys = HR_UNKNOWN;
    if (work->segment_open)
        status = work->sink->prepare(work->sink_state, &(hr_checkpoint){.loaded = work->counts.loaded}, &outcome, err);
    HR_FAULT_POINT("commit.segment");
    if (status == HR_OK && run->keys && !run->keys_volatile)
        status = hr_keyset_prepare(run->keys, &commit->keys, err);
    if (status != HR_OK)
        return status;
    HR_FAULT_POINT("commit.prepared");

    /* 2. The ledger records position, counts, rejects, keys, and what step 3 will publish, in one transaction. */
    commit->feed = run->feed;
    commit->generation = run->generation;
    commit->job = work->job.id;
    commit->before = &work->committed;
    commit->after = after;
    commit->counts = work->counts;
    commit->rejects = work->pending.list;
    commit->reject_count = work->pending.count;
    commit->receipt = outcome.receipt.size ? &outcome.receipt : NULL;
    status = hr_ledger_commit(run->ledger, commit, &receipt_id, err);
    if (status != HR_OK)
        return status;
    HR_FAULT_POINT("commit.recorded");
    work->committed = *after;
    work->job.position = *after;
    work->job.counts = work->counts;
    work->segment_open = false;
    hr_pending_clear(&work->pending);

    /* 3. The sink publishes. Recovery repeats this when it fails. */
    if (outcome.receipt.size) {
        status = work->sink->publish(work->sink_state, &outcome.receipt, err);
        HR_FAULT_POINT("commit.published");
        if (status == HR_OK)
            status = hr_ledger_published(run->ledger, receipt_id, err);
        if (status != HR_OK)
            return status;
    }

    /* 4. The source is acknowledged. Files stay where they are: the manifest entry was part of step 2. */
    HR_FAULT_POINT("commit.acknowledged");
    return HR_OK;
}

hr_status hr_open_sink(const hr_run *run, const hr_sink_plan *plan, const hr_sink_type **type, void **state,
                       hr_error *err)
{
    const hr_sink_type *sink = run->connectors->sink(plan->uri, err);
    if (!sink)
        return HR_E_UNSUPPORTED;
    void *made = hr_calloc(1, sink->state_size);
    if (!made)
        return hr_fail_memory(err, "opening the destination");
    hr_options *options = NULL;
    hr_status status = hr_options_new(sink->options, sink->option_count, &options, err);
    if (status == HR_OK)
        status = sink->open(made, plan, options, err);
    hr_options_free(options);
    if (status != HR_OK) {
        hr_free(made);
        return status;
    }
    *type = sink;
    *state = made;
    return HR_OK;
}

void hr_close_sink(const hr_sink_type *type, void *state)
{
    if (!state)
        return;
    type->close(state);
    hr_free(state);
}

/* ---- recovery ---------------------------------------------------------------------------------------------- */

typedef struct receipts {
    hr_receipt_record *list;
    size_t count, capacity;
} receipts;

static hr_status keep_receipt(void *context, const hr_receipt_record *record, hr_error *err)
{
    receipts *all = context;
    if (all->count == all->capacity) {
        size_t capacity = all->capacity ? all->capacity * 2 : 4;
        hr_receipt_record *list = hr_realloc(all->list, capacity * sizeof *list);
        if (!list)
            return hr_fail_memory(err, "recovering");
        all->list = list;
        all->capacity = capacity;
    }
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

static hr_status open_for(hr_run *run, const char *destination, const char *job, const hr_sink_type **type,
                          void **state, hr_error *err)
{
    hr_sink_plan plan = {.uri = destination,
                         .feed = run->feed,
                         .job = job,
                         .file = "",
                         .format = run->config.format,
                         .compression = run->config.compression,
                         .started_ns = hr_clock_wall_ns(),
                         .owns = owns,
                         .owner = run};
    return hr_open_sink(run, &plan, type, state, err);
}

/* One segment that the ledger recorded, at the destination of its job. */
static hr_status publish_one(hr_run *run, const hr_receipt_record *record, hr_error *err)
{
    hr_job job = {0};
    const hr_sink_type *type = NULL;
    void *state = NULL;
    hr_status status = hr_ledger_job(run->ledger, record->job, &job, err);
    if (status == HR_OK)
        status = open_for(run, job.destination, job.id, &type, &state, err);
    if (status == HR_OK)
        status = type->publish(state, &record->receipt, err);
    if (status == HR_OK)
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
        status = open_for(run, run->config.to, "recovery", &type, &state, err);
    if (status == HR_OK && state)
        status = type->sweep(state, NULL, 0, err);
    HR_FAULT_POINT("recover.swept");
    hr_close_sink(type, state);
    hr_free(pending.list);
    return status;
}
