/* absent.c: columns of the schema that no row has. They are null in all rows, which nobody should learn from the rows:
 * a partner renames a column, and a schema that does not require it would hold all the same. */
#include "core/reader/reader_state.h"
#include "core/rows/typing.h"

/* Of NDJSON every record has members of its own; of CSV the binding of the schema has said it all. */
hr_status hr_reader_expect(hr_reader *reader, hr_error *err)
{
    size_t count;
    hr_schema_columns(reader->schema, &count);
    reader->absent = hr_calloc(count, sizeof *reader->absent);
    if (!reader->absent)
        return hr_fail_memory(err, "applying a schema");
    reader->presence.looked = true; /* how members are spelt is not asked */
    if (reader->language != &hr_language_ndjson)
        return HR_OK;
    return hr_json_presence_begin(&reader->presence, (const char *const *)reader->names, reader->columns, err);
}

void hr_reader_see(hr_reader *reader, const hr_batch *batch)
{
    hr_error none;
    reader->typed_rows += batch->rows;
    if (hr_json_presence_look(&reader->presence, batch, &none) != HR_OK)
        hr_error_clear(&none); /* only looking for members can fail */
}

bool hr_reader_absent(const hr_reader *reader, size_t column)
{
    size_t count = 0;
    if (reader->typing)
        hr_schema_columns(reader->schema, &count);
    if (column >= count)
        return false;
    size_t source = hr_typing_source(reader->typing, column);
    const hr_json_presence *presence = &reader->presence;
    return source == HR_NO_COLUMN || (reader->typed_rows && presence->missing && !presence->seen[source]);
}

size_t hr_reader_absentees(hr_reader *reader)
{
    size_t count = 0, absent = 0;
    const hr_column *columns = reader->typing ? hr_schema_columns(reader->schema, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        if (hr_reader_absent(reader, i))
            reader->absent[absent++] = columns[i].name;
    return absent;
}
