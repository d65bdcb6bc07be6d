/* keyset.c: the durable set of keys: a table in memory in front of a log. */
#include "core/dedup/keyset.h"

#include "core/dedup/keylog.h"
#include "core/dedup/keytable.h"

/* Keys are written, not yet synced, when so many bytes are pending: pending keys need little memory however long a
 * segment is, and a prepare has little left to do. */
#define FLUSH_BYTES ((size_t)1 << 20)
#define READ_BYTES ((size_t)1 << 20)

struct hr_keyset {
    hr_keytable table;
    hr_keylog log;
    bool durable;      /* there is a log */
    hr_buffer pending; /* keys that are not in the log yet, in order */
};

/* Fills the table from the log. */
static hr_status load(hr_keyset *set, uint64_t committed, hr_error *err)
{
    hr_status status = hr_keytable_reserve(&set->table, committed, err);
    size_t key_size = set->table.key_size, group = READ_BYTES / key_size;
    if (status != HR_OK || committed == 0)
        return status;
    uint8_t *keys = hr_malloc(READ_BYTES), *fresh = hr_malloc(group);
    if (!keys || !fresh)
        status = hr_fail_memory(err, "reading the log of keys");
    for (uint64_t from = 0; status == HR_OK && from < committed; from += group) {
        size_t count = committed - from < group ? (size_t)(committed - from) : group;
        status = hr_keylog_read(&set->log, from, keys, count, err);
        if (status == HR_OK)
            status = hr_keytable_add(&set->table, keys, count, fresh, err);
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
    set->table.key_size = key_size;
    set->table.memory_limit = memory_limit;
    hr_status status = HR_OK;
    if (path) {
        status = hr_keylog_open(&set->log, path, key_size, committed, err);
        set->durable = status == HR_OK;
    }
    if (status == HR_OK)
        status = load(set, committed, err);
    if (status == HR_OK)
        *out = set;
    else
        hr_keyset_close(set);
    return status;
}

void hr_keyset_close(hr_keyset *set)
{
    if (!set)
        return;
    if (set->durable)
        hr_keylog_close(&set->log);
    hr_keytable_free(&set->table);
    hr_buffer_free(&set->pending);
    hr_free(set);
}

uint64_t hr_keyset_count(const hr_keyset *set)
{
    return hr_keytable_count(&set->table);
}

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
    hr_status status = hr_keytable_add(&set->table, keys, count, fresh, err);
    if (status != HR_OK || !set->durable)
        return status;
    for (size_t i = 0; i < count; i++) {
        /* Written always, kept when fresh: no branch to mispredict. */
        memcpy(room, keys + i * key_size, key_size);
        room += fresh[i] ? key_size : 0;
    }
    set->pending.size = (size_t)(room - set->pending.data);
    return HR_OK;
}

hr_status hr_keyset_prepare(hr_keyset *set, uint64_t *length, hr_error *err)
{
    if (!set->durable) {
        *length = hr_keytable_count(&set->table);
        return HR_OK;
    }
    hr_status status = flush(set, err);
    if (status == HR_OK)
        status = hr_keylog_sync(&set->log, err);
    if (status == HR_OK)
        *length = set->log.written;
    return status;
}
