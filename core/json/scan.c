/* scan.c: lines of a window, each with its fault or its cells. */
#include "core/json/plan.h"

struct hr_json_scan {
    const hr_kernels *kernels;
    const hr_json_plan *plan;
    hr_json_line *lines;
    hr_span *cells;
    size_t line_room, cell_room;
};

hr_status hr_json_scan_new(const hr_kernels *kernels, const hr_json_plan *plan, hr_json_scan **out, hr_error *err)
{
    hr_json_scan *scan = hr_calloc(1, sizeof *scan);
    if (!scan)
        return hr_fail_memory(err, "making room for JSON lines");
    scan->kernels = kernels;
    scan->plan = plan;
    *out = scan;
    return HR_OK;
}

void hr_json_scan_free(hr_json_scan *scan)
{
    if (!scan)
        return;
    hr_free(scan->lines);
    hr_free(scan->cells);
    hr_free(scan);
}

/* `room` for `needed` elements at least; it doubles. */
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

static bool room_for_line(hr_json_scan *scan, size_t lines)
{
    return grow((void **)&scan->lines, &scan->line_room, lines + 1, sizeof *scan->lines) &&
           grow((void **)&scan->cells, &scan->cell_room, (lines + 1) * scan->plan->columns, sizeof *scan->cells);
}

static void shift_line(hr_json_line *line, hr_span *cells, uint32_t columns, uint32_t by)
{
    line->begin += by;
    line->at += by;
    for (uint32_t c = 0; c < columns; c++)
        cells[c].begin += cells[c].size > 0 ? by : 0;
}

hr_status hr_json_scan_run(hr_json_scan *scan, const uint8_t *data, size_t size, hr_json_lines *out, hr_error *err)
{
    uint32_t columns = scan->plan->columns;
    hr_json_lines found = {.all_sound = true};
    while (found.consumed < size) {
        if (found.count > 0 && (found.count + 1) * columns > HR_JSON_CELLS_MAX)
            break;
        if (!room_for_line(scan, found.count))
            return hr_fail_memory(err, "reading JSON lines");
        size_t begin = found.consumed;
        const uint8_t *newline = memchr(data + begin, '\n', size - begin);
        size_t end = newline ? (size_t)(newline - data) : size;
        hr_json_line *line = &scan->lines[found.count];
        hr_span *cells = columns ? &scan->cells[found.count * columns] : NULL;
        hr_json_line_exact(scan->plan, data + begin, end - begin, line, cells, &found.repeated);
        shift_line(line, cells, columns, (uint32_t)begin);
        line->end = (uint32_t)(newline ? end + 1 : end);
        found.consumed = line->end;
        found.all_sound = found.all_sound && line->fault == HR_JSON_SOUND && line->size > 0;
        found.count++;
    }
    found.lines = scan->lines;
    found.cells = scan->cells;
    *out = found;
    return HR_OK;
}
