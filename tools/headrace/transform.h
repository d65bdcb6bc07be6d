/* transform.h: rows of files to one output: what select and convert share. */
#ifndef HR_TOOLS_TRANSFORM_H
#define HR_TOOLS_TRANSFORM_H

#include "tools/headrace/schema_flag.h"

/* The flags that both have. */
#define HR_FLAGS_TRANSFORM                                                                                             \
    {"write", HR_OPTION_CHOICE, "csv", "csv|ndjson", "Format of the output.", false},                                  \
        {"out_delimiter", HR_OPTION_BYTE, ",", "BYTE", "What stands between the fields of CSV output.", false},        \
        {"quote-style",                                                                                                \
         HR_OPTION_CHOICE,                                                                                             \
         "minimal",                                                                                                    \
         "minimal|strings|all",                                                                                        \
         "Which values of CSV output stand in quotes beside those that must: none; all but numbers and truth values, " \
         "which --schema and NDJSON tell; all. Null is always nothing, the empty string always quoted.",               \
         false},                                                                                                       \
        {"out_header",                                                                                                 \
         HR_OPTION_CHOICE,                                                                                             \
         "auto",                                                                                                       \
         "auto|yes|no",                                                                                                \
         "Whether CSV output begins with the names of the columns; auto: when the input has them.",                    \
         false},                                                                                                       \
        {"output",                                                                                                     \
         HR_OPTION_TEXT,                                                                                               \
         NULL,                                                                                                         \
         "FILE",                                                                                                       \
         "Write to this file instead of standard output; it appears when it is whole.",                                \
         false},                                                                                                       \
        HR_FLAG_SCHEMA,                                                                                                \
    {                                                                                                                  \
        "compress", HR_OPTION_CHOICE, "none", "none|gzip|zstd",                                                        \
            "Compress the output; the default follows the name given to --output (.gz, .zst).", false                  \
    }

/* Writes `columns` (a list as hr_columns_find reads it; NULL: all) of the files, one after the other. Files behind the
 * first are matched by column name. Rejected rows are told on standard error, then the account. Returns the exit
 * status. */
int hr_transform(const hr_args *args, const char *columns, const char *const *files, size_t count);

#endif
