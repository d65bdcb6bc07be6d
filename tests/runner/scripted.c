/* scripted.c: runs with the source and the destination of scripted.h, and what must be true behind them. */
#include "tests/runner/scripted.h"

#include <inttypes.h>

#include "connectors/registry.h"

script plan_of_test;
seen seen_by_test;
hr_run *scripted_running;

hr_status scripted_gone(hr_error *err, const char *what)
{
    hr_fail(err, HR_E_IO, "the %s went away", what);
    err->retryable = true;
    return HR_E_IO;
}

static const hr_source_type *find_source(const char *uri, hr_error *err)
{
    if (!strncmp(uri, "scripted:", 9))
        return &scripted_source_type;
    hr_fail(err, HR_E_UNSUPPORTED, "no source");
    return NULL;
}

static const hr_sink_type *find_sink(const char *uri, hr_error *err)
{
    return strncmp(uri, "scripted:", 9) ? hr_registry_sink(uri, err) : &scripted_sink_type;
}

const hr_connectors scripted_connectors = {hr_registry_drop, find_source, find_sink};

static void see_event(void *context, const char *kind, const char *job, const char *detail)
{
    (void)context, (void)job, (void)detail;
    seen_by_test.reconnects += !strcmp(kind, "Reconnecting");
    seen_by_test.drops += !strcmp(kind, "RowCountDropped");
}

static hr_run *begin_run(const char *ledger, const char *const *settings, hr_error *err)
{
    size_t count;
    const hr_option *table = hr_ingest_options(&count);
    hr_options *options = NULL;
    hr_run *run = NULL;
    hr_run_watch watch = {.event = see_event};
    cr_assert_eq(hr_options_new(table, count, &options, err), HR_OK);
    cr_assert_eq(hr_options_set(options, "ledger", ledger, err), HR_OK);
    for (size_t i = 0; settings && settings[i]; i++) {
        char key[64];
        const char *equals = strchr(settings[i], '=');
        snprintf(key, sizeof key, "%.*s", (int)(equals - settings[i]), settings[i]);
        cr_assert_eq(hr_options_set(options, key, equals + 1, err), HR_OK, "%s", err->text);
    }
    cr_assert_eq(hr_run_create(options, &watch, NULL, &scripted_connectors, &run, err), HR_OK, "%s", err->text);
    hr_options_free(options);
    return run;
}

hr_status scripted_run(const char *ledger, const char *const *settings, const char *source, hr_run_summary *summary,
                       hr_error *err)
{
    *summary = (hr_run_summary){0};
    hr_run *run = scripted_running = begin_run(ledger, settings, err);
    hr_status status = hr_run_ingest(run, &source, 1, summary, err);
    hr_run_free(run);
    return status;
}

hr_status scripted_retry(const char *ledger, const char *const *settings, const char *job, const char *rows,
                         hr_run_summary *summary, hr_error *err)
{
    *summary = (hr_run_summary){0};
    hr_run *run = begin_run(ledger, settings, err);
    hr_status status = hr_run_retry(run, job, rows, summary, err);
    hr_run_free(run);
    return status;
}

hr_status scripted_abandon(const char *ledger, const char *job, hr_run_summary *summary, hr_error *err)
{
    *summary = (hr_run_summary){0};
    hr_run *run = begin_run(ledger, NULL, err);
    hr_status status = hr_run_abandon(run, job, false, summary, err);
    hr_run_free(run);
    return status;
}

void scripted_check(uint64_t records)
{
    uint64_t rows = 0;
    for (uint64_t i = 0; i < records; i++) {
        bool blank = plan_of_test.blank && i % 10 == 9;
        bool refused = plan_of_test.refuse_every && i % plan_of_test.refuse_every == 0;
        bool gave_way = plan_of_test.duplicate_every && i % plan_of_test.duplicate_every == 0;
        uint32_t expected = !blank && !refused && !gave_way;
        cr_assert_eq(seen_by_test.table[i], expected, "record %" PRIu64 " is %u times in the destination", i,
                     seen_by_test.table[i]);
        rows += expected;
    }
    cr_assert_eq(seen_by_test.rows, rows);
}

void scripted_begin(char ledger[64])
{
    char folder[] = "/tmp/test-runner-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    snprintf(ledger, 64, "%s/ledger.db", folder);
}

void scripted_end(const char *ledger)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %.*s", (int)(strrchr(ledger, '/') - ledger), ledger);
    cr_assert_eq(system(command), 0);
}

void scripted_input(const char *ledger, uint32_t records, uint32_t every, char path[80])
{
    snprintf(path, 80, "%.*s/in.csv", (int)(strrchr(ledger, '/') - ledger), ledger);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fprintf(file, "number,part\n");
    for (uint32_t i = 0; i < records; i++)
        for (int times = every && i % every == every - 1 ? 2 : 1; times > 0; times--)
            fprintf(file, "%u,0\n", i);
    cr_assert_eq(fclose(file), 0);
}
