/* transcript.h: what a reader says of an input, and what the reference says of it, in one form that can be compared and
 * that people can read; and the ways to run a reader over an input. A broken assumption of the test itself ends the
 * process. */
#ifndef HR_TESTS_REFERENCE_TRANSCRIPT_H
#define HR_TESTS_REFERENCE_TRANSCRIPT_H

#include <stdio.h>
#include <stdlib.h>

#include "core/base/base.h"
#include "core/reader/reader.h"
#include "tests/reference/csv_reference.h"

/* An input: the bytes that a reader gets, and the text that they mean. */
typedef struct sheet {
    const uint8_t *text; /* UTF-8 without a byte-order mark */
    size_t size;
    const uint8_t *raw; /* the same as it is stored */
    size_t raw_size;
    const size_t *raw_of; /* [size + 1] raw offset of each byte of text (of its character); NULL: raw = text + shift */
    size_t shift;         /* byte-order mark */
} sheet;

typedef struct setup {
    reference_options csv;
    bool offsets;         /* rows say where they stand */
    const char *encoding; /* NULL: detect */
    const char *sample;   /* NULL: as it comes */
    const char *fallback; /* encoding_fallback, or NULL */
    bool ndjson;          /* of csv, only row_bytes counts */
    const char *columns;  /* NDJSON: NULL: those of the sample */
    bool strict_members;
    unsigned depth; /* 0: as it comes */
} setup;

typedef enum feeding { FED_WHOLE, FED_BYTES, FED_CUTS, FED_AT, PULLED, MEMORY } feeding;

typedef struct way {
    const char *kernel;
    feeding how;
    uint64_t seed;    /* for FED_CUTS and PULLED */
    size_t piece;     /* longest piece for these; where FED_AT cuts; what MEMORY lends at a time, of one thread */
    unsigned threads; /* 0: one */
    size_t block;     /* what each of several threads takes up at a time */
} way;

/* How far a transcript was when a batch ended. */
typedef struct transcript_mark {
    size_t rows_size, rejects_size;
    uint64_t records, skipped, end_offset, end_row, end_line;
    hr_position position;
} transcript_mark;

typedef struct transcript {
    hr_status status;
    hr_error error;
    hr_buffer names, rows, rejects; /* one line each; bytes as they are */
    uint64_t row_count, rejected, skipped;
    transcript_mark *marks;
    size_t mark_count;
    hr_dialect_guess dialect;
    char encoding[32];
    bool described; /* dialect and encoding are set */
    bool strayed;   /* while it waited for more, the reader's position was not that of its last batch; or batches have
                       gaps */
    bool resumed;
    hr_position begun;
} transcript;

/* Options for a reader; the caller frees them. */
hr_options *setup_options(const setup *s, const char *kernel);
/* Runs a reader over the sheet. With `from`: resumed there with the facts of `before`. */
void transcript_read(const sheet *doc, const setup *s, const way *w, const hr_position *from, const transcript *before,
                     transcript *out);
/* What the reference says, with the width that `reader`, a transcript, found where there is no header. */
void transcript_expect(const sheet *doc, const setup *s, const transcript *reader, reference_result *result,
                       transcript *out);
/* The same of NDJSON, from documents (json.h); faults and their places from the exact walk over lines. *places gets
 * what a batch may end with, an array that the caller frees. */
typedef struct ndjson_place {
    uint64_t offset, row, line;
} ndjson_place;
void transcript_expect_ndjson(const sheet *doc, const setup *s, transcript *out, ndjson_place **places,
                              size_t *place_count);
/* The records and skipped lines of the sheet by hr_reader_count. */
hr_status transcript_count(const sheet *doc, const setup *s, const way *w, uint64_t *records, uint64_t *skipped);
void transcript_free(transcript *t);

/* Says on stderr what differs and returns false. `what` names the comparison. */
bool transcript_same(const transcript *got, const transcript *expected, const char *what);
/* All batches of `got` end where the reference has a place between records, with its numbers. */
bool transcript_places(const transcript *got, const reference_result *result, const sheet *doc, const char *what);
/* `tail` is what `whole` says behind its mark `m`. */
bool transcript_is_tail(const transcript *tail, const transcript *whole, size_t m, const char *what);
/* The sheet's text, options and way, on stderr, so that a failure can be repeated. */
void transcript_show(const sheet *doc, const setup *s, const way *w);

/* Names of the kernels that this CPU can run, the oracle last. */
const char *const *kernel_names(size_t *count);
/* A number below `limit`, the same everywhere. */
size_t random_below(uint64_t *seed, size_t limit);

/* Ends the process when `holds` is false: the test itself cannot go on. */
#define REQUIRE(holds)                                                                         \
    do {                                                                                       \
        if (!(holds)) {                                                                        \
            fprintf(stderr, "%s:%d: the test cannot go on: %s\n", __FILE__, __LINE__, #holds); \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

#endif
