/* trial.c: one input, one zone, one ledger, and the promises that hold after every end of a process. */
#include "tests/crash/crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void crash_trial_open(crash_trial *trial, const char *program, const crash_input *input, const crash_options *options,
                      const char *folder)
{
    *trial = (crash_trial){.program = program, .input = input, .options = *options, .folder = crash_text("%s", folder)};
    crash_make_folder(folder);
    trial->source = crash_text("%s/t.csv%s", folder, crash_packing_suffix(input->packing));
    trial->zone = crash_text("%s/zone", folder);
    trial->ledger = crash_text("%s/%s", folder, options->ledger ? options->ledger : "l.db");
    trial->log = crash_text("%s/log", folder);
    crash_input_write(input, trial->source);
    const char **words = crash_room(NULL, 24 * sizeof *words);
    size_t count = 0;
    const char *const first[] = {
        program,  "ingest", trial->source, "--to",          trial->zone,  "--ledger",          trial->ledger,
        "--name", "t",      "--write",     options->format, "--compress", options->compression};
    for (size_t i = 0; i < CRASH_COUNT(first); i++)
        words[count++] = first[i];
    crash_trial_threads(trial, 1);
    words[count++] = trial->threads;
    if (options->segment)
        words[count++] = options->segment;
    if (options->key) {
        words[count++] = "--key";
        words[count++] = options->key;
    }
    if (options->more)
        words[count++] = options->more;
    words[count] = NULL;
    trial->words = words;
}

void crash_trial_threads(crash_trial *trial, unsigned threads)
{
    snprintf(trial->threads, sizeof trial->threads, "--threads=%u", threads);
}

crash_end crash_trial_run(crash_trial *trial, crash_launch launch)
{
    launch.words = trial->words;
    launch.log = trial->log;
    crash_end end = crash_run(&launch);
    trial->ends++;
    return end;
}

/* ---- after any end ----------------------------------------------------------------------------------------- */

static const crash_segment *find(const crash_view *view, const char *name)
{
    for (size_t i = 0; i < view->count; i++)
        if (!strcmp(view->segments[i].name, name))
            return &view->segments[i];
    return NULL;
}

static void look_at_segments(crash_trial *trial, crash_view *now, const char *after)
{
    for (size_t i = 0; i < trial->seen.count; i++) {
        const crash_segment *old = &trial->seen.segments[i], *new = find(now, old->name);
        if (crash_check(new != NULL, "after %s: segment %s, once visible, is still there", after, old->name))
            crash_check(new->size == old->size &&new->hash == old->hash,
                        "after %s: segment %s, once visible, is as it was", after, old->name);
    }
    crash_view_clear(&trial->seen);
    trial->seen = *now;
}

static bool contains(const crash_texts *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->items[i], name))
            return true;
    return false;
}

/* Rows that the ledger counts as loaded are visible, or lie whole under the hidden name of a receipt. */
static void look_at_book(const crash_trial *trial, const crash_book *book, const char *after)
{
    const crash_view *view = &trial->seen;
    size_t rows = view->rows.count;
    for (size_t i = 0; i < view->count; i++)
        crash_check(contains(&book->published_names, view->segments[i].name) ||
                        contains(&book->unpublished_names, view->segments[i].name),
                    "after %s: the visible segment %s is in the ledger", after, view->segments[i].name);
    for (size_t i = 0; i < book->published_names.count; i++)
        crash_check(find(view, book->published_names.items[i]) != NULL, "after %s: the published segment %s is visible",
                    after, book->published_names.items[i]);
    for (size_t i = 0; i + 1 < book->unpublished_names.count; i += 2) {
        crash_texts hidden = {0};
        char *path = crash_text("%s%s", trial->zone, book->unpublished_names.items[i]);
        if (!find(view, book->unpublished_names.items[i + 1])) {
            crash_check(crash_segment_rows(path, &hidden), "after %s: the recorded segment %s is whole", after,
                        book->unpublished_names.items[i]);
            rows += hidden.count;
        }
        crash_texts_clear(&hidden);
        free(path);
    }
    crash_check(rows == book->loaded, "after %s: %zu rows are visible or recorded, the ledger counts %llu", after, rows,
                (unsigned long long)book->loaded);
    crash_check(book->accounts_broken == 0, "after %s: every account in the ledger holds", after);
    crash_check(book->rejects.count == book->rejected, "after %s: %zu rejects are kept, %llu counted", after,
                book->rejects.count, (unsigned long long)book->rejected);
    struct stat st;
    char *keys = crash_text("%s.keys/t.keys", trial->ledger);
    uint64_t kept = stat(keys, &st) == 0 && st.st_size >= 64 ? ((uint64_t)st.st_size - 64) / 16 : 0;
    crash_check(kept >= book->keys, "after %s: the key log holds %llu keys, the ledger counts on %llu", after,
                (unsigned long long)kept, (unsigned long long)book->keys);
    free(keys);
}

void crash_trial_look(crash_trial *trial, const char *after)
{
    crash_view now;
    crash_book book;
    crash_view_take(trial->zone, &now);
    look_at_segments(trial, &now, after);
    if (crash_book_take(trial->ledger, trial->folder, &book))
        look_at_book(trial, &book, after);
    else
        crash_check(trial->seen.count == 0, "after %s: without a ledger nothing is visible", after);
    crash_book_clear(&book);
}

/* ---- after the last end ------------------------------------------------------------------------------------ */

static const crash_texts *truth(const crash_trial *trial)
{
    return trial->options.key && strcmp(trial->options.key, "*") ? &trial->input->first : &trial->input->good;
}

static void settle_book(const crash_trial *trial, const crash_book *book, const char *after)
{
    crash_check(book->jobs == 1, "after %s: one job, not %llu", after, (unsigned long long)book->jobs);
    crash_check(!strcmp(book->status, trial->input->bad.count ? "PARTIALLY_COMPLETED" : "COMPLETED"),
                "after %s: the job is %s", after, book->status);
    crash_check(!strcmp(book->file_state, "LOADED"), "after %s: the manifest says %s", after, book->file_state);
    crash_check(book->unpublished == 0, "after %s: every receipt is published", after);
    crash_check(book->completed_events == 1, "after %s: the end was told once, not %llu times", after,
                (unsigned long long)book->completed_events);
    crash_check(!trial->options.key || book->keys == book->loaded, "after %s: %llu keys for %llu rows", after,
                (unsigned long long)book->keys, (unsigned long long)book->loaded);
}

static void settle_again(crash_trial *trial, const char *after)
{
    crash_end end = crash_trial_run(trial, (crash_launch){0});
    crash_check(end.exit == 4, "after %s: once more is nothing to do (exit %d)", after, end.exit);
}

void crash_trial_settle(crash_trial *trial, const crash_reference *reference, const char *after)
{
    static unsigned settled;
    crash_book book;
    crash_trial_look(trial, after);
    if (settled++ % 4 == 0) { /* one in four is proof enough, and costs a process */
        settle_again(trial, after);
        crash_trial_look(trial, "a run with nothing to do");
    }
    crash_check(trial->seen.hidden.count == 0, "after %s: nothing hidden is left over (%s)", after,
                trial->seen.hidden.count ? trial->seen.hidden.items[0] : "");
    crash_texts rows = {0}, expected = {0};
    crash_texts_copy(&rows, &trial->seen.rows);
    crash_texts_copy(&expected, &reference->rows);
    crash_texts_same(&rows, &expected, after);
    crash_texts_clear(&rows);
    crash_texts_clear(&expected);
    if (!crash_check(crash_book_take(trial->ledger, trial->folder, &book), "after %s: the ledger can be read", after))
        return;
    settle_book(trial, &book, after);
    crash_check(book.read == reference->book.read && book.duplicate == reference->book.duplicate &&
                    book.loaded == reference->book.loaded && book.rejected == reference->book.rejected &&
                    book.skipped == reference->book.skipped,
                "after %s: the account is that of an undisturbed run", after);
    crash_texts_copy(&expected, &reference->rejects);
    crash_texts_same(&book.rejects, &expected, "rejects");
    crash_texts_clear(&expected);
    crash_book_clear(&book);
}

void crash_reference_take(crash_trial *trial, crash_reference *out)
{
    crash_end end = crash_trial_run(trial, (crash_launch){0});
    const crash_input *input = trial->input;
    crash_check(end.exit == (input->bad.count ? 3 : 0), "an undisturbed run ends with exit %d", end.exit);
    crash_trial_look(trial, "an undisturbed run");
    *out = (crash_reference){.us = end.us};
    if (!crash_book_take(trial->ledger, trial->folder, &out->book))
        crash_die("the ledger of an undisturbed run");
    crash_texts_copy(&out->rows, &trial->seen.rows);
    crash_texts_copy(&out->rejects, &out->book.rejects);
    if (!trial->options.more || strcmp(trial->options.more, "--lineage")) { /* which adds to the rows */
        crash_texts expected = {0};
        crash_texts_copy(&expected, truth(trial));
        crash_texts_same(&out->rows, &expected, "rows of an undisturbed run against the truth");
        crash_texts_clear(&expected);
    }
    if (!input->utf16) {
        crash_texts expected = {0};
        crash_texts_copy(&expected, &input->bad);
        crash_texts_same(&out->book.raws, &expected, "rejected rows of an undisturbed run against the truth");
        crash_texts_clear(&expected);
    }
    crash_check(out->book.skipped == input->skipped && out->book.duplicate == input->good.count - out->book.loaded,
                "an undisturbed run skips blank lines and counts duplicates");
    settle_book(trial, &out->book, "an undisturbed run");
}

void crash_reference_clear(crash_reference *reference)
{
    crash_texts_clear(&reference->rows);
    crash_texts_clear(&reference->rejects);
    crash_book_clear(&reference->book);
}

void crash_trial_close(crash_trial *trial)
{
    crash_view_clear(&trial->seen);
    if (crash_broken() == 0)
        crash_remove(trial->folder);
    free(trial->folder);
    free(trial->source);
    free(trial->zone);
    free(trial->ledger);
    free(trial->log);
    free((void *)(uintptr_t)trial->words);
    *trial = (crash_trial){0};
}
