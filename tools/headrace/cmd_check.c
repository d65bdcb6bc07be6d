/* cmd_check.c: headrace check: reads everything, shows every row that would be rejected, and accounts. */
#include "core/reader/reader.h"
#include "tools/headrace/args.h"
#include "tools/headrace/print.h"
#include "tools/headrace/schema_flag.h"

typedef struct checking {
    const hr_args *args;
    const char *file;
    hr_counts counts;
    uint64_t show; /* rejects to show, all when 0 */
    bool as_json;
    hr_line json;
    hr_line absent; /* with a schema: its columns that no row had, as a JSON array */
} checking;

static void add(hr_counts *sum, const hr_counts *one)
{
    sum->read += one->read;
    sum->loaded += one->loaded;
    sum->rejected += one->rejected;
    sum->skipped += one->skipped;
}

static void show_rejects(checking *work, const hr_batch *batch)
{
    for (uint64_t i = 0; i < batch->rejected; i++) {
        bool shown = work->show == 0 || work->counts.rejected + i < work->show;
        if (shown && work->as_json) {
            hr_line_open(&work->json, NULL, '{');
            hr_line_reject(&work->json, &batch->rejects[i]);
            hr_line_close(&work->json, '}');
        } else if (shown) {
            hr_print_reject(stdout, work->file, &batch->rejects[i]);
        } else if (!work->as_json && work->counts.rejected + i == work->show) {
            hr_message("further rejected rows of %s are counted only; --show 0 shows all", work->file);
        }
    }
}

static void keep_absent(checking *work, const hr_reader *reader, const hr_schema *schema)
{
    size_t count = 0;
    if (schema == NULL)
        return;
    const hr_column *columns = hr_schema_columns(schema, &count);
    hr_line_open(&work->absent, NULL, '[');
    for (size_t i = 0; i < count; i++)
        if (hr_reader_absent(reader, i))
            hr_line_text(&work->absent, NULL, columns[i].name);
    hr_line_close(&work->absent, ']');
    work->absent.failed = work->absent.failed || !hr_buffer_add(&work->absent.buffer, "", 1);
}

static hr_status check_file(checking *work, hr_error *err)
{
    hr_reader *reader = NULL;
    hr_batch *batch = NULL;
    hr_schema *schema = NULL;
    hr_status status = hr_args_schema(work->args, &work->file, 1, &schema, err);
    if (status == HR_OK)
        status = hr_reader_open(work->file, hr_args_library(work->args), &reader, err);
    if (status == HR_OK && schema != NULL)
        status = hr_reader_schema(reader, schema, false, err);
    if (status == HR_OK) /* of NDJSON: whatever an ingest takes */
        status = hr_reader_want(reader, HR_WANT_RECORDS, NULL, err);
    while (status == HR_OK && (status = hr_reader_next(reader, &batch, err)) == HR_OK) {
        show_rejects(work, batch);
        hr_counts one = {batch->read, batch->rows, 0, batch->rejected, batch->skipped};
        add(&work->counts, &one);
        hr_batch_release(batch);
    }
    if (status == HR_END && work->as_json)
        keep_absent(work, reader, schema);
    else if (status == HR_END)
        hr_tell_absent(work->file, reader, schema);
    hr_schema_free(schema);
    hr_reader_close(reader);
    if (status != HR_END)
        return status;
    if (work->counts.read != work->counts.loaded + work->counts.rejected + work->counts.skipped)
        return hr_fail(err, HR_E_ACCOUNT, "the account of %s does not hold: a defect of headrace, please report it",
                       work->file);
    return HR_OK;
}

static int check_one(const hr_args *args, const char *file, hr_counts *sum)
{
    checking work = {
        .args = args, .file = file, .show = hr_args_number(args, "show", 20), .as_json = hr_args_bool(args, "json")};
    hr_error err;
    if (work.as_json) {
        hr_line_open(&work.json, NULL, '{');
        hr_line_text(&work.json, "file", file);
        hr_line_open(&work.json, "rejects", '[');
    }
    int exit = HR_EXIT_DONE;
    hr_status status = check_file(&work, &err);
    if (status != HR_OK) {
        hr_error_origin(&err, file);
        hr_print_error(&err);
        exit = hr_exit_of(&err);
    } else if (work.counts.rejected > 0) {
        exit = HR_EXIT_REJECTS;
    }
    if (work.as_json) {
        hr_line_close(&work.json, ']');
        hr_line_counts(&work.json, &work.counts);
        if (work.absent.buffer.size > 0)
            hr_line_raw(&work.json, "absent", (const char *)work.absent.buffer.data);
        work.json.failed = work.json.failed || work.absent.failed;
        hr_line_text(&work.json, "error", status != HR_OK ? err.text : NULL);
        hr_line_close(&work.json, '}');
        if (!hr_line_print(&work.json, stdout))
            exit = HR_EXIT_FAILED;
    } else if (args->operand_count > 1 && status == HR_OK) {
        hr_print_text(stdout, file);
        fputs(": ", stdout);
        hr_print_counts(stdout, &work.counts);
    }
    hr_line_free(&work.json);
    hr_line_free(&work.absent);
    add(sum, &work.counts);
    return exit;
}

static int run(const hr_args *args)
{
    hr_counts sum = {0};
    int exit = HR_EXIT_DONE;
    for (size_t i = 0; i < args->operand_count; i++) {
        int one = check_one(args, args->operands[i], &sum);
        /* A file that could not be read says more than one with bad rows. */
        if (exit == HR_EXIT_DONE || (exit == HR_EXIT_REJECTS && one != HR_EXIT_DONE))
            exit = one;
        (void)fflush(stdout);
    }
    if (!hr_args_bool(args, "json"))
        hr_print_counts(stdout, &sum);
    return exit;
}

static const hr_option flags[] = {
    {"show", HR_OPTION_COUNT, "20", "N", "How many rejected rows of a file to show; 0: all.", false},
    HR_FLAG_SCHEMA,
    HR_FLAG_JSON("Print one JSON object a file, with its rejects."),
};

static const hr_example examples[] = {
    {"headrace check orders.csv", "the first 20 rows that would be rejected, and the account"},
    {"headrace check --show 0 --strict orders.csv", "all of them, by the strict rules"},
    {"headrace check --schema orders.json orders.csv", "and those with values that are not of their column's type"},
    {"headrace check --json in/*.csv | jq .rejected", "for a program"},
};

const hr_command hr_command_check = {
    .name = "check",
    .group = "Work on files",
    .summary = "read files to the end and show the rows that would be rejected",
    .operands = "FILE...",
    .operands_least = 1,
    .operands_most = HR_ANY_OPERANDS,
    .details = "Each rejected row is shown with its row, line, byte offset, column, the reason and what stands there. "
               "The last line accounts for every row; \"loaded\" are those that an ingest would hand on.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .takes = HR_TAKES_READER,
    .run = run,
};
