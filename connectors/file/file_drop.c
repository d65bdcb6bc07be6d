/* file_drop.c: the drop of the local file system: a file, a pattern, a folder, or "-", standard input. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/file/file.h"

typedef struct file_drop {
    char *path;
} file_drop;

typedef hr_status (*object_function)(void *context, const hr_object *object, hr_error *err);

/* "dev:inode:change". Up to the second colon it says which file it is. Its content may have changed whenever the time
 * of change (ctime) has; the time of modification proves nothing, because rsync -t, tar and cp -p set it back. */
static int version_of(const struct stat *st, char out[80])
{
    int file = snprintf(out, 80, "%llu:%llu:", (unsigned long long)st->st_dev, (unsigned long long)st->st_ino);
    snprintf(out + file, 80 - (size_t)file, "%lld.%09ld", (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
    return file;
}

void hr_object_describe(hr_object *object, const struct stat *st)
{
    object->size = HR_UNKNOWN;
    object->modified_ns = 0;
    object->version[0] = '\0';
    if (!S_ISREG(st->st_mode))
        return;
    object->size = (uint64_t)st->st_size;
    object->modified_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    version_of(st, object->version);
}

bool hr_object_is(const hr_object *object, const struct stat *st)
{
    char version[80];
    int file = version_of(st, version);
    if (object->version[0] && strncmp(object->version, version, (size_t)file) != 0)
        return false;
    return object->size == HR_UNKNOWN || (S_ISREG(st->st_mode) && (uint64_t)st->st_size >= object->size);
}

static hr_status emit(const char *uri, const struct stat *st, object_function each, void *context, hr_error *err)
{
    hr_object object = {.uri = (char *)(uintptr_t)uri, .size = HR_UNKNOWN};
    if (st)
        hr_object_describe(&object, st);
    return each(context, &object, err);
}

/* Whether a name that leads nowhere is gone by now, not a link to what is not there. */
static bool is_gone(const char *path)
{
    struct stat st;
    return (errno == ENOENT || errno == ENOTDIR) && lstat(path, &st) != 0;
}

/* Those of a folder or pattern, in order. What is no regular file, or is gone by now, is passed over. What cannot be
 * looked at is given, too: whoever opens it is told why, and the others are read. */
static hr_status emit_all(const hr_names *list, const char *after, object_function each, void *context, hr_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        struct stat st;
        const char *uri = list->items[i];
        if ((after && strcmp(uri, after) <= 0) || (i && !strcmp(uri, list->items[i - 1])))
            continue;
        bool there = stat(uri, &st) == 0;
        if (there ? !S_ISREG(st.st_mode) : is_gone(uri))
            continue;
        hr_status status = emit(uri, there ? &st : NULL, each, context, err);
        if (status != HR_OK)
            return status;
    }
    return HR_OK;
}

static hr_status emit_one(const char *path, const struct stat *st, const char *after, object_function each,
                          void *context, hr_error *err)
{
    char *uri;
    hr_status status = hr_path_canonical(path, &uri, err);
    if (status != HR_OK)
        return status;
    if (!after || strcmp(uri, after) > 0)
        status = emit(uri, st, each, context, err);
    hr_free(uri);
    return status;
}

/* ---- the functions of the drop ----------------------------------------------------------------------------- */

static hr_status drop_open(void *state, const char *uri, const hr_options *options, hr_error *err)
{
    file_drop *drop = state;
    (void)options;
    return hr_path_of_uri(uri, &drop->path, err);
}

/* What exists under the name is meant before what the name would match: a file may be called "a[1].csv". */
static hr_status drop_list(void *state, const char *after, object_function each, void *context, hr_error *err)
{
    file_drop *drop = state;
    struct stat st;
    hr_names list = {0};
    hr_status status;
    if (!strcmp(drop->path, "-"))
        return after ? HR_OK : emit("-", NULL, each, context, err);
    if (stat(drop->path, &st) == 0) {
        if (!S_ISDIR(st.st_mode))
            return emit_one(drop->path, &st, after, each, context, err);
        status = hr_names_of_folder(&list, drop->path, err);
    } else if ((errno == ENOENT || errno == ENOTDIR) && strpbrk(drop->path, HR_WILDCARDS)) {
        status = hr_names_of_pattern(&list, drop->path, err);
    } else {
        return hr_fail_errno(err, errno, "looking for \"" HR_PATH_SHOWN "\"", drop->path);
    }
    if (status == HR_OK)
        status = emit_all(&list, after, each, context, err);
    hr_names_clear(&list);
    return status;
}

static hr_status drop_stat(void *state, const char *uri, hr_object *out, hr_error *err)
{
    (void)state;
    struct stat st;
    hr_object object = {.size = HR_UNKNOWN};
    char *path;
    hr_status status = hr_path_of_uri(uri, &path, err);
    if (status != HR_OK)
        return status;
    if (!strcmp(path, "-")) {
        object.uri = path;
        *out = object;
        return HR_OK;
    }
    if (stat(path, &st) != 0)
        status = hr_fail_errno(err, errno, "looking for \"" HR_PATH_SHOWN "\"", path);
    else if (S_ISDIR(st.st_mode))
        status = hr_fail(err, HR_E_INVALID, "\"" HR_PATH_SHOWN "\" is a folder where a file is needed", path);
    else if ((status = hr_path_canonical(path, &object.uri, err)) == HR_OK)
        hr_object_describe(&object, &st);
    hr_free(path);
    if (status == HR_OK)
        *out = object;
    return status;
}

static void drop_close(void *state)
{
    file_drop *drop = state;
    hr_free(drop->path);
    drop->path = NULL;
}

const hr_drop_type hr_file_drop = {
    .version = HR_CONNECTOR_VERSION,
    .state_size = sizeof(file_drop),
    .scheme = "file",
    .open = drop_open,
    .list = drop_list,
    .stat = drop_stat,
    .open_range = hr_file_open_range,
    .move = hr_file_move,
    .remove = hr_file_remove,
    .close = drop_close,
};
