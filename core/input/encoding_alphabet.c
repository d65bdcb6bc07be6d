/* encoding_alphabet.c: what the letters of a language cost, and what a sample's short words say for it. */
#include "core/input/encoding_evidence.h"

enum { LETTERS_MAX = 64, WORDS_MAX = 1000 };

/* What the words of the right language may add. */
#define WORDS_WEIGHT 6.0f
static hr_script script_of(size_t place)
{
    bool upper = false;
    uint32_t small = 0;
    return place >= HR_LETTER_BLOCKS ? HR_SCRIPT_THAI : hr_letter((uint32_t)place, &upper, &small);
}

void hr_alphabet_read(const hr_language *language, const hr_alphabet *names, hr_alphabet *out)
{
    struct {
        uint32_t code;
        float weight;
    } letters[LETTERS_MAX];
    size_t count = 0;
    float sum = 0;
    for (const char *text = language->letters; *text && count < LETTERS_MAX; count++) {
        const uint8_t *in = (const uint8_t *)text;
        int length = hr_utf8_length(in, strlen(text));
        letters[count].code =
            length == 2 ? (in[0] & 31u) << 6 | (in[1] & 63u) : (in[0] & 15u) << 12 | (in[1] & 63u) << 6 | (in[2] & 63u);
        letters[count].weight = 0;
        for (text += length; *text >= '0' && *text <= '9'; text++) {
            letters[count].weight = letters[count].weight * 10 + (float)(*text - '0');
        }
        sum += letters[count].weight;
    }
    for (size_t i = 0; i < HR_LETTER_SLOTS; i++) {
        float own = i == 0 || script_of(i) != language->script ? 8.5f : 7.0f,
              foreign = names ? names->cost[i] + 1.5f : own;
        out->cost[i] = foreign < own ? foreign : own;
    }
    for (size_t i = 0; i < count; i++) {
        out->cost[hr_letter_slot(letters[i].code)] = -hr_natural_log(letters[i].weight / sum);
    }
}
/* The word at text[0, size) as a number; 0 when it is too long. */
static uint64_t pack_word(const uint8_t *text, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size && size <= 8; i++) {
        word = word << 8 | text[i];
    }
    return word;
}

/* Counts how many words of the sample are among those of one language. */
static unsigned count_words(const char *list, const uint64_t *words, size_t count)
{
    unsigned hits = 0;
    while (*list) {
        size_t size = strcspn(list, " ");
        uint64_t word = pack_word((const uint8_t *)list, size);
        for (size_t i = 0; i < count; i++) {
            hits += words[i] == word;
        }
        list += size + (list[size] == ' ');
    }
    return hits;
}

/* The words of up to six letters. */
static size_t collect_words(const uint8_t *sample, size_t size, uint64_t *words, size_t capacity)
{
    size_t count = 0, start = 0;
    for (size_t at = 0; at < size && count < capacity; at++) {
        uint8_t byte = sample[at];
        if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80 ||
            (byte >= '0' && byte <= '9')) {
            continue;
        }
        if (at > start && at - start <= 6) {
            words[count++] = pack_word(sample + start, at - start);
        }
        start = at + 1;
    }
    return count;
}
void hr_words_weigh(const uint8_t *sample, size_t size, float *out)
{
    uint64_t words[WORDS_MAX];
    size_t word_count = collect_words(sample, size, words, WORDS_MAX);
    float most = 0;
    for (size_t i = 0; i < hr_language_count; i++) {
        out[i] = (float)count_words(hr_languages[i].words, words, word_count);
        most = out[i] > most ? out[i] : most;
    }
    float scale = most > WORDS_WEIGHT ? WORDS_WEIGHT / most : 1;
    for (size_t i = 0; i < hr_language_count; i++) { /* other scripts do not compete */
        out[i] = hr_languages[i].script == HR_SCRIPT_LATIN ? (out[i] - most) * scale : 0;
    }
}
