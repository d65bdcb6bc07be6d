/* test_ledger_sqlite.c: the SQLite ledger as a file: its modes, its versions, and everything that can be wrong with it.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ledger/ledger.h"

static hr_error err;
static char folder[64], path[128];

static void make_folder(void)
{
    strcpy(folder, "/tmp/test-ledger-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a/b/ledger.db", folder);
}

static void remove_folder(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_expect_eq(system(command), 0);
}

TestSuite(ledger_sqlite, .init = make_folder, .fini = remove_folder);

static hr_status try_open(void)
{
    hr_ledger *ledger = NULL;
    hr_error_clear(&err);
    hr_status status = hr_ledger_open(path, &ledger, &err);
    hr_ledger_close(ledger);
    return status;
}

/* Runs `sql` on the database behind the ledger's back. */
static void edit(const char *sql)
{
    sqlite3 *db;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void write_file(const char *text, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, size), (ssize_t)size);
    close(fd);
}

static mode_t mode_of(const char *name)
{
    struct stat info;
    cr_assert_eq(stat(name, &info), 0, "%s", name);
    return info.st_mode & 0777;
}

Test(ledger_sqlite, new_ledger_is_readable_by_its_owner_only)
{
    hr_ledger *ledger;
    char name[160], *keys = NULL;
    umask(0);
    cr_assert_eq(hr_ledger_open(path, &ledger, &err), HR_OK, "%s", err.text);
    cr_assert_eq(mode_of(path), 0600);
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s%s", path, i ? "-shm" : "-wal");
        cr_assert_eq(mode_of(name), 0600, "%s", name);
    }
    snprintf(name, sizeof name, "%s/a", folder);
    cr_assert_eq(mode_of(name), 0700);
    snprintf(name, sizeof name, "%s/a/b", folder);
    cr_assert_eq(mode_of(name), 0700);
    cr_assert_eq(hr_ledger_key_path(ledger, "a", &keys, &err), HR_OK);
    *strrchr(keys, '/') = '\0';
    cr_assert_eq(mode_of(keys), 0700);
    hr_free(keys);
    hr_ledger_close(ledger);
}

Test(ledger_sqlite, key_paths_of_feeds_differ_and_stay_in_their_folder)
{
    char long_one[400], long_two[400];
    memset(long_one, 'x', sizeof long_one - 1);
    memset(long_two, 'x', sizeof long_two - 1);
    long_one[399] = long_two[399] = '\0';
    long_two[398] = 'y';
    const char *feeds[] = {"a", "A", "a/b", "a%2Fb", "../x", ".", "a b", "\xc3\xa9", long_one, long_two};
    char *paths[HR_COUNT(feeds)], prefix[160];
    hr_ledger *ledger;
    cr_assert_eq(hr_ledger_open(path, &ledger, &err), HR_OK);
    snprintf(prefix, sizeof prefix, "%s.keys/", path);
    for (size_t i = 0; i < HR_COUNT(feeds); i++) {
        cr_assert_eq(hr_ledger_key_path(ledger, feeds[i], &paths[i], &err), HR_OK);
        cr_assert_eq(strncmp(paths[i], prefix, strlen(prefix)), 0);
        cr_assert_null(strchr(paths[i] + strlen(prefix), '/'));
        cr_assert_lt(strlen(paths[i] + strlen(prefix)), 255);
        for (size_t j = 0; j < i; j++)
            cr_assert_str_neq(paths[i], paths[j]);
    }
    for (size_t i = 0; i < HR_COUNT(feeds); i++)
        hr_free(paths[i]);
    hr_ledger_close(ledger);
}

Test(ledger_sqlite, names_with_a_meaning_to_sqlite_are_just_names)
{
    const char *names[] = {":memory:", "file:x?mode=memory", "sqlite://relative.db"};
    cr_assert_eq(chdir(folder), 0);
    for (size_t i = 0; i < HR_COUNT(names); i++) {
        hr_ledger *ledger;
        cr_assert_eq(hr_ledger_open(names[i], &ledger, &err), HR_OK, "%s", err.text);
        hr_ledger_close(ledger);
        cr_assert_eq(mode_of(i < 2 ? names[i] : "relative.db"), 0600);
    }
    cr_assert_eq(chdir("/"), 0);
}

Test(ledger_sqlite, newer_version_is_refused_and_left_alone)
{
    cr_assert_eq(try_open(), HR_OK);
    edit("PRAGMA user_version = 99");
    cr_assert_eq(try_open(), HR_E_UNSUPPORTED);
    cr_assert_not_null(strstr(err.text, "format 99 is newer"), "%s", err.text);
    edit("PRAGMA user_version = 5");
    cr_assert_eq(try_open(), HR_OK);
}

static hr_status see_old_reject(void *context, const hr_reject_record *record, hr_error *e)
{
    (void)e;
    ++*(int *)context;
    cr_assert_gt(record->reject.raw_size, 4);
    cr_assert_geq(record->reject.column, 2);
    cr_assert_null(record->reject.column_name);
    cr_assert_null(record->reject.value);
    cr_assert_not(record->reject.value_cut);
    return HR_OK;
}

/* The dump of a ledger that an earlier version wrote is a ledger, with what it knew. */
Test(ledger_sqlite, ledger_of_format_3_is_brought_up_to_date)
{
    static const char id[] = "01a2055f-bced-7c7e-b5fd-e728dbc41e54";
    char text[20000];
    hr_ledger *ledger = NULL;
    int rejects = 0;
    hr_job job = {0};
    FILE *dump = fopen(HR_TEST_DATA "/ledger/format-3.sql", "r");
    cr_assert_not_null(dump);
    size_t size = fread(text, 1, sizeof text - 1, dump);
    fclose(dump);
    cr_assert_lt(size, sizeof text - 1);
    text[size] = '\0';
    snprintf(path, sizeof path, "%s/ledger.db", folder);
    edit(text);
    cr_assert_eq(hr_ledger_open(path, &ledger, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_ledger_job(ledger, id, &job, &err), HR_OK, "%s", err.text);
    cr_assert_eq(job.counts.rejected, 2);
    cr_assert_eq(hr_ledger_rejects(ledger, id, 0, see_old_reject, &rejects, &err), HR_OK, "%s", err.text);
    cr_assert_eq(rejects, 2);

    uint64_t generation;
    hr_reject reject = {.kind = HR_REJECT_TYPE,
                        .column = 1,
                        .raw = (const uint8_t *)"x",
                        .raw_size = 1,
                        .message = "m",
                        .column_name = "id",
                        .value = (const uint8_t *)"x",
                        .value_size = 1};
    hr_commit commit = {.feed = "orders",
                        .job = job.id,
                        .before = &job.position,
                        .after = &job.position,
                        .keys = HR_UNKNOWN,
                        .rejects = &reject,
                        .reject_count = 1};
    cr_assert_eq(hr_ledger_lease(ledger, "orders", 1000000000, &generation, &err), HR_OK, "%s", err.text);
    commit.generation = generation;
    cr_assert_eq(hr_ledger_commit(ledger, &commit, NULL, &err), HR_OK, "%s", err.text);
    hr_job_clear(&job);
    hr_ledger_close(ledger);
}

Test(ledger_sqlite, database_of_another_program_is_refused_and_left_alone)
{
    cr_assert_eq(try_open(), HR_OK);
    cr_assert_eq(unlink(path), 0);
    edit("CREATE TABLE mine (x)");
    cr_assert_eq(try_open(), HR_E_INVALID);
    cr_assert_not_null(strstr(err.text, "another program"), "%s", err.text);
    sqlite3 *db;
    sqlite3_stmt *statement;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &statement, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    cr_assert_str_eq((const char *)sqlite3_column_text(statement, 0), "delete");
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

Test(ledger_sqlite, folder_is_no_ledger)
{
    snprintf(path, sizeof path, "%s", folder);
    cr_assert_eq(try_open(), HR_E_INVALID);
    cr_assert_not_null(strstr(err.text, "is a folder"), "%s", err.text);
}

Test(ledger_sqlite, file_in_the_way_of_its_folder_is_named)
{
    snprintf(path, sizeof path, "%s/a", folder);
    write_file("x", 1);
    snprintf(path, sizeof path, "%s/a/ledger.db", folder);
    cr_assert_eq(try_open(), HR_E_INVALID);
    cr_assert_not_null(strstr(err.text, "/a' is no folder"), "%s", err.text);
}

Test(ledger_sqlite, text_file_is_no_ledger)
{
    char text[5000];
    memset(text, 'x', sizeof text);
    cr_assert_eq(try_open(), HR_OK);
    write_file(text, sizeof text);
    cr_assert_eq(try_open(), HR_E_CORRUPT);
    cr_assert_not_null(strstr(err.text, "is no ledger"), "%s", err.text);
    cr_assert_str_eq(err.origin, path);
}

static hr_status nothing(void *context, int64_t at_ns, const hr_event *event, hr_error *e)
{
    (void)context, (void)at_ns, (void)event, (void)e;
    return HR_OK;
}

Test(ledger_sqlite, damaged_page_is_reported)
{
    cr_assert_eq(try_open(), HR_OK);
    int fd = open(path, O_RDWR);
    struct stat info;
    cr_assert_eq(fstat(fd, &info), 0);
    char garbage[4096];
    memset(garbage, 0xA5, sizeof garbage);
    for (off_t page = 1; page < info.st_size / 4096; page++)
        cr_assert_eq(pwrite(fd, garbage, sizeof garbage, page * 4096), 4096);
    close(fd);
    hr_ledger *ledger;
    hr_status status = hr_ledger_open(path, &ledger, &err);
    if (status == HR_OK) {
        status = hr_ledger_events(ledger, NULL, nothing, NULL, &err);
        hr_ledger_close(ledger);
    }
    cr_assert_eq(status, HR_E_CORRUPT, "%s", err.text);
}

Test(ledger_sqlite, writer_of_another_process_gives_busy)
{
    hr_ledger *ledger;
    sqlite3 *db;
    cr_assert_eq(hr_ledger_open(path, &ledger, &err), HR_OK);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(hr_ledger_event(ledger, "a", &(hr_event){.kind = "E"}, &err), HR_E_BUSY);
    cr_assert(err.retryable);
    cr_assert_eq(hr_ledger_events(ledger, "a", nothing, NULL, &err), HR_OK, "readers do not wait");
    cr_assert_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(hr_ledger_event(ledger, "a", &(hr_event){.kind = "E"}, &err), HR_OK);
    sqlite3_close(db);
    hr_ledger_close(ledger);
}

Test(ledger_sqlite, folder_that_cannot_be_made_is_named)
{
    snprintf(path, sizeof path, "/proc/no/ledger.db");
    hr_status status = try_open();
    cr_assert(status == HR_E_NOT_FOUND || status == HR_E_PERMISSION || status == HR_E_IO, "%s", err.text);
    cr_assert_not_null(strstr(err.text, "/proc/no"), "%s", err.text);
}

/* A small device that only this process sees, and that ends with it; false when we may not mount. */
static bool mount_small(const char *options)
{
    return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", folder, "tmpfs", 0, options) == 0;
}

Test(ledger_sqlite, full_device_refuses_the_commit_and_keeps_the_rest)
{
    if (!mount_small("size=1m"))
        cr_skip_test("needs root, to mount a small device");
    hr_ledger *ledger;
    static uint8_t raw[3 << 20];
    uint64_t generation;
    hr_job job = {.id = "aaaaaaaa-0000-7000-8000-000000000000", .feed = "a"}, got;
    cr_assert_eq(hr_ledger_open(path, &ledger, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_ledger_job_new(ledger, &job, NULL, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_ledger_lease(ledger, "a", INT64_C(60000000000), &generation, &err), HR_OK, "%s", err.text);
    hr_position before = {0}, after = {.size = 1, .bytes = "1"};
    hr_reject reject = {.kind = HR_REJECT_QUOTE, .raw = raw, .raw_size = sizeof raw, .message = "m"};
    hr_commit commit = {.feed = "a",
                        .generation = generation,
                        .job = job.id,
                        .before = &before,
                        .after = &after,
                        .counts = {1, 0, 0, 1, 0},
                        .rejects = &reject,
                        .reject_count = 1,
                        .keys = HR_UNKNOWN};
    cr_assert_eq(hr_ledger_commit(ledger, &commit, NULL, &err), HR_E_SPACE, "%s", err.text);
    cr_assert(err.retryable);
    cr_assert_eq(hr_ledger_job(ledger, job.id, &got, &err), HR_OK, "%s", err.text);
    cr_assert_eq(got.counts.read, 0);
    hr_job_clear(&got);
    reject.raw_size = 100; /* what fits is still taken */
    cr_assert_eq(hr_ledger_commit(ledger, &commit, NULL, &err), HR_OK, "%s", err.text);
    hr_ledger_close(ledger);
    umount(folder);
}

Test(ledger_sqlite, device_without_any_room_is_named_at_open)
{
    if (!mount_small("size=16k"))
        cr_skip_test("needs root, to mount a small device");
    cr_assert_eq(try_open(), HR_E_SPACE, "%s: %s", hr_status_name(err.status), err.text);
    umount(folder);
}

Test(ledger_sqlite, read_only_device_is_refused)
{
    if (!mount_small("size=1m"))
        cr_skip_test("needs root, to mount a small device");
    cr_assert_eq(try_open(), HR_OK, "%s", err.text);
    cr_assert_eq(mount("none", folder, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m"), 0);
    cr_assert_eq(try_open(), HR_E_PERMISSION, "%s: %s", hr_status_name(err.status), err.text);
    umount(folder);
}
