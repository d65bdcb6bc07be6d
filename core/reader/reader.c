/* reader.c: the life of a reader: opening, feeding, handing out batches, and what was decided. */
#include "core/reader/parallel.h"

hr_status hr_reader_open_stream(hr_stream *stream, const hr_options *options, bool hash, hr_reader **out, hr_error *err)
{
    hr_reader *reader = hr_calloc(1, sizeof *reader);
    hr_status status = reader ? HR_OK : hr_fail_memory(err, "making a reader");
    if (status == HR_OK)
        status = hr_csv_config_set(&reader->config, options, err);
    if (status == HR_OK)
        status = hr_scan_init(&reader->scan, err);
    if (status != HR_OK) {
        if (stream)
            stream->close(stream->state);
        if (reader) {
            hr_scan_clear(&reader->scan);
            hr_csv_config_clear(&reader->config);
        }
        hr_free(reader);
        return status;
    }
    if (stream) {
        reader->stream = *stream;
        reader->has_stream = true;
    }
    reader->hash = hash;
    reader->row = reader->line = 1;
    reader->block = HR_CHUNK_SIZE - HR_WINDOW_MAX;
    hr_reader_settle(reader);
    hr_error_clear(&reader->sticky);
    *out = reader;
    return HR_OK;
}

hr_status hr_reader_new(const hr_options *options, hr_reader **out, hr_error *err)
{
    return hr_reader_open_stream(NULL, options, false, out, err);
}

/* The input is made late, so that hr_reader_resume can still say where it begins. */
hr_status hr_reader_make_input(hr_reader *reader, hr_error *err)
{
    if (reader->input)
        return HR_OK;
    bool resumed = reader->resume_at.size > 0 && reader->raw > 0;
    hr_input_options options = {.encoding = reader->config.encoding,
                                .start_raw = resumed ? reader->raw : 0,
                                .start_text = resumed ? reader->text : 0,
                                .start_encoding = resumed ? reader->resume_encoding : NULL,
                                .sample = reader->config.sample,
                                .hash = reader->hash,
                                .restless = reader->restless,
                                .records = reader->records};
    bool has_stream = reader->has_stream;
    reader->has_stream = false; /* the input closes it from here on */
    hr_input *input;
    hr_status status = hr_input_new(has_stream ? &reader->stream : NULL, &options, &input, err);
    if (status != HR_OK)
        return status;
    atomic_store(&reader->input, input);
    if (atomic_load(&reader->interrupted)) /* it may have come when there was no input to be told */
        hr_input_interrupt(input);
    return HR_OK;
}

void hr_reader_restless(hr_reader *reader)
{
    reader->restless = true;
}

void hr_reader_records(hr_reader *reader)
{
    reader->records = true;
}

hr_status hr_reader_feed(hr_reader *reader, const void *data, size_t size, hr_error *err)
{
    if (reader->has_stream || reader->finished)
        return hr_fail(err, HR_E_STATE, "feeding a reader that reads by itself or was finished");
    hr_status status = hr_reader_make_input(reader, err);
    return status == HR_OK ? hr_input_feed(reader->input, data, size, err) : status;
}

hr_status hr_reader_finish(hr_reader *reader, hr_error *err)
{
    if (reader->has_stream)
        return hr_fail(err, HR_E_STATE, "finishing a reader that reads by itself");
    if (reader->finished)
        return HR_OK;
    hr_status status = hr_reader_make_input(reader, err);
    if (status == HR_OK)
        status = hr_input_finish(reader->input, err);
    reader->finished = status == HR_OK;
    return status;
}

void hr_reader_interrupt(hr_reader *reader)
{
    atomic_store(&reader->interrupted, true);
    hr_input *input = atomic_load(&reader->input);
    if (input)
        hr_input_interrupt(input);
}

static void drop_result(hr_reader *reader)
{
    if (reader->result && reader->work.drop)
        reader->work.drop(reader->work.context, reader->result);
    reader->result = NULL;
}

void hr_reader_close(hr_reader *reader)
{
    if (!reader)
        return;
    drop_result(reader);
    hr_parallel_free(reader->parallel);
    if (reader->has_stream)
        reader->stream.close(reader->stream.state);
    hr_input_close(reader->input);
    if (reader->skipping)
        hr_batch_release(&reader->skipping->batch);
    hr_batch_pool_release(reader->pool);
    hr_chunk_release(reader->chunk);
    hr_scan_clear(&reader->scan);
    hr_free(reader->cuts);
    hr_free(reader->record.begins);
    for (size_t i = 0; reader->names && i < reader->columns; i++)
        hr_free(reader->names[i]);
    hr_free(reader->names);
    hr_decoder_free(reader->fallback);
    if (reader->language && reader->language->clear)
        reader->language->clear(reader);
    hr_reader_unbind(reader);
    hr_infer_free(reader->infer);
    hr_csv_config_clear(&reader->config);
    hr_free(reader);
}

/* ---- batches ----------------------------------------------------------------------------------------------- */

void hr_reader_work(hr_reader *reader, const hr_batch_work *work)
{
    reader->work = *work;
}

void *hr_reader_result(hr_reader *reader)
{
    void *result = reader->result;
    reader->result = NULL;
    return result;
}

static hr_status give(hr_reader *reader, hr_batch_body *body, hr_batch **out, hr_error *err)
{
    drop_result(reader);
    if (reader->work.run) {
        hr_status status = reader->work.run(reader->work.context, &body->batch, &reader->result, err);
        if (status != HR_OK) {
            hr_batch_release(&body->batch);
            return status;
        }
    }
    *out = &body->batch;
    hr_reader_settle(reader);
    return HR_OK;
}

/* The next batch of the threads; HR_AGAIN: the next step is to be taken without them. */
static hr_status next_of_threads(hr_reader *reader, hr_batch **out, hr_error *err)
{
    if (reader->config.threads < 2 || !reader->language->split)
        return HR_AGAIN;
    hr_status status = reader->parallel ? HR_OK : hr_parallel_new(reader, &reader->parallel, err);
    hr_batch_body *body = NULL;
    void *result = NULL;
    if (status == HR_OK)
        status = hr_parallel_next(reader->parallel, &body, &result, err);
    if (status != HR_OK)
        return status;
    drop_result(reader);
    reader->result = result;
    *out = &body->batch;
    return HR_OK;
}

static hr_status next_batch(hr_reader *reader, hr_batch **out, hr_error *err)
{
    hr_status status = hr_reader_start(reader, err);
    while (status == HR_OK) {
        if (atomic_load_explicit(&reader->interrupted, memory_order_relaxed))
            return hr_fail(err, HR_E_INTERRUPTED, "reading was interrupted");
        status = next_of_threads(reader, out, err);
        if (status != HR_AGAIN)
            return status;
        hr_batch_body *body = NULL;
        status = reader->language->next(reader, &body, err);
        if (status == HR_OK && body)
            return give(reader, body, out, err);
        if (status == HR_OK)
            status = hr_reader_fill(reader, err);
    }
    return status;
}

static hr_status keep_error(hr_reader *reader, hr_status status, hr_error *err)
{
    if (status >= HR_E_INVALID && status != HR_E_STATE && status != HR_E_INTERRUPTED) {
        reader->sticky = *err;
        reader->sticky.status = status;
    }
    return status;
}

hr_status hr_reader_next(hr_reader *reader, hr_batch **out, hr_error *err)
{
    hr_error unasked;
    err = err ? err : &unasked;
    if (reader->sticky.status != HR_OK) {
        *err = reader->sticky;
        return reader->sticky.status;
    }
    reader->moved = true;
    hr_status status = next_batch(reader, out, err);
    if (status == HR_OK && reader->typing)
        hr_reader_see(reader, *out);
    return keep_error(reader, status, err);
}

hr_status hr_reader_columns(hr_reader *reader, const char *const **names, size_t *count, hr_error *err)
{
    hr_error unasked;
    err = err ? err : &unasked;
    if (reader->sticky.status != HR_OK && !reader->started) {
        *err = reader->sticky;
        return reader->sticky.status;
    }
    hr_status status = keep_error(reader, hr_reader_start(reader, err), err);
    if (status != HR_OK)
        return status;
    *names = (const char *const *)reader->names;
    *count = reader->columns;
    return HR_OK;
}

hr_input *hr_reader_input(hr_reader *reader)
{
    return reader->input;
}

hr_status hr_reader_describe(hr_reader *reader, hr_reader_facts *out, hr_error *err)
{
    if (!reader->started)
        return hr_fail(err, HR_E_STATE, "describing a reader that has not begun");
    *out = (hr_reader_facts){.format = reader->language->name,
                             .dialect = reader->dialect,
                             .encoding = hr_input_encoding(reader->input),
                             .compression = hr_input_compression(reader->input),
                             .columns = (const char *const *)reader->names,
                             .column_count = reader->columns,
                             .fallback_rows = reader->fallback_rows,
                             .absent_count = hr_reader_absentees(reader),
                             .absent = reader->absent,
                             .typed_rows = reader->typed_rows};
    return HR_OK;
}
