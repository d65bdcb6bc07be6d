/* abandon.c: gives a job up that has not come to its end, so that its input can go elsewhere, or anew. */
#include "core/job/work.h"

/* The manifest entry that the job is at work on; id 0: none, or a newer content has come under that name. */
static hr_status find_entry(hr_run *run, const hr_job *job, hr_file *out, hr_error *err)
{
    hr_file file = {0};
    hr_status status = hr_ledger_file(run->ledger, run->feed, job->source, &file, err);
    if (status == HR_E_NOT_FOUND)
        return HR_OK;
    if (status == HR_OK && !strcmp(file.job, job->id)) {
        file.state = HR_FILE_SUPERSEDED; /* whoever comes next begins another one */
        file.changed_ns = 0;
        *out = file;
    } else {
        hr_file_clear(&file);
    }
    return status;
}

bool hr_job_has_ended(const hr_job *job)
{
    return job->status == HR_JOB_COMPLETED || job->status == HR_JOB_PARTIALLY_COMPLETED ||
           job->status == HR_JOB_ABANDONED;
}

hr_status hr_abandon_job(hr_run *run, const hr_job *job, hr_error *err)
{
    static const char why[] = "given up before it had come to its end; what it landed stays";
    hr_file file = {0};
    uint64_t none;
    if (hr_job_has_ended(job))
        return HR_END;
    hr_status status = find_entry(run, job, &file, err);
    hr_event event = {.kind = "ImportAbandoned", .job = job->id};
    hr_commit commit = {.feed = run->feed,
                        .generation = run->generation,
                        .job = job->id,
                        .before = &job->position,
                        .after = &job->position,
                        .counts = job->counts,
                        .status = HR_JOB_ABANDONED,
                        .error = why,
                        .keys = HR_UNKNOWN,
                        .file = file.id ? &file : NULL,
                        .events = &event,
                        .event_count = 1,
                        .finished = true};
    if (status == HR_OK)
        status = hr_ledger_commit(run->ledger, &commit, &none, err);
    if (status == HR_OK && run->watch.event)
        run->watch.event(run->watch.context, event.kind, job->id, NULL);
    if (status == HR_OK) {
        hr_work work = {.run = run, .job = *job};
        hr_work_tell(&work, HR_JOB_ABANDONED, why);
    }
    hr_file_clear(&file);
    return status;
}
