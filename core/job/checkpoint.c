/* checkpoint.c: when a segment is full or old enough, and what its commit records of the job. */
#include <inttypes.h>
#include <stdio.h>

#include "core/job/pull.h"

#define PENDING_BYTES_MAX ((size_t)8 << 20)  /* rejects that wait; more make a checkpoint */
#define PENDING_WHOLE_MAX ((size_t)64 << 20) /* the same where there can be no checkpoint before the end */
#define TRANSACTION_ROWS 50000u              /* unless option segment-rows says otherwise */
#define ENDLESS_AGE_MS 5000u                 /* unless option segment-age says otherwise */

/* The name is where the segment begins, written so that names sort. */
void hr_work_begin_segment(hr_work *work)
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

hr_status hr_work_place(hr_work *work, hr_position *out, hr_error *err)
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

hr_status hr_work_checkpoint(hr_work *work, hr_job_status status, const char *error, const hr_file *file,
                             const hr_event *events, size_t event_count, hr_error *err)
{
    hr_position after;
    hr_status outcome = hr_work_drain(work, err);
    if (outcome == HR_OK)
        outcome = hr_work_place(work, &after, err);
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

/* A transaction is not left open for long, and what an endless source gives is visible soon. */
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

bool hr_work_is_full(const hr_work *work)
{
    const hr_job_config *config = &work->run->config;
    uint64_t rows = most_rows(work);
    return work->pending.bytes >= PENDING_BYTES_MAX ||
           (work->segment_open && ((config->segment_bytes && work->segment_bytes >= config->segment_bytes) ||
                                   (rows && work->segment_rows >= rows)));
}

bool hr_work_is_old(const hr_work *work)
{
    uint64_t age = most_age(work);
    return age && work->segment_ns && (uint64_t)(hr_clock_steady_ns() - work->segment_ns) / 1000000 >= age;
}

hr_status hr_work_check_pending(const hr_work *work, hr_error *err)
{
    if (!hr_work_restarts(work) || work->pending.bytes < PENDING_WHOLE_MAX)
        return HR_OK;
    return hr_fail(err, HR_E_LIMIT,
                   "the rejected rows have more than %u MiB, and this input is landed as a whole or not at all%s: "
                   "mend what it is checked against, or give up earlier by option max-errors",
                   (unsigned)(PENDING_WHOLE_MAX >> 20),
                   work->pull ? "" : ", for it has unique columns and can be read only once");
}

bool hr_work_is_due(const hr_work *work)
{
    if (hr_work_restarts(work))
        return false;
    return hr_work_is_full(work) || hr_work_is_old(work);
}
