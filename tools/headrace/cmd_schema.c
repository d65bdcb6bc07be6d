/* cmd_schema.c: headrace schema: the types of the columns of files, from all of their rows. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/job/schema.h"
#include "core/reader/infer.h"
#include "core/reader/reader.h"
#include "core/rows/schema_diff.h"
#include "core/rows/value.h"
#include "tools/headrace/args.h"
#include "tools/headrace/print.h"
#include "tools/headrace/shell.h"

#define DOUBTS_SHOWN 10u

typedef struct work {
    const hr_args *args;
    hr_infer *all;
    hr_counts counts;
    bool ndjson; /* some file is */
} work;

/* ---- reading ------------------------------------------------------------------------------------------------ */

static hr_status add_file(work *w, uint32_t file, hr_error *err)
{
    hr_reader *reader = NULL;
    const hr_infer *infer;
    hr_infer_account account = {0};
    const char *path = w->args->operands[file];
    hr_status status = hr_reader_open(path, hr_args_library(w->args), &reader, err);
    if (status == HR_OK)
        status = hr_reader_gather(reader, &infer, &account, err);
    if (status == HR_OK)
        status = hr_infer_merge(&w->all, infer, file, err);
    hr_reader_facts facts;
    hr_error unasked;
    w->ndjson |=
        status == HR_OK && hr_reader_describe(reader, &facts, &unasked) == HR_OK && strcmp(facts.format, "ndjson") == 0;
    w->counts.read += account.read;
    w->counts.loaded += account.rows;
    w->counts.rejected += account.rejected;
    w->counts.skipped += account.skipped;
    hr_reader_close(reader);
    if (status != HR_OK)
        hr_error_origin(err, path);
    return status;
}

/* ---- for people --------------------------------------------------------------------------------------------- */

/* The type of a column that was inferred. */
static void type_text(const hr_column *column, char out[64])
{
    hr_column plain = {
        .type = column->type, .zoned = column->zoned, .precision = column->precision, .scale = column->scale};
    hr_column_text(&plain, out, 64);
}

static void time_text(int64_t micro, bool zoned, bool day, char out[64])
{
    int64_t second = micro / 1000000, rest = micro % 1000000;
    struct tm tm;
    if (rest < 0) {
        rest += 1000000;
        second--;
    }
    time_t at = (time_t)second;
    gmtime_r(&at, &tm);
    int used = snprintf(out, 64, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    if (!day)
        used += snprintf(out + used, 64 - (size_t)used, " %02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (!day && rest)
        used += snprintf(out + used, 64 - (size_t)used, ".%06" PRId64, rest);
    if (zoned)
        snprintf(out + used, 64 - (size_t)used, "Z");
}

/* number / 10^behind, with as many digits as the column has, where there is room. */
static void decimal_text(int64_t number, uint32_t behind, uint32_t scale, char out[64])
{
    int64_t scaled;
    if (scale > behind && scale < 19 &&
        !__builtin_mul_overflow(number, (int64_t)hr_powers_of_ten[scale - behind], &scaled)) {
        number = scaled;
        behind = scale;
    }
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number, power = hr_powers_of_ten[behind];
    snprintf(out, 64, "%s%" PRIu64 ".%0*" PRIu64, number < 0 ? "-" : "", size / power, (int)behind, size % power);
}

/* Whole numbers among fractions take part. */
static void decimal_bounds(const hr_infer_facts *f, char low[64], char high[64])
{
    if (!f->measured || f->inexact || f->counts[HR_CLASS_BIG])
        return;
    decimal_text(f->least, f->least_at, f->behind, low);
    decimal_text(f->most, f->most_at, f->behind, high);
    if (!f->counts[HR_CLASS_INT])
        return;
    if (f->int_min <= f->least / (int64_t)hr_powers_of_ten[f->least_at] - (f->least < 0))
        snprintf(low, 64, "%" PRId64, f->int_min);
    if (f->int_max > f->most / (int64_t)hr_powers_of_ten[f->most_at] - (f->most < 0))
        snprintf(high, 64, "%" PRId64, f->int_max);
}

static void bounds(const hr_infer_facts *f, const hr_column *column, char low[64], char high[64])
{
    low[0] = high[0] = '\0';
    switch (column->type) {
    case HR_TYPE_INT64:
        snprintf(low, 64, "%" PRId64, f->int_min);
        snprintf(high, 64, "%" PRId64, f->int_max);
        break;
    case HR_TYPE_DECIMAL: decimal_bounds(f, low, high); break;
    case HR_TYPE_DATE:
        time_text(f->day_min * HR_DAY_MICROSECONDS, false, true, low);
        time_text(f->day_max * HR_DAY_MICROSECONDS, false, true, high);
        break;
    case HR_TYPE_TIMESTAMP:
        time_text(f->time_min, column->zoned, false, low);
        time_text(f->time_max, column->zoned, false, high);
        break;
    case HR_TYPE_TEXT:
    case HR_TYPE_JSON:
        if (f->size_min > f->size_max)
            break;
        snprintf(low, 64, "%" PRIu64 " characters", f->size_min);
        snprintf(high, 64, "%" PRIu64 " characters", f->size_max);
        break;
    default: break;
    }
}

/* "int64 but for 1 value, the first in line 5: 'n/a'", or "". */
static char *doubt_text(const work *w, const hr_infer_column *column)
{
    hr_infer_doubt doubt;
    char type[64], count[32];
    if (!hr_infer_doubtful(column, &doubt))
        return hr_strdup("");
    type_text(&doubt.would, type);
    const hr_infer_example *first = doubt.first;
    bool several = w->args->operand_count > 1;
    return hr_asprintf("%s but for %s value%s, the first in %s%sline %" PRIu64 ": '%.*s'%s", type,
                       hr_number_text(doubt.values, count), doubt.values == 1 ? "" : "s",
                       several ? w->args->operands[first->file] : "", several ? ", " : "", first->line,
                       (int)first->size, first->text, first->cut ? "..." : "");
}

static bool explain(const work *w)
{
    static const char *const headings[] = {"column", "type", ">nulls", "least", "most", "it would be"};
    hr_table table = {.headings = headings, .columns = HR_COUNT(headings)};
    size_t count;
    const hr_infer_column *columns = hr_infer_columns(w->all, &count);
    for (size_t i = 0; i < count; i++) {
        hr_column column;
        char type[64], low[64], high[64];
        char *doubt = doubt_text(w, &columns[i]);
        hr_infer_type(&columns[i].facts, &column);
        type_text(&column, type);
        bounds(&columns[i].facts, &column, low, high);
        hr_table_add(&table, columns[i].name);
        hr_table_add(&table, type);
        hr_table_number(&table, columns[i].facts.counts[HR_CLASS_NULL]);
        hr_table_add(&table, low);
        hr_table_add(&table, high);
        hr_table_add(&table, doubt ? doubt : "");
        table.failed = table.failed || !doubt;
        hr_free(doubt);
    }
    return hr_table_print(&table, stdout);
}

/* Beside the schema, on standard error: what a few values stand in the way of. */
static void tell_doubts(const work *w)
{
    size_t count, told = 0;
    const hr_infer_column *columns = hr_infer_columns(w->all, &count);
    for (size_t i = 0; i < count; i++) {
        hr_column column;
        char type[64];
        char *doubt = doubt_text(w, &columns[i]);
        if (doubt && *doubt && told++ < DOUBTS_SHOWN) {
            hr_infer_type(&columns[i].facts, &column);
            type_text(&column, type);
            hr_message("column '%s' is %s; it would be %s", columns[i].name, type, doubt);
        }
        hr_free(doubt);
    }
    if (told > DOUBTS_SHOWN)
        hr_message("and so are %zu more columns; --explain shows all", told - DOUBTS_SHOWN);
}

/* ---- the command -------------------------------------------------------------------------------------------- */

static int print_schema(const work *w, const hr_schema *schema)
{
    char *text;
    hr_error err;
    if (hr_schema_write(schema, &text, &err) != HR_OK) {
        hr_print_error(&err);
        return HR_EXIT_FAILED;
    }
    fputs(text, stdout);
    (void)fflush(stdout);
    hr_text_free(text);
    tell_doubts(w);
    return HR_EXIT_DONE;
}

static void print_change(const hr_schema_change *change)
{
    char before[256], now[256];
    if (change->before)
        hr_column_text(change->before, before, sizeof before);
    if (change->now)
        hr_column_text(change->now, now, sizeof now);
    fputs(!change->before ? "added    " : !change->now ? "removed  " : "changed  ", stdout);
    hr_print_text(stdout, change->now ? change->now->name : change->before->name);
    fputs(": ", stdout);
    if (change->before)
        hr_print_text(stdout, before);
    if (change->before && change->now)
        fputs(" -> ", stdout);
    if (change->now)
        hr_print_text(stdout, now);
    putchar('\n');
}

/* A file, or else the name of a feed. */
static hr_status read_other(const work *w, hr_schema **out, hr_error *err)
{
    const char *against = hr_args_text(w->args, "against");
    hr_ledger *ledger = NULL;
    if (access(against, F_OK) == 0 || strpbrk(against, "./") != NULL)
        return hr_schema_read(against, out, err);
    hr_status status = hr_ledger_look(w->args, &ledger, err);
    if (status == HR_END) /* said already */
        return status;
    if (status == HR_OK)
        status = hr_feed_schema(ledger, against, out, err);
    hr_ledger_close(ledger);
    return status;
}

static int compare(const work *w, const hr_schema *schema)
{
    hr_schema *other;
    hr_schema_change *changes = NULL;
    size_t count = 0;
    hr_error err;
    hr_status status = read_other(w, &other, &err);
    if (status == HR_OK) {
        status = hr_schema_diff(other, schema, &changes, &count, &err);
        for (size_t i = 0; status == HR_OK && i < count; i++)
            print_change(&changes[i]);
        hr_free(changes);
        hr_schema_free(other);
    }
    if (status == HR_END)
        return HR_EXIT_NOTHING;
    if (status != HR_OK) {
        hr_print_error(&err);
        return hr_exit_of(&err);
    }
    return count ? HR_EXIT_REJECTS : HR_EXIT_DONE;
}

static int show(const work *w)
{
    hr_schema *schema;
    hr_error err;
    if (hr_infer_schema(w->all, &schema, &err) != HR_OK) {
        hr_print_error(&err);
        return hr_exit_of(&err);
    }
    int exit = hr_args_given(w->args, "against")  ? compare(w, schema)
               : hr_args_bool(w->args, "explain") ? (explain(w) ? HR_EXIT_DONE : HR_EXIT_FAILED)
                                                  : print_schema(w, schema);
    hr_schema_free(schema);
    return exit;
}

static int run(const hr_args *args)
{
    work w = {.args = args};
    hr_error err;
    hr_status status = HR_OK;
    for (size_t i = 0; i < args->operand_count && status == HR_OK; i++)
        status = add_file(&w, (uint32_t)i, &err);
    int exit = HR_EXIT_DONE;
    if (status != HR_OK) {
        hr_print_error(&err);
        exit = hr_exit_of(&err);
    } else {
        exit = show(&w);
        if (w.counts.rejected > 0) {
            /* By itself it takes records of NDJSON that can have no columns. */
            hr_message("%" PRIu64 " row%s rejected; headrace check%s shows why", w.counts.rejected,
                       w.counts.rejected == 1 ? " was" : "s were", w.ndjson ? " --schema with this schema" : "");
            exit = exit == HR_EXIT_DONE ? HR_EXIT_REJECTS : exit;
        }
    }
    hr_infer_free(w.all);
    return exit;
}

static const hr_option flags[] = {
    {"explain", HR_OPTION_BOOL, "no", NULL,
     "Print a table instead: type, nulls, least and greatest value of each column, and which rows keep it from a "
     "narrower type.",
     false},
    {"against", HR_OPTION_TEXT, NULL, "FILE|FEED",
     "Print what is different from this schema instead, or from that of the feed's last job; exit status 3 when "
     "something is.",
     false},
    HR_FLAG_LEDGER,
};

static const hr_example examples[] = {
    {"headrace schema orders.csv >orders.json", "the types of all columns, from all rows"},
    {"headrace schema --explain orders.csv", "the same as a table, with the rows that stand in the way"},
    {"headrace schema in/*.csv.gz", "one schema that holds the rows of all files"},
    {"headrace schema --against orders new.csv", "what is different from the last file of the feed orders"},
};

const hr_command hr_command_schema = {
    .name = "schema",
    .group = "Work on files",
    .summary = "find the types of the columns, from all rows",
    .operands = "FILE...",
    .operands_least = 1,
    .operands_most = HR_ANY_OPERANDS,
    .details = "Reads every row, not a sample, and prints the narrowest schema that holds all that are accepted, for "
               "--schema of the other commands: int64, decimal, float64, bool, date, timestamp, uuid, json or text; "
               "a column without a null is required. Where a few values keep a column from a narrower type, the "
               "first one is told on standard error. Columns of several files are matched by name.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .takes = HR_TAKES_READER,
    .run = run,
};
