/* sink_drive.c: drives the sink of PostgreSQL as the runner does, step by step, so that tests can stop between any two.
 *
 *   sink_drive FILE URI [KEY=VALUE...]
 *     feed=NAME source=TEXT job=TEXT ledger=TEXT generation=N   as in the plan
 *     segment=N      rows of a segment, at least (batches are not cut)
 *     segments=N     open or sealed at once
 *     schema=FILE    rows are checked against it
 *     lineage=yes
 *     stop=STEP:N    ends the process, without a word to the server, at step written|prepared|published of segment N
 * (from 0); pause=STEP:N waits for a line of standard input there receipt=FILE   keeps the last receipt there;
 * settle=FILE: publishes that one, and nothing else complete=no    the job is not complete Prints what became of the
 * rows: a line for each refused one, and at the end "loaded L refused R duplicate D rejected J".
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "connectors/postgres/sink.h"
#include "core/base/uri.h"
#include "core/rows/schema_types.h"

typedef struct drive {
    int argc;
    char **argv;
    void *state;
    hr_sink_plan plan;
    hr_options *options;
    hr_position at[64], end; /* where the sealed segments end, oldest first */
    size_t waiting;
    hr_position committed;
    uint64_t segment_rows, rows, refused, duplicates, rejected, number;
} drive;

static const char *value(const drive *d, const char *key, const char *otherwise)
{
    size_t size = strlen(key);
    for (int i = 3; i < d->argc; i++)
        if (!strncmp(d->argv[i], key, size) && d->argv[i][size] == '=')
            return d->argv[i] + size + 1;
    return otherwise;
}

static _Noreturn void fail(const hr_error *err)
{
    printf("%s%s: %s\n", hr_status_name(err->status), err->retryable ? " (retryable)" : "", err->text);
    exit(err->retryable ? 4 : 1);
}

static void step(const drive *d, const char *name)
{
    char now[64], line[16];
    snprintf(now, sizeof now, "%s:%llu", name, (unsigned long long)d->number);
    fflush(stdout);
    if (!strcmp(value(d, "stop", ""), now))
        _exit(9);
    if (!strcmp(value(d, "pause", ""), now)) {
        puts("paused");
        fflush(stdout);
        (void)!fgets(line, sizeof line, stdin);
    }
}

static void tell_refusals(drive *d, const hr_outcome *outcome)
{
    for (size_t i = 0; i < outcome->refusal_count; i++) {
        const hr_refusal *refusal = &outcome->refusals[i];
        if (strcmp(value(d, "quiet", "no"), "yes") != 0)
            printf("row %llu column %d: %s\n", (unsigned long long)hr_batch_row_number(refusal->batch, refusal->row),
                   (int)refusal->column, refusal->message);
    }
    d->refused += outcome->refusal_count;
    d->duplicates += outcome->duplicates;
}

static void land(drive *d, const char *position)
{
    hr_error err = {0};
    hr_part before = {.name = "", .at = d->committed.size ? d->committed.bytes : ""};
    hr_part after = {.name = "", .at = position};
    hr_checkpoint checkpoint = {.before = &before, .after = &after, .count = 1, .loaded = d->rows};
    hr_outcome outcome;
    step(d, "written");
    if (hr_postgres_sink.prepare(d->state, &checkpoint, &outcome, &err) != HR_OK)
        fail(&err);
    tell_refusals(d, &outcome);
    hr_receipt receipt = outcome.receipt;
    const char *keep = value(d, "receipt", NULL);
    FILE *file = keep ? fopen(keep, "w") : NULL;
    if (file) {
        fwrite(receipt.bytes, 1, receipt.size, file);
        fclose(file);
    }
    step(d, "prepared");
    if (hr_postgres_sink.publish(d->state, &receipt, &err) != HR_OK)
        fail(&err);
    step(d, "published");
    d->number++;
    d->committed.size = (uint32_t)snprintf(d->committed.bytes, sizeof d->committed.bytes, "%s", position);
}

static void end_segment(drive *d)
{
    hr_error err = {0};
    d->segment_rows = 0;
    if (d->plan.segments < 2) {
        land(d, d->end.bytes);
        return;
    }
    if (hr_postgres_sink.seal(d->state, &err) != HR_OK)
        fail(&err);
    d->at[d->waiting++] = d->end;
    if (d->waiting < d->plan.segments)
        return;
    land(d, d->at[0].bytes);
    memmove(d->at, d->at + 1, --d->waiting * sizeof d->at[0]);
}

static hr_status told(void *runner, const char *kind, const char *detail, hr_error *err)
{
    (void)runner, (void)err;
    printf("event %s %s\n", kind, detail);
    return HR_OK;
}

static void settle(drive *d, const char *path)
{
    hr_error err = {0};
    hr_receipt receipt = {0};
    FILE *file = fopen(path, "r");
    if (!file)
        exit(2);
    receipt.size = (uint32_t)fread(receipt.bytes, 1, sizeof receipt.bytes, file);
    fclose(file);
    hr_status status = hr_postgres_sink.publish(d->state, &receipt, &err);
    puts(hr_status_name(status));
    exit(status == HR_OK ? 0 : 1);
}

static void open_sink(drive *d, const char *const *names, size_t count, hr_schema *schema)
{
    hr_error err = {0};
    char *rest;
    hr_type *types = NULL;
    if (hr_options_new(hr_postgres_sink.options, hr_postgres_sink.option_count, &d->options, &err) != HR_OK ||
        hr_uri_options(d->argv[2], hr_postgres_sink.options, hr_postgres_sink.option_count, d->options, &rest, &err) !=
            HR_OK ||
        (schema && hr_schema_types(schema, names, count, &types, &err) != HR_OK))
        fail(&err);
    d->plan = (hr_sink_plan){.uri = rest,
                             .feed = value(d, "feed", "drive"),
                             .job = value(d, "job", "0199f2a4-0000-7000-8000-000000000001"),
                             .file = d->argv[1],
                             .source = value(d, "source", "file"),
                             .ledger = value(d, "ledger", "ledger"),
                             .generation = strtoull(value(d, "generation", "1"), NULL, 10),
                             .columns = names,
                             .column_count = count,
                             .types = types,
                             .schema = schema,
                             .format = "csv",
                             .compression = "none",
                             .started_ns = 1700000000000000000,
                             .segments = (unsigned)strtoul(value(d, "segments", "1"), NULL, 10),
                             .lineage = !strcmp(value(d, "lineage", "no"), "yes"),
                             .tell = told};
    d->state = calloc(1, hr_postgres_sink.state_size);
    if (hr_postgres_sink.open(d->state, &d->plan, d->options, &err) != HR_OK)
        fail(&err);
    if (value(d, "settle", NULL))
        settle(d, value(d, "settle", NULL));
    if (hr_postgres_sink.standing(d->state, "", d->committed.bytes, &err) != HR_OK)
        fail(&err);
    d->committed.size = (uint32_t)strlen(d->committed.bytes);
}

/* The rows of the batch that the position leaves. */
static size_t rows_left(const hr_batch *batch, uint64_t before, uint32_t *rows)
{
    size_t count = 0;
    for (uint32_t row = 0; row < batch->rows; row++)
        if (hr_batch_row_number(batch, row) >= before)
            rows[count++] = row;
    return count;
}

static void write_all(drive *d, hr_reader *reader)
{
    static uint32_t rows[1 << 17];
    hr_error err = {0};
    hr_batch *batch;
    hr_status status;
    uint64_t limit = strtoull(value(d, "segment", "50000"), NULL, 10), bytes, before;
    before = d->committed.size ? strtoull(d->committed.bytes + 5, NULL, 10) : 0;
    while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        d->end.size =
            (uint32_t)snprintf(d->end.bytes, sizeof d->end.bytes, "rows=%llu", (unsigned long long)batch->end_row);
        hr_parcel parcel = {.batch = batch, .rows = rows, .row_count = rows_left(batch, before, rows)};
        if (before <= batch->first_row) {
            d->rejected += batch->rejected;
            parcel.rows = NULL;
        }
        if (parcel.row_count && hr_postgres_sink.write(d->state, &parcel, "start", &bytes, &err) != HR_OK)
            fail(&err);
        d->rows += parcel.row_count;
        d->segment_rows += parcel.row_count;
        hr_batch_release(batch);
        if (d->segment_rows >= limit)
            end_segment(d);
    }
    if (status != HR_END)
        fail(&err);
    if (d->segment_rows)
        end_segment(d);
    for (size_t i = 0; i < d->waiting; i++)
        land(d, d->at[i].bytes);
}

int main(int argc, char **argv)
{
    drive d = {.argc = argc, .argv = argv};
    hr_error err = {0};
    hr_reader *reader;
    hr_options *options;
    hr_schema *schema = NULL;
    const char *const *names;
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    if (argc < 3)
        return 2;
    if (hr_options_new(table, count, &options, &err) != HR_OK ||
        hr_options_set(options, "offsets", "yes", &err) != HR_OK ||
        hr_options_set(options, "threads", "1", &err) != HR_OK ||
        hr_reader_open(argv[1], options, &reader, &err) != HR_OK)
        fail(&err);
    if (value(&d, "schema", NULL) && (hr_schema_read(value(&d, "schema", NULL), &schema, &err) != HR_OK ||
                                      hr_reader_schema(reader, schema, true, &err) != HR_OK))
        fail(&err);
    if (hr_reader_columns(reader, &names, &count, &err) != HR_OK)
        fail(&err);
    open_sink(&d, names, count, schema);
    write_all(&d, reader);
    if (hr_postgres_sink.finish(d.state, strcmp(value(&d, "complete", "yes"), "no") != 0, &err) != HR_OK)
        fail(&err);
    hr_postgres_sink.close(d.state);
    printf("loaded %llu refused %llu duplicate %llu rejected %llu\n",
           (unsigned long long)(d.rows - d.refused - d.duplicates), (unsigned long long)d.refused,
           (unsigned long long)d.duplicates, (unsigned long long)d.rejected);
    hr_reader_close(reader);
    hr_schema_free(schema);
    free((void *)d.plan.types);
    free((void *)d.plan.uri);
    free(d.state);
    hr_options_free(options);
    hr_options_free(d.options);
    return d.refused || d.rejected ? 3 : 0;
}
