/* support.c: checks, lists of texts and files for the crash tests. */
#include "tests/crash/crash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static unsigned broken;
static size_t lost_rows, extra_rows;
static uint64_t random_state = 1;

bool crash_check(bool holds, const char *format, ...)
{
    if (holds)
        return true;
    va_list args;
    va_start(args, format);
    printf("broken promise: ");
    vprintf(format, args);
    printf("\n");
    va_end(args);
    broken++;
    return false;
}

unsigned crash_broken(void)
{
    return broken;
}

void crash_differences(size_t *lost, size_t *extra)
{
    *lost = lost_rows;
    *extra = extra_rows;
}

void crash_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("the test cannot go on: ");
    vprintf(format, args);
    printf(" (%s)\n", strerror(errno));
    va_end(args);
    fflush(stdout);
    exit(2);
}

void *crash_room(void *old, size_t size)
{
    void *room = realloc(old, size ? size : 1);
    if (!room)
        crash_die("out of memory");
    return room;
}

char *crash_text(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        crash_die("out of memory");
    va_end(args);
    return text;
}

uint64_t crash_random(void)
{
    random_state += 0x9E3779B97F4A7C15u; /* splitmix64 */
    uint64_t mixed = random_state;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

void crash_seed(uint64_t seed)
{
    random_state = seed;
}

/* ---- lists ------------------------------------------------------------------------------------------------- */

void crash_texts_add(crash_texts *list, char *item)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->items = crash_room(list->items, list->capacity * sizeof *list->items);
    }
    list->items[list->count++] = item;
}

void crash_texts_copy(crash_texts *to, const crash_texts *from)
{
    for (size_t i = 0; i < from->count; i++)
        crash_texts_add(to, crash_text("%s", from->items[i]));
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void crash_texts_sort(crash_texts *list)
{
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, by_bytes);
}

void crash_texts_clear(crash_texts *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (crash_texts){0};
}

static void show(const char *how, const char *text)
{
    printf("  %s: ", how);
    for (const char *p = text; *p && p - text < 160; p++)
        *p == '\x1F' ? printf(" | ") : *p < ' ' && *p >= 0 ? printf("\\x%02X", *p) : putchar(*p);
    printf("\n");
}

bool crash_texts_same(crash_texts *found, crash_texts *expected, const char *what)
{
    size_t lost = 0, extra = 0, f = 0, e = 0;
    crash_texts_sort(found);
    crash_texts_sort(expected);
    while (f < found->count || e < expected->count) {
        int order = f == found->count ? 1 : e == expected->count ? -1 : strcmp(found->items[f], expected->items[e]);
        if (order == 0) {
            f++, e++;
        } else if (order < 0) {
            if (extra++ < 3)
                show("too many", found->items[f]);
            f++;
        } else {
            if (lost++ < 3)
                show("lost", expected->items[e]);
            e++;
        }
    }
    lost_rows += lost;
    extra_rows += extra;
    return crash_check(!lost && !extra, "%s: %zu lost and %zu too many of %zu", what, lost, extra, expected->count);
}

/* ---- files ------------------------------------------------------------------------------------------------- */

void crash_bytes_add(crash_bytes *bytes, const void *data, size_t size)
{
    if (bytes->size + size + 1 > bytes->capacity) {
        bytes->capacity = (bytes->size + size + 1) * 2;
        bytes->data = crash_room(bytes->data, bytes->capacity);
    }
    if (size)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    bytes->data[bytes->size] = '\0';
}

void crash_bytes_text(crash_bytes *bytes, const char *text)
{
    crash_bytes_add(bytes, text, strlen(text));
}

bool crash_read_file(const char *path, crash_bytes *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char room[65536];
    ssize_t got;
    if (fd < 0)
        return false;
    out->size = 0;
    crash_bytes_add(out, "", 0);
    while ((got = read(fd, room, sizeof room)) > 0)
        crash_bytes_add(out, room, (size_t)got);
    close(fd);
    return got == 0;
}

void crash_write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        crash_die("writing %s", path);
}

void crash_copy_file(const char *from, const char *to)
{
    crash_bytes content = {0};
    if (crash_read_file(from, &content))
        crash_write_file(to, content.data, content.size);
    free(content.data);
}

void crash_make_folder(const char *path)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        crash_die("making the folder %s", path);
}

static void each_entry(const char *path, void (*each)(const char *entry, const char *to), const char *to)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        char *inner = crash_text("%s/%s", path, entry->d_name), *target = crash_text("%s/%s", to, entry->d_name);
        each(inner, target);
        free(inner);
        free(target);
    }
    if (dir)
        closedir(dir);
}

static void copy_entry(const char *from, const char *to)
{
    struct stat st;
    if (stat(from, &st) == 0 && S_ISDIR(st.st_mode))
        crash_copy_folder(from, to);
    else
        crash_copy_file(from, to);
}

void crash_copy_folder(const char *from, const char *to)
{
    crash_make_folder(to);
    each_entry(from, copy_entry, to);
}

static void remove_entry(const char *path, const char *unused)
{
    (void)unused;
    crash_remove(path);
}

void crash_remove(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return;
    if (S_ISDIR(st.st_mode)) {
        each_entry(path, remove_entry, "");
        rmdir(path);
    } else {
        unlink(path);
    }
}

char *crash_scratch(bool fast)
{
    struct statvfs place;
    const char *base = getenv("TMPDIR");
    if (fast && access("/dev/shm", W_OK) == 0 && statvfs("/dev/shm", &place) == 0 &&
        (uint64_t)place.f_bavail * place.f_frsize > ((uint64_t)256 << 20))
        base = "/dev/shm";
    char *folder = crash_text("%s/headrace-crash.XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(folder))
        crash_die("making a folder like %s", folder);
    return folder;
}
