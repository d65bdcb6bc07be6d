/* copy_guard.c: values that PostgreSQL would take and change: digits that it rounds away, zones and times that it
 * drops, words that it replaces by its clock, blanks and bytes that it cuts off. */
#include "core/output/copy_parts.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Reads what may stand in front of an exponent; *some: it is not zero. False: this is no number. */
static bool read_mantissa(const uint8_t **at, const uint8_t *end, int64_t *scale, bool *some)
{
    const uint8_t *p = *at;
    int64_t behind = 0, zeros = 0;
    bool point = false, digits = false;
    *some = false;
    while (p < end && is_blank(*p))
        p++;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end && (is_digit(*p) || *p == '_' || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
        } else if (*p != '_') { /* from version 16 on, between digits */
            zeros = *p == '0' ? zeros + 1 : 0;
            *some = *some || *p != '0';
            behind += point;
            digits = true;
        }
    }
    *at = p;
    *scale = behind - zeros;
    return digits;
}

/* How many digits behind the point the number needs; what is no number is for the server to refuse. */
static int64_t scale_needed(const uint8_t *text, size_t size)
{
    const uint8_t *p = text, *end = text + size;
    int64_t scale, exponent = 0;
    bool some, negative = false;
    if (!read_mantissa(&p, end, &scale, &some))
        return 0;
    if (p < end && (*p | 32) == 'e') {
        p++;
        negative = p < end && *p == '-';
        p += p < end && (*p == '-' || *p == '+');
        for (; p < end && (is_digit(*p) || *p == '_'); p++)
            if (*p != '_' && exponent < 1000000)
                exponent = exponent * 10 + (*p - '0');
    }
    while (p < end && is_blank(*p))
        p++;
    return p == end && some ? scale - (negative ? -exponent : exponent) : 0;
}

static bool is_letter(uint8_t c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* 20260101 or 2026-01-01: four digits behind such a day are no year. */
static bool is_day(const uint8_t *text, size_t size)
{
    size_t digits = 0, signs = 0;
    for (size_t i = 0; i < size; i++) {
        digits += is_digit(text[i]);
        signs += text[i] == '-' && i >= 4;
    }
    return digits + signs == size && ((digits == 8 && !signs) || (digits >= 6 && signs == 2));
}

/* Where the hour of a time without colons begins, as in 20260101T100000, "2026-01-01 100000" and "2026-01-01 1000", or
 * NULL. */
static const uint8_t *compact_time(const uint8_t *text, size_t size)
{
    for (size_t i = 0, digits; i < size; i += digits + 1) {
        for (digits = 0; i + digits < size && is_digit(text[i + digits]);)
            digits++;
        uint8_t before = i ? text[i - 1] : '\0', earlier = i > 1 ? text[i - 2] : '\0';
        bool marked = (before | 32) == 't' && !is_letter(earlier);
        if (digits == 6 && (marked || (before == ' ' && is_digit(earlier))))
            return text + i;
        if (digits == 4 && (marked || (before == ' ' && is_day(text, i - 1))))
            return text + i;
    }
    return NULL;
}

/* The last point, where digits of a Julian day stand before it, as in J2461042.25; else NULL. */
static const uint8_t *julian_point(const uint8_t *text, const uint8_t *point)
{
    const uint8_t *p = point;
    while (p && p > text && is_digit(p[-1]))
        p--;
    return p && p < point && p > text && (p[-1] | 32) == 'j' ? point : NULL;
}

static const uint8_t *last_point(const uint8_t *text, size_t size)
{
    while (size && text[size - 1] != '.')
        size--;
    return size ? text + size - 1 : NULL;
}

/* Whether the letters [text, text + size) are the beginning of `name`. */
static bool begins(const char *name, const uint8_t *text, size_t size)
{
    size_t i = 0;
    while (i < size && name[i] == (text[i] | 32))
        i++;
    return i == size;
}

/* Words of moments (datetktbl in PostgreSQL's datetime.c) that name no zone. */
static bool is_no_zone(const uint8_t *text, size_t size)
{
    static const char *const whole[] = {"ad", "allballs", "am", "at", "bc", "d", "epoch", "h",    "infinity", "j",
                                        "jd", "m",        "mm", "on", "pm", "s", "t",     "weds", "julian",   "y"};
    static const char *const days[] = {"january",   "february",  "march",   "april",    "may",      "june",   "july",
                                       "august",    "september", "october", "november", "december", "monday", "tuesday",
                                       "wednesday", "thursday",  "friday",  "saturday", "sunday"};
    for (size_t i = 0; i < HR_COUNT(whole); i++)
        if (begins(whole[i], text, size) && !whole[i][size])
            return true;
    for (size_t i = 0; size >= 3 && i < HR_COUNT(days); i++)
        if (begins(days[i], text, size))
            return true;
    return false;
}

/* Where the time begins, NULL: there is none. The first colon may be that of a zone. */
static const uint8_t *time_in(const uint8_t *text, size_t size)
{
    const uint8_t *colon = size ? memchr(text, ':', size) : NULL, *compact = compact_time(text, size);
    return compact && (!colon || compact < colon) ? compact : colon;
}

/* A plus sign, a minus sign that joins no parts of a day, and words. What has no digit is no moment. */
static bool has_zone(const uint8_t *text, size_t size)
{
    const uint8_t *time = time_in(text, size);
    bool zone = false, digits = false;
    for (size_t i = 0; i < size; i++) {
        uint8_t before = i ? text[i - 1] : ' ';
        digits = digits || is_digit(text[i]);
        zone = zone || text[i] == '+';
        zone = zone || (text[i] == '-' && ((time && text + i > time) || !(is_digit(before) || is_letter(before))));
        if (zone || !is_letter(text[i]))
            continue;
        size_t end = i + 1;
        while (end < size && is_letter(text[end]))
            end++;
        zone = !is_no_zone(text + i, end - i);
        i = end - 1;
    }
    return zone && digits;
}

/* Days may have points, too. `alone`: a time may stand without its day, 100000.5. */
static bool fraction_beyond(const uint8_t *text, size_t size, unsigned digits, bool alone)
{
    const uint8_t *point = last_point(text, size), *end = text + size;
    size_t before = point ? (size_t)(point - text) : 0;
    if (julian_point(text, point))
        digits += 2; /* of a day: 0.01 are 864 seconds */
    else if (!before || (!alone && !memchr(text, ':', before) && !compact_time(text, before)))
        return false;
    for (const uint8_t *p = point + 1; p < end && is_digit(*p); p++)
        if ((size_t)(p - point) > digits && *p != '0')
            return true;
    return false;
}

/* Midnight is the day itself. */
static bool has_time(const uint8_t *text, size_t size)
{
    const uint8_t *p = size ? memchr(text, ':', size) : NULL;
    while (p && p > text && is_digit(p[-1]))
        p--;
    if (!p)
        p = compact_time(text, size);
    if (!p && (p = julian_point(text, last_point(text, size))) != NULL)
        p++;
    for (; p && p < text + size; p++)
        if (*p != '0' && *p != ':' && *p != '.')
            return true;
    return false;
}

static bool is_word(const uint8_t *text, size_t size, const char *word)
{
    size_t i = 0;
    while (i < size && word[i] && (text[i] | 32) == word[i])
        i++;
    return !word[i] && (i == size || !is_letter(text[i]));
}

/* The server takes any blank, most marks and digits in front of a word for what divides it from others. */
static bool asks_the_clock(const uint8_t *text, size_t size)
{
    static const char *const words[] = {"now", "today", "tomorrow", "yesterday"};
    for (size_t i = 0; i < size; i++)
        for (size_t w = 0; is_letter(text[i]) && (!i || !is_letter(text[i - 1])) && w < HR_COUNT(words); w++)
            if (is_word(text + i, size - i, words[w]))
                return true;
    return false;
}

/* More letters than that are for the server to refuse, unless all beyond are blanks. */
static bool loses_blanks(const uint8_t *text, size_t size, unsigned most)
{
    size_t letters = 0;
    if (size <= most || text[size - 1] != ' ')
        return false;
    for (size_t i = 0; i < size; i++)
        letters += (text[i] & 0xC0) != 0x80;
    return letters > most;
}

static const char *member_loss(uint32_t guards, unsigned digits, const uint8_t *text, size_t size)
{
    while (size && is_blank(*text))
        text++, size--;
    while (size && is_blank(text[size - 1]))
        size--;
    if (size >= 2 && *text == '"' && text[size - 1] == '"')
        text++, size -= 2;
    return size ? hr_copy_loss(guards, digits, text, size) : NULL;
}

/* The members of an array's text, {1.5,"2.5",{3.5}}, or of a range's, [2026-01-01,2026-02-01): no comma, brace or
 * bracket stands within those that are numbers or times. Where subscripts stand in front, [0:1]={...}, what is read of
 * them is no number. */
static const char *members_loss(uint32_t guards, unsigned digits, const uint8_t *text, size_t size)
{
    size_t begin = 0;
    const char *why = NULL;
    for (size_t i = 0; !why && i < size; i++) {
        if (!text[i] || !strchr(",{}[]()", text[i]))
            continue;
        why = member_loss(guards, digits, text + begin, i - begin);
        begin = i + 1;
    }
    return why;
}

const char *hr_copy_loss(uint32_t guards, unsigned digits, const uint8_t *text, size_t size)
{
    if (guards & HR_COPY_MEMBERS)
        return members_loss(guards & ~HR_COPY_MEMBERS, digits, text, size);
    if ((guards & HR_COPY_SCALE) && scale_needed(text, size) > (int64_t)digits)
        return "has more digits behind the point than the column";
    if ((guards & HR_COPY_DAY) && has_time(text, size))
        return "has a time of the day, and the column is a date";
    if ((guards & HR_COPY_ZONELESS) && has_zone(text, size))
        return "has a zone, and the column has none";
    if (guards & HR_COPY_INTERVAL)
        return hr_copy_interval_loss(guards, digits, text, size);
    if ((guards & HR_COPY_FRACTION) && fraction_beyond(text, size, digits, guards & HR_COPY_ALONE))
        return "has a finer fraction of a second than the column";
    if ((guards & HR_COPY_CLOCK) && asks_the_clock(text, size))
        return "is a word for the time of the load";
    if ((guards & HR_COPY_LETTERS) && loses_blanks(text, size, digits))
        return "has more letters than the column, and the last are blanks";
    if ((guards & HR_COPY_BYTES) && size > digits)
        return "has more bytes than the column";
    return NULL;
}
