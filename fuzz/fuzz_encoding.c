/* fuzz_encoding.c: any bytes get an encoding that has a decoder, the same bytes the same one; and a decoder gives the
 * same text however the bytes are cut, with every byte taken. The first byte chooses a decoder, the second how the rest
 * is cut. */
#include "core/input/encoding.h"
#include "fuzz/fuzz.h"

/* Decodes in pieces of `piece` into rooms of `room`; what is not used is offered again with the next piece. */
static size_t decode(hr_decoder *decoder, const uint8_t *in, size_t size, size_t piece, size_t room, uint8_t *out)
{
    size_t at = 0, end = 0, total = 0;
    hr_decoder_reset(decoder);
    do {
        end = size - end > piece ? end + piece : size;
        size_t used = 0, got = 0;
        do {
            hr_decoder_run(decoder, in + at, end - at, end == size, &used, out + total, room, &got);
            PROMISE(used <= end - at && got <= room);
            at += used;
            total += got;
        } while (used + got > 0);
    } while (end < size);
    PROMISE(at == size);
    return total;
}

/* Undecodable bytes are 0xFF; all else is well-formed UTF-8. */
static void promise_utf8(const uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        size_t more = text[i] < 0x80 || text[i] == 0xFF ? 0 : text[i] < 0xE0 ? 1 : text[i] < 0xF0 ? 2 : 3;
        PROMISE((text[i] < 0x80 || text[i] >= 0xC2) && i + more < size);
        for (; more > 0; more--) {
            PROMISE((text[++i] & 0xC0) == 0x80);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 1 << 16) {
        return 0;
    }
    hr_encoding_guess guess, again;
    hr_encoding_detect(data + 2, size - 2, data[1] & 1, &guess);
    hr_encoding_detect(data + 2, size - 2, data[1] & 1, &again);
    PROMISE(strcmp(guess.name, again.name) == 0 && strcmp(guess.evidence, again.evidence) == 0);
    PROMISE(guess.confidence == again.confidence && guess.confidence <= 100 && guess.bom <= 4);
    PROMISE(hr_encoding_canonical(guess.name) && strcmp(hr_encoding_canonical(guess.name), guess.name) == 0);

    size_t count = 0;
    const char *const *names = hr_encoding_names(&count);
    const char *name = data[0] == 0xFF ? guess.name : names[data[0] % count];
    hr_decoder *decoder = NULL;
    PROMISE(hr_decoder_new(name, &decoder, NULL) == HR_OK);
    uint8_t *whole = malloc(size * 5 + 512), *cut = malloc(size * 5 + 512);
    PROMISE(whole && cut);
    size_t room = 8u + data[1];
    size_t whole_size = decode(decoder, data + 2, size - 2, size, 64 + size, whole);
    size_t cut_size = decode(decoder, data + 2, size - 2, 1u + data[1] % 32u, room, cut);
    PROMISE(whole_size == cut_size && memcmp(whole, cut, whole_size) == 0);
    promise_utf8(whole, whole_size);
    hr_decoder_free(decoder);
    free(whole);
    free(cut);
    return 0;
}
