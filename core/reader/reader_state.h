/* reader_state.h: what the files of a reader share. Nothing outside core/reader, core/csv and core/json includes it.
 *
 *   reader/reader.c   life of a reader, next
 *   reader/text.c     filling chunks, and the way through them
 *   reader/position.c where a reader stands, and going on from there
 *   reader/memory.c   reading memory that the caller keeps
 *   reader/start.c    the beginning: a sample, and the language it is in
 *   reader/count.c    counting without batches
 *   reader/parallel.c batches made by several threads
 *   reader/rejects.c  rejects with their raw bytes, and the completion of batches
 *   reader/infer.c    types, from all rows
 *   reader/typed.c    a schema applied to batches
 *   reader/absent.c   columns of the schema that no row has
 *   csv/begin.c       preamble, header
 *   csv/stretch.c     the next stretch of CSV text as a batch
 *   csv/window.c      a window of text -> its index (vector kernel, exact lexer where it stops)
 *   csv/count_threads.c  counting by several threads
 *   csv/cuts.c        a window of records that are all alike -> a batch
 *   csv/rows.c        an index -> accepted rows, rejects and counts
 *   csv/long.c        records longer than a window, and those that never end
 *   csv/fallback.c    rows of another encoding in a UTF-8 input
 *   json/rows.h       NDJSON: its files
 */
#ifndef HR_CORE_READER_STATE_H
#define HR_CORE_READER_STATE_H

#include <stdatomic.h>

#include "core/json/presence.h"
#include "core/reader/config.h"
#include "core/reader/reader.h"
#include "core/rows/batch.h"
#include "core/rows/infer.h"
#include "headrace/schema.h"

#define HR_CHUNK_SIZE ((size_t)256 << 10)

/* An index of a window and the marks of the exact lexer. */
typedef struct hr_csv_scan {
    hr_csv_index index;
    size_t size;        /* of the window */
    hr_csv_state state; /* behind it */
    uint16_t *row_ends; /* [HR_BEGINS_ROOM] */
    hr_csv_mark *marks;
    size_t mark_count, mark_capacity;
    uint32_t record_marks; /* kinds already noted for the open record */
    uint32_t record_row;   /* index.row_count when record_marks was valid */
} hr_csv_scan;

/* A record that did not end within a window. Offsets are relative to the record's start. */
typedef struct hr_csv_long {
    bool open;      /* the record at `begin` goes on */
    size_t scanned; /* bytes lexed so far */
    hr_csv_state state;
    uint32_t *begins; /* [begin_capacity], the first begin_count of them set, never more than limits.columns + 2 */
    size_t begin_count, begin_capacity;
    size_t fields;                   /* separators so far */
    size_t last_begin;               /* start of the field in which the lexer stands */
    size_t after_quote, stray_quote; /* offset of the first, or SIZE_MAX */
    size_t broken;       /* start of a field whose quote closes on a later line in front of other bytes, or SIZE_MAX */
    size_t broken_field; /* ordinal of that field */
    bool comment, cr;
} hr_csv_long;

/* Where a record begins. */
typedef struct hr_csv_place {
    uint64_t raw, text, row, line;
} hr_csv_place;

/* What a reader needs of the language of its input. */
#define HR_LANGUAGE_WHY 200
typedef struct hr_language {
    const char *name;     /* "csv", "ndjson" */
    const char *position; /* what its positions begin with: "csv1" */
    /* Fills reader->dialect (its evidence too) from the sample. `why` says why it is this language, or "". */
    hr_status (*detect)(hr_reader *reader, const uint8_t *text, size_t size, bool whole, const char *why,
                        hr_error *err);
    /* Passes over what is not rows; sets names and columns, unless the reader is resumed: then it has them. */
    hr_status (*begin)(hr_reader *reader, hr_error *err);
    /* One try at the next stretch: HR_OK with *out NULL asks for more text (hr_reader_fill), HR_END: all was given. */
    hr_status (*next)(hr_reader *reader, hr_batch_body **out, hr_error *err);
    /* Adds what the next stretch counts, in any way that comes to the same as next; HR_END. */
    hr_status (*count)(hr_reader *reader, uint64_t *records, uint64_t *skipped, hr_error *err);
    /* For several threads: how many of the `most` bytes at `begin` are whole records that `next` can make into batches
     * by itself, with nothing but them at hand. 0: it cannot be said, the reader must go on serially. */
    size_t (*split)(hr_reader *reader, size_t most);
    /* Makes the language's own state of a view (see parallel.h) of a reader that has begun; may be NULL. `clear` will
     * be called for the view as well. */
    hr_status (*view)(const hr_reader *reader, hr_reader *view, hr_error *err);
    void (*clear)(hr_reader *reader); /* its own state; may be NULL */
} hr_language;
extern const hr_language hr_language_csv, hr_language_ndjson;

struct hr_reader {
    hr_csv_config config;
    hr_stream stream; /* until the input is made */
    bool has_stream, hash, records, restless;
    _Atomic(hr_input *) input; /* for hr_reader_interrupt, which may come while it is made */
    hr_batch_pool *pool;
    atomic_bool interrupted;
    bool finished;             /* fed readers: no more bytes will come */
    bool enough;               /* fed and restless readers: what came so far is all of the sample */
    const uint8_t *memory;     /* of hr_reader_open_memory, or NULL: `stream` reads it, too */
    size_t memory_size, piece; /* piece: how much of it is lent at a time */

    hr_chunk *chunk;
    size_t begin, end; /* text of the chunk that is not yet given out */
    bool eof;
    uint64_t text;      /* text offset of chunk byte `begin` */
    uint64_t raw;       /* raw offset of the same byte */
    uint64_t row, line; /* numbers of the record and the physical line at `begin` */
    hr_csv_place given; /* behind the last batch that was given out, or where the first one begins */
    uint64_t skipped;   /* lines skipped before the first batch, not yet reported */

    const hr_language *language; /* when `detected` */
    bool detected, started;
    uint64_t preamble_left;
    bool passing; /* within a line before the first record that is being passed over */
    hr_dialect_guess dialect;
    hr_csv_syntax syntax;
    char **names; /* [columns] */
    size_t columns;
    hr_position resume_at; /* size 0: from the beginning */
    char resume_encoding[32];

    hr_csv_scan scan;
    hr_csv_cuts *cuts;           /* NULL: windows are not tried that way; of views, lent */
    unsigned cut_wait, cut_vain; /* windows until the next try; doubles in vain ones */
    hr_csv_long record;
    unsigned
        narrow; /* the next window covers HR_WINDOW_MAX >> narrow: where records are broken, little is lexed twice */
    bool force_long;         /* the next record goes through long.c whatever its size */
    hr_batch_body *skipping; /* a rejected record whose physical line has not yet ended */
    hr_decoder *fallback;
    uint64_t fallback_rows;
    uint64_t damaged;             /* text offset up to which records are to be counted by batches */
    uint64_t counted_rejects;     /* see hr_reader_counted_rejects */
    struct hr_json_rows *json;    /* NDJSON: see core/json/ndjson.c */
    hr_schema *schema;            /* of hr_reader_schema, or NULL */
    bool values;                  /* batches are to have vectors */
    bool moved;                   /* hr_reader_next was called */
    struct hr_typing *typing;     /* the schema, when the columns are known; of views, lent */
    struct hr_unique *unique;     /* of its unique columns, if any */
    uint64_t learn_until;         /* number of the first row whose values do not count for these; 0: all do */
    hr_json_presence presence;    /* NDJSON under a schema: which columns some row has had */
    const char **absent;          /* room for hr_reader_describe: names of the schema's columns */
    uint64_t typed_rows;          /* rows that were given out under the schema */
    hr_batch_work work;           /* run NULL: none */
    void *result;                 /* of the work for the batch given last */
    struct hr_parallel *parallel; /* when several threads are at work */
    hr_infer *infer;              /* hr_reader_infer: of what was read so far */
    size_t block;                 /* text that one of several threads takes up at a time */
    hr_error sticky;              /* status != HR_OK: what every further call answers */
};

/* reader.c */
/* Text and raw bytes are the same. Views (parallel.h) have no input, and it is so. */
static inline bool hr_reader_identity(const hr_reader *reader)
{
    return !reader->input || hr_input_identity(reader->input);
}
/* The input, made by the first who needs it. */
hr_status hr_reader_make_input(hr_reader *reader, hr_error *err) HR_MUST_CHECK;

/* text.c */
/* More text behind `end`. HR_OK: there is more, or eof was set. */
hr_status hr_reader_fill(hr_reader *reader, hr_error *err) HR_MUST_CHECK;
/* The raw offset of the text `ahead` bytes behind `begin`. */
hr_status hr_reader_raw(hr_reader *reader, size_t ahead, uint64_t *raw, hr_error *err) HR_MUST_CHECK;
/* Passes over `size` bytes that hold `rows` numbered records and `lines` physical newlines. */
hr_status hr_reader_advance(hr_reader *reader, size_t size, uint64_t rows, uint64_t lines, hr_error *err) HR_MUST_CHECK;
/* How much of data[0, available) a window of at most `most` bytes may cover: a CRLF is never cut, and a CR whose
 * successor is not known yet (unless `final`) stays outside. */
size_t hr_csv_window_size(const uint8_t *data, size_t available, size_t most, bool final);
/* Length of the physical line at data[from..size), newline included; SIZE_MAX when it does not end within size (or
 * ends in a CR whose successor is not known yet and `final` is not set). */
size_t hr_csv_line_end(const uint8_t *data, size_t from, size_t size, bool final);

/* position.c. What hr_reader_position says from now on. */
void hr_reader_settle(hr_reader *reader);

/* memory.c. More text where the caller's memory can be pointed into: *done, or the input must be read. */
hr_status hr_reader_borrow(hr_reader *reader, bool *done, hr_error *err) HR_MUST_CHECK;
/* How much of `room` the input shall fill otherwise: little, where text can most likely be lent behind it. */
size_t hr_reader_sip(const hr_reader *reader, size_t room);

/* start.c */
hr_status hr_reader_start(hr_reader *reader, hr_error *err) HR_MUST_CHECK;

/* typed.c */
hr_status hr_reader_bind(hr_reader *reader, hr_error *err) HR_MUST_CHECK;
void hr_reader_unbind(hr_reader *reader);
/* Applies the schema to a batch that covers the next `used` bytes, while they are at hand. */
hr_status hr_reader_type(hr_reader *reader, hr_batch_body *body, size_t used, hr_error *err) HR_MUST_CHECK;
/* absent.c. Before the first batch under a schema, and for each that is given out. */
hr_status hr_reader_expect(hr_reader *reader, hr_error *err) HR_MUST_CHECK;
void hr_reader_see(hr_reader *reader, const hr_batch *batch);
/* Sets reader->absent; how many there are. */
size_t hr_reader_absentees(hr_reader *reader);

/* count.c. One stretch by way of a batch. */
hr_status hr_reader_count_batch(hr_reader *reader, uint64_t *records, uint64_t *skipped, hr_error *err) HR_MUST_CHECK;

/* begin.c, stretch.c, count.c: CSV. */
hr_status hr_csv_begin(hr_reader *reader, hr_error *err) HR_MUST_CHECK;
hr_status hr_csv_next(hr_reader *reader, hr_batch_body **out, hr_error *err) HR_MUST_CHECK;
size_t hr_csv_split(hr_reader *reader, size_t most);
hr_status hr_csv_count(hr_reader *reader, uint64_t *records, uint64_t *skipped, hr_error *err) HR_MUST_CHECK;
/* What stands in data[0, size), which begins in *state; *state is set for its end. */
void hr_csv_count_text(const hr_reader *reader, const uint8_t *data, size_t size, hr_csv_state *state,
                       hr_csv_tally *out);

/* csv/count_threads.c. Where several threads may try next, and how far apart their tries are. */
typedef struct hr_csv_crew {
    uint64_t text;     /* text offset from which on they may try */
    uint64_t patience; /* blocks that are left to the serial reader before the next try; doubles in vain ones */
} hr_csv_crew;
/* Counts by `threads` threads from where the reader stands, at the start of a record, as far as they can vouch for it,
 * and moves the reader behind that: not at all, when they cannot or it does not pay. */
hr_status hr_csv_count_threads(hr_reader *reader, size_t threads, hr_csv_crew *crew, uint64_t *records,
                               uint64_t *skipped, hr_error *err) HR_MUST_CHECK;

/* json/detect.c. Whether the text is NDJSON rather than CSV; `why` is for people, set when it is. */
hr_status hr_json_detect(const uint8_t *text, size_t size, bool whole, bool *is, char why[HR_LANGUAGE_WHY],
                         hr_error *err) HR_MUST_CHECK;

/* window.c */
hr_status hr_scan_init(hr_csv_scan *scan, hr_error *err) HR_MUST_CHECK;
void hr_scan_clear(hr_csv_scan *scan);
/* Lexes data[0, size) from `state`, which is the start of a record when `fresh` (begins[0] = 0 is then set), appending
 * to begins. */
hr_status hr_scan_window(hr_csv_scan *scan, const hr_kernels *kernels, const hr_csv_syntax *syntax, const uint8_t *data,
                         size_t size, bool fresh, uint16_t *begins, hr_error *err) HR_MUST_CHECK;

/* cuts.c. When the columns are known. */
hr_status hr_csv_cuts_begin(hr_reader *reader, hr_error *err) HR_MUST_CHECK;
/* Whether the next window may be made in the following way. */
bool hr_csv_cuts_try(hr_reader *reader);
/* Makes data[0, size), a window that begins with a record, into the batch as far as its records are alike, and moves
 * the reader behind these. A batch of no lines has moved nothing: the window is to be made in another way,
 * or with more text: *open: it is the beginning of a record in which nothing is amiss yet. */
hr_status hr_csv_cuts_window(hr_reader *reader, hr_batch_body *body, const uint8_t *data, size_t size, bool *open,
                             hr_error *err) HR_MUST_CHECK;

/* rejects.c: what all languages share. */
/* What is wrong with a record, if anything. Offsets are relative to the record's text; SIZE_MAX: nowhere. */
typedef struct hr_csv_verdict {
    hr_reject_kind kind; /* 0: accepted */
    size_t at;
    char message[200];
    const uint8_t *value; /* as in hr_reject, not cut yet; NULL: none */
    size_t value_size;
    const uint8_t *name; /* of what is no column, or NULL */
    size_t name_size;
} hr_csv_verdict;
/* Notes as the value to blame the field that lies at text[0, size), a newline behind it included, where `last` says
 * that it is the last one of its record. Quotes and escapes are removed, unless they are what is wrong; `body` has the
 * room. */
hr_status hr_csv_blame(const hr_reader *reader, hr_batch_body *body, const uint8_t *text, size_t size, bool last,
                       hr_csv_verdict *verdict, hr_error *err) HR_MUST_CHECK;
/* Where the rows of the window begin in the input. */
hr_status hr_rows_note_offsets(hr_reader *reader, hr_batch_body *body, hr_error *err) HR_MUST_CHECK;
/* Adds a reject for the record [begin, end) relative to reader->begin, keeping its raw bytes; `column` from 1. */
hr_status hr_rows_reject(hr_reader *reader, hr_batch_body *body, const hr_csv_verdict *verdict, size_t begin,
                         size_t end, uint64_t column, uint64_t row, uint64_t line, hr_error *err) HR_MUST_CHECK;
/* Completes a batch that covers the next `used` bytes with `records` numbered records and `lines` newlines, and moves
 * the reader behind them. */
hr_status hr_rows_finish(hr_reader *reader, hr_batch_body *body, size_t used, uint64_t records, uint64_t lines,
                         hr_error *err) HR_MUST_CHECK;

/* rows.c */
/* Judges a record by what the lexer saw: fields, first byte that is not UTF-8, first byte behind a closing quote, first
 * stray quote. The first fault in this order counts: encoding, columns, quote, strict, fields. */
void hr_rows_judge(const hr_reader *reader, size_t fields, size_t bad_utf8, size_t after_quote, size_t stray_quote,
                   hr_csv_verdict *verdict);
/* Turns the records of the scan into the batch and moves the reader behind them. It stops before a record that must be
 * dealt with elsewhere: longer than the limit (force_long is set), or to be decoded by the fallback (*fallback: its
 * size, when it is the first one). A batch of no records and no lines has moved nothing. */
hr_status hr_rows_collect(hr_reader *reader, hr_batch_body *body, bool final, size_t *fallback,
                          hr_error *err) HR_MUST_CHECK;

/* long.c */
typedef enum hr_long_outcome { HR_LONG_MORE, HR_LONG_WHOLE, HR_LONG_UNCLOSED, HR_LONG_OVERSIZE } hr_long_outcome;
/* Lexes on in the record at `begin` into reader->record. HR_LONG_WHOLE: *size is its length, newline included. */
hr_status hr_long_lex(hr_reader *reader, hr_long_outcome *outcome, size_t *size, hr_error *err) HR_MUST_CHECK;
/* Forgets the record that was lexed. */
void hr_long_reset(hr_csv_long *record);
/* Works on the record at `begin`. HR_OK with *out set: done with it; HR_OK with *out NULL: more text is needed. */
hr_status hr_long_run(hr_reader *reader, hr_batch_body **out, hr_error *err) HR_MUST_CHECK;

/* fallback.c */
/* The record at `begin`, of `size` bytes, which are not UTF-8, decoded by the fallback encoding. */
hr_status hr_fallback_row(hr_reader *reader, size_t size, hr_batch_body **out, hr_error *err) HR_MUST_CHECK;

/* names.c */
/* Makes `count` names unique in place (heap strings, each may be replaced): empty ones become column_N, repeated ones
 * get _2, _3 ... */
hr_status hr_names_unique(char **names, size_t count, hr_error *err) HR_MUST_CHECK;

#endif
