/* copy_binary_kind.c: which values may go in COPY's binary format, by what is known of them and by the type of their
 * column. A pair is there when the server would store the same for the value's text in every session, whatever its time
 * zone, its date style and its locale are; what of that depends on the single value, copy_binary.c looks at. */
#include "core/output/copy_binary.h"
#include "core/rows/value.h"

/* OIDs of types (pg_type.dat), which never change. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = HR_BINARY_TEXT_OID,
    OID_JSON = 114,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIME = 1083,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_NUMERIC = 1700,
    OID_UUID = 2950,
    OID_JSONB = 3802
};

static bool is_text(unsigned base)
{
    return base == OID_TEXT || base == OID_VARCHAR || base == OID_BPCHAR;
}

/* Any value has a text. That of a vector is quicker to find, but what is declared as JSON has in it the quotes of
 * JSON's strings, which columns of texts do not get. */
static hr_binary_kind kind_of_text(const hr_binary_place *place)
{
    hr_type type = place->declared ? place->declared->type : HR_TYPE_BOOL;
    switch (place->base) {
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_BPCHAR: return type == HR_TYPE_TEXT ? HR_BINARY_VIEW : HR_BINARY_FIELD;
    case OID_JSON: return type == HR_TYPE_TEXT || type == HR_TYPE_JSON ? HR_BINARY_VIEW : HR_BINARY_FIELD;
    case OID_JSONB: return type == HR_TYPE_TEXT || type == HR_TYPE_JSON ? HR_BINARY_VIEW_JSONB : HR_BINARY_FIELD_JSONB;
    default: return HR_BINARY_NONE;
    }
}

static hr_binary_kind kind_of_number(const hr_binary_place *place)
{
    bool whole = place->declared->type == HR_TYPE_INT64;
    switch (place->base) {
    case OID_INT2: return whole ? HR_BINARY_INT2 : HR_BINARY_NONE;
    case OID_INT4: return whole ? HR_BINARY_INT4 : HR_BINARY_NONE;
    case OID_INT8: return whole ? HR_BINARY_INT8 : HR_BINARY_NONE;
    case OID_NUMERIC: return HR_BINARY_NUMERIC;
    case OID_FLOAT8: return HR_BINARY_DOUBLE;
    default: return HR_BINARY_NONE;
    }
}

/* A time without zone is another moment in each session's time zone, and one with a zone loses it in a column that has
 * none: both are for the text. */
static hr_binary_kind kind_of_time(const hr_binary_place *place)
{
    const hr_column *declared = place->declared;
    if (declared->type == HR_TYPE_DATE)
        return place->base == OID_DATE        ? HR_BINARY_DATE
               : place->base == OID_TIMESTAMP ? HR_BINARY_MIDNIGHT
                                              : HR_BINARY_NONE;
    if (declared->zoned)
        return place->base == OID_TIMESTAMPTZ ? HR_BINARY_MOMENT : HR_BINARY_NONE;
    return place->base == OID_TIMESTAMP ? HR_BINARY_TIMESTAMP : HR_BINARY_NONE;
}

/* What nothing is known of is read as the column's type reads it. */
static hr_binary_kind kind_of_reading(const hr_binary_place *place)
{
    switch (place->base) {
    case OID_BOOL: return HR_BINARY_READ_BOOL;
    case OID_INT2: return HR_BINARY_READ_INT2;
    case OID_INT4: return HR_BINARY_READ_INT4;
    case OID_INT8: return HR_BINARY_READ_INT8;
    case OID_FLOAT4: return HR_BINARY_READ_FLOAT4;
    case OID_FLOAT8: return HR_BINARY_READ_FLOAT8;
    case OID_NUMERIC: return HR_BINARY_READ_NUMERIC;
    case OID_DATE: return HR_BINARY_READ_DATE;
    case OID_TIME: return HR_BINARY_READ_TIME;
    case OID_TIMESTAMP: return HR_BINARY_READ_TIMESTAMP;
    case OID_TIMESTAMPTZ: return HR_BINARY_READ_MOMENT;
    case OID_UUID: return HR_BINARY_READ_UUID;
    default: return HR_BINARY_NONE;
    }
}

static hr_binary_kind kind_of_field(const hr_binary_place *place)
{
    hr_binary_kind kind = kind_of_text(place);
    if (kind != HR_BINARY_NONE)
        return kind;
    if (!place->declared)
        return kind_of_reading(place);
    switch (place->declared->type) {
    case HR_TYPE_BOOL: return place->base == OID_BOOL ? HR_BINARY_BOOL : HR_BINARY_NONE;
    case HR_TYPE_INT64:
    case HR_TYPE_DECIMAL: return kind_of_number(place);
    case HR_TYPE_FLOAT64: return place->base == OID_FLOAT8 ? HR_BINARY_FLOAT8 : HR_BINARY_NONE;
    case HR_TYPE_DATE:
    case HR_TYPE_TIMESTAMP: return kind_of_time(place);
    case HR_TYPE_UUID: return place->base == OID_UUID ? HR_BINARY_UUID : HR_BINARY_NONE;
    case HR_TYPE_TEXT:
    case HR_TYPE_JSON: break;
    }
    return HR_BINARY_NONE;
}

static hr_binary_kind choose_fixed(const hr_binary_place *place, hr_binary_column *column, uint8_t room[8])
{
    const char *text = column->as_text.text;
    int64_t moment;
    column->bytes = (const uint8_t *)text;
    column->size = text ? strlen(text) : 0;
    if (is_text(place->base))
        return HR_BINARY_FIXED;
    if (place->base != OID_TIMESTAMPTZ || !text ||
        hr_value_timestamp((const uint8_t *)text, column->size, true, &moment))
        return HR_BINARY_NONE;
    hr_binary_moment(moment, room);
    column->bytes = room;
    column->size = 8;
    return HR_BINARY_FIXED;
}

void hr_binary_choose(const hr_binary_place *place, hr_binary_column *column, uint8_t room[8])
{
    unsigned base = place->base;
    switch (column->as_text.what) {
    case HR_COPY_FIELD: column->kind = kind_of_field(place); return;
    case HR_COPY_ABSENT: column->kind = HR_BINARY_ABSENT; return;
    case HR_COPY_FIXED: column->kind = choose_fixed(place, column, room); return;
    case HR_COPY_ORDINAL: column->kind = HR_BINARY_ORDINAL; return;
    case HR_COPY_ROW: column->kind = base == OID_INT8 ? HR_BINARY_ROW : HR_BINARY_NONE; return;
    case HR_COPY_OFFSET: column->kind = base == OID_INT8 ? HR_BINARY_OFFSET : HR_BINARY_NONE; return;
    case HR_COPY_KEY: column->kind = is_text(base) ? HR_BINARY_KEY : HR_BINARY_NONE; return;
    case HR_COPY_KEY_BYTES: column->kind = base == OID_BYTEA ? HR_BINARY_KEY_BYTES : HR_BINARY_NONE; return;
    }
}

int hr_binary_gain(hr_binary_kind kind)
{
    switch (kind) {
    case HR_BINARY_UUID:
    case HR_BINARY_READ_UUID: return 25;
    case HR_BINARY_MOMENT:
    case HR_BINARY_READ_MOMENT:
    case HR_BINARY_TIMESTAMP:
    case HR_BINARY_READ_TIMESTAMP: return 11;
    case HR_BINARY_DATE:
    case HR_BINARY_READ_DATE:
    case HR_BINARY_READ_TIME:
    case HR_BINARY_MIDNIGHT: return 9;
    case HR_BINARY_NUMERIC:
    case HR_BINARY_READ_NUMERIC:
    case HR_BINARY_FLOAT8:
    case HR_BINARY_READ_FLOAT4:
    case HR_BINARY_READ_FLOAT8:
    case HR_BINARY_DOUBLE: return 5;
    case HR_BINARY_VIEW:
    case HR_BINARY_FIELD: return -1;
    default: return 0;
    }
}
