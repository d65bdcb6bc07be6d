/* cmd_errors.c: headrace errors: the rejected rows of a job, to be read or to be mended. */
#include "tools/headrace/print.h"
#include "tools/headrace/shell.h"

typedef struct showing {
    bool as_json, as_csv, lost;
    uint64_t shown;
    hr_line json;
    uint8_t newline[4]; /* [unit] LF in the encoding of the rows */
    size_t unit, at;    /* its byte other than 0 is newline[at] */
} showing;

/* How the encoding of a job writes LF, after its metadata ("encoding":{..."name":"utf-16le"...}). */
static void find_newline(showing *state, const char *metadata)
{
    static const struct {
        const char *name;
        size_t unit, at;
    } wide[] = {{"utf-16le", 2, 0}, {"utf-16be", 2, 1}, {"utf-32le", 4, 0}, {"utf-32be", 4, 3}};
    static const char member[] = "\"name\":\"";
    state->unit = 1;
    const char *at = metadata != NULL ? strstr(metadata, "\"encoding\":{") : NULL;
    at = at != NULL ? strstr(at, member) : NULL;
    for (size_t i = 0; at != NULL && i < HR_COUNT(wide); i++)
        if (strncmp(at + sizeof member - 1, wide[i].name, strlen(wide[i].name)) == 0) {
            state->unit = wide[i].unit;
            state->at = wide[i].at;
        }
    state->newline[state->at] = '\n';
}

/* The row exactly as it stood (what standard output did not take is told at the end); one that ended with the file gets
 * the newline that keeps it apart from the next. */
static void print_raw(const showing *state, const hr_reject *reject)
{
    (void)fwrite(reject->raw, 1, reject->raw_size, stdout);
    uint8_t cr[4] = {0};
    cr[state->at] = '\r';
    const uint8_t *end = reject->raw + reject->raw_size - state->unit;
    if (reject->raw_size < state->unit ||
        (memcmp(end, state->newline, state->unit) != 0 && memcmp(end, cr, state->unit) != 0))
        (void)fwrite(state->newline, 1, state->unit, stdout);
}

static hr_status show_reject(void *context, const hr_reject_record *record, hr_error *err)
{
    showing *state = context;
    static const char *const states[] = {"open", "retried", "given up"};
    (void)err;
    state->shown++;
    if (state->as_csv) {
        print_raw(state, &record->reject);
    } else if (state->as_json) {
        hr_line_open(&state->json, NULL, '{');
        hr_line_number(&state->json, "id", record->id);
        hr_line_text(&state->json, "state", states[record->retried < 0 || record->retried > 2 ? 0 : record->retried]);
        hr_line_reject(&state->json, &record->reject);
        hr_line_close(&state->json, '}');
        state->lost = !hr_line_print(&state->json, stdout) || state->lost;
    } else {
        hr_print_reject(stdout, record->retried == 0 ? NULL : states[record->retried > 2 ? 0 : record->retried],
                        &record->reject);
    }
    return HR_OK;
}

static int run(const hr_args *args)
{
    showing state = {.as_json = hr_args_bool(args, "json"), .as_csv = hr_args_bool(args, "csv")};
    if (state.as_json && state.as_csv)
        return hr_usage("errors prints JSON or CSV, not both");
    hr_ledger *ledger = NULL;
    hr_job job = {0};
    hr_error err;
    hr_status status = hr_ledger_look(args, &ledger, &err);
    if (status == HR_END)
        return HR_EXIT_FAILED;
    if (status == HR_OK)
        status = hr_ledger_job(ledger, args->operands[0], &job, &err);
    if (status == HR_OK) {
        find_newline(&state, job.metadata);
        status = hr_ledger_rejects(ledger, job.id, hr_args_bool(args, "all") ? -1 : 0, show_reject, &state, &err);
        if (state.shown == 0 && (status == HR_OK || status == HR_END))
            hr_message("job %s has no %srejected rows", job.id, hr_args_bool(args, "all") ? "" : "open ");
        hr_job_clear(&job);
    }
    hr_line_free(&state.json);
    hr_ledger_close(ledger);
    if (status != HR_OK && status != HR_END) {
        hr_print_error(&err);
        return hr_exit_of(&err);
    }
    return state.lost ? HR_EXIT_FAILED : HR_EXIT_DONE;
}

static const hr_option flags[] = {
    {"csv", HR_OPTION_BOOL, "no", NULL,
     "Print the rows alone, byte for byte as they stood, to be mended and given to headrace retry.", false},
    {"all", HR_OPTION_BOOL, "no", NULL, "Also those that were settled by a retry.", false},
    HR_FLAG_LEDGER,
    HR_FLAG_JSON(
        "Print one JSON object a row; a row that is not UTF-8 stands in raw_base64, such a value in value_base64."),
};

static const hr_example examples[] = {
    {"headrace errors 0190a1b2-c3", "each rejected row: where, why, and what stood there"},
    {"headrace errors 0190a1b2-c3 --csv > bad.csv", "the rows as they stood, to be mended and given to headrace retry"},
    {"headrace errors 0190a1b2-c3 --json | jq -r .kind | sort | uniq -c", "how often each reason"},
};

const hr_command hr_command_errors = {
    .name = "errors",
    .group = "Look back",
    .summary = "show the rejected rows of a job",
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
