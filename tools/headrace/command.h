/* command.h: what a subcommand is: its words for people and its function; main.c holds the only list of them. */
#ifndef HR_TOOLS_COMMAND_H
#define HR_TOOLS_COMMAND_H

#include "headrace/headrace.h"

/* Exit status, the same for every command. */
enum {
    HR_EXIT_DONE = 0,
    HR_EXIT_FAILED = 1,
    HR_EXIT_USAGE = 2,
    HR_EXIT_REJECTS = 3, /* done, and some rows were rejected */
    HR_EXIT_NOTHING = 4, /* there was nothing to do */
    HR_EXIT_LATER = 5,   /* the same command may succeed later */
};

/* Option tables of the library that a command takes as flags beside its own. */
#define HR_TAKES_READER 1u
#define HR_TAKES_INGEST 2u /* holds those of the reader */

#define HR_ANY_OPERANDS 100000000u

typedef struct hr_example {
    const char *command; /* as typed */
    const char *meaning; /* what it does, a phrase */
} hr_example;

struct hr_args;

typedef struct hr_command {
    const char *name;
    const char *group;    /* heading in the overview */
    const char *summary;  /* one line, imperative, no full stop */
    const char *operands; /* "FILE..." for the usage line, "" when none */
    unsigned operands_least, operands_most;
    const char *details;        /* a paragraph or two for the help */
    const hr_example *examples; /* [example_count] */
    size_t example_count;
    const hr_option *flags; /* [flag_count] of its own */
    size_t flag_count;
    unsigned takes; /* HR_TAKES_ */
    int (*run)(const struct hr_args *args);
} hr_command;

/* The command table. */
const hr_command *const *hr_commands(size_t *count);
/* NULL when there is none of that name. */
const hr_command *hr_command_find(const char *name);

extern const hr_command hr_command_ingest, hr_command_retry, hr_command_abandon;
extern const hr_command hr_command_sniff, hr_command_count, hr_command_check, hr_command_select, hr_command_convert;
extern const hr_command hr_command_dedup;
extern const hr_command hr_command_schema;
extern const hr_command hr_command_jobs, hr_command_job, hr_command_errors, hr_command_files, hr_command_audit;
extern const hr_command hr_command_bench;
extern const hr_command hr_command_version, hr_command_help;

/* Flags that several commands have, written once. */
#define HR_FLAG_LEDGER                                                                                             \
    {                                                                                                              \
        "ledger", HR_OPTION_TEXT, NULL, "FILE|URI",                                                                \
            "Where jobs are recorded. Default: $XDG_STATE_HOME or else ~/.local/state, with /headrace/ledger.db.", \
            false                                                                                                  \
    }
#define HR_FLAG_JSON(doc)                              \
    {                                                  \
        "json", HR_OPTION_BOOL, "no", NULL, doc, false \
    }

#endif
