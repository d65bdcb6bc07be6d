/* ledger.c: opens a ledger of the type that its URI names, checks arguments, and calls that type. */
#include "core/ledger/ledger_type.h"

struct hr_ledger {
    const hr_ledger_type *type;
    void *state;
};

static const hr_ledger_type *const ledger_types[] = {&hr_ledger_sqlite};

/* A path is a SQLite file; anything with a scheme is looked up. */
static const hr_ledger_type *find_type(const char *uri)
{
    const char *mark = strstr(uri, "://");
    if (!mark)
        return &hr_ledger_sqlite;
    size_t size = (size_t)(mark - uri);
    for (size_t i = 0; i < HR_COUNT(ledger_types); i++)
        if (strlen(ledger_types[i]->scheme) == size && memcmp(uri, ledger_types[i]->scheme, size) == 0)
            return ledger_types[i];
    return NULL;
}

hr_status hr_ledger_open(const char *uri, hr_ledger **out, hr_error *err)
{
    if (!uri || uri[0] == '\0')
        return hr_fail(err, HR_E_INVALID, "opening the ledger: no path was given (option ledger)");
    const hr_ledger_type *type = find_type(uri);
    if (!type) {
        hr_status status = hr_fail(err, HR_E_UNSUPPORTED,
                                   "opening the ledger: this build has no ledger of type '%.*s'; "
                                   "give the path of a file (option ledger)",
                                   (int)(strstr(uri, "://") - uri), uri);
        hr_error_origin(err, uri);
        return status;
    }
    hr_ledger *ledger = hr_calloc(1, sizeof *ledger);
    void *state = hr_calloc(1, type->state_size);
    hr_status status = ledger && state ? type->open(state, uri, err) : hr_fail_memory(err, "opening the ledger");
    if (status != HR_OK) {
        hr_free(ledger);
        hr_free(state);
        return status;
    }
    ledger->type = type;
    ledger->state = state;
    *out = ledger;
    return HR_OK;
}

void hr_ledger_close(hr_ledger *ledger)
{
    if (!ledger)
        return;
    ledger->type->close(ledger->state);
    hr_free(ledger->state);
    hr_free(ledger);
}

static hr_status check_feed(const char *feed, hr_error *err)
{
    if (!feed || feed[0] == '\0')
        return hr_fail(err, HR_E_INVALID, "using the ledger: the feed has no name (option name)");
    return HR_OK;
}

hr_status hr_ledger_key_path(hr_ledger *ledger, const char *feed, char **out, hr_error *err)
{
    hr_status status = check_feed(feed, err);
    return status != HR_OK ? status : ledger->type->key_path(ledger->state, feed, out, err);
}

hr_status hr_ledger_lease(hr_ledger *ledger, const char *feed, int64_t ttl_ns, uint64_t *generation, hr_error *err)
{
    hr_status status = check_feed(feed, err);
    return status != HR_OK ? status : ledger->type->lease(ledger->state, feed, ttl_ns, generation, err);
}

int64_t hr_ledger_abandoned(hr_ledger *ledger)
{
    return ledger->type->abandoned(ledger->state);
}

hr_status hr_ledger_renew(hr_ledger *ledger, const char *feed, uint64_t generation, int64_t ttl_ns, hr_error *err)
{
    hr_status status = check_feed(feed, err);
    return status != HR_OK ? status : ledger->type->renew(ledger->state, feed, generation, ttl_ns, err);
}

hr_status hr_ledger_unlease(hr_ledger *ledger, const char *feed, uint64_t generation, hr_error *err)
{
    hr_status status = check_feed(feed, err);
    return status != HR_OK ? status : ledger->type->unlease(ledger->state, feed, generation, err);
}

static hr_status check_file(const hr_file *file, hr_error *err)
{
    if (!file->uri)
        return hr_fail(err, HR_E_INVALID, "recording a file: it has no URI");
    return check_feed(file->feed, err);
}

hr_status hr_ledger_job_new(hr_ledger *ledger, const hr_job *job, hr_file *file, hr_error *err)
{
    hr_status status = check_feed(job->feed, err);
    if (status == HR_OK && file)
        status = check_file(file, err);
    if (status != HR_OK)
        return status;
    if (strlen(job->id) != 36 || job->position.size > HR_POSITION_MAX)
        return hr_fail(err, HR_E_INVALID, "recording a job: '%s' is not a UUID, or its position is too long", job->id);
    if (job->status != HR_JOB_PENDING && job->status != HR_JOB_IN_PROGRESS) {
        return hr_fail(err, HR_E_INVALID, "recording job %s: a new job cannot be %s", job->id,
                       hr_job_status_name(job->status));
    }
    return ledger->type->job_new(ledger->state, job, file, err);
}

hr_status hr_ledger_job(hr_ledger *ledger, const char *id, hr_job *out, hr_error *err)
{
    size_t size = strlen(id);
    if (size < 4 || size > 36) {
        return hr_fail(err, HR_E_INVALID,
                       "looking for job '%s': a job's id, or at least the first 4 characters of one, is "
                       "needed",
                       id);
    }
    return ledger->type->job(ledger->state, id, out, err);
}

hr_status hr_ledger_jobs(hr_ledger *ledger, const char *feed, uint64_t limit, hr_job_each each, void *context,
                         hr_error *err)
{
    return ledger->type->jobs(ledger->state, feed, limit, each, context, err);
}

hr_status hr_ledger_job_begin(hr_ledger *ledger, const char *feed, uint64_t generation, const char *job, hr_error *err)
{
    hr_status status = check_feed(feed, err);
    return status != HR_OK ? status : ledger->type->job_begin(ledger->state, feed, generation, job, err);
}

hr_status hr_ledger_job_moved(hr_ledger *ledger, const char *feed, uint64_t generation, const char *job,
                              const char *destination, hr_error *err)
{
    hr_status status = check_feed(feed, err);
    return status != HR_OK ? status : ledger->type->job_moved(ledger->state, feed, generation, job, destination, err);
}

hr_status hr_ledger_commit(hr_ledger *ledger, const hr_commit *commit, uint64_t *receipt_id, hr_error *err)
{
    hr_status status = check_feed(commit->feed, err);
    if (status == HR_OK && commit->file)
        status = check_file(commit->file, err);
    if (status != HR_OK)
        return status;
    if (commit->before->size > HR_POSITION_MAX || commit->after->size > HR_POSITION_MAX ||
        (commit->receipt && commit->receipt->size > HR_RECEIPT_MAX)) {
        return hr_fail(err, HR_E_INVALID, "committing job %s: a position or receipt is longer than it can be",
                       commit->job);
    }
    if (commit->intent && !(commit->receipt && commit->receipt->size))
        return hr_fail(err, HR_E_INVALID, "committing job %s: an intent without a receipt", commit->job);
    if (commit->key_shape && strlen(commit->key_shape) >= 512) {
        return hr_fail(err, HR_E_LIMIT,
                       "committing job %s: the names of the key columns are longer than 511 bytes together; "
                       "use fewer (option key)",
                       commit->job);
    }
    return ledger->type->commit(ledger->state, commit, receipt_id, err);
}

hr_status hr_ledger_receipts(hr_ledger *ledger, const char *feed, const char *job, bool pending_only,
                             hr_receipt_each each, void *context, hr_error *err)
{
    return ledger->type->receipts(ledger->state, feed, job, pending_only, each, context, err);
}

hr_status hr_ledger_published(hr_ledger *ledger, uint64_t receipt_id, hr_error *err)
{
    return ledger->type->published(ledger->state, receipt_id, err);
}

hr_status hr_ledger_withdraw(hr_ledger *ledger, uint64_t receipt_id, hr_error *err)
{
    return ledger->type->withdraw(ledger->state, receipt_id, err);
}

hr_status hr_ledger_part(hr_ledger *ledger, const char *feed, const char *source, const char *name,
                         char at[HR_POSITION_MAX], hr_error *err)
{
    hr_status status = check_feed(feed, err);
    return status != HR_OK ? status : ledger->type->part(ledger->state, feed, source, name, at, err);
}

hr_status hr_ledger_parts(hr_ledger *ledger, const char *feed, hr_part_each each, void *context, hr_error *err)
{
    return ledger->type->parts(ledger->state, feed, each, context, err);
}

hr_status hr_ledger_id(hr_ledger *ledger, char out[33], hr_error *err)
{
    return ledger->type->id(ledger->state, out, err);
}

hr_status hr_ledger_keys(hr_ledger *ledger, const char *feed, uint64_t *length, char shape[512], hr_error *err)
{
    hr_status status = check_feed(feed, err);
    return status != HR_OK ? status : ledger->type->keys(ledger->state, feed, length, shape, err);
}

hr_status hr_ledger_rejects(hr_ledger *ledger, const char *job, int retried, hr_reject_each each, void *context,
                            hr_error *err)
{
    return ledger->type->rejects(ledger->state, job, retried, each, context, err);
}

hr_status hr_ledger_file(hr_ledger *ledger, const char *feed, const char *uri, hr_file *out, hr_error *err)
{
    hr_status status = check_feed(feed, err);
    return status != HR_OK ? status : ledger->type->file(ledger->state, feed, uri, out, err);
}

hr_status hr_ledger_file_by_hash(hr_ledger *ledger, const char *feed, const char *sha256, hr_file *out, hr_error *err)
{
    hr_status status = check_feed(feed, err);
    if (status == HR_OK && sha256[0] == '\0')
        status = hr_fail(err, HR_E_INVALID, "looking for a file by its content: the hash is empty");
    return status != HR_OK ? status : ledger->type->file_by_hash(ledger->state, feed, sha256, out, err);
}

hr_status hr_ledger_file_put(hr_ledger *ledger, hr_file *file, hr_error *err)
{
    hr_status status = check_file(file, err);
    return status != HR_OK ? status : ledger->type->file_put(ledger->state, file, err);
}

hr_status hr_ledger_files(hr_ledger *ledger, const char *feed, hr_file_each each, void *context, hr_error *err)
{
    return ledger->type->files(ledger->state, feed, each, context, err);
}

hr_status hr_ledger_event(hr_ledger *ledger, const char *feed, const hr_event *event, hr_error *err)
{
    hr_status status = check_feed(feed, err);
    return status != HR_OK ? status : ledger->type->event(ledger->state, feed, event, err);
}

hr_status hr_ledger_events(hr_ledger *ledger, const char *feed, hr_event_each each, void *context, hr_error *err)
{
    return ledger->type->events(ledger->state, feed, each, context, err);
}
