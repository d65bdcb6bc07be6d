/* value_fast.h: the common spellings of values, eight bytes at a time. Each function needs 24 readable bytes at `text`,
 * however long the value is; it gives the value that value.h gives, or false, which says nothing: then ask value.h.
 *
 * Digits are lanes of a 64-bit integer, the last one highest, so that a shift pads short numbers with zeros; three
 * multiplications add the lanes up (Daniel Lemire, "Quickly parsing eight digits", 2018).
 *
 * What differs from value to value is computed, not branched upon: `&` and `|` where `&&` and `||` would be a guess. */
#ifndef HR_CORE_ROWS_VALUE_FAST_H
#define HR_CORE_ROWS_VALUE_FAST_H

#include "core/rows/value.h"

#define HR_FAST_READ 24u

#define HR_LANES(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t hr_load8(const uint8_t *text)
{
    uint64_t lanes;
    memcpy(&lanes, text, sizeof lanes);
    return lanes;
}

/* Not 0 when some lane is more than 9. */
static inline uint64_t hr_lanes_not_digits(uint64_t lanes)
{
    return ((lanes + HR_LANES(0x76)) | lanes) & HR_LANES(0x80);
}

static inline uint64_t hr_lanes_value(uint64_t lanes)
{
    lanes = lanes * 10 + (lanes >> 8);
    uint64_t even = (lanes & UINT64_C(0x000000FF000000FF)) * (100 + (UINT64_C(1000000) << 32));
    uint64_t odd = ((lanes >> 16) & UINT64_C(0x000000FF000000FF)) * (1 + (UINT64_C(10000) << 32));
    return (even + odd) >> 32;
}

/* The digits of text[0, size), 1 <= size <= 8, as lanes with zeros below. */
static inline uint64_t hr_lanes_of(const uint8_t *text, size_t size)
{
    return (hr_load8(text) ^ HR_LANES(0x30)) << (64 - 8 * size);
}

static inline bool hr_fast_int64(const uint8_t *text, size_t size, int64_t *out)
{
    size_t negative = *text == '-';
    text += negative;
    size -= negative;
    if (HR_UNLIKELY(((size > 1) & (*text == '0')) | (size - 1 >= 16))) /* none at all, too */
        return false;
    uint64_t value;
    if (HR_LIKELY(size <= 8)) {
        uint64_t lanes = hr_lanes_of(text, size);
        if (HR_UNLIKELY(hr_lanes_not_digits(lanes)))
            return false;
        value = hr_lanes_value(lanes);
    } else {
        uint64_t high = hr_lanes_of(text, size - 8), low = hr_load8(text + size - 8) ^ HR_LANES(0x30);
        if (HR_UNLIKELY(hr_lanes_not_digits(high) | hr_lanes_not_digits(low)))
            return false;
        value = hr_lanes_value(high) * 100000000 + hr_lanes_value(low);
    }
    *out = (int64_t)((value ^ (0 - negative)) + negative);
    return true;
}

/* One byte, or true and false, in any case. */
static inline bool hr_fast_bool(const uint8_t *text, size_t size, bool *out)
{
    uint64_t word = size - 1 < 8 ? (hr_load8(text) | HR_LANES(0x20)) << (64 - 8 * size) : 0;
    bool yes = (size == 4 && word == UINT64_C(0x6575727400000000)) ||
               (size == 1 && (*text == '1' || word >> 56 == 't' || word >> 56 == 'y'));
    bool no = (size == 5 && word == UINT64_C(0x65736c6166000000)) ||
              (size == 1 && (*text == '0' || word >> 56 == 'f' || word >> 56 == 'n'));
    *out = yes;
    return yes || no;
}

/* A number as digits * 10^-fraction, with a sign. */
typedef struct hr_fast_number {
    uint64_t digits; /* below 10^16 */
    size_t fraction; /* digits behind the point */
    size_t negative;
} hr_fast_number;

/* The lowest lane of '.' as its highest bit, or 0; lanes above it may be marked too. */
static inline uint64_t hr_lanes_point(uint64_t text)
{
    uint64_t x = text ^ HR_LANES('.');
    return (x - HR_LANES(1)) & ~x & HR_LANES(0x80);
}

/* 9 to 17 bytes, unsigned: the same in 128 bits. */
static inline bool hr_fast_digits_long(const uint8_t *text, size_t size, hr_fast_number *out)
{
    const uint8_t *last = text + size;
    /* The first part may be empty, the middle and the end are eight bytes each. */
    uint64_t low = hr_load8(text), high = hr_load8(text + 8);
    uint64_t points[2] = {hr_lanes_point(low), hr_lanes_point(high)};
    size_t point = points[0]   ? (size_t)__builtin_ctzll(points[0]) / 8
                   : points[1] ? 8 + (size_t)__builtin_ctzll(points[1]) / 8
                               : size;
    size_t has = point < size, digits = size - has;
    if (HR_UNLIKELY(digits > 16 || point > 16))
        return false;
    hr_uint128 lanes = (hr_uint128)high << 64 | low;
    if (has) { /* what stands before the point moves up over it */
        hr_uint128 before = ((hr_uint128)1 << (8 * point)) - 1;
        hr_uint128 behind = (lanes >> 8) & ~before;
        behind |= (hr_uint128)last[-1] << 120; /* the 17th byte, or one that is shifted out */
        lanes = (lanes & before) | behind;
    }
    lanes ^= (hr_uint128)HR_LANES(0x30) << 64 | HR_LANES(0x30);
    lanes <<= 128 - 8 * digits;
    uint64_t upper = (uint64_t)(lanes >> 64), lower = (uint64_t)lanes;
    if (HR_UNLIKELY(hr_lanes_not_digits(upper) | hr_lanes_not_digits(lower)))
        return false;
    out->digits = hr_lanes_value(lower) * 100000000 + hr_lanes_value(upper);
    out->fraction = has ? size - 1 - point : 0;
    return !((*text == '0') & (digits - out->fraction > 1));
}

/* Sign, digits, point; at most 16 digits. */
static inline bool hr_fast_number_of(const uint8_t *text, size_t size, hr_fast_number *out)
{
    size_t negative = *text == '-';
    out->negative = negative;
    text += negative;
    size -= negative;
    if (HR_UNLIKELY(size - 1 >= 8)) /* none at all, too */
        return size - 1 < 17 && hr_fast_digits_long(text, size, out);
    uint64_t lanes = hr_load8(text) << (64 - 8 * size);
    uint64_t point = hr_lanes_point(lanes);
    size_t fraction = 0, digits = size;
    if (point) {
        unsigned at = (unsigned)__builtin_ctzll(point) & ~7u; /* of the point's lane */
        uint64_t before = (UINT64_C(1) << at) - 1;
        lanes = (lanes & before) << 8 | (lanes & ~before & ~(UINT64_C(0xFF) << at));
        fraction = 7 - at / 8;
        digits--;
    }
    if (HR_UNLIKELY((digits == 0) | ((*text == '0') & (digits - fraction > 1))))
        return false;
    lanes ^= HR_LANES(0x30) << (64 - 8 * digits);
    if (HR_UNLIKELY(hr_lanes_not_digits(lanes)))
        return false;
    out->digits = hr_lanes_value(lanes);
    out->fraction = fraction;
    return true;
}

/* A guess that mostly comes true: at most 8 bytes behind the sign, `fraction` digits (1 to 6) behind the point. Then
 * the point is in a lane that is known before. */
static inline bool hr_fast_guessed(const uint8_t *text, size_t size, unsigned fraction, hr_fast_number *out)
{
    size_t negative = *text == '-';
    text += negative;
    size -= negative;
    if (HR_UNLIKELY(size - 2 > 6))
        return false;
    unsigned at = 8 * (7 - fraction);
    uint64_t lanes = hr_load8(text) << (64 - 8 * size), before = (UINT64_C(1) << at) - 1;
    if (HR_UNLIKELY((lanes >> at & 0xFF) != '.'))
        return false;
    size_t digits = size - 1;
    lanes = ((lanes & before) << 8 | (lanes & ~before & ~(UINT64_C(0xFF) << at))) ^ HR_LANES(0x30) << (64 - 8 * digits);
    if (HR_UNLIKELY((hr_lanes_not_digits(lanes) != 0) | ((*text == '0') & (digits - fraction > 1))))
        return false;
    out->negative = negative;
    out->fraction = fraction;
    out->digits = hr_lanes_value(lanes);
    return true;
}
#define HR_GUESS_MOST 6u

/* Decimals of at most 18 digits; end: 10^precision. */
static inline bool hr_fast_decimal(const uint8_t *text, size_t size, unsigned scale, uint64_t end, int64_t *out)
{
    hr_fast_number n;
    uint64_t value;
    if (scale - 1 < HR_GUESS_MOST && HR_LIKELY(hr_fast_guessed(text, size, scale, &n))) {
        value = n.digits;
    } else {
        if (!hr_fast_number_of(text, size, &n) || HR_UNLIKELY(n.fraction > scale))
            return false;
        if (HR_UNLIKELY(__builtin_mul_overflow(n.digits, hr_powers_of_ten[scale - n.fraction], &value)))
            return false;
    }
    *out = (int64_t)((value ^ (0 - n.negative)) + n.negative);
    return HR_LIKELY(value < end);
}

/* `guess`: digits behind the point of the number before, 0 at first. */
static inline bool hr_fast_float64(const uint8_t *text, size_t size, unsigned *guess, double *out)
{
    static const double powers[] = {1e0, 1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
                                    1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
    hr_fast_number n;
    if (!(*guess - 1 < HR_GUESS_MOST && HR_LIKELY(hr_fast_guessed(text, size, *guess, &n)))) {
        if (!hr_fast_number_of(text, size, &n) || HR_UNLIKELY(n.digits > UINT64_C(1) << 53))
            return false;
        *guess = (unsigned)n.fraction;
    }
    uint64_t bits;
    double value = (double)(int64_t)n.digits / powers[n.fraction];
    memcpy(&bits, &value, sizeof bits);
    bits |= (uint64_t)n.negative << 63;
    memcpy(out, &bits, sizeof bits);
    return true;
}

/* text[0..7] as YYYY-MM- and text[8..9] as DD: days since 1970. */
static inline bool hr_fast_day(uint64_t year_month, unsigned day_lanes, int32_t *out)
{
    static const uint8_t days[16] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t x = year_month ^ UINT64_C(0x2d30302d30303030);
    if (HR_UNLIKELY(((x + UINT64_C(0x7f76767f76767676)) | x) & HR_LANES(0x80)))
        return false;
    unsigned day = (day_lanes & 0xff) * 10 + (day_lanes >> 8 & 0xff); /* of checked digits */
    uint64_t pairs = x * 10 + (x >> 8);
    unsigned year = (unsigned)(pairs & 0xff) * 100 + (unsigned)(pairs >> 16 & 0xff);
    unsigned month = (unsigned)(pairs >> 40 & 0xff);
    bool leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0));
    if (HR_UNLIKELY((month > 12) | (year == 0)) ||
        HR_UNLIKELY(day - 1 >= days[month] + (unsigned)(leap & (month == 2))))
        return false;
    *out = hr_days_of(year, month, day);
    return true;
}

static inline bool hr_fast_date(const uint8_t *text, size_t size, int32_t *out)
{
    uint64_t day = hr_load8(text + 8) & 0xffff;
    day ^= 0x3030;
    if (HR_UNLIKELY(size != 10 || ((day + 0x7676) | day) & 0x8080))
        return false;
    return hr_fast_day(hr_load8(text), (unsigned)day, out);
}

/* YYYY-MM-DD HH:MM:SS or with T; anything behind goes to hr_value_timestamp_tail. */
static inline bool hr_fast_timestamp(const uint8_t *text, size_t size, bool zoned, int64_t *out)
{
    if (HR_UNLIKELY(size < 19))
        return false;
    uint64_t time = hr_load8(text + 11) ^ UINT64_C(0x30303a30303a3030);
    uint64_t middle = hr_load8(text + 8);
    unsigned day = (unsigned)(middle & 0xffff) ^ 0x3030, between = (unsigned)(middle >> 16 & 0xff);
    uint64_t wrong = ((time + UINT64_C(0x76767f76767f7676)) | time) & HR_LANES(0x80);
    wrong |= ((day + 0x7676) | day) & 0x8080;
    if (HR_UNLIKELY((wrong != 0) | ((between != ' ') & (between != 'T'))))
        return false;
    uint64_t pairs = time * 10 + (time >> 8);
    unsigned hour = pairs & 0xff, minute = pairs >> 24 & 0xff, second = pairs >> 48 & 0xff;
    int32_t days;
    if (HR_UNLIKELY((hour > 23) | (minute > 59) | (second > 59)) || !hr_fast_day(hr_load8(text), day, &days))
        return false;
    int64_t value = days * HR_DAY_MICROSECONDS + (int64_t)((hour * 60 + minute) * 60 + second) * 1000000;
    if (size == 19 && !zoned) {
        *out = value;
        return true;
    }
    int64_t tail;
    if (hr_value_timestamp_tail(text + 19, size - 19, zoned, &tail))
        return false;
    value += tail;
    *out = value;
    return value >= HR_TIME_FIRST && value < HR_TIME_END;
}

#endif
