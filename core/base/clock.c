/* clock.c: time and identifiers. */
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "core/base/base.h"

static int64_t now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t hr_clock_wall_ns(void)
{
    return now(CLOCK_REALTIME);
}

int64_t hr_clock_steady_ns(void)
{
    return now(CLOCK_MONOTONIC);
}

void hr_time_text(int64_t wall_ns, char out[32])
{
    int64_t milliseconds = wall_ns / 1000000 - (wall_ns % 1000000 < 0);
    int64_t rest = (milliseconds % 1000 + 1000) % 1000; /* before 1970, too */
    time_t seconds = (time_t)((milliseconds - rest) / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    char day[24];
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, 32, "%s.%03dZ", day, (int)rest);
}

/* RFC 9562, section 5.7: 48 bits of milliseconds, version, 12 and 62 random bits. */
hr_status hr_uuid_new(char out[37], hr_error *err)
{
    uint8_t b[16];
    for (size_t have = 0; have < sizeof b;) {
        ssize_t got = getrandom(b + have, sizeof b - have, 0);
        if (got < 0 && errno != EINTR)
            return hr_fail_errno(err, errno, "asking the system for random bytes");
        have += got > 0 ? (size_t)got : 0;
    }
    uint64_t milliseconds = (uint64_t)(hr_clock_wall_ns() / 1000000);
    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
    b[6] = (uint8_t)(0x70 | (b[6] & 0x0F));
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3F));
    snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3],
             b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    return HR_OK;
}
