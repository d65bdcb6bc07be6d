/* keytable_slots.h: where keys stand in a key table; for keytable.c and keytable_grow.c. */
#ifndef HR_CORE_DEDUP_KEYTABLE_SLOTS_H
#define HR_CORE_DEDUP_KEYTABLE_SLOTS_H

#include "core/dedup/keytable.h"

static inline unsigned hr_shard_count(const hr_keytable *table)
{
    return 1u << table->shard_bits;
}

static inline unsigned hr_shard_of(const hr_keytable *table, uint64_t hash)
{
    return (unsigned)(hash >> 1 >> (63 - table->shard_bits));
}

/* The slot where a key of that hash belongs. */
static inline uint64_t hr_slot_home(const hr_keytable *table, const hr_keyshard *shard, uint64_t hash)
{
    return hr_key_scale(hash << table->shard_bits, shard->capacity);
}

/* The slot that holds `key`, or the free one where it belongs. shard->last is free. */
static inline uint8_t *hr_slot_find(uint8_t *at, const uint8_t *key, size_t key_size)
{
    while (!hr_key_zero(at, key_size) && !hr_key_same(at, key, key_size))
        at += key_size;
    return at;
}

/* keytable_grow.c. Room for `more` keys in a shard; HR_E_LIMIT (with no text) when the limit leaves none, unless
 * `beyond`.
 */
hr_status hr_keytable_grow(hr_keytable *table, unsigned index, uint64_t more, bool beyond, hr_error *err) HR_MUST_CHECK;

#endif
