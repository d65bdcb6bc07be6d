/* cmd_abandon.c: headrace abandon: gives up a job that stopped, so that its input can go elsewhere, or anew. */
#include "tools/headrace/print.h"
#include "tools/headrace/running.h"

static hr_status abandon(hr_run *run, void *context, hr_run_summary *summary, hr_error *err)
{
    const hr_args *args = context;
    return hr_run_abandon(run, args->operands[0], hr_args_bool(args, "force"), summary, err);
}

static int run(const hr_args *args)
{
    return hr_running_job(args, abandon);
}

static const hr_option flags[] = {
    {"force", HR_OPTION_BOOL, "no", NULL,
     "Also when what the job recorded last cannot be made visible, because its destination is gone or has lost it.",
     false},
    HR_FLAG_LEDGER,
    HR_FLAG_JSON("Print the job as a JSON object instead of its account."),
};

static const hr_example examples[] = {
    {"headrace abandon 0190a1b2-c3", "give up a job that failed or was stopped"},
    {"headrace ingest orders.csv --to elsewhere/", "and load its input anew, wherever it is to go"},
};

const hr_command hr_command_abandon = {
    .name = "abandon",
    .group = "Load",
    .summary = "give up a job that stopped, so that its input can go elsewhere",
    .operands = "JOB",
    .operands_least = 1,
    .operands_most = 1,
    .details =
        "JOB is a job's id or the beginning of one that no other job shares. What it landed stays where it is, keys "
        "included. Its file is loaded from the beginning when it is given again, by another job; a table or a topic "
        "goes on where its feed stands. In a raw zone the files that the job landed begin with its id.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .run = run,
};
