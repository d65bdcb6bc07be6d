/* intent.h: a whole commit as bytes: what the ledger keeps of one whose transaction at the destination is not known to
 * be committed yet. */
#ifndef HR_CORE_LEDGER_INTENT_H
#define HR_CORE_LEDGER_INTENT_H

#include "core/ledger/ledger.h"

/* Appends the commit, without its receipt and generation. False: no memory, or over the buffer's ceiling. */
bool hr_intent_write(const hr_commit *commit, hr_buffer *out);

/* A commit that was read back. */
typedef struct hr_intent {
    hr_commit commit;
    hr_position before, after;
    hr_file file;
    void *memory; /* what the pointers of all these lead into */
} hr_intent;
/* HR_E_CORRUPT: they are not the bytes of a commit. */
hr_status hr_intent_read(const void *bytes, size_t size, hr_intent *out, hr_error *err) HR_MUST_CHECK;
void hr_intent_clear(hr_intent *intent);

#endif
