/* address.c: what the query of a URI may hold beside options of the connector: parameters of libpq. */
#include "connectors/postgres/connect.h"
#include "core/base/uri.h"
#include "core/base/words.h"

static bool libpq_knows(const PQconninfoOption *parameters, const char *key)
{
    bool known = !strcmp(key, "ssl"); /* as JDBC has it; only in URIs */
    for (; parameters->keyword && !known; parameters++)
        known = !strcmp(parameters->keyword, key);
    return known;
}

/* The nearest word of both tables. */
static const char *meant(const PQconninfoOption *parameters, const hr_options *options, const char *key)
{
    const char *words[256];
    size_t count, size = 0;
    const hr_option *rows = hr_options_rows(options, &count);
    for (size_t i = 0; i < count && size < HR_COUNT(words); i++)
        words[size++] = rows[i].key;
    for (; parameters->keyword && size < HR_COUNT(words); parameters++)
        words[size++] = parameters->keyword;
    return hr_word_meant(key, words, size);
}

static hr_status check_key(const PQconninfoOption *parameters, const hr_options *options, const char *key,
                           hr_error *err)
{
    if (!*key || libpq_knows(parameters, key))
        return HR_OK;
    const char *word = meant(parameters, options, key);
    if (word)
        return hr_fail(err, HR_E_INVALID, "there is no option \"%.80s\" of postgres://; did you mean %s?", key, word);
    return hr_fail(err, HR_E_INVALID,
                   "there is no option \"%.80s\" of postgres://, and no connection parameter of libpq of this name",
                   key);
}

hr_status hr_pg_check_query(const char *uri, const hr_options *options, hr_error *err)
{
    const char *at = strchr(uri, '?');
    PQconninfoOption *parameters = at ? PQconndefaults() : NULL;
    hr_status status = at && !parameters ? hr_fail_memory(err, "reading the URI of a database") : HR_OK;
    while (status == HR_OK && at && (*at == '?' || *at == '&')) {
        bool bad;
        size_t size = strcspn(++at, "=&");
        char *key = hr_uri_decode(at, size, &bad);
        if (key)
            status = check_key(parameters, options, key, err);
        else
            status = bad ? hr_fail(err, HR_E_INVALID, "the query of the URI has a %% that is no %%XX")
                         : hr_fail_memory(err, "reading the URI of a database");
        hr_free(key);
        at += strcspn(at, "&");
    }
    PQconninfoFree(parameters);
    return status;
}
