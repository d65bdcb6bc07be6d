/* input_parts.h: what the files of hr_input share; nothing for others.
 *
 * The way of a byte: input_source.c takes stored bytes and gives raw ones; input_decide.c decides what encoding they
 * are in; input.c passes ASCII and UTF-8 through; input_map.c decodes the others and keeps the way back. */
#ifndef HR_CORE_INPUT_INPUT_PARTS_H
#define HR_CORE_INPUT_INPUT_PARTS_H

#include <stdatomic.h>

#include "core/base/sha256.h"
#include "core/input/input.h"
#include "simd/simd.h"

/* ---- stored bytes to raw bytes (input_source.c) ------------------------------------------------------------ */

typedef struct hr_intake {
    hr_stream stream; /* read == NULL: fed */
    bool ended;       /* no stored byte will come any more */
    bool damaged;     /* the error is the compressed data's own, not the stream's */
    bool detected;    /* compression is known */
    hr_compression compression;
    hr_inflate *inflate;
    hr_buffer stored; /* taken, not used yet: from head on */
    size_t head;
    uint64_t taken; /* stored bytes taken */
    bool jumped;    /* the stream is read at offset `taken`, not where it stands by itself */
    bool restless;  /* HR_AGAIN rather than waiting for the stream */
    bool hashed;    /* `hash` was asked for */
    hr_sha256 hash; /* over the stored bytes taken */
    atomic_bool interrupted;
} hr_intake;

void hr_intake_open(hr_intake *intake, hr_stream *stream, bool hash);
hr_status hr_intake_feed(hr_intake *intake, const void *data, size_t size, hr_error *err);
/* Raw bytes: HR_OK with *got > 0, HR_END, HR_AGAIN, or an error. HR_END and an error with `damaged` set come again. */
hr_status hr_intake_read(hr_intake *intake, uint8_t *room, size_t capacity, size_t *got, hr_error *err);
hr_status hr_intake_digest(hr_intake *intake, uint8_t out[32], uint64_t *stored, hr_error *err);
void hr_intake_close(hr_intake *intake);
/* Whether stored bytes are raw ones, nobody hashes them, and they can be read anywhere. */
bool hr_intake_can_jump(const hr_intake *intake);
/* Goes on at stored offset `to`; what was taken and not used is forgotten. */
void hr_intake_jump(hr_intake *intake, uint64_t to);

/* ---- the input --------------------------------------------------------------------------------------------- */

#define HR_SAMPLE_DEFAULT ((size_t)256 << 10)
/* ASCII text before the first other byte that detection also sees. */
#define HR_SAMPLE_CONTEXT 1024u

typedef enum hr_input_phase {
    HR_PHASE_MARK,     /* waits for the bytes that may be a byte-order mark */
    HR_PHASE_SAMPLE,   /* waits for the first `sample` bytes */
    HR_PHASE_ASCII,    /* nothing but ASCII yet: passes through, nothing is decided */
    HR_PHASE_GATHER,   /* the first other byte has come: waits for `sample` bytes from there on */
    HR_PHASE_SKIP,     /* goes to where a resume begins */
    HR_PHASE_IDENTITY, /* decided: text and raw bytes are the same */
    HR_PHASE_DECODE,   /* decided: they are not */
} hr_input_phase;

/* A place: a character boundary. */
typedef struct hr_point {
    uint64_t raw, text;
} hr_point;

struct hr_input {
    hr_intake intake;
    const hr_kernels *kernels; /* asked for once: asking the processor can cost a trap into its host */
    hr_input_phase phase;
    hr_encoding_guess guess;
    uint64_t shift;    /* raw less text, while they are the same bytes */
    const char *known; /* encoding given from outside, canonical; NULL: to be detected */
    hr_point start;    /* where a resume begins */
    size_t sample;
    uint64_t text;                /* behind what was given out */
    uint64_t discard;             /* text before this is made, but not given out */
    bool enough;                  /* what detection waits for is all there */
    bool may_doubt;               /* see input_doubt.c */
    uint64_t doubts, first_doubt; /* signs of UTF-8; raw offset of the first */
    bool ended;                   /* no raw byte will come any more: the end, or damage */
    hr_error failure;             /* the error that every further read gives; status HR_OK: none */

    hr_buffer raw; /* raw bytes taken; what is before `head` was made text and is kept for hr_input_raw only */
    size_t head;
    uint64_t raw_base;                  /* raw offset of raw.data[0] */
    size_t first_high;                  /* PHASE_GATHER: index in raw of the first byte that is not ASCII */
    uint8_t context[HR_SAMPLE_CONTEXT]; /* PHASE_ASCII: the last bytes given out */
    size_t context_size;
    uint8_t carry[4]; /* PHASE_IDENTITY: the beginning of a character whose end has not come */
    size_t carry_size;

    /* PHASE_DECODE (input_map.c) */
    hr_decoder *decoder; /* stands behind raw.data[head - 1]; may be there before the phase, in its first state */
    hr_decoder *locator; /* of the same encoding, for hr_input_locate; NULL until it is needed, and when modal */
    bool modal;          /* the decoder cannot be started in the middle */
    uint64_t turn;       /* text before this offset is the same as raw */
    uint64_t decoded;    /* text made */
    hr_buffer points;    /* hr_point[], ascending, the first one not behind what was released */
    size_t point_head;   /* index of the first point in use */
    hr_point cursor;     /* answer of the last hr_input_locate */
};

/* Raw bytes straight into `room`, as hr_intake_read; sets input->ended at the end and at damage. */
hr_status hr_input_take(hr_input *input, uint8_t *room, size_t capacity, size_t *got, hr_error *err);
/* Takes raw bytes until raw.size >= need or there are no more (input->ended). */
hr_status hr_input_gather(hr_input *input, size_t need, hr_error *err);

/* The phases before one that gives out text: waits for what the phase needs and goes to the next one. */
hr_status hr_input_decide(hr_input *input, hr_error *err);

/* Enters PHASE_DECODE with the encoding guess.name: raw.data[head] is the byte at start.raw and begins the character at
 * start.text; the `context` bytes before it are ASCII, and kept. input->decoder is NULL or of this encoding. */
hr_status hr_input_decode_begin(hr_input *input, hr_point start, size_t context, hr_error *err);
/* Decodes what fits. HR_OK with *got > 0, or the status of the raw bytes. */
hr_status hr_input_decode(hr_input *input, uint8_t *room, size_t capacity, size_t *got, hr_error *err);

/* input_doubt.c */
bool hr_input_may_doubt(const char *encoding);
void hr_input_look(hr_input *input, const uint8_t *data, size_t size, uint64_t raw);

#endif
