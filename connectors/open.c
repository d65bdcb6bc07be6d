/* open.c: the entrances of the library that need the connectors: readers by URI, runs. */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "connectors/registry.h"
#include "core/base/base.h"
#include "core/job/run.h"
#include "core/reader/reader.h"

typedef struct opened {
    const hr_drop_type *type;
    void *drop;
    const hr_options *options;
    hr_reader *reader;
} opened;

static hr_status open_first(void *context, const hr_object *object, hr_error *err)
{
    opened *call = context;
    hr_stream stream;
    if (call->reader)
        return hr_fail(err, HR_E_INVALID,
                       "this names several files, and one is read at a time: give each by its own name");
    hr_status status = call->type->open_range(call->drop, object, 0, &stream, err);
    if (status == HR_OK)
        status = hr_reader_open_stream(&stream, call->options, false, &call->reader, err);
    return status;
}

hr_status hr_reader_open(const char *uri, const hr_options *options, hr_reader **out, hr_error *err)
{
    const hr_drop_type *type = hr_registry_drop(uri, err);
    hr_options *none = NULL;
    opened call = {.type = type, .options = options};
    if (!type)
        return HR_E_UNSUPPORTED;
    call.drop = hr_calloc(1, type->state_size);
    hr_status status = call.drop ? hr_options_new(type->options, type->option_count, &none, err)
                                 : hr_fail_memory(err, "opening a reader");
    if (status == HR_OK)
        status = type->open(call.drop, uri, none, err);
    if (status == HR_OK) {
        status = type->list(call.drop, NULL, open_first, &call, err);
        type->close(call.drop);
    }
    if (status == HR_OK && !call.reader)
        status = hr_fail(err, HR_E_NOT_FOUND, "nothing is there to be read");
    if (status == HR_OK)
        *out = call.reader;
    else
        hr_reader_close(call.reader);
    if (status != HR_OK)
        hr_error_origin(err, uri);
    hr_options_free(none);
    hr_free(call.drop);
    return status;
}

/* The ledger remembers the destination for runs from other folders: a path in it is absolute. */
static hr_status absolute_path(const char *path, char **out, hr_error *err)
{
    char folder[PATH_MAX];
    if (!getcwd(folder, sizeof folder))
        return hr_fail_errno(err, errno, "finding the current folder");
    *out = hr_asprintf("%s/%s", folder, path);
    return *out ? HR_OK : hr_fail_memory(err, "beginning a run");
}

hr_status hr_run_new(const hr_options *options, const hr_run_watch *watch, hr_run **out, hr_error *err)
{
    static const hr_connectors connectors = {hr_registry_drop, hr_registry_source, hr_registry_sink};
    const char *to = hr_options_get(options, "to");
    if (!to || !to[0] || to[0] == '/' || !strcmp(to, "-") || strstr(to, "://"))
        return hr_run_create(options, watch, NULL, &connectors, out, err);
    char *path = NULL;
    hr_status status = absolute_path(to, &path, err);
    if (status == HR_OK)
        status = hr_run_create(options, watch, path, &connectors, out, err);
    hr_free(path);
    return status;
}
