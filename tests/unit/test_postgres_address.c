/* test_postgres_address.c: what the query of a URI may hold beside options: parameters of libpq, and nothing else. */
#include <criterion/criterion.h>

#include "connectors/postgres/connect.h"

static const hr_option table[] = {
    {"table", HR_OPTION_TEXT, NULL, "TABLE", "", false},
    {"watermark", HR_OPTION_TEXT, NULL, "COLUMN", "", false},
};

static void says(const char *uri, const char *part)
{
    hr_options *options;
    hr_error err;
    cr_assert_eq(hr_options_new(table, HR_COUNT(table), &options, &err), HR_OK);
    hr_status status = hr_pg_check_query(uri, options, &err);
    cr_assert_eq(status, part ? HR_E_INVALID : HR_OK, "%s", uri);
    if (part)
        cr_assert(strstr(err.text, part), "%s", err.text);
    hr_options_free(options);
}

Test(postgres_address, parameters_of_libpq_pass)
{
    says("postgres://h/d", NULL);
    says("postgres://h/d?", NULL);
    says("postgres://h/d?sslmode=require&connect_timeout=3&target_session_attrs=any&ssl=true", NULL);
    says("postgres://h/d?&sslmode=require&", NULL);
    says("postgres://h/d?ssl%6Dode=require", NULL);
}

Test(postgres_address, other_keys_are_told_with_the_nearest)
{
    says("postgres://h/d?tabel=x", "did you mean table?");
    says("postgres://h/d?sslmode=require&watermrk=x", "did you mean watermark?");
    says("postgres://h/d?sslmod=x", "did you mean sslmode?");
    says("postgres://h/d?frobnicate=x", "no connection parameter of libpq");
    says("postgres://h/d?t%zz=x", "no %XX");
}
