/* source_position.h: where a pull stands, as text, and the keys of the records that were given and not yet committed.
 *
 *     pg1;watermark=updated_at;type=timestamp with time zone;high=2026-11-22 10:00:00+00
 *         all records below `high` were given
 *     ...;high=...;at=2026-11-22 09:00:00+00;key=order_id;after=17
 *         those up to (at, after) were, of a run that saw all that was certain below `high`
 *     ...;high=...;loose=yes         what is below `high` may still change: it was not known what was open then
 *     ...;high=...;sure=2026-11-...  the same, but not what is below `sure`
 *     pg1;watermark=...;type=...;key=order_id;after=17;nulls=yes
 *         the first run has given the records without a watermark up to that key, and no others
 *     pg1;full;key=id;after=17       a run over everything has given the records up to that key
 *     pg1;full;done=JOB              and this one ended
 *     ...;table=16384;shape=0123456789ABCDEF      of which table (its OID; none: a query), and of which columns
 *
 * Values are the server's own text; what is not printable, and %;=, are written %XX.
 */
#ifndef HR_CONNECTORS_POSTGRES_SOURCE_POSITION_H
#define HR_CONNECTORS_POSTGRES_SOURCE_POSITION_H

#include "core/base/base.h"
#include "headrace/connector.h"

#define HR_PG_KEYS_MAX 16u

/* Strings are heap strings or NULL. */
typedef struct hr_pg_position {
    bool full;       /* of runs over everything; else there is a watermark */
    bool nulls;      /* among the records without a watermark */
    bool loose;      /* records below `high` may still come */
    char *watermark; /* name of the column */
    char *type;      /* its type, as format_type has it */
    char *high;
    char *at;            /* watermark of the last record */
    char *sure;          /* when loose: but none below this; NULL: nothing is sure */
    char *done;          /* full: the job that ended */
    char *table, *shape; /* what was read; NULL: the position is of an older version */
    size_t key_count;
    char *keys[HR_PG_KEYS_MAX];  /* names of the columns */
    char *after[HR_PG_KEYS_MAX]; /* [key_count] of the last record; after[0] NULL: there is none */
} hr_pg_position;

/* HR_E_CORRUPT: it is no position of this connector. *out is cleared by the caller. */
hr_status hr_pg_position_read(const char *text, hr_pg_position *out, hr_error *err) HR_MUST_CHECK;
/* HR_E_LIMIT: the values are too long. */
hr_status hr_pg_position_write(const hr_pg_position *position, char out[HR_POSITION_MAX], hr_error *err) HR_MUST_CHECK;
void hr_pg_position_clear(hr_pg_position *position);

/* The keys of records by where each ends in the bytes given, in little room: keys that follow each other in an order
 * have their beginnings in common, and only what differs is kept. A key is any text without newlines. */
typedef struct hr_pg_trail {
    hr_buffer steps; /* records behind the head: distance, bytes in common, bytes of its own, these */
    size_t begin;    /* of what is still of use in steps */
    hr_buffer head;  /* the key of the record that ends at head_end */
    hr_buffer tail;  /* of the last one */
    uint64_t head_end, tail_end;
} hr_pg_trail;

/* A record that ends at `end` was given. HR_E_MEMORY, HR_E_LIMIT. */
hr_status hr_pg_trail_add(hr_pg_trail *trail, uint64_t end, const uint8_t *key, size_t size,
                          hr_error *err) HR_MUST_CHECK;
/* Moves the head to the record that ends at `end`, which is never before the head. HR_E_STATE: there is none. */
hr_status hr_pg_trail_seek(hr_pg_trail *trail, uint64_t end, hr_error *err) HR_MUST_CHECK;
void hr_pg_trail_clear(hr_pg_trail *trail);

#endif
