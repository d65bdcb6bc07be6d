/* kernels.c: which kernel tables there are, which of them this CPU can run, and which one it should. */
#include <string.h>

#include "simd/tables.h"

static const hr_kernels *const tables[] = {&hr_kernels_scalar};
enum { TABLE_COUNT = sizeof tables / sizeof tables[0] };

const hr_kernels *const *hr_kernels_all(size_t *count)
{
    *count = TABLE_COUNT;
    return tables;
}

bool hr_kernels_usable(const hr_kernels *kernels)
{
    return kernels == &hr_kernels_scalar;
}

const hr_kernels *hr_kernels_get(const char *name)
{
    bool automatic = name == NULL || strcmp(name, "auto") == 0;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (hr_kernels_usable(tables[i]) && (automatic || strcmp(tables[i]->name, name) == 0))
            return tables[i];
    return NULL;
}
