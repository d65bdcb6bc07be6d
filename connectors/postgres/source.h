/* source.h: what the files of the source share: what was asked for, what the server has, the run, and its state. */
#ifndef HR_CONNECTORS_POSTGRES_SOURCE_H
#define HR_CONNECTORS_POSTGRES_SOURCE_H

#include <stdatomic.h>

#include "connectors/postgres/connect.h"
#include "connectors/postgres/source_position.h"
#include "connectors/postgres/source_sql.h"

#define HR_PG_READERS_MAX 64u

/* ---- what was asked for: source_config.c ------------------------------------------------------------------- */

typedef enum hr_pg_choice {
    HR_PG_AUTO,
    HR_PG_YES, /* order: yes, bound: exact */
    HR_PG_NO,  /* order: no, bound: overlap */
} hr_pg_choice;

typedef struct hr_pg_pull {
    char *schema, *table; /* schema NULL: by the search path; table NULL: a query */
    char *from;           /* for FROM clauses */
    char *watermark;      /* NULL: everything is read by every run */
    char *zone;
    char **columns; /* [column_count], 0: all */
    size_t column_count;
    char *keys[HR_PG_KEYS_MAX]; /* [key_count] */
    size_t key_count;
    bool key_given;       /* else it is the primary key */
    const char *lookback; /* as given, or NULL; lives while the source is opened */
    uint64_t lag_ms;
    bool lag_given;
    hr_pg_choice order, bound;
    size_t readers;
    bool visible; /* rows that policies hide are left out, rather than missed */
} hr_pg_pull;

hr_status hr_pg_pull_read(const hr_options *options, hr_pg_pull *out, hr_error *err) HR_MUST_CHECK;
void hr_pg_pull_clear(hr_pg_pull *pull);
/* "postgres:DATABASE/SCHEMA.TABLE" */
hr_status hr_pg_identify(const char *uri, const hr_options *options, char *out, size_t capacity, hr_error *err);
/* Whether the URI names several hosts, and whether it asks for a standby (which with several hosts is the default). */
hr_status hr_pg_uri_hosts(const char *uri, bool *several, bool *standby, hr_error *err) HR_MUST_CHECK;

/* ---- what the server has: source_server.c, source_shape.c --------------------------------------------------- */

typedef struct hr_pg_server {
    int version;                 /* 150020 */
    bool recovery;               /* a standby */
    char encoding[40], zone[80]; /* zone "": not known */
    /* of the moment before the snapshot was taken: */
    char *clock;     /* the server's, less the lag */
    char *oldest;    /* begin of the oldest transaction that could still write, or NULL */
    char *holder;    /* whose it is, for people */
    bool privileged; /* we may see into the sessions of others */
    uint64_t hidden; /* sessions that we could not see into */
    char *prepared;  /* when the oldest transaction was prepared that is not committed, or NULL */
    char *replayed;  /* of a standby: how far it is, or NULL */
} hr_pg_server;

typedef struct hr_pg_shape {
    size_t column_count;
    char **columns, **natives;
    hr_type *types;
    uint32_t *oids;
    char table[24], shape[24]; /* its OID, "" for a query; a hash of names and types of the columns */
    char kind;                 /* pg_class.relkind, or 'q': a query */
    double rows;               /* what the server believes; -1: nothing */
    uint64_t blocks;           /* of a table with blocks, else 0 */
    bool secured;              /* policies hide rows from us, or may */
    bool subscribed;           /* rows come from another server by logical replication */
    bool watermark_not_null, watermark_indexed;
    bool key_not_null, key_unique, key_indexed;
    size_t watermark_at, key_at[HR_PG_KEYS_MAX]; /* columns */
} hr_pg_shape;

/* ---- the run: source_plan.c, source_bound.c
 * ---------------------------------------------------------------------------------- */

typedef struct hr_pg_run_plan {
    hr_pg_clock clock;
    bool exact;    /* nothing below `high` can still be written */
    char why[200]; /* when not: why */
    uint64_t lookback;
    bool ordered;
    bool again;          /* records may be given that an earlier run gave */
    bool over;           /* the job has read everything already */
    char *high;          /* what the run goes up to; NULL: no watermark, or none has a value */
    char *sure;          /* when not exact: nothing below this comes any more, or NULL */
    char *low;           /* what it begins with, or NULL: at the beginning */
    bool behind;         /* the bound is below what was read already */
    hr_pg_range *pieces; /* [piece_count] */
    size_t piece_count;
} hr_pg_run_plan;

/* ---- state ----------------------------------------------------------------------------------------------------- */

typedef struct hr_pg_lane {
    hr_pg pg;
    bool copying;
    size_t piece;
    uint64_t rows; /* of the statement */
} hr_pg_lane;

typedef struct hr_pg_source {
    hr_pg_wake wake;
    atomic_bool wakeable;
    hr_pg_pull pull;
    hr_pg_server server;
    hr_pg_shape shape;
    hr_pg_reading reading;
    char *key_types[HR_PG_KEYS_MAX], *watermark_type;
    hr_pg_position standing;
    hr_pg_run_plan run;
    hr_pg_lane *lanes; /* [lane_count]; the first is the one that everything but the reading goes by */
    size_t lane_count, turn;
    size_t next_piece;
    uint64_t page;   /* records of a page after a conflict; 0: whole pieces */
    unsigned stalls; /* conflicts without a record in between */
    char *page_at, *page_after[HR_PG_KEYS_MAX];
    hr_buffer pending; /* of a record that did not fit, from pending_at on */
    size_t pending_at;
    hr_buffer key;
    hr_pg_trail trail;
    uint64_t given; /* bytes since open */
    uint64_t records;
    bool ended;
    char job[64], committed[HR_POSITION_MAX], at[HR_POSITION_MAX];
    hr_part part;
    hr_buffer evidence;
    hr_buffer record_key; /* columns that tell records apart, as a list */
    void *runner;
    hr_tell tell;
} hr_pg_source;

/* The text in a result, or NULL. */
static inline const char *hr_pg_cell(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

/* Where a run begins that goes on behind another one. */
typedef struct hr_pg_run_bounds {
    char *lower;   /* the position's high, less the lookback */
    bool at_below; /* the position's at is below that */
} hr_pg_run_bounds;

/* Connects the first lane, and learns what the server is. */
hr_status hr_pg_source_connect(hr_pg_source *source, const hr_source_plan *plan, const hr_options *options,
                               hr_error *err) HR_MUST_CHECK;
/* What can still be written, before the snapshot: what is not running now and not visible in it began later. */
hr_status hr_pg_source_look(hr_pg_source *source, hr_error *err) HR_MUST_CHECK;
/* Begins the transaction, and with it the snapshot. */
hr_status hr_pg_source_begin(hr_pg_source *source, hr_pg_lane *lane, const char *snapshot, hr_error *err) HR_MUST_CHECK;
/* The other lanes, on the same host and in the same snapshot. */
hr_status hr_pg_source_lanes(hr_pg_source *source, const hr_source_plan *plan, const hr_options *options,
                             hr_error *err) HR_MUST_CHECK;
hr_status hr_pg_source_shape(hr_pg_source *source, hr_error *err) HR_MUST_CHECK;
/* In a new transaction of the lane. HR_E_CHANGED, retryable: the columns are not of the types any more that they were.
 */
hr_status hr_pg_source_same_shape(hr_pg_source *source, hr_pg_lane *lane, hr_error *err) HR_MUST_CHECK;
hr_status hr_pg_source_plan(hr_pg_source *source, hr_error *err) HR_MUST_CHECK;
/* How the values of the watermark pass in time. */
hr_pg_clock hr_pg_source_clock(const hr_pg_source *source);
/* Sets the bounds in source->run, whose clock is set. out->lower is for hr_free, also after a failure. */
hr_status hr_pg_source_bound(hr_pg_source *source, hr_pg_run_bounds *out, hr_error *err) HR_MUST_CHECK;
/* The evidence, and events of what the user should know. */
hr_status hr_pg_source_report(hr_pg_source *source, bool standby_asked, hr_error *err) HR_MUST_CHECK;
hr_status hr_pg_source_tell(hr_pg_source *source, const char *kind, const char *format, ...) HR_PRINTF(3, 4);
hr_status hr_pg_source_read(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err);
/* windows.c */
hr_status hr_pg_source_windows(const char *uri, const hr_options *options, hr_windows *windows, hr_window_each each,
                               void *context, hr_error *err);
void hr_pg_server_clear(hr_pg_server *server);
void hr_pg_shape_clear(hr_pg_shape *shape);

#endif
