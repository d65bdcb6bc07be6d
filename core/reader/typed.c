/* typed.c: a schema applied to a reader: bound when the columns are known, run on every batch as it is completed, in
 * whatever thread that is; rows that break it become rejects. */
#include <stdlib.h>

#include "core/reader/reader_state.h"
#include "core/rows/unique.h"

static hr_status take_schema(hr_reader *reader, hr_schema *schema, bool values, hr_error *err)
{
    hr_schema_retain(schema);
    hr_schema_free(reader->schema);
    reader->schema = schema;
    reader->values = values;
    return reader->started ? hr_reader_bind(reader, err) : HR_OK; /* its columns were asked for */
}

hr_status hr_reader_schema(hr_reader *reader, hr_schema *schema, bool values, hr_error *err)
{
    if (reader->moved || reader->typing)
        return hr_fail(err, HR_E_STATE, "giving a schema to a reader that has given batches, or has one");
    /* What a sample shows need not be all that the schema names. */
    if (reader->started && reader->language == &hr_language_ndjson)
        return hr_fail(err, HR_E_STATE, "giving a schema to a reader of NDJSON whose columns were found already");
    return take_schema(reader, schema, values, err);
}

static hr_status all_texts(hr_reader *reader, hr_error *err)
{
    hr_column *columns = hr_calloc(reader->columns, sizeof *columns);
    hr_schema *schema = NULL;
    if (!columns)
        return hr_fail_memory(err, "typing an input");
    for (size_t i = 0; i < reader->columns; i++)
        columns[i] = (hr_column){.name = reader->names[i], .type = HR_TYPE_TEXT};
    hr_status status = hr_schema_new(columns, reader->columns, &schema, err);
    if (status == HR_OK)
        status = take_schema(reader, schema, true, err);
    hr_schema_free(schema);
    hr_free(columns);
    return status;
}

hr_status hr_reader_values(hr_reader *reader, const hr_schema **out, hr_error *err)
{
    const char *const *names;
    size_t count;
    if (reader->moved && !reader->values)
        return hr_fail(err, HR_E_STATE, "asking for typed values of a reader that has given batches without them");
    hr_status status = hr_reader_columns(reader, &names, &count, err);
    if (status == HR_OK && !reader->schema)
        status = all_texts(reader, err);
    if (status != HR_OK)
        return status;
    reader->values = true;
    *out = reader->schema;
    return HR_OK;
}

hr_status hr_reader_bind(hr_reader *reader, hr_error *err)
{
    if (!reader->schema || reader->typing)
        return HR_OK;
    hr_typing *typing;
    hr_status status = hr_typing_new(reader->schema, (const char *const *)reader->names, reader->columns, &typing, err);
    if (status != HR_OK)
        return status;
    bool knows = reader->unique != NULL;
    status = knows ? HR_OK : hr_unique_new(typing, reader->config.unique_limit, &reader->unique, err);
    if (status == HR_OK && !knows && reader->unique && reader->resume_at.size && reader->text > 0)
        status = hr_fail(err, HR_E_UNSUPPORTED,
                         "going on in the middle of an input whose schema has unique columns: what stood before is not "
                         "known; read it from its beginning");
    if (status == HR_OK)
        status = hr_reader_expect(reader, err);
    if (status != HR_OK) {
        hr_typing_free(typing);
        return status;
    }
    reader->typing = typing;
    if (reader->unique)
        reader->config.threads = 1; /* what stood in an earlier row is known by going in order */
    return HR_OK;
}

void hr_reader_unbind(hr_reader *reader)
{
    hr_json_presence_clear(&reader->presence);
    hr_free(reader->absent);
    hr_unique_free(reader->unique);
    hr_typing_free(reader->typing);
    hr_schema_free(reader->schema);
}

void hr_reader_learn(hr_reader *reader, uint64_t row)
{
    reader->learn_until = row;
}

struct hr_unique *hr_reader_unique(hr_reader *reader)
{
    struct hr_unique *unique = reader->unique;
    reader->unique = NULL;
    return unique;
}

void hr_reader_know(hr_reader *reader, struct hr_unique *unique)
{
    hr_unique_free(reader->unique);
    reader->unique = unique;
}

/* How many rows of a batch are in front of where the reader stops learning. */
static uint32_t learnt_rows(const hr_reader *reader, const hr_batch *batch)
{
    uint32_t rows = batch->rows;
    while (reader->learn_until && rows &&
           reader->row + (batch->row_number ? batch->row_number[rows - 1] : rows - 1) >= reader->learn_until)
        rows--;
    return rows;
}

/* ---- rejects ------------------------------------------------------------------------------------------------- */

/* A batch on its way: the text that it covers stands at reader->begin still. */
typedef struct covered {
    hr_reader *reader;
    hr_batch_body *body;
    const uint8_t *text;
    size_t used;
    bool own;           /* the rows point into the text */
    size_t line_offset; /* up to here newlines are counted ... */
    uint64_t line;      /* ... and this is the line */
} covered;

/* The whole record of a row, newline included, in the text. */
static void find_record(const covered *c, uint32_t row, size_t *begin, size_t *end)
{
    const hr_batch *batch = &c->body->batch;
    *begin = 0;
    *end = c->used;
    if (!c->own)
        return;
    size_t first = batch->row_first[row];
    if (batch->cells || (batch->flags & HR_BATCH_NDJSON)) {
        const uint8_t *before = memrchr(c->text, '\n', first);
        const uint8_t *behind = memchr(c->text + first, '\n', c->used - first);
        *begin = before ? (size_t)(before - c->text) + 1 : 0;
        *end = behind ? (size_t)(behind - c->text) + 1 : c->used;
        return;
    }
    size_t last = first + (batch->row_fields ? batch->row_fields[row] : batch->columns);
    bool narrow = batch->offset_bytes == 2;
    *begin = narrow ? ((const uint16_t *)batch->begins)[first] : ((const uint32_t *)batch->begins)[first];
    size_t behind = narrow ? ((const uint16_t *)batch->begins)[last] : ((const uint32_t *)batch->begins)[last];
    *end = behind < c->used ? behind : c->used; /* the last record of an input may have no newline */
}

static size_t find_field(const covered *c, uint32_t row, size_t column)
{
    const uint8_t *data = hr_batch_field(&c->body->batch, row, column).data;
    bool within = c->own && data >= c->text && data <= c->text + c->used;
    return within ? (size_t)(data - c->text) : SIZE_MAX;
}

static hr_status reject(covered *c, const hr_breach *breach, hr_error *err)
{
    hr_reader *reader = c->reader;
    const hr_batch *batch = &c->body->batch;
    size_t begin, end, column = hr_typing_source(reader->typing, breach->column);
    find_record(c, breach->row, &begin, &end);
    c->line += hr_batch_lines(batch, reader->config.kernels, c->text + c->line_offset, begin - c->line_offset);
    c->line_offset = begin;
    hr_csv_verdict verdict = {.kind = breach->kind, .at = find_field(c, breach->row, column)};
    hr_status status = hr_typing_message(reader->typing, c->body, breach, verdict.message, sizeof verdict.message,
                                         &verdict.value, &verdict.value_size, err);
    if (status != HR_OK)
        return status;
    uint64_t row = reader->row + (batch->row_number ? batch->row_number[breach->row] : breach->row);
    return hr_rows_reject(reader, c->body, &verdict, begin, end, column + 1, row, c->line, err);
}

static int by_row(const void *a, const void *b)
{
    const hr_reject *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

static hr_status reject_all(hr_reader *reader, hr_batch_body *body, size_t used, bool own, hr_error *err)
{
    covered c = {.reader = reader, .body = body, .used = used, .own = own, .line = reader->line};
    c.text = reader->chunk->bytes + reader->begin;
    size_t before = body->reject_count;
    for (size_t i = 0; i < body->typed->breach_count; i++) {
        hr_status status = reject(&c, &body->typed->breaches[i], err);
        if (status != HR_OK)
            return status;
    }
    if (before)
        qsort(body->reject_list, body->reject_count, sizeof *body->reject_list, by_row);
    return hr_typing_remove(reader->typing, body, err);
}

hr_status hr_reader_type(hr_reader *reader, hr_batch_body *body, size_t used, hr_error *err)
{
    hr_batch *batch = &body->batch;
    bool own = reader->chunk && batch->data == reader->chunk->bytes + reader->begin;
    hr_status status = hr_typing_run(reader->typing, body, own ? used : 0, err);
    if (status == HR_OK && reader->unique)
        status = hr_unique_check(reader->unique, body, learnt_rows(reader, batch), err);
    if (status == HR_OK && body->typed->breach_count)
        status = reject_all(reader, body, used, own, err);
    if (status == HR_OK && reader->values)
        batch->vectors = body->typed->vectors;
    return status;
}
