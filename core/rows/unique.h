/* unique.h: the values of unique columns that stood in rows so far. */
#ifndef HR_CORE_ROWS_UNIQUE_H
#define HR_CORE_ROWS_UNIQUE_H

#include "core/rows/typing.h"

typedef struct hr_unique hr_unique;

/* *out is NULL when no column is unique. `limit`: bytes for all values. */
hr_status hr_unique_new(const hr_typing *typing, size_t limit, hr_unique **out, hr_error *err) HR_MUST_CHECK;
void hr_unique_free(hr_unique *unique);
/* Batches in the order of the input, after hr_typing_run: rows with a value that stood in an earlier row get a breach;
 * rows that have one do not count as earlier rows. Looks at the first `rows` of the batch alone. HR_E_LIMIT names the
 * option. */
hr_status hr_unique_check(hr_unique *unique, hr_batch_body *body, uint32_t rows, hr_error *err) HR_MUST_CHECK;

#endif
