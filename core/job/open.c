/* open.c: what a job needs before its first row: reader, names, destination. */
#include <inttypes.h>
#include <stdio.h>

#include "core/job/pull.h"
#include "core/rows/schema_types.h"
#include "core/rows/unique.h"

#define SEGMENTS_MOST 16u

/* Output that cannot be taken back is not remembered either. */
static bool is_volatile(const hr_run *run, const char *destination)
{
    const hr_sink_type *sink = run->connectors->sink(destination, NULL);
    return sink && (sink->capabilities & HR_SINK_VOLATILE);
}

bool hr_work_wants_values(const hr_work *work)
{
    hr_error ignored;
    const hr_sink_type *sink = work->run->connectors->sink(work->run->config.to, &ignored);
    return sink && (sink->capabilities & HR_SINK_VALUES);
}

/* What is to be landed, as far as it is known before the input is: a job that goes on lands what it landed. */
static const char *known_format(const hr_work *work)
{
    const hr_job_config *config = &work->run->config;
    return !strcmp(config->format, "auto") && work->facts.format ? work->facts.format : config->format;
}

/* What a destination that takes records as they are wants of them all the same, by its own options: the columns of its
 * `key`, and each of them where it writes CSV (`value`). */
static hr_status add_wanted(const hr_work *work, const hr_sink_type *sink, char **columns, bool *csv, hr_error *err)
{
    const hr_run *run = work->run;
    hr_options *options = NULL;
    char *rest = NULL;
    hr_status status =
        hr_run_connector_options(run, run->config.to, false, sink->options, sink->option_count, &options, &rest, err);
    if (status != HR_OK)
        return status;
    const char *own = hr_options_get(options, "key"), *value = hr_options_get(options, "value");
    *csv = *csv || (value && !strcmp(value, "csv"));
    if (own && *own) {
        char *both = *columns ? hr_asprintf("%s,%s", *columns, own) : hr_strdup(own);
        hr_free(*columns);
        *columns = both;
        status = both ? HR_OK : hr_fail_memory(err, "choosing columns");
    }
    hr_options_free(options);
    hr_free(rest);
    return status;
}

/* Of NDJSON that is landed as NDJSON the records pass as they are, and only the columns of keys are looked for. */
hr_status hr_work_choose_columns(hr_work *work, hr_error *err)
{
    const hr_job_config *config = &work->run->config;
    char *columns = NULL;
    hr_error ignored;
    const hr_sink_type *sink = work->run->connectors->sink(config->to, &ignored);
    bool table = sink && (sink->capabilities & HR_SINK_TABLE);
    bool csv = table || !strcmp(known_format(work), "csv");
    if (config->key && strcmp(config->key, "*") != 0 && !(columns = hr_strdup(config->key)))
        return hr_fail_memory(err, "choosing columns");
    hr_status status = sink && !table ? add_wanted(work, sink, &columns, &csv, err) : HR_OK;
    if (status == HR_OK)
        status = hr_reader_want(work->reader, csv ? HR_WANT_ALL : HR_WANT_RECORDS, csv ? NULL : columns, err);
    hr_free(columns);
    return status;
}

static hr_status choose_format(hr_work *work, hr_error *err)
{
    hr_reader_facts facts;
    hr_status status = hr_reader_describe(work->reader, &facts, err);
    if (status == HR_OK)
        work->format = strcmp(known_format(work), "auto") ? known_format(work) : facts.format;
    return status;
}

/* What the destination knows the source by: of a file its URI and which content under that name it is. Mended rows have
 * a position of their own, a token: that of their job stays where it is, and could not tell whether they landed. */
static hr_status name_source(hr_work *work, hr_error *err)
{
    if (work->sink_source)
        return HR_OK;
    work->sink_source = work->retry_from ? hr_asprintf("retry:%s", work->job.id)
                        : work->pull     ? hr_strdup(work->pull->id)
                                         : hr_asprintf("%s#%" PRIu64, work->job.source, work->file.number);
    return work->sink_source ? HR_OK : hr_fail_memory(err, "opening the destination");
}

static hr_status tell(void *runner, const char *kind, const char *detail, hr_error *err)
{
    const hr_work *work = runner;
    return hr_run_event(work->run, kind, work->job.id, detail, err);
}

hr_status hr_work_compare(hr_work *work, const char *name, const char *at, hr_error *err)
{
    char there[HR_POSITION_MAX];
    if (!work->sink_state || !work->sink->standing)
        return HR_OK;
    hr_status status = work->sink->standing(work->sink_state, name, there, err);
    work->again |= status != HR_OK;
    if (status == HR_OK && strcmp(there, at) != 0 && work->run->config.member)
        return hr_fail(err, HR_E_BUSY, "another member of the feed is about to commit '%.100s' of the source", name);
    if (status == HR_OK && strcmp(there, at) != 0 && !hr_work_is_at_home(work))
        return hr_fail(
            err, HR_E_STATE,
            "job %s of this input was begun to '%.200s' and has landed rows there; the destination of this run has "
            "rows of this source up to '%.150s', and the ledger up to '%.150s', so that it is another one. Finish "
            "the job there, or give it up: 'headrace abandon %s'",
            work->job.id, work->job.destination, there, at, work->job.id);
    if (status == HR_OK && strcmp(there, at) != 0)
        return hr_fail(err, HR_E_STATE,
                       "the destination has rows of this source up to '%.150s', and the ledger up to '%.150s': one of "
                       "them was restored from a copy, or another ledger loads the same feed; use the ledger that "
                       "belongs to the destination, or another name of the feed",
                       there, at);
    return status;
}

/* What the destination's options mean for the run: whether it finds rows with the same key itself, and how many
 * segments it loads at a time. */
static hr_status look_at_sink(hr_work *work, const char *uri, hr_error *err)
{
    hr_run *run = work->run;
    const hr_sink_type *sink = run->connectors->sink(uri, err);
    hr_options *options = NULL;
    char *rest = NULL;
    work->sink_keyed = false;
    work->segments_most = 1;
    if (!sink)
        return HR_E_UNSUPPORTED;
    hr_status status =
        hr_run_connector_options(run, uri, false, sink->options, sink->option_count, &options, &rest, err);
    if (status != HR_OK)
        return status;
    const char *mode = hr_options_get(options, "mode");
    uint64_t writers = hr_options_count(options, "writers", 1);
    work->sink_keyed = mode && (!strcmp(mode, "merge") || !strcmp(mode, "insert-ignore"));
    if (work->retry_from && mode && !strcmp(mode, "replace"))
        status = hr_fail(err, HR_E_UNSUPPORTED,
                         "mended rows cannot be added to a table that mode=replace has put in place, which the next "
                         "input replaces: mend the input, and ingest it again");
    if (status == HR_OK)
        status = hr_work_choose_key(work, err);
    /* One more than are loaded at a time: it is filled while the oldest is committed. */
    if (sink->seal && !work->retry_from)
        work->segments_most = 1 + (writers < SEGMENTS_MOST ? (size_t)writers : SEGMENTS_MOST);
    hr_options_free(options);
    hr_free(rest);
    return status;
}

static hr_status compare_places(hr_work *work, hr_error *err)
{
    char at[HR_POSITION_MAX + 1];
    hr_status status = HR_OK;
    if (work->retry_from) {
        if (!work->sink->standing)
            return HR_OK;
        status = work->sink->standing(work->sink_state, "", work->retry_before, err);
        return status == HR_OK ? hr_uuid_new(work->retry_after, err) : status;
    }
    if (work->pull) {
        for (size_t i = 0; status == HR_OK && i < work->pull->part_count; i++)
            status = hr_work_compare(work, work->pull->parts[i].name, work->pull->parts[i].at, err);
        return status;
    }
    const hr_position *committed = &work->committed;
    memcpy(at, committed->bytes, committed->size);
    at[committed->size] = '\0';
    return hr_work_compare(work, "", at, err);
}

static hr_status open_work_sink(hr_work *work, const char *const *names, size_t count, hr_error *err)
{
    hr_run *run = work->run;
    const char *destination = run->config.to; /* that of the job, with the options and the secrets of this run */
    hr_status status = work->schema ? hr_schema_types(work->schema, names, count, &work->types, err) : HR_OK;
    if (status == HR_OK)
        status = name_source(work, err);
    if (status == HR_OK)
        status = look_at_sink(work, destination, err);
    if (status != HR_OK)
        return status;
    const hr_job_config *config = &run->config;
    bool natives = work->pull && work->pull->facts.column_count == count;
    hr_sink_plan plan = {.uri = destination,
                         .feed = run->base,
                         .title = run->title,
                         .job = work->job.id,
                         .file = work->origin,
                         .source = work->sink_source,
                         .ledger = run->ledger_id,
                         .generation = config->member ? 0 : run->generation,
                         .columns = names,
                         .column_count = count,
                         .types = work->types || !natives ? work->types : work->pull->facts.types,
                         .schema = work->schema,
                         .natives = natives ? work->pull->facts.natives : NULL,
                         .key = work->sink_keyed ? config->key : NULL,
                         .format = work->format,
                         .compression = config->compression,
                         .started_ns = work->job.started_ns,
                         .segments = (unsigned)work->segments_most,
                         .threads = (unsigned)hr_options_count(run->options, "threads", 1),
                         .whole = hr_work_restarts(work),
                         .lineage = config->lineage,
                         .runner = work,
                         .tell = tell};
    status = atomic_load(&run->interrupted) ? hr_fail(err, HR_E_INTERRUPTED, "stopped before anything was landed")
                                            : hr_open_sink(run, &plan, &work->sink, &work->sink_state, err);
    work->again |= status != HR_OK;
    if (status == HR_OK)
        status = compare_places(work, err);
    return status == HR_OK ? hr_work_note_destination(work, err) : status;
}

/* A reader of the stream, at the place of the last commit. */
static hr_status open_stream(hr_work *work, hr_stream *stream, hr_error *err)
{
    hr_run *run = work->run;
    hr_position from;
    uint64_t stored;
    uint8_t digest[32];
    hr_stream proved;
    hr_unique *known = NULL;
    hr_status status = HR_OK;
    if (work->committed.size) {
        if (!hr_place_read(&work->committed, &from, &stored, digest)) {
            stream->close(stream->state);
            return hr_fail(err, HR_E_CORRUPT, "the position of job %s in the ledger cannot be read", work->job.id);
        }
        if (hr_work_unique(work) && !hr_work_restarts(work))
            status = hr_work_learn(work, &from, &known, err);
        if (status != HR_OK) {
            stream->close(stream->state);
            return status;
        }
        status = hr_prefix_wrap(work, stream, stored, digest, &proved, &work->prefix, err);
        if (status != HR_OK) {
            hr_unique_free(known);
            return status;
        }
        stream = &proved;
    }
    status = hr_reader_open_stream(stream, run->options, true, &work->reader, err);
    if (status != HR_OK) {
        hr_unique_free(known);
        return status;
    }
    hr_run_reading(run, work->reader);
    if (hr_work_trickles(work))
        hr_reader_restless(work->reader);
    hr_reader_know(work->reader, known);
    if (work->schema)
        status = hr_reader_schema(work->reader, work->schema, hr_work_wants_values(work), err);
    if (status == HR_OK)
        status = hr_work_choose_columns(work, err);
    if (work->retry_from)
        from = *work->retry_from;
    if (status == HR_OK && (work->committed.size || work->retry_from))
        status = hr_reader_resume(work->reader, &from, &work->facts.dialect, (const char *const *)work->facts.names,
                                  work->facts.name_count, err);
    return status;
}

bool hr_work_trickles(const hr_work *work)
{
    return !work->pull && work->object.size == HR_UNKNOWN;
}

/* What comes slowly shows its columns by what has come when a segment would be old enough. */
static hr_status stream_columns(hr_work *work, const char *const **names, size_t *count, hr_error *err)
{
    hr_status status;
    while ((status = hr_reader_columns(work->reader, names, count, err)) == HR_AGAIN) {
        status = hr_run_hold(work->run, err);
        if (status != HR_OK)
            return status;
        if (hr_input_stored(hr_reader_input(work->reader)) && !work->segment_ns)
            work->segment_ns = hr_clock_steady_ns();
        if (hr_work_is_old(work))
            hr_reader_enough(work->reader);
    }
    work->segment_ns = 0;
    return status;
}

/* Rows that may be refused later are found again by their offsets. */
static hr_status want_offsets(hr_work *work, hr_error *err)
{
    hr_error ignored;
    const hr_sink_type *sink = work->run->connectors->sink(work->run->config.to, &ignored);
    if (!sink || !(sink->capabilities & HR_SINK_REFUSES))
        return HR_OK;
    return hr_options_set(work->run->options, "offsets", "yes", err);
}

static hr_status open_reader(hr_work *work, hr_stream *stream, hr_error *err)
{
    hr_status status = hr_work_schema(work, err);
    if (status == HR_OK)
        status = want_offsets(work, err);
    if (status == HR_OK)
        return work->pull ? hr_pull_open(work->pull, err) : open_stream(work, stream, err);
    if (!work->pull)
        stream->close(stream->state);
    return status;
}

hr_status hr_work_open(hr_work *work, hr_stream *stream, hr_error *err)
{
    hr_run *run = work->run;
    const char *const *names;
    size_t count;
    hr_status status = open_reader(work, stream, err);
    if (status == HR_OK)
        status =
            work->pull ? hr_pull_columns(work->pull, &names, &count, err) : stream_columns(work, &names, &count, err);
    work->again |= status != HR_OK && work->pull;
    if (status == HR_OK)
        status = choose_format(work, err);
    work->begun = status == HR_OK;
    run->keys_volatile = is_volatile(run, work->job.destination);
    if (status == HR_OK)
        status = open_work_sink(work, names, count, err);
    return status == HR_OK ? hr_work_open_keys(work, names, count, err) : status;
}

void hr_work_clear(hr_work *work)
{
    hr_pull_free(work->pull);
    hr_run_reading(work->run, NULL);
    hr_reader_close(work->reader);
    hr_free(work->sink_source);
    hr_close_sink(work->sink, work->sink_state);
    hr_work_unseal(work);
    hr_hasher_free(work->hasher);
    hr_free(work->hashes);
    hr_json_keyed_clear(&work->keyed);
    hr_free(work->fresh);
    hr_free(work->rows);
    hr_pending_free(&work->pending);
    hr_free(work->types);
    hr_schema_free(work->schema);
    hr_text_free(work->schema_text);
    hr_facts_clear(&work->facts);
    hr_job_clear(&work->job);
    hr_file_clear(&work->file);
    hr_object_clear(&work->object);
}
