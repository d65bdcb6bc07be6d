/* uri.c: the query of a URI as options, and URIs that may be shown (RFC 3986, 2.1, 3.2.1 and 3.4). */
#include "core/base/uri.h"

#include <stdio.h>

#define SECRET_FILE_MAX 8192

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

char *hr_uri_decode(const char *text, size_t size, bool *bad)
{
    char *out = hr_malloc(size + 1), *to = out;
    *bad = false;
    for (size_t i = 0; out && i < size; i++) {
        if (text[i] != '%') {
            *to++ = text[i];
            continue;
        }
        int high = i + 2 < size ? hex_digit(text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low < 0 || (high == 0 && low == 0)) {
            *bad = true;
            hr_free(out);
            return NULL;
        }
        *to++ = (char)(high * 16 + low);
        i += 2;
    }
    if (out)
        *to = '\0';
    return out;
}

/* One pair of a query: key=value. */
typedef struct pair {
    const char *key, *value, *end;
    size_t key_size;
} pair;

static const char *query_of(const char *uri)
{
    return strstr(uri, "://") ? strchr(uri, '?') : NULL;
}

/* The pair that begins at `at`; the next one begins behind its end, unless that is NUL or '#'. */
static pair take_pair(const char *at)
{
    pair found = {.key = at, .key_size = strcspn(at, "=&#"), .end = at + strcspn(at, "&#")};
    found.value = at + found.key_size + (at[found.key_size] == '=');
    return found;
}

static const hr_option *find_option(const hr_option *table, size_t count, const pair *one)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(table[i].key) == one->key_size && !memcmp(table[i].key, one->key, one->key_size))
            return &table[i];
    return NULL;
}

/* "${file:PATH}" stands for the first line of the file. */
static hr_status read_secret(const char *key, char **value, hr_error *err)
{
    char *text = *value, line[SECRET_FILE_MAX];
    size_t size = strlen(text);
    if (strncmp(text, "${file:", 7) != 0 || text[size - 1] != '}')
        return HR_OK;
    text[size - 1] = '\0';
    FILE *file = fopen(text + 7, "re");
    bool read = file && fgets(line, sizeof line, file);
    if (file)
        (void)fclose(file); /* nothing was written */
    if (!read)
        return hr_fail(err, HR_E_NOT_FOUND, "option %s: the file '%.300s' cannot be read, or is empty", key, text + 7);
    line[strcspn(line, "\r\n")] = '\0';
    char *copy = hr_strdup(line);
    explicit_bzero(line, sizeof line);
    if (!copy)
        return hr_fail_memory(err, "reading a secret");
    hr_free(text);
    *value = copy;
    return HR_OK;
}

/* Whether the key of `one` stands in the query before it, too. */
static bool is_repeated(const char *uri, const pair *one)
{
    for (const char *at = query_of(uri); at + 1 < one->key; at = take_pair(at + 1).end) {
        pair earlier = take_pair(at + 1);
        if (earlier.key_size == one->key_size && !memcmp(earlier.key, one->key, one->key_size))
            return true;
    }
    return false;
}

static hr_status set_option(hr_options *options, const char *key, const pair *one, hr_error *err)
{
    bool bad;
    if (hr_options_given(options, key))
        return HR_OK;
    char *value = hr_uri_decode(one->value, (size_t)(one->end - one->value), &bad);
    if (!value)
        return bad ? hr_fail(err, HR_E_INVALID, "the value of %s in the URI has a %% that is no %%XX", key)
                   : hr_fail_memory(err, "reading a URI");
    hr_status status = read_secret(key, &value, err);
    if (status == HR_OK)
        status = hr_options_set(options, key, value, err);
    hr_free(value);
    return status;
}

hr_status hr_uri_options(const char *uri, const hr_option *table, size_t count, hr_options *options, char **rest,
                         hr_error *err)
{
    const char *host = hr_uri_host(uri), *scheme = strstr(uri, "://");
    if (scheme && scheme + 3 + strcspn(scheme + 3, "/?#") < host)
        return hr_fail(err, HR_E_INVALID,
                       "the password in the URI holds / ? # or @ as they are: write %%2F %%3F %%23 %%40, or give it by "
                       "password=${file:PATH}");
    char *left = hr_strdup(uri);
    if (!left)
        return hr_fail_memory(err, "reading a URI");
    const char *at = query_of(uri);
    char *to = at ? left + (at - uri) : NULL;
    bool first = true;
    while (at && (*at == '?' || *at == '&')) {
        pair one = take_pair(at + 1);
        const hr_option *option = find_option(table, count, &one);
        if (option) {
            hr_status status = is_repeated(uri, &one)
                                   ? hr_fail(err, HR_E_INVALID, "option %s stands twice in the URI", option->key)
                                   : set_option(options, option->key, &one, err);
            if (status != HR_OK) {
                hr_free(left);
                return status;
            }
        } else if (one.end > one.key) {
            *to++ = first ? '?' : '&';
            memmove(to, one.key, (size_t)(one.end - one.key));
            to += one.end - one.key;
            first = false;
        }
        at = one.end;
    }
    if (at)
        memmove(to, at, strlen(at) + 1); /* a fragment, or the end */
    *rest = left;
    return HR_OK;
}

static bool ends_like_secret(const pair *one)
{
    static const char *const ends[] = {"password",   "passwd", "secret", "token",      "key",
                                       "passphrase", "pem",    "jaas",   "credential", "oauthbearer.config"};
    for (size_t i = 0; i < HR_COUNT(ends); i++) {
        size_t size = strlen(ends[i]);
        if (one->key_size >= size && !memcmp(one->key + one->key_size - size, ends[i], size))
            return true;
    }
    return false;
}

/* Where a secret is kept is none. */
static bool is_reference(const pair *one)
{
    static const char *const begins[] = {"${file:", "$%7Bfile:", "$%7bfile:", "%24%7Bfile"};
    for (size_t i = 0; i < HR_COUNT(begins); i++)
        if (!strncmp(one->value, begins[i], strlen(begins[i])))
            return true;
    return false;
}

static bool is_secret(const hr_option *table, size_t count, const pair *one)
{
    if (is_reference(one))
        return false;
    const hr_option *option = find_option(table, count, one);
    return option ? option->secret : ends_like_secret(one);
}

char *hr_uri_public(const char *uri, const hr_option *table, size_t count)
{
    const char *rest = strstr(uri, "://");
    char *out = hr_malloc(strlen(uri) + 1), *to = out;
    if (!out || !rest)
        return out ? memcpy(out, uri, strlen(uri) + 1) : NULL;
    rest += 3;
    const char *host = hr_uri_host(uri);
    /* Without the password a user stays, or nothing. */
    size_t user = host > rest ? strcspn(rest, ":@") : 0;
    memcpy(to, uri, (size_t)(rest - uri) + user);
    to += (size_t)(rest - uri) + user;
    if (user)
        *to++ = '@';
    const char *at = host + strcspn(host, "?#");
    memcpy(to, host, (size_t)(at - host));
    to += at - host;
    bool first = true;
    while (*at == '?' || *at == '&') {
        pair one = take_pair(at + 1);
        if (one.end > one.key && !is_secret(table, count, &one)) {
            *to++ = first ? '?' : '&';
            memcpy(to, one.key, (size_t)(one.end - one.key));
            to += one.end - one.key;
            first = false;
        }
        at = one.end;
    }
    memcpy(to, at, strlen(at) + 1);
    return out;
}

void hr_uri_hide(char *uri)
{
    char *rest = strstr(uri, "://");
    if (!rest)
        return;
    rest += 3;
    char *host = uri + (hr_uri_host(uri) - uri), *colon = host > rest ? memchr(rest, ':', (size_t)(host - rest)) : NULL;
    if (colon)
        memset(colon + 1, 'x', (size_t)(host - 1 - (colon + 1)));
    const char *at = host + strcspn(host, "?#");
    while (*at == '?' || *at == '&') {
        pair one = take_pair(at + 1);
        bool columns = one.key_size == 3 && !memcmp(one.key, "key", 3); /* key=a,b is no secret of any connector */
        if (!columns && ends_like_secret(&one) && !is_reference(&one))
            memset(uri + (one.value - uri), 'x', (size_t)(one.end - one.value));
        at = one.end;
    }
}
