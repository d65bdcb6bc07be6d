/* test_hasher.c: the key of a row does not depend on the way its canonical form is made, nor on the format it came in.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/dedup/keyset.h"
#include "core/reader/reader.h"

#define OK(call) cr_assert_eq((call), HR_OK, "%s: %s", #call, err.text)

static hr_error err;

/* Reads `text` and hands each of its batches to `look`. */
static void read_text(const char *text, const char *format, void (*look)(const hr_batch *batch, void *context),
                      void *context)
{
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    hr_options *options;
    hr_reader *reader;
    hr_batch *batch;
    hr_status status;
    OK(hr_options_new(table, count, &options, &err));
    OK(hr_options_set(options, "format", format, &err));
    if (strcmp(format, "csv") == 0) {
        OK(hr_options_set(options, "delimiter", ",", &err));
        OK(hr_options_set(options, "quote", "\"", &err));
        OK(hr_options_set(options, "header", "yes", &err));
        OK(hr_options_set(options, "encoding", "utf-8", &err));
    }
    OK(hr_reader_new(options, &reader, &err));
    OK(hr_reader_feed(reader, text, strlen(text), &err));
    OK(hr_reader_finish(reader, &err));
    while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        look(batch, context);
        hr_batch_release(batch);
    }
    cr_assert_eq(status, HR_END, "%s", err.text);
    hr_reader_close(reader);
    hr_options_free(options);
}

/* ---- one form, however it is made --------------------------------------------------------------------------- */

/* The batch with offsets of 32 bits, which the general way is taken for, has the same keys. */
static void compare_ways(const hr_batch *batch, void *context)
{
    static const uint32_t first_last[] = {0, 4}, middle[] = {2};
    size_t *rows = context, begins = 0;
    if (batch->rows == 0 || batch->offset_bytes != 2)
        return;
    begins = batch->row_first[batch->rows - 1] + batch->columns + 1;
    uint32_t *wide = malloc(begins * sizeof *wide);
    for (size_t i = 0; i < begins; i++)
        wide[i] = ((const uint16_t *)batch->begins)[i];
    hr_batch other = *batch;
    other.begins = wide;
    other.offset_bytes = 4;
    for (int kind = 0; kind < 6; kind++) {
        const uint32_t *columns = kind % 3 == 0 ? NULL : kind % 3 == 1 ? first_last : middle;
        hr_hash hash = kind < 3 ? HR_HASH_XXH3 : HR_HASH_SHA256;
        size_t size = batch->rows * hr_hash_size(hash);
        uint8_t *keys = malloc(size), *others = malloc(size);
        hr_hasher *hasher;
        OK(hr_hasher_new(hash, columns, kind % 3 == 1 ? 2 : 1, &hasher, &err));
        cr_assert_eq(hr_hasher_size(hasher), hr_hash_size(hash));
        OK(hr_hasher_run(hasher, batch, keys, &err));
        OK(hr_hasher_run(hasher, &other, others, &err));
        for (size_t i = 0; i < batch->rows; i++)
            cr_assert_eq(memcmp(keys + i * hr_hash_size(hash), others + i * hr_hash_size(hash), hr_hash_size(hash)), 0,
                         "row %zu, kind %d", i, kind);
        hr_hasher_free(hasher);
        free(keys);
        free(others);
    }
    free(wide);
    *rows += batch->rows;
}

static char *put_field(char *at, bool last)
{
    static const char bytes[] = "abcdefghij 0123456789";
    int shape = rand() % 10;
    size_t size = shape == 0 ? 0 : shape == 1 ? (size_t)rand() % 700 : (size_t)rand() % 40;
    bool quoted = rand() % 4 == 0;
    if (quoted)
        *at++ = '"';
    for (size_t i = 0; i < size; i++) {
        if (quoted && rand() % 100 == 0) {
            memcpy(at, rand() % 2 ? "\"\"" : ",\n", 2);
            at += 2;
        } else {
            *at++ = bytes[rand() % 21];
        }
    }
    if (quoted)
        *at++ = '"';
    *at++ = last ? '\n' : ',';
    if (last && rand() % 2) {
        at[-1] = '\r';
        *at++ = '\n';
    }
    return at;
}

Test(hasher, key_is_the_same_however_its_form_is_made)
{
    size_t rows = 0;
    srand(11);
    for (int round = 0; round < 60; round++) {
        char *text = malloc(300 * 5 * 1500), *at = text;
        at += sprintf(at, "v,w,x,y,z\n");
        for (int i = rand() % 300; i >= 0; i--)
            for (int column = 0; column < 5; column++)
                at = put_field(at, column == 4);
        *at = '\0';
        read_text(text, "csv", compare_ways, &rows);
        free(text);
    }
    cr_assert_gt(rows, 3000);
    /* Rows about as large as the forms that are made on the stack. */
    for (size_t size = 16200; size < 16500; size++) {
        char *text = malloc(40000);
        sprintf(text, "v,w,x,y,z\na,%0*d,\"b\"\"c\",,d\n1,\"%0*d\"\"\",,\"\",\n", (int)size, 7, (int)size, 8);
        read_text(text, "csv", compare_ways, &rows);
        free(text);
    }
}

/* ---- values, in either format --------------------------------------------------------------------------------- */

typedef struct keys {
    uint8_t key[16][16];
    size_t count;
} keys;

static void take_keys(const hr_batch *batch, void *context)
{
    static const uint32_t column = 0;
    keys *all = context;
    hr_hasher *hasher;
    OK(hr_hasher_new(HR_HASH_XXH3, &column, 1, &hasher, &err));
    OK(hr_hasher_run(hasher, batch, all->key[all->count], &err));
    all->count += batch->rows;
    hr_hasher_free(hasher);
}

static bool equal(const keys *all, size_t a, size_t b)
{
    return memcmp(all->key[a], all->key[b], 16) == 0;
}

Test(hasher, values_of_json_are_equal_when_they_say_the_same)
{
    keys all = {.count = 0}, csv = {.count = 0};
    read_text("{\"id\":\"1\",\"n\":0}\n{\"id\":\"\\u0031\",\"n\":0}\n{\"n\":1,\"id\":1}\n{\"id\":1.0,\"n\":0}\n"
              "{\"id\":null,\"n\":0}\n{\"n\":0}\n{\"id\":\"\",\"n\":0}\n{\"id\":\"null\",\"n\":0}\n"
              "{\"id\": 1 ,\"n\":0}\n{\"id\":[1],\"n\":0}\n{\"id\":\"[1]\",\"n\":0}\n",
              "ndjson", take_keys, &all);
    cr_assert_eq(all.count, 11);
    cr_assert(equal(&all, 0, 1), "escapes are undone");
    cr_assert(!equal(&all, 0, 2), "a number is no string");
    cr_assert(!equal(&all, 2, 3), "numbers are as they are written");
    cr_assert(equal(&all, 4, 5), "no member and null are one");
    cr_assert(!equal(&all, 4, 6));
    cr_assert(!equal(&all, 4, 7));
    cr_assert(equal(&all, 2, 8), "blanks around a value are no part of it");
    cr_assert(!equal(&all, 9, 10));
    read_text("id,n\n1,x\n\"1\",x\n,x\n\"\",x\n", "csv", take_keys, &csv);
    cr_assert_eq(memcmp(all.key[0], csv.key[0], 16), 0, "a text has one key in both formats");
    cr_assert_eq(memcmp(all.key[0], csv.key[1], 16), 0);
    cr_assert_eq(memcmp(all.key[4], csv.key[2], 16), 0);
    cr_assert_eq(memcmp(all.key[6], csv.key[3], 16), 0);
}
