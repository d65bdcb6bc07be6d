/* arrow.h: what the files of the Arrow stream share.
 *
 *   arrow.c         the stream: batches of a reader -> arrays of about so many rows, rejects, errors
 *   arrow_part.c    the rows of batches, appended to a column
 *   arrow_array.c   columns -> an array
 *   arrow_schema.c  a schema as Arrow has it
 *
 * Sources: the Arrow C data interface and the Arrow C stream interface; "Arrow columnar format", for the layouts;
 * "Canonical extension types", for arrow.uuid and arrow.json. */
#ifndef HR_CORE_ROWS_ARROW_H
#define HR_CORE_ROWS_ARROW_H

#include "core/base/base.h"
#include "headrace/arrow.h"

hr_status hr_arrow_schema_make(const hr_schema *schema, hr_arrow_text text, struct ArrowSchema *out,
                               hr_error *err) HR_MUST_CHECK;

typedef struct hr_arrow_builder hr_arrow_builder;
/* `rows`: for how many there shall be room at first. The schema outlives it. */
hr_status hr_arrow_builder_new(const hr_schema *schema, hr_arrow_text text, size_t rows, hr_arrow_builder **out,
                               hr_error *err) HR_MUST_CHECK;
void hr_arrow_builder_free(hr_arrow_builder *builder);
/* Appends the rows of a batch with vectors; where that fails the builder can only be freed. Long texts stay in the
 * batch's text, which is kept. HR_E_LIMIT: a text is longer than Arrow's offsets allow. */
hr_status hr_arrow_builder_add(hr_arrow_builder *builder, const hr_batch *batch, hr_error *err) HR_MUST_CHECK;
size_t hr_arrow_builder_rows(const hr_arrow_builder *builder);
size_t hr_arrow_builder_bytes(const hr_arrow_builder *builder); /* of values, and of texts, copied or kept */
/* Enough for an array, however few its rows are. */
#define HR_ARROW_BYTES ((size_t)32 << 20)
/* The rows as an array, which owns all that it needs; the builder is empty again. */
hr_status hr_arrow_builder_take(hr_arrow_builder *builder, struct ArrowArray *out, hr_error *err) HR_MUST_CHECK;

#endif
