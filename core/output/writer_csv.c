/* writer_csv.c: rows to CSV, in the least quoting that reads back as the same values, or in more where it is asked for.
 *
 * Where the input is written in the output's dialect already, a row without a quote is right as it stands: outside
 * quotes a delimiter or a newline can only be syntax. Such rows pass as bytes, neighbours in one copy. */
#include "core/output/writer.h"

/* The bytes that make a field need quotes, eight times each. */
typedef struct csv_marks {
    uint64_t delimiter, quote, cr, lf;
    bool always; /* a field needs quotes whatever it holds */
} csv_marks;

static csv_marks marks_of(const hr_writer *writer)
{
    return (csv_marks){HR_WORD_ONES * (uint8_t)writer->dialect.delimiter, HR_WORD_ONES * (uint8_t)writer->dialect.quote,
                       HR_WORD_ONES * '\r', HR_WORD_ONES * '\n', writer->quote_style != HR_QUOTE_MINIMAL};
}

/* Whether a value of the selected column is a number or a truth value, which HR_QUOTE_STRINGS leaves bare. What a
 * schema says goes before what NDJSON writes. */
static bool is_bare(const hr_writer *writer, size_t selected, hr_field field)
{
    if (writer->types) {
        hr_rows_form form = hr_typed_form(writer->types[selected]);
        return form == HR_ROWS_NUMBER || form == HR_ROWS_LITERAL;
    }
    bool json = (field.flags & HR_FIELD_JSON) && !(field.flags & HR_FIELD_QUOTED) && field.size;
    return json && field.data[0] != '{' && field.data[0] != '[';
}

static inline uint64_t marked(uint64_t word, const csv_marks *marks)
{
    return hr_word_equal(word, marks->delimiter) | hr_word_equal(word, marks->quote) | hr_word_equal(word, marks->cr) |
           hr_word_equal(word, marks->lf);
}

/* Copies `size` bytes to `room` (size + 8 bytes) and answers whether they may stand without quotes. */
static inline bool copy_plain(uint8_t *room, const uint8_t *data, size_t size, const csv_marks *marks)
{
    for (; size >= 8; size -= 8, data += 8, room += 8) {
        uint64_t word = hr_word_load(data);
        if (HR_UNLIKELY(marked(word, marks)))
            return false;
        hr_word_store(room, word);
    }
    if (!size)
        return true;
    /* The fill has none of the marks, whatever these are: it repeats the field's own last byte. */
    uint64_t word = hr_word_tail(data, size, HR_WORD_ONES * data[size - 1]);
    hr_word_store(room, word);
    return !marked(word, marks);
}

static size_t count_byte(const uint8_t *data, size_t size, uint8_t byte)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += data[i] == byte;
    return count;
}

static void put_quoted(hr_out *out, const uint8_t *data, size_t size, uint8_t quote)
{
    *out->at++ = quote;
    while (size) {
        const uint8_t *hit = memchr(data, quote, size);
        size_t part = hit ? (size_t)(hit - data) + 1 : size;
        hr_out_bytes(out, data, part);
        if (hit)
            *out->at++ = quote;
        data += part;
        size -= part;
    }
    *out->at++ = quote;
}

/* At the start of a file these three bytes would be taken for a byte-order mark, unless a quote stands before them. */
static bool like_bom(const uint8_t *data, size_t size)
{
    return size >= 3 && !memcmp(data, "\xEF\xBB\xBF", 3);
}

/* A value, not null. `start`: perhaps of a file. Leaves room for a delimiter or newline behind it. */
static bool put_value(hr_out *out, const uint8_t *data, size_t size, uint8_t quote, const csv_marks *marks, bool start)
{
    size_t quotes = size <= 4096 ? size : count_byte(data, size, quote);
    if (!hr_out_room(out, size + quotes + 12))
        return false;
    if (size && !marks->always && !(start && like_bom(data, size)) && copy_plain(out->at, data, size, marks)) {
        out->at += size;
        return true;
    }
    put_quoted(out, data, size, quote);
    return true;
}

/* The value of a field with escapes is made behind the room that its quoted form can take, then quoted from there. */
static bool put_escaped(hr_out *out, hr_field field, const hr_dialect *input, uint8_t quote, const csv_marks *marks,
                        bool start)
{
    size_t room = 2 * field.size + 12;
    if (!hr_out_room(out, room + field.size))
        return false;
    uint8_t *value = out->at + room;
    size_t size = hr_field_copy(field, input, value);
    if (size && !marks->always && !(start && like_bom(value, size)) && copy_plain(out->at, value, size, marks))
        out->at += size;
    else
        put_quoted(out, value, size, quote);
    return true;
}

/* A null is nothing, but a line of nothing would be a blank one: alone in its row it is the empty string. */
static bool put_field(const hr_writer *writer, hr_out *out, hr_field field, const hr_dialect *input,
                      const csv_marks *marks, bool start)
{
    uint8_t quote = (uint8_t)writer->dialect.quote;
    if (field.flags & HR_FIELD_NULL) {
        if (!hr_out_room(out, 4))
            return false;
        if (writer->name_count == 1)
            put_quoted(out, NULL, 0, quote);
        return true;
    }
    if (HR_UNLIKELY(field.flags & HR_FIELD_ESCAPED))
        return put_escaped(out, field, input, quote, marks, start);
    return put_value(out, field.data, field.size, quote, marks, start);
}

static void put_number(const hr_writer *writer, hr_out *out, uint64_t number)
{
    bool quoted = writer->quote_style == HR_QUOTE_ALL;
    if (quoted)
        *out->at++ = (uint8_t)writer->dialect.quote;
    hr_out_number(out, number);
    if (quoted)
        *out->at++ = (uint8_t)writer->dialect.quote;
}

/* Behind the input's columns: delimiter and value, six times. */
static bool put_lineage(const hr_writer *writer, const hr_parcel *parcel, size_t ordinal, hr_out *out)
{
    const uint8_t *key = hr_parcel_key(parcel, ordinal);
    if (!hr_out_room(out, writer->fixed.size + 2 * parcel->key_size + 56))
        return false;
    size_t row = hr_parcel_row(parcel, ordinal);
    hr_out_fixed(out, writer, writer->where);
    put_number(writer, out, hr_batch_row_number(parcel->batch, row));
    *out->at++ = (uint8_t)writer->dialect.delimiter;
    if (parcel->batch->row_offset)
        put_number(writer, out, parcel->batch->row_offset[row]);
    hr_out_fixed(out, writer, writer->when);
    if (key && writer->quote_style != HR_QUOTE_MINIMAL)
        *out->at++ = (uint8_t)writer->dialect.quote;
    if (key)
        hr_out_hex(out, key, parcel->key_size);
    if (key && writer->quote_style != HR_QUOTE_MINIMAL)
        *out->at++ = (uint8_t)writer->dialect.quote;
    return true;
}

static bool put_row(const hr_writer *writer, const hr_parcel *parcel, size_t ordinal, const csv_marks *marks,
                    bool start, hr_out *out)
{
    const hr_batch *batch = parcel->batch;
    size_t row = hr_parcel_row(parcel, ordinal);
    bool simple = hr_writer_simple(batch), strings = writer->quote_style == HR_QUOTE_STRINGS;
    const uint32_t *select = hr_writer_select(writer, batch);
    csv_marks bare = *marks;
    bare.always = false;
    for (size_t i = 0; i < writer->select_count; i++) {
        if (i)
            *out->at++ = (uint8_t)writer->dialect.delimiter; /* its room was left by the field before */
        hr_field field = hr_writer_field(batch, simple, row, select[i]);
        const csv_marks *chosen = strings && is_bare(writer, i, field) ? &bare : marks;
        if (!put_field(writer, out, field, batch->dialect, chosen, start && !i))
            return false;
    }
    if (writer->lineage && !put_lineage(writer, parcel, ordinal, out))
        return false;
    if (!hr_out_room(out, 1))
        return false;
    *out->at++ = '\n';
    return true;
}

/* A walk over rows that may pass as they are. */
typedef struct csv_walk {
    const hr_batch *batch;
    bool same;  /* the input's dialect is the output's, and every column is wanted */
    bool guard; /* a row must not begin like a byte-order mark */
    uint8_t quote;
    size_t quote_at;     /* nothing from the last row looked at up to here is a quote; here is one, or `stop` */
    size_t stop;         /* end of the batch's rows */
    size_t run, run_end; /* bytes of rows that wait for being copied; equal: none */
} csv_walk;

static csv_walk walk_new(const hr_writer *writer, const hr_batch *batch)
{
    const hr_dialect *in = batch->dialect;
    bool same = writer->whole && writer->quote_style == HR_QUOTE_MINIMAL && hr_writer_simple(batch) &&
                in->delimiter == writer->dialect.delimiter &&
                (in->quote == writer->dialect.quote || in->quote == HR_NO_BYTE);
    size_t last_field = batch->row_first[batch->rows - 1] + batch->columns;
    return (csv_walk){.batch = batch,
                      .same = same,
                      .guard = !writer->header,
                      .quote = (uint8_t)writer->dialect.quote,
                      .stop = same ? hr_writer_begin(batch, last_field) - 1 : 0};
}

/* Whether row `row` may pass as it is; then it lies in [*begin, *end), without its newline. */
static inline bool passes(csv_walk *walk, size_t row, size_t *begin, size_t *end)
{
    const hr_batch *batch = walk->batch;
    size_t first = batch->row_first[row];
    *begin = hr_writer_begin(batch, first);
    *end = hr_writer_begin(batch, first + batch->columns) - 1;
    if (walk->quote_at < *begin) {
        const uint8_t *hit = memchr(batch->data + *begin, walk->quote, walk->stop - *begin);
        walk->quote_at = hit ? (size_t)(hit - batch->data) : walk->stop;
    }
    if (walk->quote_at < *end || (walk->guard && like_bom(batch->data + *begin, *end - *begin)))
        return false;
    if ((batch->flags & HR_BATCH_MAY_HAVE_CR) && *end > *begin && batch->data[*end - 1] == '\r')
        --*end;
    return *end > *begin;
}

static bool flush_run(csv_walk *walk, hr_out *out)
{
    size_t size = walk->run_end - walk->run;
    if (!size)
        return true;
    if (!hr_out_room(out, size + 1))
        return false;
    hr_out_bytes(out, walk->batch->data + walk->run, size);
    *out->at++ = '\n';
    walk->run = walk->run_end = 0;
    return true;
}

static bool pass_row(const hr_writer *writer, const hr_parcel *parcel, size_t ordinal, csv_walk *walk, size_t begin,
                     size_t end, hr_out *out)
{
    if (writer->lineage) {
        if (!hr_out_room(out, end - begin))
            return false;
        hr_out_bytes(out, walk->batch->data + begin, end - begin);
        if (!put_lineage(writer, parcel, ordinal, out) || !hr_out_room(out, 1))
            return false;
        *out->at++ = '\n';
        return true;
    }
    bool follows = walk->run_end > walk->run && begin == walk->run_end + 1 && walk->batch->data[walk->run_end] == '\n';
    if (!follows) {
        if (!flush_run(walk, out))
            return false;
        walk->run = begin;
    }
    walk->run_end = end;
    return true;
}

/* Row `ordinal` and, where no lineage follows each and they are not better passed as they are, the rows behind it;
 * *next is the first one that is left. */
static bool put_rows(const hr_writer *writer, const hr_parcel *parcel, const hr_rows *job, bool single, size_t ordinal,
                     const csv_marks *marks, hr_out *out, size_t *next)
{
    size_t to = single ? ordinal + 1 : hr_parcel_rows(parcel);
    size_t done = job->select_count ? hr_kernel_render(writer, job, ordinal, to, out) : ordinal;
    if (done == ordinal) {
        *next = ordinal + 1;
        return put_row(writer, parcel, ordinal, marks, !writer->header, out);
    }
    *next = done;
    if (!writer->lineage)
        return true;
    if (!put_lineage(writer, parcel, ordinal, out) || !hr_out_room(out, 1))
        return false;
    *out->at++ = '\n';
    return true;
}

bool hr_csv_rows(const hr_writer *writer, const hr_parcel *parcel, hr_out *out)
{
    csv_walk walk = walk_new(writer, parcel->batch);
    csv_marks marks = marks_of(writer);
    hr_rows job;
    if (writer->quote_style != HR_QUOTE_MINIMAL || !hr_kernel_job(writer, parcel, &job))
        job.select_count = 0;
    else if (!walk.same)
        job.quotes = hr_kernel_quotes(&job);
    bool single = walk.same || writer->lineage;
    size_t rows = hr_parcel_rows(parcel);
    for (size_t i = 0; i < rows;) {
        size_t begin, end;
        if (walk.same && passes(&walk, hr_parcel_row(parcel, i), &begin, &end)) {
            if (!pass_row(writer, parcel, i++, &walk, begin, end, out))
                return false;
        } else if (!flush_run(&walk, out) || !put_rows(writer, parcel, &job, single, i, &marks, out, &i)) {
            return false;
        }
    }
    return flush_run(&walk, out);
}

bool hr_csv_header(const hr_writer *writer, hr_out *out)
{
    csv_marks marks = marks_of(writer);
    for (size_t i = 0; i < writer->name_count; i++) {
        if (i)
            *out->at++ = (uint8_t)writer->dialect.delimiter;
        hr_field name = {(const uint8_t *)writer->names[i], strlen(writer->names[i]), 0};
        if (!put_field(writer, out, name, &writer->dialect, &marks, !i))
            return false;
    }
    if (!hr_out_room(out, 1))
        return false;
    *out->at++ = '\n';
    return true;
}

/* delimiter source delimiter file delimiter, and delimiter time delimiter */
bool hr_csv_prepare(hr_writer *writer, const hr_writer_options *options)
{
    writer->row_most = writer->select_count + 2;
    if (!writer->lineage)
        return true;
    const uint8_t delimiter = (uint8_t)writer->dialect.delimiter, quote = (uint8_t)writer->dialect.quote;
    csv_marks marks = marks_of(writer);
    char time[32];
    hr_time_text(options->ingested_ns, time);
    const char *texts[3] = {options->source, options->file, time};
    hr_out out = {.buffer = &writer->fixed};
    size_t ends[3] = {0};
    bool ok = true;
    for (int i = 0; ok && i < 3; i++) {
        char *text = hr_text_utf8(texts[i] ? texts[i] : "");
        ok = text && hr_out_room(&out, 1);
        if (ok) {
            *out.at++ = delimiter;
            ok = (!texts[i] || put_value(&out, (const uint8_t *)text, strlen(text), quote, &marks, false)) &&
                 hr_out_room(&out, 1);
        }
        if (ok && i)
            *out.at++ = delimiter;
        hr_free(text);
        ends[i] = ok ? (size_t)(out.at - writer->fixed.data) : 0;
    }
    writer->fixed.size = ends[2];
    writer->where = (hr_fixed){0, ends[1]};
    writer->when = (hr_fixed){ends[1], ends[2]};
    return ok;
}
