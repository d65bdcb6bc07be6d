/* keytable.h: a set of fixed-size keys in memory. */
#ifndef HR_CORE_DEDUP_KEYTABLE_H
#define HR_CORE_DEDUP_KEYTABLE_H

#include "core/base/base.h"

/* Open addressing with linear probing over a power of two of slots, the keys themselves in the slots. A slot of zeros
 * is free, and the key of zeros is kept aside. Zero-initialised with key_size and memory_limit set: empty, nothing
 * allocated. */
typedef struct hr_keytable {
    uint8_t *slots;
    size_t key_size;       /* 16 or 32 */
    uint64_t capacity;     /* slots, a power of two, or 0 */
    uint64_t used;         /* slots with a key */
    uint64_t memory_limit; /* bytes of slots */
    uint64_t seed[2];      /* where a key belongs cannot be foreseen by who makes the input */
    bool zero;             /* the key of zeros is in the set */
} hr_keytable;

/* Room for `more` keys at a good speed, as far as the limit allows; HR_E_LIMIT only when there is no room for any. */
hr_status hr_keytable_reserve(hr_keytable *table, uint64_t more, hr_error *err) HR_MUST_CHECK;
/* fresh[i] = whether key i was added. All or none: when room ends, what was added is taken out again (HR_E_LIMIT). */
hr_status hr_keytable_add(hr_keytable *table, const uint8_t *keys, size_t count, uint8_t *fresh,
                          hr_error *err) HR_MUST_CHECK;
uint64_t hr_keytable_count(const hr_keytable *table);
void hr_keytable_free(hr_keytable *table);

#endif
