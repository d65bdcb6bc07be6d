/* keyhash.h: where a key belongs: the seeded hash by which the table, the filter and the runs on disk are all ordered.
 */
#ifndef HR_CORE_DEDUP_KEYHASH_H
#define HR_CORE_DEDUP_KEYHASH_H

#include "core/base/base.h"

/* Anybody can compute the unseeded hashes that keys are, and make rows that all belong into one place. The seed is
 * drawn once a set and takes that away: nothing but its owner can say where a key goes. */
typedef struct hr_keyseed {
    uint64_t word[2];
} hr_keyseed;

static inline uint64_t hr_key_word(const uint8_t *key, size_t index)
{
    uint64_t value;
    memcpy(&value, key + 8 * index, sizeof value);
    return value;
}

/* Both halves of the key's first 128 bits, multiplied and folded. Places are taken from the upper end of the result, so
 * that all structures lie in the order of it. */
static inline uint64_t hr_key_hash(const hr_keyseed *seed, const uint8_t *key)
{
    __uint128_t product = (__uint128_t)(hr_key_word(key, 0) ^ seed->word[0]) * (hr_key_word(key, 1) ^ seed->word[1]);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* A number below `count` that grows with `hash`. */
static inline uint64_t hr_key_scale(uint64_t hash, uint64_t count)
{
    return (uint64_t)((__uint128_t)hash * count >> 64);
}

/* Compares in words: memcmp of a size not known to the compiler is a call. */
static inline bool hr_key_same(const uint8_t *a, const uint8_t *b, size_t key_size)
{
    uint64_t difference = (hr_key_word(a, 0) ^ hr_key_word(b, 0)) | (hr_key_word(a, 1) ^ hr_key_word(b, 1));
    if (key_size == 32)
        difference |= (hr_key_word(a, 2) ^ hr_key_word(b, 2)) | (hr_key_word(a, 3) ^ hr_key_word(b, 3));
    return difference == 0;
}

static inline bool hr_key_zero(const uint8_t *key, size_t key_size)
{
    uint64_t bits = hr_key_word(key, 0) | hr_key_word(key, 1);
    if (key_size == 32)
        bits |= hr_key_word(key, 2) | hr_key_word(key, 3);
    return bits == 0;
}

static inline void hr_key_copy(uint8_t *to, const uint8_t *from, size_t key_size)
{
    memcpy(to, from, 16);
    if (key_size == 32)
        memcpy(to + 16, from + 16, 16);
}

#endif
