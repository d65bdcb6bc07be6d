/* encoding_detect.c: says in what encoding a sample is written, and why. */
#include <stdio.h>
#include <uchardet.h>

#include "core/input/encoding_parts.h"

static void answer(hr_encoding_guess *out, const char *name, unsigned confidence) {
    snprintf(out->name, sizeof out->name, "%s", name);
    out->confidence = confidence;
}

static size_t high_bytes(const uint8_t *sample, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        count += sample[i] >> 7;
    }
    return count;
}

const char *hr_encoding_mark(const uint8_t *sample, size_t size, unsigned *length) {
    static const struct {
        uint8_t bytes[4];
        unsigned size;
        const char *name;
    } marks[] = {
        {{0xFF, 0xFE, 0, 0}, 4, "utf-32le"}, {{0, 0, 0xFE, 0xFF}, 4, "utf-32be"}, {{0xEF, 0xBB, 0xBF, 0}, 3, "utf-8"},
        {{0xFF, 0xFE, 0, 0}, 2, "utf-16le"}, {{0xFE, 0xFF, 0, 0}, 2, "utf-16be"},
    };
    for (size_t i = 0; i < HR_COUNT(marks); i++) {
        if (size >= marks[i].size && !memcmp(sample, marks[i].bytes, marks[i].size)) {
            *length = marks[i].size;
            return marks[i].name;
        }
    }
    *length = 0;
    return NULL;
}

/* Whether all of the sample is well-formed UTF-8. */
static bool is_utf8(const uint8_t *sample, size_t size, bool whole) {
    for (size_t at = 0; at < size;) {
        int length = hr_utf8_length(sample + at, size - at);
        if (length <= 0) {
            return length < 0 && !whole;
        }
        at += (size_t)length;
    }
    return true;
}

/* How many bytes of the sample `name` cannot decode; SIZE_MAX when it has no decoder. */
static size_t undecodable(const char *name, const uint8_t *sample, size_t size, bool whole) {
    hr_decoder *decoder = NULL;
    if (hr_decoder_new(name, &decoder, NULL) != HR_OK) {
        return SIZE_MAX;
    }
    uint8_t text[4096];
    size_t count = 0, at = 0, used = 1, got = 0;
    while (at < size && (used || got)) {
        hr_decoder_run(decoder, sample + at, size - at, whole, &used, text, sizeof text, &got);
        for (size_t i = 0; i < got; i++) {
            count += text[i] == 0xFF;
        }
        at += used;
    }
    hr_decoder_free(decoder);
    return count;
}

static const char *ask_uchardet(const uint8_t *sample, size_t size) {
    uchardet_t detector = uchardet_new();
    if (!detector) {
        return NULL;
    }
    const char *name = NULL;
    if (uchardet_handle_data(detector, (const char *)sample, size) == 0) {
        uchardet_data_end(detector);
        name = hr_encoding_canonical(uchardet_get_charset(detector));
    }
    uchardet_delete(detector);
    return name;
}

void hr_encoding_detect(const uint8_t *sample, size_t size, bool whole, hr_encoding_guess *out) {
    memset(out, 0, sizeof *out);
    const char *name = hr_encoding_mark(sample, size, &out->bom);
    if (name) {
        answer(out, name, 100);
        snprintf(out->evidence, sizeof out->evidence, "a byte-order mark of %u bytes", out->bom);
        return;
    }
    size_t high = high_bytes(sample, size);
    name = ask_uchardet(sample, size);
    if (high > 0 && is_utf8(sample, size, whole)) {
        answer(out, "utf-8", 99);
        snprintf(out->evidence, sizeof out->evidence, "%zu bytes above 0x7f, all in well-formed UTF-8", high);
        return;
    }
    if (name && undecodable(name, sample, size, whole) == 0) {
        answer(out, name, 60);
        snprintf(out->evidence, sizeof out->evidence, "uchardet says %s; strict decode of %zu bytes ok", name, size);
        return;
    }
    answer(out, high ? "windows-1252" : "ascii", high ? 30 : 100);
    snprintf(out->evidence, sizeof out->evidence, "%zu bytes above 0x7f, nothing that tells them apart", high);
}
