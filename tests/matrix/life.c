/* life.c: one ledger and one destination: the same command over as many processes as it takes, and what must be true in
 * the end: every row once, and an account that holds. */
#include "tests/matrix/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void matrix_life_open(matrix_life *life, const matrix_pair *pair, const char *name, bool proxied)
{
    const matrix_place *place = pair->place;
    *life = (matrix_life){.pair = pair, .name = crash_text("%s", name)};
    life->folder = crash_text("%s/%s", place->scratch, name);
    life->ledger = crash_text("%s/l.db", life->folder);
    life->zone = crash_text("%s/zone", life->folder);
    life->log = crash_text("%s/log", life->folder);
    life->segment = crash_text("--segment-rows=%zu", pair->segment_rows);
    crash_make_folder(life->folder);
    matrix_destination_make(life);
    life->from = matrix_source_uri(place, pair->source, proxied);
    life->to = matrix_destination_uri(life, proxied);
    const char *const words[] = {place->program, "ingest",     life->from, "--to",     life->to,
                                 "--ledger",     life->ledger, "--name",   life->name, life->segment};
    const char *const merge[] = {"--key", "id", "--mode", "merge"};
    size_t count = 0;
    for (size_t i = 0; i < CRASH_COUNT(words); i++)
        life->words[count++] = words[i];
    for (size_t i = 0; pair->to == TO_MERGE && i < CRASH_COUNT(merge); i++)
        life->words[count++] = merge[i];
    life->words[count] = NULL;
}

crash_end matrix_life_run(matrix_life *life, crash_launch launch)
{
    launch.words = life->words;
    launch.log = life->log;
    return crash_run(&launch);
}

/* All landed, some of it rejected, or nothing to do. */
bool matrix_is_done(int code)
{
    return code == 0 || code == 3 || code == 4;
}

void matrix_show_log(const char *path)
{
    crash_bytes text = {0};
    if (crash_read_file(path, &text) && text.size)
        printf("  it said: %s%s", text.size > 1500 ? "... " : "",
               text.data + (text.size > 1500 ? text.size - 1500 : 0));
    free(text.data);
}

/* ---- the account ----------------------------------------------------------------------------------------------- */

static void look_at_account(const matrix_life *life, const char *after)
{
    const matrix_source *source = life->pair->source;
    crash_book book;
    if (!crash_check(crash_book_take(life->ledger, life->folder, &book), "%s: after %s the ledger can be read",
                     life->name, after))
        return;
    size_t rows = source->all.count;
    bool merge = life->pair->to == TO_MERGE;
    crash_check(book.accounts_broken == 0, "%s: after %s every account holds", life->name, after);
    crash_check(book.loaded + book.duplicate == rows && (merge || !book.duplicate),
                "%s: after %s the ledger counts %llu loaded and %llu duplicate of %zu", life->name, after,
                (unsigned long long)book.loaded, (unsigned long long)book.duplicate, rows);
    crash_check(book.rejected == source->input.bad.count && book.rejects.count == book.rejected,
                "%s: after %s %llu rejected and %zu kept of %zu", life->name, after, (unsigned long long)book.rejected,
                book.rejects.count, source->input.bad.count);
    crash_check(book.skipped == source->input.skipped, "%s: after %s %llu skipped of %llu", life->name, after,
                (unsigned long long)book.skipped, (unsigned long long)source->input.skipped);
    crash_check(book.unpublished == 0, "%s: after %s every receipt is published", life->name, after);
    crash_check(!strcmp(book.status, "COMPLETED") || !strcmp(book.status, "PARTIALLY_COMPLETED"),
                "%s: after %s the job is %s", life->name, after, book.status);
    crash_book_clear(&book);
}

/* The number of that name in a line of JSON. */
static unsigned long long number_of(const char *line, const char *name)
{
    char *quoted = crash_text("\"%s\":", name);
    const char *at = strstr(line, quoted);
    unsigned long long number = at ? strtoull(at + strlen(quoted), NULL, 10) : 0;
    free(quoted);
    return number;
}

/* What the program itself says of its jobs. */
static void look_at_jobs(const matrix_life *life, const char *after)
{
    crash_bytes text = {0};
    matrix_ask(&text, "'%s' jobs --json --ledger '%s'", life->pair->place->program, life->ledger);
    unsigned long long loaded = 0;
    for (char *rest = text.data, *line; (line = strsep(&rest, "\n"));) {
        if (!*line)
            continue;
        loaded += number_of(line, "loaded");
        crash_check(number_of(line, "read") == number_of(line, "loaded") + number_of(line, "duplicate") +
                                                   number_of(line, "rejected") + number_of(line, "skipped"),
                    "%s: after %s the account of this job holds: %s", life->name, after, line);
        crash_check(strstr(line, "COMPLETED\"") != NULL, "%s: after %s this job came to its end: %s", life->name, after,
                    line);
    }
    crash_check(loaded > 0, "%s: after %s headrace jobs --json tells of rows", life->name, after);
    free(text.data);
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

void matrix_life_settle(matrix_life *life, bool ended, const char *after)
{
    const matrix_source *source = life->pair->source;
    if (!ended) {
        crash_end end = matrix_life_run(life, (crash_launch){0});
        if (!crash_check(matrix_is_done(end.exit), "%s: after %s the command ends with exit %d, signal %d", life->name,
                         after, end.exit, end.signal))
            matrix_show_log(life->log);
    }
    crash_texts rows = {0}, expected = {0};
    char *what = crash_text("%s (%s to %s): rows after %s", life->name, matrix_from_name(source->from),
                            matrix_to_name(life->pair->to), after);
    matrix_destination_rows(life, &rows);
    crash_texts_copy(&expected, life->pair->to == TO_MERGE ? &source->last : &source->all);
    crash_texts_same(&rows, &expected, what);
    crash_texts_clear(&rows);
    crash_texts_clear(&expected);
    look_at_account(life, after);
    look_at_jobs(life, after);
    free(what);
}

void matrix_life_close(matrix_life *life, matrix_tally *tally)
{
    const matrix_source *source = life->pair->source;
    tally->lives++;
    tally->rows = life->pair->to == TO_MERGE ? source->last.count : source->all.count;
    if (crash_broken() == 0)
        crash_remove(life->folder);
    free(life->name);
    free(life->folder);
    free(life->ledger);
    free(life->zone);
    free(life->log);
    free(life->from);
    free(life->to);
    free(life->segment);
    *life = (matrix_life){0};
}
