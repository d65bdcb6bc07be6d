/* infer.c: the types of what a reader reads, from all of its rows. */
#include "core/reader/infer.h"

#include "core/reader/reader_state.h"

static hr_status begin(hr_reader *reader, hr_error *err)
{
    const char *const *names;
    size_t count;
    if (reader->infer)
        return HR_OK;
    if (reader->work.run || reader->parallel)
        return hr_fail(err, HR_E_STATE, "inferring types with a reader that is at another work already");
    hr_status status = hr_reader_columns(reader, &names, &count, err);
    if (status == HR_OK)
        status = hr_infer_new(names, count, &reader->infer, err);
    if (status != HR_OK)
        return status;
    const hr_batch_work work = {.run = hr_infer_run, .drop = hr_infer_drop, .context = reader->infer};
    hr_reader_work(reader, &work);
    return HR_OK;
}

hr_status hr_reader_gather(hr_reader *reader, const hr_infer **out, hr_infer_account *account, hr_error *err)
{
    hr_error unasked;
    err = err ? err : &unasked;
    hr_status status = begin(reader, err);
    uint64_t line = reader->given.line;
    hr_batch *batch;
    while (status == HR_OK && (status = hr_reader_next(reader, &batch, err)) == HR_OK) {
        hr_infer_take(reader->infer, batch, line, hr_reader_result(reader));
        line = batch->end_line;
        if (account) {
            account->read += batch->read;
            account->rows += batch->rows;
            account->rejected += batch->rejected;
            account->skipped += batch->skipped;
        }
        hr_batch_release(batch);
    }
    if (status != HR_END)
        return status;
    hr_infer_settle(reader->infer);
    *out = reader->infer;
    return HR_OK;
}

hr_status hr_reader_infer(hr_reader *reader, hr_schema **out, hr_error *err)
{
    const hr_infer *infer;
    hr_status status = hr_reader_gather(reader, &infer, NULL, err);
    return status == HR_OK ? hr_infer_schema(infer, out, err) : status;
}
