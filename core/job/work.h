/* work.h: a job at work: one input, from its first row or its last checkpoint to its end.
 *
 *   open.c        what a job needs before its first row: reader, names, destination
 *   keys.c        the key of a job, and the keys of its feed
 *   schema.c      its schema
 *   learn.c       what stood before the checkpoint in unique columns
 *   ingest.c      the loop: from the reader through deduplication to the sink, until something ends it
 *   rows.c        the rows of a batch: to the destination, or into the account
 *   pending.c     rejects that wait for their commit
 *   outcome.c     rows that the destination refused
 *   checkpoint.c  when a segment is full, and what its commit records
 *   ring.c        segments that wait for their commit while the next is written
 *   commit.c      the order of the commit
 *   again.c       a destination or a source that was gone for a while
 *   finish.c      how a job ends
 *   news.c        the events of a job that has come to its end
 *   changes.c     those about what differs from the last input of the feed
 *   facts.c       what was decided, as text for the ledger: for people (metadata) and for a resume (facts)
 *   attend.c      a stream that is read before the first row is landed
 *   prefix.c      a stream that proves to be the one that was read before
 *
 * Where a job reads a source, pull.h has two more.
 */
#ifndef HR_CORE_JOB_WORK_H
#define HR_CORE_JOB_WORK_H

#include "core/job/run.h"
#include "core/json/presence.h"

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

/* ---- the job ------------------------------------------------------------------------------------------------ */

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
    uint64_t keys; /* of the feed, with those of its rows */
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
    uint64_t *key_mark;  /* of the sealed segment that is committed; NULL: all keys there are are its own */
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

/* ---- destination.c ------------------------------------------------------------------------------------------ */

/* Whether this run has the very destination that the job was begun with. */
bool hr_work_is_at_home(const hr_work *work);
/* Once the destination, at whatever address, was found to stand where the job does: it is recorded, and told, when the
 * address is another one. */
hr_status hr_work_note_destination(hr_work *work, hr_error *err) HR_MUST_CHECK;

/* ---- open.c ------------------------------------------------------------------------------------------------ */

/* Opens reader, hasher, key set and sink; the stream is the work's from here on. */
hr_status hr_work_open(hr_work *work, hr_stream *stream, hr_error *err) HR_MUST_CHECK;
void hr_work_clear(hr_work *work);
/* Whether the destination wants typed values. */
bool hr_work_wants_values(const hr_work *work);
/* Tells the reader which columns of NDJSON are needed. */
hr_status hr_work_choose_columns(hr_work *work, hr_error *err) HR_MUST_CHECK;
/* Whether part `name` stands at `at` in the destination, too, where that is the authority. HR_E_STATE when not. */
hr_status hr_work_compare(hr_work *work, const char *name, const char *at, hr_error *err) HR_MUST_CHECK;

/* ---- keys.c ------------------------------------------------------------------------------------------------ */

/* By what rows that were landed before are recognised: sets work->key_text, once sink_keyed is known. */
hr_status hr_work_choose_key(hr_work *work, hr_error *err) HR_MUST_CHECK;
/* Makes the hasher of work->key_text, for an input with these columns, and opens the keys of the feed; nothing where
 * rows have no key. */
hr_status hr_work_open_keys(hr_work *work, const char *const *names, size_t count, hr_error *err) HR_MUST_CHECK;

/* ---- schema.c ---------------------------------------------------------------------------------------------- */

/* Gives the job its schema: the one that it was begun with, the given one, or one inferred from its input. */
hr_status hr_work_schema(hr_work *work, hr_error *err) HR_MUST_CHECK;
/* Whether the job was begun with the schema that is given now. */
bool hr_work_schema_fits(const hr_work *work);
/* The job cannot go on in the middle, for what stood in unique columns before cannot be read again, or its source only
 * tells where it stands when it has ended. It makes no checkpoint. */
bool hr_work_restarts(const hr_work *work);

/* ---- learn.c ----------------------------------------------------------------------------------------------- */

/* Whether the schema has unique columns. */
bool hr_work_unique(const hr_work *work);
/* The values that stood in them in front of the reader's position `from`. The work has no reader yet. */
hr_status hr_work_learn(hr_work *work, const hr_position *from, struct hr_unique **out, hr_error *err) HR_MUST_CHECK;

/* ---- ingest.c, rows.c -------------------------------------------------------------------------------------- */

/* Runs work->job from `stream` (which it owns from here on) to its end, whatever that is; the ledger and the watch are
 * told. HR_OK also when the job failed for a reason of its own; HR_E_CHANGED: the input is not the one of the job,
 * nothing was committed; else what stops the whole run. */
hr_status hr_work_run(hr_work *work, hr_stream *stream, hr_error *err) HR_MUST_CHECK;
/* One job has one key, one format and one set of columns, whoever goes on with it. */
hr_status hr_work_check_options(const hr_work *work, hr_error *err) HR_MUST_CHECK;
/* Deduplicates the batch and writes what is left of it. Rows [0, skip) of it are passed over (retry: a repeated
 * header). */
hr_status hr_work_write(hr_work *work, const hr_batch *batch, uint32_t skip, hr_error *err) HR_MUST_CHECK;
/* Keeps a reject for the commit, with what the source knows of it. */
hr_status hr_work_reject(hr_work *work, const hr_reject *reject, hr_error *err) HR_MUST_CHECK;

/* ---- outcome.c --------------------------------------------------------------------------------------------- */

/* Takes what became of the open segment into the account. */
hr_status hr_work_outcome(hr_work *work, const hr_outcome *outcome, hr_error *err) HR_MUST_CHECK;

/* ---- checkpoint.c ------------------------------------------------------------------------------------------- */

/* Begins a segment in front of the next row: its name, and when it began. */
void hr_work_begin_segment(hr_work *work);
/* Whether the open segment has reached one of the bounds of its size, or so many rejects wait. */
bool hr_work_is_full(const hr_work *work);
/* Whether a checkpoint is to be made now: the same, or the segment is old enough. */
bool hr_work_is_due(const hr_work *work);
/* HR_E_LIMIT: too many rejects wait for a checkpoint that there will not be. */
hr_status hr_work_check_pending(const hr_work *work, hr_error *err) HR_MUST_CHECK;
/* About ten times a second: the watch hears how far the job is, `stored` bytes of its input. */
void hr_work_tell_progress(hr_work *work, uint64_t stored);
/* Wraps `inner` (owned by the result, also when this fails): while it is read the feed stays leased, and progress is
 * told. */
hr_status hr_work_attend(hr_work *work, hr_stream *inner, hr_stream *out, hr_error *err) HR_MUST_CHECK;
/* As old as option segment-age allows, whatever is in it. */
bool hr_work_is_old(const hr_work *work);
/* The job reads a pipe, which may have nothing for a while: what is there is landed when its segment is old enough. */
bool hr_work_trickles(const hr_work *work);
/* The position behind all that was taken from the reader. */
hr_status hr_work_place(hr_work *work, hr_position *out, hr_error *err) HR_MUST_CHECK;
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
/* Commits all sealed segments. */
hr_status hr_work_drain(hr_work *work, hr_error *err) HR_MUST_CHECK;
/* Forgets them. */
void hr_work_unseal(hr_work *work);

/* ---- commit.c ---------------------------------------------------------------------------------------------- */

/* Commits everything that `work` has done since the last commit: the only place where the order of its steps stands
 * (ARCHITECTURE.md, "The commit"). `commit` brings status, error, metadata, facts, file, events, finished and
 * settle_retried; the rest is filled in. */
hr_status hr_commit_work(hr_work *work, hr_commit *commit, const hr_position *after, hr_error *err) HR_MUST_CHECK;

/* ---- again.c ----------------------------------------------------------------------------------------------- */

/* Whether it pays to open everything anew after this failure; waits for a while when it does. Where it would double
 * rows, it does not, and *reason says so. */
bool hr_work_waits(hr_work *work, hr_error *reason);
/* Forgets what is not committed, settles what was being committed, and stands where the ledger does. */
hr_status hr_work_rewind(hr_work *work, hr_error *err) HR_MUST_CHECK;

/* ---- finish.c ---------------------------------------------------------------------------------------------- */

/* Settles a job that ended: summary and watch. */
void hr_work_tell(hr_work *work, hr_job_status status, const char *error);
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

/* ---- prefix.c ---------------------------------------------------------------------------------------------- */

/* The position of a job: the reader's, and how much of the stored bytes was read by then, with their hash:
 * "csv1:...;stored=N;sha256=HEX". */
void hr_place_write(const hr_position *reader, uint64_t stored, const uint8_t digest[32], hr_position *out);
bool hr_place_read(const hr_position *place, hr_position *reader, uint64_t *stored, uint8_t digest[32]);
/* Wraps `inner` (owned by the result, also when this fails): when `stored` bytes have passed, their SHA-256 must be
 * `digest`, else the read fails with HR_E_CHANGED, as it does when the stream ends before. */
typedef struct hr_prefix hr_prefix;
hr_status hr_prefix_wrap(hr_work *work, hr_stream *inner, uint64_t stored, const uint8_t digest[32], hr_stream *out,
                         hr_prefix **prefix, hr_error *err) HR_MUST_CHECK;
bool hr_prefix_proved(const hr_prefix *prefix);
void hr_digest_hex(const uint8_t digest[32], char out[65]);

#endif
