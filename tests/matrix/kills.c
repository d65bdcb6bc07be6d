/* kills.c: SIGKILL at each step of a pair's commit, wherever it stands, and at any instant. */
#include "tests/matrix/matrix.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIFE_KILLS 7u
#define LIVES_MOST 14u

typedef enum scope { ALWAYS, AT_POSTGRES, AT_MERGE, AT_KAFKA, BY_KAFKA } scope;

/* In the order in which a process comes to them; "" is any instant. */
static const struct point {
    const char *name;
    scope where;
} points[] = {
    {"recover.published", ALWAYS},    {"recover.swept", ALWAYS},       {"job.recorded", ALWAYS},
    {"postgres.loaded", AT_POSTGRES}, {"postgres.asked", AT_MERGE},    {"kafka.flushed", AT_KAFKA},
    {"kafka.positioned", AT_KAFKA},   {"commit.segment", ALWAYS},      {"commit.prepared", ALWAYS},
    {"ledger-commit", ALWAYS},        {"ledger-committed", ALWAYS},    {"commit.recorded", ALWAYS},
    {"postgres.commit", AT_POSTGRES}, {"postgres.sent", AT_POSTGRES},  {"postgres.committed", AT_POSTGRES},
    {"kafka.commit", AT_KAFKA},       {"kafka.committed", AT_KAFKA},   {"commit.published", ALWAYS},
    {"kafka.acknowledge", BY_KAFKA},  {"commit.acknowledged", ALWAYS}, {"job.end", ALWAYS},
    {"job.landed", ALWAYS},
};
_Static_assert(CRASH_COUNT(points) <= MATRIX_POINTS, "a tally counts each point");

static bool has_point(const matrix_pair *pair, size_t point)
{
    switch (points[point].where) {
    case AT_POSTGRES: return pair->to == TO_APPEND || pair->to == TO_MERGE;
    case AT_MERGE: return pair->to == TO_MERGE;
    case AT_KAFKA: return pair->to == TO_KAFKA;
    case BY_KAFKA: return pair->source->from == FROM_KAFKA;
    default: return true;
    }
}

/* The next one that was not struck yet, beginning with `from`; CRASH_COUNT(points): none. */
static size_t next_point(const matrix_pair *pair, const matrix_tally *tally, size_t from)
{
    for (size_t i = 0; i < CRASH_COUNT(points); i++) {
        size_t point = (from + i) % CRASH_COUNT(points);
        if (has_point(pair, point) && !tally->struck[point])
            return point;
    }
    return CRASH_COUNT(points);
}

/* Whether the command has done all, although the process was ended. A table is pulled anew after that, while files and
 * topics have nothing more to give. */
static bool is_over(const matrix_life *life)
{
    crash_book book;
    if (life->pair->source->from != FROM_POSTGRES || !crash_book_take(life->ledger, life->folder, &book))
        return false;
    bool over = !strcmp(book.status, "COMPLETED") && !book.unpublished;
    crash_book_clear(&book);
    return over;
}

/* One process that is to end, the `count`-th of its life. True: it did; else the command has done all. */
static bool end_once(matrix_life *life, size_t point, unsigned count, matrix_tally *tally)
{
    crash_launch launch = {0};
    char fault[64];
    bool instant = point == CRASH_COUNT(points);
    if (instant) {
        launch.signal = SIGKILL;
        launch.after_us = 3000 + crash_random() % (tally->us + 1);
    } else {
        bool once = !strncmp(points[point].name, "recover", 7) || !strncmp(points[point].name, "job", 3);
        snprintf(fault, sizeof fault, "%s:%u:kill", points[point].name,
                 once ? 1 : 1 + (unsigned)(crash_random() % (crash_random() % 3 ? 2 : 8)));
        launch.fault = fault;
    }
    crash_end end = matrix_life_run(life, launch);
    if (end.signal == SIGKILL) {
        tally->kills++;
        tally->instants += instant;
        if (!instant)
            tally->struck[point]++;
        return !is_over(life);
    }
    if (!crash_check(matrix_is_done(end.exit), "%s: a process that was to end at %s ends with exit %d, signal %d",
                     life->name, instant ? "any instant" : fault, end.exit, end.signal)) {
        matrix_show_log(life->log);
        return true;
    }
    if (count == 0 && end.us < tally->us)
        tally->us = end.us; /* it was measured while more was going on */
    return false;
}

static void undisturbed(const matrix_pair *pair, size_t number, matrix_tally *tally)
{
    matrix_life life;
    char name[64];
    snprintf(name, sizeof name, "%s_%zu_0", pair->place->prefix, number);
    matrix_life_open(&life, pair, name, false);
    crash_end end = matrix_life_run(&life, (crash_launch){0});
    if (!crash_check(matrix_is_done(end.exit), "%s: an undisturbed run ends with exit %d", name, end.exit))
        matrix_show_log(life.log);
    tally->us = end.us;
    matrix_life_settle(&life, true, "an undisturbed run");
    matrix_life_close(&life, tally);
}

void matrix_kills(const matrix_pair *pair, size_t number, unsigned instants, matrix_tally *tally)
{
    size_t next = number * 5;
    undisturbed(pair, number, tally);
    for (unsigned i = 1; i <= LIVES_MOST + 2 * instants && crash_broken() < 10; i++) {
        size_t point = next_point(pair, tally, next);
        if (point == CRASH_COUNT(points) && tally->instants >= instants)
            break;
        matrix_life life;
        char name[64];
        bool more = true;
        snprintf(name, sizeof name, "%s_%zu_%u", pair->place->prefix, number, i);
        matrix_life_open(&life, pair, name, false);
        for (unsigned kill = 0; more && kill < LIFE_KILLS; kill++) {
            bool instant = point == CRASH_COUNT(points) || (tally->instants < instants && crash_random() % 6 == 0);
            more = end_once(&life, instant ? CRASH_COUNT(points) : point, kill, tally);
            point = next_point(pair, tally, ++next);
            if (point == CRASH_COUNT(points) && tally->instants >= instants)
                break;
        }
        matrix_life_settle(&life, !more, "the last resume");
        matrix_life_close(&life, tally);
    }
}

void matrix_print_struck(const matrix_tally *tallies)
{
    printf("ended at: ");
    for (size_t point = 0; point < CRASH_COUNT(points); point++) {
        unsigned sum = 0;
        for (size_t i = 0; i < MATRIX_PAIRS; i++)
            sum += tallies[i].struck[point];
        printf("%s%s %u", point ? ", " : "", points[point].name, sum);
    }
    unsigned instants = 0;
    for (size_t i = 0; i < MATRIX_PAIRS; i++)
        instants += tallies[i].instants;
    printf(", any instant %u\n", instants);
}

bool matrix_all_struck(const matrix_pair *pair, const matrix_tally *tally)
{
    bool all = true;
    for (size_t point = 0; point < CRASH_COUNT(points); point++)
        if (has_point(pair, point))
            all &= crash_check(tally->struck[point] > 0, "%s to %s was ended at %s",
                               matrix_from_name(pair->source->from), matrix_to_name(pair->to), points[point].name);
    return all;
}
