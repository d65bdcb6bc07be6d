/* cmd_help.c: headrace help: help for a command, and the documentation that is generated from the tables. */
#include "core/input/encoding.h"
#include "tools/headrace/args.h"
#include "tools/headrace/help.h"
#include "tools/headrace/print.h"

static int run(const hr_args *args)
{
    const char *shell = hr_args_text(args, "completion");
    if (hr_args_bool(args, "markdown")) {
        hr_docgen_markdown(stdout);
    } else if (hr_args_bool(args, "man")) {
        hr_docgen_man(stdout);
    } else if (shell != NULL) {
        (strcmp(shell, "zsh") == 0 ? hr_docgen_zsh : hr_docgen_bash)(stdout);
    } else if (args->operand_count == 0) {
        hr_help_overview(stdout);
    } else if (strcmp(args->operands[0], "encodings") == 0) {
        size_t count;
        const char *const *names = hr_encoding_names(&count);
        for (size_t i = 0; i < count; i++)
            puts(names[i]);
    } else if (hr_help_is_connector(args->operands[0])) {
        hr_error err;
        if (hr_help_connector(stdout, args->operands[0], &err) != HR_OK) {
            hr_print_error(&err);
            return hr_exit_of(&err);
        }
    } else {
        const hr_command *command = hr_command_find(args->operands[0]);
        if (command == NULL)
            return hr_usage("there is no command '%s'; headrace help lists them", args->operands[0]);
        hr_help_command(stdout, command);
    }
    return HR_EXIT_DONE;
}

static const hr_option flags[] = {
    {"man", HR_OPTION_BOOL, "no", NULL, "Print the manual page.", false},
    {"markdown", HR_OPTION_BOOL, "no", NULL, "Print the reference of all commands and flags in Markdown.", false},
    {"completion", HR_OPTION_CHOICE, NULL, "bash|zsh", "Print the completion script for a shell.", false},
};

static const hr_example examples[] = {
    {"headrace help ingest", "the same as headrace ingest --help"},
    {"headrace help postgres", "what a postgres:// URI takes; headrace help kafka: a kafka:// URI"},
    {"headrace help encodings", "the names that --encoding takes (their usual aliases work too)"},
    {"headrace help --man | man -l -", "read the manual page"},
    {"source <(headrace help --completion bash)", "complete commands and flags in this shell"},
};

const hr_command hr_command_help = {
    .name = "help",
    .group = "Help",
    .summary = "explain a command, or print the manual page or a completion script",
    .operands = "[COMMAND|postgres|kafka|encodings]",
    .operands_most = 1,
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .run = run,
};
