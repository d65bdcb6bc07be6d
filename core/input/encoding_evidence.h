/* encoding_evidence.h: what the files of the detection share; nothing for others.
 *
 * Candidates are compared by the logarithm of how likely the text would be if it were written in them (natural
 * logarithms, so -7 is one in a thousand). A candidate that turns a text into unlikely letters, or letters into signs,
 * loses by that. */
#ifndef HR_CORE_INPUT_ENCODING_EVIDENCE_H
#define HR_CORE_INPUT_ENCODING_EVIDENCE_H

#include "core/input/encoding_parts.h"

/* Cost of a byte that a candidate does not have. Not a veto: one damaged row must not turn a whole file. */
#define HR_COST_UNDEFINED 15.0f
/* The most bytes >= 0x80 that are looked at; beyond that nothing changes any more. */
#define HR_EVIDENCE_MAX 6000u

/* The bytes >= 0x80 that are looked at: offsets in ascending order. */
typedef struct hr_places {
    size_t count;
    uint32_t at[HR_EVIDENCE_MAX];
} hr_places;
/* Chooses them. Tables repeat their cells: of places with the same bytes around them only the first, second, fourth,
 * eighth ... is taken, since they are not independent evidence. */
void hr_places_choose(const uint8_t *sample, size_t size, hr_places *out);

/* One candidate's result. */
typedef struct hr_candidate {
    const char *name;
    const char *language; /* whose letters fitted best, "" for none */
    float score;
    uint32_t undefined; /* bytes of the whole sample that it does not have */
} hr_candidate;

/* ---- languages --------------------------------------------------------------------------------------------- */

typedef enum hr_script {
    HR_SCRIPT_NONE,
    HR_SCRIPT_LATIN,
    HR_SCRIPT_GREEK,
    HR_SCRIPT_CYRILLIC,
    HR_SCRIPT_HEBREW,
    HR_SCRIPT_ARABIC,
    HR_SCRIPT_THAI,
} hr_script;

/* `letters`: each non-ASCII letter, small, followed by its weight among the non-ASCII letters of the language. */
typedef struct hr_language {
    const char *name;
    hr_script script;
    float prior; /* log of how often it is met, against the most usual */
    const char *letters;
    const char *words; /* short frequent words of ASCII letters, small; "" for none */
} hr_language;
extern const hr_language hr_languages[];
extern const size_t hr_language_count;

/* What each letter costs in one language, by its place in the blocks that single-byte encodings have. */
enum { HR_LETTER_BLOCKS = 0x700, HR_LETTER_SLOTS = HR_LETTER_BLOCKS + 0x80, HR_LANGUAGES_MAX = 64 };
typedef struct hr_alphabet {
    float cost[HR_LETTER_SLOTS];
} hr_alphabet;

static inline size_t hr_letter_slot(uint32_t code)
{
    return code < HR_LETTER_BLOCKS ? code : code >= 0xE00 && code < 0xE80 ? HR_LETTER_BLOCKS + code - 0xE00 : 0;
}

/* Letters that the language does not list cost what they cost in any language. Names from elsewhere stand in all
 * languages, so that no letter is dearer than in `names` and a bit (NULL: this is the language of names). */
void hr_alphabet_read(const hr_language *language, const hr_alphabet *names, hr_alphabet *out);
/* out[hr_language_count] receives what the short words say against each language: 0 for the one that has most. */
void hr_words_weigh(const uint8_t *sample, size_t size, float *out);

/* Frequent characters of the East Asian scripts, as UTF-8 text. */
extern const char hr_common_simplified[], hr_common_traditional[], hr_common_japanese[], hr_common_korean[],
    hr_common_hiragana[];

/* ---- characters -------------------------------------------------------------------------------------------- */

/* Natural logarithm of x > 0: the same on every machine, whatever its mathematical library. */
float hr_natural_log(float x);
/* Whether a small Latin letter >= 0x80 is a vowel. */
bool hr_vowel(uint32_t small);
/* Script of a letter >= 0x80, HR_SCRIPT_NONE when it is none; *upper tells capitals; *small receives the small letter.
 */
hr_script hr_letter(uint32_t code, bool *upper, uint32_t *small);

/* ---- judges ------------------------------------------------------------------------------------------------ */

/* The single-byte candidates, at most `capacity`, in the order of their tables. */
size_t hr_judge_single(const uint8_t *sample, size_t size, const hr_places *places, hr_candidate *out, size_t capacity);
/* The multi-byte candidates whose structure the sample has. `whole` as in hr_encoding_detect. */
size_t hr_judge_multi(const uint8_t *sample, size_t size, bool whole, const hr_places *places, hr_candidate *out,
                      size_t capacity);
/* "utf-16le" and so on for text without a mark, NULL when it is none of them; *confidence is set with it. */
const char *hr_judge_wide(const uint8_t *sample, size_t size, bool whole, unsigned *confidence);

#endif
