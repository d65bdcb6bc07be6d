/* json_say.c: says of each line of standard input whether it is sound JSON: 1 or 0, or - for a blank one; by the exact
 * walk and by the best kernels, which must agree. For json_python.py. */
#include <stdio.h>
#include <stdlib.h>

#include "core/json/scan.h"

int main(void)
{
    hr_json_plan_options options = {.depth_limit = 512};
    hr_json_plan *plan = NULL;
    hr_json_scan *scan = NULL;
    hr_buffer input = {0};
    hr_json_lines lines;
    if (hr_json_plan_new(&options, &plan, NULL) != HR_OK ||
        hr_json_scan_new(hr_kernels_get(NULL), plan, &scan, NULL) != HR_OK)
        return 2;
    for (size_t got = 1; got > 0; input.size += got) {
        uint8_t *room = hr_buffer_room(&input, 1 << 16);
        if (!room)
            return 2;
        got = fread(room, 1, 1 << 16, stdin);
    }
    int differ = hr_json_scan_run(scan, input.data, input.size, &lines, NULL) != HR_OK;
    for (size_t i = 0, begin = 0; !differ && i < lines.count; i++) {
        const hr_json_line *line = &lines.lines[i];
        size_t end = line->end - (input.data[line->end - 1] == '\n');
        hr_json_line exact;
        uint64_t repeated = 0;
        hr_json_line_exact(plan, input.data + begin, end - begin, &exact, NULL, &repeated);
        differ |= exact.fault != line->fault || exact.size != line->size;
        putchar(line->size == 0 ? '-' : line->fault == HR_JSON_SOUND ? '1' : '0');
        begin = line->end;
    }
    hr_json_scan_free(scan);
    hr_json_plan_free(plan);
    hr_buffer_free(&input);
    return differ;
}
