/* keyfilter.h: which keys are surely not on disk: a Bloom filter of the runs of a set. */
#ifndef HR_CORE_DEDUP_KEYFILTER_H
#define HR_CORE_DEDUP_KEYFILTER_H

#include "core/base/base.h"

/* Blocked (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007): the six bits of a key lie
 * in one cache line. At 10 bits a key one of 60 keys that are not there is said to be, at 5 bits one of 8. */
typedef struct hr_keyfilter {
    void *memory;
    uint64_t *words; /* eight a block, on a boundary of 64 bytes */
    uint64_t blocks;
} hr_keyfilter;

hr_status hr_keyfilter_new(hr_keyfilter *filter, uint64_t bytes, hr_error *err) HR_MUST_CHECK;
void hr_keyfilter_free(hr_keyfilter *filter);
void hr_keyfilter_add(hr_keyfilter *filter, uint64_t hash);
void hr_keyfilter_prefetch(const hr_keyfilter *filter, uint64_t hash);
/* False: it was never added. */
bool hr_keyfilter_may(const hr_keyfilter *filter, uint64_t hash);

#endif
