/* text_block.h: the kernels on text of any kind, written once over blocks of 64 bytes. Included after csv_block.h, by a
 * file that has further defined:
 *
 *   block_high(block) -> bit i says that byte i is >= 0x80
 *   VECTOR, vector              how many bytes a vector has; its type
 *   vector_load(p), vector_of(byte), vector_and, vector_or, vector_xor, vector_less(a, b) = a - b, at least 0
 *   vector_low(v), vector_high(v)   the low and high four bits of each byte
 *   vector_table(p), vector_look(table, v)   16 bytes as a table; each byte of v (0..15) replaced by its entry
 *   vector_any(v)               some bit is set
 */

/* UTF-8 by the method of J. Keiser and D. Lemire, "Validating UTF-8 in less than one instruction per byte", Software:
 * Practice and Experience 51 (2021), arXiv 2010.03090: each bit is a way in which two bytes cannot follow each other,
 * and it is set in the result when the high and low half of the first byte and the high half of the second all allow
 * it. Continuations of a continuation are the exception: they must be where a lead two or three bytes before asks so.
 */
enum {
    TOO_SHORT = 1 << 0,      /* 11______ 0_______ or 11______ 11______ */
    TOO_LONG = 1 << 1,       /* 0_______ 10______ */
    OVERLONG_3 = 1 << 2,     /* 11100000 100_____ */
    TOO_LARGE = 1 << 3,      /* 11110100 1001____ and what is above it */
    SURROGATE = 1 << 4,      /* 11101101 101_____ */
    OVERLONG_2 = 1 << 5,     /* 1100000_ 10______ */
    OVERLONG_4 = 1 << 6,     /* 11110000 1000____ */
    TOO_LARGE_1000 = 1 << 6, /* 11110101 1000____ and above: never confused with OVERLONG_4, whose low half is 0 */
    TWO_CONTINUED = 1 << 7,  /* 10______ 10______ */
    ANY_LOW = TOO_SHORT | TOO_LONG | TWO_CONTINUED, /* those that do not look at the low half */
    ANY_TOP = ANY_LOW | TOO_LARGE | TOO_LARGE_1000,
    CONTINUED = TOO_LONG | OVERLONG_2 | TWO_CONTINUED,
};

/* clang-format off */
static const uint8_t first_high[16] = {
    TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
    TWO_CONTINUED, TWO_CONTINUED, TWO_CONTINUED, TWO_CONTINUED,
    TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4,
};
static const uint8_t first_low[16] = {
    ANY_LOW | OVERLONG_2 | OVERLONG_3 | OVERLONG_4, ANY_LOW | OVERLONG_2, ANY_LOW, ANY_LOW, ANY_LOW | TOO_LARGE,
    ANY_TOP, ANY_TOP, ANY_TOP, ANY_TOP, ANY_TOP, ANY_TOP, ANY_TOP, ANY_TOP,
    ANY_TOP | SURROGATE, ANY_TOP, ANY_TOP,
};
static const uint8_t second_high[16] = {
    TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
    CONTINUED | OVERLONG_3 | OVERLONG_4 | TOO_LARGE_1000, CONTINUED | OVERLONG_3 | TOO_LARGE,
    CONTINUED | SURROGATE | TOO_LARGE, CONTINUED | SURROGATE | TOO_LARGE,
    TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
};
/* clang-format on */

/* Whether some byte of the block at `p` cannot follow the ones before it; p[-3] is readable. */
static inline TARGET bool utf8_block_bad(const uint8_t *p)
{
    vector table_1 = vector_table(first_high), table_2 = vector_table(first_low), table_3 = vector_table(second_high);
    vector bad = vector_of(0);
    for (size_t k = 0; k < BLOCK; k += VECTOR) {
        vector now = vector_load(p + k), before = vector_load(p + k - 1);
        vector pair =
            vector_and(vector_and(vector_look(table_1, vector_high(before)), vector_look(table_2, vector_low(before))),
                       vector_look(table_3, vector_high(now)));
        /* Bit 7 where the byte two before is >= 0xE0, or the one three before >= 0xF0. */
        vector third = vector_less(vector_load(p + k - 2), vector_of(0xE0 - 0x80));
        vector fourth = vector_less(vector_load(p + k - 3), vector_of(0xF0 - 0x80));
        vector expected = vector_and(vector_or(third, fourth), vector_of(0x80));
        bad = vector_or(bad, vector_xor(pair, expected));
    }
    return vector_any(bad);
}

/* The same for bytes [i, i + count), fewer than a block or without three bytes before them; zeros stand all around. */
static TARGET bool utf8_edge_bad(const uint8_t *data, size_t i, size_t count)
{
    uint8_t padded[3 + BLOCK] = {0};
    size_t before = i < 3 ? i : 3;
    memcpy(padded + 3 - before, data + i - before, before + count);
    return utf8_block_bad(padded + 3);
}

/* The offset of the first error, which [i, size) is known to hold, or a sequence that reaches into it. */
static TARGET size_t utf8_locate(const uint8_t *data, size_t i, size_t size)
{
    if (i > 0)
        i--;
    while (i > 0 && (data[i] & 0xC0) == 0x80)
        i--;
    return i + hr_scalar_utf8_valid(data + i, size - i);
}

/* Four blocks at a time: where ASCII and other text take turns by the block, a branch for each would be guessed wrong.
 */
static TARGET size_t utf8_valid(const uint8_t *data, size_t size)
{
    bool ascii_before = true;
    size_t i = 0;
    for (; size - i >= 4 * BLOCK; i += 4 * BLOCK) {
        const uint8_t *p = data + i;
        bool ascii = (block_high(block_load(p)) | block_high(block_load(p + BLOCK)) |
                      block_high(block_load(p + 2 * BLOCK)) | block_high(block_load(p + 3 * BLOCK))) == 0;
        if (!(ascii && ascii_before)) {
            bool bad = i == 0 ? utf8_edge_bad(data, i, BLOCK) : utf8_block_bad(p);
            bad |= utf8_block_bad(p + BLOCK);
            bad |= utf8_block_bad(p + 2 * BLOCK);
            bad |= utf8_block_bad(p + 3 * BLOCK);
            if (bad)
                return utf8_locate(data, i, size);
        }
        ascii_before = ascii;
    }
    for (; size - i >= BLOCK; i += BLOCK) {
        bool ascii = block_high(block_load(data + i)) == 0;
        if (!(ascii && ascii_before) && (i == 0 ? utf8_edge_bad(data, i, BLOCK) : utf8_block_bad(data + i)))
            return utf8_locate(data, i, size);
        ascii_before = ascii;
    }
    /* Even when nothing is left: the zeros behind it show a sequence that is cut off. */
    return utf8_edge_bad(data, i, size - i) ? utf8_locate(data, i, size) : size;
}

static TARGET size_t ascii_prefix(const uint8_t *data, size_t size)
{
    size_t i = 0;
    for (; size - i >= BLOCK; i += BLOCK) {
        uint64_t high = block_high(block_load(data + i));
        if (high != 0)
            return i + (size_t)__builtin_ctzll(high);
    }
    while (i < size && data[i] < 0x80)
        i++;
    return i;
}

static TARGET uint64_t newlines(const uint8_t *data, size_t size)
{
    needle lf_needle = needle_of('\n'), cr_needle = needle_of('\r');
    uint64_t count = 0, cr_before = 0;
    size_t i = 0;
    for (; size - i >= BLOCK; i += BLOCK) {
        block bytes = block_load(data + i);
        uint64_t lf = set_bits(block_equal(bytes, lf_needle)), cr = set_bits(block_equal(bytes, cr_needle));
        count += ones(cr | (lf & ~(cr << 1 | cr_before)));
        cr_before = cr >> 63;
    }
    for (bool cr = cr_before != 0; i < size; i++) {
        count += data[i] == '\r' || (data[i] == '\n' && !cr);
        cr = data[i] == '\r';
    }
    return count;
}

static TARGET size_t find4(const uint8_t *data, size_t size, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    needle needle_a = needle_of(a), needle_b = needle_of(b), needle_c = needle_of(c), needle_d = needle_of(d);
    size_t i = 0;
    for (; size - i >= BLOCK; i += BLOCK) {
        block bytes = block_load(data + i);
        set either = set_or(block_equal(bytes, needle_a), block_equal(bytes, needle_b));
        set other = set_or(block_equal(bytes, needle_c), block_equal(bytes, needle_d));
        uint64_t found = set_bits(set_or(either, other));
        if (found != 0)
            return i + (size_t)__builtin_ctzll(found);
    }
    while (i < size && data[i] != a && data[i] != b && data[i] != c && data[i] != d)
        i++;
    return i;
}

/* CSV_CUTS: csv_cuts of csv_cuts.h, or NULL. */
#define HR_KERNEL_TABLE(set)                                                                      \
    {                                                                                             \
        .name = (set), .csv_index = csv_index, .csv_count = csv_count, .utf8_valid = utf8_valid,  \
        .ascii_prefix = ascii_prefix, .newlines = newlines, .find4 = find4, .csv_rows = csv_rows, \
        .decode_single = decode_single, .decode_utf16 = decode_utf16, .json_rows = json_rows,     \
        .json_index = json_index, .copy_rows = copy_rows, .csv_cuts = CSV_CUTS,                   \
    }
