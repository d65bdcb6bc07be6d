/* test_sha256.c: every kernel of SHA-256 gives the digests of NIST's examples, and one answer however the bytes come.
 */
#include <criterion/criterion.h>

#include "tests/kernels/sha256_checks.h"

static void all_kernels(const char *(*check)(const hr_sha256_kernel *kernel))
{
    size_t count;
    const hr_sha256_kernel *kernels = hr_sha256_kernels(&count);
    for (size_t i = 0; i < count; i++) {
        const char *text = kernels[i].usable() ? check(&kernels[i]) : NULL;
        cr_assert_null(text, "%s", text);
    }
}

Test(sha256, examples)
{
    all_kernels(check_sha256_examples);
}

Test(sha256, every_size_and_cut)
{
    all_kernels(check_sha256_sizes);
}

Test(sha256, the_best_one_can_be_run)
{
    size_t count;
    const hr_sha256_kernel *kernels = hr_sha256_kernels(&count);
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found |= kernels[i].blocks == hr_sha256_best() && kernels[i].usable();
    cr_assert(found);
}

Test(sha256, a_copy_goes_on_by_itself)
{
    hr_sha256 hash, copy;
    char digest[2 * HR_SHA256_SIZE + 1];
    hr_sha256_begin(&hash, hr_sha256_best());
    hr_sha256_add(&hash, "ab", 2);
    copy = hash;
    hr_sha256_add(&copy, "x", 1);
    hr_sha256_add(&hash, "c", 1);
    snprintf(digest, sizeof digest, "%s", sha256_hex(hash));
    cr_assert_str_eq(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cr_assert_str_neq(sha256_hex(copy), digest);
}
