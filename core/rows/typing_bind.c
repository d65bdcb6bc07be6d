/* typing_bind.c: a schema bound to the columns of an input, which are found by name. */
#include <stdlib.h>

#include "core/rows/typing.h"

typedef struct named {
    const char *name;
    size_t at;
} named;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static hr_status bind(hr_typing *typing, const char *const *names, size_t count, hr_error *err)
{
    named *list = hr_calloc(count, sizeof *list);
    hr_status status = HR_OK;
    size_t missing = 0;
    if (!list)
        return hr_fail_memory(err, "applying a schema");
    for (size_t i = 0; i < count; i++)
        list[i] = (named){names[i], i};
    qsort(list, count, sizeof *list, by_name);
    for (size_t i = 0; status == HR_OK && i < typing->count; i++) {
        hr_typing_column *column = &typing->columns[i];
        *column = (hr_typing_column){&typing->schema->columns[i], typing->schema->rules[i], HR_NO_COLUMN};
        const named wanted = {column->declared->name, 0};
        const named *found = bsearch(&wanted, list, count, sizeof *list, by_name);
        if (found)
            column->source = found->at;
        missing += !found;
        if (!found && column->declared->required)
            status = hr_fail(err, HR_E_CHANGED,
                             "the input has no column '%.200s', which the schema requires (its columns begin with "
                             "'%.100s')",
                             column->declared->name, count ? names[0] : "");
    }
    if (status == HR_OK && missing && missing == typing->count)
        status = hr_fail(err, HR_E_CHANGED,
                         "the input has none of the columns of the schema, whose first is '%.200s'; its own first is "
                         "'%.100s' (options delimiter and header say how it is read)",
                         typing->columns[0].declared->name, count ? names[0] : "");
    hr_free(list);
    return status;
}

hr_status hr_typing_new(hr_schema *schema, const char *const *names, size_t count, hr_typing **out, hr_error *err)
{
    hr_typing *typing = hr_calloc(1, sizeof *typing);
    if (!typing)
        return hr_fail_memory(err, "applying a schema");
    typing->schema = hr_schema_retain(schema);
    typing->count = schema->count;
    typing->columns = hr_calloc(typing->count, sizeof *typing->columns);
    hr_status status = typing->columns ? bind(typing, names, count, err) : hr_fail_memory(err, "applying a schema");
    for (size_t i = 0; status == HR_OK && i < typing->count; i++)
        if (schema->columns[i].type == HR_TYPE_JSON && !typing->json) {
            hr_json_plan_options options = {.depth_limit = 512};
            status = hr_json_plan_new(&options, &typing->json, err);
        }
    if (status == HR_OK)
        *out = typing;
    else
        hr_typing_free(typing);
    return status;
}

void hr_typing_free(hr_typing *typing)
{
    if (!typing)
        return;
    hr_json_plan_free(typing->json);
    hr_schema_free(typing->schema);
    hr_free(typing->columns);
    hr_free(typing);
}

size_t hr_typing_source(const hr_typing *typing, size_t column)
{
    return typing->columns[column].source;
}
