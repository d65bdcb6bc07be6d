/* source_plan.c: what a run reads: behind which record, in which order, in which pieces. Its bounds: source_bound.c. */
#include <stdlib.h>

#include "connectors/postgres/source.h"

#define PIECES_PER_READER 4u

static hr_status fail_memory(hr_error *err)
{
    return hr_fail_memory(err, "planning what to read");
}

/* ---- the position --------------------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

static hr_status check_standing(const hr_pg_source *source, hr_error *err)
{
    const hr_pg_position *standing = &source->standing;
    const hr_pg_reading *reading = &source->reading;
    const char *was = standing->full ? "none" : standing->watermark, *is = reading->watermark;
    if (standing->full != !is || (is && (!same(is, was) || !same(reading->watermark_type, standing->type))))
        return hr_fail(
            err, HR_E_CHANGED,
            "the last run of this feed had the watermark %s (%s), and now it is %s (%s): go on with that one, or "
            "give the feed another name, which begins anew",
            was, standing->full ? "all was read" : standing->type, is ? is : "none",
            is ? reading->watermark_type : "all is read");
    if (!standing->after[0])
        return HR_OK;
    bool keys = standing->key_count == reading->key_count;
    for (size_t i = 0; keys && i < reading->key_count; i++)
        keys = !strcmp(standing->keys[i], reading->keys[i]);
    return keys ? HR_OK
                : hr_fail(err, HR_E_CHANGED,
                          "the last run of this feed was cut off and stands at a record by its key \"%s\" (of %zu "
                          "columns): go on with that key, or give the feed another name, which begins anew",
                          standing->keys[0], standing->key_count);
}

/* ---- order and pieces ---------------------------------------------------------------------------------------- */

static hr_status decide_order(hr_pg_source *source, hr_error *err)
{
    const hr_pg_pull *pull = &source->pull;
    const hr_pg_shape *shape = &source->shape;
    bool keyed = source->reading.key_count > 0;
    if (pull->order == HR_PG_YES && !keyed)
        return hr_fail(err, HR_E_INVALID, "order=yes needs columns that tell records apart: give option key");
    if (pull->order == HR_PG_AUTO)
        source->run.ordered = keyed && pull->readers == 1 && shape->key_unique && shape->key_not_null &&
                              (pull->watermark ? shape->watermark_indexed : shape->key_indexed);
    else
        source->run.ordered = pull->order == HR_PG_YES;
    return HR_OK;
}

static hr_pg_range *add_piece(hr_pg_run_plan *run, const hr_pg_range *like)
{
    run->pieces[run->piece_count] = *like;
    run->pieces[run->piece_count].ordered = run->ordered;
    return &run->pieces[run->piece_count++];
}

static void add_blocks(hr_pg_run_plan *run, const hr_pg_range *like, uint64_t blocks, size_t pieces)
{
    for (size_t i = 0; i < pieces; i++) {
        hr_pg_range *piece = add_piece(run, like);
        piece->blocks = true;
        piece->first_block = blocks * i / pieces;
        piece->end_block = i + 1 == pieces ? UINT64_MAX : blocks * (i + 1) / pieces;
    }
}

static hr_status add_slices(hr_pg_source *source, const hr_pg_range *like, size_t pieces, hr_error *err)
{
    hr_buffer sql = {0};
    PGresult *result;
    bool ok = hr_buffer_text(&sql, "SELECT min(") && hr_pg_quote_name(&sql, source->reading.keys[0]) &&
              hr_buffer_text(&sql, "), max(") && hr_pg_quote_name(&sql, source->reading.keys[0]) &&
              hr_buffer_printf(&sql, ") FROM %s", source->reading.from) && hr_buffer_add(&sql, "", 1);
    hr_status status =
        ok ? hr_pg_run(&source->lanes[0].pg, (const char *)sql.data, &result, "finding the range of the key", err)
           : fail_memory(err);
    hr_buffer_free(&sql);
    if (status != HR_OK)
        return status;
    int64_t low = strtoll(PQgetvalue(result, 0, 0), NULL, 10), high = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    PQclear(result);
    uint64_t step = ((uint64_t)high - (uint64_t)low) / pieces + 1;
    for (size_t i = 0; i < pieces; i++) {
        hr_pg_range *piece = add_piece(&source->run, like);
        piece->slices = true;
        piece->lowest = i == 0;
        piece->first_key = (int64_t)((uint64_t)low + step * i);
        piece->highest = i + 1 == pieces || (uint64_t)high - (uint64_t)low < step * (i + 1);
        piece->end_key = (int64_t)((uint64_t)low + step * (i + 1));
        if (piece->highest)
            break;
    }
    return HR_OK;
}

/* A run that reads all of a table can be divided; blocks of a table are the even way. */
static hr_status divide(hr_pg_source *source, const hr_pg_range *whole, hr_error *err)
{
    const hr_pg_shape *shape = &source->shape;
    size_t pieces = source->pull.readers * PIECES_PER_READER;
    if (source->pull.readers == 1 || source->run.ordered) {
        add_piece(&source->run, whole);
        return HR_OK;
    }
    if ((shape->kind == 'r' || shape->kind == 'm') && source->server.version >= 140000) {
        if (shape->blocks < pieces)
            pieces = shape->blocks ? (size_t)shape->blocks : 1;
        add_blocks(&source->run, whole, shape->blocks, pieces);
        return HR_OK;
    }
    Oid oid = source->reading.key_count ? shape->oids[shape->key_at[0]] : 0;
    if (oid == 20 || oid == 21 || oid == 23)
        return add_slices(source, whole, pieces, err);
    return hr_fail(err, HR_E_UNSUPPORTED,
                   "several readers need a table of its own (not a view, a query or partitions), or option key with a "
                   "column of whole numbers");
}

static hr_status plan_full(hr_pg_source *source, hr_error *err)
{
    const hr_pg_position *standing = &source->standing;
    hr_pg_range whole = {0};
    source->run.over = same(standing->done, source->job);
    if (source->run.over)
        return HR_OK;
    if (standing->after[0]) {
        whole.after = (const char *const *)standing->after;
        source->run.ordered = source->run.ordered || source->pull.order == HR_PG_AUTO;
    }
    return divide(source, &whole, err);
}

/* The first run, or the rest of one that was cut off while it read those without a watermark. */
static hr_status plan_first(hr_pg_source *source, hr_error *err)
{
    const hr_pg_position *standing = &source->standing;
    hr_pg_run_plan *run = &source->run;
    hr_pg_range whole = {.high = run->high, .high_closed = run->clock == HR_PG_CLOCK_VALUE};
    if (run->ordered || standing->nulls) {
        hr_pg_range nulls = {.nulls = true, .after = standing->nulls ? (const char *const *)standing->after : NULL};
        if (!source->shape.watermark_not_null)
            add_piece(run, &nulls);
        add_piece(run, &whole);
        return HR_OK;
    }
    whole.with_nulls = !source->shape.watermark_not_null;
    return divide(source, &whole, err);
}

static hr_status plan_next(hr_pg_source *source, const hr_pg_run_bounds *found, hr_error *err)
{
    const hr_pg_position *standing = &source->standing;
    hr_pg_run_plan *run = &source->run;
    hr_pg_range range = {.high = run->high, .high_closed = run->clock == HR_PG_CLOCK_VALUE};
    bool sure = !standing->loose && !source->pull.lookback; /* of all up to the record */
    bool behind_record = standing->at && (sure || !run->lookback || found->at_below);
    if (behind_record) {
        range.at = standing->at;
        range.after = (const char *const *)standing->after;
    } else {
        range.low = found->lower;
        range.low_open = run->clock == HR_PG_CLOCK_VALUE && !run->lookback && source->reading.key_count == 1 &&
                         !strcmp(source->reading.keys[0], source->reading.watermark);
    }
    run->low = hr_strdup(behind_record ? standing->at : found->lower);
    if (!run->low)
        return fail_memory(err);
    range.low = behind_record ? NULL : run->low;
    add_piece(run, &range);
    return HR_OK;
}

hr_status hr_pg_source_plan(hr_pg_source *source, hr_error *err)
{
    hr_pg_run_plan *run = &source->run;
    bool stands = source->standing.full || source->standing.watermark;
    hr_pg_run_bounds found = {0};
    run->pieces = hr_calloc(source->pull.readers * PIECES_PER_READER + 2, sizeof *run->pieces);
    if (!run->pieces)
        return fail_memory(err);
    hr_status status = stands ? check_standing(source, err) : HR_OK;
    run->clock = hr_pg_source_clock(source);
    if (status == HR_OK)
        status = decide_order(source, err);
    if (status != HR_OK)
        return status;
    if (run->clock == HR_PG_CLOCK_NONE)
        return plan_full(source, err);
    status = hr_pg_source_bound(source, &found, err);
    if (status == HR_OK && run->high)
        status = source->standing.high ? plan_next(source, &found, err) : plan_first(source, err);
    hr_free(found.lower);
    return status;
}
