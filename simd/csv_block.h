/* csv_block.h: the CSV kernels, written once over blocks of 64 bytes. Included by one file per instruction set, after
 * it has defined:
 *
 *   TARGET                      the function attribute that allows the instructions (on every function, here and there)
 *   block, needle               64 bytes in registers; one byte value in every lane
 *   block_load(p), needle_of(byte), block_equal(block, needle) -> bit i says that byte i is equal
 *   prefix_xor(bits)            bit i of the result = parity of bits 0..i
 *   ones(bits)                  how many bits are set
 *   put_positions(out, bits, base)                  base + i for each set bit i, in order (may write 64 entries)
 *   put_ordinals(out, structural, newlines, first)  first + ordinal among the structurals, for each newline (as many)
 *
 * A byte is between quotes when an odd number of quotes stands before it (the first half of a doubled quote leaves, its
 * twin enters again). That parity is the language's answer as long as every quote that enters follows a separator or a
 * quote that left, and every quote that left is followed by a separator or a quote. A block where this does not hold is
 * not vouched for, and left to the exact lexer.
 */
#include <string.h>

#include "simd/tables.h"

enum { BLOCK = 64 };

/* What is known between two blocks. */
typedef struct csv_scan {
    needle delimiter, quote, comment, lf, cr;
    uint64_t quote_used;   /* all bits when the dialect has a quote */
    bool comment_used;
    uint64_t inside;       /* all bits when we are between quotes */
    uint64_t may_enter;    /* bit 0: behind a separator, or a quote that left */
    uint64_t must_end;     /* bit 0: behind a quote that left: only a separator or a quote may stand here */
    uint64_t record_start; /* bit 0: in the state RECORD_START */
} csv_scan;

/* One block, as bits. */
typedef struct csv_bits {
    uint64_t structural;  /* separators */
    uint64_t newline;     /* those that end a record */
    uint64_t blank;       /* of these, those that end a record of no bytes */
    uint64_t cr;          /* CR in any state */
    uint64_t kept_break;  /* CR and LF between quotes */
} csv_bits;

/* False when the kernel cannot begin here. */
static inline TARGET bool scan_begin(csv_scan *scan, const hr_csv_syntax *syntax, hr_csv_state state)
{
    if (syntax->escape != HR_SYNTAX_NONE || state > HR_CSV_QUOTE_SEEN)
        return false;
    scan->delimiter = needle_of((uint8_t)syntax->delimiter);
    scan->quote = needle_of((uint8_t)syntax->quote);
    scan->comment = needle_of((uint8_t)syntax->comment);
    scan->lf = needle_of('\n');
    scan->cr = needle_of('\r');
    scan->quote_used = syntax->quote == HR_SYNTAX_NONE ? 0 : ~UINT64_C(0);
    scan->comment_used = syntax->comment != HR_SYNTAX_NONE;
    scan->inside = state == HR_CSV_QUOTED ? ~UINT64_C(0) : 0;
    scan->may_enter = state == HR_CSV_RECORD_START || state == HR_CSV_FIELD_START || state == HR_CSV_QUOTE_SEEN;
    scan->must_end = state == HR_CSV_QUOTE_SEEN;
    scan->record_start = state == HR_CSV_RECORD_START;
    return true;
}

/* The bits of one block, and the carries into the next one. `valid`: the bytes that are there; `lf_follows`: 1 when the
 * byte behind the block is an LF. False, with nothing carried, when the block cannot be vouched for. */
static inline TARGET bool scan_block(csv_scan *scan, block bytes, uint64_t valid, uint64_t lf_follows, csv_bits *out)
{
    uint64_t lf = block_equal(bytes, scan->lf);
    uint64_t cr = block_equal(bytes, scan->cr);
    uint64_t line_break = lf | cr;
    uint64_t delimiter = block_equal(bytes, scan->delimiter) & valid;
    uint64_t quote = block_equal(bytes, scan->quote) & scan->quote_used & valid;

    uint64_t inside = prefix_xor(quote) ^ scan->inside;
    uint64_t leaves = quote & ~inside;
    uint64_t half = cr & ~inside & (lf >> 1 | lf_follows << 63); /* of a CRLF: neither data nor separator */
    uint64_t newline = line_break & ~inside & ~half;
    uint64_t structural = newline | (delimiter & ~inside);

    uint64_t behind = structural | leaves;
    uint64_t amiss = (quote & inside & ~(behind << 1 | scan->may_enter)) |
                     ((leaves << 1 | scan->must_end) & ~(line_break | delimiter | quote));
    uint64_t start = newline << 1 | scan->record_start;
    if (scan->comment_used)
        amiss |= start & block_equal(bytes, scan->comment);
    if (__builtin_expect((amiss & valid) != 0, 0))
        return false;

    uint64_t start_half = start & half; /* the LF behind it is still at the start of its record */
    out->structural = structural;
    out->newline = newline;
    out->blank = newline & (start | start_half << 1);
    out->cr = cr;
    out->kept_break = line_break & inside;
    scan->inside = (uint64_t)((int64_t)inside >> 63);
    scan->may_enter = behind >> 63;
    scan->must_end = leaves >> 63;
    scan->record_start = (newline | start_half) >> 63;
    return true;
}

/* The last 1..64 bytes of the data, in a block of their own. */
static inline TARGET bool scan_tail(csv_scan *scan, const uint8_t *data, size_t count, csv_bits *out)
{
    uint8_t padded[BLOCK] = {0};
    memcpy(padded, data, count);
    return scan_block(scan, block_load(padded), ~UINT64_C(0) >> (BLOCK - count), 0, out);
}

/* The state at `at`, all bytes of [from, at) being vouched for, from the last byte that moved it. */
static inline TARGET hr_csv_state state_at(const csv_scan *scan, const hr_csv_syntax *syntax, hr_csv_state entered,
                                           const uint8_t *data, size_t from, size_t at, size_t size)
{
    if (at > from && scan->inside != 0)
        return HR_CSV_QUOTED;
    if (at > from && at < size && data[at - 1] == '\r' && data[at] == '\n')
        at--;
    if (at == from)
        return entered;
    uint8_t last = data[at - 1];
    if (last == '\n' || last == '\r')
        return HR_CSV_RECORD_START;
    if (last == syntax->delimiter)
        return HR_CSV_FIELD_START;
    return last == syntax->quote ? HR_CSV_QUOTE_SEEN : HR_CSV_UNQUOTED;
}

/* The arrays are the caller's, with HR_INDEX_SLACK entries behind what can be counted. */
typedef struct csv_output {
    uint16_t *begins, *row_ends;
    uint32_t begin_count, row_count;
    uint64_t cr, kept_break;
} csv_output;

static inline TARGET void index_block(csv_output *output, const csv_bits *bits, size_t offset)
{
    put_ordinals(output->row_ends + output->row_count, bits->structural, bits->newline, output->begin_count);
    put_positions(output->begins + output->begin_count, bits->structural, (uint16_t)(offset + 1));
    output->row_count += ones(bits->newline);
    output->begin_count += ones(bits->structural);
    output->cr |= bits->cr;
    output->kept_break |= bits->kept_break;
}

static TARGET size_t csv_index(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from,
                               size_t size, hr_csv_index *index)
{
    csv_scan scan;
    if (from >= size || !scan_begin(&scan, syntax, *state))
        return from;
    /* A copy, so that the counters stay in registers. */
    csv_output output = {index->begins, index->row_ends, index->begin_count, index->row_count, 0, 0};
    csv_bits bits;
    size_t i = from;
    while (size - i > BLOCK && scan_block(&scan, block_load(data + i), ~UINT64_C(0), data[i + BLOCK] == '\n', &bits)) {
        index_block(&output, &bits, i);
        i += BLOCK;
    }
    if (size - i <= BLOCK && scan_tail(&scan, data + i, size - i, &bits)) {
        index_block(&output, &bits, i);
        i = size;
    }
    index->begin_count = output.begin_count;
    index->row_count = output.row_count;
    index->seen_cr |= output.cr != 0;
    index->seen_quoted_newline |= output.kept_break != 0;
    *state = state_at(&scan, syntax, *state, data, from, i, size);
    return i;
}

static inline TARGET void count_block(hr_csv_tally *tally, const csv_bits *bits, size_t offset)
{
    tally->rows += ones(bits->newline);
    tally->blanks += ones(bits->blank);
    if (bits->newline != 0)
        tally->last_end = offset + BLOCK - (size_t)__builtin_clzll(bits->newline);
}

static TARGET size_t csv_count(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from,
                               size_t size, hr_csv_tally *tally)
{
    csv_scan scan;
    if (from >= size || !scan_begin(&scan, syntax, *state))
        return from;
    hr_csv_tally found = {0};
    csv_bits bits;
    size_t i = from;
    while (size - i > BLOCK && scan_block(&scan, block_load(data + i), ~UINT64_C(0), data[i + BLOCK] == '\n', &bits)) {
        count_block(&found, &bits, i);
        i += BLOCK;
    }
    if (size - i <= BLOCK && scan_tail(&scan, data + i, size - i, &bits)) {
        count_block(&found, &bits, i);
        i = size;
    }
    tally->rows += found.rows;
    tally->blanks += found.blanks;
    if (found.rows != 0) {
        tally->last_end = found.last_end;
        tally->seen_row = true;
    }
    *state = state_at(&scan, syntax, *state, data, from, i, size);
    return i;
}
