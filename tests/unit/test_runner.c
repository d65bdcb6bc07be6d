/* test_runner.c: what the runner does with sources and transactional destinations that fail, wait, refuse and forget at
 * every step: each record is in the destination once, and the account says so. */
#include "tests/runner/scripted.h"

#include <inttypes.h>

static hr_error err;
static char ledger[64];
static hr_run_summary sum;

#define RECORDS 50000u
static const char *const small_segments[] = {"to=scripted://here", "name=feed", "segment-rows=3000", NULL};

static void begin(void)
{
    scripted_begin(ledger);
    plan_of_test = (script){.records = RECORDS};
}

static void end(void)
{
    scripted_end(ledger);
}

TestSuite(runner, .init = begin, .fini = end);

static void check_account(uint64_t read, uint64_t loaded, uint64_t duplicate, uint64_t rejected, uint64_t skipped)
{
    const hr_counts *c = &sum.counts;
    cr_assert(c->read == read && c->loaded == loaded && c->duplicate == duplicate && c->rejected == rejected &&
                  c->skipped == skipped,
              "read %" PRIu64 " = loaded %" PRIu64 " + duplicate %" PRIu64 " + rejected %" PRIu64 " + skipped %" PRIu64,
              c->read, c->loaded, c->duplicate, c->rejected, c->skipped);
}

#define INGEST(expected)                                                                                    \
    do {                                                                                                    \
        hr_status got_ = scripted_run(ledger, small_segments, "scripted://there", &sum, &err);              \
        cr_assert_eq(got_, expected, "%s: %s", hr_status_name(got_), got_ >= HR_E_INVALID ? err.text : ""); \
    } while (0)

/* All of it, without a loss and without a row twice. */
static void ingest_all(void)
{
    INGEST(HR_OK);
    cr_assert_eq(sum.jobs, 1);
    cr_assert_eq(sum.failed, 0);
    check_account(RECORDS, RECORDS, 0, 0, 0);
    scripted_check(RECORDS);
    cr_assert_gt(seen_by_test.commits, 5);
    cr_assert_eq(seen_by_test.finishes, 1);
    for (size_t i = 0; i < PARTS; i++) /* acknowledged last, and up to the end */
        cr_assert_eq(seen_by_test.acknowledged[i], (RECORDS - i + PARTS - 1) / PARTS);
}

Test(runner, source_is_read_to_its_end)
{
    ingest_all();
    INGEST(HR_OK); /* nothing new, and another job that finds nothing */
    scripted_check(RECORDS);
    check_account(0, 0, 0, 0, 0);
    plan_of_test.records = 2 * RECORDS; /* what came since */
    INGEST(HR_OK);
    scripted_check(2 * RECORDS);
    check_account(RECORDS, RECORDS, 0, 0, 0);
}

Test(runner, source_that_waits_between_records)
{
    plan_of_test.read_most = 700;
    plan_of_test.again_every = 2;
    ingest_all();
}

Test(runner, source_that_wants_a_commit_gets_it)
{
    plan_of_test.flush_at = 20001;
    ingest_all();
}

Test(runner, source_that_goes_away_is_opened_anew)
{
    plan_of_test.read_fails_at = 23456;
    ingest_all();
    cr_assert_eq(seen_by_test.source_opens, 2);
    cr_assert_eq(seen_by_test.reconnects, 1);
}

Test(runner, source_that_goes_away_is_not_read_again_where_rows_cannot_be_taken_back)
{
    static const char *const out[] = {"to=-", "name=feed", "segment-rows=3000", NULL};
    char path[80], line[64];
    static bool written[RECORDS];
    size_t count = 0;
    snprintf(path, sizeof path, "%s.out", ledger);
    cr_assert_not_null(freopen(path, "w", stdout));
    plan_of_test.read_fails_at = 23456;
    (void)scripted_run(ledger, out, "scripted://there", &sum, &err);
    cr_assert_eq(sum.failed, 1);
    cr_assert_eq(seen_by_test.reconnects, 0);
    FILE *file = fopen(path, "r");
    cr_assert(file && fgets(line, sizeof line, file)); /* the header */
    for (; fgets(line, sizeof line, file); count++) {
        size_t number = strtoul(line, NULL, 10);
        cr_assert(number < RECORDS && !written[number]);
        written[number] = true;
    }
    (void)fclose(file);
    cr_assert(count > 0 && count <= 23456);
    check_account(count, count, 0, 0, 0);
}

Test(runner, source_that_breaks_keeps_what_was_read)
{
    plan_of_test.read_breaks_at = 30000;
    INGEST(HR_OK);
    cr_assert_eq(sum.failed, 1);
    check_account(30000, 30000, 0, 0, 0);
    scripted_check(30000);
    plan_of_test.read_breaks_at = 0;
    INGEST(HR_OK); /* the same job goes on */
    cr_assert_eq(sum.failed, 0);
    check_account(RECORDS, RECORDS, 0, 0, 0);
    scripted_check(RECORDS);
}

Test(runner, destination_that_goes_away_at_each_step)
{
    plan_of_test.write_fails = 2;
    plan_of_test.prepare_fails = 2;
    plan_of_test.open_fails = 2;
    plan_of_test.finish_fails = true;
    ingest_all();
    cr_assert_eq(seen_by_test.reconnects, 7);
}

Test(runner, transaction_that_is_rolled_back_is_read_again)
{
    plan_of_test.lost = 3;
    ingest_all();
    cr_assert_eq(seen_by_test.reconnects, 3);
}

Test(runner, transaction_whose_end_was_not_heard_of)
{
    plan_of_test.ambiguous = 2;
    plan_of_test.torn = 2;
    ingest_all();
    cr_assert_eq(seen_by_test.reconnects, 4);
}

Test(runner, destination_that_stays_away_fails_the_job_and_the_next_run_goes_on)
{
    static const char *const impatient[] = {"to=scripted://here", "name=feed", "segment-rows=3000", "reconnect=0",
                                            NULL};
    plan_of_test.ambiguous = 1;
    cr_assert_eq(scripted_run(ledger, impatient, "scripted://there", &sum, &err), HR_E_IO);
    cr_assert_eq(sum.failed, 1);
    plan_of_test.torn = 1;
    cr_assert_eq(scripted_run(ledger, impatient, "scripted://there", &sum, &err), HR_E_IO);
    INGEST(HR_OK);
    check_account(RECORDS, RECORDS, 0, 0, 0);
    scripted_check(RECORDS);
}

static hr_status count_reject(void *context, const hr_reject_record *record, hr_error *e)
{
    uint64_t *seen_rows = context, number = strtoull((const char *)record->reject.raw, NULL, 10);
    (void)e;
    cr_assert_eq(record->reject.kind, HR_REJECT_SINK);
    cr_assert_eq(number % plan_of_test.refuse_every, 0);
    cr_assert_eq(record->reject.row, number + 1);
    cr_assert_eq(record->reject.line, HR_UNKNOWN);
    char part[24];
    snprintf(part, sizeof part, "%zu", (size_t)number % PARTS);
    cr_assert_eq(record->reject.column, 2);
    cr_assert_str_eq(record->reject.column_name, "part");
    cr_assert_eq(record->reject.value_size, strlen(part));
    cr_assert_eq(memcmp(record->reject.value, part, strlen(part)), 0);
    cr_assert(strstr(record->reject.message, "not liked (topic@"), "%s", record->reject.message);
    ++*seen_rows;
    return HR_OK;
}

static hr_status job_id(void *context, const hr_job *job, hr_error *e)
{
    (void)e;
    memcpy(context, job->id, sizeof job->id);
    return HR_END;
}

Test(runner, refused_rows_are_rejects_and_losers_are_duplicates)
{
    plan_of_test.refuse_every = 1000;
    plan_of_test.duplicate_every = 77;
    plan_of_test.lost = 2;
    plan_of_test.ambiguous = 1;
    INGEST(HR_OK);
    uint64_t refused = 50, gave_way = 650 - 1; /* number 0 is refused; no other is a multiple of both below 50000 */
    check_account(RECORDS, RECORDS - refused - gave_way, gave_way, refused, 0);
    scripted_check(RECORDS);
    cr_assert_geq(seen_by_test.refused, refused);
    cr_assert_eq(sum.partial, 1);
    hr_ledger *book = NULL;
    char id[37];
    uint64_t rows = 0;
    cr_assert_eq(hr_ledger_open(ledger, &book, &err), HR_OK);
    cr_assert_eq(hr_ledger_jobs(book, "feed", 1, job_id, id, &err), HR_END);
    cr_assert_eq(hr_ledger_rejects(book, id, -1, count_reject, &rows, &err), HR_OK);
    cr_assert_eq(rows, refused);
    hr_ledger_close(book);
}

Test(runner, empty_records_are_skipped_and_counted)
{
    plan_of_test.blank = true;
    plan_of_test.read_fails_at = 33333;
    INGEST(HR_OK);
    check_account(RECORDS, RECORDS / 10 * 9, 0, 0, RECORDS / 10);
    scripted_check(RECORDS);
}

Test(runner, destination_that_was_restored_is_noticed)
{
    ingest_all();
    snprintf(seen_by_test.at[1], HR_POSITION_MAX, "17"); /* a copy of last week */
    plan_of_test.records = 2 * RECORDS;
    INGEST(HR_E_STATE);
    cr_assert(strstr(err.text, "up to '17'"), "%s", err.text);
    cr_assert_eq(seen_by_test.rows, RECORDS);
}

Test(runner, another_ledger_does_not_load_the_feed_again)
{
    ingest_all();
    char other[80];
    snprintf(other, sizeof other, "%s-other", ledger);
    hr_status status = scripted_run(other, small_segments, "scripted://there", &sum, &err);
    cr_assert_eq(status, HR_E_STATE, "%s", hr_status_name(status));
    cr_assert_eq(seen_by_test.rows, RECORDS);
}

/* ---- files into transactions ---------------------------------------------------------------------------------- */

static void write_file(const char *path)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fprintf(file, "number,part\n");
    for (unsigned i = 0; i < RECORDS; i++)
        fprintf(file, "%u,x\n", i);
    cr_assert_eq(fclose(file), 0);
}

static void ingest_file(const char *const *settings)
{
    char path[80];
    snprintf(path, sizeof path, "%.24s/in.csv", ledger);
    write_file(path);
    hr_status status = scripted_run(ledger, settings, path, &sum, &err);
    cr_assert_eq(status, HR_OK, "%s", err.text);
    cr_assert_eq(sum.failed, 0);
}

/* The rows that were refused, as they stand in the ledger. */
static hr_status write_raw(void *context, const hr_reject_record *record, hr_error *e)
{
    (void)e;
    cr_assert_eq(fwrite(record->reject.raw, 1, record->reject.raw_size, context), record->reject.raw_size);
    return HR_OK;
}

/* Their job, and a file of them. */
static void take_rejects(char id[37], char rows[80], bool header)
{
    hr_ledger *book = NULL;
    snprintf(rows, 80, "%.24s/rows.csv", ledger);
    FILE *file = fopen(rows, "w");
    cr_assert_not_null(file);
    if (header)
        fprintf(file, "number,part\n");
    cr_assert_eq(hr_ledger_open(ledger, &book, &err), HR_OK);
    cr_assert_eq(hr_ledger_jobs(book, "feed", 1, job_id, id, &err), HR_END);
    cr_assert_eq(hr_ledger_rejects(book, id, 0, write_raw, file, &err), HR_OK);
    hr_ledger_close(book);
    cr_assert_eq(fclose(file), 0);
}

static const char *const with_key[] = {"to=scripted://here", "name=feed", "segment-rows=3000", "key=number", NULL};

Test(runner, keys_of_refused_rows_are_given_back_to_mended_rows)
{
    char id[37], rows[80];
    plan_of_test.refuse_every = 1000;
    plan_of_test.lost = 1;
    ingest_file(with_key);
    check_account(RECORDS, RECORDS - 50, 0, 50, 0);
    take_rejects(id, rows, false);
    plan_of_test.refuse_every = 0;
    cr_assert_eq(scripted_retry(ledger, NULL, id, rows, &sum, &err), HR_OK, "%s", err.text);
    check_account(RECORDS, RECORDS, 0, 0, 0);
    scripted_check(RECORDS);
}

/* The position of the job does not move, and yet it is decided whether the rows landed. */
Test(runner, mended_rows_land_once_whatever_becomes_of_their_commit)
{
    char id[37], rows[80];
    plan_of_test.refuse_every = 1000;
    ingest_file(small_segments);
    take_rejects(id, rows, false);
    plan_of_test.refuse_every = 10000; /* five of them are not mended */
    plan_of_test.lost = 1;
    cr_assert_eq(scripted_retry(ledger, NULL, id, rows, &sum, &err), HR_E_LOST, "%s", err.text);
    plan_of_test.torn = 1;
    cr_assert_eq(scripted_retry(ledger, NULL, id, rows, &sum, &err), HR_E_IO, "%s", err.text);
    plan_of_test.ambiguous = 1;
    cr_assert_eq(scripted_retry(ledger, NULL, id, rows, &sum, &err), HR_E_IO, "%s", err.text);
    scripted_check(RECORDS);
    /* It did commit: of fifty rows there are five to be mended. */
    cr_assert_eq(scripted_retry(ledger, NULL, id, rows, &sum, &err), HR_E_INVALID, "%s", err.text);
    take_rejects(id, rows, false);
    plan_of_test.refuse_every = 0;
    plan_of_test.ambiguous = 1;
    cr_assert_eq(scripted_retry(ledger, NULL, id, rows, &sum, &err), HR_E_IO, "%s", err.text);
    cr_assert_eq(scripted_retry(ledger, NULL, id, rows, &sum, &err), HR_END);
    scripted_check(RECORDS);
}

/* What a source gives is read again by the facts of its job, and not by a guess. */
Test(runner, mended_rows_of_a_source)
{
    char id[37], rows[80];
    plan_of_test.refuse_every = 1000;
    INGEST(HR_OK);
    check_account(RECORDS, RECORDS - 50, 0, 50, 0);
    take_rejects(id, rows, false);
    plan_of_test.refuse_every = 10000;
    cr_assert_eq(scripted_retry(ledger, NULL, id, rows, &sum, &err), HR_OK, "%s", err.text);
    check_account(RECORDS, RECORDS - 5, 0, 5, 0);
    cr_assert_eq(sum.partial, 1);
    scripted_check(RECORDS);
    take_rejects(id, rows, false);
    plan_of_test.refuse_every = 0;
    cr_assert_eq(scripted_retry(ledger, NULL, id, rows, &sum, &err), HR_OK, "%s", err.text);
    scripted_check(RECORDS);
    plan_of_test.records = 2 * RECORDS;
    INGEST(HR_OK); /* its parts stand where they stood */
    scripted_check(2 * RECORDS);
}

Test(runner, job_of_a_source_that_failed_goes_on_when_it_is_retried)
{
    char id[37], rows[80];
    plan_of_test.read_breaks_at = 30000;
    INGEST(HR_OK);
    cr_assert_eq(sum.failed, 1);
    take_rejects(id, rows, false);
    plan_of_test.read_breaks_at = 0;
    cr_assert_eq(scripted_retry(ledger, NULL, id, NULL, &sum, &err), HR_OK, "%s", err.text);
    check_account(RECORDS, RECORDS, 0, 0, 0);
    scripted_check(RECORDS);
}

Test(runner, job_of_a_member_that_failed_goes_on_when_it_is_retried)
{
    static const char *const member[] = {"to=scripted://here", "name=feed", "segment-rows=3000", "member=a", NULL};
    hr_ledger *book = NULL;
    char id[37];
    plan_of_test.read_breaks_at = 30000;
    cr_assert_eq(scripted_run(ledger, member, "scripted://there", &sum, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_ledger_open(ledger, &book, &err), HR_OK);
    cr_assert_eq(hr_ledger_jobs(book, "feed@a", 1, job_id, id, &err), HR_END);
    hr_ledger_close(book);
    plan_of_test.read_breaks_at = 0;
    cr_assert_eq(scripted_retry(ledger, NULL, id, NULL, &sum, &err), HR_OK, "%s", err.text);
    check_account(RECORDS, RECORDS, 0, 0, 0);
    scripted_check(RECORDS);
}

Test(runner, one_interrupt_makes_a_checkpoint)
{
    plan_of_test.signals = 1;
    INGEST(HR_E_INTERRUPTED);
    cr_assert_eq(sum.interrupted, 1);
    cr_assert_geq(sum.counts.loaded, 6000);
    scripted_check(sum.counts.loaded);
    ingest_all();
}

Test(runner, second_interrupt_ends_the_wait_for_the_destination)
{
    plan_of_test.signals = 2;
    INGEST(HR_E_INTERRUPTED);
    cr_assert_eq(sum.interrupted, 1);
    cr_assert_eq(sum.failed, 0);
    cr_assert_eq(seen_by_test.reconnects, 0);
    cr_assert_eq(seen_by_test.commits, 1);
    scripted_check(sum.counts.loaded);
    ingest_all();
}

Test(runner, interrupt_ends_the_opening_of_the_destination)
{
    plan_of_test.signal_opening = true;
    INGEST(HR_E_INTERRUPTED);
    cr_assert_eq(sum.interrupted, 1);
    cr_assert_eq(sum.failed, 0);
    cr_assert_eq(sum.counts.loaded, 0);
    ingest_all();
}

/* Which rows a destination refuses is known late: those of the last segment count as well. */
Test(runner, refused_rows_are_errors_to_be_counted)
{
    static const char *const few[] = {"to=scripted://here", "name=feed", "segment-rows=3000", "max-errors=49", NULL};
    static const char *const enough[] = {"to=scripted://here", "name=feed", "segment-rows=3000", "max-errors=50", NULL};
    static const char *const share[] = {"to=scripted://here", "name=feed", "max-errors=0.09%", NULL};
    for (int i = 0; i < 3; i++) {
        seen_by_test = (seen){0};
        snprintf(strrchr(ledger, '/'), 20, "/ledger%c.db", '0' + i);
        plan_of_test = (script){.records = RECORDS, .refuse_every = 1000};
        hr_status status = scripted_run(ledger, i == 0 ? few : i == 1 ? enough : share, "scripted://there", &sum, &err);
        cr_assert_eq(status, HR_OK, "%s", err.text);
        cr_assert_eq(sum.failed, i != 1);
        cr_assert_eq(sum.partial, i == 1);
    }
}

Test(runner, source_that_suddenly_has_hardly_any_rows_is_news)
{
    static const uint64_t records[] = {1000, 800, 50, 5000, 80, 79, 1};
    static const unsigned drops[] = {0, 0, 0, 0, 0, 1, 2}; /* too little to compare with; then the median is 800 */
    uint64_t all = 0;
    plan_of_test.whole = true;
    for (size_t i = 0; i < HR_COUNT(records); i++) {
        plan_of_test.records = all += records[i];
        INGEST(HR_OK);
        cr_assert_eq(sum.counts.read, records[i]);
        cr_assert_eq(seen_by_test.drops, drops[i], "after job %zu: %u", i, seen_by_test.drops);
    }
    plan_of_test.whole = false; /* what comes in pieces has quiet hours */
    plan_of_test.records = ++all;
    INGEST(HR_OK);
    cr_assert_eq(seen_by_test.drops, 2);
}

Test(runner, keys_of_refused_rows_are_given_back_to_a_later_file)
{
    char id[37], rows[80], again[80];
    plan_of_test.refuse_every = 1000;
    ingest_file(with_key);
    take_rejects(id, rows, true);
    snprintf(again, sizeof again, "%.24s/again.csv", ledger);
    cr_assert_eq(scripted_run(ledger, with_key, rows, &sum, &err), HR_OK, "%s", err.text);
    check_account(50, 0, 0, 50, 0); /* refused again: their keys are given back once more */
    plan_of_test.refuse_every = 0;
    cr_assert_eq(rename(rows, again), 0);
    cr_assert_eq(scripted_run(ledger, with_key, again, &sum, &err), HR_OK, "%s", err.text);
    check_account(50, 50, 0, 0, 0);
    scripted_check(RECORDS);
}

Test(runner, file_survives_every_failure_of_its_destination)
{
    plan_of_test.write_fails = 1;
    plan_of_test.prepare_fails = 1;
    plan_of_test.lost = 2;
    plan_of_test.ambiguous = 2;
    plan_of_test.torn = 2;
    plan_of_test.refuse_every = 1000;
    ingest_file(small_segments);
    check_account(RECORDS, RECORDS - 50, 0, 50, 0);
    scripted_check(RECORDS);
    cr_assert_eq(seen_by_test.reconnects, 8);
    cr_assert_eq(scripted_run(ledger, small_segments, "/nowhere", &sum, &err), HR_E_NOT_FOUND);
}

Test(runner, several_segments_at_a_time_are_committed_in_order)
{
    static const char *const three[] = {"to=scripted://here?writers=3", "name=feed", "segment-rows=3000", NULL};
    plan_of_test.refuse_every = 1000;
    plan_of_test.duplicate_every = 77;
    ingest_file(three);
    check_account(RECORDS, RECORDS - 50 - 649, 649, 50, 0);
    scripted_check(RECORDS);
    cr_assert_eq(seen_by_test.most_segments, 4); /* one is filled while the oldest is committed */
}

static const char *const at_a_time[] = {"to=scripted://here", "writers=3", "name=feed", "segment-rows=3000", NULL};

/* A source in three segments at a time, until it is all there: how many runs that takes. */
static unsigned ingest_at_a_time(script plan)
{
    unsigned runs = 0;
    hr_status status;
    plan_of_test = plan;
    seen_by_test = (seen){0};
    do {
        status = scripted_run(ledger, at_a_time, "scripted://there", &sum, &err);
        cr_assert_lt(runs, 5, "%s: %s", hr_status_name(status), err.text);
        runs++;
        plan_of_test.read_breaks_at = 0;
    } while (status != HR_OK || sum.failed);
    scripted_check(RECORDS);
    for (size_t i = 0; i < PARTS; i++)
        cr_assert_eq(seen_by_test.acknowledged[i], (RECORDS - i + PARTS - 1) / PARTS);
    return runs;
}

Test(runner, source_in_several_segments_at_a_time_is_committed_in_order)
{
    cr_assert_eq(ingest_at_a_time((script){.records = RECORDS, .refuse_every = 1000, .duplicate_every = 77}), 1);
    check_account(RECORDS, RECORDS - 50 - 649, 649, 50, 0);
    cr_assert_eq(seen_by_test.most_segments, 4); /* one is filled while the oldest is committed */
}

Test(runner, source_in_several_segments_waits_for_none_when_it_has_nothing)
{
    cr_assert_eq(ingest_at_a_time((script){.records = RECORDS, .again_every = 2, .read_most = 3000}), 1);
    check_account(RECORDS, RECORDS, 0, 0, 0);
    cr_assert_eq(seen_by_test.most_segments, 1);
}

#define SURVIVES(name, number, ...)                                                        \
    Test(runner, source_in_several_segments_survives_##name)                               \
    {                                                                                      \
        cr_assert_eq(ingest_at_a_time((script){.records = RECORDS, __VA_ARGS__}), number); \
        cr_assert_gt(seen_by_test.most_segments, 1);                                       \
    }

SURVIVES(a_flush, 1, .flush_at = 30001)
SURVIVES(a_read_that_fails, 1, .read_fails_at = 33333)
SURVIVES(a_source_that_breaks, 2, .read_breaks_at = 33333)
SURVIVES(writes_that_fail, 1, .write_fails = 2)
SURVIVES(segments_that_cannot_be_prepared, 1, .prepare_fails = 2)
SURVIVES(transactions_that_are_lost, 1, .lost = 2)
SURVIVES(commits_that_are_not_heard_of, 1, .ambiguous = 2)
SURVIVES(commits_that_are_cut, 1, .torn = 2)
SURVIVES(a_signal, 2, .signals = 1)
SURVIVES(two_signals, 2, .signals = 2)
SURVIVES(small_reads_and_all_at_once, 1, .read_most = 700, .flush_at = 20001, .read_fails_at = 33333, .write_fails = 1,
         .prepare_fails = 1, .lost = 1, .ambiguous = 1, .torn = 1, .refuse_every = 1000, .duplicate_every = 77,
         .finish_fails = true)

static hr_status look_at_metadata(void *context, const hr_job *job, hr_error *e)
{
    (void)e;
    *(bool *)context |= job->metadata && strstr(job->metadata, "\"destination\":{\"decided\":\"by a script\"}");
    return HR_OK;
}

Test(runner, a_destination_that_wants_values_gets_those_of_the_schema_and_says_what_it_decided)
{
    char path[80], schema[100];
    snprintf(path, sizeof path, "%.24s/schema.json", ledger);
    snprintf(schema, sizeof schema, "schema=%s", path);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs("{\"columns\":[{\"name\":\"part\",\"type\":\"text\"},{\"name\":\"number\",\"type\":\"int64\"}]}", file);
    cr_assert_eq(fclose(file), 0);
    const char *const settings[] = {"to=scripted://here", "writers=3", "name=feed", "segment-rows=3000", schema, NULL};
    plan_of_test.refuse_every = 1000;
    ingest_file(settings);
    check_account(RECORDS, RECORDS - 50, 0, 50, 0);
    cr_assert_eq(seen_by_test.valued, RECORDS);
    hr_ledger *book = NULL;
    bool said = false;
    cr_assert_eq(hr_ledger_open(ledger, &book, &err), HR_OK);
    cr_assert_eq(hr_ledger_jobs(book, "feed", 0, look_at_metadata, &said, &err), HR_OK);
    hr_ledger_close(book);
    cr_assert(said);
    /* Of a source, too, and of rows that are read once more. */
    plan_of_test.write_fails = 1;
    plan_of_test.lost = 1;
    memset(&seen_by_test, 0, sizeof seen_by_test);
    const char *const others[] = {"to=scripted://here", "name=other", "segment-rows=3000", schema, NULL};
    cr_assert_eq(scripted_run(ledger, others, "scripted://there", &sum, &err), HR_OK, "%s", err.text);
    cr_assert_gt(seen_by_test.valued, RECORDS);
    seen_by_test.valued = 0;
    const char *const untyped[] = {"to=scripted://here", "name=untyped", NULL};
    ingest_file(untyped);
    cr_assert_eq(seen_by_test.valued, 0);
}

Test(runner, several_segments_at_a_time_survive_every_failure)
{
    static const char *const three[] = {"to=scripted://here", "writers=3", "name=feed", "segment-rows=3000", NULL};
    plan_of_test.write_fails = 2;
    plan_of_test.prepare_fails = 2;
    plan_of_test.lost = 2;
    plan_of_test.ambiguous = 2;
    plan_of_test.torn = 2;
    plan_of_test.refuse_every = 1000;
    ingest_file(three);
    check_account(RECORDS, RECORDS - 50, 0, 50, 0);
    scripted_check(RECORDS);
    cr_assert_eq(seen_by_test.reconnects, 10);
}
