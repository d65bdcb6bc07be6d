/* schema_diff.h: what is different between two schemas. */
#ifndef HR_CORE_ROWS_SCHEMA_DIFF_H
#define HR_CORE_ROWS_SCHEMA_DIFF_H

#include "core/base/base.h"
#include "headrace/schema.h"

typedef struct hr_schema_change {
    const hr_column *before, *now; /* NULL: there is none of that name */
} hr_schema_change;
/* Columns are matched by name; their order is no difference. *out, of *count, is for hr_free; it points into both. */
hr_status hr_schema_diff(const hr_schema *before, const hr_schema *now, hr_schema_change **out, size_t *count,
                         hr_error *err) HR_MUST_CHECK;
/* "int64, required", "decimal(12,2), min 0": a column in a few words, without its name. */
void hr_column_text(const hr_column *column, char *out, size_t size);

#endif
