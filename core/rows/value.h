/* value.h: from the bytes of a value to a value of a type, exactly. These functions are the language of each type
 * (docs/types.md says it to people); value_fast.h has quick ways to the same answers.
 *
 * Each gives NULL and sets *out, or says why the text is no such value: a static text that follows "'x' is no int64:".
 * Nothing is trimmed: white space is part of a value, and only texts and JSON have it. */
#ifndef HR_CORE_ROWS_VALUE_H
#define HR_CORE_ROWS_VALUE_H

#include "core/base/base.h"
#include "headrace/schema.h"

__extension__ typedef __int128 hr_int128;
__extension__ typedef unsigned __int128 hr_uint128;

#define HR_DECIMAL_DIGITS 38u /* below 2^127 */

const char *hr_value_bool(const uint8_t *text, size_t size, bool *out);
const char *hr_value_int64(const uint8_t *text, size_t size, int64_t *out);
/* The number times 10^scale; at most `precision` digits. */
const char *hr_value_decimal(const uint8_t *text, size_t size, unsigned precision, unsigned scale, hr_int128 *out);
const char *hr_value_float64(const uint8_t *text, size_t size, double *out);
const char *hr_value_date(const uint8_t *text, size_t size, int32_t *out);
const char *hr_value_timestamp(const uint8_t *text, size_t size, bool zoned, int64_t *out);
const char *hr_value_uuid(const uint8_t *text, size_t size, uint8_t out[16]);

/* What stands behind the seconds of a timestamp: a fraction and a zone. *out: microseconds to be added. */
const char *hr_value_timestamp_tail(const uint8_t *text, size_t size, bool zoned, int64_t *out);

/* Days since 1970-01-01 of a day of the Gregorian calendar, years 1 to 9999. Counted from March on, so that the day
 * that comes and goes is the year's last. */
static inline int32_t hr_days_of(unsigned year, unsigned month, unsigned day)
{
    unsigned march = month <= 2 ? month + 9 : month - 3, y = month <= 2 ? year - 1 : year;
    return (int32_t)(y * 365 + y / 4 - y / 100 + y / 400 + (march * 153 + 2) / 5 + day) - 719469;
}

#define HR_DAY_MICROSECONDS INT64_C(86400000000)
/* The first microsecond of the year 1, and the first one of the year 10000. */
#define HR_TIME_FIRST (INT64_C(-719162) * HR_DAY_MICROSECONDS)
#define HR_TIME_END (INT64_C(2932897) * HR_DAY_MICROSECONDS)

/* The double nearest to digits * 10^exponent (ties to even); infinite when it is too large. */
double hr_double_of(uint64_t digits, int64_t exponent);

extern const uint64_t hr_powers_of_ten[20]; /* 10^0 .. 10^19 */

#endif
