/* transcript.c: running a reader over an input in many ways, and writing down all that it says. */
#include "tests/reference/transcript_say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "simd/simd.h"

size_t random_below(uint64_t *seed, size_t limit)
{
    uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15)); /* splitmix64 */
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (size_t)((z ^ (z >> 31)) % limit);
}

const char *const *kernel_names(size_t *count)
{
    static const char *names[16];
    size_t all, used = 0;
    const hr_kernels *const *tables = hr_kernels_all(&all);
    for (size_t i = 0; i < all && used < HR_COUNT(names); i++)
        if (hr_kernels_usable(tables[i]))
            names[used++] = tables[i]->name;
    *count = used;
    return names;
}

/* ---- options ---------------------------------------------------------------------------------------------------- */

static void set(hr_options *options, const char *key, const char *value)
{
    hr_error err;
    hr_error_clear(&err);
    if (hr_options_set(options, key, value, &err) != HR_OK) {
        fprintf(stderr, "option %s=%s: %s\n", key, value, err.text);
        abort();
    }
}

static void set_byte(hr_options *options, const char *key, int byte)
{
    char text[16] = "none";
    if (byte >= 0)
        snprintf(text, sizeof text, "0x%02X", (unsigned)byte);
    set(options, key, text);
}

static void set_count(hr_options *options, const char *key, uint64_t count)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, count);
    set(options, key, text);
}

hr_options *setup_options(const setup *s, const char *kernel)
{
    static const char *const ragged[] = {"reject", "pad", "truncate", "both"};
    const reference_options *csv = &s->csv;
    hr_options *options = NULL;
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    REQUIRE(hr_options_new(table, count, &options, NULL) == HR_OK);
    set(options, "format", s->ndjson ? "ndjson" : "csv");
    if (s->columns)
        set(options, "columns", s->columns);
    if (s->strict_members)
        set(options, "members", "reject");
    if (s->depth)
        set_count(options, "limits.depth", s->depth);
    set_byte(options, "delimiter", csv->delimiter);
    set_byte(options, "quote", csv->quote);
    set_byte(options, "escape", csv->escape);
    set_byte(options, "comment", csv->comment);
    set(options, "header", csv->header ? "yes" : "no");
    set(options, "ragged", ragged[csv->pad + 2 * csv->truncate]);
    set(options, "strict", csv->strict ? "yes" : "no");
    set(options, "lenient", csv->lenient ? "yes" : "no");
    set(options, "offsets", s->offsets ? "yes" : "no");
    set(options, "kernel", kernel);
    set_count(options, "skip_lines", csv->preamble);
    set_count(options, "limits.row_bytes", csv->row_bytes);
    set_count(options, "limits.columns", csv->column_limit);
    if (csv->null)
        set(options, "null", csv->null);
    if (s->encoding)
        set(options, "encoding", s->encoding);
    if (s->fallback)
        set(options, "encoding_fallback", s->fallback);
    if (s->sample)
        set(options, "sample", s->sample);
    return options;
}

/* ---- what is said ----------------------------------------------------------------------------------------------- */

void transcript_say(hr_buffer *out, const void *data, size_t size)
{
    uint8_t *room = hr_buffer_room(out, size + 1);
    REQUIRE(room);
    if (size)
        memcpy(room, data, size);
    out->size += size;
}

void transcript_say_text(hr_buffer *out, const char *text)
{
    transcript_say(out, text, strlen(text));
}

static void say_number(hr_buffer *out, uint64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    if (number == HR_UNKNOWN) {
        transcript_say_text(out, "?");
        return;
    }
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    transcript_say(out, digits + at, sizeof digits - at);
}

void transcript_say_value(hr_buffer *out, const uint8_t *data, size_t size, bool quoted, bool null)
{
    transcript_say_text(out, null ? " -" : quoted ? " q" : " ");
    say_number(out, size);
    transcript_say_text(out, "[");
    transcript_say(out, data, size);
    transcript_say_text(out, "]");
}

void transcript_say_row_head(hr_buffer *out, uint64_t number, bool offsets, uint64_t offset, const uint8_t *data,
                             size_t size)
{
    transcript_say_text(out, "row ");
    say_number(out, number);
    if (offsets) {
        transcript_say_text(out, " @");
        say_number(out, offset);
    }
    transcript_say_value(out, data, size, false, false);
    transcript_say_text(out, ":");
}

void transcript_say_reject(hr_buffer *out, const hr_reject *reject)
{
    transcript_say_text(out, hr_reject_kind_name(reject->kind));
    transcript_say_text(out, " row ");
    say_number(out, reject->row);
    transcript_say_text(out, " line ");
    say_number(out, reject->line);
    transcript_say_text(out, " offset ");
    say_number(out, reject->offset);
    transcript_say_text(out, " at ");
    say_number(out, reject->at);
    transcript_say_text(out, " column ");
    say_number(out, reject->column);
    transcript_say_value(out, reject->raw, reject->raw_size, false, false);
    transcript_say_text(out, "\n");
}

static void say_row(transcript *out, const hr_batch *batch, size_t row, uint8_t **value, size_t *room, bool offsets)
{
    const uint8_t *data;
    size_t size;
    hr_batch_row(batch, row, &data, &size);
    REQUIRE(!offsets || batch->row_offset);
    transcript_say_row_head(&out->rows, hr_batch_row_number(batch, row), offsets, offsets ? batch->row_offset[row] : 0,
                            data, size);
    for (size_t column = 0; column < batch->columns; column++) {
        hr_field field = hr_batch_field(batch, row, column);
        if (field.size > *room) {
            *room = field.size * 2;
            *value = hr_realloc(*value, *room);
            REQUIRE(*value);
        }
        size_t copied = hr_field_copy(field, batch->dialect, *value);
        REQUIRE(copied <= field.size);
        transcript_say_value(&out->rows, *value, copied, field.flags & HR_FIELD_QUOTED, field.flags & HR_FIELD_NULL);
    }
    transcript_say_text(&out->rows, "\n");
}

static void say_batch(transcript *out, const hr_reader *reader, const hr_batch *batch, bool offsets)
{
    uint8_t *value = NULL;
    size_t room = 0;
    REQUIRE(batch->read == batch->rows + batch->rejected + batch->skipped);
    for (size_t row = 0; row < batch->rows; row++)
        say_row(out, batch, row, &value, &room, offsets);
    hr_free(value);
    for (size_t i = 0; i < batch->rejected; i++)
        transcript_say_reject(&out->rejects, &batch->rejects[i]);
    out->row_count += batch->rows;
    out->rejected += batch->rejected;
    out->skipped += batch->skipped;
    uint64_t row = out->mark_count ? out->marks[out->mark_count - 1].end_row : out->resumed ? batch->first_row : 1;
    if (batch->first_row != row)
        out->strayed = true;
    if (!(out->mark_count & (out->mark_count - 1))) {
        size_t capacity = out->mark_count ? out->mark_count * 2 : 1;
        out->marks = hr_realloc(out->marks, capacity * sizeof *out->marks);
        REQUIRE(out->marks);
    }
    transcript_mark *mark = &out->marks[out->mark_count++];
    *mark = (transcript_mark){out->rows.size,
                              out->rejects.size,
                              out->row_count + out->rejected,
                              out->skipped,
                              batch->end_offset,
                              batch->end_row,
                              batch->end_line,
                              {0}};
    hr_reader_position(reader, &mark->position);
}

/* ---- the ways to run a reader -------------------------------------------------------------------------------------
 */

typedef struct pulled {
    const sheet *doc;
    size_t at;
    uint64_t seed;
    size_t piece;
} pulled;

static hr_status pull(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    (void)err;
    pulled *p = state;
    size_t left = p->doc->raw_size - p->at;
    if (!left)
        return HR_END;
    size_t size = 1 + random_below(&p->seed, p->piece);
    size = size < left ? size : left;
    size = size < capacity ? size : capacity;
    memcpy(room, p->doc->raw + p->at, size);
    p->at += size;
    *got = size;
    return HR_OK;
}

static void no_interrupt(void *state)
{
    (void)state;
}

static void close_pulled(void *state)
{
    hr_free(state);
}

static hr_reader *new_reader(const sheet *doc, const setup *s, const way *w)
{
    hr_options *options = setup_options(s, w->kernel);
    if (w->threads)
        set(options, "threads", (char[]){(char)('0' + w->threads), 0});
    hr_reader *reader = NULL;
    hr_error err;
    hr_error_clear(&err);
    hr_status status;
    if (w->how == PULLED) {
        pulled *state = hr_calloc(1, sizeof *state);
        REQUIRE(state);
        *state = (pulled){doc, 0, w->seed, w->piece};
        hr_stream stream = {.read = pull, .interrupt = no_interrupt, .close = close_pulled, .state = state};
        status = hr_reader_open_stream(&stream, options, false, &reader, &err);
    } else if (w->how == MEMORY) {
        status = hr_reader_open_memory(doc->raw, doc->raw_size, options, &reader, &err);
    } else {
        status = hr_reader_new(options, &reader, &err);
    }
    hr_options_free(options);
    if (status != HR_OK) {
        fprintf(stderr, "no reader: %s\n", err.text);
        abort();
    }
    if (w->threads || w->how == MEMORY)
        hr_reader_block(reader, w->threads ? w->block : w->piece);
    return reader;
}

/* The document in memory of exactly its size, so that sanitizers see what is read beyond it; NULL: nothing is there. */
static sheet exact_copy(const sheet *doc)
{
    sheet copy = *doc;
    uint8_t *raw = malloc(doc->raw_size ? doc->raw_size : 1);
    REQUIRE(raw);
    if (doc->raw_size)
        memcpy(raw, doc->raw, doc->raw_size);
    copy.raw = doc->raw_size ? raw : NULL;
    if (!doc->raw_size)
        free(raw);
    return copy;
}

static void free_copy(const sheet *doc, sheet *copy)
{
    REQUIRE(!doc->raw_size || memcmp(doc->raw, copy->raw, doc->raw_size) == 0);
    free((void *)copy->raw);
}

/* The next piece, or the end. */
static void feed_next(hr_reader *reader, const sheet *doc, const way *w, uint64_t *seed, size_t *fed)
{
    size_t left = doc->raw_size - *fed, piece = left;
    if (w->how == FED_BYTES)
        piece = 1;
    else if (w->how == FED_AT)
        piece = *fed ? left : w->piece;
    else if (w->how == FED_CUTS)
        piece = 1 + random_below(seed, w->piece);
    piece = piece < left ? piece : left;
    if (left) {
        REQUIRE(hr_reader_feed(reader, doc->raw + *fed, piece, NULL) == HR_OK);
        *fed += piece;
    } else {
        REQUIRE(hr_reader_finish(reader, NULL) == HR_OK);
    }
}

static void describe(hr_reader *reader, transcript *out)
{
    hr_reader_facts facts;
    if (out->described || hr_reader_describe(reader, &facts, NULL) != HR_OK)
        return;
    out->dialect = facts.dialect;
    out->described = true;
    hr_reader_position(reader, &out->begun);
    for (size_t i = 0; i < facts.column_count; i++) {
        transcript_say(&out->names, facts.columns[i], strlen(facts.columns[i]) + 1);
    }
}

static void resume(hr_reader *reader, const hr_position *from, const transcript *before)
{
    size_t count = 0;
    for (size_t i = 0; i < before->names.size; i++)
        count += before->names.data[i] == 0;
    const char **names = hr_calloc(count + 1, sizeof *names);
    REQUIRE(names);
    const char *name = (const char *)before->names.data;
    for (size_t i = 0; i < count; i++, name += strlen(name) + 1)
        names[i] = name;
    hr_error err;
    hr_error_clear(&err);
    if (hr_reader_resume(reader, from, &before->dialect, names, count, &err) != HR_OK) {
        fprintf(stderr, "no resuming at %.*s: %s\n", (int)from->size, from->bytes, err.text);
        abort();
    }
    hr_free(names);
}

static bool strays(const hr_reader *reader, const transcript *said)
{
    hr_position now;
    if (!said->described)
        return false;
    const hr_position *last = said->mark_count ? &said->marks[said->mark_count - 1].position : &said->begun;
    hr_reader_position(reader, &now);
    return now.size != last->size || memcmp(now.bytes, last->bytes, now.size) != 0;
}

void transcript_read(const sheet *doc, const setup *s, const way *w, const hr_position *from, const transcript *before,
                     transcript *out)
{
    *out = (transcript){.resumed = from != NULL};
    hr_error_clear(&out->error);
    sheet copy = exact_copy(doc);
    hr_reader *reader = new_reader(w->how == MEMORY ? &copy : doc, s, w);
    if (from)
        resume(reader, from, before);
    uint64_t seed = w->seed;
    size_t fed = 0;
    hr_batch *batch;
    while ((out->status = hr_reader_next(reader, &batch, &out->error)) == HR_OK || out->status == HR_AGAIN) {
        if (out->status == HR_OK) {
            say_batch(out, reader, batch, s->offsets);
            hr_batch_release(batch);
        } else {
            out->strayed = out->strayed || (s->encoding && strays(reader, out));
            feed_next(reader, doc, w, &seed, &fed);
        }
        describe(reader, out);
    }
    describe(reader, out);
    if (hr_reader_input(reader))
        snprintf(out->encoding, sizeof out->encoding, "%s", hr_input_encoding(hr_reader_input(reader))->name);
    hr_reader_close(reader);
    free_copy(doc, &copy);
}

hr_status transcript_count(const sheet *doc, const setup *s, const way *w, uint64_t *records, uint64_t *skipped)
{
    way pulling = *w;
    pulling.how = w->how == MEMORY ? MEMORY : PULLED;
    hr_reader *reader = new_reader(doc, s, &pulling);
    hr_status status = hr_reader_count(reader, records, skipped, NULL);
    hr_reader_close(reader);
    return status;
}

/* ---- what the reference says ----------------------------------------------------------------------------------------
 */

static uint64_t raw_of(const sheet *doc, uint64_t at)
{
    return at == HR_UNKNOWN ? at : doc->raw_of ? doc->raw_of[at] : at + doc->shift;
}

void transcript_expect(const sheet *doc, const setup *s, const transcript *reader, reference_result *result,
                       transcript *out)
{
    reference_options options = s->csv;
    options.columns = reader->dialect.columns;
    options.columns_from = s->sample ? (size_t)strtoull(s->sample, NULL, 10) : HR_DIALECT_SAMPLE_MAX;
    reference_read(doc->text, doc->size, &options, result);
    *out = (transcript){.status = result->failure ? HR_E_INVALID : HR_END};
    for (size_t i = 0; i < result->columns && !result->failure; i++)
        transcript_say(&out->names, result->names[i], strlen(result->names[i]) + 1);
    for (size_t i = 0; i < result->row_count; i++) {
        const reference_row *row = &result->rows[i];
        transcript_say_row_head(&out->rows, row->number, s->offsets, raw_of(doc, row->offset), doc->text + row->offset,
                                row->end - row->offset);
        for (size_t column = 0; column < row->count; column++) {
            const reference_field *field = &row->fields[column];
            transcript_say_value(&out->rows, field->value, field->size, field->quoted, field->null);
        }
        transcript_say_text(&out->rows, "\n");
    }
    for (size_t i = 0; i < result->reject_count; i++) {
        const reference_reject *r = &result->rejects[i];
        uint64_t from = raw_of(doc, r->offset), to = raw_of(doc, r->offset + r->raw_size);
        hr_reject reject = {.kind = (hr_reject_kind)r->kind,
                            .row = r->row,
                            .line = r->line,
                            .offset = from,
                            .at = raw_of(doc, r->at),
                            .column = r->column,
                            .raw = doc->raw + from,
                            .raw_size = (size_t)(to - from)};
        transcript_say_reject(&out->rejects, &reject);
    }
    out->row_count = result->row_count;
    out->rejected = result->reject_count;
    out->skipped = result->failure ? 0 : result->skipped;
}

void transcript_free(transcript *t)
{
    hr_buffer_free(&t->names);
    hr_buffer_free(&t->rows);
    hr_buffer_free(&t->rejects);
    hr_free(t->marks);
    *t = (transcript){0};
}
