/* args.h: the command line of one subcommand, read by the option tables: flags, operands, and their values. */
#ifndef HR_TOOLS_ARGS_H
#define HR_TOOLS_ARGS_H

#include "core/base/words.h"
#include "tools/headrace/command.h"

/* One option table and the values given for it. */
typedef struct hr_flag_set {
    const hr_option *table;
    size_t count;
    hr_options *options;
} hr_flag_set;

#define HR_FLAG_SETS 2u /* the command's own, then at most one of the library */

typedef struct hr_args {
    const hr_command *command;
    hr_flag_set sets[HR_FLAG_SETS];
    size_t set_count;
    const char **operands; /* [operand_count], pointing into argv */
    size_t operand_count;
    bool help; /* -h or --help was given; nothing behind it was looked at */
} hr_args;

/* Reads the words behind the command's name. `--key value`, `--key=value`, `--key` for a yes, `--no-key` for a no (also
 * where "no" is one of an option's choices), `-h`; `--` ends the flags; `-` is an operand. HR_E_INVALID is a usage
 * error whose text suggests the nearest flag. The caller clears *out, also after a failure. */
hr_status hr_args_parse(const hr_command *command, int count, char **words, hr_args *out, hr_error *err) HR_MUST_CHECK;
void hr_args_clear(hr_args *args);

/* The sets that a command has, without values: what help and completion are made of. */
size_t hr_command_tables(const hr_command *command, hr_flag_set sets[HR_FLAG_SETS]);

/* Values; the flag's default when it was not given. */
const char *hr_args_text(const hr_args *args, const char *key);
bool hr_args_bool(const hr_args *args, const char *key);
uint64_t hr_args_number(const hr_args *args, const char *key, uint64_t otherwise);
bool hr_args_given(const hr_args *args, const char *key);
/* The values for the library's table (HR_TAKES_READER or HR_TAKES_INGEST); NULL when the command takes none. */
hr_options *hr_args_library(const hr_args *args);

/* "--limits-row-bytes" without its dashes for "limits.row_bytes". `out` of at least 64 bytes. */
void hr_flag_name(const char *key, char out[64]);
/* What stands behind the flag in help: "CHAR", "yes|no|auto"; NULL for a flag without a value. */
const char *hr_flag_value(const hr_option *option);

#endif
