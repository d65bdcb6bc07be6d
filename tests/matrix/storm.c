/* storm.c: storm [--seconds N] [--seed N]: three members of one feed read a topic of twelve partitions, begin, are
 * stopped and killed every few seconds while messages arrive; into a raw zone, and into a table by another feed at the
 * same time. In the end every message is there once. */
#include "tests/matrix/matrix.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMBERS 3
#define FEEDS 2
#define PARTITIONS 12
#define STEP_MESSAGES 1500
#define CALM_SECONDS 300 /* for what is left, when nothing is killed any more */

typedef struct member {
    char name[8];
    pid_t process; /* 0: it is away */
    double until;  /* it ends, or comes back */
    bool stopping; /* SIGTERM was sent */
    char *log, *from;
    const char *words[24];
} member;

typedef struct feed {
    bool table;
    char *name, *ledger, *to;
    member members[MEMBERS];
    unsigned begun, stopped, killed, failed;
} feed;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double between(double least, double most)
{
    return least + (most - least) * (double)(crash_random() % 1000) / 1000;
}

/* ---- members ---------------------------------------------------------------------------------------------------- */

/* A member of its own name is back in its place within 15 s, and one without gives its partitions to the others: both
 * happen. */
static void begin(const matrix_place *place, const feed *self, member *one, const char *topic, const char *until)
{
    size_t count = 0;
    bool named = crash_random() % 2;
    free(one->from);
    one->from =
        crash_text("kafka://%s/%s?from=earliest&until=%s%s", place->kafka, topic, until, named ? "" : "&member=none");
    const char *const words[] = {place->program, "ingest",        one->from, "--to",     self->to,
                                 "--ledger",     self->ledger,    "--name",  self->name, "--member",
                                 one->name,      "--segment-age", "300ms"};
    for (size_t i = 0; i < CRASH_COUNT(words); i++)
        one->words[count++] = words[i];
    one->words[count] = NULL;
    fflush(stdout);
    one->process = fork();
    if (one->process < 0)
        crash_die("fork");
    if (one->process > 0)
        return;
    int log = open(one->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(126);
    execv(one->words[0], (char *const *)(uintptr_t)one->words);
    _exit(127);
}

static void note_end(feed *self, member *one, int status)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1, by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    bool told = one->stopping && (code == 5 || by == SIGTERM);
    one->process = 0;
    self->stopped += told;
    self->killed += by == SIGKILL;
    if (told || by == SIGKILL || matrix_is_done(code))
        return;
    self->failed++;
    crash_check(false, "%s@%s ended with exit %d, signal %d", self->name, one->name, code, by);
    matrix_show_log(one->log);
}

static void turn(const matrix_place *place, feed *self, member *one, const char *topic)
{
    int status;
    if (one->process && waitpid(one->process, &status, WNOHANG) == one->process) {
        note_end(self, one, status);
        one->until = now() + (crash_random() % 8 ? between(0, 2) : between(6, 18));
    } else if (one->process && now() >= one->until) {
        bool stop = crash_random() % 2 && !one->stopping;
        kill(one->process, stop ? SIGTERM : SIGKILL);
        one->stopping = stop;
        one->until = now() + 8; /* then it has had its time */
    } else if (!one->process && now() >= one->until) {
        one->stopping = false;
        begin(place, self, one, topic, "never");
        self->begun++;
        one->until = now() + between(0.3, 6);
    }
}

static void stop_all(feed *self)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        member *one = &self->members[i];
        int status;
        if (!one->process)
            continue;
        one->stopping = true;
        kill(one->process, SIGTERM);
        for (double end = now() + 120; one->process && now() < end; usleep(20000))
            if (waitpid(one->process, &status, WNOHANG) == one->process)
                note_end(self, one, status);
        if (!crash_check(!one->process, "%s@%s ends when it is asked to", self->name, one->name)) {
            kill(one->process, SIGKILL);
            waitpid(one->process, &status, 0);
            one->process = 0;
        }
    }
}

/* All members at once, until everything that is there was read. */
static void calm(const matrix_place *place, feed *self, const char *topic)
{
    int status;
    for (size_t i = 0; i < MEMBERS; i++) {
        self->members[i].stopping = false;
        begin(place, self, &self->members[i], topic, "end");
    }
    double end = now() + CALM_SECONDS;
    for (size_t i = 0; i < MEMBERS; i++) {
        member *one = &self->members[i];
        for (; one->process && now() < end; usleep(20000))
            if (waitpid(one->process, &status, WNOHANG) == one->process)
                note_end(self, one, status);
        crash_check(!one->process, "%s@%s comes to the end of the topic", self->name, one->name);
    }
    stop_all(self);
}

/* ---- feeds ------------------------------------------------------------------------------------------------------ */

static void make_feed(const matrix_place *place, feed *self, bool table)
{
    *self = (feed){.table = table, .name = crash_text("%s_%s", place->prefix, table ? "table" : "zone")};
    self->ledger = crash_text("%s/%s.db", place->scratch, self->name);
    self->to = table ? crash_text("postgres://%s@127.0.0.1:%s/%s?table=storm", getenv("PGUSER"), place->postgres_port,
                                  getenv("PGDATABASE"))
                     : crash_text("%s/zone", place->scratch);
    for (size_t i = 0; i < MEMBERS; i++) {
        snprintf(self->members[i].name, sizeof self->members[i].name, "%c", (char)('a' + i));
        self->members[i].log = crash_text("%s/%s.%c.log", place->scratch, self->name, (char)('a' + i));
    }
}

static void take_rows(const matrix_place *place, const feed *self, crash_texts *rows)
{
    crash_bytes text = {0};
    crash_view view;
    if (!self->table) {
        crash_view_take(self->to, &view);
        crash_check(view.hidden.count == 0, "nothing hidden is left in the zone");
        for (size_t i = 0; i < view.rows.count; i++)
            crash_texts_add(rows, crash_text("%.*s", (int)strcspn(view.rows.items[i], "\x1F"), view.rows.items[i]));
        crash_view_clear(&view);
        return;
    }
    matrix_ask(&text, "psql -XAtq -v ON_ERROR_STOP=1 -p %s -c 'COPY (SELECT n FROM storm) TO STDOUT'",
               place->postgres_port);
    for (char *rest = text.data, *line; (line = strsep(&rest, "\n"));)
        if (*line)
            crash_texts_add(rows, crash_text("%s", line));
    free(text.data);
}

static void compare(const matrix_place *place, const feed *self, size_t messages)
{
    crash_texts rows = {0}, expected = {0};
    crash_book book;
    size_t lost, doubled, lost_now, doubled_now;
    crash_differences(&lost, &doubled);
    take_rows(place, self, &rows);
    for (size_t i = 0; i < messages; i++)
        crash_texts_add(&expected, crash_text("%zu", i));
    crash_texts_same(&rows, &expected, self->table ? "rows of the table" : "rows of the zone");
    crash_differences(&lost_now, &doubled_now);
    if (crash_check(crash_book_take(self->ledger, place->scratch, &book), "the ledger can be read")) {
        crash_check(book.loaded == messages && !book.rejected && !book.accounts_broken && !book.unpublished,
                    "%s: the ledger counts %llu loaded, %llu rejected, %llu receipts unpublished", self->name,
                    (unsigned long long)book.loaded, (unsigned long long)book.rejected,
                    (unsigned long long)book.unpublished);
        crash_book_clear(&book);
    }
    crash_check(self->begun > 3 && self->killed && self->stopped, "%s: members were stopped and killed", self->name);
    printf("| %-15s  %5u  %7u  %6u  %6u  %8zu  %4zu  %7zu\n", self->table ? "Postgres append" : "raw zone", self->begun,
           self->stopped, self->killed, self->failed, messages, lost_now - lost, doubled_now - doubled);
    crash_texts_clear(&rows);
    crash_texts_clear(&expected);
}

static void clear_feed(feed *self)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        free(self->members[i].log);
        free(self->members[i].from);
    }
    free(self->name);
    free(self->ledger);
    free(self->to);
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

static pid_t produce(const matrix_place *place, const char *topic, size_t first)
{
    char *tool = crash_text("%s/kafka_tool", place->tools), number[24], count[24];
    snprintf(number, sizeof number, "%zu", first);
    snprintf(count, sizeof count, "%d", STEP_MESSAGES);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execl(tool, "kafka_tool", place->kafka, "produce", topic, count, "--first", number, "--size", "60",
              (char *)NULL);
        _exit(127);
    }
    free(tool);
    return child;
}

int main(int count, char **words)
{
    static const struct option known[] = {
        {"seconds", required_argument, NULL, 's'}, {"seed", required_argument, NULL, 'e'}, {0}};
    double seconds = 25;
    uint64_t seed = 1;
    for (int option; (option = getopt_long(count, words, "", known, NULL)) >= 0;) {
        if (option == 's')
            seconds = atof(optarg);
        else if (option == 'e')
            seed = strtoull(optarg, NULL, 10);
        else
            crash_die("usage: storm [--seconds N] [--seed N]");
    }
    matrix_place place = matrix_place_find();
    feed feeds[FEEDS];
    crash_bytes none = {0};
    char *topic = crash_text("%s_storm", place.prefix);
    size_t messages = 0;
    int status;
    crash_seed(seed);
    matrix_ask(&none, "'%s/kafka_tool' %s create %s %d 2>&1", place.tools, place.kafka, topic, PARTITIONS);
    for (size_t i = 0; i < FEEDS; i++)
        make_feed(&place, &feeds[i], i == 1);
    pid_t producer = 0;
    for (double end = now() + seconds; now() < end || producer; usleep(20000)) {
        if (producer && waitpid(producer, &status, WNOHANG) == producer) {
            crash_check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "messages are sent");
            producer = 0;
        } else if (!producer && now() < end) {
            producer = produce(&place, topic, messages);
            messages += STEP_MESSAGES;
        }
        for (size_t i = 0; i < FEEDS && now() < end; i++)
            for (size_t k = 0; k < MEMBERS; k++)
                turn(&place, &feeds[i], &feeds[i].members[k], topic);
    }
    for (size_t i = 0; i < FEEDS; i++)
        stop_all(&feeds[i]);
    printf("| %-15s  %5s  %7s  %6s  %6s  %8s  %4s  %7s\n", "to", "begun", "stopped", "killed", "failed", "messages",
           "lost", "doubled");
    for (size_t i = 0; i < FEEDS; i++) {
        calm(&place, &feeds[i], topic);
        compare(&place, &feeds[i], messages);
        clear_feed(&feeds[i]);
    }
    if (crash_broken())
        printf("%u promises broken; what is left is in %s\n", crash_broken(), place.scratch);
    else
        crash_remove(place.scratch);
    free(topic);
    free(none.data);
    return crash_broken() ? 1 : 0;
}
