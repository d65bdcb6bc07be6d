/* schema_flag.h: the flag --schema of the commands that work on files. */
#ifndef HR_TOOLS_SCHEMA_FLAG_H
#define HR_TOOLS_SCHEMA_FLAG_H

#include "headrace/schema.h"
#include "tools/headrace/args.h"

#define HR_FLAG_SCHEMA                                                                                           \
    {                                                                                                            \
        "schema", HR_OPTION_TEXT, NULL, "FILE|infer",                                                            \
            "Check rows against the schema in this file (headrace schema prints one) and reject those that "     \
            "break it; infer: read the files once more before, for the narrowest schema that holds their rows.", \
            false                                                                                                \
    }

/* What the flag gives for these files; *out stays NULL when it was not given. */
hr_status hr_args_schema(const hr_args *args, const char *const *files, size_t count, hr_schema **out,
                         hr_error *err) HR_MUST_CHECK;

/* Tells, when all of a file was read, which columns of the reader's schema no row had: nulls that nobody asked for.
 * `schema` may be NULL. */
void hr_tell_absent(const char *file, const hr_reader *reader, const hr_schema *schema);

#endif
