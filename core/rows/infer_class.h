/* infer_class.h: what one value could be: the class into which inference sorts it, and what is measured on the way.
 *
 * Classes are narrower than types: whatever a class holds, the parser of its type takes (values.c), and a spelling that
 * would not survive being a number stays text: "007", "+5" (as telephone numbers begin), ".5", "5.", " 5". */
#ifndef HR_CORE_ROWS_INFER_CLASS_H
#define HR_CORE_ROWS_INFER_CLASS_H

#include "core/base/base.h"

typedef enum hr_value_class {
    HR_CLASS_NULL = 0,
    HR_CLASS_INT,      /* a whole number within int64: `number` */
    HR_CLASS_BIG,      /* a whole number beyond it */
    HR_CLASS_FRACTION, /* digits, a point, digits */
    HR_CLASS_FLOAT,    /* with an exponent; NaN, Infinity, -Infinity */
    HR_CLASS_BOOL,     /* a word: `number` is HR_BOOL_ */
    HR_CLASS_DATE,     /* `number`: days since 1970-01-01 */
    HR_CLASS_STAMP,    /* date and time: `number`: microseconds since 1970-01-01T00:00:00 */
    HR_CLASS_ZONED,    /* with Z or an offset: of UTC */
    HR_CLASS_UUID,
    HR_CLASS_JSON,  /* an object or an array */
    HR_CLASS_EMPTY, /* "" that is not null */
    HR_CLASS_TEXT,
} hr_value_class;
#define HR_CLASSES 13u

/* Which words a column of yes and no was written with. */
#define HR_BOOL_TRUE 1  /* true */
#define HR_BOOL_FALSE 2 /* false */
#define HR_BOOL_YES 4   /* t, yes, y, on */
#define HR_BOOL_NO 8    /* f, no, n, off */

typedef struct hr_classed {
    hr_value_class kind;
    bool exact;      /* FRACTION: it is `number` / 10^`behind` */
    uint32_t before; /* INT, BIG, FRACTION: digits before the point, leading zero not counted */
    uint32_t behind; /* FRACTION: digits behind it */
    int64_t number;
} hr_classed;

/* Bytes behind the start of a value that may be read, whatever its size. */
#define HR_CLASS_READ 32u

/* What text[0, size) is, size > 0. At least HR_CLASS_READ bytes from `text` on can be read. JSON is only guessed by its
 * first and last byte. */
void hr_class_of(const uint8_t *text, size_t size, hr_classed *out);

/* The same for what stands in a string of JSON. */
void hr_class_of_string(const uint8_t *text, size_t size, hr_classed *out);

/* For columns where one is expected. Same room to read. */
bool hr_class_is_uuid(const uint8_t *text, size_t size);
/* Nothing but text begins like this and is so long. */
#define HR_FIRST_NUMBER 1u
#define HR_FIRST_HEX 2u
#define HR_FIRST_WORD 4u
#define HR_FIRST_JSON 8u
extern const uint8_t hr_class_first[256];
static inline bool hr_class_sure_text(const uint8_t *text, size_t size)
{
    unsigned first = hr_class_first[text[0]];
    return !(first & (HR_FIRST_NUMBER | HR_FIRST_JSON)) && !((first & HR_FIRST_HEX) && size == 36) &&
           !((first & HR_FIRST_WORD) && size <= 8);
}

/* Characters of UTF-8. */
size_t hr_class_characters(const uint8_t *text, size_t size);

#endif
