/* fuzz_value.c: any bytes as a value of every type. What is read quickly is what is read exactly; numbers are those of
 * the C library; what was read can be told again. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/rows/value_fast.h"
#include "fuzz/fuzz.h"

static void same_int64(const uint8_t *text, size_t size, const char *ended)
{
    int64_t exact = 0, fast;
    const char *why = hr_value_int64(text, size, &exact);
    if (hr_fast_int64(text, size, &fast))
        PROMISE(!why && fast == exact);
    if (why)
        return;
    char *end;
    errno = 0;
    PROMISE(strtoll(ended, &end, 10) == exact && errno == 0 && end == ended + size);
}

static void same_decimal(const uint8_t *text, size_t size, unsigned precision, unsigned scale)
{
    hr_int128 exact = 0, end = 1;
    int64_t fast;
    const char *why = hr_value_decimal(text, size, precision, scale, &exact);
    for (unsigned i = 0; i < precision; i++)
        end *= 10;
    PROMISE(why || (exact > -end && exact < end));
    if (precision <= 18 && hr_fast_decimal(text, size, scale, hr_powers_of_ten[precision], &fast))
        PROMISE(!why && fast == exact);
}

static void same_float64(const uint8_t *text, size_t size, const char *ended, unsigned guess)
{
    double exact = 0, fast, library;
    const char *why = hr_value_float64(text, size, &exact);
    if (hr_fast_float64(text, size, &guess, &fast))
        PROMISE(!why && memcmp(&fast, &exact, sizeof fast) == 0);
    if (why)
        return;
    char *end;
    library = strtod(ended, &end);
    PROMISE(end == ended + size);
    PROMISE(memcmp(&library, &exact, sizeof exact) == 0 || (isnan(library) && isnan(exact)));
}

static void same_times(const uint8_t *text, size_t size, bool zoned)
{
    int32_t day, quick_day;
    int64_t time, quick_time;
    const char *why = hr_value_date(text, size, &day);
    PROMISE(hr_fast_date(text, size, &quick_day) == !why && (why || day == quick_day));
    why = hr_value_timestamp(text, size, zoned, &time);
    PROMISE(why || (time >= HR_TIME_FIRST && time < HR_TIME_END));
    if (hr_fast_timestamp(text, size, zoned, &quick_time))
        PROMISE(!why && time == quick_time);
}

static void same_others(const uint8_t *text, size_t size)
{
    bool exact, fast;
    uint8_t uuid[16];
    const char *why = hr_value_bool(text, size, &exact);
    if (hr_fast_bool(text, size, &fast))
        PROMISE(!why && fast == exact);
    (void)hr_value_uuid(text, size, uuid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    unsigned precision = data[0] % 38u + 1, scale = data[1] % (precision + 1);
    size -= 2;
    /* As many bytes behind as may be read, and none more; and the same with a NUL behind it. */
    uint8_t *text = malloc(size + HR_FAST_READ);
    char *ended = malloc(size + 1);
    PROMISE(text && ended);
    memcpy(text, data + 2, size);
    memset(text + size, data[0], HR_FAST_READ);
    memcpy(ended, data + 2, size);
    ended[size] = 0;
    same_int64(text, size, ended);
    same_decimal(text, size, precision, scale);
    same_float64(text, size, ended, data[1] % 8u);
    same_times(text, size, data[0] & 1);
    same_others(text, size);
    free(text);
    free(ended);
    return 0;
}
