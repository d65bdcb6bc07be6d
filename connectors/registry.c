/* registry.c: the only list of connectors. */
#include <strings.h>

#include "connectors/file/file.h"
#include "connectors/registry.h"

/* Each connector stands here once, by the option of the build that leaves it out; NULL ends the lists. */
static const hr_drop_type *const drops[] = {
#ifdef HR_CONNECTOR_FILE
    &hr_file_drop,
#endif
    NULL,
};
static const hr_sink_type *const sinks[] = {
#ifdef HR_CONNECTOR_FILE
    &hr_zone_sink,
    &hr_stdout_sink,
#endif
    NULL,
};

/* Length of the scheme (RFC 3986, 3.1) before "://", or 0: what has none is a path, whatever bytes it holds. */
static size_t scheme_size(const char *uri)
{
    size_t size = strspn(uri, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    bool begins = (uri[0] >= 'a' && uri[0] <= 'z') || (uri[0] >= 'A' && uri[0] <= 'Z');
    return begins && !strncmp(uri + size, "://", 3) ? size : 0;
}

static bool has_scheme(const char *uri, const char *scheme)
{
    size_t size = scheme_size(uri);
    if (!size)
        return !strcmp(scheme, "file");
    return strlen(scheme) == size && !strncasecmp(uri, scheme, size);
}

/* Standard input is an object of the file drop. */
const hr_drop_type *hr_registry_drop(const char *uri)
{
    for (size_t i = 0; drops[i]; i++)
        if (has_scheme(uri, drops[i]->scheme))
            return drops[i];
    return NULL;
}

/* Whatever is read in this build is an object of a drop. */
const hr_source_type *hr_registry_source(const char *uri)
{
    (void)uri;
    return NULL;
}

const hr_sink_type *hr_registry_sink(const char *uri)
{
    for (size_t i = 0; sinks[i]; i++)
        if (strcmp(uri, "-") ? has_scheme(uri, sinks[i]->scheme) : !strcmp(sinks[i]->scheme, "-"))
            return sinks[i];
    return NULL;
}

const char *hr_registry_schemes(void)
{
#ifdef HR_CONNECTOR_FILE
    return "file:// (or a path), - (standard input or output)";
#else
    return "none";
#endif
}
