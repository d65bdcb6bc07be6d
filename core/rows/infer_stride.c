/* infer_stride.c: the values of a column that follow each other and are all of one class. Real columns are of one class
 * from top to bottom: what is common is a loop for each class that keeps its measures in registers. */
#include "core/rows/infer.h"
#include "core/rows/value_fast.h"

/* The common measures of a stride. */
typedef struct stride {
    const hr_infer_fields *fields;
    size_t row;
    const uint8_t *text;
    size_t size;
    uint64_t nulls, values;
    size_t size_min, size_max;
    int64_t least, most;
} stride;

#define INLINE static inline __attribute__((always_inline))

/* The next value that is not null; false behind the last row. Quotes at both ends are taken off: a value that holds
 * some is of none of the classes below, but for texts. */
INLINE bool next_value(stride *s)
{
    const hr_infer_fields *f = s->fields;
    for (; s->row < f->rows; s->row++, s->nulls++) {
        const uint16_t *begins = f->begins + f->row_first[s->row] + f->column;
        size_t begin = begins[0];
        s->size = begins[1] - begin - 1;
        s->text = f->data + begin;
        if (f->cr && s->size && s->text[s->size - 1] == '\r')
            s->size--;
        if (HR_UNLIKELY(s->size == 0))
            continue;
        if (HR_UNLIKELY(*s->text == f->quote) && s->size > 2 && s->text[s->size - 1] == f->quote) {
            s->text++;
            s->size -= 2;
        }
        return true;
    }
    return false;
}

/* The value was of the class. */
INLINE void took(stride *s, int64_t number)
{
    s->least = number < s->least ? number : s->least;
    s->most = number > s->most ? number : s->most;
    s->size_min = s->size < s->size_min ? s->size : s->size_min;
    s->size_max = s->size > s->size_max ? s->size : s->size_max;
    s->values++;
    s->row++;
}

static uint32_t digits_of(int64_t least, int64_t most)
{
    uint64_t low = least < 0 ? 0 - (uint64_t)least : (uint64_t)least;
    uint64_t high = most < 0 ? 0 - (uint64_t)most : (uint64_t)most;
    uint64_t number = low > high ? low : high;
    uint32_t digits = 0;
    while (digits < HR_COUNT(hr_powers_of_ten) && number >= hr_powers_of_ten[digits])
        digits++;
    return digits;
}

/* Each loop works on a copy of its own, which stays in registers. */

/* Numbers without a sign and of at most eight digits are not made into numbers one by one: of their digits, the first
 * one highest, the least and the most are those of the numbers. */
typedef struct short_numbers {
    uint64_t least, most; /* in that form; least > most: none */
    uint64_t sizes;       /* bit n: some was of n bytes */
} short_numbers;

INLINE void took_short(stride *s, short_numbers *n, uint64_t lanes)
{
    uint64_t key = __builtin_bswap64(lanes);
    n->least = key < n->least ? key : n->least;
    n->most = key > n->most ? key : n->most;
    n->sizes |= UINT64_C(1) << s->size;
    s->values++;
    s->row++;
}

static void add_short(stride *s, const short_numbers *n)
{
    if (n->least > n->most)
        return;
    int64_t least = (int64_t)hr_lanes_value(__builtin_bswap64(n->least));
    int64_t most = (int64_t)hr_lanes_value(__builtin_bswap64(n->most));
    size_t size_min = (size_t)__builtin_ctzll(n->sizes), size_max = 63u - (size_t)__builtin_clzll(n->sizes);
    s->least = least < s->least ? least : s->least;
    s->most = most > s->most ? most : s->most;
    s->size_min = size_min < s->size_min ? size_min : s->size_min;
    s->size_max = size_max > s->size_max ? size_max : s->size_max;
}

static void integers(stride *state)
{
    stride s = *state;
    short_numbers n = {.least = UINT64_MAX};
    int64_t number;
    while (next_value(&s)) {
        if (HR_LIKELY(s.size <= 8 && (*s.text != '0' || s.size == 1))) {
            uint64_t lanes = hr_lanes_of(s.text, s.size);
            if (HR_LIKELY(!hr_lanes_not_digits(lanes))) {
                took_short(&s, &n, lanes);
                continue;
            }
        }
        if (!hr_fast_int64(s.text, s.size, &number) || (!number && s.size > 1))
            break;
        took(&s, number);
    }
    add_short(&s, &n);
    *state = s;
}

/* Fractions with up to `behind` (at least 1) digits behind the point, as if all had so many. */
static void fractions(stride *state, uint32_t behind)
{
    stride s = *state;
    short_numbers short_ones = {.least = UINT64_MAX};
    const unsigned point = behind < 7 ? 56 - 8 * behind : 0; /* of the point's lane when there are so many */
    const uint64_t before = (UINT64_C(1) << point) - 1, after = ~before << 8;
    const size_t least_size = behind < 7 ? behind + 2 : SIZE_MAX;
    hr_fast_number n;
    while (next_value(&s)) {
        if (HR_LIKELY(s.size >= least_size && s.size <= 8 && (*s.text != '0' || s.size == least_size))) {
            uint64_t raw = hr_load8(s.text) << (64 - 8 * s.size);
            uint64_t lanes = ((raw & before) << 8 | (raw & after)) ^ HR_LANES(0x30) << (72 - 8 * s.size);
            if (HR_LIKELY((raw >> point & 0xFF) == '.' && !hr_lanes_not_digits(lanes))) {
                took_short(&s, &short_ones, lanes);
                continue;
            }
        }
        if (!hr_fast_number_of(s.text, s.size, &n) || n.fraction - 1 >= behind || s.text[n.negative] == '.')
            break;
        uint64_t number;
        if (__builtin_mul_overflow(n.digits, hr_powers_of_ten[behind - n.fraction], &number) || number >> 60)
            break;
        took(&s, (int64_t)((number ^ (0 - (uint64_t)n.negative)) + n.negative));
    }
    add_short(&s, &short_ones);
    *state = s;
}

static void dates(stride *state)
{
    stride s = *state;
    int32_t day;
    while (next_value(&s) && hr_fast_date(s.text, s.size, &day))
        took(&s, day);
    *state = s;
}

static void times(stride *state, bool zoned)
{
    stride s = *state;
    int64_t time;
    while (next_value(&s) && hr_fast_timestamp(s.text, s.size, zoned, &time))
        took(&s, time);
    *state = s;
}

static void uuids(stride *state)
{
    stride s = *state;
    while (next_value(&s) && hr_class_is_uuid(s.text, s.size))
        took(&s, 0);
    *state = s;
}

/* Characters of a text; false: it holds a quote that is not doubled, and is no simple field. */
INLINE bool characters(const stride *s, size_t *out)
{
    size_t doubled = 0;
    int quote = s->fields->quote;
    if (HR_LIKELY(s->size <= 8)) {
        /* Neither a byte beyond ASCII nor, unless quotes are none, one: the lowest lane that is 0 is found for certain.
         */
        uint64_t lanes = hr_load8(s->text) << (64 - 8 * s->size), x = lanes ^ HR_LANES((uint8_t)quote);
        if (!((lanes | (quote < 0 ? 0 : (x - HR_LANES(1)) & ~x)) & HR_LANES(0x80))) {
            *out = s->size;
            return true;
        }
    }
    const uint8_t *at = s->text, *end = s->text + s->size;
    while (quote >= 0 && (at = memchr(at, quote, (size_t)(end - at))) != NULL) {
        if (at + 1 == end || at[1] != quote)
            return false;
        doubled++;
        at += 2;
    }
    *out = hr_class_characters(s->text, s->size) - doubled;
    return true;
}

/* Characters are counted where their number could be a new least or most: there are no more of them than bytes, and no
 * fewer than a quarter of these, or an eighth where all are doubled quotes. */
static void texts(stride *state, hr_infer_facts *facts, uint32_t *seen)
{
    stride s = *state;
    hr_classed value;
    while (next_value(&s) && *s.text != s.fields->quote) {
        if (!hr_class_sure_text(s.text, s.size)) {
            hr_class_of(s.text, s.size, &value);
            if (value.kind == HR_CLASS_JSON) /* perhaps */
                break;
            if (value.kind != HR_CLASS_TEXT) { /* numbers among texts are met often */
                hr_infer_add(facts, &value);
                facts->counts[value.kind]++;
                *seen |= 1u << value.kind;
                s.size_min = s.size < s.size_min ? s.size : s.size_min;
                s.size_max = s.size > s.size_max ? s.size : s.size_max;
                s.row++;
                continue;
            }
        }
        if (s.size > s.size_max || s.size / 8 < s.size_min) {
            size_t count;
            if (!characters(&s, &count))
                break;
            s.size_min = count < s.size_min ? count : s.size_min;
            s.size_max = count > s.size_max ? count : s.size_max;
        }
        s.values++;
        s.row++;
    }
    *state = s;
}

static void add(const stride *s, hr_value_class kind, uint32_t behind, hr_infer_facts *facts)
{
#define WIDEN(low, high)                                             \
    do {                                                             \
        facts->low = s->least < facts->low ? s->least : facts->low;  \
        facts->high = s->most > facts->high ? s->most : facts->high; \
    } while (0)
    facts->counts[HR_CLASS_NULL] += s->nulls;
    facts->counts[kind] += s->values;
    facts->size_min = s->size_min < facts->size_min ? s->size_min : facts->size_min;
    facts->size_max = s->size_max > facts->size_max ? s->size_max : facts->size_max;
    if (!s->values)
        return;
    uint32_t digits = kind == HR_CLASS_INT || kind == HR_CLASS_FRACTION ? digits_of(s->least, s->most) : 0;
    if (kind == HR_CLASS_INT) {
        WIDEN(int_min, int_max);
    } else if (kind == HR_CLASS_DATE) {
        WIDEN(day_min, day_max);
    } else if (kind == HR_CLASS_STAMP || kind == HR_CLASS_ZONED) {
        WIDEN(time_min, time_max);
    } else if (kind == HR_CLASS_FRACTION) {
        hr_infer_widen(facts, s->least, behind);
        hr_infer_widen(facts, s->most, behind);
        digits = digits > behind ? digits - behind : 0;
    }
    if (digits > facts->before)
        facts->before = digits;
#undef WIDEN
}

size_t hr_infer_stride(const hr_infer_fields *fields, size_t row, hr_value_class kind, hr_infer_facts *facts,
                       uint32_t *seen)
{
    stride s = {.fields = fields, .row = row, .size_min = SIZE_MAX, .least = INT64_MAX, .most = INT64_MIN};
    uint32_t behind = facts->behind < 16 ? facts->behind : 16;
    switch (kind) {
    case HR_CLASS_INT: integers(&s); break;
    case HR_CLASS_FRACTION:
        if (!behind)
            return row;
        fractions(&s, behind);
        break;
    case HR_CLASS_DATE: dates(&s); break;
    case HR_CLASS_STAMP: times(&s, false); break;
    case HR_CLASS_ZONED: times(&s, true); break;
    case HR_CLASS_UUID: uuids(&s); break;
    case HR_CLASS_TEXT:
        s.size_min = (size_t)facts->size_min;
        s.size_max = (size_t)facts->size_max;
        texts(&s, facts, seen);
        break;
    default: return row;
    }
    add(&s, kind, behind, facts);
    *seen |= (uint32_t)(s.nulls > 0) << HR_CLASS_NULL | (uint32_t)(s.values > 0) << kind;
    return s.row;
}
