/* test_input.c: the text of an input, its way back to the bytes it came from, and its resumption, however the bytes
 * arrive. */
#include <iconv.h>

#include "core/base/sha256.h"
#include "tests/unit/input_samples.h"

TestSuite(input, .fini = scratch_free);

/* ---- reading everything ------------------------------------------------------------------------------------ */

typedef struct reading {
    bytes text;
    hr_status status;
    hr_error error;
    char encoding[32];
    uint64_t shift;
    bool identity;
} reading;

static void read_on(hr_input *input, size_t room, reading *out)
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

static reading read_stream(bytes stored, size_t split, size_t most, size_t room, const hr_input_options *options)
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

static reading read_fed(bytes stored, size_t split, size_t room, const hr_input_options *options)
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

static void compare(reading got, bytes text, hr_status status, const char *encoding, size_t split, size_t room)
{
    cr_assert_eq(got.status, status, "split %zu room %zu: %s (%s)", split, room, hr_status_name(got.status),
                 got.error.text);
    cr_assert(same(got.text, text), "split %zu room %zu: %zu bytes of text, not %zu", split, room, got.text.size,
              text.size);
    if (encoding)
        cr_assert_str_eq(got.encoding, encoding, "split %zu room %zu: %s", split, room, got.encoding);
    free(got.text.data);
}

static void expect_at(size_t splits, bytes stored, const hr_input_options *options, bytes text, hr_status status,
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

static void expect(bytes stored, const hr_input_options *options, bytes text, hr_status status, const char *encoding)
{
    expect_at(300, stored, options, text, status, encoding);
}

/* ---- samples in other encodings ---------------------------------------------------------------------------- */

static bytes convert(bytes text, const char *to)
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

static bytes repeat(const char *text, size_t times)
{
    bytes out = {scratch(strlen(text) * times + 1), strlen(text) * times};
    for (size_t i = 0; i < times; i++)
        memcpy(out.data + i * strlen(text), text, strlen(text));
    return out;
}

static size_t character(const uint8_t *text)
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

Test(input, pinned_encodings_decode_alike_under_every_split)
{
    for (size_t i = 0; i < HR_COUNT(kinds); i++) {
        bytes text = repeat(kinds[i].text, 2);
        hr_input_options options = {.encoding = kinds[i].name};
        expect(convert(text, kinds[i].converter), &options, text, HR_END, kinds[i].name);
    }
}

/* Bytes that the encoding does not have become one 0xFF each. */
Test(input, undecodable_bytes_are_kept_as_markers)
{
    bytes text = text_bytes("ab\xFF\xFF"
                            "c\xFF"),
          wide = text_bytes("a\xFF");
    bytes stored = text_bytes("ab\x81\xFF"
                              "c\x81");
    hr_input_options options = {.encoding = "shift_jis"};
    expect(stored, &options, text, HR_END, "shift_jis");
    options.encoding = "utf-16le";
    expect(join((bytes){NULL, 0}, "a\0b", 3), &options, wide, HR_END, "utf-16le");
}

Test(input, marks_decide_at_once_and_are_removed)
{
    static const struct {
        const char *mark;
        size_t size;
        const char *name, *converter;
    } marks[] = {{"\xEF\xBB\xBF", 3, "utf-8", "UTF-8"},
                 {"\xFF\xFE", 2, "utf-16le", "UTF-16LE"},
                 {"\xFE\xFF", 2, "utf-16be", "UTF-16BE"},
                 {"\xFF\xFE\0\0", 4, "utf-32le", "UTF-32LE"},
                 {"\0\0\xFE\xFF", 4, "utf-32be", "UTF-32BE"}};
    static const char *const texts[] = {"", "a", "a,b\n1,é\n", "日本,𝄞\n"};
    for (size_t i = 0; i < HR_COUNT(marks); i++)
        for (size_t k = 0; k < HR_COUNT(texts); k++) {
            bytes text = text_bytes(texts[k]), body = convert(text, marks[i].converter);
            bytes stored = join(join((bytes){NULL, 0}, marks[i].mark, marks[i].size), body.data, body.size);
            expect(stored, NULL, text, HR_END, marks[i].name);
            hr_input_options pinned = {.encoding = marks[i].name};
            expect(stored, &pinned, text, HR_END, marks[i].name);
            /* A fed input needs no sample to go on. */
            hr_input *input = NULL;
            uint8_t room[64];
            size_t got = 0;
            cr_assert_eq(hr_input_new(NULL, NULL, &input, NULL), HR_OK);
            cr_assert_eq(hr_input_feed(input, stored.data, stored.size, NULL), HR_OK);
            if (stored.size >= 12)
                cr_assert_eq(hr_input_read(input, room, sizeof room, &got, NULL), HR_OK);
            if (stored.size >= 12)
                cr_assert_eq(hr_input_encoding(input)->bom, marks[i].size);
            hr_input_close(input);
        }
    hr_input_options big = {.encoding = "utf-16"};
    expect(join((bytes){NULL, 0}, "\xFE\xFF\0a", 4), &big, text_bytes("a"), HR_END, "utf-16be");
    reading got = read_stream(text_bytes("\xEF\xBB\xBF"
                                         "abc"),
                              0, 0, 64, NULL);
    cr_assert(got.identity && got.shift == 3);
    free(got.text.data);
}

Test(input, records_are_what_they_are_whatever_they_begin_with)
{
    static const char *const beginnings[] = {"\xEF\xBB\xBF",
                                             "\xFF\xFE",
                                             "\x1F\x8B\x08\x01",
                                             "\x28\xB5\x2F\xFD",
                                             "PK\x03\x04",
                                             "BZh91AY&SY",
                                             "\xFD"
                                             "7zXZ",
                                             "\xE4 is latin"};
    for (size_t i = 0; i < HR_COUNT(beginnings); i++) {
        bytes text = join(text_bytes(beginnings[i]), ",1\n", 3);
        hr_input_options options = {.records = true};
        for (size_t split = 0; split <= text.size; split++) {
            reading got = read_fed(text, split, 64, &options);
            cr_assert_eq(got.status, HR_END);
            cr_assert(got.identity && got.shift == 0);
            cr_assert_eq(got.text.size, text.size);
            cr_assert_arr_eq(got.text.data, text.data, text.size);
            free(got.text.data);
        }
    }
}

Test(input, ascii_and_utf8_pass_unchanged_also_where_invalid)
{
    bytes plain = some_rows(20), utf8 = repeat("é,日本,𝄞\n", 12);
    expect(plain, NULL, plain, HR_END, "ascii");
    expect(utf8, NULL, utf8, HR_END, "utf-8");
    expect(text_bytes(""), NULL, text_bytes(""), HR_END, "ascii");
    expect(text_bytes("x"), NULL, text_bytes("x"), HR_END, "ascii");
    bytes invalid = join(repeat("é,日本\n", 6), "\xE2\x82,\xFF\xC0\x80\xF0\x9F\x98", 9);
    hr_input_options pinned = {.encoding = "UTF8"};
    expect(invalid, &pinned, invalid, HR_END, "utf-8");
    /* A later part in another encoding does not change what was decided. */
    hr_input_options small = {.sample = 64};
    bytes mixed = join(repeat("é,日本\n", 20), "Zo\xE9\n", 5);
    expect(mixed, &small, mixed, HR_END, "utf-8");
}

Test(input, utf8_characters_are_never_divided)
{
    bytes utf8 = repeat("aé日𝄞", 100);
    for (size_t room = 64; room < 80; room++)
        for (size_t most = 1; most < 12; most++) {
            memory_stream memory = {.data = utf8, .most = most};
            hr_stream stream = stream_over(&memory);
            hr_input_options options = {.encoding = most % 2 ? "utf-8" : NULL, .sample = 20};
            hr_input *input = NULL;
            uint8_t block[80];
            size_t got;
            cr_assert_eq(hr_input_new(&stream, &options, &input, NULL), HR_OK);
            while (hr_input_read(input, block, room, &got, NULL) == HR_OK) {
                size_t at = 0;
                while (at < got)
                    at += character(block + at);
                cr_assert_eq(at, got);
            }
            hr_input_close(input);
        }
}

/* ---- deciding late ----------------------------------------------------------------------------------------- */

/* ASCII rows, and then rows of another kind. */
static bytes late(size_t before, const char *text, size_t times, bytes *utf8, const char *converter)
{
    *utf8 = some_rows(before);
    bytes tail = repeat(text, times);
    *utf8 = join(*utf8, tail.data, tail.size);
    return convert(*utf8, converter);
}

Test(input, a_late_first_other_byte_is_judged_by_the_text_around_it)
{
    static const size_t before[] = {0, 8, 200};
    for (size_t i = 0; i < HR_COUNT(before); i++)
        for (size_t sample = 512; sample < 3000; sample += 1100) {
            bytes utf8, stored = late(before[i], "1,Zoé Müller à l’hôtel,12 €\n", 50, &utf8, "CP1252");
            hr_input_options options = {.sample = sample};
            expect_at(20, stored, &options, utf8, HR_END, "windows-1252");
            stored = late(before[i], "1,Zoé Müller à l’hôtel,12 €\n", 50, &utf8, "UTF-8");
            expect_at(20, stored, &options, utf8, HR_END, "utf-8");
            stored = late(before[i], "1,日本語のテキストはここにあります。これは名前です\n", 50, &utf8, "CP932");
            expect_at(20, stored, &options, utf8, HR_END, "shift_jis");
        }
}

Test(input, utf16_without_a_mark_is_seen_in_the_first_sample)
{
    bytes utf8 = some_rows(100), accented = repeat("id,nom\n1,Zoé\n", 30);
    expect(convert(utf8, "UTF-16LE"), NULL, utf8, HR_END, "utf-16le");
    expect(convert(utf8, "UTF-16BE"), NULL, utf8, HR_END, "utf-16be");
    expect(convert(accented, "UTF-16LE"), NULL, accented, HR_END, "utf-16le");
}

Test(input, the_decision_waits_for_the_sample_and_says_why)
{
    hr_input *input = NULL;
    uint8_t room[4096];
    size_t got = 0;
    hr_input_options options = {.sample = 100};
    cr_assert_eq(hr_input_new(NULL, &options, &input, NULL), HR_OK);
    cr_assert_str_eq(hr_input_encoding(input)->name, "ascii");
    bytes plain = some_rows(10);
    cr_assert_eq(hr_input_feed(input, plain.data, 99, NULL), HR_OK);
    cr_assert_eq(hr_input_read(input, room, sizeof room, &got, NULL), HR_AGAIN);
    cr_assert_eq(hr_input_feed(input, plain.data + 99, 2, NULL), HR_OK);
    cr_assert_eq(hr_input_read(input, room, sizeof room, &got, NULL), HR_OK);
    cr_assert_eq(hr_input_feed(input, "\n\xE9", 2, NULL), HR_OK);
    while (hr_input_read(input, room, sizeof room, &got, NULL) == HR_OK)
        cr_assert_null(memchr(room, 0xE9, got));
    cr_assert_str_eq(hr_input_encoding(input)->name, "ascii");
    cr_assert_eq(hr_input_finish(input, NULL), HR_OK);
    cr_assert_eq(hr_input_read(input, room, sizeof room, &got, NULL), HR_OK);
    cr_assert(strstr(hr_input_encoding(input)->evidence, "from byte 102 on"), "%s", hr_input_encoding(input)->evidence);
    hr_input_close(input);
}

/* ---- compressed -------------------------------------------------------------------------------------------- */

Test(input, compressed_inputs_give_the_same_text)
{
    bytes utf8, stored = late(20, "1,Zoé Müller à l’hôtel,12 €\n", 20, &utf8, "CP1252");
    expect(gzip(stored.data, stored.size, 6, Z_DEFAULT_STRATEGY, true), NULL, utf8, HR_END, "windows-1252");
    expect(zstd(stored.data, stored.size, 100, 0), NULL, utf8, HR_END, "windows-1252");
    hr_input_options small = {.sample = 64};
    expect(gzip(utf8.data, utf8.size, 6, Z_DEFAULT_STRATEGY, false), &small, utf8, HR_END, "utf-8");
}

Test(input, text_before_damage_comes_first_and_the_error_stays)
{
    bytes rows = some_rows(30), stored = gzip(rows.data, rows.size, 6, Z_DEFAULT_STRATEGY, false);
    for (size_t cut = 20; cut < stored.size; cut += 11) {
        reading want = read_stream((bytes){stored.data, cut}, 0, 0, 4096, NULL);
        cr_assert_eq(want.status, HR_E_CORRUPT);
        cr_assert_eq(want.error.offset, want.text.size);
        cr_assert(strstr(want.error.text, "stored byte"));
        expect((bytes){stored.data, cut}, NULL, want.text, HR_E_CORRUPT, "ascii");
        free(want.text.data);
    }
    /* Also where the damage is what ends the sample, and the text is decoded. */
    bytes utf8, latin = late(2, "1,Zoé Müller à l’hôtel,12 €\n", 20, &utf8, "CP1252");
    stored = gzip(latin.data, latin.size, 6, Z_DEFAULT_STRATEGY, false);
    expect((bytes){stored.data, stored.size - 4}, NULL, utf8, HR_E_CORRUPT, "windows-1252");
}

Test(input, a_broken_stream_does_not_decide_from_half_a_sample)
{
    bytes utf8, stored = late(0, "1,Zoé Müller à l’hôtel,12 €\n", 2, &utf8, "CP1252");
    memory_stream memory = {.data = stored, .failure = HR_E_IO};
    hr_stream stream = stream_over(&memory);
    hr_input *input = NULL;
    uint8_t room[4096];
    size_t got = 77;
    hr_error err;
    cr_assert_eq(hr_input_new(&stream, NULL, &input, NULL), HR_OK);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(hr_input_read(input, room, sizeof room, &got, &err), HR_E_IO);
        cr_assert_str_eq(err.text, "the stream broke");
        cr_assert_eq(got, 77);
    }
    int reads = memory.reads;
    cr_assert_eq(hr_input_read(input, room, sizeof room, &got, NULL), HR_E_IO);
    cr_assert_eq(memory.reads, reads);
    cr_assert_str_eq(hr_input_encoding(input)->name, "ascii");
    hr_input_close(input);
}

/* ---- the way back ------------------------------------------------------------------------------------------ */

/* A map from each character boundary of the text to its raw offset, made character by character. */
static uint64_t *naive_map(bytes text, const char *converter, uint64_t shift)
{
    uint64_t *map = scratch((text.size + 1) * sizeof *map), raw = shift;
    memset(map, 0xFF, (text.size + 1) * sizeof *map);
    for (size_t at = 0; at < text.size; at += character(text.data + at)) {
        map[at] = raw;
        raw += convert((bytes){text.data + at, character(text.data + at)}, converter).size;
    }
    map[text.size] = raw;
    return map;
}

static hr_input *open_memory(memory_stream *memory, const hr_input_options *options)
{
    hr_stream stream = stream_over(memory);
    hr_input *input = NULL;
    cr_assert_eq(hr_input_new(&stream, options, &input, NULL), HR_OK);
    return input;
}

static void check_raw(hr_input *input, bytes stored, uint64_t from, uint64_t to)
{
    const uint8_t *data = NULL;
    hr_error err;
    cr_assert_eq(hr_input_raw(input, from, to, &data, &err), HR_OK, "%s", err.text);
    cr_assert(!memcmp(data, stored.data + from, to - from));
}

/* Reads all, releasing what is `keep` bytes behind, and asks for every boundary on the way and, what is kept, again. */
static void check_locate(bytes text, bytes stored, const uint64_t *map, size_t room, size_t keep,
                         const hr_input_options *options)
{
    memory_stream memory = {.data = stored, .most = 1 + room * 2};
    hr_input *input = open_memory(&memory, options);
    uint8_t *block = malloc(room);
    uint64_t raw = 0, end = 0, before = 0;
    size_t got;
    while (hr_input_read(input, block, room, &got, NULL) == HR_OK) {
        for (uint64_t at = end; at <= end + got; at++)
            if (map[at] != UINT64_MAX) {
                cr_assert_eq(hr_input_locate(input, at, &raw, NULL), HR_OK);
                cr_assert_eq(raw, map[at], "text %zu is raw %zu, not %zu", (size_t)at, (size_t)map[at], (size_t)raw);
            }
        end += got;
        for (uint64_t at = end; at + keep >= end && at >= before; at -= at ? 5 : 1) {
            if (map[at] != UINT64_MAX) {
                cr_assert_eq(hr_input_locate(input, at, &raw, NULL), HR_OK);
                cr_assert_eq(raw, map[at]);
                if (!hr_input_identity(input) && at >= hr_input_turn(input))
                    check_raw(input, stored, raw, map[end]);
            }
            if (at < 5)
                break;
        }
        if (end > keep) {
            before = end - keep;
            hr_input_release(input, before);
        }
    }
    cr_assert_eq(end, text.size);
    free(block);
    hr_input_close(input);
}

Test(input, every_character_is_found_again_in_the_raw_bytes)
{
    for (size_t i = 0; i < HR_COUNT(kinds); i++) {
        bytes text = repeat(kinds[i].text, 300), stored = convert(text, kinds[i].converter);
        uint64_t *map = naive_map(text, kinds[i].converter, 0);
        hr_input_options options = {.encoding = kinds[i].name};
        check_locate(text, stored, map, 64, 0, &options);
        check_locate(text, stored, map, 700, 300, &options);
        check_locate(text, stored, map, 5000, 9000, &options);
    }
}

Test(input, the_way_back_reaches_over_the_place_of_a_late_decision)
{
    bytes utf8, stored = late(150, "1,Zoé Müller à l’hôtel,12 €\n", 50, &utf8, "CP1252");
    uint64_t *map = naive_map(utf8, "CP1252", 0);
    hr_input_options options = {.sample = 512};
    check_locate(utf8, stored, map, 64, 100000, &options);
    check_locate(utf8, stored, map, 4096, 500, &options);
    /* What stands before the decision is kept also when it is all there is. */
    bytes few = text_bytes("id,nom\n1,Zoé – “x”\n2,é\n"), few_stored = convert(few, "CP1252");
    check_locate(few, few_stored, naive_map(few, "CP1252", 0), 64, 1000, &(hr_input_options){.sample = 6});
    memory_stream memory = {.data = stored};
    hr_input *input = open_memory(&memory, &options);
    uint8_t room[4096];
    size_t got, first = 0;
    cr_assert_eq(hr_input_turn(input), HR_UNKNOWN);
    while (hr_input_read(input, room, sizeof room, &got, NULL) == HR_OK)
        continue;
    while (stored.data[first] < 0x80)
        first++;
    cr_assert_eq(hr_input_turn(input), first - 1024);
    const uint8_t *data = NULL;
    cr_assert_eq(hr_input_raw(input, first - 1025, first, &data, NULL), HR_E_STATE);
    check_raw(input, stored, first - 1024, first + 10);
    hr_input_close(input);
}

Test(input, places_that_are_none_are_refused)
{
    bytes text = repeat("aé\n", 5000), stored = convert(text, "CP1252");
    memory_stream memory = {.data = stored};
    hr_input_options options = {.encoding = "windows-1252"};
    hr_input *input = open_memory(&memory, &options);
    uint8_t room[15000];
    size_t got;
    uint64_t raw = 5;
    const uint8_t *data;
    for (size_t end = 0; end < 10000; end += got)
        cr_assert_eq(hr_input_read(input, room, sizeof room, &got, NULL), HR_OK);
    cr_assert_eq(hr_input_locate(input, 2, &raw, NULL), HR_E_INVALID);
    cr_assert_eq(hr_input_locate(input, 100000, &raw, NULL), HR_E_INVALID);
    cr_assert_eq(raw, 5);
    cr_assert_eq(hr_input_raw(input, 5, 100000, &data, NULL), HR_E_STATE);
    cr_assert_eq(hr_input_raw(input, 6, 5, &data, NULL), HR_E_STATE);
    hr_input_release(input, 10000);
    cr_assert_eq(hr_input_locate(input, 0, &raw, NULL), HR_E_INVALID);
    hr_input_close(input);
}

/* Memory is bounded by what is not released: a long input leaves the input small. */
Test(input, released_bytes_are_forgotten)
{
    bytes text = repeat("1,Zoé Müller à l’hôtel,12 €\n", 40000), stored = convert(text, "CP1252");
    memory_stream memory = {.data = stored};
    hr_input_options options = {.encoding = "windows-1252"};
    hr_input *input = open_memory(&memory, &options);
    uint8_t room[30000];
    size_t got;
    uint64_t end = 0, raw;
    const uint8_t *data;
    while (hr_input_read(input, room, sizeof room, &got, NULL) == HR_OK) {
        cr_assert(!memcmp(room, text.data + end, got));
        end += got;
        hr_input_release(input, end);
    }
    cr_assert_eq(hr_input_locate(input, end, &raw, NULL), HR_OK);
    cr_assert_eq(raw, stored.size);
    cr_assert_eq(hr_input_raw(input, raw - 300000, raw, &data, NULL), HR_E_STATE);
    hr_input_close(input);
}

/* Escape sequences give bytes their meaning: lines can be found, and lead back to their own escape sequences. */
Test(input, lines_of_a_modal_encoding_are_found_again)
{
    bytes text = repeat("id,名前\n日本語,テキスト\nplain\n", 40), stored = convert(text, "ISO-2022-JP");
    hr_input_options options = {.encoding = "iso-2022-jp"};
    expect(stored, &options, text, HR_END, "iso-2022-jp");
    memory_stream memory = {.data = stored, .most = 50};
    hr_input *input = open_memory(&memory, &options);
    uint8_t room[100];
    size_t got;
    uint64_t end = 0, raw, lines = 0;
    while (hr_input_read(input, room, sizeof room, &got, NULL) == HR_OK)
        for (size_t i = 0; i < got; i++, end++) {
            if (room[i] != '\n')
                continue;
            lines++;
            cr_assert_eq(hr_input_locate(input, end + 1, &raw, NULL), HR_OK);
            uint64_t newlines = 0;
            for (uint64_t k = 0; k < raw; k++)
                newlines += stored.data[k] == '\n';
            cr_assert(newlines == lines && stored.data[raw - 1] == '\n');
            hr_input_release(input, end + 1);
        }
    cr_assert_eq(lines, 120);
    hr_input_close(input);
}

/* ---- resuming ---------------------------------------------------------------------------------------------- */

static void check_resume(bytes text, bytes stored, const uint64_t *map, const hr_input_options *base,
                         const char *encoding, size_t step)
{
    for (size_t at = 1; at <= text.size; at++) {
        if (map[at] == UINT64_MAX || (at % step && at + 3 < text.size))
            continue;
        hr_input_options options = *base;
        options.start_raw = map[at];
        options.start_text = at;
        options.start_encoding = encoding;
        bytes tail = {text.data + at, text.size - at};
        compare(read_stream(stored, at, at % 30, 64 + at % 100, &options), tail, HR_END, NULL, at, 0);
        compare(read_fed(stored, at / 2 % stored.size, 64 + at % 100, &options), tail, HR_END, NULL, at, 0);
    }
}

Test(input, resuming_at_any_character_gives_the_rest)
{
    for (size_t i = 0; i < HR_COUNT(kinds); i++) {
        bytes text = repeat(kinds[i].text, 6), stored = convert(text, kinds[i].converter);
        uint64_t *map = naive_map(text, kinds[i].converter, 0);
        check_resume(text, stored, map, &(hr_input_options){0}, kinds[i].name, 1);
        check_resume(text, stored, map, &(hr_input_options){.encoding = kinds[i].name}, NULL, 1);
    }
    bytes text = repeat("id,名前\nb,日本語,テ\n", 6), marked = join(text_bytes("\xEF\xBB\xBF"), text.data, text.size);
    check_resume(text, marked, naive_map(text, "UTF-8", 3), &(hr_input_options){0}, "utf-8", 1);
    bytes wide = convert(text, "UTF-16LE"), marked_wide = join(text_bytes("\xFF\xFE"), wide.data, wide.size);
    check_resume(text, marked_wide, naive_map(text, "UTF-16LE", 2), &(hr_input_options){0}, "utf-16le", 1);
    bytes packed = gzip(marked.data, marked.size, 6, Z_DEFAULT_STRATEGY, false);
    check_resume(text, packed, naive_map(text, "UTF-8", 3), &(hr_input_options){0}, "utf-8", 1);
}

Test(input, resuming_while_undecided_decides_as_if_never_stopped)
{
    hr_input_options options = {.sample = 256};
    bytes utf8, stored = late(60, "1,Zoé Müller à l’hôtel,12 €\n", 20, &utf8, "CP1252");
    check_resume(utf8, stored, naive_map(utf8, "CP1252", 0), &options, "ascii", 23);
    check_resume(utf8, stored, naive_map(utf8, "CP1252", 0), &options, "windows-1252", 3);
    stored = late(60, "1,日本語のテキストはここにあります。これは名前です\n", 20, &utf8, "CP932");
    check_resume(utf8, stored, naive_map(utf8, "CP932", 0), &options, "ascii", 61);
    bytes plain = some_rows(40);
    check_resume(plain, plain, naive_map(plain, "UTF-8", 0), &options, "ascii", 3);
}

Test(input, resuming_a_modal_encoding_knows_its_mode)
{
    bytes text = repeat("日本語,テキスト\nplain\n", 10), stored = convert(text, "ISO-2022-JP");
    for (size_t at = 1; at < text.size; at++) {
        if ((text.data[at] & 0xC0) == 0x80)
            continue;
        hr_input_options options = {.start_raw = 1, .start_text = at, .start_encoding = "iso-2022-jp"};
        compare(read_stream(stored, 0, 10, 70, &options), (bytes){text.data + at, text.size - at}, HR_END,
                "iso-2022-jp", at, 70);
    }
}

Test(input, resuming_what_has_become_shorter_is_an_error)
{
    bytes rows = some_rows(3);
    static const char *const names[] = {"ascii", "utf-8", "windows-1252", "iso-2022-jp"};
    for (size_t i = 0; i < HR_COUNT(names); i++) {
        hr_input_options options = {
            .start_raw = rows.size + 1, .start_text = rows.size + 1, .start_encoding = names[i]};
        expect(rows, &options, text_bytes(""), HR_E_CHANGED, NULL);
        options.start_raw = options.start_text = rows.size;
        expect(rows, &options, text_bytes(""), HR_END, NULL);
    }
}

/* ---- the rest ---------------------------------------------------------------------------------------------- */

static void check_digest(hr_input *input, bytes stored)
{
    uint8_t digest[32], want[32];
    uint64_t taken = 0;
    cr_assert_eq(hr_input_digest(input, digest, &taken, NULL), HR_OK);
    cr_assert_leq(taken, stored.size);
    cr_assert_eq(taken, hr_input_stored(input));
    hr_sha256 hash;
    hr_sha256_begin(&hash);
    hr_sha256_add(&hash, stored.data, taken);
    hr_sha256_end(&hash, want);
    cr_assert(!memcmp(digest, want, 32));
}

Test(input, the_digest_is_of_the_stored_bytes_taken)
{
    bytes rows = some_rows(500),
          packed[] = {rows, gzip(rows.data, rows.size, 6, 0, true), zstd(rows.data, rows.size, 99, 0)};
    for (size_t i = 0; i < HR_COUNT(packed); i++) {
        memory_stream memory = {.data = packed[i], .most = 100};
        hr_input_options options = {.hash = true, .sample = 64};
        hr_input *input = open_memory(&memory, &options);
        uint8_t room[256];
        size_t got;
        check_digest(input, packed[i]);
        while (hr_input_read(input, room, sizeof room, &got, NULL) == HR_OK)
            check_digest(input, packed[i]);
        check_digest(input, packed[i]);
        cr_assert_eq(hr_input_stored(input), packed[i].size);
        cr_assert_eq(hr_input_compression(input), (hr_compression)i);
        hr_input_close(input);
    }
    hr_input *input = NULL;
    uint8_t digest[32];
    cr_assert_eq(hr_input_new(NULL, NULL, &input, NULL), HR_OK);
    cr_assert_eq(hr_input_digest(input, digest, NULL, NULL), HR_E_STATE);
    hr_input_close(input);
}

Test(input, interrupting_stops_the_stream_too)
{
    memory_stream memory = {.data = some_rows(10)};
    hr_input *input = open_memory(&memory, NULL);
    uint8_t room[64];
    size_t got;
    hr_input_interrupt(input);
    cr_assert_eq(memory.interrupted, 1);
    cr_assert_eq(hr_input_read(input, room, sizeof room, &got, NULL), HR_E_INTERRUPTED);
    cr_assert_eq(hr_input_read(input, room, sizeof room, &got, NULL), HR_E_INTERRUPTED);
    hr_input_close(input);
}

Test(input, calls_that_do_not_fit_are_refused)
{
    memory_stream memory = {.data = some_rows(10)};
    hr_stream stream = stream_over(&memory);
    hr_input *input = NULL;
    uint8_t room[64];
    size_t got;
    hr_error err;
    hr_input_options options = {.encoding = "klingon"};
    cr_assert_eq(hr_input_new(&stream, &options, &input, &err), HR_E_ENCODING);
    cr_assert(strstr(err.text, "klingon"));
    cr_assert_null(input);
    cr_assert_eq(memory.closed, 1);
    input = open_memory(&memory, NULL);
    cr_assert_eq(hr_input_feed(input, "x", 1, NULL), HR_E_STATE);
    cr_assert_eq(hr_input_finish(input, NULL), HR_E_STATE);
    cr_assert_eq(hr_input_read(input, room, 63, &got, NULL), HR_E_INVALID);
    cr_assert_eq(hr_input_read(input, room, 64, &got, NULL), HR_OK);
    hr_input_close(input);
    cr_assert_eq(hr_input_new(NULL, NULL, &input, NULL), HR_OK);
    cr_assert_eq(hr_input_finish(input, NULL), HR_OK);
    cr_assert_eq(hr_input_feed(input, "x", 1, NULL), HR_E_STATE);
    cr_assert_eq(hr_input_read(input, room, 64, &got, NULL), HR_END);
    cr_assert_eq(hr_input_read(input, room, 64, &got, NULL), HR_END);
    hr_input_close(input);
    hr_input_close(NULL);
}

#ifdef HR_FAULTS
extern long hr_fault_allocations;

/* Every allocation fails once: an error comes, nothing leaks, nothing crashes. */
Test(input, running_out_of_memory_is_an_error_at_every_step)
{
    bytes utf8, stored = late(40, "1,Zoé Müller à l’hôtel,12 €\n", 40, &utf8, "CP1252");
    bytes packed[] = {stored, gzip(stored.data, stored.size, 6, 0, true), zstd(stored.data, stored.size, 200, 0)};
    for (size_t i = 0; i < HR_COUNT(packed); i++) {
        bool finished = false;
        for (long n = 0; !finished; n++) {
            memory_stream memory = {.data = packed[i], .most = 200};
            hr_stream stream = stream_over(&memory);
            hr_input_options options = {.hash = true, .sample = 500};
            hr_input *input = NULL;
            uint8_t room[256];
            size_t got;
            uint64_t text = 0, raw;
            hr_error err;
            cr_assert_lt(n, 1000);
            hr_fault_allocations = n;
            hr_status status = hr_input_new(&stream, &options, &input, &err);
            while (status == HR_OK && (status = hr_input_read(input, room, sizeof room, &got, &err)) == HR_OK) {
                text += got;
                status = hr_input_locate(input, text, &raw, &err);
            }
            finished = hr_fault_allocations >= 0;
            hr_fault_allocations = -1;
            cr_assert(finished ? status == HR_END && text == utf8.size : status == HR_E_MEMORY || status == HR_END,
                      "allocation %ld: %s", n, hr_status_name(status));
            hr_input_close(input);
            cr_assert_eq(memory.closed, 1);
        }
    }
}
#endif
