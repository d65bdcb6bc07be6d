/* name.c: what a feed is called when nobody says. Files give it a name without dots; tables and topics one that says
 * where they are, postgres.shop.public.orders, so that no two sources share keys, a lease or a folder unasked. */
#include "core/base/uri.h"
#include "core/job/pull.h"

/* Of a URI: the table that its query names, without the schema, or the last name of its path. */
static char *short_name_of_uri(const char *uri)
{
    uri = hr_uri_host(uri); /* a feed is not called after a password */
    const char *query = strchr(uri, '?'), *table = NULL, *name = uri;
    for (const char *at = query; at && *at && !table; at = strchr(at + 1, '&'))
        if (!strncmp(at + 1, "table=", 6))
            table = at + 7;
    if (table)
        name = table;
    size_t size = table ? strcspn(table, "&#") : query ? (size_t)(query - uri) : strlen(uri);
    while (size && name[size - 1] == '/')
        size--;
    for (size_t i = size; i > 0; i--)
        if (name[i - 1] == (table ? '.' : '/')) {
            name += i;
            size -= i;
            break;
        }
    return size ? hr_strndup(name, size) : hr_strdup("default");
}

/* Of a file: orders.csv.gz -> orders; of a pattern or several files the folder where they stand: in/x*.csv, or
 * in/x1.csv in/x2.csv -> in. So a pattern that the shell has resolved names the same feed. */
static char *short_name(const char *uri, bool several)
{
    if (strstr(uri, "://") && strncmp(uri, "file://", 7) != 0)
        return short_name_of_uri(uri);
    char *path = hr_strdup(uri);
    if (!path || !strcmp(uri, "-")) {
        hr_free(path);
        return hr_strdup("stdin");
    }
    char *slash = strrchr(path, '/');
    bool folder = several || strpbrk(path, "*?[");
    while (slash && (slash[1] == '\0' || folder)) {
        *slash = '\0';
        folder = strpbrk(path, "*?[") != NULL;
        slash = strrchr(path, '/');
    }
    const char *name = slash ? slash + 1 : folder ? "" : path;
    size_t size = name[0] ? strcspn(name + 1, ".") + 1 : 0;
    char *feed = size ? hr_strndup(name, size) : hr_strdup("default");
    hr_free(path);
    return feed;
}

/* "postgres:shop/public.orders" -> "postgres.shop.public.orders". The name of a member would begin behind an @. */
static char *long_name(const char *id)
{
    char *name = hr_strdup(id), *to = name;
    for (const char *p = name; p && *p; p++)
        if (*p != '"')
            *to++ = strchr(":/", *p) ? '.' : *p == '@' ? '-' : *p;
    if (name)
        *to = '\0';
    return name;
}

typedef struct search {
    const hr_pull *pull;
    bool found;
} search;

static hr_status look(void *context, const hr_job *job, hr_error *err)
{
    search *s = context;
    (void)err;
    s->found = hr_pull_same(s->pull, job);
    return s->found ? HR_END : HR_OK;
}

/* Whether the ledger has jobs of the source under its short name, which earlier versions gave to it. */
static hr_status has_short_name(hr_run *run, const hr_pull *pull, const char *name, bool *has, hr_error *err)
{
    search s = {.pull = pull};
    hr_status status = hr_ledger_jobs(run->ledger, name, 0, look, &s, err);
    *has = s.found;
    return status == HR_END ? HR_OK : status;
}

/* NULL in *name: it is no source, or one that cannot be, which is told when it is opened. */
static hr_status name_source(hr_run *run, const char *uri, const char *title, char **name, hr_error *err)
{
    hr_error ignored;
    hr_pull *pull = NULL;
    bool old = false;
    const hr_source_type *type = run->connectors->source(uri, &ignored);
    *name = NULL;
    if (!type || hr_pull_new(run, type, uri, &pull, &ignored) != HR_OK)
        return HR_OK;
    hr_status status = has_short_name(run, pull, title, &old, err);
    if (status == HR_OK && !old && !(*name = long_name(pull->id)))
        status = hr_fail_memory(err, "naming a feed");
    hr_pull_free(pull);
    return status;
}

hr_status hr_run_name(hr_run *run, const char *uri, bool several, char **out, hr_error *err)
{
    char *name = NULL, *title = short_name(uri, several);
    hr_status status = title ? name_source(run, uri, title, &name, err) : hr_fail_memory(err, "naming a feed");
    if (status == HR_OK && !name && !(name = hr_strdup(title)))
        status = hr_fail_memory(err, "naming a feed");
    if (status != HR_OK) {
        hr_free(name);
        hr_free(title);
        return status;
    }
    run->title = title;
    *out = name;
    return HR_OK;
}

hr_status hr_feed_title(const hr_source_type *type, const char *uri, const char *feed, char **out, hr_error *err)
{
    char *id = hr_calloc(1, HR_SOURCE_ID_MAX), *name = NULL;
    hr_error ignored;
    if (!id)
        return hr_fail_memory(err, "naming a feed");
    if (hr_pull_identify(type, uri, id, &ignored) == HR_OK)
        name = long_name(id);
    hr_free(id);
    bool derived = name && !strcmp(name, feed);
    hr_free(name);
    *out = derived ? short_name(uri, false) : hr_strdup(feed);
    return *out ? HR_OK : hr_fail_memory(err, "naming a feed");
}

hr_status hr_run_title(hr_run *run, const char *uri, const char *feed, hr_error *err)
{
    hr_error ignored;
    const hr_source_type *type = run->connectors->source(uri, &ignored);
    return type ? hr_feed_title(type, uri, feed, &run->title, err) : HR_OK;
}
