/* cmd_audit.c: headrace audit: whether what a feed has pulled by a watermark is all there, window by window. */
#include "connectors/registry.h"
#include "core/base/uri.h"
#include "core/job/run.h"
#include "tools/headrace/print.h"
#include "tools/headrace/shell.h"

/* ---- counts -------------------------------------------------------------------------------------------------- */

typedef struct window {
    char begin[64];
    uint64_t rows[2]; /* source, destination */
} window;

typedef struct windows {
    window *list;
    size_t count, capacity, at; /* at: where the next of the destination is looked for */
    unsigned side;
} windows;

static hr_status insert(windows *all, size_t at, const char *begin, hr_error *err)
{
    window *list = hr_array_room(all->list, all->count, &all->capacity, 64, sizeof *list);
    if (!list)
        return hr_fail_memory(err, "counting rows by windows");
    all->list = list;
    memmove(all->list + at + 1, all->list + at, (all->count - at) * sizeof *all->list);
    all->count++;
    all->list[at] = (window){0};
    snprintf(all->list[at].begin, sizeof all->list[at].begin, "%s", begin);
    return HR_OK;
}

/* Both sides come in the order of time, and their texts sort like that. */
static hr_status take(void *context, const char *begin, uint64_t rows, hr_error *err)
{
    windows *all = context;
    while (all->at < all->count && strcmp(all->list[all->at].begin, begin) < 0)
        all->at++;
    if (all->at == all->count || strcmp(all->list[all->at].begin, begin)) {
        hr_status status = insert(all, all->at, begin, err);
        if (status != HR_OK)
            return status;
    }
    all->list[all->at].rows[all->side] += rows;
    return HR_OK;
}

/* ---- the two sides ------------------------------------------------------------------------------------------- */

static hr_status take_job(void *context, const hr_job *job, hr_error *err)
{
    char *id = context;
    (void)err;
    if (!job->position.size || !hr_registry_source(job->source, NULL))
        return HR_OK; /* nothing was read, or files were */
    memcpy(id, job->id, sizeof job->id);
    return HR_END;
}

/* The newest job of the feed that pulled something. */
static hr_status find_job(hr_ledger *ledger, const char *feed, hr_job *out, hr_error *err)
{
    char id[sizeof out->id] = "";
    hr_status status = hr_ledger_jobs(ledger, feed, 0, take_job, id, err);
    if (status != HR_OK && status != HR_END)
        return status;
    if (!id[0])
        return hr_fail(err, HR_E_NOT_FOUND, "the feed '%s' has read no table of a database yet", feed);
    return hr_ledger_job(ledger, id, out, err);
}

/* The options of a connector, from the flags that the job was given, and the URI. */
static hr_status take_options(const hr_job *job, const char *recorded, const char *flag, const hr_option *table,
                              size_t count, hr_options **out, char **uri, hr_error *err)
{
    size_t ingest_count;
    const hr_option *ingest = hr_ingest_options(&ingest_count);
    hr_options *given = NULL;
    hr_status status = hr_options_new(ingest, ingest_count, &given, err);
    if (status == HR_OK)
        status = hr_options_restore(given, job->options, err);
    if (status == HR_OK)
        status = hr_options_new(table, count, out, err);
    if (status == HR_OK && hr_options_given(given, flag))
        status = hr_options_set(*out, flag, hr_options_get(given, flag), err);
    if (status == HR_OK)
        status = hr_uri_options(recorded, table, count, *out, uri, err);
    hr_options_free(given);
    return status;
}

static hr_status count_source(const hr_job *job, hr_windows *ask, windows *all, hr_error *err)
{
    const hr_source_type *type = hr_registry_source(job->source, err);
    hr_options *options = NULL;
    char *uri = NULL;
    if (!type)
        return HR_E_UNSUPPORTED;
    if (!type->windows)
        return hr_fail(err, HR_E_UNSUPPORTED, "a source of this kind (%s) has no windows of time", type->scheme);
    hr_status status =
        take_options(job, job->source, "watermark", type->options, type->option_count, &options, &uri, err);
    if (status == HR_OK)
        status = type->windows(uri, options, ask, take, all, err);
    hr_options_free(options);
    hr_free(uri);
    return status;
}

static hr_status count_destination(const hr_job *job, const hr_windows *ask, windows *all, hr_error *err)
{
    const hr_sink_type *type = hr_registry_sink(job->destination, err);
    const hr_source_type *source = hr_registry_source(job->source, err);
    hr_options *options = NULL;
    char *uri = NULL, *title = NULL;
    if (!type || !source)
        return HR_E_UNSUPPORTED;
    if (!type->windows)
        return hr_fail(err, HR_E_UNSUPPORTED, "the rows went to %s, and only tables of a database can be counted there",
                       job->destination);
    hr_status status =
        take_options(job, job->destination, "table", type->options, type->option_count, &options, &uri, err);
    if (status == HR_OK)
        status = hr_feed_title(source, job->source, job->feed, &title, err);
    if (status == HR_OK)
        status = type->windows(uri, options, title, ask, take, all, err);
    hr_options_free(options);
    hr_free(title);
    hr_free(uri);
    return status;
}

/* ---- what comes of it ---------------------------------------------------------------------------------------- */

static const char *verdict(const window *one)
{
    return one->rows[1] < one->rows[0] ? "missing" : one->rows[1] > one->rows[0] ? "more" : "same";
}

static int show(const hr_args *args, const windows *all, const hr_windows *ask)
{
    static const char *const headings[] = {"WINDOW", ">SOURCE", ">DESTINATION", "VERDICT"};
    hr_table table = {.headings = headings, .columns = HR_COUNT(headings)};
    bool as_json = hr_args_bool(args, "json"), lost = false;
    size_t missing = 0;
    for (size_t i = 0; i < all->count; i++) {
        const window *one = &all->list[i];
        missing += one->rows[1] < one->rows[0];
        if (one->rows[0] == one->rows[1] && !hr_args_bool(args, "all"))
            continue;
        if (as_json) {
            hr_line json = {0};
            hr_line_open(&json, NULL, '{');
            hr_line_text(&json, "window", one->begin);
            hr_line_number(&json, "source", one->rows[0]);
            hr_line_number(&json, "destination", one->rows[1]);
            hr_line_text(&json, "verdict", verdict(one));
            hr_line_close(&json, '}');
            lost = !hr_line_print(&json, stdout) || lost;
            hr_line_free(&json);
            continue;
        }
        hr_table_add(&table, one->begin);
        hr_table_number(&table, one->rows[0]);
        hr_table_number(&table, one->rows[1]);
        hr_table_add(&table, verdict(one));
    }
    bool good = hr_table_print(&table, stdout) && !lost;
    hr_message("%zu windows up to %s, %zu of them with fewer rows at the destination", all->count, ask->until, missing);
    return good && !missing ? HR_EXIT_DONE : HR_EXIT_FAILED;
}

static int run(const hr_args *args)
{
    windows all = {0};
    hr_windows ask = {.size_ms = hr_args_number(args, "window", 0)};
    hr_ledger *ledger = NULL;
    hr_job job = {0};
    hr_error err;
    char at[HR_POSITION_MAX + 1];
    if (!ask.size_ms)
        return hr_usage("a window lasts at least a millisecond");
    hr_status status = hr_ledger_look(args, &ledger, &err);
    if (status == HR_END)
        return HR_EXIT_NOTHING;
    if (status == HR_OK)
        status = find_job(ledger, args->operands[0], &job, &err);
    if (status == HR_OK) {
        snprintf(at, sizeof at, "%.*s", (int)job.position.size, job.position.bytes);
        ask.at = at;
        status = count_source(&job, &ask, &all, &err);
    }
    all.side = 1;
    all.at = 0;
    if (status == HR_OK)
        status = count_destination(&job, &ask, &all, &err);
    hr_job_clear(&job);
    hr_ledger_close(ledger);
    int outcome = status == HR_OK ? show(args, &all, &ask) : hr_exit_of(&err);
    if (status != HR_OK)
        hr_print_error(&err);
    hr_free(all.list);
    return outcome;
}

static const hr_option flags[] = {
    {"window", HR_OPTION_TIME, "1d", "TIME", "How long a window is.", false},
    {"all", HR_OPTION_BOOL, "no", NULL, "Also print windows that have the same count.", false},
    HR_FLAG_LEDGER,
    HR_FLAG_JSON("Print one JSON object a line."),
};

static const hr_example examples[] = {
    {"headrace audit orders", "the days that differ"},
    {"headrace audit orders --window 1h --all --json", "every hour, for a program"},
};

const hr_command hr_command_audit = {
    .name = "audit",
    .group = "Look back",
    .summary = "compare a pulled table with its source, window by window",
    .operands = "FEED",
    .operands_least = 1,
    .operands_most = 1,
    .details =
        "Counts the rows of the source's table and of the destination's by windows of the watermark, which is a time, "
        "up to where the feed stands, and prints the windows that differ: 'missing' where the destination has "
        "fewer, 'more' where it has rows that were changed or deleted at the source since. Passwords come from "
        ".pgpass or PGPASSWORD, as the ledger has none. Exit status 1 when rows are missing.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .run = run,
};
