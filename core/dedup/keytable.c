/* keytable.c: the key table: insertion in groups, with their cache lines fetched ahead, and look-up. */
#include "core/dedup/keytable_slots.h"

#include <sys/mman.h>

/* Keys whose slots are fetched together: enough to hide a miss, few enough for the line-fill buffers and L1. */
#define GROUP 32u

static inline uint8_t *find_key(const hr_keytable *table, const uint8_t *key, size_t key_size)
{
    uint64_t hash = hr_key_hash(&table->seed, key);
    const hr_keyshard *shard = &table->shards[hr_shard_of(table, hash)];
    return shard->slots ? hr_slot_find(shard->slots + hr_slot_home(table, shard, hash) * key_size, key, key_size)
                        : NULL;
}

/* ---- addition and look-up ------------------------------------------------------------------------------------ */

/* Takes a key out and moves those behind it that may not stand behind a gap. */
static void take_out(const hr_keytable *table, const uint8_t *key)
{
    size_t key_size = table->key_size;
    uint8_t *gap = find_key(table, key, key_size);
    hr_keyshard *shard = (hr_keyshard *)&table->shards[hr_shard_of(table, hr_key_hash(&table->seed, key))];
    for (uint8_t *at = gap + key_size; !hr_key_zero(at, key_size); at += key_size) {
        uint64_t home = hr_slot_home(table, shard, hr_key_hash(&table->seed, at));
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
        unsigned index = hr_shard_of(table, hash);
        hr_keyshard *shard = &table->shards[index];
        if (HR_UNLIKELY(shard->used + GROUP > shard->room)) {
            hr_status status = hr_keytable_grow(table, index, GROUP, beyond, err);
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
        group->homes[i] = shard->slots + hr_slot_home(table, shard, hash) * key_size;
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
    uint8_t *at = hr_slot_find(home, key, key_size);
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
                status = hr_keytable_grow(table, group.shards[i], GROUP, beyond, err);
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
            const hr_keyshard *shard = &table->shards[hr_shard_of(table, hash)];
            homes[i] = shard->slots ? shard->slots + hr_slot_home(table, shard, hash) * key_size : NULL;
            __builtin_prefetch(homes[i]);
        }
        for (size_t i = 0; i < size; i++) {
            const uint8_t *key = keys + (done + i) * key_size;
            if (HR_UNLIKELY(hr_key_zero(key, key_size)))
                has[done + i] = table->zero;
            else
                has[done + i] = homes[i] && !hr_key_zero(hr_slot_find(homes[i], key, key_size), key_size);
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
