/* runner.c: runs one command once and says what it took.
 *
 *     runner [-c CPUS] [-o FILE] [-t SECONDS] COMMAND ARGUMENT...
 *
 * CPUS: the process and its threads may use the first so many processors. Its standard output goes to FILE (/dev/null
 * when not given), its standard input comes from /dev/null. The last line on standard output: wall, user and system
 * time in seconds, peak of resident memory in KiB, and the exit status (or 128 + the signal that ended it).
 *
 * A program of its own because a child inherits the peak of the process that made it: this one is small. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child;

static void on_alarm(int signal)
{
    (void)signal;
    kill(-child, SIGKILL);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* The first `count` of the processors that this process may use. */
static int limit_processors(int count)
{
    cpu_set_t all, some;
    if (sched_getaffinity(0, sizeof all, &all) != 0)
        return -1;
    CPU_ZERO(&some);
    for (size_t i = 0; i < CPU_SETSIZE && count > 0; i++)
        if (CPU_ISSET(i, &all)) {
            CPU_SET(i, &some);
            count--;
        }
    return sched_setaffinity(0, sizeof some, &some);
}

/* A process that becomes the command; in between only calls that are safe there. */
static pid_t start(const char *output, char **command)
{
    pid_t pid = vfork();
    if (pid != 0)
        return pid;
    int in = open("/dev/null", O_RDONLY), out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0)
        _exit(126);
    close(in);
    close(out);
    setpgid(0, 0);
    execvp(command[0], command);
    _exit(127);
}

int main(int argc, char **argv)
{
    const char *output = "/dev/null";
    unsigned limit = 0;
    int option;
    while ((option = getopt(argc, argv, "+c:o:t:")) != -1) {
        if (option == 'o')
            output = optarg;
        else if (option == 't')
            limit = (unsigned)atoi(optarg);
        else if (option != 'c' || limit_processors(atoi(optarg)) != 0)
            return 2;
    }
    if (optind == argc) {
        fprintf(stderr, "usage: runner [-c CPUS] [-o FILE] [-t SECONDS] COMMAND ARGUMENT...\n");
        return 2;
    }
    double begin = now();
    pid_t pid = start(output, argv + optind);
    if (pid < 0) {
        fprintf(stderr, "runner: %s\n", strerror(errno));
        return 1;
    }
    child = pid;
    signal(SIGALRM, on_alarm);
    alarm(limit);
    int status;
    struct rusage usage;
    while (wait4(pid, &status, 0, &usage) < 0)
        if (errno != EINTR)
            return 1;
    printf("%.6f %.6f %.6f %ld %d\n", now() - begin, seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
