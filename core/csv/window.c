/* window.c: from a window of text to its index: the vector kernel as far as it vouches for what it sees, the exact
 * lexer for the stretches where it does not. */
#include "core/reader/reader_state.h"

/* Where the exact lexer gives back to the kernel: at the first field behind this many bytes. */
#define EXACT_STRETCH 64u
#define MARKS_AT_FIRST 64u

hr_status hr_scan_init(hr_csv_scan *scan, hr_error *err)
{
    scan->row_ends = hr_malloc(HR_BEGINS_ROOM * sizeof *scan->row_ends);
    scan->marks = hr_malloc(MARKS_AT_FIRST * sizeof *scan->marks);
    scan->mark_capacity = scan->marks ? MARKS_AT_FIRST : 0;
    return scan->row_ends && scan->marks ? HR_OK : hr_fail_memory(err, "making a reader");
}

void hr_scan_clear(hr_csv_scan *scan)
{
    hr_free(scan->row_ends);
    hr_free(scan->marks);
    *scan = (hr_csv_scan){0};
}

/* At most one mark a record and kind, so three times the window's size bounds it. */
static hr_status grow_marks(hr_csv_scan *scan, hr_error *err)
{
    hr_csv_mark *marks = hr_realloc(scan->marks, scan->mark_capacity * 2 * sizeof *marks);
    if (!marks)
        return hr_fail_memory(err, "noting damaged records");
    scan->marks = marks;
    scan->mark_capacity *= 2;
    return HR_OK;
}

hr_status hr_scan_window(hr_csv_scan *scan, const hr_kernels *kernels, const hr_csv_syntax *syntax, const uint8_t *data,
                         size_t size, bool fresh, uint16_t *begins, hr_error *err)
{
    hr_csv_index *index = &scan->index;
    *index = (hr_csv_index){.begins = begins, .row_ends = scan->row_ends};
    scan->mark_count = 0;
    scan->size = size;
    if (fresh) {
        begins[0] = 0;
        index->begin_count = 1;
        scan->state = HR_CSV_RECORD_START;
        scan->record_marks = 0;
    }
    scan->record_row = 0;
    bool vectors = syntax->escape == HR_SYNTAX_NONE;
    for (size_t at = 0; at < size;) {
        if (vectors)
            at = kernels->csv_index(syntax, &scan->state, data, at, size, index);
        if (at == size)
            break;
        if (index->row_count != scan->record_row)
            scan->record_marks = 0; /* the kernel has gone on to another record */
        size_t until = vectors && size - at > EXACT_STRETCH ? at + EXACT_STRETCH : size;
        at = hr_csv_index_exact(syntax, &scan->state, data, at, until, size, index, &scan->record_marks, scan->marks,
                                scan->mark_capacity, &scan->mark_count);
        scan->record_row = index->row_count;
        if (scan->mark_count == scan->mark_capacity) {
            hr_status status = grow_marks(scan, err);
            if (status != HR_OK)
                return status;
        }
    }
    if (index->row_count != scan->record_row)
        scan->record_marks = 0;
    return HR_OK;
}
