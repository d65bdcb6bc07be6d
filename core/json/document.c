/* document.c: looking around in a parsed JSON document. */
#include "core/json/tree.h"

const hr_json_value *hr_json_root(const hr_json_document *document)
{
    return document->root;
}

uint64_t hr_json_repeated(const hr_json_document *document)
{
    return document->repeated;
}

hr_json_kind hr_json_kind_of(const hr_json_value *value)
{
    return value ? value->kind : HR_JSON_NULL;
}

const char *hr_json_text(const hr_json_value *value, size_t *size)
{
    *size = value->size;
    return value->text;
}

const char *hr_json_string(const hr_json_value *value, size_t *size)
{
    if (hr_json_kind_of(value) != HR_JSON_STRING)
        return NULL;
    if (size)
        *size = value->of.string.size;
    return value->of.string.data;
}

static bool is_container(const hr_json_value *value)
{
    return value && (value->kind == HR_JSON_ARRAY || value->kind == HR_JSON_OBJECT);
}

size_t hr_json_count(const hr_json_value *value)
{
    return is_container(value) ? value->of.inner.count : 0;
}

const hr_json_value *hr_json_first(const hr_json_value *container)
{
    return is_container(container) ? container->of.inner.first : NULL;
}

const hr_json_value *hr_json_next(const hr_json_value *value)
{
    return value ? value->next : NULL;
}

const char *hr_json_name(const hr_json_value *value, size_t *size)
{
    if (!value || !value->name)
        return NULL;
    if (size)
        *size = value->name_size;
    return value->name;
}

const hr_json_value *hr_json_member(const hr_json_value *object, const char *name)
{
    if (hr_json_kind_of(object) != HR_JSON_OBJECT)
        return NULL;
    size_t size = strlen(name);
    const hr_json_value *value = object->of.inner.first;
    while (value && (value->name_size != size || memcmp(value->name, name, size) != 0))
        value = value->next;
    return value;
}
