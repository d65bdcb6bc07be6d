/* unique.c: the values of unique columns that stood in rows so far: for each column a table of 16-byte keys. A key is
 * the value itself; only of texts of 16 bytes and more it is a hash of 128 bits, with a seed that nobody can know. */
#include "core/rows/unique.h"

#include <sys/random.h>
#include <xxhash.h>

#define FIRST_SLOTS 1024u

/* Open addressing; a slot of zeros is free, and the key of zeros is kept aside. */
typedef struct table {
    uint32_t column; /* of the schema */
    hr_type type;
    uint8_t (*slots)[16];
    size_t capacity, used; /* a power of two, or 0 */
    bool zero;
} table;

struct hr_unique {
    uint64_t seed;
    size_t limit, taken; /* bytes of all slots */
    size_t count;
    uint8_t (*keys)[16]; /* [count] of the row at hand */
    table tables[];      /* [count] */
};

hr_status hr_unique_new(const hr_typing *typing, size_t limit, hr_unique **out, hr_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < typing->count; i++)
        count += typing->columns[i].declared->unique && typing->columns[i].source != HR_NO_COLUMN;
    *out = NULL;
    if (!count)
        return HR_OK;
    hr_unique *unique = hr_calloc(1, sizeof *unique + count * sizeof *unique->tables);
    if (!unique || !(unique->keys = hr_calloc(count, sizeof *unique->keys))) {
        hr_free(unique);
        return hr_fail_memory(err, "applying a schema with unique columns");
    }
    unique->limit = limit;
    for (size_t i = 0; i < typing->count; i++)
        if (typing->columns[i].declared->unique && typing->columns[i].source != HR_NO_COLUMN)
            unique->tables[unique->count++] = (table){.column = (uint32_t)i, .type = typing->columns[i].declared->type};
    if (getrandom(&unique->seed, sizeof unique->seed, 0) != (ssize_t)sizeof unique->seed)
        unique->seed ^= (uint64_t)hr_clock_steady_ns();
    *out = unique;
    return HR_OK;
}

void hr_unique_free(hr_unique *unique)
{
    if (!unique)
        return;
    for (size_t i = 0; i < unique->count; i++)
        hr_free(unique->tables[i].slots);
    hr_free(unique->keys);
    hr_free(unique);
}

static bool is_zero(const uint8_t key[16])
{
    static const uint8_t zeros[16];
    return memcmp(key, zeros, sizeof zeros) == 0;
}

/* The slot of the key, or the free one where it would stand. */
static uint8_t *find(const hr_unique *unique, const table *t, const uint8_t key[16])
{
    size_t at = (size_t)XXH3_64bits_withSeed(key, 16, unique->seed) & (t->capacity - 1);
    while (!is_zero(t->slots[at]) && memcmp(t->slots[at], key, 16) != 0)
        at = (at + 1) & (t->capacity - 1);
    return t->slots[at];
}

static hr_status grow(hr_unique *unique, table *t, hr_error *err)
{
    size_t capacity = t->capacity ? t->capacity * 2 : FIRST_SLOTS, size = capacity * 16, before = t->capacity * 16;
    if (unique->taken + size > unique->limit)
        return hr_fail(err, HR_E_LIMIT,
                       "the values of unique columns take more memory than option limits.unique allows (%zu bytes)",
                       unique->limit);
    table larger = *t;
    larger.slots = hr_calloc(capacity, sizeof *larger.slots);
    if (!larger.slots)
        return hr_fail_memory(err, "keeping the values of unique columns (option limits.unique bounds them)");
    larger.capacity = capacity;
    for (size_t i = 0; i < t->capacity; i++)
        if (!is_zero(t->slots[i]))
            memcpy(find(unique, &larger, t->slots[i]), t->slots[i], 16);
    hr_free(t->slots);
    unique->taken += size - before;
    *t = larger;
    return HR_OK;
}

static void text_key(const hr_unique *unique, const hr_vector *vector, uint32_t row, uint8_t key[16])
{
    const hr_text_view *view = (const hr_text_view *)vector->values + row;
    const void *text =
        view->size <= sizeof view->in.text ? view->in.text : (const char *)vector->data + view->in.far.offset;
    memset(key, 0, 16);
    if (view->size < 16) {
        if (view->size)
            memcpy(key, text, view->size);
        key[15] = (uint8_t)view->size;
        return;
    }
    XXH128_hash_t hash = XXH3_128bits_withSeed(text, view->size, unique->seed);
    memcpy(key, &hash, 16);
}

static void take_key(const hr_unique *unique, const table *t, const hr_vector *vector, uint32_t row, uint8_t key[16])
{
    if (t->type == HR_TYPE_TEXT || t->type == HR_TYPE_JSON) {
        text_key(unique, vector, row, key);
        return;
    }
    uint8_t bit = t->type == HR_TYPE_BOOL ? hr_bit(vector->values, row) : 0;
    hr_value_key(t->type,
                 t->type == HR_TYPE_BOOL ? &bit : (const uint8_t *)vector->values + row * hr_type_width(t->type), key);
}

static bool is_null(const hr_vector *vector, uint32_t row)
{
    return vector->validity && !hr_bit(vector->validity, row);
}

static hr_status check_row(hr_unique *unique, hr_typed *typed, uint32_t row, hr_error *err)
{
    for (size_t i = 0; i < unique->count; i++) {
        table *t = &unique->tables[i];
        const hr_vector *vector = &typed->vectors[t->column];
        if (is_null(vector, row))
            continue;
        if (t->used + 1 > t->capacity / 4 * 3) {
            hr_status status = grow(unique, t, err);
            if (status != HR_OK)
                return status;
        }
        uint8_t *key = unique->keys[i];
        take_key(unique, t, vector, row, key);
        if (is_zero(key) ? t->zero : !is_zero(find(unique, t, key)))
            return hr_typing_breach(
                typed,
                &(hr_breach){row, t->column, HR_REJECT_CHECK, "it stood in an earlier row, and the column is unique"},
                err);
    }
    for (size_t i = 0; i < unique->count; i++) {
        table *t = &unique->tables[i];
        if (is_null(&typed->vectors[t->column], row))
            continue;
        if (is_zero(unique->keys[i])) {
            t->zero = true;
        } else {
            memcpy(find(unique, t, unique->keys[i]), unique->keys[i], 16);
            t->used++;
        }
    }
    return HR_OK;
}

hr_status hr_unique_check(hr_unique *unique, hr_batch_body *body, uint32_t rows, hr_error *err)
{
    hr_typed *typed = body->typed;
    hr_status status = HR_OK;
    for (uint32_t r = 0; status == HR_OK && r < rows; r++)
        if (!hr_typed_broken(typed, r))
            status = check_row(unique, typed, r, err);
    hr_typing_sort(typed);
    return status;
}
