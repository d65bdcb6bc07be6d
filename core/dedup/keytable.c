/* keytable.c: the key table: insertion in groups, with their cache lines fetched ahead, and growth in place of the old
 * table. */
#include "core/dedup/keytable.h"

#include <inttypes.h>
#include <sys/mman.h>
#include <sys/random.h>

#define FIRST_CAPACITY 1024u
/* Keys whose slots are fetched together: enough to hide a miss, few enough for the line-fill buffers and L1. */
#define GROUP 32u
/* What a growth gives back of the old table at a time. */
#define STRIDE ((size_t)4 << 20)

static uint64_t load64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* The home slot: both halves of the key's first 128 bits, multiplied and folded. Anybody can compute our unseeded
 * hashes, and make rows that all belong into one slot; the seed takes that away. */
static uint64_t home_of(const hr_keytable *table, const uint8_t *key)
{
    __uint128_t product = (__uint128_t)(load64(key) ^ table->seed[0]) * (load64(key + 8) ^ table->seed[1]);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Compares in words: memcmp of a size not known to the compiler is a call. */
static bool same_key(const uint8_t *a, const uint8_t *b, size_t key_size)
{
    uint64_t difference = (load64(a) ^ load64(b)) | (load64(a + 8) ^ load64(b + 8));
    for (size_t i = 16; i < key_size; i += 8)
        difference |= load64(a + i) ^ load64(b + i);
    return difference == 0;
}

static bool zero_key(const uint8_t *key, size_t key_size)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < key_size; i += 8)
        bits |= load64(key + i);
    return bits == 0;
}

static void copy_key(uint8_t *to, const uint8_t *from, size_t key_size)
{
    for (size_t i = 0; i < key_size; i += 8)
        memcpy(to + i, from + i, 8);
}

/* The slot that holds `key`, or the free one where it belongs. There is always a free slot. */
static uint64_t find_slot(const hr_keytable *table, const uint8_t *key, uint64_t home)
{
    uint64_t mask = table->capacity - 1;
    uint64_t slot = home & mask;
    for (;;) {
        const uint8_t *at = table->slots + slot * table->key_size;
        if (zero_key(at, table->key_size) || same_key(at, key, table->key_size))
            return slot;
        slot = (slot + 1) & mask;
    }
}

/* ---- growth ------------------------------------------------------------------------------------------------- */

/* Keys that `capacity` slots take: three quarters as long as it may double (8 probes for a new key), seven eighths (32)
 * when the limit forbids that. */
static uint64_t room_of(const hr_keytable *table, uint64_t capacity)
{
    bool last = capacity * 2 * table->key_size > table->memory_limit;
    return last ? capacity / 8 * 7 : capacity / 4 * 3;
}

static uint8_t *map_slots(size_t size)
{
    void *slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slots == MAP_FAILED)
        return NULL;
    /* Each look-up is a miss of the TLB as well with small pages. Advice only. */
    (void)madvise(slots, size, MADV_HUGEPAGE);
    return slots;
}

/* Moves all keys into a table of `capacity`. The old slots are walked in order, so the new ones are filled in as many
 * streams as it grows; what was walked is given back at once. Hence the memory in use never exceeds that of the new
 * table alone. */
static hr_status grow_to(hr_keytable *table, uint64_t capacity, hr_error *err)
{
    hr_keytable next = *table;
    next.capacity = capacity;
    next.slots = map_slots(capacity * table->key_size);
    if (!next.slots)
        return hr_fail_memory(err, "growing the table of keys");
    size_t size = table->capacity * table->key_size, done = 0;
    while (done < size) {
        size_t end = size - done > STRIDE ? done + STRIDE : size;
        for (size_t at = done; at < end; at += table->key_size) {
            const uint8_t *key = table->slots + at;
            if (!zero_key(key, table->key_size)) {
                copy_key(next.slots + find_slot(&next, key, home_of(&next, key)) * table->key_size, key,
                         table->key_size);
            }
        }
        munmap(table->slots + done, end - done);
        done = end;
    }
    *table = next;
    return HR_OK;
}

hr_status hr_keytable_reserve(hr_keytable *table, uint64_t more, hr_error *err)
{
    if (table->capacity == 0 && getrandom(table->seed, sizeof table->seed, 0) != sizeof table->seed)
        return hr_fail(err, HR_E_IO, "seeding the table of keys: the system gives no random bytes");
    uint64_t capacity = table->capacity ? table->capacity : FIRST_CAPACITY;
    uint64_t wanted = table->used + more;
    while (room_of(table, capacity) < wanted && capacity * 2 * table->key_size <= table->memory_limit)
        capacity *= 2;
    return capacity == table->capacity ? HR_OK : grow_to(table, capacity, err);
}

void hr_keytable_free(hr_keytable *table)
{
    if (table->slots)
        munmap(table->slots, table->capacity * table->key_size);
    table->slots = NULL;
    table->capacity = table->used = 0;
    table->zero = false;
}

uint64_t hr_keytable_count(const hr_keytable *table)
{
    return table->used + (table->zero ? 1 : 0);
}

/* ---- insertion ---------------------------------------------------------------------------------------------- */

/* Takes the fresh ones of keys[0, count) out again, the last one first: each then is the newest of the table, no other
 * key was ever placed behind it, and its slot can just be freed. (No growth happens within one add.) */
static void take_out(hr_keytable *table, const uint8_t *keys, size_t count, const uint8_t *fresh)
{
    while (count-- > 0) {
        const uint8_t *key = keys + count * table->key_size;
        if (!fresh[count])
            continue;
        if (zero_key(key, table->key_size)) {
            table->zero = false;
            continue;
        }
        memset(table->slots + find_slot(table, key, home_of(table, key)) * table->key_size, 0, table->key_size);
        table->used--;
    }
}

static uint8_t add_key(hr_keytable *table, const uint8_t *key, uint64_t home)
{
    if (HR_UNLIKELY(zero_key(key, table->key_size))) {
        bool had = table->zero;
        table->zero = true;
        return !had;
    }
    uint8_t *at = table->slots + find_slot(table, key, home) * table->key_size;
    if (!zero_key(at, table->key_size))
        return 0;
    copy_key(at, key, table->key_size);
    table->used++;
    return 1;
}

hr_status hr_keytable_add(hr_keytable *table, const uint8_t *keys, size_t count, uint8_t *fresh, hr_error *err)
{
    hr_status status = hr_keytable_reserve(table, count, err);
    if (status != HR_OK)
        return status;
    uint64_t room = room_of(table, table->capacity), mask = table->capacity - 1;
    for (size_t begin = 0; begin < count; begin += GROUP) {
        size_t end = count - begin > GROUP ? begin + GROUP : count;
        uint64_t homes[GROUP];
        for (size_t i = begin; i < end; i++) {
            homes[i - begin] = home_of(table, keys + i * table->key_size);
            __builtin_prefetch(table->slots + (homes[i - begin] & mask) * table->key_size, 1);
        }
        for (size_t i = begin; i < end; i++) {
            fresh[i] = add_key(table, keys + i * table->key_size, homes[i - begin]);
            if (HR_UNLIKELY(table->used > room)) {
                take_out(table, keys, i + 1, fresh);
                return hr_fail(err, HR_E_LIMIT,
                               "remembering keys: %" PRIu64 " of them fill the %" PRIu64 " bytes allowed for them; "
                               "raise option dedup-memory",
                               hr_keytable_count(table), table->memory_limit);
            }
        }
    }
    return HR_OK;
}
