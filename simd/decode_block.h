/* decode_block.h: decoding to UTF-8 where the instruction set has no compression of bytes: runs of ASCII at once, and
 * the oracle for what stands between. Included by a file that has defined TARGET and
 *
 *   ascii_16(in, out)            16 bytes, copied when all are ASCII (else anything may be written); whether they are
 *   ascii_units(in, big, out)    the same for 16 units of UTF-16, which become 16 bytes
 */

enum { DECODE_RUN = 16, DECODE_BETWEEN = 32 };

static TARGET size_t decode_single(const uint16_t high[128], const uint8_t *in, size_t size, uint8_t *out,
                                   size_t capacity, size_t *got)
{
    size_t from = 0, to = 0, made;
    while (size - from >= DECODE_BETWEEN && capacity - to >= 3 * DECODE_BETWEEN) {
        if (ascii_16(in + from, out + to)) {
            from += DECODE_RUN;
            to += DECODE_RUN;
            continue;
        }
        from += hr_scalar_decode_single(high, in + from, DECODE_RUN, out + to, capacity - to, &made);
        to += made;
    }
    from += hr_scalar_decode_single(high, in + from, size - from, out + to, capacity - to, &made);
    *got = to + made;
    return from;
}

static TARGET size_t decode_utf16(const uint8_t *in, size_t size, bool big_endian, uint8_t *out, size_t capacity,
                                  size_t *got)
{
    size_t from = 0, to = 0, made, used;
    while (size - from >= 2 * DECODE_BETWEEN && capacity - to >= 3 * DECODE_BETWEEN) {
        if (ascii_units(in + from, big_endian, out + to)) {
            from += 2 * DECODE_RUN;
            to += DECODE_RUN;
            continue;
        }
        used = hr_scalar_decode_utf16(in + from, 2 * DECODE_RUN, big_endian, out + to, capacity - to, &made);
        from += used;
        to += made;
        if (used < 2 * DECODE_RUN)
            break; /* a surrogate */
    }
    from += hr_scalar_decode_utf16(in + from, size - from, big_endian, out + to, capacity - to, &made);
    *got = to + made;
    return from;
}
