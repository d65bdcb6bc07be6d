/* test_runner_progress.c: what is read before the first row is landed is told, too: by inference, and by a job that
 * goes on. */
#include "tests/runner/scripted.h"

static hr_error err;
static char ledger[64], input[80];
static hr_run_summary sum;

#define ROWS 60000u

static void begin(void)
{
    scripted_begin(ledger);
    scripted_input(ledger, ROWS, 0, input);
    plan_of_test = (script){.records = ROWS};
}

static void end(void)
{
    scripted_end(ledger);
}

TestSuite(runner_progress, .init = begin, .fini = end);

/* The first that is told of a job: how many rows were read by then, and how many bytes. */
typedef struct first {
    bool told;
    uint64_t rows, done;
} first;

static void see(void *context, const hr_job *job, uint64_t done, uint64_t size)
{
    first *heard = context;
    (void)size;
    if (!heard->told)
        *heard = (first){true, job->counts.read, done};
}

static first run_watched(const char *const *settings, hr_status expected)
{
    first heard = {0};
    hr_run_watch watch = {.context = &heard, .progress = see};
    const char *uri = input;
    size_t count;
    const hr_option *table = hr_ingest_options(&count);
    hr_options *options = NULL;
    hr_run *run = NULL;
    cr_assert_eq(hr_options_new(table, count, &options, &err), HR_OK);
    cr_assert_eq(hr_options_set(options, "ledger", ledger, &err), HR_OK);
    cr_assert_eq(hr_options_set(options, "to", "scripted://here", &err), HR_OK);
    cr_assert_eq(hr_options_set(options, "name", "feed", &err), HR_OK);
    cr_assert_eq(hr_options_set(options, "segment-rows", "3000", &err), HR_OK);
    for (; *settings; settings += 2)
        cr_assert_eq(hr_options_set(options, settings[0], settings[1], &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_run_create(options, &watch, NULL, &scripted_connectors, &run, &err), HR_OK, "%s", err.text);
    scripted_running = run;
    cr_assert_eq(hr_run_ingest(run, &uri, 1, &sum, &err), expected, "%s", err.text);
    hr_run_free(run);
    hr_options_free(options);
    return heard;
}

Test(runner_progress, of_an_inference_is_told)
{
    static const char *const inferred[] = {"schema", "infer", NULL};
    first heard = run_watched(inferred, HR_OK);
    cr_assert(heard.told && heard.rows == 0 && heard.done > 0);
    scripted_check(ROWS);
}

Test(runner_progress, of_what_was_read_before_is_told)
{
    static const char *const none[] = {NULL};
    plan_of_test.signals = 1;
    (void)run_watched(none, HR_E_INTERRUPTED);
    uint64_t landed = seen_by_test.rows;
    cr_assert(landed > 0 && landed < ROWS);
    plan_of_test.signals = 0;
    first heard = run_watched(none, HR_OK);
    cr_assert(heard.told && heard.rows == landed, "%llu rows were read by then", (unsigned long long)heard.rows);
    scripted_check(ROWS);
}
