/* test_stdout_sink.c: rows to standard output; and which connector a URI or path belongs to. */
#include <fcntl.h>

#include "connectors/registry.h"
#include "tests/unit/zone_samples.h"

Test(output, standard_output_gets_one_header_and_all_rows, .init = make_root, .fini = remove_root)
{
    fflush(stdout);
    int saved = dup(1), fd = open("out", O_RDWR | O_CREAT, 0666);
    dup2(fd, 1);
    hr_sink_plan plan = plan_of("orders");
    plan.uri = "-";
    plan.compression = "none";
    void *state = calloc(1, hr_stdout_sink.state_size);
    const uint16_t begins[] = {0, 2, 6};
    hr_batch batch = {.data = (const uint8_t *)"1,one\n",
                      .begins = begins,
                      .offset_bytes = 2,
                      .rows = 1,
                      .columns = 2,
                      .row_first = (const uint32_t[]){0},
                      .first_row = 1,
                      .dialect = &comma};
    uint64_t bytes;
    hr_outcome outcome = {.receipt.size = 1};
    hr_status statuses[5];
    statuses[0] = hr_stdout_sink.open(state, &plan, NULL, NULL);
    statuses[1] = hr_stdout_sink.write(state, &(hr_parcel){.batch = &batch}, "0", &bytes, NULL);
    statuses[2] = hr_stdout_sink.prepare(state, &(hr_checkpoint){0}, &outcome, NULL);
    statuses[3] = hr_stdout_sink.write(state, &(hr_parcel){.batch = &batch}, "1", &bytes, NULL);
    statuses[4] = hr_stdout_sink.prepare(state, &(hr_checkpoint){0}, &outcome, NULL);
    hr_stdout_sink.close(state);
    dup2(saved, 1);
    free(state);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(statuses[i], HR_OK);
    cr_assert_eq(outcome.receipt.size, 0);
    char text[100] = "";
    cr_assert_eq(pread(fd, text, sizeof text - 1, 0), 20);
    cr_assert_str_eq(text, "id,name\n1,one\n1,one\n");
    cr_assert(hr_stdout_sink.capabilities & HR_SINK_VOLATILE);
}

Test(registry, finds_a_connector_by_scheme_and_takes_the_rest_for_paths)
{
    cr_assert_eq(hr_registry_drop("in/*.csv", NULL), &hr_file_drop);
    cr_assert_eq(hr_registry_drop("file:///x", NULL), &hr_file_drop);
    cr_assert_eq(hr_registry_drop("FILE:///x", NULL), &hr_file_drop);
    cr_assert_eq(hr_registry_drop("-", NULL), &hr_file_drop);
    cr_assert_eq(hr_registry_drop("a:b.csv", NULL), &hr_file_drop);
    cr_assert_eq(hr_registry_drop("./s3://x", NULL), &hr_file_drop);
    cr_assert_null(hr_registry_drop("nowhere://x", NULL));
    cr_assert_eq(hr_registry_sink("-", NULL), &hr_stdout_sink);
    cr_assert_eq(hr_registry_sink("zone/", NULL), &hr_zone_sink);
    cr_assert_null(hr_registry_sink("nowhere://x", NULL));
    cr_assert(strstr(hr_registry_schemes(), "file"));
}
