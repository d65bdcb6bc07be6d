/* tally.h: lines of NDJSON counted, each of them validated, without batches. */
#ifndef HR_CORE_JSON_TALLY_H
#define HR_CORE_JSON_TALLY_H

#include "core/json/scan.h"
#include "core/reader/reader.h"

/* Whether hr_json_tally_lines says of the lines of this reader, which has begun, what its batches would. */
bool hr_json_tally_can(const hr_reader *reader);
/* What tally_lines needs, one for each thread. Not two at a time of one reader. */
hr_status hr_json_tally_plan(hr_reader *reader, hr_error *err) HR_MUST_CHECK;
hr_status hr_json_tally_scan(const hr_reader *reader, hr_json_scan **out, hr_error *err) HR_MUST_CHECK;

/* Added up. */
typedef struct hr_json_tally {
    uint64_t lines, blanks, damaged; /* lines: blank and damaged ones among them */
} hr_json_tally;
hr_status hr_json_tally_lines(hr_json_scan *scan, const uint8_t *data, size_t size, hr_json_tally *sum,
                              hr_error *err) HR_MUST_CHECK;

#endif
