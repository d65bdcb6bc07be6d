/* print.h: what a person or a script reads: messages, the account, tables, JSON. Bytes from outside are escaped. */
#ifndef HR_TOOLS_PRINT_H
#define HR_TOOLS_PRINT_H

#include <stdio.h>

#include "core/base/base.h"
#include "headrace/job.h"

/* ---- text -------------------------------------------------------------------------------------------------- */

/* Writes text so that a terminal shows it and does nothing else: control characters, characters that turn the direction
 * of text, and bytes that are not UTF-8 stand as \n, \x1b, \u202e. */
void hr_print_safe(FILE *to, const void *text, size_t size);
void hr_print_text(FILE *to, const char *text);
/* Columns that a terminal needs for what hr_print_safe writes. */
size_t hr_text_width(const void *text, size_t size);

/* "1 000 000"; `out` of at least 32 bytes. Returns `out`. */
char *hr_number_text(uint64_t number, char out[32]);

/* "headrace: what happened (orders.csv, line 3)" on standard error. */
void hr_print_error(const hr_error *err);
/* "headrace: ..." on standard error; the result is escaped. */
void hr_message(const char *format, ...) HR_PRINTF(1, 2);
/* Prints a usage error and returns HR_EXIT_USAGE. */
int hr_usage(const char *format, ...) HR_PRINTF(1, 2);
/* The exit status that says what `err` is. */
int hr_exit_of(const hr_error *err);

/* "read 5 = loaded 3 + duplicate 0 + rejected 1 + skipped 1". */
void hr_print_counts(FILE *to, const hr_counts *counts);
/* One line on where and why, one with what stood there. `file` may be NULL. */
void hr_print_reject(FILE *to, const char *file, const hr_reject *reject);

/* Ends standard output: HR_EXIT_FAILED (and a message) when what was written may not have arrived, else `status`. A
 * reader that has gone (head) is no failure. */
int hr_finish_output(int status);
/* Whether the reader of standard output has gone away. */
bool hr_output_gone(void);

/* ---- tables ------------------------------------------------------------------------------------------------ */

/* Rows of text: on a terminal aligned below a heading, in a pipe tab-separated without one. */
typedef struct hr_table {
    const char *const *headings; /* [columns]; one that begins with '>' is aligned to the right */
    size_t columns;
    char **cells; /* [count] */
    size_t count, capacity;
    bool failed; /* memory ran out */
} hr_table;
void hr_table_add(hr_table *table, const char *cell); /* copied; row by row */
void hr_table_number(hr_table *table, uint64_t number);
/* Prints and frees. False when memory had run out. */
bool hr_table_print(hr_table *table, FILE *to);

/* ---- JSON -------------------------------------------------------------------------------------------------- */

/* One JSON text on one line. Failures are kept until hr_line_print tells. */
typedef struct hr_line {
    hr_buffer buffer;
    bool failed, comma;
} hr_line;
void hr_line_open(hr_line *json, const char *key, char bracket); /* '{' or '['; key NULL where there is none */
void hr_line_close(hr_line *json, char bracket);
void hr_line_text(hr_line *json, const char *key, const char *text); /* NULL text: null */
void hr_line_bytes(hr_line *json, const char *key, const void *data, size_t size);
void hr_line_number(hr_line *json, const char *key, uint64_t number); /* HR_UNKNOWN: null */
void hr_line_bool(hr_line *json, const char *key, bool yes);
void hr_line_time(hr_line *json, const char *key, int64_t wall_ns); /* 0: null */
void hr_line_raw(hr_line *json, const char *key, const char *text); /* JSON text; NULL or "": null */
void hr_line_counts(hr_line *json, const hr_counts *counts);        /* five members */
/* Prints the line, empties the object for the next one; false (and a message) when it could not be made. */
bool hr_line_print(hr_line *json, FILE *to);
void hr_line_free(hr_line *json);

/* A reject's members, and those of a job. */
void hr_line_reject(hr_line *json, const hr_reject *reject);
void hr_line_job(hr_line *json, const hr_job *job);

#endif
