/* steps.c: steps.c HEADRACE [FAILING.SO]: every system call of a small job that changes a file ends otherwise, one
 * after the other: killed before it, out of room from there on, an I/O error. Without the library to preload: every
 * allocation fails in turn; HEADRACE is then built with the sanitizers. Each time the same command then completes the
 * job, row for row. */
#include "tests/crash/crash.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS 1700u /* two segments */

typedef struct sweep {
    const char *name;
    const char *how; /* format of FAILING, or of HEADRACE_FAULT for allocations */
    bool allocations;
    bool halfway; /* begins where a job was killed between ledger and publishing */
    unsigned threads;
} sweep;

static const sweep sweeps[] = {
    {"killed before each call", "%ld:kill", false, false, 1},
    {"killed before each call of a resume", "%ld:kill", false, true, 1},
    {"no room from each call on", "%ld+:28", false, false, 1},
    {"each call an I/O error", "%ld:5", false, false, 1},
    {"each call of a resume an I/O error", "%ld:5", false, true, 1},
    {"each allocation fails", "allocation:%ld:fail", true, false, 1},
    {"each allocation of a resume fails", "allocation:%ld:fail", true, true, 1},
    {"each allocation fails, two threads", "allocation:%ld:fail", true, false, 2},
};

typedef struct place {
    const char *program;
    const crash_input *input;
    crash_options options;
    crash_reference reference;
    char *folder, *pristine, *halfway;
} place;

/* The end of a process that something was made to fail in. True: it was not noticed that it failed, so that is all. */
static bool judge(const crash_trial *trial, const sweep *how, const crash_end *end, const char *after, bool *refused)
{
    crash_bytes said = {0};
    bool over = end->exit == 3 || end->exit == 0 || end->exit == 4;
    *refused = end->exit == 1 || end->exit == 5;
    if (end->signal)
        crash_check(end->signal == SIGKILL && strstr(how->how, "kill"), "%s: signal %d", after, end->signal);
    else
        crash_check(over || *refused, "%s: exit %d", after, end->exit);
    if (crash_read_file(trial->log, &said) && *refused)
        crash_check(strstr(said.data, "headrace: ") != NULL, "%s: an error says what failed", after);
    if (said.size && (strstr(said.data, "Sanitizer") || strstr(said.data, "runtime error")))
        crash_check(false, "%s: a sanitizer reports:\n%.2000s", after, said.data);
    free(said.data);
    return over;
}

/* The folder as it was before the step. Paths are in the ledger, so that it must be the same one. */
static void restore(const place *where, const crash_trial *trial, const sweep *how)
{
    crash_remove(trial->folder);
    crash_copy_folder(how->halfway ? where->halfway : where->pristine, trial->folder);
}

static void run_sweep(place *where, const sweep *how)
{
    crash_trial trial;
    long step = 1, refusals = 0, kills = 0, quiet = 0;
    char fault[64], after[128];
    crash_trial_open(&trial, where->program, where->input, &where->options, where->folder);
    for (bool struck = true; struck && step < 2000 && crash_broken() < 20; step++) {
        restore(where, &trial, how);
        crash_view_clear(&trial.seen);
        snprintf(fault, sizeof fault, how->how, step);
        snprintf(after, sizeof after, "%s, %ld", how->name, step);
        crash_launch launch = {.fault = how->allocations ? fault : NULL, .failing = how->allocations ? NULL : fault};
        crash_trial_threads(&trial, how->threads);
        crash_end end = crash_trial_run(&trial, launch);
        bool refused, over = judge(&trial, how, &end, after, &refused);
        kills += end.signal == SIGKILL;
        refusals += refused;
        /* Some calls may fail without harm, such as the removal of a log at the end: the end of the sweep is a longer
         * row of those. */
        if (*how->how == '%' && quiet && !over && !end.signal)
            crash_check(false, "%s: the failing calls before this one, %ld of them, were noticed", after, quiet);
        quiet = over ? quiet + 1 : 0;
        struck = quiet < 30;
        crash_trial_look(&trial, after);
        end = crash_trial_run(&trial, (crash_launch){0});
        crash_check(end.exit == 3 || (end.exit == 4 && (over || end.signal == 0)), "%s: the next run ends with exit %d",
                    after, end.exit);
        crash_trial_settle(&trial, &where->reference, after);
    }
    size_t lost, extra;
    crash_differences(&lost, &extra);
    printf("%-38s %4ld steps, %4ld killed, %4ld refused; lost %zu, doubled %zu\n", how->name, step - 1 - quiet, kills,
           refusals, lost, extra);
    fflush(stdout);
    crash_check(kills + refusals > 20, "%s: something was struck", how->name);
    crash_trial_close(&trial);
}

/* An untouched folder, one where a process ended between the ledger and publishing, and what shall come of both. */
static void prepare(place *where)
{
    crash_trial trial;
    crash_trial_open(&trial, where->program, where->input, &where->options, where->folder);
    crash_copy_folder(where->folder, where->pristine);
    crash_reference_take(&trial, &where->reference);
    crash_remove(where->folder);
    crash_copy_folder(where->pristine, where->folder);
    crash_view_clear(&trial.seen);
    crash_end end = crash_trial_run(&trial, (crash_launch){.fault = "commit.recorded:1:kill"});
    crash_check(end.signal == SIGKILL, "the job is killed between ledger and publishing");
    crash_trial_look(&trial, "halfway");
    crash_copy_folder(where->folder, where->halfway);
    crash_trial_close(&trial);
}

int main(int count, char **words)
{
    if (count < 2)
        crash_die("usage: steps HEADRACE [FAILING.SO]");
    bool calls = count > 2;
    crash_input input = {.rows = ROWS, .packing = CRASH_GZIP_MEMBERS};
    char *memory = crash_scratch(true), *program = realpath(words[1], NULL),
         *preload = calls ? realpath(words[2], NULL) : NULL;
    crash_preload(preload);
    crash_input_make(&input);
    place where = {.program = program,
                   .input = &input,
                   .options = {"id", "csv", "zstd", "--segment-rows=1", NULL, NULL},
                   .folder = crash_text("%s/at", memory),
                   .pristine = crash_text("%s/pristine", memory),
                   .halfway = crash_text("%s/halfway", memory)};
    setenv("ASAN_OPTIONS", "exitcode=99:detect_leaks=1", 1); /* its report is looked for in what the program says */
    prepare(&where);
    for (size_t i = 0; i < CRASH_COUNT(sweeps); i++)
        if (sweeps[i].allocations != calls)
            run_sweep(&where, &sweeps[i]);
    if (crash_broken())
        printf("%u promises broken; what is left is in %s\n", crash_broken(), memory);
    else
        crash_remove(memory);
    crash_reference_clear(&where.reference);
    crash_input_clear(&input);
    free(where.folder);
    free(where.pristine);
    free(where.halfway);
    free(memory);
    free(preload);
    free(program);
    return crash_broken() ? 1 : 0;
}
