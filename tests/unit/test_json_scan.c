/* test_json_scan.c: lines of JSON by example: faults, columns, pointers; every table of kernels says the same. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/json/scan.h"

static hr_json_plan *plan_of(size_t count, const char *const *columns, bool refuse)
{
    hr_json_plan *plan = NULL;
    hr_json_plan_options options = {.columns = columns, .count = count, .depth_limit = 8, .refuse_strangers = refuse};
    cr_assert_eq(hr_json_plan_new(&options, &plan, NULL), HR_OK);
    return plan;
}

/* What the scan says of `text` with a plan: each line as [cell|cell] or !FAULT@AT, blank ones as -, then +REPEATED. */
static const char *said(const hr_kernels *kernels, const hr_json_plan *plan, size_t columns, const char *text,
                        size_t size)
{
    static char out[4096];
    size_t used = 0;
    hr_json_scan *scan = NULL;
    hr_json_lines lines;
    cr_assert_eq(hr_json_scan_new(kernels, plan, &scan, NULL), HR_OK);
    cr_assert_eq(hr_json_scan_run(scan, (const uint8_t *)text, size, &lines, NULL), HR_OK);
    cr_assert_eq(lines.consumed, size);
    bool all_sound = true;
    out[0] = '\0';
    for (size_t i = 0; i < lines.count; i++) {
        const hr_json_line *line = &lines.lines[i];
        all_sound = all_sound && line->fault == HR_JSON_SOUND && line->size > 0;
        if (line->fault != HR_JSON_SOUND) {
            used += (size_t)snprintf(out + used, sizeof out - used, "!%d@%u", (int)line->fault, line->at);
        } else if (line->size == 0) {
            used += (size_t)snprintf(out + used, sizeof out - used, "-");
        } else {
            for (size_t c = 0; c < columns; c++) {
                const hr_span *cell = &lines.cells[i * columns + c];
                used += (size_t)snprintf(out + used, sizeof out - used, "%s%.*s", c ? "|" : "[", (int)cell->size,
                                         text + cell->begin);
            }
            used += (size_t)snprintf(out + used, sizeof out - used, columns ? "]" : "[%.*s]", (int)line->size,
                                     text + line->begin);
        }
    }
    if (lines.repeated > 0)
        snprintf(out + used, sizeof out - used, "+%d", (int)lines.repeated);
    cr_expect_eq(lines.all_sound, all_sound);
    hr_json_scan_free(scan);
    return out;
}

#define SAYS_OF(plan, columns, text, size, expected)                                                        \
    do {                                                                                                    \
        size_t tables;                                                                                      \
        const hr_kernels *const *all = hr_kernels_all(&tables);                                             \
        for (size_t t = 0; t < tables; t++)                                                                 \
            if (hr_kernels_usable(all[t])) {                                                                \
                const char *is = said(all[t], plan, columns, text, size);                                   \
                cr_expect_str_eq(is, expected, "%s: '%s' is %s, not %s", all[t]->name, text, is, expected); \
            }                                                                                               \
    } while (0)
#define SAYS(plan, columns, text, expected) SAYS_OF(plan, columns, text, strlen(text), expected)

Test(json_scan, takes_one_value_a_line)
{
    hr_json_plan *plan = plan_of(0, NULL, false);
    SAYS(plan, 0, "", "");
    SAYS(plan, 0, "{}\n[]\r\n \"a\" \t\n1\nnull\n\n \t\r\ntrue", "[{}][[]][\"a\"][1][null]--[true]");
    SAYS(plan, 0, "{\"a\":[1,-0.5e+7,{\"b\":\"\\ud83d\\ude00\\u0000\"}],\"a\":false}\n",
         "[{\"a\":[1,-0.5e+7,{\"b\":\"\\ud83d\\ude00\\u0000\"}],\"a\":false}]");
    hr_json_plan_free(plan);
}

Test(json_scan, says_what_is_wrong_and_where)
{
    static const struct {
        const char *line;
        hr_json_fault fault;
        uint32_t at;
    } rows[] = {
        {"hello", HR_JSON_SYNTAX, 0},
        {"nul", HR_JSON_SYNTAX, 3},
        {"truely", HR_JSON_TRAILING, 4},
        {"01", HR_JSON_TRAILING, 1},
        {"-", HR_JSON_SYNTAX, 1},
        {"[-a]", HR_JSON_SYNTAX, 2},
        {"[1.]", HR_JSON_SYNTAX, 3},
        {"[.5]", HR_JSON_SYNTAX, 1},
        {"[1e]", HR_JSON_SYNTAX, 3},
        {"[1e+]", HR_JSON_SYNTAX, 4},
        {"[1 2]", HR_JSON_SYNTAX, 3},
        {"[+1]", HR_JSON_SYNTAX, 1},
        {"[1,]", HR_JSON_SYNTAX, 3},
        {"[,1]", HR_JSON_SYNTAX, 1},
        {"{\"a\" 1}", HR_JSON_SYNTAX, 5},
        {"{\"a\":1,}", HR_JSON_SYNTAX, 7},
        {"{1:2}", HR_JSON_SYNTAX, 1},
        {"[\"a\":1]", HR_JSON_SYNTAX, 4},
        {"[1}", HR_JSON_SYNTAX, 2},
        {"{\"a\":1]", HR_JSON_SYNTAX, 6},
        {"{\"a\",\"b\"}", HR_JSON_SYNTAX, 4},
        {"[NaN]", HR_JSON_SYNTAX, 1},
        {"\xEF\xBB\xBF{}", HR_JSON_SYNTAX, 0},
        {"[\"\xC3\"]", HR_JSON_UTF8, 2},
        {"{x\"\xFF\"}", HR_JSON_UTF8, 3},
        {"[\"a\tb\"]", HR_JSON_CONTROL, 3},
        {"[\"a\rb\"]", HR_JSON_CONTROL, 3},
        {"[\"a\\x\"]", HR_JSON_ESCAPE, 3},
        {"[\"\\ud800\"]", HR_JSON_ESCAPE, 2},
        {"[\"\\udc00\"]", HR_JSON_ESCAPE, 2},
        {"[\"\\u12G4\"]", HR_JSON_ESCAPE, 2},
        {"[\"\\ud800\\u0041\"]", HR_JSON_ESCAPE, 2},
        {"\"abc", HR_JSON_UNCLOSED, 0},
        {"[\"abc\\\"", HR_JSON_UNCLOSED, 1},
        {"[\"abc\\", HR_JSON_UNCLOSED, 1},
        {"[\"\\u12", HR_JSON_UNCLOSED, 1},
        {"{\"a\":1", HR_JSON_UNCLOSED, 6},
        {"[tru", HR_JSON_UNCLOSED, 4},
        {"{} {}", HR_JSON_TRAILING, 3},
        {"1,", HR_JSON_TRAILING, 1},
        {"[[[[[[[[[]]]]]]]]]", HR_JSON_TOO_DEEP, 8},
    };
    hr_json_plan *plan = plan_of(0, NULL, false);
    for (size_t i = 0; i < HR_COUNT(rows); i++) {
        char expected[64], text[128];
        snprintf(expected, sizeof expected, "[1]!%d@%u[2]", (int)rows[i].fault, rows[i].at + 2);
        snprintf(text, sizeof text, "1\n%s\n2\n", rows[i].line);
        SAYS(plan, 0, text, expected);
        snprintf(expected, sizeof expected, "!%d@%u", (int)rows[i].fault, rows[i].at);
        SAYS(plan, 0, rows[i].line, expected);
    }
    SAYS_OF(plan, 0, "[\0]\n\"\0\"\n\"\\\0\"\n", 13, "!1@1!3@5!4@9");
    hr_json_plan_free(plan);
}

Test(json_scan, finds_members_by_name)
{
    hr_json_plan *plan = plan_of(3, (const char *const[]){"a", "b", "long name"}, false);
    SAYS(plan, 3, "{\"a\":1,\"b\":\"x\"}\n{ \"b\" : [1, {\"a\":2}] , \"long name\" :{\"a\":3} }\n",
         "[1|\"x\"|][|[1, {\"a\":2}]|{\"a\":3}]");
    SAYS(plan, 3, "{}\n{\"aa\":1,\"A\":2}\n{\"x\":{\"a\":1,\"b\":2}}\n", "[||][||][||]");
    SAYS(plan, 3, "{\"\\u0061\":1,\"long\\u0020name\":null}", "[1||null]");
    SAYS(plan, 3, "{\"a\":1,\"a\":2,\"\\u0061\":3,\"b\":1}\n{\"a\":1,\"a\":2,}\n", "[3|1|]!1@44+2");
    SAYS(plan, 3, "[]\n1\n\"a\"\n[1,]\n", "!8@0!8@3!8@5!1@12");
    hr_json_plan_free(plan);
}

Test(json_scan, follows_pointers)
{
    hr_json_plan *plan = plan_of(5, (const char *const[]){"/a/b", "/a", "/1", "/x~1y/~0/10", "/a/b/0/c"}, false);
    SAYS(plan, 5, "{\"a\":{\"z\":[0],\"b\":[{\"c\":5}]},\"1\":true}\n",
         "[[{\"c\":5}]|{\"z\":[0],\"b\":[{\"c\":5}]}|true||5]");
    SAYS(plan, 5, "[0,{\"b\":1},2]\n[]\n", "[||{\"b\":1}||][||||]");
    SAYS(plan, 5, "{\"x/y\":{\"~\":[0,1,2,3,4,5,6,7,8,9,[10],11]}}\n", "[|||[10]|]");
    SAYS(plan, 5, "{\"x/y\":{\"~\":{\"10\":1,\"010\":2}}}\n", "[|||1|]");
    SAYS(plan, 5, "{\"a\":{\"b\":1},\"a\":{\"c\":2}}\n", "[|{\"c\":2}|||]+2");
    SAYS(plan, 5, "7\n", "!8@0");
    hr_json_plan_free(plan);
    hr_json_plan_options wrong = {.columns = (const char *const[]){"/a~2"}, .count = 1};
    hr_error err;
    cr_expect_eq(hr_json_plan_new(&wrong, &plan, &err), HR_E_INVALID);
}

Test(json_scan, refuses_strangers_where_asked)
{
    hr_json_plan *plan = plan_of(2, (const char *const[]){"a", "/b/c"}, true);
    SAYS(plan, 2, "{\"a\":1,\"b\":{\"c\":2,\"d\":3}}\n{\"a\":1,\"c\":2}\n{\"c\":2,\"d\":]\n", "[1|2]!9@33!1@51");
    hr_json_plan_free(plan);
}
