/* base.h: what every file of the core may use: errors, memory, growing buffers, small helpers. Owns nothing else. */
#ifndef HR_CORE_BASE_H
#define HR_CORE_BASE_H

#include <stdarg.h>
#include <string.h>

#include "headrace/headrace.h"

#define HR_LIKELY(x) __builtin_expect(!!(x), 1)
#define HR_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define HR_COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- errors ------------------------------------------------------------------------------------------------ */

/* The one maker of errors: fills *err (may be NULL) and returns `status`, so that `return hr_fail(...)` reads as one
 * thought. Positions are unknown and origin is empty until set by hr_error_at / hr_error_origin. */
hr_status hr_fail(hr_error *err, hr_status status, const char *format, ...) HR_PRINTF(3, 4);
/* As hr_fail with the text and class of errno value `code` appended: ENOSPC and EDQUOT give HR_E_SPACE, ENOENT gives
 * HR_E_NOT_FOUND, EACCES and EPERM HR_E_PERMISSION, EEXIST HR_E_EXISTS, ENOMEM HR_E_MEMORY, else HR_E_IO; EAGAIN,
 * EINTR, ENOSPC, EIO ... are marked retryable as fits. */
hr_status hr_fail_errno(hr_error *err, int code, const char *format, ...) HR_PRINTF(3, 4);
/* "out of memory while ...". */
hr_status hr_fail_memory(hr_error *err, const char *doing);
#if defined(__clang_analyzer__) && !defined(HR_MAKES_ERRORS)
/* The analyzer sees one file at a time, and must be told that these never give HR_OK. */
#define hr_fail(err, status, ...) (hr_fail(err, status, __VA_ARGS__), (status))
#define hr_fail_errno(...) (hr_fail_errno(__VA_ARGS__), HR_E_IO)
#define hr_fail_memory(...) (hr_fail_memory(__VA_ARGS__), HR_E_MEMORY)
#endif
/* Sets positions; HR_UNKNOWN leaves one as it is. */
void hr_error_at(hr_error *err, uint64_t offset, uint64_t row, uint64_t line, uint64_t column);
/* Sets the origin when it is still empty; user:password@ and secret query values are removed. */
void hr_error_origin(hr_error *err, const char *uri);
/* An error that says nothing, status HR_OK. */
void hr_error_clear(hr_error *err);

/* ---- memory ------------------------------------------------------------------------------------------------ */

/* As malloc, calloc, realloc, free; one place where test builds make allocations fail. */
void *hr_malloc(size_t size);
void *hr_calloc(size_t count, size_t size);
void *hr_realloc(void *old, size_t size);
void hr_free(void *memory);
/* An array that grows item by item: `items`, or where item `count` has no room there, what it was moved to: of twice
 * the capacity, or `least`. NULL: there is no memory, and nothing has changed. */
void *hr_array_grow(void *items, size_t *capacity, size_t least, size_t item_size);
static inline void *hr_array_room(void *items, size_t count, size_t *capacity, size_t least, size_t item_size)
{
    return count < *capacity ? items : hr_array_grow(items, capacity, least, item_size);
}
/* Room for one more item behind `count` items from *head on, of an array that is taken from at its front: what is left
 * moves to the front when at least half of the room is free there, else the room grows. False: no memory, and nothing
 * has changed. */
bool hr_queue_room(void **items, size_t item_size, size_t *head, size_t count, size_t *capacity);
char *hr_strdup(const char *text);
char *hr_strndup(const char *text, size_t size);
char *hr_asprintf(const char *format, ...) HR_PRINTF(1, 2);

/* ---- growing buffers --------------------------------------------------------------------------------------- */

/* Bytes that grow up to `ceiling`. Zero-initialised with a ceiling set is empty and valid; a ceiling of 0 means 1 GiB.
 */
typedef struct hr_buffer {
    uint8_t *data;
    size_t size, capacity, ceiling;
} hr_buffer;

/* Room for `more` bytes behind size: pointer to it, or NULL when memory or the ceiling does not allow it. */
uint8_t *hr_buffer_room(hr_buffer *buffer, size_t more);
bool hr_buffer_add(hr_buffer *buffer, const void *data, size_t size);
bool hr_buffer_text(hr_buffer *buffer, const char *text);
bool hr_buffer_printf(hr_buffer *buffer, const char *format, ...) HR_PRINTF(2, 3);
/* Appends a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD. */
bool hr_buffer_json(hr_buffer *buffer, const char *text, size_t size);
/* The same of a text that ends in NUL; NULL becomes null. */
bool hr_buffer_json_text(hr_buffer *buffer, const char *text);
void hr_buffer_free(hr_buffer *buffer);

/* ---- clock, identifiers ------------------------------------------------------------------------------------ */

int64_t hr_clock_wall_ns(void);   /* since 1970-01-01 UTC */
int64_t hr_clock_steady_ns(void); /* never goes back */
/* "2026-11-22T12:47:00.123Z"; `out` of at least 32 bytes. */
void hr_time_text(int64_t wall_ns, char out[32]);
/* A version 7 UUID: sorts by time. `out` of at least 37 bytes. */
hr_status hr_uuid_new(char out[37], hr_error *err);

/* ---- option values ----------------------------------------------------------------------------------------- */

/* Typed values of options whose table rows have that type; the texts were checked when they were set. */
uint64_t hr_options_count(const hr_options *options, const char *key, uint64_t otherwise); /* COUNT, SIZE, TIME */
bool hr_options_bool(const hr_options *options, const char *key, bool otherwise);
int hr_options_byte(const hr_options *options, const char *key, int otherwise); /* 0..255 or HR_NO_BYTE */
/* Whether `key` was given, rather than left at its default. */
bool hr_options_given(const hr_options *options, const char *key);
/* The table that the set is over. */
const hr_option *hr_options_rows(const hr_options *options, size_t *count);
/* Parses one value of `type`; false when it is none. `number` may be NULL. */
bool hr_option_parse(hr_option_type type, const char *choices, const char *text, uint64_t *number);

/* ---- faults ------------------------------------------------------------------------------------------------ */

/* A named point at which test builds (HR_FAULTS) can stop the process or make a step fail. Nothing in other builds. */
#ifdef HR_FAULTS
extern HR_API void (*hr_fault_hook)(const char *point);
#define HR_FAULT_POINT(name) (hr_fault_hook ? hr_fault_hook(name) : (void)0)
#else
#define HR_FAULT_POINT(name) ((void)0)
#endif

#endif
