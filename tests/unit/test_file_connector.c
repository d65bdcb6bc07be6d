/* test_file_connector.c: which files a path names, how they are read and put away; the raw zone: nothing is seen before
 * it is published, and nothing is lost or left over after a crash. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "connectors/file/file.h"
#include "connectors/registry.h"

static char root[64];

static void make_root(void)
{
    strcpy(root, "/tmp/headrace-test-XXXXXX");
    cr_assert(mkdtemp(root));
    cr_assert_eq(chdir(root), 0);
}

static void remove_root(void)
{
    char command[256];
    snprintf(command, sizeof command, "chmod -R u+rwx '%s'; rm -rf '%s'", root, root);
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(system(command), 0);
}

TestSuite(drop, .init = make_root, .fini = remove_root, .timeout = 20);
TestSuite(zone, .init = make_root, .fini = remove_root, .timeout = 20);

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert(file, "%s", path);
    fputs(text, file);
    fclose(file);
}

static bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* ---- the drop ------------------------------------------------------------------------------------------------ */

typedef struct seen {
    char text[8192];
    size_t count;
    hr_object last;
} seen;

/* Names without the root, separated by '|'. */
static hr_status note(void *context, const hr_object *object, hr_error *err)
{
    seen *s = context;
    (void)err;
    size_t skip = strncmp(object->uri, root, strlen(root)) ? 0 : strlen(root) + 1;
    size_t used = strlen(s->text);
    snprintf(s->text + used, sizeof s->text - used, "%s%s", s->count++ ? "|" : "", object->uri + skip);
    hr_object_clear(&s->last);
    s->last = *object;
    s->last.uri = hr_strdup(object->uri);
    return HR_OK;
}

static void *drop_open(const char *uri)
{
    void *state = calloc(1, hr_file_drop.state_size);
    hr_error err;
    cr_assert_eq(hr_file_drop.open(state, uri, NULL, &err), HR_OK, "%s", err.text);
    return state;
}

static void drop_close(void *state)
{
    hr_file_drop.close(state);
    free(state);
}

static hr_status list(const char *uri, const char *after, seen *s, hr_error *err)
{
    void *drop = drop_open(uri);
    memset(s, 0, sizeof *s);
    hr_status status = hr_file_drop.list(drop, after, note, s, err);
    drop_close(drop);
    return status;
}

static void assert_lists(const char *uri, const char *expected)
{
    seen s;
    hr_error err;
    cr_assert_eq(list(uri, NULL, &s, &err), HR_OK, "%s", err.text);
    cr_assert_str_eq(s.text, expected, "%s lists %s, not %s", uri, s.text, expected);
    hr_object_clear(&s.last);
}

static hr_object object_of(const char *path)
{
    void *drop = drop_open(path);
    hr_object object;
    hr_error err;
    cr_assert_eq(hr_file_drop.stat(drop, path, &object, &err), HR_OK, "%s", err.text);
    drop_close(drop);
    return object;
}

static hr_status read_all(const hr_object *object, uint64_t from, char *room, size_t capacity, hr_error *err)
{
    hr_stream stream;
    size_t have = 0, got;
    hr_status status = hr_file_drop.open_range(NULL, object, from, &stream, err);
    if (status != HR_OK)
        return status;
    while ((status = stream.read(stream.state, (uint8_t *)room + have, capacity - 1 - have, &got, err)) == HR_OK)
        have += got;
    room[have] = '\0';
    stream.close(stream.state);
    return status;
}

static void make_inputs(void)
{
    mkdir("in", 0777);
    mkdir("in/sub", 0777);
    static const char *const names[] = {"in/b.csv",     "in/a.csv",       "in/.hidden.csv", "in/c.csv.part",
                                        "in/d.tmp",     "in/e.uploading", "in/f.filepart",  "in/g.crdownload",
                                        "in/sub/z.csv", "in/B.csv",       "in/a 1.csv"};
    for (size_t i = 0; i < HR_COUNT(names); i++)
        put_file(names[i], names[i]);
    cr_assert_eq(mkfifo("in/pipe", 0666), 0);
}

Test(drop, a_folder_names_its_finished_files_in_order)
{
    make_inputs();
    assert_lists("in", "in/B.csv|in/a 1.csv|in/a.csv|in/b.csv");
    assert_lists("./in//", "in/B.csv|in/a 1.csv|in/a.csv|in/b.csv");
}

Test(drop, a_pattern_names_what_it_matches)
{
    make_inputs();
    assert_lists("in/*.csv", "in/B.csv|in/a 1.csv|in/a.csv|in/b.csv");
    assert_lists("in/[ab].csv", "in/a.csv|in/b.csv");
    assert_lists("in/?.csv", "in/B.csv|in/a.csv|in/b.csv");
    assert_lists("in/.h*", "in/.hidden.csv");
    assert_lists("*/*/z.csv", "in/sub/z.csv");
    assert_lists("i?/sub/*", "in/sub/z.csv");
    assert_lists("in/*", "in/B.csv|in/a 1.csv|in/a.csv|in/b.csv");
    assert_lists("in/*.part", "in/c.csv.part");
    assert_lists("in/*.json", "");
    assert_lists("in\\/a.csv*", ""); /* an escaped slash is still one: the folder is called "in\" */
}

Test(drop, a_pattern_below_a_missing_folder_is_an_error)
{
    seen s;
    hr_error err;
    cr_assert_eq(list("nowhere/*.csv", NULL, &s, &err), HR_E_NOT_FOUND);
    cr_assert(strstr(err.text, "nowhere"));
}

Test(drop, a_name_that_exists_is_no_pattern)
{
    put_file("a[1].csv", "x");
    put_file("a1.csv", "x");
    assert_lists("a[1].csv", "a[1].csv");
    assert_lists("a\\[1].csv", "a[1].csv");
    cr_assert_eq(unlink("a[1].csv"), 0);
    assert_lists("a[1].csv", "a1.csv");
}

Test(drop, a_file_has_one_name_however_the_way_to_it_is_written)
{
    char uri[200];
    make_inputs();
    cr_assert_eq(symlink("in", "link"), 0);
    snprintf(uri, sizeof uri, "file://%s/in/a%%201.csv", root);
    assert_lists(uri, "in/a 1.csv");
    assert_lists("link/../in/./sub/../a 1.csv", "in/a 1.csv");
    assert_lists("link/a 1.csv", "in/a 1.csv");
    assert_lists("link/a *.csv", "in/a 1.csv");
    assert_lists("link", "in/B.csv|in/a 1.csv|in/a.csv|in/b.csv");
}

Test(drop, names_may_hold_any_byte)
{
    static const char *const names[] = {"new\nline.csv", "100%.csv", "caf\xC3\xA9.csv", "bad\xFF.csv",
                                        "quote\"'.csv",  "a:b.csv",  "file:x.csv"};
    for (size_t i = 0; i < HR_COUNT(names); i++) {
        char room[64];
        put_file(names[i], names[i]);
        assert_lists(names[i], names[i]);
        hr_object object = object_of(names[i]);
        cr_assert_eq(read_all(&object, 0, room, sizeof room, NULL), HR_END);
        cr_assert_str_eq(room, names[i]);
        hr_object_clear(&object);
    }
    assert_lists("*.csv", "100%.csv|a:b.csv|bad\xFF.csv|caf\xC3\xA9.csv|file:x.csv|new\nline.csv|quote\"'.csv");
}

Test(drop, listing_goes_on_behind_a_name)
{
    seen s;
    char after[200];
    make_inputs();
    snprintf(after, sizeof after, "%s/in/a 1.csv", root);
    cr_assert_eq(list("in/*", after, &s, NULL), HR_OK);
    cr_assert_str_eq(s.text, "in/a.csv|in/b.csv");
    hr_object_clear(&s.last);
}

static hr_status stop(void *context, const hr_object *object, hr_error *err)
{
    ++*(int *)context;
    (void)object;
    return hr_fail(err, HR_E_BUSY, "enough");
}

Test(drop, listing_stops_when_it_is_told_to)
{
    int calls = 0;
    make_inputs();
    void *drop = drop_open("in");
    cr_assert_eq(hr_file_drop.list(drop, NULL, stop, &calls, NULL), HR_E_BUSY);
    cr_assert_eq(calls, 1);
    drop_close(drop);
}

Test(drop, an_object_tells_size_time_and_identity)
{
    struct stat st;
    char version[80];
    put_file("a.csv", "12345");
    hr_object object = object_of("a.csv");
    stat("a.csv", &st);
    snprintf(version, sizeof version, "%llu:%llu:%lld.%09ld", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino, (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
    cr_assert_eq(object.size, 5);
    cr_assert_eq(object.modified_ns, (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
    cr_assert_str_eq(object.version, version);
    hr_object_clear(&object);
}

Test(drop, errors_say_what_is_wrong)
{
    seen s;
    hr_error err;
    hr_object object;
    cr_assert_eq(list("gone.csv", NULL, &s, &err), HR_E_NOT_FOUND);
    cr_assert(strstr(err.text, "gone.csv"));
    mkdir("dir", 0777);
    cr_assert_eq(hr_file_drop.stat(NULL, "dir", &object, &err), HR_E_INVALID);
    cr_assert(strstr(err.text, "folder"));
    void *state = calloc(1, hr_file_drop.state_size);
    cr_assert_eq(hr_file_drop.open(state, "file://host/x", NULL, &err), HR_E_INVALID);
    cr_assert_eq(hr_file_drop.open(state, "file:///x%0", NULL, &err), HR_E_INVALID);
    cr_assert_eq(hr_file_drop.open(state, "file:///x%00y", NULL, &err), HR_E_INVALID);
    cr_assert_eq(hr_file_drop.open(state, "", NULL, &err), HR_E_INVALID);
    free(state);
    cr_assert_eq(symlink("nothing", "dangling"), 0);
    cr_assert_eq(list("dangling", NULL, &s, &err), HR_E_NOT_FOUND);
}

/* Runs `body` as a user without rights, in a process of its own; answers its exit status. */
static int as_nobody(int (*body)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(77);
        _exit(body());
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static int list_forbidden(void)
{
    seen s;
    hr_error err;
    hr_object object;
    return list("in/locked", NULL, &s, &err) != HR_E_PERMISSION             ? 1
           : list("in/*/x*", NULL, &s, &err) != HR_E_PERMISSION             ? 2
           : !strstr(err.text, "locked")                                    ? 3
           : hr_file_drop.stat(NULL, "in/secret.csv", &object, &err) != 0   ? 4
           : read_all(&object, 0, (char[8]){0}, 8, &err) != HR_E_PERMISSION ? 5
                                                                            : 0;
}

Test(drop, a_folder_that_may_not_be_read_is_an_error_not_an_empty_one)
{
    make_inputs();
    put_file("in/secret.csv", "x");
    mkdir("in/locked", 0);
    chmod("in/secret.csv", 0);
    chmod(root, 0755);
    int result = as_nobody(list_forbidden);
    cr_assert(result == 0 || result == 77, "step %d", result);
}

Test(drop, reading_begins_where_it_is_told_to)
{
    char room[64];
    put_file("a.csv", "0123456789");
    hr_object object = object_of("a.csv");
    cr_assert_eq(read_all(&object, 4, room, sizeof room, NULL), HR_END);
    cr_assert_str_eq(room, "456789");
    cr_assert_eq(read_all(&object, 10, room, sizeof room, NULL), HR_END);
    cr_assert_str_eq(room, "");
    cr_assert_eq(read_all(&object, 11, room, sizeof room, NULL), HR_E_CHANGED);
    hr_object_clear(&object);
}

Test(drop, another_file_under_the_same_name_is_noticed)
{
    char room[64];
    hr_error err;
    put_file("a.csv", "0123456789");
    hr_object object = object_of("a.csv");
    put_file("b.csv", "0123456789");
    cr_assert_eq(rename("b.csv", "a.csv"), 0);
    cr_assert_eq(read_all(&object, 0, room, sizeof room, &err), HR_E_CHANGED);
    hr_object_clear(&object);
    object = object_of("a.csv");
    put_file("a.csv", "0123");
    cr_assert_eq(read_all(&object, 0, room, sizeof room, &err), HR_E_CHANGED);
    put_file("a.csv", "0123456789ab");
    cr_assert_eq(read_all(&object, 0, room, sizeof room, &err), HR_END); /* it may grow */
    cr_assert_eq(unlink("a.csv"), 0);
    cr_assert_eq(read_all(&object, 0, room, sizeof room, &err), HR_E_NOT_FOUND);
    hr_object_clear(&object);
}

Test(drop, a_file_that_shrinks_while_it_is_read_is_no_shorter_file)
{
    hr_stream stream;
    uint8_t room[4];
    size_t got;
    hr_error err;
    put_file("a.csv", "0123456789");
    hr_object object = object_of("a.csv");
    cr_assert_eq(hr_file_drop.open_range(NULL, &object, 0, &stream, &err), HR_OK);
    cr_assert_eq(stream.read(stream.state, room, 4, &got, &err), HR_OK);
    cr_assert_eq(truncate("a.csv", 4), 0);
    cr_assert_eq(stream.read(stream.state, room, 4, &got, &err), HR_E_CHANGED);
    stream.close(stream.state);
    hr_object_clear(&object);
}

static void *write_fifo(void *path)
{
    usleep(20000);
    int fd = open(path, O_WRONLY);
    cr_assert_eq(write(fd, "through", 7), 7);
    usleep(20000);
    cr_assert_eq(write(fd, " a pipe", 7), 7);
    close(fd);
    return NULL;
}

Test(drop, a_pipe_is_an_object_of_unknown_size)
{
    pthread_t thread;
    char room[64];
    cr_assert_eq(mkfifo("pipe", 0666), 0);
    assert_lists("pipe", "pipe");
    hr_object object = object_of("pipe");
    cr_assert_eq(object.size, HR_UNKNOWN);
    cr_assert_str_eq(object.version, "");
    pthread_create(&thread, NULL, write_fifo, "pipe");
    cr_assert_eq(read_all(&object, 0, room, sizeof room, NULL), HR_END);
    cr_assert_str_eq(room, "through a pipe");
    pthread_join(thread, NULL);
    cr_assert_eq(read_all(&object, 3, room, sizeof room, NULL), HR_E_UNSUPPORTED);
    hr_object_clear(&object);
}

static void *interrupt_soon(void *context)
{
    hr_stream *stream = context;
    usleep(50000);
    stream->interrupt(stream->state);
    return NULL;
}

Test(drop, waiting_for_a_pipe_can_be_interrupted)
{
    hr_stream stream;
    pthread_t thread;
    uint8_t room[4];
    size_t got;
    cr_assert_eq(mkfifo("pipe", 0666), 0);
    hr_object object = object_of("pipe");
    cr_assert_eq(hr_file_drop.open_range(NULL, &object, 0, &stream, NULL), HR_OK);
    pthread_create(&thread, NULL, interrupt_soon, &stream);
    cr_assert_eq(stream.read(stream.state, room, 4, &got, NULL), HR_E_INTERRUPTED);
    pthread_join(thread, NULL);
    stream.close(stream.state);
    hr_object_clear(&object);
}

Test(drop, standard_input_is_an_object)
{
    char room[64];
    int ends[2];
    assert_lists("-", "-");
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], "from outside", 12), 12);
    close(ends[1]);
    dup2(ends[0], 0);
    hr_object object = object_of("-");
    cr_assert_eq(object.size, HR_UNKNOWN);
    cr_assert_eq(read_all(&object, 0, room, sizeof room, NULL), HR_END);
    cr_assert_str_eq(room, "from outside");
    cr_assert_geq(fcntl(0, F_GETFD), 0, "standard input was closed");
    cr_assert_eq(hr_file_drop.remove(NULL, &object, NULL), HR_E_UNSUPPORTED);
    hr_object_clear(&object);
}

Test(drop, moving_never_replaces_a_file)
{
    hr_error err;
    char room[64];
    put_file("a.csv", "new");
    put_file("old.csv", "old");
    hr_object object = object_of("a.csv"), old = object_of("old.csv");
    cr_assert_eq(hr_file_drop.move(NULL, &object, "old.csv", &err), HR_E_EXISTS);
    cr_assert_eq(read_all(&old, 0, room, sizeof room, NULL), HR_END);
    cr_assert_str_eq(room, "old");
    cr_assert(exists("a.csv"));
    cr_assert_eq(hr_file_drop.move(NULL, &object, "archive/2026/a.csv", &err), HR_OK, "%s", err.text);
    cr_assert(!exists("a.csv"));
    cr_assert(exists("archive/2026/a.csv"));
    cr_assert_eq(hr_file_drop.move(NULL, &object, "archive/2026/a.csv", &err), HR_OK); /* again */
    cr_assert_eq(hr_file_drop.move(NULL, &object, "archive/other.csv", &err), HR_E_NOT_FOUND);
    hr_object_clear(&object);
    hr_object_clear(&old);
}

Test(drop, what_has_changed_since_is_neither_moved_nor_removed)
{
    hr_error err;
    put_file("a.csv", "first");
    hr_object object = object_of("a.csv");
    put_file("a.csv", "first and more");
    cr_assert_eq(hr_file_drop.move(NULL, &object, "b.csv", &err), HR_E_CHANGED);
    cr_assert_eq(hr_file_drop.remove(NULL, &object, &err), HR_E_CHANGED);
    cr_assert(exists("a.csv") && !exists("b.csv"));
    hr_object_clear(&object);
    object = object_of("a.csv");
    cr_assert_eq(hr_file_drop.remove(NULL, &object, &err), HR_OK);
    cr_assert(!exists("a.csv"));
    cr_assert_eq(hr_file_drop.remove(NULL, &object, &err), HR_OK); /* again */
    hr_object_clear(&object);
}

Test(drop, moving_to_another_file_system_copies_whole)
{
    struct stat here, there;
    char to[64] = "/dev/shm/headrace-test-XXXXXX", path[200], room[64], big[100];
    if (stat("/dev/shm", &there) != 0 || stat(root, &here) != 0 || here.st_dev == there.st_dev || !mkdtemp(to))
        return;
    put_file("a.csv", "across");
    chmod("a.csv", 0640);
    hr_object object = object_of("a.csv");
    snprintf(path, sizeof path, "%s/deep/a.csv", to);
    hr_error err;
    cr_assert_eq(hr_file_drop.move(NULL, &object, path, &err), HR_OK, "%s", err.text);
    cr_assert(!exists("a.csv"));
    hr_object moved = object_of(path);
    cr_assert_eq(moved.modified_ns, object.modified_ns);
    cr_assert_eq(read_all(&moved, 0, room, sizeof room, NULL), HR_END);
    cr_assert_str_eq(room, "across");
    cr_assert_eq(hr_file_drop.move(NULL, &object, path, &err), HR_OK); /* again */
    hr_object_clear(&object);
    put_file("a.csv", "across"); /* a crash came before the source was removed */
    object = object_of("a.csv");
    cr_assert_eq(hr_file_drop.move(NULL, &object, path, &err), HR_OK);
    cr_assert(!exists("a.csv"));
    hr_object_clear(&object);
    put_file("a.csv", "others");
    object = object_of("a.csv");
    cr_assert_eq(hr_file_drop.move(NULL, &object, path, &err), HR_E_EXISTS);
    cr_assert(exists("a.csv"));
    hr_object_clear(&object);
    hr_object_clear(&moved);
    snprintf(big, sizeof big, "rm -rf '%s'", to);
    cr_assert_eq(system(big), 0);
}

/* ---- the zone ------------------------------------------------------------------------------------------------ */

static const char *const columns[] = {"id", "name"};
#define JOB "0193-job"
#define DAY "ingest_date=2026-11-22"

static hr_sink_plan plan_of(const char *feed)
{
    return (hr_sink_plan){.uri = "zone",
                          .feed = feed,
                          .job = JOB,
                          .file = "/in/a.csv",
                          .columns = columns,
                          .column_count = 2,
                          .format = "csv",
                          .compression = "zstd",
                          .started_ns = 1795306020ll * 1000000000};
}

static void *sink_open(const hr_sink_plan *plan)
{
    void *state = calloc(1, hr_zone_sink.state_size);
    hr_error err;
    cr_assert_eq(hr_zone_sink.open(state, plan, NULL, &err), HR_OK, "%s", err.text);
    return state;
}

static void sink_close(void *state)
{
    hr_zone_sink.close(state);
    free(state);
}

static const hr_dialect comma = {',', '"', HR_NO_BYTE, HR_NO_BYTE};

static hr_status sink_write(void *state, const char *start, hr_error *err)
{
    const uint8_t *data = (const uint8_t *)"1,one\n2,two\n";
    const uint16_t begins[] = {0, 2, 6, 8, 12};
    const uint32_t first[] = {0, 2};
    hr_batch batch = {.data = data,
                      .begins = begins,
                      .offset_bytes = 2,
                      .rows = 2,
                      .columns = 2,
                      .row_first = first,
                      .first_row = 1,
                      .dialect = &comma};
    uint64_t bytes = 0;
    hr_status status = hr_zone_sink.write(state, &(hr_parcel){.batch = &batch, .row_count = 2}, start, &bytes, err);
    cr_assert(status != HR_OK || bytes > 0);
    return status;
}

static hr_status prepare(void *state, hr_receipt *receipt, hr_error *err)
{
    hr_outcome outcome;
    hr_status status = hr_zone_sink.prepare(state, &(hr_checkpoint){0}, &outcome, err);
    if (status == HR_OK)
        *receipt = outcome.receipt;
    return status;
}

static hr_receipt prepared(void *state, const char *start)
{
    hr_receipt receipt;
    hr_error err;
    cr_assert_eq(sink_write(state, start, &err), HR_OK, "%s", err.text);
    cr_assert_eq(prepare(state, &receipt, &err), HR_OK, "%s", err.text);
    cr_assert_gt(receipt.size, 0);
    return receipt;
}

/* The folder's entries by name, dotfiles too, separated by '|'. */
static const char *entries(const char *path)
{
    static char text[4096];
    struct dirent **list = NULL;
    int count = scandir(path, &list, NULL, alphasort);
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, ".."))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? "|" : "", list[i]->d_name);
        free(list[i]);
    }
    free(list);
    return text;
}

static void assert_holds(const char *path, const char *expected)
{
    char stored[4096], text[4096];
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s is missing", path);
    size_t size = fread(stored, 1, sizeof stored, file);
    fclose(file);
    size_t got = ZSTD_decompress(text, sizeof text - 1, stored, size);
    cr_assert(!ZSTD_isError(got));
    text[got] = '\0';
    cr_assert_str_eq(text, expected);
}

#define FOLDER "zone/source=orders/" DAY

Test(zone, a_segment_is_hidden_until_it_is_published)
{
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    cr_assert_eq(sink_write(sink, "0000", NULL), HR_OK);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part");
    cr_assert_eq(sink_write(sink, "0001", NULL), HR_OK);
    hr_receipt receipt;
    cr_assert_eq(prepare(sink, &receipt, NULL), HR_OK);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_OK);
    cr_assert_str_eq(entries(FOLDER), JOB "-0000.csv.zst");
    assert_holds(FOLDER "/" JOB "-0000.csv.zst", "id,name\n1,one\n2,two\n1,one\n2,two\n");
    hr_receipt second = prepared(sink, "0004");
    cr_assert_eq(hr_zone_sink.publish(sink, &second, NULL), HR_OK);
    assert_holds(FOLDER "/" JOB "-0004.csv.zst", "id,name\n1,one\n2,two\n");
    cr_assert_eq(prepare(sink, &receipt, NULL), HR_OK);
    cr_assert_eq(receipt.size, 0, "nothing was written, yet there is something to publish");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_OK);
    sink_close(sink);
}

/* What a killed process leaves: no close, another instance goes on. */
static hr_receipt crash_after_prepare(const char *feed, const char *start)
{
    int ends[2];
    hr_receipt receipt;
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        hr_sink_plan plan = plan_of(feed);
        receipt = prepared(sink_open(&plan), start);
        _exit(write(ends[1], &receipt, sizeof receipt) == sizeof receipt ? 0 : 1);
    }
    cr_assert_eq(read(ends[0], &receipt, sizeof receipt), sizeof receipt);
    waitpid(pid, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return receipt;
}

Test(zone, another_process_publishes_what_a_killed_one_prepared)
{
    hr_receipt receipt = crash_after_prepare("orders", "0000");
    hr_sink_plan plan = plan_of("orders");
    plan.columns = NULL; /* recovery knows no columns */
    plan.column_count = 0;
    for (int i = 0; i < 3; i++) {
        void *sink = sink_open(&plan);
        hr_error err;
        cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_OK, "%s", err.text);
        sink_close(sink);
    }
    cr_assert_str_eq(entries(FOLDER), JOB "-0000.csv.zst");
    assert_holds(FOLDER "/" JOB "-0000.csv.zst", "id,name\n1,one\n2,two\n");
}

Test(zone, a_rename_by_way_of_a_link_that_was_cut_short_is_finished)
{
    hr_receipt receipt = crash_after_prepare("orders", "0000");
    cr_assert_eq(link(FOLDER "/." JOB "-0000.csv.zst.part", FOLDER "/" JOB "-0000.csv.zst"), 0);
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_OK);
    cr_assert_str_eq(entries(FOLDER), JOB "-0000.csv.zst");
    sink_close(sink);
}

Test(zone, publishing_replaces_nothing)
{
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    hr_receipt receipt = prepared(sink, "0000");
    put_file(FOLDER "/" JOB "-0000.csv.zst", "somebody else's");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_E_EXISTS);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part|" JOB "-0000.csv.zst");
    cr_assert_eq(sink_write(sink, "0000", NULL), HR_E_EXISTS);
    cr_assert_eq(sink_write(sink, "0001", NULL), HR_E_STATE, "a sink that failed was used again");
    sink_close(sink);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part|" JOB "-0000.csv.zst");
}

Test(zone, a_lost_or_cut_segment_is_an_error)
{
    hr_error err;
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    hr_receipt receipt = prepared(sink, "0000");
    cr_assert_eq(truncate(FOLDER "/." JOB "-0000.csv.zst.part", 3), 0);
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_E_CORRUPT);
    cr_assert_eq(unlink(FOLDER "/." JOB "-0000.csv.zst.part"), 0);
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_E_CORRUPT);
    cr_assert(strstr(err.text, "." JOB "-0000.csv.zst.part") && strstr(err.text, "\"" JOB "-0000.csv.zst\""));
    cr_assert_eq(rmdir(FOLDER), 0);
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_E_CORRUPT);
    sink_close(sink);
}

Test(zone, a_receipt_leads_nowhere_but_into_the_zone)
{
    static const char *const bad[] = {"source=a/../../.x.part\nsource=a/../../x\n1\n",
                                      "source=a/ingest_date=1/.x.part\nsource=a/ingest_date=1/y\n1\n",
                                      "source=a/ingest_date=1/x.part\nsource=a/ingest_date=1/x\n1\n",
                                      "source=../ingest_date=1/.x.part\nsource=a/ingest_date=1/x\n1\n",
                                      "source=a/ingest_date=1/.x/../y.part\nsource=a/ingest_date=1/x/../y\n1\n",
                                      "/etc/.x.part\n/etc/x\n1\n",
                                      "source=a/ingest_date=1/.x.part\nsource=a/ingest_date=1/x\n",
                                      "x",
                                      "source=a/ingest_date=1/..part\nsource=a/ingest_date=1/\n1\n",
                                      "source=a/ingest_date=1/.x.part\nsource=a/ingest_date=1/x\n1x\n"};
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    for (size_t i = 0; i < HR_COUNT(bad); i++) {
        hr_receipt receipt = {.size = (uint32_t)strlen(bad[i])};
        memcpy(receipt.bytes, bad[i], receipt.size);
        cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_E_CORRUPT, "%s", bad[i]);
        cr_assert_eq(hr_zone_sink.sweep(sink, &receipt, 1, NULL), HR_E_CORRUPT, "%s", bad[i]);
    }
    sink_close(sink);
}

Test(zone, close_drops_what_was_not_prepared_and_keeps_what_was)
{
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    prepared(sink, "0000");
    cr_assert_eq(sink_write(sink, "0002", NULL), HR_OK);
    sink_close(sink);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part");
}

static bool owns_none(void *owner, const char *job)
{
    snprintf(owner, 37, "%s", job);
    return false;
}

Test(zone, sweeping_leaves_what_another_ledger_knows)
{
    static const char theirs[] = "01a2038c-0cf5-797f-8fdb-bb27318fb252";
    hr_sink_plan plan = plan_of("orders");
    char asked[37] = "";
    plan.job = theirs;
    void *sink = sink_open(&plan);
    prepared(sink, "0000");
    sink_close(sink);
    plan.job = "another";
    plan.owns = owns_none;
    plan.owner = asked;
    sink = sink_open(&plan);
    hr_error err;
    cr_assert_eq(hr_zone_sink.sweep(sink, NULL, 0, &err), HR_OK, "%s", err.text);
    sink_close(sink);
    cr_assert_str_eq(entries(FOLDER), ".01a2038c-0cf5-797f-8fdb-bb27318fb252-0000.csv.zst.part");
    cr_assert_str_eq(asked, theirs);
}

Test(zone, sweeping_removes_orphans_and_nothing_else)
{
    hr_receipt kept = crash_after_prepare("orders", "0000");
    crash_after_prepare("orders", "0002");
    crash_after_prepare("other", "0000");
    hr_sink_plan plan = plan_of("orders");
    plan.started_ns -= 86400ll * 1000000000;
    void *yesterday = sink_open(&plan);
    prepared(yesterday, "0000");
    sink_close(yesterday);
    put_file(FOLDER "/visible.csv.zst", "");
    put_file(FOLDER "/.hidden", "");
    put_file("zone/source=orders/.x.part", "");
    plan = plan_of("orders");
    plan.job = "another";
    void *sink = sink_open(&plan);
    cr_assert_eq(sink_write(sink, "0009", NULL), HR_OK);
    hr_error err;
    cr_assert_eq(hr_zone_sink.sweep(sink, &kept, 1, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_zone_sink.sweep(sink, &kept, 1, &err), HR_OK);
    cr_assert_str_eq(entries(FOLDER), "." JOB "-0000.csv.zst.part|.another-0009.csv.zst.part|.hidden|visible.csv.zst");
    cr_assert_str_eq(entries("zone/source=orders/ingest_date=2026-11-21"), "");
    cr_assert_str_eq(entries("zone/source=other/" DAY), "." JOB "-0000.csv.zst.part");
    cr_assert(exists("zone/source=orders/.x.part"));
    cr_assert_eq(hr_zone_sink.publish(sink, &kept, &err), HR_OK);
    sink_close(sink);
    plan = plan_of("never used");
    sink = sink_open(&plan);
    cr_assert_eq(hr_zone_sink.sweep(sink, NULL, 0, &err), HR_OK);
    sink_close(sink);
}

Test(zone, a_left_over_of_the_same_segment_is_written_anew)
{
    crash_after_prepare("orders", "0000");
    put_file(FOLDER "/." JOB "-0000.csv.zst.part",
             "a much longer text than the segment will ever have, to see that it is gone");
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    hr_receipt receipt = prepared(sink, "0000");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_OK);
    assert_holds(FOLDER "/" JOB "-0000.csv.zst", "id,name\n1,one\n2,two\n");
    sink_close(sink);
}

/* A run that stood still for longer than its lease, and the one that has taken its job over. */
Test(zone, who_was_overtaken_neither_removes_nor_publishes_the_segment_of_the_other)
{
    hr_sink_plan plan = plan_of("orders");
    hr_error err;
    hr_receipt lost;
    void *first = sink_open(&plan), *late = sink_open(&plan), *second = sink_open(&plan);
    cr_assert_eq(sink_write(first, "0000", NULL), HR_OK);
    cr_assert_eq(sink_write(late, "0000", NULL), HR_OK);
    cr_assert_eq(sink_write(second, "0000", NULL), HR_OK);
    sink_close(first);
    cr_assert_eq(prepare(late, &lost, &err), HR_E_IO);
    cr_assert(strstr(err.text, "removed or replaced"), "%s", err.text);
    sink_close(late);
    hr_receipt receipt;
    cr_assert_eq(prepare(second, &receipt, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_zone_sink.publish(second, &receipt, &err), HR_OK, "%s", err.text);
    assert_holds(FOLDER "/" JOB "-0000.csv.zst", "id,name\n1,one\n2,two\n");
    sink_close(second);
}

Test(zone, no_name_leads_out_of_the_zone)
{
    static const struct {
        const char *feed, *folder;
    } names[] = {{"../../etc", "source=..%2F..%2Fetc"}, {"..", "source=.."},       {"a/b", "source=a%2Fb"},
                 {"new\nline", "source=new%0Aline"},    {"100%", "source=100%25"}, {"caf\xC3\xA9", "source=caf%C3%A9"},
                 {"a=b c", "source=a%3Db%20c"}};
    for (size_t i = 0; i < HR_COUNT(names); i++) {
        char path[200];
        hr_sink_plan plan = plan_of(names[i].feed);
        void *sink = sink_open(&plan);
        hr_receipt receipt = prepared(sink, "../../0/\n%");
        hr_error err;
        cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_OK, "%s", err.text);
        snprintf(path, sizeof path, "zone/%s/" DAY, names[i].folder);
        cr_assert_str_eq(entries(path), JOB "-.._.._0___.csv.zst");
        sink_close(sink);
    }
    cr_assert_str_eq(entries("."), "zone");
}

Test(zone, what_cannot_be_a_zone_is_refused)
{
    hr_error err;
    char long_name[300];
    void *state = calloc(1, hr_zone_sink.state_size);
    hr_sink_plan plan = plan_of("");
    cr_assert_eq(hr_zone_sink.open(state, &plan, NULL, &err), HR_E_INVALID);
    plan = plan_of("orders");
    plan.job = "";
    cr_assert_eq(hr_zone_sink.open(state, &plan, NULL, &err), HR_E_INVALID);
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    plan = plan_of(long_name);
    cr_assert_eq(hr_zone_sink.open(state, &plan, NULL, &err), HR_E_INVALID);
    put_file("file", "x");
    plan = plan_of("orders");
    plan.uri = "file";
    cr_assert_eq(hr_zone_sink.open(state, &plan, NULL, &err), HR_E_EXISTS);
    cr_assert(strstr(err.text, "is a file"));
    plan = plan_of("orders");
    plan.compression = "lzma";
    cr_assert_eq(hr_zone_sink.open(state, &plan, NULL, &err), HR_OK);
    cr_assert_eq(sink_write(state, "0000", &err), HR_E_INVALID);
    sink_close(state);
    cr_assert_str_eq(entries(FOLDER), "");
}

Test(zone, planted_links_are_not_followed)
{
    mkdir("outside", 0777);
    mkdir("zone", 0777);
    put_file("outside/victim", "precious");
    cr_assert_eq(symlink("../outside", "zone/source=orders"), 0);
    hr_sink_plan plan = plan_of("orders");
    void *sink = sink_open(&plan);
    hr_error err;
    cr_assert_eq(sink_write(sink, "0000", &err), HR_E_INVALID);
    cr_assert(strstr(err.text, "symbolic link"));
    cr_assert_eq(hr_zone_sink.sweep(sink, NULL, 0, &err), HR_E_INVALID);
    sink_close(sink);
    cr_assert_eq(unlink("zone/source=orders"), 0);
    mkdir("zone/source=orders", 0777);
    cr_assert_eq(symlink("../../outside", "zone/source=orders/" DAY), 0);
    sink = sink_open(&plan);
    cr_assert_eq(sink_write(sink, "0000", &err), HR_E_INVALID);
    cr_assert_eq(hr_zone_sink.sweep(sink, NULL, 0, &err), HR_OK);
    sink_close(sink);
    cr_assert_eq(unlink("zone/source=orders/" DAY), 0);
    mkdir("zone/source=orders/" DAY, 0777);
    cr_assert_eq(symlink("../../../outside/victim", FOLDER "/." JOB "-0000.csv.zst.part"), 0);
    sink = sink_open(&plan);
    hr_receipt receipt = prepared(sink, "0000");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, &err), HR_OK);
    sink_close(sink);
    cr_assert_str_eq(entries("outside"), "victim");
    char text[16] = "";
    FILE *file = fopen("outside/victim", "r");
    cr_assert(fgets(text, sizeof text, file));
    fclose(file);
    cr_assert_str_eq(text, "precious");
}

Test(zone, a_zone_may_be_given_as_a_uri_and_be_made_deep)
{
    char uri[200];
    snprintf(uri, sizeof uri, "file://%s/deep%%20er/zone/", root);
    hr_sink_plan plan = plan_of("orders");
    plan.uri = uri;
    plan.format = "ndjson";
    plan.compression = "none";
    plan.lineage = true;
    void *sink = sink_open(&plan);
    hr_receipt receipt = prepared(sink, "0000");
    cr_assert_eq(hr_zone_sink.publish(sink, &receipt, NULL), HR_OK);
    sink_close(sink);
    FILE *file = fopen("deep er/zone/source=orders/" DAY "/" JOB "-0000.ndjson", "r");
    char line[300] = "";
    cr_assert(file && fgets(line, sizeof line, file));
    fclose(file);
    cr_assert_str_eq(
        line,
        "{\"id\":\"1\",\"name\":\"one\",\"_source\":\"orders\",\"_file\":\"/in/a.csv\",\"_row\":1,\"_offset\":null,"
        "\"_ingested_at\":\"2026-11-22T00:07:00.000Z\",\"_key\":null}\n");
}

static int open_forbidden(void)
{
    hr_sink_plan plan = plan_of("orders");
    void *state = calloc(1, hr_zone_sink.state_size);
    hr_error err;
    int result = hr_zone_sink.open(state, &plan, NULL, &err) == HR_E_PERMISSION && strstr(err.text, "zone") ? 0 : 1;
    free(state);
    return result;
}

Test(zone, a_folder_that_may_not_be_written_is_said_so)
{
    chmod(root, 0555);
    int result = as_nobody(open_forbidden);
    cr_assert(result == 0 || result == 77);
}

/* ---- standard output and the registry ------------------------------------------------------------------------ */

Test(output, standard_output_gets_one_header_and_all_rows, .init = make_root, .fini = remove_root)
{
    fflush(stdout);
    int saved = dup(1), fd = open("out", O_RDWR | O_CREAT, 0666);
    dup2(fd, 1);
    hr_sink_plan plan = plan_of("orders");
    plan.uri = "-";
    plan.compression = "none";
    void *state = calloc(1, hr_stdout_sink.state_size);
    const uint16_t begins[] = {0, 2, 6};
    hr_batch batch = {.data = (const uint8_t *)"1,one\n",
                      .begins = begins,
                      .offset_bytes = 2,
                      .rows = 1,
                      .columns = 2,
                      .row_first = (const uint32_t[]){0},
                      .first_row = 1,
                      .dialect = &comma};
    uint64_t bytes;
    hr_outcome outcome = {.receipt.size = 1};
    hr_status statuses[5];
    statuses[0] = hr_stdout_sink.open(state, &plan, NULL, NULL);
    statuses[1] = hr_stdout_sink.write(state, &(hr_parcel){.batch = &batch}, "0", &bytes, NULL);
    statuses[2] = hr_stdout_sink.prepare(state, &(hr_checkpoint){0}, &outcome, NULL);
    statuses[3] = hr_stdout_sink.write(state, &(hr_parcel){.batch = &batch}, "1", &bytes, NULL);
    statuses[4] = hr_stdout_sink.prepare(state, &(hr_checkpoint){0}, &outcome, NULL);
    hr_stdout_sink.close(state);
    dup2(saved, 1);
    free(state);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(statuses[i], HR_OK);
    cr_assert_eq(outcome.receipt.size, 0);
    char text[100] = "";
    cr_assert_eq(pread(fd, text, sizeof text - 1, 0), 20);
    cr_assert_str_eq(text, "id,name\n1,one\n1,one\n");
    cr_assert(hr_stdout_sink.capabilities & HR_SINK_VOLATILE);
}

Test(registry, finds_a_connector_by_scheme_and_takes_the_rest_for_paths)
{
    cr_assert_eq(hr_registry_drop("in/*.csv", NULL), &hr_file_drop);
    cr_assert_eq(hr_registry_drop("file:///x", NULL), &hr_file_drop);
    cr_assert_eq(hr_registry_drop("FILE:///x", NULL), &hr_file_drop);
    cr_assert_eq(hr_registry_drop("-", NULL), &hr_file_drop);
    cr_assert_eq(hr_registry_drop("a:b.csv", NULL), &hr_file_drop);
    cr_assert_eq(hr_registry_drop("./s3://x", NULL), &hr_file_drop);
    cr_assert_null(hr_registry_drop("nowhere://x", NULL));
    cr_assert_eq(hr_registry_sink("-", NULL), &hr_stdout_sink);
    cr_assert_eq(hr_registry_sink("zone/", NULL), &hr_zone_sink);
    cr_assert_null(hr_registry_sink("nowhere://x", NULL));
    cr_assert(strstr(hr_registry_schemes(), "file"));
}
