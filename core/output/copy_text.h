/* copy_text.h: rows as COPY FROM STDIN of PostgreSQL reads them in its text format: fields between tabs, \N for null, a
 * backslash before what would be syntax (the manual, "COPY", File Formats). */
#ifndef HR_CORE_OUTPUT_COPY_TEXT_H
#define HR_CORE_OUTPUT_COPY_TEXT_H

#include "core/output/output.h"

/* Where the value of a column at the destination comes from. */
typedef enum hr_copy_what {
    HR_COPY_FIELD = 0, /* a column of the batch */
    HR_COPY_ABSENT,    /* nothing is written: the destination has no such column, so the batch's must be null */
    HR_COPY_FIXED,     /* `text` */
    HR_COPY_ORDINAL,   /* the row's ordinal among those that are written */
    HR_COPY_ROW,       /* its number in the input */
    HR_COPY_OFFSET,    /* its offset in the input; null where that is not known */
    HR_COPY_KEY,       /* its key in hexadecimal; null where there is none */
    HR_COPY_KEY_BYTES, /* its key as bytea */
} hr_copy_what;

/* What the server would change without a word: a row that has it cannot be sent. Bits. */
#define HR_COPY_SCALE 1u     /* more digits behind the point than `digits` */
#define HR_COPY_ZONELESS 2u  /* a zone, which would be ignored */
#define HR_COPY_FRACTION 4u  /* more digits of a second than `digits` */
#define HR_COPY_DAY 8u       /* a time of the day, which would be cut off */
#define HR_COPY_CLOCK 16u    /* "now", "today" ...: the moment of the load instead of the text */
#define HR_COPY_LETTERS 32u  /* blanks behind the first `digits` letters, which would be cut off */
#define HR_COPY_BYTES 64u    /* more than `digits` bytes */
#define HR_COPY_MEMBERS 128u /* the value is an array, and each member is looked at (not for LETTERS and BYTES) */
#define HR_COPY_INTERVAL \
    256u /* of an interval: fractions as of FRACTION, and fields that are finer than those the column has */
#define HR_COPY_FINEST 9    /* and these are three bits behind: years 0, months, days, hours, minutes, seconds 5 */
#define HR_COPY_ALONE 4096u /* with FRACTION: a time may stand without its day, and then without colons */

typedef struct hr_copy_column {
    hr_copy_what what;
    uint32_t column; /* of the batch: FIELD, ABSENT */
    uint32_t guards; /* HR_COPY_ bits: FIELD */
    unsigned digits;
    bool json;        /* FIELD: a value of NDJSON goes as it is written, the quotes of a string and its escapes too */
    const char *text; /* FIXED; NULL: null */
} hr_copy_column;

/* Why a row cannot be sent. */
typedef struct hr_copy_flaw {
    uint32_t column; /* of the batch */
    char message[160];
} hr_copy_flaw;

/* Does not change once it is made. No column of the batch may stand twice among `columns`. */
typedef struct hr_copy_text hr_copy_text;
hr_status hr_copy_text_new(const hr_copy_column *columns, size_t count, hr_copy_text **out,
                           hr_error *err) HR_MUST_CHECK;
void hr_copy_text_free(hr_copy_text *copy);
/* Appends the lines of the parcel's rows from ordinal *at on up to `to`, but stops soon behind the one with which `out`
 * holds `enough` bytes; *at is moved. `first` is the HR_COPY_ORDINAL of the parcel's first row. HR_AGAIN: row *at
 * cannot be sent and nothing of it was written: *flaw says why. Values are the text that the input has, whatever their
 * types: strings of JSON without their escapes (but see json above), everything else of JSON as it is written. */
hr_status hr_copy_text_rows(const hr_copy_text *copy, const hr_parcel *parcel, uint64_t first, size_t *at, size_t to,
                            size_t enough, hr_buffer *out, hr_copy_flaw *flaw, hr_error *err) HR_MUST_CHECK;

/* Whether the server would change the value without a word: what, as text for people, or NULL. */
const char *hr_copy_loss(uint32_t guards, unsigned digits, const uint8_t *text, size_t size);

#endif
