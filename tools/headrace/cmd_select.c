/* cmd_select.c: headrace select: some columns of files. */
#include "tools/headrace/print.h"
#include "tools/headrace/transform.h"

static int run(const hr_args *args)
{
    return hr_transform(args, args->operands[0], args->operands + 1, args->operand_count - 1);
}

static const hr_option flags[] = {HR_FLAGS_TRANSFORM};

static const hr_example examples[] = {
    {"headrace select id,amount orders.csv", "two columns by name, in that order"},
    {"headrace select 3,1 orders.csv.gz", "by number, from 1"},
    {"headrace select '\"last, first\",age' people.csv", "a name that holds a comma"},
    {"headrace select id,/user/name events.ndjson", "a member and a JSON Pointer of NDJSON"},
    {"headrace select id --write ndjson in/*.csv", "one JSON object a row, files one after the other"},
};

const hr_command hr_command_select = {
    .name = "select",
    .group = "Work on files",
    .summary = "print some columns of files",
    .operands = "COLUMNS FILE...",
    .operands_least = 2,
    .operands_most = HR_ANY_OPERANDS,
    .details =
        "COLUMNS is a comma-separated list of names or numbers, of NDJSON of names of members and JSON Pointers; "
        "a column may stand in it more than once. Files "
        "behind the first are matched by name. Rejected rows are told on standard error.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .takes = HR_TAKES_READER,
    .run = run,
};
