/* encoding_unicode.c: decoders of UTF-8 (and ASCII, which is read as UTF-8), UTF-16 and UTF-32, in both byte orders.
 * Marks at the start are the caller's business. */
#include "core/input/encoding_parts.h"

int hr_utf8_length(const uint8_t *in, size_t size)
{
    uint8_t lead = in[0], low = 0x80, high = 0xBF;
    int length = 0;
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        low = lead == 0xE0 ? 0xA0 : low;
        high = lead == 0xED ? 0x9F : high;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        low = lead == 0xF0 ? 0x90 : low;
        high = lead == 0xF4 ? 0x8F : high;
    } else {
        return 0;
    }
    for (int i = 1; i < length; i++) {
        if ((size_t)i >= size) {
            return -1;
        }
        if (in[i] < low || in[i] > high) {
            return 0;
        }
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

static hr_step bad(unsigned used)
{
    return (hr_step){.used = used, .code = HR_STEP_BAD};
}

static hr_step step_utf8(hr_decoder *decoder, const uint8_t *in, size_t size)
{
    (void)decoder;
    int length = hr_utf8_length(in, size);
    if (length <= 0) {
        return bad(length < 0 ? 0 : 1);
    }
    uint32_t code = length == 1 ? in[0] : in[0] & (0x7Fu >> length);
    for (int i = 1; i < length; i++) {
        code = code << 6 | (in[i] & 63u);
    }
    return (hr_step){.used = (unsigned)length, .code = code};
}

static uint32_t unit16(const uint8_t *in, bool big_endian)
{
    return big_endian ? (uint32_t)in[0] << 8 | in[1] : (uint32_t)in[1] << 8 | in[0];
}

/* A surrogate without its partner makes both of its bytes undecodable, so that the lanes stay in step. */
static hr_step step_utf16(hr_decoder *decoder, const uint8_t *in, size_t size)
{
    if (size < 2) {
        return bad(0);
    }
    uint32_t first = unit16(in, decoder->big_endian);
    if (first < 0xD800 || first > 0xDFFF) {
        return (hr_step){.used = 2, .code = first};
    }
    if (first > 0xDBFF) {
        return bad(2);
    }
    if (size < 4) {
        return bad(0);
    }
    uint32_t second = unit16(in + 2, decoder->big_endian);
    if (second < 0xDC00 || second > 0xDFFF) {
        return bad(2);
    }
    return (hr_step){.used = 4, .code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)};
}

/* As hr_decoder_run_steps, with all but surrogates left to the kernel. */
static void run_utf16(hr_decoder *decoder, const uint8_t *in, size_t in_size, bool last, size_t *in_used, uint8_t *out,
                      size_t capacity, size_t *out_used)
{
    size_t from = 0, to = 0, used = 1, got = 1;
    while (from < in_size && used + got > 0) {
        from += decoder->kernels->decode_utf16(in + from, in_size - from, decoder->big_endian, out + to, capacity - to,
                                               &got);
        to += got;
        size_t piece = in_size - from < 4 ? in_size - from : 4; /* a surrogate pair, or the end of input or room */
        hr_decoder_run_steps(decoder, in + from, piece, last && from + piece == in_size, &used, out + to, capacity - to,
                             &got);
        from += used;
        to += got;
    }
    *in_used = from;
    *out_used = to;
}

static hr_step step_utf32(hr_decoder *decoder, const uint8_t *in, size_t size)
{
    if (size < 4) {
        return bad(0);
    }
    bool big = decoder->big_endian;
    uint32_t code = big ? unit16(in, big) << 16 | unit16(in + 2, big) : unit16(in + 2, big) << 16 | unit16(in, big);
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        return bad(4);
    }
    return (hr_step){.used = 4, .code = code};
}

void hr_decoder_set_unicode(hr_decoder *decoder, const char *canonical, bool *found)
{
    *found = true;
    size_t size = strlen(canonical);
    decoder->big_endian = canonical[size - 2] == 'b' && canonical[size - 1] == 'e';
    if (!strcmp(canonical, "utf-8") || !strcmp(canonical, "ascii")) {
        decoder->step = step_utf8;
        decoder->plain_ascii = true;
    } else if (!strncmp(canonical, "utf-16", 6)) {
        decoder->step = step_utf16;
        decoder->run = run_utf16;
    } else if (!strncmp(canonical, "utf-32", 6)) {
        decoder->step = step_utf32;
    } else {
        *found = false;
    }
}
