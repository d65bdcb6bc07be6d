/* json_checks.h: hr_json_scan_run with any table of kernels against hr_json_line_exact, line by line. */
#ifndef HR_TESTS_KERNELS_JSON_CHECKS_H
#define HR_TESTS_KERNELS_JSON_CHECKS_H

#include "core/json/scan.h"
#include "tests/kernels/support.h"

enum { JSON_PLANS = 8, JSON_COLUMNS = 40 };

/* Plans of several kinds, and a scan with each of them. */
typedef struct json_bench {
    const hr_kernels *kernels;
    hr_json_plan *plans[JSON_PLANS];
    hr_json_scan *scans[JSON_PLANS];
    size_t columns[JSON_PLANS];
} json_bench;

static inline void json_plan(json_bench *bench, size_t at, const char *const *columns, size_t count, unsigned depth,
                             bool refuse)
{
    hr_json_plan_options options = {columns, count, depth, refuse};
    bench->columns[at] = count;
    if (hr_json_plan_new(&options, &bench->plans[at], NULL) != HR_OK ||
        hr_json_scan_new(bench->kernels, bench->plans[at], &bench->scans[at], NULL) != HR_OK)
        abort();
}

static inline json_bench json_bench_new(const hr_kernels *kernels)
{
    static const char *const names[] = {"a", "id", "long name with spaces"};
    static const char *const pointers[] = {"/a/0", "/a", "/b/id", "/0", "/1/a", "/b/a/1/id", "/~1/~0"};
    static const char *const mixed[] = {"id", "/a/id", "/a/b", "/id"};
    static const char *const alike[] = {
        "/b/abcdefgh-one", "abcdefgh.middle.Z.end of it", "abcdefgh-two", "abcdefgh", "/a/abcdefgh.middle.Z.end of it",
        "/a/b/abcdefgi",   "/a/b/abcdefgh-one/id"};
    static char texts[JSON_COLUMNS][24];
    static const char *many[JSON_COLUMNS];
    json_bench bench = {.kernels = kernels};
    for (size_t i = 0; i < JSON_COLUMNS; i++) {
        snprintf(texts[i], sizeof texts[i], "%.*s", (int)(i / 3 + 1), "abcdefghijklmnopqrstuvwxyz");
        texts[i][0] = (char)(texts[i][0] + (int)(i % 3));
        many[i] = texts[i];
    }
    json_plan(&bench, 0, NULL, 0, 0, false);
    json_plan(&bench, 1, names, 3, 0, false);
    json_plan(&bench, 2, pointers, 7, 3, false);
    json_plan(&bench, 3, mixed, 4, 5, false);
    json_plan(&bench, 4, many, JSON_COLUMNS, 0, false);
    json_plan(&bench, 5, names, 3, 0, true);
    json_plan(&bench, 6, pointers, 2, 61, true);
    json_plan(&bench, 7, alike, 7, 0, false);
    return bench;
}

static inline void json_bench_free(json_bench *bench)
{
    for (size_t i = 0; i < JSON_PLANS; i++) {
        hr_json_scan_free(bench->scans[i]);
        hr_json_plan_free(bench->plans[i]);
    }
}

static inline const char *check_json_line(const json_bench *bench, size_t plan, const hr_json_lines *lines, size_t l,
                                          const uint8_t *data, size_t begin, size_t end, uint64_t *repeated)
{
    hr_json_line should;
    hr_span cells[JSON_COLUMNS];
    const hr_json_line *is = &lines->lines[l];
    const char *name = bench->kernels->name;
    hr_json_line_exact(bench->plans[plan], data + begin, end - begin, &should, cells, repeated);
    if (is->fault != should.fault || is->begin != begin + should.begin || is->size != should.size)
        return failed("%s, plan %zu: fault %d, value [%u, +%u), not %d, [%zu, +%u): %s", name, plan, (int)is->fault,
                      is->begin, is->size, (int)should.fault, begin + should.begin, should.size,
                      shown(data + begin, end - begin));
    if (should.fault != HR_JSON_SOUND)
        return is->at == begin + should.at ? NULL : failed("%s: fault at %u, not %zu", name, is->at, begin + should.at);
    for (size_t c = 0; c < bench->columns[plan]; c++) {
        const hr_span *cell = &lines->cells[l * bench->columns[plan] + c];
        if (cell->size != cells[c].size || (cell->size > 0 && cell->begin != begin + cells[c].begin))
            return failed("%s, plan %zu: cell %zu is [%u, +%u), not [%zu, +%u): %s", name, plan, c, cell->begin,
                          cell->size, begin + cells[c].begin, cells[c].size, shown(data + begin, end - begin));
    }
    return NULL;
}

/* Of data of any kind and size. */
CHECK_UNUSED static const char *check_json(const json_bench *bench, size_t plan, const uint8_t *data, size_t size)
{
    hr_json_lines lines;
    if (hr_json_scan_run(bench->scans[plan], data, size, &lines, NULL) != HR_OK)
        return failed("%s: no memory", bench->kernels->name);
    size_t begin = 0, l = 0;
    uint64_t repeated = 0;
    bool all_sound = true;
    for (; begin < size; l++) {
        const uint8_t *feed = memchr(data + begin, '\n', size - begin);
        size_t end = feed ? (size_t)(feed - data) : size, behind = feed ? end + 1 : size;
        if (l == lines.count || lines.lines[l].end != behind)
            return failed("%s: line %zu does not end at %zu: %s", bench->kernels->name, l, behind, shown(data, size));
        const char *text = check_json_line(bench, plan, &lines, l, data, begin, end, &repeated);
        if (text != NULL)
            return text;
        all_sound = all_sound && lines.lines[l].fault == HR_JSON_SOUND && lines.lines[l].size > 0;
        begin = behind;
    }
    if (l != lines.count || lines.consumed != size || lines.all_sound != all_sound || lines.repeated != repeated)
        return failed("%s, plan %zu: %zu lines, %zu bytes, all sound %d, repeated %d, not %zu, %zu, %d, %d: %s",
                      bench->kernels->name, plan, lines.count, lines.consumed, lines.all_sound, (int)lines.repeated, l,
                      size, all_sound, (int)repeated, shown(data, size));
    return NULL;
}

#endif
