/* keyruns.c: runs of keys, one for each time that the table was full, merged in fours (a log-structured merge tree with
 * tiers: O'Neil and others, 1996), so that a key is written once a level and looked for in few files. */
#include "core/dedup/keyruns.h"

#include <stdlib.h>

#define GROUP 32u

void hr_keyruns_free(hr_keyruns *runs)
{
    for (size_t i = 0; i < runs->count; i++)
        hr_keyrun_free(&runs->runs[i]);
    runs->count = 0;
    runs->keys = 0;
    hr_keyfilter_free(&runs->filter);
    hr_free(runs->block);
    hr_free(runs->wishes);
    runs->block = NULL;
    runs->wishes = NULL;
    runs->wish_capacity = 0;
}

hr_status hr_keyruns_take(hr_keyruns *runs, const hr_keytable *table, hr_error *err)
{
    hr_keyrun_writer writer = {0};
    hr_keywalk walk = {.table = table, .cluster = {.ceiling = SIZE_MAX / 4}};
    const uint8_t *key;
    hr_status status;
    if (runs->count == HR_RUN_MOST) /* 4^20 tables */
        return hr_fail(err, HR_E_LIMIT, "putting keys on disk: there are too many of them; raise option dedup-memory");
    if (!runs->block && !(runs->block = hr_malloc(HR_RUN_BLOCK)))
        return hr_fail_memory(err, "putting keys on disk");
    status = hr_keyrun_begin(&writer, &runs->form, hr_keytable_count(table), err);
    while (status == HR_OK && (status = hr_keywalk_next(&walk, &key, err)) == HR_OK)
        status = hr_keyrun_put(&writer, key, hr_key_hash(runs->form.seed, key), err);
    if (status == HR_END)
        status = hr_keyrun_finish(&writer, &runs->runs[runs->count], err);
    if (status == HR_OK) {
        runs->keys += runs->runs[runs->count++].keys;
        runs->filtered = false;
    }
    hr_keyrun_abandon(&writer);
    hr_keywalk_free(&walk);
    return status;
}

/* ---- merging ------------------------------------------------------------------------------------------------- */

static hr_keyrun_reader *least_of(hr_keyrun_reader *readers, size_t count)
{
    hr_keyrun_reader *least = NULL;
    for (size_t i = 0; i < count; i++)
        if (readers[i].key && (!least || readers[i].hash < least->hash))
            least = &readers[i];
    return least;
}

/* No key is in two runs: it was added because it was in none. */
static hr_status merge(hr_keyruns *runs, size_t first, hr_keyrun *out, hr_error *err)
{
    hr_keyrun_reader readers[HR_RUN_FANOUT] = {0}, *least;
    hr_keyrun_writer writer = {0};
    uint64_t keys = 0;
    for (size_t i = 0; i < HR_RUN_FANOUT; i++)
        keys += runs->runs[first + i].keys;
    hr_status status = hr_keyrun_begin(&writer, &runs->form, keys, err);
    for (size_t i = 0; i < HR_RUN_FANOUT && status == HR_OK; i++)
        status = hr_keyrun_open(&readers[i], &runs->form, &runs->runs[first + i], err);
    while (status == HR_OK && (least = least_of(readers, HR_RUN_FANOUT))) {
        status = hr_keyrun_put(&writer, least->key, least->hash, err);
        if (status == HR_OK)
            status = hr_keyrun_next(least, err);
    }
    if (status == HR_OK)
        status = hr_keyrun_finish(&writer, out, err);
    hr_keyrun_abandon(&writer);
    for (size_t i = 0; i < HR_RUN_FANOUT; i++)
        hr_keyrun_close(&readers[i]);
    return status;
}

/* Reads the newest run back: the memory of the filter is that which the table had while the run was written. */
static hr_status filter_newest(hr_keyruns *runs, hr_error *err)
{
    hr_keyrun_reader reader = {0};
    hr_status status = runs->filter.memory ? HR_OK : hr_keyfilter_new(&runs->filter, runs->filter_bytes, err);
    if (status == HR_OK)
        status = hr_keyrun_open(&reader, &runs->form, &runs->runs[runs->count - 1], err);
    while (status == HR_OK && reader.key) {
        hr_keyfilter_add(&runs->filter, reader.hash);
        status = hr_keyrun_next(&reader, err);
    }
    hr_keyrun_close(&reader);
    runs->filtered = status == HR_OK;
    return status;
}

hr_status hr_keyruns_settle(hr_keyruns *runs, hr_error *err)
{
    hr_status filtered = runs->filtered || runs->count == 0 ? HR_OK : filter_newest(runs, err);
    if (filtered != HR_OK)
        return filtered;
    /* Levels never rise towards the newest: the last four are of one level, or no four are. */
    while (runs->count >= HR_RUN_FANOUT) {
        size_t first = runs->count - HR_RUN_FANOUT;
        unsigned level = runs->runs[runs->count - 1].level;
        hr_keyrun merged;
        if (runs->runs[first].level != level)
            break;
        hr_status status = merge(runs, first, &merged, err);
        if (status != HR_OK)
            return status;
        merged.level = level + 1;
        for (size_t i = first; i < runs->count; i++)
            hr_keyrun_free(&runs->runs[i]);
        runs->runs[first] = merged;
        runs->count = first + 1;
    }
    return HR_OK;
}

/* ---- look-up ------------------------------------------------------------------------------------------------- */

static int by_hash(const void *a, const void *b)
{
    uint64_t left = ((const hr_keywish *)a)->hash, right = ((const hr_keywish *)b)->hash;
    return (left > right) - (left < right);
}

static bool wish_room(hr_keyruns *runs, size_t count)
{
    if (count <= runs->wish_capacity)
        return true;
    hr_keywish *wishes = hr_realloc(runs->wishes, count * sizeof *wishes);
    if (!wishes)
        return false;
    runs->wishes = wishes;
    runs->wish_capacity = count;
    return true;
}

/* Those that the filter does not rule out. */
static size_t make_wishes(hr_keyruns *runs, const uint8_t *keys, size_t count, const uint8_t *has)
{
    uint64_t hashes[GROUP];
    size_t made = 0;
    for (size_t done = 0; done < count; done += GROUP) {
        size_t size = count - done > GROUP ? GROUP : count - done;
        for (size_t i = 0; i < size; i++) {
            hashes[i] = hr_key_hash(runs->form.seed, keys + (done + i) * runs->form.key_size);
            hr_keyfilter_prefetch(&runs->filter, hashes[i]);
        }
        for (size_t i = 0; i < size; i++) {
            /* Written always, kept when needed. */
            runs->wishes[made] = (hr_keywish){.hash = hashes[i], .index = (uint32_t)(done + i)};
            made += !has[done + i] & hr_keyfilter_may(&runs->filter, hashes[i]);
        }
    }
    return made;
}

hr_status hr_keyruns_find(hr_keyruns *runs, const uint8_t *keys, size_t count, uint8_t *has, hr_error *err)
{
    if (runs->count == 0)
        return HR_OK;
    if (!wish_room(runs, count + 1))
        return hr_fail_memory(err, "looking for keys on disk");
    size_t wishes = make_wishes(runs, keys, count, has);
    qsort(runs->wishes, wishes, sizeof *runs->wishes, by_hash);
    for (size_t i = 0; i < runs->count && wishes > 0; i++) {
        hr_status status = hr_keyrun_find(&runs->runs[i], &runs->form, keys, runs->wishes, wishes, runs->block, err);
        if (status != HR_OK)
            return status;
    }
    for (size_t i = 0; i < wishes; i++)
        has[runs->wishes[i].index] |= runs->wishes[i].found;
    return HR_OK;
}
