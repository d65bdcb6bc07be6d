/* json_block.h: NDJSON from bytes to tokens, written once over blocks of 64 bytes; json_tokens.h goes on from there.
 * Included after text_block.h by a file that has further defined:
 *
 *   block_within(block, first, count)   bit i: byte i is one of the `count` values from `first` on
 *   block_look(table, block)            each byte replaced by the entry of the 16-byte table for its low four bits;
 *                                       0 for bytes >= 0x80
 *   block_same(a, b)                    bit i: byte i is the same in both
 *   block_with(block, bits)             bits set in every byte
 *   put_tokens(kinds, offsets, block, p, mask, offset)
 *                                       the bytes of the block (which stands at p) for each bit of the mask, and
 *                                       offset + i; may write 64 entries in each
 *   put_ordinals(out, mask, first)      first + i for each bit i; may write 64 entries
 *   has_lengths(offsets, lengths, count)   bit i: offsets[i + 1] - offsets[i] is one of the lengths (or may be)
 *
 * What is outside strings is found by the parity of quotes that are not escaped, after D. Lemire and G. Langdale,
 * "Parsing Gigabytes of JSON per Second", VLDB Journal 28 (2019); but as no line feed can stand in a string, each one
 * starts anew, and damage ends with its line. Bits of `bad` say that something is wrong at a byte (or, for what is
 * missing, behind it): the kernel need only know the line.
 */
#include <string.h>

/* What is known between two blocks and stays in registers. Fields that say something of the last byte have one bit. */
typedef struct json_scan {
    needle quote, backslash, lf, minus, dot, zero, letter_e;
    uint64_t inside;      /* all bits when we are in a string */
    uint64_t high;        /* not 0: there were bytes beyond ASCII */
    uint64_t white;       /* white space, but no line feed */
    uint64_t scalar;      /* part of a number or literal, or of garbage */
    uint64_t digit;       /* a digit in one */
    uint64_t letter;      /* neither digit nor sign nor point in one */
    uint64_t minus_begin; /* the minus of a number */
    uint64_t due;         /* a digit must follow */
    uint64_t zero_begin;  /* a zero, with which a number begins */
    uint64_t whole;       /* a digit of the whole part: carried by addition */
    uint64_t lines;       /* how many ended before */
    bool exponents;       /* something of an exponent is carried in the rest */
    bool escapes;         /* something of an escape is */
} json_scan;

/* What is rarely needed. */
typedef struct json_rest {
    uint64_t exponent;       /* the letter of an exponent */
    uint64_t exponent_sign;  /* its sign */
    uint64_t power;          /* a digit of it: carried by addition */
    uint64_t escape;         /* a backslash that escapes the next byte */
    uint64_t hex_due;        /* bit i: byte i of the next block must be a hexadecimal digit */
    uint64_t in_escaped;     /* we are in a string with escapes */
    uint64_t behind_escaped; /* the closing quote of one */
    size_t high_half;        /* offset of the u of the last high surrogate */
} json_rest;

/* bits << 1, with what was carried in. */
static inline TARGET uint64_t next_of(uint64_t bits, uint64_t carry)
{
    return bits << 1 | carry;
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

/* Two \u escapes that make one character stand side by side, the high half in front. `candidates` are the u of those
 * that may be halves. When the data ends too early to tell, so does the string, which others notice. */
static __attribute__((noinline)) TARGET uint64_t surrogates_bad(json_rest *rest, uint64_t candidates,
                                                                const uint8_t *data, size_t i, size_t size)
{
    uint64_t bad = 0;
    for (; candidates != 0; candidates &= candidates - 1) {
        size_t at = i + (size_t)__builtin_ctzll(candidates);
        const uint8_t *p = data + at;
        if (size - at < 5 || at >= size || (p[1] | 0x20) != 'd')
            continue;
        uint8_t second = p[2] | 0x20;
        bool alone;
        if (second >= 'c') {
            alone = rest->high_half + 6 != at;
        } else if (second == '8' || second == '9' || second >= 'a') {
            alone = size - at < 9 || p[5] != '\\' || p[6] != 'u' || (p[7] | 0x20) != 'd' || (p[8] | 0x20) < 'c';
            rest->high_half = at;
        } else {
            continue;
        }
        bad |= alone ? candidates & (0 - candidates) : 0;
    }
    return bad;
}

/* Which bytes are escaped. An odd run of backslashes escapes what follows; runs are told apart by a subtraction. */
static inline TARGET uint64_t escaped_bytes(json_rest *rest, uint64_t backslash)
{
    const uint64_t odd = UINT64_C(0xAAAAAAAAAAAAAAAA);
    uint64_t may_escape = backslash & ~rest->escape;
    uint64_t both = (((may_escape << 1) | odd) - may_escape) ^ odd;
    uint64_t escaped = both ^ (backslash | rest->escape);
    rest->escape = (both & backslash) >> 63;
    return escaped;
}

static inline TARGET uint64_t escapes_bad(const json_scan *scan, json_rest *rest, block bytes, uint64_t escaped,
                                          const uint8_t *data, size_t i, size_t size)
{
    set simple = set_or(set_or(block_equal(bytes, scan->quote), block_equal(bytes, scan->backslash)),
                        set_or(block_equal(bytes, needle_of('/')), block_equal(bytes, needle_of('b'))));
    set control = set_or(set_or(block_equal(bytes, needle_of('f')), block_equal(bytes, needle_of('n'))),
                         set_or(block_equal(bytes, needle_of('r')), block_equal(bytes, needle_of('t'))));
    uint64_t unicode = set_bits(block_equal(bytes, needle_of('u'))) & escaped;
    uint64_t bad = escaped & ~unicode & ~set_bits(set_or(simple, control));
    if ((unicode | rest->hex_due) != 0) {
        block lower = block_with(bytes, 0x20);
        uint64_t hex = block_within(bytes, '0', 10) | block_within(lower, 'a', 6);
        bad |= ((unicode << 1 | unicode << 2 | unicode << 3 | unicode << 4) | rest->hex_due) & ~hex;
        rest->hex_due = unicode >> 63 | unicode >> 62 | unicode >> 61 | unicode >> 60;
        uint64_t d = set_bits(block_equal(lower, needle_of('d')));
        bad |= surrogates_bad(rest, unicode & (d >> 1 | UINT64_C(1) << 63), data, i, size);
    }
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

/* ---- numbers -------------------------------------------------------------------------------------------------- */

/* One block of what is neither string nor white nor structure. */
typedef struct json_scalars {
    uint64_t all, start, digit, minus, dot, exponent;
} json_scalars;

/* The exponents of the block: `*sign` are the signs in them. */
static __attribute__((noinline)) TARGET uint64_t exponents_bad(json_rest *rest, block bytes, const json_scalars *s,
                                                               uint64_t *sign)
{
    uint64_t behind = next_of(s->exponent, rest->exponent);
    uint64_t plus = set_bits(block_equal(bytes, needle_of('+')));
    *sign = (plus | s->minus) & s->all & behind;
    uint64_t power_start = s->digit & (behind | next_of(*sign, rest->exponent_sign));
    uint64_t power_end = run_ends(s->digit, power_start, &rest->power);
    rest->exponent = s->exponent >> 63;
    rest->exponent_sign = *sign >> 63;
    return (behind & ~(s->digit | *sign)) | (power_end & s->exponent);
}

/* RFC 8259, section 6, by runs of digits. Letters are let through at the start of a scalar and behind each other:
 * literals are compared as a whole later, and a digit, sign or point in one is found there. */
static inline TARGET uint64_t numbers_bad(json_scan *scan, json_rest *rest, block bytes, const json_scalars *s)
{
    uint64_t bad = 0, sign = 0;
    if (__builtin_expect(s->exponent != 0 || scan->exponents, 0)) {
        bad = exponents_bad(rest, bytes, s, &sign);
        scan->exponents = (rest->exponent | rest->exponent_sign | rest->power) != 0;
    }
    uint64_t minus = s->minus & ~sign, due = s->minus | s->dot | sign;
    uint64_t letter = s->all & ~(s->digit | due | s->exponent);
    bad |= letter & ~(next_of(letter, scan->letter) | s->start);
    bad |= next_of(due, scan->due) & ~s->digit;
    bad |= minus & ~s->start;
    uint64_t whole_start = s->digit & (s->start | next_of(minus, scan->minus_begin));
    bad |= s->dot & ~run_ends(s->digit, whole_start, &scan->whole);
    uint64_t zero = whole_start & set_bits(block_equal(bytes, scan->zero));
    bad |= next_of(zero, scan->zero_begin) & s->digit;
    scan->letter = letter >> 63;
    scan->due = due >> 63;
    scan->minus_begin = minus >> 63;
    scan->zero_begin = zero >> 63;
    return bad;
}

/* ---- blocks --------------------------------------------------------------------------------------------------- */

/* The byte with the same low four bits, where it is one of { } [ ] : , (with bit 5 set), or white space. */
static const uint8_t structure_table[16] = {0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0};
static const uint8_t white_table[16] = {' ', 0xFF, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0};

static inline TARGET json_scan json_begin(void)
{
    return (json_scan){
        .quote = needle_of('"'),
        .backslash = needle_of('\\'),
        .lf = needle_of('\n'),
        .minus = needle_of('-'),
        .dot = needle_of('.'),
        .zero = needle_of('0'),
        .letter_e = needle_of('e'),
    };
}

/* Strings: takes escaped quotes from *quote, and gives what lies inside. *loose: colons behind names with escapes. */
static inline TARGET uint64_t json_strings(json_scan *scan, json_rest *rest, block bytes, const uint8_t *data, size_t i,
                                           size_t size, uint64_t lf, uint64_t *quote, uint64_t *bad, uint64_t *loose)
{
    uint64_t backslash = set_bits(block_equal(bytes, scan->backslash));
    bool escapes = backslash != 0 || scan->escapes;
    if (escapes) {
        uint64_t escaped = escaped_bytes(rest, backslash);
        *quote &= ~escaped;
        *bad = escapes_bad(scan, rest, bytes, escaped, data, i, size);
    }
    uint64_t inside = prefix_xor(*quote) ^ scan->inside;
    if (__builtin_expect((lf & inside) != 0, 0))
        inside = cut_strings(inside, lf, bad);
    scan->inside = (uint64_t)((int64_t)inside >> 63);
    if (escapes) {
        uint64_t end = run_ends(inside, backslash & inside, &rest->in_escaped) & *quote;
        *loose = next_of(end, rest->behind_escaped) & set_bits(block_equal(bytes, needle_of(':')));
        rest->behind_escaped = end >> 63;
        scan->escapes = (rest->escape | rest->hex_due | rest->in_escaped | rest->behind_escaped) != 0;
    }
    return inside;
}

/* The block of data + i, of which 64 bytes can be read at `p`. Returns how many tokens it has. */
static inline __attribute__((always_inline)) TARGET uint32_t json_block(json_scan *scan, json_rest *rest,
                                                                        const uint8_t *p, const uint8_t *data, size_t i,
                                                                        size_t size, hr_json_index *index,
                                                                        uint32_t tokens)
{
    block bytes = block_load(p);
    uint64_t bad = 0, loose = 0;
    uint64_t lf = set_bits(block_equal(bytes, scan->lf));
    uint64_t quote = set_bits(block_equal(bytes, scan->quote));
    uint64_t inside = json_strings(scan, rest, bytes, data, i, size, lf, &quote, &bad, &loose);
    uint64_t structure = block_same(block_look(structure_table, bytes), block_with(bytes, 0x20));
    uint64_t white = block_same(block_look(white_table, bytes), bytes);
    bad |= block_within(bytes, 0, 0x20) & (inside | ~white);

    uint64_t high = block_high(bytes);
    if ((high | scan->high) != 0) {
        bool wrong =
            p != data + i || i < 3 ? utf8_edge_bad(data, i, size - i < BLOCK ? size - i : BLOCK) : utf8_block_bad(p);
        bad |= wrong ? ~UINT64_C(0) : 0;
    }
    scan->high = high;

    json_scalars s = {.all = ~(structure | white | quote | inside)};
    s.start = s.all & ~next_of(s.all, scan->scalar);
    scan->scalar = s.all >> 63;
    s.digit = block_within(bytes, '0', 10) & s.all;
    s.minus = set_bits(block_equal(bytes, scan->minus)) & s.all;
    s.dot = set_bits(block_equal(bytes, scan->dot)) & s.all;
    s.exponent = set_bits(block_equal(block_with(bytes, 0x20), scan->letter_e)) & s.all & next_of(s.digit, scan->digit);
    scan->digit = s.digit >> 63;
    bad |= numbers_bad(scan, rest, bytes, &s);

    structure &= ~inside;
    white &= ~lf;
    if (__builtin_expect((structure & next_of(white, scan->white)) != 0, 0))
        loose |= structure & next_of(white, scan->white) & set_bits(block_equal(bytes, needle_of(':')));
    scan->white = white >> 63;
    if (__builtin_expect(bad != 0, 0))
        mark_lines(index->doubted, scan->lines, lf, bad);
    if (__builtin_expect(loose != 0, 0))
        mark_lines(index->loose, scan->lines, lf, loose);
    scan->lines += ones(lf);

    uint64_t mask = structure | (quote & inside) | s.start | lf;
    put_tokens(index->kinds + tokens, index->offsets + tokens, bytes, p, mask, (uint16_t)i);
    return ones(mask);
}

/* The last block, with a line feed behind it when the data has none. The scan is a copy: the caller's stays in
 * registers. */
static __attribute__((noinline)) TARGET uint32_t json_tail(json_scan scan, json_rest *rest, const uint8_t *data,
                                                           size_t i, size_t size, hr_json_index *index, uint32_t tokens)
{
    uint8_t padded[BLOCK];
    memset(padded, ' ', sizeof padded);
    memcpy(padded, data + i, size - i);
    if (data[size - 1] != '\n')
        padded[size - i] = '\n';
    return json_block(&scan, rest, padded, data, i, size, index, tokens);
}

static inline TARGET uint32_t json_blocks(const uint8_t *data, size_t size, hr_json_index *index)
{
    json_scan scan = json_begin();
    json_rest rest = {.high_half = SIZE_MAX / 2};
    uint32_t tokens = 0;
    size_t i = 0;
    for (; size - i >= BLOCK; i += BLOCK)
        tokens += json_block(&scan, &rest, data + i, data, i, size, index, tokens);
    if (i < size || data[size - 1] != '\n')
        tokens += json_tail(scan, &rest, data, i, size, index, tokens);
    return tokens;
}
