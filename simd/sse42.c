/* sse42.c: the kernels for SSE4.2 with PCLMULQDQ and POPCNT. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARGET __attribute__((target("sse4.2,pclmul,popcnt")))

typedef struct block {
    __m128i part[4];
} block;
typedef __m128i needle;

static inline TARGET block block_load(const uint8_t *p)
{
    const __m128i *parts = (const __m128i *)(const void *)p;
    return (block){
        {_mm_loadu_si128(parts), _mm_loadu_si128(parts + 1), _mm_loadu_si128(parts + 2), _mm_loadu_si128(parts + 3)}};
}

static inline TARGET void block_store(uint8_t *p, block b)
{
    __m128i *parts = (__m128i *)(void *)p;
    for (int i = 0; i < 4; i++)
        _mm_storeu_si128(parts + i, b.part[i]);
}

static inline TARGET needle needle_of(uint8_t byte)
{
    return _mm_set1_epi8((char)byte);
}

typedef block set;

static inline TARGET set block_equal(block b, needle n)
{
    return (set){{_mm_cmpeq_epi8(b.part[0], n), _mm_cmpeq_epi8(b.part[1], n), _mm_cmpeq_epi8(b.part[2], n),
                  _mm_cmpeq_epi8(b.part[3], n)}};
}

/* n - b, at least 0, is not 0. */
static inline TARGET set block_below(block b, needle n)
{
    __m128i zero = _mm_setzero_si128(), ones = _mm_set1_epi8(-1);
    set below;
    for (int i = 0; i < 4; i++)
        below.part[i] = _mm_xor_si128(_mm_cmpeq_epi8(_mm_subs_epu8(n, b.part[i]), zero), ones);
    return below;
}

static inline TARGET block block_patch(block b, uint64_t bits, needle n)
{
    const __m128i bytes = _mm_set_epi64x(0x0101010101010101, 0);
    const __m128i one = _mm_set1_epi64x((int64_t)0x8040201008040201);
    for (int i = 0; i < 4; i++) {
        __m128i spread = _mm_shuffle_epi8(_mm_cvtsi32_si128((int)(bits >> 16 * i)), bytes);
        b.part[i] = _mm_blendv_epi8(b.part[i], n, _mm_cmpeq_epi8(_mm_and_si128(spread, one), one));
    }
    return b;
}

static inline TARGET set set_or(set a, set b)
{
    return (set){{_mm_or_si128(a.part[0], b.part[0]), _mm_or_si128(a.part[1], b.part[1]),
                  _mm_or_si128(a.part[2], b.part[2]), _mm_or_si128(a.part[3], b.part[3])}};
}

static inline TARGET set set_and(set a, set b)
{
    return (set){{_mm_and_si128(a.part[0], b.part[0]), _mm_and_si128(a.part[1], b.part[1]),
                  _mm_and_si128(a.part[2], b.part[2]), _mm_and_si128(a.part[3], b.part[3])}};
}

static inline TARGET uint64_t set_bits(set s)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(s.part[0]) | (uint64_t)(uint32_t)_mm_movemask_epi8(s.part[1]) << 16 |
           (uint64_t)(uint32_t)_mm_movemask_epi8(s.part[2]) << 32 |
           (uint64_t)(uint32_t)_mm_movemask_epi8(s.part[3]) << 48;
}

static inline TARGET bool set_any(set s)
{
    __m128i some = _mm_or_si128(_mm_or_si128(s.part[0], s.part[1]), _mm_or_si128(s.part[2], s.part[3]));
    return !_mm_testz_si128(some, some);
}

/* Bit i: byte i is >= 0x80. */
static inline TARGET uint64_t block_high(block b)
{
    return set_bits(b);
}

static inline TARGET uint64_t prefix_xor(uint64_t bits)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)bits), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

static inline TARGET uint32_t ones(uint64_t bits)
{
    return (uint32_t)_mm_popcnt_u64(bits);
}

typedef __m128i eight;

static inline TARGET eight eight_of(uint16_t value)
{
    return _mm_set1_epi16((short)value);
}

static inline TARGET eight eight_next(eight base)
{
    return _mm_add_epi16(base, _mm_set1_epi16(8));
}

static inline TARGET void put_eight(uint16_t *out, uint64_t packed, eight base)
{
    __m128i wide = _mm_cvtepu8_epi16(_mm_cvtsi64_si128((int64_t)packed));
    _mm_storeu_si128((__m128i *)(void *)out, _mm_add_epi16(wide, base));
}

enum { VECTOR = 16 };
typedef __m128i vector;

static inline TARGET vector vector_load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline TARGET vector vector_of(uint8_t byte)
{
    return _mm_set1_epi8((char)byte);
}

static inline TARGET vector vector_and(vector a, vector b)
{
    return _mm_and_si128(a, b);
}

static inline TARGET vector vector_or(vector a, vector b)
{
    return _mm_or_si128(a, b);
}

static inline TARGET vector vector_xor(vector a, vector b)
{
    return _mm_xor_si128(a, b);
}

static inline TARGET vector vector_less(vector a, vector b)
{
    return _mm_subs_epu8(a, b);
}

static inline TARGET vector vector_low(vector v)
{
    return _mm_and_si128(v, _mm_set1_epi8(0x0F));
}

static inline TARGET vector vector_high(vector v)
{
    return vector_low(_mm_srli_epi16(v, 4));
}

static inline TARGET vector vector_table(const uint8_t *p)
{
    return vector_load(p);
}

static inline TARGET vector vector_look(vector table, vector v)
{
    return _mm_shuffle_epi8(table, v);
}

static inline TARGET int vector_any(vector v)
{
    return !_mm_testz_si128(v, v);
}

static inline TARGET uint64_t block_within(block b, needle first, needle most)
{
    set within;
    for (int k = 0; k < 4; k++) {
        __m128i part = _mm_sub_epi8(b.part[k], first);
        within.part[k] = _mm_cmpeq_epi8(_mm_min_epu8(part, most), part);
    }
    return set_bits(within);
}

static inline TARGET block block_look(vector table, block b)
{
    return (block){{_mm_shuffle_epi8(table, b.part[0]), _mm_shuffle_epi8(table, b.part[1]),
                    _mm_shuffle_epi8(table, b.part[2]), _mm_shuffle_epi8(table, b.part[3])}};
}

static inline TARGET uint64_t block_same(block a, block b)
{
    return set_bits((set){{_mm_cmpeq_epi8(a.part[0], b.part[0]), _mm_cmpeq_epi8(a.part[1], b.part[1]),
                           _mm_cmpeq_epi8(a.part[2], b.part[2]), _mm_cmpeq_epi8(a.part[3], b.part[3])}});
}

static inline TARGET block block_with(block b, needle bits)
{
    return (block){{vector_or(b.part[0], bits), vector_or(b.part[1], bits), vector_or(b.part[2], bits),
                    vector_or(b.part[3], bits)}};
}

#include "simd/positions.h"

#include "simd/json_positions.h"

#include "simd/csv_block.h"

#include "simd/csv_index.h"

#include "simd/csv_count.h"
#include "simd/rows_block.h"
#include "simd/text_block.h"
#define CSV_CUTS NULL

#include "simd/decode_sse.h"

#include "simd/decode_block.h"

#include "simd/json_block.h"
#include "simd/json_tokens.h"

const hr_kernels hr_kernels_sse42 = HR_KERNEL_TABLE("sse42");
#else
typedef int hr_sse42_is_for_x86_64;
#endif
