/* moves.c: where the parts of a source stand: at the last commit, behind the segments that wait for theirs, and behind
 * what was read. */
#include <inttypes.h>
#include <stdio.h>

#include "core/job/pull.h"

/* ---- parts -------------------------------------------------------------------------------------------------- */

static hr_pulled_part *find_part(hr_pull *pull, const char *name)
{
    for (size_t i = 0; i < pull->part_count; i++)
        if (!strcmp(pull->parts[i].name, name))
            return &pull->parts[i];
    return NULL;
}

static hr_pulled_part *add_part(hr_pull *pull, const char *name)
{
    hr_pulled_part *parts = hr_array_room(pull->parts, pull->part_count, &pull->part_capacity, 8, sizeof *parts);
    if (!parts)
        return NULL;
    pull->parts = parts;
    hr_pulled_part *part = &pull->parts[pull->part_count++];
    *part = (hr_pulled_part){0};
    memcpy(part->name, name, strlen(name) + 1);
    return part;
}

hr_status hr_pull_part(hr_pull *pull, const char *name, hr_pulled_part **out, hr_error *err)
{
    hr_work *work = pull->work;
    char at[HR_POSITION_MAX];
    if (strlen(name) >= HR_PART_NAME_MAX)
        return hr_fail(err, HR_E_LIMIT,
                       "a part of the source is called '%.120s...': such names have less than %u bytes", name,
                       HR_PART_NAME_MAX);
    /* A member that is gone may have committed at the destination what its ledger does not know yet. */
    hr_status status = work->run->config.member ? hr_recover_siblings(work->run, err) : HR_OK;
    if (status == HR_OK)
        status = hr_ledger_part(work->run->ledger, work->run->base, pull->id, name, at, err);
    if (status == HR_OK)
        status = hr_work_compare(work, name, at, err);
    if (status != HR_OK)
        return status;
    hr_pulled_part *part = find_part(pull, name);
    if (!part)
        part = add_part(pull, name);
    if (!part)
        return hr_fail_memory(err, "reading a source");
    bool waits = strcmp(part->ahead, part->at) != 0;
    memcpy(part->at, at, sizeof at);
    if (!waits)
        memcpy(part->ahead, at, sizeof at);
    *out = part;
    return HR_OK;
}

/* ---- committing --------------------------------------------------------------------------------------------- */

static bool move_room(hr_moves *moves)
{
    if (moves->count < moves->capacity)
        return true;
    size_t capacity = moves->capacity ? moves->capacity * 2 : 8;
    struct hr_moved_part *list = hr_realloc(moves->list, capacity * sizeof *list);
    moves->list = list ? list : moves->list;
    hr_part *before = list ? hr_realloc(moves->before, capacity * sizeof *before) : NULL;
    moves->before = before ? before : moves->before;
    hr_part *after = before ? hr_realloc(moves->after, capacity * sizeof *after) : NULL;
    moves->after = after ? after : moves->after;
    moves->capacity = after ? capacity : moves->capacity;
    return after != NULL;
}

static hr_status note_move(hr_pull *pull, const hr_part *part, hr_error *err)
{
    hr_moves *moves = &pull->moves;
    hr_pulled_part *known = find_part(pull, part->name);
    hr_status status = known ? HR_OK : hr_pull_part(pull, part->name, &known, err);
    if (status != HR_OK)
        return status;
    if (!strcmp(known->ahead, part->at))
        return HR_OK;
    if (strlen(part->at) >= HR_POSITION_MAX)
        return hr_fail(err, HR_E_LIMIT, "a position of the source is longer than %u bytes", HR_POSITION_MAX - 1);
    if (!move_room(moves))
        return hr_fail_memory(err, "reading a source");
    struct hr_moved_part *moved = &moves->list[moves->count];
    memcpy(moved->name, known->name, sizeof moved->name);
    memcpy(moved->before, known->ahead, sizeof moved->before);
    memcpy(moved->after, part->at, strlen(part->at) + 1);
    moves->after[moves->count++] = (hr_part){.lag = part->lag, .lag_known = part->lag_known};
    return HR_OK;
}

hr_status hr_pull_moves(hr_pull *pull, hr_position *after, hr_error *err)
{
    const hr_work *work = pull->work;
    hr_moves *moves = &pull->moves;
    const hr_part *parts = NULL;
    size_t count = 0;
    moves->count = 0;
    hr_status status = pull->type->position(pull->state, pull->given, &parts, &count, err);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = note_move(pull, &parts[i], err);
    if (status != HR_OK)
        return status;
    for (size_t i = 0; i < moves->count; i++) { /* only now: the list may have moved while it grew */
        struct hr_moved_part *moved = &moves->list[i];
        moves->before[i] = (hr_part){.name = moved->name, .at = moved->before};
        moves->after[i].name = moved->name;
        moves->after[i].at = moved->after;
    }
    moves->number = (pull->promised ? pull->promised : pull->commits) + (moves->count > 0);
    bool whole = moves->count == 1 && !moves->after[0].name[0];
    after->size = (uint32_t)(whole ? snprintf(after->bytes, sizeof after->bytes, "%s", moves->after[0].at)
                                   : snprintf(after->bytes, sizeof after->bytes, "commits=%" PRIu64, moves->number));
    if (!moves->count)
        *after = work->sealed_count ? work->sealed[work->sealed_count - 1].after : work->committed;
    return HR_OK;
}

void hr_pull_promise(hr_pull *pull, const hr_moves *moves)
{
    for (size_t i = 0; i < moves->count; i++)
        memcpy(find_part(pull, moves->list[i].name)->ahead, moves->list[i].after, HR_POSITION_MAX);
    pull->promised = moves->number;
}

void hr_moves_free(hr_moves *moves)
{
    hr_free(moves->list);
    hr_free(moves->before);
    hr_free(moves->after);
    *moves = (hr_moves){0};
}

hr_status hr_pull_acknowledge(hr_pull *pull, hr_error *err)
{
    const hr_moves *moves = &pull->moves;
    bool waits = pull->work->sealed_count > 0;
    hr_status status = HR_OK;
    if (moves->count)
        status = pull->type->acknowledge(pull->state, moves->after, moves->count, err);
    for (size_t i = 0; i < moves->count; i++) {
        hr_pulled_part *part = find_part(pull, moves->list[i].name);
        memcpy(part->at, moves->list[i].after, sizeof part->at);
        if (!waits)
            memcpy(part->ahead, part->at, sizeof part->ahead);
    }
    pull->commits += moves->count > 0;
    pull->promised = waits ? pull->promised : 0;
    pull->moves.count = 0;
    return status;
}
