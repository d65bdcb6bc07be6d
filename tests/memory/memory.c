/* memory.c: memory.c HEADRACE: inputs far larger than memory, of HEADRACE_MEMORY_GB (12 when that is not set), through
 * a pipe and from a gzip file of many members: counted, checked and landed within 96 MiB. */
#include "tests/crash/crash.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_KIB (96 * 1024L)
#define BLOCK_ROWS 40000u

typedef struct load {
    crash_bytes block; /* BLOCK_ROWS rows */
    uint64_t blocks;   /* times it comes */
    char *folder, *packed;
} load;

static const char header[] = "id,name,note,amount,comment\n";

static void make_load(load *of, double gigabytes)
{
    for (unsigned i = 0; i < BLOCK_ROWS; i++) {
        char row[200];
        snprintf(row, sizeof row,
                 "%u,name %u,\"a note, over\nlines, with \"\"quotes\"\", of row %u\",%u.%02u,the same words again\n", i,
                 i % 100, i % 100, i % 1000, i % 100);
        crash_bytes_text(&of->block, row);
    }
    of->blocks = (uint64_t)(gigabytes * 1e9 / (double)of->block.size) + 1;
}

static void write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t put = write(fd, data, size);
        if (put < 0)
            _exit(1); /* the reader says why it has gone */
        data += put;
        size -= (size_t)put;
    }
}

/* The block once per member, the header in a member of its own. */
static void pack(load *of)
{
    crash_bytes head = {0}, member = {0};
    crash_bytes_text(&head, header);
    crash_pack(CRASH_GZIP, &head, &member);
    of->packed = crash_text("%s/large.csv.gz", of->folder);
    int fd = open(of->packed, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        crash_die("making %s", of->packed);
    write_all(fd, member.data, member.size);
    member.size = 0;
    crash_pack(CRASH_GZIP, &of->block, &member);
    for (uint64_t i = 0; i < of->blocks; i++)
        write_all(fd, member.data, member.size);
    close(fd);
    printf("%.1f GB of CSV, %.0f MB as gzip of %llu members\n", (double)of->blocks * (double)of->block.size / 1e9,
           (double)of->blocks * (double)member.size / 1e6, (unsigned long long)of->blocks + 1);
    free(head.data);
    free(member.data);
}

static void feed(const load *of, int fd)
{
    write_all(fd, header, sizeof header - 1);
    for (uint64_t i = 0; i < of->blocks; i++)
        write_all(fd, of->block.data, of->block.size);
    _exit(0);
}

/* Runs the program, its standard output into a file; from a pipe that is fed when the words name "-". */
static void run(const load *of, const char *what, const char *const *words, const char *expected)
{
    struct timespec start, now;
    struct rusage usage;
    int ends[2], status;
    pid_t feeder = -1;
    bool piped = !strcmp(words[2], "-");
    char *log = crash_text("%s/log", of->folder);
    crash_bytes said = {0};
    clock_gettime(CLOCK_MONOTONIC, &start);
    if (piped && pipe2(ends, O_CLOEXEC) != 0)
        crash_die("making a pipe");
    if (piped && (feeder = fork()) == 0)
        feed(of, ends[1]);
    pid_t child = fork();
    if (child == 0) {
        int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        dup2(piped ? ends[0] : open("/dev/null", O_RDONLY), 0);
        dup2(out, 1);
        dup2(out, 2);
        execv(words[0], (char *const *)(uintptr_t)words);
        _exit(127);
    }
    if (piped) {
        close(ends[0]);
        close(ends[1]);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        crash_die("running %s", words[0]);
    if (piped)
        waitpid(feeder, NULL, 0);
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
    crash_read_file(log, &said);
    crash_check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s ends well (status %d): %.500s", what, status,
                said.data);
    crash_check(strstr(said.data, expected) != NULL, "%s: \"%s\" is said: %.500s", what, expected, said.data);
    crash_check(usage.ru_maxrss < LIMIT_KIB, "%s: a peak of %ld KiB is less than %ld KiB", what, usage.ru_maxrss,
                LIMIT_KIB);
    printf("%-22s %6.1f s, %6.0f MB/s, peak %5.1f MiB\n", what, seconds,
           (double)of->blocks * (double)of->block.size / 1e6 / seconds, (double)usage.ru_maxrss / 1024);
    fflush(stdout);
    free(said.data);
    free(log);
}

static void run_all(const load *of, const char *program)
{
    char *zone = crash_text("%s/zone", of->folder), *ledger = crash_text("%s/l.db", of->folder), count[32], spaced[40];
    uint64_t rows = of->blocks * BLOCK_ROWS;
    snprintf(count, sizeof count, "%llu", (unsigned long long)rows);
    /* The account groups digits by three. */
    size_t digits = strlen(count), at = 0;
    for (size_t i = 0; i < digits; i++) {
        if (i && (digits - i) % 3 == 0)
            spaced[at++] = ' ';
        spaced[at++] = count[i];
    }
    spaced[at] = '\0';
    char *loaded = crash_text("read %s = loaded %s +", spaced, spaced);
#define RUN(what, expected, ...) run(of, what, (const char *const[]){program, __VA_ARGS__, NULL}, expected)
    RUN("count, pipe", count, "count", "-");
    RUN("check, pipe", spaced, "check", "-");
    RUN("ingest, pipe", loaded, "ingest", "-", "--to", zone, "--ledger", ledger, "--name", "pipe");
    crash_remove(zone);
    RUN("count, gzip", count, "count", of->packed);
    RUN("ingest, gzip", loaded, "ingest", of->packed, "--to", zone, "--ledger", ledger, "--name", "gzip");
    crash_remove(zone);
    free(loaded);
    free(zone);
    free(ledger);
}

int main(int count, char **words)
{
    if (count < 2)
        crash_die("usage: memory HEADRACE");
    load of = {.folder = crash_scratch(false)};
    const char *gigabytes = getenv("HEADRACE_MEMORY_GB");
    char *program = realpath(words[1], NULL);
    signal(SIGPIPE, SIG_IGN);
    make_load(&of, gigabytes ? strtod(gigabytes, NULL) : 12);
    pack(&of);
    run_all(&of, program);
    crash_remove(of.folder);
    free(of.folder);
    free(of.packed);
    free(of.block.data);
    free(program);
    return crash_broken() ? 1 : 0;
}
