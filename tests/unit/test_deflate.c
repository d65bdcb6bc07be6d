/* test_deflate.c: what is compressed comes out as it went in, with threads, without, and where none can be had. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/output/output.h"
#include "tests/unit/support.h"

static size_t gunzip(const uint8_t *in, size_t size, uint8_t *out, size_t capacity)
{
    size_t total = 0;
    while (size) { /* members */
        z_stream z = {.next_in = (Bytef *)in,
                      .avail_in = (uInt)size,
                      .next_out = out + total,
                      .avail_out = (uInt)(capacity - total)};
        cr_assert_eq(inflateInit2(&z, 31), Z_OK);
        cr_assert_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
        total += z.total_out;
        in += z.total_in;
        size -= z.total_in;
        inflateEnd(&z);
    }
    return total;
}

static size_t slurp(int fd, uint8_t **out)
{
    struct stat st;
    fstat(fd, &st);
    *out = malloc((size_t)st.st_size + 1);
    cr_assert_eq(pread(fd, *out, (size_t)st.st_size, 0), st.st_size);
    return (size_t)st.st_size;
}

Test(deflate, comes_out_as_it_went_in_and_can_begin_again)
{
    const char *const kinds[] = {"none", "gzip", "zstd"};
    size_t size = 3000000, at = 0;
    uint8_t *data = malloc(size), *back = malloc(size + 1), *stored;
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(rnd(3) ? 'a' + rnd(4) : rnd(256));
    for (size_t k = 0; k < 3; k++) {
        FILE *file = tmpfile();
        hr_deflate *deflate;
        cr_assert_eq(hr_deflate_new(kinds[k], fileno(file), &deflate, NULL), HR_OK);
        for (at = 0; at < size;) {
            size_t part = rnd(100) ? rnd(5000) : rnd(900000);
            part = part > size - at ? size - at : part;
            cr_assert_eq(hr_deflate_write(deflate, data + at, part, NULL), HR_OK);
            at += part;
            if (rnd(300) == 0)
                cr_assert_eq(hr_deflate_finish(deflate, NULL), HR_OK);
        }
        cr_assert_eq(hr_deflate_finish(deflate, NULL), HR_OK);
        cr_assert_eq(hr_deflate_finish(deflate, NULL), HR_OK); /* nothing new, nothing written */
        size_t stored_size = slurp(fileno(file), &stored);
        cr_assert_eq(stored_size, hr_deflate_written(deflate));
        cr_assert_eq(stored_size, hr_deflate_estimate(deflate));
        size_t got = k == 0   ? stored_size
                     : k == 1 ? gunzip(stored, stored_size, back, size + 1)
                              : ZSTD_decompress(back, size + 1, stored, stored_size);
        cr_assert_eq(got, size, "%s gave %zu bytes of %zu", kinds[k], got, size);
        cr_assert_eq(memcmp(k ? back : stored, data, size), 0);
        hr_deflate_free(deflate);
        free(stored);
        fclose(file);
    }
    free(data);
    free(back);
}

Test(deflate, nothing_is_a_valid_file_of_nothing)
{
    const char *const kinds[] = {"gzip", "zstd"};
    for (size_t k = 0; k < 2; k++) {
        uint8_t back[1], *stored;
        FILE *file = tmpfile();
        hr_deflate *deflate;
        cr_assert_eq(hr_deflate_new(kinds[k], fileno(file), &deflate, NULL), HR_OK);
        cr_assert_eq(hr_deflate_finish(deflate, NULL), HR_OK);
        size_t size = slurp(fileno(file), &stored);
        cr_assert_gt(size, 0);
        cr_assert_eq(k ? ZSTD_decompress(back, 1, stored, size) : gunzip(stored, size, back, 1), 0);
        hr_deflate_free(deflate);
        free(stored);
        fclose(file);
    }
}

Test(deflate, zstd_frames_carry_a_checksum)
{
    uint8_t back[16], *stored;
    FILE *file = tmpfile();
    hr_deflate *deflate;
    cr_assert_eq(hr_deflate_new("zstd", fileno(file), &deflate, NULL), HR_OK);
    cr_assert_eq(hr_deflate_write(deflate, "some bytes", 10, NULL), HR_OK);
    cr_assert_eq(hr_deflate_finish(deflate, NULL), HR_OK);
    size_t size = slurp(fileno(file), &stored);
    stored[size - 1] ^= 1;
    cr_assert(ZSTD_isError(ZSTD_decompress(back, sizeof back, stored, size)));
    hr_deflate_free(deflate);
    free(stored);
    fclose(file);
}

Test(deflate, a_full_disk_is_said_so)
{
    const char *const kinds[] = {"none", "gzip", "zstd"};
    for (size_t k = 0; k < 3; k++) {
        int fd = open("/dev/full", O_WRONLY);
        cr_assert_geq(fd, 0);
        hr_deflate *deflate;
        hr_error err;
        cr_assert_eq(hr_deflate_new(kinds[k], fd, &deflate, NULL), HR_OK);
        hr_status status = hr_deflate_write(deflate, "x", 1, &err);
        if (status == HR_OK)
            status = hr_deflate_finish(deflate, &err);
        cr_assert_eq(status, HR_E_SPACE);
        cr_assert_eq(err.status, HR_E_SPACE);
        cr_assert_eq(hr_deflate_write(deflate, "x", 1, &err), HR_E_STATE);
        hr_deflate_free(deflate);
        close(fd);
    }
}

Test(deflate, a_reader_that_went_away_is_said_so)
{
    int ends[2];
    hr_deflate *deflate;
    hr_error err;
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(pipe(ends), 0);
    close(ends[0]);
    cr_assert_eq(hr_deflate_new("none", ends[1], &deflate, NULL), HR_OK);
    cr_assert_eq(hr_deflate_write(deflate, "x", 1, NULL), HR_OK);
    cr_assert_eq(hr_deflate_finish(deflate, &err), HR_E_IO);
    cr_assert(strstr(err.text, "went away"));
    hr_deflate_free(deflate);
    close(ends[1]);
}

static void *interrupt_soon(void *deflate)
{
    usleep(50000);
    hr_deflate_interrupt(deflate);
    return NULL;
}

Test(deflate, a_write_that_waits_for_a_reader_can_be_interrupted, .timeout = 10)
{
    int ends[2];
    hr_deflate *deflate;
    pthread_t thread;
    uint8_t *data = calloc(1, 1 << 20);
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(hr_deflate_new("none", ends[1], &deflate, NULL), HR_OK);
    pthread_create(&thread, NULL, interrupt_soon, deflate);
    cr_assert_eq(hr_deflate_write(deflate, data, 1 << 20, NULL), HR_E_INTERRUPTED);
    pthread_join(thread, NULL);
    hr_deflate_free(deflate);
    free(data);
}

Test(deflate, an_unknown_compression_is_refused_and_suffixes_fit)
{
    hr_deflate *deflate = NULL;
    hr_error err;
    cr_assert_eq(hr_deflate_new("bzip2", 1, &deflate, &err), HR_E_INVALID);
    cr_assert(strstr(err.text, "bzip2"));
    cr_assert_str_eq(hr_output_suffix("csv", "zstd"), ".csv.zst");
    cr_assert_str_eq(hr_output_suffix("ndjson", "gzip"), ".ndjson.gz");
    cr_assert_str_eq(hr_output_suffix("csv", "none"), ".csv");
}

/* ---- a system that gives no threads -------------------------------------------------------------------------- */

static atomic_int threads_left = 1000;
static atomic_int threads_made;

/* Stands in front of the library's for the whole process, zstd included. */
__attribute__((visibility("default"))) int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                                                          void *(*start)(void *), void *argument)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    if (atomic_fetch_sub(&threads_left, 1) <= 0)
        return EAGAIN;
    atomic_fetch_add(&threads_made, 1);
    return real(thread, attributes, start, argument);
}

static void compress_with(unsigned threads, int left, int made)
{
    const size_t size = 9000000;
    uint8_t *data = malloc(size), *back = malloc(size), *stored;
    FILE *file = tmpfile();
    hr_deflate *deflate;
    hr_error err = {0};
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)('a' + rnd(4));
    cr_assert_eq(hr_deflate_new("zstd", fileno(file), &deflate, NULL), HR_OK);
    threads_left = left;
    threads_made = 0;
    hr_deflate_threads(deflate, threads);
    for (size_t at = 0; at < size; at += 3000000) { /* a frame each */
        cr_assert_eq(hr_deflate_write(deflate, data + at, 3000000, &err), HR_OK, "%s", err.text);
        cr_assert_eq(hr_deflate_finish(deflate, &err), HR_OK, "%s", err.text);
    }
    threads_left = 1000;
    cr_assert_eq(threads_made, made, "%d threads", threads_made);
    size_t stored_size = slurp(fileno(file), &stored);
    cr_assert_eq(stored_size, hr_deflate_written(deflate));
    cr_assert_eq(ZSTD_decompress(back, size, stored, stored_size), size);
    cr_assert_eq(memcmp(back, data, size), 0);
    hr_deflate_free(deflate);
    fclose(file);
    free(stored);
    free(data);
    free(back);
}

Test(deflate, zstd_compresses_with_threads_of_its_own)
{
    compress_with(3, 1000, 3);
}

Test(deflate, zstd_goes_on_alone_where_there_are_no_threads)
{
    compress_with(3, 0, 0);
}

Test(deflate, zstd_goes_on_alone_where_there_are_too_few_threads)
{
    compress_with(3, 2, 2);
}

Test(deflate, nothing_is_a_frame_where_there_are_no_threads)
{
    uint8_t back[1], *stored;
    FILE *file = tmpfile();
    hr_deflate *deflate;
    cr_assert_eq(hr_deflate_new("zstd", fileno(file), &deflate, NULL), HR_OK);
    hr_deflate_threads(deflate, 2);
    threads_left = 0;
    cr_assert_eq(hr_deflate_finish(deflate, NULL), HR_OK);
    threads_left = 1000;
    size_t size = slurp(fileno(file), &stored);
    cr_assert_gt(size, 0);
    cr_assert_eq(ZSTD_decompress(back, 1, stored, size), 0);
    hr_deflate_free(deflate);
    free(stored);
    fclose(file);
}
