/* test_copy_binary_field.c: values of COPY's binary format that are read from their texts alone: those that are beyond
 * doubt are the ones that the texts say, all others are told. */
#include <criterion/criterion.h>

#include "core/output/copy_binary_value.h"
#include "core/rows/value_fast.h"

#define DECODED(holds) cr_assert(holds)
#include "tests/reference/copy_decoder.h"

/* The value that is read, "-": it is told. The text ends where its memory may be read no more. */
static char *read_one(const hr_binary_column *column, unsigned oid, const char *text, size_t size)
{
    uint8_t *room = malloc(size + HR_FAST_READ);
    uint8_t made[512];
    hr_out out = {.at = made};
    memcpy(room, text, size);
    memset(room + size, '7', HR_FAST_READ);
    bool fine = hr_binary_read(&out, column, room, size);
    free(room);
    if (!fine)
        return text_of("-");
    tape field = {made, out.at};
    cr_assert_eq((size_t)take(&field, 4), (size_t)(out.at - made) - 4);
    return say(oid, field);
}

/* Texts between bars, and what they are, with two bars behind each. */
static void reads(unsigned oid, uint32_t guards, unsigned digits, const char *texts, const char *expected)
{
    hr_binary_column column = {.as_text = {.guards = guards, .digits = digits}};
    uint8_t room[8];
    hr_buffer all = {0};
    hr_binary_choose(&(hr_binary_place){.base = oid}, &column, room);
    for (const char *p = texts;; p++) {
        size_t size = strcspn(p, "|");
        char *value = read_one(&column, oid, p, size);
        cr_assert(hr_buffer_printf(&all, "%s%s", p > texts ? "|" : "", value));
        free(value);
        p += size;
        if (!*p)
            break;
    }
    cr_assert(hr_buffer_add(&all, "", 1));
    cr_assert_str_eq((char *)all.data, expected, "%s", (char *)all.data);
    hr_buffer_free(&all);
}

Test(copy_binary_field, whole_numbers)
{
    reads(INT2, 0, 0, "0|-0|+7|007|-32768|32767|32768|-32769|| 1|1 |1.0|1e3|0x1|1_0|+|-|--1|+-1",
          "0|0|7|7|-32768|32767|-|-|-|-|-|-|-|-|-|-|-|-|-");
    reads(INT4, 0, 0, "2147483647|-2147483648|2147483648|-2147483649|00000000000000000000000000042|12345678",
          "2147483647|-2147483648|-|-|42|12345678");
    reads(INT8, 0, 0,
          "9223372036854775807|-9223372036854775808|9223372036854775808|-9223372036854775809|18446744073709551616|"
          "99999999999999999999|1234567890123456|12345678901234567|+12345678901234567|1234567a|12345678901a",
          "9223372036854775807|-9223372036854775808|-|-|-|-|1234567890123456|12345678901234567|12345678901234567|-|-");
}

Test(copy_binary_field, decimals_keep_every_digit_and_the_zeros_that_are_written)
{
    reads(
        NUMERIC, 0, 0,
        "0|-0|0.00|-0.0|.5|5.|+1.50|-12345678.9|10000|100000000|0.0001|0.00001|12340000.0000|0012.50|1234567890123456|"
        "0.1234567890123456|12345678901234567.5|123456789012345678901234567890.123456789",
        "0|0|0.00|0.0|0.5|5|1.50|-12345678.9|10000|100000000|0.0001|0.00001|12340000.0000|12.50|1234567890123456|"
        "0.1234567890123456|12345678901234567.5|123456789012345678901234567890.123456789");
    reads(NUMERIC, 0, 0, "|.|-|+.|1e5|NaN|Infinity|inf| 1|1 |1,5|1.2.3|0x10|1_000|--1",
          "-|-|-|-|-|-|-|-|-|-|-|-|-|-|-");
    reads(NUMERIC, HR_COPY_SCALE, 2, "1.5|1.55|1.555|1.550|1.500000|7|0.001|0.000",
          "1.5|1.55|-|1.550|1.500000|7|-|0.000");
}

Test(copy_binary_field, decimals_of_every_length_before_and_behind_the_point)
{
    static const char digits[] = "98706050403020100010203040506070809001";
    for (int whole = 0; whole <= 19; whole++)
        for (int fraction = 0; fraction <= 19; fraction++) {
            char text[64], expected[64];
            if (!whole && !fraction)
                continue;
            snprintf(text, sizeof text, "-%.*s.%.*s", whole, digits, fraction, digits + whole);
            snprintf(expected, sizeof expected, "-%s%.*s%s%.*s", whole ? "" : "0", whole, digits, fraction ? "." : "",
                     fraction, digits + whole);
            reads(NUMERIC, 0, 0, text, expected);
        }
}

Test(copy_binary_field, floats_are_the_nearest_and_what_is_too_large_or_too_small_is_told)
{
    reads(FLOAT8, 0, 0,
          "0.1|-0|0|5.|.5|+1.5|-1.5e-3|1E5|00.5|1e308|2.2250738585072014e-308|9007199254740993|0e999|0.855889",
          "0.10000000000000001|-0|0|5|0.5|1.5|-0.0015|100000|0.5|1e+308|2.2250738585072014e-308|9007199254740992|0|"
          "0.85588900000000001");
    reads(FLOAT8, 0, 0,
          "|.|-|e5|1e|1e400|1e-400|2e-308|4.9e-324|NaN|Infinity|-Infinity|inf|0x1p3| 1|1 |--1|-+1|1_0|-.e1",
          "-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-");
    reads(FLOAT4, 0, 0, "0.1|-0|1.5|16777216|3.4028234e38|1.2e-38|123456.789",
          "0.100000001|-0|1.5|16777216|3.40282347e+38|1.19999998e-38|123456.789");
    /* Half-way between two floats, or near to that by less than a double tells. */
    reads(FLOAT4, 0, 0, "16777217|16777219.00000000001|3.5e38|1e39|1e-39|1.17549435e-38|1.0000000596046448|NaN",
          "-|-|-|-|-|-|-|-");
}

Test(copy_binary_field, days_and_moments)
{
    reads(DATE, 0, 0, "2024-02-29|0001-01-01|9999-12-31|2023-02-29|0000-01-01|2024-13-01|2024-1-1|2024/01/01|20240101|",
          "2024-02-29|0001-01-01|9999-12-31|-|-|-|-|-|-|-");
    reads(DATE, 0, 0, " 2024-01-01|2024-01-01 |2024-01-01 BC|now|infinity|10000-01-01|-2024-01-01", "-|-|-|-|-|-|-");
    reads(TIMESTAMP, 0, 0,
          "2024-01-01 10:20:30|2024-01-01T10:20:30.5|2024-01-01|2024-01-01t10:20|2024-01-01 10:20:30.123456",
          "2024-01-01 10:20:30.000000|2024-01-01 10:20:30.500000|2024-01-01 00:00:00.000000|"
          "2024-01-01 10:20:00.000000|2024-01-01 10:20:30.123456");
    reads(TIMESTAMP, 0, 0,
          "2024-01-01 10:20:30Z|2024-01-01 10:20:30+00|2024-01-01 24:00:00|2024-01-01 10:20:60|2024-01-01 10:60:00|"
          "2024-01-01 10:20:30.1234567|2024-01-01 10|2024-01-01  10:20:30|2024-01-01 1:20:30|2024-01-01 10:20:30 |"
          "2024-01-01 10:20:30.|2024-02-30|2024-01-01 10:20:30 PM",
          "-|-|-|-|-|-|-|-|-|-|-|-|-");
    reads(
        TIME, HR_COPY_FRACTION, 2,
        "00:00:00|23:59:59.99|10:20|10:20:30.120|10:20:30.123|24:00:00|23:59:60|10|1:20:30|10:20:30Z| 10:20||now",
        "2000-01-01 00:00:00.000000|2000-01-01 23:59:59.990000|2000-01-01 10:20:00.000000|2000-01-01 10:20:30.120000|-|-|-|-|-|-|-|-|-");
    reads(
        TIMESTAMPTZ, 0, 0,
        "2024-01-01 10:20:30Z|2024-01-01T10:20:30z|2024-01-01 10:20:30+02|2024-01-01 10:20:30.25-0330|2024-01-01 10:20+05:45|"
        "2024-01-01 10:20:30+15:59|2024-01-01 10:20:30.123456Z",
        "2024-01-01 10:20:30.000000|2024-01-01 10:20:30.000000|2024-01-01 08:20:30.000000|2024-01-01 13:50:30.250000|"
        "2024-01-01 04:35:00.000000|2023-12-31 18:21:30.000000|2024-01-01 10:20:30.123456");
    reads(
        TIMESTAMPTZ, 0, 0,
        "2024-01-01 10:20:30|2024-01-01|2024-01-01 10:20:30 Z|2024-01-01 10:20:30 UTC|2024-01-01 10:20:30+16|"
        "2024-01-01 10:20:30+2|2024-01-01 10:20:30+02:60|2024-01-01 10:20:30+02:00:00|2024-01-01 24:00:00Z|"
        "0001-01-01 00:00:00+01|9999-12-31 23:59:59-01|2024-01-01 10:20:30.1234567Z|2024-01-01 10:20:3Z|2024-01-01 1:20:30ZZ",
        "-|-|-|-|-|-|-|-|-|-|-|-|-|-");
    reads(TIMESTAMPTZ, HR_COPY_FRACTION, 2, "2024-01-01 10:20:30.12Z|2024-01-01 10:20:30.123Z|2024-01-01 10:20:30.120Z",
          "2024-01-01 10:20:30.120000|-|2024-01-01 10:20:30.120000");
}

Test(copy_binary_field, truth_and_identifiers)
{
    reads(BOOL, 0, 0, "t|F|TRUE|false|1|0|yes|No|on|OFF|y|n", "t|f|t|f|t|f|t|f|t|f|t|f");
    reads(BOOL, 0, 0, "|tru|o|of|2|10| t|t |null|truee", "-|-|-|-|-|-|-|-|-|-");
    reads(
        UUID, 0, 0,
        "0199f2a4-0000-7000-8000-00000000ABCD|0199f2a4000070008000000000000001|{0199f2a4-0000-7000-8000-000000000001}|",
        "0199f2a4-0000-7000-8000-00000000abcd|-|-|-");
}
