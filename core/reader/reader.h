/* reader.h: what the core and the tools need of a reader beyond headrace.h: opening on a stream, resuming, and what was
 * detected. */
#ifndef HR_CORE_READER_READER_H
#define HR_CORE_READER_READER_H

#include "core/base/base.h"
#include "core/csv/dialect.h"
#include "core/input/input.h"
#include "headrace/connector.h"
#include "headrace/schema.h"

/* A reader over `stream` (NULL: fed). The stream belongs to the reader, also when this fails. `hash`: keep a SHA-256 of
 * the stored bytes. */
hr_status hr_reader_open_stream(hr_stream *stream, const hr_options *options, bool hash, hr_reader **out,
                                hr_error *err) HR_MUST_CHECK;

/* Before anything is fed: it is records of UTF-8, whatever their first bytes look like: nothing is decompressed, no
 * byte-order mark is removed, no encoding is detected. */
void hr_reader_records(hr_reader *reader);

/* Before anything is read: HR_AGAIN from hr_reader_columns and hr_reader_next when the stream has nothing just now,
 * instead of waiting. */
void hr_reader_restless(hr_reader *reader);

/* What will be done with records of NDJSON: which columns they need, where no option says so. Of CSV it means
 * nothing. */
typedef enum hr_reader_want_kind {
    HR_WANT_COLUMNS, /* `columns` (as option columns; a repeated name counts once), unless that option was given */
    HR_WANT_RECORDS, /* the record as it is written; as columns only `columns` (may be NULL: none), unless ... */
    HR_WANT_ALL, /* every member, as a column: records with members that are none are rejected, unless option columns
                    or members was given */
} hr_reader_want_kind;
/* Before anything was read. */
hr_status hr_reader_want(hr_reader *reader, hr_reader_want_kind kind, const char *columns, hr_error *err) HR_MUST_CHECK;

/* Says that of batches only the columns select[0, count) will be looked at, when hr_reader_columns has succeeded and
 * before the first hr_reader_next. Of CSV, batches may then come with HR_BATCH_JOINED: in these, columns that nobody
 * wants are joined with their neighbours, and column select[i] is column joined[i]. */
hr_status hr_reader_join(hr_reader *reader, const uint32_t *select, size_t count, uint32_t *joined,
                         hr_error *err) HR_MUST_CHECK;

/* For whoever goes on in the middle of an input whose schema has unique columns. The values of rows from number `row`
 * on do not count, as if nobody had read them. */
void hr_reader_learn(hr_reader *reader, uint64_t row);
/* Gives away what the rows so far had in these columns. */
struct hr_unique *hr_reader_unique(hr_reader *reader);
/* Takes that, before hr_reader_resume, for a reader of the same schema. */
void hr_reader_know(hr_reader *reader, struct hr_unique *unique);

/* How much of a value hr_reject.value keeps. */
size_t hr_reject_excerpt(const uint8_t *value, size_t size);

/* Everything that was decided at the beginning: what a resume must not decide again. */
typedef struct hr_reader_facts {
    const char *format; /* "csv" or "ndjson": static */
    hr_dialect_guess dialect;
    const hr_encoding_guess *encoding; /* lives in the reader; changes from "ascii" when more is seen */
    hr_compression compression;
    const char *const *columns; /* as hr_reader_columns */
    size_t column_count;
    uint64_t fallback_rows;    /* rows decoded by encoding_fallback so far */
    const char *const *absent; /* [absent_count] as hr_reader_absent; live until the next hr_reader_describe */
    size_t absent_count;
    uint64_t typed_rows; /* rows that were given out under a schema so far */
} hr_reader_facts;
/* After hr_reader_columns has succeeded. */
hr_status hr_reader_describe(hr_reader *reader, hr_reader_facts *out, hr_error *err) HR_MUST_CHECK;

/* The position behind the last batch that hr_reader_next gave: text such as
 * "csv1:raw=123,text=120,row=7,line=9,encoding=utf-8". */
void hr_reader_position(const hr_reader *reader, hr_position *out);
/* Before anything was read: continue at `from` with these facts instead of detecting. Facts are copied. */
hr_status hr_reader_resume(hr_reader *reader, const hr_position *from, const hr_dialect_guess *dialect,
                           const char *const *columns, size_t column_count, hr_error *err) HR_MUST_CHECK;
/* Reads the beginning, and makes batches have vectors: of the schema that the reader was given, else of all columns as
 * texts. *out: that schema, as long as the reader lives. Before the first hr_reader_next, unless they have them anyway.
 */
hr_status hr_reader_values(hr_reader *reader, const hr_schema **out, hr_error *err) HR_MUST_CHECK;
/* What was fed, or came, so far is all that there is to look at, of the beginning, or to know the encoding from: the
 * next call decides on it. */
void hr_reader_enough(hr_reader *reader);
/* The input below, for its digest and progress. */
hr_input *hr_reader_input(hr_reader *reader);

/* ---- work on batches by several threads ----------------------------------------------------------------------------
 */

/* What is to be done with each batch before hr_reader_next gives it out. Option threads: it runs in any of the reader's
 * threads, for several batches at once, while hr_reader_next still gives the batches in the order of the input; with
 * one thread hr_reader_next calls it. Row and line numbers of the batch are not known yet when it runs. *result (NULL
 * before) is what hr_reader_result gives. Where it fails, hr_reader_next fails in that batch's place. It must not call
 * the reader. */
typedef struct hr_batch_work {
    hr_status (*run)(void *context, const hr_batch *batch, void **result, hr_error *err);
    void (*drop)(void *context, void *result); /* frees a result that was not taken; any thread */
    void *context;
} hr_batch_work;
/* Before the first hr_reader_next; `work` is copied. */
void hr_reader_work(hr_reader *reader, const hr_batch_work *work);
/* The result for the batch that hr_reader_next gave last. It is the caller's from now on: a second call gives NULL. */
void *hr_reader_result(hr_reader *reader);

/* How much text each of several threads takes up, and how much memory is lent, at a time; for tests. Before the first
 * hr_reader_next. */
void hr_reader_block(hr_reader *reader, size_t size);

/* Counts the records that are left: what summing rows + rejected over all batches would give, without making batches.
 */
hr_status hr_reader_count(hr_reader *reader, uint64_t *records, uint64_t *skipped, hr_error *err) HR_MUST_CHECK;
/* How many of the records that hr_reader_count counted are no JSON, or too deep, or too long, or cannot have the
 * columns of option columns: of NDJSON, which is validated as it is counted. Of CSV, where counting does not look at
 * values, 0. */
uint64_t hr_reader_counted_rejects(const hr_reader *reader);

#endif
