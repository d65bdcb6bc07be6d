/* input_readings.h: what the tests of an input share: reading it whole however it comes, and texts in other encodings.
 */
#ifndef HR_TESTS_INPUT_READINGS_H
#define HR_TESTS_INPUT_READINGS_H

#include <iconv.h>

#include "tests/unit/input_samples.h"

/* ---- reading everything ------------------------------------------------------------------------------------ */

typedef struct reading {
    bytes text;
    hr_status status;
    hr_error error;
    char encoding[32];
    uint64_t shift;
    bool identity;
} reading;

static inline void read_on(hr_input *input, size_t room, reading *out)
{
    size_t capacity = 1 << 12, got;
    uint8_t *block = malloc(room);
    out->text.data = malloc(capacity);
    out->text.size = 0;
    hr_error_clear(&out->error);
    while ((out->status = hr_input_read(input, block, room, &got, &out->error)) == HR_OK) {
        cr_assert(got > 0 && got <= room);
        while (out->text.size + got > capacity)
            out->text.data = realloc(out->text.data, capacity *= 2);
        memcpy(out->text.data + out->text.size, block, got);
        out->text.size += got;
    }
    free(block);
    snprintf(out->encoding, sizeof out->encoding, "%s", hr_input_encoding(input)->name);
    out->shift = hr_input_shift(input);
    out->identity = hr_input_identity(input);
}

static inline reading read_stream(bytes stored, size_t split, size_t most, size_t room, const hr_input_options *options)
{
    memory_stream memory = {.data = stored, .split = split, .most = most};
    hr_stream stream = stream_over(&memory);
    hr_input *input = NULL;
    reading out;
    hr_status status = hr_input_new(&stream, options, &input, &out.error);
    cr_assert_eq(status, HR_OK, "%s", out.error.text);
    read_on(input, room, &out);
    hr_input_close(input);
    cr_assert_eq(memory.closed, 1);
    return out;
}

static inline reading read_fed(bytes stored, size_t split, size_t room, const hr_input_options *options)
{
    hr_input *input = NULL;
    reading first, out;
    cr_assert_eq(hr_input_new(NULL, options, &input, NULL), HR_OK);
    cr_assert_eq(hr_input_feed(input, stored.data, split, NULL), HR_OK);
    read_on(input, room, &first);
    cr_assert_eq(first.status, HR_AGAIN);
    cr_assert_eq(hr_input_feed(input, stored.data + split, stored.size - split, NULL), HR_OK);
    cr_assert_eq(hr_input_finish(input, NULL), HR_OK);
    read_on(input, room, &out);
    hr_input_close(input);
    uint8_t *whole = malloc(first.text.size + out.text.size + 1);
    memcpy(whole, first.text.data, first.text.size);
    memcpy(whole + first.text.size, out.text.data, out.text.size);
    free(first.text.data);
    free(out.text.data);
    out.text = (bytes){whole, first.text.size + out.text.size};
    return out;
}

static inline void compare(reading got, bytes text, hr_status status, const char *encoding, size_t split, size_t room)
{
    cr_assert_eq(got.status, status, "split %zu room %zu: %s (%s)", split, room, hr_status_name(got.status),
                 got.error.text);
    cr_assert(same(got.text, text), "split %zu room %zu: %zu bytes of text, not %zu", split, room, got.text.size,
              text.size);
    if (encoding)
        cr_assert_str_eq(got.encoding, encoding, "split %zu room %zu: %s", split, room, got.encoding);
    free(got.text.data);
}

static inline void expect_at(size_t splits, bytes stored, const hr_input_options *options, bytes text, hr_status status,
                             const char *encoding)
{
    static const size_t rooms[] = {64, 65, 100, 4096};
    size_t step = stored.size / splits + 1;
    for (size_t split = 0; split <= stored.size; split += step) {
        size_t room = rooms[split / step % HR_COUNT(rooms)];
        compare(read_stream(stored, split, 0, room, options), text, status, encoding, split, room);
        compare(read_fed(stored, split, room, options), text, status, encoding, split, room);
    }
    for (size_t room = 64; room < 64 + splits / 7; room++)
        compare(read_stream(stored, 0, room % 7, room, options), text, status, encoding, 0, room);
}

static inline void expect(bytes stored, const hr_input_options *options, bytes text, hr_status status,
                          const char *encoding)
{
    expect_at(300, stored, options, text, status, encoding);
}

/* ---- samples in other encodings ---------------------------------------------------------------------------- */

static inline bytes convert(bytes text, const char *to)
{
    iconv_t handle = iconv_open(to, "UTF-8");
    cr_assert_neq(handle, (iconv_t)-1, "%s", to);
    bytes out = {scratch(text.size * 5 + 16), 0};
    char *in = (char *)text.data, *room = (char *)out.data;
    size_t left = text.size, capacity = text.size * 5 + 16;
    cr_assert_eq(iconv(handle, &in, &left, &room, &capacity), 0);
    iconv(handle, NULL, NULL, &room, &capacity);
    iconv_close(handle);
    out.size = (size_t)(room - (char *)out.data);
    return out;
}

static inline bytes repeat(const char *text, size_t times)
{
    bytes out = {scratch(strlen(text) * times + 1), strlen(text) * times};
    for (size_t i = 0; i < times; i++)
        memcpy(out.data + i * strlen(text), text, strlen(text));
    return out;
}

static inline size_t character(const uint8_t *text)
{
    return *text < 0x80 ? 1 : *text < 0xE0 ? 2 : *text < 0xF0 ? 3 : 4;
}

static const struct {
    const char *name, *converter, *text;
} kinds[] = {
    {"utf-16le", "UTF-16LE", "id,nom\n1,é€ 日本 𝄞\n2,plain\n3,ß\n"},
    {"utf-16be", "UTF-16BE", "id,nom\n1,é€ 日本 𝄞\n2,plain\n3,ß\n"},
    {"utf-32le", "UTF-32LE", "id,nom\n1,é€ 日本 𝄞\n2,plain\n3,ß\n"},
    {"windows-1252", "CP1252", "id,nom,prix\n1,Zoé Müller,12 €\n2,naïve façade,3\n"},
    {"shift_jis", "CP932", "id,名前\n1,日本語テキスト\n2,ｶﾅ plain\n3,表示\n"},
    {"gb18030", "GB18030", "id,名字\n1,中文文本\n2,é 𝄞 plain\n3,数据\n"},
    {"euc-kr", "CP949", "id,이름\n1,한국어 텍스트\n2,plain\n"},
    {"big5", "BIG5", "id,名字\n1,中文文本資料\n2,plain\n"},
};

static inline hr_input *open_memory(memory_stream *memory, const hr_input_options *options)
{
    hr_stream stream = stream_over(memory);
    hr_input *input = NULL;
    cr_assert_eq(hr_input_new(&stream, options, &input, NULL), HR_OK);
    return input;
}

/* ASCII rows, and then rows of another kind. */
static inline bytes late(size_t before, const char *text, size_t times, bytes *utf8, const char *converter)
{
    *utf8 = some_rows(before);
    bytes tail = repeat(text, times);
    *utf8 = join(*utf8, tail.data, tail.size);
    return convert(*utf8, converter);
}

#endif
