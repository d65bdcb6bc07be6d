/* sink_create.c: the table as it is made for rows, and columns that are added to one: types that hold every row, names
 * as they are, and nothing that was not asked for. */
#include <stdio.h>

#include "connectors/postgres/sink.h"
#include "core/base/words.h"

/* ---- types ------------------------------------------------------------------------------------------------- */

/* Decimals have no precision there: that of a schema may be what one file needed, and the server would round what the
 * next one has more of. */
void hr_pg_type_of(const hr_column *column, char out[200])
{
    static const char *const types[] = {[HR_TYPE_TEXT] = "text",
                                        [HR_TYPE_BOOL] = "boolean",
                                        [HR_TYPE_INT64] = "bigint",
                                        [HR_TYPE_DECIMAL] = "numeric",
                                        [HR_TYPE_FLOAT64] = "double precision",
                                        [HR_TYPE_DATE] = "date",
                                        [HR_TYPE_TIMESTAMP] = "timestamp",
                                        [HR_TYPE_UUID] = "uuid",
                                        [HR_TYPE_JSON] = "jsonb"};
    snprintf(out, 200, "%s%s", types[column->type],
             column->type == HR_TYPE_TIMESTAMP && column->zoned ? " with time zone" : "");
}

/* ---- names ------------------------------------------------------------------------------------------------- */

/* Names that each table has by itself (SysAtt in heap.c). */
static bool is_system_name(const char *name)
{
    static const char *const names[] = {"ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"};
    for (size_t i = 0; i < HR_COUNT(names); i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

static hr_status check_name(const char *name, hr_error *err)
{
    if (is_system_name(name))
        return hr_fail(err, HR_E_INVALID,
                       "the column \"%s\" has a name that PostgreSQL keeps for itself in every table: give it another "
                       "one, or take it out (headrace select)",
                       name);
    if (strlen(name) > HR_PG_NAME_MAX)
        return hr_fail(err, HR_E_INVALID,
                       "the column \"%.150s\" has a name of %zu bytes, and PostgreSQL cuts names at %u: give the input "
                       "other names, or take out columns that are not wanted (headrace select)",
                       name, strlen(name), HR_PG_NAME_MAX);
    return HR_OK;
}

static hr_status check_names(const hr_pg_sink *sink, hr_error *err)
{
    hr_status status = HR_OK;
    if (sink->given_count > HR_PG_COLUMNS_MAX)
        return hr_fail(
            err, HR_E_LIMIT,
            "the input has %zu columns, and a table of PostgreSQL at most %u: take some out (headrace select)",
            sink->given_count, HR_PG_COLUMNS_MAX);
    for (size_t i = 0; status == HR_OK && i < sink->given_count; i++) {
        status = check_name(sink->given[i].name, err);
        for (size_t before = 0; status == HR_OK && before < i; before++)
            if (!strcmp(sink->given[before].name, sink->given[i].name))
                status =
                    hr_fail(err, HR_E_INVALID,
                            "two columns of the new table would be named \"%.100s\"%s: give one of them another name",
                            sink->given[i].name,
                            sink->given[i].what == HR_COPY_FIELD ? "" : ", one of which is made for each row");
    }
    return status;
}

/* ---- creating ------------------------------------------------------------------------------------------------ */

static bool is_given(const hr_pg_sink *sink, const char *name)
{
    for (size_t i = 0; i < sink->given_count; i++)
        if (!strcmp(sink->given[i].name, name))
            return true;
    return false;
}

/* The columns of option key become the primary key of a table that is made for conflicts. */
static hr_status add_primary(hr_pg_sink *sink, const char *key, hr_buffer *sql, hr_error *err)
{
    char *name = hr_malloc(strlen(key) + 1);
    bool ok = name && hr_buffer_text(sql, ", PRIMARY KEY ("), some = false;
    hr_status status = HR_OK;
    for (const char *rest = key; ok && status == HR_OK && rest && *rest; some = true) {
        rest = hr_list_next(rest, name);
        if (!is_given(sink, name))
            status = hr_fail(err, HR_E_INVALID, "option key names the column \"%.100s\", which the input does not have",
                             name);
        ok = hr_buffer_text(sql, some ? ", " : "") && hr_pg_quote_name(sql, name);
    }
    hr_free(name);
    ok = ok && hr_buffer_text(sql, ")");
    return status == HR_OK && !ok ? hr_fail_memory(err, "creating the table") : status;
}

hr_status hr_pg_create(hr_pg_sink *sink, hr_pg *pg, const char *key, hr_error *err)
{
    hr_buffer sql = {0};
    const hr_pg_target *target = &sink->target;
    if (hr_pg_is_keyed(sink) && (!key || !*key || !strcmp(key, "*")))
        return hr_fail(err, HR_E_INVALID,
                       "mode %s needs to know which columns tell rows apart: name them by option key (--key), and they "
                       "become the primary key of the new table \"%.100s\"",
                       hr_options_get(sink->options, "mode"), target->table);
    hr_status status = check_names(sink, err);
    if (status != HR_OK)
        return status;
    /* CREATE ... IF NOT EXISTS of two sessions at once can fail in one of them: they take turns, in one transaction,
     * which statements that are sent together are. */
    bool ok = hr_buffer_text(&sql, "SELECT pg_advisory_xact_lock(7522537965574647667); CREATE TABLE IF NOT EXISTS ") &&
              (!target->schema || (hr_pg_quote_name(&sql, target->schema) && hr_buffer_text(&sql, "."))) &&
              hr_pg_quote_name(&sql, target->table) && hr_buffer_text(&sql, " (");
    for (size_t i = 0; ok && i < sink->given_count; i++)
        ok = hr_buffer_text(&sql, i ? ", " : "") && hr_pg_quote_name(&sql, sink->given[i].name) &&
             hr_buffer_printf(&sql, " %s", sink->given[i].type);
    if (ok && hr_pg_is_keyed(sink) && key && *key && strcmp(key, "*"))
        status = add_primary(sink, key, &sql, err);
    ok = ok && hr_buffer_text(&sql, ")") && hr_buffer_add(&sql, "", 1);
    if (status == HR_OK)
        status = ok ? hr_pg_run(pg, (const char *)sql.data, NULL, "creating the table", err)
                    : hr_fail_memory(err, "creating the table");
    hr_buffer_free(&sql);
    return status;
}

/* ---- columns that are new ------------------------------------------------------------------------------------ */

static hr_status tell_columns(hr_pg_sink *sink, hr_error *err)
{
    hr_buffer detail = {0};
    bool some = false, ok = hr_buffer_text(&detail, "{\"table\":") && hr_buffer_json_text(&detail, sink->target.name) &&
                            hr_buffer_text(&detail, ",\"columns\":[");
    for (size_t i = 0; ok && i < sink->given_count; i++) {
        const hr_pg_given *given = &sink->given[i];
        if (given->at != SIZE_MAX)
            continue;
        ok = hr_buffer_printf(&detail, "%s{\"name\":", some ? "," : "") && hr_buffer_json_text(&detail, given->name) &&
             hr_buffer_text(&detail, ",\"type\":") && hr_buffer_json_text(&detail, given->type) &&
             hr_buffer_text(&detail, "}");
        some = true;
    }
    ok = ok && hr_buffer_text(&detail, "]}") && hr_buffer_add(&detail, "", 1);
    hr_status status = !ok ? hr_fail_memory(err, "telling of added columns")
                       : sink->plan.tell
                           ? sink->plan.tell(sink->plan.runner, "ColumnsAdded", (const char *)detail.data, err)
                           : HR_OK;
    hr_buffer_free(&detail);
    return status;
}

hr_status hr_pg_add_columns(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    hr_buffer sql = {0};
    hr_status status = HR_OK;
    bool some = false, ok = hr_buffer_printf(&sql, "ALTER TABLE %s", sink->target.name);
    for (size_t i = 0; ok && status == HR_OK && i < sink->given_count; i++) {
        if (sink->given[i].at != SIZE_MAX)
            continue;
        status = check_name(sink->given[i].name, err);
        ok = hr_buffer_text(&sql, some ? ", ADD COLUMN IF NOT EXISTS " : " ADD COLUMN IF NOT EXISTS ") &&
             hr_pg_quote_name(&sql, sink->given[i].name) && hr_buffer_printf(&sql, " %s", sink->given[i].type);
        some = true;
    }
    ok = ok && hr_buffer_add(&sql, "", 1);
    if (status == HR_OK)
        status = ok ? hr_pg_run(pg, (const char *)sql.data, NULL, "adding columns to the table (option drift)", err)
                    : hr_fail_memory(err, "adding columns to the table");
    hr_buffer_free(&sql);
    return status == HR_OK ? tell_columns(sink, err) : status;
}
