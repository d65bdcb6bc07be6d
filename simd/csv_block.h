/* csv_block.h: what the CSV kernels know of a block of 64 bytes, written once. csv_index.h and csv_count.h make use of
 * it. Included by one file per instruction set, after it has defined:
 *
 *   TARGET                      the function attribute that allows the instructions (on every function, here and there)
 *   block, needle               64 bytes in registers; one byte value in every lane
 *   block_load(p), needle_of(byte)
 *   set                         a yes or no for each byte, in the form that comparing gives
 *   block_equal(block, needle), set_or, set_and
 *   set_bits(set)               bit i says that byte i is in it
 *   set_any(set)                some byte is
 *   gathered, gather(before, set, block), gathered_any(gathered)   (for csv_cuts.h)
 *                               whether any set so far had a byte, none of the bytes in it being 0; empty is all zeros
 *   prefix_xor(bits)            bit i of the result = parity of bits 0..i
 *   ones(bits)                  how many bits are set
 *   put_index(begins, row_ends, structural, newline, offset, first)
 *                               offset + i for each structural i; first + its ordinal among them for each newline;
 *                               may write 64 entries in each array
 *
 * A byte is between quotes when an odd number of quotes stands before it (the first half of a doubled quote leaves, its
 * twin enters again). That parity is the language's answer as long as every quote that enters follows a separator or a
 * quote that left, and every quote that left is followed by a newline, a delimiter or a quote. By the same parity the
 * byte before one that enters is outside, so that it need only be any of these. A quote that would enter elsewhere is
 * data of an unquoted field: where the caller takes it so (hr_csv_syntax.strays), it is taken out of the parity. A
 * block where something else does not hold is not vouched for, and left to the exact lexer.
 */
#include <string.h>

#include "simd/tables.h"

enum { BLOCK = 64 };

/* What is known between two blocks. */
typedef struct csv_scan {
    needle delimiter, quote, comment, lf, cr;
    bool strays;           /* quotes in unquoted fields are data like any other byte */
    uint64_t quote_used;   /* all bits when the dialect has a quote */
    uint64_t inside;       /* all bits when we are between quotes */
    uint64_t may_enter;    /* bit 0: behind a newline, a delimiter or a quote */
    uint64_t left;         /* which of the last 64 bytes are quotes that left, the last one in bit 63 */
    uint64_t record_start; /* bit 0: behind a newline that ended a record */
} csv_scan;

/* One block, as bits. */
typedef struct csv_bits {
    uint64_t structural; /* separators */
    uint64_t newline;    /* those that end a record */
    uint64_t blank;      /* first bytes of records that are only a newline */
    uint64_t kept_break; /* CR and LF between quotes */
    set cr;              /* CR in any state */
    bool some_cr;        /* there is one */
    block bytes;         /* the block itself */
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
    scan->strays = syntax->strays;
    scan->quote_used = syntax->quote == HR_SYNTAX_NONE ? 0 : ~UINT64_C(0);
    scan->inside = state == HR_CSV_QUOTED ? ~UINT64_C(0) : 0;
    scan->may_enter = state == HR_CSV_RECORD_START || state == HR_CSV_FIELD_START || state == HR_CSV_QUOTE_SEEN;
    scan->left = (uint64_t)(state == HR_CSV_QUOTE_SEEN) << 63;
    scan->record_start = state == HR_CSV_RECORD_START;
    return true;
}

/* The quotes of a block less those that stand in unquoted fields: there they are data. `amiss`: something else is, too.
 * By value, here and in the arguments, so that the callers' stay in registers. */
typedef struct csv_quotes {
    uint64_t quote;
    bool amiss;
} csv_quotes;

/* What stands before the first fault is in order, so the parity is right up to it; an entering quote that follows no
 * separator is then a byte of an unquoted field, as are all quotes up to the end of that field. `left`: bit 0. */
static __attribute__((noinline)) TARGET csv_quotes drop_strays(uint64_t begins_inside, uint64_t may_enter,
                                                               uint64_t left, uint64_t separator, uint64_t valid,
                                                               uint64_t quote)
{
    if (begins_inside == 0 && (quote & (2 * separator + may_enter)) == 0) /* none can enter */
        return (csv_quotes){0, (left & ~separator) != 0};
    for (;;) {
        uint64_t inside = prefix_xor(quote) ^ begins_inside, syntax = separator | quote;
        uint64_t stray = quote & inside & ~(2 * syntax + may_enter);
        uint64_t damage = (2 * (quote & ~inside) + left) & ~syntax & valid;
        if ((stray | damage) == 0)
            return (csv_quotes){quote, false};
        uint64_t first = (stray | damage) & (~(stray | damage) + 1);
        if ((damage & first) != 0)
            return (csv_quotes){quote, true};
        uint64_t ends = separator & ~(first - 1);
        quote &= ~((ends & (~ends + 1)) - first);
    }
}

/* The bits of the block at `data`, of which the byte behind is readable too, and the carries into the next one.
 * `valid`: the bytes that are there. False, with nothing carried, when the block cannot be vouched for. */
static inline TARGET bool scan_block(csv_scan *scan, const uint8_t *data, uint64_t valid, bool commented, csv_bits *out)
{
    block bytes = block_load(data);
    uint64_t lf = set_bits(block_equal(bytes, scan->lf)), line_break = lf, half = 0;
    set cr = block_equal(bytes, scan->cr);
    bool some_cr = set_any(cr);
    if (some_cr) { /* mostly there are some in all blocks, or in none */
        line_break = lf | set_bits(cr);
        half = set_bits(cr) & (lf >> 1 | (uint64_t)(data[BLOCK] == '\n') << 63); /* the CR of a CRLF */
    }
    uint64_t delimiter = set_bits(block_equal(bytes, scan->delimiter)) & valid;
    uint64_t quote = set_bits(block_equal(bytes, scan->quote)) & scan->quote_used & valid;

    uint64_t inside = prefix_xor(quote) ^ scan->inside;
    uint64_t leaves = quote & ~inside;
    uint64_t ends = line_break & ~half;
    uint64_t syntax = line_break | delimiter | quote;
    /* 2 * bits + carry is the shift to the next byte, in one instruction. */
    uint64_t amiss = (quote & inside & ~(2 * syntax + scan->may_enter)) | ((2 * leaves + (scan->left >> 63)) & ~syntax);
    if (__builtin_expect((amiss & valid) != 0, 0)) {
        if (!scan->strays)
            return false;
        csv_quotes kept =
            drop_strays(scan->inside, scan->may_enter, scan->left >> 63, line_break | delimiter, valid, quote);
        if (kept.amiss)
            return false;
        quote = kept.quote;
        inside = prefix_xor(quote) ^ scan->inside;
        leaves = quote & ~inside;
        syntax = line_break | delimiter | quote;
    }
    uint64_t newline = ends & ~inside;
    uint64_t start = 2 * newline + scan->record_start;
    if (commented && __builtin_expect((start & set_bits(block_equal(bytes, scan->comment)) & valid) != 0, 0))
        return false;

    out->structural = (ends | delimiter) & ~inside;
    out->newline = newline;
    out->blank = start & line_break;
    out->kept_break = line_break & inside;
    out->cr = cr;
    out->some_cr = some_cr;
    out->bytes = bytes;
    scan->inside = (uint64_t)((int64_t)inside >> 63);
    scan->may_enter = syntax >> 63;
    scan->left = leaves;
    scan->record_start = newline >> 63;
    return true;
}

/* The last 1..64 bytes of the data, with zeros behind them. */
static inline TARGET bool scan_tail(csv_scan *scan, const uint8_t *data, size_t count, bool commented, csv_bits *out)
{
    uint8_t padded[BLOCK + 1] = {0};
    memcpy(padded, data, count);
    uint64_t before = scan->left;
    if (!scan_block(scan, padded, ~UINT64_C(0) >> (BLOCK - count), commented, out))
        return false;
    if (count < BLOCK)
        scan->left = scan->left << (BLOCK - count) | before >> count;
    return true;
}

/* Whether `at` lies in the middle of a CRLF, of which a walk from `from` has taken the first half. */
static inline TARGET bool halves_crlf(const uint8_t *data, size_t from, size_t at, size_t size)
{
    return at > from && at < size && data[at - 1] == '\r' && data[at] == '\n';
}

/* The state at `at`, all bytes of [from, at) being vouched for, from the last byte that moved it. */
static inline TARGET hr_csv_state state_at(const csv_scan *scan, const hr_csv_syntax *syntax, hr_csv_state entered,
                                           const uint8_t *data, size_t from, size_t at, size_t size)
{
    if (at > from && scan->inside != 0)
        return HR_CSV_QUOTED;
    uint64_t left = scan->left;
    if (halves_crlf(data, from, at, size)) {
        at--;
        left <<= 1;
    }
    if (at == from)
        return entered;
    uint8_t last = data[at - 1];
    if (last == '\n' || last == '\r')
        return HR_CSV_RECORD_START;
    if (last == syntax->delimiter)
        return HR_CSV_FIELD_START;
    return left >> 63 != 0 ? HR_CSV_QUOTE_SEEN : HR_CSV_UNQUOTED;
}
