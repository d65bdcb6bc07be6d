/* schema.c: the life of a schema: made from an array of columns, checked, shared, freed. */
#include <stdlib.h>

#include "core/rows/rule.h"

static const char *const type_names[HR_TYPE_COUNT] = {"text", "bool",      "int64", "decimal", "float64",
                                                      "date", "timestamp", "uuid",  "json"};

const char *hr_type_name(hr_type type)
{
    return (unsigned)type < HR_TYPE_COUNT ? type_names[type] : "unknown";
}

bool hr_type_parse(const char *name, hr_type *out)
{
    for (size_t i = 0; i < HR_TYPE_COUNT; i++)
        if (strcmp(name, type_names[i]) == 0) {
            *out = (hr_type)i;
            return true;
        }
    return false;
}

void hr_text_free(char *text)
{
    hr_free(text);
}

static void column_clear(hr_column *column)
{
    hr_free((void *)column->name);
    hr_free((void *)column->min);
    hr_free((void *)column->max);
    hr_free((void *)column->pattern);
    for (size_t i = 0; column->one_of && i < column->one_of_count; i++)
        hr_free((void *)column->one_of[i]);
    hr_free((void *)column->one_of);
}

static bool copy_text(const char **out, const char *text)
{
    return !text || (*out = hr_strdup(text)) != NULL;
}

/* What *out holds is to be freed, whether this succeeds or not. */
static bool column_copy(hr_column *out, const hr_column *column)
{
    *out = *column;
    out->name = out->min = out->max = out->pattern = NULL;
    out->one_of = NULL;
    if (!copy_text(&out->name, column->name) || !copy_text(&out->min, column->min) ||
        !copy_text(&out->max, column->max) || !copy_text(&out->pattern, column->pattern))
        return false;
    if (!column->one_of)
        return true;
    const char **list = hr_calloc(column->one_of_count, sizeof *list);
    out->one_of = list;
    for (size_t i = 0; list && i < column->one_of_count; i++)
        if (!copy_text(&list[i], column->one_of[i]))
            return false;
    return list;
}

static hr_status check_column(const hr_column *column, size_t ordinal, hr_error *err)
{
    if (!column->name || !column->name[0])
        return hr_fail(err, HR_E_INVALID, "column %zu of the schema has no name", ordinal + 1);
    if ((unsigned)column->type >= HR_TYPE_COUNT)
        return hr_fail(err, HR_E_INVALID, "column '%.200s' of the schema has no type that there is", column->name);
    bool decimal = column->type == HR_TYPE_DECIMAL;
    if (decimal && (column->precision < 1 || column->precision > 38 || column->scale > column->precision))
        return hr_fail(err, HR_E_INVALID,
                       "column '%.200s' of the schema: a decimal has 1 to 38 digits (precision), and no more of them "
                       "behind the point (scale); it says %u and %u",
                       column->name, column->precision, column->scale);
    if (!decimal && (column->precision || column->scale))
        return hr_fail(err, HR_E_INVALID, "column '%.200s' of the schema: only decimals have precision and scale",
                       column->name);
    if (column->zoned && column->type != HR_TYPE_TIMESTAMP)
        return hr_fail(err, HR_E_INVALID, "column '%.200s' of the schema: only timestamps have a zone", column->name);
    return HR_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static hr_status check_names(const hr_column *columns, size_t count, hr_error *err)
{
    const char **names = hr_calloc(count, sizeof *names);
    if (!names)
        return hr_fail_memory(err, "making a schema");
    for (size_t i = 0; i < count; i++)
        names[i] = columns[i].name;
    qsort(names, count, sizeof *names, by_name);
    hr_status status = HR_OK;
    for (size_t i = 1; i < count && status == HR_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            status = hr_fail(err, HR_E_INVALID, "the schema has column '%.200s' twice", names[i]);
    hr_free(names);
    return status;
}

static hr_status fill(hr_schema *schema, const hr_column *columns, size_t count, hr_error *err)
{
    schema->columns = hr_calloc(count, sizeof *schema->columns);
    schema->rules = hr_calloc(count, sizeof *schema->rules);
    if (!schema->columns || !schema->rules)
        return hr_fail_memory(err, "making a schema");
    for (size_t i = 0; i < count; i++) {
        hr_status status = check_column(&columns[i], i, err);
        if (status != HR_OK)
            return status;
        schema->count = i + 1;
        if (!column_copy(&schema->columns[i], &columns[i]))
            return hr_fail_memory(err, "making a schema");
        status = hr_rule_new(&schema->columns[i], &schema->rules[i], err);
        if (status != HR_OK)
            return status;
    }
    return check_names(schema->columns, count, err);
}

hr_status hr_schema_new(const hr_column *columns, size_t count, hr_schema **out, hr_error *err)
{
    hr_schema *schema = hr_calloc(1, sizeof *schema);
    if (!schema)
        return hr_fail_memory(err, "making a schema");
    atomic_init(&schema->references, 1);
    hr_status status = fill(schema, columns, count, err);
    if (status != HR_OK) {
        hr_schema_free(schema);
        return status;
    }
    *out = schema;
    return HR_OK;
}

const hr_column *hr_schema_columns(const hr_schema *schema, size_t *count)
{
    *count = schema->count;
    return schema->columns;
}

hr_schema *hr_schema_retain(hr_schema *schema)
{
    atomic_fetch_add_explicit(&schema->references, 1, memory_order_relaxed);
    return schema;
}

void hr_schema_free(hr_schema *schema)
{
    if (!schema || atomic_fetch_sub_explicit(&schema->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < schema->count; i++) {
        column_clear(&schema->columns[i]);
        hr_rule_free(schema->rules[i]);
    }
    hr_free(schema->columns);
    hr_free(schema->rules);
    hr_free(schema);
}
