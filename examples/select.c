/* select.c: the values of one column, with options set and quotes undone.
 *
 *     cc select.c $(pkg-config --cflags --libs --static headrace) -o select && ./select name people.csv
 */
#include <headrace/headrace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The column of that name, or `count`. */
static size_t find(const char *const *names, size_t count, const char *name)
{
    size_t column = 0;
    while (column < count && strcmp(names[column], name) != 0)
        column++;
    return column;
}

/* Fields are bytes of the input, as written; a field with doubled quotes has to be copied to get its value. */
static void print_column(const hr_batch *batch, size_t column)
{
    for (size_t row = 0; row < batch->rows; row++) {
        hr_field field = hr_batch_field(batch, row, column);
        if (field.flags & HR_FIELD_NULL) {
            puts("(null)");
        } else if (field.flags & HR_FIELD_ESCAPED) {
            uint8_t *value = malloc(field.size);
            if (value == NULL)
                abort();
            fwrite(value, 1, hr_field_copy(field, batch->dialect, value), stdout);
            putchar('\n');
            free(value);
        } else {
            fwrite(field.data, 1, field.size, stdout);
            putchar('\n');
        }
    }
}

/* All options of a reader are in a table; hr_reader_options lists them. */
static hr_status open_lenient(const char *path, hr_reader **reader, hr_error *err)
{
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    hr_options *options = NULL;
    hr_status status = hr_options_new(table, count, &options, err);
    if (status == HR_OK)
        status = hr_options_set(options, "ragged", "pad", err);
    if (status == HR_OK)
        status = hr_reader_open(path, options, reader, err);
    hr_options_free(options); /* the reader does not keep it */
    return status;
}

int main(int count, char **words)
{
    if (count != 3) {
        fprintf(stderr, "usage: select COLUMN FILE\n");
        return 2;
    }
    hr_reader *reader = NULL;
    hr_batch *batch;
    hr_error err;
    const char *const *names;
    size_t columns, column = 0;
    hr_status status = open_lenient(words[2], &reader, &err);
    if (status == HR_OK)
        status = hr_reader_columns(reader, &names, &columns, &err);
    if (status == HR_OK && (column = find(names, columns, words[1])) == columns) {
        fprintf(stderr, "%s has no column %s\n", words[2], words[1]);
        hr_reader_close(reader);
        return 2;
    }
    while (status == HR_OK && (status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        print_column(batch, column);
        hr_batch_release(batch);
    }
    hr_reader_close(reader);
    if (status != HR_END) {
        fprintf(stderr, "%s: %s\n", words[2], err.text);
        return 1;
    }
    return 0;
}
