/* table.c: rows of text, aligned for people and tab-separated for programs. */
#include <unistd.h>

#include "tools/headrace/print.h"

#define WIDTH_MAX 60u

void hr_table_add(hr_table *table, const char *cell)
{
    char **cells = hr_array_room(table->cells, table->count, &table->capacity, 64, sizeof *cells);
    if (!cells) {
        table->failed = true;
        return;
    }
    table->cells = cells;
    char *copy = hr_strdup(cell != NULL ? cell : "");
    if (copy == NULL)
        table->failed = true;
    else
        table->cells[table->count++] = copy;
}

void hr_table_number(hr_table *table, uint64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    hr_table_add(table, number == HR_UNKNOWN ? "" : text);
}

static void pad(FILE *to, size_t count)
{
    while (count-- > 0)
        fputc(' ', to);
}

static void print_cell(FILE *to, const char *text, size_t width, bool right, bool last)
{
    size_t own = hr_text_width(text, strlen(text));
    size_t room = own < width ? width - own : 0;
    if (right)
        pad(to, room);
    hr_print_text(to, text);
    if (!right && !last)
        pad(to, room);
    fputs(last ? "\n" : "  ", to);
}

static void print_aligned(const hr_table *table, FILE *to)
{
    size_t columns = table->columns;
    size_t widths[16] = {0};
    for (size_t c = 0; c < columns; c++) {
        const char *heading = table->headings[c] + (table->headings[c][0] == '>');
        widths[c] = strlen(heading);
        for (size_t i = c; i < table->count; i += columns) {
            size_t width = hr_text_width(table->cells[i], strlen(table->cells[i]));
            if (width > widths[c])
                widths[c] = width > WIDTH_MAX ? WIDTH_MAX : width;
        }
    }
    for (size_t c = 0; c < columns; c++) {
        bool right = table->headings[c][0] == '>';
        print_cell(to, table->headings[c] + right, widths[c], right, c + 1 == columns);
    }
    for (size_t i = 0; i < table->count; i++) {
        size_t c = i % columns;
        print_cell(to, table->cells[i], widths[c], table->headings[c][0] == '>', c + 1 == columns);
    }
}

bool hr_table_print(hr_table *table, FILE *to)
{
    if (!table->failed && table->count > 0) {
        if (isatty(fileno(to))) {
            print_aligned(table, to);
        } else {
            for (size_t i = 0; i < table->count; i++) {
                hr_print_text(to, table->cells[i]);
                fputc((i + 1) % table->columns == 0 ? '\n' : '\t', to);
            }
        }
    }
    for (size_t i = 0; i < table->count; i++)
        hr_free(table->cells[i]);
    hr_free(table->cells);
    bool good = !table->failed;
    if (!good)
        hr_message("out of memory while making a table");
    *table = (hr_table){.headings = table->headings, .columns = table->columns};
    return good;
}
