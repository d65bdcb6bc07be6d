/* sha256.h: SHA-256 (FIPS 180-4) of bytes that come in pieces. Nothing in it can fail, and a copy of a hash goes on by
 * itself. It names contents, and keeps no secret: the time it takes depends on the size alone, but nothing is wiped. */
#ifndef HR_CORE_BASE_SHA256_H
#define HR_CORE_BASE_SHA256_H

#include "simd/sha256.h"

#define HR_SHA256_SIZE 32u

typedef struct hr_sha256 {
    hr_sha256_blocks *blocks;
    uint32_t state[8];
    uint64_t size; /* bytes so far; the last size % HR_SHA256_BLOCK of them wait in `block` */
    uint8_t block[HR_SHA256_BLOCK];
} hr_sha256;

/* `blocks` as of hr_sha256_best. */
void hr_sha256_begin(hr_sha256 *hash, hr_sha256_blocks *blocks);
void hr_sha256_add(hr_sha256 *hash, const void *data, size_t size);
/* The digest of all that was added. `hash` can only be begun anew. */
void hr_sha256_end(hr_sha256 *hash, uint8_t out[HR_SHA256_SIZE]);

#endif
