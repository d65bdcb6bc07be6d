/* json.h: JSON documents: parsed whole into a tree, looked up by name and by JSON Pointer, written. For small ones: API
 * pages, FHIR resources, webhooks, schema files, options in the ledger. Rows of NDJSON go through ndjson.h instead;
 * both accept exactly the same language. */
#ifndef HR_CORE_JSON_JSON_H
#define HR_CORE_JSON_JSON_H

#include "core/base/base.h"

typedef enum hr_json_kind {
    HR_JSON_NULL = 0,
    HR_JSON_FALSE,
    HR_JSON_TRUE,
    HR_JSON_NUMBER,
    HR_JSON_STRING,
    HR_JSON_ARRAY,
    HR_JSON_OBJECT,
} hr_json_kind;

/* The language, RFC 8259 with what it leaves open decided: UTF-8 that is valid everywhere; no byte-order mark; `\u`
 * escapes that give half a surrogate pair are refused, as no text could hold them; `\u0000` is accepted; numbers of any
 * size are accepted and kept as written; any value may be the whole text; a name that comes twice is accepted, the last
 * one counts, and the document counts them; depth up to a limit. */

typedef struct hr_json_value hr_json_value; /* owned by its document */
typedef struct hr_json_document hr_json_document;

typedef struct hr_json_limits {
    unsigned depth; /* 0: 512 */
    size_t memory;  /* bytes that the document may take beside its text; 0: 64 MiB; HR_E_LIMIT */
} hr_json_limits;

/* Parses a copy of `text`. HR_E_INVALID: not JSON; err->offset is the byte, err->line and err->column say where, and
 * the text says what was expected. `limits` may be NULL. */
hr_status hr_json_parse(const void *text, size_t size, const hr_json_limits *limits, hr_json_document **out,
                        hr_error *err) HR_MUST_CHECK;
void hr_json_free(hr_json_document *document);
const hr_json_value *hr_json_root(const hr_json_document *document);
uint64_t hr_json_repeated(const hr_json_document *document); /* names that came again in their object */

hr_json_kind hr_json_kind_of(const hr_json_value *value); /* NULL: HR_JSON_NULL */
/* The value as it stands in the text. */
const char *hr_json_text(const hr_json_value *value, size_t *size);
/* Of a string: its characters, unescaped, NUL-terminated (it may hold NULs too). NULL for others. */
const char *hr_json_string(const hr_json_value *value, size_t *size);
/* Of a number that is a whole one within int64 (1.0 and 1e3 are not): true. */
bool hr_json_int64(const hr_json_value *value, int64_t *out);
bool hr_json_double(const hr_json_value *value, double *out); /* of any number, correctly rounded */
/* Of an array or object: how many; else 0. A repeated name counts once. */
size_t hr_json_count(const hr_json_value *value);
/* The first and the next element or member, in the order of the text (a repeated member stands where it came first);
 * NULL at the end. */
const hr_json_value *hr_json_first(const hr_json_value *container);
const hr_json_value *hr_json_next(const hr_json_value *value);
/* The name under which the value stands in its object; NULL in arrays. */
const char *hr_json_name(const hr_json_value *value, size_t *size);
/* The member of that name; NULL when there is none or `object` is no object (NULL too). */
const hr_json_value *hr_json_member(const hr_json_value *object, const char *name);
/* RFC 6901: "" is the value itself, "/a/0/b~1c". NULL when there is nothing. */
const hr_json_value *hr_json_pointer(const hr_json_value *value, const char *pointer);

#endif
