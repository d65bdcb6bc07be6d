/* ledger_sqlite_file.c: the manifest: every object of a drop that was seen, version by version, and what became of it.
 */
#include "core/ledger/ledger_sqlite.h"

#include <inttypes.h>
#include <stdio.h>

static hr_file_state state_of(const char *name)
{
    for (int state = HR_FILE_SEEN; state <= HR_FILE_SUPERSEDED; state++)
        if (name && strcmp(name, hr_file_state_name((hr_file_state)state)) == 0)
            return (hr_file_state)state;
    return HR_FILE_QUARANTINED;
}

/* Fills *out from the current row (HR_SQL_FILE_COLUMNS). */
static hr_status read_file(const hr_sqlite_call *call, hr_file *out, hr_error *err)
{
    hr_file file = {0};
    if (!hr_sqlite_text_copy(call, 1, &file.feed) || !hr_sqlite_text_copy(call, 2, &file.uri)) {
        hr_file_clear(&file);
        return hr_fail_memory(err, "reading the manifest");
    }
    file.id = hr_sqlite_count(call, 0);
    file.size = hr_sqlite_count(call, 3);
    file.modified_ns = hr_sqlite_int(call, 4);
    hr_sqlite_text_room(call, 5, file.version, sizeof file.version);
    hr_sqlite_text_room(call, 6, file.sha256, sizeof file.sha256);
    file.number = hr_sqlite_count(call, 7);
    file.state = state_of(hr_sqlite_text(call, 8));
    hr_sqlite_text_room(call, 9, file.job, sizeof file.job);
    file.seen_ns = hr_sqlite_int(call, 10);
    file.changed_ns = hr_sqlite_int(call, 11);
    *out = file;
    return HR_OK;
}

/* The first row of a bound call; closes it. */
static hr_status one_file(hr_sqlite_call *call, const char *uri, hr_file *out, hr_error *err)
{
    hr_status status;
    if (hr_sqlite_step(call) == SQLITE_ROW)
        status = read_file(call, out, err);
    else if (call->rc == SQLITE_DONE)
        status = hr_fail(err, HR_E_NOT_FOUND, "looking into the manifest: it has no '%s'", uri);
    else
        status = hr_sqlite_fail(call->ledger, call->rc, err, "looking into the manifest for", uri);
    hr_sqlite_close_call(call);
    return status;
}

hr_status hr_sqlite_file(void *state, const char *feed, const char *uri, hr_file *out, hr_error *err)
{
    hr_sqlite_call call = hr_sqlite_open_call(state, HR_SQL_FILE_NEWEST);
    hr_sqlite_bind_text(&call, feed);
    hr_sqlite_bind_text(&call, uri);
    return one_file(&call, uri, out, err);
}

hr_status hr_sqlite_file_by_hash(void *state, const char *feed, const char *sha256, hr_file *out, hr_error *err)
{
    hr_sqlite_call call = hr_sqlite_open_call(state, HR_SQL_FILE_BY_HASH);
    hr_sqlite_bind_text(&call, feed);
    hr_sqlite_bind_text(&call, sha256);
    hr_sqlite_bind_text(&call, hr_file_state_name(HR_FILE_LOADED));
    return one_file(&call, sha256, out, err);
}

hr_status hr_sqlite_files(void *state, const char *feed, hr_file_each each, void *context, hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, feed ? HR_SQL_FILES_OF_FEED : HR_SQL_FILES);
    if (feed)
        hr_sqlite_bind_text(&call, feed);
    hr_status status = HR_OK;
    while (status == HR_OK && hr_sqlite_step(&call) == SQLITE_ROW) {
        hr_file file;
        status = read_file(&call, &file, err);
        if (status == HR_OK) {
            ledger->reading++;
            status = each(context, &file, err);
            ledger->reading--;
            hr_file_clear(&file);
        }
    }
    if (status == HR_OK && call.rc != SQLITE_DONE)
        status = hr_sqlite_fail(ledger, call.rc, err, "listing the manifest", NULL);
    hr_sqlite_close_call(&call);
    return status;
}

/* The number for the next content under this uri. */
static hr_status next_number(hr_sqlite *ledger, const hr_file *file, uint64_t *out, hr_error *err)
{
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_FILE_NEXT);
    hr_sqlite_bind_text(&call, file->feed);
    hr_sqlite_bind_text(&call, file->uri);
    if (hr_sqlite_step(&call) == SQLITE_ROW)
        *out = hr_sqlite_count(&call, 0);
    return hr_sqlite_run(&call, err, "numbering", file->uri);
}

hr_status hr_sqlite_file_write(hr_sqlite *ledger, const hr_file *file, const char *job, uint64_t *id, uint64_t *number,
                               hr_error *err)
{
    bool fresh = file->id == 0;
    *number = file->number;
    if (fresh && file->number == 0) {
        hr_status status = next_number(ledger, file, number, err);
        if (status != HR_OK)
            return status;
    }
    int64_t now = hr_clock_wall_ns();
    const char *owner = file->job[0] ? file->job : job;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, fresh ? HR_SQL_FILE_INSERT : HR_SQL_FILE_UPDATE);
    hr_sqlite_bind_count(&call, fresh ? HR_UNKNOWN : file->id);
    hr_sqlite_bind_text(&call, file->feed);
    hr_sqlite_bind_text(&call, file->uri);
    hr_sqlite_bind_count(&call, file->size);
    hr_sqlite_bind_int(&call, file->modified_ns);
    hr_sqlite_bind_text(&call, file->version);
    hr_sqlite_bind_text(&call, file->sha256);
    hr_sqlite_bind_count(&call, *number);
    hr_sqlite_bind_text(&call, hr_file_state_name(file->state));
    hr_sqlite_bind_text(&call, owner && owner[0] ? owner : NULL);
    hr_sqlite_bind_int(&call, file->seen_ns != 0 ? file->seen_ns : now);
    hr_sqlite_bind_int(&call, file->changed_ns != 0 ? file->changed_ns : now);
    hr_status status = hr_sqlite_run(&call, err, "recording in the manifest", file->uri);
    if (status != HR_OK)
        return status;
    if (!fresh && sqlite3_changes(ledger->db) == 0) {
        return hr_fail(err, HR_E_NOT_FOUND, "recording in the manifest '%s': it has no entry %" PRIu64, file->uri,
                       file->id);
    }
    *id = fresh ? (uint64_t)sqlite3_last_insert_rowid(ledger->db) : file->id;
    return HR_OK;
}

hr_status hr_sqlite_file_put(void *state, hr_file *file, hr_error *err)
{
    hr_sqlite *ledger = state;
    uint64_t id = 0, number = 0;
    hr_status status = hr_sqlite_begin(ledger, err, "recording in the manifest", file->uri);
    if (status != HR_OK)
        return status;
    status = hr_sqlite_check_own(ledger, file->feed, err);
    if (status == HR_OK)
        status = hr_sqlite_file_write(ledger, file, NULL, &id, &number, err);
    status = hr_sqlite_end(ledger, status, err, "recording in the manifest", file->uri);
    if (status == HR_OK) {
        file->id = id;
        file->number = number;
    }
    return status;
}
