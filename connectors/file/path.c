/* path.c: paths and file:// URIs, folders made durably, renames that replace nothing. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/file/file.h"
#include "core/base/uri.h"

/* RFC 8089: file:///path, file://localhost/path, file:/path. */
static hr_status path_of_file_uri(const char *uri, char **out, hr_error *err)
{
    const char *path = uri + 5;
    if (!strncmp(path, "//", 2)) {
        path += 2;
        if (!strncasecmp(path, "localhost/", 10))
            path += 9;
    }
    if (*path != '/')
        return hr_fail(err, HR_E_INVALID, "\"" HR_PATH_SHOWN "\" names no local file: write file:///path/from/the/root",
                       uri);
    bool bad;
    char *decoded = hr_uri_decode(path, strlen(path), &bad);
    if (bad)
        return hr_fail(err, HR_E_INVALID,
                       "\"" HR_PATH_SHOWN "\": a %% in a file URI is followed by two hexadecimal digits, not 00", uri);
    if (!decoded)
        return hr_fail_memory(err, "reading a file URI");
    *out = decoded;
    return HR_OK;
}

hr_status hr_path_of_uri(const char *uri, char **out, hr_error *err)
{
    if (!uri || !*uri)
        return hr_fail(err, HR_E_INVALID, "an empty path was given");
    if (!strncasecmp(uri, "file:/", 6))
        return path_of_file_uri(uri, out, err);
    char *path = hr_strdup(uri);
    if (!path)
        return hr_fail_memory(err, "copying a path");
    *out = path;
    return HR_OK;
}

char *hr_path_join(const char *folder, const char *name)
{
    size_t size = strlen(folder);
    return hr_asprintf("%s%s%s", folder, size && folder[size - 1] == '/' ? "" : "/", name);
}

/* Length of `path` without slashes at its end, and where its last name begins. */
static size_t split(const char *path, size_t *name)
{
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    size_t begin = size;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    *name = begin;
    return size;
}

char *hr_path_folder(const char *path)
{
    size_t name;
    split(path, &name);
    while (name > 1 && path[name - 1] == '/')
        name--;
    return name ? hr_strndup(path, name) : hr_strdup(".");
}

hr_status hr_path_canonical(const char *path, char **out, hr_error *err)
{
    char resolved[PATH_MAX];
    size_t name, size = split(path, &name);
    bool has_own_name = size > name && strcmp(path + name, ".") != 0 && strcmp(path + name, "..") != 0;
    char *folder = has_own_name ? hr_path_folder(path) : hr_strdup(path);
    char *last = hr_strndup(path + name, size - name);
    hr_status status = HR_OK;
    if (!folder || !last) {
        status = hr_fail_memory(err, "resolving a path");
    } else if (!realpath(folder, resolved)) {
        status = hr_fail_errno(err, errno, "looking for \"" HR_PATH_SHOWN "\"", path);
    } else {
        char *whole = has_own_name ? hr_path_join(resolved, last) : hr_strdup(resolved);
        if (whole)
            *out = whole;
        else
            status = hr_fail_memory(err, "resolving a path");
    }
    hr_free(folder);
    hr_free(last);
    return status;
}

hr_status hr_path_sync_folder(const char *path, hr_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return hr_fail_errno(err, errno, "opening the folder \"" HR_PATH_SHOWN "\"", path);
    int failed = fsync(fd) ? errno : 0;
    close(fd);
    return failed ? hr_fail_errno(err, failed, "making the folder \"" HR_PATH_SHOWN "\" durable", path) : HR_OK;
}

static hr_status make_folder(const char *path, hr_error *err)
{
    if (mkdir(path, 0777) != 0) {
        struct stat st;
        int code = errno;
        if (code == EEXIST || stat(path, &st) == 0) /* EROFS and EACCES may come before EEXIST */
            return HR_OK;
        return hr_fail_errno(err, code, "creating the folder \"" HR_PATH_SHOWN "\"", path);
    }
    char *above = hr_path_folder(path);
    if (!above)
        return hr_fail_memory(err, "creating a folder");
    hr_status status = hr_path_sync_folder(above, err);
    hr_free(above);
    return status;
}

hr_status hr_path_make_folders(const char *path, hr_error *err)
{
    char *copy = hr_strdup(path);
    if (!copy)
        return hr_fail_memory(err, "creating a folder");
    hr_status status = HR_OK;
    for (char *p = copy; status == HR_OK && *p; p++) {
        if (p == copy || *p != '/' || p[-1] == '/')
            continue;
        *p = '\0';
        status = make_folder(copy, err);
        *p = '/';
    }
    if (status == HR_OK)
        status = make_folder(copy, err);
    hr_free(copy);
    return status;
}

/* Not every file system has RENAME_NOREPLACE; a hard link is refused over an existing name as well. The last way, for
 * those without links, is open to a race between two writers of one name. */
int hr_rename_new(int from_folder, const char *from, int to_folder, const char *to)
{
    if (renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
        return errno;
    if (linkat(from_folder, from, to_folder, to, 0) == 0)
        return unlinkat(from_folder, from, 0) == 0 ? 0 : errno;
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS)
        return errno;
    struct stat st;
    if (fstatat(to_folder, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return EEXIST;
    if (errno != ENOENT)
        return errno;
    return renameat(from_folder, from, to_folder, to) == 0 ? 0 : errno;
}
