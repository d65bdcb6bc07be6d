/* recover.c: what becomes of the commits that an earlier run, or another member of the feed, left unfinished: what the
 * ledger recorded is published, what it did not record is swept away. */
#include <stdio.h>

#include "core/job/run.h"

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

/* The feed stands still until what is lost is back, or nobody waits for it any more. */
static void say_way_out(const hr_receipt_record *record, hr_error *err)
{
    size_t size = strlen(err->text);
    snprintf(err->text + size, sizeof err->text - size,
             ". Put it back, or give the job up, and load its input anew: 'headrace abandon --force %s'", record->job);
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
    if (status == HR_E_CORRUPT)
        say_way_out(record, err);
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

hr_status hr_recover_job(hr_run *run, const char *job, bool forget, hr_error *err)
{
    receipts pending = {0};
    hr_status status = hr_ledger_receipts(run->ledger, run->feed, job, true, keep_receipt, &pending, err);
    for (size_t i = 0; status == HR_OK && i < pending.count; i++) {
        const hr_receipt_record *record = &pending.list[i];
        status = publish_one(run, record, err);
        if (status != HR_OK && forget)
            status = record->intent ? hr_ledger_withdraw(run->ledger, record->id, err)
                                    : hr_ledger_published(run->ledger, record->id, err);
    }
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
    status = hr_ledger_lease(theirs, feed, HR_LEASE_NS, &run->generation, err);
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
