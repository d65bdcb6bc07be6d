/* bench.h: how fast the kernels of this machine are on a given text. */
#ifndef HR_TOOLS_BENCH_H
#define HR_TOOLS_BENCH_H

#include "core/base/base.h"
#include "simd/simd.h"

/* A text in memory, and the language it is in. */
typedef struct hr_bench_text {
    const uint8_t *data;
    size_t size;
    bool json;
    hr_csv_syntax syntax;       /* of CSV */
    const char *const *columns; /* [column_count] of NDJSON: what is looked for */
    size_t column_count;
} hr_bench_text;

/* One thing that is measured: of CSV, of NDJSON, or of both. */
typedef struct hr_bench_task {
    const char *name;
    bool csv, json;
    /* Works through the text once. What it found is added to *seen, so that no work can be left out. */
    hr_status (*run)(const hr_bench_text *text, const hr_kernels *kernels, uint64_t *seen, hr_error *err);
} hr_bench_task;

/* All tasks, *count of them. Static. */
const hr_bench_task *hr_bench_tasks(size_t *count);

/* Bytes a second, the best of some rounds. */
hr_status hr_bench_rate(const hr_bench_task *task, const hr_bench_text *text, const hr_kernels *kernels, double *out,
                        hr_error *err) HR_MUST_CHECK;

#endif
