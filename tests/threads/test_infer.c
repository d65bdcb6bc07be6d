/* test_infer.c: types inferred by several threads are those that one finds, and the examples too. For the thread
 * sanitizer: its own main. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reader/infer.h"
#include "core/reader/reader.h"
#include "tests/threads/require.h"

enum { ROWS = 60000 };

static hr_reader *open_rows(const char *threads, const char *text, size_t size)
{
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    hr_options *options;
    hr_reader *reader;
    REQUIRE(hr_options_new(table, count, &options, NULL) == HR_OK);
    REQUIRE(hr_options_set(options, "threads", threads, NULL) == HR_OK);
    REQUIRE(hr_reader_new(options, &reader, NULL) == HR_OK);
    hr_options_free(options);
    hr_reader_block(reader, 20000);
    REQUIRE(hr_reader_feed(reader, text, size, NULL) == HR_OK);
    REQUIRE(hr_reader_finish(reader, NULL) == HR_OK);
    return reader;
}

static void many_threads_find_what_one_finds(const char *text, size_t size)
{
    const hr_infer *alone, *together;
    size_t count, other;
    hr_reader *one = open_rows("1", text, size), *many = open_rows("4", text, size);
    REQUIRE(hr_reader_gather(one, &alone, NULL, NULL) == HR_OK);
    REQUIRE(hr_reader_gather(many, &together, NULL, NULL) == HR_OK);
    REQUIRE(hr_infer_rows(alone) == ROWS && hr_infer_rows(together) == ROWS);
    const hr_infer_column *a = hr_infer_columns(alone, &count), *b = hr_infer_columns(together, &other);
    REQUIRE(count == other);
    for (size_t i = 0; i < count; i++) {
        REQUIRE(!memcmp(a[i].facts.counts, b[i].facts.counts, sizeof a[i].facts.counts));
        REQUIRE(a[i].facts.int_min == b[i].facts.int_min && a[i].facts.int_max == b[i].facts.int_max);
        for (size_t kind = 0; kind < HR_CLASSES; kind++)
            REQUIRE(a[i].examples[kind].row == b[i].examples[kind].row &&
                    a[i].examples[kind].line == b[i].examples[kind].line);
    }
    hr_reader_close(one);
    hr_reader_close(many);
}

static void a_reader_is_closed_in_the_middle(const char *text, size_t size)
{
    const hr_infer *infer;
    hr_reader *reader = open_rows("4", text, size);
    hr_reader_interrupt(reader);
    REQUIRE(hr_reader_gather(reader, &infer, NULL, NULL) == HR_E_INTERRUPTED);
    hr_reader_close(reader);
}

int main(void)
{
    char *text = malloc((size_t)ROWS * 64), *to = text + sprintf(text, "id,amount,word,odd\n");
    REQUIRE(text);
    for (unsigned i = 0; i < ROWS; i++)
        to += sprintf(to, "%u,%u.%02u,word %u,%s\n", i, i % 977, i % 100, i,
                      i == 31000   ? "2024-01-01"
                      : i == 47000 ? "1.5"
                      : i == 47001 ? "x"
                      : i % 5      ? "7"
                                   : "");
    many_threads_find_what_one_finds(text, (size_t)(to - text));
    a_reader_is_closed_in_the_middle(text, (size_t)(to - text));
    free(text);
    puts("2 passed, 0 failed");
    return 0;
}
