/* gzip.h: a gzip compressor: ISA-L where the build has it, which is several times as fast, else zlib. */
#ifndef HR_CORE_OUTPUT_GZIP_H
#define HR_CORE_OUTPUT_GZIP_H

#include "core/base/base.h"

typedef struct hr_gzip hr_gzip;

/* NULL: no memory. */
hr_gzip *hr_gzip_new(void);
/* Takes bytes from *data, which it moves on, and writes up to `capacity` (at most 1 GiB) to `room`. With `end`, nothing
 * follows *size and the member is completed: *ended says when it is, and the next call begins another. False: the
 * compressor is in a state that cannot be. */
bool hr_gzip_run(hr_gzip *gzip, const uint8_t **data, size_t *size, bool end, uint8_t *room, size_t capacity,
                 size_t *got, bool *ended);
void hr_gzip_free(hr_gzip *gzip);

#endif
