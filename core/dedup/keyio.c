/* keyio.c: whole reads and writes at a place of a file. */
#include "core/dedup/keyio.h"

#include <errno.h>
#include <unistd.h>

int hr_key_write(int fd, const uint8_t *data, size_t size, uint64_t offset)
{
    while (size > 0) {
        ssize_t put = pwrite(fd, data, size, (off_t)offset);
        if (put < 0 && errno != EINTR)
            return errno;
        if (put > 0) {
            data += put;
            size -= (size_t)put;
            offset += (uint64_t)put;
        }
    }
    return 0;
}

int hr_key_read(int fd, uint8_t *data, size_t size, uint64_t offset)
{
    while (size > 0) {
        ssize_t got = pread(fd, data, size, (off_t)offset);
        if (got == 0)
            return EIO;
        if (got < 0 && errno != EINTR)
            return errno;
        if (got > 0) {
            data += got;
            size -= (size_t)got;
            offset += (uint64_t)got;
        }
    }
    return 0;
}

char *hr_key_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? hr_strndup(path, slash == path ? 1 : (size_t)(slash - path)) : hr_strdup(".");
}
