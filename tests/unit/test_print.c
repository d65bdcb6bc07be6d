/* test_print.c: what stands on a terminal: escapes, widths, tables, JSON, the progress line. */
#include <criterion/criterion.h>

#include "core/base/base.h"
#include "tools/headrace/json.c"
#include "tools/headrace/print.c"
#include "tools/headrace/progress.c"
#include "tools/headrace/table.c"
#include "tools/headrace/text.c"

static char *shown(const char *text, size_t size)
{
    char *out = NULL;
    size_t out_size;
    FILE *to = open_memstream(&out, &out_size);
    hr_print_safe(to, text, size);
    fclose(to);
    return out;
}

static void expect(const char *text, size_t size, const char *as)
{
    char *out = shown(text, size);
    cr_assert_str_eq(out, as);
    free(out);
}
#define EXPECT(text, as) expect(text, sizeof(text) - 1, as)

Test(text, letters_of_all_scripts_stay)
{
    EXPECT("Zo\xc3\xab \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x99\x82",
           "Zo\xc3\xab \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x99\x82");
}

Test(text, what_a_terminal_would_obey_is_escaped)
{
    EXPECT("\x1b[31mred\x07", "\\x1b[31mred\\x07");
    EXPECT("a\nb\rc\td", "a\\nb\\rc\\td");
    EXPECT("\x7f\0", "\\x7f\\x00");
    EXPECT("\xc2\x9b"
           "31m",
           "\\u009b31m"); /* CSI as one character */
    EXPECT("abc\xe2\x80\xae"
           "fed",
           "abc\\u202efed"); /* right-to-left override */
    EXPECT("\xe2\x81\xa6", "\\u2066");
}

Test(text, bytes_that_are_no_utf8_are_escaped_one_by_one)
{
    EXPECT("\xff\xfe", "\\xff\\xfe");
    EXPECT("\xc0\xaf", "\\xc0\\xaf");                   /* overlong */
    EXPECT("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* a surrogate */
    EXPECT("\xe6\x9d", "\\xe6\\x9d");                   /* cut */
    EXPECT("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond U+10FFFF */
}

Test(text, width_counts_columns_not_bytes)
{
    cr_assert_eq(hr_text_width("Zo\xc3\xab", 4), 3);
    cr_assert_eq(hr_text_width("\xe6\x9d\xb1\xe4\xba\xac", 6), 4);
    cr_assert_eq(hr_text_width("e\xcc\x81", 3), 1);
    cr_assert_eq(hr_text_width("\n", 1), 2);
}

Test(text, numbers_are_grouped_by_threes)
{
    char room[32];
    cr_assert_str_eq(hr_number_text(0, room), "0");
    cr_assert_str_eq(hr_number_text(999, room), "999");
    cr_assert_str_eq(hr_number_text(1000, room), "1 000");
    cr_assert_str_eq(hr_number_text(1234567, room), "1 234 567");
    cr_assert_str_eq(hr_number_text(UINT64_MAX, room), "18 446 744 073 709 551 615");
}

Test(json, base64_loses_nothing)
{
    static const struct {
        const char *raw;
        size_t size;
        const char *text;
    } cases[] = {
        {"\xff", 1, "/w=="}, {"\xff\xfe", 2, "//4="}, {"\xff\xfe\xfd", 3, "//79"}, {"\xff\0\0\0", 4, "/wAAAA=="}};
    for (size_t i = 0; i < HR_COUNT(cases); i++) {
        hr_line json = {0};
        exact_bytes(&json, "raw", "raw_base64", (const uint8_t *)cases[i].raw, cases[i].size);
        char expected[64];
        int size = snprintf(expected, sizeof expected, "\"raw_base64\":\"%s\"", cases[i].text);
        cr_assert_eq(json.buffer.size, (size_t)size);
        cr_assert_arr_eq(json.buffer.data, expected, (size_t)size);
        hr_line_free(&json);
    }
}

Test(json, controls_of_two_bytes_are_escaped_and_nothing_else)
{
    static const struct {
        const char *text, *json;
    } cases[] = {{"\xc2\x9b", "\"\\u009b\""},
                 {"a\xc2\x80\xc2\x9f\xc2\xa0z\xc2\x85", "\"a\\u0080\\u009f\xc2\xa0z\\u0085\""},
                 {"\x1b[m", "\"\\u001b[m\""},
                 {"", "\"\""},
                 {"\xc3\x9b", "\"\xc3\x9b\""}};
    for (size_t i = 0; i < HR_COUNT(cases); i++) {
        hr_line json = {0};
        hr_line_text(&json, NULL, cases[i].text);
        cr_assert_eq(json.buffer.size, strlen(cases[i].json), "%zu", i);
        cr_assert_arr_eq(json.buffer.data, cases[i].json, json.buffer.size);
        hr_line_free(&json);
    }
}

Test(json, nested_members_have_their_commas)
{
    char *out = NULL;
    size_t size;
    FILE *to = open_memstream(&out, &size);
    hr_line json = {0};
    hr_line_open(&json, NULL, '{');
    hr_line_number(&json, "n", HR_UNKNOWN);
    hr_line_open(&json, "list", '[');
    hr_line_text(&json, NULL, "a\"b");
    hr_line_text(&json, NULL, NULL);
    hr_line_close(&json, ']');
    hr_line_raw(&json, "raw", "{\n\"x\": 1\n}");
    hr_line_close(&json, '}');
    cr_assert(hr_line_print(&json, to));
    fclose(to);
    cr_assert_str_eq(out, "{\"n\":null,\"list\":[\"a\\\"b\",null],\"raw\":{ \"x\": 1 }}\n");
    free(out);
    hr_line_free(&json);
}

Test(table, is_tab_separated_in_a_pipe_and_escapes_what_would_break_it)
{
    static const char *const headings[] = {"A", ">N"};
    hr_table table = {.headings = headings, .columns = 2};
    hr_table_add(&table, "a\tb");
    hr_table_number(&table, 7);
    FILE *to = tmpfile();
    cr_assert(hr_table_print(&table, to));
    char out[64] = "";
    rewind(to);
    cr_assert(fgets(out, sizeof out, to));
    cr_assert_str_eq(out, "a\\tb\t7\n");
    fclose(to);
}

Test(table, is_aligned_by_columns_of_the_terminal)
{
    static const char *const headings[] = {"NAME", ">N", "LAST"};
    hr_table table = {.headings = headings, .columns = 3};
    hr_table_add(&table, "\xe6\x9d\xb1\xe4\xba\xac\xe6\x9d\xb1"); /* six columns */
    hr_table_number(&table, 7);
    hr_table_add(&table, "x");
    hr_table_add(&table, "ab");
    hr_table_number(&table, 1000);
    hr_table_add(&table, "y");
    char *out = NULL;
    size_t size;
    FILE *to = open_memstream(&out, &size);
    print_aligned(&table, to);
    fclose(to);
    cr_assert_str_eq(out, "NAME       N  LAST\n\xe6\x9d\xb1\xe4\xba\xac\xe6\x9d\xb1     7  x\nab      1000  y\n");
    free(out);
    for (size_t i = 0; i < table.count; i++)
        hr_free(table.cells[i]);
    hr_free(table.cells);
}

Test(progress, line_fits_the_terminal_and_says_share_and_rates)
{
    hr_progress progress = {.on = true, .began_ns = 0};
    char line[256];
    hr_progress_line(&progress, 1000000, 50000000, 100000000, 2000000000, 100, line);
    cr_assert_str_eq(
        line, "[###################...................]  50%  1 000 000 rows  500 000 rows/s  25.0 MB/s  0:02 left");
    for (unsigned width = 1; width < 120; width++) {
        hr_progress_line(&progress, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 1, 1, width, line);
        cr_assert_lt(strlen(line), width > 1 ? width : 2, "%u: %s", width, line);
        hr_progress_line(&progress, 0, 0, HR_UNKNOWN, 0, width, line);
        cr_assert_lt(strlen(line), width > 1 ? width : 2);
    }
}
