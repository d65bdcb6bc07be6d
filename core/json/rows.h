/* rows.h: what the files of NDJSON as a language of readers share. Nothing outside core/json includes it.
 *
 *   detect.c    whether a text is NDJSON
 *   columns.c   the names of the columns: from option columns, or from the sample
 *   ndjson.c    the language: its state, detection, beginning, counting
 *   lines.c     how much of the text is whole lines; lines beyond the limit
 *   records.c   a window of lines -> a batch
 */
#ifndef HR_CORE_JSON_ROWS_H
#define HR_CORE_JSON_ROWS_H

#include "core/json/scan.h"
#include "core/reader/reader_state.h"
#include "headrace/schema.h"

/* The state of a reader of NDJSON. */
struct hr_json_rows {
    hr_json_plan *plan;
    bool borrowed; /* the plan belongs to the reader of which this is a view */
    hr_json_scan *scan;
    hr_json_plan *bare; /* no columns: for counting; NULL until then */
    hr_json_scan *bare_scan;
    uint32_t flags;  /* of batches */
    size_t searched; /* the first bytes at `begin` that hold no newline */
};

/* ---- columns.c ----------------------------------------------------------------------------------------------- */

/* A list as users write it: names of members and JSON Pointers between commas; one that holds commas stands in double
 * quotes. One that comes again is an error, or, with `repeats`, nothing. */
hr_status hr_json_columns_parse(const char *list, bool repeats, char ***names, size_t *count,
                                hr_error *err) HR_MUST_CHECK;
/* The columns of a schema, and those of a list (NULL: none). */
hr_status hr_json_columns_schema(const hr_schema *schema, const char *list, char ***names, size_t *count,
                                 hr_error *err) HR_MUST_CHECK;
/* The names of the members of the objects among the lines, in the order of their first appearance, as they would stand
 * in such a list: one that is empty or begins with '/' becomes a pointer. None when no line is an object. */
hr_status hr_json_columns_find(const uint8_t *text, size_t size, bool whole, const hr_csv_config *config, char ***names,
                               size_t *count, hr_error *err) HR_MUST_CHECK;
void hr_json_columns_free(char **names, size_t count);

/* ---- lines.c ------------------------------------------------------------------------------------------------- */

typedef enum hr_json_cut {
    HR_JSON_CUT_LINES, /* *size bytes at `begin` are whole lines, none of them beyond limits.row_bytes */
    HR_JSON_CUT_LONG,  /* the line at `begin` is beyond it */
    HR_JSON_CUT_MORE,  /* the line at `begin` needs more text */
} hr_json_cut;
/* Lines of at most `most` bytes, or one that is longer. */
hr_json_cut hr_json_cut_lines(hr_reader *reader, size_t most, size_t *size);
/* The line at `begin`, or what is left of it, is too long: passes over what there is of it. *out when that was all. */
hr_status hr_json_long_line(hr_reader *reader, hr_batch_body **out, hr_error *err) HR_MUST_CHECK;

/* ---- records.c ----------------------------------------------------------------------------------------------- */

/* The `size` bytes of whole lines at `begin` as a batch. */
hr_status hr_json_take_batch(hr_reader *reader, size_t size, hr_batch_body **out, hr_error *err) HR_MUST_CHECK;

#endif
