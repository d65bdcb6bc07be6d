/* begin.c: the beginning of a CSV text: preamble and header. Every step can be taken up again after HR_AGAIN. */
#include "core/reader/reader_state.h"

static const uint8_t *here(const hr_reader *reader)
{
    return reader->chunk->bytes + reader->begin;
}

static size_t available(const hr_reader *reader)
{
    return reader->end - reader->begin;
}

/* Passes over one physical line and counts it as skipped. Of a line that goes on, whatever its length, it passes over
 * what there is, and *more asks for the rest. */
static hr_status skip_line(hr_reader *reader, bool *more, hr_error *err)
{
    size_t there = available(reader), size = hr_csv_line_end(here(reader), 0, there, reader->eof);
    bool ended = size != SIZE_MAX;
    *more = !ended && !reader->eof;
    if (!ended) /* a last CR may be half of a CRLF: it stays */
        size = there - (*more && here(reader)[there - 1] == '\r');
    reader->passing = *more;
    reader->skipped += !*more;
    return hr_reader_advance(reader, size, 0, ended, err);
}

/* The input has ended; a line that was being passed over has, too. */
static void end_lines(hr_reader *reader)
{
    reader->skipped += reader->passing;
    reader->passing = false;
}

static hr_status skip_preamble(hr_reader *reader, hr_error *err)
{
    while (reader->preamble_left) {
        bool more = available(reader) == 0;
        if (more && reader->eof) {
            end_lines(reader);
            reader->preamble_left = 0;
            return HR_OK;
        }
        hr_status status = more ? HR_OK : skip_line(reader, &more, err);
        if (status == HR_OK && more)
            status = hr_reader_fill(reader, err);
        else if (status == HR_OK)
            reader->preamble_left--;
        if (status != HR_OK)
            return status;
    }
    return HR_OK;
}

/* A blank or comment line begins here, or one goes on. */
static bool in_skipped_line(const hr_reader *reader)
{
    uint8_t first = *here(reader);
    return reader->passing || first == '\n' || first == '\r' || first == reader->syntax.comment;
}

/* Passes over blank and comment lines before the first record; *found: a record begins at `begin`. */
static hr_status skip_blanks(hr_reader *reader, bool *found, hr_error *err)
{
    for (;;) {
        *found = false;
        bool more = available(reader) == 0;
        if (more && reader->eof) {
            end_lines(reader);
            return HR_OK;
        }
        if (!more && !in_skipped_line(reader)) {
            *found = true;
            return HR_OK;
        }
        hr_status status = more ? HR_OK : skip_line(reader, &more, err);
        if (status == HR_OK && more)
            status = hr_reader_fill(reader, err);
        if (status != HR_OK)
            return status;
    }
}

static hr_status header_name(const hr_batch *view, const hr_dialect *dialect, size_t column, char **out, hr_error *err)
{
    hr_field field = hr_batch_field(view, 0, column);
    char *name = hr_malloc(field.size + 1);
    if (!name)
        return hr_fail_memory(err, "reading the header");
    size_t size = hr_field_copy(field, dialect, (uint8_t *)name);
    name[size] = '\0';
    *out = name;
    return HR_OK;
}

/* The record that long.c has lexed at `begin`, as names. */
static hr_status take_names(hr_reader *reader, size_t size, hr_error *err)
{
    hr_csv_long *record = &reader->record;
    if (record->fields > reader->config.column_limit)
        return hr_fail(err, HR_E_LIMIT, "the header has %zu columns, more than option limits.columns allows (%zu)",
                       record->fields, reader->config.column_limit);
    size_t bad = reader->config.kernels->utf8_valid(here(reader), size);
    if (bad < size) {
        uint64_t at = HR_UNKNOWN;
        if (hr_reader_raw(reader, bad, &at, NULL) != HR_OK)
            at = HR_UNKNOWN;
        hr_fail(err, HR_E_ENCODING,
                "the header is not valid UTF-8; option encoding says what it is, if it is not UTF-8");
        hr_error_at(err, at, HR_UNKNOWN, reader->line, HR_UNKNOWN);
        return HR_E_ENCODING;
    }
    uint32_t first = 0;
    hr_batch view = {.data = here(reader),
                     .begins = record->begins,
                     .offset_bytes = 4,
                     .rows = 1,
                     .row_first = &first,
                     .columns = (uint32_t)record->fields,
                     .dialect = &reader->dialect.dialect,
                     .flags = HR_BATCH_MAY_HAVE_CR};
    char **names = hr_calloc(record->fields, sizeof *names);
    hr_status status = names ? HR_OK : hr_fail_memory(err, "reading the header");
    for (size_t i = 0; status == HR_OK && i < record->fields; i++)
        status = header_name(&view, view.dialect, i, &names[i], err);
    if (status == HR_OK)
        status = hr_names_unique(names, record->fields, err);
    if (status != HR_OK) {
        for (size_t i = 0; names && i < record->fields; i++)
            hr_free(names[i]);
        hr_free(names);
        return status;
    }
    reader->names = names;
    reader->columns = record->fields;
    return HR_OK;
}

static hr_status lex_record(hr_reader *reader, hr_long_outcome *outcome, size_t *size, hr_error *err)
{
    for (;;) {
        hr_status status = hr_long_lex(reader, outcome, size, err);
        if (status != HR_OK || *outcome != HR_LONG_MORE)
            return status;
        status = hr_reader_fill(reader, err);
        if (status != HR_OK)
            return status;
    }
}

static hr_status read_header(hr_reader *reader, hr_error *err)
{
    bool found;
    hr_status status = skip_blanks(reader, &found, err);
    if (status != HR_OK || !found)
        return status;
    hr_long_outcome outcome;
    size_t size;
    status = lex_record(reader, &outcome, &size, err);
    if (status != HR_OK)
        return status;
    if (outcome != HR_LONG_WHOLE) {
        hr_fail(err, HR_E_LIMIT,
                "the header %s; option header=no reads it as data, option limits.row_bytes allows longer records",
                outcome == HR_LONG_UNCLOSED ? "has a quote that never closes" : "is longer than limits.row_bytes");
        hr_error_at(err, reader->raw, HR_UNKNOWN, reader->line, HR_UNKNOWN);
        return HR_E_LIMIT;
    }
    status = take_names(reader, size, err);
    if (status != HR_OK)
        return status;
    uint64_t lines = reader->config.kernels->newlines(here(reader), size);
    hr_long_reset(&reader->record);
    return hr_reader_advance(reader, size, 0, lines, err);
}

/* Without a header the width is what the sample showed, or that of the first record: where the sample showed nothing,
 * or only a part of that record. */
static hr_status find_width(hr_reader *reader, size_t *out, hr_error *err)
{
    bool found;
    hr_status status = skip_blanks(reader, &found, err);
    hr_long_outcome outcome = HR_LONG_OVERSIZE;
    size_t columns = reader->dialect.columns, size = 0;
    size_t sample = reader->config.sample < HR_DIALECT_SAMPLE_MAX ? reader->config.sample : HR_DIALECT_SAMPLE_MAX;
    if (status == HR_OK && found)
        status = lex_record(reader, &outcome, &size, err);
    if (status != HR_OK)
        return status;
    bool whole = found && outcome == HR_LONG_WHOLE;
    if (whole && (!columns || reader->text + size > sample))
        columns = reader->record.fields;
    *out = columns || !found ? columns : 1;
    hr_long_reset(&reader->record);
    return HR_OK;
}

static hr_status count_columns(hr_reader *reader, hr_error *err)
{
    size_t columns = 0;
    hr_status status = find_width(reader, &columns, err);
    if (status != HR_OK || !columns)
        return status;
    if (columns > reader->config.column_limit)
        columns = reader->config.column_limit; /* records with more are rejected one by one, whatever the others have */
    char **names = hr_calloc(columns, sizeof *names);
    bool ok = names;
    for (size_t i = 0; ok && i < columns; i++)
        ok = (names[i] = hr_asprintf("column_%zu", i + 1)) != NULL;
    if (!ok) {
        for (size_t i = 0; names && i < columns; i++)
            hr_free(names[i]);
        hr_free(names);
        return hr_fail_memory(err, "naming columns");
    }
    reader->names = names;
    reader->columns = columns;
    return HR_OK;
}

hr_status hr_csv_begin(hr_reader *reader, hr_error *err)
{
    hr_status status = skip_preamble(reader, err);
    if (status != HR_OK)
        return status;
    return reader->dialect.header ? read_header(reader, err) : count_columns(reader, err);
}
