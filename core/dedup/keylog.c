/* keylog.c: the log file of a key set. */
#include "core/dedup/keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/dedup/keyio.h"

/* 64 bytes, so that no key lies across two sectors: magic, format 1 and the size of a key as 4 bytes little-endian
 * each, zeros. */
#define HEADER_SIZE 64u
#define MAGIC "HRKEYLOG"
#define FORMAT 1u

static void make_header(uint8_t header[HEADER_SIZE], size_t key_size)
{
    memset(header, 0, HEADER_SIZE);
    memcpy(header, MAGIC, 8);
    header[8] = FORMAT;
    header[12] = (uint8_t)key_size;
}

static hr_status fail_at(const hr_keylog *log, int code, const char *doing, hr_error *err)
{
    hr_status status = hr_fail_errno(err, code, "%s", doing);
    hr_error_origin(err, log->path);
    return status;
}

/* Begins the file anew. */
static hr_status start(hr_keylog *log, hr_error *err)
{
    uint8_t header[HEADER_SIZE];
    make_header(header, log->key_size);
    int code = ftruncate(log->fd, 0) != 0 ? errno : hr_key_write(log->fd, header, sizeof header, 0);
    if (code != 0)
        return fail_at(log, code, "beginning the log of keys", err);
    log->written = 0;
    log->unsynced = log->unsynced_name = true;
    return HR_OK;
}

/* Looks at the header of a file that has one, and says whether the file must be begun anew. */
static hr_status check_header(hr_keylog *log, uint64_t committed, bool *anew, hr_error *err)
{
    uint8_t header[HEADER_SIZE], ours[HEADER_SIZE], zeros[HEADER_SIZE] = {0};
    int code = hr_key_read(log->fd, header, sizeof header, 0);
    if (code != 0)
        return fail_at(log, code, "reading the log of keys", err);
    make_header(ours, log->key_size);
    if (memcmp(header, ours, sizeof header) == 0)
        return HR_OK;
    hr_status status = HR_OK;
    bool known = memcmp(header, MAGIC, 8) == 0;
    if (committed == 0 && (memcmp(header, zeros, sizeof header) == 0 || (known && header[8] == FORMAT))) {
        /* A loss of power before the first commit, or a log of another key size that holds nothing valid. */
        *anew = true;
    } else if (!known) {
        status = hr_fail(err, HR_E_CORRUPT, "opening the log of keys: the file is damaged or is no log of keys");
    } else if (header[8] != FORMAT) {
        status = hr_fail(err, HR_E_UNSUPPORTED, "opening the log of keys: its format %u is not known to this headrace",
                         header[8]);
    } else {
        status = hr_fail(err, HR_E_INVALID,
                         "opening the log of keys: its keys have %u bytes, and this run's %zu; keep to the hash "
                         "that the feed began with (option hash), or use another feed (option name)",
                         header[12], log->key_size);
    }
    hr_error_origin(err, log->path);
    return status;
}

static hr_status adopt(hr_keylog *log, uint64_t committed, hr_error *err)
{
    struct stat info;
    if (fstat(log->fd, &info) != 0)
        return fail_at(log, errno, "opening the log of keys", err);
    if (!S_ISREG(info.st_mode))
        return hr_fail(err, HR_E_INVALID, "opening the log of keys: '%s' is not a file", log->path);
    uint64_t size = (uint64_t)info.st_size;
    bool anew = size < HEADER_SIZE;
    hr_status status = HR_OK;
    if (!anew)
        status = check_header(log, committed, &anew, err);
    if (status != HR_OK)
        return status;
    uint64_t keys = size < HEADER_SIZE ? 0 : (size - HEADER_SIZE) / log->key_size;
    if (keys < committed) {
        status = hr_fail(err, HR_E_CORRUPT,
                         "opening the log of keys: it holds %" PRIu64 " keys, and the ledger counts on %" PRIu64
                         "; restore the file together with the ledger, or begin another feed (option name)",
                         keys, committed);
        hr_error_origin(err, log->path);
        return status;
    }
    if (anew)
        return start(log, err);
    log->written = committed;
    log->unsynced_name = committed == 0;
    if (ftruncate(log->fd, (off_t)(HEADER_SIZE + committed * log->key_size)) != 0)
        return fail_at(log, errno, "cutting the log of keys back to what was committed", err);
    return HR_OK;
}

hr_status hr_keylog_open(hr_keylog *log, const char *path, size_t key_size, uint64_t committed, hr_error *err)
{
    *log = (hr_keylog){.fd = -1, .key_size = key_size, .path = hr_strdup(path)};
    if (!log->path)
        return hr_fail_memory(err, "opening the log of keys");
    hr_status status;
    log->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (log->fd < 0) {
        status = fail_at(log, errno, "opening the log of keys", err);
    } else if (flock(log->fd, LOCK_EX | LOCK_NB) == 0) {
        status = adopt(log, committed, err);
    } else if (errno == EWOULDBLOCK) {
        status =
            hr_fail(err, HR_E_BUSY, "opening the log of keys: another process has it open; wait for it, or stop it");
        if (err)
            err->retryable = true;
        hr_error_origin(err, path);
    } else {
        status = fail_at(log, errno, "locking the log of keys", err);
    }
    if (status != HR_OK)
        hr_keylog_close(log);
    return status;
}

void hr_keylog_close(hr_keylog *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
    hr_free(log->path);
    log->path = NULL;
}

hr_status hr_keylog_read(hr_keylog *log, uint64_t from, uint8_t *keys, size_t count, hr_error *err)
{
    int code = hr_key_read(log->fd, keys, count * log->key_size, HEADER_SIZE + from * log->key_size);
    return code == 0 ? HR_OK : fail_at(log, code, "reading the log of keys", err);
}

hr_status hr_keylog_append(hr_keylog *log, const uint8_t *keys, size_t count, hr_error *err)
{
    uint64_t offset = HEADER_SIZE + log->written * log->key_size;
    if (count == 0)
        return HR_OK;
    log->unsynced = true;
    int code = hr_key_write(log->fd, keys, count * log->key_size, offset);
    if (code != 0) {
        /* Gives back the room of a part. It would do no harm: the next append, or the next open, overwrites it. */
        int ignored = ftruncate(log->fd, (off_t)offset);
        (void)ignored;
        return fail_at(log, code, "appending to the log of keys", err);
    }
    log->written += count;
    return HR_OK;
}

/* The name of a new file lies in its folder, which has a sync of its own. */
static int sync_folder(const char *path)
{
    char *folder = hr_key_folder(path);
    if (!folder)
        return ENOMEM;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    hr_free(folder);
    return code;
}

hr_status hr_keylog_sync(hr_keylog *log, hr_error *err)
{
    if (log->failed) {
        /* The kernel reports a failed write-back once and then calls the pages clean: a second sync would say yes to
         * nothing. */
        hr_status status = hr_fail(err, HR_E_IO,
                                   "making the log of keys durable: this failed before; begin again from the last "
                                   "commit");
        hr_error_origin(err, log->path);
        return status;
    }
    if (log->unsynced) {
        if (fdatasync(log->fd) != 0) {
            int code = errno;
            log->failed = true;
            return fail_at(log, code, "making the log of keys durable", err);
        }
        log->unsynced = false;
    }
    if (log->unsynced_name) {
        int code = sync_folder(log->path);
        if (code != 0)
            return fail_at(log, code, "making the folder of the log of keys durable", err);
        log->unsynced_name = false;
    }
    return HR_OK;
}
