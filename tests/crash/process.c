/* process.c: runs headrace as a process of its own, and ends it. */
#include "tests/crash/crash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_US ((uint64_t)120 * 1000000)

static const char *preload;

void crash_preload(const char *path)
{
    preload = path;
}

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void set(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void become(const crash_launch *launch)
{
    int log = open(launch->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666),
        none = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (log < 0 || none < 0 || dup2(none, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(126);
    set("HEADRACE_FAULT", launch->fault);
    set("HEADRACE_FAULT_DEVICE", launch->device);
    set("FAILING", launch->failing);
    if (launch->failing)
        set("LD_PRELOAD", preload);
    execv(launch->words[0], (char *const *)(uintptr_t)launch->words);
    _exit(127);
}

crash_end crash_run(const crash_launch *launch)
{
    uint64_t start = now_us();
    bool sent = launch->signal == 0, over = false;
    int status = 0;
    struct rusage usage = {0};
    pid_t child = fork();
    if (child == 0)
        become(launch);
    if (child < 0)
        crash_die("fork");
    for (;;) {
        pid_t got = wait4(child, &status, sent && !over ? 0 : WNOHANG, &usage);
        if (got == child)
            break;
        if (got < 0 && errno != EINTR)
            crash_die("wait4");
        uint64_t passed = now_us() - start;
        if (!sent && passed >= launch->after_us) {
            kill(child, launch->signal);
            sent = true;
            over = launch->signal != SIGKILL; /* it may take its time, but not for ever */
        }
        if (passed > LIMIT_US) {
            crash_check(false, "%s %s ends within %d s", launch->words[0], launch->words[1], (int)(LIMIT_US / 1000000));
            kill(child, SIGKILL);
            over = false;
        }
        uint64_t left = !sent && launch->after_us > passed ? launch->after_us - passed : 1000;
        usleep((useconds_t)(left < 1000 ? left : 1000));
    }
    crash_end end = {.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                     .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                     .us = now_us() - start,
                     .peak_kib = usage.ru_maxrss};
    if (end.exit == 126 || end.exit == 127)
        crash_die("running %s", launch->words[0]);
    return end;
}
