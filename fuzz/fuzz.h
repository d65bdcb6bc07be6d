/* fuzz.h: what a fuzz target offers, to libFuzzer or to replay.c. */
#ifndef HR_FUZZ_FUZZ_H
#define HR_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Gives `size` bytes to what is fuzzed; returns 0. A broken promise ends the process (PROMISE). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process when `holds` is false, so that the fuzzer keeps the input. */
#define PROMISE(holds)                                                                  \
    do {                                                                                \
        if (!(holds)) {                                                                 \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #holds); \
            abort();                                                                    \
        }                                                                               \
    } while (0)

#endif
