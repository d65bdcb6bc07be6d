/* changed.c: changed.c HEADRACE: an input that is not what it was at the checkpoint: written anew, appended to, cut,
 * only touched. It is noticed, nothing of the two contents is mixed, and the same bytes again complete the job. */
#include "tests/crash/crash.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS 12000u

typedef enum change { REWRITTEN, SAME_SIZE, APPENDED, CUT, CUT_DEEP, TOUCHED, REPLACED } change;
static const char *const change_names[] = {"written anew",      "written anew, same size",   "appended to",
                                           "cut at its end",    "cut before the checkpoint", "touched",
                                           "replaced by a copy"};

typedef struct stage {
    const char *program;
    crash_packing packing;
    const char *key;
    crash_input input, other; /* other: the same ids, other notes, as many bytes before packing */
    crash_reference reference, other_reference;
    char *folder;
} stage;

/* The stored bytes of the input after the change. */
static void make_change(const stage *on, change what, const crash_bytes *stored, crash_bytes *out)
{
    crash_bytes other = {0};
    out->size = 0;
    switch (what) {
    case REWRITTEN:
    case SAME_SIZE:
        crash_pack(on->packing, &on->other.text, &other);
        crash_bytes_add(out, other.data, other.size);
        /* Zeros behind a member are padding; a plain text has the size already. */
        while (what == SAME_SIZE && out->size < stored->size)
            crash_bytes_add(out, "\0", 1);
        break;
    case APPENDED: {
        crash_bytes more = {0}, packed = {0};
        crash_bytes_text(&more, "999999,appended,note,1.00,x\n");
        crash_pack(on->packing, &more, &packed);
        crash_bytes_add(out, stored->data, stored->size);
        crash_bytes_add(out, packed.data, packed.size);
        free(more.data);
        free(packed.data);
        break;
    }
    case CUT: crash_bytes_add(out, stored->data, stored->size - 1); break;
    case CUT_DEEP: crash_bytes_add(out, stored->data, 5000); break;
    default: crash_bytes_add(out, stored->data, stored->size);
    }
    free(other.data);
}

static void apply_change(const crash_trial *trial, change what, const crash_bytes *content)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000000000}};
    if (what == REPLACED) {
        char *copy = crash_text("%s.copy", trial->source);
        crash_write_file(copy, content->data, content->size);
        if (rename(copy, trial->source) != 0)
            crash_die("replacing the input");
        free(copy);
    } else if (what != TOUCHED) {
        crash_write_file(trial->source, content->data, content->size);
    }
    if (what == TOUCHED && utimensat(AT_FDCWD, trial->source, times, 0) != 0)
        crash_die("touching the input");
}

static bool said(const crash_trial *trial, const char *what)
{
    crash_bytes log = {0};
    bool found = crash_read_file(trial->log, &log) && strstr(log.data, what);
    free(log.data);
    return found;
}

/* A job with some segments landed, ended at `point`. */
static void begin_job(const stage *on, crash_trial *trial, const char *name, const char *more, const char *point)
{
    char *folder = crash_text("%s/%s", on->folder, name);
    crash_options options = {on->key, "csv", "none", "--segment-rows=500", more, NULL};
    crash_remove(folder);
    crash_trial_open(trial, on->program, &on->input, &options, folder);
    crash_end end = crash_trial_run(trial, (crash_launch){.fault = point});
    crash_check(end.signal == SIGKILL, "the job is killed at %s", point);
    crash_trial_look(trial, point);
    free(folder);
}

/* By default a changed input fails, also when it is tried again; its old bytes complete the job. */
static void fails_until_restored(const stage *on, change what, const char *point)
{
    crash_trial trial;
    crash_bytes stored = {0}, changed = {0};
    char after[128];
    snprintf(after, sizeof after, "%s, killed at %s", change_names[what], point);
    begin_job(on, &trial, "changed", NULL, point);
    crash_read_file(trial.source, &stored);
    make_change(on, what, &stored, &changed);
    apply_change(&trial, what, &changed);
    for (int attempt = 0; attempt < 2; attempt++) {
        crash_end end = crash_trial_run(&trial, (crash_launch){0});
        crash_check(end.exit == 1, "%s: exit %d", after, end.exit);
        crash_check(said(&trial, "has changed") && said(&trial, "ObjectChanged"), "%s: it is said", after);
        crash_trial_look(&trial, after);
        crash_check(trial.seen.hidden.count == 0, "%s: nothing hidden is left", after);
    }
    crash_texts rows = {0};
    crash_texts_copy(&rows, &trial.seen.rows);
    for (size_t i = 0; i < rows.count; i++)
        if ((strstr(rows.items[i], "other") || strstr(rows.items[i], "appended")) &&
            !crash_check(false, "%s: a row of the new content landed", after))
            break;
    crash_texts_clear(&rows);
    crash_write_file(trial.source, stored.data, stored.size);
    crash_end end = crash_trial_run(&trial, (crash_launch){0});
    crash_check(end.exit == 0, "%s: with the old bytes the job goes on (exit %d)", after, end.exit);
    crash_trial_settle(&trial, &on->reference, after);
    free(stored.data);
    free(changed.data);
    crash_trial_close(&trial);
}

/* The same bytes under other marks are the same input. */
static void goes_on(const stage *on, change what, const char *point)
{
    crash_trial trial;
    crash_bytes stored = {0};
    begin_job(on, &trial, "same", NULL, point);
    crash_read_file(trial.source, &stored);
    apply_change(&trial, what, &stored);
    crash_end end = crash_trial_run(&trial, (crash_launch){0});
    crash_check(end.exit == 0, "%s, killed at %s: exit %d", change_names[what], point, end.exit);
    crash_trial_settle(&trial, &on->reference, change_names[what]);
    free(stored.data);
    crash_trial_close(&trial);
}

/* Ids of landed rows, sorted. */
static void take_ids(const crash_texts *rows, crash_texts *ids)
{
    for (size_t i = 0; i < rows->count; i++)
        crash_texts_add(ids, crash_text("%.*s", (int)strcspn(rows->items[i], "\x1F"), rows->items[i]));
    crash_texts_sort(ids);
}

/* --on-change version: what had landed stays, and the new content lands whole, as another job; with a key, without the
 * keys that had landed. */
static void becomes_a_version(const stage *on, change what, const char *point)
{
    crash_trial trial;
    crash_bytes stored = {0}, changed = {0};
    crash_texts expected = {0}, found = {0};
    char after[128];
    snprintf(after, sizeof after, "%s as a version, killed at %s", change_names[what], point);
    begin_job(on, &trial, "version", "--on-change=version", point);
    crash_read_file(trial.source, &stored);
    make_change(on, what, &stored, &changed);
    apply_change(&trial, what, &changed);
    /* Publishes what was recorded, so that it is known what had landed. */
    crash_end end = crash_trial_run(&trial, (crash_launch){.fault = "recover.swept:1:kill"});
    crash_trial_look(&trial, after);
    crash_texts landed = {0};
    crash_texts_copy(&landed, &trial.seen.rows);
    end = crash_trial_run(&trial, (crash_launch){0});
    crash_check(end.exit == 0, "%s: exit %d", after, end.exit);
    crash_trial_look(&trial, after);
    crash_check(trial.seen.hidden.count == 0, "%s: nothing hidden of the first job is left", after);
    crash_texts_copy(&found, &trial.seen.rows);
    crash_texts_copy(&expected, &landed);
    if (!on->key) {
        crash_texts_copy(&expected, &on->other_reference.rows);
        crash_texts_same(&found, &expected, after);
    } else { /* every id once */
        crash_texts all = {0}, ids = {0};
        take_ids(&found, &ids);
        take_ids(&on->other_reference.rows, &all);
        crash_texts_same(&ids, &all, after);
        crash_texts_clear(&all);
        crash_texts_clear(&ids);
    }
    end = crash_trial_run(&trial, (crash_launch){0});
    crash_check(end.exit == 4, "%s: once more is nothing to do (exit %d)", after, end.exit);
    crash_texts_clear(&landed);
    crash_texts_clear(&found);
    crash_texts_clear(&expected);
    free(stored.data);
    free(changed.data);
    crash_trial_close(&trial);
}

/* --on-change quarantine: failed once, then passed over. */
static void is_quarantined(const stage *on)
{
    crash_trial trial;
    crash_bytes changed = {0};
    begin_job(on, &trial, "quarantine", "--on-change=quarantine", "commit.recorded:2:kill");
    make_change(on, REWRITTEN, &changed, &changed);
    apply_change(&trial, REWRITTEN, &changed);
    crash_end end = crash_trial_run(&trial, (crash_launch){0});
    crash_check(end.exit == 1 && said(&trial, "quarantined"), "a changed input is quarantined (exit %d)", end.exit);
    crash_trial_look(&trial, "quarantine");
    end = crash_trial_run(&trial, (crash_launch){0});
    crash_check(end.exit == 4, "what is quarantined is passed over (exit %d)", end.exit);
    crash_trial_look(&trial, "quarantine");
    free(changed.data);
    crash_trial_close(&trial);
}

/* Cut within its last record, the job has read that as a record; the rest of it that comes later must not become one,
 * too. */
static void grows_within_a_record(const stage *on)
{
    crash_trial trial;
    begin_job(on, &trial, "grows", NULL, "job.recorded:1:kill");
    struct stat st;
    if (stat(trial.source, &st) != 0 || truncate(trial.source, st.st_size - 9) != 0)
        crash_die("cutting the input");
    crash_end end = crash_trial_run(&trial, (crash_launch){.fault = "job.end:1:kill"});
    crash_trial_look(&trial, "cut within a record");
    crash_input_write(&on->input, trial.source);
    end = crash_trial_run(&trial, (crash_launch){0});
    crash_trial_look(&trial, "grown within a record");
    crash_check(end.exit == 0 || end.exit == 1, "grown within a record: exit %d", end.exit);
    for (size_t i = 0; i < trial.seen.rows.count; i++) {
        const char *row = trial.seen.rows.items[i];
        size_t fields = 0;
        for (const char *p = row; *p; p++)
            fields += *p == '\x1F';
        crash_check(fields == 5 && strspn(row, "0123456789") > 0, "grown within a record: no row is made of a part");
    }
    if (end.exit == 0)
        crash_trial_settle(&trial, &on->reference, "grown within a record");
    crash_trial_close(&trial);
}

static void take_reference(const stage *on, const crash_input *input, crash_reference *out)
{
    crash_trial trial;
    crash_options options = {on->key, "csv", "none", "--segment-rows=500", NULL, NULL};
    char *folder = crash_text("%s/undisturbed", on->folder);
    crash_trial_open(&trial, on->program, input, &options, folder);
    crash_reference_take(&trial, out);
    crash_trial_close(&trial);
    crash_remove(folder);
    free(folder);
}

static void run_stage(stage *on)
{
    static const char *const points[] = {"commit.recorded:2:kill", "commit.prepared:4:kill", "job.end:1:kill"};
    on->input = (crash_input){.rows = ROWS, .packing = on->packing, .pretty = true};
    crash_input_make(&on->input);
    on->other = on->input;
    on->other.good = on->other.first = on->other.bad = (crash_texts){0};
    on->other.text = (crash_bytes){0};
    crash_input_make(&on->other);
    for (char *p = on->other.text.data; (p = strstr(p, ",note "));)
        memcpy(p, ",other", 6);
    for (size_t i = 0; i < on->other.good.count; i++) {
        memcpy(strstr(on->other.good.items[i], "\x1Fnote "), "\x1Fother", 6);
        memcpy(strstr(on->other.first.items[i], "\x1Fnote "), "\x1Fother", 6);
    }
    take_reference(on, &on->input, &on->reference);
    take_reference(on, &on->other, &on->other_reference);
    for (size_t i = 0; i < CRASH_COUNT(points); i++) {
        static const change differing[] = {REWRITTEN, APPENDED, CUT, CUT_DEEP};
        for (size_t k = 0; k < CRASH_COUNT(differing); k++)
            fails_until_restored(on, differing[k], points[i]);
        if (on->packing == CRASH_PLAIN)
            fails_until_restored(on, SAME_SIZE, points[i]);
        goes_on(on, TOUCHED, points[i]);
        goes_on(on, REPLACED, points[i]);
        becomes_a_version(on, REWRITTEN, points[i]);
        becomes_a_version(on, SAME_SIZE, points[i]);
    }
    is_quarantined(on);
    if (on->packing == CRASH_PLAIN)
        grows_within_a_record(on);
    crash_reference_clear(&on->reference);
    crash_reference_clear(&on->other_reference);
    crash_input_clear(&on->input);
    crash_input_clear(&on->other);
}

int main(int count, char **words)
{
    static const struct {
        crash_packing packing;
        const char *key;
    } stages[] = {{CRASH_PLAIN, NULL}, {CRASH_PLAIN, "id"}, {CRASH_GZIP_MEMBERS, "id"}, {CRASH_ZSTD, NULL}};
    if (count < 2)
        crash_die("usage: changed HEADRACE");
    char *program = realpath(words[1], NULL), *memory = crash_scratch(true);
    for (size_t i = 0; i < CRASH_COUNT(stages) && crash_broken() < 20; i++) {
        stage on = {.program = program, .packing = stages[i].packing, .key = stages[i].key, .folder = memory};
        run_stage(&on);
        printf("%s, %s: %u promises broken so far\n",
               i < 2    ? "plain"
               : i == 2 ? "gzip members"
                        : "zstd",
               on.key ? on.key : "no key", crash_broken());
        fflush(stdout);
    }
    if (!crash_broken())
        crash_remove(memory);
    free(memory);
    free(program);
    return crash_broken() ? 1 : 0;
}
