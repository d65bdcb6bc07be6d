/* stretch.c: the next stretch of CSV text as a batch: the window at hand, or long.c for what does not fit into one. */
#include "core/reader/reader_state.h"

/* A record that stands open at the end of the input ends there. */
static void end_last_record(hr_csv_scan *scan, size_t size)
{
    hr_csv_index *index = &scan->index;
    if (scan->state == HR_CSV_RECORD_START || scan->state == HR_CSV_QUOTED || scan->state == HR_CSV_ESCAPE_QUOTED)
        return;
    index->begins[index->begin_count] = (uint16_t)(size + 1);
    index->row_ends[index->row_count++] = (uint16_t)index->begin_count++;
}

/* One stretch from the window at `begin`. HR_AGAIN: more text is needed; HR_END: the record there goes to long.c. */
static hr_status next_window(hr_reader *reader, hr_batch_body *body, size_t *fallback, hr_error *err)
{
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    size_t available = reader->end - reader->begin;
    hr_csv_scan *scan = &reader->scan;
    size_t most = HR_WINDOW_MAX >> reader->narrow;
    bool final;
    do {
        size_t size = hr_csv_window_size(data, available, most, reader->eof);
        if (size == 0)
            return HR_AGAIN;
        final = reader->eof && size == available;
        hr_status status = HR_OK;
        bool open = false;
        if (hr_csv_cuts_try(reader))
            status = hr_csv_cuts_window(reader, body, data, size, &open, err);
        if (status != HR_OK || body->batch.end_line > 0)
            return status;
        if (open && !reader->eof && size == available && available < HR_WINDOW_MAX)
            return HR_AGAIN;
        status = hr_scan_window(scan, reader->config.kernels, &reader->syntax, data, size, true, body->begins, err);
        if (status != HR_OK)
            return status;
        if (final)
            end_last_record(scan, size);
        reader->narrow -= reader->narrow > 0;
        most = most < available && most < HR_WINDOW_MAX ? (most < HR_WINDOW_MAX / 2 ? most * 2 : HR_WINDOW_MAX) : 0;
    } while (scan->index.row_count == 0 && most);
    if (scan->index.row_count == 0)
        return !reader->eof && available < HR_WINDOW_MAX ? HR_AGAIN : HR_END;
    return hr_rows_collect(reader, body, final, fallback, err);
}

/* Lines that were skipped before the first record, in an input that has no record. */
static hr_status only_skipped(hr_reader *reader, hr_batch_body **out, hr_error *err)
{
    if (!reader->skipped)
        return HR_END;
    hr_batch_body *body;
    hr_status status = hr_batch_body_new(reader->pool, &body, err);
    if (status != HR_OK)
        return status;
    status = hr_rows_finish(reader, body, 0, 0, 0, err);
    if (status == HR_OK)
        *out = body;
    else
        hr_batch_release(&body->batch);
    return status;
}

/* One try at the next stretch: HR_OK with *out NULL asks for more text. */
hr_status hr_csv_next(hr_reader *reader, hr_batch_body **out, hr_error *err)
{
    if (reader->skipping || reader->record.open || reader->force_long)
        return hr_long_run(reader, out, err);
    if (reader->begin == reader->end)
        return reader->eof ? only_skipped(reader, out, err) : HR_OK;
    hr_batch_body *body;
    hr_status status = hr_batch_body_new(reader->pool, &body, err);
    if (status != HR_OK)
        return status;
    size_t fallback = 0;
    status = next_window(reader, body, &fallback, err);
    if (status == HR_OK && body->batch.end_line > 0) { /* finished: it covers something */
        *out = body;
        return HR_OK;
    }
    hr_batch_release(&body->batch);
    if (status == HR_OK && fallback > 0)
        return hr_fallback_row(reader, fallback, out, err);
    if (status == HR_END)
        reader->record.open = true;
    if (status == HR_END || (status == HR_OK && reader->force_long))
        return hr_long_run(reader, out, err);
    return status == HR_AGAIN ? HR_OK : status;
}
