/* connector.h: how to write a source, a drop or a sink.
 *
 * A connector is a const table of functions. The core allocates `state_size` zeroed bytes for each open instance
 * and decides the order of the commit; a connector cannot get that order wrong, because it is never asked. An error
 * ends the job or the run, and the next run goes on from the last checkpoint; retryable says that this may help.
 *
 * Every function takes the state first and a caller-owned hr_error last. A failed `open` leaves nothing to close.
 * All functions of one instance are called from one thread at a time, except `interrupt`, which may come from any
 * thread or a signal handler and makes a waiting call return HR_E_INTERRUPTED soon.
 */
#ifndef HEADRACE_CONNECTOR_H
#define HEADRACE_CONNECTOR_H

#include "headrace/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HR_CONNECTOR_VERSION 1u

/* Where a source stands: bytes that only the source understands. Whatever it is (a byte offset, a Kafka offset, a
 * watermark, a cursor), the runner stores it and gives it back. Printable ASCII by convention, so that people
 * can read it in the ledger. size 0: the beginning. */
#define HR_POSITION_MAX 1000u
typedef struct hr_position {
    uint32_t size;
    char bytes[HR_POSITION_MAX];
} hr_position;

/* What a sink needs to publish, and to recognise, what it has prepared: bytes that only the sink understands. The
 * ledger keeps them until they are published. */
#define HR_RECEIPT_MAX 8000u
typedef struct hr_receipt {
    uint32_t size;
    char bytes[HR_RECEIPT_MAX];
} hr_receipt;

/* ---- sources ----------------------------------------------------------------------------------------------- */

typedef struct hr_source_type {
    uint32_t version; /* HR_CONNECTOR_VERSION */
    size_t state_size;
    const char *scheme;       /* "kafka" */
    const hr_option *options; /* [option_count] */
    size_t option_count;
    uint32_t capabilities; /* HR_SOURCE_ */

    /* `from` is a position that this source gave earlier, or empty. */
    hr_status (*open)(void *state, const char *uri, const hr_options *options, const hr_position *from, hr_error *err);
    /* Fills up to `capacity` bytes of `room`; *got > 0 with HR_OK; HR_END when there is no more. */
    hr_status (*read)(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err);
    /* The position behind all bytes that were read. */
    hr_status (*position)(void *state, hr_position *out, hr_error *err);
    /* Everything up to `upto` is durable and published at the destination. May come twice. */
    hr_status (*acknowledge)(void *state, const hr_position *upto, hr_error *err);
    void (*interrupt)(void *state);
    void (*close)(void *state);
} hr_source_type;

#define HR_SOURCE_ENDLESS 1u /* never answers HR_END by itself */
#define HR_SOURCE_RESUMES 2u /* can open at a position */

/* ---- drops: places where files are put --------------------------------------------------------------------- */

/* An object of a drop. Its identity is (uri, size, version or etag or modified) and, once read, its content's hash. */
typedef struct hr_object {
    char *uri;           /* whole, without secrets; owned by whoever holds the object, free with hr_object_clear */
    uint64_t size;       /* bytes, or HR_UNKNOWN (a pipe) */
    int64_t modified_ns; /* since 1970-01-01 UTC, or 0 */
    char version[80];    /* etag, version id, or "dev:inode:change"; "" when there is none */
} hr_object;
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
    const char *uri;
    const char *feed;           /* name of the feed, for names of objects */
    const char *job;            /* uuid of the job */
    const char *file;           /* origin of the rows, for lineage */
    const char *const *columns; /* [column_count] */
    size_t column_count;
    const hr_type *types;    /* [column_count] of the schema that the rows keep to, or NULL: all are text */
    const char *format;      /* "csv" or "ndjson" */
    const char *compression; /* "none", "gzip" or "zstd" */
    int64_t started_ns;      /* when the job began; partitions by date come from it, so that a resume lands beside it */
    unsigned threads;        /* how many the sink may use beside the one that calls it; 0 or 1: none */
    bool lineage;            /* append _source _file _row _offset _ingested_at _key */
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

/* A segment is what is written between two prepares. */
typedef struct hr_sink_type {
    uint32_t version;
    size_t state_size;
    const char *scheme;
    const hr_option *options;
    size_t option_count;
    uint32_t capabilities; /* HR_SINK_ */

    hr_status (*open)(void *state, const hr_sink_plan *plan, const hr_options *options, hr_error *err);
    /* Writes to the open segment; `start` names the position where the segment begins and is used when a write opens
     * one. *segment_bytes receives what the open segment holds so far at the destination (may lag behind a buffer). */
    hr_status (*write)(void *state, const hr_parcel *parcel, const char *start, uint64_t *segment_bytes, hr_error *err);
    /* Makes the open segment durable and leaves it hidden; *out describes it (size 0: there was nothing to publish). */
    hr_status (*prepare)(void *state, hr_receipt *out, hr_error *err);
    /* Makes a prepared segment visible, durably. May come twice, and in a later process. */
    hr_status (*publish)(void *state, const hr_receipt *receipt, hr_error *err);
    /* Removes whatever this feed's own jobs prepared or left open and is not among the `count` receipts of `keep`. */
    hr_status (*sweep)(void *state, const hr_receipt *keep, size_t count, hr_error *err);
    void (*interrupt)(void *state);
    void (*close)(void *state); /* drops an unprepared segment */
} hr_sink_type;

#define HR_SINK_TRANSACTIONAL \
    1u                      /* rows and position share one transaction: the sink is the authority on the position */
#define HR_SINK_VOLATILE 2u /* cannot be resumed (standard output) */

#ifdef __cplusplus
}
#endif
#endif
