/* simd.h: the kernels. One contract, an oracle in plain C, one small file per instruction set.
 *
 * A kernel is pure: no allocation, no globals, no read past the caller's length (and no write past the stated room),
 * the same output on every machine. The scalar table is the oracle: it defines the answer.
 */
#ifndef HR_SIMD_H
#define HR_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simd/rows.h"

/* Largest window of a CSV index: offsets up to size + 1 must fit into 16 bits. */
#define HR_WINDOW_MAX 65534u
/* Entries beyond the count that a kernel may write to in each output array (vector stores overshoot). */
#define HR_INDEX_SLACK 128u

/* The bytes with a meaning. HR_SYNTAX_NONE for one that is not used. */
#define HR_SYNTAX_NONE (-1)
typedef struct hr_csv_syntax {
    int delimiter, quote, escape, comment;
    bool strays; /* a quote in an unquoted field is data like any other byte, and marks nothing */
} hr_csv_syntax;

/* State of the lexer between two bytes. */
typedef enum hr_csv_state {
    HR_CSV_RECORD_START = 0, /* behind a newline, or at the beginning */
    HR_CSV_FIELD_START,      /* behind a delimiter */
    HR_CSV_UNQUOTED,         /* in an unquoted field, or behind the damage of a quoted one */
    HR_CSV_QUOTED,           /* between quotes */
    HR_CSV_QUOTE_SEEN,       /* behind a quote in a quoted field: its end, or the first half of a doubled quote */
    HR_CSV_ESCAPE_UNQUOTED,  /* behind an escape byte in (or at the start of) an unquoted field */
    HR_CSV_ESCAPE_QUOTED,    /* behind an escape byte between quotes */
    HR_CSV_COMMENT,          /* in a comment line */
} hr_csv_state;

/* The language, state by state ("newline" = LF, CR, or CRLF as one, ended by its last byte; a CR that is the last byte
 * of the data given is a newline by itself: the caller never ends a window between CR and LF):
 *   RECORD_START  comment byte -> COMMENT; else as FIELD_START
 *   FIELD_START   quote -> QUOTED; escape -> ESCAPE_UNQUOTED; delimiter, newline: separator; else -> UNQUOTED
 *   UNQUOTED      escape -> ESCAPE_UNQUOTED; delimiter, newline: separator; a quote is data and marks the record
 *                 stray_quote, unless `strays` is set; else stays
 *   QUOTED        quote -> QUOTE_SEEN; escape -> ESCAPE_QUOTED; else stays (delimiters and newlines are data)
 *   QUOTE_SEEN    quote -> QUOTED (a doubled quote); delimiter, newline: separator; else the record is marked
 *                 after_quote, and -> as UNQUOTED (an escape byte here also leads to ESCAPE_UNQUOTED)
 *   ESCAPE_*      any byte is data -> UNQUOTED or QUOTED
 *   COMMENT       newline: separator that ends the record, which is marked comment; else stays
 * A delimiter leads to FIELD_START, a newline outside quotes to RECORD_START. The CR of a CRLF is neither data nor a
 * separator: the separator is its LF (in QUOTED it is data). The escape byte wins over quote when both are the same. An
 * escape before CRLF covers the CR only. */

/* What the exact lexer notes about a record, beside its separators. */
typedef enum hr_csv_mark_kind {
    HR_MARK_AFTER_QUOTE = 1, /* bytes between a closing quote and the next separator; `offset` is the first of them */
    HR_MARK_STRAY_QUOTE = 2, /* a quote in an unquoted field; `offset` is the first one of the record */
    HR_MARK_COMMENT = 3,     /* the record is a comment line; `offset` is its first byte */
} hr_csv_mark_kind;

typedef struct hr_csv_mark {
    uint32_t row;    /* ordinal of the record in the window: how many row_ends stood before it */
    uint32_t offset; /* in the window */
    hr_csv_mark_kind kind;
} hr_csv_mark;

/* The index of a window, appended to by kernels. The caller provides room for HR_WINDOW_MAX + 2 + HR_INDEX_SLACK
 * entries in begins and row_ends, and sets begins[0] = 0, begin_count = 1 for a fresh window. */
typedef struct hr_csv_index {
    uint16_t *begins;   /* offset behind each separator, in order; begins[0] is the start of the window */
    uint16_t *row_ends; /* for each record-ending separator, the ordinal k of its begins[k] entry */
    uint32_t begin_count;
    uint32_t row_count;
    uint32_t kept_newlines; /* those between quotes (or escaped), a CRLF as one or two; others end records */
    bool seen_cr;           /* some CR stands in the window (any state) */
} hr_csv_index;

/* For records that all have the same number of fields: the places within them that are wanted. Filled by
 * hr_csv_cuts_set.
 */
#define HR_CUTS_DENSE 64u
typedef struct hr_csv_cuts {
    uint32_t columns;   /* fields of a record, at least 2 */
    uint32_t count;     /* less than `columns`; one less: all places */
    const uint32_t *at; /* [count] rising, 0 < at < columns: behind so many separators of a record */
    /* For the kernels, up to HR_CUTS_DENSE columns: of the separators behind the first o of a record, bit i: the one
     * with ordinal i is wanted (or ends a record), ends a record. */
    uint64_t wanted[HR_CUTS_DENSE], ends[HR_CUTS_DENSE];
} hr_csv_cuts;

/* What csv_cuts saw in data[0, size), beside the records that it gave: these may end before. */
typedef struct hr_csv_cuts_found {
    size_t size;
    uint32_t kept_newlines; /* as in hr_csv_index */
    bool cr, quotes;        /* some CR, quote stands in it */
    bool utf8;              /* the records that were given are UTF-8; may be false where only what follows is not */
    bool alike;             /* all of the text was looked at, and no record is unlike the others */
} hr_csv_cuts_found;

/* Result of counting. */
typedef struct hr_csv_tally {
    uint64_t rows;     /* record-ending separators, blank and comment lines among them */
    uint64_t blanks;   /* of these, records of no bytes at all (a newline at RECORD_START) */
    uint64_t comments; /* of these, comment lines (vector kernels stop before one) */
    size_t last_end;   /* offset behind the last record-ending separator; only written when there was one */
    bool seen_row;     /* last_end was written */
    bool seen_damage;  /* bytes stand behind a closing quote (vector kernels: never set, they stop before them) */
} hr_csv_tally;

/* Largest window of NDJSON: offsets up to its size must fit into 16 bits, and a block beyond them. */
#define HR_JSON_WINDOW_MAX 65472u

/* What is wanted of a window of NDJSON. */
typedef struct hr_json_wants {
    uint32_t depth;        /* deepest nesting that is sound */
    bool keys;             /* whether keys[] is to be filled */
    uint16_t lengths[4];   /* with keys of these lengths ... */
    uint32_t length_count; /* ... or, when 0, all; keys of other lengths may be given too */
    size_t ahead;          /* how far behind each byte there are others that will be read soon and are asked for */
} hr_json_wants;

/* A window of NDJSON, as tokens: opening quotes, { } [ ] : , outside of strings, the first byte of anything else that
 * is not white space, and line feeds. Each array but the last two has room for HR_JSON_WINDOW_MAX + HR_INDEX_SLACK
 * entries, and these for a bit each. */
typedef struct hr_json_index {
    uint8_t *kinds;       /* the byte of each token */
    uint16_t *offsets;    /* where it stands */
    uint16_t *line_ends;  /* the line feeds, as ordinals of tokens */
    uint16_t *key_tokens; /* members of the outermost object of a line that may be wanted: ordinals of their names */
    uint16_t *scratch;
    uint64_t *doubted; /* bit l: line l may not be sound, and nothing is known of it but its end */
    uint64_t *loose;   /* bit l: line l has a name with escapes, or white space between a name and its colon: key_tokens
                          does not give the line's wanted members */
    uint32_t tokens, lines, keys;
} hr_json_index;

typedef struct hr_kernels {
    const char *name; /* "scalar" "sse42" "avx2" "avx512" "neon" */

    /* Lexes data[from, size) beginning in *state and appends its separators to *index. Returns where it stopped, with
     * *state set for that offset: `size`, or a place from which the exact lexer must take a stretch. For vector kernels
     * that is the start of the first 64-byte block (counted from `from`) that they cannot vouch for: a quote that
     * neither opens nor closes a field (unless it is in an unquoted one, and `strays` set), bytes behind a closing one,
     * a comment line, an escape dialect, a state that they do not know. For the scalar kernel it is the first byte that
     * marks its record. size <= HR_WINDOW_MAX. */
    size_t (*csv_index)(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from, size_t size,
                        hr_csv_index *index);
    /* Lexes data[0, size) from the start of a record as far as all records have cuts->columns fields and csv_index
     * would vouch for them. begins[0] = 0; cuts->count + 1 entries follow for each record: where its wanted places are,
     * and its end. Returns how many records; what follows their entries is written to as by csv_index. A last record
     * without its newline is not taken. NULL where the set of instructions has nothing to gain by it. */
    uint32_t (*csv_cuts)(const hr_csv_syntax *syntax, const hr_csv_cuts *cuts, const uint8_t *data, size_t size,
                         uint16_t *begins, hr_csv_cuts_found *found);
    /* The same walk as that of csv_index, counting only; any size. Vector kernels stop as csv_index does where strays
     * is set, the scalar one never. */
    size_t (*csv_count)(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from, size_t size,
                        hr_csv_tally *tally);
    /* Offset of the first byte that does not begin a well-formed UTF-8 sequence (Unicode table 3-7), or size. */
    size_t (*utf8_valid)(const uint8_t *data, size_t size);
    /* Offset of the first byte >= 0x80, or size. */
    size_t (*ascii_prefix)(const uint8_t *data, size_t size);
    /* Physical newlines (LF, CR, CRLF as one; a final CR counts). */
    uint64_t (*newlines)(const uint8_t *data, size_t size);
    /* Offset of the first byte equal to one of the four, or size. */
    size_t (*find4)(const uint8_t *data, size_t size, uint8_t a, uint8_t b, uint8_t c, uint8_t d);
    /* Decodes a single-byte encoding to UTF-8, up to the end or to a character that does not fit; how many bytes it
     * took. `high`: the code points of 0x80 to 0xFF, none of them a surrogate; 0: not one of its bytes, it becomes
     * 0xFF. */
    size_t (*decode_single)(const uint16_t high[128], const uint8_t *in, size_t size, uint8_t *out, size_t capacity,
                            size_t *got);
    /* The same for UTF-16, up to a surrogate too; of whole units. */
    size_t (*decode_utf16)(const uint8_t *in, size_t size, bool big_endian, uint8_t *out, size_t capacity, size_t *got);
    /* Renders rows from `from` up to `to` as lines of CSV, in the least quoting, at *out, which is moved behind them.
     * Returns where it stopped: at a row with an unquoted field that needs quotes, one that is not well-formed, or one
     * that is guarded. What lies behind *out, as far as the rows can be long at most and HR_ROWS_SLACK, is written to.
     */
    size_t (*csv_rows)(const hr_rows *job, size_t from, size_t to, uint8_t **out);
    /* The same as objects of JSON, without escapes where none are needed. It stops at a row with a field that is not
     * well-formed, or not of its column's form. */
    size_t (*json_rows)(const hr_rows *job, size_t from, size_t to, uint8_t **out);
    /* The same as lines of the text format of PostgreSQL's COPY: tabs between values, \N for null, a backslash before
     * what would be syntax. It stops at a row with a field that is not well-formed, has a NUL byte, or is doubted. */
    size_t (*copy_rows)(const hr_rows *job, size_t from, size_t to, uint8_t **out);
    /* Tokens of NDJSON (core/json/scan.h has the language). The last line may lack its line feed: one is made up, with
     * an offset of `size`. A line that is not doubted is sound; the exact walk judges the others. The scalar kernel
     * doubts all lines and gives no tokens but their ends. 0 < size <= HR_JSON_WINDOW_MAX; `doubted` and `loose` are
     * all zeros before (and may have bits behind the last line after). */
    void (*json_index)(const hr_json_wants *wants, const uint8_t *data, size_t size, hr_json_index *index);
} hr_kernels;

/* The exact lexer over one stretch: as the scalar csv_index, and it notes marks: at most one per record and kind, in
 * order, while *mark_count < mark_capacity; when full it stops before the byte that would need one more. It stops
 * early, with begins complete up to there, at the first offset >= `until` where the state is RECORD_START or
 * FIELD_START (until = size: goes to the end). `record_marks` carries the kinds already noted for the open record (bits
 * 1 << kind) between calls: 0 at a record's start. */
size_t hr_csv_index_exact(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from,
                          size_t until, size_t size, hr_csv_index *index, uint32_t *record_marks, hr_csv_mark *marks,
                          size_t mark_capacity, size_t *mark_count);
/* The same for counting: stops at the first offset >= until in RECORD_START or FIELD_START. */
size_t hr_csv_count_exact(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from,
                          size_t until, size_t size, hr_csv_tally *tally);

/* Fills what the kernels need of columns, count and at, which are set. */
void hr_csv_cuts_set(hr_csv_cuts *cuts);

/* All tables of this build, best first, *count of them; whether the CPU can run it is said by hr_kernels_usable. */
const hr_kernels *const *hr_kernels_all(size_t *count);
bool hr_kernels_usable(const hr_kernels *kernels);
/* The table for `name`, or the one this CPU should use (NULL, "auto"). NULL when unknown or not usable here. */
const hr_kernels *hr_kernels_get(const char *name);

#endif
