/* bench_typed.c: how fast a file becomes typed batches.
 *
 *     bench_typed FILE SCHEMA [THREADS [text]]
 *
 * With `text` no schema is applied: what reading alone costs. Prints rows, rejects, a checksum of what was looked at,
 * wall and CPU seconds, GB/s of either, and the peak of memory. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "core/base/base.h"
#include "headrace/schema.h"

typedef struct sums {
    uint64_t rows, rejected, nulls, checksum, bytes;
} sums;

static hr_status take(hr_reader *reader, size_t columns, sums *out, hr_error *err)
{
    hr_batch *batch;
    hr_status status;
    while ((status = hr_reader_next(reader, &batch, err)) == HR_OK) {
        out->rows += batch->rows;
        out->rejected += batch->rejected;
        out->bytes = batch->end_offset;
        for (size_t c = 0; batch->vectors && batch->rows && c < columns; c++) {
            uint64_t last;
            memcpy(&last, (const uint8_t *)batch->vectors[c].values, sizeof last);
            out->nulls += batch->vectors[c].nulls;
            out->checksum = out->checksum * 31 + last;
        }
        hr_batch_release(batch);
    }
    return status == HR_END ? HR_OK : status;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static hr_status run(const char *file, const char *schema_file, const char *threads, bool typed, sums *out,
                     hr_error *err)
{
    hr_options *options = NULL;
    hr_reader *reader = NULL;
    hr_schema *schema = NULL;
    size_t count, columns = 0;
    const hr_option *table = hr_reader_options(&count);
    hr_status status = hr_options_new(table, count, &options, err);
    if (status == HR_OK)
        status = hr_options_set(options, "threads", threads, err);
    if (status == HR_OK)
        status = hr_reader_open(file, options, &reader, err);
    if (status == HR_OK && typed)
        status = hr_schema_read(schema_file, &schema, err);
    if (status == HR_OK && typed) {
        hr_schema_columns(schema, &columns);
        status = hr_reader_schema(reader, schema, true, err);
    }
    if (status == HR_OK)
        status = take(reader, columns, out, err);
    hr_schema_free(schema);
    hr_reader_close(reader);
    hr_options_free(options);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_typed FILE SCHEMA [THREADS [text]]\n");
        return 2;
    }
    sums sum = {0};
    hr_error err;
    int64_t begin = hr_clock_steady_ns();
    hr_status status = run(argv[1], argv[2], argc > 3 ? argv[3] : "1", argc <= 4, &sum, &err);
    if (status != HR_OK) {
        fprintf(stderr, "bench_typed: %s\n", err.text);
        return 1;
    }
    double wall = (double)(hr_clock_steady_ns() - begin) * 1e-9;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime), size = (double)sum.bytes * 1e-9;
    printf(
        "%llu rows, %llu rejected, %llu nulls, checksum %016llx: %.3f s (%.2f GB/s), CPU %.3f s (%.2f GB/s; user %.3f s), %ld MiB\n",
        (unsigned long long)sum.rows, (unsigned long long)sum.rejected, (unsigned long long)sum.nulls,
        (unsigned long long)sum.checksum, wall, size / wall, cpu, size / cpu, seconds(usage.ru_utime),
        usage.ru_maxrss / 1024);
    return 0;
}
