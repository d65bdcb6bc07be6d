/* cells.h: from the tokens of a window to the cells of its lines. Private to core/json. */
#ifndef HR_CORE_JSON_CELLS_H
#define HR_CORE_JSON_CELLS_H

#include "core/json/plan.h"

/* A window that a kernel has indexed: text + base. Tokens have offsets in the window, lines and cells in the text. */
typedef struct hr_json_window {
    const hr_json_plan *plan;
    const hr_json_index *index;
    const uint8_t *text, *data;
    uint32_t size, base;
} hr_json_window;

/* The first `count` lines of the window, and their cells, appended to what was found: its count, consumed, all_sound
 * and repeated. */
void hr_json_take_lines(const hr_json_window *window, uint32_t count, hr_json_line *lines, hr_span *cells,
                        hr_json_lines *found);

/* The line at text[begin, end), by the exact walk. */
void hr_json_walk_line(const hr_json_plan *plan, const uint8_t *text, uint32_t begin, uint32_t end, hr_json_line *line,
                       hr_span *cells, uint64_t *repeated);

#endif
