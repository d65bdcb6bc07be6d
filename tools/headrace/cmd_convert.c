/* cmd_convert.c: headrace convert: files as CSV in UTF-8, or as NDJSON. */
#include "tools/headrace/print.h"
#include "tools/headrace/transform.h"

static int run(const hr_args *args)
{
    return hr_transform(args, NULL, args->operands, args->operand_count);
}

static const hr_option flags[] = {HR_FLAGS_TRANSFORM};

static const hr_example examples[] = {
    {"headrace convert --write ndjson orders.csv", "one JSON object a row"},
    {"headrace convert --schema orders.json orders.csv", "only the rows that keep to a schema"},
    {"headrace convert --columns id,/user/name events.ndjson", "NDJSON to CSV, of these columns"},
    {"headrace convert --output orders.csv.zst orders-utf16.txt", "to plain CSV in UTF-8, compressed"},
    {"headrace convert --out-delimiter tab a.csv b.csv", "several files as one, tab-separated"},
};

const hr_command hr_command_convert = {
    .name = "convert",
    .group = "Work on files",
    .summary = "write files as plain CSV in UTF-8, or as NDJSON",
    .operands = "FILE...",
    .operands_least = 1,
    .operands_most = HR_ANY_OPERANDS,
    .details =
        "Every value stays as it is written: nothing is guessed to be a number or a date; with --schema, NDJSON has the "
        "numbers and truth values of the schema as such. Records of NDJSON pass to "
        "NDJSON whole; as CSV, one that has a member beyond the columns of the sample is rejected, unless --columns "
        "or --members says otherwise. Files behind the first "
        "must have its columns, in any order. Rejected rows are told on standard error.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .takes = HR_TAKES_READER,
    .run = run,
};
