/* connect.h: a connection to a PostgreSQL server, shared by source and sink: connecting, statements that can be
 * interrupted, errors with what can be done about them, quoting.
 *
 * libpq reads .pgpass, service files, PGSSL* and all of its environment by itself; what the URI says wins. Nothing here
 * blocks in libpq but the resolving of host names and the sending of a cancellation.
 */
#ifndef HR_CONNECTORS_POSTGRES_CONNECT_H
#define HR_CONNECTORS_POSTGRES_CONNECT_H

#include <libpq-fe.h>

#include "core/base/base.h"
#include "headrace/connector.h"

/* ---- waking ------------------------------------------------------------------------------------------------ */

/* What interrupt raises and every wait of the connections that share it looks at. It stays raised. */
typedef struct hr_pg_wake {
    int fd;
} hr_pg_wake;
hr_status hr_pg_wake_open(hr_pg_wake *wake, hr_error *err) HR_MUST_CHECK;
void hr_pg_wake_raise(const hr_pg_wake *wake); /* async-signal-safe */
bool hr_pg_wake_raised(const hr_pg_wake *wake);
void hr_pg_wake_close(hr_pg_wake *wake);

/* ---- connections ------------------------------------------------------------------------------------------- */

/* Rows for the option tables of everything that connects. */
#define HR_PG_OPTIONS                                                                                                 \
    {                                                                                                                 \
        "password",                                                                                                   \
        HR_OPTION_TEXT,                                                                                               \
        NULL,                                                                                                         \
        "TEXT",                                                                                                       \
        "Password of the database, better given as ${file:PATH} or in .pgpass.",                                      \
        true},                                                                                                        \
        {"connect-timeout", HR_OPTION_TIME, "30s", "TIME", "How long connecting to the database may take.", false},   \
        {"statement-timeout",                                                                                         \
         HR_OPTION_TIME,                                                                                              \
         NULL,                                                                                                        \
         "TIME",                                                                                                      \
         "How long a statement may run in the database; unset: as long as it takes, whatever role and database say.", \
         false},                                                                                                      \
    {                                                                                                                 \
        "lock-timeout", HR_OPTION_TIME, NULL, "TIME",                                                                 \
            "How long a statement waits for a lock in the database; unset: as the database has it.", false            \
    }

typedef struct hr_pg_settings {
    const char *uri;           /* as the plan has it */
    const hr_options *options; /* with the rows of HR_PG_OPTIONS */
    const char *feed;          /* for application_name, "headrace FEED", unless the URI names another; may be NULL */
    const char *session;       /* target_session_attrs, unless the URI or the environment says it; NULL: any */
    const char *setup;         /* statements to be run when the connection stands; NULL: none */
    bool reads;                /* its transactions may only read */
    const hr_pg_wake *wake;
} hr_pg_settings;

typedef struct hr_pg {
    PGconn *conn; /* NULL: not connected */
    const hr_pg_wake *wake;
    PGresult *failure;   /* of the statement that failed last, when the server said so; until the next statement */
    char statement[160]; /* how the statement begins that was sent last, for errors */
    bool limited;        /* somebody wants statements to end after some time */
    bool reads;          /* as the settings have it */
    char backend[16];    /* process of the session that was set up; a pooler hands out numbers of its own */
} hr_pg;

hr_status hr_pg_open(hr_pg *pg, const hr_pg_settings *settings, hr_error *err) HR_MUST_CHECK;
/* HR_E_INVALID: the query of the URI has a key that is neither an option (those were taken out) nor one of libpq. */
hr_status hr_pg_check_query(const char *uri, const hr_options *options, hr_error *err) HR_MUST_CHECK;
/* Also of what was never opened. A statement that runs is cancelled when the connection was interrupted. */
void hr_pg_close(hr_pg *pg);
/* Whether a transaction runs in the session that was set up: `backend` is what it has for pg_backend_pid(). */
hr_status hr_pg_check_session(const hr_pg *pg, const char *backend, hr_error *err) HR_MUST_CHECK;
/* "host:port/database" of where it is connected. */
void hr_pg_where(const hr_pg *pg, char *out, size_t capacity);

/* ---- statements -------------------------------------------------------------------------------------------- */

/* Runs `sql`, which may be several statements without parameters, and gives the last result (HR_OK: of tuples, of a
 * command, or of a COPY that began; `out` NULL: it is not wanted). `doing` says for errors what this is for: "creating
 * the table \"x\"". */
hr_status hr_pg_run(hr_pg *pg, const char *sql, PGresult **out, const char *doing, hr_error *err) HR_MUST_CHECK;
/* One statement with `count` parameters as text (NULL: null). */
hr_status hr_pg_run_with(hr_pg *pg, const char *sql, const char *const *values, int count, PGresult **out,
                         const char *doing, hr_error *err) HR_MUST_CHECK;
/* Sends it without waiting for an answer, which hr_pg_result gets. */
hr_status hr_pg_send(hr_pg *pg, const char *sql, const char *doing, hr_error *err) HR_MUST_CHECK;
/* Waits for everything that was sent to be answered: the last result, or the first error. */
hr_status hr_pg_result(hr_pg *pg, PGresult **out, const char *doing, hr_error *err) HR_MUST_CHECK;
/* Waits until the socket can be read (or, with `writing`, written), at most `timeout_ms` (-1: for ever); input is
 * consumed. HR_AGAIN: the time is over. */
hr_status hr_pg_wait(hr_pg *pg, bool writing, int timeout_ms, hr_error *err) HR_MUST_CHECK;

/* ---- errors ------------------------------------------------------------------------------------------------ */

/* "while DOING: MESSAGE; DETAIL; HINT; CONTEXT", with the status and retryable of its SQLSTATE. NULL for `result`: the
 * connection's own error. Never holds a password. */
hr_status hr_pg_fail(const hr_pg *pg, const PGresult *result, const char *doing, hr_error *err);
/* SQLSTATE of the failure of the last statement, "" when the server gave none. */
const char *hr_pg_state(const hr_pg *pg);
/* Status and retryable of an SQLSTATE. */
hr_status hr_pg_status(const char *sqlstate, bool *retryable);

/* ---- SQL as text ------------------------------------------------------------------------------------------- */

/* "name", with quotes in it doubled. The name must hold no NUL byte and be valid UTF-8. */
bool hr_pg_quote_name(hr_buffer *out, const char *name);
/* 'text' or, where it holds backslashes, E'text' (right whatever standard_conforming_strings is). */
bool hr_pg_quote_text(hr_buffer *out, const char *text);
/* schema.table as people write it: dots separate, "quoted" parts are exact, unquoted ones too (no folding). Parts are
 * heap strings; *schema NULL when there is none. Names of more than 63 bytes, or none: HR_E_INVALID. */
hr_status hr_pg_split_name(const char *text, char **schema, char **table, hr_error *err) HR_MUST_CHECK;
#define HR_PG_NAME_MAX 63u

#endif
