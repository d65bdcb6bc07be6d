/* zone_publish.c: the second half of the raw zone: segments are made visible, or swept away. Either may be
 * repeated, by another process, after a crash at any instruction. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/file/zone.h"

/* A receipt: the segment's hidden and final name in the folder source/date, and its size. */
typedef struct parts {
    char source[NAME_MAX + 1], date[NAME_MAX + 1], hidden[NAME_MAX + 1], final[NAME_MAX + 1];
    unsigned long long size;
} parts;

/* Takes the bytes of *at up to `end`, as a name: not empty, no slash, not "." or "..". */
static bool take_name(const char **at, const char *stop, char end, char out[NAME_MAX + 1])
{
    const char *hit = memchr(*at, end, (size_t)(stop - *at));
    size_t size = hit ? (size_t)(hit - *at) : 0;
    if (!size || size > NAME_MAX || memchr(*at, '/', size) || memchr(*at, '\0', size))
        return false;
    memcpy(out, *at, size);
    out[size] = '\0';
    *at = hit + 1;
    return strcmp(out, ".") != 0 && strcmp(out, "..") != 0;
}

static bool take_number(const char **at, const char *stop, unsigned long long *out)
{
    unsigned long long number = 0;
    const char *begin = *at;
    for (; *at < stop && **at >= '0' && **at <= '9' && *at - begin < 19; ++*at)
        number = number * 10 + (unsigned long long)(**at - '0');
    *out = number;
    return *at > begin && stop - *at == 1 && **at == '\n';
}

/* A receipt leads to nothing but a segment of a zone, whatever became of the ledger that kept it. */
static bool parse_receipt(const hr_receipt *receipt, parts *out)
{
    parts second;
    const char *at = receipt->bytes, *stop = at + receipt->size;
    if (receipt->size > sizeof receipt->bytes || !take_name(&at, stop, '/', out->source) ||
        !take_name(&at, stop, '/', out->date) || !take_name(&at, stop, '\n', out->hidden) ||
        !take_name(&at, stop, '/', second.source) || !take_name(&at, stop, '/', second.date) ||
        !take_name(&at, stop, '\n', out->final) || !take_number(&at, stop, &out->size))
        return false;
    size_t length = strlen(out->final);
    return !strcmp(out->source, second.source) && !strcmp(out->date, second.date) &&
           !strncmp(out->source, "source=", 7) && !strncmp(out->date, "ingest_date=", 12) && out->final[0] != '.' &&
           out->hidden[0] == '.' && !strncmp(out->hidden + 1, out->final, length) &&
           !strcmp(out->hidden + 1 + length, HR_ZONE_HIDDEN_END);
}

/* The folder of a segment; -1 with HR_OK: there is none. */
static hr_status open_folder(const hr_zone *zone, const char *source, const char *date, int *fd, hr_error *err)
{
    int source_fd;
    *fd = -1;
    hr_status status = hr_zone_folder(zone, zone->root_fd, source, false, &source_fd, err);
    if (status != HR_OK || source_fd < 0)
        return status;
    status = hr_zone_folder(zone, source_fd, date, false, fd, err);
    close(source_fd);
    return status;
}

static hr_status sync_folder(const hr_zone *zone, int fd, hr_error *err)
{
    if (fsync(fd) != 0)
        return hr_fail_errno(err, errno, "making a folder of the raw zone \"" HR_PATH_SHOWN "\" durable", zone->root);
    return HR_OK;
}

static hr_status open_receipt(const hr_zone *zone, const hr_receipt *receipt, parts *out, int *fd, hr_error *err)
{
    if (!parse_receipt(receipt, out))
        return hr_fail(err, HR_E_CORRUPT, "the receipt of a segment in the raw zone \"" HR_PATH_SHOWN "\" is damaged",
                       zone->root);
    return open_folder(zone, out->source, out->date, fd, err);
}

/* ---- publishing -------------------------------------------------------------------------------------------- */

/* What stands under a name: 1, 0 for nothing, -1 for something else than a segment of this size. */
static int look(int folder, const char *name, unsigned long long size, struct stat *st)
{
    if (folder < 0 || fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) != 0)
        return folder < 0 || errno == ENOENT ? 0 : -1;
    return S_ISREG(st->st_mode) && (unsigned long long)st->st_size == size ? 1 : -1;
}

static hr_status fail_lost(const hr_zone *zone, const parts *segment, hr_error *err)
{
    return hr_fail(
        err, HR_E_CORRUPT,
        "a recorded segment is lost: neither \"%s\" nor \"%s\" of %llu bytes is in \"%s/%s\" of the raw zone \"" HR_PATH_SHOWN
        "\"",
        segment->hidden, segment->final, segment->size, segment->source, segment->date, zone->root);
}

static hr_status show(const hr_zone *zone, int folder, const parts *segment, hr_error *err)
{
    struct stat hidden, final;
    int hidden_is = look(folder, segment->hidden, segment->size, &hidden);
    int final_is = look(folder, segment->final, segment->size, &final);
    if (hidden_is == 0 && final_is == 1)
        return sync_folder(zone, folder, err); /* the rename may have been the last thing that an earlier process did */
    if (hidden_is == 1 && final_is == 1 && hidden.st_ino == final.st_ino) {
        if (unlinkat(folder, segment->hidden, 0) != 0 && errno != ENOENT)
            return hr_fail_errno(err, errno, "removing \"%s\" from the raw zone", segment->hidden);
        return sync_folder(zone, folder, err);
    }
    if (hidden_is != 1)
        return fail_lost(zone, segment, err);
    int failed = hr_rename_new(folder, segment->hidden, folder, segment->final);
    if (failed)
        return hr_fail_errno(err, failed, "publishing \"%s/%s/%s\" in the raw zone \"" HR_PATH_SHOWN "\"",
                             segment->source, segment->date, segment->final, zone->root);
    return sync_folder(zone, folder, err);
}

hr_status hr_zone_publish(void *state, const hr_receipt *receipt, hr_error *err)
{
    hr_zone *zone = state;
    parts segment;
    int folder = -1;
    if (!receipt->size)
        return HR_OK;
    hr_status status = open_receipt(zone, receipt, &segment, &folder, err);
    if (status == HR_OK)
        status = folder < 0 ? fail_lost(zone, &segment, err) : show(zone, folder, &segment, err);
    if (folder >= 0)
        close(folder);
    if (status != HR_OK)
        hr_error_origin(err, zone->root);
    return status;
}

/* ---- sweeping ---------------------------------------------------------------------------------------------- */

typedef struct sweep {
    const hr_zone *zone;
    const hr_receipt *keep;
    size_t count;
} sweep;

static bool is_hidden_segment(const char *name)
{
    size_t size = strlen(name), end = strlen(HR_ZONE_HIDDEN_END);
    return name[0] == '.' && size > end + 1 && !strcmp(name + size - end, HR_ZONE_HIDDEN_END);
}

/* Of a job that another ledger recorded, or that cannot be told. */
static bool is_foreign(const hr_sink_plan *plan, const char *name)
{
    char job[37];
    if (!plan->owns)
        return false;
    snprintf(job, sizeof job, "%s", name + 1);
    return strlen(job) < sizeof job - 1 || !plan->owns(plan->owner, job);
}

static bool is_kept(const sweep *work, const char *date, const char *name)
{
    const hr_zone *zone = work->zone;
    if (zone->deflate && !strcmp(date, zone->date) && !strcmp(name, zone->hidden))
        return true;
    for (size_t i = 0; i < work->count; i++) {
        parts kept;
        if (parse_receipt(&work->keep[i], &kept) && !strcmp(kept.source, zone->source) && !strcmp(kept.date, date) &&
            !strcmp(kept.hidden, name))
            return true;
    }
    return false;
}

/* Calls `each` for the entries of the open folder `fd`, which it closes. */
static hr_status each_entry(const sweep *work, int fd,
                            hr_status (*each)(const sweep *, int, const char *, void *, hr_error *), void *context,
                            hr_error *err)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        hr_status status = hr_fail_errno(err, errno, "listing the raw zone \"" HR_PATH_SHOWN "\"", work->zone->root);
        close(fd);
        return status;
    }
    hr_status status = HR_OK;
    while (status == HR_OK) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry) {
            status = each(work, fd, entry->d_name, context, err);
        } else {
            if (errno)
                status = hr_fail_errno(err, errno, "listing the raw zone \"" HR_PATH_SHOWN "\"", work->zone->root);
            break;
        }
    }
    closedir(dir);
    return status;
}

typedef struct day {
    const char *date;
    bool changed;
} day;

static hr_status sweep_entry(const sweep *work, int folder, const char *name, void *context, hr_error *err)
{
    day *today = context;
    if (!is_hidden_segment(name) || is_kept(work, today->date, name) || is_foreign(&work->zone->plan, name))
        return HR_OK;
    if (unlinkat(folder, name, 0) == 0)
        today->changed = true;
    else if (errno != ENOENT && errno != EISDIR)
        return hr_fail_errno(err, errno, "removing the unfinished segment \"%s\" from the raw zone", name);
    return HR_OK;
}

static hr_status sweep_day(const sweep *work, int source_fd, const char *name, void *context, hr_error *err)
{
    int fd;
    (void)context;
    if (strncmp(name, "ingest_date=", 12) != 0)
        return HR_OK;
    hr_status status = hr_zone_folder(work->zone, source_fd, name, false, &fd, err);
    if (status == HR_E_INVALID) { /* a link or a file: nothing of ours is in it */
        hr_error_clear(err);
        return HR_OK;
    }
    if (status != HR_OK || fd < 0)
        return status;
    int sync = fcntl(fd, F_DUPFD_CLOEXEC, 0), code = errno;
    day today = {name, false};
    status = each_entry(work, fd, sweep_entry, &today, err);
    if (status == HR_OK && today.changed)
        status = sync < 0 ? hr_fail_errno(err, code, "sweeping the raw zone") : sync_folder(work->zone, sync, err);
    if (sync >= 0)
        close(sync);
    return status;
}

hr_status hr_zone_sweep(void *state, const hr_receipt *keep, size_t count, hr_error *err)
{
    hr_zone *zone = state;
    const sweep work = {zone, keep, count};
    int fd;
    for (size_t i = 0; i < count; i++) {
        parts kept;
        if (keep[i].size && !parse_receipt(&keep[i], &kept)) /* what it stands for might be swept */
            return hr_fail(err, HR_E_CORRUPT,
                           "a receipt that is to be kept in the raw zone \"" HR_PATH_SHOWN "\" is damaged", zone->root);
    }
    hr_status status = hr_zone_folder(zone, zone->root_fd, zone->source, false, &fd, err);
    if (status == HR_OK && fd >= 0)
        status = each_entry(&work, fd, sweep_day, NULL, err);
    if (status != HR_OK)
        hr_error_origin(err, zone->root);
    return status;
}
