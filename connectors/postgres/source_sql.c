/* source_sql.c: the statements of a pull as text. Values are literals of their column's own type, so that the server
 * compares them as it compares the column's. */
#include "connectors/postgres/source_sql.h"

#include <inttypes.h>

#include "connectors/postgres/connect.h"

bool hr_pg_literal(hr_buffer *out, const char *text, const char *type)
{
    return hr_pg_quote_text(out, text) && hr_buffer_printf(out, "::%s", type);
}

static bool put_names(hr_buffer *out, const char *const *names, size_t count)
{
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = (!i || hr_buffer_text(out, ", ")) && hr_pg_quote_name(out, names[i]);
    return ok;
}

/* WHERE or AND. */
static bool put_joint(hr_buffer *out, bool *begun)
{
    bool first = !*begun;
    *begun = true;
    return hr_buffer_text(out, first ? " WHERE " : " AND ");
}

static bool put_compare(hr_buffer *out, bool *begun, const char *name, const char *sign, const char *value,
                        const char *type)
{
    return put_joint(out, begun) && hr_pg_quote_name(out, name) && hr_buffer_printf(out, " %s ", sign) &&
           hr_pg_literal(out, value, type);
}

/* (watermark, key, ...) > (at, after, ...), which an index on these columns answers. */
static bool put_behind(hr_buffer *out, bool *begun, const hr_pg_reading *reading, const hr_pg_range *range)
{
    bool ok = put_joint(out, begun) && hr_buffer_text(out, "(");
    if (range->at)
        ok = ok && hr_pg_quote_name(out, reading->watermark) && hr_buffer_text(out, ", ");
    ok = ok && put_names(out, reading->keys, reading->key_count) && hr_buffer_text(out, ") > (");
    if (range->at)
        ok = ok && hr_pg_literal(out, range->at, reading->watermark_type) && hr_buffer_text(out, ", ");
    for (size_t i = 0; ok && i < reading->key_count; i++)
        ok = (!i || hr_buffer_text(out, ", ")) && hr_pg_literal(out, range->after[i], reading->key_types[i]);
    return ok && hr_buffer_text(out, ")");
}

static bool put_watermarks(hr_buffer *out, bool *begun, const hr_pg_reading *reading, const hr_pg_range *range)
{
    const char *name = reading->watermark, *type = reading->watermark_type;
    bool ok = true;
    if (range->nulls)
        return put_joint(out, begun) && hr_pg_quote_name(out, name) && hr_buffer_text(out, " IS NULL");
    if (range->low)
        ok = put_compare(out, begun, name, range->low_open ? ">" : ">=", range->low, type);
    const char *sign = range->high_closed ? "<=" : "<";
    if (range->high && range->with_nulls)
        return ok && put_joint(out, begun) && hr_buffer_text(out, "(") && hr_pg_quote_name(out, name) &&
               hr_buffer_printf(out, " %s ", sign) && hr_pg_literal(out, range->high, type) &&
               hr_buffer_text(out, " OR ") && hr_pg_quote_name(out, name) && hr_buffer_text(out, " IS NULL)");
    return ok && (!range->high || put_compare(out, begun, name, sign, range->high, type));
}

static bool put_blocks(hr_buffer *out, bool *begun, const hr_pg_range *range)
{
    bool ok = true;
    if (range->first_block)
        ok = put_joint(out, begun) && hr_buffer_printf(out, "ctid >= '(%" PRIu64 ",0)'::tid", range->first_block);
    if (range->end_block != UINT64_MAX)
        ok = ok && put_joint(out, begun) && hr_buffer_printf(out, "ctid < '(%" PRIu64 ",0)'::tid", range->end_block);
    return ok;
}

static bool put_slice(hr_buffer *out, bool *begun, const char *key, const hr_pg_range *range)
{
    bool ok = true;
    if (range->highest && !range->lowest)
        return put_joint(out, begun) && hr_buffer_text(out, "(") && hr_pg_quote_name(out, key) &&
               hr_buffer_printf(out, " >= '%" PRId64 "' OR ", range->first_key) && hr_pg_quote_name(out, key) &&
               hr_buffer_text(out, " IS NULL)");
    if (!range->lowest)
        ok = put_joint(out, begun) && hr_pg_quote_name(out, key) &&
             hr_buffer_printf(out, " >= '%" PRId64 "'", range->first_key);
    if (!range->highest)
        ok = ok && put_joint(out, begun) && hr_pg_quote_name(out, key) &&
             hr_buffer_printf(out, " < '%" PRId64 "'", range->end_key);
    return ok;
}

static bool put_order(hr_buffer *out, const hr_pg_reading *reading, const hr_pg_range *range)
{
    bool ok = hr_buffer_text(out, " ORDER BY ");
    if (reading->watermark && !range->nulls)
        ok = ok && hr_pg_quote_name(out, reading->watermark) && hr_buffer_text(out, ", ");
    return ok && put_names(out, reading->keys, reading->key_count);
}

bool hr_pg_copy_sql(const hr_pg_reading *reading, const hr_pg_range *range, hr_buffer *out)
{
    bool begun = false;
    bool ok = hr_buffer_text(out, "COPY (SELECT ") && put_names(out, reading->columns, reading->column_count) &&
              hr_buffer_printf(out, " FROM %s", reading->from);
    if (reading->watermark)
        ok = ok && put_watermarks(out, &begun, reading, range);
    if (range->after)
        ok = ok && put_behind(out, &begun, reading, range);
    if (range->blocks)
        ok = ok && put_blocks(out, &begun, range);
    if (range->slices)
        ok = ok && put_slice(out, &begun, reading->keys[0], range);
    if (range->ordered)
        ok = ok && put_order(out, reading, range);
    if (range->limit)
        ok = ok && hr_buffer_printf(out, " LIMIT %" PRIu64, range->limit);
    return ok && hr_buffer_text(out, ") TO STDOUT") && hr_buffer_add(out, "", 1);
}

/* ---- bounds ------------------------------------------------------------------------------------------------ */

/* The least local time that can still come at `upper` or later: where clocks are put back, those of the hour that
 * comes twice. They are put back at full quarters of an hour, by three hours at most. */
static bool put_local(hr_buffer *out, const char *upper, const char *zone)
{
    return hr_buffer_text(out, "(SELECT min(m.t AT TIME ZONE ") && hr_pg_quote_text(out, zone) &&
           hr_buffer_text(out, ") FROM (SELECT ") && hr_pg_literal(out, upper, "timestamptz") &&
           hr_buffer_text(out, " UNION ALL SELECT to_timestamp((floor(extract(epoch FROM ") &&
           hr_pg_literal(out, upper, "timestamptz") &&
           hr_buffer_text(out, ") / 900) + g) * 900) FROM generate_series(1, 13) AS s(g)) AS m(t))");
}

/* As max() would have it, which not every type with an order has (uuid). */
static bool put_highest(hr_buffer *out, const hr_pg_reading *reading)
{
    const char *name = reading->watermark;
    return hr_buffer_text(out, "(SELECT ") && hr_pg_quote_name(out, name) &&
           hr_buffer_printf(out, " FROM %s WHERE ", reading->from) && hr_pg_quote_name(out, name) &&
           hr_buffer_text(out, " IS NOT NULL ORDER BY ") && hr_pg_quote_name(out, name) &&
           hr_buffer_text(out, " DESC LIMIT 1)");
}

static bool put_upper(hr_buffer *out, const hr_pg_reading *reading, const hr_pg_bounds *bounds)
{
    switch (bounds->clock) {
    case HR_PG_CLOCK_ZONED: return hr_pg_literal(out, bounds->upper, "timestamptz");
    case HR_PG_CLOCK_LOCAL: return put_local(out, bounds->upper, bounds->zone);
    case HR_PG_CLOCK_DATE: return put_local(out, bounds->upper, bounds->zone) && hr_buffer_text(out, "::date");
    case HR_PG_CLOCK_XID: return hr_buffer_text(out, "pg_snapshot_xmin(pg_current_snapshot())");
    case HR_PG_CLOCK_VALUE: return put_highest(out, reading);
    case HR_PG_CLOCK_NONE: break;
    }
    return hr_buffer_text(out, "NULL::text");
}

/* The least value of a type of whole numbers, NULL: it is none, or has no end. */
static const char *least_of(const char *type)
{
    return !strcmp(type, "smallint")  ? "-32768"
           : !strcmp(type, "integer") ? "-2147483648"
           : !strcmp(type, "bigint")  ? "-9223372036854775808"
                                      : NULL;
}

/* low less the lookback, as the watermark's type. */
static bool put_back(hr_buffer *out, const hr_pg_reading *reading, const hr_pg_bounds *bounds)
{
    if (!bounds->lookback || bounds->clock == HR_PG_CLOCK_XID)
        return hr_buffer_text(out, "x.low");
    const char *least = least_of(reading->watermark_type);
    if (bounds->clock == HR_PG_CLOCK_VALUE && least)
        return hr_buffer_printf(out, "greatest(x.low::numeric - %" PRIu64 ", %s)::%s", bounds->lookback, least,
                                reading->watermark_type);
    if (bounds->clock == HR_PG_CLOCK_VALUE)
        return hr_buffer_printf(out, "(x.low - %" PRIu64 ")::%s", bounds->lookback, reading->watermark_type);
    return hr_buffer_printf(out, "(x.low - %" PRIu64 " * interval '1 ms')::%s", bounds->lookback,
                            reading->watermark_type);
}

static bool put_lower(hr_buffer *out, const hr_pg_reading *reading, const hr_pg_bounds *bounds)
{
    if (!bounds->sure)
        return put_back(out, reading, bounds);
    return hr_buffer_text(out, "greatest(") && hr_pg_literal(out, bounds->sure, reading->watermark_type) &&
           hr_buffer_text(out, ", ") && put_back(out, reading, bounds) && hr_buffer_text(out, ")");
}

static bool put_optional(hr_buffer *out, const char *text, const char *type)
{
    return text ? hr_pg_literal(out, text, type) : hr_buffer_printf(out, "NULL::%s", type);
}

bool hr_pg_bounds_sql(const hr_pg_reading *reading, const hr_pg_bounds *bounds, hr_buffer *out)
{
    const char *type = reading->watermark_type;
    return hr_buffer_text(out, "SELECT x.high, greatest(x.high, x.low), ") && put_lower(out, reading, bounds) &&
           hr_buffer_text(out, ", x.at < ") && put_lower(out, reading, bounds) &&
           hr_buffer_text(out, ", x.high < x.low FROM (SELECT ") && put_upper(out, reading, bounds) &&
           hr_buffer_text(out, " AS high, ") && put_optional(out, bounds->low, type) &&
           hr_buffer_text(out, " AS low, ") && put_optional(out, bounds->at, type) &&
           hr_buffer_text(out, " AS at) AS x") && hr_buffer_add(out, "", 1);
}

/* ---- windows ----------------------------------------------------------------------------------------------- */

bool hr_pg_window_counts_sql(const char *from, const char *watermark, uint64_t window_ms, const char *since,
                             const char *until, hr_buffer *out)
{
    bool begun = false;
    bool ok =
        hr_buffer_text(out, "SELECT to_timestamp(w.n * ") && hr_buffer_printf(out, "%" PRIu64, window_ms) &&
        hr_buffer_text(out, " / 1000.0), w.records FROM (SELECT floor(extract(epoch FROM ") &&
        hr_pg_quote_name(out, watermark) &&
        hr_buffer_printf(out, ") * 1000 / %" PRIu64 ")::bigint AS n, count(*) AS records FROM %s", window_ms, from);
    if (since)
        ok = ok && put_compare(out, &begun, watermark, ">=", since, "timestamptz");
    if (until)
        ok = ok && put_compare(out, &begun, watermark, "<", until, "timestamptz");
    return ok && hr_buffer_text(out, " GROUP BY 1) AS w ORDER BY w.n NULLS FIRST") && hr_buffer_add(out, "", 1);
}
