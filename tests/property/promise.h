/* promise.h: a main for programs that keep promises: each a function with a name that says what is promised. Runs those
 * whose name contains argv[1], or all; argv[2] is the seed of what is random, argv[3] how many times as much is tried.
 */
#ifndef HR_TESTS_PROPERTY_PROMISE_H
#define HR_TESTS_PROPERTY_PROMISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct promise {
    const char *name;
    bool (*keep)(uint64_t seed, size_t times); /* false: broken, and said so on stderr */
} promise;

/* Under a sanitizer, or where nothing is optimised, everything takes many times as long: less is tried. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
#define FEWER(n) (((n) + 7) / 8)
#else
#define FEWER(n) (n)
#endif

static inline int keep_promises(const promise *promises, size_t count, int argc, char **argv)
{
    size_t kept = 0, broken = 0;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    size_t times = argc > 3 ? (size_t)strtoull(argv[3], NULL, 10) : 1;
    for (size_t i = 0; i < count; i++) {
        if (argc > 1 && !strstr(promises[i].name, argv[1]))
            continue;
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        bool good = promises[i].keep(seed, times);
        clock_gettime(CLOCK_MONOTONIC, &to);
        double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
        printf("%s  %s (%.1f s)\n", good ? "ok    " : "BROKEN", promises[i].name, seconds);
        fflush(stdout);
        kept += good;
        broken += !good;
    }
    printf("%zu promises kept, %zu broken\n", kept, broken);
    return broken || !kept;
}

#endif
