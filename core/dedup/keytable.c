/* keytable.c: the key table: insertion in groups, with their cache lines fetched ahead, and growth shard by shard. */
#include "core/dedup/keytable.h"

#include <sys/mman.h>
#include <sys/random.h>

/* Keys whose slots are fetched together: enough to hide a miss, few enough for the line-fill buffers and L1. */
#define GROUP 32u
/* What a growth looks at before it may give something back. */
#define STRIDE ((uint64_t)2 << 20)
#define PAGE ((uint64_t)4096)
#define HUGE_PAGE ((uint64_t)2 << 20)
/* Below this limit one shard is as good. */
#define SHARDED_LIMIT ((uint64_t)1 << 20)

static unsigned shard_count(const hr_keytable *table)
{
    return 1u << table->shard_bits;
}

static inline unsigned shard_of(const hr_keytable *table, uint64_t hash)
{
    return (unsigned)(hash >> 1 >> (63 - table->shard_bits));
}

/* The slot where a key of that hash belongs. */
static inline uint64_t home_of(const hr_keytable *table, const hr_keyshard *shard, uint64_t hash)
{
    return hr_key_scale(hash << table->shard_bits, shard->capacity);
}

/* ---- probing ------------------------------------------------------------------------------------------------ */

/* The slot that holds `key`, or the free one where it belongs. shard->last is free. */
static inline uint8_t *find_slot(uint8_t *at, const uint8_t *key, size_t key_size)
{
    while (!hr_key_zero(at, key_size) && !hr_key_same(at, key, key_size))
        at += key_size;
    return at;
}

static inline uint8_t *find_key(const hr_keytable *table, const uint8_t *key, size_t key_size)
{
    uint64_t hash = hr_key_hash(&table->seed, key);
    const hr_keyshard *shard = &table->shards[shard_of(table, hash)];
    return shard->slots ? find_slot(shard->slots + home_of(table, shard, hash) * key_size, key, key_size) : NULL;
}

/* ---- growth ------------------------------------------------------------------------------------------------- */

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
        uint64_t home = home_of(table, to, hr_key_hash(&table->seed, key));
        home = free ? end : home;
        if (HR_UNLIKELY(home < run)) {
            hr_key_copy(find_slot(to->slots + home * key_size, key, key_size), key, key_size);
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
        return needed < 2 * PAGE ? 2 * PAGE + PAGE * index / shard_count(table) : needed;
    uint64_t wanted = shard->wanted + shard->wanted / (shard->size < share_of(table) / 2 ? 2 : 4);
    return wanted < needed ? needed : wanted;
}

/* Room for `more` keys in a shard. */
static hr_status shard_room(hr_keytable *table, unsigned index, uint64_t more, bool beyond, hr_error *err)
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
    uint64_t each = more / shard_count(table) + more / shard_count(table) / 64;
    for (unsigned i = 0; i < shard_count(table) && status == HR_OK; i++) {
        hr_keyshard *shard = &table->shards[i];
        if (shard->room < shard->used + each)
            status = shard_room(table, i, each, false, err);
        if (status == HR_E_LIMIT)
            status = HR_OK;
    }
    return status;
}

/* ---- addition and look-up ------------------------------------------------------------------------------------ */

/* Takes a key out and moves those behind it that may not stand behind a gap. */
static void take_out(const hr_keytable *table, const uint8_t *key)
{
    size_t key_size = table->key_size;
    uint8_t *gap = find_key(table, key, key_size);
    hr_keyshard *shard = (hr_keyshard *)&table->shards[shard_of(table, hr_key_hash(&table->seed, key))];
    for (uint8_t *at = gap + key_size; !hr_key_zero(at, key_size); at += key_size) {
        uint64_t home = home_of(table, shard, hr_key_hash(&table->seed, at));
        if (shard->slots + home * key_size <= gap) {
            hr_key_copy(gap, at, key_size);
            gap = at;
        }
    }
    memset(gap, 0, key_size);
    shard->used--;
}

static void take_out_fresh(hr_keytable *table, const uint8_t *keys, size_t count, const uint8_t *fresh)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *key = keys + i * table->key_size;
        if (fresh[i] && hr_key_zero(key, table->key_size))
            table->zero = false;
        else if (fresh[i])
            take_out(table, key);
    }
}

bool hr_keytable_remove(hr_keytable *table, const uint8_t *key)
{
    uint8_t has;
    hr_keytable_find(table, key, 1, &has);
    if (has)
        take_out_fresh(table, key, 1, &has);
    return has;
}

/* What a group needs to be added: where its keys belong, in shards that have room for all of them. */
typedef struct group {
    uint8_t *homes[GROUP];
    uint8_t shards[GROUP];
} key_group;

static inline hr_status prepare_group(hr_keytable *table, const uint8_t *keys, size_t count, size_t key_size,
                                      bool beyond, key_group *group, hr_error *err)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = hr_key_hash(&table->seed, keys + i * key_size);
        unsigned index = shard_of(table, hash);
        hr_keyshard *shard = &table->shards[index];
        if (HR_UNLIKELY(shard->used + GROUP > shard->room)) {
            hr_status status = shard_room(table, index, GROUP, beyond, err);
            if (status == HR_E_LIMIT && shard->used + count <= shard->room)
                status = HR_OK;
            else if (status == HR_OK)
                i = (size_t)-1; /* homes in that shard are others now */
            if (status != HR_OK)
                return status;
            if (i == (size_t)-1)
                continue;
        }
        group->shards[i] = (uint8_t)index;
        group->homes[i] = shard->slots + home_of(table, shard, hash) * key_size;
        /* At a high load a key is looked for in several lines. */
        for (size_t line = 0; line < 3; line++)
            __builtin_prefetch(group->homes[i] + line * 64, 1);
    }
    return HR_OK;
}

/* Adds one key of a group: 1, or 0 when it was there; 2 when it would be pushed over the end of its shard. */
static inline uint8_t add_key(hr_keytable *table, const uint8_t *key, size_t key_size, hr_keyshard *shard,
                              uint8_t *home)
{
    if (HR_UNLIKELY(hr_key_zero(key, key_size))) {
        bool had = table->zero;
        table->zero = true;
        return !had;
    }
    uint8_t *at = find_slot(home, key, key_size);
    if (!hr_key_zero(at, key_size))
        return 0;
    if (HR_UNLIKELY(at == shard->last))
        return 2;
    hr_key_copy(at, key, key_size);
    shard->used++;
    return 1;
}

static inline hr_status add_all(hr_keytable *table, const uint8_t *keys, size_t count, size_t key_size, bool beyond,
                                uint8_t *fresh, hr_error *err)
{
    key_group group;
    for (size_t done = 0; done < count;) {
        size_t size = count - done > GROUP ? GROUP : count - done, i = 0;
        hr_status status = prepare_group(table, keys + done * key_size, size, key_size, beyond, &group, err);
        while (status == HR_OK && i < size) {
            hr_keyshard *shard = &table->shards[group.shards[i]];
            uint8_t how = add_key(table, keys + (done + i) * key_size, key_size, shard, group.homes[i]);
            if (HR_UNLIKELY(how == 2)) {
                status = shard_room(table, group.shards[i], GROUP, beyond, err);
                break; /* the rest of the group begins anew */
            }
            fresh[done + i++] = how;
        }
        done += i;
        if (status != HR_OK) {
            take_out_fresh(table, keys, done, fresh);
            return status;
        }
    }
    return HR_OK;
}

hr_status hr_keytable_add(hr_keytable *table, const uint8_t *keys, size_t count, bool beyond, uint8_t *fresh,
                          hr_error *err)
{
    hr_status status = hr_keytable_seed(table, err);
    if (status != HR_OK)
        return status;
    /* The size of a key is a constant below. */
    return table->key_size == 16 ? add_all(table, keys, count, 16, beyond, fresh, err)
                                 : add_all(table, keys, count, 32, beyond, fresh, err);
}

void hr_keytable_find(const hr_keytable *table, const uint8_t *keys, size_t count, uint8_t *has)
{
    size_t key_size = table->key_size;
    uint8_t *homes[GROUP];
    for (size_t done = 0; done < count;) {
        size_t size = count - done > GROUP ? GROUP : count - done;
        for (size_t i = 0; i < size; i++) {
            uint64_t hash = hr_key_hash(&table->seed, keys + (done + i) * key_size);
            const hr_keyshard *shard = &table->shards[shard_of(table, hash)];
            homes[i] = shard->slots ? shard->slots + home_of(table, shard, hash) * key_size : NULL;
            __builtin_prefetch(homes[i]);
        }
        for (size_t i = 0; i < size; i++) {
            const uint8_t *key = keys + (done + i) * key_size;
            if (HR_UNLIKELY(hr_key_zero(key, key_size)))
                has[done + i] = table->zero;
            else
                has[done + i] = homes[i] && !hr_key_zero(find_slot(homes[i], key, key_size), key_size);
        }
        done += size;
    }
}

/* ---- the rest ------------------------------------------------------------------------------------------------ */

uint64_t hr_keytable_count(const hr_keytable *table)
{
    uint64_t count = table->zero;
    for (unsigned i = 0; i < HR_KEY_SHARDS; i++)
        count += table->shards[i].used;
    return count;
}

uint64_t hr_keytable_bytes(const hr_keytable *table)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < HR_KEY_SHARDS; i++)
        bytes += table->shards[i].size;
    return bytes;
}

void hr_keytable_empty(hr_keytable *table)
{
    for (unsigned i = 0; i < HR_KEY_SHARDS; i++) {
        if (table->shards[i].slots)
            munmap(table->shards[i].slots, table->shards[i].mapped);
        table->shards[i] = (hr_keyshard){0};
    }
    if (table->spare)
        munmap(table->spare, table->spare_mapped);
    table->spare = NULL;
}

void hr_keytable_free(hr_keytable *table)
{
    hr_keytable_empty(table);
    table->zero = false;
}
