/* avx512.c: the kernels for AVX-512 (F, BW, VL, VBMI, VBMI2) with PCLMULQDQ, POPCNT, BMI, BMI2 and LZCNT. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARGET \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx2,pclmul,popcnt,bmi,bmi2,lzcnt")))

typedef __m512i block;
typedef __m512i needle;

static inline TARGET block block_load(const uint8_t *p)
{
    return _mm512_loadu_si512(p);
}

static inline TARGET void block_store(uint8_t *p, block b)
{
    _mm512_storeu_si512(p, b);
}

static inline TARGET needle needle_of(uint8_t byte)
{
    return _mm512_set1_epi8((char)byte);
}

typedef __mmask64 set;

static inline TARGET set block_equal(block b, needle n)
{
    return _mm512_cmpeq_epi8_mask(b, n);
}

static inline TARGET set block_below(block b, needle n)
{
    return _mm512_cmplt_epu8_mask(b, n);
}

static inline TARGET block block_patch(block b, uint64_t bits, needle n)
{
    return _mm512_mask_mov_epi8(b, bits, n);
}

static inline TARGET set set_or(set a, set b)
{
    return a | b;
}

static inline TARGET set set_and(set a, set b)
{
    return a & b;
}

static inline TARGET uint64_t set_bits(set s)
{
    return s;
}

typedef __m512i gathered;

/* In a vector: one instruction, where a mask would have to be moved and stored. */
static inline TARGET gathered gather(gathered before, set s, block bytes)
{
    return _mm512_mask_mov_epi8(before, s, bytes);
}

static inline TARGET bool gathered_any(gathered g)
{
    return _mm512_test_epi8_mask(g, g) != 0;
}

static inline TARGET bool set_any(set s)
{
    return s != 0;
}

/* Bit i: byte i is >= 0x80. */
static inline TARGET uint64_t block_high(block b)
{
    return _mm512_movepi8_mask(b);
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

static const uint8_t counting[64] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
};

static inline TARGET void put_half(uint16_t *out, __m256i positions, __m512i base)
{
    _mm512_storeu_si512(out, _mm512_add_epi16(_mm512_cvtepu8_epi16(positions), base));
}

/* Compressed in a register and then stored: a compressing store is slow on Zen 4 and 5. */
static inline TARGET void put_index(uint16_t *begins, uint16_t *row_ends, uint64_t structural, uint64_t newline,
                                    uint16_t offset, uint32_t first)
{
    __m512i all = _mm512_loadu_si512(counting);
    __m512i positions = _mm512_maskz_compress_epi8(structural, all), base = _mm512_set1_epi16((short)offset);
    __m512i ordinals = _mm512_maskz_compress_epi8(_pext_u64(newline, structural), all);
    __m512i before = _mm512_set1_epi16((short)first);
    put_half(begins, _mm512_castsi512_si256(positions), base);
    put_half(row_ends, _mm512_castsi512_si256(ordinals), before);
    if (__builtin_expect(ones(structural) > 32, 0)) {
        put_half(begins + 32, _mm512_extracti64x4_epi64(positions, 1), base);
        put_half(row_ends + 32, _mm512_extracti64x4_epi64(ordinals, 1), before);
    }
}

enum { VECTOR = 64 };
typedef __m512i vector;

static inline TARGET vector vector_load(const uint8_t *p)
{
    return _mm512_loadu_si512(p);
}

static inline TARGET vector vector_of(uint8_t byte)
{
    return _mm512_set1_epi8((char)byte);
}

static inline TARGET vector vector_and(vector a, vector b)
{
    return _mm512_and_si512(a, b);
}

static inline TARGET vector vector_or(vector a, vector b)
{
    return _mm512_or_si512(a, b);
}

static inline TARGET vector vector_xor(vector a, vector b)
{
    return _mm512_xor_si512(a, b);
}

static inline TARGET vector vector_less(vector a, vector b)
{
    return _mm512_subs_epu8(a, b);
}

static inline TARGET vector vector_low(vector v)
{
    return _mm512_and_si512(v, _mm512_set1_epi8(0x0F));
}

static inline TARGET vector vector_high(vector v)
{
    return vector_low(_mm512_srli_epi16(v, 4));
}

static inline TARGET vector vector_table(const uint8_t *p)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)p));
}

static inline TARGET vector vector_look(vector table, vector v)
{
    return _mm512_shuffle_epi8(table, v);
}

static inline TARGET int vector_any(vector v)
{
    return _mm512_test_epi8_mask(v, v) != 0;
}

static inline TARGET uint64_t block_within(block b, needle first, needle most)
{
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(b, first), most);
}

static inline TARGET block block_look(vector table, block b)
{
    return _mm512_shuffle_epi8(table, b);
}

static inline TARGET uint64_t block_same(block a, block b)
{
    return _mm512_cmpeq_epi8_mask(a, b);
}

static inline TARGET block block_with(block b, needle bits)
{
    return _mm512_or_si512(b, bits);
}

#define HAS_BYTE_TABLES
typedef struct byte_table {
    __m512i low, high;
} byte_table;

static inline TARGET byte_table byte_table_of(const uint8_t *p)
{
    return (byte_table){_mm512_loadu_si512(p), _mm512_loadu_si512(p + 64)};
}

static inline TARGET block block_entry(byte_table table, block b)
{
    return _mm512_permutex2var_epi8(table.low, b, table.high);
}

static inline TARGET block block_both(block a, block b)
{
    return _mm512_and_si512(a, b);
}

static inline TARGET uint64_t block_common(block a, block b)
{
    return _mm512_test_epi8_mask(a, b);
}

/* What stands behind the backslash of a byte that JSON escapes, for the bytes & 127; 0: four digits are needed too. */
static const uint8_t json_letters[128] = {
    ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\',
};

static const uint8_t twice[128] = {
    0,  0,  1,  1,  2,  2,  3,  3,  4,  4,  5,  5,  6,  6,  7,  7,  8,  8,  9,  9,  10, 10, 11, 11, 12, 12,
    13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18, 19, 19, 20, 20, 21, 21, 22, 22, 23, 23, 24, 24, 25, 25,
    26, 26, 27, 27, 28, 28, 29, 29, 30, 30, 31, 31, 32, 32, 33, 33, 34, 34, 35, 35, 36, 36, 37, 37, 38, 38,
    39, 39, 40, 40, 41, 41, 42, 42, 43, 43, 44, 44, 45, 45, 46, 46, 47, 47, 48, 48, 49, 49, 50, 50, 51, 51,
    52, 52, 53, 53, 54, 54, 55, 55, 56, 56, 57, 57, 58, 58, 59, 59, 60, 60, 61, 61, 62, 62, 63, 63,
};

/* Puts a backslash before each byte in `marks`: every byte of half a block becomes a backslash and itself, and the
 * backslashes that are not wanted are taken out. No branch depends on where the marks are, or on how many. Two blocks
 * are written to. False: some byte takes more than a letter. */
#define HAS_BLOCK_ESCAPE
static inline TARGET bool block_escape(uint8_t *out, block bytes, uint64_t marks, needle backslash)
{
    const uint64_t even = 0x5555555555555555, odd = ~even;
    __m512i letters = _mm512_mask2_permutex2var_epi8(_mm512_loadu_si512(json_letters), bytes, marks,
                                                     _mm512_loadu_si512(json_letters + 64));
    if (__builtin_expect(_mm512_mask_testn_epi8_mask(marks, letters, letters) != 0, 0))
        return false;
    __m512i low = _mm512_mask_permutexvar_epi8(backslash, odd, _mm512_loadu_si512(twice), letters);
    __m512i high = _mm512_mask_permutexvar_epi8(backslash, odd, _mm512_loadu_si512(twice + 64), letters);
    uint64_t first = odd | _pdep_u64(marks, even), second = odd | _pdep_u64(marks >> 32, even);
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(first, low));
    _mm512_storeu_si512(out + ones(first), _mm512_maskz_compress_epi8(second, high));
    return true;
}

static inline TARGET void put_ordinals(uint16_t *out, uint64_t mask, uint16_t first)
{
    __m512i positions = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(counting));
    __m512i base = _mm512_set1_epi16((short)first);
    put_half(out, _mm512_castsi512_si256(positions), base);
    if (__builtin_expect(ones(mask) > 32, 0))
        put_half(out + 32, _mm512_extracti64x4_epi64(positions, 1), base);
}

static inline TARGET void put_tokens(uint8_t *kinds, uint16_t *offsets, block b, const uint8_t *p, uint64_t mask,
                                     uint16_t offset)
{
    (void)p;
    _mm512_storeu_si512(kinds, _mm512_maskz_compress_epi8(mask, b));
    put_ordinals(offsets, mask, offset);
}

static inline TARGET uint64_t has_lengths(const uint16_t *offsets, const uint16_t *lengths, uint32_t count)
{
    __m512i low = _mm512_sub_epi16(_mm512_loadu_si512(offsets + 1), _mm512_loadu_si512(offsets));
    __m512i high = _mm512_sub_epi16(_mm512_loadu_si512(offsets + 33), _mm512_loadu_si512(offsets + 32));
    uint64_t found = 0;
    for (uint32_t k = 0; k < count; k++) {
        __m512i length = _mm512_set1_epi16((short)lengths[k]);
        found |= _mm512_cmpeq_epi16_mask(low, length) | (uint64_t)_mm512_cmpeq_epi16_mask(high, length) << 32;
    }
    return found;
}

#include "simd/csv_block.h"
#include "simd/csv_page.h"

#include "simd/csv_index.h"

#include "simd/csv_count.h"
#include "simd/rows_block.h"
#include "simd/text_block.h"

#include "simd/csv_cuts.h"

#include "simd/decode_512.h"

#include "simd/json_block.h"
#include "simd/json_tokens.h"

const hr_kernels hr_kernels_avx512 = HR_KERNEL_TABLE("avx512");
#else
typedef int hr_avx512_is_for_x86_64;
#endif
