/* encoding_judge_single.c: how likely a sample is when read in each of the single-byte encodings: by the letters of
 * languages, by capitals and small letters within words, by where signs stand. */
#include "core/input/encoding_evidence.h"

/* What a byte is, in one encoding. */
typedef enum kind { OTHER, SPACE, DIGIT, SMALL, CAPITAL, CASELESS, MARK, SIGN, CONTROL, UNDEFINED } kind;

typedef struct meaning {
    uint8_t kind;
    uint8_t script;  /* of a letter */
    uint8_t rule;    /* of a sign */
    bool vowel;      /* a Latin letter that is one */
    uint8_t western; /* the byte of windows-1252 that is the same character; 0: none */
    uint32_t small;  /* of a letter */
    float cost;      /* of a sign */
} meaning;

/* ---- signs ------------------------------------------------------------------------------------------------- */

/* Where a sign does not stand. INSIDE is between two small letters; an apostrophe there is followed by a vowel (l'eau)
 * or by the endings of English ('s 't 'd 'll 're 've 'm). */
enum {
    ANYWHERE = 0,
    NOT_AFTER_WORD = 1,
    NOT_BEFORE_WORD = 2,
    NOT_BETWEEN = 4,
    NOT_LOOSE = 8,
    NOT_AFTER_LETTER = 16,
    NOT_INSIDE = 32,
    APOSTROPHE = 64
};

static const struct sign {
    uint16_t code;
    uint8_t rule;
    float cost;
} signs[] = {
    {0x2019, NOT_LOOSE | APOSTROPHE, 2.0f},
    {0x201C, NOT_BETWEEN, 2.8f},
    {0x201D, NOT_BEFORE_WORD | NOT_LOOSE, 2.8f},
    {0x2013, NOT_INSIDE, 2.8f},
    {0x2014, NOT_INSIDE, 3.5f},
    {0x2026, NOT_INSIDE, 4},
    {0xA0, ANYWHERE, 3},
    {0x2018, NOT_AFTER_WORD, 4},
    {0xB0, NOT_AFTER_LETTER, 3.5f},
    {0x20AC, NOT_BETWEEN, 4},
    {0xA3, NOT_AFTER_LETTER, 4.5f},
    {0xA7, NOT_AFTER_LETTER, 5},
    {0xA9, NOT_AFTER_WORD, 5},
    {0xAE, NOT_BEFORE_WORD, 4.5f},
    {0x2122, NOT_BEFORE_WORD, 5},
    {0x2022, NOT_AFTER_WORD, 4.5f},
    {0xAB, NOT_BETWEEN, 4},
    {0xBB, NOT_BETWEEN, 4},
    {0xBD, NOT_AFTER_LETTER | NOT_BEFORE_WORD, 5.5f},
    {0xB2, NOT_BEFORE_WORD | NOT_LOOSE, 5},
    {0xB3, NOT_BEFORE_WORD | NOT_LOOSE, 5.5f},
    {0xBA, NOT_BETWEEN, 3.5f},
    {0xAA, NOT_BETWEEN, 4.5f},
    {0xBF, NOT_AFTER_WORD, 5},
    {0xA1, NOT_AFTER_WORD, 5},
    {0xB7, ANYWHERE, 5},
    {0xB4, NOT_LOOSE, 5},
    {0xD7, NOT_BETWEEN, 6},
    {0xB1, NOT_AFTER_LETTER, 6},
    {0xB5, NOT_AFTER_LETTER, 6},
    {0xBC, NOT_AFTER_LETTER | NOT_BEFORE_WORD, 6.5f},
    {0xBE, NOT_AFTER_LETTER | NOT_BEFORE_WORD, 6.5f},
    {0x201E, NOT_AFTER_WORD, 4.5f},
    {0x201A, NOT_AFTER_WORD, 6},
    {0x2039, NOT_AFTER_WORD, 6.5f},
    {0x203A, NOT_BEFORE_WORD, 6.5f},
    {0x2020, NOT_BETWEEN, 6},
    {0xA8, NOT_BETWEEN, 7},
    {0xB9, NOT_BETWEEN, 7},
    {0xB6, NOT_BETWEEN, 7},
    {0xA5, NOT_BETWEEN, 6},
    {0xA2, NOT_BETWEEN, 6},
    {0x2116, NOT_BETWEEN, 4},
    {0xAD, NOT_LOOSE, 8},
    {0x200C, NOT_LOOSE, 4},
    {0x60C, ANYWHERE, 2.5f},
    {0x61B, ANYWHERE, 4},
    {0x61F, ANYWHERE, 4},
    {0x387, ANYWHERE, 5},
    {0x20AA, ANYWHERE, 5},
};

static void set_sign(meaning *out, uint32_t code)
{
    out->kind = SIGN;
    out->rule = NOT_AFTER_LETTER | NOT_BETWEEN;
    out->cost = 9;
    for (size_t i = 0; i < HR_COUNT(signs); i++) {
        if (signs[i].code == code) {
            out->rule = signs[i].rule;
            out->cost = signs[i].cost;
        }
    }
}

static bool is_letter(const meaning *m)
{
    return m->kind == SMALL || m->kind == CAPITAL || m->kind == CASELESS || m->kind == MARK;
}

static bool is_ending(uint32_t letter)
{
    return letter == 's' || letter == 't' || letter == 'd' || letter == 'l' || letter == 'r' || letter == 'v' ||
           letter == 'm';
}

static float sign_cost(const meaning *sign, const meaning *before, const meaning *after)
{
    float cost = sign->cost;
    bool letter_before = is_letter(before), letter_after = is_letter(after);
    bool word_before = letter_before || before->kind == DIGIT, word_after = letter_after || after->kind == DIGIT;
    cost += (sign->rule & NOT_AFTER_WORD) && word_before ? 4.0f : 0;
    cost += (sign->rule & NOT_BEFORE_WORD) && word_after ? 4.0f : 0;
    cost += (sign->rule & NOT_AFTER_LETTER) && letter_before ? 4.0f : 0;
    cost += (sign->rule & NOT_BETWEEN) && letter_before && letter_after ? 5.0f : 0;
    bool inside = before->kind == SMALL && after->kind == SMALL;
    cost += (sign->rule & NOT_INSIDE) && inside ? 2.5f : 0;
    cost += (sign->rule & APOSTROPHE) && inside && !is_ending(after->small) ? after->vowel ? 1.2f : 3.0f : 0;
    cost += (sign->rule & NOT_LOOSE) && !word_before ? 2.0f : 0;
    return cost;
}

/* ---- bytes ------------------------------------------------------------------------------------------------- */

static meaning ascii_meaning(unsigned byte)
{
    meaning m = {.kind = OTHER, .script = HR_SCRIPT_LATIN, .small = byte};
    m.vowel = byte != 0 && memchr("aeiouyAEIOUY", (int)byte, 12) != NULL;
    if (byte >= 'a' && byte <= 'z') {
        m.kind = SMALL;
    } else if (byte >= 'A' && byte <= 'Z') {
        m.kind = CAPITAL;
    } else if (byte >= '0' && byte <= '9') {
        m.kind = DIGIT;
    } else if (byte <= ' ') {
        m.kind = SPACE;
    }
    return m;
}

static void read_table(const hr_single_table *table, meaning out[256])
{
    const hr_single_table *western = hr_single_find("windows-1252");
    for (unsigned byte = 0; byte < 0x80; byte++) {
        out[byte] = ascii_meaning(byte);
    }
    for (unsigned byte = 0x80; byte < 256; byte++) {
        uint32_t code = table->high[byte - 0x80];
        meaning *m = &out[byte];
        *m = (meaning){.kind = UNDEFINED};
        if (code == 0) {
            continue;
        }
        bool upper = false;
        hr_script script = hr_letter(code, &upper, &m->small);
        m->script = (uint8_t)script;
        m->vowel = script == HR_SCRIPT_LATIN && hr_vowel(m->small);
        if (code < 0xA0) {
            m->kind = CONTROL;
        } else if (code >= 0x300 && code <= 0x323) {
            m->kind = MARK; /* only Vietnamese has them */
            m->script = HR_SCRIPT_LATIN;
        } else if (script == HR_SCRIPT_NONE) {
            set_sign(m, code);
        } else {
            m->kind = script >= HR_SCRIPT_HEBREW ? CASELESS : upper ? CAPITAL : SMALL;
        }
        for (unsigned other = 0; other < 128 && western; other++) {
            m->western = western->high[other] == code ? (uint8_t)(other + 0x80) : m->western;
        }
    }
}

/* ---- languages --------------------------------------------------------------------------------------------- */

/* What all letters of the sample cost in a language. */
static float letters_cost(const hr_alphabet *letters, const meaning map[256], const uint32_t counts[256])
{
    float cost = 0;
    for (unsigned byte = 0x80; byte < 256; byte++) {
        if (counts[byte] > 0 && map[byte].script != HR_SCRIPT_NONE && map[byte].kind != CONTROL) {
            cost += letters->cost[hr_letter_slot(map[byte].small)] * (float)counts[byte];
        }
    }
    return cost;
}

/* ---- context ----------------------------------------------------------------------------------------------- */

/* How Latin letters with accents go with their neighbours: vowels and consonants take turns. */
static float neighbour_cost(const meaning *m, const meaning *before, const meaning *after)
{
    bool in_word = is_letter(before), goes_on = is_letter(after);
    float cost = in_word && before->small >= 0x80 ? 1.5f : 0; /* accents seldom touch */
    cost += !in_word && !goes_on ? 1.2f : 0;
    cost += in_word && goes_on && m->vowel == before->vowel && m->vowel == after->vowel ? 1.2f : 0;
    if (m->small == 0xF1) { /* ñ */
        cost += !goes_on ? 2.0f : !after->vowel ? 3.0f : 0;
    }
    if (m->small == 0xDF) { /* ß */
        cost += !in_word ? 3.0f : !before->vowel ? 2.0f : 0;
    }
    return cost;
}

static float letter_cost(const meaning *m, const meaning *before, const meaning *after)
{
    float cost = 0;
    bool in_word = is_letter(before);
    if (m->kind == MARK) { /* a combining accent of Vietnamese */
        return before->vowel ? 0.1f : 10.0f;
    }
    if (in_word && before->script != m->script && before->kind != MARK) {
        cost += 4;
    }
    if (is_letter(after) && after->script != m->script && after->small < 0x80) {
        cost += 4;
    }
    cost += (before->kind == DIGIT) * 2.0f + (after->kind == DIGIT) * 2.0f;
    cost += m->script == HR_SCRIPT_LATIN ? neighbour_cost(m, before, after) : 0;
    if (m->kind == CASELESS) {
        return cost + (in_word ? 0.1f : 0.6f);
    }
    if (m->kind == CAPITAL) {
        cost += !in_word ? 1.5f : before->kind == SMALL ? 6.0f : 0.7f;
        return cost + (!in_word && after->kind == CAPITAL ? 0.5f : 0);
    }
    if (after->kind == CAPITAL) {
        cost += 4;
    }
    return cost + (in_word ? 0.1f : 0.6f);
}

/* What the neighbours of each byte >= 0x80 say, and the signs themselves. */
static float context_cost(const uint8_t *sample, size_t size, const uint32_t *places, size_t count,
                          const meaning map[256])
{
    float cost = 0;
    const meaning edge = {.kind = SPACE};
    for (size_t i = 0; i < count; i++) {
        size_t at = places[i];
        const meaning *m = &map[sample[at]];
        const meaning *before = at > 0 ? &map[sample[at - 1]] : &edge,
                      *after = at + 1 < size ? &map[sample[at + 1]] : &edge;
        switch (m->kind) {
        case UNDEFINED: cost += HR_COST_UNDEFINED; break;
        case CONTROL: cost += 12; break;
        case SIGN: cost += sign_cost(m, before, after); break;
        default: cost += letter_cost(m, before, after);
        }
    }
    return cost;
}

/* Text that was UTF-8 once and was decoded as windows-1252 before it was written in this encoding: "Ã©" for "é". */
static float twice_cost(const uint8_t *sample, const uint32_t *places, size_t count, const meaning map[256])
{
    float cost = 6;
    for (size_t i = 0; i < count;) {
        uint8_t bytes[4] = {0};
        size_t run = 0;
        while (run < 4 && i + run < count && places[i + run] == places[i] + run) {
            uint8_t byte = map[sample[places[i + run]]].western;
            if (byte == 0) {
                break;
            }
            bytes[run++] = byte;
        }
        int length = run > 1 ? hr_utf8_length(bytes, run) : 0;
        bool western = bytes[0] <= 0xC5, typography = bytes[0] == 0xE2 && bytes[1] == 0x80;
        cost += length <= 1 ? 8.0f : western || typography ? 4.0f : bytes[0] >= 0xCE && bytes[0] <= 0xD1 ? 6.0f : 11.0f;
        i += length > 1 ? (size_t)length : 1;
    }
    return cost;
}

/* ---- candidates -------------------------------------------------------------------------------------------- */

/* Log of how often an encoding is met, against windows-1252, as far as people who send files are concerned. */
static float prior(const char *name)
{
    static const struct {
        const char *name;
        float value;
    } priors[] = {
        {"windows-1252", 0},    {"iso-8859-1", -1},    {"windows-1250", -2},   {"windows-1251", -0.5f},
        {"windows-1253", -2},   {"windows-1254", -2},  {"windows-1255", -2},   {"windows-1256", -2},
        {"windows-1257", -3},   {"windows-1258", -4},  {"windows-874", -3},    {"iso-8859-2", -2.5f},
        {"iso-8859-5", -3.5f},  {"iso-8859-7", -2.5f}, {"iso-8859-8", -3},     {"iso-8859-9", -2.5f},
        {"iso-8859-15", -2},    {"iso-8859-6", -4},    {"iso-8859-13", -4.5f}, {"iso-8859-4", -5},
        {"koi8-r", -1.5f},      {"koi8-u", -2.5f},     {"ibm866", -2},         {"macintosh", -2.5f},
        {"x-mac-cyrillic", -4}, {"x-mac-ce", -5},      {"ibm850", -4},         {"ibm437", -5},
        {"ibm852", -4.5f},      {"ibm858", -5},
    };
    for (size_t i = 0; i < HR_COUNT(priors); i++) {
        if (!strcmp(priors[i].name, name)) {
            return priors[i].value;
        }
    }
    return -6.5f;
}

typedef struct view {
    const uint8_t *sample;
    size_t size;
    const hr_places *places;
    uint32_t counts[256]; /* among the places */
    uint32_t all[256];    /* in the whole sample */
    hr_alphabet alphabets[HR_LANGUAGES_MAX];
    float words[HR_LANGUAGES_MAX]; /* what the short words say for each language */
} view;

static void look(view *v, const uint8_t *sample, size_t size, const hr_places *places)
{
    v->sample = sample;
    v->size = size;
    v->places = places;
    for (size_t i = 0; i < size; i++) {
        v->all[sample[i]]++;
    }
    for (size_t i = 0; i < places->count; i++) {
        v->counts[sample[places->at[i]]]++;
    }
    hr_words_weigh(sample, size, v->words);
    for (size_t i = 0; i < hr_language_count; i++) {
        hr_alphabet_read(&hr_languages[i], i > 0 ? &v->alphabets[0] : NULL, &v->alphabets[i]);
    }
}

static hr_candidate judge(const view *v, const hr_single_table *table)
{
    meaning map[256];
    read_table(table, map);
    hr_candidate out = {.name = table->name, .language = ""};
    bool scripts[HR_SCRIPT_THAI + 1] = {false};
    for (unsigned byte = 0x80; byte < 256; byte++) {
        scripts[map[byte].script] |= v->counts[byte] > 0;
        out.undefined += map[byte].kind == UNDEFINED ? v->all[byte] : 0;
    }
    float best = 1e30f;
    for (size_t i = 0; i < hr_language_count; i++) {
        const hr_language *language = &hr_languages[i];
        if (!scripts[language->script]) {
            continue;
        }
        float cost = letters_cost(&v->alphabets[i], map, v->counts) - language->prior - v->words[i];
        if (cost < best) {
            best = cost;
            out.language = language->name;
        }
    }
    best = best < 1e29f ? best : 0; /* signs only */
    best += context_cost(v->sample, v->size, v->places->at, v->places->count, map);
    float twice = twice_cost(v->sample, v->places->at, v->places->count, map);
    if (twice < best) {
        best = twice;
        out.language = "";
    }
    out.score = prior(table->name) - best;
    return out;
}

size_t hr_judge_single(const uint8_t *sample, size_t size, const hr_places *places, hr_candidate *out, size_t capacity)
{
    view *v = hr_calloc(1, sizeof *v);
    if (!v) {
        return 0;
    }
    look(v, sample, size, places);
    size_t count = 0;
    for (size_t i = 0; i < hr_single_table_count && count < capacity; i++) {
        out[count++] = judge(v, &hr_single_tables[i]);
    }
    hr_free(v);
    return count;
}
