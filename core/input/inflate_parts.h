/* inflate_parts.h: what inflate.c asks of the code for one format; nothing for others. */
#ifndef HR_CORE_INPUT_INFLATE_PARTS_H
#define HR_CORE_INPUT_INFLATE_PARTS_H

#include "core/input/input.h"

/* One compressed format. A frame is a gzip member or a zstd frame (skippable ones too). */
typedef struct hr_unpacker {
    const char *name;
    hr_status (*open)(void **state, hr_error *err);
    /* Consumes and gives out what it can. HR_END: the frame is complete and checked, and the next byte begins another
     * one. On an error, *in_used and *got are set as well: what was given out before the damage. err->text is the
     * reason alone. Neither a byte used nor one given out: more input is needed. */
    hr_status (*step)(void *state, const uint8_t *in, size_t in_size, size_t *in_used, uint8_t *out, size_t capacity,
                      size_t *got, hr_error *err);
    /* No stored byte will follow, and the frame is not complete: gives out what `step` has held back. HR_OK with *got
     * == 0: nothing. NULL: it never holds anything back. */
    hr_status (*cut)(void *state, uint8_t *out, size_t capacity, size_t *got, hr_error *err);
    /* Whether a frame may begin with this byte. */
    bool (*begins)(uint8_t byte);
    void (*close)(void *state);
} hr_unpacker;

extern const hr_unpacker hr_unpacker_gzip;
extern const hr_unpacker hr_unpacker_zstd;

#endif
