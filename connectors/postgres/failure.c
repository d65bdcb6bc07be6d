/* failure.c: what a failure of the server or of the connection is for us, and its text. */
#include <stdio.h>

#include "connectors/postgres/connect.h"

/* By SQLSTATE (appendix A of the manual): the longest prefix that fits. */
typedef struct meaning {
    const char *prefix;
    hr_status status;
    bool retryable;
} meaning;

static const meaning meanings[] = {
    {"57P01", HR_E_IO, true}, /* ended by an administrator, a crash of another backend, or not up yet */
    {"57P02", HR_E_IO, true},
    {"57P03", HR_E_IO, true},
    {"57P05", HR_E_IO, true},
    {"25006", HR_E_IO, true}, /* read only: a primary that became a standby */
    {"25P03", HR_E_IO, true},
    {"40001", HR_E_BUSY, true},
    {"40003", HR_E_IO, true},
    {"40P01", HR_E_BUSY, true},
    {"55P03", HR_E_BUSY, true},
    {"55006", HR_E_BUSY, true},
    {"57014", HR_E_LIMIT, false}, /* cancelled, most often by statement_timeout */
    {"42501", HR_E_PERMISSION, false},
    {"42P01", HR_E_NOT_FOUND, false},
    {"42703", HR_E_NOT_FOUND, false},
    {"53100", HR_E_SPACE, true},
    {"53200", HR_E_MEMORY, true},
    {"53300", HR_E_BUSY, true},
    {"53400", HR_E_LIMIT, false}, /* a limit that somebody has set, such as temp_file_limit */
    {"3D", HR_E_NOT_FOUND, false},
    {"3F", HR_E_NOT_FOUND, false},
    {"28", HR_E_PERMISSION, false},
    {"08", HR_E_IO, true},
    {"53", HR_E_BUSY, true},
    {"58", HR_E_IO, false},
    {"XX", HR_E_IO, false},
};

hr_status hr_pg_status(const char *sqlstate, bool *retryable)
{
    for (size_t i = 0; i < HR_COUNT(meanings); i++)
        if (!strncmp(sqlstate, meanings[i].prefix, strlen(meanings[i].prefix))) {
            *retryable = meanings[i].retryable;
            return meanings[i].status;
        }
    *retryable = false;
    return HR_E_INVALID;
}

const char *hr_pg_state(const hr_pg *pg)
{
    const char *state = pg->failure ? PQresultErrorField(pg->failure, PG_DIAG_SQLSTATE) : NULL;
    return state ? state : "";
}

/* While connecting there is no result, but with all verbosity the text has "FATAL:  28P01: ..." in any language. */
static bool state_in_text(const char *text, char state[6])
{
    bool found = false;
    for (const char *at = strstr(text, ":  "); at; at = strstr(at + 1, ":  ")) {
        const char *code = at + 3;
        if (strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && code[5] == ':') {
            memcpy(state, code, 5);
            state[5] = '\0';
            found = true; /* several hosts were tried: the last one counts */
        }
    }
    return found;
}

/* One line without "LOCATION: ..." (the server's own source files). */
static void flatten(const char *text, char *out, size_t capacity)
{
    size_t size = 0;
    for (const char *line = text; *line && size + 3 < capacity;) {
        size_t length = strcspn(line, "\n");
        size_t indent = strspn(line, " \t");
        indent = indent < length ? indent : length;
        if (strncmp(line, "LOCATION:", 9) != 0 && length > indent) {
            int wrote = snprintf(out + size, capacity - size, "%s%.*s", size ? "; " : "", (int)(length - indent),
                                 line + indent);
            size = wrote < 0 ? size : (size_t)wrote < capacity - size ? size + (size_t)wrote : capacity - 1;
        }
        line += length + (line[length] == '\n');
    }
    out[size] = '\0';
}

/* Encryption that was asked for and cannot be had will not be had later. libpq has no codes for that; its texts are not
 * translated, because no locale is set. */
static bool is_about_encryption(const char *message)
{
    static const char *const parts[] = {
        "does not support SSL", "certificate",      "private key file",     "channel binding",
        "GSSAPI encryption",    "alert unknown ca", "unsupported protocol", "alert protocol version",
        "wrong version number"};
    for (size_t i = 0; i < HR_COUNT(parts); i++)
        if (strstr(message, parts[i]))
            return true;
    return false;
}

static hr_status fail_connection(const hr_pg *pg, const char *doing, hr_error *err)
{
    char state[6] = "08000", text[512];
    bool retryable = true;
    const char *message = PQerrorMessage(pg->conn);
    flatten(message, text, sizeof text);
    state_in_text(message, state);
    hr_status status = hr_pg_status(state, &retryable);
    if (PQstatus(pg->conn) == CONNECTION_OK && !strcmp(state, "08000") &&
        PQtransactionStatus(pg->conn) != PQTRANS_UNKNOWN)
        retryable = false; /* libpq itself could not do it */
    if (PQstatus(pg->conn) != CONNECTION_OK && !strcmp(state, "08000") && is_about_encryption(message))
        retryable = false;
    if (PQstatus(pg->conn) != CONNECTION_OK && PQconnectionNeedsPassword(pg->conn)) {
        retryable = false;
        status = hr_fail(err, HR_E_PERMISSION,
                         "while %s: %s; a password is found in ~/.pgpass (or PGPASSFILE), in PGPASSWORD, or by "
                         "?password=${file:PATH}",
                         doing, text);
    } else if (strstr(message, "session is read-only")) {
        status = hr_fail(err, status,
                         "while %s: %s; rows can be written to a primary alone, and by a user for whom "
                         "default_transaction_read_only is off",
                         doing, text);
    } else {
        status = hr_fail(err, status, "while %s: %s", doing, *text ? text : "the connection was closed");
    }
    if (err)
        err->retryable = retryable;
    return status;
}

/* What cannot be known from the text alone: which limit it was, and of what. */
static void explain(const hr_pg *pg, const PGresult *result, const char *state, char *text, size_t capacity)
{
    size_t size = strlen(text);
    const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    if (!strcmp(state, "42501") && function && !strcmp(function, "check_enable_rls"))
        snprintf(
            text + size, capacity - size,
            "; it would hide rows: take a user whom no policy concerns (the owner, or one with BYPASSRLS), or, of a "
            "source, what is visible by option row-security=visible");
    else if (!strcmp(state, "57014"))
        snprintf(text + size, capacity - size, "; the statement was \"%.150s\"%s", pg->statement,
                 pg->limited ? ", and may run as long as option statement-timeout says" : ": somebody ended it");
    else if (!strcmp(state, "55P03"))
        snprintf(text + size, capacity - size,
                 "; the statement was \"%.150s\", and waits for locks as long as option lock-timeout says, or the "
                 "lock_timeout of role and database",
                 pg->statement);
    else if (!strcmp(state, "25006") && pg->reads)
        snprintf(text + size, capacity - size, "; what a source is asked for may not write, and locks no rows");
}

/* Whether the failure lies in our statement, although its SQLSTATE may also stand for one of the server or the
 * connection. Poolers report all of their failures as violations of the protocol (08P01), but none of them with
 * severity ERROR. */
static bool is_ours(const hr_pg *pg, const PGresult *result, const char *state)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return (!strcmp(state, "08P01") && severity && !strcmp(severity, "ERROR")) ||
           (pg->reads && !strcmp(state, "25006"));
}

hr_status hr_pg_fail(const hr_pg *pg, const PGresult *result, const char *doing, hr_error *err)
{
    static const struct {
        int field;
        const char *before;
    } more[] = {{PG_DIAG_MESSAGE_DETAIL, "; "}, {PG_DIAG_MESSAGE_HINT, "; hint: "}, {PG_DIAG_CONTEXT, "; in "}};
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (!state)
        return fail_connection(pg, doing, err);
    char text[900];
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    int size = snprintf(text, sizeof text, "%.400s", primary ? primary : "");
    for (size_t i = 0; i < HR_COUNT(more); i++) {
        const char *part = PQresultErrorField(result, more[i].field);
        if (part && size >= 0 && (size_t)size < sizeof text)
            size += snprintf(text + size, sizeof text - (size_t)size, "%s%.300s", more[i].before, part);
    }
    explain(pg, result, state, text, sizeof text);
    for (char *p = text; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    bool retryable;
    hr_status status = hr_pg_status(state, &retryable);
    if (is_ours(pg, result, state)) {
        status = HR_E_INVALID;
        retryable = false;
    }
    status = hr_fail(err, status, "while %s: %s (SQLSTATE %s)", doing, text, state);
    if (err)
        err->retryable = retryable;
    return status;
}
