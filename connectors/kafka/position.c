/* position.c: where a partition stands, as text, and where to begin when partitions are assigned. */
#include "connectors/kafka/position.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void hr_kafka_position_print(const hr_kafka_position *position, char out[HR_KAFKA_POSITION_TEXT])
{
    out[0] = '\0';
    if (position->offset < 0)
        return;
    int size = snprintf(out, HR_KAFKA_POSITION_TEXT, "%" PRId64, position->offset);
    if (position->marked)
        size += snprintf(out + size, HR_KAFKA_POSITION_TEXT - (size_t)size, "#%08" PRIx32, position->mark);
    if (position->marked && position->back)
        size += snprintf(out + size, HR_KAFKA_POSITION_TEXT - (size_t)size, "-%" PRIu32, position->back);
    if (!position->marked && position->begins)
        size += snprintf(out + size, HR_KAFKA_POSITION_TEXT - (size_t)size, "^%" PRId64, position->begins);
    if (position->taken)
        (void)snprintf(out + size, HR_KAFKA_POSITION_TEXT - (size_t)size, "+%" PRIu32 "~%04" PRIx16, position->taken,
                       position->shape);
}

/* Decimal digits from *text on, at most `most`; strtoll would take signs and blanks. */
static bool take_digits(const char **text, uint64_t most, uint64_t *out)
{
    const char *at = *text;
    uint64_t number = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (number > (most - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    if (at == *text)
        return false;
    *text = at;
    *out = number;
    return true;
}

/* `count` digits of a hexadecimal number, as they are printed. */
static bool take_hex(const char **text, size_t count, uint32_t *out)
{
    char digits[9] = {0};
    const char *at = *text;
    for (size_t i = 0; i < count; i++, at++) {
        if (!((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f')))
            return false;
        digits[i] = *at;
    }
    *out = (uint32_t)strtoul(digits, NULL, 16);
    *text = at;
    return true;
}

static bool take_shape(const char **text, uint16_t *out)
{
    uint32_t number = 0;
    if (**text != '~')
        return false;
    ++*text;
    if (!take_hex(text, 4, &number))
        return false;
    *out = (uint16_t)number;
    return true;
}

/* "#9ae16a3b", "#9ae16a3b-3", "^590" or nothing */
static bool take_front(const char **text, hr_kafka_position *position)
{
    const char *at = *text;
    uint64_t number = 0;
    if (*at == '^') {
        at++;
        if (!take_digits(&at, INT64_MAX, &number))
            return false;
        position->begins = (int64_t)number;
    } else if (*at == '#') {
        at++;
        if (!take_hex(&at, 8, &position->mark))
            return false;
        position->marked = true;
        if (*at == '-') {
            at++;
            if (!take_digits(&at, UINT32_MAX, &number) || (int64_t)number >= position->offset)
                return false;
            position->back = (uint32_t)number;
        }
    }
    *text = at;
    return true;
}

bool hr_kafka_position_parse(const char *text, hr_kafka_position *out)
{
    hr_kafka_position position = {.offset = -1};
    uint64_t number = 0;
    if (!*text) {
        *out = position;
        return true;
    }
    if (!take_digits(&text, INT64_MAX, &number))
        return false;
    position.offset = (int64_t)number;
    if (!take_front(&text, &position))
        return false;
    if (*text == '+') {
        text++;
        if (!take_digits(&text, UINT32_MAX, &number) || !take_shape(&text, &position.shape))
            return false;
        position.taken = (uint32_t)number;
    }
    if (*text)
        return false;
    *out = position;
    return true;
}

bool hr_kafka_position_equal(const hr_kafka_position *a, const hr_kafka_position *b)
{
    return a->offset == b->offset && a->taken == b->taken && (!a->taken || a->shape == b->shape) &&
           a->marked == b->marked && (a->marked ? a->mark == b->mark && a->back == b->back : a->begins == b->begins);
}

int64_t hr_kafka_position_marked(const hr_kafka_position *position)
{
    return position->offset - 1 - position->back;
}

void hr_kafka_position_pass(hr_kafka_position *position, int64_t offset)
{
    int64_t back = position->marked ? offset - 1 - hr_kafka_position_marked(position) : 0;
    if (back > UINT32_MAX)
        position->marked = false;
    position->back = position->marked ? (uint32_t)back : 0;
    position->offset = offset;
    position->taken = 0;
}

uint32_t hr_kafka_mark(int64_t timestamp, const void *value, size_t size)
{
    return (uint32_t)XXH3_64bits_withSeed(value, value ? size : 0, (uint64_t)timestamp);
}

uint64_t hr_kafka_hash(const char *text)
{
    return XXH3_64bits(text, strlen(text));
}

const char *hr_kafka_loss_name(hr_kafka_loss loss)
{
    static const char *const names[] = {"none", "retention", "truncated", "recreated"};
    return names[loss];
}

int64_t hr_kafka_begin(const hr_kafka_known *known, hr_kafka_loss *loss)
{
    int64_t wanted = known->standing.offset >= 0 ? known->standing.offset : known->committed;
    *loss = HR_KAFKA_LOSS_NONE;
    if (wanted < 0)
        return -1;
    if (wanted > known->high)
        *loss = HR_KAFKA_LOSS_TRUNCATED;
    else if (wanted < known->low)
        *loss = HR_KAFKA_LOSS_RETENTION;
    else if (known->standing.offset >= 0 && !known->standing.marked && known->low < known->standing.begins)
        *loss = HR_KAFKA_LOSS_RECREATED; /* logs lose their beginning, and get none anew */
    return wanted;
}

/* ---- times ----------------------------------------------------------------------------------------------------- */

static bool two_digits(const char **at, int from, int to, int *out)
{
    const char *text = *at;
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *out = (text[0] - '0') * 10 + (text[1] - '0');
    *at = text + 2;
    return *out >= from && *out <= to;
}

static bool take_byte(const char **at, char byte)
{
    if (**at != byte)
        return false;
    (*at)++;
    return true;
}

/* Z, +01:00, +0100, +01; nothing is UTC. */
static bool take_zone(const char **at, int *minutes)
{
    int sign = **at == '-' ? -1 : 1, hours = 0, rest = 0;
    *minutes = 0;
    if (!**at || take_byte(at, 'Z') || take_byte(at, 'z'))
        return !**at;
    if (**at != '+' && **at != '-')
        return false;
    (*at)++;
    if (!two_digits(at, 0, 23, &hours))
        return false;
    (void)take_byte(at, ':');
    if (**at && !two_digits(at, 0, 59, &rest))
        return false;
    *minutes = sign * (hours * 60 + rest);
    return !**at;
}

static bool take_fraction(const char **at, int64_t *ms)
{
    int scale = 100, digits = 0;
    *ms = 0;
    if (**at != '.' && **at != ',')
        return true;
    for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, digits++, scale /= 10)
        *ms += scale * (**at - '0');
    return digits > 0;
}

bool hr_kafka_time_parse(const char *text, int64_t *ms)
{
    struct tm tm = {0};
    int century = 0, year = 0, month = 0, zone = 0;
    int64_t fraction = 0;
    const char *at = text;
    if (!two_digits(&at, 0, 99, &century) || !two_digits(&at, 0, 99, &year) || !take_byte(&at, '-') ||
        !two_digits(&at, 1, 12, &month) || !take_byte(&at, '-') || !two_digits(&at, 1, 31, &tm.tm_mday))
        return false;
    tm.tm_year = century * 100 + year - 1900;
    tm.tm_mon = month - 1;
    if (*at) {
        if (!take_byte(&at, 'T') && !take_byte(&at, 't') && !take_byte(&at, ' '))
            return false;
        if (!two_digits(&at, 0, 23, &tm.tm_hour) || !take_byte(&at, ':') || !two_digits(&at, 0, 59, &tm.tm_min))
            return false;
        if (take_byte(&at, ':') && (!two_digits(&at, 0, 60, &tm.tm_sec) || !take_fraction(&at, &fraction)))
            return false;
        if (!take_zone(&at, &zone))
            return false;
    }
    int day = tm.tm_mday;
    time_t seconds = timegm(&tm);
    if (tm.tm_mday != day && tm.tm_sec < 60) /* 31 April */
        return false;
    *ms = ((int64_t)seconds - zone * 60) * 1000 + fraction;
    return *ms >= 0;
}
