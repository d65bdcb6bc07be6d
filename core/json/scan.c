/* scan.c: lines of a window, each with its fault or its cells. Kernels index stretches that end with a line; what they
 * do not vouch for, and lines that are too long for them, goes through the exact walk, line by line. */
#include "core/json/cells.h"

/* What a kernel is given at a time, where lines are not longer: little enough for the first-level cache with what it
 * makes of it. */
#define STRETCH 16384u

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
    scan->wants = (hr_json_wants){.depth = plan->depth_limit, .keys = plan->columns > 0};
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

/* ---- lines ---------------------------------------------------------------------------------------------------- */

/* The line at data[begin, end), by the exact walk. */
static void walk_line(const hr_json_scan *scan, const uint8_t *data, uint32_t begin, uint32_t end, hr_json_line *line,
                      hr_span *cells, uint64_t *repeated)
{
    hr_json_line_exact(scan->plan, data + begin, end - begin, line, cells, repeated);
    line->begin += begin;
    line->at += begin;
    for (uint32_t c = 0; c < scan->plan->columns; c++)
        cells[c].begin += cells[c].size > 0 ? begin : 0;
}

static inline bool bit_of(const uint64_t *bits, uint32_t at)
{
    return bits[at / 64] >> (at % 64) & 1;
}

/* The value of a sound line, tokens [first, last); its line feed is the token at `last`. */
static inline void bound_value(const hr_json_window *w, uint32_t first, uint32_t last, hr_json_line *line)
{
    const hr_json_index *index = w->index;
    uint32_t begin = index->offsets[first], end = index->offsets[last];
    if (index->kinds[last - 1] == '}' || index->kinds[last - 1] == ']')
        end = index->offsets[last - 1] + 1u;
    while (w->data[end - 1] == ' ' || w->data[end - 1] == '\t' || w->data[end - 1] == '\r')
        end--;
    line->begin = w->base + begin;
    line->size = end - begin;
    line->at = 0;
    line->fault = HR_JSON_SOUND;
}

/* Lines [0, count) of an indexed window. */
static void take_lines(hr_json_scan *scan, const uint8_t *data, const hr_json_window *w, uint32_t count,
                       hr_json_lines *found)
{
    const hr_json_index *index = w->index;
    uint32_t columns = w->plan->columns, first = 0, key = 0, begin = w->base;
    hr_json_line *line = scan->lines + found->count;
    hr_span *cells = columns > 0 ? scan->cells + found->count * columns : NULL;
    bool all_sound = true;
    if (columns > 0)
        memset(cells, 0, count * columns * sizeof *cells);
    for (uint32_t l = 0; l < count; l++, line++) {
        uint32_t last = index->line_ends[l], feed = w->base + index->offsets[last], key_end = key;
        line->end = feed + (index->offsets[last] < w->size);
        while (key_end < index->keys && index->key_tokens[key_end] < last)
            key_end++;
        bool sound = !bit_of(index->doubted, l);
        if (HR_LIKELY(sound && first < last)) {
            bound_value(w, first, last, line);
            if (columns > 0)
                sound =
                    hr_json_line_cells(w, first, last, bit_of(index->loose, l), key, key_end, cells, &found->repeated);
        } else if (sound) {
            *line = (hr_json_line){.begin = begin, .end = line->end};
            all_sound = false;
        }
        if (HR_UNLIKELY(!sound)) {
            walk_line(scan, data, begin, feed, line, cells, &found->repeated);
            all_sound = all_sound && line->fault == HR_JSON_SOUND && line->size > 0;
        }
        first = last + 1;
        key = key_end;
        begin = line->end;
        cells = columns > 0 ? cells + columns : NULL;
    }
    found->count += count;
    found->consumed = begin;
    found->all_sound = found->all_sound && all_sound;
}

/* How much of data[0, left) to index next: whole lines, or all that is left. 0: the first line is too long. */
static size_t stretch_of(const uint8_t *data, size_t left)
{
    if (left <= STRETCH)
        return left;
    const uint8_t *feed = memrchr(data, '\n', STRETCH);
    if (feed)
        return (size_t)(feed - data) + 1;
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
    walk_line(scan, data, begin, end, line, columns > 0 ? &scan->cells[found->count * columns] : NULL,
              &found->repeated);
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
    hr_json_window window = {.plan = scan->plan,
                             .index = &scan->index,
                             .data = data + found->consumed,
                             .size = (uint32_t)stretch,
                             .base = (uint32_t)found->consumed};
    scan->kernels->json_index(&scan->wants, window.data, stretch, &scan->index);
    lines = scan->index.lines;
    bool fits = room_for_lines(scan, found->count, &lines);
    if (fits && lines > 0)
        take_lines(scan, data, &window, (uint32_t)lines, found);
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
