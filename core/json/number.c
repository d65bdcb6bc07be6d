/* number.c: JSON numbers: their grammar, and their values where somebody asks for one. */
#include <locale.h>
#include <stdlib.h>

#include "core/json/tree.h"

static bool is_digit(const char *text, size_t size, size_t at)
{
    return at < size && text[at] >= '0' && text[at] <= '9';
}

static size_t digits(const char *text, size_t size, size_t at)
{
    while (is_digit(text, size, at))
        at++;
    return at;
}

size_t hr_json_number_size(const char *text, size_t size, size_t *at)
{
    size_t i = size && text[0] == '-';
    *at = i;
    if (!is_digit(text, size, i))
        return 0;
    i = text[i] == '0' ? i + 1 : digits(text, size, i);
    if (i < size && text[i] == '.') {
        *at = ++i;
        if (!is_digit(text, size, i))
            return 0;
        i = digits(text, size, i);
    }
    if (i < size && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        i += i < size && (text[i] == '+' || text[i] == '-');
        *at = i;
        if (!is_digit(text, size, i))
            return 0;
        i = digits(text, size, i);
    }
    return i;
}

bool hr_json_int64(const hr_json_value *value, int64_t *out)
{
    if (hr_json_kind_of(value) != HR_JSON_NUMBER)
        return false;
    bool negative = value->text[0] == '-';
    uint64_t sum = 0, most = (uint64_t)INT64_MAX + negative;
    for (size_t i = negative; i < value->size; i++) {
        if (!is_digit(value->text, value->size, i))
            return false;
        uint64_t digit = (uint64_t)(value->text[i] - '0');
        if (sum > (most - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

/* Clinger's fast path: a whole number below 2^53 and a power of ten up to 10^22 are exact doubles, so that one
 * multiplication or division of them rounds once, and right. (How to read floating point numbers accurately, 1990.) */
static bool small_double(const char *text, size_t size, double *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool negative = text[0] == '-', point = false;
    uint64_t whole = 0;
    size_t count = 0;
    int exponent = 0;
    for (size_t i = negative; i < size; i++) {
        if (text[i] == '.') {
            point = true;
            continue;
        }
        if (!is_digit(text, size, i) || ++count > 15)
            return false;
        whole = whole * 10 + (uint64_t)(text[i] - '0');
        exponent -= point;
    }
    double value = (double)whole / powers[-exponent];
    *out = negative ? -value : value;
    return true;
}

bool hr_json_double(const hr_json_value *value, double *out)
{
    if (hr_json_kind_of(value) != HR_JSON_NUMBER)
        return false;
    if (small_double(value->text, value->size, out))
        return true;
    /* The number ends in the document's text where something else begins, at the latest with its NUL. The C locale is
     * static in the C libraries there are: asking for it allocates nothing. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return false;
    *out = strtod_l(value->text, NULL, plain);
    freelocale(plain);
    return true;
}
