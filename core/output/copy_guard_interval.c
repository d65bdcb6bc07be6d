/* copy_guard_interval.c: intervals that PostgreSQL would take and change: fractions beyond what the column has,
 * fractions of years, which it rounds to months, and fields that a type such as "interval day" cuts off. How intervals
 * are written: the manual, "Interval Input"; ISO 8601, 4.4.4.2. */
#include "core/output/copy_parts.h"

/* From the coarsest; those of HR_COPY_FINEST. */
enum { YEARS = 0, MONTHS, DAYS, HOURS, MINUTES, SECONDS };

typedef struct unit {
    const char *name; /* how its names begin; a longer beginning stands in front of a shorter one */
    int rank;
    int shift; /* digits of a fraction that whole seconds take up: 0.1 minutes are 6 seconds; below them, negative */
    uint64_t months; /* of what fractions are rounded to months */
} unit;

static const unit units[] = {{"mic", SECONDS, -6, 0},    {"us", SECONDS, -6, 0}, {"millen", YEARS, 0, 12000},
                             {"millis", SECONDS, -3, 0}, {"ms", SECONDS, -3, 0}, {"mil", YEARS, 0, 12000},
                             {"mon", MONTHS, 3, 0},      {"m", MINUTES, 1, 0},   {"s", SECONDS, 0, 0},
                             {"h", HOURS, 2, 0},         {"dec", YEARS, 0, 120}, {"d", DAYS, 2, 0},
                             {"w", DAYS, 2, 0},          {"y", YEARS, 0, 12},    {"c", YEARS, 0, 1200}};

static const unit of_rank[] = {{"y", YEARS, 0, 12}, {"mon", MONTHS, 3, 0}, {"d", DAYS, 2, 0},
                               {"h", HOURS, 2, 0},  {"m", MINUTES, 1, 0},  {"s", SECONDS, 0, 0}};

typedef struct number {
    bool some, fraction; /* it is not zero; its fraction is not */
    int64_t scale;       /* digits behind the point, without zeros at the end; negative: so many zeros before it */
    uint64_t behind, of; /* the fraction, 18 digits at most */
} number;

typedef struct reader {
    const uint8_t *at, *end;
    bool iso, time; /* P...; behind its T */
    unsigned digits;
    int finest;
} reader;

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool at_digit(const reader *in, size_t ahead)
{
    return (size_t)(in->end - in->at) > ahead && is_digit(in->at[ahead]);
}

/* Such as PT1e-7S. */
static void read_exponent(reader *in, number *out)
{
    bool sign = in->end - in->at > 2 && (in->at[1] == '-' || in->at[1] == '+');
    int64_t exponent = 0;
    if (!in->iso || in->at == in->end || (*in->at | 32) != 'e' || !at_digit(in, 1u + sign))
        return;
    bool negative = in->at[1] == '-';
    for (in->at += 1 + sign; at_digit(in, 0); in->at++)
        exponent = exponent < 1000000 ? exponent * 10 + (*in->at - '0') : exponent;
    out->scale += negative ? exponent : -exponent;
    out->fraction = out->some && out->scale > 0;
    out->of = 0; /* what the fraction is of months is not known */
}

static number read_number(reader *in)
{
    number out = {.of = 1};
    int64_t zeros = 0, behind = 0;
    for (bool point = false; in->at < in->end && (is_digit(*in->at) || (*in->at == '.' && !point)); in->at++) {
        if (*in->at == '.') {
            point = true;
            continue;
        }
        zeros = *in->at == '0' ? zeros + 1 : 0;
        out.some = out.some || *in->at != '0';
        out.fraction = out.fraction || (point && *in->at != '0');
        behind += point;
        if (point && out.of && out.of < UINT64_C(1000000000000000)) {
            out.behind = out.behind * 10 + (uint64_t)(*in->at - '0');
            out.of *= 10;
        } else if (point && *in->at != '0') {
            out.of = 0;
        }
    }
    out.scale = behind - zeros;
    read_exponent(in, &out);
    return out;
}

static const unit *read_unit(reader *in)
{
    char word[8] = {0};
    size_t size = 0;
    const uint8_t *at = in->at;
    while (!in->iso && at < in->end && *at == ' ')
        at++;
    for (; at < in->end && is_letter(*at) && (!in->iso || !size); at++)
        if (size < sizeof word - 1)
            word[size++] = (char)(*at | 32);
    if (in->iso && !in->time && size && word[0] == 'm')
        memcpy(word, "mon", 4);
    for (size_t i = 0; size && i < HR_COUNT(units); i++)
        if (!strncmp(word, units[i].name, strlen(units[i].name))) {
            in->at = at;
            return &units[i];
        }
    return &of_rank[in->finest];
}

static const char *judge(const reader *in, const number *n, const unit *as)
{
    if (!n->some)
        return NULL;
    if (as->rank + (n->fraction && as->rank < SECONDS) > in->finest)
        return "has finer fields than the column";
    if (as->months && n->fraction && (!n->of || n->behind * as->months % n->of))
        return "has a fraction of years that would be rounded to months";
    if (!as->months && (n->fraction || as->rank == SECONDS) && n->scale - as->shift > (int64_t)in->digits)
        return "has a finer fraction of a second than the column";
    return NULL;
}

/* Numbers with the same mark between them: 10:00:00.5, 1:02.5 (minutes and seconds), 1-2, 0001-02-03. */
static const char *read_joined(reader *in, number first, uint8_t mark)
{
    number parts[3] = {first};
    size_t count = 1;
    while (count < HR_COUNT(parts) && in->at < in->end && *in->at == mark && at_digit(in, 1)) {
        in->at++;
        parts[count++] = read_number(in);
    }
    bool minutes = mark == ':' && count == 2 && parts[1].fraction;
    int rank = mark == '-' ? YEARS : minutes ? MINUTES : HOURS;
    const char *why = NULL;
    for (size_t i = 0; !why && i < count; i++)
        why = judge(in, &parts[i], &of_rank[rank + (int)i]);
    if (!why && mark == '-' && parts[count - 1].fraction && parts[count - 1].scale > (int64_t)in->digits)
        why = "has a finer fraction of a second than the column"; /* 1-2.5 is one year, two months and half a second */
    return why;
}

static const char *read_value(reader *in)
{
    number n = read_number(in);
    if (in->at < in->end && (*in->at == ':' || *in->at == '-') && at_digit(in, 1))
        return read_joined(in, n, *in->at);
    const uint8_t *before = in->at;
    const unit *as = read_unit(in);
    if (in->iso && in->at == before && n.fraction)
        return "has a fraction that would be cut off"; /* PT100000.5 */
    return judge(in, &n, as);
}

const char *hr_copy_interval_loss(uint32_t guards, unsigned digits, const uint8_t *text, size_t size)
{
    reader in = {.at = text, .end = text + size, .digits = digits, .finest = (int)(guards >> HR_COPY_FINEST & 7)};
    const char *why = NULL;
    while (in.at < in.end && (*in.at == ' ' || *in.at == '-'))
        in.at++;
    in.iso = in.at < in.end && *in.at == 'P';
    while (!why && in.at < in.end) {
        if (is_digit(*in.at) || (*in.at == '.' && at_digit(&in, 1))) {
            why = read_value(&in);
            continue;
        }
        in.time = in.time || *in.at == 'T';
        in.at++;
    }
    return why;
}
