/* keyruns.h: the part of a set of keys that is on disk: runs, a filter in front of them, and their merging. */
#ifndef HR_CORE_DEDUP_KEYRUNS_H
#define HR_CORE_DEDUP_KEYRUNS_H

#include "core/dedup/keyfilter.h"
#include "core/dedup/keyrun.h"
#include "core/dedup/keytable.h"

/* Runs of one level are merged into one of the next when there are so many. */
#define HR_RUN_FANOUT 4u
#define HR_RUN_MOST 64u

/* Zero-initialised with `form` and `filter_bytes` set: empty, nothing allocated. */
typedef struct hr_keyruns {
    hr_keyform form;
    uint64_t filter_bytes;
    hr_keyfilter filter;
    hr_keyrun runs[HR_RUN_MOST]; /* [count], the oldest and largest first */
    size_t count;
    bool filtered; /* the newest run is in the filter */
    uint64_t keys;
    uint8_t *block;
    hr_keywish *wishes; /* [wish_capacity] */
    size_t wish_capacity;
} hr_keyruns;

/* Writes the keys of `table` but that of zeros as a run; the table stays as it is. */
hr_status hr_keyruns_take(hr_keyruns *runs, const hr_keytable *table, hr_error *err) HR_MUST_CHECK;
/* Adds a new run to the filter, and merges runs until there are few enough. To be called after hr_keyruns_take, when
 * the table is empty, before anything is looked for. Where it fails nothing is lost, and it is to be called again. */
hr_status hr_keyruns_settle(hr_keyruns *runs, hr_error *err) HR_MUST_CHECK;
/* Sets has[i] of those keys that are in a run and for which it was 0; the others stay as they are. */
hr_status hr_keyruns_find(hr_keyruns *runs, const uint8_t *keys, size_t count, uint8_t *has,
                          hr_error *err) HR_MUST_CHECK;
void hr_keyruns_free(hr_keyruns *runs);

#endif
