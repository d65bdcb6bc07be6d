/* sink_stage.c: the statements that load rows, and the way of insert-ignore and merge: COPY into a temporary table,
 * then from there into the table, so that the server finds conflicts; append goes this way where COPY cannot. Of rows
 * with one key the last one in the order of the input stays; one statement must not meet a key twice (SQLSTATE 21000).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/sink.h"

bool hr_pg_is_keyed(const hr_pg_sink *sink)
{
    return sink->mode == HR_PG_INSERT_IGNORE || sink->mode == HR_PG_MERGE;
}

bool hr_pg_is_staged(const hr_pg_sink *sink)
{
    return hr_pg_is_keyed(sink) || (sink->mode == HR_PG_APPEND && sink->target.by_insert);
}

/* ---- statements -------------------------------------------------------------------------------------------- */

static const char *column_at(const hr_pg_sink *sink, size_t given)
{
    return sink->target.columns[sink->given[given].at].name;
}

static bool add_collation(hr_buffer *out, const hr_pg_target *target, const char *name)
{
    for (size_t i = 0; i < target->key_count; i++)
        if (!strcmp(target->key[i], name) && target->key_collations[i])
            return hr_buffer_printf(out, " COLLATE %s", target->key_collations[i]);
    return true;
}

/* "a", "b": the columns that are sent. */
static bool add_names(hr_buffer *out, const hr_pg_sink *sink)
{
    bool ok = true, some = false;
    for (size_t i = 0; ok && i < sink->given_count; i++) {
        if (sink->given[i].at == SIZE_MAX)
            continue;
        ok = hr_buffer_text(out, some ? ", " : "") && hr_pg_quote_name(out, column_at(sink, i));
        some = true;
    }
    return ok;
}

static bool add_key(hr_buffer *out, const hr_pg_target *target)
{
    bool ok = true;
    for (size_t i = 0; ok && i < target->key_count; i++)
        ok = hr_buffer_text(out, i ? ", " : "") && hr_pg_quote_name(out, target->key[i]);
    return ok;
}

static bool make_copy(hr_buffer *out, const hr_pg_sink *sink)
{
    const char *into = hr_pg_is_staged(sink)         ? HR_PG_STAGE
                       : sink->mode == HR_PG_REPLACE ? sink->fresh
                                                     : sink->target.name;
    return hr_buffer_printf(out, "COPY %s (", into) && add_names(out, sink) &&
           hr_buffer_text(out, hr_pg_is_staged(sink) ? ", " HR_PG_ORDINAL ") FROM STDIN" : ") FROM STDIN");
}

/* The rows of a segment of the usual size are sorted by their key; the server's default of 4 MB sends them to disk. */
static const char sort_in_memory[] = "SELECT set_config('work_mem', '32MB', false) WHERE "
                                     "pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('32MB'); ";

/* The types of the columns without what else is theirs; but a key that must be there is asked for at once, where the
 * server still knows the line, and is compared as the index compares it. */
static bool make_stage(hr_buffer *out, const hr_pg_sink *sink)
{
    const hr_pg_target *target = &sink->target;
    bool ok =
        hr_buffer_text(out, sort_in_memory) && hr_buffer_text(out, "CREATE TEMPORARY TABLE " HR_PG_STAGE_TABLE " (");
    for (size_t i = 0; ok && i < sink->given_count; i++)
        if (sink->given[i].at != SIZE_MAX)
            ok = hr_pg_quote_name(out, column_at(sink, i)) &&
                 hr_buffer_printf(out, " %s", target->columns[sink->given[i].at].type) &&
                 add_collation(out, target, column_at(sink, i)) && hr_buffer_text(out, ", ");
    ok = ok && hr_buffer_text(out, HR_PG_ORDINAL " bigint) ON COMMIT DELETE ROWS");
    for (size_t i = 0; ok && i < target->count; i++)
        if (target->columns[i].not_null && hr_pg_in_key(target, target->columns[i].name))
            ok = hr_buffer_text(out, "; ALTER TABLE " HR_PG_STAGE " ALTER COLUMN ") &&
                 hr_pg_quote_name(out, target->columns[i].name) && hr_buffer_text(out, " SET NOT NULL");
    return ok;
}

static bool make_action(hr_buffer *out, const hr_pg_sink *sink)
{
    bool some = false,
         ok = hr_buffer_text(out, " ON CONFLICT (") && add_key(out, &sink->target) && hr_buffer_text(out, ") DO ");
    for (size_t i = 0; ok && sink->mode == HR_PG_MERGE && i < sink->given_count; i++) {
        if (sink->given[i].at == SIZE_MAX || hr_pg_in_key(&sink->target, column_at(sink, i)))
            continue;
        ok = hr_buffer_text(out, some ? ", " : "UPDATE SET ") && hr_pg_quote_name(out, column_at(sink, i)) &&
             hr_buffer_text(out, " = EXCLUDED.") && hr_pg_quote_name(out, column_at(sink, i));
        some = true;
    }
    return ok && (some || hr_buffer_text(out, "NOTHING"));
}

/* `where` picks rows of the temporary table. Nulls are no equals: rows with a null in their key are told apart by
 * their ordinals. */
static bool make_insert(hr_buffer *out, const hr_pg_sink *sink, const char *where)
{
    const hr_pg_target *target = &sink->target;
    hr_buffer on = {0};
    if (!hr_pg_is_keyed(sink))
        return hr_buffer_printf(out, "INSERT INTO %s (", target->name) && add_names(out, sink) &&
               hr_buffer_text(out, ") SELECT ") && add_names(out, sink) &&
               hr_buffer_printf(out, " FROM " HR_PG_STAGE "%s ORDER BY " HR_PG_ORDINAL, where);
    bool ok = add_key(&on, target);
    if (target->key_nullable) {
        ok = ok && hr_buffer_text(&on, ", CASE WHEN ");
        for (size_t i = 0; ok && i < target->key_count; i++)
            ok = hr_buffer_text(&on, i ? " OR " : "") && hr_pg_quote_name(&on, target->key[i]) &&
                 hr_buffer_text(&on, " IS NULL");
        ok = ok && hr_buffer_text(&on, " THEN " HR_PG_ORDINAL " END");
    }
    ok = ok && hr_buffer_add(&on, "", 1) && hr_buffer_printf(out, "INSERT INTO %s (", target->name) &&
         add_names(out, sink) && hr_buffer_text(out, ") SELECT ") && add_names(out, sink) &&
         hr_buffer_printf(out,
                          " FROM (SELECT DISTINCT ON (%s) * FROM " HR_PG_STAGE "%s ORDER BY %s, " HR_PG_ORDINAL
                          " DESC) AS rows",
                          (const char *)on.data, where, (const char *)on.data) &&
         make_action(out, sink);
    hr_buffer_free(&on);
    return ok;
}

static bool keep_text(char **out, hr_buffer *text, bool ok)
{
    ok = ok && hr_buffer_add(text, "", 1);
    hr_free(*out);
    *out = ok ? (char *)text->data : NULL;
    if (!ok)
        hr_buffer_free(text);
    *text = (hr_buffer){0};
    return ok;
}

hr_status hr_pg_statements(hr_pg_sink *sink, hr_error *err)
{
    hr_buffer text = {0};
    bool ok = make_copy(&text, sink);
    ok = keep_text(&sink->copy_sql, &text, ok);
    ok = ok && hr_buffer_printf(&text, "BEGIN; %s", sink->copy_sql);
    ok = keep_text(&sink->begin_sql, &text, ok);
    if (ok && hr_pg_is_staged(sink)) {
        ok = make_stage(&text, sink);
        ok = keep_text(&sink->stage_sql, &text, ok);
        ok = ok && make_insert(&text, sink, "");
        ok = keep_text(&sink->insert_sql, &text, ok);
    }
    return ok ? HR_OK : hr_fail_memory(err, "writing statements for the database");
}

/* ---- the insert -------------------------------------------------------------------------------------------- */

static const char inserting[] = "inserting rows into the table";

/* Rows from ordinal `from` on, `size` of them at most, in place of those that were probed before. */
static hr_status probe(hr_pg_sink *sink, hr_pg_lane *lane, uint64_t from, uint64_t size, hr_error *err)
{
    char where[120];
    hr_buffer sql = {0};
    snprintf(where, sizeof where, " WHERE " HR_PG_ORDINAL " >= %" PRIu64 " AND " HR_PG_ORDINAL " < %" PRIu64, from,
             from + size);
    bool ok = hr_buffer_text(&sql, "ROLLBACK TO SAVEPOINT headrace; ") && make_insert(&sql, sink, where) &&
              hr_buffer_add(&sql, "", 1);
    hr_status status =
        ok ? hr_pg_lane_run(sink, lane, (const char *)sql.data, NULL, inserting, err) : hr_fail_memory(err, inserting);
    hr_buffer_free(&sql);
    return status;
}

static hr_status remove_row(hr_pg_lane *lane, uint64_t ordinal, hr_error *err)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "ROLLBACK TO SAVEPOINT headrace; DELETE FROM " HR_PG_STAGE " WHERE " HR_PG_ORDINAL
             " = %llu; RELEASE SAVEPOINT headrace; SAVEPOINT headrace",
             (unsigned long long)ordinal);
    return hr_pg_run(&lane->pg, sql, NULL, "removing a refused row", err);
}

/* Refuses all rows that cannot be inserted, whether or not they would win over others, by halving. */
static hr_status find_refused(hr_pg_sink *sink, hr_pg_lane *lane, hr_error *err)
{
    uint64_t from = 0, size = lane->rows < 1024 ? lane->rows : 1024;
    hr_status status = hr_pg_run(&lane->pg,
                                 "ROLLBACK TO SAVEPOINT headrace; CREATE INDEX headrace_rows_ordinal ON " HR_PG_STAGE
                                 " (" HR_PG_ORDINAL
                                 "); SET LOCAL enable_seqscan = off; RELEASE SAVEPOINT headrace; SAVEPOINT headrace",
                                 NULL, "looking for refused rows", err);
    while (status == HR_OK && from < lane->rows) {
        uint64_t left = lane->rows - from;
        size = size < left ? size : left;
        status = probe(sink, lane, from, size, err);
        if (status == HR_OK) {
            from += size;
            size = size * 2 < 4096 ? size * 2 : 4096;
        } else if (hr_pg_row_failure(&lane->pg)) {
            bool alone = size == 1;
            size = (size + 1) / 2;
            status = alone ? hr_pg_refuse_failed(sink, lane, from, err) : HR_OK;
            if (status == HR_OK && alone)
                status = remove_row(lane, from++, err);
        }
    }
    if (status != HR_OK)
        return status;
    return hr_pg_run(&lane->pg,
                     "ROLLBACK TO SAVEPOINT headrace; DROP INDEX pg_temp.headrace_rows_ordinal; SET LOCAL "
                     "enable_seqscan TO DEFAULT; RELEASE SAVEPOINT headrace; SAVEPOINT headrace",
                     NULL, "looking for refused rows", err);
}

hr_status hr_pg_insert(hr_pg_sink *sink, hr_pg_lane *lane, uint64_t *landed, hr_error *err)
{
    PGresult *result = NULL;
    hr_status status = hr_pg_run(&lane->pg, "SAVEPOINT headrace", NULL, inserting, err);
    if (status != HR_OK)
        return status;
    status = hr_pg_lane_run(sink, lane, sink->insert_sql, &result, inserting, err);
    /* Each turn refuses a row at least, for which an earlier one with its key may come forward. */
    while (status != HR_OK && hr_pg_row_failure(&lane->pg)) {
        size_t before = lane->refusal_count;
        status = find_refused(sink, lane, err);
        if (status != HR_OK)
            break;
        status = hr_pg_lane_run(sink, lane, sink->insert_sql, &result, inserting, err);
        if (status != HR_OK && lane->refusal_count == before)
            break; /* no row alone is at fault */
    }
    if (status == HR_OK)
        lane->taken = *landed = strtoull(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return status;
}
