/* memory.c: allocation, in one place so that test builds can make it fail, and strings made of it. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/base.h"

#ifdef HR_FAULTS
void (*hr_fault_hook)(const char *point) = NULL;
/* Test builds: the allocation that brings this counter to 0 fails; negative: none does. Set by the test's main. */
HR_API extern long hr_fault_allocations;
long hr_fault_allocations = -1;
#define MAY_FAIL()                                                                \
    do {                                                                          \
        if (__atomic_load_n(&hr_fault_allocations, __ATOMIC_RELAXED) >= 0 &&      \
            __atomic_sub_fetch(&hr_fault_allocations, 1, __ATOMIC_RELAXED) == -1) \
            return NULL;                                                          \
    } while (0)
#else
#define MAY_FAIL() ((void)0)
#endif

void *hr_malloc(size_t size)
{
    MAY_FAIL();
    return malloc(size ? size : 1);
}

void *hr_calloc(size_t count, size_t size)
{
    MAY_FAIL();
    return calloc(count ? count : 1, size ? size : 1);
}

void *hr_realloc(void *old, size_t size)
{
    MAY_FAIL();
    return realloc(old, size ? size : 1);
}

void *hr_array_grow(void *items, size_t *capacity, size_t least, size_t item_size)
{
    size_t wanted = *capacity ? *capacity * 2 : least;
    void *grown = hr_realloc(items, wanted * item_size);
    if (grown)
        *capacity = wanted;
    return grown;
}

void hr_free(void *memory)
{
    free(memory);
}

char *hr_strndup(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    char *copy = hr_malloc(length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

bool hr_queue_room(void **items, size_t item_size, size_t *head, size_t count, size_t *capacity)
{
    if (*head + count < *capacity)
        return true;
    if (*capacity && *head >= *capacity / 2) {
        char *base = *items;
        memmove(base, base + *head * item_size, count * item_size);
        *head = 0;
        return true;
    }
    void *grown = hr_array_grow(*items, capacity, 256, item_size);
    if (grown)
        *items = grown;
    return grown != NULL;
}

char *hr_strdup(const char *text)
{
    return hr_strndup(text, strlen(text));
}

char *hr_asprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = size < 0 ? NULL : hr_malloc((size_t)size + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return text;
}
