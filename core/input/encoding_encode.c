/* encoding_encode.c: the way back, for single rows: text in the encoding that its input has. What decodes to the same
 * text again is right, whatever the encoding; nothing else is given out. */
#include "core/input/encoding_parts.h"

/* What the C library's iconv calls the encodings that have tables of pairs (encoding_multi.c). */
static const struct {
    const char *canonical, *known_as;
} by_iconv[] = {
    {"shift_jis", "CP932"},
    {"euc-jp", "EUC-JP"},
    {"euc-kr", "UHC"},
    {"gb18030", "GB18030"},
    {"big5", "BIG5"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"iso-2022-kr", "ISO-2022-KR"},
};

static uint32_t code_at(const uint8_t *text, int length)
{
    static const uint8_t kept[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = text[0] & kept[length];
    for (int i = 1; i < length; i++)
        code = code << 6 | (text[i] & 63);
    return code;
}

static bool put_single(hr_buffer *out, const hr_single_table *table, uint32_t code)
{
    uint8_t byte = (uint8_t)code;
    for (size_t i = 0; code >= 0x80 && i < 128; i++)
        if (table->high[i] == code)
            byte = (uint8_t)(0x80 + i);
    return hr_buffer_add(out, &byte, 1);
}

static bool put_unit(hr_buffer *out, uint32_t unit, size_t size, bool big)
{
    uint8_t bytes[4];
    for (size_t i = 0; i < size; i++)
        bytes[big ? size - 1 - i : i] = (uint8_t)(unit >> 8 * i);
    return hr_buffer_add(out, bytes, size);
}

/* UTF-16 has two units for what lies beyond 0xFFFF. */
static bool put_wide(hr_buffer *out, size_t size, bool big, uint32_t code)
{
    if (size == 4 || code < 0x10000)
        return put_unit(out, code, size, big);
    code -= 0x10000;
    return put_unit(out, 0xD800 | code >> 10, 2, big) && put_unit(out, 0xDC00 | (code & 0x3FF), 2, big);
}

static bool encode_codes(const char *canonical, const uint8_t *text, size_t size, hr_buffer *out)
{
    const hr_single_table *table = hr_single_find(canonical);
    bool big = strstr(canonical, "be") != NULL;
    size_t unit = !strncmp(canonical, "utf-32", 6) ? 4 : 2;
    bool ok = true;
    for (size_t at = 0; ok && at < size;) {
        int length = hr_utf8_length(text + at, size - at);
        if (length <= 0)
            return true; /* the comparison will tell */
        uint32_t code = code_at(text + at, length);
        ok = table ? put_single(out, table, code) : put_wide(out, unit, big, code);
        at += (size_t)length;
    }
    return ok;
}

static bool encode_pairs(const char *known_as, const uint8_t *text, size_t size, hr_buffer *out)
{
    iconv_t converter = iconv_open(known_as, "UTF-8");
    if (converter == (iconv_t)-1)
        return true;
    size_t room = 4 * size + 16, left = room;
    char *from = (char *)(uintptr_t)text, *to = (char *)hr_buffer_room(out, room);
    bool ok = to != NULL;
    if (ok && iconv(converter, &from, &size, &to, &left) != (size_t)-1 &&
        iconv(converter, NULL, NULL, &to, &left) != (size_t)-1) /* a modal one ends as it began */
        out->size += room - left;
    iconv_close(converter);
    return ok;
}

/* Whether `made` is the text in that encoding. */
static hr_status compare(const char *canonical, const uint8_t *text, size_t size, const hr_buffer *made, bool *same,
                         hr_error *err)
{
    hr_decoder *decoder;
    size_t used, got = 0;
    uint8_t *back = hr_malloc(size + 16);
    hr_status status = back ? hr_decoder_new(canonical, &decoder, err) : hr_fail_memory(err, "encoding a row");
    if (status == HR_OK) {
        hr_decoder_run(decoder, made->data, made->size, true, &used, back, size + 16, &got);
        *same = used == made->size && got == size && !memcmp(back, text, size);
        hr_decoder_free(decoder);
    }
    hr_free(back);
    return status;
}

hr_status hr_encode(const char *canonical, const uint8_t *text, size_t size, hr_buffer *out, bool *exact, hr_error *err)
{
    const char *known_as = NULL;
    for (size_t i = 0; i < HR_COUNT(by_iconv); i++)
        if (!strcmp(by_iconv[i].canonical, canonical))
            known_as = by_iconv[i].known_as;
    bool wide = !strncmp(canonical, "utf-16", 6) || !strncmp(canonical, "utf-32", 6);
    *exact = false;
    out->size = 0;
    if (!size || (!known_as && !wide && !hr_single_find(canonical)))
        return HR_OK;
    bool ok = known_as ? encode_pairs(known_as, text, size, out) : encode_codes(canonical, text, size, out);
    if (!ok)
        return hr_fail_memory(err, "encoding a row");
    return out->size ? compare(canonical, text, size, out, exact, err) : HR_OK;
}
