/* output.h: rows to bytes: CSV and NDJSON writers, and streaming compression. */
#ifndef HR_CORE_OUTPUT_OUTPUT_H
#define HR_CORE_OUTPUT_OUTPUT_H

#include "core/base/base.h"
#include "headrace/connector.h"
#include "headrace/schema.h"
#include "simd/simd.h"

/* ---- writers ----------------------------------------------------------------------------------------------- */

typedef enum hr_format { HR_FORMAT_CSV = 0, HR_FORMAT_NDJSON = 1 } hr_format;

/* Which values of CSV output stand in quotes, beside those that must. Null never does: it is nothing, so that it stays
 * apart from the empty string. */
typedef enum hr_quote_style {
    HR_QUOTE_MINIMAL = 0, /* none */
    HR_QUOTE_STRINGS,     /* all but numbers and truth values, which are known of a schema and of NDJSON; names too */
    HR_QUOTE_ALL          /* all; names too */
} hr_quote_style;

/* Of the names minimal, strings, all; NULL: minimal. */
hr_quote_style hr_quote_style_of(const char *name);

typedef struct hr_writer_options {
    hr_format format;
    hr_dialect dialect; /* of CSV output: delimiter and quote; quote must be a byte; escape and comment unused */
    hr_quote_style quote_style;
    bool header;                /* CSV: write column names first */
    const char *const *columns; /* [column_count] names in the input's order; copied */
    size_t column_count;
    const uint32_t *select; /* [select_count] columns to write, in this order; NULL: all; copied */
    size_t select_count;
    const uint32_t *joined; /* [select_count] where they are in batches with HR_BATCH_JOINED; NULL: as select; copied */
    const hr_type *types; /* [column_count] of a schema that the rows were checked against: NDJSON writes them as such,
                             and HR_QUOTE_STRINGS looks at them; NULL: not known; copied */
    bool lineage;         /* append the lineage columns */
    const char *source, *file; /* lineage: copied; may be NULL when lineage is false */
    int64_t ingested_ns;
    const hr_kernels *kernels; /* NULL: those that this CPU should use */
} hr_writer_options;

/* As a destination wants them: what the plan says of the rows, format and lineage; a comma, the usual quotes, no
 * header. The texts are the plan's. */
hr_writer_options hr_writer_options_of(const hr_sink_plan *plan);

/* CSV out: fields are written in the least quoting that reads back as the same values, unless more is asked for
 * (quote_style). They are quoted when they hold the delimiter, the quote, CR or LF, begin with a quote, or are the
 * empty string (null is written as nothing); the bytes of a field that is already right pass unchanged. In a file of
 * one column a null is written as the quoted empty string, because readers skip blank lines. Without a header, a first
 * field that begins with the bytes of a byte-order mark is quoted too: it could begin a file. Newline is LF. What comes
 * from NDJSON: strings without their escapes, numbers, true and false as written, objects and arrays as their JSON
 * text; null and missing members as nothing.
 *
 * NDJSON out: one object a line, keys in column order. Of CSV every value is a JSON string or null, unless `types` says
 * more: numbers (int64, decimal, float64) then stand without quotes as they are written, but for what JSON does not
 * have (a plus, zeros in front, a bare point); NaN and infinities are strings; bool becomes true or false, json stands
 * as it is, in one line. Of NDJSON every value stands as it is written; missing members are null, so that all rows have
 * all columns. Records of NDJSON that were asked for as such (HR_BATCH_RECORDS) pass whole, byte for byte; lineage is
 * put behind their last member, and a record that is no object becomes the member _record of one. */
/* A writer does not change once it is made: any number of threads may write rows with it, each to a buffer of its own.
 */
typedef struct hr_writer hr_writer;
hr_status hr_writer_new(const hr_writer_options *options, hr_writer **out, hr_error *err) HR_MUST_CHECK;
/* The header line, when options.header, else nothing. */
hr_status hr_writer_header(const hr_writer *writer, hr_buffer *out, hr_error *err) HR_MUST_CHECK;
/* Appends the rows of the parcel. HR_E_LIMIT / HR_E_MEMORY leave `out` as it was. */
hr_status hr_writer_rows(const hr_writer *writer, const hr_parcel *parcel, hr_buffer *out, hr_error *err) HR_MUST_CHECK;
void hr_writer_free(hr_writer *writer);

/* ---- compression ------------------------------------------------------------------------------------------- */

/* Bytes to a file descriptor, compressed or not, through a bounded buffer. */
typedef struct hr_deflate hr_deflate;
/* `compression` "none", "gzip" or "zstd". Does not own `fd`. */
hr_status hr_deflate_new(const char *compression, int fd, hr_deflate **out, hr_error *err) HR_MUST_CHECK;
/* Lets that many threads of its own compress zstd output, in the background; where they cannot be had, it compresses
 * without them. Before the first write. */
void hr_deflate_threads(hr_deflate *deflate, unsigned threads);
hr_status hr_deflate_write(hr_deflate *deflate, const void *data, size_t size, hr_error *err) HR_MUST_CHECK;
/* Ends the frame or member and writes everything out (no fsync). Further writes begin a new frame. */
hr_status hr_deflate_finish(hr_deflate *deflate, hr_error *err) HR_MUST_CHECK;
uint64_t hr_deflate_written(const hr_deflate *deflate); /* bytes given to write(2) so far */
/* About what the output would be long if it were finished now. */
uint64_t hr_deflate_estimate(const hr_deflate *deflate);
/* Makes a write that waits for the reader of a pipe return HR_E_INTERRUPTED. Async-signal-safe. */
void hr_deflate_interrupt(hr_deflate *deflate);
void hr_deflate_free(hr_deflate *deflate);
/* ".csv.zst" and so on. Static. */
const char *hr_output_suffix(const char *format, const char *compression);

#endif
