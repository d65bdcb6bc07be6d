/* encoding_multi.c: decoders of the East Asian multi-byte encodings. What the pairs mean is asked of the C library's
 * iconv once, when a decoder is made; decoding itself is ours, so that every undecodable byte is treated alike.
 *
 *   shift_jis   as Windows has it (CP932: NEC and IBM extensions, half-width katakana)
 *   euc-jp      JIS X 0208 and 0212; where these have nothing, the extensions of EUC-JP-MS
 *   euc-kr      as Windows has it (CP949, Unified Hangul)
 *   gb18030     contains GBK and GB 2312; 0x80 is the euro sign, as in CP936
 *   big5        with the ETEN extensions, as CP950; big5-hkscs is a name of its own */
#include "core/input/encoding_parts.h"

static const struct source {
    const char *canonical;
    const char *pairs; /* what iconv calls it */
    const char *fill;  /* where the first has nothing; may be NULL */
    bool singles;      /* bytes >= 0x80 that stand alone exist */
} sources[] = {
    {"shift_jis", "CP932", NULL, true},
    {"euc-jp", "EUC-JP", "EUC-JP-MS", false},
    {"iso-2022-jp", "EUC-JP", "EUC-JP-MS", false},
    {"euc-kr", "UHC", NULL, false},
    {"iso-2022-kr", "EUC-KR", NULL, false},
    {"gb18030", "GB18030", NULL, false},
    {"hz-gb-2312", "EUC-CN", NULL, false},
    {"big5", "BIG5", NULL, false},
    {"big5-hkscs", "BIG5-HKSCS", NULL, false},
};

/* Decodes `size` bytes that should be exactly one character; 0 when they are not. */
static uint32_t ask(iconv_t converter, const uint8_t *bytes, size_t size)
{
    char in[8], *from = in;
    uint32_t codes[4] = {0};
    char *to = (char *)codes;
    size_t left = size, room = sizeof codes;
    memcpy(in, bytes, size);
    iconv(converter, NULL, NULL, NULL, NULL);
    if (iconv(converter, &from, &left, &to, &room) == (size_t)-1 || left != 0) {
        return 0;
    }
    iconv(converter, NULL, NULL, &to, &room); /* Big5-HKSCS holds a letter back for what may follow */
    size_t count = (sizeof codes - room) / sizeof codes[0];
    if (count == 1 && codes[0] <= 0x10FFFF) {
        return codes[0];
    }
    if (count == 2 && (codes[1] == 0x304 || codes[1] == 0x30C)) {
        return codes[0] | (codes[1] == 0x304 ? HR_PAIR_MACRON : HR_PAIR_CARON);
    }
    return 0;
}

static iconv_t open_converter(const char *name)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return iconv_open("UTF-32LE", name);
#else
    return iconv_open("UTF-32BE", name);
#endif
}

/* Fills the empty cells of `table` with what `prefix` + lead + trail decodes to. */
static void fill_pairs(hr_pair_table *table, iconv_t converter, uint8_t prefix)
{
    for (unsigned lead = 0x81; lead <= 0xFE; lead++) {
        for (unsigned trail = 0x40; trail <= 0xFE; trail++) {
            uint32_t *cell = &table->cell[lead - 0x81][trail - 0x40];
            uint8_t bytes[3] = {prefix, (uint8_t)lead, (uint8_t)trail};
            if (*cell == 0) {
                *cell = prefix ? ask(converter, bytes, 3) : ask(converter, bytes + 1, 2);
            }
        }
    }
}

static hr_status no_converter(const char *canonical, const char *name, hr_error *err)
{
    return hr_fail(err, HR_E_UNSUPPORTED,
                   "decoding %s: the C library has no converter %s here; install its character sets "
                   "(Debian: libc-gconv-modules-extra, Fedora: glibc-gconv-extra)",
                   canonical, name);
}

static hr_status fill_tables(hr_decoder *decoder, const struct source *source, hr_error *err)
{
    const char *const converters[] = {source->pairs, source->fill};
    for (size_t i = 0; i < HR_COUNT(converters) && converters[i]; i++) {
        iconv_t converter = open_converter(converters[i]);
        if (converter == (iconv_t)-1) {
            return no_converter(source->canonical, converters[i], err);
        }
        fill_pairs(decoder->pairs, converter, 0);
        if (decoder->more) {
            fill_pairs(decoder->more, converter, 0x8F);
        }
        for (unsigned byte = 0xA1; source->singles && byte <= 0xDF; byte++) {
            uint8_t one = (uint8_t)byte;
            decoder->single[byte] = ask(converter, &one, 1);
        }
        iconv_close(converter);
    }
    return HR_OK;
}

static hr_step bad(unsigned used)
{
    return (hr_step){.used = used, .code = HR_STEP_BAD};
}

static hr_step pair(const hr_decoder *decoder, const uint8_t *in, size_t size)
{
    if (decoder->single[in[0]]) {
        return (hr_step){.used = 1, .code = decoder->single[in[0]]};
    }
    if (in[0] == 0x80 || in[0] == 0xFF) {
        return bad(1);
    }
    if (size < 2) {
        return bad(0);
    }
    uint32_t code = hr_pair_get(decoder->pairs, in[0], in[1]);
    return code ? (hr_step){.used = 2, .code = code} : bad(1);
}

static hr_step step_pair(hr_decoder *decoder, const uint8_t *in, size_t size)
{
    return pair(decoder, in, size);
}

static hr_step step_euc_jp(hr_decoder *decoder, const uint8_t *in, size_t size)
{
    if (in[0] == 0x8E) { /* half-width katakana */
        return size < 2                         ? bad(0)
               : in[1] >= 0xA1 && in[1] <= 0xDF ? (hr_step){.used = 2, .code = 0xFF61u + in[1] - 0xA1}
                                                : bad(1);
    }
    if (in[0] != 0x8F) {
        return in[0] < 0xA1 ? bad(1) : pair(decoder, in, size);
    }
    if (size < 2 || in[1] < 0xA1 || in[1] == 0xFF) {
        return bad(size < 2 ? 0 : 1);
    }
    if (size < 3) {
        return bad(0);
    }
    uint32_t code = hr_pair_get(decoder->more, in[1], in[2]);
    return code ? (hr_step){.used = 3, .code = code} : bad(1);
}

static bool between(uint8_t byte, uint8_t low, uint8_t high)
{
    return byte >= low && byte <= high;
}

static hr_step step_gb18030(hr_decoder *decoder, const uint8_t *in, size_t size)
{
    if (size < 2 || !between(in[0], 0x81, 0xFE) || !between(in[1], 0x30, 0x39)) {
        return pair(decoder, in, size);
    }
    if (size >= 3 && !between(in[2], 0x81, 0xFE)) {
        return bad(1);
    }
    if (size >= 4 && !between(in[3], 0x30, 0x39)) {
        return bad(1);
    }
    if (size < 4) {
        return bad(0);
    }
    uint32_t code = ask(decoder->wide, in, 4);
    return code ? (hr_step){.used = 4, .code = code} : bad(1);
}

static const struct source *find_source(const char *canonical)
{
    for (size_t i = 0; i < HR_COUNT(sources); i++) {
        if (!strcmp(sources[i].canonical, canonical)) {
            return &sources[i];
        }
    }
    return NULL;
}

hr_status hr_decoder_set_multi(hr_decoder *decoder, const char *canonical, bool *found, hr_error *err)
{
    const struct source *source = find_source(canonical);
    *found = source != NULL;
    if (!source) {
        return HR_OK;
    }
    decoder->pairs = hr_calloc(1, sizeof *decoder->pairs);
    if (!decoder->pairs) {
        return hr_fail_memory(err, "making a decoder");
    }
    decoder->step = step_pair;
    decoder->plain_ascii = true;
    if (!strcmp(canonical, "euc-jp")) {
        decoder->step = step_euc_jp;
        decoder->more = hr_calloc(1, sizeof *decoder->more);
        if (!decoder->more) {
            return hr_fail_memory(err, "making a decoder");
        }
    } else if (!strcmp(canonical, "gb18030")) {
        decoder->step = step_gb18030;
        decoder->single[0x80] = 0x20AC;
        decoder->wide = open_converter("GB18030");
        if (decoder->wide == (iconv_t)-1) {
            return no_converter(canonical, "GB18030", err);
        }
    }
    hr_decoder_set_modal(decoder, canonical);
    return fill_tables(decoder, source, err);
}
