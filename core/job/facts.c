/* facts.c: what was decided at the beginning of a job, as text for the ledger. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/job/work.h"

#define FACTS_CEILING ((size_t)256 << 20)
#define COLUMNS_MOST (FACTS_CEILING / sizeof(char *))

/* ---- facts: lines of name=value, then one line a column; bytes that would disturb a line are %XX
 * --------------------- */

static bool add_line(hr_buffer *out, const char *name, const char *value)
{
    bool ok = hr_buffer_text(out, name) && hr_buffer_text(out, "=");
    for (const unsigned char *p = (const unsigned char *)value; ok && *p; p++)
        ok = *p < 0x20 || *p == '%' || *p == 0x7F ? hr_buffer_printf(out, "%%%02X", *p) : hr_buffer_add(out, p, 1);
    return ok && hr_buffer_text(out, "\n");
}

hr_status hr_facts_write(const hr_reader_facts *reader, const hr_job_config *config, const char *format,
                         const char *null, const char *schema, char **out, hr_error *err)
{
    const hr_dialect_guess *guess = &reader->dialect;
    hr_buffer text = {.ceiling = FACTS_CEILING};
    bool ok =
        hr_buffer_printf(&text,
                         "facts=1\ndelimiter=%d\nquote=%d\nescape=%d\ncomment=%d\nheader=%d\npreamble=%" PRIu64 "\n",
                         guess->dialect.delimiter, guess->dialect.quote, guess->dialect.escape, guess->dialect.comment,
                         guess->header, guess->preamble) &&
        add_line(&text, "encoding", reader->encoding->name) && add_line(&text, "input", reader->format) &&
        (!null || add_line(&text, "null", null)) && (!config->key || add_line(&text, "key", config->key)) &&
        add_line(&text, "hash", hr_hash_name(config->hash)) && add_line(&text, "format", format) &&
        add_line(&text, "compression", config->compression) &&
        add_line(&text, "lineage", config->lineage ? "1" : "0") && (!schema || add_line(&text, "schema", schema)) &&
        hr_buffer_printf(&text, "columns=%zu\n", reader->column_count);
    for (size_t i = 0; ok && i < reader->column_count; i++)
        ok = add_line(&text, "column", reader->columns[i]);
    ok = ok && hr_buffer_add(&text, "", 1);
    if (!ok) {
        hr_buffer_free(&text);
        return hr_fail_memory(err, "recording what was detected");
    }
    *out = (char *)text.data;
    return HR_OK;
}

/* The value of a line, decoded, as a heap string. */
static char *line_value(const char *value, size_t size)
{
    char *text = hr_malloc(size + 1), *to = text;
    unsigned byte;
    for (size_t i = 0; text && i < size; i++) {
        if (value[i] == '%' && i + 2 < size && sscanf(value + i + 1, "%2x", &byte) == 1) {
            *to++ = (char)byte;
            i += 2;
        } else {
            *to++ = value[i];
        }
    }
    if (text)
        *to = '\0';
    return text;
}

static bool take_line(hr_facts *facts, const char *name, char *value, size_t *columns, bool *kept)
{
    hr_dialect *dialect = &facts->dialect.dialect;
    *kept = false;
    if (!strcmp(name, "delimiter"))
        dialect->delimiter = atoi(value);
    else if (!strcmp(name, "quote"))
        dialect->quote = atoi(value);
    else if (!strcmp(name, "escape"))
        dialect->escape = atoi(value);
    else if (!strcmp(name, "comment"))
        dialect->comment = atoi(value);
    else if (!strcmp(name, "header"))
        facts->dialect.header = atoi(value) != 0;
    else if (!strcmp(name, "preamble"))
        facts->dialect.preamble = strtoull(value, NULL, 10);
    else if (!strcmp(name, "encoding"))
        snprintf(facts->encoding, sizeof facts->encoding, "%s", value);
    else if (!strcmp(name, "hash"))
        facts->hash = strcmp(value, "sha256") ? HR_HASH_XXH3 : HR_HASH_SHA256;
    else if (!strcmp(name, "lineage"))
        facts->lineage = atoi(value) != 0;
    else if (!strcmp(name, "columns")) {
        if (facts->names)
            return false;
        *columns = strtoull(value, NULL, 10);
        facts->names = *columns <= COLUMNS_MOST ? hr_calloc(*columns, sizeof *facts->names) : NULL;
        return facts->names != NULL;
    } else {
        char **place = !strcmp(name, "key")                                      ? &facts->key
                       : !strcmp(name, "input")                                  ? &facts->input
                       : !strcmp(name, "null")                                   ? &facts->null
                       : !strcmp(name, "format")                                 ? &facts->format
                       : !strcmp(name, "compression")                            ? &facts->compression
                       : !strcmp(name, "schema")                                 ? &facts->schema
                       : !strcmp(name, "column") && facts->name_count < *columns ? &facts->names[facts->name_count++]
                                                                                 : NULL;
        if (place && !*place) {
            *place = value;
            *kept = true;
        }
    }
    return true;
}

hr_status hr_facts_read(const char *text, hr_facts *out, hr_error *err)
{
    hr_facts facts = {.dialect.dialect = {',', '"', HR_NO_BYTE, HR_NO_BYTE}};
    size_t columns = 0;
    bool ok = text && !strncmp(text, "facts=1\n", 8), poor = false; /* poor: memory did not suffice */
    for (const char *line = text; ok && *line;) {
        size_t size = strcspn(line, "\n"), name_size = strcspn(line, "=\n");
        char name[24];
        bool kept = false;
        snprintf(name, sizeof name, "%.*s", (int)name_size, line);
        char *value = name_size < size ? line_value(line + name_size + 1, size - name_size - 1) : NULL;
        ok = value && take_line(&facts, name, value, &columns, &kept);
        poor = !ok && (value ? columns <= COLUMNS_MOST && !facts.names && !strcmp(name, "columns") : name_size < size);
        if (!kept)
            hr_free(value);
        line += size + (line[size] == '\n');
    }
    if (!ok || facts.name_count != columns || !facts.format || !facts.compression) {
        hr_facts_clear(&facts);
        if (poor)
            return hr_fail_memory(err, "reading what is known of the job's input");
        return hr_fail(err, HR_E_CORRUPT, "what the ledger remembers of the job's input cannot be read");
    }
    facts.dialect.columns = (uint32_t)columns;
    *out = facts;
    return HR_OK;
}

void hr_facts_clear(hr_facts *facts)
{
    for (size_t i = 0; i < facts->name_count; i++)
        hr_free(facts->names[i]);
    hr_free(facts->names);
    hr_free(facts->key);
    hr_free(facts->format);
    hr_free(facts->compression);
    hr_free(facts->schema);
    hr_free(facts->input);
    hr_free(facts->null);
    *facts = (hr_facts){0};
}

/* ---- metadata: JSON for people -------------------------------------------------------------------------------- */

static bool add_pair(hr_buffer *out, const char *name, const char *value)
{
    return hr_buffer_printf(out, ",\"%s\":", name) && hr_buffer_json_text(out, value);
}

static bool add_byte(hr_buffer *out, const char *name, int byte)
{
    char text[8];
    hr_dialect_byte_text(byte, text);
    return add_pair(out, name, text);
}

static bool add_dialect(hr_buffer *out, const hr_dialect_guess *guess)
{
    return hr_buffer_printf(out, ",\"dialect\":{\"header\":%s,\"preamble\":%" PRIu64 ",\"confidence\":%u",
                            guess->header ? "true" : "false", guess->preamble, guess->confidence) &&
           add_byte(out, "delimiter", guess->dialect.delimiter) && add_byte(out, "quote", guess->dialect.quote) &&
           add_byte(out, "escape", guess->dialect.escape) && add_byte(out, "comment", guess->dialect.comment) &&
           add_pair(out, "newline", guess->newline) && add_pair(out, "evidence", guess->evidence) &&
           hr_buffer_text(out, "}");
}

static bool add_language(hr_buffer *out, const hr_reader_facts *reader)
{
    const hr_dialect_guess *guess = &reader->dialect;
    if (!strcmp(reader->format, "csv"))
        return add_dialect(out, guess);
    return hr_buffer_text(out, ",\"format\":{") &&
           hr_buffer_printf(out, "\"name\":\"%s\",\"confidence\":%u", reader->format, guess->confidence) &&
           add_pair(out, "newline", guess->newline) && add_pair(out, "evidence", guess->evidence) &&
           hr_buffer_text(out, "}");
}

/* A schema is written with a line for each column, and metadata on one line. */
static bool add_schema(hr_buffer *out, const char *schema)
{
    bool ok = hr_buffer_text(out, ",\"schema\":");
    for (const char *line = schema; ok && *line; line += strcspn(line, "\n"), line += *line == '\n')
        ok = hr_buffer_add(out, line, strcspn(line, "\n"));
    return ok;
}

/* Columns of the schema that no row has had. */
static bool add_absent(hr_buffer *out, const hr_reader_facts *reader)
{
    bool ok = !reader->absent_count || hr_buffer_text(out, ",\"absent\":");
    for (size_t i = 0; ok && i < reader->absent_count; i++)
        ok = hr_buffer_text(out, i ? "," : "[") && hr_buffer_json_text(out, reader->absent[i]);
    return ok && (!reader->absent_count || hr_buffer_text(out, "]"));
}

hr_status hr_metadata_write(const hr_object *object, const hr_reader_facts *reader, const char *source,
                            const char *destination, const char *sha256, const char *schema, char **out, hr_error *err)
{
    hr_buffer text = {.ceiling = FACTS_CEILING};
    const hr_encoding_guess *encoding = reader->encoding;
    char modified[32];
    hr_time_text(object->modified_ns, modified);
    bool ok = object->size == HR_UNKNOWN ? hr_buffer_text(&text, "{\"size\":null")
                                         : hr_buffer_printf(&text, "{\"size\":%" PRIu64, object->size);
    ok = ok && (!object->modified_ns || add_pair(&text, "modified", modified)) &&
         (!sha256 || !*sha256 || add_pair(&text, "sha256", sha256)) &&
         (!source || (hr_buffer_text(&text, ",\"source\":") && hr_buffer_text(&text, source))) &&
         (!destination || (hr_buffer_text(&text, ",\"destination\":") && hr_buffer_text(&text, destination))) &&
         add_pair(&text, "compression", hr_compression_name(reader->compression)) &&
         hr_buffer_printf(&text, ",\"encoding\":{\"bom\":%u,\"confidence\":%u,\"pinned\":%s", encoding->bom,
                          encoding->confidence, encoding->pinned ? "true" : "false") &&
         add_pair(&text, "name", encoding->name) && add_pair(&text, "evidence", encoding->evidence) &&
         hr_buffer_text(&text, "}") && add_language(&text, reader) &&
         (!reader->fallback_rows || hr_buffer_printf(&text, ",\"fallback_rows\":%" PRIu64, reader->fallback_rows)) &&
         hr_buffer_text(&text, ",\"columns\":[");
    for (size_t i = 0; ok && i < reader->column_count; i++)
        ok = (i == 0 || hr_buffer_text(&text, ",")) && hr_buffer_json_text(&text, reader->columns[i]);
    ok = ok && hr_buffer_text(&text, "]") && (!schema || add_schema(&text, schema)) && add_absent(&text, reader) &&
         hr_buffer_add(&text, "}", 2);
    if (!ok) {
        hr_buffer_free(&text);
        return hr_fail_memory(err, "recording what was detected");
    }
    *out = (char *)text.data;
    return HR_OK;
}

hr_status hr_options_json(const hr_options *options, const hr_option *table, size_t count, const char *to, char **out,
                          hr_error *err)
{
    hr_buffer text = {.ceiling = FACTS_CEILING};
    bool ok = hr_buffer_text(&text, "{"), first = true;
    for (size_t i = 0; ok && i < count; i++) {
        const char *value = hr_options_get(options, table[i].key);
        if (!hr_options_given(options, table[i].key) || table[i].secret)
            continue;
        value = strcmp(table[i].key, "to") || !strstr(value, "://") ? value : to;
        ok = hr_buffer_text(&text, first ? "" : ",") && hr_buffer_json_text(&text, table[i].key) &&
             hr_buffer_text(&text, ":") && hr_buffer_json_text(&text, value);
        first = false;
    }
    ok = ok && hr_buffer_add(&text, "}", 2);
    if (!ok) {
        hr_buffer_free(&text);
        return hr_fail_memory(err, "recording options");
    }
    *out = (char *)text.data;
    return HR_OK;
}

/* The text of a JSON string as hr_buffer_json writes it, from behind its opening quote, in place; where it ends, or
 * NULL. */
static char *take_text(char *from, char **text)
{
    char *to = *text = from;
    unsigned code;
    while (*from && *from != '"') {
        if (*from != '\\') {
            *to++ = *from++;
        } else if (from[1] == 'u' && sscanf(from + 2, "00%2x", &code) == 1 && code) {
            *to++ = (char)code;
            from += 6;
        } else if (from[1] == '"' || from[1] == '\\') {
            *to++ = from[1];
            from += 2;
        } else {
            return NULL;
        }
    }
    if (!*from)
        return NULL;
    *to = '\0';
    return from + 1;
}

/* Where a job lands and is recorded is known otherwise, and who tries again wants no job that fails by the same limit.
 */
static hr_status restore_one(hr_options *options, const char *key, const char *value, hr_error *err)
{
    static const char *const others[] = {"to", "name", "ledger", "max-errors"};
    for (size_t i = 0; i < HR_COUNT(others); i++)
        if (!strcmp(key, others[i]))
            return HR_OK;
    return hr_options_given(options, key) ? HR_OK : hr_options_set(options, key, value, err);
}

hr_status hr_options_restore(hr_options *options, const char *json, hr_error *err)
{
    char *copy = hr_strdup(json ? json : "{}"), *at = copy, *key, *value;
    if (!copy)
        return hr_fail_memory(err, "reading the options of a job");
    hr_status status = HR_OK;
    bool ok = *at++ == '{';
    while (ok && status == HR_OK && *at != '}') {
        ok = *at == '"' && (at = take_text(at + 1, &key)) && at[0] == ':' && at[1] == '"' &&
             (at = take_text(at + 2, &value)) && (*at == '}' || *at++ == ',');
        if (ok)
            status = restore_one(options, key, value, err);
    }
    hr_free(copy);
    return ok ? status : hr_fail(err, HR_E_CORRUPT, "the options of the job in the ledger cannot be read");
}
