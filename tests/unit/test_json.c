/* test_json.c: JSON documents: what is one, where it ends to be one, values, names, pointers, limits. */
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>

#include "core/json/json.h"

static hr_json_document *parsed(const char *text)
{
    hr_json_document *document = NULL;
    hr_error err;
    hr_status status = hr_json_parse(text, strlen(text), NULL, &document, &err);
    cr_assert_eq(status, HR_OK, "%s: %s", text, err.text);
    return document;
}

static void refused(const char *text, uint64_t offset, const char *why)
{
    hr_json_document *document = NULL;
    hr_error err;
    hr_status status = hr_json_parse(text, strlen(text), NULL, &document, &err);
    cr_assert_eq(status, HR_E_INVALID, "%s is taken", text);
    cr_assert_null(document);
    cr_assert_eq(err.offset, offset, "%s: at %llu: %s", text, (unsigned long long)err.offset, err.text);
    cr_assert(strstr(err.text, why), "%s: '%s' does not say '%s'", text, err.text, why);
}

static void string_is(const hr_json_value *value, const char *expected, size_t size)
{
    size_t there = 0;
    const char *text = hr_json_string(value, &there);
    cr_assert_not_null(text);
    cr_assert_eq(there, size);
    cr_assert_arr_eq(text, expected, size + 1);
}

Test(json, every_kind_of_value_may_be_the_whole_text)
{
    static const char *const texts[] = {"null", "false", "true", " -0.5e+3\r\n", "\"x\"", "[ ]", "{\t}"};
    for (size_t i = 0; i < HR_COUNT(texts); i++) {
        hr_json_document *document = parsed(texts[i]);
        cr_assert_eq(hr_json_kind_of(hr_json_root(document)), (hr_json_kind)i);
        hr_json_free(document);
    }
}

Test(json, an_error_says_where_and_what_was_expected)
{
    refused("", 0, "a value was expected, and the text ends");
    refused("[1,]", 3, "a value was expected, not ']'");
    refused("[", 1, "a value or ']'");
    refused("[1 2]", 3, "',' or ']'");
    refused("{", 1, "a name in quotes or '}'");
    refused("{\"a\":1,}", 7, "a name in quotes was expected, not '}'");
    refused("{\"a\" 1}", 5, "':' behind a name");
    refused("{\"a\":}", 5, "a value");
    refused("{\"a\":1]", 6, "',' or '}'");
    refused("nul", 3, "'null' was expected");
    refused("trUe", 2, "'true' was expected");
    refused("1 1", 2, "the end of the text");
    refused("]", 0, "a value");
    refused("-", 1, "a digit");
    refused("01", 1, "the end of the text");
    refused("1.e1", 2, "a digit");
    refused("1e", 2, "a digit");
    refused("\"a", 2, "the quote that ends a string");
    refused("\"a\tb\"", 2, "an escape for a control character in a string was expected, not the byte 0x09");
    refused("\"\\x\"", 2, "behind a backslash");
    refused("\"\\u12g4\"", 5, "a hexadecimal digit");
    refused("\"\\udc00\"", 3, "surrogate pair");
    refused("\"\\ud800\"", 7, "second half of a surrogate pair");
    refused("\"\\ud800\\u0041\"", 9, "second half of a surrogate pair");
    refused("\"\xff\"", 1, "UTF-8");
    refused("\xef\xbb\xbf[]", 0, "a value was expected, not the byte 0xEF");
}

Test(json, line_and_column_count_from_one_and_in_characters)
{
    hr_json_document *document = NULL;
    hr_error err;
    static const char text[] = "{\n  \"\xc3\xa9\xe6\x9d\xb1\": x}";
    cr_assert_eq(hr_json_parse(text, sizeof text - 1, NULL, &document, &err), HR_E_INVALID);
    cr_assert_eq(err.line, 2);
    cr_assert_eq(err.column, 9);
    cr_assert_eq(err.offset, 13);
}

Test(json, strings_are_unescaped_and_may_hold_nul)
{
    hr_json_document *document =
        parsed("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"a\\u0000b\", \"\\u00e9\\u20ac\\ud83d\\ude42\", \"\"]");
    const hr_json_value *value = hr_json_first(hr_json_root(document));
    string_is(value, "\"\\/\b\f\n\r\t", 8);
    string_is(value = hr_json_next(value), "a\0b", 3);
    string_is(value = hr_json_next(value), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82", 9);
    string_is(value = hr_json_next(value), "", 0);
    cr_assert_null(hr_json_next(value));
    cr_assert_null(hr_json_string(hr_json_root(document), NULL));
    hr_json_free(document);
}

Test(json, values_are_kept_as_they_stand_in_the_text)
{
    hr_json_document *document = parsed("{\"big\": 9007199254740993000000001.10, \"in\": [ 1, {} ]}");
    size_t size;
    const char *text = hr_json_text(hr_json_member(hr_json_root(document), "big"), &size);
    cr_assert_eq(size, 28);
    cr_assert_arr_eq(text, "9007199254740993000000001.10", size);
    text = hr_json_text(hr_json_member(hr_json_root(document), "in"), &size);
    cr_assert_eq(size, 9);
    cr_assert_arr_eq(text, "[ 1, {} ]", size);
    hr_json_free(document);
}

Test(json, of_a_name_that_comes_twice_the_last_counts)
{
    hr_json_document *document = parsed("{\"a\":1,\"b\":2,\"\\u0061\":[3],\"c\":{\"a\":1},\"a\":4}");
    const hr_json_value *root = hr_json_root(document);
    cr_assert_eq(hr_json_repeated(document), 2);
    cr_assert_eq(hr_json_count(root), 3);
    int64_t number = 0;
    cr_assert(hr_json_int64(hr_json_member(root, "a"), &number));
    cr_assert_eq(number, 4);
    cr_assert(hr_json_int64(hr_json_pointer(root, "/c/a"), &number));
    cr_assert_eq(number, 1);
    static const char *const names[] = {"a", "b", "c"};
    size_t i = 0;
    for (const hr_json_value *value = hr_json_first(root); value; value = hr_json_next(value))
        cr_assert_str_eq(hr_json_name(value, NULL), names[i++]);
    cr_assert_eq(i, 3);
    hr_json_free(document);
}

Test(json, many_names_are_told_apart)
{
    hr_buffer text = {0};
    hr_buffer_text(&text, "{");
    for (int i = 0; i < 20000; i++)
        hr_buffer_printf(&text, "%s\"k%d\":%d", i ? "," : "", i % 15000, i);
    hr_buffer_text(&text, "}");
    hr_json_document *document = NULL;
    cr_assert_eq(hr_json_parse(text.data, text.size, NULL, &document, NULL), HR_OK);
    cr_assert_eq(hr_json_repeated(document), 5000);
    cr_assert_eq(hr_json_count(hr_json_root(document)), 15000);
    int64_t number = 0;
    cr_assert(hr_json_int64(hr_json_member(hr_json_root(document), "k7"), &number));
    cr_assert_eq(number, 15007);
    hr_json_free(document);
    hr_buffer_free(&text);
}

/* The examples of RFC 6901, section 5. */
Test(json, pointers_find_what_the_rfc_says)
{
    hr_json_document *document = parsed("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
                                        "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}");
    const hr_json_value *root = hr_json_root(document);
    cr_assert_eq(hr_json_pointer(root, ""), root);
    string_is(hr_json_pointer(root, "/foo/0"), "bar", 3);
    static const char *const pointers[] = {"/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", "/k\"l", "/ ", "/m~0n"};
    for (int64_t i = 0; i < 9; i++) {
        int64_t number = -1;
        cr_assert(hr_json_int64(hr_json_pointer(root, pointers[i]), &number) && number == i, "%s", pointers[i]);
    }
    static const char *const nothing[] = {"/foo/2",
                                          "/foo/-",
                                          "/foo/00",
                                          "/foo/01",
                                          "/foo/",
                                          "/foo/0/x",
                                          "/m~n",
                                          "/m~2n",
                                          "foo",
                                          "/fo",
                                          "/foo/99999999999999999999"};
    for (size_t i = 0; i < HR_COUNT(nothing); i++)
        cr_assert_null(hr_json_pointer(root, nothing[i]), "%s", nothing[i]);
    cr_assert_null(hr_json_pointer(NULL, "/a"));
    hr_json_free(document);
}

Test(json, whole_numbers_are_exact_or_none)
{
    static const struct {
        const char *text;
        bool whole;
        int64_t value;
    } cases[] = {{"0", true, 0},
                 {"-0", true, 0},
                 {"9223372036854775807", true, INT64_MAX},
                 {"-9223372036854775808", true, INT64_MIN},
                 {"9223372036854775808", false, 0},
                 {"-9223372036854775809", false, 0},
                 {"18446744073709551617", false, 0},
                 {"1.0", false, 0},
                 {"1e3", false, 0},
                 {"\"1\"", false, 0}};
    for (size_t i = 0; i < HR_COUNT(cases); i++) {
        hr_json_document *document = parsed(cases[i].text);
        int64_t value = 0;
        cr_assert_eq(hr_json_int64(hr_json_root(document), &value), cases[i].whole, "%s", cases[i].text);
        cr_assert_eq(value, cases[i].value);
        hr_json_free(document);
    }
}

Test(json, doubles_are_rounded_right_in_every_locale)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"0", 0.0},
                 {"1.5", 1.5},
                 {"0.1", 0.1},
                 {"123456789012345", 123456789012345.0},
                 {"9007199254740993", 9007199254740992.0},
                 {"9007199254740993.00000000000000000000000000000000000001", 9007199254740994.0},
                 {"2.2250738585072011e-308", 2.2250738585072011e-308},
                 {"5e-324", 5e-324},
                 {"1e-400", 0.0},
                 {"1e400", INFINITY},
                 {"-1e23", -1e23}};
    setlocale(LC_ALL, "de_DE.UTF-8");
    for (size_t i = 0; i < HR_COUNT(cases); i++) {
        hr_json_document *document = parsed(cases[i].text);
        double value = -1;
        cr_assert(hr_json_double(hr_json_root(document), &value));
        cr_assert(value == cases[i].value, "%s: %.17g", cases[i].text, value);
        hr_json_free(document);
    }
    hr_json_document *document = parsed("[-0.0, \"1\"]");
    double value = 1;
    cr_assert(hr_json_double(hr_json_first(hr_json_root(document)), &value) && signbit(value));
    cr_assert_not(hr_json_double(hr_json_next(hr_json_first(hr_json_root(document))), &value));
    hr_json_free(document);
}

Test(json, depth_has_a_limit_and_costs_no_stack)
{
    enum { DEEP = 65536 };
    static char text[2 * DEEP];
    memset(text, '[', DEEP);
    memset(text + DEEP, ']', DEEP);
    hr_json_document *document = NULL;
    hr_error err;
    hr_json_limits limits = {.depth = DEEP};
    cr_assert_eq(hr_json_parse(text, sizeof text, &limits, &document, &err), HR_OK, "%s", err.text);
    hr_json_free(document);
    limits.depth--;
    cr_assert_eq(hr_json_parse(text, sizeof text, &limits, &document, &err), HR_E_LIMIT);
    cr_assert_eq(err.offset, DEEP - 1);
    cr_assert_eq(hr_json_parse(text + DEEP - 513, 2 * 513, NULL, &document, &err), HR_E_LIMIT);
    cr_assert_eq(hr_json_parse(text + DEEP - 512, 2 * 512, NULL, &document, &err), HR_OK);
    hr_json_free(document);
}

Test(json, memory_has_a_limit)
{
    hr_buffer text = {0};
    hr_buffer_text(&text, "[0");
    for (int i = 0; i < 100000; i++)
        hr_buffer_text(&text, ",0");
    hr_buffer_text(&text, "]");
    hr_json_document *document = NULL;
    hr_error err;
    hr_json_limits limits = {.memory = 1 << 20};
    cr_assert_eq(hr_json_parse(text.data, text.size, &limits, &document, &err), HR_E_LIMIT);
    cr_assert_eq(hr_json_parse(text.data, text.size, NULL, &document, &err), HR_OK);
    hr_json_free(document);
    hr_buffer_free(&text);
}

Test(json, what_is_asked_of_the_wrong_kind_is_nothing)
{
    hr_json_document *document = parsed("[1,\"s\"]");
    const hr_json_value *root = hr_json_root(document), *first = hr_json_first(root);
    cr_assert_null(hr_json_member(root, "a"));
    cr_assert_null(hr_json_member(NULL, "a"));
    cr_assert_null(hr_json_first(first));
    cr_assert_null(hr_json_name(first, NULL));
    cr_assert_eq(hr_json_count(first), 0);
    cr_assert_eq(hr_json_kind_of(NULL), HR_JSON_NULL);
    cr_assert_null(hr_json_next(NULL));
    hr_json_free(document);
    hr_json_free(NULL);
}

Test(json, any_bytes_become_a_string_that_is_read_back)
{
    hr_buffer out = {0};
    cr_assert(hr_buffer_json(&out, "a\"\\\n\0\xff\xc3\xa9", 8));
    hr_json_document *document = NULL;
    cr_assert_eq(hr_json_parse(out.data, out.size, NULL, &document, NULL), HR_OK);
    string_is(hr_json_root(document), "a\"\\\n\0\xef\xbf\xbd\xc3\xa9", 10);
    hr_json_free(document);
    hr_buffer_free(&out);
}
