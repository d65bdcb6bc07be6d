/* csv_reference.h: the CSV language once more, whole and in memory, with no thought of speed: what every reader, kernel
 * and split of the input is compared with. It shares no code with the library. Needs no more than the standard library;
 * ends the process when there is no memory. */
#ifndef HR_TESTS_REFERENCE_CSV_REFERENCE_H
#define HR_TESTS_REFERENCE_CSV_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REFERENCE_UNKNOWN UINT64_MAX

typedef enum reference_kind {
    REFERENCE_QUOTE = 1, /* the numbers of hr_reject_kind */
    REFERENCE_UNCLOSED = 2,
    REFERENCE_FIELDS = 3,
    REFERENCE_ENCODING = 4,
    REFERENCE_SIZE = 5,
    REFERENCE_COLUMNS = 6,
    REFERENCE_STRICT = 7,
} reference_kind;

typedef struct reference_options {
    int delimiter, quote, escape, comment; /* -1: none */
    bool header;
    uint64_t preamble; /* physical lines before everything else */
    size_t columns;    /* without a header; 0: as many as the first record has */
    bool pad, truncate, strict, lenient;
    const char *null; /* one further spelling, or NULL */
    size_t row_bytes, column_limit;
    size_t columns_from; /* `columns` counts only if the first record ends within so many bytes */
} reference_options;

typedef struct reference_field {
    uint8_t *value; /* unescaped */
    size_t size;
    bool quoted, null;
    size_t begin; /* offset of its first byte in the text */
} reference_field;

typedef struct reference_row {
    uint64_t number, line;
    size_t offset, end; /* the record's text without its newline */
    reference_field *fields;
    size_t count; /* always the number of columns: padded, truncated */
} reference_row;

typedef struct reference_reject {
    reference_kind kind;
    uint64_t row, line, column;
    size_t offset;
    uint64_t at;
    size_t raw_size; /* the raw bytes lie at `offset` of the text */
} reference_reject;

/* A place between two records, where a batch may end. */
typedef struct reference_place {
    size_t offset;
    uint64_t row, line;
} reference_place;

typedef struct reference_result {
    const char *failure; /* why there are no rows at all, or NULL */
    char **names;
    size_t columns;
    reference_row *rows;
    size_t row_count;
    reference_reject *rejects;
    size_t reject_count;
    uint64_t skipped;
    reference_place *places; /* ascending; the last one is the end of the text */
    size_t place_count;
} reference_result;

/* Reads `text`, UTF-8 without a byte-order mark. All offsets are in it. */
void reference_read(const uint8_t *text, size_t size, const reference_options *options, reference_result *out);
void reference_free(reference_result *result);

/* Offset of the first byte at or behind `from` that begins no well-formed UTF-8 sequence ending by `to`; `to`: none. */
size_t reference_bad_utf8(const uint8_t *text, size_t from, size_t to);
/* Offset behind the newline that ends the physical line in which byte `at` lies. */
size_t reference_line_end(const uint8_t *text, size_t size, size_t at);

#endif
