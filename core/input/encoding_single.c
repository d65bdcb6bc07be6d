/* encoding_single.c: the decoder of all single-byte encodings, by their tables. */
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

static void run_single(hr_decoder *decoder, const uint8_t *in, size_t in_size, bool last, size_t *in_used, uint8_t *out,
                       size_t capacity, size_t *out_used)
{
    (void)last;
    *in_used = decoder->kernels->decode_single(decoder->high, in, in_size, out, capacity, out_used);
}

void hr_decoder_set_single(hr_decoder *decoder, const char *canonical, bool *found)
{
    const hr_single_table *table = hr_single_find(canonical);
    *found = table != NULL;
    if (!table) {
        return;
    }
    decoder->high = table->high;
    decoder->run = run_single;
}
