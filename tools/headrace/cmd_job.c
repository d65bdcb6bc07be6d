/* cmd_job.c: headrace job: everything the ledger knows of one job. */
#include "tools/headrace/print.h"
#include "tools/headrace/shell.h"

static void print_member(const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    printf("%-12s", name);
    hr_print_text(stdout, value);
    putchar('\n');
}

static void print_time(const char *name, int64_t wall_ns)
{
    char text[32];
    if (wall_ns != 0)
        hr_time_text(wall_ns, text);
    print_member(name, wall_ns != 0 ? text : NULL);
}

static void print_job(const hr_job *job)
{
    char number[32];
    print_member("job", job->id);
    print_member("status", hr_job_status_name(job->status));
    print_member("error", job->error);
    print_member("feed", job->feed);
    print_member("source", job->source);
    print_member("destination", job->destination);
    print_time("created", job->created_ns);
    print_time("started", job->started_ns);
    print_time("finished", job->finished_ns);
    print_member("attempts", hr_number_text(job->attempts, number));
    if (job->position.size > 0) {
        printf("%-12s", "position");
        hr_print_safe(stdout, job->position.bytes, job->position.size);
        putchar('\n');
    }
    print_member("options", job->options);
    print_member("metadata", job->metadata);
}

/* ---- where the sources of its feed stand now ------------------------------------------------------------------- */

typedef struct parts {
    const hr_job *job;
    hr_line *json; /* NULL: print them */
} parts;

/* A job of one of several members has the feed "name@member", its parts belong to "name". */
static bool same_feed(const char *feed, const hr_job *job)
{
    size_t size = strlen(feed);
    return strncmp(feed, job->feed, size) == 0 && (job->feed[size] == '\0' || job->feed[size] == '@');
}

static hr_status show_part(void *context, const hr_part_record *record, hr_error *err)
{
    const parts *all = context;
    (void)err;
    if (!same_feed(record->feed, all->job))
        return HR_OK;
    if (all->json == NULL) {
        printf("%-12s", "stands at");
        hr_print_text(stdout, record->source);
        if (record->name[0] != '\0') {
            putchar(' ');
            hr_print_text(stdout, record->name);
        }
        putchar(' ');
        hr_print_text(stdout, record->at);
        if (record->lag != HR_UNKNOWN) {
            char number[32];
            printf(", %s behind the end", hr_number_text(record->lag, number));
        }
        putchar('\n');
        return HR_OK;
    }
    hr_line_open(all->json, NULL, '{');
    hr_line_text(all->json, "source", record->source);
    hr_line_text(all->json, "part", record->name);
    hr_line_text(all->json, "at", record->at);
    if (record->lag != HR_UNKNOWN)
        hr_line_number(all->json, "lag", record->lag);
    hr_line_text(all->json, "job", record->job);
    hr_line_time(all->json, "changed", record->changed_ns);
    hr_line_close(all->json, '}');
    return HR_OK;
}

static hr_status show_parts(hr_ledger *ledger, const hr_job *job, hr_line *json, hr_error *err)
{
    parts all = {job, json};
    const char *type = job->source_type;
    if (type == NULL || strcmp(type, "file") == 0 || strcmp(type, "stdin") == 0)
        return HR_OK;
    if (json != NULL)
        hr_line_open(json, "parts", '[');
    hr_status status = hr_ledger_parts(ledger, NULL, show_part, &all, err);
    if (json != NULL)
        hr_line_close(json, ']');
    return status;
}

static int run(const hr_args *args)
{
    hr_ledger *ledger = NULL;
    hr_job job = {0};
    hr_error err;
    int exit = HR_EXIT_DONE;
    hr_status status = hr_ledger_look(args, &ledger, &err);
    if (status == HR_END)
        return HR_EXIT_FAILED;
    if (status == HR_OK)
        status = hr_ledger_job(ledger, args->operands[0], &job, &err);
    bool found = status == HR_OK;
    if (found && hr_args_bool(args, "json")) {
        hr_line json = {0};
        hr_line_open(&json, NULL, '{');
        hr_line_job(&json, &job);
        status = show_parts(ledger, &job, &json, &err);
        hr_line_close(&json, '}');
        if (status == HR_OK)
            exit = hr_line_print(&json, stdout) ? HR_EXIT_DONE : HR_EXIT_FAILED;
        hr_line_free(&json);
    } else if (found) {
        print_job(&job);
        status = show_parts(ledger, &job, NULL, &err);
        hr_print_counts(stdout, &job.counts);
    }
    if (status != HR_OK) {
        hr_print_error(&err);
        exit = hr_exit_of(&err);
    }
    if (found)
        hr_job_clear(&job);
    hr_ledger_close(ledger);
    return exit;
}

static const hr_option flags[] = {HR_FLAG_LEDGER, HR_FLAG_JSON("Print one JSON object.")};

static const hr_example examples[] = {
    {"headrace job 0190a1b2-c3", "status, times, position, options, what was detected, and the account"},
    {"headrace job 0190a1b2-c3 --json | jq .metadata", "what was detected, for a program"},
};

const hr_command hr_command_job = {
    .name = "job",
    .group = "Look back",
    .summary = "show everything about one job",
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
