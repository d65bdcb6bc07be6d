/* encoding_judge_multi.c: how likely a sample is when read in each of the East Asian multi-byte encodings: by their
 * structure first, then by how usual the characters are that come out. */
#include "core/input/encoding_evidence.h"

/* The most characters by which the structure is tried. */
enum { CHARACTERS_MAX = 4000 };

static const struct family {
    const char *name;
    float prior;
    const char *common; /* its most frequent characters */
    uint8_t lead_low, trail_low;
    bool kana_bytes;               /* 0xA1 to 0xDF alone are half-width katakana */
    bool three;                    /* 0x8F begins three bytes */
    bool four;                     /* lead, digit, lead, digit */
    uint8_t usual_low, usual_high; /* leads of the characters of every day; beyond them the rare ones */
} families[] = {
    {"shift_jis", -1, hr_common_japanese, 0x81, 0x40, true, false, false, 0x88, 0x97},
    {"euc-jp", -2, hr_common_japanese, 0xA1, 0xA1, false, true, false, 0xB0, 0xCF},
    {"euc-kr", -1.5f, hr_common_korean, 0x81, 0x41, false, false, false, 0xB0, 0xC8},
    {"gb18030", -1, hr_common_simplified, 0x81, 0x40, false, false, true, 0xB0, 0xD7},
    {"big5", -1.5f, hr_common_traditional, 0x81, 0x40, false, false, false, 0xA4, 0xC6},
    {"big5-hkscs", -4, hr_common_traditional, 0x81, 0x40, false, false, false, 0xA4, 0xC6},
};

/* Length of the character at in[0], by structure alone; 0: none; -1: cut. */
static int structure(const struct family *f, const uint8_t *in, size_t size)
{
    if (f->kana_bytes && in[0] >= 0xA1 && in[0] <= 0xDF) {
        return 1;
    }
    bool narrow = f->three && in[0] == 0x8E;
    if ((in[0] < f->lead_low && !narrow && !(f->three && in[0] == 0x8F)) || in[0] == 0x80 || in[0] == 0xFF ||
        (f->kana_bytes && (in[0] == 0xA0 || in[0] > 0xFC))) {
        return 0;
    }
    if (size < 2) {
        return -1;
    }
    if (f->four && in[1] >= '0' && in[1] <= '9') {
        return size < 4 ? -1 : in[2] >= 0x81 && in[3] >= '0' && in[3] <= '9' ? 4 : 0;
    }
    if (in[1] < f->trail_low || in[1] == 0x7F || in[1] == 0xFF) {
        return 0;
    }
    if (f->three && in[0] == 0x8F) {
        return size < 3 ? -1 : in[2] >= 0xA1 ? 3 : 0;
    }
    return 2;
}

/* Whether nearly all characters have the structure: before the tables are made, which takes longer. */
static bool plausible(const struct family *f, const uint8_t *sample, size_t size, bool whole)
{
    size_t good = 0, wrong = 0;
    for (size_t at = 0; at < size && good + wrong < CHARACTERS_MAX;) {
        if (sample[at] < 0x80) {
            at++;
            continue;
        }
        int length = structure(f, sample + at, size - at);
        if (length < 0 && !whole) {
            break;
        }
        good += length > 0;
        wrong += length <= 0;
        at += length > 0 ? (size_t)length : 1;
    }
    return good > 0 && wrong * 20 <= good;
}

static uint32_t next_code(const uint8_t **text, const uint8_t *end)
{
    const uint8_t *in = *text;
    int length = in < end ? hr_utf8_length(in, (size_t)(end - in)) : 0;
    *text = in + (length > 0 ? length : 1);
    switch (length) {
    case 1: return in[0];
    case 2: return (in[0] & 31u) << 6 | (in[1] & 63u);
    case 3: return (in[0] & 15u) << 12 | (in[1] & 63u) << 6 | (in[2] & 63u);
    case 4: return (in[0] & 7u) << 18 | (in[1] & 63u) << 12 | (in[2] & 63u) << 6 | (in[3] & 63u);
    default: return 0;
    }
}

/* The frequent characters as a set: bit code - 0x3000. */
typedef struct usual {
    uint64_t bits[(0xD800 - 0x3000) / 64];
} usual;

static void add_usual(usual *set, const char *text)
{
    const uint8_t *in = (const uint8_t *)text, *end = in + strlen(text);
    while (in < end) {
        uint32_t code = next_code(&in, end);
        if (code >= 0x3000 && code < 0xD800) {
            set->bits[(code - 0x3000) / 64] |= 1ull << (code - 0x3000) % 64;
        }
    }
}

static bool is_usual(const usual *set, uint32_t code)
{
    return code >= 0x3000 && code < 0xD800 && (set->bits[(code - 0x3000) / 64] >> (code - 0x3000) % 64 & 1);
}

/* Cost of one character, of which `lead` is the first byte. */
static float character_cost(const struct family *f, const usual *set, uint32_t code, uint8_t lead)
{
    bool japanese = f->common == hr_common_japanese, korean = f->common == hr_common_korean;
    if (code >= 0x3041 && code <= 0x3093) {
        return japanese ? (is_usual(set, code) ? 4.7f : 6.5f) : 10;
    }
    if ((code >= 0x30A1 && code <= 0x30F6) || code == 0x30FC) {
        return japanese ? 5.8f : 10;
    }
    if (code >= 0xFF61 && code <= 0xFF9F) {
        return 3.9f;
    }
    if (code == 0x3000 || code == 0x3001 || code == 0x3002 || (code >= 0x300C && code <= 0x300F) || code == 0x30FB ||
        code == 0xFF0C || code == 0xFF08 || code == 0xFF09 || code == 0xFF1A) {
        return 5.0f;
    }
    if (code >= 0xFF01 && code <= 0xFF5E) {
        return 6.5f;
    }
    if (is_usual(set, code)) {
        return korean ? 5.4f : 6.0f;
    }
    bool every_day = lead >= f->usual_low && lead <= f->usual_high;
    if (code >= 0xAC00 && code <= 0xD7A3) {
        return every_day ? 8.4f : 12;
    }
    if (code >= 0x4E00 && code <= 0x9FFF) {
        return korean ? 11.0f : every_day ? 8.8f : 11.5f;
    }
    return code >= 0x2010 && code <= 0x2312 ? 7.5f : code >= 0xE000 && code <= 0xF8FF ? 14.0f : 11.0f;
}

static bool is_ascii_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* What comes before a character. */
typedef enum left { LEFT_OTHER, LEFT_LETTER, LEFT_WIDE, LEFT_NARROW } left;

/* Cost of a character where it stands: by its neighbours. */
static float place_cost(left before, bool narrow, bool letter_after)
{
    float cost = before == LEFT_WIDE || before == LEFT_NARROW ? 0.1f : 0.6f;
    cost += before == LEFT_LETTER ? 4.0f : 0;
    cost += letter_after ? 4.0f : 0;
    /* Half-width katakana come in runs. */
    return cost + (narrow ? before != LEFT_NARROW : before == LEFT_NARROW) * 2.0f;
}

/* How much of the high bytes of [at, at + used) is among the places from *next on; moves *next behind them. */
static float share(const hr_places *places, size_t *next, const uint8_t *sample, size_t at, size_t used)
{
    size_t chosen = 0, high = 0;
    for (size_t i = at; i < at + used; i++) {
        high += sample[i] >= 0x80;
    }
    for (; *next < places->count && places->at[*next] < at + used; (*next)++) {
        chosen += places->at[*next] >= at;
    }
    return (float)chosen / (float)high;
}

/* Adds up the sample. Single-byte candidates are not charged for ASCII, so a trail byte below 0x80 is given back. */
static void judge(const struct family *f, hr_decoder *decoder, const usual *set, const uint8_t *sample, size_t size,
                  bool whole, const hr_places *places, hr_candidate *out)
{
    float cost = 0;
    size_t next = 0;
    left before = LEFT_OTHER;
    for (size_t at = 0; at < size;) {
        if (sample[at] < 0x80) {
            before = is_ascii_letter(sample[at++]) ? LEFT_LETTER : LEFT_OTHER;
            continue;
        }
        hr_step step = decoder->step(decoder, sample + at, size - at);
        if (step.used == 0 && !whole) {
            break;
        }
        bool bad = step.used == 0 || step.code == HR_STEP_BAD;
        size_t used = bad ? 1 : step.used;
        bool narrow = step.code >= 0xFF61 && step.code <= 0xFF9F;
        float one = HR_COST_UNDEFINED;
        if (!bad) {
            one = character_cost(f, set, step.code & 0x1FFFFF, sample[at]) -
                  (used == 2 && sample[at + 1] < 0x80 ? 3.0f : 0);
            one += place_cost(before, narrow, at + used < size && is_ascii_letter(sample[at + used]));
        }
        cost += one * share(places, &next, sample, at, used);
        out->undefined += bad;
        before = bad ? LEFT_OTHER : narrow ? LEFT_NARROW : LEFT_WIDE;
        at += used;
    }
    out->score = f->prior - cost;
}

size_t hr_judge_multi(const uint8_t *sample, size_t size, bool whole, const hr_places *places, hr_candidate *out,
                      size_t capacity)
{
    size_t count = 0;
    usual *set = hr_malloc(sizeof *set);
    for (size_t i = 0; set && i < HR_COUNT(families) && count < capacity; i++) {
        const struct family *f = &families[i];
        hr_decoder *decoder = NULL;
        if (!plausible(f, sample, size, whole) || hr_decoder_new(f->name, &decoder, NULL) != HR_OK) {
            continue;
        }
        memset(set, 0, sizeof *set);
        add_usual(set, f->common);
        if (f->common == hr_common_japanese) {
            add_usual(set, hr_common_hiragana);
        }
        out[count] = (hr_candidate){.name = f->name,
                                    .language = f->common == hr_common_japanese ? "Japanese"
                                                : f->common == hr_common_korean ? "Korean"
                                                                                : "Chinese"};
        judge(f, decoder, set, sample, size, whole, places, &out[count++]);
        hr_decoder_free(decoder);
    }
    hr_free(set);
    return count;
}
