/* test_keyset.c: keys are hashes of the documented bytes, and the set forgets exactly what was not committed. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include "core/dedup/keyset.h"
#include "tests/unit/support.h"

#define PLENTY (UINT64_C(1) << 40)
#define HEADER 64 /* bytes of a log before its first key */
#define OK(call) cr_assert_eq((call), HR_OK, "%s: %s", #call, err.text)

static hr_error err;

TestSuite(keyset, .init = make_folder, .fini = remove_folder);

/* ---- hashes ------------------------------------------------------------------------------------------------- */

/* One batch by hand, of CSV bytes without quoted delimiters. Every row has `columns` fields. */
typedef struct table {
    hr_batch batch;
    uint32_t begins[64], first[16];
} table;

static const hr_dialect comma = {',', '"', HR_NO_BYTE, HR_NO_BYTE};

static void make_table(table *t, const char *text, uint32_t columns)
{
    uint32_t count = 0, size = (uint32_t)strlen(text);
    memset(t, 0, sizeof *t);
    t->begins[count++] = 0;
    for (uint32_t i = 0; i < size; i++)
        if (text[i] == ',' || text[i] == '\n')
            t->begins[count++] = i + 1;
    for (uint32_t row = 0; row < (count - 1) / columns; row++)
        t->first[row] = row * columns;
    t->batch = (hr_batch){.data = (const uint8_t *)text,
                          .begins = t->begins,
                          .offset_bytes = 4,
                          .rows = (count - 1) / columns,
                          .columns = columns,
                          .row_first = t->first,
                          .dialect = &comma};
}

/* What the header says a key is made of, byte by byte: columns 3, 2, 1 of the row   c""d , (null) , ab   */
static const uint8_t canonical[] = {1, 2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 'c', '"', 'd'};
/* printf '\x01\x02\0\0\0\0\0\0\0ab\0\x01\x03\0\0\0\0\0\0\0c"d' | xxh128sum, sha256sum */
static const char *const by_xxh128sum = "1894b79f279e433ddecdbf556f4a3e29";
static const char *const by_sha256sum = "cda7b501ad294c56d2e2aae53d599a0f9ab259e89cc7871d1f5cdfcb964bdcee";

static void hex(const uint8_t *bytes, size_t size, char *out)
{
    for (size_t i = 0; i < size; i++)
        sprintf(out + 2 * i, "%02x", bytes[i]);
}

Test(keyset, hash_is_that_of_the_documented_bytes)
{
    const uint32_t columns[] = {2, 1, 0};
    table t;
    make_table(&t, "x,y,z\n\"c\"\"d\",,ab\n", 3);
    for (int kind = 0; kind < 2; kind++) {
        hr_hash hash = kind ? HR_HASH_SHA256 : HR_HASH_XXH3;
        uint8_t keys[64];
        char text[65];
        hr_hasher *hasher;
        size_t size = hr_hash_size(hash);
        OK(hr_hasher_new(hash, columns, 3, &hasher, &err));
        OK(hr_hasher_run(hasher, &t.batch, keys, &err));
        hex(keys + size, size, text);
        cr_assert_str_eq(text, kind ? by_sha256sum : by_xxh128sum);
        if (!kind) {
            XXH128_canonical_t form;
            XXH128_canonicalFromHash(&form, XXH3_128bits(canonical, sizeof canonical));
            cr_assert_eq(memcmp(form.digest, keys + size, 16), 0);
        }
        hr_hasher_free(hasher);
    }
}

/* Whether the two rows of `text` have one key over all columns. */
static bool same(const char *text, uint32_t columns)
{
    table t;
    uint8_t keys[32];
    hr_hasher *hasher;
    make_table(&t, text, columns);
    cr_assert_eq(t.batch.rows, 2);
    OK(hr_hasher_new(HR_HASH_XXH3, NULL, 0, &hasher, &err));
    OK(hr_hasher_run(hasher, &t.batch, keys, &err));
    hr_hasher_free(hasher);
    return memcmp(keys, keys + 16, 16) == 0;
}

Test(keyset, equal_values_have_equal_keys_and_others_do_not)
{
    cr_assert(same("a,b\na,b\n", 2));
    cr_assert(same("a,b\n\"a\",\"b\"\n", 2), "quotes around a value are not part of it");
    cr_assert(same("\"a\"\"\",b\n\"a\"\"\",\"b\"\n", 2));
    cr_assert(!same("a,b\na,c\n", 2));
    cr_assert(!same("ab,c\na,bc\n", 2), "values do not run together");
    cr_assert(!same(",\"\"\n\"\",\n", 2), "null is not the empty string");
    cr_assert(!same("a,\n,a\n", 2));
}

Test(keyset, column_that_is_not_there_is_refused)
{
    const uint32_t columns[] = {2};
    hr_hasher *hasher;
    table t;
    uint8_t key[16];
    make_table(&t, "a,b\n", 2);
    OK(hr_hasher_new(HR_HASH_XXH3, columns, 1, &hasher, &err));
    cr_assert_eq(hr_hasher_run(hasher, &t.batch, key, &err), HR_E_INVALID);
    hr_hasher_free(hasher);
    cr_assert_eq(hr_hasher_new(HR_HASH_XXH3, columns, 0, &hasher, &err), HR_E_INVALID);
    cr_assert_eq(hr_hasher_new((hr_hash)9, NULL, 0, &hasher, &err), HR_E_INVALID);
    hr_hasher_free(NULL);
}

/* ---- the set ------------------------------------------------------------------------------------------------ */

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

static hr_keyset *open_set(size_t size, uint64_t committed)
{
    hr_keyset *set = NULL;
    OK(hr_keyset_open(path, size, committed, PLENTY, &set, &err));
    return set;
}

/* Adds key n; whether it was fresh. */
static bool add(hr_keyset *set, size_t size, uint64_t n)
{
    uint8_t key[32], fresh = 9;
    key_of(n, size, false, key);
    OK(hr_keyset_add(set, key, 1, &fresh, &err));
    return fresh;
}

static uint64_t prepare(hr_keyset *set)
{
    uint64_t length = 0;
    OK(hr_keyset_prepare(set, &length, &err));
    return length;
}

static off_t log_size(void)
{
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    return info.st_size;
}

Test(keyset, answers_as_a_naive_set_does)
{
    enum { NUMBERS = 20000, ADDS = 60000 };
    static uint8_t keys[300 * 32], fresh[300], naive[NUMBERS];
    for (int variant = 0; variant < 4; variant++) {
        size_t size = variant & 1 ? 32 : 16;
        hr_keyset *set;
        uint64_t count = 0;
        OK(hr_keyset_open(variant < 2 ? NULL : path, size, 0, PLENTY, &set, &err));
        memset(naive, 0, sizeof naive);
        srand(7);
        for (int done = 0; done < ADDS;) {
            uint64_t numbers[300];
            size_t group = (size_t)rand() % 300 + 1;
            for (size_t i = 0; i < group; i++) {
                numbers[i] = (uint64_t)(rand() % NUMBERS);
                key_of(numbers[i], size, variant >= 2, keys + i * size);
            }
            OK(hr_keyset_add(set, keys, group, fresh, &err));
            for (size_t i = 0; i < group; i++) {
                cr_assert_eq(fresh[i], !naive[numbers[i]]);
                count += fresh[i];
                naive[numbers[i]] = 1;
            }
            cr_assert_eq(hr_keyset_count(set), count);
            done += (int)group;
        }
        hr_keyset_close(set);
        unlink(path);
    }
}

Test(keyset, pending_keys_are_known_in_the_run_and_forgotten_by_close)
{
    hr_keyset *set = open_set(16, 0);
    cr_assert(add(set, 16, 1));
    cr_assert(!add(set, 16, 1));
    cr_assert_eq(prepare(set), 1);
    cr_assert(add(set, 16, 2));
    cr_assert_eq(hr_keyset_count(set), 2);
    hr_keyset_close(set);
    set = open_set(16, 1);
    cr_assert_eq(hr_keyset_count(set), 1);
    cr_assert(!add(set, 16, 1));
    cr_assert(add(set, 16, 2));
    hr_keyset_close(set);
}

Test(keyset, keys_behind_the_committed_length_are_cut_off)
{
    for (size_t size = 16; size <= 32; size += 16) {
        hr_keyset *set = open_set(size, 0);
        for (uint64_t n = 0; n < 1000; n++)
            cr_assert(add(set, size, n));
        cr_assert_eq(prepare(set), 1000);
        hr_keyset_close(set);
        set = open_set(size, 600);
        cr_assert_eq(log_size(), (off_t)(HEADER + 600 * size));
        cr_assert_eq(hr_keyset_count(set), 600);
        for (uint64_t n = 0; n < 1000; n++)
            cr_assert_eq(add(set, size, n), n >= 600);
        cr_assert_eq(prepare(set), 1000);
        hr_keyset_close(set);
        set = open_set(size, 0); /* nothing was ever committed */
        cr_assert_eq(hr_keyset_count(set), 0);
        cr_assert(add(set, size, 5));
        hr_keyset_close(set);
        unlink(path);
    }
}

Test(keyset, prepare_twice_is_prepare_once)
{
    hr_keyset *set = open_set(32, 0);
    cr_assert_eq(prepare(set), 0);
    for (uint64_t n = 0; n < 10; n++)
        add(set, 32, n);
    cr_assert_eq(prepare(set), 10);
    cr_assert_eq(prepare(set), 10);
    cr_assert_eq(log_size(), HEADER + 320);
    add(set, 32, 3); /* known: nothing new */
    cr_assert_eq(prepare(set), 10);
    hr_keyset_close(set);
}

Test(keyset, log_that_lacks_committed_keys_is_corrupt)
{
    hr_keyset *set = open_set(16, 0);
    for (uint64_t n = 0; n < 10; n++)
        add(set, 16, n);
    prepare(set);
    hr_keyset_close(set);
    cr_assert_eq(hr_keyset_open(path, 16, 11, PLENTY, &set, &err), HR_E_CORRUPT);
    cr_assert_not_null(strstr(err.text, "holds 10 keys"), "%s", err.text);
    cr_assert_eq(truncate(path, HEADER + 9 * 16 + 15), 0); /* one byte is missing */
    cr_assert_eq(hr_keyset_open(path, 16, 10, PLENTY, &set, &err), HR_E_CORRUPT);
    cr_assert_eq(truncate(path, 20), 0); /* in the middle of the header */
    cr_assert_eq(hr_keyset_open(path, 16, 1, PLENTY, &set, &err), HR_E_CORRUPT);
    unlink(path);
    cr_assert_eq(hr_keyset_open(path, 16, 1, PLENTY, &set, &err), HR_E_CORRUPT);
    cr_assert_eq(hr_keyset_open(NULL, 16, 1, PLENTY, &set, &err), HR_E_INVALID);
}

static void write_log(const char *text, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert_eq(write(fd, text, size), (ssize_t)size);
    close(fd);
}

Test(keyset, file_that_is_no_log_is_left_alone)
{
    char text[200];
    hr_keyset *set;
    memset(text, 'x', sizeof text);
    write_log(text, sizeof text);
    cr_assert_eq(hr_keyset_open(path, 16, 0, PLENTY, &set, &err), HR_E_CORRUPT);
    cr_assert_eq(log_size(), 200);
}

Test(keyset, beginning_that_was_cut_by_a_crash_is_begun_again)
{
    char zeros[100] = {0};
    const size_t sizes[] = {0, 10, HEADER, 100};
    for (size_t i = 0; i < HR_COUNT(sizes); i++) {
        write_log(zeros, sizes[i]);
        hr_keyset *set = open_set(16, 0);
        cr_assert(add(set, 16, 1));
        cr_assert_eq(prepare(set), 1);
        hr_keyset_close(set);
        set = open_set(16, 1);
        cr_assert(!add(set, 16, 1));
        hr_keyset_close(set);
    }
}

Test(keyset, other_key_size_is_refused_once_keys_are_committed)
{
    hr_keyset *set = open_set(16, 0);
    add(set, 16, 1);
    add(set, 16, 2);
    prepare(set);
    hr_keyset_close(set);
    cr_assert_eq(hr_keyset_open(path, 32, 1, PLENTY, &set, &err), HR_E_INVALID);
    cr_assert_not_null(strstr(err.text, "16 bytes"), "%s", err.text);
    cr_assert_eq(hr_keyset_open(path, 20, 1, PLENTY, &set, &err), HR_E_INVALID);
    set = open_set(32, 0);
    cr_assert(add(set, 32, 1));
    cr_assert_eq(prepare(set), 1);
    hr_keyset_close(set);
}

Test(keyset, log_has_one_user)
{
    hr_keyset *set = open_set(16, 0), *other;
    cr_assert_eq(hr_keyset_open(path, 16, 0, PLENTY, &other, &err), HR_E_BUSY);
    cr_assert(err.retryable);
    hr_keyset_close(set);
    set = open_set(16, 0);
    hr_keyset_close(set);
}

Test(keyset, many_keys_survive_growth_and_reopening)
{
    enum { KEYS = 300000, GROUP = 1000 };
    static uint8_t keys[GROUP * 16], fresh[GROUP];
    hr_keyset *set = open_set(16, 0);
    for (int round = 0; round < 3; round++) {
        for (uint64_t n = 0; n < KEYS; n += GROUP) {
            for (uint64_t i = 0; i < GROUP; i++)
                key_of(n + i, 16, false, keys + i * 16);
            OK(hr_keyset_add(set, keys, GROUP, fresh, &err));
            for (uint64_t i = 0; i < GROUP; i++)
                cr_assert_eq(fresh[i], round == 0);
        }
        cr_assert_eq(prepare(set), KEYS);
        if (round == 1) {
            hr_keyset_close(set);
            set = open_set(16, KEYS);
        }
    }
    hr_keyset_close(set);
}

/* ---- devices ------------------------------------------------------------------------------------------------ */

/* No file of this process may grow beyond `size`, as if its device were full. */
static void limit_files(rlim_t size)
{
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = size;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(keyset, failed_prepare_leaves_keys_pending)
{
    hr_keyset *set = open_set(16, 0);
    for (uint64_t n = 0; n < 100; n++)
        add(set, 16, n);
    cr_assert_eq(prepare(set), 100);
    limit_files(HEADER + 150 * 16 + 8); /* room for half of what follows, and for half a key */
    for (uint64_t n = 100; n < 200; n++)
        add(set, 16, n);
    uint64_t length = 77;
    cr_assert_neq(hr_keyset_prepare(set, &length, &err), HR_OK);
    cr_assert_eq(length, 77);
    cr_assert_eq(log_size(), HEADER + 1600, "the part is taken back");
    cr_assert_eq(hr_keyset_count(set), 200);
    cr_assert(!add(set, 16, 150));
    limit_files(RLIM_INFINITY);
    cr_assert_eq(prepare(set), 200);
    hr_keyset_close(set);
    set = open_set(16, 200);
    for (uint64_t n = 0; n < 200; n++)
        cr_assert(!add(set, 16, n));
    hr_keyset_close(set);
}

Test(keyset, add_that_cannot_write_adds_nothing)
{
    enum { GROUP = 65536 };
    static uint8_t keys[GROUP * 16], fresh[GROUP];
    hr_keyset *set = open_set(16, 0);
    for (uint64_t i = 0; i < GROUP; i++)
        key_of(i, 16, false, keys + i * 16);
    OK(hr_keyset_add(set, keys, GROUP, fresh, &err)); /* as many pending bytes as are kept */
    limit_files(1000);
    for (uint64_t i = 0; i < GROUP; i++)
        key_of(GROUP + i, 16, false, keys + i * 16);
    cr_assert_neq(hr_keyset_add(set, keys, GROUP, fresh, &err), HR_OK);
    cr_assert_eq(hr_keyset_count(set), GROUP);
    limit_files(RLIM_INFINITY);
    OK(hr_keyset_add(set, keys, GROUP, fresh, &err));
    for (size_t i = 0; i < GROUP; i++)
        cr_assert_eq(fresh[i], 1);
    cr_assert_eq(prepare(set), 2 * GROUP);
    hr_keyset_close(set);
}

Test(keyset, full_device_is_told_from_other_errors)
{
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder, "tmpfs", 0, "size=64k") != 0)
        cr_skip_test("needs root, to mount a small device");
    hr_keyset *set = open_set(16, 0);
    for (uint64_t n = 0; n < 5000; n++)
        add(set, 16, n);
    uint64_t length;
    cr_assert_eq(hr_keyset_prepare(set, &length, &err), HR_E_SPACE, "%s", err.text);
    cr_assert(err.retryable);
    cr_assert_eq(mount("none", folder, "tmpfs", MS_REMOUNT, "size=1m"), 0);
    cr_assert_eq(prepare(set), 5000);
    hr_keyset_close(set);
    cr_assert_eq(umount(folder), 0);
}

Test(keyset, path_that_cannot_be_a_log_is_named)
{
    hr_keyset *set;
    cr_assert_eq(hr_keyset_open("/dev/null", 16, 0, PLENTY, &set, &err), HR_E_INVALID, "%s", err.text);
    cr_assert_eq(hr_keyset_open("/proc/nowhere/log", 16, 0, PLENTY, &set, &err), HR_E_NOT_FOUND);
    cr_assert_str_eq(err.origin, "/proc/nowhere/log");
    cr_assert_neq(hr_keyset_open(folder, 16, 0, PLENTY, &set, &err), HR_OK);
}

/* What a process wrote when it was killed at any moment is a whole log for any length that it had prepared. */
Test(keyset, killed_process_leaves_every_prepared_length)
{
    srand(3);
    for (int round = 0; round < 10; round++) {
        int pipes[2];
        cr_assert_eq(pipe(pipes), 0);
        pid_t child = fork();
        if (child == 0) {
            hr_keyset *set = open_set(16, 0);
            for (uint64_t n = 0;; n++) {
                add(set, 16, n);
                if (n % 50 == 49) {
                    uint64_t length = prepare(set);
                    if (write(pipes[1], &length, sizeof length) != sizeof length)
                        _exit(1);
                }
            }
        }
        close(pipes[1]);
        uint64_t length = 0, next;
        cr_assert_eq(read(pipes[0], &length, sizeof length), sizeof length);
        usleep((useconds_t)(rand() % 10000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(pipes[0], &next, sizeof next) == sizeof next)
            length = next;
        close(pipes[0]);
        hr_keyset *set = open_set(16, length);
        cr_assert_eq(hr_keyset_count(set), length);
        for (uint64_t n = 0; n < length + 10; n++)
            cr_assert_eq(add(set, 16, n), n >= length);
        hr_keyset_close(set);
        unlink(path);
    }
}
