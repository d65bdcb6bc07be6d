/* records.c: names of states, and freeing of the records that the ledger hands out. */
#include "core/ledger/ledger.h"

const char *hr_job_status_name(hr_job_status status)
{
    switch (status) {
    case HR_JOB_PENDING: return "PENDING";
    case HR_JOB_IN_PROGRESS: return "IN_PROGRESS";
    case HR_JOB_COMPLETED: return "COMPLETED";
    case HR_JOB_PARTIALLY_COMPLETED: return "PARTIALLY_COMPLETED";
    case HR_JOB_FAILED: return "FAILED";
    case HR_JOB_ABANDONED: return "ABANDONED";
    }
    return "unknown";
}

const char *hr_file_state_name(hr_file_state state)
{
    switch (state) {
    case HR_FILE_SEEN: return "SEEN";
    case HR_FILE_LOADING: return "LOADING";
    case HR_FILE_LOADED: return "LOADED";
    case HR_FILE_FAILED: return "FAILED";
    case HR_FILE_QUARANTINED: return "QUARANTINED";
    case HR_FILE_SUPERSEDED: return "SUPERSEDED";
    }
    return "unknown";
}

void hr_job_clear(hr_job *job)
{
    if (!job)
        return;
    hr_free(job->feed);
    hr_free(job->source_type);
    hr_free(job->source);
    hr_free(job->destination);
    hr_free(job->error);
    hr_free(job->metadata);
    hr_free(job->options);
    hr_free(job->facts);
    memset(job, 0, sizeof *job);
}

void hr_file_clear(hr_file *file)
{
    if (!file)
        return;
    hr_free(file->feed);
    hr_free(file->uri);
    memset(file, 0, sizeof *file);
}
