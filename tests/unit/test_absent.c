/* test_absent.c: columns of a schema that no row has are known, whatever the language and the number of threads. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/reader/reader.h"
#include "headrace/schema.h"
#include "tests/unit/support.h"

static const hr_column columns[] = {{.name = "id", .type = HR_TYPE_INT64},
                                    {.name = "note", .type = HR_TYPE_TEXT},
                                    {.name = "day", .type = HR_TYPE_DATE}};

static hr_reader *open_text(const char *text, size_t size, const char *threads)
{
    const char *const pairs[][2] = {{"threads", threads}};
    hr_options *options = reader_options(pairs, 1);
    hr_reader *reader;
    hr_schema *schema;
    cr_assert_eq(hr_reader_open_memory(text, size, options, &reader, NULL), HR_OK);
    cr_assert_eq(hr_schema_new(columns, 3, &schema, NULL), HR_OK);
    cr_assert_eq(hr_reader_schema(reader, schema, false, NULL), HR_OK);
    hr_schema_free(schema);
    hr_options_free(options);
    return reader;
}

/* The absent columns at the end as letters: "nd". */
static const char *absent_of(const char *text, size_t size, const char *threads, uint64_t *rows)
{
    static char letters[4];
    hr_reader *reader = open_text(text, size, threads);
    hr_batch *batch;
    hr_status status;
    hr_reader_facts facts;
    size_t count = 0;
    cr_assert_not(hr_reader_absent(reader, 1));
    while ((status = hr_reader_next(reader, &batch, NULL)) == HR_OK)
        hr_batch_release(batch);
    cr_assert_eq(status, HR_END);
    for (size_t i = 0; i < 3; i++)
        if (hr_reader_absent(reader, i))
            letters[count++] = columns[i].name[0];
    letters[count] = 0;
    cr_assert_not(hr_reader_absent(reader, 3));
    cr_assert_eq(hr_reader_describe(reader, &facts, NULL), HR_OK);
    cr_assert_eq(facts.absent_count, count);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(facts.absent[i][0], letters[i]);
    if (rows)
        *rows = facts.typed_rows;
    hr_reader_close(reader);
    return letters;
}

static const char *absent(const char *text)
{
    return absent_of(text, strlen(text), "1", NULL);
}

Test(absent, csv_has_the_columns_of_its_header)
{
    cr_assert_str_eq(absent("id,x\n1,2\n"), "nd");
    cr_assert_str_eq(absent("note,id\n,1\n"), "d");
    cr_assert_str_eq(absent("day,note,id\n,,\n"), "");
    cr_assert_str_eq(absent("id,x\n"), "nd");
}

Test(absent, ndjson_has_the_members_of_its_records)
{
    cr_assert_str_eq(absent("{\"id\":1}\n{\"id\":2}\n"), "nd");
    cr_assert_str_eq(absent("{\"id\":1}\n{\"id\":2,\"note\":null}\n"), "d");
    cr_assert_str_eq(absent("{\"id\":1}\n{\"id\":2,\"Day\":\"2026-01-01\"}\n"), "nd");
    cr_assert_str_eq(absent("{\"id\":1}\n{\"id\":2,\"day\":\"2026-01-01\",\"note\":\"\"}\n"), "");
    cr_assert_str_eq(absent("{\"id\":1}\n{\"id\":\"x\",\"day\":\"2026-01-01\"}\n"), "nd"); /* a reject is no row */
}

Test(absent, one_record_among_many_is_enough_for_any_number_of_threads)
{
    const size_t records = 200000;
    for (size_t at = 0; at <= records; at += records / 2) {
        char *text = malloc(records * 40), *end = text;
        for (size_t i = 0; i < records; i++)
            end += sprintf(end, i == at ? "{\"id\":%zu,\"note\":\"x\"}\n" : "{\"id\":%zu}\n", i);
        for (size_t threads = 1; threads <= 3; threads += 2) {
            uint64_t rows = 0;
            const char *letters = absent_of(text, (size_t)(end - text), threads == 1 ? "1" : "3", &rows);
            cr_assert_str_eq(letters, at < records ? "d" : "nd");
            cr_assert_eq(rows, records);
        }
        free(text);
    }
}
