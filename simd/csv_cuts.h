/* csv_cuts.h: the index of records that all have the same number of fields, of which only some places may be wanted.
 * Included after csv_block.h (csv_page.h) and text_block.h by files whose set of instructions deposits bits (pdep) and
 * that have defined put_ordinals(out, bits, first): first + i for each bit i, which may write 64 entries.
 *
 * The window becomes words of bits first, one for each block: separators, and those that end records. As all records
 * are alike, the ordinal of a word's first separator says which of its separators are wanted and which end records: a
 * mask of ordinals, laid over the separators by pdep, gives both, for all records in the block at once. Where the
 * newlines are not those of the mask, some record is not like the others, and the walk ends.
 */

enum { CUT_WORDS = HR_WINDOW_MAX / BLOCK + 2 };
enum { CUT_SINGLY = 64 }; /* blocks that are looked at one by one before the next try to look at many */

typedef struct cut_words {
    uint64_t structural[CUT_WORDS], newline[CUT_WORDS];
    uint64_t high[CUT_WORDS / 64 + 1]; /* a bit for each block: it holds a byte >= 0x80 */
} cut_words;

/* One block, the way of csv_block.h; `bits` are those of scan_block or scan_tail. */
static inline TARGET void cut_take(const csv_bits *bits, cut_words *words, size_t word, hr_csv_cuts_found *found)
{
    words->structural[word] = bits->structural;
    words->newline[word] = bits->newline;
    words->high[word / 64] |= (uint64_t)(block_high(bits->bytes) != 0) << word % 64;
    found->kept_newlines += ones(bits->kept_break);
}

#ifdef HAS_PAGES
/* What a page tells beside its words. */
typedef struct cut_sums {
    __m512i kept, amiss;
} cut_sums;

static inline __attribute__((always_inline)) PAGE_TARGET void cut_step(csv_page *page, size_t k, bool quotes,
                                                                       page_carry *carry, cut_sums *sums,
                                                                       uint64_t *structural, uint64_t *newline)
{
    __m512i lf = words_at(page->lf, k), cr = words_at(page->cr, k),
            ends = _mm512_or_si512(lf, words_at(page->delimiter, k));
    __m512i separator = _mm512_or_si512(ends, cr), syntax = separator, left = _mm512_setzero_si512();
    __m512i record = lf;
    if (quotes) {
        __m512i quote = words_at(page->quote, k), between = between_quotes(quote, &carry->inside);
        __m512i enters = _mm512_and_si512(quote, between);
        left = _mm512_andnot_si512(between, quote);
        syntax = _mm512_or_si512(separator, quote);
        ends = _mm512_andnot_si512(between, ends);
        record = _mm512_andnot_si512(between, lf);
        __m512i kept = _mm512_and_si512(between, _mm512_or_si512(lf, cr));
        sums->amiss = _mm512_or_si512(sums->amiss, _mm512_andnot_si512(to_next(syntax, carry->syntax), enters));
        sums->kept = _mm512_add_epi64(sums->kept, _mm512_popcnt_epi64(kept));
    }
    sums->amiss = _mm512_or_si512(sums->amiss, _mm512_andnot_si512(syntax, to_next(left, carry->left)));
    _mm512_storeu_si512(structural + k, ends);
    _mm512_storeu_si512(newline + k, record);
    carry->syntax = syntax;
    carry->left = left;
    carry->newline = record;
}

/* `blocks` (a multiple of LANES, up to a page) at `data`, of which the byte behind is readable. False, with nothing
 * carried: they are to be looked at one by one. */
static __attribute__((noinline)) PAGE_TARGET bool cut_page(csv_scan *scan, const uint8_t *data, size_t blocks,
                                                           cut_words *words, size_t word, hr_csv_cuts_found *found)
{
    csv_page page;
    uint64_t high_bytes[PAGE_BLOCKS];
    needle lf = scan->lf, cr = scan->cr, delimiter = scan->delimiter, quote = scan->quote;
    __mmask64 some_cr = 0, some_quote = 0;
    for (size_t k = 0; k < blocks; k++) {
        __m512i bytes = _mm512_loadu_si512(data + k * BLOCK);
        __mmask64 is_quote = _mm512_cmpeq_epi8_mask(bytes, quote), is_cr = _mm512_cmpeq_epi8_mask(bytes, cr);
        high_bytes[k] = _mm512_movepi8_mask(bytes);
        some_cr |= is_cr;
        some_quote |= is_quote;
        page.cr[k] = is_cr;
        page.quote[k] = is_quote;
        page.lf[k] = _mm512_cmpeq_epi8_mask(bytes, lf);
        page.delimiter[k] = _mm512_cmpeq_epi8_mask(bytes, delimiter);
    }
    uint64_t lone = 0;
    for (size_t k = 0; some_cr != 0 && k < blocks; k++) {
        uint64_t next = k + 1 < blocks ? page.lf[k + 1] : data[blocks * BLOCK] == '\n';
        lone |= page.cr[k] & ~(page.lf[k] >> 1 | next << 63);
    }
    bool quotes = scan->inside != 0 || (some_quote & scan->quote_used) != 0;
    page_carry carry = {last_bit(scan->may_enter), last_bit(scan->left >> 63), last_bit(scan->record_start),
                        scan->inside & 1};
    cut_sums sums = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    uint64_t *structural = words->structural + word, *newline = words->newline + word;
    if (quotes)
        for (size_t k = 0; k < blocks; k += LANES)
            cut_step(&page, k, true, &carry, &sums, structural, newline);
    else
        for (size_t k = 0; k < blocks; k += LANES)
            cut_step(&page, k, false, &carry, &sums, structural, newline);
    if (lone != 0 || _mm512_test_epi64_mask(sums.amiss, sums.amiss) != 0)
        return false;
    scan->inside = 0 - carry.inside;
    scan->may_enter = last_word(carry.syntax) >> 63;
    scan->left = last_word(carry.left);
    scan->record_start = last_word(carry.newline) >> 63;
    found->kept_newlines += (uint32_t)_mm512_reduce_add_epi64(sums.kept);
    found->quotes = found->quotes || (some_quote & scan->quote_used) != 0;
    found->cr = found->cr || some_cr != 0;
    for (size_t k = 0; k < blocks; k += LANES) {
        const __m512i high = words_at(high_bytes, k);
        words->high[(word + k) / 64] |= (uint64_t)_mm512_test_epi64_mask(high, high) << (word + k) % 64;
    }
    return true;
}

/* As many blocks as can be looked at together, from block `word` on, which is at data. */
static inline TARGET size_t cut_together(csv_scan *scan, const uint8_t *data, size_t left, cut_words *words,
                                         size_t word, hr_csv_cuts_found *found)
{
    size_t blocks = (left - 1) / BLOCK / LANES * LANES;
    blocks = blocks < PAGE_BLOCKS ? blocks : PAGE_BLOCKS;
    return blocks && cut_page(scan, data, blocks, words, word, found) ? blocks : 0;
}
#else
static inline TARGET size_t cut_together(csv_scan *scan, const uint8_t *data, size_t left, cut_words *words,
                                         size_t word, hr_csv_cuts_found *found)
{
    (void)scan, (void)data, (void)left, (void)words, (void)word, (void)found;
    return 0;
}
#endif

/* Fills `words` and gives how many blocks are vouched for. */
static inline TARGET size_t cut_scan(csv_scan *scan, const uint8_t *data, size_t size, cut_words *words,
                                     hr_csv_cuts_found *found)
{
    gathered cr = {0};
    uint64_t quotes = 0;
    size_t word = 0, at = 0;
    csv_bits bits;
    for (bool good = true; good && at < size;) {
        size_t blocks = cut_together(scan, data + at, size - at, words, word, found);
        word += blocks;
        at += blocks * BLOCK;
        for (size_t k = 0; good && !blocks && k < CUT_SINGLY && at < size; k++) {
            size_t left = size - at;
            good = left > BLOCK ? scan_block(scan, data + at, ~UINT64_C(0), false, &bits)
                                : scan_tail(scan, data + at, left, false, &bits);
            if (!good)
                break;
            cut_take(&bits, words, word++, found);
            cr = gather(cr, bits.cr, bits.bytes);
            quotes |= set_bits(block_equal(bits.bytes, scan->quote)) & scan->quote_used;
            at += left > BLOCK ? BLOCK : left;
        }
    }
    found->cr = found->cr || gathered_any(cr);
    found->quotes = found->quotes || quotes != 0;
    found->size = at;
    return word;
}

/* Whether data[0, used), of found->size bytes that were looked at, is UTF-8: blocks of ASCII need no look, but where a
 * sequence should have gone on into one. May say no where what follows in the last block is not. */
static inline TARGET bool cut_utf8(const uint8_t *data, size_t used, const cut_words *words,
                                   const hr_csv_cuts_found *found)
{
    bool bad = false;
    for (size_t base = 0; base * BLOCK < used; base += 64)
        for (uint64_t high = words->high[base / 64]; high != 0; high &= high - 1) {
            const size_t block_at = base + (size_t)__builtin_ctzll(high), at = block_at * BLOCK, next = block_at + 1;
            if (at >= used)
                break;
            if (found->size - at < BLOCK) { /* zeros stand behind it */
                bad |= utf8_edge_bad(data, at, used - at);
                break;
            }
            bad |= at == 0 ? utf8_edge_bad(data, 0, BLOCK) : utf8_block_bad(data + at);
            const uint8_t *end = data + at + BLOCK;
            const bool goes_on = (end[-1] >= 0xC0) | (end[-2] >= 0xE0) | (end[-3] >= 0xF0);
            bad |= goes_on && next * BLOCK < used && (words->high[next / 64] >> next % 64 & 1) == 0;
        }
    return !bad;
}

/* Records of few fields: several may end in a block. */
static inline __attribute__((always_inline)) TARGET uint16_t *cut_dense(const hr_csv_cuts *cuts, const cut_words *words,
                                                                        size_t count, uint16_t *out, bool all,
                                                                        bool *alike)
{
    const uint32_t columns = cuts->columns;
    const uint64_t inverse = (((uint64_t)1 << 32) + columns - 1) / columns; /* exact: total * columns < 2^32 */
    uint64_t total = 0;
    size_t i = 0;
    for (; i < count; i++) {
        const uint64_t separators = words->structural[i], first = total - (total * inverse >> 32) * columns;
        if (__builtin_expect(_pdep_u64(cuts->ends[first], separators) != words->newline[i], 0))
            break;
        const uint64_t wanted = all ? separators : _pdep_u64(cuts->wanted[first], separators);
        put_ordinals(out, wanted, (uint16_t)(i * BLOCK + 1));
        out += ones(wanted);
        total += ones(separators);
    }
    *alike = i == count;
    return out;
}

/* Records of many fields: in most blocks none ends, and of a few wanted places there is none. */
static inline TARGET uint16_t *cut_sparse(const hr_csv_cuts *cuts, const cut_words *words, size_t count, uint16_t *out,
                                          bool all, bool *alike)
{
    uint64_t total = 0, record = 0; /* `record`: separators before the record that is open */
    uint32_t cut = all ? cuts->count : 0;
    uint64_t next = cut < cuts->count ? cuts->at[cut] : cuts->columns;
    size_t i = 0;
    for (; i < count; i++) {
        const uint64_t separators = words->structural[i], before = total;
        total += ones(separators);
        uint64_t ends = 0;
        uint16_t *entry = out;
        while (__builtin_expect(record + next <= total, 0)) {
            uint64_t bit = _pdep_u64((uint64_t)1 << (record + next - 1 - before), separators);
            if (!all)
                *entry++ = (uint16_t)(i * BLOCK + (size_t)__builtin_ctzll(bit) + 1);
            if (cut < cuts->count) {
                cut++;
            } else {
                ends |= bit;
                record += cuts->columns;
                cut = all ? cuts->count : 0;
            }
            next = cut < cuts->count ? cuts->at[cut] : cuts->columns;
        }
        if (__builtin_expect(ends != words->newline[i], 0))
            break;
        if (all) {
            put_ordinals(out, separators, (uint16_t)(i * BLOCK + 1));
            entry = out + ones(separators);
        }
        out = entry;
    }
    *alike = i == count;
    return out;
}

static TARGET uint32_t csv_cuts(const hr_csv_syntax *syntax, const hr_csv_cuts *cuts, const uint8_t *data, size_t size,
                                uint16_t *begins, hr_csv_cuts_found *found)
{
    csv_scan scan;
    cut_words words;
    memset(words.high, 0, sizeof words.high);
    *found = (hr_csv_cuts_found){0};
    if (syntax->comment != HR_SYNTAX_NONE || !scan_begin(&scan, syntax, HR_CSV_RECORD_START))
        return 0;
    size_t count = cut_scan(&scan, data, size, &words, found);
    bool all = cuts->count + 1 == cuts->columns, alike;
    begins[0] = 0;
    uint16_t *end = cuts->columns > HR_CUTS_DENSE ? cut_sparse(cuts, &words, count, begins + 1, all, &alike)
                    : all                         ? cut_dense(cuts, &words, count, begins + 1, true, &alike)
                                                  : cut_dense(cuts, &words, count, begins + 1, false, &alike);
    found->alike = alike && found->size == size;
    const uint32_t rows = (uint32_t)((size_t)(end - begins - 1) / (cuts->count + 1));
    found->utf8 = cut_utf8(data, begins[(size_t)rows * (cuts->count + 1)], &words, found);
    return rows;
}
#define CSV_CUTS csv_cuts
