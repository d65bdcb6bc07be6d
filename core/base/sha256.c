/* sha256.c: SHA-256 around the kernels of simd/: what waits for a whole block, padding and size (FIPS 180-4, 5.1.1). */
#include <string.h>

#include "core/base/sha256.h"

void hr_sha256_begin(hr_sha256 *hash, hr_sha256_blocks *blocks)
{
    /* FIPS 180-4, 5.3.3: from the square roots of the first eight primes. */
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    hash->blocks = blocks;
    memcpy(hash->state, initial, sizeof initial);
    hash->size = 0;
}

void hr_sha256_add(hr_sha256 *hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    size_t waiting = hash->size % HR_SHA256_BLOCK;
    if (size == 0)
        return;
    hash->size += size;
    if (waiting > 0) {
        size_t taken = HR_SHA256_BLOCK - waiting < size ? HR_SHA256_BLOCK - waiting : size;
        memcpy(hash->block + waiting, bytes, taken);
        bytes += taken;
        size -= taken;
        if (waiting + taken < HR_SHA256_BLOCK)
            return;
        hash->blocks(hash->state, hash->block, 1);
    }
    size_t count = size / HR_SHA256_BLOCK, rest = size % HR_SHA256_BLOCK;
    if (count > 0)
        hash->blocks(hash->state, bytes, count);
    memcpy(hash->block, bytes + count * HR_SHA256_BLOCK, rest);
}

static void put_big_endian(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

void hr_sha256_end(hr_sha256 *hash, uint8_t out[HR_SHA256_SIZE])
{
    uint8_t tail[2 * HR_SHA256_BLOCK] = {0};
    size_t waiting = hash->size % HR_SHA256_BLOCK;
    size_t count = waiting < HR_SHA256_BLOCK - 8 ? 1 : 2;
    memcpy(tail, hash->block, waiting);
    tail[waiting] = 0x80;
    put_big_endian(tail + count * HR_SHA256_BLOCK - 8, hash->size * 8, 8);
    hash->blocks(hash->state, tail, count);
    for (size_t i = 0; i < 8; i++)
        put_big_endian(out + 4 * i, hash->state[i], 4);
}
