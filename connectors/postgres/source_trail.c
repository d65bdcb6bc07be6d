/* source_trail.c: the keys of the records given, front-coded: each as what it has beyond the one before it. */
#include "connectors/postgres/source_position.h"

#define CEILING ((size_t)256 << 20)
#define NUMBER_MAX 10u /* bytes of a number, seven bits in each */

static uint8_t *put_number(uint8_t *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *out++ = (uint8_t)(number | 0x80);
    *out++ = (uint8_t)number;
    return out;
}

static const uint8_t *take_number(const uint8_t *at, uint64_t *number)
{
    unsigned shift = 0;
    for (*number = 0; *at & 0x80; shift += 7)
        *number |= (uint64_t)(*at++ & 0x7F) << shift;
    *number |= (uint64_t)*at << shift;
    return at + 1;
}

static size_t common(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    size_t least = a_size < b_size ? a_size : b_size, same = 0;
    while (same < least && a[same] == b[same])
        same++;
    return same;
}

/* Steps that were passed make room for new ones. */
static void compact(hr_pg_trail *trail)
{
    if (!trail->begin || trail->begin < trail->steps.size / 2)
        return;
    memmove(trail->steps.data, trail->steps.data + trail->begin, trail->steps.size - trail->begin);
    trail->steps.size -= trail->begin;
    trail->begin = 0;
}

/* The key becomes its first `same` bytes and `size` others. */
static bool change(hr_buffer *key, size_t same, const uint8_t *rest, size_t size)
{
    key->size = same;
    return hr_buffer_add(key, rest, size);
}

hr_status hr_pg_trail_add(hr_pg_trail *trail, uint64_t end, const uint8_t *key, size_t size, hr_error *err)
{
    if (!trail->steps.ceiling)
        trail->steps.ceiling = CEILING;
    size_t same = common(trail->tail.data, trail->tail.size, key, size);
    uint8_t *room = hr_buffer_room(&trail->steps, 3 * NUMBER_MAX + size - same);
    if (!room)
        return trail->steps.size > CEILING / 2
                   ? hr_fail(err, HR_E_LIMIT,
                             "the keys of the records that are not committed yet do not fit in 256 MiB: commit more "
                             "often (option segment-rows or segment-bytes)")
                   : hr_fail_memory(err, "keeping the keys of records");
    uint8_t *to = put_number(put_number(put_number(room, end - trail->tail_end), same), size - same);
    if (!change(&trail->tail, same, key + same, size - same))
        return hr_fail_memory(err, "keeping the keys of records");
    memcpy(to, key + same, size - same);
    trail->steps.size += (size_t)(to - room) + size - same;
    trail->tail_end = end;
    return HR_OK;
}

hr_status hr_pg_trail_seek(hr_pg_trail *trail, uint64_t end, hr_error *err)
{
    while (trail->head_end < end && trail->begin < trail->steps.size) {
        uint64_t distance, same, size;
        const uint8_t *at = trail->steps.data + trail->begin;
        at = take_number(take_number(take_number(at, &distance), &same), &size);
        if (!change(&trail->head, same, at, size))
            return hr_fail_memory(err, "keeping the keys of records");
        trail->head_end += distance;
        trail->begin = (size_t)(at - trail->steps.data) + size;
    }
    compact(trail);
    return trail->head_end == end
               ? HR_OK
               : hr_fail(err, HR_E_STATE, "no record of the source ends at offset %llu", (unsigned long long)end);
}

void hr_pg_trail_clear(hr_pg_trail *trail)
{
    hr_buffer_free(&trail->steps);
    hr_buffer_free(&trail->head);
    hr_buffer_free(&trail->tail);
    *trail = (hr_pg_trail){0};
}
