/* copy_guard.c: values that PostgreSQL would take and change: digits that it rounds away, zones and times that it
 * drops.
 */
#include "core/output/copy_text.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* How many digits behind the point the number needs; what is no number is for the server to refuse. */
static int64_t scale_needed(const uint8_t *text, size_t size)
{
    int64_t behind = 0, zeros = 0, exponent = 0;
    bool point = false, negative = false, some = false;
    size_t i = 0;
    for (; i < size && (text[i] | 32) != 'e'; i++) {
        if (text[i] == '.') {
            point = true;
        } else if (is_digit(text[i])) {
            zeros = text[i] == '0' ? zeros + 1 : 0;
            some = some || text[i] != '0';
            behind += point;
        }
    }
    for (i++; i < size; i++) {
        if (text[i] == '-')
            negative = true;
        else if (is_digit(text[i]) && exponent < 1000000)
            exponent = exponent * 10 + (text[i] - '0');
    }
    return some ? behind - zeros - (negative ? -exponent : exponent) : 0;
}

/* Letters behind a time name a zone, but for AM, PM, BC and AD. */
static bool has_zone(const uint8_t *text, size_t size)
{
    const uint8_t *colon = size ? memchr(text, ':', size) : NULL;
    if (!colon)
        return false;
    for (const uint8_t *p = colon, *end = text + size; p < end; p++) {
        uint8_t low = *p | 32;
        if (*p == '+' || *p == '-' || (low == 'z' && p + 1 == end))
            return true;
        if (low < 'a' || low > 'z')
            continue;
        uint8_t next = p + 1 < end ? p[1] | 32 : 0;
        if (!((low == 'a' || low == 'p') && next == 'm') && !(low == 'b' && next == 'c') &&
            !(low == 'a' && next == 'd'))
            return true;
        p++;
    }
    return false;
}

static bool fraction_beyond(const uint8_t *text, size_t size, unsigned digits)
{
    const uint8_t *point = size ? memchr(text, '.', size) : NULL, *end = text + size;
    if (!point || !memchr(text, ':', (size_t)(point - text)))
        return false; /* dates may have points */
    for (const uint8_t *p = point + 1; p < end && is_digit(*p); p++)
        if ((size_t)(p - point) > digits && *p != '0')
            return true;
    return false;
}

/* Midnight is the day itself. */
static bool has_time(const uint8_t *text, size_t size)
{
    const uint8_t *colon = size ? memchr(text, ':', size) : NULL;
    if (!colon)
        return false;
    const uint8_t *p = colon;
    while (p > text && is_digit(p[-1]))
        p--;
    for (; p < text + size; p++)
        if (*p != '0' && *p != ':' && *p != '.')
            return true;
    return false;
}

const char *hr_copy_loss(uint32_t guards, unsigned digits, const uint8_t *text, size_t size)
{
    if ((guards & HR_COPY_SCALE) && scale_needed(text, size) > (int64_t)digits)
        return "has more digits behind the point than the column";
    if ((guards & HR_COPY_DAY) && has_time(text, size))
        return "has a time of the day, and the column is a date";
    if ((guards & HR_COPY_ZONELESS) && has_zone(text, size))
        return "has a zone, and the column has none";
    if ((guards & HR_COPY_FRACTION) && fraction_beyond(text, size, digits))
        return "has a finer fraction of a second than the column";
    return NULL;
}
