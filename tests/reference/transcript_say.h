/* transcript_say.h: the lines of transcripts, for those who write them. */
#ifndef HR_TESTS_REFERENCE_TRANSCRIPT_SAY_H
#define HR_TESTS_REFERENCE_TRANSCRIPT_SAY_H

#include "tests/reference/transcript.h"

void transcript_say(hr_buffer *out, const void *data, size_t size);
void transcript_say_text(hr_buffer *out, const char *text);
void transcript_say_value(hr_buffer *out, const uint8_t *data, size_t size, bool quoted, bool null);
void transcript_say_row_head(hr_buffer *out, uint64_t number, bool offsets, uint64_t offset, const uint8_t *data,
                             size_t size);
void transcript_say_reject(hr_buffer *out, const hr_reject *reject);

#endif
