/* scalar_decode.c: the oracle of decoding to UTF-8: single-byte encodings and UTF-16, character by character. */
#include "simd/tables.h"

/* A code point of the Basic Multilingual Plane that is no surrogate, as 1 to 3 bytes; how many. */
static size_t put(uint8_t out[3], uint32_t code)
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xC0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3F));
        return 2;
    }
    out[0] = (uint8_t)(0xE0 | code >> 12);
    out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    out[2] = (uint8_t)(0x80 | (code & 0x3F));
    return 3;
}

size_t hr_scalar_decode_single(const uint16_t high[128], const uint8_t *in, size_t size, uint8_t *out, size_t capacity,
                               size_t *got)
{
    size_t from = 0, to = 0;
    for (; from < size; from++) {
        uint8_t text[3];
        uint32_t code = in[from] < 0x80 ? in[from] : high[in[from] - 0x80];
        size_t length = put(text, code);
        if (in[from] >= 0x80 && code == 0)
            text[0] = 0xFF;
        if (capacity - to < length)
            break;
        for (size_t i = 0; i < length; i++)
            out[to++] = text[i];
    }
    *got = to;
    return from;
}

size_t hr_scalar_decode_utf16(const uint8_t *in, size_t size, bool big_endian, uint8_t *out, size_t capacity,
                              size_t *got)
{
    size_t from = 0, to = 0;
    for (; size - from >= 2; from += 2) {
        uint8_t text[3];
        uint32_t code = big_endian ? (uint32_t)in[from] << 8 | in[from + 1] : (uint32_t)in[from + 1] << 8 | in[from];
        size_t length = put(text, code);
        if ((code & 0xF800) == 0xD800 || capacity - to < length)
            break;
        for (size_t i = 0; i < length; i++)
            out[to++] = text[i];
    }
    *got = to;
    return from;
}
