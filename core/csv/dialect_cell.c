/* dialect_cell.c: what a single value looks like: a number, a date, a link, nothing, or text. */
#include "core/csv/dialect_parts.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_letter(uint8_t c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool equals(const uint8_t *data, size_t size, const char *word)
{
    size_t i = 0;
    while (i < size && word[i] && lower(data[i]) == (uint8_t)word[i]) {
        i++;
    }
    return i == size && !word[i];
}

static bool among(const uint8_t *data, size_t size, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (equals(data, size, words[i])) {
            return true;
        }
    }
    return false;
}

/* Bytes of a currency sign at the front: $, or the UTF-8 of EUR, GBP, JPY signs. */
static size_t currency(const uint8_t *data, size_t size)
{
    if (size > 1 && data[0] == '$') {
        return 1;
    }
    if (size > 2 && data[0] == 0xC2 && (data[1] == 0xA3 || data[1] == 0xA5)) {
        return 2;
    }
    return size > 3 && data[0] == 0xE2 && data[1] == 0x82 && data[2] == 0xAC ? 3 : 0;
}

/* Sign, currency, digits with single . , or ' between or before them, exponent, percent sign. */
static hr_cell number(const uint8_t *data, size_t size)
{
    size_t i = 0, digits = 0;
    bool plain = true, separator = false;
    if (i < size && (data[i] == '-' || data[i] == '+')) {
        i++;
    }
    size_t sign = currency(data + i, size - i);
    plain = sign == 0;
    i += sign;
    for (; i < size; i++) {
        if (is_digit(data[i])) {
            digits++;
            separator = false;
        } else if ((data[i] == '.' || data[i] == ',' || (data[i] == '\'' && digits)) && !separator) {
            plain = false;
            separator = true;
        } else {
            break;
        }
    }
    if (!digits || (separator && data[i - 1] != '.')) {
        return HR_CELL_TEXT; /* "1," is a piece of something */
    }
    if (i + 1 < size && lower(data[i]) == 'e') {
        i++;
        i += (data[i] == '-' || data[i] == '+') ? 1u : 0u;
        size_t first = i;
        while (i < size && is_digit(data[i])) {
            i++;
        }
        if (i == first) {
            return HR_CELL_TEXT;
        }
        plain = false;
    } else if (i + 1 == size && data[i] == '%') {
        i++;
        plain = false;
    }
    return i < size ? HR_CELL_TEXT : plain ? HR_CELL_INTEGER : HR_CELL_DECIMAL;
}

static size_t digits_at(const uint8_t *data, size_t size, size_t at)
{
    size_t count = 0;
    while (at + count < size && is_digit(data[at + count])) {
        count++;
    }
    return count;
}

/* h:mm, hh:mm:ss, with fraction, AM or PM, Z or an offset; all of the data. */
static bool is_time(const uint8_t *data, size_t size)
{
    size_t i = digits_at(data, size, 0), groups = 1;
    if (i < 1 || i > 2) {
        return false;
    }
    while (groups < 3 && i + 2 < size && data[i] == ':' && digits_at(data, size, i + 1) == 2) {
        i += 3;
        groups++;
    }
    if (groups < 2) {
        return false;
    }
    if (i < size && (data[i] == '.' || data[i] == ',')) {
        i += 1 + digits_at(data, size, i + 1);
    }
    if (i < size && data[i] == ' ') {
        i++;
    }
    if (i + 2 == size && lower(data[i + 1]) == 'm' && (lower(data[i]) == 'a' || lower(data[i]) == 'p')) {
        return true;
    }
    if (i + 1 == size && lower(data[i]) == 'z') {
        return true;
    }
    if (i < size && (data[i] == '+' || data[i] == '-')) {
        for (i++; i < size && (is_digit(data[i]) || data[i] == ':'); i++) {
        }
    }
    return i == size;
}

static bool is_month(const uint8_t *data, size_t letters)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (letters < 3 || letters > 9) {
        return false;
    }
    for (size_t m = 0; m < 12; m++) {
        if (lower(data[0]) == (uint8_t)names[3 * m] && lower(data[1]) == (uint8_t)names[3 * m + 1] &&
            lower(data[2]) == (uint8_t)names[3 * m + 2]) {
            return true;
        }
    }
    return false;
}

/* Two or three groups of digits (or one month name) joined by - / . or space, then perhaps a time. */
static bool is_date(const uint8_t *data, size_t size)
{
    size_t i = 0, groups = 0, years = 0;
    bool month = false;
    uint8_t joint = 0;
    while (i < size && groups < 3) {
        size_t count = digits_at(data, size, i);
        if (!count) {
            while (i + count < size && is_letter(data[i + count])) {
                count++;
            }
            if (month || !is_month(data + i, count)) {
                return false;
            }
            month = true;
        } else if (count == 4) {
            years++;
        } else if (count > 2) {
            return false;
        }
        i += count;
        groups++;
        if (i == size || groups == 3) {
            break;
        }
        if (data[i] != '-' && data[i] != '/' && data[i] != '.' && !(month && (data[i] == ' ' || data[i] == ',')) &&
            !(data[i] == ' ' && i + 3 < size && is_letter(data[i + 1]))) {
            break;
        }
        joint = joint ? joint : data[i];
        i++;
        i += i < size && data[i - 1] == ',' && data[i] == ' ' ? 1u : 0u;
    }
    if (years > 1 || (groups == 2 && !month && (years != 1 || joint == '.')) || groups < 2) {
        return false;
    }
    if (i == size) {
        return true;
    }
    return (data[i] == 'T' || data[i] == ' ') && is_time(data + i + 1, size - i - 1);
}

static bool is_link(const uint8_t *data, size_t size)
{
    size_t at = 0, dots = 0;
    if (size > 4 && (memcmp(data, "http", 4) == 0 || memcmp(data, "www.", 4) == 0 || memcmp(data, "ftp:", 4) == 0)) {
        return memchr(data, ' ', size) == NULL;
    }
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '@') {
            at += i > 0 ? 1u : 2u;
        } else if (data[i] == '.' && at == 1) {
            dots++;
        } else if (data[i] <= ' ' || data[i] == ',' || data[i] == ';' || data[i] == '|') {
            return false;
        }
    }
    return at == 1 && dots > 0;
}

hr_cell hr_cell_classify(const uint8_t *data, size_t size)
{
    static const char *const nulls[] = {"\\n", "null", "na", "n/a", "nan", "none", "#n/a", "-", "--", "?", ".", "nil"};
    static const char *const booleans[] = {"true", "false", "yes", "no"};
    while (size && (data[0] == ' ' || data[0] == '\t')) {
        data++;
        size--;
    }
    while (size && (data[size - 1] == ' ' || data[size - 1] == '\t')) {
        size--;
    }
    if (!size) {
        return HR_CELL_EMPTY;
    }
    if (size > 320) {
        return HR_CELL_TEXT;
    }
    if (size <= 5 && among(data, size, nulls, HR_COUNT(nulls))) {
        return HR_CELL_NULL;
    }
    if (size <= 5 && among(data, size, booleans, HR_COUNT(booleans))) {
        return HR_CELL_BOOLEAN;
    }
    if (is_date(data, size) || is_time(data, size)) {
        return HR_CELL_DATE;
    }
    hr_cell cell = number(data, size);
    if (cell == HR_CELL_TEXT && is_link(data, size)) {
        return HR_CELL_LINK;
    }
    return cell;
}

bool hr_cell_typed(hr_cell cell)
{
    return cell >= HR_CELL_INTEGER && cell <= HR_CELL_LINK;
}
