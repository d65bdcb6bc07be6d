/* input.h: from a stream of bytes to a stream of UTF-8: decompression, encoding detection, transcoding, and the way
 * back from an offset in the UTF-8 to the offset and the bytes it came from.
 *
 * Three kinds of offsets:  stored  (bytes of the object as it lies: compressed)
 *                          raw     (bytes of the uncompressed input: what users are told)
 *                          text    (bytes of the UTF-8 that the parser sees; equals raw, less a byte-order mark, when
 *                                   the input is ASCII or UTF-8)
 */
#ifndef HR_CORE_INPUT_INPUT_H
#define HR_CORE_INPUT_INPUT_H

#include "core/base/base.h"
#include "encoding.h"
#include "headrace/connector.h"

/* ---- decompression ----------------------------------------------------------------------------------------- */

typedef enum hr_compression { HR_COMPRESSION_NONE, HR_COMPRESSION_GZIP, HR_COMPRESSION_ZSTD } hr_compression;
const char *hr_compression_name(hr_compression compression);
/* From the first bytes (4 are enough). */
hr_compression hr_compression_detect(const uint8_t *data, size_t size);

/* Decompresses what it is given: push in stored bytes, take out raw ones. Concatenated members and frames are one
 * stream. zero bytes after the last member (tape padding) are ignored; other trailing bytes are HR_E_CORRUPT. */
typedef struct hr_inflate hr_inflate;
hr_status hr_inflate_new(hr_compression compression, hr_inflate **out, hr_error *err) HR_MUST_CHECK;
/* Consumes up to in_size bytes (*in_used) and writes up to `capacity` (*got). `last` says that no stored byte will
 * follow: then HR_END comes when all was given out and the stream is complete, HR_E_CORRUPT (err->offset = raw offset,
 * text says the stored offset) when it is cut. Every byte before the damage is given out, with HR_OK, before the
 * error. May return HR_OK with *got == 0 when it needs more input. With HR_COMPRESSION_NONE it copies. */
hr_status hr_inflate_run(hr_inflate *inflate, const uint8_t *in, size_t in_size, bool last, size_t *in_used,
                         uint8_t *out, size_t capacity, size_t *got, hr_error *err);
void hr_inflate_free(hr_inflate *inflate);

/* ---- the input --------------------------------------------------------------------------------------------- */

typedef struct hr_input hr_input;

typedef struct hr_input_options {
    const char *encoding; /* pinned name, or NULL / "auto": detect */
    uint64_t start_raw;   /* give text from this raw offset on (a place between two records) */
    uint64_t start_text;  /* text offset that belongs to it */
    /* With start_raw > 0: what had been decided when it was recorded, from hr_input_encoding. */
    const char *start_encoding;
    size_t sample; /* bytes looked at for detection; 0: 256 KiB */
    bool hash;     /* keep a SHA-256 of the stored bytes */
    bool restless; /* HR_AGAIN where the stream has nothing just now, instead of waiting */
    bool records;  /* they are UTF-8 as they are: neither compressed nor marked, and nothing is detected */
} hr_input_options;

/* Takes bytes from `stream` (which it closes with itself, also when this fails), or, when stream is NULL, from
 * hr_input_feed. Detection is a function of the bytes alone, never of how they arrive: it waits for `sample` bytes or
 * the end. While only ASCII has been seen, nothing is decided: the decision is made on the first `sample` bytes from
 * the first byte that is not ASCII on (with up to 1 KiB of what stood before it), so a late start of non-ASCII is
 * judged by the text around it. */
hr_status hr_input_new(hr_stream *stream, const hr_input_options *options, hr_input **out, hr_error *err) HR_MUST_CHECK;
hr_status hr_input_feed(hr_input *input, const void *data, size_t size, hr_error *err) HR_MUST_CHECK; /* copies */
hr_status hr_input_finish(hr_input *input, hr_error *err) HR_MUST_CHECK;
/* What the next detection waits for is all there by now: it decides on that. Of restless inputs, and fed ones. */
void hr_input_enough(hr_input *input);

/* Up to `capacity` (>= 64) bytes of text. HR_OK with *got > 0, HR_END, HR_AGAIN (fed and restless inputs only), or an
 * error, after which the same error comes again; text before a damage comes first. Whole characters only, except that
 * invalid UTF-8 of a UTF-8 input passes unchanged, and a byte that another encoding does not have becomes one 0xFF (so
 * the row check finds it). */
hr_status hr_input_read(hr_input *input, uint8_t *room, size_t capacity, size_t *got, hr_error *err);

/* True when text and raw bytes are the same (ASCII, UTF-8): raw offset = text offset + hr_input_shift. */
bool hr_input_identity(const hr_input *input);
uint64_t hr_input_shift(const hr_input *input); /* length of the byte-order mark that was removed */
/* The raw offset of text offset `text`, which must be a character boundary in what was read and not yet released.
 * Ascending calls cost O(bytes between) in all. */
hr_status hr_input_locate(hr_input *input, uint64_t text, uint64_t *raw, hr_error *err);
/* The raw bytes [from, to), both from hr_input_locate; only when not hr_input_identity. Valid until the next call.
 * Bytes from before hr_input_turn are not kept (HR_E_STATE): they are the same as their text. */
hr_status hr_input_raw(hr_input *input, uint64_t from, uint64_t to, const uint8_t **data, hr_error *err);
/* Where ASCII, passed through while nothing was decided, ended: text before this offset is the same as raw at the same
 * offset. Up to 1 KiB before the first byte that is not ASCII; mostly 0; HR_UNKNOWN while hr_input_identity. */
uint64_t hr_input_turn(const hr_input *input);
/* Nothing before `text` will be asked for any more. */
void hr_input_release(hr_input *input, uint64_t text);

/* For readers that look at the bytes ahead in threads of their own. Whether they can: the bytes are stored as they are
 * and can be had anywhere, and from here on text and raw bytes are the same; with *ascii set, only as far as they are
 * ASCII, for nothing is decided yet. */
bool hr_input_can_jump(const hr_input *input, bool *ascii);
/* Raw bytes from offset `raw` on: `capacity` of them, fewer before the end, none at it. Any thread, several at once. */
hr_status hr_input_peek(const hr_input *input, uint64_t raw, uint8_t *room, size_t capacity, size_t *got,
                        hr_error *err) HR_MUST_CHECK;
/* Goes on at offset `raw`, the beginning of a character, which is not before what was read; the bytes between have been
 * looked at, and are as hr_input_can_jump asks for. */
hr_status hr_input_jump(hr_input *input, uint64_t raw, hr_error *err) HR_MUST_CHECK;

/* What was decided so far (encoding.name "ascii" until something else is seen); evidence is filled. */
const hr_encoding_guess *hr_input_encoding(const hr_input *input);
/* How many byte sequences that look like UTF-8 were decoded as a western one-byte encoding so far, and the raw offset
 * of the first: signs that the input changes its encoding, or that the decision was wrong. */
uint64_t hr_input_doubts(const hr_input *input, uint64_t *first);
hr_compression hr_input_compression(const hr_input *input);
uint64_t hr_input_stored(const hr_input *input); /* stored bytes taken so far */
/* SHA-256 over the stored bytes taken so far (needs options.hash). Can go on afterwards. */
hr_status hr_input_digest(hr_input *input, uint8_t out[32], uint64_t *stored, hr_error *err);
void hr_input_interrupt(hr_input *input);
void hr_input_close(hr_input *input);

#endif
