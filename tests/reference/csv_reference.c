/* csv_reference.c: the CSV language read field by field from whole memory. */
#include "tests/reference/csv_reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *array, size_t count, size_t size)
{
    /* At every power of two there is room for as many again. */
    if (count & (count - 1))
        return array;
    void *made = realloc(array, (count ? count * 2 : 1) * size);
    if (!made)
        abort();
    return made;
}

/* ---- newlines and characters ---------------------------------------------------------------------------------- */

/* Length of the newline at `at`: 2 for CRLF, 1 for LF or CR, 0 when there is none. */
static size_t newline_at(const uint8_t *text, size_t size, size_t at)
{
    if (at >= size)
        return 0;
    if (text[at] == '\n')
        return 1;
    if (text[at] == '\r')
        return at + 1 < size && text[at + 1] == '\n' ? 2 : 1;
    return 0;
}

size_t reference_line_end(const uint8_t *text, size_t size, size_t at)
{
    while (at < size && !newline_at(text, size, at))
        at++;
    return at + newline_at(text, size, at);
}

static uint64_t count_newlines(const uint8_t *text, size_t from, size_t to)
{
    uint64_t count = 0;
    for (size_t at = from; at < to;) {
        size_t length = newline_at(text, to, at);
        count += length > 0;
        at += length ? length : 1;
    }
    return count;
}

/* Length of the well-formed sequence at data[0, size), or 0: by what the bytes mean rather than by a table. */
static size_t character(const uint8_t *data, size_t size)
{
    if (data[0] < 0x80)
        return 1;
    size_t length = data[0] >= 0xF0 ? 4 : data[0] >= 0xE0 ? 3 : 2;
    if (data[0] < 0xC0 || data[0] > 0xF7 || length > size)
        return 0;
    uint32_t point = data[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((data[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (data[i] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point < least[length] || point > 0x10FFFF || surrogate ? 0 : length;
}

size_t reference_bad_utf8(const uint8_t *text, size_t from, size_t to)
{
    while (from < to) {
        size_t length = character(text + from, to - from);
        if (!length)
            return from;
        from += length;
    }
    return to;
}

/* ---- one record ------------------------------------------------------------------------------------------------- */

/* BROKEN: a quoted field goes over a newline and closes in front of other bytes: it counts as never closed. */
typedef enum ending { WHOLE, OVER_LIMIT, OVER_LIMIT_QUOTED, UNCLOSED_AT_END, BROKEN } ending;

typedef struct record {
    size_t begin, end, behind; /* end: without the newline; behind: with it */
    reference_field *fields;
    size_t count;
    size_t opened;                   /* where the quote that does not close stands */
    size_t after_quote, after_field; /* first bytes behind a closing quote; SIZE_MAX: none */
    size_t stray_quote, stray_field; /* first quote in an unquoted field */
} record;

typedef struct reading {
    const uint8_t *text;
    size_t size;
    const reference_options *options;
    int escape; /* an escape that is the quote means nothing but doubled quotes: none */
    reference_result *out;
    size_t at;
    uint64_t row, line;
} reading;

static void add_byte(reference_field *field, uint8_t byte)
{
    field->value = grown(field->value, field->size, 1);
    field->value[field->size++] = byte;
}

/* From the opening quote at *p to behind the closing one. */
static ending read_quoted(const reading *r, reference_field *field, size_t *p, size_t stop)
{
    const uint8_t *text = r->text;
    for (*p += 1;;) {
        if (*p >= r->size)
            return UNCLOSED_AT_END;
        if (*p == stop)
            return OVER_LIMIT_QUOTED;
        bool twin = text[*p] == r->options->quote && *p + 1 < r->size && text[*p + 1] == r->options->quote;
        if (text[*p] == r->escape || twin) {
            if (*p + 1 >= r->size)
                return UNCLOSED_AT_END;
            if (*p + 1 == stop)
                return OVER_LIMIT_QUOTED;
            add_byte(field, text[*p + 1]);
            *p += 2;
        } else if (text[*p] == r->options->quote) {
            *p += 1;
            return WHOLE;
        } else {
            add_byte(field, text[*p]);
            *p += 1;
        }
    }
}

/* Unquoted bytes, or what follows a closing quote, from *p to before the delimiter, newline or end of the text. */
static ending read_plain(const reading *r, record *made, reference_field *field, bool quoted, size_t *p, size_t stop)
{
    const uint8_t *text = r->text;
    for (; *p < r->size; *p += 1) {
        if (*p == stop)
            return OVER_LIMIT;
        if (newline_at(text, r->size, *p))
            return *p + newline_at(text, r->size, *p) > stop ? OVER_LIMIT : WHOLE;
        if (text[*p] == r->options->delimiter)
            return WHOLE;
        if (quoted && made->after_quote == SIZE_MAX) {
            made->after_quote = *p;
            made->after_field = made->count;
            if (!r->options->lenient && count_newlines(text, field->begin, *p) > 0)
                return BROKEN;
        }
        if (text[*p] == r->escape) {
            if (*p + 1 == r->size) { /* it escapes nothing */
                add_byte(field, text[*p]);
                continue;
            }
            *p += 1;
            if (*p == stop)
                return OVER_LIMIT;
        } else if (text[*p] == r->options->quote && made->stray_quote == SIZE_MAX) {
            made->stray_quote = *p;
            made->stray_field = made->count;
        }
        add_byte(field, text[*p]);
    }
    return WHOLE;
}

static bool is_null(const reading *r, size_t begin, size_t end)
{
    const char *null = r->options->null;
    return begin == end || (null && strlen(null) == end - begin && !memcmp(null, r->text + begin, end - begin));
}

static ending read_record(const reading *r, record *made)
{
    *made = (record){.begin = r->at, .after_quote = SIZE_MAX, .stray_quote = SIZE_MAX};
    size_t stop = r->size - r->at < r->options->row_bytes ? SIZE_MAX : r->at + r->options->row_bytes;
    for (size_t p = r->at;; p++) {
        reference_field field = {.begin = p};
        bool quoted = p < r->size && r->options->quote >= 0 && r->text[p] == r->options->quote;
        made->opened = p;
        ending how = quoted && p != stop ? read_quoted(r, &field, &p, stop) : WHOLE;
        if (how == WHOLE)
            how = read_plain(r, made, &field, quoted, &p, stop);
        field.quoted = quoted;
        field.null = !quoted && is_null(r, field.begin, p);
        made->fields = grown(made->fields, made->count, sizeof field);
        made->fields[made->count++] = field;
        if (how != WHOLE)
            return how;
        if (p < r->size && r->text[p] == r->options->delimiter)
            continue;
        made->end = p;
        made->behind = p + newline_at(r->text, r->size, p);
        return WHOLE;
    }
}

static void drop_fields(reference_field *fields, size_t from, size_t count)
{
    for (size_t i = from; i < count; i++)
        free(fields[i].value);
}

static void drop_record(record *made)
{
    drop_fields(made->fields, 0, made->count);
    free(made->fields);
    made->fields = NULL;
}

/* ---- the account --------------------------------------------------------------------------------------------------
 */

/* Goes on behind `to`, of which `rows` records were numbered. */
static void move(reading *r, size_t to, uint64_t rows)
{
    r->line += count_newlines(r->text, r->at, to);
    r->at = to;
    r->row += rows;
    r->out->places = grown(r->out->places, r->out->place_count, sizeof *r->out->places);
    r->out->places[r->out->place_count++] = (reference_place){to, r->row, r->line};
}

static void reject(reading *r, reference_kind kind, size_t to, uint64_t at, uint64_t column)
{
    size_t raw = to - r->at < r->options->row_bytes ? to - r->at : r->options->row_bytes;
    r->out->rejects = grown(r->out->rejects, r->out->reject_count, sizeof *r->out->rejects);
    r->out->rejects[r->out->reject_count++] = (reference_reject){kind, r->row, r->line, column, r->at, at, raw};
    move(r, to, 1);
}

static uint64_t column_of(const record *made, size_t at)
{
    size_t column = 0;
    while (column + 1 < made->count && made->fields[column + 1].begin <= at)
        column++;
    return column + 1;
}

static void accept(reading *r, record *made)
{
    size_t columns = r->out->columns;
    if (made->count > columns) {
        drop_fields(made->fields, columns, made->count);
        made->count = columns;
    }
    while (made->count < columns) {
        made->fields = grown(made->fields, made->count, sizeof *made->fields);
        made->fields[made->count++] = (reference_field){.null = true, .begin = made->end};
    }
    r->out->rows = grown(r->out->rows, r->out->row_count, sizeof *r->out->rows);
    r->out->rows[r->out->row_count++] =
        (reference_row){r->row, r->line, made->begin, made->end, made->fields, made->count};
    made->fields = NULL;
    made->count = 0;
    move(r, made->behind, 1);
}

/* The first fault in this order counts: encoding, columns, quote, strict, fields. */
static void judge(reading *r, record *made)
{
    const reference_options *options = r->options;
    size_t columns = r->out->columns, bad = reference_bad_utf8(r->text, made->begin, made->behind);
    if (bad < made->behind)
        reject(r, REFERENCE_ENCODING, made->behind, bad, column_of(made, bad));
    else if (made->count > options->column_limit)
        reject(r, REFERENCE_COLUMNS, made->behind, REFERENCE_UNKNOWN, REFERENCE_UNKNOWN);
    else if (made->after_quote != SIZE_MAX && !options->lenient)
        reject(r, REFERENCE_QUOTE, made->behind, made->after_quote, made->after_field + 1);
    else if (made->stray_quote != SIZE_MAX && options->strict)
        reject(r, REFERENCE_STRICT, made->behind, made->stray_quote, made->stray_field + 1);
    else if (made->count < columns && !options->pad)
        reject(r, REFERENCE_FIELDS, made->behind, REFERENCE_UNKNOWN, made->count + 1);
    else if (made->count > columns && !options->truncate)
        reject(r, REFERENCE_FIELDS, made->behind, REFERENCE_UNKNOWN, columns + 1);
    else
        accept(r, made);
}

static bool at_comment(const reading *r)
{
    return r->options->comment >= 0 && r->text[r->at] == r->options->comment;
}

static bool skip_line(reading *r)
{
    if (r->at >= r->size || !(newline_at(r->text, r->size, r->at) || at_comment(r)))
        return false;
    move(r, reference_line_end(r->text, r->size, r->at), 0);
    r->out->skipped++;
    return true;
}

static void read_rows(reading *r)
{
    while (r->at < r->size) {
        if (skip_line(r))
            continue;
        record made;
        ending how = read_record(r, &made);
        if (how == WHOLE)
            judge(r, &made);
        else if (how == OVER_LIMIT)
            reject(r, REFERENCE_SIZE, reference_line_end(r->text, r->size, r->at + r->options->row_bytes),
                   REFERENCE_UNKNOWN, REFERENCE_UNKNOWN);
        else
            reject(r, REFERENCE_UNCLOSED, reference_line_end(r->text, r->size, made.opened), made.opened, made.count);
        drop_record(&made);
    }
}

/* ---- the beginning --------------------------------------------------------------------------------------------------
 */

static char *text_of(const char *name, size_t number)
{
    size_t size = strlen(name) + 24;
    char *made = malloc(size);
    if (!made)
        abort();
    snprintf(made, size, number ? "%s_%zu" : "%s", name, number);
    return made;
}

static bool taken(char **names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

/* A name for column `count` (from 0): a NUL byte ends it, an empty one becomes column_N, one that was there gets _2 ...
 */
static char *unique_name(char **names, size_t count, const reference_field *field)
{
    char *base = malloc(field->size + 1);
    if (!base)
        abort();
    if (field->size)
        memcpy(base, field->value, field->size);
    base[field->size] = '\0';
    if (!*base) {
        free(base);
        base = text_of("column", count + 1);
    }
    char *name = text_of(base, 0);
    for (size_t number = 2; taken(names, count, name); number++) {
        free(name);
        name = text_of(base, number);
    }
    free(base);
    return name;
}

static void read_header(reading *r)
{
    record made;
    ending how = read_record(r, &made);
    if (how != WHOLE)
        r->out->failure = how == OVER_LIMIT ? "header too long" : "header with a quote that never closes";
    else if (made.count > r->options->column_limit)
        r->out->failure = "header with too many columns";
    else if (reference_bad_utf8(r->text, made.begin, made.behind) < made.behind)
        r->out->failure = "header that is not UTF-8";
    if (!r->out->failure) {
        r->out->names = malloc(made.count * sizeof *r->out->names);
        if (!r->out->names)
            abort();
        for (size_t i = 0; i < made.count; i++)
            r->out->names[i] = unique_name(r->out->names, i, &made.fields[i]);
        r->out->columns = made.count;
        move(r, made.behind, 0);
    }
    drop_record(&made);
}

static void number_columns(reading *r)
{
    size_t columns = r->options->columns;
    if (r->at < r->size) {
        record made;
        bool whole = read_record(r, &made) == WHOLE;
        if (whole && (!columns || made.behind > r->options->columns_from))
            columns = made.count;
        if (!columns)
            columns = 1;
        drop_record(&made);
    }
    if (columns > r->options->column_limit)
        columns = r->options->column_limit;
    r->out->columns = columns;
    r->out->names = malloc(columns * sizeof *r->out->names);
    if (!r->out->names)
        abort();
    for (size_t i = 0; i < columns; i++)
        r->out->names[i] = text_of("column", i + 1);
}

void reference_read(const uint8_t *text, size_t size, const reference_options *options, reference_result *out)
{
    *out = (reference_result){0};
    reading r = {.text = text, .size = size, .options = options, .out = out, .row = 1, .line = 1};
    r.escape = options->escape == options->quote ? -1 : options->escape;
    for (uint64_t i = 0; i < options->preamble && r.at < size; i++) {
        move(&r, reference_line_end(text, size, r.at), 0);
        out->skipped++;
    }
    while (skip_line(&r))
        continue;
    if (!options->header)
        number_columns(&r);
    else if (r.at < size)
        read_header(&r);
    if (!out->failure)
        read_rows(&r);
}

void reference_free(reference_result *result)
{
    for (size_t i = 0; i < result->row_count; i++) {
        drop_fields(result->rows[i].fields, 0, result->rows[i].count);
        free(result->rows[i].fields);
    }
    for (size_t i = 0; result->names && i < result->columns; i++)
        free(result->names[i]);
    free(result->names);
    free(result->rows);
    free(result->rejects);
    free(result->places);
    *result = (reference_result){0};
}
