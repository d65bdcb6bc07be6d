/* source_read.c: the records of a run: COPY from one connection or several, as CSV, record by record.
 *
 * A standby may cancel a query of ours because its primary has removed rows that our snapshot still sees. What is read
 * in an order goes on behind the last record that was given then, in pages, each in a short transaction of its own, so
 * that no snapshot gets old; it never counts rows from the beginning again. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "connectors/postgres/copy_text.h"
#include "connectors/postgres/source.h"

#define PATIENCE_MS 100
#define FILL_MS 2 /* how long a read that has something waits for more */
#define PAGE 10000u
#define PAGE_LEAST 100u
#define STALLS_MAX 10u

static hr_status fail_memory(hr_error *err)
{
    return hr_fail_memory(err, "reading from the database");
}

/* ---- statements ------------------------------------------------------------------------------------------------ */

static hr_status start_copy(hr_pg_source *source, hr_pg_lane *lane, hr_error *err)
{
    hr_pg_range range = source->run.pieces[lane->piece];
    hr_buffer sql = {0};
    range.limit = source->page;
    hr_status status = hr_pg_copy_sql(&source->reading, &range, &sql)
                           ? hr_pg_run_with(&lane->pg, (const char *)sql.data, NULL, 0, NULL, "beginning to copy", err)
                           : fail_memory(err);
    hr_buffer_free(&sql);
    lane->copying = status == HR_OK;
    lane->rows = 0;
    return status;
}

/* The next piece for a lane that has none; HR_END: there is none. */
static hr_status next_piece(hr_pg_source *source, hr_pg_lane *lane, hr_error *err)
{
    if (source->next_piece == source->run.piece_count)
        return HR_END;
    lane->piece = source->next_piece++;
    return start_copy(source, lane, err);
}

/* ---- after a conflict ------------------------------------------------------------------------------------------ */

/* Field by field, as the trail has it: the watermark, if there is one, and the key. */
static bool take_last(const hr_pg_source *source, char **at, char **after)
{
    const uint8_t *text = source->trail.tail.data;
    size_t size = source->trail.tail.size, first = source->reading.watermark != NULL;
    bool ok = true;
    for (size_t i = 0; ok && i < first + source->reading.key_count; i++) {
        const uint8_t *field;
        size_t field_size;
        char **out = i < first ? at : &after[i - first];
        ok = hr_pg_copy_field(text, size, i, &field, &field_size);
        hr_free(*out);
        *out = ok ? hr_malloc(field_size + 1) : NULL;
        if (!*out)
            return false;
        size_t value = hr_pg_copy_value(field, field_size, (uint8_t *)*out);
        if (value == SIZE_MAX) {
            hr_free(*out);
            *out = NULL;
            ok = i < first;
        } else
            (*out)[value] = '\0';
    }
    return ok;
}

/* The piece becomes what is left of it. */
static hr_status shorten(hr_pg_source *source, hr_pg_lane *lane, hr_error *err)
{
    hr_pg_range *piece = &source->run.pieces[lane->piece];
    if (!lane->rows)
        return HR_OK;
    if (!take_last(source, &source->page_at, source->page_after))
        return fail_memory(err);
    piece->at = piece->nulls ? NULL : source->page_at;
    piece->after = (const char *const *)source->page_after;
    piece->low = NULL;
    return HR_OK;
}

static hr_status anew(hr_pg_source *source, hr_pg_lane *lane, hr_error *err)
{
    hr_status status = hr_pg_run(&lane->pg, "ROLLBACK", NULL, "ending a read", err);
    if (status == HR_OK)
        status = hr_pg_source_begin(source, lane, NULL, err);
    if (status == HR_OK)
        status = hr_pg_source_same_shape(source, lane, err);
    return status == HR_OK ? start_copy(source, lane, err) : status;
}

/* A run without an order begins anew, and has to come to its end between two conflicts. */
static hr_status unordered(hr_status failure, hr_error *err)
{
    if (!err)
        return failure;
    hr_error reason = *err;
    (void)hr_fail(err, failure,
                  "%.560s; in the order of a unique key (option key), a read goes on by pages where it was cut off",
                  reason.text);
    err->retryable = reason.retryable;
    return failure;
}

/* `failure` was what a statement came to. HR_OK: reading goes on. */
static hr_status resolve(hr_pg_source *source, hr_pg_lane *lane, hr_status failure, hr_error *err)
{
    const char *state = hr_pg_state(&lane->pg);
    bool conflict = source->server.recovery && (!strcmp(state, "40001") || !strcmp(state, "40P01"));
    if (conflict && !source->run.ordered)
        return unordered(failure, err);
    if (!conflict || PQstatus(lane->pg.conn) != CONNECTION_OK)
        return failure;
    source->stalls = lane->rows ? 0 : source->stalls + 1;
    if (source->stalls > STALLS_MAX)
        return failure;
    if (!source->page)
        (void)hr_pg_source_tell(
            source, "StandbyConflict",
            "{\"says\": \"the standby cancelled the read for the sake of its primary; it goes on by "
            "pages of the key\"}");
    source->page = !source->page ? PAGE : source->page / 4 > PAGE_LEAST ? source->page / 4 : PAGE_LEAST;
    hr_status status = shorten(source, lane, err);
    return status == HR_OK ? anew(source, lane, err) : status;
}

/* A COPY has ended: well, or not. */
static hr_status end_copy(hr_pg_source *source, hr_pg_lane *lane, hr_error *err)
{
    hr_status status = hr_pg_result(&lane->pg, NULL, "reading from the database", err);
    lane->copying = false;
    if (status != HR_OK)
        return resolve(source, lane, status, err);
    if (!source->page || lane->rows < source->page)
        return HR_OK;
    status = shorten(source, lane, err);
    return status == HR_OK ? anew(source, lane, err) : status;
}

/* ---- records --------------------------------------------------------------------------------------------------- */

/* The watermark and key of a record, by which the run can go on behind it. */
static hr_status note_key(hr_pg_source *source, const uint8_t *row, size_t size, uint64_t end, hr_error *err)
{
    const hr_pg_shape *shape = &source->shape;
    size_t first = source->reading.watermark != NULL;
    source->key.size = 0;
    for (size_t i = 0; i < first + source->reading.key_count; i++) {
        const uint8_t *field;
        size_t field_size;
        if (!hr_pg_copy_field(row, size, i < first ? shape->watermark_at : shape->key_at[i - first], &field,
                              &field_size))
            return hr_fail(err, HR_E_CORRUPT, "the database sent a record with too few fields");
        if (i >= first && field_size == 2 && !memcmp(field, "\\N", 2))
            return hr_fail(
                err, HR_E_INVALID,
                "the key column \"%s\" is null in a record, and so cannot tell it apart: choose another key, or "
                "order=no",
                source->reading.keys[i - first]);
        if ((i && !hr_buffer_add(&source->key, "\t", 1)) || !hr_buffer_add(&source->key, field, field_size))
            return fail_memory(err);
    }
    return hr_pg_trail_add(&source->trail, end, source->key.data, source->key.size, err);
}

/* Room for a record: in the caller's, or in our own when that might not do. */
static uint8_t *room_for(hr_pg_source *source, uint8_t *room, size_t left, size_t need)
{
    if (left >= need)
        return room;
    source->pending.size = source->pending_at = 0;
    source->pending.ceiling = (size_t)4 << 30;
    return hr_buffer_room(&source->pending, need);
}

static size_t take_pending(hr_pg_source *source, uint8_t *room, size_t capacity)
{
    size_t left = source->pending.size - source->pending_at, size = left < capacity ? left : capacity;
    if (size)
        memcpy(room, source->pending.data + source->pending_at, size);
    source->pending_at += size;
    return size;
}

static hr_status put_record(hr_pg_source *source, hr_pg_lane *lane, const uint8_t *row, size_t size, uint8_t *room,
                            size_t capacity, size_t *got, hr_error *err)
{
    size_t columns = source->shape.column_count;
    uint8_t *to = room_for(source, room + *got, capacity - *got, hr_pg_csv_room(size, columns));
    if (!to)
        return fail_memory(err);
    size_t wrote = hr_pg_csv_row(row, size, columns == 1, source->given == 0, to);
    if (source->run.ordered) {
        hr_status status = note_key(source, row, size, source->given + wrote, err);
        if (status != HR_OK)
            return status;
    }
    source->given += wrote;
    source->records++;
    lane->rows++;
    if (to == room + *got)
        *got += wrote;
    else {
        source->pending.size = wrote;
        *got += take_pending(source, room + *got, capacity - *got);
    }
    return HR_OK;
}

/* What the lane has at hand. HR_OK: the room is full; HR_AGAIN: it has no more now; HR_END: nor later. */
static hr_status drain(hr_pg_source *source, hr_pg_lane *lane, uint8_t *room, size_t capacity, size_t *got,
                       hr_error *err)
{
    for (;;) {
        if (*got == capacity || source->pending_at < source->pending.size)
            return HR_OK;
        if (!lane->copying) {
            hr_status status = next_piece(source, lane, err);
            if (status != HR_OK)
                return status;
        }
        char *row;
        int size = PQgetCopyData(lane->pg.conn, &row, 1);
        if (!size)
            return HR_AGAIN;
        hr_status status;
        if (size > 0) {
            status = put_record(source, lane, (const uint8_t *)row, (size_t)size, room, capacity, got, err);
            PQfreemem(row);
        } else
            status = end_copy(source, lane, err);
        if (status != HR_OK)
            return status;
    }
}

/* ---- waiting --------------------------------------------------------------------------------------------------- */

/* HR_AGAIN: nothing came in that time. */
static hr_status wait_lanes(hr_pg_source *source, int timeout_ms, hr_error *err)
{
    struct pollfd fds[HR_PG_READERS_MAX + 1] = {{.fd = source->wake.fd, .events = POLLIN}};
    for (size_t i = 0; i < source->lane_count; i++)
        fds[i + 1] =
            (struct pollfd){.fd = source->lanes[i].copying ? PQsocket(source->lanes[i].pg.conn) : -1, .events = POLLIN};
    int ready;
    do
        ready = poll(fds, (nfds_t)source->lane_count + 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return hr_fail_errno(err, errno, "waiting for the database");
    if (fds[0].revents)
        return hr_fail(err, HR_E_INTERRUPTED, "interrupted while reading from the database");
    for (size_t i = 0; i < source->lane_count; i++)
        if (fds[i + 1].revents && !PQconsumeInput(source->lanes[i].pg.conn))
            return hr_pg_fail(&source->lanes[i].pg, NULL, "reading from the database", err);
    return ready ? HR_OK : HR_AGAIN;
}

/* All lanes in turn. HR_OK: the room is full; HR_AGAIN: nobody has more now; HR_END: all were read. */
static hr_status drain_all(hr_pg_source *source, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    size_t done = 0;
    for (size_t i = 0; i < source->lane_count; i++) {
        hr_pg_lane *lane = &source->lanes[source->turn];
        hr_status status = drain(source, lane, room, capacity, got, err);
        if (status != HR_AGAIN && status != HR_END)
            return status;
        done += status == HR_END;
        source->turn = (source->turn + 1) % source->lane_count;
    }
    return done == source->lane_count ? HR_END : HR_AGAIN;
}

/* The snapshot is of no more use; that it cannot be given back does not matter then. */
static void finish(hr_pg_source *source)
{
    for (size_t i = 0; i < source->lane_count && !source->ended; i++)
        if (hr_pg_run(&source->lanes[i].pg, "COMMIT", NULL, "ending a read", NULL) != HR_OK)
            break;
    source->ended = true;
}

hr_status hr_pg_source_read(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    hr_pg_source *source = state;
    if (hr_pg_wake_raised(&source->wake))
        return hr_fail(err, HR_E_INTERRUPTED, "interrupted while reading from the database");
    size_t size = take_pending(source, room, capacity);
    hr_status status = source->ended ? HR_END : HR_AGAIN;
    while (status == HR_AGAIN) {
        status = drain_all(source, room, capacity, &size, err);
        if (status != HR_AGAIN)
            break;
        status = wait_lanes(source, size ? FILL_MS : PATIENCE_MS, err);
        if (status != HR_OK)
            break;
        status = HR_AGAIN;
    }
    if (status == HR_END)
        finish(source);
    bool fine = status == HR_OK || status == HR_AGAIN || status == HR_END;
    if (!fine || !size)
        return status;
    *got = size;
    return HR_OK;
}
