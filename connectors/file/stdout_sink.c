/* stdout_sink.c: rows to standard output. What was written there cannot be taken back, so it is never resumed. */
#include <unistd.h>

#include "connectors/file/file.h"
#include "core/output/output.h"

typedef struct stdout_sink {
    hr_writer *writer;
    hr_deflate *deflate;
    hr_buffer rows;
    bool begun; /* the header was written */
    bool failed;
} stdout_sink;

static void stdout_close(void *state)
{
    stdout_sink *sink = state;
    hr_writer_free(sink->writer);
    hr_deflate_free(sink->deflate);
    hr_buffer_free(&sink->rows);
    *sink = (stdout_sink){0};
}

static const hr_option table[] = {
    {"quote-style", HR_OPTION_CHOICE, "minimal", "minimal|strings|all", "Which values of CSV stand in quotes.", false},
};

static hr_status stdout_open(void *state, const hr_sink_plan *plan, const hr_options *options, hr_error *err)
{
    stdout_sink *sink = state;
    hr_writer_options writer = hr_writer_options_of(plan);
    writer.quote_style = hr_quote_style_of(hr_options_get(options, "quote-style"));
    writer.header = true;
    hr_status status = HR_OK;
    if (plan->column_count || writer.format == HR_FORMAT_NDJSON) /* else nothing will be written */
        status = hr_writer_new(&writer, &sink->writer, err);
    if (status == HR_OK)
        status = hr_deflate_new(plan->compression, STDOUT_FILENO, &sink->deflate, err);
    if (status == HR_OK)
        hr_deflate_threads(sink->deflate, plan->threads);
    if (status != HR_OK)
        stdout_close(state);
    return status;
}

static hr_status settle(stdout_sink *sink, hr_status status, hr_error *err)
{
    sink->failed = status != HR_OK;
    if (sink->failed)
        hr_error_origin(err, "standard output");
    return status;
}

static hr_status stdout_write(void *state, const hr_parcel *parcel, const char *start, uint64_t *segment_bytes,
                              hr_error *err)
{
    stdout_sink *sink = state;
    (void)start;
    if (sink->failed || !sink->writer)
        return hr_fail(err, HR_E_STATE, "standard output has failed before, or was opened without columns");
    hr_status status = HR_OK;
    sink->rows.size = 0;
    if (!sink->begun)
        status = hr_writer_header(sink->writer, &sink->rows, err);
    if (status == HR_OK)
        status = hr_writer_rows(sink->writer, parcel, &sink->rows, err);
    if (status == HR_OK)
        status = hr_deflate_write(sink->deflate, sink->rows.data, sink->rows.size, err);
    if (status != HR_OK)
        return settle(sink, status, err);
    sink->begun = true;
    *segment_bytes = hr_deflate_estimate(sink->deflate);
    return HR_OK;
}

/* Hands everything to the reader; there is nothing to publish afterwards. */
static hr_status stdout_prepare(void *state, const hr_checkpoint *checkpoint, hr_outcome *out, hr_error *err)
{
    (void)checkpoint;
    stdout_sink *sink = state;
    if (sink->failed)
        return hr_fail(err, HR_E_STATE, "standard output has failed before");
    hr_status status = sink->begun ? hr_deflate_finish(sink->deflate, err) : HR_OK;
    if (status != HR_OK)
        return settle(sink, status, err);
    *out = (hr_outcome){0};
    return HR_OK;
}

static hr_status stdout_publish(void *state, const hr_receipt *receipt, hr_error *err)
{
    (void)state;
    (void)receipt;
    (void)err;
    return HR_OK;
}

static hr_status stdout_sweep(void *state, const hr_receipt *keep, size_t count, hr_error *err)
{
    (void)state;
    (void)keep;
    (void)count;
    (void)err;
    return HR_OK;
}

static void stdout_interrupt(void *state)
{
    stdout_sink *sink = state;
    if (sink->deflate)
        hr_deflate_interrupt(sink->deflate);
}

const hr_sink_type hr_stdout_sink = {
    .version = HR_CONNECTOR_VERSION,
    .state_size = sizeof(stdout_sink),
    .scheme = "-",
    .options = table,
    .option_count = HR_COUNT(table),
    .capabilities = HR_SINK_VOLATILE,
    .open = stdout_open,
    .write = stdout_write,
    .prepare = stdout_prepare,
    .publish = stdout_publish,
    .sweep = stdout_sweep,
    .interrupt = stdout_interrupt,
    .close = stdout_close,
};
