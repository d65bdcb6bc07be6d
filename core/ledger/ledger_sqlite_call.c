/* ledger_sqlite_call.c: calls of prepared statements, transactions, and what SQLite's errors mean to us. */
#include "core/ledger/ledger_sqlite.h"

#include <errno.h>

#define STATEMENT_TEXT(name, text) text,
static const char *const statement_texts[] = {HR_SQL_STATEMENTS(STATEMENT_TEXT)};

hr_sqlite_call hr_sqlite_open_call(hr_sqlite *ledger, hr_sql which)
{
    hr_sqlite_call call = {.ledger = ledger, .which = which, .rc = SQLITE_OK};
    call.statement = ledger->statements[which];
    ledger->statements[which] = NULL;
    if (!call.statement) {
        call.rc = sqlite3_prepare_v3(ledger->db, statement_texts[which], -1, SQLITE_PREPARE_PERSISTENT, &call.statement,
                                     NULL);
    }
    return call;
}

void hr_sqlite_close_call(hr_sqlite_call *call)
{
    if (!call->statement)
        return;
    sqlite3_reset(call->statement);
    sqlite3_clear_bindings(call->statement);
    if (call->ledger->statements[call->which])
        sqlite3_finalize(call->statement);
    else
        call->ledger->statements[call->which] = call->statement;
    call->statement = NULL;
}

void hr_sqlite_bind_text(hr_sqlite_call *call, const char *text)
{
    call->index++;
    if (call->rc == SQLITE_OK)
        call->rc = sqlite3_bind_text(call->statement, call->index, text, -1, SQLITE_STATIC);
}

void hr_sqlite_bind_bytes(hr_sqlite_call *call, const void *data, size_t size)
{
    call->index++;
    if (call->rc == SQLITE_OK) {
        /* A NULL pointer would be stored as NULL, not as no bytes. */
        call->rc = sqlite3_bind_blob64(call->statement, call->index, size ? data : "", size, SQLITE_STATIC);
    }
}

void hr_sqlite_bind_int(hr_sqlite_call *call, int64_t number)
{
    call->index++;
    if (call->rc == SQLITE_OK)
        call->rc = sqlite3_bind_int64(call->statement, call->index, number);
}

void hr_sqlite_bind_count(hr_sqlite_call *call, uint64_t number)
{
    call->index++;
    if (call->rc == SQLITE_OK) {
        /* Other values beyond INT64_MAX do not occur: offsets and counts are bounded by off_t. */
        call->rc = number > INT64_MAX ? sqlite3_bind_null(call->statement, call->index)
                                      : sqlite3_bind_int64(call->statement, call->index, (int64_t)number);
    }
}

void hr_sqlite_bind_time(hr_sqlite_call *call, int64_t wall_ns)
{
    call->index++;
    if (call->rc == SQLITE_OK && wall_ns != 0)
        call->rc = sqlite3_bind_int64(call->statement, call->index, wall_ns);
}

int hr_sqlite_step(hr_sqlite_call *call)
{
    if (call->rc == SQLITE_OK || call->rc == SQLITE_ROW)
        call->rc = sqlite3_step(call->statement);
    return call->rc;
}

hr_status hr_sqlite_run(hr_sqlite_call *call, hr_error *err, const char *doing, const char *what)
{
    while (hr_sqlite_step(call) == SQLITE_ROW) {
    }
    hr_status status = call->rc == SQLITE_DONE ? HR_OK : hr_sqlite_fail(call->ledger, call->rc, err, doing, what);
    hr_sqlite_close_call(call);
    return status;
}

const char *hr_sqlite_text(const hr_sqlite_call *call, int column)
{
    return (const char *)sqlite3_column_text(call->statement, column);
}

bool hr_sqlite_text_copy(const hr_sqlite_call *call, int column, char **out)
{
    if (sqlite3_column_type(call->statement, column) == SQLITE_NULL) {
        *out = NULL;
        return true;
    }
    const char *text = hr_sqlite_text(call, column);
    *out = text ? hr_strdup(text) : NULL;
    return *out != NULL;
}

void hr_sqlite_text_room(const hr_sqlite_call *call, int column, char *room, size_t capacity)
{
    const char *text = hr_sqlite_text(call, column);
    size_t size = text ? strnlen(text, capacity - 1) : 0;
    memcpy(room, text ? text : "", size);
    room[size] = '\0';
}

int64_t hr_sqlite_int(const hr_sqlite_call *call, int column)
{
    return sqlite3_column_int64(call->statement, column);
}

uint64_t hr_sqlite_count(const hr_sqlite_call *call, int column)
{
    return sqlite3_column_type(call->statement, column) == SQLITE_NULL
               ? HR_UNKNOWN
               : (uint64_t)sqlite3_column_int64(call->statement, column);
}

/* What a result code is to us, whether trying again may help, and what the user can do. */
static hr_status classify(sqlite3 *db, int rc, bool *retryable, const char **advice)
{
    int system = db ? sqlite3_system_errno(db) : 0;
    *retryable = false;
    *advice = "";
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        *retryable = true;
        *advice = "; another process is writing to it, try again";
        return HR_E_BUSY;
    case SQLITE_FULL:
        *retryable = true;
        *advice = "; make room on its device";
        return HR_E_SPACE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        *advice = "; the file is damaged or is no ledger, restore it or name another one (option ledger)";
        return HR_E_CORRUPT;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: *advice = "; the file and its folder must be writable"; return HR_E_PERMISSION;
    case SQLITE_NOMEM: return HR_E_MEMORY;
    case SQLITE_TOOBIG:
        *advice = "; the value is larger than SQLite keeps, lower option limits.row_bytes";
        return HR_E_LIMIT;
    case SQLITE_CONSTRAINT: return rc == SQLITE_CONSTRAINT_FOREIGNKEY ? HR_E_NOT_FOUND : HR_E_EXISTS;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        if (system == ENOSPC || system == EDQUOT) {
            *retryable = true;
            *advice = "; make room on its device";
            return HR_E_SPACE;
        }
        if (rc == SQLITE_IOERR_NOMEM)
            return HR_E_MEMORY;
        return system == EACCES || system == EPERM || system == EROFS ? HR_E_PERMISSION : HR_E_IO;
    default: return HR_E_STATE;
    }
}

hr_status hr_sqlite_fail(hr_sqlite *ledger, int rc, hr_error *err, const char *doing, const char *what)
{
    bool retryable;
    const char *advice;
    /* The connection's message belongs to its last call, which is the failed one: nothing was called since. */
    const char *text =
        ledger->db && sqlite3_extended_errcode(ledger->db) == rc ? sqlite3_errmsg(ledger->db) : sqlite3_errstr(rc);
    int system = ledger->db ? sqlite3_system_errno(ledger->db) : 0;
    hr_status status = classify(ledger->db, rc, &retryable, &advice);
    bool show_system = system != 0 && ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN);
    hr_fail(err, status, "%s%s%s: %s%s%s%s", doing, what ? " " : "", what ? what : "", text, show_system ? ": " : "",
            show_system ? strerror(system) : "", advice);
    if (err)
        err->retryable = retryable;
    hr_error_origin(err, ledger->path);
    return status;
}

hr_status hr_sqlite_begin(hr_sqlite *ledger, hr_error *err, const char *doing, const char *what)
{
    if (ledger->reading > 0) {
        return hr_fail(err, HR_E_STATE, "%s%s%s: a callback of the ledger may not write to it", doing, what ? " " : "",
                       what ? what : "");
    }
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_BEGIN);
    return hr_sqlite_run(&call, err, doing, what);
}

hr_status hr_sqlite_end(hr_sqlite *ledger, hr_status status, hr_error *err, const char *doing, const char *what)
{
    if (status == HR_OK) {
        hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_COMMIT);
        status = hr_sqlite_run(&call, err, doing, what);
    }
    /* A full disk or an I/O error may have ended the transaction already. */
    if (status != HR_OK && !sqlite3_get_autocommit(ledger->db)) {
        hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_ROLLBACK);
        (void)hr_sqlite_run(&call, NULL, doing, what);
    }
    return status;
}
