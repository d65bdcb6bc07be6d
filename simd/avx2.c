/* avx2.c: the kernels for AVX2 with PCLMULQDQ, POPCNT, BMI and LZCNT. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARGET __attribute__((target("avx2,pclmul,popcnt,bmi,bmi2,lzcnt")))

typedef struct block {
    __m256i low, high;
} block;
typedef __m256i needle;

static inline TARGET block block_load(const uint8_t *p)
{
    const __m256i *parts = (const __m256i *)(const void *)p;
    return (block){_mm256_loadu_si256(parts), _mm256_loadu_si256(parts + 1)};
}

static inline TARGET void block_store(uint8_t *p, block b)
{
    __m256i *parts = (__m256i *)(void *)p;
    _mm256_storeu_si256(parts, b.low);
    _mm256_storeu_si256(parts + 1, b.high);
}

static inline TARGET needle needle_of(uint8_t byte)
{
    return _mm256_set1_epi8((char)byte);
}

typedef block set;

static inline TARGET set block_equal(block b, needle n)
{
    return (set){_mm256_cmpeq_epi8(b.low, n), _mm256_cmpeq_epi8(b.high, n)};
}

/* n - b, at least 0, is not 0. */
static inline TARGET set block_below(block b, needle n)
{
    __m256i zero = _mm256_setzero_si256(), ones = _mm256_set1_epi8(-1);
    __m256i low = _mm256_cmpeq_epi8(_mm256_subs_epu8(n, b.low), zero);
    __m256i high = _mm256_cmpeq_epi8(_mm256_subs_epu8(n, b.high), zero);
    return (set){_mm256_xor_si256(low, ones), _mm256_xor_si256(high, ones)};
}

static inline TARGET __m256i patch_half(__m256i b, uint32_t bits, needle n)
{
    const __m256i bytes = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i one = _mm256_set1_epi64x((int64_t)0x8040201008040201);
    __m256i spread = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), bytes), one);
    return _mm256_blendv_epi8(b, n, _mm256_cmpeq_epi8(spread, one));
}

static inline TARGET block block_patch(block b, uint64_t bits, needle n)
{
    return (block){patch_half(b.low, (uint32_t)bits, n), patch_half(b.high, (uint32_t)(bits >> 32), n)};
}

static inline TARGET set set_or(set a, set b)
{
    return (set){_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)};
}

static inline TARGET set set_and(set a, set b)
{
    return (set){_mm256_and_si256(a.low, b.low), _mm256_and_si256(a.high, b.high)};
}

static inline TARGET uint64_t set_bits(set s)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(s.low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(s.high) << 32;
}

typedef set gathered;

static inline TARGET gathered gather(gathered before, set s, block bytes)
{
    (void)bytes;
    return set_or(before, s);
}

static inline TARGET bool gathered_any(gathered g)
{
    return set_bits(g) != 0;
}

static inline TARGET bool set_any(set s)
{
    return !_mm256_testz_si256(_mm256_or_si256(s.low, s.high), _mm256_or_si256(s.low, s.high));
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
    base = _mm_add_epi16(base, _mm_set1_epi16(8));
    __asm__("" : "+x"(base)); /* or gcc 12 keeps seven sums in registers that it does not have */
    return base;
}

static inline TARGET void put_eight(uint16_t *out, uint64_t packed, eight base)
{
    __m128i wide = _mm_cvtepu8_epi16(_mm_cvtsi64_si128((int64_t)packed));
    _mm_storeu_si128((__m128i *)(void *)out, _mm_add_epi16(wide, base));
}

enum { VECTOR = 32 };
typedef __m256i vector;

static inline TARGET vector vector_load(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static inline TARGET vector vector_of(uint8_t byte)
{
    return _mm256_set1_epi8((char)byte);
}

static inline TARGET vector vector_and(vector a, vector b)
{
    return _mm256_and_si256(a, b);
}

static inline TARGET vector vector_or(vector a, vector b)
{
    return _mm256_or_si256(a, b);
}

static inline TARGET vector vector_xor(vector a, vector b)
{
    return _mm256_xor_si256(a, b);
}

static inline TARGET vector vector_less(vector a, vector b)
{
    return _mm256_subs_epu8(a, b);
}

static inline TARGET vector vector_low(vector v)
{
    return _mm256_and_si256(v, _mm256_set1_epi8(0x0F));
}

static inline TARGET vector vector_high(vector v)
{
    return vector_low(_mm256_srli_epi16(v, 4));
}

static inline TARGET vector vector_table(const uint8_t *p)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
}

static inline TARGET vector vector_look(vector table, vector v)
{
    return _mm256_shuffle_epi8(table, v);
}

static inline TARGET int vector_any(vector v)
{
    return !_mm256_testz_si256(v, v);
}

static inline TARGET uint64_t block_within(block b, needle first, needle most)
{
    __m256i low = _mm256_sub_epi8(b.low, first), high = _mm256_sub_epi8(b.high, first);
    return set_bits((set){_mm256_cmpeq_epi8(_mm256_min_epu8(low, most), low),
                          _mm256_cmpeq_epi8(_mm256_min_epu8(high, most), high)});
}

static inline TARGET block block_look(vector table, block b)
{
    return (block){_mm256_shuffle_epi8(table, b.low), _mm256_shuffle_epi8(table, b.high)};
}

static inline TARGET uint64_t block_same(block a, block b)
{
    return set_bits((set){_mm256_cmpeq_epi8(a.low, b.low), _mm256_cmpeq_epi8(a.high, b.high)});
}

static inline TARGET block block_with(block b, needle bits)
{
    return (block){vector_or(b.low, bits), vector_or(b.high, bits)};
}

#include "simd/positions.h"

#include "simd/json_positions.h"

#include "simd/csv_block.h"

#include "simd/csv_index.h"

#include "simd/csv_count.h"
#include "simd/rows_block.h"
#include "simd/text_block.h"

#include "simd/csv_cuts.h"

#include "simd/decode_sse.h"

#include "simd/decode_block.h"

#include "simd/json_block.h"
#include "simd/json_tokens.h"

const hr_kernels hr_kernels_avx2 = HR_KERNEL_TABLE("avx2");
#else
typedef int hr_avx2_is_for_x86_64;
#endif
