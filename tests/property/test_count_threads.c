/* test_count_threads.c: counting by several threads comes to the same as counting by one, wherever their blocks end. */
#include <inttypes.h>

#include "tests/property/documents.h"
#include "tests/property/promise.h"

/* The text as a file is read: at any place, by any thread. */
typedef struct file {
    const uint8_t *data;
    size_t size, at;
} file;

static hr_status file_read(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    (void)err;
    file *f = state;
    size_t left = f->size - f->at;
    *got = left < capacity ? left : capacity;
    memcpy(room, f->data + f->at, *got);
    f->at += *got;
    return *got ? HR_OK : HR_END;
}

static hr_status file_read_at(void *state, uint64_t at, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    const file *f = state;
    file part = {f->data, f->size, at < f->size ? (size_t)at : f->size};
    return file_read(&part, room, capacity, got, err);
}

static void file_leave(void *state)
{
    (void)state;
}

typedef struct answer {
    hr_status status;
    uint64_t records, skipped, damaged;
    char encoding[32]; /* decided while counting */
} answer;

static hr_options *json_options(const char *limit)
{
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    hr_options *options = NULL;
    REQUIRE(hr_options_new(table, count, &options, NULL) == HR_OK &&
            hr_options_set(options, "format", "ndjson", NULL) == HR_OK &&
            hr_options_set(options, "limits.row_bytes", limit, NULL) == HR_OK);
    return options;
}

/* `s` NULL: NDJSON, with the row limit. */
static answer count(const hr_buffer *text, const setup *s, const char *limit, unsigned threads, size_t block)
{
    file f = {text->data, text->size, 0};
    hr_stream stream = {
        .read = file_read, .interrupt = file_leave, .close = file_leave, .state = &f, .read_at = file_read_at};
    hr_options *options = s ? setup_options(s, "auto") : json_options(limit);
    hr_reader *reader = NULL;
    answer made = {0};
    REQUIRE(hr_options_set(options, "threads", (char[]){(char)('0' + threads), 0}, NULL) == HR_OK);
    REQUIRE(hr_reader_open_stream(&stream, options, false, &reader, NULL) == HR_OK);
    if (threads > 1)
        hr_reader_block(reader, block);
    made.status = hr_reader_count(reader, &made.records, &made.skipped, NULL);
    made.damaged = hr_reader_counted_rejects(reader);
    if (hr_reader_input(reader))
        snprintf(made.encoding, sizeof made.encoding, "%s", hr_input_encoding(hr_reader_input(reader))->name);
    hr_reader_close(reader);
    hr_options_free(options);
    return made;
}

static bool agrees(const hr_buffer *text, const setup *s, const char *limit, uint64_t *seed)
{
    answer one = count(text, s, limit, 1, 0);
    for (unsigned threads = 2; threads <= 4; threads++) {
        size_t block = 1 + random_below(seed, text->size < 2000 ? 60 : text->size / 8);
        answer many = count(text, s, limit, threads, block);
        if (many.status == one.status && many.records == one.records && many.skipped == one.skipped &&
            many.damaged == one.damaged && !strcmp(many.encoding, one.encoding))
            continue;
        fprintf(stderr,
                "%u threads, blocks of %zu: %s, %" PRIu64 " records, %" PRIu64 " skipped, %" PRIu64
                " damaged; one: %s, %" PRIu64 ", %" PRIu64 ", %" PRIu64 "\n%.*s\n",
                threads, block, hr_status_name(many.status), many.records, many.skipped, many.damaged,
                hr_status_name(one.status), one.records, one.skipped, one.damaged,
                (int)(text->size < 4000 ? text->size : 4000), (const char *)text->data);
        return false;
    }
    return true;
}

static bool documents(uint64_t seed, size_t rounds, size_t most)
{
    for (size_t round = 0; round < rounds; round++) {
        hr_buffer text = {0};
        setup s = random_setup(&seed, random_below(&seed, 3) == 0);
        if (random_below(&seed, 2))
            s.encoding = NULL; /* nothing is decided while there is only ASCII */
        random_document(&seed, &s, &utf8_ink, 50 + random_below(&seed, most), &text);
        bool good = agrees(&text, &s, NULL, &seed);
        hr_buffer_free(&text);
        if (!good)
            return false;
    }
    return true;
}

static bool of_small_documents(uint64_t seed, size_t times)
{
    return documents(seed, FEWER(3000) * times, 400);
}

static bool of_larger_documents(uint64_t seed, size_t times)
{
    return documents(seed + 1, FEWER(150) * times, 60000);
}

static void put(hr_buffer *out, const char *text)
{
    REQUIRE(hr_buffer_add(out, text, strlen(text)));
}

/* Rows of one kind, and now and then one of another. */
static bool of_mostly_even_documents(uint64_t seed, size_t times)
{
    static const char *const rows[] = {"1,two,three\n",
                                       "1,\"two\",three\n",
                                       "1,\"two\nlines\",\"a \"\"word\"\"\"\n",
                                       "1,12\" pipe,three\r\n",
                                       "\"\",\"\",\"\"\n",
                                       "\",\",\",\n,\",\"\n\"\n",
                                       "a,b,c\r",
                                       "1,\"\n\n\n\",3\n"};
    static const char *const others[] = {"\n",   "#x\"\n",         "1,\"damage\" x,3\n", "1,\"never closed,3\n",
                                         "\r\n", "\xC3\xA9,2,3\n", "\xE9,2,3\n",         "1,2\",\"3\n"};
    for (size_t round = 0; round < FEWER(600) * times; round++) {
        hr_buffer text = {0};
        setup s = random_setup(&seed, random_below(&seed, 4) == 0);
        s.csv.delimiter = ',';
        s.csv.quote = '"';
        s.csv.escape = -1;
        s.encoding = random_below(&seed, 2) ? "utf-8" : NULL;
        size_t kind = random_below(&seed, HR_COUNT(rows)), count = 20 + random_below(&seed, 400);
        uint64_t rare = random_below(&seed, 2) ? 5 + random_below(&seed, 400) : 1000000;
        for (size_t i = 0; i < count; i++)
            put(&text, random_below(&seed, rare) ? rows[kind] : others[random_below(&seed, HR_COUNT(others))]);
        bool good = agrees(&text, &s, NULL, &seed);
        hr_buffer_free(&text);
        if (!good)
            return false;
    }
    return true;
}

static bool of_lines_of_json(uint64_t seed, size_t times)
{
    static const char *const rows[] = {"{\"id\":1,\"name\":\"Ann\"}\n", "[1,2.5,{\"a\":[true,null]}]\r\n", "7\n"};
    static const char *const others[] = {"\n",
                                         " \r\n",
                                         "{\"id\":1\n",
                                         "{\"a\":\"never closed}\n",
                                         "{\"id\":01}\n",
                                         "{\"name\":\"\xC3\xA9\"}\n",
                                         "{\"name\":\"\xE9\"}\n",
                                         "[\"a long line, longer than the others and than the limit\"]\n"};
    for (size_t round = 0; round < FEWER(600) * times; round++) {
        hr_buffer text = {0};
        size_t kind = random_below(&seed, HR_COUNT(rows)), lines = 20 + random_below(&seed, 400);
        uint64_t rare = random_below(&seed, 2) ? 2 + random_below(&seed, 400) : 1000000;
        for (size_t i = 0; i < lines; i++)
            put(&text, random_below(&seed, rare) ? rows[kind] : others[random_below(&seed, HR_COUNT(others))]);
        if (random_below(&seed, 2))
            put(&text, "{\"last\":1}");
        bool good = agrees(&text, NULL, random_below(&seed, 2) ? "40" : "1000000", &seed);
        hr_buffer_free(&text);
        if (!good)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const promise promises[] = {{"the same count of small documents", of_small_documents},
                                       {"the same count of larger documents", of_larger_documents},
                                       {"the same count of mostly even documents", of_mostly_even_documents},
                                       {"the same count of lines of JSON", of_lines_of_json}};
    return keep_promises(promises, HR_COUNT(promises), argc, argv);
}
