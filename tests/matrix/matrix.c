/* matrix.c: matrix [--long] [--rows N] [--instants N] [--seed N] [--pair N] [--only kills|servers|cuts]: the crash
 * matrix. The servers and programs are named by the environment, which run.sh makes. */
#include "tests/matrix/matrix.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 6 /* they wait for servers most of their time */

typedef struct settings {
    size_t rows;
    unsigned instants, server_kills, cut_seconds;
    uint64_t seed;
    int pair; /* -1: all */
    const char *only;
} settings;

static matrix_pair pair_of(const matrix_place *place, const matrix_source *sources, size_t number)
{
    const matrix_source *source = &sources[number / TO_COUNT];
    return (matrix_pair){place, source, (matrix_to)(number % TO_COUNT), source->all.count / 6};
}

/* ---- kills ------------------------------------------------------------------------------------------------------ */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void work_on(const matrix_pair *pair, size_t number, const settings *how, matrix_tally *tally)
{
    double start = seconds();
    crash_seed(how->seed * 1000 + number);
    matrix_kills(pair, number, how->instants, tally);
    (void)matrix_all_struck(pair, tally);
    crash_differences(&tally->lost, &tally->doubled);
    tally->broken = crash_broken();
    printf("%s to %s: %u kills in %.1f s\n", matrix_from_name(pair->source->from), matrix_to_name(pair->to),
           tally->kills, seconds() - start);
    fflush(stdout);
}

static void kill_all(const matrix_place *place, const matrix_source *sources, const settings *how,
                     matrix_tally *tallies)
{
    int running = 0, status;
    for (size_t number = 0; number < MATRIX_PAIRS || running;) {
        if (number < MATRIX_PAIRS && running < WORKERS) {
            size_t mine = number++;
            if (how->pair >= 0 && (size_t)how->pair != mine)
                continue;
            fflush(stdout);
            pid_t child = fork();
            if (child < 0)
                crash_die("fork");
            if (child == 0) {
                matrix_pair pair = pair_of(place, sources, mine);
                work_on(&pair, mine, how, &tallies[mine]);
                _exit(0);
            }
            running++;
        } else {
            if (wait(&status) > 0)
                crash_check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the test of a pair comes to its end");
            running--;
        }
    }
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

static void print_table(const matrix_source *sources, const matrix_tally *tallies, const settings *how)
{
    matrix_tally sum = {0};
    printf("| %-14s  %-15s  %5s  %5s  %7s  %7s  %5s  %7s  %4s  %7s\n", "from", "to", "lives", "kills", "instant",
           "servers", "cuts", "rows", "lost", "doubled");
    for (size_t i = 0; i < MATRIX_PAIRS; i++) {
        const matrix_tally *t = &tallies[i];
        if (how->pair >= 0 && (size_t)how->pair != i)
            continue;
        printf("| %-14s  %-15s  %5u  %5u  %7u  %7u  %5u  %7zu  %4zu  %7zu\n",
               matrix_from_name(sources[i / TO_COUNT].from), matrix_to_name((matrix_to)(i % TO_COUNT)), t->lives,
               t->kills, t->instants, t->servers, t->cuts, t->rows, t->lost, t->doubled);
        sum.lives += t->lives, sum.kills += t->kills, sum.instants += t->instants, sum.servers += t->servers;
        sum.cuts += t->cuts, sum.lost += t->lost, sum.doubled += t->doubled, sum.broken += t->broken;
    }
    printf("| %-31s  %5u  %5u  %7u  %7u  %5u  %7s  %4zu  %7zu\n", "all", sum.lives, sum.kills, sum.instants,
           sum.servers, sum.cuts, "", sum.lost, sum.doubled);
}

/* ---- options ---------------------------------------------------------------------------------------------------- */

static settings take_settings(int count, char **words)
{
    static const struct option known[] = {{"long", no_argument, NULL, 'l'},
                                          {"rows", required_argument, NULL, 'r'},
                                          {"instants", required_argument, NULL, 'i'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"pair", required_argument, NULL, 'p'},
                                          {"only", required_argument, NULL, 'o'},
                                          {0}};
    settings how = {.rows = 3000, .instants = 30, .server_kills = 2, .cut_seconds = 5, .seed = 1, .pair = -1};
    for (int option; (option = getopt_long(count, words, "", known, NULL)) >= 0;) {
        switch (option) {
        case 'l': how.instants = 100, how.rows = 12000, how.server_kills = 6, how.cut_seconds = 30; break;
        case 'r': how.rows = strtoul(optarg, NULL, 10); break;
        case 'i': how.instants = (unsigned)strtoul(optarg, NULL, 10); break;
        case 's': how.seed = strtoull(optarg, NULL, 10); break;
        case 'p': how.pair = atoi(optarg); break;
        case 'o': how.only = optarg; break;
        default: crash_die("usage: matrix [--long] [--rows N] [--instants N] [--seed N] [--pair N] [--only PART]");
        }
    }
    return how;
}

static bool does(const settings *how, const char *part)
{
    return !how->only || !strcmp(how->only, part);
}

int main(int count, char **words)
{
    settings how = take_settings(count, words);
    matrix_place place = matrix_place_find();
    matrix_source sources[FROM_COUNT];
    matrix_tally *tallies =
        mmap(NULL, MATRIX_PAIRS * sizeof *tallies, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED)
        crash_die("mmap");
    crash_seed(how.seed);
    for (unsigned i = 0; i < FROM_COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_source%u", place.prefix, i);
        matrix_source_make(&place, (matrix_from)i, how.rows, name, &sources[i]);
    }
    if (does(&how, "kills"))
        kill_all(&place, sources, &how, tallies);
    for (unsigned kafka = 0; kafka < 2 && does(&how, "servers"); kafka++)
        matrix_server_kills(&place, sources, kafka, how.server_kills, tallies);
    for (unsigned kafka = 0; kafka < 2 && does(&how, "cuts"); kafka++)
        matrix_cuts(&place, sources, kafka, how.cut_seconds, tallies);
    print_table(sources, tallies, &how);
    if (does(&how, "kills"))
        matrix_print_struck(tallies);
    unsigned broken = crash_broken();
    for (size_t i = 0; i < MATRIX_PAIRS; i++)
        broken += tallies[i].broken + (tallies[i].lost || tallies[i].doubled);
    if (broken)
        printf("%u promises broken; what is left is in %s\n", broken, place.scratch);
    else
        crash_remove(place.scratch);
    return broken ? 1 : 0;
}
