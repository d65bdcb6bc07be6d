/* copy_decoder.h: the fields of COPY's binary format as texts, by the documents of PostgreSQL alone (the manual,
 * "COPY", Binary Format; what the send functions of its types say of them). For tests and fuzz targets, which define
 * DECODED(holds) before: what must hold. */
#ifndef HR_TESTS_REFERENCE_COPY_DECODER_H
#define HR_TESTS_REFERENCE_COPY_DECODER_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BOOL = 16,
    BYTEA = 17,
    INT8 = 20,
    INT2 = 21,
    INT4 = 23,
    TEXT = 25,
    JSON = 114,
    FLOAT4 = 700,
    FLOAT8 = 701,
    BPCHAR = 1042,
    VARCHAR = 1043,
    DATE = 1082,
    TIME = 1083,
    TIMESTAMP = 1114,
    TIMESTAMPTZ = 1184,
    NUMERIC = 1700,
    UUID = 2950,
    JSONB = 3802
};

typedef struct tape {
    const uint8_t *at, *end;
} tape;

static uint64_t take(tape *from, size_t bytes)
{
    uint64_t value = 0;
    DECODED(bytes <= (size_t)(from->end - from->at));
    while (bytes--)
        value = value << 8 | *from->at++;
    return value;
}

static char *text_of(const char *format, ...)
{
    char *out;
    va_list list;
    va_start(list, format);
    DECODED(vasprintf(&out, format, list) >= 0);
    va_end(list);
    return out;
}

/* By counting days, month by month. */
static void calendar(int64_t days, int *year, int *month, int *day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t left = days + 730119; /* from 0001-01-01 to 2000-01-01 */
    *year = 1;
    for (;; ++*year) {
        int leap = *year % 4 == 0 && (*year % 100 || *year % 400 == 0);
        if (left < 365 + leap) {
            for (*month = 1; left >= lengths[*month - 1] + (*month == 2 && leap); ++*month)
                left -= lengths[*month - 1] + (*month == 2 && leap);
            *day = (int)left + 1;
            return;
        }
        left -= 365 + leap;
    }
}

static char *say_date(int64_t days)
{
    int year, month, day;
    calendar(days, &year, &month, &day);
    return text_of("%04d-%02d-%02d", year, month, day);
}

static char *say_time(int64_t micros)
{
    int64_t day = micros / 86400000000, rest = micros % 86400000000;
    if (rest < 0)
        day--, rest += 86400000000;
    char *date = say_date(day),
         *out = text_of("%s %02d:%02d:%02d.%06d", date, (int)(rest / 3600000000), (int)(rest / 60000000 % 60),
                        (int)(rest / 1000000 % 60), (int)(rest % 1000000));
    free(date);
    return out;
}

/* A numeric is the sum of digits[i] * 10000^(weight - i); dscale decimal digits are shown behind the point. */
typedef struct numeric {
    int count, weight, sign, dscale;
    int digits[100];
} numeric;

/* The decimal digit that stands for 10^power. */
static int digit_of(const numeric *n, int power)
{
    static const int tens[] = {1, 10, 100, 1000};
    int group = power >= 0 ? power / 4 : -((3 - power) / 4), at = n->weight - group;
    return at < 0 || at >= n->count ? 0 : n->digits[at] / tens[power - group * 4] % 10;
}

static char *say_numeric(tape *field)
{
    numeric n = {.count = (int)take(field, 2)};
    n.weight = (int16_t)take(field, 2);
    n.sign = (int)take(field, 2);
    n.dscale = (int)take(field, 2);
    DECODED(n.sign == 0 || n.sign == 0x4000);
    DECODED(n.count <= 100);
    for (int i = 0; i < n.count; i++)
        DECODED((n.digits[i] = (int)take(field, 2)) < 10000);
    DECODED(field->at == field->end);
    DECODED(!n.count || (n.digits[0] && n.digits[n.count - 1])); /* no zeros at an end */
    DECODED(n.count || (!n.sign && !n.weight));
    char *out = calloc(1, 500 + (size_t)n.dscale), *p = out;
    if (n.sign)
        *p++ = '-';
    int power = n.weight * 4 + 3;
    while (power > 0 && !digit_of(&n, power))
        power--;
    for (power = power < 0 ? 0 : power; power >= 0; power--)
        *p++ = (char)('0' + digit_of(&n, power));
    if (n.dscale)
        *p++ = '.';
    for (; power >= -n.dscale; power--)
        *p++ = (char)('0' + digit_of(&n, power));
    for (; power >= (n.weight - n.count) * 4; power--)
        DECODED(!digit_of(&n, power)); /* all digits are shown */
    return out;
}

__attribute__((unused)) static char *say(unsigned oid, tape field)
{
    size_t size = (size_t)(field.end - field.at);
    switch (oid) {
    case BOOL: DECODED(size == 1u); return text_of("%s", take(&field, 1) ? "t" : "f");
    case INT2: DECODED(size == 2u); return text_of("%d", (int16_t)take(&field, 2));
    case INT4: DECODED(size == 4u); return text_of("%d", (int32_t)take(&field, 4));
    case INT8: DECODED(size == 8u); return text_of("%lld", (long long)take(&field, 8));
    case FLOAT4: {
        DECODED(size == 4u);
        uint32_t bits = (uint32_t)take(&field, 4);
        float value;
        memcpy(&value, &bits, 4);
        return text_of("%.9g", (double)value);
    }
    case FLOAT8: {
        DECODED(size == 8u);
        uint64_t bits = take(&field, 8);
        double value;
        memcpy(&value, &bits, 8);
        return text_of("%.17g", value);
    }
    case DATE: DECODED(size == 4u); return say_date((int32_t)take(&field, 4));
    case TIME:
    case TIMESTAMP:
    case TIMESTAMPTZ: DECODED(size == 8u); return say_time((int64_t)take(&field, 8));
    case NUMERIC: return say_numeric(&field);
    case UUID: {
        DECODED(size == 16u);
        char *out = calloc(1, 40);
        for (int i = 0; i < 16; i++)
            sprintf(out + strlen(out), i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", field.at[i]);
        return out;
    }
    case BYTEA: {
        char *out = calloc(2, size + 3);
        strcpy(out, "\\x");
        for (size_t i = 0; i < size; i++)
            sprintf(out + strlen(out), "%02x", field.at[i]);
        return out;
    }
    case JSONB: DECODED(take(&field, 1) == 1); size--; /* fall through */
    default: return text_of("%.*s", (int)size, field.at);
    }
}

#endif
