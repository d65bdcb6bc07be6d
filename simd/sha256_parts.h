/* sha256_parts.h: what the kernels of SHA-256 share. Private to simd/. */
#ifndef HR_SIMD_SHA256_PARTS_H
#define HR_SIMD_SHA256_PARTS_H

#include "simd/sha256.h"

/* FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
extern const uint32_t hr_sha256_constants[64];

/* Before version 16 clang has the intrinsics only for builds that are for CPUs with the extension. */
#if defined(__aarch64__) && (!defined(__clang__) || __clang_major__ >= 16 || defined(__ARM_FEATURE_SHA2))
#define HR_SHA256_ARM
#endif

#if defined(__x86_64__)
extern hr_sha256_blocks hr_sha256_avx2_blocks, hr_sha256_sha_blocks;
#elif defined(HR_SHA256_ARM)
extern hr_sha256_blocks hr_sha256_crypto_blocks;
#endif

#endif
