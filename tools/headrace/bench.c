/* bench.c: the kernels at work on a text in memory, as the reader calls them, and nothing else. */
#include "tools/headrace/bench.h"

#include "core/json/scan.h"

/* Rounds go on for this long at least, and the best one counts: others had to share the machine. */
#define LEAST_ROUNDS 3u
#define LEAST_NS ((int64_t)150 * 1000 * 1000)
/* Where the exact lexer gives back to the kernel, as in the reader. */
#define EXACT_STRETCH 64u
#define MARKS 64u
#define JSON_STRETCH ((size_t)256 << 10)

/* Room for the index of a window. */
typedef struct window {
    uint16_t begins[HR_WINDOW_MAX + 2 + HR_INDEX_SLACK], row_ends[HR_WINDOW_MAX + 2 + HR_INDEX_SLACK];
    hr_csv_mark marks[MARKS];
} window;

/* Where the window that begins at `from` ends: never between CR and LF. */
static size_t window_size(const hr_bench_text *text, size_t from)
{
    size_t size = text->size - from < HR_WINDOW_MAX ? text->size - from : HR_WINDOW_MAX;
    if (from + size < text->size && size > 1 && text->data[from + size - 1] == '\r')
        size--;
    return size;
}

static void index_window(const hr_bench_text *text, const hr_kernels *kernels, const uint8_t *data, size_t size,
                         hr_csv_state *state, window *room, hr_csv_index *index)
{
    *index = (hr_csv_index){.begins = room->begins, .row_ends = room->row_ends, .begin_count = 1};
    room->begins[0] = 0;
    bool vectors = text->syntax.escape == HR_SYNTAX_NONE;
    for (size_t at = 0; at < size;) {
        if (vectors)
            at = kernels->csv_index(&text->syntax, state, data, at, size, index);
        if (at == size)
            break;
        size_t until = vectors && size - at > EXACT_STRETCH ? at + EXACT_STRETCH : size, marks = 0;
        uint32_t record_marks = 0;
        at = hr_csv_index_exact(&text->syntax, state, data, at, until, size, index, &record_marks, room->marks, MARKS,
                                &marks);
    }
}

static void touch_fields(const uint8_t *data, const hr_csv_index *index, uint64_t *seen)
{
    uint64_t sum = 0;
    for (size_t i = 0; i + 1 < index->begin_count; i++)
        sum += data[index->begins[i]] + (uint64_t)(index->begins[i + 1] - 1 - index->begins[i]);
    *seen += sum;
}

static hr_status index_all(const hr_bench_text *text, const hr_kernels *kernels, bool touch, uint64_t *seen,
                           hr_error *err)
{
    window *room = hr_malloc(sizeof *room);
    if (room == NULL)
        return hr_fail_memory(err, "measuring");
    hr_csv_state state = HR_CSV_RECORD_START;
    for (size_t from = 0, size; from < text->size; from += size) {
        hr_csv_index index;
        size = window_size(text, from);
        index_window(text, kernels, text->data + from, size, &state, room, &index);
        *seen += index.begin_count;
        if (touch)
            touch_fields(text->data + from, &index, seen);
    }
    hr_free(room);
    return HR_OK;
}

static hr_status run_index(const hr_bench_text *text, const hr_kernels *kernels, uint64_t *seen, hr_error *err)
{
    return index_all(text, kernels, false, seen, err);
}

static hr_status run_fields(const hr_bench_text *text, const hr_kernels *kernels, uint64_t *seen, hr_error *err)
{
    return index_all(text, kernels, true, seen, err);
}

static hr_status run_count(const hr_bench_text *text, const hr_kernels *kernels, uint64_t *seen, hr_error *err)
{
    (void)err;
    hr_csv_state state = HR_CSV_RECORD_START;
    hr_csv_tally tally = {0};
    bool vectors = text->syntax.escape == HR_SYNTAX_NONE;
    for (size_t at = 0; at < text->size;) {
        if (vectors)
            at = kernels->csv_count(&text->syntax, &state, text->data, at, text->size, &tally);
        if (at < text->size) {
            size_t until = vectors && text->size - at > EXACT_STRETCH ? at + EXACT_STRETCH : text->size;
            at = hr_csv_count_exact(&text->syntax, &state, text->data, at, until, text->size, &tally);
        }
    }
    *seen += tally.rows;
    return HR_OK;
}

/* Bytes that are not UTF-8 are passed over one by one. */
static hr_status run_utf8(const hr_bench_text *text, const hr_kernels *kernels, uint64_t *seen, hr_error *err)
{
    (void)err;
    for (size_t at = 0; at < text->size; at++, *seen += 1)
        at += kernels->utf8_valid(text->data + at, text->size - at);
    return HR_OK;
}

static hr_status run_newlines(const hr_bench_text *text, const hr_kernels *kernels, uint64_t *seen, hr_error *err)
{
    (void)err;
    *seen += kernels->newlines(text->data, text->size);
    return HR_OK;
}

/* ---- NDJSON ------------------------------------------------------------------------------------------------------ */

/* As many whole lines as there are in a stretch, or all of a longer one. */
static size_t lines_size(const hr_bench_text *text, size_t from)
{
    size_t most = text->size - from < JSON_STRETCH ? text->size - from : JSON_STRETCH;
    const uint8_t *begin = text->data + from, *end = memrchr(begin, '\n', most);
    if (end == NULL)
        end = memchr(begin, '\n', text->size - from);
    return end != NULL ? (size_t)(end - begin) + 1 : text->size - from;
}

static hr_status scan_all(const hr_bench_text *text, hr_json_scan *scan, uint64_t *seen, hr_error *err)
{
    hr_status status = HR_OK;
    for (size_t from = 0, size; status == HR_OK && from < text->size; from += size) {
        hr_json_lines lines = {0};
        size = lines_size(text, from);
        status = hr_json_scan_run(scan, text->data + from, size, &lines, err);
        *seen += lines.count;
        if (status == HR_OK)
            size = lines.consumed;
    }
    return status;
}

static hr_status scan_columns(const hr_bench_text *text, const hr_kernels *kernels, size_t columns, uint64_t *seen,
                              hr_error *err)
{
    hr_json_plan_options options = {.columns = text->columns, .count = columns};
    hr_json_plan *plan = NULL;
    hr_json_scan *scan = NULL;
    hr_status status = hr_json_plan_new(&options, &plan, err);
    if (status == HR_OK)
        status = hr_json_scan_new(kernels, plan, &scan, err);
    if (status == HR_OK)
        status = scan_all(text, scan, seen, err);
    hr_json_scan_free(scan);
    hr_json_plan_free(plan);
    return status;
}

static hr_status run_validate(const hr_bench_text *text, const hr_kernels *kernels, uint64_t *seen, hr_error *err)
{
    return scan_columns(text, kernels, 0, seen, err);
}

static hr_status run_two(const hr_bench_text *text, const hr_kernels *kernels, uint64_t *seen, hr_error *err)
{
    return scan_columns(text, kernels, text->column_count < 2 ? text->column_count : 2, seen, err);
}

static hr_status run_columns(const hr_bench_text *text, const hr_kernels *kernels, uint64_t *seen, hr_error *err)
{
    return scan_columns(text, kernels, text->column_count, seen, err);
}

/* ---- rates ------------------------------------------------------------------------------------------------------- */

static const hr_bench_task tasks[] = {
    {"count", true, false, run_count},     {"index", true, false, run_index},
    {"fields", true, false, run_fields},   {"validate", false, true, run_validate},
    {"two columns", false, true, run_two}, {"all columns", false, true, run_columns},
    {"utf-8", true, true, run_utf8},       {"newlines", true, true, run_newlines},
};

const hr_bench_task *hr_bench_tasks(size_t *count)
{
    *count = HR_COUNT(tasks);
    return tasks;
}

hr_status hr_bench_rate(const hr_bench_task *task, const hr_bench_text *text, const hr_kernels *kernels, double *out,
                        hr_error *err)
{
    volatile uint64_t kept;
    uint64_t seen = 0;
    int64_t best = INT64_MAX, begin = hr_clock_steady_ns();
    for (unsigned round = 0; round < LEAST_ROUNDS || hr_clock_steady_ns() - begin < LEAST_NS; round++) {
        int64_t from = hr_clock_steady_ns();
        hr_status status = task->run(text, kernels, &seen, err);
        if (status != HR_OK)
            return status;
        int64_t taken = hr_clock_steady_ns() - from;
        best = taken < best ? taken : best;
    }
    kept = seen;
    (void)kept;
    *out = (double)text->size * 1e9 / (double)(best > 0 ? best : 1);
    return HR_OK;
}
