/* test_join.c: batches in which the columns that nobody wants are joined hold of the others what all batches hold, and
 * tell the same rows, rejects and lines, whatever the text, the kernels and the pieces it comes in. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/reader/reader_state.h"

enum { COLUMNS_MOST = 80, TEXT_MOST = 300000 };

static uint64_t next_random(uint64_t *seed, uint64_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % below;
}

/* Rows with `columns` fields; one in `unlike` (0: none) is not like the others. */
static size_t make_text(uint64_t *seed, uint32_t columns, uint64_t unlike, char *room, size_t size)
{
    static const char *const fields[] = {"x",           "",          "1234", "\"a,b\"", "\"\"\"\"", "\"l\nm\"",
                                         "caf\xC3\xA9", "12\" pipe", "\"\""};
    static const char *const odd[] = {"\n", "a,\"b\"c,d\n", "x,y\n", "\xFF,x\n", "\"open\n", "z\r", "\r\n"};
    size_t used = 0, few = 1 + next_random(seed, sizeof fields / sizeof fields[0]);
    bool crlf = next_random(seed, 4) == 0;
    for (uint32_t i = 0; i < columns; i++)
        used += (size_t)sprintf(room + used, "%sc%u", i ? "," : "", i);
    room[used++] = '\n';
    while (used + (size_t)columns * 12 + 16 < size) {
        for (uint32_t i = 0; i < columns; i++)
            used += (size_t)sprintf(room + used, "%s%s", i ? "," : "", fields[next_random(seed, few)]);
        used += (size_t)sprintf(room + used, crlf ? "\r\n" : "\n");
        if (unlike && next_random(seed, unlike) == 0)
            used += (size_t)sprintf(room + used, "%s", odd[next_random(seed, sizeof odd / sizeof odd[0])]);
    }
    return used - next_random(seed, 3); /* the end may lack its newline */
}

typedef struct wish {
    const hr_kernels *kernels;
    const char *text;
    size_t size, piece; /* piece 0: from memory */
    const uint32_t *select;
    size_t count;
    const char *threads;
    bool join;
} wish;

typedef struct gave {
    uint64_t sum, reject_sum, rows, rejected, skipped, row, line, offset, joined_batches;
} gave;

static void mix(uint64_t *sum, uint64_t value)
{
    *sum = (*sum ^ value) * 0x9E3779B97F4A7C15u;
    *sum ^= *sum >> 29;
}

static void take(gave *to, const hr_batch *batch, const wish *w, const uint32_t *joined)
{
    bool is_joined = batch->flags & HR_BATCH_JOINED;
    to->joined_batches += is_joined;
    for (size_t row = 0; row < batch->rows; row++) {
        mix(&to->sum, hr_batch_row_number(batch, row));
        for (size_t i = 0; i < w->count; i++) {
            hr_field field = hr_batch_field(batch, row, is_joined ? joined[i] : w->select[i]);
            mix(&to->sum, field.flags * 1000003u + field.size);
            for (size_t k = 0; k < field.size; k++)
                mix(&to->sum, field.data[k]);
        }
        const uint8_t *data;
        size_t size;
        hr_batch_row(batch, row, &data, &size);
        mix(&to->sum, size);
        if (batch->flags & HR_BATCH_NO_QUOTES)
            cr_expect(!size || !memchr(data, '"', size));
    }
    for (size_t i = 0; i < batch->rejected; i++) {
        mix(&to->reject_sum, batch->rejects[i].row * 31 + batch->rejects[i].line);
        mix(&to->reject_sum, batch->rejects[i].offset * 31 + (uint64_t)batch->rejects[i].kind);
    }
    to->rows += batch->rows;
    to->rejected += batch->rejected;
    to->skipped += batch->skipped;
    to->row = batch->end_row;
    to->line = batch->end_line;
    to->offset = batch->end_offset;
}

static hr_status next_of(hr_reader *reader, const wish *w, size_t *fed, hr_batch **batch)
{
    hr_status status;
    hr_error err;
    while ((status = hr_reader_next(reader, batch, &err)) == HR_AGAIN) {
        size_t size = w->size - *fed < w->piece ? w->size - *fed : w->piece;
        cr_assert_eq(size ? hr_reader_feed(reader, w->text + *fed, size, &err) : hr_reader_finish(reader, &err), HR_OK);
        *fed += size;
    }
    return status;
}

static gave read_all(const wish *w)
{
    size_t count, fed = 0;
    const hr_option *table = hr_reader_options(&count);
    hr_options *options = NULL;
    hr_reader *reader = NULL;
    hr_error err;
    gave result = {0};
    cr_assert_eq(hr_options_new(table, count, &options, &err), HR_OK);
    cr_assert_eq(hr_options_set(options, "threads", w->threads, &err), HR_OK);
    cr_assert_eq(hr_options_set(options, "header", "yes", &err), HR_OK);
    cr_assert_eq(hr_options_set(options, "delimiter", ",", &err), HR_OK);
    cr_assert_eq(hr_options_set(options, "quote", "\"", &err), HR_OK);
    cr_assert_eq(hr_options_set(options, "encoding", "utf-8", &err), HR_OK);
    cr_assert_eq(w->piece ? hr_reader_new(options, &reader, &err)
                          : hr_reader_open_memory(w->text, w->size, options, &reader, &err),
                 HR_OK);
    reader->config.kernels = w->kernels;
    hr_reader_block(reader, 70000);
    const char *const *names;
    size_t columns;
    hr_status status;
    while ((status = hr_reader_columns(reader, &names, &columns, &err)) == HR_AGAIN) {
        size_t size = w->size - fed < w->piece ? w->size - fed : w->piece;
        cr_assert_eq(size ? hr_reader_feed(reader, w->text + fed, size, &err) : hr_reader_finish(reader, &err), HR_OK);
        fed += size;
    }
    cr_assert_eq(status, HR_OK, "%s", err.text);
    uint32_t joined[COLUMNS_MOST];
    if (w->join)
        cr_assert_eq(hr_reader_join(reader, w->select, w->count, joined, &err), HR_OK);
    hr_batch *batch;
    while ((status = next_of(reader, w, &fed, &batch)) == HR_OK) {
        take(&result, batch, w, joined);
        hr_batch_release(batch);
    }
    cr_assert_eq(status, HR_END);
    hr_reader_close(reader);
    hr_options_free(options);
    return result;
}

static void expect_same(const gave *is, const gave *should, const wish *w, uint64_t round)
{
    cr_expect(is->sum == should->sum && is->reject_sum == should->reject_sum && is->rows == should->rows &&
                  is->rejected == should->rejected && is->skipped == should->skipped && is->row == should->row &&
                  is->line == should->line && is->offset == should->offset,
              "round %d, %s, pieces of %zu, threads %s, %s: %d rows, %d rejected, line %d, not %d, %d, %d", (int)round,
              w->kernels->name, w->piece, w->threads, w->join ? "joined" : "all columns", (int)is->rows,
              (int)is->rejected, (int)is->line, (int)should->rows, (int)should->rejected, (int)should->line);
}

Test(join, gives_the_same_of_any_text)
{
    static const uint32_t widths[] = {2, 3, 7, 19, 64, 65, 80};
    static const size_t sizes[] = {900, 20000, TEXT_MOST}, pieces[] = {0, 1000, 70001};
    static const uint64_t unlike[] = {0, 0, 20, 1000};
    char *text = malloc(TEXT_MOST);
    uint64_t seed = 5, joined_batches = 0;
    size_t table_count;
    const hr_kernels *const *tables = hr_kernels_all(&table_count);
    for (uint64_t round = 0; round < 120; round++) {
        uint32_t columns = widths[next_random(&seed, 7)], select[COLUMNS_MOST];
        size_t size = sizes[round % 10 == 9 ? 2 : next_random(&seed, 2)];
        size = make_text(&seed, columns, unlike[next_random(&seed, 4)], text, size);
        wish w = {.text = text, .size = size, .select = select, .count = 1 + next_random(&seed, 3), .threads = "1"};
        for (size_t i = 0; i < w.count; i++)
            select[i] = (uint32_t)next_random(&seed, columns);
        w.kernels = hr_kernels_get("scalar");
        gave should = read_all(&w);
        for (size_t k = 0; k < table_count * 4; k++) {
            w.kernels = tables[k / 4];
            w.join = k % 4 != 0;
            w.piece = k % 4 == 1 ? 0 : pieces[next_random(&seed, 3)];
            w.threads = k % 4 == 3 ? "3" : "1";
            if (!hr_kernels_usable(w.kernels))
                continue;
            gave is = read_all(&w);
            expect_same(&is, &should, &w, round);
            joined_batches += is.joined_batches;
        }
    }
    bool can = hr_kernels_get(NULL)->csv_cuts;
    cr_expect(!can || joined_batches > 500, "%d batches were joined", (int)joined_batches);
    free(text);
}
