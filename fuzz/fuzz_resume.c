/* fuzz_resume.c: any bytes as an input: the same text under any split, every line found again in the raw bytes, and
 * the same rest when reading goes on at a line. The first byte chooses the encoding, the second one the sample, the
 * third one the split and the room. */
#include <string.h>

#include "core/input/input.h"
#include "fuzz/fuzz.h"

#define TEXT_MAX ((size_t)1 << 18)

typedef struct result {
    uint8_t *text;
    size_t size;
    hr_status status;
    char encoding[32];
    uint64_t raw[64]; /* where the first lines begin */
    size_t line[64], lines;
} result;

/* Feeds `data` in two parts and reads by `room`. */
static result read_all(const uint8_t *data, size_t size, size_t split, size_t room, const hr_input_options *options)
{
    result out = {.text = malloc(TEXT_MAX)};
    hr_input *input = NULL;
    hr_error err;
    bool second = false;
    PROMISE(hr_input_new(NULL, options, &input, &err) == HR_OK);
    PROMISE(hr_input_feed(input, data, split, &err) == HR_OK);
    while (out.size + room <= TEXT_MAX) {
        size_t got = 0;
        out.status = hr_input_read(input, out.text + out.size, room, &got, &err);
        if (out.status == HR_AGAIN && !second) {
            PROMISE(hr_input_feed(input, data + split, size - split, &err) == HR_OK);
            PROMISE(hr_input_finish(input, &err) == HR_OK);
            second = true;
            continue;
        }
        if (out.status != HR_OK)
            break;
        PROMISE(got > 0 && got <= room);
        for (size_t i = 0; i < got; i++)
            if (out.text[out.size + i] == '\n' && out.lines < 64) {
                out.line[out.lines] = out.size + i + 1;
                uint64_t before = out.lines ? out.raw[out.lines - 1] : 0, text = options->start_text + out.size + i + 1;
                PROMISE(hr_input_locate(input, text, &out.raw[out.lines], &err) == HR_OK);
                PROMISE(out.raw[out.lines] > before);
                const uint8_t *raw;
                if (!hr_input_identity(input) && before >= hr_input_turn(input) && before > 0)
                    PROMISE(hr_input_raw(input, before, out.raw[out.lines], &raw, &err) == HR_OK);
                out.lines++;
            }
        out.size += got;
    }
    PROMISE(out.status != HR_AGAIN);
    memcpy(out.encoding, hr_input_encoding(input)->name, sizeof out.encoding);
    hr_input_close(input);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    size_t names;
    const char *const *name = hr_encoding_names(&names);
    hr_input_options options = {
        .encoding = data[0] % 2 ? name[data[0] / 2 % names] : NULL, .sample = 1 + data[1], .hash = true};
    size_t split = (size_t)data[2] * 7 % (size - 2), room = 64 + data[2];
    data += 3;
    size -= 3;
    split = split < size ? split : size;
    result whole = read_all(data, size, 0, 4096, &options), parts = read_all(data, size, split, room, &options);
    bool complete = whole.status != HR_OK && parts.status != HR_OK; /* not stopped by TEXT_MAX */
    if (complete) {
        PROMISE(whole.status == parts.status && whole.size == parts.size &&
                !memcmp(whole.text, parts.text, whole.size));
        PROMISE(!strcmp(whole.encoding, parts.encoding));
        PROMISE(whole.lines == parts.lines && !memcmp(whole.raw, parts.raw, whole.lines * sizeof *whole.raw));
    }
    if (complete && whole.lines && whole.status == HR_END) {
        size_t at = room % whole.lines, begin = whole.line[at];
        options.start_raw = whole.raw[at];
        options.start_text = begin;
        options.start_encoding = whole.encoding;
        result rest = read_all(data, size, split, room, &options);
        PROMISE(rest.status == HR_END && rest.size == whole.size - begin &&
                !memcmp(rest.text, whole.text + begin, rest.size));
        free(rest.text);
    }
    free(whole.text);
    free(parts.text);
    return 0;
}
