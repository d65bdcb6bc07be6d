/* sha256.h: SHA-256 (FIPS 180-4) of bytes that come in pieces. Nothing in it can fail, and a copy of a hash goes on by
 * itself. It names contents, and keeps no secret: nothing is wiped. */
#ifndef HR_CORE_BASE_SHA256_H
#define HR_CORE_BASE_SHA256_H

#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

#define HR_SHA256_SIZE 32u

typedef struct hr_sha256 {
    SHA256_CTX state;
} hr_sha256;

void hr_sha256_begin(hr_sha256 *hash);
void hr_sha256_add(hr_sha256 *hash, const void *data, size_t size);
/* The digest of all that was added. `hash` can only be begun anew. */
void hr_sha256_end(hr_sha256 *hash, uint8_t out[HR_SHA256_SIZE]);

#endif
