/* error.c: the one maker of errors, and the names of statuses. */
#include <errno.h>
#include <stdio.h>

#define HR_MAKES_ERRORS /* see base.h */
#include "core/base/base.h"
#include "core/base/uri.h"

const char *hr_version(void)
{
    return HR_VERSION;
}

const char *hr_status_name(hr_status status)
{
    switch (status) {
    case HR_OK: return "HR_OK";
    case HR_END: return "HR_END";
    case HR_AGAIN: return "HR_AGAIN";
    case HR_FLUSH: return "HR_FLUSH";
    case HR_E_INVALID: return "HR_E_INVALID";
    case HR_E_MEMORY: return "HR_E_MEMORY";
    case HR_E_IO: return "HR_E_IO";
    case HR_E_SPACE: return "HR_E_SPACE";
    case HR_E_NOT_FOUND: return "HR_E_NOT_FOUND";
    case HR_E_EXISTS: return "HR_E_EXISTS";
    case HR_E_PERMISSION: return "HR_E_PERMISSION";
    case HR_E_LIMIT: return "HR_E_LIMIT";
    case HR_E_CORRUPT: return "HR_E_CORRUPT";
    case HR_E_ENCODING: return "HR_E_ENCODING";
    case HR_E_CHANGED: return "HR_E_CHANGED";
    case HR_E_BUSY: return "HR_E_BUSY";
    case HR_E_FENCED: return "HR_E_FENCED";
    case HR_E_REJECTS: return "HR_E_REJECTS";
    case HR_E_INTERRUPTED: return "HR_E_INTERRUPTED";
    case HR_E_UNSUPPORTED: return "HR_E_UNSUPPORTED";
    case HR_E_ACCOUNT: return "HR_E_ACCOUNT";
    case HR_E_STATE: return "HR_E_STATE";
    case HR_E_LOST: return "HR_E_LOST";
    }
    return "unknown";
}

const char *hr_reject_kind_name(hr_reject_kind kind)
{
    switch (kind) {
    case HR_REJECT_QUOTE: return "E_QUOTE";
    case HR_REJECT_UNCLOSED: return "E_UNCLOSED";
    case HR_REJECT_FIELDS: return "E_FIELDS";
    case HR_REJECT_ENCODING: return "E_ENCODING";
    case HR_REJECT_SIZE: return "E_SIZE";
    case HR_REJECT_COLUMNS: return "E_COLUMNS";
    case HR_REJECT_STRICT: return "E_STRICT";
    case HR_REJECT_TYPE: return "E_TYPE";
    case HR_REJECT_CHECK: return "E_CHECK";
    case HR_REJECT_SINK: return "E_SINK";
    case HR_REJECT_JSON: return "E_JSON";
    case HR_REJECT_DEPTH: return "E_DEPTH";
    case HR_REJECT_MEMBERS: return "E_MEMBERS";
    }
    return "unknown";
}

void hr_error_clear(hr_error *err)
{
    if (!err)
        return;
    err->status = HR_OK;
    err->retryable = false;
    err->offset = err->row = err->line = err->column = HR_UNKNOWN;
    err->origin[0] = err->text[0] = '\0';
}

/* Copies `text` and cuts it at the beginning of a character when it does not fit. */
static void copy_cut(char *room, size_t capacity, const char *text)
{
    size_t size = strlen(text);
    if (size >= capacity) {
        size = capacity - 1;
        while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
            size--;
    }
    memmove(room, text, size);
    room[size] = '\0';
}

/* The text may be made of err->text itself, hence the copy on the stack. */
static void fill(hr_error *err, hr_status status, const char *text, const char *reason)
{
    char whole[sizeof err->text + 320];
    snprintf(whole, sizeof whole, "%s%s%s", text, reason ? ": " : "", reason ? reason : "");
    hr_error_clear(err);
    err->status = status;
    copy_cut(err->text, sizeof err->text, whole);
}

hr_status hr_fail(hr_error *err, hr_status status, const char *format, ...)
{
    if (!err)
        return status;
    char text[sizeof err->text + 64];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fill(err, status, text, NULL);
    err->retryable = status == HR_E_BUSY || status == HR_E_INTERRUPTED || status == HR_E_SPACE;
    return status;
}

static hr_status errno_status(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT: return HR_E_SPACE;
    case ENOENT:
    case ENOTDIR: return HR_E_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS: return HR_E_PERMISSION;
    case EEXIST: return HR_E_EXISTS;
    case ENOMEM: return HR_E_MEMORY;
    default: return HR_E_IO;
    }
}

hr_status hr_fail_errno(hr_error *err, int code, const char *format, ...)
{
    hr_status status = errno_status(code);
    if (!err)
        return status;
    char text[sizeof err->text + 64], reason[160];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fill(err, status, text, strerror_r(code, reason, sizeof reason));
    err->retryable = code == EAGAIN || code == EINTR || code == ENOSPC || code == EDQUOT || code == EIO ||
                     code == ENOMEM || code == EMFILE || code == ENFILE || code == ETIMEDOUT || code == ESTALE;
    return status;
}

hr_status hr_fail_memory(hr_error *err, const char *doing)
{
    hr_status status = hr_fail(err, HR_E_MEMORY, "out of memory while %s", doing);
    if (err)
        err->retryable = true;
    return status;
}

void hr_error_at(hr_error *err, uint64_t offset, uint64_t row, uint64_t line, uint64_t column)
{
    if (!err)
        return;
    if (offset != HR_UNKNOWN)
        err->offset = offset;
    if (row != HR_UNKNOWN)
        err->row = row;
    if (line != HR_UNKNOWN)
        err->line = line;
    if (column != HR_UNKNOWN)
        err->column = column;
}

/* What stands between "://" and "@" is a user and perhaps a password; what follows "?" may hold keys and tokens. Only
 * URIs have them: a path is given as it is. */
void hr_error_origin(hr_error *err, const char *uri)
{
    if (!err || err->origin[0] || !uri)
        return;
    const char *rest = strstr(uri, "://");
    if (!rest) {
        copy_cut(err->origin, sizeof err->origin, uri);
        return;
    }
    rest = hr_uri_host(uri);
    const char *end = rest + strcspn(rest, "?#");
    char clean[sizeof err->origin];
    const char *scheme_end = strstr(uri, "://") + 3;
    snprintf(clean, sizeof clean, "%.*s%.*s", (int)(scheme_end - uri > 60 ? 60 : scheme_end - uri), uri,
             (int)(end - rest > 180 ? 180 : end - rest), rest);
    copy_cut(err->origin, sizeof err->origin, clean);
}
