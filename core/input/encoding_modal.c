/* encoding_modal.c: the seven-bit encodings that switch the meaning of bytes: ISO-2022-JP (RFC 1468, with the
 * half-width katakana that mail programs added), ISO-2022-KR (RFC 1557) and HZ (RFC 1843). Bytes >= 0x80 are
 * undecodable. */
#include "core/input/encoding_parts.h"

enum mode { ONE_ASCII, ONE_ROMAN, ONE_KATAKANA, TWO };

static const struct escape {
    char text[5];
    enum mode mode;
} escapes_jp[] = {
    {"\x1B(B", ONE_ASCII}, {"\x1B(J", ONE_ROMAN}, {"\x1B(I", ONE_KATAKANA}, {"\x1B$@", TWO}, {"\x1B$B", TWO},
};
static const struct escape escapes_kr[] = {{"\x1B$)C", ONE_ASCII}, {"\x0E", TWO}, {"\x0F", ONE_ASCII}};
/* "~\n" is a line that goes on: the two vanish. */
static const struct escape escapes_hz[] = {{"~{", TWO}, {"~}", ONE_ASCII}, {"~\n", ONE_ASCII}};

static hr_step bad(unsigned used)
{
    return (hr_step){.used = used, .code = HR_STEP_BAD};
}

/* Takes one of the escapes; used == 0 when it is cut, HR_STEP_BAD with used == 1 when it is none of them. */
static hr_step take_escape(hr_decoder *decoder, const struct escape *escapes, size_t count, const uint8_t *in,
                           size_t size)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(escapes[i].text);
        if (!memcmp(in, escapes[i].text, size < length ? size : length)) {
            if (size < length) {
                return bad(0);
            }
            decoder->mode = escapes[i].mode;
            return (hr_step){.used = (unsigned)length, .code = HR_STEP_NONE};
        }
    }
    return bad(1);
}

static hr_step two(const hr_decoder *decoder, const uint8_t *in, size_t size)
{
    if (size < 2) {
        return bad(0);
    }
    uint32_t code = in[1] < 0x80 ? hr_pair_get(decoder->pairs, in[0] | 0x80, in[1] | 0x80) : 0;
    return code ? (hr_step){.used = 2, .code = code} : bad(1);
}

static hr_step step_jp(hr_decoder *decoder, const uint8_t *in, size_t size)
{
    if (in[0] == 0x1B) {
        return take_escape(decoder, escapes_jp, HR_COUNT(escapes_jp), in, size);
    }
    if (in[0] >= 0x80) {
        return bad(1);
    }
    if (in[0] == '\n') { /* every line begins in ASCII (RFC 1468) */
        decoder->mode = ONE_ASCII;
    }
    if (in[0] <= 0x20 || in[0] == 0x7F) {
        return (hr_step){.used = 1, .code = in[0]};
    }
    if (decoder->mode == ONE_KATAKANA) {
        return in[0] <= 0x5F ? (hr_step){.used = 1, .code = 0xFF61u + in[0] - 0x21} : bad(1);
    }
    if (decoder->mode == ONE_ROMAN && (in[0] == '\\' || in[0] == '~')) {
        return (hr_step){.used = 1, .code = in[0] == '\\' ? 0xA5 : 0x203E};
    }
    return decoder->mode == TWO ? two(decoder, in, size) : (hr_step){.used = 1, .code = in[0]};
}

static hr_step step_kr(hr_decoder *decoder, const uint8_t *in, size_t size)
{
    if (in[0] == 0x1B || in[0] == 0x0E || in[0] == 0x0F) {
        return take_escape(decoder, escapes_kr, HR_COUNT(escapes_kr), in, size);
    }
    if (in[0] >= 0x80) {
        return bad(1);
    }
    if (in[0] == '\n') {
        decoder->mode = ONE_ASCII;
    }
    return decoder->mode == TWO && in[0] > 0x20 && in[0] < 0x7F ? two(decoder, in, size)
                                                                : (hr_step){.used = 1, .code = in[0]};
}

static hr_step step_hz(hr_decoder *decoder, const uint8_t *in, size_t size)
{
    if (in[0] >= 0x80) {
        return bad(1);
    }
    if (in[0] == '~') {
        if (decoder->mode == ONE_ASCII && size >= 2 && in[1] == '~') {
            return (hr_step){.used = 2, .code = '~'};
        }
        return size < 2 ? bad(0) : take_escape(decoder, escapes_hz, HR_COUNT(escapes_hz), in, size);
    }
    if (in[0] == '\n') {
        decoder->mode = ONE_ASCII;
    }
    return decoder->mode == TWO && in[0] > 0x20 && in[0] < 0x7F ? two(decoder, in, size)
                                                                : (hr_step){.used = 1, .code = in[0]};
}

void hr_decoder_set_modal(hr_decoder *decoder, const char *canonical)
{
    if (!strcmp(canonical, "iso-2022-jp")) {
        decoder->step = step_jp;
    } else if (!strcmp(canonical, "iso-2022-kr")) {
        decoder->step = step_kr;
    } else if (!strcmp(canonical, "hz-gb-2312")) {
        decoder->step = step_hz;
    } else {
        return;
    }
    decoder->modal = true;
    decoder->plain_ascii = false;
    decoder->initial = ONE_ASCII;
}
