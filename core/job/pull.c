/* pull.c: reads a source into a job. The reader is fed with what the source gives, so that a source that has nothing
 * just now holds nothing up: what is there is landed when its segment is old enough. */
#include "core/job/pull.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/uri.h"

#define ROOM ((size_t)256 << 10)

/* ---- life --------------------------------------------------------------------------------------------------- */

hr_status hr_pull_new(hr_run *run, const hr_source_type *type, const char *uri, hr_pull **out, hr_error *err)
{
    hr_pull *pull = hr_calloc(1, sizeof *pull);
    if (!pull)
        return hr_fail_memory(err, "opening a source");
    pull->type = type;
    hr_status status =
        hr_run_connector_options(run, uri, true, type->options, type->option_count, &pull->options, &pull->uri, err);
    if (status == HR_OK)
        status = type->identify(pull->uri, pull->options, pull->id, sizeof pull->id, err);
    if (status != HR_OK) {
        hr_pull_free(pull);
        return status;
    }
    *out = pull;
    return HR_OK;
}

void hr_pull_close(hr_pull *pull)
{
    hr_work *work = pull->work;
    if (work) {
        hr_run_reading(work->run, NULL);
        hr_run_pulling(work->run, NULL, NULL);
        hr_reader_close(work->reader);
        work->reader = NULL;
    }
    if (pull->state) {
        pull->type->close(pull->state);
        hr_free(pull->state);
        pull->state = NULL;
    }
    hr_free(pull->room);
    pull->room = NULL;
    pull->part_count = pull->moves.count = 0;
    pull->promised = 0;
    pull->given = pull->read = 0;
    pull->finished = false;
}

void hr_pull_free(hr_pull *pull)
{
    if (!pull)
        return;
    hr_pull_close(pull);
    hr_options_free(pull->options);
    hr_free(pull->uri);
    hr_free(pull->parts);
    hr_moves_free(&pull->moves);
    hr_free(pull);
}

hr_status hr_pull_identify(const hr_source_type *type, const char *uri, char id[HR_SOURCE_ID_MAX], hr_error *err)
{
    hr_options *options = NULL;
    char *rest = NULL;
    hr_status status = hr_options_new(type->options, type->option_count, &options, err);
    if (status == HR_OK)
        status = hr_uri_options(uri, type->options, type->option_count, options, &rest, err);
    if (status == HR_OK)
        status = type->identify(rest, options, id, HR_SOURCE_ID_MAX, err);
    hr_options_free(options);
    hr_free(rest);
    return status;
}

bool hr_pull_same(const hr_pull *pull, const hr_job *job)
{
    char *id = hr_calloc(1, HR_SOURCE_ID_MAX);
    hr_error ignored;
    bool same = id && job->source && job->source_type && !strcmp(job->source_type, pull->type->scheme) &&
                hr_pull_identify(pull->type, job->source, id, &ignored) == HR_OK && !strcmp(id, pull->id);
    hr_free(id);
    return same;
}

/* ---- what the source asks, and tells --------------------------------------------------------------------------- */

static hr_status standing(void *runner, const char *name, char at[HR_POSITION_MAX], hr_error *err)
{
    hr_pull *pull = runner;
    hr_pulled_part *part;
    hr_status status = hr_pull_part(pull, name, &part, err);
    if (status == HR_OK)
        memcpy(at, part->at, sizeof part->at);
    return status;
}

static hr_status tell(void *runner, const char *kind, const char *detail, hr_error *err)
{
    const hr_pull *pull = runner;
    return hr_run_event(pull->work->run, kind, pull->work->job.id, detail, err);
}

static hr_status see_any(void *context, const hr_part_record *record, hr_error *err)
{
    hr_pull *pull = context;
    (void)err;
    if (!strcmp(record->source, pull->id))
        pull->plan.first = false;
    return HR_OK;
}

/* ---- opening ------------------------------------------------------------------------------------------------ */

static hr_status open_source(hr_pull *pull, hr_error *err)
{
    hr_work *work = pull->work;
    hr_run *run = work->run;
    pull->plan = (hr_source_plan){.uri = pull->uri,
                                  .source = pull->id,
                                  .feed = run->base,
                                  .job = work->job.id,
                                  .ledger = run->ledger_id,
                                  .threads = (unsigned)hr_options_count(run->options, "threads", 1),
                                  .first = true,
                                  .runner = pull,
                                  .tell = tell,
                                  .standing = standing};
    hr_status status = hr_sweep_origin(run, pull->type, pull->id, work->job.destination, err);
    work->again |= status != HR_OK;
    if (status == HR_OK)
        status = hr_ledger_parts(run->ledger, run->base, see_any, pull, err);
    void *state = status == HR_OK ? hr_calloc(1, pull->type->state_size) : NULL;
    if (status == HR_OK && !state)
        status = hr_fail_memory(err, "opening a source");
    if (status == HR_OK) {
        hr_run_pulling(run, pull->type, state); /* nobody waits for a server that does not answer */
        status = pull->type->open(state, &pull->plan, pull->options, err);
    }
    if (status != HR_OK) {
        hr_run_pulling(run, NULL, NULL);
        hr_free(state);
        return status;
    }
    pull->state = state;
    char committed[HR_POSITION_MAX + 1];
    snprintf(committed, sizeof committed, "%.*s", (int)work->committed.size, work->committed.bytes);
    if (sscanf(committed, "commits=%" SCNu64, &pull->commits) != 1)
        pull->commits = 0;
    hr_run_pulling(run, pull->type, state); /* once more: what came meanwhile may have found nothing to wake */
    return pull->type->describe(state, &pull->facts, err);
}

/* A copy of the run's options in which what the source says is pinned. */
static hr_status make_reader(hr_pull *pull, hr_error *err)
{
    hr_work *work = pull->work;
    hr_options *options = NULL;
    hr_status status = hr_run_options_copy(work->run->options, &options, err);
    if (status == HR_OK)
        status = hr_options_set(options, "format", pull->facts.format, err);
    if (status == HR_OK)
        status = hr_options_set(options, "encoding", "utf-8", err);
    if (status == HR_OK && pull->facts.null)
        status = hr_options_set(options, "null", pull->facts.null, err);
    if (status == HR_OK)
        status = hr_reader_new(options, &work->reader, err);
    if (status == HR_OK)
        hr_reader_records(work->reader);
    hr_options_free(options);
    return status;
}

static hr_status begin_csv(hr_pull *pull, hr_error *err)
{
    const hr_source_facts *facts = &pull->facts;
    const hr_counts *counts = &pull->work->job.counts;
    hr_dialect_guess guess = {.dialect = facts->dialect, .confidence = 100, .columns = (uint32_t)facts->column_count};
    hr_position from;
    from.size =
        (uint32_t)snprintf(from.bytes, sizeof from.bytes, "csv1:raw=0,text=0,row=%" PRIu64 ",line=1,encoding=utf-8",
                           counts->read - counts->skipped + 1);
    snprintf(guess.newline, sizeof guess.newline, "lf");
    snprintf(guess.evidence, sizeof guess.evidence, "the source says so");
    return hr_reader_resume(pull->work->reader, &from, &guess, facts->columns, facts->column_count, err);
}

hr_status hr_pull_open(hr_pull *pull, hr_error *err)
{
    hr_work *work = pull->work;
    hr_status status = open_source(pull, err);
    if (status == HR_OK && !pull->room && !(pull->room = hr_malloc(ROOM)))
        status = hr_fail_memory(err, "reading a source");
    if (status == HR_OK)
        status = make_reader(pull, err);
    if (status != HR_OK)
        return status;
    hr_run_reading(work->run, work->reader);
    if (work->schema)
        status = hr_reader_schema(work->reader, work->schema, hr_work_wants_values(work), err);
    if (status == HR_OK)
        status = hr_work_choose_columns(work, err);
    if (status == HR_OK && !strcmp(pull->facts.format, "csv"))
        status = begin_csv(pull, err);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

/* One read of the source, fed to the reader. */
static hr_status fill(hr_pull *pull, hr_error *err)
{
    size_t got = 0;
    hr_status status = pull->type->read(pull->state, pull->room, ROOM, &got, err);
    if (status == HR_OK) {
        pull->read += got;
        return hr_reader_feed(pull->work->reader, pull->room, got, err);
    }
    if (status != HR_END)
        return status;
    pull->finished = true;
    return hr_reader_finish(pull->work->reader, err);
}

hr_status hr_pull_columns(hr_pull *pull, const char *const **names, size_t *count, hr_error *err)
{
    hr_work *work = pull->work;
    for (;;) {
        hr_status status = hr_reader_columns(work->reader, names, count, err);
        if (status != HR_AGAIN)
            return status;
        status = atomic_load(&work->run->interrupted)
                     ? hr_fail(err, HR_E_INTERRUPTED, "stopped; the same command goes on from here")
                     : hr_run_hold(work->run, err);
        if (status == HR_OK && !pull->finished)
            status = fill(pull, err);
        if (status == HR_AGAIN && pull->read) /* what has come by now shows what the columns are */
            hr_reader_enough(work->reader);
        else if (status != HR_OK && status != HR_AGAIN)
            return status;
    }
}

hr_status hr_pull_next(hr_pull *pull, hr_batch **out, hr_error *err)
{
    for (;;) {
        hr_status status = hr_reader_next(pull->work->reader, out, err);
        if (status == HR_OK)
            pull->given = (*out)->end_offset;
        if (status != HR_AGAIN)
            return status;
        status = fill(pull, err);
        if (status != HR_OK)
            return status;
    }
}

/* ---- rejects ----------------------------------------------------------------------------------------------------- */

hr_status hr_pull_reject(hr_pull *pull, const hr_reject *reject, hr_reject *out, char **room, hr_error *err)
{
    hr_place place = {0};
    *out = *reject;
    out->line = HR_UNKNOWN; /* of what was given since open, which nobody else can count */
    *room = NULL;
    if (!pull->type->place || reject->offset == HR_UNKNOWN)
        return HR_OK;
    hr_status status = pull->type->place(pull->state, reject->offset, &place, err);
    if (status != HR_OK)
        return status;
    if (place.raw) {
        out->raw = place.raw;
        out->raw_size = place.raw_size;
        out->at = HR_UNKNOWN; /* it counted the bytes that were made of the record */
    }
    if (!place.text[0])
        return HR_OK;
    *room = hr_asprintf("%s (%s)", reject->message, place.text);
    if (!*room)
        return hr_fail_memory(err, "keeping a rejected row");
    out->message = *room;
    return HR_OK;
}
