/* test_keyset_forget.c: keys that are taken back before a prepare are fresh again: in memory, in the log, and where
 * they are on disk. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/dedup/keyset.h"
#include "tests/unit/support.h"

#define OK(call) cr_assert_eq((call), HR_OK, "%s: %s", #call, err.text)
#define PLENTY (UINT64_C(1) << 40)

enum { NUMBERS = 150000, GROUP = 1000 };
enum { ABSENT, PENDING, PREPARED };

static hr_error err;
static uint8_t state_of[NUMBERS];

TestSuite(keyset_forget, .init = make_folder, .fini = remove_folder);

/* Number 0 is the key of zeros. */
static void key_of(uint64_t number, size_t size, uint8_t *out)
{
    uint64_t words[4] = {number * UINT64_C(0x9E3779B97F4A7C15), number, number, ~number};
    memset(out, 0, size);
    if (number)
        memcpy(out, words, size);
}

static uint64_t count_of(uint8_t state)
{
    uint64_t count = 0;
    for (size_t i = 0; i < NUMBERS; i++)
        count += state_of[i] == state;
    return count;
}

static void add_some(hr_keyset *set, size_t size)
{
    static uint8_t keys[GROUP * 32], fresh[GROUP];
    uint64_t numbers[GROUP];
    for (size_t i = 0; i < GROUP; i++) {
        numbers[i] = (uint64_t)(rand() % NUMBERS);
        key_of(numbers[i], size, keys + i * size);
    }
    OK(hr_keyset_add(set, keys, GROUP, fresh, &err));
    for (size_t i = 0; i < GROUP; i++) {
        cr_assert_eq(fresh[i], state_of[numbers[i]] == ABSENT, "number %zu", (size_t)numbers[i]);
        state_of[numbers[i]] = state_of[numbers[i]] == ABSENT ? PENDING : state_of[numbers[i]];
    }
}

/* Of what is pending, every `nth`; number 0, too, when it is. */
static void forget_some(hr_keyset *set, size_t size, size_t nth)
{
    static uint8_t keys[NUMBERS * 32];
    size_t count = 0;
    for (size_t i = 0; i < NUMBERS; i++)
        if (state_of[i] == PENDING && i % nth == 0) {
            key_of(i, size, keys + count++ * size);
            state_of[i] = ABSENT;
        }
    OK(hr_keyset_forget(set, keys, count, &err));
}

static void prepare_all(hr_keyset *set)
{
    uint64_t length = 0;
    OK(hr_keyset_prepare(set, &length, &err));
    for (size_t i = 0; i < NUMBERS; i++)
        state_of[i] = state_of[i] == PENDING ? PREPARED : state_of[i];
    cr_assert_eq(length, count_of(PREPARED));
}

/* As a set that remembers one state for each number; opened again, it has what was prepared. */
static void compare(size_t size, uint64_t memory, bool durable)
{
    hr_keyset *set = NULL;
    memset(state_of, ABSENT, sizeof state_of);
    OK(hr_keyset_open(durable ? path : NULL, size, 0, memory, &set, &err));
    srand(11);
    for (size_t round = 1; round <= 4; round++) {
        for (size_t i = 0; i < 90; i++)
            add_some(set, size);
        forget_some(set, size, round);
        cr_assert_eq(hr_keyset_count(set), count_of(PENDING) + count_of(PREPARED));
        for (size_t i = 0; i < 30; i++)
            add_some(set, size);
        forget_some(set, size, 7);
        prepare_all(set);
    }
    hr_keyset_close(set);
    if (!durable)
        return;
    OK(hr_keyset_open(path, size, count_of(PREPARED), memory, &set, &err));
    for (size_t i = 0; i < 90; i++)
        add_some(set, size);
    hr_keyset_close(set);
    cr_assert_eq(unlink(path), 0);
}

Test(keyset_forget, in_memory)
{
    compare(16, PLENTY, false);
    compare(32, PLENTY, true); /* its log is written before the prepare */
    compare(16, PLENTY, true);
}

Test(keyset_forget, on_disk)
{
    compare(16, HR_KEYSET_LEAST, false);
    compare(32, HR_KEYSET_LEAST, true);
}

Test(keyset_forget, what_cannot_be_taken_back_makes_the_log_fail)
{
    hr_keyset *set = NULL;
    uint64_t length;
    memset(state_of, ABSENT, sizeof state_of);
    OK(hr_keyset_open(path, 32, 0, PLENTY, &set, &err));
    for (size_t i = 0; i < 60; i++) /* more than is pending in memory */
        add_some(set, 32);
    cr_assert_eq(truncate(path, 100), 0);
    uint8_t key[32];
    key_of(1, 32, key);
    cr_assert_neq(hr_keyset_forget(set, key, 1, &err), HR_OK);
    cr_assert_eq(hr_keyset_prepare(set, &length, &err), HR_E_IO);
    hr_keyset_close(set);
}
