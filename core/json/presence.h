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

/* Records without a key are equal to each other, so that a key that is misspelt would leave one record. It may also
 * come late: the first records are of another kind. So nothing is judged before a record has the key, or all were seen,
 * or as much as HR_JSON_KEYED_WITHIN; and until then nothing may be published that cannot be taken back. */
#define HR_JSON_KEYED_WITHIN ((uint64_t)256 << 20)
typedef struct hr_json_keyed { /* zeroed: nothing was seen */
    uint64_t records, bytes;
    uint64_t without; /* records in which all of the key is null */
    bool settled;     /* some record has some of it, or nothing is to be judged */
    char **members;   /* [member_count] of the first records */
    size_t member_count;
} hr_json_keyed;
/* Looks at a batch whose key is key[count], of names. One of CSV settles it. HR_E_INVALID: none has it. */
hr_status hr_json_keyed_look(hr_json_keyed *keyed, const hr_batch *batch, const char *const *names, const uint32_t *key,
                             size_t count, hr_error *err) HR_MUST_CHECK;
/* There are no more records. HR_E_INVALID: there are several, and none has the key that begins with `name`. */
hr_status hr_json_keyed_judge(hr_json_keyed *keyed, const char *name, hr_error *err) HR_MUST_CHECK;
/* Records were seen, and it is not settled. */
bool hr_json_keyed_open(const hr_json_keyed *keyed);
void hr_json_keyed_clear(hr_json_keyed *keyed);

#endif
