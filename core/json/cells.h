/* cells.h: from the tokens of a window to the cells of its lines. Private to core/json. */
#ifndef HR_CORE_JSON_CELLS_H
#define HR_CORE_JSON_CELLS_H

#include "core/json/plan.h"

/* A window that a kernel has indexed. Offsets in cells are counted from `data`, with `base` added. */
typedef struct hr_json_window {
    const hr_json_plan *plan;
    const hr_json_index *index;
    const uint8_t *data;
    uint32_t size, base;
} hr_json_window;

/* Of a sound line, tokens [first, last): true, its cells (all empty before) and repeated names; false when the exact
 * walk must say what is wrong with it. keys [key, key_end) are those of index->key_tokens that stand in the line. */
bool hr_json_line_cells(const hr_json_window *window, uint32_t first, uint32_t last, bool loose, uint32_t key,
                        uint32_t key_end, hr_span *cells, uint64_t *repeated);

#endif
