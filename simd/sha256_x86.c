/* sha256_x86.c: SHA-256 with the SHA extensions of x86-64, and with AVX2 and BMI2 for the CPUs that lack them. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "simd/sha256_parts.h"

#define TARGET __attribute__((target("avx2,bmi,bmi2")))
#define BLOCKS few_blocks
static hr_sha256_blocks few_blocks;
#include "simd/sha256_rounds.h"

/* Blocks whose schedules are worked out together. Only the rounds must follow one another. */
enum { LANES = 8 };
typedef uint32_t lanes __attribute__((vector_size(4 * LANES)));

static inline TARGET lanes lanes_rotated(lanes x, int by)
{
    return x >> by | x << (32 - by);
}

/* The words of LANES blocks with their constants: w[t][i] of block i. */
static inline TARGET void schedule_lanes(const uint8_t *data, lanes w[64])
{
    for (size_t t = 0; t < 16; t++)
        for (size_t i = 0; i < LANES; i++)
            w[t][i] = big_endian(data + i * HR_SHA256_BLOCK + 4 * t);
    for (size_t t = 16; t < 64; t++) {
        const lanes old = w[t - 15], young = w[t - 2];
        w[t] = w[t - 16] + (lanes_rotated(old, 7) ^ lanes_rotated(old, 18) ^ old >> 3) + w[t - 7] +
               (lanes_rotated(young, 17) ^ lanes_rotated(young, 19) ^ young >> 10);
        w[t - 16] += hr_sha256_constants[t - 16];
    }
    for (size_t t = 48; t < 64; t++)
        w[t] += hr_sha256_constants[t];
}

#define ADDED(i) w[t + (i)][lane]
TARGET void hr_sha256_avx2_blocks(uint32_t state[8], const uint8_t *data, size_t count)
{
    for (; count >= LANES; count -= LANES, data += (size_t)LANES * HR_SHA256_BLOCK) {
        lanes w[64];
        schedule_lanes(data, w);
        for (size_t lane = 0; lane < LANES; lane++) {
            uint32_t s[8];
            memcpy(s, state, sizeof s);
            for (unsigned t = 0; t < 64; t += 8)
                EIGHT_ROUNDS(s, ADDED);
            for (unsigned i = 0; i < 8; i++)
                state[i] += s[i];
        }
    }
    few_blocks(state, data, count);
}
#undef ADDED
#undef TARGET

#define TARGET __attribute__((target("sse4.1,sha")))

/* The instructions keep the eight words of the state as ABEF and CDGH, A and C in the highest places. */
typedef struct halves {
    __m128i abef, cdgh;
} halves;

static inline TARGET halves halves_of(const uint32_t state[8])
{
    __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)state), 0xB1);
    __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)(state + 4)), 0x1B);
    return (halves){_mm_alignr_epi8(abcd, efgh, 8), _mm_blend_epi16(efgh, abcd, 0xF0)};
}

static inline TARGET void halves_put(halves from, uint32_t state[8])
{
    __m128i feba = _mm_shuffle_epi32(from.abef, 0x1B), dchg = _mm_shuffle_epi32(from.cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* Four rounds: `added` are the words of the schedule with their constants. */
static inline TARGET void four_rounds(halves *s, __m128i added)
{
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, added);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(added, 0x0E));
}

/* The four words of the schedule behind the sixteen of a to d. */
static inline TARGET __m128i next_words(__m128i a, __m128i b, __m128i c, __m128i d)
{
    return _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4)), d);
}

TARGET void hr_sha256_sha_blocks(uint32_t state[8], const uint8_t *data, size_t count)
{
    const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    halves s = halves_of(state);
    for (; count > 0; count--, data += HR_SHA256_BLOCK) {
        halves before = s;
        __m128i w[4];
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            w[i % 4] = i < 4 ? _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(data + 16 * i)), swap)
                             : next_words(w[i % 4], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
            const __m128i constants = _mm_loadu_si128((const __m128i *)(const void *)(hr_sha256_constants + 4 * i));
            four_rounds(&s, _mm_add_epi32(w[i % 4], constants));
        }
        s.abef = _mm_add_epi32(s.abef, before.abef);
        s.cdgh = _mm_add_epi32(s.cdgh, before.cdgh);
    }
    halves_put(s, state);
}
#else
typedef int hr_sha256_x86_is_for_x86_64;
#endif
