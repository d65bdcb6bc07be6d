/* keylog.h: the durable log of keys: a header, then keys of one size, of which the ledger says how many are valid. */
#ifndef HR_CORE_DEDUP_KEYLOG_H
#define HR_CORE_DEDUP_KEYLOG_H

#include "core/base/base.h"

typedef struct hr_keylog {
    int fd;
    char *path;
    size_t key_size;
    uint64_t written;   /* keys in the file, durable or not */
    bool unsynced;      /* something was written since the last sync */
    bool unsynced_name; /* the file is new, and its folder was not synced yet */
    bool failed;        /* a sync failed: what the file holds is not known any more */
} hr_keylog;

/* Opens or creates, locks, checks, and cuts back to `committed` keys. A failed open leaves nothing to close. */
hr_status hr_keylog_open(hr_keylog *log, const char *path, size_t key_size, uint64_t committed,
                         hr_error *err) HR_MUST_CHECK;
/* Reads up to `count` keys from key `from` on, which must be there. */
hr_status hr_keylog_read(hr_keylog *log, uint64_t from, uint8_t *keys, size_t count, hr_error *err) HR_MUST_CHECK;
/* All `count` keys are appended, or none. */
hr_status hr_keylog_append(hr_keylog *log, const uint8_t *keys, size_t count, hr_error *err) HR_MUST_CHECK;
hr_status hr_keylog_sync(hr_keylog *log, hr_error *err) HR_MUST_CHECK;
void hr_keylog_close(hr_keylog *log);

#endif
