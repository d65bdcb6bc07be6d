/* test_file_stream.c: reading a file, a pipe and standard input: from where it is told, to the end, or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#include "tests/unit/drop_samples.h"

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
