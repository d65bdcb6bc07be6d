/* test_zone.c: the raw zone: nothing is seen before it is published, and nothing is written or followed outside it. */
#include "tests/unit/zone_samples.h"

Test(zone, a_segment_is_hidden_until_it_is_published)
{
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    cr_assert_eq(sink_write(sink, "0000", NULL), HR_OK);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part");
    cr_assert_eq(sink_write(sink, "0001", NULL), HR_OK);
    hr_receipt receipt;
    cr_assert_eq(prepare(sink, &receipt, NULL), HR_OK);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_OK);
    cr_assert_str_eq(entries(FOLDER), JOB "-0000.csv.zst");
    assert_holds(FOLDER "/" JOB "-0000.csv.zst", "id,name\n1,one\n2,two\n1,one\n2,two\n");
    hr_receipt second = prepared(sink, "0004");
    cr_assert_eq(hr_zone_sink.publish(sink, &second, NULL), HR_OK);
    assert_holds(FOLDER "/" JOB "-0004.csv.zst", "id,name\n1,one\n2,two\n");
    cr_assert_eq(prepare(sink, &receipt, NULL), HR_OK);
    cr_assert_eq(receipt.size, 0, "nothing was written, yet there is something to publish");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_OK);
    sink_close(sink);
}

Test(zone, publishing_replaces_nothing)
{
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    hr_receipt receipt = prepared(sink, "0000");
    put_file(FOLDER "/" JOB "-0000.csv.zst", "somebody else's");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_E_EXISTS);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part|" JOB "-0000.csv.zst");
    cr_assert_eq(sink_write(sink, "0000", NULL), HR_E_EXISTS);
    cr_assert_eq(sink_write(sink, "0001", NULL), HR_E_STATE, "a sink that failed was used again");
    sink_close(sink);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part|" JOB "-0000.csv.zst");
}

Test(zone, a_lost_or_cut_segment_is_an_error)
{
    hr_error err;
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    hr_receipt receipt = prepared(sink, "0000");
    cr_assert_eq(truncate(FOLDER "/." JOB "-0000.csv.zst.part", 3), 0);
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_E_CORRUPT);
    cr_assert_eq(unlink(FOLDER "/." JOB "-0000.csv.zst.part"), 0);
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_E_CORRUPT);
    cr_assert(strstr(err.text, "." JOB "-0000.csv.zst.part") && strstr(err.text, "\"" JOB "-0000.csv.zst\""));
    cr_assert_eq(rmdir(FOLDER), 0);
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_E_CORRUPT);
    sink_close(sink);
}

Test(zone, a_receipt_leads_nowhere_but_into_the_zone)
{
    static const char *const bad[] = {"source=a/../../.x.part\nsource=a/../../x\n1\n",
                                      "source=a/ingest_date=1/.x.part\nsource=a/ingest_date=1/y\n1\n",
                                      "source=a/ingest_date=1/x.part\nsource=a/ingest_date=1/x\n1\n",
                                      "source=../ingest_date=1/.x.part\nsource=a/ingest_date=1/x\n1\n",
                                      "source=a/ingest_date=1/.x/../y.part\nsource=a/ingest_date=1/x/../y\n1\n",
                                      "/etc/.x.part\n/etc/x\n1\n",
                                      "source=a/ingest_date=1/.x.part\nsource=a/ingest_date=1/x\n",
                                      "x",
                                      "source=a/ingest_date=1/..part\nsource=a/ingest_date=1/\n1\n",
                                      "source=a/ingest_date=1/.x.part\nsource=a/ingest_date=1/x\n1x\n"};
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    for (size_t i = 0; i < HR_COUNT(bad); i++) {
        hr_receipt receipt = {.size = (uint32_t)strlen(bad[i])};
        memcpy(receipt.bytes, bad[i], receipt.size);
        cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_E_CORRUPT, "%s", bad[i]);
        cr_assert_eq(hr_zone_sink.sweep(sink, &receipt, 1, NULL), HR_E_CORRUPT, "%s", bad[i]);
    }
    sink_close(sink);
}

Test(zone, close_drops_what_was_not_prepared_and_keeps_what_was)
{
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    prepared(sink, "0000");
    cr_assert_eq(sink_write(sink, "0002", NULL), HR_OK);
    sink_close(sink);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part");
}

Test(zone, no_name_leads_out_of_the_zone)
{
    static const struct {
        const char *feed, *folder;
    } names[] = {{"../../etc", "source=..%2F..%2Fetc"}, {"..", "source=.."},       {"a/b", "source=a%2Fb"},
                 {"new\nline", "source=new%0Aline"},    {"100%", "source=100%25"}, {"caf\xC3\xA9", "source=caf%C3%A9"},
                 {"a=b c", "source=a%3Db%20c"}};
    for (size_t i = 0; i < HR_COUNT(names); i++) {
        char path[200];
        hr_sink_plan plan = plan_of(names[i].feed);
        void *sink = sink_open(&plan);
        hr_receipt receipt = prepared(sink, "../../0/\n%");
        hr_error err;
        cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_OK, "%s", err.text);
        snprintf(path, sizeof path, "zone/%s/" DAY, names[i].folder);
        cr_assert_str_eq(entries(path), JOB "-.._.._0___.csv.zst");
        sink_close(sink);
    }
    cr_assert_str_eq(entries("."), "zone");
}

Test(zone, what_cannot_be_a_zone_is_refused)
{
    hr_error err;
    char long_name[300];
    void *state = calloc(1, hr_zone_sink.state_size);
    hr_sink_plan plan = plan_of("");
    cr_assert_eq(hr_zone_sink.open(state, &plan, NULL, &err), HR_E_INVALID);
    plan = plan_of("orders");
    plan.job = "";
    cr_assert_eq(hr_zone_sink.open(state, &plan, NULL, &err), HR_E_INVALID);
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    plan = plan_of(long_name);
    cr_assert_eq(hr_zone_sink.open(state, &plan, NULL, &err), HR_E_INVALID);
    put_file("file", "x");
    plan = plan_of("orders");
    plan.uri = "file";
    cr_assert_eq(hr_zone_sink.open(state, &plan, NULL, &err), HR_E_EXISTS);
    cr_assert(strstr(err.text, "is a file"));
    plan = plan_of("orders");
    plan.compression = "lzma";
    cr_assert_eq(hr_zone_sink.open(state, &plan, NULL, &err), HR_OK);
    cr_assert_eq(sink_write(state, "0000", &err), HR_E_INVALID);
    sink_close(state);
    cr_assert_str_eq(entries(FOLDER), "");
}

Test(zone, planted_links_are_not_followed)
{
    mkdir("outside", 0777);
    mkdir("zone", 0777);
    put_file("outside/victim", "precious");
    cr_assert_eq(symlink("../outside", "zone/source=orders"), 0);
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    hr_error err;
    cr_assert_eq(sink_write(sink, "0000", &err), HR_E_INVALID);
    cr_assert(strstr(err.text, "symbolic link"));
    cr_assert_eq(hr_zone_sink.sweep(sink, NULL, 0, &err), HR_E_INVALID);
    sink_close(sink);
    cr_assert_eq(unlink("zone/source=orders"), 0);
    mkdir("zone/source=orders", 0777);
    cr_assert_eq(symlink("../../outside", "zone/source=orders/" DAY), 0);
    sink = sink_open(&plan);
    cr_assert_eq(sink_write(sink, "0000", &err), HR_E_INVALID);
    cr_assert_eq(hr_zone_sink.sweep(sink, NULL, 0, &err), HR_OK);
    sink_close(sink);
    cr_assert_eq(unlink("zone/source=orders/" DAY), 0);
    mkdir("zone/source=orders/" DAY, 0777);
    cr_assert_eq(symlink("../../../outside/victim", FOLDER "/." JOB "-0000.csv.zst.part"), 0);
    sink = sink_open(&plan);
    hr_receipt receipt = prepared(sink, "0000");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_OK);
    sink_close(sink);
    cr_assert_str_eq(entries("outside"), "victim");
    char text[16] = "";
    FILE *file = fopen("outside/victim", "r");
    cr_assert(fgets(text, sizeof text, file));
    fclose(file);
    cr_assert_str_eq(text, "precious");
}

Test(zone, a_zone_may_be_given_as_a_uri_and_be_made_deep)
{
    char uri[200];
    snprintf(uri, sizeof uri, "file://%s/deep%%20er/zone/", root);
    hr_sink_plan plan = plan_of("orders");
    plan.uri = uri;
    plan.format = "ndjson";
    plan.compression = "none";
    plan.lineage = true;
    void *sink = sink_open(&plan);
    hr_receipt receipt = prepared(sink, "0000");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_OK);
    sink_close(sink);
    FILE *file = fopen("deep er/zone/source=orders/" DAY "/" JOB "-0000.ndjson", "r");
    char line[300] = "";
    cr_assert(file && fgets(line, sizeof line, file));
    fclose(file);
    cr_assert_str_eq(
        line,
        "{\"id\":\"1\",\"name\":\"one\",\"_source\":\"orders\",\"_file\":\"/in/a.csv\",\"_row\":1,\"_offset\":null,"
        "\"_ingested_at\":\"2026-11-22T00:07:00.000Z\",\"_key\":null}\n");
}

static int open_forbidden(void)
{
    hr_sink_plan plan = plan_of("orders");
    void *state = calloc(1, hr_zone_sink.state_size);
    hr_error err;
    int result = hr_zone_sink.open(state, &plan, NULL, &err) == HR_E_PERMISSION && strstr(err.text, "zone") ? 0 : 1;
    free(state);
    return result;
}

Test(zone, a_folder_that_may_not_be_written_is_said_so)
{
    chmod(root, 0555);
    int result = as_nobody(open_forbidden);
    cr_assert(result == 0 || result == 77);
}
