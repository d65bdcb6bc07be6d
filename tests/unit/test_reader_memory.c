/* test_reader_memory.c: reading memory gives what feeding it gives, points into it wherever it can, and never writes to
 * it or reads beyond it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <zlib.h>

#include "core/reader/reader.h"

/* ASCII, so long that the first other byte, if there is any, comes late. */
static size_t make_rows(char *room, size_t size, const char *word)
{
    size_t used = (size_t)sprintf(room, "id,name,note\n");
    for (int i = 0; used + 100 < size; i++)
        used += (size_t)sprintf(room + used, "%d,%s,\"a \"\"note\"\"\n of two lines\"\n", i,
                                used * 2 > size && i % 3 == 0 ? word : "plain");
    return used;
}

typedef struct outcome {
    hr_status status;
    uint64_t rows, rejected, sum, reject_sum, end;
    size_t within, without; /* batches that point into the memory, and others */
    char encoding[32], position[HR_POSITION_MAX + 1];
} outcome;

static void add_batch(outcome *out, const hr_batch *batch, const char *data, size_t size)
{
    for (size_t row = 0; row < batch->rows; row++)
        for (size_t column = 0; column < batch->columns; column++) {
            hr_field field = hr_batch_field(batch, row, column);
            for (size_t i = 0; i < field.size; i++)
                out->sum = out->sum * 31 + field.data[i];
        }
    for (size_t i = 0; i < batch->rejected; i++)
        out->reject_sum += batch->rejects[i].offset * 7 + batch->rejects[i].raw_size;
    const char *at = (const char *)batch->data;
    bool within = (uintptr_t)at >= (uintptr_t)data && (uintptr_t)at < (uintptr_t)data + size;
    *(within ? &out->within : &out->without) += 1;
    out->rows += batch->rows;
    out->rejected += batch->rejected;
    out->end = batch->end_offset;
}

static outcome read_on(hr_reader *reader, const char *data, size_t size)
{
    outcome out = {.status = HR_OK};
    hr_batch *batch;
    while ((out.status = hr_reader_next(reader, &batch, NULL)) == HR_OK) {
        add_batch(&out, batch, data, size);
        hr_batch_release(batch);
    }
    hr_reader_facts facts;
    hr_position position;
    if (hr_reader_describe(reader, &facts, NULL) == HR_OK)
        snprintf(out.encoding, sizeof out.encoding, "%s", facts.encoding->name);
    hr_reader_position(reader, &position);
    snprintf(out.position, sizeof out.position, "%.*s", (int)position.size, position.bytes);
    hr_reader_close(reader);
    return out;
}

static outcome read_fed(const char *data, size_t size)
{
    hr_reader *reader = NULL;
    cr_assert_eq(hr_reader_new(NULL, &reader, NULL), HR_OK);
    cr_assert_eq(hr_reader_feed(reader, data, size, NULL), HR_OK);
    cr_assert_eq(hr_reader_finish(reader, NULL), HR_OK);
    return read_on(reader, data, size);
}

static outcome read_memory(const char *data, size_t size)
{
    hr_reader *reader = NULL;
    cr_assert_eq(hr_reader_open_memory(data, size, NULL, &reader, NULL), HR_OK);
    return read_on(reader, data, size);
}

/* The same from memory as fed; returns what memory gave. */
static outcome same(const char *text, size_t size)
{
    char *data = malloc(size + (size == 0)); /* of its very size, so that a sanitizer sees a read beyond */
    memcpy(data, text, size);
    outcome fed = read_fed(data, size), memory = read_memory(data, size);
    cr_assert_eq(memory.status, fed.status);
    cr_assert_eq(memory.rows, fed.rows);
    cr_assert_eq(memory.rejected, fed.rejected);
    cr_assert_eq(memory.sum, fed.sum);
    cr_assert_eq(memory.reject_sum, fed.reject_sum);
    cr_assert_eq(memory.end, fed.end);
    cr_assert_str_eq(memory.encoding, fed.encoding);
    cr_assert_str_eq(memory.position, fed.position);
    cr_assert_eq(memcmp(data, text, size), 0);
    free(data);
    return memory;
}

static char text[3000000];

Test(reader_memory, utf8_and_ascii_are_pointed_into)
{
    static const char *const words[] = {"plain", "Zürich", "a,b,c,d", "M\xFCnchen"};
    static const char *const encodings[] = {"ascii", "utf-8", "ascii", "windows-1252"};
    for (size_t i = 0; i < HR_COUNT(words); i++) {
        size_t size = make_rows(text, sizeof text, words[i]);
        outcome got = same(text, size);
        cr_assert_eq(got.status, HR_END);
        cr_assert_str_eq(got.encoding, encodings[i]);
        cr_assert_gt(got.within, 10);
        cr_assert_eq(got.rejected > 0, i == 2);
        if (i != 3) /* a few when the first byte that is not ASCII comes */
            cr_assert_leq(got.without, i == 1 ? 2 : 0);
        else
            cr_assert_gt(got.without, 10);
    }
}

Test(reader_memory, a_byte_order_mark_is_passed_over)
{
    memcpy(text, "\xEF\xBB\xBF", 3);
    size_t size = 3 + make_rows(text + 3, 500000, "Zürich");
    outcome got = same(text, size);
    cr_assert_eq(got.end, size);
    cr_assert_eq(got.without, 0);
}

Test(reader_memory, all_else_is_copied)
{
    static char packed[1000000], wide[400000];
    size_t size = make_rows(text, 900000, "Zürich");
    uLongf packed_size = sizeof packed - 18;
    z_stream z = {.next_in = (Bytef *)text, .avail_in = (uInt)size, .next_out = (Bytef *)packed};
    z.avail_out = sizeof packed;
    cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed_size = z.total_out;
    deflateEnd(&z);
    outcome plain = same(text, size), inflated = same(packed, packed_size);
    cr_assert_eq(inflated.sum, plain.sum);
    cr_assert_eq(inflated.within, 0);
    same(packed, packed_size / 2); /* cut: the rows before, then the error */
    wide[0] = '\xFF';
    wide[1] = '\xFE';
    size = make_rows(text, 190000, "plain");
    for (size_t i = 0; i < size; i++) {
        wide[2 + 2 * i] = text[i];
        wide[3 + 2 * i] = 0;
    }
    outcome decoded = same(wide, 2 + 2 * size);
    cr_assert_eq(decoded.status, HR_END);
    cr_assert_str_eq(decoded.encoding, "utf-16le");
    cr_assert_eq(decoded.within, 0);
}

Test(reader_memory, little_and_nothing)
{
    static const char *const some[] = {
        "", "a", "a,b\n", "a,b\n1,2", "a\r", "\xEF\xBB\xBF", "{\"a\":1}\n{\"a\":2}", "\x1F\x8B"};
    for (size_t i = 0; i < HR_COUNT(some); i++)
        same(some[i], strlen(some[i]));
    cr_assert_eq(read_memory(NULL, 0).status, HR_END);
}

Test(reader_memory, batches_outlive_the_reader)
{
    size_t size = make_rows(text, sizeof text, "Zürich");
    hr_reader *reader = NULL;
    hr_batch *batches[400];
    size_t count = 0;
    cr_assert_eq(hr_reader_open_memory(text, size, NULL, &reader, NULL), HR_OK);
    while (count < HR_COUNT(batches) && hr_reader_next(reader, &batches[count], NULL) == HR_OK)
        count++;
    cr_assert_lt(count, HR_COUNT(batches));
    hr_reader_close(reader);
    outcome kept = {0};
    for (size_t i = 0; i < count; i++) {
        add_batch(&kept, batches[i], text, size);
        hr_batch_release(batches[i]);
    }
    cr_assert_eq(kept.sum, read_memory(text, size).sum);
}

Test(reader_memory, it_is_not_fed)
{
    hr_reader *reader = NULL;
    cr_assert_eq(hr_reader_open_memory("a\n1\n", 4, NULL, &reader, NULL), HR_OK);
    cr_assert_eq(hr_reader_feed(reader, "2\n", 2, NULL), HR_E_STATE);
    cr_assert_eq(hr_reader_finish(reader, NULL), HR_E_STATE);
    hr_reader_close(reader);
}

#ifdef HR_FAULTS
extern long hr_fault_allocations;

/* With the last two of three columns joined. */
static hr_status read_joined(hr_reader *reader, size_t size)
{
    static const uint32_t select[] = {0};
    const char *const *names;
    size_t columns;
    uint32_t joined = 7;
    hr_status status = hr_reader_columns(reader, &names, &columns, NULL);
    if (status == HR_OK)
        status = hr_reader_join(reader, select, 1, &joined, NULL);
    cr_assert_eq(joined, status == HR_OK ? 0 : 7);
    if (status == HR_OK)
        return read_on(reader, text, size).status;
    hr_reader_close(reader);
    return status;
}

static void run_out_of_memory(bool join)
{
    size_t size = make_rows(text, 700000, "Zürich");
    hr_status status = HR_E_MEMORY;
    for (long n = 0; status != HR_END; n++) {
        hr_reader *reader = NULL;
        cr_assert_lt(n, 3000);
        hr_fault_allocations = n;
        status = hr_reader_open_memory(text, size, NULL, &reader, NULL);
        if (status == HR_OK)
            status = join ? read_joined(reader, size) : read_on(reader, text, size).status;
        cr_assert(status == HR_END || status == HR_E_MEMORY);
    }
    hr_fault_allocations = -1;
}

Test(reader_memory, running_out_of_memory_is_an_error_at_every_step)
{
    run_out_of_memory(false);
    run_out_of_memory(true);
}
#endif
