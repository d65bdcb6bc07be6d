/* text_checks.h: utf8_valid, ascii_prefix, newlines and find4 of any table against their plain meaning. */
#ifndef HR_TESTS_KERNELS_TEXT_CHECKS_H
#define HR_TESTS_KERNELS_TEXT_CHECKS_H

#include "tests/kernels/support.h"

/* UTF-8 by arithmetic (RFC 3629), written apart from the oracle's table: length of the sequence at p, or 0. */
static inline size_t decode_one(const uint8_t *p, size_t size)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80             ? 1
                    : (p[0] & 0xE0) == 0xC0 ? 2
                    : (p[0] & 0xF0) == 0xE0 ? 3
                    : (p[0] & 0xF8) == 0xF0 ? 4
                                            : 0;
    if (length == 0 || length > size)
        return 0;
    uint32_t point = length == 1 ? p[0] : p[0] & (0x7Fu >> length);
    for (size_t k = 1; k < length; k++) {
        if ((p[k] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (p[k] & 0x3Fu);
    }
    bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point < least[length] || point > 0x10FFFF || surrogate ? 0 : length;
}

static inline size_t first_bad(const uint8_t *data, size_t size)
{
    size_t i = 0, length = 1;
    while (i < size && (length = decode_one(data + i, size - i)) != 0)
        i += length;
    return i;
}

static inline const char *check_utf8_text(const hr_kernels *kernels, const uint8_t *data, size_t size)
{
    size_t is = kernels->utf8_valid(data, size), should = first_bad(data, size);
    if (is == should)
        return NULL;
    return failed("%s: utf8_valid says %zu of %zu, not %zu: %s", kernels->name, is, size, should, shown(data, size));
}

/* All first and second bytes, with the interesting third and fourth ones: complete, cut off, and with a letter behind.
 */
CHECK_UNUSED static const char *check_utf8_sequences(const hr_kernels *kernels)
{
    static const uint8_t ends[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC3, 0xE1, 0xF1, 0xFF};
    guarded memory = guarded_new(8);
    const char *text = NULL;
    for (unsigned pair = 0; pair < 0x10000 && text == NULL; pair++)
        for (size_t end = 0; end < sizeof ends * sizeof ends && text == NULL; end++) {
            uint8_t bytes[5] = {(uint8_t)(pair >> 8), (uint8_t)pair, ends[end / sizeof ends], ends[end % sizeof ends],
                                'x'};
            if (bytes[0] < 0x80 && end > 0)
                break; /* the pair alone says all */
            for (size_t size = end == 0 ? 1 : 4; size <= 5 && text == NULL; size++) {
                memcpy(memory.behind - size, bytes, size);
                text = check_utf8_text(kernels, memory.behind - size, size);
            }
        }
    guarded_free(&memory);
    return text;
}

/* Good and bad sequences at every place of a block and across its borders, in ASCII and among other sequences. */
CHECK_UNUSED static const char *check_utf8_places(const hr_kernels *kernels)
{
    static const char *const sequences[] = {
        "\x7F",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF1\x80\x80\x80",
        "\xF3\xBF\xBF\xBF",
        "\xF4\x8F\xBF\xBF",
        /* continuation without a lead, too many of them */
        "\x80",
        "\xBF",
        "\xC3\xA9\x80",
        "\xE2\x82\xAC\x80",
        "\xF0\x9F\x98\x80\x80",
        /* overlong, surrogates, too large */
        "\xC0\x80",
        "\xC1\xBF",
        "\xE0\x80\x80",
        "\xE0\x9F\xBF",
        "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xF8\x88\x80\x80\x80",
        "\xFE",
        "\xFF",
        /* cut off */
        "\xC3",
        "\xE2",
        "\xE2\x82",
        "\xF0",
        "\xF0\x9F",
        "\xF0\x9F\x98",
    };
    static const char *const fillers[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    guarded memory = guarded_new(512);
    const char *text = NULL;
    for (size_t s = 0; s < sizeof sequences / sizeof sequences[0] && text == NULL; s++)
        for (size_t f = 0; f < sizeof fillers / sizeof fillers[0] && text == NULL; f++)
            for (size_t front = 0; front <= 200 && text == NULL; front++) {
                size_t length = strlen(sequences[s]), filler = strlen(fillers[f]);
                size_t behinds[] = {0, 1, 70, 64 - (front + length) % 64, 128 - (front + length) % 64};
                for (size_t b = 0; b < 5 && text == NULL; b++) {
                    size_t size = front + length + behinds[b];
                    uint8_t *data = memory.behind - size;
                    memset(data, 'a', size);
                    for (size_t i = front % filler; i < front; i += filler)
                        memcpy(data + i, fillers[f], filler);
                    memcpy(data + front, sequences[s], length);
                    for (size_t i = front + length; size - i >= filler && b != 1; i += filler)
                        memcpy(data + i, fillers[f], filler);
                    text = check_utf8_text(kernels, data, size);
                }
            }
    guarded_free(&memory);
    return text;
}

CHECK_UNUSED static const char *check_utf8_random(const hr_kernels *kernels, size_t rounds)
{
    static const char *const pieces[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                         "plain ascii for a while, and more "};
    guarded memory = guarded_new(8192);
    uint64_t seed = 3;
    const char *text = NULL;
    for (size_t round = 0; round < rounds && text == NULL; round++) {
        size_t size = random_below(&seed, round % 10 == 0 ? 5000 : 300), i = 0;
        uint8_t *data = memory.behind - size;
        while (i < size) {
            const char *piece = pieces[random_below(&seed, 5)];
            size_t length = strlen(piece) < size - i ? strlen(piece) : size - i;
            memcpy(data + i, piece, length);
            i += length;
        }
        for (size_t hits = random_below(&seed, 3); hits > 0 && size > 0; hits--)
            data[random_below(&seed, size)] = (uint8_t)random_next(&seed);
        text = check_utf8_text(kernels, data, size);
    }
    guarded_free(&memory);
    return text;
}

CHECK_UNUSED static const char *check_bytes(const hr_kernels *kernels, size_t rounds)
{
    guarded memory = guarded_new(8192);
    uint64_t seed = 5;
    const char *text = NULL;
    for (size_t round = 0; round < rounds && text == NULL; round++) {
        size_t size = random_below(&seed, round % 10 == 0 ? 5000 : 300), spread = 1 + random_below(&seed, 200);
        uint8_t *data = random_below(&seed, 2) ? memory.behind - size : memory.first;
        static const uint8_t special[] = {'\r', '\n', '\r', '\n', '"', '\\', 0x80, 0xFF, 0};
        for (size_t i = 0; i < size; i++)
            data[i] = random_below(&seed, spread) == 0 ? special[random_below(&seed, sizeof special)] : 'm';
        size_t ascii = 0, found = 0;
        uint64_t lines = 0;
        while (ascii < size && data[ascii] < 0x80)
            ascii++;
        while (found < size && memchr("\"\\\xFF", data[found], 4) == NULL) /* and the NUL that ends the literal */
            found++;
        for (size_t i = 0; i < size; i++)
            lines += data[i] == '\r' || (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'));
        if (kernels->ascii_prefix(data, size) != ascii)
            text = failed("%s: ascii_prefix is not %zu: %s", kernels->name, ascii, shown(data, size));
        else if (kernels->find4(data, size, '"', '\\', 0xFF, 0) != found)
            text = failed("%s: find4 is not %zu: %s", kernels->name, found, shown(data, size));
        else if (kernels->newlines(data, size) != lines)
            text = failed("%s: newlines is not %d: %s", kernels->name, (int)lines, shown(data, size));
    }
    guarded_free(&memory);
    return text;
}

/* One text decoded as a single-byte encoding and as UTF-16 of both orders, into `capacity` bytes: what the oracle says,
 * and nothing written behind. */
CHECK_UNUSED static const char *check_decoding(const hr_kernels *kernels, const uint16_t high[128], const uint8_t *data,
                                               size_t size, size_t capacity)
{
    const hr_kernels *oracle = hr_kernels_get("scalar");
    size_t room = 3 * size + 64 + capacity;
    uint8_t *is = malloc(room), *should = malloc(room);
    const char *text = NULL;
    for (int way = 0; way < 3 && text == NULL; way++) {
        size_t is_got = 77, should_got = 77, is_used, should_used;
        memset(is, 0xA5, room);
        if (way == 0) {
            is_used = kernels->decode_single(high, data, size, is, capacity, &is_got);
            should_used = oracle->decode_single(high, data, size, should, capacity, &should_got);
        } else {
            is_used = kernels->decode_utf16(data, size, way == 2, is, capacity, &is_got);
            should_used = oracle->decode_utf16(data, size, way == 2, should, capacity, &should_got);
        }
        static const char *const names[] = {"single", "utf-16le", "utf-16be"};
        if (is_used != should_used || is_got != should_got)
            text = failed("%s: %s took %zu and gave %zu, not %zu and %zu: %s", kernels->name, names[way], is_used,
                          is_got, should_used, should_got, shown(data, size));
        else if (memcmp(is, should, is_got) != 0)
            text = failed("%s: %s gave other text: %s", kernels->name, names[way], shown(data, size));
        for (size_t i = capacity; i < room && text == NULL; i++)
            if (is[i] != 0xA5)
                text = failed("%s: %s wrote behind its room of %zu", kernels->name, names[way], capacity);
    }
    free(is);
    free(should);
    return text;
}

/* Texts of every mixture of lengths, with undefined bytes and surrogates now and then. */
CHECK_UNUSED static const char *check_decoding_random(const hr_kernels *kernels, size_t rounds)
{
    static const uint16_t starts[] = {0, 0x20, 0x70, 0x80, 0x400, 0x7F0, 0x800, 0x4E00, 0xD7F0, 0xDFF0, 0xFFF0};
    guarded memory = guarded_new(8192);
    uint64_t seed = 9;
    const char *text = NULL;
    for (size_t round = 0; round < rounds && text == NULL; round++) {
        uint16_t high[128];
        for (size_t i = 0; i < 128; i++) {
            uint16_t code = (uint16_t)random_next(&seed);
            high[i] = (code & 0xF800) == 0xD800 ? 0 : random_below(&seed, 2) ? code : (uint16_t)(0x80 + code % 0x780);
        }
        size_t size = random_below(&seed, round % 10 == 0 ? 5000 : 300), spread = 1 + random_below(&seed, 100);
        uint8_t *data = random_below(&seed, 2) ? memory.behind - size : memory.first;
        bool big = random_below(&seed, 2), bytes = random_below(&seed, 2);
        uint16_t start = starts[random_below(&seed, sizeof starts / sizeof *starts)];
        for (size_t i = 0; i < size; i++) {
            bool rare = random_below(&seed, spread) == 0;
            uint16_t unit = (uint16_t)(rare ? starts[random_below(&seed, 11)] : start);
            unit = (uint16_t)(unit + random_below(&seed, 16));
            data[i] = bytes ? (uint8_t)(rare ? random_next(&seed) : 'm') : (uint8_t)(i % 2 == big ? unit : unit >> 8);
            if (!bytes && i % 2 == 1)
                data[i] = (uint8_t)(big ? data[i] : start >> 8);
        }
        size_t capacity = random_below(&seed, 3) ? 3 * size : random_below(&seed, 3 * size + 1);
        text = check_decoding(kernels, high, data, size, capacity);
    }
    guarded_free(&memory);
    return text;
}

#endif
