/* transform.c: reads files, writes the columns that were asked for, and accounts for every row. */
#include "tools/headrace/transform.h"

#include "tools/headrace/rows_out.h"

static hr_status write_batch(hr_rows_out *out, hr_writer *writer, const char *file, const hr_batch *batch,
                             hr_error *err)
{
    hr_parcel parcel = {.batch = batch, .row_count = batch->rows};
    hr_status status = batch->rows > 0 ? hr_writer_rows(writer, &parcel, &out->buffer, err) : HR_OK;
    if (status == HR_OK)
        status = hr_rows_out_flush(out, err);
    if (status == HR_OK)
        hr_rows_out_count(out, file, batch, batch->rows);
    return status;
}

static hr_status transform_file(hr_rows_out *out, const char *file, hr_error *err)
{
    hr_reader *reader = NULL;
    hr_writer *writer = NULL;
    hr_batch *batch = NULL;
    hr_status status = hr_reader_open(file, hr_args_library(out->args), &reader, err);
    if (status == HR_OK)
        status = hr_rows_out_writer(out, reader, &writer, err);
    while (status == HR_OK && (status = hr_reader_next(reader, &batch, err)) == HR_OK) {
        status = write_batch(out, writer, file, batch, err);
        hr_batch_release(batch);
    }
    hr_writer_free(writer);
    hr_reader_close(reader);
    return status == HR_END ? HR_OK : status;
}

int hr_transform(const hr_args *args, const char *columns, const char *const *files, size_t count)
{
    hr_rows_out out;
    hr_error err;
    hr_status status = hr_rows_out_open(&out, args, columns, &err);
    for (size_t i = 0; i < count && status == HR_OK; i++) {
        status = transform_file(&out, files[i], &err);
        if (status != HR_OK)
            hr_error_origin(&err, files[i]);
    }
    return hr_rows_out_end(&out, status, &err);
}
