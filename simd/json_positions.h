/* json_positions.h: what json_block.h asks for, for sets without a compressing store. Included after positions.h. */

static inline TARGET void put_ordinals(uint16_t *out, uint64_t mask, uint16_t first)
{
    put_begins(out, mask, first);
}

/* Eight at a time, with anything behind the last one. */
static inline TARGET void put_tokens(uint8_t *kinds, uint16_t *offsets, block bytes, const uint8_t *p, uint64_t mask,
                                     uint16_t offset)
{
    (void)bytes;
    put_begins(offsets, mask, offset);
    for (uint32_t k = 0, count = ones(mask); k < count; k += 8)
        for (uint32_t n = k; n < k + 8; n++)
            kinds[n] = p[(offsets[n] - offset) & 63];
}

/* All of them: looking at eight offsets at a time gains nothing over looking at the names. */
static inline TARGET uint64_t has_lengths(const uint16_t *offsets, const uint16_t *lengths, uint32_t count)
{
    (void)offsets, (void)lengths, (void)count;
    return ~UINT64_C(0);
}
