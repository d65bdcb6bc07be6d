/* bench_keyset.c: keys a second that a set of keys takes, and what each of them costs in memory.
 *
 *     bench_keyset [MILLIONS [MEBIBYTES [SHARE [LOG]]]]
 *
 * Adds so many million keys in batches of 1,500, of which one in SHARE (default 3; 0: none) repeats an earlier one,
 * with a limit of so many MiB (default: none to speak of). With the name of a LOG they are stored there, and the set is
 * opened again. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "core/dedup/keyset.h"

#define BATCH 1500u

static uint64_t mix(uint64_t number)
{
    number = (number ^ number >> 31) * UINT64_C(0x7FB5D329728EA185);
    number = (number ^ number >> 27) * UINT64_C(0x81DADEF4BC2DD44D);
    return number ^ number >> 33;
}

/* Of processor time: the machine may have other work. */
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

int main(int argc, char **argv)
{
    uint64_t count = (argc > 1 ? strtoull(argv[1], NULL, 10) : 10) * 1000000;
    uint64_t limit = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1 << 20) << 20;
    uint64_t share = argc > 3 ? strtoull(argv[3], NULL, 10) : 3, next = 0, kept = 0;
    const char *log = argc > 4 ? argv[4] : NULL;
    uint8_t keys[BATCH * 16], fresh[BATCH];
    hr_keyset *set;
    hr_error err;
    long before = peak_kib();
    if (hr_keyset_open(log, 16, 0, limit, &set, &err) != HR_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    double making = 0, begin = seconds();
    for (uint64_t done = 0; done < count; done += BATCH) {
        double start = seconds();
        for (size_t i = 0; i < BATCH; i++) {
            uint64_t n = share && mix(done + i) % share == 0 && next ? mix(~(done + i)) % next : next++;
            uint64_t words[2] = {mix(n + 1), mix(n + UINT64_C(0x9E3779B97F4A7C15))};
            memcpy(keys + 16 * i, words, 16);
        }
        making += seconds() - start;
        if (hr_keyset_add(set, keys, BATCH, fresh, &err) != HR_OK) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        for (size_t i = 0; i < BATCH; i++)
            kept += fresh[i];
    }
    double took = seconds() - begin - making;
    printf("%.0f M puts, %.1f M keys kept: %.1f M puts/s, %.1f ns each; %.1f bytes a key at the peak\n",
           (double)count / 1e6, (double)kept / 1e6, (double)count / took / 1e6, took * 1e9 / (double)count,
           (double)(peak_kib() - before) * 1024 / (double)kept);
    int right = kept == next && hr_keyset_count(set) == kept;
    if (!right)
        fprintf(stderr, "%llu keys were made\n", (unsigned long long)next);
    if (log && right) {
        uint64_t length = 0;
        right = hr_keyset_prepare(set, &length, &err) == HR_OK;
        hr_keyset_close(set);
        set = NULL;
        begin = seconds();
        int64_t wall = hr_clock_steady_ns();
        right = right && hr_keyset_open(log, 16, length, limit, &set, &err) == HR_OK && hr_keyset_count(set) == kept;
        printf("opened again in %.1f s of processor time, %.1f s\n", seconds() - begin,
               (double)(hr_clock_steady_ns() - wall) / 1e9);
    }
    hr_keyset_close(set);
    return !right;
}
