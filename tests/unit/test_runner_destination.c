/* test_runner_destination.c: a job of a source that stopped, and a run that names another destination. */
#include "tests/runner/scripted.h"

static hr_error err;
static char ledger[64];
static hr_run_summary sum;

#define RECORDS 50000u
static const char *const here[] = {"to=scripted://host/here", "name=feed", "segment-rows=3000", NULL};
static const char *const elsewhere[] = {"to=scripted://host/elsewhere", "name=feed", "segment-rows=3000", NULL};
static const char *const table_a[] = {"to=scripted://host/here", "table=a", "name=feed", "segment-rows=3000", NULL};

static void begin(void)
{
    scripted_begin(ledger);
    plan_of_test = (script){.records = RECORDS};
}

static void end(void)
{
    scripted_end(ledger);
}

TestSuite(runner_destination, .init = begin, .fini = end);

static hr_status newest(void *context, const hr_job *job, hr_error *e)
{
    (void)e;
    memcpy(context, job->id, sizeof job->id);
    return HR_END;
}

/* A job that has landed a part of the records and then failed. */
static void stop_half_way(char id[37])
{
    hr_ledger *book = NULL;
    plan_of_test.read_breaks_at = 30000;
    cr_assert_eq(scripted_run(ledger, here, "scripted://there", &sum, &err), HR_OK, "%s", err.text);
    cr_assert(sum.failed == 1 && seen_by_test.rows > 0 && seen_by_test.rows < RECORDS);
    plan_of_test.read_breaks_at = 0;
    cr_assert_eq(hr_ledger_open(ledger, &book, &err), HR_OK);
    cr_assert_eq(hr_ledger_jobs(book, "feed", 1, newest, id, &err), HR_END);
    hr_ledger_close(book);
}

static void check_refused(const char *const *options, const char *id)
{
    uint64_t rows = seen_by_test.rows;
    cr_assert_eq(scripted_run(ledger, options, "scripted://there", &sum, &err), HR_E_INVALID);
    cr_assert(strstr(err.text, id) && strstr(err.text, "scripted://host/here") && strstr(err.text, "headrace abandon"),
              "%s", err.text);
    cr_assert_eq(seen_by_test.rows, rows);
    cr_assert_eq(sum.jobs, 0);
}

Test(runner_destination, another_one_is_refused_while_a_job_has_landed_rows_in_its_own)
{
    char id[37];
    stop_half_way(id);
    check_refused(elsewhere, id);
    check_refused(table_a, id);
    cr_assert_eq(scripted_run(ledger, here, "scripted://there", &sum, &err), HR_OK, "%s", err.text);
    scripted_check(RECORDS);
    cr_assert_eq(scripted_run(ledger, elsewhere, "scripted://there", &sum, &err), HR_OK, "%s", err.text);
}

static hr_status tells_move(void *context, int64_t at_ns, const hr_event *event, hr_error *e)
{
    (void)at_ns, (void)e;
    bool *told = context;
    *told = *told || !strcmp(event->kind, "DestinationMoved");
    return HR_OK;
}

/* A name for a number, a user, a port: the destination itself says that it is the one. */
Test(runner_destination, another_address_of_the_same_one_is_taken_and_recorded)
{
    static const char *const moved[] = {"to=scripted://me@[::1]:99/here", "name=feed", "segment-rows=3000", NULL};
    char id[37];
    hr_ledger *book = NULL;
    hr_job job = {0};
    bool told = false;
    stop_half_way(id);
    cr_assert_eq(scripted_run(ledger, moved, "scripted://there", &sum, &err), HR_OK, "%s", err.text);
    scripted_check(RECORDS);
    cr_assert_eq(hr_ledger_open(ledger, &book, &err), HR_OK);
    cr_assert_eq(hr_ledger_job(book, id, &job, &err), HR_OK);
    cr_assert_str_eq(job.destination, "scripted://me@[::1]:99/here");
    cr_assert_eq(hr_ledger_events(book, "feed", tells_move, &told, &err), HR_OK);
    cr_assert(told);
    hr_job_clear(&job);
    hr_ledger_close(book);
}

Test(runner_destination, another_one_at_the_same_path_is_refused)
{
    static const char *const twin[] = {"to=scripted://twin/here", "name=feed", "segment-rows=3000", NULL};
    char id[37];
    stop_half_way(id);
    uint64_t rows = seen_by_test.rows;
    plan_of_test.stands_nowhere = true;
    cr_assert_eq(scripted_run(ledger, twin, "scripted://there", &sum, &err), HR_E_STATE);
    cr_assert(strstr(err.text, id) && strstr(err.text, "scripted://host/here"), "%s", err.text);
    cr_assert_eq(seen_by_test.rows, rows);
    plan_of_test.stands_nowhere = false;
    cr_assert_eq(scripted_run(ledger, here, "scripted://there", &sum, &err), HR_OK, "%s", err.text);
    scripted_check(RECORDS);
}

Test(runner_destination, a_job_that_was_given_up_leaves_the_rest_to_another_one)
{
    char id[37];
    stop_half_way(id);
    cr_assert_eq(scripted_abandon(ledger, id, &sum, &err), HR_OK, "%s", err.text);
    cr_assert_eq(sum.jobs, 1);
    cr_assert_eq(scripted_abandon(ledger, id, &sum, &err), HR_END);
    cr_assert_eq(scripted_retry(ledger, NULL, id, NULL, &sum, &err), HR_E_STATE);
    cr_assert_eq(scripted_run(ledger, elsewhere, "scripted://there", &sum, &err), HR_OK, "%s", err.text);
    scripted_check(RECORDS);
}

/* Whether the last commit happened is known at the destination alone. */
Test(runner_destination, giving_up_settles_what_was_being_committed)
{
    static const char *const impatient[] = {"to=scripted://host/here", "name=feed", "segment-rows=3000", "reconnect=0",
                                            NULL};
    char id[37];
    hr_ledger *book = NULL;
    plan_of_test.ambiguous = 1;
    (void)scripted_run(ledger, impatient, "scripted://there", &sum, &err);
    cr_assert_gt(seen_by_test.rows, 0);
    cr_assert_eq(hr_ledger_open(ledger, &book, &err), HR_OK);
    cr_assert_eq(hr_ledger_jobs(book, "feed", 1, newest, id, &err), HR_END);
    hr_ledger_close(book);
    cr_assert_eq(scripted_abandon(ledger, id, &sum, &err), HR_OK, "%s", err.text);
    cr_assert_eq(sum.counts.loaded, seen_by_test.rows);
    cr_assert_eq(scripted_run(ledger, elsewhere, "scripted://there", &sum, &err), HR_OK, "%s", err.text);
    scripted_check(RECORDS);
}
