/* input_doubt.c: signs of UTF-8 in an input that is decoded as a one-byte encoding of western Europe. Every byte
 * decodes, so nothing there can prove a mistake; but "Ã©" where "é" was meant should be heard of before somebody reads
 * it. */
#include "core/input/encoding_parts.h"
#include "core/input/input_parts.h"

bool hr_input_may_doubt(const char *encoding)
{
    static const char *const western[] = {"windows-1252", "iso-8859-1", "iso-8859-15", "windows-1254", "iso-8859-9"};
    for (size_t i = 0; i < sizeof western / sizeof *western; i++)
        if (!strcmp(encoding, western[i]))
            return true;
    return false;
}

/* Whether some byte that may lead is followed by one that continues: mostly none is, and compilers make vectors of
 * this.
 */
static bool may_hold(const uint8_t *data, size_t size)
{
    uint8_t found = 0;
    for (size_t i = 0; i + 1 < size; i++) {
        uint8_t lead = (uint8_t)((uint8_t)(data[i] - 0xC2) < 4) | (uint8_t)(data[i] == 0xE2);
        found |= (uint8_t)(lead & (uint8_t)((data[i + 1] & 0xC0) == 0x80));
    }
    return found != 0;
}

/* Looks at raw bytes as they are decoded. A character that is cut at the end of what is looked at is missed. */
void hr_input_look(hr_input *input, const uint8_t *data, size_t size, uint64_t raw)
{
    if (!may_hold(data, size))
        return;
    for (size_t at = 0; (at += input->kernels->ascii_prefix(data + at, size - at)) < size;) {
        uint8_t lead = data[at];
        int length = (lead >= 0xC2 && lead <= 0xC5) || lead == 0xE2 ? hr_utf8_length(data + at, size - at) : 0;
        if (length < 2) {
            at++;
            continue;
        }
        if (input->doubts++ == 0)
            input->first_doubt = raw + at;
        at += (size_t)length;
    }
}

uint64_t hr_input_doubts(const hr_input *input, uint64_t *first)
{
    *first = input->first_doubt;
    return input->doubts;
}
