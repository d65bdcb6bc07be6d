/* source_shape.c: the columns of what is read, and what the catalogue says of the table's keys and indexes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/source.h"

static hr_status fail_memory(hr_error *err)
{
    return hr_fail_memory(err, "looking at the columns");
}

/* With parameters, of which there are none, the server takes one statement alone: a query that ends ours and goes on
 * with others (option query) is an error, and does not end the transaction that may only read. */
static hr_status run(hr_pg_source *source, hr_buffer *sql, bool ok, PGresult **out, const char *doing, hr_error *err)
{
    ok = ok && hr_buffer_add(sql, "", 1);
    hr_status status =
        ok ? hr_pg_run_with(&source->lanes[0].pg, (const char *)sql->data, NULL, 0, out, doing, err) : fail_memory(err);
    hr_buffer_free(sql);
    return status;
}

/* ---- columns ------------------------------------------------------------------------------------------------- */

/* What a type's texts may be taken for in JSON; by pg_type.oid, which are fixed for these. */
static hr_type hint(Oid oid)
{
    switch (oid) {
    case 16: return HR_TYPE_BOOL;
    case 20: /* int8 */
    case 21: /* int2 */
    case 23: /* int4 */
    case 26: /* oid */ return HR_TYPE_INT64;
    case 700: /* float4 */
    case 701: /* float8 */ return HR_TYPE_FLOAT64;
    case 1700: return HR_TYPE_DECIMAL;
    case 114: /* json */
    case 3802: /* jsonb */ return HR_TYPE_JSON;
    default: return HR_TYPE_TEXT;
    }
}

static hr_status check_names(const hr_pg_shape *shape, hr_error *err)
{
    for (size_t i = 1; i < shape->column_count; i++)
        for (size_t before = 0; before < i; before++)
            if (!strcmp(shape->columns[i], shape->columns[before]))
                return hr_fail(
                    err, HR_E_INVALID,
                    "columns %zu and %zu of what is to be read are both named \"%.100s\": give them names of "
                    "their own (AS)",
                    before + 1, i + 1, shape->columns[i]);
    return HR_OK;
}

static hr_status keep_columns(hr_pg_shape *shape, const PGresult *result, hr_error *err)
{
    size_t count = (size_t)PQnfields(result);
    shape->columns = hr_calloc(count + 1, sizeof *shape->columns);
    shape->natives = hr_calloc(count + 1, sizeof *shape->natives);
    shape->types = hr_calloc(count + 1, sizeof *shape->types);
    shape->oids = hr_calloc(count + 1, sizeof *shape->oids);
    if (!shape->columns || !shape->natives || !shape->types || !shape->oids)
        return fail_memory(err);
    shape->column_count = count;
    for (size_t i = 0; i < count; i++) {
        shape->types[i] = hint(PQftype(result, (int)i));
        shape->oids[i] = PQftype(result, (int)i);
        if (!(shape->columns[i] = hr_strdup(PQfname(result, (int)i))))
            return fail_memory(err);
    }
    return count ? check_names(shape, err) : hr_fail(err, HR_E_INVALID, "what is to be read has no columns");
}

/* Names of the types as casts and CREATE TABLE take them. */
static hr_status name_types(hr_pg_source *source, const PGresult *columns, hr_error *err)
{
    hr_pg_shape *shape = &source->shape;
    hr_buffer sql = {0};
    PGresult *names;
    bool ok = hr_buffer_text(&sql, "SELECT format_type(t.o, t.m) FROM (VALUES ");
    for (size_t i = 0; ok && i < shape->column_count; i++)
        ok = hr_buffer_printf(&sql, "%s(%zu, %u::oid, %d)", i ? ", " : "", i, shape->oids[i], PQfmod(columns, (int)i));
    ok = ok && hr_buffer_text(&sql, ") AS t(n, o, m) ORDER BY t.n");
    hr_status status = run(source, &sql, ok, &names, "asking for the names of the columns' types", err);
    if (status != HR_OK)
        return status;
    for (size_t i = 0; status == HR_OK && i < shape->column_count; i++)
        if (!(shape->natives[i] = hr_strdup(PQgetvalue(names, (int)i, 0))))
            status = fail_memory(err);
    PQclear(names);
    return status;
}

static bool put_look(hr_buffer *sql, const hr_pg_pull *pull)
{
    bool ok = hr_buffer_text(sql, "SELECT ");
    for (size_t i = 0; ok && i < pull->column_count; i++)
        ok = (!i || hr_buffer_text(sql, ", ")) && hr_pg_quote_name(sql, pull->columns[i]);
    return ok && hr_buffer_printf(sql, "%s FROM %s LIMIT 0", pull->column_count ? "" : "*", pull->from);
}

/* FNV-1a. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
    while (*text++);
    return hash;
}

static void name_shape(hr_pg_shape *shape)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < shape->column_count; i++)
        hash = hash_text(hash_text(hash, shape->columns[i]), shape->natives[i]);
    snprintf(shape->shape, sizeof shape->shape, "%016" PRIX64, hash);
}

/* The server cannot know that the query is only a part of a statement of ours, so its errors are explained. */
static hr_status explain_query(const hr_pg_source *source, hr_status failure, hr_error *err)
{
    const char *state = hr_pg_state(&source->lanes[0].pg);
    const char *why =
        !strcmp(state, "42601")   ? "option query takes one SELECT, VALUES or TABLE, without a semicolon in it"
        : !strcmp(state, "08P01") ? "nothing fills in parameters such as $1: write values into option query"
                                  : NULL;
    if (source->pull.table || !why || !err)
        return failure;
    hr_error reason = *err;
    return hr_fail(err, failure, "%.560s; %s", reason.text, why);
}

static hr_status look_columns(hr_pg_source *source, hr_error *err)
{
    const hr_pg_pull *pull = &source->pull;
    hr_buffer sql = {0};
    PGresult *result;
    bool ok = put_look(&sql, pull);
    hr_status status = run(source, &sql, ok, &result, "looking at what is to be read", err);
    if (status != HR_OK)
        return explain_query(source, status, err);
    status = keep_columns(&source->shape, result, err);
    if (status == HR_OK)
        status = name_types(source, result, err);
    if (status == HR_OK)
        name_shape(&source->shape);
    PQclear(result);
    return status;
}

hr_status hr_pg_source_same_shape(hr_pg_source *source, hr_pg_lane *lane, hr_error *err)
{
    static const char doing[] = "looking at what is to be read once more";
    const hr_pg_shape *shape = &source->shape;
    hr_buffer sql = {0};
    PGresult *result;
    bool ok = put_look(&sql, &source->pull) && hr_buffer_add(&sql, "", 1);
    hr_status status =
        ok ? hr_pg_run_with(&lane->pg, (const char *)sql.data, NULL, 0, &result, doing, err) : fail_memory(err);
    hr_buffer_free(&sql);
    if (status != HR_OK)
        return status;
    ok = (size_t)PQnfields(result) == shape->column_count;
    for (size_t i = 0; ok && i < shape->column_count; i++)
        ok = PQftype(result, (int)i) == shape->oids[i] && !strcmp(PQfname(result, (int)i), shape->columns[i]);
    PQclear(result);
    if (ok)
        return HR_OK;
    status = hr_fail(err, HR_E_CHANGED, "what is read was altered meanwhile: its columns are looked at again");
    if (err)
        err->retryable = true;
    return status;
}

/* ---- the catalogue -------------------------------------------------------------------------------------------- */

static hr_status look_primary_key(hr_pg_source *source, hr_error *err)
{
    hr_pg_pull *pull = &source->pull;
    hr_buffer sql = {0};
    PGresult *result;
    bool ok = hr_buffer_text(
                  &sql, "SELECT a.attname FROM pg_index AS i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k(n, o), "
                        "pg_attribute AS a WHERE i.indisprimary AND i.indrelid = ") &&
              hr_pg_quote_text(&sql, pull->from) &&
              hr_buffer_text(&sql, "::regclass AND a.attrelid = i.indrelid AND a.attnum = k.n AND k.o <= i.indnkeyatts "
                                   "ORDER BY k.o");
    hr_status status = run(source, &sql, ok, &result, "looking for the primary key", err);
    if (status != HR_OK)
        return status;
    int count = PQntuples(result);
    for (int i = 0; status == HR_OK && i < count && count <= (int)HR_PG_KEYS_MAX; i++) {
        if (!(pull->keys[i] = hr_strdup(PQgetvalue(result, i, 0))))
            status = fail_memory(err);
        else
            pull->key_count++;
    }
    PQclear(result);
    return status;
}

/* The first column of an index that can be read in order, with the name `first`. */
static bool put_indexed(hr_buffer *sql, const char *first)
{
    return hr_buffer_text(sql,
                          "EXISTS (SELECT FROM pg_index AS i, pg_class AS x, pg_am AS m, pg_attribute AS a WHERE "
                          "i.indrelid = c.oid AND x.oid = i.indexrelid AND m.oid = x.relam AND m.amname = 'btree' AND "
                          "i.indisvalid AND i.indpred IS NULL AND a.attrelid = c.oid AND a.attnum = i.indkey[0] AND "
                          "a.attname = ") &&
           hr_pg_quote_text(sql, first) && hr_buffer_text(sql, ")");
}

static bool put_key_names(hr_buffer *sql, const hr_pg_pull *pull, bool with_watermark)
{
    bool ok = hr_buffer_text(sql, "ARRAY[");
    for (size_t i = 0; ok && i < pull->key_count; i++)
        ok = (!i || hr_buffer_text(sql, ", ")) && hr_pg_quote_text(sql, pull->keys[i]);
    if (with_watermark)
        ok = ok && hr_buffer_text(sql, ", ") && hr_pg_quote_text(sql, pull->watermark);
    return ok && hr_buffer_text(sql, "]::text[]");
}

/* Whether some unique index has no other columns than those of the key (and the watermark). It says nothing of tables
 * that inherit from this one, nor of texts that it tells apart and the column, by whose collation we compare, does not.
 */
static bool put_unique(hr_buffer *sql, const hr_pg_pull *pull)
{
    return hr_buffer_text(
               sql, "(c.relkind = 'p' OR NOT EXISTS (SELECT FROM pg_inherits AS h WHERE h.inhparent = c.oid)) AND "
                    "EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisunique AND "
                    "i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT EXISTS (SELECT FROM "
                    "unnest(i.indkey::int2[]) WITH ORDINALITY AS k(n, o), pg_attribute AS a WHERE k.o <= "
                    "i.indnkeyatts AND a.attrelid = c.oid AND a.attnum = k.n AND (i.indcollation[k.o - 1] <> "
                    "a.attcollation AND EXISTS (SELECT FROM pg_collation AS l WHERE l.oid = a.attcollation AND NOT "
                    "l.collisdeterministic) OR a.attname <> ALL (") &&
           put_key_names(sql, pull, pull->watermark != NULL) && hr_buffer_text(sql, "))))");
}

static bool put_not_null(hr_buffer *sql, const char *column)
{
    return hr_buffer_text(sql, "coalesce((SELECT a.attnotnull FROM pg_attribute AS a WHERE a.attrelid = c.oid AND "
                               "a.attname = ") &&
           hr_pg_quote_text(sql, column) && hr_buffer_text(sql, "), false)");
}

static bool put_catalogue(hr_buffer *sql, const hr_pg_pull *pull)
{
    bool ok = hr_buffer_text(sql, "SELECT c.relkind, c.reltuples, CASE WHEN c.relkind IN ('r', 'm') THEN "
                                  "pg_relation_size(c.oid) / current_setting('block_size')::int ELSE 0 END, "
                                  "EXISTS (SELECT FROM pg_subscription_rel AS s WHERE s.srrelid = c.oid), "
                                  "row_security_active(c.oid), c.oid, ");
    ok = ok && (pull->watermark ? put_not_null(sql, pull->watermark) && hr_buffer_text(sql, ", ") &&
                                      put_indexed(sql, pull->watermark)
                                : hr_buffer_text(sql, "false, false"));
    ok = ok && hr_buffer_text(sql, ", true");
    for (size_t i = 0; ok && i < pull->key_count; i++)
        ok = hr_buffer_text(sql, " AND ") && put_not_null(sql, pull->keys[i]);
    ok = ok && hr_buffer_text(sql, ", ") &&
         (pull->key_count ? put_unique(sql, pull) && hr_buffer_text(sql, ", ") && put_indexed(sql, pull->keys[0])
                          : hr_buffer_text(sql, "false, false"));
    return ok && hr_buffer_text(sql, " FROM pg_class AS c WHERE c.oid = ") && hr_pg_quote_text(sql, pull->from) &&
           hr_buffer_text(sql, "::regclass");
}

static hr_status look_catalogue(hr_pg_source *source, hr_error *err)
{
    hr_pg_shape *shape = &source->shape;
    hr_buffer sql = {0};
    PGresult *result;
    hr_status status = run(source, &sql, put_catalogue(&sql, &source->pull), &result, "looking at the table", err);
    if (status != HR_OK)
        return status;
    shape->kind = *PQgetvalue(result, 0, 0);
    shape->rows = strtod(PQgetvalue(result, 0, 1), NULL);
    shape->blocks = strtoull(PQgetvalue(result, 0, 2), NULL, 10);
    shape->subscribed = *PQgetvalue(result, 0, 3) == 't';
    shape->secured = *PQgetvalue(result, 0, 4) == 't' || (shape->kind != 'r' && shape->kind != 'p');
    snprintf(shape->table, sizeof shape->table, "%s", PQgetvalue(result, 0, 5));
    shape->watermark_not_null = *PQgetvalue(result, 0, 6) == 't';
    shape->watermark_indexed = *PQgetvalue(result, 0, 7) == 't';
    shape->key_not_null = *PQgetvalue(result, 0, 8) == 't';
    shape->key_unique = *PQgetvalue(result, 0, 9) == 't';
    shape->key_indexed = *PQgetvalue(result, 0, 10) == 't';
    PQclear(result);
    return HR_OK;
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static hr_status find_column(const hr_pg_shape *shape, const char *name, const char *option, size_t *at, hr_error *err)
{
    for (size_t i = 0; i < shape->column_count; i++)
        if (!strcmp(shape->columns[i], name)) {
            *at = i;
            return HR_OK;
        }
    return hr_fail(err, HR_E_NOT_FOUND, "the column \"%s\" of option %s is not among those that are read", name,
                   option);
}

/* A type without its length, as a cast to it must not cut a value. */
static hr_status cast_types(hr_pg_source *source, hr_error *err)
{
    const hr_pg_pull *pull = &source->pull;
    const hr_pg_shape *shape = &source->shape;
    hr_buffer sql = {0};
    PGresult *names;
    if (!pull->watermark && !pull->key_count)
        return HR_OK;
    bool ok =
        hr_buffer_printf(&sql, "SELECT format_type(%u, -1)", pull->watermark ? shape->oids[shape->watermark_at] : 25u);
    for (size_t i = 0; ok && i < pull->key_count; i++)
        ok = hr_buffer_printf(&sql, ", format_type(%u, -1)", shape->oids[shape->key_at[i]]);
    hr_status status = run(source, &sql, ok, &names, "asking for the names of the key's types", err);
    if (status != HR_OK)
        return status;
    ok = (source->watermark_type = hr_strdup(PQgetvalue(names, 0, 0))) != NULL;
    for (size_t i = 0; i < pull->key_count; i++)
        ok = (source->key_types[i] = hr_strdup(PQgetvalue(names, 0, (int)i + 1))) != NULL && ok;
    PQclear(names);
    return ok ? HR_OK : fail_memory(err);
}

static void make_reading(hr_pg_source *source)
{
    const hr_pg_pull *pull = &source->pull;
    source->reading = (hr_pg_reading){.from = pull->from,
                                      .columns = (const char *const *)source->shape.columns,
                                      .column_count = source->shape.column_count,
                                      .watermark = pull->watermark,
                                      .watermark_type = pull->watermark ? source->watermark_type : NULL,
                                      .key_count = pull->key_count};
    for (size_t i = 0; i < pull->key_count; i++) {
        source->reading.keys[i] = pull->keys[i];
        source->reading.key_types[i] = source->key_types[i];
    }
}

hr_status hr_pg_source_shape(hr_pg_source *source, hr_error *err)
{
    hr_pg_pull *pull = &source->pull;
    hr_pg_shape *shape = &source->shape;
    shape->kind = 'q';
    shape->secured = true;
    shape->rows = -1;
    hr_status status = look_columns(source, err);
    if (status == HR_OK && pull->table && pull->watermark && !pull->key_count)
        status = look_primary_key(source, err);
    if (status == HR_OK && pull->table)
        status = look_catalogue(source, err);
    if (status == HR_OK && pull->watermark)
        status = find_column(shape, pull->watermark, "watermark", &shape->watermark_at, err);
    if (!pull->key_given && pull->key_count && pull->column_count && status == HR_OK) {
        size_t at; /* a primary key that is not wholly among the columns is of no use */
        for (size_t i = 0; i < pull->key_count; i++)
            if (find_column(shape, pull->keys[i], "key", &at, NULL) != HR_OK)
                pull->key_count = 0;
    }
    for (size_t i = 0; status == HR_OK && i < pull->key_count; i++)
        status = find_column(shape, pull->keys[i], "key", &shape->key_at[i], err);
    if (status == HR_OK)
        status = cast_types(source, err);
    if (status == HR_OK)
        make_reading(source);
    return status;
}

void hr_pg_shape_clear(hr_pg_shape *shape)
{
    for (size_t i = 0; i < shape->column_count; i++) {
        hr_free(shape->columns[i]);
        hr_free(shape->natives[i]);
    }
    hr_free(shape->columns);
    hr_free(shape->natives);
    hr_free(shape->types);
    hr_free(shape->oids);
    *shape = (hr_pg_shape){0};
}
