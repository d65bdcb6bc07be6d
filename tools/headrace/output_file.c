/* output_file.c: an output file that appears only when it is whole. */
#include "tools/headrace/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the signal handler removes. */
static const char *volatile unfinished;

static void remove_unfinished(int number)
{
    const char *path = unfinished;
    if (path != NULL)
        unlink(path);
    raise(number); /* the default action: SA_RESETHAND */
}

static void watch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = remove_unfinished, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
    for (size_t i = 0; i < HR_COUNT(numbers); i++) {
        struct sigaction old;
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
}

hr_status hr_output_open(const char *path, hr_output_file *out, hr_error *err)
{
    hr_output_file file = {.fd = STDOUT_FILENO};
    struct stat info;
    if (path == NULL || strcmp(path, "-") == 0) {
        *out = file;
        return HR_OK;
    }
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        file.fd = open(path, O_WRONLY | O_CLOEXEC);
        if (file.fd < 0)
            return hr_fail_errno(err, errno, "opening %s", path);
        *out = file;
        return HR_OK;
    }
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    file.path = hr_strdup(path);
    file.hidden = hr_asprintf("%.*s.%s.XXXXXX", (int)(name - path), path, name);
    if (file.path == NULL || file.hidden == NULL) {
        hr_free(file.path);
        hr_free(file.hidden);
        return hr_fail_memory(err, "naming the output");
    }
    file.fd = mkostemp(file.hidden, O_CLOEXEC);
    if (file.fd < 0) {
        hr_status status = hr_fail_errno(err, errno, "creating a file beside %s", path);
        hr_free(file.path);
        hr_free(file.hidden);
        return status;
    }
    mode_t mask = umask(0);
    umask(mask);
    (void)fchmod(file.fd, 0666 & ~mask);
    unfinished = file.hidden;
    watch_signals();
    *out = file;
    return HR_OK;
}

hr_status hr_output_publish(hr_output_file *file, hr_error *err)
{
    if (file->path == NULL)
        return HR_OK;
    if (fsync(file->fd) != 0)
        return hr_fail_errno(err, errno, "making %s durable", file->path);
    if (rename(file->hidden, file->path) != 0)
        return hr_fail_errno(err, errno, "renaming the output to %s", file->path);
    unfinished = NULL;
    hr_free(file->hidden);
    file->hidden = NULL;
    return HR_OK;
}

void hr_output_close(hr_output_file *file)
{
    if (file->hidden != NULL)
        unlink(file->hidden);
    unfinished = NULL;
    if (file->fd > STDERR_FILENO)
        close(file->fd);
    hr_free(file->hidden);
    hr_free(file->path);
    *file = (hr_output_file){.fd = -1};
}
