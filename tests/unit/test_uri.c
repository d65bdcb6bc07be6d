/* test_uri.c: what is taken from the query of a URI, and what of a URI may be shown. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/uri.h"

static const hr_option table[] = {
    {"table", HR_OPTION_TEXT, NULL, "NAME", "", false},
    {"password", HR_OPTION_TEXT, NULL, "TEXT", "", true},
    {"mode", HR_OPTION_CHOICE, "append", "append|merge", "", false},
    {"key", HR_OPTION_TEXT, NULL, "NAMES", "", false},
};

static void shown(const char *uri, const char *expected)
{
    char *out = hr_uri_public(uri, table, HR_COUNT(table));
    cr_assert_str_eq(out, expected);
    hr_free(out);
}

static hr_status take(const char *uri, hr_options **options, char **rest, hr_error *err)
{
    cr_assert_eq(hr_options_new(table, HR_COUNT(table), options, err), HR_OK);
    *rest = NULL;
    return hr_uri_options(uri, table, HR_COUNT(table), *options, rest, err);
}

static void takes(const char *uri, const char *key, const char *value, const char *left)
{
    hr_options *options;
    hr_error err;
    char *rest;
    cr_assert_eq(take(uri, &options, &rest, &err), HR_OK, "%s: %s", uri, err.text);
    cr_assert_str_eq(hr_options_get(options, key), value);
    cr_assert_str_eq(rest, left);
    hr_free(rest);
    hr_options_free(options);
}

static void refuses(const char *uri, hr_status expected, const char *part)
{
    hr_options *options;
    hr_error err;
    char *rest;
    cr_assert_eq(take(uri, &options, &rest, &err), expected, "%s", uri);
    cr_assert(strstr(err.text, part), "%s", err.text);
    cr_assert_null(rest);
    hr_options_free(options);
}

static void hides(const char *uri, const char *expected)
{
    char *text = hr_strdup(uri);
    hr_uri_hide(text);
    cr_assert_str_eq(text, expected);
    hr_free(text);
}

Test(uri, passwords_are_written_over)
{
    hides("postgres://u:SECRET@h:1/d?table=t&key=a,b", "postgres://u:xxxxxx@h:1/d?table=t&key=a,b");
    hides("postgres://u:@h/d", "postgres://u:@h/d");
    hides("postgres://h:5432/d?password=SECRET", "postgres://h:5432/d?password=xxxxxx");
    hides("kafka://u:SEC@RET@h/t?rdkafka.ssl.key.pem=SECRET&from=latest",
          "kafka://u:xxxxxxx@h/t?rdkafka.ssl.key.pem=xxxxxx&from=latest");
    hides("postgres://h/d?password=${file:/run/secret}", "postgres://h/d?password=${file:/run/secret}");
    hides("kafka://h/t?pem=SECRET", "kafka://h/t?pem=xxxxxx");
    hides("a:b@c?password=no", "a:b@c?password=no");
    hides("", "");
}

Test(uri, passwords_are_not_shown)
{
    shown("kafka://h/t?rdkafka.ssl.key.pem=SECRET&rdkafka.sasl.oauthbearer.config=SECRET&rdkafka.linger.ms=5",
          "kafka://h/t?rdkafka.linger.ms=5");
    shown("postgres://u:SECRET@h:1/d?table=t", "postgres://u@h:1/d?table=t");
    shown("postgres://:SECRET@h/d", "postgres://h/d");
    shown("postgres://u:SEC@RET@h/d", "postgres://u@h/d");
    shown("postgres://h/d?password=SECRET&table=t", "postgres://h/d?table=t");
    shown("postgres://h/d?table=t&password=SECRET", "postgres://h/d?table=t");
    shown("postgres://h/d?password=SECRET", "postgres://h/d");
    shown("postgres://h/d?sslpassword=SECRET&sslkey=SECRET&oauth-token=SECRET", "postgres://h/d");
    shown("postgres://h/d#fragment", "postgres://h/d#fragment");
    shown("in/a:b@c.csv", "in/a:b@c.csv");
}

/* By RFC 3986 those bytes end what comes before the host; nobody tells that to who chooses a password. */
Test(uri, passwords_that_should_have_been_encoded_are_not_shown_either)
{
    shown("postgres://u:SEC/RET@h/d", "postgres://u@h/d");
    shown("postgres://u:SEC#RET@h/d?table=t", "postgres://u@h/d?table=t");
    shown("postgres://u:SEC?RET@h:1/d?table=t", "postgres://u@h:1/d?table=t");
    shown("postgres://u:a@b:SE/C?RET@h/d", "postgres://u@h/d");
    shown("postgres://u:12/34@h/d", "postgres://u@h/d");
    shown("postgres://h1:1,[::1]:2/d?query=a@b", "postgres://h1:1,[::1]:2/d?query=a@b");
    shown("postgres://u@h:1/d?query=a@b", "postgres://u@h:1/d?query=a@b");
    shown("kafka://h:1/t@x", "kafka://h@x"); /* it may have been one */
    refuses("postgres://h/d?table=t&mode=append&table=t", HR_E_INVALID, "option table stands twice");
    refuses("postgres://u:SEC/RET@h/d", HR_E_INVALID, "%2F");
    refuses("postgres://u:SEC#RET@h/d?table=t", HR_E_INVALID, "%23");
    refuses("postgres://u:SEC?RET@h/d?table=t", HR_E_INVALID, "%3F");
    takes("postgres://u:SEC%2FRET@h/d?table=t", "table", "t", "postgres://u:SEC%2FRET@h/d");
    takes("postgres://u@h1:1,h2:2/d?table=a@b", "table", "a@b", "postgres://u@h1:1,h2:2/d");
    takes("postgres:///d?host=/tmp&table=a@b", "table", "a@b", "postgres:///d?host=/tmp");
}

Test(uri, errors_do_not_show_passwords)
{
    hr_error err;
    (void)hr_fail(&err, HR_E_IO, "x");
    hr_error_origin(&err, "postgres://u:SEC#RET@h:1/d?table=t");
    cr_assert_str_eq(err.origin, "postgres://h:1/d");
}

/* An option whose name ends like a secret's is none when the table says so. */
Test(uri, what_the_table_says_of_a_key_counts)
{
    shown("postgres://h/d?key=id&mode=merge", "postgres://h/d?key=id&mode=merge");
}

Test(uri, where_a_secret_is_kept_is_none)
{
    shown("postgres://h/d?password=${file:/run/x}&table=t", "postgres://h/d?password=${file:/run/x}&table=t");
    shown("postgres://h/d?password=$%7Bfile:/run/x%7D", "postgres://h/d?password=$%7Bfile:/run/x%7D");
    shown("postgres://h/d?password=${SECRET}", "postgres://h/d");
    shown("postgres://h/d?password=x${file:/run/x}", "postgres://h/d");
}

Test(uri, options_are_taken_out_of_the_query)
{
    takes("postgres://h/d?table=t", "table", "t", "postgres://h/d");
    takes("postgres://h/d?sslmode=require&table=t&connect_timeout=3", "table", "t",
          "postgres://h/d?sslmode=require&connect_timeout=3");
    takes("postgres://h/d?table=a%26b%3Dc%25&mode=merge", "table", "a&b=c%", "postgres://h/d");
    takes("postgres://h/d?table=a=b", "table", "a=b", "postgres://h/d");
    takes("postgres://h/d?&&table=t&", "table", "t", "postgres://h/d");
    takes("postgres://h/d?table=t#f", "table", "t", "postgres://h/d#f");
}

Test(uri, values_that_cannot_be_are_refused)
{
    refuses("postgres://h/d?mode=upsert", HR_E_INVALID, "append|merge");
    refuses("postgres://h/d?table=%zz", HR_E_INVALID, "no %XX");
    refuses("postgres://h/d?table=%00", HR_E_INVALID, "no %XX");
    refuses("postgres://h/d?password=${file:/nowhere/at/all}", HR_E_NOT_FOUND, "/nowhere/at/all");
}

Test(uri, a_secret_is_the_first_line_of_a_file)
{
    char path[] = "/tmp/test-uri-XXXXXX", uri[128];
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, "first\r\nsecond\n", 14) == 14);
    close(fd);
    snprintf(uri, sizeof uri, "postgres://h/d?password=${file:%s}", path);
    takes(uri, "password", "first", "postgres://h/d");
    unlink(path);
}
