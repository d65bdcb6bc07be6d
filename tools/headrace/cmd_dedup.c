/* cmd_dedup.c: headrace dedup: files without the rows whose key came before. Keys are hashed where batches are made, in
 * any of the reader's threads; the set is asked, and rows are written, in the order of the input. */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/words.h"
#include "core/dedup/hash_work.h"
#include "core/json/presence.h"
#include "tools/headrace/print.h"
#include "tools/headrace/rows_out.h"
#include "tools/headrace/schema_flag.h"
#include "tools/headrace/shell.h"
#include "tools/headrace/transform.h"

/* Rows after which it is guessed for the first time how many keys there will be. */
#define FIRST_GUESS ((uint64_t)1 << 19)

typedef struct dedup {
    hr_rows_out out;
    hr_keyset *keys;
    hr_hash hash;
    uint32_t *key; /* [key_count] which of the first file's columns are the key; NULL: all */
    size_t key_count;
    hr_json_keyed keyed; /* of NDJSON: whether records have it */
    uint8_t *fresh;      /* [capacity] */
    uint32_t *rows;      /* [capacity] */
    size_t capacity;
    uint64_t input_bytes; /* of all files, as far as it is known */
    uint64_t read_bytes;  /* of the files before the current one */
    uint64_t next_guess, guessed_rows, guessed_kept;
} dedup;

/* ---- columns of the key -------------------------------------------------------------------------------------- */

/* Which columns of the first file are the key. (A file of CSV without columns has no rows; one of NDJSON may have
 * some.) */
static hr_status choose_key(dedup *work, hr_reader *reader, hr_error *err)
{
    const char *const *names, *list = hr_args_text(work->out.args, "key");
    size_t count = 0;
    hr_status status = hr_reader_columns(reader, &names, &count, err);
    if (status != HR_OK || work->key != NULL || list == NULL || count == 0)
        return status;
    return hr_columns_find(list, names, count, &work->key, &work->key_count, err);
}

/* A hasher of the key's columns, by their places in this file. */
static hr_status make_hasher(dedup *work, hr_reader *reader, hr_hasher **out, hr_error *err)
{
    const char *const *names;
    size_t count = 0;
    hr_status status = hr_reader_columns(reader, &names, &count, err);
    if (status != HR_OK)
        return status;
    if (work->out.records) /* its columns are those of the key */
        return hr_hasher_new(work->hash, work->key, work->key_count, out, err);
    size_t columns = work->key != NULL ? work->key_count : work->out.name_count;
    uint32_t *places = hr_calloc(columns, sizeof *places);
    if (places == NULL)
        return hr_fail_memory(err, "matching columns");
    for (size_t i = 0; i < columns; i++) {
        /* hr_rows_out_writer has seen to it that there is a column of this name. */
        const char *name = work->out.names[work->key != NULL ? work->key[i] : i];
        while (places[i] + 1 < count && strcmp(names[places[i]], name) != 0)
            places[i]++;
    }
    status = hr_hasher_new(work->hash, places, columns, out, err);
    hr_free(places);
    return status;
}

/* ---- rows ---------------------------------------------------------------------------------------------------- */

static hr_status row_room(dedup *work, size_t rows, hr_error *err)
{
    if (rows <= work->capacity)
        return HR_OK;
    size_t capacity = rows < 4096 ? 4096 : rows;
    uint8_t *fresh = hr_realloc(work->fresh, capacity);
    work->fresh = fresh != NULL ? fresh : work->fresh;
    uint32_t *list = fresh != NULL ? hr_realloc(work->rows, capacity * sizeof *list) : NULL;
    work->rows = list != NULL ? list : work->rows;
    if (list == NULL)
        return hr_fail_memory(err, "deduplicating");
    work->capacity = capacity;
    return HR_OK;
}

/* Guesses how many keys there will be from how many of the later rows were kept and how much input is left, so that the
 * table grows once rather than often. A wrong guess costs time, or memory that was allowed. */
static hr_status guess_keys(dedup *work, const hr_batch *batch, hr_error *err)
{
    uint64_t rows = work->out.counts.read, bytes = work->read_bytes + batch->end_offset, kept = work->out.counts.loaded;
    if (rows < work->next_guess)
        return HR_OK;
    work->next_guess = rows * 2;
    double left = bytes > 0 && work->input_bytes > bytes ? (double)(work->input_bytes - bytes) / (double)bytes : 0;
    double share = (double)(kept - work->guessed_kept) / (double)(rows - work->guessed_rows);
    work->guessed_rows = rows;
    work->guessed_kept = kept;
    return hr_keyset_expect(work->keys, kept + (uint64_t)(left * (double)rows * share), err);
}

static hr_status write_batch(dedup *work, hr_writer *writer, const char *file, const hr_batch *batch,
                             const uint8_t *keys, hr_error *err)
{
    size_t kept = 0;
    if (writer == NULL && batch->rows > 0)
        return hr_rows_out_no_columns(err);
    hr_status status = row_room(work, batch->rows, err);
    if (status == HR_OK && batch->rows > 0)
        status = hr_keyset_add(work->keys, keys, batch->rows, work->fresh, err);
    if (status != HR_OK)
        return status;
    for (uint32_t i = 0; i < batch->rows; i++) {
        work->rows[kept] = i;
        kept += work->fresh[i];
    }
    hr_parcel parcel = {.batch = batch, .rows = kept < batch->rows ? work->rows : NULL, .row_count = kept};
    if (kept > 0)
        status = hr_writer_rows(writer, &parcel, &work->out.buffer, err);
    if (status == HR_OK && !hr_json_keyed_open(&work->keyed)) /* until then there is one row */
        status = hr_rows_out_flush(&work->out, err);
    if (status == HR_OK)
        hr_rows_out_count(&work->out, file, batch, kept);
    return status == HR_OK ? guess_keys(work, batch, err) : status;
}

/* A key that is misspelt would leave one record. Of all files together: the key may come late. */
static hr_status look_for_key(dedup *work, hr_reader *reader, const hr_batch *batch, hr_error *err)
{
    const char *const *names;
    size_t count = 0;
    hr_status status = hr_reader_columns(reader, &names, &count, err);
    if (status != HR_OK || work->key == NULL || !work->out.records)
        return status;
    return hr_json_keyed_look(&work->keyed, batch, names, work->key, work->key_count, err);
}

/* The name that stands first in the list. */
static hr_status judge_key(dedup *work, hr_error *err)
{
    const char *list = hr_args_text(work->out.args, "key");
    if (!hr_json_keyed_open(&work->keyed))
        return HR_OK;
    char *name = hr_malloc(strlen(list) + 1);
    if (name == NULL)
        return hr_fail_memory(err, "looking for a key");
    hr_list_next(list, name);
    hr_status status = hr_json_keyed_judge(&work->keyed, name, err);
    hr_free(name);
    return status == HR_OK ? hr_rows_out_flush(&work->out, err) : status;
}

/* What was read without a key is neither written nor counted. */
static void forget_keyless(dedup *work)
{
    if (!hr_json_keyed_open(&work->keyed))
        return;
    work->out.buffer.size = 0;
    work->out.counts = (hr_counts){0};
}

static void tell_keyless(const dedup *work)
{
    if (work->keyed.without > 1)
        hr_message("%" PRIu64 " records have no key: they count as one, and the first of them was written",
                   work->keyed.without);
}

static hr_status read_file(dedup *work, hr_reader *reader, const char *file, hr_writer *writer, hr_error *err)
{
    hr_batch *batch = NULL;
    hr_status status;
    uint64_t end = 0;
    while ((status = hr_reader_next(reader, &batch, err)) == HR_OK) {
        uint8_t *keys = hr_reader_result(reader);
        status = look_for_key(work, reader, batch, err);
        if (status == HR_OK)
            status = write_batch(work, writer, file, batch, keys, err);
        end = batch->end_offset;
        hr_free(keys);
        hr_batch_release(batch);
        if (status != HR_OK)
            break;
    }
    work->read_bytes += end;
    return status;
}

static hr_status dedup_file(dedup *work, const char *file, hr_error *err)
{
    hr_reader *reader = NULL;
    hr_writer *writer = NULL;
    hr_hasher *hasher = NULL;
    hr_status status = hr_rows_out_reader(&work->out, file, hr_args_text(work->out.args, "key"), &reader, err);
    if (status == HR_OK)
        status = choose_key(work, reader, err);
    if (status == HR_OK)
        status = hr_rows_out_writer(&work->out, reader, &writer, err);
    if (status == HR_OK && writer != NULL)
        status = make_hasher(work, reader, &hasher, err);
    if (status == HR_OK) {
        hr_batch_work hashing = hr_hash_work(hasher);
        if (hasher != NULL)
            hr_reader_work(reader, &hashing);
        status = read_file(work, reader, file, writer, err);
    }
    if (status == HR_END)
        hr_tell_absent(file, reader, work->out.schema);
    hr_reader_close(reader); /* its threads use what is freed below */
    hr_hasher_free(hasher);
    hr_writer_free(writer);
    return status == HR_END ? HR_OK : status;
}

/* ---- the command --------------------------------------------------------------------------------------------- */

static hr_status open_keys(dedup *work, hr_error *err)
{
    const hr_args *args = work->out.args;
    const char *folder = getenv("TMPDIR");
    uint64_t memory = hr_args_number(args, "dedup-memory", 0);
    if (memory < HR_KEYSET_LEAST)
        memory = HR_KEYSET_LEAST;
    work->hash = strcmp(hr_args_text(args, "hash"), "sha256") == 0 ? HR_HASH_SHA256 : HR_HASH_XXH3;
    hr_status status = hr_keyset_open(NULL, hr_hash_size(work->hash), 0, memory, &work->keys, err);
    if (status == HR_OK && folder != NULL && folder[0] != '\0')
        status = hr_keyset_folder(work->keys, folder, err);
    return status;
}

static int run(const hr_args *args)
{
    dedup work = {.next_guess = FIRST_GUESS};
    hr_error err;
    hr_status status = hr_rows_out_open(&work.out, args, NULL, &err);
    if (status == HR_OK)
        status = open_keys(&work, &err);
    for (size_t i = 0; i < args->operand_count; i++) {
        struct stat info;
        if (stat(args->operands[i], &info) == 0 && S_ISREG(info.st_mode))
            work.input_bytes += (uint64_t)info.st_size;
    }
    for (size_t i = 0; i < args->operand_count && status == HR_OK; i++) {
        status = dedup_file(&work, args->operands[i], &err);
        if (status != HR_OK)
            hr_error_origin(&err, args->operands[i]);
    }
    if (status == HR_OK && (status = judge_key(&work, &err)) != HR_OK)
        hr_error_origin(&err, args->operands[args->operand_count - 1]);
    if (status == HR_OK)
        tell_keyless(&work);
    else
        forget_keyless(&work);
    int exit = hr_rows_out_end(&work.out, status, &err);
    hr_json_keyed_clear(&work.keyed);
    hr_keyset_close(work.keys);
    hr_free(work.key);
    hr_free(work.fresh);
    hr_free(work.rows);
    return exit;
}

static const hr_option flags[] = {
    {"key", HR_OPTION_TEXT, NULL, "COLUMNS",
     "Columns that make the key (default: the whole row; of NDJSON the record as it is written).", false},
    {"keep", HR_OPTION_CHOICE, "first", "first", "Which row of a key is kept: the first in the order of the input.",
     false},
    {"hash", HR_OPTION_CHOICE, "xxh3", "xxh3|sha256",
     "What keys are compared by: 128 bits of XXH3, or SHA-256, which nobody can make collide.", false},
    {"dedup-memory", HR_OPTION_SIZE, "256Mi", "SIZE",
     "Memory for keys (at least 64Ki); those that it does not hold are in nameless files in $TMPDIR (or /var/tmp).",
     false},
    HR_FLAGS_TRANSFORM,
};

static const hr_example examples[] = {
    {"headrace dedup --key id orders.csv", "one row for each id, the first"},
    {"headrace dedup --key country,city --output cities.csv a.csv.gz b.csv", "of two columns, over several files"},
    {"headrace dedup --write ndjson events.csv", "without rows that are the same in all columns"},
};

const hr_command hr_command_dedup = {
    .name = "dedup",
    .group = "Work on files",
    .summary = "write files without the rows whose key came before",
    .operands = "FILE...",
    .operands_least = 1,
    .operands_most = HR_ANY_OPERANDS,
    .details =
        "Of the rows with the same key the first is written, in the order of the input. Values are compared as they "
        "are, quotes apart: 1 is not 1.0, and an empty field (null) is not \"\". Files behind the first must have "
        "its columns, in any order. Rejected rows are told on standard error.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .takes = HR_TAKES_READER,
    .run = run,
};
