/* keyfilter.c: the Bloom filter. Blocks lie in the order of the hashes: a run is added from the first to the last. */
#include "core/dedup/keyfilter.h"

#include <sys/mman.h>

#include "core/dedup/keyhash.h"

#define BLOCK_BYTES 64u
#define BITS 6u
#define HUGE_PAGE ((uintptr_t)2 << 20)

hr_status hr_keyfilter_new(hr_keyfilter *filter, uint64_t bytes, hr_error *err)
{
    uint64_t blocks = bytes / BLOCK_BYTES > 0 ? bytes / BLOCK_BYTES : 1;
    void *memory = hr_calloc(blocks + 1, BLOCK_BYTES);
    if (!memory)
        return hr_fail_memory(err, "making a filter of the keys on disk");
    uintptr_t start = ((uintptr_t)memory + BLOCK_BYTES - 1) & ~(uintptr_t)(BLOCK_BYTES - 1);
    uintptr_t first = (start + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1),
              last = (start + blocks * BLOCK_BYTES) & ~(HUGE_PAGE - 1);
    if (last > first)
        (void)madvise((void *)first, last - first, MADV_HUGEPAGE); /* advice only */
    *filter = (hr_keyfilter){memory, (uint64_t *)start, blocks};
    return HR_OK;
}

void hr_keyfilter_free(hr_keyfilter *filter)
{
    hr_free(filter->memory);
    *filter = (hr_keyfilter){0};
}

static inline uint64_t *block_of(const hr_keyfilter *filter, uint64_t hash)
{
    return filter->words + 8 * hr_key_scale(hash, filter->blocks);
}

/* Nine bits each for the places in the block, from a product: its upper bits depend on all lower ones of the hash, and
 * those have not chosen the block. */
static inline uint64_t places_of(uint64_t hash)
{
    return hash * UINT64_C(0x9E3779B97F4A7C15);
}

void hr_keyfilter_add(hr_keyfilter *filter, uint64_t hash)
{
    uint64_t *block = block_of(filter, hash), places = places_of(hash);
    for (unsigned i = 0; i < BITS; i++, places <<= 9)
        block[places >> 61] |= UINT64_C(1) << (places >> 55 & 63);
}

void hr_keyfilter_prefetch(const hr_keyfilter *filter, uint64_t hash)
{
    __builtin_prefetch(block_of(filter, hash));
}

bool hr_keyfilter_may(const hr_keyfilter *filter, uint64_t hash)
{
    const uint64_t *block = block_of(filter, hash);
    uint64_t places = places_of(hash), missing = 0;
    for (unsigned i = 0; i < BITS; i++, places <<= 9)
        missing |= ~(block[places >> 61] >> (places >> 55 & 63)) & 1;
    return missing == 0;
}
