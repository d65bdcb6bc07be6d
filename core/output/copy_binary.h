/* copy_binary.h: rows as COPY FROM STDIN (FORMAT binary) of PostgreSQL reads them: a header, a tuple for each row, a
 * trailer (the manual, "COPY", Binary Format). A tuple is a count of fields; a field is its size, or -1 for null, and
 * its bytes, big-endian, as the receive function of its type wants them (date_recv, numeric_recv ...).
 *
 * The server takes what it receives for granted where it would have parsed a text. So a value goes this way only when
 * the server would store the very same for its text; a row with any other value is told, and goes as text, which the
 * server, or copy_guard.c, then judges.
 */
#ifndef HR_CORE_OUTPUT_COPY_BINARY_H
#define HR_CORE_OUTPUT_COPY_BINARY_H

#include "core/output/copy_text.h"

/* How a value is written. "Of vectors": the batch must have them. */
typedef enum hr_binary_kind {
    HR_BINARY_NONE = 0, /* it can only go as text */
    HR_BINARY_ABSENT,   /* nothing is written: the table has no such column, so that the row's must be null */
    HR_BINARY_BOOL,     /* of vectors: all from here on */
    HR_BINARY_INT2,
    HR_BINARY_INT4,
    HR_BINARY_INT8,
    HR_BINARY_FLOAT8,
    HR_BINARY_DATE,
    HR_BINARY_MIDNIGHT,  /* of a date: the timestamp with which it begins */
    HR_BINARY_TIMESTAMP, /* without zone */
    HR_BINARY_MOMENT,    /* with zone */
    HR_BINARY_UUID,
    HR_BINARY_VIEW,       /* of a text or JSON */
    HR_BINARY_VIEW_JSONB, /* up to here */
    HR_BINARY_NUMERIC,    /* of the text of an int64 or a decimal */
    HR_BINARY_DOUBLE,     /* the same as float8 */
    HR_BINARY_FIELD,      /* the value's text, whatever it is */
    HR_BINARY_FIELD_JSONB,
    HR_BINARY_READ_BOOL, /* of the value's text, read as the column's type reads it: all from here on */
    HR_BINARY_READ_INT2,
    HR_BINARY_READ_INT4,
    HR_BINARY_READ_INT8,
    HR_BINARY_READ_FLOAT4,
    HR_BINARY_READ_FLOAT8,
    HR_BINARY_READ_NUMERIC,
    HR_BINARY_READ_DATE,
    HR_BINARY_READ_TIME,      /* of a day, without zone */
    HR_BINARY_READ_TIMESTAMP, /* without zone */
    HR_BINARY_READ_MOMENT,    /* with zone */
    HR_BINARY_READ_UUID,      /* up to here */
    HR_BINARY_FIXED,          /* the bytes given */
    HR_BINARY_ORDINAL,
    HR_BINARY_ROW,
    HR_BINARY_OFFSET,
    HR_BINARY_KEY,
    HR_BINARY_KEY_BYTES,
} hr_binary_kind;

typedef struct hr_binary_column {
    hr_copy_column as_text; /* the same column for copy_text.h: which of the batch, and what would change it */
    hr_binary_kind kind;
    uint32_t vector;      /* of the batch's vectors */
    const uint8_t *bytes; /* FIXED: copied; NULL: null */
    size_t size;
} hr_binary_column;

#define HR_BINARY_TEXT_OID 25u /* of type text, and of all types that receive one like it */

/* A column of the table, and what is known of the values that it is to get. */
typedef struct hr_binary_place {
    unsigned base;             /* OID of its type, or of what a domain stands for: the server receives that the same */
    const hr_column *declared; /* of the schema that values keep to, or NULL */
} hr_binary_place;

/* copy_binary_kind.c: fills in what is still open in *column (all but as_text and vector), HR_BINARY_NONE where the
 * pair has no way that is exact. `room` takes the bytes of a fixed moment. */
void hr_binary_choose(const hr_binary_place *place, hr_binary_column *column, uint8_t room[8]);
/* What a value of the kind gains or, below 0, loses over its text, in the time of the server and of ours, roughly: 1 is
 * 10 ns. */
int hr_binary_gain(hr_binary_kind kind);

/* A moment in microseconds since 1970 as a timestamptz. */
void hr_binary_moment(int64_t microseconds, uint8_t out[8]);

/* Does not change once it is made. */
typedef struct hr_copy_binary hr_copy_binary;
hr_status hr_copy_binary_new(const hr_binary_column *columns, size_t count, hr_copy_binary **out,
                             hr_error *err) HR_MUST_CHECK;
void hr_copy_binary_free(hr_copy_binary *copy);
/* As hr_copy_text_rows. HR_AGAIN: row *at can only go as text, and nothing of it was written. */
hr_status hr_copy_binary_rows(const hr_copy_binary *copy, const hr_parcel *parcel, uint64_t first, size_t *at,
                              size_t to, size_t enough, hr_buffer *out, hr_error *err) HR_MUST_CHECK;

#define HR_BINARY_HEADER_SIZE 19u
extern const uint8_t hr_binary_header[HR_BINARY_HEADER_SIZE];
#define HR_BINARY_TRAILER_SIZE 2u
extern const uint8_t hr_binary_trailer[HR_BINARY_TRAILER_SIZE];

#endif
