/* sha256_rounds.h: SHA-256 by the letter of FIPS 180-4, 6.2.2, written once. Included by the files of its kernels, with
 * TARGET, the attribute of their functions, and BLOCKS, the name of the function that it makes. */
#include <string.h>

static inline TARGET uint32_t rotated(uint32_t x, unsigned by)
{
    return x >> by | x << (32 - by);
}

static inline TARGET uint32_t big_endian(const uint8_t *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

/* A round; the caller renames the eight variables instead of moving them. */
static inline TARGET void round_of(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g,
                                   uint32_t *h, uint32_t added)
{
    uint32_t choice = g ^ (e & (f ^ g)), majority = (a & b) | (c & (a | b));
    uint32_t first = *h + added + choice + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25));
    *d += first;
    *h = first + majority + (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22));
}

/* ADDED(i) is the word of the schedule of the i-th of these rounds with its constant. */
#define EIGHT_ROUNDS(s, ADDED)                                                \
    do {                                                                      \
        round_of(s[0], s[1], s[2], &s[3], s[4], s[5], s[6], &s[7], ADDED(0)); \
        round_of(s[7], s[0], s[1], &s[2], s[3], s[4], s[5], &s[6], ADDED(1)); \
        round_of(s[6], s[7], s[0], &s[1], s[2], s[3], s[4], &s[5], ADDED(2)); \
        round_of(s[5], s[6], s[7], &s[0], s[1], s[2], s[3], &s[4], ADDED(3)); \
        round_of(s[4], s[5], s[6], &s[7], s[0], s[1], s[2], &s[3], ADDED(4)); \
        round_of(s[3], s[4], s[5], &s[6], s[7], s[0], s[1], &s[2], ADDED(5)); \
        round_of(s[2], s[3], s[4], &s[5], s[6], s[7], s[0], &s[1], ADDED(6)); \
        round_of(s[1], s[2], s[3], &s[4], s[5], s[6], s[7], &s[0], ADDED(7)); \
    } while (0)

/* The word `t` >= 16 of the schedule, kept where the word t - 16 was. */
static inline TARGET uint32_t scheduled(uint32_t w[16], unsigned t)
{
    uint32_t old = w[(t + 1) % 16], young = w[(t + 14) % 16];
    w[t % 16] += (rotated(old, 7) ^ rotated(old, 18) ^ old >> 3) + w[(t + 9) % 16] +
                 (rotated(young, 17) ^ rotated(young, 19) ^ young >> 10);
    return w[t % 16];
}

#define ADDED(i) (hr_sha256_constants[t + (i)] + (t < 16 ? w[t + (i)] : scheduled(w, t + (i))))
TARGET void BLOCKS(uint32_t state[8], const uint8_t *data, size_t count)
{
    for (; count > 0; count--, data += HR_SHA256_BLOCK) {
        uint32_t w[16], s[8];
        memcpy(s, state, sizeof s);
        for (size_t i = 0; i < 16; i++)
            w[i] = big_endian(data + 4 * i);
#pragma GCC unroll 8
        for (unsigned t = 0; t < 64; t += 8)
            EIGHT_ROUNDS(s, ADDED);
        for (unsigned i = 0; i < 8; i++)
            state[i] += s[i];
    }
}
#undef ADDED
