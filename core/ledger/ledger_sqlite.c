/* ledger_sqlite.c: opens, migrates and closes the SQLite file of a ledger, and says where its key logs lie. */
#include "core/ledger/ledger_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

/* How long a call waits for another process's transaction. */
#define BUSY_MS 5000
#define SCHEMA_VERSION ((int)HR_COUNT(hr_sql_schema))

/* ---- the file and its folder -------------------------------------------------------------------------------- */

static hr_status sync_folder(const char *folder, hr_error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        int code = errno;
        if (fd >= 0)
            close(fd);
        return hr_fail_errno(err, code, "making folder '%s' durable", folder);
    }
    close(fd);
    return HR_OK;
}

/* Makes `folder` and those above it, 0700, each one durable in its parent. `folder` is changed and restored. */
static hr_status make_folders(char *folder, hr_error *err)
{
    struct stat info;
    if (stat(folder, &info) == 0) {
        return S_ISDIR(info.st_mode)
                   ? HR_OK
                   : hr_fail(err, HR_E_INVALID, "making the ledger's folder: '%s' is no folder", folder);
    }
    if (errno != ENOENT)
        return hr_fail_errno(err, errno, "making the ledger's folder '%s'", folder);
    char *slash = strrchr(folder, '/');
    if (slash && slash != folder) {
        *slash = '\0';
        hr_status status = make_folders(folder, err);
        *slash = '/';
        if (status != HR_OK)
            return status;
    }
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return hr_fail_errno(err, errno, "making the ledger's folder '%s'", folder);
    char saved = slash ? slash[1] : '\0';
    if (slash)
        slash[1] = '\0';
    hr_status status = sync_folder(slash ? folder : ".", err);
    if (slash)
        slash[1] = saved;
    return status;
}

/* The folder of `path` in a heap string, without a slash at its end. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return hr_strdup(".");
    while (slash > path && slash[-1] == '/')
        slash--;
    return hr_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Makes an empty file 0600 where none is. By mknod, which opens nothing: a close of any descriptor of the file would
 * drop the locks that another connection of this process holds on it. */
static hr_status make_file(const char *path, hr_error *err)
{
    struct stat info;
    char *folder = folder_of(path);
    if (!folder)
        return hr_fail_memory(err, "opening the ledger");
    hr_status status = make_folders(folder, err);
    if (status != HR_OK)
        goto out;
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode)) {
            status = hr_fail(err, HR_E_INVALID,
                             "opening the ledger: '%s' is a folder; name a file in it (option ledger)", path);
        } else if (!S_ISREG(info.st_mode)) {
            status = hr_fail(err, HR_E_INVALID, "opening the ledger: '%s' is no file (option ledger)", path);
        }
    } else if (errno != ENOENT) {
        status = hr_fail_errno(err, errno, "opening the ledger '%s'", path);
    } else if (mknod(path, S_IFREG | 0600, 0) == 0) {
        status = sync_folder(folder, err);
    } else if (errno != EEXIST) {
        status = hr_fail_errno(err, errno, "creating the ledger '%s'", path);
    }
out:
    hr_free(folder);
    return status;
}

/* ---- schema ------------------------------------------------------------------------------------------------- */

/* The first column of the first row of `sql`. */
static hr_status query_int(hr_sqlite *ledger, const char *sql, int64_t *out, hr_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(ledger->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    hr_status status = HR_OK;
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        status = hr_sqlite_fail(ledger, rc, err, "opening the ledger", NULL);
    sqlite3_finalize(statement);
    return status;
}

static hr_status run_sql(hr_sqlite *ledger, const char *sql, hr_error *err)
{
    int rc = sqlite3_exec(ledger->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? HR_OK : hr_sqlite_fail(ledger, rc, err, "opening the ledger", NULL);
}

/* Refuses other programs' databases and ledgers from a later headrace, before anything is changed. Within a
 * transaction, as another process may be migrating. */
static hr_status check_version(hr_sqlite *ledger, int64_t *version, hr_error *err)
{
    int64_t application = 0, tables = 0;
    hr_status status = query_int(ledger, "PRAGMA application_id", &application, err);
    if (status == HR_OK)
        status = query_int(ledger, "PRAGMA user_version", version, err);
    if (status == HR_OK)
        status = query_int(ledger, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (status != HR_OK)
        return status;
    bool empty = application == 0 && *version == 0 && tables == 0;
    if (application != HR_SQL_APPLICATION && !empty) {
        status = hr_fail(err, HR_E_INVALID,
                         "opening the ledger: this is the SQLite database of another program; name another "
                         "file (option ledger)");
    } else if (*version > SCHEMA_VERSION) {
        status = hr_fail(err, HR_E_UNSUPPORTED,
                         "opening the ledger: its format %lld is newer than this headrace (%d); use the "
                         "headrace that wrote it, or a later one",
                         (long long)*version, SCHEMA_VERSION);
    }
    hr_error_origin(err, ledger->path);
    return status;
}

static hr_status migrate(hr_sqlite *ledger, hr_error *err)
{
    int64_t version = 0;
    hr_status status = hr_sqlite_begin(ledger, err, "migrating the ledger", NULL);
    if (status != HR_OK)
        return status;
    /* Again, as another process may just have done it. */
    status = check_version(ledger, &version, err);
    for (int64_t from = version; status == HR_OK && from < SCHEMA_VERSION; from++) {
        char text[96];
        snprintf(text, sizeof text, "PRAGMA application_id = %d; PRAGMA user_version = %d", HR_SQL_APPLICATION,
                 (int)from + 1);
        status = run_sql(ledger, hr_sql_schema[from], err);
        if (status == HR_OK)
            status = run_sql(ledger, text, err);
    }
    return hr_sqlite_end(ledger, status, err, "migrating the ledger", NULL);
}

/* SQLite does not wait for other connections when it changes the journal mode, so we do. */
static hr_status use_wal(hr_sqlite *ledger, hr_error *err)
{
    for (int waited = 0;; waited += 10) {
        int rc = sqlite3_exec(ledger->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            return HR_OK;
        if ((rc & 0xff) != SQLITE_BUSY || waited >= BUSY_MS)
            return hr_sqlite_fail(ledger, rc, err, "opening the ledger", NULL);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
}

static hr_status set_up(hr_sqlite *ledger, hr_error *err)
{
    int64_t version = 0;
    sqlite3_extended_result_codes(ledger->db, 1);
    sqlite3_busy_timeout(ledger->db, BUSY_MS);
    sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (sqlite3_db_readonly(ledger->db, "main") == 1) {
        hr_status status = hr_fail(err, HR_E_PERMISSION,
                                   "opening the ledger: the file cannot be written to; it and its folder "
                                   "must be writable");
        hr_error_origin(err, ledger->path);
        return status;
    }
    hr_status status = run_sql(ledger, "BEGIN", err);
    if (status == HR_OK)
        status = check_version(ledger, &version, err);
    if (status == HR_OK)
        status = run_sql(ledger, "COMMIT", err);
    if (status == HR_OK)
        status = use_wal(ledger, err);
    if (status == HR_OK) {
        /* FULL: each commit is on the disk when it returns; NORMAL would lose the last ones with the power. */
        status = run_sql(ledger,
                         "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                         "PRAGMA journal_size_limit = 67108864",
                         err);
    }
    if (status == HR_OK && version < SCHEMA_VERSION)
        status = migrate(ledger, err);
    return status;
}

/* ---- open, close -------------------------------------------------------------------------------------------- */

static void close_ledger(void *state)
{
    hr_sqlite *ledger = state;
    if (ledger->leases > 0) {
        /* Best effort: a lease that stays ends with its time, or with this process. */
        hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_LEASE_FREE_ALL);
        hr_sqlite_bind_text(&call, ledger->holder);
        (void)hr_sqlite_run(&call, NULL, "giving back leases", NULL);
    }
    for (int i = 0; i < HR_SQL_COUNT; i++)
        sqlite3_finalize(ledger->statements[i]);
    sqlite3_close(ledger->db);
    hr_free(ledger->leased);
    hr_free(ledger->path);
}

static hr_status open_ledger(void *state, const char *uri, hr_error *err)
{
    hr_sqlite *ledger = state;
    const char *path = strncmp(uri, "sqlite://", 9) == 0 ? uri + 9 : uri;
    if (path[0] == '\0')
        return hr_fail(err, HR_E_INVALID, "opening the ledger: '%s' names no file (option ledger)", uri);
    /* SQLite gives names such as "file:x" and ":memory:" a meaning of their own; behind a slash they have none. */
    ledger->path = path[0] == '/' ? hr_strdup(path) : hr_asprintf("./%s", path);
    if (!ledger->path)
        return hr_fail_memory(err, "opening the ledger");
    hr_holder_self(&ledger->self);
    hr_status status = hr_uuid_new(ledger->holder, err);
    if (status == HR_OK)
        status = make_file(ledger->path, err);
    if (status == HR_OK) {
        int rc = sqlite3_open_v2(ledger->path, &ledger->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
        status = rc == SQLITE_OK ? set_up(ledger, err) : hr_sqlite_fail(ledger, rc, err, "opening the ledger", NULL);
    }
    if (status != HR_OK)
        close_ledger(ledger);
    return status;
}

/* A feed's name as a file name: letters, digits, '-' and '_' stand for themselves, other bytes are %XX; one that would
 * be too long is cut and ends in its hash. */
static char *key_file_name(const char *feed)
{
    char name[200];
    size_t size = 0;
    for (const char *at = feed; *at && size < 160; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
                     *at == '-' || *at == '_';
        size += (size_t)snprintf(name + size, sizeof name - size, plain ? "%c" : "%%%02X", (unsigned char)*at);
    }
    if (size >= 160)
        snprintf(name + size, sizeof name - size, "~%016llx", (unsigned long long)XXH3_64bits(feed, strlen(feed)));
    return hr_asprintf("%s.keys", name);
}

static hr_status key_path(void *state, const char *feed, char **out, hr_error *err)
{
    hr_sqlite *ledger = state;
    char *folder = hr_asprintf("%s.keys", ledger->path);
    char *name = key_file_name(feed);
    char *path = folder && name ? hr_asprintf("%s/%s", folder, name) : NULL;
    hr_status status = path ? make_folders(folder, err) : hr_fail_memory(err, "naming a key log");
    if (status == HR_OK)
        *out = path;
    else
        hr_free(path);
    hr_free(folder);
    hr_free(name);
    return status;
}

const hr_ledger_type hr_ledger_sqlite = {
    .scheme = "sqlite",
    .state_size = sizeof(hr_sqlite),
    .open = open_ledger,
    .close = close_ledger,
    .key_path = key_path,
    .lease = hr_sqlite_lease,
    .abandoned = hr_sqlite_abandoned,
    .renew = hr_sqlite_renew,
    .unlease = hr_sqlite_unlease,
    .job_new = hr_sqlite_job_new,
    .job = hr_sqlite_job,
    .jobs = hr_sqlite_jobs,
    .job_begin = hr_sqlite_job_begin,
    .job_moved = hr_sqlite_job_moved,
    .commit = hr_sqlite_commit,
    .receipts = hr_sqlite_receipts,
    .published = hr_sqlite_published,
    .withdraw = hr_sqlite_withdraw,
    .part = hr_sqlite_part,
    .parts = hr_sqlite_parts,
    .id = hr_sqlite_id,
    .keys = hr_sqlite_keys,
    .rejects = hr_sqlite_rejects,
    .file = hr_sqlite_file,
    .file_by_hash = hr_sqlite_file_by_hash,
    .file_put = hr_sqlite_file_put,
    .files = hr_sqlite_files,
    .event = hr_sqlite_event,
    .events = hr_sqlite_events,
};
