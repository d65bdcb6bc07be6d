/* sha256.c: SHA-256 by libcrypto. Its functions for this one hash are used, not EVP: they need none of its providers,
 * so that a program that takes the archive into itself (HR_ARCHIVES) has a few kilobytes of it and no library to
 * relocate at each start. OpenSSL 3 calls them deprecated in favour of EVP, and says nothing against what they compute.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/base/sha256.h"

_Static_assert(HR_SHA256_SIZE == SHA256_DIGEST_LENGTH, "the size of a digest");

void hr_sha256_begin(hr_sha256 *hash)
{
    (void)SHA256_Init(&hash->state); /* the three of them answer 1, always */
}

void hr_sha256_add(hr_sha256 *hash, const void *data, size_t size)
{
    if (size)
        (void)SHA256_Update(&hash->state, data, size);
}

void hr_sha256_end(hr_sha256 *hash, uint8_t out[HR_SHA256_SIZE])
{
    (void)SHA256_Final(out, &hash->state);
}
