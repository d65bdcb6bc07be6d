/* running.c: a run on a terminal or in a script: stop signals, progress, one account a job, and the exit status. */
#include "tools/headrace/running.h"

#include <signal.h>

#include "tools/headrace/print.h"
#include "tools/headrace/progress.h"
#include "tools/headrace/shell.h"

/* What the signal handler interrupts; the handler takes no argument. */
static hr_run *volatile current;

/* The first signal drains to a checkpoint, the second one ends the wait for a destination that does not answer, and the
 * third has its default action. */
static volatile sig_atomic_t signals;

static void interrupt_run(int number)
{
    (void)number;
    hr_run *run = current;
    if (run != NULL)
        hr_run_interrupt(run);
    signals = signals + 1;
    if (signals >= 2) {
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
    }
}

static void watch_signals(hr_run *run)
{
    struct sigaction action = {.sa_handler = interrupt_run};
    signals = 0;
    current = run;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

typedef struct running {
    hr_progress progress;
    bool json;
    FILE *out; /* where the result goes */
    uint64_t jobs;
    char told[sizeof((hr_error *)NULL)->text]; /* why the last job ended */
    bool stopped;                              /* a job told that it goes on another time */
    bool lost;                                 /* part of the result could not be written */
} running;

static void on_progress(void *context, const hr_job *job, uint64_t done, uint64_t size)
{
    running *state = context;
    hr_progress_show(&state->progress, job, done, size);
}

static const char *ending(const hr_job *job)
{
    switch (job->status) {
    case HR_JOB_COMPLETED: return "loaded";
    case HR_JOB_PARTIALLY_COMPLETED: return "loaded without its rejected rows";
    case HR_JOB_FAILED: return "failed";
    case HR_JOB_ABANDONED: return "ended";
    default: return job->error != NULL ? job->error : "stopped";
    }
}

static void tell_job(running *state, const hr_job *job)
{
    bool ended = job->status != HR_JOB_PENDING && job->status != HR_JOB_IN_PROGRESS;
    const char *why = ended && job->error != NULL ? job->error : "";
    hr_message("%s: %s (job %s)%s%s", job->source != NULL ? job->source : "", ending(job), job->id,
               why[0] != '\0' ? ": " : "", why);
    if (job->counts.rejected > 0 && why[0] == '\0')
        hr_message("headrace errors %s shows what was rejected", job->id);
    hr_print_counts(state->out, &job->counts);
    state->stopped = state->stopped || !ended;
    snprintf(state->told, sizeof state->told, "%s", why);
}

static void on_job_done(void *context, const hr_job *job)
{
    running *state = context;
    hr_progress_clear(&state->progress);
    state->jobs++;
    if (state->json) {
        hr_line json = {0};
        hr_line_open(&json, NULL, '{');
        hr_line_job(&json, job);
        hr_line_close(&json, '}');
        if (!hr_line_print(&json, state->out))
            state->lost = true;
        hr_line_free(&json);
    } else {
        tell_job(state, job);
    }
    fflush(state->out);
}

static void on_passed(void *context, const char *uri, const char *why)
{
    running *state = context;
    hr_progress_clear(&state->progress);
    hr_message("%s: %s", uri, why);
}

/* How a job ends is said by on_job_done; the other events are about the input and the feed. */
static void on_event(void *context, const char *kind, const char *job, const char *detail)
{
    running *state = context;
    (void)job;
    if (strncmp(kind, "Import", 6) == 0)
        return;
    hr_progress_clear(&state->progress);
    hr_message("%s %s", kind, detail != NULL ? detail : "");
}

static int exit_of(const running *state, const hr_run_summary *summary, hr_status status, const hr_error *err)
{
    if (status == HR_E_INTERRUPTED) {
        if (!state->stopped)
            hr_message("interrupted; the same command goes on from there");
        return HR_EXIT_LATER;
    }
    if (status == HR_END) {
        hr_message("there was nothing to do");
        return HR_EXIT_NOTHING;
    }
    if (status != HR_OK) {
        if (strcmp(err->text, state->told) != 0)
            hr_print_error(err);
        return hr_exit_of(err);
    }
    if (state->lost || summary->failed > summary->later)
        return HR_EXIT_FAILED;
    if (summary->interrupted > 0 || summary->later > 0)
        return HR_EXIT_LATER;
    return summary->partial > 0 ? HR_EXIT_REJECTS : HR_EXIT_DONE;
}

int hr_running(const hr_options *options, bool json, bool to_stdout, hr_run_work work, void *context)
{
    running state = {.json = json, .out = to_stdout ? stderr : stdout};
    hr_progress_new(&state.progress);
    hr_run_watch watch = {&state, on_progress, on_job_done, on_passed, on_event};
    hr_run_summary summary = {0};
    hr_error err;
    hr_error_clear(&err);
    hr_run *run = NULL;
    hr_status status = hr_run_new(options, &watch, &run, &err);
    if (status == HR_OK) {
        watch_signals(run);
        status = work(run, context, &summary, &err);
        hr_progress_clear(&state.progress);
        current = NULL;
    }
    int exit = exit_of(&state, &summary, status, &err);
    if (state.jobs > 1 && !json) {
        fputs("headrace: all jobs: ", stderr);
        hr_print_counts(stderr, &summary.counts);
    }
    hr_run_free(run);
    return exit;
}

/* All that a run needs to know of a job that the ledger has: where the ledger is. */
static hr_status ledger_options(const hr_args *args, hr_options **out, hr_error *err)
{
    size_t count;
    const hr_option *table = hr_ingest_options(&count);
    char *ledger = hr_ledger_place(args, err);
    if (ledger == NULL)
        return err->status;
    hr_options *options = NULL;
    hr_status status = hr_options_new(table, count, &options, err);
    if (status == HR_OK)
        status = hr_options_set(options, "ledger", ledger, err);
    hr_free(ledger);
    if (status == HR_OK)
        *out = options;
    else
        hr_options_free(options);
    return status;
}

int hr_running_job(const hr_args *args, hr_run_work work)
{
    hr_options *options = NULL;
    hr_error err;
    if (ledger_options(args, &options, &err) != HR_OK) {
        hr_print_error(&err);
        return hr_exit_of(&err);
    }
    hr_args copy = *args;
    int exit = hr_running(options, hr_args_bool(args, "json"), false, work, &copy);
    hr_options_free(options);
    return exit;
}
