/* tree.h: what the files of JSON documents share. Nothing outside core/json includes it. */
#ifndef HR_CORE_JSON_TREE_H
#define HR_CORE_JSON_TREE_H

#include "core/json/json.h"

typedef struct hr_json_block hr_json_block;

struct hr_json_value {
    hr_json_kind kind;
    const char *name; /* in the document's strings; NULL: not a member */
    size_t name_size;
    const char *text; /* in the document's text */
    size_t size;
    hr_json_value *parent, *previous, *next;
    union {
        struct {
            hr_json_value *first, *last;
            size_t count;
        } inner; /* arrays and objects */
        struct {
            const char *data;
            size_t size;
        } string;
    } of;
};

struct hr_json_document {
    char *text; /* a copy, with a NUL behind it */
    size_t size;
    char *strings; /* [size + 1]: what stands in strings, unescaped: never more than the text, quotes counted */
    size_t strings_used;
    hr_json_block *blocks; /* of values */
    hr_json_value *root;
    hr_json_value **members; /* open addressing over (object, name); [member_room], a power of two */
    size_t member_count, member_room;
    uint64_t seed; /* of the hash, so that nobody can choose names that collide */
    uint64_t repeated;
    size_t memory, ceiling;
};

/* tree.c: growing. What a limit or memory refuses is an error. */
hr_status hr_json_tree_new(const char *text, size_t size, size_t ceiling, hr_json_document **out,
                           hr_error *err) HR_MUST_CHECK;
/* A value of no kind under `parent` (NULL: the root), `name` in the document's strings (NULL: none). It takes the place
 * of a member of the same name. */
hr_status hr_json_tree_add(hr_json_document *document, hr_json_value *parent, const char *name, size_t name_size,
                           hr_json_value **out, hr_error *err) HR_MUST_CHECK;

/* Length of the RFC 8259 number at text[0, size); 0: there is none, and *at is where the digit is missing. */
size_t hr_json_number_size(const char *text, size_t size, size_t *at);

#endif
