/* schema_flag.c: the schema that a command line asks for: from a file, or from the rows of the files themselves. */
#include "tools/headrace/schema_flag.h"

#include <sys/stat.h>

#include "core/reader/infer.h"
#include "tools/headrace/print.h"

#define ABSENT_SHOWN 10u

/* What can be read once only cannot be read for its types and then for its rows. */
static hr_status check_again(const char *file, hr_error *err)
{
    struct stat info;
    bool once = strcmp(file, "-") == 0 || (stat(file, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode));
    if (!once)
        return HR_OK;
    return hr_fail(
        err, HR_E_INVALID,
        "%s can be read only once, and --schema infer reads twice: save it to a file first, or give --schema "
        "a file, such as headrace schema prints",
        strcmp(file, "-") == 0 ? "standard input" : "this input");
}

static hr_status add_file(const hr_args *args, const char *file, uint32_t ordinal, hr_infer **all, hr_error *err)
{
    hr_reader *reader = NULL;
    const hr_infer *infer;
    hr_status status = check_again(file, err);
    if (status == HR_OK)
        status = hr_reader_open(file, hr_args_library(args), &reader, err);
    if (status == HR_OK)
        status = hr_reader_gather(reader, &infer, NULL, err);
    if (status == HR_OK)
        status = hr_infer_merge(all, infer, ordinal, err);
    hr_reader_close(reader);
    if (status != HR_OK)
        hr_error_origin(err, file);
    return status;
}

hr_status hr_args_schema(const hr_args *args, const char *const *files, size_t count, hr_schema **out, hr_error *err)
{
    const char *path = hr_args_text(args, "schema");
    if (path == NULL)
        return HR_OK;
    if (strcmp(path, "infer") != 0)
        return hr_schema_read(path, out, err);
    hr_infer *all = NULL;
    hr_status status = HR_OK;
    for (size_t i = 0; i < count && status == HR_OK; i++)
        status = add_file(args, files[i], (uint32_t)i, &all, err);
    if (status == HR_OK)
        status = hr_infer_schema(all, out, err);
    hr_infer_free(all);
    return status;
}

void hr_tell_absent(const char *file, const hr_reader *reader, const hr_schema *schema)
{
    size_t count = 0, absent = 0;
    const hr_column *columns = schema != NULL ? hr_schema_columns(schema, &count) : NULL;
    hr_buffer names = {0};
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        if (!hr_reader_absent(reader, i))
            continue;
        if (absent++ < ABSENT_SHOWN)
            good = good && hr_buffer_printf(&names, "%s'%s'", absent > 1 ? ", " : "", columns[i].name);
    }
    if (absent > ABSENT_SHOWN)
        good = good && hr_buffer_printf(&names, " and %zu more", absent - ABSENT_SHOWN);
    if (absent > 0 && good && hr_buffer_add(&names, "", 1))
        hr_message("column%s %s of the schema %s in no row of %s", absent > 1 ? "s" : "", (const char *)names.data,
                   absent > 1 ? "are" : "is", file);
    else if (absent > 0)
        hr_message("%zu columns of the schema are in no row of %s", absent, file);
    hr_buffer_free(&names);
}
