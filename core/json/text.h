/* text.h: what stands in a JSON string. */
#ifndef HR_CORE_JSON_TEXT_H
#define HR_CORE_JSON_TEXT_H

#include "core/base/base.h"

/* Writes the characters of the string whose inside (sound JSON, its quotes left out) is text[0, size) to `room`, of at
 * least `size` bytes; returns how many they are, never more than `size`. */
size_t hr_json_text_copy(const uint8_t *text, size_t size, uint8_t *room);

/* One escape at p (a backslash; the escape is sound): its characters to out, their number, and how long it was. */
size_t hr_json_unescape(const uint8_t *p, uint8_t out[4], size_t *taken);

#endif
