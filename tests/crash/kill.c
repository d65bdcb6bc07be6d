/* kill.c: kill.c HEADRACE [KILLS [SEED]]: kill -9 between every two steps of the commit and at any instant, the same
 * command again until it ends, and every row there exactly once; the same with SIGTERM. HEADRACE is built with
 * HR_FAULTS. */
#include "tests/crash/crash.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KILLS 208u
#define ROWS 16000u /* about twelve segments, of which a reader gives 64 KiB at a time */

typedef struct arrangement {
    crash_packing packing;
    bool utf16;
    crash_options options;
    bool ndjson;
} arrangement;

static const arrangement arrangements[] = {
    {CRASH_PLAIN, false, {NULL, "csv", "none", "--segment-rows=500", NULL, NULL}, false},
    {CRASH_PLAIN, false, {"id", "csv", "zstd", "--segment-rows=1", NULL, NULL}, false},
    {CRASH_PLAIN, false, {NULL, "ndjson", "gzip", "--segment-bytes=40Ki", NULL, NULL}, false},
    {CRASH_PLAIN, false, {"id", "ndjson", "none", "--segment-rows=2500", "--hash=sha256", NULL}, false},
    {CRASH_PLAIN, true, {"id", "csv", "gzip", "--segment-rows=500", NULL, NULL}, false},
    {CRASH_GZIP, false, {NULL, "csv", "zstd", "--segment-rows=500", NULL, NULL}, false},
    {CRASH_GZIP, false, {"id", "ndjson", "zstd", "--segment-rows=500", NULL, NULL}, false},
    {CRASH_GZIP, true, {NULL, "ndjson", "none", "--segment-bytes=100Ki", NULL, NULL}, false},
    {CRASH_GZIP_MEMBERS, false, {NULL, "csv", "gzip", "--segment-rows=500", NULL, NULL}, false},
    {CRASH_GZIP_MEMBERS, false, {"id", "csv", "none", "--segment-rows=500", NULL, NULL}, false},
    {CRASH_GZIP_MEMBERS, false, {"*", "ndjson", "gzip", "--segment-rows=500", NULL, NULL}, false},
    {CRASH_ZSTD, false, {NULL, "csv", "none", "--segment-rows=500", "--lineage", NULL}, false},
    {CRASH_ZSTD, false, {"id", "ndjson", "gzip", "--segment-rows=500", NULL, NULL}, false},
    {CRASH_ZSTD_FRAMES, false, {NULL, "ndjson", "zstd", "--segment-rows=500", NULL, NULL}, false},
    {CRASH_ZSTD_FRAMES, false, {"id", "csv", "gzip", "--segment-rows=500", NULL, NULL}, false},
    {CRASH_ZSTD_FRAMES, false, {"id", "csv", "zstd", "--segment-age=1ms", NULL, NULL}, false},
    {CRASH_PLAIN, false, {"id", "auto", "none", "--segment-rows=500", NULL, NULL}, true},
    {CRASH_ZSTD, false, {NULL, "csv", "zstd", "--segment-rows=500", NULL, NULL}, true},
    {CRASH_GZIP, true, {"*", "ndjson", "gzip", "--segment-bytes=40Ki", NULL, NULL}, true},
    {CRASH_PLAIN, false, {"/id", "ndjson", "none", "--segment-rows=500", NULL, NULL}, true},
};

/* In the order in which a process comes to them; "" is any instant, "-" SIGTERM at any instant. */
static const char *const points[] = {
    "job.recorded",
    "commit.segment",
    "commit.prepared",
    "ledger-commit",
    "ledger-committed",
    "commit.recorded",
    "",
    "commit.published",
    "-",
    "commit.acknowledged",
    "recover.published",
    "recover.swept",
    "job.end",
    "",
};

typedef struct tally {
    unsigned kills, stops, runs;
    size_t rows, lost, extra, segments;
    unsigned struck[CRASH_COUNT(points)];
} tally;

static const char *packing_name(crash_packing packing)
{
    static const char *const names[] = {"plain", "gzip", "gzip members", "zstd", "zstd frames"};
    return names[packing];
}

/* One process that is to end at `point`. True: the job goes on. */
static bool end_at(crash_trial *trial, const crash_reference *reference, size_t point, tally *sum)
{
    crash_launch launch = {0};
    char fault[64], after[96];
    const char *name = points[point];
    if (name[0] && name[0] != '-') {
        bool once = !strncmp(name, "recover", 7) || !strncmp(name, "job", 3);
        snprintf(fault, sizeof fault, "%s:%u:kill", name, once ? 1 : 1 + (unsigned)(crash_random() % 4));
        launch.fault = fault;
    } else {
        launch.signal = name[0] ? SIGTERM : SIGKILL;
        launch.after_us = 3000 + crash_random() % (reference->us + 1);
    }
    snprintf(after, sizeof after, "end %u, %s", trial->ends + 1,
             launch.fault               ? launch.fault
             : launch.signal == SIGTERM ? "SIGTERM"
                                        : "SIGKILL");
    crash_trial_threads(trial, 1 + (unsigned)(crash_random() % 3)); /* whatever the number was before */
    crash_end end = crash_trial_run(trial, launch);
    crash_trial_look(trial, after);
    sum->kills += end.signal == SIGKILL;
    sum->stops += end.exit == 5 || end.signal == SIGTERM;
    sum->struck[point] += end.signal == SIGKILL || end.exit == 5 || end.signal == SIGTERM;
    if (end.exit == 5)
        crash_check(trial->seen.hidden.count == 0, "%s: a job that was drained leaves nothing hidden", after);
    if (end.exit == 4) /* the last process had come to the end of the job, though not to its own */
        return false;
    bool expected = end.signal == SIGKILL || (launch.signal == SIGTERM && (end.exit == 5 || end.signal == SIGTERM));
    if (!expected)
        crash_check(end.exit == (trial->input->bad.count ? 3 : 0), "%s: exit %d, signal %d", after, end.exit,
                    end.signal);
    return expected;
}

/* A job from its beginning to its end, over as many processes as it takes. */
static void life_of_a_job(const char *program, const arrangement *how, const crash_input *input,
                          const crash_reference *reference, const char *folder, unsigned quota, size_t *next,
                          tally *sum)
{
    crash_trial trial;
    unsigned before = sum->kills;
    crash_trial_open(&trial, program, input, &how->options, folder);
    for (unsigned tries = 0; tries < 40 && sum->kills < quota && sum->kills - before < 7; tries++) {
        size_t point = (*next)++ % CRASH_COUNT(points);
        if (!end_at(&trial, reference, point, sum))
            break;
    }
    crash_end end = crash_trial_run(&trial, (crash_launch){0});
    crash_check(end.exit == 3 || end.exit == 4, "the last resume ends with exit %d", end.exit);
    crash_trial_settle(&trial, reference, "the last resume");
    sum->runs++;
    sum->rows = trial.seen.rows.count;
    sum->segments = trial.seen.count;
    crash_trial_close(&trial);
}

static void run_arrangement(const char *program, const arrangement *how, const char *folder, unsigned quota,
                            size_t *next, tally *sum)
{
    crash_input input = {.rows = ROWS, .packing = how->packing, .utf16 = how->utf16, .ndjson = how->ndjson};
    crash_trial trial;
    crash_reference reference;
    size_t lost, extra;
    char *path = crash_text("%s/undisturbed", folder);
    crash_input_make(&input);
    crash_trial_open(&trial, program, &input, &how->options, path);
    crash_reference_take(&trial, &reference);
    crash_trial_close(&trial);
    free(path);
    crash_differences(&lost, &extra);
    for (unsigned life = 0; sum->kills < quota && life < 60 && crash_broken() < 20; life++) {
        path = crash_text("%s/life%u", folder, life);
        life_of_a_job(program, how, &input, &reference, path, quota, next, sum);
        free(path);
    }
    crash_differences(&sum->lost, &sum->extra);
    sum->lost -= lost;
    sum->extra -= extra;
    crash_reference_clear(&reference);
    crash_input_clear(&input);
}

static void print_table(const tally *all, size_t count)
{
    tally sum = {0};
    printf("\n%-13s %-6s %-7s %-11s %-21s %5s %5s %5s %8s %6s %5s %7s\n", "input", "text", "key", "zone", "segment",
           "jobs", "kills", "stops", "segments", "rows", "lost", "doubled");
    for (size_t i = 0; i < count; i++) {
        const arrangement *how = &arrangements[i];
        char zone[32];
        snprintf(zone, sizeof zone, "%s %s", how->options.format, how->options.compression);
        printf("%-13s %-6s %-7s %-11s %-21s %5u %5u %5u %8zu %6zu %5zu %7zu\n", packing_name(how->packing),
               how->ndjson  ? (how->utf16 ? "JSON16" : "JSON")
               : how->utf16 ? "UTF-16"
                            : "UTF-8",
               how->options.key ? how->options.key : "", zone, how->options.segment, all[i].runs, all[i].kills,
               all[i].stops, all[i].segments, all[i].rows, all[i].lost, all[i].extra);
        sum.runs += all[i].runs, sum.kills += all[i].kills, sum.stops += all[i].stops;
        sum.lost += all[i].lost, sum.extra += all[i].extra;
        for (size_t point = 0; point < CRASH_COUNT(points); point++)
            sum.struck[point] += all[i].struck[point];
    }
    printf("%-62s %5u %5u %5u %8s %6s %5zu %7zu\n\nended at: ", "all", sum.runs, sum.kills, sum.stops, "", "", sum.lost,
           sum.extra);
    for (size_t point = 0; point < CRASH_COUNT(points); point++) {
        const char *name = points[point][0] == '-' ? "SIGTERM" : points[point][0] ? points[point] : "any instant";
        printf("%s%s %u", point ? ", " : "", name, sum.struck[point]);
        crash_check(sum.struck[point] > 0, "%s was struck", name);
    }
    printf("\n");
}

int main(int count, char **words)
{
    static tally tallies[CRASH_COUNT(arrangements)];
    if (count < 2)
        crash_die("usage: kill HEADRACE [KILLS [SEED]]");
    unsigned kills = count > 2 ? (unsigned)strtoul(words[2], NULL, 10) : KILLS;
    uint64_t seed = count > 3 ? strtoull(words[3], NULL, 10) : 1;
    unsigned share = (kills - 1) / (unsigned)CRASH_COUNT(arrangements) + 1;
    size_t next = 0;
    char *program = realpath(words[1], NULL), *disk = crash_scratch(false), *memory = crash_scratch(true);
    crash_seed(seed);
    printf("%u kills, seed %llu, in %s and %s\n", kills, (unsigned long long)seed, disk, memory);
    for (size_t i = 0; i < CRASH_COUNT(arrangements) && crash_broken() < 20; i++) {
        struct timespec start, end;
        char *folder = crash_text("%s/%zu", i % 4 ? memory : disk, i); /* a disk is slow where it waits */
        crash_make_folder(folder);
        clock_gettime(CLOCK_MONOTONIC, &start);
        run_arrangement(program, &arrangements[i], folder, share, &next, &tallies[i]);
        clock_gettime(CLOCK_MONOTONIC, &end);
        printf("%zu of %zu: %u kills in %.1f s\n", i + 1, CRASH_COUNT(arrangements), tallies[i].kills,
               (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
        fflush(stdout);
        free(folder);
    }
    print_table(tallies, CRASH_COUNT(arrangements));
    if (crash_broken())
        printf("%u promises broken; what is left is in %s and %s\n", crash_broken(), disk, memory);
    else
        crash_remove(disk), crash_remove(memory);
    free(disk);
    free(memory);
    free(program);
    return crash_broken() ? 1 : 0;
}
