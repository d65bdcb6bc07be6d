/* json_tokens.h: tokens of NDJSON against its grammar, 64 at a time, and what columns need of them. Included after
 * json_block.h. A token is an opening quote, one of { } [ ] : , the first byte of a number or literal, or a line feed.
 *
 * What may stand behind what is a matter of two tokens, but for commas and colons: a comma with a string and a colon
 * behind it must be in an object, any other in an array. Between two brackets all are in the same one, so that the
 * stack of brackets need be looked at only there. It is a word: a 1, then a bit for each open bracket, 1 for an object.
 */

/* One chunk of 64 tokens, a bit each. */
typedef struct json_chunk {
    uint64_t open_object, close_object, open_array, close_array, colon, comma, string, line, scalar;
    uint64_t key;          /* strings in front of a colon */
    uint64_t object_comma; /* commas in front of a key */
    uint64_t number;       /* scalars that begin as numbers do */
    uint64_t literal;      /* scalars that begin with t, f, n */
} json_chunk;

/* The last two tokens of the chunk before: bits 63 and 62 of these. */
typedef struct json_before {
    uint64_t end; /* what ends a value, but for strings */
    uint64_t string;
    uint64_t value_due; /* comma, colon */
    uint64_t open_object, close_object, open_array, line;
    uint64_t key_due;   /* strings behind an opening brace */
    uint64_t key_place; /* strings behind an opening brace or a comma */
    uint64_t in_front;  /* opening braces, commas */
    uint64_t stack;
} json_before;

/* Behind the last token there are line feeds; `valid` leaves them out. */
static inline TARGET json_chunk chunk_of(const uint8_t *kinds, uint64_t valid)
{
    block bytes = block_load(kinds), second = block_load(kinds + 1), third = block_load(kinds + 2);
    needle quote = needle_of('"'), colon = needle_of(':');
    json_chunk c;
    c.open_object = in_register(set_bits(block_equal(bytes, needle_of('{'))));
    c.close_object = in_register(set_bits(block_equal(bytes, needle_of('}'))));
    c.open_array = in_register(set_bits(block_equal(bytes, needle_of('['))));
    c.close_array = in_register(set_bits(block_equal(bytes, needle_of(']'))));
    c.colon = in_register(set_bits(block_equal(bytes, colon)));
    c.comma = in_register(set_bits(block_equal(bytes, needle_of(','))));
    c.string = in_register(set_bits(block_equal(bytes, quote)));
    c.line = in_register(set_bits(block_equal(bytes, needle_of('\n'))));
    c.scalar = ~(c.open_object | c.close_object | c.open_array | c.close_array | c.colon | c.comma | c.string | c.line);
    c.line &= valid;
    c.key = c.string & set_bits(block_equal(second, colon));
    c.object_comma = c.comma & set_bits(set_and(block_equal(second, quote), block_equal(third, colon)));
    c.number =
        c.scalar & (block_within(bytes, needle_of('0'), needle_of(9)) | set_bits(block_equal(bytes, needle_of('-'))));
    c.literal =
        c.scalar & set_bits(set_or(set_or(block_equal(bytes, needle_of('t')), block_equal(bytes, needle_of('f'))),
                                   block_equal(bytes, needle_of('n'))));
    return c;
}

static inline TARGET uint64_t behind(uint64_t bits, uint64_t *before)
{
    uint64_t shifted = bits << 1 | *before >> 63;
    *before = bits;
    return shifted;
}

/* Whether the brackets of the chunk are those of flat objects, each alone on its line; then no stack is needed. The
 * masks behind lines and closing braces are those of pairs_bad. */
static inline TARGET bool is_flat(const json_chunk *c, uint64_t behind_line, uint64_t behind_close, uint64_t stack)
{
    uint64_t other = c->open_array | c->close_array | (c->open_object ^ behind_line) | (c->line ^ behind_close);
    return other == 0 && stack == (((behind_line | behind_close) & 1) != 0 ? 1 : 3);
}

/* Bits of tokens that cannot follow the ones before them, wherever they stand. */
static inline TARGET uint64_t pairs_bad(const json_chunk *c, json_before *before, bool *flat)
{
    uint64_t behind_line = behind(c->line, &before->line);
    uint64_t behind_close = behind(c->close_object, &before->close_object);
    *flat = is_flat(c, behind_line, behind_close, before->stack);
    uint64_t close = c->close_object | c->close_array, end = close | c->scalar;
    uint64_t begin = c->open_object | c->open_array | c->string | c->scalar;
    uint64_t after_value = c->comma | close | c->line;
    uint64_t behind_object = behind(c->open_object, &before->open_object);
    uint64_t behind_string = behind(c->string, &before->string);
    uint64_t bad = c->scalar & ~(c->number | c->literal);
    bad |= behind(c->comma | c->colon, &before->value_due) & ~begin;
    bad |= behind(c->open_array, &before->open_array) & ~(begin | c->close_array);
    bad |= behind_line & ~(begin | c->line);
    bad |= behind_object & ~(c->string | c->close_object);
    bad |= behind(end, &before->end) & ~after_value;
    bad |= behind_string & ~(after_value | c->colon);
    /* A colon stands behind a string that stands behind a brace or a comma. */
    uint64_t key_place = c->string & behind(c->open_object | c->comma, &before->in_front);
    bad |= c->colon & ~behind(key_place, &before->key_place);
    bad |= behind(c->string & behind_object, &before->key_due) & ~c->colon;
    return bad;
}

/* Of a flat chunk, what brackets_bad says. */
static inline TARGET uint64_t flat_bad(const json_chunk *c, uint64_t *stack, uint64_t *members)
{
    uint64_t outside = c->close_object | c->line;
    *members = ~UINT64_C(0);
    if ((c->open_object | outside) != 0)
        *stack = c->open_object > outside ? 3 : 1;
    return c->comma & ~c->object_comma;
}

/* Brackets close what they opened; commas are of their kind. *members: the tokens directly in the outermost bracket. */
static inline TARGET uint64_t brackets_bad(const json_chunk *c, uint64_t deepest, uint64_t *stack_of, uint64_t *members)
{
    uint64_t open = c->open_object | c->open_array, object = c->open_object | c->close_object;
    uint64_t brackets = open | c->close_object | c->close_array | c->line;
    uint64_t stack = *stack_of, in_object = 0, outside = 0, outer = 0, bad = 0, done = 0;
    for (;;) {
        uint64_t low = brackets & (0 - brackets), upto = low - 1, gap = upto & ~done;
        in_object |= gap & (0 - (stack & 1));
        outside |= stack == 1 ? gap : 0;
        outer |= stack >> 1 == 1 ? gap : 0;
        if (low == 0)
            break;
        uint64_t is_object = (low & object) != 0;
        uint64_t pushed = stack << 1 | is_object, popped = stack >> 1;
        bool wrong_close = popped == 0 || (stack & 1) != is_object;
        bool wrong = low & open ? pushed > deepest : wrong_close;
        uint64_t next = low & open ? pushed : popped;
        wrong = low & c->line ? stack != 1 : wrong;
        stack = low & c->line || next == 0 ? 1 : next;
        bad |= wrong ? low : 0;
        done = upto;
        brackets ^= low;
    }
    *stack_of = stack;
    *members = outer;
    bad |= c->comma & outside;
    return bad | (in_object & c->comma & ~c->object_comma) | (~in_object & c->object_comma);
}

/* true, false, null, with nothing behind them that would go on. */
static inline TARGET bool literal_bad(const uint8_t *p, size_t left)
{
    static const char *const texts[] = {"false", "null", "true"}; /* by bits 3 and 4 of the first letter */
    const char *text = texts[p[0] >> 3 & 3];
    size_t size = p[0] == 'f' ? 5 : 4;
    if (left < size || memcmp(p, text, size) != 0)
        return true;
    return left > size && !ends_scalar(p[size]);
}

/* The same where eight bytes can be read: not 0 when bad. */
static inline TARGET uint64_t literal_odd(const uint8_t *p)
{
    static const uint64_t texts[4] = {UINT64_C(0x65736C6166), 0x6C6C756E, 0x65757274, 0}; /* false, null, true */
    static const uint64_t masks[4] = {UINT64_C(0xFFFFFFFFFF), 0xFFFFFFFF, 0xFFFFFFFF, 0};
    static const uint8_t sizes[4] = {40, 32, 32, 0};
    uint64_t word;
    memcpy(&word, p, sizeof word);
    size_t which = word >> 3 & 3;
    return ((word ^ texts[which]) & masks[which]) | !ends_scalar((uint8_t)(word >> sizes[which]));
}

/* Doubts the line that has the byte at `at`. */
static __attribute__((noinline)) TARGET void doubt_at(hr_json_index *index, size_t at)
{
    uint32_t line = 0; /* the first that ends there or behind it */
    for (uint32_t high = index->lines; line < high;) {
        uint32_t middle = (line + high) / 2;
        if (index->offsets[index->line_ends[middle]] < at)
            line = middle + 1;
        else
            high = middle;
    }
    index->doubted[line / 64] |= UINT64_C(1) << (line % 64);
}

static inline TARGET void check_literals(const uint8_t *data, size_t size, hr_json_index *index, uint32_t count)
{
    const uint16_t *offsets = index->offsets, *tokens = index->scratch;
    uint32_t far = count;
    uint64_t odd = 0;
    while (far > 0 && size - offsets[tokens[far - 1]] < 8)
        far--;
    for (uint32_t k = 0; k < far; k++) /* no branch: mostly all are right */
        odd |= literal_odd(data + offsets[tokens[k]]);
    for (uint32_t k = __builtin_expect(odd != 0, 0) ? 0 : far; k < count; k++) {
        size_t at = offsets[tokens[k]];
        if (literal_bad(data + at, size - at))
            doubt_at(index, at);
    }
}

/* Once there are lines; blocks with such escapes only. */
static TARGET void check_escapes(const uint8_t *data, size_t size, hr_json_index *index, const json_escapes *escapes,
                                 uint32_t count)
{
    uint8_t padded[BLOCK + 8];
    uint64_t due = 0;
    for (uint32_t k = 0; k < count; k++) {
        size_t at = escapes->offsets[k];
        const uint8_t *p = data + at;
        if (size - at < sizeof padded) {
            memset(padded, 0, sizeof padded);
            memcpy(padded, p, size - at);
            p = padded;
        }
        if (k > 0 && at - escapes->offsets[k - 1] != BLOCK)
            due = 0;
        uint64_t bad = escapes_bad(p, escapes->marks[k], &due);
        for (; __builtin_expect(bad != 0, 0); bad &= bad - 1)
            doubt_at(index, at + (size_t)__builtin_ctzll(bad));
    }
}

static TARGET void json_index(const hr_json_wants *wants, const uint8_t *data, size_t size, hr_json_index *index)
{
    json_escapes escapes;
    uint32_t escaped, tokens = json_blocks(wants, data, size, index, &escapes, &escaped);
    uint32_t literals = 0;
    uint64_t deepest = wants->depth < 62 ? (UINT64_C(2) << wants->depth) - 1 : UINT64_MAX >> 1;
    json_before before = {.line = UINT64_C(1) << 63, .stack = 1};
    index->tokens = tokens;
    index->lines = index->keys = 0;
    memset(index->kinds + tokens, '\n', 64 + 2);
    for (uint32_t i = 0; i < tokens; i += 64) {
        uint32_t left = tokens - i;
        uint64_t valid = left >= 64 ? ~UINT64_C(0) : ~(~UINT64_C(0) << left);
        json_chunk c = chunk_of(index->kinds + i, valid);
        bool flat;
        uint64_t members, bad = pairs_bad(&c, &before, &flat);
        if (flat && deepest >= 3)
            bad |= flat_bad(&c, &before.stack, &members);
        else
            bad |= brackets_bad(&c, deepest, &before.stack, &members);
        bad &= valid;
        if (__builtin_expect(bad != 0, 0))
            mark_lines(index->doubted, index->lines, c.line, bad);
        put_ordinals(index->line_ends + index->lines, c.line, (uint16_t)i);
        index->lines += ones(c.line);
        put_ordinals(index->scratch + literals, c.literal, (uint16_t)i);
        literals += ones(c.literal);
        if (wants->keys) {
            uint64_t keys = c.key & members;
            if (wants->length_count > 0)
                keys &= has_lengths(index->offsets + i, wants->lengths, wants->length_count);
            put_ordinals(index->key_tokens + index->keys, keys, (uint16_t)i);
            index->keys += ones(keys);
        }
    }
    check_literals(data, size, index, literals);
    check_escapes(data, size, index, &escapes, escaped);
}
