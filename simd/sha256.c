/* sha256.c: SHA-256 in plain C, the oracle; and which kernel this CPU can run. */
#include "simd/sha256_parts.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(HR_SHA256_ARM)
#include <sys/auxv.h>
#endif

const uint32_t hr_sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#define TARGET
#define BLOCKS plain_blocks
static hr_sha256_blocks plain_blocks;
#include "simd/sha256_rounds.h"

static bool always(void)
{
    return true;
}

#if defined(__x86_64__)
static bool has_avx2(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

/* The compilers' run time has no name for the SHA extensions. */
static bool has_sha(void)
{
    unsigned a, b, c, d;
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & (1u << 29)) != 0;
}
#elif defined(HR_SHA256_ARM)
static bool has_crypto(void)
{
    return (getauxval(AT_HWCAP) & HWCAP_SHA2) != 0;
}
#endif

static const hr_sha256_kernel kernels[] = {
    {"plain", plain_blocks, always},
#if defined(__x86_64__)
    {"avx2", hr_sha256_avx2_blocks, has_avx2},
    {"sha", hr_sha256_sha_blocks, has_sha},
#elif defined(HR_SHA256_ARM)
    {"crypto", hr_sha256_crypto_blocks, has_crypto},
#endif
};

const hr_sha256_kernel *hr_sha256_kernels(size_t *count)
{
    *count = sizeof kernels / sizeof kernels[0];
    return kernels;
}

hr_sha256_blocks *hr_sha256_best(void)
{
    size_t best = sizeof kernels / sizeof kernels[0] - 1;
    while (!kernels[best].usable())
        best--;
    return kernels[best].blocks;
}
