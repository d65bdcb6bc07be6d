/* failing.c: preloaded into headrace, makes one of its system calls end otherwise. FAILING="N:HOW" counts the calls
 * that change files or make them durable; before the Nth one HOW is done: "kill", "power" (the device of the folder
 * HEADRACE_FAULT_DEVICE loses what it has not written, then kill), or an errno as a number, which the call returns
 * instead; "N+:ERRNO" is for that call and all later ones that could write. FAILING="0:PATH" writes the number of calls
 * into PATH at the end. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXT4_SHUTDOWN 0x8004587dUL
#define NO_LOG_FLUSH 2u

static long wanted, passed;
static int code;
static bool onward, powerless;
static const char *counting;
static int device = -1;

static __attribute__((constructor)) void begin(void)
{
    const char *wish = getenv("FAILING"), *folder = getenv("HEADRACE_FAULT_DEVICE");
    char *end;
    unsetenv("LD_PRELOAD");
    wanted = wish ? strtol(wish, &end, 10) : -1;
    if (wanted < 0)
        return;
    onward = *end == '+';
    const char *how = strchr(end, ':');
    how = how ? how + 1 : "";
    if (wanted == 0)
        counting = how;
    powerless = !strcmp(how, "power");
    code = atoi(how);
    if (powerless && folder)
        device = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static __attribute__((destructor)) void end(void)
{
    FILE *file = counting ? fopen(counting, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", passed);
        fclose(file);
    }
}

/* Whether the call that comes now shall fail; may not return. */
static bool fails(bool writes)
{
    long now = __atomic_add_fetch(&passed, 1, __ATOMIC_SEQ_CST);
    if (wanted <= 0 || (now != wanted && !(onward && now > wanted && writes)))
        return false;
    if (!code) {
        unsigned how = NO_LOG_FLUSH;
        if (powerless && ioctl(device, EXT4_SHUTDOWN, &how) != 0)
            abort();
        raise(SIGKILL);
    }
    errno = code;
    return true;
}

static bool is_folder(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool exists(int folder, const char *path)
{
    return faccessat(folder, path, F_OK, 0) == 0;
}

/* SQLite opens and syncs folders, too, as well as it can, and the program looks at the machine's names: these may fail.
 */
static bool matters(int folder, const char *path, int flags)
{
    struct stat st;
    static const char *const places[] = {"/proc/", "/sys/", "/dev/urandom", "/etc/"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (!strncmp(path, places[i], strlen(places[i])))
            return false;
    return (flags & (O_CREAT | O_DIRECTORY)) || fstatat(folder, path, &st, 0) != 0 || !S_ISDIR(st.st_mode);
}

/* A wrapper of `name` that can fail. `counts`: whether this call is one to be counted; `writes`: whether a full disk
 * fails it. */
#define WRAP(type, name, counts, writes, arguments, ...)                 \
    type name arguments;                                                 \
    type name arguments                                                  \
    {                                                                    \
        static type(*real) arguments;                                    \
        if (!real)                                                       \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                   \
        return (counts) && fails(writes) ? (type)-1 : real(__VA_ARGS__); \
    }

WRAP(ssize_t, write, fd > 2, true, (int fd, const void *data, size_t size), fd, data, size)
WRAP(ssize_t, pwrite, true, true, (int fd, const void *data, size_t size, off_t at), fd, data, size, at)
WRAP(ssize_t, pwrite64, true, true, (int fd, const void *data, size_t size, off64_t at), fd, data, size, at)
WRAP(int, fsync, true, true, (int fd), fd)
WRAP(int, fdatasync, !is_folder(fd), true, (int fd), fd)
WRAP(int, ftruncate, true, false, (int fd, off_t size), fd, size)
WRAP(int, ftruncate64, true, false, (int fd, off64_t size), fd, size)
WRAP(int, rename, true, false, (const char *from, const char *to), from, to)
WRAP(int, renameat, true, false, (int a, const char *from, int b, const char *to), a, from, b, to)
WRAP(int, renameat2, true, false, (int a, const char *from, int b, const char *to, unsigned flags), a, from, b, to,
     flags)
WRAP(int, linkat, true, false, (int a, const char *from, int b, const char *to, int flags), a, from, b, to, flags)
WRAP(int, unlink, true, false, (const char *path), path)
WRAP(int, unlinkat, true, false, (int a, const char *path, int flags), a, path, flags)
WRAP(int, mkdir, !exists(AT_FDCWD, path), true, (const char *path, mode_t mode), path, mode)
WRAP(int, mkdirat, !exists(a, path), true, (int a, const char *path, mode_t mode), a, path, mode)
WRAP(int, mknod, true, true, (const char *path, mode_t mode, dev_t device_number), path, mode, device_number)

/* The mode is an argument only when a file may be made. */
#define WRAP_OPEN(name, at, arguments, ...)                                                       \
    int name arguments;                                                                           \
    int name arguments                                                                            \
    {                                                                                             \
        static int(*real) arguments;                                                              \
        mode_t mode = 0;                                                                          \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                      \
            va_list more;                                                                         \
            va_start(more, flags);                                                                \
            mode = va_arg(more, mode_t);                                                          \
            va_end(more);                                                                         \
        }                                                                                         \
        if (!real)                                                                                \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                            \
        return matters(at, path, flags) && fails(flags & O_CREAT) ? -1 : real(__VA_ARGS__, mode); \
    }

WRAP_OPEN(open, AT_FDCWD, (const char *path, int flags, ...), path, flags)
WRAP_OPEN(open64, AT_FDCWD, (const char *path, int flags, ...), path, flags)
WRAP_OPEN(openat, folder, (int folder, const char *path, int flags, ...), folder, path, flags)
WRAP_OPEN(openat64, folder, (int folder, const char *path, int flags, ...), folder, path, flags)
