/* rows_out.c: the columns that all files must have, the output, rejected rows, the account. */
#include "tools/headrace/rows_out.h"

#include "core/rows/schema_types.h"
#include "tools/headrace/print.h"
#include "tools/headrace/schema_flag.h"
#include "tools/headrace/shell.h"

#define REJECTS_SHOWN 10u
#define MISSING_SHOWN 10u

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

static const char *compression_of(const hr_args *args)
{
    const char *path = hr_args_text(args, "output");
    if (hr_args_given(args, "compress") || path == NULL)
        return hr_args_text(args, "compress");
    return ends_with(path, ".gz") ? "gzip" : ends_with(path, ".zst") ? "zstd" : "none";
}

hr_status hr_rows_out_open(hr_rows_out *out, const hr_args *args, const char *list, hr_error *err)
{
    *out = (hr_rows_out){.args = args, .list = list, .file = {.fd = -1}};
    hr_status status = hr_output_open(hr_args_text(args, "output"), &out->file, err);
    if (status == HR_OK)
        status = hr_deflate_new(compression_of(args), out->file.fd, &out->deflate, err);
    if (status == HR_OK)
        hr_deflate_threads(out->deflate, (unsigned)hr_options_count(hr_args_library(args), "threads", 1));
    size_t first = list != NULL; /* the operand before the files */
    if (status == HR_OK)
        status = hr_args_schema(args, args->operands + first, args->operand_count - first, &out->schema, err);
    return status;
}

static bool writes_ndjson(const hr_rows_out *out)
{
    return strcmp(hr_args_text(out->args, "write"), "ndjson") == 0;
}

hr_status hr_rows_out_reader(const hr_rows_out *out, const char *file, const char *key, hr_reader **reader,
                             hr_error *err)
{
    hr_reader *made = NULL;
    char *list = out->list == NULL ? NULL : hr_asprintf("%s%s%s", out->list, key ? "," : "", key ? key : "");
    if (out->list != NULL && list == NULL)
        return hr_fail_memory(err, "choosing columns");
    hr_status status = hr_reader_open(file, hr_args_library(out->args), &made, err);
    if (status == HR_OK && out->list != NULL)
        status = hr_reader_want(made, HR_WANT_COLUMNS, list, err);
    else if (status == HR_OK)
        status = writes_ndjson(out) ? hr_reader_want(made, HR_WANT_RECORDS, key, err)
                                    : hr_reader_want(made, HR_WANT_ALL, NULL, err);
    hr_free(list);
    if (status == HR_OK && out->schema != NULL) /* before anybody asks for columns */
        status = hr_reader_schema(made, out->schema, false, err);
    if (status != HR_OK) {
        hr_reader_close(made);
        return status;
    }
    *reader = made;
    return HR_OK;
}

/* ---- columns ----------------------------------------------------------------------------------------------- */

static hr_status keep_names(hr_rows_out *out, const char *const *names, const uint32_t *select, size_t count,
                            hr_error *err)
{
    out->names = hr_calloc(count, sizeof *out->names);
    if (out->names == NULL)
        return hr_fail_memory(err, "keeping column names");
    for (size_t i = 0; i < count; i++) {
        out->names[i] = hr_strdup(names[select != NULL ? select[i] : i]);
        if (out->names[i] == NULL)
            return hr_fail_memory(err, "keeping column names");
        out->name_count++;
    }
    return HR_OK;
}

/* The columns of a further file that carry the names of the first one's. */
static hr_status match_names(const hr_rows_out *out, const char *const *names, size_t count, uint32_t **matched,
                             hr_error *err)
{
    if (out->list == NULL && count != out->name_count)
        return hr_fail(err, HR_E_CHANGED,
                       "this file has %zu columns and the first one %zu; choose columns with headrace select", count,
                       out->name_count);
    uint32_t *select = hr_calloc(out->name_count, sizeof *select);
    if (select == NULL)
        return hr_fail_memory(err, "matching columns");
    for (size_t i = 0; i < out->name_count; i++) {
        size_t at = 0;
        while (at < count && strcmp(names[at], out->names[i]) != 0)
            at++;
        if (at == count) {
            hr_free(select);
            return hr_fail(err, HR_E_CHANGED, "this file has no column '%s', which the first one has", out->names[i]);
        }
        select[i] = (uint32_t)at;
    }
    *matched = select;
    return HR_OK;
}

static hr_status choose_columns(hr_rows_out *out, const char *const *names, size_t count, uint32_t **select,
                                size_t *select_count, hr_error *err)
{
    if (out->begun) {
        *select_count = out->name_count;
        return match_names(out, names, count, select, err);
    }
    if (out->list != NULL) {
        hr_status status = hr_columns_find(out->list, names, count, select, select_count, err);
        return status == HR_OK ? keep_names(out, names, *select, *select_count, err) : status;
    }
    *select_count = count;
    return keep_names(out, names, NULL, count, err);
}

static hr_status join_columns(hr_reader *reader, const uint32_t *select, size_t count, uint32_t **out, hr_error *err)
{
    uint32_t *joined = hr_calloc(count, sizeof *joined);
    if (joined == NULL)
        return hr_fail_memory(err, "choosing columns");
    hr_status status = hr_reader_join(reader, select, count, joined, err);
    if (status == HR_OK)
        *out = joined;
    else
        hr_free(joined);
    return status;
}

static hr_status make_writer(hr_rows_out *out, hr_reader *reader, hr_writer **writer, hr_error *err)
{
    const char *const *names;
    size_t count = 0, select_count = 0;
    uint32_t *select = NULL, *joined = NULL;
    hr_type *types = NULL;
    hr_reader_facts facts;
    hr_status status = hr_reader_columns(reader, &names, &count, err);
    if (status == HR_OK)
        status = hr_reader_describe(reader, &facts, err);
    if (status != HR_OK)
        return status;
    out->records = writes_ndjson(out) && out->list == NULL && strcmp(facts.format, "ndjson") == 0 &&
                   !hr_args_given(out->args, "columns");
    if (count == 0 && out->list == NULL && !out->records)
        return HR_OK;
    if (!out->records)
        status = choose_columns(out, names, count, &select, &select_count, err);
    if (status == HR_OK && out->join && select != NULL)
        status = join_columns(reader, select, select_count, &joined, err);
    bool asked = out->list != NULL || hr_args_given(out->args, "columns");
    if (status == HR_OK && asked && strcmp(facts.format, "ndjson") == 0)
        status = hr_json_presence_begin(&out->presence, names, count, err);
    if (status == HR_OK && out->schema != NULL)
        status = hr_schema_types(out->schema, names, count, &types, err);
    if (status == HR_OK) {
        if (!out->begun)
            out->header = facts.dialect.header;
        const char *wish = hr_args_text(out->args, "out_header");
        hr_writer_options options = {
            .format = writes_ndjson(out) ? HR_FORMAT_NDJSON : HR_FORMAT_CSV,
            .dialect = {.delimiter = hr_options_byte(out->args->sets[0].options, "out_delimiter", ','),
                        .quote = '"',
                        .escape = HR_NO_BYTE,
                        .comment = HR_NO_BYTE},
            .header = strcmp(wish, "auto") == 0 ? out->header : strcmp(wish, "yes") == 0,
            .quote_style = hr_quote_style_of(hr_args_text(out->args, "quote-style")),
            .columns = names,
            .column_count = count,
            .types = types,
            .select = select,
            .select_count = select != NULL ? select_count : 0,
            .joined = joined,
        };
        status = hr_writer_new(&options, writer, err);
    }
    hr_free(types);
    hr_free(select);
    hr_free(joined);
    return status;
}

hr_status hr_rows_out_writer(hr_rows_out *out, hr_reader *reader, hr_writer **writer, hr_error *err)
{
    hr_writer *made = NULL;
    hr_status status = make_writer(out, reader, &made, err);
    if (status == HR_OK && made != NULL && !out->begun)
        status = hr_writer_header(made, &out->buffer, err);
    if (status == HR_OK)
        status = hr_rows_out_flush(out, err);
    if (status != HR_OK) {
        hr_writer_free(made);
        return status;
    }
    out->begun = out->begun || (made != NULL && !out->records);
    *writer = made;
    return HR_OK;
}

hr_status hr_rows_out_no_columns(hr_error *err)
{
    return hr_fail(err, HR_E_INVALID,
                   "no record of the beginning has members that could be columns; --columns names some, and "
                   "--write ndjson takes records as they are");
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

hr_status hr_rows_out_write(hr_rows_out *out, const hr_buffer *text, hr_error *err)
{
    hr_status status = hr_deflate_write(out->deflate, text->data, text->size, err);
    out->lost = out->lost || status != HR_OK;
    return status;
}

hr_status hr_rows_out_flush(hr_rows_out *out, hr_error *err)
{
    hr_status status = hr_rows_out_write(out, &out->buffer, err);
    out->buffer.size = 0;
    return status;
}

void hr_rows_out_count(hr_rows_out *out, const char *file, const hr_batch *batch, uint64_t written)
{
    for (uint64_t i = 0; i < batch->rejected; i++) {
        if (out->counts.rejected + i < REJECTS_SHOWN)
            hr_print_reject(stderr, file, &batch->rejects[i]);
        else if (out->counts.rejected + i == REJECTS_SHOWN)
            hr_message("further rejected rows are counted only; headrace check lists them all");
    }
    out->counts.read += batch->read;
    out->counts.loaded += written;
    out->counts.duplicate += batch->rows - written;
    out->counts.rejected += batch->rejected;
    out->counts.skipped += batch->skipped;
    hr_error err;
    if (hr_json_presence_look(&out->presence, batch, &err) != HR_OK)
        out->presence.missing = 0; /* without memory nothing is told */
}

static bool in_schema(const hr_schema *schema, const char *name)
{
    size_t count = 0, i = 0;
    const hr_column *columns = schema != NULL ? hr_schema_columns(schema, &count) : NULL;
    while (i < count && strcmp(columns[i].name, name) != 0)
        i++;
    return i < count;
}

/* Columns that were asked for and were in no record. (A schema says of its own what it requires.) */
static void tell_missing(const hr_rows_out *out)
{
    const hr_json_presence *presence = &out->presence;
    size_t told = 0;
    for (size_t i = 0; presence->missing > 0 && i < presence->count && told < MISSING_SHOWN; i++) {
        hr_buffer near = {0};
        if (presence->seen[i] || in_schema(out->schema, presence->names[i]))
            continue;
        told++;
        if (hr_words_suggest(presence->names[i], (const char *const *)presence->members, presence->member_count,
                             &near) &&
            hr_buffer_add(&near, "", 1))
            hr_message("no record has '%s'%.500s", presence->names[i], (const char *)near.data);
        hr_buffer_free(&near);
    }
}

static hr_status publish(hr_rows_out *out, hr_status status, hr_error *err)
{
    hr_error end;
    hr_status ended = out->deflate != NULL ? hr_deflate_finish(out->deflate, &end) : HR_OK;
    if (status == HR_OK && ended != HR_OK) {
        *err = end;
        status = ended;
    }
    if (status == HR_OK)
        status = ended = hr_output_publish(&out->file, err);
    out->lost = out->lost || ended != HR_OK;
    return status;
}

int hr_rows_out_end(hr_rows_out *out, hr_status status, hr_error *err)
{
    status = publish(out, status, err);
    int exit = out->counts.rejected > 0 ? HR_EXIT_REJECTS : HR_EXIT_DONE;
    bool to_pipe = out->file.fd == 1;
    if (status != HR_OK && to_pipe && status == HR_E_IO && hr_output_gone()) {
        exit = HR_EXIT_DONE; /* the reader has what it wanted */
    } else {
        if (status != HR_OK) {
            hr_print_error(err);
            exit = hr_exit_of(err);
        }
        if (!out->lost && status == HR_OK && out->counts.loaded > 0)
            tell_missing(out);
        if (!out->lost && (status == HR_OK || out->counts.read > 0))
            hr_print_counts(stderr, &out->counts);
    }
    hr_deflate_free(out->deflate);
    hr_json_presence_clear(&out->presence);
    hr_schema_free(out->schema);
    hr_output_close(&out->file);
    hr_buffer_free(&out->buffer);
    for (size_t i = 0; i < out->name_count; i++)
        hr_free(out->names[i]);
    hr_free(out->names);
    return exit;
}
