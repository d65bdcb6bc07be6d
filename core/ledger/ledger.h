/* ledger.h: the durable memory: jobs, rejects, manifest, receipts, events, leases. An interface, so that the same
 * runner works on SQLite (embedded, no set-up) and on servers; ledger_sqlite.c is the first implementation, and
 * tests/unit/test_ledger.c is the conformance suite of all of them.
 *
 * Rules that every implementation keeps: hr_ledger_commit is one transaction, durable when it returns HR_OK (it
 * survives a loss of power), and it checks the lease's generation (HR_E_FENCED) and the old position (HR_E_STATE)
 * inside that transaction. A commit that fails with HR_E_IO may yet turn out to be durable: read the job again before
 * anything else is decided. Strings handed out belong to the callee for the duration of a callback, or to the struct,
 * freed by its _clear. A callback may call all functions of the same ledger that read; those that write answer
 * HR_E_STATE. It holds a snapshot, so it should not wait for people or networks. A list function returns what its
 * callback returns, when that is not HR_OK. A handle is used by one thread at a time, and not across a fork. HR_E_BUSY
 * is retryable: another process is writing; HR_E_SPACE is retryable: nothing was changed.
 */
#ifndef HR_CORE_LEDGER_LEDGER_H
#define HR_CORE_LEDGER_LEDGER_H

#include "core/base/base.h"
#include "headrace/job.h"

typedef struct hr_ledger hr_ledger;

typedef struct hr_reject_record {
    uint64_t id;      /* given by the ledger, ascending */
    hr_reject reject; /* raw and message belong to the ledger during the callback */
    int retried;      /* 0 open, 1 retried and settled, 2 given up */
} hr_reject_record;

/* What became of an object of a drop, by feed and uri; several versions of one uri may stand. */
typedef enum hr_file_state {
    HR_FILE_SEEN = 0,
    HR_FILE_LOADING,
    HR_FILE_LOADED,
    HR_FILE_FAILED,
    HR_FILE_QUARANTINED,
    HR_FILE_SUPERSEDED
} hr_file_state;
const char *hr_file_state_name(hr_file_state state);
typedef struct hr_file {
    uint64_t id; /* 0 for a new one */
    char *feed, *uri;
    uint64_t size;
    int64_t modified_ns;
    char version[80]; /* see hr_object */
    char sha256[65];  /* hex of the stored bytes, "" while unknown */
    uint64_t number;  /* 1 for the first content seen under this uri, 2 for the next ...; 0: the ledger gives it */
    hr_file_state state;
    char job[37];                /* "" when none; in a commit or with a new job: that one */
    int64_t seen_ns, changed_ns; /* first seen; came into this state. 0: now */
} hr_file;
void hr_file_clear(hr_file *file);

typedef struct hr_receipt_record {
    uint64_t id;
    char job[37];
    bool published;
    bool intent; /* of a commit that is not applied yet: hr_commit.intent */
    hr_receipt receipt;
} hr_receipt_record;

/* Where a part of a source stands (hr_part). */
typedef struct hr_part_record {
    const char *feed, *source, *name, *at;
    const char *job; /* that moved it last */
    int64_t changed_ns;
    uint64_t lag; /* records that were there behind it when it was committed, or HR_UNKNOWN */
} hr_part_record;

typedef struct hr_event {
    const char *kind;   /* "ImportCompleted" ... */
    const char *job;    /* uuid or NULL */
    const char *detail; /* JSON object text or NULL */
} hr_event;

/* Everything that one checkpoint changes. */
typedef struct hr_commit {
    const char *feed;
    uint64_t generation; /* of our lease */
    const char *job;
    const hr_position *before; /* must be the job's position in the ledger */
    const hr_position *after;
    hr_counts counts; /* the job's totals after this commit (not differences) */
    hr_job_status status;
    const char *error;        /* NULL clears */
    const char *metadata;     /* NULL keeps */
    const char *facts;        /* NULL keeps */
    const hr_reject *rejects; /* [reject_count] new ones */
    size_t reject_count;
    const hr_receipt *receipt; /* NULL or size 0: nothing to publish */
    /* The destination's own transaction decides: the commit is only kept, whole, beside its receipt.
     * hr_ledger_published applies it, hr_ledger_withdraw forgets it. Needs a receipt. */
    bool intent;
    /* Where the parts of a source move; parts_before must be what the ledger has. [part_count], same names. */
    const char *part_feed; /* the feed that they belong to; NULL: `feed` */
    const char *source;
    const hr_part *parts_before, *parts_after;
    size_t part_count;
    uint64_t keys;          /* valid length of the feed's key log; HR_UNKNOWN keeps */
    const char *key_shape;  /* NULL keeps; else "xxh3:a,b": what the log's keys are made of */
    const hr_file *file;    /* NULL, or the manifest entry (by id) as it shall be */
    const hr_event *events; /* [event_count] */
    size_t event_count;
    bool finished;           /* sets finished_ns */
    uint64_t settle_retried; /* retry: mark all open rejects of the job as retried (1) before adding `rejects` */
} hr_commit;

/* `uri`: a path of a SQLite file (folders are made, 0700; the file 0600), or a URI of a type that is built in. */
hr_status hr_ledger_open(const char *uri, hr_ledger **out, hr_error *err) HR_MUST_CHECK;
/* Gives back the leases that this handle holds. */
void hr_ledger_close(hr_ledger *ledger);
/* The path of a feed's key log, in a folder beside the ledger, which is made; a heap string. */
hr_status hr_ledger_key_path(hr_ledger *ledger, const char *feed, char **out, hr_error *err) HR_MUST_CHECK;

/* One holder a feed. Free, expired, ours (of this very handle), or held by a process of this host (host id + boot id)
 * that is provably gone: taken, with a new generation, higher than any before. Else HR_E_BUSY (retryable), the text
 * names the holder. */
hr_status hr_ledger_lease(hr_ledger *ledger, const char *feed, int64_t ttl_ns, uint64_t *generation,
                          hr_error *err) HR_MUST_CHECK;
/* Of the lease that this handle took last: when the one before it was taken, or the first of several, which nobody gave
 * back because their holders were killed; 0: it was free. What was finished since then nobody was told of. */
int64_t hr_ledger_abandoned(hr_ledger *ledger);
hr_status hr_ledger_renew(hr_ledger *ledger, const char *feed, uint64_t generation, int64_t ttl_ns,
                          hr_error *err) HR_MUST_CHECK;
hr_status hr_ledger_unlease(hr_ledger *ledger, const char *feed, uint64_t generation, hr_error *err);

/* This and hr_ledger_file_put: HR_E_FENCED when this handle took the lease of the feed and has lost it since.
 * Inserts a PENDING or IN_PROGRESS job (id given by the caller), together with `file` when not NULL (file->id set on
 * return). */
hr_status hr_ledger_job_new(hr_ledger *ledger, const hr_job *job, hr_file *file, hr_error *err) HR_MUST_CHECK;
/* HR_E_NOT_FOUND. `id` may be a unique prefix of at least 4 characters; HR_E_INVALID when several jobs begin like it.
 */
hr_status hr_ledger_job(hr_ledger *ledger, const char *id, hr_job *out, hr_error *err) HR_MUST_CHECK;
/* The newest first; feed NULL: all; limit 0: all. */
hr_status hr_ledger_jobs(hr_ledger *ledger, const char *feed, uint64_t limit,
                         hr_status (*each)(void *context, const hr_job *job, hr_error *err), void *context,
                         hr_error *err);
/* Begins (again) a job: IN_PROGRESS, attempts + 1, error cleared. Checks the generation. */
hr_status hr_ledger_job_begin(hr_ledger *ledger, const char *feed, uint64_t generation, const char *job,
                              hr_error *err) HR_MUST_CHECK;
/* The job's destination has another address. Checks the generation. */
hr_status hr_ledger_job_moved(hr_ledger *ledger, const char *feed, uint64_t generation, const char *job,
                              const char *destination, hr_error *err) HR_MUST_CHECK;

/* *receipt_id (may be NULL): of the receipt, 0 when there was none. */
hr_status hr_ledger_commit(hr_ledger *ledger, const hr_commit *commit, uint64_t *receipt_id,
                           hr_error *err) HR_MUST_CHECK;

/* Receipts of a feed, of a job, or of all (both NULL), in the order of their commits. */
hr_status hr_ledger_receipts(hr_ledger *ledger, const char *feed, const char *job, bool pending_only,
                             hr_status (*each)(void *context, const hr_receipt_record *record, hr_error *err),
                             void *context, hr_error *err);
/* Of an intent: applies its commit, with the checks of hr_ledger_commit. Twice is once. */
hr_status hr_ledger_published(hr_ledger *ledger, uint64_t receipt_id, hr_error *err) HR_MUST_CHECK;
/* Forgets an intent: its transaction was rolled back. HR_E_STATE: it is none, or was applied. */
hr_status hr_ledger_withdraw(hr_ledger *ledger, uint64_t receipt_id, hr_error *err) HR_MUST_CHECK;

/* Where part `name` of the source stands in the feed; "" when it was never committed. */
hr_status hr_ledger_part(hr_ledger *ledger, const char *feed, const char *source, const char *name,
                         char at[HR_POSITION_MAX], hr_error *err) HR_MUST_CHECK;
/* All parts, by feed (NULL: all), source and name. */
hr_status hr_ledger_parts(hr_ledger *ledger, const char *feed,
                          hr_status (*each)(void *context, const hr_part_record *record, hr_error *err), void *context,
                          hr_error *err);
/* What tells this ledger from all others: 32 hex digits, made with it. */
hr_status hr_ledger_id(hr_ledger *ledger, char out[33], hr_error *err) HR_MUST_CHECK;

/* The valid length of the feed's key log and what its keys are made of; 0 and "" for a feed that has none. */
hr_status hr_ledger_keys(hr_ledger *ledger, const char *feed, uint64_t *length, char shape[512],
                         hr_error *err) HR_MUST_CHECK;

/* In the order of their commits; `job` whole. retried: 0 the open ones, 1 the settled ones, -1 all. */
hr_status hr_ledger_rejects(hr_ledger *ledger, const char *job, int retried,
                            hr_status (*each)(void *context, const hr_reject_record *record, hr_error *err),
                            void *context, hr_error *err);

/* The newest version of (feed, uri); HR_E_NOT_FOUND. The content hash alone: hr_ledger_file_by_hash (any uri of the
 * feed, LOADED). */
hr_status hr_ledger_file(hr_ledger *ledger, const char *feed, const char *uri, hr_file *out,
                         hr_error *err) HR_MUST_CHECK;
hr_status hr_ledger_file_by_hash(hr_ledger *ledger, const char *feed, const char *sha256, hr_file *out,
                                 hr_error *err) HR_MUST_CHECK;
/* Inserts (id 0; id and number are set) or replaces. HR_E_EXISTS when that number of that uri is there already. */
hr_status hr_ledger_file_put(hr_ledger *ledger, hr_file *file, hr_error *err) HR_MUST_CHECK;
/* By feed (NULL: all), uri and number. */
hr_status hr_ledger_files(hr_ledger *ledger, const char *feed,
                          hr_status (*each)(void *context, const hr_file *file, hr_error *err), void *context,
                          hr_error *err);

hr_status hr_ledger_event(hr_ledger *ledger, const char *feed, const hr_event *event, hr_error *err) HR_MUST_CHECK;
/* The oldest first; feed NULL: all. */
hr_status hr_ledger_events(hr_ledger *ledger, const char *feed,
                           hr_status (*each)(void *context, int64_t at_ns, const hr_event *event, hr_error *err),
                           void *context, hr_error *err);

#endif
