/* file.h: the connectors of the local file system, and the paths they share. */
#ifndef HR_CONNECTORS_FILE_FILE_H
#define HR_CONNECTORS_FILE_FILE_H

#include "core/base/base.h"
#include "headrace/connector.h"

extern const hr_drop_type hr_file_drop;
extern const hr_sink_type hr_zone_sink;
extern const hr_sink_type hr_stdout_sink;

/* ---- paths (path.c): bytes other than NUL; results are the caller's, hr_free ------------------------------------ */

/* The path that `uri` names: itself, or, for file:///a%20b, what it decodes to. */
hr_status hr_path_of_uri(const char *uri, char **out, hr_error *err) HR_MUST_CHECK;
/* One name for one file: its folder as the system resolves it, and its own name as given (a symbolic link keeps its
 * own). The folder must exist. */
hr_status hr_path_canonical(const char *path, char **out, hr_error *err) HR_MUST_CHECK;
/* The folder of `path`: "." when it names none. */
char *hr_path_folder(const char *path);
/* `folder`/`name`. */
char *hr_path_join(const char *folder, const char *name);
/* Creates the folder and those above it that are missing, durably. */
hr_status hr_path_make_folders(const char *path, hr_error *err) HR_MUST_CHECK;
/* Makes the entries of a folder durable. */
hr_status hr_path_sync_folder(const char *path, hr_error *err) HR_MUST_CHECK;
/* Renames within the two open folders (AT_FDCWD: paths), never over an existing entry. 0, or an errno value. After
 * a crash both names may stand for the same file where the file system knows no better way. */
int hr_rename_new(int from_folder, const char *from, int to_folder, const char *to);
/* Bytes of a name shown in messages, cut where it is long. */
#define HR_PATH_SHOWN "%.300s"

/* ---- names (file_list.c) ----------------------------------------------------------------------------------- */

#define HR_WILDCARDS "*?[\\"

/* Paths with resolved folders, sorted by their bytes. Zero-initialised is empty. */
typedef struct hr_names {
    char **items;
    size_t count, capacity;
} hr_names;
/* The files of a folder: no folders, no dotfiles, nothing that another program is still writing (*.part and the like).
 */
hr_status hr_names_of_folder(hr_names *list, const char *path, hr_error *err) HR_MUST_CHECK;
/* The files that a pattern of *, ?, [...] and backslash matches, by the rules of the shell; unfinished ones only when
 * the pattern's own end asks for them. */
hr_status hr_names_of_pattern(hr_names *list, const char *pattern, hr_error *err) HR_MUST_CHECK;
void hr_names_clear(hr_names *list);

/* ---- objects (file_drop.c) --------------------------------------------------------------------------------- */

/* Fills everything but uri from what the system says. */
struct stat;
void hr_object_describe(hr_object *object, const struct stat *st);
/* Whether `st` is the file that `object` was. */
bool hr_object_is(const hr_object *object, const struct stat *st);

/* file_stream.c, file_move.c: the functions of hr_file_drop with these names. */
hr_status hr_file_open_range(void *state, const hr_object *object, uint64_t from, hr_stream *out, hr_error *err);
hr_status hr_file_move(void *state, const hr_object *object, const char *to, hr_error *err);
hr_status hr_file_remove(void *state, const hr_object *object, hr_error *err);

#endif
