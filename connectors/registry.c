/* registry.c: the only list of connectors. */
#include <strings.h>

#include "connectors/file/file.h"
#include "connectors/module.h"
#include "connectors/registry.h"
#include "core/base/base.h"

/* ---- connectors without libraries of their own ---------------------------------------------------------------- */

/* By the option of the build that leaves each out; NULL ends the lists. */
static const hr_source_type *const sources[] = {NULL};
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

/* ---- those that are modules ----------------------------------------------------------------------------------- */

/* What a build has of a connector: nothing, a module, or the connector itself. */
#if defined(HR_CONNECTOR_POSTGRES) && !defined(HR_MODULES)
extern const hr_connector_module hr_postgres_module;
#define POSTGRES true, &hr_postgres_module
#elif defined(HR_CONNECTOR_POSTGRES)
#define POSTGRES true, NULL
#else
#define POSTGRES false, NULL
#endif
#if defined(HR_CONNECTOR_KAFKA) && !defined(HR_MODULES)
extern const hr_connector_module hr_kafka_module;
#define KAFKA true, &hr_kafka_module
#elif defined(HR_CONNECTOR_KAFKA)
#define KAFKA true, NULL
#else
#define KAFKA false, NULL
#endif

typedef struct module_scheme {
    const char *scheme;
    const char *type; /* the scheme in the connector's own table */
    const char *name; /* of the module */
    const char *library, *option;
    bool built;
    const hr_connector_module *linked; /* NULL: to be loaded */
} module_scheme;

static const module_scheme modules[] = {
    {"postgres", "postgres", "postgres", "libpq", "HR_WITH_POSTGRES", POSTGRES},
    {"postgresql", "postgres", "postgres", "libpq", "HR_WITH_POSTGRES", POSTGRES},
    {"kafka", "kafka", "kafka", "librdkafka", "HR_WITH_KAFKA", KAFKA},
};

/* ---- finding one ------------------------------------------------------------------------------------------------ */

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

static const module_scheme *find_module(const char *uri)
{
    for (size_t i = 0; i < HR_COUNT(modules); i++)
        if (has_scheme(uri, modules[i].scheme))
            return &modules[i];
    return NULL;
}

/* The module for the URI; NULL: there is none, and *err says so of a source or destination (`what`). */
static const hr_connector_module *open_module(const char *uri, const char *what, const module_scheme **row,
                                              hr_error *err)
{
    const hr_connector_module *module = NULL;
    hr_module_folders folders;
    *row = find_module(uri);
    if (*row && (*row)->linked)
        return (*row)->linked;
    if (!*row)
        (void)hr_fail(err, HR_E_INVALID, "there is no %s of this kind in this build (it has %s)", what,
                      hr_registry_schemes());
    else if (!(*row)->built)
        (void)hr_fail(err, HR_E_UNSUPPORTED,
                      "this build is without the connector %s: it needs %s and is made by cmake -D%s=ON", (*row)->name,
                      (*row)->library, (*row)->option);
    else {
        hr_module_places(&folders);
        if (hr_module_load((*row)->name, &folders, &module, err) == HR_OK)
            return module;
    }
    hr_error_origin(err, uri);
    return NULL;
}

static void fail_role(const module_scheme *row, const char *uri, const char *what, hr_error *err)
{
    (void)hr_fail(err, HR_E_UNSUPPORTED, "the connector %s has no %s", row->name, what);
    hr_error_origin(err, uri);
}

/* Standard input is an object of the file drop. */
const hr_drop_type *hr_registry_drop(const char *uri, hr_error *err)
{
    for (size_t i = 0; drops[i]; i++)
        if (has_scheme(uri, drops[i]->scheme))
            return drops[i];
    const module_scheme *row;
    const hr_connector_module *module = open_module(uri, "source", &row, err);
    for (size_t i = 0; module && module->drops && module->drops[i]; i++)
        if (!strcmp(module->drops[i]->scheme, row->type))
            return module->drops[i];
    if (module)
        fail_role(row, uri, "objects to be read", err);
    return NULL;
}

const hr_source_type *hr_registry_source(const char *uri, hr_error *err)
{
    for (size_t i = 0; sources[i]; i++)
        if (has_scheme(uri, sources[i]->scheme))
            return sources[i];
    const module_scheme *row;
    const hr_connector_module *module = open_module(uri, "source", &row, err);
    for (size_t i = 0; module && module->sources && module->sources[i]; i++)
        if (!strcmp(module->sources[i]->scheme, row->type))
            return module->sources[i];
    if (module)
        fail_role(row, uri, "source", err);
    return NULL;
}

const hr_sink_type *hr_registry_sink(const char *uri, hr_error *err)
{
    for (size_t i = 0; sinks[i]; i++)
        if (strcmp(uri, "-") ? has_scheme(uri, sinks[i]->scheme) : !strcmp(sinks[i]->scheme, "-"))
            return sinks[i];
    const module_scheme *row;
    const hr_connector_module *module = open_module(uri, "destination", &row, err);
    for (size_t i = 0; module && module->sinks && module->sinks[i]; i++)
        if (!strcmp(module->sinks[i]->scheme, row->type))
            return module->sinks[i];
    if (module)
        fail_role(row, uri, "destination", err);
    return NULL;
}

#ifdef HR_CONNECTOR_FILE
#define FILE_SCHEMES "file:// (or a path), - (standard input or output)"
#else
#define FILE_SCHEMES "none of files"
#endif
#ifdef HR_CONNECTOR_POSTGRES
#define POSTGRES_SCHEMES ", postgres://"
#else
#define POSTGRES_SCHEMES ""
#endif
#ifdef HR_CONNECTOR_KAFKA
#define KAFKA_SCHEMES ", kafka://"
#else
#define KAFKA_SCHEMES ""
#endif

const char *hr_registry_schemes(void)
{
    return FILE_SCHEMES POSTGRES_SCHEMES KAFKA_SCHEMES;
}
