/* support.h: what the checks of the kernels share: random numbers, guarded memory, the text of a failure. The checks
 * are plain functions, so that Criterion and, where it does not run (under an emulator), a small main can both call
 * them: each returns NULL, or a text that says what differed. */
#ifndef HR_TESTS_KERNELS_SUPPORT_H
#define HR_TESTS_KERNELS_SUPPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "simd/simd.h"

#define CHECK_UNUSED __attribute__((unused))

static char failure_text[4096];

__attribute__((format(printf, 1, 2))) static inline const char *failed(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure_text, sizeof failure_text, format, arguments);
    va_end(arguments);
    return failure_text;
}

/* The bytes as a C string literal would have them, shortened. */
static inline const char *shown(const uint8_t *data, size_t size)
{
    static char text[2048];
    size_t used = 0;
    for (size_t i = 0; i < size && used < sizeof text - 16; i++) {
        uint8_t byte = data[i];
        if (byte >= 0x20 && byte < 0x7F)
            text[used++] = (char)byte;
        else
            used += (size_t)snprintf(text + used, sizeof text - used, "\\x%02X", byte);
    }
    text[used] = '\0';
    return text;
}

/* Splitmix64: the same numbers everywhere. */
static inline uint64_t random_next(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline size_t random_below(uint64_t *seed, size_t limit)
{
    return (size_t)(random_next(seed) % limit);
}

/* Memory with a page on either side that nobody may touch: a read one byte too far ends the test. */
typedef struct guarded {
    uint8_t *first, *behind; /* [first, behind) can be used */
} guarded;

static inline guarded guarded_new(size_t least)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (least + page - 1) / page * page;
    uint8_t *memory = mmap(NULL, room + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) != 0 ||
        mprotect(memory + page + room, page, PROT_NONE) != 0)
        abort();
    return (guarded){memory + page, memory + page + room};
}

static inline void guarded_free(guarded *memory)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    munmap(memory->first - page, (size_t)(memory->behind - memory->first) + 2 * page);
}

#endif
