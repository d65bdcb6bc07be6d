/* retry.c: mended rows, put back into their job in one commit. */
#include <inttypes.h>
#include <stdio.h>

#include "core/job/work.h"
#include "simd/simd.h"

#define SNIFF_SIZE ((size_t)1 << 20)

static hr_status set_text(char **place, char **from, hr_error *err)
{
    if (!*from)
        return HR_OK;
    char *copy = hr_strdup(*from);
    if (!copy)
        return hr_fail_memory(err, "retrying a job");
    hr_free(*place);
    *place = copy;
    return HR_OK;
}

/* The job's own options, as far as the run was not given others. */
hr_status hr_retry_prepare(hr_run *run, const hr_job *job, hr_error *err)
{
    hr_job_config *config = &run->config, given = {0};
    char *destination = job->destination;
    hr_status status = hr_options_restore(run->options, job->options, err);
    if (status == HR_OK)
        status = hr_job_config_set(&given, run->options, err);
    if (status != HR_OK)
        return status;
    hr_job_config_clear(config);
    *config = given;
    status = set_text(&config->to, &destination, err);
    if (status != HR_OK || !job->facts)
        return status;
    hr_facts facts;
    status = hr_facts_read(job->facts, &facts, err);
    if (status != HR_OK)
        return status;
    status = hr_run_schema_set(run, facts.schema, err);
    if (status == HR_OK)
        status = set_text(&config->key, &facts.key, err);
    if (status == HR_OK)
        status = set_text(&config->format, &facts.format, err);
    if (status == HR_OK)
        status = set_text(&config->compression, &facts.compression, err);
    config->hash = facts.hash;
    config->lineage = facts.lineage;
    if (status == HR_OK && facts.lineage)
        status = hr_options_set(run->options, "offsets", "yes", err);
    hr_facts_clear(&facts);
    return status;
}

/* Rows were printed as they stood, in the encoding of the input; an editor may have saved them as UTF-8. */
static hr_status pin_encoding(hr_run *run, const char *encoding, const hr_drop_type *type, void *drop,
                              const hr_object *object, hr_error *err)
{
    const char *pinned = encoding;
    if (object->size != HR_UNKNOWN && strcmp(encoding, "utf-8") && strcmp(encoding, "ascii")) {
        hr_stream stream;
        uint8_t *room = hr_malloc(SNIFF_SIZE);
        size_t size = 0, got = 0;
        hr_status status =
            room ? type->open_range(drop, object, 0, &stream, err) : hr_fail_memory(err, "retrying a job");
        if (status == HR_OK) {
            while (size < SNIFF_SIZE &&
                   (status = stream.read(stream.state, room + size, SNIFF_SIZE - size, &got, err)) == HR_OK)
                size += got;
            stream.close(stream.state);
        }
        size_t valid = status == HR_OK || status == HR_END ? hr_kernels_get("scalar")->utf8_valid(room, size) : 0;
        if ((status == HR_OK || status == HR_END) && (valid == size || (size == SNIFF_SIZE && size - valid < 4)))
            pinned = "utf-8";
        hr_free(room);
        if (status != HR_OK && status != HR_END)
            return status;
    }
    return hr_options_set(run->options, "encoding", strcmp(pinned, "ascii") ? pinned : "utf-8", err);
}

/* A first row that repeats the names of the columns is the header, not data. */
static bool is_header(const hr_batch *batch, const hr_facts *facts)
{
    bool same = batch->rows > 0 && facts->dialect.header && !batch->row_fields && batch->begins;
    for (size_t i = 0; same && i < facts->name_count; i++) {
        hr_field field = hr_batch_field(batch, 0, i);
        same = strlen(facts->names[i]) == field.size && !memcmp(field.data, facts->names[i], field.size);
    }
    return same;
}

static hr_status add_lines(void *context, const hr_reject_record *record, hr_error *err)
{
    (void)err;
    uint64_t lines = hr_kernels_get("scalar")->newlines(record->reject.raw, record->reject.raw_size);
    *(uint64_t *)context += lines ? lines : 1;
    return HR_OK;
}

/* Reads all rows into the open segment. `work->counts` becomes the account of the mended rows alone. A reject of
 * several lines may have been several rows, so that there can be `most` of them, one for each line. */
static hr_status read_rows(hr_work *work, uint64_t most, hr_error *err)
{
    bool first = true;
    for (;;) {
        hr_batch *batch;
        hr_status status = hr_reader_next(work->reader, &batch, err);
        if (status == HR_END)
            return HR_OK;
        if (status != HR_OK)
            return status;
        uint32_t header = first && is_header(batch, &work->facts) ? 1 : 0;
        status = hr_run_hold(work->run, err);
        if (status == HR_OK)
            status = hr_work_write(work, batch, header, err);
        if (batch->rows + batch->rejected > 0)
            first = false;
        hr_batch_release(batch);
        if (status != HR_OK)
            return status;
        if (work->counts.read - work->counts.skipped > most)
            return hr_fail(err, HR_E_INVALID,
                           "the file has more rows than the open rejects of the job have lines (%" PRIu64
                           "); option rows takes the mended rows of that job and no others",
                           most);
    }
}

/* An event whose detail is known once the destination has said which rows it takes. */
typedef struct retried {
    hr_event event;
    char detail[160];
    uint64_t rejects, rows;
} retried;

static void describe_retry(hr_work *work, hr_commit *commit)
{
    retried *r = (retried *)(uintptr_t)commit->events;
    snprintf(r->detail, sizeof r->detail,
             "{\"rejects\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"rejected_again\":%" PRIu64 "}", r->rejects, r->rows,
             work->counts.rejected);
}

static hr_status commit_rows(hr_work *work, const hr_counts *before, hr_error *err)
{
    hr_counts mended = work->counts;
    uint64_t rows = mended.loaded + mended.duplicate + mended.rejected;
    work->counts = *before;
    work->counts.loaded += mended.loaded;
    work->counts.duplicate += mended.duplicate;
    work->counts.rejected = mended.rejected;
    if (rows > before->rejected) /* a reject of several lines that was several rows */
        work->counts.read += rows - before->rejected;
    else /* rejects for which no row came */
        work->counts.skipped += before->rejected - rows;
    retried r = {.rejects = before->rejected, .rows = rows};
    r.event = (hr_event){"RejectsRetried", work->job.id, r.detail};
    hr_commit commit = {
        .status = HR_JOB_COMPLETED, .events = &r.event, .event_count = 1, .finished = true, .settle_retried = 1};
    hr_position same = work->committed;
    work->prepared = describe_retry;
    hr_status outcome = hr_commit_work(work, &commit, &same, err);
    if (outcome == HR_OK)
        hr_work_tell(work, commit.status, NULL);
    return outcome;
}

static hr_status retry_object(hr_run *run, hr_job *job, const hr_drop_type *type, void *drop, const hr_object *object,
                              hr_error *err)
{
    static const char beginning[] = "raw=0,text=0,row=1,line=1,encoding=ascii";
    hr_work work = {.run = run, .facts_known = true};
    hr_position begin = {0}, kept = job->position;
    hr_counts before = job->counts;
    hr_stream stream;
    work.job = *job;
    *job = (hr_job){0};
    char note[400];
    uint64_t lines = 0;
    snprintf(note, sizeof note, " (its place is in the mended rows, %.300s)", object->uri);
    work.pending.note = note;
    work.origin = object->uri; /* for lineage: rows and offsets are those of the mended file */
    hr_status status = hr_facts_read(work.job.facts, &work.facts, err);
    bool ndjson =
        work.facts.input ? !strcmp(work.facts.input, "ndjson") : kept.size > 8 && !memcmp(kept.bytes, "ndjson1:", 8);
    begin.size = (uint32_t)snprintf(begin.bytes, sizeof begin.bytes, "%s:%s", ndjson ? "ndjson1" : "csv1", beginning);
    if (status == HR_OK && work.facts.null)
        status = hr_options_set(run->options, "null", work.facts.null, err);
    if (status == HR_OK)
        status = hr_ledger_rejects(run->ledger, work.job.id, 0, add_lines, &lines, err);
    if (status == HR_OK)
        status = pin_encoding(run, work.facts.encoding, type, drop, object, err);
    if (status == HR_OK)
        status = type->open_range(drop, object, 0, &stream, err);
    if (status == HR_OK) {
        work.retry_from = &begin;
        status = hr_work_open(&work, &stream, err);
        work.committed = kept;
    }
    if (status == HR_OK) {
        snprintf(work.segment_start, sizeof work.segment_start, "retry-%020" PRIu64, (uint64_t)hr_clock_wall_ns());
        status = read_rows(&work, lines, err);
    }
    /* An empty file is rather a step that failed before us than a wish to give all of the rows up. */
    if (status == HR_OK && work.counts.loaded + work.counts.duplicate + work.counts.rejected == 0)
        status =
            hr_fail(err, HR_E_INVALID, "the file has no rows: the %" PRIu64 " open rejects of the job stay as they are",
                    before.rejected);
    if (status == HR_OK)
        status = commit_rows(&work, &before, err);
    *job = work.job;
    work.job = (hr_job){0};
    hr_work_clear(&work);
    return status;
}

typedef struct retry_call {
    hr_run *run;
    hr_job *job;
    const hr_drop_type *type;
    void *drop;
} retry_call;

static hr_status each_object(void *context, const hr_object *object, hr_error *err)
{
    const retry_call *call = context;
    return retry_object(call->run, call->job, call->type, call->drop, object, err);
}

static hr_status count_object(void *context, const hr_object *object, hr_error *err)
{
    (void)object;
    (void)err;
    ++*(size_t *)context;
    return HR_OK;
}

/* One file settles the rejects of a job; of several, the first would, and the others would come too late. */
static hr_status check_one(const hr_drop_type *type, void *drop, hr_error *err)
{
    size_t count = 0;
    hr_status status = type->list(drop, NULL, count_object, &count, err);
    if (status == HR_OK && count != 1)
        return hr_fail(err, HR_E_INVALID, "option rows takes one file of mended rows, and here are %zu", count);
    return status;
}

hr_status hr_retry_rows(hr_run *run, hr_job *job, const char *path, hr_error *err)
{
    const hr_drop_type *type = run->connectors->drop(path, NULL);
    if (!type)
        return hr_fail(err, HR_E_UNSUPPORTED, "mended rows are read from a file");
    if (job->status != HR_JOB_PARTIALLY_COMPLETED && job->status != HR_JOB_COMPLETED)
        return hr_fail(err, HR_E_STATE, "job %s has not come to its end (%s): continue it first", job->id,
                       hr_job_status_name(job->status));
    if (job->counts.rejected == 0)
        return HR_END;
    void *drop = hr_calloc(1, type->state_size);
    hr_options *options = NULL;
    hr_status status =
        drop ? hr_options_new(type->options, type->option_count, &options, err) : hr_fail_memory(err, "retrying a job");
    if (status == HR_OK)
        status = type->open(drop, path, options, err);
    if (status == HR_OK) {
        retry_call call = {run, job, type, drop};
        status = check_one(type, drop, err);
        if (status == HR_OK)
            status = type->list(drop, NULL, each_object, &call, err);
        type->close(drop);
    }
    hr_error_origin(err, path);
    hr_options_free(options);
    hr_free(drop);
    return status;
}
