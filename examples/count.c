/* count.c: how many rows a file has, how many were rejected, and why: the shortest use of the library.
 *
 *     cc count.c $(pkg-config --cflags --libs --static headrace) -o count && ./count orders.csv.gz
 */
#include <headrace/headrace.h>
#include <inttypes.h>
#include <stdio.h>

int main(int count, char **words)
{
    if (count != 2) {
        fprintf(stderr, "usage: count FILE\n");
        return 2;
    }
    hr_reader *reader = NULL;
    hr_batch *batch;
    hr_error err;
    uint64_t rows = 0, rejected = 0;
    hr_status status = hr_reader_open(words[1], NULL, &reader, &err);
    while (status == HR_OK && (status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        rows += batch->rows;
        for (uint64_t i = 0; i < batch->rejected; i++)
            printf("line %" PRIu64 ": %s\n", batch->rejects[i].line, batch->rejects[i].message);
        rejected += batch->rejected;
        hr_batch_release(batch);
    }
    hr_reader_close(reader);
    if (status != HR_END) {
        fprintf(stderr, "%s: %s\n", words[1], err.text);
        return 1;
    }
    printf("%" PRIu64 " rows, %" PRIu64 " rejected\n", rows, rejected);
    return 0;
}
