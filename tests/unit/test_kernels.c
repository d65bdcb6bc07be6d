/* test_kernels.c: the oracle says what the language is; every other table says what the oracle says. */
#include <criterion/criterion.h>

#include "tests/kernels/csv_checks.h"
#include "tests/kernels/cuts_checks.h"
#include "tests/kernels/rows_checks.h"
#include "tests/kernels/text_checks.h"

/* ---- the oracle, by example ---------------------------------------------------------------------------------- */

/* What exact lexing of `text` gives: fields in [], records ended by /, then what is left open and the marks, as
 * "after@OFFSET stray@OFFSET comment@OFFSET". */
static const char *rendered(const char *text, const hr_csv_syntax *syntax)
{
    static char out[1024];
    size_t used = 0;
    lexed result = lexed_new();
    csv_case given = {*syntax, HR_CSV_RECORD_START, (const uint8_t *)text, 0, strlen(text)};
    lex_exactly(&given, &result);
    const hr_csv_index *index = &result.index;
    uint32_t row = 0;
    for (uint32_t k = 1; k < index->begin_count; k++) {
        bool ends = row < index->row_count && index->row_ends[row] == k;
        size_t begin = index->begins[k - 1], end = index->begins[k] - 1u;
        if (ends && end > begin && text[end] == '\n' && text[end - 1] == '\r')
            end--;
        used += (size_t)snprintf(out + used, sizeof out - used, "[%.*s]%s", (int)(end - begin), text + begin,
                                 ends ? "/" : "");
        row += ends;
    }
    used += (size_t)snprintf(out + used, sizeof out - used, "%s", text + index->begins[index->begin_count - 1]);
    static const char *const kinds[] = {"", "after", "stray", "comment"};
    for (size_t i = 0; i < result.mark_count; i++)
        used += (size_t)snprintf(out + used, sizeof out - used, " %s@%u", kinds[result.marks[i].kind],
                                 result.marks[i].offset);
    lexed_free(&result);
    return out;
}

static const hr_csv_syntax plain = {',', '"', HR_SYNTAX_NONE, HR_SYNTAX_NONE, false};
static const hr_csv_syntax commented = {',', '"', HR_SYNTAX_NONE, '#', false};
static const hr_csv_syntax escaped = {',', '"', '\\', HR_SYNTAX_NONE, false};
static const hr_csv_syntax unquoted = {',', HR_SYNTAX_NONE, HR_SYNTAX_NONE, HR_SYNTAX_NONE, false};

#define LEXES(syntax, text, expected) cr_expect_str_eq(rendered(text, &(syntax)), expected)

Test(oracle, separates_fields_and_records)
{
    LEXES(plain, "", "");
    LEXES(plain, "a,b\nc,d\n", "[a][b]/[c][d]/");
    LEXES(plain, "a,,\n,\n", "[a][][]/[][]/");
    LEXES(plain, "a,b", "[a]b");
}

Test(oracle, takes_every_newline)
{
    LEXES(plain, "a\nb\rc\r\nd\n\re\r", "[a]/[b]/[c]/[d]/[]/[e]/");
    LEXES(plain, "\r\n\r\n", "[]/[]/");
}

Test(oracle, keeps_what_stands_between_quotes)
{
    LEXES(plain, "\"a,b\",\"c\nd\"\n", "[\"a,b\"][\"c\nd\"]/");
    LEXES(plain, "\"say \"\"x\"\", y\"\r\nz\n", "[\"say \"\"x\"\", y\"]/[z]/");
    LEXES(plain, "\"open,\n", "\"open,\n");
    LEXES(unquoted, "\"a,b\"\n", "[\"a][b\"]/");
}

Test(oracle, notes_damage_once_a_record)
{
    LEXES(plain, "12\" pipe,5\" nail\nx\n", "[12\" pipe][5\" nail]/[x]/ stray@2");
    LEXES(plain, "\"a\"b\",\"c\" ,d\ne\"\n", "[\"a\"b\"][\"c\" ][d]/[e\"]/ after@3 stray@4 stray@14");
}

Test(oracle, knows_comments_only_at_the_start_of_a_record)
{
    LEXES(commented, "#a,\"b\nc,#d\n #e\n", "[#a,\"b]/[c][#d]/[ #e]/ comment@0");
    LEXES(plain, "#a,b\n", "[#a][b]/");
}

Test(oracle, lets_an_escape_cover_one_byte)
{
    LEXES(escaped, "a\\,b,\"c\\\"d\",e\\\nf\n", "[a\\,b][\"c\\\"d\"][e\\\nf]/");
    LEXES(escaped, "a\\\r\nb\n", "[a\\]/[b]/");
}

Test(oracle, stops_at_until_only_between_fields)
{
    lexed result = lexed_new();
    uint32_t record_marks = 0;
    lexed_reset(&result, HR_CSV_RECORD_START, 20);
    size_t stop = hr_csv_index_exact(&plain, &result.state, (const uint8_t *)"ab,\"c,d\",e\n", 0, 5, 11, &result.index,
                                     &record_marks, result.marks, MARKS, &result.mark_count);
    cr_expect_eq(stop, 9);
    cr_expect_eq(result.state, HR_CSV_FIELD_START);
    cr_expect_eq(result.index.begin_count, 3);
    lexed_free(&result);
}

Test(oracle, stops_in_front_of_a_mark_without_room)
{
    lexed result = lexed_new();
    const uint8_t *data = (const uint8_t *)"a\"\nb\"c\"\n";
    uint32_t record_marks = 0;
    lexed_reset(&result, HR_CSV_RECORD_START, 20);
    size_t stop = hr_csv_index_exact(&plain, &result.state, data, 0, 8, 8, &result.index, &record_marks, result.marks,
                                     1, &result.mark_count);
    cr_expect_eq(stop, 4);
    cr_expect_eq(result.state, HR_CSV_UNQUOTED);
    stop = hr_csv_index_exact(&plain, &result.state, data, stop, 8, 8, &result.index, &record_marks, result.marks, 2,
                              &result.mark_count);
    cr_expect_eq(stop, 8);
    cr_expect_eq(result.mark_count, 2);
    cr_expect_eq(result.marks[1].row, 1);
    lexed_free(&result);
}

Test(oracle, counts_blank_and_comment_lines)
{
    hr_csv_tally tally = {0};
    hr_csv_state state = HR_CSV_RECORD_START;
    const char *text = "a\n\n#x\r\n\r\nb,\"\n\"\n\rlast";
    hr_csv_count_exact(&commented, &state, (const uint8_t *)text, 0, strlen(text), strlen(text), &tally);
    cr_expect_eq(tally.rows, 6);
    cr_expect_eq(tally.blanks, 3);
    cr_expect_eq(tally.comments, 1);
    cr_expect_eq(tally.last_end, strlen(text) - 4);
    cr_expect_eq(state, HR_CSV_UNQUOTED);
}

/* Less of it where nothing is optimised and sanitizers look on. */
#ifdef __OPTIMIZE__
enum { LETTERS = 5, ROUNDS = 20000 };
#else
enum { LETTERS = 4, ROUNDS = 3000 };
#endif

/* ---- every table ---------------------------------------------------------------------------------------------- */

#define EVERY_TABLE(call)                                                  \
    do {                                                                   \
        size_t count;                                                      \
        const hr_kernels *const *all = hr_kernels_all(&count);             \
        for (size_t i = 0; i < count; i++) {                               \
            const hr_kernels *kernels = all[i];                            \
            const char *text = hr_kernels_usable(kernels) ? (call) : NULL; \
            cr_expect(text == NULL, "%s", text);                           \
        }                                                                  \
    } while (0)

Test(kernels, agree_on_every_small_text)
{
    EVERY_TABLE(check_small_texts(kernels, LETTERS));
}

Test(kernels, agree_where_what_is_counted_at_once_ends)
{
    EVERY_TABLE(check_borders(kernels));
}

Test(kernels, agree_on_random_texts_in_every_state)
{
    EVERY_TABLE(check_random_texts(kernels, ROUNDS));
}

Test(kernels, take_clean_texts_without_the_exact_lexer)
{
    EVERY_TABLE(check_clean_texts_need_no_help(kernels, 3000));
}

Test(kernels, cut_records_that_are_alike_where_the_exact_lexer_does)
{
    EVERY_TABLE(check_cuts(kernels, ROUNDS));
}

Test(kernels, agree_on_every_utf8_sequence)
{
    EVERY_TABLE(check_utf8_sequences(kernels));
}

Test(kernels, find_bad_utf8_at_every_place_of_a_block)
{
    EVERY_TABLE(check_utf8_places(kernels));
}

Test(kernels, agree_on_random_utf8)
{
    EVERY_TABLE(check_utf8_random(kernels, ROUNDS));
}

Test(rows, are_written_as_the_oracle_writes_them)
{
    EVERY_TABLE(check_rows(kernels, ROUNDS));
}

Test(kernels, find_bytes_and_count_newlines)
{
    EVERY_TABLE(check_bytes(kernels, ROUNDS));
}

Test(kernels, decode_as_the_oracle_does)
{
    EVERY_TABLE(check_decoding_random(kernels, ROUNDS));
}

Test(kernels, are_found_by_name)
{
    cr_expect_str_eq(hr_kernels_get("scalar")->name, "scalar");
    cr_expect(hr_kernels_get("mmx") == NULL);
    cr_expect(hr_kernels_usable(hr_kernels_get(NULL)));
    cr_expect_eq(hr_kernels_get("auto"), hr_kernels_get(NULL));
    size_t count;
    const hr_kernels *const *all = hr_kernels_all(&count);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(hr_kernels_get(all[i]->name), hr_kernels_usable(all[i]) ? all[i] : NULL);
}
