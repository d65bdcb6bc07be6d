/* connector_help.c: the options of sources and destinations that have a URI, from the tables of their connectors. */
#include "connectors/registry.h"
#include "tools/headrace/help.h"

static const char *const schemes[] = {"postgres", "kafka"};

static void each_of(const char *scheme, hr_help_role each, void *context)
{
    char uri[64], title[96];
    hr_error ignored;
    snprintf(uri, sizeof uri, "%s://", scheme);
    const hr_source_type *source = hr_registry_source(uri, &ignored);
    snprintf(title, sizeof title, "Reading from %s://", scheme);
    if (source != NULL)
        each(context, title, source->options, source->option_count);
    const hr_sink_type *sink = hr_registry_sink(uri, &ignored);
    snprintf(title, sizeof title, "Writing to %s://", scheme);
    if (sink != NULL)
        each(context, title, sink->options, sink->option_count);
}

void hr_help_connectors(hr_help_role each, void *context)
{
    for (size_t i = 0; i < HR_COUNT(schemes); i++)
        each_of(schemes[i], each, context);
}

bool hr_help_is_connector(const char *name)
{
    for (size_t i = 0; i < HR_COUNT(schemes); i++)
        if (strcmp(schemes[i], name) == 0)
            return true;
    return false;
}

const char *hr_help_uri_value(const hr_option *option)
{
    return option->type == HR_OPTION_BOOL ? "yes|no" : hr_flag_value(option);
}

static void print_role(void *context, const char *title, const hr_option *options, size_t count)
{
    FILE *to = context;
    fprintf(to, "\n%s\n", title);
    for (size_t i = 0; i < count; i++) {
        const hr_option *option = &options[i];
        bool tell = option->initial != NULL && option->initial[0] != '\0';
        fprintf(to, "  %s=%s\n      ", option->key, hr_help_uri_value(option));
        hr_help_wrapped(to, option->doc, 6, tell ? option->initial : NULL);
    }
}

hr_status hr_help_connector(FILE *to, const char *name, hr_error *err)
{
    char uri[64];
    snprintf(uri, sizeof uri, "%s://", name);
    if (hr_registry_sink(uri, err) == NULL) /* a module that is missing says so */
        return HR_E_UNSUPPORTED;
    fprintf(to,
            "Options of %s:// are values of the URI's query, %s://...?key=value&key=value; those that are flags of "
            "headrace ingest as well may be given as such.\n",
            name, name);
    each_of(name, print_role, to);
    return HR_OK;
}
