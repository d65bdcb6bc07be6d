/* encoding_single.c: the decoder of all single-byte encodings: one table of 256 ready-made pieces of UTF-8. */
#include "core/input/encoding_parts.h"

const hr_single_table *hr_single_find(const char *canonical)
{
    for (size_t i = 0; i < hr_single_table_count; i++) {
        if (!strcmp(hr_single_tables[i].name, canonical)) {
            return &hr_single_tables[i];
        }
    }
    return NULL;
}

/* Bytes that are taken together; then ASCII is looked for again. */
enum { BLOCK = 16 };

static void run_single(hr_decoder *decoder, const uint8_t *in, size_t in_size, bool last, size_t *in_used, uint8_t *out,
                       size_t capacity, size_t *out_used)
{
    (void)last;
    size_t from = 0, to = 0;
    while (from < in_size) {
        size_t left = in_size - from, room = capacity - to;
        size_t run = hr_copy_ascii(out + to, in + from, left < room ? left : room);
        from += run;
        to += run;
        if (in_size - from < BLOCK || capacity - to < 4 * BLOCK) {
            break;
        }
        /* Each piece is stored as four bytes and overlapped by the next. */
        for (size_t i = 0; i < BLOCK; i++) {
            uint8_t byte = in[from + i];
            memcpy(out + to, decoder->text[byte], 4);
            to += decoder->length[byte];
        }
        from += BLOCK;
    }
    for (; from < in_size && decoder->length[in[from]] <= capacity - to; from++) {
        uint8_t byte = in[from];
        memcpy(out + to, decoder->text[byte], decoder->length[byte]);
        to += decoder->length[byte];
    }
    *in_used = from;
    *out_used = to;
}

void hr_decoder_set_single(hr_decoder *decoder, const char *canonical, bool *found)
{
    const hr_single_table *table = hr_single_find(canonical);
    *found = table != NULL;
    if (!table) {
        return;
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t code = byte < 0x80 ? byte : table->high[byte - 0x80];
        decoder->text[byte][0] = 0xFF;
        decoder->length[byte] = 1;
        if (byte < 0x80 || code != 0) {
            decoder->length[byte] = (uint8_t)hr_put_utf8(decoder->text[byte], code);
        }
    }
    decoder->run = run_single;
}
