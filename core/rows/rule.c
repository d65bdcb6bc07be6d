/* rule.c: the declared rules of a column, made ready for checking. */
#include "core/rows/rule.h"

#include <limits.h>
#include <locale.h>
#include <regex.h>
#include <stdlib.h>

#include "core/rows/value.h"

/* A value of fixed width, as it stands in a vector. */
typedef union limit {
    int64_t int64; /* of texts: a length */
    int32_t date;
    double float64;
    hr_int128 decimal;
    uint8_t bytes[16];
} limit;

typedef struct text_value {
    const uint8_t *text; /* of the column */
    size_t size;
} text_value;

struct hr_rule {
    hr_type type;
    bool has_min, has_max, has_pattern;
    limit min, max;
    uint8_t (*keys)[16]; /* [allowed_count] in order: of fixed width */
    text_value *texts;   /* [allowed_count] in order: texts and JSON */
    size_t allowed_count;
    regex_t pattern;
    locale_t locale;                            /* its characters; 0: those of the process */
    char *below, *above, *unmatched, *unlisted; /* what is said */
};

void hr_value_key(hr_type type, const void *value, uint8_t key[16])
{
    memset(key, 0, 16);
    double number;
    switch (type) {
    case HR_TYPE_FLOAT64:
        memcpy(&number, value, sizeof number);
        if (number != number)
            key[8] = 1;
        else if (number != 0)
            memcpy(key, &number, sizeof number);
        return;
    case HR_TYPE_BOOL: memcpy(key, value, 1); return;
    case HR_TYPE_DATE: memcpy(key, value, 4); return;
    case HR_TYPE_INT64:
    case HR_TYPE_TIMESTAMP: memcpy(key, value, 8); return;
    case HR_TYPE_DECIMAL:
    case HR_TYPE_UUID: memcpy(key, value, 16); return;
    case HR_TYPE_TEXT:
    case HR_TYPE_JSON: return;
    }
}

static bool is_text(hr_type type)
{
    return type == HR_TYPE_TEXT || type == HR_TYPE_JSON;
}

/* A value in the notation of the column. */
static const char *parse(const hr_column *column, const char *text, limit *out)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t size = strlen(text);
    bool truth = false;
    const char *why = NULL;
    *out = (limit){.decimal = 0};
    switch (column->type) {
    case HR_TYPE_BOOL:
        why = hr_value_bool(bytes, size, &truth);
        out->bytes[0] = truth;
        return why;
    case HR_TYPE_INT64: return hr_value_int64(bytes, size, &out->int64);
    case HR_TYPE_DECIMAL: return hr_value_decimal(bytes, size, column->precision, column->scale, &out->decimal);
    case HR_TYPE_FLOAT64: return hr_value_float64(bytes, size, &out->float64);
    case HR_TYPE_DATE: return hr_value_date(bytes, size, &out->date);
    case HR_TYPE_TIMESTAMP: return hr_value_timestamp(bytes, size, column->zoned, &out->int64);
    case HR_TYPE_UUID: return hr_value_uuid(bytes, size, out->bytes);
    case HR_TYPE_TEXT:
        why = hr_value_int64(bytes, size, &out->int64);
        return !why && out->int64 < 0 ? "a length is not negative" : why;
    case HR_TYPE_JSON: break;
    }
    return NULL;
}

static hr_status take_limit(const hr_column *column, const char *key, const char *text, limit *out, hr_error *err)
{
    if (column->type == HR_TYPE_BOOL || column->type == HR_TYPE_UUID || column->type == HR_TYPE_JSON)
        return hr_fail(err, HR_E_INVALID, "column '%.200s' of the schema: a %s has no %s", column->name,
                       hr_type_name(column->type), key);
    const char *why = parse(column, text, out);
    if (why)
        return hr_fail(err, HR_E_INVALID, "column '%.200s' of the schema: %s is '%.100s', which is no %s: %s",
                       column->name, key, text, column->type == HR_TYPE_TEXT ? "length" : hr_type_name(column->type),
                       why);
    if (column->type == HR_TYPE_FLOAT64 && out->float64 != out->float64)
        return hr_fail(err, HR_E_INVALID, "column '%.200s' of the schema: %s is NaN, which nothing compares with",
                       column->name, key);
    return HR_OK;
}

/* NaN is below everything, and everything is below it. */
static bool below(hr_type type, const limit *a, const limit *b)
{
    switch (type) {
    case HR_TYPE_DECIMAL: return a->decimal < b->decimal;
    case HR_TYPE_FLOAT64: return !(a->float64 >= b->float64);
    case HR_TYPE_DATE: return a->date < b->date;
    case HR_TYPE_TEXT:
    case HR_TYPE_INT64:
    case HR_TYPE_TIMESTAMP: return a->int64 < b->int64;
    case HR_TYPE_BOOL:
    case HR_TYPE_UUID:
    case HR_TYPE_JSON: break;
    }
    return false;
}

static hr_status take_limits(hr_rule *rule, const hr_column *column, hr_error *err)
{
    hr_status status = HR_OK;
    if (column->min) {
        rule->has_min = true;
        status = take_limit(column, "min", column->min, &rule->min, err);
        rule->below = hr_asprintf("it is %s the least, %.60s", column->type == HR_TYPE_TEXT ? "shorter than" : "below",
                                  column->min);
    }
    if (status == HR_OK && column->max) {
        rule->has_max = true;
        status = take_limit(column, "max", column->max, &rule->max, err);
        rule->above = hr_asprintf("it is %s the most, %.60s", column->type == HR_TYPE_TEXT ? "longer than" : "above",
                                  column->max);
    }
    if (status == HR_OK && ((column->min && !rule->below) || (column->max && !rule->above)))
        return hr_fail_memory(err, "making a schema");
    if (status == HR_OK && rule->has_min && rule->has_max && below(column->type, &rule->max, &rule->min))
        return hr_fail(err, HR_E_INVALID, "column '%.200s' of the schema: min is above max, so no value could be right",
                       column->name);
    return status;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static int by_text(const void *a, const void *b)
{
    const text_value *x = a, *y = b;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return memcmp(x->text, y->text, x->size);
}

static hr_status take_list(hr_rule *rule, const hr_column *column, hr_error *err)
{
    size_t count = column->one_of_count;
    if (count == 0)
        return hr_fail(err, HR_E_INVALID, "column '%.200s' of the schema: one_of allows nothing", column->name);
    rule->allowed_count = count;
    rule->unlisted = hr_asprintf("it is none of the %zu values that are allowed", count);
    if (is_text(column->type))
        rule->texts = hr_calloc(count, sizeof *rule->texts);
    else
        rule->keys = hr_calloc(count, sizeof *rule->keys);
    if (!rule->unlisted || (!rule->texts && !rule->keys))
        return hr_fail_memory(err, "making a schema");
    for (size_t i = 0; i < count; i++) {
        const char *text = column->one_of[i];
        if (rule->texts) {
            rule->texts[i] = (text_value){(const uint8_t *)text, strlen(text)};
            continue;
        }
        limit value;
        const char *why = parse(column, text, &value);
        if (why)
            return hr_fail(err, HR_E_INVALID, "column '%.200s' of the schema: one_of has '%.100s', which is no %s: %s",
                           column->name, text, hr_type_name(column->type), why);
        hr_value_key(column->type, &value, rule->keys[i]);
    }
    if (rule->texts)
        qsort(rule->texts, count, sizeof *rule->texts, by_text);
    else
        qsort(rule->keys, count, sizeof *rule->keys, by_key);
    return HR_OK;
}

static hr_status take_pattern(hr_rule *rule, const hr_column *column, hr_error *err)
{
    rule->unmatched = hr_asprintf("it does not match %.80s", column->pattern);
    if (!rule->unmatched)
        return hr_fail_memory(err, "making a schema");
    rule->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = rule->locale ? uselocale(rule->locale) : (locale_t)0;
    int code = regcomp(&rule->pattern, column->pattern, REG_EXTENDED);
    char why[128];
    if (code != 0)
        regerror(code, &rule->pattern, why, sizeof why);
    if (before)
        uselocale(before);
    if (code != 0)
        return hr_fail(err, code == REG_ESPACE ? HR_E_MEMORY : HR_E_INVALID,
                       "column '%.200s' of the schema: the pattern '%.100s' is no regular expression: %s", column->name,
                       column->pattern, why);
    rule->has_pattern = true;
    return HR_OK;
}

hr_status hr_rule_new(const hr_column *column, hr_rule **out, hr_error *err)
{
    *out = NULL;
    if (!column->min && !column->max && !column->pattern && !column->one_of)
        return HR_OK;
    hr_rule *rule = hr_calloc(1, sizeof *rule);
    if (!rule)
        return hr_fail_memory(err, "making a schema");
    rule->type = column->type;
    hr_status status = take_limits(rule, column, err);
    if (status == HR_OK && column->one_of)
        status = take_list(rule, column, err);
    if (status == HR_OK && column->pattern)
        status = take_pattern(rule, column, err);
    if (status == HR_OK)
        *out = rule;
    else
        hr_rule_free(rule);
    return status;
}

void hr_rule_free(hr_rule *rule)
{
    if (!rule)
        return;
    if (rule->has_pattern)
        regfree(&rule->pattern);
    if (rule->locale)
        freelocale(rule->locale);
    hr_free(rule->keys);
    hr_free(rule->texts);
    hr_free(rule->below);
    hr_free(rule->above);
    hr_free(rule->unmatched);
    hr_free(rule->unlisted);
    hr_free(rule);
}

/* ---- checking ------------------------------------------------------------------------------------------------ */

bool hr_rule_has_values(const hr_rule *rule)
{
    return rule->has_min || rule->has_max || rule->allowed_count;
}

bool hr_rule_has_pattern(const hr_rule *rule)
{
    return rule->has_pattern;
}

const char *hr_rule_check_fixed(const hr_rule *rule, const void *value)
{
    static const uint8_t widths[HR_TYPE_COUNT] = {
        [HR_TYPE_BOOL] = 1, [HR_TYPE_INT64] = 8,     [HR_TYPE_DECIMAL] = 16, [HR_TYPE_FLOAT64] = 8,
        [HR_TYPE_DATE] = 4, [HR_TYPE_TIMESTAMP] = 8, [HR_TYPE_UUID] = 16};
    limit given;
    memcpy(&given, value, widths[rule->type]);
    if (rule->has_min && below(rule->type, &given, &rule->min))
        return rule->below;
    if (rule->has_max && (below(rule->type, &rule->max, &given)))
        return rule->above;
    if (!rule->keys)
        return NULL;
    uint8_t key[16];
    hr_value_key(rule->type, value, key);
    return bsearch(key, rule->keys, rule->allowed_count, sizeof *rule->keys, by_key) ? NULL : rule->unlisted;
}

static int64_t characters(const uint8_t *text, size_t size)
{
    int64_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += (text[i] & 0xC0) != 0x80;
    return count;
}

const char *hr_rule_check_text(const hr_rule *rule, const uint8_t *text, size_t size)
{
    if (rule->has_min || rule->has_max) {
        int64_t length = characters(text, size);
        if (rule->has_min && length < rule->min.int64)
            return rule->below;
        if (rule->has_max && length > rule->max.int64)
            return rule->above;
    }
    if (!rule->texts)
        return NULL;
    text_value value = {text, size};
    return bsearch(&value, rule->texts, rule->allowed_count, sizeof *rule->texts, by_text) ? NULL : rule->unlisted;
}

const char *hr_rule_check_pattern(const hr_rule *rule, const uint8_t *text, size_t size)
{
    if (size > INT_MAX) /* no offset of the C library's reaches that far */
        return rule->unmatched;
    regmatch_t where = {.rm_so = 0, .rm_eo = (regoff_t)size};
    locale_t before = rule->locale ? uselocale(rule->locale) : (locale_t)0;
    int code = regexec(&rule->pattern, (const char *)text, 1, &where, REG_STARTEND);
    if (before)
        uselocale(before);
    return code == 0 ? NULL : rule->unmatched;
}
