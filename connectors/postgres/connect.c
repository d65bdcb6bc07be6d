/* connect.c: connections to a server: how they are made and ended, and how a wait in them is woken. */
#include "connectors/postgres/connect.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/uri.h"

/* ---- waking ------------------------------------------------------------------------------------------------ */

hr_status hr_pg_wake_open(hr_pg_wake *wake, hr_error *err)
{
    wake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return wake->fd < 0 ? hr_fail_errno(err, errno, "making an eventfd for the connection") : HR_OK;
}

void hr_pg_wake_raise(const hr_pg_wake *wake)
{
    int saved = errno;
    uint64_t one = 1;
    if (write(wake->fd, &one, sizeof one) < 0)
        errno = saved; /* full: it is raised already */
}

bool hr_pg_wake_raised(const hr_pg_wake *wake)
{
    struct pollfd look = {.fd = wake->fd, .events = POLLIN};
    return poll(&look, 1, 0) > 0;
}

void hr_pg_wake_close(hr_pg_wake *wake)
{
    if (wake->fd >= 0)
        close(wake->fd);
    wake->fd = -1;
}

static hr_status fail_interrupted(hr_error *err)
{
    return hr_fail(err, HR_E_INTERRUPTED, "interrupted while waiting for the database");
}

/* HR_AGAIN: the time is over. */
static hr_status wait_socket(const hr_pg *pg, bool reading, bool writing, int timeout_ms, bool *readable, hr_error *err)
{
    struct pollfd fds[2] = {{.fd = PQsocket(pg->conn)}, {.fd = pg->wake ? pg->wake->fd : -1, .events = POLLIN}};
    fds[0].events = (short)((reading ? POLLIN : 0) | (writing ? POLLOUT : 0));
    int ready;
    do
        ready = poll(fds, 2, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return hr_fail_errno(err, errno, "waiting for the database");
    if (fds[1].revents)
        return fail_interrupted(err);
    *readable = fds[0].revents & (POLLIN | POLLERR | POLLHUP);
    return ready ? HR_OK : HR_AGAIN;
}

hr_status hr_pg_wait(hr_pg *pg, bool writing, int timeout_ms, hr_error *err)
{
    bool readable = false;
    hr_status status = wait_socket(pg, true, writing, timeout_ms, &readable, err);
    if (status == HR_OK && readable && !PQconsumeInput(pg->conn))
        status = hr_pg_fail(pg, NULL, "talking to the database", err);
    return status;
}

/* ---- connecting -------------------------------------------------------------------------------------------- */

/* Notices are of no use here, and libpq would print them. */
static void drop_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

/* An @ in a password that is not written as %40 ends the password: the rest would be taken for the host, and shown. A
 * host that is the path of a socket may hold an @. */
static bool is_torn(const PQconninfoOption *parts)
{
    const char *host = NULL;
    for (; parts && parts->keyword; parts++)
        if (!strcmp(parts->keyword, "host"))
            host = parts->val;
    return host && *host != '/' && *host != '@' && strchr(host, '@');
}

/* libpq knows both schemes, in lower case. */
static char *libpq_uri(const char *uri)
{
    const char *rest = strstr(uri, "://");
    return rest ? hr_asprintf("postgresql%s", rest) : hr_strdup(uri);
}

/* What libpq says of a URI that it cannot read may quote any part of it: it is shown when there is no secret. */
static hr_status check_uri(const char *uri, const char *given, hr_error *err)
{
    char *why = NULL;
    PQconninfoOption *parts = PQconninfoParse(uri, &why);
    hr_status status = HR_OK;
    if (!parts) {
        char *shown = hr_uri_public(given, NULL, 0);
        if (!why || !shown)
            status = hr_fail_memory(err, "reading the URI of a database");
        else if (strcmp(shown, given) || strchr(given, '@'))
            status = hr_fail(err, HR_E_INVALID,
                             "this is no URI of a database that libpq can read; it looks like "
                             "postgres://USER@HOST:PORT/DATABASE?KEY=VALUE, with %%XX for special characters");
        else
            status = hr_fail(err, HR_E_INVALID, "this is no URI of a database: %.400s", why);
        hr_free(shown);
    } else if (is_torn(parts)) {
        status = hr_fail(err, HR_E_INVALID,
                         "the URI has more than one @ before its path: those of the user's name and the password are "
                         "written as %%40");
    }
    PQfreemem(why);
    PQconninfoFree(parts);
    return status;
}

/* Earlier pairs are defaults for what the URI leaves open; the password is given last and wins. */
static PGconn *start(const hr_pg_settings *settings, const char *uri)
{
    char name[128];
    snprintf(name, sizeof name, settings->feed && *settings->feed ? "headrace %.100s" : "headrace", settings->feed);
    const char *password = hr_options_get(settings->options, "password");
    /* A peer that vanished is noticed within a minute: while it owes an acknowledgement by tcp_user_timeout (which also
     * ends the wait for a host that drops everything, so that the next one is tried), else by keepalives. */
    const char *keys[] = {"fallback_application_name",
                          "client_encoding",
                          "keepalives_idle",
                          "keepalives_interval",
                          "keepalives_count",
                          "tcp_user_timeout",
                          settings->session ? "target_session_attrs" : "client_encoding",
                          "dbname",
                          "client_encoding",
                          password ? "password" : NULL,
                          NULL};
    const char *values[] = {name, "UTF8", "20",     "10", "4", "45000", settings->session ? settings->session : "UTF8",
                            uri,  "UTF8", password, NULL};
    return PQconnectStartParams(keys, values, 1);
}

static hr_status connect_step(hr_pg *pg, int64_t until_ns, bool *done, hr_error *err)
{
    PostgresPollingStatusType next = PQconnectPoll(pg->conn);
    bool readable;
    *done = next == PGRES_POLLING_OK;
    if (*done)
        return HR_OK;
    if (next == PGRES_POLLING_FAILED)
        return hr_pg_fail(pg, NULL, "connecting to the database", err);
    int64_t left_ms = (until_ns - hr_clock_steady_ns()) / 1000000;
    hr_status status = wait_socket(pg, next == PGRES_POLLING_READING, next == PGRES_POLLING_WRITING,
                                   left_ms > 0 ? (int)left_ms : 0, &readable, err);
    if (status != HR_AGAIN)
        return status;
    status = hr_fail(err, HR_E_IO, "connecting to the database took longer than option connect-timeout allows");
    if (err)
        err->retryable = true;
    return status;
}

/* libpq refuses parameters and services before it looks for a host. */
static bool has_looked(const char *message)
{
    static const char *const parts[] = {"connection to server", "could not connect", "could not translate host name"};
    for (size_t i = 0; i < HR_COUNT(parts); i++)
        if (strstr(message, parts[i]))
            return true;
    return false;
}

static hr_status fail_start(const hr_pg *pg, hr_error *err)
{
    hr_status status = hr_pg_fail(pg, NULL, "connecting to the database", err);
    if (has_looked(PQerrorMessage(pg->conn)) || !err)
        return status;
    hr_error reason = *err;
    return hr_fail(err, HR_E_INVALID, "%s", reason.text);
}

static hr_status finish_connect(hr_pg *pg, const hr_pg_settings *settings, hr_error *err)
{
    uint64_t limit_ms = hr_options_count(settings->options, "connect-timeout", 30000);
    int64_t until = hr_clock_steady_ns() + (int64_t)(limit_ms < 86400000 ? limit_ms : 86400000) * 1000000;
    bool done = false;
    hr_status status = HR_OK;
    PQsetNoticeReceiver(pg->conn, drop_notice, NULL);
    PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE); /* so that a refusal has its SQLSTATE */
    if (PQstatus(pg->conn) == CONNECTION_BAD)
        return fail_start(pg, err);
    /* By the rules of PQconnectPoll the first wait is one for writing. */
    bool readable;
    if (PQsocket(pg->conn) >= 0) {
        status = wait_socket(pg, false, true, (int)(limit_ms < 86400000 ? limit_ms : 86400000), &readable, err);
        status = status == HR_AGAIN ? HR_OK : status;
    }
    while (status == HR_OK && !done)
        status = connect_step(pg, until, &done, err);
    if (status == HR_OK)
        PQsetErrorVerbosity(pg->conn, PQERRORS_DEFAULT);
    if (status == HR_OK && PQsetnonblocking(pg->conn, 1))
        status = hr_pg_fail(pg, NULL, "connecting to the database", err);
    return status;
}

/* Whether libpq's own `options` (of the URI, or PGOPTIONS) name a setting: "-c NAME=", "--NAME=". */
static bool in_libpq_options(const hr_pg *pg, const char *name)
{
    const char *given = PQoptions(pg->conn);
    size_t size = strlen(name);
    for (; given && *given; given++) {
        size_t i = 0;
        while (i < size && (given[i] == name[i] || (name[i] == '_' && given[i] == '-')))
            i++;
        if (i == size)
            return true;
    }
    return false;
}

/* How long our transactions stand open and how long a COPY takes depends on the rows: limits that role, database or
 * server have for others end no load. One that was meant for us holds, by our option or by those of libpq. */
static hr_status set_up(hr_pg *pg, const hr_pg_settings *settings, hr_error *err)
{
    static const char *const limits[][2] = {{"statement-timeout", "statement_timeout"},
                                            {"lock-timeout", "lock_timeout"}};
    int version = PQserverVersion(pg->conn);
    hr_buffer sql = {0};
    bool ok = hr_buffer_text(&sql, "SET idle_in_transaction_session_timeout = 0") &&
              (version < 140000 || hr_buffer_text(&sql, "; SET idle_session_timeout = 0")) &&
              (version < 170000 || hr_buffer_text(&sql, "; SET transaction_timeout = 0"));
    for (size_t i = 0; i < HR_COUNT(limits); i++) {
        bool theirs = i || in_libpq_options(pg, limits[i][1]); /* what waits for a lock is tried again */
        uint64_t ms = hr_options_count(settings->options, limits[i][0], theirs ? HR_UNKNOWN : 0);
        pg->limited = pg->limited || (!i && ms);
        if (ms != HR_UNKNOWN)
            ok = ok && hr_buffer_printf(&sql, "; SET %s = %llu", limits[i][1],
                                        (unsigned long long)(ms < INT32_MAX ? ms : INT32_MAX));
    }
    if (settings->setup)
        ok = ok && hr_buffer_printf(&sql, "; %s", settings->setup);
    ok = ok && hr_buffer_text(&sql, "; SELECT pg_backend_pid()") && hr_buffer_add(&sql, "", 1);
    PGresult *result = NULL;
    hr_status status = ok ? hr_pg_run(pg, (const char *)sql.data, &result, "setting up the connection", err)
                          : hr_fail_memory(err, "connecting to the database");
    if (status == HR_OK)
        snprintf(pg->backend, sizeof pg->backend, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    hr_buffer_free(&sql);
    return status;
}

hr_status hr_pg_check_session(const hr_pg *pg, const char *backend, hr_error *err)
{
    if (!strcmp(pg->backend, backend))
        return HR_OK;
    return hr_fail(
        err, HR_E_UNSUPPORTED,
        "a transaction ran in another session of the database than the one that was set up for it: a pooler "
        "pools by transaction, and has to pool by session for headrace (pool_mode = session), or be passed by");
}

hr_status hr_pg_open(hr_pg *pg, const hr_pg_settings *settings, hr_error *err)
{
    *pg = (hr_pg){.wake = settings->wake, .reads = settings->reads};
    char *uri = libpq_uri(settings->uri);
    hr_status status = uri ? HR_OK : hr_fail_memory(err, "connecting to the database");
    if (status == HR_OK)
        status = hr_pg_check_query(settings->uri, settings->options, err);
    if (status == HR_OK)
        status = check_uri(uri, settings->uri, err);
    if (status == HR_OK && !(pg->conn = start(settings, uri)))
        status = hr_fail_memory(err, "connecting to the database");
    if (status == HR_OK)
        status = finish_connect(pg, settings, err);
    if (status == HR_OK)
        status = set_up(pg, settings, err);
    if (status != HR_OK)
        hr_pg_close(pg);
    if (uri)
        explicit_bzero(uri, strlen(uri));
    hr_free(uri);
    return status;
}

/* A statement of ours that goes on after we left would hold its locks until it ends by itself. */
static void cancel_running(const hr_pg *pg)
{
    char why[256];
    PGcancel *cancel = PQgetCancel(pg->conn);
    if (cancel)
        (void)PQcancel(cancel, why, sizeof why);
    PQfreeCancel(cancel);
}

void hr_pg_close(hr_pg *pg)
{
    if (pg->conn && PQtransactionStatus(pg->conn) == PQTRANS_ACTIVE && PQstatus(pg->conn) == CONNECTION_OK &&
        pg->wake && hr_pg_wake_raised(pg->wake))
        cancel_running(pg);
    PQclear(pg->failure);
    PQfinish(pg->conn);
    pg->conn = NULL;
    pg->failure = NULL;
}

void hr_pg_where(const hr_pg *pg, char *out, size_t capacity)
{
    const char *host = PQhost(pg->conn), *port = PQport(pg->conn), *database = PQdb(pg->conn);
    snprintf(out, capacity, "%s:%s/%s", host ? host : "", port ? port : "", database ? database : "");
}
