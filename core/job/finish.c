/* finish.c: how a job ends: told, failed, or finished with its account and its events. */
#include <inttypes.h>
#include <stdio.h>

#include "core/job/work.h"

void hr_work_tell(hr_work *work, hr_job_status status, const char *error)
{
    hr_run *run = work->run;
    hr_run_summary *sum = &run->summary;
    sum->jobs++;
    sum->completed += status == HR_JOB_COMPLETED;
    sum->partial += status == HR_JOB_PARTIALLY_COMPLETED;
    sum->failed += status == HR_JOB_FAILED;
    sum->interrupted += status == HR_JOB_PENDING;
    sum->counts.read += work->job.counts.read;
    sum->counts.loaded += work->job.counts.loaded;
    sum->counts.duplicate += work->job.counts.duplicate;
    sum->counts.rejected += work->job.counts.rejected;
    sum->counts.skipped += work->job.counts.skipped;
    if (!run->watch.job_done)
        return;
    hr_job job = work->job;
    job.status = status;
    job.error = error ? hr_strdup(error) : NULL;
    job.finished_ns = hr_clock_wall_ns();
    run->watch.job_done(run->watch.context, &job);
    hr_free(job.error);
}

void hr_work_forget(hr_work *work)
{
    if (work->begun && !work->run->keys_volatile) { /* a job that did not begin has added none */
        hr_keyset_close(work->run->keys);
        work->run->keys = NULL;
    }
    hr_close_sink(work->sink, work->sink_state);
    work->sink_state = NULL;
    hr_work_unseal(work);
    work->segment_open = false;
    work->counts = work->job.counts;
    hr_pending_clear(&work->pending);
}

/* A place in the input as people look for it. */
static void describe(const hr_error *err, char *out, size_t size)
{
    int used = snprintf(out, size, "%s", err->text);
    if (err->line != HR_UNKNOWN && used > 0 && (size_t)used < size)
        used += snprintf(out + used, size - (size_t)used, " (line %" PRIu64 ")", err->line);
    if (err->offset != HR_UNKNOWN && used > 0 && (size_t)used < size)
        snprintf(out + used, size - (size_t)used, " (byte %" PRIu64 ")", err->offset);
}

void hr_work_put_down(hr_work *work, hr_job_status status, const char *why, const hr_file *file, const hr_event *event)
{
    hr_run *run = work->run;
    hr_error ignored;
    uint64_t none;
    hr_work_forget(work);
    hr_commit commit = {.feed = run->feed,
                        .generation = run->generation,
                        .job = work->job.id,
                        .before = &work->committed,
                        .after = &work->committed,
                        .counts = work->job.counts,
                        .status = status,
                        .error = why,
                        .keys = HR_UNKNOWN,
                        .file = file,
                        .events = event,
                        .event_count = event != NULL,
                        .finished = status == HR_JOB_FAILED};
    if (hr_ledger_commit(run->ledger, &commit, &none, &ignored) != HR_OK)
        hr_error_clear(&ignored); /* the next run finds the job IN_PROGRESS and goes on with it */
}

/* The job failed. `progress`: what was done is sound and is committed with the failure; else it is forgotten. The
 * reason is in err; the ledger may be what failed, so that telling it is a try. */
void hr_work_fail(hr_work *work, bool progress, const hr_error *reason)
{
    hr_run *run = work->run;
    char text[1024];
    hr_error ignored;
    describe(reason, text, sizeof text);
    hr_event event = {.kind = "ImportFailed", .job = work->job.id};
    hr_file file = work->file;
    file.state = HR_FILE_FAILED;
    file.changed_ns = 0;
    if (reason->status == HR_E_CORRUPT) /* cut short: the whole input may still come, and begins with what was read */
        file.size = HR_UNKNOWN;
    bool sound = progress && work->reader && hr_work_proved(work) && !hr_work_restarts(work);
    const hr_file *entry = file.id ? &file : NULL;
    if (!sound || hr_work_checkpoint(work, HR_JOB_FAILED, text, entry, &event, 1, &ignored) != HR_OK)
        hr_work_put_down(work, HR_JOB_FAILED, text, entry, &event);
    if (run->watch.event)
        run->watch.event(run->watch.context, event.kind, work->job.id, NULL);
    run->summary.later += reason->retryable;
    hr_work_tell(work, HR_JOB_FAILED, text);
}

static bool account_holds(const hr_counts *c)
{
    return c->read == c->loaded + c->duplicate + c->rejected + c->skipped;
}

/* The manifest entry of an object whose every row is accounted for. */
static hr_status finish_file(const hr_work *work, hr_file *file, hr_error *err)
{
    uint8_t digest[32];
    uint64_t stored;
    hr_status status = hr_input_digest(hr_reader_input(work->reader), digest, &stored, err);
    if (status != HR_OK)
        return status;
    file->state = HR_FILE_LOADED;
    file->changed_ns = 0;
    file->size = work->object.size == HR_UNKNOWN ? stored : work->object.size;
    file->modified_ns = work->object.modified_ns;
    memcpy(file->version, work->object.version, sizeof file->version);
    memcpy(file->job, work->job.id, sizeof file->job);
    hr_digest_hex(digest, file->sha256);
    return HR_OK;
}

/* A destination that may refuse rows, or has a last step of its own, comes to its end before the job does. */
static hr_status finish_sink(hr_work *work, hr_error *err)
{
    const hr_sink_type *sink = work->sink;
    hr_status status = HR_OK;
    if ((work->segment_open || work->sealed_count) && (sink->finish || (sink->capabilities & HR_SINK_REFUSES)))
        status = hr_work_checkpoint(work, HR_JOB_IN_PROGRESS, NULL, NULL, NULL, 0, err);
    HR_FAULT_POINT("job.landed");
    if (status == HR_OK && sink->finish) {
        status = sink->finish(work->sink_state, true, err);
        work->again |= status != HR_OK;
    }
    return status;
}

hr_status hr_work_finish(hr_work *work, hr_error *err)
{
    hr_run *run = work->run;
    hr_news news = {0};
    hr_file file = work->file;
    hr_status outcome = finish_sink(work, err);
    if (outcome != HR_OK)
        return outcome;
    if (!account_holds(&work->counts))
        return hr_fail(err, HR_E_ACCOUNT, "rows are unaccounted for: this is a defect of headrace, please report it");
    hr_status status = file.id ? finish_file(work, &file, err) : HR_OK;
    if (status == HR_OK)
        status = hr_news_gather(work, file.id ? file.sha256 : NULL, &news, err);
    hr_job_status ended = work->counts.rejected ? HR_JOB_PARTIALLY_COMPLETED : HR_JOB_COMPLETED;
    if (status == HR_OK)
        status = hr_work_checkpoint(work, ended, NULL, file.id ? &file : NULL, news.events, news.count, err);
    for (size_t i = 0; status == HR_OK && run->watch.event && i < news.count; i++)
        run->watch.event(run->watch.context, news.events[i].kind, news.events[i].job, news.events[i].detail);
    hr_news_clear(&news);
    if (status == HR_OK)
        hr_work_tell(work, ended, NULL);
    return status;
}
