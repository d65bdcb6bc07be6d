/* ring.c: segments that are written and not committed yet. A destination that loads several at the same time is given
 * the next one while the oldest is still on its way; commits keep the order of the input. */
#include "core/job/pull.h"

static void add_counts(hr_counts *to, const hr_counts *before, const hr_counts *after)
{
    to->read += after->read - before->read;
    to->loaded += after->loaded - before->loaded;
    to->duplicate += after->duplicate - before->duplicate;
    to->rejected += after->rejected - before->rejected;
    to->skipped += after->skipped - before->skipped;
}

bool hr_work_seals(const hr_work *work)
{
    return work->segments_most > 1 && work->segment_open;
}

/* What parts of a source have moved, as hr_pull_moves found. */
static hr_moves take_moves(hr_work *work)
{
    hr_moves moves = {0};
    if (work->pull) {
        moves = work->pull->moves;
        work->pull->moves = (hr_moves){0};
    }
    return moves;
}

/* The oldest one stands in for the open one while it is committed; what its outcome changes in the account is changed
 * in what was counted since, too. */
static hr_status commit_oldest(hr_work *work, hr_error *err)
{
    hr_sealed oldest = work->sealed[0];
    hr_counts counts = work->counts, before = oldest.counts;
    hr_pending pending = work->pending;
    hr_moves moves = take_moves(work);
    uint64_t rows = work->segment_rows;
    bool open = work->segment_open;
    work->sealed_count--;
    memmove(work->sealed, work->sealed + 1, work->sealed_count * sizeof *work->sealed);
    work->counts = oldest.counts;
    work->pending = oldest.pending;
    work->segment_rows = oldest.rows;
    work->segment_open = true;
    work->key_mark = work->run->keys ? &oldest.keys : NULL;
    if (work->pull)
        work->pull->moves = oldest.moves;
    hr_status status = hr_work_checkpoint_at(work, &oldest.after, HR_JOB_IN_PROGRESS, NULL, NULL, NULL, 0, err);
    add_counts(&counts, &before, &work->counts);
    for (size_t i = 0; i < work->sealed_count; i++)
        add_counts(&work->sealed[i].counts, &before, &work->counts);
    hr_pending_free(&work->pending);
    if (work->pull) {
        hr_moves_free(&work->pull->moves);
        work->pull->moves = moves;
    }
    work->key_mark = NULL;
    work->counts = counts;
    work->pending = pending;
    work->segment_rows = rows;
    work->segment_open = open;
    return status;
}

static hr_status make_place(hr_work *work, hr_error *err)
{
    hr_status status = HR_OK;
    if (work->sealed_count + 1 == work->segments_most)
        status = commit_oldest(work, err);
    if (status == HR_OK && !work->sealed && !(work->sealed = hr_calloc(work->segments_most, sizeof *work->sealed)))
        status = hr_fail_memory(err, "loading several segments");
    return status;
}

hr_status hr_work_seal(hr_work *work, const hr_position *after, hr_error *err)
{
    hr_moves moves = take_moves(work);
    hr_status status = make_place(work, err);
    if (status == HR_OK) {
        status = work->sink->seal(work->sink_state, err);
        work->again |= status != HR_OK;
    }
    if (status != HR_OK) {
        hr_moves_free(&moves);
        return status;
    }
    if (work->pull)
        hr_pull_promise(work->pull, &moves);
    hr_sealed *sealed = &work->sealed[work->sealed_count++];
    uint64_t keys = work->run->keys ? hr_keyset_mark(work->run->keys) : 0;
    *sealed = (hr_sealed){*after, moves, work->counts, work->pending, work->segment_rows, keys};
    work->pending = (hr_pending){.note = work->pending.note};
    work->segment_open = false;
    return HR_OK;
}

hr_status hr_work_drain(hr_work *work, hr_error *err)
{
    hr_status status = HR_OK;
    while (status == HR_OK && work->sealed_count)
        status = commit_oldest(work, err);
    return status;
}

void hr_work_unseal(hr_work *work)
{
    for (size_t i = 0; i < work->sealed_count; i++) {
        hr_pending_free(&work->sealed[i].pending);
        hr_moves_free(&work->sealed[i].moves);
    }
    work->sealed_count = 0;
    hr_free(work->sealed);
    work->sealed = NULL;
}
