/* csv_page.h: CSV 4 KiB at a time with AVX-512. Included by avx512.c between csv_block.h and csv_index.h.
 *
 * The page becomes rows of bits in memory, one for each kind of byte, one word for each block of 64 bytes; then eight
 * words are worked on at once, by the rules of csv_block.h. Where a rule does not hold, the page is left to smaller
 * steps.
 */

#define PAGE_TARGET \
    __attribute__(( \
        target("avx512f,avx512bw,avx512vl,avx512vbmi2,avx512vpopcntdq,vpclmulqdq,avx2,pclmul,popcnt,bmi,bmi2,lzcnt")))

enum { LANES = 8, PAGE_BLOCKS = 64, PAGE = PAGE_BLOCKS * BLOCK };

typedef struct csv_page {
    uint64_t lf[PAGE_BLOCKS], delimiter[PAGE_BLOCKS], quote[PAGE_BLOCKS], cr[PAGE_BLOCKS];
    uint64_t newline[PAGE_BLOCKS];    /* those that end records */
    uint64_t structural[PAGE_BLOCKS]; /* separators; only of a page that is indexed */
} csv_page;

/* What a page adds. */
typedef struct page_found {
    uint64_t rows, blanks;  /* of a page that is counted */
    uint64_t kept_newlines; /* of a page that is indexed */
    bool any;               /* some newline ends a record */
    bool seen_cr;
} page_found;

/* What is known between two steps: whole words of the step before, of which the last bit counts. */
typedef struct page_carry {
    __m512i syntax, left, newline;
    uint64_t inside; /* bit 0 */
} page_carry;

static inline PAGE_TARGET __m512i words_at(const uint64_t *words, size_t k)
{
    return _mm512_loadu_si512(words + k);
}

/* The functions of csv_block.h have another target, and would not always be inlined here. */
static inline PAGE_TARGET __mmask64 equal_at(const uint8_t *p, __m512i byte)
{
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), byte);
}

/* Each bit moves to the next byte: over the border of words too, from `before` into the first. */
static inline PAGE_TARGET __m512i to_next(__m512i words, __m512i before)
{
    return _mm512_shldi_epi64(words, _mm512_alignr_epi64(words, before, LANES - 1), 1);
}

static inline PAGE_TARGET __m512i last_bit(uint64_t bit)
{
    const uint64_t last = bit << 63;
    return _mm512_set1_epi64((long long)last);
}

/* Bit i of the result: the parity of all quotes up to i, beginning with *inside. */
static inline PAGE_TARGET __m512i between_quotes(__m512i quote, uint64_t *inside)
{
    __m128i every = _mm_set1_epi8(-1);
    __m512i all = _mm512_broadcast_i32x4(every);
    __m512i parity =
        _mm512_unpacklo_epi64(_mm512_clmulepi64_epi128(quote, all, 0x00), _mm512_clmulepi64_epi128(quote, all, 0x01));
    uint32_t odd = _mm512_cmplt_epi64_mask(parity, _mm512_setzero_si512()); /* words with an odd number */
    odd ^= odd << 1;
    odd ^= odd << 2;
    odd ^= odd << 4;
    odd = (odd << 1) ^ (0u - (uint32_t)*inside);
    *inside = odd >> LANES & 1;
    return _mm512_mask_xor_epi64(parity, (__mmask8)odd, parity, all);
}

/* False: some CR is not half of a CRLF. */
static PAGE_TARGET bool page_breaks(const csv_scan *scan, const uint8_t *data, csv_page *page)
{
    uint64_t lone = 0;
    for (size_t k = 0; k < PAGE_BLOCKS; k++) {
        page->cr[k] = equal_at(data + k * BLOCK, scan->cr);
        uint64_t next = k + 1 < PAGE_BLOCKS ? page->lf[k + 1] : data[PAGE] == '\n';
        lone |= page->cr[k] & ~(page->lf[k] >> 1 | next << 63);
    }
    return lone == 0;
}

/* Whether no quote of the page, which begins outside, can enter. */
static PAGE_TARGET bool page_of_strays(const csv_scan *scan, const csv_page *page)
{
    __m512i before = last_bit(scan->may_enter), enters = _mm512_setzero_si512();
    for (size_t k = 0; k < PAGE_BLOCKS; k += LANES) {
        __m512i separator = _mm512_or_si512(_mm512_or_si512(words_at(page->lf, k), words_at(page->delimiter, k)),
                                            words_at(page->cr, k));
        enters = _mm512_or_si512(enters, _mm512_and_si512(words_at(page->quote, k), to_next(separator, before)));
        before = separator;
    }
    return _mm512_test_epi64_mask(enters, enters) == 0;
}

typedef struct page_sums {
    __m512i rows, blanks, kept, any, amiss;
} page_sums;

#define PAGE_INLINE static inline __attribute__((always_inline)) PAGE_TARGET

PAGE_INLINE void page_step(csv_page *page, size_t k, bool quotes, bool indexed, page_carry *carry, page_sums *sums)
{
    __m512i lf = words_at(page->lf, k), cr = words_at(page->cr, k), newline = lf;
    __m512i line_break = _mm512_or_si512(lf, cr), delimiter = words_at(page->delimiter, k);
    __m512i separator = _mm512_or_si512(line_break, delimiter), syntax = separator;
    __m512i structural = _mm512_or_si512(lf, delimiter), left = _mm512_setzero_si512();
    if (quotes) {
        __m512i quote = words_at(page->quote, k), between = between_quotes(quote, &carry->inside);
        __m512i enters = _mm512_and_si512(quote, between);
        left = _mm512_andnot_si512(between, quote);
        syntax = _mm512_or_si512(separator, quote);
        newline = _mm512_andnot_si512(between, lf);
        structural = _mm512_andnot_si512(between, structural);
        if (indexed)
            sums->kept = _mm512_add_epi64(sums->kept, _mm512_popcnt_epi64(_mm512_and_si512(between, line_break)));
        sums->amiss = _mm512_or_si512(sums->amiss, _mm512_andnot_si512(to_next(syntax, carry->syntax), enters));
    }
    sums->amiss = _mm512_or_si512(sums->amiss, _mm512_andnot_si512(syntax, to_next(left, carry->left)));
    _mm512_storeu_si512(page->newline + k, newline);
    if (indexed) {
        _mm512_storeu_si512(page->structural + k, structural);
    } else {
        __m512i blank = _mm512_and_si512(to_next(newline, carry->newline), line_break);
        sums->rows = _mm512_add_epi64(sums->rows, _mm512_popcnt_epi64(newline));
        sums->blanks = _mm512_add_epi64(sums->blanks, _mm512_popcnt_epi64(blank));
        sums->any = _mm512_or_si512(sums->any, newline);
    }
    carry->syntax = syntax;
    carry->left = left;
    carry->newline = newline;
}

static inline PAGE_TARGET uint64_t last_word(__m512i words)
{
    return (uint64_t)_mm_extract_epi64(_mm512_extracti32x4_epi32(words, 3), 1);
}

/* `quotes`: they have a meaning here. */
PAGE_INLINE bool page_run(csv_scan *scan, csv_page *page, bool quotes, bool indexed, page_found *found)
{
    page_carry carry = {last_bit(scan->may_enter), last_bit(scan->left >> 63), last_bit(scan->record_start),
                        scan->inside & 1};
    __m512i none = _mm512_setzero_si512();
    page_sums sums = {none, none, none, none, none};
    if (quotes)
        for (size_t k = 0; k < PAGE_BLOCKS; k += LANES)
            page_step(page, k, true, indexed, &carry, &sums);
    else
        for (size_t k = 0; k < PAGE_BLOCKS; k += LANES)
            page_step(page, k, false, indexed, &carry, &sums);
    if (_mm512_test_epi64_mask(sums.amiss, sums.amiss) != 0)
        return false;
    found->rows = (uint64_t)_mm512_reduce_add_epi64(sums.rows);
    found->blanks = (uint64_t)_mm512_reduce_add_epi64(sums.blanks);
    found->kept_newlines = (uint64_t)_mm512_reduce_add_epi64(sums.kept);
    found->any = _mm512_test_epi64_mask(sums.any, sums.any) != 0;
    scan->inside = 0 - carry.inside;
    scan->may_enter = last_word(carry.syntax) >> 63;
    scan->left = last_word(carry.left);
    scan->record_start = last_word(carry.newline) >> 63;
    return true;
}

/* The page at `data`, of which the byte behind is readable. False: with nothing carried or counted, it is to be looked
 * at by smaller steps. `strays`: whether the last page with quotes had them in unquoted fields alone. */
PAGE_INLINE bool page_scan(csv_scan *scan, const uint8_t *data, bool indexed, bool *strays, csv_page *page,
                           page_found *found)
{
    needle lf = scan->lf, cr = scan->cr, delimiter = scan->delimiter, quote = scan->quote;
    __mmask64 some_cr = 0, some_quote = 0;
    for (size_t k = 0; k < PAGE_BLOCKS; k++) {
        const uint8_t *at = data + k * BLOCK;
        __mmask64 is_quote = equal_at(at, quote);
        some_cr |= equal_at(at, cr);
        some_quote |= is_quote;
        page->quote[k] = is_quote;
        page->lf[k] = equal_at(at, lf);
        page->delimiter[k] = equal_at(at, delimiter);
    }
    found->seen_cr = some_cr != 0;
    if (some_cr == 0)
        memset(page->cr, 0, sizeof page->cr);
    else if (!page_breaks(scan, data, page))
        return false;
    bool quotes = scan->inside != 0 || (some_quote & scan->quote_used) != 0;
    if (quotes && *strays && scan->inside == 0 && page_of_strays(scan, page))
        quotes = false;
    if (!page_run(scan, page, quotes, indexed, found)) {
        *strays = scan->strays && quotes && scan->inside == 0 && page_of_strays(scan, page);
        return false;
    }
    return true;
}

/* newline: the bits that end records, when there are any. */
static __attribute__((noinline)) PAGE_TARGET bool count_page(csv_scan *scan, const uint8_t *data, bool *strays,
                                                             uint64_t newline[PAGE_BLOCKS], page_found *found)
{
    csv_page page;
    if (!page_scan(scan, data, false, strays, &page, found))
        return false;
    if (found->any)
        memcpy(newline, page.newline, sizeof page.newline);
    return true;
}

static __attribute__((noinline)) PAGE_TARGET bool index_page(csv_scan *scan, const uint8_t *data, bool *strays,
                                                             csv_page *page, page_found *found)
{
    return page_scan(scan, data, true, strays, page, found);
}

#define HAS_PAGES
