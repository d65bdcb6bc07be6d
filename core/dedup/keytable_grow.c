/* keytable_grow.c: how a key table grows: one shard at a time, into memory that the last one left behind. */
#include "core/dedup/keytable_slots.h"

#include <sys/mman.h>
#include <sys/random.h>

/* What a growth looks at before it may give something back. */
#define STRIDE ((uint64_t)2 << 20)
#define PAGE ((uint64_t)4096)
#define HUGE_PAGE ((uint64_t)2 << 20)
/* Below this limit one shard is as good. */
#define SHARDED_LIMIT ((uint64_t)1 << 20)

/* Slots behind the homes. The number of keys that are pushed over the end at a load of 0.9 falls below 10^-5 at 64;
 * when it comes to that, the shard grows. */
static uint64_t slots_behind(uint64_t slots)
{
    return slots / 16 < 64 ? slots / 16 + 2 : 64;
}

/* On a boundary of huge pages when it has some: each look-up is a miss of the TLB as well with small ones. */
static uint8_t *map_slots(uint64_t size)
{
    uint64_t more = size >= HUGE_PAGE ? HUGE_PAGE : 0;
    uint8_t *start =
        mmap(NULL, size + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    if (more) {
        uint64_t before = -(uintptr_t)start % HUGE_PAGE;
        if (before)
            munmap(start, before);
        start += before;
        munmap(start + size, more - before);
        (void)madvise(start, size, MADV_HUGEPAGE); /* advice only */
    }
    return start;
}

/* What a shard may have of the limit. */
static uint64_t share_of(const hr_keytable *table)
{
    uint64_t share = table->memory_limit >> table->shard_bits;
    share -= share % (share >= 2 * HUGE_PAGE ? HUGE_PAGE : PAGE);
    return share < PAGE ? PAGE : share;
}

/* Memory for a shard of `size` bytes: what the last shard that grew has left behind, or new. Addresses are taken ahead
 * of what is used of them; they cost nothing before they are touched. */
static hr_status take_slots(hr_keytable *table, uint64_t size, hr_keyshard *next, hr_error *err)
{
    if (table->spare && table->spare_mapped >= size) {
        next->slots = table->spare;
        next->mapped = table->spare_mapped;
        table->spare = NULL;
        return HR_OK;
    }
    uint64_t ahead = size * 4, share = share_of(table);
    if (ahead > share)
        ahead = size > share ? size : share;
    next->slots = map_slots(ahead);
    if (!next->slots)
        return hr_fail_memory(err, "growing the table of keys");
    next->mapped = ahead;
    return HR_OK;
}

/* Keeps the memory of a shard, which holds no key any more, for the next one that grows. */
static void leave_slots(hr_keytable *table, uint8_t *slots, uint64_t mapped)
{
    if (!slots)
        return;
    if (table->spare)
        munmap(table->spare, table->spare_mapped);
    table->spare = slots;
    table->spare_mapped = mapped;
}

/* Where the next key goes in a shard that is filled in order: slots [run, end) are taken, `end` is free. */
typedef struct filling {
    uint64_t run, end;
} filling;

/* Moves the keys of slots [first, last) of a shard to another one, in the order of the slots, which is that of the
 * homes but for neighbours. So nearly all of them go behind the one before, or home, and both are computed without a
 * branch. Clears the slots. */
static inline void move_keys(const hr_keytable *table, const hr_keyshard *from, uint64_t first, uint64_t last,
                             const hr_keyshard *to, filling *at, size_t key_size)
{
    uint64_t run = at->run, end = at->end;
    for (uint64_t i = first; i < last; i++) {
        uint8_t *key = from->slots + i * key_size;
        bool free = hr_key_zero(key, key_size);
        uint64_t home = hr_slot_home(table, to, hr_key_hash(&table->seed, key));
        home = free ? end : home;
        if (HR_UNLIKELY(home < run)) {
            hr_key_copy(hr_slot_find(to->slots + home * key_size, key, key_size), key, key_size);
            while (!hr_key_zero(to->slots + end * key_size, key_size))
                end++; /* it went there */
        } else {
            run = home > end ? home : run;
            end = home > end ? home : end;
            hr_key_copy(to->slots + end * key_size, key, key_size);
            end += !free;
        }
        memset(key, 0, key_size);
    }
    *at = (filling){run, end};
}

static hr_status grow_to(hr_keytable *table, hr_keyshard *shard, uint64_t size, hr_error *err)
{
    hr_keyshard next = *shard;
    size_t key_size = table->key_size;
    uint64_t slots = size / key_size, old = shard->size / key_size, stride = STRIDE / key_size;
    hr_status status = take_slots(table, size, &next, err);
    if (status != HR_OK)
        return status;
    next.size = size;
    next.capacity = slots - slots_behind(slots);
    next.last = next.slots + (slots - 1) * key_size;
    /* When shards have grown as far as they may, what they leave behind is given back at once: then memory is short. */
    bool last_time = size >= share_of(table);
    filling at = {0, 0};
    for (uint64_t first = 0; first < old; first += stride) {
        uint64_t last = old - first > stride ? first + stride : old;
        if (key_size == 16)
            move_keys(table, shard, first, last, &next, &at, 16);
        else
            move_keys(table, shard, first, last, &next, &at, 32);
        if (last_time)
            (void)madvise(shard->slots + first * key_size, (last - first) * key_size, MADV_DONTNEED);
    }
    if (last_time && shard->slots)
        munmap(shard->slots, shard->mapped);
    else
        leave_slots(table, shard->slots, shard->mapped);
    *shard = next;
    return HR_OK;
}

/* Keys that a shard takes before it grows: 0.85 of its homes, and 0.9 when the limit forbids that. A key then goes
 * through 23 slots (six cache lines in a row), or 50, until it finds a free one; half a shard later 3. */
static uint64_t room_of(const hr_keytable *table, const hr_keyshard *shard)
{
    return shard->size < share_of(table) ? shard->capacity / 20 * 17 + shard->capacity % 20 / 2
                                         : shard->capacity / 10 * 9;
}

static uint64_t rounded(uint64_t wanted)
{
    uint64_t unit = wanted >= 2 * HUGE_PAGE ? HUGE_PAGE : PAGE;
    return (wanted + unit - 1) / unit * unit;
}

/* The size to which a shard should grow for `more` keys. Growth is by half while less than half of the limit is used,
 * then by a quarter: the one is faster, the other leaves fewer slots empty. The first sizes differ, and with them the
 * times at which shards grow, so that few of them are emptier than they need be. */
static uint64_t wanted_size(const hr_keytable *table, unsigned index, uint64_t more)
{
    const hr_keyshard *shard = &table->shards[index];
    uint64_t needed = (shard->used + more + 8) * table->key_size / 16 * 20;
    if (shard->wanted == 0)
        return needed < 2 * PAGE ? 2 * PAGE + PAGE * index / hr_shard_count(table) : needed;
    uint64_t wanted = shard->wanted + shard->wanted / (shard->size < share_of(table) / 2 ? 2 : 4);
    return wanted < needed ? needed : wanted;
}

hr_status hr_keytable_grow(hr_keytable *table, unsigned index, uint64_t more, bool beyond, hr_error *err)
{
    hr_keyshard *shard = &table->shards[index];
    uint64_t share = share_of(table), wanted = wanted_size(table, index, more), size = rounded(wanted);
    if (size > share && !beyond) {
        size = share;
        if (size <= shard->size)
            return HR_E_LIMIT;
    }
    hr_status status = grow_to(table, shard, size, err);
    if (status == HR_OK) {
        shard->wanted = wanted;
        shard->room = room_of(table, shard);
    }
    return status;
}

hr_status hr_keytable_seed(hr_keytable *table, hr_error *err)
{
    if (table->seeded)
        return HR_OK;
    if (getrandom(&table->seed, sizeof table->seed, 0) != sizeof table->seed)
        return hr_fail(err, HR_E_IO, "seeding the table of keys: the system gives no random bytes");
    table->shard_bits = table->memory_limit >= SHARDED_LIMIT ? 4 : 0;
    table->seeded = true;
    return HR_OK;
}

hr_status hr_keytable_reserve(hr_keytable *table, uint64_t more, hr_error *err)
{
    hr_status status = hr_keytable_seed(table, err);
    uint64_t each = more / hr_shard_count(table) + more / hr_shard_count(table) / 64;
    for (unsigned i = 0; i < hr_shard_count(table) && status == HR_OK; i++) {
        hr_keyshard *shard = &table->shards[i];
        if (shard->room < shard->used + each)
            status = hr_keytable_grow(table, i, each, false, err);
        if (status == HR_E_LIMIT)
            status = HR_OK;
    }
    return status;
}
