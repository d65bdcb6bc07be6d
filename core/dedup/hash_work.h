/* hash_work.h: hashing as work on batches (see hr_reader_work). */
#ifndef HR_CORE_DEDUP_HASH_WORK_H
#define HR_CORE_DEDUP_HASH_WORK_H

#include "core/dedup/keyset.h"
#include "core/reader/reader.h"

/* The result is the keys of all rows of the batch, hr_hasher_size bytes each, to be freed with hr_free; NULL for a
 * batch without rows. `hasher` must outlive the reader. */
hr_batch_work hr_hash_work(hr_hasher *hasher);

#endif
