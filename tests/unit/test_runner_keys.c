/* test_runner_keys.c: the keys of a feed where several segments are loaded at a time: the ledger counts on those of
 * committed segments alone, whatever fails. */
#include <inttypes.h>

#include "tests/runner/scripted.h"

static hr_error err;
static char ledger[64], input[80];
static hr_run_summary sum;

#define RECORDS 50000u
#define ROWS 60000u /* of the file: each fifth row repeats the one before */
static const char *const options[] = {"to=scripted://here", "writers=3",  "name=feed",
                                      "segment-rows=3000",  "key=number", NULL};

static void begin(void)
{
    scripted_begin(ledger);
    scripted_input(ledger, RECORDS, 5, input);
}

static void end(void)
{
    scripted_end(ledger);
}

TestSuite(runner_keys, .init = begin, .fini = end);

static void check_keys(uint64_t expected)
{
    hr_ledger *book = NULL;
    uint64_t length = 0;
    char shape[512];
    cr_assert_eq(hr_ledger_open(ledger, &book, &err), HR_OK);
    cr_assert_eq(hr_ledger_keys(book, "feed", &length, shape, &err), HR_OK);
    hr_ledger_close(book);
    cr_assert_eq(length, expected, "%" PRIu64 " keys, not %" PRIu64, length, expected);
}

/* Runs until the file is loaded; after each, the ledger counts on as many keys as rows have landed. Then the same
 * content under another name: nothing of it is new but what was refused. */
static void load(script plan)
{
    char again[90], command[200];
    hr_status status;
    plan_of_test = plan;
    seen_by_test = (seen){0};
    unsigned runs = 0;
    do {
        status = scripted_run(ledger, options, input, &sum, &err);
        cr_assert_lt(runs++, 5u, "%s: %s", hr_status_name(status), err.text);
        check_keys(seen_by_test.rows);
    } while (status != HR_OK || sum.failed);
    scripted_check(RECORDS);
    uint64_t refused = plan.refuse_every ? (RECORDS + plan.refuse_every - 1) / plan.refuse_every : 0;
    cr_assert_gt(seen_by_test.most_segments, 1);
    cr_assert_eq(sum.counts.read, ROWS);
    cr_assert_eq(sum.counts.rejected, refused);
    cr_assert_eq(sum.counts.loaded, RECORDS - refused);
    snprintf(again, sizeof again, "%.24s/again.csv", ledger);
    snprintf(command, sizeof command, "cp %s %s", input, again);
    cr_assert_eq(system(command), 0);
    plan_of_test = (script){.records = RECORDS};
    cr_assert_eq(scripted_run(ledger, options, again, &sum, &err), HR_OK, "%s", err.text);
    cr_assert_eq(sum.counts.loaded, refused);
    scripted_check(RECORDS);
    check_keys(RECORDS);
}

Test(runner_keys, belong_to_committed_segments)
{
    load((script){.records = RECORDS});
    cr_assert_eq(seen_by_test.most_segments, 4);
}

Test(runner_keys, of_refused_rows_are_taken_back_in_front_of_those_that_wait)
{
    load((script){.records = RECORDS, .refuse_every = 1000});
}

Test(runner_keys, survive_every_failure)
{
    load((script){.records = RECORDS,
                  .write_fails = 2,
                  .prepare_fails = 2,
                  .lost = 2,
                  .ambiguous = 2,
                  .torn = 2,
                  .refuse_every = 1000});
}

Test(runner_keys, survive_a_stop_without_a_checkpoint)
{
    load((script){.records = RECORDS, .signals = 2});
}

Test(runner_keys, survive_a_stop_at_a_checkpoint)
{
    load((script){.records = RECORDS, .signals = 1, .refuse_every = 777});
}
