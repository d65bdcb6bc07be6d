/* schema_types.c: the types of the columns of an input, found by name. */
#include "core/rows/schema_types.h"

#include <stdlib.h>

#include "core/rows/schema_parts.h"

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const hr_column *const *)a)->name, (*(const hr_column *const *)b)->name);
}

hr_status hr_schema_types(const hr_schema *schema, const char *const *names, size_t count, hr_type **out, hr_error *err)
{
    hr_type *types = hr_calloc(count + 1, sizeof *types);
    const hr_column **sorted = hr_calloc(schema->count + 1, sizeof *sorted);
    if (!types || !sorted) {
        hr_free(types);
        hr_free(sorted);
        return hr_fail_memory(err, "finding the types of columns");
    }
    for (size_t i = 0; i < schema->count; i++)
        sorted[i] = &schema->columns[i];
    qsort(sorted, schema->count, sizeof *sorted, by_name);
    for (size_t i = 0; i < count; i++) {
        const hr_column wanted = {.name = names[i]}, *key = &wanted;
        const hr_column **found = bsearch(&key, sorted, schema->count, sizeof *sorted, by_name);
        types[i] = found ? (*found)->type : HR_TYPE_TEXT;
    }
    hr_free(sorted);
    *out = types;
    return HR_OK;
}
