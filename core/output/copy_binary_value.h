/* copy_binary_value.h: what the files of COPY's binary format share: big-endian numbers, and values that are more than
 * those. Room is there. */
#ifndef HR_CORE_OUTPUT_COPY_BINARY_VALUE_H
#define HR_CORE_OUTPUT_COPY_BINARY_VALUE_H

#include "core/output/copy_binary.h"
#include "core/output/writer.h"
#include "core/rows/value.h"

/* PostgreSQL counts from 2000-01-01. */
#define HR_BINARY_EPOCH_DAYS 10957
#define HR_BINARY_EPOCH_MICROSECONDS (HR_BINARY_EPOCH_DAYS * HR_DAY_MICROSECONDS)

#define HR_BINARY_NEGATIVE 0x4000u /* sign of a numeric */

static inline void hr_binary_put2(hr_out *out, uint16_t value)
{
    value = __builtin_bswap16(value);
    memcpy(out->at, &value, sizeof value);
    out->at += sizeof value;
}

static inline void hr_binary_put4(hr_out *out, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(out->at, &value, sizeof value);
    out->at += sizeof value;
}

static inline void hr_binary_put8(hr_out *out, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(out->at, &value, sizeof value);
    out->at += sizeof value;
}

static inline void hr_binary_put_null(hr_out *out)
{
    hr_binary_put4(out, UINT32_MAX);
}

/* A whole field. */
static inline void hr_binary_put_int8(hr_out *out, int64_t value)
{
    hr_binary_put4(out, 8);
    hr_binary_put8(out, (uint64_t)value);
}

/* ---- copy_binary_field.c ------------------------------------------------------------------------------------- */

#define HR_BINARY_NUMBER_ROOM 128u /* longer texts of numbers, times and the like go as text */

/* The value of a kind HR_BINARY_READ_... of its text, of which HR_FAST_READ bytes can be read, however small it is.
 * False: it is none that every server would certainly store as the same; something may have been written. */
bool hr_binary_read(hr_out *out, const hr_binary_column *column, const uint8_t *text, size_t size);

/* ---- copy_binary_value.c ------------------------------------------------------------------------------------- */

/* A decimal's text without exponent, as numeric_recv wants it. False: the server would round it. */
bool hr_binary_numeric(hr_out *out, const hr_copy_column *column, const uint8_t *text, size_t size);
/* Of the text of a number that became 0: whether it is none, but nearer to it than any double. The server refuses it.
 */
bool hr_binary_is_tiny(const uint8_t *text, size_t size);
/* Of the text of a timestamp with zone: whether its offset is one that the server refuses, 16 hours and more. */
bool hr_binary_is_far(const uint8_t *text, size_t size);
/* A timestamp, with zone or without, in microseconds since 1970. False: the server would round it. */
bool hr_binary_time(hr_out *out, const hr_copy_column *column, int64_t value);
/* The value of a column that the batch has not. False: it has, and the table has no place for it. */
bool hr_binary_made(hr_out *out, const hr_binary_column *column, const hr_parcel *parcel, size_t ordinal,
                    uint64_t first);

#endif
