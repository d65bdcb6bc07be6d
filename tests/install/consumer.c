/* consumer.c: a program of somebody else's that uses the installed library: counts the rows of its input and the bytes
 * in its first column. */
#include <headrace/arrow.h>
#include <headrace/headrace.h>
#include <headrace/job.h>
#include <stdio.h>
#include <string.h>

/* The rows once more, as arrays of Arrow. */
static size_t arrow_rows(const char *file, hr_error *err)
{
    hr_reader *reader = NULL;
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    size_t rows = 0;
    if (hr_reader_open(file, NULL, &reader, err) != HR_OK || hr_arrow_stream(reader, NULL, &stream, err) != HR_OK)
        return 0;
    while (stream.get_next(&stream, &array) == 0 && array.release) {
        rows += (size_t)array.length;
        array.release(&array);
    }
    stream.release(&stream);
    return rows;
}

int main(int argc, char **argv)
{
    hr_error err;
    hr_reader *reader = NULL;
    hr_batch *batch = NULL;
    size_t rows = 0, bytes = 0;
    if (argc != 2 || strcmp(hr_version(), HR_VERSION) != 0)
        return 2;
    hr_status status = hr_reader_open(argv[1], NULL, &reader, &err);
    while (status == HR_OK && (status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        for (size_t row = 0; row < batch->rows; row++) {
            char value[256];
            hr_field field = hr_batch_field(batch, row, 0);
            if (field.size <= sizeof value)
                bytes += hr_field_copy(field, batch->dialect, (uint8_t *)value);
        }
        rows += batch->rows;
        hr_batch_release(batch);
    }
    hr_reader_close(reader);
    if (status != HR_END) {
        fprintf(stderr, "%s: %s\n", hr_status_name(status), err.text);
        return 1;
    }
    if (arrow_rows(argv[1], &err) != rows)
        return 3;
    printf("%zu rows, %zu bytes in the first column\n", rows, bytes);
    return 0;
}
