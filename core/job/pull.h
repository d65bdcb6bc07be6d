/* pull.h: a job that reads a source (a query, a topic) rather than an object of a drop: what it gives is fed to a
 * reader, and where it stands is moved part by part. */
#ifndef HR_CORE_JOB_PULL_H
#define HR_CORE_JOB_PULL_H

#include "core/job/work.h"

#define HR_SOURCE_ID_MAX 1024u

/* Where a part stood at the last commit, as far as anybody asked. */
typedef struct hr_pulled_part {
    char name[HR_PART_NAME_MAX];
    char at[HR_POSITION_MAX];
    char ahead[HR_POSITION_MAX]; /* behind the segments that wait for their commit; `at` when there are none */
} hr_pulled_part;

struct hr_moved_part {
    char name[HR_PART_NAME_MAX];
    char before[HR_POSITION_MAX], after[HR_POSITION_MAX];
};

typedef struct hr_pull {
    hr_work *work;
    const hr_source_type *type;
    void *state;         /* NULL: not open */
    hr_options *options; /* of the source */
    char *uri;           /* without what is in the options */
    char id[HR_SOURCE_ID_MAX];
    hr_source_plan plan;
    hr_source_facts facts;
    uint8_t *room;
    uint64_t given; /* bytes behind the last batch that was taken */
    uint64_t read;  /* bytes that were fed to the reader */
    bool finished;  /* there is no more */
    hr_pulled_part *parts;
    size_t part_count, part_capacity;
    hr_moves moves;    /* of the commit at work */
    uint64_t commits;  /* that moved something */
    uint64_t promised; /* the number of the last one that waits; 0: none does */
} hr_pull;

/* Options and identity of the source; nothing is connected to. `uri` is copied. */
hr_status hr_pull_new(hr_run *run, const hr_source_type *type, const char *uri, hr_pull **out,
                      hr_error *err) HR_MUST_CHECK;
void hr_pull_free(hr_pull *pull);
/* What a source is called whose URI has all its options. */
hr_status hr_pull_identify(const hr_source_type *type, const char *uri, char id[HR_SOURCE_ID_MAX],
                           hr_error *err) HR_MUST_CHECK;
/* Whether a job read the same source, whatever hosts and details its URI had. */
bool hr_pull_same(const hr_pull *pull, const hr_job *job);
/* Connects, and makes work->reader read what the source gives. */
hr_status hr_pull_open(hr_pull *pull, hr_error *err) HR_MUST_CHECK;
/* Drops source and reader; what was not committed is forgotten. */
void hr_pull_close(hr_pull *pull);
/* The columns, once enough was read to know them. */
hr_status hr_pull_columns(hr_pull *pull, const char *const **names, size_t *count, hr_error *err) HR_MUST_CHECK;
/* The next batch. HR_AGAIN: nothing just now. HR_FLUSH: commit first. HR_END. */
hr_status hr_pull_next(hr_pull *pull, hr_batch **out, hr_error *err) HR_MUST_CHECK;
/* The reject with what the source knows of its place. *room holds what the result points to; free it. */
hr_status hr_pull_reject(hr_pull *pull, const hr_reject *reject, hr_reject *out, char **room,
                         hr_error *err) HR_MUST_CHECK;

/* ---- moves.c ----------------------------------------------------------------------------------------------------- */

/* Part `name` as it stands now: what another consumer of the group has committed meanwhile counts, so the ledger is
 * asked each time. *out lives until the next call. */
hr_status hr_pull_part(hr_pull *pull, const char *name, hr_pulled_part **out, hr_error *err) HR_MUST_CHECK;
/* What the parts that moved since the last commit, or the last segment that waits for one, stand at behind all batches
 * that were taken: fills pull->moves. */
hr_status hr_pull_moves(hr_pull *pull, hr_position *after, hr_error *err) HR_MUST_CHECK;
/* The segment with these moves waits for its commit: what comes moves on from there. */
void hr_pull_promise(hr_pull *pull, const hr_moves *moves);
void hr_moves_free(hr_moves *moves);
/* The commit of these moves is durable: they are remembered, and the source is told. */
hr_status hr_pull_acknowledge(hr_pull *pull, hr_error *err) HR_MUST_CHECK;

#endif
