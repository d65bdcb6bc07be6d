/* lines.c: how much of the text at hand is whole lines, and what becomes of lines that are too long. */
#include <stdio.h>

#include "core/json/rows.h"

/* A window never has more cells than this, however many columns there are: 8 MiB. */
#define CELLS_MAX ((size_t)1 << 20)

/* The leading lines of data[0, size) that are not beyond `limit` bytes, at most `most` of them. */
static size_t trim(const uint8_t *data, size_t size, size_t limit, size_t most)
{
    size_t at = 0;
    while (at < size && most--) {
        const uint8_t *lf = memchr(data + at, '\n', size - at);
        size_t end = lf ? (size_t)(lf - data) + 1 : size;
        if (end - at > limit)
            break;
        at = end;
    }
    return at;
}

hr_json_cut hr_json_cut_lines(hr_reader *reader, size_t most, size_t *size)
{
    struct hr_json_rows *rows = reader->json;
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    size_t available = reader->end - reader->begin, limit = reader->config.row_limit;
    size_t within = available < most ? available : most, whole = 0;
    const uint8_t *lf = NULL;
    if (rows->searched < within)
        lf = memrchr(data + rows->searched, '\n', within - rows->searched);
    if (reader->eof && within == available) {
        whole = available;
    } else if (lf) {
        whole = (size_t)(lf - data) + 1;
    } else { /* one line that is longer */
        size_t from = rows->searched > within ? rows->searched : within;
        lf = from < available ? memchr(data + from, '\n', available - from) : NULL;
        if (!lf && !reader->eof) {
            rows->searched = available;
            return available > limit ? HR_JSON_CUT_LONG : HR_JSON_CUT_MORE;
        }
        whole = lf ? (size_t)(lf - data) + 1 : available;
    }
    rows->searched = 0;
    size_t lines = reader->columns ? CELLS_MAX / reader->columns : SIZE_MAX;
    if (whole > limit || whole > lines)
        whole = trim(data, whole, limit, lines ? lines : 1);
    *size = whole;
    return whole ? HR_JSON_CUT_LINES : HR_JSON_CUT_LONG;
}

static hr_status reject_long(hr_reader *reader, hr_batch_body *body, size_t size, hr_error *err)
{
    hr_csv_verdict verdict = {.kind = HR_REJECT_SIZE, .at = SIZE_MAX};
    snprintf(verdict.message, sizeof verdict.message, "longer than option limits.row_bytes allows (%zu bytes)",
             reader->config.row_limit);
    return hr_rows_reject(reader, body, &verdict, 0, size, HR_UNKNOWN, reader->row, reader->line, err);
}

/* The batch of a line that goes on waits as reader->skipping. */
static hr_status begin_skipping(hr_reader *reader, hr_batch_body *body, size_t size, hr_error *err)
{
    body->batch.data = reader->chunk->bytes + reader->begin;
    body->chunk = hr_chunk_retain(reader->chunk);
    body->batch.first_row = reader->row;
    hr_status status = hr_reader_advance(reader, size, 1, 0, err);
    if (status == HR_OK)
        reader->skipping = body;
    return status;
}

static hr_status end_skipping(hr_reader *reader, size_t size, uint64_t lines, hr_batch_body **out, hr_error *err)
{
    hr_batch_body *body = reader->skipping;
    uint64_t first_row = body->batch.first_row;
    hr_status status = hr_rows_finish(reader, body, size, 0, lines, err);
    body->batch.first_row = first_row;
    if (status != HR_OK)
        return status;
    reader->skipping = NULL;
    *out = body;
    return HR_OK;
}

hr_status hr_json_long_line(hr_reader *reader, hr_batch_body **out, hr_error *err)
{
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    size_t available = reader->end - reader->begin;
    const uint8_t *lf = available ? memchr(data, '\n', available) : NULL;
    size_t size = lf ? (size_t)(lf - data) + 1 : available;
    bool ended = lf || reader->eof;
    reader->json->searched = 0;
    if (reader->skipping)
        return ended ? end_skipping(reader, size, lf != NULL, out, err) : hr_reader_advance(reader, size, 0, 0, err);
    hr_batch_body *body;
    hr_status status = hr_batch_body_new(reader->pool, &body, err);
    if (status != HR_OK)
        return status;
    body->batch.flags = reader->json->flags;
    body->batch.begins = NULL;
    body->batch.offset_bytes = 4;
    status = reject_long(reader, body, size, err);
    if (status == HR_OK)
        status =
            ended ? hr_rows_finish(reader, body, size, 1, lf != NULL, err) : begin_skipping(reader, body, size, err);
    if (status != HR_OK)
        hr_batch_release(&body->batch);
    else if (ended)
        *out = body;
    return status;
}
