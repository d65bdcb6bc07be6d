/* uri.h: the query of a URI as options, and URIs that may be shown. */
#ifndef HR_CORE_BASE_URI_H
#define HR_CORE_BASE_URI_H

#include "core/base/base.h"

/* Takes the values of the query whose keys `options` (over the `count` rows of `table`) has, percent-decoded; what is
 * given already stays. *rest: the URI without them, a heap string. A value "${file:PATH}" is the first line of that
 * file. HR_E_INVALID: a value that its option does not take, or an option that stands there twice. */
hr_status hr_uri_options(const char *uri, const hr_option *table, size_t count, hr_options *options, char **rest,
                         hr_error *err) HR_MUST_CHECK;
/* The URI without the password, and without values of the query whose keys are secret in `table` or end like one that
 * is (password, secret, token, key, pem), those that name a "${file:PATH}" excepted; a heap string, NULL: no memory.
 * What has no scheme is a path and stays. */
char *hr_uri_public(const char *uri, const hr_option *table, size_t count);
/* Writes x over the password and over such values, in place. */
void hr_uri_hide(char *uri);
/* Where the host begins: behind "://", user and password, also when those hold bytes that should have been %XX (/ ? #
 * @): what follows may be shown. The URI itself when it has no scheme. */
const char *hr_uri_host(const char *uri);
/* Decodes %XX of [text, text + size) to a heap string that ends in NUL; NULL: no memory, or %00 or no hex digits
 * (*bad). */
char *hr_uri_decode(const char *text, size_t size, bool *bad);

#endif
