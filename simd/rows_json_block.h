/* rows_json_block.h: rows of a window as NDJSON, written once over blocks of 64 bytes. Included by rows_block.h, which
 * says what it needs. */

/* `size` bytes (up to a block) of a string, those in `marks` escaped. Those in `pairs`, the first of two quotes each,
 * become backslashes: "" is \" then. Two blocks can be read at `data`. `often`: there mostly are marks, and how many is
 * hard to foretell. */
ROWS_INLINE uint8_t *rows_json_bytes(uint8_t *out, const uint8_t *data, size_t size, uint64_t marks, uint64_t pairs,
                                     bool paired, bool often, needle backslash)
{
    size_t at = 0;
#ifdef HAS_BLOCK_ESCAPE
    if (often && block_escape(out, paired ? block_patch(block_load(data), pairs, backslash) : block_load(data), marks,
                              backslash))
        return out + size + ones(marks);
#else
    (void)often;
#endif
    block_store(out, paired ? block_patch(block_load(data), pairs, backslash) : block_load(data));
    for (; marks; marks &= marks - 1) {
        size_t hit = (size_t)__builtin_ctzll(marks);
        const uint8_t *escape = hr_json_escapes[data[hit]];
        out += hit - at;
        memcpy(out, escape, 8);
        out += escape[7];
        at = hit + 1;
        if (paired && at < BLOCK)
            block_store(out, block_patch(block_load(data + at), pairs >> at, backslash));
        else
            block_store(out, block_load(data + at));
    }
    return out + (size - at);
}

/* A field of less than a block with something to be escaped in it, or quotes around it; `quotes` are those among its
 * `marks`. What stands inside is hard to foretell, so that nothing depends on it but what is computed. *often: bit c:
 * in column c (modulo 64) something was to be escaped behind quotes, and is expected again. */
ROWS_INLINE uint8_t *rows_json_marked(const rows_needles *needles, bool quoting, uint8_t *out, const uint8_t *data,
                                      size_t size, uint64_t marks, uint64_t quotes, uint64_t *often, size_t column)
{
    uint64_t around = ((uint64_t)1 << (size - 1)) + 1; /* of one byte: a quote that is not there */
    if ((around & ~quotes) || !quoting) {
        if ((quotes & 1) && quoting)
            return NULL;
        return rows_json_bytes(out, data, size, marks, 0, false, true, needles->backslash);
    }
    uint64_t inner = quotes ^ around, pairs = inner & ~(inner << 1), half = 0;
    bool bad;
    if (__builtin_expect(inner != (pairs | pairs << 1), 0)) { /* more than two in a row */
        pairs = rows_pairs(inner, &half, &bad);
        if (bad)
            return NULL;
    }
    marks = (marks ^ quotes) >> 1;
    *often |= (uint64_t)(marks != 0) << (column & 63);
    return rows_json_bytes(out, data + 1, size - 2, marks, pairs >> 1, true, *often >> (column & 63) & 1,
                           needles->backslash);
}

/* A field of a block or more, block by block; no pair of quotes is cut. `left` bytes can be read at data. */
static TARGET uint8_t *rows_json_long(const rows_needles *needles, bool quoting, uint8_t *out, const uint8_t *data,
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
        uint64_t pairs = 0, half = 0, all = part == BLOCK ? ~(uint64_t)0 : rows_low(part);
        block bytes = block_load(text);
        uint64_t marks = set_bits(rows_marks(bytes, needles)) & all;
        if (!marks) {
            block_store(out, bytes);
            out += part;
            continue;
        }
        if (quoted) {
            bool bad;
            uint64_t quotes = set_bits(block_equal(bytes, needles->quote)) & all;
            pairs = rows_pairs(quotes, &half, &bad);
            if (bad || (half && size == part))
                return NULL;
            marks ^= quotes;
            if (half) { /* the pair that begins with the last byte goes into the next part */
                part--;
                marks &= rows_low(part);
            }
        }
        out = rows_json_bytes(out, text, part, marks, pairs, true, true, needles->backslash);
    }
    return out;
}

/* `small`: every key is at most half a block, and every column a string. */
ROWS_INLINE uint8_t *rows_json_key(uint8_t *out, const hr_rows_key *key, size_t skip, bool small)
{
    if (small)
        memcpy(out, key->text + skip, BLOCK / 2);
    else
        memcpy(out, key->text + skip, key->size - skip);
    return out + key->size - skip;
}

/* A value of a block or more, or one that is not as the common ones are. */
static TARGET uint8_t *rows_json_other(const hr_rows *job, const rows_needles *needles, uint8_t *out, hr_rows_form form,
                                       const uint8_t *data, size_t size)
{
    if (form == HR_ROWS_STRING)
        return rows_json_long(needles, job->quoting, out, data, size, job->size - (size_t)(data - job->data));
    if (form == HR_ROWS_NUMBER ? !hr_scalar_plain_number(data, size)
                               : form != HR_ROWS_LITERAL || !((size == 4 && !memcmp(data, "true", 4)) ||
                                                              (size == 5 && !memcmp(data, "false", 5))))
        return NULL;
    memcpy(out, data, size);
    return out + size;
}

/* A value of less than a block. `plain`: no string has anything to be escaped in it, or quotes around it. */
ROWS_INLINE uint8_t *rows_json_value(const hr_rows *job, const rows_needles *needles, uint8_t *out, const uint8_t *data,
                                     size_t size, bool plain, uint64_t *often, size_t column)
{
    if (!plain) {
        block bytes = block_load(data);
        uint64_t marks = set_bits(rows_marks(bytes, needles)) & rows_low(size);
        if (marks) {
            uint64_t quotes = set_bits(block_equal(bytes, needles->quote)) & marks;
            return rows_json_marked(needles, job->quoting, out, data, size, marks, quotes, often, column);
        }
    }
    rows_copy(out, data, size);
    return out + size;
}

ROWS_INLINE size_t rows_json(const hr_rows *job, size_t from, size_t to, uint8_t **out, bool plain, bool small,
                             bool may_cr)
{
    static const uint8_t null[2 * BLOCK] = "null";
    const rows_needles needles = rows_needles_of('"');
    const hr_rows_key *const end = job->keys + job->select_count;
    uint8_t room[2 * BLOCK] = {0}, *at = *out;
    uint64_t often = 0;
    for (; from < to; from++) {
        const size_t first = rows_first(job, from);
        const uint32_t *select = job->select;
        size_t column = 0;
        const hr_rows_key *key = job->keys;
        uint8_t *row = at;
        at = rows_json_key(at, key, 0, small);
        do {
            size_t begin, size = rows_field(job, first, *select++, may_cr, &begin);
            const bool string = small || key->form == HR_ROWS_STRING;
            const uint8_t *data = job->data + begin;
            /* No branch: which values are null is hard to foretell. Theirs is a text without quotes around it. */
            size_t none = size == 0;
            __asm__("" : "+r"(none));
            const size_t bare = string ? none : 0, mask = 0 - none;
            data += ((uintptr_t)null - (uintptr_t)data) & mask;
            at -= bare;
            if (__builtin_expect(size < BLOCK, 1) && (string || none)) {
                size |= mask & 4;
                data = rows_readable(data, size, job->size - begin, room);
                at = rows_json_value(job, &needles, at, data, size, plain, &often, column);
            } else {
                at = rows_json_other(job, &needles, at, key->form, data, size);
            }
            if (!(plain && small) && __builtin_expect(!at, 0)) {
                *out = row;
                return from;
            }
            at = rows_json_key(at, ++key, bare, small);
            column++;
        } while (key < end);
    }
    *out = at;
    return from;
}

/* The first byte from `i` on that needs an escape in a string or is a quote. Not counted are those that separate
 * fields, which no unquoted field holds. */
static TARGET size_t rows_json_find(const hr_rows *job, size_t i)
{
    const rows_needles needles = rows_needles_of('"');
    needle lf = needle_of('\n'), cr = needle_of('\r'), delimiter = needle_of(job->delimiter);
    for (; i < job->size && job->size - i >= BLOCK; i += BLOCK) {
        block bytes = block_load(job->data + i);
        uint64_t marks = set_bits(rows_marks(bytes, &needles));
        set newline = set_or(block_equal(bytes, lf), block_equal(bytes, cr));
        marks &= ~set_bits(set_or(newline, block_equal(bytes, delimiter)));
        if (marks)
            return i + (size_t)__builtin_ctzll(marks);
    }
    for (; i < job->size; i++)
        if (hr_json_escapes[job->data[i]][7] && job->data[i] != '\n' && job->data[i] != '\r' &&
            job->data[i] != job->delimiter)
            break;
    return i;
}

static TARGET size_t rows_json_plain(const hr_rows *job, size_t from, size_t to, uint8_t **out, bool small)
{
    if (job->may_cr)
        return rows_json(job, from, to, out, true, small, true);
    return small ? rows_json(job, from, to, out, true, true, false) : rows_json(job, from, to, out, true, false, false);
}

static TARGET size_t rows_json_any(const hr_rows *job, size_t from, size_t to, uint8_t **out, bool small)
{
    if (job->may_cr)
        return rows_json(job, from, to, out, false, small, true);
    return small ? rows_json(job, from, to, out, false, true, false)
                 : rows_json(job, from, to, out, false, false, false);
}

/* Rows are taken as plain as far as nothing stands in their way. Where it does after few of them, as many are taken one
 * by one before the next look. */
static TARGET size_t json_rows(const hr_rows *job, size_t from, size_t to, uint8_t **out)
{
    enum { FEW = 8, MANY = 64 };
    bool small = true;
    for (size_t i = 0; i <= job->select_count; i++)
        small = small && job->keys[i].size <= BLOCK / 2 && job->keys[i].form == HR_ROWS_STRING;
    while (from < to) {
        size_t plain = from, marked = to - from < FEW ? to : from;
        if (marked < to) {
            size_t mark = rows_json_find(job, job->begins[rows_first(job, from)]);
            plain = mark < job->size ? rows_until(job, from, to, mark) : to;
            marked = plain - from < FEW ? from + MANY : plain + 1;
            plain = plain - from < FEW ? from : plain;
        }
        size_t done = rows_json_plain(job, from, plain, out, small);
        if (done == plain)
            done = rows_json_any(job, plain, marked < to ? marked : to, out, small);
        from = done;
        if (done < to && done < marked)
            return done;
    }
    return from;
}
