/* drop.c: the file-drop protocol for one object: whether it was loaded, goes on, is new, or is no longer what it was.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/base/uri.h"
#include "core/job/work.h"

static bool same_identity(const hr_file *file, const hr_object *object)
{
    return object->size != HR_UNKNOWN && file->size == object->size && file->modified_ns == object->modified_ns &&
           !strcmp(file->version, object->version);
}

static void pass_over(hr_run *run, const hr_object *object, const char *format, const char *argument)
{
    char why[400];
    snprintf(why, sizeof why, format, argument);
    run->summary.passed++;
    if (run->watch.passed)
        run->watch.passed(run->watch.context, object->uri, why);
}

/* What keeps an object from being opened or read is its own, whatever it is, but for what ails the process. */
static void judge_object(hr_run *run, hr_status status)
{
    run->unreadable = status == HR_E_NOT_FOUND || status == HR_E_PERMISSION || status == HR_E_CHANGED ||
                      status == HR_E_IO || status == HR_E_INVALID || status == HR_E_STATE || status == HR_E_UNSUPPORTED;
}

static hr_status open_object(hr_run *run, const hr_drop_type *type, void *drop, const hr_object *object, hr_stream *out,
                             hr_error *err)
{
    hr_status status = type->open_range(drop, object, 0, out, err);
    judge_object(run, status);
    hr_error_origin(err, object->uri);
    return status;
}

static hr_status copy_object(hr_object *to, const hr_object *from, hr_error *err)
{
    *to = *from;
    to->uri = hr_strdup(from->uri);
    return to->uri ? HR_OK : hr_fail_memory(err, "beginning a job");
}

/* ---- jobs -------------------------------------------------------------------------------------------------- */

static hr_status fill_job(hr_run *run, const hr_object *object, hr_job *job, hr_error *err)
{
    size_t count;
    const hr_option *table = hr_ingest_options(&count);
    hr_status status = hr_uuid_new(job->id, err);
    if (status != HR_OK)
        return status;
    job->status = HR_JOB_IN_PROGRESS;
    job->feed = hr_strdup(run->feed);
    job->source_type = hr_strdup(strcmp(object->uri, "-") ? "file" : "stdin");
    job->source = hr_strdup(object->uri);
    hr_error ignored;
    const hr_sink_type *sink = run->connectors->sink(run->config.to, &ignored);
    job->destination = hr_uri_public(run->config.to, sink ? sink->options : NULL, sink ? sink->option_count : 0);
    job->total = HR_UNKNOWN;
    job->created_ns = job->started_ns = hr_clock_wall_ns();
    job->attempts = 1;
    if (!job->feed || !job->source_type || !job->source || !job->destination)
        return hr_fail_memory(err, "beginning a job");
    return hr_options_json(run->options, table, count, job->destination, &job->options, err);
}

static hr_status fill_file(const hr_run *run, const hr_object *object, hr_file *file, hr_error *err)
{
    *file = (hr_file){.size = object->size,
                      .modified_ns = object->modified_ns,
                      .state = HR_FILE_LOADING,
                      .seen_ns = hr_clock_wall_ns(),
                      .changed_ns = hr_clock_wall_ns()};
    memcpy(file->version, object->version, sizeof file->version);
    file->feed = hr_strdup(run->feed);
    file->uri = hr_strdup(object->uri);
    return file->feed && file->uri ? HR_OK : hr_fail_memory(err, "beginning a job");
}

/* Without a key, rows would be landed that the keys of the feed do not know, and every later run with a key would land
 * them once more. */
hr_status hr_run_check_keys(hr_run *run, hr_error *err)
{
    uint64_t length;
    char shape[512] = "";
    if (run->config.key)
        return HR_OK;
    hr_status status = hr_ledger_keys(run->ledger, run->feed, &length, shape, err);
    if (status == HR_OK && shape[0])
        return hr_fail(err, HR_E_INVALID,
                       "feed '%s' is deduplicated by its keys (%s): give option key, or another name", run->feed,
                       shape);
    return status;
}

/* A new job for the object, with a manifest entry where the destination remembers. */
static hr_status run_new(hr_run *run, const hr_drop_type *type, void *drop, const hr_object *object, bool remembers,
                         hr_error *err)
{
    hr_work work = {.run = run, .drop_type = type, .drop = drop};
    hr_stream stream;
    hr_status status = remembers ? hr_run_check_keys(run, err) : HR_OK;
    if (status == HR_OK)
        status = copy_object(&work.object, object, err);
    work.origin = work.object.uri;
    if (status == HR_OK)
        status = open_object(run, type, drop, object, &stream, err);
    if (status != HR_OK)
        goto out;
    status = fill_job(run, object, &work.job, err);
    if (status == HR_OK && remembers)
        status = fill_file(run, object, &work.file, err);
    if (status == HR_OK)
        status = hr_ledger_job_new(run->ledger, &work.job, remembers ? &work.file : NULL, err);
    if (status != HR_OK) {
        stream.close(stream.state);
        goto out;
    }
    HR_FAULT_POINT("job.recorded");
    status = hr_work_run(&work, &stream, err);
out:
    hr_work_clear(&work);
    return status;
}

/* ---- changes ----------------------------------------------------------------------------------------------- */

static hr_status change_event(hr_run *run, const hr_file *known, const hr_object *object, bool half, hr_error *err)
{
    hr_buffer detail = {.ceiling = 1 << 20};
    char before[24] = "null";
    if (known->size != HR_UNKNOWN)
        snprintf(before, sizeof before, "%" PRIu64, known->size);
    bool ok = hr_buffer_text(&detail, "{\"uri\":") && hr_buffer_json_text(&detail, object->uri) &&
              hr_buffer_printf(&detail,
                               ",\"half_loaded\":%s,\"size_before\":%s,\"size\":%" PRIu64 ",\"sha256_before\":\"%s\"}",
                               half ? "true" : "false", before, object->size, known->sha256) &&
              hr_buffer_add(&detail, "", 1);
    hr_status status =
        ok ? hr_run_event(run, "ObjectChanged", known->job[0] ? known->job : NULL, (const char *)detail.data, err)
           : hr_fail_memory(err, "raising an event");
    hr_buffer_free(&detail);
    return status;
}

/* A job that can never go on: its input is gone. What it landed stays, and is said. */
static hr_status close_stale(hr_run *run, const hr_file *known, const hr_object *object, const char *why, bool tell,
                             hr_error *err)
{
    hr_work work = {.run = run};
    hr_status status = hr_ledger_job(run->ledger, known->job, &work.job, err);
    if (status == HR_OK)
        status = copy_object(&work.object, object, err);
    if (status == HR_OK) {
        hr_file file = *known;
        file.state = HR_FILE_FAILED;
        file.changed_ns = 0;
        hr_event event = {"ImportFailed", work.job.id, NULL};
        hr_commit commit = {.feed = run->feed,
                            .generation = run->generation,
                            .job = work.job.id,
                            .before = &work.job.position,
                            .after = &work.job.position,
                            .counts = work.job.counts,
                            .status = HR_JOB_FAILED,
                            .error = why,
                            .keys = HR_UNKNOWN,
                            .file = &file,
                            .events = &event,
                            .event_count = 1,
                            .finished = true};
        uint64_t none;
        status = hr_ledger_commit(run->ledger, &commit, &none, err);
    }
    if (status == HR_OK && tell)
        hr_work_tell(&work, HR_JOB_FAILED, why);
    hr_work_clear(&work);
    return status;
}

static hr_status quarantine(hr_run *run, const hr_object *object, hr_error *err)
{
    hr_file file;
    hr_status status = fill_file(run, object, &file, err);
    file.state = HR_FILE_QUARANTINED;
    if (status == HR_OK)
        status = hr_ledger_file_put(run->ledger, &file, err);
    if (status == HR_OK)
        pass_over(run, object, "quarantined: %s", "its content has changed (option on-change)");
    hr_file_clear(&file);
    return status;
}

/* Same name, new content: always an event, then by policy. */
static hr_status changed(hr_run *run, const hr_drop_type *type, void *drop, const hr_object *object,
                         const hr_file *known, bool half, hr_error *err)
{
    static const char file[] =
        "the input has changed since the checkpoint; nothing of the new content was read. --on-change version loads "
        "it from the beginning as a job of its own";
    static const char pipe[] =
        "the input is not the one that was read before the checkpoint; nothing of it was loaded. Give it again under "
        "another name";
    hr_on_change policy = run->config.on_change;
    bool gone = half && object->size == HR_UNKNOWN; /* what was compared cannot be read again */
    const char *why = gone ? pipe : file;
    if (gone)
        policy = HR_ON_CHANGE_FAIL;
    if (policy == HR_ON_CHANGE_AUTO)
        policy = half ? HR_ON_CHANGE_FAIL : HR_ON_CHANGE_VERSION;
    hr_status status = change_event(run, known, object, half, err);
    if (status != HR_OK)
        return status;
    switch (policy) {
    case HR_ON_CHANGE_QUARANTINE:
        if (half)
            status = close_stale(run, known, object, why, true, err);
        return status == HR_OK ? quarantine(run, object, err) : status;
    case HR_ON_CHANGE_FAIL:
        if (half)
            return close_stale(run, known, object, why, true, err);
        run->summary.failed++;
        pass_over(run, object, "failed: %s", "its content has changed since it was loaded (option on-change)");
        return HR_OK;
    default:
        if (half)
            status = close_stale(run, known, object, "the input has changed; the new content is loaded by another job",
                                 false, err);
        return status == HR_OK ? run_new(run, type, drop, object, true, err) : status;
    }
}

/* ---- known objects ------------------------------------------------------------------------------------------ */

/* An object that was loaded under other marks: its content decides. */
static hr_status loaded_before(hr_run *run, const hr_drop_type *type, void *drop, const hr_object *object,
                               hr_file *known, hr_error *err)
{
    hr_stream stream;
    uint8_t digest[32];
    char hex[65];
    if (object->size == HR_UNKNOWN) /* a pipe has no identity before it is read */
        return run_new(run, type, drop, object, true, err);
    if (same_identity(known, object)) {
        pass_over(run, object, "loaded already, by job %s", known->job);
        return HR_OK;
    }
    hr_status status = open_object(run, type, drop, object, &stream, err);
    if (status == HR_OK) {
        status = hr_stream_digest(run, &stream, digest, err);
        judge_object(run, status);
    }
    if (status != HR_OK)
        return status;
    hr_digest_hex(digest, hex);
    if (strcmp(hex, known->sha256))
        return changed(run, type, drop, object, known, false, err);
    known->size = object->size;
    known->modified_ns = object->modified_ns;
    memcpy(known->version, object->version, sizeof known->version);
    status = hr_ledger_file_put(run->ledger, known, err);
    if (status == HR_OK)
        pass_over(run, object, "loaded already, with the same content, by job %s", known->job);
    return status;
}

/* One job has one key, one format and one set of columns, whoever goes on with it. */
hr_status hr_work_check_options(const hr_work *work, hr_error *err)
{
    const hr_facts *facts = &work->facts;
    const hr_job_config *config = &work->run->config;
    const char *key = facts->key && facts->key[0] ? facts->key : NULL;
    bool keyed = key && config->key ? !strcmp(key, config->key) && facts->hash == config->hash : !key == !config->key;
    bool same = !strcmp(config->format, "auto") || !strcmp(facts->format, config->format);
    if (!hr_work_schema_fits(work))
        return hr_fail(err, HR_E_INVALID,
                       "job %s was begun with %s schema: give the same option schema, or continue it with its own by "
                       "headrace retry",
                       work->job.id,
                       !facts->schema             ? "no"
                       : work->run->config.schema ? "another"
                                                  : "a");
    if (keyed && same && facts->lineage == config->lineage)
        return HR_OK;
    return hr_fail(err, HR_E_INVALID,
                   "job %s was begun with key '%s', hash %s, write %s, %slineage: give the same options, or continue "
                   "it with its own by headrace retry",
                   work->job.id, key ? key : "", hr_hash_name(facts->hash), facts->format, facts->lineage ? "" : "no ");
}

/* An object whose job did not come to its end. */
static hr_status go_on(hr_run *run, const hr_drop_type *type, void *drop, const hr_object *object, hr_file *known,
                       hr_error *err)
{
    hr_work work = {.run = run, .facts_known = true, .drop_type = type, .drop = drop};
    hr_stream stream;
    hr_status status = copy_object(&work.object, object, err);
    work.origin = work.object.uri;
    if (status == HR_OK)
        status = hr_ledger_job(run->ledger, known->job, &work.job, err);
    bool redirects = false;
    if (status == HR_OK)
        status = hr_run_redirects(run, &work.job, &redirects, err);
    if (status == HR_OK && redirects) {
        hr_work_clear(&work);
        status = close_stale(run, known, object, "nothing was loaded; another job has another destination", false, err);
        return status == HR_OK ? run_new(run, type, drop, object, true, err) : status;
    }
    if (status == HR_OK && work.job.position.size)
        status = hr_facts_read(work.job.facts, &work.facts, err);
    else
        work.facts_known = false;
    if (status == HR_OK && work.facts_known)
        status = hr_work_check_options(&work, err);
    /* Another size is another content. The prefix that was read could still be the same, but where the input ended may
     * have decided what its last record was. A compressed input that was cut has no size in the manifest: it showed no
     * end. */
    bool resized = work.job.position.size && known->size != HR_UNKNOWN && object->size != known->size;
    if (status == HR_OK && resized)
        status = hr_fail(err, HR_E_CHANGED, "the input has another size than at the checkpoint");
    if (status == HR_OK)
        status = hr_run_check_destination(run, &work.job, err);
    if (status == HR_OK)
        status = hr_ledger_job_begin(run->ledger, run->feed, run->generation, work.job.id, err);
    if (status == HR_OK)
        status = open_object(run, type, drop, object, &stream, err);
    if (status == HR_OK) {
        work.file = *known; /* the work's from here on */
        *known = (hr_file){0};
        work.committed = work.job.position;
        status = hr_work_run(&work, &stream, err);
        *known = work.file;
        work.file = (hr_file){0};
    }
    hr_work_clear(&work);
    return status == HR_E_CHANGED ? changed(run, type, drop, object, known, true, err) : status;
}

/* A failure of this object alone: counted, told, and the others go on. */
static hr_status object_failed(hr_run *run, const hr_object *object, const hr_error *err)
{
    char why[900];
    snprintf(why, sizeof why, "failed: %s", err->text);
    run->summary.failed++;
    run->summary.later += err->retryable;
    if (run->watch.passed)
        run->watch.passed(run->watch.context, object->uri, why);
    return HR_OK;
}

static hr_status decide(hr_run *run, const hr_drop_type *type, void *drop, const hr_object *object, hr_error *err)
{
    const hr_sink_type *sink = run->connectors->sink(run->config.to, NULL);
    if (!sink || (sink->capabilities & HR_SINK_VOLATILE))
        return run_new(run, type, drop, object, false, err);
    hr_file known = {0};
    hr_status status = hr_ledger_file(run->ledger, run->feed, object->uri, &known, err);
    if (status == HR_E_NOT_FOUND)
        return run_new(run, type, drop, object, true, err);
    if (status != HR_OK)
        return status;
    switch (known.state) {
    case HR_FILE_LOADED: status = loaded_before(run, type, drop, object, &known, err); break;
    case HR_FILE_LOADING:
    case HR_FILE_FAILED:
        status =
            known.job[0] ? go_on(run, type, drop, object, &known, err) : run_new(run, type, drop, object, true, err);
        break;
    case HR_FILE_QUARANTINED:
        if (run->config.on_change != HR_ON_CHANGE_VERSION)
            pass_over(run, object, "quarantined: %s", "--on-change version loads it");
        else
            status = run_new(run, type, drop, object, true, err);
        break;
    default: status = run_new(run, type, drop, object, true, err);
    }
    hr_file_clear(&known);
    return status;
}

hr_status hr_ingest_object(hr_run *run, const hr_drop_type *type, void *drop, const hr_object *object, hr_error *err)
{
    run->summary.objects++;
    uint64_t told = run->summary.jobs;
    run->unreadable = false;
    hr_status status = hr_run_hold(run, err);
    if (status == HR_OK)
        status = decide(run, type, drop, object, err);
    bool own = status != HR_OK && (run->unreadable || status == HR_E_NOT_FOUND || status == HR_E_CHANGED);
    /* Where a job was told of, it is its destination or the ledger that fails. */
    return own && run->summary.jobs == told ? object_failed(run, object, err) : status;
}
