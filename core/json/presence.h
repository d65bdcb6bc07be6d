/* presence.h: which columns of NDJSON any record has had. A column is wanted by name and may be misspelt: it would be
 * null everywhere, without a word. */
#ifndef HR_CORE_JSON_PRESENCE_H
#define HR_CORE_JSON_PRESENCE_H

#include "core/base/base.h"

/* Zeroed, it expects nothing. */
typedef struct hr_json_presence {
    char **names; /* [count] as the batches have them */
    bool *seen;   /* [count] */
    size_t count, missing;
    char **members; /* [member_count] of the first records, found when they lacked a column */
    size_t member_count;
    bool looked;
} hr_json_presence;

/* Expects these columns; a second call does nothing. */
hr_status hr_json_presence_begin(hr_json_presence *presence, const char *const *names, size_t count,
                                 hr_error *err) HR_MUST_CHECK;
/* Looks at a batch. One of CSV, or with other columns, has all of them. */
hr_status hr_json_presence_look(hr_json_presence *presence, const hr_batch *batch, hr_error *err) HR_MUST_CHECK;
void hr_json_presence_clear(hr_json_presence *presence);

/* Records without a key are equal to each other. HR_E_INVALID: none of the records of the batch, the first one of an
 * input, has any of the columns of a key (key[count], of names), which would make all but one record duplicates. */
hr_status hr_json_presence_key(const hr_batch *batch, const char *const *names, const uint32_t *key, size_t count,
                               hr_error *err) HR_MUST_CHECK;

#endif
