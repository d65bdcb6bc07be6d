/* csv_count.h: counting records, written once over blocks of 64 bytes. Included after csv_index.h.
 *
 * Four blocks are looked at together, as a span, for what most of them are: nothing but fields without quotes, or the
 * middle of a quoted field, or quotes where they belong and no CR. All others go through scan_block, block by block.
 */

enum { SPAN_BLOCKS = 4, SPAN = SPAN_BLOCKS * BLOCK };

/* Blocks whose newlines are kept for the end of the last record. */
#ifdef HAS_PAGES
enum { LAST_BLOCKS = PAGE_BLOCKS };
#else
enum { LAST_BLOCKS = SPAN_BLOCKS };
#endif

/* What counting gathers. */
typedef struct csv_found {
    uint64_t rows, blanks;
    uint64_t last[LAST_BLOCKS]; /* the newlines of the last blocks that had some */
    size_t last_offset;         /* where these begin */
    size_t last_blocks;         /* how many these are */
    bool strays;                /* the last span with quotes had them in unquoted fields alone */
} csv_found;

/* A span without CR, as bits. */
typedef struct csv_span {
    uint64_t lf[SPAN_BLOCKS], quote[SPAN_BLOCKS], separator[SPAN_BLOCKS];
} csv_span;

static inline TARGET void count_block(csv_found *found, const csv_bits *bits, size_t offset)
{
    found->rows += ones(bits->newline);
    found->blanks += ones(bits->blank);
    if (bits->newline != 0) {
        found->last[0] = bits->newline;
        found->last_offset = offset;
        found->last_blocks = 1;
    }
}

/* The records that end in a span without CR. */
static inline TARGET void count_span(csv_scan *scan, csv_found *found, const uint64_t newline[SPAN_BLOCKS],
                                     size_t offset)
{
    uint64_t start = scan->record_start, any = 0, blank[SPAN_BLOCKS];
    for (size_t k = 0; k < SPAN_BLOCKS; k++) {
        found->rows += ones(newline[k]);
        any |= newline[k];
        blank[k] = newline[k] & (2 * newline[k] + start);
        start = newline[k] >> 63;
    }
    scan->record_start = start;
    if (any == 0)
        return;
    if (__builtin_expect((blank[0] | blank[1] | blank[2] | blank[3]) != 0, 0))
        found->blanks += ones(blank[0]) + ones(blank[1]) + ones(blank[2]) + ones(blank[3]);
    for (size_t k = 0; k < SPAN_BLOCKS; k++)
        found->last[k] = newline[k];
    found->last_offset = offset;
    found->last_blocks = SPAN_BLOCKS;
}

/* A span without quotes and CR. */
static inline TARGET bool count_plain(csv_scan *scan, const uint8_t *data, csv_found *found, size_t offset)
{
    if (scan->left >> 63 != 0)
        return false; /* behind a quote that left: the first byte is to be looked at */
    scan->left = 0;
    if (scan->inside != 0) {
        scan->may_enter = scan->record_start = 0;
        return true;
    }
    uint64_t newline[SPAN_BLOCKS];
    for (size_t k = 0; k < SPAN_BLOCKS; k++)
        newline[k] = set_bits(block_equal(block_load(data + k * BLOCK), scan->lf));
    count_span(scan, found, newline, offset);
    block last = block_load(data + SPAN - BLOCK);
    scan->may_enter = set_bits(set_or(block_equal(last, scan->lf), block_equal(last, scan->delimiter))) >> 63;
    return true;
}

/* A span that lies outside quotes, when no quote in it can enter. */
static inline TARGET bool count_strays(csv_scan *scan, const csv_span *span, csv_found *found, size_t offset)
{
    uint64_t carry = scan->may_enter, enters = 0;
    for (size_t k = 0; k < SPAN_BLOCKS; k++) {
        enters |= span->quote[k] & (2 * span->separator[k] + carry);
        carry = span->separator[k] >> 63;
    }
    if ((scan->inside | enters) != 0 || (scan->left >> 63 & ~span->separator[0]) != 0)
        return false;
    count_span(scan, found, span->lf, offset);
    scan->may_enter = carry;
    scan->left = 0;
    return true;
}

/* A span in which every quote stands where it belongs. */
static inline TARGET bool count_quoted(csv_scan *scan, const csv_span *span, csv_found *found, size_t offset)
{
    uint64_t inside = scan->inside, may_enter = scan->may_enter, left = scan->left, amiss = 0, newline[SPAN_BLOCKS];
    for (size_t k = 0; k < SPAN_BLOCKS; k++) {
        uint64_t quote = span->quote[k], between = prefix_xor(quote) ^ inside, leaves = quote & ~between;
        uint64_t syntax = span->separator[k] | quote;
        amiss |= (quote & between & ~(2 * syntax + may_enter)) | ((2 * leaves + (left >> 63)) & ~syntax);
        newline[k] = span->lf[k] & ~between;
        inside = (uint64_t)((int64_t)between >> 63);
        may_enter = syntax >> 63;
        left = leaves;
    }
    if (amiss != 0)
        return false;
    count_span(scan, found, newline, offset);
    scan->inside = inside;
    scan->may_enter = may_enter;
    scan->left = left;
    return true;
}

/* False, with nothing carried or counted, when the blocks of the span are to be looked at one by one. */
static inline TARGET bool count_together(csv_scan *scan, const uint8_t *data, csv_found *found, size_t offset)
{
    block b0 = block_load(data), b1 = block_load(data + BLOCK), b2 = block_load(data + 2 * BLOCK),
          b3 = block_load(data + 3 * BLOCK);
    set cr = set_or(set_or(block_equal(b0, scan->cr), block_equal(b1, scan->cr)),
                    set_or(block_equal(b2, scan->cr), block_equal(b3, scan->cr)));
    set quote = set_or(set_or(block_equal(b0, scan->quote), block_equal(b1, scan->quote)),
                       set_or(block_equal(b2, scan->quote), block_equal(b3, scan->quote)));
    if (__builtin_expect(set_bits(cr) != 0, 0))
        return false;
    if ((set_bits(quote) & scan->quote_used) == 0)
        return count_plain(scan, data, found, offset);
    csv_span span;
    for (size_t k = 0; k < SPAN_BLOCKS; k++) {
        block bytes = block_load(data + k * BLOCK);
        span.lf[k] = set_bits(block_equal(bytes, scan->lf));
        span.separator[k] = span.lf[k] | set_bits(block_equal(bytes, scan->delimiter));
        span.quote[k] = set_bits(block_equal(bytes, scan->quote));
    }
    if (found->strays && count_strays(scan, &span, found, offset))
        return true;
    if (count_quoted(scan, &span, found, offset)) {
        found->strays = false;
        return true;
    }
    return !found->strays && (found->strays = count_strays(scan, &span, found, offset));
}

#ifdef HAS_PAGES
/* As many pages as can be counted as such; what they take up. */
static inline TARGET size_t count_pages(csv_scan *scan, const uint8_t *data, size_t from, size_t size, csv_found *found)
{
    size_t i = from;
    for (; size - i > PAGE; i += PAGE) {
        page_found page;
        if (!count_page(scan, data + i, &found->strays, found->last, &page))
            break;
        found->rows += page.rows;
        found->blanks += page.blanks;
        if (page.any) {
            found->last_offset = i;
            found->last_blocks = PAGE_BLOCKS;
        }
    }
    return i - from;
}
#else
static inline TARGET size_t count_pages(csv_scan *scan, const uint8_t *data, size_t from, size_t size, csv_found *found)
{
    (void)scan, (void)data, (void)from, (void)size, (void)found;
    return 0;
}
#endif

static inline __attribute__((always_inline)) TARGET size_t count_walk(csv_scan *scan, const uint8_t *data, size_t i,
                                                                      size_t size, bool commented, csv_found *found)
{
    csv_bits bits;
    for (size_t page = i; size - i > BLOCK;) { /* the place from which pages are tried again */
        if (!commented && i >= page) {
            i += count_pages(scan, data, i, size, found);
            page = i + PAGE;
        }
        size_t until = i + BLOCK;
        if (!commented && size - i > SPAN) {
            if (count_together(scan, data + i, found, i)) {
                i += SPAN;
                continue;
            }
            until = i + SPAN;
        }
        for (; i < until && size - i > BLOCK; i += BLOCK) {
            if (!scan_block(scan, data + i, ~UINT64_C(0), commented, &bits))
                return i;
            count_block(found, &bits, i);
        }
    }
    if (!scan_tail(scan, data + i, size - i, commented, &bits))
        return i;
    count_block(found, &bits, i);
    return size;
}

static TARGET size_t csv_count(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from,
                               size_t size, hr_csv_tally *tally)
{
    csv_scan scan;
    if (from >= size || !scan_begin(&scan, syntax, *state))
        return from;
    scan.strays = true;
    csv_found found = {0};
    size_t at = syntax->comment == HR_SYNTAX_NONE ? count_walk(&scan, data, from, size, false, &found)
                                                  : count_walk(&scan, data, from, size, true, &found);
    *state = state_at(&scan, syntax, *state, data, from, at, size);
    /* A blank line is counted at its first byte, and would be again at its LF by whoever goes on from there. */
    if (*state == HR_CSV_RECORD_START && halves_crlf(data, from, at, size))
        found.blanks--;
    tally->rows += found.rows;
    tally->blanks += found.blanks;
    for (size_t k = found.last_blocks; k-- > 0;)
        if (found.last[k] != 0) {
            tally->last_end = found.last_offset + (k + 1) * BLOCK - (size_t)__builtin_clzll(found.last[k]);
            tally->seen_row = true;
            break;
        }
    return at;
}
