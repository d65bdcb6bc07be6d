/* ingest.c: one job: from the reader through deduplication to the sink, from checkpoint to checkpoint. */
#include <inttypes.h>
#include <stdio.h>

#include "core/job/pull.h"
#include "core/job/run.h"

#define PENDING_BYTES_MAX ((size_t)8 << 20) /* rejects that wait; more make a checkpoint */
#define TELL_NS ((int64_t)100 * 1000000)
#define TRANSACTION_ROWS 50000u /* unless option segment-rows says otherwise */
#define ENDLESS_AGE_MS 5000u    /* unless option segment-age says otherwise */
#define SHARE_LEAST 1000u       /* rows read before a share of errors is judged */

static bool too_many_errors(const hr_work *work)
{
    const hr_job_config *config = &work->run->config;
    const hr_counts *counts = &work->counts;
    if (counts->rejected > config->max_errors)
        return true;
    return config->max_error_share <= 1 && counts->read >= SHARE_LEAST &&
           (double)counts->rejected > config->max_error_share * (double)counts->read;
}

/* ---- checkpoints ------------------------------------------------------------------------------------------- */

/* Where a segment that begins now begins, as a name that sorts. */
static void name_segment(hr_work *work)
{
    hr_position at;
    uint64_t raw = work->counts.read; /* of a source: what its reader counts begins anew with every run */
    hr_reader_position(work->reader, &at);
    if (!work->pull)
        sscanf(at.bytes, "%*[a-z0-9]:raw=%" SCNu64, &raw);
    snprintf(work->segment_start, sizeof work->segment_start, "%016" PRIu64, raw);
    work->segment_rows = work->segment_bytes = 0;
    work->segment_ns = hr_clock_steady_ns();
}

/* The place behind all that was taken from the reader. */
static hr_status place_now(hr_work *work, hr_position *out, hr_error *err)
{
    hr_position at;
    uint8_t digest[32];
    uint64_t stored;
    if (work->pull) {
        hr_status moves = hr_pull_moves(work->pull, out, err);
        work->again |= moves != HR_OK;
        return moves;
    }
    hr_reader_position(work->reader, &at);
    hr_status status = hr_input_digest(hr_reader_input(work->reader), digest, &stored, err);
    if (status == HR_OK)
        hr_place_write(&at, stored, digest, out);
    return status;
}

/* A commit with the job in `status`; `file` as the manifest entry shall be, or NULL. */
hr_status hr_work_checkpoint(hr_work *work, hr_job_status status, const char *error, const hr_file *file,
                             const hr_event *events, size_t event_count, hr_error *err)
{
    hr_position after;
    hr_status outcome = hr_work_drain(work, err);
    if (outcome == HR_OK)
        outcome = place_now(work, &after, err);
    return outcome == HR_OK ? hr_work_checkpoint_at(work, &after, status, error, file, events, event_count, err)
                            : outcome;
}

hr_status hr_work_checkpoint_at(hr_work *work, const hr_position *after, hr_job_status status, const char *error,
                                const hr_file *file, const hr_event *events, size_t event_count, hr_error *err)
{
    hr_run *run = work->run;
    bool finished = status == HR_JOB_COMPLETED || status == HR_JOB_PARTIALLY_COMPLETED || status == HR_JOB_FAILED;
    hr_reader_facts facts;
    char *metadata = NULL, *text = NULL, shape[512] = "";
    if (run->keys && !run->keys_volatile && work->hasher)
        snprintf(shape, sizeof shape, "%s:%s", hr_hash_name(run->config.hash), work->key_text);
    hr_status outcome = HR_OK;
    if (finished || !work->facts_known) {
        outcome = hr_reader_describe(work->reader, &facts, err);
        if (outcome == HR_OK)
            outcome = hr_metadata_write(
                &work->object, &facts, work->pull ? work->pull->facts.evidence : NULL,
                work->sink_state && work->sink->evidence ? work->sink->evidence(work->sink_state) : NULL,
                file ? file->sha256 : NULL, work->schema_text, &metadata, err);
        if (outcome == HR_OK)
            outcome = hr_facts_write(&facts, &run->config, work->format, work->pull ? work->pull->facts.null : NULL,
                                     work->schema_text, &text, err);
    }
    if (outcome == HR_OK) {
        hr_commit commit = {.status = status,
                            .error = error,
                            .metadata = metadata,
                            .facts = text,
                            .file = file,
                            .events = events,
                            .event_count = event_count,
                            .finished = finished,
                            .key_shape = shape[0] ? shape : NULL};
        outcome = hr_commit_work(work, &commit, after, err);
    }
    work->facts_known |= outcome == HR_OK;
    if (outcome == HR_OK && metadata) {
        hr_free(work->job.metadata);
        work->job.metadata = metadata;
        metadata = NULL;
    }
    hr_free(metadata);
    hr_free(text);
    return outcome;
}

/* A transaction is not left open for long, and what comes in for ever is to be seen soon. */
static uint64_t most_rows(const hr_work *work)
{
    const hr_job_config *config = &work->run->config;
    bool transaction = work->sink && (work->sink->capabilities & HR_SINK_TRANSACTIONAL);
    return transaction && !config->rows_given ? TRANSACTION_ROWS : config->segment_rows;
}

static uint64_t most_age(const hr_work *work)
{
    const hr_job_config *config = &work->run->config;
    bool endless = work->pull && (work->pull->type->capabilities & HR_SOURCE_ENDLESS);
    uint64_t age = endless && !config->age_given ? ENDLESS_AGE_MS : config->segment_age_ms;
    uint64_t most = work->sink_state && work->sink->segment_age ? work->sink->segment_age(work->sink_state) : 0;
    return most && (!age || most < age) ? most : age;
}

static bool is_full(const hr_work *work)
{
    const hr_job_config *config = &work->run->config;
    uint64_t rows = most_rows(work);
    return work->pending.bytes >= PENDING_BYTES_MAX ||
           (work->segment_open && ((config->segment_bytes && work->segment_bytes >= config->segment_bytes) ||
                                   (rows && work->segment_rows >= rows)));
}

static bool due(const hr_work *work)
{
    uint64_t age = most_age(work);
    if (hr_work_restarts(work))
        return !work->pull && work->pending.bytes >= PENDING_BYTES_MAX;
    if (is_full(work))
        return true;
    return age && work->segment_ns && (uint64_t)(hr_clock_steady_ns() - work->segment_ns) / 1000000 >= age;
}

static void tell_progress(hr_work *work)
{
    hr_run *run = work->run;
    int64_t now = hr_clock_steady_ns();
    if (!run->watch.progress || now - work->told_ns < TELL_NS)
        return;
    work->told_ns = now;
    hr_job job = work->job;
    job.counts = work->counts;
    uint64_t stored = work->pull ? work->pull->given : hr_input_stored(hr_reader_input(work->reader));
    run->watch.progress(run->watch.context, &job, stored, work->object.size);
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

/* Whoever does not want to wait for a destination does not want its failure either. */
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
        status = place_now(work, &after, err);
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

/* What the reader had instead of a batch. */
static step no_batch(hr_work *work, hr_status status, hr_error *err)
{
    switch (status) {
    case HR_E_INTERRUPTED: return STEP_STOP;
    case HR_END: return STEP_END;
    case HR_AGAIN: /* a source that has nothing just now */
        status = hr_run_hold(work->run, err);
        if (status != HR_OK)
            return STEP_RUN_FAILED;
        tell_progress(work);
        if (hr_work_drain(work, err) != HR_OK) /* there is time for what waits */
            return run_failed(work, err);
        return (work->segment_open || work->pending.count) && due(work) ? make_checkpoint(work, true, err) : STEP_ON;
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
        name_segment(work);
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
    tell_progress(work);
    bool slow = work->pull && !is_full(work);
    return due(work) && hr_work_proved(work) ? make_checkpoint(work, slow, err) : STEP_ON;
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
    if (hr_work_restarts(work)) {
        hr_work_forget(work);
    } else if (hr_work_proved(work)) {
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
        hr_work_tell(work, HR_JOB_PENDING, "stopped before anything was read");
        return status;
    }
    /* The input's own fault concerns this job only; the destination's and the ledger's concern all. */
    /* Of a source that did not even open, options, and not what is read, are the fault. */
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
