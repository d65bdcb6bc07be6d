/* test_json_keyed.c: whether records of NDJSON have the key by which duplicates are found. */
#include <criterion/criterion.h>

#include "core/json/presence.h"

/* One batch of records with two columns; a cell is empty where the record lacks the member. */
static hr_status look(hr_json_keyed *keyed, const char *text, hr_span *cells, uint32_t rows, size_t count,
                      hr_error *err)
{
    static const char *const names[] = {"id", "/user/name"};
    static const uint32_t key[] = {0, 1};
    uint32_t first[8], size[8];
    uint32_t each = (uint32_t)strlen(text) / rows;
    for (uint32_t i = 0; i < rows; i++) {
        first[i] = i * each;
        size[i] = each;
    }
    hr_batch batch = {.data = (const uint8_t *)text,
                      .rows = rows,
                      .columns = 2,
                      .row_first = first,
                      .row_size = size,
                      .cells = cells};
    return hr_json_keyed_look(keyed, &batch, names, key, count, err);
}

Test(json_keyed, a_key_that_comes_late_settles_it)
{
    hr_error err;
    hr_json_keyed keyed = {0};
    cr_assert(!hr_json_keyed_open(&keyed), "nothing was seen yet");
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(look(&keyed, "{\"a\":1}\n{\"a\":2}\n", (hr_span[4]){{0}}, 2, 2, &err), HR_OK);
        cr_assert(hr_json_keyed_open(&keyed));
    }
    cr_assert_eq(look(&keyed, "{\"id\":1}\n{\"id\":2}\n", (hr_span[4]){{0}, {0}, {0}, {5, 1}}, 2, 2, &err), HR_OK);
    cr_assert(!hr_json_keyed_open(&keyed));
    cr_assert_eq(keyed.records, 8);
    cr_assert_eq(keyed.without, 7);
    cr_assert_eq(hr_json_keyed_judge(&keyed, "id", &err), HR_OK);
    hr_json_keyed_clear(&keyed);
}

Test(json_keyed, a_key_that_none_has_is_refused_at_the_end)
{
    hr_error err;
    hr_json_keyed keyed = {0};
    cr_assert_eq(look(&keyed, "{\"a\":1}\n{\"b\":2}\n", (hr_span[4]){{0}}, 2, 2, &err), HR_OK);
    cr_assert_eq(hr_json_keyed_judge(&keyed, "id", &err), HR_E_INVALID);
    cr_assert(strstr(err.text, "2 records"), "%s", err.text);
    cr_assert(strstr(err.text, "'id'"), "%s", err.text);
    hr_json_keyed_clear(&keyed);
}

Test(json_keyed, a_key_that_none_has_is_refused_within_a_bound)
{
    hr_error err;
    hr_json_keyed keyed = {0};
    cr_assert_eq(look(&keyed, "{\"a\":1}\n{\"a\":2}\n", (hr_span[4]){{0}}, 2, 2, &err), HR_OK);
    keyed.bytes = HR_JSON_KEYED_WITHIN;
    cr_assert_eq(look(&keyed, "{\"a\":1}\n{\"a\":2}\n", (hr_span[4]){{0}}, 2, 2, &err), HR_E_INVALID);
    cr_assert(strstr(err.text, "they have a"), "%s", err.text);
    hr_json_keyed_clear(&keyed);
}

Test(json_keyed, one_record_alone_needs_no_key)
{
    hr_error err;
    hr_json_keyed keyed = {0};
    cr_assert_eq(look(&keyed, "{\"a\":1}", (hr_span[2]){{0}}, 1, 2, &err), HR_OK);
    cr_assert(hr_json_keyed_open(&keyed));
    cr_assert_eq(hr_json_keyed_judge(&keyed, "id", &err), HR_OK);
    cr_assert(!hr_json_keyed_open(&keyed));
    hr_json_keyed_clear(&keyed);
}

Test(json_keyed, null_is_a_spelling_that_is_right_and_no_key)
{
    hr_error err;
    hr_json_keyed keyed = {0};
    cr_assert_eq(look(&keyed, "{\"id\":null}", (hr_span[2]){{6, 4}, {0}}, 1, 2, &err), HR_OK);
    cr_assert(!hr_json_keyed_open(&keyed));
    cr_assert_eq(keyed.without, 1);
    hr_json_keyed_clear(&keyed);
}

Test(json_keyed, batches_of_csv_are_not_judged)
{
    hr_error err;
    hr_json_keyed keyed = {0};
    cr_assert_eq(look(&keyed, "1,2\n1,3\n", NULL, 2, 2, &err), HR_OK);
    cr_assert(!hr_json_keyed_open(&keyed));
    cr_assert_eq(hr_json_keyed_judge(&keyed, "id", &err), HR_OK);
    hr_json_keyed_clear(&keyed);
}
