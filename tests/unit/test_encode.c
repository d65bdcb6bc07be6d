/* test_encode.c: text goes back into its encoding as it came from there, or is said not to. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/input/encoding.h"

static hr_error err;

/* Whether `text` is `bytes` in that encoding. */
static bool encodes(const char *encoding, const char *text, const void *bytes, size_t size)
{
    hr_buffer out = {0};
    bool exact = false;
    cr_assert_eq(hr_encode(encoding, (const uint8_t *)text, strlen(text), &out, &exact, &err), HR_OK);
    bool same = exact && out.size == size && !memcmp(out.data, bytes, size);
    hr_buffer_free(&out);
    return same;
}

Test(encode, known_texts)
{
    cr_assert(encodes("windows-1252", "caf\xC3\xA9 5 \xE2\x82\xAC\r\n", "caf\xE9 5 \x80\r\n", 10));
    cr_assert(encodes("koi8-r", "\xD0\x9C", "\xED", 1));
    cr_assert(encodes("utf-16le", "a\xF0\x9F\x98\x80\n", "a\0\x3D\xD8\x00\xDE\n\0", 8));
    cr_assert(encodes("utf-16be", "a\xF0\x9F\x98\x80\n", "\0a\xD8\x3D\xDE\x00\0\n", 8));
    cr_assert(encodes("utf-32le", "\xF0\x9F\x98\x80", "\x00\xF6\x01\x00", 4));
    cr_assert(encodes("utf-32be", "\xF0\x9F\x98\x80", "\x00\x01\xF6\x00", 4));
    cr_assert(encodes("shift_jis", "\xE6\x97\xA5,a\n", "\x93\xFA,a\n", 5));
    cr_assert(encodes("euc-jp", "\xE6\x97\xA5,a\n", "\xC6\xFC,a\n", 5));
    cr_assert(encodes("gb18030", "\xE6\x97\xA5\n", "\xC8\xD5\n", 3));
    cr_assert(encodes("iso-2022-jp", "\xE6\x97\xA5\n", "\x1B$B\x46\x7C\x1B(B\n", 9));
}

Test(encode, what_an_encoding_cannot_say)
{
    cr_assert_not(encodes("windows-1252", "\xE6\x97\xA5", "", 0));
    cr_assert_not(encodes("koi8-r", "\xC3\xA9", "", 0));
    cr_assert_not(encodes("euc-kr", "\xF0\x9F\x98\x80", "", 0));
    cr_assert_not(encodes("utf-8", "a", "a", 1)); /* needs no way back */
    cr_assert_not(encodes("ascii", "a", "a", 1));
    cr_assert_not(encodes("windows-1252", "a\xFF", "", 0)); /* no text */
}

/* Each byte of each encoding of one: what it decodes to comes back as something that decodes to the same. */
Test(encode, every_byte_of_every_encoding)
{
    static const char *const names[] = {"windows-1250", "windows-1251", "windows-1252", "windows-1253", "iso-8859-2",
                                        "iso-8859-15",  "koi8-r",       "koi8-u",       "ibm866",       "macintosh"};
    size_t tried = 0;
    for (size_t n = 0; n < HR_COUNT(names); n++) {
        hr_decoder *decoder;
        if (hr_decoder_new(names[n], &decoder, &err) != HR_OK)
            continue;
        for (unsigned byte = 0x20; byte < 0x100; byte++) {
            uint8_t in = (uint8_t)byte, text[8];
            size_t used, size;
            hr_decoder_run(decoder, &in, 1, true, &used, text, sizeof text, &size);
            if (text[0] == 0xFF)
                continue;
            hr_buffer out = {0};
            bool exact = false;
            cr_assert_eq(hr_encode(names[n], text, size, &out, &exact, &err), HR_OK);
            cr_assert(exact && out.size == 1 && out.data[0] == in, "%s %02x", names[n], byte);
            hr_buffer_free(&out);
            tried++;
        }
        hr_decoder_free(decoder);
    }
    cr_assert_gt(tried, 1000);
}
