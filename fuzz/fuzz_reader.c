/* fuzz_reader.c: a reader gives the same rows and rejects whatever the pieces it is fed, whatever the kernel, and
 * accounts for all it read; and it is what the reference says, also when it was resumed. The first two bytes choose
 * options and how the rest is cut. */
#include "fuzz/fuzz.h"
#include "tests/reference/transcript.h"

/* Everything that a reader said, as text. */
typedef struct record {
    hr_buffer said;
    hr_status status;
    uint64_t read, rows, rejected, skipped;
    bool described; /* the rest is set */
    hr_dialect_guess dialect;
    char encoding[32];
    unsigned mark; /* bytes of byte-order mark */
} record;

static void say_batch(record *out, const hr_batch *batch)
{
    static uint8_t value[1 << 20];
    PROMISE(batch->read == batch->rows + batch->rejected + batch->skipped);
    out->read += batch->read;
    out->rows += batch->rows;
    out->rejected += batch->rejected;
    out->skipped += batch->skipped;
    for (size_t row = 0; row < batch->rows; row++) {
        hr_buffer_printf(&out->said, "row %llu:", (unsigned long long)hr_batch_row_number(batch, row));
        size_t fields = batch->row_fields != NULL ? batch->row_fields[row] : batch->columns;
        for (size_t column = 0; column < fields && column < batch->columns; column++) {
            hr_field field = hr_batch_field(batch, row, column);
            PROMISE(field.size <= sizeof value);
            size_t size = hr_field_copy(field, batch->dialect, value);
            PROMISE(size <= field.size);
            hr_buffer_printf(&out->said, " %u[", field.flags & HR_FIELD_NULL);
            hr_buffer_add(&out->said, value, size);
            hr_buffer_text(&out->said, "]");
        }
        hr_buffer_text(&out->said, "\n");
    }
}

/* Rejects come with their batches, whose borders may differ: kept apart from the rows. */
static void say_rejects(hr_buffer *said, const hr_batch *batch)
{
    for (size_t i = 0; i < batch->rejected; i++) {
        const hr_reject *reject = &batch->rejects[i];
        hr_buffer_printf(said, "reject %llu line %llu at %llu column %lld: %s: ", (unsigned long long)reject->row,
                         (unsigned long long)reject->line, (unsigned long long)reject->offset,
                         (long long)reject->column, reject->message);
        hr_buffer_add(said, reject->raw, reject->raw_size);
        hr_buffer_text(said, "\n");
    }
}

static hr_options *chosen(uint8_t choice, const char *kernel)
{
    static const char *const ragged[] = {"reject", "pad", "truncate", "both"};
    hr_options *options = NULL;
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    PROMISE(hr_options_new(table, count, &options, NULL) == HR_OK);
    hr_options_set(options, "kernel", kernel, NULL);
    hr_options_set(options, "ragged", ragged[choice & 3], NULL);
    hr_options_set(options, "limits.row_bytes", "1000", NULL);
    hr_options_set(options, "limits.columns", "50", NULL);
    hr_options_set(options, "sample", "4096", NULL);
    if (choice & 4)
        hr_options_set(options, "lenient", "yes", NULL);
    else if (choice & 8) /* the two exclude each other */
        hr_options_set(options, "strict", "yes", NULL);
    if (choice & 16)
        hr_options_set(options, "escape", "\\", NULL);
    if (choice & 32)
        hr_options_set(options, "delimiter", ",", NULL);
    if (choice & 64)
        hr_options_set(options, "header", "no", NULL);
    if (!(choice & 128)) /* detection is slow; fuzz_input does it */
        hr_options_set(options, "encoding", "utf-8", NULL);
    return options;
}

static void describe(hr_reader *reader, record *out)
{
    hr_reader_facts facts;
    if (hr_reader_describe(reader, &facts, NULL) != HR_OK)
        return;
    out->described = true;
    out->dialect = facts.dialect;
    out->mark = facts.encoding->bom;
    snprintf(out->encoding, sizeof out->encoding, "%s", facts.encoding->name);
}

static record run(hr_options *options, const uint8_t *data, size_t size, size_t piece)
{
    record out = {.status = HR_AGAIN};
    hr_buffer rejects = {.ceiling = 0};
    hr_reader *reader;
    hr_batch *batch;
    size_t fed = 0;
    bool finished = false;
    PROMISE(hr_reader_new(options, &reader, NULL) == HR_OK);
    while ((out.status = hr_reader_next(reader, &batch, NULL)) == HR_OK || out.status == HR_AGAIN) {
        if (out.status == HR_OK) {
            say_batch(&out, batch);
            say_rejects(&rejects, batch);
            hr_batch_release(batch);
            continue;
        }
        PROMISE(!finished);
        size_t some = size - fed < piece ? size - fed : piece;
        if (some > 0) {
            PROMISE(hr_reader_feed(reader, data + fed, some, NULL) == HR_OK);
        } else {
            PROMISE(hr_reader_finish(reader, NULL) == HR_OK);
            finished = true;
        }
        fed += some;
    }
    if (rejects.size > 0)
        hr_buffer_add(&out.said, rejects.data, rejects.size);
    hr_buffer_free(&rejects);
    describe(reader, &out);
    hr_reader_close(reader);
    return out;
}

static void promise_same(const record *a, const record *b)
{
    bool same = a->status == b->status && a->said.size == b->said.size &&
                (a->said.size == 0 || memcmp(a->said.data, b->said.data, a->said.size) == 0) &&
                a->skipped == b->skipped;
    if (!same)
        fprintf(stderr, "%s, %llu skipped:\n%.*s\n-- not --\n%s, %llu skipped:\n%.*s\n", hr_status_name(a->status),
                (unsigned long long)a->skipped, (int)a->said.size, (const char *)a->said.data,
                hr_status_name(b->status), (unsigned long long)b->skipped, (int)b->said.size,
                (const char *)b->said.data);
    PROMISE(same);
}

/* The options of `chosen`, with what was detected pinned. */
static setup pinned(uint8_t choice, const record *found)
{
    const hr_dialect *d = &found->dialect.dialect;
    setup s = {.csv = {d->delimiter, d->quote, d->escape, d->comment, found->dialect.header, found->dialect.preamble, 0,
                       choice & 1, choice & 2, !(choice & 4) && (choice & 8), choice & 4, NULL, 1000, 50, 0},
               .offsets = true,
               .encoding = "utf-8",
               .sample = "4096"};
    return s;
}

/* What stands in the input, by the reference. */
static void promise_reference(uint8_t choice, const record *found, const uint8_t *data, size_t size, size_t piece)
{
    bool same = strcmp(found->encoding, "utf-8") == 0 || strcmp(found->encoding, "ascii") == 0;
    if (!found->described || !same)
        return;
    setup s = pinned(choice, found);
    sheet doc = {data + found->mark, size - found->mark, data, size, NULL, found->mark};
    way ways[] = {{"scalar", FED_WHOLE, 0, 0, 0, 0},
                  {"auto", FED_CUTS, piece, piece, 0, 0},
                  {"auto", MEMORY, piece, piece, 0, 0},
                  {"auto", PULLED, piece, piece, 2, 1 + piece}};
    transcript got, expected;
    reference_result result;
    transcript_read(&doc, &s, &ways[0], NULL, NULL, &got);
    transcript_expect(&doc, &s, &got, &result, &expected);
    for (size_t i = 0; i < HR_COUNT(ways); i++) {
        transcript_free(&got);
        transcript_read(&doc, &s, &ways[i], NULL, NULL, &got);
        PROMISE(transcript_same(&got, &expected, ways[i].kernel));
        PROMISE(result.failure || transcript_places(&got, &result, &doc, ways[i].kernel));
    }
    for (size_t m = 0; m < got.mark_count && !result.failure; m += 1 + got.mark_count / 4) {
        transcript tail;
        transcript_read(&doc, &s, &ways[HR_COUNT(ways) - 1], &got.marks[m].position, &got, &tail);
        PROMISE(transcript_is_tail(&tail, &got, m, "resumed"));
        transcript_free(&tail);
    }
    transcript_free(&got);
    transcript_free(&expected);
    reference_free(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    hr_options *plain = chosen(data[0], "scalar"), *best = chosen(data[0], "auto");
    size_t piece = data[1] % 32u == 0 ? 5000 : data[1] % 32u;
    record a = run(plain, data + 2, size - 2, size), b = run(best, data + 2, size - 2, size);
    record c = run(best, data + 2, size - 2, piece);
    promise_same(&b, &a);
    promise_same(&c, &a);
    PROMISE(a.read == a.rows + a.rejected + a.skipped);
    promise_reference(data[0], &a, data + 2, size - 2, piece);
    hr_buffer_free(&a.said);
    hr_buffer_free(&b.said);
    hr_buffer_free(&c.said);
    hr_options_free(plain);
    hr_options_free(best);
    return 0;
}
