/* schema_write.c: schemas as JSON text: one column a line, its members always in the same order, and only what is not
 * as it would be without them. */
#include "core/rows/schema_parts.h"

#define TEXT_MOST ((size_t)1 << 30)

static bool add_text(hr_buffer *out, const char *key, const char *text)
{
    return !text || (hr_buffer_printf(out, ", \"%s\": ", key) && hr_buffer_json_text(out, text));
}

static bool add_flag(hr_buffer *out, const char *key, bool set)
{
    return !set || hr_buffer_printf(out, ", \"%s\": true", key);
}

static bool add_list(hr_buffer *out, const hr_column *column)
{
    bool ok = !column->one_of_count || hr_buffer_text(out, ", \"one_of\": [");
    for (size_t i = 0; ok && i < column->one_of_count; i++)
        ok = hr_buffer_text(out, i ? ", " : "") && hr_buffer_json_text(out, column->one_of[i]);
    return ok && (!column->one_of_count || hr_buffer_text(out, "]"));
}

static bool add_column(hr_buffer *out, const hr_column *column)
{
    return hr_buffer_text(out, "{\"name\": ") && hr_buffer_json_text(out, column->name) &&
           add_text(out, "type", hr_type_name(column->type)) &&
           (column->type != HR_TYPE_DECIMAL ||
            hr_buffer_printf(out, ", \"precision\": %u, \"scale\": %u", column->precision, column->scale)) &&
           add_flag(out, "zone", column->zoned) && add_flag(out, "required", column->required) &&
           add_flag(out, "unique", column->unique) && add_text(out, "min", column->min) &&
           add_text(out, "max", column->max) && add_text(out, "pattern", column->pattern) && add_list(out, column) &&
           hr_buffer_text(out, "}");
}

hr_status hr_schema_write(const hr_schema *schema, char **out, hr_error *err)
{
    hr_buffer text = {.ceiling = TEXT_MOST};
    bool ok = hr_buffer_text(&text, "{\"columns\": [");
    for (size_t i = 0; ok && i < schema->count; i++)
        ok = hr_buffer_text(&text, i ? ",\n  " : "\n  ") && add_column(&text, &schema->columns[i]);
    ok = ok && hr_buffer_text(&text, schema->count ? "\n]}\n" : "]}\n") && hr_buffer_add(&text, "", 1);
    if (!ok) {
        hr_buffer_free(&text);
        return hr_fail_memory(err, "writing a schema");
    }
    *out = (char *)text.data;
    return HR_OK;
}
