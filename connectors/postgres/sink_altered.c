/* sink_altered.c: a table that somebody alters, or makes anew, while rows are loaded. What was decided when the sink
 * was opened (which column takes what, what the server would change, which types binary rows are written for) holds for
 * the table as it was. Each segment looks, when its transaction holds the table, and so before anything is committed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/sink.h"

static bool is_same(const hr_pg_target *target, const PGresult *result)
{
    if ((size_t)PQntuples(result) != target->count)
        return false;
    for (int row = 0; row < PQntuples(result); row++)
        if (strcmp(PQgetvalue(result, row, 1), target->columns[row].name) != 0 ||
            strcmp(PQgetvalue(result, row, 2), target->columns[row].type) != 0)
            return false;
    return true;
}

/* Rows that were landed before are gone with the old one: that is for people to judge, who may go on. */
static hr_status fail_anew(const hr_pg_sink *sink, hr_error *err)
{
    return hr_fail(
        err, HR_E_CHANGED,
        "table %.150s is another one than when the load began: it was dropped, with the rows that were landed "
        "in it, and made anew. The same command goes on in the new one; under another name (--name) all of "
        "the input is loaded",
        sink->target.name);
}

hr_status hr_pg_check_altered(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    static const char sql[] =
        "SELECT attrelid, attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass($1) AND "
        "attnum > 0 AND NOT attisdropped ORDER BY attnum";
    /* The new table is ours, and compared with the old one at the end; but bytes of one type must never be taken for
     * those of another. */
    bool fresh = sink->mode == HR_PG_REPLACE;
    if (fresh && !lane->binary)
        return HR_OK;
    PGresult *result = NULL;
    const char *values[] = {fresh ? sink->fresh : sink->target.name};
    hr_status status = hr_pg_run_with(&lane->pg, sql, values, 1, &result, "reading the columns of the table", err);
    if (status == HR_OK && fresh && !is_same(&sink->target, result)) {
        status = hr_fail(err, HR_E_CHANGED,
                         "the new table %.150s was altered while rows were loaded into it: give the command again when "
                         "it is like table %.150s",
                         sink->fresh, sink->target.name);
    } else if (status == HR_OK && !fresh && PQntuples(result) &&
               strtoul(PQgetvalue(result, 0, 0), NULL, 10) != sink->target.oid) {
        status = fail_anew(sink, err);
    } else if (status == HR_OK && !fresh && !is_same(&sink->target, result)) {
        status =
            hr_fail(err, HR_E_CHANGED,
                    "table %.150s was altered while rows were loaded: its columns are looked at again, and the rows "
                    "since the last commit are sent again",
                    sink->target.name);
        if (err)
            err->retryable = true;
    }
    PQclear(result);
    return status;
}

hr_status hr_pg_tell_anew(const hr_pg_sink *sink, hr_error *err)
{
    if (!sink->landed || !sink->plan.tell)
        return HR_OK;
    hr_buffer detail = {0};
    bool ok =
        hr_buffer_text(&detail, "{\"says\":\"the table in which rows of this source were landed is gone, and is made "
                                "anew without them\",\"table\":") &&
        hr_buffer_json_text(&detail, sink->target.table) &&
        hr_buffer_printf(&detail, ",\"landed\":%llu}", (unsigned long long)sink->landed) &&
        hr_buffer_add(&detail, "", 1);
    hr_status status = ok ? sink->plan.tell(sink->plan.runner, "TableMadeAnew", (const char *)detail.data, err)
                          : hr_fail_memory(err, "telling of a table that is gone");
    hr_buffer_free(&detail);
    return status;
}

/* ---- mode replace ---------------------------------------------------------------------------------------------- */

/* What LIKE has given the new table and the old one has now: texts, of which those that only one of them has are left.
 */
#define FURNITURE(table)                                                                            \
    "SELECT 'column ' || quote_ident(attname) || ' ' || format_type(atttypid, atttypmod) || CASE "  \
    "WHEN attnotnull THEN ' NOT NULL' ELSE '' END || coalesce(' DEFAULT ' || (SELECT "              \
    "pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum), '')" \
    " FROM pg_attribute WHERE attrelid = " table                                                    \
    "::regclass AND attnum > 0 AND NOT attisdropped UNION ALL SELECT 'index ' || "                  \
    "regexp_replace(pg_get_indexdef(indexrelid), '^CREATE( UNIQUE|) INDEX .* USING ', E'\\\\1 ') "  \
    "FROM pg_index WHERE indisvalid AND indrelid = " table                                          \
    "::regclass UNION ALL SELECT 'constraint ' || replace(pg_get_constraintdef(oid), ' NOT "        \
    "VALID', '') FROM pg_constraint WHERE contype = 'c' AND conrelid = " table "::regclass"

static const char differences[] = "SELECT difference FROM ((" FURNITURE("$1") ") EXCEPT ALL (" FURNITURE(
    "$2") ") UNION ALL ((" FURNITURE("$2") ") EXCEPT ALL (" FURNITURE("$1") "))) AS d (difference) LIMIT 1";

hr_status hr_pg_check_alike(const hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    PGresult *result = NULL;
    const char *values[] = {sink->target.name, sink->fresh};
    hr_status status =
        hr_pg_run_with(pg, differences, values, 2, &result, "comparing the new table with the old one", err);
    if (status == HR_OK && PQntuples(result))
        status =
            hr_fail(err, HR_E_CHANGED,
                    "table %.150s was altered while the new one was loaded that is to take its place: they differ in "
                    "%.150s. "
                    "Alter the new table, %.150s, as well, and give the command again",
                    sink->target.name, PQgetvalue(result, 0, 0), sink->fresh);
    PQclear(result);
    return status;
}
