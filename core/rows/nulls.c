/* nulls.c: the declared spellings of null. */
#include "core/rows/nulls.h"

bool hr_nulls_set(hr_nulls *nulls, const char *const *texts, size_t count)
{
    hr_nulls made = {0};
    made.sizes = hr_calloc(count, sizeof *made.sizes);
    made.texts = hr_calloc(count, sizeof *made.texts);
    bool ok = made.sizes && made.texts;
    for (size_t i = 0; ok && i < count; i++) {
        made.texts[i] = hr_strdup(texts[i]);
        made.sizes[i] = strlen(texts[i]);
        made.count = i + 1;
        ok = made.texts[i];
    }
    if (!ok) {
        hr_nulls_clear(&made);
        return false;
    }
    *nulls = made;
    return true;
}

bool hr_nulls_match(const hr_nulls *nulls, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < nulls->count; i++)
        if (nulls->sizes[i] == size && !memcmp(nulls->texts[i], data, size))
            return true;
    return false;
}

void hr_nulls_clear(hr_nulls *nulls)
{
    for (size_t i = 0; nulls->texts && i < nulls->count; i++)
        hr_free(nulls->texts[i]);
    hr_free(nulls->texts);
    hr_free(nulls->sizes);
    *nulls = (hr_nulls){0};
}
