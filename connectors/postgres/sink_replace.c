/* sink_replace.c: mode replace: rows go to a new table beside, which takes the place of the old one at the end, in one
 * transaction. The new table is named by the job, so that a job that goes on finds it. What the old table has is made
 * for the new one too: columns with their defaults, constraints, indexes, comments; at the end its owner, rights, row
 * level security, foreign keys and sequences. What cannot be (views, triggers, policies, foreign keys of others ...) is
 * refused at the beginning. */
#include <stdio.h>

#include "connectors/postgres/sink.h"

static const char replacing[] = "replacing the table";

/* ---- the beginning --------------------------------------------------------------------------------------------- */

/* What depends on the table by its identity, and would be left behind with the old one. */
static const char dependents[] =
    "SELECT 'the view ' || v.oid::regclass FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = "
    "r.ev_class WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = $1::regclass AND v.oid <> $1::regclass UNION ALL "
    "SELECT 'the foreign key ' || quote_ident(conname) || ' of ' || conrelid::regclass FROM pg_constraint WHERE contype = "
    "'f' AND confrelid = $1::regclass UNION ALL "
    "SELECT 'the trigger ' || quote_ident(tgname) FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal UNION ALL "
    "SELECT 'the policy ' || quote_ident(polname) FROM pg_policy WHERE polrelid = $1::regclass UNION ALL "
    "SELECT 'the rule ' || quote_ident(rulename) FROM pg_rewrite WHERE ev_class = $1::regclass UNION ALL "
    "SELECT 'its publication' FROM pg_publication_rel WHERE prrelid = $1::regclass UNION ALL "
    "SELECT 'what ' || pg_describe_object(classid, objid, objsubid) || ' needs' FROM pg_depend WHERE deptype = 'n' AND (classid "
    "= 'pg_proc'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = $1::regclass OR classid IN "
    "('pg_proc'::regclass, 'pg_class'::regclass) AND refclassid = 'pg_type'::regclass AND refobjid IN (SELECT unnest(ARRAY[t.oid, "
    "t.typarray]) FROM pg_type t WHERE t.typrelid = $1::regclass)) UNION ALL "
    "SELECT 'its partitions or its parent' FROM pg_inherits WHERE inhparent = $1::regclass OR inhrelid = $1::regclass UNION "
    "ALL SELECT 'its being no plain table' FROM pg_class WHERE oid = $1::regclass AND relkind <> 'r' LIMIT 1";

static hr_status check_dependents(const hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    PGresult *result = NULL;
    const char *values[] = {sink->target.name};
    hr_status status = hr_pg_run_with(pg, dependents, values, 1, &result, "looking at what depends on the table", err);
    if (status == HR_OK && PQntuples(result))
        status = hr_fail(err, HR_E_INVALID,
                         "table %.150s cannot be replaced by a new one: %.200s would be lost; use another mode",
                         sink->target.name, PQgetvalue(result, 0, 0));
    PQclear(result);
    return status;
}

static hr_status name_fresh(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    hr_buffer name = {0};
    PGresult *result = NULL;
    const char *values[] = {sink->target.name};
    hr_status status = hr_pg_run_with(
        pg, "SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = $1::regclass",
        values, 1, &result, replacing, err);
    snprintf(sink->fresh_table, sizeof sink->fresh_table, "headrace_%.50s", sink->plan.job);
    bool ok = status == HR_OK && PQntuples(result) && hr_pg_quote_name(&name, PQgetvalue(result, 0, 0)) &&
              hr_buffer_add(&name, ".", 1) && hr_pg_quote_name(&name, sink->fresh_table) && hr_buffer_add(&name, "", 1);
    PQclear(result);
    if (ok) {
        hr_free(sink->fresh);
        sink->fresh = (char *)name.data;
        return HR_OK;
    }
    hr_buffer_free(&name);
    return status == HR_OK ? hr_fail_memory(err, replacing) : status;
}

/* Runs statements that a query gives for the two tables. */
static hr_status run_given(hr_pg_sink *sink, hr_pg *pg, const char *query, hr_error *err)
{
    PGresult *result = NULL;
    const char *values[] = {sink->target.name, sink->fresh};
    hr_status status = hr_pg_run_with(pg, query, values, 2, &result, replacing, err);
    for (int row = 0; status == HR_OK && row < PQntuples(result); row++)
        status = hr_pg_run(pg, PQgetvalue(result, row, 0), NULL, replacing, err);
    PQclear(result);
    return status;
}

static hr_status end_transaction(hr_pg *pg, hr_status status, hr_error *err)
{
    if (status == HR_OK)
        status = hr_pg_run(pg, "COMMIT", NULL, replacing, err);
    if (status != HR_OK && pg->conn && PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
        (void)!hr_pg_run(pg, "ROLLBACK", NULL, replacing, NULL);
    return status;
}

/* Rights that default privileges give to others on every new table; they need not be those of the old one. */
static const char revoke[] =
    "SELECT DISTINCT format('REVOKE ALL ON %s FROM %s', c.oid::regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE "
    "quote_ident(pg_get_userbyid(g.grantee)) END) FROM pg_class c, aclexplode(c.relacl) g WHERE c.oid = $2::regclass AND "
    "g.grantee <> c.relowner AND c.oid <> $1::regclass";

/* LIKE says nothing of where a table is, and whether changes of it are logged. */
static const char create[] =
    "SELECT format('CREATE %sTABLE IF NOT EXISTS %s (LIKE %s INCLUDING ALL)%s', CASE relpersistence WHEN 'u' THEN 'UNLOGGED ' "
    "ELSE '' END, $2::text, $1::regclass, ' TABLESPACE ' || quote_ident(spcname)) FROM pg_class c LEFT JOIN pg_tablespace t ON "
    "t.oid = c.reltablespace WHERE c.oid = $1::regclass";

hr_status hr_pg_fresh_table(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    hr_status status = name_fresh(sink, pg, err);
    if (status == HR_OK && !sink->replaced)
        status = check_dependents(sink, pg, err);
    if (status != HR_OK || sink->replaced)
        return status;
    status = hr_pg_run(pg, "BEGIN", NULL, replacing, err);
    if (status == HR_OK)
        status = run_given(sink, pg, create, err);
    if (status == HR_OK)
        status = run_given(sink, pg, revoke, err);
    return end_transaction(pg, status, err);
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

/* Columns of identity of the old table: their sequences, and those that LIKE has made for the new one. */
#define IDENTITIES                                                                                               \
    "(SELECT pg_get_serial_sequence($1::regclass::text, attname)::regclass AS old, "                             \
    "pg_get_serial_sequence($2::regclass::text, attname)::regclass AS fresh FROM pg_attribute WHERE attrelid = " \
    "$1::regclass AND attidentity <> '' AND NOT attisdropped)"

/* Statements, one a row, that give the new table ($2) what LIKE leaves out of the old one ($1). */
static const char furnish[] =
    "SELECT s FROM ("
    "SELECT 0, format('ALTER TABLE %s OWNER TO %I', $2::regclass, pg_get_userbyid(relowner)) AS s FROM pg_class WHERE oid = "
    "$1::regclass AND pg_get_userbyid(relowner) <> current_user UNION ALL "
    "SELECT 1, format('ALTER TABLE %s ADD CONSTRAINT %I %s', $2::regclass, conname, pg_get_constraintdef(oid)) FROM "
    "pg_constraint WHERE conrelid = $1::regclass AND contype = 'f' UNION ALL "
    "SELECT 2, format('ALTER SEQUENCE %s OWNED BY %s.%I', d.objid::regclass, $2::regclass, a.attname) FROM pg_depend d JOIN "
    "pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.classid = 'pg_class'::regclass AND "
    "d.refobjid = $1::regclass AND d.deptype = 'a' AND (SELECT relkind FROM pg_class WHERE oid = d.objid) = 'S' UNION ALL "
    "SELECT 3, format('GRANT %s ON %s TO %s%s', g.privilege_type, $2::regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE "
    "quote_ident(pg_get_userbyid(g.grantee)) END, CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM "
    "pg_class c, aclexplode(c.relacl) g WHERE c.oid = $1::regclass AND g.grantee <> c.relowner UNION ALL "
    "SELECT 3, format('GRANT %s (%I) ON %s TO %s%s', g.privilege_type, a.attname, $2::regclass, CASE g.grantee WHEN 0 THEN "
    "'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END, CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) "
    "FROM pg_attribute a, aclexplode(a.attacl) g WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped UNION "
    "ALL "
    "SELECT 4, format('COMMENT ON TABLE %s IS %L', $2::regclass, obj_description($1::regclass)) WHERE "
    "obj_description($1::regclass) IS NOT NULL UNION ALL "
    "SELECT 6, format('ALTER TABLE %s SET (%s)', $2::regclass, array_to_string(reloptions, ', ')) FROM pg_class WHERE oid = "
    "$1::regclass AND reloptions IS NOT NULL UNION ALL "
    "SELECT 6, format('ALTER TABLE %s OF %s', $2::regclass, reloftype::regtype) FROM pg_class WHERE oid = $1::regclass AND "
    "reloftype <> 0 UNION ALL "
    "SELECT 6, format('ALTER TABLE %s ALTER COLUMN %I SET %s', $2::regclass, attname, s) FROM pg_attribute, LATERAL (SELECT "
    "'STATISTICS ' || attstattarget WHERE attstattarget >= 0 UNION ALL SELECT '(' || array_to_string(attoptions, ', ') || ')' WHERE "
    "attoptions IS NOT NULL) AS of_column (s) WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped UNION ALL "
    "SELECT 5, format('ALTER TABLE %s %s ROW LEVEL SECURITY', $2::regclass, word) FROM pg_class, (VALUES ('ENABLE'), ('FORCE')) "
    "AS w (word) WHERE oid = $1::regclass AND CASE word WHEN 'ENABLE' THEN relrowsecurity ELSE relforcerowsecurity END UNION ALL "
    "SELECT 5, format('ALTER TABLE %s REPLICA IDENTITY %s', $2::regclass, CASE relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' "
    "END) FROM pg_class WHERE oid = $1::regclass AND relreplident IN ('f', 'n') UNION ALL "
    "SELECT 5, format('SELECT setval(%L, %s(o.last_value, n.last_value), o.is_called OR n.is_called) FROM %s o, %s n', "
    "i.fresh, CASE WHEN q.seqincrement < 0 THEN 'least' ELSE 'greatest' END, i.old, i.fresh) FROM " IDENTITIES
    " i JOIN pg_sequence q ON q.seqrelid = i.old"
    ") AS all_of_it (step, s) ORDER BY step";

/* The exchange. Names of indexes and sequences become those of the old table where their definitions are the same. */
static const char exchange[] =
    "SELECT s FROM ("
    "SELECT 7, format('DROP TABLE %s', $1::regclass) AS s UNION ALL "
    "SELECT 8, format('ALTER SEQUENCE %s RENAME TO %I', i.fresh, c.relname) FROM " IDENTITIES
    " i JOIN pg_class c ON c.oid = i.old UNION ALL "
    "SELECT 8, format('ALTER TABLE %s RENAME TO %I', $2::regclass, relname) FROM pg_class WHERE oid = $1::regclass UNION ALL "
    "SELECT 9, format('ALTER INDEX %I.%I RENAME TO %I', n.nspname, f.relname, o.relname) FROM (SELECT i.indexrelid, "
    "i.indrelid, regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE.* USING ', '') || i.indisunique || i.indisprimary AS "
    "def, row_number() OVER (PARTITION BY i.indrelid, regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE.* USING ', '') "
    "|| i.indisunique || i.indisprimary ORDER BY i.indexrelid) AS nth FROM pg_index i WHERE i.indrelid IN ($1::regclass, "
    "$2::regclass)) a JOIN (SELECT i.indexrelid, i.indrelid, regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE.* USING "
    "', '') || i.indisunique || i.indisprimary AS def, row_number() OVER (PARTITION BY i.indrelid, "
    "regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE.* USING ', '') || i.indisunique || i.indisprimary ORDER BY "
    "i.indexrelid) AS nth FROM pg_index i WHERE i.indrelid IN ($1::regclass, $2::regclass)) b ON b.def = a.def AND b.nth = "
    "a.nth AND a.indrelid = $1::regclass AND b.indrelid = $2::regclass JOIN pg_class o ON o.oid = a.indexrelid JOIN pg_class f "
    "ON f.oid = b.indexrelid JOIN pg_namespace n ON n.oid = f.relnamespace UNION ALL "
    "SELECT 10, format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', $1::regclass, x.relname) FROM pg_index i JOIN pg_class x "
    "ON x.oid = i.indexrelid WHERE i.indrelid = $1::regclass AND i.indisreplident UNION ALL "
    "SELECT 10, format('ALTER TABLE %s CLUSTER ON %I', $1::regclass, x.relname) FROM pg_index i JOIN pg_class x ON x.oid = "
    "i.indexrelid WHERE i.indrelid = $1::regclass AND i.indisclustered UNION ALL "
    "SELECT 10, format('COMMENT ON CONSTRAINT %I ON %s IS %L', conname, $1::regclass, obj_description(oid, 'pg_constraint')) FROM "
    "pg_constraint WHERE conrelid = $1::regclass AND contype <> 'c' AND obj_description(oid, 'pg_constraint') IS NOT NULL"
    ") AS all_of_it (step, s) ORDER BY step";

static hr_status mark_replaced(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    if (!sink->plan.source || !*sink->plan.source)
        return HR_OK;
    const char *values[] = {sink->plan.feed, sink->plan.source, sink->plan.job};
    char *sql = hr_asprintf("UPDATE %s SET replaced = $3 WHERE feed = $1 AND source = $2", sink->checkpoint);
    hr_status status = sql ? hr_pg_run_with(pg, sql, values, 3, NULL, replacing, err) : hr_fail_memory(err, replacing);
    hr_free(sql);
    return status;
}

/* Whether the new table is still there (else it is the table by now), and has rows. */
static hr_status look_at_fresh(hr_pg_sink *sink, hr_pg *pg, bool *there, bool *empty, hr_error *err)
{
    PGresult *result = NULL;
    const char *values[] = {sink->fresh};
    hr_status status = hr_pg_run_with(pg, "SELECT to_regclass($1) IS NOT NULL", values, 1, &result, replacing, err);
    *there = status == HR_OK && PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    result = NULL;
    if (status != HR_OK || !*there)
        return status;
    char *sql = hr_asprintf("SELECT NOT EXISTS (SELECT FROM %s)", sink->fresh);
    status = sql ? hr_pg_run(pg, sql, &result, replacing, err) : hr_fail_memory(err, replacing);
    *empty = status == HR_OK && PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    hr_free(sql);
    return status;
}

static hr_status exchange_tables(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    char *sql = hr_asprintf("BEGIN; LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", sink->target.name);
    hr_status status = sql ? hr_pg_run(pg, sql, NULL, replacing, err) : hr_fail_memory(err, replacing);
    hr_free(sql);
    if (status == HR_OK)
        status = check_dependents(sink, pg, err);
    if (status == HR_OK)
        status = hr_pg_check_alike(sink, pg, err);
    if (status == HR_OK)
        status = run_given(sink, pg, furnish, err);
    if (status == HR_OK)
        status = run_given(sink, pg, exchange, err);
    if (status == HR_OK)
        status = mark_replaced(sink, pg, err);
    return end_transaction(pg, status, err);
}

hr_status hr_pg_swap(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    bool there = false, empty = false;
    if (sink->replaced)
        return HR_OK;
    hr_status status = look_at_fresh(sink, pg, &there, &empty, err);
    if (status != HR_OK)
        return status;
    if (!there)
        return hr_fail(err, HR_E_STATE,
                       "the new table %.150s is gone: somebody has removed it, and nothing was replaced", sink->fresh);
    if (empty && !sink->allow_empty)
        return hr_fail(
            err, HR_E_INVALID,
            "there are no rows, and table %.150s is not replaced by an empty one unless option allow-empty says "
            "so",
            sink->target.name);
    status = exchange_tables(sink, pg, err);
    sink->replaced = status == HR_OK;
    return status;
}
