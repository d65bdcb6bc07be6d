/* value_time.c: dates and timestamps of the Gregorian calendar, years 0001 to 9999, and UUIDs. */
#include "core/rows/value.h"

static inline bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') <= 9;
}

/* `count` digits; -1 when one of them is none. */
static int digits_of(const uint8_t *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (!is_digit(text[i]))
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static bool day_exists(unsigned year, unsigned month, unsigned day)
{
    static const uint8_t days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month] + (unsigned)(leap && month == 2);
}

const char *hr_value_date(const uint8_t *text, size_t size, int32_t *out)
{
    static const char *const shape = "a date is written YYYY-MM-DD";
    if (size != 10 || text[4] != '-' || text[7] != '-')
        return shape;
    int year = digits_of(text, 4), month = digits_of(text + 5, 2), day = digits_of(text + 8, 2);
    if (year < 0 || month < 0 || day < 0)
        return shape;
    if (!day_exists((unsigned)year, (unsigned)month, (unsigned)day))
        return "there is no such day";
    *out = hr_days_of((unsigned)year, (unsigned)month, (unsigned)day);
    return NULL;
}

/* A zone: Z, +HH, +HHMM or +HH:MM. *minutes: east of UTC. */
static const char *take_zone(const uint8_t *text, size_t size, int *minutes)
{
    static const char *const shape = "its zone is neither Z nor an offset such as +02:00";
    *minutes = 0;
    if (size == 1 && (*text == 'Z' || *text == 'z'))
        return NULL;
    if ((size != 3 && size != 5 && size != 6) || (*text != '+' && *text != '-') || (size == 6 && text[3] != ':'))
        return shape;
    int hour = digits_of(text + 1, 2), minute = size == 3 ? 0 : digits_of(text + size - 2, 2);
    if (hour < 0 || minute < 0)
        return shape;
    if (hour > 23 || minute > 59)
        return "there is no such zone";
    *minutes = (hour * 60 + minute) * (*text == '-' ? -1 : 1);
    return NULL;
}

const char *hr_value_timestamp_tail(const uint8_t *text, size_t size, bool zoned, int64_t *out)
{
    size_t i = 0;
    int64_t fraction = 0;
    if (size && *text == '.') {
        int64_t unit = 100000;
        for (i = 1; i < size && is_digit(text[i]); i++, unit /= 10) {
            fraction += (text[i] - '0') * unit;
            if (unit == 0 && text[i] != '0')
                return "it is finer than microseconds";
        }
        if (i == 1 || i > 10)
            return "its fraction has not 1 to 9 digits";
    }
    if (i == size && zoned)
        return "it has no zone, neither Z nor an offset, and its column has";
    int minutes = 0;
    if (i < size) {
        const char *why = take_zone(text + i, size - i, &minutes);
        if (why)
            return why;
        if (!zoned)
            return "it has a zone, and its column has none";
    }
    *out = fraction - minutes * INT64_C(60000000);
    return NULL;
}

const char *hr_value_timestamp(const uint8_t *text, size_t size, bool zoned, int64_t *out)
{
    static const char *const shape = "a timestamp is written YYYY-MM-DD HH:MM:SS";
    int32_t day;
    if (size < 16 || (text[10] != ' ' && text[10] != 'T' && text[10] != 't') || text[13] != ':')
        return shape;
    const char *why = hr_value_date(text, 10, &day);
    if (why)
        return why;
    bool seconds = size > 16 && text[16] == ':';
    if (seconds && size < 19)
        return shape;
    int hour = digits_of(text + 11, 2), minute = digits_of(text + 14, 2),
        second = seconds ? digits_of(text + 17, 2) : 0;
    if (hour < 0 || minute < 0 || second < 0)
        return shape;
    if (hour > 23 || minute > 59 || second > 59)
        return "there is no such time of day";
    size_t used = seconds ? 19 : 16;
    int64_t tail;
    if (!seconds && size > used && text[used] == '.')
        return shape;
    why = hr_value_timestamp_tail(text + used, size - used, zoned, &tail);
    if (why)
        return why;
    int64_t value = day * HR_DAY_MICROSECONDS + ((hour * 60 + minute) * 60 + second) * INT64_C(1000000) + tail;
    if (value < HR_TIME_FIRST || value >= HR_TIME_END)
        return "it is beyond the years 0001 to 9999 of UTC";
    *out = value;
    return NULL;
}

static int nibble(uint8_t c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *hr_value_uuid(const uint8_t *text, size_t size, uint8_t out[16])
{
    static const char *const shape = "a UUID is written as 8-4-4-4-12 hexadecimal digits";
    uint8_t value[16];
    if (size != 36)
        return shape;
    for (size_t i = 0, at = 0; i < 16; i++) {
        if (at == 8 || at == 13 || at == 18 || at == 23)
            if (text[at++] != '-')
                return shape;
        int high = nibble(text[at]), low = nibble(text[at + 1]);
        if (high < 0 || low < 0)
            return shape;
        value[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    memcpy(out, value, sizeof value);
    return NULL;
}
