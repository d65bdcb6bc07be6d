/* words.c: the distance between two words, the nearest one, and lists of words. */
#include "core/base/words.h"

#include <strings.h>

#define WORD_MAX 64u

/* Optimal string alignment: the textbook table, three rows of it. */
size_t hr_word_distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t a_size = strnlen(a, WORD_MAX), b_size = strnlen(b, WORD_MAX);
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return rows[a_size % 3][b_size];
}

bool hr_word_near(const char *word, size_t distance)
{
    size_t size = strlen(word);
    return distance <= (size < 4 ? 1 : size < 9 ? 2 : size / 3);
}

const char *hr_word_meant(const char *word, const char *const *words, size_t count)
{
    const char *best = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t distance = hr_word_distance(word, words[i]);
        if (distance < least) {
            least = distance;
            best = words[i];
        }
    }
    return best && hr_word_near(word, least) ? best : NULL;
}

bool hr_words_suggest(const char *word, const char *const *words, size_t count, hr_buffer *out)
{
    size_t found = 0;
    bool good = true;
    for (size_t i = 0; i < count && found < 3; i++)
        if (!strcasecmp(word, words[i]) || hr_word_near(word, hr_word_distance(word, words[i])))
            good = good && hr_buffer_printf(out, "%s%s", found++ > 0 ? " or " : "; did you mean ", words[i]);
    if (found > 0)
        return good && hr_buffer_text(out, "?");
    for (size_t i = 0; i < count && i < 8; i++)
        good = good && hr_buffer_printf(out, "%s%s", i > 0 ? ", " : "; there are ", words[i]);
    return good && (count <= 8 || hr_buffer_text(out, " ..."));
}

const char *hr_list_next(const char *list, char *room)
{
    if (*list == '"') {
        for (list++; *list && (*list != '"' || list[1] == '"'); list++) {
            list += *list == '"';
            *room++ = *list;
        }
        list += *list == '"';
    }
    while (*list && *list != ',')
        *room++ = *list++;
    *room = '\0';
    return *list == ',' ? list + 1 : NULL;
}
