/* rows_block.h: rows of a window as CSV or NDJSON, written once over blocks of 64 bytes. Included after csv_block.h, by
 * a file that has further defined:
 *
 *   block_store(p, block)         64 bytes at any address
 *   block_below_space(block)      a set as block_equal gives it: the bytes less than 0x20
 *
 * A field of less than a block costs one load, one store of the whole block, which the next field overlaps, and a mask
 * of what is not plain in it. What stands within two blocks of the end of the text is copied to `room` first, so that
 * nothing behind the text is read.
 */

#define ROWS_INLINE static inline TARGET __attribute__((always_inline))

/* Of `data` that may be read up to `left` bytes, as much as `size` (up to a block), with two blocks to be read. */
ROWS_INLINE const uint8_t *rows_readable(const uint8_t *data, size_t size, size_t left, uint8_t *room)
{
    if (__builtin_expect(left >= 2 * BLOCK, 1))
        return data;
    memcpy(room, data, size);
    return room;
}

ROWS_INLINE uint64_t rows_low(size_t count)
{
    return ((uint64_t)1 << count) - 1;
}

/* The first of each pair in `quotes`; *half: a pair is open before, or after. *bad: they are not neighbours. */
ROWS_INLINE uint64_t rows_pairs(uint64_t quotes, uint64_t *half, bool *bad)
{
    uint64_t odd = prefix_xor(quotes) ^ (0 - *half);
    uint64_t first = quotes & odd, second = quotes & ~odd;
    *bad = second != (first << 1 | *half);
    *half = first >> 63;
    return first;
}

ROWS_INLINE size_t rows_field(const hr_rows *job, size_t first, size_t column, bool may_cr, size_t *begin)
{
    const uint16_t *begins = job->begins + first + column;
    size_t from = begins[0], to = begins[1] - (size_t)1;
    if (may_cr && column == job->last_column && to > from && job->data[to - 1] == '\r')
        to--;
    *begin = from;
    return to - from;
}

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

typedef struct rows_csv_needles {
    needle quote, delimiter, lf, cr;
} rows_csv_needles;

ROWS_INLINE uint64_t rows_csv_marks(block bytes, const rows_csv_needles *needles)
{
    set newline = set_or(block_equal(bytes, needles->lf), block_equal(bytes, needles->cr));
    return set_bits(set_or(block_equal(bytes, needles->delimiter), newline));
}

ROWS_INLINE uint8_t *rows_csv_short(const hr_rows *job, const rows_csv_needles *needles, uint8_t *out,
                                    const uint8_t *data, size_t size)
{
    block bytes = block_load(data);
    uint64_t all = rows_low(size), quotes = set_bits(block_equal(bytes, needles->quote)) & all;
    if (!(quotes & 1) || !job->quoting) {
        if (quotes || (job->foreign && set_bits(block_equal(bytes, needles->delimiter)) & all))
            return NULL;
        block_store(out, bytes);
        return out + size;
    }
    uint64_t inner = all >> 2 << 1, half = 0;
    if (size < 2 || !(quotes >> (size - 1)))
        return NULL;
    quotes &= inner;
    if (quotes) {
        bool bad;
        rows_pairs(quotes, &half, &bad);
        if (bad)
            return NULL;
    }
    bool needed = ((rows_csv_marks(bytes, needles) & inner) | quotes) || size == 2;
    size_t skip = !needed;
    block_store(out, block_load(data + skip));
    return out + size - 2 * skip;
}

/* The block of a field at `at`, of which at least a block's size is there: its bytes and how many of them, from the
 * lowest on, stand before `at`. */
ROWS_INLINE block rows_block_at(const uint8_t *data, size_t size, size_t at, unsigned *before)
{
    size_t from = size - at < BLOCK ? size - BLOCK : at;
    *before = (unsigned)(at - from);
    return block_load(data + from);
}

static TARGET uint8_t *rows_csv_long(const hr_rows *job, const rows_csv_needles *needles, uint8_t *out,
                                     const uint8_t *data, size_t size)
{
    bool quoted = job->quoting && data[0] == job->quote;
    if (quoted && data[size - 1] != job->quote)
        return NULL;
    uint64_t half = 0, marks = 0;
    for (size_t at = 0; at < size; at += BLOCK) {
        unsigned before;
        block bytes = rows_block_at(data, size, at, &before);
        uint64_t quotes = set_bits(block_equal(bytes, needles->quote)) >> before;
        if (quoted) {
            quotes &= at ? ~(uint64_t)0 : ~(uint64_t)1;
            if (size - at <= BLOCK)
                quotes &= ~((uint64_t)1 << (size - at - 1));
            bool bad;
            rows_pairs(quotes, &half, &bad);
            if (bad)
                return NULL;
            marks |= quotes | rows_csv_marks(bytes, needles) >> before;
        } else if (quotes || (job->foreign && set_bits(block_equal(bytes, needles->delimiter)))) {
            return NULL;
        }
    }
    if (half)
        return NULL;
    size_t skip = quoted && !marks;
    memcpy(out, data + skip, size - 2 * skip);
    return out + size - 2 * skip;
}

ROWS_INLINE bool rows_like_bom(const uint8_t *data, size_t size)
{
    return size >= 3 && data[0] == 0xEF && data[1] == 0xBB && data[2] == 0xBF;
}

ROWS_INLINE bool rows_guarded(const uint8_t *data, size_t size)
{
    return rows_like_bom(data, size) || (size && rows_like_bom(data + 1, size - 1));
}

/* One field without a quote in it or before it: its bytes. */
ROWS_INLINE uint8_t *rows_csv_plain(uint8_t *out, const uint8_t *data, size_t size, size_t left, uint8_t *room)
{
    if (__builtin_expect(size >= BLOCK, 0))
        memcpy(out, data, size);
    else
        block_store(out, block_load(rows_readable(data, size, left, room)));
    return out + size;
}

ROWS_INLINE size_t rows_csv(const hr_rows *job, size_t from, size_t to, uint8_t **out, bool plain, bool may_cr)
{
    const rows_csv_needles needles = {needle_of(job->quote), needle_of(job->delimiter), needle_of('\n'),
                                      needle_of('\r')};
    const uint8_t delimiter = job->delimiter;
    const size_t count = job->select_count;
    uint8_t room[2 * BLOCK] = {0}, *at = *out;
    for (; from < to; from++) {
        const size_t first = job->row_first[job->rows ? job->rows[from] : from];
        uint8_t *row = at;
        for (size_t i = 0; i < count; i++) {
            size_t begin, size = rows_field(job, first, job->select[i], may_cr, &begin);
            const uint8_t *data = job->data + begin;
            if (plain) {
                at = rows_csv_plain(at, data, size, job->size - begin, room);
            } else {
                if (job->guard && i == 0 && rows_guarded(data, size))
                    at = NULL;
                else if (__builtin_expect(size < BLOCK, 1))
                    at = rows_csv_short(job, &needles, at, rows_readable(data, size, job->size - begin, room), size);
                else
                    at = rows_csv_long(job, &needles, at, data, size);
                if (__builtin_expect(!at, 0)) {
                    *out = row;
                    return from;
                }
            }
            if (count == 1 && !size) {
                *at++ = job->quote;
                *at++ = job->quote;
            }
            *at++ = delimiter;
        }
        at[-1] = '\n';
        at -= !job->newline;
    }
    *out = at;
    return from;
}

static TARGET size_t csv_rows(const hr_rows *job, size_t from, size_t to, uint8_t **out)
{
    bool plain = !job->quotes && !job->foreign && !job->guard;
    if (job->may_cr)
        return plain ? rows_csv(job, from, to, out, true, true) : rows_csv(job, from, to, out, false, true);
    return plain ? rows_csv(job, from, to, out, true, false) : rows_csv(job, from, to, out, false, false);
}

/* ---- NDJSON ------------------------------------------------------------------------------------------------------ */

typedef struct rows_json_needles {
    needle quote, backslash;
} rows_json_needles;

ROWS_INLINE uint64_t rows_json_marks(block bytes, const rows_json_needles *needles, uint64_t *quotes)
{
    set quote = block_equal(bytes, needles->quote);
    *quotes = set_bits(quote);
    return set_bits(set_or(set_or(block_below_space(bytes), block_equal(bytes, needles->backslash)), quote));
}

/* `size` bytes (up to a block) of a string; those in `marks` are escaped, and where the mark is in `pairs` too, the
 * byte behind it is left out. Two blocks can be read at `data`. */
ROWS_INLINE uint8_t *rows_json_bytes(uint8_t *out, const uint8_t *data, size_t size, uint64_t marks, uint64_t pairs)
{
    size_t at = 0;
    block_store(out, block_load(data));
    while (__builtin_expect(marks != 0, 0)) {
        size_t hit = (size_t)__builtin_ctzll(marks);
        const uint8_t *escape = hr_json_escapes[data[hit]];
        marks &= marks - 1;
        out += hit - at;
        memcpy(out, escape, 8);
        out += escape[7];
        at = hit + 1 + (pairs >> hit & 1);
        block_store(out, block_load(data + at));
    }
    return out + (size - at);
}

ROWS_INLINE uint8_t *rows_json_short(const rows_json_needles *needles, bool quoting, uint8_t *out, const uint8_t *data,
                                     size_t size)
{
    uint64_t quotes, all = rows_low(size), marks = rows_json_marks(block_load(data), needles, &quotes) & all;
    quotes &= all;
    if (!(quotes & 1) || !quoting)
        return rows_json_bytes(out, data, size, marks, 0);
    if (size < 2 || !(quotes >> (size - 1)))
        return NULL;
    all >>= 2;
    marks = marks >> 1 & all;
    quotes = quotes >> 1 & all;
    uint64_t pairs = 0, half = 0;
    if (quotes) {
        bool bad;
        pairs = rows_pairs(quotes, &half, &bad);
        marks ^= quotes ^ pairs;
        if (bad)
            return NULL;
    }
    return rows_json_bytes(out, data + 1, size - 2, marks, pairs);
}

/* A field of a block or more, block by block; no pair of quotes is cut. `left` bytes can be read at data. */
static TARGET uint8_t *rows_json_long(const rows_json_needles *needles, bool quoting, uint8_t *out, const uint8_t *data,
                                      size_t size, size_t left)
{
    bool quoted = quoting && data[0] == '"';
    uint8_t room[2 * BLOCK] = {0};
    if (quoted) {
        if (data[size - 1] != '"')
            return NULL;
        data++;
        size -= 2;
        left--;
    }
    for (size_t part; size; data += part, size -= part, left -= part) {
        part = size < BLOCK ? size : BLOCK;
        const uint8_t *text = rows_readable(data, part, left, room);
        uint64_t quotes, pairs = 0, half = 0, all = part == BLOCK ? ~(uint64_t)0 : rows_low(part);
        uint64_t marks = rows_json_marks(block_load(text), needles, &quotes) & all;
        quotes &= all;
        if (quoted && quotes) {
            bool bad;
            pairs = rows_pairs(quotes, &half, &bad);
            if (bad || (half && size == part))
                return NULL;
            marks ^= quotes ^ pairs;
            if (half) { /* the pair that begins with the last byte goes into the next part */
                part--;
                marks &= rows_low(part);
            }
        }
        out = rows_json_bytes(out, text, part, marks, pairs);
    }
    return out;
}

/* As hr_scalar_plain_number, for less than a block. */
ROWS_INLINE bool rows_json_number(const uint8_t *data, size_t size)
{
    return hr_scalar_plain_number(data, size);
}

ROWS_INLINE uint8_t *rows_json_bare(uint8_t *out, const uint8_t *data, size_t size, hr_rows_form form)
{
    if (form == HR_ROWS_NUMBER ? !rows_json_number(data, size)
                               : form != HR_ROWS_LITERAL || !((size == 4 && !memcmp(data, "true", 4)) ||
                                                              (size == 5 && !memcmp(data, "false", 5))))
        return NULL;
    memcpy(out, data, size);
    return out + size;
}

ROWS_INLINE uint8_t *rows_json_key(uint8_t *out, const hr_rows_key *key, size_t skip)
{
    if (__builtin_expect(key->size > BLOCK, 0))
        memcpy(out, key->text + skip, key->size - skip);
    else
        block_store(out, block_load(key->text + skip));
    return out + key->size - skip;
}

ROWS_INLINE uint8_t *rows_json_value(const hr_rows *job, const rows_json_needles *needles, uint8_t *out,
                                     hr_rows_form form, size_t begin, size_t size, uint8_t *room)
{
    const uint8_t *data = job->data + begin;
    size_t left = job->size - begin;
    if (__builtin_expect(form != HR_ROWS_STRING, 0))
        return rows_json_bare(out, data, size, form);
    if (__builtin_expect(size < BLOCK, 1))
        return rows_json_short(needles, job->quoting, out, rows_readable(data, size, left, room), size);
    return rows_json_long(needles, job->quoting, out, data, size, left);
}

ROWS_INLINE size_t rows_json(const hr_rows *job, size_t from, size_t to, uint8_t **out, bool may_cr)
{
    const rows_json_needles needles = {needle_of('"'), needle_of('\\')};
    const size_t count = job->select_count;
    uint8_t room[2 * BLOCK] = {0}, *at = *out;
    for (; from < to; from++) {
        const size_t first = job->row_first[job->rows ? job->rows[from] : from];
        uint8_t *row = at;
        size_t skip = 0;
        for (size_t i = 0; i < count; i++) {
            const hr_rows_key *key = &job->keys[i];
            size_t begin, size = rows_field(job, first, job->select[i], may_cr, &begin);
            at = rows_json_key(at, key, skip);
            skip = 0;
            if (size) {
                at = rows_json_value(job, &needles, at, key->form, begin, size, room);
                if (__builtin_expect(!at, 0)) {
                    *out = row;
                    return from;
                }
            } else {
                skip = key->form == HR_ROWS_STRING;
                memcpy(at - skip, "null", 4);
                at += 4 - skip;
            }
        }
        at = rows_json_key(at, &job->keys[count], skip);
    }
    *out = at;
    return from;
}

static TARGET size_t json_rows(const hr_rows *job, size_t from, size_t to, uint8_t **out)
{
    return job->may_cr ? rows_json(job, from, to, out, true) : rows_json(job, from, to, out, false);
}
