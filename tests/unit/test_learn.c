/* test_learn.c: what stood in unique columns up to any row can be learnt, and given to a reader of the rest. */
#include <criterion/criterion.h>

#include "core/reader/reader.h"
#include "headrace/schema.h"
#include "tests/unit/text.h"

#define ROWS 4000u

static hr_error err;
static hr_schema *schema;

static void make_schema(void)
{
    static const hr_column columns[] = {{.name = "id", .type = HR_TYPE_INT64, .unique = true},
                                        {.name = "name", .type = HR_TYPE_TEXT, .unique = true}};
    cr_assert_eq(hr_schema_new(columns, 2, &schema, &err), HR_OK, "%s", err.text);
}

static void free_schema(void)
{
    hr_schema_free(schema);
}

TestSuite(learn, .init = make_schema, .fini = free_schema);

/* Row `i`: some are of another type, some repeat a number, some a long name. */
static void put_row(text *to, size_t i)
{
    if (i % 37 == 5)
        putf(to, "x,name %zu\n", i);
    else
        putf(to, "%zu,a name that is longer than a key %zu\n", i * 7 % 1501, i % 97 == 3 ? i / 500 : i);
}

static hr_reader *open_reader(const text *input)
{
    hr_options *options = NULL;
    hr_reader *reader = NULL;
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    cr_assert_eq(hr_options_new(table, count, &options, &err), HR_OK);
    cr_assert_eq(hr_options_set(options, "delimiter", ",", &err), HR_OK);
    cr_assert_eq(hr_reader_open_memory(input->data, input->size, options, &reader, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_reader_schema(reader, schema, false, &err), HR_OK, "%s", err.text);
    hr_options_free(options);
    return reader;
}

/* Numbers of the rejected rows, as they are when `more` stand in front of the input. */
static text rejected(hr_reader *reader, uint64_t more)
{
    text out = {0};
    hr_batch *batch;
    hr_status status;
    put(&out, "", 0);
    while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        for (uint64_t i = 0; i < batch->rejected; i++)
            putf(&out, "%llu ", (unsigned long long)(batch->rejects[i].row + more));
        hr_batch_release(batch);
    }
    cr_assert_eq(status, HR_END, "%s", err.text);
    hr_reader_close(reader);
    return out;
}

/* The last number of a list in front of its last `size` bytes. */
static const char *number_before(const text *list, size_t size)
{
    size_t at = list->size - size - 1;
    while (at > 0 && list->data[at - 1] != ' ')
        at--;
    return list->data + at;
}

Test(learn, rest_of_an_input_is_judged_as_by_who_has_read_all)
{
    text input = {0};
    putf(&input, "id,name\n");
    for (size_t i = 0; i < ROWS; i++)
        put_row(&input, i);
    text all = rejected(open_reader(&input), 0);
    cr_assert_gt(all.size, 2000);
    for (size_t from = 1; from < ROWS; from += 211) { /* rows from, from + 1, ... are the rest */
        text rest = {0};
        hr_batch *batch;
        putf(&rest, "id,name\n");
        for (size_t i = from - 1; i < ROWS; i++)
            put_row(&rest, i);
        hr_reader *first = open_reader(&input);
        hr_reader_learn(first, from);
        for (uint64_t next = 1; next < from; hr_batch_release(batch)) {
            cr_assert_eq(hr_reader_next(first, &batch, &err), HR_OK, "%s", err.text);
            next = batch->end_row;
        }
        hr_reader *second = open_reader(&rest);
        hr_reader_know(second, hr_reader_unique(first));
        hr_reader_close(first);
        text said = rejected(second, from - 1);
        cr_assert_leq(said.size, all.size);
        cr_assert_str_eq(said.data, all.data + all.size - said.size, "from row %zu", from);
        uint64_t before = said.size < all.size ? strtoull(number_before(&all, said.size), NULL, 10) : 0;
        cr_assert_lt(before, from, "row %zu is missing", (size_t)before);
        free(said.data);
        free(rest.data);
    }
    free(all.data);
    free(input.data);
}

/* What is given and not used is not lost either (the sanitizer looks). */
Test(learn, knowledge_belongs_to_the_reader)
{
    text input = {0};
    putf(&input, "id,name\n1,a\n1,b\n");
    hr_reader *first = open_reader(&input), *second = open_reader(&input);
    hr_batch *batch;
    hr_reader_learn(first, 2);
    cr_assert_eq(hr_reader_next(first, &batch, &err), HR_OK);
    cr_assert_eq(batch->rejected, 0); /* the second row was not looked at */
    hr_batch_release(batch);
    hr_reader_know(second, hr_reader_unique(first));
    hr_reader_close(first);
    text said = rejected(second, 0);
    cr_assert_str_eq(said.data, "1 2 ");
    free(said.data);
    free(input.data);
}
