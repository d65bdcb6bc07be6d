/* job.h: run ingests: from sources to a destination, every row accounted for, exactly once.
 *
 *     hr_options_new(hr_ingest_options(&n), n, &options, &err);      "to", "key", "ledger" ...
 *     hr_run_new(options, &watch, &run, &err);
 *     hr_run_ingest(run, uris, count, &summary, &err);
 *     hr_run_free(run);
 *
 * A run is used by one thread; hr_run_interrupt may come from anywhere.
 */
#ifndef HEADRACE_JOB_H
#define HEADRACE_JOB_H

#include "connector.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The options of an ingest: those of the reader, of the job, and of its source and destination; the same as the flags
 * of `headrace ingest` (docs/options.md). Only "to" and "ledger" must be given. Static. */
HR_API const hr_option *hr_ingest_options(size_t *count);

typedef enum hr_job_status {
    HR_JOB_PENDING = 0,
    HR_JOB_IN_PROGRESS,
    HR_JOB_COMPLETED,           /* every row loaded, a known duplicate, or skipped by declaration */
    HR_JOB_PARTIALLY_COMPLETED, /* all was read; some rows are rejected */
    HR_JOB_FAILED,
    HR_JOB_ABANDONED /* given up: what it landed stays, and it never goes on */
} hr_job_status;
/* "PENDING" and so on. A static string. */
HR_API const char *hr_job_status_name(hr_job_status status);

/* The account. It holds when read == loaded + duplicate + rejected + skipped. */
typedef struct hr_counts {
    uint64_t read, loaded, duplicate, rejected, skipped;
} hr_counts;

/* A job. Text fields are heap strings or NULL, owned by the struct; hr_job_clear frees them. */
typedef struct hr_job {
    char id[37]; /* uuid */
    hr_job_status status;
    char *feed;
    char *source_type; /* "file", "stdin" ... */
    char *source;      /* URI without secrets */
    char *destination; /* likewise */
    uint64_t total;    /* rows expected, or HR_UNKNOWN */
    hr_counts counts;
    hr_position position;                        /* of the last commit */
    int64_t created_ns, started_ns, finished_ns; /* wall clock; 0: not yet */
    char *error;                                 /* text, NULL when none */
    char *metadata; /* JSON object: size, encoding, dialect, columns, detection evidence ... */
    char *options;  /* JSON object of the options given; no secrets */
    char *facts;    /* what a resume must not decide again: text that only the runner understands */
    uint64_t attempts;
} hr_job;
HR_API void hr_job_clear(hr_job *job);

/* What a run tells while it works. Any function may be NULL. Called from the thread of the run. */
typedef struct hr_run_watch {
    void *context;
    /* About ten times a second: the job so far, uncommitted rows included; stored bytes done and in all (HR_UNKNOWN for
     * a pipe). */
    void (*progress)(void *context, const hr_job *job, uint64_t done, uint64_t size);
    /* A job has ended, in whatever way; job->error says why when it failed. */
    void (*job_done)(void *context, const hr_job *job);
    /* An object was not read: "loaded already (job ...)", "quarantined: ...". */
    void (*passed)(void *context, const char *uri, const char *why);
    /* An event, as the ledger has it: kind and JSON detail. */
    void (*event)(void *context, const char *kind, const char *job, const char *detail);
} hr_run_watch;

typedef struct hr_run_summary {
    uint64_t objects; /* that the sources named */
    uint64_t jobs;    /* that ran (new or resumed) */
    uint64_t completed, partial, failed, interrupted, passed;
    uint64_t later;   /* of the failed: those whose reason may pass, such as a server that is gone */
    hr_counts counts; /* sum over the jobs that ran */
} hr_run_summary;

typedef struct hr_run hr_run;
/* `options` (a set over hr_ingest_options) is not kept; `watch` may be NULL and is copied. */
HR_API hr_status hr_run_new(const hr_options *options, const hr_run_watch *watch, hr_run **out,
                            hr_error *err) HR_MUST_CHECK;
/* Ingests every object that `uris` name, one job each, in order. HR_OK: all that there was to do was done (look at the
 * summary for rejects and failed jobs; one object's failure does not stop the others unless the destination or the
 * ledger failed); HR_END: there was nothing to do; HR_E_INTERRUPTED: drained to a checkpoint after hr_run_interrupt;
 * otherwise what stopped the whole run. */
HR_API hr_status hr_run_ingest(hr_run *run, const char *const *uris, size_t count, hr_run_summary *summary,
                               hr_error *err) HR_MUST_CHECK;
/* Puts mended rows back into a job: `path` ("-": standard input) holds records in the dialect of the job, without a
 * header (one that equals the job's is passed over). They are checked, deduplicated and landed in one commit; the open
 * rejects of the job are settled by them: loaded and duplicate grow, rows that are bad again are new rejects, open
 * rejects for which no row came are counted as skipped, and read grows only where a reject of several lines became
 * several rows. More rows than the open rejects have lines, and a file without any, are refused (HR_E_INVALID). HR_END:
 * the job has no open rejects. A NULL `path` continues a failed or interrupted job with its own options instead;
 * HR_END: it has come to its end. */
HR_API hr_status hr_run_retry(hr_run *run, const char *job, const char *path, hr_run_summary *summary,
                              hr_error *err) HR_MUST_CHECK;
/* Gives up a job that has not come to its end: what it landed stays where it is, and it never goes on. A file is then
 * read from its beginning by another job, wherever that lands it; tables and topics go on where the feed stands.
 * `force`: also when what the job recorded last cannot be published, because the destination is gone or has lost it.
 * HR_END: it has come to its end, or was given up before. */
HR_API hr_status hr_run_abandon(hr_run *run, const char *job, bool force, hr_run_summary *summary,
                                hr_error *err) HR_MUST_CHECK;
/* Asks for a stop at the next checkpoint, which is made at once; the second time, when the destination does not answer,
 * for one without: what was not committed is read again by the next run. Async-signal-safe. */
HR_API void hr_run_interrupt(hr_run *run);
/* Gives back the lease. NULL is fine. */
HR_API void hr_run_free(hr_run *run);

#ifdef __cplusplus
}
#endif
#endif
