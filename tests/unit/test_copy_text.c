/* test_copy_text.c: rows as COPY of PostgreSQL reads them: what it would take back is what the input has. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/output/copy_text.h"
#include "core/rows/batch.h"

typedef struct made {
    hr_buffer text;
    size_t flaws;
    hr_copy_flaw last;
} made;

/* All rows of `input`, `enough` bytes at a time; `format` NULL: detected. */
static made render(const void *input, size_t size, const hr_copy_column *columns, size_t count, size_t enough)
{
    made out = {0};
    hr_error err = {0};
    hr_reader *reader;
    hr_batch *batch;
    hr_copy_text *copy = NULL;
    cr_assert_eq(hr_reader_open_memory(input, size, NULL, &reader, &err), HR_OK, "%s", err.text);
    hr_status status;
    while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        hr_copy_column all[64] = {{0}};
        for (uint32_t i = 0; i < batch->columns && i < HR_COUNT(all); i++)
            all[i].column = i;
        if (!copy)
            cr_assert_eq(hr_copy_text_new(columns ? columns : all, columns ? count : batch->columns, &copy, &err),
                         HR_OK);
        size_t at = 0, before;
        while (at < batch->rows) {
            before = out.text.size;
            status = hr_copy_text_rows(copy, &(hr_parcel){.batch = batch}, 100, &at, batch->rows, before + enough,
                                       &out.text, &out.last, &err);
            if (status == HR_AGAIN) {
                out.flaws++;
                at++;
            } else {
                cr_assert_eq(status, HR_OK);
                cr_assert_gt(out.text.size, before);
            }
        }
        hr_batch_release(batch);
    }
    cr_assert_eq(status, HR_END, "%s", err.text);
    hr_copy_text_free(copy);
    hr_reader_close(reader);
    return out;
}

static void gives(const char *input, const char *expected)
{
    for (size_t enough = 1; enough < 200; enough += 13) {
        made out = render(input, strlen(input), NULL, 0, enough);
        cr_assert_eq(out.text.size, strlen(expected), "%zu bytes, not %zu: %.*s", out.text.size, strlen(expected),
                     (int)out.text.size, (char *)out.text.data);
        cr_assert_arr_eq(out.text.data, expected, out.text.size);
        hr_buffer_free(&out.text);
    }
}

Test(copy_text, fields_lose_their_quotes_and_gain_escapes)
{
    gives("a,b,c\n1,two,3\n\"x,y\",\"say \"\"hi\"\"\",\"\"\n,back\\slash,\\.\n\"tab\there\",\"two\nlines\r\n\",\\N\n",
          "1\ttwo\t3\nx,y\tsay \"hi\"\t\n\\N\tback\\\\slash\t\\\\.\ntab\\there\ttwo\\nlines\\r\\n\t\\\\N\n");
}

Test(copy_text, line_ends_of_the_input_are_none_of_the_values)
{
    gives("a,b\r\n1,2\r\n3,\r\n,\"4\"\r\n", "1\t2\n3\t\\N\n\\N\t4\n");
}

Test(copy_text, tabs_that_delimit_are_no_values)
{
    gives("a\tb\n1\t2\n\\x\t\"t\tt\"\n", "1\t2\n\\\\x\tt\\tt\n");
}

Test(copy_text, strings_of_json_lose_their_escapes_and_all_else_stands)
{
    gives(
        "{\"a\":\"x\\ty\\\\\",\"b\":[1, \"\\n\"]}\n{\"a\":null,\"b\":-1.5e3}\n{\"b\":\"\\u00e9\"}\n{\"a\":\"\",\"b\":{\"c\":true}}\n",
        "x\\ty\\\\\t[1, \"\\\\n\"]\n\\N\t-1.5e3\n\\N\t\xC3\xA9\n\t{\"c\":true}\n");
}

Test(copy_text, columns_of_json_get_values_of_ndjson_as_they_are_written)
{
    static const char text[] = "{\"a\":\"x\\n\"}\n{\"a\":\"12\"}\n{\"a\":null}\n{\"a\":[1]}\n";
    const hr_copy_column columns[] = {{.what = HR_COPY_FIELD, .column = 0, .json = true}};
    made out = render(text, sizeof text - 1, columns, 1, 1000);
    static const char expected[] = "\"x\\\\n\"\n\"12\"\n\\N\n[1]\n";
    cr_assert_eq(out.text.size, sizeof expected - 1, "%.*s", (int)out.text.size, (char *)out.text.data);
    cr_assert_arr_eq(out.text.data, expected, out.text.size);
    hr_buffer_free(&out.text);
}

Test(copy_text, a_row_with_a_nul_byte_is_told_and_left_out)
{
    static const char text[] = "a,b\n1,x\0y\n2,fine\n3,\"q\0\"\n";
    made out = render(text, sizeof text - 1, NULL, 0, 1000);
    cr_assert_eq(out.flaws, 2u);
    cr_assert_eq(out.last.column, 1u);
    cr_assert_arr_eq(out.text.data, "2\tfine\n", out.text.size);
    hr_buffer_free(&out.text);
}

Test(copy_text, columns_are_chosen_and_made)
{
    hr_copy_column columns[] = {{.what = HR_COPY_FIELD, .column = 2},
                                {.what = HR_COPY_FIXED, .text = "a\tb\\"},
                                {.what = HR_COPY_ORDINAL},
                                {.what = HR_COPY_ROW},
                                {.what = HR_COPY_ABSENT, .column = 1},
                                {.what = HR_COPY_KEY},
                                {.what = HR_COPY_FIELD, .column = 0}};
    static const char text[] = "a,b,c\n1,,3\n4,5,6\n7,,\"9\"\n";
    made out = render(text, sizeof text - 1, columns, HR_COUNT(columns), 1000);
    static const char expected[] = "3\ta\\tb\\\\\t100\t1\t\\N\t1\n9\ta\\tb\\\\\t102\t3\t\\N\t7\n";
    cr_assert_eq(out.flaws, 1u);
    cr_assert_eq(out.last.column, 1u);
    cr_assert_eq(out.text.size, sizeof expected - 1, "%.*s", (int)out.text.size, (char *)out.text.data);
    cr_assert_arr_eq(out.text.data, expected, out.text.size);
    hr_buffer_free(&out.text);
}

/* Every byte in every place of a field, short and long, in and out of quotes: escaping undone gives it back. */
Test(copy_text, whatever_the_bytes_they_come_back)
{
    for (int c = 1; c < 128; c++) {
        if (c == '"' || c == '\r' || c == '\n' || c == ',' || isalnum(c)) /* syntax, and what may be a header */
            continue;
        hr_buffer input = {0};
        hr_buffer_text(&input, "a,b\n");
        for (int at = 0; at < 40; at++) {
            for (int i = 0; i < 40; i++)
                hr_buffer_add(&input, i == at ? &(char){(char)c} : "x", 1);
            hr_buffer_text(&input, at % 2 ? ",\"" : ",");
            hr_buffer_add(&input, &(char){(char)c}, 1);
            hr_buffer_text(&input, at % 2 ? "\"\n" : "z\n");
        }
        made out = render(input.data, input.size, NULL, 0, 1000);
        size_t tabs = 0, lines = 0;
        for (size_t i = 0; i < out.text.size; i++) {
            if (out.text.data[i] == '\\')
                i++;
            else
                tabs += out.text.data[i] == '\t', lines += out.text.data[i] == '\n';
        }
        cr_assert_eq(tabs, 40u, "byte %d", c);
        cr_assert_eq(lines, 40u, "byte %d", c);
        hr_buffer_free(&out.text);
        hr_buffer_free(&input);
    }
}

/* ---- what the server would change ----------------------------------------------------------------------------------
 */

static bool lost(uint32_t guards, unsigned digits, const char *text)
{
    return hr_copy_loss(guards, digits, (const uint8_t *)text, strlen(text)) != NULL;
}

Test(copy_text, digits_that_would_be_rounded_are_a_flaw)
{
    static const char *const fine[] = {"1",      "1.25",   "1.2500", "-0.10", "125e-2",   "1.255e1", "0.000",
                                       "NaN",    "",       "1e5",    "0e-9",  "1.234,56", "1.2.345", "$1.255",
                                       "1.255x", "x1.255", ".",      "1e",    "0x1f",     " 1.25 ",  "Infinity"};
    static const char *const bad[] = {"1.255",    "1e-3",   "0.001",    "12.5e-2", "-1.0001",
                                      " 1.255\t", "+1.255", "1_0.2_55", ".001",    "1.255e0_0"};
    for (size_t i = 0; i < HR_COUNT(fine); i++)
        cr_assert(!lost(HR_COPY_SCALE, 2, fine[i]), "%s", fine[i]);
    for (size_t i = 0; i < HR_COUNT(bad); i++)
        cr_assert(lost(HR_COPY_SCALE, 2, bad[i]), "%s", bad[i]);
}

Test(copy_text, members_of_arrays_are_looked_at)
{
    static const char *const fine[] = {"{}",     "{1.25}", "{1.25,NULL,\"1.50\"}", "{{1.25},{1.250}}", "[0:1]={1.25,2}",
                                       "{1.255", ""};
    static const char *const bad[] = {"{1.255}",       "{1,1.255}",     "{NULL, 1.255 }",
                                      "{1,\"1.255\"}", "{{1},{1.255}}", "[0:1]={1,1.255}"};
    for (size_t i = 0; i < HR_COUNT(fine); i++)
        cr_assert(!lost(HR_COPY_SCALE | HR_COPY_MEMBERS, 2, fine[i]), "%s", fine[i]);
    for (size_t i = 0; i < HR_COUNT(bad); i++)
        cr_assert(lost(HR_COPY_SCALE | HR_COPY_MEMBERS, 2, bad[i]), "%s", bad[i]);
    cr_assert(lost(HR_COPY_DAY | HR_COPY_MEMBERS, 0, "{2024-01-01,\"2024-01-01 10:00\"}"));
    cr_assert(lost(HR_COPY_ZONELESS | HR_COPY_MEMBERS, 6, "{\"2024-01-01 10:00+02\"}"));
    cr_assert(!lost(HR_COPY_ZONELESS | HR_COPY_MEMBERS, 6, "{\"2024-01-01 10:00\"}"));
}

Test(copy_text, bounds_of_ranges_are_looked_at)
{
    cr_assert(lost(HR_COPY_CLOCK | HR_COPY_MEMBERS, 6, "[today,)"));
    cr_assert(lost(HR_COPY_CLOCK | HR_COPY_MEMBERS, 6, "{(,2024-01-01],[2024-02-01,tomorrow)}"));
    cr_assert(lost(HR_COPY_DAY | HR_COPY_MEMBERS, 0, "[2024-01-01 10:00,2024-02-01)"));
    cr_assert(lost(HR_COPY_ZONELESS | HR_COPY_MEMBERS, 6, "(2024-01-01,\"2024-01-02 10:00+02\"]"));
    cr_assert(!lost(HR_COPY_ZONELESS | HR_COPY_CLOCK | HR_COPY_MEMBERS, 6, "[2024-01-01 10:00:00,infinity)"));
    cr_assert(!lost(HR_COPY_DAY | HR_COPY_CLOCK | HR_COPY_MEMBERS, 0, "empty"));
}

Test(copy_text, zones_and_times_that_would_be_dropped_are_a_flaw)
{
    static const char *const zoneless[] = {
        "2024-01-01", "2024-01-01 10:00:00", "2024-01-01T10:00:00.5", "Jan 1 2024 10:00 PM",
        "infinity",   "2024-01-01 10:00 BC"};
    static const char *const zoned[] = {"2024-01-01T10:00:00Z", "2024-01-01 10:00+02", "2024-01-01 10:00-08:00",
                                        "2024-01-01 10:00 Europe/Berlin", "2024-01-01 10:00 UTC"};
    for (size_t i = 0; i < HR_COUNT(zoneless); i++)
        cr_assert(!lost(HR_COPY_ZONELESS, 6, zoneless[i]), "%s", zoneless[i]);
    for (size_t i = 0; i < HR_COUNT(zoned); i++)
        cr_assert(lost(HR_COPY_ZONELESS, 6, zoned[i]), "%s", zoned[i]);
    cr_assert(lost(HR_COPY_DAY, 0, "2024-01-01 10:00"));
    cr_assert(!lost(HR_COPY_DAY, 0, "2024-01-01 00:00:00"));
    cr_assert(!lost(HR_COPY_DAY, 0, "2024-01-01"));
    cr_assert(lost(HR_COPY_FRACTION, 3, "10:00:00.1234"));
    cr_assert(!lost(HR_COPY_FRACTION, 3, "10:00:00.1230"));
    cr_assert(!lost(HR_COPY_FRACTION, 0, "1.2.2024"));
}

Test(copy_text, zones_and_times_without_colons_are_a_flaw)
{
    static const char *const zoneless[] = {"20240101T100000", "2024-01-01 100000", "20240101 100000.5",
                                           "20240101",        "J2451187",          "Z"};
    static const char *const zoned[] = {"20240101T100000Z",       "20240101 100000z",      "20240101T100000+02",
                                        "20240101T100000.5-0300", "2024-01-01 100000 UTC", "2024-01-01Z",
                                        "20240101T100000+02:00",  "20240101T100000-05:30", "20240101 100000 -05:30"};
    for (size_t i = 0; i < HR_COUNT(zoneless); i++)
        cr_assert(!lost(HR_COPY_ZONELESS, 6, zoneless[i]), "%s", zoneless[i]);
    for (size_t i = 0; i < HR_COUNT(zoned); i++)
        cr_assert(lost(HR_COPY_ZONELESS, 6, zoned[i]), "%s", zoned[i]);
    cr_assert(lost(HR_COPY_DAY, 0, "20240101T100000"));
    cr_assert(!lost(HR_COPY_DAY, 0, "20240101 000000"));
    cr_assert(!lost(HR_COPY_DAY, 0, "20240101"));
    cr_assert(lost(HR_COPY_FRACTION, 0, "20240101T100000.5"));
}

Test(copy_text, zones_of_days_without_a_time_are_a_flaw)
{
    static const char *const zoneless[] = {"Jan 1 2024", "1-Jan-2024",      "Monday, 1 sept 2024", "2024-01-01 BC",
                                           "J2451187",   "Weds 3 Jan 2024", "2024-01-01 at 10:00", "01/02/2024"};
    static const char *const zoned[] = {"2024-01-01+02:00",      "2024-01-01+02",  "2024-01-01 -05", "2024-01-01 PST",
                                        "2024-01-01PST",         "Jan 1 2024 UTC", "20240101 NOVT",  "2024-01-01 MART",
                                        "2024-01-01 zulu 10:00", "2024-01-01,-05", "Jan 1 2024 Z",   "+02 2024-01-01",
                                        "-05 2024-01-01"};
    for (size_t i = 0; i < HR_COUNT(zoneless); i++)
        cr_assert(!lost(HR_COPY_ZONELESS, 6, zoneless[i]), "%s", zoneless[i]);
    for (size_t i = 0; i < HR_COUNT(zoned); i++)
        cr_assert(lost(HR_COPY_ZONELESS, 6, zoned[i]), "%s", zoned[i]);
}

Test(copy_text, fractions_of_times_without_colons_are_a_flaw)
{
    static const char *const bad[] = {"20260101 100000.1234567",     "2026-01-01 T100000.1234567",
                                      "2026-01-01 1000.1234567",     "20260101T1000.1234567",
                                      "J2461042.123456789",          "J2461042 100000.1234567",
                                      "01.02.2026 10:00:00.1234567", "Jan 1 2026 100000.1234567"};
    static const char *const fine[] = {"20260101 100000.1234560", "2026.001", "1.2.2026", "01.02.2026 10:00:00.123456",
                                       "J2461042.12345678"};
    for (size_t i = 0; i < HR_COUNT(bad); i++)
        cr_assert(lost(HR_COPY_FRACTION, 6, bad[i]), "%s", bad[i]);
    for (size_t i = 0; i < HR_COUNT(fine); i++)
        cr_assert(!lost(HR_COPY_FRACTION, 6, fine[i]), "%s", fine[i]);
    cr_assert(lost(HR_COPY_FRACTION | HR_COPY_ALONE, 6, "100000.1234567"));
    cr_assert(lost(HR_COPY_FRACTION | HR_COPY_ALONE, 6, "T1000.1234567+02"));
    cr_assert(!lost(HR_COPY_FRACTION | HR_COPY_ALONE, 6, "100000.123456"));
    static const char *const timed[] = {"2026-01-01 1000", "20260101 1000", "2026-01-01T1000", "J2461042.5"};
    static const char *const days[] = {"Jan 1 2026", "1 January 2026", "J2461042.0", "2026-01-01 0000", "01 02 2026"};
    for (size_t i = 0; i < HR_COUNT(timed); i++)
        cr_assert(lost(HR_COPY_DAY, 0, timed[i]), "%s", timed[i]);
    for (size_t i = 0; i < HR_COUNT(days); i++)
        cr_assert(!lost(HR_COPY_DAY, 0, days[i]), "%s", days[i]);
}

static bool interval_lost(unsigned finest, unsigned digits, const char *text)
{
    return lost(HR_COPY_INTERVAL | finest << HR_COPY_FINEST, digits, text);
}

Test(copy_text, intervals_that_would_be_changed_are_a_flaw)
{
    static const char *const bad[] = {
        "1.00000049 s",  "1.0000005 seconds",  "1.3 years",  "P1.3Y",        "PT1.00000049S",    "PT1e-7S",
        "1.1 us",        "1000.0001 ms",       "1.01 years", "1:02.1234567", "10:00:00.1234567", "1 2:03:04.0000001",
        ".00000049",     "@ 1.00000049 s ago", "1.00000049", "1-2.1234567",  "PT100000.5",       "1 day -0.00000001 s",
        "1.00000001min", "1.0001 millennia"};
    static const char *const fine[] = {"1.000001 s",
                                       "1.5 years",
                                       "1.25 years",
                                       "P1Y2M3DT4H5M6.5S",
                                       "1.5",
                                       "1500.1 ms",
                                       "1 us",
                                       "1.01 mons",
                                       "1.5 centuries",
                                       "1.01 centuries",
                                       "0.0000001 hours",
                                       "1.0000001 min",
                                       "1-2",
                                       "-178000000 years",
                                       "1 day 02:03:04.5",
                                       "1 mon -1 days",
                                       "P0001-02-03T04:05:06.123456",
                                       "",
                                       "abc",
                                       "1.x",
                                       "1.5000000000 s",
                                       "infinity",
                                       "P1W2.5D",
                                       "1.0000000 years",
                                       "1.5 d 1.5h 1.5m"};
    for (size_t i = 0; i < HR_COUNT(bad); i++)
        cr_assert(interval_lost(5, 6, bad[i]), "%s", bad[i]);
    for (size_t i = 0; i < HR_COUNT(fine); i++)
        cr_assert(!interval_lost(5, 6, fine[i]), "%s", fine[i]);
    cr_assert(interval_lost(5, 0, "1500 ms") && !interval_lost(5, 0, "1000 ms") && !interval_lost(5, 0, "1.5 min"));
    cr_assert(interval_lost(5, 0, "0.01 min") && interval_lost(5, 0, "00:00:01.6") &&
              !interval_lost(5, 0, "00:00:01.0"));
    cr_assert(interval_lost(2, 6, "1 day 5 hours") && interval_lost(2, 6, "1.5") &&
              !interval_lost(2, 6, "1 day 00:00:00"));
    cr_assert(interval_lost(2, 6, "24:00") && !interval_lost(2, 6, "1 year 2 mons 3 days") &&
              !interval_lost(2, 6, "7"));
    cr_assert(interval_lost(1, 6, "1 mon 3 days") && !interval_lost(1, 6, "1-2") && !interval_lost(1, 6, "1.5 years"));
    cr_assert(interval_lost(0, 6, "1-2") && interval_lost(0, 6, "P1Y2M") && !interval_lost(0, 6, "2 years"));
    cr_assert(interval_lost(3, 6, "10:05") && !interval_lost(3, 6, "10:00:00") && !interval_lost(3, 6, "1.5 days"));
    cr_assert(interval_lost(5 | 0, 6, "1.00000049 s") &&
              lost(HR_COPY_INTERVAL | HR_COPY_MEMBERS | 5u << HR_COPY_FINEST, 6, "{1 s,1.00000049 s}"));
}

Test(copy_text, words_for_the_time_of_the_load_are_a_flaw)
{
    static const char *const bad[] = {"now",   "Today",  "tomorrow 10:00", " yesterday", "10:00 today",    "NOW ",
                                      "\tnow", ",today", "(tomorrow)",     "10:00today", "2024-01-01,now", "\"now\""};
    static const char *const fine[] = {"epoch",          "infinity", "-infinity", "2024-01-01 10:00", "Nov 1 2024",
                                       "Tue Nov 5 2024", "",         " ",         "nowhere",          "2024-01-01 "};
    for (size_t i = 0; i < HR_COUNT(bad); i++)
        cr_assert(lost(HR_COPY_CLOCK, 6, bad[i]), "%s", bad[i]);
    for (size_t i = 0; i < HR_COUNT(fine); i++)
        cr_assert(!lost(HR_COPY_CLOCK, 6, fine[i]), "%s", fine[i]);
}

Test(copy_text, blanks_and_bytes_that_would_be_cut_off_are_a_flaw)
{
    cr_assert(lost(HR_COPY_LETTERS, 3, "ab  "));
    cr_assert(!lost(HR_COPY_LETTERS, 3, "ab "));
    cr_assert(!lost(HR_COPY_LETTERS, 3, "\xC3\xA4\xC3\xB6 "));
    cr_assert(!lost(HR_COPY_LETTERS, 3, "abcd"), "the server refuses it");
    cr_assert(lost(HR_COPY_BYTES, 1, "ab"));
    cr_assert(!lost(HR_COPY_BYTES, 1, "a"));
}
