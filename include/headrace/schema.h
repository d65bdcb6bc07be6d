/* schema.h: what a table's columns are: names, types, rules; and the typed values of a batch.
 *
 * A schema file is JSON, as hr_schema_write and `headrace schema` give it:
 *
 *     {"columns": [
 *       {"name": "order_id", "type": "int64", "required": true, "unique": true},
 *       {"name": "placed", "type": "timestamp", "zone": true},
 *       {"name": "amount", "type": "decimal", "precision": 12, "scale": 2, "min": "0"},
 *       {"name": "state", "type": "text", "one_of": ["new", "paid", "sent"], "pattern": "^[a-z]+$"}
 *     ]}
 *
 * A value that breaks its column's type is a reject (E_TYPE), one that breaks a rule too (E_CHECK); neither ever
 * becomes null. Threads: a schema does not change once it was made, and may be used by many threads. */
#ifndef HEADRACE_SCHEMA_H
#define HEADRACE_SCHEMA_H

#include "headrace/headrace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The type of a column, and how its values stand in hr_vector.values. */
typedef enum hr_type {
    HR_TYPE_TEXT = 0, /* hr_text_view[]: any UTF-8 */
    HR_TYPE_BOOL,     /* bits, the lowest first: true false, t f, yes no, y n, on off (any case), 1 0 */
    HR_TYPE_INT64,    /* int64_t[]: an optional sign and digits, no leading zeros but 0 itself */
    HR_TYPE_DECIMAL,  /* 16 bytes each, two's complement, little-endian: the number times 10^scale, at most 38 digits */
    HR_TYPE_FLOAT64,  /* double[]: decimal notation with optional exponent, correctly rounded; NaN, Infinity, -Infinity
                       */
    HR_TYPE_DATE,     /* int32_t[]: days since 1970-01-01, written YYYY-MM-DD, years 0001 to 9999 */
    HR_TYPE_TIMESTAMP, /* int64_t[]: microseconds since 1970-01-01T00:00:00, of UTC when the column is zoned */
    HR_TYPE_UUID,      /* 16 bytes each, in the order they are written */
    HR_TYPE_JSON,      /* hr_text_view[]: one RFC 8259 value */
} hr_type;
/* "int64" and so on; "unknown" for what is no type. Static. */
HR_API const char *hr_type_name(hr_type type);

typedef struct hr_column {
    const char *name;
    hr_type type;
    bool required;            /* null is a reject */
    bool unique;              /* a value that stood in an earlier row is a reject; nulls are not compared */
    bool zoned;               /* timestamps: every value ends in Z or an offset; else none does */
    uint8_t precision, scale; /* decimals: digits in all (1..38), digits behind the point */
    const char *min, *max; /* in the column's own notation, inclusive; of text: of its length in characters; or NULL */
    const char *pattern;   /* POSIX extended regular expression that must match somewhere, or NULL */
    const char *const *one_of; /* [one_of_count] values that are allowed, or NULL */
    size_t one_of_count;
} hr_column;

typedef struct hr_schema hr_schema;

/* From JSON text; everything is copied. An error says where. */
HR_API hr_status hr_schema_parse(const void *text, size_t size, hr_schema **out, hr_error *err) HR_MUST_CHECK;
/* From a file. */
HR_API hr_status hr_schema_read(const char *path, hr_schema **out, hr_error *err) HR_MUST_CHECK;
/* From an array, which is copied. */
HR_API hr_status hr_schema_new(const hr_column *columns, size_t count, hr_schema **out, hr_error *err) HR_MUST_CHECK;
/* The columns, *count of them; they live as long as the schema. */
HR_API const hr_column *hr_schema_columns(const hr_schema *schema, size_t *count);
/* As JSON text with a final newline: a heap string for hr_text_free. */
HR_API hr_status hr_schema_write(const hr_schema *schema, char **out, hr_error *err) HR_MUST_CHECK;
HR_API void hr_text_free(char *text);                  /* NULL is fine */
HR_API hr_schema *hr_schema_retain(hr_schema *schema); /* one more reference; gives `schema` */
HR_API void hr_schema_free(hr_schema *schema);         /* drops one; NULL is fine */

/* A text as Arrow's string views have it: up to 12 bytes stand in the view itself, more in data of the vector. */
typedef struct hr_text_view {
    uint32_t size;
    union {
        char text[12];
        struct {
            char prefix[4];
            uint32_t buffer; /* always 0 */
            uint32_t offset; /* in hr_vector.data */
        } far;
    } in;
} hr_text_view;

/* The values of one column of a batch, laid out as Arrow has them. They live as long as the batch. */
struct hr_vector {
    hr_type type;
    uint32_t nulls;          /* how many rows are null */
    const uint8_t *validity; /* bit r, the lowest first, is set when row r is not null; NULL when nulls == 0 */
    const void *values;      /* as hr_type says; what stands at a null row has no meaning, but is set */
    const uint8_t *data;     /* text and json: what views of more than 12 bytes point into; else NULL */
    size_t data_size;
};

/* From now on rows are checked against the schema, whose columns are found by name among those of the input (a missing
 * one: HR_E_CHANGED when it is required, or when all are missing, else all null); batches have `vectors` for the
 * schema's columns, in its order, when `values` is set. Before the first hr_reader_next, and of NDJSON, whose columns
 * are then those of the schema, before hr_reader_columns. With a unique column the reader works in one thread, whatever
 * option threads says. The reader keeps a reference. */
HR_API hr_status hr_reader_schema(hr_reader *reader, hr_schema *schema, bool values, hr_error *err) HR_MUST_CHECK;

/* Whether column `column` (from 0) of the reader's schema has been in no row so far, and so is null in all of them: of
 * CSV, whether it is not among the input's columns, of NDJSON, whether no record given out had the member; false where
 * nothing is known: no schema, nothing read. A column that is not `required` may be absent, and a reader says nothing
 * of its own: ask at the end of the input. */
HR_API bool hr_reader_absent(const hr_reader *reader, size_t column);

/* Reads all that is left of the input and gives the narrowest schema that holds every accepted row: what is not needed
 * to hold them is not declared. Empty columns are text. */
HR_API hr_status hr_reader_infer(hr_reader *reader, hr_schema **out, hr_error *err) HR_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
