/* sha256_arm.c: SHA-256 with the cryptographic extension of arm64. */
#include "simd/sha256_parts.h"

#if defined(HR_SHA256_ARM)
#include <arm_neon.h>

#define TARGET __attribute__((target("+crypto")))

TARGET void hr_sha256_crypto_blocks(uint32_t state[8], const uint8_t *data, size_t count)
{
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
    for (; count > 0; count--, data += HR_SHA256_BLOCK) {
        const uint32x4_t before[2] = {abcd, efgh};
        uint32x4_t w[4];
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            uint32x4_t *word = &w[i % 4];
            *word = i < 4 ? vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data + 16 * i)))
                          : vsha256su1q_u32(vsha256su0q_u32(*word, w[(i + 1) % 4]), w[(i + 2) % 4], w[(i + 3) % 4]);
            const uint32x4_t added = vaddq_u32(*word, vld1q_u32(hr_sha256_constants + 4 * i)), old = abcd;
            abcd = vsha256hq_u32(abcd, efgh, added);
            efgh = vsha256h2q_u32(efgh, old, added);
        }
        abcd = vaddq_u32(abcd, before[0]);
        efgh = vaddq_u32(efgh, before[1]);
    }
    vst1q_u32(state, abcd);
    vst1q_u32(state + 4, efgh);
}
#else
typedef int hr_sha256_arm_is_for_arm64;
#endif
