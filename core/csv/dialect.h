/* dialect.h: how a CSV file is written, detected from a sample. Detection proposes; it never discards a row. */
#ifndef HR_CORE_CSV_DIALECT_H
#define HR_CORE_CSV_DIALECT_H

#include "core/base/base.h"

/* What the user has pinned. HR_DIALECT_AUTO (-2) means: detect. HR_NO_BYTE (-1): pinned to "none". */
#define HR_DIALECT_AUTO (-2)
typedef struct hr_dialect_hints {
    int delimiter, quote, escape, comment;
    int header;       /* 1 yes, 0 no, HR_DIALECT_AUTO */
    int64_t preamble; /* lines to skip, or HR_DIALECT_AUTO */
} hr_dialect_hints;

typedef struct hr_dialect_guess {
    hr_dialect dialect;
    bool header;
    uint64_t preamble;   /* physical lines before the header (or first record) that are not data */
    uint32_t columns;    /* fields of the header, or of most records */
    unsigned confidence; /* 0..100 */
    char newline[8];     /* "lf" "crlf" "cr" "mixed" "none": what was seen; never needed for parsing */
    char evidence[800];  /* for people */
} hr_dialect_guess;

/* No more of a sample is looked at. */
#define HR_DIALECT_SAMPLE_MAX (256u * 1024u)

/* Detects from the first bytes of the text (UTF-8, no byte-order mark). `whole`: the sample is the whole input (else
 * the last line is cut and must not be judged). Uses the exact lexer of simd.h for trial parses. Deterministic; bounded
 * at O(size x candidates), no more than 256 KiB are looked at; always succeeds (an empty sample: comma, '"', a header,
 * no rows, 0 columns). Where no delimiter makes a table there is one column: comma, or, when that would divide unquoted
 * prose, a tab or 0x1F that the text does not have. */
hr_status hr_dialect_detect(const uint8_t *text, size_t size, bool whole, const hr_dialect_hints *hints,
                            hr_dialect_guess *out, hr_error *err);

/* "comma" style text of a byte for people and flags: ",", "\t", "0x1F", "none". `out` of at least 8 bytes. */
void hr_dialect_byte_text(int byte, char out[8]);

#endif
