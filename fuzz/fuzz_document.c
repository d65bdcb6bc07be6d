/* fuzz_document.c: any bytes as a JSON document: refused with a place, or a tree whose values are where it says. What
 * has no newline is a document exactly when it is a line (scan.h). */
#include <string.h>

#include "core/json/json.h"
#include "core/json/scan.h"
#include "fuzz/fuzz.h"

#define VALUES_MOST 2000u

/* The next value of the tree in the order of the text, by its parents' stack. */
typedef struct walk {
    const hr_json_value *stack[512];
    size_t depth;
} walk;

static void look_at(const hr_json_value *value, const uint8_t *data, size_t size)
{
    size_t length;
    const char *text = hr_json_text(value, &length);
    PROMISE(text && length > 0 && length <= size && memmem(data, size, text, length));
    int64_t whole;
    double number = 0;
    bool is_number = hr_json_kind_of(value) == HR_JSON_NUMBER;
    PROMISE(hr_json_double(value, &number) == is_number);
    PROMISE(!is_number || number == strtod(text, NULL)); /* the locale is C */
    PROMISE(!hr_json_int64(value, &whole) || (is_number && (double)whole == number));
    PROMISE((hr_json_string(value, NULL) != NULL) == (hr_json_kind_of(value) == HR_JSON_STRING));
    size_t count = 0;
    for (const hr_json_value *v = hr_json_first(value); v; v = hr_json_next(v)) {
        size_t name_size = 0;
        const char *name = hr_json_name(v, &name_size);
        PROMISE((name != NULL) == (hr_json_kind_of(value) == HR_JSON_OBJECT));
        PROMISE(!name || strlen(name) != name_size || count > 50 || hr_json_member(value, name) == v);
        count++;
    }
    PROMISE(count == hr_json_count(value));
}

static void walk_tree(const hr_json_document *document, const uint8_t *data, size_t size)
{
    walk w = {.stack = {hr_json_root(document)}, .depth = 1};
    for (size_t seen = 0; w.depth > 0 && seen < VALUES_MOST; seen++) {
        const hr_json_value *value = w.stack[w.depth - 1];
        look_at(value, data, size);
        w.stack[w.depth - 1] = hr_json_next(value);
        if (!w.stack[w.depth - 1])
            w.depth--;
        if (hr_json_first(value)) {
            PROMISE(w.depth < 512);
            w.stack[w.depth++] = hr_json_first(value);
        }
    }
}

/* A value alone is a document with the same text. */
static void read_again(const hr_json_value *value)
{
    size_t size, again_size;
    const char *text = hr_json_text(value, &size);
    hr_json_document *again;
    PROMISE(hr_json_parse(text, size, NULL, &again, NULL) == HR_OK);
    const char *again_text = hr_json_text(hr_json_root(again), &again_size);
    PROMISE(again_size == size && !memcmp(text, again_text, size));
    hr_json_free(again);
}

static bool is_line(const uint8_t *data, size_t size)
{
    hr_json_plan_options options = {.depth_limit = 512};
    hr_json_plan *plan;
    hr_json_line line = {0};
    uint64_t repeated = 0;
    PROMISE(hr_json_plan_new(&options, &plan, NULL) == HR_OK);
    hr_json_line_exact(plan, data, size, &line, NULL, &repeated);
    hr_json_plan_free(plan);
    return line.fault == HR_JSON_SOUND && line.size > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_json_document *document = NULL;
    hr_error err;
    hr_error_clear(&err);
    if (size > 65536)
        return 0;
    const uint8_t *text = size ? data : (const uint8_t *)"";
    hr_status status = hr_json_parse(text, size, NULL, &document, &err);
    PROMISE(status == HR_OK || status == HR_E_INVALID || status == HR_E_LIMIT);
    if (status != HR_OK)
        PROMISE(!document && err.text[0] && err.offset <= size && err.line > 0 && err.column > 0);
    if (!memchr(text, '\n', size))
        PROMISE((status == HR_OK) == is_line(text, size));
    if (status != HR_OK)
        return 0;
    walk_tree(document, text, size);
    read_again(hr_json_root(document));
    hr_json_free(document);
    return 0;
}
