/* test_rejects.c: which column a reject blames, by number, name and value. */
#include <criterion/criterion.h>

#include "core/reader/reader.h"
#include "headrace/schema.h"
#include "tests/unit/text.h"

static hr_error err;

/* "KIND column name value" of each reject; an unknown number, name or value is "-", a value that was cut ends in "...".
 */
static void say(text *out, const hr_batch *batch)
{
    for (uint64_t i = 0; i < batch->rejected; i++) {
        const hr_reject *r = &batch->rejects[i];
        char number[24] = "-";
        if (r->column != HR_UNKNOWN)
            snprintf(number, sizeof number, "%llu", (unsigned long long)r->column);
        putf(out, "%s%s %s %s ", out->size ? "; " : "", hr_reject_kind_name(r->kind) + 2, number,
             r->column_name ? r->column_name : "-");
        cr_assert_leq(r->value_size, HR_REJECT_VALUE_MAX);
        if (r->value)
            put(out, (const char *)r->value, r->value_size);
        putf(out, "%s%s", r->value ? "" : "-", r->value_cut ? "..." : "");
    }
}

typedef struct reading {
    const char *options[9]; /* key, value, ..., NULL */
    hr_schema *schema;
    size_t step; /* of what is fed at a time; 0: memory */
} reading;

static hr_reader *open_reader(const reading *how, const text *input)
{
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    hr_options *options = NULL;
    hr_reader *reader = NULL;
    cr_assert_eq(hr_options_new(table, count, &options, &err), HR_OK);
    for (size_t i = 0; how->options[i]; i += 2)
        cr_assert_eq(hr_options_set(options, how->options[i], how->options[i + 1], &err), HR_OK, "%s", err.text);
    hr_status status = how->step
                           ? hr_reader_new(options, &reader, &err)
                           : hr_reader_open_memory((const uint8_t *)input->data, input->size, options, &reader, &err);
    cr_assert_eq(status, HR_OK, "%s", err.text);
    if (how->schema)
        cr_assert_eq(hr_reader_schema(reader, how->schema, false, &err), HR_OK, "%s", err.text);
    hr_options_free(options);
    return reader;
}

static text blamed(const reading *how, const text *input)
{
    hr_reader *reader = open_reader(how, input);
    text out = {0};
    size_t fed = 0;
    put(&out, "", 0);
    for (hr_status status = HR_OK; status != HR_END;) {
        hr_batch *batch;
        status = hr_reader_next(reader, &batch, &err);
        if (status == HR_OK) {
            say(&out, batch);
            hr_batch_release(batch);
        } else if (status == HR_AGAIN && fed < input->size) {
            size_t size = input->size - fed < how->step ? input->size - fed : how->step;
            cr_assert_eq(hr_reader_feed(reader, input->data + fed, size, &err), HR_OK);
            fed += size;
        } else if (status == HR_AGAIN) {
            cr_assert_eq(hr_reader_finish(reader, &err), HR_OK);
        } else {
            cr_assert_eq(status, HR_END, "%s", err.text);
        }
    }
    hr_reader_close(reader);
    return out;
}

static void expect(reading how, const char *bytes, size_t size, const char *expected)
{
    text input = {0};
    put(&input, bytes, size);
    for (how.step = 0; how.step < 4; how.step++) {
        text said = blamed(&how, &input);
        cr_assert_str_eq(said.data, expected, "%s\ninstead of\n%s\nby steps of %zu", said.data, expected, how.step);
        free(said.data);
    }
    free(input.data);
}

#define EXPECT(how, input, expected) expect(how, input, strlen(input), expected)

static const reading plain = {.options = {"delimiter", ",", "encoding", "utf-8"}};
static const reading lines = {.options = {"format", "ndjson", "members", "reject", "columns", "id,name"}};

static hr_schema *schema_of(void)
{
    static const hr_column columns[] = {{.name = "id", .type = HR_TYPE_INT64, .required = true},
                                        {.name = "name", .type = HR_TYPE_TEXT, .max = "3"}};
    hr_schema *schema = NULL;
    cr_assert_eq(hr_schema_new(columns, 2, &schema, &err), HR_OK, "%s", err.text);
    return schema;
}

Test(rejects, damage_of_quotes_is_shown_as_written)
{
    EXPECT(plain, "id,name\n1,\"a\"\"b\" c\n2,\"a\"b\r\n3,\"x\"\n", "QUOTE 2 name \"a\"\"b\" c; QUOTE 2 name \"a\"b");
    EXPECT(plain, "id,name\n\"1\"x,b\n2,c\n", "QUOTE 1 id \"1\"x");
    EXPECT(plain, "id,name\n1,\"open\n2,b\n", "UNCLOSED 2 name \"open");
    reading strict = {.options = {"delimiter", ",", "strict", "yes"}};
    EXPECT(strict, "id,name\n1,6\" pipe\n2,c\n", "STRICT 2 name 6\" pipe");
}

Test(rejects, value_is_what_the_quotes_enclose)
{
    EXPECT(plain, "id,name\n1,\"a\"\"\xff\"\n2,\xff\n\"\xff\",b\n",
           "ENCODING 2 name a\"\xff; ENCODING 2 name \xff; ENCODING 1 id \xff");
}

Test(rejects, missing_field_has_a_name_and_no_value_and_one_too_many_a_value_and_no_name)
{
    EXPECT(plain, "id,name\n1\n2,b,\"c\"\"d\",e\n3,b,\n", "FIELDS 2 name -; FIELDS 3 - c\"d; FIELDS 3 - ");
}

Test(rejects, typed_values_are_decoded)
{
    reading typed = plain;
    typed.schema = schema_of();
    EXPECT(typed, "id,name\n\"x\"\"\",a\n,b\n3,long\n\"\",c\n4,ok\n",
           "TYPE 1 id x\"; CHECK 1 id ; CHECK 2 name long; TYPE 1 id ");
    hr_schema_free(typed.schema);
    reading json = {.options = {"format", "ndjson"}, .schema = schema_of()};
    EXPECT(json, "{\"id\":\"x\\u0041\\n\"}\n{\"id\":null}\n{}\n{\"id\":1.5}\n{\"id\":1,\"name\":\"long\"}\n",
           "TYPE 1 id xA\n; CHECK 1 id -; CHECK 1 id -; TYPE 1 id 1.5; CHECK 2 name long");
    hr_schema_free(json.schema);
}

Test(rejects, member_that_is_no_column_is_named)
{
    EXPECT(lines, "{\"id\":1,\"na\\\"me\":2}\n{\"name\":\"b\",\"\":1}\n{\"id\":2}\n[1]\n",
           "MEMBERS - na\\\"me -; MEMBERS -  -; MEMBERS - - -");
}

/* The column is found in records that do not fit a window, too. */
Test(rejects, long_value_is_cut_between_characters)
{
    text input = {0}, expected = {0};
    putf(&input, "id,name\n1,\"");
    putf(&expected, "ENCODING 2 name ");
    for (size_t i = 0; i < 100000; i++)
        put(&input, "\xe2\x82\xac", 3);
    for (size_t i = 0; i < HR_REJECT_VALUE_MAX / 3; i++)
        put(&expected, "\xe2\x82\xac", 3);
    putf(&input, "\xff\"\n2,b\n");
    putf(&expected, "...");
    expect(plain, input.data, input.size, expected.data);
    free(input.data);
    free(expected.data);
}

/* Text of another encoding: the value is what was decoded. */
Test(rejects, value_of_another_encoding_is_decoded)
{
    reading wide = {.options = {"delimiter", ",", "encoding", "utf-16le"}, .schema = schema_of()};
    static const char bytes[] = "i\0d\0,\0n\0a\0m\0e\0\n\0\xe9\0,\0b\0\n";
    expect(wide, bytes, sizeof bytes, "TYPE 1 id \xc3\xa9");
    hr_schema_free(wide.schema);
}

Test(rejects, any_number_of_threads_blames_the_same)
{
    text input = {0};
    putf(&input, "id,name\n");
    for (int i = 0; i < 400000; i++)
        putf(&input, i % 1000 ? "%d,abc\n" : i % 3000 ? "x%d,abc\n" : "%d,abcd\n", i);
    reading one = plain, three = {.options = {"delimiter", ",", "threads", "3"}};
    one.schema = three.schema = schema_of();
    text a = blamed(&one, &input), b = blamed(&three, &input);
    cr_assert(a.size > 4000);
    cr_assert_str_eq(a.data, b.data);
    hr_schema_free(one.schema);
    free(input.data);
    free(a.data);
    free(b.data);
}
