/* hash_work.c: the keys of batches, hashed in the threads that make them. */
#include "core/dedup/hash_work.h"

static hr_status hash(void *context, const hr_batch *batch, void **result, hr_error *err)
{
    const hr_hasher *hasher = context;
    if (batch->rows == 0)
        return HR_OK;
    uint8_t *keys = hr_malloc(batch->rows * hr_hasher_size(hasher));
    hr_status status = keys ? hr_hasher_run(hasher, batch, keys, err) : hr_fail_memory(err, "hashing keys");
    if (status == HR_OK)
        *result = keys;
    else
        hr_free(keys);
    return status;
}

static void drop(void *context, void *result)
{
    (void)context;
    hr_free(result);
}

hr_batch_work hr_hash_work(hr_hasher *hasher)
{
    return (hr_batch_work){.run = hash, .drop = drop, .context = hasher};
}
