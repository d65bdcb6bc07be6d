/* arrow_schema.c: a schema as Arrow's C data interface has it. */
#include <stdio.h>

#include "core/rows/arrow.h"

/* All that a field of the schema points to. */
typedef struct field {
    char format[24];
    char *name;
    char *metadata;
    struct ArrowSchema *children; /* of the schema itself: [count] */
    struct ArrowSchema **list;
} field;

static void release(struct ArrowSchema *schema)
{
    field *own = schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release) /* it was not moved elsewhere */
            schema->children[i]->release(schema->children[i]);
    hr_free(own->name);
    hr_free(own->metadata);
    hr_free(own->children);
    hr_free(own->list);
    hr_free(own);
    schema->release = NULL;
}

static void set_format(const hr_column *column, hr_arrow_text text, char format[24])
{
    const char *fixed = NULL;
    switch (column->type) {
    case HR_TYPE_TEXT:
    case HR_TYPE_JSON: fixed = text == HR_ARROW_STRING ? "u" : "vu"; break;
    case HR_TYPE_BOOL: fixed = "b"; break;
    case HR_TYPE_INT64: fixed = "l"; break;
    case HR_TYPE_FLOAT64: fixed = "g"; break;
    case HR_TYPE_DATE: fixed = "tdD"; break;
    case HR_TYPE_TIMESTAMP: fixed = column->zoned ? "tsu:UTC" : "tsu:"; break;
    case HR_TYPE_UUID: fixed = "w:16"; break;
    case HR_TYPE_DECIMAL: break;
    }
    if (fixed)
        snprintf(format, 24, "%s", fixed);
    else
        snprintf(format, 24, "d:%u,%u", column->precision, column->scale);
}

static void put(char **at, const void *bytes, int32_t size)
{
    memcpy(*at, &size, sizeof size);
    memcpy(*at + sizeof size, bytes, (size_t)size);
    *at += sizeof size + (size_t)size;
}

/* Number of pairs, then each key and value behind its size, in the machine's own order of bytes. */
static char *make_metadata(const char *extension)
{
    static const char name_key[] = "ARROW:extension:name", data_key[] = "ARROW:extension:metadata";
    int32_t pairs = 2;
    char *made = hr_malloc(5 * sizeof pairs + sizeof name_key + sizeof data_key + strlen(extension));
    if (!made)
        return NULL;
    char *at = made;
    memcpy(at, &pairs, sizeof pairs);
    at += sizeof pairs;
    put(&at, name_key, (int32_t)strlen(name_key));
    put(&at, extension, (int32_t)strlen(extension));
    put(&at, data_key, (int32_t)strlen(data_key));
    put(&at, "", 0);
    return made;
}

static bool make_field(const hr_column *column, hr_arrow_text text, struct ArrowSchema *out)
{
    field *own = hr_calloc(1, sizeof *own);
    if (!own)
        return false;
    set_format(column, text, own->format);
    own->name = hr_strdup(column->name);
    const char *extension = column->type == HR_TYPE_UUID   ? "arrow.uuid"
                            : column->type == HR_TYPE_JSON ? "arrow.json"
                                                           : NULL;
    if (extension)
        own->metadata = make_metadata(extension);
    *out = (struct ArrowSchema){.format = own->format,
                                .name = own->name,
                                .metadata = own->metadata,
                                .flags = column->required ? 0 : ARROW_FLAG_NULLABLE,
                                .release = release,
                                .private_data = own};
    return own->name && (!extension || own->metadata);
}

hr_status hr_arrow_schema_make(const hr_schema *schema, hr_arrow_text text, struct ArrowSchema *out, hr_error *err)
{
    size_t count;
    const hr_column *columns = hr_schema_columns(schema, &count);
    field *own = hr_calloc(1, sizeof *own);
    if (!own)
        return hr_fail_memory(err, "describing an Arrow stream");
    struct ArrowSchema made = {.format = "+s", .name = "", .release = release, .private_data = own};
    own->children = hr_calloc(count, sizeof *own->children);
    own->list = hr_calloc(count, sizeof *own->list);
    bool ok = own->children && own->list;
    made.children = own->list;
    for (size_t i = 0; ok && i < count; i++) {
        own->list[i] = &own->children[i];
        made.n_children++;
        ok = make_field(&columns[i], text, &own->children[i]);
    }
    if (!ok) {
        release(&made);
        return hr_fail_memory(err, "describing an Arrow stream");
    }
    *out = made;
    return HR_OK;
}
