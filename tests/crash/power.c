/* power.c: power.c HEADRACE FAILING.SO: the power fails in every step of the commit: zone, ledger, keys and input lie
 * on an ext4 that loses what it has not written. And a disk that is full until somebody makes room. Needs root, as it
 * mounts file systems. */
#include "tests/crash/crash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS 3500u /* four segments */
#define SKIPPED 77
#define STRIDE 7 /* every so manyeth system call */

static const char *const points[] = {"job.recorded",      "commit.segment",  "commit.prepared",  "ledger-commit",
                                     "ledger-committed",  "commit.recorded", "commit.published", "commit.acknowledged",
                                     "recover.published", "recover.swept",   "job.end"};

static const crash_options arrangements[] = {
    {"id", "csv", "zstd", "--segment-rows=1", NULL, NULL},
    {NULL, "ndjson", "none", "--segment-rows=1", NULL, NULL},
};

typedef struct station {
    const char *program;
    const crash_input *input;
    crash_options options;
    crash_reference reference;
    char *image, *pristine, *device,
        *work; /* an ext4, an empty one, where it is mounted, the folder of the job in it */
    unsigned cuts;
} station;

/* Runs a program of the system; its exit status. */
static int call(const char *const *words)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        int none = open("/dev/null", O_RDWR);
        dup2(none, 0);
        dup2(none, 1);
        dup2(none, 2);
        execvp(words[0], (char *const *)(uintptr_t)words);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        crash_die("running %s", words[0]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
#define CALL(...) call((const char *const[]){__VA_ARGS__, NULL})

/* ---- loss of power ----------------------------------------------------------------------------------------- */

static bool attach(const station *at)
{
    return CALL("mount", "-t", "ext4", "-o", "loop", at->image, at->device) == 0;
}

static void detach(const station *at)
{
    for (int tries = 0; umount(at->device) != 0; tries++) {
        if (errno == EINVAL)
            return; /* it is not mounted */
        if (tries == 100)
            crash_die("unmounting %s", at->device);
        usleep(20000);
    }
}

/* A fresh device with the input on it, durable; zone and ledger do not exist. */
static void begin(const station *at, crash_trial *trial)
{
    detach(at);
    crash_copy_file(at->pristine, at->image);
    if (!attach(at))
        crash_die("mounting %s", at->image);
    crash_trial_open(trial, at->program, at->input, &at->options, at->work);
    int fd = open(at->device, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) != 0)
        crash_die("syncing %s", at->device);
    close(fd);
}

/* What the machine does when the power is back. */
static void come_back(const station *at, const char *after)
{
    detach(at);
    int rc = CALL("e2fsck", "-p", at->image);
    crash_check(rc <= 1, "%s: the file system recovers (e2fsck %d)", after, rc);
    rc = CALL("e2fsck", "-fn", at->image);
    crash_check(rc == 0, "%s: the file system is sound (e2fsck %d)", after, rc);
    if (!attach(at))
        crash_die("mounting %s", at->image);
}

/* The power fails once, or again when the job goes on; then the job comes to its end. True: it was struck. */
static bool cut(station *at, const char *fault, const char *failing, const char *again)
{
    crash_trial trial;
    char after[96];
    begin(at, &trial);
    snprintf(after, sizeof after, "loss of power at %s", fault ? fault : failing);
    crash_end end = crash_trial_run(&trial, (crash_launch){.fault = fault, .failing = failing, .device = at->device});
    bool struck = end.signal == SIGKILL;
    crash_check(struck || end.exit == 3 || end.exit == 0, "%s: exit %d, signal %d", after, end.exit, end.signal);
    come_back(at, after);
    crash_trial_look(&trial, after);
    if (again) {
        end = crash_trial_run(&trial, (crash_launch){.fault = again, .device = at->device});
        come_back(at, again);
        crash_trial_look(&trial, again);
        at->cuts += end.signal == SIGKILL;
    }
    end = crash_trial_run(&trial, (crash_launch){0});
    crash_check(end.exit == 3 || end.exit == 4, "%s: the resume ends with exit %d", after, end.exit);
    crash_trial_settle(&trial, &at->reference, after);
    at->cuts += struck;
    crash_trial_close(&trial);
    return struck;
}

/* What has come to its end is durable when the program says so. */
static void last_word(station *at)
{
    crash_trial trial;
    begin(at, &trial);
    crash_trial_run(&trial, (crash_launch){0});
    crash_view_clear(&trial.seen);
    unsigned how = 2;
    int fd = open(at->device, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    crash_check(fd >= 0 && ioctl(fd, 0x8004587dUL, &how) == 0, "the power fails behind the end of a job");
    close(fd);
    come_back(at, "loss of power behind the end");
    crash_trial_look(&trial, "loss of power behind the end");
    crash_end end = crash_trial_run(&trial, (crash_launch){0});
    crash_check(end.exit == 4, "after the end there is nothing to do (exit %d)", end.exit);
    crash_trial_settle(&trial, &at->reference, "loss of power behind the end");
    at->cuts++;
    crash_trial_close(&trial);
}

static void run_power(station *at, const char *memory, const crash_options *options)
{
    char text[96], failing[32];
    char *folder = crash_text("%s/undisturbed", memory);
    crash_trial trial;
    at->options = *options;
    at->cuts = 0;
    crash_trial_open(&trial, at->program, at->input, options, folder);
    crash_reference_take(&trial, &at->reference);
    crash_trial_close(&trial);
    for (size_t i = 0; i < CRASH_COUNT(points) && crash_broken() < 20; i++) {
        bool once = !strncmp(points[i], "job", 3) || !strncmp(points[i], "recover", 7);
        snprintf(text, sizeof text, "%s:%d:power", points[i], once ? 1 : 2);
        cut(at, text, NULL, once ? NULL : i % 2 ? "recover.published:1:power" : "recover.swept:1:power");
        snprintf(text, sizeof text, "%s:1:power", points[i]);
        if (!once)
            cut(at, text, NULL, NULL);
    }
    bool struck = true;
    for (unsigned step = 3; struck && crash_broken() < 20; step += STRIDE) {
        snprintf(failing, sizeof failing, "%u:power", step);
        struck = cut(at, NULL, failing, NULL);
    }
    last_word(at);
    detach(at);
    size_t lost, extra;
    crash_differences(&lost, &extra);
    printf("loss of power, %s %s %s: %u cuts, lost %zu, doubled %zu\n", options->key ? options->key : "no key",
           options->format, options->compression, at->cuts, lost, extra);
    crash_reference_clear(&at->reference);
    free(folder);
}

/* ---- a full disk ------------------------------------------------------------------------------------------- */

static void set_size(const char *place, const char *size)
{
    char *option = crash_text("remount,size=%s", size);
    if (CALL("mount", "-o", option, place) != 0)
        crash_die("resizing %s", place);
    free(option);
}

/* `place` below the folder of the trial is a disk of `size` until it is made larger. */
static void run_full(const station *at, const char *memory, const char *place, const char *size)
{
    crash_trial trial;
    crash_options options = {"id", "csv", "none", "--segment-rows=1", NULL, NULL};
    char *folder = crash_text("%s/full", memory), *disk = crash_text("%s/%s", folder, place), after[96];
    char *option = crash_text("size=%s", size);
    if (!strcmp(place, "book"))
        options.ledger = "book/l.db";
    snprintf(after, sizeof after, "%s of %s is full", place, size);
    crash_make_folder(folder);
    crash_make_folder(disk);
    if (CALL("mount", "-t", "tmpfs", "-o", option, "full", disk) != 0)
        crash_die("mounting a tmpfs");
    crash_trial_open(&trial, at->program, at->input, &options, folder);
    for (int attempt = 0; attempt < 2; attempt++) {
        crash_bytes said = {0};
        crash_end end = crash_trial_run(&trial, (crash_launch){0});
        crash_read_file(trial.log, &said);
        crash_check(end.exit == 1 || end.exit == 5, "%s: exit %d", after, end.exit);
        crash_check(strstr(said.data, "No space left") || strstr(said.data, "full"), "%s: it says so: %.300s", after,
                    said.data);
        crash_trial_look(&trial, after);
        free(said.data);
    }
    set_size(disk, "64m");
    crash_end end = crash_trial_run(&trial, (crash_launch){0});
    crash_check(end.exit == 3, "%s: with room the job ends with exit %d", after, end.exit);
    crash_trial_settle(&trial, &at->reference, after);
    if (!crash_broken() && umount(disk) != 0)
        crash_die("unmounting %s", disk);
    crash_trial_close(&trial);
    free(folder);
    free(disk);
    free(option);
}

static void run_disks(station *at, const char *memory)
{
    static const char *const sizes[][2] = {{"zone", "4k"},  {"zone", "64k"},  {"zone", "200k"}, {"book", "4k"},
                                           {"book", "64k"}, {"book", "256k"}, {"book", "400k"}};
    char *folder = crash_text("%s/undisturbed", memory);
    crash_trial trial;
    crash_options options = {"id", "csv", "none", "--segment-rows=1", NULL, NULL};
    crash_trial_open(&trial, at->program, at->input, &options, folder);
    crash_reference_take(&trial, &at->reference);
    crash_trial_close(&trial);
    for (size_t i = 0; i < CRASH_COUNT(sizes) && crash_broken() == 0; i++)
        run_full(at, memory, sizes[i][0], sizes[i][1]);
    printf("full disk: %zu sizes, %u promises broken so far\n", CRASH_COUNT(sizes), crash_broken());
    crash_reference_clear(&at->reference);
    free(folder);
}

/* ---- the machine ------------------------------------------------------------------------------------------- */

static bool may_mount(void)
{
    crash_bytes status = {0};
    unsigned long long capabilities = 0;
    const char *line = crash_read_file("/proc/self/status", &status) ? strstr(status.data, "CapEff:") : NULL;
    if (line)
        sscanf(line, "CapEff: %llx", &capabilities);
    free(status.data);
    return geteuid() == 0 && (capabilities >> 21 & 1); /* CAP_SYS_ADMIN */
}

/* Whether an ext4 can be mounted from a file. */
static bool make_device(station *at)
{
    crash_write_file(at->pristine, "", 0);
    if (truncate(at->pristine, (off_t)16 << 20) != 0 ||
        CALL("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0", at->pristine) != 0)
        return false;
    crash_copy_file(at->pristine, at->image);
    if (!attach(at))
        return false;
    detach(at);
    return true;
}

int main(int count, char **words)
{
    if (count < 3)
        crash_die("usage: power HEADRACE FAILING.SO");
    if (!may_mount()) {
        printf("loss of power and full disks are not tested: that needs root, who may mount file systems\n");
        return SKIPPED;
    }
    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    char *memory = crash_scratch(true), *preload = realpath(words[2], NULL), *program = realpath(words[1], NULL);
    crash_input input = {.rows = ROWS, .packing = CRASH_GZIP};
    station at = {.program = program,
                  .input = &input,
                  .image = crash_text("%s/image", memory),
                  .pristine = crash_text("%s/pristine", memory),
                  .device = crash_text("%s/device", memory)};
    at.work = crash_text("%s/job", at.device);
    crash_make_folder(at.device);
    crash_preload(preload);
    crash_input_make(&input);
    run_disks(&at, memory);
    if (!make_device(&at)) {
        bool must = getenv("CI") != NULL;
        printf("loss of power is not tested: no ext4 can be mounted from a file here (mkfs.ext4, a loop device)\n");
        crash_check(!must, "where CI is set, it can");
        crash_remove(memory);
        return must || crash_broken() ? 1 : SKIPPED;
    }
    for (size_t i = 0; i < CRASH_COUNT(arrangements) && crash_broken() < 20; i++)
        run_power(&at, memory, &arrangements[i]);
    if (crash_broken())
        printf("%u promises broken; what is left is in %s\n", crash_broken(), memory);
    else
        crash_remove(memory);
    crash_input_clear(&input);
    free(at.image), free(at.pristine), free(at.device), free(at.work);
    free(memory), free(preload), free(program);
    return crash_broken() ? 1 : 0;
}
