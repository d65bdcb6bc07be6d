/* book.c: what a ledger says, read from its SQLite file without the library. */
#include "tests/crash/crash.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void (*each_row)(sqlite3_stmt *row, crash_book *book);

/* False: the statement cannot be made or ended (no such table, damage). */
static bool query(sqlite3 *db, const char *sql, each_row each, crash_book *book)
{
    sqlite3_stmt *statement;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc != SQLITE_OK)
        return false;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
        each(statement, book);
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE;
}

static uint64_t number(sqlite3_stmt *row, int column)
{
    return (uint64_t)sqlite3_column_int64(row, column);
}

static const char *text(sqlite3_stmt *row, int column)
{
    const unsigned char *value = sqlite3_column_text(row, column);
    return value ? (const char *)value : "";
}

static void take_job(sqlite3_stmt *row, crash_book *book)
{
    uint64_t read = number(row, 0), loaded = number(row, 1), duplicate = number(row, 2), rejected = number(row, 3);
    uint64_t skipped = number(row, 4);
    book->jobs++;
    book->read += read;
    book->loaded += loaded;
    book->duplicate += duplicate;
    book->rejected += rejected;
    book->skipped += skipped;
    book->accounts_broken += read != loaded + duplicate + rejected + skipped;
    snprintf(book->status, sizeof book->status, "%s", text(row, 5));
}

static void take_reject(sqlite3_stmt *row, crash_book *book)
{
    /* Damaged bytes and NULs of the raw row as digits: a list of texts holds texts. */
    const unsigned char *raw = sqlite3_column_blob(row, 7);
    size_t size = (size_t)sqlite3_column_bytes(row, 7);
    crash_bytes all = {0};
    for (int i = 0; i < 7; i++) {
        crash_bytes_text(&all, text(row, i));
        crash_bytes_text(&all, "\x1F");
    }
    size_t before = all.size;
    for (size_t i = 0; i < size; i++) {
        char digits[8];
        snprintf(digits, sizeof digits, raw[i] ? "%c" : "\\0", raw[i]);
        crash_bytes_text(&all, digits);
    }
    /* The newline belongs to the row; the truth is told without. */
    size_t newline = all.size > before && all.data[all.size - 1] == '\n';
    crash_texts_add(&book->raws, crash_text("%.*s", (int)(all.size - before - newline), all.data + before));
    crash_texts_add(&book->rejects, all.data);
}

/* "source/date/hidden\nsource/date/final\nsize\n" */
static void take_receipt(sqlite3_stmt *row, crash_book *book)
{
    bool published = sqlite3_column_type(row, 0) != SQLITE_NULL;
    const char *receipt = sqlite3_column_blob(row, 1);
    size_t size = (size_t)sqlite3_column_bytes(row, 1);
    char *copy = crash_text("%.*s", (int)size, receipt), *rest = copy;
    char *hidden = strsep(&rest, "\n"), *final = strsep(&rest, "\n");
    book->receipts++;
    book->unpublished += !published;
    if (!published)
        crash_texts_add(&book->unpublished_names, crash_text("/%s", hidden));
    crash_texts_add(published ? &book->published_names : &book->unpublished_names,
                    crash_text("/%s", final ? final : ""));
    free(copy);
}

static void take_file(sqlite3_stmt *row, crash_book *book)
{
    snprintf(book->file_state, sizeof book->file_state, "%s", text(row, 0));
}

static void take_keys(sqlite3_stmt *row, crash_book *book)
{
    book->keys += number(row, 0);
}

static void take_events(sqlite3_stmt *row, crash_book *book)
{
    book->completed_events = number(row, 0);
}

bool crash_book_take(const char *ledger, const char *scratch, crash_book *out)
{
    static const char *const parts[] = {"", "-wal"};
    char *copy = crash_text("%s/book.db", scratch), *shm = crash_text("%s-shm", copy);
    sqlite3 *db = NULL;
    *out = (crash_book){0};
    for (size_t i = 0; i < CRASH_COUNT(parts); i++) {
        char *from = crash_text("%s%s", ledger, parts[i]), *to = crash_text("%s%s", copy, parts[i]);
        unlink(to);
        crash_copy_file(from, to);
        free(from);
        free(to);
    }
    unlink(shm);
    bool ok =
        access(copy, F_OK) == 0 && sqlite3_open_v2(copy, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        query(db, "SELECT read, loaded, duplicate, rejected, skipped, status FROM job ORDER BY number", take_job,
              out) &&
        query(db, "SELECT \"row\", line, offset, at, \"column\", kind, message, raw FROM reject WHERE retried = 0",
              take_reject, out) &&
        query(db, "SELECT published_ns, receipt FROM receipt ORDER BY id", take_receipt, out) &&
        query(db, "SELECT state FROM file ORDER BY id", take_file, out) &&
        query(db, "SELECT length FROM keylog", take_keys, out) &&
        query(db, "SELECT count(*) FROM event WHERE kind = 'ImportCompleted'", take_events, out);
    sqlite3_close(db);
    unlink(copy);
    unlink(shm);
    free(copy);
    free(shm);
    return ok;
}

void crash_book_clear(crash_book *book)
{
    crash_texts_clear(&book->unpublished_names);
    crash_texts_clear(&book->published_names);
    crash_texts_clear(&book->rejects);
    crash_texts_clear(&book->raws);
    *book = (crash_book){0};
}
