/* schema_file.c: schemas from JSON text. What is wrong in one is said with its line, its column and what would be
 * right.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/words.h"
#include "core/json/json.h"
#include "core/rows/schema_parts.h"

#define FILE_MOST ((size_t)64 << 20)
#define TREE_MOST ((size_t)512 << 20)

/* A schema as far as it was read. */
typedef struct reading {
    const char *text; /* the document's own copy, which values point into */
    size_t ordinal;   /* of the column at work, from 1 */
    const char *name; /* of it, or NULL: not known yet */
    hr_error *err;
} reading;

/* Puts the place of byte `at` of the text into the error. */
static hr_status place(const reading *r, const char *at, hr_status status)
{
    uint64_t line = 1, column = 1;
    for (const char *p = r->text; p < at; p++) {
        line += *p == '\n';
        column = *p == '\n' ? 1 : column + ((*p & 0xC0) != 0x80);
    }
    hr_error_at(r->err, (uint64_t)(at - r->text), HR_UNKNOWN, line, column);
    return status;
}

static const char *where(const hr_json_value *value)
{
    size_t size;
    return hr_json_text(value, &size);
}

/* "column 3 ('amount')", or "column 3". */
static const char *who(const reading *r, char out[128])
{
    if (r->name)
        snprintf(out, 128, "column %zu ('%.80s')", r->ordinal, r->name);
    else
        snprintf(out, 128, "column %zu", r->ordinal);
    return out;
}

static hr_status fail_kind(const reading *r, const hr_json_value *value, const char *key, const char *right)
{
    char column[128];
    size_t size;
    const char *text = hr_json_text(value, &size);
    return place(r, text,
                 hr_fail(r->err, HR_E_INVALID, "%s of the schema: %s must be %s, not %.*s", who(r, column), key, right,
                         (int)(size > 60 ? 60 : size), text));
}

/* ---- values of members -------------------------------------------------------------------------------------- */

static hr_status take_bool(const reading *r, const hr_json_value *value, const char *key, bool *out)
{
    hr_json_kind kind = hr_json_kind_of(value);
    if (kind != HR_JSON_TRUE && kind != HR_JSON_FALSE)
        return fail_kind(r, value, key, "true or false");
    *out = kind == HR_JSON_TRUE;
    return HR_OK;
}

static hr_status take_small(const reading *r, const hr_json_value *value, const char *key, uint8_t *out)
{
    int64_t number;
    if (!hr_json_int64(value, &number) || number < 0 || number > 38)
        return fail_kind(r, value, key, "a whole number of digits up to 38");
    *out = (uint8_t)number;
    return HR_OK;
}

static hr_status take_string(const reading *r, const hr_json_value *value, const char *key, const char **out)
{
    size_t size;
    const char *text = hr_json_string(value, &size);
    if (!text)
        return fail_kind(r, value, key, "a string");
    if (strlen(text) != size)
        return fail_kind(r, value, key, "a string without \\u0000");
    *out = text;
    return HR_OK;
}

/* A value in the column's own notation: a string, or a number or truth value as it stands. `kept` owns it then. */
static hr_status take_notation(const reading *r, const hr_json_value *value, const char *key, char **kept,
                               const char **out)
{
    hr_json_kind kind = hr_json_kind_of(value);
    if (kind == HR_JSON_STRING)
        return take_string(r, value, key, out);
    if (kind != HR_JSON_NUMBER && kind != HR_JSON_TRUE && kind != HR_JSON_FALSE)
        return fail_kind(r, value, key, "a string or a number");
    size_t size;
    const char *text = hr_json_text(value, &size);
    *kept = hr_strndup(text, size);
    *out = *kept;
    return *kept ? HR_OK : hr_fail_memory(r->err, "reading a schema");
}

/* ---- a column ----------------------------------------------------------------------------------------------- */

/* A column, and what of it is not in the document. */
typedef struct draft {
    hr_column column;
    char *min, *max;
    char **one_of; /* [one_of_count] those that are not strings, else NULL */
    const char **list;
    bool precision, scale; /* given */
} draft;

static void draft_clear(draft *d)
{
    hr_free(d->min);
    hr_free(d->max);
    for (size_t i = 0; d->one_of && i < d->column.one_of_count; i++)
        hr_free(d->one_of[i]);
    hr_free(d->one_of);
    hr_free(d->list);
    *d = (draft){0};
}

static hr_status take_one_of(const reading *r, const hr_json_value *value, draft *d)
{
    size_t count = hr_json_count(value), i = 0;
    if (hr_json_kind_of(value) != HR_JSON_ARRAY || !count)
        return fail_kind(r, value, "one_of", "an array of the values that are allowed");
    d->one_of = hr_calloc(count, sizeof *d->one_of);
    d->list = hr_calloc(count, sizeof *d->list);
    if (!d->one_of || !d->list)
        return hr_fail_memory(r->err, "reading a schema");
    d->column.one_of = d->list;
    d->column.one_of_count = count;
    for (const hr_json_value *one = hr_json_first(value); one; one = hr_json_next(one), i++) {
        hr_status status = take_notation(r, one, "a value of one_of", &d->one_of[i], &d->list[i]);
        if (status != HR_OK)
            return status;
    }
    return HR_OK;
}

static hr_status take_type(const reading *r, const hr_json_value *value, hr_type *out)
{
    static const char *const others[][2] = {
        {"string", "text"},    {"varchar", "text"},    {"str", "text"},           {"utf8", "text"},
        {"int", "int64"},      {"integer", "int64"},   {"bigint", "int64"},       {"long", "int64"},
        {"number", "decimal"}, {"numeric", "decimal"}, {"float", "float64"},      {"double", "float64"},
        {"real", "float64"},   {"boolean", "bool"},    {"datetime", "timestamp"}, {"timestamptz", "timestamp"},
        {"object", "json"},    {"array", "json"},      {"guid", "uuid"},
    };
    const char *names[HR_TYPE_COUNT], *name = NULL, *meant = NULL;
    char column[128];
    hr_status status = take_string(r, value, "type", &name);
    if (status != HR_OK || hr_type_parse(name, out))
        return status;
    for (size_t i = 0; i < HR_TYPE_COUNT; i++)
        names[i] = hr_type_name((hr_type)i);
    for (size_t i = 0; i < HR_COUNT(others); i++)
        if (!strcmp(name, others[i][0]))
            meant = others[i][1];
    meant = meant ? meant : hr_word_meant(name, names, HR_TYPE_COUNT);
    status = meant ? hr_fail(r->err, HR_E_INVALID, "%s of the schema: there is no type '%.80s'; did you mean %s?",
                             who(r, column), name, meant)
                   : hr_fail(r->err, HR_E_INVALID,
                             "%s of the schema: there is no type '%.80s'; the types are text, bool, int64, decimal, "
                             "float64, date, timestamp, uuid and json",
                             who(r, column), name);
    return place(r, where(value), status);
}

static hr_status fail_key(const reading *r, const hr_json_value *value, const char *key)
{
    static const char *const keys[] = {"name",  "type", "required", "unique",  "zone",  "precision",
                                       "scale", "min",  "max",      "pattern", "one_of"};
    static const char *const others[][2] = {{"enum", "one_of"}, {"values", "one_of"},    {"minimum", "min"},
                                            {"maximum", "max"}, {"regex", "pattern"},    {"timezone", "zone"},
                                            {"zoned", "zone"},  {"not_null", "required"}};
    char column[128];
    const char *meant = NULL;
    for (size_t i = 0; i < HR_COUNT(others); i++)
        if (!strcmp(key, others[i][0]))
            meant = others[i][1];
    meant = meant ? meant : hr_word_meant(key, keys, HR_COUNT(keys));
    hr_status status =
        meant ? hr_fail(r->err, HR_E_INVALID, "%s of the schema: there is no '%.80s'; did you mean '%s'?",
                        who(r, column), key, meant)
              : hr_fail(r->err, HR_E_INVALID,
                        "%s of the schema: there is no '%.80s'; a column has name, type, required, unique, "
                        "zone, precision, scale, min, max, pattern and one_of",
                        who(r, column), key);
    return place(r, where(value), status);
}

static hr_status take_member(const reading *r, const hr_json_value *value, draft *d)
{
    hr_column *c = &d->column;
    const char *key = hr_json_name(value, NULL);
    if (!strcmp(key, "name"))
        return HR_OK; /* read before the others, which name it */
    if (!strcmp(key, "type"))
        return take_type(r, value, &c->type);
    if (!strcmp(key, "required"))
        return take_bool(r, value, key, &c->required);
    if (!strcmp(key, "unique"))
        return take_bool(r, value, key, &c->unique);
    if (!strcmp(key, "zone"))
        return take_bool(r, value, key, &c->zoned);
    if (!strcmp(key, "precision")) {
        d->precision = true;
        return take_small(r, value, key, &c->precision);
    }
    if (!strcmp(key, "scale")) {
        d->scale = true;
        return take_small(r, value, key, &c->scale);
    }
    if (!strcmp(key, "min"))
        return take_notation(r, value, key, &d->min, &c->min);
    if (!strcmp(key, "max"))
        return take_notation(r, value, key, &d->max, &c->max);
    if (!strcmp(key, "pattern"))
        return take_string(r, value, key, &c->pattern);
    if (!strcmp(key, "one_of"))
        return take_one_of(r, value, d);
    return fail_key(r, value, key);
}

/* What is wrong between members, so that the place of one of them can be given. */
static hr_status check_digits(const reading *r, const hr_json_value *object, const draft *d)
{
    const hr_column *c = &d->column;
    const char *name = hr_type_name(c->type), *key = d->precision ? "precision" : "scale";
    char column[128];
    hr_status status = HR_OK;
    const hr_json_value *at = object;
    if (c->type != HR_TYPE_DECIMAL && (d->precision || d->scale)) {
        at = hr_json_member(object, key);
        status = hr_fail(r->err, HR_E_INVALID, "%s of the schema: only a decimal has '%s', this is %s %s",
                         who(r, column), key, strchr("aeiou", name[0]) ? "an" : "a", name);
    } else if (c->type == HR_TYPE_DECIMAL && !c->precision) {
        at = d->precision ? hr_json_member(object, key) : object;
        status = hr_fail(r->err, HR_E_INVALID, "%s of the schema: a decimal needs a 'precision', 1 to 38 digits in all",
                         who(r, column));
    } else if (c->type == HR_TYPE_DECIMAL && c->scale > c->precision) {
        at = hr_json_member(object, "scale");
        status = hr_fail(r->err, HR_E_INVALID,
                         "%s of the schema: %u digits behind the point (scale) are more than %u in all (precision)",
                         who(r, column), c->scale, c->precision);
    } else if (c->zoned && c->type != HR_TYPE_TIMESTAMP) {
        at = hr_json_member(object, "zone");
        status = hr_fail(r->err, HR_E_INVALID, "%s of the schema: only a timestamp has 'zone', this is %s %s",
                         who(r, column), strchr("aeiou", name[0]) ? "an" : "a", name);
    }
    return status == HR_OK ? HR_OK : place(r, where(at), status);
}

static hr_status take_name(reading *r, const hr_json_value *object, draft *d)
{
    char column[128];
    const hr_json_value *name = hr_json_member(object, "name");
    if (hr_json_kind_of(object) != HR_JSON_OBJECT)
        return place(r, where(object),
                     hr_fail(r->err, HR_E_INVALID,
                             "%s of the schema must be an object such as "
                             "{\"name\": \"id\", \"type\": \"int64\"}",
                             who(r, column)));
    if (!name)
        return place(r, where(object), hr_fail(r->err, HR_E_INVALID, "%s of the schema has no 'name'", who(r, column)));
    hr_status status = take_string(r, name, "name", &d->column.name);
    if (status == HR_OK && !*d->column.name)
        status = fail_kind(r, name, "name", "the name of a column");
    r->name = status == HR_OK ? d->column.name : NULL;
    return status;
}

static hr_status take_column(reading *r, const hr_json_value *object, draft *d)
{
    char column[128];
    hr_status status = take_name(r, object, d);
    if (status != HR_OK)
        return status;
    if (!hr_json_member(object, "type"))
        return place(r, where(object), hr_fail(r->err, HR_E_INVALID, "%s of the schema has no 'type'", who(r, column)));
    for (const hr_json_value *value = hr_json_first(object); value; value = hr_json_next(value)) {
        status = take_member(r, value, d);
        if (status != HR_OK)
            return status;
    }
    status = check_digits(r, object, d);
    if (status != HR_OK)
        return status;
    hr_schema *alone; /* checks its rules, so that their place can be given */
    status = hr_schema_new(&d->column, 1, &alone, r->err);
    if (status != HR_OK)
        return status == HR_E_MEMORY ? status : place(r, where(object), status);
    hr_schema_free(alone);
    return HR_OK;
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static hr_status find_columns(const reading *r, const hr_json_value *root, const hr_json_value **out)
{
    const hr_json_value *columns = hr_json_member(root, "columns");
    if (!columns || hr_json_kind_of(columns) != HR_JSON_ARRAY)
        return place(r, where(columns ? columns : root),
                     hr_fail(r->err, HR_E_INVALID, "a schema is a JSON object {\"columns\": [...]}"));
    for (const hr_json_value *value = hr_json_first(root); value; value = hr_json_next(value))
        if (value != columns)
            return place(
                r, where(value),
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

static hr_status check_names(const reading *r, const hr_json_value *list)
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
        status = place(r, where(again->object),
                       hr_fail(r->err, HR_E_INVALID, "the schema has a column '%.200s' already", again->name));
    hr_free(names);
    return status;
}

static hr_status make_schema(reading *r, const hr_json_value *list, hr_schema **out)
{
    size_t count = hr_json_count(list), made = 0;
    draft *drafts = hr_calloc(count + 1, sizeof *drafts);
    hr_column *columns = hr_calloc(count + 1, sizeof *columns);
    hr_status status = drafts && columns ? HR_OK : hr_fail_memory(r->err, "reading a schema");
    for (const hr_json_value *object = hr_json_first(list); status == HR_OK && object; object = hr_json_next(object)) {
        r->ordinal = made + 1;
        r->name = NULL;
        status = take_column(r, object, &drafts[made]);
        columns[made] = drafts[made].column;
        made++;
    }
    if (status == HR_OK)
        status = check_names(r, list);
    if (status == HR_OK)
        status = hr_schema_new(columns, count, out, r->err);
    for (size_t i = 0; i < made; i++)
        draft_clear(&drafts[i]);
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
    reading r = {.text = where(root) - space, .err = err};
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
    fclose(file);
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
