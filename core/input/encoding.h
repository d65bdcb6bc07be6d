/* encoding.h: names of character encodings, their detection from bytes, and their decoding to UTF-8. */
#ifndef HR_CORE_INPUT_ENCODING_H
#define HR_CORE_INPUT_ENCODING_H

#include "core/base/base.h"

/* What was found, and why. */
typedef struct hr_encoding_guess {
    char name[32]; /* canonical: "ascii" "utf-8" "utf-16le" "utf-16be" "utf-32le" "utf-32be" "windows-1252" "iso-8859-2"
                      "koi8-r" "shift_jis" "euc-jp" "euc-kr" "gb18030" "big5" "macintosh" ... */
    unsigned bom;  /* bytes of byte-order mark in front, 0 to 4 */
    unsigned confidence; /* 0..100 */
    bool pinned;         /* given by the user rather than detected */
    char evidence[400];  /* for people: "strict decode of 65536 bytes ok; uchardet says WINDOWS-1252 (0.73); 12 bytes
                            0x80-0x9f" */
} hr_encoding_guess;

/* The canonical name of `name` (any usual alias, any case), or NULL when it is not supported. Static. */
const char *hr_encoding_canonical(const char *name);
/* All canonical names, for help and completion. */
const char *const *hr_encoding_names(size_t *count);

/* The encoding that the byte-order mark in front of the sample names, with the mark's length; NULL and 0 without one. A
 * mark wins over the byte order of a pinned UTF-16 or UTF-32 (plain "utf-16" and "utf-32" are aliases of the
 * little-endian ones). */
const char *hr_encoding_mark(const uint8_t *sample, size_t size, unsigned *length);

/* Guesses from a sample. `whole` says that the sample is the whole input (else a character may be cut at its end).
 * Always succeeds (empty and ASCII-only samples: "ascii"); the same bytes always give the same answer. */
void hr_encoding_detect(const uint8_t *sample, size_t size, bool whole, hr_encoding_guess *out);

/* A streaming decoder of one encoding to UTF-8. Undecodable bytes become one 0xFF each and decoding goes on at the next
 * byte. Never allocates after creation. */
typedef struct hr_decoder hr_decoder;
hr_status hr_decoder_new(const char *canonical, hr_decoder **out, hr_error *err) HR_MUST_CHECK;
/* Consumes *in_used <= in_size bytes and writes *out_used <= capacity bytes, whole characters only: stops when the next
 * one does not fit or is incomplete (unless `last`, when an incomplete one counts as undecodable). Byte-order
 * marks are the caller's business. "ascii" decodes as UTF-8. */
void hr_decoder_run(hr_decoder *decoder, const uint8_t *in, size_t in_size, bool last, size_t *in_used, uint8_t *out,
                    size_t capacity, size_t *out_used);
/* True when a decoder may be started at any character boundary (false for ISO-2022-JP, HZ). */
bool hr_decoder_stateless(const hr_decoder *decoder);
void hr_decoder_reset(hr_decoder *decoder);
void hr_decoder_free(hr_decoder *decoder);

/* The way back, for little: text in that encoding, in *out. Not *exact: the encoding cannot say it, or has no way back;
 * *out is then of no use. */
hr_status hr_encode(const char *canonical, const uint8_t *text, size_t size, hr_buffer *out, bool *exact,
                    hr_error *err) HR_MUST_CHECK;

#endif
