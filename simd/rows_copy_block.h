/* rows_copy_block.h: rows of a window as lines of PostgreSQL's COPY in its text format (the manual, "COPY", File
 * Formats), written once over blocks of 64 bytes. Included by rows_block.h, which says what it needs.
 *
 * A row without quotes, and with nothing to be escaped, differs from its line in delimiters and nulls only: it is
 * copied block by block, whatever its fields are. Other rows go field by field.
 */

enum { COPY_AHEAD = 1024 }; /* text is asked for so many bytes early: rows may have waited for long */
enum { COPY_MANY = 64 };    /* rows that go field by field, at most, before the next try to copy one as a whole */

typedef struct rows_copy_needles {
    rows_needles marks;
    needle delimiter, tab;
} rows_copy_needles;

/* The lowest `size` bits, 1 to 64. */
ROWS_INLINE uint64_t rows_lowest(size_t size)
{
    return ~(uint64_t)0 >> (BLOCK - size);
}

ROWS_INLINE uint8_t *rows_copy_null(uint8_t *out)
{
    out[0] = '\\';
    out[1] = 'N';
    return out + 2;
}

/* ---- fields ------------------------------------------------------------------------------------------------------ */

/* `size` bytes, up to a block, of a value, those in `marks` escaped where they need it; those in `seconds`, which are
 * marks too, are left out. Two blocks can be read at data. NULL: a NUL byte. */
ROWS_INLINE uint8_t *rows_copy_bytes(uint8_t *out, const uint8_t *data, size_t size, uint64_t marks, uint64_t seconds)
{
    size_t at = 0;
    bool good = true;
    block_store(out, block_load(data));
    for (; marks; marks &= marks - 1) {
        const size_t hit = (size_t)__builtin_ctzll(marks);
        const uint8_t byte = data[hit], letter = hr_copy_letters[byte];
        const size_t escaped = letter != 0, kept = !(seconds >> hit & 1);
        good = good && byte;
        out += hit - at;
        out[0] = escaped ? '\\' : byte;
        out[1] = letter;
        out += (1 + escaped) * kept;
        at = hit + 1;
        block_store(out, block_load(data + at));
    }
    return good ? out + (size - at) : NULL;
}

/* A field of less than a block with something in it that is marked; `quotes` are those among its `marks`. */
ROWS_INLINE uint8_t *rows_copy_marked(bool quoting, uint8_t *out, const uint8_t *data, size_t size, uint64_t marks,
                                      uint64_t quotes)
{
    const uint64_t around = ((uint64_t)1 << (size - 1)) + 1; /* of one byte: a quote that is not there */
    if (!quoting || (around & ~quotes)) {
        if (quotes & 1)
            return NULL;
        return rows_copy_bytes(out, data, size, marks, 0);
    }
    const uint64_t inner = quotes ^ around;
    uint64_t first = inner & ~(inner << 1), half = 0;
    bool bad;
    if (__builtin_expect(inner != (first | first << 1), 0)) { /* more than two in a row */
        first = rows_pairs(inner, &half, &bad);
        if (bad)
            return NULL;
    }
    const uint64_t seconds = inner ^ first;
    return rows_copy_bytes(out, data + 1, size - 2, ((marks ^ quotes) | seconds) >> 1, seconds >> 1);
}

/* A field of a block or more, block by block; no pair of quotes is cut. `left` bytes can be read at data. */
static TARGET uint8_t *rows_copy_long(const hr_rows *job, const rows_copy_needles *needles, uint8_t *out,
                                      const uint8_t *data, size_t size, size_t left)
{
    const bool quoted = job->quoting && data[0] == job->quote;
    uint8_t room[2 * BLOCK] = {0};
    if (quoted) {
        if (data[size - 1] != job->quote)
            return NULL;
        data++;
        size -= 2;
        left--;
    }
    for (size_t part; size; data += part, size -= part, left -= part) {
        part = size < BLOCK ? size : BLOCK;
        const uint8_t *text = rows_readable(data, part, left, room);
        const uint64_t all = rows_lowest(part);
        block bytes = block_load(text);
        uint64_t marks = set_bits(rows_marks(bytes, &needles->marks)) & all, seconds = 0;
        if (!marks) {
            block_store(out, bytes);
            out += part;
            continue;
        }
        if (quoted) {
            const uint64_t quotes = set_bits(block_equal(bytes, needles->marks.quote)) & all;
            uint64_t half = 0;
            bool bad;
            seconds = quotes ^ rows_pairs(quotes, &half, &bad);
            if (bad || (half && size == part))
                return NULL;
            marks = (marks ^ quotes) | seconds;
            if (half) /* the pair that begins with the last byte goes into the next part */
                part--;
        }
        out = rows_copy_bytes(out, text, part, marks, seconds);
        if (!out)
            return NULL;
    }
    return out;
}

ROWS_INLINE uint8_t *rows_copy_fields(const hr_rows *job, const rows_copy_needles *needles, uint8_t *at, size_t first,
                                      uint8_t *room)
{
    for (size_t i = 0; i < job->select_count; i++) {
        size_t begin, size = rows_field(job, first, job->select[i], job->may_cr, &begin);
        const uint8_t *data = job->data + begin;
        if (__builtin_expect(size >= BLOCK, 0)) {
            at = rows_copy_long(job, needles, at, data, size, job->size - begin);
        } else if (size == 0) {
            at = rows_copy_null(at);
        } else {
            data = rows_readable(data, size, job->size - begin, room);
            block bytes = block_load(data);
            uint64_t marks = set_bits(rows_marks(bytes, &needles->marks)) & rows_lowest(size);
            if (!marks) {
                rows_copy(at, data, size);
                at += size;
            } else {
                uint64_t quotes = job->quoting ? set_bits(block_equal(bytes, needles->marks.quote)) & marks : 0;
                at = rows_copy_marked(job->quoting, at, data, size, marks, quotes);
            }
        }
        if (__builtin_expect(!at, 0))
            return NULL;
        *at++ = '\t';
    }
    return at - 1;
}

/* ---- doubts ------------------------------------------------------------------------------------------------------ */

ROWS_INLINE bool rows_doubted_time(uint32_t doubts, block bytes, uint64_t all)
{
    const uint64_t letters = all & ~set_bits(block_below(bytes, needle_of('A')));
    const uint64_t blanks = all & set_bits(block_equal(bytes, needle_of(' ')));
    if ((doubts & HR_DOUBT_CLOCK) && (letters & (letters << 1 | blanks << 1 | 1))) /* T and Z stand alone */
        return true;
    if (!(doubts & (HR_DOUBT_DAY | HR_DOUBT_ZONELESS)))
        return false;
    const uint64_t colons = all & set_bits(block_equal(bytes, needle_of(':')));
    if ((doubts & HR_DOUBT_DAY) && (colons | letters | blanks))
        return true;
    if (!(doubts & HR_DOUBT_ZONELESS))
        return false;
    const uint64_t plus = all & set_bits(block_equal(bytes, needle_of('+')));
    const uint64_t minus = all & set_bits(block_equal(bytes, needle_of('-')));
    if (plus || (minus & (blanks << 1 | 1 | ~(uint64_t)0 << HR_DAY_SIGNS)))
        return true;
    if (!colons)
        return (letters | blanks) != 0;
    return ((letters | minus) & ~(uint64_t)0 << __builtin_ctzll(colons)) != 0;
}

/* A value of less than a block, which can be read as one. */
ROWS_INLINE bool rows_doubted_short(const hr_rows_guard *guard, const uint8_t *data, size_t size)
{
    const block bytes = block_load(data);
    const uint64_t all = rows_low(size), points = all & set_bits(block_equal(bytes, needle_of('.')));
    const unsigned point = points ? (unsigned)__builtin_ctzll(points) : 0;
    if (guard->doubts & HR_DOUBT_SCALE) {
        if (all & set_bits(block_equal(block_with(bytes, needle_of(0x20)), needle_of('e'))))
            return true;
        if (points && size - point - 1 > guard->digits)
            return true;
    }
    if ((guard->doubts & HR_DOUBT_FRACTION) && points) {
        const uint64_t digits = all & block_within(bytes, needle_of('0'), needle_of(9));
        if (points & (points - 1)) /* that of a day stands first */
            return true;
        if ((unsigned)__builtin_ctzll(~(digits >> point >> 1)) > guard->digits)
            return true;
    }
    return (guard->doubts & (HR_DOUBT_CLOCK | HR_DOUBT_DAY | HR_DOUBT_ZONELESS)) &&
           rows_doubted_time(guard->doubts, bytes, all);
}

ROWS_INLINE bool rows_doubted(const hr_rows *job, size_t first, uint8_t *room)
{
    for (size_t i = 0; i < job->guard_count; i++) {
        const hr_rows_guard *guard = &job->guards[i];
        size_t begin, size = rows_field(job, first, guard->column, job->may_cr, &begin);
        const uint8_t *data = job->data + begin;
        if (!size)
            continue;
        if (job->quoting && data[0] == job->quote && size >= 2)
            begin++, data++, size -= 2;
        if (size > guard->digits &&
            ((guard->doubts & HR_DOUBT_BYTES) || ((guard->doubts & HR_DOUBT_LETTERS) && data[size - 1] == ' ')))
            return true;
        if (!(guard->doubts & ~HR_DOUBT_BY_SIZE))
            continue;
        if (size > HR_DOUBT_SIZE_MOST || (guard->doubts & HR_DOUBT_ALWAYS) ||
            rows_doubted_short(guard, rows_readable(data, size, job->size - begin, room), size))
            return true;
    }
    return false;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* A block with nulls before some of its `delimiters`; two blocks can be read at data. */
ROWS_INLINE uint8_t *rows_copy_nulls(const rows_copy_needles *needles, uint8_t *out, const uint8_t *data, size_t size,
                                     uint64_t delimiters, uint64_t nulls)
{
    size_t at = 0;
    for (; nulls; nulls &= nulls - 1) {
        const size_t hit = (size_t)__builtin_ctzll(nulls);
        out = rows_copy_null(out + (hit - at));
        at = hit;
        block_store(out, block_patch(block_load(data + at), delimiters >> at, needles->tab));
    }
    return out + (size - at);
}

/* All columns of a row without marks, the text [begin, end). NULL: it has some. */
ROWS_INLINE uint8_t *rows_copy_whole(const hr_rows *job, const rows_copy_needles *needles, uint8_t *out, size_t begin,
                                     size_t end, uint8_t *room)
{
    uint64_t fresh = 1; /* a field begins here */
    for (size_t size; begin < end; begin += size) {
        size = end - begin < BLOCK ? end - begin : BLOCK;
        const uint8_t *data = rows_readable(job->data + begin, size, job->size - begin, room);
        const block bytes = block_load(data);
        const uint64_t all = rows_lowest(size);
        const uint64_t delimiters = set_bits(block_equal(bytes, needles->delimiter)) & all;
        if (set_bits(rows_marks(bytes, &needles->marks)) & all & ~delimiters)
            return NULL;
        const uint64_t nulls = delimiters & (delimiters << 1 | fresh);
        fresh = delimiters >> (size - 1);
        block_store(out, block_patch(bytes, delimiters, needles->tab));
        out = nulls ? rows_copy_nulls(needles, out, data, size, delimiters, nulls) : out + size;
    }
    return fresh ? rows_copy_null(out) : out;
}

ROWS_INLINE size_t rows_end(const hr_rows *job, size_t first)
{
    const uint16_t *last = job->begins + first + job->last_column;
    size_t end = last[1] - (size_t)1;
    return end - (job->may_cr && end > last[0] && job->data[end - 1] == '\r');
}

static TARGET size_t copy_rows(const hr_rows *job, size_t from, size_t to, uint8_t **out)
{
    const rows_copy_needles needles = {rows_needles_of(job->quoting ? job->quote : '\\'), rows_needle(job->delimiter),
                                       rows_needle('\t')};
    uint8_t room[2 * BLOCK] = {0}, *at = *out;
    size_t wait = job->whole ? 0 : to, vain = 0;
    for (; from < to; from++) {
        const size_t first = rows_first(job, from);
        const uint8_t *text = job->data + job->begins[first];
        uint8_t *row = NULL;
        if (job->size - job->begins[first] > COPY_AHEAD + BLOCK) {
            __builtin_prefetch(text + COPY_AHEAD);
            __builtin_prefetch(text + COPY_AHEAD + BLOCK);
        }
        if (job->guard_count && rows_doubted(job, first, room))
            break;
        if (!wait) {
            row = rows_copy_whole(job, &needles, at, job->begins[first], rows_end(job, first), room);
            vain = row ? 0 : 2 * vain + 1;
            wait = vain < COPY_MANY ? vain : COPY_MANY;
        }
        if (!row) {
            wait--;
            row = rows_copy_fields(job, &needles, at, first, room);
            if (!row)
                break;
        }
        at = row;
        *at = '\n';
        at += job->newline;
    }
    *out = at;
    return from;
}
