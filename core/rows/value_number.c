/* value_number.c: whole numbers and decimals, and the truth values. */
#include <strings.h>

#include "core/rows/value.h"

const uint64_t hr_powers_of_ten[20] = {1u,
                                       10u,
                                       100u,
                                       1000u,
                                       10000u,
                                       100000u,
                                       1000000u,
                                       10000000u,
                                       100000000u,
                                       1000000000u,
                                       10000000000u,
                                       100000000000u,
                                       1000000000000u,
                                       10000000000000u,
                                       100000000000000u,
                                       1000000000000000u,
                                       10000000000000000u,
                                       100000000000000000u,
                                       1000000000000000000u,
                                       10000000000000000000u};

static inline bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') <= 9;
}

const char *hr_value_bool(const uint8_t *text, size_t size, bool *out)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = {{"true", true}, {"false", false}, {"1", true}, {"0", false}, {"t", true},  {"f", false},
                 {"yes", true},  {"no", false},    {"y", true}, {"n", false}, {"on", true}, {"off", false}};
    for (size_t i = 0; i < HR_COUNT(words); i++)
        if (strlen(words[i].text) == size && strncasecmp(words[i].text, (const char *)text, size) == 0) {
            *out = words[i].value;
            return NULL;
        }
    return "neither true nor false, yes nor no, on nor off, 1 nor 0";
}

const char *hr_value_int64(const uint8_t *text, size_t size, int64_t *out)
{
    bool negative = size && *text == '-';
    size_t i = size && (*text == '-' || *text == '+');
    if (i == size)
        return "there are no digits";
    if (text[i] == '0' && size - i > 1 && is_digit(text[i + 1]))
        return "it has leading zeros";
    uint64_t value = 0;
    size_t digits = size - i;
    for (; i < size; i++) {
        if (!is_digit(text[i]))
            return "a whole number has digits only";
        if (digits <= 19) /* 10^19 is below 2^64 */
            value = value * 10 + (uint64_t)(text[i] - '0');
    }
    if (digits > 19 || value > (uint64_t)INT64_MAX + negative)
        return "it is beyond 64 bits";
    *out = (int64_t)(negative ? 0 - value : value);
    return NULL;
}

/* The digits of a decimal. */
typedef struct digits {
    bool negative;
    const uint8_t *whole, *fraction;
    size_t whole_size, fraction_size; /* without a zero that stands for no digits, and without zeros at the end */
} digits;

static const char *take_digits(const uint8_t *text, size_t size, digits *out)
{
    size_t i = size && (*text == '-' || *text == '+');
    *out = (digits){.negative = size && *text == '-', .whole = text + i};
    size_t begin = i;
    while (i < size && is_digit(text[i]))
        i++;
    out->whole_size = i - begin;
    if (i < size && text[i] == '.') {
        out->fraction = text + ++i;
        while (i < size && is_digit(text[i]))
            i++;
        out->fraction_size = (size_t)(text + i - out->fraction);
    }
    if (i < size)
        return "a decimal has digits and one point only";
    if (out->whole_size + out->fraction_size == 0)
        return "there are no digits";
    if (out->whole_size > 1 && *out->whole == '0')
        return "it has leading zeros";
    if (out->whole_size && *out->whole == '0')
        out->whole_size = 0;
    while (out->fraction_size && out->fraction[out->fraction_size - 1] == '0')
        out->fraction_size--;
    return NULL;
}

const char *hr_value_decimal(const uint8_t *text, size_t size, unsigned precision, unsigned scale, hr_int128 *out)
{
    digits d;
    const char *why = take_digits(text, size, &d);
    if (why)
        return why;
    if (d.fraction_size > scale)
        return "it has more digits behind the point than the column's scale";
    if (d.whole_size > precision - scale)
        return "it has more digits than the column's precision allows";
    hr_uint128 value = 0; /* of at most `precision` digits */
    for (size_t i = 0; i < d.whole_size; i++)
        value = value * 10 + (unsigned)(d.whole[i] - '0');
    for (size_t i = 0; i < scale; i++)
        value = value * 10 + (i < d.fraction_size ? (unsigned)(d.fraction[i] - '0') : 0u);
    *out = d.negative ? -(hr_int128)value : (hr_int128)value;
    return NULL;
}
