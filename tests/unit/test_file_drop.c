/* test_file_drop.c: which files a path names, what is told of each, and how they are put away. */
#include "tests/unit/drop_samples.h"

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

/* ---- moving -------------------------------------------------------------------------------------------------- */

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
