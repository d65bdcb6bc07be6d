/* test_input.c: the text of an input, however the bytes arrive, and when its encoding is decided. */
#include "core/base/sha256.h"
#include "tests/unit/input_readings.h"

TestSuite(input, .fini = scratch_free);

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
    static const char *const beginnings[] = {"\xEF\xBB\xBF", "\xFF\xFE",   "\x1F\x8B\x08\x01", "\x28\xB5\x2F\xFD",
                                             "PK\x03\x04",   "BZh91AY&SY", "\xFD\067zXZ",      "\xE4 is latin"};
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
