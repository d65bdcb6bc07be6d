/* sink_map.c: which column of the rows goes to which of the table, by name, and what becomes of those that have none.
 */
#include <stdio.h>
#include <strings.h>

#include "connectors/postgres/sink.h"

/* ---- what the rows have -------------------------------------------------------------------------------------- */

/* Types by name: letters, digits, and what numeric(10,2), timestamp(3) with time zone, text[] and "Mood" need. */
static bool plausible_type(const char *type)
{
    return *type && strlen(type) < 200 &&
           strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ .,()[]\"") == strlen(type);
}

/* The type at the source, where this server has it too. */
static hr_status try_native(hr_pg *pg, const char *native, char out[200], hr_error *err)
{
    PGresult *result = NULL;
    if (!plausible_type(native))
        return HR_OK;
    hr_status status = hr_pg_run_with(pg, "SELECT to_regtype($1) IS NOT NULL", &native, 1, &result,
                                      "looking for a type of the source", err);
    if (status == HR_OK && PQgetvalue(result, 0, 0)[0] == 't')
        snprintf(out, 200, "%s", native);
    if (status != HR_OK && !strncmp(hr_pg_state(pg), "42", 2)) /* it is written as no type of PostgreSQL is */
        status = HR_OK;
    PQclear(result);
    return status;
}

static const hr_column *column_of(const hr_column *columns, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(columns[i].name, name))
            return &columns[i];
    return NULL;
}

static hr_status give_type(const hr_sink_plan *plan, hr_pg *pg, size_t i, bool exists, char out[200], hr_error *err)
{
    size_t count = 0;
    const hr_column *columns = plan->schema ? hr_schema_columns(plan->schema, &count) : NULL;
    const hr_column *column = column_of(columns, count, plan->columns[i]);
    hr_column plain = {.type = plan->types ? plan->types[i] : HR_TYPE_TEXT};
    hr_pg_type_of(column ? column : &plain, out);
    if (column || exists || !plan->natives || !plan->natives[i])
        return HR_OK;
    return try_native(pg, plan->natives[i], out, err);
}

typedef struct made_column {
    const char *name, *type;
    hr_copy_what what;
} made_column;

static hr_status give_lineage(hr_pg_sink *sink, hr_error *err)
{
    static const made_column lineage[] = {{"_source", "text", HR_COPY_FIXED},
                                          {"_file", "text", HR_COPY_FIXED},
                                          {"_row", "bigint", HR_COPY_ROW},
                                          {"_offset", "bigint", HR_COPY_OFFSET},
                                          {"_ingested_at", "timestamp with time zone", HR_COPY_FIXED},
                                          {"_key", "text", HR_COPY_KEY}};
    char when[32];
    hr_time_text(sink->plan.started_ns, when);
    for (size_t i = 0; sink->plan.lineage && i < HR_COUNT(lineage); i++) {
        hr_pg_given *given = &sink->given[sink->given_count++];
        *given = (hr_pg_given){.name = lineage[i].name, .what = lineage[i].what, .at = SIZE_MAX};
        snprintf(given->type, sizeof given->type, "%s", lineage[i].type);
        given->text = i == 0 ? sink->plan.feed : i == 1 ? sink->plan.file : NULL;
        if (i == 4 && !(given->text = given->own = hr_strdup(when)))
            return hr_fail_memory(err, "writing lineage");
    }
    return HR_OK;
}

static hr_status give_key(hr_pg_sink *sink, hr_error *err)
{
    const char *name = hr_options_get(sink->options, "key-column");
    if (!name || !*name)
        return HR_OK;
    hr_pg_given *given = &sink->given[sink->given_count++];
    *given = (hr_pg_given){.what = HR_COPY_KEY_BYTES, .at = SIZE_MAX, .type = "bytea"};
    given->name = given->own = hr_strdup(name);
    return given->own ? HR_OK : hr_fail_memory(err, "writing keys");
}

/* What the rows have, from the plan. */
static hr_status set_given(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    const hr_sink_plan *plan = &sink->plan;
    sink->given = hr_calloc(plan->column_count + 8, sizeof *sink->given);
    if (!sink->given)
        return hr_fail_memory(err, "finding the columns of the rows");
    hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < plan->column_count; i++) {
        hr_pg_given *given = &sink->given[sink->given_count++];
        *given = (hr_pg_given){.name = plan->columns[i], .column = (uint32_t)i, .at = SIZE_MAX};
        status = give_type(plan, pg, i, sink->target.exists && sink->drift != HR_PG_EVOLVE, given->type, err);
    }
    if (status == HR_OK)
        status = give_lineage(sink, err);
    return status == HR_OK ? give_key(sink, err) : status;
}

/* ---- finding places ------------------------------------------------------------------------------------------ */

static bool is_taken(const hr_pg_sink *sink, size_t at)
{
    for (size_t i = 0; i < sink->given_count; i++)
        if (sink->given[i].at == at)
            return true;
    return false;
}

/* The only column that is free and has the name in other letters; SIZE_MAX: none, or several. */
static size_t find_alike(const hr_pg_sink *sink, const char *name)
{
    size_t found = SIZE_MAX;
    for (size_t c = 0; c < sink->target.count; c++) {
        if (strcasecmp(sink->target.columns[c].name, name) || is_taken(sink, c))
            continue;
        if (found != SIZE_MAX)
            return SIZE_MAX;
        found = c;
    }
    return found;
}

static void find_places(hr_pg_sink *sink)
{
    for (size_t i = 0; i < sink->given_count; i++) {
        sink->given[i].at = SIZE_MAX;
        for (size_t c = 0; c < sink->target.count; c++)
            if (!strcmp(sink->target.columns[c].name, sink->given[i].name))
                sink->given[i].at = c;
    }
    for (size_t i = 0; i < sink->given_count; i++)
        if (sink->given[i].at == SIZE_MAX)
            sink->given[i].at = find_alike(sink, sink->given[i].name);
}

/* ---- drift --------------------------------------------------------------------------------------------------- */

static size_t without_place(const hr_pg_sink *sink, const hr_pg_given **first)
{
    size_t count = 0;
    for (size_t i = sink->given_count; i-- > 0;)
        if (sink->given[i].at == SIZE_MAX) {
            *first = &sink->given[i];
            count++;
        }
    return count;
}

static hr_status meet_drift(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    const hr_pg_given *first = NULL;
    size_t missing = without_place(sink, &first);
    if (!missing)
        return HR_OK;
    if (sink->drift == HR_PG_EVOLVE) {
        hr_status status = hr_pg_add_columns(sink, pg, err);
        if (status == HR_OK)
            status = hr_pg_target_read(pg, &sink->target, err);
        if (status == HR_OK)
            find_places(sink);
        return status;
    }
    if (sink->drift == HR_PG_FREEZE || first->what != HR_COPY_FIELD)
        return hr_fail(
            err, HR_E_CHANGED,
            "table %.150s has no column \"%.100s\"%s: option drift=evolve adds columns, drift=reject-row rejects "
            "rows that have a value there",
            sink->target.name, first->name, missing > 1 ? " (and lacks others that the input has)" : "");
    return HR_OK;
}

/* A column of the input may have the name of one that is made (option key-column, lineage). */
static hr_status check_twice(const hr_pg_sink *sink, hr_error *err)
{
    for (size_t i = 1; i < sink->given_count; i++)
        for (size_t before = 0; sink->given[i].at != SIZE_MAX && before < i; before++)
            if (sink->given[before].at == sink->given[i].at)
                return hr_fail(
                    err, HR_E_INVALID,
                    "\"%.100s\" and \"%.100s\"%s both go to the column \"%.100s\" of table %.150s: give one of "
                    "them another name",
                    sink->given[before].name, sink->given[i].name,
                    sink->given[i].what == HR_COPY_FIELD ? "" : ", which is made for each row,",
                    sink->target.columns[sink->given[i].at].name, sink->target.name);
    return HR_OK;
}

static hr_status check_places(const hr_pg_sink *sink, hr_error *err)
{
    bool some = false;
    for (size_t i = 0; i < sink->given_count; i++) {
        const hr_pg_given *given = &sink->given[i];
        some = some || given->at != SIZE_MAX;
        if (given->at != SIZE_MAX && sink->target.columns[given->at].computed)
            return hr_fail(
                err, HR_E_INVALID,
                "the column \"%.100s\" of table %.150s is generated always and takes no values: take it out of "
                "the input (of a file by headrace select; a source has option columns)",
                given->name, sink->target.name);
    }
    if (!some)
        return hr_fail(err, HR_E_CHANGED, "table %.150s has none of the columns of the input", sink->target.name);
    hr_status status = check_twice(sink, err);
    if (status != HR_OK)
        return status;
    for (size_t c = 0; !sink->target.triggers && c < sink->target.count; c++)
        if (sink->target.columns[c].required && !is_taken(sink, c))
            return hr_fail(err, HR_E_CHANGED,
                           "the column \"%.100s\" of table %.150s must have a value, and the input has no such column",
                           sink->target.columns[c].name, sink->target.name);
    return HR_OK;
}

/* ---- rendering -------------------------------------------------------------------------------------------------- */

enum { OID_JSON = 114, OID_JSONB = 3802 }; /* pg_type.dat */

/* What the schema says is JSON is one value of it in every column that has such, also when it is a string. */
static bool takes_json(const hr_pg_sink *sink, const hr_pg_given *given, const hr_pg_column *place)
{
    return given->what == HR_COPY_FIELD && sink->plan.types && sink->plan.types[given->column] == HR_TYPE_JSON &&
           (place->base == OID_JSON || place->base == OID_JSONB);
}

static hr_status make_copy(hr_pg_sink *sink, hr_error *err)
{
    hr_copy_column *columns = hr_calloc(sink->given_count + 1, sizeof *columns);
    size_t count = 0;
    if (!columns)
        return hr_fail_memory(err, "finding the columns of the rows");
    for (size_t i = 0; i < sink->given_count; i++) {
        const hr_pg_given *given = &sink->given[i];
        hr_copy_column *column = &columns[count++];
        *column = (hr_copy_column){
            .what = given->at == SIZE_MAX ? HR_COPY_ABSENT : given->what, .column = given->column, .text = given->text};
        if (given->at == SIZE_MAX)
            continue;
        const hr_pg_column *place = &sink->target.columns[given->at];
        if (given->what == HR_COPY_FIELD)
            hr_pg_guard(column, place);
        column->json = takes_json(sink, given, place);
        if (given->what == HR_COPY_KEY_BYTES && strcmp(place->type, "bytea") != 0)
            column->what = HR_COPY_KEY;
    }
    if (hr_pg_is_staged(sink))
        columns[count++] = (hr_copy_column){.what = HR_COPY_ORDINAL};
    hr_copy_text_free(sink->copy);
    sink->copy = NULL;
    hr_status status = hr_copy_text_new(columns, count, &sink->copy, err);
    if (status == HR_OK)
        status = hr_pg_binary_plan(sink, columns, count, err);
    hr_free(columns);
    return status;
}

/* ---- all of it ------------------------------------------------------------------------------------------------ */

/* Makes the table or what it lacks, as the options allow, and finds the place of every column. */
static hr_status map_columns(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    find_places(sink);
    hr_status status = meet_drift(sink, pg, err);
    if (status == HR_OK)
        status = check_places(sink, err);
    return status == HR_OK ? make_copy(sink, err) : status;
}

static const char *key_of(const hr_pg_sink *sink)
{
    const char *key = hr_options_get(sink->options, "key");
    return key ? key : sink->plan.key;
}

/* The columns of conflicts, and that rows have values for them. */
static hr_status find_key(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    const hr_pg_target *target = &sink->target;
    hr_status status = hr_pg_target_key(pg, &sink->target, key_of(sink), err);
    for (size_t c = 0; status == HR_OK && c < target->count; c++) {
        const char *name = target->columns[c].name;
        if (hr_pg_in_key(target, name) && !is_taken(sink, c))
            status = hr_fail(err, HR_E_INVALID,
                             "the rows of table %.150s are told apart by the column \"%.100s\", which the input does "
                             "not have: name other columns by option key, or load with mode append",
                             target->name, name);
        else if (is_taken(sink, c) && !strcmp(name, HR_PG_ORDINAL))
            status = hr_fail(err, HR_E_INVALID,
                             "table %.150s has a column \"%s\", a name that modes insert-ignore and merge need for "
                             "themselves: rename the column, or load with mode append",
                             target->name, name);
    }
    return status;
}

hr_status hr_pg_make_ready(hr_pg_sink *sink, hr_error *err)
{
    hr_pg *pg = &sink->lanes[sink->oldest].pg;
    if (sink->ready)
        return HR_OK;
    hr_status status = hr_pg_target_read(pg, &sink->target, err);
    if (status == HR_OK)
        status = set_given(sink, pg, err);
    if (status == HR_OK && !sink->target.exists) {
        if (!sink->create)
            return hr_fail(err, HR_E_NOT_FOUND,
                           "there is no table \"%.100s\" in the database: option create=yes makes one",
                           sink->target.table);
        status = hr_pg_create(sink, pg, key_of(sink), err);
        if (status == HR_OK)
            status = hr_pg_tell_anew(sink, err);
        if (status == HR_OK)
            status = hr_pg_target_read(pg, &sink->target, err);
    }
    if (status == HR_OK && !sink->target.exists)
        status = hr_fail(err, HR_E_NOT_FOUND, "the table \"%.100s\" was made, but is not to be seen in the search_path",
                         sink->target.table);
    if (status == HR_OK)
        status = map_columns(sink, pg, err);
    if (status == HR_OK && hr_pg_is_keyed(sink))
        status = find_key(sink, pg, err);
    if (status == HR_OK && sink->mode == HR_PG_REPLACE)
        status = hr_pg_fresh_table(sink, pg, err);
    if (status == HR_OK)
        status = hr_pg_statements(sink, err);
    if (status == HR_OK)
        status = hr_pg_binary_statement(sink, err);
    sink->ready = status == HR_OK;
    return status;
}
