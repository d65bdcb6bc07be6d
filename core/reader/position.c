/* position.c: where a reader stands behind what it has given out, as text, and going on from there. */
#include <inttypes.h>
#include <stdio.h>

#include "core/reader/reader_state.h"

void hr_reader_settle(hr_reader *reader)
{
    reader->given = (hr_csv_place){reader->raw, reader->text, reader->row, reader->line};
}

/* Not where the reader stands: within the line of a rejected record it may be further on. */
void hr_reader_position(const hr_reader *reader, hr_position *out)
{
    const hr_csv_place *at = &reader->given;
    const char *encoding = reader->input ? hr_input_encoding(reader->input)->name : reader->resume_encoding;
    int size = snprintf(out->bytes, sizeof out->bytes,
                        "%s:raw=%" PRIu64 ",text=%" PRIu64 ",row=%" PRIu64 ",line=%" PRIu64 ",encoding=%s",
                        reader->language ? reader->language->position : hr_language_csv.position, at->raw, at->text,
                        at->row, at->line, encoding[0] ? encoding : "ascii");
    out->size = (uint32_t)size;
}

static bool parse_position(hr_reader *reader, const hr_position *from)
{
    char text[HR_POSITION_MAX + 1], encoding[32];
    if (from->size >= sizeof text)
        return false;
    memcpy(text, from->bytes, from->size);
    text[from->size] = '\0';
    const hr_language *language = strncmp(text, "ndjson1:", 8) == 0 ? &hr_language_ndjson : &hr_language_csv;
    uint64_t raw, decoded, row, line;
    int used = 0;
    size_t prefix = strlen(language->position);
    if (strncmp(text, language->position, prefix) != 0 ||
        sscanf(text + prefix,
               ":raw=%" SCNu64 ",text=%" SCNu64 ",row=%" SCNu64 ",line=%" SCNu64 ",encoding=%31[a-z0-9_-]%n", &raw,
               &decoded, &row, &line, encoding, &used) != 5 ||
        prefix + (size_t)used != from->size || row == 0 || line == 0)
        return false;
    if (strcmp(encoding, "ascii") && !hr_encoding_canonical(encoding))
        return false;
    reader->language = language;
    reader->raw = raw;
    reader->text = decoded;
    reader->row = row;
    reader->line = line;
    memcpy(reader->resume_encoding, encoding, sizeof encoding);
    hr_reader_settle(reader);
    return true;
}

hr_status hr_reader_resume(hr_reader *reader, const hr_position *from, const hr_dialect_guess *dialect,
                           const char *const *columns, size_t column_count, hr_error *err)
{
    if (reader->input || reader->started)
        return hr_fail(err, HR_E_STATE, "resuming a reader that has begun");
    if (!parse_position(reader, from))
        return hr_fail(err, HR_E_INVALID, "the position '%.*s' is not one of a reader",
                       (int)(from->size > 200 ? 200 : from->size), from->bytes);
    char **names = hr_calloc(column_count, sizeof *names);
    bool ok = names;
    for (size_t i = 0; ok && i < column_count; i++)
        ok = (names[i] = hr_strdup(columns[i])) != NULL;
    if (!ok) {
        for (size_t i = 0; names && i < column_count; i++)
            hr_free(names[i]);
        hr_free(names);
        return hr_fail_memory(err, "resuming a reader");
    }
    reader->names = names;
    reader->columns = column_count;
    reader->resume_at = *from;
    reader->dialect = *dialect;
    reader->detected = true;
    return HR_OK;
}
