/* fuzz_input.c: an input gives the same text however its bytes arrive and whatever room the reader has, ends in the
 * same way, and what it gives for a legacy encoding is UTF-8. The first byte chooses the encoding, the second how the
 * rest is cut. */
#include "core/input/input.h"
#include "fuzz/fuzz.h"
#include "simd/simd.h"

static const char *const encodings[] = {NULL,          "windows-1252", "utf-16le", "shift_jis",  "gb18030",
                                        "iso-2022-jp", "euc-kr",       "big5",     "iso-8859-7", "utf-32be"};

typedef struct outcome {
    hr_buffer text;
    hr_status status;
} outcome;

/* Feeds `size` bytes in pieces of `piece` and reads with `room` bytes of room. */
static outcome run(const char *encoding, const uint8_t *data, size_t size, size_t piece, size_t room)
{
    static uint8_t bytes[1 << 16];
    hr_input_options options = {.encoding = encoding, .sample = 4096};
    hr_input *input;
    outcome result = {.text = {.ceiling = (size_t)16 << 20}};
    result.status = hr_input_new(NULL, &options, &input, NULL);
    PROMISE(result.status == HR_OK);
    size_t fed = 0;
    bool finished = false;
    while (result.text.size < (size_t)8 << 20) {
        size_t got = 0;
        result.status = hr_input_read(input, bytes, room, &got, NULL);
        if (result.status == HR_OK) {
            PROMISE(got > 0 && got <= room);
            PROMISE(hr_buffer_add(&result.text, bytes, got));
        } else if (result.status == HR_AGAIN) {
            PROMISE(!finished);
            size_t some = size - fed < piece ? size - fed : piece;
            if (some > 0) {
                PROMISE(hr_input_feed(input, data + fed, some, NULL) == HR_OK);
            } else {
                PROMISE(hr_input_finish(input, NULL) == HR_OK);
                finished = true;
            }
            fed += some;
        } else {
            break;
        }
    }
    hr_input_close(input);
    return result;
}

/* Undecodable bytes are 0xFF each; all else is well-formed. */
static void promise_utf8(const hr_buffer *text)
{
    const hr_kernels *scalar = hr_kernels_get("scalar");
    for (size_t i = 0; i < text->size;) {
        i += scalar->utf8_valid(text->data + i, text->size - i);
        PROMISE(i == text->size || text->data[i] == 0xFF);
        i += i < text->size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const char *encoding = encodings[data[0] % HR_COUNT(encodings)];
    size_t piece = data[1] % 16u == 0 ? 4096 : data[1] % 16u;
    outcome whole = run(encoding, data + 2, size - 2, size, 1 << 16);
    outcome cut = run(encoding, data + 2, size - 2, piece, 64 + data[1]);
    if (whole.text.size < (size_t)8 << 20) {
        PROMISE(whole.status == cut.status);
        PROMISE(whole.text.size == cut.text.size);
        PROMISE(whole.text.size == 0 || memcmp(whole.text.data, cut.text.data, whole.text.size) == 0);
    }
    if (encoding != NULL)
        promise_utf8(&whole.text);
    hr_buffer_free(&whole.text);
    hr_buffer_free(&cut.text);
    return 0;
}
