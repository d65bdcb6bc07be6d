/* ndjson.c: NDJSON as a language of readers: its state, its beginning, its next stretch, counting. */
#include <stdio.h>

#include "core/json/rows.h"
#include "core/json/tally.h"

/* Lines up to the last newline within this many bytes make a batch; it stays in the cache while they are read. */
#define WINDOW ((size_t)HR_WINDOW_MAX)

/* ---- beginning ----------------------------------------------------------------------------------------------- */

static const char *newline_of(const uint8_t *text, size_t size)
{
    bool lf = false, crlf = false;
    for (const uint8_t *p = size ? memchr(text, '\n', size) : NULL; p && !(lf && crlf);
         p = memchr(p + 1, '\n', size - (size_t)(p + 1 - text))) {
        if (p > text && p[-1] == '\r')
            crlf = true;
        else
            lf = true;
    }
    return lf && crlf ? "mixed" : lf ? "lf" : crlf ? "crlf" : "none";
}

/* What CSV calls a dialect has no meaning here; a header says that the columns have names. */
static hr_status detect(hr_reader *reader, const uint8_t *text, size_t size, bool whole, const char *why, hr_error *err)
{
    (void)whole, (void)err;
    hr_dialect_guess *guess = &reader->dialect;
    *guess = (hr_dialect_guess){.dialect = {',', '"', HR_NO_BYTE, HR_NO_BYTE}, .header = true, .confidence = 100};
    snprintf(guess->newline, sizeof guess->newline, "%s", newline_of(text, size));
    snprintf(guess->evidence, sizeof guess->evidence, "%s", *why ? why : "option format says so");
    return HR_OK;
}

static hr_status find_columns(hr_reader *reader, hr_error *err)
{
    size_t there = reader->end - reader->begin, sample = reader->config.sample;
    const uint8_t *text = there ? reader->chunk->bytes + reader->begin : (const uint8_t *)"";
    const hr_csv_config *config = &reader->config;
    if (config->columns)
        return hr_json_columns_parse(config->columns, false, &reader->names, &reader->columns, err);
    if (reader->schema)
        return hr_json_columns_schema(reader->schema, config->wanted, &reader->names, &reader->columns, err);
    if (config->wanted)
        return hr_json_columns_parse(config->wanted, true, &reader->names, &reader->columns, err);
    if (config->records)
        return HR_OK;
    return hr_json_columns_find(text, there < sample ? there : sample, reader->eof && there < sample, config,
                                &reader->names, &reader->columns, err);
}

static hr_status begin(hr_reader *reader, hr_error *err)
{
    hr_status status = HR_OK;
    if (!reader->names && reader->resume_at.size == 0)
        status = find_columns(reader, err);
    if (status != HR_OK || reader->json)
        return status;
    struct hr_json_rows *rows = hr_calloc(1, sizeof *rows);
    if (!rows)
        return hr_fail_memory(err, "making a reader of NDJSON");
    hr_json_plan_options options = {.columns = (const char *const *)reader->names,
                                    .count = reader->columns,
                                    .depth_limit = reader->config.depth_limit,
                                    .refuse_strangers = reader->config.strict_members && reader->columns > 0};
    status = hr_json_plan_new(&options, &rows->plan, err);
    if (status == HR_OK)
        status = hr_json_scan_new(reader->config.kernels, rows->plan, &rows->scan, err);
    if (status != HR_OK) {
        hr_json_plan_free(rows->plan);
        hr_free(rows);
        return status;
    }
    bool chosen = reader->config.columns || (reader->config.wanted && !reader->config.records);
    rows->flags = HR_BATCH_NDJSON | (chosen ? 0 : HR_BATCH_RECORDS);
    reader->dialect.columns = (uint32_t)reader->columns;
    reader->json = rows;
    return HR_OK;
}

static void clear(hr_reader *reader)
{
    struct hr_json_rows *rows = reader->json;
    if (!rows)
        return;
    hr_json_scan_free(rows->scan);
    hr_json_scan_free(rows->bare_scan);
    if (!rows->borrowed)
        hr_json_plan_free(rows->plan);
    hr_json_plan_free(rows->bare);
    hr_free(rows);
    reader->json = NULL;
}

/* ---- on and on ----------------------------------------------------------------------------------------------- */

static hr_status next(hr_reader *reader, hr_batch_body **out, hr_error *err)
{
    if (reader->begin == reader->end && !reader->skipping)
        return reader->eof ? HR_END : HR_OK;
    if (reader->skipping)
        return reader->begin == reader->end && !reader->eof ? HR_OK : hr_json_long_line(reader, out, err);
    size_t size = 0;
    hr_json_cut cut = hr_json_cut_lines(reader, WINDOW >> reader->narrow, &size);
    reader->narrow -= reader->narrow > 0;
    if (cut == HR_JSON_CUT_MORE)
        return HR_OK;
    return cut == HR_JSON_CUT_LONG ? hr_json_long_line(reader, out, err) : hr_json_take_batch(reader, size, out, err);
}

/* ---- counting ------------------------------------------------------------------------------------------------ */

static hr_status count(hr_reader *reader, uint64_t *records, uint64_t *skipped, hr_error *err)
{
    struct hr_json_rows *rows = reader->json;
    size_t size = 0;
    if (reader->config.threads > 1 || !hr_json_tally_can(reader) || reader->skipping)
        return hr_reader_count_batch(reader, records, skipped, err);
    if (reader->begin == reader->end)
        return reader->eof ? HR_END : hr_reader_fill(reader, err);
    hr_json_cut cut = hr_json_cut_lines(reader, WINDOW, &size);
    if (cut != HR_JSON_CUT_LINES)
        return cut == HR_JSON_CUT_MORE ? hr_reader_fill(reader, err)
                                       : hr_reader_count_batch(reader, records, skipped, err);
    hr_json_tally tally = {0};
    hr_status status = hr_json_tally_plan(reader, err);
    if (status == HR_OK && !rows->bare_scan)
        status = hr_json_tally_scan(reader, &rows->bare_scan, err);
    if (status == HR_OK)
        status = hr_json_tally_lines(rows->bare_scan, reader->chunk->bytes + reader->begin, size, &tally, err);
    if (status != HR_OK)
        return status;
    reader->counted_rejects += tally.damaged;
    *records += tally.lines - tally.blanks;
    *skipped += tally.blanks;
    return hr_reader_advance(reader, size, tally.lines - tally.blanks, tally.lines, err);
}

/* ---- several threads ----------------------------------------------------------------------------------------- */

static size_t split(hr_reader *reader, size_t most)
{
    size_t size = 0;
    bool can = !reader->config.encoding_fallback && !reader->skipping && reader->begin < reader->end &&
               hr_json_cut_lines(reader, most, &size) == HR_JSON_CUT_LINES;
    return can && size <= most ? size : 0;
}

static hr_status view(const hr_reader *reader, hr_reader *out, hr_error *err)
{
    struct hr_json_rows *rows = hr_calloc(1, sizeof *rows);
    if (!rows)
        return hr_fail_memory(err, "starting a thread of a reader");
    rows->plan = reader->json->plan;
    rows->borrowed = true;
    rows->flags = reader->json->flags;
    hr_status status = hr_json_scan_new(reader->config.kernels, rows->plan, &rows->scan, err);
    if (status != HR_OK) {
        hr_free(rows);
        return status;
    }
    out->json = rows;
    return HR_OK;
}

const hr_language hr_language_ndjson = {
    .name = "ndjson",
    .position = "ndjson1",
    .detect = detect,
    .begin = begin,
    .next = next,
    .count = count,
    .split = split,
    .view = view,
    .clear = clear,
};
