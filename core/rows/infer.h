/* infer.h: what the columns of an input could be, from all of its rows.
 *
 * Every value is sorted into a class (infer_class.h); a column is the counts of its classes, a few measures, and for
 * each class the first value that was of it. The narrowest type follows from these alone, so that facts of batches,
 * threads and files are added up in any order, and say at the end not only what a column is but what it would be but
 * for which rows.
 *
 *   infer_class.c    one value -> its class
 *   infer_batch.c    a batch -> facts of its columns
 *   infer_stride.c   values of one class, one below the other
 *   infer.c          facts of threads and files -> facts of all
 *   infer_type.c     the facts of a column -> its type, and what stood in the way of a narrower one
 */
#ifndef HR_CORE_ROWS_INFER_H
#define HR_CORE_ROWS_INFER_H

#include "core/base/base.h"
#include "core/rows/infer_class.h"
#include "headrace/schema.h"

/* What is known of a column, without its examples. */
typedef struct hr_infer_facts {
    uint64_t counts[HR_CLASSES];
    int64_t int_min, int_max;    /* of INT */
    int64_t day_min, day_max;    /* of DATE */
    int64_t time_min, time_max;  /* of STAMP and ZONED: microseconds */
    int64_t least, most;         /* of FRACTION: digits without the point, */
    uint32_t least_at, most_at;  /* and how many stand behind it */
    uint32_t before, behind;     /* most digits before and behind the point: INT, BIG, FRACTION */
    bool beyond;                 /* some FRACTION has more digits than a double */
    bool measured, inexact;      /* some FRACTION fits least and most; some does not */
    uint32_t words;              /* of BOOL: HR_BOOL_ seen */
    hr_value_class last;         /* of the value that was met last: a guess for the next one */
    uint64_t size_min, size_max; /* characters of what is not null */
} hr_infer_facts;

/* The first value of a class. */
#define HR_EXAMPLE_MAX 48u
typedef struct hr_infer_example {
    uint64_t row, line; /* as in hr_reject; 0: there is none */
    uint32_t file;      /* ordinal of the input, see hr_infer_merge */
    uint8_t size;
    bool cut; /* the value is longer */
    char text[HR_EXAMPLE_MAX];
} hr_infer_example;

typedef struct hr_infer_column {
    const char *name;
    hr_infer_facts facts;
    hr_infer_example examples[HR_CLASSES]; /* not of NULL and of TEXT alone */
} hr_infer_column;

typedef struct hr_infer hr_infer;

hr_status hr_infer_new(const char *const *names, size_t count, hr_infer **out, hr_error *err) HR_MUST_CHECK;
void hr_infer_free(hr_infer *infer);

/* The hooks for hr_reader_work. Any number of threads run them. */
/* The facts of a batch are added; *result is what hr_infer_take wants of it, often NULL. */
hr_status hr_infer_run(void *infer, const hr_batch *batch, void **result, hr_error *err);
void hr_infer_drop(void *infer, void *result);
/* In the order of the batches: keeps the first values. `first_line`: the physical line on which the batch begins.
 * `result` is freed. */
void hr_infer_take(hr_infer *infer, const hr_batch *batch, uint64_t first_line, void *result);
/* When all batches were taken, by one thread: the facts of all threads become one. Any number of times. */
void hr_infer_settle(hr_infer *infer);

/* Adds the facts of the next input to *into (NULL: becomes a copy of it, with `file` 0): columns are found by name; one
 * that an input does not have is null there. `from` is settled. `rows`: of *into before. */
hr_status hr_infer_merge(hr_infer **into, const hr_infer *from, uint32_t file, hr_error *err) HR_MUST_CHECK;

/* Settled: the columns, as long as `infer` lives. */
const hr_infer_column *hr_infer_columns(const hr_infer *infer, size_t *count);
uint64_t hr_infer_rows(const hr_infer *infer);
hr_status hr_infer_schema(const hr_infer *infer, hr_schema **out, hr_error *err) HR_MUST_CHECK;

/* ---- infer_type.c ------------------------------------------------------------------------------------------- */

/* The narrowest type that holds all values of the column: type, required, zoned, precision, scale are set. */
void hr_infer_type(const hr_infer_facts *facts, hr_column *out);

/* What a column would be but for a few values. */
typedef struct hr_infer_doubt {
    hr_column would; /* the narrower type */
    uint64_t values; /* that do not fit it */
    const hr_infer_example *first;
} hr_infer_doubt;
/* False: there is nothing to be said. Only where less than half of the values stand in the way. */
bool hr_infer_doubtful(const hr_infer_column *column, hr_infer_doubt *out);

/* ---- infer_batch.c ------------------------------------------------------------------------------------------ */

/* Room of one thread at work. */
typedef struct hr_infer_room {
    hr_buffer value; /* of a field that is not as written */
    uint8_t padded[2 * HR_CLASS_READ];
} hr_infer_room;
void hr_infer_facts_clear(hr_infer_facts *facts);
void hr_infer_facts_add(hr_infer_facts *sum, const hr_infer_facts *more);
/* Adds column `column` of the batch; *seen gets bit 1 << class for every class met. */
hr_status hr_infer_scan(const hr_batch *batch, size_t column, hr_infer_facts *facts, hr_infer_room *room,
                        uint32_t *seen, hr_error *err) HR_MUST_CHECK;
/* A column of 16-bit offsets without escapes and spellings of null, of the rows [0, rows) of which HR_CLASS_READ
 * bytes may be read behind the beginning of every field. */
typedef struct hr_infer_fields {
    const uint8_t *data;
    const uint16_t *begins;
    const uint32_t *row_first;
    size_t column, rows;
    int quote;
    bool cr; /* fields may end in the CR of a CRLF */
} hr_infer_fields;
/* infer_stride.c. Adds the values from `row` on that are of this class, or null, and gives the row behind them. */
size_t hr_infer_stride(const hr_infer_fields *fields, size_t row, hr_value_class kind, hr_infer_facts *facts,
                       uint32_t *seen);
/* The measures of one value, but for its count and size. */
void hr_infer_add(hr_infer_facts *facts, const hr_classed *value);
void hr_infer_widen(hr_infer_facts *facts, int64_t number, uint32_t behind);
/* The class of one value, by the same rules. *text and *size are the value, in room or in the batch. */
hr_status hr_infer_look(const hr_batch *batch, size_t row, size_t column, hr_infer_room *room, hr_value_class *kind,
                        const uint8_t **text, size_t *size, hr_error *err) HR_MUST_CHECK;

#endif
