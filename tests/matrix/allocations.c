/* allocations.c: allocations [--seconds N] [--rows N] [--pair N] [--step N]: every allocation of a load at real servers
 * fails, one a process, as far as the seconds go; in another order than theirs, so that any number of them is spread
 * over the whole load. The program, HEADRACE_FAULTS, is one with fault points and the sanitizers. Each time: no crash,
 * no leak, an error that speaks of memory; and the same command then completes the load, row for row. */
#include "tests/matrix/matrix.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_STEP 128L
#define MOST_STEPS (1L << 17)
#define ENOUGH 3 /* that were missed, however slow the machine */
#define REPORT_EXIT 99

static const struct load {
    matrix_from from;
    matrix_to to;
    bool resumed; /* by the process after one that was killed between ledger and destination */
} loads[] = {
    {FROM_CSV, TO_APPEND, false},    {FROM_CSV, TO_MERGE, false},      {FROM_POSTGRES, TO_ZONE, false},
    {FROM_KAFKA, TO_ZONE, false},    {FROM_CSV, TO_KAFKA, false},      {FROM_KAFKA, TO_APPEND, false},
    {FROM_KAFKA, TO_KAFKA, false},   {FROM_POSTGRES, TO_KAFKA, false}, {FROM_CSV, TO_APPEND, true},
    {FROM_POSTGRES, TO_MERGE, true}, {FROM_KAFKA, TO_KAFKA, true},
};
#define LOADS CRASH_COUNT(loads)

typedef struct settings {
    double seconds;
    size_t rows;
    int pair;  /* -1: all */
    long step; /* this one alone; 0: all */
} settings;

/* What came of a pair; in memory that processes share. */
typedef struct tally {
    long allocations; /* of an undisturbed load, about */
    unsigned tried, refused, borne;
    size_t lost, doubled;
    unsigned broken;
} tally;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The end of a process in which the allocation `step` failed. True: it bore that, or never came so far. */
static bool judge(const matrix_life *life, const crash_end *end, long step)
{
    crash_bytes said = {0};
    bool over = matrix_is_done(end->exit), holds = true;
    if (!crash_read_file(life->log, &said))
        crash_bytes_add(&said, "", 0);
    holds &= crash_check(!end->signal && (over || end->exit == 1 || end->exit == 5),
                         "%s: allocation %ld failed: exit %d, signal %d", life->name, step, end->exit, end->signal);
    holds &=
        crash_check(end->exit != REPORT_EXIT && !strstr(said.data, "Sanitizer") && !strstr(said.data, "runtime error"),
                    "%s: allocation %ld failed: no report of a sanitizer", life->name, step);
    holds &= crash_check(over || end->exit == REPORT_EXIT || strstr(said.data, "memory"),
                         "%s: allocation %ld failed: the error speaks of memory", life->name, step);
    if (!holds)
        matrix_show_log(life->log);
    free(said.data);
    return over;
}

/* A new load in which the allocation `step` fails, and what completes it. True: it did not show. */
static bool fail_once(const matrix_pair *pair, size_t number, long step, tally *sum)
{
    matrix_life life;
    char name[64], fault[64], after[64];
    snprintf(name, sizeof name, "%s_a%zu_%ld", pair->place->prefix, number, step);
    snprintf(fault, sizeof fault, "allocation:%ld:fail", step);
    snprintf(after, sizeof after, "allocation %ld failed", step);
    matrix_life_open(&life, pair, name, false);
    crash_end end;
    if (loads[number].resumed) {
        end = matrix_life_run(&life, (crash_launch){.fault = "commit.recorded:2:kill"});
        crash_check(end.signal == SIGKILL, "%s: a process was killed first", life.name);
    }
    end = matrix_life_run(&life, (crash_launch){.fault = fault});
    bool over = judge(&life, &end, step);
    sum->tried++;
    sum->borne += over;
    sum->refused += !over;
    matrix_life_settle(&life, over && pair->source->from == FROM_POSTGRES, after);
    matrix_life_close(&life, &(matrix_tally){0});
    return over;
}

/* About how many allocations a load makes: the first power of two at which none is left to fail. */
static long count_allocations(const matrix_pair *pair, size_t number, tally *sum)
{
    long most = FIRST_STEP;
    while (most < MOST_STEPS && !fail_once(pair, number, most, sum))
        most *= 2;
    return most;
}

static long divisor(long a, long b)
{
    return b ? divisor(b, a % b) : a;
}

/* Steps of about 0.618 of the whole, over and over, come near to every place early, and in the end to each one. */
static void fail_all(const matrix_pair *pair, size_t number, const settings *how, tally *sum)
{
    double end = now() + how->seconds;
    if (how->step) {
        (void)fail_once(pair, number, how->step, sum);
        return;
    }
    long most = count_allocations(pair, number, sum), stride = most * 618 / 1000;
    sum->allocations = most;
    while (divisor(stride, most) != 1)
        stride++;
    for (long i = 1, step = stride; i < most && (now() < end || sum->refused < ENOUGH) && crash_broken() < 10;
         i++, step = (step + stride) % most)
        if (step < FIRST_STEP || (step & (step - 1))) /* the powers of two have been */
            (void)fail_once(pair, number, step, sum);
}

static void work_on(const matrix_pair *pair, size_t number, const settings *how, tally *sum)
{
    crash_seed(number + 1);
    fail_all(pair, number, how, sum);
    if (!how->step)
        crash_check(sum->refused >= ENOUGH, "%s to %s: some allocation was missed",
                    matrix_from_name(pair->source->from), matrix_to_name(pair->to));
    crash_differences(&sum->lost, &sum->doubled);
    sum->broken = crash_broken();
    fflush(stdout);
}

static void start_all(const matrix_place *place, const matrix_source *sources, const settings *how, tally *sums)
{
    for (size_t i = 0; i < LOADS; i++) {
        if (how->pair >= 0 && (size_t)how->pair != i)
            continue;
        fflush(stdout);
        pid_t child = fork();
        if (child < 0)
            crash_die("fork");
        if (child == 0) {
            const matrix_source *source = &sources[loads[i].from];
            work_on(&(matrix_pair){place, source, loads[i].to, source->all.count / 3}, i, how, &sums[i]);
            _exit(0);
        }
    }
    for (int status; wait(&status) > 0;)
        crash_check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the test of a pair comes to its end");
}

static void print_table(const tally *sums)
{
    printf("| %-14s  %-23s  %11s  %6s  %7s  %5s  %4s  %7s\n", "from", "to", "allocations", "failed", "refused", "borne",
           "lost", "doubled");
    for (size_t i = 0; i < LOADS; i++) {
        char to[64];
        snprintf(to, sizeof to, "%s%s", matrix_to_name(loads[i].to), loads[i].resumed ? " resumed" : "");
        if (sums[i].tried)
            printf("| %-14s  %-23s  %11ld  %6u  %7u  %5u  %4zu  %7zu\n", matrix_from_name(loads[i].from), to,
                   sums[i].allocations, sums[i].tried, sums[i].refused, sums[i].borne, sums[i].lost, sums[i].doubled);
    }
}

static settings take_settings(int count, char **words)
{
    static const struct option known[] = {{"seconds", required_argument, NULL, 's'},
                                          {"rows", required_argument, NULL, 'r'},
                                          {"pair", required_argument, NULL, 'p'},
                                          {"step", required_argument, NULL, 'n'},
                                          {0}};
    settings how = {.seconds = 30, .rows = 120, .pair = -1};
    for (int option; (option = getopt_long(count, words, "", known, NULL)) >= 0;) {
        switch (option) {
        case 's': how.seconds = atof(optarg); break;
        case 'r': how.rows = strtoul(optarg, NULL, 10); break;
        case 'p': how.pair = atoi(optarg); break;
        case 'n': how.step = atol(optarg); break;
        default: crash_die("usage: allocations [--seconds N] [--rows N] [--pair N] [--step N]");
        }
    }
    return how;
}

int main(int count, char **words)
{
    settings how = take_settings(count, words);
    matrix_place place = matrix_place_find();
    matrix_source sources[FROM_COUNT];
    tally *sums = mmap(NULL, LOADS * sizeof *sums, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sums == MAP_FAILED)
        crash_die("mmap");
    crash_seed(1);
    /* Its report is looked for in what the program says. */
    setenv("ASAN_OPTIONS", "exitcode=99:detect_leaks=1", 1);
    setenv("UBSAN_OPTIONS", "print_stacktrace=1", 1);
    for (unsigned i = 0; i < FROM_COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_source%u", place.prefix, i);
        matrix_source_make(&place, (matrix_from)i, how.rows, name, &sources[i]);
    }
    start_all(&place, sources, &how, sums);
    print_table(sums);
    unsigned broken = crash_broken();
    for (size_t i = 0; i < LOADS; i++)
        broken += sums[i].broken + (sums[i].lost || sums[i].doubled);
    if (broken)
        printf("%u promises broken; what is left is in %s\n", broken, place.scratch);
    else
        crash_remove(place.scratch);
    return broken ? 1 : 0;
}
