/* value_float.c: floating-point numbers, correctly rounded.
 *
 * Up to 19 digits: William Clinger's exact case (PLDI 1990) where digits and power of ten are doubles, else the method
 * of Michael Eisel and Daniel Lemire ("Number parsing at a gigabyte per second", 2021), which for 64-bit digits needs
 * no fallback (Noble Mushtak and Lemire, "Fast number parsing without fallback", 2022). More digits: the same for the
 * first 19 of them and for those plus one; where these differ, the C library decides. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/rows/value.h"

#define POWER_LEAST (-342)
#define POWER_MOST 308
static const uint64_t powers_of_five[POWER_MOST - POWER_LEAST + 1][2] = {
#include "core/rows/powers.inc"
};

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

#define FRACTION_BITS 52
#define EXPONENT_BIAS 1023
#define EXPONENT_TOP 0x7ff

static double double_from(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* digits, shifted up to their highest bit, times 5^power: the upper 128 bits, as exact as rounding needs. */
static hr_uint128 multiply(uint64_t digits, int64_t power)
{
    const uint64_t *five = powers_of_five[power - POWER_LEAST];
    hr_uint128 product = (hr_uint128)digits * five[0];
    uint64_t undecided = UINT64_MAX >> (FRACTION_BITS + 3);
    if (((uint64_t)(product >> 64) & undecided) == undecided)
        product += ((hr_uint128)digits * five[1]) >> 64;
    return product;
}

double hr_double_of(uint64_t digits, int64_t exponent)
{
    if (digits == 0 || exponent < POWER_LEAST)
        return 0.0;
    if (exponent > POWER_MOST)
        return HUGE_VAL;
    int zeros = __builtin_clzll(digits);
    hr_uint128 product = multiply(digits << zeros, exponent);
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    int top = (int)(high >> 63), shift = top + 64 - FRACTION_BITS - 3;
    uint64_t fraction = high >> shift; /* 53 bits and one to round by */
    /* floor(exponent * log2(10)), by a fraction that is exact enough for all powers there are. */
    int64_t two = ((217706 * exponent) >> 16) + 63 + top - zeros + EXPONENT_BIAS;
    if (two <= 0) { /* subnormal */
        if (1 - two >= 64)
            return 0.0;
        fraction >>= 1 - two;
        fraction = (fraction + (fraction & 1)) >> 1;
        return double_from(fraction); /* where it was rounded up to 2^52, that bit is the exponent's */
    }
    /* Half-way between two doubles, exactly: only then does "to even" differ from "up". */
    if (low <= 1 && exponent >= -4 && exponent <= 23 && (fraction & 3) == 1 && fraction << shift == high)
        fraction &= ~UINT64_C(1);
    fraction = (fraction + (fraction & 1)) >> 1;
    if (fraction >= UINT64_C(2) << FRACTION_BITS) {
        fraction = UINT64_C(1) << FRACTION_BITS;
        two++;
    }
    if (two >= EXPONENT_TOP)
        return HUGE_VAL;
    return double_from((fraction & ~(UINT64_C(1) << FRACTION_BITS)) | (uint64_t)two << FRACTION_BITS);
}

/* A number as it is written. */
typedef struct number {
    bool negative;
    const uint8_t *whole, *fraction;
    size_t whole_size, fraction_size;
    int64_t exponent;
} number;

static inline bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') <= 9;
}

static size_t digits_at(const uint8_t *text, size_t from, size_t size)
{
    size_t i = from;
    while (i < size && is_digit(text[i]))
        i++;
    return i - from;
}

/* No text has as many digits as would bring a number back from there. */
#define EXPONENT_END (INT64_C(1) << 40)

static const char *take_number(const uint8_t *text, size_t size, number *out)
{
    size_t i = size && (*text == '-' || *text == '+');
    *out = (number){.negative = size && *text == '-', .whole = text + i};
    out->whole_size = digits_at(text, i, size);
    i += out->whole_size;
    if (i < size && text[i] == '.') {
        out->fraction = text + ++i;
        out->fraction_size = digits_at(text, i, size);
        i += out->fraction_size;
    }
    if (out->whole_size + out->fraction_size == 0)
        return "there are no digits";
    if (out->whole_size > 1 && *out->whole == '0')
        return "it has leading zeros";
    if (i < size && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        bool negative = i < size && text[i] == '-';
        i += i < size && (text[i] == '-' || text[i] == '+');
        size_t digits = digits_at(text, i, size);
        if (digits == 0)
            return "its exponent has no digits";
        int64_t exponent = 0;
        for (size_t end = i + digits; i < end; i++)
            if (exponent < EXPONENT_END)
                exponent = exponent * 10 + (text[i] - '0');
        out->exponent = negative ? -exponent : exponent;
    }
    return i < size ? "there is something in it that no number has" : NULL;
}

/* No double and no point half-way between two has more significant digits; a further one stands for all that follow. */
#define DECIDING_DIGITS 770

/* What the C library makes of the digits from the first one that is not 0 on. */
static double ask_library(const number *n, size_t leading)
{
    char text[DECIDING_DIGITS + 40];
    size_t total = n->whole_size + n->fraction_size, used = 0, i = leading;
    bool more = false;
    for (; i < total; i++) {
        char digit = (char)(i < n->whole_size ? n->whole[i] : n->fraction[i - n->whole_size]);
        if (used < DECIDING_DIGITS)
            text[used++] = digit;
        else
            more = more || digit != '0';
    }
    int64_t exponent = n->exponent - (int64_t)n->fraction_size + (int64_t)(total - leading - used);
    if (more) {
        text[used++] = '1';
        exponent--;
    }
    snprintf(text + used, sizeof text - used, "e%lld", (long long)exponent);
    /* The C locale is there always: this allocates nothing. */
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double value = strtod_l(text, NULL, locale);
    freelocale(locale);
    return value;
}

static double number_value(const number *n)
{
    size_t total = n->whole_size + n->fraction_size, i = 0, taken = 0;
    uint64_t digits = 0;
    while (i < total && (i < n->whole_size ? n->whole[i] : n->fraction[i - n->whole_size]) == '0')
        i++;
    size_t leading = i;
    for (; i < total && taken < 19; i++, taken++)
        digits = digits * 10 + (uint64_t)((i < n->whole_size ? n->whole[i] : n->fraction[i - n->whole_size]) - '0');
    int64_t exponent = n->exponent - (int64_t)n->fraction_size + (int64_t)(total - i);
    if (i == total && digits <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22)
        return exponent < 0 ? (double)digits / powers[-exponent] : (double)digits * powers[exponent];
    double value = hr_double_of(digits, exponent);
    if (i == total || value == hr_double_of(digits + 1, exponent))
        return value;
    return ask_library(n, leading);
}

const char *hr_value_float64(const uint8_t *text, size_t size, double *out)
{
    static const struct {
        const char *text;
        double value;
    } words[] = {{"NaN", NAN}, {"Infinity", HUGE_VAL}, {"-Infinity", -HUGE_VAL}};
    for (size_t i = 0; i < HR_COUNT(words); i++)
        if (strlen(words[i].text) == size && memcmp(words[i].text, text, size) == 0) {
            *out = words[i].value;
            return NULL;
        }
    number n;
    const char *why = take_number(text, size, &n);
    if (why)
        return why;
    double value = number_value(&n);
    if (isinf(value))
        return "it is beyond 64 bits";
    *out = n.negative ? -value : value;
    return NULL;
}
