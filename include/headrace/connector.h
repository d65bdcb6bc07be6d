/* connector.h: how to write a source, a drop or a sink.
 *
 * A connector is a const table of functions. The core allocates `state_size` zeroed bytes for each open instance
 * and decides the order of the commit; a connector cannot get that order wrong, because it is never asked. An error
 * ends the job or the run, and the next run goes on from the last checkpoint; retryable says that this may help.
 *
 * Every function takes the state first and a caller-owned hr_error last. A failed `open` leaves nothing to close; plan
 * and options given to one of a source or sink live until close.
 * All functions of one instance are called from one thread at a time, except `interrupt`, which may come from any
 * thread or a signal handler, also during `open`, whose state is zeroed at first, and makes a waiting call return
 * HR_E_INTERRUPTED soon.
 */
#ifndef HEADRACE_CONNECTOR_H
#define HEADRACE_CONNECTOR_H

#include "headrace/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HR_CONNECTOR_VERSION 3u

/* Where a job or a source stands: bytes that only their maker understands. Whatever it is (a byte offset, a Kafka
 * offset, a watermark, a cursor), the runner stores it and gives it back. Printable ASCII by convention, so that people
 * can read it in the ledger. size 0: the beginning. */
#define HR_POSITION_MAX 1000u
typedef struct hr_position {
    uint32_t size;
    char bytes[HR_POSITION_MAX];
} hr_position;

/* A part of a position. What is read as one whole has one part, named ""; what comes in parts that come and go by
 * themselves (the partitions of a topic) names each, and each is compared and moved by itself. Texts of less than
 * HR_POSITION_MAX bytes; `at` "": the beginning. A source that knows it says how many records were there behind the
 * position, for people who watch. */
#define HR_PART_NAME_MAX 100u
typedef struct hr_part {
    const char *name, *at;
    uint64_t lag;
    bool lag_known;
} hr_part;

/* What a sink needs to publish, and to recognise, what it has prepared: bytes that only the sink understands. The
 * ledger keeps them until they are published. */
#define HR_RECEIPT_MAX 8000u
typedef struct hr_receipt {
    uint32_t size;
    char bytes[HR_RECEIPT_MAX];
} hr_receipt;

/* Tells everybody who listens what a connector noticed: an event of the ledger, `kind` such as "OffsetsLost" and
 * `detail` a JSON object or NULL. */
typedef hr_status (*hr_tell)(void *runner, const char *kind, const char *detail, hr_error *err);

/* What an audit counts: rows by windows of a time that stands in a column. */
typedef struct hr_windows {
    uint64_t size_ms;
    const char *at;   /* of a source: the position that its runs stand at; it fills in what follows */
    char column[256]; /* of a destination: the column of the time */
    char until[64];   /* only rows below this time are counted, as the source has it */
} hr_windows;
/* In the order of time; `begin` as the database prints it, in UTC. */
typedef hr_status (*hr_window_each)(void *context, const char *begin, uint64_t rows, hr_error *err);

/* ---- sources ----------------------------------------------------------------------------------------------- */

/* What a source is told when it is opened. Strings live until close. */
typedef struct hr_source_plan {
    const char *uri;    /* as the user gave it, without the query values that are options */
    const char *source; /* as identify gave it: what positions belong to, together with the feed */
    const char *feed;
    const char *job;    /* uuid of the job */
    const char *ledger; /* identifies the ledger: another one must not move the same positions */
    unsigned threads;   /* as in hr_sink_plan */
    bool first;         /* no position of this source was ever committed */
    void *runner;
    hr_tell tell;
    /* Where part `name` stands by the last commit, whoever made it: *at is "" when it was never committed. Only from
     * within open and read. */
    hr_status (*standing)(void *runner, const char *name, char at[HR_POSITION_MAX], hr_error *err);
} hr_source_plan;

/* What a source gives, known once it is open. Lives until close. */
typedef struct hr_source_facts {
    const char *format;         /* "csv" or "ndjson": records, each ended by a newline; no header, no preamble, UTF-8 */
    hr_dialect dialect;         /* of csv */
    const char *const *columns; /* [column_count]; NULL: those that the records turn out to have (ndjson only) */
    size_t column_count;
    const hr_type *types;       /* [column_count] that the values may be taken for, or NULL: all are text */
    const char *const *natives; /* [column_count] types by their names at the source, "numeric(10,2)", or NULL */
    const char *evidence;       /* JSON object for people: what was decided and why. NULL: nothing */
    uint64_t total;             /* records expected, or HR_UNKNOWN */
    const char *null;           /* csv: what an unquoted field says when it is null, beside nothing; or NULL */
    const char *key;            /* columns, as option key names them, that tell records apart, or NULL */
    bool again;                 /* some records may be given by more than one run: they are the same when `key` is */
    bool whole;                 /* positions move at the end only: nothing is to be committed before it */
} hr_source_facts;

/* What the source knows of the record at an offset of its bytes. */
typedef struct hr_place {
    char text[200];     /* "orders[3]@1234", or "" */
    const uint8_t *raw; /* the record as the source had it, when that differs from the bytes given, else NULL */
    size_t raw_size;    /* lives until the next call */
} hr_place;

/* What the server of a source keeps of positions by itself, such as the offsets of a group: a destination at the same
 * server may move it in its own transaction, so that both move at once. */
typedef struct hr_origin {
    const char *scheme; /* of the source: those of another scheme leave it alone */
    void *data;         /* what connectors of that scheme know */
    bool moved;         /* set by prepare: acknowledge needs not do it any more */
} hr_origin;

typedef struct hr_source_type {
    uint32_t version; /* HR_CONNECTOR_VERSION */
    size_t state_size;
    const char *scheme;       /* "kafka" */
    const hr_option *options; /* [option_count], also as values of the URI's query */
    size_t option_count;
    uint32_t capabilities; /* HR_SOURCE_ */

    /* A name of what is read that stays the same when hosts, secrets or details of reading change, and differs from all
     * others of a feed: "postgres:shop/public.orders". Needs no connection. */
    hr_status (*identify)(const char *uri, const hr_options *options, char *out, size_t capacity, hr_error *err);
    /* Begins at plan->standing of its parts. */
    hr_status (*open)(void *state, const hr_source_plan *plan, const hr_options *options, hr_error *err);
    hr_status (*describe)(void *state, hr_source_facts *out, hr_error *err);
    /* Fills up to `capacity` bytes (at least 64 KiB) of `room`. HR_OK: *got > 0 of them, which may end within a record.
     * HR_END: there is no more. HR_AGAIN: nothing within about 100 ms; all that was given ends with a record. HR_FLUSH:
     * commit what was given, then call again: some of it is about to be taken away. An error that is retryable makes
     * the runner close the source and go on from the last commit by opening it anew; what was given since is forgotten.
     */
    hr_status (*read)(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err);
    /* Where the parts stand that moved within the first `bytes` bytes given since open, and behind the last call of
     * acknowledge. `bytes` is always the end of a record, and never less than in an earlier call. *parts lives until
     * the next call of any function. */
    hr_status (*position)(void *state, uint64_t bytes, const hr_part **parts, size_t *count, hr_error *err);
    /* Everything up to these parts is durable and published at the destination. May come twice. */
    hr_status (*acknowledge)(void *state, const hr_part *parts, size_t count, hr_error *err);
    /* NULL, or: for the checkpoint that is about to be prepared; NULL in *out: nothing. Belongs to the source, until
     * the next call of this. */
    hr_status (*origin)(void *state, hr_origin **out, hr_error *err);
    /* NULL, or: about the record that begins at offset `at` of what was given and is not committed yet. */
    hr_status (*place)(void *state, uint64_t at, hr_place *out, hr_error *err);
    /* NULL, or: these were rejected; called before the commit that records them, for dead-letter queues. What it sends
     * is durable when it returns; a crash may make it come twice. */
    hr_status (*refused)(void *state, const hr_reject *rejects, size_t count, hr_error *err);
    void (*interrupt)(void *state);
    void (*close)(void *state);
    /* NULL, or: counts rows by windows, by a connection of its own. */
    hr_status (*windows)(const char *uri, const hr_options *options, hr_windows *windows, hr_window_each each,
                         void *context, hr_error *err);
} hr_source_type;

#define HR_SOURCE_ENDLESS 1u /* never answers HR_END by itself */
#define HR_SOURCE_PARTS 2u   /* has other parts than "" */

/* ---- drops: places where files are put --------------------------------------------------------------------- */

/* An object of a drop. Its identity is (uri, size, version or etag or modified) and, once read, its content's hash. */
typedef struct hr_object {
    char *uri;           /* whole, without secrets; owned by whoever holds the object, free with hr_object_clear */
    uint64_t size;       /* bytes, or HR_UNKNOWN (a pipe) */
    int64_t modified_ns; /* since 1970-01-01 UTC, or 0 */
    char version[80];    /* etag, version id, or "dev:inode:change"; "" when there is none */
} hr_object;
/* Frees what the struct owns; it may be zeroed, or cleared before. */
HR_API void hr_object_clear(hr_object *object);

/* Bytes of one object, in order. */
typedef struct hr_stream {
    hr_status (*read)(void *state, uint8_t *room, size_t capacity, size_t *got,
                      hr_error *err); /* as in hr_source_type */
    void (*interrupt)(void *state);
    void (*close)(void *state); /* frees the state as well; the stream is not used afterwards */
    void *state;
    /* Bytes from offset `at` on, counted from where the stream begins: as many as there are, up to `capacity`; HR_END
     * when there are none. Any thread may call it, several at once, and what `read` gives is not moved by it. NULL: the
     * bytes can only be had in order. */
    hr_status (*read_at)(void *state, uint64_t at, uint8_t *room, size_t capacity, size_t *got, hr_error *err);
    /* HR_AGAIN: nothing came within about 100 ms, and `read` would wait on. NULL: it never waits for long. */
    hr_status (*ready)(void *state, hr_error *err);
} hr_stream;

typedef struct hr_drop_type {
    uint32_t version;
    size_t state_size;
    const char *scheme; /* "file" */
    const hr_option *options;
    size_t option_count;

    hr_status (*open)(void *state, const char *uri, const hr_options *options, hr_error *err);
    /* Calls `each` for every object that the URI given to `open` names (one, a glob's matches, a folder's files), in
     * the order of their names, those after `after` only (NULL: all). Stops when `each` answers other than HR_OK and
     * returns that. The object belongs to the callee during the call only. */
    hr_status (*list)(void *state, const char *after,
                      hr_status (*each)(void *context, const hr_object *object, hr_error *err), void *context,
                      hr_error *err);
    /* What stands under `uri` now. The caller clears *out. */
    hr_status (*stat)(void *state, const char *uri, hr_object *out, hr_error *err);
    /* Bytes of `object` from offset `from` on. HR_E_CHANGED when it is no longer that object. */
    hr_status (*open_range)(void *state, const hr_object *object, uint64_t from, hr_stream *out, hr_error *err);
    /* Renames, never over an existing object (HR_E_EXISTS). */
    hr_status (*move)(void *state, const hr_object *object, const char *to, hr_error *err);
    hr_status (*remove)(void *state, const hr_object *object, hr_error *err);
    void (*close)(void *state);
} hr_drop_type;

/* ---- sinks ------------------------------------------------------------------------------------------------- */

/* What a sink is told when it is opened. Strings live until close. */
typedef struct hr_sink_plan {
    const char *uri;     /* without the query values that are options */
    const char *feed;    /* name of the feed, for names of objects */
    const char *title;   /* what a table is called that has no name of its own; NULL: as the feed */
    const char *job;     /* uuid of the job */
    const char *file;    /* origin of the rows, for lineage */
    const char *source;  /* what positions belong to, together with the feed; "": none */
    const char *ledger;  /* identifies the ledger, which must be the only one that moves those positions */
    uint64_t generation; /* of the feed's lease: a sink that is the authority refuses all lower ones from now on */
    const char *const *columns; /* [column_count] */
    size_t column_count;
    const hr_type *types;    /* [column_count] of the schema that the rows keep to, or NULL: all are text */
    const hr_schema *schema; /* that schema, or NULL */
    const char *const
        *natives;            /* [column_count] types by their names at the source, or NULL (and single ones may be) */
    const char *key;         /* "a,b": columns by which the destination finds rows that are there already, or NULL */
    const char *format;      /* "csv" or "ndjson" */
    const char *compression; /* "none", "gzip" or "zstd" */
    int64_t started_ns;      /* when the job began; partitions by date come from it, so that a resume lands beside it */
    unsigned segments;       /* how many may be open or sealed at once; 1 unless the sink has seal */
    unsigned threads;        /* how many the sink may use beside the one that calls it; 0 or 1: none */
    bool settling;           /* opened to publish or to sweep: no rows are written */
    bool whole;              /* all that the source has becomes one segment, however long that takes */
    bool lineage;            /* append _source _file _row _offset _ingested_at _key */
    void *runner;            /* for tell */
    hr_tell tell;            /* NULL: nobody listens */
    /* Whether `job` is one of this ledger's, for sweep; NULL: all are. Two ledgers may share a destination and a feed's
     * name. */
    bool (*owns)(void *owner, const char *job);
    void *owner;
} hr_sink_plan;

/* Rows to be written: `row_count` of the batch's rows, by index. */
typedef struct hr_parcel {
    const hr_batch *batch;
    const uint32_t *rows; /* [row_count] ascending, or NULL: all */
    size_t row_count;
    const uint8_t *keys; /* [row_count * key_size] idempotency keys, or NULL */
    size_t key_size;
} hr_parcel;

/* A row that the destination refused. */
typedef struct hr_refusal {
    const hr_batch *batch; /* one that was written to the segment */
    uint32_t row;          /* of the batch, from 0 */
    uint32_t column;       /* of the batch, from 0, or UINT32_MAX: no single one */
    const char *message;   /* as the destination has it; becomes the message of an E_SINK reject */
} hr_refusal;

/* Where the parts of the source will stand when a segment is landed, for sinks that keep it with the rows. */
typedef struct hr_checkpoint {
    const hr_part *before, *after; /* [count]: before[i] and after[i] have the same name */
    size_t count;
    hr_origin *origin; /* of the source, or NULL */
    uint64_t loaded;   /* rows that the job has landed with this segment, before its outcome; for people */
} hr_checkpoint;

/* What became of a segment. Belongs to the sink, until its next call. */
typedef struct hr_outcome {
    hr_receipt receipt;         /* size 0: there was nothing to publish */
    const hr_refusal *refusals; /* [refusal_count] ascending */
    size_t refusal_count;
    uint64_t duplicates; /* rows that gave way to others with their key */
} hr_outcome;

/* A segment is what is written between two seals (or prepares, where there are none). An error that is retryable makes
 * the runner close the sink, forget what was not published, and go on from the last commit by opening it anew. */
typedef struct hr_sink_type {
    uint32_t version;
    size_t state_size;
    const char *scheme;
    const hr_option *options; /* [option_count], also as values of the URI's query */
    size_t option_count;
    uint32_t capabilities; /* HR_SINK_ */

    hr_status (*open)(void *state, const hr_sink_plan *plan, const hr_options *options, hr_error *err);
    /* Writes to the open segment; `start` names the position where the segment begins and is used when a write opens
     * one. *segment_bytes receives what the open segment holds so far at the destination (may lag behind a buffer). A
     * sink that refuses rows later retains the batch. */
    hr_status (*write)(void *state, const hr_parcel *parcel, const char *start, uint64_t *segment_bytes, hr_error *err);
    /* NULL, or: ends the open segment without waiting for it; what is written next belongs to another one. Only with
     * plan->segments > 1, and never more open and sealed ones than that. */
    hr_status (*seal)(void *state, hr_error *err);
    /* Makes the oldest segment durable and leaves it hidden. Where rows and position share a transaction, it holds both
     * and is open still. */
    hr_status (*prepare)(void *state, const hr_checkpoint *checkpoint, hr_outcome *out, hr_error *err);
    /* Makes a prepared segment visible, durably. May come twice, and in a later process. HR_E_LOST: the transaction was
     * never committed and never will be; its rows are read again. */
    hr_status (*publish)(void *state, const hr_receipt *receipt, hr_error *err);
    /* Removes whatever this feed's own jobs prepared or left open and is not among the `count` receipts of `keep`. */
    hr_status (*sweep)(void *state, const hr_receipt *keep, size_t count, hr_error *err);
    /* NULL, or: where a part of plan->source stands at the destination, committed; "" when it has no record of it. */
    hr_status (*standing)(void *state, const char *name, char at[HR_POSITION_MAX], hr_error *err);
    /* NULL, or: all that the job had to land is published; what is left to be done once (swapping a table in, dropping
     * one) is done now. `complete`: all of the source was read. May come twice. */
    hr_status (*finish)(void *state, bool complete, hr_error *err);
    /* NULL, or: how many ms a segment may be open, whatever option segment-age says; 0: without a bound. */
    uint64_t (*segment_age)(const void *state);
    void (*interrupt)(void *state);
    void (*close)(void *state); /* drops an unprepared segment */
    /* NULL, or: a JSON object for people: what was decided for the rows and why. NULL: nothing, or no memory. Lives
     * until the next call of any function. */
    const char *(*evidence)(void *state);
    /* NULL, or: counts rows by windows, by a connection of its own. */
    hr_status (*windows)(const char *uri, const hr_options *options, const char *feed, const hr_windows *windows,
                         hr_window_each each, void *context, hr_error *err);
} hr_sink_type;

#define HR_SINK_TRANSACTIONAL                                                                                   \
    1u                      /* one transaction has rows and position: the sink is the authority on the position \
                             */
#define HR_SINK_VOLATILE 2u /* cannot be resumed (standard output) */
#define HR_SINK_REFUSES 4u  /* may refuse rows: it wants batches with option offsets */
#define HR_SINK_TABLE 8u    /* rows land as columns, whatever format they came in */
#define HR_SINK_VALUES 16u  /* wants batches with `vectors` of plan->schema, where there is one */

#ifdef __cplusplus
}
#endif
#endif
