/* ledger_sqlite_job.c: jobs, and the commit that moves one of them forward together with all that belongs to it. */
#include "core/ledger/intent.h"
#include "core/ledger/ledger_sqlite.h"

static hr_status missing_job(hr_sqlite *ledger, const char *id, hr_error *err)
{
    hr_fail(err, HR_E_NOT_FOUND, "looking for job '%s': the ledger has no such job", id);
    hr_error_origin(err, ledger->path);
    return HR_E_NOT_FOUND;
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

static hr_job_status status_of(const char *name)
{
    for (int status = HR_JOB_PENDING; status <= HR_JOB_ABANDONED; status++)
        if (name && strcmp(name, hr_job_status_name((hr_job_status)status)) == 0)
            return (hr_job_status)status;
    return HR_JOB_FAILED;
}

/* Fills *out from the current row (HR_SQL_JOB_COLUMNS). */
static hr_status read_job(const hr_sqlite_call *call, hr_job *out, hr_error *err)
{
    hr_job job = {0};
    hr_sqlite_text_room(call, 0, job.id, sizeof job.id);
    job.status = status_of(hr_sqlite_text(call, 1));
    bool enough = hr_sqlite_text_copy(call, 2, &job.feed) && hr_sqlite_text_copy(call, 3, &job.source_type) &&
                  hr_sqlite_text_copy(call, 4, &job.source) && hr_sqlite_text_copy(call, 5, &job.destination) &&
                  hr_sqlite_text_copy(call, 16, &job.error) && hr_sqlite_text_copy(call, 17, &job.metadata) &&
                  hr_sqlite_text_copy(call, 18, &job.options) && hr_sqlite_text_copy(call, 20, &job.facts);
    if (!enough) {
        hr_job_clear(&job);
        return hr_fail_memory(err, "reading a job");
    }
    job.total = hr_sqlite_count(call, 6);
    job.counts = (hr_counts){.read = hr_sqlite_count(call, 7),
                             .loaded = hr_sqlite_count(call, 8),
                             .duplicate = hr_sqlite_count(call, 9),
                             .rejected = hr_sqlite_count(call, 10),
                             .skipped = hr_sqlite_count(call, 11)};
    const void *position = sqlite3_column_blob(call->statement, 12);
    int size = sqlite3_column_bytes(call->statement, 12);
    if (size > 0 && size <= (int)HR_POSITION_MAX && position) {
        job.position.size = (uint32_t)size;
        memcpy(job.position.bytes, position, (size_t)size);
    }
    job.created_ns = hr_sqlite_int(call, 13);
    job.started_ns = hr_sqlite_int(call, 14);
    job.finished_ns = hr_sqlite_int(call, 15);
    job.attempts = hr_sqlite_count(call, 19);
    *out = job;
    return HR_OK;
}

hr_status hr_sqlite_job(void *state, const char *id, hr_job *out, hr_error *err)
{
    hr_sqlite *ledger = state;
    char low[40], high[40];
    size_t size = strlen(id);
    for (size_t i = 0; i <= size; i++)
        low[i] = id[i] >= 'A' && id[i] <= 'F' ? (char)(id[i] - 'A' + 'a') : id[i];
    /* '~' is behind every character of a UUID. */
    memcpy(high, low, size);
    memcpy(high + size, "~", 2);
    bool whole = size == 36;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, whole ? HR_SQL_JOB_BY_ID : HR_SQL_JOB_BY_PREFIX);
    hr_sqlite_bind_text(&call, low);
    if (!whole)
        hr_sqlite_bind_text(&call, high);
    hr_job job = {0};
    int found = 0;
    hr_status status = HR_OK;
    while (status == HR_OK && hr_sqlite_step(&call) == SQLITE_ROW) {
        if (++found == 1) {
            status = read_job(&call, &job, err);
        } else {
            status = hr_fail(err, HR_E_INVALID,
                             "looking for job '%s': several jobs begin like this; give more characters", id);
        }
    }
    if (status == HR_OK && call.rc != SQLITE_DONE)
        status = hr_sqlite_fail(ledger, call.rc, err, "looking for job", id);
    hr_sqlite_close_call(&call);
    if (status == HR_OK && found == 0)
        status = missing_job(ledger, id, err);
    if (status == HR_OK)
        *out = job;
    else
        hr_job_clear(&job);
    return status;
}

hr_status hr_sqlite_jobs(void *state, const char *feed, uint64_t limit, hr_job_each each, void *context, hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, feed ? HR_SQL_JOBS_OF_FEED : HR_SQL_JOBS);
    hr_sqlite_bind_int(&call, limit == 0 || limit > INT64_MAX ? -1 : (int64_t)limit);
    if (feed)
        hr_sqlite_bind_text(&call, feed);
    hr_status status = HR_OK;
    while (status == HR_OK && hr_sqlite_step(&call) == SQLITE_ROW) {
        hr_job job;
        status = read_job(&call, &job, err);
        if (status == HR_OK) {
            ledger->reading++;
            status = each(context, &job, err);
            ledger->reading--;
            hr_job_clear(&job);
        }
    }
    if (status == HR_OK && call.rc != SQLITE_DONE)
        status = hr_sqlite_fail(ledger, call.rc, err, "listing jobs", NULL);
    hr_sqlite_close_call(&call);
    return status;
}

/* ---- beginning ---------------------------------------------------------------------------------------------- */

static hr_status insert_job(hr_sqlite *ledger, const hr_job *job, hr_error *err)
{
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_JOB_INSERT);
    hr_sqlite_bind_text(&call, job->id);
    hr_sqlite_bind_text(&call, hr_job_status_name(job->status));
    hr_sqlite_bind_text(&call, job->feed);
    hr_sqlite_bind_text(&call, job->source_type);
    hr_sqlite_bind_text(&call, job->source);
    hr_sqlite_bind_text(&call, job->destination);
    hr_sqlite_bind_count(&call, job->total);
    hr_sqlite_bind_count(&call, job->counts.read);
    hr_sqlite_bind_count(&call, job->counts.loaded);
    hr_sqlite_bind_count(&call, job->counts.duplicate);
    hr_sqlite_bind_count(&call, job->counts.rejected);
    hr_sqlite_bind_count(&call, job->counts.skipped);
    hr_sqlite_bind_bytes(&call, job->position.bytes, job->position.size);
    hr_sqlite_bind_int(&call, job->created_ns != 0 ? job->created_ns : hr_clock_wall_ns());
    hr_sqlite_bind_time(&call, job->started_ns);
    hr_sqlite_bind_time(&call, job->finished_ns);
    hr_sqlite_bind_text(&call, job->error);
    hr_sqlite_bind_text(&call, job->metadata);
    hr_sqlite_bind_text(&call, job->options);
    hr_sqlite_bind_count(&call, job->attempts);
    hr_sqlite_bind_text(&call, job->facts);
    return hr_sqlite_run(&call, err, "recording job", job->id);
}

hr_status hr_sqlite_job_new(void *state, const hr_job *job, hr_file *file, hr_error *err)
{
    hr_sqlite *ledger = state;
    uint64_t file_id = 0, number = 0;
    hr_status status = hr_sqlite_begin(ledger, err, "recording job", job->id);
    if (status != HR_OK)
        return status;
    status = hr_sqlite_check_own(ledger, job->feed, err);
    if (status == HR_OK)
        status = insert_job(ledger, job, err);
    if (status == HR_OK && file)
        status = hr_sqlite_file_write(ledger, file, job->id, &file_id, &number, err);
    status = hr_sqlite_end(ledger, status, err, "recording job", job->id);
    if (status == HR_OK && file) {
        file->id = file_id;
        file->number = number;
        if (file->job[0] == '\0')
            memcpy(file->job, job->id, sizeof file->job);
    }
    return status;
}

hr_status hr_sqlite_job_begin(void *state, const char *feed, uint64_t generation, const char *job, hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_status status = hr_sqlite_begin(ledger, err, "beginning job", job);
    if (status != HR_OK)
        return status;
    status = hr_sqlite_check_lease(ledger, feed, generation, err);
    if (status == HR_OK) {
        hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_JOB_BEGIN);
        hr_sqlite_bind_text(&call, job);
        hr_sqlite_bind_text(&call, feed);
        hr_sqlite_bind_text(&call, hr_job_status_name(HR_JOB_IN_PROGRESS));
        hr_sqlite_bind_int(&call, hr_clock_wall_ns());
        status = hr_sqlite_run(&call, err, "beginning job", job);
    }
    if (status == HR_OK && sqlite3_changes(ledger->db) == 0)
        status = missing_job(ledger, job, err);
    return hr_sqlite_end(ledger, status, err, "beginning job", job);
}

hr_status hr_sqlite_job_moved(void *state, const char *feed, uint64_t generation, const char *job,
                              const char *destination, hr_error *err)
{
    static const char doing[] = "recording the destination of job";
    hr_sqlite *ledger = state;
    hr_status status = hr_sqlite_begin(ledger, err, doing, job);
    if (status != HR_OK)
        return status;
    status = hr_sqlite_check_lease(ledger, feed, generation, err);
    if (status == HR_OK) {
        hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_JOB_MOVED);
        hr_sqlite_bind_text(&call, job);
        hr_sqlite_bind_text(&call, feed);
        hr_sqlite_bind_text(&call, destination);
        status = hr_sqlite_run(&call, err, doing, job);
    }
    if (status == HR_OK && sqlite3_changes(ledger->db) == 0)
        status = missing_job(ledger, job, err);
    return hr_sqlite_end(ledger, status, err, doing, job);
}

/* ---- committing --------------------------------------------------------------------------------------------- */

/* The job's number, when it belongs to the feed and still stands where the committer thinks. */
static hr_status check_job(hr_sqlite *ledger, const hr_commit *commit, int64_t *number, hr_error *err)
{
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_JOB_POSITION);
    hr_sqlite_bind_text(&call, commit->job);
    hr_status status = HR_OK;
    if (hr_sqlite_step(&call) == SQLITE_ROW) {
        const char *feed = hr_sqlite_text(&call, 1);
        const char *position = sqlite3_column_blob(call.statement, 2);
        size_t size = (size_t)sqlite3_column_bytes(call.statement, 2);
        *number = hr_sqlite_int(&call, 0);
        if (!feed || strcmp(feed, commit->feed) != 0) {
            status = hr_fail(err, HR_E_STATE, "committing job %s: it belongs to feed '%s', not to '%s'", commit->job,
                             feed ? feed : "", commit->feed);
        } else if (size != commit->before->size || (size > 0 && memcmp(position, commit->before->bytes, size) != 0)) {
            status = hr_fail(err, HR_E_STATE,
                             "committing job %s: its position in the ledger is '%.*s', not '%.*s'; another run "
                             "has moved it, start again from there",
                             commit->job, (int)(size < 150 ? size : 150), size > 0 ? position : "",
                             (int)(commit->before->size < 150 ? commit->before->size : 150), commit->before->bytes);
        }
    } else if (call.rc == SQLITE_DONE) {
        status = missing_job(ledger, commit->job, err);
    } else {
        status = hr_sqlite_fail(ledger, call.rc, err, "committing job", commit->job);
    }
    hr_sqlite_close_call(&call);
    return status;
}

static hr_status update_job(hr_sqlite *ledger, const hr_commit *commit, int64_t number, hr_error *err)
{
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_JOB_COMMIT);
    hr_sqlite_bind_int(&call, number);
    hr_sqlite_bind_bytes(&call, commit->after->bytes, commit->after->size);
    hr_sqlite_bind_count(&call, commit->counts.read);
    hr_sqlite_bind_count(&call, commit->counts.loaded);
    hr_sqlite_bind_count(&call, commit->counts.duplicate);
    hr_sqlite_bind_count(&call, commit->counts.rejected);
    hr_sqlite_bind_count(&call, commit->counts.skipped);
    hr_sqlite_bind_text(&call, hr_job_status_name(commit->status));
    hr_sqlite_bind_text(&call, commit->error);
    hr_sqlite_bind_text(&call, commit->metadata);
    hr_sqlite_bind_time(&call, commit->finished ? hr_clock_wall_ns() : 0);
    hr_sqlite_bind_text(&call, commit->facts);
    return hr_sqlite_run(&call, err, "committing job", commit->job);
}

static hr_status insert_rejects(hr_sqlite *ledger, const hr_commit *commit, int64_t number, hr_error *err)
{
    hr_status status = HR_OK;
    if (commit->settle_retried) {
        hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_REJECT_SETTLE);
        hr_sqlite_bind_int(&call, number);
        status = hr_sqlite_run(&call, err, "settling the rejects of job", commit->job);
    }
    for (size_t i = 0; status == HR_OK && i < commit->reject_count; i++) {
        const hr_reject *reject = &commit->rejects[i];
        hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_REJECT_INSERT);
        hr_sqlite_bind_int(&call, number);
        hr_sqlite_bind_int(&call, reject->kind);
        hr_sqlite_bind_count(&call, reject->row);
        hr_sqlite_bind_count(&call, reject->line);
        hr_sqlite_bind_count(&call, reject->offset);
        hr_sqlite_bind_count(&call, reject->at);
        hr_sqlite_bind_count(&call, reject->column);
        hr_sqlite_bind_text(&call, reject->message);
        hr_sqlite_bind_bytes(&call, reject->raw, reject->raw_size);
        hr_sqlite_bind_text(&call, reject->column_name);
        if (reject->value)
            hr_sqlite_bind_bytes(&call, reject->value, reject->value_size);
        else
            hr_sqlite_bind_text(&call, NULL);
        hr_sqlite_bind_int(&call, reject->value_cut);
        status = hr_sqlite_run(&call, err, "keeping the rejects of job", commit->job);
    }
    return status;
}

static hr_status insert_receipt(hr_sqlite *ledger, const hr_commit *commit, int64_t number, const hr_buffer *intent,
                                uint64_t *id, hr_error *err)
{
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_RECEIPT_INSERT);
    hr_sqlite_bind_int(&call, number);
    hr_sqlite_bind_int(&call, hr_clock_wall_ns());
    hr_sqlite_bind_bytes(&call, commit->receipt->bytes, commit->receipt->size);
    if (intent)
        hr_sqlite_bind_bytes(&call, intent->data, intent->size);
    else
        hr_sqlite_bind_text(&call, NULL);
    hr_status status = hr_sqlite_run(&call, err, "keeping a receipt of job", commit->job);
    *id = (uint64_t)sqlite3_last_insert_rowid(ledger->db);
    return status;
}

static hr_status put_keys(hr_sqlite *ledger, const hr_commit *commit, hr_error *err)
{
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_KEYS_PUT);
    hr_sqlite_bind_text(&call, commit->feed);
    hr_sqlite_bind_count(&call, commit->keys);
    hr_sqlite_bind_text(&call, commit->key_shape);
    return hr_sqlite_run(&call, err, "recording the keys of feed", commit->feed);
}

hr_status hr_sqlite_apply(hr_sqlite *ledger, const hr_commit *commit, int64_t *number, hr_error *err)
{
    uint64_t file_id, file_number;
    hr_status status = check_job(ledger, commit, number, err);
    if (status == HR_OK)
        status = update_job(ledger, commit, *number, err);
    if (status == HR_OK && commit->part_count)
        status = hr_sqlite_move_parts(ledger, commit, err);
    if (status == HR_OK)
        status = insert_rejects(ledger, commit, *number, err);
    if (status == HR_OK && (commit->keys != HR_UNKNOWN || commit->key_shape))
        status = put_keys(ledger, commit, err);
    if (status == HR_OK && commit->file)
        status = hr_sqlite_file_write(ledger, commit->file, commit->job, &file_id, &file_number, err);
    for (size_t i = 0; status == HR_OK && i < commit->event_count; i++)
        status = hr_sqlite_event_write(ledger, commit->feed, &commit->events[i], err);
    return status;
}

/* Keeps the commit as it is. What it needs is checked now, when the destination can still be told, and when it is
 * applied. */
static hr_status keep_intent(hr_sqlite *ledger, const hr_commit *commit, uint64_t *receipt_id, hr_error *err)
{
    hr_buffer bytes = {.ceiling = 0};
    int64_t number = 0;
    hr_status status = check_job(ledger, commit, &number, err);
    if (status == HR_OK)
        status = hr_sqlite_check_parts(ledger, commit, err);
    if (status == HR_OK && !hr_intent_write(commit, &bytes))
        status = hr_fail_memory(err, "keeping a commit that is begun");
    if (status == HR_OK)
        status = insert_receipt(ledger, commit, number, &bytes, receipt_id, err);
    hr_buffer_free(&bytes);
    return status;
}

static hr_status commit_locked(hr_sqlite *ledger, const hr_commit *commit, uint64_t *receipt_id, hr_error *err)
{
    int64_t number = 0;
    hr_status status = hr_sqlite_check_lease(ledger, commit->feed, commit->generation, err);
    if (status == HR_OK && commit->intent)
        return keep_intent(ledger, commit, receipt_id, err);
    if (status == HR_OK)
        status = hr_sqlite_apply(ledger, commit, &number, err);
    if (status == HR_OK && commit->receipt && commit->receipt->size > 0)
        status = insert_receipt(ledger, commit, number, NULL, receipt_id, err);
    return status;
}

hr_status hr_sqlite_commit(void *state, const hr_commit *commit, uint64_t *receipt_id, hr_error *err)
{
    hr_sqlite *ledger = state;
    uint64_t id = 0;
    hr_status status = hr_sqlite_begin(ledger, err, "committing job", commit->job);
    if (status != HR_OK)
        return status;
    status = commit_locked(ledger, commit, &id, err);
    HR_FAULT_POINT("ledger-commit");
    status = hr_sqlite_end(ledger, status, err, "committing job", commit->job);
    if (status == HR_OK) {
        HR_FAULT_POINT("ledger-committed");
        if (receipt_id)
            *receipt_id = id;
    }
    return status;
}
