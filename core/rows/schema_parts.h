/* schema_parts.h: what stands behind hr_schema, for the files that make and apply schemas. */
#ifndef HR_CORE_ROWS_SCHEMA_PARTS_H
#define HR_CORE_ROWS_SCHEMA_PARTS_H

#include <stdatomic.h>

#include "core/base/base.h"
#include "headrace/schema.h"

/* The rules of a column, made ready for checking (rule.h). */
typedef struct hr_rule hr_rule;

struct hr_schema {
    atomic_uint references;
    hr_column *columns; /* [count], with strings of their own; kept plain: what it was made of */
    size_t count;
    hr_rule **rules; /* [count]; NULL where a column has none but required and unique */
};

/* The type of that name; false when there is none. */
bool hr_type_parse(const char *name, hr_type *out);
#define HR_TYPE_COUNT (HR_TYPE_JSON + 1)

#endif
