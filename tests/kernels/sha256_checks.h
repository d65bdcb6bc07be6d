/* sha256_checks.h: the kernels of SHA-256 against the examples of NIST, and against the oracle. */
#ifndef HR_TESTS_KERNELS_SHA256_CHECKS_H
#define HR_TESTS_KERNELS_SHA256_CHECKS_H

#include "core/base/sha256.h"
#include "tests/kernels/support.h"

static inline const char *sha256_hex(hr_sha256 hash)
{
    static char text[2 * HR_SHA256_SIZE + 1];
    uint8_t digest[HR_SHA256_SIZE];
    hr_sha256_end(&hash, digest);
    for (size_t i = 0; i < HR_SHA256_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return text;
}

/* "abc", 448 and 896 bits, nothing, a million of "a": FIPS 180-2, appendix B, and NIST's file of examples. */
CHECK_UNUSED static const char *check_sha256_examples(const hr_sha256_kernel *kernel)
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
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
         1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
        {"aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        hr_sha256 hash;
        hr_sha256_begin(&hash, kernel->blocks);
        for (size_t k = 0; k < examples[i].times; k++)
            hr_sha256_add(&hash, examples[i].text, strlen(examples[i].text));
        if (strcmp(sha256_hex(hash), examples[i].digest) != 0)
            return failed("%s: example %zu: %s", kernel->name, i, sha256_hex(hash));
    }
    return NULL;
}

/* Texts of all sizes up to a few vectors' worth of blocks, each cut in two at a random place, beside a page that nobody
 * may read. */
CHECK_UNUSED static const char *check_sha256_sizes(const hr_sha256_kernel *kernel)
{
    enum { LARGEST = 2400 };
    size_t count;
    const hr_sha256_kernel *oracle = hr_sha256_kernels(&count);
    guarded memory = guarded_new(LARGEST);
    const char *text = NULL;
    uint64_t seed = 256;
    for (uint8_t *byte = memory.first; byte < memory.behind; byte++)
        *byte = (uint8_t)random_next(&seed);
    for (size_t size = 0; size <= LARGEST && !text; size++) {
        const uint8_t *data = memory.behind - size;
        size_t cut = random_below(&seed, size + 1);
        hr_sha256 plain, cut_in_two;
        char expected[2 * HR_SHA256_SIZE + 1];
        hr_sha256_begin(&plain, oracle->blocks);
        hr_sha256_add(&plain, data, size);
        snprintf(expected, sizeof expected, "%s", sha256_hex(plain));
        hr_sha256_begin(&cut_in_two, kernel->blocks);
        hr_sha256_add(&cut_in_two, data, cut);
        hr_sha256_add(&cut_in_two, data + cut, size - cut);
        if (strcmp(sha256_hex(cut_in_two), expected) != 0)
            text = failed("%s: %zu bytes, cut behind %zu: %s", kernel->name, size, cut, sha256_hex(cut_in_two));
    }
    guarded_free(&memory);
    return text;
}

#endif
