/* scripted.h: a source and a destination whose every step, and every failure, a test decides. They stand for servers
 * only where the runner itself is tested: what it does when they fail at the worst moment. */
#ifndef HR_TESTS_RUNNER_SCRIPTED_H
#define HR_TESTS_RUNNER_SCRIPTED_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/job/run.h"

#define PARTS 3u
#define TABLE_ROWS 200000u

/* ---- what a test says beforehand, and sees afterwards -------------------------------------------------------- */

typedef struct script {
    /* source */
    uint64_t records;        /* in all, dealt to the parts in turn */
    uint64_t read_most;      /* records a read gives, at most; 0: as many as fit */
    uint64_t again_every;    /* HR_AGAIN before every so many reads; 0: never */
    uint64_t flush_at;       /* HR_FLUSH once before this record; 0: never */
    uint64_t read_fails_at;  /* a retryable error once before this record; 0: never */
    uint64_t read_breaks_at; /* another error, every time */
    bool whole;              /* it says where it stands at its end only */
    bool blank;              /* every tenth record is an empty line */
    /* destination */
    unsigned write_fails, prepare_fails, open_fails; /* so many times, retryable */
    unsigned lost;                                   /* publishes that roll back and say so */
    unsigned ambiguous;                              /* publishes that commit and then fail */
    unsigned torn;       /* publishes that do not commit and fail: only the next one knows that it is lost */
    bool finish_fails;   /* once */
    unsigned signals;    /* that come while the second segment is prepared; it hangs until it is interrupted when there
                            are two */
    bool signal_opening; /* one comes while it is opened for the rows, which hangs until it is interrupted */
    bool stands_nowhere; /* it is another one, which has nothing of the source */
    uint64_t refuse_every; /* rows whose number is a multiple; 0: none */
    uint64_t duplicate_every;
} script;

typedef struct seen {
    uint32_t table[TABLE_ROWS]; /* how often each record is in the destination */
    uint64_t rows;
    uint64_t valued;                 /* rows that came with their number as a value */
    char at[PARTS][HR_POSITION_MAX]; /* committed in the destination */
    struct {
        char source[200], at[HR_POSITION_MAX];
    } files[8]; /* the same of others than the topic, by what the destination knows them as */
    uint64_t acknowledged[PARTS];
    unsigned drops; /* events RowCountDropped */
    unsigned opens, source_opens, commits, finishes, refused, reconnects;
    unsigned most_segments; /* that waited at the same time */
    uint64_t generation;
} seen;

extern script plan_of_test;
extern seen seen_by_test;

extern const hr_connectors scripted_connectors;
extern const hr_source_type scripted_source_type; /* scripted_source.c */
extern const hr_sink_type scripted_sink_type;     /* scripted_sink.c */
extern const char *const scripted_parts[PARTS];
extern hr_run *scripted_running;                          /* that a signal reaches */
hr_status scripted_gone(hr_error *err, const char *what); /* a retryable error */

/* A folder of its own for a test, with the path of a ledger in it; scripted_end removes it. */
void scripted_begin(char ledger[64]);
void scripted_end(const char *ledger);
/* A CSV file "in.csv" beside the ledger: a header, then `records` numbers, each `every`-th twice (0: none). */
void scripted_input(const char *ledger, uint32_t records, uint32_t every, char path[80]);

/* A run over a ledger at `ledger`, with options "key=value" up to NULL. */
hr_status scripted_run(const char *ledger, const char *const *options, const char *source, hr_run_summary *summary,
                       hr_error *err);
/* The same for hr_run_retry; `rows` may be NULL. */
hr_status scripted_retry(const char *ledger, const char *const *options, const char *job, const char *rows,
                         hr_run_summary *summary, hr_error *err);
/* The same for hr_run_abandon. */
hr_status scripted_abandon(const char *ledger, const char *job, hr_run_summary *summary, hr_error *err);
/* Every record that was not refused or given way is in the destination once. */
void scripted_check(uint64_t records);

#endif
