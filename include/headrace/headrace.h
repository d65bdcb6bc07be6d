/* headrace.h: read CSV and NDJSON by batches.
 *
 * The shape of use, pulling from a URI:
 *
 *     hr_reader *reader;
 *     hr_batch *batch;
 *     hr_error err;
 *     hr_status status = hr_reader_open("orders.csv.gz", NULL, &reader, &err);
 *     while (status == HR_OK && (status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
 *         ... hr_batch_field(batch, row, column) ...
 *         hr_batch_release(batch);
 *     }
 *     hr_reader_close(reader);                              (status is HR_END when all went well)
 *
 * and pushing bytes that the caller has: hr_reader_new, then hr_reader_feed and hr_reader_finish, with
 * hr_reader_next answering HR_AGAIN when it needs more bytes; or handing over all of them at once, where they lie:
 * hr_reader_open_memory, the fastest. All ways give the same batches.
 *
 * Counting: offsets are from 0; rows, lines and columns are from 1.
 * Errors: every function that can fail returns an hr_status, takes a caller-owned hr_error last (which may be
 * NULL), and leaves its other outputs untouched on failure.
 * Threads: no global mutable state. An object is used by one thread at a time, except that batches may be
 * retained and released from any thread.
 * Ownership: _new, _open, _next and _retain give a reference; _close, _free and _release drop it and accept NULL.
 */
#ifndef HEADRACE_HEADRACE_H
#define HEADRACE_HEADRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_VERSION_MAJOR 0
#define HR_VERSION_MINOR 1
#define HR_VERSION_PATCH 0
#define HR_VERSION "0.1.0"

#if defined(__GNUC__)
#define HR_API __attribute__((visibility("default")))
#define HR_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define HR_MUST_CHECK __attribute__((warn_unused_result))
#define HR_ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define HR_API
#define HR_PRINTF(text, first)
#define HR_MUST_CHECK
#define HR_ALWAYS_INLINE static inline
#endif

/* The version of the library that is linked, as "major.minor.patch". A static string. */
HR_API const char *hr_version(void);

/* ---- status and error -------------------------------------------------------------------------------------- */

/* What a call came to. The first four are not errors; hr_status_name gives the name of each as text. */
typedef enum hr_status {
    HR_OK = 0,
    HR_END = 1,            /* there is no more */
    HR_AGAIN = 2,          /* a pushed reader needs more bytes, or to be finished; a source has nothing just now */
    HR_FLUSH = 3,          /* a source wants what it gave to be committed before it goes on */
    HR_E_INVALID = 10,     /* an argument or option that cannot be */
    HR_E_MEMORY = 11,      /* an allocation failed */
    HR_E_IO = 12,          /* the operating system refused a read, a write, a sync, a rename */
    HR_E_SPACE = 13,       /* no room left on a device, or over a quota */
    HR_E_NOT_FOUND = 14,   /* no such object */
    HR_E_EXISTS = 15,      /* an object is there that must not be replaced */
    HR_E_PERMISSION = 16,  /* not allowed */
    HR_E_LIMIT = 17,       /* a declared limit was reached; the text names the option that raises it */
    HR_E_CORRUPT = 18,     /* a compressed stream, a ledger or a log is damaged or cut short */
    HR_E_ENCODING = 19,    /* an encoding is unknown, or bytes do not belong to it */
    HR_E_CHANGED = 20,     /* the input is not the one that was read before */
    HR_E_BUSY = 21,        /* somebody else holds the lease or the lock */
    HR_E_FENCED = 22,      /* our lease was taken over; nothing more may be committed */
    HR_E_REJECTS = 23,     /* more rows were rejected than option max-errors allows */
    HR_E_INTERRUPTED = 24, /* asked to stop */
    HR_E_UNSUPPORTED = 25, /* not in this build */
    HR_E_ACCOUNT = 26,     /* rows are unaccounted for: a defect, and the job has failed */
    HR_E_STATE = 27,       /* the call does not fit the state of the object */
    HR_E_LOST = 28,        /* a transaction was rolled back: what it held was never there */
} hr_status;

/* The value of a position in hr_error or hr_reject that is not known or has no meaning. */
#define HR_UNKNOWN UINT64_MAX

/* An error, owned by the caller. `text` says what was being done, to what, and what can be done about it; it does
 * not repeat the position. Strings are NUL-terminated and cut at a character boundary when too long. */
typedef struct hr_error {
    hr_status status;
    bool retryable;   /* the same call may succeed later without a change of its arguments */
    uint64_t offset;  /* byte offset in the uncompressed input, or HR_UNKNOWN */
    uint64_t row;     /* data record, from 1, or HR_UNKNOWN */
    uint64_t line;    /* physical line, from 1, or HR_UNKNOWN */
    uint64_t column;  /* field within its record, from 1, or HR_UNKNOWN */
    char origin[256]; /* the object concerned (path or URI without secrets), or "" */
    char text[768];
} hr_error;

/* "HR_E_IO" for HR_E_IO and so on; "unknown" for anything else. A static string. */
HR_API const char *hr_status_name(hr_status status);

/* ---- options ----------------------------------------------------------------------------------------------- */

typedef enum hr_option_type {
    HR_OPTION_TEXT,   /* any text */
    HR_OPTION_BYTE,   /* one byte: a character, \t, \0, 0x1F, or none */
    HR_OPTION_CHOICE, /* one of `choices` */
    HR_OPTION_COUNT,  /* a whole number, suffixes k M G (10^3n), Ki Mi Gi (2^10n) */
    HR_OPTION_SIZE,   /* bytes, the same suffixes, an optional B */
    HR_OPTION_TIME,   /* milliseconds; suffixes ms s m h d */
    HR_OPTION_BOOL,   /* yes|no|true|false|1|0 */
} hr_option_type;

/* One row of an option table. Flags, values of URIs, their checks and their reference all come from these. */
typedef struct hr_option {
    const char *key; /* "limits.row_bytes"; the flag is --limits-row-bytes */
    hr_option_type type;
    const char *initial; /* default, in the same syntax; NULL: unset */
    const char *choices; /* "a|b|c" for HR_OPTION_CHOICE, else the placeholder for help, e.g. "NAMES"; may be NULL */
    const char *doc;     /* one sentence or two */
    bool secret;         /* never shown, logged or stored */
} hr_option;

/* A set of options that were given a value. Unknown keys and values of the wrong type are refused when set. */
typedef struct hr_options hr_options;

/* The options of a reader, *count of them. Static. */
HR_API const hr_option *hr_reader_options(size_t *count);

/* A new empty set over the `count` rows of `table`, which must outlive it. */
HR_API hr_status hr_options_new(const hr_option *table, size_t count, hr_options **out, hr_error *err) HR_MUST_CHECK;
/* Copies `value`. HR_E_INVALID names the key, what was given and what would be right. */
HR_API hr_status hr_options_set(hr_options *options, const char *key, const char *value, hr_error *err);
/* The text given for `key`, else its default, else NULL (also for an unknown key). Valid until the next set. */
HR_API const char *hr_options_get(const hr_options *options, const char *key);
/* NULL is fine. */
HR_API void hr_options_free(hr_options *options);

/* A column of a batch as typed values, see schema.h. */
typedef struct hr_vector hr_vector;

/* ---- batches ----------------------------------------------------------------------------------------------- */

/* How a file is written. A byte that is not used is HR_NO_BYTE. */
#define HR_NO_BYTE (-1)
typedef struct hr_dialect {
    int delimiter; /* never HR_NO_BYTE */
    int quote;     /* usually '"' */
    int escape;    /* usually HR_NO_BYTE; '\\' in some: the byte after it is data */
    int comment;   /* usually HR_NO_BYTE; a record that begins with it is skipped */
} hr_dialect;

/* Why a row was rejected. hr_reject_kind_name gives the name. */
typedef enum hr_reject_kind {
    HR_REJECT_QUOTE = 1,    /* E_QUOTE: bytes between a closing quote and the next delimiter */
    HR_REJECT_UNCLOSED = 2, /* E_UNCLOSED: a quote that never closes, or on a later line in front of others */
    HR_REJECT_FIELDS = 3,   /* E_FIELDS: more or fewer fields than the header */
    HR_REJECT_ENCODING = 4, /* E_ENCODING: bytes that the encoding does not have */
    HR_REJECT_SIZE = 5,     /* E_SIZE: longer than limits.row_bytes */
    HR_REJECT_COLUMNS = 6,  /* E_COLUMNS: more fields than limits.columns */
    HR_REJECT_STRICT = 7,   /* E_STRICT: a quote inside an unquoted field, in strict mode */
    HR_REJECT_TYPE = 8,     /* E_TYPE: a value that its column's type does not have */
    HR_REJECT_CHECK = 9,    /* E_CHECK: a value that breaks a declared rule */
    HR_REJECT_SINK = 10,    /* E_SINK: refused by the destination */
    HR_REJECT_JSON = 11,    /* E_JSON: a line that is not one RFC 8259 value */
    HR_REJECT_DEPTH = 12,   /* E_DEPTH: objects and arrays within each other beyond limits.depth */
    HR_REJECT_MEMBERS = 13, /* E_MEMBERS: no object where columns are to be taken, or a member that is no column */
} hr_reject_kind;
HR_API const char *hr_reject_kind_name(hr_reject_kind kind);

/* A row that was not accepted. `raw` holds the record as it stood in the uncompressed input, in the input's own
 * encoding, newline included, whole up to limits.row_bytes (counted in UTF-8). Owned by the batch that reports it. */
typedef struct hr_reject {
    hr_reject_kind kind;
    uint64_t row;    /* data record, from 1 */
    uint64_t line;   /* physical line on which the record begins, from 1 */
    uint64_t offset; /* byte offset of the record in the uncompressed input */
    uint64_t at;     /* byte offset of what is wrong, or HR_UNKNOWN */
    uint64_t column; /* field, from 1, or HR_UNKNOWN: no single one is to blame */
    const uint8_t *raw;
    size_t raw_size;
    const char *message;     /* e.g. "3 fields where the header has 5" */
    const char *column_name; /* of the column to blame, or of a member that is no column; NULL: there is none */
    /* What stands in that column: without its quotes and escapes, or as written where these are the damage. Text as the
     * reader decoded it, UTF-8 unless that is the damage; its first HR_REJECT_VALUE_MAX bytes at most, cut between
     * characters (`value_cut`). NULL: no column is to blame, or it has no value. */
    const uint8_t *value;
    size_t value_size;
    bool value_cut;
} hr_reject;
#define HR_REJECT_VALUE_MAX 256u

/* The value of a column in a record of NDJSON: its JSON text at data + begin, as written. size 0: there is no such
 * member. */
typedef struct hr_span {
    uint32_t begin, size;
} hr_span;

/* A stretch of the input: its accepted rows as flat arrays over the input's own bytes, its rejects, its counts.
 * Batches follow each other without a gap: the sum of their counts is the account of the whole input.
 *
 * The fields of the batch, in the order of the input, are numbered from 0. Field f lies at
 * data + begins[f] up to (not including) data + begins[f + 1] - 1; the byte between is its delimiter or newline.
 * The last field of a row also loses the CR of a CRLF. Row r has the fields from row_first[r] on: `columns` of
 * them, or row_fields[r] where that array is present (option ragged=pad|truncate).
 * hr_batch_field does all this. Fields are as written, with their quotes.
 *
 * Of NDJSON (`cells` is set, `begins` is not): record r lies at data + row_first[r] and is row_size[r] bytes long, its
 * newline and the blanks around it left out; the value of its column c is cells[r * columns + c]. */
typedef struct hr_batch {
    const uint8_t *data;        /* what begins[] is relative to */
    const void *begins;         /* uint16_t[] or uint32_t[], see offset_bytes */
    uint32_t offset_bytes;      /* 2 or 4 */
    uint32_t rows;              /* accepted rows */
    uint32_t columns;           /* columns of the input */
    const uint32_t *row_first;  /* [rows] */
    const uint32_t *row_fields; /* [rows], or NULL: each row has exactly `columns` */
    const uint32_t *row_number; /* [rows]: number of row r is first_row + row_number[r]; NULL: first_row + r */
    const uint64_t *row_offset; /* [rows] byte offsets in the uncompressed input; NULL unless option offsets=yes */
    uint64_t first_row;         /* number of the first record of the stretch, from 1 */
    uint64_t first_line;        /* number of the physical line on which the stretch begins, from 1 */
    const hr_reject *rejects;   /* [rejected] */
    uint64_t read;              /* records and skipped lines in the stretch: rows + rejected + skipped */
    uint64_t rejected;
    uint64_t skipped;         /* blank, comment and preamble lines */
    uint64_t end_offset;      /* byte offset in the uncompressed input just behind the stretch */
    uint64_t end_row;         /* number of the next record */
    uint64_t end_line;        /* number of the physical line that follows */
    const hr_span *cells;     /* NDJSON: [rows * columns], else NULL */
    const uint32_t *row_size; /* NDJSON: [rows], else NULL */
    uint64_t repeated;        /* NDJSON: values of columns that were replaced by a later member of the same name */
    const hr_vector *vectors; /* typed values of the columns of the schema, when hr_reader_schema asked for them */
    const hr_dialect *dialect;
    uint32_t nulls; /* how many further spellings of null were declared */
    uint32_t flags; /* HR_BATCH_ */
} hr_batch;

#define HR_BATCH_MAY_HAVE_CR 1u /* some row may end in CRLF */
#define HR_BATCH_NDJSON 2u      /* the batch holds records of NDJSON */
/* Of NDJSON: nobody chose its columns, so that a record that is written as NDJSON is written as it is. */
#define HR_BATCH_RECORDS 4u

/* A field. `data` is what stands between the quotes, or the whole unquoted field. Where HR_FIELD_ESCAPED is set and the
 * field is quoted, it reaches from behind the opening quote to the end of the field: hr_field_copy knows the rest. */
typedef struct hr_field {
    const uint8_t *data;
    size_t size;
    uint32_t flags; /* HR_FIELD_ */
} hr_field;

#define HR_FIELD_QUOTED 1u  /* it stood in quotes */
#define HR_FIELD_ESCAPED 2u /* it holds doubled quotes or escapes: hr_field_copy gives the value */
/* Unquoted and empty, a declared spelling of null, a missing (padded) field; of NDJSON: null, or no such member. */
#define HR_FIELD_NULL 4u
/* Of NDJSON: with QUOTED, what stands in a string (with ESCAPED, its escapes are JSON's), else the JSON text of a
 * number, true, false, an object or an array. */
#define HR_FIELD_JSON 8u

/* Field `column` (from 0) of row `row` (from 0). Both must be in range. O(size of a quoted field). */
HR_API hr_field hr_batch_field(const hr_batch *batch, size_t row, size_t column);
/* All fields of `rows` rows from `row` on: out[i * columns + column] is where that of row `row + i` lies in the batch's
 * data; of NDJSON a copy of `cells`. Of a quoted field it is what stands between the quotes, doubled quotes and escapes
 * as written. size 0: empty, or missing in a padded row; data[begin] may be read even then. Says nothing of nulls. For
 * passes over all fields: several times faster than a call of hr_batch_field for each. O(fields). */
HR_API void hr_batch_spans(const hr_batch *batch, size_t row, size_t rows, hr_span *out);
/* Visits every field of the batch, row by row, as hr_batch_spans gives them. It is inline, and so is `visit` when it is
 * declared static inline: what comes of both is one loop over begins[], the fastest way through all fields. `text` may
 * be read even when `size` is 0. */
typedef void (*hr_field_visit)(void *context, size_t row, size_t column, const uint8_t *text, size_t size);
HR_ALWAYS_INLINE void hr_batch_visit(const hr_batch *batch, hr_field_visit visit, void *context);
/* Writes the value of `field` to `room` (of at least field.size bytes) and returns its size; never longer than
 * field.size. `dialect` is the batch's. */
HR_API size_t hr_field_copy(hr_field field, const hr_dialect *dialect, uint8_t *room);
/* The record's bytes in the batch (decoded to UTF-8), without its newline. */
HR_API void hr_batch_row(const hr_batch *batch, size_t row, const uint8_t **data, size_t *size);
/* The number of row `row`, from 1, as in hr_reject.row. O(1). */
HR_API uint64_t hr_batch_row_number(const hr_batch *batch, size_t row);

/* One more reference. Returns `batch`. Any thread. */
HR_API hr_batch *hr_batch_retain(hr_batch *batch);
/* Drops a reference; every pointer read from the batch is good until the last one, even after its reader is
 * closed. Any thread. NULL is fine. */
HR_API void hr_batch_release(hr_batch *batch);

/* One of hr_batch_spans. Both must be in range. O(size of a quoted field). */
HR_API hr_span hr_batch_span(const hr_batch *batch, size_t row, size_t column);

/* `context` goes to `visit` alone, so that what it points to can stay in registers. */
HR_ALWAYS_INLINE void hr_batch_visit(const hr_batch *batch, hr_field_visit visit, void *context)
{
    const uint8_t *data = batch->data;
    const int quote = batch->dialect->quote;
    const size_t rows = batch->rows, columns = batch->columns;
    const bool ndjson = (batch->flags & HR_BATCH_NDJSON) != 0, cr = (batch->flags & HR_BATCH_MAY_HAVE_CR) != 0;
    if (ndjson || batch->offset_bytes != 2 || batch->row_fields || batch->dialect->escape != HR_NO_BYTE) {
        for (size_t row = 0; row < rows; row++)
            for (size_t column = 0; column < columns; column++) {
                hr_span span = ndjson ? batch->cells[row * columns + column] : hr_batch_span(batch, row, column);
                visit(context, row, column, data + span.begin, span.size);
            }
        return;
    }
    const uint32_t *row_first = batch->row_first;
    for (size_t row = 0; row < rows; row++) {
        const uint16_t *begins = (const uint16_t *)batch->begins + row_first[row];
        size_t begin = begins[0], column = 0, end;
        /* Behind these there is a delimiter, so that an empty one can be looked at without a branch. */
        for (; column + 1 < columns; column++) {
            const uint8_t *text = data + begin;
            end = begins[column + 1];
            size_t size = end - 1 - begin;
            begin = end;
            if (*text == quote)
                visit(context, row, column, text + 1, size - (size > 1 && data[end - 2] == quote ? 2 : 1));
            else
                visit(context, row, column, text, size);
        }
        end = begins[columns] - (size_t)1;
        end -= cr && end > begin && data[end - 1] == '\r';
        if (begin == end)
            visit(context, row, column, data, 0);
        else if (data[begin] != quote)
            visit(context, row, column, data + begin, end - begin);
        else
            visit(context, row, column, data + begin + 1,
                  end - begin - (end - begin > 1 && data[end - 1] == quote ? 2 : 1));
    }
}

/* ---- readers ----------------------------------------------------------------------------------------------- */

typedef struct hr_reader hr_reader;

/* Opens a path, a file:// URI or "-" (standard input), compressed or not. `options` may be NULL and is not kept.
 * Nothing is read before the first hr_reader_next or hr_reader_columns. */
HR_API hr_status hr_reader_open(const char *uri, const hr_options *options, hr_reader **out,
                                hr_error *err) HR_MUST_CHECK;
/* Reads `size` bytes of memory, compressed or not. Where they are ASCII or UTF-8 as they stand, batches point into them
 * and nothing is copied, so they must stay, unchanged, until the reader is closed and all that came of it was released:
 * batches, and arrays of Arrow. Nothing is read beyond their end. */
HR_API hr_status hr_reader_open_memory(const void *data, size_t size, const hr_options *options, hr_reader **out,
                                       hr_error *err) HR_MUST_CHECK;
/* A reader that is fed by the caller. */
HR_API hr_status hr_reader_new(const hr_options *options, hr_reader **out, hr_error *err) HR_MUST_CHECK;
/* Copies `size` bytes in. Only for readers made by hr_reader_new and not finished. */
HR_API hr_status hr_reader_feed(hr_reader *reader, const void *data, size_t size, hr_error *err) HR_MUST_CHECK;
/* Says that no more bytes will come. */
HR_API hr_status hr_reader_finish(hr_reader *reader, hr_error *err) HR_MUST_CHECK;

/* The next stretch. HR_OK gives a reference in *out; HR_END: all was read; HR_AGAIN: feed or finish; otherwise an
 * error, after which every further call gives the same error. A damaged or cut stream gives all rows before the
 * damage first. */
HR_API hr_status hr_reader_next(hr_reader *reader, hr_batch **out, hr_error *err) HR_MUST_CHECK;

/* Column names in order, *count of them (made unique: `name_2`; empty ones `column_N`). Reads the beginning of
 * the input when that has not happened yet (HR_AGAIN from a pushed reader that needs more). NUL bytes in a name end it.
 * Valid until close. */
HR_API hr_status hr_reader_columns(hr_reader *reader, const char *const **names, size_t *count,
                                   hr_error *err) HR_MUST_CHECK;

/* Asks a reader that is in hr_reader_next, in another thread or a signal handler, to come back with
 * HR_E_INTERRUPTED. Async-signal-safe. */
HR_API void hr_reader_interrupt(hr_reader *reader);
/* Its batches stay good until they are released. NULL is fine. */
HR_API void hr_reader_close(hr_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
