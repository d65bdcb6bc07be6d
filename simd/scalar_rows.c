/* scalar_rows.c: the oracle of the kernels that render rows: byte by byte. */
#include <string.h>

#include "simd/tables.h"

#define U(high, low)                             \
    {                                            \
        '\\', 'u', '0', '0', (high), (low), 0, 6 \
    }
#define C(letter)                        \
    {                                    \
        '\\', (letter), 0, 0, 0, 0, 0, 2 \
    }

/* clang-format off */
const uint8_t hr_json_escapes[256][8] = {
    U('0', '0'), U('0', '1'), U('0', '2'), U('0', '3'), U('0', '4'), U('0', '5'), U('0', '6'), U('0', '7'),
    C('b'),      C('t'),      C('n'),      U('0', 'b'), C('f'),      C('r'),      U('0', 'e'), U('0', 'f'),
    U('1', '0'), U('1', '1'), U('1', '2'), U('1', '3'), U('1', '4'), U('1', '5'), U('1', '6'), U('1', '7'),
    U('1', '8'), U('1', '9'), U('1', 'a'), U('1', 'b'), U('1', 'c'), U('1', 'd'), U('1', 'e'), U('1', 'f'),
    ['"'] = C('"'), ['\\'] = C('\\'),
};
/* clang-format on */

static size_t field_of(const hr_rows *job, size_t row, size_t column, const uint8_t **data)
{
    size_t field = job->row_first[job->rows ? job->rows[row] : row] + column;
    size_t begin = job->begins[field], end = job->begins[field + 1] - 1u;
    if (job->may_cr && column == job->last_column && end > begin && job->data[end - 1] == '\r')
        end--;
    *data = job->data + begin;
    return end - begin;
}

/* Whether the field ends with a quote and those between come in pairs. */
static bool well_formed(const uint8_t *data, size_t size, uint8_t quote)
{
    if (size < 2 || data[size - 1] != quote)
        return false;
    for (size_t i = 1; i + 1 < size; i++)
        if (data[i] == quote && (++i + 1 == size || data[i] != quote))
            return false;
    return true;
}

static bool like_bom(const uint8_t *data, size_t size)
{
    return size >= 3 && !memcmp(data, "\xEF\xBB\xBF", 3);
}

/* NULL: not for a kernel. */
static uint8_t *put_csv(const hr_rows *job, uint8_t *out, const uint8_t *data, size_t size, bool first)
{
    bool quoted = job->quoting && size && *data == job->quote, need = size == 2;
    if (first && job->guard && (like_bom(data, size) || (size && like_bom(data + 1, size - 1))))
        return NULL;
    if (quoted && !well_formed(data, size, job->quote))
        return NULL;
    for (size_t i = quoted; i + quoted < size; i++) {
        uint8_t c = data[i];
        bool mark = c == job->quote ||
                    (quoted ? c == job->delimiter || c == '\n' || c == '\r' : job->foreign && c == job->delimiter);
        if (mark && !quoted)
            return NULL;
        need = need || mark;
    }
    if (quoted && !need)
        data++, size -= 2;
    memcpy(out, data, size);
    if (!size && job->select_count == 1 && job->newline) {
        *out++ = job->quote;
        *out++ = job->quote;
    }
    return out + size;
}

size_t hr_scalar_csv_rows(const hr_rows *job, size_t from, size_t to, uint8_t **out)
{
    for (; from < to; from++) {
        uint8_t *at = *out;
        for (size_t i = 0; i < job->select_count; i++) {
            const uint8_t *data;
            size_t size = field_of(job, from, job->select[i], &data);
            if (i)
                *at++ = job->delimiter;
            at = put_csv(job, at, data, size, i == 0);
            if (!at)
                return from;
        }
        if (job->newline)
            *at++ = '\n';
        *out = at;
    }
    return from;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)? */
bool hr_scalar_plain_number(const uint8_t *data, size_t size)
{
    size_t i = size && data[0] == '-', whole = i;
    while (i < size && data[i] >= '0' && data[i] <= '9')
        i++;
    if (i == whole || (data[whole] == '0' && i > whole + 1))
        return false;
    if (i == size)
        return true;
    size_t part = i + 1;
    if (data[i] != '.')
        return false;
    for (i = part; i < size && data[i] >= '0' && data[i] <= '9';)
        i++;
    return i == size && i > part;
}

static uint8_t *put_json(const hr_rows *job, hr_rows_form form, uint8_t *out, const uint8_t *data, size_t size)
{
    bool quoted = job->quoting && *data == job->quote;
    if (form != HR_ROWS_STRING) {
        bool fits = form == HR_ROWS_NUMBER ? hr_scalar_plain_number(data, size)
                                           : form == HR_ROWS_LITERAL && ((size == 4 && !memcmp(data, "true", 4)) ||
                                                                         (size == 5 && !memcmp(data, "false", 5)));
        if (!fits)
            return NULL;
        memcpy(out, data, size);
        return out + size;
    }
    if (quoted && !well_formed(data, size, job->quote))
        return NULL;
    for (size_t i = quoted; i + quoted < size; i++) {
        const uint8_t *escape = hr_json_escapes[data[i]];
        if (!escape[7]) {
            *out++ = data[i];
            continue;
        }
        memcpy(out, escape, escape[7]);
        out += escape[7];
        i += quoted && data[i] == job->quote;
    }
    return out;
}

size_t hr_scalar_json_rows(const hr_rows *job, size_t from, size_t to, uint8_t **out)
{
    for (; from < to; from++) {
        uint8_t *at = *out;
        bool null = false;
        for (size_t i = 0; i <= job->select_count; i++) {
            const hr_rows_key *key = &job->keys[i];
            bool skip = null && i && key[-1].form == HR_ROWS_STRING;
            memcpy(at, key->text + skip, key->size - skip);
            at += key->size - skip;
            if (i == job->select_count)
                break;
            const uint8_t *data;
            size_t size = field_of(job, from, job->select[i], &data);
            null = size == 0;
            if (null) {
                at -= key->form == HR_ROWS_STRING;
                memcpy(at, "null", 4);
                at += 4;
            } else if (!(at = put_json(job, key->form, at, data, size))) {
                return from;
            }
        }
        *out = at;
    }
    return from;
}

/* ---- COPY -------------------------------------------------------------------------------------------------------- */

/* clang-format off */
const uint8_t hr_copy_letters[256] = {['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r', ['\\'] = '\\', ['\0'] = '0'};
/* clang-format on */

/* What HR_DOUBT_ says, in the words of rows.h. */
static bool doubted_time(uint32_t doubts, const uint8_t *data, size_t size)
{
    bool blank = false, letter = false, word = false, sign = false;
    size_t colon = 0;
    while (colon < size && data[colon] != ':')
        colon++;
    bool behind = false;
    for (size_t i = 0; i < size; i++) {
        bool is_letter = data[i] >= 'A';
        blank = blank || data[i] == ' ';
        letter = letter || is_letter;
        word = word || (is_letter && (i == 0 || data[i - 1] == ' ' || data[i - 1] >= 'A'));
        sign = sign || data[i] == '+' || (data[i] == '-' && (i == 0 || i >= HR_DAY_SIGNS || data[i - 1] == ' '));
        behind = behind || (i > colon && (is_letter || data[i] == '-'));
    }
    return ((doubts & HR_DOUBT_CLOCK) && word) || ((doubts & HR_DOUBT_DAY) && (colon < size || blank || letter)) ||
           ((doubts & HR_DOUBT_ZONELESS) && (sign || (colon < size ? behind : blank || letter)));
}

static bool doubted(const hr_rows_guard *guard, const uint8_t *data, size_t size)
{
    size_t point = 0, digits = 0;
    bool exponent = false, another = false;
    if (size > guard->digits &&
        ((guard->doubts & HR_DOUBT_BYTES) || ((guard->doubts & HR_DOUBT_LETTERS) && data[size - 1] == ' ')))
        return true;
    if (!(guard->doubts & ~HR_DOUBT_BY_SIZE))
        return false;
    if (size > HR_DOUBT_SIZE_MOST || (guard->doubts & HR_DOUBT_ALWAYS))
        return true;
    while (point < size && data[point] != '.')
        point++;
    for (size_t i = point + 1; i < size && data[i] >= '0' && data[i] <= '9'; i++)
        digits++;
    for (size_t i = 0; i < size; i++) {
        exponent = exponent || (data[i] | 0x20) == 'e';
        another = another || (data[i] == '.' && i > point);
    }
    return ((guard->doubts & HR_DOUBT_SCALE) && (exponent || (point < size && size - point - 1 > guard->digits))) ||
           ((guard->doubts & HR_DOUBT_FRACTION) && (digits > guard->digits || another)) ||
           doubted_time(guard->doubts, data, size);
}

static bool doubted_row(const hr_rows *job, size_t row)
{
    for (size_t i = 0; i < job->guard_count; i++) {
        const uint8_t *data;
        size_t size = field_of(job, row, job->guards[i].column, &data);
        size_t quotes = job->quoting && size >= 2 && data[0] == job->quote;
        if (size && doubted(&job->guards[i], data + quotes, size - 2 * quotes))
            return true;
    }
    return false;
}

/* NULL: not for a kernel. */
static uint8_t *put_copy(const hr_rows *job, uint8_t *out, const uint8_t *data, size_t size)
{
    bool quoted = job->quoting && size && *data == job->quote;
    if (quoted && !well_formed(data, size, job->quote))
        return NULL;
    for (size_t i = quoted; i + quoted < size; i++) {
        uint8_t letter = hr_copy_letters[data[i]];
        if (!data[i])
            return NULL;
        if (letter)
            *out++ = '\\';
        *out++ = letter ? letter : data[i];
        i += quoted && data[i] == job->quote;
    }
    if (!size) {
        *out++ = '\\';
        *out++ = 'N';
    }
    return out;
}

size_t hr_scalar_copy_rows(const hr_rows *job, size_t from, size_t to, uint8_t **out)
{
    for (; from < to && !doubted_row(job, from); from++) {
        uint8_t *at = *out;
        for (size_t i = 0; i < job->select_count; i++) {
            const uint8_t *data;
            size_t size = field_of(job, from, job->select[i], &data);
            if (i)
                *at++ = '\t';
            at = put_copy(job, at, data, size);
            if (!at)
                return from;
        }
        if (job->newline)
            *at++ = '\n';
        *out = at;
    }
    return from;
}
