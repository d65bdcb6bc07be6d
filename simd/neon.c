/* neon.c: the kernels for NEON, which every arm64 CPU has. */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARGET /* part of the base architecture */

typedef struct block {
    uint8x16_t part[4];
} block;
typedef uint8x16_t needle;

static inline TARGET block block_load(const uint8_t *p)
{
    return (block){{vld1q_u8(p), vld1q_u8(p + 16), vld1q_u8(p + 32), vld1q_u8(p + 48)}};
}

static inline TARGET void block_store(uint8_t *p, block b)
{
    for (int i = 0; i < 4; i++)
        vst1q_u8(p + 16 * i, b.part[i]);
}

static inline TARGET needle needle_of(uint8_t byte)
{
    return vdupq_n_u8(byte);
}

typedef block set;

static inline TARGET set block_equal(block b, needle n)
{
    return (set){{vceqq_u8(b.part[0], n), vceqq_u8(b.part[1], n), vceqq_u8(b.part[2], n), vceqq_u8(b.part[3], n)}};
}

static inline TARGET set block_below(block b, needle n)
{
    return (set){{vcltq_u8(b.part[0], n), vcltq_u8(b.part[1], n), vcltq_u8(b.part[2], n), vcltq_u8(b.part[3], n)}};
}

static inline TARGET block block_patch(block b, uint64_t bits, needle n)
{
    static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t weight = vld1q_u8(weights);
    for (int i = 0; i < 4; i++) {
        uint8x8_t low = vdup_n_u8((uint8_t)(bits >> 16 * i)), high = vdup_n_u8((uint8_t)(bits >> (16 * i + 8)));
        b.part[i] = vbslq_u8(vtstq_u8(vcombine_u8(low, high), weight), n, b.part[i]);
    }
    return b;
}

static inline TARGET set set_or(set a, set b)
{
    return (set){{vorrq_u8(a.part[0], b.part[0]), vorrq_u8(a.part[1], b.part[1]), vorrq_u8(a.part[2], b.part[2]),
                  vorrq_u8(a.part[3], b.part[3])}};
}

static inline TARGET set set_and(set a, set b)
{
    return (set){{vandq_u8(a.part[0], b.part[0]), vandq_u8(a.part[1], b.part[1]), vandq_u8(a.part[2], b.part[2]),
                  vandq_u8(a.part[3], b.part[3])}};
}

/* Each lane keeps a bit of its own, and neighbours are added until a byte holds eight. */
static inline TARGET uint64_t set_bits(set s)
{
    static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t weight = vld1q_u8(weights);
    uint8x16_t low = vpaddq_u8(vandq_u8(s.part[0], weight), vandq_u8(s.part[1], weight));
    uint8x16_t high = vpaddq_u8(vandq_u8(s.part[2], weight), vandq_u8(s.part[3], weight));
    uint8x16_t sum = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)), 0);
}

static inline TARGET bool set_any(set s)
{
    return vmaxvq_u8(vorrq_u8(vorrq_u8(s.part[0], s.part[1]), vorrq_u8(s.part[2], s.part[3]))) != 0;
}

/* Bit i: byte i is >= 0x80. */
static inline TARGET uint64_t block_high(block b)
{
    uint8x16_t least = vdupq_n_u8(0x80);
    return set_bits((set){{vcgeq_u8(b.part[0], least), vcgeq_u8(b.part[1], least), vcgeq_u8(b.part[2], least),
                           vcgeq_u8(b.part[3], least)}});
}

/* By shifts: PMULL is optional, and this is not on the chain from block to block. */
static inline TARGET uint64_t prefix_xor(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

static inline TARGET uint32_t ones(uint64_t bits)
{
    return (uint32_t)__builtin_popcountll(bits);
}

typedef uint16x8_t eight;

static inline TARGET eight eight_of(uint16_t value)
{
    return vdupq_n_u16(value);
}

static inline TARGET eight eight_next(eight base)
{
    return vaddq_u16(base, vdupq_n_u16(8));
}

static inline TARGET void put_eight(uint16_t *out, uint64_t packed, eight base)
{
    vst1q_u16(out, vaddw_u8(base, vcreate_u8(packed)));
}

enum { VECTOR = 16 };
typedef uint8x16_t vector;

static inline TARGET vector vector_load(const uint8_t *p)
{
    return vld1q_u8(p);
}

static inline TARGET vector vector_of(uint8_t byte)
{
    return vdupq_n_u8(byte);
}

static inline TARGET vector vector_and(vector a, vector b)
{
    return vandq_u8(a, b);
}

static inline TARGET vector vector_or(vector a, vector b)
{
    return vorrq_u8(a, b);
}

static inline TARGET vector vector_xor(vector a, vector b)
{
    return veorq_u8(a, b);
}

static inline TARGET vector vector_less(vector a, vector b)
{
    return vqsubq_u8(a, b);
}

static inline TARGET vector vector_low(vector v)
{
    return vandq_u8(v, vdupq_n_u8(0x0F));
}

static inline TARGET vector vector_high(vector v)
{
    return vshrq_n_u8(v, 4);
}

static inline TARGET vector vector_table(const uint8_t *p)
{
    return vld1q_u8(p);
}

static inline TARGET vector vector_look(vector table, vector v)
{
    return vqtbl1q_u8(table, v);
}

static inline TARGET int vector_any(vector v)
{
    return vmaxvq_u8(v) != 0;
}

static inline TARGET uint64_t block_within(block b, needle first, needle most)
{
    return set_bits((set){{vcleq_u8(vsubq_u8(b.part[0], first), most), vcleq_u8(vsubq_u8(b.part[1], first), most),
                           vcleq_u8(vsubq_u8(b.part[2], first), most), vcleq_u8(vsubq_u8(b.part[3], first), most)}});
}

/* Indexes beyond the table give 0, and those of bytes >= 0x80 stay beyond it. */
static inline TARGET block block_look(vector table, block b)
{
    uint8x16_t index = vdupq_n_u8(0x8F);
    return (block){{vqtbl1q_u8(table, vandq_u8(b.part[0], index)), vqtbl1q_u8(table, vandq_u8(b.part[1], index)),
                    vqtbl1q_u8(table, vandq_u8(b.part[2], index)), vqtbl1q_u8(table, vandq_u8(b.part[3], index))}};
}

static inline TARGET uint64_t block_same(block a, block b)
{
    return set_bits((set){{vceqq_u8(a.part[0], b.part[0]), vceqq_u8(a.part[1], b.part[1]),
                           vceqq_u8(a.part[2], b.part[2]), vceqq_u8(a.part[3], b.part[3])}});
}

static inline TARGET block block_with(block b, needle bits)
{
    return (block){
        {vorrq_u8(b.part[0], bits), vorrq_u8(b.part[1], bits), vorrq_u8(b.part[2], bits), vorrq_u8(b.part[3], bits)}};
}

#include "simd/positions.h"

#include "simd/json_positions.h"

#include "simd/csv_block.h"

#include "simd/csv_index.h"

#include "simd/csv_count.h"
#include "simd/rows_block.h"
#include "simd/text_block.h"
#define CSV_CUTS NULL

static inline TARGET bool ascii_16(const uint8_t *in, uint8_t *out)
{
    uint8x16_t bytes = vld1q_u8(in);
    vst1q_u8(out, bytes);
    return vmaxvq_u8(bytes) < 0x80;
}

static inline TARGET bool ascii_units(const uint8_t *in, bool big_endian, uint8_t *out)
{
    uint8x16x2_t parts = vld2q_u8(in); /* the first and the second bytes of 16 units */
    uint8x16_t low = parts.val[big_endian ? 1 : 0], high = parts.val[big_endian ? 0 : 1];
    vst1q_u8(out, low);
    return vmaxvq_u8(low) < 0x80 && vmaxvq_u8(high) == 0;
}

#include "simd/decode_block.h"

#include "simd/json_block.h"
#include "simd/json_tokens.h"

const hr_kernels hr_kernels_neon = HR_KERNEL_TABLE("neon");
#else
typedef int hr_neon_is_for_arm64;
#endif
