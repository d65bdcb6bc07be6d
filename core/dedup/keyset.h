/* keyset.h: hashes of key columns, and the durable set of those already loaded.
 *
 * The set is a log file of fixed-size keys plus a table in memory. Keys added since the last prepare are pending: they
 * count for duplicates within the run at once, but are in the log only after prepare, and are valid only up to the
 * length that the ledger's transaction recorded. Opening cuts the log back to that length.
 */
#ifndef HR_CORE_DEDUP_KEYSET_H
#define HR_CORE_DEDUP_KEYSET_H

#include "core/base/base.h"

typedef enum hr_hash { HR_HASH_XXH3 = 0, HR_HASH_SHA256 = 1 } hr_hash;
size_t hr_hash_size(hr_hash hash);      /* 16 or 32 bytes */
const char *hr_hash_name(hr_hash hash); /* "xxh3" "sha256" */

/* Hashes rows of a batch. The canonical form of a row's key is, for each key column in the order given: one byte 0 for
 * null, or one byte 1, the value's size as 8 bytes little-endian, the value (unescaped); of NDJSON, values that are no
 * strings have a byte 2 there and are their JSON text as written: 1 is not "1", and not 1.0. columns == NULL: all of
 * them, preceded by nothing; of NDJSON whose columns nobody chose (HR_BATCH_RECORDS) a byte 3, the size of the record
 * and the record as written.
 *
 * XXH3 has no secret: who makes the input can make two rows with one key, of which the second is then taken for a
 * duplicate. Where that is to be feared, and where keys are stored with the rows, take SHA-256. A hasher may be used by
 * several threads at once. */
typedef struct hr_hasher hr_hasher;
hr_status hr_hasher_new(hr_hash hash, const uint32_t *columns, size_t count, hr_hasher **out,
                        hr_error *err) HR_MUST_CHECK;
/* `out` has room for batch->rows keys. */
hr_status hr_hasher_run(const hr_hasher *hasher, const hr_batch *batch, uint8_t *out, hr_error *err) HR_MUST_CHECK;
size_t hr_hasher_size(const hr_hasher *hasher); /* of a key */
void hr_hasher_free(hr_hasher *hasher);

typedef struct hr_keyset hr_keyset;
/* What option dedup-memory is at least: with less a set works as well, but hardly. */
#define HR_KEYSET_LEAST ((uint64_t)64 << 10)
/* Opens or creates `path` (NULL: no log) whose first `committed` keys are valid; fewer in the file is HR_E_CORRUPT.
 * `memory_limit` in bytes for the keys in memory (option dedup-memory); the others are in nameless files in the log's
 * folder (without a log, in /var/tmp), with a filter and an index that are within the limit, too. Keys of another size
 * than `key_size` in an existing log: HR_E_INVALID, unless none of them is committed. HR_E_BUSY (retryable) while
 * another handle has the log open. */
hr_status hr_keyset_open(const char *path, size_t key_size, uint64_t committed, uint64_t memory_limit, hr_keyset **out,
                         hr_error *err) HR_MUST_CHECK;
/* Another folder for the keys that memory does not hold. Before the first add. */
hr_status hr_keyset_folder(hr_keyset *set, const char *folder, hr_error *err) HR_MUST_CHECK;
/* Makes room for so many keys in all, as far as the limit allows, so that the table need not grow. */
hr_status hr_keyset_expect(hr_keyset *set, uint64_t keys, hr_error *err) HR_MUST_CHECK;
/* For each of `count` keys, in order: fresh[i] = 1 when it was not in the set (it is now), else 0. A call that fails
 * has added none of them. Writes to the log now and then, and to the files beside it when memory is full (HR_E_SPACE
 * and the like), without waiting for the device. */
hr_status hr_keyset_add(hr_keyset *set, const uint8_t *keys, size_t count, uint8_t *fresh, hr_error *err) HR_MUST_CHECK;
/* Takes back keys that were added, each as fresh, behind what was prepared last: their rows were not landed after all.
 * They are fresh when they come again. When it fails the set is of no use any more but to be closed. */
hr_status hr_keyset_forget(hr_keyset *set, const uint8_t *keys, size_t count, hr_error *err) HR_MUST_CHECK;
/* Makes pending keys durable (write, fsync; the directory too when the file is new) and gives the length in keys that
 * the ledger must record. Idempotent. When writing fails the keys stay pending, and it may be called again; when a sync
 * fails the log cannot be trusted any more and every later call fails, too. */
hr_status hr_keyset_prepare(hr_keyset *set, uint64_t *length, hr_error *err) HR_MUST_CHECK;
/* How many keys are there for the log, pending ones included: what stands behind the rows that were added so far. */
uint64_t hr_keyset_mark(const hr_keyset *set);
/* The same as hr_keyset_prepare, but the ledger is to record `mark`, which is at least what it has: the keys behind it
 * are of rows that are committed later. hr_keyset_forget moves marks: each by the keys before it that were taken back.
 */
hr_status hr_keyset_prepare_to(hr_keyset *set, uint64_t mark, hr_error *err) HR_MUST_CHECK;
/* Keys in the set, pending ones included. */
uint64_t hr_keyset_count(const hr_keyset *set);
void hr_keyset_close(hr_keyset *set); /* forgets pending keys */

#endif
