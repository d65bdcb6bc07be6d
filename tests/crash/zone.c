/* zone.c: what a reader of a zone sees, read without the library: gzip and zstd by their own libraries, CSV and NDJSON
 * by the few lines that the zone's own dialect needs. */
#include "tests/crash/crash.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

/* ---- unpacking --------------------------------------------------------------------------------------------- */

static bool gunzip(const crash_bytes *in, crash_bytes *out)
{
    static char room[1 << 16];
    z_stream stream = {.next_in = (Bytef *)in->data, .avail_in = (uInt)in->size};
    int rc = inflateInit2(&stream, 15 + 16);
    while (rc == Z_OK || (rc == Z_STREAM_END && stream.avail_in)) {
        if (rc == Z_STREAM_END)
            inflateReset(&stream);
        stream.next_out = (Bytef *)room;
        stream.avail_out = sizeof room;
        rc = inflate(&stream, Z_NO_FLUSH);
        crash_bytes_add(out, room, sizeof room - stream.avail_out);
    }
    inflateEnd(&stream);
    return rc == Z_STREAM_END && in->size > 0;
}

static bool unzstd(const crash_bytes *in, crash_bytes *out)
{
    static char room[1 << 16];
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer from = {in->data, in->size, 0};
    size_t left = 1;
    for (bool more = true; more;) {
        ZSTD_outBuffer to = {room, sizeof room, 0};
        left = ZSTD_decompressStream(stream, &to, &from);
        if (ZSTD_isError(left))
            break;
        crash_bytes_add(out, room, to.pos);
        /* At the end of a frame that fills the room to the last byte, one more call would begin another frame. */
        more = from.pos < from.size || (left > 0 && to.pos == to.size);
    }
    ZSTD_freeDStream(stream);
    return left == 0 && in->size > 0;
}

static bool ends_in(const char *name, const char *end)
{
    size_t size = strlen(name), tail = strlen(end);
    return size >= tail && !strcmp(name + size - tail, end);
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

/* Columns of the lineage: those that differ from run to run are left out of a row. */
static bool wanted(const char *column)
{
    return column[0] != '_' || !strcmp(column, "_row") || !strcmp(column, "_offset");
}

static void finish_field(crash_bytes *row, const crash_bytes *field, bool null, bool keep)
{
    if (!keep)
        return;
    if (null)
        crash_bytes_text(row, "\x1E");
    else
        crash_bytes_add(row, field->data, field->size);
    crash_bytes_text(row, "\x1F");
}

/* One field; *at is moved behind it and its separator. False: the text ends within it. */
static bool take_csv_field(const char **at, const char *end, crash_bytes *field, bool *quoted, bool *last)
{
    const char *p = *at;
    field->size = 0;
    crash_bytes_add(field, "", 0);
    *quoted = p < end && *p == '"';
    if (*quoted) {
        for (p++;; p++) {
            if (p >= end)
                return false;
            if (*p == '"' && (p + 1 == end || p[1] != '"'))
                break;
            p += *p == '"';
            crash_bytes_add(field, p, 1);
        }
        p++;
    } else {
        const char *begin = p;
        while (p < end && *p != ',' && *p != '\n')
            p++;
        crash_bytes_add(field, begin, (size_t)(p - begin));
    }
    if (p == end || (*p != ',' && *p != '\n'))
        return false;
    *last = *p == '\n';
    *at = p + 1;
    return true;
}

static bool csv_rows(const crash_bytes *text, crash_texts *rows)
{
    const char *at = text->data, *end = at + text->size;
    crash_texts names = {0};
    crash_bytes field = {0}, row = {0};
    bool header = true, ok = true;
    for (size_t column = 0; ok && at < end; column++) {
        bool quoted, last;
        ok = take_csv_field(&at, end, &field, &quoted, &last) && (header || column < names.count);
        if (!ok)
            break;
        if (header)
            crash_texts_add(&names, crash_text("%s", field.data));
        else
            finish_field(&row, &field, !quoted && field.size == 0, wanted(names.items[column]));
        if (!last)
            continue;
        ok = header || column + 1 == names.count;
        if (!header)
            crash_texts_add(rows, crash_text("%s", row.data));
        row.size = 0;
        header = false;
        column = SIZE_MAX;
    }
    ok = ok && !header && row.size == 0 && names.count >= 5;
    crash_texts_clear(&names);
    free(field.data);
    free(row.data);
    return ok;
}

static void add_code(crash_bytes *out, unsigned code)
{
    char c = (char)code; /* the zone escapes control characters only */
    crash_bytes_add(out, &c, 1);
}

/* A JSON string whose quote was read; *at is moved behind its end. */
static bool take_string(const char **at, crash_bytes *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    out->size = 0;
    crash_bytes_add(out, "", 0);
    for (const char *p = *at; *p; p++) {
        if (*p == '"') {
            *at = p + 1;
            return true;
        }
        if (*p != '\\') {
            crash_bytes_add(out, p, 1);
            continue;
        }
        const char *hit = p[1] ? strchr(from, p[1]) : NULL;
        unsigned code;
        if (hit)
            crash_bytes_add(out, &to[hit - from], 1);
        else if (p[1] == 'u' && sscanf(p + 2, "%4x", &code) == 1 && code < 0x80)
            add_code(out, code), p += 4;
        else
            return false;
        p++;
    }
    return false;
}

static bool take_value(const char **at, crash_bytes *out, bool *null)
{
    *null = !strncmp(*at, "null", 4);
    if (*null) {
        *at += 4;
        return true;
    }
    if (**at == '"') {
        ++*at;
        return take_string(at, out);
    }
    size_t size = strspn(*at, "0123456789");
    out->size = 0;
    crash_bytes_add(out, *at, size);
    *at += size;
    return size > 0;
}

static bool ndjson_rows(const crash_bytes *text, crash_texts *rows)
{
    const char *at = text->data, *end = at + text->size;
    crash_bytes name = {0}, value = {0}, row = {0};
    bool ok = text->size > 0;
    while (ok && at < end) {
        row.size = 0;
        ok = *at++ == '{';
        for (bool more = ok; more;) {
            bool null = false;
            ok = *at++ == '"' && take_string(&at, &name) && *at++ == ':' && take_value(&at, &value, &null);
            if (ok)
                finish_field(&row, &value, null, wanted(name.data));
            more = ok && *at == ',';
            at += more;
        }
        ok = ok && at + 1 < end + 1 && at[0] == '}' && at[1] == '\n';
        at += 2;
        if (ok)
            crash_texts_add(rows, crash_text("%s", row.data));
    }
    free(name.data);
    free(value.data);
    free(row.data);
    return ok && at == end;
}

static bool segment_rows(const char *path, const crash_bytes *stored, crash_texts *rows)
{
    crash_bytes text = {0};
    bool ok = true;
    if (ends_in(path, ".gz") || ends_in(path, ".gz.part"))
        ok = gunzip(stored, &text);
    else if (ends_in(path, ".zst") || ends_in(path, ".zst.part"))
        ok = unzstd(stored, &text);
    else
        crash_bytes_add(&text, stored->data, stored->size);
    ok = ok && (strstr(path, ".ndjson") ? ndjson_rows : csv_rows)(&text, rows);
    free(text.data);
    return ok;
}

bool crash_segment_rows(const char *path, crash_texts *rows)
{
    crash_bytes stored = {0};
    bool ok = crash_read_file(path, &stored) && segment_rows(path, &stored, rows);
    free(stored.data);
    return ok;
}

/* ---- views ------------------------------------------------------------------------------------------------- */

static void add_segment(const char *path, const char *name, crash_view *out)
{
    crash_bytes stored = {0};
    size_t before = out->rows.count;
    bool whole = crash_read_file(path, &stored) && segment_rows(path, &stored, &out->rows);
    crash_check(whole, "the visible segment %s (%zu bytes) is whole", name, stored.size);
    uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a */
    for (size_t i = 0; i < stored.size; i++)
        hash = (hash ^ (unsigned char)stored.data[i]) * 0x100000001B3u;
    if (out->count == out->capacity) {
        out->capacity = out->capacity ? out->capacity * 2 : 32;
        out->segments = crash_room(out->segments, out->capacity * sizeof *out->segments);
    }
    out->segments[out->count++] = (crash_segment){crash_text("%s", name), stored.size, hash, out->rows.count - before};
    free(stored.data);
}

static void walk(const char *zone, const char *below, crash_view *out)
{
    char *path = crash_text("%s%s", zone, below);
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        struct stat st;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        char *name = crash_text("%s/%s", below, entry->d_name), *whole = crash_text("%s%s", zone, name);
        if (entry->d_name[0] == '.')
            crash_texts_add(&out->hidden, crash_text("%s", name));
        else if (stat(whole, &st) == 0 && S_ISDIR(st.st_mode))
            walk(zone, name, out);
        else
            add_segment(whole, name, out);
        free(name);
        free(whole);
    }
    if (dir)
        closedir(dir);
    free(path);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const crash_segment *)a)->name, ((const crash_segment *)b)->name);
}

void crash_view_take(const char *zone, crash_view *out)
{
    *out = (crash_view){0};
    walk(zone, "", out);
    if (out->count)
        qsort(out->segments, out->count, sizeof *out->segments, by_name);
}

void crash_view_clear(crash_view *view)
{
    for (size_t i = 0; i < view->count; i++)
        free(view->segments[i].name);
    free(view->segments);
    crash_texts_clear(&view->rows);
    crash_texts_clear(&view->hidden);
    *view = (crash_view){0};
}
