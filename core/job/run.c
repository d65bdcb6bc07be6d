/* run.c: the life of a run: ledger, lease, recovery, then one object after the other. */
#include <stdio.h>

#include "core/job/run.h"

#define RENEW_NS ((int64_t)15 * 1000000000)

hr_status hr_run_options_copy(const hr_options *from, hr_options **out, hr_error *err)
{
    size_t count;
    const hr_option *table = hr_ingest_options(&count);
    hr_options *options = NULL;
    hr_status status = hr_options_new(table, count, &options, err);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        if (hr_options_given(from, table[i].key))
            status = hr_options_set(options, table[i].key, hr_options_get(from, table[i].key), err);
    if (status == HR_OK && hr_options_bool(options, "lineage", false))
        status = hr_options_set(options, "offsets", "yes", err);
    if (status != HR_OK) {
        hr_options_free(options);
        return status;
    }
    *out = options;
    return HR_OK;
}

hr_status hr_run_event(hr_run *run, const char *kind, const char *job, const char *detail, hr_error *err)
{
    hr_event event = {kind, job, detail};
    hr_status status = hr_ledger_event(run->ledger, run->feed, &event, err);
    if (status == HR_OK && run->watch.event)
        run->watch.event(run->watch.context, kind, job, detail);
    return status;
}

hr_status hr_run_create(const hr_options *options, const hr_run_watch *watch, const char *to,
                        const hr_connectors *connectors, hr_run **out, hr_error *err)
{
    hr_run *run = hr_calloc(1, sizeof *run);
    if (!run)
        return hr_fail_memory(err, "beginning a run");
    run->connectors = connectors;
    atomic_flag_clear(&run->reading_lock);
    if (watch)
        run->watch = *watch;
    hr_status status = hr_job_config_set(&run->config, options, err);
    if (status == HR_OK)
        status = hr_run_options_copy(options, &run->options, err);
    if (status == HR_OK && to)
        status = hr_job_config_move(&run->config, to, err);
    if (status == HR_OK)
        status = hr_run_schema_read(run, err);
    if (status == HR_OK)
        status = hr_ledger_open(run->config.ledger, &run->ledger, err);
    if (status == HR_OK)
        status = hr_ledger_id(run->ledger, run->ledger_id, err);
    if (status != HR_OK) {
        hr_run_free(run);
        return status;
    }
    *out = run;
    return HR_OK;
}

void hr_run_free(hr_run *run)
{
    if (!run)
        return;
    hr_keyset_close(run->keys);
    if (run->leased)
        (void)hr_ledger_unlease(run->ledger, run->feed, run->generation, NULL);
    hr_ledger_close(run->ledger);
    hr_options_free(run->options);
    hr_schema_free(run->schema);
    hr_text_free(run->schema_text);
    hr_job_config_clear(&run->config);
    hr_free(run->feed);
    hr_free(run->base);
    hr_free(run->title);
    hr_free(run);
}

/* The feed is ours from here to the end of the run. */
static hr_status take_feed(hr_run *run, const char *name, hr_error *err)
{
    const char *member = run->config.member;
    run->base = hr_strdup(name);
    run->feed = member ? hr_asprintf("%s@%s", name, member) : hr_strdup(name);
    if (!run->base || !run->feed)
        return hr_fail_memory(err, "beginning a run");
    hr_status status = hr_ledger_lease(run->ledger, run->feed, HR_LEASE_NS, &run->generation, err);
    run->leased = status == HR_OK;
    run->renewed_ns = hr_clock_steady_ns();
    return status;
}

hr_status hr_run_hold(hr_run *run, hr_error *err)
{
    int64_t now = hr_clock_steady_ns();
    if (now - run->renewed_ns < RENEW_NS)
        return HR_OK;
    hr_status status = hr_ledger_renew(run->ledger, run->feed, run->generation, HR_LEASE_NS, err);
    if (status == HR_OK)
        run->renewed_ns = now;
    return status;
}

typedef struct listing {
    hr_run *run;
    const hr_drop_type *type;
    void *drop;
} listing;

static hr_status each_object(void *context, const hr_object *object, hr_error *err)
{
    const listing *list = context;
    if (atomic_load(&list->run->interrupted))
        return hr_fail(err, HR_E_INTERRUPTED, "stopped; the same command goes on from here");
    return hr_ingest_object(list->run, list->type, list->drop, object, err);
}

static hr_status ingest_uri(hr_run *run, const char *uri, hr_error *err)
{
    hr_error ignored;
    const hr_source_type *source = run->connectors->source(uri, &ignored);
    if (source)
        return hr_ingest_source(run, source, uri, err);
    const hr_drop_type *type = run->connectors->drop(uri, err);
    hr_options *options = NULL;
    if (!type)
        return HR_E_UNSUPPORTED;
    void *drop = hr_calloc(1, type->state_size);
    if (!drop)
        return hr_fail_memory(err, "opening a source");
    hr_status status = hr_options_new(type->options, type->option_count, &options, err);
    if (status == HR_OK)
        status = type->open(drop, uri, options, err);
    if (status == HR_OK) {
        listing list = {run, type, drop};
        uint64_t before = run->summary.objects;
        status = type->list(drop, NULL, each_object, &list, err);
        type->close(drop);
        if (status == HR_OK && run->summary.objects == before && run->watch.passed)
            run->watch.passed(run->watch.context, uri, "nothing is there to be read");
    }
    if (status != HR_OK)
        hr_error_origin(err, uri);
    hr_options_free(options);
    hr_free(drop);
    return status;
}

hr_status hr_run_ingest(hr_run *run, const char *const *uris, size_t count, hr_run_summary *summary, hr_error *err)
{
    hr_error unasked;
    err = err ? err : &unasked;
    if (!run->config.to)
        return hr_fail(err, HR_E_INVALID, "option to is missing: say where the rows go");
    if (run->feed || count == 0)
        return hr_fail(err, HR_E_STATE, count ? "a run is used once" : "no source was given");
    hr_status flags = hr_run_check_uris(run, uris, count, err);
    if (flags == HR_OK)
        flags = hr_run_check_flags(run, uris, count, err);
    if (flags != HR_OK)
        return flags;
    char *derived = NULL;
    hr_status status = run->config.name ? HR_OK : hr_run_name(run, uris[0], count > 1, &derived, err);
    if (status == HR_OK)
        status = take_feed(run, run->config.name ? run->config.name : derived, err);
    hr_free(derived);
    if (status == HR_OK)
        status = hr_recover_feed(run, err);
    if (status == HR_OK)
        status = hr_recover_siblings(run, err);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = ingest_uri(run, uris[i], err);
    if (summary)
        *summary = run->summary;
    if (status == HR_OK && run->summary.jobs == 0 && run->summary.failed == 0)
        return HR_END;
    return status;
}

/* The feed of a member's job is "name@member", and the run has the member among the options of the job. */
static hr_status take_feed_of(hr_run *run, const hr_job *job, hr_error *err)
{
    const char *member = run->config.member;
    size_t size = strlen(job->feed), most = member ? strlen(member) + 1 : 0;
    bool ends = member && size > most && job->feed[size - most] == '@' && !strcmp(job->feed + size - most + 1, member);
    char *name = hr_strndup(job->feed, ends ? size - most : size);
    hr_status status = name ? hr_run_title(run, job->source, name, err) : hr_fail_memory(err, "retrying a job");
    if (status == HR_OK)
        status = take_feed(run, name, err);
    hr_free(name);
    return status;
}

/* The run is for this job: with its options, and its feed. */
static hr_status take_job(hr_run *run, const char *id, hr_job *job, hr_error *err)
{
    if (run->feed)
        return hr_fail(err, HR_E_STATE, "a run is used once");
    hr_status status = hr_ledger_job(run->ledger, id, job, err);
    if (status == HR_OK)
        status = hr_retry_prepare(run, job, err);
    return status == HR_OK ? take_feed_of(run, job, err) : status;
}

/* The job as it stands now that nobody else can change it, and recovery is done. */
static hr_status look_again(hr_run *run, const char *id, hr_job *job, hr_error *err)
{
    hr_job_clear(job);
    return hr_ledger_job(run->ledger, id, job, err);
}

hr_status hr_run_retry(hr_run *run, const char *id, const char *path, hr_run_summary *summary, hr_error *err)
{
    hr_error unasked;
    err = err ? err : &unasked;
    hr_job job = {0};
    hr_status status = take_job(run, id, &job, err);
    if (status == HR_OK)
        status = hr_recover_feed(run, err);
    if (status == HR_OK)
        status = look_again(run, id, &job, err);
    if (status == HR_OK && job.status == HR_JOB_ABANDONED)
        status = hr_fail(err, HR_E_STATE, "job %s was given up: ingest its input again, as another job", job.id);
    else if (status == HR_OK && path)
        status = hr_retry_rows(run, &job, path, err);
    else if (status == HR_OK && hr_job_has_ended(&job))
        status = HR_END;
    else if (status == HR_OK)
        status = ingest_uri(run, job.source, err);
    hr_job_clear(&job);
    if (summary)
        *summary = run->summary;
    return status;
}

hr_status hr_run_abandon(hr_run *run, const char *id, bool force, hr_run_summary *summary, hr_error *err)
{
    hr_error unasked;
    err = err ? err : &unasked;
    hr_job job = {0};
    hr_status status = take_job(run, id, &job, err);
    if (status == HR_OK && !hr_job_has_ended(&job))
        status = hr_recover_job(run, job.id, force, err);
    if (status == HR_OK)
        status = look_again(run, id, &job, err);
    if (status == HR_OK)
        status = hr_abandon_job(run, &job, err);
    hr_job_clear(&job);
    if (summary)
        *summary = run->summary;
    return status;
}
