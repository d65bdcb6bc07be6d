/* pending.c: rejects that wait for the commit that records them. Their batches may be long gone. */
#include "core/job/work.h"

hr_status hr_pending_add(hr_pending *pending, const hr_reject *reject, hr_error *err)
{
    hr_reject *list = hr_array_room(pending->list, pending->count, &pending->capacity, 64, sizeof *list);
    if (!list)
        return hr_fail_memory(err, "keeping rejected rows");
    pending->list = list;
    const char *note = pending->note ? pending->note : "";
    size_t said = strlen(reject->message), message = said + strlen(note) + 1;
    size_t name = reject->column_name ? strlen(reject->column_name) + 1 : 0;
    uint8_t *copy = hr_malloc(reject->raw_size + message + name + reject->value_size);
    if (!copy)
        return hr_fail_memory(err, "keeping rejected rows");
    if (reject->raw_size)
        memcpy(copy, reject->raw, reject->raw_size);
    memcpy(copy + reject->raw_size, reject->message, said);
    memcpy(copy + reject->raw_size + said, note, message - said);
    hr_reject *kept = &pending->list[pending->count++];
    *kept = *reject;
    kept->raw = copy;
    kept->message = (const char *)copy + reject->raw_size;
    uint8_t *more = copy + reject->raw_size + message;
    if (name)
        kept->column_name = memcpy(more, reject->column_name, name);
    if (reject->value_size)
        kept->value = memcpy(more + name, reject->value, reject->value_size);
    else if (reject->value)
        kept->value = (const uint8_t *)"";
    pending->bytes += reject->raw_size + message + name + reject->value_size + sizeof *kept;
    return HR_OK;
}

void hr_pending_clear(hr_pending *pending)
{
    for (size_t i = 0; i < pending->count; i++)
        hr_free((void *)(uintptr_t)pending->list[i].raw);
    pending->count = pending->bytes = 0;
}

void hr_pending_free(hr_pending *pending)
{
    hr_pending_clear(pending);
    hr_free(pending->list);
    *pending = (hr_pending){0};
}
