/* test_dialect.c: what detection proposes for each way of writing CSV, and what it must never take for a preamble. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/csv/dialect.h"

static hr_dialect_guess detect(const char *text)
{
    hr_dialect_guess guess;
    cr_assert_eq(hr_dialect_detect((const uint8_t *)text, strlen(text), true, NULL, &guess, NULL), HR_OK);
    return guess;
}

static void expect(const char *text, int delimiter, int quote, int escape, bool header, uint64_t preamble,
                   uint32_t columns)
{
    hr_dialect_guess guess = detect(text);
    cr_expect_eq(guess.dialect.delimiter, delimiter, "delimiter %d for:\n%s\n%s", guess.dialect.delimiter, text,
                 guess.evidence);
    cr_expect_eq(guess.dialect.quote, quote, "quote %d for:\n%s\n%s", guess.dialect.quote, text, guess.evidence);
    cr_expect_eq(guess.dialect.escape, escape, "escape %d for:\n%s\n%s", guess.dialect.escape, text, guess.evidence);
    cr_expect_eq(guess.header, header, "header for:\n%s\n%s", text, guess.evidence);
    cr_expect_eq(guess.preamble, preamble, "preamble %llu for:\n%s\n%s", (unsigned long long)guess.preamble, text,
                 guess.evidence);
    cr_expect_eq(guess.columns, columns, "columns %u for:\n%s\n%s", guess.columns, text, guess.evidence);
}

Test(dialect, each_delimiter_is_found)
{
    static const char delimiters[] = {',', ';', '\t', '|', ':', '^', '~', ' ', 0x01, 0x1F};
    for (size_t i = 0; i < sizeof delimiters; i++) {
        char text[200], d = delimiters[i];
        snprintf(text, sizeof text, "id%cname%crate\n1%cAnn%c2.5\n2%cBob%c3.5\n3%cCid%c4\n", d, d, d, d, d, d, d, d);
        expect(text, d, '"', HR_NO_BYTE, true, 0, 3);
    }
}

Test(dialect, decimal_commas_are_not_delimiters)
{
    expect("name;rate\na;1,5\nb;2,25\nc;3,5\n", ';', '"', HR_NO_BYTE, true, 0, 2);
    expect("a;1,5\nb;2,5\n", ';', '"', HR_NO_BYTE, false, 0, 2);
    expect("x\ty\n1,5\t2,5\n3,5\t4,5\n", '\t', '"', HR_NO_BYTE, true, 0, 2);
}

Test(dialect, times_and_links_are_not_divided_at_colons)
{
    expect("time\n12:30:00\n12:31:00\n12:32:00\n", ',', '"', HR_NO_BYTE, true, 0, 1);
    expect("2020-01-01 12:30:00\n2020-01-02 12:31:00\n2020-01-03 12:32:00\n", ',', '"', HR_NO_BYTE, false, 0, 1);
    expect("time,count\n2015/01/01 01:00:00,2\n2015/01/01 04:00:00,3\n", ',', '"', HR_NO_BYTE, true, 0, 2);
    expect("url\nhttp://a.example/x\nhttp://b.example/y\n", ',', '"', HR_NO_BYTE, true, 0, 1);
}

Test(dialect, words_of_one_column_are_not_divided)
{
    expect("city\nNew York\nSan Jose\nLas Vegas\n", ',', '"', HR_NO_BYTE, true, 0, 1);
    expect("Item 1\nItem 2\nItem 3\n", ',', '"', HR_NO_BYTE, true, 0, 1);
    expect("note\nto do: this\nto do: that\n", ',', '"', HR_NO_BYTE, true, 0, 1);
}

Test(dialect, prose_in_one_column_keeps_its_commas)
{
    hr_dialect_guess guess = detect("text\nHello, world\nGood bye, all\nSee, you\n");
    cr_expect_eq(guess.columns, 1);
    cr_expect_neq(guess.dialect.delimiter, ',');
    cr_expect_leq(guess.confidence, 50);
}

Test(dialect, delimiters_inside_quotes_do_not_count)
{
    expect("a,b\n\"x;y;z\",\"1;2\"\n\"p;q;r\",\"3;4\"\n", ',', '"', HR_NO_BYTE, true, 0, 2);
    expect("a;b\n\"x,y\";\"1,2,3\"\n\"p,q\";\"3,4\"\n", ';', '"', HR_NO_BYTE, true, 0, 2);
}

Test(dialect, quotes_may_be_single_or_backticks)
{
    expect("a,b\n1,'x, y'\n2,'it''s'\n3,'z, w'\n", ',', '\'', HR_NO_BYTE, true, 0, 2);
    expect("a,b\n1,`x, y`\n2,`z`\n3,`z, w`\n", ',', '`', HR_NO_BYTE, true, 0, 2);
    expect("a,b\n1,'tis the season\n2,O'Brien\n3,'twas\n", ',', '"', HR_NO_BYTE, true, 0, 2);
}

Test(dialect, stray_quotes_leave_the_usual_quote)
{
    expect("id,name,price\n1,6\" pipe,2.5\n2,8\" pipe,3.5\n", ',', '"', HR_NO_BYTE, true, 0, 3);
}

Test(dialect, quotes_that_are_only_data_are_no_quotes)
{
    char text[4000];
    size_t used = (size_t)snprintf(text, sizeof text, "id\ttitle\n");
    for (int r = 0; r < 60; r++) {
        used +=
            (size_t)snprintf(text + used, sizeof text - used, r % 2 ? "%d\t\"Weird Al\" Yankovic\n" : "%d\tplain\n", r);
    }
    expect(text, '\t', HR_NO_BYTE, HR_NO_BYTE, true, 0, 2);
}

Test(dialect, a_first_record_longer_than_the_sample_is_no_prose)
{
    size_t size = 400000, used = 0;
    char *text = malloc(size);
    used += (size_t)sprintf(text, "id,text,more\n1,\"");
    while (used < size - 100) {
        used += (size_t)sprintf(text + used, "a line of prose, with commas, and more of them\n");
    }
    hr_dialect_guess guess;
    cr_assert_eq(hr_dialect_detect((const uint8_t *)text, 262144, false, NULL, &guess, NULL), HR_OK);
    cr_assert_eq(guess.dialect.delimiter, ',');
    cr_assert_eq(guess.dialect.quote, '"');
    cr_assert_eq(guess.columns, 3);
    cr_assert(guess.header);
    free(text);
}

Test(dialect, a_few_damaged_quotes_are_damage_though_no_field_is_enclosed)
{
    expect("id,title\n1,\"Weird Al\" Yankovic\n2,\"Big\" Ben\n3,plain\n4,\"Mad\" Max\n", ',', '"', HR_NO_BYTE, true, 0,
           2);
}

Test(dialect, one_damaged_quote_does_not_change_the_quote)
{
    expect("id,name\n1,\"a, b\"\n2,\"c\" d\n3,\"e, f\"\n4,\"never closed\n5,\"g, h\"\n", ',', '"', HR_NO_BYTE, true, 0,
           2);
}

Test(dialect, damaged_records_among_many_quoted_ones_do_not_change_the_quote)
{
    char text[2000];
    size_t used = (size_t)snprintf(text, sizeof text, "\"id\",\"name\"\n");
    for (int r = 0; r < 40; r++) {
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "\"%d\",\"name%d\"%s\n", r, r, r % 15 == 7 ? " x" : "");
    }
    expect(text, ',', '"', HR_NO_BYTE, true, 0, 2);
    expect("\"id\",\"name\"\n\"1\",\"a\"\n\"2\",\"b\" x\n", ',', '"', HR_NO_BYTE, true, 0, 2);
}

Test(dialect, backslash_escapes_only_where_doubling_fails)
{
    expect("id,text\n1,\"a \\\"b\\\", c\"\n2,\"d \\\"e\\\"\"\n", ',', '"', '\\', true, 0, 2);
    expect("id,text\n1,\"a \"\"b\"\", c\"\n2,\"d\"\n", ',', '"', HR_NO_BYTE, true, 0, 2);
    expect("id,path\n1,\"C:\\dir\\\"\n2,\"D:\\x, y\\\"\n3,\"E:\\\"\n", ',', '"', HR_NO_BYTE, true, 0, 2);
}

Test(dialect, newlines_in_quoted_header_cells)
{
    expect("id;\"name\n(official)\";\"rate\r\nin %\"\n1;a;2\n2;b;3\n3;c;4\n", ';', '"', HR_NO_BYTE, true, 0, 3);
}

Test(dialect, header_by_the_types_below)
{
    hr_dialect_guess guess = detect("id,name\n1,Ann\n2,Bob\n");
    cr_expect(guess.header);
    cr_expect(strstr(guess.evidence, "1 first"), "%s", guess.evidence);
}

Test(dialect, header_of_years_over_other_numbers)
{
    expect("Sector,2005,2006,2007\nTimber,498,853,490\nFood,577,604,714\nSteel,1022,920,801\n", ',', '"', HR_NO_BYTE,
           true, 0, 4);
}

Test(dialect, header_by_custom_when_all_is_text_is_less_sure)
{
    hr_dialect_guess text = detect("agency,bureau\nTreasury,Mint\nInterior,Park Service\nLabor,Statistics\n");
    hr_dialect_guess typed = detect("agency,staff\nTreasury,12\nInterior,13\nLabor,14\n");
    cr_expect(text.header && typed.header);
    cr_expect_lt(text.confidence, typed.confidence);
}

Test(dialect, no_header_where_the_first_record_is_like_the_others)
{
    expect("1,Goroka,-6.08,145.39\n2,Madang,-5.2,145.78\n3,Hagen,-5.82,144.29\n", ',', '"', HR_NO_BYTE, false, 0, 4);
    expect("2011-10-06,PVG,TPE\n2011-09-30,PEK,SHA\n", ',', '"', HR_NO_BYTE, false, 0, 3);
    expect("\"Aerospatiale 262\",\"ND2\",\"N262\"\n\"Corvette\",\"NDC\",\"S601\"\n\"ATR 42\",\"AT4\",\"AT43\"\n"
           "\"ATR 72\",\"AT7\",\"AT72\"\n\"Caravelle\",\"CRV\",\"S210\"\n",
           ',', '"', HR_NO_BYTE, false, 0, 3);
    expect("-1,\"Unknown\",\\N,\"N/A\"\n1,\"Private\",\\N,\"X\"\n2,\"135 Airways\",\\N,\"Y\"\n", ',', '"', HR_NO_BYTE,
           false, 0, 4);
    expect("foo\nfoo\nfoo\nfoo\nfoo\nfoo\n", ',', '"', HR_NO_BYTE, false, 0, 1);
}

Test(dialect, repeated_header_of_joined_files_is_still_a_header)
{
    expect("a,b,c\n1,x,2\n4,y,5\n7,z,8\na,b,c\n9,w,3\n", ',', '"', HR_NO_BYTE, true, 0, 3);
}

Test(dialect, tiny_inputs)
{
    expect("", ',', '"', HR_NO_BYTE, true, 0, 0);
    expect("id,name\n", ',', '"', HR_NO_BYTE, true, 0, 2);
    expect("3,german\n", ',', '"', HR_NO_BYTE, false, 0, 2);
    expect("a", ',', '"', HR_NO_BYTE, true, 0, 1);
    cr_expect_eq(detect("\n\n\n").preamble, 0);
    cr_expect_leq(detect("a").confidence, 40);
    cr_expect_leq(detect("a\nb\nc\n").confidence, 50);
}

Test(dialect, titles_above_a_table_are_preamble)
{
    expect("Number of students, by state,,\n,,\nstate,count,rate\nAL,1,2\nAK,3,4\nAZ,5,6\n", ',', '"', HR_NO_BYTE, true,
           0, 4);
    expect("Number of students by state,,\n,,\nstate,count,rate\nAL,1,2\nAK,3,4\nAZ,5,6\n", ',', '"', HR_NO_BYTE, true,
           2, 3);
    expect(
        "Report of the year\n\nSource: an office\n\nname,2019 total,kind\nx,1,a\ny,3,b\nz,5,c\nu,6,d\nv,7,e\nw,8,f\nt,9,g\n",
        ',', '"', HR_NO_BYTE, true, 4, 3);
    expect("\n\n\na,b,c\n1,2,3\n", ',', '"', HR_NO_BYTE, true, 3, 3);
    expect("# a note\na,b,c\n1,2,3\n4,5,6\n", ',', '"', HR_NO_BYTE, true, 1, 3);
}

Test(dialect, quoted_newlines_in_a_title_count_as_physical_lines)
{
    expect("\"Report\nof the year\",,\n,,\nstate,count,rate\nAL,1,2\nAK,3,4\nAZ,5,6\nAR,7,8\n", ',', '"', HR_NO_BYTE,
           true, 3, 3);
}

Test(dialect, three_lines_keep_their_rows)
{
    expect("c0\nv0\na;b\n", ',', '"', HR_NO_BYTE, true, 0, 1);
    cr_expect_eq(detect("c0\n1\na;b\n").preamble, 0);
}

/* The width grows from `narrow` to `wide` fields at row `at` of `rows`: nothing before that may be called preamble. */
static void expect_no_preamble(unsigned narrow, unsigned wide, unsigned at, unsigned rows)
{
    size_t room = (size_t)rows * wide * 12 + 1000, used = 0;
    char *text = malloc(room);
    for (unsigned c = 0; c < narrow; c++) {
        used += (size_t)snprintf(text + used, room - used, "%sc%u", c ? "," : "", c);
    }
    used += (size_t)snprintf(text + used, room - used, "\n");
    for (unsigned r = 0; r < rows; r++) {
        unsigned width = r < at ? narrow : wide;
        for (unsigned c = 0; c < width; c++) {
            used += (size_t)snprintf(text + used, room - used, "%s%s%u", c ? "," : "", r % 3 ? "v" : "", r + c);
        }
        used += (size_t)snprintf(text + used, room - used, "\n");
    }
    size_t samples[] = {used, 256 * 1024, 4000};
    for (size_t i = 0; i < 3; i++) {
        hr_dialect_guess guess;
        size_t size = samples[i] < used ? samples[i] : used;
        cr_assert_eq(hr_dialect_detect((const uint8_t *)text, size, size == used, NULL, &guess, NULL), HR_OK);
        cr_expect_eq(guess.preamble, 0, "%u to %u fields at row %u of %u, sample %zu: preamble %llu; %s", narrow, wide,
                     at, rows, size, (unsigned long long)guess.preamble, guess.evidence);
    }
    free(text);
}

Test(dialect, a_change_of_width_is_never_preamble)
{
    static const unsigned at[] = {1, 2, 3, 10, 100, 1000, 2046, 2047, 3000, 20000};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        expect_no_preamble(2, 3, at[i], 30000);
        expect_no_preamble(3, 2, at[i], 30000);
        expect_no_preamble(2, 5, at[i], 30000);
        expect_no_preamble(1, 3, at[i], 30000);
    }
    for (unsigned k = 1; k < 12; k++) {
        expect_no_preamble(2, 3, k, 40);
        expect_no_preamble(3, 7, k, 40);
    }
}

Test(dialect, a_first_row_of_the_table_is_never_preamble)
{
    cr_expect_eq(detect("1,Ann\n2,Bob,x\n3,Cid,y\n4,Dan,z\n").preamble, 0);
    cr_expect_eq(detect("New York\nSan Jose\nBoston,Mass\nAustin,Texas\nSalem,Oregon\nTulsa,Ohio\n").preamble, 0);
    cr_expect_eq(detect("5\n1,2\n3,4\n5,6\n7,8\n").preamble, 0);
    cr_expect_eq(detect(",,Ann\n1,2,Bob\n3,4,Cid\n5,6,Dan\n").preamble, 0);
}

Test(dialect, a_table_that_is_not_consistent_has_no_preamble)
{
    const char *text = "A report of the year\nname,count,kind\nx,1,a\ny,3\nz,5,c\nu,6,d,e\nv,7,e\nw,8\nt,9,g\n";
    cr_expect_eq(detect(text).preamble, 0);
}

Test(dialect, notes_below_a_table_do_not_count_against_it)
{
    expect("A report of the year\n\nname,count,kind\nx,1,a\ny,3,b\nz,5,c\n\nSource: an office\nAll rights reserved\n",
           ',', '"', HR_NO_BYTE, true, 2, 3);
}

Test(dialect, a_quote_that_never_closes_does_not_hide_the_rest)
{
    char text[80000];
    size_t used = (size_t)snprintf(text, sizeof text, "id;name;rate\n1;\"never closed;2\n");
    for (int r = 0; used < sizeof text - 100; r++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%d;it's, well, a name;%d\n", r, r * 2);
    }
    hr_dialect_guess guess;
    for (int whole = 0; whole < 2; whole++) {
        cr_assert_eq(hr_dialect_detect((const uint8_t *)text, used, whole, NULL, &guess, NULL), HR_OK);
        cr_expect_eq(guess.dialect.delimiter, ';', "%s", guess.evidence);
        cr_expect_eq(guess.dialect.quote, '"', "%s", guess.evidence);
        cr_expect(guess.header && guess.columns == 3 && guess.confidence >= 90, "%s", guess.evidence);
    }
}

Test(dialect, comment_lines_between_rows)
{
    hr_dialect_guess guess = detect("a,b\n# two, and more, here\n1,2\n# three\n3,4\n5,6\n");
    cr_expect_eq(guess.dialect.comment, '#');
    cr_expect_eq(guess.columns, 2);
}

Test(dialect, rows_that_begin_with_a_hash_and_fit_are_data)
{
    hr_dialect_guess guess = detect("tag,count\n#fall,1\n#winter,2\nplain,3\n# a note\n");
    cr_expect_eq(guess.dialect.comment, HR_NO_BYTE);
    guess = detect("tag,count\n#fall,1\n#winter,2\n#spring,3\n");
    cr_expect_eq(guess.dialect.comment, HR_NO_BYTE);
    cr_expect(strstr(guess.evidence, "4 of 4"), "%s", guess.evidence);
    guess = detect("#a,1\n#b,2\n#c,3\n#d,4\nx,5,6\ny,7,8\nz,8,9\nu,8,9\nv,8,9\n#e,9\n");
    cr_expect_eq(guess.preamble, 0);
    cr_expect_eq(guess.dialect.comment, HR_NO_BYTE);
    guess = detect("#id,name\n1,a\n2,b\n");
    cr_expect_eq(guess.preamble, 0);
    cr_expect_eq(guess.columns, 2);
}

Test(dialect, newlines_are_named)
{
    cr_expect_str_eq(detect("a,b\n1,2\n").newline, "lf");
    cr_expect_str_eq(detect("a,b\r\n1,2\r\n").newline, "crlf");
    cr_expect_str_eq(detect("a,b\r1,2\r").newline, "cr");
    cr_expect_str_eq(detect("a,b\r\n1,2\n").newline, "mixed");
    cr_expect_str_eq(detect("a,b\r\n1,\"x\ny\"\r\n").newline, "crlf");
    cr_expect_str_eq(detect("a,b").newline, "none");
}

Test(dialect, the_cut_line_of_a_sample_is_not_judged)
{
    hr_dialect_guess guess;
    const char *text = "id;name;rate\n1;\"a;b\";2\n2;\"c;d\";3\n3;\"e;f";
    for (size_t size = 30; size <= strlen(text); size++) {
        cr_assert_eq(hr_dialect_detect((const uint8_t *)text, size, false, NULL, &guess, NULL), HR_OK);
        cr_expect_eq(guess.dialect.delimiter, ';', "sample of %zu bytes", size);
        cr_expect_eq(guess.columns, 3, "sample of %zu bytes", size);
        cr_expect(guess.header, "sample of %zu bytes", size);
    }
}

Test(dialect, evidence_counts_whole_records_only)
{
    hr_dialect_guess guess;
    const char *text = "id,name,rate\n1,a,2\n2,b";
    cr_assert_eq(hr_dialect_detect((const uint8_t *)text, strlen(text), false, NULL, &guess, NULL), HR_OK);
    cr_expect(strstr(guess.evidence, "3 fields in 2 of 2"), "%s", guess.evidence);
    cr_assert_eq(hr_dialect_detect((const uint8_t *)text, strlen(text), true, NULL, &guess, NULL), HR_OK);
    cr_expect(strstr(guess.evidence, "3 fields in 2 of 3"), "%s", guess.evidence);
}

Test(dialect, every_cut_of_a_sample_behind_two_rows_gives_the_same_dialect)
{
    char text[6000];
    size_t used = (size_t)snprintf(text, sizeof text, "id,title,when,\"free\ntext\"\n");
    for (int r = 0; r < 60; r++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%d,\"x, \"\"y\"\"; z\",2020-01-%02d,\"line one\nline; two|%d\"\n", r, r % 28 + 1, r);
    }
    for (size_t size = 180; size < used; size++) {
        hr_dialect_guess guess;
        cr_assert_eq(hr_dialect_detect((const uint8_t *)text, size, false, NULL, &guess, NULL), HR_OK);
        cr_assert_eq(guess.dialect.delimiter, ',', "sample of %zu bytes: %s", size, guess.evidence);
        cr_assert_eq(guess.dialect.quote, '"', "sample of %zu bytes: %s", size, guess.evidence);
        cr_assert_eq(guess.columns, 4, "sample of %zu bytes: %s", size, guess.evidence);
        cr_assert(guess.header && guess.preamble == 0, "sample of %zu bytes: %s", size, guess.evidence);
    }
}

Test(dialect, hints_pin_every_part)
{
    const char *text = "skip this\nid;name\n1;'a'\n2;'b'\n";
    hr_dialect_hints hints = {',', '\'', '\\', '#', 0, 1};
    hr_dialect_guess guess;
    cr_assert_eq(hr_dialect_detect((const uint8_t *)text, strlen(text), true, &hints, &guess, NULL), HR_OK);
    cr_expect_eq(guess.dialect.delimiter, ',');
    cr_expect_eq(guess.dialect.quote, '\'');
    cr_expect_eq(guess.dialect.escape, '\\');
    cr_expect_eq(guess.dialect.comment, '#');
    cr_expect_not(guess.header);
    cr_expect_eq(guess.preamble, 1);
    cr_expect_eq(guess.columns, 1);
    hints = (hr_dialect_hints){HR_DIALECT_AUTO, HR_NO_BYTE, HR_DIALECT_AUTO, HR_NO_BYTE, 1, 2};
    cr_assert_eq(hr_dialect_detect((const uint8_t *)text, strlen(text), true, &hints, &guess, NULL), HR_OK);
    cr_expect_eq(guess.dialect.delimiter, ';');
    cr_expect_eq(guess.dialect.quote, HR_NO_BYTE);
    cr_expect(guess.header);
    cr_expect_eq(guess.preamble, 2);
    cr_expect_eq(guess.columns, 2);
}

Test(dialect, pinned_preamble_of_zero_finds_none)
{
    const char *text = "Report of the year\n\na,b\n1,2\n3,4\n5,6\n";
    hr_dialect_hints hints = {HR_DIALECT_AUTO, HR_DIALECT_AUTO, HR_DIALECT_AUTO, HR_DIALECT_AUTO, HR_DIALECT_AUTO, 0};
    hr_dialect_guess guess;
    cr_expect_eq(detect(text).preamble, 2);
    cr_assert_eq(hr_dialect_detect((const uint8_t *)text, strlen(text), true, &hints, &guess, NULL), HR_OK);
    cr_expect_eq(guess.preamble, 0);
}

Test(dialect, the_same_bytes_give_the_same_answer)
{
    const char *text = "a;b,c\n1;2,5\n3;4,5\n\"x;y\";2\n";
    hr_dialect_guess first = detect(text), second = detect(text);
    cr_expect_eq(memcmp(&first, &second, sizeof first), 0);
}

Test(dialect, evidence_reads_as_sentences)
{
    hr_dialect_guess guess = detect("name;rate\na;1,5\nb;2,25\nc;3,5\n");
    cr_expect(strstr(guess.evidence, "';' gives 2 fields in 4 of 4 sampled records"), "%s", guess.evidence);
    cr_expect(strstr(guess.evidence, "the first record is text while 1 column below it"), "%s", guess.evidence);
}

Test(dialect, bytes_have_names)
{
    char text[8];
    hr_dialect_byte_text(',', text);
    cr_expect_str_eq(text, ",");
    hr_dialect_byte_text('\t', text);
    cr_expect_str_eq(text, "\\t");
    hr_dialect_byte_text(0x1F, text);
    cr_expect_str_eq(text, "0x1F");
    hr_dialect_byte_text(0, text);
    cr_expect_str_eq(text, "0x00");
    hr_dialect_byte_text(HR_NO_BYTE, text);
    cr_expect_str_eq(text, "none");
}
