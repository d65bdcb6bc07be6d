/* zone_sink.c: writes segments of the raw zone: ZONE/source=NAME/ingest_date=YYYY-MM-DD/JOB-POSITION.csv.zst, hidden
 * until they are published. The first half: opening, writing, preparing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "connectors/file/zone.h"

#define ROWS_CEILING ((size_t)2 << 30)
#define WRITE_AHEAD ((uint64_t)8 << 20)

static bool plain_byte(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

/* "source=" and the name, percent-encoded as readers of hive partitions expect it. */
static char *source_folder(const char *feed)
{
    hr_buffer name = {0};
    bool ok = hr_buffer_text(&name, "source=");
    for (const char *p = feed; ok && *p; p++)
        ok = plain_byte(*p) ? hr_buffer_add(&name, p, 1)
                            : hr_buffer_printf(&name, "%%%02X", (unsigned)(unsigned char)*p);
    if (ok && hr_buffer_add(&name, "", 1))
        return (char *)name.data;
    hr_buffer_free(&name);
    return NULL;
}

static void date_folder(int64_t started_ns, char out[32])
{
    time_t seconds = (time_t)(started_ns / 1000000000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(out, 32, "ingest_date=%Y-%m-%d", &tm);
}

static hr_status check_plan(const hr_sink_plan *plan, hr_error *err)
{
    if (!plan->feed || !*plan->feed)
        return hr_fail(err, HR_E_INVALID, "the raw zone needs the name of the feed for its folders: give --name");
    if (!plan->job || !*plan->job)
        return hr_fail(err, HR_E_INVALID, "the raw zone needs the id of the job for the names of its files");
    return HR_OK;
}

static hr_status open_root(hr_zone *zone, hr_error *err)
{
    struct stat st;
    if (stat(zone->root, &st) == 0 && !S_ISDIR(st.st_mode))
        return hr_fail(err, HR_E_EXISTS,
                       "\"" HR_PATH_SHOWN "\" is a file; the raw zone needs a folder, to make one file a segment in it",
                       zone->root);
    hr_status status = hr_path_make_folders(zone->root, err);
    if (status != HR_OK)
        return status;
    zone->root_fd = open(zone->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return zone->root_fd < 0 ? hr_fail_errno(err, errno, "opening the raw zone \"" HR_PATH_SHOWN "\"", zone->root)
                             : HR_OK;
}

static void zone_close(void *state);

static const hr_option table[] = {
    {"quote-style", HR_OPTION_CHOICE, "minimal", "minimal|strings|all", "Which values of CSV stand in quotes.", false},
};

static hr_status zone_open(void *state, const hr_sink_plan *plan, const hr_options *options, hr_error *err)
{
    hr_zone *zone = state;
    hr_status status = check_plan(plan, err);
    if (status != HR_OK)
        return status;
    zone->plan = *plan;
    zone->quote_style = hr_quote_style_of(hr_options_get(options, "quote-style"));
    zone->root_fd = zone->folder_fd = zone->file_fd = -1;
    zone->rows.ceiling = ROWS_CEILING;
    date_folder(plan->started_ns, zone->date);
    status = hr_path_of_uri(plan->uri, &zone->root, err);
    if (status == HR_OK && !(zone->source = source_folder(plan->feed)))
        status = hr_fail_memory(err, "opening the raw zone");
    if (status == HR_OK && strlen(zone->source) > NAME_MAX)
        status = hr_fail(err, HR_E_INVALID,
                         "the name of the feed is too long for a folder of the raw zone: give a shorter --name");
    if (status == HR_OK)
        status = open_root(zone, err);
    if (status != HR_OK) {
        hr_error_origin(err, plan->uri);
        zone_close(state);
    }
    return status;
}

hr_status hr_zone_folder(const hr_zone *zone, int above, const char *name, bool create, int *fd, hr_error *err)
{
    if (create && mkdirat(above, name, 0777) != 0 && errno != EEXIST)
        return hr_fail_errno(err, errno, "creating the folder \"%s\" of the raw zone \"" HR_PATH_SHOWN "\"", name,
                             zone->root);
    *fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd >= 0 || (errno == ENOENT && !create))
        return HR_OK;
    if (errno == ELOOP || errno == ENOTDIR)
        return hr_fail(err, HR_E_INVALID,
                       "\"%s\" in the raw zone \"" HR_PATH_SHOWN "\" is a symbolic link or a file, where a folder of "
                       "the zone itself is needed: remove it",
                       name, zone->root);
    return hr_fail_errno(err, errno, "opening the folder \"%s\" of the raw zone \"" HR_PATH_SHOWN "\"", name,
                         zone->root);
}

/* ---- the open segment -------------------------------------------------------------------------------------- */

static void forget_segment(hr_zone *zone)
{
    hr_deflate_free(zone->deflate);
    zone->deflate = NULL;
    if (zone->file_fd >= 0)
        close(zone->file_fd);
    if (zone->folder_fd >= 0)
        close(zone->folder_fd);
    zone->file_fd = zone->folder_fd = -1;
    hr_free(zone->hidden);
    hr_free(zone->final);
    zone->hidden = zone->final = NULL;
}

static hr_status name_segment(hr_zone *zone, const char *start, hr_error *err)
{
    const hr_sink_plan *plan = &zone->plan;
    zone->final = hr_asprintf("%s-%s%s", plan->job, start, hr_output_suffix(plan->format, plan->compression));
    zone->hidden = zone->final ? hr_asprintf(".%s" HR_ZONE_HIDDEN_END, zone->final) : NULL;
    if (!zone->hidden)
        return hr_fail_memory(err, "naming a segment");
    size_t stem = strlen(plan->job) + 1 + strlen(start);
    for (size_t i = 0; i < stem; i++)
        if (!plain_byte(zone->final[i]))
            zone->final[i] = zone->hidden[i + 1] = '_';
    if (strlen(zone->hidden) > NAME_MAX)
        return hr_fail(err, HR_E_INVALID, "the position \"%.80s...\" is too long for the name of a segment", start);
    return HR_OK;
}

/* Whether the hidden name still leads to the file that this sink has open. A run that lost its lease while it stood
 * still does not know yet, and the one that goes on with the job begins the same segment anew under the same name. */
static bool is_ours(const hr_zone *zone)
{
    struct stat named, open_one;
    return fstatat(zone->folder_fd, zone->hidden, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(zone->file_fd, &open_one) == 0 && named.st_dev == open_one.st_dev && named.st_ino == open_one.st_ino;
}

/* Only this job writes under this name, so what lies there already is its own, from an attempt that was cut short. It
 * is removed rather than truncated: a planted link is then cut, not followed. */
static hr_status create_hidden(hr_zone *zone, hr_error *err)
{
    struct stat st;
    if (fstatat(zone->folder_fd, zone->final, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return hr_fail(err, HR_E_EXISTS, "the segment \"%s/%s/%s\" exists already; it is not replaced", zone->source,
                       zone->date, zone->final);
    for (int attempt = 0; attempt < 2; attempt++) {
        zone->file_fd =
            openat(zone->folder_fd, zone->hidden, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (zone->file_fd >= 0)
            return HR_OK;
        if (errno != EEXIST || unlinkat(zone->folder_fd, zone->hidden, 0) != 0)
            break;
    }
    return hr_fail_errno(err, errno, "creating \"%s/%s/%s\" in the raw zone \"" HR_PATH_SHOWN "\"", zone->source,
                         zone->date, zone->hidden, zone->root);
}

static hr_status write_header(hr_zone *zone, hr_error *err)
{
    const hr_sink_plan *plan = &zone->plan;
    if (!zone->writer) {
        hr_writer_options options = hr_writer_options_of(plan);
        options.quote_style = zone->quote_style;
        options.header = true;
        hr_status status = hr_writer_new(&options, &zone->writer, err);
        if (status != HR_OK)
            return status;
    }
    zone->rows.size = 0;
    return hr_writer_header(zone->writer, &zone->rows, err);
}

static hr_status open_segment(hr_zone *zone, const char *start, hr_error *err)
{
    int source_fd = -1;
    hr_status status = name_segment(zone, start, err);
    if (status == HR_OK)
        status = hr_zone_folder(zone, zone->root_fd, zone->source, true, &source_fd, err);
    if (status == HR_OK)
        status = hr_zone_folder(zone, source_fd, zone->date, true, &zone->folder_fd, err);
    if (status == HR_OK)
        status = create_hidden(zone, err);
    if (status == HR_OK)
        status = hr_deflate_new(zone->plan.compression, zone->file_fd, &zone->deflate, err);
    zone->begun = 0;
    if (status == HR_OK)
        hr_deflate_threads(zone->deflate, zone->plan.threads);
    if (status == HR_OK)
        status = write_header(zone, err);
    if (source_fd >= 0)
        close(source_fd);
    return status;
}

/* Lets the system begin to write what there is, so that the sync at the end of a segment has little to wait for. What
 * fails then is told by that sync. */
static void begin_writing(hr_zone *zone)
{
    uint64_t written = hr_deflate_written(zone->deflate);
    if (written - zone->begun < WRITE_AHEAD)
        return;
    (void)sync_file_range(zone->file_fd, (off_t)zone->begun, (off_t)(written - zone->begun), SYNC_FILE_RANGE_WRITE);
    zone->begun = written;
}

static hr_status write_rows(hr_zone *zone, const hr_parcel *parcel, const char *start, hr_error *err)
{
    hr_status status = HR_OK;
    zone->rows.size = 0;
    if (!zone->deflate)
        status = open_segment(zone, start, err);
    if (status == HR_OK)
        status = hr_writer_rows(zone->writer, parcel, &zone->rows, err);
    if (status == HR_OK)
        status = hr_deflate_write(zone->deflate, zone->rows.data, zone->rows.size, err);
    if (status == HR_OK)
        begin_writing(zone);
    return status;
}

static hr_status fail_state(hr_error *err)
{
    return hr_fail(err, HR_E_STATE, "the raw zone has failed before and can only be closed");
}

static hr_status zone_write(void *state, const hr_parcel *parcel, const char *start, uint64_t *segment_bytes,
                            hr_error *err)
{
    hr_zone *zone = state;
    if (zone->failed)
        return fail_state(err);
    if (parcel->rows ? parcel->row_count : parcel->batch->rows) {
        hr_status status = write_rows(zone, parcel, start, err);
        if (status != HR_OK) {
            zone->failed = true;
            hr_error_origin(err, zone->root);
            return status;
        }
    }
    *segment_bytes = zone->deflate ? hr_deflate_estimate(zone->deflate) : 0;
    return HR_OK;
}

/* ---- preparing --------------------------------------------------------------------------------------------- */

static hr_status sync_fd(int fd, const char *what, const hr_zone *zone, hr_error *err)
{
    if (fsync(fd) == 0)
        return HR_OK;
    /* After a failed fsync the kernel may have dropped the pages: trying it again would only seem to succeed. */
    return hr_fail_errno(err, errno, "making %s of the raw zone \"" HR_PATH_SHOWN "\" durable", what, zone->root);
}

/* The folders above: an earlier process may have made them and not have come to this. */
static hr_status sync_above(hr_zone *zone, hr_error *err)
{
    int source_fd = -1;
    if (zone->rooted)
        return HR_OK;
    hr_status status = hr_zone_folder(zone, zone->root_fd, zone->source, true, &source_fd, err);
    if (status == HR_OK)
        status = sync_fd(source_fd, "the folder of the source", zone, err);
    if (status == HR_OK)
        status = sync_fd(zone->root_fd, "the folder", zone, err);
    if (source_fd >= 0)
        close(source_fd);
    zone->rooted = status == HR_OK;
    return status;
}

static hr_status make_receipt(const hr_zone *zone, uint64_t size, hr_receipt *out, hr_error *err)
{
    int length = snprintf(out->bytes, sizeof out->bytes, "%s/%s/%s\n%s/%s/%s\n%llu\n", zone->source, zone->date,
                          zone->hidden, zone->source, zone->date, zone->final, (unsigned long long)size);
    if (length < 0 || (size_t)length >= sizeof out->bytes)
        return hr_fail(err, HR_E_INVALID, "the names of the segment are too long for a receipt");
    out->size = (uint32_t)length;
    return HR_OK;
}

static hr_status finish_segment(hr_zone *zone, hr_receipt *receipt, hr_error *err)
{
    struct stat st;
    hr_status status = hr_deflate_finish(zone->deflate, err);
    if (status == HR_OK)
        status = sync_fd(zone->file_fd, "a segment", zone, err);
    if (status == HR_OK &&
        (fstat(zone->file_fd, &st) != 0 || (uint64_t)st.st_size != hr_deflate_written(zone->deflate)))
        status = hr_fail(err, HR_E_IO, "the segment \"%s\" has not the size that was written", zone->hidden);
    if (status == HR_OK && !is_ours(zone)) /* what another wrote would be published by our receipt, or nothing */
        status = hr_fail(err, HR_E_IO,
                         "the segment \"%s\" was removed or replaced while it was written; does another program "
                         "clear this folder?",
                         zone->hidden);
    int fd = zone->file_fd;
    if (status == HR_OK) {
        zone->file_fd = -1;
        if (close(fd) != 0)
            status = hr_fail_errno(err, errno, "closing the segment \"%s\"", zone->hidden);
    }
    if (status == HR_OK)
        status = sync_fd(zone->folder_fd, "the folder of the day", zone, err);
    if (status == HR_OK)
        status = sync_above(zone, err);
    return status == HR_OK ? make_receipt(zone, (uint64_t)st.st_size, receipt, err) : status;
}

static hr_status zone_prepare(void *state, const hr_checkpoint *checkpoint, hr_outcome *out, hr_error *err)
{
    (void)checkpoint; /* the ledger has it */
    hr_zone *zone = state;
    hr_receipt receipt;
    if (zone->failed)
        return fail_state(err);
    if (!zone->deflate) {
        *out = (hr_outcome){0};
        return HR_OK;
    }
    hr_status status = finish_segment(zone, &receipt, err);
    if (status != HR_OK) {
        zone->failed = true;
        hr_error_origin(err, zone->root);
        return status;
    }
    forget_segment(zone);
    *out = (hr_outcome){.receipt.size = receipt.size};
    memcpy(out->receipt.bytes, receipt.bytes, receipt.size);
    return HR_OK;
}

/* ---- the end ----------------------------------------------------------------------------------------------- */

/* Nothing here waits for anybody but the disk. */
static void zone_interrupt(void *state)
{
    (void)state;
}

static void zone_close(void *state)
{
    hr_zone *zone = state;
    if (zone->file_fd >= 0 && is_ours(zone)) /* not prepared */
        unlinkat(zone->folder_fd, zone->hidden, 0);
    forget_segment(zone);
    hr_writer_free(zone->writer);
    hr_buffer_free(&zone->rows);
    if (zone->root_fd >= 0)
        close(zone->root_fd);
    hr_free(zone->root);
    hr_free(zone->source);
    *zone = (hr_zone){.root_fd = -1, .folder_fd = -1, .file_fd = -1};
}

const hr_sink_type hr_zone_sink = {
    .version = HR_CONNECTOR_VERSION,
    .state_size = sizeof(hr_zone),
    .scheme = "file",
    .options = table,
    .option_count = HR_COUNT(table),
    .open = zone_open,
    .write = zone_write,
    .prepare = zone_prepare,
    .publish = hr_zone_publish,
    .sweep = hr_zone_sweep,
    .interrupt = zone_interrupt,
    .close = zone_close,
};
