/* pointer.c: JSON Pointer, RFC 6901, over documents. */
#include "core/json/tree.h"

/* The reference token at *at, up to the next '/', without its escapes, compared with `name`: "~0" is '~', "~1" '/'. */
static bool token_is(const char *token, size_t size, const char *name, size_t name_size)
{
    size_t j = 0;
    for (size_t i = 0; i < size; i++, j++) {
        char c = token[i];
        if (c == '~' && i + 1 < size && (token[i + 1] == '0' || token[i + 1] == '1'))
            c = token[++i] == '0' ? '~' : '/';
        else if (c == '~')
            return false;
        if (j == name_size || name[j] != c)
            return false;
    }
    return j == name_size;
}

static const hr_json_value *member_of(const hr_json_value *object, const char *token, size_t size)
{
    const hr_json_value *value = object->of.inner.first;
    while (value && !token_is(token, size, value->name, value->name_size))
        value = value->next;
    return value;
}

/* An array index is digits without a leading zero. "-", behind the last element, is never there. */
static const hr_json_value *element_of(const hr_json_value *array, const char *token, size_t size)
{
    size_t index = 0;
    if (size == 0 || size > 18 || (size > 1 && token[0] == '0'))
        return NULL;
    for (size_t i = 0; i < size; i++) {
        if (token[i] < '0' || token[i] > '9')
            return NULL;
        index = index * 10 + (size_t)(token[i] - '0');
    }
    if (index >= array->of.inner.count)
        return NULL;
    const hr_json_value *value = array->of.inner.first;
    while (index--)
        value = value->next;
    return value;
}

const hr_json_value *hr_json_pointer(const hr_json_value *value, const char *pointer)
{
    while (value && *pointer) {
        if (*pointer != '/')
            return NULL;
        const char *token = pointer + 1;
        size_t size = strcspn(token, "/");
        pointer = token + size;
        if (value->kind == HR_JSON_OBJECT)
            value = member_of(value, token, size);
        else if (value->kind == HR_JSON_ARRAY)
            value = element_of(value, token, size);
        else
            return NULL;
    }
    return value;
}
