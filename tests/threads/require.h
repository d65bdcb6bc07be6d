/* require.h: for tests of threads, which have a main of their own: ends the process where something is not so. */
#ifndef HR_TESTS_THREADS_REQUIRE_H
#define HR_TESTS_THREADS_REQUIRE_H

#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(holds)                                                          \
    do {                                                                        \
        if (!(holds)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds); \
            exit(1);                                                            \
        }                                                                       \
    } while (0)

#endif
