/* test_encoding.c: names of encodings, their decoders against iconv and against files, whatever the split of the input.
 */
#include <criterion/criterion.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/input/encoding.h"

static uint8_t *load(const char *name, size_t *size)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/encodings/%s", HR_TEST_DATA, name);
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    uint8_t *data = malloc(1 << 20);
    *size = fread(data, 1, 1 << 20, file);
    fclose(file);
    return data;
}

/* Decodes `in` in pieces of at most `piece` bytes into rooms of `room` bytes, as a caller that keeps what was not used.
 */
static size_t decode(hr_decoder *decoder, const uint8_t *in, size_t size, size_t piece, size_t room, uint8_t *out)
{
    size_t at = 0, end = 0, total = 0;
    hr_decoder_reset(decoder);
    while (at < size || end < size) {
        end = end + piece < size ? end + piece : size;
        for (;;) {
            size_t used = 0, got = 0;
            hr_decoder_run(decoder, in + at, end - at, end == size, &used, out + total, room, &got);
            cr_assert(used <= end - at && got <= room);
            at += used;
            total += got;
            if (used == 0 && got == 0) {
                break;
            }
        }
        if (end == size) {
            cr_assert_eq(at, size);
            break;
        }
    }
    return total;
}

static hr_decoder *decoder_of(const char *name)
{
    hr_decoder *decoder = NULL;
    hr_error err = {0};
    cr_assert_eq(hr_decoder_new(name, &decoder, &err), HR_OK, "%s: %s", name, err.text);
    return decoder;
}

/* The same by iconv: an undecodable byte gives one 0xFF. */
static size_t by_iconv(const char *charset, const uint8_t *in, size_t size, uint8_t *out)
{
    iconv_t converter = iconv_open("UTF-8", charset);
    cr_assert(converter != (iconv_t)-1, "%s", charset);
    char *from = (char *)in, *to = (char *)out;
    size_t left = size, room = size * 4 + 64;
    while (left > 0 && iconv(converter, &from, &left, &to, &room) == (size_t)-1) {
        iconv(converter, NULL, NULL, &to, &room);
        *to++ = (char)0xFF;
        from++;
        left--;
    }
    iconv(converter, NULL, NULL, &to, &room);
    iconv_close(converter);
    return (size_t)(to - (char *)out);
}

Test(encoding, usual_names_are_known_in_any_spelling)
{
    static const char *const pairs[][2] = {
        {"UTF8", "utf-8"},           {"utf-8-sig", "utf-8"},     {"UTF-16", "utf-16le"},
        {"UCS-2BE", "utf-16be"},     {"Latin-1", "iso-8859-1"},  {"ISO_8859-15", "iso-8859-15"},
        {"8859-2", "iso-8859-2"},    {"cp1252", "windows-1252"}, {"WINDOWS-1251", "windows-1251"},
        {"win1250", "windows-1250"}, {"CP437", "ibm437"},        {"IBM866", "ibm866"},
        {"cp866", "ibm866"},         {"dos-850", "ibm850"},      {"koi8r", "koi8-r"},
        {"KOI8-U", "koi8-u"},        {"MacRoman", "macintosh"},  {"mac-cyrillic", "x-mac-cyrillic"},
        {"SJIS", "shift_jis"},       {"CP932", "shift_jis"},     {"eucJP", "euc-jp"},
        {"GBK", "gb18030"},          {"GB2312", "gb18030"},      {"Big5", "big5"},
        {"cp949", "euc-kr"},         {"TIS-620", "windows-874"}, {"cp874", "windows-874"},
        {"US-ASCII", "ascii"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const char *got = hr_encoding_canonical(pairs[i][0]);
        cr_assert(got && !strcmp(got, pairs[i][1]), "%s gave %s", pairs[i][0], got ? got : "nothing");
    }
    cr_assert_null(hr_encoding_canonical("klingon"));
    cr_assert_null(hr_encoding_canonical(""));
    cr_assert_null(hr_encoding_canonical(NULL));
    cr_assert_null(hr_encoding_canonical("cp12522222222222222222222222222222222222222222222"));
}

Test(encoding, every_name_has_a_decoder_and_is_its_own_canonical_name)
{
    size_t count = 0;
    const char *const *names = hr_encoding_names(&count);
    cr_assert_geq(count, 50);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(hr_encoding_canonical(names[i]), names[i]);
        hr_decoder *decoder = decoder_of(names[i]);
        uint8_t out[64];
        size_t used = 9, got = 9;
        hr_decoder_run(decoder, (const uint8_t *)"", 0, true, &used, out, sizeof out, &got);
        cr_assert(used == 0 && got == 0, "%s", names[i]);
        hr_decoder_free(decoder);
    }
    hr_error err = {0};
    hr_decoder *none = NULL;
    cr_assert_eq(hr_decoder_new("klingon", &none, &err), HR_E_ENCODING);
    cr_assert_null(none);
}

/* Where ours is meant to differ: Apple's own tables (glibc has a Greek delta, no logo and no euro sign). */
static bool known_difference(const char *name, int byte)
{
    return (!strcmp(name, "macintosh") && (byte == 0xC6 || byte == 0xF0)) ||
           (!strcmp(name, "x-mac-cyrillic") && byte == 0xFF);
}

Test(encoding, single_bytes_mean_what_iconv_says)
{
    size_t count = 0, compared = 0;
    const char *const *names = hr_encoding_names(&count);
    for (size_t i = 0; i < count; i++) {
        const char *charset = !strcmp(names[i], "x-mac-cyrillic") ? "MAC-UK"
                              : !strcmp(names[i], "x-mac-ce")     ? "MAC-CENTRALEUROPE"
                              : !strncmp(names[i], "windows-", 8) ? names[i] + 6
                                                                  : names[i];
        char dos[16];
        if (!strncmp(names[i], "windows-", 8)) {
            snprintf(dos, sizeof dos, "CP%s", names[i] + 8);
            charset = dos;
        } else if (!strncmp(names[i], "ibm7", 4)) {
            snprintf(dos, sizeof dos, "CP%s", names[i] + 3);
            charset = dos;
        }
        if (strncmp(names[i], "windows-", 8) && strncmp(names[i], "iso-8859", 8) && strncmp(names[i], "ibm", 3) &&
            strncmp(names[i], "koi8", 4) && !strstr(names[i], "mac")) {
            continue;
        }
        hr_decoder *decoder = decoder_of(names[i]);
        for (int byte = 0; byte < 256; byte++) {
            uint8_t in = (uint8_t)byte, ours[64], theirs[128];
            size_t size = decode(decoder, &in, 1, 1, 64, ours), expected = by_iconv(charset, &in, 1, theirs);
            if (!known_difference(names[i], byte)) {
                cr_assert(size == expected && !memcmp(ours, theirs, size), "%s 0x%02X", names[i], byte);
            }
        }
        hr_decoder_free(decoder);
        compared++;
    }
    cr_assert_geq(compared, 44);
}

Test(encoding, undefined_bytes_of_windows_1252_are_marked)
{
    hr_decoder *decoder = decoder_of("windows-1252");
    uint8_t out[64];
    size_t size = decode(decoder, (const uint8_t *)"a\x81\x8D\x8F\x90\x9D\x80", 7, 7, 64, out);
    cr_assert(size == 9 && !memcmp(out, "a\xFF\xFF\xFF\xFF\xFF\xE2\x82\xAC", 9));
    hr_decoder_free(decoder);
    decoder = decoder_of("iso-8859-1");
    size = decode(decoder, (const uint8_t *)"\x81", 1, 1, 64, out);
    cr_assert(size == 2 && !memcmp(out, "\xC2\x81", 2));
    hr_decoder_free(decoder);
}

/* Random bytes, half of them high, with runs of text between. */
static void fill_random(uint8_t *data, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned draw = (unsigned)(seed >> 33);
        data[i] = (uint8_t)((draw & 0x300) == 0       ? 0x20 + (draw & 0x5F)
                            : (draw & 0x300) == 0x300 ? 0xA1 + draw % 0x5E
                                                      : draw);
        if (data[i] == 0x8E || data[i] == 0) {
            data[i] = 'e';
        }
    }
}

Test(encoding, multi_byte_garbage_decodes_as_iconv_does_with_one_mark_a_byte)
{
    static const char *const pairs[][2] = {
        {"euc-kr", "UHC"}, {"big5", "BIG5"}, {"gb18030", "GB18030"}, {"shift_jis", "CP932"}};
    enum { SIZE = 20000 };
    uint8_t *in = malloc(SIZE), *ours = malloc(SIZE * 4 + 64), *theirs = malloc(SIZE * 4 + 64);
    for (size_t i = 0; i < 4; i++) {
        hr_decoder *decoder = decoder_of(pairs[i][0]);
        fill_random(in, SIZE, i + 1);
        for (size_t k = 0; k < SIZE; k++) { /* single bytes where ours differs from glibc's on purpose */
            in[k] = in[k] == 0x80 || in[k] == 0xA0 || in[k] >= 0xFD ? 0xB0 : in[k];
        }
        size_t size = decode(decoder, in, SIZE, SIZE, 4096, ours), expected = by_iconv(pairs[i][1], in, SIZE, theirs);
        size_t same = 0;
        while (same < size && same < expected && ours[same] == theirs[same]) {
            same++;
        }
        cr_assert(size == expected && same == size, "%s: differs at %zu of %zu / %zu", pairs[i][0], same, size,
                  expected);
        hr_decoder_free(decoder);
    }
    free(in);
    free(ours);
    free(theirs);
}

Test(encoding, decoding_does_not_depend_on_the_split_of_the_input)
{
    size_t count = 0;
    const char *const *names = hr_encoding_names(&count);
    enum { SIZE = 600 };
    uint8_t in[SIZE], whole[SIZE * 4 + 256], split[SIZE * 4 + 256];
    for (size_t i = 0; i < count; i++) {
        hr_decoder *decoder = decoder_of(names[i]);
        fill_random(in, SIZE, 77 + i);
        memcpy(in + 100, "\x1B$B$3\x1B(B~{VPND~}\x0E!!\x0F\xF0\x9F\x98\x80\x81\x30\x81\x30\x8F\xB0\xA1", 30);
        size_t size = decode(decoder, in, SIZE, SIZE, sizeof whole, whole);
        for (size_t piece = 1; piece < 40; piece++) {
            for (size_t room = 8; room < 80; room += 24) {
                size_t got = decode(decoder, in, SIZE, piece, room, split);
                cr_assert(got == size && !memcmp(whole, split, size), "%s in pieces of %zu", names[i], piece);
            }
        }
        for (size_t first = 0; first <= SIZE; first++) {
            size_t used = 0, got = 0;
            hr_decoder_reset(decoder);
            hr_decoder_run(decoder, in, first, false, &used, split, sizeof split, &got);
            size_t total = got, at = used;
            hr_decoder_run(decoder, in + at, SIZE - at, true, &used, split + total, sizeof split - total, &got);
            cr_assert(at + used == SIZE && total + got == size && !memcmp(whole, split, size), "%s at %zu", names[i],
                      first);
        }
        hr_decoder_free(decoder);
    }
}

Test(encoding, files_decode_to_their_utf8_twins)
{
    size_t size = 0, seen = 0;
    char *labels = (char *)load("LABELS.tsv", &size);
    labels[size] = 0;
    for (char *line = strchr(labels, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        char file[64], name[32], twin[64];
        cr_assert_eq(sscanf(line, "%63s %31s %63s", file, name, twin), 3);
        size_t in_size = 0, expected_size = 0;
        uint8_t *in = load(file, &in_size), *expected = load(twin, &expected_size), *out = malloc(in_size * 4 + 64);
        hr_decoder *decoder = decoder_of(name);
        size_t got = decode(decoder, in, in_size, 7, 4096, out);
        cr_assert(got == expected_size && !memcmp(out, expected, got), "%s", file);
        hr_decoder_free(decoder);
        free(in);
        free(expected);
        free(out);
        seen++;
    }
    cr_assert_geq(seen, 30);
    free(labels);
}

Test(encoding, surrogates_alone_and_cut_units_are_marked)
{
    hr_decoder *decoder = decoder_of("utf-16be");
    uint8_t out[64];
    size_t size = decode(decoder,
                         (const uint8_t *)"\xD8\x00\x00"
                                          "a\xDC\x00\xD8\x3D\xDE\x00\xD8",
                         11, 3, 64, out);
    cr_assert(size == 10 && !memcmp(out,
                                    "\xFF\xFF"
                                    "a\xFF\xFF\xF0\x9F\x98\x80\xFF",
                                    10));
    hr_decoder_free(decoder);
    decoder = decoder_of("utf-32le");
    size = decode(decoder, (const uint8_t *)"a\0\0\0\0\0\x11\0\0\xF6\x01\0", 12, 5, 64, out);
    cr_assert(size == 9 && !memcmp(out, "a\xFF\xFF\xFF\xFF\xF0\x9F\x98\x80", 9));
    hr_decoder_free(decoder);
}

Test(encoding, marks_are_seen_longest_first)
{
    unsigned length = 0;
    cr_assert_str_eq(hr_encoding_mark((const uint8_t *)"\xFF\xFE\0\0", 4, &length), "utf-32le");
    cr_assert_eq(length, 4);
    cr_assert_str_eq(hr_encoding_mark((const uint8_t *)"\xFF\xFE\0", 3, &length), "utf-16le");
    cr_assert_eq(length, 2);
    cr_assert_str_eq(hr_encoding_mark((const uint8_t *)"\xEF\xBB\xBF", 3, &length), "utf-8");
    cr_assert_eq(length, 3);
    cr_assert_null(hr_encoding_mark((const uint8_t *)"\xEF\xBB", 2, &length));
    cr_assert_eq(length, 0);
}

Test(encoding, a_line_of_a_switching_encoding_begins_in_ascii_even_when_the_last_one_forgot)
{
    static const struct {
        const char *name, *in, *text;
    } cases[] = {
        {"iso-2022-jp", "\x1B$B$3\nab,c\n", "\xE3\x81\x93\nab,c\n"},
        {"iso-2022-kr", "\x1B$)C\x0E!!\nab,c\n", "\xE3\x80\x80\nab,c\n"},
        {"hz-gb-2312", "~{!!\nab,c~~\n", "\xE3\x80\x80\nab,c~\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hr_decoder *decoder = decoder_of(cases[i].name);
        uint8_t out[64] = "";
        size_t size = decode(decoder, (const uint8_t *)cases[i].in, strlen(cases[i].in), 3, 64, out);
        cr_assert(size == strlen(cases[i].text) && !memcmp(out, cases[i].text, size), "%s: %.*s", cases[i].name,
                  (int)size, out);
        cr_assert(!hr_decoder_stateless(decoder));
        hr_decoder_free(decoder);
    }
}
