/* schema_reading.h: a schema file on its way to a schema: how far its reading is, and one column of it. */
#ifndef HR_CORE_ROWS_SCHEMA_READING_H
#define HR_CORE_ROWS_SCHEMA_READING_H

#include "core/json/json.h"
#include "core/rows/schema_parts.h"

/* A schema as far as it was read. */
typedef struct hr_schema_reading {
    const char *text; /* the document's own copy, which values point into */
    size_t ordinal;   /* of the column at work, from 1 */
    const char *name; /* of it, or NULL: not known yet */
    hr_error *err;
} hr_schema_reading;

/* A column, and what of it is not in the document. Zeroed, there is nothing to be cleared. */
typedef struct hr_schema_draft {
    hr_column column;
    char *min, *max;
    char **one_of; /* [one_of_count] those that are not strings, else NULL */
    const char **list;
    bool precision, scale; /* given */
} hr_schema_draft;

/* Puts the place of a value into the error and gives `status`. */
hr_status hr_schema_place(const hr_schema_reading *reading, const hr_json_value *value, hr_status status);
/* Takes a column from its object, with all that is wrong between its members. The draft is to be cleared, also when
 * this fails. */
hr_status hr_schema_draft_take(hr_schema_reading *reading, const hr_json_value *object,
                               hr_schema_draft *draft) HR_MUST_CHECK;
void hr_schema_draft_clear(hr_schema_draft *draft);

#endif
