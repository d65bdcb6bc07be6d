/* columns.c: a list of columns as a user writes it, found among the columns of a file. */
#include "core/base/words.h"
#include "tools/headrace/shell.h"

static hr_status fail_column(const char *name, const char *const *names, size_t count, hr_error *err)
{
    hr_buffer near = {0};
    bool good = hr_words_suggest(name, names, count, &near);
    hr_status status =
        hr_fail(err, HR_E_INVALID, "there is no column '%s'%.*s", name,
                good ? (int)(near.size < 400 ? near.size : 400) : 0, good ? (const char *)near.data : "");
    hr_buffer_free(&near);
    return status;
}

static bool find_column(const char *name, const char *const *names, size_t count, uint32_t *out)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (uint32_t)i;
            return true;
        }
    uint64_t number = 0;
    if (name[0] == '\0' || name[strspn(name, "0123456789")] != '\0' ||
        !hr_option_parse(HR_OPTION_COUNT, NULL, name, &number) || number < 1 || number > count)
        return false;
    *out = (uint32_t)(number - 1);
    return true;
}

hr_status hr_columns_find(const char *list, const char *const *names, size_t count, uint32_t **out, size_t *out_count,
                          hr_error *err)
{
    size_t size = strlen(list);
    char *room = hr_malloc(size + 1);
    uint32_t *found = hr_calloc(size + 1, sizeof *found);
    size_t n = 0;
    hr_status status = HR_OK;
    if (room == NULL || found == NULL)
        status = hr_fail_memory(err, "finding columns");
    for (const char *rest = list; status == HR_OK && rest != NULL;) {
        rest = hr_list_next(rest, room);
        if (!find_column(room, names, count, &found[n++]))
            status = fail_column(room, names, count, err);
    }
    hr_free(room);
    if (status != HR_OK) {
        hr_free(found);
        return status;
    }
    *out = found;
    *out_count = n;
    return HR_OK;
}
