/* schema_diff.c: what is different between two schemas, found by sorting both by name. */
#include "core/rows/schema_diff.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/rows/schema_parts.h"

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool same_column(const hr_column *a, const hr_column *b)
{
    bool same = a->type == b->type && a->required == b->required && a->unique == b->unique && a->zoned == b->zoned &&
                a->precision == b->precision && a->scale == b->scale && same_text(a->min, b->min) &&
                same_text(a->max, b->max) && same_text(a->pattern, b->pattern) && a->one_of_count == b->one_of_count;
    for (size_t i = 0; same && i < a->one_of_count; i++)
        same = same_text(a->one_of[i], b->one_of[i]);
    return same;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const hr_column *const *)a)->name, (*(const hr_column *const *)b)->name);
}

static void sort(const hr_schema *schema, const hr_column **out)
{
    for (size_t i = 0; i < schema->count; i++)
        out[i] = &schema->columns[i];
    qsort(out, schema->count, sizeof *out, by_name);
}

/* Changed and added columns in the order of the new schema, then those that are gone in the order of the old one. */
static int by_place(const void *a, const void *b)
{
    const hr_schema_change *left = a, *right = b;
    if (!left->now != !right->now)
        return left->now ? -1 : 1;
    const hr_column *x = left->now ? left->now : left->before, *y = right->now ? right->now : right->before;
    return (x > y) - (x < y);
}

hr_status hr_schema_diff(const hr_schema *before, const hr_schema *now, hr_schema_change **out, size_t *count,
                         hr_error *err)
{
    size_t made = 0, i = 0, j = 0;
    const hr_column **olds = hr_calloc(before->count + 1, sizeof *olds);
    const hr_column **news = hr_calloc(now->count + 1, sizeof *news);
    hr_schema_change *list = hr_calloc(before->count + now->count + 1, sizeof *list);
    hr_status status = olds && news && list ? HR_OK : hr_fail_memory(err, "comparing schemas");
    if (status == HR_OK) {
        sort(before, olds);
        sort(now, news);
        while (i < before->count || j < now->count) {
            int order = i == before->count ? 1 : j == now->count ? -1 : strcmp(olds[i]->name, news[j]->name);
            hr_schema_change one = {order <= 0 ? olds[i++] : NULL, order >= 0 ? news[j++] : NULL};
            if (order != 0 || !same_column(one.before, one.now))
                list[made++] = one;
        }
        qsort(list, made, sizeof *list, by_place);
        *out = list;
        *count = made;
    } else {
        hr_free(list);
    }
    hr_free(olds);
    hr_free(news);
    return status;
}

void hr_column_text(const hr_column *column, char *out, size_t size)
{
    char type[64];
    if (column->type == HR_TYPE_DECIMAL)
        snprintf(type, sizeof type, "decimal(%u,%u)", column->precision, column->scale);
    else
        snprintf(type, sizeof type, "%s%s", hr_type_name(column->type), column->zoned ? " with zone" : "");
    snprintf(out, size, "%s%s%s%s%.40s%s%.40s%s%.60s%s", type, column->required ? ", required" : "",
             column->unique ? ", unique" : "", column->min ? ", min " : "", column->min ? column->min : "",
             column->max ? ", max " : "", column->max ? column->max : "", column->pattern ? ", pattern " : "",
             column->pattern ? column->pattern : "", column->one_of_count ? ", one of a list" : "");
}
