/* test_join.c: batches in which the columns that nobody wants are joined hold of the others what all batches hold, and
 * tell the same rows, rejects and lines, whatever the text, the options, the kernels and the pieces it comes in. */
#include "core/rows/batch.h"
#include "simd/simd.h"
#include "tests/property/documents.h"
#include "tests/property/promise.h"

enum { COLUMNS_MOST = 80, TEXT_MOST = 300000, WISHES = 4 };

/* Rows with `columns` fields; one in `unlike` (0: none) is not like the others. */
static size_t make_text(uint64_t *seed, uint32_t columns, size_t unlike, char *room, size_t size)
{
    static const char *const fields[] = {"x",           "",          "1234", "\"a,b\"", "\"\"\"\"", "\"l\nm\"",
                                         "caf\xC3\xA9", "12\" pipe", "\"\""};
    static const char *const odd[] = {"\n", "a,\"b\"c,d\n", "x,y\n", "\xFF,x\n", "\"open\n", "z\r", "\r\n"};
    size_t used = 0, few = 1 + random_below(seed, sizeof fields / sizeof fields[0]);
    bool crlf = random_below(seed, 4) == 0;
    for (uint32_t i = 0; i < columns; i++)
        used += (size_t)sprintf(room + used, "%sc%u", i ? "," : "", i);
    room[used++] = '\n';
    while (used + (size_t)columns * 12 + 16 < size) {
        for (uint32_t i = 0; i < columns; i++)
            used += (size_t)sprintf(room + used, "%s%s", i ? "," : "", fields[random_below(seed, few)]);
        used += (size_t)sprintf(room + used, crlf ? "\r\n" : "\n");
        if (unlike && random_below(seed, unlike) == 0)
            used += (size_t)sprintf(room + used, "%s", odd[random_below(seed, sizeof odd / sizeof odd[0])]);
    }
    return used - random_below(seed, 3); /* the end may lack its newline */
}

typedef struct wish {
    const setup *s;
    const char *kernel;
    const char *text;
    size_t size, piece;           /* piece 0: from memory */
    size_t wanted[WISHES], count; /* modulo the columns that there are */
    char threads[2];
    bool join;
} wish;

typedef struct gave {
    hr_status status;
    uint64_t sum, reject_sum, rows, rejected, skipped, row, line, offset, joined_batches;
    bool false_flag; /* a batch said that it has no quotes, and has some */
} gave;

static void mix(uint64_t *sum, uint64_t value)
{
    *sum = (*sum ^ value) * 0x9E3779B97F4A7C15u;
    *sum ^= *sum >> 29;
}

static void take(gave *to, const hr_batch *batch, const wish *w, const uint32_t *select, const uint32_t *joined)
{
    bool is_joined = batch->flags & HR_BATCH_JOINED;
    to->joined_batches += is_joined;
    for (size_t row = 0; row < batch->rows; row++) {
        mix(&to->sum, hr_batch_row_number(batch, row));
        for (size_t i = 0; i < w->count; i++) {
            hr_field field = hr_batch_field(batch, row, is_joined ? joined[i] : select[i]);
            mix(&to->sum, field.flags * 1000003u + field.size);
            for (size_t k = 0; k < field.size; k++)
                mix(&to->sum, field.data[k]);
        }
        const uint8_t *data;
        size_t size;
        hr_batch_row(batch, row, &data, &size);
        mix(&to->sum, size);
        to->false_flag |=
            (batch->flags & HR_BATCH_NO_QUOTES) && w->s->csv.quote >= 0 && size && memchr(data, w->s->csv.quote, size);
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

static void feed(hr_reader *reader, const wish *w, size_t *fed)
{
    size_t size = w->size - *fed < w->piece ? w->size - *fed : w->piece;
    REQUIRE((size ? hr_reader_feed(reader, w->text + *fed, size, NULL) : hr_reader_finish(reader, NULL)) == HR_OK);
    *fed += size;
}

static hr_reader *open_wish(const wish *w)
{
    hr_options *options = setup_options(w->s, w->kernel);
    hr_reader *reader = NULL;
    REQUIRE(hr_options_set(options, "threads", w->threads, NULL) == HR_OK);
    REQUIRE((w->piece ? hr_reader_new(options, &reader, NULL)
                      : hr_reader_open_memory(w->text, w->size, options, &reader, NULL)) == HR_OK);
    hr_reader_block(reader, 70000);
    hr_options_free(options);
    return reader;
}

static gave read_all(const wish *w)
{
    size_t columns = 0, fed = 0;
    hr_reader *reader = open_wish(w);
    const char *const *names;
    gave result = {0};
    while ((result.status = hr_reader_columns(reader, &names, &columns, NULL)) == HR_AGAIN)
        feed(reader, w, &fed);
    uint32_t select[WISHES], joined[WISHES];
    size_t count = columns ? w->count : 0;
    wish here = *w;
    here.count = count;
    for (size_t i = 0; i < count; i++)
        select[i] = (uint32_t)(w->wanted[i] % columns);
    if (w->join && result.status == HR_OK)
        REQUIRE(hr_reader_join(reader, select, count, joined, NULL) == HR_OK);
    while (result.status == HR_OK) {
        hr_batch *batch;
        while ((result.status = hr_reader_next(reader, &batch, NULL)) == HR_AGAIN)
            feed(reader, w, &fed);
        if (result.status != HR_OK)
            break;
        take(&result, batch, &here, select, joined);
        hr_batch_release(batch);
    }
    hr_reader_close(reader);
    return result;
}

static bool same(const gave *is, const gave *should, const wish *w)
{
    if (is->status == should->status && is->sum == should->sum && is->reject_sum == should->reject_sum &&
        is->rows == should->rows && is->rejected == should->rejected && is->skipped == should->skipped &&
        is->row == should->row && is->line == should->line && is->offset == should->offset && !is->false_flag)
        return true;
    fprintf(
        stderr, "%s, pieces of %zu, threads %s, %s%s: %s, %d rows, %d rejected, line %d, not %s, %d, %d, %d\n%.*s\n",
        w->kernel, w->piece, w->threads, w->join ? "joined" : "all columns", is->false_flag ? ", quotes denied" : "",
        hr_status_name(is->status), (int)is->rows, (int)is->rejected, (int)is->line, hr_status_name(should->status),
        (int)should->rows, (int)should->rejected, (int)should->line, (int)(w->size < 3000 ? w->size : 3000), w->text);
    return false;
}

/* Every kernel, with and without joined columns, says what the oracle says of all. */
static bool agrees(const setup *s, const char *text, size_t size, uint64_t *seed, uint64_t *joined_batches)
{
    static const size_t pieces[] = {0, 1000, 70001};
    wish w = {.s = s, .text = text, .size = size, .count = 1 + random_below(seed, WISHES - 1), .threads = "1"};
    size_t tables;
    const char *const *kernels = kernel_names(&tables);
    for (size_t i = 0; i < w.count; i++)
        w.wanted[i] = random_below(seed, COLUMNS_MOST);
    w.kernel = "scalar";
    gave should = read_all(&w);
    for (size_t k = 0; k < tables * 4; k++) {
        w.kernel = kernels[k / 4];
        w.join = k % 4 != 0;
        w.piece = k % 4 == 1 ? 0 : pieces[random_below(seed, HR_COUNT(pieces))];
        w.threads[0] = k % 4 == 3 ? '3' : '1';
        gave is = read_all(&w);
        if (!same(&is, &should, &w))
            return false;
        *joined_batches += is.joined_batches;
    }
    return true;
}

static setup even_setup(void)
{
    setup s = {.encoding = "utf-8"};
    s.csv = (reference_options){.delimiter = ',', .quote = '"', .escape = -1, .comment = -1, .header = true};
    s.csv.row_bytes = 16u << 20;
    s.csv.column_limit = 131072;
    return s;
}

static bool of_mostly_even_texts(uint64_t seed, size_t times)
{
    static const uint32_t widths[] = {2, 3, 7, 19, 64, 65, 80};
    static const size_t sizes[] = {900, 20000, TEXT_MOST}, unlike[] = {0, 0, 20, 1000};
    char *text = malloc(TEXT_MOST);
    uint64_t joined_batches = 0;
    bool good = text != NULL;
    for (size_t round = 0; good && round < FEWER(120) * times; round++) {
        uint32_t columns = widths[random_below(&seed, HR_COUNT(widths))];
        size_t size = sizes[round % 10 == 9 ? 2 : random_below(&seed, 2)];
        setup s = even_setup();
        size = make_text(&seed, columns, unlike[random_below(&seed, HR_COUNT(unlike))], text, size);
        good = agrees(&s, text, size, &seed, &joined_batches);
    }
    free(text);
    if (good && hr_kernels_get(NULL)->csv_cuts && joined_batches < FEWER(500)) {
        fprintf(stderr, "only %d batches were joined\n", (int)joined_batches);
        return false;
    }
    return good;
}

static bool of_any_documents(uint64_t seed, size_t times)
{
    uint64_t joined_batches = 0;
    for (size_t round = 0; round < FEWER(600) * times; round++) {
        hr_buffer text = {0};
        setup s = random_setup(&seed, random_below(&seed, 8) == 0);
        if (random_below(&seed, 4)) { /* else nothing is ever joined */
            s.csv.escape = s.csv.comment = -1;
            s.offsets = false;
        }
        random_document(&seed, &s, &utf8_ink, 20 + random_below(&seed, round % 16 ? 3000 : 150000), &text);
        bool good = agrees(&s, (const char *)text.data, text.size, &seed, &joined_batches);
        hr_buffer_free(&text);
        if (!good)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const promise promises[] = {
        {"joined columns of mostly even texts are what they are alone", of_mostly_even_texts},
        {"joined columns of any documents are what they are alone", of_any_documents}};
    return keep_promises(promises, HR_COUNT(promises), argc, argv);
}
