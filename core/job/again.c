/* again.c: a destination or a source that was gone for a while costs a delay, not a row: everything is opened anew at
 * the last commit. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/job/pull.h"

#define WAIT_FIRST_MS 100u
#define WAIT_MOST_MS 5000u
#define STEP_MS 50

/* What was read can be read again: objects, and sources; not a pipe. */
static bool can_rewind(const hr_work *work)
{
    return work->pull || (work->drop_type && work->object.size != HR_UNKNOWN);
}

/* Those that talk to somebody else; a local file that fails will fail again. */
static bool is_remote(const hr_work *work, const hr_error *reason)
{
    hr_error ignored; /* one that could not be opened is none yet */
    const hr_sink_type *type = work->sink ? work->sink : work->run->connectors->sink(work->run->config.to, &ignored);
    bool sink = type && (type->capabilities & HR_SINK_TRANSACTIONAL);
    /* Of several members one may have read on while we were not looking: what it committed is not ours to commit. */
    if (work->pull && work->run->config.member && (reason->status == HR_E_FENCED || reason->status == HR_E_STATE))
        return true;
    return (work->pull || sink) && reason->retryable && reason->status != HR_E_INTERRUPTED &&
           reason->status != HR_E_FENCED && reason->status != HR_E_MEMORY;
}

/* Rows have gone where nothing can be taken back: what would be read again would come out again. */
static bool is_out(const hr_work *work)
{
    return work->sink && (work->sink->capabilities & HR_SINK_VOLATILE) && work->counts.loaded > 0;
}

/* Each waits for a time of its own, or all would come back at the same moment. */
static unsigned wait_of(const hr_work *work)
{
    unsigned wait = WAIT_FIRST_MS << (work->attempts < 6 ? work->attempts : 6);
    wait = wait < WAIT_MOST_MS ? wait : WAIT_MOST_MS;
    return wait / 2 + (unsigned)((uint64_t)hr_clock_steady_ns() / 1000 % (wait / 2 + 1));
}

static void say(hr_work *work, const hr_error *reason, unsigned wait)
{
    hr_buffer detail = {0};
    hr_error ignored;
    if (hr_buffer_printf(&detail, "{\"attempt\":%u,\"wait_ms\":%u,\"error\":", work->attempts, wait) &&
        hr_buffer_json_text(&detail, reason->text) && hr_buffer_add(&detail, "}", 2))
        (void)hr_run_event(work->run, "Reconnecting", work->job.id, (const char *)detail.data, &ignored);
    hr_buffer_free(&detail);
}

bool hr_work_waits(hr_work *work, hr_error *reason)
{
    hr_run *run = work->run;
    int64_t now = hr_clock_steady_ns();
    work->again = false;
    if (!is_remote(work, reason) || !can_rewind(work) || (hr_work_restarts(work) && !work->pull) || work->retry_from ||
        atomic_load(&run->interrupted))
        return false;
    if (is_out(work)) {
        size_t size = strlen(reason->text);
        snprintf(reason->text + size, sizeof reason->text - size,
                 "; it is not read again, because rows that were written out cannot be taken back");
        return false;
    }
    if (!work->again_since_ns)
        work->again_since_ns = now;
    if ((uint64_t)(now - work->again_since_ns) / 1000000 >= run->config.reconnect_ms)
        return false;
    unsigned wait = wait_of(work);
    work->attempts++;
    say(work, reason, wait);
    for (unsigned waited = 0; waited < wait && !atomic_load(&run->interrupted); waited += STEP_MS) {
        hr_error lost;
        (void)poll(NULL, 0, STEP_MS);
        if (hr_run_hold(run, &lost) != HR_OK)
            return false;
    }
    return !atomic_load(&run->interrupted);
}

/* What the ledger has of the job is what is true. */
static hr_status reload(hr_work *work, hr_error *err)
{
    hr_job job = {0};
    hr_status status = hr_ledger_job(work->run->ledger, work->job.id, &job, err);
    if (status != HR_OK)
        return status;
    hr_job_clear(&work->job);
    work->job = job;
    work->counts = job.counts;
    work->committed = job.position;
    hr_facts_clear(&work->facts);
    work->facts_known = job.position.size != 0;
    return work->facts_known ? hr_facts_read(job.facts, &work->facts, err) : HR_OK;
}

hr_status hr_work_rewind(hr_work *work, hr_error *err)
{
    hr_work_forget(work);
    if (work->pull)
        hr_pull_close(work->pull);
    hr_run_reading(work->run, NULL);
    hr_reader_close(work->reader);
    hr_hasher_free(work->hasher);
    hr_schema_free(work->schema);
    hr_text_free(work->schema_text);
    hr_free(work->types);
    hr_free(work->hashes);
    work->reader = NULL;
    work->prefix = NULL;
    work->hasher = NULL;
    work->schema = NULL;
    work->schema_text = NULL;
    work->types = NULL;
    work->hashes = NULL;
    work->begun = false;
    work->segment_ns = 0;
    work->segment_rows = work->segment_bytes = 0;
    hr_status status = hr_recover_feed(work->run, err);
    work->again |= status != HR_OK;
    return status == HR_OK ? reload(work, err) : status;
}
