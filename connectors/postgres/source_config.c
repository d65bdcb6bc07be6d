/* source_config.c: the options of the source, and what identifies it. */
#include <inttypes.h>
#include <stdio.h>

#include "connectors/postgres/source.h"
#include "core/base/words.h"

/* ---- values -------------------------------------------------------------------------------------------------- */

static hr_status fail_memory(hr_error *err)
{
    return hr_fail_memory(err, "reading the options of a pull");
}

static size_t count_names(const char *list, char *room)
{
    size_t count = 0;
    for (; list; count++)
        list = hr_list_next(list, room);
    return count;
}

static hr_status take_names(const char *list, char **out, size_t count, const char *option, hr_error *err)
{
    char *room = hr_malloc(strlen(list) + 1);
    hr_status status = room ? HR_OK : fail_memory(err);
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        list = hr_list_next(list, room);
        if (!*room)
            status = hr_fail(err, HR_E_INVALID, "option %s has an empty name", option);
        else if (!(out[i] = hr_strdup(room)))
            status = fail_memory(err);
    }
    hr_free(room);
    return status;
}

static hr_status take_lists(const hr_options *options, hr_pg_pull *out, hr_error *err)
{
    const char *columns = hr_options_get(options, "columns"), *keys = hr_options_get(options, "key");
    const char *longer = columns && (!keys || strlen(columns) > strlen(keys)) ? columns : keys;
    char *room = hr_malloc(longer ? strlen(longer) + 1 : 1);
    if (!room)
        return fail_memory(err);
    size_t column_count = columns ? count_names(columns, room) : 0, key_count = keys ? count_names(keys, room) : 0;
    hr_free(room);
    if (key_count > HR_PG_KEYS_MAX)
        return hr_fail(err, HR_E_INVALID, "option key has %zu columns, and at most %u can be used", key_count,
                       HR_PG_KEYS_MAX);
    if (column_count && !(out->columns = hr_calloc(column_count, sizeof *out->columns)))
        return fail_memory(err);
    out->column_count = column_count;
    out->key_count = key_count;
    out->key_given = key_count > 0;
    hr_status status = columns ? take_names(columns, out->columns, column_count, "columns", err) : HR_OK;
    return status == HR_OK && keys ? take_names(keys, out->keys, key_count, "key", err) : status;
}

static hr_status keep(char **out, const char *text, hr_error *err)
{
    return !text || (*out = hr_strdup(text)) ? HR_OK : fail_memory(err);
}

/* A final semicolon would end the statement that the query becomes a part of; a comment ends with its line. */
static hr_status take_from(const hr_options *options, hr_pg_pull *out, hr_error *err)
{
    const char *query = hr_options_get(options, "query"), *name = hr_options_get(options, "table");
    hr_buffer from = {0};
    if (!query == !name)
        return hr_fail(err, HR_E_INVALID, "%s: what is read is named by option table, or by option query",
                       query ? "table and query were given" : "neither table nor query was given");
    bool ok;
    if (query) {
        size_t size = strlen(query);
        while (size && strchr("; \t\r\n", query[size - 1]))
            size--;
        if (!size)
            return hr_fail(err, HR_E_INVALID, "option query is empty");
        ok = hr_buffer_text(&from, "(") && hr_buffer_add(&from, query, size) && hr_buffer_text(&from, "\n) AS q");
    } else {
        hr_status status = hr_pg_split_name(name, &out->schema, &out->table, err);
        if (status != HR_OK)
            return status;
        ok = (!out->schema || (hr_pg_quote_name(&from, out->schema) && hr_buffer_text(&from, "."))) &&
             hr_pg_quote_name(&from, out->table);
    }
    out->from = ok ? hr_strndup((const char *)from.data, from.size) : NULL;
    hr_buffer_free(&from);
    return out->from ? HR_OK : fail_memory(err);
}

static hr_pg_choice choice(const hr_options *options, const char *key, const char *yes, const char *no)
{
    const char *text = hr_options_get(options, key);
    return text && !strcmp(text, yes) ? HR_PG_YES : text && !strcmp(text, no) ? HR_PG_NO : HR_PG_AUTO;
}

static hr_status check(const hr_pg_pull *pull, const hr_options *options, hr_error *err)
{
    static const char *const with_watermark[] = {"lookback", "zone", "lag", "bound"};
    for (size_t i = 0; i < HR_COUNT(with_watermark) && !pull->watermark; i++)
        if (hr_options_given(options, with_watermark[i]))
            return hr_fail(err, HR_E_INVALID,
                           "option %s says something of the watermark: give option watermark as well",
                           with_watermark[i]);
    if (pull->table && hr_options_given(options, "label"))
        return hr_fail(err, HR_E_INVALID, "option label names a query, and a table was given, which has a name");
    const char *lookback = pull->lookback; /* which of the two it must be shows the column */
    if (lookback && !hr_option_parse(HR_OPTION_TIME, NULL, lookback, NULL) &&
        !hr_option_parse(HR_OPTION_COUNT, NULL, lookback, NULL))
        return hr_fail(err, HR_E_INVALID, "option lookback is a time such as 15m, or a number, not '%.60s'", lookback);
    if (pull->readers < 1 || pull->readers > HR_PG_READERS_MAX)
        return hr_fail(err, HR_E_INVALID, "option readers is a number from 1 to %u", HR_PG_READERS_MAX);
    if (pull->readers > 1 && pull->order == HR_PG_YES)
        return hr_fail(err, HR_E_INVALID, "several readers do not read in an order: give readers=1 or order=no");
    if (pull->order == HR_PG_YES && !pull->key_count && !pull->watermark)
        return hr_fail(err, HR_E_INVALID, "order=yes needs to know by what: give option key");
    return HR_OK;
}

hr_status hr_pg_pull_read(const hr_options *options, hr_pg_pull *out, hr_error *err)
{
    hr_pg_pull pull = {.lookback = hr_options_get(options, "lookback"),
                       .lag_ms = hr_options_count(options, "lag", 1000),
                       .lag_given = hr_options_given(options, "lag"),
                       .order = choice(options, "order", "yes", "no"),
                       .bound = choice(options, "bound", "exact", "overlap"),
                       .readers = hr_options_count(options, "readers", 1),
                       .visible = choice(options, "row-security", "visible", "") == HR_PG_YES};
    hr_status status = keep(&pull.watermark, hr_options_get(options, "watermark"), err);
    if (status == HR_OK)
        status = keep(&pull.zone, hr_options_get(options, "zone"), err);
    if (status == HR_OK)
        status = take_from(options, &pull, err);
    if (status == HR_OK)
        status = take_lists(options, &pull, err);
    if (status == HR_OK)
        status = check(&pull, options, err);
    if (status != HR_OK)
        hr_pg_pull_clear(&pull);
    else
        *out = pull;
    return status;
}

void hr_pg_pull_clear(hr_pg_pull *pull)
{
    hr_free(pull->schema);
    hr_free(pull->table);
    hr_free(pull->from);
    hr_free(pull->watermark);
    hr_free(pull->zone);
    for (size_t i = 0; pull->columns && i < pull->column_count; i++)
        hr_free(pull->columns[i]);
    hr_free(pull->columns);
    for (size_t i = 0; i < HR_PG_KEYS_MAX; i++)
        hr_free(pull->keys[i]);
    *pull = (hr_pg_pull){0};
}

/* ---- identity ------------------------------------------------------------------------------------------------ */

/* The URI's own pairs, and those of the environment, to be freed by PQconninfoFree. *parts is NULL when libpq cannot
 * read the URI: connecting says why. */
static hr_status parse_uri(const char *uri, PQconninfoOption **parts, PQconninfoOption **defaults, hr_error *err)
{
    const char *rest = strstr(uri, "://");
    char *whole = rest ? hr_asprintf("postgresql%s", rest) : hr_strdup(uri), *why = NULL;
    *parts = whole ? PQconninfoParse(whole, &why) : NULL;
    *defaults = PQconndefaults();
    bool enough = (*parts || why) && *defaults;
    PQfreemem(why);
    if (whole)
        explicit_bzero(whole, strlen(whole));
    hr_free(whole);
    if (enough)
        return HR_OK;
    PQconninfoFree(*parts);
    PQconninfoFree(*defaults);
    return hr_fail_memory(err, "reading the URI of a database");
}

static const char *part_of(const PQconninfoOption *parts, const char *key)
{
    for (; parts && parts->keyword; parts++)
        if (!strcmp(parts->keyword, key))
            return parts->val && *parts->val ? parts->val : NULL;
    return NULL;
}

hr_status hr_pg_uri_hosts(const char *uri, bool *several, bool *standby, hr_error *err)
{
    PQconninfoOption *parts, *defaults;
    hr_status status = parse_uri(uri, &parts, &defaults, err);
    if (status != HR_OK)
        return status;
    const char *session = part_of(parts, "target_session_attrs"), *host = part_of(parts, "host");
    if (!host && !(host = part_of(parts, "hostaddr")))
        host = part_of(defaults, "host");
    *several = host && strchr(host, ',');
    *standby = session ? strstr(session, "standby") || !strcmp(session, "read-only") : *several;
    PQconninfoFree(parts);
    PQconninfoFree(defaults);
    return HR_OK;
}

/* Names of parts as they are where that is unmistakable. */
static bool put_name(hr_buffer *out, const char *name)
{
    static const char *const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return name[strspn(name, plain)] ? hr_pg_quote_name(out, name) : hr_buffer_text(out, name);
}

/* White space counts as one space, so that the query may be laid out anew. FNV-1a. */
static uint64_t query_hash(const char *query)
{
    uint64_t hash = 0xcbf29ce484222325u;
    bool space = false;
    for (; *query; query++) {
        bool now = strchr(" \t\r\n", *query) != NULL;
        if (now && space)
            continue;
        space = now;
        hash = (hash ^ (uint8_t)(now ? ' ' : *query)) * 0x100000001b3u;
    }
    return hash;
}

static bool put_identity(hr_buffer *out, const char *database, const hr_pg_pull *pull, const hr_options *options)
{
    bool ok = hr_buffer_text(out, "postgres:") && put_name(out, database) && hr_buffer_text(out, "/");
    const char *label = hr_options_get(options, "label");
    if (pull->table)
        ok = ok && put_name(out, pull->schema ? pull->schema : "public") && hr_buffer_text(out, ".") &&
             put_name(out, pull->table);
    else if (label)
        ok = ok && hr_buffer_text(out, "query:") && put_name(out, label);
    else
        ok = ok && hr_buffer_printf(out, "query:%016" PRIx64, query_hash(hr_options_get(options, "query")));
    return ok && hr_buffer_add(out, "", 1);
}

hr_status hr_pg_identify(const char *uri, const hr_options *options, char *out, size_t capacity, hr_error *err)
{
    hr_pg_pull pull;
    hr_buffer text = {0};
    hr_status status = hr_pg_check_query(uri, options, err);
    if (status == HR_OK)
        status = hr_pg_pull_read(options, &pull, err);
    if (status != HR_OK)
        return status;
    PQconninfoOption *parts, *defaults;
    if ((status = parse_uri(uri, &parts, &defaults, err)) != HR_OK) {
        hr_pg_pull_clear(&pull);
        return status;
    }
    const char *database = part_of(parts, "dbname");
    if (!database && !(database = part_of(parts, "service")) && !(database = part_of(defaults, "dbname")) &&
        !(database = part_of(parts, "user")))
        database = "";
    if (!put_identity(&text, database, &pull, options))
        status = fail_memory(err);
    else if (text.size > capacity)
        status = hr_fail(err, HR_E_LIMIT, "the names of the database and the table are too long");
    else
        memcpy(out, text.data, text.size);
    hr_buffer_free(&text);
    PQconninfoFree(parts);
    PQconninfoFree(defaults);
    hr_pg_pull_clear(&pull);
    return status;
}
