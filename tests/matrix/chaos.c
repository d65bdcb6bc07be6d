/* chaos.c: all pairs that use a server load at once, while it is killed and started again, or while a proxy cuts their
 * connections. No process is ended here: each must come to its end by
 * itself, unless it could not even begin. */
#include "tests/matrix/matrix.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOAD_SECONDS 240 /* for processes to come to their end, once nothing disturbs them any more */
#define BANDWIDTH 60000  /* bytes per second and connection, so that there is a load to be disturbed */

typedef struct load {
    matrix_pair pair;
    matrix_life life;
    size_t number;
    pid_t process; /* 0: it has ended */
    int exit, signal;
    unsigned met; /* disturbances while it ran */
} load;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- the proxy -------------------------------------------------------------------------------------------------- */

typedef struct proxy {
    pid_t process;
    char *control; /* a FIFO */
} proxy;

/* One on `port` ("": any) in front of `target`; *listens receives its port. */
static proxy start_proxy(const matrix_place *place, const char *port, const char *target, char listens[16])
{
    int pipes[2];
    proxy made = {.control = crash_text("%s/proxy%s", place->scratch, target)};
    char *program = crash_text("%s/proxy", place->tools);
    if (pipe(pipes) != 0)
        crash_die("pipe");
    fflush(stdout);
    made.process = fork();
    if (made.process == 0) {
        dup2(pipes[1], 1);
        close(pipes[0]);
        close(pipes[1]);
        execl(program, "proxy", "--control", made.control, "--port", port, target, (char *)NULL);
        _exit(127);
    }
    close(pipes[1]);
    ssize_t got = made.process > 0 ? read(pipes[0], listens, 15) : -1;
    if (got <= 0)
        crash_die("starting %s", program);
    listens[got] = '\0';
    listens[strcspn(listens, "\n")] = '\0';
    close(pipes[0]);
    free(program);
    return made;
}

static void tell_proxy(const proxy *self, const char *format, unsigned long value)
{
    int fd = open(self->control, O_WRONLY | O_CLOEXEC);
    char line[64];
    int size = snprintf(line, sizeof line, format, value);
    if (fd < 0 || write(fd, line, (size_t)size) != size)
        crash_die("telling the proxy %s", line);
    close(fd);
}

static void stop_proxy(proxy *self)
{
    int status;
    kill(self->process, SIGTERM);
    waitpid(self->process, &status, 0);
    free(self->control);
}

/* ---- loads ------------------------------------------------------------------------------------------------------ */

static void start_load(load *self)
{
    matrix_life *life = &self->life;
    fflush(stdout);
    self->process = fork();
    if (self->process < 0)
        crash_die("fork");
    if (self->process > 0)
        return;
    int log = open(life->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(126);
    unsetenv("HEADRACE_FAULT");
    execv(life->words[0], (char *const *)(uintptr_t)life->words);
    _exit(127);
}

static size_t look_at(load *loads, size_t count)
{
    size_t running = 0;
    int status;
    for (size_t i = 0; i < count; i++) {
        if (loads[i].process && waitpid(loads[i].process, &status, WNOHANG) == loads[i].process) {
            loads[i].process = 0;
            loads[i].exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
            loads[i].signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        }
        running += loads[i].process != 0;
    }
    return running;
}

static void note_met(load *loads, size_t count)
{
    (void)look_at(loads, count);
    for (size_t i = 0; i < count; i++)
        loads[i].met += loads[i].process != 0;
}

/* Whether all were disturbed often enough, or have ended. */
static bool all_met(const load *loads, size_t count, unsigned times)
{
    for (size_t i = 0; i < count; i++)
        if (loads[i].process && loads[i].met < times)
            return false;
    return true;
}

static size_t start_all(matrix_place *place, const matrix_source *sources, bool kafka, const char *what, load *loads)
{
    size_t count = 0;
    for (size_t number = 0; number < MATRIX_PAIRS; number++) {
        const matrix_source *source = &sources[number / TO_COUNT];
        matrix_pair pair = {place, source, (matrix_to)(number % TO_COUNT), source->all.count / 12};
        if (!(kafka ? matrix_uses_kafka(&pair) : matrix_uses_postgres(&pair)))
            continue;
        load *self = &loads[count++];
        char *name = crash_text("%s_%s%d_%zu", place->prefix, what, kafka, number);
        *self = (load){.pair = pair, .number = number};
        matrix_life_open(&self->life, &self->pair, name, true);
        free(name);
    }
    for (size_t i = 0; i < count; i++)
        start_load(&loads[i]);
    return count;
}

/* A server that is not there when a job wants to begin is told at once, with exit status 5. */
static bool did_not_begin(const load *self)
{
    crash_book book;
    bool none = self->exit == 5 && crash_book_take(self->life.ledger, self->life.folder, &book) && !book.read;
    if (self->exit == 5)
        crash_book_clear(&book);
    return none;
}

static void end_all(load *loads, size_t count, const char *what, matrix_tally *tallies, bool cuts)
{
    for (double until = now() + LOAD_SECONDS; look_at(loads, count) && now() < until;)
        usleep(20000);
    for (size_t i = 0; i < count; i++) {
        load *self = &loads[i];
        matrix_tally *tally = &tallies[self->number];
        bool ended = crash_check(!self->process, "%s: ends within %d s after %s", self->life.name, LOAD_SECONDS, what);
        int status;
        if (!ended) {
            kill(self->process, SIGKILL);
            waitpid(self->process, &status, 0);
        }
        if (ended && did_not_begin(self))
            ended = false;
        else if (!ended || !crash_check(matrix_is_done(self->exit), "%s: %s ends it with exit %d, signal %d",
                                        self->life.name, what, self->exit, self->signal)) {
            ended = false;
            matrix_show_log(self->life.log);
        }
        crash_check(self->met > 0, "%s: it ran while there was %s", self->life.name, what);
        *(cuts ? &tally->cuts : &tally->servers) += self->met;
        size_t lost, doubled, lost_now, doubled_now;
        crash_differences(&lost, &doubled);
        matrix_life_settle(&self->life, ended, what);
        crash_differences(&lost_now, &doubled_now);
        tally->lost += lost_now - lost;
        tally->doubled += doubled_now - doubled;
        matrix_life_close(&self->life, tally);
    }
}

/* Both servers behind proxies. */
static void with_proxies(matrix_place *place, proxy made[2])
{
    char port[16];
    made[0] = start_proxy(place, "0", place->postgres_port, port);
    place->postgres_proxy = crash_text("%s", port);
    made[1] = start_proxy(place, getenv("KAFKA_PROXY"), getenv("KAFKA_PROXIED"), port);
    place->kafka_proxy = crash_text("127.0.0.1:%s", port);
    tell_proxy(&made[0], "bandwidth %lu\n", BANDWIDTH);
    tell_proxy(&made[1], "bandwidth %lu\n", BANDWIDTH);
}

static void without_proxies(matrix_place *place, proxy made[2])
{
    stop_proxy(&made[0]);
    stop_proxy(&made[1]);
    free(place->postgres_proxy);
    free(place->kafka_proxy);
    place->postgres_proxy = place->kafka_proxy = NULL;
}

/* ---- servers ---------------------------------------------------------------------------------------------------- */

static void serve(const matrix_place *place, bool kafka, const char *verb)
{
    crash_bytes none = {0};
    matrix_ask(&none, "'%s/%s.sh' %s '%s' 2>&1", place->servers, kafka ? "kafka" : "postgres", verb,
               kafka ? place->kafka_folder : place->postgres_folder);
    free(none.data);
}

void matrix_server_kills(matrix_place *place, const matrix_source *sources, bool kafka, unsigned times,
                         matrix_tally *tallies)
{
    load loads[MATRIX_PAIRS];
    proxy made[2];
    double begin = now();
    with_proxies(place, made);
    size_t count = start_all(place, sources, kafka, "s", loads);
    unsigned kills = 0;
    while (!all_met(loads, count, times) && kills < times * 3) {
        usleep((useconds_t)(300000 + crash_random() % 1200000));
        note_met(loads, count);
        serve(place, kafka, "kill9");
        serve(place, kafka, "start");
        kills++;
    }
    tell_proxy(&made[0], "bandwidth %lu\n", 0);
    tell_proxy(&made[1], "bandwidth %lu\n", 0);
    end_all(loads, count, kafka ? "kills of Kafka" : "kills of Postgres", tallies, false);
    without_proxies(place, made);
    printf("%s killed %u times under %zu loads: %.1f s\n", kafka ? "Kafka" : "Postgres", kills, count, now() - begin);
    fflush(stdout);
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

void matrix_cuts(matrix_place *place, const matrix_source *sources, bool kafka, unsigned seconds, matrix_tally *tallies)
{
    load loads[MATRIX_PAIRS];
    proxy made[2];
    double begin = now();
    with_proxies(place, made);
    size_t count = start_all(place, sources, kafka, "c", loads);
    const proxy *self = &made[kafka];
    unsigned cuts = 0;
    while (now() < begin + seconds && look_at(loads, count)) {
        /* Every connection ends at that byte, each time, until there is another number. */
        tell_proxy(self, cuts % 2 ? "cut-up %lu\n" : "cut-down %lu\n", 1 + (unsigned long)(crash_random() % 120000));
        tell_proxy(self, cuts % 2 ? "cut-down %lu\n" : "cut-up %lu\n", 0);
        usleep((useconds_t)(50000 + crash_random() % 400000));
        note_met(loads, count);
        cuts++;
    }
    tell_proxy(self, "cut-up %lu\n", 0);
    tell_proxy(self, "cut-down %lu\n", 0);
    tell_proxy(&made[0], "bandwidth %lu\n", 0);
    tell_proxy(&made[1], "bandwidth %lu\n", 0);
    end_all(loads, count, kafka ? "cuts of connections to Kafka" : "cuts of connections to Postgres", tallies, true);
    without_proxies(place, made);
    printf("connections to %s cut at %u places under %zu loads: %.1f s\n", kafka ? "Kafka" : "Postgres", cuts, count,
           now() - begin);
    fflush(stdout);
}
