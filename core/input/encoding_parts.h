/* encoding_parts.h: what the files of the decoders and of the detection share; nothing for others. */
#ifndef HR_CORE_INPUT_ENCODING_PARTS_H
#define HR_CORE_INPUT_ENCODING_PARTS_H

#include <iconv.h>

#include "core/input/encoding.h"
#include "simd/simd.h"

/* ---- tables ------------------------------------------------------------------------------------------------ */

/* A single-byte encoding: the code points of 0x80 to 0xFF, 0 where undefined. Below 0x80 all of them are ASCII. */
typedef struct hr_single_table {
    const char *name;
    uint16_t high[128];
} hr_single_table;
extern const hr_single_table hr_single_tables[];
extern const size_t hr_single_table_count;
/* NULL when `canonical` is none. */
const hr_single_table *hr_single_find(const char *canonical);

/* Pairs of a lead byte 0x81..0xFE and a trail byte 0x40..0xFE. */
#define HR_PAIR_LEADS 126u
#define HR_PAIR_TRAILS 191u
/* An entry: a code point, with these bits when a combining macron or caron follows it; 0: undefined. */
#define HR_PAIR_MACRON 0x1000000u
#define HR_PAIR_CARON 0x2000000u
typedef struct hr_pair_table {
    uint32_t cell[HR_PAIR_LEADS][HR_PAIR_TRAILS];
} hr_pair_table;

static inline uint32_t hr_pair_get(const hr_pair_table *table, uint8_t lead, uint8_t trail)
{
    return lead < 0x81 || lead > 0xFE || trail < 0x40 || trail > 0xFE ? 0 : table->cell[lead - 0x81u][trail - 0x40u];
}

/* ---- decoders ---------------------------------------------------------------------------------------------- */

/* What one attempt at a character came to. */
typedef struct hr_step {
    unsigned used; /* bytes of the character; 0: it is cut at the end of the input */
    uint32_t code; /* code point, with the bits of a pair; HR_STEP_BAD: `used` bytes are undecodable; HR_STEP_NONE: no
                      text */
} hr_step;
#define HR_STEP_BAD 0xFFFFFFFFu
#define HR_STEP_NONE 0xFFFFFFFEu

struct hr_decoder {
    void (*run)(hr_decoder *decoder, const uint8_t *in, size_t in_size, bool last, size_t *in_used, uint8_t *out,
                size_t capacity, size_t *out_used);
    hr_step (*step)(hr_decoder *decoder, const uint8_t *in, size_t size); /* for run = hr_decoder_run_steps; size > 0 */
    bool plain_ascii;       /* bytes below 0x80 between characters stand for themselves: runs of them are copied */
    bool modal;             /* escape sequences switch the meaning of bytes */
    unsigned mode, initial; /* of a modal one: what the bytes mean now */
    bool big_endian;
    const hr_kernels *kernels;
    const uint16_t *high; /* single-byte encodings: code points of 0x80 to 0xFF, 0 where undefined */
    hr_pair_table *pairs; /* owned; multi-byte encodings */
    hr_pair_table *more;  /* owned; the three-byte half of EUC-JP */
    uint32_t single[256]; /* multi-byte encodings: what a byte >= 0x80 alone stands for; 0: undefined or a lead byte */
    iconv_t wide;         /* owned; four-byte characters of GB18030; (iconv_t)-1: none */
};

/* Drives decoder->step; copies runs of ASCII when plain_ascii. */
void hr_decoder_run_steps(hr_decoder *decoder, const uint8_t *in, size_t in_size, bool last, size_t *in_used,
                          uint8_t *out, size_t capacity, size_t *out_used);
/* Each sets up `decoder` when `canonical` is of its kind (*found), else leaves it alone. */
void hr_decoder_set_unicode(hr_decoder *decoder, const char *canonical, bool *found);
void hr_decoder_set_single(hr_decoder *decoder, const char *canonical, bool *found);
hr_status hr_decoder_set_multi(hr_decoder *decoder, const char *canonical, bool *found, hr_error *err);
void hr_decoder_set_modal(hr_decoder *decoder, const char *canonical);

/* Copies the leading ASCII bytes of in[0, size) and returns how many there were. */
static inline size_t hr_copy_ascii(uint8_t *out, const uint8_t *in, size_t size)
{
    size_t done = 0;
    for (; done + 32 <= size; done += 32) {
        uint64_t word[4];
        memcpy(word, in + done, 32);
        if ((word[0] | word[1] | word[2] | word[3]) & 0x8080808080808080u) {
            break;
        }
        memcpy(out + done, word, 32);
    }
    for (; done < size && in[done] < 0x80; done++) {
        out[done] = in[done];
    }
    return done;
}

/* Writes `code` (<= 0x10FFFF) as UTF-8 into out[4]; returns its length. */
static inline unsigned hr_put_utf8(uint8_t *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xC0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xE0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 63));
        out[2] = (uint8_t)(0x80 | (code & 63));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | code >> 18);
    out[1] = (uint8_t)(0x80 | (code >> 12 & 63));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 63));
    out[3] = (uint8_t)(0x80 | (code & 63));
    return 4;
}

/* Length of the well-formed UTF-8 sequence at in[0, size) (Unicode table 3-7); 0: ill-formed; -1: cut, but well-formed
 * so far. */
int hr_utf8_length(const uint8_t *in, size_t size);

#endif
