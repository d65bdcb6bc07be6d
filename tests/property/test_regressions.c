/* test_regressions.c: inputs on which readers broke, ours and others', each with what is right. */
#include <inttypes.h>

#include "tests/property/documents.h"
#include "tests/property/promise.h"

/* Options beside what is usual. */
#define READ(escape, comment, header, preamble, strict, row_bytes, columns)    \
    {                                                                          \
        .csv = {',',   '"',    escape, comment, header,    preamble, 0, false, \
                false, strict, false,  NULL,    row_bytes, columns,  0},       \
        .offsets = true, .encoding = "utf-8", .sample = "64"                   \
    }
#define USUAL READ(-1, -1, true, 0, false, 16u << 20, 131072)

static sheet sheet_of(const hr_buffer *text)
{
    return (sheet){text->data, text->size, text->data, text->size, NULL, 0};
}

/* ---- small ones: input, options, all that is to be said --------------------------------------------------------- */

typedef struct small_case {
    const char *name, *text;
    size_t size;
    setup s;
    const char *rows, *rejects;
    uint64_t skipped;
} small_case;

#define TEXT(t) (t), sizeof(t) - 1

static const small_case small_cases[] = {
    {"an escape that is the quote means doubled quotes", TEXT("a,b\n\"x\"\"y\",\"1,2\"\n"),
     READ('"', -1, true, 0, false, 16u << 20, 131072), "row 1 @4 12[\"x\"\"y\",\"1,2\"]: q3[x\"y] q3[1,2]\n", "", 0},
    {"an escape before CRLF keeps the CR", TEXT("a,b\n1,x\\\r\n2,y\r\n"),
     READ('\\', -1, true, 0, false, 16u << 20, 131072),
     "row 1 @4 5[1,x\\\r]: 1[1] 2[x\r]\nrow 2 @10 3[2,y]: 1[2] 1[y]\n", "", 0},
    {"an escape at the end of the input is data", TEXT("a\nx\\"), READ('\\', -1, true, 0, false, 16u << 20, 131072),
     "row 1 @2 2[x\\]: 2[x\\]\n", "", 0},
    {"the limit between two doubled quotes is inside quotes", TEXT("a\n\"12\"\"345\"\nz\n"),
     READ(-1, -1, true, 0, false, 4, 131072), "row 2 @12 1[z]: 1[z]\n",
     "E_UNCLOSED row 1 line 2 offset 2 at 2 column 1 4[\"12\"]\n", 0},
    {"the limit behind a closing quote is not", TEXT("a\n\"12\"345\nz\n"), READ(-1, -1, true, 0, false, 4, 131072),
     "row 2 @10 1[z]: 1[z]\n", "E_SIZE row 1 line 2 offset 2 at ? column ? 4[\"12\"]\n", 0},
    {"CRLF across the limit is over it", TEXT("a\n1234\r\nz\r\n"), READ(-1, -1, true, 0, false, 5, 131072),
     "row 2 @8 1[z]: 1[z]\n", "E_SIZE row 1 line 2 offset 2 at ? column ? 5[1234\r]\n", 0},
    {"a row of just the limit, without a newline, is within it", TEXT("a\n12345"),
     READ(-1, -1, true, 0, false, 5, 131072), "row 1 @2 5[12345]: 5[12345]\n", "", 0},
    {"the column of a bad byte counts beyond limits.columns", TEXT("a\n,,,,\xFF,\n1\n"),
     READ(-1, -1, true, 0, false, 7, 1), "row 2 @9 1[1]: 1[1]\n",
     "E_ENCODING row 1 line 2 offset 2 at 6 column 5 7[,,,,\xFF,\n]\n", 0},
    {"a quote that never closes names its column beyond limits.columns", TEXT("a\n,,,,\"x\n1\n"),
     READ(-1, -1, true, 0, false, 16u << 20, 1), "row 2 @9 1[1]: 1[1]\n",
     "E_UNCLOSED row 1 line 2 offset 2 at 6 column 5 7[,,,,\"x\n]\n", 0},
    {"rows as wide as the first are rejected when that is beyond limits.columns", TEXT("1,2,3\n4,5,6\n7,8\n"),
     READ(-1, -1, false, 0, false, 16u << 20, 2), "row 3 @12 3[7,8]: 1[7] 1[8]\n",
     "E_COLUMNS row 1 line 1 offset 0 at ? column ? 6[1,2,3\n]\nE_COLUMNS row 2 line 2 offset 6 at ? column ? 6[4,5,6\n]\n",
     0},
    {"comment and preamble lines are skipped whatever their length",
     TEXT("a preamble over the limit\n# and a comment over it\r\na\nx\n"), READ(-1, '#', true, 1, false, 4, 131072),
     "row 1 @53 1[x]: 1[x]\n", "", 2},
    {"a comment over the limit among the rows is skipped", TEXT("a\n# \"comment\nx\n"),
     READ(-1, '#', true, 0, false, 4, 131072), "row 1 @13 1[x]: 1[x]\n", "", 1},
    {"a preamble without a newline is one skipped line", TEXT("nothing else"),
     READ(-1, -1, true, 3, false, 16u << 20, 131072), "", "", 1},
    {"CR alone ends rows", TEXT("a,b\r1,2\r\"x\ry\",3\r"), USUAL,
     "row 1 @4 3[1,2]: 1[1] 1[2]\nrow 2 @8 7[\"x\ry\",3]: q3[x\ry] 1[3]\n", "", 0},
    {"blank lines are skipped, not rows", TEXT("a\n\n\r\n1\r\r2\n\n"), USUAL,
     "row 1 @5 1[1]: 1[1]\nrow 2 @8 1[2]: 1[2]\n", "", 4},
    {"quoted empty is no null", TEXT("a,b\n\"\",\n"), USUAL, "row 1 @4 3[\"\",]: q0[] -0[]\n", "", 0},
    {"a quote inside an unquoted field is data", TEXT("a,b\n12\" pipe,3\n"), USUAL,
     "row 1 @4 10[12\" pipe,3]: 8[12\" pipe] 1[3]\n", "", 0},
    {"and an error in strict mode", TEXT("a,b\n12\" pipe,3\nx,y\n"), READ(-1, -1, true, 0, true, 16u << 20, 131072),
     "row 2 @15 3[x,y]: 1[x] 1[y]\n", "E_STRICT row 1 line 2 offset 4 at 6 column 1 11[12\" pipe,3\n]\n", 0},
};

static bool same_text(const char *what, const hr_buffer *got, const char *expected)
{
    size_t size = strlen(expected);
    if (got->size == size && (!size || !memcmp(got->data, expected, size)))
        return true;
    fprintf(stderr, "%s, got:\n%.*s\nexpected:\n%s\n", what, (int)got->size, got->size ? (const char *)got->data : "",
            expected);
    return false;
}

static bool keeps_case(const small_case *c)
{
    size_t count;
    const char *const *kernels = kernel_names(&count);
    hr_buffer text = {.data = (uint8_t *)(uintptr_t)c->text, .size = c->size};
    sheet doc = sheet_of(&text);
    bool good = true;
    for (size_t i = 0; good && i < count * 2; i++) {
        way w = {kernels[i / 2], i % 2 ? FED_BYTES : FED_WHOLE, 0, 0, 0, 0};
        transcript got, expected;
        reference_result result;
        transcript_read(&doc, &c->s, &w, NULL, NULL, &got);
        transcript_expect(&doc, &c->s, &got, &result, &expected);
        good = transcript_same(&got, &expected, c->name) && transcript_places(&got, &result, &doc, c->name);
        good = same_text(c->name, &got.rows, c->rows) && same_text(c->name, &got.rejects, c->rejects) &&
               got.skipped == c->skipped && good;
        if (!good)
            transcript_show(&doc, &c->s, &w);
        transcript_free(&got);
        transcript_free(&expected);
        reference_free(&result);
    }
    return good;
}

static bool small_inputs_say_what_is_written_here(uint64_t seed, size_t times)
{
    (void)seed, (void)times;
    bool good = true;
    for (size_t i = 0; i < HR_COUNT(small_cases); i++)
        good = keeps_case(&small_cases[i]) && good;
    return good;
}

/* ---- large ones: by kernel, against the reference --------------------------------------------------------------- */

static bool reads_right(const hr_buffer *text, const setup *s, uint64_t rows, uint64_t rejected)
{
    size_t count;
    const char *const *kernels = kernel_names(&count);
    sheet doc = sheet_of(text);
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        way w = {kernels[i], i % 2 ? PULLED : FED_CUTS, i, 300000, 0, 0};
        transcript got, expected;
        reference_result result;
        transcript_read(&doc, s, &w, NULL, NULL, &got);
        transcript_expect(&doc, s, &got, &result, &expected);
        good = transcript_same(&got, &expected, "large") && transcript_places(&got, &result, &doc, "large") &&
               got.row_count == rows && got.rejected == rejected;
        if (!good)
            fprintf(stderr, "%s: %" PRIu64 " rows, %" PRIu64 " rejected\n", kernels[i], got.row_count, got.rejected);
        transcript_free(&got);
        transcript_free(&expected);
        reference_free(&result);
    }
    return good;
}

static void put(hr_buffer *out, const char *text)
{
    REQUIRE(hr_buffer_text(out, text));
}

static void put_times(hr_buffer *out, const char *text, size_t times)
{
    while (times--)
        put(out, text);
}

static bool a_quoted_field_of_six_megabytes_is_one_field(uint64_t seed, size_t times)
{
    (void)seed, (void)times;
    hr_buffer text = {0};
    setup s = USUAL;
    put(&text, "id,text\n1,\"");
    put_times(&text, "a line, with \"\"quotes\"\" in it\r\n", 6000000 / 30);
    put(&text, "\"\n2,short\n");
    bool good = reads_right(&text, &s, 2, 0);
    hr_buffer_free(&text);
    return good;
}

static bool a_field_of_64_megabytes_is_read_with_a_raised_limit(uint64_t seed, size_t times)
{
    (void)seed, (void)times;
    hr_buffer text = {0};
    size_t size = FEWER((size_t)64 << 20);
    setup s = READ(-1, -1, true, 0, false, size + 100, 131072);
    put(&text, "id,text\n1,\"");
    uint8_t *room = hr_buffer_room(&text, size);
    REQUIRE(room);
    memset(room, 'x', size);
    text.size += size;
    put(&text, "\"\n2,short\n");
    sheet doc = sheet_of(&text);
    way w = {"auto", PULLED, 1, 1u << 20, 0, 0};
    transcript got;
    transcript_read(&doc, &s, &w, NULL, NULL, &got);
    bool good = got.status == HR_END && got.row_count == 2 && got.rejected == 0 && got.rows.size > size * 2;
    transcript_free(&got);
    s.csv.row_bytes = size / 2; /* and costs its line with a lower one */
    transcript_read(&doc, &s, &w, NULL, NULL, &got);
    good = good && got.status == HR_END && got.row_count == 1 && got.rejected == 1;
    transcript_free(&got);
    hr_buffer_free(&text);
    return good;
}

static bool inch_marks_lose_no_row(uint64_t seed, size_t times)
{
    (void)seed, (void)times;
    hr_buffer text = {0};
    setup s = USUAL;
    put(&text, "size,what\n");
    put_times(&text, "12\" pipe,steel\n\"3\"\" pipe\",\"brass, thin\"\n", 1000);
    bool good = reads_right(&text, &s, 2000, 0);
    hr_buffer_free(&text);
    return good;
}

static bool rows_over_128_kilobytes_keep_all_their_fields(uint64_t seed, size_t times)
{
    (void)seed, (void)times;
    hr_buffer text = {0};
    setup s = USUAL;
    put_times(&text, "c,", 39999);
    put(&text, "c\n");
    for (size_t i = 0; i < 3; i++) {
        put_times(&text, "some,\"x,\",", 19999);
        put(&text, "1,2\r\n");
    }
    s.csv.header = false;
    bool good = reads_right(&text, &s, 4, 0);
    hr_buffer_free(&text);
    return good;
}

static bool a_header_and_rows_of_100000_columns_are_read(uint64_t seed, size_t times)
{
    (void)seed, (void)times;
    enum { COLUMNS = 100000 };
    hr_buffer text = {0};
    setup s = USUAL;
    for (size_t i = 0; i < COLUMNS; i++)
        REQUIRE(hr_buffer_printf(&text, i ? ",n%zu" : "n%zu", i % (COLUMNS / 2)));
    put(&text, "\n");
    for (size_t row = 0; row < 3; row++) {
        put_times(&text, "v,", COLUMNS - 1);
        put(&text, row == 1 ? "v,v\n" : "v\n");
    }
    sheet doc = sheet_of(&text);
    way w = {"auto", FED_CUTS, 1, 100000, 0, 0};
    transcript got;
    transcript_read(&doc, &s, &w, NULL, NULL, &got);
    size_t names = 0;
    for (size_t i = 0; i < got.names.size; i++)
        names += !got.names.data[i];
    const char *last = (const char *)got.names.data + got.names.size - sizeof "n49999_2";
    bool good = got.status == HR_END && names == COLUMNS && !strcmp(last, "n49999_2") && got.row_count == 2 &&
                got.rejected == 1;
    if (!good)
        fprintf(stderr, "%s, %zu names, the last %s, %" PRIu64 " rows, %" PRIu64 " rejected\n",
                hr_status_name(got.status), names, last, got.row_count, got.rejected);
    transcript_free(&got);
    hr_buffer_free(&text);
    return good;
}

static bool an_unclosed_quote_in_50_megabytes_costs_one_line(uint64_t seed, size_t times)
{
    (void)seed, (void)times;
    hr_buffer text = {0};
    setup s = USUAL;
    s.offsets = false;
    size_t rows = FEWER(1000000);
    put(&text, "a,b,c\n1,\"never closed,3\n");
    put_times(&text, "some text that goes on,and on for a while,and ends\n", rows);
    sheet doc = sheet_of(&text);
    way w = {"auto", PULLED, 1, 1u << 20, 0, 0};
    transcript got;
    transcript_read(&doc, &s, &w, NULL, NULL, &got);
    bool good = got.status == HR_END && got.row_count == rows && got.rejected == 1 && got.rejects.size < 200;
    transcript_free(&got);
    uint64_t records = 0, skipped = 0;
    good = good && transcript_count(&doc, &s, &w, &records, &skipped) == HR_OK && records == rows + 1 && skipped == 0;
    hr_buffer_free(&text);
    return good;
}

/* ---- nothing is lost where the width changes: everything detected ----------------------------------------------- */

static bool all_are_accounted_for(const hr_buffer *text, uint64_t lines)
{
    hr_options *options;
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    hr_reader *reader;
    hr_batch *batch;
    const char *const *names;
    hr_reader_facts facts;
    uint64_t read = 0, rows = 0, rejected = 0;
    REQUIRE(hr_options_new(table, count, &options, NULL) == HR_OK && hr_reader_new(options, &reader, NULL) == HR_OK);
    REQUIRE(hr_reader_feed(reader, text->data, text->size, NULL) == HR_OK && hr_reader_finish(reader, NULL) == HR_OK);
    REQUIRE(hr_reader_columns(reader, &names, &count, NULL) == HR_OK &&
            hr_reader_describe(reader, &facts, NULL) == HR_OK);
    while (hr_reader_next(reader, &batch, NULL) == HR_OK) {
        read += batch->read;
        rows += batch->rows;
        rejected += batch->rejected;
        hr_batch_release(batch);
    }
    bool good = read + facts.dialect.header == lines && facts.dialect.preamble == 0 && rows + rejected == read;
    if (!good)
        fprintf(stderr,
                "%" PRIu64 " lines: read %" PRIu64 " (%" PRIu64 " rows, %" PRIu64
                " rejected), header %d, preamble %" PRIu64 "\n",
                lines, read, rows, rejected, facts.dialect.header, facts.dialect.preamble);
    hr_reader_close(reader);
    hr_options_free(options);
    return good;
}

static bool no_row_is_lost_where_the_width_changes(uint64_t seed, size_t times)
{
    (void)seed, (void)times;
    hr_buffer three = {0}, many = {0};
    put(&three, "a,b,c\n1,2,3\n4,5,6,7\n");
    put(&many, "id,name,amount\n");
    for (size_t i = 1; i < 30000; i++)
        REQUIRE(hr_buffer_printf(&many, i < 2046 ? "%zu,name,%zu.5\n" : "%zu,name,%zu.5,more\n", i, i));
    bool good = all_are_accounted_for(&three, 3);
    good = all_are_accounted_for(&many, 30000) && good;
    hr_buffer_free(&three);
    hr_buffer_free(&many);
    return good;
}

int main(int argc, char **argv)
{
    static const promise promises[] = {
        {"small_inputs_say_what_is_written_here", small_inputs_say_what_is_written_here},
        {"a_quoted_field_of_six_megabytes_is_one_field", a_quoted_field_of_six_megabytes_is_one_field},
        {"a_field_of_64_megabytes_is_read_with_a_raised_limit", a_field_of_64_megabytes_is_read_with_a_raised_limit},
        {"inch_marks_lose_no_row", inch_marks_lose_no_row},
        {"rows_over_128_kilobytes_keep_all_their_fields", rows_over_128_kilobytes_keep_all_their_fields},
        {"a_header_and_rows_of_100000_columns_are_read", a_header_and_rows_of_100000_columns_are_read},
        {"an_unclosed_quote_in_50_megabytes_costs_one_line", an_unclosed_quote_in_50_megabytes_costs_one_line},
        {"no_row_is_lost_where_the_width_changes", no_row_is_lost_where_the_width_changes},
    };
    return keep_promises(promises, HR_COUNT(promises), argc, argv);
}
