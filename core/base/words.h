/* words.h: which of the words that there are was meant by one that there is not, and lists of words. */
#ifndef HR_CORE_BASE_WORDS_H
#define HR_CORE_BASE_WORDS_H

#include "core/base/base.h"

/* Edits between two words: insert, remove, replace, swap neighbours. */
size_t hr_word_distance(const char *a, const char *b);
/* True when `distance` edits of `word` are few enough to suggest the other. */
bool hr_word_near(const char *word, size_t distance);
/* The nearest of `count` words; NULL when none is near. */
const char *hr_word_meant(const char *word, const char *const *words, size_t count);
/* Appends, for an error about a word that there is not, "; did you mean a or b?", or where none is near, "; there are
 * a, b, c" with the first eight; nothing where there are none. False: no memory. */
bool hr_words_suggest(const char *word, const char *const *words, size_t count, hr_buffer *out);

/* A list of names as users write it, between commas; one that holds commas stands in double quotes, a quote in it
 * twice. The next name goes into `room` (as long as the list); returns what follows it, NULL behind the last. */
const char *hr_list_next(const char *list, char *room);

#endif
