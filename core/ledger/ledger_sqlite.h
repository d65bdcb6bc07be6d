/* ledger_sqlite.h: shared by the files of the SQLite ledger: its state, calls of prepared statements, error mapping. */
#ifndef HR_CORE_LEDGER_LEDGER_SQLITE_H
#define HR_CORE_LEDGER_LEDGER_SQLITE_H

#include <sqlite3.h>

#include "core/ledger/holder.h"
#include "core/ledger/ledger_sql.h"
#include "core/ledger/ledger_type.h"

typedef struct hr_sqlite {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[HR_SQL_COUNT]; /* prepared at their first use, kept until close */
    hr_holder self;
    char holder[37];            /* names this handle among those of the process */
    unsigned reading;           /* callbacks that are running */
    unsigned leases;            /* taken and not given back */
    char *leased;               /* feed of the newest of them, or NULL ... */
    uint64_t leased_generation; /* ... and its generation */
    int64_t abandoned_ns;       /* since when it had been held by those who did not give it back, or 0 */
} hr_sqlite;

/* ---- calls (ledger_sqlite_call.c) -------------------------------------------------------------------------- */

/* One use of a statement. Parameters are bound in order; the first failure sticks in `rc`, and later calls do nothing.
 * Bound memory must live until the call is closed. A statement that is in use already (a function called from a
 * callback of itself) is prepared once more for the inner use. */
typedef struct hr_sqlite_call {
    hr_sqlite *ledger;
    sqlite3_stmt *statement;
    hr_sql which;
    int index, rc;
} hr_sqlite_call;

hr_sqlite_call hr_sqlite_open_call(hr_sqlite *ledger, hr_sql which);
void hr_sqlite_bind_text(hr_sqlite_call *call, const char *text); /* NULL: NULL */
void hr_sqlite_bind_bytes(hr_sqlite_call *call, const void *data, size_t size);
void hr_sqlite_bind_int(hr_sqlite_call *call, int64_t number);
void hr_sqlite_bind_count(hr_sqlite_call *call, uint64_t number); /* HR_UNKNOWN: NULL */
void hr_sqlite_bind_time(hr_sqlite_call *call, int64_t wall_ns);  /* 0: NULL */
/* SQLITE_ROW, SQLITE_DONE or the first error. */
int hr_sqlite_step(hr_sqlite_call *call);
void hr_sqlite_close_call(hr_sqlite_call *call);
/* Steps to the end and closes. */
hr_status hr_sqlite_run(hr_sqlite_call *call, hr_error *err, const char *doing, const char *what);

/* Column values of the current row. */
const char *hr_sqlite_text(const hr_sqlite_call *call, int column);           /* NULL for NULL; until the next step */
bool hr_sqlite_text_copy(const hr_sqlite_call *call, int column, char **out); /* false: no memory */
void hr_sqlite_text_room(const hr_sqlite_call *call, int column, char *room, size_t capacity);
int64_t hr_sqlite_int(const hr_sqlite_call *call, int column);
uint64_t hr_sqlite_count(const hr_sqlite_call *call, int column); /* HR_UNKNOWN for NULL */

/* The error for result code `rc` while `doing` something to `what` (NULL: the ledger itself). */
hr_status hr_sqlite_fail(hr_sqlite *ledger, int rc, hr_error *err, const char *doing, const char *what);

/* ---- transactions ------------------------------------------------------------------------------------------- */

/* Takes the write lock. HR_E_STATE within a callback of the same ledger. */
hr_status hr_sqlite_begin(hr_sqlite *ledger, hr_error *err, const char *doing, const char *what);
/* Commits when `status` is HR_OK, else rolls back. Returns `status`, or why the commit failed. */
hr_status hr_sqlite_end(hr_sqlite *ledger, hr_status status, hr_error *err, const char *doing, const char *what);
/* HR_E_FENCED unless `generation` is the feed's present lease. Within a transaction. */
hr_status hr_sqlite_check_lease(hr_sqlite *ledger, const char *feed, uint64_t generation, hr_error *err);
/* The same for the lease that this handle took of the feed, if it took one: what belongs to a feed is not written by a
 * run that lost it. */
hr_status hr_sqlite_check_own(hr_sqlite *ledger, const char *feed, hr_error *err);

/* ---- the functions of the type ------------------------------------------------------------------------------- */

hr_status hr_sqlite_lease(void *state, const char *feed, int64_t ttl_ns, uint64_t *generation, hr_error *err);
hr_status hr_sqlite_renew(void *state, const char *feed, uint64_t generation, int64_t ttl_ns, hr_error *err);
int64_t hr_sqlite_abandoned(void *state);
hr_status hr_sqlite_unlease(void *state, const char *feed, uint64_t generation, hr_error *err);

hr_status hr_sqlite_job_new(void *state, const hr_job *job, hr_file *file, hr_error *err);
hr_status hr_sqlite_job(void *state, const char *id, hr_job *out, hr_error *err);
hr_status hr_sqlite_jobs(void *state, const char *feed, uint64_t limit, hr_job_each each, void *context, hr_error *err);
hr_status hr_sqlite_job_begin(void *state, const char *feed, uint64_t generation, const char *job, hr_error *err);
hr_status hr_sqlite_job_moved(void *state, const char *feed, uint64_t generation, const char *job,
                              const char *destination, hr_error *err);
hr_status hr_sqlite_commit(void *state, const hr_commit *commit, uint64_t *receipt_id, hr_error *err);

hr_status hr_sqlite_receipts(void *state, const char *feed, const char *job, bool pending_only, hr_receipt_each each,
                             void *context, hr_error *err);
hr_status hr_sqlite_published(void *state, uint64_t receipt_id, hr_error *err);
hr_status hr_sqlite_withdraw(void *state, uint64_t receipt_id, hr_error *err);
hr_status hr_sqlite_part(void *state, const char *feed, const char *source, const char *name, char at[HR_POSITION_MAX],
                         hr_error *err);
hr_status hr_sqlite_parts(void *state, const char *feed, hr_part_each each, void *context, hr_error *err);
hr_status hr_sqlite_id(void *state, char out[33], hr_error *err);
/* Moves the parts of a commit, within a transaction. HR_E_STATE: one of them stands elsewhere. */
hr_status hr_sqlite_move_parts(hr_sqlite *ledger, const hr_commit *commit, hr_error *err);
/* Whether they stand where the commit thinks: HR_E_STATE when not. */
hr_status hr_sqlite_check_parts(hr_sqlite *ledger, const hr_commit *commit, hr_error *err);
/* Checks a commit and does all that it says but its receipt; within a transaction, after a look at the lease. */
hr_status hr_sqlite_apply(hr_sqlite *ledger, const hr_commit *commit, int64_t *number, hr_error *err);
hr_status hr_sqlite_keys(void *state, const char *feed, uint64_t *length, char shape[512], hr_error *err);
hr_status hr_sqlite_rejects(void *state, const char *job, int retried, hr_reject_each each, void *context,
                            hr_error *err);

hr_status hr_sqlite_file(void *state, const char *feed, const char *uri, hr_file *out, hr_error *err);
hr_status hr_sqlite_file_by_hash(void *state, const char *feed, const char *sha256, hr_file *out, hr_error *err);
hr_status hr_sqlite_file_put(void *state, hr_file *file, hr_error *err);
hr_status hr_sqlite_files(void *state, const char *feed, hr_file_each each, void *context, hr_error *err);
/* Inserts (id 0) or replaces `file`, within a transaction; a new one's id and number are put out. `job` stands in for
 * an empty file->job. */
hr_status hr_sqlite_file_write(hr_sqlite *ledger, const hr_file *file, const char *job, uint64_t *id, uint64_t *number,
                               hr_error *err);

hr_status hr_sqlite_event(void *state, const char *feed, const hr_event *event, hr_error *err);
hr_status hr_sqlite_events(void *state, const char *feed, hr_event_each each, void *context, hr_error *err);
/* Inserts one event, within a transaction. */
hr_status hr_sqlite_event_write(hr_sqlite *ledger, const char *feed, const hr_event *event, hr_error *err);

#endif
