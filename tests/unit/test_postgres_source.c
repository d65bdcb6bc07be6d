/* test_postgres_source.c: positions, keys and statements of pulls from PostgreSQL. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "connectors/postgres/postgres.h"
#include "connectors/postgres/source.h"

/* ---- positions ------------------------------------------------------------------------------------------------- */

static void same_text(const char *text)
{
    char out[HR_POSITION_MAX];
    hr_pg_position position = {0};
    hr_error err;
    cr_assert_eq(hr_pg_position_read(text, &position, &err), HR_OK, "%s: %s", text, err.text);
    cr_assert_eq(hr_pg_position_write(&position, out, &err), HR_OK, "%s", err.text);
    cr_assert_str_eq(out, text);
    hr_pg_position_clear(&position);
}

Test(postgres_source, positions_are_read_as_they_were_written)
{
    same_text("pg1;watermark=updated_at;type=timestamp with time zone;high=2026-11-22 10:00:00.000001+00");
    same_text("pg1;watermark=w;type=date;high=2026-11-22;at=2026-11-20;key=id;after=17");
    same_text("pg1;watermark=w;type=xid8;key=a,b;after=%C3%A9%0A,%25%3B%2C%3D;nulls=yes");
    same_text("pg1;watermark=w;type=date;high=2026-11-22;loose=yes");
    same_text("pg1;watermark=w;type=date;high=2026-11-22;at=2026-11-20;key=id;after=17;sure=2026-11-19");
    same_text("pg1;full;key=id;after=");
    same_text("pg1;full;done=01a204c8-da3e-74fb-9389-05c9377479bc");
}

Test(postgres_source, values_of_any_bytes_survive_in_a_position)
{
    char bytes[256], out[HR_POSITION_MAX];
    for (int i = 1; i < 256; i++)
        bytes[i - 1] = (char)i;
    bytes[255] = '\0';
    hr_pg_position position = {.full = true, .key_count = 1}, again = {0};
    position.keys[0] = hr_strdup("k;=,%\n");
    position.after[0] = hr_strdup(bytes);
    cr_assert_eq(hr_pg_position_write(&position, out, NULL), HR_OK);
    for (const char *p = out; *p; p++)
        cr_assert(*p >= 0x20 && *p < 0x7F);
    cr_assert_eq(hr_pg_position_read(out, &again, NULL), HR_OK);
    cr_assert_str_eq(again.after[0], bytes);
    cr_assert_str_eq(again.keys[0], "k;=,%\n");
    hr_pg_position_clear(&position);
    hr_pg_position_clear(&again);
}

Test(postgres_source, what_is_no_position_is_refused)
{
    static const char *const texts[] = {"",
                                        "pg1",
                                        "pg1;",
                                        "pg2;full;done=x",
                                        "csv1:raw=0",
                                        "pg1;full",
                                        "pg1;full;full;done=x;high=1",
                                        "pg1;watermark=w;high=1",
                                        "pg1;watermark=w;type=t",
                                        "pg1;watermark=w;type=t;high=1;high=2",
                                        "pg1;watermark=w;type=t;high=1;key=a,b;after=1",
                                        "pg1;watermark=w;type=t;high=%4",
                                        "pg1;watermark=w;type=t;high=%00",
                                        "pg1;watermark=w;type=t;high=%zz",
                                        "pg1;watermark=w;type=t;at=1;key=a;after=1",
                                        "pg1;watermark=w;type=t;nulls=yes",
                                        "pg1;watermark=w;type=t;key=a;after=1;nulls=yes;loose=yes",
                                        "pg1;watermark=w;type=t;high=1;loose=yes;sure=1",
                                        "pg1;full;done=x;key=a;after=1",
                                        "pg1;full;key=a;key=b;after=1",
                                        "pg1;full;done=x;what=1"};
    for (size_t i = 0; i < HR_COUNT(texts); i++) {
        hr_pg_position position = {0};
        cr_assert_eq(hr_pg_position_read(texts[i], &position, NULL), HR_E_CORRUPT, "%s", texts[i]);
        cr_assert_null(position.watermark);
    }
    char many[200] = "pg1;full;key=";
    for (int i = 0; i < 20; i++)
        strcat(many, i ? ",a" : "a");
    hr_pg_position position = {0};
    cr_assert_eq(hr_pg_position_read(many, &position, NULL), HR_E_CORRUPT);
}

Test(postgres_source, a_position_that_is_too_long_names_the_way_out)
{
    char value[HR_POSITION_MAX + 1], out[HR_POSITION_MAX];
    memset(value, 'x', HR_POSITION_MAX);
    value[HR_POSITION_MAX] = '\0';
    hr_pg_position position = {.full = true, .key_count = 1};
    hr_error err;
    position.keys[0] = hr_strdup("id");
    position.after[0] = hr_strdup(value);
    cr_assert_eq(hr_pg_position_write(&position, out, &err), HR_E_LIMIT);
    cr_assert(strstr(err.text, "order=no"));
    hr_pg_position_clear(&position);
}

/* ---- keys of records ------------------------------------------------------------------------------------------- */

typedef struct record {
    uint64_t end;
    char key[40];
} record;

static void make_record(record *out, unsigned i, uint64_t before)
{
    snprintf(out->key, sizeof out->key, "2026-11-22 10:%02u:%02u.%06u+00\t%u", i / 60 % 60, i % 60, i * 7919u % 1000000,
             i * i % 10007);
    if (i % 97 == 0)
        out->key[0] = '\0';
    out->end = before + 1 + (i * 31u) % (i % 50 == 0 ? 100000 : 300);
}

Test(postgres_source, the_key_of_every_record_is_found_again)
{
    enum { COUNT = 5000 };
    static record records[COUNT];
    for (unsigned stride = 1; stride < 900; stride = stride * 3 + 1) {
        hr_pg_trail trail = {0};
        size_t asked = 0;
        cr_assert_eq(hr_pg_trail_seek(&trail, 0, NULL), HR_OK);
        for (unsigned i = 0; i < COUNT; i++) {
            make_record(&records[i], i, i ? records[i - 1].end : 0);
            cr_assert_eq(
                hr_pg_trail_add(&trail, records[i].end, (const uint8_t *)records[i].key, strlen(records[i].key), NULL),
                HR_OK);
            if (i % stride || i < 20)
                continue;
            asked = i - i % 17; /* what is asked for lies behind what was given */
            cr_assert_eq(hr_pg_trail_seek(&trail, records[asked].end, NULL), HR_OK);
            cr_assert_eq(trail.head.size, strlen(records[asked].key));
            cr_assert_arr_eq(trail.head.data, records[asked].key, trail.head.size);
            cr_assert_eq(hr_pg_trail_seek(&trail, records[asked].end, NULL), HR_OK);
        }
        cr_assert_eq(hr_pg_trail_seek(&trail, records[COUNT - 1].end, NULL), HR_OK);
        cr_assert_arr_eq(trail.head.data, records[COUNT - 1].key, trail.head.size);
        hr_pg_trail_clear(&trail);
    }
}

Test(postgres_source, an_offset_within_a_record_is_a_fault)
{
    hr_pg_trail trail = {0};
    cr_assert_eq(hr_pg_trail_add(&trail, 10, (const uint8_t *)"a", 1, NULL), HR_OK);
    cr_assert_eq(hr_pg_trail_add(&trail, 30, (const uint8_t *)"b", 1, NULL), HR_OK);
    cr_assert_eq(hr_pg_trail_seek(&trail, 20, NULL), HR_E_STATE);
    hr_pg_trail_clear(&trail);
}

Test(postgres_source, a_record_costs_few_bytes)
{
    hr_pg_trail trail = {0};
    for (unsigned i = 0; i < 100000; i++) {
        char key[60];
        int size = snprintf(key, sizeof key, "2026-11-22 10:%02u:%02u.%06u+00\t%u", i / 6000 % 60, i / 100 % 60,
                            i % 100 * 10000, 5000000 + i);
        cr_assert_eq(hr_pg_trail_add(&trail, 115u * (i + 1), (const uint8_t *)key, (size_t)size, NULL), HR_OK);
    }
    cr_assert_lt(trail.steps.size, 100000u * 26);
    hr_pg_trail_clear(&trail);
}

/* ---- statements ------------------------------------------------------------------------------------------------ */

static const char *const columns[] = {"id", "Up\"dated", "note"};
static hr_pg_reading sample_reading(void)
{
    hr_pg_reading reading = {.from = "\"shop\".\"orders\"",
                             .columns = columns,
                             .column_count = 3,
                             .watermark = "Up\"dated",
                             .watermark_type = "timestamp with time zone",
                             .key_count = 1};
    reading.keys[0] = "id";
    reading.key_types[0] = "bigint";
    return reading;
}

static void expect_sql(const hr_pg_reading *reading, const hr_pg_range *range, const char *rest)
{
    hr_buffer sql = {0};
    char expected[1024];
    snprintf(expected, sizeof expected,
             "COPY (SELECT \"id\", \"Up\"\"dated\", \"note\" FROM \"shop\".\"orders\"%s) TO STDOUT", rest);
    cr_assert(hr_pg_copy_sql(reading, range, &sql));
    cr_assert_str_eq((const char *)sql.data, expected);
    hr_buffer_free(&sql);
}

Test(postgres_source, statements_compare_with_literals_of_the_columns_own_type)
{
    hr_pg_reading reading = sample_reading(), full = sample_reading();
    full.watermark = NULL;
    const char *const after[] = {"O'Neil\\"};
    full.key_types[0] = "text";
    expect_sql(&full, &(hr_pg_range){0}, "");
    expect_sql(&full, &(hr_pg_range){.after = after, .ordered = true, .limit = 100},
               " WHERE (\"id\") > (E'O''Neil\\\\'::text) ORDER BY \"id\" LIMIT 100");
    expect_sql(&reading, &(hr_pg_range){.low = "2026-01-01", .high = "2026-01-02"},
               " WHERE \"Up\"\"dated\" >= '2026-01-01'::timestamp with time zone AND \"Up\"\"dated\" < "
               "'2026-01-02'::timestamp with time zone");
    const char *const seven[] = {"7"};
    expect_sql(&reading, &(hr_pg_range){.at = "2026-01-01", .after = seven, .high = "2026-01-02", .ordered = true},
               " WHERE \"Up\"\"dated\" < '2026-01-02'::timestamp with time zone AND (\"Up\"\"dated\", \"id\") > "
               "('2026-01-01'::timestamp with time zone, '7'::bigint) ORDER BY \"Up\"\"dated\", \"id\"");
    expect_sql(&reading, &(hr_pg_range){.nulls = true, .after = seven, .ordered = true},
               " WHERE \"Up\"\"dated\" IS NULL AND (\"id\") > ('7'::bigint) ORDER BY \"id\"");
    expect_sql(&reading, &(hr_pg_range){.high = "x", .high_closed = true, .with_nulls = true},
               " WHERE (\"Up\"\"dated\" <= 'x'::timestamp with time zone OR \"Up\"\"dated\" IS NULL)");
}

Test(postgres_source, pieces_cover_all_blocks_and_all_keys)
{
    hr_pg_reading full = sample_reading();
    full.watermark = NULL;
    expect_sql(&full, &(hr_pg_range){.blocks = true, .end_block = 10}, " WHERE ctid < '(10,0)'::tid");
    expect_sql(&full, &(hr_pg_range){.blocks = true, .first_block = 10, .end_block = UINT64_MAX},
               " WHERE ctid >= '(10,0)'::tid");
    expect_sql(&full, &(hr_pg_range){.slices = true, .lowest = true, .end_key = -5}, " WHERE \"id\" < '-5'");
    expect_sql(&full, &(hr_pg_range){.slices = true, .first_key = -5, .highest = true},
               " WHERE (\"id\" >= '-5' OR \"id\" IS NULL)");
    expect_sql(&full, &(hr_pg_range){.slices = true, .lowest = true, .highest = true}, "");
}

/* ---- options --------------------------------------------------------------------------------------------------- */

static hr_options *options_of(const char *const pairs[][2], size_t count)
{
    hr_options *options;
    cr_assert_eq(hr_options_new(hr_postgres_source.options, hr_postgres_source.option_count, &options, NULL), HR_OK);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(hr_options_set(options, pairs[i][0], pairs[i][1], NULL), HR_OK);
    return options;
}
#define OPTIONS(...) \
    options_of((const char *const[][2]){__VA_ARGS__}, HR_COUNT(((const char *const[][2]){__VA_ARGS__})))

static void expect_identity(hr_options *options, const char *uri, const char *expected)
{
    char out[200];
    hr_error err;
    cr_assert_eq(hr_postgres_source.identify(uri, options, out, sizeof out, &err), HR_OK, "%s", err.text);
    cr_assert_str_eq(out, expected);
    cr_assert_eq(hr_postgres_source.identify(uri, options, out, strlen(expected), &err), HR_E_LIMIT);
    hr_options_free(options);
}

Test(postgres_source, identity_is_the_table_and_not_the_way_to_it)
{
    expect_identity(OPTIONS({"table", "orders"}), "postgres://a@h1/shop", "postgres:shop/public.orders");
    expect_identity(OPTIONS({"table", "public.orders"}), "postgres://b:x@h2:99,h3/shop?sslmode=require",
                    "postgres:shop/public.orders");
    expect_identity(OPTIONS({"table", "\"my.t\".x"}), "postgres://h/d%2Fb", "postgres:\"d/b\"/\"my.t\".x");
    expect_identity(OPTIONS({"query", "SELECT 1"}, {"label", "ones"}), "postgres://h/db", "postgres:db/query:ones");
    char one[100], two[100];
    hr_options *a = OPTIONS({"query", "SELECT  a\n FROM t"}), *b = OPTIONS({"query", "SELECT a FROM t"});
    cr_assert_eq(hr_postgres_source.identify("postgres://h/db", a, one, sizeof one, NULL), HR_OK);
    cr_assert_eq(hr_postgres_source.identify("postgres://h/db", b, two, sizeof two, NULL), HR_OK);
    cr_assert_str_eq(one, two);
    hr_options_free(a);
    hr_options_free(b);
}

static void refused(hr_options *options, const char *says)
{
    hr_pg_pull pull;
    hr_error err;
    cr_assert_eq(hr_pg_pull_read(options, &pull, &err), HR_E_INVALID);
    cr_assert(strstr(err.text, says), "%s", err.text);
    hr_options_free(options);
}

Test(postgres_source, options_that_do_not_go_together_are_refused)
{
    refused(OPTIONS({"order", "auto"}), "neither table nor query");
    refused(OPTIONS({"table", "t"}, {"query", "SELECT 1"}), "table and query");
    refused(OPTIONS({"query", " ; "}), "empty");
    refused(OPTIONS({"table", "t"}, {"lookback", "1h"}), "option watermark");
    refused(OPTIONS({"table", "t"}, {"readers", "0"}), "readers");
    refused(OPTIONS({"table", "t"}, {"readers", "65"}), "readers");
    refused(OPTIONS({"table", "t"}, {"key", "a"}, {"readers", "2"}, {"order", "yes"}), "readers=1");
    refused(OPTIONS({"table", "t"}, {"order", "yes"}), "option key");
    refused(OPTIONS({"table", "t"}, {"key", "a,,b"}), "empty name");
    refused(OPTIONS({"table", "t"}, {"key", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"}), "17 columns");
}

Test(postgres_source, a_query_may_end_in_a_semicolon_or_a_comment)
{
    hr_pg_pull pull;
    hr_options *options = OPTIONS({"query", "SELECT 1 -- one\n;\n"}, {"key", "\"a,b\",c"}, {"columns", "x"});
    cr_assert_eq(hr_pg_pull_read(options, &pull, NULL), HR_OK);
    cr_assert_str_eq(pull.from, "(SELECT 1 -- one\n) AS q");
    cr_assert_eq(pull.key_count, 2);
    cr_assert_str_eq(pull.keys[0], "a,b");
    cr_assert_eq(pull.column_count, 1);
    hr_pg_pull_clear(&pull);
    hr_options_free(options);
}

Test(postgres_source, several_hosts_ask_for_a_standby)
{
    static const struct {
        const char *uri;
        bool several, standby;
    } cases[] = {
        {"postgres://u@a,b/db", true, true},
        {"postgres://u@a,b/db?target_session_attrs=primary", true, false},
        {"postgres://u@a/db", false, false},
        {"postgres://u@a/db?target_session_attrs=standby", false, true},
    };
    for (size_t i = 0; i < HR_COUNT(cases); i++) {
        bool several, standby;
        cr_assert_eq(hr_pg_uri_hosts(cases[i].uri, &several, &standby, NULL), HR_OK);
        cr_assert_eq(several, cases[i].several, "%s", cases[i].uri);
        cr_assert_eq(standby, cases[i].standby, "%s", cases[i].uri);
    }
}

#ifdef HR_FAULTS
extern long hr_fault_allocations;

/* Under another identity it would be another source, and all its rows would be read again. */
Test(postgres_source, without_memory_there_is_no_identity_rather_than_another_one)
{
    hr_options *options = OPTIONS({"table", "orders"}, {"key", "id"});
    hr_status status = HR_E_MEMORY;
    long n = 0;
    for (; status != HR_OK; n++) {
        char out[200] = "";
        hr_fault_allocations = n;
        status = hr_postgres_source.identify("postgres://a@h1/shop?connect_timeout=3", options, out, sizeof out, NULL);
        hr_fault_allocations = -1;
        cr_assert(status == HR_OK || status == HR_E_MEMORY, "allocation %ld: %s", n, hr_status_name(status));
        cr_assert_str_eq(out, status == HR_OK ? "postgres:shop/public.orders" : "");
    }
    cr_assert_gt(n, 4);
    hr_options_free(options);
}
#endif
