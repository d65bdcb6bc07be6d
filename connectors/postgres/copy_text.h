/* copy_text.h: rows of COPY's text format, as the server sends them, and the same rows as CSV for the reader.
 *
 * The CSV has tabs between fields, quotes '"' and one newline behind each record. NULL is an unquoted empty field, an
 * empty string is "", and what holds a tab, a newline, a carriage return or a quote stands in quotes.
 */
#ifndef HR_CONNECTORS_POSTGRES_COPY_TEXT_H
#define HR_CONNECTORS_POSTGRES_COPY_TEXT_H

#include "core/base/base.h"

#define HR_PG_DELIMITER '\t'
#define HR_PG_QUOTE '"'

/* How much room a row of `size` bytes and `columns` fields needs at most. */
static inline size_t hr_pg_csv_room(size_t size, size_t columns)
{
    return 2 * size + 2 * columns + 32;
}

/* Writes the row [row, row + size), its newline included, as a record of CSV and returns the size of that. `only`: the
 * rows have one column, and as a record without a byte would be a blank line, NULL stays \N there; what is no NULL but
 * looks like it is quoted. `begins`: the record is the first of the text, where a byte-order mark would be taken for
 * one. All of the room may be written to. */
size_t hr_pg_csv_row(const uint8_t *row, size_t size, bool only, bool begins, uint8_t *out);

/* Field `column` of a row, as the server wrote it (with escapes). False: the row has fewer. */
bool hr_pg_copy_field(const uint8_t *row, size_t size, size_t column, const uint8_t **field, size_t *field_size);

/* The value of such a field into `room` of at least `size` bytes; its size, or SIZE_MAX for NULL. */
size_t hr_pg_copy_value(const uint8_t *field, size_t size, uint8_t *room);

#endif
