/* crash.h: what the crash tests share: inputs with a known truth, a reader of zones and ledgers of its own, processes
 * that are made to end at a chosen point, and trials, which put these together.
 *
 *   support.c   checks, lists of texts, files
 *   input.c     inputs, and what must come of them
 *   zone.c      the rows that a reader of the zone sees, without the library
 *   book.c      what the ledger says, without the library
 *   process.c   running headrace, and ending it
 *   trial.c     one input, one zone, one ledger: invariants after every end, the account after the last
 *   failing.c   preloaded into headrace: its Nth system call kills, fails, or cuts the power
 *   kill.c steps.c power.c changed.c   the tests
 */
#ifndef HR_TESTS_CRASH_H
#define HR_TESTS_CRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRASH_COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- support.c --------------------------------------------------------------------------------------------- */

/* A broken promise is printed and counted; the test goes on. Returns `holds`. */
bool crash_check(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));
unsigned crash_broken(void);
void crash_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void *crash_room(void *old, size_t size); /* realloc that does not fail */
char *crash_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

typedef struct crash_texts {
    char **items;
    size_t count, capacity;
} crash_texts;
void crash_texts_add(crash_texts *list, char *item); /* takes it over */
void crash_texts_copy(crash_texts *to, const crash_texts *from);
void crash_texts_sort(crash_texts *list);
void crash_texts_clear(crash_texts *list);
/* Whether both hold the same texts, each as often; sorts both and prints the first few that differ. */
bool crash_texts_same(crash_texts *found, crash_texts *expected, const char *what);

/* How many were lost and too many so far, over all comparisons. */
void crash_differences(size_t *lost, size_t *extra);

typedef struct crash_bytes {
    char *data; /* a NUL stands behind it */
    size_t size, capacity;
} crash_bytes;
void crash_bytes_add(crash_bytes *bytes, const void *data, size_t size);
void crash_bytes_text(crash_bytes *bytes, const char *text);
bool crash_read_file(const char *path, crash_bytes *out); /* false: it is not there */
void crash_write_file(const char *path, const void *data, size_t size);
void crash_copy_file(const char *from, const char *to); /* passes over what is not there */
void crash_copy_folder(const char *from, const char *to);
void crash_remove(const char *path); /* whatever it is, with all in it */
void crash_make_folder(const char *path);
/* A folder of this process. `fast`: in memory, when there is such a place. The caller frees and removes it. */
char *crash_scratch(bool fast);
uint64_t crash_random(void);
void crash_seed(uint64_t seed);

/* ---- input.c ----------------------------------------------------------------------------------------------- */

typedef enum crash_packing { CRASH_PLAIN, CRASH_GZIP, CRASH_GZIP_MEMBERS, CRASH_ZSTD, CRASH_ZSTD_FRAMES } crash_packing;

typedef struct crash_input {
    size_t rows;
    crash_packing packing;
    bool utf16;
    bool ndjson;
    bool pretty; /* only good rows, one line each, no duplicates */
    /* What comes of it, in the order of the file. A row is its five fields, each followed by \x1F, null as \x1E. */
    crash_texts good;  /* every row that is not rejected */
    crash_texts first; /* of these, the first of each id */
    crash_texts bad;   /* rejected rows as they stand */
    uint64_t skipped;  /* blank lines */
    crash_bytes text;  /* before packing and transcoding */
} crash_input;
#define CRASH_HEADER "id,name,note,amount,comment"

const char *crash_packing_suffix(crash_packing packing);
void crash_input_make(crash_input *input); /* the first four members are given */
void crash_input_write(const crash_input *input, const char *path);
void crash_input_clear(crash_input *input);
void crash_pack(crash_packing packing, const crash_bytes *text, crash_bytes *out);

/* ---- zone.c ------------------------------------------------------------------------------------------------ */

typedef struct crash_segment {
    char *name; /* path below the zone */
    uint64_t size, hash;
    size_t rows;
} crash_segment;

/* What stood in a zone at one moment. */
typedef struct crash_view {
    crash_segment *segments;
    size_t count, capacity;
    crash_texts rows; /* as in crash_input; the lineage's columns are left out, but _row and _offset go with the row */
    crash_texts hidden; /* paths below the zone that begin with a dot */
} crash_view;
/* Reads all that is visible; a segment that is not whole is a broken promise. */
void crash_view_take(const char *zone, crash_view *out);
void crash_view_clear(crash_view *view);
/* Rows of the segment at `path`, whose name ends in .csv.zst and the like, appended to `rows`. False: it is damaged. */
bool crash_segment_rows(const char *path, crash_texts *rows);

/* ---- book.c ------------------------------------------------------------------------------------------------ */

typedef struct crash_book {
    uint64_t jobs, read, loaded, duplicate, rejected, skipped;
    uint64_t accounts_broken; /* jobs whose sum does not hold */
    char status[32];          /* of the newest job */
    char file_state[16];      /* of the newest manifest entry */
    uint64_t keys;            /* length of the key log */
    uint64_t receipts, unpublished, completed_events;
    crash_texts unpublished_names; /* hidden and final name of each, in turns */
    crash_texts published_names;   /* final names */
    crash_texts rejects;           /* row, line, offset, at, column, kind, message, raw, separated by \x1F */
    crash_texts raws;              /* raw alone */
} crash_book;
/* Reads a copy of the ledger, so that looking mends nothing. False: there is none yet, or no tables in it. */
bool crash_book_take(const char *ledger, const char *scratch, crash_book *out);
void crash_book_clear(crash_book *book);

/* ---- process.c --------------------------------------------------------------------------------------------- */

typedef struct crash_launch {
    const char *const *words; /* program first, NULL last */
    const char *fault;        /* HEADRACE_FAULT, or NULL */
    const char *device;       /* HEADRACE_FAULT_DEVICE, or NULL */
    const char *failing;      /* FAILING for failing.so, or NULL */
    int signal;               /* sent after `after_us`, or 0 */
    uint64_t after_us;
    const char *log; /* file for what it says */
} crash_launch;

typedef struct crash_end {
    int exit;   /* status, or -1 */
    int signal; /* that ended it, or 0 */
    uint64_t us;
    long peak_kib;
} crash_end;
crash_end crash_run(const crash_launch *launch);
/* The library to preload; NULL: no system call can be made to fail. */
void crash_preload(const char *path);

/* ---- trial.c ----------------------------------------------------------------------------------------------- */

typedef struct crash_options {
    const char *key; /* NULL: no deduplication */
    const char *format, *compression;
    const char *segment; /* "--segment-rows=500" */
    const char *more;    /* one more option, or NULL */
    const char *ledger;  /* path in the folder; NULL: l.db */
} crash_options;

typedef struct crash_trial {
    const char *program;
    const crash_input *input;
    crash_options options;
    char *folder; /* with in/, zone/, l.db */
    char *source, *zone, *ledger, *log;
    crash_view seen; /* what was visible after the last end */
    const char *const *words;
    char threads[24]; /* one of the words */
    unsigned ends;    /* of processes, before the last */
} crash_trial;

/* What an undisturbed run gave. */
typedef struct crash_reference {
    crash_texts rows, rejects;
    crash_book book;
    uint64_t us;
} crash_reference;

void crash_trial_open(crash_trial *trial, const char *program, const crash_input *input, const crash_options *options,
                      const char *folder);
/* Processes from now on parse by so many threads; the first ones by one. */
void crash_trial_threads(crash_trial *trial, unsigned threads);
crash_end crash_trial_run(crash_trial *trial, crash_launch launch); /* words and log are filled in */
/* After any end: what is visible is whole, has not changed since, and is what the ledger counts. */
void crash_trial_look(crash_trial *trial, const char *after);
/* After the last end: row for row, reject for reject, nothing hidden, nothing pending, nothing to do. */
void crash_trial_settle(crash_trial *trial, const crash_reference *reference, const char *after);
/* Runs to the end undisturbed and compares with the truth. */
void crash_reference_take(crash_trial *trial, crash_reference *out);
void crash_reference_clear(crash_reference *reference);
void crash_trial_close(crash_trial *trial); /* removes the folder unless a promise was broken in it */

#endif
