/* shell.c: the place of the ledger, and quoting for a shell. */
#include "tools/headrace/shell.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/headrace/print.h"

char *hr_ledger_place(const hr_args *args, hr_error *err)
{
    const char *given = hr_args_text(args, "ledger");
    if (given != NULL && given[0] == '\0') { /* a variable of a script that has nothing in it, hardly the usual place */
        hr_fail(err, HR_E_INVALID, "option ledger is empty: give it a value, or leave it out");
        return NULL;
    }
    if (given != NULL) {
        char *copy = hr_strdup(given);
        if (copy == NULL)
            hr_fail_memory(err, "naming the ledger");
        return copy;
    }
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *place = NULL;
    if (state != NULL && state[0] == '/') /* the XDG specification: a relative path is to be ignored */
        place = hr_asprintf("%s/headrace/ledger.db", state);
    else if (home != NULL && home[0] != '\0')
        place = hr_asprintf("%s/.local/state/headrace/ledger.db", home);
    else {
        hr_fail(err, HR_E_INVALID, "there is no HOME to keep a ledger in; say where with --ledger FILE.db");
        return NULL;
    }
    if (place == NULL)
        hr_fail_memory(err, "naming the ledger");
    return place;
}

hr_status hr_ledger_look(const hr_args *args, hr_ledger **out, hr_error *err)
{
    char *place = hr_ledger_place(args, err);
    if (place == NULL)
        return err->status;
    hr_status status;
    if (strstr(place, "://") == NULL && access(place, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
        hr_message("there is no ledger at %s: nothing was ingested with it yet", place);
        status = hr_fail(err, HR_END, "there is no ledger at %s", place);
    } else {
        status = hr_ledger_open(place, out, err);
    }
    hr_free(place);
    return status;
}

bool hr_shell_word(hr_buffer *out, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@%+=,";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0')
        return hr_buffer_text(out, word);
    bool good = hr_buffer_text(out, "'");
    for (; *word != '\0' && good; word++)
        good = *word == '\'' ? hr_buffer_text(out, "'\\''") : hr_buffer_add(out, word, 1);
    return good && hr_buffer_text(out, "'");
}
