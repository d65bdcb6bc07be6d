/* connect.c: the options of connectors, from flags and from URIs, and the URIs that may be recorded. */
#include <stddef.h>

#include "core/base/uri.h"
#include "core/job/run.h"

static const char *const of_sinks[] = {"table", "mode", "drift", "writers", "allow-empty", "quote-style"};

/* Flags that name an option of the connector, too. The run's own are not meant for it, nor is --table, which says where
 * rows go, for a source. */
static bool is_shared(const char *key, bool source)
{
    static const char *const own[] = {"to", "name", "ledger", "key", "hash", "schema", "threads", "format", "columns"};
    for (size_t i = 0; i < HR_COUNT(own); i++)
        if (!strcmp(key, own[i]))
            return false;
    for (size_t i = 0; source && i < HR_COUNT(of_sinks); i++)
        if (!strcmp(key, of_sinks[i]))
            return false;
    return true;
}

static bool has_option(const hr_option *table, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(table[i].key, key))
            return true;
    return false;
}

/* Whether one of the sources has the option; `files`: whether it may be said of files, too. */
static bool is_taken(const hr_run *run, const char *const *uris, size_t count, const char *key, bool files)
{
    bool taken = !hr_options_given(run->options, key) || (files && !count);
    for (size_t i = 0; i < count && !taken; i++) {
        hr_error ignored;
        const hr_source_type *source = run->connectors->source(uris[i], &ignored);
        taken = source ? has_option(source->options, source->option_count, key) : files;
    }
    return taken;
}

/* Whether two URIs name the same place: scheme, host and path. */
static bool same_place(const char *left, const char *right)
{
    const char *host = hr_uri_host(left), *other = hr_uri_host(right);
    size_t size = strcspn(host, "?#"), scheme = strcspn(left, ":");
    return size == strcspn(other, "?#") && !memcmp(host, other, size) && !strncmp(left, right, scheme + 1);
}

hr_status hr_run_check_flags(const hr_run *run, const char *const *uris, size_t count, hr_error *err)
{
    static const char *const of_files[] = {"format",  "delimiter", "quote",      "escape",
                                           "comment", "header",    "skip_lines", "encoding"};
    static const char *const of_sources[] = {"watermark", "lookback", "from", "group", "member"};
    hr_error ignored;
    const hr_sink_type *sink = run->connectors->sink(run->config.to, &ignored);
    for (size_t i = 0; sink && i < HR_COUNT(of_sinks); i++)
        if (hr_options_given(run->options, of_sinks[i]) && !has_option(sink->options, sink->option_count, of_sinks[i]))
            return hr_fail(err, HR_E_INVALID, "option %s means nothing to a destination of this kind (%s)", of_sinks[i],
                           sink->scheme);
    for (size_t i = 0; i < HR_COUNT(of_files); i++)
        if (!is_taken(run, uris, count, of_files[i], true))
            return hr_fail(err, HR_E_INVALID,
                           "option %s tells how a file is written: it means nothing to a source of this kind",
                           of_files[i]);
    for (size_t i = 0; i < HR_COUNT(of_sources); i++)
        if (!is_taken(run, uris, count, of_sources[i], false))
            return hr_fail(err, HR_E_INVALID, "option %s means nothing to %s", of_sources[i],
                           count > 1 ? "any of these sources" : "a source of this kind");
    for (size_t i = 0; i < count; i++) {
        const hr_source_type *source = run->connectors->source(uris[i], &ignored);
        if (source && source->capabilities & HR_SOURCE_ENDLESS && same_place(uris[i], run->config.to))
            return hr_fail(err, HR_E_INVALID,
                           "option to names the source itself (%.*s): what lands would be read again, for ever",
                           (int)strcspn(hr_uri_host(run->config.to), "?#"), hr_uri_host(run->config.to));
    }
    return HR_OK;
}

hr_status hr_run_connector_options(const hr_run *run, const char *uri, bool source, const hr_option *table,
                                   size_t count, hr_options **out, char **rest, hr_error *err)
{
    hr_options *options = NULL;
    char *left = NULL;
    hr_status status = hr_options_new(table, count, &options, err);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        if (is_shared(table[i].key, source) && hr_options_given(run->options, table[i].key))
            status = hr_options_set(options, table[i].key, hr_options_get(run->options, table[i].key), err);
    if (status == HR_OK)
        status = hr_uri_options(uri, table, count, options, &left, err);
    if (status == HR_OK)
        status = hr_options_check_empty(options, table, count, err);
    if (status != HR_OK) {
        hr_error_origin(err, uri);
        hr_free(left);
        hr_options_free(options);
        return status;
    }
    *out = options;
    *rest = left;
    return HR_OK;
}

/* The state of a sink, behind what must live as long. */
typedef union sink_head {
    struct {
        char *uri;
        hr_options *options;
        hr_sink_plan plan;
        hr_run *run;
        hr_landing landing;
    };
    max_align_t aligned;
} sink_head;

hr_status hr_open_sink(hr_run *run, const hr_sink_plan *plan, const hr_sink_type **type, void **state, hr_error *err)
{
    const hr_sink_type *sink = run->connectors->sink(plan->uri, err);
    hr_options *options = NULL;
    char *uri = NULL;
    if (!sink)
        return HR_E_UNSUPPORTED;
    hr_status status =
        hr_run_connector_options(run, plan->uri, false, sink->options, sink->option_count, &options, &uri, err);
    if (status != HR_OK)
        return status;
    sink_head *made = hr_calloc(1, sizeof *made + sink->state_size);
    if (!made) {
        status = hr_fail_memory(err, "opening the destination");
    } else {
        made->plan = *plan;
        made->plan.uri = uri;
        made->landing = (hr_landing){.type = sink, .state = made + 1, .opening = true};
        hr_run_landing(run, &made->landing);
        status = sink->open(made + 1, &made->plan, options, err);
        if (status == HR_OK)
            hr_run_landing_opened(run, &made->landing);
        else
            hr_run_landed(run, &made->landing);
    }
    if (status != HR_OK) {
        hr_options_free(options);
        hr_free(uri);
        hr_free(made);
        return status;
    }
    made->uri = uri;
    made->options = options;
    made->run = run;
    *type = sink;
    *state = made + 1;
    return HR_OK;
}

void hr_close_sink(const hr_sink_type *type, void *state)
{
    if (!state)
        return;
    sink_head *head = (sink_head *)state - 1;
    hr_run_landed(head->run, &head->landing);
    type->close(state);
    hr_free(head->uri);
    hr_options_free(head->options);
    hr_free(head);
}
