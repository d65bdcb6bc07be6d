/* test_sha256.c: the digests of NIST's examples, and one answer however the bytes come. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/base/sha256.h"

typedef struct hex {
    char text[2 * HR_SHA256_SIZE + 1];
} hex;

static hex end(hr_sha256 *hash)
{
    uint8_t digest[HR_SHA256_SIZE];
    hex out;
    hr_sha256_end(hash, digest);
    for (size_t i = 0; i < HR_SHA256_SIZE; i++)
        snprintf(out.text + 2 * i, 3, "%02x", digest[i]);
    return out;
}

/* FIPS 180-2, appendix B, and NIST's file of examples. */
Test(sha256, examples)
{
    static const struct {
        const char *text;
        size_t times;
        const char *digest;
    } examples[] = {
        {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        hr_sha256 hash;
        hr_sha256_begin(&hash);
        for (size_t k = 0; k < examples[i].times; k++)
            hr_sha256_add(&hash, examples[i].text, strlen(examples[i].text));
        cr_assert_str_eq(end(&hash).text, examples[i].digest);
    }
}

Test(sha256, every_cut)
{
    uint8_t data[300];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    hr_sha256 whole, cut;
    hr_sha256_begin(&whole);
    hr_sha256_add(&whole, data, sizeof data);
    hex expected = end(&whole);
    for (size_t at = 0; at <= sizeof data; at++) {
        hr_sha256_begin(&cut);
        hr_sha256_add(&cut, data, at);
        hr_sha256_add(&cut, data + at, sizeof data - at);
        cr_assert_str_eq(end(&cut).text, expected.text);
    }
}

Test(sha256, a_copy_goes_on_by_itself)
{
    hr_sha256 hash, copy;
    hr_sha256_begin(&hash);
    hr_sha256_add(&hash, "ab", 2);
    copy = hash;
    hr_sha256_add(&copy, "x", 1);
    hr_sha256_add(&hash, "c", 1);
    hex digest = end(&hash);
    cr_assert_str_eq(digest.text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cr_assert_str_neq(end(&copy).text, digest.text);
}
