/* cmd_files.c: headrace files: the manifest of a feed: which files it has seen, and what became of each. */
#include "tools/headrace/print.h"
#include "tools/headrace/shell.h"

typedef struct listing {
    bool as_json, lost;
    size_t shown;
    hr_table table;
} listing;

static bool print_json(const hr_file *file)
{
    hr_line json = {0};
    hr_line_open(&json, NULL, '{');
    hr_line_text(&json, "feed", file->feed);
    hr_line_text(&json, "uri", file->uri);
    hr_line_text(&json, "state", hr_file_state_name(file->state));
    hr_line_number(&json, "size", file->size);
    hr_line_time(&json, "modified", file->modified_ns);
    hr_line_text(&json, "version", file->version[0] != '\0' ? file->version : NULL);
    hr_line_text(&json, "sha256", file->sha256[0] != '\0' ? file->sha256 : NULL);
    hr_line_number(&json, "number", file->number);
    hr_line_text(&json, "job", file->job[0] != '\0' ? file->job : NULL);
    hr_line_time(&json, "seen", file->seen_ns);
    hr_line_time(&json, "changed", file->changed_ns);
    hr_line_close(&json, '}');
    bool good = hr_line_print(&json, stdout);
    hr_line_free(&json);
    return good;
}

static hr_status show_file(void *context, const hr_file *file, hr_error *err)
{
    listing *list = context;
    list->shown++;
    (void)err;
    if (list->as_json) {
        list->lost = !print_json(file) || list->lost;
        return HR_OK;
    }
    char hash[13] = "", when[32] = "";
    memcpy(hash, file->sha256, 12);
    if (file->changed_ns != 0)
        hr_time_text(file->changed_ns, when);
    hr_table_add(&list->table, hr_file_state_name(file->state));
    hr_table_number(&list->table, file->size);
    hr_table_number(&list->table, file->number);
    hr_table_add(&list->table, hash);
    hr_table_add(&list->table, when);
    hr_table_add(&list->table, file->job);
    hr_table_add(&list->table, file->uri);
    return HR_OK;
}

static int run(const hr_args *args)
{
    static const char *const headings[] = {"STATE", ">BYTES", ">CONTENT", "SHA256", "CHANGED", "JOB", "FILE"};
    listing list = {.as_json = hr_args_bool(args, "json"),
                    .table = {.headings = headings, .columns = HR_COUNT(headings)}};
    hr_ledger *ledger = NULL;
    hr_error err;
    hr_status status = hr_ledger_look(args, &ledger, &err);
    if (status == HR_END)
        return HR_EXIT_NOTHING;
    if (status == HR_OK)
        status = hr_ledger_files(ledger, args->operands[0], show_file, &list, &err);
    bool good = hr_table_print(&list.table, stdout) && !list.lost;
    hr_ledger_close(ledger);
    if (status == HR_OK && list.shown == 0) {
        hr_message("the ledger has no files of a feed '%s'", args->operands[0]);
        return HR_EXIT_NOTHING;
    }
    if (status != HR_OK && status != HR_END) {
        hr_print_error(&err);
        return hr_exit_of(&err);
    }
    return good ? HR_EXIT_DONE : HR_EXIT_FAILED;
}

static const hr_option flags[] = {HR_FLAG_LEDGER, HR_FLAG_JSON("Print one JSON object a line.")};

static const hr_example examples[] = {
    {"headrace files orders", "every file the feed has seen: its state, size, content and job"},
    {"headrace files orders --json | jq -r 'select(.state != \"LOADED\") | .uri'", "those that are not loaded"},
};

const hr_command hr_command_files = {
    .name = "files",
    .group = "Look back",
    .summary = "list the files that a feed has seen, and what became of each",
    .operands = "FEED",
    .operands_least = 1,
    .operands_most = 1,
    .details =
        "The feed of an ingest is what --name says. A file whose content changed under the same name stands once "
        "for each content. In a pipe the columns are separated by tabs and have no heading: state, bytes, "
        "content, sha256, changed, job, file.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .run = run,
};
