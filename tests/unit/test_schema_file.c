/* test_schema_file.c: schema files: what is right reads back as it was written, what is wrong is said with its place.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/base.h"
#include "core/rows/schema_diff.h"
#include "headrace/schema.h"

static const char full[] =
    "{\"columns\": [\n"
    "  {\"name\": \"order_id\", \"type\": \"int64\", \"required\": true, \"unique\": true},\n"
    "  {\"name\": \"placed\", \"type\": \"timestamp\", \"zone\": true},\n"
    "  {\"name\": \"amount\", \"type\": \"decimal\", \"precision\": 12, \"scale\": 2, \"min\": \"0\"},\n"
    "  {\"name\": \"state \\\"\xC3\xA9\\u000a\", \"type\": \"text\", \"max\": \"9\", \"pattern\": "
    "\"^[a-z]+$\", \"one_of\": [\"new\", \"paid\"]}\n"
    "]}\n";

Test(schema_file, what_is_written_reads_back_the_same)
{
    hr_schema *schema, *again;
    hr_error err;
    char *text, *second;
    size_t count;
    cr_assert_eq(hr_schema_parse(full, sizeof full - 1, &schema, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_schema_write(schema, &text, &err), HR_OK);
    cr_expect_str_eq(text, full);
    cr_assert_eq(hr_schema_parse(text, strlen(text), &again, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_schema_write(again, &second, &err), HR_OK);
    cr_expect_str_eq(text, second);
    const hr_column *columns = hr_schema_columns(schema, &count);
    cr_assert_eq(count, 4);
    cr_expect(columns[0].required && columns[0].unique && !columns[1].required);
    cr_expect(columns[1].zoned);
    cr_expect_eq(columns[2].precision, 12);
    cr_expect_eq(columns[2].scale, 2);
    cr_expect_str_eq(columns[2].min, "0");
    cr_expect_eq(columns[3].one_of_count, 2);
    cr_expect_str_eq(columns[3].one_of[1], "paid");
    hr_text_free(text);
    hr_text_free(second);
    hr_schema_free(schema);
    hr_schema_free(again);
}

Test(schema_file, numbers_may_stand_without_quotes)
{
    static const char text[] =
        "{\"columns\":[{\"name\":\"a\",\"type\":\"int64\",\"min\":-5,\"max\":\"7\",\"one_of\":[1,\"2\"]}]}";
    hr_schema *schema;
    hr_error err;
    size_t count;
    cr_assert_eq(hr_schema_parse(text, sizeof text - 1, &schema, &err), HR_OK, "%s", err.text);
    const hr_column *column = hr_schema_columns(schema, &count);
    cr_expect_str_eq(column->min, "-5");
    cr_expect_str_eq(column->max, "7");
    cr_expect_str_eq(column->one_of[0], "1");
    hr_schema_free(schema);
}

Test(schema_file, no_columns_are_a_schema)
{
    hr_schema *schema;
    hr_error err;
    char *text;
    cr_assert_eq(hr_schema_parse("{\"columns\":[]}", 14, &schema, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_schema_write(schema, &text, &err), HR_OK);
    cr_expect_str_eq(text, "{\"columns\": []}\n");
    hr_text_free(text);
    hr_schema_free(schema);
}

/* The text is wrong in that place, and is said to be so in these words. */
static void wrong(const char *text, uint64_t line, uint64_t column, const char *words)
{
    hr_schema *schema = NULL;
    hr_error err;
    cr_expect_eq(hr_schema_parse(text, strlen(text), &schema, &err), HR_E_INVALID, "%s", text);
    cr_expect(strstr(err.text, words) != NULL, "%s: '%s' has not '%s'", text, err.text, words);
    cr_expect_eq(err.line, line, "%s: line %" PRIu64, text, err.line);
    cr_expect_eq(err.column, column, "%s: column %" PRIu64, text, err.column);
    cr_expect_null(schema);
}

#define ONE(members) "{\"columns\": [\n{\"name\": \"a\", " members "}]}"

Test(schema_file, what_is_wrong_has_its_place_and_what_would_be_right)
{
    wrong("", 1, 1, "");
    wrong("{\"columns\": [\n{\"name\": }]}", 2, 10, "");
    wrong("[]", 1, 1, "{\"columns\": [...]}");
    wrong("{\"column\": []}", 1, 1, "{\"columns\": [...]}");
    wrong("{\"columns\": {}}", 1, 13, "{\"columns\": [...]}");
    wrong("{\"columns\": [], \"x\": 1}", 1, 22, "no 'x'");
    wrong("{\"columns\": [\n 5]}", 2, 2, "column 1 of the schema must be an object");
    wrong("{\"columns\": [\n{\"type\": \"text\"}]}", 2, 1, "column 1 of the schema has no 'name'");
    wrong("{\"columns\": [\n{\"name\": \"\", \"type\": \"text\"}]}", 2, 10, "the name of a column");
    wrong("{\"columns\": [\n{\"name\": 5, \"type\": \"text\"}]}", 2, 10, "name must be a string, not 5");
    wrong(ONE("\"type\": \"varchar\""), 2, 23,
          "column 1 ('a') of the schema: there is no type 'varchar'; did you mean text?");
    wrong(ONE("\"type\": \"int46\""), 2, 23, "did you mean int64?");
    wrong(ONE("\"type\": \"struct\""), 2, 23, "the types are text, bool");
    wrong(ONE("\"unique\": true"), 2, 1, "has no 'type'");
    wrong(ONE("\"type\": \"text\", \"requird\": true"), 2, 42, "did you mean 'required'?");
    wrong(ONE("\"type\": \"text\", \"enum\": [\"a\"]"), 2, 39, "did you mean 'one_of'?");
    wrong(ONE("\"type\": \"text\", \"colour\": 1"), 2, 41, "a column has name, type");
    wrong(ONE("\"type\": \"text\", \"required\": \"yes\""), 2, 43, "required must be true or false, not \"yes\"");
    wrong(ONE("\"type\": \"int64\", \"precision\": 5"), 2, 45, "only a decimal has 'precision', this is an int64");
    wrong(ONE("\"type\": \"decimal\""), 2, 1, "needs a 'precision'");
    wrong(ONE("\"type\": \"decimal\", \"precision\": 39"), 2, 47, "up to 38, not 39");
    wrong(ONE("\"type\": \"decimal\", \"precision\": 2.5"), 2, 47, "not 2.5");
    wrong(ONE("\"type\": \"decimal\", \"precision\": 4, \"scale\": 5"), 2, 59, "more than 4 in all");
    wrong(ONE("\"type\": \"date\", \"zone\": true"), 2, 39, "only a timestamp has 'zone', this is a date");
    wrong(ONE("\"type\": \"text\", \"one_of\": []"), 2, 41, "an array of the values that are allowed");
    wrong(ONE("\"type\": \"text\", \"one_of\": [null]"), 2, 42, "a string or a number, not null");
    wrong(ONE("\"type\": \"text\", \"pattern\": \"(\""), 2, 1, "pattern");
    wrong(ONE("\"type\": \"int64\", \"min\": 5, \"max\": 4"), 2, 1, "min");
    wrong(ONE("\"type\": \"int64\", \"min\": \"x\""), 2, 1, "min");
    wrong(ONE("\"type\": \"text\", \"type\": \"text\""), HR_UNKNOWN, HR_UNKNOWN, "twice in one object");
    wrong("{\"columns\": [{\"name\": \"a\\u0000b\", \"type\": \"text\"}]}", 1, 23, "without \\u0000");
    wrong("{\"columns\": [\n{\"name\": \"a\", \"type\": \"text\"},\n{\"name\": \"b\", \"type\": \"text\"},\n"
          " {\"name\": \"a\", \"type\": \"text\"}]}",
          4, 2, "has a column 'a' already");
}

Test(schema_file, a_file_is_named_in_its_errors)
{
    char path[] = "/tmp/hr-schema-XXXXXX";
    int fd = mkstemp(path);
    hr_schema *schema;
    hr_error err;
    cr_assert(fd >= 0 && write(fd, full, sizeof full - 1) == (ssize_t)sizeof full - 1);
    cr_assert_eq(hr_schema_read(path, &schema, &err), HR_OK, "%s", err.text);
    hr_schema_free(schema);
    cr_assert(write(fd, "x", 1) == 1);
    close(fd);
    cr_assert_eq(hr_schema_read(path, &schema, &err), HR_E_INVALID);
    cr_expect_str_eq(err.origin, path);
    cr_expect_eq(err.line, 7);
    unlink(path);
    cr_assert_eq(hr_schema_read(path, &schema, &err), HR_E_NOT_FOUND);
    cr_assert_eq(hr_schema_read("/tmp", &schema, NULL), HR_E_IO);
}

Test(schema_file, differences_are_found_by_name)
{
    static const char now[] =
        "{\"columns\": [{\"name\": \"new\", \"type\": \"text\"}, {\"name\": \"amount\", \"type\": \"decimal\", "
        "\"precision\": 14, \"scale\": 2, \"min\": \"0\"},\n{\"name\": \"order_id\", \"type\": \"int64\", "
        "\"required\": true, \"unique\": true}, {\"name\": \"placed\", \"type\": \"timestamp\"}]}";
    hr_schema *before, *after;
    hr_schema_change *changes;
    hr_error err;
    size_t count;
    char text[100];
    cr_assert_eq(hr_schema_parse(full, sizeof full - 1, &before, &err), HR_OK);
    cr_assert_eq(hr_schema_parse(now, sizeof now - 1, &after, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_schema_diff(before, after, &changes, &count, &err), HR_OK);
    cr_assert_eq(count, 4);
    cr_expect(changes[0].before == NULL && !strcmp(changes[0].now->name, "new"));
    cr_expect_str_eq(changes[1].now->name, "amount");
    hr_column_text(changes[1].now, text, sizeof text);
    cr_expect_str_eq(text, "decimal(14,2), min 0");
    hr_column_text(changes[2].before, text, sizeof text);
    cr_expect_str_eq(text, "timestamp with zone");
    cr_expect(changes[3].now == NULL && changes[3].before->pattern != NULL);
    hr_free(changes);
    cr_assert_eq(hr_schema_diff(before, before, &changes, &count, &err), HR_OK);
    cr_expect_eq(count, 0);
    hr_free(changes);
    hr_schema_free(before);
    hr_schema_free(after);
}

#ifdef HR_FAULTS
extern long hr_fault_allocations;

/* Every allocation fails once: an error comes, nothing leaks, nothing crashes. */
Test(schema_file, running_out_of_memory_is_an_error_at_every_step)
{
    bool finished = false;
    for (long n = 0; !finished; n++) {
        hr_error err;
        hr_schema *schema = NULL, *again = NULL;
        hr_schema_change *changes = NULL;
        char *text = NULL;
        size_t count;
        cr_assert_lt(n, 5000);
        hr_fault_allocations = n;
        hr_status status = hr_schema_parse(full, sizeof full - 1, &schema, &err);
        if (status == HR_OK)
            status = hr_schema_write(schema, &text, &err);
        if (status == HR_OK)
            status = hr_schema_parse(text, strlen(text), &again, &err);
        if (status == HR_OK)
            status = hr_schema_diff(schema, again, &changes, &count, &err);
        finished = hr_fault_allocations >= 0;
        hr_fault_allocations = -1;
        cr_assert(status == HR_OK || status == HR_E_MEMORY, "allocation %ld: %s", n, err.text);
        cr_assert(!finished || status == HR_OK);
        hr_free(changes);
        hr_text_free(text);
        hr_schema_free(schema);
        hr_schema_free(again);
    }
}
#endif
