/* encoding_decode.c: streaming decoders: their making, and the walk over the input that most of them share. */
#include "core/input/encoding_parts.h"

/* Writes one step's text; false when it does not fit. */
static bool put_step(hr_step step, uint8_t *out, size_t room, size_t *written)
{
    uint8_t text[8];
    size_t size = 0;
    if (step.code == HR_STEP_BAD) {
        if (room < step.used) {
            return false;
        }
        memset(out, 0xFF, step.used);
        *written = step.used;
        return true;
    }
    if (step.code != HR_STEP_NONE) {
        size = hr_put_utf8(text, step.code & 0x1FFFFF);
        if (step.code & (HR_PAIR_MACRON | HR_PAIR_CARON)) {
            size += hr_put_utf8(text + size, step.code & HR_PAIR_MACRON ? 0x304 : 0x30C);
        }
    }
    if (room < size) {
        return false;
    }
    memcpy(out, text, size);
    *written = size;
    return true;
}

/* Copies characters of two bytes that become three of UTF-8, as nearly all of East Asia do, as long as nothing else
 * comes. */
static void run_pairs(const hr_decoder *decoder, const uint8_t *in, size_t in_size, size_t *from, uint8_t *out,
                      size_t capacity, size_t *to)
{
    while (in_size - *from >= 2 && capacity - *to >= 3 && in[*from] >= 0x80 && decoder->single[in[*from]] == 0) {
        uint32_t code = hr_pair_get(decoder->pairs, in[*from], in[*from + 1]);
        if (code < 0x800 || code > 0xFFFF) {
            break;
        }
        *to += hr_put_utf8(out + *to, code);
        *from += 2;
    }
}

void hr_decoder_run_steps(hr_decoder *decoder, const uint8_t *in, size_t in_size, bool last, size_t *in_used,
                          uint8_t *out, size_t capacity, size_t *out_used)
{
    size_t from = 0, to = 0;
    while (from < in_size) {
        if (decoder->plain_ascii && in[from] < 0x80) {
            size_t most = in_size - from < capacity - to ? in_size - from : capacity - to;
            size_t run = hr_copy_ascii(out + to, in + from, most);
            from += run;
            to += run;
            if (run == most) {
                break;
            }
        }
        if (decoder->pairs && !decoder->modal) {
            run_pairs(decoder, in, in_size, &from, out, capacity, &to);
            if (from == in_size || in[from] < 0x80) {
                continue;
            }
        }
        unsigned mode = decoder->mode;
        hr_step step = decoder->step(decoder, in + from, in_size - from);
        if (step.used == 0) {
            if (!last) {
                break;
            }
            step = (hr_step){.used = 1, .code = HR_STEP_BAD};
        }
        size_t written = 0;
        if (!put_step(step, out + to, capacity - to, &written)) {
            decoder->mode = mode;
            break;
        }
        from += step.used;
        to += written;
    }
    *in_used = from;
    *out_used = to;
}

hr_status hr_decoder_new(const char *canonical, hr_decoder **out, hr_error *err)
{
    const char *name = hr_encoding_canonical(canonical);
    if (!name) {
        return hr_fail(err, HR_E_ENCODING,
                       "decoding: the encoding \"%s\" is not known; `--encoding help` lists those that are",
                       canonical ? canonical : "");
    }
    hr_decoder *decoder = hr_calloc(1, sizeof *decoder);
    if (!decoder) {
        return hr_fail_memory(err, "making a decoder");
    }
    decoder->kernels = hr_kernels_get(NULL);
    decoder->wide = (iconv_t)-1;
    decoder->run = hr_decoder_run_steps;
    bool found = false;
    hr_decoder_set_unicode(decoder, name, &found);
    if (!found) {
        hr_decoder_set_single(decoder, name, &found);
    }
    hr_status status = HR_OK;
    if (!found) {
        status = hr_decoder_set_multi(decoder, name, &found, err);
    }
    if (status == HR_OK && !found) {
        status =
            hr_fail(err, HR_E_UNSUPPORTED, "decoding: there is no decoder for the encoding \"%s\" in this build", name);
    }
    if (status != HR_OK) {
        hr_decoder_free(decoder);
        return status;
    }
    hr_decoder_reset(decoder);
    *out = decoder;
    return HR_OK;
}

void hr_decoder_run(hr_decoder *decoder, const uint8_t *in, size_t in_size, bool last, size_t *in_used, uint8_t *out,
                    size_t capacity, size_t *out_used)
{
    decoder->run(decoder, in, in_size, last, in_used, out, capacity, out_used);
}

bool hr_decoder_stateless(const hr_decoder *decoder)
{
    return !decoder->modal;
}

void hr_decoder_reset(hr_decoder *decoder)
{
    decoder->mode = decoder->initial;
}

void hr_decoder_free(hr_decoder *decoder)
{
    if (!decoder) {
        return;
    }
    if (decoder->wide != (iconv_t)-1) {
        iconv_close(decoder->wide);
    }
    hr_free(decoder->pairs);
    hr_free(decoder->more);
    hr_free(decoder);
}
