/* text.c: showing bytes from outside on a terminal: what is escaped, and how wide the rest is. */
#include "tools/headrace/print.h"

/* Decodes one UTF-8 character of text[0, size); 0 when it is none (Unicode table 3-7). */
static size_t decode(const uint8_t *text, size_t size, uint32_t *out)
{
    if (text[0] < 0x80) {
        *out = text[0];
        return 1;
    }
    size_t length = text[0] >= 0xC2 && text[0] <= 0xDF   ? 2
                    : (text[0] & 0xF0) == 0xE0           ? 3
                    : text[0] >= 0xF0 && text[0] <= 0xF4 ? 4
                                                         : 0;
    if (length == 0 || length > size)
        return 0;
    uint32_t value = text[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (text[i] & 0x3Fu);
    }
    if ((length == 3 && value < 0x800) || (length == 4 && (value < 0x10000 || value > 0x10FFFF)) ||
        (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *out = value;
    return length;
}

/* C0, DEL, C1; marks, embeddings, overrides and isolates of direction; line and paragraph separators; byte-order mark.
 */
static bool is_active(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x061C || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
}

/* Columns of a printable character: after the East_Asian_Width of Unicode (W and F) and the combining marks of general
 * use. */
static size_t width_of(uint32_t c)
{
    static const struct {
        uint32_t from, to;
        size_t width;
    } ranges[] = {
        {0x0300, 0x036F, 0},   {0x0483, 0x0489, 0},   {0x0591, 0x05BD, 0},   {0x0610, 0x061A, 0},   {0x064B, 0x065F, 0},
        {0x0E31, 0x0E31, 0},   {0x0E34, 0x0E3A, 0},   {0x0E47, 0x0E4E, 0},   {0x1100, 0x115F, 2},   {0x1AB0, 0x1AFF, 0},
        {0x1DC0, 0x1DFF, 0},   {0x200B, 0x200D, 0},   {0x20D0, 0x20F0, 0},   {0x2E80, 0x303E, 2},   {0x3041, 0x33FF, 2},
        {0x3400, 0x4DBF, 2},   {0x4E00, 0x9FFF, 2},   {0xA000, 0xA4CF, 2},   {0xAC00, 0xD7A3, 2},   {0xF900, 0xFAFF, 2},
        {0xFE00, 0xFE0F, 0},   {0xFE20, 0xFE2F, 0},   {0xFE30, 0xFE6F, 2},   {0xFF00, 0xFF60, 2},   {0xFFE0, 0xFFE6, 2},
        {0x1F300, 0x1F64F, 2}, {0x1F680, 0x1F6FF, 2}, {0x1F900, 0x1F9FF, 2}, {0x20000, 0x3FFFD, 2},
    };
    for (size_t i = 0; i < HR_COUNT(ranges); i++)
        if (c >= ranges[i].from && c <= ranges[i].to)
            return ranges[i].width;
    return 1;
}

/* One character of text as it is shown: *shown points into `text` or to `room`. Returns how many bytes of text it is.
 */
static size_t show(const uint8_t *text, size_t size, char room[16], const char **shown, size_t *shown_size,
                   size_t *width)
{
    uint32_t c = 0;
    size_t length = decode(text, size, &c);
    if (length > 0 && !is_active(c)) {
        *shown = (const char *)text;
        *shown_size = length;
        *width = width_of(c);
        return length;
    }
    int written;
    if (length == 0)
        written = snprintf(room, 16, "\\x%02x", text[0]);
    else if (c == '\n' || c == '\r' || c == '\t')
        written = snprintf(room, 16, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    else
        written = snprintf(room, 16, c < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)c);
    *shown = room;
    *shown_size = *width = (size_t)written;
    return length > 0 ? length : 1;
}

void hr_print_safe(FILE *to, const void *text, size_t size)
{
    const uint8_t *at = text;
    char room[16];
    const char *shown;
    size_t shown_size, width;
    while (size > 0) {
        size_t used = show(at, size, room, &shown, &shown_size, &width);
        fwrite(shown, 1, shown_size, to);
        at += used;
        size -= used;
    }
}

void hr_print_text(FILE *to, const char *text)
{
    hr_print_safe(to, text, strlen(text));
}

size_t hr_text_width(const void *text, size_t size)
{
    const uint8_t *at = text;
    char room[16];
    const char *shown;
    size_t shown_size, width, sum = 0;
    while (size > 0) {
        size_t used = show(at, size, room, &shown, &shown_size, &width);
        sum += width;
        at += used;
        size -= used;
    }
    return sum;
}

char *hr_number_text(uint64_t number, char out[32])
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    char *to = out;
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            *to++ = ' ';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}
