/* names.c: column names that are all different. */
#include <stdio.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/reader/reader_state.h"

/* Names in use: open addressing over indices into the array of names, and for each the suffix to try next. */
typedef struct used_names {
    char **names;
    uint32_t *slots; /* [mask + 1], index + 1; 0: free */
    uint32_t *next_suffix;
    size_t mask;
} used_names;

static size_t slot_of(const used_names *used, const char *name)
{
    size_t slot = XXH3_64bits(name, strlen(name)) & used->mask;
    while (used->slots[slot] && strcmp(used->names[used->slots[slot] - 1], name))
        slot = (slot + 1) & used->mask;
    return slot;
}

static hr_status name_column(used_names *used, size_t i, hr_error *err)
{
    if (used->names[i][0] == '\0') {
        char *name = hr_asprintf("column_%zu", i + 1);
        if (!name)
            return hr_fail_memory(err, "naming columns");
        hr_free(used->names[i]);
        used->names[i] = name;
    }
    size_t slot = slot_of(used, used->names[i]);
    if (used->slots[slot]) {
        uint32_t first = used->slots[slot] - 1;
        char *name = NULL;
        do {
            hr_free(name);
            name = hr_asprintf("%s_%u", used->names[first], used->next_suffix[first]++);
            if (!name)
                return hr_fail_memory(err, "naming columns");
            slot = slot_of(used, name);
        } while (used->slots[slot]);
        hr_free(used->names[i]);
        used->names[i] = name;
    }
    used->slots[slot] = (uint32_t)i + 1;
    used->next_suffix[i] = 2;
    return HR_OK;
}

hr_status hr_names_unique(char **names, size_t count, hr_error *err)
{
    used_names used = {.names = names, .mask = 15};
    while (used.mask < count * 2)
        used.mask = used.mask * 2 + 1;
    used.slots = hr_calloc(used.mask + 1, sizeof *used.slots);
    used.next_suffix = hr_calloc(count, sizeof *used.next_suffix);
    hr_status status = used.slots && used.next_suffix ? HR_OK : hr_fail_memory(err, "naming columns");
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = name_column(&used, i, err);
    hr_free(used.slots);
    hr_free(used.next_suffix);
    return status;
}
