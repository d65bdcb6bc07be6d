/* ingest.c: one job: from the reader through deduplication to the sink, from checkpoint to checkpoint. */
#include <inttypes.h>

#include "core/job/pull.h"

#define TELL_NS ((int64_t)100 * 1000000)
#define SHARE_LEAST 1000u /* rows read before a share of errors is judged */

static bool too_many_errors(const hr_work *work)
{
    const hr_job_config *config = &work->run->config;
    const hr_counts *counts = &work->counts;
    if (counts->rejected > config->max_errors)
        return true;
    return config->max_error_share <= 1 && counts->read >= SHARE_LEAST &&
           (double)counts->rejected > config->max_error_share * (double)counts->read;
}

void hr_work_tell_progress(hr_work *work, uint64_t stored)
{
    hr_run *run = work->run;
    int64_t now = hr_clock_steady_ns();
    if (!run->watch.progress || now - work->told_ns < TELL_NS)
        return;
    work->told_ns = now;
    hr_job job = work->job;
    job.counts = work->counts;
    run->watch.progress(run->watch.context, &job, stored, work->object.size);
}

static void tell_progress(hr_work *work)
{
    hr_work_tell_progress(work, work->pull ? work->pull->given : hr_input_stored(hr_reader_input(work->reader)));
}

/* ---- the loop ---------------------------------------------------------------------------------------------- */

typedef enum step {
    STEP_ON,
    STEP_AGAIN,
    STEP_END,
    STEP_DONE,
    STEP_INPUT_FAILED,
    STEP_RUN_FAILED,
    STEP_STOP,
    STEP_GIVEN_UP,
    STEP_TOO_MANY
} step;

/* Once a stop is asked for, a destination that does not answer is no failure of the job: it goes on another time. */
static step run_failed(hr_work *work, hr_error *err)
{
    bool again = work->again;
    if (again && hr_work_waits(work, err))
        return STEP_AGAIN;
    bool stopped = again && err->retryable && atomic_load(&work->run->interrupted);
    return stopped || err->status == HR_E_INTERRUPTED ? STEP_GIVEN_UP : STEP_RUN_FAILED;
}

static bool prefix_proved(const hr_work *work)
{
    return !work->prefix || hr_prefix_proved(work->prefix);
}

bool hr_work_proved(const hr_work *work)
{
    return prefix_proved(work) && !hr_json_keyed_open(&work->keyed);
}

/* No more records come, or not before a commit. */
static hr_status judge_key(hr_work *work, hr_error *err)
{
    const char *const *names;
    size_t count;
    if (!hr_json_keyed_open(&work->keyed))
        return HR_OK;
    hr_status status = hr_reader_columns(work->reader, &names, &count, err);
    return status == HR_OK ? hr_json_keyed_judge(&work->keyed, names[work->key[0]], err) : status;
}

/* A checkpoint that was due, or that the source asked for: then, and where rows come slowly, all that was read is to be
 * landed (`wait`). */
static step make_checkpoint(hr_work *work, bool wait, hr_error *err)
{
    hr_position after;
    hr_status status = judge_key(work, err);
    if (status != HR_OK)
        return run_failed(work, err);
    if (hr_work_seals(work) && !wait) {
        status = hr_work_place(work, &after, err);
        if (status == HR_OK)
            status = hr_work_seal(work, &after, err);
    } else {
        status = hr_work_checkpoint(work, HR_JOB_IN_PROGRESS, NULL, NULL, NULL, 0, err);
    }
    if (status != HR_OK)
        return run_failed(work, err);
    work->segment_rows = 0;
    work->segment_ns = 0;
    return too_many_errors(work) ? STEP_TOO_MANY : STEP_ON;
}

/* A source or a pipe that has nothing just now. */
static step wait_on(hr_work *work, hr_error *err)
{
    if (hr_run_hold(work->run, err) != HR_OK)
        return STEP_RUN_FAILED;
    tell_progress(work);
    if (hr_work_drain(work, err) != HR_OK) /* there is time for what waits */
        return run_failed(work, err);
    if (hr_work_trickles(work) && hr_work_is_old(work))
        hr_reader_enough(work->reader);
    bool any = work->segment_open || work->pending.count;
    bool may = work->pull || hr_work_proved(work);
    return any && may && hr_work_is_due(work) ? make_checkpoint(work, true, err) : STEP_ON;
}

/* What the reader had instead of a batch. */
static step no_batch(hr_work *work, hr_status status, hr_error *err)
{
    switch (status) {
    case HR_E_INTERRUPTED: return STEP_STOP;
    case HR_END: return STEP_END;
    case HR_AGAIN: return wait_on(work, err);
    case HR_FLUSH: return make_checkpoint(work, true, err);
    default:
        work->again = work->pull != NULL;
        return work->pull && hr_work_waits(work, err) ? STEP_AGAIN : STEP_INPUT_FAILED;
    }
}

static step take_batch(hr_work *work, hr_error *err)
{
    hr_batch *batch;
    if (atomic_load(&work->run->interrupted))
        return STEP_STOP;
    if (work->segment_ns == 0)
        hr_work_begin_segment(work);
    hr_status status = work->pull ? hr_pull_next(work->pull, &batch, err) : hr_reader_next(work->reader, &batch, err);
    if (status != HR_OK)
        return no_batch(work, status, err);
    if (batch->rows && !batch->columns && strcmp(work->format, "ndjson") != 0) {
        hr_batch_release(batch);
        hr_fail(err, HR_E_INVALID,
                "no record of the beginning has members that could be columns; option columns names some, and option "
                "write=ndjson takes records as they are");
        return STEP_INPUT_FAILED;
    }
    status = hr_run_hold(work->run, err); /* first: the wait for the input may have cost the lease */
    if (status == HR_OK)
        status = hr_work_write(work, batch, 0, err);
    hr_batch_release(batch);
    if (status != HR_OK)
        return run_failed(work, err);
    if (too_many_errors(work))
        return STEP_TOO_MANY;
    if (hr_work_check_pending(work, err) != HR_OK)
        return STEP_INPUT_FAILED;
    tell_progress(work);
    bool slow = (work->pull || hr_work_trickles(work)) && !hr_work_is_full(work);
    return hr_work_is_due(work) && hr_work_proved(work) ? make_checkpoint(work, slow, err) : STEP_ON;
}

/* There is no checkpoint: what was not committed is read again. */
static hr_status give_up(hr_work *work, hr_error *err)
{
    static const char why[] = "stopped without a checkpoint: the same command goes on from the last one";
    hr_work_put_down(work, HR_JOB_PENDING, why, NULL, NULL);
    hr_work_tell(work, HR_JOB_PENDING, why);
    return hr_fail(err, HR_E_INTERRUPTED, "%s", why);
}

static hr_status stop_job(hr_work *work, hr_error *err)
{
    static const char why[] = "stopped at a checkpoint, from where the same command goes on";
    if (hr_work_restarts(work) || !hr_work_proved(work)) {
        hr_work_put_down(work, HR_JOB_PENDING, why, NULL, NULL);
    } else {
        hr_status status = hr_work_checkpoint(work, HR_JOB_PENDING, why, NULL, NULL, 0, err);
        if (status != HR_OK && run_failed(work, err) == STEP_GIVEN_UP)
            return give_up(work, err);
        if (status != HR_OK) {
            hr_error reason = *err;
            hr_work_fail(work, false, &reason);
            return status;
        }
    }
    hr_work_tell(work, HR_JOB_PENDING, why);
    return hr_fail(err, HR_E_INTERRUPTED, "stopped at a checkpoint; the same command goes on from here");
}

/* Everything was read. The rejects are judged also when all of them were counted by an earlier run. */
static step finish_job(hr_work *work, hr_error *err)
{
    const hr_job_config *config = &work->run->config;
    if (judge_key(work, err) != HR_OK)
        return run_failed(work, err);
    /* Which rows the last segment lost is known when it is prepared. */
    bool open = work->segment_open || work->sealed_count;
    if (open && (work->sink->capabilities & HR_SINK_REFUSES) && !too_many_errors(work) &&
        hr_work_checkpoint(work, HR_JOB_IN_PROGRESS, NULL, NULL, NULL, 0, err) != HR_OK)
        return run_failed(work, err);
    if (too_many_errors(work) || (config->max_error_share <= 1 &&
                                  (double)work->counts.rejected > config->max_error_share * (double)work->counts.read))
        return STEP_TOO_MANY;
    return hr_work_finish(work, err) == HR_OK ? STEP_DONE : run_failed(work, err);
}

static hr_status end_job(hr_work *work, step last, hr_error *err)
{
    if (last == STEP_DONE)
        return HR_OK;
    if (last == STEP_STOP)
        return stop_job(work, err);
    if (last == STEP_GIVEN_UP)
        return give_up(work, err);
    if (last == STEP_TOO_MANY) {
        bool kept = !hr_work_restarts(work);
        hr_fail(err, HR_E_REJECTS,
                "%" PRIu64 " of %" PRIu64 " rows were rejected, more than option max-errors allows; 'headrace %s %s' "
                "lists them",
                work->counts.rejected, work->counts.read, kept ? "errors" : "check --schema FILE",
                kept ? work->job.id : work->origin);
        hr_work_fail(work, true, err);
        return HR_OK;
    }
    if (last == STEP_INPUT_FAILED) {
        hr_work_fail(work, true, err);
        return HR_OK;
    }
    hr_error reason = *err;
    hr_work_fail(work, false, &reason);
    return reason.status;
}

/* From the opening to the last batch, or to what ends it. */
static step run_once(hr_work *work, hr_stream *stream, hr_status *status, hr_error *err)
{
    *status = hr_work_open(work, stream, err);
    if (*status != HR_OK)
        return run_failed(work, err);
    step last;
    do
        last = take_batch(work, err);
    while (last == STEP_ON);
    HR_FAULT_POINT("job.end");
    return last == STEP_END && prefix_proved(work) ? finish_job(work, err) : last;
}

/* The job could not even be opened. */
static hr_status end_unopened(hr_work *work, hr_status status, hr_error *err)
{
    if (status == HR_E_CHANGED && work->committed.size) {
        hr_work_forget(work);
        return status;
    }
    if (status == HR_E_INTERRUPTED) {
        static const char why[] = "stopped before anything was read";
        hr_work_put_down(work, HR_JOB_PENDING, why, NULL, NULL);
        hr_work_tell(work, HR_JOB_PENDING, why);
        return status;
    }
    /* A fault of the input concerns this job only; one of the destination or the ledger concerns all. Where a source
     * could not even be opened, the options are wrong, and not what is read. */
    bool usage = work->pull && !work->pull->state && status == HR_E_INVALID;
    bool own = !work->begun && !usage && status != HR_E_MEMORY && status != HR_E_FENCED;
    hr_error reason = *err;
    hr_work_fail(work, false, &reason);
    return own ? HR_OK : reason.status;
}

hr_status hr_work_run(hr_work *work, hr_stream *stream, hr_error *err)
{
    hr_error unasked;
    hr_stream anew;
    hr_status opened = HR_OK, status;
    err = err ? err : &unasked;
    work->counts = work->job.counts;
    step last = run_once(work, stream, &opened, err);
    while (last == STEP_AGAIN) {
        status = hr_work_rewind(work, err);
        if (status == HR_OK && !work->pull)
            status = work->drop_type->open_range(work->drop, &work->object, 0, &anew, err);
        opened = status;
        last = status == HR_OK ? run_once(work, &anew, &opened, err) : run_failed(work, err);
    }
    if (opened != HR_OK)
        return end_unopened(work, opened, err);
    bool unproved = !prefix_proved(work);
    if (unproved && (last == STEP_END || (last == STEP_INPUT_FAILED && err->status == HR_E_CHANGED))) {
        hr_work_forget(work); /* rows of another content, and their keys */
        return hr_fail(err, HR_E_CHANGED, "the input is not the one that was read before the checkpoint");
    }
    return end_job(work, last, err);
}
