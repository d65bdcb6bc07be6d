/* tally.c: lines of NDJSON counted, each of them validated, without batches. */
#include "core/json/tally.h"

#include "core/json/rows.h"

bool hr_json_tally_can(const hr_reader *reader)
{
    /* Columns that were asked for say what a record must be; a fallback encoding makes records of damaged lines. */
    return !reader->config.columns && !reader->config.encoding_fallback;
}

/* Nothing but the lines is wanted: a search for columns would cost time. */
hr_status hr_json_tally_plan(hr_reader *reader, hr_error *err)
{
    struct hr_json_rows *rows = reader->json;
    hr_json_plan_options options = {.depth_limit = reader->config.depth_limit};
    return rows->bare ? HR_OK : hr_json_plan_new(&options, &rows->bare, err);
}

hr_status hr_json_tally_scan(const hr_reader *reader, hr_json_scan **out, hr_error *err)
{
    return hr_json_scan_new(reader->config.kernels, reader->json->bare, out, err);
}

hr_status hr_json_tally_lines(hr_json_scan *scan, const uint8_t *data, size_t size, hr_json_tally *sum, hr_error *err)
{
    hr_json_lines lines;
    hr_status status = hr_json_scan_run(scan, data, size, &lines, err);
    if (status != HR_OK)
        return status;
    sum->lines += lines.count;
    for (size_t i = 0; !lines.all_sound && i < lines.count; i++) {
        sum->damaged += lines.lines[i].fault != HR_JSON_SOUND;
        sum->blanks += lines.lines[i].fault == HR_JSON_SOUND && lines.lines[i].size == 0;
    }
    return HR_OK;
}
