/* nulls.h: the declared spellings of null. */
#ifndef HR_CORE_ROWS_NULLS_H
#define HR_CORE_ROWS_NULLS_H

#include "core/base/base.h"

typedef struct hr_nulls {
    size_t count;
    size_t *sizes;
    char **texts;
} hr_nulls;
bool hr_nulls_set(hr_nulls *nulls, const char *const *texts, size_t count); /* false: no memory, *nulls stays empty */
bool hr_nulls_match(const hr_nulls *nulls, const uint8_t *data, size_t size);
void hr_nulls_clear(hr_nulls *nulls);
/* Those of the reader that made the batch. */
const hr_nulls *hr_batch_nulls(const hr_batch *batch);

#endif
