/* count.c: counting records without batches, where the language can. */
#include "core/json/tally.h"
#include "core/reader/reader_state.h"

hr_status hr_reader_count_batch(hr_reader *reader, uint64_t *records, uint64_t *skipped, hr_error *err)
{
    hr_batch *batch;
    hr_status status = hr_reader_next(reader, &batch, err);
    if (status != HR_OK)
        return status;
    *records += batch->rows + batch->rejected;
    *skipped += batch->skipped;
    if (reader->language == &hr_language_ndjson)
        reader->counted_rejects += batch->rejected;
    hr_batch_release(batch);
    return HR_OK;
}

uint64_t hr_reader_counted_rejects(const hr_reader *reader)
{
    return reader->counted_rejects;
}

/* Adds what is left. */
static hr_status count_rest(hr_reader *reader, size_t threads, uint64_t *records, uint64_t *skipped, hr_error *err)
{
    hr_csv_crew crew = {0};
    hr_status status = HR_OK;
    while (status == HR_OK) {
        if (atomic_load_explicit(&reader->interrupted, memory_order_relaxed))
            return hr_fail(err, HR_E_INTERRUPTED, "counting was interrupted");
        if (threads > 1 && reader->text >= crew.text)
            status = hr_csv_count_threads(reader, threads, &crew, records, skipped, err);
        if (status == HR_OK && reader->parallel) /* threads that make batches are ahead of the reader */
            status = hr_reader_count_batch(reader, records, skipped, err);
        else if (status == HR_OK)
            status = reader->language->count(reader, records, skipped, err);
    }
    return status;
}

hr_status hr_reader_count(hr_reader *reader, uint64_t *records, uint64_t *skipped, hr_error *err)
{
    uint64_t counted = 0, passed = 0;
    hr_status status = hr_reader_start(reader, err);
    if (status != HR_OK)
        return status;
    unsigned threads = reader->config.threads;
    bool crew = threads > 1 && !reader->parallel;
    if (crew && reader->language == &hr_language_ndjson) {
        crew = hr_json_tally_can(reader);
        status = hr_json_tally_plan(reader, err);
    }
    if (status != HR_OK)
        return status;
    if (crew) /* what they leave over is counted in this thread alone */
        reader->config.threads = 1;
    status = count_rest(reader, crew ? threads : 1, &counted, &passed, err);
    reader->config.threads = threads;
    if (status != HR_END)
        return status;
    *records = counted;
    *skipped = passed;
    return HR_OK;
}
