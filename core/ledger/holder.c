/* holder.c: identity of processes, from /proc. */
#include "core/ledger/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The beginning of a small file up to its first newline; "" when it cannot be read. */
static void read_line(const char *path, char *room, size_t capacity)
{
    room[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t got = read(fd, room, capacity - 1);
    close(fd);
    room[got > 0 ? got : 0] = '\0';
    room[strcspn(room, "\n")] = '\0';
}

/* State and start time of a process (proc(5): fields 3 and 22 of stat; the name before them may hold anything, so
 * counting begins behind its last parenthesis). False when they cannot be read. */
static bool process_stat(int64_t pid, char *state, uint64_t *started)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    read_line(path, text, sizeof text);
    const char *at = strrchr(text, ')');
    if (!at || at[1] != ' ' || at[2] == '\0')
        return false;
    *state = at[2];
    at += 2;
    for (int field = 3; field < 22; field++) {
        at = strchr(at + 1, ' ');
        if (!at)
            return false;
    }
    *started = strtoull(at, NULL, 10);
    return true;
}

void hr_holder_self(hr_holder *out)
{
    memset(out, 0, sizeof *out);
    char machine[64], name[64] = "";
    read_line("/etc/machine-id", machine, sizeof machine);
    gethostname(name, sizeof name - 1);
    snprintf(out->host, sizeof out->host, "%s@%s", machine, name);
    read_line("/proc/sys/kernel/random/boot_id", out->boot, sizeof out->boot);
    ssize_t size = readlink("/proc/self/ns/pid", out->space, sizeof out->space - 1);
    out->space[size > 0 ? size : 0] = '\0';
    out->pid = getpid();
    char state;
    (void)process_stat(out->pid, &state, &out->started);
}

bool hr_holder_gone(const hr_holder *other, const hr_holder *self)
{
    if (strcmp(other->host, self->host) != 0 || other->boot[0] == '\0' || self->boot[0] == '\0')
        return false;
    if (strcmp(other->boot, self->boot) != 0)
        return true;
    if (other->pid <= 0 || other->space[0] == '\0' || strcmp(other->space, self->space) != 0)
        return false;
    /* Asked of the kernel first: /proc may hide the processes of other users. */
    if (kill((pid_t)other->pid, 0) != 0 && errno == ESRCH)
        return true;
    char state;
    uint64_t started;
    if (!process_stat(other->pid, &state, &started))
        return false;
    /* A zombie runs no more code, though its pid is still taken. */
    return state == 'Z' || state == 'X' || (other->started != 0 && started != other->started);
}
