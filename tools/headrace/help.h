/* help.h: help texts and documentation, all made from the command table and the option tables. */
#ifndef HR_TOOLS_HELP_H
#define HR_TOOLS_HELP_H

#include <stdio.h>

#include "tools/headrace/args.h"

/* All commands in groups. */
void hr_help_overview(FILE *to);
/* One command: summary, examples, flags in groups. */
void hr_help_command(FILE *to, const hr_command *command);

/* Calls `each` for the command's flags, group by group; `group` is the heading they stand under. */
void hr_help_flags(const hr_command *command, void (*each)(void *context, const char *group, const hr_option *option),
                   void *context);

/* What an exit status means, in order; text has [count] lines. */
extern const char *const hr_help_exit[6];

/* Text broken at spaces behind `indent` columns, and "Default: INITIAL." unless that is NULL. */
void hr_help_wrapped(FILE *to, const char *text, size_t indent, const char *initial);

/* What a connector can be, "Reading from kafka://", and its options. */
typedef void (*hr_help_role)(void *context, const char *title, const hr_option *options, size_t count);
void hr_help_connectors(hr_help_role each, void *context);
bool hr_help_is_connector(const char *name);
hr_status hr_help_connector(FILE *to, const char *name, hr_error *err);
/* What stands behind the = of an option in a URI. */
const char *hr_help_uri_value(const hr_option *option);

/* The generated files: docs/options.md, docs/headrace.1, tools/completions. */
void hr_docgen_markdown(FILE *to);
void hr_docgen_man(FILE *to);
void hr_docgen_bash(FILE *to);
void hr_docgen_zsh(FILE *to);

#endif
