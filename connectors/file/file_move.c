/* file_move.c: putting a file away: renamed, or copied where it goes to another file system, and removed. Nothing that
 * exists is ever replaced, and a step that was cut short can be repeated. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/file/file.h"

#define PIECE ((size_t)256 * 1024)

static hr_status sync_folder_of(const char *path, hr_error *err)
{
    char *folder = hr_path_folder(path);
    if (!folder)
        return hr_fail_memory(err, "moving a file");
    hr_status status = hr_path_sync_folder(folder, err);
    hr_free(folder);
    return status;
}

static hr_status write_piece(int fd, const uint8_t *data, size_t size, const char *path, hr_error *err)
{
    while (size) {
        ssize_t done = write(fd, data, size);
        if (done < 0 && errno != EINTR)
            return hr_fail_errno(err, errno, "writing \"" HR_PATH_SHOWN "\"", path);
        if (done > 0) {
            data += done;
            size -= (size_t)done;
        }
    }
    return HR_OK;
}

/* Up to `size` bytes; fewer only at the end of the file. -1: errno. */
static ssize_t read_full(int fd, uint8_t *room, size_t size)
{
    size_t have = 0;
    while (have < size) {
        ssize_t got = read(fd, room + have, size - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

static hr_status copy_bytes(int in, int out, const char *from, const char *to, hr_error *err)
{
    uint8_t *piece = hr_malloc(PIECE);
    if (!piece)
        return hr_fail_memory(err, "copying a file");
    hr_status status = HR_OK;
    for (ssize_t got; status == HR_OK && (got = read_full(in, piece, PIECE)) != 0;)
        status = got < 0 ? hr_fail_errno(err, errno, "reading \"" HR_PATH_SHOWN "\"", from)
                         : write_piece(out, piece, (size_t)got, to, err);
    hr_free(piece);
    return status;
}

/* Copies into the new file `to`, with mode and time, durably. */
static hr_status copy_to_new(int in, const struct stat *st, const char *from, const char *to, hr_error *err)
{
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0)
        return hr_fail_errno(err, errno, "creating \"" HR_PATH_SHOWN "\"", to);
    const struct timespec times[2] = {st->st_atim, st->st_mtim};
    hr_status status = copy_bytes(in, out, from, to, err);
    if (status == HR_OK && (fchmod(out, st->st_mode & 07777) != 0 || futimens(out, times) != 0 || fsync(out) != 0))
        status = hr_fail_errno(err, errno, "finishing \"" HR_PATH_SHOWN "\"", to);
    if (close(out) != 0 && status == HR_OK)
        status = hr_fail_errno(err, errno, "closing \"" HR_PATH_SHOWN "\"", to);
    if (status != HR_OK)
        unlink(to);
    return status;
}

/* Whether the file at `to` holds the bytes of the open file `in`: then an earlier attempt had copied it. */
static bool same_bytes(int in, const char *to)
{
    int other = open(to, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    uint8_t *pieces = hr_malloc(2 * PIECE);
    bool same = other >= 0 && pieces && lseek(in, 0, SEEK_SET) == 0;
    for (ssize_t got = 1; same && got > 0;) {
        got = read_full(in, pieces, PIECE);
        ssize_t there = read_full(other, pieces + PIECE, PIECE);
        same = got >= 0 && got == there && !memcmp(pieces, pieces + PIECE, (size_t)got);
    }
    hr_free(pieces);
    if (other >= 0)
        close(other);
    return same;
}

/* A copy under a hidden name takes the name `to` only when it is whole. */
static hr_status copy_across(int in, const struct stat *st, const char *from, const char *to, hr_error *err)
{
    char *folder = hr_path_folder(to), *hidden = NULL;
    size_t skip = strlen(to);
    while (skip && to[skip - 1] != '/')
        skip--;
    hr_status status = HR_OK;
    if (folder && (hidden = hr_asprintf("%s/.%s.moving", folder, to + skip))) {
        unlink(hidden); /* what an attempt that was cut short may have left */
        status = copy_to_new(in, st, from, hidden, err);
    } else {
        status = hr_fail_memory(err, "moving a file");
    }
    if (status == HR_OK) {
        int failed = hr_rename_new(AT_FDCWD, hidden, AT_FDCWD, to);
        if (failed) {
            unlink(hidden);
            status = hr_fail_errno(err, failed, "moving \"" HR_PATH_SHOWN "\" to \"" HR_PATH_SHOWN "\"", from, to);
        }
    }
    if (status == HR_OK)
        status = hr_path_sync_folder(folder, err);
    hr_free(folder);
    hr_free(hidden);
    return status;
}

/* The source is gone: whether it is what lies at `to`. A copy has its time. */
static bool moved_before(const hr_object *object, const char *to)
{
    struct stat st;
    if (lstat(to, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    hr_object there = {0};
    hr_object_describe(&there, &st);
    return there.size == object->size &&
           (!strcmp(there.version, object->version) || there.modified_ns == object->modified_ns);
}

/* Moves the open file `fd`, which lies at `from`. An attempt that was cut short may have left a whole copy at `to`. */
static hr_status move_open(int fd, const struct stat *st, const char *from, const char *to, hr_error *err)
{
    int failed = hr_rename_new(AT_FDCWD, from, AT_FDCWD, to);
    if (!failed)
        return HR_OK;
    struct stat there;
    hr_status status = HR_OK;
    if (failed == EXDEV && lstat(to, &there) != 0 && errno == ENOENT)
        status = copy_across(fd, st, from, to, err);
    else if ((failed != EXDEV && failed != EEXIST) || !same_bytes(fd, to))
        status = hr_fail_errno(err, failed == EXDEV ? EEXIST : failed,
                               "moving \"" HR_PATH_SHOWN "\" to \"" HR_PATH_SHOWN "\"", from, to);
    if (status == HR_OK && unlink(from) != 0)
        status = hr_fail_errno(err, errno, "removing \"" HR_PATH_SHOWN "\", which was copied to \"" HR_PATH_SHOWN "\"",
                               from, to);
    return status;
}

static hr_status check_object(const hr_object *object, int fd, struct stat *st, hr_error *err)
{
    if (fstat(fd, st) != 0)
        return hr_fail_errno(err, errno, "looking at \"" HR_PATH_SHOWN "\"", object->uri);
    if (!S_ISREG(st->st_mode))
        return hr_fail(err, HR_E_UNSUPPORTED,
                       "\"" HR_PATH_SHOWN "\" is no regular file: it can be neither moved nor removed", object->uri);
    if (!hr_object_is(object, st) || (object->size != HR_UNKNOWN && (uint64_t)st->st_size != object->size))
        return hr_fail(err, HR_E_CHANGED,
                       "\"" HR_PATH_SHOWN "\" is not the file that was read: it was replaced or has grown, "
                       "and stays where it is",
                       object->uri);
    return HR_OK;
}

/* The path of an object and the file that lies there now, open and known to be the object. `flags`: O_NOFOLLOW or 0. */
static hr_status open_known(const hr_object *object, int flags, char **path, int *fd, struct stat *st, hr_error *err)
{
    if (!strcmp(object->uri, "-"))
        return hr_fail(err, HR_E_UNSUPPORTED, "standard input can be neither moved nor removed");
    hr_status status = hr_path_of_uri(object->uri, path, err);
    if (status != HR_OK)
        return status;
    *fd = open(*path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
    if (*fd < 0 && errno == ELOOP)
        return hr_fail(err, HR_E_UNSUPPORTED,
                       "\"" HR_PATH_SHOWN "\" is a symbolic link: moving it would leave the file where it is", *path);
    return *fd < 0 ? hr_fail_errno(err, errno, "opening \"" HR_PATH_SHOWN "\"", *path)
                   : check_object(object, *fd, st, err);
}

hr_status hr_file_move(void *state, const hr_object *object, const char *to, hr_error *err)
{
    (void)state;
    char *path = NULL, *target = NULL, *folder = NULL;
    int fd = -1;
    struct stat st;
    hr_status status = hr_path_of_uri(to, &target, err);
    if (status == HR_OK)
        status = open_known(object, O_NOFOLLOW, &path, &fd, &st, err);
    if (status == HR_E_NOT_FOUND && moved_before(object, target)) {
        hr_error_clear(err);
        status = sync_folder_of(target, err);
        goto out;
    }
    if (status != HR_OK)
        goto out;
    if (!(folder = hr_path_folder(target))) {
        status = hr_fail_memory(err, "moving a file");
        goto out;
    }
    if ((status = hr_path_make_folders(folder, err)) != HR_OK)
        goto out;
    status = move_open(fd, &st, path, target, err);
    if (status == HR_OK)
        status = hr_path_sync_folder(folder, err);
    if (status == HR_OK)
        status = sync_folder_of(path, err);
out:
    if (fd >= 0)
        close(fd);
    hr_free(path);
    hr_free(target);
    hr_free(folder);
    if (status != HR_OK)
        hr_error_origin(err, object->uri);
    return status;
}

/* An object that is gone has been removed before. */
hr_status hr_file_remove(void *state, const hr_object *object, hr_error *err)
{
    (void)state;
    char *path = NULL;
    int fd = -1;
    struct stat st;
    hr_status status = open_known(object, 0, &path, &fd, &st, err);
    if (status == HR_OK && unlink(path) != 0 && errno != ENOENT)
        status = hr_fail_errno(err, errno, "removing \"" HR_PATH_SHOWN "\"", path);
    if (status == HR_E_NOT_FOUND) {
        hr_error_clear(err);
        status = HR_OK;
    } else if (status == HR_OK) {
        status = sync_folder_of(path, err);
    }
    if (fd >= 0)
        close(fd);
    hr_free(path);
    if (status != HR_OK)
        hr_error_origin(err, object->uri);
    return status;
}
