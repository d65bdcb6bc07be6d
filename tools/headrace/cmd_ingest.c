/* cmd_ingest.c: headrace ingest: files, tables and topics to a destination, every row exactly once. */
#include <sys/stat.h>

#include "tools/headrace/print.h"
#include "tools/headrace/running.h"
#include "tools/headrace/shell.h"

static hr_status ingest(hr_run *run, void *context, hr_run_summary *summary, hr_error *err)
{
    const hr_args *args = context;
    return hr_run_ingest(run, args->operands, args->operand_count, summary, err);
}

/* Options of reading that cannot be are a wrong command line, found before there is a job that fails by them. */
static hr_status check_reading(const hr_options *options, hr_error *err)
{
    hr_reader *reader = NULL;
    hr_status status = hr_reader_new(options, &reader, err);
    hr_reader_close(reader);
    return status;
}

/* Of `ingest orders.csv zone` and `cp`: the last operand is meant as the destination when it is a folder, or nothing
 * yet, or a URI behind files. */
static int without_destination(const hr_args *args)
{
    const char *last = args->operands[args->operand_count - 1];
    struct stat info;
    bool there = stat(last, &info) == 0;
    bool meant = args->operand_count > 1 && (!there || S_ISDIR(info.st_mode));
    return hr_usage("say where the rows shall go: headrace ingest %s --to %s", args->operands[0],
                    meant ? last : "DEST");
}

static int run(const hr_args *args)
{
    const char *to = hr_args_text(args, "to");
    if (to == NULL || to[0] == '\0')
        return without_destination(args);
    hr_error err;
    char *ledger = hr_ledger_place(args, &err);
    if (ledger == NULL || check_reading(hr_args_library(args), &err) != HR_OK ||
        hr_options_set(hr_args_library(args), "ledger", ledger, &err) != HR_OK) {
        hr_free(ledger);
        hr_print_error(&err);
        return hr_exit_of(&err);
    }
    hr_free(ledger);
    hr_args copy = *args;
    return hr_running(hr_args_library(args), hr_args_bool(args, "json"), strcmp(to, "-") == 0, ingest, &copy);
}

static const hr_option flags[] = {HR_FLAG_LEDGER, HR_FLAG_JSON("Print one JSON object a job instead of its account.")};

static const hr_example examples[] = {
    {"headrace ingest orders.csv.gz --to zone/",
     "land the rows in a folder, as segments that appear when they are whole"},
    {"headrace ingest 'in/*.csv' --to zone/ --name orders --key id",
     "a feed; a row whose id was loaded before is a duplicate"},
    {"headrace ingest events.ndjson --to zone/ --key /event/id", "NDJSON, records as they are, each key once"},
    {"headrace ingest big.csv --to zone/ --write ndjson --compress gzip --segment-rows 1M", "other segments"},
    {"headrace ingest orders.csv --to postgres://loader@db/shop --table orders --mode merge --key order_id",
     "into a table of PostgreSQL; rows whose key is there are updated"},
    {"headrace ingest 'postgres://reader@db/shop?table=orders' --watermark updated_at --to zone/",
     "from a table: what changed since the last run"},
    {"headrace ingest kafka://broker:9092/orders --from earliest --to zone/ --name orders",
     "from a topic, until it is stopped; the next start goes on from there"},
    {"zcat in.csv.gz | headrace ingest - --to zone/ --max-errors 1%",
     "from a pipe; fail when more than one row in a hundred is bad"},
};

const hr_command hr_command_ingest = {
    .name = "ingest",
    .group = "Load",
    .summary = "load files, tables or topics into a destination, every row exactly once",
    .operands = "SOURCE...",
    .operands_least = 1,
    .operands_most = HR_ANY_OPERANDS,
    .details =
        "SOURCE is a file, a folder, a pattern, - for standard input, postgres:// or kafka://. One job a file. A file that was loaded under the same name is recognised by its content and passed over; a "
        "job that was stopped, by a signal or by kill -9, goes on where it was when the same command is given again. The last "
        "line of a job accounts for every row: on standard output, or on standard error when the rows themselves "
        "go to standard output (--to -).",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .takes = HR_TAKES_INGEST,
    .run = run,
};
