/* rows_block.h: rows of a window as CSV, and (rows_json_block.h, rows_copy_block.h) NDJSON and lines of COPY, written
 * once over blocks of 64 bytes. Included after csv_block.h, by a file that has further defined:
 *
 *   block_store(p, block)         64 bytes at any address
 *   block_below(block, needle)    a set as block_equal gives it: the bytes less than the needle
 *   block_patch(block, bits, needle)   the block with the needle where `bits` are set
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

/* As needle_of, but the compiler does not know the byte: else it makes the vector anew for every field, instead of
 * keeping it in a register. */
ROWS_INLINE needle rows_needle(uint8_t byte)
{
    __asm__("" : "+r"(byte));
    return needle_of(byte);
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

static inline TARGET size_t rows_first(const hr_rows *job, size_t row)
{
    return job->row_first[job->rows ? job->rows[row] : row];
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

/* At least `size` bytes, less than a block; what follows them is overwritten by what follows. */
ROWS_INLINE void rows_copy(uint8_t *out, const uint8_t *data, size_t size)
{
    memcpy(out, data, BLOCK / 2);
    if (size > BLOCK / 2)
        memcpy(out + BLOCK / 2, data + BLOCK / 2, BLOCK / 2);
}

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

typedef struct rows_csv_needles {
    needle quote, delimiter, lf, cr;
} rows_csv_needles;

ROWS_INLINE set rows_csv_marks(block bytes, const rows_csv_needles *needles)
{
    set newline = set_or(block_equal(bytes, needles->lf), block_equal(bytes, needles->cr));
    return set_or(block_equal(bytes, needles->delimiter), newline);
}

ROWS_INLINE uint8_t *rows_csv_short(const hr_rows *job, const rows_csv_needles *needles, uint8_t *out,
                                    const uint8_t *data, size_t size)
{
    block bytes = block_load(data);
    set quote = block_equal(bytes, needles->quote);
    uint64_t marks = set_bits(set_or(rows_csv_marks(bytes, needles), quote)) & rows_low(size);
    if (!marks) {
        rows_copy(out, data, size);
        return out + size;
    }
    if (data[0] != job->quote || !job->quoting || size < 2 || data[size - 1] != job->quote)
        return NULL;
    marks &= rows_low(size) >> 2 << 1;
    uint64_t half = 0;
    bool bad; /* looked at even where there are no quotes: whether there are is hard to foretell */
    rows_pairs(set_bits(quote) & marks, &half, &bad);
    if (bad)
        return NULL;
    size_t skip = !marks && size != 2;
    rows_copy(out, data + skip, size);
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
            marks |= quotes | set_bits(rows_csv_marks(bytes, needles)) >> before;
        } else if (quotes || (job->foreign && set_bits(block_equal(bytes, needles->delimiter)))) {
            return NULL;
        }
    }
    /* No pair is open: the last block would have missed its second quote. */
    size_t skip = quoted && !marks;
    memcpy(out, data + skip, size - 2 * skip);
    return out + size - 2 * skip;
}

/* The first of the rows [from, to) that does not end before `offset`. */
static TARGET size_t rows_until(const hr_rows *job, size_t from, size_t to, size_t offset)
{
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (job->begins[rows_first(job, middle) + job->last_column + 1] <= offset)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
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
        rows_copy(out, rows_readable(data, size, left, room), size);
    return out + size;
}

ROWS_INLINE size_t rows_csv(const hr_rows *job, size_t from, size_t to, uint8_t **out, bool plain, bool may_cr)
{
    const rows_csv_needles needles = {needle_of(job->quote), needle_of(job->delimiter), rows_needle('\n'),
                                      rows_needle('\r')};
    const uint8_t delimiter = job->delimiter;
    const size_t count = job->select_count;
    const bool alone = count == 1 && job->newline;
    uint8_t room[2 * BLOCK] = {0}, *at = *out;
    for (; from < to; from++) {
        const size_t first = rows_first(job, from);
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
            if (alone && !size) {
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

/* Rows of fields without quotes and CR, none of them near the end of the text: a field is copied with the byte that
 * follows it, which is then the delimiter. */
ROWS_INLINE size_t rows_csv_near(const hr_rows *job, size_t from, size_t to, uint8_t **out, size_t count)
{
    const uint8_t *data = job->data;
    const uint16_t *begins = job->begins;
    const uint32_t *row_first = job->row_first, *rows = job->rows, *select = job->select;
    const uint8_t delimiter = job->delimiter;
    uint8_t *at = *out;
    for (; from < to; from++) {
        const uint16_t *row = begins + row_first[rows ? rows[from] : from];
        for (size_t i = 0; i < count; i++) {
            const size_t begin = row[select[i]], size = row[select[i] + 1] - begin;
            const uint8_t *text = data + begin;
            memcpy(at, text, BLOCK / 2);
            if (__builtin_expect(size > BLOCK / 2, 0))
                memcpy(at + BLOCK / 2, text + BLOCK / 2, size - BLOCK / 2);
            at += size;
            at[-1] = delimiter;
        }
        at[-1] = '\n';
    }
    *out = at;
    return from;
}

static TARGET size_t csv_rows(const hr_rows *job, size_t from, size_t to, uint8_t **out)
{
    bool plain = !job->quotes && !job->foreign && !job->guard;
    if (plain && !job->may_cr && job->newline && job->select_count > 1 && job->size > BLOCK) {
        size_t near = rows_until(job, from, to, job->size - BLOCK);
        from = job->select_count == 2 ? rows_csv_near(job, from, near, out, 2)
                                      : rows_csv_near(job, from, near, out, job->select_count);
    }
    if (job->may_cr)
        return plain ? rows_csv(job, from, to, out, true, true) : rows_csv(job, from, to, out, false, true);
    return plain ? rows_csv(job, from, to, out, true, false) : rows_csv(job, from, to, out, false, false);
}

/* ---- what NDJSON and COPY have in common ------------------------------------------------------------------------- */

typedef struct rows_needles {
    needle quote, backslash, space;
} rows_needles;

ROWS_INLINE rows_needles rows_needles_of(uint8_t quote)
{
    return (rows_needles){rows_needle(quote), rows_needle('\\'), rows_needle(' ')};
}

/* What may need an escape, and quotes. */
ROWS_INLINE set rows_marks(block bytes, const rows_needles *needles)
{
    return set_or(set_or(block_below(bytes, needles->space), block_equal(bytes, needles->backslash)),
                  block_equal(bytes, needles->quote));
}

#include "simd/rows_copy_block.h"
#include "simd/rows_json_block.h"
