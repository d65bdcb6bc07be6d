/* encoding_detect.c: says in what encoding a sample is written, and why: marks, then NUL bytes, escape sequences,
 * UTF-8, and last the comparison of all legacy encodings. */
#include <stdio.h>
#include <uchardet.h>

#include "core/input/encoding_evidence.h"

/* What uchardet is shown: it reads 11 MB/s, and more does not change its mind. */
#define UCHARDET_MAX 65536u
#define UCHARDET_BONUS 2.5f
enum { CANDIDATES_MAX = 64 };

static void answer(hr_encoding_guess *out, const char *name, unsigned confidence)
{
    snprintf(out->name, sizeof out->name, "%s", name);
    out->confidence = confidence;
}

/* Appends to the evidence; what does not fit is cut. */
static void HR_PRINTF(2, 3) because(hr_encoding_guess *out, const char *format, ...)
{
    size_t size = strlen(out->evidence);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->evidence + size, sizeof out->evidence - size, format, arguments);
    va_end(arguments);
}

const char *hr_encoding_mark(const uint8_t *sample, size_t size, unsigned *length)
{
    static const struct {
        uint8_t bytes[4];
        unsigned size;
        const char *name;
    } marks[] = {
        {{0xFF, 0xFE, 0, 0}, 4, "utf-32le"}, {{0, 0, 0xFE, 0xFF}, 4, "utf-32be"}, {{0xEF, 0xBB, 0xBF, 0}, 3, "utf-8"},
        {{0xFF, 0xFE, 0, 0}, 2, "utf-16le"}, {{0xFE, 0xFF, 0, 0}, 2, "utf-16be"},
    };
    for (size_t i = 0; i < HR_COUNT(marks); i++) {
        if (size >= marks[i].size && !memcmp(sample, marks[i].bytes, marks[i].size)) {
            *length = marks[i].size;
            return marks[i].name;
        }
    }
    *length = 0;
    return NULL;
}

/* ---- seven bits -------------------------------------------------------------------------------------------- */

static bool contains(const uint8_t *sample, size_t size, const char *text)
{
    return memmem(sample, size, text, strlen(text)) != NULL;
}

/* Whether `name` decodes all of the sample, into at least one character that is not ASCII. */
static bool decodes(const char *name, const uint8_t *sample, size_t size, bool whole)
{
    hr_decoder *decoder = NULL;
    if (hr_decoder_new(name, &decoder, NULL) != HR_OK) {
        return false;
    }
    uint8_t text[4096];
    size_t bad = 0, foreign = 0, at = 0, used = 1, got = 0;
    while (at < size && (used || got)) {
        hr_decoder_run(decoder, sample + at, size - at, whole, &used, text, sizeof text, &got);
        for (size_t i = 0; i < got; i++) {
            bad += text[i] == 0xFF;
            foreign += text[i] >= 0x80;
        }
        at += used;
    }
    hr_decoder_free(decoder);
    return bad == 0 && foreign > 0;
}

/* The encodings that switch by escape sequences, or NULL. */
static const char *judge_modal(const uint8_t *sample, size_t size, bool whole)
{
    bool escape = memchr(sample, 0x1B, size) != NULL;
    if (escape && contains(sample, size, "\x1B$)C") && decodes("iso-2022-kr", sample, size, whole)) {
        return "iso-2022-kr";
    }
    if (escape && (contains(sample, size, "\x1B$") || contains(sample, size, "\x1B(")) &&
        decodes("iso-2022-jp", sample, size, whole)) {
        return "iso-2022-jp";
    }
    if (contains(sample, size, "~{") && decodes("hz-gb-2312", sample, size, whole)) {
        return "hz-gb-2312";
    }
    return NULL;
}

/* ---- UTF-8 ------------------------------------------------------------------------------------------------- */

typedef struct utf8_count {
    size_t good, bad; /* multi-byte characters; bytes that belong to none */
    size_t odd;       /* of the good ones, combining marks that no usual language has */
    size_t cut;       /* offset of a character that is cut at the end; SIZE_MAX: none */
} utf8_count;

static utf8_count count_utf8(const uint8_t *sample, size_t size, bool whole)
{
    utf8_count count = {.cut = SIZE_MAX};
    for (size_t at = 0; at < size;) {
        int length = hr_utf8_length(sample + at, size - at);
        if (length < 0 && !whole) {
            count.cut = at;
            break;
        }
        count.good += length > 1;
        count.odd += sample[at] == 0xCC && length == 2 && sample[at + 1] > 0x8C && sample[at + 1] != 0xA3;
        count.bad += length <= 0;
        at += length > 0 ? (size_t)length : 1;
    }
    return count;
}

static bool is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Whether the first byte of a cut character is a letter like é behind an ASCII one rather than the first byte of a
 * character of the usual scripts. */
static bool odd_lead(const uint8_t *sample, size_t at)
{
    uint8_t lead = sample[at];
    bool usual = (lead >= 0xC2 && lead <= 0xC5) || (lead >= 0xCE && lead <= 0xD1) || (lead >= 0xD7 && lead <= 0xD9) ||
                 lead >= 0xE0;
    return !usual || (lead >= 0xE0 && at > 0 && is_letter(sample[at - 1]));
}

/* Damaged UTF-8 stays UTF-8: its damage is then found in the rows that have it. */
static bool judge_utf8(const uint8_t *sample, size_t size, bool whole, hr_encoding_guess *out)
{
    utf8_count count = count_utf8(sample, size, whole);
    if (count.bad == 0 && count.good > 0 && count.odd == count.good) {
        return false; /* more likely "Ã" and a sign in some old encoding */
    }
    if (count.good == 0 && count.cut != SIZE_MAX && odd_lead(sample, count.cut)) {
        return false;
    }
    if (count.bad == 0) {
        answer(out, "utf-8", count.good > 2 ? 99 : count.good > 0 ? 90 : 60);
        because(out, "%zu multi-byte characters, all of them well-formed UTF-8", count.good);
        return true;
    }
    if (count.good >= 4 && count.bad * 8 <= count.good) {
        answer(out, "utf-8", count.bad * 100 <= count.good ? 90 : 60);
        because(out, "%zu well-formed multi-byte UTF-8 characters against %zu bytes that are not UTF-8", count.good,
                count.bad);
        return true;
    }
    return false;
}

/* Text of two encodings, one of them UTF-8 (a file put together from two sources): what is not UTF-8 is then found in
 * its rows, while the other way round the UTF-8 rows would become nonsense that nobody notices. The encodings of
 * western languages have a letter with a sign behind it where UTF-8 has a character, which their own texts hardly ever
 * have; others do. */
static bool judge_mixture(const uint8_t *sample, size_t size, bool whole, hr_encoding_guess *out)
{
    static const char *const western[] = {"windows-1252", "windows-1250", "windows-1254", "windows-1257",
                                          "iso-8859-1",   "iso-8859-2",   "iso-8859-9",   "iso-8859-15"};
    bool apply = false;
    for (size_t i = 0; i < sizeof western / sizeof *western; i++) {
        apply |= !strcmp(out->name, western[i]);
    }
    utf8_count count = count_utf8(sample, size, whole);
    if (!apply || count.good - count.odd == 0 || (count.good - count.odd) * 8 < count.bad) {
        return false;
    }
    char legacy[sizeof out->name];
    memcpy(legacy, out->name, sizeof legacy);
    memset(out, 0, sizeof *out);
    answer(out, "utf-8", 50);
    because(out, "a mixture: %zu well-formed multi-byte UTF-8 characters and %zu bytes of something else, perhaps %s",
            count.good, count.bad, legacy);
    return true;
}

/* ---- legacy encodings -------------------------------------------------------------------------------------- */

static const char *ask_uchardet(const uint8_t *sample, size_t size)
{
    uchardet_t detector = uchardet_new();
    if (!detector) {
        return NULL;
    }
    const char *name = NULL;
    if (uchardet_handle_data(detector, (const char *)sample, size < UCHARDET_MAX ? size : UCHARDET_MAX) == 0) {
        uchardet_data_end(detector);
        name = hr_encoding_canonical(uchardet_get_charset(detector));
    }
    uchardet_delete(detector);
    return name;
}

/* Whether two single-byte encodings give the same text for the bytes that occur. */
static bool same_text(const char *one, const char *other, const bool present[128])
{
    const hr_single_table *a = hr_single_find(one), *b = hr_single_find(other);
    if (!a || !b) {
        return (!strcmp(one, "big5") && !strcmp(other, "big5-hkscs")) ||
               (!strcmp(one, "big5-hkscs") && !strcmp(other, "big5"));
    }
    for (size_t i = 0; i < 128; i++) {
        if (present[i] && a->high[i] != b->high[i]) {
            return false;
        }
    }
    return true;
}

static size_t best_of(const hr_candidate *list, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        best = list[i].score > list[best].score ? i : best;
    }
    return best;
}

/* e to the power of -x, near enough, for x >= 0. */
static double decay(double x)
{
    double value = x < 500 ? 1 - x / 1024 : 0;
    for (int i = 0; i < 10; i++) {
        value *= value;
    }
    return value;
}

/* 0..99 from the best one's lead over all that would give another text. Scores add up as if letters were independent,
 * which they are not: hence the damping. */
static unsigned confidence_of(const hr_candidate *list, size_t count, size_t best, const bool present[128], size_t high,
                              const hr_candidate **rival)
{
    double others = 0;
    *rival = NULL;
    for (size_t i = 0; i < count; i++) {
        if (i == best || same_text(list[best].name, list[i].name, present)) {
            continue;
        }
        others += decay((double)(list[best].score - list[i].score) * 0.5);
        *rival = !*rival || list[i].score > (*rival)->score ? &list[i] : *rival;
    }
    double most = high < 3 ? 70 : high < 10 ? 85 : high < 40 ? 93 : 97;
    double share = 1 / (1 + others);
    return (unsigned)(share * most);
}

/* All candidates with their scores, uchardet's opinion (*second) among the evidence; 0: no memory. */
static size_t collect(const uint8_t *sample, size_t size, bool whole, size_t high, hr_candidate list[CANDIDATES_MAX],
                      const char **second, size_t *looked)
{
    hr_places *places = hr_malloc(sizeof *places);
    if (!places) {
        return 0;
    }
    hr_places_choose(sample, size, places);
    *looked = places->count;
    size_t count = hr_judge_single(sample, size, places, list, CANDIDATES_MAX - 8);
    count += count ? hr_judge_multi(sample, size, whole, places, list + count, 8) : 0;
    hr_free(places);
    *second = ask_uchardet(sample, size);
    for (size_t i = 0; i < count; i++) {
        bool seconded = *second && !strcmp(list[i].name, *second);
        bool ruled_out = list[i].undefined > 2 && (uint64_t)list[i].undefined * 20 > high;
        list[i].score += (seconded ? high < 4 ? UCHARDET_BONUS / 2 : UCHARDET_BONUS : 0) - (ruled_out ? 1e6f : 0);
    }
    return count;
}

static void judge_legacy(const uint8_t *sample, size_t size, bool whole, size_t high, const bool present[128],
                         hr_encoding_guess *out)
{
    hr_candidate list[CANDIDATES_MAX];
    const char *second = NULL;
    size_t looked = 0, count = collect(sample, size, whole, high, list, &second, &looked);
    if (count == 0) {
        answer(out, "windows-1252", 10);
        because(out, "no memory to look closer");
        return;
    }
    size_t best = best_of(list, count);
    for (size_t i = 0; i < count; i++) { /* the same text under a more usual name */
        if (!strcmp(list[i].name, "windows-1252") && same_text(list[best].name, list[i].name, present)) {
            best = i;
        }
    }
    const hr_candidate *rival = NULL;
    unsigned confidence = confidence_of(list, count, best, present, high, &rival);
    /* Text in its own encoding costs 3 to 4 a byte; more is a sign that none of ours is the right one. */
    bool strange = looked >= 16 && list[best].score < -4.6f * (float)looked;
    answer(out, list[best].name, list[best].undefined || strange ? confidence / 2 : confidence);
    if (list[best].undefined) {
        because(out, "%zu bytes above 0x7f, %u of them undefined in it", high, list[best].undefined);
    } else {
        because(out, "strict decode of %zu bytes ok, %zu of them above 0x7f", size, high);
    }
    if (*list[best].language) {
        because(out, "; letters as in %s", list[best].language);
    }
    if (strange) {
        because(out, "; but its characters are unusual");
    }
    if (rival) {
        because(out, "; next is %s, by %.1f", rival->name, (double)(list[best].score - rival->score));
    }
    because(out, "; uchardet says %s", second ? second : "nothing");
}

void hr_encoding_detect(const uint8_t *sample, size_t size, bool whole, hr_encoding_guess *out)
{
    memset(out, 0, sizeof *out);
    const char *name = hr_encoding_mark(sample, size, &out->bom);
    if (name) {
        answer(out, name, 100);
        because(out, "a byte-order mark of %u bytes", out->bom);
        return;
    }
    unsigned confidence = 0;
    if ((name = hr_judge_wide(sample, size, whole, &confidence)) != NULL) {
        answer(out, name, confidence);
        because(out, "no mark; NUL bytes and everyday characters stand where %s has them", name);
        return;
    }
    size_t high = 0;
    bool present[128] = {false};
    for (size_t i = 0; i < size; i++) {
        if (sample[i] >= 0x80) {
            high++;
            present[sample[i] - 0x80] = true;
        }
    }
    if (high == 0 && (name = judge_modal(sample, size, whole)) != NULL) {
        answer(out, name, 95);
        because(out, "seven-bit bytes with the escape sequences of %s, all of them decode", name);
    } else if (high == 0) {
        bool escapes = memchr(sample, 0x1B, size) || memchr(sample, 0x0E, size);
        answer(out, "ascii", escapes ? 50 : 100);
        because(out, "%zu bytes, all of them ASCII%s", size,
                escapes ? ", with escape sequences that no known encoding has" : "");
    } else if (!judge_utf8(sample, size, whole, out)) {
        judge_legacy(sample, size, whole, high, present, out);
        (void)judge_mixture(sample, size, whole, out);
    }
}
