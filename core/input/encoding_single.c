/* encoding_single.c: the decoder of all single-byte encodings: one table of 256 ready-made pieces of UTF-8. */
#include "core/input/encoding_parts.h"

const hr_single_table *hr_single_find(const char *canonical) {
    for (size_t i = 0; i < hr_single_table_count; i++) {
        if (!strcmp(hr_single_tables[i].name, canonical)) {
            return &hr_single_tables[i];
        }
    }
    return NULL;
}

static void run_single(hr_decoder *decoder, const uint8_t *in, size_t in_size, bool last, size_t *in_used, uint8_t *out,
                       size_t capacity, size_t *out_used) {
    (void)last;
    const uint32_t *packed = decoder->packed;
    size_t from = 0, to = 0;
    while (from < in_size) {
        size_t left = in_size - from, room = capacity - to;
        size_t run = hr_copy_ascii(out + to, in + from, left < room ? left : room);
        from += run;
        to += run;
        /* Each piece is stored as four bytes and overlapped by the next; 16 bytes, then look for ASCII again. */
        size_t stop = in_size - from < 16 ? in_size : from + 16;
        for (; from < stop && capacity - to >= 4; from++) {
            uint32_t piece = packed[in[from]];
            out[to] = (uint8_t)piece;
            out[to + 1] = (uint8_t)(piece >> 8);
            out[to + 2] = (uint8_t)(piece >> 16);
            to += piece >> 24;
        }
        if (from < stop) {
            break;
        }
    }
    for (; from < in_size; from++) {
        uint32_t piece = packed[in[from]];
        size_t size = piece >> 24;
        if (size > capacity - to) {
            break;
        }
        for (size_t i = 0; i < size; i++) {
            out[to + i] = (uint8_t)(piece >> 8 * i);
        }
        to += size;
    }
    *in_used = from;
    *out_used = to;
}

void hr_decoder_set_single(hr_decoder *decoder, const char *canonical, bool *found) {
    const hr_single_table *table = hr_single_find(canonical);
    *found = table != NULL;
    if (!table) {
        return;
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t code = byte < 0x80 ? byte : table->high[byte - 0x80];
        if (byte >= 0x80 && code == 0) {
            decoder->packed[byte] = 1u << 24 | 0xFF;
            continue;
        }
        uint8_t text[4] = {0};
        uint32_t size = hr_put_utf8(text, code);
        decoder->packed[byte] = size << 24 | (uint32_t)text[2] << 16 | (uint32_t)text[1] << 8 | text[0];
    }
    decoder->run = run_single;
}
