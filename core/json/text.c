/* text.c: what stands in a JSON string, without its escapes. */
#include "core/json/text.h"

#include "core/json/plan.h"

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
