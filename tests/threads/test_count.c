/* test_count.c: records counted by several threads, of CSV and NDJSON, and a count that is interrupted or meets damage
 * meanwhile; rows with joined columns made by several threads. For the thread sanitizer: its own main. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reader/reader.h"
#include "core/rows/batch.h"
#include "tests/threads/require.h"

enum { BLOCK = 20000, LINES = 60000 };

/* A text that is read as a file is: at any place, by any thread. */
typedef struct file {
    const char *data;
    size_t size, at;
} file;

static hr_status file_read_at(void *state, uint64_t at, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    (void)err;
    const file *f = state;
    size_t left = at < f->size ? f->size - (size_t)at : 0;
    *got = left < capacity ? left : capacity;
    memcpy(room, f->data + (*got ? at : 0), *got);
    return *got ? HR_OK : HR_END;
}

static hr_status file_read(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    file *f = state;
    hr_status status = file_read_at(state, f->at, room, capacity, got, err);
    f->at += *got;
    return status;
}

static void file_leave(void *state)
{
    (void)state;
}

/* `f` is what the reader reads until it is closed. */
static hr_reader *open_text(file *f, const char *text, const char *threads)
{
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    hr_options *options;
    hr_reader *reader;
    *f = (file){text, strlen(text), 0};
    hr_stream stream = {
        .read = file_read, .interrupt = file_leave, .close = file_leave, .state = f, .read_at = file_read_at};
    REQUIRE(hr_options_new(table, count, &options, NULL) == HR_OK);
    REQUIRE(hr_options_set(options, "threads", threads, NULL) == HR_OK);
    REQUIRE(hr_reader_open_stream(&stream, options, false, &reader, NULL) == HR_OK);
    hr_options_free(options);
    hr_reader_block(reader, BLOCK);
    return reader;
}

static char *lines_of(const char *first, const char *line, const char *rare)
{
    size_t room = LINES * (strlen(line) + strlen(rare) + 24) + strlen(first) + 1, used;
    char *text = malloc(room);
    REQUIRE(text);
    used = (size_t)sprintf(text, "%s", first);
    for (int i = 0; i < LINES; i++)
        used += (size_t)sprintf(text + used, line, i);
    sprintf(text + used, "%s", rare);
    return text;
}

static void count_as(const char *text, const char *threads, uint64_t *records, uint64_t *skipped, uint64_t *damaged)
{
    file f;
    hr_reader *reader = open_text(&f, text, threads);
    REQUIRE(hr_reader_count(reader, records, skipped, NULL) == HR_OK);
    *damaged = hr_reader_counted_rejects(reader);
    hr_reader_close(reader);
}

static void many_threads_count_what_one_counts(const char *text)
{
    uint64_t one[3], many[3];
    count_as(text, "1", &one[0], &one[1], &one[2]);
    count_as(text, "4", &many[0], &many[1], &many[2]);
    REQUIRE(one[0] >= LINES);
    REQUIRE(!memcmp(one, many, sizeof one));
}

static void *interrupt(void *reader)
{
    hr_reader_interrupt(reader);
    return NULL;
}

static void a_count_is_interrupted_by_another_thread(const char *text)
{
    file f;
    pthread_t other;
    uint64_t records = 0, skipped = 0;
    hr_reader *reader = open_text(&f, text, "4");
    REQUIRE(pthread_create(&other, NULL, interrupt, reader) == 0);
    hr_status status = hr_reader_count(reader, &records, &skipped, NULL);
    REQUIRE(status == HR_E_INTERRUPTED || (status == HR_OK && records >= LINES));
    pthread_join(other, NULL);
    hr_reader_close(reader);
}

static uint64_t sum_of(const char *text, const char *threads, bool join)
{
    static const uint32_t select[] = {2, 0};
    file f;
    hr_reader *reader = open_text(&f, text, threads);
    const char *const *names;
    size_t columns;
    uint32_t joined[2] = {2, 0};
    uint64_t sum = 0;
    hr_batch *batch;
    hr_status status = hr_reader_columns(reader, &names, &columns, NULL);
    REQUIRE(status == HR_OK && columns == 4);
    REQUIRE(!join || hr_reader_join(reader, select, 2, joined, NULL) == HR_OK);
    while ((status = hr_reader_next(reader, &batch, NULL)) == HR_OK) {
        const uint32_t *at = batch->flags & HR_BATCH_JOINED ? joined : select;
        for (size_t row = 0; row < batch->rows; row++)
            for (size_t i = 0; i < 2; i++) {
                hr_field field = hr_batch_field(batch, row, at[i]);
                for (size_t k = 0; k < field.size; k++)
                    sum = sum * 31 + field.data[k];
            }
        hr_batch_release(batch);
    }
    REQUIRE(status == HR_END);
    hr_reader_close(reader);
    return sum;
}

static void joined_columns_are_what_they_are_alone(const char *text)
{
    REQUIRE(sum_of(text, "4", true) == sum_of(text, "1", false));
}

int main(void)
{
    static const char *const rare_rows[] = {"", "1,\"two\nlines", "1,\"damage\" x,3,4\n1,2,3,4\n\n"};
    static const char *const rare_lines[] = {"", "\n{\"id\":01}\n", "{\"never\":\"closed"};
    for (size_t i = 0; i < 3; i++) {
        char *csv = lines_of("a,b,c,d\n", "%d,\"two\nlines\",\"a \"\"word\"\"\",x\n", rare_rows[i]);
        char *json = lines_of("", "{\"id\":%d,\"name\":[true,\"caf\xC3\xA9\"]}\n", rare_lines[i]);
        many_threads_count_what_one_counts(csv);
        many_threads_count_what_one_counts(json);
        a_count_is_interrupted_by_another_thread(csv);
        a_count_is_interrupted_by_another_thread(json);
        joined_columns_are_what_they_are_alone(csv);
        free(csv);
        free(json);
    }
    return 0;
}
