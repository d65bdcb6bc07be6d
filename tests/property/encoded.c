/* encoded.c: sheets: a text as UTF-8 and in other encodings, with the raw offset of each of its bytes. The encoders
 * know the characters of their ink and nothing else. */
#include <stdlib.h>
#include <string.h>

#include "tests/property/documents.h"

typedef struct pair {
    const char *text, *raw;
} pair;

static const pair windows_1252[] = {{"é", "\xE9"}, {"ß", "\xDF"}, {"€", "\x80"}, {"\xFF", "\x81"}, {NULL, NULL}};
/* The second bytes of the two-byte characters are those of \, | and [. */
static const pair shift_jis[] = {{"表", "\x95\x5C"}, {"ポ", "\x83\x7C"}, {"ゼ", "\x83\x5B"},
                                 {"ｱ", "\xB1"},      {"\xFF", "\xFF"},   {NULL, NULL}};

static const char *const western[] = {"a", "b", "c", "0", "9", " ", "é", "ß", "€", NULL};
static const char *const japanese[] = {"a", "b", "c", "0", "9", " ", "表", "ポ", "ゼ", "ｱ", NULL};
static const char *const all[] = {"a", "b", "c", "0", "9", " ", "é", "€", "表", "😀", NULL};
static const char *const bad_byte[] = {"\xFF", NULL};
static const char *const bad_unit[] = {"\xFF\xFF", NULL}; /* a surrogate without its partner */

static const struct {
    const char *name;
    ink with;
    const pair *pairs;
} codes[CODE_COUNT] = {
    [CODE_WINDOWS_1252] = {"windows-1252", {western, bad_byte, true}, windows_1252},
    [CODE_SHIFT_JIS] = {"shift_jis", {japanese, bad_byte, true}, shift_jis},
    [CODE_UTF_16LE] = {"utf-16le", {all, bad_unit, true}, NULL},
    [CODE_UTF_16BE] = {"utf-16be", {all, bad_unit, true}, NULL},
};

const ink *code_ink(code c)
{
    return &codes[c].with;
}

const char *code_name(code c)
{
    return codes[c].name;
}

static size_t put_unit(uint8_t *out, uint32_t unit, bool big)
{
    out[big] = (uint8_t)unit;
    out[!big] = (uint8_t)(unit >> 8);
    return 2;
}

static size_t put_utf16(uint8_t *out, const uint8_t *text, size_t size, size_t *used, bool big)
{
    if (text[0] == 0xFF) {
        REQUIRE(size >= 2 && text[1] == 0xFF);
        *used = 2;
        return put_unit(out, 0xDC01, big);
    }
    *used = text[0] < 0x80 ? 1 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    uint32_t point = *used == 1 ? text[0] : text[0] & (0xFFu >> (*used + 1));
    for (size_t i = 1; i < *used; i++)
        point = point << 6 | (text[i] & 0x3Fu);
    if (point < 0x10000)
        return put_unit(out, point, big);
    put_unit(out, 0xD800 + ((point - 0x10000) >> 10), big);
    put_unit(out + 2, 0xDC00 + ((point - 0x10000) & 0x3FF), big);
    return 4;
}

static size_t put_pair(uint8_t *out, const uint8_t *text, size_t size, size_t *used, const pair *pairs)
{
    for (; pairs->text; pairs++) {
        size_t length = strlen(pairs->text);
        if (length <= size && !memcmp(pairs->text, text, length)) {
            *used = length;
            memcpy(out, pairs->raw, strlen(pairs->raw));
            return strlen(pairs->raw);
        }
    }
    REQUIRE(text[0] < 0x80);
    *used = 1;
    out[0] = text[0];
    return 1;
}

sheet sheet_encoded(const uint8_t *text, size_t size, code c, bool mark)
{
    bool wide = c == CODE_UTF_16LE || c == CODE_UTF_16BE;
    uint8_t *raw = malloc(size * 2 + 2), *copy = malloc(size + 1);
    size_t *raw_of = malloc((size + 1) * sizeof *raw_of), made = 0;
    REQUIRE(raw && copy && raw_of);
    if (size)
        memcpy(copy, text, size);
    if (wide && mark)
        made += put_unit(raw, 0xFEFF, c == CODE_UTF_16BE);
    for (size_t at = 0; at < size;) {
        size_t used = 0, from = made;
        made += wide ? put_utf16(raw + made, text + at, size - at, &used, c == CODE_UTF_16BE)
                     : put_pair(raw + made, text + at, size - at, &used, codes[c].pairs);
        for (size_t i = 0; i < used; i++)
            raw_of[at + i] = from;
        at += used;
    }
    raw_of[size] = made;
    return (sheet){copy, size, raw, made, raw_of, 0};
}

sheet sheet_utf8(const uint8_t *text, size_t size, bool mark)
{
    size_t shift = mark ? 3 : 0;
    uint8_t *raw = malloc(size + shift + 1), *copy = malloc(size + 1);
    REQUIRE(raw && copy);
    if (mark)
        memcpy(raw, "\xEF\xBB\xBF", 3);
    if (size) {
        memcpy(raw + shift, text, size);
        memcpy(copy, text, size);
    }
    return (sheet){copy, size, raw, size + shift, NULL, shift};
}

void sheet_free(sheet *doc)
{
    free((void *)(uintptr_t)doc->text);
    free((void *)(uintptr_t)doc->raw);
    free((void *)(uintptr_t)doc->raw_of);
    *doc = (sheet){0};
}
