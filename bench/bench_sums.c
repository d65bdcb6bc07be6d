/* bench_sums.c: reads a CSV by a schema and adds up every column: how many values are null, and the sum of the others
 * in whole numbers, hundredths, days, seconds. The answer by which typed readers are compared (bench/peers/common.py).
 *
 *     bench_sums SCHEMA FILE [THREADS] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "headrace/schema.h"

#define MOST_COLUMNS 64

typedef struct sum {
    uint64_t nulls;
    int64_t total;
} sum;

/* Decimals are 16 bytes; the sums here fit into the lower eight. */
static int64_t value_of(const hr_vector *vector, size_t row)
{
    int64_t number;
    if (vector->type == HR_TYPE_DATE)
        return ((const int32_t *)vector->values)[row];
    if (vector->type == HR_TYPE_DECIMAL) {
        memcpy(&number, (const uint8_t *)vector->values + 16 * row, sizeof number);
        return number;
    }
    number = ((const int64_t *)vector->values)[row];
    return vector->type == HR_TYPE_TIMESTAMP ? number / 1000000 : number;
}

/* One loop a type, so that the compiler has each for itself. */
static int64_t add_all(const hr_vector *vector, size_t rows)
{
    int64_t total = 0;
    if (vector->type == HR_TYPE_TIMESTAMP || vector->type == HR_TYPE_INT64) {
        const int64_t *values = vector->values;
        int64_t unit = vector->type == HR_TYPE_TIMESTAMP ? 1000000 : 1;
        for (size_t row = 0; row < rows; row++)
            total += unit == 1 ? values[row] : values[row] / 1000000;
        return total;
    }
    for (size_t row = 0; row < rows; row++)
        total += value_of(vector, row);
    return total;
}

static void add_column(const hr_vector *vector, size_t rows, sum *into)
{
    into->nulls += vector->nulls;
    if (vector->nulls == 0) {
        into->total += add_all(vector, rows);
        return;
    }
    for (size_t row = 0; row < rows; row++)
        if (vector->validity[row / 8] >> (row % 8) & 1)
            into->total += value_of(vector, row);
}

static hr_status open_reader(char **words, int count, hr_schema *schema, hr_reader **out, hr_error *err)
{
    size_t options_count;
    const hr_option *table = hr_reader_options(&options_count);
    hr_options *options;
    hr_status status = hr_options_new(table, options_count, &options, err);
    if (status != HR_OK)
        return status;
    if (count > 3)
        status = hr_options_set(options, "threads", words[3], err);
    if (status == HR_OK)
        status = hr_reader_open(words[2], options, out, err);
    hr_options_free(options);
    return status == HR_OK ? hr_reader_schema(*out, schema, true, err) : status;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_sums SCHEMA FILE [THREADS]\n");
        return 2;
    }
    static sum sums[MOST_COLUMNS];
    hr_error err;
    hr_schema *schema = NULL;
    hr_reader *reader = NULL;
    hr_batch *batch;
    size_t columns = 0;
    uint64_t rejected = 0;
    hr_status status = hr_schema_read(argv[1], &schema, &err);
    const hr_column *column = status == HR_OK ? hr_schema_columns(schema, &columns) : NULL;
    if (status == HR_OK)
        status = columns <= MOST_COLUMNS ? open_reader(argv, argc, schema, &reader, &err) : HR_E_LIMIT;
    while (status == HR_OK && (status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        for (size_t i = 0; i < columns; i++)
            add_column(&batch->vectors[i], batch->rows, &sums[i]);
        rejected += batch->rejected;
        hr_batch_release(batch);
    }
    if (status != HR_END || rejected > 0)
        fprintf(stderr, "bench_sums: %llu rows rejected; %s\n", (unsigned long long)rejected,
                status != HR_END ? err.text : "the end");
    for (size_t i = 0; i < columns; i++)
        printf("%s %llu %lld\n", column[i].name, (unsigned long long)sums[i].nulls, (long long)sums[i].total);
    hr_reader_close(reader);
    hr_schema_free(schema);
    return status != HR_END || rejected > 0;
}
