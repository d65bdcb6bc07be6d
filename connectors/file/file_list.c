/* file_list.c: the files that a folder or a pattern names. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "connectors/file/file.h"

#define NAMES_MAX ((size_t)16 * 1024 * 1024)

/* Names under which other programs write files that are not yet whole. */
static const char *const unfinished[] = {".tmp", ".uploading", ".part", ".filepart", ".crdownload"};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && !strcmp(text + size - end_size, end);
}

/* `pattern`, or NULL, may ask for such a name by ending like it. */
static bool is_unfinished(const char *name, const char *pattern)
{
    for (size_t i = 0; i < HR_COUNT(unfinished); i++)
        if (ends_with(name, unfinished[i]) && !(pattern && ends_with(pattern, unfinished[i])))
            return true;
    return false;
}

void hr_names_clear(hr_names *list)
{
    for (size_t i = 0; i < list->count; i++)
        hr_free(list->items[i]);
    hr_free(list->items);
    *list = (hr_names){0};
}

/* Takes `name` over, which may be NULL for want of memory. */
static hr_status names_add(hr_names *list, char *name, hr_error *err)
{
    if (list->count >= NAMES_MAX) {
        hr_free(name);
        return hr_fail(err, HR_E_LIMIT, "more than %zu files are there; name fewer with a narrower pattern", NAMES_MAX);
    }
    char **items = name ? hr_array_room(list->items, list->count, &list->capacity, 64, sizeof *items) : NULL;
    if (!items) {
        hr_free(name);
        return hr_fail_memory(err, "listing files");
    }
    list->items = items;
    list->items[list->count++] = name;
    return HR_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether a folder's entry can be what a pattern's folder part needs. */
static bool may_be_folder(const struct dirent *entry)
{
    return entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
}

static bool is_gone(int code)
{
    return code == ENOENT || code == ENOTDIR || code == ELOOP;
}

typedef hr_status (*entry_function)(void *context, const char *folder, const struct dirent *entry, hr_error *err);

static hr_status each_entry(const char *folder, bool must_exist, entry_function each, void *context, hr_error *err)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        if (!must_exist && is_gone(errno))
            return HR_OK;
        return hr_fail_errno(err, errno, "listing the folder \"" HR_PATH_SHOWN "\"", folder);
    }
    hr_status status = HR_OK;
    while (status == HR_OK) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            if (errno)
                status = hr_fail_errno(err, errno, "listing the folder \"" HR_PATH_SHOWN "\"", folder);
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = each(context, folder, entry, err);
    }
    closedir(dir);
    return status;
}

/* ---- a folder ---------------------------------------------------------------------------------------------- */

static hr_status add_entry(void *context, const char *folder, const struct dirent *entry, hr_error *err)
{
    if (entry->d_name[0] == '.' || entry->d_type == DT_DIR || is_unfinished(entry->d_name, NULL))
        return HR_OK;
    return names_add(context, hr_path_join(folder, entry->d_name), err);
}

hr_status hr_names_of_folder(hr_names *list, const char *path, hr_error *err)
{
    char folder[PATH_MAX];
    if (!realpath(path, folder))
        return hr_fail_errno(err, errno, "looking for \"" HR_PATH_SHOWN "\"", path);
    hr_status status = each_entry(folder, true, add_entry, list, err);
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, by_name);
    return status;
}

/* ---- a pattern --------------------------------------------------------------------------------------------- */

/* A pattern is walked one name at a time; `rest` is what follows the name that is being matched. */
typedef struct pattern_walk {
    hr_names *found;
    const char *part, *rest;
} pattern_walk;

static hr_status expand(hr_names *found, const char *folder, bool must_exist, const char *pattern, hr_error *err);

static hr_status match_folder(void *context, const char *folder, const struct dirent *entry, hr_error *err)
{
    pattern_walk *walk = context;
    if (!may_be_folder(entry) || fnmatch(walk->part, entry->d_name, FNM_PERIOD) != 0)
        return HR_OK;
    char *path = hr_path_join(folder, entry->d_name);
    hr_status status = path ? expand(walk->found, path, false, walk->rest, err) : hr_fail_memory(err, "listing files");
    hr_free(path);
    return status;
}

static hr_status match_file(void *context, const char *folder, const struct dirent *entry, hr_error *err)
{
    pattern_walk *walk = context;
    const char *name = entry->d_name;
    if (entry->d_type == DT_DIR || fnmatch(walk->part, name, FNM_PERIOD) != 0 || is_unfinished(name, walk->part))
        return HR_OK;
    return names_add(walk->found, hr_path_join(folder, name), err);
}

/* The last part of a pattern. A file is called by one name, however the way to it was written. */
static hr_status match_files(pattern_walk *walk, const char *folder, bool must_exist, hr_error *err)
{
    char real[PATH_MAX];
    if (!realpath(folder, real))
        return !must_exist && is_gone(errno) ? HR_OK
                                             : hr_fail_errno(err, errno, "looking for \"" HR_PATH_SHOWN "\"", folder);
    return each_entry(real, must_exist, match_file, walk, err);
}

/* A part without a wildcard is followed, not looked for: its folder need not be readable. */
static hr_status follow(pattern_walk *walk, const char *folder, bool must_exist, hr_error *err)
{
    struct stat st;
    char *path = hr_path_join(folder, walk->part), *whole = NULL;
    hr_status status = HR_OK;
    if (!path)
        status = hr_fail_memory(err, "listing files");
    else if (*walk->rest)
        status = expand(walk->found, path, must_exist, walk->rest, err);
    else if (stat(path, &st) == 0 && (status = hr_path_canonical(path, &whole, err)) == HR_OK)
        status = names_add(walk->found, whole, err);
    hr_free(path);
    return status;
}

static hr_status expand(hr_names *found, const char *folder, bool must_exist, const char *pattern, hr_error *err)
{
    size_t size = strcspn(pattern, "/");
    char *part = hr_strndup(pattern, size);
    if (!part)
        return hr_fail_memory(err, "listing files");
    pattern_walk walk = {found, part, pattern + size + strspn(pattern + size, "/")};
    hr_status status = !strpbrk(part, HR_WILDCARDS) ? follow(&walk, folder, must_exist, err)
                       : *walk.rest                 ? each_entry(folder, must_exist, match_folder, &walk, err)
                                                    : match_files(&walk, folder, must_exist, err);
    hr_free(part);
    return status;
}

hr_status hr_names_of_pattern(hr_names *list, const char *pattern, hr_error *err)
{
    hr_status status = expand(list, *pattern == '/' ? "/" : ".", true, pattern + strspn(pattern, "/"), err);
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, by_name);
    return status;
}
