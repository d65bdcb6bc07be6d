/* copy_binary_field.c: values of COPY's binary format from texts that nobody has parsed before, as the type of their
 * column reads them. Only texts are taken whose value is beyond doubt, in every version of the server, in every session
 * and in every encoding: digits, days and times in the order of ISO 8601, offsets from UTC, the words for truth. All
 * others (blanks, infinities, words, 24:00:00, hexadecimal digits, what is out of range) are for the server to read. */
#include <float.h>

#include "core/output/copy_binary_value.h"
#include "core/rows/value_fast.h"

static inline bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') <= 9;
}

/* ---- whole numbers --------------------------------------------------------------------------------------------- */

/* [+-]?[0-9]+, zeros in front included. */
static bool read_digits(const uint8_t *text, size_t size, int64_t *out)
{
    bool negative = size && *text == '-';
    size_t sign = size && (*text == '-' || *text == '+');
    text += sign;
    size -= sign;
    if (!size)
        return false;
    for (; size > 1 && *text == '0'; size--)
        text++;
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i]))
            return false;
        if (i < 19) /* 10^19 is below 2^64 */
            value = value * 10 + (uint64_t)(text[i] - '0');
    }
    if (size > 19 || value > (uint64_t)INT64_MAX + negative)
        return false;
    *out = (int64_t)(negative ? 0 - value : value);
    return true;
}

static inline bool read_int64(const uint8_t *text, size_t size, int64_t *out)
{
    return HR_LIKELY(hr_fast_int64(text, size, out)) || read_digits(text, size, out);
}

static inline bool put_int2(hr_out *out, const uint8_t *text, size_t size)
{
    int64_t value;
    if (!read_int64(text, size, &value) || value < INT16_MIN || value > INT16_MAX)
        return false;
    hr_binary_put4(out, 2);
    hr_binary_put2(out, (uint16_t)value);
    return true;
}

static inline bool put_int4(hr_out *out, const uint8_t *text, size_t size)
{
    int64_t value;
    if (!read_int64(text, size, &value) || value < INT32_MIN || value > INT32_MAX)
        return false;
    hr_binary_put4(out, 4);
    hr_binary_put4(out, (uint32_t)value);
    return true;
}

static inline bool put_int8(hr_out *out, const uint8_t *text, size_t size)
{
    int64_t value;
    if (!read_int64(text, size, &value))
        return false;
    hr_binary_put_int8(out, value);
    return true;
}

/* ---- decimals -------------------------------------------------------------------------------------------------- */

/* [+-]?[0-9]*[.]?[0-9]*, some digit among them. */
static bool is_decimal(const uint8_t *text, size_t size)
{
    size_t i = size && (*text == '-' || *text == '+'), digits = 0;
    for (; i < size && is_digit(text[i]); i++)
        digits++;
    if (i < size && text[i] == '.')
        for (i++; i < size && is_digit(text[i]); i++)
            digits++;
    return i == size && digits;
}

/* Groups of four decimal digits on both sides of the point, as hr_binary_numeric makes them, from the number. */
static inline void put_groups(hr_out *out, const hr_fast_number *number)
{
    static const unsigned fills[4] = {1, 1000, 100, 10};
    unsigned groups[8]; /* the last one first */
    unsigned count = 0;
    uint64_t left = number->digits * fills[number->fraction % 4]; /* below 10^19 */
    int weight = -(int)((number->fraction + 3) / 4) - 1;
    while (left) {
        unsigned group = (unsigned)(left % 10000);
        left /= 10000;
        weight++;
        if (count || group) /* no zeros at the end */
            groups[count++] = group;
    }
    hr_binary_put4(out, 8 + 2 * count);
    hr_binary_put2(out, (uint16_t)count);
    hr_binary_put2(out, count ? (uint16_t)weight : 0);
    hr_binary_put2(out, count && number->negative ? HR_BINARY_NEGATIVE : 0);
    hr_binary_put2(out, (uint16_t)number->fraction);
    while (count)
        hr_binary_put2(out, (uint16_t)groups[--count]);
}

static inline bool put_numeric(hr_out *out, const hr_copy_column *column, const uint8_t *text, size_t size)
{
    hr_fast_number number;
    bool small = hr_fast_number_of(text, size, &number);
    if (HR_LIKELY(small && (!(column->guards & HR_COPY_SCALE) || number.fraction <= column->digits))) {
        put_groups(out, &number);
        return true;
    }
    return is_decimal(text, size) && hr_binary_numeric(out, column, text, size);
}

/* ---- floats ---------------------------------------------------------------------------------------------------- */

/* Decimals, with an exponent or without, that are neither too large nor too small for 64 bits. */
static bool read_decimal(const uint8_t *text, size_t size, double *out)
{
    double value;
    bool negative = size && *text == '-';
    size_t sign = size && (*text == '-' || *text == '+');
    text += sign;
    size -= sign;
    if (!size || !(is_digit(*text) || *text == '.')) /* words, and a second sign */
        return false;
    for (; size > 1 && *text == '0' && is_digit(text[1]); size--)
        text++;
    if (hr_value_float64(text, size, &value) ||
        (value == 0 ? hr_binary_is_tiny(text, size) : value < DBL_MIN || value > DBL_MAX))
        return false;
    *out = negative ? -value : value;
    return true;
}

static inline bool read_double(const uint8_t *text, size_t size, double *out)
{
    unsigned guess = 0;
    return HR_LIKELY(hr_fast_float64(text, size, &guess, out)) || read_decimal(text, size, out);
}

static inline bool put_float8(hr_out *out, const uint8_t *text, size_t size)
{
    double value;
    uint64_t bits;
    if (!read_double(text, size, &value))
        return false;
    memcpy(&bits, &value, sizeof bits);
    hr_binary_put4(out, 8);
    hr_binary_put8(out, bits);
    return true;
}

/* The server rounds the text once. Rounding the nearest double is the same, unless that stands half-way between two
 * floats, to which the text may be nearer on one side. */
static inline bool put_float4(hr_out *out, const uint8_t *text, size_t size)
{
    double value;
    uint64_t bits;
    if (!read_double(text, size, &value))
        return false;
    memcpy(&bits, &value, sizeof bits);
    double magnitude = value < 0 ? -value : value;
    if ((bits & 0x1FFFFFFF) == 0x10000000 || (magnitude != 0 && magnitude < (double)FLT_MIN) ||
        magnitude > (double)FLT_MAX)
        return false;
    float single = (float)value;
    uint32_t half;
    memcpy(&half, &single, sizeof half);
    hr_binary_put4(out, 4);
    hr_binary_put4(out, half);
    return true;
}

/* ---- times ----------------------------------------------------------------------------------------------------- */

static inline bool put_date(hr_out *out, const uint8_t *text, size_t size)
{
    int32_t day;
    if (!hr_fast_date(text, size, &day))
        return false;
    hr_binary_put4(out, 4);
    hr_binary_put4(out, (uint32_t)(day - HR_BINARY_EPOCH_DAYS));
    return true;
}

/* A day alone is its first moment. */
static inline bool put_timestamp(hr_out *out, const hr_copy_column *column, const uint8_t *text, size_t size)
{
    int64_t value;
    int32_t day;
    if (HR_UNLIKELY(size == 10)) {
        if (!hr_fast_date(text, size, &day))
            return false;
        value = day * HR_DAY_MICROSECONDS;
    } else if (!hr_fast_timestamp(text, size, false, &value) && hr_value_timestamp(text, size, false, &value)) {
        return false;
    }
    return hr_binary_time(out, column, value);
}

/* That of any day. */
static bool put_time(hr_out *out, const hr_copy_column *column, const uint8_t *text, size_t size)
{
    static const char day[] = "2000-01-01 ";
    uint8_t whole[sizeof day + 32];
    int64_t value;
    if (size > 32)
        return false;
    memcpy(whole, day, sizeof day - 1);
    memcpy(whole + sizeof day - 1, text, size);
    return !hr_value_timestamp(whole, sizeof day - 1 + size, false, &value) && hr_binary_time(out, column, value);
}

/* What has no zone is another moment in each session's. */
static inline bool put_moment(hr_out *out, const hr_copy_column *column, const uint8_t *text, size_t size)
{
    int64_t value;
    if (HR_LIKELY(size == 20 && text[19] == 'Z' && hr_fast_timestamp(text, 19, false, &value)))
        return hr_binary_time(out, column, value);
    if (!hr_fast_timestamp(text, size, true, &value) && hr_value_timestamp(text, size, true, &value))
        return false;
    return !hr_binary_is_far(text, size) && hr_binary_time(out, column, value);
}

/* ---- others ---------------------------------------------------------------------------------------------------- */

static inline bool put_bool(hr_out *out, const uint8_t *text, size_t size)
{
    bool value;
    if (!hr_fast_bool(text, size, &value) && hr_value_bool(text, size, &value))
        return false;
    hr_binary_put4(out, 1);
    *out->at++ = value;
    return true;
}

static inline bool put_uuid(hr_out *out, const uint8_t *text, size_t size)
{
    if (hr_value_uuid(text, size, out->at + 4))
        return false;
    hr_binary_put4(out, 16);
    out->at += 16;
    return true;
}

bool hr_binary_read(hr_out *out, const hr_binary_column *column, const uint8_t *text, size_t size)
{
    switch (column->kind) {
    case HR_BINARY_READ_BOOL: return put_bool(out, text, size);
    case HR_BINARY_READ_INT2: return put_int2(out, text, size);
    case HR_BINARY_READ_INT4: return put_int4(out, text, size);
    case HR_BINARY_READ_INT8: return put_int8(out, text, size);
    case HR_BINARY_READ_FLOAT4: return put_float4(out, text, size);
    case HR_BINARY_READ_FLOAT8: return put_float8(out, text, size);
    case HR_BINARY_READ_NUMERIC: return put_numeric(out, &column->as_text, text, size);
    case HR_BINARY_READ_DATE: return put_date(out, text, size);
    case HR_BINARY_READ_TIME: return put_time(out, &column->as_text, text, size);
    case HR_BINARY_READ_TIMESTAMP: return put_timestamp(out, &column->as_text, text, size);
    case HR_BINARY_READ_MOMENT: return put_moment(out, &column->as_text, text, size);
    case HR_BINARY_READ_UUID: return put_uuid(out, text, size);
    default: return false;
    }
}
