/* decode_512.h: decoding to UTF-8 with AVX-512: sixteen characters become three bytes each, of which those that are not
 * needed are compressed away. Included by avx512.c. */

/* What one step reads, and may write. */
enum { DECODE_IN = 64, DECODE_OUT = 128 };

/* The characters of `codes` in the lanes of `lanes`, as UTF-8; how many bytes. Writes 64. `bad`: those that become one
 * 0xFF. */
static inline TARGET size_t put_utf8(uint8_t *out, __m512i codes, uint32_t lanes, uint32_t bad)
{
    __m512i six = _mm512_set1_epi32(0x3F), more = _mm512_set1_epi32(0x80);
    uint32_t two = _mm512_cmpge_epu32_mask(codes, more);
    uint32_t three = _mm512_cmpge_epu32_mask(codes, _mm512_set1_epi32(0x800));
    __m512i shifted = _mm512_srli_epi32(codes, 6);
    /* First, middle, last byte from the lowest one of each lane; shorter ones lack the first. */
    __m512i last = _mm512_mask_or_epi32(codes, (__mmask16)two, _mm512_and_si512(codes, six), more);
    __m512i middle = _mm512_or_si512(shifted, _mm512_set1_epi32(0xC0));
    middle = _mm512_mask_or_epi32(middle, (__mmask16)three, _mm512_and_si512(shifted, six), more);
    __m512i first = _mm512_or_si512(_mm512_srli_epi32(codes, 12), _mm512_set1_epi32(0xE0));
    __m512i bytes = _mm512_or_si512(first, _mm512_or_si512(_mm512_slli_epi32(middle, 8), _mm512_slli_epi32(last, 16)));
    bytes = _mm512_mask_mov_epi32(bytes, (__mmask16)bad, _mm512_set1_epi32(0xFF0000));
    uint64_t keep = _pdep_u64(lanes, UINT64_C(0x4444444444444444)) |
                    _pdep_u64(two & lanes & ~bad, UINT64_C(0x2222222222222222)) |
                    _pdep_u64(three & lanes & ~bad, UINT64_C(0x1111111111111111));
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(keep, bytes));
    return ones(keep);
}

/* 32 characters. */
static inline TARGET size_t put_units(uint8_t *out, __m512i units, uint32_t lanes, uint32_t bad)
{
    size_t size = put_utf8(out, _mm512_cvtepu16_epi32(_mm512_castsi512_si256(units)), lanes & 0xFFFF, bad & 0xFFFF);
    return size +
           put_utf8(out + size, _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(units, 1)), lanes >> 16, bad >> 16);
}

static TARGET size_t decode_single(const uint16_t high[128], const uint8_t *in, size_t size, uint8_t *out,
                                   size_t capacity, size_t *got)
{
    __m512i part_0 = _mm512_loadu_si512(high), part_1 = _mm512_loadu_si512(high + 32);
    __m512i part_2 = _mm512_loadu_si512(high + 64), part_3 = _mm512_loadu_si512(high + 96);
    size_t from = 0, to = 0, made;
    while (size - from >= DECODE_IN && capacity - to >= DECODE_OUT) {
        __m512i whole = _mm512_loadu_si512(in + from);
        if (_mm512_movepi8_mask(whole) == 0) {
            _mm512_storeu_si512(out + to, whole);
            from += DECODE_IN;
            to += DECODE_IN;
            continue;
        }
        __m512i units = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(whole));
        uint32_t above = _mm512_test_epi16_mask(units, _mm512_set1_epi16(0x80));
        __m512i codes = _mm512_mask_mov_epi16(_mm512_permutex2var_epi16(part_0, units, part_1),
                                              _mm512_test_epi16_mask(units, _mm512_set1_epi16(0x40)),
                                              _mm512_permutex2var_epi16(part_2, units, part_3));
        uint32_t bad = above & _mm512_testn_epi16_mask(codes, codes);
        to += put_units(out + to, _mm512_mask_mov_epi16(units, above, codes), UINT32_MAX, bad);
        from += DECODE_IN / 2;
    }
    from += hr_scalar_decode_single(high, in + from, size - from, out + to, capacity - to, &made);
    *got = to + made;
    return from;
}

static TARGET size_t decode_utf16(const uint8_t *in, size_t size, bool big_endian, uint8_t *out, size_t capacity,
                                  size_t *got)
{
    size_t from = 0, to = 0, made;
    while (size - from >= DECODE_IN && capacity - to >= DECODE_OUT) {
        __m512i units = _mm512_loadu_si512(in + from);
        if (big_endian)
            units = _mm512_shldi_epi16(units, units, 8);
        if (_mm512_test_epi16_mask(units, _mm512_set1_epi16((short)0xFF80)) == 0) {
            _mm256_storeu_si256((__m256i *)(void *)(out + to), _mm512_cvtepi16_epi8(units));
            from += DECODE_IN;
            to += DECODE_IN / 2;
            continue;
        }
        __m512i kind = _mm512_and_si512(units, _mm512_set1_epi16((short)0xF800));
        uint32_t surrogates = _mm512_cmpeq_epi16_mask(kind, _mm512_set1_epi16((short)0xD800));
        uint32_t before = surrogates == 0 ? UINT32_MAX : (surrogates & (0 - surrogates)) - 1;
        to += put_units(out + to, units, before, 0);
        from += 2 * (size_t)ones(before);
        if (surrogates != 0) {
            *got = to;
            return from;
        }
    }
    from += hr_scalar_decode_utf16(in + from, size - from, big_endian, out + to, capacity - to, &made);
    *got = to + made;
    return from;
}
