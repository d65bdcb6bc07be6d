/* sink.h: what the files of the sink share.
 *
 *   sink.c           its table of functions: opening, writing, sealing, publishing
 *   sink_connect.c   connections: a free one, another one, or none for now
 *   sink_target.c    the table as it is: columns, keys
 *   sink_map.c       which column of the input goes to which of the table, and what becomes of those that have none
 *   sink_guard.c     what a column would change of values without a word
 *   sink_create.c    the table as it is made, and columns that are added
 *   sink_lane.c      connections that take rows at the same time, and the pump that feeds them
 *   sink_rows.c      the rows of a segment, kept until they are published, and which of them were refused
 *   sink_binary.c    rows in COPY's binary format, where that is the same and pays
 *   sink_prepare.c   the oldest segment made ready for its commit
 *   sink_salvage.c   finding the rows that the server refuses
 *   sink_stage.c     insert-ignore and merge: from the temporary table into the table
 *   sink_altered.c   a table that is not any more what it was
 *   sink_position.c  headrace.checkpoint: position and generation, moved with the rows
 *   sink_publish.c   the commit, and whether one happened
 *   sink_replace.c   the new table, and its taking the place of the old one
 */
#ifndef HR_CONNECTORS_POSTGRES_SINK_H
#define HR_CONNECTORS_POSTGRES_SINK_H

#include <stdatomic.h>

#include "connectors/postgres/connect.h"
#include "core/output/copy_binary.h"

#define HR_PG_PUT ((size_t)64 << 10) /* bytes given to libpq at once */
#define HR_PG_COLUMNS_MAX 1600u
#define HR_PG_STAGE_TABLE "headrace_rows"
#define HR_PG_STAGE "pg_temp." HR_PG_STAGE_TABLE
#define HR_PG_ORDINAL "headrace_ordinal"

typedef enum hr_pg_mode { HR_PG_APPEND = 0, HR_PG_INSERT_IGNORE, HR_PG_MERGE, HR_PG_REPLACE } hr_pg_mode;
typedef enum hr_pg_drift { HR_PG_FREEZE = 0, HR_PG_EVOLVE, HR_PG_REJECT_ROW } hr_pg_drift;

/* ---- the table (sink_target.c) ----------------------------------------------------------------------------- */

/* A column that the table has. */
typedef struct hr_pg_column {
    char *name, *type; /* type as format_type writes it */
    unsigned base;     /* OID of the type, or of what a domain stands for */
    bool enumerated;   /* that is an enum: what the server receives is the text of a label */
    int modifier;      /* atttypmod, -1: none */
    bool required;     /* NOT NULL, and nothing fills it */
    bool not_null;
    bool computed; /* generated, or an identity that is always generated: cannot be sent */
} hr_pg_column;

typedef struct hr_pg_target {
    char *schema, *table; /* schema NULL: not given */
    char *name;           /* "schema"."table" once it is known to exist */
    unsigned oid;
    bool exists;
    bool triggers;   /* has triggers before inserts: they may fill what is missing */
    bool by_insert;  /* COPY would fail, or pass rules by: rows go there by INSERT */
    bool deferrable; /* has constraints that may be deferred, or triggers, which may write where such are */
    hr_pg_column *columns;
    size_t count;
    char **key;            /* [key_count] the columns of conflicts, as the table names them */
    char **key_collations; /* [key_count] in SQL, where an index takes texts of other bytes for equal; else NULL */
    size_t key_count;
    bool key_nullable;
} hr_pg_target;

/* ---- columns to be sent (sink_map.c) ------------------------------------------------------------------------ */

/* A column of the rows: one of the input, or one that is made for them. */
typedef struct hr_pg_given {
    const char *name; /* as the input has it */
    char *own;        /* memory of a name that is made */
    hr_copy_what what;
    uint32_t column;  /* of the batch */
    const char *text; /* HR_COPY_FIXED */
    char type[200];   /* in SQL, for a new column */
    size_t at;        /* in the table's columns, SIZE_MAX: it has none */
} hr_pg_given;

/* ---- segments ----------------------------------------------------------------------------------------------- */

/* Rows that were written at once. */
typedef struct hr_pg_piece {
    hr_batch *batch;
    uint32_t *rows; /* [count], NULL: all */
    uint8_t *keys;
    size_t key_size, count;
    uint64_t first; /* ordinal of its first row in the segment */
} hr_pg_piece;

typedef struct hr_pg_refusal {
    uint64_t ordinal;
    uint32_t column;
    char *message;
} hr_pg_refusal;

typedef enum hr_pg_step {
    HR_PG_STEP_NONE = 0, /* no transaction */
    HR_PG_STEP_BEGUN,    /* BEGIN and COPY are sent */
    HR_PG_STEP_COPY,     /* the server takes rows */
    HR_PG_STEP_ENDED,    /* the end of the rows is sent */
    HR_PG_STEP_DONE,     /* the COPY was answered, or never made */
} hr_pg_step;

typedef enum hr_pg_segment { HR_PG_FREE = 0, HR_PG_OPEN, HR_PG_SEALED, HR_PG_PREPARED } hr_pg_segment;

/* A connection and the segment that it has. */
typedef struct hr_pg_lane {
    hr_pg pg;
    hr_pg_segment state;
    hr_pg_step step;
    bool binary; /* the COPY that was begun is one of the binary format */
    bool plain;  /* some row of the segment can only go as text, and so all of them do */
    bool turn;   /* its rows may be sent */
    bool held;   /* not begun before it is the oldest: it stood in the way of one that is older */
    bool staged; /* the temporary table is there */
    hr_pg_piece *pieces;
    size_t piece_count, piece_capacity;
    uint64_t rows, bytes; /* of the segment */
    uint64_t sent;        /* ordinal of the next row to be rendered */
    uint64_t taken;       /* rows that the server says it has taken by COPY */
    hr_buffer out;
    size_t out_at;    /* what of it was given to libpq */
    uint8_t *refused; /* bit by ordinal */
    size_t refused_size;
    hr_pg_refusal *refusals;
    size_t refusal_count, refusal_capacity;
    hr_receipt receipt;
} hr_pg_lane;

typedef struct hr_pg_sink {
    hr_sink_plan plan;
    const hr_options *options;
    hr_pg_wake wake;
    atomic_bool wakeable; /* wake is open */
    hr_pg_mode mode;
    hr_pg_drift drift;
    bool create, allow_empty;
    bool failed; /* may only be closed */
    bool ready;  /* the table is known and there: done before the first row */

    char *checkpoint; /* "schema"."checkpoint", quoted */
    hr_pg_target target;
    hr_pg_given *given;
    size_t given_count;
    hr_copy_text *copy;
    hr_copy_binary *binary; /* NULL: all rows go as text */
    char why[240];          /* it is one or the other: for people; "": there is a schema */
    uint64_t plain_count;   /* segments that went as text although there is `binary` */
    int trust;              /* in binary: what segments have gained, less what those cost that failed; 0: no more */
    hr_buffer evidence;
    char *begin_binary_sql;
    char *begin_sql, *copy_sql, *stage_sql, *insert_sql; /* see sink_stage.c */
    char *fresh;                                         /* replace: the new table, quoted */
    char fresh_table[64];                                /* its name alone */
    uint64_t landed;            /* rows of this source, by an earlier segment of whichever job */
    bool replaced;              /* by this job, in an earlier life of the sink */
    hr_pg_lane *lanes;          /* [lane_count] */
    size_t lane_count, writers; /* of which so many take rows at the same time */
    size_t oldest, open_count;  /* segments: lanes[oldest], and those behind it */
    hr_refusal *outcome;        /* of the last prepare */
    int64_t crowded_ns;         /* when the server had no room for another connection, 0: never */
    hr_pg control;              /* for what no segment's connection can ask; not connected until then */
} hr_pg_sink;

/* ---- sink_rows.c -------------------------------------------------------------------------------------------- */

/* Whether rows have the keys that option key-column asks for. */
hr_status hr_pg_check_keys(const hr_pg_sink *sink, const hr_parcel *parcel, hr_error *err) HR_MUST_CHECK;
hr_status hr_pg_keep(hr_pg_lane *lane, const hr_parcel *parcel, hr_error *err) HR_MUST_CHECK;
bool hr_pg_is_refused(const hr_pg_lane *lane, uint64_t ordinal);
/* `message` is copied. */
hr_status hr_pg_refuse(hr_pg_lane *lane, uint64_t ordinal, uint32_t column, const char *message,
                       hr_error *err) HR_MUST_CHECK;
/* Appends lines of rows from ordinal *at on up to `to` that are not refused, until there are `enough` bytes; those that
 * cannot be sent are refused. */
hr_status hr_pg_render(const hr_pg_sink *sink, hr_pg_lane *lane, uint64_t *at, uint64_t to, size_t enough,
                       hr_error *err) HR_MUST_CHECK;
/* The ordinal of line `line` (from 1) of what was sent from ordinal `from` on; false: there is no such row. */
bool hr_pg_row_of_line(const hr_pg_lane *lane, uint64_t from, uint64_t line, uint64_t *out);
/* The refusals by rows, ascending; *out is for hr_free. */
hr_status hr_pg_refusals(hr_pg_lane *lane, hr_refusal **out, hr_error *err) HR_MUST_CHECK;
/* Forgets the segment. */
void hr_pg_drop_rows(hr_pg_lane *lane);

/* ---- sink_connect.c ----------------------------------------------------------------------------------------- */

hr_status hr_pg_connect(const hr_pg_sink *sink, hr_pg *pg, hr_error *err) HR_MUST_CHECK;
/* For about a second, while there is no room for another connection. */
hr_status hr_pg_connect_soon(hr_pg_sink *sink, hr_pg *pg, hr_error *err) HR_MUST_CHECK;
/* HR_AGAIN: there is no room for another connection, and the lane, which is not the oldest, does without for now. */
hr_status hr_pg_lane_connect(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err) HR_MUST_CHECK;
void hr_pg_lane_close(hr_pg_lane *lane);
/* A connection on which nothing is under way, for questions. */
hr_status hr_pg_asking(hr_pg_sink *sink, hr_pg **out, hr_error *err) HR_MUST_CHECK;
/* HR_AGAIN: there was none, and a newer segment has given up its own. */
hr_status hr_pg_ask_or_give_way(hr_pg_sink *sink, hr_pg **out, hr_error *err) HR_MUST_CHECK;
/* Closes what hr_pg_asking gave, so that the next question goes by another one. */
void hr_pg_asked_in_vain(hr_pg_sink *sink, hr_pg *pg);

/* ---- sink_lane.c -------------------------------------------------------------------------------------------- */

/* Lets all lanes send what their sockets take, without waiting. */
hr_status hr_pg_pump(hr_pg_sink *sink, hr_error *err) HR_MUST_CHECK;
/* Sends all rows of the lane, which is the oldest, and gives the answer to its COPY; the others go on meanwhile. An
 * error whose pg.failure is set is the server's. */
hr_status hr_pg_finish_copy(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err) HR_MUST_CHECK;
/* Sends what libpq holds; waits for the answer to what was sent (hr_pg_result). The others go on meanwhile, and give
 * way when they hold a lock that this lane, the oldest, waits for: whatever may wait in the server is waited for by
 * these. */
hr_status hr_pg_lane_flush(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err) HR_MUST_CHECK;
hr_status hr_pg_lane_result(hr_pg_sink *sink, hr_pg_lane *lane, PGresult **out, const char *doing,
                            hr_error *err) HR_MUST_CHECK;
/* After a deadlock: the newer segments are begun anew when they are the oldest; the lane, the oldest, begins anew. */
hr_status hr_pg_go_alone(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err) HR_MUST_CHECK;
/* A statement on the lane, while the others go on. */
hr_status hr_pg_lane_run(hr_pg_sink *sink, hr_pg_lane *lane, const char *sql, PGresult **out, const char *doing,
                         hr_error *err) HR_MUST_CHECK;

/* ---- sink_binary.c ------------------------------------------------------------------------------------------ */

/* Decides whether rows go in the binary format: sink->binary. `columns` are those of sink->copy. */
hr_status hr_pg_binary_plan(hr_pg_sink *sink, const hr_copy_column *columns, size_t count, hr_error *err) HR_MUST_CHECK;
hr_status hr_pg_binary_statement(hr_pg_sink *sink, hr_error *err) HR_MUST_CHECK;
const char *hr_pg_binary_evidence(void *state);
/* As hr_copy_text_rows. HR_END: row *at is for the server to judge, as text. */
hr_status hr_pg_binary_rows(const hr_pg_sink *sink, const hr_parcel *parcel, uint64_t first, size_t *at, size_t to,
                            size_t enough, hr_buffer *out, hr_copy_flaw *flaw, hr_error *err) HR_MUST_CHECK;
/* Decides for a segment whose COPY is about to begin: lane->binary. Then its first rows are rendered. */
hr_status hr_pg_binary_begin(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err) HR_MUST_CHECK;
/* Sends what stands behind the rows of a COPY; nothing where it is one of text. */
bool hr_pg_binary_end(hr_pg_lane *lane);
/* Ends the COPY that runs by a failure: the segment is to go as text. */
bool hr_pg_binary_give_up(hr_pg_lane *lane);
/* Whether the COPY that has failed was a binary one, and its rows are to be sent again as text. Forgets the failure. */
bool hr_pg_binary_failed(hr_pg_sink *sink, hr_pg_lane *lane);

/* ---- sink_prepare.c ----------------------------------------------------------------------------------------- */

/* Loads the rows of the lane, which is the oldest, and moves the position to what `checkpoint` says, in a transaction
 * that waits for its commit. *out points to what the sink has until the next call. */
hr_status hr_pg_prepare(hr_pg_sink *sink, hr_pg_lane *lane, const hr_checkpoint *checkpoint, hr_outcome *out,
                        hr_error *err) HR_MUST_CHECK;

/* ---- sink_salvage.c ----------------------------------------------------------------------------------------- */

/* Whether a failure of the server is one of a row, rather than of the statement or the server. */
bool hr_pg_row_failure(const hr_pg *pg);
/* Keeps the last failure as the refusal of a row. */
hr_status hr_pg_refuse_failed(const hr_pg_sink *sink, hr_pg_lane *lane, uint64_t ordinal, hr_error *err) HR_MUST_CHECK;
/* After the COPY of all rows failed: loads those that the server takes and refuses the others. `immediate`: with
 * deferred constraints checked row by row. */
hr_status hr_pg_salvage(hr_pg_sink *sink, hr_pg_lane *lane, bool immediate, hr_error *err) HR_MUST_CHECK;
/* Tells of rows that the server took without a word, and did not put into the table. */
hr_status hr_pg_tell_kept_back(const hr_pg_sink *sink, const hr_pg_lane *lane, hr_error *err) HR_MUST_CHECK;

/* ---- sink_stage.c ------------------------------------------------------------------------------------------- */

/* The statements of the sink's mode. */
hr_status hr_pg_statements(hr_pg_sink *sink, hr_error *err) HR_MUST_CHECK;
/* Modes that look for conflicts. */
bool hr_pg_is_keyed(const hr_pg_sink *sink);
/* Rows go to the temporary table first. */
bool hr_pg_is_staged(const hr_pg_sink *sink);
/* From the temporary table into the table. *landed: rows that were inserted or updated; lane->taken as well. */
hr_status hr_pg_insert(hr_pg_sink *sink, hr_pg_lane *lane, uint64_t *landed, hr_error *err) HR_MUST_CHECK;

/* ---- sink_target.c, sink_map.c, sink_create.c ---------------------------------------------------------------- */

hr_status hr_pg_target_read(hr_pg *pg, hr_pg_target *target, hr_error *err) HR_MUST_CHECK;
/* The columns of conflicts: those of `key` ("a,b"), NULL: of the table's own key. */
hr_status hr_pg_target_key(hr_pg *pg, hr_pg_target *target, const char *key, hr_error *err) HR_MUST_CHECK;
bool hr_pg_in_key(const hr_pg_target *target, const char *name);
void hr_pg_target_clear(hr_pg_target *target); /* all but the names that were given */
void hr_pg_target_free(hr_pg_target *target);
/* What has to be looked at in values for the column. */
void hr_pg_guard(hr_copy_column *out, const hr_pg_column *column);
hr_status hr_pg_create(hr_pg_sink *sink, hr_pg *pg, const char *key, hr_error *err) HR_MUST_CHECK;
hr_status hr_pg_add_columns(hr_pg_sink *sink, hr_pg *pg, hr_error *err) HR_MUST_CHECK;
/* The table made ready for rows: everything above. */
hr_status hr_pg_make_ready(hr_pg_sink *sink, hr_error *err) HR_MUST_CHECK;
/* The type for a column in SQL, at most 200 bytes. */
void hr_pg_type_of(const hr_column *column, char out[200]);

/* ---- sink_position.c ------------------------------------------------------------------------------------------ */

/* Names the table of checkpoints. */
hr_status hr_pg_position_name(hr_pg_sink *sink, hr_error *err) HR_MUST_CHECK;
/* Makes the table of checkpoints where there is none, and takes the generation for this sink. */
hr_status hr_pg_position_open(hr_pg_sink *sink, hr_pg *pg, hr_error *err) HR_MUST_CHECK;
/* Moves the positions in the lane's transaction, and makes the receipt. */
hr_status hr_pg_position_move(hr_pg_sink *sink, hr_pg_lane *lane, const hr_checkpoint *checkpoint,
                              hr_error *err) HR_MUST_CHECK;
hr_status hr_pg_position_get(hr_pg_sink *sink, hr_pg *pg, const char *part, char at[HR_POSITION_MAX],
                             hr_error *err) HR_MUST_CHECK;

/* ---- sink_publish.c ------------------------------------------------------------------------------------------ */

hr_status hr_pg_commit(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err) HR_MUST_CHECK;
/* Whether the transaction of the receipt, which no connection of ours has any more, was committed. */
hr_status hr_pg_settle(hr_pg_sink *sink, const hr_receipt *receipt, hr_error *err) HR_MUST_CHECK;

/* ---- sink_altered.c ------------------------------------------------------------------------------------------ */

/* Whether the table, which the lane's transaction holds now, is still what rows were written for. HR_E_CHANGED: it is
 * not; retryable where the columns of the same table can be looked at again. */
hr_status hr_pg_check_altered(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err) HR_MUST_CHECK;
/* Says so when a table is made in which rows were landed before. */
hr_status hr_pg_tell_anew(const hr_pg_sink *sink, hr_error *err) HR_MUST_CHECK;
/* Whether the new table of mode replace is like the old one still. */
hr_status hr_pg_check_alike(const hr_pg_sink *sink, hr_pg *pg, hr_error *err) HR_MUST_CHECK;

/* ---- sink_replace.c ------------------------------------------------------------------------------------------- */

hr_status hr_pg_fresh_table(hr_pg_sink *sink, hr_pg *pg, hr_error *err) HR_MUST_CHECK;
hr_status hr_pg_swap(hr_pg_sink *sink, hr_pg *pg, hr_error *err) HR_MUST_CHECK;

extern const hr_sink_type hr_postgres_sink;

#endif
