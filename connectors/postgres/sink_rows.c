/* sink_rows.c: the rows of a segment. Batches are kept until the segment is published, because the server may refuse a
 * row only at the end, and a transaction that it rolled back is made anew from them. */
#include <stdlib.h>

#include "connectors/postgres/sink.h"
#include "core/output/writer.h"

static hr_parcel parcel_of(const hr_pg_piece *piece)
{
    return (hr_parcel){piece->batch, piece->rows, piece->count, piece->keys, piece->key_size};
}

static void piece_clear(hr_pg_piece *piece)
{
    hr_batch_release(piece->batch);
    hr_free(piece->rows);
    hr_free(piece->keys);
}

static bool copy_array(void **out, const void *data, size_t size)
{
    if (!data || !size)
        return true;
    *out = hr_malloc(size);
    if (*out)
        memcpy(*out, data, size);
    return *out;
}

static uint64_t text_size(const hr_parcel *parcel)
{
    const hr_batch *batch = parcel->batch;
    const uint8_t *first, *last;
    size_t size, last_size;
    hr_batch_row(batch, hr_parcel_row(parcel, 0), &first, &size);
    hr_batch_row(batch, hr_parcel_row(parcel, hr_parcel_rows(parcel) - 1), &last, &last_size);
    uint64_t all = (uint64_t)(last + last_size - first) + 1;
    return parcel->rows && batch->rows ? all * parcel->row_count / batch->rows : all;
}

hr_status hr_pg_check_keys(const hr_pg_sink *sink, const hr_parcel *parcel, hr_error *err)
{
    const char *name = hr_options_get(sink->options, "key-column");
    if (!name || !*name || parcel->key_size)
        return HR_OK;
    return hr_fail(err, HR_E_INVALID, "option key-column is for the hash of each row's key, and there are no keys: %s",
                   hr_pg_is_keyed(sink)
                       ? "in modes insert-ignore and merge the database compares them, and none are hashed"
                       : "name their columns by --key");
}

hr_status hr_pg_keep(hr_pg_lane *lane, const hr_parcel *parcel, hr_error *err)
{
    hr_pg_piece *pieces = hr_array_room(lane->pieces, lane->piece_count, &lane->piece_capacity, 64, sizeof *pieces);
    if (!pieces)
        return hr_fail_memory(err, "keeping rows for the database");
    lane->pieces = pieces;
    hr_pg_piece piece = {.count = hr_parcel_rows(parcel), .first = lane->rows, .key_size = parcel->key_size};
    void *rows = NULL, *keys = NULL;
    if (!copy_array(&rows, parcel->rows, parcel->row_count * sizeof *parcel->rows) ||
        !copy_array(&keys, parcel->keys, piece.count * parcel->key_size)) {
        hr_free(rows);
        return hr_fail_memory(err, "keeping rows for the database");
    }
    piece.rows = rows;
    piece.keys = keys;
    piece.batch = hr_batch_retain((hr_batch *)parcel->batch);
    lane->pieces[lane->piece_count++] = piece;
    lane->rows += piece.count;
    lane->bytes += text_size(parcel);
    return HR_OK;
}

/* ---- refusals ---------------------------------------------------------------------------------------------- */

bool hr_pg_is_refused(const hr_pg_lane *lane, uint64_t ordinal)
{
    return ordinal / 8 < lane->refused_size && (lane->refused[ordinal / 8] >> (ordinal % 8) & 1);
}

static bool want_bits(hr_pg_lane *lane, uint64_t ordinal)
{
    size_t wanted = (size_t)(ordinal / 8 + 1);
    if (wanted <= lane->refused_size)
        return true;
    wanted = wanted * 2 + 64;
    uint8_t *bits = hr_realloc(lane->refused, wanted);
    if (!bits)
        return false;
    memset(bits + lane->refused_size, 0, wanted - lane->refused_size);
    lane->refused = bits;
    lane->refused_size = wanted;
    return true;
}

hr_status hr_pg_refuse(hr_pg_lane *lane, uint64_t ordinal, uint32_t column, const char *message, hr_error *err)
{
    hr_pg_refusal *grown =
        hr_array_room(lane->refusals, lane->refusal_count, &lane->refusal_capacity, 16, sizeof *grown);
    if (!grown)
        return hr_fail_memory(err, "keeping a refused row");
    lane->refusals = grown;
    char *copy = hr_strdup(message);
    if (!copy || !want_bits(lane, ordinal)) {
        hr_free(copy);
        return hr_fail_memory(err, "keeping a refused row");
    }
    lane->refused[ordinal / 8] |= (uint8_t)(1u << (ordinal % 8));
    lane->refusals[lane->refusal_count++] = (hr_pg_refusal){ordinal, column, copy};
    return HR_OK;
}

static int by_ordinal(const void *a, const void *b)
{
    uint64_t left = ((const hr_pg_refusal *)a)->ordinal, right = ((const hr_pg_refusal *)b)->ordinal;
    return left < right ? -1 : left > right;
}

hr_status hr_pg_refusals(hr_pg_lane *lane, hr_refusal **out, hr_error *err)
{
    hr_refusal *made = hr_calloc(lane->refusal_count + 1, sizeof *made);
    if (!made)
        return hr_fail_memory(err, "keeping refused rows");
    if (lane->refusal_count)
        qsort(lane->refusals, lane->refusal_count, sizeof *lane->refusals, by_ordinal);
    size_t p = 0;
    for (size_t i = 0; i < lane->refusal_count; i++) {
        const hr_pg_refusal *refusal = &lane->refusals[i];
        while (refusal->ordinal >= lane->pieces[p].first + lane->pieces[p].count)
            p++;
        hr_parcel parcel = parcel_of(&lane->pieces[p]);
        made[i] = (hr_refusal){parcel.batch, (uint32_t)hr_parcel_row(&parcel, refusal->ordinal - lane->pieces[p].first),
                               refusal->column, refusal->message};
    }
    *out = made;
    return HR_OK;
}

void hr_pg_drop_rows(hr_pg_lane *lane)
{
    for (size_t i = 0; i < lane->piece_count; i++)
        piece_clear(&lane->pieces[i]);
    for (size_t i = 0; i < lane->refusal_count; i++)
        hr_free(lane->refusals[i].message);
    if (lane->refused)
        memset(lane->refused, 0, lane->refused_size);
    lane->piece_count = lane->refusal_count = 0;
    lane->rows = lane->bytes = 0;
    lane->plain = false;
    lane->sent = 0;
    lane->out.size = lane->out_at = 0;
}

/* ---- lines ------------------------------------------------------------------------------------------------- */

static const hr_pg_piece *piece_with(const hr_pg_lane *lane, uint64_t ordinal)
{
    size_t low = 0, high = lane->piece_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (lane->pieces[middle].first <= ordinal)
            low = middle;
        else
            high = middle;
    }
    return &lane->pieces[low];
}

/* Rows from `ordinal` on, up to `to`, until the next one that is refused. */
static uint64_t run_end(const hr_pg_lane *lane, uint64_t ordinal, uint64_t to)
{
    if (!lane->refusal_count)
        return to;
    while (ordinal < to && !hr_pg_is_refused(lane, ordinal))
        ordinal++;
    return ordinal;
}

hr_status hr_pg_render(const hr_pg_sink *sink, hr_pg_lane *lane, uint64_t *at, uint64_t to, size_t enough,
                       hr_error *err)
{
    hr_status status = HR_OK;
    while (status == HR_OK && *at < to && lane->out.size < enough) {
        if (hr_pg_is_refused(lane, *at)) {
            ++*at;
            continue;
        }
        const hr_pg_piece *piece = piece_with(lane, *at);
        uint64_t end = piece->first + piece->count;
        end = run_end(lane, *at, end < to ? end : to);
        hr_parcel parcel = parcel_of(piece);
        hr_copy_flaw flaw;
        size_t row = (size_t)(*at - piece->first);
        size_t to_row = (size_t)(end - piece->first);
        status =
            lane->binary
                ? hr_pg_binary_rows(sink, &parcel, piece->first, &row, to_row, enough, &lane->out, &flaw, err)
                : hr_copy_text_rows(sink->copy, &parcel, piece->first, &row, to_row, enough, &lane->out, &flaw, err);
        *at = piece->first + row;
        if (status == HR_AGAIN)
            status = hr_pg_refuse(lane, *at, flaw.column, flaw.message, err);
    }
    return status;
}

bool hr_pg_row_of_line(const hr_pg_lane *lane, uint64_t from, uint64_t line, uint64_t *out)
{
    for (; from < lane->rows; from++) {
        if (hr_pg_is_refused(lane, from))
            continue;
        if (--line == 0) {
            *out = from;
            return true;
        }
    }
    return false;
}
