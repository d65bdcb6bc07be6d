/* sink_target.c: the table as the server has it: its columns, what fills them, and the keys that conflicts are found
 * by. */
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/sink.h"
#include "core/base/words.h"

/* ---- reading ----------------------------------------------------------------------------------------------- */

static const char reading[] = "looking for the table";

static bool flag(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] == 't';
}

static hr_status keep_columns(hr_pg_target *target, const PGresult *result, hr_error *err)
{
    target->count = (size_t)PQntuples(result);
    target->columns = hr_calloc(target->count + 1, sizeof *target->columns);
    if (!target->columns)
        return hr_fail_memory(err, reading);
    for (size_t i = 0; i < target->count; i++) {
        hr_pg_column *column = &target->columns[i];
        int row = (int)i;
        column->name = hr_strdup(PQgetvalue(result, row, 0));
        column->type = hr_strdup(PQgetvalue(result, row, 1));
        column->base = (unsigned)strtoul(PQgetvalue(result, row, 2), NULL, 10);
        column->modifier = atoi(PQgetvalue(result, row, 3));
        column->not_null = flag(result, row, 4);
        column->computed = flag(result, row, 6);
        column->enumerated = flag(result, row, 7);
        column->required = column->not_null && !flag(result, row, 5) && !column->computed;
        if (!column->name || !column->type)
            return hr_fail_memory(err, reading);
    }
    return HR_OK;
}

static hr_status read_columns(hr_pg *pg, hr_pg_target *target, const char *oid, hr_error *err)
{
    /* A domain may forbid null and have a default of its own, and be one of another domain; how many digits money has
     * is a matter of lc_monetary. */
    static const char sql[] =
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod), b.oid, CASE WHEN b.oid IN (790, 791) THEN 4 + "
        "scale('0'::money::numeric) ELSE b.modifier END, a.attnotnull OR t.typnotnull, a.atthasdef OR "
        "a.attidentity <> '' OR t.typdefault IS NOT NULL, a.attgenerated <> '' OR a.attidentity = 'a', (SELECT e.typtype = 'e' FROM pg_type e WHERE e.oid = b.oid) FROM pg_attribute a "
        "JOIN pg_type t ON t.oid = a.atttypid CROSS JOIN LATERAL (WITH RECURSIVE up AS (SELECT t.oid, a.atttypmod AS modifier, 0 AS "
        "depth UNION ALL SELECT d.typbasetype, d.typtypmod, depth + 1 FROM up JOIN pg_type d ON d.oid = up.oid AND d.typtype = "
        "'d') SELECT * FROM up ORDER BY depth DESC LIMIT 1) AS b WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY "
        "a.attnum";
    PGresult *result = NULL;
    hr_status status = hr_pg_run_with(pg, sql, &oid, 1, &result, "reading the columns of the table", err);
    if (status == HR_OK)
        status = keep_columns(target, result, err);
    PQclear(result);
    return status;
}

static hr_status keep_table(hr_pg_target *target, const PGresult *result, hr_error *err)
{
    char kind = PQgetvalue(result, 0, 1)[0];
    if (kind != 'r' && kind != 'p' && kind != 'f' && kind != 'v')
        return hr_fail(err, HR_E_INVALID, "\"%.100s\" in the database is no table that rows can be written to",
                       target->table);
    hr_buffer name = {0};
    bool ok = hr_pg_quote_name(&name, PQgetvalue(result, 0, 2)) && hr_buffer_add(&name, ".", 1) &&
              hr_pg_quote_name(&name, target->table) && hr_buffer_add(&name, "", 1);
    if (!ok) {
        hr_buffer_free(&name);
        return hr_fail_memory(err, reading);
    }
    target->name = (char *)name.data;
    target->exists = true;
    target->oid = (unsigned)strtoul(PQgetvalue(result, 0, 0), NULL, 10);
    target->triggers = flag(result, 0, 3);
    target->deferrable = flag(result, 0, 4);
    target->by_insert = flag(result, 0, 5);
    return HR_OK;
}

/* Of a view with INSTEAD OF triggers, COPY counts rows that these keep back. */
hr_status hr_pg_target_read(hr_pg *pg, hr_pg_target *target, hr_error *err)
{
    static const char sql[] =
        "SELECT c.oid, c.relkind, n.nspname, EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal "
        "AND g.tgtype & 6 = 6), EXISTS (SELECT FROM (SELECT c.oid UNION SELECT relid FROM pg_partition_tree(c.oid)) AS own (id) "
        "WHERE EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = id AND k.condeferrable) OR EXISTS (SELECT FROM "
        "pg_trigger g WHERE g.tgrelid = id AND (g.tgdeferrable OR NOT g.tgisinternal))), row_security_active(c.oid) OR EXISTS "
        "(SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '3') OR c.relkind = 'v' FROM pg_class c JOIN "
        "pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = $2 AND CASE WHEN $1::text IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname "
        "= $1 END AND c.relkind NOT IN ('i', 'I', 't', 'c')";
    const char *values[] = {target->schema, target->table};
    PGresult *result = NULL;
    char oid[24];
    hr_pg_target_clear(target);
    hr_status status = hr_pg_run_with(pg, sql, values, 2, &result, reading, err);
    bool there = status == HR_OK && PQntuples(result) > 0;
    if (there) {
        snprintf(oid, sizeof oid, "%s", PQgetvalue(result, 0, 0));
        status = keep_table(target, result, err);
    }
    PQclear(result);
    return there && status == HR_OK ? read_columns(pg, target, oid, err) : status;
}

/* ---- keys -------------------------------------------------------------------------------------------------- */

static const hr_pg_column *find_column(const hr_pg_target *target, const char *name)
{
    for (size_t i = 0; i < target->count; i++)
        if (!strcmp(target->columns[i].name, name))
            return &target->columns[i];
    return NULL;
}

static hr_status add_key(hr_pg_target *target, const char *name, hr_error *err)
{
    char **grown = hr_realloc(target->key, (target->key_count + 1) * sizeof *grown);
    if (!grown)
        return hr_fail_memory(err, "finding the key of the table");
    target->key = grown;
    char **collations = hr_realloc(target->key_collations, (target->key_count + 1) * sizeof *collations);
    if (!collations)
        return hr_fail_memory(err, "finding the key of the table");
    target->key_collations = collations;
    collations[target->key_count] = NULL;
    if (!(grown[target->key_count] = hr_strdup(name)))
        return hr_fail_memory(err, "finding the key of the table");
    target->key_count++;
    const hr_pg_column *column = find_column(target, name);
    target->key_nullable = target->key_nullable || !column || !column->not_null;
    return HR_OK;
}

/* Rows of (index, whether primary, column, whether nulls are equal: from version 15 on, collation by which texts of
 * other bytes are equal); those of one index follow each other. */
static const char unique_indexes[] =
    "SELECT i.indexrelid, i.indisprimary, a.attname, to_jsonb(i) @> '{\"indnullsnotdistinct\": true}', (SELECT format('%I.%I', "
    "nspname, collname) FROM pg_collation l JOIN pg_namespace n ON n.oid = collnamespace WHERE l.oid = i.indcollation[k.place - "
    "1] AND NOT collisdeterministic) FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k "
    "(attnum, place) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE i.indrelid = "
    "$1::regclass AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND "
    "k.place <= i.indnkeyatts ORDER BY i.indisprimary DESC, i.indexrelid, k.place";

bool hr_pg_in_key(const hr_pg_target *target, const char *name)
{
    for (size_t i = 0; i < target->key_count; i++)
        if (!strcmp(target->key[i], name))
            return true;
    return false;
}

static int index_end(const PGresult *result, int row)
{
    int end = row;
    while (end < PQntuples(result) && !strcmp(PQgetvalue(result, end, 0), PQgetvalue(result, row, 0)))
        end++;
    return end;
}

static bool index_fits(const hr_pg_target *target, const PGresult *result, int row, int end)
{
    if ((size_t)(end - row) != target->key_count)
        return false;
    for (; row < end; row++) {
        size_t i = 0;
        while (i < target->key_count && strcmp(target->key[i], PQgetvalue(result, row, 2)))
            i++;
        if (i == target->key_count)
            return false;
    }
    return true;
}

static hr_status check_key(const hr_pg_target *target, const PGresult *result, const char *key, hr_error *err)
{
    for (int row = 0, end; row < PQntuples(result); row = end) {
        end = index_end(result, row);
        if (index_fits(target, result, row, end))
            return HR_OK;
    }
    return hr_fail(
        err, HR_E_INVALID,
        "table %.150s has no primary key or unique index on just (%.150s), by which conflicts could be found (one that "
        "is partial, deferrable or of expressions finds none): name other columns by option key, or create one",
        target->name, key);
}

static hr_status keep_collation(hr_pg_target *target, const PGresult *result, int row, hr_error *err)
{
    size_t i = 0;
    while (strcmp(target->key[i], PQgetvalue(result, row, 2)))
        i++;
    if (target->key_collations[i] || PQgetisnull(result, row, 4))
        return HR_OK;
    target->key_collations[i] = hr_strdup(PQgetvalue(result, row, 4));
    return target->key_collations[i] ? HR_OK : hr_fail_memory(err, "finding the key of the table");
}

/* Where an index on the key takes nulls for equal, or texts of other bytes, so do we. */
static hr_status look_at_equals(hr_pg_target *target, const PGresult *result, hr_error *err)
{
    hr_status status = HR_OK;
    for (int row = 0, end; status == HR_OK && row < PQntuples(result); row = end) {
        end = index_end(result, row);
        if (!index_fits(target, result, row, end))
            continue;
        if (flag(result, row, 3))
            target->key_nullable = false;
        for (int i = row; status == HR_OK && i < end; i++)
            status = keep_collation(target, result, i, err);
    }
    return status;
}

/* The primary key, else the only unique index. */
static hr_status own_key(hr_pg_target *target, const PGresult *result, hr_error *err)
{
    int end = PQntuples(result) ? index_end(result, 0) : 0;
    if (!end || (!flag(result, 0, 1) && end < PQntuples(result)))
        return hr_fail(
            err, HR_E_INVALID, "table %.150s has %s", target->name,
            end ? "no primary key, but several unique indexes: say by option key which columns tell its rows apart"
                : "neither a primary key nor a unique index, by which rows with the same key could be found: "
                  "create one (ALTER TABLE ... ADD PRIMARY KEY), or load with mode append");
    hr_status status = HR_OK;
    for (int row = 0; status == HR_OK && row < end; row++)
        status = add_key(target, PQgetvalue(result, row, 2), err);
    return status;
}

hr_status hr_pg_target_key(hr_pg *pg, hr_pg_target *target, const char *key, hr_error *err)
{
    PGresult *result = NULL;
    const char *values[] = {target->name};
    hr_status status = hr_pg_run_with(pg, unique_indexes, values, 1, &result, "reading the keys of the table", err);
    if (status == HR_OK && (!key || !*key || !strcmp(key, "*"))) {
        status = own_key(target, result, err);
    } else if (status == HR_OK) {
        char *name = hr_malloc(strlen(key) + 1);
        status = name ? HR_OK : hr_fail_memory(err, "finding the key of the table");
        for (const char *rest = key; status == HR_OK && rest && *rest;) {
            rest = hr_list_next(rest, name);
            status = find_column(target, name)
                         ? add_key(target, name, err)
                         : hr_fail(err, HR_E_INVALID,
                                   "option key names the column \"%.100s\", which table %.150s does not have", name,
                                   target->name);
        }
        hr_free(name);
        if (status == HR_OK)
            status = check_key(target, result, key, err);
    }
    if (status == HR_OK)
        status = look_at_equals(target, result, err);
    PQclear(result);
    return status;
}

/* ---- the end ----------------------------------------------------------------------------------------------- */

void hr_pg_target_clear(hr_pg_target *target)
{
    for (size_t i = 0; target->columns && i < target->count; i++) {
        hr_free(target->columns[i].name);
        hr_free(target->columns[i].type);
    }
    hr_free(target->columns);
    for (size_t i = 0; i < target->key_count; i++) {
        hr_free(target->key[i]);
        hr_free(target->key_collations[i]);
    }
    hr_free(target->key);
    hr_free(target->key_collations);
    hr_free(target->name);
    *target = (hr_pg_target){.schema = target->schema, .table = target->table};
}

void hr_pg_target_free(hr_pg_target *target)
{
    hr_pg_target_clear(target);
    hr_free(target->schema);
    hr_free(target->table);
    target->schema = target->table = NULL;
}
