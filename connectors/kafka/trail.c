/* trail.c: which message each byte given to the runner came from, until it is acknowledged. */
#include "connectors/kafka/trail.h"

#define RUN_MOST 4096u /* messages: hr_trail_find adds up their sizes */
#define ALTERED 0x80000000u
#define GAP 0x40000000u

static const hr_trail_run *last_run(const hr_trail *trail)
{
    return trail->run_count ? &trail->runs[trail->run_head + trail->run_count - 1] : NULL;
}

static bool append(hr_trail *trail, int32_t partition, int64_t offset, uint32_t size, uint32_t flags, uint32_t mark)
{
    const hr_trail_run *last = last_run(trail);
    /* What the walk has left behind does not grow any more. */
    bool joins = last && last->partition == partition && last->offset + last->count == offset &&
                 last->count < RUN_MOST && trail->walk_run < trail->run_count;
    if (!hr_queue_room((void **)&trail->messages, sizeof *trail->messages, &trail->message_head, trail->message_count,
                       &trail->message_capacity))
        return false;
    if (!joins && !hr_queue_room((void **)&trail->runs, sizeof *trail->runs, &trail->run_head, trail->run_count,
                                 &trail->run_capacity))
        return false;
    if (!joins)
        trail->runs[trail->run_head + trail->run_count++] =
            (hr_trail_run){trail->end, trail->dropped + trail->message_count, offset, partition, 0};
    trail->runs[trail->run_head + trail->run_count - 1].count++;
    trail->messages[trail->message_head + trail->message_count++] = (hr_trail_message){size | flags, mark};
    trail->end += size;
    trail->gap_count += (flags & GAP) != 0;
    return true;
}

bool hr_trail_add(hr_trail *trail, int32_t partition, int64_t offset, uint32_t size, bool altered, uint32_t mark)
{
    return size <= HR_TRAIL_SIZE_MAX && append(trail, partition, offset, size, altered ? ALTERED : 0, mark);
}

bool hr_trail_gap(hr_trail *trail, int32_t partition, int64_t next)
{
    return append(trail, partition, next - 1, 0, GAP, 0);
}

bool hr_trail_full(const hr_trail *trail)
{
    return trail->message_count * sizeof *trail->messages + trail->run_count * sizeof *trail->runs >= trail->ceiling;
}

/* Message `ordinal` of a run, which begins at `begin`. */
static void tell(const hr_trail *trail, const hr_trail_run *run, uint64_t ordinal, uint64_t begin, hr_trail_place *out)
{
    hr_trail_message message = trail->messages[trail->message_head + (size_t)(ordinal - trail->dropped)];
    *out = (hr_trail_place){.partition = run->partition,
                            .offset = run->offset + (int64_t)(ordinal - run->first),
                            .begin = begin,
                            .ordinal = ordinal,
                            .size = message.size & ~(ALTERED | GAP),
                            .mark = message.mark,
                            .altered = (message.size & ALTERED) != 0,
                            .gap = (message.size & GAP) != 0};
}

bool hr_trail_next(hr_trail *trail, uint64_t bytes, hr_trail_place *out)
{
    /* A message without bytes at the very end of what is asked for belongs to it. */
    if (trail->walk_message - trail->dropped >= trail->message_count)
        return false;
    const hr_trail_run *run = &trail->runs[trail->run_head + trail->walk_run];
    hr_trail_place place;
    tell(trail, run, trail->walk_message, trail->walk_at, &place);
    if (place.size ? place.begin >= bytes : place.begin > bytes)
        return false;
    *out = place;
    if (place.begin + place.size > bytes)
        return true;
    trail->walk_at += place.size;
    trail->walk_message++;
    if (trail->walk_message - run->first == run->count)
        trail->walk_run++;
    return true;
}

bool hr_trail_front(const hr_trail *trail, hr_trail_place *out)
{
    if (!trail->message_count)
        return false;
    const hr_trail_run *run = &trail->runs[trail->run_head];
    tell(trail, run, trail->dropped, run->begin, out);
    return true;
}

void hr_trail_drop(hr_trail *trail)
{
    hr_trail_run *run = &trail->runs[trail->run_head];
    uint32_t size = trail->messages[trail->message_head].size;
    run->begin += size & ~(ALTERED | GAP);
    trail->gap_count -= (size & GAP) != 0;
    run->first++;
    run->offset++;
    run->count--;
    trail->dropped++;
    trail->message_head++;
    trail->message_count--;
    if (!run->count) {
        trail->run_head++;
        trail->run_count--;
        trail->walk_run--;
    }
}

bool hr_trail_find(const hr_trail *trail, uint64_t at, hr_trail_place *out)
{
    size_t low = 0, high = trail->run_count;
    if (at >= trail->end || !trail->run_count || at < trail->runs[trail->run_head].begin)
        return false;
    while (high - low > 1) { /* run `low` begins at or before `at` */
        size_t middle = low + (high - low) / 2;
        if (trail->runs[trail->run_head + middle].begin <= at)
            low = middle;
        else
            high = middle;
    }
    const hr_trail_run *run = &trail->runs[trail->run_head + low];
    uint64_t begin = run->begin;
    for (uint32_t i = 0; i < run->count; i++, begin += out->size) {
        tell(trail, run, run->first + i, begin, out);
        if (at < begin + out->size)
            return true;
    }
    return false;
}

void hr_trail_free(hr_trail *trail)
{
    hr_free(trail->runs);
    hr_free(trail->messages);
    *trail = (hr_trail){.ceiling = trail->ceiling};
}
