/* learn.c: what a job that goes on must know of the rows before its checkpoint: the values of unique columns. They are
 * read again up to there, by a reader of its own, and nothing of them is landed. */
#include <inttypes.h>
#include <stdio.h>

#include "core/job/work.h"
#include "core/rows/unique.h"

bool hr_work_unique(const hr_work *work)
{
    size_t count = 0;
    const hr_column *columns = work->schema ? hr_schema_columns(work->schema, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        if (columns[i].unique)
            return true;
    return false;
}

/* The options of the run, with what was decided about the input. What was ASCII up to here is UTF-8, too. */
static hr_status pin(const hr_work *work, const char *encoding, hr_options **out, hr_error *err)
{
    const hr_facts *facts = &work->facts;
    const hr_dialect *dialect = &facts->dialect.dialect;
    const struct {
        const char *key;
        int byte;
    } bytes[] = {{"delimiter", dialect->delimiter},
                 {"quote", dialect->quote},
                 {"escape", dialect->escape},
                 {"comment", dialect->comment}};
    bool csv = !facts->input || !strcmp(facts->input, "csv");
    char text[24];
    hr_options *options = NULL;
    hr_status status = hr_run_options_copy(work->run->options, &options, err);
    if (status == HR_OK)
        status = hr_options_set(options, "format", csv ? "csv" : "ndjson", err);
    if (status == HR_OK)
        status = hr_options_set(options, "encoding", strcmp(encoding, "ascii") ? encoding : "utf-8", err);
    for (size_t i = 0; csv && status == HR_OK && i < HR_COUNT(bytes); i++) {
        hr_dialect_byte_text(bytes[i].byte, text);
        status = hr_options_set(options, bytes[i].key, text, err);
    }
    if (csv && status == HR_OK)
        status = hr_options_set(options, "header", facts->dialect.header ? "yes" : "no", err);
    snprintf(text, sizeof text, "%" PRIu64, facts->dialect.preamble);
    if (csv && status == HR_OK)
        status = hr_options_set(options, "skip_lines", text, err);
    if (status == HR_OK)
        *out = options;
    else
        hr_options_free(options);
    return status;
}

static hr_status open_again(hr_work *work, const char *encoding, hr_error *err)
{
    hr_options *options = NULL;
    hr_stream plain, stream;
    hr_status status = pin(work, encoding, &options, err);
    if (status == HR_OK)
        status = work->drop_type->open_range(work->drop, &work->object, 0, &plain, err);
    if (status == HR_OK)
        status = hr_work_attend(work, &plain, &stream, err);
    if (status == HR_OK)
        status = hr_reader_open_stream(&stream, options, false, &work->reader, err);
    hr_options_free(options);
    if (status != HR_OK)
        return status;
    hr_run_reading(work->run, work->reader);
    status = hr_reader_schema(work->reader, work->schema, false, err);
    return status == HR_OK ? hr_work_choose_columns(work, err) : status;
}

/* Up to the row with this number, the first that is not known. */
static hr_status read_rows(hr_work *work, uint64_t row, hr_error *err)
{
    hr_batch *batch;
    uint64_t next = 1;
    hr_status status = HR_OK;
    hr_reader_learn(work->reader, row);
    while (status == HR_OK && next < row) {
        status = hr_reader_next(work->reader, &batch, err);
        if (status != HR_OK)
            break;
        next = batch->end_row;
        hr_batch_release(batch);
        status = hr_run_hold(work->run, err);
    }
    return status == HR_END ? hr_fail(err, HR_E_CHANGED,
                                      "the input is not the one that was read before the checkpoint: it has fewer rows")
                            : status;
}

hr_status hr_work_learn(hr_work *work, const hr_position *from, struct hr_unique **out, hr_error *err)
{
    char text[HR_POSITION_MAX + 1], encoding[32] = "";
    uint64_t row = 0;
    memcpy(text, from->bytes, from->size);
    text[from->size] = '\0';
    const char *at = strstr(text, ",row="), *name = strstr(text, ",encoding=");
    if (!at || !name || sscanf(at, ",row=%" SCNu64, &row) != 1 || sscanf(name, ",encoding=%31[^,]", encoding) != 1)
        return hr_fail(err, HR_E_CORRUPT, "the position of job %s in the ledger cannot be read", work->job.id);
    hr_status status = open_again(work, encoding, err);
    if (status == HR_OK)
        status = read_rows(work, row, err);
    if (status == HR_OK)
        *out = hr_reader_unique(work->reader);
    hr_run_reading(work->run, NULL);
    hr_reader_close(work->reader);
    work->reader = NULL;
    return status;
}
