/* infer_class.c: sorts one value into its class, by the functions that read values (value.h). */
#include "core/rows/infer_class.h"

#include "core/rows/value_fast.h"

static bool is_int(const uint8_t *text, size_t size, hr_classed *out)
{
    size_t minus = text[0] == '-';
    int64_t number;
    if (HR_UNLIKELY(!hr_fast_int64(text, size, &number)) &&
        ((uint8_t)(text[minus] - '0') > 9 || size > 20 || hr_value_int64(text, size, &number)))
        return false;
    if (HR_UNLIKELY(number == 0 && minus)) /* "-0" is not 0: an integer would lose its sign */
        return false;
    out->kind = HR_CLASS_INT;
    out->before = number ? (uint32_t)(size - minus) : 0;
    out->behind = 0;
    out->number = number;
    return true;
}

/* Of at most 16 digits. */
static bool is_fraction(const uint8_t *text, size_t size, hr_classed *out)
{
    size_t minus = text[0] == '-';
    hr_fast_number n;
    if (text[minus] == '.' || !hr_fast_number_of(text, size, &n) || !n.fraction)
        return false;
    out->kind = HR_CLASS_FRACTION;
    out->exact = true;
    out->before = text[minus] == '0' ? 0 : (uint32_t)(size - minus - 1 - n.fraction);
    out->behind = (uint32_t)n.fraction;
    out->number = minus ? -(int64_t)n.digits : (int64_t)n.digits;
    return true;
}

/* ---- numbers of any length --------------------------------------------------------------------------------- */

static inline bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

static size_t digits_end(const uint8_t *text, size_t from, size_t size)
{
    while (from < size && is_digit(text[from]))
        from++;
    return from;
}

/* An exponent that keeps the number well within what a double can hold: one that would become Infinity or 0 is text. */
static bool fit_exponent(const uint8_t *text, size_t size, size_t before)
{
    size_t at = text[0] == '-' || text[0] == '+', value = 0;
    if (at == size || digits_end(text, at, size) != size || before > 100)
        return false;
    for (; at < size; at++)
        value = value > 1000 ? value : value * 10 + (size_t)(text[at] - '0');
    return text[0] == '-' ? value <= 290 : value + before <= 300;
}

static bool is_number(const uint8_t *text, size_t size, hr_classed *out)
{
    size_t minus = text[0] == '-', begin = minus, end = digits_end(text, begin, size), behind = 0;
    if (end == begin || (text[begin] == '0' && end > begin + 1))
        return false;
    size_t before = end - begin;
    if (end < size && text[end] == '.') {
        size_t last = digits_end(text, end + 1, size);
        behind = last - end - 1;
        if (!behind)
            return false;
        end = last;
    }
    out->before = text[begin] == '0' ? 0 : (uint32_t)(before < UINT32_MAX ? before : UINT32_MAX);
    out->behind = (uint32_t)(behind < UINT32_MAX ? behind : UINT32_MAX);
    out->exact = false;
    out->number = 0;
    if (end < size) {
        out->kind = HR_CLASS_FLOAT;
        return (text[end] == 'e' || text[end] == 'E') && fit_exponent(text + end + 1, size - end - 1, before);
    }
    if (behind) {
        out->kind = HR_CLASS_FRACTION;
        return true;
    }
    out->kind = HR_CLASS_BIG;
    return !(minus && before == 1 && text[begin] == '0');
}

/* ---- dates and times --------------------------------------------------------------------------------------- */

static bool is_date(const uint8_t *text, size_t size, hr_classed *out)
{
    int32_t day;
    if (!hr_fast_date(text, size, &day))
        return false;
    out->kind = HR_CLASS_DATE;
    out->number = day;
    return true;
}

/* In any of the spellings that there are. */
static bool is_time(const uint8_t *text, size_t size, hr_classed *out)
{
    if (size < 16 || text[4] != '-')
        return false;
    out->kind = HR_CLASS_STAMP;
    if (!hr_value_timestamp(text, size, false, &out->number))
        return true;
    out->kind = HR_CLASS_ZONED;
    return !hr_value_timestamp(text, size, true, &out->number);
}

/* ---- words, UUIDs, text ------------------------------------------------------------------------------------ */

bool hr_class_is_uuid(const uint8_t *text, size_t size)
{
    uint8_t bytes[16];
    return size == 36 && !hr_value_uuid(text, size, bytes);
}

static bool is_word(const uint8_t *text, size_t size, hr_classed *out)
{
    static const struct {
        char word[6];
        int64_t number;
    } words[] = {{"true", HR_BOOL_TRUE}, {"false", HR_BOOL_FALSE}, {"t", HR_BOOL_YES}, {"f", HR_BOOL_NO},
                 {"yes", HR_BOOL_YES},   {"no", HR_BOOL_NO},       {"y", HR_BOOL_YES}, {"n", HR_BOOL_NO},
                 {"on", HR_BOOL_YES},    {"off", HR_BOOL_NO}};
    char lower[6] = {0};
    if (size > 5)
        return false;
    for (size_t i = 0; i < size; i++)
        lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
    for (size_t i = 0; i < HR_COUNT(words); i++)
        if (!memcmp(words[i].word, lower, sizeof lower)) {
            out->kind = HR_CLASS_BOOL;
            out->number = words[i].number;
            return true;
        }
    return false;
}

static bool is_no_number(const uint8_t *text, size_t size)
{
    return (size == 3 && !memcmp(text, "NaN", 3)) || (size == 8 && !memcmp(text, "Infinity", 8)) ||
           (size == 9 && !memcmp(text, "-Infinity", 9));
}

/* How a value may go on that begins with a byte. */
enum {
    FIRST_NUMBER = HR_FIRST_NUMBER,
    FIRST_HEX = HR_FIRST_HEX,
    FIRST_WORD = HR_FIRST_WORD,
    FIRST_JSON = HR_FIRST_JSON
};
#define N FIRST_NUMBER
#define D (FIRST_NUMBER | FIRST_HEX)
#define H FIRST_HEX
#define W FIRST_WORD
#define J FIRST_JSON
const uint8_t hr_class_first[256] = {
    ['-'] = N, ['0'] = D, ['1'] = D, ['2'] = D, ['3'] = D,     ['4'] = D, ['5'] = D, ['6'] = D,     ['7'] = D,
    ['8'] = D, ['9'] = D, ['a'] = H, ['b'] = H, ['c'] = H,     ['d'] = H, ['e'] = H, ['f'] = H | W, ['A'] = H,
    ['B'] = H, ['C'] = H, ['D'] = H, ['E'] = H, ['F'] = H | W, ['t'] = W, ['T'] = W, ['y'] = W,     ['Y'] = W,
    ['n'] = W, ['N'] = W, ['o'] = W, ['O'] = W, ['I'] = W,     ['{'] = J, ['['] = J};

void hr_class_of(const uint8_t *text, size_t size, hr_classed *out)
{
    unsigned first = hr_class_first[text[0]];
    if (first & FIRST_NUMBER) {
        if (is_int(text, size, out) || is_fraction(text, size, out) || is_date(text, size, out) ||
            is_time(text, size, out) || is_number(text, size, out))
            return;
    }
    if ((first & FIRST_WORD) && is_word(text, size, out))
        return;
    out->kind = HR_CLASS_TEXT;
    if (is_no_number(text, size))
        out->kind = HR_CLASS_FLOAT;
    else if ((first & FIRST_HEX) && hr_class_is_uuid(text, size))
        out->kind = HR_CLASS_UUID;
    else if ((first & FIRST_JSON) && text[size - 1] == (text[0] == '{' ? '}' : ']'))
        out->kind = HR_CLASS_JSON;
}

/* A member of a record of NDJSON says of itself what it is: a string is never a number, however it looks. */
void hr_class_of_string(const uint8_t *text, size_t size, hr_classed *out)
{
    bool time = is_date(text, size, out) || is_time(text, size, out);
    if (!time)
        out->kind = hr_class_is_uuid(text, size) ? HR_CLASS_UUID : HR_CLASS_TEXT;
}

size_t hr_class_characters(const uint8_t *text, size_t size)
{
    size_t more = 0; /* bytes that continue a character */
    for (size_t i = 0; i < size; i++)
        more += (text[i] & 0xC0) == 0x80;
    return size - more;
}
