/* start.c: the beginning of an input: a sample of its text, from which the language and the dialect are detected. Every
 * step can be taken up again after HR_AGAIN. */
#include "core/reader/reader_state.h"

/* Where the text begins: behind a byte-order mark. */
static hr_status take_shift(hr_reader *reader, hr_error *err)
{
    if (!hr_input_identity(reader->input))
        return hr_reader_raw(reader, 0, &reader->raw, err);
    reader->raw = reader->text + hr_input_shift(reader->input);
    return HR_OK;
}

void hr_reader_enough(hr_reader *reader)
{
    reader->enough = true;
    if (reader->input)
        hr_input_enough(reader->input);
}

/* The whole lines among the first bytes. */
static size_t whole_lines(const hr_reader *reader, size_t size)
{
    const uint8_t *text = reader->chunk ? reader->chunk->bytes + reader->begin : NULL;
    while (size && text[size - 1] != '\n')
        size--;
    return size;
}

/* Makes the sample be there: the first `sample` bytes of the text, however they arrive, or all of them. *lines: not all
 * of it came in time, but so many bytes of whole lines; else 0. */
static hr_status gather(hr_reader *reader, size_t *size, size_t *lines, hr_error *err)
{
    size_t sample = reader->config.sample;
    *lines = 0;
    while (reader->end - reader->begin < sample && !reader->eof) {
        hr_status status = hr_reader_fill(reader, err);
        if (status >= HR_E_INVALID && status != HR_E_INTERRUPTED && reader->end > reader->begin)
            break; /* a damaged input: what stands before the damage is parsed first, and then the error comes again */
        if (status == HR_AGAIN && reader->enough)
            *lines = whole_lines(reader, reader->end - reader->begin);
        if (*lines)
            break;
        if (status != HR_OK)
            return status;
    }
    size_t there = reader->end - reader->begin;
    *size = there < sample ? there : sample;
    return HR_OK;
}

/* Who says how the CSV is written has said that it is CSV. */
static bool says_csv(const hr_dialect_hints *hints)
{
    return hints->delimiter != HR_DIALECT_AUTO || hints->quote != HR_DIALECT_AUTO || hints->escape != HR_DIALECT_AUTO ||
           hints->comment != HR_DIALECT_AUTO || hints->header != HR_DIALECT_AUTO || hints->preamble != HR_DIALECT_AUTO;
}

static hr_status detect(hr_reader *reader, hr_error *err)
{
    size_t size = 0, lines;
    hr_status status = gather(reader, &size, &lines, err);
    if (status != HR_OK)
        return status;
    bool whole = reader->eof && reader->end - reader->begin <= size;
    const uint8_t *text = size ? reader->chunk->bytes + reader->begin : (const uint8_t *)"";
    char why[HR_LANGUAGE_WHY] = "";
    bool ndjson = reader->config.format == HR_INPUT_NDJSON;
    if (reader->config.format == HR_INPUT_AUTO && !says_csv(&reader->config.hints))
        status = hr_json_detect(text, lines ? lines : size, lines || (reader->eof && size < reader->config.sample),
                                &ndjson, why, err);
    if (status != HR_OK)
        return status;
    reader->language = ndjson ? &hr_language_ndjson : &hr_language_csv;
    status = reader->language->detect(reader, text, size, whole, why, err);
    if (status == HR_OK)
        status = take_shift(reader, err);
    reader->detected = status == HR_OK;
    return status;
}

static hr_status make_pool(hr_reader *reader, hr_error *err)
{
    const hr_dialect *dialect = &reader->dialect.dialect;
    reader->syntax = (hr_csv_syntax){dialect->delimiter, dialect->quote, dialect->escape, dialect->comment,
                                     .strays = !reader->config.strict};
    if (reader->pool)
        return HR_OK;
    return hr_batch_pool_new(dialect, (const char *const *)reader->config.nulls, reader->config.null_count,
                             &reader->pool, err);
}

hr_status hr_reader_want(hr_reader *reader, hr_reader_want_kind kind, const char *columns, hr_error *err)
{
    hr_csv_config *config = &reader->config;
    if (reader->input || reader->started)
        return hr_fail(err, HR_E_STATE, "saying what is wanted of a reader that has begun");
    if (config->columns)
        return HR_OK;
    char *copy = columns && *columns ? hr_strdup(columns) : NULL;
    if (columns && *columns && !copy)
        return hr_fail_memory(err, "choosing columns");
    hr_free(config->wanted);
    config->wanted = copy;
    config->records = kind == HR_WANT_RECORDS;
    if (kind == HR_WANT_ALL && !config->members_given)
        config->strict_members = true;
    return HR_OK;
}

hr_status hr_reader_start(hr_reader *reader, hr_error *err)
{
    if (reader->started)
        return HR_OK;
    hr_status status = reader->detected ? HR_OK : detect(reader, err);
    if (status == HR_OK)
        status = make_pool(reader, err);
    if (status == HR_OK)
        status = reader->language->begin(reader, err);
    if (status == HR_OK)
        status = hr_reader_bind(reader, err);
    if (status == HR_OK && !reader->input) /* a resumed reader that has not read yet */
        status = hr_reader_fill(reader, err);
    if (status != HR_OK)
        return status;
    hr_reader_settle(reader);
    reader->started = true;
    return HR_OK;
}
