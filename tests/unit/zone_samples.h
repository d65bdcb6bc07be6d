/* zone_samples.h: what the tests of the raw zone share: a plan, two rows, and what lies in a folder. */
#ifndef HR_TESTS_ZONE_SAMPLES_H
#define HR_TESTS_ZONE_SAMPLES_H

#include <dirent.h>
#include <zstd.h>

#include "tests/unit/file_samples.h"

TestSuite(zone, .init = make_root, .fini = remove_root, .timeout = 20);

static const char *const columns[] = {"id", "name"};
#define JOB "0193-job"
#define DAY "ingest_date=2026-11-22"

static inline hr_sink_plan plan_of(const char *feed)
{
    return (hr_sink_plan){.uri = "zone",
                          .feed = feed,
                          .job = JOB,
                          .file = "/in/a.csv",
                          .columns = columns,
                          .column_count = 2,
                          .format = "csv",
                          .compression = "zstd",
                          .started_ns = 1795306020ll * 1000000000};
}

static inline void *sink_open(const hr_sink_plan *plan)
{
    void *state = calloc(1, hr_zone_sink.state_size);
    hr_error err;
    cr_assert_eq(hr_zone_sink.open(state, plan, NULL, &err), HR_OK, "%s", err.text);
    return state;
}

static inline void sink_close(void *state)
{
    hr_zone_sink.close(state);
    free(state);
}

static const hr_dialect comma = {',', '"', HR_NO_BYTE, HR_NO_BYTE};

static inline hr_status sink_write(void *state, const char *start, hr_error *err)
{
    const uint8_t *data = (const uint8_t *)"1,one\n2,two\n";
    const uint16_t begins[] = {0, 2, 6, 8, 12};
    const uint32_t first[] = {0, 2};
    hr_batch batch = {.data = data,
                      .begins = begins,
                      .offset_bytes = 2,
                      .rows = 2,
                      .columns = 2,
                      .row_first = first,
                      .first_row = 1,
                      .dialect = &comma};
    uint64_t bytes = 0;
    hr_status status = hr_zone_sink.write(state, &(hr_parcel){.batch = &batch, .row_count = 2}, start, &bytes, err);
    cr_assert(status != HR_OK || bytes > 0);
    return status;
}

static inline hr_status prepare(void *state, hr_receipt *receipt, hr_error *err)
{
    hr_outcome outcome;
    hr_status status = hr_zone_sink.prepare(state, &(hr_checkpoint){0}, &outcome, err);
    if (status == HR_OK)
        *receipt = outcome.receipt;
    return status;
}

static inline hr_receipt prepared(void *state, const char *start)
{
    hr_receipt receipt;
    hr_error err;
    cr_assert_eq(sink_write(state, start, &err), HR_OK, "%s", err.text);
    cr_assert_eq(prepare(state, &receipt, &err), HR_OK, "%s", err.text);
    cr_assert_gt(receipt.size, 0);
    return receipt;
}

/* The folder's entries by name, dotfiles too, separated by '|'. */
static inline const char *entries(const char *path)
{
    static char text[4096];
    struct dirent **list = NULL;
    int count = scandir(path, &list, NULL, alphasort);
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, ".."))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? "|" : "", list[i]->d_name);
        free(list[i]);
    }
    free(list);
    return text;
}

static inline void assert_holds(const char *path, const char *expected)
{
    char stored[4096], text[4096];
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s is missing", path);
    size_t size = fread(stored, 1, sizeof stored, file);
    fclose(file);
    size_t got = ZSTD_decompress(text, sizeof text - 1, stored, size);
    cr_assert(!ZSTD_isError(got));
    text[got] = '\0';
    cr_assert_str_eq(text, expected);
}

#define FOLDER "zone/source=orders/" DAY

/* What a killed process leaves: no close, another instance goes on. */
static inline hr_receipt crash_after_prepare(const char *feed, const char *start)
{
    int ends[2];
    hr_receipt receipt;
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        hr_sink_plan plan = plan_of(feed);
        receipt = prepared(sink_open(&plan), start);
        _exit(write(ends[1], &receipt, sizeof receipt) == sizeof receipt ? 0 : 1);
    }
    cr_assert_eq(read(ends[0], &receipt, sizeof receipt), sizeof receipt);
    waitpid(pid, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return receipt;
}

#endif
