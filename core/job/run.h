/* run.h: a run: what all jobs of one call share. What belongs to a single job is in work.h, what only sources need in
 * pull.h.
 *
 *   options.c    the option table of ingests, and its values as a struct
 *   usage.c      what can be seen to be wrong before anything is tried
 *   run.c        life of a run: ledger, lease, recovery, one object after the other
 *   recover.c    what becomes of commits that an earlier run left unfinished
 *   name.c       what a feed is called when nobody says
 *   connect.c    options of connectors, and opening destinations
 *   destination.c  where the rows of a job go, and whether this run was told to take them elsewhere
 *   interrupt.c  whom an interrupt reaches
 *   drop.c       what to do with an object: pass over, begin, go on, or notice that it changed
 *   source.c     the same for sources: a new job, or one that goes on
 *   retry.c      mended rows
 *   abandon.c    a job that is given up
 */
#ifndef HR_CORE_JOB_RUN_H
#define HR_CORE_JOB_RUN_H

#include <stdatomic.h>

#include "core/base/base.h"
#include "core/dedup/hash_work.h"
#include "core/ledger/ledger.h"
#include "core/reader/reader.h"
#include "headrace/job.h"
#include "headrace/schema.h"

/* How the runner finds connectors; the registry is above the core. NULL: *err says why there is none. */
typedef struct hr_connectors {
    const hr_drop_type *(*drop)(const char *uri, hr_error *err);
    const hr_source_type *(*source)(const char *uri, hr_error *err);
    const hr_sink_type *(*sink)(const char *uri, hr_error *err);
} hr_connectors;

/* ---- options ----------------------------------------------------------------------------------------------- */

typedef enum hr_on_change {
    HR_ON_CHANGE_AUTO = 0, /* version for a loaded object, fail for one that was half loaded */
    HR_ON_CHANGE_VERSION,
    HR_ON_CHANGE_QUARANTINE,
    HR_ON_CHANGE_FAIL
} hr_on_change;

/* The options of a job. Texts are heap strings or NULL. */
typedef struct hr_job_config {
    char *to, *name, *member, *ledger, *key, *format, *compression, *schema;
    hr_hash hash;
    bool lineage;
    uint64_t segment_bytes, segment_rows, segment_age_ms; /* 0: no bound */
    uint64_t max_errors;                                  /* HR_UNKNOWN: any number */
    double max_error_share;                               /* of the rows read; > 1: any */
    bool rows_given, age_given;                           /* the bounds of segments are not the defaults */
    hr_on_change on_change;
    uint64_t dedup_memory, reconnect_ms;
} hr_job_config;
hr_status hr_job_config_set(hr_job_config *config, const hr_options *options, hr_error *err) HR_MUST_CHECK;
/* Another destination. */
hr_status hr_job_config_move(hr_job_config *config, const char *to, hr_error *err) HR_MUST_CHECK;
void hr_job_config_clear(hr_job_config *config);

/* ---- the run ----------------------------------------------------------------------------------------------- */

/* A destination that is open, or about to be. */
typedef struct hr_landing {
    const hr_sink_type *type;
    void *state;
    bool opening; /* nothing is worth waiting for yet: the first interrupt reaches it */
    struct hr_landing *next;
} hr_landing;

struct hr_run {
    hr_job_config config;
    hr_options *options; /* a copy: readers are opened with it */
    hr_run_watch watch;
    const hr_connectors *connectors;
    atomic_uint interrupted;       /* how often */
    _Atomic(hr_reader *) reading;  /* whom an interrupt must reach */
    atomic_flag reading_lock;      /* held while this and what follows is used or changed */
    const hr_source_type *pulling; /* whom an interrupt must reach, too, or NULL */
    void *pulling_state;
    hr_landing *landing; /* whom the second interrupt must reach */
    char ledger_id[33];
    hr_ledger *ledger;
    char *feed;  /* what the lease, the jobs and the keys belong to: option name, or "name@member" */
    char *base;  /* what positions of sources belong to, and destinations are told: option name */
    char *title; /* of a feed that got its name from a source: the short one, for what is called after it, or NULL */
    uint64_t generation;
    bool leased;
    bool unreadable;           /* the object that is looked at cannot be opened or read: the others may well be */
    int64_t renewed_ns;        /* steady clock */
    hr_keyset *keys;           /* opened when the first job needs it */
    bool keys_volatile;        /* they are in memory alone, and not recorded */
    uint64_t rows_before_keys; /* that the feed had loaded when it got its first key, in this run */
    hr_schema *schema;         /* of option schema, or of the job that goes on; NULL: none */
    char *schema_text;         /* as hr_schema_write gives it */
    hr_run_summary summary;
};

/* ---- run.c -------------------------------------------------------------------------------------------------- */

#define HR_LEASE_NS ((int64_t)60 * 1000000000)

/* `to`: the destination in place of option to, or NULL. */
hr_status hr_run_create(const hr_options *options, const hr_run_watch *watch, const char *to,
                        const hr_connectors *connectors, hr_run **out, hr_error *err) HR_MUST_CHECK;

/* Renews the lease when it is time. HR_E_FENCED: it was taken over meanwhile, and nothing may be written any more.
 * Called before whatever is written without a look at the lease, and after whatever may have taken long. */
hr_status hr_run_hold(hr_run *run, hr_error *err) HR_MUST_CHECK;
/* A copy of a run's options; free it. */
hr_status hr_run_options_copy(const hr_options *from, hr_options **out, hr_error *err) HR_MUST_CHECK;
/* Records an event and tells the watch. `job`, `detail`: NULL, or its id; a JSON object. */
hr_status hr_run_event(hr_run *run, const char *kind, const char *job, const char *detail, hr_error *err);

/* ---- recover.c ---------------------------------------------------------------------------------------------- */

/* Publishes what the ledger recorded and no publish was recorded for, and sweeps away what it did not record. */
hr_status hr_recover_feed(hr_run *run, hr_error *err) HR_MUST_CHECK;
/* Publishes what it recorded of one job. `forget`: what cannot be published is taken for lost. */
hr_status hr_recover_job(hr_run *run, const char *job, bool forget, hr_error *err) HR_MUST_CHECK;
/* The same for other members of the feed that are gone; those that live are left alone. */
hr_status hr_recover_siblings(hr_run *run, hr_error *err) HR_MUST_CHECK;
/* Ends what an earlier run left open at the destination for `source`, where that holds what the source keeps of its
 * positions (hr_origin): before the source is asked for them. */
hr_status hr_sweep_origin(hr_run *run, const hr_source_type *from, const char *source, const char *destination,
                          hr_error *err) HR_MUST_CHECK;

/* ---- connect.c ---------------------------------------------------------------------------------------------- */

/* Opens the sink of `destination` for `plan`. */
hr_status hr_open_sink(hr_run *run, const hr_sink_plan *plan, const hr_sink_type **type, void **state,
                       hr_error *err) HR_MUST_CHECK;
void hr_close_sink(const hr_sink_type *type, void *state);
/* The options of a connector: those of the run that have one of its keys, then the values of the URI's query. *rest:
 * the URI without these. */
hr_status hr_run_connector_options(const hr_run *run, const char *uri, bool source, const hr_option *table,
                                   size_t count, hr_options **out, char **rest, hr_error *err) HR_MUST_CHECK;
/* Whether options that are for connectors are known to the destination, or to one of the sources. */
hr_status hr_run_check_flags(const hr_run *run, const char *const *uris, size_t count, hr_error *err) HR_MUST_CHECK;
/* ---- destination.c ------------------------------------------------------------------------------------------ */

/* The URI to be used for a destination that was recorded without its secrets: with them when it is the one that this
 * run was given. A heap string. */
hr_status hr_run_destination(const hr_run *run, const char *recorded, char **out, hr_error *err) HR_MUST_CHECK;
/* Whether the run has another destination than a job that has committed nothing: such a job does not go on, for whoever
 * mended a destination that was wrong means the new one. */
hr_status hr_run_redirects(const hr_run *run, const hr_job *job, bool *out, hr_error *err) HR_MUST_CHECK;
/* HR_E_INVALID when it has another one than a job that has: the rest of its rows would land where nobody looks for
 * them, or apart from the others. */
hr_status hr_run_check_destination(const hr_run *run, const hr_job *job, hr_error *err) HR_MUST_CHECK;

/* ---- name.c ------------------------------------------------------------------------------------------------ */

/* The name of a feed that begins with this source, among several or not: a heap string. Sets run->title. */
hr_status hr_run_name(hr_run *run, const char *uri, bool several, char **out, hr_error *err) HR_MUST_CHECK;
/* What is called after a feed that is known, and has jobs of this source: its name, or the short one where it got its
 * name from the source. A heap string. */
hr_status hr_feed_title(const hr_source_type *type, const char *uri, const char *feed, char **out,
                        hr_error *err) HR_MUST_CHECK;
/* Sets run->title to it. */
hr_status hr_run_title(hr_run *run, const char *uri, const char *feed, hr_error *err) HR_MUST_CHECK;

/* ---- usage.c ----------------------------------------------------------------------------------------------- */

/* Whether sources and destination are of kinds that there are, and their URIs have a form that can be. */
hr_status hr_run_check_uris(const hr_run *run, const char *const *uris, size_t count, hr_error *err) HR_MUST_CHECK;
/* An option of text that was given and is empty, as a variable of a script may be, is none that was meant. */
hr_status hr_options_check_empty(const hr_options *options, const hr_option *table, size_t count,
                                 hr_error *err) HR_MUST_CHECK;

/* ---- interrupt.c -------------------------------------------------------------------------------------------- */

/* Whom an interrupt must reach; NULL: nobody. */
void hr_run_reading(hr_run *run, hr_reader *reader);
void hr_run_pulling(hr_run *run, const hr_source_type *type, void *state);
/* `landing` is in the list from hr_run_landing to hr_run_landed, its destination open from hr_run_landing_opened on. */
void hr_run_landing(hr_run *run, hr_landing *landing);
void hr_run_landing_opened(hr_run *run, hr_landing *landing);
void hr_run_landed(hr_run *run, hr_landing *landing);

/* ---- drop.c, source.c --------------------------------------------------------------------------------------- */

/* HR_E_INVALID when the feed has keys and this run has none: its rows, unknown to the keys, would be loaded once more
 * by every run that has them. */
hr_status hr_run_check_keys(hr_run *run, hr_error *err) HR_MUST_CHECK;
/* One object, or one source, from the decision what to do with it to the end of its job. */
hr_status hr_ingest_object(hr_run *run, const hr_drop_type *type, void *drop, const hr_object *object,
                           hr_error *err) HR_MUST_CHECK;
hr_status hr_ingest_source(hr_run *run, const hr_source_type *type, const char *uri, hr_error *err) HR_MUST_CHECK;

/* ---- retry.c ----------------------------------------------------------------------------------------------- */

/* Gives the run the options of the job. */
hr_status hr_retry_prepare(hr_run *run, const hr_job *job, hr_error *err) HR_MUST_CHECK;
/* Lands the rows of `path` as the mended rejects of the job. HR_END: it has none. */
hr_status hr_retry_rows(hr_run *run, hr_job *job, const char *path, hr_error *err) HR_MUST_CHECK;

/* ---- abandon.c ---------------------------------------------------------------------------------------------- */

/* All was read, or it was given up: it never goes on. */
bool hr_job_has_ended(const hr_job *job);
/* Ends the job for good: what it landed stays, and what is left of its input is another job's. HR_END: it has ended. */
hr_status hr_abandon_job(hr_run *run, const hr_job *job, hr_error *err) HR_MUST_CHECK;

/* ---- options of a run as text (facts.c) and its schema (schema.c) ---------------------------------------------- */

/* JSON object of the options that were given, secrets left out. `to`: the destination without them. */
hr_status hr_options_json(const hr_options *options, const hr_option *table, size_t count, const char *to, char **out,
                          hr_error *err) HR_MUST_CHECK;
/* Sets what such an object holds and `options` was not given: all but where the job lands and is recorded, and
 * max-errors. NULL: nothing. */
hr_status hr_options_restore(hr_options *options, const char *json, hr_error *err) HR_MUST_CHECK;
/* Reads the file that option schema names. */
hr_status hr_run_schema_read(hr_run *run, hr_error *err) HR_MUST_CHECK;
/* The schema of a job that goes on (NULL: none), whatever the option says. */
hr_status hr_run_schema_set(hr_run *run, const char *text, hr_error *err) HR_MUST_CHECK;

/* ---- prefix.c ---------------------------------------------------------------------------------------------- */

/* SHA-256 of all of a stream, which is closed. */
hr_status hr_stream_digest(hr_run *run, hr_stream *stream, uint8_t out[32], hr_error *err) HR_MUST_CHECK;
void hr_digest_hex(const uint8_t digest[32], char out[65]);

#endif
