/* typed.c: the text of a typed value as JSON: numbers as they are written wherever JSON has such a number. */
#include "core/output/writer.h"
#include "core/rows/value.h"

hr_rows_form hr_typed_form(hr_type type)
{
    switch (type) {
    case HR_TYPE_INT64:
    case HR_TYPE_DECIMAL:
    case HR_TYPE_FLOAT64: return HR_ROWS_NUMBER;
    case HR_TYPE_BOOL: return HR_ROWS_LITERAL;
    case HR_TYPE_JSON: return HR_ROWS_OTHER;
    case HR_TYPE_TEXT:
    case HR_TYPE_DATE:
    case HR_TYPE_TIMESTAMP:
    case HR_TYPE_UUID: break;
    }
    return HR_ROWS_STRING;
}

static size_t digits(const uint8_t *data, size_t at, size_t size)
{
    while (at < size && data[at] >= '0' && data[at] <= '9')
        at++;
    return at;
}

/* The parts of a number in the widest notation that some type has: a sign, digits, a point, digits, an exponent. False:
 * it is none (NaN, Infinity). */
static bool number_parts(const uint8_t *data, size_t size, size_t *whole, size_t *point, size_t *rest)
{
    *whole = size > 0 && (data[0] == '-' || data[0] == '+') ? 1 : 0;
    *point = digits(data, *whole, size);
    *rest = *point < size && data[*point] == '.' ? digits(data, *point + 1, size) : *point;
    if (*point == *whole && *rest <= *point + 1)
        return false;
    size_t at = *rest;
    if (at == size)
        return true;
    if (data[at] != 'e' && data[at] != 'E')
        return false;
    at += at + 1 < size && (data[at + 1] == '-' || data[at + 1] == '+') ? 2 : 1;
    return at < size && digits(data, at, size) == size;
}

/* What JSON does not have is left out (a plus, zeros in front, a point with nothing behind it) or put in (a zero in
 * front of a point); no digit is lost. */
static bool put_number(hr_out *out, const uint8_t *data, size_t size)
{
    size_t whole, point, rest;
    if (!number_parts(data, size, &whole, &point, &rest))
        return false;
    if (data[0] == '-')
        *out->at++ = '-';
    while (whole + 1 < point && data[whole] == '0')
        whole++;
    if (whole == point)
        *out->at++ = '0';
    hr_out_bytes(out, data + whole, point - whole);
    if (rest > point + 1)
        hr_out_bytes(out, data + point, rest - point);
    hr_out_bytes(out, data + rest, size - rest);
    return true;
}

/* A newline can only be white space there: strings of JSON have none. */
static void put_json(hr_out *out, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        *out->at++ = data[i] == '\n' || data[i] == '\r' ? ' ' : data[i];
}

bool hr_typed_put(hr_out *out, hr_type type, const uint8_t *data, size_t size)
{
    bool truth = false;
    switch (hr_typed_form(type)) {
    case HR_ROWS_NUMBER: return put_number(out, data, size);
    case HR_ROWS_LITERAL:
        if (hr_value_bool(data, size, &truth))
            return false;
        hr_out_bytes(out, truth ? "true" : "false", truth ? 4 : 5);
        return true;
    case HR_ROWS_OTHER: put_json(out, data, size); return true;
    case HR_ROWS_STRING: break;
    }
    return false;
}
