/* json_block.h: NDJSON from bytes to tokens, written once over blocks of 64 bytes; json_tokens.h goes on from there.
 * Included after text_block.h by a file that has further defined:
 *
 *   block_within(block, first, most)    bit i: byte i is at least `first`, and by no more than `most`
 *   block_look(vector, block)           each byte replaced by the entry of the table (see vector_table) for its low
 * four bits; 0 for bytes >= 0x80 block_same(a, b)                    bit i: byte i is the same in both
 *   block_with(block, needle)           bits set in every byte
 *   put_tokens(kinds, offsets, block, p, mask, offset)
 *                                       the bytes of the block (which stands at p) for each bit of the mask, and
 *                                       offset + i; may write 64 entries in each
 *   put_ordinals(out, mask, first)      first + i for each bit i; may write 64 entries
 *   has_lengths(offsets, lengths, count)   bit i: offsets[i + 1] - offsets[i] is one of the lengths (or may be)
 *
 * and, where it defines HAS_BYTE_TABLES, because it can look up 128 entries at once:
 *
 *   byte_table, byte_table_of(p)        128 bytes
 *   block_entry(byte_table, block)      each byte replaced by the entry for its low seven bits
 *   block_both(a, b), block_common(a, b)   bits in both; bit i: byte i has some
 *
 * What is outside strings is found by the parity of quotes that are not escaped, after D. Lemire and G. Langdale,
 * "Parsing Gigabytes of JSON per Second", VLDB Journal 28 (2019); but as no line feed can stand in a string, each one
 * starts anew, and damage ends with its line. Bits of `bad` say that something is wrong at a byte (or, for what is
 * missing, behind it): the kernel need only know the line.
 */
#include <string.h>

/* Bytes, each in a vector of its own. They are read from memory where they are used: there are more of them than
 * registers, and compilers would rather make each anew out of an instruction or two. */
typedef struct json_needles {
    needle quote, backslash, lf, colon, minus, dot, zero, nine, case_bit, space;
    vector structure, white;
#ifdef HAS_BYTE_TABLES
    byte_table escapes, number_first, number_second, number_third;
#endif
} json_needles;

/* What is known between two blocks and stays in registers. Fields that say something of the last byte have one bit. */
typedef struct json_scan {
    const json_needles *needles;
    uint64_t inside;         /* all bits when we are in a string */
    uint64_t high;           /* not 0: there were bytes beyond ASCII */
    uint64_t white;          /* white space, but no line feed */
    uint64_t scalar;         /* part of a number or literal, or of garbage */
    uint64_t digit;          /* a digit in one */
    uint64_t minus;          /* a minus */
    uint64_t due;            /* a minus or point: a digit must follow */
    uint64_t zero;           /* a zero, with which a number begins */
    uint64_t fraction;       /* we are behind the point of a number: carried by addition */
    uint64_t lines;          /* how many ended before */
    uint64_t escape;         /* a backslash that escapes the next byte */
    uint64_t in_escaped;     /* we are in a string with escapes: carried by addition */
    uint64_t behind_escaped; /* the closing quote of one */
    uint32_t escapes;        /* how many are in json_rest */
} json_scan;

/* Where a block stands: at data + i; `p` has 64 bytes and two before them. The flags are known at each call. */
typedef struct json_place {
    const uint8_t *p, *data;
    size_t i, size;
    bool whole; /* p is data + i, with three bytes before it */
    bool busy;  /* many blocks have escapes or bytes beyond ASCII: no branch asks for them */
    bool keys;  /* names are wanted: those that are not plain are told */
} json_place;

/* Blocks with escapes that are not simple, and which of their bytes these escape: a look at once would be a branch that
 * is guessed wrong. */
typedef struct json_escapes {
    uint64_t marks[HR_JSON_WINDOW_MAX / BLOCK + 3];
    uint32_t offsets[HR_JSON_WINDOW_MAX / BLOCK + 3];
} json_escapes;

/* What is rarely needed. */
typedef struct json_rest {
    json_escapes *escapes;
    size_t looked_at; /* the end of the last number that was looked at closely */
} json_rest;

/* Compilers would rather move a mask register again for each use of it than keep a copy. */
static inline TARGET uint64_t in_register(uint64_t bits)
{
    __asm__("" : "+r"(bits));
    return bits;
}

/* bits << 1, with what was carried in: as a sum it is one instruction. */
static inline TARGET uint64_t next_of(uint64_t bits, uint64_t carry)
{
    return 2 * bits + carry;
}

/* a + b + carry; b is a subset of a's runs of ones, so that a bit in a run gives the place behind the run. */
static inline TARGET uint64_t run_ends(uint64_t runs, uint64_t bits, uint64_t *carry)
{
    uint64_t sum;
    bool over = __builtin_add_overflow(runs, bits, &sum);
    over |= __builtin_add_overflow(sum, *carry, &sum);
    *carry = over;
    return sum & ~runs;
}

/* Sets the bit of each line that has a bit in `marks`; `lf` are the line ends of the block, `line` is the first. */
static __attribute__((noinline)) TARGET void mark_lines(uint64_t *lines, uint64_t line, uint64_t lf, uint64_t marks)
{
    while (marks != 0) {
        uint64_t low = marks & (0 - marks);
        uint64_t at = line + ones(lf & (low - 1));
        lines[at / 64] |= UINT64_C(1) << (at % 64);
        uint64_t end = lf & ~(low - 1); /* the line goes up to and with the lowest of these */
        marks &= end == 0 ? 0 : ~(end ^ (end - 1));
    }
}

/* ---- strings -------------------------------------------------------------------------------------------------- */

/* Which bytes are escaped. An odd run of backslashes escapes what follows; runs are told apart by a subtraction. */
static inline TARGET uint64_t escaped_bytes(json_scan *scan, uint64_t backslash)
{
    const uint64_t odd = UINT64_C(0xAAAAAAAAAAAAAAAA);
    uint64_t may_escape = backslash & ~scan->escape;
    uint64_t both = ((2 * may_escape | odd) - may_escape) ^ odd;
    uint64_t escaped = both ^ (backslash | scan->escape);
    scan->escape = (both & backslash) >> 63;
    return escaped;
}

/* The bytes that make an escape by themselves: quote \ / b f n r t. */
static inline TARGET uint64_t simple_escapes(const json_needles *needles, block bytes, uint64_t escaped)
{
#ifdef HAS_BYTE_TABLES
    (void)escaped;
    return block_high(block_entry(needles->escapes, bytes)) & ~block_high(bytes);
#else
    if (escaped == 0)
        return 0;
    set one = set_or(set_or(block_equal(bytes, needles->quote), block_equal(bytes, needles->backslash)),
                     set_or(block_equal(bytes, needle_of('/')), block_equal(bytes, needle_of('b'))));
    set two = set_or(set_or(block_equal(bytes, needle_of('f')), block_equal(bytes, needle_of('n'))),
                     set_or(block_equal(bytes, needle_of('r')), block_equal(bytes, needle_of('t'))));
    return set_bits(set_or(one, two));
#endif
}

static inline TARGET uint64_t hex_digits(const uint8_t *p)
{
    block bytes = block_load(p);
    return block_within(bytes, needle_of('0'), needle_of(9)) |
           block_within(block_with(bytes, needle_of(0x20)), needle_of('a'), needle_of('f' - 'a'));
}

/* Which of the marked bytes of the block at p (72 can be read) do not begin a sound escape: they must be a u with four
 * digits behind it. Two escapes that make one character stand side by side, the high half in front; *due: where
 * in the next block a low half must be. */
static inline TARGET uint64_t escapes_bad(const uint8_t *p, uint64_t marks, uint64_t *due)
{
    needle u = needle_of('u'), case_bit = needle_of(0x20);
    uint64_t digits = hex_digits(p + 1) & hex_digits(p + 2) & hex_digits(p + 3) & hex_digits(p + 4);
    uint64_t sound = marks & digits & set_bits(block_equal(block_load(p), u));
    uint64_t halves = sound & set_bits(block_equal(block_with(block_load(p + 1), case_bit), needle_of('d')));
    block second = block_load(p + 2), lower = block_with(second, case_bit);
    uint64_t low = halves & block_within(lower, needle_of('c'), needle_of('f' - 'c'));
    uint64_t high = halves & ~low &
                    (block_within(second, needle_of('8'), needle_of(1)) |
                     block_within(lower, needle_of('a'), needle_of('b' - 'a')));
    uint64_t followed =
        set_bits(set_and(block_equal(block_load(p + 5), needle_of('\\')), block_equal(block_load(p + 6), u)));
    uint64_t bad = (marks & ~sound) | (high & ~followed) | (low ^ (high << 6 | *due));
    *due = high >> 58;
    return bad;
}

/* Closes strings that reach a line feed, each with a bit in *bad. */
static __attribute__((noinline)) TARGET uint64_t cut_strings(uint64_t inside, uint64_t lf, uint64_t *bad)
{
    for (uint64_t cut = lf & inside; cut != 0; cut = lf & inside) {
        uint64_t low = cut & (0 - cut);
        *bad |= low;
        inside ^= 0 - low;
    }
    return inside;
}

#include "simd/json_numbers.h"

/* ---- blocks --------------------------------------------------------------------------------------------------- */

/* The byte with the same low four bits, where it is one of { } [ ] : , (with bit 5 set), or white space. */
static const uint8_t structure_table[16] = {0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0};
static const uint8_t white_table[16] = {' ', 0xFF, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0};

#ifdef HAS_BYTE_TABLES
/* clang-format off */
#define SIXTEEN(entry) entry, entry, entry, entry, entry, entry, entry, entry, entry, entry, entry, entry, entry, \
    entry, entry, entry
enum { A = NO_DIGIT, N = NOT_PLAIN, Z = ZERO_LEADS, AN = A | N, ANZ = A | N | Z, NZ = N | Z };
static const uint8_t number_first[128] = { /* Z: what can stand in front of a number, and - */
    AN, AN, AN, AN, AN, AN, AN, AN, AN, ANZ, ANZ, AN, AN, ANZ, AN, AN,
    SIXTEEN(AN),
    ANZ, AN, ANZ, AN, AN, AN, AN, AN, AN, AN, AN, AN, ANZ, ANZ, AN, AN,
    AN, AN, AN, AN, AN, AN, AN, AN, AN, AN, ANZ, AN, AN, AN, AN, AN,
    SIXTEEN(AN),
    AN, AN, AN, AN, AN, AN, AN, AN, AN, AN, AN, ANZ, AN, ANZ, AN, AN,
    SIXTEEN(AN),
    AN, AN, AN, AN, AN, AN, AN, AN, AN, AN, AN, ANZ, AN, ANZ, AN, AN,
};
static const uint8_t number_second[128] = {
    ['-'] = A, ['.'] = A, ['0'] = NZ, ['1'] = N, ['2'] = N, ['3'] = N, ['4'] = N, ['5'] = N, ['6'] = N, ['7'] = N,
    ['8'] = N, ['9'] = N,
};
static const uint8_t number_third[128] = { /* A: what can stand behind a number, point; Z: digits; AN: all others */
    AN, AN, AN, AN, AN, AN, AN, AN, AN, A, A, AN, AN, A, AN, AN,
    SIXTEEN(AN),
    A, AN, A, AN, AN, AN, AN, AN, AN, AN, AN, AN, A, AN, A, AN,
    Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, A, AN, AN, AN, AN, AN,
    SIXTEEN(AN),
    AN, AN, AN, AN, AN, AN, AN, AN, AN, AN, AN, A, AN, A, AN, AN,
    SIXTEEN(AN),
    AN, AN, AN, AN, AN, AN, AN, AN, AN, AN, AN, A, AN, A, AN, AN,
};
static const uint8_t escape_table[128] = {
    ['"'] = 0x80, ['\\'] = 0x80, ['/'] = 0x80, ['b'] = 0x80, ['f'] = 0x80, ['n'] = 0x80, ['r'] = 0x80, ['t'] = 0x80,
};
#undef SIXTEEN
/* clang-format on */
#endif

static inline TARGET json_needles json_needles_new(void)
{
    return (json_needles){
        .quote = needle_of('"'),
        .backslash = needle_of('\\'),
        .lf = needle_of('\n'),
        .colon = needle_of(':'),
        .minus = needle_of('-'),
        .dot = needle_of('.'),
        .zero = needle_of('0'),
        .nine = needle_of(9),
        .case_bit = needle_of(0x20),
        .space = needle_of(' '),
        .structure = vector_table(structure_table),
        .white = vector_table(white_table),
#ifdef HAS_BYTE_TABLES
        .escapes = byte_table_of(escape_table),
        .number_first = byte_table_of(number_first),
        .number_second = byte_table_of(number_second),
        .number_third = byte_table_of(number_third),
#endif
    };
}

/* Strings: takes escaped quotes from *quote, and gives what lies inside. *behind_escaped: what follows the closing
 * quotes of strings with escapes. */
static inline __attribute__((always_inline)) TARGET uint64_t json_strings(json_scan *scan, json_rest *rest, block bytes,
                                                                          const json_place *place, uint64_t lf,
                                                                          uint64_t *quote, uint64_t *behind_escaped,
                                                                          uint64_t *bad)
{
    uint64_t backslash = in_register(set_bits(block_equal(bytes, scan->needles->backslash)));
    uint64_t going_on = scan->escape | (place->keys ? scan->in_escaped | scan->behind_escaped : 0);
    bool escapes = place->busy || (backslash | going_on) != 0;
    if (escapes) {
        uint64_t escaped = escaped_bytes(scan, backslash);
        uint64_t odd = escaped & ~simple_escapes(scan->needles, bytes, escaped);
        rest->escapes->marks[scan->escapes] = odd;
        rest->escapes->offsets[scan->escapes] = (uint32_t)place->i;
        scan->escapes += odd != 0;
        *quote &= ~escaped;
    }
    uint64_t inside = prefix_xor(*quote) ^ scan->inside;
    if (__builtin_expect((lf & inside) != 0, 0))
        inside = cut_strings(inside, lf, bad);
    scan->inside = (uint64_t)((int64_t)inside >> 63);
    if (place->keys && escapes) {
        uint64_t ends = run_ends(inside, backslash & inside, &scan->in_escaped) & *quote;
        *behind_escaped = next_of(ends, scan->behind_escaped);
        scan->behind_escaped = ends >> 63;
    }
    return inside;
}

/* Takes a block. Returns how many tokens it has. */
static inline __attribute__((always_inline)) TARGET uint32_t json_block(json_scan *scan, json_rest *rest,
                                                                        const json_place *place, hr_json_index *index,
                                                                        uint32_t tokens)
{
    const uint8_t *p = place->p, *data = place->data;
    size_t i = place->i, size = place->size;
    block bytes = block_load(p);
    uint64_t bad = 0, behind_escaped = 0;
    uint64_t lf = in_register(set_bits(block_equal(bytes, scan->needles->lf)));
    uint64_t quote = in_register(set_bits(block_equal(bytes, scan->needles->quote)));
    uint64_t inside = json_strings(scan, rest, bytes, place, lf, &quote, &behind_escaped, &bad);
    block lower = block_with(bytes, scan->needles->case_bit);
    uint64_t structure = in_register(block_same(block_look(scan->needles->structure, bytes), lower));
    uint64_t white = in_register(block_same(block_look(scan->needles->white, bytes), bytes));
    uint64_t control = in_register(set_bits(block_below(bytes, scan->needles->space)));
    bad |= control & inside; /* elsewhere it begins, or goes on, a scalar */
    json_scalars s = {.all = ~(structure | white | quote | inside)};
    s.start = s.all & ~next_of(s.all, scan->scalar);
    uint64_t odd = numbers_odd(scan, p, bytes, &s);
    scan->scalar = s.all >> 63;
    if (__builtin_expect(odd != 0, 0))
        bad |= numbers_bad(&rest->looked_at, odd, data, i, size);

    uint64_t high = in_register(block_high(bytes));
    if (place->busy || (high | scan->high) != 0) {
        bool wrong = place->whole ? utf8_block_bad(p) : utf8_edge_bad(data, i, size - i < BLOCK ? size - i : BLOCK);
        bad |= (s.all & high) | (wrong ? ~UINT64_C(0) : 0);
    }
    scan->high = high;

    structure &= ~inside;
    white &= ~lf;
    if (__builtin_expect(bad != 0, 0))
        mark_lines(index->doubted, scan->lines, lf, bad);
    if (place->keys) { /* names that are not plain: escapes in them, or white space in front of the colon */
        uint64_t loose = structure & (next_of(white, scan->white) | behind_escaped);
        scan->white = white >> 63;
        if (place->busy || __builtin_expect(loose != 0, 0))
            loose &= set_bits(block_equal(bytes, scan->needles->colon));
        if (__builtin_expect(loose != 0, 0))
            mark_lines(index->loose, scan->lines, lf, loose);
    }
    scan->lines += ones(lf);

    uint64_t mask = structure | (quote & inside) | s.start | lf;
    put_tokens(index->kinds + tokens, index->offsets + tokens, bytes, p, mask, (uint16_t)i);
    return ones(mask);
}

/* The first or the last block, with a line feed behind the last when the data has none. */
static __attribute__((noinline)) TARGET uint32_t json_edge(json_scan *scan, json_rest *rest, const uint8_t *data,
                                                           size_t i, size_t size, bool keys, hr_json_index *index,
                                                           uint32_t tokens)
{
    uint8_t padded[2 + BLOCK];
    size_t before = i < 2 ? 0 : 2, count = size - i < BLOCK ? size - i : BLOCK;
    memset(padded, ' ', sizeof padded);
    memcpy(padded + 2 - before, data + i - before, before + count);
    if (count < BLOCK && data[size - 1] != '\n')
        padded[2 + count] = '\n';
    json_place place = {.p = padded + 2, .data = data, .i = i, .size = size, .keys = keys};
    return json_block(scan, rest, &place, index, tokens);
}

/* Blocks from *i on while there are whole ones. */
static inline __attribute__((always_inline)) TARGET uint32_t json_run(json_scan *state, json_rest *rest,
                                                                      const uint8_t *data, size_t *from, size_t size,
                                                                      bool busy, bool keys, size_t ahead,
                                                                      hr_json_index *index, uint32_t tokens)
{
    json_scan scan = *state; /* a copy stays in registers */
    size_t i = *from;
    for (; size - i >= BLOCK; i += BLOCK) {
        json_place place = {
            .p = data + i, .data = data, .i = i, .size = size, .whole = true, .busy = busy, .keys = keys};
        __builtin_prefetch(data + i + ahead);
        tokens += json_block(&scan, rest, &place, index, tokens);
    }
    *state = scan;
    *from = i;
    return tokens;
}

/* Whether a fair part of the first blocks has escapes or bytes beyond ASCII: about where a branch is guessed wrongly
 * too often. */
static inline TARGET bool is_busy(const uint8_t *data, size_t size)
{
    needle backslash = needle_of('\\');
    unsigned busy = 0;
    for (size_t i = 0; i < 32 && (i + 1) * BLOCK <= size; i++) {
        block bytes = block_load(data + i * BLOCK);
        busy += (set_bits(block_equal(bytes, backslash)) | block_high(bytes)) != 0;
    }
    return busy >= 3;
}

/* Whole blocks, by the loop that was made for texts and wishes like these. */
static inline TARGET uint32_t json_whole(json_scan *scan, json_rest *rest, const hr_json_wants *wants,
                                         const uint8_t *data, size_t *i, size_t size, hr_json_index *index,
                                         uint32_t tokens)
{
    size_t ahead = wants->ahead;
    if (is_busy(data, size))
        return wants->keys ? json_run(scan, rest, data, i, size, true, true, ahead, index, tokens)
                           : json_run(scan, rest, data, i, size, true, false, ahead, index, tokens);
    return wants->keys ? json_run(scan, rest, data, i, size, false, true, ahead, index, tokens)
                       : json_run(scan, rest, data, i, size, false, false, ahead, index, tokens);
}

/* *escaped: how many entries of `escapes` there are. */
static inline TARGET uint32_t json_blocks(const hr_json_wants *wants, const uint8_t *data, size_t size,
                                          hr_json_index *index, json_escapes *escapes, uint32_t *escaped)
{
    json_needles needles = json_needles_new();
    json_scan scan = {.needles = &needles};
    json_rest rest = {.escapes = escapes};
    __asm__("" : "+r"(scan.needles) : : "memory"); /* the compiler forgets what it knows of them */
    uint32_t tokens = json_edge(&scan, &rest, data, 0, size, wants->keys, index, 0);
    size_t i = BLOCK;
    if (size >= BLOCK)
        tokens = json_whole(&scan, &rest, wants, data, &i, size, index, tokens);
    if (size >= BLOCK && (i < size || data[size - 1] != '\n'))
        tokens += json_edge(&scan, &rest, data, i, size, wants->keys, index, tokens);
    *escaped = scan.escapes;
    return tokens;
}
