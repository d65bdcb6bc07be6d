/* matrix.h: what the crash matrix's files share: every kind of source into every kind of destination, ended at every
 * step, and read back row for row by programs that are not headrace (psql, kafka_tool, the zone's reader of
 * tests/crash).
 *
 *   source.c        what is read, and what must come of it
 *   destination.c   where it goes, and what is found there
 *   life.c          one ledger, one destination: the same command until it ends, then the comparison
 *   kills.c         SIGKILL at each step, and at any instant
 *   chaos.c         all pairs at once while a server is killed, or connections are cut
 *   matrix.c        who does what, and the table
 *   storm.c         members of one feed that come and go
 */
#ifndef HR_TESTS_MATRIX_H
#define HR_TESTS_MATRIX_H

#include "tests/crash/crash.h"

#include <sys/types.h>

typedef enum matrix_from { FROM_CSV, FROM_NDJSON, FROM_POSTGRES, FROM_KAFKA, FROM_COUNT } matrix_from;
typedef enum matrix_to { TO_ZONE, TO_APPEND, TO_MERGE, TO_KAFKA, TO_COUNT } matrix_to;

#define MATRIX_PAIRS ((size_t)FROM_COUNT * TO_COUNT)
#define MATRIX_COLUMNS 5

/* Where things are: from the environment, as tests/matrix/run.sh makes it. */
typedef struct matrix_place {
    const char *program, *tools, *servers; /* headrace with fault points; kafka_tool and proxy; tests/servers */
    const char *postgres_folder, *kafka_folder;
    const char *postgres_port, *kafka;  /* "PORT", "HOST:PORT" */
    const char *scratch, *prefix;       /* of all names: the database, where tables, topics and groups are this run's */
    char *postgres_proxy, *kafka_proxy; /* the same, through a proxy; NULL: there is none */
} matrix_place;

/* What one kind of source holds. */
typedef struct matrix_source {
    matrix_from from;
    char *path; /* of the file; name of the table or topic */
    crash_input input;
    crash_texts all, last; /* the rows that come of it; of each id, the last one */
} matrix_source;

typedef struct matrix_pair {
    const matrix_place *place;
    const matrix_source *source;
    matrix_to to;
    size_t segment_rows;
} matrix_pair;

typedef struct matrix_life {
    const matrix_pair *pair;
    char *name; /* of feed, table, topic */
    char *folder, *ledger, *zone, *log, *from, *to, *segment;
    const char *words[24];
    bool settled;
} matrix_life;

/* What came of a pair; in memory that processes share. */
#define MATRIX_POINTS 24
typedef struct matrix_tally {
    unsigned lives, kills, instants, servers, cuts;
    unsigned struck[MATRIX_POINTS];
    uint64_t us; /* of an undisturbed run */
    size_t rows, lost, doubled;
    unsigned broken;
} matrix_tally;

/* ---- source.c, destination.c --------------------------------------------------------------------------------- */

matrix_place matrix_place_find(void);
/* What the command says, whole; it must succeed. */
void matrix_ask(crash_bytes *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void matrix_sql(const matrix_place *place, const char *format, ...) __attribute__((format(printf, 2, 3)));
void matrix_source_make(const matrix_place *place, matrix_from from, size_t rows, const char *name, matrix_source *out);
char *matrix_source_uri(const matrix_place *place, const matrix_source *source, bool proxied);
void matrix_destination_make(const matrix_life *life);
char *matrix_destination_uri(const matrix_life *life, bool proxied);
void matrix_destination_rows(const matrix_life *life, crash_texts *rows);
bool matrix_uses_postgres(const matrix_pair *pair);
bool matrix_uses_kafka(const matrix_pair *pair);
const char *matrix_from_name(matrix_from from);
const char *matrix_to_name(matrix_to to);

/* ---- life.c -------------------------------------------------------------------------------------------------- */

void matrix_life_open(matrix_life *life, const matrix_pair *pair, const char *name, bool proxied);
crash_end matrix_life_run(matrix_life *life, crash_launch launch);
bool matrix_is_done(int exit);
/* Runs until the command has done all, which must not take more than one undisturbed process, and compares. */
void matrix_life_settle(matrix_life *life, bool ended, const char *after);
void matrix_life_close(matrix_life *life, matrix_tally *tally);
void matrix_show_log(const char *path);

/* ---- kills.c, chaos.c ---------------------------------------------------------------------------------------- */

/* SIGKILL at every step that the pair has, at least once each, and at `instants` random moments. */
void matrix_kills(const matrix_pair *pair, size_t number, unsigned instants, matrix_tally *tally);
void matrix_print_struck(const matrix_tally *tallies);
/* Whether every step that the pair has was struck; what was not is a broken promise. */
bool matrix_all_struck(const matrix_pair *pair, const matrix_tally *tally);
/* All pairs that use it at once, while the server is killed and started again, `times` times. */
void matrix_server_kills(matrix_place *place, const matrix_source *sources, bool kafka, unsigned times,
                         matrix_tally *tallies);
void matrix_cuts(matrix_place *place, const matrix_source *sources, bool kafka, unsigned seconds,
                 matrix_tally *tallies);

#endif
