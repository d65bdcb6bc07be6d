/* test_value.c: texts become values exactly, or are refused; the fast ways give the same answers. */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/rows/value_fast.h"
#include "tests/unit/support.h"

/* A text with rubbish behind it, so that what reads too much shows. */
static const uint8_t *padded(const char *text, size_t size)
{
    static uint8_t room[256];
    memset(room, "0.9-:,\n"[rnd(7)], sizeof room);
    memcpy(room, text, size);
    return room;
}

/* ---- whole numbers ------------------------------------------------------------------------------------------- */

static bool slow_int64(const char *text, int64_t *out)
{
    const char *p = text + (*text == '-' || *text == '+');
    if (!*p || strspn(p, "0123456789") != strlen(p) || (*p == '0' && p[1]))
        return false;
    errno = 0;
    *out = strtoll(text, NULL, 10);
    return errno == 0;
}

static void check_int64(const char *text)
{
    int64_t expected = 0, got = 0, fast = 0;
    size_t size = strlen(text);
    bool right = slow_int64(text, &expected), ok = !hr_value_int64((const uint8_t *)text, size, &got);
    cr_assert_eq(ok, right, "'%s'", text);
    cr_assert(!ok || got == expected, "'%s' became %" PRId64, text, got);
    if (hr_fast_int64(padded(text, size), size, &fast))
        cr_assert(right && fast == expected, "'%s' quickly became %" PRId64, text, fast);
    else if (right && size <= 16 && *text != '+')
        cr_assert_fail("'%s' is not read quickly", text);
}

Test(value, int64_at_its_edges)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "+0",
                                        "00",
                                        "01",
                                        "-01",
                                        "+1",
                                        "-",
                                        "+",
                                        "",
                                        "--1",
                                        "+-1",
                                        "1-",
                                        "1 ",
                                        " 1",
                                        "1.0",
                                        "1e3",
                                        "0x10",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "-9223372036854775808",
                                        "-9223372036854775809",
                                        "9999999999999999999",
                                        "18446744073709551616",
                                        "-18446744073709551617",
                                        "99999999999999999999999999",
                                        "12345678",
                                        "-12345678",
                                        "123456789",
                                        "1234567890123456",
                                        "-1234567890123456",
                                        "12345678901234567",
                                        "1\xC3\xA9",
                                        "\xB1",
                                        "1,2",
                                        "1/",
                                        "1:",
                                        "/",
                                        ":",
                                        "1_000"};
    for (size_t i = 0; i < HR_COUNT(texts); i++)
        check_int64(texts[i]);
}

Test(value, int64_of_every_length_and_with_every_wrong_byte)
{
    char text[32];
    for (int size = 1; size <= 20; size++)
        for (int n = 0; n < 500; n++) {
            int at = 0;
            if (rnd(3) == 0)
                text[at++] = "+-"[rnd(2)];
            for (; at < size; at++)
                text[at] = (char)('0' + rnd(10));
            text[size] = 0;
            check_int64(text);
            text[rnd((uint32_t)size)] = (char)(1 + rnd(255));
            check_int64(text);
        }
    for (int at = 0; at < 16; at++)
        for (int c = 1; c < 256; c++) {
            strcpy(text, "1111111111111111");
            text[at] = (char)c;
            check_int64(text);
            check_int64(text + 8);
        }
}

/* ---- decimals ------------------------------------------------------------------------------------------------ */

/* By text alone: the digits, padded to the scale, as a text without leading zeros; NULL when it is none. */
static const char *slow_decimal(const char *text, unsigned precision, unsigned scale, bool *negative)
{
    static char digits[512];
    const char *p = text + (*text == '-' || *text == '+');
    size_t whole = strspn(p, "0123456789"), fraction = p[whole] == '.' ? strspn(p + whole + 1, "0123456789") : 0;
    if (p[whole] && (p[whole] != '.' || p[whole + 1 + fraction]))
        return NULL;
    if (whole + fraction == 0 || (whole > 1 && *p == '0'))
        return NULL;
    const char *behind = p + whole + 1;
    while (fraction > scale)
        if (behind[--fraction] != '0')
            return NULL;
    int size = sprintf(digits, "%.*s%.*s", (int)whole, p, (int)fraction, fraction ? behind : "");
    for (; fraction < scale; fraction++)
        size += sprintf(digits + size, "0");
    const char *made = digits + strspn(digits, "0");
    *negative = *text == '-';
    return strlen(made) <= precision ? made : NULL;
}

static const char *text_of(hr_int128 value)
{
    static char text[64];
    char *p = text + sizeof text - 1;
    for (hr_uint128 v = value < 0 ? -(hr_uint128)value : (hr_uint128)value; v; v /= 10)
        *--p = (char)('0' + (int)(v % 10));
    return p;
}

static void check_decimal(const char *text, unsigned precision, unsigned scale)
{
    hr_int128 got = 0;
    bool negative = false;
    size_t size = strlen(text);
    const char *expected = slow_decimal(text, precision, scale, &negative);
    bool ok = !hr_value_decimal((const uint8_t *)text, size, precision, scale, &got);
    cr_assert_eq(ok, expected != NULL, "'%s' (%u,%u)", text, precision, scale);
    if (ok) {
        cr_assert_str_eq(text_of(got), expected, "'%s' (%u,%u)", text, precision, scale);
        cr_assert(got == 0 || negative == (got < 0), "'%s'", text);
    }
    int64_t fast;
    if (precision <= 18) {
        bool quick = hr_fast_decimal(padded(text, size), size, scale, hr_powers_of_ten[precision], &fast);
        cr_assert(!quick || (ok && fast == got), "'%s' (%u,%u) quickly became %" PRId64, text, precision, scale, fast);
        cr_assert(quick || !ok || size > 8 || *text == '+' || scale < 8, "'%s' (%u,%u) is not read quickly", text,
                  precision, scale);
    }
}

Test(value, decimals_against_their_texts)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "0.0",
                                        "-0.00",
                                        ".5",
                                        "-.5",
                                        "5.",
                                        ".",
                                        "-.",
                                        "",
                                        "+",
                                        "00",
                                        "00.5",
                                        "0.5",
                                        "01.5",
                                        "1..5",
                                        "1.5.5",
                                        "1,5",
                                        "1e2",
                                        "1.50",
                                        "1.500000000000000000000000",
                                        "1.5000000000000000000000001",
                                        "99999999999999999999999999999999999999",
                                        "100000000000000000000000000000000000000",
                                        "-99999999999999999999999999999999999999",
                                        "9999999999999999999999999999999999999.9",
                                        "0.00000000000000000000000000000000000001",
                                        "1.2.",
                                        "..",
                                        "1.-2",
                                        "123456.78",
                                        "-123456.78",
                                        "12345678.12345678",
                                        "1234567890123.456",
                                        "1234567890123456.",
                                        ".1234567890123456",
                                        "12345678901234.56",
                                        " 1.5",
                                        "1.5 ",
                                        "1.5\n",
                                        "NaN",
                                        "-",
                                        "+1.5"};
    static const unsigned shapes[][2] = {{1, 0},  {1, 1},  {8, 2},   {18, 0},  {18, 18},
                                         {18, 9}, {38, 0}, {38, 38}, {38, 10}, {19, 4}};
    for (size_t i = 0; i < HR_COUNT(texts); i++)
        for (size_t s = 0; s < HR_COUNT(shapes); s++)
            check_decimal(texts[i], shapes[s][0], shapes[s][1]);
    for (int n = 0; n < 300000; n++) {
        char text[64];
        int size = 0;
        if (rnd(3) == 0)
            text[size++] = "+--"[rnd(3)];
        for (uint32_t more = rnd(rnd(4) ? 8 : 22); more; more--)
            text[size++] = (char)('0' + rnd(10));
        if (rnd(3))
            text[size++] = '.';
        for (uint32_t more = rnd(rnd(4) ? 6 : 22); more; more--)
            text[size++] = (char)('0' + (rnd(3) ? rnd(10) : 0));
        text[size] = 0;
        if (size && rnd(4) == 0)
            text[rnd((uint32_t)size)] = rnd(2) ? (char)(1 + rnd(255)) : '.';
        unsigned precision = 1 + rnd(38), scale = rnd(precision + 1);
        check_decimal(text, precision, scale);
    }
}

/* ---- floating point ------------------------------------------------------------------------------------------ */

static void check_float(const char *text)
{
    double got = 0, expected = strtod(text, NULL), fast;
    size_t size = strlen(text);
    const char *why = hr_value_float64((const uint8_t *)text, size, &got);
    if (isinf(expected)) {
        cr_assert(why, "'%s'", text);
        return;
    }
    cr_assert_null(why, "'%s': %s", text, why);
    cr_assert(memcmp(&got, &expected, sizeof got) == 0, "'%s' became %a, not %a", text, got, expected);
    unsigned guess = rnd(8);
    if (size < 100 && hr_fast_float64(padded(text, size), size, &guess, &fast))
        cr_assert(memcmp(&fast, &expected, sizeof fast) == 0, "'%s' quickly became %a, not %a", text, fast, expected);
}

static double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double random_double(void)
{
    double value;
    do
        value = double_of_bits(rnd64());
    while (!isfinite(value));
    return value;
}

Test(value, floats_of_random_bits_come_back)
{
    char text[64];
    for (int n = 0; n < 300000; n++) {
        double value = random_double();
        snprintf(text, sizeof text, "%.*e", (int)rnd(24), value);
        check_float(text);
        snprintf(text, sizeof text, "%.17g", value);
        check_float(text);
    }
    for (int n = 0; n < 300000; n++) {
        uint64_t digits = rnd64() >> rnd(64);
        int size = snprintf(text, sizeof text, "%" PRIu64, digits), point = (int)rnd((uint32_t)size + 1);
        if (point && (text[0] != '0' || point == 1)) {
            memmove(text + point + 1, text + point, (size_t)(size - point) + 1);
            text[point] = '.';
        }
        check_float(text);
        snprintf(text + strlen(text), 8, "e%d", (int)rnd(60) - 30);
        check_float(text);
    }
}

/* Exactly between two doubles, and a little beside it. */
Test(value, floats_half_way_go_to_even)
{
    static char text[2400];
    for (int n = 0; n < 2000; n++) {
        double low = fabs(random_double());
        if (n % 4 == 0)
            low = double_of_bits(rnd64() >> 11); /* subnormal, or nearly */
        if (n % 4 == 1)
            low = (double)(rnd64() >> 11) / (double)hr_powers_of_ten[rnd(12)];
        double high = double_of_bits(bits_of(low) + 1);
        if (isinf(high))
            continue;
        long double middle = ((long double)low + (long double)high) / 2;
        int size = snprintf(text, sizeof text, "%.1100Lf", middle);
        check_float(text);
        text[size] = '1', text[size + 1] = 0;
        check_float(text);
        text[size - 1] = text[size - 1] == '0' ? '0' : '9';
        text[size] = 0;
        check_float(text);
        size = snprintf(text, sizeof text, "%.800Le", middle);
        check_float(text);
    }
}

Test(value, floats_that_are_hard)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "0.0",
        "-0.0e10",
        "1e-400",
        "-1e-400",
        "1e400",
        "1e308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "179769313486231580793e289",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "9007199254740993",
        "9007199254740992",
        "9007199254740991",
        "90071992547409930",
        "9007199254740993.0000000000000000001",
        "1e22",
        "1e23",
        "8.5e22",
        "123456789012345678901234567890",
        "0.000000000000000000000000000000000001",
        "1e0",
        "1E+5",
        "1.5E-5",
        "1e18446744073709551616",
        "1e-18446744073709551616",
        "0e99999999999999999999",
        "6.631236846766476e-316",
        "3.237883913302901289588352412501532174863037669423108059901297049552301970670676565786835742587799557860615776559838283435514391084153169252689190564396459577394618038928365305143463955100356696665629202017331344031730044369360205258345803431471660032699580731300954848363975548690010751530018881758184174569652173110473696022749934638425380623369774736560008997404060967498028389191878963968575439222206416981462690113342524002724385941651051293552601421155333430225237291523843322331326138431477823591142408800030775170625915670728657003151953664260769822494937951845801530895238439819708403389937873241463484205608000027270531106827387907791444918534771598750162812548862768493201518991668028251730299953143924168545708663913273994694463908672332763671875E-319"};
    for (size_t i = 0; i < HR_COUNT(texts); i++)
        check_float(texts[i]);
    double value;
    static const char *const wrong[] = {"",        "-",   ".",    "+.",  "e5",        ".e5",      "1e",  "1e+",
                                        "1.5e5.5", "01",  "00.5", "1 ",  " 1",        "nan",      "inf", "0x10",
                                        "1f",      "1_0", "1,5",  "--1", "Infinity ", "+Infinity"};
    for (size_t i = 0; i < HR_COUNT(wrong); i++)
        cr_assert(hr_value_float64((const uint8_t *)wrong[i], strlen(wrong[i]), &value), "'%s'", wrong[i]);
    cr_assert(!hr_value_float64((const uint8_t *)"NaN", 3, &value) && isnan(value));
    cr_assert(!hr_value_float64((const uint8_t *)"-Infinity", 9, &value) && value == -HUGE_VAL);
    cr_assert(!hr_value_float64((const uint8_t *)"Infinity", 8, &value) && value == HUGE_VAL);
}

/* ---- times --------------------------------------------------------------------------------------------------- */

/* Every text that looks like a date of the years 0000 to 9999, beside a calendar that counts day by day. */
Test(value, dates_day_by_day)
{
    int32_t next = -719162;
    for (unsigned year = 0; year <= 9999; year++)
        for (unsigned month = 0; month <= 13; month++) {
            static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
            bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
            unsigned length = month < 1 || month > 12 ? 0 : lengths[month - 1] + (leap && month == 2 ? 1 : 0);
            for (unsigned day = 0; day <= 32; day++) {
                char text[16];
                int32_t got = 0, fast = 0;
                snprintf(text, sizeof text, "%04u-%02u-%02u", year, month, day);
                bool right = year && day && day <= length;
                const char *why = hr_value_date((const uint8_t *)text, 10, &got);
                bool quick = hr_fast_date(padded(text, 10), 10, &fast);
                if (right != !why || right != quick || (right && (got != next || fast != next)))
                    cr_assert_fail("%s became %d, %d, not %d", text, got, fast, next);
                next += right;
            }
        }
    cr_assert_eq(next, 2932897);
}

static bool fast_and_slow_timestamp(const char *text, bool zoned, int64_t *out)
{
    int64_t fast;
    size_t size = strlen(text);
    const char *why = hr_value_timestamp((const uint8_t *)text, size, zoned, out);
    bool quick = hr_fast_timestamp(padded(text, size), size, zoned, &fast);
    cr_assert(!quick || (!why && fast == *out), "'%s' quickly became %" PRId64, text, fast);
    cr_assert(quick || why || text[16] != ':' || text[10] == 't', "'%s' is not read quickly", text);
    return !why;
}

Test(value, timestamps_of_every_second_of_a_day_and_random_others)
{
    int64_t got;
    char text[64];
    for (int second = 0; second < 86400; second++) {
        snprintf(text, sizeof text, "2024-02-29 %02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
        cr_assert(fast_and_slow_timestamp(text, false, &got));
        if (got != (INT64_C(1709164800) + second) * 1000000)
            cr_assert_fail("%s became %" PRId64, text, got);
    }
    for (int n = 0; n < 200000; n++) {
        time_t when = (time_t)(rnd64() % 315537897600u) - 62135596800;
        struct tm tm;
        gmtime_r(&when, &tm);
        unsigned micro = rnd(1000000);
        int size = snprintf(text, sizeof text, "%04d-%02d-%02d%c%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                            tm.tm_mday, " T"[rnd(2)], tm.tm_hour, tm.tm_min, tm.tm_sec);
        if (rnd(2))
            size += snprintf(text + size, 16, ".%06u%s", micro, rnd(2) ? "" : rnd(2) ? "000" : "0");
        else
            micro = 0;
        cr_assert(fast_and_slow_timestamp(text, false, &got));
        cr_assert_eq(got, when * INT64_C(1000000) + micro, "%s", text);
        int offset = (int)rnd(48 * 60 - 1) - (24 * 60 - 1);
        snprintf(text + size, 16, "%c%02d%s%02d", offset < 0 ? '-' : '+', abs(offset) / 60, rnd(2) ? ":" : "",
                 abs(offset) % 60);
        int64_t expected = (when - offset * 60) * INT64_C(1000000) + micro;
        bool within = expected >= HR_TIME_FIRST && expected < HR_TIME_END;
        cr_assert_eq(fast_and_slow_timestamp(text, true, &got), within, "%s", text);
        cr_assert(!within || got == expected, "%s", text);
        cr_assert_not(fast_and_slow_timestamp(text, false, &got), "%s", text);
    }
}

Test(value, timestamps_by_their_spelling)
{
    static const struct {
        const char *text;
        int64_t value; /* seconds * 10 */
        bool zoned, right;
    } cases[] = {{"1970-01-01 00:00:00", 0, false, true},
                 {"1970-01-01T00:00:01", 10, false, true},
                 {"1970-01-01t00:00:01", 10, false, true},
                 {"1970-01-01 00:01", 600, false, true},
                 {"1970-01-01T00:01Z", 600, true, true},
                 {"1970-01-01T00:01+01", -35400, true, true},
                 {"1970-01-01 00:00:00.5", 5, false, true},
                 {"1970-01-01 00:00:00.500000000", 5, false, true},
                 {"1970-01-01 00:00:00.500000001", 0, false, false},
                 {"1970-01-01 00:00:00.5000000000", 0, false, false},
                 {"1970-01-01 00:00:00.", 0, false, false},
                 {"1970-01-01 00:00.5", 0, false, false},
                 {"1970-01-01 00:00:00Z", 0, false, false},
                 {"1970-01-01 00:00:00", 0, true, false},
                 {"1970-01-01 00:00:00Z", 0, true, true},
                 {"1970-01-01 00:00:00z", 0, true, true},
                 {"1970-01-01 00:00:00 Z", 0, true, false},
                 {"1970-01-01 00:00:00-00:00", 0, true, true},
                 {"1970-01-01 00:00:00+0130", -54000, true, true},
                 {"1970-01-01 00:00:00-01", 36000, true, true},
                 {"1970-01-01 00:00:00-1", 0, true, false},
                 {"1970-01-01 00:00:00+01:", 0, true, false},
                 {"1970-01-01 00:00:00+01:60", 0, true, false},
                 {"1970-01-01 00:00:00+24:00", 0, true, false},
                 {"1970-01-01 00:00:00+1:00", 0, true, false},
                 {"1970-01-01 00:00:00+01.00", 0, true, false},
                 {"1970-01-01 23:59:60", 0, false, false},
                 {"1970-01-01 24:00:00", 0, false, false},
                 {"1970-01-01 12:60:00", 0, false, false},
                 {"1970-02-29 12:00:00", 0, false, false},
                 {"1970-1-1 12:00:00", 0, false, false},
                 {"1970-01-01  12:00:00", 0, false, false},
                 {"1970-01-01 12:00:0", 0, false, false},
                 {"1970-01-01 12:00:", 0, false, false},
                 {"1970-01-01 12:0", 0, false, false},
                 {"1970-01-01", 0, false, false},
                 {"1970-01-01 12-00-00", 0, false, false},
                 {"1970-01-01_12:00:00", 0, false, false},
                 {"1970/01/01 12:00:00", 0, false, false},
                 {" 1970-01-01 12:00:00", 0, false, false},
                 {"1970-01-01 12:00:00 ", 0, false, false},
                 {"0001-01-01 00:00:00+00:01", 0, true, false},
                 {"9999-12-31 23:59:59-00:01", 0, true, false}};
    for (size_t i = 0; i < HR_COUNT(cases); i++) {
        int64_t got = 0;
        bool right = fast_and_slow_timestamp(cases[i].text, cases[i].zoned, &got);
        cr_assert_eq(right, cases[i].right, "'%s'", cases[i].text);
        cr_assert(!right || got == cases[i].value * 100000, "'%s' became %" PRId64, cases[i].text, got);
    }
    for (size_t at = 0; at < 19; at++) /* every byte in every place */
        for (int c = 1; c < 256; c++) {
            char text[] = "2024-06-15 12:30:45";
            text[at] = (char)c;
            int64_t got;
            fast_and_slow_timestamp(text, false, &got);
            int32_t day, fast;
            cr_assert_eq(!hr_value_date((const uint8_t *)text, 10, &day), hr_fast_date(padded(text, 10), 10, &fast));
        }
}

/* ---- the others ---------------------------------------------------------------------------------------------- */

Test(value, truth_has_its_words)
{
    static const char *const yes[] = {"true", "TRUE", "True", "t", "T", "yes", "Y", "on", "ON", "1"};
    static const char *const no[] = {"false", "FALSE", "f", "no", "N", "off", "Off", "0"};
    static const char *const none[] = {"", "2", "01", "tru", "truee", " true", "ja", "-1", "10"};
    bool value;
    for (size_t i = 0; i < HR_COUNT(yes); i++)
        cr_assert(!hr_value_bool((const uint8_t *)yes[i], strlen(yes[i]), &value) && value, "'%s'", yes[i]);
    for (size_t i = 0; i < HR_COUNT(no); i++)
        cr_assert(!hr_value_bool((const uint8_t *)no[i], strlen(no[i]), &value) && !value, "'%s'", no[i]);
    for (size_t i = 0; i < HR_COUNT(none); i++)
        cr_assert(hr_value_bool((const uint8_t *)none[i], strlen(none[i]), &value), "'%s'", none[i]);
}

Test(value, uuids_stand_in_their_order)
{
    uint8_t got[16];
    const char *text = "00112233-4455-6677-8899-AaBbCcDdEeFf";
    cr_assert_null(hr_value_uuid((const uint8_t *)text, 36, got));
    for (size_t i = 0; i < 16; i++)
        cr_assert_eq(got[i], i * 0x11);
    static const char *const wrong[] = {"",
                                        "00112233445566778899aabbccddeeff",
                                        "{00112233-4455-6677-8899-aabbccddeeff}",
                                        "00112233-4455-6677-8899-aabbccddeef",
                                        "00112233-4455-6677-8899-aabbccddeefg",
                                        "0011223-34455-6677-8899-aabbccddeeff",
                                        "00112233+4455-6677-8899-aabbccddeeff"};
    for (size_t i = 0; i < HR_COUNT(wrong); i++)
        cr_assert(hr_value_uuid((const uint8_t *)wrong[i], strlen(wrong[i]), got), "'%s'", wrong[i]);
}
