/* run.h: what the files of the runner share.
 *
 *   options.c   the option table of ingests, and its values as a struct
 *   run.c       life of a run: ledger, lease, recovery, one object after the other
 *   drop.c      what to do with an object: pass over, begin, go on, or notice that it changed
 *   open.c      what a job needs before its first row
 *   ingest.c    one job: from the reader through deduplication to the sink, checkpoint by checkpoint
 *   rows.c      the rows of a batch: to the destination, or into the account
 *   finish.c    how a job ends
 *   interrupt.c whom an interrupt reaches
 *   commit.c    the order of the commit, and what recovery does with a commit that was cut short
 *   facts.c     what was decided, as text for the ledger: for people (metadata) and for a resume (facts)
 *   prefix.c    a stream that proves to be the one that was read before
 *   source.c    the same for sources: a new job, or one that goes on
 *   pull.c      what a source gives, fed to a reader, and how its parts move
 *   ring.c      segments that wait for their commit while the next is written
 *   outcome.c   rows that the destination refused
 *   again.c     a destination or a source that was gone for a while
 *   connect.c   options of connectors, and opening destinations
 *   learn.c     what stood before the checkpoint in unique columns
 *   name.c      what a feed is called when nobody says
 *   usage.c     what can be seen to be wrong before anything is tried
 *   schema.c    the schema of a job
 *   pending.c   rejects that wait for their commit
 *   retry.c     mended rows
 *   news.c      the events of a job that has come to its end
 *   changes.c   those about what differs from the last input of the feed
 */
#ifndef HR_CORE_JOB_RUN_H
#define HR_CORE_JOB_RUN_H

#include <stdatomic.h>

#include "core/base/base.h"
#include "core/dedup/hash_work.h"
#include "core/json/presence.h"
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

/* `to`: the destination in place of option to, or NULL. */
hr_status hr_run_create(const hr_options *options, const hr_run_watch *watch, const char *to,
                        const hr_connectors *connectors, hr_run **out, hr_error *err) HR_MUST_CHECK;

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

/* ---- pending rejects --------------------------------------------------------------------------------------- */

/* Copies of rejects, until the commit that records them. */
typedef struct hr_pending {
    hr_reject *list;
    size_t count, capacity;
    size_t bytes;     /* of raw rows and messages */
    const char *note; /* appended to every message; NULL: nothing */
} hr_pending;
hr_status hr_pending_add(hr_pending *pending, const hr_reject *reject, hr_error *err) HR_MUST_CHECK;
void hr_pending_clear(hr_pending *pending); /* keeps the list's memory */
void hr_pending_free(hr_pending *pending);

/* A destination that is open, or about to be. */
typedef struct hr_landing {
    const hr_sink_type *type;
    void *state;
    bool opening; /* nothing is worth waiting for yet: the first interrupt reaches it */
    struct hr_landing *next;
} hr_landing;

/* ---- the run ----------------------------------------------------------------------------------------------- */

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
    int64_t renewed_ns;        /* steady clock */
    hr_keyset *keys;           /* opened when the first job needs it */
    bool keys_volatile;        /* they are in memory alone, and not recorded */
    uint64_t rows_before_keys; /* that the feed had loaded when it got its first key, in this run */
    hr_schema *schema;         /* of option schema, or of the job that goes on; NULL: none */
    char *schema_text;         /* as hr_schema_write gives it */
    hr_run_summary summary;
};

/* Renews the lease when it is time. HR_E_FENCED: it was taken over meanwhile, and nothing may be written any more.
 * Called before whatever is written without a look at the lease, and after whatever may have taken long. */
hr_status hr_run_hold(hr_run *run, hr_error *err) HR_MUST_CHECK;

/* What a resume needs, parsed. */
typedef struct hr_facts {
    hr_dialect_guess dialect;
    char encoding[32]; /* pinned for retries */
    char **names;
    size_t name_count;
    char *key, *format, *compression;
    char *schema; /* its text, or NULL */
    hr_hash hash;
    char *input; /* "csv" or "ndjson": what rows were read as; NULL: the ledger is of an older version */
    char *null;  /* what an unquoted field of a source said when it was null, or NULL */
    bool lineage;
} hr_facts;

/* Of a key, at most. */
#define HR_KEY_COLUMNS 64

/* Where parts of a source will stand with a commit: what a sink and a ledger are told of it. */
typedef struct hr_moves {
    struct hr_moved_part *list; /* [count] owns the texts */
    hr_part *before, *after;    /* [count] */
    size_t count, capacity;
    uint64_t number; /* of the commit, among those of the source in this job */
} hr_moves;

/* A segment that is written and not committed yet. */
typedef struct hr_sealed {
    hr_position after;
    hr_moves moves;   /* of a source */
    hr_counts counts; /* of the job with it */
    hr_pending pending;
    uint64_t rows;
} hr_sealed;

/* One job at work. */
typedef struct hr_work {
    hr_run *run;
    struct hr_pull *pull; /* pull.h: the source of a job that has one, else NULL: an object of a drop */
    hr_job job;           /* counts: committed ones */
    hr_facts facts;       /* of the job, when it is resumed */
    bool begun;           /* the beginning of the input was read: names are known */
    hr_file file;         /* the manifest entry; id 0: none */
    hr_object object;
    const hr_drop_type *drop_type; /* where the object is; NULL: not known */
    void *drop;
    hr_counts counts;              /* with what is not committed yet */
    hr_position committed;         /* position of the last commit */
    const hr_position *retry_from; /* a retry's reader begins here, with the job's facts */
    /* Of a retry, whose job's position stays: where it stands at the destination by its own name, before and after. */
    char retry_before[HR_POSITION_MAX], retry_after[40];
    void (*prepared)(struct hr_work *work, hr_commit *commit); /* NULL, or: the outcome of the segment is known */
    hr_reader *reader;
    struct hr_prefix *prefix; /* owned by the reader's stream */
    const hr_sink_type *sink;
    void *sink_state;       /* NULL: not open */
    char *sink_source;      /* what the destination knows the source by */
    bool sink_keyed;        /* it deduplicates by the key, not the ledger */
    const char *key_text;   /* the columns by which the ledger deduplicates, as option key has them, or NULL */
    bool again;             /* what failed may succeed when it is opened anew */
    int64_t again_since_ns; /* steady clock: of the first failure since something was committed, or 0 */
    unsigned attempts;      /* since then */
    hr_hasher *hasher;
    uint32_t key[HR_KEY_COLUMNS]; /* [key_count] the columns of the hasher; none: whole rows */
    size_t key_count;
    hr_json_keyed keyed; /* of NDJSON: whether records have it */
    uint8_t *hashes;     /* keys of the batch that is written: the result of its hashing */
    uint8_t *fresh;      /* [row_capacity] flags of a batch */
    uint32_t *rows;      /* [row_capacity] rows that go on */
    size_t row_capacity;
    hr_pending pending;
    hr_sealed *sealed; /* [sealed_count] the oldest first, beside the open segment */
    size_t sealed_count, segments_most;
    bool segment_open;
    char segment_start[32];
    uint64_t segment_bytes, segment_rows;
    int64_t segment_ns; /* steady clock when it was opened */
    int64_t told_ns;    /* progress */
    bool facts_known;   /* metadata and facts are in the ledger */
    const char *origin; /* for lineage and errors */
    hr_schema *schema;  /* what rows are checked against, or NULL */
    char *schema_text;
    hr_type *types;     /* of the columns of the input, when there is a schema: the sink has it */
    const char *format; /* of what is landed, once the input is open: "csv" or "ndjson" */
} hr_work;

/* ---- commit.c ---------------------------------------------------------------------------------------------- */

/* Commits everything that `work` has done since the last commit: the order of design §1, and the only place where it
 * stands. `commit` brings status, error, metadata, facts, file, events, finished and settle_retried; the rest is filled
 * in. */
hr_status hr_commit_work(hr_work *work, hr_commit *commit, const hr_position *after, hr_error *err) HR_MUST_CHECK;
/* Publishes what the ledger recorded and no publish was recorded for, and sweeps away what it did not record. */
hr_status hr_recover_feed(hr_run *run, hr_error *err) HR_MUST_CHECK;
/* Ends what an earlier run left open at the destination for `source`, where that holds what the source keeps of its
 * positions (hr_origin): before the source is asked for them. */
hr_status hr_sweep_origin(hr_run *run, const hr_source_type *from, const char *source, const char *destination,
                          hr_error *err) HR_MUST_CHECK;
/* The same for other members of the feed that are gone; those that live are left alone. */
hr_status hr_recover_siblings(hr_run *run, hr_error *err) HR_MUST_CHECK;
/* Opens the sink of `destination` for `plan`. */
hr_status hr_open_sink(hr_run *run, const hr_sink_plan *plan, const hr_sink_type **type, void **state,
                       hr_error *err) HR_MUST_CHECK;
void hr_close_sink(const hr_sink_type *type, void *state);

/* ---- connect.c --------------------------------------------------------------------------------------------- */

/* The options of a connector: those of the run that have one of its keys, then the values of the URI's query. *rest:
 * the URI without these. */
hr_status hr_run_connector_options(const hr_run *run, const char *uri, bool source, const hr_option *table,
                                   size_t count, hr_options **out, char **rest, hr_error *err) HR_MUST_CHECK;
/* Whether options that are for connectors are known to the destination, or to one of the sources. */
hr_status hr_run_check_flags(const hr_run *run, const char *const *uris, size_t count, hr_error *err) HR_MUST_CHECK;
/* The URI to be used for a destination that was recorded without its secrets: with them when it is the one that this
 * run was given. A heap string. */
hr_status hr_run_destination(const hr_run *run, const char *recorded, char **out, hr_error *err) HR_MUST_CHECK;
/* Whether the run has another destination than a job that has committed nothing: such a job does not go on, for whoever
 * mended a destination that was wrong means the new one. */
bool hr_run_redirects(const hr_run *run, const hr_job *job);
/* Says so when the job goes on at its own destination, and another one was given. */
hr_status hr_run_tell_destination(hr_run *run, const hr_job *job, hr_error *err) HR_MUST_CHECK;

/* ---- learn.c ----------------------------------------------------------------------------------------------- */

/* Whether the schema has unique columns. */
bool hr_work_unique(const hr_work *work);
/* The values that stood in them in front of the reader's position `from`. The work has no reader yet. */
hr_status hr_work_learn(hr_work *work, const hr_position *from, struct hr_unique **out, hr_error *err) HR_MUST_CHECK;

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

/* ---- outcome.c --------------------------------------------------------------------------------------------- */

/* Takes what became of the open segment into the account. */
hr_status hr_work_outcome(hr_work *work, const hr_outcome *outcome, hr_error *err) HR_MUST_CHECK;

/* ---- again.c ----------------------------------------------------------------------------------------------- */

/* Whether it pays to open everything anew after this failure; waits for a while when it does. Where it would double
 * rows, it does not, and *reason says so. */
bool hr_work_waits(hr_work *work, hr_error *reason);
/* Forgets what is not committed, settles what was being committed, and stands where the ledger does. */
hr_status hr_work_rewind(hr_work *work, hr_error *err) HR_MUST_CHECK;

/* ---- source.c ---------------------------------------------------------------------------------------------- */

hr_status hr_ingest_source(hr_run *run, const hr_source_type *type, const char *uri, hr_error *err) HR_MUST_CHECK;

/* ---- drop.c ------------------------------------------------------------------------------------------------ */

/* Rows that pass a feed's keys by would be doubled unsaid, by it and by all that follow: HR_E_INVALID. */
hr_status hr_run_check_keys(hr_run *run, hr_error *err) HR_MUST_CHECK;
/* One job has one key, one format and one set of columns, whoever goes on with it. */
hr_status hr_work_check_options(const hr_work *work, hr_error *err) HR_MUST_CHECK;
hr_status hr_ingest_object(hr_run *run, const hr_drop_type *type, void *drop, const hr_object *object,
                           hr_error *err) HR_MUST_CHECK;

/* ---- ingest.c ---------------------------------------------------------------------------------------------- */

/* Runs work->job from `stream` (which it owns from here on) to its end, whatever that is; the ledger and the watch are
 * told. HR_OK also when the job failed for a reason of its own; HR_E_CHANGED: the input is not the one of the job,
 * nothing was committed; else what stops the whole run. */
hr_status hr_work_run(hr_work *work, hr_stream *stream, hr_error *err) HR_MUST_CHECK;
void hr_work_clear(hr_work *work);
/* Whom an interrupt must reach; NULL: nobody. */
void hr_run_reading(hr_run *run, hr_reader *reader);
void hr_run_pulling(hr_run *run, const hr_source_type *type, void *state);
void hr_run_landing(hr_run *run, hr_landing *landing);
void hr_run_landing_opened(hr_run *run, hr_landing *landing);
void hr_run_landed(hr_run *run, hr_landing *landing);
/* Keeps a reject for the commit, with what the source knows of it. */
hr_status hr_work_reject(hr_work *work, const hr_reject *reject, hr_error *err) HR_MUST_CHECK;
/* Whether the destination wants typed values. */
bool hr_work_wants_values(const hr_work *work);
/* Tells the reader which columns of NDJSON are needed. */
hr_status hr_work_choose_columns(hr_work *work, hr_error *err) HR_MUST_CHECK;
/* Whether part `name` stands at `at` in the destination, too, where that is the authority. HR_E_STATE when not. */
hr_status hr_work_compare(hr_work *work, const char *name, const char *at, hr_error *err) HR_MUST_CHECK;
/* A copy of a run's options; free it. */
hr_status hr_run_options_copy(const hr_options *from, hr_options **out, hr_error *err) HR_MUST_CHECK;
/* Opens reader, hasher, key set and sink; the stream is the work's from here on. */
hr_status hr_work_open(hr_work *work, hr_stream *stream, hr_error *err) HR_MUST_CHECK;
/* Deduplicates the batch and writes what is left of it. Rows [0, skip) of it are passed over (retry: a repeated
 * header). */
hr_status hr_work_write(hr_work *work, const hr_batch *batch, uint32_t skip, hr_error *err) HR_MUST_CHECK;
/* A commit with the job in `status`; `file` as the manifest entry shall be, or NULL. */
hr_status hr_work_checkpoint(hr_work *work, hr_job_status status, const char *error, const hr_file *file,
                             const hr_event *events, size_t event_count, hr_error *err) HR_MUST_CHECK;
/* The same at another place than where the reader stands. */
hr_status hr_work_checkpoint_at(hr_work *work, const hr_position *after, hr_job_status status, const char *error,
                                const hr_file *file, const hr_event *events, size_t event_count,
                                hr_error *err) HR_MUST_CHECK;

/* ---- ring.c ------------------------------------------------------------------------------------------------ */

/* Whether the open segment may wait for its commit while the next one is written. */
bool hr_work_seals(const hr_work *work);
/* Ends the open segment, whose last row is in front of `after`; the oldest is committed when there are too many. */
hr_status hr_work_seal(hr_work *work, const hr_position *after, hr_error *err) HR_MUST_CHECK;
hr_status hr_work_commit_oldest(hr_work *work, hr_error *err) HR_MUST_CHECK;
/* Commits all sealed segments. */
hr_status hr_work_drain(hr_work *work, hr_error *err) HR_MUST_CHECK;
/* Forgets them. */
void hr_work_unseal(hr_work *work);

/* Settles a job that ended: summary and watch. */
void hr_work_tell(hr_work *work, hr_job_status status, const char *error);
hr_status hr_run_event(hr_run *run, const char *kind, const char *job, const char *detail, hr_error *err);

/* ---- finish.c ---------------------------------------------------------------------------------------------- */

/* What is not committed is forgotten: keys too, but those of rows that went to a pipe, which cannot be taken back. */
void hr_work_forget(hr_work *work);
/* Forgets it, and records why the job ended without a checkpoint; the ledger may be the reason, so that this is a try.
 */
void hr_work_put_down(hr_work *work, hr_job_status status, const char *why, const hr_file *file, const hr_event *event);
/* The job failed. `progress`: what was done is sound and is committed with the failure; else it is forgotten. The
 * reason is in `reason`; the ledger may be what failed, so that telling it is a try. */
void hr_work_fail(hr_work *work, bool progress, const hr_error *reason);
/* What was taken so far may be committed: the input begins as an earlier run found it, and its records have the key. */
bool hr_work_proved(const hr_work *work);
/* Everything was read: the last commit, with the account, the manifest and the events. */
hr_status hr_work_finish(hr_work *work, hr_error *err) HR_MUST_CHECK;

/* ---- news.c, changes.c ------------------------------------------------------------------------------------- */

/* Events and the memory of their details. */
typedef struct hr_news {
    hr_event events[16]; /* more than there are kinds */
    char *details[16];
    size_t count;
} hr_news;
/* Takes detail->data, which must end in NUL; false when there is no room. */
bool hr_news_add(hr_news *news, const char *kind, const char *job, hr_buffer *detail);
/* All events of a job that came to its end: ImportCompleted, and what there is to be noticed. `sha256` of the stored
 * bytes, or NULL. */
hr_status hr_news_gather(hr_work *work, const char *sha256, hr_news *out, hr_error *err) HR_MUST_CHECK;
/* EncodingChanged, DialectChanged, ColumnsChanged, SchemaChanged: this input against the newest other job of the feed
 * that came to its end. */
hr_status hr_changes_find(hr_work *work, const hr_reader_facts *now, hr_news *news, hr_error *err) HR_MUST_CHECK;
void hr_news_clear(hr_news *news);

/* ---- retry.c ----------------------------------------------------------------------------------------------- */

/* Gives the run the options of the job. */
hr_status hr_retry_prepare(hr_run *run, const hr_job *job, hr_error *err) HR_MUST_CHECK;
/* Lands the rows of `path` as the mended rejects of the job. HR_END: it has none. */
hr_status hr_retry_rows(hr_run *run, hr_job *job, const char *path, hr_error *err) HR_MUST_CHECK;

/* ---- facts.c ----------------------------------------------------------------------------------------------- */

/* `null`: what a source says for null, or NULL. */
hr_status hr_facts_write(const hr_reader_facts *reader, const hr_job_config *config, const char *format,
                         const char *null, const char *schema, char **out, hr_error *err) HR_MUST_CHECK;
hr_status hr_facts_read(const char *text, hr_facts *out, hr_error *err) HR_MUST_CHECK;
void hr_facts_clear(hr_facts *facts);
/* JSON for people. `sha256` may be NULL or empty, `schema`, `source` and `destination`, the evidence of a source and of
 * a sink, NULL. */
hr_status hr_metadata_write(const hr_object *object, const hr_reader_facts *reader, const char *source,
                            const char *destination, const char *sha256, const char *schema, char **out,
                            hr_error *err) HR_MUST_CHECK;
/* JSON object of the options that were given, secrets left out. `to`: the destination without them. */
hr_status hr_options_json(const hr_options *options, const hr_option *table, size_t count, const char *to, char **out,
                          hr_error *err) HR_MUST_CHECK;
/* Sets what such an object holds and `options` was not given: all but where the job lands and is recorded, and
 * max-errors. NULL: nothing. */
hr_status hr_options_restore(hr_options *options, const char *json, hr_error *err) HR_MUST_CHECK;

/* ---- schema.c ---------------------------------------------------------------------------------------------- */

/* Reads the file that option schema names. */
hr_status hr_run_schema_read(hr_run *run, hr_error *err) HR_MUST_CHECK;
/* The schema of a job that goes on (NULL: none), whatever the option says. */
hr_status hr_run_schema_set(hr_run *run, const char *text, hr_error *err) HR_MUST_CHECK;
/* Gives the job its schema: the one that it was begun with, the given one, or one inferred from its input. */
hr_status hr_work_schema(hr_work *work, hr_error *err) HR_MUST_CHECK;
/* Whether the job was begun with the schema that is given now. */
bool hr_work_schema_fits(const hr_work *work);
/* The job cannot go on in the middle, for what stood in unique columns before cannot be read again, or its source only
 * tells where it stands when it has ended. It makes no checkpoint. */
bool hr_work_restarts(const hr_work *work);

/* ---- prefix.c ---------------------------------------------------------------------------------------------- */

/* The position of a job: the reader's, and how much of the stored bytes was read by then, with their hash:
 * "csv1:...;stored=N;sha256=HEX". */
void hr_place_write(const hr_position *reader, uint64_t stored, const uint8_t digest[32], hr_position *out);
bool hr_place_read(const hr_position *place, hr_position *reader, uint64_t *stored, uint8_t digest[32]);
/* Wraps `inner` (owned by the result, also when this fails): when `stored` bytes have passed, their SHA-256 must be
 * `digest`, else the read fails with HR_E_CHANGED, as it does when the stream ends before. */
typedef struct hr_prefix hr_prefix;
hr_status hr_prefix_wrap(hr_run *run, hr_stream *inner, uint64_t stored, const uint8_t digest[32], hr_stream *out,
                         hr_prefix **prefix, hr_error *err) HR_MUST_CHECK;
bool hr_prefix_proved(const hr_prefix *prefix);
/* SHA-256 of all of a stream, which is closed. */
hr_status hr_stream_digest(hr_run *run, hr_stream *stream, uint8_t out[32], hr_error *err) HR_MUST_CHECK;
void hr_digest_hex(const uint8_t digest[32], char out[65]);

#endif
