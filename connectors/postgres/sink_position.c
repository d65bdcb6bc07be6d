/* sink_position.c: headrace.checkpoint: where each part of a source stands, moved in the transaction of the rows, and
 * only from where it stood, by the holder of the newest generation. So no row is there without its position or twice,
 * whoever else believes to hold the feed. */
#include <stdio.h>
#include <stdlib.h>

#include "connectors/postgres/sink.h"

/* ---- the table --------------------------------------------------------------------------------------------- */

/* CREATE ... IF NOT EXISTS of two sessions at once can fail in one of them: they take turns. */
static hr_status create_table(hr_pg_sink *sink, hr_pg *pg, const char *schema, hr_error *err)
{
    hr_buffer sql = {0};
    bool ok =
        hr_buffer_text(&sql,
                       "BEGIN; SELECT pg_advisory_xact_lock(7522537965574647666); CREATE SCHEMA IF NOT EXISTS ") &&
        hr_pg_quote_name(&sql, schema) &&
        hr_buffer_printf(&sql,
                         "; CREATE TABLE IF NOT EXISTS %s (feed text, source text, part text, ledger text NOT NULL, "
                         "job text NOT NULL, generation bigint NOT NULL, position text NOT NULL, loaded bigint NOT "
                         "NULL, changed_at timestamptz NOT NULL DEFAULT now(), replaced text, PRIMARY KEY (feed, "
                         "source, part)); COMMIT",
                         sink->checkpoint) &&
        hr_buffer_add(&sql, "", 1);
    hr_status status = ok ? hr_pg_run(pg, (const char *)sql.data, NULL,
                                      "making the table of positions (option checkpoint-schema)", err)
                          : hr_fail_memory(err, "making the table of positions");
    if (status != HR_OK && PQtransactionStatus(pg->conn) == PQTRANS_INERROR)
        (void)!hr_pg_run(pg, "ROLLBACK", NULL, "ending a failed transaction", NULL);
    hr_buffer_free(&sql);
    return status;
}

hr_status hr_pg_position_name(hr_pg_sink *sink, hr_error *err)
{
    const char *schema = hr_options_get(sink->options, "checkpoint-schema");
    hr_buffer name = {0};
    if (!schema || !*schema || strlen(schema) > HR_PG_NAME_MAX)
        return hr_fail(err, HR_E_INVALID, "option checkpoint-schema takes the name of a schema, of at most %u bytes",
                       HR_PG_NAME_MAX);
    bool ok = hr_pg_quote_name(&name, schema) && hr_buffer_text(&name, ".checkpoint") && hr_buffer_add(&name, "", 1);
    if (!ok) {
        hr_buffer_free(&name);
        return hr_fail_memory(err, "finding the table of positions");
    }
    sink->checkpoint = (char *)name.data;
    return HR_OK;
}

static hr_status find_table(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    PGresult *result = NULL;
    const char *values[] = {sink->checkpoint};
    hr_status status = hr_pg_run_with(pg, "SELECT to_regclass($1) IS NOT NULL", values, 1, &result,
                                      "looking for the table of positions", err);
    bool there = status == HR_OK && PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    if (status != HR_OK || there)
        return status;
    return create_table(sink, pg, hr_options_get(sink->options, "checkpoint-schema"), err);
}

/* ---- statements -------------------------------------------------------------------------------------------- */

/* `text` with %s replaced by the table of positions. */
static hr_status ask(const hr_pg_sink *sink, hr_pg *pg, const char *text, const char *const *values, int count,
                     PGresult **out, const char *doing, hr_error *err)
{
    const char *place = strstr(text, "%s");
    char *sql = hr_asprintf("%.*s%s%s", (int)(place - text), text, sink->checkpoint, place + 2);
    hr_status status = sql ? hr_pg_run_with(pg, sql, values, count, out, doing, err) : hr_fail_memory(err, doing);
    hr_free(sql);
    return status;
}

static hr_status fail_ledger(const hr_pg_sink *sink, hr_error *err)
{
    return hr_fail(
        err, HR_E_FENCED,
        "the position of feed '%.100s' in %s is kept for another ledger: use that one, or another --name, or "
        "remove the feed's rows from that table if that ledger is gone",
        sink->plan.feed, sink->checkpoint);
}

static hr_status fail_generation(const hr_pg_sink *sink, const char *generation, hr_error *err)
{
    return hr_fail(err, HR_E_FENCED,
                   "the lease of feed '%.100s' was taken over: %s has generation %s, and this run has %llu",
                   sink->plan.feed, sink->checkpoint, generation, (unsigned long long)sink->plan.generation);
}

/* From now on a run of a lower generation moves nothing. An open transaction of one is waited for. */
static hr_status take_generation(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    static const char doing[] = "taking the position of the feed";
    char generation[24];
    snprintf(generation, sizeof generation, "%llu", (unsigned long long)sink->plan.generation);
    const char *values[] = {sink->plan.feed, sink->plan.source, generation, sink->plan.ledger ? sink->plan.ledger : ""};
    PGresult *result = NULL;
    hr_status status = ask(sink, pg,
                           "UPDATE %s SET generation = $3 WHERE feed = $1 AND source = $2 AND generation < $3 AND "
                           "ledger = $4",
                           values, 4, NULL, doing, err);
    if (status == HR_OK)
        status = ask(
            sink, pg,
            "SELECT max(generation), coalesce(bool_or(ledger <> $4), false), max(generation) > $3 AND $3 > 0, "
            "coalesce(bool_or(replaced = $5), false), coalesce(max(loaded), 0) FROM %s WHERE feed = $1 AND source = $2",
            (const char *const[]){values[0], values[1], values[2], values[3], sink->plan.job}, 5, &result, doing, err);
    if (status == HR_OK && PQgetvalue(result, 0, 1)[0] == 't')
        status = fail_ledger(sink, err);
    else if (status == HR_OK && PQgetvalue(result, 0, 2)[0] == 't')
        status = fail_generation(sink, PQgetvalue(result, 0, 0), err);
    if (status == HR_OK) {
        sink->replaced = PQgetvalue(result, 0, 3)[0] == 't';
        sink->landed = strtoull(PQgetvalue(result, 0, 4), NULL, 10);
    }
    PQclear(result);
    return status;
}

hr_status hr_pg_position_open(hr_pg_sink *sink, hr_pg *pg, hr_error *err)
{
    if (!sink->plan.source || !*sink->plan.source)
        return HR_OK;
    hr_status status = find_table(sink, pg, err);
    return status == HR_OK ? take_generation(sink, pg, err) : status;
}

hr_status hr_pg_position_get(hr_pg_sink *sink, hr_pg *pg, const char *part, char at[HR_POSITION_MAX], hr_error *err)
{
    PGresult *result = NULL;
    at[0] = '\0';
    if (!sink->plan.source || !*sink->plan.source)
        return HR_OK;
    const char *values[] = {sink->plan.feed, sink->plan.source, part};
    hr_status status = ask(sink, pg, "SELECT position FROM %s WHERE feed = $1 AND source = $2 AND part = $3", values, 3,
                           &result, "reading the position of the feed", err);
    if (status == HR_OK && PQntuples(result)) {
        const char *text = PQgetvalue(result, 0, 0);
        if (strlen(text) >= HR_POSITION_MAX)
            status = hr_fail(err, HR_E_CORRUPT, "the position in %s is longer than any of headrace", sink->checkpoint);
        else
            memcpy(at, text, strlen(text) + 1);
    }
    PQclear(result);
    return status;
}

/* ---- moving ------------------------------------------------------------------------------------------------ */

/* A member of an array's text. */
static bool add_member(hr_buffer *array, const char *text)
{
    bool ok = hr_buffer_text(array, array->size > 1 ? ",\"" : "\"");
    for (; ok && *text; text++)
        ok = ((*text != '"' && *text != '\\') || hr_buffer_add(array, "\\", 1)) && hr_buffer_add(array, text, 1);
    return ok && hr_buffer_add(array, "\"", 1);
}

static bool make_arrays(const hr_checkpoint *checkpoint, hr_buffer arrays[3])
{
    bool ok = true;
    for (size_t a = 0; ok && a < 3; a++) {
        ok = hr_buffer_add(&arrays[a], "{", 1);
        for (size_t i = 0; ok && i < checkpoint->count; i++)
            ok = add_member(&arrays[a], a == 0   ? checkpoint->before[i].name
                                        : a == 1 ? checkpoint->before[i].at
                                                 : checkpoint->after[i].at);
        ok = ok && hr_buffer_add(&arrays[a], "}", 2);
    }
    return ok;
}

/* Why fewer parts moved than should have. */
static hr_status fail_move(hr_pg_sink *sink, hr_pg_lane *lane, const char *parts, hr_error *err)
{
    const char *values[] = {sink->plan.feed, sink->plan.source, parts};
    PGresult *result = NULL;
    hr_status status =
        ask(sink, &lane->pg,
            "SELECT generation, ledger, part, position FROM %s WHERE feed = $1 AND source = $2 AND part = "
            "ANY ($3::text[]) ORDER BY generation DESC LIMIT 1",
            values, 3, &result, "reading the position of the feed", err);
    if (status != HR_OK)
        return status;
    if (!PQntuples(result))
        status = hr_fail(err, HR_E_FENCED, "the position of feed '%.100s' was removed from %s while rows were loaded",
                         sink->plan.feed, sink->checkpoint);
    else if (sink->plan.generation && strtoull(PQgetvalue(result, 0, 0), NULL, 10) > sink->plan.generation)
        status = fail_generation(sink, PQgetvalue(result, 0, 0), err);
    else if (strcmp(PQgetvalue(result, 0, 1), sink->plan.ledger ? sink->plan.ledger : "") != 0)
        status = fail_ledger(sink, err);
    else
        status = hr_fail(err, HR_E_FENCED,
                         "the position of feed '%.100s' in %s is not where this job left it, but at '%.200s': somebody "
                         "else has moved it",
                         sink->plan.feed, sink->checkpoint, PQgetvalue(result, 0, 3));
    PQclear(result);
    return status;
}

static hr_status move(hr_pg_sink *sink, hr_pg_lane *lane, const hr_checkpoint *checkpoint, char xid[24], hr_error *err)
{
    static const char sql[] =
        "WITH place AS (SELECT * FROM unnest($3::text[], $4::text[], $5::text[]) AS p (part, before, after)), "
        "made AS (INSERT INTO %s AS c (feed, source, part, ledger, job, generation, position, loaded) SELECT $1::text, $2::text, "
        "part, $6::text, $7::text, $8::bigint, after, $9::bigint FROM place ON CONFLICT (feed, source, part) DO UPDATE SET position = EXCLUDED.position, job = "
        "EXCLUDED.job, generation = greatest(c.generation, EXCLUDED.generation), loaded = EXCLUDED.loaded, changed_at = "
        "now() WHERE c.ledger = EXCLUDED.ledger AND (c.generation <= EXCLUDED.generation OR EXCLUDED.generation = 0) AND "
        "c.position = (SELECT before FROM place WHERE part = c.part) RETURNING (xmax = 0) AS fresh, part) "
        "SELECT count(*) FILTER (WHERE NOT fresh OR before = ''), pg_current_xact_id(), pg_backend_pid() FROM made JOIN place "
        "USING (part)";
    static const char doing[] = "moving the position of the feed";
    char generation[24], loaded[24];
    hr_buffer arrays[3] = {{0}};
    PGresult *result = NULL;
    snprintf(generation, sizeof generation, "%llu", (unsigned long long)sink->plan.generation);
    snprintf(loaded, sizeof loaded, "%llu", (unsigned long long)checkpoint->loaded);
    hr_status status = make_arrays(checkpoint, arrays) ? HR_OK : hr_fail_memory(err, doing);
    const char *values[] = {sink->plan.feed,
                            sink->plan.source,
                            (const char *)arrays[0].data,
                            (const char *)arrays[1].data,
                            (const char *)arrays[2].data,
                            sink->plan.ledger ? sink->plan.ledger : "",
                            sink->plan.job,
                            generation,
                            loaded};
    if (status == HR_OK)
        status = ask(sink, &lane->pg, sql, values, 9, &result, doing, err);
    if (status == HR_OK) {
        snprintf(xid, 24, "%s", PQgetvalue(result, 0, 1));
        status = hr_pg_check_session(&lane->pg, PQgetvalue(result, 0, 2), err);
        if (status == HR_OK && strtoull(PQgetvalue(result, 0, 0), NULL, 10) != checkpoint->count)
            status = fail_move(sink, lane, values[2], err);
    }
    PQclear(result);
    for (size_t a = 0; a < 3; a++)
        hr_buffer_free(&arrays[a]);
    return status;
}

/* ---- the receipt --------------------------------------------------------------------------------------------- */

/* Lines: "pg1", transaction, feed, source, part, before, after. */
static hr_status make_receipt(hr_pg_sink *sink, hr_pg_lane *lane, const char *xid, const hr_checkpoint *checkpoint,
                              hr_error *err)
{
    const hr_part *before = checkpoint->count ? checkpoint->before : NULL, *after = before ? checkpoint->after : NULL;
    hr_receipt *receipt = &lane->receipt;
    int size = snprintf(receipt->bytes, sizeof receipt->bytes, "pg1\n%s\n%s\n%s\n%s\n%s\n%s\n", xid, sink->plan.feed,
                        before ? sink->plan.source : "", before ? before->name : "", before ? before->at : "",
                        after ? after->at : "");
    size_t lines = 0;
    for (int i = 0; i < size && (size_t)i < sizeof receipt->bytes; i++)
        lines += receipt->bytes[i] == '\n';
    if (size < 0 || (size_t)size >= sizeof receipt->bytes || lines != 7)
        return hr_fail(err, HR_E_INVALID, "the names of feed and source are too long, or have line feeds");
    receipt->size = (uint32_t)size;
    return HR_OK;
}

hr_status hr_pg_position_move(hr_pg_sink *sink, hr_pg_lane *lane, const hr_checkpoint *checkpoint, hr_error *err)
{
    char xid[24] = "";
    bool none = !sink->plan.source || !*sink->plan.source || !checkpoint || !checkpoint->count;
    hr_status status = HR_OK;
    hr_checkpoint empty = {0};
    if (none) {
        PGresult *result = NULL;
        status = hr_pg_run(&lane->pg, "SELECT pg_current_xact_id(), pg_backend_pid()", &result, "preparing rows", err);
        if (status == HR_OK) {
            snprintf(xid, sizeof xid, "%s", PQgetvalue(result, 0, 0));
            status = hr_pg_check_session(&lane->pg, PQgetvalue(result, 0, 1), err);
        }
        PQclear(result);
    } else {
        status = move(sink, lane, checkpoint, xid, err);
    }
    return status == HR_OK ? make_receipt(sink, lane, xid, none ? &empty : checkpoint, err) : status;
}
