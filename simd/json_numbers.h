/* json_numbers.h: the numbers of a block of NDJSON. Included by json_block.h. Masks or tables tell which are plain;
 * only the others, those with exponents among them, are looked at byte by byte. */

/* One block of what is neither string nor white nor structure, and where runs of it begin. */
typedef struct json_scalars {
    uint64_t all, start;
} json_scalars;

static inline TARGET bool ends_scalar(uint8_t c)
{
    static const uint64_t ends[4] = {
        UINT64_C(1) << '\t' | UINT64_C(1) << '\n' | UINT64_C(1) << '\r' | UINT64_C(1) << ' ' | UINT64_C(1) << ',' |
            UINT64_C(1) << ':' | UINT64_C(1) << '"',
        UINT64_C(1) << ('[' - 64) | UINT64_C(1) << (']' - 64) | UINT64_C(1) << ('{' - 64) | UINT64_C(1) << ('}' - 64)};
    return ends[c >> 6] >> (c & 63) & 1;
}

static TARGET const uint8_t *behind_digits(const uint8_t *p, const uint8_t *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* RFC 8259, section 6, of the whole scalar [p, end). */
static TARGET bool is_number(const uint8_t *p, const uint8_t *end)
{
    p += p < end && *p == '-';
    const uint8_t *whole = p;
    p = behind_digits(p, end);
    if (p == whole || (*whole == '0' && p - whole > 1))
        return false;
    if (p < end && *p == '.') {
        const uint8_t *part = p + 1;
        p = behind_digits(part, end);
        if (p == part)
            return false;
    }
    if (p < end && (*p | 0x20) == 'e') {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        const uint8_t *power = p;
        p = behind_digits(p, end);
        if (p == power)
            return false;
    }
    return p == end;
}

/* Looks closely at the numbers that have a bit in `odd` (or end in front of one), each once. What begins like a literal
 * is left to those who look at literals. */
static __attribute__((noinline)) TARGET uint64_t numbers_bad(size_t *looked_at, uint64_t odd, const uint8_t *data,
                                                             size_t i, size_t size)
{
    uint64_t bad = 0;
    for (; odd != 0; odd &= odd - 1) {
        size_t at = i + (size_t)__builtin_ctzll(odd), begin = at < size ? at : size, end = begin;
        if (begin < *looked_at)
            continue;
        while (begin > 0 && !ends_scalar(data[begin - 1]))
            begin--;
        while (end < size && !ends_scalar(data[end]))
            end++;
        bool literal = begin < end && data[begin] >= 'a' && data[begin] <= 'z';
        bad |= literal || is_number(data + begin, data + end) ? 0 : odd & (0 - odd);
        *looked_at = end;
    }
    return bad;
}

/* A bit for each place where a number is not plain: `-`, digits without a zero in front of others, and perhaps a point
 * and digits. Of the points of one number the second is found by a sum: the first clears the rest of its run of ones,
 * so that a further one is left standing; what is carried beyond the block clears the beginning of the next. */
static inline TARGET uint64_t second_points(json_scan *scan, uint64_t all, uint64_t dot)
{
    uint64_t sum;
    bool over = __builtin_add_overflow(all, dot, &sum);
    over |= __builtin_add_overflow(sum, scan->fraction, &sum);
    scan->fraction = over;
    return sum & dot;
}

#ifdef HAS_BYTE_TABLES
/* As with UTF-8 in text_block.h: a bit is a way in which a byte cannot follow the two before it, set where the entries
 * of all three allow it. All bytes are looked up as they are: what can stand beside a scalar (white space, structure,
 * quotes) never stands in one, so that it is enough that the middle byte is part of one. */
enum {
    NO_DIGIT = 1,   /* - or . and something else */
    NOT_PLAIN = 2,  /* a digit and something else that is in the scalar and no point */
    ZERO_LEADS = 4, /* a zero, with which the number begins, and a digit */
};

static inline TARGET uint64_t numbers_odd(json_scan *scan, const uint8_t *p, block bytes, const json_scalars *s)
{
    const json_needles *needles = scan->needles;
    block before = block_load(p - 1), earlier = block_load(p - 2);
    block odd = block_both(block_entry(needles->number_second, before), block_entry(needles->number_third, bytes));
    uint64_t bits = in_register(block_common(odd, block_entry(needles->number_first, earlier)));
    uint64_t dot = in_register(set_bits(block_equal(bytes, needles->dot))) & s->all;
    return (bits & next_of(s->all, scan->scalar)) | second_points(scan, s->all, dot);
}
#else
static inline TARGET uint64_t numbers_odd(json_scan *scan, const uint8_t *p, block bytes, const json_scalars *s)
{
    (void)p;
    const json_needles *needles = scan->needles;
    uint64_t digit = block_within(bytes, needles->zero, needles->nine) & s->all;
    uint64_t dot = set_bits(block_equal(bytes, needles->dot)) & s->all;
    uint64_t minus = set_bits(block_equal(bytes, needles->minus)) & s->all, due = minus | dot;
    uint64_t zero = set_bits(block_equal(bytes, needles->zero)) & (s->start | next_of(minus, scan->minus)) & s->all;
    uint64_t odd = (next_of(due, scan->due) & ~digit) | (next_of(digit, scan->digit) & s->all & ~(digit | dot)) |
                   (next_of(zero, scan->zero) & digit);
    scan->due = due >> 63;
    scan->minus = minus >> 63;
    scan->digit = digit >> 63;
    scan->zero = zero >> 63;
    return odd | second_points(scan, s->all, dot);
}
#endif
