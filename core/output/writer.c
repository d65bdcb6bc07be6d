/* writer.c: the life of a writer: its columns and their names, and the room that rows are written to. */
#include "core/output/writer.h"

static const char *const lineage_names[HR_LINEAGE_COLUMNS] = {"_source", "_file",        "_row",
                                                              "_offset", "_ingested_at", "_key"};

bool hr_out_grow(hr_out *out, size_t need)
{
    hr_buffer *buffer = out->buffer;
    buffer->size = out->at ? (size_t)(out->at - buffer->data) : buffer->size;
    uint8_t *room = hr_buffer_room(buffer, need);
    if (!room) {
        out->refused = buffer->size + need;
        return false;
    }
    out->at = room;
    out->end = buffer->data + buffer->capacity;
    return true;
}

void hr_out_number(hr_out *out, uint64_t number)
{
    uint8_t digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number);
    hr_out_bytes(out, digits + first, sizeof digits - first);
}

void hr_out_hex(hr_out *out, const uint8_t *data, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *out->at++ = (uint8_t)hex[data[i] >> 4];
        *out->at++ = (uint8_t)hex[data[i] & 15];
    }
}

char *hr_text_utf8(const char *text)
{
    const hr_kernels *kernels = hr_kernels_get(NULL);
    const uint8_t *data = (const uint8_t *)text;
    size_t left = strlen(text);
    hr_buffer made = {0};
    bool ok = hr_buffer_room(&made, left + 1);
    while (ok && left) {
        size_t good = kernels->utf8_valid(data, left);
        ok = hr_buffer_add(&made, data, good) && (good == left || hr_buffer_text(&made, "\xEF\xBF\xBD"));
        good += good < left;
        data += good;
        left -= good;
    }
    if (ok && hr_buffer_add(&made, "", 1))
        return (char *)made.data;
    hr_buffer_free(&made);
    return NULL;
}

static bool taken(const hr_writer *writer, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(writer->names[i], name))
            return true;
    return false;
}

/* The next name of the output: `name`, or with _2, _3 ... behind it when there is one like it already. */
static bool add_name(hr_writer *writer, size_t at, const char *name, bool check)
{
    char *clean = hr_text_utf8(name), *made = clean ? hr_strdup(clean) : NULL;
    check = check || (clean && strcmp(clean, name) != 0);
    for (unsigned n = 2; made && check && taken(writer, at, made); n++) {
        hr_free(made);
        made = hr_asprintf("%s_%u", clean, n);
    }
    hr_free(clean);
    writer->names[at] = made;
    return made;
}

/* The input's names are unique already; only a column that is selected twice, and lineage, can clash. */
static bool set_names(hr_writer *writer, const hr_writer_options *options)
{
    bool *seen = hr_calloc(options->column_count + 1, sizeof *seen);
    bool ok = seen;
    for (size_t i = 0; ok && i < writer->select_count; i++) {
        uint32_t column = writer->select[i];
        ok = add_name(writer, i, options->columns[column], seen[column]);
        seen[column] = true;
    }
    for (size_t i = 0; ok && writer->lineage && i < HR_LINEAGE_COLUMNS; i++)
        ok = add_name(writer, writer->select_count + i, lineage_names[i], true);
    hr_free(seen);
    return ok;
}

static bool set_select(hr_writer *writer, const hr_writer_options *options)
{
    writer->select_count = options->select ? options->select_count : options->column_count;
    writer->select = hr_calloc(writer->select_count + 1, sizeof *writer->select);
    uint32_t *times = hr_calloc(options->column_count + 1, sizeof *times);
    if (!writer->select || !times) {
        hr_free(times);
        return false;
    }
    writer->joined = hr_calloc(writer->select_count + 1, sizeof *writer->joined);
    if (!writer->joined) {
        hr_free(times);
        return false;
    }
    writer->whole = writer->select_count == options->column_count;
    for (size_t i = 0; i < writer->select_count; i++) {
        writer->select[i] = options->select ? options->select[i] : (uint32_t)i;
        writer->joined[i] = options->joined ? options->joined[i] : writer->select[i];
        writer->whole = writer->whole && writer->select[i] == i;
        if (++times[writer->select[i]] > writer->repeat)
            writer->repeat = times[writer->select[i]];
    }
    hr_free(times);
    return true;
}

static bool set_types(hr_writer *writer, const hr_writer_options *options)
{
    bool asked = writer->format == HR_FORMAT_NDJSON || writer->quote_style == HR_QUOTE_STRINGS;
    if (!options->types || !asked)
        return true;
    writer->types = hr_calloc(writer->select_count + 1, sizeof *writer->types);
    for (size_t i = 0; writer->types && i < writer->select_count; i++) {
        writer->types[i] = options->types[writer->select[i]];
        writer->by_rows = writer->by_rows || hr_typed_form(writer->types[i]) == HR_ROWS_OTHER;
    }
    return writer->types;
}

static bool fill(hr_writer *writer, const hr_writer_options *options)
{
    writer->kernels = options->kernels ? options->kernels : hr_kernels_get(NULL);
    writer->format = options->format;
    writer->dialect = options->dialect;
    writer->quote_style = options->quote_style;
    writer->header = options->header;
    writer->lineage = options->lineage;
    writer->column_count = options->column_count;
    if (!set_select(writer, options))
        return false;
    writer->name_count = writer->select_count + (writer->lineage ? HR_LINEAGE_COLUMNS : 0);
    writer->names = hr_calloc(writer->name_count + 1, sizeof *writer->names);
    writer->keys = hr_calloc(writer->name_count + 1, sizeof *writer->keys);
    return writer->names && writer->keys && set_types(writer, options) && set_names(writer, options) &&
           (writer->format == HR_FORMAT_CSV ? hr_csv_prepare(writer, options) : hr_ndjson_prepare(writer, options));
}

hr_writer_options hr_writer_options_of(const hr_sink_plan *plan)
{
    return (hr_writer_options){
        .format = plan->format && !strcmp(plan->format, "ndjson") ? HR_FORMAT_NDJSON : HR_FORMAT_CSV,
        .dialect = {',', '"', HR_NO_BYTE, HR_NO_BYTE},
        .columns = plan->columns,
        .column_count = plan->column_count,
        .types = plan->types,
        .lineage = plan->lineage,
        .source = plan->feed,
        .file = plan->file,
        .ingested_ns = plan->started_ns,
    };
}

hr_quote_style hr_quote_style_of(const char *name)
{
    return !name                      ? HR_QUOTE_MINIMAL
           : !strcmp(name, "all")     ? HR_QUOTE_ALL
           : !strcmp(name, "strings") ? HR_QUOTE_STRINGS
                                      : HR_QUOTE_MINIMAL;
}

static bool usable_byte(int byte)
{
    return byte >= 0 && byte <= 255 && byte != '\n' && byte != '\r';
}

static hr_status check_options(const hr_writer_options *options, hr_error *err)
{
    if (options->format == HR_FORMAT_CSV) {
        if (!usable_byte(options->dialect.delimiter) || !usable_byte(options->dialect.quote))
            return hr_fail(err, HR_E_INVALID, "CSV output needs a delimiter and a quote, one byte each and no newline");
        if (options->dialect.delimiter == options->dialect.quote)
            return hr_fail(err, HR_E_INVALID, "the delimiter and the quote of CSV output are the same byte");
    }
    size_t count = options->select ? options->select_count : options->column_count;
    if (!count && options->format == HR_FORMAT_CSV)
        return hr_fail(err, HR_E_INVALID, "there are no columns to write");
    for (size_t i = 0; options->select && i < count; i++)
        if (options->select[i] >= options->column_count)
            return hr_fail(err, HR_E_INVALID, "column %u was selected where the input has %zu", options->select[i] + 1,
                           options->column_count);
    return HR_OK;
}

hr_status hr_writer_new(const hr_writer_options *options, hr_writer **out, hr_error *err)
{
    hr_status status = check_options(options, err);
    if (status != HR_OK)
        return status;
    hr_writer *writer = hr_calloc(1, sizeof *writer);
    if (!writer || !fill(writer, options)) {
        hr_writer_free(writer);
        return hr_fail_memory(err, "making a writer of rows");
    }
    *out = writer;
    return HR_OK;
}

void hr_writer_free(hr_writer *writer)
{
    if (!writer)
        return;
    for (size_t i = 0; writer->names && i < writer->name_count; i++)
        hr_free(writer->names[i]);
    hr_free(writer->names);
    hr_free(writer->keys);
    hr_free(writer->joints);
    hr_free(writer->types);
    hr_free(writer->joint_keys);
    hr_free(writer->select);
    hr_free(writer->joined);
    hr_buffer_free(&writer->fixed);
    hr_free(writer);
}

/* Ends a piece of writing: the buffer holds all of it, or nothing. */
static hr_status settle(hr_out *out, size_t before, bool done, hr_error *err)
{
    hr_buffer *buffer = out->buffer;
    if (done) {
        buffer->size = (size_t)(out->at - buffer->data);
        return HR_OK;
    }
    buffer->size = before;
    size_t ceiling = buffer->ceiling ? buffer->ceiling : (size_t)1 << 30;
    if (out->refused > ceiling)
        return hr_fail(err, HR_E_LIMIT,
                       "the rows of one batch would take more than %zu bytes when written; "
                       "a lower limits.row_bytes rejects rows of such a size",
                       ceiling);
    return hr_fail_memory(err, "writing rows");
}

/* `estimate` may be more than is needed, so that it is no error when it cannot be had. */
static void begin(hr_out *out, hr_buffer *buffer, size_t estimate)
{
    *out = (hr_out){.buffer = buffer};
    if (hr_buffer_room(buffer, estimate) || buffer->data) {
        out->at = buffer->data + buffer->size;
        out->end = buffer->data + buffer->capacity;
    }
}

hr_status hr_writer_header(const hr_writer *writer, hr_buffer *buffer, hr_error *err)
{
    if (writer->format != HR_FORMAT_CSV || !writer->header)
        return HR_OK;
    hr_out out;
    size_t before = buffer->size;
    begin(&out, buffer, 1024);
    bool done = hr_csv_header(writer, &out);
    return settle(&out, before, done, err);
}

/* What the rows will take at least, so that one growth does for most batches. */
static size_t estimate_size(const hr_writer *writer, const hr_parcel *parcel, size_t rows)
{
    const hr_batch *batch = parcel->batch;
    size_t row_overhead = writer->format == HR_FORMAT_CSV ? 16 : writer->fixed.size + 3 * writer->name_count;
    if (writer->lineage)
        row_overhead += writer->fixed.size + 48 + 2 * parcel->key_size;
    size_t first = batch->row_first[hr_parcel_row(parcel, 0)], last = hr_parcel_row(parcel, rows - 1);
    if (batch->row_size)
        return batch->row_first[last] + batch->row_size[last] - first + rows * row_overhead + 256;
    size_t fields = batch->row_fields ? batch->row_fields[last] : batch->columns;
    size_t span = hr_writer_begin(batch, batch->row_first[last] + fields) - hr_writer_begin(batch, first);
    return span + span / 8 + rows * row_overhead + 256;
}

hr_status hr_writer_rows(const hr_writer *writer, const hr_parcel *parcel, hr_buffer *buffer, hr_error *err)
{
    size_t rows = hr_parcel_rows(parcel);
    if (!rows)
        return HR_OK;
    if (parcel->batch->columns != writer->column_count && !(parcel->batch->flags & HR_BATCH_JOINED))
        return hr_fail(err, HR_E_STATE, "a batch of %u columns was given to a writer made for %zu",
                       parcel->batch->columns, writer->column_count);
    hr_out out;
    size_t before = buffer->size;
    begin(&out, buffer, estimate_size(writer, parcel, rows));
    bool done =
        writer->format == HR_FORMAT_CSV ? hr_csv_rows(writer, parcel, &out) : hr_ndjson_rows(writer, parcel, &out);
    return settle(&out, before, done, err);
}
