/* keytable.h: a set of fixed-size keys in memory. */
#ifndef HR_CORE_DEDUP_KEYTABLE_H
#define HR_CORE_DEDUP_KEYTABLE_H

#include "core/dedup/keyhash.h"

#define HR_KEY_SHARDS 16u

/* Open addressing with linear probing: the slots of a stretch of the hashes, in their order, the keys themselves in
 * them. Keys that are pushed over the end lie in a few slots behind `capacity`, of which the last one stays free. */
typedef struct hr_keyshard {
    uint8_t *slots;
    uint8_t *last;     /* the slot that stays free */
    uint64_t capacity; /* slots that are home to keys, or 0 */
    uint64_t used;
    uint64_t room;   /* used keys at which it grows */
    uint64_t size;   /* bytes of all slots */
    uint64_t mapped; /* bytes of addresses at `slots` */
    uint64_t wanted; /* bytes before they were rounded: shards grow at different times */
} hr_keyshard;

/* A slot of zeros is free, and the key of zeros is kept aside. Shards grow one at a time, so that growth
 * takes no second table, only a second shard.
 * Zero-initialised with key_size and memory_limit set: empty, nothing allocated. */
typedef struct hr_keytable {
    size_t key_size;       /* 16 or 32 */
    uint64_t memory_limit; /* bytes of slots; as much as one add needs is always allowed */
    hr_keyseed seed;
    bool seeded;
    unsigned shard_bits; /* 0 for small limits */
    bool zero;           /* the key of zeros is in the set */
    uint8_t *spare;      /* zeros: what a shard that grew has left behind, or NULL */
    uint64_t spare_mapped;
    hr_keyshard shards[HR_KEY_SHARDS];
} hr_keytable;

/* Draws the seed. Called by the other functions when it was not before. */
hr_status hr_keytable_seed(hr_keytable *table, hr_error *err) HR_MUST_CHECK;
/* Room for `more` keys without growth, as far as the limit allows. */
hr_status hr_keytable_reserve(hr_keytable *table, uint64_t more, hr_error *err) HR_MUST_CHECK;
/* fresh[i] = whether key i was added. All or none: when it fails, what was added is taken out again. HR_E_LIMIT (with
 * no text) when the limit leaves no room, unless `beyond`. */
hr_status hr_keytable_add(hr_keytable *table, const uint8_t *keys, size_t count, bool beyond, uint8_t *fresh,
                          hr_error *err) HR_MUST_CHECK;
/* Takes a key out; false: it was not there. */
bool hr_keytable_remove(hr_keytable *table, const uint8_t *key);
/* has[i] = whether key i is in the set. */
void hr_keytable_find(const hr_keytable *table, const uint8_t *keys, size_t count, uint8_t *has);
/* Keys but that of zeros, in the order of their hashes, and then by their bytes. The table must not change meanwhile.
 */
typedef struct hr_keywalk {
    const hr_keytable *table;
    unsigned shard;
    const uint8_t *at;
    hr_buffer cluster; /* keys of neighbouring slots, sorted */
    size_t given;
} hr_keywalk;
/* The next one in *key, good until the next call; HR_END. */
hr_status hr_keywalk_next(hr_keywalk *walk, const uint8_t **key, hr_error *err) HR_MUST_CHECK;
void hr_keywalk_free(hr_keywalk *walk);

/* Keys, that of zeros included. */
uint64_t hr_keytable_count(const hr_keytable *table);
uint64_t hr_keytable_bytes(const hr_keytable *table); /* of slots */
/* Forgets the keys but that of zeros and gives their memory back; the seed stays. */
void hr_keytable_empty(hr_keytable *table);
void hr_keytable_free(hr_keytable *table);

#endif
