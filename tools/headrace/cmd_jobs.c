/* cmd_jobs.c: headrace jobs: what was ingested, the newest first. */
#include "tools/headrace/print.h"
#include "tools/headrace/shell.h"

typedef struct listing {
    bool as_json, lost;
    hr_table table;
} listing;

static hr_status show_job(void *context, const hr_job *job, hr_error *err)
{
    listing *list = context;
    (void)err;
    if (list->as_json) {
        hr_line json = {0};
        hr_line_open(&json, NULL, '{');
        hr_line_job(&json, job);
        hr_line_close(&json, '}');
        list->lost = !hr_line_print(&json, stdout) || list->lost;
        hr_line_free(&json);
        return HR_OK;
    }
    char when[32] = "";
    if (job->started_ns != 0)
        hr_time_text(job->started_ns, when);
    hr_table_add(&list->table, job->id);
    hr_table_add(&list->table, hr_job_status_name(job->status));
    hr_table_add(&list->table, job->feed);
    hr_table_number(&list->table, job->counts.read);
    hr_table_number(&list->table, job->counts.loaded);
    hr_table_number(&list->table, job->counts.duplicate);
    hr_table_number(&list->table, job->counts.rejected);
    hr_table_number(&list->table, job->counts.skipped);
    hr_table_add(&list->table, when);
    hr_table_add(&list->table, job->source);
    return HR_OK;
}

static int run(const hr_args *args)
{
    static const char *const headings[] = {"JOB",        "STATUS",    "FEED",     ">READ",   ">LOADED",
                                           ">DUPLICATE", ">REJECTED", ">SKIPPED", "STARTED", "SOURCE"};
    listing list = {.as_json = hr_args_bool(args, "json"),
                    .table = {.headings = headings, .columns = HR_COUNT(headings)}};
    hr_ledger *ledger = NULL;
    hr_error err;
    hr_status status = hr_ledger_look(args, &ledger, &err);
    if (status == HR_END)
        return HR_EXIT_NOTHING;
    if (status == HR_OK)
        status =
            hr_ledger_jobs(ledger, hr_args_text(args, "feed"), hr_args_number(args, "limit", 0), show_job, &list, &err);
    bool good = hr_table_print(&list.table, stdout) && !list.lost;
    hr_ledger_close(ledger);
    if (status != HR_OK && status != HR_END) {
        hr_print_error(&err);
        return hr_exit_of(&err);
    }
    return good ? HR_EXIT_DONE : HR_EXIT_FAILED;
}

static const hr_option flags[] = {
    {"feed", HR_OPTION_TEXT, NULL, "NAME", "Only the jobs of this feed.", false},
    {"limit", HR_OPTION_COUNT, "20", "N", "How many jobs at most; 0: all.", false},
    HR_FLAG_LEDGER,
    HR_FLAG_JSON("Print one JSON object a line."),
};

static const hr_example examples[] = {
    {"headrace jobs", "the last twenty jobs"},
    {"headrace jobs --feed orders --limit 0", "all jobs of a feed"},
    {"headrace jobs --json | jq -r 'select(.status == \"FAILED\") | .id'", "for a program"},
};

const hr_command hr_command_jobs = {
    .name = "jobs",
    .group = "Look back",
    .summary = "list jobs, the newest first",
    .operands = "",
    .details = "In a pipe the columns are separated by tabs and have no heading: job, status, feed, read, loaded, "
               "duplicate, rejected, skipped, started, source.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .run = run,
};
