/* count.c: counting records without batches, where the language can. */
#include "core/reader/reader_state.h"

hr_status hr_reader_count_batch(hr_reader *reader, uint64_t *records, uint64_t *skipped, hr_error *err)
{
    hr_batch *batch;
    hr_status status = hr_reader_next(reader, &batch, err);
    if (status != HR_OK)
        return status;
    *records += batch->rows + batch->rejected;
    *skipped += batch->skipped;
    hr_batch_release(batch);
    return HR_OK;
}

hr_status hr_reader_count(hr_reader *reader, uint64_t *records, uint64_t *skipped, hr_error *err)
{
    uint64_t counted = 0, passed = 0;
    hr_status status = hr_reader_start(reader, err);
    while (status == HR_OK) {
        if (atomic_load_explicit(&reader->interrupted, memory_order_relaxed))
            return hr_fail(err, HR_E_INTERRUPTED, "counting was interrupted");
        status = reader->language->count(reader, &counted, &passed, err);
    }
    if (status != HR_END)
        return status;
    *records = counted;
    *skipped = passed;
    return HR_OK;
}
