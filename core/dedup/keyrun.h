/* keyrun.h: an immutable file of keys in the order of their hashes, which has no name and goes with its descriptor. */
#ifndef HR_CORE_DEDUP_KEYRUN_H
#define HR_CORE_DEDUP_KEYRUN_H

#include "core/dedup/keyhash.h"

#define HR_RUN_BLOCK ((size_t)4096)
#define HR_RUN_BUFFER (16 * HR_RUN_BLOCK) /* what is written and merged at a time */

/* What all runs of a set share. */
typedef struct hr_keyform {
    size_t key_size;
    const hr_keyseed *seed;
    const char *folder;  /* where runs are made */
    uint64_t fence_most; /* fences a run may have in memory */
} hr_keyform;

/* Blocks of keys, each with its number, a count and a checksum: what the device gives back is what was written, or an
 * error. In memory are the hashes of the first keys of every `step` blocks. */
typedef struct hr_keyrun {
    int fd;
    unsigned level; /* how often its keys were merged */
    uint64_t keys, blocks, step;
    uint64_t *fences; /* [(blocks + step - 1) / step] */
} hr_keyrun;

/* Writing: keys in the order of their hashes, `keys` of them at most. */
typedef struct hr_keyrun_writer {
    const hr_keyform *form;
    hr_keyrun run;
    uint8_t *buffer;
    size_t filled;  /* whole blocks, in bytes */
    uint32_t count; /* keys of the block behind them */
    uint64_t offset;
} hr_keyrun_writer;
hr_status hr_keyrun_begin(hr_keyrun_writer *writer, const hr_keyform *form, uint64_t keys, hr_error *err) HR_MUST_CHECK;
hr_status hr_keyrun_put(hr_keyrun_writer *writer, const uint8_t *key, uint64_t hash, hr_error *err) HR_MUST_CHECK;
hr_status hr_keyrun_finish(hr_keyrun_writer *writer, hr_keyrun *out, hr_error *err) HR_MUST_CHECK;
void hr_keyrun_abandon(hr_keyrun_writer *writer); /* also after hr_keyrun_finish, and when zero-initialised */

/* Reading from the first key to the last. */
typedef struct hr_keyrun_reader {
    const hr_keyform *form;
    const hr_keyrun *run;
    uint8_t *buffer;
    uint64_t block; /* the next one to be read */
    size_t have;    /* blocks in the buffer */
    size_t at;      /* the one whose keys are given */
    uint32_t given, count;
    const uint8_t *key; /* the current one, or NULL at the end */
    uint64_t hash;
} hr_keyrun_reader;
/* Stands on the first key. */
hr_status hr_keyrun_open(hr_keyrun_reader *reader, const hr_keyform *form, const hr_keyrun *run,
                         hr_error *err) HR_MUST_CHECK;
hr_status hr_keyrun_next(hr_keyrun_reader *reader, hr_error *err) HR_MUST_CHECK;
void hr_keyrun_close(hr_keyrun_reader *reader);

/* A key that is looked for. */
typedef struct hr_keywish {
    uint64_t hash;
    uint32_t index; /* in the keys of a call */
    bool found;
} hr_keywish;
/* Sets `found` of those that are in the run. wishes[count] are in the order of their hashes, so that the file is read
 * forward; `block` is of HR_RUN_BLOCK bytes. */
hr_status hr_keyrun_find(const hr_keyrun *run, const hr_keyform *form, const uint8_t *keys, hr_keywish *wishes,
                         size_t count, uint8_t *block, hr_error *err) HR_MUST_CHECK;
void hr_keyrun_free(hr_keyrun *run);

#endif
