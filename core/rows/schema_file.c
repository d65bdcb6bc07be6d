/* schema_file.c: schemas from JSON text and from files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/rows/schema_reading.h"

#define FILE_MOST ((size_t)64 << 20)
#define TREE_MOST ((size_t)512 << 20)

static const char *where(const hr_json_value *value)
{
    size_t size;
    return hr_json_text(value, &size);
}

static hr_status find_columns(const hr_schema_reading *r, const hr_json_value *root, const hr_json_value **out)
{
    const hr_json_value *columns = hr_json_member(root, "columns");
    if (!columns || hr_json_kind_of(columns) != HR_JSON_ARRAY)
        return hr_schema_place(r, columns ? columns : root,
                               hr_fail(r->err, HR_E_INVALID, "a schema is a JSON object {\"columns\": [...]}"));
    for (const hr_json_value *value = hr_json_first(root); value; value = hr_json_next(value))
        if (value != columns)
            return hr_schema_place(
                r, value,
                hr_fail(r->err, HR_E_INVALID, "a schema has 'columns' and no '%.80s'", hr_json_name(value, NULL)));
    *out = columns;
    return HR_OK;
}

typedef struct named {
    const char *name;
    const hr_json_value *object;
} named;

static int by_name(const void *a, const void *b)
{
    const named *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : (where(left->object) > where(right->object)) - (where(left->object) < where(right->object));
}

static hr_status check_names(const hr_schema_reading *r, const hr_json_value *list)
{
    size_t count = hr_json_count(list), i = 0;
    named *names = hr_calloc(count + 1, sizeof *names);
    if (!names)
        return hr_fail_memory(r->err, "reading a schema");
    for (const hr_json_value *object = hr_json_first(list); object; object = hr_json_next(object), i++)
        names[i] = (named){hr_json_string(hr_json_member(object, "name"), NULL), object};
    qsort(names, count, sizeof *names, by_name);
    const named *again = NULL;
    for (i = 1; i < count; i++)
        if (!strcmp(names[i - 1].name, names[i].name) && (!again || where(names[i].object) < where(again->object)))
            again = &names[i];
    hr_status status = HR_OK;
    if (again)
        status = hr_schema_place(
            r, again->object, hr_fail(r->err, HR_E_INVALID, "the schema has a column '%.200s' already", again->name));
    hr_free(names);
    return status;
}

static hr_status make_schema(hr_schema_reading *r, const hr_json_value *list, hr_schema **out)
{
    size_t count = hr_json_count(list), made = 0;
    hr_schema_draft *drafts = hr_calloc(count + 1, sizeof *drafts);
    hr_column *columns = hr_calloc(count + 1, sizeof *columns);
    hr_status status = drafts && columns ? HR_OK : hr_fail_memory(r->err, "reading a schema");
    for (const hr_json_value *object = hr_json_first(list); status == HR_OK && object; object = hr_json_next(object)) {
        r->ordinal = made + 1;
        r->name = NULL;
        status = hr_schema_draft_take(r, object, &drafts[made]);
        columns[made] = drafts[made].column;
        made++;
    }
    if (status == HR_OK)
        status = check_names(r, list);
    if (status == HR_OK)
        status = hr_schema_new(columns, count, out, r->err);
    for (size_t i = 0; i < made; i++)
        hr_schema_draft_clear(&drafts[i]);
    hr_free(drafts);
    hr_free(columns);
    return status;
}

hr_status hr_schema_parse(const void *text, size_t size, hr_schema **out, hr_error *err)
{
    hr_error unasked;
    const hr_json_limits limits = {.depth = 8, .memory = TREE_MOST};
    hr_json_document *document;
    const hr_json_value *columns = NULL;
    err = err ? err : &unasked;
    if (size >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) { /* as some editors begin every file */
        text = (const char *)text + 3;
        size -= 3;
    }
    hr_status status = hr_json_parse(text, size, &limits, &document, err);
    if (status != HR_OK)
        return status;
    const hr_json_value *root = hr_json_root(document);
    const char *begin = text;
    size_t space = strspn(begin, " \t\r\n"); /* the text holds more than white space */
    hr_schema_reading r = {.text = where(root) - space, .err = err};
    if (hr_json_repeated(document))
        status = hr_fail(err, HR_E_INVALID, "a name stands twice in one object of the schema");
    if (status == HR_OK)
        status = find_columns(&r, root, &columns);
    if (status == HR_OK)
        status = make_schema(&r, columns, out);
    hr_json_free(document);
    return status;
}

static hr_status read_all(const char *path, hr_buffer *out, hr_error *err)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return hr_fail_errno(err, errno, "opening a schema");
    hr_status status = HR_OK;
    while (status == HR_OK) {
        uint8_t *room = hr_buffer_room(out, 1 << 16);
        if (!room) {
            status = out->size + (1 << 16) > out->ceiling
                         ? hr_fail(err, HR_E_LIMIT, "a schema may have up to 64 MiB; is this one?")
                         : hr_fail_memory(err, "reading a schema");
            break;
        }
        size_t got = fread(room, 1, 1 << 16, file);
        out->size += got;
        if (got == 0 && ferror(file))
            status = hr_fail_errno(err, errno, "reading a schema");
        if (got == 0)
            break;
    }
    (void)fclose(file); /* nothing was written */
    return status;
}

hr_status hr_schema_read(const char *path, hr_schema **out, hr_error *err)
{
    hr_error unasked;
    hr_buffer text = {.ceiling = FILE_MOST};
    err = err ? err : &unasked;
    hr_status status = read_all(path, &text, err);
    if (status == HR_OK)
        status = hr_schema_parse(text.data, text.size, out, err);
    if (status != HR_OK)
        hr_error_origin(err, path);
    hr_buffer_free(&text);
    return status;
}
