/* rows_out.h: rows of files to one output: what select, convert and dedup share. */
#ifndef HR_TOOLS_ROWS_OUT_H
#define HR_TOOLS_ROWS_OUT_H

#include "core/json/presence.h"
#include "core/output/output.h"
#include "core/reader/reader.h"
#include "headrace/job.h"
#include "headrace/schema.h"
#include "tools/headrace/args.h"
#include "tools/headrace/output_file.h"

/* One output for the rows of all files, with the flags of HR_FLAGS_TRANSFORM. */
typedef struct hr_rows_out {
    const hr_args *args;
    const char *list; /* of columns, or NULL: all */
    bool join;        /* nobody but the writer looks at batches */
    hr_output_file file;
    hr_deflate *deflate;
    hr_buffer buffer; /* rows that hr_rows_out_flush writes */
    hr_counts counts;
    hr_schema *schema; /* of --schema, or NULL */
    char **names;      /* [name_count] of the first file: what the files behind it must have */
    size_t name_count;
    bool header;  /* the first file has one */
    bool begun;   /* the first file's header was written */
    bool records; /* the last writer's file is NDJSON for NDJSON: records pass as they are, columns have no say */
    hr_json_presence presence; /* of the columns that were asked of NDJSON */
    bool lost;                 /* some output could not be written: an account would be none */
} hr_rows_out;

/* `out` is to be ended, also when this fails. */
hr_status hr_rows_out_open(hr_rows_out *out, const hr_args *args, const char *list, hr_error *err) HR_MUST_CHECK;
/* Opens a reader on a further file. Of NDJSON it looks for what the output takes, and for the columns of `key` (a list,
 * or NULL). */
hr_status hr_rows_out_reader(const hr_rows_out *out, const char *file, const char *key, hr_reader **reader,
                             hr_error *err) HR_MUST_CHECK;
/* A writer for the rows of a further file, whose columns are found by the names of the first file's; the first one's
 * header is written. *writer stays NULL for a file without columns: one of CSV has no rows then, and rows of NDJSON
 * that come all the same fail by hr_rows_out_no_columns. */
hr_status hr_rows_out_writer(hr_rows_out *out, hr_reader *reader, hr_writer **writer, hr_error *err) HR_MUST_CHECK;
hr_status hr_rows_out_no_columns(hr_error *err);
/* Writes what was rendered elsewhere. */
hr_status hr_rows_out_write(hr_rows_out *out, const hr_buffer *text, hr_error *err) HR_MUST_CHECK;
hr_status hr_rows_out_flush(hr_rows_out *out, hr_error *err) HR_MUST_CHECK;
/* Counts the batch, of which `written` rows were written and the others are duplicates, and tells its rejects. */
void hr_rows_out_count(hr_rows_out *out, const char *file, const hr_batch *batch, uint64_t written);
/* Finishes and publishes what was written when `status` is HR_OK, tells an error and the account, and frees. Returns
 * the exit status. */
int hr_rows_out_end(hr_rows_out *out, hr_status status, hr_error *err);

#endif
