/* test_ndjson_memory.c: running out of memory anywhere in NDJSON and documents is an error, and nothing leaks; what
 * comes after it is whole. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/json/json.h"
#include "core/reader/reader.h"
#include "tests/unit/support.h"

/* Lines of every kind: columns to be found, damage, a long line, another encoding. */
static size_t make_lines(char *room, size_t size)
{
    size_t used = 0;
    for (int i = 0; used + 400 < size; i++) {
        used += (size_t)sprintf(room + used, "{\"id\":%d,\"a%d\":{\"b\":[1,\"\\u00e9\"]},\"id\":2}\n", i, i % 40);
        if (i % 17 == 0)
            used += (size_t)sprintf(room + used, "{\"id\":\"%0200d\n\n[7]\n{\"z\":\"caf\xE9\"}\n", 7);
    }
    return used;
}

static hr_reader *open_lines(const char *text, size_t size, const char *const (*with)[2], size_t count)
{
    hr_reader *reader = reader_with(with, count);
    feed_all(reader, text, size);
    return reader;
}

Test(ndjson_memory, all_of_the_lines_are_accounted_for)
{
    static char text[12000];
    size_t size = make_lines(text, sizeof text), lines = 0;
    static const char *const with[][2] = {{"encoding", "utf-8"}, {"limits.row_bytes", "150"}};
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    hr_reader *reader = open_lines(text, size, with, 2);
    hr_batch *batch;
    uint64_t read = 0, rejected = 0, skipped = 0, repeated = 0;
    while (hr_reader_next(reader, &batch, NULL) == HR_OK) {
        read += batch->read;
        rejected += batch->rejected;
        skipped += batch->skipped;
        repeated += batch->repeated;
        hr_batch_release(batch);
    }
    hr_reader_close(reader);
    cr_assert_eq(read, lines);
    cr_assert_eq(rejected % 3, 0); /* too long, no object, not UTF-8 */
    cr_assert_eq(skipped, rejected / 3);
    cr_assert_eq(repeated, read - rejected - skipped);
}

#ifdef HR_FAULTS
extern long hr_fault_allocations;

static bool struck(void)
{
    bool was = __atomic_load_n(&hr_fault_allocations, __ATOMIC_RELAXED) < 0;
    __atomic_store_n(&hr_fault_allocations, -1, __ATOMIC_RELAXED);
    return was;
}

Test(ndjson_memory, running_out_of_memory_is_an_error_at_every_step)
{
    static char text[12000];
    static const char *const ways[][4][2] = {
        {{"encoding", "utf-8"}, {"limits.row_bytes", "150"}, {"format", "auto"}, {"offsets", "yes"}},
        {{"encoding", "utf-8"}, {"encoding_fallback", "windows-1252"}, {"columns", "id,/a1/b"}, {"threads", "2"}},
        {{"encoding", "windows-1252"}, {"format", "ndjson"}, {"members", "reject"}, {"limits.row_bytes", "150"}},
    };
    size_t size = make_lines(text, sizeof text);
    for (size_t w = 0; w < HR_COUNT(ways); w++) {
        bool more = true;
        for (long n = 0; more; n++) {
            hr_error err;
            hr_batch *batch;
            hr_status status;
            hr_reader *reader = open_lines(text, size, ways[w], 4);
            cr_assert_lt(n, 3000);
            hr_fault_allocations = n;
            while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK)
                hr_batch_release(batch);
            more = struck();
            cr_assert(status == HR_END || (more && status == HR_E_MEMORY), "allocation %ld: %s", n, err.text);
            hr_reader_close(reader);
        }
    }
}

Test(ndjson_memory, a_document_without_memory_is_an_error)
{
    static char text[20000];
    size_t used = (size_t)sprintf(text, "[0");
    for (int i = 0; i < 500; i++)
        used += (size_t)sprintf(text + used, ",{\"k%d\":\"v\"}", i);
    used += (size_t)sprintf(text + used, "]");
    bool more = true;
    for (long n = 0; more; n++) {
        hr_json_document *document = NULL;
        hr_error err;
        hr_fault_allocations = n;
        hr_status status = hr_json_parse(text, used, NULL, &document, &err);
        more = struck();
        cr_assert_eq(status, more ? HR_E_MEMORY : HR_OK);
        cr_assert_eq(document == NULL, more);
        hr_json_free(document);
    }
}
#endif
