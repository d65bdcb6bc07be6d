/* bench_keyset.c: keys a second that a set of keys takes, and what each of them costs in memory.
 *
 *     bench_keyset [MILLIONS [MEBIBYTES [SHARE [LOG]]]]
 *
 * Adds so many million keys in batches of 1,500, of which one in SHARE (default 3; 0: none) repeats an earlier one,
 * with a limit of so many MiB (default: none to speak of), twice: into a set that grows, and into one that was told how
 * many there will be. With the name of a LOG the keys are stored there, once, and the set is opened again. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/dedup/keyset.h"

#define BATCH 1500u

static hr_error err;

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

/* The most memory that the process has had since the last call of forget_peak. */
static uint64_t peak_bytes(void)
{
    char line[256];
    unsigned long long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %llu", &kib) == 1)
            break;
    if (status)
        fclose(status);
    return kib * 1024;
}

static void forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file) {
        fputs("5", file);
        fclose(file);
    }
}

static int fail(hr_keyset *set)
{
    fprintf(stderr, "bench_keyset: %s\n", err.text);
    hr_keyset_close(set);
    return 1;
}

static int open_again(const char *log, uint64_t length, uint64_t limit)
{
    hr_keyset *set = NULL;
    double begin = seconds();
    int64_t wall = hr_clock_steady_ns();
    if (hr_keyset_open(log, 16, length, limit, &set, &err) != HR_OK)
        return fail(set);
    printf("%.1f M keys opened again in %.1f s of processor time, %.1f s\n", (double)hr_keyset_count(set) / 1e6,
           seconds() - begin, (double)(hr_clock_steady_ns() - wall) / 1e9);
    hr_keyset_close(set);
    return 0;
}

static int measure(uint64_t count, uint64_t limit, uint64_t share, const char *log, bool told)
{
    uint64_t next = 0, kept = 0, length = 0;
    uint8_t keys[BATCH * 16], fresh[BATCH];
    hr_keyset *set = NULL;
    forget_peak();
    uint64_t before = peak_bytes();
    double making = 0, begin = seconds();
    if (hr_keyset_open(log, 16, 0, limit, &set, &err) != HR_OK || (told && hr_keyset_expect(set, count, &err) != HR_OK))
        return fail(set);
    for (uint64_t done = 0; done < count; done += BATCH) {
        double start = seconds();
        for (size_t i = 0; i < BATCH; i++) {
            uint64_t n = share && mix(done + i) % share == 0 && next ? mix(~(done + i)) % next : next++;
            uint64_t words[2] = {mix(n + 1), mix(n + UINT64_C(0x9E3779B97F4A7C15))};
            memcpy(keys + 16 * i, words, 16);
        }
        making += seconds() - start;
        if (hr_keyset_add(set, keys, BATCH, fresh, &err) != HR_OK)
            return fail(set);
        for (size_t i = 0; i < BATCH; i++)
            kept += fresh[i];
    }
    double took = seconds() - begin - making;
    printf("%.0f M puts, %.1f M keys kept%s: %.1f M puts/s, %.1f ns each; %.1f bytes a key at the peak\n",
           (double)count / 1e6, (double)kept / 1e6, told ? ", told before" : "", (double)count / took / 1e6,
           took * 1e9 / (double)count, (double)(peak_bytes() - before) / (double)kept);
    if (kept != next || hr_keyset_count(set) != kept) {
        fprintf(stderr, "bench_keyset: %llu keys were made\n", (unsigned long long)next);
        hr_keyset_close(set);
        return 1;
    }
    if (hr_keyset_prepare(set, &length, &err) != HR_OK)
        return fail(set);
    hr_keyset_close(set);
    return log ? open_again(log, length, limit) : 0;
}

int main(int argc, char **argv)
{
    uint64_t count = (argc > 1 ? strtoull(argv[1], NULL, 10) : 10) * 1000000;
    uint64_t limit = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1 << 20) << 20;
    uint64_t share = argc > 3 ? strtoull(argv[3], NULL, 10) : 3;
    const char *log = argc > 4 ? argv[4] : NULL;
    int failed = measure(count, limit, share, log, false);
    return failed || log ? failed : measure(count, limit, share, NULL, true);
}
