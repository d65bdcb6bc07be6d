/* infer_type.c: from the facts of a column to the narrowest type that holds all of its values, and to the few values
 * that stand in the way of a narrower one. */
#include "core/rows/infer.h"
#include "core/rows/value.h"

#define BIT(kind) (1u << (kind))
#define NUMBERS (BIT(HR_CLASS_INT) | BIT(HR_CLASS_BIG) | BIT(HR_CLASS_FRACTION) | BIT(HR_CLASS_FLOAT))

/* Whole numbers beyond this would not come out of a float64 as they went in. */
#define EXACT_INT (INT64_C(1) << 53)

static bool as_bool(const hr_infer_facts *facts, uint32_t kinds)
{
    bool words = facts->counts[HR_CLASS_BOOL] > 0 && !(kinds & ~(BIT(HR_CLASS_BOOL) | BIT(HR_CLASS_INT)));
    bool bits = !(kinds & BIT(HR_CLASS_INT)) || (facts->int_min >= 0 && facts->int_max <= 1);
    /* "f", "no" and "on" alone may be anything: a sex, a country, a province. Both answers must have been given. */
    bool sides = (facts->words & (HR_BOOL_TRUE | HR_BOOL_FALSE)) ||
                 ((facts->words & HR_BOOL_YES) && (facts->words & HR_BOOL_NO));
    return words && bits && sides;
}

static bool as_decimal(const hr_infer_facts *facts, uint32_t kinds)
{
    bool only = !(kinds & ~(BIT(HR_CLASS_INT) | BIT(HR_CLASS_BIG) | BIT(HR_CLASS_FRACTION)));
    return only && (uint64_t)facts->before + facts->behind <= HR_DECIMAL_DIGITS;
}

static bool as_float(const hr_infer_facts *facts, uint32_t kinds)
{
    bool only = !(kinds & ~(BIT(HR_CLASS_INT) | BIT(HR_CLASS_FRACTION) | BIT(HR_CLASS_FLOAT)));
    bool whole = !(kinds & BIT(HR_CLASS_INT)) || (facts->int_min >= -EXACT_INT && facts->int_max <= EXACT_INT);
    return only && whole && !facts->beyond;
}

/* The type of a column that had the classes `kinds`, of which there is one. */
static void type_of(const hr_infer_facts *facts, uint32_t kinds, hr_column *out)
{
    out->type = HR_TYPE_TEXT;
    if (kinds == BIT(HR_CLASS_INT)) {
        out->type = HR_TYPE_INT64;
    } else if (kinds && as_decimal(facts, kinds)) {
        out->type = HR_TYPE_DECIMAL;
        out->scale = (uint8_t)facts->behind;
        out->precision = (uint8_t)(facts->before + facts->behind ? facts->before + facts->behind : 1);
    } else if (kinds && as_float(facts, kinds)) {
        out->type = HR_TYPE_FLOAT64;
    } else if (as_bool(facts, kinds)) {
        out->type = HR_TYPE_BOOL;
    } else if (kinds == BIT(HR_CLASS_DATE)) {
        out->type = HR_TYPE_DATE;
    } else if (kinds == BIT(HR_CLASS_STAMP) || kinds == BIT(HR_CLASS_ZONED)) {
        out->type = HR_TYPE_TIMESTAMP;
        out->zoned = kinds == BIT(HR_CLASS_ZONED);
    } else if (kinds == BIT(HR_CLASS_UUID)) {
        out->type = HR_TYPE_UUID;
    } else if (kinds == BIT(HR_CLASS_JSON)) {
        out->type = HR_TYPE_JSON;
    }
}

static uint32_t kinds_of(const hr_infer_facts *facts, uint64_t *values)
{
    uint32_t kinds = 0;
    *values = 0;
    for (uint32_t kind = 0; kind < HR_CLASSES; kind++)
        if (kind != HR_CLASS_NULL && facts->counts[kind]) {
            kinds |= BIT(kind);
            *values += facts->counts[kind];
        }
    return kinds;
}

void hr_infer_type(const hr_infer_facts *facts, hr_column *out)
{
    uint64_t values;
    uint32_t kinds = kinds_of(facts, &values);
    *out = (hr_column){.required = values && !facts->counts[HR_CLASS_NULL]};
    type_of(facts, kinds, out);
}

/* Sets of classes that make a type of their own, the narrower ones first. */
static const uint32_t groups[] = {
    BIT(HR_CLASS_INT),
    BIT(HR_CLASS_INT) | BIT(HR_CLASS_BIG) | BIT(HR_CLASS_FRACTION),
    NUMBERS & ~BIT(HR_CLASS_BIG),
    BIT(HR_CLASS_BOOL),
    BIT(HR_CLASS_BOOL) | BIT(HR_CLASS_INT),
    BIT(HR_CLASS_DATE),
    BIT(HR_CLASS_STAMP),
    BIT(HR_CLASS_ZONED),
    BIT(HR_CLASS_UUID),
    BIT(HR_CLASS_JSON),
};

bool hr_infer_doubtful(const hr_infer_column *column, hr_infer_doubt *out)
{
    uint64_t values, least = UINT64_MAX;
    const hr_infer_facts *facts = &column->facts;
    uint32_t kinds = kinds_of(facts, &values), best = 0;
    hr_column is = {0};
    type_of(facts, kinds, &is);
    for (size_t i = 0; i < HR_COUNT(groups); i++) {
        hr_column would = {0};
        uint32_t within = kinds & groups[i];
        if (!within || within == kinds)
            continue;
        type_of(facts, within, &would);
        uint64_t others = 0;
        for (uint32_t kind = 1; kind < HR_CLASSES; kind++)
            others += within >> kind & 1u ? 0 : facts->counts[kind];
        /* Types of numbers go from narrow to wide; a text that most values would be more than is worth a word. */
        if (would.type == HR_TYPE_TEXT || would.type == is.type || others >= least || others * 2 >= values)
            continue;
        least = others;
        best = within;
        out->would = would;
        out->values = others;
    }
    if (!best)
        return false;
    out->first = NULL;
    for (uint32_t kind = 1; kind < HR_CLASSES; kind++) {
        const hr_infer_example *one = &column->examples[kind];
        bool earlier = !out->first || one->file < out->first->file ||
                       (one->file == out->first->file && one->row < out->first->row);
        if (!(best >> kind & 1u) && one->row && earlier)
            out->first = one;
    }
    return out->first != NULL;
}

hr_status hr_infer_schema(const hr_infer *infer, hr_schema **out, hr_error *err)
{
    size_t count;
    const hr_infer_column *columns = hr_infer_columns(infer, &count);
    hr_column *made = hr_calloc(count ? count : 1, sizeof *made);
    if (!made)
        return hr_fail_memory(err, "inferring types");
    for (size_t i = 0; i < count; i++) {
        hr_infer_type(&columns[i].facts, &made[i]);
        made[i].name = columns[i].name;
    }
    hr_status status = hr_schema_new(made, count, out, err);
    hr_free(made);
    return status;
}
