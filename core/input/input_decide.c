/* input_decide.c: decides, from the bytes alone, in what encoding the input is: by what was given, by a mark, by a
 * sample. Owns when to look and at what; what a sample says is hr_encoding_detect's business. */
#include <inttypes.h>
#include <stdio.h>

#include "core/input/input_parts.h"
#include "simd/simd.h"

/* A byte-order mark shows in as many bytes. */
#define MARK_SIZE 4u
#define SKIP_ROOM ((size_t)64 << 10)

static bool same_bytes(const char *name)
{
    return !strcmp(name, "utf-8") || !strcmp(name, "ascii");
}

/* The encoding is guess.name from raw.data[head], at `start`, on. */
static hr_status decide(hr_input *input, hr_point start, hr_error *err)
{
    if (!same_bytes(input->guess.name)) {
        bool context = input->phase == HR_PHASE_GATHER;
        return hr_input_decode_begin(input, start, context ? input->head : 0, err);
    }
    input->shift = start.raw - start.text;
    input->phase = HR_PHASE_IDENTITY;
    return HR_OK;
}

/* The mark that agrees with `known`: the byte order of UTF-16 and UTF-32 is the mark's. */
static const char *agreeing_mark(const char *known, const uint8_t *data, size_t size, unsigned *length)
{
    bool wide = !strncmp(known, "utf-16", 6);
    const char *mark = hr_encoding_mark(data, wide && size > 2 ? 2 : size, length);
    if (mark && (!strncmp(mark, known, 6) || (!strcmp(known, "ascii") && !strcmp(mark, "utf-8"))))
        return mark;
    *length = 0;
    return NULL;
}

static hr_status decide_known(hr_input *input, hr_error *err)
{
    hr_encoding_guess *guess = &input->guess;
    const char *mark = agreeing_mark(input->known, input->raw.data, input->raw.size, &guess->bom);
    snprintf(guess->name, sizeof guess->name, "%s", mark ? mark : input->known);
    guess->confidence = 100;
    snprintf(guess->evidence, sizeof guess->evidence, "%s%s",
             guess->pinned ? "given" : "recorded with the position from which reading goes on",
             mark ? ", with a byte-order mark" : "");
    if (!input->start.raw) {
        input->head = guess->bom;
        return decide(input, (hr_point){guess->bom, 0}, err);
    }
    if (!same_bytes(guess->name)) {
        hr_status status = hr_decoder_new(guess->name, &input->decoder, err);
        if (status != HR_OK)
            return status;
        if (!hr_decoder_stateless(input->decoder)) { /* what bytes mean depends on all before them */
            input->discard = input->start.text;
            input->head = guess->bom;
            return decide(input, (hr_point){guess->bom, 0}, err);
        }
    }
    input->text = input->start.text;
    input->phase = HR_PHASE_SKIP;
    return HR_OK;
}

static hr_status phase_mark(hr_input *input, hr_error *err)
{
    hr_status status = hr_input_gather(input, MARK_SIZE, err);
    if (status != HR_OK)
        return status;
    if (!hr_buffer_room(&input->raw, 1)) /* so that raw.data is never NULL */
        return hr_fail_memory(err, "opening the input");
    if (input->known)
        return decide_known(input, err);
    unsigned length = 0;
    if (!hr_encoding_mark(input->raw.data, input->raw.size, &length)) {
        input->phase = HR_PHASE_SAMPLE;
        return HR_OK;
    }
    hr_encoding_detect(input->raw.data, input->raw.size, input->raw.size < MARK_SIZE && input->ended, &input->guess);
    input->head = input->guess.bom;
    return decide(input, (hr_point){input->guess.bom, 0}, err);
}

/* Whether the encoding means something else than ASCII by bytes below 0x80. Where not, its decoder is ready. */
static hr_status overturns_ascii(hr_input *input, const char *name, bool *out, hr_error *err)
{
    *out = !strncmp(name, "utf-16", 6) || !strncmp(name, "utf-32", 6);
    if (*out || same_bytes(name))
        return HR_OK;
    hr_status status = hr_decoder_new(name, &input->decoder, err);
    if (status == HR_OK)
        *out = !hr_decoder_stateless(input->decoder);
    return status;
}

static void drop_decoder(hr_input *input)
{
    hr_decoder_free(input->decoder);
    input->decoder = NULL;
}

/* The first bytes are looked at as a whole only for encodings that are no extension of ASCII; such bytes have NUL among
 * them, or are all below 0x80. For all others the first byte above counts. */
static hr_status phase_sample(hr_input *input, hr_error *err)
{
    hr_buffer *raw = &input->raw;
    hr_status status = hr_input_gather(input, input->sample, err);
    if (status != HR_OK)
        return status;
    size_t first_high = input->kernels->ascii_prefix(raw->data, raw->size);
    if (first_high == raw->size || memchr(raw->data, 0, raw->size)) {
        hr_encoding_guess guess;
        bool overturns = false;
        hr_encoding_detect(raw->data, raw->size, raw->size < input->sample && input->ended, &guess);
        status = overturns_ascii(input, guess.name, &overturns, err);
        if (status != HR_OK)
            return status;
        if (overturns) {
            input->guess = guess;
            return decide(input, (hr_point){0, 0}, err);
        }
        drop_decoder(input);
        if (!strcmp(guess.name, "ascii"))
            input->guess = guess;
    }
    input->first_high = first_high;
    input->phase = first_high == raw->size ? HR_PHASE_ASCII : HR_PHASE_GATHER;
    return HR_OK;
}

/* Least confidence, in percent, for an encoding that extends ASCII to be believed: a single letter may be all there is
 * of the usual one, while an unusual one wants reasons. Behind a whole sample of nothing but ASCII a few other bytes
 * are more likely damage. */
#define CONFIDENCE_USUAL 15u
#define CONFIDENCE_LEAST 30u
#define CONFIDENCE_LATE 50u

/* A few bytes that nothing explains well are taken for damage of UTF-8: a rejected row is seen and can be mended, a
 * wrongly decoded one is not. */
static void doubt(const hr_input *input, hr_encoding_guess *guess)
{
    bool late = input->raw_base + input->first_high >= input->sample;
    bool usual = !strcmp(guess->name, "windows-1252");
    unsigned least = late ? CONFIDENCE_LATE : usual ? CONFIDENCE_USUAL : CONFIDENCE_LEAST;
    if (same_bytes(guess->name) || guess->confidence >= least)
        return;
    char reasons[sizeof guess->evidence];
    snprintf(reasons, sizeof reasons, "%s", guess->evidence);
    snprintf(guess->evidence, sizeof guess->evidence,
             "bytes that are not UTF-8 and that no encoding explains well (best: %s, %u %%) count as damage; %.240s",
             guess->name, guess->confidence, reasons);
    snprintf(guess->name, sizeof guess->name, "utf-8");
}

static hr_status phase_gather(hr_input *input, hr_error *err)
{
    hr_buffer *raw = &input->raw;
    size_t need = input->first_high + input->sample;
    hr_status status = hr_input_gather(input, need, err);
    if (status != HR_OK)
        return status;
    size_t from = input->first_high > HR_SAMPLE_CONTEXT ? input->first_high - HR_SAMPLE_CONTEXT : 0;
    hr_encoding_guess guess;
    bool overturns = false;
    hr_encoding_detect(raw->data + from, (raw->size < need ? raw->size : need) - from, raw->size < need && input->ended,
                       &guess);
    doubt(input, &guess);
    status = overturns_ascii(input, guess.name, &overturns, err);
    if (status != HR_OK)
        return status;
    /* ASCII stood before: what cannot extend it is no text at all, and the check of the rows shall say so. */
    if (overturns || !strcmp(guess.name, "ascii")) {
        drop_decoder(input);
        snprintf(guess.name, sizeof guess.name, "utf-8");
    }
    guess.bom = 0;
    input->guess = guess;
    input->turn = input->raw_base;
    snprintf(input->guess.evidence, sizeof guess.evidence, "from byte %" PRIu64 " on: %.340s",
             input->raw_base + input->first_high, guess.evidence);
    uint64_t at = input->raw_base + input->head;
    return decide(input, (hr_point){at, at}, err);
}

/* Raw bytes before the place where a resume begins; some are in input->raw already. */
static hr_status phase_skip(hr_input *input, hr_error *err)
{
    hr_buffer *raw = &input->raw;
    uint64_t start = input->start.raw;
    while (input->raw_base + raw->size <= start && !input->ended) {
        input->raw_base += raw->size;
        raw->size = 0;
        uint64_t left = start - input->raw_base;
        if (!left)
            break;
        hr_status status = hr_input_gather(input, left < SKIP_ROOM ? (size_t)left : SKIP_ROOM, err);
        if (status != HR_OK)
            return status;
    }
    if (input->raw_base + raw->size < start)
        return hr_fail(err, HR_E_CHANGED,
                       "going on at byte %" PRIu64 " of an input that has only %" PRIu64
                       ": it is not the one that was read before; start over with it",
                       start, input->raw_base + raw->size);
    input->head = (size_t)(start - input->raw_base);
    return decide(input, input->start, err);
}

hr_status hr_input_decide(hr_input *input, hr_error *err)
{
    switch (input->phase) {
    case HR_PHASE_MARK: return phase_mark(input, err);
    case HR_PHASE_SAMPLE: return phase_sample(input, err);
    case HR_PHASE_GATHER: return phase_gather(input, err);
    default: return phase_skip(input, err);
    }
}
