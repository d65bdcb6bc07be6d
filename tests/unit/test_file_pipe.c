/* test_file_pipe.c: a pipe that is read holds enough for writer and reader to work at the same time. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/file/file.h"

/* A pipe of `size` bytes in a folder of its own, its stream, and what it holds once the stream is open. */
static int held_when_open(int size)
{
    char folder[] = "/tmp/headrace-pipe-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    cr_assert_eq(mkfifo("pipe", 0666), 0);
    int end = open("pipe", O_RDWR | O_CLOEXEC);
    cr_assert(end >= 0 && fcntl(end, F_SETPIPE_SZ, size) >= size);
    char uri[] = "pipe";
    hr_object object = {.uri = uri, .size = HR_UNKNOWN};
    hr_stream stream;
    cr_assert_eq(hr_file_open_range(NULL, &object, 0, &stream, NULL), HR_OK);
    int held = fcntl(end, F_GETPIPE_SZ);
    stream.close(stream.state);
    close(end);
    unlink("pipe");
    rmdir(folder);
    return held;
}

Test(pipe, holds_more_than_at_first)
{
    cr_assert_geq(held_when_open(64 << 10), 256 << 10);
}

Test(pipe, is_never_made_smaller)
{
    cr_assert_geq(held_when_open(1 << 20), 1 << 20);
}
