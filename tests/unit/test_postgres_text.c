/* test_postgres_text.c: names and texts in SQL, types of new tables, meanings of SQLSTATEs. */
#include <criterion/criterion.h>

#include "connectors/postgres/sink.h"

static void quoted(bool (*quote)(hr_buffer *, const char *), const char *text, const char *expected)
{
    hr_buffer out = {0};
    cr_assert(quote(&out, text) && hr_buffer_add(&out, "", 1));
    cr_assert_str_eq((const char *)out.data, expected);
    hr_buffer_free(&out);
}

Test(postgres_text, names_and_texts_cannot_leave_their_quotes)
{
    quoted(hr_pg_quote_name, "plain", "\"plain\"");
    quoted(hr_pg_quote_name, "a\"; DROP TABLE b --", "\"a\"\"; DROP TABLE b --\"");
    quoted(hr_pg_quote_text, "it's", "'it''s'");
    quoted(hr_pg_quote_text, "back\\'slash", "E'back\\\\''slash'");
}

static void splits(const char *text, const char *schema, const char *table)
{
    char *first = NULL, *second = NULL;
    hr_error err;
    hr_status status = hr_pg_split_name(text, &first, &second, &err);
    if (!table) {
        cr_assert_eq(status, HR_E_INVALID, "%s", text);
        return;
    }
    cr_assert_eq(status, HR_OK, "%s", text);
    cr_assert_str_eq(second, table);
    cr_assert(schema ? first && !strcmp(first, schema) : !first, "%s", text);
    hr_free(first);
    hr_free(second);
}

Test(postgres_text, names_of_tables_are_split_at_dots_outside_of_quotes)
{
    splits("orders", NULL, "orders");
    splits("shop.Orders", "shop", "Orders");
    splits("\"a.b\".\"c\"\"d\"", "a.b", "c\"d");
    splits("\"\"\"\"", NULL, "\"");
    static const char *const bad[] = {"",
                                      ".",
                                      "a.",
                                      ".b",
                                      "a.b.c",
                                      "\"a",
                                      "\"a\"b",
                                      "\"\"",
                                      "a.\"b",
                                      "\"a\"\"",
                                      "a234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < HR_COUNT(bad); i++)
        splits(bad[i], NULL, NULL);
}

Test(postgres_text, types_of_new_tables_hold_every_value)
{
    static const struct {
        hr_column column;
        const char *type;
    } cases[] = {
        {{.type = HR_TYPE_TEXT}, "text"},
        {{.type = HR_TYPE_BOOL}, "boolean"},
        {{.type = HR_TYPE_INT64}, "bigint"},
        {{.type = HR_TYPE_DECIMAL, .precision = 12, .scale = 2}, "numeric"},
        {{.type = HR_TYPE_FLOAT64}, "double precision"},
        {{.type = HR_TYPE_DATE}, "date"},
        {{.type = HR_TYPE_TIMESTAMP}, "timestamp"},
        {{.type = HR_TYPE_TIMESTAMP, .zoned = true}, "timestamp with time zone"},
        {{.type = HR_TYPE_UUID}, "uuid"},
        {{.type = HR_TYPE_JSON}, "jsonb"},
    };
    for (size_t i = 0; i < HR_COUNT(cases); i++) {
        char type[200];
        hr_pg_type_of(&cases[i].column, type);
        cr_assert_str_eq(type, cases[i].type);
    }
}

Test(postgres_text, what_may_pass_by_itself_is_retryable)
{
    static const char *const again[] = {"08006", "57P01", "57P02", "57P03", "53300",
                                        "53100", "40001", "40P01", "55P03", "25006"};
    static const char *const never[] = {"42601", "28P01", "3D000", "42501", "22P02", "23505", "57014", "XX000"};
    bool retryable;
    for (size_t i = 0; i < HR_COUNT(again); i++) {
        cr_assert_geq((int)hr_pg_status(again[i], &retryable), (int)HR_E_INVALID);
        cr_assert(retryable, "%s", again[i]);
    }
    for (size_t i = 0; i < HR_COUNT(never); i++) {
        (void)hr_pg_status(never[i], &retryable);
        cr_assert(!retryable, "%s", never[i]);
    }
    cr_assert_eq(hr_pg_status("28P01", &retryable), HR_E_PERMISSION);
    cr_assert_eq(hr_pg_status("42P01", &retryable), HR_E_NOT_FOUND);
}
