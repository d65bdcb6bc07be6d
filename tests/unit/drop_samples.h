/* drop_samples.h: what the tests of the drop of files share: listing, and reading whole objects. */
#ifndef HR_TESTS_DROP_SAMPLES_H
#define HR_TESTS_DROP_SAMPLES_H

#include "tests/unit/file_samples.h"

TestSuite(drop, .init = make_root, .fini = remove_root, .timeout = 20);

typedef struct seen {
    char text[8192];
    size_t count;
    hr_object last;
} seen;

/* Names without the root, separated by '|'. */
static inline hr_status note(void *context, const hr_object *object, hr_error *err)
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

static inline void *drop_open(const char *uri)
{
    void *state = calloc(1, hr_file_drop.state_size);
    hr_error err;
    cr_assert_eq(hr_file_drop.open(state, uri, NULL, &err), HR_OK, "%s", err.text);
    return state;
}

static inline void drop_close(void *state)
{
    hr_file_drop.close(state);
    free(state);
}

static inline hr_status list(const char *uri, const char *after, seen *s, hr_error *err)
{
    void *drop = drop_open(uri);
    memset(s, 0, sizeof *s);
    hr_status status = hr_file_drop.list(drop, after, note, s, err);
    drop_close(drop);
    return status;
}

static inline void assert_lists(const char *uri, const char *expected)
{
    seen s;
    hr_error err;
    cr_assert_eq(list(uri, NULL, &s, &err), HR_OK, "%s", err.text);
    cr_assert_str_eq(s.text, expected, "%s lists %s, not %s", uri, s.text, expected);
    hr_object_clear(&s.last);
}

static inline hr_object object_of(const char *path)
{
    void *drop = drop_open(path);
    hr_object object;
    hr_error err;
    cr_assert_eq(hr_file_drop.stat(drop, path, &object, &err), HR_OK, "%s", err.text);
    drop_close(drop);
    return object;
}

static inline hr_status read_all(const hr_object *object, uint64_t from, char *room, size_t capacity, hr_error *err)
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

static inline void make_inputs(void)
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

#endif
