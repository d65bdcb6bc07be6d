/* encoding_letters.c: which code points are letters, of which script and case, as far as the single-byte encodings have
 * them. */
#include "core/input/encoding_evidence.h"

static hr_script latin(uint32_t code, bool *upper, uint32_t *small)
{
    bool odd_is_small = (code >= 0x100 && code <= 0x137) || (code >= 0x14A && code <= 0x177) ||
                        (code >= 0x218 && code <= 0x21B) || (code >= 0x1E00 && code <= 0x1EFF) || code == 0x1A0 ||
                        code == 0x1A1;
    bool odd_is_capital =
        (code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E) || code == 0x1AF || code == 0x1B0;
    if (code == 0x130 || code == 0x131) { /* the Turkish dotted capital and dotless small i have ASCII partners */
        *upper = code == 0x130;
        return HR_SCRIPT_LATIN;
    }
    if (code >= 0xC0 && code <= 0xFF) {
        *upper = code <= 0xDE;
        *small = code <= 0xDE ? code + 0x20 : code;
        return code == 0xD7 || code == 0xF7 ? HR_SCRIPT_NONE : HR_SCRIPT_LATIN;
    }
    if (code == 0x178) {
        *upper = true;
        *small = 0xFF;
        return HR_SCRIPT_LATIN;
    }
    if (odd_is_small || odd_is_capital) {
        *upper = odd_is_small ? (code & 1) == 0 : (code & 1) == 1;
        *small = *upper ? code + 1 : code;
        return HR_SCRIPT_LATIN;
    }
    return code == 0x149 || code == 0x138 ? HR_SCRIPT_LATIN : HR_SCRIPT_NONE;
}

static hr_script greek(uint32_t code, bool *upper, uint32_t *small)
{
    if (code == 0x384 || code == 0x385 || code == 0x387 || code == 0x37A) {
        return HR_SCRIPT_NONE;
    }
    *upper = code <= 0x3AB && code != 0x390;
    if (*upper) {
        *small = code == 0x386   ? 0x3AC
                 : code <= 0x38A ? code + 0x25
                 : code == 0x38C ? 0x3CC
                 : code <= 0x38F ? code + 0x3F
                                 : code + 0x20;
    }
    return HR_SCRIPT_GREEK;
}

hr_script hr_letter(uint32_t code, bool *upper, uint32_t *small)
{
    *upper = false;
    *small = code;
    if (code < 0x80) {
        return HR_SCRIPT_NONE;
    }
    if (code < 0x250 || (code >= 0x1E00 && code <= 0x1EFF)) {
        return latin(code, upper, small);
    }
    if (code >= 0x384 && code <= 0x3CE) {
        return greek(code, upper, small);
    }
    if (code >= 0x400 && code <= 0x491) {
        *upper = code < 0x430 || code == 0x490;
        *small = code < 0x410 ? code + 0x50 : code < 0x430 ? code + 0x20 : code == 0x490 ? 0x491 : code;
        return HR_SCRIPT_CYRILLIC;
    }
    if ((code >= 0x5B0 && code <= 0x5C2) || (code >= 0x5D0 && code <= 0x5F4)) {
        return HR_SCRIPT_HEBREW;
    }
    if (code >= 0x621 && code <= 0x6D2) {
        return HR_SCRIPT_ARABIC;
    }
    if (code >= 0xE01 && code <= 0xE5B && code != 0xE3F) {
        return HR_SCRIPT_THAI;
    }
    return HR_SCRIPT_NONE;
}

bool hr_vowel(uint32_t small)
{
    static const char vowels[] = "àáâãäåæèéêëìíîïòóôõöøùúûüýÿāăąēĕėęěĩīĭįıōŏőœũūŭůűųŷơưǎ";
    uint8_t text[4];
    unsigned size = hr_put_utf8(text, small);
    return size == 2 && memmem(vowels, sizeof vowels - 1, text, size) != NULL;
}

float hr_natural_log(float x)
{
    float power = 0;
    for (; x < 1; x *= 2) {
        power -= 1;
    }
    for (; x >= 2; x /= 2) {
        power += 1;
    }
    float y = (x - 1) / (x + 1), square = y * y; /* ln x = 2 artanh y, and y <= 1/3 */
    return 2 * y * (1 + square * (1 / 3.0f + square * (1 / 5.0f + square * (1 / 7.0f + square / 9.0f)))) +
           power * 0.6931472f;
}
