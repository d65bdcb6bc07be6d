/* schema_types.h: the types of the columns of an input, by a schema. */
#ifndef HR_CORE_ROWS_SCHEMA_TYPES_H
#define HR_CORE_ROWS_SCHEMA_TYPES_H

#include "core/base/base.h"
#include "headrace/schema.h"

/* *out, for hr_free, holds the types of the `count` columns; one that the schema does not have is text. */
hr_status hr_schema_types(const hr_schema *schema, const char *const *names, size_t count, hr_type **out,
                          hr_error *err) HR_MUST_CHECK;

#endif
