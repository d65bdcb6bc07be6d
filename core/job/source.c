/* source.c: a job of a source: one that did not come to its end goes on, or a new one begins where the last one ended.
 */
#include "core/base/uri.h"
#include "core/job/pull.h"

typedef struct search {
    const hr_pull *pull;
    hr_job found;         /* id "": none */
    int64_t abandoned_ns; /* what was finished since then nobody was told of; 0: nothing */
    bool untold;          /* `found` was */
} search;

static hr_status look(void *context, const hr_job *job, hr_error *err)
{
    search *s = context;
    bool ended = hr_job_has_ended(job);
    if (!hr_pull_same(s->pull, job))
        return HR_OK;
    s->untold = ended && job->status != HR_JOB_ABANDONED && s->abandoned_ns && job->finished_ns >= s->abandoned_ns;
    if (!ended || s->untold)
        memcpy(s->found.id, job->id, sizeof s->found.id);
    (void)err;
    return HR_END; /* the newest of this source decides */
}

static hr_status record_job(hr_work *work, const char *uri, hr_error *err)
{
    size_t count;
    const hr_option *table = hr_ingest_options(&count);
    hr_run *run = work->run;
    hr_job *job = &work->job;
    const hr_source_type *type = work->pull->type;
    hr_status status = hr_uuid_new(job->id, err);
    if (status != HR_OK)
        return status;
    hr_error ignored;
    const hr_sink_type *sink = run->connectors->sink(run->config.to, &ignored);
    job->status = HR_JOB_IN_PROGRESS;
    job->feed = hr_strdup(run->feed);
    job->source_type = hr_strdup(type->scheme);
    job->source = hr_uri_public(uri, type->options, type->option_count);
    job->destination = hr_uri_public(run->config.to, sink ? sink->options : NULL, sink ? sink->option_count : 0);
    job->total = HR_UNKNOWN;
    job->created_ns = job->started_ns = hr_clock_wall_ns();
    job->attempts = 1;
    if (!job->feed || !job->source_type || !job->source || !job->destination)
        return hr_fail_memory(err, "beginning a job");
    status = hr_options_json(run->options, table, count, job->destination, &job->options, err);
    return status == HR_OK ? hr_ledger_job_new(run->ledger, job, NULL, err) : status;
}

/* A job that has committed nothing is of the command that began it: for another destination, or with other options of
 * reading, another job is begun, under which these are recorded. */
static hr_status says_otherwise(const hr_work *work, const char *uri, bool *out, hr_error *err)
{
    const hr_source_type *type = work->pull->type;
    char *shown = hr_uri_public(uri, type->options, type->option_count);
    bool redirects = false;
    hr_status status = shown ? hr_run_redirects(work->run, &work->job, &redirects, err)
                             : hr_fail_memory(err, "looking for a job that goes on");
    if (status == HR_OK)
        *out =
            redirects || (strcmp(shown, work->job.source) != 0 && !work->job.position.size && !work->job.counts.read);
    hr_free(shown);
    return status;
}

/* HR_END: the job was finished by a run that was killed before it could say so. A source without a watermark would give
 * everything again. */
static hr_status begin_job(hr_work *work, const char *uri, hr_error *err)
{
    hr_run *run = work->run;
    search s = {.pull = work->pull, .abandoned_ns = hr_ledger_abandoned(run->ledger)};
    hr_status status = hr_ledger_jobs(run->ledger, run->feed, 0, look, &s, err);
    if (status != HR_OK && status != HR_END)
        return status;
    if (!s.found.id[0])
        return record_job(work, uri, err);
    status = hr_ledger_job(run->ledger, s.found.id, &work->job, err);
    if (status == HR_OK && s.untold)
        return HR_END;
    bool otherwise = false;
    if (status == HR_OK)
        status = says_otherwise(work, uri, &otherwise, err);
    if (status == HR_OK && otherwise) {
        hr_job_clear(&work->job);
        return record_job(work, uri, err);
    }
    if (status == HR_OK && work->job.position.size) {
        status = hr_facts_read(work->job.facts, &work->facts, err);
        work->facts_known = status == HR_OK;
        work->committed = work->job.position;
    }
    if (status == HR_OK && work->facts_known)
        status = hr_work_check_options(work, err);
    if (status == HR_OK)
        status = hr_run_check_destination(run, &work->job, err);
    return status == HR_OK ? hr_ledger_job_begin(run->ledger, run->feed, run->generation, work->job.id, err) : status;
}

hr_status hr_ingest_source(hr_run *run, const hr_source_type *type, const char *uri, hr_error *err)
{
    hr_work work = {.run = run, .object.size = HR_UNKNOWN};
    run->summary.objects++;
    hr_status status = hr_pull_new(run, type, uri, &work.pull, err);
    if (status == HR_OK) {
        work.pull->work = &work;
        status = begin_job(&work, uri, err);
    }
    if (status == HR_END) {
        hr_work_tell(&work, work.job.status, NULL);
        status = HR_OK;
    } else if (status == HR_OK) {
        HR_FAULT_POINT("job.recorded");
        work.origin = work.job.source;
        status = hr_work_run(&work, NULL, err);
    }
    hr_error_origin(err, uri);
    hr_work_clear(&work);
    return status;
}
