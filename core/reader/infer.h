/* infer.h: hr_reader_infer for those who want to know why. */
#ifndef HR_CORE_READER_INFER_H
#define HR_CORE_READER_INFER_H

#include "core/rows/infer.h"

/* Reads all that is left of the input. *out, settled, belongs to the reader. Account: what was read, when not NULL. */
typedef struct hr_infer_account {
    uint64_t read, rows, rejected, skipped;
} hr_infer_account;
hr_status hr_reader_gather(hr_reader *reader, const hr_infer **out, hr_infer_account *account,
                           hr_error *err) HR_MUST_CHECK;

#endif
