/* ndjson.c: NDJSON as a language of readers. */
#include "core/reader/reader_state.h"

bool hr_json_detect(const uint8_t *text, size_t size, bool whole, char why[HR_LANGUAGE_WHY])
{
    (void)text, (void)size, (void)whole, (void)why;
    return false;
}
static hr_status none(hr_reader *r, const uint8_t *t, size_t s, bool w, const char *y, hr_error *err)
{
    (void)r, (void)t, (void)s, (void)w, (void)y;
    return hr_fail(err, HR_E_UNSUPPORTED, "reading NDJSON is not in this build");
}
const hr_language hr_language_ndjson = {.name = "ndjson", .position = "ndjson1", .detect = none};
