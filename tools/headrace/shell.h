/* shell.h: what the commands share between the option tables and the library: the ledger's place, quoting for a shell,
 * column lists. */
#ifndef HR_TOOLS_SHELL_H
#define HR_TOOLS_SHELL_H

#include "core/ledger/ledger.h"
#include "tools/headrace/args.h"

/* The ledger that was asked for, else the default below the user's state folder. A heap string; NULL when memory is out
 * or there is no home. */
char *hr_ledger_place(const hr_args *args, hr_error *err);
/* Opens it to look things up. HR_END when there is none yet, said on standard error: nothing was ingested. */
hr_status hr_ledger_look(const hr_args *args, hr_ledger **out, hr_error *err) HR_MUST_CHECK;

/* Appends `word` as one word of a POSIX shell. */
bool hr_shell_word(hr_buffer *out, const char *word);

/* Finds the columns that `list` names ("id,name", "3,1", "\"last, first\",2") in names[count]: a name first, else a
 * number from 1. *out is a heap array of *out_count indexes from 0, in the list's order. HR_E_INVALID suggests near
 * names. */
hr_status hr_columns_find(const char *list, const char *const *names, size_t count, uint32_t **out, size_t *out_count,
                          hr_error *err) HR_MUST_CHECK;

#endif
