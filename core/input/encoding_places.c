/* encoding_places.c: chooses the bytes of a sample by which legacy encodings are compared. */
#include "core/input/encoding_evidence.h"

enum { SEEN_SIZE = 8192, AROUND = 3 };

/* Whether the bytes around `at` were met 0, 1, 3, 7, 15 ... times before. */
static bool is_news(uint16_t seen[SEEN_SIZE], const uint8_t *sample, size_t size, size_t at)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = at < AROUND ? 0 : at - AROUND; i < size && i <= at + AROUND; i++) {
        hash = (hash ^ sample[i]) * 16777619u;
    }
    uint16_t *count = &seen[(hash ^ hash >> 16) % SEEN_SIZE];
    if (*count < UINT16_MAX) {
        (*count)++;
    }
    return (*count & (*count - 1)) == 0;
}

void hr_places_choose(const uint8_t *sample, size_t size, hr_places *out)
{
    uint16_t seen[SEEN_SIZE] = {0};
    out->count = 0;
    for (size_t i = 0; i < size && out->count < HR_EVIDENCE_MAX; i++) {
        if (sample[i] >= 0x80 && is_news(seen, sample, size, i)) {
            out->at[out->count++] = (uint32_t)i;
        }
    }
}
