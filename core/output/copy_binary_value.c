/* copy_binary_value.c: decimals and times as PostgreSQL receives them, and columns that the batch has not. */
#include "core/output/copy_binary_value.h"

/* ---- numbers ----------------------------------------------------------------------------------------------- */

bool hr_binary_is_tiny(const uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size && (text[i] | 32) != 'e'; i++)
        if (text[i] >= '1' && text[i] <= '9')
            return true;
    return false;
}

static unsigned group_of(const uint8_t *digits, size_t count)
{
    unsigned value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (unsigned)(digits[i] - '0');
    return value;
}

static inline unsigned whole_group(const uint8_t *digits)
{
    return (unsigned)(digits[0] - '0') * 1000 + (unsigned)(digits[1] - '0') * 100 + (unsigned)(digits[2] - '0') * 10 +
           (unsigned)(digits[3] - '0');
}

#define DSCALE_MOST 16383u /* NUMERIC_DSCALE_MAX */

/* How many digits of base 10000, the power of 10000 of the first, sign, how many decimal digits are shown behind the
 * point, the digits. */
bool hr_binary_numeric(hr_out *out, const hr_copy_column *column, const uint8_t *text, size_t size)
{
    static const unsigned fills[5] = {1, 1000, 100, 10, 1};
    bool negative = size && *text == '-';
    const uint8_t *p = text + (size && (*text == '-' || *text == '+')), *end = text + size;
    const uint8_t *point = p;
    while (point < end && *point != '.')
        point++;
    size_t whole = (size_t)(point - p), fraction = point < end ? (size_t)(end - point) - 1 : 0, shown = fraction;
    if (fraction)
        while (fraction && end[-1] == '0')
            end--, fraction--;
    if (shown > DSCALE_MOST || ((column->guards & HR_COPY_SCALE) && fraction > column->digits))
        return false;
    uint8_t *head = out->at, *first = head + 12;
    out->at = first;
    int weight = (int)((whole + 3) / 4) - 1;
    size_t part = whole % 4;
    if (part) {
        hr_binary_put2(out, (uint16_t)group_of(p, part));
        p += part;
    }
    for (; p < point; p += 4)
        hr_binary_put2(out, (uint16_t)whole_group(p));
    if (fraction) {
        for (p++; p + 4 <= end; p += 4)
            hr_binary_put2(out, (uint16_t)whole_group(p));
        if (p < end)
            hr_binary_put2(out, (uint16_t)(group_of(p, (size_t)(end - p)) * fills[end - p]));
    }
    /* No zeros at either end. */
    while (out->at > first && !out->at[-1] && !out->at[-2])
        out->at -= 2;
    size_t zeros = 0;
    while (first + zeros < out->at && !first[zeros] && !first[zeros + 1])
        zeros += 2;
    if (zeros) {
        memmove(first, first + zeros, (size_t)(out->at - first) - zeros);
        out->at -= zeros;
        weight -= (int)(zeros / 2);
    }
    size_t digits = (size_t)(out->at - first) / 2;
    hr_out header = {.at = head};
    hr_binary_put4(&header, (uint32_t)(8 + 2 * digits));
    hr_binary_put2(&header, (uint16_t)digits);
    hr_binary_put2(&header, digits ? (uint16_t)weight : 0);
    hr_binary_put2(&header, digits && negative ? HR_BINARY_NEGATIVE : 0);
    hr_binary_put2(&header, (uint16_t)shown);
    return true;
}

/* ---- times ------------------------------------------------------------------------------------------------- */

void hr_binary_moment(int64_t microseconds, uint8_t out[8])
{
    uint64_t value = __builtin_bswap64((uint64_t)(microseconds - HR_BINARY_EPOCH_MICROSECONDS));
    memcpy(out, &value, sizeof value);
}

bool hr_binary_is_far(const uint8_t *text, size_t size)
{
    if (HR_LIKELY(size && (text[size - 1] | 32) == 'z'))
        return false;
    for (size_t behind = 3; behind <= 6 && behind < size; behind += behind == 3 ? 2 : 1) {
        const uint8_t *zone = text + size - behind;
        if (*zone == '+' || *zone == '-')
            return (zone[1] - '0') * 10 + zone[2] - '0' > 15;
    }
    return false;
}

bool hr_binary_time(hr_out *out, const hr_copy_column *column, int64_t value)
{
    static const int32_t units[7] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    if ((column->guards & HR_COPY_FRACTION) && column->digits < 6 && value % units[column->digits])
        return false;
    hr_binary_put_int8(out, value - HR_BINARY_EPOCH_MICROSECONDS);
    return true;
}

/* ---- what is made ------------------------------------------------------------------------------------------ */

static void put_key(hr_out *out, const hr_parcel *parcel, size_t ordinal, bool bytes)
{
    const uint8_t *key = hr_parcel_key(parcel, ordinal);
    size_t size = parcel->key_size < 64 ? parcel->key_size : 64;
    if (!key) {
        hr_binary_put_null(out);
    } else if (bytes) {
        hr_binary_put4(out, (uint32_t)size);
        hr_out_bytes(out, key, size);
    } else {
        hr_binary_put4(out, (uint32_t)size * 2);
        hr_out_hex(out, key, size);
    }
}

bool hr_binary_made(hr_out *out, const hr_binary_column *column, const hr_parcel *parcel, size_t ordinal,
                    uint64_t first)
{
    const hr_batch *batch = parcel->batch;
    size_t row = hr_parcel_row(parcel, ordinal);
    switch (column->kind) {
    case HR_BINARY_ABSENT: return hr_batch_field(batch, row, column->as_text.column).flags & HR_FIELD_NULL;
    case HR_BINARY_FIXED:
        if (column->bytes) {
            hr_binary_put4(out, (uint32_t)column->size);
            hr_out_bytes(out, column->bytes, column->size);
        } else {
            hr_binary_put_null(out);
        }
        return true;
    case HR_BINARY_ORDINAL: hr_binary_put_int8(out, (int64_t)(first + ordinal)); return true;
    case HR_BINARY_ROW: hr_binary_put_int8(out, (int64_t)hr_batch_row_number(batch, row)); return true;
    case HR_BINARY_OFFSET:
        if (batch->row_offset)
            hr_binary_put_int8(out, (int64_t)batch->row_offset[row]);
        else
            hr_binary_put_null(out);
        return true;
    case HR_BINARY_KEY: put_key(out, parcel, ordinal, false); return true;
    case HR_BINARY_KEY_BYTES: put_key(out, parcel, ordinal, true); return true;
    default: return false;
    }
}
