/* text.c: what stands in a JSON string, without its escapes. */
#include "core/json/text.h"

static unsigned hex_value(uint8_t c)
{
    return c <= '9' ? c - 0x30u : (c | 0x20u) - 'a' + 10u;
}

static uint32_t hex_four(const uint8_t *p)
{
    return hex_value(p[0]) << 12 | hex_value(p[1]) << 8 | hex_value(p[2]) << 4 | hex_value(p[3]);
}

static size_t put_character(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3F));
    out[0] = (uint8_t)((0xF00u >> size & 0xFF) | c);
    return size;
}

size_t hr_json_unescape(const uint8_t *p, uint8_t out[4], size_t *taken)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    *taken = 2;
    if (p[1] == 'u') {
        uint32_t c = hex_four(p + 2);
        *taken = 6;
        if (c >= 0xD800 && c < 0xDC00) {
            c = 0x10000 + ((c - 0xD800) << 10) + (hex_four(p + 8) - 0xDC00);
            *taken = 12;
        }
        return put_character(c, out);
    }
    const char *found = memchr(from, p[1], sizeof from - 1);
    out[0] = found ? (uint8_t)to[found - from] : p[1];
    return 1;
}

size_t hr_json_text_copy(const uint8_t *text, size_t size, uint8_t *room)
{
    size_t out = 0;
    for (size_t i = 0; i < size;) {
        const uint8_t *escape = memchr(text + i, '\\', size - i);
        size_t plain = escape ? (size_t)(escape - text) - i : size - i, taken;
        if (plain)
            memmove(room + out, text + i, plain);
        out += plain;
        i += plain;
        if (escape) {
            uint8_t bytes[4];
            size_t count = hr_json_unescape(escape, bytes, &taken);
            memcpy(room + out, bytes, count);
            out += count;
            i += taken;
        }
    }
    return out;
}
