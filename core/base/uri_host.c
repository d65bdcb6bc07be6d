/* uri_host.c: where in a URI the host begins, and so what stands before it: a user, a password. */
#include "core/base/uri.h"

/* Whether host and port, or several of them, can be that; else the colon stands before a password. */
static bool is_host_list(const char *host, const char *end)
{
    while (host < end) {
        const char *comma = memchr(host, ',', (size_t)(end - host)), *stop = comma ? comma : end;
        const char *bracket = *host == '[' ? memchr(host, ']', (size_t)(stop - host)) : NULL;
        const char *colon = memchr(bracket ? bracket : host, ':', (size_t)(stop - (bracket ? bracket : host)));
        for (const char *p = colon ? colon + 1 : stop; p < stop; p++)
            if (*p < '0' || *p > '9')
                return false;
        host = comma ? comma + 1 : end;
    }
    return true;
}

const char *hr_uri_host(const char *uri)
{
    const char *host = strstr(uri, "://");
    if (!host)
        return uri;
    host += 3;
    const char *authority = host + strcspn(host, "/?#"), *path = host + strcspn(host, "?#");
    bool user = memchr(host, ':', (size_t)(authority - host));
    const char *at = memrchr(host, '@', (size_t)(authority - host));
    host = at ? at + 1 : host;
    if (!user)
        return host;
    const char *later = memrchr(authority, '@', (size_t)(path - authority));
    if (!later && !is_host_list(host, authority))
        later = strrchr(authority, '@');
    return later ? later + 1 : host;
}
