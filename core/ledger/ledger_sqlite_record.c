/* ledger_sqlite_record.c: what hangs on jobs and feeds: receipts, rejects, the length of key logs, events. */
#include "core/ledger/ledger_sqlite.h"

#include <inttypes.h>

/* ---- receipts ----------------------------------------------------------------------------------------------- */

static hr_sqlite_call receipts_call(hr_sqlite *ledger, const char *feed, const char *job, bool pending_only)
{
    hr_sqlite_call call;
    if (job) {
        call = hr_sqlite_open_call(ledger, HR_SQL_RECEIPTS_OF_JOB);
        hr_sqlite_bind_text(&call, job);
        hr_sqlite_bind_text(&call, feed);
        hr_sqlite_bind_int(&call, pending_only);
    } else {
        call = hr_sqlite_open_call(ledger, pending_only ? HR_SQL_RECEIPTS_PENDING : HR_SQL_RECEIPTS);
        hr_sqlite_bind_text(&call, feed);
    }
    return call;
}

hr_status hr_sqlite_receipts(void *state, const char *feed, const char *job, bool pending_only, hr_receipt_each each,
                             void *context, hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_receipt_record *record = hr_calloc(1, sizeof *record);
    if (!record)
        return hr_fail_memory(err, "reading receipts");
    hr_sqlite_call call = receipts_call(ledger, feed, job, pending_only);
    hr_status status = HR_OK;
    while (status == HR_OK && hr_sqlite_step(&call) == SQLITE_ROW) {
        record->id = hr_sqlite_count(&call, 0);
        hr_sqlite_text_room(&call, 1, record->job, sizeof record->job);
        record->published = hr_sqlite_count(&call, 2) != HR_UNKNOWN;
        record->intent = hr_sqlite_int(&call, 3) != 0;
        const void *bytes = sqlite3_column_blob(call.statement, 4);
        int size = sqlite3_column_bytes(call.statement, 4);
        if (!bytes || size > (int)HR_RECEIPT_MAX) {
            status = hr_fail(err, HR_E_CORRUPT, "reading receipt %" PRIu64 ": it has %d bytes", record->id, size);
            break;
        }
        record->receipt.size = (uint32_t)size;
        memcpy(record->receipt.bytes, bytes, (size_t)size);
        ledger->reading++;
        status = each(context, record, err);
        ledger->reading--;
    }
    if (status == HR_OK && call.rc != SQLITE_DONE)
        status = hr_sqlite_fail(ledger, call.rc, err, "reading receipts", NULL);
    hr_sqlite_close_call(&call);
    hr_free(record);
    return status;
}

/* ---- rejects ------------------------------------------------------------------------------------------------ */

hr_status hr_sqlite_rejects(void *state, const char *job, int retried, hr_reject_each each, void *context,
                            hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_REJECTS);
    hr_sqlite_bind_text(&call, job);
    hr_sqlite_bind_int(&call, retried);
    hr_status status = HR_OK;
    while (status == HR_OK && hr_sqlite_step(&call) == SQLITE_ROW) {
        hr_reject_record record = {.id = hr_sqlite_count(&call, 0), .retried = (int)hr_sqlite_int(&call, 1)};
        hr_reject *reject = &record.reject;
        reject->kind = (hr_reject_kind)hr_sqlite_int(&call, 2);
        reject->row = hr_sqlite_count(&call, 3);
        reject->line = hr_sqlite_count(&call, 4);
        reject->offset = hr_sqlite_count(&call, 5);
        reject->at = hr_sqlite_count(&call, 6);
        reject->column = hr_sqlite_count(&call, 7);
        reject->message = hr_sqlite_text(&call, 8);
        reject->raw = sqlite3_column_blob(call.statement, 9);
        reject->raw_size = (size_t)sqlite3_column_bytes(call.statement, 9);
        if (reject->raw_size == 0) {
            reject->raw = (const uint8_t *)"";
        } else if (!reject->raw) {
            status = hr_fail_memory(err, "reading a rejected row");
            break;
        }
        reject->column_name = hr_sqlite_text(&call, 10);
        if (sqlite3_column_type(call.statement, 11) != SQLITE_NULL) {
            reject->value = sqlite3_column_blob(call.statement, 11);
            reject->value_size = (size_t)sqlite3_column_bytes(call.statement, 11);
            reject->value = reject->value_size ? reject->value : (const uint8_t *)"";
        }
        reject->value_cut = hr_sqlite_int(&call, 12) != 0;
        if (reject->value_size && !reject->value) {
            status = hr_fail_memory(err, "reading a rejected row");
            break;
        }
        ledger->reading++;
        status = each(context, &record, err);
        ledger->reading--;
    }
    if (status == HR_OK && call.rc != SQLITE_DONE)
        status = hr_sqlite_fail(ledger, call.rc, err, "reading the rejects of job", job);
    hr_sqlite_close_call(&call);
    return status;
}

/* ---- key logs ----------------------------------------------------------------------------------------------- */

hr_status hr_sqlite_keys(void *state, const char *feed, uint64_t *length, char shape[512], hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_KEYS_GET);
    hr_sqlite_bind_text(&call, feed);
    hr_status status = HR_OK;
    if (hr_sqlite_step(&call) == SQLITE_ROW) {
        *length = hr_sqlite_count(&call, 0);
        hr_sqlite_text_room(&call, 1, shape, 512);
    } else if (call.rc == SQLITE_DONE) {
        *length = 0;
        shape[0] = '\0';
    } else {
        status = hr_sqlite_fail(ledger, call.rc, err, "reading the keys of feed", feed);
    }
    hr_sqlite_close_call(&call);
    return status;
}

/* ---- events ------------------------------------------------------------------------------------------------- */

hr_status hr_sqlite_event_write(hr_sqlite *ledger, const char *feed, const hr_event *event, hr_error *err)
{
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_EVENT_INSERT);
    hr_sqlite_bind_int(&call, hr_clock_wall_ns());
    hr_sqlite_bind_text(&call, feed);
    hr_sqlite_bind_text(&call, event->job);
    hr_sqlite_bind_text(&call, event->kind);
    hr_sqlite_bind_text(&call, event->detail);
    return hr_sqlite_run(&call, err, "recording event", event->kind);
}

hr_status hr_sqlite_event(void *state, const char *feed, const hr_event *event, hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_status status = hr_sqlite_begin(ledger, err, "recording event", event->kind);
    if (status != HR_OK)
        return status;
    status = hr_sqlite_event_write(ledger, feed, event, err);
    return hr_sqlite_end(ledger, status, err, "recording event", event->kind);
}

hr_status hr_sqlite_events(void *state, const char *feed, hr_event_each each, void *context, hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, feed ? HR_SQL_EVENTS_OF_FEED : HR_SQL_EVENTS);
    if (feed)
        hr_sqlite_bind_text(&call, feed);
    hr_status status = HR_OK;
    while (status == HR_OK && hr_sqlite_step(&call) == SQLITE_ROW) {
        hr_event event = {
            .kind = hr_sqlite_text(&call, 1), .job = hr_sqlite_text(&call, 2), .detail = hr_sqlite_text(&call, 3)};
        ledger->reading++;
        status = each(context, hr_sqlite_int(&call, 0), &event, err);
        ledger->reading--;
    }
    if (status == HR_OK && call.rc != SQLITE_DONE)
        status = hr_sqlite_fail(ledger, call.rc, err, "reading events", NULL);
    hr_sqlite_close_call(&call);
    return status;
}
