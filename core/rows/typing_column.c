/* typing_column.c: columns of fixed width. The common spellings are read where they stand (value_fast.h); everything
 * else, nulls and what is wrong among it, goes through the field and value.h. */
#include "core/rows/typing.h"
#include "core/rows/value_fast.h"

/* A value of fixed width. */
typedef union fixed {
    bool truth;
    int64_t int64;
    int32_t date;
    double float64;
    hr_int128 decimal;
    uint8_t uuid[16];
} fixed;

static const char *parse(const hr_column *column, const uint8_t *text, size_t size, fixed *out)
{
    switch (column->type) {
    case HR_TYPE_BOOL: return hr_value_bool(text, size, &out->truth);
    case HR_TYPE_INT64: return hr_value_int64(text, size, &out->int64);
    case HR_TYPE_DECIMAL: return hr_value_decimal(text, size, column->precision, column->scale, &out->decimal);
    case HR_TYPE_FLOAT64: return hr_value_float64(text, size, &out->float64);
    case HR_TYPE_DATE: return hr_value_date(text, size, &out->date);
    case HR_TYPE_TIMESTAMP: return hr_value_timestamp(text, size, column->zoned, &out->int64);
    case HR_TYPE_UUID: return hr_value_uuid(text, size, out->uuid);
    case HR_TYPE_TEXT:
    case HR_TYPE_JSON: break;
    }
    return NULL;
}

/* Row r by its field: *out is zeros where it is null or no value of the type. */
static hr_status look_closer(hr_column_walk *w, uint32_t r, fixed *out, hr_error *err)
{
    bool null;
    *out = (fixed){.decimal = 0};
    hr_status status = hr_walk_field(w, r, &null, err);
    if (status != HR_OK)
        return status;
    if (null) {
        hr_walk_null(w, r);
        return HR_OK;
    }
    const char *why = parse(w->column->declared, w->value, w->size, out);
    return why ? hr_walk_breach(w, r, HR_REJECT_TYPE, why, err) : HR_OK;
}

/* The rows of a column: `quick` says whether what is at a glance at text, size was stored, `store` takes `value`. */
#define FOR_ROWS(quick, store)                                                     \
    const hr_glance glance = hr_walk_begin(w);                                     \
    for (uint32_t r = 0, rows = w->rows; r < rows; r++) {                          \
        const uint8_t *text;                                                       \
        size_t size;                                                               \
        bool quoted;                                                               \
        if (HR_LIKELY(hr_glance_at(&glance, r, &text, &size, &quoted) && (quick))) \
            continue;                                                              \
        fixed value;                                                               \
        hr_status status = look_closer(w, r, &value, err);                         \
        if (HR_UNLIKELY(status != HR_OK))                                          \
            return status;                                                         \
        store;                                                                     \
    }                                                                              \
    return HR_OK

static hr_status type_int64(hr_column_walk *w, int64_t *out, hr_error *err)
{
    FOR_ROWS(hr_fast_int64(text, size, &out[r]), out[r] = value.int64);
}

static inline bool store_decimal(int64_t *out, const uint8_t *text, size_t size, unsigned scale, uint64_t end)
{
    if (!hr_fast_decimal(text, size, scale, end, &out[0]))
        return false;
    out[1] = out[0] >> 63;
    return true;
}

/* What has more than 18 digits takes a closer look. */
static hr_status type_decimal(hr_column_walk *w, int64_t *out, hr_error *err)
{
    unsigned scale = w->column->declared->scale, precision = w->column->declared->precision;
    bool small = scale <= 18;
    uint64_t end = precision <= 18 ? hr_powers_of_ten[precision] : hr_powers_of_ten[18];
    FOR_ROWS(small && store_decimal(out + r * 2, text, size, scale, end), memcpy(out + r * 2, &value.decimal, 16));
}

static hr_status type_float64(hr_column_walk *w, double *out, hr_error *err)
{
    unsigned guess = 0;
    FOR_ROWS(hr_fast_float64(text, size, &guess, &out[r]), out[r] = value.float64);
}

static hr_status type_date(hr_column_walk *w, int32_t *out, hr_error *err)
{
    FOR_ROWS(hr_fast_date(text, size, &out[r]), out[r] = value.date);
}

static hr_status type_timestamp(hr_column_walk *w, int64_t *out, hr_error *err)
{
    bool zoned = w->column->declared->zoned;
    FOR_ROWS(hr_fast_timestamp(text, size, zoned, &out[r]), out[r] = value.int64);
}

static hr_status type_uuid(hr_column_walk *w, uint8_t *out, hr_error *err)
{
    FOR_ROWS(!hr_value_uuid(text, size, out + r * 16u), memcpy(out + r * 16u, value.uuid, 16));
}

static inline bool store_bool(uint8_t *bits, uint32_t r, const uint8_t *text, size_t size)
{
    bool value;
    if (!hr_fast_bool(text, size, &value))
        return false;
    bits[r / 8] |= (uint8_t)((unsigned)value << (r % 8));
    return true;
}

static hr_status type_bool(hr_column_walk *w, uint8_t *bits, hr_error *err)
{
    memset(bits, 0, (w->rows + 7u) / 8);
    FOR_ROWS(store_bool(bits, r, text, size), bits[r / 8] |= (uint8_t)((unsigned)value.truth << (r % 8)));
}

hr_status hr_typing_fixed(hr_column_walk *walk, void *values, hr_error *err)
{
    switch (walk->vector->type) {
    case HR_TYPE_BOOL: return type_bool(walk, values, err);
    case HR_TYPE_INT64: return type_int64(walk, values, err);
    case HR_TYPE_DECIMAL: return type_decimal(walk, values, err);
    case HR_TYPE_FLOAT64: return type_float64(walk, values, err);
    case HR_TYPE_DATE: return type_date(walk, values, err);
    case HR_TYPE_TIMESTAMP: return type_timestamp(walk, values, err);
    case HR_TYPE_UUID: return type_uuid(walk, values, err);
    case HR_TYPE_TEXT:
    case HR_TYPE_JSON: break;
    }
    return HR_OK;
}
