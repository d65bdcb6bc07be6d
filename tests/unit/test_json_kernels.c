/* test_json_kernels.c: every table of kernels reads lines of JSON as the exact walk does, and that one reads them as
 * the parser of documents does. */
#include <criterion/criterion.h>
#include <dirent.h>

#include "core/json/json.h"
#include "tests/kernels/json_texts.h"

/* Less of it where nothing is optimised and sanitizers look on. */
#ifdef __OPTIMIZE__
enum { STEP = 1, ROUNDS = 20000 };
#else
enum { STEP = 13, ROUNDS = 2000 };
#endif

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

Test(json_kernels, agree_on_every_change_of_a_byte)
{
    EVERY_TABLE(check_json_changes(kernels, STEP));
}

Test(json_kernels, agree_on_every_cut_at_every_place)
{
    EVERY_TABLE(check_json_cuts(kernels));
}

Test(json_kernels, agree_on_small_lines_at_every_place)
{
    EVERY_TABLE(check_json_places(kernels));
}

Test(json_kernels, agree_on_random_records)
{
    EVERY_TABLE(check_json_random(kernels, ROUNDS));
}

Test(json_kernels, agree_wherever_stretches_end)
{
    EVERY_TABLE(check_json_stretches(kernels));
}

Test(json_kernels, do_not_doubt_what_is_sound)
{
    EVERY_TABLE(check_json_sound_is_not_doubted(kernels, ROUNDS));
}

/* The exact walk and the parser of documents, which share no code, accept the same lines. */
static const char *check_parser(const hr_json_plan *plan, const uint8_t *data, size_t size)
{
    for (size_t begin = 0; begin < size;) {
        const uint8_t *feed = memchr(data + begin, '\n', size - begin);
        size_t end = feed ? (size_t)(feed - data) : size;
        hr_json_line line;
        uint64_t repeated = 0;
        hr_json_document *document = NULL;
        hr_json_line_exact(plan, data + begin, end - begin, &line, NULL, &repeated);
        hr_status status = hr_json_parse(data + begin, end - begin, NULL, &document, NULL);
        bool sound = line.size > 0 && line.fault == HR_JSON_SOUND;
        hr_json_free(document);
        if (sound != (status == HR_OK))
            return failed("the walk says %d, the parser %s: %s", (int)line.fault, hr_status_name(status),
                          shown(data + begin, end - begin));
        begin = end + 1;
    }
    return NULL;
}

Test(json_kernels, accept_what_the_parser_of_documents_accepts)
{
    json_bench bench = json_bench_new(hr_kernels_get("scalar"));
    json_random r = {.seed = 77, .data = malloc(1 << 15), .room = 1 << 15};
    for (size_t round = 0; round < ROUNDS; round++) {
        put_records(&r);
        damage_records(&r);
        const char *text = check_parser(bench.plans[0], r.data, r.used);
        cr_assert(text == NULL, "%s", text);
    }
    free(r.data);
    json_bench_free(&bench);
}

/* ---- failing allocations, ceilings ------------------------------------------------------------------------------ */

Test(json_kernels, stop_at_the_ceiling_of_cells_and_go_on)
{
    enum { COLUMNS = 40000, LINES = 3000 };
    static char names[COLUMNS][8];
    static const char *columns[COLUMNS];
    static uint8_t data[3 * LINES];
    for (size_t i = 0; i < COLUMNS; i++) {
        snprintf(names[i], sizeof names[i], "%d", (int)i);
        columns[i] = names[i];
    }
    for (size_t i = 0; i < LINES; i++)
        memcpy(data + 3 * i, "{}\n", 3);
    hr_json_plan_options options = {.columns = columns, .count = COLUMNS};
    hr_json_plan *plan = NULL;
    hr_json_scan *scan = NULL;
    hr_json_lines lines;
    cr_assert_eq(hr_json_plan_new(&options, &plan, NULL), HR_OK);
    cr_assert_eq(hr_json_scan_new(hr_kernels_get(NULL), plan, &scan, NULL), HR_OK);
    size_t at = 0, count = 0;
    while (at < sizeof data) {
        cr_assert_eq(hr_json_scan_run(scan, data + at, sizeof data - at, &lines, NULL), HR_OK);
        cr_assert(lines.count > 0 && lines.count * COLUMNS <= HR_JSON_CELLS_MAX);
        at += lines.consumed;
        count += lines.count;
    }
    cr_expect_eq(count, LINES);
    hr_json_scan_free(scan);
    hr_json_plan_free(plan);
}

Test(json_kernels, go_as_deep_as_the_limit)
{
    static const unsigned limits[] = {1, 2, 60, 61, 62, 63, 64, 65, 512, HR_JSON_DEPTH_MAX};
    static uint8_t data[2 * HR_JSON_DEPTH_MAX + 8];
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        for (unsigned depth = limits[i] - (limits[i] > 1); depth <= limits[i] + 1; depth++) {
            json_bench bench = {.kernels = hr_kernels_get(NULL)};
            json_plan(&bench, 0, NULL, 0, limits[i], false);
            memset(data, '[', depth);
            memset(data + depth, ']', depth);
            data[2 * depth] = '\n';
            const char *text = check_json(&bench, 0, data, 2 * depth + 1);
            cr_expect(text == NULL, "%s", text);
            hr_json_lines lines;
            cr_assert_eq(hr_json_scan_run(bench.scans[0], data, 2 * depth + 1, &lines, NULL), HR_OK);
            cr_expect_eq(lines.lines[0].fault, depth > limits[i] ? HR_JSON_TOO_DEEP : HR_JSON_SOUND, "%u", depth);
            hr_json_scan_free(bench.scans[0]);
            hr_json_plan_free(bench.plans[0]);
        }
}
