/* rows.h: what the kernels that render rows are given: the fields of a window, and what is to be made of them. */
#ifndef HR_SIMD_ROWS_H
#define HR_SIMD_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kernels that render write whole blocks: this much room stands behind what they are said to write at most. */
#define HR_ROWS_SLACK 128u

/* How a column stands in JSON. */
typedef enum hr_rows_form {
    HR_ROWS_STRING = 0,
    HR_ROWS_NUMBER,  /* as written, where that is a number of RFC 8259 without exponent */
    HR_ROWS_LITERAL, /* as written, where that is true or false */
    HR_ROWS_OTHER,   /* never done by a kernel unless it is null */
} hr_rows_form;

/* What stands before the value of a column in JSON: where the column before is a string, its closing quote, which is
 * left out behind a null; a brace or comma, the name, a colon; where the column is a string, its opening quote. */
typedef struct hr_rows_key {
    const uint8_t *text; /* 65 bytes can be read, however small it is */
    uint32_t size;
    hr_rows_form form; /* of the column's value */
} hr_rows_key;

/* What may be amiss with a value on its way to PostgreSQL, told from its bytes alone: a kernel leaves a row with it to
 * the caller, who knows more. Bits. */
#define HR_DOUBT_SCALE 1u /* more than `digits` bytes behind the first point, or an E */
/* A byte from 'A' on or a minus sign behind the first colon, or no colon and a blank or such a byte; a plus sign, or a
 * minus sign at the beginning, behind a blank or behind HR_DAY_SIGNS bytes */
#define HR_DOUBT_ZONELESS 2u
#define HR_DAY_SIGNS 9u      /* no day has a minus sign behind so many bytes: 2026-01-31, 31-Jan-2026 */
#define HR_DOUBT_FRACTION 4u /* more than `digits` digits behind the first point, or another point */
#define HR_DOUBT_DAY 8u      /* a colon, a blank or a byte from 'A' on */
#define HR_DOUBT_CLOCK 16u   /* a byte from 'A' on, at the beginning, behind a blank or another such byte */
#define HR_DOUBT_LETTERS 32u /* more than `digits` bytes, of which the last is a blank */
#define HR_DOUBT_BYTES 64u   /* more than `digits` bytes */
#define HR_DOUBT_ALWAYS 128u
#define HR_DOUBT_BY_SIZE (HR_DOUBT_LETTERS | HR_DOUBT_BYTES)
#define HR_DOUBT_SIZE_MOST 63u /* values of more bytes are doubted, where any other bit is set */
typedef struct hr_rows_guard {
    uint32_t column, doubts, digits;
} hr_rows_guard;

/* The rows of a window whose fields follow each other as in hr_batch (16-bit begins, every row with all its columns, no
 * escape byte). A field is quoted when `quoting` is set and it begins with `quote`; a quoted field is well-formed when
 * it ends with a quote and those between come in pairs. Empty fields are null, quoted ones never. */
typedef struct hr_rows {
    const uint8_t *data;
    size_t size; /* of what may be read at data */
    const uint16_t *begins;
    const uint32_t *row_first;
    const uint32_t *rows; /* ordinals of the rows to be rendered; NULL: those from 0 on */
    const uint32_t *select;
    size_t select_count; /* at least 1 */
    uint32_t last_column;
    bool may_cr;  /* fields of the last column lose a CR at their end */
    bool quoting; /* the input knows quotes */
    bool quotes;  /* some byte of the rows may be `quote` */
    uint8_t quote;
    /* CSV */
    uint8_t delimiter; /* of the output, whose quote is `quote`; for JSON, of the input */
    bool foreign;      /* unquoted fields may hold `delimiter` */
    bool guard;   /* a row whose first field begins with a byte-order mark, or has it behind one byte, is left to the
                     caller */
    bool newline; /* rows end in LF, and null that is alone in one is the empty string; else they end behind their last
                     field, null or not */
    /* JSON; `quote` is '"' */
    const hr_rows_key *keys; /* [select_count + 1]: the last one stands behind the last value */
    /* COPY; `quote` is nothing that is escaped there, and `delimiter` that of the input */
    const hr_rows_guard *guards; /* [guard_count] */
    size_t guard_count;
    bool whole; /* `select` is every column, in order, and no unquoted field holds the delimiter */
} hr_rows;

#endif
