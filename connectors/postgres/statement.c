/* statement.c: statements over a nonblocking connection: sent, waited for, and interrupted when that is asked. */
#include "connectors/postgres/connect.h"

static void forget_failure(hr_pg *pg)
{
    PQclear(pg->failure);
    pg->failure = NULL;
}

static void begin_statement(hr_pg *pg, const char *sql)
{
    forget_failure(pg);
    size_t size = strnlen(sql, sizeof pg->statement - 1);
    memcpy(pg->statement, sql, size);
    pg->statement[size] = '\0';
}

/* Sends what libpq still holds. */
static hr_status flush(hr_pg *pg, hr_error *err)
{
    int left;
    while ((left = PQflush(pg->conn)) > 0) {
        hr_status status = hr_pg_wait(pg, true, -1, err);
        if (status != HR_OK)
            return status;
    }
    return left < 0 ? hr_pg_fail(pg, NULL, "sending to the database", err) : HR_OK;
}

static hr_status wait_answer(hr_pg *pg, hr_error *err)
{
    hr_status status = flush(pg, err);
    while (status == HR_OK && PQisBusy(pg->conn))
        status = hr_pg_wait(pg, false, -1, err);
    return status;
}

static bool is_failure(const PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR:
    case PGRES_FATAL_ERROR: return true;
    default: return false;
    }
}

static bool begins_copy(const PGresult *result)
{
    ExecStatusType kind = PQresultStatus(result);
    return kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT;
}

hr_status hr_pg_result(hr_pg *pg, PGresult **out, const char *doing, hr_error *err)
{
    PGresult *last = NULL;
    forget_failure(pg);
    for (;;) {
        hr_status status = wait_answer(pg, err);
        if (status != HR_OK) {
            PQclear(last);
            return status;
        }
        PGresult *result = PQgetResult(pg->conn);
        if (!result)
            break;
        if (is_failure(result) && !pg->failure) {
            pg->failure = result;
            continue;
        }
        PQclear(last);
        last = result;
        if (begins_copy(result))
            break;
    }
    if (pg->failure || !last) {
        PQclear(last);
        return hr_pg_fail(pg, pg->failure, doing, err);
    }
    if (out)
        *out = last;
    else
        PQclear(last);
    return HR_OK;
}

hr_status hr_pg_send(hr_pg *pg, const char *sql, const char *doing, hr_error *err)
{
    begin_statement(pg, sql);
    return PQsendQuery(pg->conn, sql) ? HR_OK : hr_pg_fail(pg, NULL, doing, err);
}

hr_status hr_pg_run(hr_pg *pg, const char *sql, PGresult **out, const char *doing, hr_error *err)
{
    hr_status status = hr_pg_send(pg, sql, doing, err);
    return status == HR_OK ? hr_pg_result(pg, out, doing, err) : status;
}

hr_status hr_pg_run_with(hr_pg *pg, const char *sql, const char *const *values, int count, PGresult **out,
                         const char *doing, hr_error *err)
{
    begin_statement(pg, sql);
    if (!PQsendQueryParams(pg->conn, sql, count, NULL, values, NULL, NULL, 0))
        return hr_pg_fail(pg, NULL, doing, err);
    return hr_pg_result(pg, out, doing, err);
}
