/* destination.c: where the rows of a job go, and whether this run was told to take them elsewhere.
 *
 * A destination that keeps the position with its rows is asked for it before any row is written (hr_work_compare), so
 * that it may have another address than when the job began: a name for a number, another user, a server that has moved.
 * Of the others, which cannot tell, the whole URI has to be the same one. */
#include "core/base/uri.h"
#include "core/job/work.h"

/* ---- two that are one ---------------------------------------------------------------------------------------- */

/* A place, however it was written: the URI without its options, or its path alone where the destination can tell the
 * rest, and the table that these or a flag name. */
typedef struct place {
    char *uri;
    char *table; /* "": none is named */
} place;

static void clear(place *at)
{
    hr_free(at->uri);
    hr_free(at->table);
    *at = (place){0};
}

/* "/data//zone/./" and "file:///data/zone" are "/data/zone". In place, of what is a path. */
static void tidy(char *uri)
{
    size_t size = 0;
    if (!strncmp(uri, "file:///", 8))
        memmove(uri, uri + 7, strlen(uri + 7) + 1);
    if (uri[0] != '/')
        return;
    for (const char *at = uri; *at;) {
        size_t name = strcspn(at + 1, "/") + 1;
        if (name > 1 && !(name == 2 && at[1] == '.')) {
            memmove(uri + size, at, name);
            size += name;
        }
        at += name;
    }
    uri[size ? size : 1] = '\0';
}

/* "/shop" of "postgres://loader@db:5432/shop?sslmode=require". In place. */
static void keep_path(char *uri)
{
    const char *host = hr_uri_host(uri);
    const char *path = host + strcspn(host, "/?");
    size_t size = strcspn(path, "?");
    memmove(uri, path, size);
    uri[size] = '\0';
}

/* `flags` are those of the command that named it. */
static hr_status find_place(const hr_sink_type *sink, const char *uri, const hr_options *flags, place *out,
                            hr_error *err)
{
    hr_options *options = NULL;
    char *rest = NULL;
    hr_status status = hr_options_new(sink->options, sink->option_count, &options, err);
    if (status == HR_OK)
        status = hr_uri_options(uri, sink->options, sink->option_count, options, &rest, err);
    if (status == HR_OK) {
        const char *table = hr_options_get(options, "table");
        table = table ? table : hr_options_get(flags, "table");
        *out = (place){hr_uri_public(rest, sink->options, sink->option_count), hr_strdup(table ? table : "")};
        if (!out->uri || !out->table)
            status = hr_fail_memory(err, "comparing destinations");
        else if (sink->standing)
            keep_path(out->uri);
        else
            tidy(out->uri);
    }
    hr_options_free(options);
    hr_free(rest);
    return status;
}

/* The flags of the command that began the job. */
static hr_status read_flags(const hr_job *job, hr_options **out, hr_error *err)
{
    size_t count;
    const hr_option *table = hr_ingest_options(&count);
    hr_status status = hr_options_new(table, count, out, err);
    return status == HR_OK ? hr_options_restore(*out, job->options, err) : status;
}

/* What cannot be read is taken for another one. */
static hr_status look_elsewhere(const hr_run *run, const hr_job *job, bool *elsewhere, hr_error *err)
{
    const char *to = run->config.to;
    hr_error why;
    const hr_sink_type *sink = to ? run->connectors->sink(to, &why) : NULL;
    hr_options *flags = NULL;
    place ours = {0}, theirs = {0};
    *elsewhere = false;
    if (!sink || !job->destination)
        return HR_OK;
    hr_status status = read_flags(job, &flags, &why);
    if (status == HR_OK)
        status = find_place(sink, to, run->options, &ours, &why);
    if (status == HR_OK)
        status = find_place(sink, job->destination, flags, &theirs, &why);
    *elsewhere = status != HR_OK || strcmp(ours.uri, theirs.uri) != 0 || strcmp(ours.table, theirs.table) != 0;
    hr_options_free(flags);
    clear(&ours);
    clear(&theirs);
    return status == HR_E_MEMORY ? hr_fail_memory(err, "comparing destinations") : HR_OK;
}

/* ---- the one to be used --------------------------------------------------------------------------------------- */

/* What was being committed is settled where it was recorded, at no other address: another database of the same name
 * would say that it never was. */
hr_status hr_run_destination(const hr_run *run, const char *recorded, char **out, hr_error *err)
{
    const char *to = run->config.to;
    hr_error ignored;
    const hr_sink_type *sink = to ? run->connectors->sink(to, &ignored) : NULL;
    char *shown = sink ? hr_uri_public(to, sink->options, sink->option_count) : NULL;
    *out = sink && !shown ? NULL : hr_strdup(shown && !strcmp(shown, recorded) ? to : recorded);
    hr_free(shown);
    return *out ? HR_OK : hr_fail_memory(err, "opening a destination");
}

/* ---- what is done about it ----------------------------------------------------------------------------------- */

static bool has_landed(const hr_job *job)
{
    return job->position.size || job->counts.read;
}

/* Also one that differs in its options alone, which may be what was mended. */
hr_status hr_run_redirects(const hr_run *run, const hr_job *job, bool *out, hr_error *err)
{
    const char *to = run->config.to;
    hr_error ignored;
    const hr_sink_type *sink = to ? run->connectors->sink(to, &ignored) : NULL;
    char *shown = sink ? hr_uri_public(to, sink->options, sink->option_count) : NULL;
    if (sink && !shown)
        return hr_fail_memory(err, "comparing destinations");
    *out = shown && job->destination && strcmp(shown, job->destination) != 0 && !has_landed(job);
    hr_free(shown);
    return HR_OK;
}

hr_status hr_run_check_destination(const hr_run *run, const hr_job *job, hr_error *err)
{
    hr_options *flags = NULL;
    bool elsewhere = false;
    hr_status status = has_landed(job) ? look_elsewhere(run, job, &elsewhere, err) : HR_OK;
    if (status != HR_OK || !elsewhere)
        return status;
    hr_error ignored;
    const char *table = read_flags(job, &flags, &ignored) == HR_OK ? hr_options_get(flags, "table") : NULL;
    status = hr_fail(
        err, HR_E_INVALID,
        "job %s of this input was begun to '%.300s'%s%.100s, has landed rows there, and has not come to its end. "
        "Finish it there: give that destination, or 'headrace retry %s'. Or give it up: 'headrace abandon %s'",
        job->id, job->destination, table ? ", table " : "", table ? table : "", job->id, job->id);
    hr_options_free(flags);
    return status;
}

bool hr_work_is_at_home(const hr_work *work)
{
    char *shown = hr_uri_public(work->run->config.to, work->sink->options, work->sink->option_count);
    bool same = !shown || !work->job.destination || !strcmp(shown, work->job.destination);
    hr_free(shown);
    return same;
}

/* {"from":...,"to":...} */
static bool describe_move(hr_buffer *out, const char *from, const char *to)
{
    return hr_buffer_text(out, "{\"from\":") && hr_buffer_json_text(out, from) && hr_buffer_text(out, ",\"to\":") &&
           hr_buffer_json_text(out, to) && hr_buffer_add(out, "}", 2);
}

hr_status hr_work_note_destination(hr_work *work, hr_error *err)
{
    hr_run *run = work->run;
    hr_buffer detail = {0};
    if (!work->sink->standing || work->retry_from)
        return HR_OK;
    char *shown = hr_uri_public(run->config.to, work->sink->options, work->sink->option_count);
    bool moved = shown && !hr_work_is_at_home(work);
    hr_status status = shown ? HR_OK : hr_fail_memory(err, "recording the destination");
    if (moved && !describe_move(&detail, work->job.destination, shown))
        status = hr_fail_memory(err, "recording the destination");
    if (moved && status == HR_OK)
        status = hr_ledger_job_moved(run->ledger, run->feed, run->generation, work->job.id, shown, err);
    if (moved && status == HR_OK)
        status = hr_run_event(run, "DestinationMoved", work->job.id, (const char *)detail.data, err);
    if (moved && status == HR_OK) {
        hr_free(work->job.destination);
        work->job.destination = shown;
        shown = NULL;
    }
    hr_buffer_free(&detail);
    hr_free(shown);
    return status;
}
