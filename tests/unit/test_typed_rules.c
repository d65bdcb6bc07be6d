/* test_typed_rules.c: a reader with a schema: columns that are unique, rules, numbers of JSON, required columns, and
 * schemas that cannot be. */
#include <inttypes.h>
#include <stdio.h>

#include "headrace/schema.h"
#include "tests/unit/readings.h"

typedef struct seen {
    size_t rows;
    text rejects;
    uint64_t skipped;
} seen;

static void take_seen(void *context, hr_batch *batch)
{
    seen *s = context;
    s->rows += batch->rows;
    s->skipped += batch->skipped;
    for (size_t i = 0; i < batch->rejected; i++)
        putf(&s->rejects, "%" PRIu64 ":%s:%" PRId64 ":column '%s': %s\n", batch->rejects[i].row,
             hr_reject_kind_name(batch->rejects[i].kind), (int64_t)batch->rejects[i].column,
             batch->rejects[i].column_name, batch->rejects[i].message);
}

static seen read_with(const char *input, const hr_column *list, size_t count, const reading *how)
{
    seen s = {0};
    hr_schema *schema;
    hr_error err;
    hr_reader *reader = make_reader(how);
    text whole = {.data = (char *)input, .size = strlen(input)};
    cr_assert_eq(hr_schema_new(list, count, &schema, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_reader_schema(reader, schema, false, &err), HR_OK, "%s", err.text);
    hr_schema_free(schema);
    put(&s.rejects, "", 0);
    read_all(reader, how, &whole, take_seen, &s);
    hr_reader_close(reader);
    return s;
}

#define CSV (&(const reading){.format = "csv"})

static void expect(const char *input, const hr_column *list, size_t count, const reading *how, size_t rows,
                   const char *rejects)
{
    seen s = read_with(input, list, count, how);
    cr_assert_str_eq(s.rejects.data, rejects);
    cr_assert_eq(s.rows, rows, "%zu rows", s.rows);
    free(s.rejects.data);
}

Test(typed_rules, unique_values_come_once)
{
    const hr_column list[] = {{.name = "a", .type = HR_TYPE_INT64, .unique = true},
                              {.name = "b", .type = HR_TYPE_TEXT, .unique = true}};
    static const char *const why = "it stood in an earlier row, and the column is unique";
    char expected[1024];
    /* Row 3 was rejected for its a, so its b may come again; nulls are not compared; 0 and empty texts are values. */
    snprintf(expected, sizeof expected,
             "3:E_CHECK:1:column 'a': '1': %s\n5:E_CHECK:2:column 'b': 'x': %s\n9:E_CHECK:1:column 'a': '+0': %s\n"
             "11:E_CHECK:2:column 'b': '': %s\n13:E_CHECK:2:column 'b': 'a text that is longer than a key': %s\n",
             why, why, why, why, why);
    expect(
        "a,b\n1,x\n2,y\n1,z\n3,z\n4,x\n,\n,\n0,o\n+0,p\n5,\"\"\n6,\"\"\n7,a text that is longer than a key\n8,a text that is longer than a key\n",
        list, 2, CSV, 8, expected);
    expect(
        "a,b\n1,x\n2,y\n1,z\n3,z\n4,x\n,\n,\n0,o\n+0,p\n5,\"\"\n6,\"\"\n7,a text that is longer than a key\n8,a text that is longer than a key\n",
        list, 2, &(const reading){.format = "csv", .threads = "3", .block = 10}, 8, expected);
}

Test(typed_rules, unique_values_have_a_limit_that_says_its_name)
{
    const hr_column list[] = {{.name = "a", .type = HR_TYPE_INT64, .unique = true},
                              {.name = "b", .type = HR_TYPE_TEXT}};
    text input = {0};
    put(&input, "a,b\n", 4);
    for (int i = 0; i < 20000; i++)
        putf(&input, "%d,\n", i);
    const char *const pairs[][2] = {{"limits.unique", "128Ki"}};
    hr_reader *reader = reader_with(pairs, 1);
    hr_schema *schema;
    hr_batch *batch;
    hr_error err;
    cr_assert_eq(hr_schema_new(list, 2, &schema, &err), HR_OK);
    cr_assert_eq(hr_reader_schema(reader, schema, false, &err), HR_OK);
    feed_all(reader, input.data, input.size);
    hr_status status;
    while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK)
        hr_batch_release(batch);
    cr_assert_eq(status, HR_E_LIMIT);
    cr_assert(strstr(err.text, "limits.unique"), "%s", err.text);
    hr_schema_free(schema);
    hr_reader_close(reader);
    free(input.data);
}

Test(typed_rules, rules_say_what_they_want)
{
    static const char *const few[] = {"1.5", "2"};
    const hr_column list[] = {
        {.name = "n", .type = HR_TYPE_FLOAT64, .min = "1", .max = "1e1"},
        {.name = "d", .type = HR_TYPE_DECIMAL, .precision = 5, .scale = 2, .one_of = few, .one_of_count = 2},
        {.name = "t", .type = HR_TYPE_TEXT, .min = "2", .max = "3", .pattern = "^.[a-z]"},
        {.name = "w", .type = HR_TYPE_DATE, .min = "2024-01-01", .required = true}};
    expect(
        "n,d,t,w\n1,1.50,\xC3\xA9\x62,2024-01-01\n10,2.0,abc,2025-01-01\n0.999,2,ab,2024-01-01\n11,2,ab,2024-01-01\nNaN,2,ab,2024-01-01\n"
        "1,1.51,ab,2024-01-01\n1,2,a,2024-01-01\n1,2,abcd,2024-01-01\n1,2,\"12\",2024-01-01\n1,2,ab,2023-12-31\n1,2,ab,\n1,123456,ab,2024-01-01\n",
        list, 4, CSV, 2,
        "3:E_CHECK:1:column 'n': '0.999': it is below the least, 1\n4:E_CHECK:1:column 'n': '11': it is above the most, 1e1\n"
        "5:E_CHECK:1:column 'n': 'NaN': it is below the least, 1\n6:E_CHECK:2:column 'd': '1.51': it is none of the 2 values that are allowed\n"
        "7:E_CHECK:3:column 't': 'a': it is shorter than the least, 2\n8:E_CHECK:3:column 't': 'abcd': it is longer than the most, 3\n"
        "9:E_CHECK:3:column 't': '12': it does not match ^.[a-z]\n10:E_CHECK:4:column 'w': '2023-12-31': it is below the least, 2024-01-01\n"
        "11:E_CHECK:4:column 'w': there is no value, and one is required\n"
        "12:E_TYPE:2:column 'd': '123456' is no decimal(5,2): it has more digits than the column's precision allows\n");
}

Test(typed_rules, numbers_of_json_may_be_strings_and_texts_may_be_anything)
{
    const hr_column list[] = {{.name = "n", .type = HR_TYPE_INT64},
                              {.name = "t", .type = HR_TYPE_TEXT},
                              {.name = "b", .type = HR_TYPE_BOOL},
                              {.name = "j", .type = HR_TYPE_JSON}};
    expect(
        "{\"n\":9007199254740993,\"t\":\"x\",\"b\":true,\"j\":{\"a\":1}}\n{\"n\":\"12\",\"t\":12.50,\"b\":\"no\",\"j\":\"s\"}\n"
        "{\"n\":null,\"t\":[1,2],\"b\":0}\n{\"n\":1.0,\"t\":\"\",\"b\":false,\"j\":null}\n{\"n\":1e2}\n{\"n\":true}\n{\"n\":\"\"}\n{\"t\":\"\\u00e9\",\"b\":\"maybe\"}\n",
        list, 4, &(const reading){.format = "ndjson"}, 3,
        "4:E_TYPE:1:column 'n': '1.0' is no int64: a whole number has digits only\n5:E_TYPE:1:column 'n': '1e2' is no int64: a whole number has digits only\n"
        "6:E_TYPE:1:column 'n': 'true' is no int64: a whole number has digits only\n7:E_TYPE:1:column 'n': '' is no int64: there are no digits\n"
        "8:E_TYPE:3:column 'b': 'maybe' is no bool: neither true nor false, yes nor no, on nor off, 1 nor 0\n");
}

Test(typed_rules, a_required_column_must_be_there)
{
    const hr_column missing[] = {{.name = "b", .type = HR_TYPE_INT64, .required = true}};
    hr_schema *schema;
    hr_error err;
    hr_batch *batch;
    hr_reader *reader = make_reader(CSV);
    cr_assert_eq(hr_schema_new(missing, 1, &schema, &err), HR_OK);
    cr_assert_eq(hr_reader_schema(reader, schema, true, &err), HR_OK);
    cr_assert_eq(hr_reader_feed(reader, "a\n1\n", 4, &err), HR_OK);
    cr_assert_eq(hr_reader_finish(reader, &err), HR_OK);
    cr_assert_eq(hr_reader_next(reader, &batch, &err), HR_E_CHANGED);
    cr_assert(strstr(err.text, "'b'"), "%s", err.text);
    hr_schema_free(schema);
    hr_reader_close(reader);
    /* A schema of another input, or this one misread. */
    const hr_column strange[] = {{.name = "b", .type = HR_TYPE_INT64}, {.name = "c", .type = HR_TYPE_INT64}};
    reader = make_reader(CSV);
    cr_assert_eq(hr_schema_new(strange, 2, &schema, &err), HR_OK);
    cr_assert_eq(hr_reader_schema(reader, schema, true, &err), HR_OK);
    cr_assert_eq(hr_reader_feed(reader, "a\n1\n", 4, &err), HR_OK);
    cr_assert_eq(hr_reader_finish(reader, &err), HR_OK);
    cr_assert_eq(hr_reader_next(reader, &batch, &err), HR_E_CHANGED);
    cr_assert(strstr(err.text, "none of the columns"), "%s", err.text);
    hr_schema_free(schema);
    hr_reader_close(reader);
}

Test(typed_rules, schemas_that_cannot_be_are_refused)
{
    static const char *const one[] = {"x"};
    const struct {
        hr_column column;
        const char *says;
    } wrong[] = {{{.name = "", .type = HR_TYPE_TEXT}, "no name"},
                 {{.name = "a", .type = HR_TYPE_DECIMAL}, "1 to 38"},
                 {{.name = "a", .type = HR_TYPE_DECIMAL, .precision = 39}, "1 to 38"},
                 {{.name = "a", .type = HR_TYPE_DECIMAL, .precision = 3, .scale = 4}, "scale"},
                 {{.name = "a", .type = HR_TYPE_INT64, .precision = 3}, "only decimals"},
                 {{.name = "a", .type = HR_TYPE_DATE, .zoned = true}, "only timestamps"},
                 {{.name = "a", .type = HR_TYPE_INT64, .min = "x"}, "min is 'x'"},
                 {{.name = "a", .type = HR_TYPE_INT64, .min = "2", .max = "1"}, "above max"},
                 {{.name = "a", .type = HR_TYPE_TEXT, .min = "-1"}, "not negative"},
                 {{.name = "a", .type = HR_TYPE_UUID, .min = "1"}, "a uuid has no min"},
                 {{.name = "a", .type = HR_TYPE_FLOAT64, .max = "NaN"}, "NaN"},
                 {{.name = "a", .type = HR_TYPE_TEXT, .pattern = "("}, "no regular expression"},
                 {{.name = "a", .type = HR_TYPE_DATE, .one_of = one, .one_of_count = 1}, "one_of has 'x'"},
                 {{.name = "a", .type = HR_TYPE_TEXT, .one_of = one}, "allows nothing"},
                 {{.name = "a", .type = (hr_type)77}, "no type"}};
    hr_schema *schema;
    hr_error err;
    for (size_t i = 0; i < HR_COUNT(wrong); i++) {
        cr_assert_eq(hr_schema_new(&wrong[i].column, 1, &schema, &err), HR_E_INVALID, "%zu", i);
        cr_assert(strstr(err.text, wrong[i].says), "%s", err.text);
    }
    const hr_column twice[] = {{.name = "a"}, {.name = "b"}, {.name = "a"}};
    cr_assert_eq(hr_schema_new(twice, 3, &schema, &err), HR_E_INVALID);
    cr_assert(strstr(err.text, "'a' twice"), "%s", err.text);
}
