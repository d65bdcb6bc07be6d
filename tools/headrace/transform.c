/* transform.c: reads files, writes the columns that were asked for, and accounts for every row. */
#include "tools/headrace/transform.h"

#include "core/output/output.h"
#include "core/reader/reader.h"
#include "tools/headrace/output_file.h"
#include "tools/headrace/print.h"
#include "tools/headrace/shell.h"

#define REJECTS_SHOWN 10u

typedef struct transform {
    const hr_args *args;
    const char *list; /* of columns, or NULL */
    hr_output_file file;
    hr_deflate *deflate;
    hr_buffer buffer;
    hr_counts counts;
    char **names; /* [name_count] of the first file: what the files behind it must have */
    size_t name_count;
    bool header; /* the first file has one */
    bool begun;  /* the first file's header was written */
    bool lost;   /* some output could not be written: an account would be none */
} transform;

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

static const char *compression_of(const hr_args *args)
{
    const char *path = hr_args_text(args, "output");
    if (hr_args_given(args, "compress") || path == NULL)
        return hr_args_text(args, "compress");
    return ends_with(path, ".gz") ? "gzip" : ends_with(path, ".zst") ? "zstd" : "none";
}

/* ---- columns ----------------------------------------------------------------------------------------------- */

static hr_status keep_names(transform *work, const char *const *names, const uint32_t *select, size_t count,
                            hr_error *err)
{
    work->names = hr_calloc(count, sizeof *work->names);
    if (work->names == NULL)
        return hr_fail_memory(err, "keeping column names");
    for (size_t i = 0; i < count; i++) {
        work->names[i] = hr_strdup(names[select != NULL ? select[i] : i]);
        if (work->names[i] == NULL)
            return hr_fail_memory(err, "keeping column names");
        work->name_count++;
    }
    return HR_OK;
}

/* The columns of a further file that carry the names of the first one's. */
static hr_status match_names(const transform *work, const char *const *names, size_t count, uint32_t **out,
                             hr_error *err)
{
    if (work->list == NULL && count != work->name_count)
        return hr_fail(err, HR_E_CHANGED,
                       "this file has %zu columns and the first one %zu; choose columns with headrace select", count,
                       work->name_count);
    uint32_t *select = hr_calloc(work->name_count, sizeof *select);
    if (select == NULL)
        return hr_fail_memory(err, "matching columns");
    for (size_t i = 0; i < work->name_count; i++) {
        size_t at = 0;
        while (at < count && strcmp(names[at], work->names[i]) != 0)
            at++;
        if (at == count) {
            hr_free(select);
            return hr_fail(err, HR_E_CHANGED, "this file has no column '%s', which the first one has", work->names[i]);
        }
        select[i] = (uint32_t)at;
    }
    *out = select;
    return HR_OK;
}

static hr_status choose_columns(transform *work, const char *const *names, size_t count, uint32_t **select,
                                size_t *select_count, hr_error *err)
{
    if (work->begun) {
        *select_count = work->name_count;
        return match_names(work, names, count, select, err);
    }
    if (work->list != NULL) {
        hr_status status = hr_columns_find(work->list, names, count, select, select_count, err);
        return status == HR_OK ? keep_names(work, names, *select, *select_count, err) : status;
    }
    *select_count = count;
    return keep_names(work, names, NULL, count, err);
}

/* *out stays NULL for a file without columns, which has no rows. */
static hr_status make_writer(transform *work, hr_reader *reader, hr_writer **out, hr_error *err)
{
    const char *const *names;
    size_t count = 0, select_count = 0;
    uint32_t *select = NULL;
    hr_reader_facts facts;
    hr_status status = hr_reader_columns(reader, &names, &count, err);
    if (status != HR_OK || (count == 0 && work->list == NULL))
        return status;
    status = hr_reader_describe(reader, &facts, err);
    if (status == HR_OK)
        status = choose_columns(work, names, count, &select, &select_count, err);
    if (status == HR_OK) {
        if (!work->begun)
            work->header = facts.dialect.header;
        const char *wish = hr_args_text(work->args, "out_header");
        hr_writer_options options = {
            .format = strcmp(hr_args_text(work->args, "write"), "ndjson") == 0 ? HR_FORMAT_NDJSON : HR_FORMAT_CSV,
            .dialect = {.delimiter = hr_options_byte(work->args->sets[0].options, "out_delimiter", ','),
                        .quote = '"',
                        .escape = HR_NO_BYTE,
                        .comment = HR_NO_BYTE},
            .header = strcmp(wish, "auto") == 0 ? work->header : strcmp(wish, "yes") == 0,
            .columns = names,
            .column_count = count,
            .select = select,
            .select_count = select != NULL ? select_count : 0,
        };
        status = hr_writer_new(&options, out, err);
    }
    hr_free(select);
    return status;
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

static hr_status flush_rows(transform *work, hr_error *err)
{
    hr_status status = hr_deflate_write(work->deflate, work->buffer.data, work->buffer.size, err);
    work->buffer.size = 0;
    work->lost = work->lost || status != HR_OK;
    return status;
}

static void tell_rejects(transform *work, const char *file, const hr_batch *batch)
{
    for (uint64_t i = 0; i < batch->rejected; i++) {
        if (work->counts.rejected + i < REJECTS_SHOWN)
            hr_print_reject(stderr, file, &batch->rejects[i]);
        else if (work->counts.rejected + i == REJECTS_SHOWN)
            hr_message("further rejected rows are counted only; headrace check lists them all");
    }
}

static hr_status write_batch(transform *work, hr_writer *writer, const char *file, const hr_batch *batch, hr_error *err)
{
    hr_parcel parcel = {.batch = batch, .row_count = batch->rows};
    hr_status status = batch->rows > 0 ? hr_writer_rows(writer, &parcel, &work->buffer, err) : HR_OK;
    if (status == HR_OK)
        status = flush_rows(work, err);
    if (status != HR_OK)
        return status;
    tell_rejects(work, file, batch);
    work->counts.read += batch->read;
    work->counts.loaded += batch->rows;
    work->counts.rejected += batch->rejected;
    work->counts.skipped += batch->skipped;
    return HR_OK;
}

static hr_status transform_file(transform *work, const char *file, hr_error *err)
{
    hr_reader *reader = NULL;
    hr_writer *writer = NULL;
    hr_batch *batch = NULL;
    hr_status status = hr_reader_open(file, hr_args_library(work->args), &reader, err);
    if (status == HR_OK)
        status = make_writer(work, reader, &writer, err);
    if (status == HR_OK && writer != NULL && !work->begun)
        status = hr_writer_header(writer, &work->buffer, err);
    if (status == HR_OK)
        status = flush_rows(work, err);
    work->begun = work->begun || (status == HR_OK && writer != NULL);
    while (status == HR_OK && (status = hr_reader_next(reader, &batch, err)) == HR_OK) {
        status = write_batch(work, writer, file, batch, err);
        hr_batch_release(batch);
    }
    hr_writer_free(writer);
    hr_reader_close(reader);
    return status == HR_END ? HR_OK : status;
}

static hr_status transform_all(transform *work, const char *const *files, size_t count, hr_error *err)
{
    hr_status status = hr_output_open(hr_args_text(work->args, "output"), &work->file, err);
    if (status == HR_OK)
        status = hr_deflate_new(compression_of(work->args), work->file.fd, &work->deflate, err);
    for (size_t i = 0; i < count && status == HR_OK; i++) {
        status = transform_file(work, files[i], err);
        if (status != HR_OK)
            hr_error_origin(err, files[i]);
    }
    hr_error end;
    hr_status ended = work->deflate != NULL ? hr_deflate_finish(work->deflate, &end) : HR_OK;
    if (status == HR_OK && ended != HR_OK) {
        *err = end;
        status = ended;
    }
    if (status == HR_OK)
        status = ended = hr_output_publish(&work->file, err);
    work->lost = work->lost || ended != HR_OK;
    return status;
}

int hr_transform(const hr_args *args, const char *columns, const char *const *files, size_t count)
{
    transform work = {.args = args, .list = columns, .file = {.fd = -1}};
    hr_error err;
    hr_status status = transform_all(&work, files, count, &err);
    int exit = work.counts.rejected > 0 ? HR_EXIT_REJECTS : HR_EXIT_DONE;
    bool to_pipe = work.file.fd == 1;
    if (status != HR_OK && to_pipe && status == HR_E_IO && hr_output_gone()) {
        exit = HR_EXIT_DONE; /* the reader has what it wanted */
    } else {
        if (status != HR_OK) {
            hr_print_error(&err);
            exit = hr_exit_of(&err);
        }
        if (!work.lost && (status == HR_OK || work.counts.read > 0))
            hr_print_counts(stderr, &work.counts);
    }
    hr_deflate_free(work.deflate);
    hr_output_close(&work.file);
    hr_buffer_free(&work.buffer);
    for (size_t i = 0; i < work.name_count; i++)
        hr_free(work.names[i]);
    hr_free(work.names);
    return exit;
}
