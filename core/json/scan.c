/* scan.c: lines of a window, each with its fault or its cells. Kernels index stretches that end with a line; what they
 * do not vouch for, and lines that are too long for them, goes through the exact walk, line by line. */
#include "core/json/cells.h"

/* What a kernel is given at a time, where lines are not longer: with what it makes of it, little enough for the nearer
 * caches, and enough for what each stretch costs to count for nothing. */
#define STRETCH 32768u
/* How far in front of its use text is asked for: the work on a stretch comes in bursts, and the processor's own
 * foresight ends with each. */
#define AHEAD 2048u

struct hr_json_scan {
    const hr_kernels *kernels;
    const hr_json_plan *plan;
    hr_json_wants wants;
    hr_json_index index;
    void *room; /* of the index */
    hr_json_line *lines;
    hr_span *cells;
    size_t line_room, cell_room;
};

/* ---- room ----------------------------------------------------------------------------------------------------- */

static bool make_index(hr_json_scan *scan)
{
    enum { ENTRIES = HR_JSON_WINDOW_MAX + HR_INDEX_SLACK, WORDS = ENTRIES / 64 };
    uint64_t *words = hr_calloc(1, 2 * WORDS * sizeof *words + (4 * sizeof(uint16_t) + 1) * ENTRIES);
    if (!words)
        return false;
    uint16_t *entries = (uint16_t *)(void *)(words + 2 * WORDS);
    scan->room = words;
    scan->index = (hr_json_index){
        .doubted = words,
        .loose = words + WORDS,
        .offsets = entries,
        .line_ends = entries + ENTRIES,
        .key_tokens = entries + 2 * ENTRIES,
        .scratch = entries + 3 * ENTRIES,
        .kinds = (uint8_t *)(entries + 4 * ENTRIES),
    };
    return true;
}

hr_status hr_json_scan_new(const hr_kernels *kernels, const hr_json_plan *plan, hr_json_scan **out, hr_error *err)
{
    hr_json_scan *scan = hr_calloc(1, sizeof *scan);
    if (!scan || !make_index(scan)) {
        hr_free(scan);
        return hr_fail_memory(err, "making room for JSON lines");
    }
    scan->kernels = kernels;
    scan->plan = plan;
    scan->wants = (hr_json_wants){.depth = plan->depth_limit, .keys = plan->columns > 0, .ahead = AHEAD};
    if (!plan->many_lengths) {
        scan->wants.length_count = plan->length_count;
        for (uint32_t i = 0; i < plan->length_count; i++)
            scan->wants.lengths[i] = (uint16_t)(plan->lengths[i] + 2); /* with its quotes */
    }
    *out = scan;
    return HR_OK;
}

void hr_json_scan_free(hr_json_scan *scan)
{
    if (!scan)
        return;
    hr_free(scan->room);
    hr_free(scan->lines);
    hr_free(scan->cells);
    hr_free(scan);
}

void hr_json_scan_ahead(hr_json_scan *scan, size_t ahead)
{
    scan->wants.ahead = ahead > 0 ? ahead : AHEAD;
}

/* Room for `needed` elements at least; it doubles. */
static bool grow(void **array, size_t *room, size_t needed, size_t element)
{
    if (needed <= *room)
        return true;
    size_t more = *room < 512 ? 1024 : *room * 2;
    if (more < needed)
        more = needed;
    void *larger = hr_realloc(*array, more * element);
    if (!larger)
        return false;
    *array = larger;
    *room = more;
    return true;
}

/* Room for `more` further lines; *more is lowered to what the ceiling of cells allows, which may be 0. */
static bool room_for_lines(hr_json_scan *scan, size_t count, size_t *more)
{
    size_t columns = scan->plan->columns;
    if (columns > 0) {
        size_t most = HR_JSON_CELLS_MAX / columns;
        if (most == 0)
            most = 1;
        if (count + *more > most)
            *more = most - count;
    }
    void *lines = scan->lines, *cells = scan->cells;
    bool fits = grow(&lines, &scan->line_room, count + *more, sizeof *scan->lines);
    fits = fits && grow(&cells, &scan->cell_room, (count + *more) * columns, sizeof *scan->cells);
    scan->lines = lines;
    scan->cells = cells;
    return fits;
}

/* ---- stretches ------------------------------------------------------------------------------------------------ */

/* How much of data[0, left) to index next: whole lines, or all that is left. 0: the first line is too long. */
static size_t stretch_of(const uint8_t *data, size_t left)
{
    if (left <= STRETCH)
        return left;
    const uint8_t *feed = memrchr(data, '\n', STRETCH);
    if (feed) {
        size_t stretch = (size_t)(feed - data) + 1;
        if (left - stretch > STRETCH) /* where the next search begins */
            for (size_t back = 1; back <= 3072; back += 64)
                __builtin_prefetch(data + stretch + STRETCH - back);
        return stretch;
    }
    size_t most = left < HR_JSON_WINDOW_MAX ? left : HR_JSON_WINDOW_MAX;
    feed = memchr(data + STRETCH, '\n', most - STRETCH);
    if (feed)
        return (size_t)(feed - data) + 1;
    return most == left ? left : 0;
}

static void take_long_line(hr_json_scan *scan, const uint8_t *data, size_t size, hr_json_lines *found)
{
    uint32_t columns = scan->plan->columns, begin = (uint32_t)found->consumed;
    const uint8_t *feed = memchr(data + begin, '\n', size - begin);
    uint32_t end = feed ? (uint32_t)(feed - data) : (uint32_t)size;
    hr_json_line *line = &scan->lines[found->count];
    hr_span *cells = columns > 0 ? &scan->cells[found->count * columns] : NULL;
    hr_json_walk_line(scan->plan, data, begin, end, line, cells, &found->repeated);
    line->end = end + (feed != NULL);
    found->consumed = line->end;
    found->all_sound = found->all_sound && line->fault == HR_JSON_SOUND && line->size > 0;
    found->count++;
}

/* The next lines; *full: the ceiling does not allow one more. */
static bool take_some(hr_json_scan *scan, const uint8_t *data, size_t size, hr_json_lines *found, bool *full)
{
    size_t stretch = stretch_of(data + found->consumed, size - found->consumed), lines = 1;
    if (stretch == 0) {
        if (!room_for_lines(scan, found->count, &lines))
            return false;
        *full = lines == 0;
        if (lines > 0)
            take_long_line(scan, data, size, found);
        return true;
    }
    const uint8_t *from = data + found->consumed;
    scan->kernels->json_index(&scan->wants, from, stretch, &scan->index);
    lines = scan->index.lines;
    bool fits = room_for_lines(scan, found->count, &lines);
    if (fits && lines > 0) {
        hr_json_window window = {.plan = scan->plan,
                                 .index = &scan->index,
                                 .text = data,
                                 .data = from,
                                 .size = (uint32_t)stretch,
                                 .base = (uint32_t)found->consumed};
        hr_span *cells = scan->plan->columns > 0 ? scan->cells + found->count * scan->plan->columns : NULL;
        hr_json_take_lines(&window, (uint32_t)lines, scan->lines + found->count, cells, found);
    }
    *full = lines < scan->index.lines;
    size_t words = scan->index.lines / 64 + 1;
    memset(scan->index.doubted, 0, words * sizeof *scan->index.doubted);
    memset(scan->index.loose, 0, words * sizeof *scan->index.loose);
    return fits;
}

hr_status hr_json_scan_run(hr_json_scan *scan, const uint8_t *data, size_t size, hr_json_lines *out, hr_error *err)
{
    hr_json_lines found = {.all_sound = true};
    bool full = false;
    while (found.consumed < size && !full)
        if (!take_some(scan, data, size, &found, &full))
            return hr_fail_memory(err, "reading JSON lines");
    found.lines = scan->lines;
    found.cells = scan->cells;
    *out = found;
    return HR_OK;
}
