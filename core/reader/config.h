/* config.h: the options of a reader, parsed once. */
#ifndef HR_CORE_READER_CONFIG_H
#define HR_CORE_READER_CONFIG_H

#include "core/csv/dialect.h"
#include "simd/simd.h"

typedef enum hr_ragged {
    HR_RAGGED_REJECT = 0,
    HR_RAGGED_PAD = 1,      /* missing fields are null; too many is a reject */
    HR_RAGGED_TRUNCATE = 2, /* too many are cut off; missing ones are a reject */
    HR_RAGGED_BOTH = 3
} hr_ragged;

typedef enum hr_input_format { HR_INPUT_AUTO = 0, HR_INPUT_CSV, HR_INPUT_NDJSON } hr_input_format;

typedef struct hr_csv_config {
    hr_input_format format;
    char *columns;        /* NDJSON: list of names and JSON Pointers, or NULL: what the sample shows */
    bool strict_members;  /* NDJSON: records with members that are no columns are rejected */
    bool members_given;   /* option members was */
    char *wanted;         /* NDJSON: as columns, wanted by the program (hr_reader_want), or NULL */
    bool records;         /* NDJSON: records are wanted as they are; `wanted` beside them */
    unsigned depth_limit; /* limits.depth */
    unsigned threads;     /* at least 1 */
    hr_dialect_hints hints;
    char *encoding;          /* canonical, or NULL: detect */
    char *encoding_fallback; /* canonical, or NULL: rows that are not UTF-8 are rejected */
    hr_ragged ragged;
    bool strict, lenient, offsets;
    char **nulls; /* [null_count] */
    size_t null_count;
    size_t row_limit;    /* limits.row_bytes */
    size_t column_limit; /* limits.columns */
    size_t unique_limit; /* limits.unique */
    size_t sample;
    const hr_kernels *kernels;
} hr_csv_config;

hr_status hr_csv_config_set(hr_csv_config *config, const hr_options *options, hr_error *err) HR_MUST_CHECK;
void hr_csv_config_clear(hr_csv_config *config);

#endif
