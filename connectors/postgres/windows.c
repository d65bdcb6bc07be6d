/* windows.c: how many rows a table has in each window of a time, for audits of a source against its destination. */
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/postgres.h"
#include "connectors/postgres/source.h"

#define SETUP \
    "SET TimeZone = 'UTC'; SET datestyle = 'ISO, YMD'; SET application_name = 'headrace reading'; SET row_security = "

static hr_status count(hr_pg *pg, const char *from, const hr_windows *windows, hr_window_each each, void *context,
                       hr_error *err)
{
    hr_buffer sql = {0};
    PGresult *result;
    hr_status status =
        hr_pg_window_counts_sql(from, windows->column, windows->size_ms, NULL, windows->until, &sql)
            ? hr_pg_run_with(pg, (const char *)sql.data, NULL, 0, &result, "counting rows by windows", err)
            : hr_fail_memory(err, "counting rows by windows");
    hr_buffer_free(&sql);
    if (status != HR_OK && !strcmp(hr_pg_state(pg), "42883"))
        return hr_fail(err, HR_E_UNSUPPORTED, "the column \"%s\" is no time, and windows are of time", windows->column);
    if (status != HR_OK)
        return status;
    for (int i = 0; status == HR_OK && i < PQntuples(result); i++)
        status = each(context, PQgetvalue(result, i, 0), strtoull(PQgetvalue(result, i, 1), NULL, 10), err);
    PQclear(result);
    return status;
}

/* The table's own name of the column, which the sink has matched in the same way. */
static hr_status find_column(hr_pg *pg, const char *from, hr_windows *windows, hr_error *err)
{
    static const char sql[] =
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND lower(attname) = "
        "lower($2) ORDER BY attname <> $2";
    const char *values[] = {from, windows->column};
    PGresult *result = NULL;
    hr_status status = hr_pg_run_with(pg, sql, values, 2, &result, "looking for the watermark's column", err);
    int count = status == HR_OK ? PQntuples(result) : 0;
    if (count && (count == 1 || !strcmp(PQgetvalue(result, 0, 0), windows->column)))
        snprintf(windows->column, sizeof windows->column, "%s", PQgetvalue(result, 0, 0));
    else if (status == HR_OK)
        status = hr_fail(err, HR_E_NOT_FOUND,
                         "table %.150s, to which the rows went, is gone, or has no column \"%s\" to count by", from,
                         windows->column);
    PQclear(result);
    return status;
}

static hr_status connect_and_count(const char *uri, const hr_options *options, const char *from, bool visible,
                                   const hr_windows *windows, bool alike, hr_window_each each, void *context,
                                   hr_error *err)
{
    hr_windows own = *windows;
    hr_pg_wake wake;
    hr_pg pg;
    hr_status status = hr_pg_wake_open(&wake, err);
    if (status != HR_OK)
        return status;
    hr_pg_settings settings = {
        .uri = uri, .options = options, .setup = visible ? SETUP "on" : SETUP "off", .wake = &wake};
    status = hr_pg_open(&pg, &settings, err);
    if (status == HR_OK) {
        status = alike ? find_column(&pg, from, &own, err) : HR_OK;
        if (status == HR_OK)
            status = count(&pg, from, &own, each, context, err);
        hr_pg_close(&pg);
    }
    hr_pg_wake_close(&wake);
    if (status != HR_OK)
        hr_error_origin(err, uri);
    return status;
}

/* What was given for certain: below the record that the run stands at, or below its bound. */
static hr_status take_until(const hr_pg_pull *pull, hr_windows *windows, hr_error *err)
{
    hr_pg_position position = {0};
    if (!pull->watermark)
        return hr_fail(err, HR_E_UNSUPPORTED,
                       "the source has no watermark: windows of time are those of a watermark that is one");
    if (!windows->at || !*windows->at)
        return hr_fail(err, HR_E_NOT_FOUND, "nothing was read from the source yet");
    hr_status status = hr_pg_position_read(windows->at, &position, err);
    if (status != HR_OK)
        return status;
    const char *until = position.at ? position.at : position.high;
    if (!until)
        status = hr_fail(err, HR_E_NOT_FOUND, "the first run has not come to records with a watermark yet");
    else
        snprintf(windows->until, sizeof windows->until, "%s", until);
    snprintf(windows->column, sizeof windows->column, "%s", pull->watermark);
    hr_pg_position_clear(&position);
    return status;
}

hr_status hr_pg_source_windows(const char *uri, const hr_options *options, hr_windows *windows, hr_window_each each,
                               void *context, hr_error *err)
{
    hr_pg_pull pull;
    hr_status status = hr_pg_pull_read(options, &pull, err);
    if (status != HR_OK)
        return status;
    status = take_until(&pull, windows, err);
    if (status == HR_OK)
        status = connect_and_count(uri, options, pull.from, pull.visible, windows, false, each, context, err);
    hr_pg_pull_clear(&pull);
    return status;
}

hr_status hr_pg_sink_windows(const char *uri, const hr_options *options, const char *feed, const hr_windows *windows,
                             hr_window_each each, void *context, hr_error *err)
{
    const char *given = hr_options_get(options, "table");
    char *schema = NULL, *table = NULL;
    hr_buffer from = {0};
    hr_status status = hr_pg_split_name(given ? given : feed, &schema, &table, err);
    if (status != HR_OK)
        return status;
    bool ok = (!schema || (hr_pg_quote_name(&from, schema) && hr_buffer_text(&from, "."))) &&
              hr_pg_quote_name(&from, table) && hr_buffer_add(&from, "", 1);
    status = ok ? connect_and_count(uri, options, (const char *)from.data, false, windows, true, each, context, err)
                : hr_fail_memory(err, "counting rows by windows");
    hr_buffer_free(&from);
    hr_free(schema);
    hr_free(table);
    return status;
}
