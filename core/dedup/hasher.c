/* hasher.c: hashes of rows' keys: the canonical form of keyset.h, through XXH3-128 or SHA-256. */
#include "core/dedup/keyset.h"

#include <openssl/evp.h>
#include <xxhash.h>

struct hr_hasher {
    hr_hash hash;
    uint32_t *columns; /* [count], or NULL: all */
    size_t count;
    EVP_MD *digest; /* SHA-256 only: fetched once, as a fetch costs more than a hash */
    EVP_MD_CTX *context;
    hr_buffer scratch; /* the canonical form of one row */
};

size_t hr_hash_size(hr_hash hash)
{
    return hash == HR_HASH_SHA256 ? 32 : 16;
}

const char *hr_hash_name(hr_hash hash)
{
    return hash == HR_HASH_SHA256 ? "sha256" : "xxh3";
}

hr_status hr_hasher_new(hr_hash hash, const uint32_t *columns, size_t count, hr_hasher **out, hr_error *err)
{
    if (hash != HR_HASH_XXH3 && hash != HR_HASH_SHA256)
        return hr_fail(err, HR_E_INVALID, "preparing key hashes: there is no hash %d", (int)hash);
    if (columns && count == 0)
        return hr_fail(err, HR_E_INVALID, "preparing key hashes: no column was named (option key)");
    hr_hasher *hasher = hr_calloc(1, sizeof *hasher);
    if (!hasher)
        return hr_fail_memory(err, "preparing key hashes");
    hr_status status = HR_OK;
    hasher->hash = hash;
    /* A row is in memory already, whatever its size; its canonical form is little longer. */
    hasher->scratch.ceiling = SIZE_MAX / 4;
    if (columns) {
        hasher->columns = hr_malloc(count * sizeof *columns);
        if (!hasher->columns) {
            status = hr_fail_memory(err, "preparing key hashes");
            goto out;
        }
        memcpy(hasher->columns, columns, count * sizeof *columns);
        hasher->count = count;
    }
    if (hash == HR_HASH_SHA256) {
        hasher->digest = EVP_MD_fetch(NULL, "SHA256", NULL);
        hasher->context = EVP_MD_CTX_new();
        if (!hasher->digest || !hasher->context) {
            status = hr_fail(err, HR_E_UNSUPPORTED,
                             "preparing key hashes: OpenSSL gives no SHA-256 here; use option hash=xxh3");
        }
    }
out:
    if (status != HR_OK)
        hr_hasher_free(hasher);
    else
        *out = hasher;
    return status;
}

void hr_hasher_free(hr_hasher *hasher)
{
    if (!hasher)
        return;
    EVP_MD_CTX_free(hasher->context);
    EVP_MD_free(hasher->digest);
    hr_buffer_free(&hasher->scratch);
    hr_free(hasher->columns);
    hr_free(hasher);
}

/* Appends one value. False when there is no memory. */
static bool add_value(hr_hasher *hasher, const hr_batch *batch, size_t row, uint32_t column)
{
    hr_buffer *scratch = &hasher->scratch;
    hr_field field = hr_batch_field(batch, row, column);
    uint8_t *room = hr_buffer_room(scratch, 9 + field.size);
    if (HR_UNLIKELY(!room))
        return false;
    if (field.flags & HR_FIELD_NULL) {
        room[0] = 0;
        scratch->size += 1;
        return true;
    }
    uint64_t size = field.size;
    if (HR_UNLIKELY(field.flags & HR_FIELD_ESCAPED))
        size = hr_field_copy(field, batch->dialect, room + 9);
    else if (size > 0)
        memcpy(room + 9, field.data, size);
    room[0] = 1;
    for (int i = 0; i < 8; i++)
        room[1 + i] = (uint8_t)(size >> (8 * i));
    scratch->size += 9 + size;
    return true;
}

static bool digest_row(hr_hasher *hasher, uint8_t *out)
{
    const hr_buffer *scratch = &hasher->scratch;
    if (hasher->hash == HR_HASH_XXH3) {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits(scratch->data, scratch->size));
        memcpy(out, canonical.digest, sizeof canonical.digest);
        return true;
    }
    return EVP_DigestInit_ex2(hasher->context, hasher->digest, NULL) == 1 &&
           EVP_DigestUpdate(hasher->context, scratch->data, scratch->size) == 1 &&
           EVP_DigestFinal_ex(hasher->context, out, NULL) == 1;
}

hr_status hr_hasher_run(hr_hasher *hasher, const hr_batch *batch, uint8_t *out, hr_error *err)
{
    size_t key_size = hr_hash_size(hasher->hash);
    size_t count = hasher->columns ? hasher->count : batch->columns;
    for (size_t i = 0; hasher->columns && i < count; i++) {
        if (hasher->columns[i] >= batch->columns) {
            return hr_fail(err, HR_E_INVALID, "hashing keys: column %lu is asked for, and the input has %lu",
                           (unsigned long)hasher->columns[i] + 1, (unsigned long)batch->columns);
        }
    }
    for (size_t row = 0; row < batch->rows; row++) {
        hasher->scratch.size = 0;
        for (size_t i = 0; i < count; i++)
            if (!add_value(hasher, batch, row, hasher->columns ? hasher->columns[i] : (uint32_t)i))
                return hr_fail_memory(err, "hashing keys");
        if (!digest_row(hasher, out + row * key_size))
            return hr_fail(err, HR_E_STATE, "hashing keys: OpenSSL refused to compute SHA-256");
    }
    return HR_OK;
}
