/* text.h: a text that grows, for tests that make their input or say what they read. */
#ifndef HR_TESTS_UNIT_TEXT_H
#define HR_TESTS_UNIT_TEXT_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With a NUL behind it, once something was put there. */
typedef struct text {
    char *data;
    size_t size, capacity;
} text;

static inline void put(text *t, const char *bytes, size_t size)
{
    if (t->capacity - t->size < size + 1) {
        t->capacity = (t->size + size + 1) * 2;
        t->data = realloc(t->data, t->capacity);
    }
    memcpy(t->data + t->size, bytes, size);
    t->size += size;
    t->data[t->size] = 0;
}

__attribute__((format(printf, 2, 3))) static inline void putf(text *t, const char *format, ...)
{
    char line[4096];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    cr_assert_lt(size, (int)sizeof line);
    put(t, line, (size_t)size);
}

#endif
