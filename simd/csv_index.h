/* csv_index.h: the index of CSV text, written once over blocks of 64 bytes. Included after csv_block.h, and after
 * csv_page.h where there is one.
 */

/* What indexing gathers: a copy of the caller's counters, so that they stay in registers. */
typedef struct csv_output {
    uint16_t *begins, *row_ends; /* behind the last entries */
    uint32_t begin_count;
    uint32_t kept_newlines;
    bool some_cr;
} csv_output;

static inline TARGET void index_block(csv_output *output, const csv_bits *bits, size_t offset)
{
    put_index(output->begins, output->row_ends, bits->structural, bits->newline, (uint16_t)(offset + 1),
              output->begin_count);
    uint32_t separators = ones(bits->structural);
    output->begins += separators;
    output->begin_count += separators;
    output->row_ends += ones(bits->newline);
    output->kept_newlines += ones(bits->kept_break);
    output->some_cr |= bits->some_cr;
}

#ifdef HAS_PAGES
enum { PAGES_AHEAD = 3 };

/* As many pages as can be looked at as such; what they take up. */
static inline TARGET size_t index_pages(csv_scan *scan, const uint8_t *data, size_t from, size_t size, bool *strays,
                                        csv_output *output)
{
    size_t i = from;
    for (; size - i > PAGE; i += PAGE) {
        csv_page page;
        page_found found;
        if (!index_page(scan, data + i, strays, &page, &found))
            break;
        /* Another page comes from memory meanwhile: nearer ones would come too late. */
        const uint8_t *ahead = data + (size - i > (PAGES_AHEAD + 1) * PAGE ? i + PAGES_AHEAD * PAGE : i);
        for (size_t k = 0; k < PAGE_BLOCKS; k++) {
            __builtin_prefetch(ahead + k * BLOCK, 0, 2);
            put_index(output->begins, output->row_ends, page.structural[k], page.newline[k],
                      (uint16_t)(i + k * BLOCK + 1), output->begin_count);
            uint32_t separators = ones(page.structural[k]);
            output->begins += separators;
            output->begin_count += separators;
            output->row_ends += ones(page.newline[k]);
        }
        output->kept_newlines += (uint32_t)found.kept_newlines;
        output->some_cr |= found.seen_cr;
    }
    return i - from;
}
#else
enum { PAGE = BLOCK };
static inline TARGET size_t index_pages(csv_scan *scan, const uint8_t *data, size_t from, size_t size, bool *strays,
                                        csv_output *output)
{
    (void)scan, (void)data, (void)from, (void)size, (void)strays, (void)output;
    return 0;
}
#endif

/* `commented` is known at each call, so that dialects without comments do not pay for them. */
static inline __attribute__((always_inline)) TARGET size_t index_walk(csv_scan *scan, const uint8_t *data, size_t i,
                                                                      size_t size, bool commented, csv_output *output)
{
    csv_bits bits;
    bool strays = false;
    for (size_t page = i; size - i > BLOCK; i += BLOCK) {
        if (!commented && i >= page) { /* the place from which pages are tried again */
            i += index_pages(scan, data, i, size, &strays, output);
            page = i + PAGE;
            if (size - i <= BLOCK)
                break;
        }
        if (!scan_block(scan, data + i, ~UINT64_C(0), commented, &bits))
            return i;
        index_block(output, &bits, i);
    }
    if (!scan_tail(scan, data + i, size - i, commented, &bits))
        return i;
    index_block(output, &bits, i);
    return size;
}

static TARGET size_t csv_index(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from,
                               size_t size, hr_csv_index *index)
{
    csv_scan scan;
    if (from >= size || !scan_begin(&scan, syntax, *state))
        return from;
    csv_output output = {.begins = index->begins + index->begin_count,
                         .row_ends = index->row_ends + index->row_count,
                         .begin_count = index->begin_count};
    size_t at = syntax->comment == HR_SYNTAX_NONE ? index_walk(&scan, data, from, size, false, &output)
                                                  : index_walk(&scan, data, from, size, true, &output);
    index->begin_count = output.begin_count;
    index->row_count = (uint32_t)(output.row_ends - index->row_ends);
    index->seen_cr = index->seen_cr || output.some_cr;
    index->kept_newlines += output.kept_newlines;
    *state = state_at(&scan, syntax, *state, data, from, at, size);
    return at;
}
