/* test_args.c: command lines read by option tables. */
#include <criterion/criterion.h>

#include "tools/headrace/args.c"
#include "tools/headrace/columns.c"

/* The job's table is not part of this test; a command that takes it is not either. */
static const hr_option own[] = {
    {"json", HR_OPTION_BOOL, "no", NULL, "JSON.", false},
    {"out_delimiter", HR_OPTION_BYTE, ",", "BYTE", "Delimiter.", false},
    {"limit", HR_OPTION_COUNT, "20", "N", "Limit.", false},
    {"out_header", HR_OPTION_CHOICE, "auto", "auto|yes|no", "Header.", false},
    {"write", HR_OPTION_CHOICE, "csv", "csv|ndjson|no-such", "Format.", false},
};
static const hr_command command = {.name = "try",
                                   .operands = "FILE...",
                                   .operands_least = 0,
                                   .operands_most = 2,
                                   .flags = own,
                                   .flag_count = HR_COUNT(own),
                                   .takes = HR_TAKES_READER};

static hr_args args;
static hr_error err;

static hr_status parse(const char *const *words)
{
    int count = 0;
    while (words[count] != NULL)
        count++;
    return hr_args_parse(&command, count, (char **)words, &args, &err);
}
#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void clear(void)
{
    hr_args_clear(&args);
}

TestSuite(args, .fini = clear);

Test(args, a_value_stands_behind_a_space_or_an_equals_sign)
{
    cr_assert_eq(PARSE("--limit", "5", "--out-delimiter=;"), HR_OK, "%s", err.text);
    cr_assert_eq(hr_args_number(&args, "limit", 0), 5);
    cr_assert_str_eq(hr_args_text(&args, "out_delimiter"), ";");
    cr_assert_eq(args.operand_count, 0);
}

Test(args, a_flag_that_was_not_given_has_its_default)
{
    cr_assert_eq(PARSE("file"), HR_OK);
    cr_assert_eq(hr_args_number(&args, "limit", 0), 20);
    cr_assert_not(hr_args_given(&args, "limit"));
    cr_assert_not(hr_args_bool(&args, "json"));
}

Test(args, a_yes_needs_no_value_and_takes_none_from_what_follows)
{
    cr_assert_eq(PARSE("--json", "no"), HR_OK);
    cr_assert(hr_args_bool(&args, "json"));
    cr_assert_eq(args.operand_count, 1);
    cr_assert_str_eq(args.operands[0], "no");
}

Test(args, no_in_front_says_no_where_no_can_be_said)
{
    cr_assert_eq(PARSE("--no-json", "--no-out-header", "--no-header"), HR_OK, "%s", err.text);
    cr_assert(hr_args_given(&args, "json"));
    cr_assert_not(hr_args_bool(&args, "json"));
    cr_assert_str_eq(hr_args_text(&args, "out_header"), "no");
    cr_assert_str_eq(hr_options_get(hr_args_library(&args), "header"), "no");
}

Test(args, no_in_front_of_a_flag_that_cannot_be_no_is_an_error)
{
    cr_assert_eq(PARSE("--no-limit"), HR_E_INVALID);
    clear();
    cr_assert_eq(PARSE("--no-write"), HR_E_INVALID, "a choice that only begins with no");
    clear();
    cr_assert_eq(PARSE("--no-json=yes"), HR_E_INVALID);
}

Test(args, flags_of_the_reader_go_to_the_readers_set)
{
    cr_assert_eq(PARSE("--limits-row-bytes", "64k", "--null=NA"), HR_OK, "%s", err.text);
    cr_assert_str_eq(hr_options_get(hr_args_library(&args), "limits.row_bytes"), "64k");
    cr_assert_str_eq(hr_args_text(&args, "null"), "NA");
}

Test(args, the_last_of_two_values_wins)
{
    cr_assert_eq(PARSE("--limit", "1", "--limit", "2"), HR_OK);
    cr_assert_eq(hr_args_number(&args, "limit", 0), 2);
}

Test(args, two_dashes_end_the_flags_and_one_is_an_operand)
{
    cr_assert_eq(PARSE("-", "--", "--json"), HR_OK);
    cr_assert_eq(args.operand_count, 2);
    cr_assert_str_eq(args.operands[0], "-");
    cr_assert_str_eq(args.operands[1], "--json");
    cr_assert_not(hr_args_bool(&args, "json"));
}

Test(args, a_dash_is_a_value)
{
    cr_assert_eq(PARSE("--encoding", "-"), HR_OK);
    cr_assert_str_eq(hr_args_text(&args, "encoding"), "-");
}

Test(args, an_empty_value_is_a_value)
{
    cr_assert_eq(PARSE("--null=", "--encoding", ""), HR_OK);
    cr_assert(hr_args_given(&args, "null"));
    cr_assert_str_eq(hr_args_text(&args, "null"), "");
}

Test(args, a_missing_value_is_told_with_its_form)
{
    cr_assert_eq(PARSE("--limit"), HR_E_INVALID);
    cr_assert_str_eq(err.text, "--limit needs a value: --limit N");
    clear();
    cr_assert_eq(PARSE("--limit", "--json"), HR_E_INVALID);
}

Test(args, an_unknown_flag_suggests_the_nearest)
{
    cr_assert_eq(PARSE("--lmiit", "5"), HR_E_INVALID);
    cr_assert_str_eq(err.text, "try has no flag --lmiit; did you mean --limit?");
    clear();
    cr_assert_eq(PARSE("--zzzzzzzz"), HR_E_INVALID);
    cr_assert_str_eq(err.text, "try has no flag --zzzzzzzz; see headrace try --help");
}

Test(args, a_flag_longer_than_any_is_refused)
{
    char word[300];
    memset(word, 'a', sizeof word - 1);
    word[0] = word[1] = '-';
    word[sizeof word - 1] = '\0';
    cr_assert_eq(PARSE(word), HR_E_INVALID);
}

Test(args, help_ends_the_reading)
{
    cr_assert_eq(PARSE("--help", "--nonsense"), HR_OK);
    cr_assert(args.help);
    clear();
    cr_assert_eq(PARSE("a", "b", "c", "-h"), HR_OK, "also before operands are counted");
}

Test(args, more_operands_than_the_command_takes_are_refused)
{
    cr_assert_eq(PARSE("a", "b", "c"), HR_E_INVALID);
    cr_assert_str_eq(err.text, "try does not know what to do with 'c'; see headrace try --help");
}

Test(args, distance_counts_inserts_removals_replacements_and_swaps)
{
    cr_assert_eq(hr_word_distance("", ""), 0);
    cr_assert_eq(hr_word_distance("count", "count"), 0);
    cr_assert_eq(hr_word_distance("count", "cout"), 1);
    cr_assert_eq(hr_word_distance("cout", "count"), 1);
    cr_assert_eq(hr_word_distance("count", "cuont"), 1);
    cr_assert_eq(hr_word_distance("count", "mount"), 1);
    cr_assert_eq(hr_word_distance("abc", "xyz"), 3);
    cr_assert_eq(hr_word_distance("", "abc"), 3);
}

/* ---- column lists ------------------------------------------------------------------------------------------ */

static const char *const names[] = {"id", "last, first", "2", "say \"hi\"", "Straße"};

static void expect_columns(const char *list, size_t count, const uint32_t *expected)
{
    uint32_t *found = NULL;
    size_t n = 0;
    cr_assert_eq(hr_columns_find(list, names, HR_COUNT(names), &found, &n, &err), HR_OK, "%s: %s", list, err.text);
    cr_assert_eq(n, count, "%s", list);
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(found[i], expected[i], "%s[%zu]", list, i);
    hr_free(found);
}

Test(columns, are_found_by_name_then_by_number)
{
    expect_columns("id", 1, (const uint32_t[]){0});
    expect_columns("2", 1, (const uint32_t[]){2}); /* a column of that name */
    expect_columns("1,4,1", 3, (const uint32_t[]){0, 3, 0});
    expect_columns("\"last, first\",\"say \"\"hi\"\"\"", 2, (const uint32_t[]){1, 3});
    expect_columns("Straße", 1, (const uint32_t[]){4});
}

Test(columns, that_are_not_there_are_refused)
{
    uint32_t *found = NULL;
    size_t n = 0;
    static const char *const lists[] = {"", "0", "6", "99999999999999999999", "id,", "nothing", "1k"};
    for (size_t i = 0; i < HR_COUNT(lists); i++)
        cr_assert_eq(hr_columns_find(lists[i], names, HR_COUNT(names), &found, &n, &err), HR_E_INVALID, "'%s'",
                     lists[i]);
    cr_assert_eq(hr_columns_find("ID", names, HR_COUNT(names), &found, &n, &err), HR_E_INVALID);
    cr_assert_str_eq(err.text, "there is no column 'ID'; did you mean id?");
}
