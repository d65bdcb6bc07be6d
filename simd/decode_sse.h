/* decode_sse.h: what decode_block.h asks for, with SSE2 and SSSE3. Included by the files of SSE4.2 and AVX2. */

static inline TARGET bool ascii_16(const uint8_t *in, uint8_t *out)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)in);
    _mm_storeu_si128((__m128i *)(void *)out, bytes);
    return _mm_movemask_epi8(bytes) == 0;
}

static inline TARGET bool ascii_units(const uint8_t *in, bool big_endian, uint8_t *out)
{
    const __m128i *parts = (const __m128i *)(const void *)in;
    __m128i low = _mm_loadu_si128(parts), high = _mm_loadu_si128(parts + 1);
    __m128i beyond = _mm_set1_epi16((short)0xFF80);
    if (big_endian) {
        low = _mm_or_si128(_mm_slli_epi16(low, 8), _mm_srli_epi16(low, 8));
        high = _mm_or_si128(_mm_slli_epi16(high, 8), _mm_srli_epi16(high, 8));
    }
    _mm_storeu_si128((__m128i *)(void *)out, _mm_packus_epi16(low, high));
    return _mm_testz_si128(_mm_or_si128(low, high), beyond) != 0;
}
