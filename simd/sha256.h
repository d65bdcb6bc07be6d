/* sha256.h: the kernels of SHA-256 (FIPS 180-4, 6.2): one step of it over whole blocks. core/base/sha256.h has the
 * hash.
 *
 * They stand apart from the tables of simd.h, because the instructions for SHA-256 come with CPUs of every generation:
 * some with AVX-512 lack them, some without it have them. The first one is the oracle, in plain C. */
#ifndef HR_SIMD_SHA256_H
#define HR_SIMD_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_SHA256_BLOCK 64u

/* `state` after `count` blocks of HR_SHA256_BLOCK bytes each. */
typedef void hr_sha256_blocks(uint32_t state[8], const uint8_t *data, size_t count);

typedef struct hr_sha256_kernel {
    const char *name; /* "plain" "avx2" "sha" "crypto" */
    hr_sha256_blocks *blocks;
    bool (*usable)(void); /* whether this CPU can run it */
} hr_sha256_kernel;

/* All kernels of this build, best last, *count of them. */
const hr_sha256_kernel *hr_sha256_kernels(size_t *count);
/* The best one that this CPU can run. Asks the CPU: ask once for many hashes. */
hr_sha256_blocks *hr_sha256_best(void);

#endif
