/* main.c: the command table, and the way from the first word of a command line to its command. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#ifdef HR_FAULTS
#include <sys/ioctl.h>
#endif

#include "core/base/uri.h"
#include "tools/headrace/args.h"
#include "tools/headrace/help.h"
#include "tools/headrace/print.h"

static const hr_command *const commands[] = {
    &hr_command_ingest, &hr_command_retry,   &hr_command_abandon,                                        /* load */
    &hr_command_jobs,   &hr_command_job,     &hr_command_errors,  &hr_command_files,  &hr_command_audit, /* look back */
    &hr_command_sniff,  &hr_command_count,   &hr_command_check,   &hr_command_select, &hr_command_convert,
    &hr_command_schema, &hr_command_dedup,   &hr_command_bench, /* files */
    &hr_command_help,   &hr_command_version,
};

const hr_command *const *hr_commands(size_t *count)
{
    *count = HR_COUNT(commands);
    return commands;
}

const hr_command *hr_command_find(const char *name)
{
    for (size_t i = 0; i < HR_COUNT(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown_command(const char *word)
{
    const char *best = "help";
    size_t least = hr_word_distance(word, best);
    for (size_t i = 0; i < HR_COUNT(commands); i++) {
        size_t distance = hr_word_distance(word, commands[i]->name);
        if (distance < least) {
            least = distance;
            best = commands[i]->name;
        }
    }
    if (hr_word_near(word, least))
        return hr_usage("there is no command '%s'; did you mean %s?", word, best);
    return hr_usage("there is no command '%s'; headrace --help lists them", word);
}

/* Copies of the words, in one block; in the words themselves, which every process can read in the list of processes,
 * secrets of URIs are written over. NULL: no memory. */
static char **take_words(int count, char **words)
{
    size_t size = ((size_t)count + 1) * sizeof(char *);
    for (int i = 0; i < count; i++)
        size += strlen(words[i]) + 1;
    char **copies = hr_malloc(size);
    if (!copies)
        return NULL;
    char *room = (char *)(copies + count + 1);
    for (int i = 0; i < count; i++) {
        copies[i] = strcpy(room, words[i]);
        room += strlen(room) + 1;
        hr_uri_hide(words[i]);
    }
    copies[count] = NULL;
    return copies;
}

static int run_command(const hr_command *command, int count, char **given)
{
    char **words = take_words(count, given);
    if (!words) {
        fputs("headrace: out of memory\n", stderr);
        return HR_EXIT_FAILED;
    }
    hr_args args;
    hr_error err;
    int status;
    if (hr_args_parse(command, count, words, &args, &err) != HR_OK) {
        hr_print_error(&err);
        status = err.status == HR_E_INVALID ? HR_EXIT_USAGE : HR_EXIT_FAILED;
    } else if (args.help) {
        hr_help_command(stdout, command);
        status = HR_EXIT_DONE;
    } else {
        status = command->run(&args);
    }
    hr_args_clear(&args);
    hr_free(words);
    return hr_finish_output(status);
}

/* ---- faults, in test builds -------------------------------------------------------------------------------- */

#ifdef HR_FAULTS
HR_API extern long hr_fault_allocations;

static char fault_point[64];
static long fault_left; /* passes of the point until it strikes */
static char fault_how[8] = "kill";
static int fault_device = -1;

/* ext4 then loses what it has not written yet, its journal included, and answers EIO to everything. */
#define EXT4_SHUTDOWN 0x8004587dUL
#define NO_LOG_FLUSH 2u

/* Stops the process as kill -9 or a loss of power would, or makes the next allocation fail. */
static void strike(const char *point)
{
    unsigned how = NO_LOG_FLUSH;
    if (strcmp(point, fault_point) != 0 || __atomic_sub_fetch(&fault_left, 1, __ATOMIC_SEQ_CST) != 0)
        return;
    if (strcmp(fault_how, "power") == 0 && ioctl(fault_device, EXT4_SHUTDOWN, &how) != 0)
        abort();
    if (strcmp(fault_how, "fail") != 0)
        raise(SIGKILL);
    __atomic_store_n(&hr_fault_allocations, 0, __ATOMIC_SEQ_CST);
}

/* HEADRACE_FAULT="point:N[:kill|fail|power]": at the Nth pass of that point; the power is that of the file system of
 * the folder HEADRACE_FAULT_DEVICE. "allocation:N": the Nth allocation fails. */
static bool set_faults(void)
{
    const char *wish = getenv("HEADRACE_FAULT");
    if (wish == NULL || wish[0] == '\0')
        return true;
    if (sscanf(wish, "%63[^:]:%ld:%7s", fault_point, &fault_left, fault_how) < 2 || fault_left < 1)
        return false;
    if (strcmp(fault_how, "power") == 0) {
        const char *device = getenv("HEADRACE_FAULT_DEVICE");
        fault_device = device != NULL ? open(device, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        if (fault_device < 0)
            return false;
    }
    if (strcmp(fault_point, "allocation") == 0)
        hr_fault_allocations = fault_left - 1;
    else
        hr_fault_hook = strike;
    return strcmp(fault_how, "kill") == 0 || strcmp(fault_how, "fail") == 0 || fault_device >= 0;
}
#else
static bool set_faults(void)
{
    return true;
}
#endif

/* A standard descriptor that we were started without would become the first file that we open: a segment would take
 * what is printed, and `-` would read the ledger. What stands there instead fails every read, and every write. */
static void hold_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            return;
}

int main(int count, char **words)
{
    hold_standard_descriptors();
    /* A reader of our output that goes away shows as EPIPE where it is written. */
    signal(SIGPIPE, SIG_IGN);
    /* A file that would be larger than `ulimit -f` allows shows as EFBIG, likewise. */
    signal(SIGXFSZ, SIG_IGN);
    if (!set_faults())
        return hr_usage("HEADRACE_FAULT is point:N[:kill|fail|power]");
    const char *word = count > 1 ? words[1] : "--help";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        hr_help_overview(stdout);
        return hr_finish_output(HR_EXIT_DONE);
    }
    if (strcmp(word, "--version") == 0)
        word = "version";
    if (word[0] == '-')
        return hr_usage("the command comes first: headrace COMMAND %s ...; headrace --help lists the commands", word);
    const hr_command *command = hr_command_find(word);
    return command != NULL ? run_command(command, count - 2, words + 2) : unknown_command(word);
}
