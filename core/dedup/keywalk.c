/* keywalk.c: the keys of a table in the order of their hashes, which is that of its slots but for neighbours. */
#include "core/dedup/keytable.h"

static int compare_keys(const hr_keytable *table, const uint8_t *a, const uint8_t *b)
{
    uint64_t left = hr_key_hash(&table->seed, a), right = hr_key_hash(&table->seed, b);
    return left != right ? (left < right ? -1 : 1) : memcmp(a, b, table->key_size);
}

/* The keys of one shard between two free slots, which are those that belong there; *size 0 at the end. */
static const uint8_t *find_cluster(hr_keywalk *walk, size_t *size)
{
    size_t key_size = walk->table->key_size;
    for (; walk->shard < HR_KEY_SHARDS; walk->shard++, walk->at = NULL) {
        const hr_keyshard *shard = &walk->table->shards[walk->shard];
        if (!shard->slots)
            continue;
        if (!walk->at)
            walk->at = shard->slots;
        while (walk->at < shard->last && hr_key_zero(walk->at, key_size))
            walk->at += key_size;
        const uint8_t *start = walk->at;
        while (!hr_key_zero(walk->at, key_size)) /* shard->last is free */
            walk->at += key_size;
        *size = (size_t)(walk->at - start);
        if (*size)
            return start;
    }
    *size = 0;
    return NULL;
}

/* By insertion: a cluster is short, and nearly in order. */
static void sort_cluster(const hr_keytable *table, uint8_t *keys, size_t size)
{
    size_t key_size = table->key_size;
    uint8_t moved[32];
    for (size_t i = key_size; i < size; i += key_size) {
        size_t to = i;
        while (to > 0 && compare_keys(table, keys + to - key_size, keys + i) > 0)
            to -= key_size;
        if (to == i)
            continue;
        hr_key_copy(moved, keys + i, key_size);
        memmove(keys + to + key_size, keys + to, i - to);
        hr_key_copy(keys + to, moved, key_size);
    }
}

hr_status hr_keywalk_next(hr_keywalk *walk, const uint8_t **key, hr_error *err)
{
    if (walk->given == walk->cluster.size) {
        size_t size;
        const uint8_t *keys = find_cluster(walk, &size);
        walk->cluster.size = walk->given = 0;
        if (size == 0)
            return HR_END;
        if (!hr_buffer_add(&walk->cluster, keys, size))
            return hr_fail_memory(err, "sorting keys");
        sort_cluster(walk->table, walk->cluster.data, size);
    }
    *key = walk->cluster.data + walk->given;
    walk->given += walk->table->key_size;
    return HR_OK;
}

void hr_keywalk_free(hr_keywalk *walk)
{
    hr_buffer_free(&walk->cluster);
}
