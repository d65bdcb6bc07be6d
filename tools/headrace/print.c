/* print.c: messages, errors, the account, rejected rows, and the end of standard output. */
#include "tools/headrace/print.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "tools/headrace/command.h"

/* How much of a rejected row is shown; the ledger and errors --csv have it whole. */
#define EXCERPT_BYTES 200u

static void say(const char *format, va_list args)
{
    char text[1200];
    vsnprintf(text, sizeof text, format, args);
    fputs("headrace: ", stderr);
    hr_print_text(stderr, text);
    fputc('\n', stderr);
}

void hr_message(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

int hr_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    return HR_EXIT_USAGE;
}

static void print_place(FILE *to, const char **before, const char *what, uint64_t number)
{
    if (number == HR_UNKNOWN)
        return;
    fprintf(to, "%s%s %llu", *before, what, (unsigned long long)number);
    *before = ", ";
}

void hr_print_error(const hr_error *err)
{
    fputs("headrace: ", stderr);
    hr_print_text(stderr, err->text[0] != '\0' ? err->text : hr_status_name(err->status));
    const char *before = " (";
    /* The text often names the object by itself. */
    if (err->origin[0] != '\0' && strstr(err->text, err->origin) == NULL) {
        fputs(before, stderr);
        hr_print_text(stderr, err->origin);
        before = ", ";
    }
    print_place(stderr, &before, "row", err->row);
    print_place(stderr, &before, "line", err->line);
    print_place(stderr, &before, "byte", err->offset);
    print_place(stderr, &before, "column", err->column);
    fputs(strcmp(before, ", ") == 0 ? ")\n" : "\n", stderr);
}

int hr_exit_of(const hr_error *err)
{
    switch (err->status) {
    case HR_OK: return HR_EXIT_DONE;
    case HR_END: return HR_EXIT_NOTHING;
    case HR_E_INVALID: return HR_EXIT_USAGE;
    case HR_E_INTERRUPTED:
    case HR_E_BUSY: return HR_EXIT_LATER;
    default: return err->retryable ? HR_EXIT_LATER : HR_EXIT_FAILED;
    }
}

void hr_print_counts(FILE *to, const hr_counts *counts)
{
    char text[5][32];
    fprintf(to, "read %s = loaded %s + duplicate %s + rejected %s + skipped %s\n",
            hr_number_text(counts->read, text[0]), hr_number_text(counts->loaded, text[1]),
            hr_number_text(counts->duplicate, text[2]), hr_number_text(counts->rejected, text[3]),
            hr_number_text(counts->skipped, text[4]));
}

void hr_print_reject(FILE *to, const char *file, const hr_reject *reject)
{
    const char *before = "";
    if (file != NULL) {
        hr_print_text(to, file);
        before = ": ";
    }
    print_place(to, &before, "row", reject->row);
    print_place(to, &before, "line", reject->line);
    print_place(to, &before, "byte", reject->offset);
    print_place(to, &before, "column", reject->column);
    if (reject->column_name != NULL) {
        fputs(reject->column != HR_UNKNOWN ? " '" : ", member '", to);
        hr_print_text(to, reject->column_name);
        fputc('\'', to);
    }
    fprintf(to, ": %s: ", hr_reject_kind_name(reject->kind));
    hr_print_text(to, reject->message != NULL ? reject->message : "");
    if (reject->at != HR_UNKNOWN)
        fprintf(to, " (at byte %llu)", (unsigned long long)reject->at);
    if (reject->value != NULL) {
        fputs("\n    value: ", to);
        hr_print_safe(to, reject->value, reject->value_size);
        fputs(reject->value_cut ? " ..." : reject->value_size == 0 ? "(empty)" : "", to);
    }
    fputs("\n    ", to);
    size_t size = reject->raw_size > EXCERPT_BYTES ? EXCERPT_BYTES : reject->raw_size;
    hr_print_safe(to, reject->raw, size);
    if (size < reject->raw_size)
        fprintf(to, " ... (%zu bytes)", reject->raw_size);
    fputc('\n', to);
}

bool hr_output_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

int hr_finish_output(int status)
{
    int failed = fflush(stdout);
    int code = errno;
    if (failed == 0 && !ferror(stdout))
        return status;
    if (code == EPIPE || hr_output_gone())
        return status;
    hr_message("writing to standard output: %s", strerror(code));
    return HR_EXIT_FAILED;
}
