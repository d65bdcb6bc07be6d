/* support.h: what unit tests share: numbers that look random and are the same in every run, options of readers, a
 * folder of a test's own. */
#ifndef HR_TESTS_UNIT_SUPPORT_H
#define HR_TESTS_UNIT_SUPPORT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "headrace/headrace.h"

/* ---- numbers: xorshift64 (Marsaglia 2003) -------------------------------------------------------------------- */

static uint64_t seed = 88172645463325252u;

static inline uint64_t rnd64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static inline uint32_t rnd(uint32_t below)
{
    return (uint32_t)(rnd64() >> 33) % below;
}

/* ---- readers ------------------------------------------------------------------------------------------------- */

/* Options of a reader: pairs of a key and a value; those without a value are left alone. */
static inline hr_options *reader_options(const char *const (*pairs)[2], size_t count)
{
    size_t known;
    hr_options *options;
    hr_error err;
    const hr_option *table = hr_reader_options(&known);
    cr_assert_eq(hr_options_new(table, known, &options, &err), HR_OK);
    for (size_t i = 0; i < count; i++)
        if (pairs[i][1])
            cr_assert_eq(hr_options_set(options, pairs[i][0], pairs[i][1], &err), HR_OK, "%s", err.text);
    return options;
}

/* A reader that is fed, with these options. */
static inline hr_reader *reader_with(const char *const (*pairs)[2], size_t count)
{
    hr_options *options = reader_options(pairs, count);
    hr_reader *reader;
    hr_error err;
    cr_assert_eq(hr_reader_new(options, &reader, &err), HR_OK, "%s", err.text);
    hr_options_free(options);
    return reader;
}

/* All of its input. */
static inline void feed_all(hr_reader *reader, const void *data, size_t size)
{
    hr_error err;
    cr_assert_eq(hr_reader_feed(reader, data, size, &err), HR_OK, "%s", err.text);
    cr_assert_eq(hr_reader_finish(reader, &err), HR_OK, "%s", err.text);
}

/* ---- a folder, with the path of one file in it --------------------------------------------------------------- */

static char folder[64], path[128];

static inline void make_folder(void)
{
    strcpy(folder, "/tmp/test-headrace-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static inline void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

#endif
