/* test_clock.c: times as text. */
#include <criterion/criterion.h>

#include "core/base/base.h"

static void is(int64_t wall_ns, const char *expected)
{
    char text[32];
    hr_time_text(wall_ns, text);
    cr_assert_str_eq(text, expected);
}

Test(clock, a_time_is_told_to_the_millisecond_also_before_1970)
{
    is(0, "1970-01-01T00:00:00.000Z");
    is(1, "1970-01-01T00:00:00.000Z");
    is(1999999, "1970-01-01T00:00:00.001Z");
    is(-1, "1969-12-31T23:59:59.999Z");
    is(-1000000, "1969-12-31T23:59:59.999Z");
    is(-1000000000, "1969-12-31T23:59:59.000Z");
    is(-1000000001, "1969-12-31T23:59:58.999Z");
    is(1795351620123000000, "2026-11-22T12:47:00.123Z");
}
