/* dialect_parts.h: what the files of dialect detection share among themselves. */
#ifndef HR_CORE_CSV_DIALECT_PARTS_H
#define HR_CORE_CSV_DIALECT_PARTS_H

#include "core/csv/dialect.h"
#include "simd/simd.h"

/* ---- cells: what a value looks like ------------------------------------------------------------------------ */

typedef enum hr_cell {
    HR_CELL_EMPTY = 0,
    HR_CELL_NULL, /* \N, NULL, NA, n/a, -, ? ... */
    HR_CELL_INTEGER,
    HR_CELL_DECIMAL, /* decimal point or comma, thousands separators, exponent, currency, percent */
    HR_CELL_DATE,    /* a date, a time, or both */
    HR_CELL_BOOLEAN,
    HR_CELL_LINK, /* URL or e-mail address */
    HR_CELL_TEXT,
} hr_cell;
#define HR_CELL_KINDS 8u

/* Space around the value is ignored. */
hr_cell hr_cell_classify(const uint8_t *data, size_t size);
/* The value is one of the types that free text does not have: number, date, boolean, link. */
bool hr_cell_typed(hr_cell cell);

/* ---- trial: the sample lexed under one syntax ----------------------------------------------------------------- */

/* A record that damages its syntax, or that the syntax does not explain. */
#define HR_TRIAL_AFTER_QUOTE (1u << HR_MARK_AFTER_QUOTE)
#define HR_TRIAL_STRAY_QUOTE (1u << HR_MARK_STRAY_QUOTE)
#define HR_TRIAL_COMMENT (1u << HR_MARK_COMMENT)
#define HR_TRIAL_UNCLOSED (1u << 4)

typedef struct hr_trial {
    const hr_kernels *kernels;
    const uint8_t *text;
    size_t size;
    hr_csv_syntax syntax;
    uint32_t *begins;     /* where each field begins; one behind the last, too */
    uint32_t *records;    /* ordinal in begins of each record's first field; one behind the last, too */
    uint8_t *flags;       /* HR_TRIAL_ of each record */
    size_t fields, count; /* closed fields and records */
    bool cut;             /* the sample ended inside a record, which was left out */
    size_t room;          /* largest sample that fits */
    uint16_t *window;     /* room for the index of one window */
} hr_trial;

hr_status hr_trial_new(size_t room, hr_trial *out, hr_error *err) HR_MUST_CHECK;
/* size <= room. Records of no more than the bytes given; never fails. */
void hr_trial_run(hr_trial *trial, const uint8_t *text, size_t size, bool whole, const hr_csv_syntax *syntax);
/* Offset of a record whose quote is still open at the end of the text, or SIZE_MAX. Leaves no records. */
size_t hr_trial_open_record(hr_trial *trial, const uint8_t *text, size_t size, const hr_csv_syntax *syntax);
void hr_trial_free(hr_trial *trial);

/* Number of fields of a record; its bytes without the newline; one field, with and without its quotes. */
uint32_t hr_trial_width(const hr_trial *trial, size_t record);
void hr_trial_raw(const hr_trial *trial, size_t record, const uint8_t **data, size_t *size);
void hr_trial_field(const hr_trial *trial, size_t field, const uint8_t **data, size_t *size);
bool hr_trial_value(const hr_trial *trial, size_t field, const uint8_t **data, size_t *size); /* true: it was quoted */
bool hr_trial_blank(const hr_trial *trial, size_t record);

/* ---- score: how well a syntax explains the sample --------------------------------------------------------------- */

typedef struct hr_dialect_score {
    double value;     /* 0: no table */
    uint32_t records; /* records that were judged: not blank, not comment-like */
    uint32_t width;   /* fields of most records */
    uint32_t fitting; /* records of that width */
    uint32_t damaged; /* records with broken quotes */
    uint32_t quoted;  /* fields in clean quotes */
    uint32_t typed;   /* of `width`: columns of numbers, dates, booleans, links */
    bool top;         /* the first record has that width */
} hr_dialect_score;

void hr_dialect_rate(const hr_trial *trial, hr_dialect_score *out);
/* The record looks like a comment line of other tools: it begins with '#'. */
bool hr_trial_hash(const hr_trial *trial, size_t record);
/* Of these, those that do not have `width` fields mostly have two or more: rows of something rather than comments. */
bool hr_trial_hash_rows(const hr_trial *trial, uint32_t width);

/* ---- top: preamble and header -------------------------------------------------------------------------------------
 */

typedef struct hr_dialect_top {
    size_t first;   /* the header, or the first record */
    uint64_t lines; /* physical lines before it */
    bool header;
    unsigned confidence; /* 0..100, of the header */
    char why[240];       /* for people */
} hr_dialect_top;

/* `hints` may pin the header or the preamble (then no lines of the sample are taken as preamble). */
void hr_dialect_find_top(const hr_trial *trial, const hr_dialect_score *score, const hr_dialect_hints *hints,
                         hr_dialect_top *out);
/* Whether `record` names the columns of the records behind it. Positive in *evidence: there is more than custom for it.
 */
bool hr_dialect_header(const hr_trial *trial, size_t record, double *evidence, char why[240]);

/* ---- the detection, and what is said about it ------------------------------------------------------------------- */

typedef struct hr_dialect_candidate {
    hr_csv_syntax syntax;
    hr_dialect_score score;
} hr_dialect_candidate;

typedef struct hr_dialect_detection {
    const uint8_t *text; /* behind a pinned preamble */
    size_t size;
    bool whole;
    const hr_dialect_hints *hints;
    hr_trial trial;
    hr_dialect_candidate best, second; /* second: the best with another delimiter */
    bool single;                       /* nothing made a table: one column */
} hr_dialect_detection;

/* "lf", "crlf", "cr", "mixed" or "none": what ends the records of the trial. */
void hr_dialect_find_newline(const hr_trial *trial, char out[8]);
/* Fills out->evidence from the rest of *out and from how it was found. */
void hr_dialect_write_evidence(const hr_dialect_detection *d, const hr_dialect_top *top, hr_dialect_guess *out);
unsigned hr_dialect_confidence(const hr_dialect_detection *d, const hr_dialect_top *top);

#endif
