/* cmd_count.c: headrace count: the number of records of each file. */
#include <inttypes.h>

#include "core/reader/reader.h"
#include "tools/headrace/args.h"
#include "tools/headrace/print.h"

typedef struct counted {
    uint64_t records, skipped, damaged;
    bool validated; /* damaged is known */
} counted;

static hr_status count_file(const hr_args *args, const char *file, counted *out, hr_error *err)
{
    hr_reader *reader = NULL;
    hr_status status = hr_reader_open(file, hr_args_library(args), &reader, err);
    if (status == HR_OK)
        status = hr_reader_want(reader, HR_WANT_RECORDS, NULL, err);
    if (status == HR_OK)
        status = hr_reader_count(reader, &out->records, &out->skipped, err);
    hr_reader_facts facts;
    if (status == HR_OK)
        status = hr_reader_describe(reader, &facts, err);
    out->validated = status == HR_OK && strcmp(facts.format, "ndjson") == 0;
    out->damaged = out->validated ? hr_reader_counted_rejects(reader) : 0;
    hr_reader_close(reader);
    return status == HR_END ? HR_OK : status;
}

static int run(const hr_args *args)
{
    int exit = HR_EXIT_DONE;
    hr_line json = {0};
    for (size_t i = 0; i < args->operand_count; i++) {
        counted count = {0};
        hr_error err;
        if (count_file(args, args->operands[i], &count, &err) != HR_OK) {
            hr_error_origin(&err, args->operands[i]);
            hr_print_error(&err);
            exit = hr_exit_of(&err);
        } else if (hr_args_bool(args, "json")) {
            hr_line_open(&json, NULL, '{');
            hr_line_text(&json, "file", args->operands[i]);
            hr_line_number(&json, "records", count.records);
            hr_line_number(&json, "skipped", count.skipped);
            if (count.validated)
                hr_line_number(&json, "damaged", count.damaged);
            hr_line_close(&json, '}');
            if (!hr_line_print(&json, stdout))
                exit = HR_EXIT_FAILED;
        } else {
            printf("%" PRIu64 "\n", count.records);
        }
        if (count.damaged > 0)
            hr_message("%s: %" PRIu64 " of the records would be rejected; headrace check shows them", args->operands[i],
                       count.damaged);
    }
    hr_line_free(&json);
    return exit;
}

static const hr_option flags[] = {HR_FLAG_JSON("Print one JSON object a file.")};

static const hr_example examples[] = {
    {"headrace count orders.csv", "the number of records, good and bad ones, without the header"},
    {"headrace count a.csv.gz b.csv.zst", "one number a file, in order"},
    {"xz -dc orders.csv.xz | headrace count -", "what comes through a pipe"},
    {"headrace count events.ndjson", "lines of JSON, validated; how many are damaged is told on standard error"},
    {"headrace count --no-header --delimiter ';' orders.csv", "the first record counts as well"},
};

const hr_command hr_command_count = {
    .name = "count",
    .group = "Work on files",
    .summary = "count the records of files",
    .operands = "FILE...",
    .operands_least = 1,
    .operands_most = HR_ANY_OPERANDS,
    .details =
        "Prints the number of records alone on its line. Newlines between quotes do not count, and neither do "
        "blank lines, comments and the header. Records that would be rejected do. Of NDJSON, every byte of which "
        "is validated on the way, standard error says how many of them there are.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .takes = HR_TAKES_READER,
    .run = run,
};
