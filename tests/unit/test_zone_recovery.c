/* test_zone_recovery.c: the raw zone after a crash: what was prepared is published, and nothing is lost or left over.
 */
#include "tests/unit/zone_samples.h"

Test(zone, another_process_publishes_what_a_killed_one_prepared)
{
    hr_receipt receipt = crash_after_prepare("orders", "0000");
    hr_sink_plan plan = plan_of("orders");
    plan.columns = NULL; /* recovery knows no columns */
    plan.column_count = 0;
    for (int i = 0; i < 3; i++) {
        void *sink = sink_open(&plan);
        hr_error err;
        cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_OK, "%s", err.text);
        sink_close(sink);
    }
    cr_assert_str_eq(entries(FOLDER), JOB "-0000.csv.zst");
    assert_holds(FOLDER "/" JOB "-0000.csv.zst", "id,name\n1,one\n2,two\n");
}

Test(zone, a_rename_by_way_of_a_link_that_was_cut_short_is_finished)
{
    hr_receipt receipt = crash_after_prepare("orders", "0000");
    cr_assert_eq(link(FOLDER "/." JOB "-0000.csv.zst.part", FOLDER "/" JOB "-0000.csv.zst"), 0);
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_OK);
    cr_assert_str_eq(entries(FOLDER), JOB "-0000.csv.zst");
    sink_close(sink);
}

static bool owns_none(void *owner, const char *job)
{
    snprintf(owner, 37, "%s", job);
    return false;
}

Test(zone, sweeping_leaves_what_another_ledger_knows)
{
    static const char theirs[] = "01a2038c-0cf5-797f-8fdb-bb27318fb252";
    hr_sink_plan plan = plan_of("orders");
    char asked[37] = "";
    plan.job = theirs;
    void *sink = sink_open(&plan);
    prepared(sink, "0000");
    sink_close(sink);
    plan.job = "another";
    plan.owns = owns_none;
    plan.owner = asked;
    sink = sink_open(&plan);
    hr_error err;
    cr_assert_eq(hr_zone_sink.sweep(sink, NULL, 0, &err), HR_OK, "%s", err.text);
    sink_close(sink);
    cr_assert_str_eq(entries(FOLDER), ".01a2038c-0cf5-797f-8fdb-bb27318fb252-0000.csv.zst.part");
    cr_assert_str_eq(asked, theirs);
}

Test(zone, sweeping_removes_orphans_and_nothing_else)
{
    hr_receipt kept = crash_after_prepare("orders", "0000");
    crash_after_prepare("orders", "0002");
    crash_after_prepare("other", "0000");
    hr_sink_plan plan = plan_of("orders");
    plan.started_ns -= 86400ll * 1000000000;
    void *yesterday = sink_open(&plan);
    prepared(yesterday, "0000");
    sink_close(yesterday);
    put_file(FOLDER "/visible.csv.zst", "");
    put_file(FOLDER "/.hidden", "");
    put_file("zone/source=orders/.x.part", "");
    plan = plan_of("orders");
    plan.job = "another";
    void *sink = sink_open(&plan);
    cr_assert_eq(sink_write(sink, "0009", NULL), HR_OK);
    hr_error err;
    cr_assert_eq(hr_zone_sink.sweep(sink, &kept, 1, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_zone_sink.sweep(sink, &kept, 1, &err), HR_OK);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part|.another-0009.csv.zst.part|.hidden|visible.csv.zst");
    cr_assert_str_eq(entries("zone/source=orders/ingest_date=2026-11-21"), "");
    cr_assert_str_eq(entries("zone/source=other/" DAY), "." JOB "-0000.csv.zst.part");
    cr_assert(exists("zone/source=orders/.x.part"));
    cr_assert_eq(hr_zone_sink.publish(sink, &kept, &err), HR_OK);
    sink_close(sink);
    plan = plan_of("never used");
    sink = sink_open(&plan);
    cr_assert_eq(hr_zone_sink.sweep(sink, NULL, 0, &err), HR_OK);
    sink_close(sink);
}

Test(zone, a_left_over_of_the_same_segment_is_written_anew)
{
    crash_after_prepare("orders", "0000");
    put_file(FOLDER "/." JOB "-0000.csv.zst.part",
             "a much longer text than the segment will ever have, to see that it is gone");
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    hr_receipt receipt = prepared(sink, "0000");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_OK);
    assert_holds(FOLDER "/" JOB "-0000.csv.zst", "id,name\n1,one\n2,two\n");
    sink_close(sink);
}

/* A run that stood still for longer than its lease, and the one that has taken its job over. */
Test(zone, who_was_overtaken_neither_removes_nor_publishes_the_segment_of_the_other)
{
    hr_sink_plan plan = plan_of("orders");
    hr_error err;
    hr_receipt lost;
    void *first = sink_open(&plan), *late = sink_open(&plan), *second = sink_open(&plan);
    cr_assert_eq(sink_write(first, "0000", NULL), HR_OK);
    cr_assert_eq(sink_write(late, "0000", NULL), HR_OK);
    cr_assert_eq(sink_write(second, "0000", NULL), HR_OK);
    sink_close(first);
    cr_assert_eq(prepare(late, &lost, &err), HR_E_IO);
    cr_assert(strstr(err.text, "removed or replaced"), "%s", err.text);
    sink_close(late);
    hr_receipt receipt;
    cr_assert_eq(prepare(second, &receipt, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_zone_sink.publish(second, &receipt, &err), HR_OK, "%s", err.text);
    assert_holds(FOLDER "/" JOB "-0000.csv.zst", "id,name\n1,one\n2,two\n");
    sink_close(second);
}
