/* parse.c: the text of a JSON document -> its tree. One loop over states, no recursion: depth costs no stack. */
#include <stdio.h>

#include "core/json/tree.h"
#include "simd/simd.h"

#define DEPTH_USUAL 512u
#define MEMORY_USUAL ((size_t)64 << 20)

/* What may come next. */
typedef enum parse_state {
    WANT_VALUE,
    WANT_VALUE_OR_END, /* behind '[' */
    WANT_NAME,
    WANT_NAME_OR_END, /* behind '{' */
    AFTER_VALUE,
} parse_state;

typedef struct parser {
    hr_json_document *document;
    const char *text;
    size_t size, at;
    unsigned depth, depth_limit;
    hr_json_value *open; /* the innermost array or object; NULL: none */
    const char *name;    /* of the value that comes next; NULL: none */
    size_t name_size;
    parse_state state;
    hr_error *err;
} parser;

/* ---- errors -------------------------------------------------------------------------------------------------- */

/* The column counts characters. */
static void set_place(const parser *p, size_t at)
{
    uint64_t line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        if (p->text[i] == '\n') {
            line++;
            column = 1;
        } else {
            column += ((unsigned char)p->text[i] & 0xC0) != 0x80;
        }
    }
    hr_error_at(p->err, at, HR_UNKNOWN, line, column);
}

static hr_status expected(const parser *p, size_t at, const char *what)
{
    unsigned char found = at < p->size ? (unsigned char)p->text[at] : 0;
    if (at >= p->size)
        hr_fail(p->err, HR_E_INVALID, "reading JSON: %s was expected, and the text ends", what);
    else if (found > ' ' && found < 0x7F)
        hr_fail(p->err, HR_E_INVALID, "reading JSON: %s was expected, not '%c'", what, found);
    else
        hr_fail(p->err, HR_E_INVALID, "reading JSON: %s was expected, not the byte 0x%02X", what, found);
    set_place(p, at);
    return HR_E_INVALID;
}

/* ---- strings --------------------------------------------------------------------------------------------------- */

static bool take_hex(const parser *p, size_t *at, unsigned *out)
{
    unsigned value = 0;
    for (size_t end = *at + 4; *at < end; ++*at) {
        char c = *at < p->size ? p->text[*at] : '\0';
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return false;
        value = value << 4 | digit;
    }
    *out = value;
    return true;
}

static char *put_character(char *to, unsigned c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* The escape \uXXXX whose digits begin at *at, and the one that must follow a high surrogate. */
static hr_status take_unicode(const parser *p, size_t *at, unsigned *out)
{
    size_t start = *at;
    unsigned low;
    if (!take_hex(p, at, out))
        return expected(p, *at, "a hexadecimal digit (\\u takes four)");
    if (*out < 0xD800 || *out > 0xDFFF)
        return HR_OK;
    if (*out > 0xDBFF)
        return expected(p, start, "an escape that is not the second half of a surrogate pair alone");
    if (*at + 2 > p->size || p->text[*at] != '\\' || p->text[*at + 1] != 'u')
        return expected(p, *at, "the second half of a surrogate pair, \\uDC00 to \\uDFFF,");
    size_t second = *at += 2;
    if (!take_hex(p, at, &low))
        return expected(p, *at, "a hexadecimal digit (\\u takes four)");
    if (low < 0xDC00 || low > 0xDFFF)
        return expected(p, second, "the second half of a surrogate pair, \\uDC00 to \\uDFFF,");
    *out = 0x10000 + ((*out - 0xD800) << 10) + (low - 0xDC00);
    return HR_OK;
}

/* The escape behind the backslash at *at - 1. */
static hr_status take_escape(const parser *p, size_t *at, char **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    char c = *at < p->size ? p->text[*at] : '\0';
    if (c == 'u') {
        unsigned character = 0;
        ++*at;
        hr_status status = take_unicode(p, at, &character);
        if (status == HR_OK)
            *to = put_character(*to, character);
        return status;
    }
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return expected(p, *at, "one of \" \\ / b f n r t u behind a backslash");
    *(*to)++ = into[found - from];
    ++*at;
    return HR_OK;
}

/* The string at `at`, which is its quote, to the document's strings. */
static hr_status take_string(parser *p, const char **data, size_t *size)
{
    hr_json_document *document = p->document;
    char *start = document->strings + document->strings_used, *to = start;
    size_t at = p->at + 1;
    for (;;) {
        char c = at < p->size ? p->text[at] : '\0';
        if (at < p->size && c == '"')
            break;
        if (at >= p->size)
            return expected(p, at, "the quote that ends a string");
        if ((unsigned char)c < 0x20)
            return expected(p, at, "an escape for a control character in a string");
        at++;
        if (c != '\\') {
            *to++ = c;
            continue;
        }
        hr_status status = take_escape(p, &at, &to);
        if (status != HR_OK)
            return status;
    }
    *to = '\0';
    *data = start;
    *size = (size_t)(to - start);
    document->strings_used += *size + 1;
    p->at = at + 1;
    return HR_OK;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static void skip_space(parser *p)
{
    while (p->at < p->size &&
           (p->text[p->at] == ' ' || p->text[p->at] == '\t' || p->text[p->at] == '\n' || p->text[p->at] == '\r'))
        p->at++;
}

static hr_status take_word(parser *p, const char *word)
{
    size_t i = 0;
    while (word[i] && p->at + i < p->size && p->text[p->at + i] == word[i])
        i++;
    if (word[i]) {
        char what[16];
        snprintf(what, sizeof what, "'%s'", word);
        return expected(p, p->at + i, what);
    }
    p->at += i;
    return HR_OK;
}

static hr_status take_number(parser *p)
{
    size_t at, size = hr_json_number_size(p->text + p->at, p->size - p->at, &at);
    if (!size)
        return expected(p, p->at + at, "a digit");
    p->at += size;
    return HR_OK;
}

static hr_status open_value(parser *p, hr_json_value *value, parse_state next)
{
    if (++p->depth > p->depth_limit) {
        hr_fail(p->err, HR_E_LIMIT, "reading JSON: arrays and objects lie within each other deeper than %u",
                p->depth_limit);
        set_place(p, p->at);
        return HR_E_LIMIT;
    }
    p->at++;
    p->open = value;
    p->state = next;
    return HR_OK;
}

/* The value that begins at `at`; of an array or object its opening bracket. */
static hr_status take_value(parser *p)
{
    static const char *const what[] = {"a value", "a value or ']'"};
    char c = p->at < p->size ? p->text[p->at] : '\0';
    if (!c || !strchr("{[\"tfn-0123456789", c))
        return expected(p, p->at, what[p->state == WANT_VALUE_OR_END]);
    hr_json_value *value;
    hr_status status = hr_json_tree_add(p->document, p->open, p->name, p->name_size, &value, p->err);
    if (status != HR_OK)
        return status;
    p->name = NULL;
    p->state = AFTER_VALUE;
    value->text = p->text + p->at;
    switch (c) {
    case '{': value->kind = HR_JSON_OBJECT; return open_value(p, value, WANT_NAME_OR_END);
    case '[': value->kind = HR_JSON_ARRAY; return open_value(p, value, WANT_VALUE_OR_END);
    case '"':
        value->kind = HR_JSON_STRING;
        status = take_string(p, &value->of.string.data, &value->of.string.size);
        break;
    case 't':
        value->kind = HR_JSON_TRUE;
        status = take_word(p, "true");
        break;
    case 'f':
        value->kind = HR_JSON_FALSE;
        status = take_word(p, "false");
        break;
    case 'n':
        value->kind = HR_JSON_NULL;
        status = take_word(p, "null");
        break;
    default:
        value->kind = HR_JSON_NUMBER;
        status = take_number(p);
        break;
    }
    value->size = (size_t)(p->text + p->at - value->text);
    return status;
}

static hr_status take_name(parser *p)
{
    if (p->at >= p->size || p->text[p->at] != '"')
        return expected(p, p->at, p->state == WANT_NAME_OR_END ? "a name in quotes or '}'" : "a name in quotes");
    hr_status status = take_string(p, &p->name, &p->name_size);
    if (status != HR_OK)
        return status;
    skip_space(p);
    if (p->at >= p->size || p->text[p->at] != ':')
        return expected(p, p->at, "':' behind a name");
    p->at++;
    p->state = WANT_VALUE;
    return HR_OK;
}

static void close_value(parser *p)
{
    hr_json_value *value = p->open;
    p->at++;
    value->size = (size_t)(p->text + p->at - value->text);
    p->open = value->parent;
    p->depth--;
    p->state = AFTER_VALUE;
}

/* Behind a value in an array or object. */
static hr_status take_comma(parser *p)
{
    bool object = p->open->kind == HR_JSON_OBJECT;
    if (p->at >= p->size || p->text[p->at] != ',')
        return expected(p, p->at, object ? "',' or '}'" : "',' or ']'");
    p->at++;
    p->state = object ? WANT_NAME : WANT_VALUE;
    return HR_OK;
}

static hr_status run(parser *p)
{
    hr_status status = HR_OK;
    while (status == HR_OK) {
        skip_space(p);
        if (p->state == AFTER_VALUE && !p->open)
            return p->at == p->size ? HR_OK : expected(p, p->at, "the end of the text");
        char closing = p->open && p->open->kind == HR_JSON_OBJECT ? '}' : ']';
        bool may_close = p->state != WANT_VALUE && p->state != WANT_NAME;
        if (may_close && p->at < p->size && p->text[p->at] == closing)
            close_value(p);
        else if (p->state == AFTER_VALUE)
            status = take_comma(p);
        else if (p->state == WANT_NAME || p->state == WANT_NAME_OR_END)
            status = take_name(p);
        else
            status = take_value(p);
    }
    return status;
}

hr_status hr_json_parse(const void *text, size_t size, const hr_json_limits *limits, hr_json_document **out,
                        hr_error *err)
{
    hr_json_document *document;
    size_t memory = limits && limits->memory ? limits->memory : MEMORY_USUAL;
    hr_status status = hr_json_tree_new(text, size, memory, &document, err);
    if (status != HR_OK)
        return status;
    parser p = {.document = document,
                .text = document->text,
                .size = size,
                .depth_limit = limits && limits->depth ? limits->depth : DEPTH_USUAL,
                .err = err};
    size_t valid = hr_kernels_get(NULL)->utf8_valid((const uint8_t *)p.text, size);
    status = valid < size ? expected(&p, valid, "UTF-8") : run(&p);
    if (status != HR_OK) {
        hr_json_free(document);
        return status;
    }
    *out = document;
    return HR_OK;
}
