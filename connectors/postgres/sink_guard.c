/* sink_guard.c: what the server would change without a word in a column of each type, and so has to be refused. */
#include "connectors/postgres/sink.h"

/* OIDs of types (pg_type.dat), and what their modifiers are. */
enum {
    OID_CHAR = 18, /* "char", of one byte */
    OID_NAME = 19,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIME = 1083,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_INTERVAL = 1186,
    OID_TIMETZ = 1266,
    OID_NUMERIC = 1700,
    OID_MONEY = 790
};

/* What a type's arrays, ranges and multiranges hold, where their members can be looked at. */
static unsigned element_of(unsigned oid)
{
    static const unsigned arrays[][2] = {{1231, OID_NUMERIC},   {1182, OID_DATE},        {1183, OID_TIME},
                                         {1115, OID_TIMESTAMP}, {1185, OID_TIMESTAMPTZ}, {1187, OID_INTERVAL},
                                         {1270, OID_TIMETZ},    {791, OID_MONEY},        {3912, OID_DATE},
                                         {3908, OID_TIMESTAMP}, {3910, OID_TIMESTAMPTZ}, {4535, OID_DATE},
                                         {4533, OID_TIMESTAMP}, {4534, OID_TIMESTAMPTZ}};
    for (size_t i = 0; i < HR_COUNT(arrays); i++)
        if (arrays[i][0] == oid)
            return arrays[i][1];
    return 0;
}

static void guard_length(hr_copy_column *out, uint32_t guards, unsigned most)
{
    out->guards = guards;
    out->digits = most;
}

/* The precision is in the lower half, 0xFFFF: all of it; in the upper half are bits of the fields (INTERVAL_MASK in
 * timestamp.h). */
static void guard_interval(hr_copy_column *out, int modifier)
{
    static const uint32_t bits[] = {1u << 12, 1u << 11, 1u << 10, 1u << 3, 1u << 1}; /* seconds ... months */
    uint32_t fields = modifier < 0 ? bits[0] : (uint32_t)modifier >> 16, finest = HR_COUNT(bits);
    while (finest && !(fields & bits[HR_COUNT(bits) - finest]))
        finest--;
    out->guards = HR_COPY_INTERVAL | finest << HR_COPY_FINEST;
    out->digits = modifier >= 0 && (modifier & 0xFFFF) < 6 ? (unsigned)modifier & 0xFFFF : 6;
}

void hr_pg_guard(hr_copy_column *out, const hr_pg_column *column)
{
    hr_pg_column member = *column;
    if ((member.base = element_of(column->base)) != 0) {
        hr_pg_guard(out, &member);
        out->guards |= out->guards ? HR_COPY_MEMBERS : 0;
        return;
    }
    switch (column->base) {
    case OID_MONEY: /* its modifier is made to say as much as that of numeric */
    case OID_NUMERIC:
        if (column->modifier < 4)
            return;
        out->guards = HR_COPY_SCALE;
        out->digits = (unsigned)(column->modifier - 4) & 0x7ff;
        if (out->digits & 0x400) /* a negative scale (15 and later) rounds before the point: the user asked for it */
            out->guards = 0;
        return;
    case OID_CHAR: guard_length(out, HR_COPY_BYTES, 1); return;
    case OID_NAME: guard_length(out, HR_COPY_BYTES, HR_PG_NAME_MAX); return;
    case OID_VARCHAR:
        if (column->modifier >= 4)
            guard_length(out, HR_COPY_LETTERS, (unsigned)(column->modifier - 4));
        return;
    case OID_INTERVAL: guard_interval(out, column->modifier); return;
    case OID_DATE: out->guards = HR_COPY_DAY | HR_COPY_CLOCK; return;
    case OID_TIME:
    case OID_TIMETZ:
    case OID_TIMESTAMP:
    case OID_TIMESTAMPTZ:
        out->guards = HR_COPY_FRACTION | HR_COPY_CLOCK;
        if (column->base == OID_TIME || column->base == OID_TIMETZ)
            out->guards |= HR_COPY_ALONE;
        if (column->base == OID_TIME || column->base == OID_TIMESTAMP)
            out->guards |= HR_COPY_ZONELESS;
        out->digits = column->modifier >= 0 ? (unsigned)column->modifier : 6;
        return;
    default: return;
    }
}
