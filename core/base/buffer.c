/* buffer.c: bytes that grow up to a ceiling. */
#include <stdio.h>

#include "core/base/base.h"

#define DEFAULT_CEILING ((size_t)1 << 30)

uint8_t *hr_buffer_room(hr_buffer *buffer, size_t more)
{
    size_t ceiling = buffer->ceiling ? buffer->ceiling : DEFAULT_CEILING;
    if (more > ceiling || buffer->size > ceiling - more)
        return NULL;
    size_t need = buffer->size + more;
    if (need > buffer->capacity || !buffer->data) {
        size_t capacity = buffer->capacity ? buffer->capacity : 256;
        while (capacity < need)
            capacity += capacity / 2;
        if (capacity > ceiling)
            capacity = ceiling;
        uint8_t *data = hr_realloc(buffer->data, capacity);
        if (!data)
            return NULL;
        buffer->data = data;
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->size;
}

bool hr_buffer_add(hr_buffer *buffer, const void *data, size_t size)
{
    uint8_t *room = hr_buffer_room(buffer, size);
    if (!room)
        return false;
    if (size)
        memcpy(room, data, size);
    buffer->size += size;
    return true;
}

bool hr_buffer_text(hr_buffer *buffer, const char *text)
{
    return hr_buffer_add(buffer, text, strlen(text));
}

bool hr_buffer_printf(hr_buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    uint8_t *room = size < 0 ? NULL : hr_buffer_room(buffer, (size_t)size + 1);
    if (!room)
        return false;
    va_start(args, format);
    vsnprintf((char *)room, (size_t)size + 1, format, args);
    va_end(args);
    buffer->size += (size_t)size;
    return true;
}

/* Length of the well-formed UTF-8 sequence at `p` (Unicode table 3-7), or 0. */
static size_t sequence(const uint8_t *p, size_t left)
{
    uint8_t lead = p[0];
    if (lead < 0x80)
        return 1;
    size_t length = lead >= 0xC2 && lead <= 0xDF ? 2 : (lead & 0xF0) == 0xE0 ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
    if (!length || length > left)
        return 0;
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

bool hr_buffer_json(hr_buffer *buffer, const char *text, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *p = (const uint8_t *)text;
    size_t before = buffer->size;
    bool ok = hr_buffer_add(buffer, "\"", 1);
    for (size_t i = 0; ok && i < size;) {
        uint8_t c = p[i];
        size_t length = sequence(p + i, size - i);
        if (!length) {
            ok = hr_buffer_add(buffer, "\xEF\xBF\xBD", 3);
            i++;
        } else if (c == '"' || c == '\\') {
            ok = hr_buffer_add(buffer, (char[]){'\\', (char)c}, 2);
            i++;
        } else if (c < 0x20) {
            ok = hr_buffer_add(buffer, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
            i++;
        } else {
            ok = hr_buffer_add(buffer, p + i, length);
            i += length;
        }
    }
    ok = ok && hr_buffer_add(buffer, "\"", 1);
    if (!ok)
        buffer->size = before;
    return ok;
}

bool hr_buffer_json_text(hr_buffer *buffer, const char *text)
{
    return text ? hr_buffer_json(buffer, text, strlen(text)) : hr_buffer_text(buffer, "null");
}

void hr_buffer_free(hr_buffer *buffer)
{
    hr_free(buffer->data);
    buffer->data = NULL;
    buffer->size = buffer->capacity = 0;
}
