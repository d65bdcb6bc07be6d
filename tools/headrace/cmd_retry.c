/* cmd_retry.c: headrace retry: mended rows back into their job, or a stopped job on from its checkpoint. */
#include "tools/headrace/print.h"
#include "tools/headrace/running.h"

static hr_status retry(hr_run *run, void *context, hr_run_summary *summary, hr_error *err)
{
    const hr_args *args = context;
    return hr_run_retry(run, args->operands[0], hr_args_text(args, "rows"), summary, err);
}

static int run(const hr_args *args)
{
    return hr_running_job(args, retry);
}

static const hr_option flags[] = {
    {"rows", HR_OPTION_TEXT, NULL, "FILE",
     "Mended rows, in the dialect of the job, without a header (- for standard input).", false},
    HR_FLAG_LEDGER,
    HR_FLAG_JSON("Print the job as a JSON object instead of its account."),
};

static const hr_example examples[] = {
    {"headrace errors 0190a1b2-c3 --csv > bad.csv", "take the rejected rows out, mend them in an editor, and then:"},
    {"headrace retry 0190a1b2-c3 --rows bad.csv", "put them back; rows that are left out count as skipped"},
    {"headrace retry 0190a1b2-c3", "continue a job that failed or was stopped, with its own options"},
};

const hr_command hr_command_retry = {
    .name = "retry",
    .group = "Load",
    .summary = "put mended rows back into a job, or continue a job that stopped",
    .operands = "JOB",
    .operands_least = 1,
    .operands_most = 1,
    .details = "JOB is a job's id or the beginning of one that no other job shares.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .run = run,
};
