/* arrow_part.h: a column of an array of Arrow's C data interface while it grows; for arrow_array.c. Values are copied,
 * for they are small and a batch's memory is used again at once; long texts are not: the text of the input in which
 * they stand is kept, and the views point into it. */
#ifndef HR_CORE_ROWS_ARROW_PART_H
#define HR_CORE_ROWS_ARROW_PART_H

#include "core/rows/arrow.h"
#include "core/rows/typing.h"

/* Bytes from an aligned beginning. */
typedef struct hr_arrow_area {
    uint8_t *memory, *bytes;
    size_t size, capacity;
} hr_arrow_area;

/* A column that grows, and then what an array of Arrow owns. */
typedef struct hr_arrow_part {
    hr_type type;
    hr_arrow_area validity, values, texts; /* values of utf8: offsets; validity: none before the first null */
    size_t rows, nulls;
    hr_chunk **chunks; /* [chunk_count]: views point into chunk i by buffer i, into `texts` by the last one */
    size_t chunk_count, chunk_capacity;
    size_t own_views; /* so many views point into `texts`, whose buffer's number is set in the end */
    const void **buffers;
    int64_t *sizes;
} hr_arrow_part;

/* With room for `rows` at first. NULL: there is no memory. */
hr_arrow_part *hr_arrow_part_new(hr_type type, hr_arrow_text text, size_t rows);
void hr_arrow_part_free(hr_arrow_part *part);
/* Appends the rows of a batch; `room` as of hr_arrow_part_new. *bytes grows by what texts take up. */
hr_status hr_arrow_part_add(hr_arrow_part *part, hr_arrow_text text, size_t room, const hr_batch *batch,
                            const hr_vector *vector, size_t *bytes, hr_error *err) HR_MUST_CHECK;
/* Makes part->buffers, *count of them, once all rows are there. False: there is no memory. */
bool hr_arrow_part_buffers(hr_arrow_part *part, hr_arrow_text text, int64_t *count);

#endif
