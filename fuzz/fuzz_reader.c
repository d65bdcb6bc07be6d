/* fuzz_reader.c: a reader gives the same rows and rejects whatever the pieces it is fed, whatever the kernel, and
 * accounts for all it read. The first two bytes choose options and how the rest is cut. */
#include "core/base/base.h"
#include "fuzz/fuzz.h"

/* Everything that a reader said, as text. */
typedef struct record {
    hr_buffer said;
    hr_status status;
    uint64_t read, rows, rejected, skipped;
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
    hr_buffer_free(&a.said);
    hr_buffer_free(&b.said);
    hr_buffer_free(&c.said);
    hr_options_free(plain);
    hr_options_free(best);
    return 0;
}
