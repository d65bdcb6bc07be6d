/* language.c: CSV as a language of readers. */
#include "core/reader/reader_state.h"

static hr_status detect(hr_reader *reader, const uint8_t *text, size_t size, bool whole, const char *why, hr_error *err)
{
    (void)why;
    hr_status status = hr_dialect_detect(text, size, whole, &reader->config.hints, &reader->dialect, err);
    if (status == HR_OK)
        reader->preamble_left = reader->dialect.preamble;
    return status;
}

static hr_status begin(hr_reader *reader, hr_error *err)
{
    hr_status status = reader->resume_at.size == 0 ? hr_csv_begin(reader, err) : HR_OK;
    return status == HR_OK ? hr_csv_cuts_begin(reader, err) : status;
}

const hr_language hr_language_csv = {
    .name = "csv",
    .position = "csv1",
    .detect = detect,
    .begin = begin,
    .next = hr_csv_next,
    .count = hr_csv_count,
    .split = hr_csv_split,
};
