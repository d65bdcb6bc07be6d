/* schema_column.c: a column of a schema from its JSON object. What is wrong in it is said with its line, its column and
 * what would be right. */
#include <stdio.h>

#include "core/base/words.h"
#include "core/rows/schema_reading.h"

hr_status hr_schema_place(const hr_schema_reading *r, const hr_json_value *value, hr_status status)
{
    size_t size;
    const char *at = hr_json_text(value, &size);
    uint64_t line = 1, column = 1;
    for (const char *p = r->text; p < at; p++) {
        line += *p == '\n';
        column = *p == '\n' ? 1 : column + ((*p & 0xC0) != 0x80);
    }
    hr_error_at(r->err, (uint64_t)(at - r->text), HR_UNKNOWN, line, column);
    return status;
}

/* "column 3 ('amount')", or "column 3". */
static const char *who(const hr_schema_reading *r, char out[128])
{
    if (r->name)
        snprintf(out, 128, "column %zu ('%.80s')", r->ordinal, r->name);
    else
        snprintf(out, 128, "column %zu", r->ordinal);
    return out;
}

static hr_status fail_kind(const hr_schema_reading *r, const hr_json_value *value, const char *key, const char *right)
{
    char column[128];
    size_t size;
    const char *text = hr_json_text(value, &size);
    return hr_schema_place(r, value,
                           hr_fail(r->err, HR_E_INVALID, "%s of the schema: %s must be %s, not %.*s", who(r, column),
                                   key, right, (int)(size > 60 ? 60 : size), text));
}

/* ---- values of members -------------------------------------------------------------------------------------- */

static hr_status take_bool(const hr_schema_reading *r, const hr_json_value *value, const char *key, bool *out)
{
    hr_json_kind kind = hr_json_kind_of(value);
    if (kind != HR_JSON_TRUE && kind != HR_JSON_FALSE)
        return fail_kind(r, value, key, "true or false");
    *out = kind == HR_JSON_TRUE;
    return HR_OK;
}

static hr_status take_small(const hr_schema_reading *r, const hr_json_value *value, const char *key, uint8_t *out)
{
    int64_t number;
    if (!hr_json_int64(value, &number) || number < 0 || number > 38)
        return fail_kind(r, value, key, "a whole number of digits up to 38");
    *out = (uint8_t)number;
    return HR_OK;
}

static hr_status take_string(const hr_schema_reading *r, const hr_json_value *value, const char *key, const char **out)
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
static hr_status take_notation(const hr_schema_reading *r, const hr_json_value *value, const char *key, char **kept,
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

void hr_schema_draft_clear(hr_schema_draft *d)
{
    hr_free(d->min);
    hr_free(d->max);
    for (size_t i = 0; d->one_of && i < d->column.one_of_count; i++)
        hr_free(d->one_of[i]);
    hr_free(d->one_of);
    hr_free(d->list);
    *d = (hr_schema_draft){0};
}

static hr_status take_one_of(const hr_schema_reading *r, const hr_json_value *value, hr_schema_draft *d)
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

static hr_status take_type(const hr_schema_reading *r, const hr_json_value *value, hr_type *out)
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
    return hr_schema_place(r, value, status);
}

static hr_status fail_key(const hr_schema_reading *r, const hr_json_value *value, const char *key)
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
    return hr_schema_place(r, value, status);
}

static hr_status take_member(const hr_schema_reading *r, const hr_json_value *value, hr_schema_draft *d)
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
static hr_status check_digits(const hr_schema_reading *r, const hr_json_value *object, const hr_schema_draft *d)
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
    return status == HR_OK ? HR_OK : hr_schema_place(r, at, status);
}

static hr_status take_name(hr_schema_reading *r, const hr_json_value *object, hr_schema_draft *d)
{
    char column[128];
    const hr_json_value *name = hr_json_member(object, "name");
    if (hr_json_kind_of(object) != HR_JSON_OBJECT)
        return hr_schema_place(r, object,
                               hr_fail(r->err, HR_E_INVALID,
                                       "%s of the schema must be an object such as "
                                       "{\"name\": \"id\", \"type\": \"int64\"}",
                                       who(r, column)));
    if (!name)
        return hr_schema_place(r, object,
                               hr_fail(r->err, HR_E_INVALID, "%s of the schema has no 'name'", who(r, column)));
    hr_status status = take_string(r, name, "name", &d->column.name);
    if (status == HR_OK && !*d->column.name)
        status = fail_kind(r, name, "name", "the name of a column");
    r->name = status == HR_OK ? d->column.name : NULL;
    return status;
}

hr_status hr_schema_draft_take(hr_schema_reading *r, const hr_json_value *object, hr_schema_draft *d)
{
    char column[128];
    hr_status status = take_name(r, object, d);
    if (status != HR_OK)
        return status;
    if (!hr_json_member(object, "type"))
        return hr_schema_place(r, object,
                               hr_fail(r->err, HR_E_INVALID, "%s of the schema has no 'type'", who(r, column)));
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
        return status == HR_E_MEMORY ? status : hr_schema_place(r, object, status);
    hr_schema_free(alone);
    return HR_OK;
}
