/* transform.c: reads files, writes the columns that were asked for, and accounts for every row. Rows are rendered where
 * batches are made, in any of the reader's threads, and written in the order of the input. */
#include "tools/headrace/transform.h"

#include "tools/headrace/render.h"
#include "tools/headrace/rows_out.h"
#include "tools/headrace/schema_flag.h"

static hr_status write_batches(hr_rows_out *out, hr_reader *reader, const char *file, hr_rendering *rendering,
                               hr_error *err)
{
    hr_batch *batch = NULL;
    hr_status status;
    while ((status = hr_reader_next(reader, &batch, err)) == HR_OK) {
        hr_rendered *rows = hr_reader_result(reader);
        if (rows != NULL)
            status = hr_rows_out_write(out, &rows->text, err);
        hr_rendering_give_back(rendering, rows);
        if (status == HR_OK)
            hr_rows_out_count(out, file, batch, batch->rows);
        hr_batch_release(batch);
        if (status != HR_OK)
            break;
    }
    return status;
}

static hr_status transform_file(hr_rows_out *out, const char *file, hr_error *err)
{
    hr_reader *reader = NULL;
    hr_writer *writer = NULL;
    hr_rendering rendering;
    hr_rendering_begin(&rendering);
    hr_status status = hr_rows_out_reader(out, file, NULL, &reader, err);
    if (status == HR_OK)
        status = hr_rows_out_writer(out, reader, &writer, err);
    if (status == HR_OK) {
        rendering.writer = writer;
        hr_batch_work work = hr_rendering_work(&rendering);
        hr_reader_work(reader, &work);
        status = write_batches(out, reader, file, &rendering, err);
    }
    if (status == HR_END)
        hr_tell_absent(file, reader, out->schema);
    hr_reader_close(reader); /* its threads use what is freed below */
    hr_rendering_end(&rendering);
    hr_writer_free(writer);
    return status == HR_END ? HR_OK : status;
}

int hr_transform(const hr_args *args, const char *columns, const char *const *files, size_t count)
{
    hr_rows_out out;
    hr_error err;
    hr_status status = hr_rows_out_open(&out, args, columns, &err);
    out.join = true;
    for (size_t i = 0; i < count && status == HR_OK; i++) {
        status = transform_file(&out, files[i], &err);
        if (status != HR_OK)
            hr_error_origin(&err, files[i]);
    }
    return hr_rows_out_end(&out, status, &err);
}
