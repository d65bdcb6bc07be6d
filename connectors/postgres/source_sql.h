/* source_sql.h: the statements of a pull as text. Nothing here talks to a server. */
#ifndef HR_CONNECTORS_POSTGRES_SOURCE_SQL_H
#define HR_CONNECTORS_POSTGRES_SOURCE_SQL_H

#include "connectors/postgres/source_position.h"

/* What is read. Types are names that a cast takes. */
typedef struct hr_pg_reading {
    const char *from;           /* of the FROM clause: a table, or a query in parentheses with a name */
    const char *const *columns; /* [column_count] */
    size_t column_count;
    const char *watermark, *watermark_type; /* NULL: none */
    const char *keys[HR_PG_KEYS_MAX];       /* [key_count] */
    const char *key_types[HR_PG_KEYS_MAX];
    size_t key_count;
} hr_pg_reading;

/* A stretch of it. What is NULL, 0 or false does not bound it. */
typedef struct hr_pg_range {
    const char *low, *high;   /* watermarks */
    bool low_open;            /* > low, else >= */
    bool high_closed;         /* <= high, else < */
    bool with_nulls;          /* and those without a watermark */
    bool nulls;               /* those without a watermark and no others */
    const char *at;           /* with `after`: behind the record of this watermark and key */
    const char *const *after; /* [key_count] behind this key, in the order of (watermark, key) or key */
    bool blocks;              /* of a table: from block first_block up to before end_block (UINT64_MAX: its end) */
    uint64_t first_block, end_block;
    bool slices; /* of keys[0], a whole number: from first_key (unless `lowest`) up to before end_key (unless `highest`,
                    which has nulls as well) */
    bool lowest, highest;
    int64_t first_key, end_key;
    bool ordered;   /* by watermark and key, or by key */
    uint64_t limit; /* records at most */
} hr_pg_range;

/* COPY (SELECT ...) TO STDOUT, with a final NUL. False: no memory. */
bool hr_pg_copy_sql(const hr_pg_reading *reading, const hr_pg_range *range, hr_buffer *out);
/* 'text'::type */
bool hr_pg_literal(hr_buffer *out, const char *text, const char *type);

/* How the values of a watermark pass in time, which decides what bounds them. */
typedef enum hr_pg_clock {
    HR_PG_CLOCK_NONE,  /* no watermark */
    HR_PG_CLOCK_ZONED, /* timestamp with time zone */
    HR_PG_CLOCK_LOCAL, /* timestamp without, in a zone that is said */
    HR_PG_CLOCK_DATE,  /* the same, days only */
    HR_PG_CLOCK_XID,   /* xid8: numbers of transactions */
    HR_PG_CLOCK_VALUE, /* any other that has an order */
} hr_pg_clock;

/* What the bounds of a run are computed from. */
typedef struct hr_pg_bounds {
    hr_pg_clock clock;
    const char *upper; /* of the clocks of time: the moment below which nothing can be written any more */
    const char *zone;  /* of LOCAL and DATE */
    const char *low;   /* the high of the position, or NULL */
    const char *at;    /* its at, or NULL */
    const char *sure;  /* below which nothing is read again, or NULL */
    uint64_t lookback; /* milliseconds, or of VALUE a distance; 0: none */
} hr_pg_bounds;

/* A query of one row: the bound, the higher one of it and low, low less the lookback but not below sure, whether `at`
 * is below that, whether the bound is below low. To be run in the transaction that reads. */
bool hr_pg_bounds_sql(const hr_pg_reading *reading, const hr_pg_bounds *bounds, hr_buffer *out);

/* Records per window of `window_ms` of a watermark that is a time: a query of (begin of the window, count), in order;
 * [since, until) as texts of timestamptz, NULL: not bounded. */
bool hr_pg_window_counts_sql(const char *from, const char *watermark, uint64_t window_ms, const char *since,
                             const char *until, hr_buffer *out);

#endif
