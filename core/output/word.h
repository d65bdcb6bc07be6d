/* word.h: looking at eight bytes at a time, in plain C, for the writers. */
#ifndef HR_CORE_OUTPUT_WORD_H
#define HR_CORE_OUTPUT_WORD_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "word.h puts the first byte of memory into the lowest byte of a word: this needs a little-endian machine"
#endif

#define HR_WORD_ONES UINT64_C(0x0101010101010101)
#define HR_WORD_HIGHS UINT64_C(0x8080808080808080)

static inline uint64_t hr_word_load(const uint8_t *data)
{
    uint64_t word;
    memcpy(&word, data, 8);
    return word;
}

static inline void hr_word_store(uint8_t *room, uint64_t word)
{
    memcpy(room, &word, 8);
}

/* The `size` (1 to 7) bytes at `data`, none behind them is read; the other bytes of the word are `fill` (a word). */
static inline uint64_t hr_word_tail(const uint8_t *data, size_t size, uint64_t fill)
{
    uint64_t word;
    if (size >= 4) {
        uint32_t low, high;
        memcpy(&low, data, 4);
        memcpy(&high, data + size - 4, 4);
        word = low | (uint64_t)high << ((size - 4) * 8);
    } else {
        word = data[0] | (uint64_t)data[size / 2] << (size / 2 * 8) | (uint64_t)data[size - 1] << ((size - 1) * 8);
    }
    return word | fill << (size * 8);
}

/* Not zero when some byte of `word` equals the byte that `pattern` repeats. (Which one it is cannot be read from the
 * result: a borrow may run into the bytes above the first hit.) */
static inline uint64_t hr_word_equal(uint64_t word, uint64_t pattern)
{
    uint64_t difference = word ^ pattern;
    return (difference - HR_WORD_ONES) & ~difference & HR_WORD_HIGHS;
}

/* Not zero when some byte of `word` is less than `limit` (1 to 128). */
static inline uint64_t hr_word_less(uint64_t word, uint8_t limit)
{
    return (word - HR_WORD_ONES * limit) & ~word & HR_WORD_HIGHS;
}

#endif
