/* test_keyset_disk.c: a set whose memory is too small answers as one whose memory is not, whatever fails meanwhile. */
#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/dedup/keyruns.h"
#include "core/dedup/keyset.h"
#include "tests/unit/support.h"

#define OK(call) cr_assert_eq((call), HR_OK, "%s: %s", #call, err.text)

static hr_error err;

TestSuite(keydisk, .init = make_folder, .fini = remove_folder);

/* Key number n, well spread, or all in a few places when `narrow`. Number 0 is the key of zeros. */
static void key_of(uint64_t n, size_t size, bool narrow, uint8_t *out)
{
    uint64_t words[4] = {n * UINT64_C(0x9E3779B97F4A7C15), n << 32, narrow ? 0 : n, narrow ? 0 : ~n};
    if (narrow)
        words[0] = 0;
    if (n == 0)
        memset(words, 0, sizeof words);
    memcpy(out, words, size);
}

/* Adds key n; whether it was fresh. */
static bool add(hr_keyset *set, uint64_t n)
{
    uint8_t key[16], fresh = 9;
    key_of(n, 16, false, key);
    OK(hr_keyset_add(set, key, 1, &fresh, &err));
    return fresh;
}

/* ---- answers ------------------------------------------------------------------------------------------------- */

/* Random adds of random sizes, of `numbers` different keys, beside a naive set; every now and then the set is closed
 * and opened again at its last prepared length, and the naive one forgets what came behind. */
static void compare_with_naive(uint64_t limit, size_t size, uint64_t numbers, uint64_t adds, size_t most, bool narrow,
                               bool log)
{
    uint8_t *keys = malloc(most * size), *fresh = malloc(most), *naive = calloc(numbers, 1);
    uint64_t *chosen = malloc(most * sizeof *chosen), count = 0;
    hr_keyset *set;
    OK(hr_keyset_open(log ? path : NULL, size, 0, limit, &set, &err));
    srandom((unsigned)(limit + size));
    for (uint64_t done = 0; done < adds;) {
        size_t group = (size_t)random() % most + 1;
        for (size_t i = 0; i < group; i++) {
            chosen[i] = ((uint64_t)random() << 20 ^ (uint64_t)random()) % numbers;
            key_of(chosen[i], size, narrow, keys + i * size);
        }
        OK(hr_keyset_add(set, keys, group, fresh, &err));
        for (size_t i = 0; i < group; i++) {
            if (fresh[i] == naive[chosen[i]])
                cr_assert_fail("key %lu: fresh %d in add %lu", (unsigned long)chosen[i], fresh[i], (unsigned long)done);
            count += fresh[i];
            naive[chosen[i]] = 1;
        }
        cr_assert_eq(hr_keyset_count(set), count);
        done += group;
        if (log && random() % 400 == 0) {
            uint64_t length;
            OK(hr_keyset_prepare(set, &length, &err));
            cr_assert_eq(length, count);
            size_t lost = (size_t)random() % most;
            for (size_t i = 0; i < lost; i++)
                key_of(numbers + i, size, narrow, keys + i * size);
            OK(hr_keyset_add(set, keys, lost, fresh, &err)); /* never prepared, never there */
            hr_keyset_close(set);
            OK(hr_keyset_open(path, size, count, limit, &set, &err));
        }
    }
    hr_keyset_close(set);
    free(keys);
    free(fresh);
    free(naive);
    free(chosen);
    unlink(path);
}

Test(keydisk, keys_beyond_the_memory_are_neither_forgotten_nor_made_up, .timeout = 250)
{
    compare_with_naive(0, 16, 3000, 20000, 100, false, true);
    compare_with_naive(4096, 16, 20000, 100000, 300, false, false);
    compare_with_naive(8192, 32, 20000, 100000, 700, true, true);
    compare_with_naive(16384, 16, 60000, 300000, 2000, true, true);
    compare_with_naive(65536, 16, 200000, 1000000, 5000, false, false);
    compare_with_naive(1 << 20, 32, 300000, 2000000, 3000, false, true);
    compare_with_naive(2 << 20, 16, 1000000, 4000000, 3000, false, false);
}

/* One add that no memory of the set could take. */
Test(keydisk, add_that_is_larger_than_the_memory_is_taken_whole)
{
    enum { GROUP = 50000 };
    static uint8_t keys[GROUP * 16], fresh[GROUP];
    hr_keyset *set;
    OK(hr_keyset_open(NULL, 16, 0, 8192, &set, &err));
    for (int round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < GROUP; i++)
            key_of((uint64_t)round * (GROUP / 2) + i, 16, false, keys + i * 16);
        OK(hr_keyset_add(set, keys, GROUP, fresh, &err));
        for (int i = 0; i < GROUP; i++)
            cr_assert_eq(fresh[i], round == 0 || i >= GROUP / 2);
    }
    cr_assert_eq(hr_keyset_count(set), 2 * GROUP);
    hr_keyset_close(set);
}

Test(keydisk, files_of_keys_have_no_names)
{
    hr_keyset *set;
    OK(hr_keyset_open(path, 16, 0, 8192, &set, &err));
    for (uint64_t n = 0; n < 5000; n++)
        cr_assert(add(set, n));
    unlink(path);
    cr_assert_eq(rmdir(folder), 0, "something lies in the folder");
    hr_keyset_close(set);
    cr_assert_eq(mkdir(folder, 0700), 0);
}

Test(keydisk, folder_for_keys_that_cannot_be_used_is_named_and_nothing_is_added)
{
    hr_keyset *set;
    hr_status status = HR_OK;
    uint8_t key[16], fresh;
    uint64_t n = 0;
    OK(hr_keyset_open(NULL, 16, 0, 8192, &set, &err));
    OK(hr_keyset_folder(set, "/nowhere/at/all", &err));
    for (; status == HR_OK; n++) {
        key_of(n, 16, false, key);
        status = hr_keyset_add(set, key, 1, &fresh, &err);
    }
    n--;
    cr_assert_eq(status, HR_E_NOT_FOUND, "%s", err.text);
    cr_assert_not_null(strstr(err.text, "dedup-memory"), "%s", err.text);
    cr_assert_str_eq(err.origin, "/nowhere/at/all");
    cr_assert_eq(hr_keyset_count(set), n);
    OK(hr_keyset_folder(set, folder, &err));
    for (uint64_t i = 0; i < 2 * n; i++)
        cr_assert_eq(add(set, i), i >= n);
    hr_keyset_close(set);
}

/* ---- devices ------------------------------------------------------------------------------------------------ */

#ifdef HR_FAULTS
enum { GROUP = 200, NUMBERS = 6000, MERGED_SIZE = 50000 };
#else
enum { GROUP = 200, NUMBERS = 30000, MERGED_SIZE = 100000 };
#endif

/* Adds groups until all numbers are in; each group twice as often as not overlaps the one before. Where an add fails
 * with `expected`, `mend` is called, and the same add must then do what it should have done. Returns how many failed.
 */
static int add_in_groups(hr_keyset *set, hr_status expected, void (*mend)(void), void (*spoil)(void))
{
    uint8_t keys[GROUP * 16], fresh[GROUP];
    int failed = 0;
    for (uint64_t begin = 0; begin + GROUP <= NUMBERS; begin += GROUP / 2) {
        for (uint64_t i = 0; i < GROUP; i++)
            key_of(begin + i, 16, false, keys + i * 16);
        uint64_t before = hr_keyset_count(set);
        hr_status status = hr_keyset_add(set, keys, GROUP, fresh, &err);
        if (status != HR_OK) {
            cr_assert_eq(status, expected, "%s", err.text);
            cr_assert_eq(hr_keyset_count(set), before, "a failed add has added something");
            failed++;
            mend();
            OK(hr_keyset_add(set, keys, GROUP, fresh, &err));
            spoil();
        }
        for (uint64_t i = 0; i < GROUP; i++)
            cr_assert_eq(fresh[i], begin == 0 || i >= GROUP / 2, "key %d of the add at %d", (int)i, (int)begin);
    }
    for (uint64_t n = 0; n < NUMBERS - GROUP; n += 7)
        cr_assert(!add(set, n));
    return failed;
}

/* No file of this process may grow beyond so many bytes, as if its device were full. */
static void limit_files(rlim_t size)
{
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = size;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void allow_files(void)
{
    limit_files(RLIM_INFINITY);
}

static rlim_t allowed;

static void allow_fewer(void)
{
    limit_files(allowed);
}

Test(keydisk, add_that_finds_no_room_on_disk_adds_nothing)
{
    /* None at all; no run of two blocks; no merged run. */
    const rlim_t limits[] = {0, 5000, 30000, MERGED_SIZE};
    for (size_t i = 0; i < HR_COUNT(limits); i++) {
        hr_keyset *set;
        OK(hr_keyset_open(NULL, 16, 0, 8192, &set, &err));
        OK(hr_keyset_folder(set, folder, &err));
        allowed = limits[i];
        allow_fewer();
        cr_assert_gt(add_in_groups(set, HR_E_IO, allow_files, allow_fewer), 0);
        allow_files();
        hr_keyset_close(set);
    }
}

static void enlarge(void)
{
    cr_assert_eq(mount("none", folder, "tmpfs", MS_REMOUNT, "size=16m"), 0);
}

static void nothing(void)
{
}

Test(keydisk, full_device_is_told_and_the_set_goes_on_when_there_is_room)
{
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder, "tmpfs", 0, "size=100k") != 0)
        cr_skip_test("needs root, to mount a small device");
    hr_keyset *set;
    OK(hr_keyset_open(NULL, 16, 0, 8192, &set, &err));
    OK(hr_keyset_folder(set, folder, &err));
    cr_assert_eq(add_in_groups(set, HR_E_SPACE, enlarge, nothing), 1);
    hr_keyset_close(set);
    cr_assert_eq(umount(folder), 0);
}

/* What the device gives back is looked at before it is believed. */
Test(keydisk, block_that_was_changed_is_an_error_and_no_answer)
{
    enum { COUNT = 2000 };
    static uint8_t keys[COUNT * 16], has[COUNT];
    hr_keytable table = {.key_size = 16, .memory_limit = 1 << 20};
    hr_keyruns runs = {.form = {.key_size = 16, .seed = &table.seed, .folder = folder, .fence_most = 4},
                       .filter_bytes = 4096};
    for (uint64_t i = 0; i < COUNT; i++)
        key_of(i + 1, 16, false, keys + i * 16);
    OK(hr_keytable_add(&table, keys, COUNT, false, has, &err));
    OK(hr_keyruns_take(&runs, &table, &err));
    OK(hr_keyruns_settle(&runs, &err));
    memset(has, 0, COUNT);
    OK(hr_keyruns_find(&runs, keys, COUNT, has, &err));
    for (int i = 0; i < COUNT; i++)
        cr_assert_eq(has[i], 1);
    const off_t places[] = {0, 100, 4080, 4095, 3 * 4096 + 8};
    for (size_t i = 0; i < HR_COUNT(places); i++) {
        uint8_t byte, other;
        cr_assert_eq(pread(runs.runs[0].fd, &byte, 1, places[i]), 1);
        other = byte ^ 16;
        cr_assert_eq(pwrite(runs.runs[0].fd, &other, 1, places[i]), 1);
        memset(has, 0, COUNT);
        cr_assert_eq(hr_keyruns_find(&runs, keys, COUNT, has, &err), HR_E_IO);
        cr_assert_not_null(strstr(err.text, "other bytes"), "%s", err.text);
        cr_assert_eq(pwrite(runs.runs[0].fd, &byte, 1, places[i]), 1);
    }
    cr_assert_eq(ftruncate(runs.runs[0].fd, 3 * 4096), 0);
    memset(has, 0, COUNT);
    cr_assert_eq(hr_keyruns_find(&runs, keys, COUNT, has, &err), HR_E_IO);
    hr_keyruns_free(&runs);
    hr_keytable_free(&table);
}

Test(keydisk, table_keeps_to_its_memory_and_uses_it)
{
    enum { COUNT = 500 };
    static uint8_t keys[COUNT * 32], fresh[COUNT];
    for (int variant = 0; variant < 10; variant++) {
        size_t size = variant % 2 ? 32 : 16;
        uint64_t n = 1, limit = (UINT64_C(100) << 10) << variant;
        hr_keytable table = {.key_size = size, .memory_limit = limit};
        hr_status status;
        do {
            for (uint64_t i = 0; i < COUNT; i++)
                key_of(n + i, size, false, keys + i * size);
            n += COUNT;
            status = hr_keytable_add(&table, keys, COUNT, false, fresh, &err);
            cr_assert_leq(hr_keytable_bytes(&table), limit);
        } while (status == HR_OK);
        cr_assert_eq(status, HR_E_LIMIT);
        uint64_t used = hr_keytable_count(&table) * size;
        cr_assert_geq(used, limit / 100 * (limit < 3 << 20 ? 70 : 84), "%lu of %lu bytes", (unsigned long)used,
                      (unsigned long)limit);
        hr_keytable_free(&table);
    }
}

/* What the filter is for, and the merging: nearly no fresh key costs a look at the disk, and a look is at few files. */
Test(keydisk, few_runs_are_left_and_fresh_keys_are_mostly_ruled_out_in_memory)
{
    enum { COUNT = 500, ROUNDS = 200 };
    static uint8_t keys[COUNT * 16], has[COUNT];
    hr_keytable table = {.key_size = 16, .memory_limit = 1 << 20};
    hr_keyruns runs = {.form = {.key_size = 16, .seed = &table.seed, .folder = folder, .fence_most = 100},
                       .filter_bytes = COUNT * ROUNDS / 8 * 10};
    uint64_t n = 1, possible = 0;
    for (int round = 0; round < ROUNDS; round++, n += COUNT) {
        for (uint64_t i = 0; i < COUNT; i++)
            key_of(n + i, 16, false, keys + i * 16);
        OK(hr_keytable_add(&table, keys, COUNT, false, has, &err));
        OK(hr_keyruns_take(&runs, &table, &err));
        hr_keytable_empty(&table);
        OK(hr_keyruns_settle(&runs, &err));
        cr_assert_leq(runs.count, 3 * 4);
    }
    cr_assert_eq(runs.keys, COUNT * ROUNDS);
    for (uint64_t i = 0; i < 100000; i++) {
        key_of(n + i, 16, false, keys);
        possible += hr_keyfilter_may(&runs.filter, hr_key_hash(&table.seed, keys));
    }
    cr_assert_lt(possible, 2500, "%lu of 100,000", (unsigned long)possible);
    hr_keyruns_free(&runs);
    hr_keytable_free(&table);
}

#ifndef __SANITIZE_ADDRESS__
static void limit_memory(rlim_t more)
{
    struct rlimit limit;
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    cr_assert_eq(fscanf(file, "%ld", &pages), 1);
    fclose(file);
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = more == RLIM_INFINITY ? more : (rlim_t)pages * 4096 + more;
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

Test(keydisk, growth_without_memory_adds_nothing)
{
    enum { COUNT = 20000 };
    static uint8_t keys[COUNT * 16], fresh[COUNT];
    hr_keytable table = {.key_size = 16, .memory_limit = UINT64_C(1) << 40};
    uint64_t n = 0;
    int failed = 0;
    for (; n < 60 * COUNT; n += COUNT) {
        for (uint64_t i = 0; i < COUNT; i++)
            key_of(n / 2 + i, 16, false, keys + i * 16);
        uint64_t before = hr_keytable_count(&table);
        limit_memory(failed < 20 ? 10000 : RLIM_INFINITY);
        hr_status status = hr_keytable_add(&table, keys, COUNT, false, fresh, &err);
        limit_memory(RLIM_INFINITY);
        if (status != HR_OK) {
            cr_assert_eq(status, HR_E_MEMORY);
            cr_assert_eq(hr_keytable_count(&table), before);
            failed++;
            OK(hr_keytable_add(&table, keys, COUNT, false, fresh, &err));
        }
        for (uint64_t i = 0; i < COUNT; i++)
            cr_assert_eq(fresh[i], n == 0 || i >= COUNT / 2);
    }
    cr_assert_gt(failed, 3);
    hr_keytable_free(&table);
}
#endif

#ifdef HR_FAULTS
extern long hr_fault_allocations;

static void stop_faults(void)
{
    hr_fault_allocations = -1;
}

/* Every allocation fails once. */
Test(keydisk, running_out_of_memory_loses_nothing_and_adds_nothing, .timeout = 250)
{
    for (long n = 0;; n++) {
        hr_keyset *set = NULL;
        hr_fault_allocations = n;
        hr_status status = hr_keyset_open(path, 16, 0, 16384, &set, &err);
        int failed = status != HR_OK;
        if (failed)
            cr_assert_eq(status, HR_E_MEMORY);
        else
            failed = add_in_groups(set, HR_E_MEMORY, stop_faults, nothing);
        bool finished = hr_fault_allocations >= 0;
        stop_faults();
        if (set) {
            uint64_t length, count = hr_keyset_count(set);
            OK(hr_keyset_prepare(set, &length, &err));
            hr_keyset_close(set);
            hr_fault_allocations = n;
            status = hr_keyset_open(path, 16, length, 16384, &set, &err);
            finished = finished && hr_fault_allocations >= 0;
            stop_faults();
            cr_assert(status == HR_OK || status == HR_E_MEMORY);
            if (status != HR_OK)
                OK(hr_keyset_open(path, 16, length, 16384, &set, &err));
            cr_assert_eq(hr_keyset_count(set), count);
            cr_assert(!add(set, 77));
            hr_keyset_close(set);
        }
        unlink(path);
        if (finished)
            break;
        cr_assert_leq(failed, 1);
    }
}
#endif
