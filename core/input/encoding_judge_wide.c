/* encoding_judge_wide.c: UTF-16 and UTF-32 without a mark, by where their NUL bytes and their everyday characters
 * stand. */
#include "core/input/encoding_evidence.h"

/* Every unit a code point, and none of them NUL. */
static bool is_utf32(const uint8_t *sample, size_t units, bool big_endian)
{
    for (size_t i = 0; i < units; i++) {
        const uint8_t *u = sample + 4 * i;
        uint32_t code = big_endian ? (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3]
                                   : (uint32_t)u[3] << 24 | (uint32_t)u[2] << 16 | (uint32_t)u[1] << 8 | u[0];
        if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
            return false;
        }
    }
    return units > 0;
}

/* The bytes of which nearly every table has many, and which in UTF-16 are half of a character that has NUL as other
 * half. */
static bool everyday(uint8_t byte)
{
    return byte == '\n' || byte == '\r' || byte == ' ' || byte == ',' || byte == ';' || byte == '"' || byte == '\t';
}

/* Whether the lane of high bytes begins at `high` (0 or 1) of each unit. */
static bool is_utf16(const uint8_t *sample, size_t units, size_t high, unsigned *confidence)
{
    size_t nul_high = 0, nul_low = 0, paired = 0, alone = 0, broken = 0, controls = 0, open = 0;
    for (size_t i = 0; i < units; i++) {
        uint8_t h = sample[2 * i + high], l = sample[2 * i + 1 - high];
        nul_high += h == 0;
        nul_low += l == 0;
        controls += h == 0 && (l < 9 || (l > 13 && l < 32) || (l >= 0x7F && l < 0xA0));
        paired += h == 0 && everyday(l);
        alone += (h != 0 && everyday(l)) || (everyday(h) && l != 0);
        broken += open ? h < 0xDC || h > 0xDF : h >= 0xDC && h <= 0xDF;
        open = h >= 0xD8 && h <= 0xDB;
    }
    *confidence = nul_high * 2 > units ? 97 : paired > 4 * alone ? 90 : 75;
    return nul_high > 0 && nul_high * 64 >= units && nul_low * 8 <= nul_high && broken * 50 <= units &&
           controls * 50 <= units && (paired * 2 > alone || nul_high * 4 > units * 3);
}

const char *hr_judge_wide(const uint8_t *sample, size_t size, bool whole, unsigned *confidence)
{
    if (!memchr(sample, 0, size)) {
        return NULL;
    }
    *confidence = 98;
    if (size >= 4 && (!whole || size % 4 == 0)) {
        if (is_utf32(sample, size / 4, false)) {
            return "utf-32le";
        }
        if (is_utf32(sample, size / 4, true)) {
            return "utf-32be";
        }
    }
    if (size < 2 || (whole && size % 2 != 0 && size < 64)) {
        return NULL;
    }
    if (is_utf16(sample, size / 2, 1, confidence)) {
        return "utf-16le";
    }
    return is_utf16(sample, size / 2, 0, confidence) ? "utf-16be" : NULL;
}
