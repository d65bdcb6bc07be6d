/* copy_text.c: COPY's text format to CSV. Rows without escapes, quotes and empty fields are the same in both, and are
 * recognised while they are copied. */
#include "connectors/postgres/copy_text.h"

typedef uint8_t bytes16 __attribute__((vector_size(16)));

static inline bytes16 load16(const uint8_t *at)
{
    bytes16 value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* The bytes of `now` that are not the same in both formats; `before` are those one place further left: a tab behind a
 * tab is an empty field. */
static inline bytes16 unlike(bytes16 now, bytes16 before)
{
    return (bytes16)(now == '\\') | (bytes16)(now == '"') | ((bytes16)(now == '\t') & (bytes16)(before == '\t'));
}

/* Copies `size` >= 17 bytes; false: they are not to be taken as they are. */
static bool copy_plain(const uint8_t *row, size_t size, uint8_t *out)
{
    if (row[0] == '\t' || row[size - 2] == '\t')
        return false;
    bytes16 first = load16(row), seen = (bytes16)(first == '\\') | (bytes16)(first == '"');
    seen |= unlike(load16(row + 1), first);
    memcpy(out, &first, sizeof first);
    size_t at = 16;
    for (; at + 16 <= size; at += 16) {
        bytes16 now = load16(row + at);
        memcpy(out + at, &now, sizeof now);
        seen |= unlike(now, load16(row + at - 1));
    }
    bytes16 last = load16(row + size - 16);
    memcpy(out + size - 16, &last, sizeof last);
    seen |= unlike(last, load16(row + size - 17));
    uint64_t halves[2];
    memcpy(halves, &seen, sizeof halves);
    return !(halves[0] | halves[1]);
}

/* What a letter behind a backslash stands for, as COPY writes them; any other byte stands for itself. */
static inline uint8_t unescape(uint8_t letter)
{
    switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return letter;
    }
}

static inline bool is_null(const uint8_t *field, size_t size)
{
    return size == 2 && field[0] == '\\' && field[1] == 'N';
}

/* A field with something to undo or to double, between quotes; *needed: it could not do without them. */
static uint8_t *put_quoted(const uint8_t *field, size_t size, uint8_t *out, bool *needed)
{
    bool need = false;
    *out++ = HR_PG_QUOTE;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = field[i];
        if (byte == '\\' && i + 1 < size)
            byte = unescape(field[++i]);
        need = need || byte == HR_PG_QUOTE || byte == '\t' || byte == '\n' || byte == '\r';
        if (byte == HR_PG_QUOTE)
            *out++ = HR_PG_QUOTE;
        *out++ = byte;
    }
    *out++ = HR_PG_QUOTE;
    *needed = need;
    return out;
}

static uint8_t *put_field(const uint8_t *field, size_t size, bool only, uint8_t *out)
{
    if (is_null(field, size)) {
        if (only)
            out = mempcpy(out, "\\N", 2);
        return out;
    }
    bool needed = !size;
    if (size && !memchr(field, '\\', size) && !memchr(field, HR_PG_QUOTE, size))
        return mempcpy(out, field, size);
    uint8_t *end = put_quoted(field, size, out, &needed);
    if (needed || !size || (only && end - out == 4 && !memcmp(out, "\"\\N\"", 4)))
        return end;
    size_t inner = (size_t)(end - out) - 2;
    memmove(out, out + 1, inner);
    return out + inner;
}

static size_t put_fields(const uint8_t *row, size_t size, bool only, uint8_t *out)
{
    const uint8_t *end = row + size - 1;
    uint8_t *to = out;
    for (;;) {
        const uint8_t *tab = memchr(row, '\t', (size_t)(end - row));
        to = put_field(row, (size_t)((tab ? tab : end) - row), only, to);
        if (!tab)
            break;
        *to++ = HR_PG_DELIMITER;
        row = tab + 1;
    }
    *to++ = '\n';
    return (size_t)(to - out);
}

/* The first field in quotes, so that the text does not begin with a byte-order mark. */
static size_t put_marked(const uint8_t *row, size_t size, bool only, uint8_t *out)
{
    size_t wrote = put_fields(row, size, only, out), first = 0;
    while (out[first] != '\t' && out[first] != '\n')
        first++;
    memmove(out + 1, out, wrote);
    memmove(out + first + 2, out + first + 1, wrote - first);
    out[0] = out[first + 1] = HR_PG_QUOTE;
    return wrote + 2;
}

size_t hr_pg_csv_row(const uint8_t *row, size_t size, bool only, bool begins, uint8_t *out)
{
    if (HR_UNLIKELY(begins) && size > 3 && !memcmp(row, "\xEF\xBB\xBF", 3)) {
        const uint8_t *field;
        size_t field_size;
        (void)hr_pg_copy_field(row, size, 0, &field, &field_size);
        size_t wrote = put_fields(row, size, only, out);
        return out[0] == HR_PG_QUOTE ? wrote : put_marked(row, size, only, out);
    }
    if (!only && size >= 17 && HR_LIKELY(copy_plain(row, size, out)))
        return size;
    return put_fields(row, size, only, out);
}

bool hr_pg_copy_field(const uint8_t *row, size_t size, size_t column, const uint8_t **field, size_t *field_size)
{
    const uint8_t *end = row + size - (size && row[size - 1] == '\n');
    for (;; column--) {
        const uint8_t *tab = memchr(row, '\t', (size_t)(end - row));
        if (!column) {
            *field = row;
            *field_size = (size_t)((tab ? tab : end) - row);
            return true;
        }
        if (!tab)
            return false;
        row = tab + 1;
    }
}

size_t hr_pg_copy_value(const uint8_t *field, size_t size, uint8_t *room)
{
    if (is_null(field, size))
        return SIZE_MAX;
    size_t to = 0;
    for (size_t i = 0; i < size; i++)
        room[to++] = field[i] == '\\' && i + 1 < size ? unescape(field[++i]) : field[i];
    return to;
}
