/* columns.c: the names of the columns of NDJSON: from a list, or from the records of a sample. */
#include <xxhash.h>

#include "core/base/words.h"
#include "core/json/rows.h"
#include "core/json/text.h"

#define ROOM_LEAST 32u

void hr_json_columns_free(char **names, size_t count)
{
    for (size_t i = 0; names && i < count; i++)
        hr_free(names[i]);
    hr_free(names);
}

/* Names in the order in which they were added, and an index over them to find one again. */
typedef struct name_set {
    char **names;
    uint32_t *slots; /* [room * 2]: index + 1; 0: free */
    size_t count, room, limit;
} name_set;

static uint32_t *slot_of(const name_set *set, const char *name)
{
    size_t mask = set->room * 2 - 1, slot = XXH3_64bits(name, strlen(name)) & mask;
    while (set->slots[slot] && strcmp(set->names[set->slots[slot] - 1], name) != 0)
        slot = (slot + 1) & mask;
    return &set->slots[slot];
}

static bool grow(name_set *set)
{
    size_t room = set->room ? set->room * 2 : ROOM_LEAST;
    char **names = hr_realloc(set->names, room * sizeof *names);
    set->names = names ? names : set->names;
    uint32_t *slots = names ? hr_calloc(room * 2, sizeof *slots) : NULL;
    if (!slots)
        return false;
    hr_free(set->slots);
    set->slots = slots;
    set->room = room;
    for (uint32_t i = 0; i < set->count; i++)
        *slot_of(set, set->names[i]) = i + 1;
    return true;
}

/* *there: it is one of them already. */
static hr_status add_name(name_set *set, const char *name, bool *there, hr_error *err)
{
    if (set->count == set->room && !grow(set))
        return hr_fail_memory(err, "naming columns");
    uint32_t *slot = slot_of(set, name);
    *there = *slot != 0;
    if (*there)
        return HR_OK;
    if (set->count == set->limit)
        return hr_fail(err, HR_E_LIMIT,
                       "the records have more than %zu members; option columns chooses some, option limits.columns "
                       "allows more",
                       set->limit);
    set->names[set->count] = hr_strdup(name);
    if (!set->names[set->count])
        return hr_fail_memory(err, "naming columns");
    *slot = (uint32_t)++set->count;
    return HR_OK;
}

/* The names are the caller's, or all is freed. */
static hr_status finish(name_set *set, hr_status status, char ***names, size_t *count)
{
    hr_free(set->slots);
    if (status != HR_OK) {
        hr_json_columns_free(set->names, set->count);
        return status;
    }
    *names = set->names;
    *count = set->count;
    return HR_OK;
}

/* ---- a list -------------------------------------------------------------------------------------------------- */

static hr_status add_list(name_set *set, const char *list, bool repeats, hr_error *err)
{
    char *room = hr_malloc(strlen(list) + 1);
    hr_status status = room ? HR_OK : hr_fail_memory(err, "reading option columns");
    for (const char *rest = list; status == HR_OK && rest;) {
        bool there = false;
        rest = hr_list_next(rest, room);
        if (!*room)
            status = hr_fail(err, HR_E_INVALID, "option columns has an empty name; the member \"\" is the pointer /");
        else
            status = add_name(set, room, &there, err);
        if (there && !repeats)
            status = hr_fail(err, HR_E_INVALID, "option columns names '%.200s' twice", room);
    }
    hr_free(room);
    return status;
}

hr_status hr_json_columns_parse(const char *list, bool repeats, char ***names, size_t *count, hr_error *err)
{
    name_set set = {.limit = UINT32_MAX - 1};
    return finish(&set, add_list(&set, list, repeats, err), names, count);
}

hr_status hr_json_columns_schema(const hr_schema *schema, const char *list, char ***names, size_t *count, hr_error *err)
{
    name_set set = {.limit = UINT32_MAX - 1};
    size_t columns;
    const hr_column *column = hr_schema_columns(schema, &columns);
    hr_status status = HR_OK;
    bool there;
    for (size_t i = 0; status == HR_OK && i < columns; i++)
        status = add_name(&set, column[i].name, &there, err);
    if (status == HR_OK && list)
        status = add_list(&set, list, true, err);
    return finish(&set, status, names, count);
}

/* ---- a sample ------------------------------------------------------------------------------------------------ */

/* A name that would be a pointer, or nothing, as a pointer (RFC 6901, section 3). `room` holds the name. */
static hr_status add_as_pointer(name_set *set, const char *name, hr_error *err)
{
    bool there;
    char *pointer = hr_malloc(2 * strlen(name) + 2), *to = pointer;
    if (!pointer)
        return hr_fail_memory(err, "naming columns");
    *to++ = '/';
    for (; *name; name++) {
        if (*name == '/' || *name == '~') {
            *to++ = '~';
            *to++ = *name == '/' ? '1' : '0';
        } else {
            *to++ = *name;
        }
    }
    *to = '\0';
    hr_status status = add_name(set, pointer, &there, err);
    hr_free(pointer);
    return status;
}

/* The name text[0, size), as it stands between its quotes. One that holds NUL cannot be a name here: it is left out. */
static hr_status add_member(name_set *set, const uint8_t *text, size_t size, hr_error *err)
{
    char *name = hr_malloc(size + 1);
    bool there;
    if (!name)
        return hr_fail_memory(err, "naming columns");
    size_t out = hr_json_text_copy(text, size, (uint8_t *)name);
    name[out] = '\0';
    hr_status status = HR_OK;
    if (out == 0 || name[0] == '/')
        status = memchr(name, '\0', out) ? HR_OK : add_as_pointer(set, name, err);
    else if (!memchr(name, '\0', out))
        status = add_name(set, name, &there, err);
    hr_free(name);
    return status;
}

/* The members of the object at text[0, size), which is sound. */
static hr_status add_members(name_set *set, const uint8_t *text, size_t size, hr_error *err)
{
    size_t depth = 0;
    bool want = false; /* the next string is a name of the record */
    hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < size; i++) {
        uint8_t c = text[i];
        if (c == '{' || c == '[') {
            want = ++depth == 1;
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c == ',') {
            want = depth == 1;
        } else if (c == '"') {
            size_t begin = ++i;
            while (text[i] != '"')
                i += text[i] == '\\' ? 2 : 1;
            if (want)
                status = add_member(set, text + begin, i - begin, err);
            want = false;
        }
    }
    return status;
}

hr_status hr_json_columns_find(const uint8_t *text, size_t size, bool whole, const hr_csv_config *config, char ***names,
                               size_t *count, hr_error *err)
{
    name_set set = {.limit = config->column_limit};
    hr_json_plan_options options = {.depth_limit = config->depth_limit};
    hr_json_plan *plan = NULL;
    hr_status status = hr_json_plan_new(&options, &plan, err);
    for (size_t at = 0; status == HR_OK && at < size;) {
        const uint8_t *lf = memchr(text + at, '\n', size - at);
        size_t end = lf ? (size_t)(lf - text) : size;
        hr_json_line line = {0};
        uint64_t repeated = 0;
        if (!lf && !whole)
            break;
        hr_json_line_exact(plan, text + at, end - at, &line, NULL, &repeated);
        if (line.fault == HR_JSON_SOUND && line.size && text[at + line.begin] == '{')
            status = add_members(&set, text + at + line.begin, line.size, err);
        at = end + 1;
    }
    hr_json_plan_free(plan);
    return finish(&set, status, names, count);
}
