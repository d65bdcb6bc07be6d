/* usage.c: what can be seen to be wrong with sources and destination before anything is tried. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/uri.h"
#include "core/job/run.h"

/* "postgres:/db" is a path by its form, and hardly meant as one. */
static hr_status check_slashes(const char *uri, hr_error *err)
{
    size_t size = strspn(uri, "abcdefghijklmnopqrstuvwxyz0123456789+-");
    if (size < 2 || strncmp(uri + size, ":/", 2) != 0 || uri[size + 2] == '/')
        return HR_OK;
    return hr_fail(
        err, HR_E_INVALID,
        "'%.*s:/' begins neither a URI nor a path: a URI has two slashes, as in %.*s://..., and a path of this "
        "name begins with ./",
        (int)size, uri, (int)size, uri);
}

/* Of "host:1,[::1]:2", and so on. An empty one is the usual one. */
static hr_status check_port(const char *text, size_t size, hr_error *err)
{
    char digits[8] = "";
    if (size == 0)
        return HR_OK;
    snprintf(digits, sizeof digits, "%.*s", (int)size, text);
    long port = size < 6 && strspn(digits, "0123456789") == size ? strtol(digits, NULL, 10) : 0;
    return port > 0 && port < 65536
               ? HR_OK
               : hr_fail(err, HR_E_INVALID, "the URI has '%.*s' as a port, which is a number up to 65535",
                         (int)(size < 60 ? size : 60), text);
}

static hr_status check_ports(const char *uri, hr_error *err)
{
    const char *at = hr_uri_host(uri);
    if (at == uri || !strncmp(uri, "file:", 5))
        return HR_OK;
    const char *end = at + strcspn(at, "/?#");
    while (at < end) {
        size_t size = strcspn(at, ",/?#");
        const char *bracket = *at == '[' ? memchr(at, ']', size) : NULL, *from = bracket ? bracket : at;
        const char *colon = memchr(from, ':', size - (size_t)(from - at));
        hr_status status = colon ? check_port(colon + 1, (size_t)(at + size - colon - 1), err) : HR_OK;
        if (status != HR_OK)
            return status;
        at += size + (at[size] == ',');
    }
    return HR_OK;
}

static hr_status check_form(const char *uri, hr_error *err)
{
    hr_status status = check_slashes(uri, err);
    if (status == HR_OK)
        status = check_ports(uri, err);
    if (status != HR_OK)
        hr_error_origin(err, uri);
    return status;
}

hr_status hr_run_check_uris(const hr_run *run, const char *const *uris, size_t count, hr_error *err)
{
    hr_error unheard;
    const char *to = hr_options_get(run->options, "to"); /* as it was written: config.to may be made absolute */
    hr_status status = check_form(to ? to : run->config.to, err);
    if (status == HR_OK && !run->connectors->sink(run->config.to, err))
        status = err->status;
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        status = check_form(uris[i], err);
        if (status == HR_OK && !run->connectors->source(uris[i], &unheard) && !run->connectors->drop(uris[i], err))
            status = err->status;
    }
    return status;
}

hr_status hr_options_check_empty(const hr_options *options, const hr_option *table, size_t count, hr_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *value =
            table[i].type == HR_OPTION_TEXT && !table[i].secret && hr_options_given(options, table[i].key)
                ? hr_options_get(options, table[i].key)
                : NULL;
        if (value && !value[0])
            return hr_fail(err, HR_E_INVALID, "option %s is empty: give it a value, or leave it out", table[i].key);
    }
    return HR_OK;
}
