/* keyset.c: the durable set of keys: a table in memory in front of a log; what the memory does not hold is in runs on
 * disk, which are made of the log's keys again when the set is opened again. */
#include "core/dedup/keyset.h"

#include "core/dedup/keyio.h"
#include "core/dedup/keylog.h"
#include "core/dedup/keyruns.h"

/* Keys are written, not yet synced, when so many bytes are pending: pending keys need little memory however long a
 * segment is, and a prepare has little left to do. */
#define FLUSH_BYTES ((size_t)1 << 20)
#define READ_BYTES ((size_t)1 << 20)
/* Not /tmp, which often is memory. */
#define FOLDER "/var/tmp"

struct hr_keyset {
    hr_keytable table;
    hr_keyruns runs;
    hr_keytable forgotten; /* keys of runs that count as if they were in none */
    hr_keylog log;
    bool durable;      /* there is a log */
    uint64_t prepared; /* keys of the log that are not to be changed any more */
    hr_buffer pending; /* keys that are not in the log yet, in order */
    char *folder;      /* of runs */
    uint64_t limit;
    hr_buffer rest; /* keys of an add that are not on disk */
    hr_buffer has;  /* flags of an add */
};

/* ---- keys beyond the memory ---------------------------------------------------------------------------------- */

/* Puts the keys of the table on disk. From the first time on half of the limit is the table's, most of the other half
 * the filter's, and the rest is for the fences. */
static hr_status spill(hr_keyset *set, hr_error *err)
{
    set->runs.form = (hr_keyform){.key_size = set->table.key_size,
                                  .seed = &set->table.seed,
                                  .folder = set->folder,
                                  .fence_most = set->limit / 128 / sizeof(uint64_t) + 16};
    set->runs.filter_bytes = set->limit / 16 * 7;
    hr_status status = hr_keyruns_take(&set->runs, &set->table, err);
    if (status != HR_OK)
        return status;
    hr_keytable_empty(&set->table);
    set->table.memory_limit = set->limit / 2;
    status = hr_keyruns_settle(&set->runs, err);
    /* It will be full again. */
    return status == HR_OK ? hr_keytable_reserve(&set->table, set->limit / set->table.key_size, err) : status;
}

/* Adds keys of which none is on disk. */
static hr_status add_new(hr_keyset *set, const uint8_t *keys, size_t count, uint8_t *fresh, hr_error *err)
{
    /* A table that is empty but for the key of zeros takes the add, whatever the limit. */
    bool empty = hr_keytable_count(&set->table) <= set->table.zero;
    return hr_keytable_add(&set->table, keys, count, empty, fresh, err);
}

/* Adds keys some of which may be on disk. */
static hr_status add_known(hr_keyset *set, const uint8_t *keys, size_t count, uint8_t *fresh, hr_error *err)
{
    size_t key_size = set->table.key_size, rest = 0;
    set->rest.size = set->has.size = 0;
    uint8_t *left = hr_buffer_room(&set->rest, count * key_size), *has = hr_buffer_room(&set->has, 2 * count);
    if (!left || !has)
        return hr_fail_memory(err, "looking for keys on disk");
    /* The table first: what is repeated was mostly seen lately. */
    hr_keytable_find(&set->table, keys, count, has);
    hr_status status = hr_keyruns_settle(&set->runs, err);
    if (status == HR_OK)
        status = hr_keyruns_find(&set->runs, keys, count, has, err);
    if (status != HR_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        hr_key_copy(left + rest * key_size, keys + i * key_size, key_size);
        rest += !has[i];
    }
    status = add_new(set, left, rest, has + count, err);
    if (status != HR_OK)
        return status;
    rest = 0;
    for (size_t i = 0; i < count; i++) /* one that was forgotten is in its run again */
        fresh[i] = has[i] ? hr_keytable_remove(&set->forgotten, keys + i * key_size) : has[count + rest++];
    return HR_OK;
}

/* All or none. */
static hr_status add_keys(hr_keyset *set, const uint8_t *keys, size_t count, uint8_t *fresh, hr_error *err)
{
    for (;;) {
        hr_status status =
            set->runs.count ? add_known(set, keys, count, fresh, err) : add_new(set, keys, count, fresh, err);
        if (status == HR_E_LIMIT)
            status = spill(set, err);
        else
            return status;
        if (status != HR_OK)
            return status;
    }
}

/* ---- opening ------------------------------------------------------------------------------------------------- */

/* Fills the table from the log. A log holds no key twice: nothing is looked for on disk. */
static hr_status load(hr_keyset *set, uint64_t committed, hr_error *err)
{
    hr_status status = hr_keytable_reserve(&set->table, committed, err);
    size_t key_size = set->table.key_size, group = READ_BYTES / key_size;
    if (status != HR_OK || committed == 0)
        return status;
    uint8_t *keys = hr_malloc(READ_BYTES), *fresh = hr_malloc(group);
    if (!keys || !fresh)
        status = hr_fail_memory(err, "reading the log of keys");
    for (uint64_t from = 0; status == HR_OK && from < committed;) {
        size_t count = committed - from < group ? (size_t)(committed - from) : group;
        /* Little at a time where the table is little. */
        while (count > 64 && count * key_size > set->limit / 8)
            count /= 2;
        status = hr_keylog_read(&set->log, from, keys, count, err);
        from += count;
        while (status == HR_OK && (status = add_new(set, keys, count, fresh, err)) == HR_E_LIMIT)
            status = spill(set, err);
    }
    hr_free(keys);
    hr_free(fresh);
    return status;
}

hr_status hr_keyset_open(const char *path, size_t key_size, uint64_t committed, uint64_t memory_limit, hr_keyset **out,
                         hr_error *err)
{
    if (key_size != 16 && key_size != 32)
        return hr_fail(err, HR_E_INVALID, "opening a set of keys: keys have 16 or 32 bytes, not %zu", key_size);
    if (!path && committed > 0)
        return hr_fail(err, HR_E_INVALID, "opening a set of keys: without a log there are no committed keys");
    hr_keyset *set = hr_calloc(1, sizeof *set);
    if (!set)
        return hr_fail_memory(err, "opening a set of keys");
    set->table.key_size = set->forgotten.key_size = key_size;
    set->forgotten.memory_limit = HR_KEYSET_LEAST; /* it takes what it must beyond that */
    set->table.memory_limit = set->limit = memory_limit;
    /* Batches are in memory already, whatever their size. */
    set->rest.ceiling = set->has.ceiling = SIZE_MAX / 4;
    set->folder = path ? hr_key_folder(path) : hr_strdup(FOLDER);
    hr_status status = set->folder ? HR_OK : hr_fail_memory(err, "opening a set of keys");
    if (status == HR_OK && path) {
        status = hr_keylog_open(&set->log, path, key_size, committed, err);
        set->durable = status == HR_OK;
        set->prepared = committed;
    }
    if (status == HR_OK)
        status = load(set, committed, err);
    if (status == HR_OK)
        *out = set;
    else
        hr_keyset_close(set);
    return status;
}

hr_status hr_keyset_folder(hr_keyset *set, const char *folder, hr_error *err)
{
    char *copy = hr_strdup(folder);
    if (!copy)
        return hr_fail_memory(err, "opening a set of keys");
    hr_free(set->folder);
    set->folder = copy;
    return HR_OK;
}

hr_status hr_keyset_expect(hr_keyset *set, uint64_t keys, hr_error *err)
{
    uint64_t count = hr_keytable_count(&set->table);
    return keys > count ? hr_keytable_reserve(&set->table, keys - count, err) : HR_OK;
}

void hr_keyset_close(hr_keyset *set)
{
    if (!set)
        return;
    if (set->durable)
        hr_keylog_close(&set->log);
    hr_keyruns_free(&set->runs);
    hr_keytable_free(&set->table);
    hr_keytable_free(&set->forgotten);
    hr_buffer_free(&set->pending);
    hr_buffer_free(&set->rest);
    hr_buffer_free(&set->has);
    hr_free(set->folder);
    hr_free(set);
}

uint64_t hr_keyset_count(const hr_keyset *set)
{
    return hr_keytable_count(&set->table) + set->runs.keys - hr_keytable_count(&set->forgotten);
}

/* ---- adding -------------------------------------------------------------------------------------------------- */

/* Pending keys into the log. They stay pending when that fails. */
static hr_status flush(hr_keyset *set, hr_error *err)
{
    hr_status status = hr_keylog_append(&set->log, set->pending.data, set->pending.size / set->table.key_size, err);
    if (status == HR_OK)
        set->pending.size = 0;
    return status;
}

hr_status hr_keyset_add(hr_keyset *set, const uint8_t *keys, size_t count, uint8_t *fresh, hr_error *err)
{
    size_t key_size = set->table.key_size;
    uint8_t *room = NULL;
    /* All that can fail comes first, so that a failed add has added nothing. */
    if (set->durable) {
        hr_status status = set->pending.size >= FLUSH_BYTES ? flush(set, err) : HR_OK;
        if (status != HR_OK)
            return status;
        room = hr_buffer_room(&set->pending, count * key_size);
        if (!room)
            return hr_fail_memory(err, "remembering keys");
    }
    hr_status status = add_keys(set, keys, count, fresh, err);
    if (status != HR_OK || !room)
        return status;
    for (size_t i = 0; i < count; i++) {
        /* Written always, kept when fresh: no branch to mispredict. */
        memcpy(room, keys + i * key_size, key_size);
        room += fresh[i] ? key_size : 0;
    }
    set->pending.size = (size_t)(room - set->pending.data);
    return HR_OK;
}

/* ---- forgetting ---------------------------------------------------------------------------------------------- */

/* Moves those keys together that are not in `gone`, and says how many they are. */
static size_t keep_others(const hr_keytable *gone, uint8_t *keys, size_t count)
{
    size_t key_size = gone->key_size, kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t has;
        hr_keytable_find(gone, keys + i * key_size, 1, &has);
        hr_key_copy(keys + kept * key_size, keys + i * key_size, key_size);
        kept += !has;
    }
    return kept;
}

/* What the log has behind the last prepare is written anew: nobody counts on it yet. */
static hr_status rewrite_log(hr_keyset *set, const hr_keytable *gone, hr_error *err)
{
    uint64_t from = set->prepared, end = set->log.written;
    size_t group = READ_BYTES / gone->key_size;
    hr_status status = HR_OK;
    uint8_t *keys = from < end ? hr_malloc(READ_BYTES) : NULL;
    if (from < end && !keys)
        return hr_fail_memory(err, "taking back keys");
    set->log.written = from;
    while (status == HR_OK && from < end) {
        size_t count = end - from < group ? (size_t)(end - from) : group;
        status = hr_keylog_read(&set->log, from, keys, count, err);
        if (status == HR_OK)
            status = hr_keylog_append(&set->log, keys, keep_others(gone, keys, count), err);
        from += count;
    }
    set->log.failed |= status != HR_OK;
    hr_free(keys);
    return status;
}

/* Those that memory does not hold are in runs, which are never changed. */
static hr_status forget_keys(hr_keyset *set, const uint8_t *keys, size_t count, hr_error *err)
{
    size_t key_size = set->table.key_size;
    hr_status status = hr_keyruns_settle(&set->runs, err);
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        const uint8_t *key = keys + i * key_size;
        uint8_t has = 0, fresh;
        if (hr_keytable_remove(&set->table, key))
            continue;
        status = hr_keyruns_find(&set->runs, key, 1, &has, err);
        if (status == HR_OK && has)
            status = hr_keytable_add(&set->forgotten, key, 1, true, &fresh, err);
    }
    return status;
}

hr_status hr_keyset_forget(hr_keyset *set, const uint8_t *keys, size_t count, hr_error *err)
{
    hr_keytable gone = {.key_size = set->table.key_size, .memory_limit = HR_KEYSET_LEAST};
    hr_status status = HR_OK;
    for (size_t i = 0; set->durable && status == HR_OK && i < count; i++) {
        uint8_t fresh;
        status = hr_keytable_add(&gone, keys + i * gone.key_size, 1, true, &fresh, err);
    }
    if (set->durable && status == HR_OK && count) {
        set->pending.size = keep_others(&gone, set->pending.data, set->pending.size / gone.key_size) * gone.key_size;
        status = rewrite_log(set, &gone, err);
    }
    hr_keytable_free(&gone);
    return status == HR_OK ? forget_keys(set, keys, count, err) : status;
}

uint64_t hr_keyset_mark(const hr_keyset *set)
{
    return set->durable ? set->log.written + set->pending.size / set->table.key_size : hr_keyset_count(set);
}

hr_status hr_keyset_prepare_to(hr_keyset *set, uint64_t mark, hr_error *err)
{
    if (!set->durable)
        return HR_OK;
    hr_status status = flush(set, err);
    if (status == HR_OK)
        status = hr_keylog_sync(&set->log, err);
    if (status == HR_OK)
        set->prepared = mark;
    return status;
}

hr_status hr_keyset_prepare(hr_keyset *set, uint64_t *length, hr_error *err)
{
    uint64_t mark = hr_keyset_mark(set);
    hr_status status = hr_keyset_prepare_to(set, mark, err);
    if (status == HR_OK)
        *length = mark;
    return status;
}
